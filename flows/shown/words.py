"""The words of operators for every code they meet (Brazilian Portuguese): the tables of `words.toml`, and what reads them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from importlib.resources import files
from typing import Any

from flows.brazil.money import brl
from flows.domain import Outcome, Qualification, Stage
from flows.shown.formats import municipality

_TABLES: dict[str, dict[str, Any]] = tomllib.loads(files("flows.shown").joinpath("words.toml").read_text("utf-8"))

STAGES = {stage: str(_TABLES["stages"][stage.value]) for stage in Stage}
QUALIFICATIONS = {each: str(_TABLES["qualifications"][each.value]) for each in Qualification}
OUTCOMES = {outcome: str(_TABLES["outcomes"][outcome.value]) for outcome in Outcome}
FORM: dict[str, str] = _TABLES["form"]
NOTICES: dict[str, str] = _TABLES["notices"]
STARTING: dict[str, str] = _TABLES["starting"]
FORM_FIELDS: dict[str, str] = _TABLES["form_fields"]
REASONS: dict[str, str] = _TABLES["reasons"]
KINDS: dict[str, str] = _TABLES["kinds"]
TEMPLATE_BUTTONS: dict[str, str] = _TABLES["template_buttons"]
ACCOUNT_FACTS: dict[str, str] = _TABLES["account_facts"]
ACCOUNT_WORDS: dict[str, str] = _TABLES["account_words"]
ACCOUNT_KINDS: dict[str, str] = _TABLES["account_kinds"]
COLUMNS: dict[str, str] = _TABLES["columns"]
CRM: dict[str, str] = _TABLES["crm"]
KEPT: dict[str, str] = _TABLES["kept"]
RUN_STATUSES: dict[str, str] = _TABLES["run_statuses"]
RUN_STATES: dict[str, str] = _TABLES["run_states"]
FLOWS: dict[str, str] = _TABLES["flows"]
SOURCES: dict[str, str] = _TABLES["sources"]
QUEUE: dict[str, str] = _TABLES["queue"]
CALLS: dict[str, str] = _TABLES["calls"]
RESULTS: dict[str, str] = _TABLES["results"]
LOST: dict[str, str] = _TABLES["lost"]
MESSAGES: dict[str, str] = _TABLES["messages"]
LIST: dict[str, str] = _TABLES["list"]
ACTIONS: dict[str, str] = _TABLES["actions"]
ROLES: dict[str, str] = _TABLES["roles"]
ROLE_MEANS: dict[str, str] = _TABLES["role_means"]
CLASSIFICATIONS: dict[str, str] = _TABLES["classifications"]
READERS: dict[str, str] = _TABLES["readers"]
READINGS: dict[str, str] = _TABLES["readings"]
HOLDERS: dict[str, str] = _TABLES["holders"]
CRITERIA: dict[str, str] = _TABLES["criteria"]
NOTES: dict[str, str] = _TABLES["notes"]
FLAGS: dict[str, str] = _TABLES["flags"]
FOUND: dict[str, str] = _TABLES["found"]
SURE: dict[str, str] = _TABLES["sure"]
CODES_OF_BILLS: dict[str, str] = _TABLES["codes_of_bills"]
MEANINGS: dict[str, str] = _TABLES["meanings"]
QUESTIONS: dict[str, str] = _TABLES["questions"]
AREAS: dict[str, str] = _TABLES["areas"]
OWNERS: dict[str, str] = _TABLES["owners"]
FIELDS: dict[str, str] = _TABLES["fields"]
ACTS: dict[str, str] = _TABLES["acts"]
HEARD_BY: dict[str, str] = _TABLES["heard_by"]
VOICES: dict[str, str] = _TABLES["voices"]
FALLBACKS: dict[str, str] = _TABLES["fallbacks"]
# A sign and its words.
DELIVERY: dict[str, tuple[str, str]] = {code: (sign, said) for code, (sign, said) in _TABLES["delivery"].items()}
VERDICTS: dict[str, tuple[str, str]] = {code: (sign, said) for code, (sign, said) in _TABLES["verdicts"].items()}
# What is said on the page that follows an action, by `<action>.<outcome>`, and whether it went well.
SAID: dict[str, tuple[bool, str]] = {
    key: (how == "done", text) for how, table in _TABLES["said"].items() for key, text in table.items()
}
_KEYS: dict[str, str] = _TABLES["keys"]
_VALUES: dict[str, str] = _TABLES["values"]
_WHY: dict[str, str] = FLAGS | _TABLES["why"]


def account_word(word: str) -> str:
    """Meta's word for how a part of the account stands, or for what has happened to it; an unknown one as it is."""
    for head, said in (
        ("CATEGORY_WILL_BE_", "vai mudar para a categoria "),
        ("CATEGORY_", "mudou para a categoria "),
        ("QUALITY_", "qualidade "),
    ):
        if word.startswith(head):
            return said + ACCOUNT_WORDS.get(word.removeprefix(head), word.removeprefix(head).lower())
    return ACCOUNT_WORDS.get(word, word)


