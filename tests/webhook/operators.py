"""Operators and their browsers for tests of /ops: the real service over a Postgres of its own, and a Prefect double."""

from __future__ import annotations

import asyncio
import html
import itertools
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi.routing import APIRoute

from tests.prefect_double import PrefectDouble
from tests.webhook.service import Service, name, running, said, text

PASSWORDS = {"ana": "senha-de-teste-1234", "rui": "outra-senha-5678"}
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>{{1234567*9}}"
HASH_KEY = "key-of-the-hash-that-stays"
_addresses = itertools.count(1)


class Office:
    """The service with its operators' pages, where its bills lie, and the Prefect it talks to."""

    def __init__(self, service: Service, prefect: PrefectDouble, bills: Path) -> None:
        self.service, self.prefect, self.bills = service, prefect, bills
        self.sql = service.sql

    def lead(self, words: str = "oi", **columns: Any) -> str:
        """Somebody new who wrote; the id of the lead, with these columns."""
        wamid = name()
        message = text(wamid, words, timestamp=str(int(time.time())))  # just now: the 24-hour window is open
        assert self.service.delivers(said(message)).status_code == 200
        lead_id = str(self.sql("select lead_id from lead_messages where wamid = $1", wamid)[0]["lead_id"])
        for column, value in columns.items():
            self.sql(f"update leads set {column} = $2 where id = $1::text::uuid", lead_id, value)
        return lead_id

    def bill(self, lead_id: str, content: bytes | None, mime_type: str = "image/png", **columns: Any) -> str:
        """A bill of this lead, its file in place unless `content` is None; its id."""
        bill_id, path = str(uuid4()), f"{lead_id}/{name()}.bin"
        given = {"id": UUID(bill_id), "lead_id": UUID(lead_id), "storage_path": path, "sha256": name(), "size_bytes": 1}
        given |= {"mime_type": mime_type, **columns}
        places = ", ".join(f"${number}" for number in range(1, len(given) + 1))
        self.sql(f"insert into energy_bills ({', '.join(given)}) values ({places})", *given.values())
        if content is not None:
            (self.bills / path).parent.mkdir(parents=True, exist_ok=True)
            (self.bills / path).write_bytes(content)
        return bill_id

    def handoff(self, lead_id: str, reason: str = "asked_for_person", summary: str = "{}", days: int = 0) -> None:
        self.sql(
            "insert into handoffs (lead_id, reason, summary, created_at)"
            " values ($1::text::uuid, $2, $3::text::jsonb, now() - make_interval(days => $4))",
            lead_id,
            reason,
            summary,
            days,
        )

    def actions(self, lead_id: str) -> list[tuple[str, str]]:
        """Who did what with a lead, oldest first."""
        rows = self.sql(
            "select operator, action from operator_actions where lead_id = $1::text::uuid order by id", lead_id
        )
        return [(row["operator"], row["action"]) for row in rows]


class Browser:
    """One browser: cookies of its own, an address of its own, and forms sent as a page would send them."""

    def __init__(self, office: Office) -> None:
        self.address = f"203.0.113.{next(_addresses)}"
        self.base = str(office.service.http.base_url)
        self.http = httpx.Client(base_url=self.base, timeout=20, trust_env=False)
        self.http.headers["x-forwarded-for"] = self.address

    @classmethod
    @contextmanager
    def of(cls, operator: str, office: Office) -> Iterator[Browser]:
        """One in which the operator is logged in."""
        browser = cls(office)
        try:
            assert browser.logs_in(operator).status_code == 303
            yield browser
        finally:
            browser.http.close()

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.http.get(path, headers=headers)

    def post(self, path: str, fields: dict[str, str] | bytes, **headers: str) -> httpx.Response:
        """A header given as "" is left out; the origin is our own unless told otherwise."""
        named = {"origin": self.base.rstrip("/"), "content-type": "application/x-www-form-urlencoded"}
        named |= {key.replace("_", "-"): value for key, value in headers.items()}
        body = fields if isinstance(fields, bytes) else urlencode(fields).encode()
        return self.http.post(path, content=body, headers={key: value for key, value in named.items() if value})

    def logs_in(
        self, operator: str = "ana", password: str | None = None, way: str = "/ops", **headers: str
    ) -> httpx.Response:
        given = {"name": operator, "password": password or PASSWORDS[operator], "next": way}
        return self.post("/ops/login", {**given, "csrf": field(self.get("/ops/login"), "csrf")}, **headers)

    def does(self, lead_id: str, action: str, **fields: str) -> httpx.Response:
        """Sends a form of the lead's page, with what is hidden in it."""
        page = self.get(f"/ops/leads/{lead_id}")
        hidden = {key: field(page, key) for key in ("csrf", "key") if f'name="{key}"' in page.text}
        return self.post(f"/ops/leads/{lead_id}/{action}", {**hidden, **fields})

    def after(self, response: httpx.Response) -> str:
        """What the page says to which a form led."""
        assert response.status_code == 303, response.text
        return seen(self.get(response.headers["location"]))


def routes(service: Service) -> list[tuple[str, str]]:
    """Every route of the operators' pages: its method, and its path with the parameters' names."""
    top = service.app.routes
    found = [*top, *(route for one in top if hasattr(one, "original_router") for route in one.original_router.routes)]
    pages = [route for route in found if isinstance(route, APIRoute) and route.path.startswith("/ops")]
    return sorted({(method, re.sub(r":\w+\}", "}", route.path)) for route in pages for method in route.methods})


def field(page: httpx.Response, key: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{key}" value="([^"]*)"', page.text)
    assert found, page.text
    return found[1]


def seen(page: httpx.Response) -> str:
    """The words on a page, as a reader sees them: without tags, blanks as one."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


@contextmanager
def office(url: str, runner: asyncio.Runner, bills: Path, **options: Any) -> Iterator[Office]:
    """The service over this database, with operators; `bills` is where its files are."""
    environment = {
        "OPS_OPERATORS": ",".join(":".join(pair) for pair in PASSWORDS.items()),
        "OPS_HASH_KEY": HASH_KEY,
        "OPS_PREFECT_URL": "https://prefect.example",
        "BILLS_DIR": str(bills),
    }
    with pytest.MonkeyPatch.context() as patch, PrefectDouble() as prefect:
        for key, value in environment.items():
            patch.setenv(key, value)
        # each browser has an address of its own, so that none uses up another's logins
        with running(url, runner, prefect=prefect.api, form_trusted_proxies=1, **options) as service:
            yield Office(service, prefect, bills)
