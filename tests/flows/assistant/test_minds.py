"""Whatever mind is in OpenAI's place: who stops is left alone, nothing irreversible comes of nothing, and no lie leaves."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from pydantic import BaseModel

from flows.adapters.model import _format
from flows.assistant import hear, state
from flows.assistant.assistant import Assistant, Tools, scene_of
from flows.assistant.hear.telling import HeardAnswer
from flows.assistant.meaning import Meaning, Question
from flows.assistant.say import Voice
from flows.assistant.say.checker import Findings
from flows.assistant.say.voices import Phrased
from flows.assistant.state import Ended
from flows.domain import Reply, Turn
from tests import model_minds as minds
from tests.evals.measuring import measured
from tests.evals.played import Played
from tests.evals.player import play, together
from tests.evals.scripts import HERE, load

M = Meaning
LEADS = [script for script in load(HERE / "leads") if script.kind == "measured"]
# What these leads say where they choose, leave, want a person, deny the form, or want to be told of news.
MEANT = {
    "plan_chosen": r"o 3$|não tem prazo|^o |^2$|^1$|^16$|o segundo|sem fidelidade|second one|o de 16|opção dois|OUTRO",
    "asked_for_person": r"chama$|preciso|manda alguem",
    "customer": r"cancel|cliente",
    "wrong_person": r"quem te deu|nunca preenchi",
    "stop": r"me tira|^as duas$",
    "declined": r"^$",
    "notice": r"avis|^1$",
}
# Who agrees in so many words agrees to whatever was asked, be it asked for a reason or not.
AGREES = (
    r"\b(?:sim|s|isso|ok|cert[oa]|ta|tá|pode|blz|yes|quero|concorda|aceita|CORRETISSIMO|não|então|mesmo|vai|tri)\b|👍"
)


class Watched:
    """An assistant whose every reply is held to what the messages say."""

    def __init__(self, inner: Assistant) -> None:
        self.inner = inner
        self.wrong: list[str] = []

    async def reply(self, turn: Turn, tools: Tools) -> Reply:
        before = state.load(turn.lead.memory)
        rules = hear.read(turn.messages, scene_of(turn, before))
        reply = await self.inner.reply(turn, tools)
        text = " | ".join(message.text for message in turn.messages)
        for what in _done(before.ended, reply):
            if not (re.search(MEANT[what], text) or re.search(AGREES, text, re.IGNORECASE) or _certain(rules, what)):
                self.wrong.append(f"{what} out of {text!r}")
        if rules.means(M.STOP) and not (reply.opt_out or turn.lead.opted_out_at):
            self.wrong.append(f"not stopped: {text!r}")
        asked = state.load(reply.memory).asked if reply.memory is not None else None
        if rules.means(M.ERASE) and not (asked is Question.ERASE or reply.opt_out):
            self.wrong.append(f"not asked whether to erase: {text!r}")
        after = state.load(reply.memory) if reply.memory is not None else before
        if rules.means(M.PERSON) and not (rules.means(M.STOP) or after.person_called_at):
            self.wrong.append(f"no person: {text!r}")
        said = reply.content.text if reply.content else ""
        if re.search(r"[{}]|\[\[|\]\]|Trouxa", said):
            self.wrong.append(f"placeholder: {said!r}")
        return reply


def _done(ended: Ended | None, reply: Reply) -> list[str]:
    """Name what a reply does that cannot be taken back."""
    done = [reply.handoff.reason] if reply.handoff and reply.handoff.reason in MEANT else []
    if reply.opt_out:
        done.append("stop")
    if reply.consent and reply.consent.given:
        done.append("notice")
    now = state.load(reply.memory).ended if reply.memory is not None else ended
    return [*done, "declined"] if now is Ended.DECLINED and ended is not now else done


def _certain(rules: Any, what: str) -> bool:
    means = {"plan_chosen": M.CHOICE, "asked_for_person": M.PERSON, "customer": M.CANCEL, "notice": M.NOTICE}
    return what in means and rules.means(means[what])


@cache
def met(mind: str, checker: str | None, seed: int, voice: Voice = Voice.OPENED) -> tuple[list[Played], list[str]]:
    """Play the measured leads to this mind; what went wrong comes with them."""
    given = getattr(minds, mind), getattr(minds, checker) if checker else None
    inner, _ = minds.assistant(*given, seed=seed, voice=voice, time_limit=0.02 if mind == "late" else 5.0)
    watched = Watched(inner)
    played = asyncio.run(together(play(script, watched) for script in LEADS))
    crashed = [rule for one in played for rule in one.broken if "crashed" in rule]
    return played, [*watched.wrong, *crashed]


def lies(played: list[Played]) -> list[str]:
    """Return the lies in what a model's words were part of; "não tem" is one only where something was asked."""
    spoken = [
        e.answer.text for one in played for e in one.exchanges if e.answer and e.why and e.why.voice != "reviewed"
    ]
    return [lie for text in spoken for lie in minds.LIES if lie in text and lie != "Não tem."]


