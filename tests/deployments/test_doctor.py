"""The doctor's command, its report, the variables it reads, and that it never tells a secret."""

from __future__ import annotations

import ast
import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from string import Formatter

import pytest

import deployments.doctor
from deployments.doctor.__main__ import GROUPS, main
from deployments.doctor.mistakes import MISTAKES
from deployments.doctor.notes import FINDINGS, PLACES, LineStatus, Notes, ReportLine, Trouble, as_json, as_text, hiding
from deployments.doctor.variables import secrets
from flows.settings import ROOT
from tests.deployments.examined import RIGHT, look

META = "https://graph.facebook.com"


def test_right_variables_are_right_in_every_line() -> None:
    seen = look("variables", RIGHT)
    assert {line.status for line in seen.lines} == {LineStatus.OK}
    seen.has("ok", "WhatsApp", "5 of ")


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"WHATSAPP_API_TOKEN": None}, ("FAIL", "WHATSAPP_API_TOKEN", "is not set", ".env")),
        ({"WHATSAPP_PHONE_NUMBER_ID": "+5511"}, ("FAIL", "WHATSAPP_PHONE_NUMBER_ID", "should match", ".env")),
        ({"WHATSAPP_VERIFY_TOKEN": "short"}, ("FAIL", "WHATSAPP_VERIFY_TOKEN", "at least 8", ".env")),
        ({"OPS_OPERATORS": "ana:short"}, ("FAIL", "OPS_OPERATORS", "at least 12", ".env")),
        (
            {"SUPABASE_URL": "https://x.supabase.co"},
            ("FAIL", "Store", "SUPABASE_URL and SUPABASE_KEY go together", ".env"),
        ),
        ({"REMINDERS": "9"}, ("FAIL", "REMINDERS", "less than or equal to 3", ".env")),
        (
            {"SUPABASE_URL": "https://x.supabase.co", "SUPABASE_KEY": "sb_secret_1234"},
            ("warn", "DATABASE_URL", "beside SUPABASE_URL", "remove"),
        ),
        ({"DATABASE_URL": "postgresql://a:b@pooler.example.com:6543/x"}, ("warn", "DATABASE_URL", "6543", "5432")),
        ({"DATABASE_URL": None}, ("warn", "DATABASE_URL", "embedded", "set DATABASE_URL")),
        ({"FORM_ORIGINS": None}, ("warn", "FORM_ORIGINS", "is empty", "https://lp.example.com")),
        ({"FORM_ORIGINS": "https://lp.example.com/"}, ("warn", "FORM_ORIGINS", "is not an origin", "slash")),
        ({"FORM_ORIGINS": "http://lp.example.com"}, ("warn", "FORM_ORIGINS", "is http://", "https://")),
        ({"FORM_ORIGINS": "http://localhost:3000"}, ("warn", "FORM_ORIGINS", "points at this machine", "FORM_ORIGINS")),
        (
            {"OPS_OPERATORS": f"{RIGHT['OPS_OPERATORS']},rui:senha-de-teste-1234"},
            ("warn", "OPS_OPERATORS", "plain text", "webhook.ops.password"),
        ),
        ({"OPS_URL": None}, ("warn", "OPS_URL", "no link", "public address")),
        ({"OPS_URL": "http://serena.example.com"}, ("warn", "OPS_URL", "is http://", "https://")),
        (
            {"WHATSAPP_REMINDER_TEMPLATE_NAME": None},
            ("warn", "WHATSAPP_REMINDER_TEMPLATE_NAME", "24 hours", "approved template"),
        ),
        ({"SERENA_API_BASE_URL": "http://127.0.0.1:8090"}, ("warn", "SERENA_API_BASE_URL", "this machine", "anew")),
        (
            {"WHATSAPP_BASE_URL": "https://graph.example.com"},
            ("warn", "WHATSAPP_BASE_URL", "not Meta's: the token goes there", "simulator"),
        ),
        ({"WHATSAPP_APP_SECRET": "not-hexadecimal"}, ("warn", "WHATSAPP_APP_SECRET", "32 hexadecimal", "App secret")),
        ({"SERENA_API_TOKEN": "<token>"}, ("warn", "SERENA_API_TOKEN", "placeholder", "real value")),
        ({"WHATSAPP_API_TOKEN": "EAAx EAAy"}, ("warn", "WHATSAPP_API_TOKEN", "space", "again")),
    ],
)
def test_a_wrong_or_doubtful_variable_is_named_with_its_cure(
    changes: dict[str, str | None], wanted: tuple[str, str, str, str]
) -> None:
    look("variables", RIGHT | changes).has(*wanted)


def test_with_the_simulator_local_addresses_are_no_mistake() -> None:
    local = {
        "WHATSAPP_BASE_URL": "http://127.0.0.1:8090",
        "SERENA_API_BASE_URL": "http://127.0.0.1:8090",
        "FORM_ORIGINS": "http://127.0.0.1:8090",
        "OPS_URL": "http://127.0.0.1:8000",
    }
    assert look("variables", RIGHT | local).only(LineStatus.WARN) == []


