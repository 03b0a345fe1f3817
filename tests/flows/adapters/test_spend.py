"""What a day costs as an estimate, and what its limits do: people are told, the model rests, what we start waits; replies go."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from flows import settings
from flows.brazil.calendar import SAO_PAULO
from flows.conversing.starting import spend
from flows.domain import Why
from tests.flows.adapters.conftest import Desk, store_of_its_own
from tests.flows.adapters.deliveries import Person, phone, says, someone, told

PRICES = "service=0.04,utility=0.05,marketing=0.40"


@pytest.fixture(scope="module")
def desk(url: str, runner: asyncio.Runner) -> Iterator[Desk]:
    """A store of its own: the day's sum is over everybody."""
    with store_of_its_own(url, runner) as found:
        yield found


@pytest.fixture(autouse=True)
def nothing_yet(desk: Desk) -> None:
    for table in ("leads", "spend_days", "news", "account_states", "webhook_events"):
        desk.change(f"delete from {table}")


def limits(desk: Desk, **given: Any) -> None:
    options = settings.read(settings.Spend, whatsapp_prices=PRICES, usd_in_reais="5", **given)
    desk.run(desk.store.set_starting_rules({"welcomes_per_hour": 1000, "spend": spend(options)}))


def out(desk: Desk, status: str = "delivered", template: str | None = None, **pricing: Any) -> None:
    """A message of ours that WhatsApp reported so."""
    lead = desk.receive(says(someone()))[0].lead_id
    row = {"name": template, "language": "pt_BR", "body": []} if template else None
    desk.change(
        "insert into lead_messages (lead_id, message_direction, message_type, delivery_status, template, pricing)"
        " values ($1, 'bot', 'text', $2, $3, $4)",
        lead,
        status,
        json.dumps(row) if row else None,
        json.dumps(pricing) if pricing else None,
    )


def today(desk: Desk) -> Any:
    desk.run(desk.store.company.measure_spend(timedelta(0)))
    (day,) = desk.run(desk.store.company.spend())
    return day


def test_messages_are_counted_by_the_category_that_whatsapp_named(desk: Desk) -> None:
    limits(desk)
    out(desk, pricing_model="PMP", type="regular", category="service")
    out(desk, type="regular", category="marketing_lite")
    out(desk, type="free_entry_point", category="service")
    out(desk, billable=False, category="utility")
    out(desk, "accepted")  # not told yet: what such a message costs
    out(desk, "failed")
    out(desk, "accepted", template="boas_vindas")
    day = today(desk)
    assert {category: (c.count, c.reais) for category, c in day.messages.items()} == {
        "service": (2, Decimal("0.08")),
        "marketing_lite": (1, Decimal("0.40")),
        "utility": (1, Decimal("0.05")),
    }
    assert (day.reais, day.unpriced) == (Decimal("0.53"), 0)


def test_a_template_that_meta_moved_costs_its_new_price_at_once(desk: Desk) -> None:
    limits(desk)
    out(desk, "accepted", template="boas_vindas")
    assert today(desk).reais == Decimal("0.05")
    named = {"message_template_name": "boas_vindas", "message_template_language": "pt_BR"}
    desk.receive(told("template_category_update", previous_category="UTILITY", new_category="MARKETING", **named))
    assert today(desk).reais == Decimal("0.40")


def test_a_category_without_a_price_is_counted_as_such(desk: Desk) -> None:
    limits(desk)
    out(desk, type="regular", category="general_purpose_ai")
    day = today(desk)
    assert (day.reais, day.unpriced) == (0, 1)


def test_tokens_cost_what_the_list_says_and_else_the_configured_price(desk: Desk) -> None:
    claim = desk.conversation(says(who := someone()))
    desk.answer(claim, why=Why(by="gpt-4.1", seconds=1, tokens_in=1000, tokens_out=100, cost=Decimal("0.02")))
    desk.turn(claim, who, Why(by="our-own", seconds=1, tokens_in=1_000_000, tokens_out=100_000))
    limits(desk)
    assert (today(desk).model_reais, today(desk).unpriced) == (Decimal("0.10"), 1)
    limits(desk, token_prices="0.4,2")
    assert (today(desk).model_reais, today(desk).unpriced) == (Decimal("3.10"), 0)


