"""What a turn does when a person has taken over, and what is noted of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from flows.agent.agent import TurnCost
from flows.answering import while_taken_over
from flows.assistants import noting, whole
from flows.domain import Consent, Inbound, InboundMessage, Lead, Line, Reply, Stage, Turn

NOW = datetime(2026, 11, 21, 15, tzinfo=UTC)


def left(text: str, memory: dict[str, Any] | None = None, *, last: str = "bot", payload: str | None = None) -> Reply:
    """The reply while a person speaks with the lead; `last` wrote before the lead did."""
    kind = Inbound.BUTTON if payload else Inbound.TEXT
    message = InboundMessage(id=uuid4(), wamid="w", type=kind, text=text, payload=payload, sent_at=NOW)
    lead = Lead(id=uuid4(), stage=Stage.PLANS_SENT, taken_over_at=NOW, memory={"greeted": True, **(memory or {})})
    transcript = (Line(who=last, type="text", text="…", at=NOW), Line(who="user", type="text", text=text, at=NOW))
    return while_taken_over(Turn(lead, (message,), transcript, NOW))


@pytest.mark.parametrize("text", ["oi, tudo bem?", "quero o plano 2", "quero falar com uma pessoa", "sim", "obrigado"])
def test_whatever_the_lead_says_is_left_to_the_person(text: str) -> None:
    assert left(text, {"asked": "plan"}) == Reply(content=None)


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


def cost(**more: Any) -> TurnCost:
    return TurnCost(model="m", input_tokens=10, output_tokens=2, **more)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([], ("rules", 0, None, ())),
        ([cost()], ("m", 10, None, ())),
        (["circuit_open"], ("rules", 0, "circuit_open", ())),
        ([cost(), "broken_rules"], ("rules", 10, "broken_rules", ())),
        ([cost(broken=("percent_not_offered:45", "percent_not_offered:9", "too_long"))],
         ("m", 10, None, ("percent_not_offered", "too_long"))),
    ],
    ids=["playbook's own", "model", "not even asked", "saved", "mended"],
)  # fmt: skip
def test_a_turns_note_says_who_answered_what_it_took_and_why(said: list[Any], expected: tuple[Any, ...]) -> None:
    with noting() as seen:
        for word in said:
            if isinstance(word, TurnCost):
                seen.cost = word
            else:
                seen.fallback = word
    lead = Lead(id=uuid4(), memory={"asked": "bill"})
    why = seen.why(lead, Reply(content=None, memory={"asked": "plan"}))
    assert (why.by, why.tokens_in, why.fallback, why.checks) == expected
    assert (why.before, why.asked) == ({"asked": "bill"}, "plan")


def test_an_assistant_that_remembers_by_changes_hands_on_the_whole() -> None:
    lead = Lead(id=uuid4(), memory={"asked": "notify", "place": 2611606, "tries": 1})
    reply = whole(Reply(content=None, memory={"asked": None, "coverage_notice": "granted"}), lead)
    assert reply.memory == {"place": 2611606, "tries": 1, "coverage_notice": "granted"}
    assert reply.consent == Consent(ibge_code=2611606, given=True)
