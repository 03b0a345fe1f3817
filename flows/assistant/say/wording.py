"""Facts put into words: reais, discounts, plans, the lines of a bill. The only place where a figure becomes text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from flows.assistant import place
from flows.assistant.knowledge.entries import faq
from flows.assistant.say.names import called, clip, known_as, plain, plan_name
from flows.assistant.say.sentences import facts_in, word
from flows.assistant.state import Bill
from flows.brazil.calendar import SAO_PAULO
from flows.brazil.money import brl
from flows.domain import Contact, Offer, Plan

_MOST_DETAIL = 72  # docs/whatsapp.md 5.7
NOON, _WEEK = time(12), 7
_MOST_WORDS = 80  # of what the lead wrote, said back


class Missing(LookupError):
    """A sentence wants a fact that nobody has; `name` is the fact's."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"no fact {name}")


@dataclass(frozen=True)
class Shown:
    """One plan in words."""

    plan: Plan

    @property
    def position(self) -> int:
        return self.plan.position if isinstance(self.plan, Offer) else 1

    @property
    def name(self) -> str:
        return plan_name(self.plan, self.position)

    @property
    def percent(self) -> str:
        return f"{self.plan.percent}%"

    @property
    def fidelity(self) -> str:
        """The commitment; 0 months is none."""
        return self._fidelity("months")

    @property
    def benefits(self) -> list[str]:
        return [clip(plain(benefit, 200), 70).rstrip(".") for benefit in self.plan.benefits[:2] if benefit.strip()]

    @property
    def line(self) -> str:
        """The plan's line of the numbered list."""
        first = word("line", position=self.position, name=self.name, percent=self.percent, fidelity=self.fidelity)
        return " · ".join([first, *self.benefits])

    @property
    def title(self) -> str:
        """The title of its row."""
        return clip(f"{self.position}. {word('short', percent=self.percent)}", 24)

    @property
    def detail(self) -> str:
        """What fits whole under a row's title; a benefit too long for it stands in the message's own list."""
        detail = f"{self.name} · {self._fidelity('months_short')}"
        for benefit in self.benefits:
            if len(longer := f"{detail} · {benefit}") <= _MOST_DETAIL:
                detail = longer
        return clip(detail, _MOST_DETAIL)

    def _fidelity(self, several: str) -> str:
        match self.plan.fidelity_months:
            case 0:
                return word("no_fidelity")
            case 1:
                return word("one_month")
            case months:
                return word(several, months=months)


@dataclass(frozen=True)
class ShownList:
    """Several plans in words."""

    plans: Sequence[Plan]

    @property
    def discounts(self) -> str:
        """How many plans there are and what they take off."""
        ranked = sorted(self.plans, key=lambda plan: plan.discount)
        low, high = Shown(ranked[0]).percent, Shown(ranked[-1]).percent
        if len(ranked) == 1:
            return word("plan_single", high=high)
        if low == high:
            return word("plans_same", count=len(ranked), high=high)
        return word("plans_range", count=len(ranked), low=low, high=high)

    @property
    def intro(self) -> str:
        return word("intro" if len(self.plans) > 1 else "intro_single", utility=known_as(self.plans[0].utility))

    @property
    def apart(self) -> str:
        """Each plan's name with what it takes off, how long it binds, and what else it brings."""
        each = (
            [f"*{shown.name}*: {word('short', percent=shown.percent)}", shown.fidelity, *shown.benefits]
            for shown in map(Shown, self.plans)
        )
        return ";\n".join(", ".join(parts) for parts in each)

    @property
    def list(self) -> str:
        return "\n".join(Shown(plan).line for plan in self.plans)


def fill(text: str, facts: Mapping[str, Any]) -> str:
    """Return a reviewed text with its facts in words. `Missing` when one of them is not among `facts`."""
    return text.format(**{name: _worded(name, facts) for name in facts_in(text)})


def reais(amount: Decimal) -> str:
    """Return an amount as people say it: whole reais without cents."""
    return brl(amount).removesuffix(",00")


def place_name(code: int) -> str:
    """Return a municipality with its state: `Recife/PE`. LookupError for a code that is none."""
    found = place.by_code(code)
    if found is None:
        raise LookupError("no municipality has this code")
    return f"{found.city}/{found.state}"


def called_when(when: Contact) -> str:
    """Return when a person speaks with the lead, after "fala com você": "em até 1 dia útil", "até amanhã de manhã"."""
    again = when.now > when.asked_at
    if when.holds and when.begins is None:
        return word("since_asked", deadline=when.words) if again else when.words
    if when.holds and when.begins is not None and not again:
        return word("counted_from", deadline=when.words, moment=_moment(when.begins, when.now))
    return word("until", moment=_moment(when.due, when.now))


def _moment(at: datetime, now: datetime) -> str:
    """Return a half of a working day as people name it: "amanhã de manhã", "segunda-feira à tarde"."""
    at, today = at.astimezone(SAO_PAULO), now.astimezone(SAO_PAULO).date()
    away = (at.date() - today).days
    day = (
        word("today")
        if away == 0
        else word("tomorrow")
        if away == 1
        else word(f"weekday_{at.weekday()}")
        if 0 < away < _WEEK
        else word("date", date=at)
    )
    return word("moment", day=day, half=word("morning" if at.time() <= NOON else "afternoon"))


def _worded(name: str, facts: Mapping[str, Any]) -> object:
    value = facts.get(name)
    if value is None or value == ():
        raise Missing(name)
    if name == "bill":
        # The holder's name is remembered nowhere; where the holder is the lead, it is the lead's.
        holder = facts.get("holder") or (facts.get("name") if value.holder == "match" else None)
        return "\n".join(_lines(value, holder))
    if name == "faq":
        return fill(faq().entries[value].said(called=bool(facts.get("called"))), facts)
    return _WORDS[name](value)


def _lines(bill: Bill, holder: str | None) -> Iterator[str]:
    """Yield what was read on a bill, a line each; of names only the first (docs/domain.md 2.3)."""
    read = {
        "holder": called(holder),
        "total": brl(bill.total) if bill.total is not None else None,
        "utility": plain(bill.utility) if bill.utility else None,
        "place": place_name(bill.place) if bill.place else None,
        "month": f"{bill.month:%m/%Y}" if bill.month else None,
        "due": f"{bill.due:%d/%m}" if bill.due else None,
    }
    yield from (word(key, value=value) for key, value in read.items() if value)


def names_holder(line: str) -> bool:
    """Tell whether a line of a message says whose name is on a bill."""
    before, _, _ = word("holder", value="\0").partition("\0")
    return line.startswith(before)


def _listed(names: Sequence[str]) -> str:
    *most, last = [f"*{plain(name)}*" for name in names]
    return f"{', '.join(most)} {word('or')} {last}" if most else last


def _first_name(name: str) -> str:
    first = called(name)
    if first is None:
        raise Missing("name")
    return first


# Each fact that reviewed.toml may name, and what it is for the reader.
_WORDS: dict[str, Callable[[Any], object]] = {
    "place": place_name,
    "other": place_name,
    "state": str,
    "name": _first_name,
    "persona": plain,
    "deadline": lambda said: called_when(said) if isinstance(said, Contact) else said,
    "minimum": reais,
    "amount": brl,
    "utility": known_as,
    "offer": Shown,
    "offers": ShownList,
    "count": str,
    "url": str,
    "names": _listed,
    "words": lambda said: clip(", ".join(plain(one).strip(" .,;!?") for one in said), _MOST_WORDS),
}
FACTS = frozenset(_WORDS) | {"bill", "faq"}
