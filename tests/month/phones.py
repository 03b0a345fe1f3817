"""The people of a month, their phones, and WhatsApp as a log: who wrote what to whom, and when. What is judged is read from it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Any, Literal, Self

from deployments.simulator.bills import bill_pdf
from flows.adapters.whatsapp import Recipient, Sent, Template
from flows.adapters.whatsapp.media import File
from flows.brazil.calendar import SAO_PAULO
from flows.domain import Content, Coverage, Media, NotServed, Plan, Reply, Served, SeveralUtilities
from flows.errors import OutcomeUnknown, TryAgain
from tests.month.clock import VirtualLoop, apart
from tests.webhook import NUMBER_ID, change, delivery
from webhook.payload import events

# One day of a person's life in Brazil: few write at night, most in the evening.
_HOURS = (1, 1, 0, 0, 0, 1, 3, 6, 8, 9, 9, 8, 9, 8, 8, 8, 8, 9, 10, 11, 12, 10, 6, 3)
_PLACES = (("Recife", "PE"), ("Belo Horizonte", "MG"), ("Salvador", "BA"), ("São Paulo", "SP"), ("Extrema", "MG"))
_TALK = (
    "como funciona?",
    "tem fidelidade?",
    "quanto custa?",
    "quem é a Serena?",
    "preciso instalar placas?",
    "oi",
    "sim",
    "não",
    "quero",
    "é confiável?",
    "vou ver e te falo",
    "depois eu mando",
    "quero falar com uma pessoa",
    "não tenho interesse",
)


@dataclass(frozen=True)
class Entry:
    """One thing in the log. `out`: a message of ours on a phone; `in`: one of theirs, in the store at that moment; `form`;
    `decided`: what the assistant made of their messages; `erased`."""

    at: datetime
    who: int
    what: Literal["out", "in", "form", "decided", "erased", "delivered"]
    text: str = ""
    template: str | None = None
    stop: bool = False
    bill: bool = False
    reply: Reply | None = None


@dataclass
class Phone:
    """A person's phone. `news` is set when a message of ours is on it."""

    number: int
    phone: str
    bsuid: str
    name: str
    chat: list[tuple[str, Content | Template]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True)
class Trouble:
    """How often a send goes wrong, as shares of one."""

    refused: float = 0.0
    answer_lost: float = 0.0
    never_arrived: float = 0.0