def test_a_group_whose_variables_are_wrong_says_so_instead_of_asking() -> None:
    wrong = RIGHT | {"SERENA_API_TOKEN": None}
    look("plans", wrong, "variables").has("skip", "plans", "skipped: the variables of Serena are wrong, see above")
    look("plans", wrong).has("FAIL", "plans", "SERENA_API_TOKEN is not set", "mend it")


# one of each kind of place where a secret may stand; all end in -hidden
SECRET = {
    "DATABASE_URL": "postgresql://serena:database-hidden@127.0.0.1:9/leads",
    "SUPABASE_URL": "http://127.0.0.1:9",
    "SUPABASE_KEY": "supabase-hidden",
    "BILLS_DIR": None,
    "WHATSAPP_BASE_URL": "http://127.0.0.1:9",
    "WHATSAPP_API_TOKEN": "EAA-hidden",
    "WHATSAPP_APP_SECRET": "app-new-hidden,app-old-hidden",
    "WHATSAPP_VERIFY_TOKEN": "verify-hidden",
    "SERENA_API_BASE_URL": "http://127.0.0.1:9",
    "SERENA_API_TOKEN": "serena-hidden",
    "OPENAI_API_KEY": "sk-hidden",
    "OPENAI_BASE_URL": "http://user:openai-hidden@127.0.0.1:9/v1",
    "OPS_OPERATORS": "ana:operator-ana-hidden,rui:operator-rui-hidden",
    "OPS_HASH_KEY": "hash-key-is-hidden",
    "PREFECT_API_URL": "http://serena:prefect-url-hidden@127.0.0.1:9/api",
    "PREFECT_API_AUTH_STRING": "serena:prefect-auth-hidden",
    "PREFECT_API_KEY": "pnu_hidden",
}


def test_no_secret_is_ever_told(tmp_path: Path) -> None:
    """Every group, with nobody at any address, so that every refusal is worded once. (`--json` has the same lines.)"""
    done = doctor(tmp_path, environment=RIGHT | SECRET)
    assert done.returncode == 1
    assert len(re.findall(r"\bFAIL\b", done.stdout)) >= 5, "there was something to say"
    for output in (done.stdout, done.stderr):
        assert "hidden" not in output
        assert "Traceback" not in output


def test_secrets_are_found_wherever_they_stand() -> None:
    found = set(secrets({name: value for name, value in SECRET.items() if value}))
    assert {
        "database-hidden",
        "app-old-hidden",
        "operator-rui-hidden",
        "prefect-url-hidden",
        "prefect-auth-hidden",
    } <= found
    assert secrets({"DATABASE_URL": "postgresql://a:p%40ss-word@h/x"})[0] in ("p%40ss-word", "p@ss-word")
    assert hiding(["secret-1", "secret-1-longer"])("secret-1-longer, secret-1") == "•••, •••"


