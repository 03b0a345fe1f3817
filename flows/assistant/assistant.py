"""One turn of the assistant: hear what a burst means, decide on it, say it. All that it needs is handed in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from flows.assistant import hear, recording, say, state
from flows.assistant.bill import same_utility
from flows.assistant.decide import Case, Decision, Form, Look, Terms, decide
from flows.assistant.hear import Heard, Scene
from flows.assistant.meaning import Meaning
from flows.assistant.mind import Mind
from flows.assistant.place import places
from flows.assistant.place.places import Place, Several
from flows.assistant.say import Burst, Minds, Said, Voice
from flows.assistant.state import State
from flows.brazil.calendar import SAO_PAULO, contact
from flows.brazil.folding import fold
from flows.domain import (
    BillKept,
    BillReceipt,
    Consent,
    Coverage,
    Inbound,
    InboundMessage,
    Lead,
    Reply,
    Stage,
    Turn,
    Why,
)

_FILES = frozenset({Inbound.IMAGE, Inbound.DOCUMENT})
_SAY_NOTHING = frozenset({Inbound.REACTION, Inbound.STICKER, Inbound.SYSTEM})
_MOST_LINES = 12
# A turn asks the world at most this often: the place, its distribuidora, and what the bill says of both.
_MOST_LOOKS = 4
# What of the time limit hearing may take: the rest is for a second reading of what is said.
_HEARING = 0.75


class Tools(Protocol):
    """What an assistant cannot know by itself. Neither method raises for an expected outcome."""

    async def coverage(self, place: Place, utility: str | None = None) -> Coverage:
        """Read distribuidora and plans of a place; a failure of the plans API is `PlansUnavailable` (docs/domain.md 4.3)."""
        ...

    async def keep_bill(self, message: InboundMessage) -> BillReceipt:
        """Fetch the file of an image or document message, keep it in private storage, and read it."""
        ...


@dataclass(frozen=True)
class House:
    """What the company says of itself, by setting, in the words that leads read."""

    terms: Terms = Terms()
    privacy_notice_url: str | None = None


@dataclass(frozen=True)
class Assistant:
    """Answers turns. `mind` hears, and writes in the voice *phrased*; `checker` reads again what a model wrote. Without
    them the rules and the reviewed sentences do everything. `time_limit` is in seconds, for all that models do in a turn.
    """

    house: House = House()
    mind: Mind | None = None
    checker: Mind | None = None
    voice: Voice = Voice.OPENED
    time_limit: float = 12.0

    async def reply(self, turn: Turn, tools: Tools) -> Reply:
        """Answer all unanswered messages of a lead with one reply; its `content` is None where silence is right."""
        started, lead = time.monotonic(), turn.lead
        before, messages = _before(lead), turn.messages
        quiet = lead.taken_over_at is not None or _opted_out(lead)
        if all(map(_says_nothing, messages)) and (before.greeted or quiet):
            return Reply(content=None)
        scene = scene_of(turn, before)
        heard = await hear.hear(messages, scene, None if quiet else self.mind, seconds=_HEARING * self.time_limit)
        files = await _keep(messages, heard, tools)
        decision, case = await _decided(self._case(turn, before, heard, files), tools)
        left = self.time_limit - (time.monotonic() - started)
        said = await say.say(
            decision.acts,
            self._known(lead, decision),
            burst=_burst(turn, heard),
            voice=self.voice,
            opening=heard.opening,
            minds=Minds(self.mind, self.checker),
            variant=len(turn.transcript),
            seconds=max(left, 0.1),
        )
        masked = {m.id: text for m in messages for text, changed in [hear.masked(m.text)] if changed}
        why = _why(turn, case, heard, decision, said, time.monotonic() - started)
        return _reply(lead, decision, said, masked, why)

    def again(self, turn: Turn, world: Mapping[str, Any]) -> Reply:
        """Decide a recorded turn with the rules of today and the world of that day, in reviewed words; nobody is asked."""
        before = _before(turn.lead)
        heard = Heard(hear.read(turn.messages, scene_of(turn, before)), by="rules")
        coverage, files = recording.world_from(world)
        case = replace(self._case(turn, before, heard, files), coverage=coverage)
        decision = decide(case)
        last = _burst(turn, heard).last
        said = Said(
            say.reviewed(decision.acts, self._known(turn.lead, decision), variant=len(turn.transcript), last=last)
        )
        return _reply(turn.lead, decision, said, {}, _why(turn, case, heard, decision, said, 0.0))

    def _case(self, turn: Turn, before: State, heard: Heard, files: tuple[BillReceipt, ...]) -> Case:
        lead, now = turn.lead, turn.now
        ours = [line.who for line in turn.transcript if line.who != "user"]
        return Case(
            state=before,
            reading=heard.reading,
            now=now,
            stage=lead.stage,
            qualification=lead.qualification,
            named=say.called(lead.name) is not None,
            introduced=_is_introduced(lead, heard),
            form=form_of(lead, before),
            offers=lead.offers,
            bills=lead.bills,
            wishes=lead.wishes,
            files=files,
            unreadable=tuple(m.type for m in turn.messages if not (_says_nothing(m) or _can_read(m, heard))),
            terms=self.house.terms,
            note=heard.note,
            opted_out=_opted_out(lead),
            taken_over=lead.taken_over_at is not None,
            ours_last=not (ours and ours[-1] == "agent"),
            contact=contact,
            same=same_utility,
        )

    def _known(self, lead: Lead, decision: Decision) -> dict[str, Any]:
        """Return the facts that any sentence may use; the form's name for nobody but whose form it is."""
        terms = self.house.terms
        return {
            "name": None if decision.state.disowned else lead.name,
            "called": decision.state.person_has_it,
            "persona": terms.persona,
            "deadline": terms.deadline,
            "minimum": terms.minimum,
            "url": self.house.privacy_notice_url,
        }