def news_line(kind: str, subject: str, what: str) -> str:
    """One piece of news in a line."""
    if kind == "fault":
        return f"{ACCOUNT_KINDS[kind]}: código {what}, {code_meaning(what)}"
    named = subject.partition(":")[0] if kind in ("template", "number", "run", "worker") else ""
    named = FLOWS.get(named, named) if kind == "run" else named
    return f"{ACCOUNT_KINDS.get(kind, kind)}{f' {named}' if named else ''}: {account_word(what)}"


def fallback(code: str) -> str:
    """Why a model did not count, in words; `checker_…` is the one that reads again what another wrote."""
    said = FALLBACKS.get(code.removeprefix("checker_"), code)
    return f"verificador: {said}" if code.startswith("checker_") else said


def code_meaning(code: int | str | None) -> str:
    """A WhatsApp error code in words; an unknown one says so."""
    try:
        return _TABLES["codes"].get(str(int(code)), "código sem explicação aqui") if code is not None else "sem código"
    except ValueError:
        return "sem código"


def verdict_words(criterion: str, outcome: str) -> tuple[str, str]:
    """A check's outcome as sign and word. A holder's name was found, which does not say that it is the lead's."""
    sign, word = VERDICTS[outcome]
    return sign, "encontrado" if (criterion, outcome) == ("holder_name", "ok") else word


def summary_lines(
    summary: dict[str, Any], plans: Mapping[int, str] | None = None, under: str = ""
) -> list[tuple[str, str]]:
    """A hand-over's summary as labels and values in the order of `_KEYS`, since the store keeps none; what is inside another
    value stands after that one's label, and what is empty or no is left out. `plans` are the names of those known."""
    rows: list[tuple[str, str]] = []
    known = list(_KEYS)
    for key in sorted(summary, key=lambda key: known.index(key) if key in _KEYS else len(known)):
        value, label = summary[key], f"{under}{_KEYS.get(key, key)}"
        if isinstance(value, dict):
            rows += summary_lines(value, plans, f"{label} · ")
        elif key == "notes" and isinstance(value, list):
            rows += [
                (f"{under}{label_of(note)}", str(note.get("text", ""))) for note in value if isinstance(note, dict)
            ]
        elif key in ("plan_id", "leans_to") and plans and value in plans:
            rows.append((f"{under}Plano" if key == "plan_id" else label, f"{plans[value]} (nº {value})"))
        elif value not in (None, "", [], False):
            rows.append((label, _value(key, value)))
    return rows


def label_of(note: Mapping[str, Any]) -> str:
    """What a note of the lead's is about."""
    about = str(note.get("about", ""))
    said = MEANINGS.get(about, about) or _KEYS["notes"]
    return f"{said[:1].upper()}{said[1:]}"


def check_words(code: str) -> str:
    """What was refused of a model's words; `checker:…` is a second model's word."""
    by, _, what = code.rpartition(":")
    said = _TABLES["checks"].get(what, what)
    return f"o verificador: {said}" if by == "checker" else said


def why_words(code: str) -> str:
    """A reason of a reading in words; `<criterion>_<note>` is made of both."""
    for criterion, label in CRITERIA.items():
        if code.startswith(f"{criterion}_") and (note := NOTES.get(code.removeprefix(f"{criterion}_"))):
            return f"{label.lower()}: {note}"
    return _WHY.get(code, code)


def found_words(sighting: Mapping[str, Any]) -> str:
    """Where a field of a bill was found and how sure that is: `pelo rótulo “Total a pagar”, linha 12 · certo`."""
    where = FOUND.get(sighting.get("by", ""), "")
    label = f" “{sighting['label']}”" if sighting.get("label") else ""
    line = f", linha {sighting['line']}" if sighting.get("line") else ""
    return f"{where}{label}{line} · {SURE.get(sighting.get('sure', ''), '')}"


def against(contradiction: Mapping[str, Any]) -> str:
    """Both values of a contradiction: `lido R$ 9,00; código de pagamento diz R$ 8,00`."""
    read, proved = (_shown(contradiction.get(name, "")) for name in ("read", "proved"))
    return f"lido {read}; {CODES_OF_BILLS.get(contradiction.get('code', ''), 'outra leitura')} diz {proved}"


def _shown(value: str) -> str:
    """An amount or a date as Brazilians write it, a name as it is."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return f"{date.fromisoformat(value):%d/%m/%Y}"
    return brl(Decimal(value)) if re.fullmatch(r"\d+\.\d\d", value) else value


def _value(key: str, value: Any) -> str:
    match key, value:
        case _, True:
            return "sim"
        case "disputed", list():
            return ", ".join(FIELDS.get(str(part), str(part)) for part in value)
        case _, list():
            return ", ".join(READINGS.get(str(part), why_words(str(part))) for part in value)
        case "stage", str() if value in set(Stage):
            return STAGES[Stage(value)]
        case "ibge_code", int():
            return municipality(value) or f"código IBGE {value}"
        case "discount", _:
            return f"{float(value) * 100:g}%".replace(".", ",")
        case "total" | "declared_amount", _:
            return f"R$ {value}".replace(".", ",")
        case "holder", str():
            return HOLDERS.get(value, value)
        case "outcome", str():
            return READINGS.get(value) or _VALUES.get(value, value)
        case (("month" | "due"), str()):
            return "/".join(reversed(value.split("-")[: 2 if key == "month" else 3]))
        case "why", str():
            return why_words(value)
    return _VALUES.get(str(value), str(value))
