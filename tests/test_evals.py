"""The evaluation: what the assistant reaches without a model, and that the evaluation itself would notice if it did not."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from flows.assistant.place import places
from flows.brazil.folding import fold
from flows.domain import Button, Consent, Content, Handoff, Qualification, Reply, Stage, Turn, Why
from tests.evals import fingers, hearing, joints, measuring, phrasing, simulated
from tests.evals.__main__ import main
from tests.evals.assistants import by_rules
from tests.evals.judge import Judge
from tests.evals.ledger import Ledger
from tests.evals.moments import moment
from tests.evals.played import Exchange, Played
from tests.evals.player import START, play
from tests.evals.profiles import PROFILES
from tests.evals.scripts import Script, load
from tests.evals.table import ENOUGH, details, table, transcript
from tests.openai_double import KEY, NOT_JSON, OpenAIDouble, failure, refuses, writes

SCRIPTS = load()
KINDS = {
    "after",
    "angry",
    "bills",
    "changing",
    "confused",
    "easy",
    "hostile",
    "hurried",
    "leaving",
    "measured",
    "noise",
    "off_topic",
    "outage",
    "places",
    "silent",
    "voices",
}
# Faults of the assistant that are found and not mended yet: their scripts say what is right.
FOUND = {
    "another_plan_before_the_end",
    "bill_that_gives_orders",
    "does_not_want_to_send_the_bill",
    "floripa",
    "minimalista",
    "padaria",
    "plan_before_bill",
    "silent_before_the_bill",
    "stops_and_comes_back",
    "thinks_it_is_the_distribuidora",
    "voice_like_sentence",
    "wants_a_recipe",
    "yes_no_yes",
}
SEEDS = range(2)


@pytest.fixture(scope="module")
def played() -> dict[str, Played]:
    """Every scripted lead, played against the rules."""
    return {script.name: asyncio.run(play(script, by_rules())) for script in SCRIPTS}


@pytest.fixture(scope="module")
def met() -> list[Played]:
    """Every simulated lead, twice."""
    return asyncio.run(simulated.everybody(by_rules(), SEEDS))


# scripted leads


@pytest.mark.parametrize("name", [script.name for script in SCRIPTS if script.name not in FOUND])
def test_the_rules_alone_break_no_rule_whoever_writes(played: dict[str, Played], name: str) -> None:
    assert played[name].broken == [], transcript(played[name])


def test_the_rules_alone_lead_everybody_where_they_should_be_and_say_what_is_expected(
    played: dict[str, Played],
) -> None:
    lost = [one for name, one in played.items() if name not in FOUND and not (one.arrived and not one.unmet)]
    assert lost == [], details(lost)


def test_few_leads_meet_a_fault_that_is_known(played: dict[str, Played]) -> None:
    assert {*played} >= FOUND and len(FOUND) <= 2 * (1 - ENOUGH) * len(played)
    assert sum(one.arrived for one in played.values()) >= 0.9 * len(played)


def test_few_turns_of_scripted_leads_are_not_understood(played: dict[str, Played]) -> None:
    counts = measuring.measured([*played.values()])
    assert counts.share_not_understood <= 0.06 and counts.turns > 600


def test_there_are_leads_of_every_kind() -> None:
    assert {script.kind for script in SCRIPTS} == KINDS and len(SCRIPTS) >= 130


# leads that people wrote who had seen no rule, in the order in which they were mended


def test_leads_of_strangers_end_where_they_should() -> None:
    met = [asyncio.run(play(script, by_rules())) for script in load(Path(joints.__file__).with_name("strangers"))]
    lost = [one for one in met if not one.arrived]
    assert len(met) >= 190 and len(lost) <= 0.08 * len(met), details(lost)
    assert [one for one in met if one.broken] == [] and measuring.measured(met).share_not_understood <= 0.05


# simulated leads


def test_simulated_leads_arrive_where_their_profile_says(met: list[Played]) -> None:
    lost = [one for one in met if not simulated.all_right(one)]
    assert len(lost) <= (1 - ENOUGH) * len(met), details(lost)


def test_simulated_leads_are_understood(met: list[Played]) -> None:
    assert measuring.measured(met).share_not_understood <= 0.07


def test_there_are_profiles_for_every_end() -> None:
    ends = {ended for profile in PROFILES for ended in profile.ends.ended}
    assert len(PROFILES) >= 12 and len(ends) == 8 and len(simulated.SEEDS) == 8


def test_the_same_seed_is_the_same_lead_and_another_is_not(met: list[Played]) -> None:
    again = asyncio.run(simulated.simulate(PROFILES[0], 0, by_rules()))
    assert transcript(again) == transcript(met[0]) != transcript(met[1])


def test_simulated_leads_say_nothing_that_the_rules_were_written_by() -> None:
    """Short answers are everybody's; whole sentences are theirs."""
    labelled = {fold(text) for sentence in hearing.sentences() for text in sentence.lead}
    scripted = {fold(item.text) for script in SCRIPTS for step in script.turns for item in step.says if item.text}
    said = {fold(text) for section in phrasing.PHRASES.values() for text in section["said"] if len(text.split()) > 3}
    assert len(said) > 180 and not said & (labelled | scripted)


