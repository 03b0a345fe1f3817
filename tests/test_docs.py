"""What is cited can be found: every page, section and link that code, texts, SQL, tests and docs name is there."""

from __future__ import annotations

import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
_SUFFIXES = {".py", ".md", ".toml", ".sql", ".yaml", ".yml", ".html", ".js", ".css", ".tsv", ".txt", ".jsonl", ""}
# Not a citation of ours: an address on the web.
_ADDRESS = re.compile(r"https?://[^\s)>\"]+")
# A citation may run on in the next line of a comment.
_NEXT_LINE = re.compile(r"\n[ \t]*(?:#|--|//|\*)?[ \t]*")
_NUMBER = r"\d+(?:\.\d+)?"
# `docs/domain.md 5.2`, `docs/domain.md 1.2, 6.3 and 6.18`, `meta.md section 10`, `operating.md#send-again`.
_CITED = re.compile(
    rf"(?P<page>[\w./-]*\b[\w-]+\.md)\b(?:#(?P<anchor>[\w-]+)"
    rf"|,? (?:sections? |step )?(?P<numbers>{_NUMBER}(?:(?:, | and | to ){_NUMBER})*)(?![\w%]))?"
)
# Of a link only its target counts.
_LINK = re.compile(r"\[[^\]\n]*\]\(([^)\s]*)\)")
# What looks like a file of ours or a folder, and a command of ours.
_PATH = re.compile(r"(?:^|(?<=\s))[\w./-]+(?:\.(?:py|toml|sql|yaml|html|js|css|tsv|txt|jsonl|md)|/)(?=$|[\s,:;)])")
_MODULE = re.compile(r"python -m ((?:flows|webhook|deployments|tests)(?:\.\w+)*)")
_LONE_SECTION = re.compile(rf"\bsections? {_NUMBER}")


@cache
def everything() -> tuple[str, ...]:
    """Every file of the repository that is there, by its path from the root."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(name for name in listed.split("\0") if (ROOT / name).is_file())


@cache
def texts() -> tuple[str, ...]:
    """Those of them that hold text."""
    return tuple(name for name in everything() if Path(name).suffix in _SUFFIXES)


@cache
def numbers(page: str) -> frozenset[str]:
    """The numbers of a page's headings (`## 5.`, `### 5.2`) and of its tables' rows (`| 6.11 |`)."""
    text = (ROOT / page).read_text("utf-8")
    return frozenset(re.findall(rf"^#+ ({_NUMBER})\.? ", text, re.M) + re.findall(rf"^\| ({_NUMBER}) \|", text, re.M))


@cache
def anchors(page: str) -> frozenset[str]:
    """The anchors that GitHub gives a page's headings."""
    headings = re.findall(r"^#+ (.+)$", (ROOT / page).read_text("utf-8"), re.M)
    return frozenset(re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings)


def page_of(cited: str, where: str, *, by_name: bool) -> str | None:
    """The one page that a citation in `where` means: beside it, or from the root; or, `by_name`, any page called so."""
    pages = [name for name in texts() if name.endswith(".md")]
    direct = next((name for name in ((Path(where).parent / cited).as_posix(), cited) if name in pages), None)
    called = [name for name in pages if by_name and name.endswith(f"/{cited}")]
    return direct or (called[0] if len(called) == 1 else None)


def wrong(where: str, text: str) -> list[str]:
    """What a text cites and nobody finds."""
    found = []
    text = _NEXT_LINE.sub(" ", _LINK.sub(r" \1 ", _ADDRESS.sub(" ", text)))
    for match in _CITED.finditer(text):
        page = page_of(match["page"], where, by_name=not (match["anchor"] or match["numbers"]))
        if page is None or match["anchor"] and match["anchor"] not in anchors(page):
            found.append(match[0])
        else:
            cited = re.findall(_NUMBER, match["numbers"] or "")
            found += [f"{page} {number}" for number in cited if number not in numbers(page)]
    if not where.endswith(".md"):
        # A section of what? The page stands beside its number, everywhere.
        found += _LONE_SECTION.findall(_CITED.sub(" ", text))
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(docs/domain.md 5.2)", []),
        ("docs/domain.md 1.2, 6.3 and 6.18: three of them", []),
        ("docs/domain.md 9.9", ["docs/domain.md 9.9"]),
        ("domain.md 5.2", ["domain.md 5.2"]),
        ("docs/domain.md 5.2 and 9.9", ["docs/domain.md 9.9"]),
        ("see docs/domain.md\n    # 9.9 for it", ["docs/domain.md 9.9"]),
        ("docs/operating.md 3", ["docs/operating.md 3"]),
        ("docs/meta.md, section 10", []),
        ("docs/architecture.md#who-somebody-is", []),
        ("docs/architecture.md#who-nobody-is", ["docs/architecture.md#who-nobody-is"]),
        ("`domain.md`, the page", []),
        ("[domain.md](docs/domain.md#sources)", []),
        ("docs/elsewhere.md", ["docs/elsewhere.md"]),
        ("the loop of section 2.4", ["section 2.4"]),
        ("https://docs.example/guide.md 9.9", []),
    ],
)
def test_a_citation_that_leads_nowhere_is_noticed(text: str, expected: list[str]) -> None:
    assert wrong("flows/domain.py", text) == expected


def test_every_page_and_section_that_is_cited_is_there() -> None:
    own = Path(__file__).relative_to(ROOT).as_posix()
    lost = [
        f"{name}: {one}" for name in texts() if name != own for one in wrong(name, (ROOT / name).read_text("utf-8"))
    ]
    assert not lost, "\n".join(lost)


@pytest.mark.parametrize("page", [name for name in texts() if name.endswith(".md")])
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    text = re.sub(r"^```.*?^```", "", (ROOT / page).read_text("utf-8"), flags=re.M | re.S)
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)", text):
        there = (ROOT / page).parent / target if target else ROOT / page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there.resolve().relative_to(ROOT).as_posix()), f"{target}#{anchor}"


@pytest.mark.parametrize("page", [name for name in texts() if name.endswith(".md")])
def test_every_file_folder_and_command_that_a_page_names_is_there(page: str) -> None:
    """Capitals are a place to be filled in: `flows/NAME.py`."""
    text = (ROOT / page).read_text("utf-8")
    there = {part.as_posix() for name in everything() for part in (Path(name), *Path(name).parents)}
    named = [path for code in re.findall(r"`([^`\n]+)`", text) for path in _PATH.findall(code)]
    modules = [module.replace(".", "/") for module in _MODULE.findall(text)]
    lost = [path for path in named if not any(f"/{one}".endswith(f"/{path.rstrip('/')}") for one in there)]
    lost += [module for module in modules if not {f"{module}.py", f"{module}/__main__.py"} & there]
    assert [one for one in lost if not re.search(r"\b[A-Z]{4,}\b", one)] == []


def test_every_reviewed_answer_names_its_source_or_that_it_has_none() -> None:
    table = tomllib.loads((ROOT / "flows" / "assistant" / "knowledge" / "faq.toml").read_text("utf-8"))
    sources = [entry["source"] for entry in table["faq"]]
    assert [one for one in sources if not one.startswith(("no source", "docs/domain.md "))] == []


def test_every_row_of_the_questions_has_its_answer() -> None:
    text = (ROOT / "flows" / "assistant" / "knowledge" / "faq.toml").read_text("utf-8")
    rows = {number for number in numbers("docs/domain.md") if number.startswith("6.")}
    assert rows and rows <= set(re.findall(r"\b6\.\d+", " ".join(re.findall(r'^source = "(.*)"', text, re.M))))
