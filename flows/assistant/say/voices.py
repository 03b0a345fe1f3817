"""How acts are said: in reviewed words, opened by a model's sentence, or phrased by a model; each fails into the first."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from flows.assistant.decide.acts import Act, Code
from flows.assistant.meaning import Mood
from flows.assistant.mind import Mind, MindFailed, Spent
from flows.assistant.say import check
from flows.assistant.say.check import Ground, Ruling
from flows.assistant.say.checker import second_reading
from flows.assistant.say.choices import tappable
from flows.assistant.say.marks import Marked, marked
from flows.assistant.say.message import GREETINGS, Paragraph, compose, content, joined, paragraphs
from flows.assistant.say.sentences import prompt
from flows.brazil.folding import fold
from flows.domain import Content

_SECTIONS = frozenset(
    {"greeting", "place", "utility", "coverage", "bill", "reading", "holder", "small", "plans", "recall"}
)
# Of the journey's sentences, those that answer what was said, and need no other opening.
_ANSWERS = frozenset(
    {
        Code.NOTICE_KEPT,
        Code.NOTICE_DECLINED,
        Code.NOTICE_NONE,
        Code.BILL_HOW,
        Code.BILL_OTHER_WAY,
        Code.BILL_OBJECTION,
        Code.BILL_LATER,
        Code.BILL_NOT_HERE,
        Code.GAVE_UP,
        Code.READING_WHAT,
        Code.SEND_OTHER,
        Code.HOLDER_OTHER,
        Code.HOLDER_DECEASED,
        Code.SMALL,
        Code.SMALL_AGAIN,
        Code.SMALL_SEND,
        Code.PLAN_DOUBT,
        Code.PLANS_LATER,
        Code.CHOSEN,
        Code.PLACE_OTHER,
    }
)
# Kind words of ours, where a model has none.
_KIND_WORDS = frozenset({Code.I_SEE, Code.LAUGH, Code.WITH_YOU})
# Said in these words and no others: what the law or a promise hangs on.
_FIXED = frozenset({"stop", "erase", "wrong"})
_TURNS = 2


class Voice(StrEnum):
    """Who chooses the words."""

    REVIEWED = "reviewed"
    OPENED = "opened"
    PHRASED = "phrased"


@dataclass(frozen=True)
class Said:
    """A message and how it came about. `checks` are codes of what was refused; `fallback` why a model did not count."""

    content: Content | None
    voice: Voice = Voice.REVIEWED
    checks: tuple[str, ...] = ()
    spent: Spent = Spent()
    fallback: str | None = None


@dataclass(frozen=True)
class Burst:
    """What a message answers: the lead's texts, how they sound, and our messages so far, oldest first."""

    texts: tuple[str, ...] = ()
    mood: Mood = Mood.CALM
    last: tuple[str, ...] = ()


@dataclass(frozen=True)
class Minds:
    """The models there are for saying: one that writes (voice phrased) and one that checks. Either may be missing."""

    writer: Mind | None = None
    checker: Mind | None = None


class Phrased(BaseModel):
    """A message as a model wrote it, with marks."""

    text: str


