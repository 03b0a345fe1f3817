"""Acts with all the facts they need, for tests of how they are said."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from flows.assistant.decide.acts import Act, Code, Fact, Source
from flows.assistant.meaning import Question
from flows.assistant.say.sentences import NEEDS
from flows.assistant.state import Bill, Step
from flows.domain import Offer

RECIFE, OLINDA, BRASILIA = 2611606, 2609600, 5300108
OFFERS = tuple(
    Offer(
        plan_id=id,
        name=name,
        utility="CELPE",
        discount=Decimal(discount),
        fidelity_months=months,
        benefits=benefits,
        position=position,
    )
    for position, (id, name, discount, months, benefits) in enumerate(
        [
            (7, "Plano Premium", "0.18", 60, ("Primeira fatura paga pela Serena",)),
            (5, "Plano Intermediário", "0.16", 36, ()),
            (3, "Plano Básico", "0.14", 0, ()),
        ],
        start=1,
    )
)
BILL = Bill(
    step=Step.READ,
    outcome="qualified",
    total=Decimal("412.30"),
    utility="Neoenergia Pernambuco",
    place=RECIFE,
    state="PE",
    month=date(2026, 10, 1),
    due=date(2026, 11, 20),
)
FACTS: dict[str, Any] = {
    "place": RECIFE,
    "other": OLINDA,
    "state": "PE",
    "name": "Ana",
    "persona": "Sílvia",
    "deadline": "em até 1 dia útil",
    "minimum": Decimal(200),
    "amount": Decimal("350"),
    "utility": "CELPE",
    "offers": OFFERS,
    "offer": OFFERS[1],
    "bill": BILL,
    "holder": "Ana",
    "faq": "precisa_de_placa",
    "count": 3,
    "url": "https://privacidade.example/aviso",
    "names": ("CPFL Paulista", "CPFL Piratininga"),
    "words": ("só depois do dia 15", "por escrito"),
}
KNOWN = {name: FACTS[name] for name in ("name", "persona", "deadline", "minimum", "url", "holder")}


def act(code: Code, *choices: str, asks: Question | None = None, **facts: Any) -> Act:
    """An act with what it needs; `facts` are values other than those of FACTS."""
    needed = {name: FACTS[name] for name in NEEDS[code]} | facts
    return Act(code, {name: Fact(value, Source.FORM) for name, value in needed.items()}, asks, choices)
