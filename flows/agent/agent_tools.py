"""What a model may do in a turn: each tool says what the lead meant, and code decides what follows from it.

A tool sends and stores nothing. It becomes an event of the rehearsed journey, after its ground was checked: a place
must have been named, a plan must have been shown, and whoever chooses, leaves or wants a person must have written so.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from flows.agent.bill_memory import in_hand
from flows.agent.cues import Cue
from flows.agent.hearing import hear
from flows.agent.intents import Intent, looks_like_question
from flows.agent.rehearsal import BEYOND_US, NO_INTEREST, SENDS_LATER, WANTS_PLANS, Event, Step
from flows.agent.words import faq
from flows.assistant.place import places
from flows.assistant.place.places import Place, Several
from flows.brazil.folding import fold
from flows.domain import Turn

_REFUSES = re.compile(r"\b(?:nao|nunca|nem|sem interesse|desist\w+|deixa|dispens\w+|chega|tchau|outra hora|fora)\b")
_PERSON = re.compile(
    r"\b(?:pessoas?|gente|human\w+|atend\w+|alguem|lig\w+|telefon\w+|consultor\w*|vendedor\w*|gerente|supervisor\w*"
    r"|responsavel|falar|convers\w+|reclam\w+|procon|ajud\w+|resolv\w+|robo\w*|maquina)\b"
)


class Refused(Exception):
    """The tool cannot be used now. The text is for the model: what is wrong, and what to do instead."""


@dataclass(frozen=True)
class Said:
    """What the lead wrote, now and in the transcript, as the tools check their ground in it."""

    turn: Turn

    @cached_property
    def now(self) -> tuple[str, ...]:
        return tuple(m.text for m in self.turn.messages if m.text.strip())

    @cached_property
    def _folded_now(self) -> str:
        return f" {' '.join(fold(text) for text in self.now)} "

    @cached_property
    def _words(self) -> frozenset[str]:
        before = [line.text for line in self.turn.transcript if line.who == "user"]
        return frozenset(word for text in (*before, *self.now) for word in fold(text).split())

    def quotes(self, words: str) -> bool:
        """Tell whether the lead wrote these words in the messages that wait for an answer."""
        quoted = fold(words)
        return bool(quoted) and f" {quoted} " in self._folded_now

    def names(self, name: str) -> bool:
        """Tell whether a name occurs in what the lead wrote, small typing errors forgiven."""
        words = fold(name).split()
        # Written in one word ("campogrande") or by any of its longer words.
        parts = ["".join(words), *([word for word in words if len(word) > 3] or words)]
        return any(difflib.get_close_matches(part, self._words, n=1, cutoff=0.8) for part in parts)

    def means(self, place: Place) -> bool:
        """Tell whether the lead named this municipality, by whatever name the gazetteer knows."""
        found = [places.find(text, state=place.state, expecting_place=True) for text in self.now]
        return place in found or self.names(place.city)


class Tool(BaseModel):
    """The typed arguments of one tool, which know what they come to in the journey."""

    model_config = ConfigDict(extra="forbid")
    name: ClassVar[str]

    def event(self, step: Step, said: Said) -> Event | None:
        """Return what the journey hears, None when it hears nothing new. Raises Refused."""
        raise NotImplementedError


class FindPlace(Tool):
    """Note the municipality of the lead's electricity bill, exactly as the lead named it in this conversation."""

    name: ClassVar[str] = "find_place"
    city: str = Field(description="municipality, e.g. Recife")
    state: str | None = Field(description="two letters, e.g. PE; null when the lead did not say it")

    def event(self, step: Step, said: Said) -> Event:
        state = places.uf(self.state) if self.state else None
        found = places.in_state(self.city, state) if state else places.find(self.city, expecting_place=True)
        if isinstance(found, Several):
            if not said.names(found.candidates[0].city):
                raise Refused("the lead did not write this city; ask which city and state the bill is from")
            return Event(phrase=f"moro em {found.candidates[0].city}")
        if not isinstance(found, Place):
            raise Refused("no such municipality; ask for city and state in words")
        confirms = fold(step.lead.city or "") == fold(found.city) and step.known("asked") == "confirm_place"
        denies = any((heard := hear((m,))) and Intent.DENY in heard.intents for m in said.turn.messages)
        if not said.means(found) and not (confirms and not denies):
            raise Refused("the lead did not write this city; ask which city and state the bill is from")
        return Event(tap=f"place:{found.ibge_code}")


