"""Plays the month: the product's own rooms opened on virtual time, people living their lives, and an operator."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from flows import settings
from flows.activation import lead_activation
from flows.adapters.files import DirectoryFiles, Files
from flows.adapters.store.leads import LeadStore
from flows.assistant.assistant import Assistant
from flows.assistant.bill import Read, read_file
from flows.brazil.calendar import SAO_PAULO
from flows.conversation import conversation
from flows.conversing.runtime import Runtime, _open
from flows.conversing.senses import Senses, house
from flows.conversing.starting import rules
from flows.domain import Reply, Turn
from flows.retention import forget, remove_files, terms
from tests.month.clock import VirtualLoop, VirtualTransport
from tests.month.phones import Partner, Person, Phone, Phones, Trouble
from tests.month.prefect_model import Faults, PrefectModel
from webhook.dispatch import Dispatcher
from webhook.form import parse_form

# As shipped but for these. The dispatcher looks every nine minutes instead of every two seconds (after ten it would be one
# that was away), and a dead worker's lease lasts as long: what these find is found in virtual minutes, which nobody waits for.
TIMES = {"linger_seconds": 4.0, "lease_seconds": 540.0, "quiet_hours": "20-8", "welcomes_per_hour": 100_000}
LOOKS_EVERY = 540.0
EVENT_DAYS, BILL_DAYS = 8, 10
# The flow `retention` runs every hour; what it does is done four times a day here.
FORGETS_EVERY = timedelta(hours=6)
BUSINESS = {
    "whatsapp_api_token": "t",
    "whatsapp_phone_number_id": "480000000000001",
    "whatsapp_reminder_template_name": "retomar_conversa",
}

_NAMES = ("Marina", "Caio", "Zuleica", "João", "Ana", "Rafael", "Beatriz", "Otávio")
_SURNAMES = ("Alves", "Prado", "Quaresma", "Souza", "Lima", "Barros")


class _Overheard(Assistant):
    """The assistant without a model; what it decides is in the log too, so that the store's figures can be recounted."""

    phones: Phones
    loop: VirtualLoop
    # Whose lead is which, by BSUID: of those who were answered, and so may be waited for in memory.
    known: dict[str | None, UUID]

    async def reply(self, turn: Turn, world: Any) -> Reply:
        # a bill is read in processes of its own, which take real time
        real = self.loop.real() if any(m.media for m in turn.messages) else contextlib.nullcontext()
        with real:
            reply = await super().reply(turn, world)
        who = self.phones.phones[turn.lead.wa_user_id or turn.lead.phone_number or ""].number
        self.phones.note(who, "decided", reply=reply)
        self.known[turn.lead.wa_user_id] = turn.lead.id
        return reply


class _Reader:
    """Everybody sends the same bill, and it is read once."""

    def __init__(self) -> None:
        self._known: dict[bytes, Read] = {}

    async def __call__(self, content: bytes, mime_type: str, vision: Any) -> Read:
        if content not in self._known:
            self._known[content] = await read_file(content, mime_type, vision)
        return self._known[content]


@dataclass
class Month:
    """The open house: what the people, the operator and the judge use."""

    loop: VirtualLoop
    store: LeadStore
    transport: VirtualTransport
    dispatcher: Dispatcher
    prefect: PrefectModel
    phones: Phones
    files: Path
    options: settings.Conversation
    ids: dict[int, UUID] = field(default_factory=dict)

    async def post(self, form: dict[str, Any]) -> None:
        """The form's route, without its HTTP."""
        lead = parse_form(form)
        row = lead.model_dump(mode="json")
        keys = {"form_keys": row.pop("extra", [])}
        saved = await self.store.save_form({**row, "evidence": {}, "additional_data": keys, "network": None})
        if saved.action != "nothing":
            self.dispatcher.soon([saved])