def doctor(folder: Path, *arguments: str, environment: dict[str, str | None]) -> subprocess.CompletedProcess[str]:
    """The command in a folder of its own, with this environment and no other settings."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    given = {name: value for name, value in environment.items() if value is not None}
    return subprocess.run(
        [sys.executable, "-m", "deployments.doctor", *arguments],
        cwd=folder,
        env={**kept, "PYTHONUTF8": "1", "PYTHONPATH": str(ROOT), **given},
        text=True,
        capture_output=True,
        timeout=60,
    )


def test_a_readable_env_file_with_a_misspelt_variable_is_said(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("WHATSAPP_TOKEN=EAA-hidden\nPOSTGRES_PASSWORD=postgres-hidden\n")
    file.chmod(0o644)
    done = doctor(tmp_path, "--only", "variables", environment=RIGHT)
    assert done.returncode == 0, "warnings are allowed"
    assert re.search(r"warn  \.env +can be read by other users.*\n +→ chmod 600 \.env", done.stdout)
    assert re.search(
        r"warn  WHATSAPP_TOKEN +is read by nothing here\n +→ did you mean WHATSAPP_API_TOKEN\?", done.stdout
    )
    assert "hidden" not in done.stdout + done.stderr
    file.chmod(0o600)
    assert "can be read by other" not in doctor(tmp_path, "--only", "variables", environment=RIGHT).stdout


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str, **changes: str) -> int:
    for name, value in (RIGHT | changes).items():
        monkeypatch.setenv(name, value)
    return main(["--only", "variables", *arguments])


def test_the_exit_status_tells_a_script_what_a_person_reads(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch) == 0
    text = capsys.readouterr().out
    assert text.startswith("variables\n  ok    ")
    assert re.search(r"\n0 wrong, 0 warnings, \d+ right, 0 skipped \(\d+\.\d s\)\n$", text)
    assert "\x1b" not in text, "colour is for terminals"
    assert run(monkeypatch, "--json", REMINDERS="9") == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["ok"], told["counts"]["FAIL"]) == (False, 1)
    (wrong,) = [line for line in told["lines"] if line["status"] == "FAIL"]
    assert (wrong["group"], wrong["subject"]) == ("variables", "REMINDERS")
    assert wrong["mend"]


@pytest.mark.parametrize("arguments", [["--only", "stores"], ["--only", ","], ["--colour"], ["store"]])
def test_wrong_arguments_have_their_own_exit_status(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_lines_are_aligned_by_group_and_coloured_on_a_terminal_only() -> None:
    lines = [
        ReportLine("store", LineStatus.OK, "database", "answers"),
        ReportLine("store", LineStatus.FAIL, "migrations", "2 pending", "migrate"),
        ReportLine("plans", LineStatus.SKIP, "plans", "skipped: no token"),
    ]
    assert as_text(lines, 1.25, colour=False) == (
        "store\n  ok    database    answers\n  FAIL  migrations  2 pending\n                    → migrate\n"
        "\nplans\n  skip  plans       skipped: no token\n\n1 wrong, 0 warnings, 1 right, 1 skipped (1.2 s)"
    )
    coloured = as_text(lines, 1.25, colour=True)
    assert "\x1b[31;1mFAIL\x1b[0m  migrations" in coloured
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == as_text(lines, 1.25, colour=False)
    assert as_json(lines, 1.25)["ok"] is False


async def _breaks(_: Notes) -> None:
    raise KeyError("unforeseen, and perhaps secret")


async def _hangs(notes: Notes) -> None:
    notes.say("areas.right")
    await asyncio.Event().wait()


async def _told(_: Notes) -> None:
    raise Trouble("token.invalid")


async def _right(notes: Notes) -> None:
    notes.say("display name.right")


def test_one_broken_check_hides_no_other() -> None:
    notes = Notes("graph", hiding([]))
    asyncio.run(notes.together({"b": _breaks, "h": _hangs, "t": _told, "r": _right}, seconds=0.05))
    assert [(line.status, line.subject, line.what) for line in notes.lines] == [
        ("FAIL", "b", "the check itself broke (KeyError)"),
        ("ok", "areas", "the API answers and takes the token"),
        ("FAIL", "h", "no answer within 0.05 s"),
        ("FAIL", "t", "Meta calls the token invalid: expired or withdrawn"),
        ("ok", "display name", "is approved"),
    ]


def test_every_group_is_a_module_that_can_look() -> None:
    for name in GROUPS:
        assert callable(import_module(f"deployments.doctor.{name}").look)


SENTENCES = {f"{subject}.{name}": text for subject, found in FINDINGS.items() for name, text in found.items()}


def said_in_code() -> Iterator[tuple[str, set[str], bool]]:
    """Each finding that some call says, by the file's syntax: its facts, and whether there may be more to it."""
    for file in sorted(Path(deployments.doctor.__file__).parent.glob("*.py")):
        for call in [node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Call)]:
            if getattr(call.func, "attr", getattr(call.func, "id", "")) not in ("say", "Trouble", "RefusedByMeta"):
                continue
            facts = {word.arg for word in call.keywords if word.arg}
            for text in [text for part in call.args for text in _texts(part)]:
                found = [name for name in SENTENCES if re.fullmatch(text, name)]
                assert found, f"{file.name}:{call.lineno} says {text}, which findings.toml does not have"
                unsure = len(found) > 1 or any(word.arg is None for word in call.keywords)
                yield from ((name, facts, unsure) for name in found)
    for mistake in MISTAKES:
        yield mistake["finding"], {"name", "host", "origin"}, False


def _texts(part: ast.expr) -> list[str]:
    """What an argument may be, as patterns: a text, either of two, or one with any word in the place of a value."""
    match part:
        case ast.Constant(value=str(text)):
            return [re.escape(text)]
        case ast.IfExp(body=one, orelse=other):
            return _texts(one) + _texts(other)
        case ast.JoinedStr(values=values):
            return ["".join(re.escape(v.value) if isinstance(v, ast.Constant) else r"[\w ]+" for v in values)]
        case _:
            return []


def test_every_sentence_is_said_somewhere_and_gets_its_facts() -> None:
    said = list(said_in_code())
    assert set(SENTENCES) - {name for name, _, _ in said} == set()
    for name, sentence in SENTENCES.items():
        wanted = {field for _, field, _, _ in Formatter().parse(sentence) if field} - set(PLACES)
        # a call whose finding is put together matches sentences that it never says; some hand facts on in a dict
        assert [facts for one, facts, unsure in said if one == name and not unsure and not wanted <= facts] == [], name


def test_every_sentence_has_a_status_and_what_is_wrong_a_cure() -> None:
    for name, sentence in SENTENCES.items():
        status, _, said = sentence.partition(" ")
        assert (status in ("warn", "FAIL")) == (" → " in said), name
        assert status in set(LineStatus), name
