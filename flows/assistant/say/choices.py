"""Buttons and rows under a message: titles for the ids of choices, within WhatsApp's limits (docs/whatsapp.md 5.7)."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flows.assistant.decide.acts import Act
from flows.assistant.say.names import clip, plain
from flows.assistant.say.sentences import table
from flows.assistant.say.wording import Shown, place_name
from flows.domain import Button, Offer, Row

_BUTTONS, _BUTTON_TITLE, _ROWS, _ROW_TITLE, _ROW_DETAIL = 3, 20, 10, 24, 72
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Choices:
    """What may be tapped: buttons, or a list with its label."""

    buttons: tuple[Button, ...] = ()
    rows: tuple[Row, ...] = ()
    label: str = ""


@dataclass(frozen=True)
class _Option:
    id: str
    title: str
    detail: str = ""


def tappable(acts: Sequence[Act]) -> Choices:
    """Return what may be tapped under these acts: the choices of the one that asks, the last if several do."""
    asking = next((act for act in reversed(acts) if act.choices), None)
    if asking is None:
        return Choices()
    options = [option for id in asking.choices if (option := _option(id, acts))]
    plans = [option for option in options if option.id.startswith("plan:") and option.detail]
    known = [option for option in options if option.id.startswith("place:") and option.id not in table()["buttons"]]
    for kind, named in (("plan", plans), ("place", known if "place:no" in asking.choices else [])):
        if len(named) == 1:
            # One plan is no list, and one place stands in the question already: yes is enough.
            yes = _Option(named[0].id, table()["buttons"][f"{kind}:yes"])
            options = [yes if option is named[0] else option for option in options]
    if len(plans) == 1:
        plans = []
    rows = table()["rows"]
    if not plans:
        options = [replace(option, detail="") for option in options]
        if len(options) <= _BUTTONS and all(len(option.title) <= _BUTTON_TITLE for option in options):
            return Choices(buttons=tuple(Button(id=option.id, title=option.title) for option in options))
    return Choices(rows=_rows(options[:_ROWS]), label=rows["plans_label" if plans else "list_label"])


def _rows(options: Sequence[_Option]) -> tuple[Row, ...]:
    titles = [_cut(option.title) for option in options]
    if len(set(titles)) < len(titles):
        titles = [_cut(f"{n}. {option.title}") for n, option in enumerate(options, start=1)]
    return tuple(
        Row(id=option.id[:200], title=title, description=option.detail or _whole(option.title, title))
        for option, title in zip(options, titles, strict=True)
    )


def _whole(title: str, cut: str) -> str:
    return "" if cut == title else clip(title, _ROW_DETAIL)


def _option(id: str, acts: Sequence[Act]) -> _Option | None:
    """Return a choice with its title; None, and a line in the log, for one that nobody can name."""
    kind, _, value = id.partition(":")
    if fixed := table()["buttons"].get(id):
        return _Option(id, fixed, table()["rows"].get(id, ""))
    if kind == "place" and value.isdecimal():
        return _Option(id, place_name(int(value)))
    if kind == "utility" and value:
        return _Option(id, plain(value))
    if kind == "plan":
        shown = next((offer for offer in _offers(acts) if str(offer.plan_id) == value), None)
        if shown:
            return _Option(id, Shown(shown).title, Shown(shown).detail)
    log.error("say: a choice has no title (%s)", kind)
    return None


def _offers(acts: Iterable[Act]) -> Iterable[Offer]:
    for act in acts:
        for name in ("offers", "offer"):
            value: Any = act.facts[name].value if name in act.facts else ()
            yield from value if isinstance(value, tuple) else (value,)


def _cut(title: str) -> str:
    """Cut a row's title; of "Cidade/UF" the state stays, because it tells namesakes apart."""
    name, slash, state = title.rpartition("/")
    if slash and len(state) == 2 and len(title) > _ROW_TITLE:
        return f"{clip(name, _ROW_TITLE - 3)}/{state}"
    return clip(title, _ROW_TITLE)