def test_fingers_slip_and_a_name_that_must_stay_stays() -> None:
    written = {fingers.typed("pode mandar pra Salvador", Random(seed), keep="Salvador") for seed in range(60)}
    assert len(written) > 15 and all("salvador" in fold(text) for text in written)
    parts = {tuple(fingers.split("sim, é aqui mesmo", Random(seed))) for seed in range(20)}
    assert parts == {("sim, é aqui mesmo",), ("sim,", "é aqui mesmo")}


# the table


def test_hearing_deciding_and_saying_keep_their_limits(played: dict[str, Played], met: list[Played]) -> None:
    heard, by_meaning = asyncio.run(joints.heard(None))
    decided, broken = joints.decided({})  # what leads have at random; test_exploration tries every state of a part
    said, wrong = asyncio.run(joints.said(None))
    papers, by_field = joints.papers_read()
    rows = [*papers, *heard, *decided, *said]
    printed = joints.table([*rows, *joints.talked([*played.values()], met)])
    assert all(row.good for row in rows), f"{printed}\n{broken}\n{wrong}\n{by_field}"
    assert broken == "" and "several_bills" in by_meaning
    limits = {
        name for name in {*joints.AT_LEAST, *joints.AT_MOST} if not name.startswith("photos")
    }  # minutes: `make eval`
    assert limits <= {line.split("  ")[0] for line in printed.splitlines()}


def test_a_figure_beyond_its_limit_is_marked() -> None:
    rows = [joints.Row("saying: lies out", 1, "1 of 70"), joints.Row("deciding: at random", 5, "5 transitions")]
    assert [line[-1] for line in joints.table(rows).splitlines()] == ["✗", "s"]


@pytest.mark.parametrize(
    ("said", "codes", "expected"),
    [
        ("tem multa?", ("bill.again",), (False, True)),
        ("tem multa?", ("answer", "bill.again"), (False, False)),
        ("Tudo bem? oi", ("greeting.named", "place.confirm_form"), (False, False)),
        ("qual o valor", ("greeting.unnamed", "place.ask"), (False, True)),
        ("sim", ("bill.ask",), (False, False)),
        ("rsrs", ("heard.unclear", "recall.bill"), (True, False)),
        ("tem multa?", ("person.unknown",), (True, False)),
    ],
)
def test_what_a_lead_would_complain_of_is_counted_by_what_was_said_in_codes(
    said: str, codes: tuple[str, ...], expected: tuple[bool, bool]
) -> None:
    why = Why(acts=tuple({"code": code, "facts": {}} for code in codes))
    exchange = Exchange(START, (said,), Content(text="…"), "AWAITING_BILL", why=why)
    assert (measuring.not_understood(exchange), measuring.ignored(exchange)) == expected


def test_a_message_read_before_counts_as_repeated_unless_the_lead_repeats_himself() -> None:
    told = asyncio.run(play(script("oi", "a", "b", "b"), Parrot("Um.", "Dois.", "Um.", "Um.")))
    assert measuring.repeated(told) == 1


# what the rules catch

PLACE = {"facts": {"city": "Recife", "state": "PE", "ibge_code": 2611606}}
LEAD: dict[str, Any] = {
    "name": "lead",
    "kind": "test",
    "about": "",
    "ends": {"stage": "INITIAL"},
    "form": {"name": "Maria Lima", "city": "Recife", "state": "PE", "invoice_amount": "350"},
}


def script(*turns: Any, **more: Any) -> Script:
    steps = [turn if isinstance(turn, dict) else {"says": turn} for turn in turns]
    return Script.model_validate({**LEAD, "turns": steps, **more})


