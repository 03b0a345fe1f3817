"""The whole assistant, offline: messages in, one reply out, by rules and in reviewed words."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from flows.assistant import hear, state
from flows.assistant.assistant import Assistant, House, form_of, scene_of
from flows.assistant.decide import Terms
from flows.assistant.meaning import Question
from flows.domain import (
    BillKept,
    BillReading,
    BillReceipt,
    Inbound,
    InboundMessage,
    Lead,
    NotServed,
    Qualification,
    Reply,
    Stage,
)
from tests.flows.assistant.chat import Chat, Desk, awaiting_bill, choosing, from_the_form, of_type, photo, text

RECIFE, OLINDA = 2611606, 2609600
READ = BillReading(
    outcome="qualified",
    holder="match",
    utility="Neoenergia Pernambuco",
    city="Recife",
    state="PE",
    total_amount=Decimal("412.30"),
    reference_month=date(2026, 10, 1),
    due_date=date(2026, 12, 10),
)


def read(**fields: Any) -> BillKept:
    return BillKept(bill_id=uuid4(), reading=READ.model_copy(update=fields))


def test_the_golden_path_from_the_tap_to_the_goodbye() -> None:
    chat = from_the_form()
    chat.says(text("Ativar Perfil", payload="ATIVAR_PERFIL:7"))
    assert "Maria" in chat.text and "*Sílvia*" in chat.text and "*Recife/PE*" in chat.text
    assert chat.ids == [f"place:{RECIFE}", "place:no"] and chat.lead.stage is Stage.AWAITING_PLACE

    chat.taps(f"place:{RECIFE}")
    assert "14% a 18%" in chat.text and chat.ids == []
    assert chat.reply.facts == {"city": "Recife", "state": "PE", "ibge_code": RECIFE}

    chat.desk.receipts = [read(holder_first_name="MARIA")]
    chat.says(photo())
    for line in ("*Maria*", "*R$ 412,30*", "*10/2026*", "*10/12*"):
        assert line in chat.text
    chat.taps("bill:ok")
    assert "pré-qualificado" in chat.text and "1. *Plano Básico*: 18% de desconto" in chat.text
    assert chat.ids == ["plan:556", "plan:501", "plan:490", "doubt"]

    chat.says("2")
    assert chat.reply.chosen == 501 and "em até 1 dia útil" in chat.text
    assert (chat.lead.stage, chat.lead.qualification) == (Stage.INTERESTED, Qualification.QUALIFIED)
    chat.says("obrigada!!")
    assert chat.lead.stage is Stage.COMPLETED and chat.text
    assert chat.says("valeu").content is None
    assert sum("Sílvia" in said for said in chat.texts) == 1, "greeted once"


def test_a_burst_is_one_reply_that_asks_nothing_it_was_told() -> None:
    chat = Chat()
    chat.says("oi", "tudo bem?", "moro em Recife")
    assert "Sílvia" in chat.text and "foto" in chat.text and "Qual" not in chat.text
    assert (chat.lead.city, chat.lead.stage) == ("Recife", Stage.AWAITING_BILL)


def test_persona_deadline_minimum_and_privacy_notice_are_settings() -> None:
    terms = Terms("Serena", "em até 2 dias úteis", Decimal(300), privacy_notice=True)
    house = House(terms, privacy_notice_url="https://exemplo.com.br/p")
    chat = from_the_form(assistant=Assistant(house), invoice_amount=Decimal(150))
    chat.says("oi")
    assert "*Serena*" in chat.text and "https://exemplo.com.br/p" in chat.text
    chat.says("sim")
    assert "R$ 300" in chat.text
    chat.says("quero falar com um atendente")
    assert "em até 2 dias úteis" in chat.text


@pytest.mark.parametrize(
    ("said", "name"),
    [("Oi, aqui é a Dona Maria", "Maria"), ("oi", "Maria"), ("Oi, aqui é o Lucas, filho dela", None)],
)
def test_nobody_is_greeted_by_the_name_of_somebody_else(said: str, name: str | None) -> None:
    chat = from_the_form()
    chat.says(said)
    assert ("Maria" in chat.text) == (name is not None) and "Sílvia" in chat.text


# what says nothing, and what says much


@pytest.mark.parametrize("kind", [Inbound.STICKER, Inbound.REACTION, Inbound.SYSTEM])
def test_a_sticker_needs_no_answer_and_changes_nothing(kind: Inbound) -> None:
    chat = awaiting_bill()
    assert chat.says(of_type(kind, "👍")) == Reply(content=None)


def test_a_sticker_as_the_first_sign_is_greeted() -> None:
    chat = from_the_form()
    chat.says(of_type(Inbound.STICKER))
    assert "Sílvia" in chat.text and chat.ids


@pytest.mark.parametrize(("emoji", "settled"), [("👍", RECIFE), ("❤️", RECIFE), ("👎", None)])
def test_a_reaction_to_a_question_answers_it(emoji: str, settled: int | None) -> None:
    chat = from_the_form()
    chat.says("oi")
    chat.says(of_type(Inbound.REACTION, emoji, about=Question.CONFIRM_PLACE))
    assert chat.state.place == settled and chat.state.form_denied == (settled is None)


def test_a_quoted_reply_answers_what_it_quotes() -> None:
    chat = from_the_form()
    chat.says("oi")
    chat.says("vocês patrocinam algum time de futebol?")
    assert chat.ids == ["person:yes", "person:no"]
    chat.says(text("sim", about=Question.CONFIRM_PLACE))
    assert chat.handoffs == [] and chat.state.place == RECIFE


@pytest.mark.parametrize("kind", [Inbound.AUDIO, Inbound.VIDEO, Inbound.CONTACTS, Inbound.ORDER, Inbound.UNSUPPORTED])
def test_what_cannot_be_read_is_answered_kindly_with_the_waiting_question(kind: Inbound) -> None:
    chat = awaiting_bill()
    chat.says(of_type(kind))
    assert chat.text and chat.state.waiting is Question.BILL and "Não entendi" not in chat.text


@pytest.mark.parametrize("kind", [Inbound.AUDIO, Inbound.LOCATION])
def test_a_voice_note_or_pin_that_comes_with_text_is_text(kind: Inbound) -> None:
    chat = Chat()
    chat.says(of_type(kind, "moro em Recife, Pernambuco"))
    assert chat.lead.city == "Recife" and "áudio" not in chat.text and "localização" not in chat.text


def test_a_pin_with_an_address_is_a_place() -> None:
    here = {"latitude": -8.0631, "longitude": -34.8711, "address": "Rua da Aurora, 1, Recife - PE"}
    chat = Chat()
    chat.says(of_type(Inbound.LOCATION, location=here))
    assert chat.state.place == RECIFE


# files


class Waits(Desk):
    """Keeps a file only once two are being kept."""

    def __init__(self) -> None:
        super().__init__()
        self.two = asyncio.Barrier(2)

    async def keep_bill(self, message: InboundMessage) -> BillReceipt:
        async with asyncio.timeout(5):
            await self.two.wait()
        return await super().keep_bill(message)


def test_the_files_of_a_burst_are_kept_at_the_same_time() -> None:
    chat = from_the_form(desk=Waits())
    chat.says(photo(), of_type(Inbound.DOCUMENT))
    assert chat.desk.fetched == 2 and chat.lead.bills == 2 and "2 arquivos" in chat.text


def test_whoever_stops_us_has_no_file_fetched() -> None:
    chat = awaiting_bill()
    chat.says(photo(), "não me mandem mais mensagens")
    assert chat.desk.fetched == 0 and chat.reply.opt_out and chat.lead.stage is Stage.OPTED_OUT


def test_a_bills_town_is_known_by_its_code() -> None:
    chat = Chat(Desk(receipts=[read()]))
    chat.says(photo())
    chat.says("tudo certo")
    assert chat.reply.facts == {"city": "Recife", "state": "PE", "ibge_code": RECIFE} and chat.ids[0] == "plan:556"


def test_no_name_from_a_bill_is_remembered_or_recorded() -> None:
    chat = awaiting_bill()
    chat.desk.receipts = [read(holder_first_name="ANTÔNIO", holder="mismatch", outcome="review")]
    chat.says(photo())
    assert "Antônio" in chat.text and chat.reply.why is not None
    assert "ANT" not in repr(chat.reply.memory).upper() and "ANTÔNIO" not in repr(chat.reply.why)


# who may be spoken to


def test_while_a_person_speaks_with_the_lead_only_a_stop_or_an_erasure_is_answered() -> None:
    chat = choosing()
    chat.lead = chat.lead.model_copy(update={"taken_over_at": chat.now})
    assert chat.says("quero o 2").content is None and chat.says("oi", photo()).content is None
    chat.says("apaga meus dados")
    assert chat.ids == ["erase:yes", "erase:no"]
    chat.says("para de me mandar mensagem")
    assert chat.reply.opt_out


def test_whoever_stopped_us_hears_that_it_still_holds_and_nothing_more() -> None:
    chat = choosing()
    chat.says("parar")
    assert chat.reply.opt_out and chat.lead.opted_out_at and chat.text
    assert chat.says("oi").content and chat.says("oi").content is None
    assert chat.says(of_type(Inbound.STICKER)).content is None and chat.lead.stage is Stage.OPTED_OUT


def test_somebody_else_reads_neither_name_nor_city_of_the_form() -> None:
    chat = from_the_form()
    chat.says("oi, não sou a Maria, peguei esse chip agora")
    assert "Recife" not in chat.text and "Maria" not in chat.text and chat.handoffs[0].reason == "wrong_person"
    chat.says("mas quero participar sim")
    assert "Recife" not in chat.text and "Maria" not in chat.text and chat.state.waiting is Question.PLACE


@pytest.mark.parametrize("secret", ["a senha do site é gato123", "meu cpf é 529.982.247-25"])
def test_a_secret_is_masked_for_good_and_the_lead_told(secret: str) -> None:
    chat = awaiting_bill()
    message = text(secret)
    chat.says(message)
    kept = chat.reply.masked[message.id]
    assert "gato123" not in kept and "529" not in kept and chat.text
    assert secret not in repr(chat.reply.memory) + repr(chat.reply.why)
    assert chat.says("pode deixar").masked == {}


# the world


def test_the_form_may_name_a_town_its_namesakes_or_none() -> None:
    def of(city: str | None, uf: str | None = None) -> int:
        return len(form_of(Lead(id=uuid4(), city=city, state=uf), state.State()).places)

    assert (of("Recife", "PE"), of("Gotham"), of(None), of("Recife", "AM")) == (1, 0, 0, 0) and of("Campo Grande") > 1


def test_of_two_forms_with_two_cities_the_person_says_which() -> None:
    """Anybody may post a form with somebody's number: its city counts once the person says so, and only then."""
    chat = from_the_form(form_city="Olinda", form_state="PE")
    chat.says("oi")
    shown = chat.reply.content
    assert shown and [choice.id for choice in (*shown.buttons, *shown.rows)][:2] == ["place:2611606", "place:2609600"]
    assert "mais de uma cidade" in chat.text and chat.state.waiting is Question.WHICH_CITY
    chat.says("olinda")
    assert chat.state.place == 2609600 and chat.state.waiting is Question.BILL
    # what was said in the chat stands, whatever a form says later
    chat.lead = chat.lead.model_copy(update={"form_city": "Natal", "form_state": "RN"})
    chat.says("boa tarde")
    assert chat.state.place == 2609600 and chat.state.waiting is Question.BILL


