"""Pages from templates: the Jinja environment, and how times, money and numbers are written on them."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib.resources import files
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from flows.adapters.store.lists import LastWords, WaitingRow
from flows.brazil.calendar import SAO_PAULO
from flows.brazil.money import brl
from flows.shown import formats, words
from flows.shown.figures import CATEGORIES
from webhook.ops.session import Session

_KINDS = {
    "style.css": "text/css; charset=utf-8",
    "live.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
STATIC = {name: ((files("webhook.ops") / "static" / name).read_bytes(), kind) for name, kind in _KINDS.items()}
_VERSION = hashlib.sha256(b"".join(content for content, _ in STATIC.values())).hexdigest()[:12]
_BRAZILIAN = re.compile(r"\+55(\d\d)(\d{4,5})(\d{4})")
# What a browser shows by itself without running anything of it.
PICTURES = frozenset({"image/jpeg", "image/png", "image/webp"})
# Bold and italic as chat apps write them, around whole words.
_BOLD, _ITALIC = re.compile(r"(?<!\w)\*(\S(?:[^*\n]*\S)?)\*(?!\w)"), re.compile(r"(?<!\w)_(\S(?:[^_\n]*\S)?)_(?!\w)")
_STEPS = (
    (timedelta(days=2), timedelta(days=1), "dias"),
    (timedelta(hours=1), timedelta(hours=1), "h"),
    (timedelta(minutes=1), timedelta(minutes=1), "min"),
)


class OpsPages:
    """Renders templates; everything that goes into one is escaped."""

    def __init__(self, prefect_url: str | None) -> None:
        self._jinja = Environment(
            loader=PackageLoader("webhook.ops"),
            autoescape=True,
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._jinja.filters |= {
            "moment": moment,
            "day": written_day,
            "phone": written_phone,
            "brl": brl,
            "number": formats.number,
            "size": size,
            "chat": chat,
            "readable": words.summary_lines,
            "why": words.why_words,
            "code": words.code_meaning,
            "counted": formats.counted,
            "local": field_moment,
            "plain": typed_amount,
            "waits_for": waits_for,
            "words_said": words_said,
        }
        self._jinja.globals |= {
            "words": words,
            "categories": CATEGORIES,
            "pictures": PICTURES,
            "municipality": formats.municipality,
            "stages": words.STAGES,
            "qualifications": words.QUALIFICATIONS,
            "outcomes": words.OUTCOMES,
            "version": _VERSION,
            "prefect": (prefect_url or "").rstrip("/"),
        }

    def page(self, template: str, session: Session | None, *, status: int = 200, **context: Any) -> HTMLResponse:
        """A page at this moment; `session` is who looks at it, None before the login."""
        now = datetime.now(UTC)
        return HTMLResponse(
            self._jinja.get_template(template).render(
                session=session, here=template.removesuffix(".html"), now=now, ago=lambda at: ago(at, now), **context
            ),
            status_code=status,
        )


def moment(at: datetime) -> str:
    """Day and time in São Paulo, e.g. `21/11/2026 08:03`."""
    return f"{at.astimezone(SAO_PAULO):%d/%m/%Y %H:%M}"


def field_moment(at: datetime) -> str:
    """An instant as a field of day and time has it, in São Paulo: `2026-11-21T08:03`."""
    return f"{at.astimezone(SAO_PAULO):%Y-%m-%dT%H:%M}"


def typed_amount(amount: Decimal) -> str:
    """An amount as one types it: `412,37`."""
    return f"{amount:.2f}".replace(".", ",")


def chat(text: str) -> Markup:
    """A message with `*bold*` and `_italic_` as WhatsApp shows them; everything else in it stays text."""
    safe = _ITALIC.sub(r"<em>\1</em>", _BOLD.sub(r"<strong>\1</strong>", str(escape(text))))
    return Markup(safe)


def written_day(value: date) -> str:
    return f"{value:%d/%m/%Y}"


def ago(at: datetime, now: datetime) -> str:
    """How long ago, or in how long, in the largest unit that says enough: `há 5 min`, `em 2 h`."""
    gap = abs(now - at)
    for least, unit, name in _STEPS:
        if gap >= least:
            return f"{'há' if at <= now else 'em'} {gap // unit} {name}"
    return "há instantes" if at <= now else "em instantes"


def waits_for(row: WaitingRow) -> str:
    """What somebody in the queue waits for, in words."""
    if row.call_back_at is not None and row.since is not None and row.call_back_at <= datetime.now(UTC):
        return words.QUEUE["call_back"]
    if row.handoff_at is not None and row.reason is not None:
        return words.REASONS.get(row.reason, row.reason)
    return words.QUEUE["answer" if row.unheard else "held" if row.held_by else "left"]


def words_said(last: LastWords) -> str:
    """The newest thing that was said, with who said it."""
    who = words.QUEUE[last.who]
    if last.text:
        return f"{who}: {last.text}"
    return f"{who}: {words.QUEUE['template'] if last.template else words.KINDS.get(last.type, last.type)}"


def written_phone(e164: str) -> str:
    """`+55 81 98877-6655`; a foreign number as it is."""
    found = _BRAZILIAN.fullmatch(e164)
    return f"+55 {found[1]} {found[2]}-{found[3]}" if found else e164


def size(count: int) -> str:
    """A file's size: `312 KB`, `1,4 MB`."""
    return f"{formats.number(count / 1e6, 1)} MB" if count >= 1e6 else f"{formats.number(max(1, count / 1000))} KB"
