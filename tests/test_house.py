"""How deep the assistant is and where it is entered (who knows whom is pyproject.toml's, held by import-linter), what the
guides must name, and what may not be in the repository at all."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import grimp

from flows.conversing import showing
from flows.domain import Outcome
from flows.shown.words import REASONS

ROOT = Path(__file__).resolve().parent.parent
ASSISTANT = "flows.assistant."
# Beside its `__init__`, the modules of each room that others may import: the closed vocabularies, in `place` one a question, and
# `vision`, because a vendor's client comes along with it.
DOORS = {
    "bill": {"utilities", "vision"},
    "decide": {"acts"},
    "hear": set(),
    "knowledge": {"entries"},
    "place": {"places", "mentions", "pins", "ceps"},
    "say": set(),
}
# Who imports whom in a chain of at most so many modules.
DEEPEST = 9


@cache
def graph() -> dict[str, frozenset[str]]:
    """Each module of the assistant, and each that imports one, with the modules of the assistant that it imports."""
    found = grimp.build_graph("flows", cache_dir=None)
    direct = {name: found.find_modules_directly_imported_by(name) for name in found.modules}
    return {name: frozenset(one for one in ours if one.startswith(ASSISTANT)) for name, ours in direct.items()}


@cache
def chain(module: str) -> tuple[str, ...]:
    """The longest chain of imports inside the assistant that begins here."""
    return (module, *max(map(chain, graph()[module]), key=len, default=()))


def test_nothing_in_the_assistant_stands_on_ten_floors() -> None:
    longest = max((chain(name) for name in graph() if name.startswith(ASSISTANT)), key=len)
    assert len(longest) <= DEEPEST, " > ".join(longest)


def test_a_room_of_the_assistant_is_entered_by_its_door() -> None:
    behind = set()
    for name, imported in graph().items():
        for one in imported:
            room, _, inner = one.removeprefix(ASSISTANT).partition(".")
            outside = not f"{name}.".startswith(f"{ASSISTANT}{room}.")
            if outside and inner and inner not in DOORS[room]:
                behind.add((name.removeprefix(ASSISTANT).partition(".")[0], f"{room}.{inner}"))
    assert behind == set()


def test_no_two_modules_of_the_assistant_have_one_name() -> None:
    names = Counter(name.rpartition(".")[2] for name in graph() if name.startswith(ASSISTANT))
    assert [name for name, count in names.items() if count > 1] == []


# What plays one part in several modules has one name in all: a command, a process's application, a room's routes, what the doctor
# does with a subject, what a step of the journey takes from a turn and how it asks.
ONE_PART = {"main", "create_app", "include", "look", "take", "ask"}
# The assistant's rooms are entered by their doors alone, and name their own things. This list only gets shorter.
OF_THE_ASSISTANT = set(
    """Clause Line Word answer by_name canonical find found joined listed named plain read state_of""".split()
)


def test_no_two_functions_or_classes_that_others_may_use_have_one_name() -> None:
    places: dict[str, list[str]] = {}
    for file in [path for folder in ("flows", "webhook", "deployments") for path in (ROOT / folder).rglob("*.py")]:
        for node in ast.parse(file.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith(
                "_"
            ):
                places.setdefault(node.name, []).append(str(file.relative_to(ROOT)))
    several = {name: where for name, where in places.items() if len(where) > 1 and name not in ONE_PART}
    assert set(several) == OF_THE_ASSISTANT, several
    outside = {
        name for name, where in several.items() if sum(not path.startswith("flows/assistant") for path in where) > 1
    }
    assert outside == set()


def test_no_registry_host_and_no_path_of_a_machine_is_in_the_repository() -> None:
    # put together here, so that this file does not find itself
    forbidden = ["pypi" + ".org", "files.python" + "hosted", "registry.npm" + "js", "deb." + "debian.org"]
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if not (ROOT / name).exists():
            continue
        text = (ROOT / name).read_text("utf-8", errors="replace")
        for host in forbidden:
            assert host not in text, f"{name} holds {host}"
        assert not re.search(r"(^|[^\w.])/(work|farm|root)/", text, re.M), f"{name} holds a path of a machine"


def first_column(document: str, heading: str) -> list[set[str]]:
    """What the first column of each table under a heading names in backticks."""
    text = (ROOT / "docs" / document).read_text("utf-8")
    section = re.split(r"^#+ ", text.split(f" {heading}\n", 1)[1], maxsplit=1, flags=re.M)[0]
    tables = re.findall(r"(?:^\|.*\n)+", section, re.M)
    return [set(re.findall(r"`([^`]+)`", "".join(row.split("|")[1] for row in table.splitlines()))) for table in tables]


def test_the_operators_guide_names_every_outcome_and_tag_that_prefect_shows_and_no_other() -> None:
    outcomes, marks = first_column("operating.md", "What states and tags say")
    # what becomes of a lead that is merged stands in the store alone: Prefect's run goes on as the other lead's, or ends GONE
    assert outcomes == {outcome.value for outcome in Outcome} - {Outcome.MERGED}
    assert {tag.removesuffix("…") for tag in marks} == {*showing._OURS, *showing._MARKS}


def test_the_operators_page_names_the_buttons_and_reasons_that_there_are() -> None:
    guide = (ROOT / "docs" / "operadores.md").read_text("utf-8")
    shown = "".join(file.read_text("utf-8") for file in (ROOT / "webhook" / "ops" / "templates").glob("*.html"))
    [table] = re.findall(r"^\| botão .*?\n\n", guide, re.M | re.S)
    buttons = re.findall(r"^\| \*\*(.+?)(?: …)?\*\*", table, re.M)
    assert len(buttons) == 16
    for button in [*buttons, "Apagar para sempre", "Sair"]:
        # as the label of a button or of a link that looks like one
        assert re.search(rf"[>\"]{re.escape(button)}[< \"]", shown), button
    assert [reason for reason in REASONS.values() if f"*{reason}*" not in " ".join(guide.split())] == []


# A module that a reader cannot hold is split; these say a closed vocabulary, or one subject that has no seam.
LONGER = {
    "flows/settings.py": 460,  # every variable there is
    "flows/domain.py": 465,  # the words that all share
    "flows/assistant/decide/acts.py": 345,  # every sentence there is
    "flows/assistant/meaning.py": 330,  # all that the assistant can understand, in one file
    "flows/assistant/place/places.py": 340,
    "flows/adapters/store/leads.py": 475,  # a name for each function of the store
    "flows/conversing/runtime.py": 315,
    "webhook/dispatch.py": 310,
    "deployments/worker/in_process.py": 335,  # one class, as Prefect wants it
}


def lines(*folders: str) -> dict[str, int]:
    return {
        str(file.relative_to(ROOT)): len(file.read_text("utf-8").splitlines())
        for folder in folders
        for file in (ROOT / folder).rglob("*.py")
    }


def test_no_module_is_longer_than_300_lines() -> None:
    found = lines("flows", "webhook", "deployments")
    assert {name: count for name, count in found.items() if count > LONGER.get(name, 300)} == {}
    assert [name for name, most in LONGER.items() if not most - 10 < found.get(name, 0) > 300] == [], (
        "its limit can fall"
    )


def test_the_formatter_lays_out_everything() -> None:
    marks = ("# fmt: " + "skip", "# fmt: " + "off")
    found = lines("flows", "webhook", "deployments", "tests")
    assert [name for name in found if any(mark in (ROOT / name).read_text("utf-8") for mark in marks)] == []


def test_no_file_of_tests_is_longer_than_600_lines() -> None:
    assert {name: count for name, count in lines("tests").items() if count > 600} == {}


def test_no_process_imports_a_vendor_that_is_not_configured() -> None:
    """Each takes a tenth of a second or more; who has a key imports it where it is used. One process imports what four do."""
    ours = ("deployments.worker", "webhook.app", "flows.conversation", "flows.report")
    heavy = ("openai", "supabase", "storage3", "genai_prices", "pypdfium2", "rapidocr", "onnxruntime")
    asked = (
        f"import sys, importlib\nfor one in {ours!r}:\n    importlib.import_module(one)"
        f"\n    print(one, [name for name in {heavy!r} if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, cwd=ROOT, check=True)
    assert said.stdout.splitlines() == [f"{one} []" for one in ours]