@pytest.mark.parametrize(
    "city, uf", [("N/A", None), ("RECIFE", "PE"), (None, None), ("recife", None), ("Gotham", "PE")]
)
def test_a_later_form_that_says_nothing_else_asks_nothing_else(city: str | None, uf: str | None) -> None:
    chat = from_the_form(form_city=city, form_state=uf)
    chat.says("oi")
    assert chat.state.waiting is Question.CONFIRM_PLACE


def test_consent_goes_out_with_its_place() -> None:
    chat = Chat(Desk(default=NotServed()))
    chat.says("moro em Recife, PE")
    chat.taps("notify:yes")
    assert chat.reply.consent is not None
    assert (chat.reply.consent.ibge_code, chat.reply.consent.given) == (RECIFE, True)


def test_when_somebody_calls_is_told_once_a_person_was_called_and_then_no_other_is_offered() -> None:
    chat = awaiting_bill()
    chat.says("quando vão me ligar?")
    assert "Ainda não chamei ninguém" in chat.text and "1 dia útil" not in chat.text
    chat.says("quero falar com uma pessoa")
    chat.says("quando vão me ligar?")
    assert "1 dia útil" in chat.text
    chat.says("vocês pagam comissão?")
    assert "parceria" in chat.text and "*atendente*" not in chat.text