class Phones:
    """WhatsApp's adapter with phones behind it, and the way of what they write to the webhook's parser and the store."""

    def __init__(
        self,
        loop: VirtualLoop,
        dice: Random,
        receive: Callable[[list[dict[str, Any]]], Awaitable[None]],
        trouble: Trouble,
    ) -> None:
        self.log: list[Entry] = []
        self.phones: dict[str, Phone] = {}
        self._loop, self._dice, self._receive, self._trouble = loop, dice, receive, trouble
        self._tasks: set[asyncio.Task[None]] = set()
        self._sent = 0
        # The next so many sends are refused for now.
        self.refuses = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    def add(self, phone: Phone) -> None:
        self.phones[phone.phone] = self.phones[phone.bsuid] = phone

    def note(self, who: int, what: Any, **more: Any) -> None:
        self.log.append(Entry(self._loop.now(), who, what, **more))

    # ours

    async def send(self, to: Recipient, content: Content, *, tracker: str, file: bytes = b"") -> Sent:
        return await self._take(to, content, tracker)

    async def send_template(self, to: Recipient, template: Template, *, tracker: str) -> Sent:
        return await self._take(to, template, tracker)

    async def show_typing(self, wamid: str) -> None:
        return None

    async def download(self, media: Media, *, max_bytes: int, accept: Collection[str]) -> File:
        content = _bill()
        return File(content, "application/pdf", hashlib.sha256(content).hexdigest())

    async def _take(self, to: Recipient, message: Content | Template, tracker: str) -> Sent:
        luck = self._dice.random()
        if self.refuses:
            self.refuses -= 1
            luck = 0.0
        if luck <= self._trouble.refused:
            raise TryAgain("refused for now", code=130429, after_seconds=4.0)
        if luck < self._trouble.refused + self._trouble.never_arrived:
            raise OutcomeUnknown("nobody knows")
        phone = self.phones[to.bsuid or to.phone or ""]
        self._sent += 1
        wamid = f"wamid.out.{self._sent}"
        phone.chat.append((wamid, message))
        is_template = isinstance(message, Template)
        self.note(
            phone.number,
            "out",
            text="" if is_template else message.text,
            template=message.name if is_template else None,
        )
        phone.news.set()
        self._spawn(self._report(phone, wamid, tracker, message.name if is_template else None))
        if luck > 1 - self._trouble.answer_lost:
            raise OutcomeUnknown("the answer is lost")
        return Sent(wamid=wamid, bsuid=phone.bsuid)

    async def _report(self, phone: Phone, wamid: str, tracker: str, template: str | None) -> None:
        """Sent and delivered, in one delivery, after a moment."""
        await asyncio.sleep(self._dice.uniform(0.5, 3.0))
        pricing = {
            "billable": True,
            "pricing_model": "PMP",
            "type": "regular",
            "category": "marketing" if template else "service",
        }
        told = {
            "id": wamid,
            "recipient_user_id": phone.bsuid,
            "biz_opaque_callback_data": tracker,
            "pricing": pricing,
            "timestamp": str(int(self._loop.now().timestamp())),
        }
        await self._deliver(change(statuses=[told | {"status": status} for status in ("sent", "delivered")]))
        self.note(phone.number, "delivered", template=template)

    # theirs

    async def write(self, phone: Phone, text: str = "", *, stop: bool = False, **content: Any) -> None:
        stamp = str(int(self._loop.now().timestamp()))
        wamid = f"wamid.in.{phone.number}.{len(self.log)}"
        message = {"id": wamid, "timestamp": stamp, "from": phone.phone[1:], "from_user_id": phone.bsuid}
        message |= content or {"type": "text", "text": {"body": text}}
        contact = {"user_id": phone.bsuid, "wa_id": phone.phone[1:], "profile": {"name": phone.name}}
        # it counts as written from here on: whatever is sent while it is being stored is late, not unasked
        self.note(phone.number, "in", text=text, stop=stop, bill="document" in content)
        for _ in range(2 if self._dice.random() < 0.05 else 1):
            await self._deliver(change(messages=[message], contacts=[contact]))

    async def _deliver(self, one: dict[str, Any]) -> None:
        await self._receive(events(delivery(one), phone_number_id=NUMBER_ID, now=self._loop.now()))

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work, context=apart())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class Partner:
    """The plans of four cities, as the partnership API knows them."""

    async def coverage(
        self, city: str, state: str, *, ibge_code: int | None = None, utility: str | None = None
    ) -> Coverage:
        served = {"RECIFE": "CELPE", "BELO HORIZONTE": "CEMIG", "SALVADOR": "COELBA"}
        if city.upper() == "EXTREMA" and not utility:
            return SeveralUtilities(names=("CEMIG", "ENERGISA SUL SUDESTE"))
        name = utility or served.get(city.upper())
        if not name:
            return NotServed()
        plans = ((1, "Basic", "0.14", 0), (2, "Plus", "0.16", 36), (3, "Premium", "0.18", 60))
        return Served(
            utility=name,
            plans=tuple(Plan(plan_id=n, name=p, utility=name, discount=d, fidelity_months=m) for n, p, d, m in plans),
        )


@cache
def _bill() -> bytes:
    return bill_pdf("celpe")