def _is_introduced(lead: Lead, heard: Heard) -> bool:
    """Tell whether who writes says another name than the lead's: "aqui é o Lucas, filho do seu Raimundo"."""
    names = {say.called(item.text) for item in heard.reading.of(Meaning.NAME)} - {None}
    return bool(names) and not any(fold(name) in fold(lead.name or "").split() for name in names if name)


def _before(lead: Lead) -> State:
    """Return what is known of a lead who writes: what is remembered, and what they were told of since."""
    remembered = state.recall(lead.memory)
    return state.with_news(remembered, lead.news.place, lead.news.at) if lead.news else remembered


def scene_of(turn: Turn, before: State) -> Scene:
    """Return what a burst is heard in."""
    lead = turn.lead
    lines = list(turn.transcript)
    for message in reversed(turn.messages):
        if lines and lines[-1].who == "user" and lines[-1].text.strip() == message.text.strip():
            lines.pop()
    shown = before.offered is not None and before.offered == before.place
    return Scene(
        state=before,
        offers=lead.offers if shown else (),
        name=None if before.disowned else say.called(lead.name),
        form=() if before.form_denied else form_of(lead, before).places,
        lines=tuple(lines[-_MOST_LINES:]),
        today=turn.now.astimezone(SAO_PAULO).date(),
        wishes=lead.wishes,
    )


def _says_nothing(message: InboundMessage) -> bool:
    """Tell whether a message is a sticker, or a reaction to what asked nothing."""
    return message.type in _SAY_NOTHING and not message.about


def _burst(turn: Turn, heard: Heard) -> Burst:
    texts = tuple(hear.masked(m.text)[0] for m in turn.messages if m.text.strip())
    last = tuple(line.text for line in turn.transcript if line.who == "bot" and line.text)
    return Burst(texts, heard.reading.mood, last)


def form_of(lead: Lead, before: State) -> Form:
    """Return what the lead's forms say of the bill. A later form's place stands beside the first's: the person says which."""
    first, last = _places(lead.city, lead.state), _places(lead.form_city, lead.form_state)
    apart = bool(first and last) and not set(first) & set(last)
    amount = None if before.disowned else lead.invoice_amount
    return Form((*first, *last) if apart else first or last, amount, apart)


