"""Draws the machine into docs/assistant.md: `python -m tests.flows.assistant.decide.diagram`.

The drawing is made from what `decide` does: at the end of each road every letter of the exploration's alphabet is said, in
a world that answers. What leads to the same end from nearly every question, or from all about the bill, is drawn once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

from flows.assistant.decide import Case, Decision, decide
from flows.assistant.meaning import Question
from flows.domain import PlansUnavailable
from tests.evals.alphabet import Input, inputs
from tests.evals.deciding import FIRST, FORM, Node, outcomes

DOCUMENT = Path(__file__).parents[4] / "docs" / "assistant.md"
BEGIN, END = "<!-- machine:begin -->", "<!-- machine:end -->"
MOST_LABELS, MOST_EDGES = 4, 46
LETTERS = {letter.name: letter for letter in inputs()}

_CHOOSING = ("place", "bill_good", "bill_right")
# A short way to each question, and to each end.
QUESTIONS: dict[str, tuple[str, ...]] = {
    "place": ("greeting", "no"),
    "confirm_place": ("greeting",),
    "which_city": ("greeting", "no", "place4"),
    "utility": ("place2",),
    "notice": ("place1",),
    "bill": ("place",),
    "bill_place": ("place", "bill_elsewhere"),
    "bill_ok": ("place", "bill_good"),
    "bill_wrong": ("place", "bill_good", "bill_wrong"),
    "holder": ("place", "bill_not_mine", "bill_right"),
    "plan": _CHOOSING,
    "confirm_plan": (*_CHOOSING, "choice2"),
}
ENDS: dict[str, tuple[str, ...]] = {
    "handed_over": (*_CHOOSING, "choice"),
    "withdrawn": (*_CHOOSING, "choice", "decline"),
    "person": ("place", "person"),
    "declined": ("place", "decline"),
    "too_small": ("place", "bill_small", "bill_right"),
    "wrong_person": ("wrong_person",),
    "stopped": ("place", "stop"),
    "erasing": ("erase", "yes"),
}
ROADS = QUESTIONS | ENDS
ANY, ANY_BILL = "any_question", "any_of_the_bill"
_OF_THE_BILL = ("bill_place", "bill_ok", "bill_wrong", "holder", "plan", "confirm_plan")
_TITLES = {ANY: "any question", ANY_BILL: "any question after the bill came", "asked_erase": "erase? (asked)"} | {
    "person": "a person is called",
    "quiet": "nothing is asked",
}
# Letters that differ in what they carry, in words; those not named here are drawn by their meaning.
_LABELS = {
    "place1": "place not served",
    "place2": "place of two distribuidoras",
    "place3": "place?",
    "place4": "namesakes",
    "place5": "state",
    "choice1": "choice",
    "choice2": "choice?",
    "choice3": "plan not listed",
    "bill_wrong1": "bill_wrong and what",
    "bill_wrong2": "bill_wrong and what",
    "utility1": "utility",
    "amount1": "amount",
    "bill_good": "a bill",
    "bill_elsewhere": "bill of another state",
    "bill_unread": "unread file",
    "bill_refused": "useless file",
    "bill_unreadable": "useless file",
}
_NOT_DRAWN = frozenset(
    {
        "place6",
        "place_and_yes",
        "yes_sadly",
        "yes_about_erase",
        "yes_about_notice",
        "tap_for_a_person",
        "bill_not_mine",
        "bill_small",
    }
)
# The alphabet's bills are of PE and of MG. Where the lead's place is in MG they change parts; where it is elsewhere, or not
# known, one of the two says nothing of its own.
_BILLS_OF_MG = {"bill_good": "bill_elsewhere", "bill_elsewhere": "bill_good"}
_SAYS_NOTHING = {("notice", "bill_good"), ("place", "bill_elsewhere"), ("which_city", "bill_elsewhere")}
# Where the place is asked it is drawn what there may be; everywhere else, that another place may be named.
_ASK_PLACE, _OTHER_PLACES = frozenset({"place", "confirm_place", "which_city"}), frozenset({"place1", "place2"})
# Where more lead somewhere than can be named, these come first.
_TELLING = frozenset({"go_on", "place", "bill_good", "bill_right", "yes", "no"})
Edges = dict[tuple[str, str], list[str]]


@cache
def along(road: tuple[str, ...], deciding: Callable[[Case], Decision] = decide) -> Node:
    """Where a road ends in a world that answers."""
    node = FIRST
    for name in road:
        node = following(node, LETTERS[name], deciding)[0]
    return node


def following(node: Node, letter: Input, deciding: Callable[[Case], Decision] = decide) -> list[Node]:
    """What may follow a letter in a world that answers."""
    return [
        after
        for case, _, after, _ in outcomes(node, letter, FORM, deciding)
        if not any(isinstance(answer, PlansUnavailable) for answer in case.coverage.values())
    ]


def named(node: Node) -> str:
    """The question that waits, or how it ended; offers of ours beside the journey are not drawn, but that of erasing."""
    if node.state.asked is Question.ERASE:
        return "asked_erase"
    if node.state.ended:
        return node.state.ended.value
    return node.state.waiting.value if node.state.waiting else "quiet"


def drawn() -> str:
    """The machine as a mermaid diagram."""
    lines = ["```mermaid", "stateDiagram-v2", "    direction LR"]
    lines += [f'    state "{title}" as {name}' for name, title in _TITLES.items()]
    lines += ["    [*] --> confirm_place : form with a place", "    [*] --> place : form without one"]
    lines += [f"    {source} --> {target} : {_label(names)}" for (source, target), names in edges().items()]
    return "\n".join([*lines, "```"])


@cache
def edges() -> Edges:
    """Every step from one question to another or to an end, with the letters that lead there."""
    leads = {name: {letter: _target(name, road, letter) for letter in LETTERS} for name, road in ROADS.items()}
    everywhere = _shared(leads, QUESTIONS)
    of_the_bill = {letter: to for letter, to in _shared(leads, _OF_THE_BILL).items() if letter not in everywhere}
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for source, shared in ((ANY, everywhere), (ANY_BILL, of_the_bill)):
        for letter, target in shared.items():
            found[source, target].append(letter)
    found["asked_erase", "erasing"].append("yes")
    for source, targets in leads.items():
        for letter, target in targets.items():
            known = everywhere.get(letter) == target and (source in QUESTIONS or target in (*ENDS, "asked_erase"))
            known = known or (source in _OF_THE_BILL and of_the_bill.get(letter) == target)
            known = known or (source not in _ASK_PLACE and letter in _OTHER_PLACES)
            if letter in _NOT_DRAWN or (source, letter) in _SAYS_NOTHING or target == source or known:
                continue
            # Whoever comes back from an end is on the journey again, wherever that is.
            found[source, ANY if source in ENDS and target not in ENDS else target].append(letter)
    return {edge: names for edge, names in found.items() if any(name not in _NOT_DRAWN for name in names)}


def _target(name: str, road: tuple[str, ...], letter: str) -> str:
    node = along(road)
    assert named(node) == name, (name, named(node))
    said = _BILLS_OF_MG.get(letter, letter) if name == "utility" else letter
    return named(following(node, LETTERS[said])[0])


def _shared(leads: dict[str, dict[str, str]], sources: Iterable[str]) -> dict[str, str]:
    """Return the letters that lead to one place from nearly all of these questions: from two thirds of them, and of the
    others, which are drawn by themselves, at most one stays where it is."""
    sources, shared = tuple(sources), {}
    for letter in LETTERS:
        telling = [source for source in sources if (source, letter) not in _SAYS_NOTHING]
        counted = Counter(leads[source][letter] for source in telling if leads[source][letter] != source)
        if not counted:
            continue
        target, times = counted.most_common(1)[0]
        stay = sum(leads[source][letter] == source != target for source in telling)
        if times >= 2 / 3 * len(sources) and stay <= 1:
            shared[letter] = target
    return shared


def _label(names: list[str]) -> str:
    names = sorted(names, key=lambda name: name not in _TELLING)
    labels = list(
        dict.fromkeys(_LABELS.get(name, name.rstrip("0123456789")) for name in names if name not in _NOT_DRAWN)
    )
    return ", ".join(labels[:MOST_LABELS]) + (", …" if len(labels) > MOST_LABELS else "")


def renewed(document: str) -> str:
    """Return the document with today's machine between its marks."""
    before, _, rest = document.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError(f"docs/assistant.md wants a line {BEGIN} and a line {END}")
    return f"{before}{BEGIN}\n{drawn()}\n{END}{after}"


if __name__ == "__main__":
    DOCUMENT.write_text(renewed(DOCUMENT.read_text("utf-8")), "utf-8")
