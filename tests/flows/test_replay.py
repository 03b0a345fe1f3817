"""Turns decided again: what would be said differently is printed and nothing sent; a conversation becomes a script."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from flows import settings
from flows.adapters.store.leads import Claim, LeadStore
from flows.adapters.store.sheets import RecordedTurn
from flows.assistant.assistant import Assistant
from flows.brazil.calendar import SAO_PAULO
from flows.conversing.senses import house
from flows.domain import BillReading, Button, Content, Handoff, Offer, Qualification, Reply, Row, Stage, Turn, Why
from flows.errors import Fix, TryAgain
from flows.replay import Again, main
from flows.shown.retelling import Disguise
from tests.evals.scripts import load
from tests.flows.adapters.deliveries import Events, Person, says, someone
from tests.statements import asked

BUTTONS = (Button(id="yes", title="Sim, é aqui"), Button(id="no", title="Não"))


class Desk:
    """A lead store of its own, and conversations in it."""

    def __init__(self, url: str, run: Callable[[Any], Any], store: LeadStore) -> None:
        self.url, self.run, self.store = url, run, store

    def sql(self, query: str, *arguments: Any) -> Any:
        return self.run(asked(self.url, query, *arguments))

    def starts(self, who: Person, *messages: Events) -> Claim:
        self.receive(*messages)
        lead = self.run(self.store.find_lead(bsuid=who.bsuid))
        claim = self.run(self.store.claim("conversation", lead.id, uuid4(), timedelta(minutes=5)))
        assert isinstance(claim, Claim)
        return claim

    def receive(self, *messages: Events) -> None:
        self.run(self.store.receive([event for events in messages for event in events]))

    def answer(self, claim: Claim, text: str | None, *codes: str, **more: Any) -> None:
        waiting = self.run(self.store.drain(claim.lead_id)).messages
        buttons = more.pop("buttons", ())
        content = None if text is None else Content(text=text, buttons=buttons, rows=more.pop("rows", ()))
        why = Why(acts=tuple({"code": code} for code in codes))
        self.run(self.store.commit_turn(claim, waiting, Reply(content=content, why=why, **more)))


@pytest.fixture(scope="module")
def desk(url: str, runner: asyncio.Runner) -> Iterator[Desk]:
    store = LeadStore.postgres(url, listen=False)
    runner.run(store.__aenter__())
    yield Desk(url, runner.run, store)
    runner.run(store.__aexit__())


class Other:
    """Says what a test wants it to say by the text of the turn's last message; else what was said then."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[RecordedTurn] = []

    async def again(self, turn: RecordedTurn) -> Reply:
        self.asked.append(turn)
        text = turn.messages[-1].text
        answer = self.answers.get(text, turn.said)
        if isinstance(answer, Exception):
            raise answer
        acts = () if answer is None else ({"code": "bill.again"},) if text in self.answers else turn.why.acts
        return Reply(content=answer, why=Why(acts=acts))

    def opened(self) -> AbstractAsyncContextManager[Again]:
        @contextlib.asynccontextmanager
        async def one() -> AsyncIterator[Again]:
            yield self

        return one()