# why


def test_why_cuts_each_quote_out_of_its_message_as_it_is_kept() -> None:
    chat = choosing()
    chat.says("minha senha é gato123, tá?", "moro de aluguel", "tem fidelidade?")
    why, turn = chat.reply.why, chat.turn
    assert why is not None and why.by == "rules" and why.before == turn.lead.memory and why.acts
    heard = hear.read(turn.messages, scene_of(turn, state.load(turn.lead.memory)))
    assert len(why.reading) == len(heard.items) >= 3
    kept = [chat.reply.masked.get(message.id, message.text) for message in turn.messages]
    for one, item in zip(why.reading, heard.items, strict=True):
        cut = kept[one["message"]][one["start"] : one["end"]]
        assert one["meaning"] == item.meaning and cut in (item.quote, "") and (cut or item.quote not in kept)
    assert "gato123" not in repr(why)


BURSTS: list[list[str | InboundMessage]] = [
    ["oi"],
    ["vocês são golpe?"],
    ["sim"],
    ["quais os planos?"],
    [photo()],
    ["tem multa?"],
    ["tudo certo"],
    ["o de 16%"],
    ["na verdade quero o 3"],
    ["mudei de número"],
    ["obrigada"],
]


def test_a_recorded_turn_is_decided_again_to_the_same_reply() -> None:
    chat = from_the_form(desk=Desk(receipts=[read()]))
    for burst in BURSTS:
        reply = chat.says(*burst)
        assert reply.why is not None
        again = chat.assistant.again(chat.turn, reply.why.world)
        assert again.model_copy(update={"why": None}) == reply.model_copy(update={"why": None, "masked": {}})


