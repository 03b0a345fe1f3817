"""The webhook's tests, and the recorded shapes that they share (`fixtures/`, every id and number invented)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

NUMBER_ID = "480000000000001"
# A moment after every fixture's timestamp.
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def fixture(name: str) -> dict[str, Any]:
    """Return a fresh copy of one fixture file, by its name without `.json`."""
    return json.loads((Path(__file__).parent / "fixtures" / f"{name}.json").read_text(encoding="utf-8"))


def delivery(*changes: dict[str, Any]) -> dict[str, Any]:
    """Return a request body with these changes in one entry."""
    return {"object": "whatsapp_business_account", "entry": [{"id": "390000000000001", "changes": list(changes)}]}


def change(number_id: str = NUMBER_ID, **value: Any) -> dict[str, Any]:
    """Return a change of field `messages`; `value` holds `messages`, `contacts`, `statuses`, `errors`."""
    metadata = {"display_phone_number": "551131230000", "phone_number_id": number_id}
    return {"field": "messages", "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}
