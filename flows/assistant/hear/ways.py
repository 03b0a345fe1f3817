"""Reads `ways/*.txt`: the ways in which people mean a thing, each meaning with its patterns and what only looks like it.

    <name> = pattern            a class of words, used as `<name>` below; those that files share stand in `classes.txt`, a few in `rule`
    [meaning: asked, wholly]    opens a rule; after the colon stand the options of `Rule`
    pattern                     one or several ways of saying it; an indented line goes on with the one before
    unless                      from here on: words by which it is not meant
    # comment

Patterns see plain words: see `spelling`. To add a way, write it below the others of its meaning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

from flows.assistant.hear.rule import DOUBTS_ROBOT, HELLO, PLEASE, RELATIVE, Rule
from flows.assistant.hear.tried import Table, Ways
from flows.assistant.hear.utterance import Utterance
from flows.assistant.meaning import Item, Meaning

_HERE = files("flows.assistant.hear")
_MEANINGS: dict[str, Meaning] = {meaning.value: meaning for meaning in Meaning}
_SHARED = {"hello": HELLO, "please": PLEASE, "relative": RELATIVE, "doubts_robot": DOUBTS_ROBOT}
_CLASS = re.compile(r"<(?P<name>[a-z_]+)> = (?P<pattern>.*)")
_RULE = re.compile(r"\[(?P<meaning>[a-z_]+)(?:: (?P<options>[a-z, ]+))?\]")
_USED = re.compile(r"(?<!\(\?)(?<!\(\?P)<([a-z_]+)>")
_OPTIONS = {"asked", "guess", "whole", "tells", "strictly", "wholly"}


def ways(file: str, folder: Traversable = _HERE) -> tuple[Rule, ...]:
    """Return the rules of one file, in its order. ValueError or KeyError for an option, meaning or class there is not."""
    classes = dict(_SHARED)
    found: list[tuple[str, set[str], list[str], list[str]]] = []
    into: list[str] = []
    shared, own = _HERE.joinpath("ways/classes.txt"), folder.joinpath(f"ways/{file}.txt")
    for line in (line for text in (shared, own) for line in _lines(text.read_text("utf-8"))):
        if named := _CLASS.fullmatch(line):
            classes[named["name"]] = _filled(named["pattern"], classes)
        elif opened := _RULE.fullmatch(line):
            options = set(filter(None, (opened["options"] or "").split(", ")))
            if unknown := options - _OPTIONS:
                raise ValueError(f"ways/{file}.txt: no such option: {sorted(unknown)}")
            found.append((opened["meaning"], options, into := [], []))
        elif line == "unless":
            into = found[-1][3]
        else:
            into.append(_filled(line, classes))
    return tuple(_rule(*one) for one in found)


def _lines(text: str) -> Iterator[str]:
    """Yield each line that says something, those that go on with it put to its end."""
    said = ""
    for line in text.splitlines():
        if line.startswith("    "):
            said += line[4:]
        else:
            if said:
                yield said
            said = "" if line.startswith("#") else line
    if said:
        yield said


def _filled(pattern: str, classes: dict[str, str]) -> str:
    return _USED.sub(lambda used: classes[used[1]], pattern)


def _rule(meaning: str, options: set[str], says: list[str], unless: list[str]) -> Rule:
    return Rule(
        _MEANINGS[meaning],
        Ways("|".join(says)),
        re.compile("|".join(unless)) if unless else None,
        asked="asked" in options,
        certain="guess" not in options,
        whole="whole" in options,
        tells="tells" in options,
        deniable="strictly" if "strictly" in options else "wholly" if "wholly" in options else "",
    )


WAYS = (*ways("wishes"), *ways("circumstances"), *ways("kinds"), *ways("talk"))
# What is only read where nothing else was.
CHAT = next(rule for rule in WAYS if rule.meaning is Meaning.CHAT)
_TABLE = Table([rule.says for rule in WAYS])


def found(one: Utterance) -> tuple[list[Item], list[Item]]:
    """Return what all rules read in a message, in their order, and apart from it what is only talk."""
    items: list[Item] = []
    talk: list[Item] = []
    clauses = [(clause, _TABLE.numbers(clause.said)) for clause in one.clauses]
    sentences = [(sentence, _TABLE.numbers(sentence.said)) for sentence in one.sentences]
    for number, rule in enumerate(WAYS):
        tried = [(clause, may[number]) for clause, may in (sentences if rule.whole else clauses) if number in may]
        if tried:
            (talk if rule is CHAT else items).extend(rule.found(tried))
    return items, talk