@dataclass
class Person:
    """Comes by the form or writes first, answers or not, soon or days later, stops, falls silent, and comes back; all drawn."""

    phone: Phone
    phones: Phones
    loop: VirtualLoop
    post: Callable[[dict[str, Any]], Awaitable[None]]
    dice: Random
    end: datetime

    async def live(self, first: timedelta) -> None:
        await asyncio.sleep(first.total_seconds())
        await self._until_awake()
        if self.dice.random() < 0.6:
            city, state = self.dice.choice(_PLACES)
            form = {"nomeCompleto": self.phone.name, "whatsapp": self.phone.phone, "consentimentoLGPD": True}
            await self.post(form | ({"cidade": city, "estado": state} if self.dice.random() < 0.7 else {}))
            self.phones.note(self.phone.number, "form")
            if self.dice.random() < 0.35 or not await self._hears(timedelta(days=3)):
                return
            await self._pause()
            await self._tap_template()
        else:
            await self.phones.write(
                self.phone, self.dice.choice(("oi", "olá, vi o anúncio", "quero desconto na conta de luz"))
            )
        for _ in range(self.dice.choice((1, 2, 3, 6))):
            if not await self._hears(timedelta(days=2)):
                return
            await self._pause()
            if self.loop.now() > self.end or await self._act():
                return

    async def _act(self) -> bool:
        """One thing that a person does; True when it was their last."""
        luck = self.dice.random()
        if luck < 0.04:
            await self.phones.write(self.phone, "parar", stop=True)
            return self.dice.random() < 0.8
        if luck < 0.05:
            await self.phones.write(self.phone, "quero que apaguem todos os meus dados")
            return False
        if luck < 0.15 and len(self.phone.chat) > 2:
            for text in self.dice.sample(_TALK, 2):
                await self.phones.write(self.phone, text)
                await asyncio.sleep(self.dice.uniform(0.0, 3.0))
            return False
        await self._say_what_was_asked()
        return False

    async def _say_what_was_asked(self) -> None:
        last = self.phone.chat[-1][1]
        options = [*last.buttons, *last.rows] if isinstance(last, Content) else []
        if options and self.dice.random() < 0.6:
            option = self.dice.choice(options)
            kind = "list_reply" if isinstance(last, Content) and last.rows else "button_reply"
            tapped = {"type": kind, kind: {"id": option.id, "title": option.title}}
            quoted = {"from": "551131230000", "id": self.phone.chat[-1][0]}
            await self.phones.write(self.phone, option.title, type="interactive", interactive=tapped, context=quoted)
            return
        text = last.text.casefold() if isinstance(last, Content) else ""
        if "conta" in text and self.dice.random() < 0.3:
            file = {
                "id": f"{self.phone.number}{len(self.phones.log)}",
                "mime_type": "application/pdf",
                "filename": "conta.pdf",
            }
            await self.phones.write(self.phone, type="document", document=file | {"sha256": "x"})
        elif ("cidade" in text or "onde" in text) and self.dice.random() < 0.8:
            city, state = self.dice.choice(_PLACES)
            await self.phones.write(self.phone, f"moro em {city}, {state}")
        elif "conta" in text and self.dice.random() < 0.6:
            await self.phones.write(self.phone, f"uns {self.dice.randrange(90, 900)} reais")
        else:
            await self.phones.write(self.phone, self.dice.choice(_TALK))

    async def _tap_template(self) -> None:
        wamid, template = self.phone.chat[-1]
        if not isinstance(template, Template) or not template.buttons:
            await self.phones.write(self.phone, "oi")
            return
        button = {"type": "button", "button": {"payload": template.buttons[0], "text": "Ativar Perfil"}}
        await self.phones.write(self.phone, "Ativar Perfil", **button, context={"from": "551131230000", "id": wamid})

    async def _hears(self, within: timedelta) -> bool:
        try:
            await asyncio.wait_for(self.phone.news.wait(), within.total_seconds())
        except TimeoutError:
            return False
        self.phone.news.clear()
        return True

    async def _pause(self) -> None:
        """Most answer within a minute or two, some in hours, some in days; at night they sleep."""
        median = self.dice.choices((20.0, 900.0, 4 * 3600.0, 30 * 3600.0), (60, 18, 15, 7))[0]
        await asyncio.sleep(median * self.dice.lognormvariate(0, 0.8))
        await self._until_awake()

    async def _until_awake(self) -> None:
        while self.dice.random() * max(_HOURS) * 0.5 > _HOURS[self.loop.now().astimezone(SAO_PAULO).hour]:
            await asyncio.sleep(self.dice.uniform(1800, 5400))
