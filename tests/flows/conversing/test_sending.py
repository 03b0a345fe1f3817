"""One outgoing message: its row first, what the refusal means for it, and never twice."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest

from flows.adapters.store.leads import MessageState
from flows.conversing.runtime import Work
from flows.conversing.sending import later, send_once, unsettled
from flows.domain import Content, SentFile
from flows.errors import Fix, GiveUp, OutcomeUnknown, TryAgain, WindowClosed
from tests.flows.adapters.deliveries import Person, says
from tests.flows.conversing.test_attachments import Desk, desk
from tests.graph_double import refusal
from tests.http_double import DROPS
from tests.statements import asked

__all__ = ["desk"]


async def wanted(work: Work, desk: Desk, *, wrote: bool = True, bsuid: str | None = None) -> UUID:
    """The id of a queued message to a lead who wrote a moment ago (or never)."""
    if wrote:
        lead = await work.store.lead(work.lead_id)
        assert lead is not None
        await work.store.receive(says(Person(bsuid, lead.phone_number)))
    queued = await work.store.queue(work.claim, f"k:{uuid4()}", text="Olá", content=Content(text="Olá"))
    assert queued.message_id is not None
    return queued.message_id


def sent(desk: Desk, error: type[Exception] | None = None, *, again: bool = False, **given: object) -> MessageState:
    """Sends one wanted message, and how it stands afterwards."""

    async def go() -> MessageState:
        async with desk.work() as work:
            message_id = await wanted(work, desk, **given)  # type: ignore[arg-type]
            for _ in range(2 if again else 1):
                if error is None:
                    await send_once(work.runtime, message_id)
                else:
                    with pytest.raises(error):
                        await send_once(work.runtime, message_id)
            return await work.store.message_state(message_id)

    state: MessageState = desk.run(go())
    return state


def test_what_went_already_is_not_sent_again(desk: Desk) -> None:
    assert sent(desk, again=True).status == "accepted"
    assert len(desk.graph.messages) == 1
    assert desk.graph.messages[0]["biz_opaque_callback_data"]


def test_a_refusal_for_now_leaves_the_message_queued_for_later(desk: Desk) -> None:
    desk.graph.then(refusal(130429))
    state = sent(desk, TryAgain)
    assert (state.status, state.error_code) == ("queued", 130429)
    assert state.not_before is not None


def test_an_expired_token_leaves_the_message_queued_with_its_code(desk: Desk) -> None:
    desk.graph.then(refusal(190, 401))
    state = sent(desk, Fix)
    assert (state.status, state.error_code) == ("queued", 190)


def test_a_lost_answer_is_uncertain_and_not_repeated_at_once(desk: Desk) -> None:
    desk.graph.then(DROPS)
    assert sent(desk, OutcomeUnknown, again=True).status == "uncertain"
    assert len(desk.graph.messages) == 1


def test_a_lost_answer_is_waited_for_from_when_on_a_webhook_is_there_to_take_the_status(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNCERTAIN_SECONDS", "1")
    looks = (
        "insert into dispatching (looked_at, since) values (now() - $1::text::interval, now()) on conflict (one)"
        " do update set looked_at = excluded.looked_at, since = excluded.since"
    )
    desk.graph.then(DROPS)

    async def go() -> tuple[bool, int | None]:
        async with desk.work() as work:
            message_id = await wanted(work, desk)
            with pytest.raises(OutcomeUnknown):
                await send_once(work.runtime, message_id)
            await asked(desk.url, looks, "1 minute")
            waiting = asyncio.create_task(unsettled(work, message_id))
            done, _ = await asyncio.wait({waiting}, timeout=2.5)
            await asked(desk.url, looks, "0 seconds")
            return bool(done), await asyncio.wait_for(waiting, 10)

    given_up_early, attempt = desk.run(go())
    assert not given_up_early, "nobody was there to take a status"
    assert attempt == 1


def test_a_file_is_sent_once_and_one_that_is_gone_is_said_to_be_so(desk: Desk) -> None:
    jpeg = b"\xff\xd8\xff\xe0" + bytes(60)
    file = SentFile(path="lead/sent-key.jpg", mime_type="image/jpeg", name="a.jpg", size=64)

    async def go() -> list[MessageState]:
        async with desk.work() as work:
            states = []
            for there in (True, False):
                await desk.files.put(file.path, jpeg, file.mime_type)
                await wanted(work, desk)
                about = Content(text="", file=file)
                queued = await work.store.queue(work.claim, f"k:{uuid4()}", text="", content=about)
                assert queued.message_id is not None
                if there:
                    await send_once(work.runtime, queued.message_id)
                    await send_once(work.runtime, queued.message_id)
                else:
                    await desk.files.remove([file.path])
                    with pytest.raises(GiveUp):
                        await send_once(work.runtime, queued.message_id)
                states.append(await work.store.message_state(queued.message_id))
            return states

    sent, lost = desk.run(go())
    assert (sent.status, lost.status) == ("accepted", "failed")
    assert [message["type"] for message in desk.graph.messages] == ["image"]


def test_outside_the_window_nothing_is_sent(desk: Desk) -> None:
    state = sent(desk, WindowClosed, wrote=False)
    assert (state.status, state.error_code) == ("failed", 131047)
    assert desk.graph.messages == []


def test_a_bsuid_that_is_no_longer_theirs_is_answered_by_phone(desk: Desk) -> None:
    desk.graph.then(refusal(131009))
    assert sent(desk, bsuid=f"BR.{uuid4().int}"[:20]).status == "accepted"
    by_bsuid, by_phone = desk.graph.messages
    assert "recipient" in by_bsuid and "to" not in by_bsuid
    assert by_phone["to"].startswith("+55") and "recipient" not in by_phone


def test_a_message_is_put_off_longer_each_time_but_never_for_hours() -> None:
    assert [later(attempts) for attempts in (1, 4, 8, 100)] == [60, 120, 240, 1800]
