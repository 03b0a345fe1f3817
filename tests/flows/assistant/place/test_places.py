"""A lead's town is understood as Brazilians write it, and everyday words are not taken for towns."""

from __future__ import annotations

import json
import time
from importlib.resources import files

import pytest

from flows.assistant.place.gazetteer import capital, named
from flows.assistant.place.places import Nothing, OnlyState, Place, Several, by_code, find, in_state, uf
from flows.brazil.folding import fold


def short(found: object) -> str:
    """`City/UF`, `?City/UF City/UF`, `UF` or ``: one line a table can hold."""
    match found:
        case Place():
            return f"{found.city}/{found.state}"
        case Several():
            return "?" + " ".join(f"{p.city}/{p.state}" for p in found.candidates)
        case OnlyState():
            return found.state
        case Nothing():
            return ""
    raise AssertionError(found)


def test_every_municipality_of_brutils_is_here_under_the_same_name() -> None:
    codes = json.loads(files("brutils").joinpath("data/cities_code.json").read_text("utf-8"))
    for state, cities in codes.items():
        for name, code in cities.items():
            place = by_code(int(code))
            assert place is not None and place.state == state
            assert fold(place.city) == fold(name)
    assert sum(len(cities) for cities in codes.values()) == 5570


def test_names_carry_their_accents() -> None:
    assert by_code(3550308) == Place("São Paulo", "SP", 3550308)
    assert by_code(1100015) == Place("Alta Floresta D'Oeste", "RO", 1100015)
    assert by_code(5101837) == Place("Boa Esperança do Norte", "MT", 5101837)
    assert by_code(1) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("moro em Recife", "Recife/PE"),
        ("MORO EM RECIFE", "Recife/PE"),
        ("eu moro aqui em recife mesmo", "Recife/PE"),
        ("então eu moro na cidade de são josé dos campos", "São José dos Campos/SP"),
        ("sou de Olinda", "Olinda/PE"),
        ("sou do Rio", "Rio de Janeiro/RJ"),
        ("moro no rio", "Rio de Janeiro/RJ"),
        ("Recife/PE", "Recife/PE"),
        ("Recife - PE", "Recife/PE"),
        ("Recife-PE", "Recife/PE"),
        ("Recife (PE)", "Recife/PE"),
        ("recife pe", "Recife/PE"),
        ("recife pernambuco", "Recife/PE"),
        ("Recife, Pernambuco.", "Recife/PE"),
        ("PE, Recife", "Recife/PE"),
        ("pernambuco recife", "Recife/PE"),
        ("em Campinas, SP", "Campinas/SP"),
        ("Campinas São Paulo", "Campinas/SP"),
        ("Campinas, interior de São Paulo", "Campinas/SP"),
        ("moro em BH", "Belo Horizonte/MG"),
        ("aqui em Beagá", "Belo Horizonte/MG"),
        ("sampa", "São Paulo/SP"),
        ("sou de POA", "Porto Alegre/RS"),
        ("moro em Poá", "Poá/SP"),
        ("poa sp", "Poá/SP"),
        ("floripa", "Florianópolis/SC"),
        ("SP capital", "São Paulo/SP"),
        ("capital de Pernambuco", "Recife/PE"),
        ("São Paulo capital", "São Paulo/SP"),
        ("moro em são paulo", "São Paulo/SP"),
        ("São Paulo/SP", "São Paulo/SP"),
        ("São Paulo - São Paulo", "São Paulo/SP"),
        ("Rio de Janeiro", "Rio de Janeiro/RJ"),
        ("Niterói, Rio de Janeiro", "Niterói/RJ"),
        ("S. José dos Campos", "São José dos Campos/SP"),
        ("s jose dos campos", "São José dos Campos/SP"),
        ("moro em sto andré sp", "Santo André/SP"),
        ("Sta. Maria/RS", "Santa Maria/RS"),
        ("São José do Rio Preto", "São José do Rio Preto/SP"),
        ("santa bárbara d'oeste", "Santa Bárbara d'Oeste/SP"),
        ("santa barbara d’oeste", "Santa Bárbara d'Oeste/SP"),
        ("moro em santa barbara d oeste", "Santa Bárbara d'Oeste/SP"),
        ("Não-Me-Toque/RS", "Não-Me-Toque/RS"),
        ("brasília", "Brasília/DF"),
        ("moro no DF", "Brasília/DF"),
        ("Taguatinga - DF", "Brasília/DF"),
        ("ceilândia", "Brasília/DF"),
        ("Campo Grande MS", "Campo Grande/MS"),
        ("campo grande mato grosso do sul", "Campo Grande/MS"),
        ("Campo Grande, no estado de Mato Grosso do Sul", "Campo Grande/MS"),
        ("Santa Maria que fica no RS", "Santa Maria/RS"),
        ("Goiás/GO", "Goiás/GO"),
        ("Tocantins MG", "Tocantins/MG"),
        ("vocês atendem Recife?", "Recife/PE"),
        ("vcs atendem em natal?", "Natal/RN"),
        ("Atendem Salvador?", "Salvador/BA"),
        ("vocês tem plano em Fortaleza", "Fortaleza/CE"),
        ("funciona em Vitória?", "Vitória/ES"),
        ("sou de Natal", "Natal/RN"),
        ("moro em Salvador", "Salvador/BA"),
        ("aqui em Vitória ES", "Vitória/ES"),
        ("Natal/RN", "Natal/RN"),
        ("Palmas - TO", "Palmas/TO"),
        ("Luz/MG", "Luz/MG"),
        ("a cidade é Conde, PB", "Conde/PB"),
        ("minha cidade é Socorro", "Socorro/SP"),
        ("não, moro em Olinda", "Olinda/PE"),
        ("não moro em Recife, moro em Olinda", "Olinda/PE"),
        ("não é Recife, é Olinda", "Olinda/PE"),
        ("sou de Olinda mas moro em Recife", "Recife/PE"),
        ("nasci em Caruaru e hoje moro em Olinda", "Olinda/PE"),
        ("mudei de Recife para Olinda", "Olinda/PE"),
        ("moro na rua Campinas, em Recife", "Recife/PE"),
        ("Bairro Boa Vista, Recife/PE", "Recife/PE"),
        ("a minha distribuidora é Enel São Paulo mas moro em Osasco", "Osasco/SP"),
        ("moro em recfie", "Recife/PE"),
        ("sou de Pindamoiangaba", "Pindamonhangaba/SP"),
        ("moro em riobranco ac", "Rio Branco/AC"),
        ("moro em sao jose campos", "São José dos Campos/SP"),
        ("moro em Belém do Pará", "Belém/PA"),
        ("Belém, Para", "Belém/PA"),
        ("Olá, bom dia! Sou de Caruaru e queria saber do desconto", "Caruaru/PE"),
        ("Jaboatao dos guararapes pernambuco", "Jaboatão dos Guararapes/PE"),
        ("jaboatão", "Jaboatão dos Guararapes/PE"),
    ],
)
def test_a_town_is_understood(text: str, expected: str) -> None:
    assert short(find(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Recife", "Recife/PE"),
        ("natal", "Natal/RN"),
        ("Salvador", "Salvador/BA"),
        ("Vitória", "Vitória/ES"),
        ("é vitória mesmo", "Vitória/ES"),
        ("Rio", "Rio de Janeiro/RJ"),
        ("Socorro!", "Socorro/SP"),
        ("Não-me-toque", "Não-Me-Toque/RS"),
        ("Sim, Palmas - TO", "Palmas/TO"),
        ("bom dia, fortaleza", "Fortaleza/CE"),
        ("Ponta Negra, Natal", "Natal/RN"),
        ("recfie", "Recife/PE"),
        ("Curutiba", "Curitiba/PR"),
        ("curitba pr", "Curitiba/PR"),
        ("goainia", "Goiânia/GO"),
        ("florianopoliss", "Florianópolis/SC"),
        ("belohorizonte", "Belo Horizonte/MG"),
        ("ribeirao das neve", "Ribeirão das Neves/MG"),
        ("Feira Santana", "Feira de Santana/BA"),
        ("sao jose campos", "São José dos Campos/SP"),
        ("Mogi das cruzes", "Mogi das Cruzes/SP"),
        ("moji das cruses", "Mogi das Cruzes/SP"),
        ("pe", "PE"),
        ("to", "TO"),
        ("Pará", "PA"),
        ("é em Pernambuco", "PE"),
        ("goiás", "GO"),
        ("Minas", "MG"),
        ("minas gerais", "MG"),
        ("rio grande do sul", "RS"),
        ("Rio Grande do Norte", "RN"),
        ("estado de São Paulo", "SP"),
        ("interior de São Paulo", "SP"),
        ("perto de Recife", "PE"),
        ("distrito federal", "Brasília/DF"),
        ("Mogi", "?Mogi das Cruzes/SP Mogi Guaçu/SP Mogi Mirim/SP"),
        # Not answers, although we asked.
        ("não entendi, como funciona a conta de luz?", ""),
        ("obrigado", ""),
        ("boa noite", ""),
        ("agora não posso", ""),
        ("quero falar com uma pessoa", ""),
        ("minha conta vem 300 reais", ""),
        ("posso mandar a conta", ""),
        ("qual o desconto", ""),
        ("é da minha esposa Vitória Maria", ""),
        ("por que vocês querem saber", ""),
        ("sim", ""),
        ("ok", ""),
        ("kkkkkk", ""),
    ],
)
def test_a_bare_answer_is_understood_when_we_asked(text: str, expected: str) -> None:
    assert short(find(text, expecting_place=True)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Como funciona MG",
        "na conta RO",
        "NA CONTA RO",
        "QUERO SABER SE PRECISA PAGAR PARA TER",
        "se precisar eu mando",
        "para",
        "para mim está bom",
        "to",
        "am",
        "pa",
        "to no trabalho",
        "não se preocupe",
        "vou ver se dá",
        "moro aqui se precisar",
        "o conde mandou a conta",
        "a central de atendimento não responde",
        "estou com saudades",
        "que saudade",
        "moro na Barra",
        "estou feliz com o desconto",
        "feliz natal",
        "Feliz Natal para vocês!",
        "a conta do natal veio alta",
        "uma casa nova",
        "a Vitória é minha esposa",
        "Sou a Vitória",
        "aqui é a Vitória",
        "meu nome é Carlos Barbosa",
        "a conta está no nome de Maria Helena",
        "Maria Helena dos Santos",
        "Bom Jesus, que conta alta!",
        "santo antônio me ajude",
        "com esperança de pagar menos",
        "que alegria",
        "o planalto aumentou o imposto",
        "sem amparo nenhum",
        "socorro!",
        "a luz está cara",
        "conta de luz",
        "conta de luz MG",
        "minha conta de luz",
        "faltou luz em casa",
        "cedro",
        "palmas 👏",
        "uma boa vista do mar",
        "independência financeira",
        "não me toque",
        "coração de maria",
        "a conta chegou",
        "espera feliz",
        "em terra nova",
        "ele é o salvador",
        "trabalho no Banco Itaú",
        "moro na rua Recife",
        "Av. Rio Branco, 300",
        "bairro São José",
        "a distribuidora é a Enel São Paulo",
        "Energisa Paraíba",
        "Neoenergia Brasília",
        "bom dia",
        "boa tarde, tudo bem?",
        "quero o plano 2",
        "precisa de placas?",
        "já tenho placas",
        "é sério isso?",
        "com prazer",
        "do espírito santo amém",
        "em nome do Espírito Santo",
        "a conta veio 300 reais em maio",
        "obrigada, fico no aguardo",
        "estou em casa",
        "moro em apartamento",
        "moro em casa alugada",
        "moro em um condomínio",
        "moro em uma chácara",
        "moro com minha mãe",
        "tem fidelidade?",
        "qual o porto seguro disso",
        "perto do rio",
        "não moro em Recife",
        "",
        "👍",
        "1",
    ],
)
def test_everyday_words_are_no_town(text: str) -> None:
    assert short(find(text)) == ""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Campo Grande", "?Campo Grande/MS Rio de Janeiro/RJ Campo Grande/RN Campo Grande/AL"),
        ("moro em Santa Maria", "?Santa Maria/RS Santa Maria/RN"),
        ("moro em bom jesus", "?Bom Jesus/PI Bom Jesus/RN Bom Jesus/PB Bom Jesus/SC Bom Jesus/RS"),
        ("sou de boa vista", "?Boa Vista/RR Boa Vista/PB"),
        ("sou de rio branco", "?Rio Branco/AC Rio Branco/MT"),
        ("moro em rio preto", "?São José do Rio Preto/SP Rio Preto/MG"),
        ("moro em São José", "?São José/SC São José dos Campos/SP São José do Rio Preto/SP"),
        ("Recife ou Olinda", "?Recife/PE Olinda/PE"),
    ],
)
def test_an_ambiguous_name_is_asked_back_with_the_large_city_first(text: str, expected: str) -> None:
    assert short(find(text)) == expected


