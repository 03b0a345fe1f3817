"""The assistant without a model: the whole qualification conversation by rules (design.md, section 7).

What a person may say at any moment comes first, in this order: stop, erase my data, a person. Then a closed
conversation stays closed; then the journey takes what the burst brings and asks the next question.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from flows.agent import corrections, leaving, locating, offering
from flows.agent.answering import ASKS_COVERAGE, IS_ROBOT, asides, hints, is_lost, nudges, soothe
from flows.agent.cues import Cue
from flows.agent.draft import ASIDES, Draft
from flows.agent.hearing import Heard, hear
from flows.agent.intents import Intent
from flows.agent.journey import Journey
from flows.agent.reading_back import QUESTIONS
from flows.agent.reminding import reminder
from flows.agent.tools import Tools
from flows.agent.words import button, called, say
from flows.assistant.place import places
from flows.domain import Handoff, Lead, Reply, Stage, Turn

__all__ = ["Playbook", "reminder"]

_MOST_TRIES = 3
_CALL_AGAIN_AFTER = timedelta(hours=12)
_MOST_TIMES_LOST = 2
# Whoever had objected to sending the bill, and now agrees or takes leave, is not offered a person.
_CALMS_DOWN = frozenset({Intent.CONFIRM, Intent.THANKS, Intent.GOODBYE, Intent.SEND_BILL_LATER})
_SMALL_TALK = frozenset({Intent.ACTIVATE, Intent.GREETING, Intent.SEND_BILL_LATER})


class Playbook:
    """Answers a turn by rules alone; the same journey as the model's, and its replacement when that is away."""

    def __init__(
        self,
        *,
        persona: str = "Sílvia",
        contact_deadline: str = "em até 1 dia útil",
        privacy_notice_url: str | None = None,
        minimum_amount: Decimal = Decimal(200),
    ) -> None:
        """`minimum_amount` is in reais; `contact_deadline` completes "um consultor fala com você …"."""
        self._persona = persona
        self._deadline = contact_deadline
        self._privacy = privacy_notice_url
        self._minimum = minimum_amount

    async def reply(self, turn: Turn, tools: Tools) -> Reply:
        """Answer all unanswered messages of a lead with one reply; its `content` is None when silence is right."""
        heard = hear(turn.messages)
        if heard is None:
            return Reply(content=None)
        draft = Draft(turn.lead, turn.now)
        if leaving.stop_or_erase(draft, heard):
            return draft.reply()
        wants_person = leaving.wants_person(turn.lead, heard)
        heard = leaving.come_back(draft, heard)
        journey = Journey(draft, heard, tools, self._deadline, self._minimum)
        if wants_person:
            await self._call_a_person(draft, heard, journey)
        elif _is_closed(draft.lead, heard):
            await self._stay_closed(draft, heard, journey)
        else:
            await self._talk(draft, heard, journey)
        return draft.reply()

    async def _call_a_person(self, draft: Draft, heard: Heard, journey: Journey) -> None:
        called_at = draft.lead.memory.get("person_called_at")
        if called_at and draft.now - datetime.fromisoformat(called_at) < _CALL_AGAIN_AFTER:
            await journey.bills.take(journey.tools)
            journey.bills.acknowledge()
            return draft.say("person.waiting", deadline=self._deadline)
        self._greet(draft, calls=True)
        await journey.bills.take(journey.tools)
        journey.bills.acknowledge()
        if not draft.lead.stage.closed:
            locating.take_place(draft, heard)
        under_age = Cue.UNDER_AGE in heard.cues
        draft.say("person.under_age" if under_age else "person.called", deadline=self._deadline)
        bill = journey.reading.bill.summary()
        summary = {
            "stage": draft.lead.stage.value,
            "ibge_code": draft.known("place"),
            "bills": journey.bills.count,
            "plan_id": draft.known("chosen"),
            "under_age": under_age,
        }
        draft.handoff = Handoff(reason="asked_for_person", summary=summary | ({"bill": bill} if bill else {}))
        draft.memory |= {"asked": None, "resume": None, "person_called_at": draft.now.isoformat()}
        if under_age:
            draft.memory["under_age"] = True
        # Somebody who stopped our messages is called back, and stays stopped.
        draft.stage = None if leaving.opted_out(draft.lead) else Stage.HUMAN_REQUESTED

    async def _stay_closed(self, draft: Draft, heard: Heard, journey: Journey) -> None:
        """After the end: questions are answered, thanks returned, and nothing starts over (domain.md 2.6)."""
        lead = draft.lead
        if leaving.opted_out(lead):
            draft.paragraphs += asides(heard)
            thanks = heard.intents & {Intent.THANKS, Intent.GOODBYE, Intent.CONFIRM}
            if not draft.paragraphs and not thanks:
                draft.say_rarely("stop.still_stopped")
            return
        if await journey.bills.take(journey.tools, closed=True) and journey.bills.kept:
            journey.bills.acknowledge()
            draft.say("bill.kept_for_later")
        if lead.stage is Stage.INTERESTED and (offer := offering.changed(draft, heard)):
            return journey.hand_over(offer)
        small = draft.known("ended") == "below_minimum"
        draft.paragraphs += [*asides(heard), *hints(heard, self._minimum)]
        if Cue.WHEN_CALLED in heard.cues and Cue.WHEN_STARTS not in heard.cues and lead.memory.get("ended") is None:
            self._tell_when(draft, journey)
        elif heard.upset:
            draft.say_rarely("closing.upset")
        elif small and corrections.speaks_of_sending(heard):
            draft.say("small.send")
        elif heard.unknown_question:
            draft.say("small.question" if small else "closing.question")
        if draft.paragraphs:
            return
        if heard.upset:
            return
        if heard.intents & {Intent.THANKS, Intent.GOODBYE}:
            draft.say_rarely("closing.goodbye")
            draft.stage = Stage.COMPLETED if lead.stage is Stage.INTERESTED else None
        elif draft.known("ended") == "not_interested":
            draft.say_rarely("closing.come_back")
        elif small:
            draft.say_rarely("small.closed")
        elif draft.known("under_age"):
            draft.say_rarely("closing.adult")
        else:
            draft.say_rarely("closing.consultant")

    async def _talk(self, draft: Draft, heard: Heard, journey: Journey) -> None:
        """An open conversation: greet once, answer what was asked aside, take the facts, ask the next question."""
        if Intent.NOT_INTERESTED in heard.intents and draft.asked_before != "notify" and not heard.files:
            draft.say("closing.not_interested")
            draft.stage = Stage.COMPLETED
            draft.memory |= {"asked": None, "resume": None, "ended": "not_interested"}
            return
        if ended := draft.known("ended"):
            draft.memory["ended"] = None
            if ended == "below_minimum":
                draft.in_progress()
        first = self._greet(draft)
        greeted = len(draft.paragraphs)
        learned = await journey.take()
        # Where the place is known, the reading of its plans is the better answer to "vocês atendem?".
        said = {ASKS_COVERAGE} if draft.known("place") else set()
        # The greeting has just disclosed it.
        aside = soothe(draft, heard) + asides(heard, without=said | ({IS_ROBOT} if first else set()))
        aside += hints(heard, self._minimum)
        if Cue.ALREADY_SENT in heard.cues and journey.bills.none_usable and not heard.files:
            aside.append(say("bill.not_read"))
            heard = replace(heard, cues=heard.cues - {Cue.ALREADY_SENT})
        if is_lost(draft, heard) and (draft.known("lost") or 0) >= _MOST_TIMES_LOST:
            draft.memory["lost"] = None
            return _offer_person(draft, "person.stuck")
        aside += nudges(draft, heard)
        draft.paragraphs[greeted:greeted] = aside
        moved = bool(first or learned or aside or heard.answers)
        if not moved and (offer := self._offers_a_person(draft, heard)):
            return _offer_person(draft, offer)
        complains = heard.upset or heard.repeats
        if heard.unknown_question and "place" not in draft.memory and not complains:
            draft.say("person.aside")
        if "tries" not in draft.memory and draft.known("tries"):
            draft.memory["tries"] = None
        if Intent.GOODBYE in heard.intents and not moved:
            return draft.say("heard.bye")
        if Intent.THANKS in heard.intents and not moved:
            draft.say("heard.thanks")
        if draft.asked_before == "plan" and heard.thinks and not moved:
            draft.memory["later"] = True
            return draft.say("plans.later")
        if draft.asked_before in QUESTIONS and heard.thinks and not moved:
            draft.memory["later"] = True
            return draft.say("heard.waiting")
        await journey.go_on()

    def _offers_a_person(self, draft: Draft, heard: Heard) -> str | None:
        """Return the text to offer a person with, when going on alone would not help; count what was not understood."""
        haggles = offering.haggles(draft, heard)
        if heard.unknown_question and not haggles:
            return "person.unknown"
        if draft.known("objected") and draft.asked_before == "bill" and not heard.intents & _CALMS_DOWN:
            draft.memory["objected"] = None
            return "person.no_bill"
        if draft.asked_before == "plan" and (Intent.DENY in heard.intents or Cue.NONE_OF_THEM in heard.cues):
            return "person.undecided"
        if self._understands(draft, heard):
            return None
        tries = (draft.lead.memory.get("tries") or 0) + 1
        draft.memory["tries"] = tries if tries < _MOST_TRIES else None
        if tries >= _MOST_TRIES:
            return "person.undecided" if haggles else "person.stuck"
        unclear = ("plans.only_listed", "plans.no_other") if haggles else ("heard.unclear", "heard.still_unclear")
        draft.say(unclear[tries - 1])
        return None

    def _tell_when(self, draft: Draft, journey: Journey) -> None:
        """Say when the call comes. Where it should have come already, apologise and tell the team again, once a day."""
        if not leaving.overdue(draft.lead, self._deadline, draft.now):
            return draft.say("closing.when", deadline=self._deadline)
        told = draft.lead.memory.get("told_again_at")
        if told and draft.now - datetime.fromisoformat(told) < _CALL_AGAIN_AFTER:
            return draft.say("closing.still_overdue")
        journey.tell_again()
        draft.memory["told_again_at"] = draft.now.isoformat()
        draft.say("closing.overdue")

    def _greet(self, draft: Draft, *, calls: bool = False) -> bool:
        """Introduce the assistant, disclose that it is automatic, link the privacy notice: once in a lifetime.

        `calls` says that a person is being called, so that none is offered.
        """
        if draft.lead.memory.get("greeted"):
            return False
        name = called(draft.lead)
        draft.say("greeting.named" if name else "greeting.unnamed", name=name, persona=self._persona)
        draft.paragraphs[-1] += " " + say("greeting.automatic_called" if calls else "greeting.automatic")
        if self._privacy:
            draft.paragraphs[-1] += "\n" + say("greeting.privacy", url=self._privacy)
        draft.memory["greeted"] = True
        draft.in_progress()
        return True

    def _understands(self, draft: Draft, heard: Heard) -> bool:
        """Tell whether the burst made sense although it brought no fact."""
        yes_or_no = heard.intents & {Intent.CONFIRM, Intent.DENY}
        fits = draft.asked_before in {"bill", "plan", "notify", None}
        back = draft.lead.memory.get("asked") in ASIDES
        place = locating.place_of(draft)
        # "Recife", once more, when Recife is known already.
        same = place is not None and any(places.find(text, expecting_place=True) == place for text in heard.texts)
        small_talk = heard.intents & (_SMALL_TALK | {Intent.THANKS, Intent.GOODBYE}) or Cue.IN_TIME in heard.cues
        return bool(
            back or same or small_talk or heard.wants_plans or heard.thinks or heard.taps or (yes_or_no and fits)
        )


def _offer_person(draft: Draft, key: str) -> None:
    buttons = (button("buttons.person_yes", "person:yes"), button("buttons.person_no", "person:no"))
    draft.ask_aside("person", key, buttons)


def _is_closed(lead: Lead, heard: Heard) -> bool:
    """Tell whether nothing may start over. Lack of interest is undone by a clear sign, too small a bill by another."""
    if leaving.opted_out(lead):
        return True
    ended = lead.memory.get("ended")
    if not lead.stage.closed or ended not in {"not_interested", "below_minimum"}:
        return lead.stage.closed
    if ended == "below_minimum":
        # Only another bill decides anew; a person may be asked for at any time.
        return not heard.files
    wants = Intent.ACTIVATE in heard.intents or Cue.GO_ON in heard.cues
    return not (wants or heard.files or heard.taps)
