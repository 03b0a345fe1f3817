"""What the reviewed answers may say, and how their file has to be written."""

import re
import string
from collections import Counter

import pytest

from flows.assistant.knowledge import Entry, entries
from flows.assistant.knowledge.entries import faq, read
from flows.brazil.folding import fold, spoken, unaccent

NAMED_BY_THE_BRIEF = {
    "titular_falecido",
    "aluguel",
    "cnpj_empresa",
    "nota_fiscal",
    "reajuste",
    "concorrente",
    "ja_sou_cliente",
    "baixa_renda",
    "cnpj_reputacao",
    "queda_de_luz",
    "segunda_via",
    "quando_comeca",
    "quem_assina",
    "valor_minimo",
    "qual_o_melhor",
    "quando_ligam",
    "quando_chega",
    "quantas_contas",
    "foto_antiga",
    "como_mandar",
    "print_ou_pdf",
    "base_legal",
    "contrato_minuta",
    "desconto_em_reais",
    "meu_nome_sujo",
    "prazo_cancelamento",
}

# What no source carries, whoever asks (docs/domain.md 1.5); "se encaixar" and "há análise" are no promise.
PROMISES = {
    "a figure of a plan": r"%|\bpor cento|\bpercent",
    "a sum of money": r"r\$|\d reais",
    "a guarantee": r"\bgarant",
    "an approval": r"\baprovad|\baprovamos|\bja passou",
    "something for nothing": r"\bgratis|\bde graca|\bgratuit|\bcusto zero|\bsem custo",
    "energy for sale": r"\bvendemos|\bvende energia|\bcompre\b|\benergia mais barata|\bfornecedor",
    "panels": r"\btelhado|\binstalamos|\bfinancia",
    "a date": r"\bmes que vem|\bproxima conta|\bimediat|\bem \d+ dias|\b24 ?h",
    "an easy exit": r"\bsem multa|\bcancele quando|\ba qualquer (?:hora|momento)",
    "a bill to ignore": r"\bnao precisa pagar|\bdeix\w+ de pagar|\bignor\w+ a conta",
    "one bill or two": r"\buma so conta|\bconta unica|\bum so boleto",
    "everywhere": r"\btodo o brasil|\bqualquer cidade",
    "a document": r"\bcpf\b|\brg\b|\bsenha",
    "a CNPJ": r"\d{2}\.\d{3}\.\d{3}/\d{4}",
    "hurry": r"\bultim[ao]s? (?:vaga|chance|dia)|\bso hoje|\bcorr[ae]\b",
}


def _said(entry: Entry) -> list[str]:
    return [text for text in (entry.answer, entry.before) if text]


def test_the_twenty_entries_stayed_and_what_leads_asked_has_joined_them():
    assert len(entries()) >= 46
    assert set(entries()) >= NAMED_BY_THE_BRIEF


@pytest.mark.parametrize("entry", entries().values(), ids=lambda entry: entry.id)
def test_an_answer_is_short_asks_nothing_and_promises_nothing(entry):
    for text in _said(entry):
        promised = [what for what, pattern in PROMISES.items() if re.search(pattern, unaccent(text))]
        assert not promised, text
        assert "?" not in text and "**" not in text
        assert len(re.findall(r"[.!](?:\s|$)", text)) <= 3, text
        assert len(text) <= 280


@pytest.mark.parametrize("entry", entries().values(), ids=lambda entry: entry.id)
def test_an_entry_names_its_source_its_risk_and_enough_ways_to_ask(entry):
    assert entry.source and entry.risk in {"safe", "careful", "high"}
    assert len(entry.questions) >= 8


@pytest.mark.parametrize("entry", entries().values(), ids=lambda entry: entry.id)
def test_placeholders_are_ones_that_whoever_says_it_can_fill(entry):
    for text in _said(entry):
        assert {name for _, name, _, _ in string.Formatter().parse(text) if name} <= {"deadline", "minimum"}


def test_a_call_is_promised_only_once_somebody_was_asked_to_call():
    needing = {entry.id for entry in entries().values() if "{deadline}" in entry.answer}
    assert needing == {entry.id for entry in entries().values() if entry.needs == "handed_over"} == {"quando_ligam"}
    assert "{deadline}" not in (entries()["quando_ligam"].before or "{deadline}")


def test_no_question_belongs_to_two_entries():
    asked = Counter(fold(question) for entry in entries().values() for question in set(entry.questions))
    assert [question for question, times in asked.items() if times > 1] == []


def test_no_word_belongs_to_two_groups_of_synonyms():
    groups = Counter(word for words in faq().wording.synonyms.values() for word in {spoken(w) for w in words})
    assert [word for word, times in groups.items() if times > 1] == []


def test_an_entry_with_needs_and_nothing_to_say_before_is_refused(tmp_path):
    path = tmp_path / "faq.toml"
    path.write_text(
        '[[faq]]\nid = "a"\nquestions = ["A?"]\nanswer = "A."\nrisk = "safe"\nsource = "s"\nlast_review = 2026-11-30\n'
        'needs = "handed_over"\n'
    )
    with pytest.raises(ValueError, match="a is there twice"):
        read(path)