def _places(city: str | None, state: str | None) -> tuple[int, ...]:
    """Return the municipalities that a form's city may mean (IBGE codes), none for what is no municipality."""
    if not city:
        return ()
    if state:
        place = places.in_state(city, state)
        return (place.ibge_code,) if place else ()
    match places.find(city, expecting_place=True):
        case Place(ibge_code=code):
            return (code,)
        case Several(candidates=candidates):
            return tuple(place.ibge_code for place in candidates)
    return ()


async def _keep(messages: Sequence[InboundMessage], heard: Heard, tools: Tools) -> tuple[BillReceipt, ...]:
    """Keep the files of a burst, all at once; of who wants nothing more from us none is fetched."""
    if heard.reading.means(Meaning.STOP):
        return ()
    receipts = await asyncio.gather(*(tools.keep_bill(message) for message in messages if message.type in _FILES))
    return tuple(_placed(receipt) for receipt in receipts)


def _placed(receipt: BillReceipt) -> BillReceipt:
    """Return a receipt whose reading knows its municipality by code."""
    if not isinstance(receipt, BillKept) or receipt.reading is None:
        return receipt
    reading = receipt.reading
    uf = places.uf(reading.state) if reading.state else None
    place = places.in_state(reading.city, uf) if reading.city and uf else None
    update = {"state": uf, "ibge_code": place.ibge_code if place else None}
    return receipt.model_copy(update={"reading": reading.model_copy(update=update)})


async def _decided(case: Case, tools: Tools) -> tuple[Decision, Case]:
    """Decide, asking the world as often as the decision needs it."""
    for _ in range(_MOST_LOOKS):
        try:
            return decide(case), case
        except Look as look:
            place = places.by_code(look.place)
            if place is None:
                raise ValueError(f"no municipality has the code {look.place}") from None
            answer = await tools.coverage(place, look.utility)
            case = replace(case, coverage={**case.coverage, (look.place, look.utility): answer})
    return decide(case), case


def _reply(lead: Lead, decision: Decision, said: Said, masked: dict[Any, str], why: Why | None) -> Reply:
    facts = dict(decision.facts)
    if lead.news and decision.state.place == lead.news.place:
        facts.setdefault("ibge_code", lead.news.place)
    if (code := facts.get("ibge_code")) and (place := places.by_code(code)):
        facts |= {"city": place.city, "state": place.state}
    consent = None
    if decision.consent:
        wished, given = decision.consent
        utility = decision.state.utility if given and wished == decision.state.place else None
        consent = Consent(ibge_code=wished, given=given, utility=utility)
    return Reply(
        content=said.content,
        stage=decision.stage,
        qualification=decision.qualification,
        facts=facts,
        memory=state.dump(decision.state),
        offers=decision.offers,
        chosen=decision.chosen,
        handoff=decision.handoff,
        opt_out=decision.opt_out,
        consent=consent,
        served=decision.served,
        masked=masked,
        why=why,
    )


def _why(turn: Turn, case: Case, heard: Heard, decision: Decision, said: Said, seconds: float) -> Why:
    texts = [hear.masked(message.text)[0] for message in turn.messages]
    world = recording.world_of(case.coverage, case.files)
    return recording.why(turn.lead.memory, texts, world, heard, decision.acts, decision.state.asked, said, seconds)


def _can_read(message: InboundMessage, heard: Heard) -> bool:
    """Tell whether words, a file or a place reached us; a voice note without a transcription did not."""
    if message.type in _FILES or message.type in (Inbound.TEXT, Inbound.BUTTON) or message.about:
        return True
    if message.type is Inbound.LOCATION:
        return bool(message.text.strip()) or any(item.meaning is Meaning.PLACE for item in heard.reading.items)
    return message.type is Inbound.AUDIO and bool(message.text.strip())


def _opted_out(lead: Lead) -> bool:
    return lead.stage is Stage.OPTED_OUT or lead.opted_out_at is not None
