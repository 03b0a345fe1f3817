"""What a turn leaves behind: what our question was, how the turn came about, and no word that nobody may see."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from flows.domain import Content, Reply, Stage, Why
from tests.flows.adapters.conftest import Desk, in_hours
from tests.flows.adapters.deliveries import Events, Person, says, someone, status


def reacts(who: Person, to: str, emoji: str | None = "👍") -> Events:
    reaction = {"message_id": to} if emoji is None else {"message_id": to, "emoji": emoji}
    return says(who, type="reaction", reaction=reaction)


def quotes(who: Person, to: str, text: str = "isso") -> Events:
    return says(who, type="text", text={"body": text}, context={"from": "551131230000", "id": to})


def sticks(who: Person) -> Events:
    return says(who, type="sticker", sticker={"id": "7", "mime_type": "image/webp"})


def asked(desk: Desk, who: Person, question: str | None = "bill") -> tuple[UUID, str]:
    """A lead whose run waits after we asked this; the lead's id and our message's wamid."""
    claim = desk.conversation(says(who))
    wamid = desk.sent(desk.answer(claim, why=Why(asked=question)))
    assert desk.run(desk.store.park(claim, in_hours(2))) == 1
    return claim.lead_id, wamid


# what a message is about


def test_a_reaction_to_our_question_wakes_the_run_and_is_about_that_question(desk: Desk) -> None:
    ana = someone()
    lead_id, wamid = asked(desk, ana)
    (dispatch,) = desk.receive(reacts(ana, wamid))
    assert (dispatch.action, dispatch.lead_id) == ("resume", lead_id)
    (message,) = desk.unanswered(lead_id)
    assert (message.type, message.text, message.about) == ("reaction", "👍", "bill")


def test_a_reaction_counts_as_a_word_of_the_leads(desk: Desk) -> None:
    ana = someone()
    lead_id, wamid = asked(desk, ana)
    desk.change("update leads set last_inbound_at = now() - interval '1 day' where id = $1", lead_id)
    desk.receive(reacts(ana, wamid))
    assert desk.run(desk.store.lead(lead_id)).last_inbound_at > in_hours(-1)


def test_a_quoted_reply_and_a_tap_are_about_what_they_quote_not_about_the_last_question(desk: Desk) -> None:
    ana = someone()
    lead_id, first = asked(desk, ana, "place")
    desk.receive(says(ana))
    desk.sent(desk.answer(desk.claim(lead_id), why=Why(asked="bill")))
    tap = {"type": "button_reply", "button_reply": {"id": "yes", "title": "Sim"}}
    desk.receive(
        quotes(ana, first), says(ana, type="interactive", interactive=tap, context={"id": first}), says(ana, "oi")
    )
    assert [message.about for message in desk.unanswered(lead_id)] == ["place", "place", None]


def test_what_points_to_nothing_of_ours_or_to_no_question_is_about_nothing(desk: Desk) -> None:
    ana, rui = someone(), someone()
    lead_id, wamid = asked(desk, ana, None)
    _, others = asked(desk, rui)
    own = says(ana, "oi", wamid="wamid.own." + str(lead_id))
    desk.receive(
        own, quotes(ana, wamid), quotes(ana, "wamid.unknown"), quotes(ana, others), quotes(ana, own[0]["wamid"])
    )
    assert [message.about for message in desk.unanswered(lead_id)] == [None] * 5


def test_a_reaction_taken_back_means_nothing(desk: Desk) -> None:
    ana = someone()
    lead_id, wamid = asked(desk, ana)
    assert desk.receive(reacts(ana, wamid, None)) == [] and desk.unanswered(lead_id) == ()
    desk.receive(reacts(ana, wamid), reacts(ana, wamid, ""))
    (message,) = desk.unanswered(lead_id)
    assert (message.text, message.about) == ("👍", None)
    desk.receive(reacts(ana, wamid, "❤️"))
    assert [m.about for m in desk.unanswered(lead_id)] == [None, "bill"]


def test_a_reaction_to_a_person_or_while_a_person_speaks_is_that_persons(desk: Desk) -> None:
    ana = someone()
    lead_id = desk.taken_over(says(ana))
    ours = desk.cell("select wamid from lead_messages where lead_id = $1 and message_direction = 'bot'", lead_id)
    assert desk.receive(reacts(ana, ours)) == []
    queue = desk.run(desk.operations.queue("ana", limit=5000))
    assert [row.unheard for row in queue.rows if row.lead_id == lead_id] == [0]


def test_a_reminder_asks_again_what_waits_and_never_what_an_offer_asked(desk: Desk) -> None:
    ana = someone()
    claim = desk.conversation(says(ana))
    for memory, question in (
        ({"asked": "bill"}, "bill"),
        ({"asked": "erase", "resume": "place"}, "place"),
        ({"asked": "person"}, None),
        ({}, None),
    ):
        desk.sent(desk.answer(claim, memory=memory))
        reminder = desk.started(claim.lead_id, f"reminder:{claim.run_id}:{question}:{len(memory)}", "Oi")
        assert desk.cell("select asked from lead_messages where id = $1", reminder) == question
        desk.receive(says(ana))


@pytest.mark.parametrize("first", ["sticker", "reaction"])
def test_whoever_is_new_starts_a_conversation_whatever_comes_first(desk: Desk, first: str) -> None:
    ana = someone()
    event = sticks(ana) if first == "sticker" else reacts(ana, "wamid.x")
    (dispatch,) = desk.receive(event)
    assert (dispatch.action, desk.unanswered(dispatch.lead_id)[0].type) == ("start", first)
    claim = desk.claim(dispatch.lead_id)
    desk.sent(desk.answer(claim))
    # greeted by now
    desk.receive(event := sticks(ana) if first == "sticker" else reacts(ana, "wamid.x"))
    assert event and desk.unanswered(dispatch.lead_id) == ()


def test_the_template_is_no_conversation_so_a_sticker_in_return_starts_one(desk: Desk) -> None:
    ana = someone()
    lead_id = desk.form(ana).lead_id
    activation = desk.claim(lead_id, "lead-activation")
    template = {"name": "ola", "language": "pt_BR", "body": [], "buttons": []}
    wamid = desk.sent(
        desk.run(desk.store.queue(activation, f"template:{activation.run_id}", text="", template=template)).message_id
    )
    assert desk.receive(reacts(ana, wamid, None)) == []
    assert [d.action for d in desk.receive(sticks(ana))] == ["start"]


# how a turn came about


def test_why_is_kept_with_the_turn_once_and_a_silent_one_keeps_its_own(desk: Desk) -> None:
    ana = someone()
    claim = desk.conversation(says(ana, "moro em Olinda"))
    messages = desk.unanswered(claim.lead_id)
    why = Why(
        before={"asked": "place"},
        world={"coverage": [{"is": "served"}]},
        asked="bill",
        by="gpt-4.1",
        voice="opened",
        reading=({"meaning": "place", "message": 0, "start": 8, "end": 14, "certain": True, "places": [2609600]},),
        acts=({"code": "bill.ask", "facts": {}, "asks": "bill", "choices": []},),
        checks=("promise",),
        requests=2,
        seconds=1.25,
        tokens_in=900,
        tokens_out=80,
        cost=Decimal("0.0031"),
    )
    reply = Reply(content=Content(text="Me manda a conta?"), stage=Stage.AWAITING_BILL, why=why)
    sent = {desk.run(desk.store.commit_turn(claim, messages, reply)) for _ in range(2)}
    desk.receive(says(ana, "🙂"))
    desk.answer(claim, content=None, why=Why(by="rules"))
    sheet = desk.run(desk.operations.sheet(claim.lead_id))
    told = {message.id: message.turn for message in sheet.messages}
    first, second = messages[0].id, sheet.messages[-1].id
    assert [told[first], told[sent.pop()].why, told[second].why.by] == [None, why, "rules"]
    assert [turn.messages for turn in told.values() if turn] == [(first,), (second,)]
    assert len(desk.run(desk.operations.turns(claim.run_id))) == 2


def test_a_turn_is_recorded_as_the_assistant_was_handed_it(desk: Desk) -> None:
    ana = someone()
    desk.form(ana, name="Ana Souza", city="Recife", state="PE")
    claim = desk.conversation(says(ana, "oi"), says(ana, "moro em Olinda"))
    why = Why(before={}, asked="bill")
    desk.sent(
        desk.answer(claim, stage=Stage.AWAITING_BILL, facts={"city": "Olinda"}, memory={"asked": "bill"}, why=why)
    )
    desk.receive(says(ana, "já mando"))
    desk.answer(claim, content=None, memory={"asked": "bill", "later": True}, why=Why(before={"asked": "bill"}))
    one, two = desk.run(desk.operations.recorded_turns(lead=claim.lead_id))
    assert [m.text for m in one.messages] == ["oi", "moro em Olinda"]
    assert [line.text for line in one.transcript] == ["oi", "moro em Olinda"]
    assert (one.lead.city, one.lead.stage, one.lead.memory) == ("Recife", Stage.FORM_SUBMITTED, {})
    assert (one.said, one.why, one.stage) == (Content(text="Qual é a sua cidade?"), why, Stage.AWAITING_BILL)
    assert (two.lead.city, two.lead.stage, two.lead.memory) == ("Olinda", Stage.AWAITING_BILL, {"asked": "bill"})
    assert [line.who for line in two.transcript] == ["user", "user", "bot", "user"] and two.said is None
    assert two.turn.messages == two.messages and two.turn.now == two.at
    assert desk.run(desk.operations.recorded_turns(lead=claim.lead_id, after=one.id)) == (two,)
    assert desk.run(desk.operations.recorded_turns(lead=claim.lead_id, limit=1)) == (one,)
    assert desk.run(desk.operations.recorded_turns(lead=claim.lead_id, until=one.at)) == ()
    assert desk.run(desk.operations.recorded_turns(lead=claim.lead_id, since=two.at)) == (two,)


def test_a_bill_that_came_in_the_turn_was_not_there_before_it(desk: Desk) -> None:
    ana = someone()
    claim = desk.conversation(says(ana, type="image", image={"id": "7", "mime_type": "image/png"}))
    (picture,) = desk.unanswered(claim.lead_id)
    desk.run(
        desk.store.keep_bill(
            claim.lead_id, picture.id, path="p", sha256=str(picture.id), mime_type="image/png", size=1, keep_days=9
        )
    )
    desk.answer(claim, why=Why())
    desk.turn(claim, ana, Why())
    assert [turn.lead.bills for turn in desk.run(desk.operations.recorded_turns(lead=claim.lead_id))] == [0, 1]


def test_turns_move_along_when_two_leads_turn_out_to_be_one(desk: Desk) -> None:
    ana = someone()
    claim = desk.conversation(says(ana.hidden))
    desk.answer(claim, why=Why(), memory={"asked": "place"})
    desk.form(ana)
    desk.receive(says(ana))
    lead_id = desk.lead_of(ana)
    assert len(desk.run(desk.operations.recorded_turns(lead=lead_id))) == 1
    assert desk.run(desk.store.lead(lead_id)).memory == {"asked": "place"}


# what nobody may see


def test_a_masked_word_is_nowhere_any_more(desk: Desk) -> None:
    ana = someone()
    claim = desk.conversation(says(ana, "minha senha é girassol99"), says(ana, "oi"))
    secret, plain = desk.unanswered(claim.lead_id)
    desk.answer(claim, masked={secret.id: "minha senha é •••"}, why=Why())
    assert [line.text for line in desk.run(desk.store.transcript(claim.lead_id))][:2] == ["minha senha é •••", "oi"]
    (turn,) = desk.run(desk.operations.recorded_turns(lead=claim.lead_id))
    assert [m.text for m in turn.messages] == ["minha senha é •••", "oi"]
    export: Any = desk.run(desk.operations.export(claim.lead_id, "ana"))
    assert "girassol99" not in str(export)
    raw = {row["event_key"]: row["payload"] for row in export["webhook_events"]}
    assert raw[f"m:{secret.wamid}"]["from"] == ana.wa_id, "an erasure still finds it"
    assert raw[f"m:{plain.wamid}"]["text"] == {"body": "oi"}


def test_only_messages_of_the_turn_are_masked(desk: Desk) -> None:
    ana, rui = someone(), someone()
    claim, other = desk.conversation(says(ana, "um")), desk.conversation(says(rui, "dois"))
    (theirs,) = desk.unanswered(other.lead_id)
    (mine,) = desk.unanswered(claim.lead_id)
    reply = Reply(content=None, masked={theirs.id: "x", mine.id: "y"})
    desk.run(desk.store.commit_turn(claim, [mine], reply))
    assert desk.unanswered(other.lead_id)[0].text == "dois"
    assert desk.cell("select message_content from lead_messages where id = $1", mine.id) == "y"


def test_a_message_whose_status_came_first_is_found_too(desk: Desk) -> None:
    """The answer to our call may be lost; its status tells the wamid that a reaction names."""
    ana = someone()
    claim = desk.conversation(says(ana))
    message = desk.answer(claim, why=Why(asked="place"))
    wamid = f"wamid.out.{message}"
    assert desk.run(desk.store.begin_send(message)).outcome == "send"
    desk.receive(status(wamid, "sent", tracker=message))
    desk.receive(reacts(ana, wamid))
    assert desk.unanswered(claim.lead_id)[0].about == "place"
