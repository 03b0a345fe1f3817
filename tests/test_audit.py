"""The dependencies' audit: the list has its form and its dates, and whatever is not on it fails."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.audit import ROOT, Known, advisories, listed, main, pins, unexplained
from tests.http_double import Answer, HttpDouble, Request, answer

TODAY = date(2026, 11, 30)
PINNED = {"httpx": "0.28.1", "jinja2": "3.1.0"}


class Osv(HttpDouble):
    """OSV as its reference describes it: ids by package and version, a page at a time; then each advisory."""

    def usual(self, request: Request) -> Answer:
        if request.path == "/v1/querybatch":
            return answer({"results": [self._result(query) for query in request.json["queries"]]})
        id = request.path.removeprefix("/v1/vulns/")
        more: dict[str, Any] = {"withdrawn": "2026-01-01T00:00:00Z"} if id == "GHSA-3" else {}
        return answer({"id": id, "aliases": [id.replace("GHSA", "CVE")], "summary": "a sandbox that is none"} | more)

    def _result(self, query: dict[str, Any]) -> dict[str, Any]:
        if query["package"] != {"ecosystem": "PyPI", "name": "jinja2"} or query["version"] != "3.1.0":
            return {}
        if "page_token" in query:
            return {"vulns": [{"id": "GHSA-2"}, {"id": "GHSA-3"}]}
        return {"vulns": [{"id": "GHSA-1"}], "next_page_token": "more"}


def entry(**changed: object) -> str:
    known = {
        "id": '"CVE-1"',
        "package": '"Jinja2"',
        "why": '"no template of a stranger is rendered"',
        "until": "2027-01-31",
    }
    return "[[known]]\n" + "\n".join(f"{name} = {value}" for name, value in (known | changed).items())


def test_the_list_in_the_repository_holds_today() -> None:
    pinned = pins((ROOT / "requirements.txt").read_text("utf-8"))
    assert {"prefect", "fastapi", "asyncpg"} <= set(pinned)
    listed((ROOT / "tests" / "known_vulnerabilities.toml").read_text("utf-8"), pinned, datetime.now(UTC).date())


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"until": "2026-11-29"}, "`until` is over"),
        ({"until": "2028-01-01"}, "`until` is over, or more than a year"),
        ({"until": '"soon"'}, "`until` is over"),
        ({"why": '"harmless"'}, "why does it do no harm"),
        ({"package": '"django"'}, "django is not pinned"),
    ],
    ids=str,
)
def test_an_entry_that_is_over_or_explains_nothing_fails(wrong: dict[str, str], said: str) -> None:
    assert listed(entry(), PINNED, TODAY)[0].until == TODAY + timedelta(days=62)
    with pytest.raises(ValueError, match=f"^CVE-1: {said}"):
        listed(entry(**wrong), PINNED, TODAY)


def test_what_is_known_is_told_unless_the_list_explains_it() -> None:
    with Osv() as osv, httpx.Client(base_url=osv.url, trust_env=False) as client:
        found = advisories(client, PINNED)
    assert [(package, advisory["id"]) for package, advisory in found] == [("jinja2", "GHSA-1"), ("jinja2", "GHSA-2")]
    first, second = (Known(id, "jinja2", "", TODAY) for id in ("CVE-1", "GHSA-2"))
    assert unexplained(found, [first, second]) == []
    assert unexplained(found, [first]) == ["jinja2: GHSA-2 a sandbox that is none"]
    gone = Known("CVE-9", "jinja2", "", TODAY)
    assert unexplained(found, [first, second, gone]) == ["CVE-9 is not known of jinja2 any more: take it off the list"]


def test_what_was_not_audited_is_no_good_news(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--osv", "http://127.0.0.1:9"]) == 2
    assert "nothing was audited" in capsys.readouterr().err


@pytest.mark.parametrize(
    "instead", [Answer(200, b"<html>Sign in</html>"), answer([]), answer({"results": []}), answer({"results": None})]
)
def test_what_is_no_answer_of_osv_is_no_good_news_either(instead: Answer, capsys: pytest.CaptureFixture[str]) -> None:
    with Osv() as osv:
        osv.then(instead)
        assert main(["--osv", osv.url]) == 2
    assert "nothing was audited" in capsys.readouterr().err
