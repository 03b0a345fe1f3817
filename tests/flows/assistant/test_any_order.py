"""Messages in any order: whatever comes when, the whole assistant keeps its manners."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from flows.domain import BillKept, BillReading, BillRefused, NotServed, PlansUnavailable, SeveralUtilities
from tests.flows.assistant.chat import CELPE, Chat, from_the_form, photo, text

READ = BillReading(
    outcome="qualified", utility="Neoenergia Pernambuco", city="Recife", state="PE", total_amount=Decimal(412)
)
PHRASES = (
    "oi",
    "sim",
    "não",
    "Ativar Perfil",
    "moro em Recife",
    "Campo Grande",
    "MS",
    "Pernambuco",
    "1",
    "o 2",
    "quero o 3",
    "tem fidelidade?",
    "vocês aceitam bitcoin?",
    "quais os planos?",
    "mando depois",
    "obrigado",
    "tchau",
    "blá",
    "minha conta vem R$ 150",
    "não entendi",
    "é robô?",
    "quero pensar",
    "nenhum",
    "não tenho interesse",
    "18%",
    "ok",
    "quero continuar",
    "apaguem meus dados",
    "quero falar com um atendente",
    "parar",
    "está certo",
    "kkk",
    "já mandei",
    "tem algo errado",
    "o valor é R$ 320",
    "é a Cemig",
    "mandei a conta errada",
    "ela concorda",
    "minha mãe faleceu",
    "a conta é da minha mãe",
    "quando vão me ligar?",
    "não sou a Maria",
    "já sou cliente",
    "só depois das 18h",
)
WORLDS = (CELPE, NotServed(), PlansUnavailable(), SeveralUtilities(names=("CPFL", "ENEL SP")))


@pytest.mark.parametrize("seed", range(12))
def test_no_order_of_messages_greets_twice_leaves_a_hole_or_reopens_what_was_stopped(seed: int) -> None:
    """A sentence whose fact is missing warns, and a warning is an error here."""
    dice = random.Random(seed)
    chat = dice.choice([Chat, from_the_form])()
    for _ in range(15):
        chat.desk.default = dice.choice(WORLDS)
        outcome = dice.choice(["qualified", "review", "below_minimum", "unreadable", "not_document"])
        reading = READ.model_copy(update={"outcome": outcome, "holder": dice.choice(["match", "mismatch"])})
        kept = BillKept(bill_id=uuid4(), reading=dice.choice([None, reading]))
        chat.desk.receipts = [dice.choice([kept, kept, BillRefused(reason="too_large")])]
        burst: list[Any] = [dice.choice(PHRASES) for _ in range(dice.choice([1, 1, 2]))]
        burst += [photo()] if dice.random() < 0.25 else []
        if chat.ids and dice.random() < 0.4:
            burst = [text("x", payload=dice.choice(chat.ids))]
        before = chat.lead
        chat.says(*burst, after=timedelta(minutes=dice.choice([1, 60, 800])))
        assert "{" not in chat.text and chat.text.count("?") <= 2
        assert before.opted_out_at is None or chat.lead.opted_out_at
        assert chat.reply.chosen is None or chat.reply.chosen in {offer.plan_id for offer in before.offers}
    assert sum("Sílvia" in said for said in chat.texts) <= 1


@pytest.mark.parametrize(
    ("burst", "stopped"),
    [
        (("sair",), True),
        (("continuar", "sair"), True),
        (("sair", "continuar"), False),
        (("parar", "quero sim ver os planos"), False),
    ],
)
def test_the_last_word_of_a_burst_counts_and_a_stop_that_was_taken_back_is_asked_about(
    burst: tuple[str, ...], stopped: bool
) -> None:
    chat = Chat(city="Recife", state="PE")
    chat.says("oi")
    reply = chat.says(*burst)
    assert reply.opt_out is stopped
    if not stopped:
        assert chat.says("sair").opt_out
