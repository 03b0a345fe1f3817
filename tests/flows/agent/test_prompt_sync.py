"""The directive and the code say the same: every tool that is named exists, and every tool is named."""

from __future__ import annotations

import re

import pytest

from flows.agent import directive
from flows.agent.agent_tools import TOOLS
from flows.agent.claims import broken_rules
from flows.agent.hearing import hear
from flows.agent.intents import Intent
from flows.agent.model import Answer
from flows.agent.rehearsal import BEYOND_US, NO_INTEREST, SENDS_LATER, WANTS_PLANS, Step
from flows.agent.words import faq
from flows.domain import Content, Lead, Reply
from tests.flows.agent.test_playbook import text

TOLD = directive.instructions("Sílvia", "em até 1 dia útil")
SITUATION = directive.situation(Step(Lead(id="00000000-0000-4000-8000-000000000001"), Reply(content=None), ()))


def test_every_tool_is_explained_and_every_explained_tool_exists() -> None:
    assert set(re.findall(r"^- `(\w+)`:", TOLD, re.MULTILINE)) == set(TOOLS)


def test_every_name_in_code_marks_is_a_tool_a_field_or_a_value() -> None:
    fields = {name for kind in TOOLS.values() for name in kind.model_fields}
    input_names = {"situacao", "conversa_ate_aqui", "mensagens_a_responder", "now", "later"}
    known = {*TOOLS, *fields, *SITUATION, *Answer.model_fields, *input_names}
    assert set(re.findall(r"`(\w+)`", TOLD)) <= known


def test_both_texts_have_a_version_and_no_gap_left_open() -> None:
    assert directive.version() == "persona 1, directive 1"
    assert not re.search(r"\{\w*\}", TOLD) and directive.PLANS_MARK in TOLD and "Sílvia" in TOLD
    assert "em até 1 dia útil" in TOLD and all(id in TOLD for id in faq())


def test_the_instructions_name_no_figure_of_a_plan() -> None:
    assert not [rule for rule in broken_rules(Content(text=TOLD[:4096]), percents=()) if rule.startswith("percent")]


@pytest.mark.parametrize("id", faq())
def test_a_reviewed_answer_is_found_by_its_first_question(id: str) -> None:
    """`answer_from_faq` asks the playbook this question."""
    heard = hear((text(faq()[id].questions[0]),))
    assert heard is not None and heard.answers == (id,)


def test_the_phrases_that_stand_for_a_tool_are_understood_as_meant() -> None:
    plans, later, no, beyond = (hear((text(said),)) for said in (WANTS_PLANS, SENDS_LATER, NO_INTEREST, BEYOND_US))
    assert plans and plans.wants_plans and not plans.unknown_question
    assert later and Intent.SEND_BILL_LATER in later.intents
    assert no and Intent.NOT_INTERESTED in no.intents and Intent.OPT_OUT not in no.intents
    assert beyond and beyond.unknown_question and not beyond.intents and not beyond.answers