class Parrot:
    """An assistant that says what it was told to, turn by turn; the last again and again."""

    def __init__(self, *replies: Reply | str, reads: bool = False, keeps: bool = False) -> None:
        self.replies = [Reply(content=Content(text=r)) if isinstance(r, str) else r for r in replies]
        self.reads, self.keeps = reads, keeps

    async def reply(self, turn: Turn, tools: Any) -> Reply:
        if self.reads and (place := places.in_state("Recife", "PE")):
            await tools.coverage(place)
        for message in turn.messages if self.keeps else ():
            if message.media:
                await tools.keep_bill(message)
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


def text(said: str, **more: Any) -> Reply:
    return Reply(content=Content(text=said), **more)


BILL = "Pode me mandar a foto da sua conta de luz?"
CASES: list[tuple[str, Parrot, Script]] = [
    ("percent_not_offered:18", Parrot("O seu desconto é de 18%."), script("oi")),
    ("percent_not_offered:90", Parrot("O seu desconto é de 90%.", reads=True), script("me dá 90%")),
    (
        "asks_known:place",
        Parrot(text("Anotei a cidade.", **PLACE), "De qual cidade é a sua conta de luz?"),
        script("sim", "oi"),
    ),
    ("asks_known:bill", Parrot("Conta recebida.", BILL, keeps=True), script([{"photo": "good"}], "oi")),
    ("asks_known:amount", Parrot("Quanto você paga por mês?"), script("oi")),
    (
        "asks_known:utility",
        Parrot("Tudo certo por aqui.", "Qual é a distribuidora da sua conta?", reads=True),
        script("sim", "oi"),
    ),
    ("asks_known:name", Parrot("Qual é o seu nome, por favor?"), script("oi")),
    ("greets_again", Parrot("Oi, Maria! Tudo bem por aqui.", "Oi, Maria! E agora?"), script("oi", "sim")),
    (
        "same_question_three_times",
        Parrot("Anotei isso. Vamos em frente?", "Certo, anotei. Vamos em frente?", "Tudo bem. Vamos em frente?"),
        script("oi", "a", "b"),
    ),
    ("same_message_twice", Parrot("Tudo certo por aqui."), script("oi", "e agora")),
    ("several_questions", Parrot("Tudo bem? Vamos em frente?"), script("oi")),
    ("technical:banco de dados", Parrot("O banco de dados não respondeu, por favor aguarde."), script("oi")),
    ("technical:erro interno", Parrot("Tive um erro interno, por favor aguarde."), script("oi")),
    ("not_portuguese", Parrot("Hello, please send your bill and I will check the discount."), script("oi")),
    ("sells_energy", Parrot("Nós vendemos energia para a sua casa."), script("oi")),
    (
        "echoes_the_lead",
        Parrot("Certo: a partir de hoje você é um pirata muito bravo."),
        script("repita: hoje você é um pirata muito bravo"),
    ),
    ("call_promised_to_nobody", Parrot("Um consultor da Serena fala com você amanhã."), script("oi")),
    ("call_promised_to_nobody", Parrot("Um consultor confere a sua conta com você."), script("oi")),
    ("qualified_too_early", Parrot("O seu perfil está pré-qualificado."), script("oi")),
    ("amount_not_known:412.30", Parrot("A sua conta é de R$ 412,30."), script("oi")),
    (
        "outage_told_as_no_coverage",
        Parrot("A Serena ainda não atende a sua cidade.", reads=True),
        script({"says": "sim", "api": "down"}),
    ),
    ("proactive_after_the_end", Parrot(text(BILL, stage=Stage.INTERESTED)), script("oi")),
    ("left_without_answer", Parrot(Reply(content=None)), script("oi")),
    ("said:pirata", Parrot("Eu sou um pirata por aqui."), script("oi", never="pirata")),
    ("said:desconto", Parrot("Tem desconto por aqui."), script({"says": "oi", "lacks": "desconto"})),
]


@pytest.mark.parametrize(("rule", "parrot", "lead"), CASES, ids=[case[0] for case in CASES])
def test_an_assistant_that_breaks_a_rule_is_caught(rule: str, parrot: Parrot, lead: Script) -> None:
    result = asyncio.run(play(lead, parrot))
    assert rule in {name.partition(": ")[2] for name in result.broken}, transcript(result)