def test_what_would_be_said_again_is_no_difference(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    ana = someone()
    claim = desk.starts(ana, says(ana, "oi"))
    desk.answer(claim, "Oi! Sua conta é de Recife?", "place.confirm", buttons=BUTTONS)
    desk.receive(says(ana, "sim"))
    desk.answer(claim, None)
    other = Other()
    assert main(["--lead", str(claim.lead_id), "--store", desk.url], other.opened) == 0
    out, err = capsys.readouterr()
    assert (out, "2 turn(s) decided again, 0 different" in err) == ("", True)
    assert [turn.messages[-1].text for turn in other.asked] == ["oi", "sim"]


def test_a_holders_name_which_nobody_recorded_is_no_difference(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    ana = someone()
    claim = desk.starts(ana, says(ana, "oi"))
    desk.answer(claim, "Li a sua conta! 😊 Encontrei isto:\nTitular: *Zulmira*\nTotal: *R$ 412,30*", "bill.again")
    other = Other(oi=Content(text="Li a sua conta! 😊 Encontrei isto:\nTotal: *R$ 412,30*"))
    assert main(["--lead", str(claim.lead_id), "--store", desk.url], other.opened) == 0
    other = Other(oi=Content(text="Li a sua conta! 😊 Encontrei isto:\nTotal: *R$ 413,30*"))
    assert main(["--lead", str(claim.lead_id), "--store", desk.url], other.opened) == 1
    assert "+Total: *R$ 413,30*" in capsys.readouterr().out


def test_what_would_be_said_differently_is_shown_with_the_acts(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    ana = someone()
    claim = desk.starts(ana, says(ana, "oi"))
    desk.answer(claim, "Oi!\n\nMe manda a conta?", "greeting.unnamed", "bill.ask", buttons=BUTTONS)
    desk.receive(says(ana, "obrigada"))
    desk.answer(claim, "Por nada!", "heard.thanks")
    desk.receive(says(ana, "tchau"))
    desk.answer(claim, None)
    messages = "select count(*) from lead_messages"
    before = desk.sql(messages)
    other = Other(
        oi=Content(text="Oi!\n\nPode mandar a conta?", buttons=BUTTONS), obrigada=None, tchau=ValueError("oi")
    )
    assert main(["--lead", str(claim.lead_id), "--store", desk.url], other.opened) == 1
    out, err = capsys.readouterr()
    for part in (
        "--- said then\n+++ would be said now\n",
        "-Me manda a conta?\n+Pode mandar a conta?\n",
        " [ Sim, é aqui ]\n",
        "acts: -greeting.unnamed -bill.ask +bill.again",
        "-Por nada!",
        "acts: -heard.thanks",
        "could not be decided again (ValueError)",
    ):
        assert part in out, part
    assert "3 turn(s) decided again, 3 different" in err
    assert desk.sql(messages) == before and ana.phone not in out + err


def test_a_day_is_one_of_sao_paulo_and_holds_everybodys_turns(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    at = datetime(2026, 3, 5, 0, 30, tzinfo=SAO_PAULO)
    columns = "run_id, lead_id, message_id, message_ids, answerer, messages, stage, seconds, why, lead"
    for n in range(3):
        who = someone()
        claim = desk.starts(who, says(who, "oi"))
        desk.answer(claim, "Oi!", "greeting.unnamed")
        # as many more: more than are read at once
        desk.sql(
            f"insert into turns ({columns}) select {columns} from turns, generate_series(1, 59) where lead_id = $1",
            claim.lead_id,
        )
        day = at - timedelta(hours=1) if n == 2 else at
        desk.sql("update turns set at = $2 where lead_id = $1", claim.lead_id, day.astimezone(UTC))
    other = Other()
    assert main(["--day", "2026-03-05", "--store", desk.url], other.opened) == 0
    assert "120 turn(s) decided again" in capsys.readouterr().err
    assert len({turn.id for turn in other.asked}) == 120


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--lead", str(uuid4())], 5),
        (["--lead", str(uuid4()), "--script", "never.toml"], 5),
        (["--day", "2020-01-01"], 0),
    ],
)
def test_nothing_to_decide_is_said(desk: Desk, arguments: list[str], code: int) -> None:
    assert main([*arguments, "--store", desk.url], Other().opened) == code
    assert not Path("never.toml").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--lead", "x"],
        ["--day", "ontem"],
        ["--day", "2026-01-01", "--script", "x"],
        ["--lead", str(uuid4()), "--script", __file__],
        ["--lead", str(uuid4()), "--day", "2026-01-01"],
    ],
)
def test_wrong_arguments_are_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(arguments, Other().opened)
    assert refused.value.code == 2


def test_a_store_that_is_away_and_a_configuration_that_is_wrong_have_codes_of_their_own(desk: Desk) -> None:
    @contextlib.asynccontextmanager
    async def misconfigured() -> AsyncIterator[Again]:
        raise Fix("CONTACT_DEADLINE is not set")
        yield

    away = "postgresql://postgres@127.0.0.1:9/none"
    assert main(["--day", "2026-01-01", "--store", away], Other().opened) == 4
    assert main(["--day", "2026-01-01", "--store", desk.url], misconfigured) == 2
    ana = someone()
    claim = desk.starts(ana, says(ana, "oi"))
    desk.answer(claim, "Oi!")
    assert main(["--lead", str(claim.lead_id), "--store", desk.url], Other(oi=TryAgain("away")).opened) == 4


