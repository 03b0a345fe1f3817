"""Short ways to say something in a scene and to look at what was heard."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from flows.assistant.hear import Scene, read
from flows.assistant.meaning import Item, Question, Reading
from flows.assistant.place import places
from flows.assistant.state import Bill, State, Step
from flows.domain import Inbound, InboundMessage, Offer

TODAY = date(2026, 11, 30)
RECIFE, OLINDA = 2611606, 2609600
BILL = Bill(
    step=Step.READ,
    outcome="qualified",
    total=Decimal("412.30"),
    utility="Neoenergia Pernambuco",
    place=RECIFE,
    state="PE",
    due=date(2026, 11, 20),
)


def offers(*plans: str) -> tuple[Offer, ...]:
    """Plans as `16/36`: percent and months."""
    return tuple(
        Offer(
            plan_id=100 + n,
            name=f"Plano {['Premium', 'Intermediário', 'Básico'][n - 1]}",
            utility="CELPE",
            discount=Decimal(plan.split("/")[0]) / 100,
            fidelity_months=int(plan.split("/")[1]),
            position=n,
        )
        for n, plan in enumerate(plans, 1)
    )


THREE = offers("18/60", "16/36", "14/0")
TWO = offers("17/24", "15/0")


def scene(
    asked: str | None = None, *, plans: tuple[Offer, ...] = (), form: tuple[int, ...] = (), **known: Any
) -> Scene:
    """A scene in which this question waits."""
    return Scene(State(greeted=True, asked=Question(asked) if asked else None, **known), TODAY, plans, None, form)


def choosing(asked: str = "plan", plans: tuple[Offer, ...] = THREE, **known: Any) -> Scene:
    return scene(asked, plans=plans, place=RECIFE, offered=RECIFE, **known)


def reading_back(asked: str = "bill_ok") -> Scene:
    return scene(asked, place=RECIFE, bill=BILL)


def message(text: str, *, kind: Inbound = Inbound.TEXT, **more: Any) -> InboundMessage:
    return InboundMessage(
        id=UUID(int=1), wamid="w", type=kind, text=text, sent_at=datetime(2026, 11, 30, 12, tzinfo=UTC), **more
    )


def heard(text: str | tuple[str, ...], at: Scene | None = None) -> Reading:
    """What rules hear of one burst."""
    texts = (text,) if isinstance(text, str) else text
    return read(tuple(message(one) for one in texts), at or scene())


def sure(reading: Reading) -> set[str]:
    """The meanings that are meant for certain."""
    return {item.meaning.value for item in reading.items if item.certain}


def any_of(reading: Reading) -> set[str]:
    return {item.meaning.value for item in reading.items}


def where(item: Item) -> str:
    """A place as `Recife/bill`, with a question mark where it is a guess."""
    names = "+".join(f"{p.city}" for code in item.places if (p := places.by_code(code))) or f"({item.state})"
    return f"{names}{'' if item.certain else '?'}/{item.owner or '-'}"
