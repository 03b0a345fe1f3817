"""Variables that can be read and are probably not what was meant. Names and hosts are said, values of secrets never."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from flows import settings

META_HOST = "graph.facebook.com"
Mistake = tuple[str, str, str]
Values = Mapping[str, str]

_KNOWN = settings.environment(
    settings.Store, settings.WhatsApp, settings.Webhook, settings.Serena, settings.OpenAI, settings.Conversation,
    settings.Worker, settings.Ops, settings.Watching,
)  # fmt: skip
_SECRETS = (
    "WHATSAPP_API_TOKEN",
    "WHATSAPP_APP_SECRET",
    "WHATSAPP_VERIFY_TOKEN",
    "SERENA_API_TOKEN",
    "OPENAI_API_KEY",
    "SUPABASE_KEY",
    "OPS_HASH_KEY",
)
_PLACEHOLDER = re.compile(
    r"^(x{3,}|\.{3}|…|<.*>|\[.*\]|change[-_ ]?me|your[-_ ].*|todo|secret|password)$", re.IGNORECASE
)
_ADDRESSES = (
    "SUPABASE_URL",
    "SERENA_API_BASE_URL",
    "OPENAI_BASE_URL",
    "OPS_URL",
    "OPS_PREFECT_URL",
    "PRIVACY_NOTICE_URL",
    "FORM_ORIGINS",
)
_LOCAL = ("localhost", "127.0.0.1", "::1", "0.0.0.0")


def host(url: str) -> str:
    """The host of an address, empty when there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def local(url: str) -> bool:
    return host(url) in _LOCAL


def rehearsal(whatsapp_base_url: str) -> bool:
    """True when the Graph API is the simulator's and not Meta's: nothing that only the world outside needs is asked for."""
    return host(whatsapp_base_url) != META_HOST


def likely(values: Values, in_files: Values) -> Iterator[Mistake]:
    """What to look at, as (variable, what, how to mend it); `values` are all that are set, `in_files` those of files."""
    production = not rehearsal(values.get("WHATSAPP_BASE_URL", f"https://{META_HOST}"))
    for look in (_store, _secrets, _form, _operators, _reminder):
        yield from look(values)
    for look_outside in (_addresses, _outside):
        yield from look_outside(values, production)
    yield from _misspelt(in_files)


def _store(values: Values) -> Iterator[Mistake]:
    database = values.get("DATABASE_URL", "")
    if database and "SUPABASE_URL" in values:
        yield (
            "DATABASE_URL",
            "is set beside SUPABASE_URL: Supabase keeps the leads, DATABASE_URL only serves migrations",
            "remove whichever is not meant, or leave it when it is the same project's Postgres",
        )
    if ":6543/" in database:
        yield (
            "DATABASE_URL",
            "names port 6543, a pooler by transaction: LISTEN and prepared statements fail on it",
            "use the pooler by session or the direct connection, port 5432",
        )


def _secrets(values: Values) -> Iterator[Mistake]:
    for name in _SECRETS:
        value = values.get(name, "")
        if _PLACEHOLDER.match(value):
            yield name, "still holds a placeholder", f"set {name} to the real value"
        elif re.search(r"""[\s"'“”]""", value) and name != "WHATSAPP_APP_SECRET":
            yield name, "holds a space or a quotation mark, probably pasted along", f"set {name} again, without it"


def _form(values: Values) -> Iterator[Mistake]:
    origins = [origin.strip() for origin in values.get("FORM_ORIGINS", "").split(",") if origin.strip()]
    if not origins:
        yield (
            "FORM_ORIGINS",
            "is empty: browsers refuse the form of every web page",
            "set FORM_ORIGINS to the page's origin, for example https://lp.example.com",
        )
    for origin in origins:
        if not re.fullmatch(r"https?://[^/\s*]+", origin):
            yield (
                "FORM_ORIGINS",
                f"{origin} is not an origin: no browser sends it like that",
                "scheme and host only, without a path, a slash at the end or a *",
            )


def _operators(values: Values) -> Iterator[Mistake]:
    if "OPS_OPERATORS" not in values:
        yield (
            "OPS_OPERATORS",
            "is empty: the operators' pages under /ops do not exist",
            "set OPS_OPERATORS=name:password (12 characters or more) for each operator",
        )
    elif "OPS_URL" not in values:
        yield (
            "OPS_URL",
            "is empty: what Prefect shows of a conversation has no link to the lead's page",
            "set OPS_URL to the webhook service's public address",
        )


def _reminder(values: Values) -> Iterator[Mistake]:
    if "WHATSAPP_REMINDER_TEMPLATE_NAME" not in values and values.get("REMINDERS") != "0":
        yield (
            "WHATSAPP_REMINDER_TEMPLATE_NAME",
            "is empty: a reminder more than 24 hours after the lead's last message is refused",
            "set WHATSAPP_REMINDER_TEMPLATE_NAME to an approved template",
        )


def _addresses(values: Values, production: bool) -> Iterator[Mistake]:
    for name in _ADDRESSES:
        for address in values.get(name, "").split(","):
            if production and local(address.strip()):
                yield (
                    name,
                    f"points at this machine ({host(address)}) while WhatsApp is the real one",
                    f"set {name} anew",
                )
            elif production and address.strip().startswith("http://"):
                yield name, f"is http:// ({host(address)}): readable on the way", f"use https:// in {name}"


def _outside(values: Values, production: bool) -> Iterator[Mistake]:
    base = values.get("WHATSAPP_BASE_URL", "")
    if not production and not local(base):
        yield (
            "WHATSAPP_BASE_URL",
            f"is {host(base) or 'no address'}, not Meta's: the token goes there",
            f"remove WHATSAPP_BASE_URL unless {host(base) or 'it'} is your simulator",
        )
    if not production:
        return
    if not ({"DATABASE_URL", "SUPABASE_URL"} & set(values)):
        yield (
            "DATABASE_URL",
            "is empty: leads are kept by the embedded server in LOCAL_DATA_DIR, made for one machine",
            "set DATABASE_URL, or SUPABASE_URL and SUPABASE_KEY",
        )
    for secret in values.get("WHATSAPP_APP_SECRET", "").split(","):
        if secret.strip() and not re.fullmatch(r"[0-9a-f]{32}", secret.strip()):
            yield (
                "WHATSAPP_APP_SECRET",
                "does not look like an app secret (32 hexadecimal digits)",
                "copy it from Meta's dashboard: App settings > Basic > App secret",
            )


def _misspelt(in_files: Values) -> Iterator[Mistake]:
    for name in in_files:
        if name in _KNOWN or name.startswith(("PREFECT_", "SIMULATOR_")):
            continue
        if meant := difflib.get_close_matches(name, _KNOWN, n=1, cutoff=0.8):
            yield name, "is read by nothing here", f"did you mean {meant[0]}?"
