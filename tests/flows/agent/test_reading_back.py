"""A bill that was read: what is read back, what the lead may say to it, and what follows for them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from flows.agent.corrections import agreement, read
from flows.agent.hearing import hear
from flows.assistant.place import places
from flows.domain import (
    BillKept,
    BillReading,
    BillRefused,
    NotServed,
    PlansUnavailable,
    Qualification,
    SeveralUtilities,
    Stage,
)
from tests.flows.agent.test_playbook import (
    CELPE,
    RECIFE,
    Chat,
    PlansDesk,
    awaiting_bill,
    from_the_form,
    handed_over,
    photo,
    text,
)

HORIZONTE = places.in_state("Belo Horizonte", "MG")
READ = {
    "holder": "match", "holder_first_name": "MARIA", "utility": "Neoenergia Pernambuco", "city": "Recife",
    "state": "PE", "total_amount": Decimal("412.30"), "consumption_kwh": 431, "reference_month": date(2026, 10, 1),
    "due_date": date(2026, 12, 10),
}  # fmt: skip
SMALL = {"outcome": "below_minimum", "total_amount": Decimal("143.20"), "reasons": ("below_minimum",)}
MISMATCH = {
    "outcome": "review", "holder": "mismatch", "reasons": ("holder_mismatch",), "holder_first_name": "ANTÔNIO",
}  # fmt: skip
MINEIRA = {"city": "Belo Horizonte", "state": "MG", "utility": "CEMIG Distribuição"}


def bill(outcome: str = "qualified", *, known: bool = False, **fields: Any) -> BillKept:
    reading = BillReading.model_validate({**READ, "outcome": outcome, **fields})
    return BillKept(bill_id=uuid4(), known=known, reading=reading)


def bad(outcome: str, *reasons: str) -> BillKept:
    return BillKept(bill_id=uuid4(), reading=BillReading(outcome=outcome, reasons=reasons))


def sends(chat: Chat, *receipts: Any) -> Chat:
    """Send one file for each receipt, in one burst."""
    chat.desk.receipts = list(receipts)
    chat.says(*(photo() for _ in receipts))
    return chat


def read_back(chat: Chat | None = None, **fields: Any) -> Chat:
    chat = sends(chat or awaiting_bill(), bill(**fields))
    assert chat.lead.stage is Stage.BILL_PROCESSED
    return chat


# --- reading back ----------------------------------------------------------------------------------------------------


def test_what_was_read_is_read_back_and_confirmed_with_a_tap() -> None:
    chat = read_back()
    assert chat.text == (
        "Li a sua conta! 😊 Encontrei isto:\n"
        "Titular: *Maria*\n"
        "Total: *R$ 412,30*\n"
        "Distribuidora: *Neoenergia Pernambuco*\n"
        "Mês: *10/2026*\n"
        "Vencimento: *10/12*\n\n"
        "Está certo?"
    )
    assert chat.ids == ["bill:ok", "bill:wrong"] and chat.handoffs == []
    chat.taps("bill:ok")
    assert "Seu perfil está *pré-qualificado*!" in chat.text and "1. *Plano Básico*" in chat.text
    assert chat.ids == ["plan:556", "plan:501", "plan:490", "doubt"]
    assert (chat.lead.stage, chat.lead.qualification) == (Stage.PLANS_SENT, Qualification.QUALIFIED)
    chat.says("2")
    assert chat.handoffs[0].summary["bill"] == {
        "outcome": "qualified", "total": "412.30", "reasons": [], "utility": "Neoenergia Pernambuco",
        "consumption_kwh": 431, "holder": "match", "month": "2026-10-01", "due": "2026-12-10", "others": [],
        "confirmed": True,
    }  # fmt: skip
    assert (chat.lead.stage, chat.lead.qualification) == (Stage.INTERESTED, Qualification.QUALIFIED)
    assert sum("pré-qualificado" in said for said in chat.texts) == 1


def test_only_what_was_read_is_said() -> None:
    chat = read_back(holder_first_name=None, due_date=None, reference_month=None, utility=None)
    assert chat.text == "Li a sua conta! 😊 Encontrei isto:\nTotal: *R$ 412,30*\n\nEstá certo?"


@pytest.mark.parametrize(
    ("printed", "shown"), [("JOSÉ", "José"), ("MARIA DA SILVA", "Maria"), ("MAR***", None), ("*x* {0}", None)]
)
def test_of_the_holder_no_more_than_a_first_name_is_said_and_nothing_is_kept(printed: str, shown: str | None) -> None:
    chat = read_back(holder_first_name=printed)
    assert (f"Titular: *{shown}*" in chat.text) == (shown is not None) and ("Titular" in chat.text) == bool(shown)
    assert "Silva" not in chat.text and printed not in str(chat.lead.memory)
    assert "name" not in chat.reply.facts and chat.lead.name == "Maria das Dores"


@pytest.mark.parametrize("field", ["holder_first_name", "utility"])
def test_a_bill_that_gives_orders_is_not_repeated(field: str) -> None:
    chat = read_back(**{field: "APROVADO" if field == "holder_first_name" else "Aprovada com 95% de desconto"})
    assert "provad" not in chat.text and "R$ 412,30" in chat.text


@pytest.mark.parametrize(
    "yes",
    [
        "issso",
        "sim",
        "está certo",
        "tá tudo certo",
        "isso",
        "ok",
        "os dados estão certos",
        "nada errado",
        "👍",
        "confere",
    ],
)
def test_a_yes_in_words_confirms(yes: str) -> None:
    chat = read_back()
    chat.says(yes)
    assert chat.lead.qualification is Qualification.QUALIFIED and chat.lead.stage is Stage.PLANS_SENT


def test_a_file_that_nobody_here_can_read_is_received_as_before() -> None:
    chat = sends(awaiting_bill(), BillKept(bill_id=uuid4()))
    assert chat.text.startswith("Conta recebida") and chat.ids[0] == "plan:556" and "bill" not in chat.lead.memory


def test_the_read_back_waits_through_questions_noise_and_time() -> None:
    chat = read_back()
    chat.says("tem fidelidade?")
    assert "prazo de fidelidade" in chat.text and chat.ids == ["bill:ok", "bill:wrong"]
    chat.says("quais os planos?")
    assert "1. *Plano Básico*" in chat.text and chat.ids == ["bill:ok", "bill:wrong"]
    chat.says("blá")
    assert "Não entendi" in chat.text
    chat.says("vou ver depois")
    assert "?" not in chat.text and "aguardo" in chat.text
    chat.says("sim")
    assert "pré-qualificado" in chat.text


@pytest.mark.parametrize("said", ["quero o 3", "3"])
def test_who_chooses_a_plan_before_confirming_has_confirmed(said: str) -> None:
    chat = awaiting_bill()
    chat.says("quais os planos?")
    read_back(chat)
    chat.says(said)
    assert chat.reply.chosen == 490 and chat.handoffs[0].summary["bill"]["confirmed"] is True
    assert chat.lead.qualification is Qualification.QUALIFIED and "pré-qualificado" in chat.text


def test_who_said_that_something_is_wrong_and_then_chooses_is_left_to_a_person() -> None:
    chat = awaiting_bill()
    chat.says("quais os planos?")
    read_back(chat)
    chat.taps("bill:wrong")
    chat.says("quero o 3")
    assert chat.lead.qualification is Qualification.NEEDS_REVIEW and "pré-qualificado" not in chat.text
    assert chat.handoffs[0].summary["bill"]["confirmed"] is False


@pytest.mark.parametrize(
    ("said", "reason"),
    [("quero falar com um atendente", "asked_for_person"), ("apaguem meus dados", None), ("parar", None)],
)
def test_stop_erasure_and_a_person_win_over_the_read_back(said: str, reason: str | None) -> None:
    chat = read_back()
    chat.says(said)
    assert [h.reason for h in chat.handoffs] == ([reason] if reason else []) and chat.reply.opt_out == (said == "parar")
    if reason:
        assert chat.handoffs[0].summary["bill"]["outcome"] == "qualified"


# --- the place -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chat", [Chat, from_the_form, lambda: from_the_form(city="Olinda")])
def test_the_bill_of_a_lead_without_a_place_gives_it(chat: Any) -> None:
    chat = read_back(chat())
    assert "Cidade: *Recife/PE*" in chat.text and chat.desk.asked == [] and chat.reply.facts == {}
    chat.says("sim")
    assert chat.reply.facts == {"city": "Recife", "state": "PE", "ibge_code": RECIFE.ibge_code}
    assert "Boa notícia" in chat.text and "pré-qualificado" in chat.text and chat.ids[0] == "plan:556"


def test_a_bill_without_a_city_leaves_the_question_of_the_place() -> None:
    chat = read_back(Chat(), city=None)
    chat.says("sim")
    assert "cidade e estado" in chat.text and chat.lead.stage is Stage.AWAITING_PLACE
    chat.says("Recife")
    assert "pré-qualificado" in chat.text and chat.ids[0] == "plan:556"


def test_a_city_corrected_in_the_same_breath_is_taken_and_left_to_a_person() -> None:
    chat = read_back(Chat())
    chat.says("não, moro em Olinda")
    assert chat.lead.city == "Olinda" and chat.lead.qualification is Qualification.NEEDS_REVIEW


@pytest.mark.parametrize(
    ("answer", "city", "doubts"),
    [
        ("#place:3106200", "Belo Horizonte", None),
        ("a segunda", "Belo Horizonte", None),
        ("a de Minas Gerais", "Belo Horizonte", None),
        ("#place:2611606", "Recife", ["place_differs", "utility_differs_from_plans"]),
        ("Recife", "Recife", ["place_differs", "utility_differs_from_plans"]),
    ],
)
@pytest.mark.parametrize("start", [awaiting_bill, from_the_form])
def test_a_bill_from_another_state_is_asked_about_and_never_guessed(
    start: Any, answer: str, city: str, doubts: list[str] | None
) -> None:
    cemig = CELPE.model_copy(update={"utility": "CEMIG"})
    chat = read_back(start(desk=PlansDesk(coverage_of={"Belo Horizonte": cemig})), **MINEIRA)
    assert chat.ids == [f"place:{RECIFE.ibge_code}", f"place:{HORIZONTE.ibge_code}"] and "De qual das duas" in chat.text
    chat.taps(answer[1:]) if answer.startswith("#") else chat.says(answer)
    assert chat.lead.city == city and chat.ids == ["bill:ok", "bill:wrong"]
    chat.says("sim")
    expected = Qualification.NEEDS_REVIEW if doubts else Qualification.QUALIFIED
    assert chat.lead.qualification is expected and chat.lead.memory["bill"].get("doubts") == doubts


def test_where_the_bill_shows_only_another_state_the_city_is_asked_for() -> None:
    chat = read_back(**{**MINEIRA, "city": None})
    assert "um lugar em *MG*" in chat.text and chat.ids == [f"place:{RECIFE.ibge_code}", "place:no"]
    chat.says("não")
    assert chat.text == "Certo, *MG*. E de qual cidade é a sua conta de luz?"
    chat.says("Contagem")
    assert chat.lead.city == "Contagem" and chat.ids == ["bill:ok", "bill:wrong"]


def test_the_bill_says_which_of_several_distribuidoras_it_is() -> None:
    several = SeveralUtilities(names=("CELPE", "ENEL SP"))
    desk = PlansDesk(coverage_of={"Recife": several, ("Recife", "CELPE"): CELPE})
    chat = read_back(Chat(desk))
    chat.says("sim")
    assert desk.asked[-1] == ("Recife", "CELPE") and chat.ids[0] == "plan:556"


def test_where_nothing_is_sold_the_bill_is_kept_and_not_discussed() -> None:
    chat = Chat(PlansDesk(default=NotServed()))
    chat.says("moro em Recife")
    sends(chat, bill())
    assert "Conta recebida" in chat.text and "Está certo" not in chat.text and chat.lead.stage is Stage.NOT_SERVED


def test_a_bill_from_another_state_reopens_what_is_not_served() -> None:
    chat = Chat(PlansDesk(coverage_of={"São Paulo": NotServed()}))
    chat.says("moro em São Paulo, SP")
    sends(chat, bill())
    chat.taps(f"place:{RECIFE.ibge_code}")
    chat.says("sim")
    assert chat.ids[0] == "plan:556" and chat.lead.qualification is Qualification.QUALIFIED


def test_nobody_is_pre_qualified_while_the_plans_are_away() -> None:
    chat = Chat(PlansDesk(default=PlansUnavailable()))
    chat.says("moro em Recife")
    read_back(chat)
    chat.says("sim")
    assert "demorando" in chat.text and chat.lead.qualification is Qualification.IN_PROGRESS
    chat.desk.default = CELPE
    chat.says("oi")
    assert "pré-qualificado" in chat.text and chat.lead.qualification is Qualification.QUALIFIED


# --- something is wrong ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("burst", "said", "disputed"),
    [
        (["#bill:wrong", "o valor é R$ 320,00"], {"total": "320.00"}, ["total"]),
        (["não, o valor é 320"], {"total": "320.00"}, ["total"]),
        (["não", "320,50"], {"total": "320.50"}, ["total"]),
        (["tem algo errado", "a distribuidora é a Cemig"], {"utility": "CEMIG Distribuição"}, ["utility"]),
        (["a distribuidora é Cemig"], {"utility": "CEMIG Distribuição"}, ["utility"]),
        (["não", "o nome do titular"], None, ["holder"]),
        (["o valor está errado", "não sei quanto é o valor certo"], None, ["total"]),
    ],
)
def test_what_a_lead_corrects_is_noted_and_left_to_a_person(burst: list[str], said: Any, disputed: list[str]) -> None:
    chat = read_back()
    for step in burst:
        chat.taps(step[1:]) if step.startswith("#") else chat.says(step)
    bill = chat.lead.memory["bill"]
    assert (bill["total"], bill["utility"]) == ("412.30", "Neoenergia Pernambuco")
    assert (bill["said"], bill["disputed"]) == (said, disputed)
    assert chat.lead.qualification is Qualification.NEEDS_REVIEW and "pré-qualificado" not in " ".join(chat.texts)
    assert chat.ids[0] == "plan:556" and chat.lead.invoice_amount == 350
    chat.says("1")
    assert [h.reason for h in chat.handoffs] == ["needs_review", "plan_chosen"]
    assert all(h.summary["bill"].get("said") == said for h in chat.handoffs)


def test_something_wrong_is_asked_about_in_one_question() -> None:
    chat = read_back()
    chat.taps("bill:wrong")
    assert chat.text == "Agradeço o aviso! O que está diferente na sua conta?" and chat.ids == []
    chat.says("ah não, está tudo certo sim")
    assert chat.lead.qualification is Qualification.QUALIFIED


def test_the_value_that_was_read_repeated_by_the_lead_is_a_yes() -> None:
    chat = read_back()
    chat.says("isso, R$ 412,30")
    assert chat.lead.qualification is Qualification.QUALIFIED


@pytest.mark.parametrize("said", ["mandei a conta errada", "essa não é a minha conta", "vou mandar a certa"])
def test_the_wrong_bill_is_exchanged_for_another(said: str) -> None:
    chat = read_back()
    chat.says(said)
    assert chat.lead.stage is Stage.AWAITING_BILL and "bill" not in chat.lead.memory
    read_back(chat, total_amount=Decimal("300.00"))
    assert "R$ 300,00" in chat.text and chat.ids == ["bill:ok", "bill:wrong"]


# --- a person has to look --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["tarifa_social", "unknown_utility", "above_15000", "own_generation"])
def test_a_bill_for_review_shows_the_plans_and_goes_to_a_person_with_its_reasons(reason: str) -> None:
    chat = read_back(outcome="review", reasons=(reason,))
    chat.taps("bill:ok")
    assert "Um consultor confere um detalhe da conta com você" in chat.text and chat.ids[0] == "plan:556"
    assert reason not in chat.text and chat.lead.qualification is Qualification.NEEDS_REVIEW
    assert chat.handoffs[0].reason == "needs_review", "a person was announced, so one is told at once"
    chat.says("oi")
    chat.says("1")
    assert [h.reason for h in chat.handoffs] == ["needs_review", "plan_chosen"]
    assert all(h.summary["bill"]["reasons"] == [reason] for h in chat.handoffs) and chat.lead.stage is Stage.INTERESTED
    assert chat.lead.qualification is Qualification.NEEDS_REVIEW and "pré-qualificado" not in " ".join(chat.texts)


@pytest.mark.parametrize(
    ("answer", "noted"),
    [
        ("#holder:yes", "yes"),
        ("#holder:no", "no"),
        ("ele concorda sim", "yes"),
        ("é meu pai, ele topa", "yes"),
        ("não", "no"),
        ("ele não quer", "no"),
        ("vou perguntar pra ele", "unsure"),
    ],
)
def test_another_holder_is_asked_about_and_never_rejected(answer: str, noted: str) -> None:
    chat = read_back(**MISMATCH)
    assert "Titular: *Antônio*" in chat.text
    chat.says("sim")
    assert chat.ids == ["holder:yes", "holder:no"] and "quem assina é o titular" in chat.text
    chat.taps(answer[1:]) if answer.startswith("#") else chat.says(answer)
    assert chat.ids[0] == "plan:556" and chat.lead.qualification is Qualification.NEEDS_REVIEW
    chat.says("1")
    summary = chat.handoffs[-1].summary["bill"]
    assert (summary["holder"], summary["holder_agrees"]) == ("mismatch", noted) and "Ant" not in str(summary)


def test_what_is_said_of_the_holder_before_it_is_asked_is_not_asked_again() -> None:
    chat = read_back(**MISMATCH)
    chat.says("é do meu pai, ele concorda em assinar")
    assert chat.ids == ["bill:ok", "bill:wrong"]
    chat.says("sim")
    assert chat.ids[0] == "plan:556" and chat.lead.memory["bill"]["holder_agrees"] == "yes"


def test_plans_of_another_distribuidora_than_the_bills_need_a_person() -> None:
    chat = read_back(utility="Neoenergia Coelba")
    chat.says("sim")
    assert chat.lead.memory["bill"]["doubts"] == ["utility_differs_from_plans"]
    assert chat.lead.qualification is Qualification.NEEDS_REVIEW and "pré-qualificado" not in chat.text


def test_the_bill_decides_over_a_small_declared_value() -> None:
    chat = read_back(awaiting_bill(invoice_amount=Decimal(150)))
    chat.says("sim")
    chat.says("1")
    assert chat.lead.qualification is Qualification.QUALIFIED


# --- below the minimum -----------------------------------------------------------------------------------------------


def small(**more: Any) -> Chat:
    chat = read_back(**{**SMALL, **more})
    chat.taps("bill:ok")
    return chat


def test_a_bill_below_the_minimum_ends_kindly_and_another_is_invited_once() -> None:
    chat = small()
    assert (
        "R$ 200" in chat.text and "R$ 143,20" not in chat.text and "mande outra" in chat.text and "?" not in chat.text
    )
    assert (chat.lead.stage, chat.lead.qualification) == (Stage.COMPLETED, Qualification.NOT_QUALIFIED)
    assert chat.handoffs == [] and not chat.reply.offers
    sends(chat, bill(**{**SMALL, "total_amount": Decimal("150.00")}))
    chat.says("sim")
    assert chat.lead.stage is Stage.COMPLETED and "mande outra" not in chat.text


def test_another_bill_reopens_what_was_too_small() -> None:
    chat = small()
    chat.says("posso mandar outra?")
    assert "Pode mandar, sim" in chat.text and chat.lead.stage is Stage.COMPLETED
    read_back(chat)
    assert chat.lead.qualification is Qualification.IN_PROGRESS
    chat.says("sim")
    assert chat.lead.qualification is Qualification.QUALIFIED and chat.ids[0] == "plan:556"


def test_a_useless_file_after_a_small_bill_is_asked_for_again() -> None:
    chat = sends(small(), bad("unreadable"))
    assert "não consegui ler" in chat.text and chat.lead.stage is Stage.AWAITING_BILL


def test_the_same_small_bill_again_gets_the_same_answer() -> None:
    chat = small()
    sends(chat, bill(known=True, **SMALL))
    assert "R$ 200" in chat.text and chat.lead.stage is Stage.COMPLETED


@pytest.mark.parametrize("said", ["oi", "sim", "quero ver os planos", "Ativar Perfil", "moro em Olinda"])
def test_after_a_small_bill_words_alone_start_nothing(said: str) -> None:
    chat = small()
    chat.says(said)
    assert chat.lead.stage is Stage.COMPLETED and "?" not in chat.text and "consultor da Serena vai" not in chat.text


def test_a_small_bill_that_the_lead_disputes_goes_to_a_person() -> None:
    chat = read_back(**SMALL)
    chat.says("não, minha conta vem R$ 320")
    assert chat.lead.qualification is Qualification.NEEDS_REVIEW and chat.ids[0] == "plan:556"


def test_the_minimum_is_told_before_the_place_is_asked() -> None:
    chat = read_back(Chat(), **{**SMALL, "city": None})
    chat.says("sim")
    assert chat.lead.stage is Stage.COMPLETED and "cidade" not in chat.text


# --- once more, please -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("receipt", "words"),
    [
        (bad("ask_again", "total_missing"), "não encontrei nela o valor total. Ajuda ter boa luz"),
        (bad("ask_again", "holder_name_missing"), "não encontrei nela o nome do titular."),
        (bad("ask_again"), "não encontrei nela todos os dados"),
        (bad("unreadable"), "sem reflexo; o PDF também serve"),
        (bad("ask_newer", "bill_too_old"), "mais de três meses"),
        (bad("password_protected"), "cópia desbloqueada"),
        (bad("other_document"), "Esse documento não parece uma conta de luz"),
        (bad("not_document"), "Essa imagem não parece uma conta de luz"),
    ],
)
def test_what_cannot_be_used_is_asked_for_again_by_its_reason(receipt: BillKept, words: str) -> None:
    chat = sends(awaiting_bill(), receipt)
    assert words in chat.text and chat.text.endswith("?") and chat.lead.stage is Stage.AWAITING_BILL
    chat.says("já mandei")
    assert "não deu para usar" in chat.text and "não apareceu" not in chat.text
    read_back(chat)
    assert "refusals" not in chat.lead.memory


def test_three_useless_turns_of_any_kind_go_to_a_person() -> None:
    chat = awaiting_bill()
    for receipt in (bad("unreadable"), BillRefused(reason="too_large"), bad("not_document")):
        assert chat.handoffs == []
        sends(chat, receipt)
    assert chat.handoffs[0].reason == "needs_review" and chat.handoffs[0].summary["problem"] == "not_document"
    assert (chat.lead.stage, chat.lead.qualification) == (Stage.HUMAN_REQUESTED, Qualification.NEEDS_REVIEW)


def test_a_useless_file_beside_a_good_bill_costs_nothing() -> None:
    chat = read_back()
    for _ in range(3):
        sends(chat, bad("not_document"))
    assert chat.handoffs == [] and chat.ids == ["bill:ok", "bill:wrong"]


def test_the_best_file_of_a_burst_counts_and_is_one_reply() -> None:
    refused = BillRefused(reason="too_large")
    chat = sends(awaiting_bill(), bad("unreadable"), bill(**SMALL), bill(), bad("not_document"), refused)
    assert "R$ 412,30" in chat.text and "grande demais" not in chat.text and chat.ids == ["bill:ok", "bill:wrong"]
    assert chat.lead.memory["bill"]["others"] == ["below_minimum"]
    chat = sends(awaiting_bill(), bad("not_document"), bad("ask_again", "total_missing"), refused)
    assert "o valor total" in chat.text and "não parece" not in chat.text and chat.lead.memory["refusals"] == 1


def test_the_same_bill_again_is_answered_from_its_reading() -> None:
    chat = read_back()
    sends(chat, bill(known=True))
    assert chat.ids == ["bill:ok", "bill:wrong"] and "tudo certo?" in chat.text
    chat.says("sim")
    sends(chat, bill(known=True))
    assert "já tinha recebido" in chat.text and chat.ids[0] == "plan:556"


def test_a_known_bill_that_this_lead_never_answered_for_is_read_back() -> None:
    chat = sends(awaiting_bill(), bill(known=True))
    assert "R$ 412,30" in chat.text and chat.ids == ["bill:ok", "bill:wrong"]


def test_a_small_bill_beside_one_that_is_enough_changes_nothing() -> None:
    chat = read_back()
    chat.says("sim")
    sends(chat, bill(**SMALL))
    assert chat.lead.memory["bill"]["outcome"] == "qualified" and chat.ids[0] == "plan:556"


def test_a_closed_conversation_keeps_a_bill_without_a_second_decision() -> None:
    chat = sends(handed_over(), bill(**SMALL))
    assert "junto do seu atendimento" in chat.text and "bill" not in chat.lead.memory
    assert (chat.lead.stage, chat.lead.qualification) == (Stage.INTERESTED, Qualification.NEEDS_REVIEW)


# --- understanding ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("está certo", (True, False, {})),
        ("não tem nada errado", (True, False, {})),
        ("o valor é 412,30", (True, False, {})),
        ("é da Celpe mesmo", (True, False, {})),
        ("o vencimento está errado", (False, True, {})),
        ("o vencimento é dia 15", (False, False, {})),
        ("não é esse valor", (False, True, {})),
        ("o mínimo é R$ 200?", (False, False, {})),
        ("15", (False, False, {})),
        ("me dê 90% de desconto", (False, False, {})),
    ],
)
def test_words_about_the_data_are_told_apart(said: str, meant: tuple[bool, bool, dict[str, str]]) -> None:
    heard = hear((text(said),))
    assert heard is not None
    got = read(heard, Decimal("412.30"), "Neoenergia Pernambuco", "PE")
    assert (got.right, got.wrong, got.values) == meant


@pytest.mark.parametrize(
    ("said", "meant"), [("ela assina", "yes"), ("sem problema", "yes"), ("ele já faleceu", "no"), ("blá", None)]
)
def test_what_is_said_of_the_holder_is_told_apart(said: str, meant: str | None) -> None:
    heard = hear((text(said),))
    assert heard is not None and agreement(heard) == meant
