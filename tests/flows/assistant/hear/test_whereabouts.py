"""Places, and whose they are."""

from __future__ import annotations

import pytest

from flows.assistant.meaning import Meaning
from tests.flows.assistant.hear.saying import RECIFE, any_of, heard, scene, where

ASKED = scene("place")


def named(said: str | tuple[str, ...], at: object = ASKED) -> list[str]:
    return [where(item) for item in heard(said, at).of(Meaning.PLACE)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "places"),
    [
        ("Recife, PE", ["Recife/bill"]),
        ("recife", ["Recife/bill"]),
        ("moro em Recife", ["Recife/me"]),
        ("oi sou de floripa, tem aí?", ["Florianópolis/me"]),
        ("a conta é de Olinda", ["Olinda/bill"]),
        ("é para Recife", ["Recife/bill"]),
        ("sampa po", ["São Paulo/bill"]),
        ("itaquera mano", ["São Paulo/bill"]),
        ("taguatinga DF", ["Brasília/bill"]),
        ("DF", ["Brasília/bill"]),
        ("Pernambuco", ["(PE)/bill"]),
        ("EU MORO EM SALVADÔR BAHIA", ["Salvador/me"]),
        (
            "Moro no Rio mas a conta que quero ver é da casa da minha mãe em Recife",
            ["Rio de Janeiro/me", "Recife/bill"],
        ),
        ("Recife é onde eu moro, a conta é de Olinda", ["Recife/me", "Olinda/bill"]),
        ("não é caruaru não, mudei, agora é recife", ["Recife/bill"]),
        ("boa viagem, recife", ["Recife/bill"]),
        ("ah e a cidade é salvador esqueci de responder", ["Salvador/bill"]),
        ("pará", ["(PA)/bill"]),
        ("RS", ["(RS)/bill"]),
        ("MT", ["(MT)/bill"]),
        ("CE", ["(CE)/bill"]),
        ("ap", ["(AP)/bill"]),
        ("bora", []),
        ("blz", []),
        ("no RS", ["(RS)/bill"]),
        ("sou do rs", ["(RS)/me"]),
        ("cuiabá mt", ["Cuiabá/bill"]),
        ("rsrs", []),
        ("mt obrigado", []),
        ("mt bom isso", []),
        ("moro no ap", []),
    ],
)
def test_a_place_and_its_owner(said: str, places: list[str]) -> None:
    assert named(said) == places


@pytest.mark.parametrize(
    ("said", "places"),
    [
        ("ele mora em são paulo mas eu falo com ele", ["São Paulo/other"]),
        ("minha mãe mora em olinda, dá pra fazer pra ela?", ["Olinda/bill"]),
        ("tenho um AP em BH", ["Belo Horizonte/bill"]),
    ],
)
def test_somebody_elses_place(said: str, places: list[str]) -> None:
    assert named(said, scene("bill", place=RECIFE)) == places


@pytest.mark.parametrize(
    "said",
    [
        "sim, ainda é",
        "meu nome é Vitória",
        "moro na rua Recife",
        "vocês são de São Paulo?",
        "feliz natal",
        "obrigada",
        "não sei",
        "quero participar",
    ],
)
def test_no_place(said: str) -> None:
    assert named(said) == []


def test_a_slip_is_a_guess() -> None:
    assert named("petrolna") == ["Petrolina?/bill"]


def test_a_city_against_the_distribuidora_is_a_guess() -> None:
    assert all("?" in one for one in named("boa viagem, minha conta é da celpe") if one.startswith("Boa Viagem"))


def test_two_messages_may_name_one_city() -> None:
    assert named(("jaboatão", "dos guararapes")) == ["Jaboatão dos Guararapes/bill"]


def test_a_namesake_is_picked_by_number_or_state() -> None:
    known = (2513406, 3157807)  # Santa Luzia, in Paraíba and in Minas Gerais
    at = scene("which_city", candidates=known)
    assert named("MG", at) == ["Santa Luzia/bill"] == named("2", at) and named("a de minas", at) == ["Santa Luzia/bill"]
    assert heard("2", at).items[0].places == (3157807,) and heard("a de minas", at).items[0].places == (3157807,)


@pytest.mark.parametrize(
    ("said", "utility"),
    [
        ("é a Celpe", "Neoenergia Pernambuco"),
        ("minha conta é da CEB", "Neoenergia Brasília"),
        ("conta da coelba", "Neoenergia Coelba"),
        ("é da enel", "ENEL"),
        ("não é Celpe, é Energisa", "ENERGISA"),
        ("não é Celpe é Energisa", "ENERGISA"),
        ("é Energisa e não Celpe", "ENERGISA"),
        ("Celpe não, Energisa", "ENERGISA"),
        ("antes era Celpe, agora é Energisa", "ENERGISA"),
        ("não recebo mais da Celpe, agora é a Enel", "ENEL"),
        ("não é mais celpe agora é neoenergia", "NEOENERGIA"),
    ],
)
def test_a_distribuidora_by_its_canonical_name(said: str, utility: str) -> None:
    [item] = heard(said).of(Meaning.UTILITY)
    assert item.utility == utility


def test_a_distribuidora_of_one_state_says_that_state() -> None:
    assert named("é a Celpe") == ["(PE)/bill"]


@pytest.mark.parametrize(
    "said",
    ["vocês são da celpe?", "tem pouca luz aqui", "não é a Celpe", "minha conta não é da Light", "nem Celpe nem Enel"],
)
def test_no_distribuidora(said: str) -> None:
    assert "utility" not in any_of(heard(said))
