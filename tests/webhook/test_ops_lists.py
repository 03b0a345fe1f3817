"""The list of leads: found, filtered, page by page, and as a table."""

from __future__ import annotations

import csv
import io

from flows.shown import words
from tests.webhook.operators import Browser, Office, seen
from tests.webhook.service import name
from webhook.ops.finding import PAGE


def test_the_list_shows_every_lead_once_page_by_page(desk: Office, ana: Browser) -> None:
    mark = name()[:12]
    desk.sql("insert into leads (name) select $1 || ' ' || n from generate_series(1, $2) n", mark, PAGE + 5)
    found: list[str] = []
    page = ana.get(f"/ops/leads?q={mark}")
    while True:
        found += [part.split("<")[0] for part in page.text.split(f">{mark} ")[1:]]
        following = (
            page.text.split('rel="next"')[0].rpartition('href="')[2].split('"')[0] if 'rel="next"' in page.text else ""
        )
        if not following:
            break
        page = ana.get(following.replace("&amp;", "&"))
    assert len(found) == PAGE + 5
    assert sorted(map(int, found)) == list(range(1, PAGE + 6))


def test_leads_are_found_by_stage_by_waiting_and_by_what_people_type(desk: Office, ana: Browser) -> None:
    mark = name()[:12]
    lead = desk.lead(name=f"Antônia {mark}", phone_number="+5581977776666", conversation_state="PLANS_SENT")

    def finds(query: str) -> bool:
        return f"/ops/leads/{lead}" in ana.get(f"/ops/leads?{query}").text

    assert finds("q=%2881%29%2097777-6666") and finds(f"q=antonia+{mark}") and finds(f"q={lead[:8]}")
    assert finds(f"stage=PLANS_SENT&q={mark}") and not finds(f"stage=INITIAL&q={mark}")
    assert not finds(f"waiting=1&q={mark}")
    desk.handoff(lead)
    assert finds(f"waiting=1&q={mark}")
    assert "+55 81 97777-6666" in seen(ana.get(f"/ops/leads?q={mark}"))


def test_the_list_is_filtered_and_comes_as_a_table(desk: Office, ana: Browser) -> None:
    mark = name()[:12]
    lead = desk.lead(
        "=cmd()", name=f"=HYPERLINK {mark}", city="Recife", state="PE", phone_number="+5581977775555", source="feira"
    )
    other = desk.lead(name=f"Outro {mark}")
    ana.does(other, "take-over")
    ana.does(other, "write", text="Bom dia")

    def rows(query: str) -> list[list[str]]:
        answer = ana.get(f"/ops/leads.csv?q={mark}&{query}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
        head, *found = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")), delimiter=";")
        assert head == list(words.LIST.values())
        return found

    assert sorted(row[0] for row in rows("")) == sorted([lead, other])
    (row,) = rows("source=feira")
    assert row[1:5] == [f"'=HYPERLINK {mark}", "+5581977775555", "Recife", "PE"], (
        "no spreadsheet runs what a lead is called"
    )
    assert [row[0] for row in rows("whose=mine")] == [other] and rows("whose=held")[0][10] == "ana"
    for query in ("failed=1", "waiting=24", "until=2020-01-01", "sort=wait"):
        assert rows(query) == [], query
    assert len(rows("from=2020-01-01&sort=arrival&stage=NONE&from=x")) == 2
    assert len(rows("until=9999-12-31")) == 2, "the last of all days has no day after it"
    assert "Equipe: Bom dia" in seen(ana.get(f"/ops/leads?q={mark}&whose=mine"))
    (taken,) = desk.sql("select details from operator_actions where action = 'export_list' order by id desc limit 1")
    assert mark not in taken["details"] and "source" not in taken["details"]


def test_a_store_that_fails_is_said_on_a_page(desk: Office, ana: Browser) -> None:
    desk.sql("alter function ops_filters(int) rename to ops_filters_away")
    try:
        page = ana.get("/ops/leads")
    finally:
        desk.sql("alter function ops_filters_away(int) rename to ops_filters")
    assert (page.status_code, page.headers["cache-control"]) == (503, "no-store")
    assert "Serviço temporariamente indisponível" in seen(page)
    assert ana.get("/ops/leads").status_code == 200
