"""Brazil's municipalities: which of them a text, a CEP or a location pin means.

The door of the room for whoever has a code or a field of a form; `places` reads sentences, `pins` locations, `ceps` CEPs.
"""

from flows.assistant.place.gazetteer import Place, by_code, capital, in_state, uf

__all__ = ["Place", "by_code", "capital", "in_state", "uf"]
