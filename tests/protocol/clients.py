"""A worker's part of the protocol, call by call as `flows.conversation` and `flows.activation` make them.

What needs no Prefect is the program's own (the store, `send_once`, `later`, `ENDS`); the rest is told again here: one
statement follows another, and before each the model decides whether the process still lives.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flows.adapters.store.leads import Claim, Unsent, Waiting
from flows.adapters.whatsapp import Recipient, Sent
from flows.adapters.whatsapp.codes import CODES, NeedsFix, Uncertain
from flows.conversing.sending import CLOSED, WINDOW, Sending, later, send_once
from flows.domain import Content, Handoff, Lead, Outcome, Reply, Stage, Why
from flows.errors import Fix, GiveUp, OptedOut, OutcomeUnknown, PutOff, SerenaError, Superseded, TryAgain
from flows.reminder import ENDS
from tests.month.clock import Died
from tests.protocol.prefect import FlowRun

if TYPE_CHECKING:
    from tests.protocol.world import World

LEASE = timedelta(seconds=15)
SILENCE = timedelta(hours=2)
REMINDERS = 1
_MOST_REFUSALS = 3


class CancelledByHand(Exception):
    """An operator cancelled the run in Prefect, and its worker heard of it."""


@dataclass(eq=False)
class Client:
    """One coroutine of a process that stands before its next statement, until the model lets it go on."""

    name: str
    process: str
    task: asyncio.Task[Any] = field(init=False)
    at: str | None = None
    go_on: asyncio.Future[str] | None = None
    still: asyncio.Event = field(default_factory=asyncio.Event)
    flow_run: FlowRun | None = None
    claim: Claim | None = None
    cancelled: bool = False

    async def before(self, what: str) -> str:
        self.at, self.go_on = what, asyncio.get_running_loop().create_future()
        self.still.set()
        befalls = await self.go_on
        if befalls == "dies":
            raise Died
        if self.cancelled:
            self.cancelled = False
            raise CancelledByHand
        return befalls


@dataclass
class Sent1:
    """A message that WhatsApp took. `failed`: it never reached a phone, whoever knows of it; `told`: the statuses we were told."""

    wamid: str
    message_id: UUID
    to: str | None
    text: str
    failed: bool = False
    told: tuple[str, ...] = ()

    @property
    def answers(self) -> list[str]:
        return re.findall(r"wamid\.\d+", self.text) if self.text.startswith("re:") else []


class WhatsAppModel:
    """Takes, refuses, or takes without an answer; and knows the 24 hours."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.log: list[Sent1] = []

    async def send_template(self, to: Recipient, template: Any, *, tracker: str) -> Sent:
        return await self._take(to, f"template {template.name}", tracker)

    async def send(self, to: Recipient, content: Content, *, tracker: str, file: bytes = b"") -> Sent:
        return await self._take(to, content.text, tracker)

    async def _take(self, to: Recipient, text: str, tracker: str) -> Sent:
        befalls = await self._world.before("whatsapp")
        if befalls.isdigit():
            code = int(befalls)
            kind = CODES[code].kind
            raise kind(f"refused with {code}", code=code)
        if befalls == "cut":
            raise Uncertain("no answer")
        sent = Sent1(f"wamid.out.{len(self.log)}", UUID(tracker), to.bsuid or to.phone, text)
        self.log.append(sent)
        await self._world.check_recorded(sent)
        if befalls == "lost":
            raise Uncertain("no answer")
        if befalls == "then dies":
            raise Died
        return Sent(sent.wamid)


