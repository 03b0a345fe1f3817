"""What docs/CONTRIBUTING.md promises of its recipes: nothing that was added to one place is forgotten in the next."""

from __future__ import annotations

import re

import pytest

from flows.assistant.assistant import _FILES, _SAY_NOTHING
from flows.assistant.decide import _CANNOT_READ
from flows.assistant.decide.summary import told_by_the_lead
from flows.assistant.meaning import Meaning
from flows.domain import Inbound
from flows.shown.words import KINDS, MEANINGS
from tests.flows.assistant.decide.test_remarks import awaiting_bill, said
from tests.test_docs import ROOT, everything
from webhook.message import _SILENT

# Of voice notes and places only those that nobody could read are said to be unreadable, and what WhatsApp itself does not
# pass on has the words for whatever has none of its own.
READ = {Inbound.TEXT, Inbound.BUTTON, *_FILES}
# A name is used from then on.
SAID_OTHERWISE = {Meaning.NAME}


def test_every_kind_of_message_is_read_or_passed_over_or_said_to_be_unreadable() -> None:
    kinds = [*READ, *_SAY_NOTHING, *_CANNOT_READ, Inbound.UNSUPPORTED]
    assert sorted(kinds) == sorted(Inbound), "each in one of them"
    assert _SAY_NOTHING == _SILENT, "what the assistant passes over wakes it not"
    assert len(set(_CANNOT_READ.values())) == len(_CANNOT_READ), "each with words of its own"
    assert set(KINDS) >= set(Inbound) - {Inbound.TEXT}, "operators see what it was"


@pytest.mark.parametrize("meaning", sorted(told_by_the_lead()))
def test_what_is_noted_for_the_consultant_gets_a_sentence_and_has_a_name(meaning: Meaning) -> None:
    # Asking again for what was asked is no answer to it.
    repeated = set(awaiting_bill().means().codes)
    told = awaiting_bill().means(said(meaning, quote="nas minhas palavras", text="só depois das 18"))
    assert [(note.about, note.text) for note in told.state.notes] == [(meaning, "só depois das 18")]
    assert bool(set(told.codes) - repeated) is (meaning not in SAID_OTHERWISE)
    assert MEANINGS[meaning]


def rows() -> list[str]:
    guide = (ROOT / "docs/CONTRIBUTING.md").read_text("utf-8")
    return [line for line in guide.splitlines() if line.startswith("| ") and not line.startswith("| change ")]


def test_the_guide_has_its_recipes() -> None:
    assert len(rows()) >= 15, "or the tests below look at none"


def files_of(row: str) -> list[str]:
    """The files of ours that a row names, by the ends of their paths; of a folder, all in it."""
    codes = [code.split()[0] for code in re.findall(r"`([^`]+)`", row)]
    links = re.findall(r"\]\(([\w-]+\.md)", row)
    # `…_security.sql`, `decide/acts.py`, `companies/`
    ends = [code.lstrip("…") for code in codes if re.search(r"\.\w+$|/$", code)] + links
    return [
        name
        for name in everything()
        for end in ends
        if f"/{name}".endswith(end) or (end.endswith("/") and f"/{end}" in f"/{name}")
    ]


@pytest.mark.parametrize("row", rows(), ids=lambda row: re.sub(r"\W+", " ", row.split("|")[1]).strip()[:30])
def test_what_a_recipe_names_in_a_file_is_in_one_of_its_files(row: str) -> None:
    text = "\n".join((ROOT / name).read_text("utf-8", errors="replace") for name in files_of(row))
    names = {name for name in re.findall(r"`(\[?_?[A-Za-z]\w*\]?)(?:\(.*?\))?`", row) if not (ROOT / name).is_dir()}
    assert [name for name in sorted(names) if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)] == []