class ChooseUtility(Tool):
    """Note which of the city's several distribuidoras is on the lead's bill."""

    name: ClassVar[str] = "choose_utility"
    utility: str = Field(description="one of the names that were given")

    def event(self, step: Step, said: Said) -> Event:
        named = step.known("utilities") or []
        one = next((n for n in named if fold(n) == fold(self.utility)), None)
        if one is None:
            raise Refused("not among the distribuidoras of this city: " + (", ".join(named) or "none to choose from"))
        if not said.names(one):
            raise Refused("the lead did not name it; ask which distribuidora is on the bill")
        return Event(tap=f"utility:{one[:180]}")


class ReadPlans(Tool):
    """Read the plans of the lead's place now. The only source of percentages, commitments and benefits."""

    name: ClassVar[str] = "read_plans"

    def event(self, step: Step, said: Said) -> Event:
        if not step.known("place"):
            raise Refused("the place is not known yet; ask for it, there is nothing to read without it")
        return Event(phrase=WANTS_PLANS)


class RequestBill(Tool):
    """Ask for the photo or PDF of the bill (`now`), or note that the lead will send it another time (`later`)."""

    name: ClassVar[str] = "request_bill"
    when: Literal["now", "later"]

    def event(self, step: Step, said: Said) -> Event | None:
        if in_hand(step.lead, step.known):
            raise Refused("a bill is here already; do not ask for it again")
        if not step.known("place"):
            raise Refused("the place comes first; ask for it")
        return Event(phrase=SENDS_LATER) if self.when == "later" else None


class ChoosePlan(Tool):
    """Note the plan that the lead has decided for. Asking about a plan is not choosing it."""

    name: ClassVar[str] = "choose_plan"
    plan_id: int
    lead_words: str = Field(description="the lead's own words of now that choose it, copied")

    def event(self, step: Step, said: Said) -> Event:
        shown = step.lead.offers if step.lead.memory.get("offered") == step.known("place") else ()
        if self.plan_id not in {offer.plan_id for offer in shown}:
            raise Refused("no plan that this lead was shown; show the plans first (read_plans)")
        if not said.quotes(self.lead_words):
            raise Refused("lead_words must be copied from the lead's new messages")
        heard = hear(said.turn.messages)
        asks = any(looks_like_question(text) for text in said.now)
        if heard is None or Intent.DENY in heard.intents or (asks and Cue.CHOOSES not in heard.cues):
            raise Refused("the lead asks or declines here, and has not chosen; answer, then ask which plan it shall be")
        return Event(tap=f"plan:{self.plan_id}")


class AnswerFromFaq(Tool):
    """Get the reviewed answer to a question about the product, the company, the contract or the lead's data."""

    name: ClassVar[str] = "answer_from_faq"
    id: str = Field(description="id of the question", json_schema_extra={"enum": list(faq())})

    def event(self, step: Step, said: Said) -> Event:
        if self.id not in faq():
            raise Refused("no such id; when no question fits, offer a person (offer_person)")
        return Event(phrase=faq()[self.id].questions[0])


class OfferPerson(Tool):
    """Offer to call a consultant: nobody here can answer, or the lead is not getting anywhere."""

    name: ClassVar[str] = "offer_person"

    def event(self, step: Step, said: Said) -> Event:
        return Event(phrase=BEYOND_US)


class HandOver(Tool):
    """Give the conversation to a person now, because the lead asked for one."""

    name: ClassVar[str] = "hand_over"
    lead_words: str = Field(description="the lead's own words of now that ask for a person, copied")

    def event(self, step: Step, said: Said) -> Event:
        if not said.quotes(self.lead_words) or not _PERSON.search(fold(self.lead_words)):
            raise Refused("the lead did not ask for a person in these words; offer one instead (offer_person)")
        return Event(tap="person:yes")


class CloseConversation(Tool):
    """End the conversation kindly, because the lead does not want to go on."""

    name: ClassVar[str] = "close_conversation"
    lead_words: str = Field(description="the lead's own words of now that decline, copied")

    def event(self, step: Step, said: Said) -> Event:
        if not said.quotes(self.lead_words) or not _REFUSES.search(fold(self.lead_words)):
            raise Refused("the lead did not decline in these words; go on, or ask whether they are interested")
        return Event(phrase=NO_INTEREST)


_KINDS: tuple[type[Tool], ...] = (
    FindPlace, ChooseUtility, ReadPlans, RequestBill, ChoosePlan, AnswerFromFaq, OfferPerson, HandOver,
    CloseConversation,
)  # fmt: skip
TOOLS: dict[str, type[Tool]] = {kind.name: kind for kind in _KINDS}
