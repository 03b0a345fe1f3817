"""The register of processing and the export to read are of the tables that there are, and leave none out."""

from __future__ import annotations

import asyncio
import typing

from flows import settings
from flows.shown.handed import sections
from flows.shown.register import ACTIVITIES, recipients
from tests.statements import asked

# What is of nobody: counts, keys of deliveries as hashes, states of the account and of services.
OF_NOBODY = {
    "template_secrets",
    "erased_events",
    "erasures",
    "account_states",
    "news",
    "telling",
    "spend_days",
    "starting_rules",
    "dispatching",
    "readiness",
    "ended_sessions",
    "canned_replies",
    "flow_runs_left",
    "lead_store_migrations",
    "day_figures",
}


def test_every_table_is_in_the_register_or_is_of_nobody(migrated: str, runner: asyncio.Runner) -> None:
    tables = runner.run(asked(migrated, "select tablename from pg_tables where schemaname = 'public'"))
    named = {activity.table for activity in ACTIVITIES}
    assert named | OF_NOBODY == {row[0] for row in tables}
    assert not named & OF_NOBODY


def test_every_term_is_a_setting_or_words_and_every_text_is_there() -> None:
    for activity in ACTIVITIES:
        assert all((activity.what, activity.why, activity.basis, activity.term))
        if activity.term.endswith("_days"):
            assert activity.term in settings.Store.model_fields | settings.Crm.model_fields


def test_who_gets_something_follows_the_settings() -> None:
    alone = recipients(model=None, partner=False, crm=None, supabase=False)
    everybody = recipients(model="api.openai.com", partner=True, crm="crm.example", supabase=True)
    assert [whom for whom, _ in alone] == ["Meta (WhatsApp), EUA e Irlanda"]
    assert len(everybody) == 5 and "crm.example" in everybody[3][0]


def test_an_export_to_read_leaves_out_no_table_and_no_value() -> None:
    export: dict[str, list[dict[str, typing.Any]]] = {
        "leads": [
            {"id": "1", "name": "Marina", "city": None, "created_at": "2026-11-30T15:00:00.5+00:00", "memory": {"a": 1}}
        ],
        "lead_forms": [],
        "a_new_table": [{"x": True}],
    }
    (leads, forms, new) = sections(export)
    assert leads[0].startswith("Cadastro") and forms[2] == [] and new[0] == "a_new_table"
    said = {label: value for label, value, _ in leads[2][0]}
    assert said == {
        "Nome": "Marina",
        "Registrado em": "30/11/2026 12:00:00",
        "O que a assistente lembra": '{\n "a": 1\n}',
        "id": "1",
    }
    assert new[2] == [[("x", "sim", False)]]