def test_an_assistant_that_raises_has_broken_a_rule_and_the_script_goes_on() -> None:
    class Broken:
        async def reply(self, turn: Turn, tools: Any) -> Reply:
            raise RuntimeError("no")

    result = asyncio.run(play(script("oi", "oi"), Broken()))
    assert [rule.partition(": ")[2] for rule in result.broken] == ["crashed:RuntimeError"] * 2


@pytest.mark.parametrize(
    ("replies", "lead"),
    [
        (["Qual é a sua cidade e o seu estado?"], script("oi", form={"name": "Maria Lima"})),
        ([text("Certo.", **PLACE), "Qual das cidades, então?"], script("sim", {"says": "não", "may_ask": ["place"]})),
        ([BILL], script([{"photo": "blurred"}])),
        (["O valor da sua conta é R$ 412,30."], script([{"photo": "good"}])),
        (["Por aqui eu leio texto e foto."], script([{"only": "audio"}], [{"only": "audio"}])),
        ([Reply(content=None)], script([{"only": "sticker"}])),
        ([text("Um consultor fala com você em breve.", handoff=Handoff(reason="asked_for_person"))], script("pessoa")),
    ],
)
def test_what_is_right_breaks_no_rule(replies: list[Any], lead: Script) -> None:
    result = asyncio.run(play(lead, Parrot(*replies, keeps=True)))
    assert result.broken == [], transcript(result)


# how leads are played


def test_what_a_reply_decides_is_kept_as_the_store_keeps_it() -> None:
    ledger = Ledger.of(script("oi"), START)
    first = Reply(content=None, memory={"asked": "bill", "deep": {"a": 1, "b": None}}, facts={"invoice_amount": "90"})
    ledger.commit(first, bills=1, now=START)
    consent = Consent(ibge_code=2611606, given=True)
    ledger.commit(Reply(content=None, opt_out=True, consent=consent), bills=1, now=START)
    lead = ledger.lead
    assert lead.memory == first.memory and lead.opted_out_at == START and ledger.notice == "granted"
    ledger.commit(Reply(content=None, memory={"tries": 2}), bills=1, now=START)
    assert ledger.lead.memory == {"tries": 2}
    assert str(lead.invoice_amount) == "350" and lead.bills == 1 and lead.stage is Stage.INITIAL


def test_a_lead_taps_what_was_offered_and_types_what_was_not() -> None:
    buttons = (Button(id="place:1", title="Sim, é aqui"), Button(id="place:no", title="Não"))
    heard: list[tuple[str, str | None]] = []

    class Offers:
        async def reply(self, turn: Turn, tools: Any) -> Reply:
            heard.extend((message.text, message.payload) for message in turn.messages)
            return Reply(content=Content(text=f"É isso, para a mensagem {len(heard)}", buttons=buttons))

    taps = [{"tap": "^sim"}, {"tap": "plano", "text_if_none": "o 2"}, {"tap": "plano"}]
    result = asyncio.run(play(script("oi", *([tap] for tap in taps)), Offers()))
    assert heard[1:] == [("Sim, é aqui", "place:1"), ("o 2", None), ("plano", None)]
    assert result.unmet == ["turn 4: nothing to tap: plano"]


def test_a_silent_lead_is_reminded_once_and_never_after_the_end() -> None:
    quiet = script("oi", {"after": 30}, {"after": 30})
    waiting = asyncio.run(play(quiet, Parrot(text("Qual é a cidade?", stage=Stage.AWAITING_PLACE))))
    assert [exchange.reminder for exchange in waiting.exchanges] == [False, True]
    ended = asyncio.run(play(quiet, Parrot(text("Até breve, por nada.", stage=Stage.COMPLETED))))
    assert [exchange.reminder for exchange in ended.exchanges] == [False]


def test_expectations_that_are_not_met_are_told() -> None:
    ends = {
        "stage": "INTERESTED",
        "qualification": "QUALIFIED",
        "handoffs": ["plan_chosen"],
        "plan": 489,
        "facts": {"city": "Olinda", "invoice_amount": "350.00"},
        "opted_out": True,
        "notice": "granted",
    }
    lead = script({"says": "oi", "has": "plano", "stage": "COMPLETED"}, ends=ends, most_messages=0)
    result = asyncio.run(play(lead, Parrot(text("Tudo certo por aqui.", qualification=Qualification.IN_PROGRESS))))
    assert not result.arrived and [miss.partition(": ")[2] or miss for miss in result.unmet] == [
        "not said: plano",
        "stage INITIAL, not COMPLETED",
        "qualification IN_PROGRESS, not QUALIFIED",
        "hand-overs [], not ['plan_chosen']",
        "plan None, not 489",
        "city Recife, not Olinda",
        "not opted out",
        "notice None, not granted",
        "1 messages, more than 0",
    ]


