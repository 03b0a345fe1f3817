"""A CEP is found in what leads write, numbers of other kinds are not, and each state has its ranges."""

from __future__ import annotations

import time

import pytest

from flows.assistant.place.ceps import find, state_of


@pytest.mark.parametrize(
    "text",
    [
        "50030-230",
        "50.030-230",
        "50030 - 230",
        "50030–230",
        "meu cep é 50030230",
        "CEP: 50030-230",
        "Cep 50.030.230",
        "cep 50030 230, Recife",
        "o cep da minha rua é 50030230.",
        "CEP da conta: 50030-230",
        "Rua da Aurora, 100, 50030-230, Recife",
        "rua 7 nº 100 50030-230",
        "moro no 50030-230 e meu telefone é (81) 99988-7766",
        "telefone 81999887766, cep 50030230",
        "５００３０-２３０",
        "cep\n50030-230",
    ],
)
def test_a_cep_is_found_however_it_is_written(text):
    assert find(text) == "50030-230"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "cep",
        "não sei o meu cep",
        "(81) 99988-7766",
        "81 99988-776",
        "(81) 99988-776",
        "+55 99988-776",
        "meu zap é 99988-776",
        "3456-7890",
        "34567890",
        "50030230",
        "123.456.789-09",
        "12.345.678/0001-95",
        "12.345.678-9",
        "R$ 50.030,23",
        "R$ 50030-230",
        "paguei 350,00 em 10/10/2026",
        "UC 50030-230",
        "unidade consumidora nº 50030-230",
        "instalação: 50030-230",
        "código do cliente 50030-230",
        "conta contrato 50030-230",
        "o cpf é 50030-230",
        "1234550030-230",
        "50030-2305",
        "1.50030-230",
        "50030-230-1",
        "83610000001-5 35000048100-2",
        "cep 5003023",
        "cep 500302301",
        "meu cep mudou, a conta é 350,00",
        "cep não lembro, fone 99988-776",
        "00000-000",
        "cep 00999-999",
    ],
)
def test_other_numbers_are_no_cep(text):
    assert find(text) is None


def test_of_several_the_last_counts_because_people_correct_themselves():
    assert find("não é 50030-230, é 01310-100") == "01310-100"


def test_the_word_decides_over_the_form():
    assert find("cep 50030230, caixa postal 01310-100") == "50030-230"


@pytest.mark.parametrize("text", ["50030230", " 50030230. ", "50030 230", "50.030-230"])
def test_eight_digits_alone_are_a_cep_when_we_asked_for_one(text):
    assert find(text, expecting=True) == "50030-230"


@pytest.mark.parametrize("text", ["R$ 50030-230", "tel 50030230", "81999887766", "5003023", "50030230 e 50030231"])
def test_asking_does_not_make_other_numbers_a_cep(text):
    assert find(text, expecting=True) is None


@pytest.mark.parametrize(
    ("first", "last", "state"),
    [
        ("01000-000", "19999-999", "SP"),
        ("20000-000", "28999-999", "RJ"),
        ("29000-000", "29999-999", "ES"),
        ("30000-000", "39999-999", "MG"),
        ("40000-000", "48999-999", "BA"),
        ("49000-000", "49999-999", "SE"),
        ("50000-000", "56999-999", "PE"),
        ("57000-000", "57999-999", "AL"),
        ("58000-000", "58999-999", "PB"),
        ("59000-000", "59999-999", "RN"),
        ("60000-000", "63999-999", "CE"),
        ("64000-000", "64999-999", "PI"),
        ("65000-000", "65999-999", "MA"),
        ("66000-000", "68899-999", "PA"),
        ("68900-000", "68999-999", "AP"),
        ("69000-000", "69299-999", "AM"),
        ("69300-000", "69399-999", "RR"),
        ("69400-000", "69899-999", "AM"),
        ("69900-000", "69999-999", "AC"),
        ("70000-000", "72799-999", "DF"),
        ("72800-000", "72999-999", "GO"),
        ("73000-000", "73699-999", "DF"),
        ("73700-000", "76799-999", "GO"),
        ("76800-000", "76999-999", "RO"),
        ("77000-000", "77999-999", "TO"),
        ("78000-000", "78899-999", "MT"),
        ("78900-000", "78999-999", "RO"),
        ("79000-000", "79999-999", "MS"),
        ("80000-000", "87999-999", "PR"),
        ("88000-000", "89999-999", "SC"),
        ("90000-000", "99999-999", "RS"),
    ],
)
def test_each_state_has_its_ranges(first, last, state):
    assert (state_of(first), state_of(last)) == (state, state)


@pytest.mark.parametrize(
    "cep", ["", "00000-000", "00999-999", "5003023", "500302301", "abcde-fgh", "５００３０２３０x"]
)
def test_what_is_no_cep_lies_nowhere(cep):
    assert state_of(cep) is None


@pytest.mark.parametrize("cep", ["50030-230", "50030230", "50.030-230", "50030 230"])
def test_punctuation_does_not_move_a_cep(cep):
    assert state_of(cep) == "PE"


@pytest.mark.parametrize(
    "text", ["cep " * 3000, "conta." * 2000 + "50030-230", "1" * 9000, "cep" + " de" * 4000, ".-" * 5000]
)
def test_a_pasted_page_costs_next_to_nothing(text):
    started = time.perf_counter()
    find(text, expecting=True)
    assert time.perf_counter() - started < 0.2
