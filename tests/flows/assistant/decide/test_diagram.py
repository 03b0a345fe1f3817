"""The picture in docs/assistant.md is the machine's, as it is today."""

from __future__ import annotations

from tests.flows.assistant.decide.diagram import DOCUMENT, ENDS, MOST_EDGES, QUESTIONS, edges, renewed


def test_the_document_shows_todays_machine() -> None:
    """If it does not: `python -m tests.flows.assistant.decide.diagram` draws it anew."""
    document = DOCUMENT.read_text("utf-8")
    assert document == renewed(document), "python -m tests.flows.assistant.decide.diagram"


def test_the_picture_is_small_enough_to_be_read_and_leaves_nothing_out() -> None:
    drawn = edges()
    assert len(drawn) <= MOST_EDGES
    assert {name for edge in drawn for name in edge} >= QUESTIONS.keys() | ENDS.keys()