def texts(played: list[Played]) -> list[list[str]]:
    return [[sent.text for sent in one.sent] for one in played]


@pytest.mark.parametrize("voice", [Voice.OPENED, Voice.PHRASED])
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("mind", ["careless", "lying"])
def test_nothing_irreversible_comes_of_nothing_and_no_lie_leaves(mind: str, seed: int, voice: Voice) -> None:
    played, wrong = met(mind, "honest", seed, voice)
    assert not wrong and not lies(played)
    assert sum(one.requests for one in played) > 30, "the mind was heard"


def test_a_strong_model_brings_the_measured_leads_where_a_careful_person_would() -> None:
    played, wrong = met("recorded", "recorded", 0)
    counts = measured(played)
    assert not wrong and not [one.broken for one in played if one.broken]
    assert [one.script.name for one in played if not one.arrived or one.unmet] == []
    assert counts.share_not_understood <= 0.05 and counts.ignored <= 1
    assert counts.one_request >= 0.8 * counts.free_text and counts.most_requests <= 2
    assert sum(one.requests for one in played) > 60 and sum(one.fallbacks for one in played) <= 3, (
        "it was asked, and knew"
    )


@pytest.mark.parametrize("checker", ["careless", "lying"])
def test_a_checker_that_is_no_use_breaks_nothing_else(checker: str) -> None:
    _, wrong = met("lying", checker, 0, Voice.PHRASED)
    assert not wrong


@pytest.mark.parametrize("voice", [Voice.OPENED, Voice.PHRASED])
@pytest.mark.parametrize("mind", ["absent", "late"])
def test_without_an_answer_in_time_the_reviewed_voice_says_what_rules_understood(mind: str, voice: Voice) -> None:
    played, wrong = met(mind, mind, 0, voice)
    alone = asyncio.run(together(play(script, Assistant(minds.by_rules().house)) for script in LEADS))
    assert not wrong and texts(played) == texts(alone)
    reasons = {e.why.fallback for one in played for e in one.exchanges if e.why}
    assert reasons <= {None, "away", "slow"} and len(reasons) > 1


def test_one_item_that_is_none_spoils_itself_and_not_the_others() -> None:
    good = {"meaning": "yes", "quote": "sim"}
    answer = minds.heard(good, {"meaning": "buy_now"}, good | {"owner": "gato"}, good | {"more": 1}, mood="hungry")
    heard = HeardAnswer.model_validate(answer | {"why": "porque sim"})
    assert [item.meaning for item in heard.items] == [M.YES, M.YES] and heard.mood.value == "calm"


@pytest.mark.parametrize("answer", [HeardAnswer, Findings, Phrased])
def test_every_schema_is_one_that_strict_structured_outputs_take(answer: type[BaseModel]) -> None:
    """What the API answers with 400: an object that is open or leaves something out, and words that it does not know."""
    known = {"type", "properties", "required", "additionalProperties", "items", "enum", "anyOf", "$ref", "$defs"}
    schema = _format(answer)["schema"]
    assert schema["type"] == "object" and "anyOf" not in schema
    depths = list(_walk(schema, 1))
    for part, depth in depths:
        assert set(part) <= known | {"title", "description", "const"}, part
        assert depth <= 10, "nested deeper than the API goes"
        if "$ref" in part:
            assert set(part) <= {"$ref"} and part["$ref"].removeprefix("#/$defs/") in schema["$defs"]
        if part.get("type") == "object":
            assert part["additionalProperties"] is False and set(part["required"]) == set(part["properties"])
        if "enum" in part:
            assert all(isinstance(value, str) for value in part["enum"]) and len(part["enum"]) <= 250
    assert sum(len(part.get("properties", ())) for part, _ in depths) <= 100
    assert len(json.dumps(schema)) < 15_000


def _walk(schema: dict[str, Any], depth: int) -> Iterator[tuple[dict[str, Any], int]]:
    yield schema, depth
    below = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values(), *schema.get("anyOf", ())]
    for part in [*below, *([schema["items"]] if "items" in schema else [])]:
        yield from _walk(part, depth + 1)