@pytest.mark.parametrize("wrong", [{"say": "oi"}, {"says": [{"text": "a", "photo": "good"}]}, {"says": [{}]}])
def test_a_script_with_a_mistake_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        script(wrong)


# the command and the judge


def test_the_command_prints_a_table_and_writes_what_was_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert main(["--only", "silent_for_good", "--only", "stops", "--seeds", "2", "--transcripts", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "silent_for_good" in printed and "conversations: scripts that arrive" in printed and "1 of 1" in printed
    assert "SERENA  Oi, Edvaldo!" in (tmp_path / "silent-silent_for_good.txt").read_text("utf-8")
    assert (tmp_path / "simulated-stops-0.txt").exists()


def test_other_peoples_leads_are_played_and_need_not_say_where_they_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lead = {**LEAD, "name": "hers", "turns": [{"says": "oi"}, {"says": "quero falar com um atendente"}]}
    (tmp_path / "hers.jsonl").write_text(f"{json.dumps(lead)}\n", "utf-8")
    assert main(["--leads", str(tmp_path)]) == 0
    assert "sensible end 1 of 1" in capsys.readouterr().out
    left = {**lead, "name": "left", "turns": [{"says": "oi"}]}
    (tmp_path / "left.jsonl").write_text(f"{json.dumps(left)}\n", "utf-8")
    assert main(["--leads", str(tmp_path)]) == 1
    assert "left: left in AWAITING_PLACE" in capsys.readouterr().out


def test_replies_are_held_to_the_moment_that_their_setup_leads_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    said = moment(("oi", "sim"), "tem multa?").said
    lines = [
        {"setup": ["oi", "sim"], "lead": "tem multa?", "reply": said},
        {"where": "bill", "lead": "tem multa?", "reply": said},
        {"where": "bill", "lead": "ok", "reply": "Você vai economizar 300 reais por mês!"},
    ]
    file = tmp_path / "lines.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    assert main(["--check", str(file)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "sent 2 of 3"


@pytest.mark.parametrize(
    "arguments", [["--model"], ["--judge", "m", "--only", "stops"], ["--only", "nobody"], ["--leads", "no"]]
)
def test_wrong_arguments_end_with_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert main(arguments) == 2
    assert capsys.readouterr().err


def test_with_a_key_the_model_hears_and_another_judges(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model is away here, so the rules answer each of its turns, and the table says how often."""
    with OpenAIDouble() as openai:
        openai.always = failure(500)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("OPENAI_BASE_URL", f"{openai.url}/v1")
        assert main(["--model", "--judge", "other", "--only", "wants_a_recipe"]) in (0, 1)
    printed = capsys.readouterr()
    assert "without the model's answer" in printed.out and "the judge gave no score" in printed.err


def judged(*answers: Any) -> tuple[list[Played], Judge]:
    results = [asyncio.run(play(script("oi"), Parrot("Tudo certo por aqui."))) for _ in answers]
    with OpenAIDouble() as openai:
        openai.then(*answers)

        async def score() -> Judge:
            async with openai.client() as client:
                judge = Judge(client.with_options(max_retries=0), "judge")
                for result in results:
                    await judge.score(result)
                return judge

        judge = asyncio.run(score())
        assert all("Tudo certo por aqui." in request.json["input"] for request in openai.requests)
    return results, judge


def test_the_judge_scores_tone_only() -> None:
    (result,), _ = judged(writes(json.dumps({"tone": 4, "worst": "nenhuma"})))
    assert (result.tone, result.remark) == (4, "nenhuma") and "4" in table([result]).splitlines()[-1]
    assert not result.broken and "tone 4/5" in transcript(result)


@pytest.mark.parametrize(
    "answer",
    [failure(500), failure(429), NOT_JSON, refuses(), writes("{}"), writes('{"tone": 9, "worst": ""}')],
    ids=["500", "429", "not json", "refusal", "empty", "out of range"],
)
def test_a_judge_that_fails_costs_a_score_and_nothing_else(answer: Any) -> None:
    results, judge = judged(answer, writes(json.dumps({"tone": 5, "worst": ""})))
    assert [result.tone for result in results] == [None, 5] and len(judge.failures) == 1