def test_of_a_recorded_bill_all_is_read_again_but_the_holders_name() -> None:
    chat = awaiting_bill(desk=Desk(receipts=[read(holder="mismatch", holder_first_name="ZULMIRA")]))
    why = chat.says(photo()).why
    assert why is not None
    again = chat.assistant.again(chat.turn, why.world).content
    assert again is not None and again.text == chat.text.replace("Titular: *Zulmira*\n", "")


@pytest.mark.parametrize(
    "said",
    [
        "pq o desconto maior prende 5 anos kkk",
        "o primeiro é por 5 anos ne",
        "gostei do de 18 mas 5 anos é mt",
        "o ouro tem pegadinha",
        "o ouro é furada",
        "o prata tem fidelidade",
        "o de 14 não prende né",
        "o ouro prende 3 anos é isso",
        "o segundo parece caro",
        "o do meio dura quanto",
    ],
)
def test_what_is_said_of_a_plan_is_no_choice_of_it(said: str) -> None:
    reply = choosing().says(said)
    assert reply.handoff is None and reply.stage is not Stage.INTERESTED


@pytest.mark.parametrize(
    "said", ["vou de prata", "esse de 16 tá bom pra mim", "pode ser o prata, é o que não prende né", "2"]
)
def test_a_choice_repeats_how_long_the_plan_binds(said: str) -> None:
    reply = choosing().says(said)
    assert reply.handoff and reply.content and "fidelidade" in reply.content.text


@pytest.mark.parametrize("said", ["isso é robo né", "isso é serio?", "oi tudo bem?", "isso é golpe ne"])
def test_what_speaks_of_something_confirms_no_city_and_names_none(said: str) -> None:
    chat = Chat(city="Recife", state="PE")
    chat.says("oi")
    reply = chat.says(said)
    assert (
        state.load(reply.memory).asked is Question.CONFIRM_PLACE and reply.content and "CNPJ" not in reply.content.text
    )


@pytest.mark.parametrize("said", ["não sou vanessa não, esse numero é meu faz 3 anos", "aqui não é a Ana não"])
def test_a_name_denied_with_two_noes_is_another_persons_number(said: str) -> None:
    chat = Chat(city="Recife", state="PE")
    chat.says("oi")
    assert state.load(chat.says(said).memory or {}).disowned


def test_a_yes_to_notices_is_none_to_a_person() -> None:
    chat = Chat(Desk(default=NotServed()))
    for burst in ("oi", "moro em Floripa", "Tem previsão?"):
        chat.says(burst)
    reply = chat.says("Quero ser avisada sim")
    assert reply.handoff is None and reply.consent and reply.consent.given


def test_a_widow_is_not_told_that_the_holder_signs() -> None:
    chat = Chat(city="Recife", state="PE")
    for burst in ("oi", "sim", "a conta é do meu marido que faleceu"):
        chat.says(burst)
    reply = chat.says("É a conta dele sim")
    assert reply.content and "quem assina é o titular" not in reply.content.text


@pytest.mark.parametrize(
    ("asked_at", "promised", "then"),
    [
        ("2026-11-27T12:00-03:00", "em até 1 dia útil.", "em até 1 dia útil, a contar do seu pedido."),
        (
            "2026-11-27T20:00-03:00",
            "em até 1 dia útil (a contar de segunda-feira de manhã).",
            "até terça-feira de manhã.",
        ),
    ],
)
def test_who_asks_whether_anybody_is_there_hears_that_a_program_is_and_when_a_person_comes(
    asked_at: str, promised: str, then: str
) -> None:
    chat = awaiting_bill()
    chat.now = datetime.fromisoformat(asked_at) - timedelta(minutes=1)
    chat.says("quero falar com uma pessoa")
    assert chat.text.endswith(f"fala com você {promised}")
    chat.says("tem alguém aí?", after=timedelta(hours=2))
    assert "atendimento automático" in chat.text and chat.text.endswith(f"fala com você {then}")