def test_past_the_soft_limit_people_are_told_once_and_everything_goes_on(desk: Desk) -> None:
    limits(desk, spend_soft_limit="0.10", spend_hard_limit="10")
    for _ in range(3):
        out(desk, type="regular", category="service")
    assert today(desk).soft_at is not None
    assert today(desk).hard_at is None
    (news,) = desk.untold()
    assert (news.kind, news.what, news.detail) == ("spend", "soft", {"reais": 0.12, "limit": 0.1})
    lead = desk.form(Person(phone=phone())).lead_id
    assert desk.run(desk.store.may_start(lead, "welcome")).verdict == "go"


def test_past_the_hard_limit_the_model_rests_and_what_we_start_waits_until_midnight(desk: Desk) -> None:
    limits(desk, spend_soft_limit="0.10", spend_hard_limit="0.30")
    silent = desk.parked(says(someone()))
    claim = desk.conversation(says(someone()))
    assert not desk.run(desk.store.drain(claim.lead_id)).model_rests
    out(desk, type="regular", category="marketing")
    assert today(desk).hard_at is not None
    assert {news.what for news in desk.untold()} == {"soft", "hard"}
    assert desk.run(desk.store.drain(claim.lead_id)).model_rests
    lead = desk.form(Person(phone=phone())).lead_id
    for who, kind in ((lead, "welcome"), (silent.lead_id, "reminder")):
        said = desk.run(desk.store.may_start(who, kind))
        assert (said.verdict, said.reason) == ("wait", "spend_limit")
        assert said.until is not None and said.until.astimezone(SAO_PAULO).hour == 0
        assert timedelta(0) < said.until - datetime.now(UTC) <= timedelta(days=1)
        # and tomorrow is another day
        assert desk.run(desk.store.may_start(who, kind, at=said.until)).reason != "spend_limit"
    # who writes is answered, and a person of ours writes
    assert desk.run(desk.store.begin_send(desk.answer(claim))).outcome == "send"
    assert desk.run(desk.store.may_start(silent.lead_id, "message")).verdict == "go"


def test_a_limit_that_was_raised_is_no_longer_passed(desk: Desk) -> None:
    limits(desk, spend_hard_limit="0.10")
    out(desk, type="regular", category="marketing")
    assert today(desk).hard_at is not None
    limits(desk, spend_hard_limit="5")
    assert today(desk).hard_at is None


def test_it_is_measured_by_one_at_a_time_and_not_more_often_than_asked(desk: Desk) -> None:
    limits(desk)
    assert today(desk).reais == 0
    out(desk, type="regular", category="marketing")
    desk.run(desk.store.company.measure_spend(timedelta(hours=1)))
    assert desk.run(desk.store.company.spend())[0].reais == 0
    desk.together(*(desk.store.company.measure_spend(timedelta(0)) for _ in range(4)))
    assert desk.run(desk.store.company.spend())[0].reais == Decimal("0.40")


def test_the_report_and_the_gauges_have_it(desk: Desk) -> None:
    limits(desk, spend_hard_limit="0.10")
    out(desk, type="regular", category="marketing")
    today(desk)
    gauges = desk.run(desk.operations.gauges())
    assert (gauges.spend_reais, gauges.model_rests) == (0.4, True)
    now = datetime.now(UTC)
    report = desk.run(desk.operations.report(now - timedelta(hours=1), now + timedelta(minutes=1)))
    assert report.spend.reais == Decimal("0.40")


def test_the_defaults_are_no_limits_and_a_price_for_each_category() -> None:
    found = spend(settings.read(settings.Spend))
    assert (found["soft"], found["hard"], found["tokens"]) == (None, None, [None, None])
    assert set(found["prices"]) == {"service", "utility", "authentication", "marketing"}
