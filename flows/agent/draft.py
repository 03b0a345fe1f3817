"""A reply in the making: what one turn says, asks and learns, until it becomes a `Reply`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flows.agent.claims import MOST_EMOJI, MOST_TEXT, MOST_TEXT_WITH_CHOICES
from flows.agent.words import clip, say
from flows.domain import Button, Content, Handoff, Lead, Offer, Qualification, Reply, Row, Stage

_BUTTONS, _BUTTON_TITLE, _ROWS, _ROW_TITLE = 3, 20, 10, 24
ASIDES = frozenset({"person", "erase"})
# After a conversation closed, the same assurance is not sent again within this time (domain.md 2.6).
_QUIET = timedelta(hours=12)
_EMOJI = re.compile(r" ?[😊⚡]")
# A question that waits while other things are answered is asked again, then only recalled, then left out, and so on.
_RECALLS = {
    "place": "recall.place",
    "confirm_place": "recall.confirm_place",
    "which_city": "recall.which_city",
    "utility": "recall.utility",
    "bill": "recall.bill",
    "bill_ok": "recall.bill_ok",
    "bill_wrong": "recall.bill_wrong",
    "holder": "recall.holder",
    "plan": "recall.plan",
}
_ROUND = 3


@dataclass
class Draft:
    """Collects paragraphs, one question with its buttons or rows, and every change to the lead."""

    lead: Lead
    now: datetime
    paragraphs: list[str] = field(default_factory=list)
    buttons: tuple[Button, ...] = ()
    rows: tuple[Row, ...] = ()
    stage: Stage | None = None
    qualification: Qualification | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    memory: dict[str, Any] = field(default_factory=dict)
    offers: tuple[Offer, ...] = ()
    chosen: int | None = None
    handoff: Handoff | None = None
    opt_out: bool = False
    # True when somebody is upset: the question that waits is then recalled, not asked once more.
    gently: bool = False

    def say(self, key: str, **values: Any) -> None:
        """Add one paragraph of playbook.toml."""
        self.paragraphs.append(say(key, **values))

    def say_rarely(self, key: str, **values: Any) -> None:
        """Add a closing sentence, unless one went out in the last twelve hours."""
        last = self.known("closing_sent_at")
        if last and self.now - datetime.fromisoformat(last) < _QUIET:
            return
        self.say(key, **values)
        self.memory["closing_sent_at"] = self.now.isoformat()

    def known(self, key: str) -> Any:
        """Return what is remembered under `key`, this turn's word first."""
        return self.memory[key] if key in self.memory else self.lead.memory.get(key)

    @property
    def asked_before(self) -> str | None:
        """The question that waits for an answer; one set aside by an offer (a person, an erasure) still waits."""
        asked = self.lead.memory.get("asked")
        return self.lead.memory.get("resume") if asked in ASIDES else asked

    def ask(
        self, question: str, *, first: str, again: str, example: str, insist: object = False, **values: Any
    ) -> None:
        """Ask the next question: in full, shorter when it waits already, with an example when twice not understood.

        After one answer to something else has ended with it, the next ones only recall it or leave it out; `insist`
        asks it all the same.
        """
        waits = self.asked_before == question
        if not waits:
            key: str | None = first
            self.memory["tries"] = None
        elif self.known("tries"):
            key = example if self.known("tries") > 1 else again
        else:
            key = again if insist or not self.paragraphs else self._recall(question, again)
        if not waits or insist:
            self._forget("recalls")
        self._forget("later")
        if key:
            self.say(key, **values)
        self.memory |= {"asked": question, "resume": None}

    def _recall(self, question: str, again: str) -> str | None:
        """Return how a waiting question ends an answer to something else; None leaves it out."""
        recall = _RECALLS.get(question)
        if recall is None:
            return again
        times = self.known("recalls") or 0
        if self.gently and times == 0:
            times = 1
        self.memory["recalls"] = times + 1
        return (again, recall, None)[times % _ROUND]

    def _forget(self, key: str) -> None:
        if self.known(key) is not None:
            self.memory[key] = None

    def ask_aside(self, question: str, key: str, buttons: tuple[Button, Button]) -> None:
        """Ask something that is not of the journey; the waiting question is remembered."""
        self.say(key)
        self.buttons = buttons
        self.memory |= {"asked": question, "resume": self.asked_before}

    def in_progress(self) -> None:
        """Mark the lead as being qualified, unless a decision stands already."""
        if self.lead.qualification in (Qualification.NEW, Qualification.NOT_QUALIFIED):
            self.qualification = Qualification.IN_PROGRESS

    def choices(self, options: Sequence[tuple[str, str]]) -> None:
        """Offer (id, title) pairs: as buttons when they fit, else as a list; titles are cut and kept distinct."""
        if len(options) <= _BUTTONS and all(len(title) <= _BUTTON_TITLE for _, title in options):
            self.buttons = tuple(Button(id=id, title=title) for id, title in options)
            return
        options = options[:_ROWS]
        titles = [_cut(title) for _, title in options]
        if len(set(titles)) < len(titles):
            titles = [_cut(f"{n}. {title}") for n, (_, title) in enumerate(options, start=1)]
        self.rows = tuple(
            Row(id=id[:200], title=cut, description="" if cut == title else clip(title, 72))
            for (id, title), cut in zip(options, titles, strict=True)
        )

    def reply(self) -> Reply:
        """Return the finished reply. Nothing said means no message; too long for buttons means text alone."""
        text = _few_emoji("\n\n".join(self.paragraphs))
        content = None
        if text:
            fits = len(text) <= MOST_TEXT_WITH_CHOICES
            plans = any(row.id.startswith("plan:") for row in self.rows)
            content = Content(
                text=text if len(text) <= MOST_TEXT else text[: MOST_TEXT - 1] + "…",
                # Every question can also be answered in words, so the choices are what may go.
                buttons=self.buttons if fits else (),
                rows=self.rows if fits else (),
                list_label=say("plans.list_label" if plans else "place.list_label"),
            )
        return Reply(
            content=content,
            stage=self.stage,
            qualification=self.qualification,
            facts=self.facts,
            memory=self.memory,
            offers=self.offers,
            chosen=self.chosen,
            handoff=self.handoff,
            opt_out=self.opt_out,
        )


def _cut(title: str) -> str:
    """Cut a row's title; of "Cidade/UF" the state stays, because it tells namesakes apart."""
    name, slash, state = title.rpartition("/")
    if slash and len(state) == 2 and len(title) > _ROW_TITLE:
        return f"{clip(name, _ROW_TITLE - 3)}/{state}"
    return clip(title, _ROW_TITLE)


def _few_emoji(text: str) -> str:
    """Keep the first emoji of a reply and drop those beyond the allowed number (domain.md 2.5)."""
    seen = 0

    def keep(match: re.Match[str]) -> str:
        nonlocal seen
        seen += 1
        return match[0] if seen <= MOST_EMOJI else ""

    return _EMOJI.sub(keep, text)