@pytest.mark.parametrize(
    ("text", "state", "expected"),
    [
        ("Campo Grande", "AL", "Campo Grande/AL"),
        ("moro em Santa Maria", "RS", "Santa Maria/RS"),
        ("moro em Bom Jesus", "piauí", "Bom Jesus/PI"),
        ("Santa Maria RN", "RS", "Santa Maria/RN"),
        ("moro em Campinas", "PE", "Campinas/SP"),
        ("moro em caxias", "RJ", "Duque de Caxias/RJ"),
        ("moro na Serra", "ES", "Serra/ES"),
        ("moro na capital", "PE", "Recife/PE"),
        ("poa", "SP", "Poá/SP"),
        ("moro em Santa Maria", "SP", "?Santa Maria/RS Santa Maria/RN"),
    ],
)
def test_a_known_state_decides_between_homonyms(text: str, state: str, expected: str) -> None:
    assert short(find(text, state=state)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("moro em Pernambuco", "PE"),
        ("sou da Bahia", "BA"),
        ("vocês atendem em SP?", "SP"),
        ("moro em sp", "SP"),
        ("aqui em MG", "MG"),
        ("sou do rs", "RS"),
        ("SP", "SP"),
        ("Sou do Espírito Santo", "ES"),
        ("Recife/SP", "SP"),
        ("moro no interior do Ceará", "CE"),
        ("região metropolitana do Recife", "PE"),
    ],
)
def test_a_state_without_a_city_is_only_a_state(text: str, expected: str) -> None:
    assert short(find(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PE", "PE"),
        ("pe", "PE"),
        ("Pernambuco", "PE"),
        ("são paulo", "SP"),
        ("Estado do Pará", "PA"),
        ("XX", None),
        ("", None),
    ],
)
def test_a_state_field_is_read_as_letters_or_as_a_name(text: str, expected: str | None) -> None:
    assert uf(text) == expected


