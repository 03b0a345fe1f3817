"""The alphabet of the exploration: each meaning in each way it is treated, each outcome of a file, and what the world answers.

Meanings, files and answers are stand-ins: cities by what is sold there, bills by what follows from them, two plans.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from uuid import UUID

from flows.assistant.meaning import Field, Item, Meaning, Mood, Owner, Question, Reading
from flows.domain import (
    BillKept,
    BillReading,
    BillRefused,
    Coverage,
    NotServed,
    Plan,
    PlansUnavailable,
    Served,
    SeveralUtilities,
)

M = Meaning
HERE, NOWHERE, TWO = 2611606, 4205407, 3125101  # served, not served, two distribuidoras
PLANS = tuple(
    Plan(plan_id=n, name=f"Plano {n}", utility="CELPE", discount=Decimal(percent) / 100, fidelity_months=months)
    for n, percent, months in ((1, 18, 60), (2, 14, 0))
)
BILL = BillReading(
    outcome="qualified",
    holder="match",
    utility="CELPE",
    state="PE",
    ibge_code=HERE,
    total_amount=Decimal(412),
    due_date=date(2026, 12, 20),
)


@dataclass(frozen=True)
class Input:
    """One burst, as abstract as the machine can tell it from others."""

    name: str
    items: tuple[Item, ...] = ()
    files: tuple[BillKept | BillRefused, ...] = ()
    mood: Mood = Mood.CALM

    @cached_property
    def reading(self) -> Reading:
        return Reading(self.items, self.mood)


def item(meaning: Meaning, **carried: object) -> Item:
    return Item(meaning, quote="dito", **carried)  # type: ignore[arg-type]


def inputs() -> list[Input]:
    """Return the alphabet: each meaning in each way it is treated, each outcome of a file, and a burst that means nothing."""
    carried: dict[Meaning, list[dict[str, object]]] = {
        M.CHOICE: [{"plan": 1}, {"plan": 2}, {"plan": 2, "certain": False}, {"plan": None}],
        M.BILL_WRONG: [{}, {"field": Field.TOTAL, "amount": Decimal(450)}, {"field": Field.PLACE}],
        M.PLACE: [
            {"places": (HERE,), "owner": Owner.BILL},
            {"places": (NOWHERE,), "owner": Owner.ME},
            {"places": (TWO,), "owner": Owner.BILL},
            {"places": (HERE,), "owner": Owner.BILL, "certain": False},
            {"places": (HERE, NOWHERE), "owner": Owner.ME},
            {"state": "PE", "owner": Owner.ME},
            {"places": (NOWHERE,), "owner": Owner.OTHER},
        ],
        M.UTILITY: [{"utility": "CELPE"}, {"utility": "CEMIG"}],
        M.AMOUNT: [{"amount": Decimal(412)}, {"amount": Decimal(90)}],
        M.QUESTION: [{"faq": "tem_custo"}, {"faq": None}, {"faq": "quando_ligam"}, {"faq": "atende_minha_cidade"}],
        M.STOP: [{}, {"certain": False}],
        M.PERSON: [{}, {"certain": False}],
        M.CALL_AT: [{}, {"about": Question.PERSON}],
        M.CANCEL: [{}, {"certain": False}],
    }
    found = [Input("nothing")]
    for meaning in Meaning:
        for n, fields in enumerate(carried.get(meaning, [{}])):
            found.append(Input(f"{meaning.value}{n or ''}", (item(meaning, **fields),)))
    found += [Input(f"yes_about_{q.value}", (item(M.YES, about=q),)) for q in (Question.ERASE, Question.NOTICE)]
    found.append(Input("tap_for_a_person", (Item(M.YES, about=Question.PERSON),)))
    found.append(Input("place_and_yes", (item(M.YES), item(M.PLACE, places=(HERE,), owner=Owner.BILL))))
    found.append(Input("choice_and_person", (item(M.CHOICE, plan=2), item(M.PERSON))))
    found.append(Input("yes_sadly", (item(M.YES),), mood=Mood.SAD))
    readings = {
        "good": BILL,
        "not_mine": BILL.model_copy(
            update={"outcome": "review", "holder": "mismatch", "reasons": ("holder_mismatch",)}
        ),
        "small": BILL.model_copy(update={"outcome": "below_minimum", "total_amount": Decimal(90)}),
        "elsewhere": BILL.model_copy(update={"state": "MG", "ibge_code": TWO, "utility": "CEMIG"}),
        "unreadable": BillReading(outcome="unreadable"),
        "unread": None,
    }
    for name, reading in readings.items():
        found.append(Input(f"bill_{name}", files=(BillKept(bill_id=UUID(int=1), reading=reading),)))
    found.append(Input("bill_refused", files=(BillRefused(reason="wrong_type"),)))
    return found


def answers(place: int, utility: str | None) -> list[Coverage]:
    """Return everything the world may answer, the usual answer first."""
    if place == NOWHERE:
        return [NotServed()]
    if place == TWO and utility is None:
        return [SeveralUtilities(names=("CEMIG", "ENERGISA"))]
    return [Served(utility=utility or "CELPE", plans=PLANS), PlansUnavailable()]
