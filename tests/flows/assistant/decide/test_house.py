"""The room knows no language: no pattern, no text; and every sentence there is, is said somewhere."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from flows.assistant import decide
from flows.assistant.decide import Code
from flows.assistant.decide.acts import recall_of, step
from flows.assistant.meaning import ASIDES, Question

SOURCES = sorted(Path(decide.__file__).parent.glob("*.py"))
# What the standard library, and our own house, may lend to a machine without I/O.
ALLOWED = (
    "__future__",
    "collections",
    "dataclasses",
    "datetime",
    "decimal",
    "enum",
    "typing",
    "flows.assistant.",
    "flows.domain",
)
# A setting's default; `say` puts it into a sentence.
SETTINGS = {"Sílvia", "em até 1 dia útil", "conforme combinado"}


def tree(source: Path) -> ast.Module:
    return ast.parse(source.read_text("utf-8"))


def imported(module: ast.Module) -> set[str]:
    names = {name.name for node in ast.walk(module) if isinstance(node, ast.Import) for name in node.names}
    return names | {node.module or "" for node in ast.walk(module) if isinstance(node, ast.ImportFrom)}


def documentation(module: ast.Module) -> set[int]:
    """The ids of docstrings, of a module, a class, a function, or beside a field."""
    return {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr)}


def of_an_error(node: ast.AST) -> bool:
    """Tell whether a text in here is an exception's, which no lead reads."""
    named = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "__init__"
    return named or isinstance(node, ast.Raise)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_nothing_of_language_and_nothing_of_the_world_is_imported(source: Path) -> None:
    names = imported(tree(source))
    assert "re" not in names and all(name.startswith(ALLOWED) for name in names), names
    rooms = {name.split(".")[2] for name in names if name.startswith("flows.assistant.")}
    assert rooms <= {"decide", "meaning", "state"}


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_nothing_is_written_that_a_lead_could_read(source: Path) -> None:
    module = tree(source)
    known = documentation(module)
    raised = {id(part) for node in ast.walk(module) if of_an_error(node) for part in ast.walk(node)}
    texts = {
        node.value
        for node in ast.walk(module)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in known | raised
    }
    assert {text for text in texts if " " in text or not text.isascii()} <= SETTINGS


def test_every_sentence_is_said_somewhere() -> None:
    used = {
        node.attr
        for source in SOURCES
        if source.stem != "acts"
        for node in ast.walk(tree(source))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Code"
    }
    # Each question of the journey has the sentences that remind of it and say what it is for.
    used |= {of(one).name for of in (recall_of, step) for one in Question if one not in ASIDES}
    assert {code.name for code in Code} == used
