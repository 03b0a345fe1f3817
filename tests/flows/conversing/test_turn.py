"""What the assistant does when a person has taken over: it listens for stop and erasure, and says nothing else."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from flows.assistant.assistant import Assistant
from flows.assistant.place.places import Place
from flows.domain import BillReceipt, Coverage, Inbound, InboundMessage, Lead, Line, Reply, Stage, Turn

NOW = datetime(2026, 11, 21, 15, tzinfo=UTC)


class _World:
    """Nobody asks it anything while a person speaks with the lead."""

    async def coverage(self, place: Place, utility: str | None = None) -> Coverage:
        raise AssertionError("a place was looked up")

    async def keep_bill(self, message: InboundMessage) -> BillReceipt:
        raise AssertionError("a file was fetched")


def left(text: str, memory: dict[str, Any] | None = None, *, last: str = "bot", payload: str | None = None) -> Reply:
    """The reply while a person speaks with the lead; `last` wrote before the lead did."""
    kind = Inbound.BUTTON if payload else Inbound.TEXT
    message = InboundMessage(id=uuid4(), wamid="w", type=kind, text=text, payload=payload, sent_at=NOW)
    lead = Lead(id=uuid4(), stage=Stage.PLANS_SENT, taken_over_at=NOW, memory={"greeted": True, **(memory or {})})
    transcript = (Line(who=last, type="text", text="…", at=NOW), Line(who="user", type="text", text=text, at=NOW))
    return asyncio.run(Assistant().reply(Turn(lead, (message,), transcript, NOW), _World()))


@pytest.mark.parametrize("text", ["oi, tudo bem?", "quero o plano 2", "quero falar com uma pessoa", "sim", "obrigado"])
def test_whatever_the_lead_says_is_left_to_the_person(text: str) -> None:
    reply = left(text, {"asked": "plan"})
    assert (reply.content, reply.stage, reply.handoff, reply.opt_out) == (None, None, None, False)
    assert reply.memory == {"greeted": True, "asked": "plan"}


def test_a_wish_to_stop_is_confirmed_all_the_same() -> None:
    reply = left("pare de me mandar mensagem")
    assert reply.opt_out
    assert reply.stage is Stage.OPTED_OUT
    assert reply.content is not None


def test_an_erasure_is_asked_back_and_then_done() -> None:
    asked = left("apague meus dados", {"asked": "plan"})
    assert asked.content is not None
    assert asked.memory["asked"] == "erase"
    done = left("sim", asked.memory)
    assert done.handoff is not None
    assert done.handoff.reason == "erase_my_data"
    assert done.opt_out


def test_a_declined_erasure_is_closed_so_that_a_later_yes_erases_nobody() -> None:
    declined = left("não", {"asked": "erase", "resume": "plan"})
    assert declined.content is not None
    assert declined.memory["asked"] == "plan"
    passed_over = left("e quanto custa?", {"asked": "erase", "resume": "plan"})
    assert passed_over.content is None
    assert passed_over.memory["asked"] == "plan"


def test_a_yes_to_the_persons_own_question_erases_nobody() -> None:
    reply = left("sim", {"asked": "erase", "resume": "plan"}, last="agent")
    assert (reply.content, reply.handoff, reply.opt_out) == (None, None, False)
    assert reply.memory["asked"] == "plan"
    again = left("Sim, apagar", {"asked": "erase", "resume": "plan"}, last="agent", payload="erase:yes")
    assert again.memory["asked"] == "erase", "the old button is asked back once more"
    assert not again.opt_out
