"""Everything that takes part, and what has to hold at every moment, told by observers that trust only what people and
WhatsApp saw, and the rows."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from flows.adapters.store.leads import Dispatch, LeadStore
from flows.errors import SerenaError
from tests.flows.adapters.deliveries import Person, says, status
from tests.month.clock import Died
from tests.protocol.clients import LEASE, SILENCE, Client, Sent1, WhatsAppModel, Worker
from tests.protocol.prefect import FlowRun, PrefectModel
from tests.protocol.store import EPOCH, Clocked
from webhook.dispatch import Dispatcher

_client: ContextVar[Client | None] = ContextVar("client", default=None)

PEOPLE = (Person("BR.1", "+5511911111111"), Person("BR.2", "+5511922222222"))


@dataclass
class Said:
    """One message of a person's, under its wamid."""

    person: int
    text: str
    erased: bool = False


@dataclass
class Known:
    """What an observer beside a person knows of them."""

    writes: int = 0
    asked: int = 0  # reminders that operators asked for since the person last wrote
    reminders: set[UUID] = field(default_factory=set)  # since the person last wrote
    erased_leads: list[UUID] = field(default_factory=list)


class ModelDispatcher(Dispatcher):
    """The webhook's own, over Prefect's model and at the model's time."""

    def __init__(self, store: LeadStore, prefect: PrefectModel, now: Any) -> None:
        # no limit: a timer of real seconds has its time at once here (`store.Leaping`)
        super().__init__(store, now=now, timeout=None)  # type: ignore[arg-type]
        self._prefect = prefect  # type: ignore[assignment]


