"""Brazil's municipalities: which of them a text, a CEP or a location pin means."""
