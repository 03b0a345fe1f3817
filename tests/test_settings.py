"""Settings: validated at the start with the variable's name, and all of them listed in .env.example."""

from __future__ import annotations

import re

import pytest

from flows import settings
from flows.conversing.stores import throw_away
from flows.errors import Fix


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in settings.environment():
        monkeypatch.delenv(name, raising=False)


def test_every_setting_is_in_the_example_and_every_line_of_the_example_is_a_setting() -> None:
    text = (settings.ROOT / ".env.example").read_text("utf-8")
    listed = set(re.findall(r"^#? ?([A-Z][A-Z0-9_]+)=", text, re.MULTILINE))
    ours = set(settings.environment())
    named_by_us = {"PREFECT_WORK_POOL", "PREFECT_NOTIFICATION_BLOCK"}
    prefects_own = {name for name in listed - named_by_us if name.startswith("PREFECT_")}
    assert listed - prefects_own == ours


def test_the_examples_defaults_are_the_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A commented line shows the default, so that reading the file is reading the program."""
    text = (settings.ROOT / ".env.example").read_text("utf-8")
    shown = dict(re.findall(r"^# ?([A-Z][A-Z0-9_]+)=(.*)$", text, re.MULTILINE))
    for group in (settings.Conversation, settings.Worker, settings.Spend):
        built = settings.read(group)
        for field in type(built).model_fields:
            wanted = getattr(built, field)
            if field.upper() not in shown:
                continue  # no default worth showing
            monkeypatch.setenv(field.upper(), shown[field.upper()])
            assert getattr(settings.read(group), field) == wanted, field
            monkeypatch.delenv(field.upper())


@pytest.mark.parametrize(
    ("group", "values", "named"),
    [
        (settings.Webhook, {}, ["WHATSAPP_APP_SECRET is not set", "WHATSAPP_VERIFY_TOKEN is not set"]),
        (
            settings.WhatsApp,
            {"WHATSAPP_API_TOKEN": "t", "WHATSAPP_PHONE_NUMBER_ID": "+5511"},
            ["WHATSAPP_PHONE_NUMBER_ID"],
        ),
        (settings.WhatsApp, {"WHATSAPP_API_VERSION": "25", "WHATSAPP_API_TOKEN": "t"}, ["WHATSAPP_API_VERSION"]),
        (settings.Conversation, {"REMINDER_AFTER_SECONDS": "5"}, ["REMINDER_AFTER_SECONDS"]),
        (settings.Conversation, {"REMINDERS": "nine"}, ["REMINDERS"]),
        (settings.Ops, {"OPS_OPERATORS": "ana:short"}, ["OPS_OPERATORS", "at least 12"]),
        (settings.Ops, {"OPS_OPERATORS": "ana:$argon2id$v=19$m=1,t=1,p=1$no-hash"}, ["OPS_OPERATORS", "name:hash"]),
        (settings.Ops, {"OPS_OPERATORS": "ana:long-enough-1234,rui"}, ["OPS_OPERATORS", "no comma"]),
        (settings.Ops, {"OPS_OPERATORS": "ana:long-enough-1234,Ana:long-enough-5678"}, ["OPS_OPERATORS", "twice"]),
        (settings.Ops, {"OPS_OPERATORS": "?:long-enough-1234"}, ["OPS_OPERATORS", "letters, digits"]),
        (settings.Ops, {"OPS_FRAMED_BY": "https://serena.example"}, ["OPS_FRAMED_BY"]),
        (settings.Ops, {"OPS_FRAMED_BY": "http://localhost.serena.example"}, ["OPS_FRAMED_BY"]),
        (settings.Store, {"SUPABASE_URL": "https://x.supabase.co"}, ["SUPABASE_URL and SUPABASE_KEY go together"]),
        (
            settings.Serena,
            {"SERENA_API_TOKEN": "", "SERENA_API_BASE_URL": "serena"},
            ["SERENA_API_TOKEN", "SERENA_API_BASE_URL"],
        ),
    ],
)
def test_a_wrong_variable_is_named(
    group: type[settings.Group], values: dict[str, str], named: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Fix) as refused:
        settings.read(group)
    for text in named:
        assert text in str(refused.value)


def test_an_error_never_shows_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHATSAPP_VERIFY_TOKEN", "short")
    monkeypatch.setenv("WHATSAPP_APP_SECRET", "a-real-secret")
    with pytest.raises(Fix) as refused:
        settings.read(settings.Webhook)
    assert "short" not in str(refused.value).replace("at least", "")
    assert "a-real-secret" not in str(refused.value)


def test_two_app_secrets_are_read_while_rotating(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHATSAPP_APP_SECRET", "old , new")
    monkeypatch.setenv("WHATSAPP_VERIFY_TOKEN", "12345678")
    monkeypatch.setenv("WHATSAPP_PHONE_NUMBER_ID", "480000000000001")
    secrets = settings.read(settings.Webhook).whatsapp_app_secret
    assert [secret.get_secret_value() for secret in secrets] == ["old", "new"]
    assert "old" not in repr(secrets)


def test_a_throw_away_store_is_none_of_the_configured_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "DATABASE_URL": "postgresql://a@db/leads",
        "SUPABASE_URL": "https://a.supabase.co",
        "SUPABASE_KEY": "a-key",
        "LOCAL_DATA_DIR": "/data",
        "BILLS_DIR": "/bills",
    }.items():
        monkeypatch.setenv(name, value)
    store, other = throw_away(), throw_away()
    assert (store.database_url, store.supabase_url, store.supabase_key, store.bills_dir) == (None, None, None, None)
    assert store.local_data_dir.is_dir() and store.local_data_dir.stat().st_mode & 0o077 == 0
    assert store.local_data_dir != other.local_data_dir
