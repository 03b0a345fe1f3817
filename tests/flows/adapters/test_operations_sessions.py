"""Logins that were logged out: every replica knows, until they would have been over anyway."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from uuid import uuid4

import pytest

from flows.errors import Fix
from tests.flows.adapters.conftest import Desk

LASTS = timedelta(hours=12)


def digest() -> str:
    return hashlib.sha256(uuid4().bytes).hexdigest()


def test_a_session_is_ended_for_whoever_asks_and_no_other_is(desk: Desk) -> None:
    ours, other = digest(), digest()
    assert not desk.run(desk.operations.session_ended(ours))
    desk.together(*(desk.operations.end_session(ours, LASTS) for _ in range(3)))
    assert desk.run(desk.operations.session_ended(ours))
    assert not desk.run(desk.operations.session_ended(other))
    assert desk.cell("select count(*) from ended_sessions where session = $1", ours) == 1


def test_a_session_that_is_over_by_itself_is_forgotten_at_the_next_logout(desk: Desk) -> None:
    over = digest()
    desk.run(desk.operations.end_session(over, LASTS))
    desk.change("update ended_sessions set until = now() - interval '1 second' where session = $1", over)
    assert not desk.run(desk.operations.session_ended(over))
    desk.run(desk.operations.end_session(digest(), LASTS))
    assert desk.cell("select count(*) from ended_sessions where session = $1", over) == 0


def test_a_second_logout_does_not_shorten_the_first(desk: Desk) -> None:
    ours = digest()
    desk.run(desk.operations.end_session(ours, LASTS))
    desk.run(desk.operations.end_session(ours, timedelta(0)))
    assert desk.run(desk.operations.session_ended(ours))


def test_a_token_itself_is_not_kept(desk: Desk) -> None:
    with pytest.raises(Fix, match="23514"):
        desk.run(desk.operations.end_session("the-token-of-a-cookie", LASTS))


def test_who_asks_reads_an_index_however_many_there_are(desk: Desk) -> None:
    desk.change(
        "insert into ended_sessions select encode(sha256(n::text::bytea), 'hex'), now() + interval '1 hour'"
        " from generate_series(1, 5000) n on conflict do nothing"
    )
    desk.change("analyze ended_sessions")
    question = "explain select exists (select 1 from ended_sessions where session = $1 and until > now())"
    plan = "\n".join(row[0] for row in desk.rows(question.replace("$1", f"'{digest()}'")))
    assert "ended_sessions_pkey" in plan and "Seq Scan" not in plan
