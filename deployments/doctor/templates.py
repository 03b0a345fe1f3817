"""The templates: approved in the configured language and of the shape that the program sends (flows/activation.py)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from deployments.doctor.graph_client import Graph
from deployments.doctor.notes import FINDINGS, Notes
from flows import settings

_FIELDS = "name,language,status,category,components,rejected_reason,quality_score,parameter_format"
_WAITING = ("PENDING", "IN_APPEAL", "PENDING_DELETION")


@dataclass(frozen=True)
class SentAlong:
    """What the program sends along with a template: values of its body; `buttons`, so many quick replies, None for any. Of one that
    is `marketing` Meta says no more than what it is."""

    values: tuple[str, ...] = ("the first name",)
    buttons: int | None = None
    marketing: bool = False

    @property
    def gaps(self) -> str:
        return " and ".join(f"{{{{{number}}}}}" for number in range(1, len(self.values) + 1))


async def look(notes: Notes, graph: Graph, options: settings.WhatsApp, waba: str) -> None:
    """One line per configured template and problem: existence, status, shape, category, quality."""
    wanted = [
        ("WHATSAPP_WELCOME_TEMPLATE_NAME", options.whatsapp_welcome_template_name, SentAlong(buttons=1)),
        ("WHATSAPP_REMINDER_TEMPLATE_NAME", options.whatsapp_reminder_template_name, SentAlong()),
        (
            "WHATSAPP_NOTICE_TEMPLATE_NAME",
            options.whatsapp_notice_template_name,
            SentAlong(("the first name", "the city"), marketing=True),
        ),
    ]
    for variable, name, sent in wanted:
        if name is None:
            notes.say("reminder template.none" if "REMINDER" in variable else "notice template.none")
            continue
        # Meta's filter by name also finds longer names.
        listed = await graph.listed(f"{waba}/message_templates", fields=_FIELDS, name=name, limit="100")
        found = [each for each in listed if each.get("name") == name]
        _one(notes, name, variable, found, options.whatsapp_template_language, sent)


def _one(notes: Notes, name: str, variable: str, found: list[dict[str, Any]], language: str, sent: SentAlong) -> None:
    about = f"template {name}"
    there = next((each for each in found if each.get("language") == language), None)
    if there is None:
        others = ", ".join(sorted(str(each.get("language")) for each in found))
        finding = "template.elsewhere" if found else "template.missing"
        return notes.say(finding, about=about, others=others, language=language, variable=variable)
    status, reason, category = str(there.get("status")), there.get("rejected_reason"), str(there.get("category"))
    if status != "APPROVED":
        said = f"{status}{f' ({reason})' if reason not in (None, '', 'NONE') else ''}"
        finding = "waiting" if status in _WAITING else status if status in FINDINGS["template"] else "other"
        return notes.say(f"template.{finding}", about=about, said=said, language=language, variable=variable)
    wrong = shape(there, sent)
    for what in wrong:
        expected = "one quick-reply button" if sent.buttons else "no value anywhere else"
        notes.say("template.shape", about=about, what=what, values=sent.gaps, buttons=expected)
    if category != "UTILITY" and not (sent.marketing and category == "MARKETING"):
        finding = "template.marketing" if category == "MARKETING" else "template.category"
        notes.say(finding, about=about, category=category)
    score = (there.get("quality_score") or {}).get("score")
    if score in ("YELLOW", "RED"):
        notes.say("template.disliked", about=about, score=score)
    if not wrong:
        notes.say("template.right", about=about, language=language, category=category)


def shape(template: dict[str, Any], sent: SentAlong) -> list[str]:
    """What of a template does not fit the send: its positional values in the body, and for the welcome one quick reply; values
    for a header or an address are never sent."""
    buttons = sent.buttons
    parts = [part for part in template.get("components") or () if isinstance(part, dict)]
    body = next((str(part.get("text", "")) for part in parts if part.get("type") == "BODY"), "")
    found: list[str] = []
    variables = sorted(set(re.findall(r"\{\{\s*(\w+)\s*\}\}", body)))
    if template.get("parameter_format") == "NAMED" or any(not name.isdigit() for name in variables):
        found.append("its variable has a name; the program sends a numbered one")
    elif variables != [str(number) for number in range(1, len(sent.values) + 1)]:
        count = "one is" if len(sent.values) == 1 else f"{len(sent.values)} are"
        found.append(f"its body has {len(variables)} variables, and exactly {count} sent ({', '.join(sent.values)})")
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
