"""One outside system per module; vendor types and codes stop here."""
