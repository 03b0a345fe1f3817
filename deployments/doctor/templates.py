"""The templates: approved in the configured language and of the shape that the program sends (flows/activation.py)."""

from __future__ import annotations

import re
from typing import Any

from deployments.doctor.graph_client import Graph
from deployments.doctor.report import Notes
from flows import settings

MANAGER = "WhatsApp Manager > Message templates"
_FIELDS = (
    "name",
    "language",
    "status",
    "category",
    "components",
    "rejected_reason",
    "quality_score",
    "parameter_format",
)
_WAITING = ("PENDING", "IN_APPEAL", "PENDING_DELETION")


async def look(notes: Notes, graph: Graph, options: settings.WhatsApp, waba: str) -> None:
    """One line per configured template and problem: existence, status, shape, category, quality."""
    wanted: list[tuple[str, str, int | None]] = [
        ("WHATSAPP_WELCOME_TEMPLATE_NAME", options.whatsapp_welcome_template_name, 1)
    ]
    if options.whatsapp_reminder_template_name:
        wanted.append(("WHATSAPP_REMINDER_TEMPLATE_NAME", options.whatsapp_reminder_template_name, None))
    for variable, name, buttons in wanted:
        # Meta's filter by name also finds longer names.
        call = graph.api.get_templates(waba, fields=_FIELDS, filters={"name": name}, pagination={"limit": "100"})
        listed = (await graph.ask(call)).get("data") or ()
        found = [each for each in listed if isinstance(each, dict) and each.get("name") == name]
        _one(notes, f"template {name}", variable, found, options.whatsapp_template_language, buttons)
    if not options.whatsapp_reminder_template_name:
        notes.skip("reminder template", "WHATSAPP_REMINDER_TEMPLATE_NAME is empty")


def _one(
    notes: Notes, subject: str, variable: str, found: list[dict[str, Any]], language: str, buttons: int | None
) -> None:
    there = next((each for each in found if each.get("language") == language), None)
    if there is None:
        others = ", ".join(sorted(str(each.get("language")) for each in found))
        what = f"exists in {others}, not in {language}" if found else "does not exist in this account"
        notes.fail(subject, what, f"submit it in {language} ({MANAGER}, see docs/meta.md), or correct {variable}")
        return
    status, reason = str(there.get("status")), there.get("rejected_reason")
    said = f"{status}{f' ({reason})' if reason not in (None, '', 'NONE') else ''}"
    if status != "APPROVED":
        mend = {
            "PAUSED": f"Meta paused it for bad feedback and lifts that by itself, or after an edit: {MANAGER}",
            "DISABLED": f"Meta disabled it for good: submit another one and set {variable}",
            "REJECTED": f"edit and submit it again, or appeal: {MANAGER}",
        }.get(status, "wait for Meta's review" if status in _WAITING else f"see {MANAGER}")
        notes.fail(subject, f"is {said} in {language}", mend)
        return
    wrong = shape(there, buttons)
    for what in wrong:
        notes.fail(subject, what, f"change the template ({MANAGER}): body with {{{{1}}}}, {_buttons(buttons)}")
    _category(notes, subject, str(there.get("category")))
    score = (there.get("quality_score") or {}).get("score")
    if score in ("YELLOW", "RED"):
        notes.warn(subject, f"its quality is {score}: Meta may pause it", "write only to people who asked")
    if not wrong:
        notes.ok(subject, f"is approved in {language} ({there.get('category')}), of the right shape")


def _category(notes: Notes, subject: str, category: str) -> None:
    if category == "MARKETING":
        notes.warn(
            subject,
            "is in category MARKETING: dearer, capped per person (131049), and people may have stopped it (131050)",
            f"submit a text that only speaks of the person's own request, as UTILITY: {MANAGER}",
        )
    elif category != "UTILITY":
        notes.fail(subject, f"is in category {category}", "submit it as UTILITY")


def shape(template: dict[str, Any], buttons: int | None) -> list[str]:
    """What of a template does not fit the send: one positional value in the body, and for the welcome (`buttons` is
    1) one quick reply; values for a header or an address are never sent. Without `buttons`, any quick replies will do."""
    parts = [part for part in template.get("components") or () if isinstance(part, dict)]
    body = next((str(part.get("text", "")) for part in parts if part.get("type") == "BODY"), "")
    found: list[str] = []
    variables = sorted(set(re.findall(r"\{\{\s*(\w+)\s*\}\}", body)))
    if template.get("parameter_format") == "NAMED" or any(not name.isdigit() for name in variables):
        found.append("its variable has a name; the program sends a numbered one")
    elif variables != ["1"]:
        found.append(f"its body has {len(variables)} variables, and exactly one is sent (the first name)")
    header = next((part for part in parts if part.get("type") == "HEADER"), None)
    if header and (header.get("format", "TEXT") != "TEXT" or "{{" in str(header.get("text", ""))):
        found.append("its header needs a value, and none is sent")
    listed = [each for part in parts if part.get("type") == "BUTTONS" for each in part.get("buttons") or ()]
    replies = [each for each in listed if each.get("type") == "QUICK_REPLY"]
    if buttons is not None and len(replies) != buttons:
        found.append(f"it has {len(replies)} quick-reply buttons, and exactly {buttons} is expected")
    elif buttons is not None and listed[0].get("type") != "QUICK_REPLY":
        found.append("its first button is not the quick reply, whose place the program sends as the first")
    if any("{{" in str(each.get("url", "")) for each in listed):
        found.append("a button's address needs a value, and none is sent")
    return found


def _buttons(buttons: int | None) -> str:
    return "one quick-reply button" if buttons else "no value anywhere else"