class NoWorld:
    """Tools that nothing is asked of."""

    async def coverage(self, *_: Any) -> Any:
        raise AssertionError

    keep_bill = coverage


def test_the_assistant_of_this_code_says_of_its_own_turns_the_same_again(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    ana = someone()
    desk.run(
        desk.store.save_form({"phone": ana.phone, "name": "Ana Luz", "city": "Recife", "state": "PE", "source": "form"})
    )
    claim = desk.starts(ana, says(ana, "oi"))
    assistant = Assistant(house(settings.read(settings.Conversation), settings.account_names()))
    for text in (None, "quem são vocês?"):
        if text:
            desk.receive(says(ana, text))
        lead, waiting = desk.run(desk.store.lead(claim.lead_id)), desk.run(desk.store.drain(claim.lead_id)).messages
        turn = Turn(lead, waiting, desk.run(desk.store.transcript(claim.lead_id)), datetime.now(UTC))
        desk.run(desk.store.commit_turn(claim, waiting, desk.run(assistant.reply(turn, NoWorld()))))
    code = main(["--lead", str(claim.lead_id), "--store", desk.url])
    out, err = capsys.readouterr()
    assert (code, "2 turn(s) decided again, 0 different" in err) == (0, True), out


# as a script


def test_a_conversation_becomes_a_script_that_can_be_played_and_names_nobody(desk: Desk, tmp_path: Path) -> None:
    ana = someone()
    form = {"phone": ana.phone, "name": "Marília Quintanilha", "city": "Recife", "state": "PE", "invoice_amount": "450"}
    desk.run(desk.store.save_form({**form, "source": "form"}))
    claim = desk.starts(
        ana, says(ana, type="button", button={"payload": f"ATIVAR_PERFIL:{uuid4()}", "text": "Ativar Perfil"})
    )
    desk.answer(claim, "Oi, Marília! Sua conta é de Recife/PE?", buttons=BUTTONS)
    tap = {"type": "button_reply", "button_reply": {"id": "no", "title": "Não (é outra)"}}
    desk.receive(
        says(ana, type="interactive", interactive=tap),
        says(ana, 'é de Olinda, da minha mãe, dona Zulmira. CPF 123.456.789-09 "ok"?'),
    )
    desk.answer(claim, "Me manda a conta?", facts={"city": "Olinda", "ibge_code": 2609600}, stage=Stage.AWAITING_BILL)
    desk.sql("update turns set at = at - interval '3 hours' where lead_id = $1", claim.lead_id)
    desk.receive(
        says(ana, type="image", image={"id": "7", "mime_type": "image/jpeg", "caption": "marilia aqui"}),
        says(
            ana,
            type="location",
            location={"latitude": -8.012345, "longitude": -34.854321, "name": "Casa", "address": "Rua X"},
        ),
    )
    picture = desk.run(desk.store.drain(claim.lead_id)).messages[0]
    kept = desk.run(
        desk.store.keep_bill(
            claim.lead_id,
            picture.id,
            path=f"{ana.bsuid}",
            sha256=f"{ana.bsuid}",
            mime_type="image/jpeg",
            size=1,
            keep_days=9,
        )
    )
    reading = BillReading(
        outcome="review",
        holder="mismatch",
        holder_first_name="Zulmira",
        utility="Neoenergia Pernambuco",
        total_amount=Decimal("412.30"),
    )
    desk.run(desk.store.record_reading(kept.bill_id, reading, {"holder_name": "ZULMIRA QUINTANILHA"}))
    offer = Offer(position=1, plan_id=7, name="Plano", utility="CELPE", discount="0.1450", fidelity_months=12)
    desk.answer(
        claim, "Veja os planos", rows=(Row(id="plan:7", title="Plano"),), offers=(offer,), stage=Stage.PLANS_SENT
    )
    desk.receive(says(ana, "quero, me liga no (81) 99777-1234 ou marilia.q@gmail.com, rua do Sossego, 123 apto 4"))
    desk.answer(
        claim,
        None,
        chosen=7,
        stage=Stage.INTERESTED,
        qualification=Qualification.QUALIFIED,
        handoff=Handoff(reason="plan_chosen"),
    )
    file = tmp_path / "real.toml"
    assert main(["--lead", str(claim.lead_id), "--script", str(file), "--store", desk.url]) == 0
    text = file.read_text("utf-8")
    for secret in (
        "Marília",
        "marilia",
        "Quintanilha",
        "QUINTANILHA",
        "Zulmira",
        "123.456.789",
        "99777",
        "gmail",
        "Sossego",
        "apto",
        str(claim.lead_id)[:8],
        ana.phone,
        "8.0123",
        "Casa",
    ):
        assert str(secret) not in text, secret
    (script,) = load(tmp_path)
    assert script.form is not None and (script.form.city, script.form.state, script.form.invoice_amount) == (
        "Recife",
        "PE",
        Decimal(450),
    )
    assert script.form.name in text and " " in script.form.name
    one, two, three, four = script.turns
    assert one.says[0].tap == "Ativar Perfil"
    assert (two.says[0].tap, two.says[0].text_if_none) == (r"Não \(é outra\)", "Não (é outra)")
    assert two.says[1].text is not None and two.says[1].text.startswith("é de Olinda, da minha mãe, dona ")
    assert (three.after, [item.only for item in three.says]) == (3.0, [None, None])
    assert three.says[0].photo == "tarifa_social" and three.says[0].read["total_amount"] == "412.30"
    assert three.says[1].location == {"latitude": -8.0, "longitude": -34.9}
    assert four.says[0].text == "quero, me liga no 81 98877-6655 ou pessoa@example.org, Rua das Flores, 100"
    assert (script.ends.stage, script.ends.handoffs) == ((Stage.INTERESTED,), ("plan_chosen",))
    assert script.world["Olinda/PE"][0].plans == ("14.5/12",)
    assert "# Oi, " in text and "(nothing was said)" in text


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("minha conta vem R$ 1.245,67, às vezes 450 ou 1.300", "minha conta vem R$ 1.245,67, às vezes 450 ou 1.300"),
        ("consumo 1380 kWh, venceu 15/11/2026", "consumo 1380 kWh, venceu 15/11/2026"),
        ("moro em Olinda, no Recife antigo", "moro em Olinda, no Recife antigo"),
        ("tenho conta de luz", "tenho conta de luz"),
        ("cnpj 12.345.678/0001-90", "cnpj 11.222.333/0001-81"),
        ("cpf 12345678909", "cpf 529.982.247-25"),
        ("+55 81 99777-1234", "81 98877-6655"),
        ("81997771234", "81 98877-6655"),
        ("99777-1234", "98877-6655"),
        ("cep 50030-230", "cep 50030-000"),
        ("instalação 7012345678901234", "instalação 1234567890123456"),
        ("Av. Boa Viagem, nº 4500, Recife", "Rua das Flores, 100, Recife"),
        ("moro na rua da Aurora", "moro na Rua das Flores, 100"),
    ],
)
def test_numbers_and_addresses_are_made_up_and_amounts_and_cities_stay(said: str, kept: str) -> None:
    assert Disguise(["Ana Luz"], UUID(int=0))(said) == kept


def test_one_person_is_the_same_made_up_one_wherever_named() -> None:
    disguise = Disguise(["Maria das Dores Quintanilha"], UUID(int=1))
    full = disguise.person("Maria das Dores Quintanilha")
    first, _, last = full.partition(" ")
    assert (
        disguise("sou a Maria, MARIA QUINTANILHA, maria")
        == f"sou a {first}, {first.upper()} {last.upper()}, {first.lower()}"
    )
    assert disguise("aqui é o Josué") == disguise("aqui é o Josué") != "aqui é o Josué"
    assert disguise("sou a titular da conta") == "sou a titular da conta"
    assert "Quintanilha" not in disguise("está no nome do Pedro Quintanilha")
    assert disguise("moro em Dona Inês") == "moro em Dona Inês"


def test_somebody_called_like_a_city_is_made_up_and_the_city_stays() -> None:
    disguise = Disguise(["Marília Quintanilha"], UUID(int=0))
    assert disguise("moro em Marília, Marília/SP, conta de Marília") == "moro em Marília, Marília/SP, conta de Marília"
    assert "Marília" not in disguise("Oi, Marília! Marília aqui")
