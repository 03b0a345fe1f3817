"""The list of leads: searched, filtered, sorted, page by page, and as a table for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from flows.adapters.store.lists import LeadRow
from flows.adapters.store.operations import Operations
from flows.domain import Stage
from flows.shown import words
from flows.shown.formats import day_of
from flows.shown.words import SAID
from webhook.ops.guard import Operator, PageRoute, desk, operations
from webhook.ops.pages import moment
from webhook.storable import cleaned_text

router = APIRouter(prefix="/ops", route_class=PageRoute)

PAGE, SHEET_PAGE = 50, 500
# Leads in one table; whoever needs more asks by dates.
MOST_ROWS = 50_000
# Leads of a stage are counted up to here, so that the page costs the same with a million.
COUNTED = 1000
_LONGEST = 100
_WHOSE = ("mine", "held")
# A spreadsheet takes what begins so for a formula, whoever wrote it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Wanted:
    """What an address of the list asks for; whatever it does not understand it leaves out."""

    fields: dict[str, str]

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Wanted:
        def choice(name: str, among: Any) -> str:
            return given.get(name, "") if given.get(name) in set(among) else ""

        def day(name: str) -> str:
            try:
                found = date.fromisoformat(given.get(name, ""))
                day_of(found)
            except (ValueError, OverflowError):  # no day, or one at the end of all days
                return ""
            return found.isoformat()

        found = {
            "q": " ".join(cleaned_text(given.get("q", "")).split())[:_LONGEST],
            "stage": choice("stage", Stage),
            "whose": choice("whose", _WHOSE),
            "waiting": choice("waiting", ("1", "4", "24", "72")),
            "failed": choice("failed", ("1",)),
            "source": cleaned_text(given.get("source", ""))[:_LONGEST],
            "from": day("from"),
            "until": day("until"),
            "sort": choice("sort", ("arrival", "wait")),
        }
        return cls({name: value for name, value in found.items() if value})

    def get(self, name: str) -> str:
        return self.fields.get(name, "")

    @property
    def narrowed(self) -> bool:
        """Whether a filter is set that stands among the filters, not beside them."""
        return bool(self.fields.keys() - {"q", "stage"})

    def address(self, **changed: str | None) -> str:
        """The list's address with this changed; None takes a filter away."""
        query = urlencode({name: value for name, value in (self.fields | changed).items() if value})
        return f"/ops/leads?{query}" if query else "/ops/leads"

    def asked(self, operator: str) -> dict[str, Any]:
        """The same, as the store is asked."""
        waited = int(self.get("waiting") or 0)
        return {
            "search": self.get("q") or None,
            "stages": [Stage(self.get("stage"))] if self.get("stage") else [],
            "held_by": operator if self.get("whose") == "mine" else None,
            "held": self.get("whose") == "held",
            "waiting": waited > 0,
            "waited_hours": waited if waited > 1 else None,
            "failed": bool(self.get("failed")),
            "source": self.get("source") or None,
            "since": day_of(date.fromisoformat(self.get("from")))[0] if self.get("from") else None,
            "until": day_of(date.fromisoformat(self.get("until")))[1] if self.get("until") else None,
            "sort": self.get("sort") or "activity",
        }


@router.get("/leads")
async def leads(request: Request, session: Operator) -> Response:
    given = request.query_params
    wanted, after = Wanted.of(given), cleaned_text(given.get("after", "")) or None
    found = await operations(request).leads(**wanted.asked(session.operator), after=after, limit=PAGE)
    filters = await operations(request).filters(COUNTED + 1)
    return desk(request).pages.page(
        "leads.html",
        session,
        found=found,
        filters=filters,
        counted_to=COUNTED,
        wanted=wanted,
        first=after is None,
        said=SAID.get(given.get("m", "")),
    )


@router.get("/leads.csv")
async def leads_table(request: Request, session: Operator) -> Response:
    """What is filtered, as a table; that somebody took it is recorded, with the names of the filters."""
    wanted = Wanted.of(request.query_params)
    await operations(request).record(session.operator, "export_list", None, {"filters": sorted(wanted.fields)})
    headers = {"content-disposition": 'attachment; filename="leads.csv"'}
    rows = _rows(operations(request), wanted, session.operator)
    return StreamingResponse(rows, media_type="text/csv; charset=utf-8", headers=headers)


async def _rows(store: Operations, wanted: Wanted, operator: str) -> AsyncIterator[str]:
    """As Excel in Brazil opens it: a mark for UTF-8, semicolons."""
    yield "\ufeff" + _line(words.LIST.values())
    after, count = None, 0
    while True:
        found = await store.leads(**wanted.asked(operator), after=after, limit=SHEET_PAGE)
        yield "".join(_line(_cells(row)) for row in found.rows)
        count += len(found.rows)
        after = found.next
        if after is None or count >= MOST_ROWS:
            return


def _cells(row: LeadRow) -> list[str]:
    def at(when: datetime | None) -> str:
        return moment(when) if when else ""

    cells = {
        "id": str(row.id),
        "name": row.name or "",
        "phone": row.phone_number or "",
        "city": row.city or "",
        "state": row.state or "",
        "stage": words.STAGES[row.stage],
        "qualification": words.QUALIFICATIONS[row.qualification],
        "source": words.SOURCES.get(row.source or "", row.source or ""),
        "arrived": at(row.created_at),
        "activity": at(row.last_activity_at),
        "held_by": row.taken_over_by or "",
        "waits_since": at(row.handoff_at or row.unheard_at),
        "waits_for": words.REASONS.get(row.handoff_reason or "", row.handoff_reason or ""),
        "call_back": at(row.call_back_at),
    }
    return [cells[name] for name in words.LIST]


def _line(cells: Any) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerow(
        f"'{cell}" if cell.startswith(_FORMULA) and not cell[1:].isdigit() else cell for cell in cells
    )
    return out.getvalue()
