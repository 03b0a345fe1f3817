"""Brazil's municipalities: which of them a text, a CEP or a location pin means.

The door of the room for whoever has a code or a field of a form; `places` reads sentences, `mentions` the names in them, `pins` locations, `ceps` CEPs.
"""

from flows.assistant.place.gazetteer import (
    STATES,
    Place,
    by_code,
    capital,
    demonyms,
    in_state,
    is_capital,
    name_parts,
    uf,
)

__all__ = ["STATES", "Place", "by_code", "capital", "demonyms", "in_state", "is_capital", "name_parts", "uf"]