class Worker:
    """One flow run at work. `world.store` is the real store; each of its calls may be the last."""

    def __init__(self, world: World, client: Client, run: FlowRun) -> None:
        self.world, self.client, self.run, self.store = world, client, run, world.store
        account = SimpleNamespace(
            whatsapp_send_to="bsuid", whatsapp_phone_number_id="1", whatsapp_reminder_template_name="lembrete"
        )
        self.runtime: Any = SimpleNamespace(store=world.store, messenger=world.whatsapp, account=account, now=world.now)
        self.claim: Claim

    async def work(self) -> None:
        try:
            await self.world.before("takes the run")
            if not self.run.state.is_pending():
                return  # somebody set another state meanwhile
            self.run.enter("RUNNING", self.world.now())
            claim = await self.store.claim(self.run.flow, self.run.lead_id, self.run.id, LEASE)
            if isinstance(claim, Outcome):
                return await self._ends("COMPLETED")
            self.claim = self.client.claim = claim
            if self.run.flow == "conversation":
                await self._talk()
            else:
                await self._greet()
        except Superseded:
            if await self.store.lead(self.claim.lead_id) is None:
                await self._ends("COMPLETED")
        except CancelledByHand:
            if self.client.claim is not None:
                await self._cancelled()
            self.run.enter("CANCELLED", self.world.now())
        except SerenaError:
            await self._ends("FAILED")

    async def _ends(self, state: str) -> None:
        await self.world.before(f"run {state}")
        if self.run.state.is_running():
            self.run.enter(state, self.world.now())

    async def _cancelled(self) -> None:
        try:
            lead = await self.store.lead(self.claim.lead_id)
            if self.run.flow == "conversation" and lead and lead.stage.reminded and lead.taken_over_at is None:
                await self.store.park(self.claim, self.world.now() + SILENCE)
            else:
                await self.store.finish(self.claim, Outcome.CANCELLED)
        except SerenaError:
            pass

    # flows.conversation, flows.conversing.waiting

    async def _talk(self) -> None:
        while True:
            state = await self.store.drain(self.claim.lead_id)
            await self._deliver_unsent(state.unsent)
            if state.messages:
                self.claim = self.claim.model_copy(update={"woken": False, "asked": False})
                await self._answer(state.messages)
                continue
            lead = await self.store.lead(self.claim.lead_id)
            if lead is None:
                if await self._finished(Outcome.ERASED):
                    return
                continue
            taken_over = lead.taken_over_at is not None
            if taken_over and not (state.unsent and (await self.store.drain(self.claim.lead_id)).unsent):
                if await self._finished(Outcome.OPTED_OUT if lead.stage is Stage.OPTED_OUT else Outcome.TAKEN_OVER):
                    return
                continue
            if self.claim.woken and not taken_over and (self._due() or self._reminded_by_hand()):
                self.claim = self.claim.model_copy(update={"woken": False})
                if (outcome := await self._remind()) and await self._finished(outcome):
                    return
                continue
            if await self.world.before("waits") == "news":
                continue
            if not taken_over and not lead.stage.reminded:
                if await self._finished(Outcome[lead.stage.name]):
                    return
                continue
            if await self._suspended():
                return

    def _due(self) -> bool:
        return self.claim.wake_due_at is None or self.claim.wake_due_at <= self.world.now()

    def _reminded_by_hand(self) -> bool:
        asked, self.run.remind_now = self.run.remind_now, False
        if asked:
            self.claim = self.claim.model_copy(update={"asked": True})
        return asked

    async def _suspended(self) -> bool:
        due = (self.claim.wake_due_at if self.claim.woken else None) or self.world.now() + SILENCE
        wait = await self.store.park(self.claim, due)
        if wait is None:
            return False
        await self.world.before("suspends")
        if self.run.state.is_running():
            key = f"wait-{wait}"
            assert key not in self.run.pauses, f"{self.run} cannot be resumed: its second pause {key}"
            self.run.pauses.add(key)
            self.run.enter("PAUSED", self.world.now(), "Suspended")
        return True

    async def _finished(self, outcome: Outcome) -> bool:
        if not await self.store.finish(self.claim, outcome):
            return False
        if outcome is Outcome.TAKEN_OVER:
            await self._deliver_unsent((await self.store.drain(self.claim.lead_id)).unsent)
        await self._ends("COMPLETED")
        return True

    # flows.conversing.turn

    async def _answer(self, messages: tuple[Waiting, ...]) -> None:
        message_id = None
        orphaned, self.claim = self.claim.orphaned, self.claim.model_copy(update={"orphaned": False})
        if orphaned and await self.store.refuse_turn(self.claim, messages, _MOST_REFUSALS):
            message_id = await self._say_sorry(
                messages, self._apology(await self.store.lead(self.claim.lead_id), messages)
            )
            if message_id is not None:
                await self._deliver(message_id)
            return
        try:
            waiting = (await self.store.drain(self.claim.lead_id)).messages
            lead = await self.store.lead(self.claim.lead_id)
            if lead is not None and waiting:
                message_id = await self._recorded(waiting, decided(lead, waiting))
        except (Superseded, TryAgain, CancelledByHand):
            raise
        except Exception:
            message_id = await self._apologise(messages)
        if message_id is not None:
            await self._deliver(message_id)

    async def _recorded(self, messages: tuple[Waiting, ...], reply: Reply) -> UUID | None:
        texts = " ".join(message.text for message in messages)
        if "mata" in texts:
            raise Died  # out of memory, say: no process survives this turn
        if "veneno" in texts:
            raise Fix("the store takes no such turn")
        return await self.store.commit_turn(self.claim, messages, reply)

    async def _apologise(self, messages: tuple[Waiting, ...]) -> UUID | None:
        apology = self._apology(await self.store.lead(self.claim.lead_id), messages)
        try:
            return await self._recorded(messages, apology)
        except (Superseded, TryAgain):
            raise
        except Fix:
            if not await self.store.refuse_turn(self.claim, messages, _MOST_REFUSALS):
                raise
        return await self._say_sorry(messages, apology)

    def _apology(self, lead: Lead | None, messages: tuple[Waiting, ...]) -> Reply:
        taken_over = lead is None or lead.taken_over_at is not None
        names = " ".join(message.wamid for message in messages)
        return Reply(content=None if taken_over else Content(text=f"re: {names} (desculpe)"))

    async def _say_sorry(self, messages: tuple[Waiting, ...], apology: Reply) -> UUID | None:
        if apology.content is None:
            return None
        queued = await self.store.queue(
            self.claim, f"apology:{messages[-1].id}", text="desculpe", content=Content(text="desculpe")
        )
        return queued.message_id

    # flows.conversing.sending

    async def _deliver(self, message_id: UUID) -> Sending:
        again: int | None = None
        for _ in range(3):
            try:
                await send_once(self.runtime, message_id, again=again)
                return Sending.SENT
            except OutcomeUnknown:
                again = await self._unsettled(message_id)
                if again is None:
                    return Sending.SENT
            except PutOff:
                return Sending.PUT_OFF
            except (TryAgain, Fix) as exc:
                attempts = (await self.store.message_state(message_id)).attempts
                how: dict[str, Any] = {"code": getattr(exc, "code", None), "after_seconds": later(attempts)}
                await self.store.record_send(message_id, "refused", attempt=attempts, **how)
                return Sending.PUT_OFF
            except SerenaError as exc:
                if getattr(exc, "code", None) == CLOSED and (await self.store.message_state(message_id)).is_reply:
                    await self.store.hand_over(self.claim, "not_delivered", {"code": CLOSED})
                return Sending.FAILED
        await self.store.record_send(message_id, "failed", attempt=again or 0)
        return Sending.FAILED

    async def _deliver_unsent(self, unsent: tuple[Unsent, ...]) -> None:
        for message in unsent:
            if message.status == "queued":
                if message.not_before is None or message.not_before <= self.world.now():
                    await self._deliver(message.id)
            elif (attempt := await self._unsettled(message.id)) is not None:
                try:
                    await send_once(self.runtime, message.id, again=attempt)
                except SerenaError:
                    await self._deliver(message.id)

    async def _unsettled(self, message_id: UUID) -> int | None:
        """Until its status came, or so long that there is none to come: WhatsApp tells of every send within that time."""
        await self.world.before("waits for a status")
        await self.world.tell_of(message_id)
        state = await self.store.message_state(message_id)
        return state.attempts if state.status in ("sending", "uncertain", "queued") else None

    # flows.reminder

    async def _remind(self) -> Outcome | None:
        allowance: dict[str, Any] = {"asked": "again" if self.claim.asked else None, "most": REMINDERS}
        verdict = await self.store.may_start(self.claim.lead_id, "reminder", **allowance)
        if verdict.verdict != "go":
            return None if verdict.verdict == "wait" else ENDS.get(verdict.reason, Outcome.SILENT)
        try:
            done = await self._send_reminder(allowance)
        except (GiveUp, TryAgain, Fix):
            pass
        else:
            if isinstance(done, Outcome):
                return done
            if done == "waits":
                return None
        self.claim = self.claim.model_copy(update={"reminders": self.claim.reminders + 1, "asked": False})
        return None

    async def _send_reminder(self, allowance: dict[str, Any]) -> Outcome | str:
        verdict = await self.store.may_start(self.claim.lead_id, "reminder", **allowance)
        lead = await self.store.lead(self.claim.lead_id)
        if lead is None or verdict.verdict == "no":
            return ENDS.get(verdict.reason, Outcome.SILENT)
        template = {"name": "lembrete", "language": "pt_BR", "body": ["tudo bem"], "buttons": []}
        try:
            queued = await self.store.queue(
                self.claim,
                f"reminder:{self.claim.run_id}:{self.claim.wait}",
                text="lembrete",
                content=None if verdict.template else Content(text="lembrete"),
                template=template if verdict.template else None,
                **allowance,
            )
        except OptedOut:
            return Outcome.OPTED_OUT
        if queued.message_id is None:
            return "waits"
        try:
            await send_once(self.runtime, queued.message_id)
        except OutcomeUnknown:
            return "uncertain"
        return "sent"

    # flows.activation

    async def _greet(self) -> None:
        lead = await self.store.lead(self.claim.lead_id)
        outcome = Outcome.ERASED if lead is None else Outcome.OPTED_OUT
        if lead is not None:
            template = {"name": "boas_vindas", "language": "pt_BR", "body": ["Ana"], "buttons": ["ATIVAR_PERFIL"]}
            try:
                queued = await self.store.queue(self.claim, f"template:{self.claim.run_id}", text="", template=template)
                outcome = (
                    Outcome.NOT_SENT if queued.message_id is None else await self._welcomed(lead, queued.message_id)
                )
            except OptedOut:
                pass
        await self.store.finish(self.claim, outcome, unless_unanswered=False)
        await self._ends("COMPLETED")

    async def _welcomed(self, lead: Lead, message_id: UUID) -> Outcome:
        match await self._deliver(message_id):
            case Sending.SENT:
                if lead.stage is Stage.FORM_SUBMITTED:
                    await self.store.set_stage(lead.id, Stage.INITIAL)
                return Outcome.SENT
            case Sending.PUT_OFF:
                return Outcome.PUT_OFF
        return Outcome.NOT_SENT if (await self.store.message_state(message_id)).withdrawn else Outcome.FAILED


def decided(lead: Lead, messages: tuple[Waiting, ...]) -> Reply:
    """The assistant's part: which messages it answers stands in the reply, so that the log of WhatsApp tells."""
    texts, names = " ".join(message.text for message in messages), " ".join(message.wamid for message in messages)
    why = Why(before=lead.memory, asked="place")
    said: dict[str, Any] = {"content": Content(text=f"re: {names}"), "memory": {"asked": "place"}, "why": why}
    if "pare" in texts:
        return Reply(**said | {"opt_out": True, "stage": Stage.OPTED_OUT})
    if lead.taken_over_at is not None:
        return Reply(content=None)
    if "pessoa" in texts:
        return Reply(**said | {"stage": Stage.HUMAN_REQUESTED, "handoff": Handoff(reason="asked_for_person")})
    return Reply(**said | {"stage": Stage.AWAITING_PLACE})


__all__ = ["WINDOW", "Client", "Died", "NeedsFix", "Sent1", "WhatsAppModel", "Worker"]
