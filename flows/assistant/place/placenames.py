"""The old address of what `gazetteer` holds; `hear` still imports it here."""

from flows.assistant.place.gazetteer import STATES

__all__ = ["STATES"]
