"""The story with a model: a worker that has a key, and a server in OpenAI's place that answers, fails and comes back."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator

import pytest

from deployments.local.processes import stop
from deployments.local.stack import Stack
from tests.http_double import Answer, Request
from tests.openai_double import KEY, OpenAIDouble, failure, thinks
from tests.world import World

WORDS = "Que bom que a curiosidade bateu por aí!"
NOTHING = {"items": [], "mood": "calm", "language": "pt", "opening": WORDS, "note": ""}
FINE = {"states": [{"claim": WORDS, "kind": "kindness"}], "drops_question": False, "ok": True}


class Mind(OpenAIDouble):
    """A model that finds nothing to report but a kind word, and a checker that finds nothing wrong with it."""

    def __init__(self) -> None:
        super().__init__()
        self.broken: Answer | None = None

    def usual(self, request: Request) -> Answer:
        if self.broken is not None:
            return self.broken
        self.always = thinks(FINE if request.json["text"]["format"]["name"] == "Findings" else NOTHING)
        return super().usual(request)


@pytest.fixture(scope="module")
def openai(stack: Stack, runner: asyncio.Runner) -> Iterator[Mind]:
    """The double, and the stack's worker started anew with a key for it; afterwards the keyless one is back."""
    without = stack.env

    def again(env: dict[str, str]) -> None:
        stack.env = env
        runner.run(stop(stack.children["worker"]))
        runner.run(stack.start_worker())

    with Mind() as double:
        model = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": f"{double.url}/v1", "SERENA_REGISTER_LEADS": "true"}
        again({**without, **model})
        yield double
        again(without)


def logs_of(world: World, run_id: str) -> str:
    found = world.prefect.post("/logs/filter", json={"logs": {"flow_run_id": {"any_": [run_id]}}, "limit": 200}).json()
    return "\n".join(line["message"] for line in found)


def test_the_model_hears_and_opens_and_when_it_is_down_rules_answer_the_same_turn(world: World, openai: Mind) -> None:
    marina = world.person()
    marina.write("vi um vídeo de vocês com a minha prima ontem e fiquei com isso na cabeça")
    assert WORDS in marina.hears()
    (run,) = world.runs_of(marina)

    openai.broken = failure(500)
    began = time.monotonic()
    marina.write("minha vizinha falou que mora perto de um parque desses de vocês, que coisa")
    answer = marina.hears()
    assert WORDS not in answer
    assert time.monotonic() - began < 14, "the lead always gets an answer within the configured time"
    world.until("the run says so", lambda: "without the model (away)" in logs_of(world, run["id"]))

    openai.broken = None
    marina.write("nossa, e lá na serra onde a gente passa férias ventava que era uma coisa doida")
    marina.hears()
    world.until("the next turn asks the model again", lambda: "heard by gpt" in logs_of(world, run["id"]))
    world.until("the cost is in the log", lambda: "tokens in" in logs_of(world, run["id"]))
    world.until("the run is tagged", lambda: "model-fallback" in world.runs_of(marina)[0]["tags"])
    body = b"".join(request.body for request in openai.requests).decode()
    assert marina.phone[3:] not in body


def test_a_chosen_plan_is_registered_with_the_partner_where_that_is_switched_on(world: World, openai: Mind) -> None:
    marina = world.person()
    form = {"name": "Marina Alves", "phone": marina.phone, "city": "Recife", "state": "PE", "consent": True}
    world.webhook.post("/leads", json=form).raise_for_status()
    marina.hears()
    # Not by what is heard: where a bill takes long to read, that is said first.
    answered = "select 1 from lead_messages where wamid = $1 and answered_at is not null"
    for act in (
        {"tap": "Ativar Perfil"},
        {"type": "text", "text": "sim"},
        {"type": "document", "bill": "celpe"},
        {"type": "text", "text": "sim"},
        {"type": "text", "text": "2"},
    ):
        said = marina.does(**act)
        world.until("it is answered", lambda said=said: bool(world.sql(answered, said)))

    def summary() -> dict[str, dict[str, str]]:
        lead = world.lead_of(marina)
        rows = world.sql("select summary::text from handoffs where lead_id = $1 and reason = 'plan_chosen'", lead)
        return json.loads(rows[0]["summary"]) if rows else {}

    world.until("the partner's word stands in the hand-over", lambda: "partner" in summary())
    # in the chat nobody is asked for documents or an address, so the consultant has to add them
    assert summary()["partner"]["outcome"] == "incomplete"
    assert "identificationNumber" in summary()["partner"]["missing"]
    (run,) = world.runs_of(marina)
    world.until("the task is known", lambda: "register_lead" in world.task_names(run["id"]))


def test_past_the_days_limit_the_model_rests_and_who_writes_is_answered_all_the_same(
    world: World, openai: Mind
) -> None:
    world.sql("update starting_rules set rules = jsonb_set(rules, '{spend,hard}', '0')")
    world.until("the day is over its limit", lambda: bool(world.sql("select 1 where spend_rests()")))
    asked = len(openai.requests)
    marina = world.person()
    marina.write("vi um vídeo de vocês com a minha prima ontem e fiquei com isso na cabeça")
    assert marina.hears()
    assert len(openai.requests) == asked
    (run,) = world.runs_of(marina)
    world.until("the run says why", lambda: "without the model (spend_limit)" in logs_of(world, run["id"]))
    world.sql("update starting_rules set rules = jsonb_set(rules, '{spend,hard}', 'null')")
    world.until("the day goes on", lambda: not world.sql("select 1 where spend_rests()"))