class World:
    def __init__(self, connection: asyncpg.Connection) -> None:
        self.transport = Clocked(connection, self.before, self._after)
        self.store = LeadStore(self.transport)
        self.prefect = PrefectModel(self.before, self.now)
        self.whatsapp = WhatsAppModel(self)
        self.dispatcher = ModelDispatcher(self.store, self.prefect, self.now)
        self.clients: list[Client] = []
        self.said: dict[str, Said] = {}
        self.known = [Known() for _ in PEOPLE]
        # Prefect's runs that the store heard of. One whose dispatcher died before it could tell, nobody can look after.
        self.noted: set[UUID] = set()
        self.people: dict[UUID, int] = {}  # whose each lead is or was, also after an erasure
        self.deliveries: list[list[dict[str, Any]]] = []
        self.true_time = EPOCH  # WhatsApp's, which nobody sets

    # time

    def now(self) -> datetime:
        return self.transport.now

    def advance(self, by: timedelta) -> None:
        self.transport.now += by
        self.true_time += by

    def leap(self, by: timedelta) -> None:
        """Somebody sets our clock."""
        self.transport.now += by

    # clients

    async def before(self, what: str) -> str:
        client = _client.get()
        return "once" if client is None else await client.before(what)

    async def begin(
        self, name: str, process: str, do: Callable[[Client], Coroutine[Any, Any, Any]], run: FlowRun | None = None
    ) -> None:
        client = Client(name, process, flow_run=run)

        async def whole() -> None:
            _client.set(client)
            try:
                await do(client)
            except (Died, httpx.HTTPError, SerenaError, TimeoutError):
                pass  # it ends, and what it was about to do is for the dispatcher to find
            finally:
                client.at = None
                client.still.set()

        client.task = asyncio.get_running_loop().create_task(whole())
        self.clients.append(client)
        await self._stands(client)

    async def _stands(self, client: Client) -> None:
        await client.still.wait()
        if client.at is None:
            self.clients.remove(client)
            await client.task

    async def step(self, client: Client, befalls: str = "once") -> None:
        """The client's next statement; raises what no client should."""
        assert client.go_on is not None
        client.still.clear()
        client.go_on.set_result(befalls)
        await self._stands(client)

    async def to_the_end(self, client: Client) -> None:
        """Without a mishap, until it has ended. None does more than this in one go."""
        path = []
        while client.at is not None:
            path.append(client.at)
            assert len(path) < 150, f"{client.name} goes in circles: {path[-20:]}"
            await self.step(client)

    async def kill(self, client: Client) -> None:
        await self.step(client, "dies")

    async def dispatch(self, dispatches: Any, process: str) -> None:
        for one in dispatches:
            if one is not None and one.action != "nothing":
                await self.begin(f"{one.action} {one.flow}", process, lambda _, one=one: self.dispatcher.carry_out(one))

    async def take(self, run: FlowRun, process: str) -> None:
        run.enter("PENDING", self.now())
        await self.begin(f"work {run.number}", process, lambda client: Worker(self, client, run).work(), run)

    async def dispatcher_round(self, process: str = "webhook") -> None:
        due = await self.store.due(overdue=timedelta(minutes=12))
        await self.dispatch(sorted(due, key=lambda one: (one.lead_id, one.flow)), process)

    async def end_left(self) -> None:
        await self.begin("end left", "webhook", lambda _: self.dispatcher.end_left())

    # people

    async def lead_of(self, person: int) -> UUID | None:
        lead = await self.store.find_lead(phone=PEOPLE[person].phone, bsuid=PEOPLE[person].bsuid)
        return UUID(str(lead.id)) if lead else None

    async def person_of(self, lead: UUID) -> int | None:
        rows = await self.transport.fetch(
            "select wa_user_id, phone_number from leads where id = $1"
            " union select wa_user_id, null from lead_user_ids where lead_id = $1",
            lead,
        )
        names = {value for row in rows for value in row.values() if value}
        return next((n for n, who in enumerate(PEOPLE) if names & {who.bsuid, who.phone}), None)

    async def _meet(self) -> None:
        for (lead,) in await self.transport.fetch("select id from leads where not id = any($1)", list(self.people)):
            person = await self.person_of(lead)
            assert person is not None, f"{lead} is nobody's"
            self.people[lead] = person

    async def writes(self, person: int, text: str, hidden: bool) -> None:
        wamid = f"wamid.{len(self.said):04}"  # none is the beginning of another
        self.said[wamid] = Said(person, text)
        known = self.known[person]
        known.writes, known.asked, known.reminders = known.writes + 1, 0, set()
        who = PEOPLE[person].hidden if hidden else PEOPLE[person]
        await self.deliver(says(who, f"{text} {wamid}", wamid=wamid, at=self.true_time))

    async def deliver(self, events: list[dict[str, Any]]) -> None:
        self.deliveries.append(events)
        delivered = await self.store.receive(events)
        assert not delivered.refused, "an event could not be applied"
        await self._meet()
        await self.dispatch(delivered.dispatch, "webhook")

    async def tell(self, sent: Sent1, name: str, code: int | None = None) -> None:
        """WhatsApp's word on one send comes in."""
        if name in sent.told or sent.failed or (name == "failed" and {"delivered", "read"} & {*sent.told}):
            return
        sent.told += (name,)
        sent.failed = name == "failed"
        await self.deliver(status(sent.wamid, name, tracker=sent.message_id, code=code))

    async def tell_of(self, message_id: UUID) -> None:
        client = _client.get()
        token = _client.set(None)  # it is the webhook that hears this, not the one who waits
        try:
            for sent in self.whatsapp.log:
                if sent.message_id == message_id and not sent.told:
                    await self.tell(sent, "sent")
        finally:
            _client.reset(token)
        assert _client.get() is client

    async def erase(self, person: int) -> None:
        lead = await self.lead_of(person)
        if lead is None:
            return
        done = await self.store.operations.erase(lead, "ana", None)
        assert done.outcome == "done"
        self.known[person].erased_leads.append(lead)
        for said in self.said.values():
            said.erased |= said.person == person
        for flow_run in done.flow_runs:
            await self.begin("wake", "webhook", lambda _, it=flow_run: self.prefect.resume_flow_run(it, run_input={}))

    async def redeliver(self, n: int) -> None:
        if self.deliveries:
            events = self.deliveries[-1 - n % len(self.deliveries)]
            delivered = await self.store.receive(events)
            await self._meet()
            await self.dispatch(delivered.dispatch, "webhook")

    async def form(self, person: int) -> None:
        dispatch = await self.store.save_form({"phone": PEOPLE[person].phone, "name": "Ana"})
        await self._meet()
        await self.dispatch([dispatch], "webhook")

    async def renew(self, process: str) -> None:
        held = [client for client in self.clients if client.process == process and client.claim is not None]
        await self.store.renew([client.claim for client in held if client.claim], LEASE)

    # Prefect and those who press its buttons

    def automation(self) -> None:
        for run in self.prefect.runs.values():
            if run.state.is_paused() and self.now() - run.state.timestamp >= SILENCE:
                run.enter("SCHEDULED", self.now(), "Resuming")

    def press(self, run: FlowRun, button: str) -> None:
        now = self.now()
        match button:
            case "Resume" | "Remind" if run.state.is_paused():
                run.remind_now = button == "Remind"
                self.known[self.people[run.lead_id]].asked += run.remind_now
                run.enter("SCHEDULED", now, "Resuming")
            case "Cancel" if run.state.is_running() or run.state.is_pending():
                run.enter("CANCELLING", now)
                for client in self.clients:
                    if client.flow_run is run:
                        client.cancelled = True
            case "Cancel" if not run.is_over:
                run.enter("CANCELLED", now)
            case "Retry" if run.is_over:
                run.retried = True
                run.enter("SCHEDULED", now, "AwaitingRetry")
            case "Fail":
                run.enter("FAILED", now)
            case "Delete":
                del self.prefect.runs[run.id]

    async def operate(self, person: int, what: str) -> None:
        lead = await self.lead_of(person)
        if lead is None:
            return
        desk = self.store.operations
        match what:
            case "take over":
                done = await desk.take_over(lead, "ana")
            case "give back" | "give back and answer":
                done = await desk.give_back(lead, "ana", answer=what != "give back")
            case "write":
                done = await desk.write(lead, "ana", str(self.now()), "Oi, aqui é a Ana")
            case _:
                sheet = await desk.sheet(lead, messages=1)
                seen = sheet.last_reminder.id if what == "remind again" and sheet and sheet.last_reminder else None
                done = await desk.remind_now(lead, "ana", seen)
                self.known[person].asked += done.dispatch is not None
        await self.dispatch([done.dispatch], "webhook")

    async def close(self) -> None:
        for client in list(self.clients):
            client.task.cancel()
        await asyncio.gather(*(client.task for client in self.clients), return_exceptions=True)
        await self.transport.close()

    # what holds at every moment

    async def _after(self, function: str, arguments: dict[str, Any], answer: Any) -> None:
        if function in ("note_flow_run", "claim_run"):
            self.noted.add(arguments["flow_run"])
        if function == "begin_send" and answer["outcome"] == "send":
            await self.check_began(arguments["message"], UUID(answer["lead_id"]))

    async def check_recorded(self, sent: Sent1) -> None:
        """Nothing goes out that is not on record first, and nothing twice that anybody could know of."""
        rows = await self.transport.fetch(
            "select lead_id, dedupe_key, delivery_status from lead_messages where id = $1", sent.message_id
        )
        if not rows:
            to = next(n for n, who in enumerate(PEOPLE) if sent.to in (who.bsuid, who.phone))
            assert self.known[to].erased_leads, f"sent but never recorded: {sent}"
            return
        assert rows[0]["delivery_status"] not in ("queued", "failed"), f"sent, and the row says {rows[0]}"
        told = [other for other in self.whatsapp.log if other.message_id == sent.message_id and not other.failed]
        assert len(told) == 1, f"the same message went out twice: {told}"

    def check_answers(self) -> None:
        for wamid, said in self.said.items():
            answers = [sent for sent in self.whatsapp.log if wamid in sent.answers and not sent.failed]
            assert len(answers) <= 1, f"{wamid} ({said.text}) was answered {len(answers)} times: {answers}"

    async def check_began(self, message_id: UUID, lead_id: UUID) -> None:
        """`begin_send` said go: for what we start ourselves the person must want it, now."""
        (row,) = await self.transport.fetch(
            "select m.dedupe_key, l.opted_out_at, l.taken_over_at, exists (select 1 from lead_messages u where"
            " u.lead_id = l.id and u.message_direction = 'user' and u.answered_at is null) as unanswered"
            " from lead_messages m join leads l on l.id = m.lead_id where m.id = $1",
            message_id,
        )
        if not (row["dedupe_key"] or "").startswith(("reminder:", "template:")):
            return
        assert row["opted_out_at"] is None, f"{row['dedupe_key']} after a stop"
        assert row["taken_over_at"] is None, f"{row['dedupe_key']} while a person has the lead"
        if not row["dedupe_key"].startswith("reminder:"):
            return
        person = await self.person_of(lead_id)
        assert person is not None
        known = self.known[person]
        known.reminders.add(message_id)
        assert not row["unanswered"], "a reminder before an answer"
        assert len(known.reminders) <= 1 + known.asked, f"{len(known.reminders)} reminders in one silence"

    async def check_runs(self) -> None:
        rows = await self.transport.fetch(
            "select id, lead_id, flow, status, claim from runs where status <> 'finished' order by created_at"
        )
        open_ones = [(row["lead_id"], row["flow"]) for row in rows]
        assert len(open_ones) == len(set(open_ones)), "two open runs of one flow"
        current = [(row["id"], row["claim"]) for row in rows if row["status"] == "active"]
        at_work = Counter(
            (client.claim.run_id, client.claim.claim) for client in self.clients if client.claim is not None
        )
        assert all(at_work[claim] <= 1 for claim in current), f"two work under one claim: {at_work}"

    async def check_erased(self) -> None:
        """What is left of an erased lead in any table: the proof of the erasure, by its id alone."""
        gone = [lead for known in self.known for lead in known.erased_leads]
        texts = [f"{said.text} {wamid}" for wamid, said in self.said.items() if said.erased]
        if not gone:
            return
        tables = await self.transport.fetch(
            "select table_name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'"
        )
        for (table,) in tables:
            if table in ("lead_store_migrations", "operator_actions", "erased_files"):
                continue
            found = await self.transport.fetch(
                f"select t::text from {table} t where exists (select 1 from unnest($1::text[]) s(x)"
                " where position(x in t::text) > 0)",
                [str(lead) for lead in gone] + texts,
            )
            assert not found, f"{table} still holds something of an erased lead: {found}"

    # the end

    async def settle(self) -> None:
        """Everything works again. Until nothing is due: at most two hours of it, since what is put off backs off."""
        for rounds in range(80):
            while self.clients:
                await self.to_the_end(self.clients[0])
            for sent in [sent for sent in self.whatsapp.log if not sent.told]:
                await self.tell(sent, "delivered")
            for run in self.prefect.scheduled():
                await self.take(run, "worker 1")
            if not self.clients:
                await self.dispatcher_round()
            if not self.clients and not self.prefect.scheduled() and await self._at_rest():
                return await self._settle_prefect()
            self.advance(timedelta(seconds=10 if rounds < 40 else 180))
        await self.check_settled()
        raise AssertionError(f"it never came to rest: {await self._restless()}")

    async def _settle_prefect(self) -> None:
        self.advance(timedelta(minutes=2))
        await self.end_left()
        while self.clients:
            await self.to_the_end(self.clients[0])
        rows = await self.transport.fetch("select flow_run_id from runs where status <> 'finished'")
        known = self.noted - {row["flow_run_id"] for row in rows}
        left = [run for run in self.prefect.runs.values() if run.id in known and not run.is_over and not run.retried]
        assert not left, f"left behind in Prefect: {left}"

    async def _at_rest(self) -> bool:
        (row,) = await self.transport.fetch(
            "select exists (select 1 from lead_messages where message_direction = 'user' and answered_at is null)"
            " or exists (select 1 from lead_messages where delivery_status in ('queued', 'sending', 'uncertain')"
            "            and created_at > clock.now() - interval '24 hours')"
            " or exists (select 1 from runs where status in ('active', 'waking', 'requested')) as busy"
        )
        return not row["busy"]

    async def _restless(self) -> list[dict[str, Any]]:
        rows = await self.transport.fetch(
            "select flow, r.status, generation, claim, r.attempts, losses, refusals, flow_run_id, next_dispatch_at - clock.now() as due,"
            " (select string_agg(coalesce(m.wamid, m.dedupe_key) || ' ' || coalesce(m.delivery_status, 'unanswered') || ' '"
            "  || coalesce((m.not_before - clock.now())::text, ''), ', ') from lead_messages m where m.lead_id = r.lead_id and"
            "  (m.delivery_status in ('queued', 'sending', 'uncertain') or m.message_direction = 'user' and m.answered_at is null))"
            " as open from runs r where r.status <> 'finished'"
        )
        return [dict(row) | {"prefect": self.prefect.runs.get(row["flow_run_id"])} for row in rows]

    async def check_settled(self) -> None:
        """Each message was answered once, or a person has it, or its person wants nothing any more."""
        rows = await self.transport.fetch(
            "select m.wamid, m.lead_id, m.seq, m.message_type, m.answered_at, m.left_at, m.answered_by, r.delivery_status,"
            "  l.taken_over_at, l.opted_out_at, l.conversation_state,"
            "  exists (select 1 from handoffs h where h.lead_id = m.lead_id"
            "          and h.reason in ('not_delivered', 'not_answered')) as handed,"
            "  exists (select 1 from lead_messages a where a.lead_id = m.lead_id and a.message_direction = 'agent'"
            "          and a.seq > m.seq) as spoken"
            " from lead_messages m join leads l on l.id = m.lead_id left join lead_messages r on r.id = m.answered_by"
            " where m.message_direction = 'user'"
        )
        found = {row["wamid"]: row for row in rows}
        for wamid, said in self.said.items():
            row = found.get(wamid)
            if row is None:
                assert said.erased, f"{wamid} ({said.text}) is gone"
                continue
            heard = [sent for sent in self.whatsapp.log if wamid in sent.answers and not sent.failed]
            a_persons = row["taken_over_at"] or row["left_at"] or row["handed"] or row["spoken"] or row["opted_out_at"]
            assert row["answered_at"] is not None, f"{wamid} ({said.text}) was never answered: {dict(row)}"
            assert heard or a_persons, f"nobody heard an answer to {wamid} ({said.text}): {dict(row)}"


__all__ = ["PEOPLE", "Client", "Dispatch", "World"]