@contextlib.asynccontextmanager
async def opened(
    url: str, files: Path, loop: VirtualLoop, *, seed: int, faults: Faults, trouble: Trouble, **times: Any
) -> AsyncIterator[Month]:
    options = settings.Conversation(**(TIMES | times))
    transport = VirtualTransport(url, loop)
    store = LeadStore(transport)

    async def receive(events: list[dict[str, Any]]) -> None:
        delivered = await store.receive(events)
        dispatcher.soon(delivered.dispatch)
        # NOTIFY, which would come over a connection of its own and so at no certain moment
        for who in {event.get("bsuid") for event in events} & assistant.known.keys():
            store.news.tell(assistant.known[who])

    async with store:
        await store.set_starting_rules(rules(options, loop.now().year))
        phones = Phones(loop, Random(f"{seed} phones"), receive, trouble)
        assistant = _Overheard(house(options, settings.WhatsApp(**BUSINESS)))
        assistant.phones, assistant.loop, assistant.known = phones, loop, {}
        runtime = Runtime(
            conversation=options,
            account=settings.WhatsApp(**BUSINESS),
            bill_retention_days=BILL_DAYS,
            store=store,
            messenger=phones,
            plans=Partner(),
            partner=None,
            files=DirectoryFiles(files),
            senses=Senses(assistant, read_bill=_Reader()),
            now=loop.now,
        )  # type: ignore[arg-type]

        def died(flow_run_id: UUID) -> None:
            for run_id in [r for r, work in runtime.works.items() if work.flow_run_id == flow_run_id]:
                del runtime.works[run_id]

        flows: dict[str, Callable[..., Awaitable[Any]]] = {
            "conversation": conversation.fn,
            "lead-activation": lead_activation.fn,
        }
        prefect = PrefectModel(
            flows,
            clock=loop.now,
            dice=Random(f"{seed} prefect"),
            silence=options.reminder_after,
            faults=faults,
            died=died,
        )
        overdue = max(timedelta(seconds=10), options.reminder_after / 10)
        async with Dispatcher(store, every=LOOKS_EVERY, overdue=overdue, now=loop.now) as dispatcher:
            _open.set(runtime)
            kept = [
                asyncio.create_task(work)
                for work in (
                    dispatcher.run(),
                    _keep_tidy(store, runtime.files),
                    runtime.keep_leases(),
                )
            ]
            try:
                yield Month(loop, store, transport, dispatcher, prefect, phones, files, options)
            finally:
                for task in kept:
                    task.cancel()
                await asyncio.gather(*kept, return_exceptions=True)
                runtime.closing.set()


async def _keep_tidy(store: LeadStore, files: Files) -> None:
    """What the flow `retention` does."""
    days = terms(settings.Store(event_retention_days=EVENT_DAYS, bill_retention_days=BILL_DAYS), settings.Crm())
    while True:
        for what, kept in days.items():
            await forget(store, what, kept)
        await remove_files(store, files)
        await files.tidy()
        await asyncio.sleep(FORGETS_EVERY.total_seconds())


async def play(month: Month, *, seed: int, people: Iterable[int], days: int) -> None:
    """Everybody's life, day after day, until the end and what is left to do after it."""
    loop = month.loop
    end = loop.now() + timedelta(days=days)
    lives = []
    for number in people:
        dice = Random(f"{seed} {number}")
        phone = Phone(
            number,
            f"+5581{980_000_000 + number}",
            f"BR.{10**20 + number}",
            f"{dice.choice(_NAMES)} {dice.choice(_SURNAMES)}",
        )
        month.phones.add(phone)
        person = Person(phone, month.phones, loop, month.post, dice, end)
        # the last days are for the last conversations to end
        lives.append(asyncio.create_task(person.live(timedelta(days=dice.uniform(0, max(days - 2.0, days / 2))))))
    operator = asyncio.create_task(_operate(month))
    await asyncio.sleep(timedelta(days=days).total_seconds())
    for task in [*lives, operator]:
        if task.done():
            task.result()  # a person who broke down is a mistake of this test
        task.cancel()
    await asyncio.gather(*lives, operator, return_exceptions=True)
    # what was said in the last moment is answered, and every silence ends
    await asyncio.sleep(timedelta(days=4).total_seconds())


async def _operate(month: Month) -> None:
    """Each morning somebody erases who asked for it, and closes the hand-overs of the day before."""
    while True:
        now = month.loop.now().astimezone(SAO_PAULO)
        morning = datetime.combine(now.date() + timedelta(days=1), time(9), SAO_PAULO)
        await asyncio.sleep((morning - now).total_seconds())
        for handoff in (await month.store.operations.queue("ana", limit=500)).rows:
            if handoff.reason == "erase_my_data":
                lead = await month.store.lead(handoff.lead_id)
                if lead is None:
                    continue
                who = month.phones.phones[lead.wa_user_id or lead.phone_number or ""].number
                erased = await month.store.operations.erase(handoff.lead_id, "ana")
                await DirectoryFiles(month.files).remove(erased.files)
                month.dispatcher.wake(erased.flow_runs)
                month.phones.note(who, "erased")
            elif handoff.reason is not None:
                await month.store.operations.contacted(handoff.lead_id, "ana", "sold")
