"""Names of distribuidoras and of holders, in all the ways they are written."""

from __future__ import annotations

import tomllib
from collections import Counter
from importlib.resources import files

import pytest

from flows.assistant.bill import HolderMatch, compare
from flows.assistant.bill.utilities import OnlyGroup, Utility, canonical, named
from tests.flows.assistant.bill.layouts import LAYOUTS


@pytest.mark.parametrize(
    ("said", "state", "expected"),
    [
        ("CELPE", None, "Neoenergia Pernambuco"),
        ("Neoenergia Pernambuco", None, "Neoenergia Pernambuco"),
        ("neoenergia", "PE", "Neoenergia Pernambuco"),
        ("Companhia de Eletricidade do Estado da Bahia", None, "Neoenergia Coelba"),
        ("cemig d", None, "CEMIG Distribuição"),
        ("ENEL", "CE", "Enel Ceará"),
        ("ENEL", "SP", "Enel São Paulo"),
        ("Enel Distribuição Goiás", None, "Equatorial Goiás"),
        ("ENEL SP", None, "Enel São Paulo"),
        ("CELG-D", None, "Equatorial Goiás"),
        ("EQUATORIAL", "RS", "CEEE Equatorial"),
        ("CEEE", None, "CEEE Equatorial"),
        ("CPFL", "RS", "RGE"),
        ("CPFL Paulista", None, "CPFL Paulista"),
        ("Energisa", "MT", "Energisa Mato Grosso"),
        ("ENERGISA MATO GROSSO DO SUL", None, "Energisa Mato Grosso do Sul"),
        ("EDP", "ES", "EDP Espírito Santo"),
        ("light", None, "Light"),
        ("CEB", None, "Neoenergia Brasília"),
    ],
)
def test_a_distribuidora_is_known_by_all_its_names(said: str, state: str | None, expected: str) -> None:
    assert canonical(said, state) == expected


@pytest.mark.parametrize("said", ["ENEL", "CPFL", "Energisa", "EQUATORIAL", "Neoenergia", "EDP"])
def test_a_bare_group_name_is_not_a_distribuidora(said: str) -> None:
    assert isinstance(named(said), OnlyGroup)


@pytest.mark.parametrize(
    "said", ["recebi", "urgente", "contato", "Luzia", "Certaja Energia", "CPFL Comercializadora", "Banco Light"]
)
def test_parts_of_words_and_strangers_are_none(said: str) -> None:
    assert not isinstance(named(said), Utility)


@pytest.mark.parametrize(
    ("printed", "lead", "expected"),
    [
        ("MARINA ALVES DA CONCEICAO", "Marina Alves da Conceição", HolderMatch.MATCH),
        ("MARIA S SANTOS", "Maria Santos", HolderMatch.MATCH),
        ("MARIA S S", "Maria Silva", HolderMatch.MATCH),
        ("MARIA S*** S***", "Maria Souza", HolderMatch.MATCH),
        ("THIAGO LUIZ DE SOUZA", "Tiago Sousa", HolderMatch.MATCH),
        ("JOSE ANTONIO GONCALVES PEREI", "José Pereira", HolderMatch.MATCH),
        ("MARINA ALVES", "Marina", HolderMatch.DOUBTFUL),
        ("MARINA ALVES", "Marina Souza", HolderMatch.DOUBTFUL),
        ("ESPÓLIO DE HEITOR VILELA NUNES", "Heitor Vilela Nunes", HolderMatch.DOUBTFUL),
        ("JOSE DA SILVA", "Maria da Silva", HolderMatch.MISMATCH),
        ("PADARIA ESTRELA LTDA", "Marina Alves", HolderMatch.MISMATCH),
        ("MARINA ALVES ME", "Marina Alves", HolderMatch.DOUBTFUL),
        ("PADARIA ESTRELA LTDA ME", "Padaria Estrela Ltda", HolderMatch.MATCH),
        (None, "Marina", HolderMatch.UNKNOWN),
        ("MARINA ALVES", None, HolderMatch.UNKNOWN),
        ("***", "Marina", HolderMatch.UNKNOWN),
    ],
)
def test_holder_and_lead(printed: str | None, lead: str | None, expected: HolderMatch) -> None:
    assert compare(printed, lead) is expected


LARGE = (
    "enel",
    "cemig",
    "cpfl",
    "rge",
    "light",
    "energisa",
    "neoenergia",
    "equatorial",
    "cea_",
    "ceee",
    "copel",
    "celesc",
    "edp",
    "amazonas",
    "roraima",
)


def test_every_large_distribuidora_is_tried_on_two_bills() -> None:
    tables = files("flows.assistant.bill").joinpath("companies").iterdir()
    names = [tomllib.loads(file.read_text("utf-8"))["name"] for file in tables if file.name.startswith(LARGE)]
    tried = Counter(layout.expected["utility"] for layout in LAYOUTS)
    assert len(names) > 30 and [name for name in names if tried[name] < 2] == []


def test_documents_settle_what_names_cannot() -> None:
    married = {"document": "52998224725", "document_kind": "cpf", "lead_document": "529.982.247-25"}
    assert compare("MARINA ALVES", "Marina Souza Lima", **married) is HolderMatch.MATCH
    assert compare("JOSE SILVA", "José Silva", **(married | {"lead_document": "12345678909"})) is HolderMatch.MISMATCH
    masked = {"document": "982247", "document_kind": "masked", "lead_document": "52998224725"}
    assert compare("JOSE SILVA", "José Silva", **masked) is HolderMatch.MATCH
    assert compare("JOSE SILVA", "José Silva", **(masked | {"document": "999999"})) is HolderMatch.MISMATCH