@dataclass
class Speaking:
    """One message in the making: its reviewed words, what those allow, and what was spent and refused so far."""

    acts: Sequence[Act]
    known: Mapping[str, Any]
    burst: Burst
    minds: Minds
    seconds: float
    variant: int = 0
    spent: Spent = field(default_factory=Spent)
    checks: list[str] = field(default_factory=list)
    fallback: str | None = None

    def __post_init__(self) -> None:
        self._until = time.monotonic() + self.seconds
        self.said: tuple[Paragraph, ...] = paragraphs(self.acts, self.known, variant=self.variant, last=self.burst.last)

    def reviewed(self) -> Said:
        """Say it in reviewed words."""
        return self._said(compose(self.said), Voice.REVIEWED)

    async def opened(self, opening: str) -> Said:
        """Put a model's sentence before the reviewed ones, where nothing else answers and the sentence passes."""
        opening = " ".join(opening.split())
        if not opening or not self.said or any(_answers(act.code) for act in self.acts):
            return self.reviewed()
        if self._repeats(opening):
            self.checks.append("repeats")
            return self.reviewed()
        if not await self._passes(opening, self._ground(self.said), opening=True):
            return self.reviewed()
        own = [paragraph for paragraph in self.said if paragraph.act.code not in _KIND_WORDS]
        return self._said(compose(own, opening=opening), Voice.OPENED)

    async def phrased(self) -> Said:
        """Let a model write all but the greeting, and once again where it was refused."""
        mind = self.minds.writer
        own = [paragraph for paragraph in self.said if paragraph.act.code not in GREETINGS]
        if mind is None or not own or any(_section(act.code) in _FIXED for act in self.acts):
            return self.reviewed()
        ground, marks = self._ground(own), self._marked(own)
        for _ in range(_TURNS):
            try:
                thought = await mind.think(self._told(), self._data(marks, ground), Phrased, seconds=self._left())
            except MindFailed as why:
                self.fallback = why.reason.value
                return self.reviewed()
            self.spent += thought.spent
            try:
                text = marks.fill(thought.answer.text.strip())
            except ValueError as why:
                self.checks.append(str(why))
                continue
            if self._repeats(text):
                self.checks.append("repeats")
            elif await self._passes(text, ground, opening=False):
                greeted = [paragraph for paragraph in self.said if paragraph.act.code in GREETINGS]
                whole = f"{joined(greeted)}\n\n{text}" if greeted else text
                return self._said(content(whole, tappable(self.acts)), Voice.PHRASED)
            elif self.fallback:
                break
        return self.reviewed()

    async def _passes(self, words: str, ground: Ground, *, opening: bool) -> bool:
        verdict = check.check(words, ground, opening=opening)
        if verdict.outcome is not Ruling.DOUBTFUL:
            self.checks += verdict.codes
            return verdict.outcome is Ruling.GROUNDED
        if self.minds.checker is None:
            self.checks.append("doubtful")
            return False
        try:
            refused, spent = await second_reading(
                self.minds.checker, words, ground, opening=opening, seconds=self._left()
            )
        except MindFailed as why:
            # The lead reads the reviewed words alone, which say the same.
            self.fallback = f"checker_{why.reason.value}"
            return False
        self.spent += spent
        self.checks += refused
        return not refused

    def _ground(self, said: Sequence[Paragraph]) -> Ground:
        return check.ground([one.act for one in said], self.known, joined(said), self.burst.texts)

    def _marked(self, said: Sequence[Paragraph]) -> Marked:
        bills = [one.text.partition("\n")[2] for one in said if one.act.code in (Code.READING, Code.READING_AGAIN)]
        return marked(joined(said), self._ground(said).offers, bills[0] if bills else "")

    def _told(self) -> str:
        return prompt("phrase").replace("{persona}", str(self.known.get("persona", "Sílvia")))

    def _data(self, marks: Marked, ground: Ground) -> str:
        said = check.sentences_of(marks.text)
        data = {
            "dizer": said,
            "pergunta": next((one for one in reversed(said) if "?" in one), "") if ground.is_asked else "",
            "pessoa": list(self.burst.texts),
            "humor": self.burst.mood.value,
            "antes": list(self.burst.last[-2:]),
            "marcas": marks.shows,
        }
        return json.dumps(data | ({"recusado": self.checks} if self.checks else {}), ensure_ascii=False)

    def _repeats(self, text: str) -> bool:
        said = fold(text)
        return any(said == fold(before) for before in self.burst.last[-2:])

    def _left(self) -> float:
        return max(0.1, self._until - time.monotonic())

    def _said(self, message: Content | None, voice: Voice) -> Said:
        return Said(message, voice, tuple(dict.fromkeys(self.checks)), self.spent, self.fallback)


def _section(code: Code) -> str:
    return code.value.partition(".")[0]


def _answers(code: Code) -> bool:
    if code is Code.NOTED or code in _KIND_WORDS:
        # That something is noted is no word for what was told.
        return False
    return code in _ANSWERS or _section(code) not in _SECTIONS
