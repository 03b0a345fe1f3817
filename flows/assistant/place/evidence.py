"""The old address of what `places` holds; `hear` still imports it here."""

from flows.assistant.place.places import Evidence, state_named

__all__ = ["Evidence", "state_named"]
