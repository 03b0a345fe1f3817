"""Variables that can be read and are probably not what was meant. Names and hosts are said, values of secrets never."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from deployments.doctor.notes import Notes
from flows import settings

META_HOST = "graph.facebook.com"
Values = Mapping[str, str]

_SECRETS = (
    "WHATSAPP_API_TOKEN", "WHATSAPP_APP_SECRET", "WHATSAPP_VERIFY_TOKEN", "SERENA_API_TOKEN", "OPENAI_API_KEY",
    "SUPABASE_KEY", "OPS_HASH_KEY", "CRM_WEBHOOK_SECRET",
)  # fmt: skip
_ADDRESSES = (
    "SUPABASE_URL", "SERENA_API_BASE_URL", "OPENAI_BASE_URL", "OPS_URL", "OPS_PREFECT_URL", "PRIVACY_NOTICE_URL",
    "FORM_ORIGINS", "CRM_WEBHOOK_URL",
)  # fmt: skip
_PLACEHOLDER = re.compile(
    r"^(x{3,}|\.{3}|…|<.*>|\[.*\]|change[-_ ]?me|your[-_ ].*|todo|secret|password)$", re.IGNORECASE
)
_LOCAL = ("localhost", "127.0.0.1", "::1", "0.0.0.0")


def host(url: str) -> str:
    """The host of an address, empty when there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def rehearsal(whatsapp_base_url: str) -> bool:
    """True when the Graph API is the simulator's and not Meta's: nothing that only the world outside needs is asked for."""
    return host(whatsapp_base_url) != META_HOST


def look(notes: Notes, values: Values, in_files: Values) -> None:
    """A line per likely mistake; `values` are all that are set, `in_files` those of files."""
    base = values.get("WHATSAPP_BASE_URL", f"https://{META_HOST}")
    _anywhere(notes, values)
    if not rehearsal(base):
        _outside(notes, values)
    elif host(base) not in _LOCAL:
        notes.say("WHATSAPP_BASE_URL.foreign", host=host(base) or "no address")
    for name in sorted(set(in_files) - set(settings.environment())):
        close = difflib.get_close_matches(name, settings.environment(), n=1, cutoff=0.8)
        if close and not name.startswith(("PREFECT_", "SIMULATOR_")):
            notes.say("variables.misspelt", about=name, meant=close[0])


def _anywhere(notes: Notes, values: Values) -> None:
    database = values.get("DATABASE_URL", "")
    if database and "SUPABASE_URL" in values:
        notes.say("DATABASE_URL.beside")
    if ":6543/" in database:
        notes.say("DATABASE_URL.pooler")
    for name in _SECRETS:
        value = values.get(name, "")
        if _PLACEHOLDER.match(value):
            notes.say("variables.placeholder", about=name, name=name)
        elif re.search(r"""[\s"'“”]""", value) and name != "WHATSAPP_APP_SECRET":
            notes.say("variables.space", about=name, name=name)
    origins = _listed(values, "FORM_ORIGINS")
    if not origins:
        notes.say("FORM_ORIGINS.empty")
    for origin in origins:
        if not re.fullmatch(r"https?://[^/\s*]+", origin):
            notes.say("FORM_ORIGINS.wrong", origin=origin)
    if "OPS_OPERATORS" not in values:
        notes.say("OPS_OPERATORS.empty")
    elif "OPS_URL" not in values:
        notes.say("OPS_URL.empty")
    if "WHATSAPP_REMINDER_TEMPLATE_NAME" not in values and values.get("REMINDERS") != "0":
        notes.say("WHATSAPP_REMINDER_TEMPLATE_NAME.empty")


def _outside(notes: Notes, values: Values) -> None:
    """What is a mistake only where real people write."""
    for name in _ADDRESSES:
        for address in _listed(values, name):
            if host(address) in _LOCAL:
                notes.say("variables.local", about=name, name=name, host=host(address))
            elif address.startswith("http://"):
                notes.say("variables.http", about=name, name=name, host=host(address))
    if not ({"DATABASE_URL", "SUPABASE_URL"} & set(values)):
        notes.say("DATABASE_URL.embedded")
    if re.search(r"(?:^|,)[^,:]*:(?!\s*\$argon2)", values.get("OPS_OPERATORS", "")):
        notes.say("OPS_OPERATORS.plain")
    for secret in _listed(values, "WHATSAPP_APP_SECRET"):
        if not re.fullmatch(r"[0-9a-f]{32}", secret):
            notes.say("WHATSAPP_APP_SECRET.doubtful")


def _listed(values: Values, name: str) -> list[str]:
    return [part.strip() for part in values.get(name, "").split(",") if part.strip()]
