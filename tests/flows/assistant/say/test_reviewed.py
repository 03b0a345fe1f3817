"""The reviewed voice: a sentence for every code, in one manner, and one message out of acts."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from flows.assistant.decide.acts import PROMISES_A_PERSON, Act, Code, Fact, Source
from flows.assistant.meaning import Question
from flows.assistant.say import apology, called, reminder, reviewed
from flows.assistant.say.check import sentences_of
from flows.assistant.say.message import MOST_TEXT_WITH_CHOICES, Unsaid
from flows.assistant.say.sentences import NEEDS, facts_in, sentences, table, variants
from flows.assistant.say.wording import FACTS as KNOWN_FACTS
from flows.assistant.state import State
from flows.domain import Stage
from tests.flows.assistant.say.acts import BRASILIA, FACTS, KNOWN, OFFERS, OLINDA, RECIFE, act

EVERY = [(code, text) for code in Code for text in variants(code)]
# Texts that explain more than one thing at once, and may take the room for it.
LONG = {Code.WRONG_PERSON, Code.GREET, Code.GREET_BY_NAME, Code.ERASE_ASK, Code.SMALL, Code.LANGUAGE, Code.DECLINED}


def said(*acts: Act, **more: object) -> str:
    content = reviewed(acts, KNOWN, **more)  # type: ignore[arg-type]
    assert content is not None
    return content.text


def test_every_code_has_a_sentence_and_every_sentence_a_code() -> None:
    assert set(sentences()) == {code.value for code in Code}


def test_a_sentence_names_only_facts_that_can_be_worded() -> None:
    assert {name for _, text in EVERY for name in facts_in(text)} <= KNOWN_FACTS


def test_a_sentence_is_short() -> None:
    long = [code for code, text in EVERY if len(text) > (320 if code in LONG else 240)]
    many = [code for code, text in EVERY if len(re.split(r"(?<=[.!?])\s", text)) > (4 if code in LONG else 3)]
    assert not long and not many


def test_only_a_sentence_that_asks_asks_and_only_once() -> None:
    asking = {code for code, text in EVERY if "?" in text}
    assert not [code for code, text in EVERY if text.count("?") != (code in asking)]
    assert not [code for code in asking if code.value.startswith(("recall.", "circumstance.", "heard.", "closing."))]


def test_only_two_emoji_are_used_and_at_most_one_a_sentence() -> None:
    emoji = {text: [c for c in text if ord(c) >= 0x2600] for _, text in EVERY}
    assert not [text for text, found in emoji.items() if len(found) > 1 or not set(found) <= {"😊", "⚡"}]
    assert sum(map(bool, emoji.values())) < 0.25 * len(emoji)


def test_bold_is_one_asterisk_and_closed() -> None:
    assert not [text for _, text in EVERY if "**" in text or text.count("*") % 2]


def test_a_sentence_promises_nothing_by_itself() -> None:
    promise = re.compile(
        r"garant|grátis|gratuit|de graça|aprovad|%|r\$|economiz|isent|telhado|vendemos|hoje|amanhã|obrigad[oa]\b|bem-vind"
    )
    assert not [text for _, text in EVERY if promise.search(text.lower())]


def test_a_deadline_is_named_only_where_a_person_is_promised() -> None:
    assert {code for code in Code if "deadline" in NEEDS[code]} <= PROMISES_A_PERSON


def test_a_wrong_person_is_told_nothing_of_the_forms_owner() -> None:
    assert NEEDS[Code.WRONG_PERSON] == NEEDS[Code.WRONG_PERSON_AGAIN] == frozenset()


@pytest.mark.parametrize("code", [code for code in Code if code is not Code.ANSWER])
def test_every_act_is_said_whole(code: Code) -> None:
    text = said(act(code))
    assert "{" not in text and "None" not in text
    assert len(text) <= 4096


def test_paragraphs_stand_in_the_order_of_the_acts() -> None:
    text = said(act(Code.GREET_BY_NAME), act(Code.THANKS), act(Code.PLACE_CONFIRM_FORM))
    assert text.split("\n\n")[0].startswith("Oi, Ana! 😊 Meu nome é *Sílvia*")
    assert text.split("\n\n")[2] == "Pelo seu cadastro, a sua conta de luz é de *Recife/PE*. É isso mesmo?"


def test_plans_are_listed_with_their_rows() -> None:
    ids = [f"plan:{offer.plan_id}" for offer in OFFERS]
    content = reviewed(
        [act(Code.PLANS), act(Code.PLANS_SCOPE), act(Code.PLAN_ASK, *ids, "doubt", asks=Question.PLAN)], KNOWN
    )
    assert content is not None
    assert content.text.startswith(
        "Estes são os planos da *CELPE (Neoenergia Pernambuco)*:\n"
        "1. *Plano Premium*: 18% de desconto, fidelidade de 60 meses · Primeira fatura paga pela Serena\n"
    )
    assert [row.id for row in content.rows] == [*ids, "doubt"]
    assert content.rows[0].title == "1. 18% de desconto"
    assert content.rows[0].description == "Plano Premium · fidelidade 60 meses · Primeira fatura paga pela Serena"
    assert content.list_label == "Ver planos"


def test_one_plan_alone_is_taken_with_a_button() -> None:
    one = OFFERS[:1]
    acts = [act(Code.PLANS, offers=one), act(Code.PLAN_ASK_ONE, "plan:7", "doubt", asks=Question.PLAN)]
    content = reviewed(acts, KNOWN)
    assert content is not None
    assert "Este é o plano da" in content.text
    assert [(button.id, button.title) for button in content.buttons] == [
        ("plan:7", "Quero esse"),
        ("doubt", "Tenho uma dúvida"),
    ]


def test_a_bill_is_read_back_line_by_line_without_what_was_not_read() -> None:
    text = said(act(Code.READING), act(Code.READING_RIGHT))
    assert "Titular: *Ana*\nTotal: *R$ 412,30*\nDistribuidora: *Neoenergia Pernambuco*\nCidade: *Recife/PE*" in text
    assert "Mês: *10/2026*\nVencimento: *20/11*" in text


@pytest.mark.parametrize(
    ("code", "asks", "ids", "titles"),
    [
        (
            Code.PLACE_CONFIRM,
            Question.CONFIRM_PLACE,
            (f"place:{RECIFE}", "place:no"),
            ["Sim, é aqui", "Não, outra cidade"],
        ),
        (
            Code.READING_WHICH_PLACE,
            Question.BILL_PLACE,
            (f"place:{RECIFE}", f"place:{OLINDA}"),
            ["Recife/PE", "Olinda/PE"],
        ),
        (Code.PLAN_CONFIRM, Question.CONFIRM_PLAN, ("plan:yes", "plan:no"), ["Quero esse", "Não é esse"]),
        (
            Code.UTILITY_ASK,
            Question.UTILITY,
            ("utility:CPFL Paulista", "utility:Elektro"),
            ["CPFL Paulista", "Elektro"],
        ),
        (
            Code.CANCEL_ASK,
            Question.CANCEL,
            ("stop:yes", "cancel:contract", "cancel:no"),
            ["Parar mensagens", "Cancelar contrato", "Nenhum dos dois"],
        ),
        (Code.PERSON_OFFER, Question.PERSON, ("person:yes", "person:no"), ["Chamar uma pessoa", "Continuar por aqui"]),
    ],
)
def test_choices_are_titled(code: Code, asks: Question, ids: tuple[str, ...], titles: list[str]) -> None:
    content = reviewed([act(code, *ids, asks=asks)], KNOWN)
    assert content is not None
    assert [button.title for button in content.buttons] == titles
    assert [button.id for button in content.buttons] == list(ids)


def test_many_namesakes_become_a_list_that_keeps_the_state() -> None:
    ids = [f"place:{code}" for code in (2611606, 2609600, 2607901, BRASILIA, 1718865)]
    content = reviewed([act(Code.PLACE_WHICH, *ids, asks=Question.WHICH_CITY)], KNOWN)
    assert content is not None
    assert len(content.rows) == 5
    assert content.rows[2].title == "Jaboatão dos…/PE"
    assert content.rows[2].description == "Jaboatão dos Guararapes/PE"


def test_every_button_fits() -> None:
    assert all(len(title) <= 20 for title in table()["buttons"].values())


def test_a_text_too_long_for_choices_goes_alone() -> None:
    names = tuple(f"Distribuidora de Nome Bastante Comprido Número {n}" for n in range(25))
    content = reviewed([act(Code.UTILITY_AGAIN, "utility:CEMIG", asks=Question.UTILITY, names=names)], KNOWN)
    assert content is not None
    assert len(content.text) > MOST_TEXT_WITH_CHOICES
    assert not content.buttons


def test_an_act_without_its_fact_is_left_out_and_warned_about() -> None:
    with pytest.warns(Unsaid, match=r"place\.noted wants the fact place"):
        content = reviewed([Act(Code.PLACE_NOTED), act(Code.BILL_ASK)], KNOWN)
    assert content is not None
    assert content.text.startswith("Para conferir o seu consumo")


def test_nothing_to_say_is_no_message() -> None:
    assert reviewed([], KNOWN) is None


def test_no_sentence_stands_twice_in_a_message() -> None:
    text = said(act(Code.STALE), act(Code.STALE), act(Code.BILL_AGAIN))
    parts = sentences_of(text)
    assert len(parts) == len(set(parts)) == 2


def test_a_variant_gives_way_to_one_that_was_not_said_last() -> None:
    first = said(act(Code.BILL_AGAIN))
    assert said(act(Code.BILL_AGAIN), last=(first,)) != first
    assert said(act(Code.BILL_AGAIN), variant=1) != first
    assert said(act(Code.BILL_AGAIN), variant=1, last=(said(act(Code.BILL_AGAIN), variant=1),)) == first


def test_an_acts_own_fact_counts_before_what_is_known_of_the_whole() -> None:
    own = Act(Code.PERSON_CALLED, {"deadline": Fact("na segunda-feira", Source.TERMS)})
    assert said(own).endswith("fala com você na segunda-feira.")


@pytest.mark.parametrize(
    ("stage", "state", "sequence", "words"),
    [
        (Stage.INITIAL, State(), 1, "confirmar a cidade"),
        (Stage.AWAITING_BILL, State(), 1, "falta só a foto"),
        (Stage.AWAITING_BILL, State(later=True), 1, "no seu tempo"),
        (Stage.BILL_PROCESSED, State(asked=Question.BILL_OK), 1, "se os dados estão certos"),
        (Stage.BILL_PROCESSED, State(asked=Question.PERSON, resume=Question.BILL_OK), 1, "se os dados estão certos"),
        (Stage.PLANS_SENT, State(), 1, "os planos que te mostrei"),
        (Stage.PLANS_SENT, State(), 2, "não quero insistir"),
        (Stage.PLANS_SENT, State(), 3, "última mensagem"),
    ],
)
def test_a_silent_lead_is_reminded_of_what_waits(stage: Stage, state: State, sequence: int, words: str) -> None:
    content = reminder("Ana Souza", stage, state, sequence)
    assert content.text.startswith("Ana, ")
    assert words in content.text
    assert 50 <= len(content.text) <= 1000


def test_a_stranger_is_not_reminded_by_the_forms_name() -> None:
    assert "Ana" not in reminder("Ana", Stage.INITIAL, State(disowned=True), 1).text


def test_an_apology_has_no_technical_word() -> None:
    assert "atendente" in apology().text
    assert not re.search(r"erro|sistema|falha", apology().text)


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("ANA MARIA", "Ana"),
        ("dona Nilza", "Nilza"),
        ("Padaria Pão Bom", None),
        ("João ME LTDA", None),
        ("🌻", None),
        (None, None),
        ("D'Ávila", "D'Ávila"),
    ],
)
def test_people_are_called_by_their_first_name_and_companies_by_none(name: str | None, first: str | None) -> None:
    assert called(name) == first


def test_facts_of_tests_are_those_that_exist() -> None:
    assert set(FACTS) - {"holder"} == KNOWN_FACTS


@pytest.mark.parametrize(("holder", "named"), [("match", True), ("mismatch", False)])
def test_read_once_more_a_holder_who_is_the_lead_has_the_leads_name(holder: str, named: bool) -> None:
    """No holder's name is remembered; the lead's own is the lead's."""
    again = Act(Code.READING_AGAIN, {"bill": Fact(replace(FACTS["bill"], holder=holder), Source.BILL)})
    content = reviewed((again,), {"name": "MARIA da Silva"})
    assert content is not None and ("Titular: *Maria*" in content.text) is named