@pytest.mark.parametrize(
    ("city", "state", "code"),
    [
        ("rio-branco", "AC", 1200401),
        ("Rio Branco", "acre", 1200401),
        ("SÃO PAULO", "SP", 3550308),
        ("mogi-das-cruzes", "sp", 3530607),
        ("bh", "MG", 3106200),
        ("alta floresta d oeste", "RO", 1100015),
        ("Recife", "SP", None),
        ("Mogi", "SP", None),
        ("", "SP", None),
        ("Recife", "", None),
    ],
)
def test_form_fields_and_slugs_find_their_municipality(city: str, state: str, code: int | None) -> None:
    place = in_state(city, state)
    assert (place.ibge_code if place else None) == code


def test_every_official_name_with_its_state_is_found() -> None:
    codes = json.loads(files("brutils").joinpath("data/cities_code.json").read_text("utf-8"))
    missed = []
    for state, cities in codes.items():
        for code in cities.values():
            place = by_code(int(code))
            assert place is not None
            for text in (f"{place.city}/{state}", f"{place.city} - {state}", f"moro em {fold(place.city)} {state}"):
                if find(text) != place:
                    missed.append(text)
    assert missed == []


def test_capitals_come_first_among_homonyms() -> None:
    assert named("palmas")[0] == capital("TO")
    assert named("campo grande")[0] == capital("MS")


def test_a_long_text_costs_milliseconds() -> None:
    find("moro em recife")  # loads the tables
    started = time.perf_counter()
    find("então eu queria saber se precisa de placa no telhado e quanto custa isso tudo " * 50, expecting_place=True)
    assert time.perf_counter() - started < 0.25
