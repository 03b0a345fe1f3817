"""The assistant without a model: the whole qualification conversation by rules (design.md, section 7).

What a person may say at any moment comes first, in this order: stop, erase my data, a person. Then a closed
conversation stays closed; then the journey takes what the burst brings and asks the next question.
"""

from __future__ import annotations

import re
from decimal import Decimal

from flows.agent import offering
from flows.agent.answering import ASKS_COVERAGE, asides
from flows.agent.draft import ASIDES, Draft
from flows.agent.folding import fold
from flows.agent.hearing import Heard, hear
from flows.agent.intents import Intent
from flows.agent.journey import Journey
from flows.agent.reminding import reminder
from flows.agent.tools import Tools
from flows.agent.words import button, called, say
from flows.domain import Handoff, Lead, Reply, Stage, Turn

__all__ = ["Playbook", "reminder"]

_MOST_TRIES = 4
_CONTINUE = re.compile(r"\b(?:quero|queria|vamos|podemos|bora) (?:continuar|retomar|seguir|voltar|participar|ver)\b")
_WHEN = re.compile(r"\bquando\b.*\b(?:lig\w+|cham\w+|contat\w+|fala\w*|retorn\w+|entra\w*)|\b(?:demora|prazo)\b")
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
        if self._stop_or_erase(draft, heard):
            return draft.reply()
        accepts = turn.lead.memory.get("asked") == "person" and Intent.CONFIRM in heard.intents
        heard = self._come_back(draft, heard)
        journey = Journey(draft, heard, tools, self._deadline, self._minimum)
        if Intent.ASK_HUMAN in heard.intents or heard.under_age or accepts:
            await self._call_a_person(draft, heard, journey)
        elif _is_closed(draft.lead, heard):
            await self._stay_closed(draft, heard, journey)
        else:
            await self._talk(draft, heard, journey)
        return draft.reply()

    def _stop_or_erase(self, draft: Draft, heard: Heard) -> bool:
        """Opt-out and erasure (domain.md 11.1); True when the turn is settled by it."""
        waiting = draft.lead.memory.get("asked") == "erase"
        tapped = heard.tapped("erase")
        if waiting and (tapped == "yes" or heard.intents & {Intent.CONFIRM, Intent.ERASE}):
            draft.say("erase.done")
            draft.handoff = Handoff(reason="erase_my_data", summary={"stage": draft.lead.stage.value})
            draft.opt_out, draft.stage = True, Stage.OPTED_OUT
            draft.memory |= {"asked": None, "resume": None}
        elif Intent.OPT_OUT in heard.intents:
            if not _opted_out(draft.lead):
                draft.say("stop.farewell")
            draft.opt_out, draft.stage = True, Stage.OPTED_OUT
            draft.memory |= {"asked": None, "resume": None}
        elif Intent.ERASE in heard.intents or tapped == "yes":
            buttons = (button("buttons.erase_yes", "erase:yes"), button("buttons.erase_no", "erase:no"))
            draft.ask_aside("erase", "erase.confirm", buttons)
        else:
            return False
        return True

    def _come_back(self, draft: Draft, heard: Heard) -> Heard:
        """Return to the waiting question from an offer that was declined or passed over."""
        asked = draft.lead.memory.get("asked")
        if asked not in ASIDES:
            return heard
        draft.memory |= {"asked": draft.asked_before, "resume": None}
        if heard.tapped(asked) == "no" or Intent.DENY in heard.intents:
            draft.say("erase.kept" if asked == "erase" else "person.staying")
        return heard.without_yes_or_no()

    async def _call_a_person(self, draft: Draft, heard: Heard, journey: Journey) -> None:
        await journey.take_bills()
        if draft.lead.memory.get("person_called"):
            return draft.say_rarely("closing.consultant")
        self._greet(draft)
        draft.say("person.under_age" if heard.under_age else "person.called", deadline=self._deadline)
        draft.handoff = Handoff(
            reason="asked_for_person",
            summary={
                "stage": draft.lead.stage.value,
                "ibge_code": draft.known("place"),
                "bills": draft.lead.bills + journey.kept,
                "plan_id": draft.known("chosen"),
                "under_age": heard.under_age,
            },
        )
        draft.memory |= {"asked": None, "resume": None, "person_called": True}
        # Somebody who stopped our messages is called back, and stays stopped.
        draft.stage = None if _opted_out(draft.lead) else Stage.HUMAN_REQUESTED

    async def _stay_closed(self, draft: Draft, heard: Heard, journey: Journey) -> None:
        """After the end: questions are answered, thanks returned, and nothing starts over (domain.md 2.6)."""
        lead = draft.lead
        if _opted_out(lead):
            draft.paragraphs += asides(heard)
            if not draft.paragraphs:
                draft.say_rarely("stop.still_stopped")
            return
        if await journey.take_bills() and journey.kept:
            draft.say("bill.kept_for_later")
        if lead.stage is Stage.INTERESTED and (offer := offering.changed(draft, heard)):
            return journey.hand_over(offer)
        draft.paragraphs += asides(heard)
        if any(_WHEN.search(fold(text)) for text in heard.texts) and lead.memory.get("ended") is None:
            draft.say("closing.when", deadline=self._deadline)
        elif heard.unknown_question:
            draft.say("closing.question")
        if draft.paragraphs:
            return
        if heard.intents & {Intent.THANKS, Intent.GOODBYE}:
            draft.say_rarely("closing.goodbye")
            draft.stage = Stage.COMPLETED if lead.stage is Stage.INTERESTED else None
        elif draft.known("ended") == "not_interested":
            draft.say_rarely("closing.come_back")
        else:
            draft.say_rarely("closing.consultant")

    async def _talk(self, draft: Draft, heard: Heard, journey: Journey) -> None:
        """An open conversation: greet once, answer what was asked aside, take the facts, ask the next question."""
        if Intent.NOT_INTERESTED in heard.intents and draft.asked_before != "notify" and not heard.files:
            draft.say("closing.not_interested")
            draft.stage = Stage.COMPLETED
            draft.memory |= {"asked": None, "resume": None, "ended": "not_interested"}
            return
        if draft.known("ended"):
            draft.memory["ended"] = None
        first = self._greet(draft)
        greeted = len(draft.paragraphs)
        answered = bool(heard.answers) or Intent.IS_ROBOT in heard.intents or bool(heard.unreadable)
        learned = await journey.take()
        placed = draft.known("place") is not None
        # Where the place is known, the reading of its plans is the better answer to "vocês atendem?".
        draft.paragraphs[greeted:greeted] = asides(heard, without={ASKS_COVERAGE} if placed else ())
        if heard.unknown_question and not (learned or answered):
            return self._offer_person(draft, "person.unknown")
        if heard.unknown_question and "place" not in draft.memory:
            draft.say("person.aside")
        if not (first or learned or answered) and not self._understands(draft, heard):
            if self._not_understood(draft):
                return
        elif draft.known("tries"):
            draft.memory["tries"] = None
        if draft.asked_before == "plan" and Intent.DENY in heard.intents and not learned:
            return self._offer_person(draft, "person.undecided")
        if Intent.GOODBYE in heard.intents and not (first or learned or answered):
            return draft.say("heard.bye")
        if Intent.THANKS in heard.intents and not (first or learned or answered):
            draft.say("heard.thanks")
        await journey.go_on()

    def _greet(self, draft: Draft) -> bool:
        """Introduce the assistant, disclose that it is automatic, link the privacy notice: once in a lifetime."""
        if draft.lead.memory.get("greeted"):
            return False
        name = called(draft.lead)
        draft.say("greeting.named" if name else "greeting.unnamed", name=name, persona=self._persona)
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
        small_talk = heard.intents & (_SMALL_TALK | {Intent.THANKS, Intent.GOODBYE})
        return bool(back or small_talk or heard.wants_plans or heard.taps or (yes_or_no and fits))

    def _not_understood(self, draft: Draft) -> bool:
        """Count a failure at the waiting question; True when a person is offered instead of asking again."""
        tries = (draft.lead.memory.get("tries") or 0) + 1
        draft.memory["tries"] = tries
        if tries >= _MOST_TRIES:
            draft.memory["tries"] = None
            self._offer_person(draft, "person.stuck")
            return True
        draft.say("heard.unclear" if tries == 1 else "heard.still_unclear")
        return False

    def _offer_person(self, draft: Draft, key: str) -> None:
        buttons = (button("buttons.person_yes", "person:yes"), button("buttons.person_no", "person:no"))
        draft.ask_aside("person", key, buttons)


def _opted_out(lead: Lead) -> bool:
    return lead.stage is Stage.OPTED_OUT or lead.opted_out_at is not None


def _is_closed(lead: Lead, heard: Heard) -> bool:
    """Tell whether nothing may start over. Who only was not interested may change their mind by a clear sign."""
    if _opted_out(lead):
        return True
    if not lead.stage.closed or lead.memory.get("ended") != "not_interested":
        return lead.stage.closed
    wants = Intent.ACTIVATE in heard.intents or any(_CONTINUE.search(fold(text)) for text in heard.texts)
    return not (wants or heard.files or heard.taps)
