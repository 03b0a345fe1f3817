"""Whatever anybody sends or prints is read or refused by name, in bounded time: every parser that meets strangers' words."""

from __future__ import annotations

import contextlib
import copy
import json
import time
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some
from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from flows.adapters.whatsapp import codes
from flows.adapters.whatsapp.codes import Uncertain
from flows.adapters.whatsapp.wire import read_sent
from flows.assistant.bill import NotABill, figures, paycodes, read_text
from flows.assistant.place import ceps, pins
from flows.assistant.place.mentions import Message
from flows.brazil import money, phones
from flows.errors import SerenaError
from flows.settings import Ops, Webhook
from tests.flows.assistant.bill.layouts import LAYOUTS
from tests.webhook import NOW, NUMBER_ID, change, delivery, fixture
from webhook.form import FormRejected, Honeypot, parse_form
from webhook.limits import client_address
from webhook.payload import UnreadablePayload, events

patient = settings(
    max_examples=40, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
SLOW = 1.0  # seconds of processor; each takes milliseconds

# Words with what parsers trip over: digits of other alphabets, separators in rows, half emojis, NUL, right-to-left.
odd = some.text(
    some.one_of(
        some.characters(),
        some.sampled_from("0123456789.,-+/()R$% ٣३２\x00\u202e\u200b\ufeff\ud83d\n\r\t:;=&?#@"),
    ),
    max_size=200,
)
numberish = some.text(some.sampled_from("0123456789.,-+() R$mil"), max_size=60)
words = some.one_of(odd, numberish, some.builds(lambda part, n: part * n, odd, some.integers(1, 300)))
leaf = some.one_of(
    some.none(),
    some.booleans(),
    some.integers(),
    some.floats(),
    words,
    some.sampled_from([10**400, -1, 2**63, 1e308, "", " ", "null", "1795300000"]),
)
anything = some.recursive(
    leaf,
    lambda inner: some.one_of(some.lists(inner, max_size=3), some.dictionaries(odd, inner, max_size=3)),
    max_leaves=8,
)


def quick(read: Callable[[], object], *allowed: type[Exception]) -> None:
    """It answers, or raises one of these, soon."""
    began = time.process_time()
    with contextlib.suppress(*allowed):
        read()
    assert time.process_time() - began < SLOW


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in a JSON value."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield (*path, key)
        yield from places(child, (*path, key))


RECORDED = [
    *fixture("envelopes").values(),
    *(delivery(change(messages=[message])) for message in fixture("messages").values()),
    *(delivery(change(**value)) for value in fixture("statuses").values()),
    *(delivery(changed) for changed in fixture("changes").values()),
]
_ITEM = len(("entry", 0, "changes", 0, "value", "messages", 0))


@some.composite
def mutated(draw: some.DrawFn) -> Any:
    """A recorded delivery with some of its values replaced, doubled or gone."""
    body = copy.deepcopy(draw(some.sampled_from(RECORDED)))
    for _ in range(draw(some.integers(1, 4))):
        found = list(places(body))
        if not found:
            break
        # mostly below an item: a delivery with a broken envelope says nothing of how its items are read
        within = [place for place in found if len(place) > _ITEM] if draw(some.integers(0, 4)) else []
        *path, last = draw(some.sampled_from(within or found))
        parent = body
        for key in path:
            parent = parent[key]
        match draw(some.sampled_from(["replace", "remove", "double", "wrap"])):
            case "replace":
                parent[last] = draw(anything)
            case "remove":
                del parent[last]
            case "double" if isinstance(parent, list):
                parent.append(copy.deepcopy(parent[last]))
            case _:
                parent[last] = [parent[last]]
    return body


@patient
@given(mutated())
@example(
    {
        "object": "whatsapp_business_account",
        "entry": [{"changes": [{"field": "messages", "value": {"messages": [10**400]}}]}],
    }
)
def test_a_delivery_is_events_or_unreadable(body: Any) -> None:
    quick(lambda: json.dumps(events(body, phone_number_id=NUMBER_ID, now=NOW)), UnreadablePayload)


@patient
@given(anything)
def test_any_json_is_events_or_unreadable(body: Any) -> None:
    quick(lambda: events(body, phone_number_id=NUMBER_ID, now=NOW), UnreadablePayload)


FIELDS = (
    "name",
    "nomeCompleto",
    "phone",
    "whatsapp",
    "valorContaLuz",
    "tipoCliente",
    "cidade",
    "estado",
    "consent",
    "email",
    "website",
    "x",
)


@patient
@given(some.dictionaries(some.sampled_from(FIELDS) | odd, some.one_of(words, anything), max_size=8))
def test_a_form_is_a_lead_or_says_which_fields_are_wrong(fields: dict[str, Any]) -> None:
    quick(lambda: parse_form(fields), FormRejected, Honeypot)


@patient
@given(words)
def test_numbers_money_places_and_codes_in_words(text: str) -> None:
    quick(lambda: phones.canonical(text), phones.InvalidPhone)
    quick(lambda: money.parse(text))
    quick(lambda: ceps.find(text))
    quick(lambda: ceps.find(text, expecting=True))
    quick(lambda: Message(text).mentions)
    for read in (figures.amount, figures.kwh, figures.day, figures.month, figures.document, figures.installation):
        quick(lambda read=read: read(text))


@patient
@given(some.one_of(some.integers(), some.floats(), some.decimals(), words))
def test_an_amount_of_any_type_is_one_or_none(amount: int | float | Decimal | str) -> None:
    quick(lambda: money.parse(amount))


@patient
@given(some.dictionaries(some.sampled_from(["latitude", "longitude", "name", "address"]), leaf))
@example({"latitude": 10**400, "longitude": 0})
def test_a_pin_is_a_place_or_none(location: dict[str, Any]) -> None:
    quick(lambda: pins.read(location))


lines = some.lists(
    some.sampled_from([line for layout in LAYOUTS for line in layout.text.splitlines()]) | words, max_size=60
)


@patient
@given(lines)
def test_a_bills_text_is_fields_or_no_bill(printed: list[str]) -> None:
    quick(lambda: read_text("\n".join(printed)), NotABill)


@some.composite
def codes_of_payments(draw: some.DrawFn) -> str:
    """Something like a collection's or bank's line, an access key, or a Pix, with characters lost, changed and between."""
    pix = "00020126580014br.gov.bcb.pix0136123e4567-e12b-12d1-a456-4266554400005204000053039865406100.005802BR5913Cia6008BRASILIA62070503***6304"
    code = draw(some.sampled_from([pix, "8" * 48, "34191790010104351004791020150008291070026000", "35" * 22]))
    characters = list(code)
    for at in draw(some.lists(some.integers(0, len(code) - 1), max_size=12)):
        characters[at] = draw(some.sampled_from(["", "0", "9", " ", "٣", "-", "Z", "\n", "99"]))
    return draw(odd) + "".join(characters) + draw(odd)


@patient
@given(codes_of_payments())
@example("000201" + "9999" * 2000)
@example("84" * 20_000)
def test_barcodes_and_pix_are_read_or_not(text: str) -> None:
    for read in (
        paycodes.payments,
        paycodes.access_keys,
        paycodes.pix_codes,
        paycodes.without_codes,
        paycodes.payment,
        paycodes.access_key,
    ):
        quick(lambda read=read: read(text))
    quick(lambda: paycodes.payments(text, date(2026, 11, 30)))


@patient
@given(some.one_of(anything, some.builds(lambda id: {"messages": [{"id": id}]}, leaf)))
def test_an_answer_of_metas_is_a_receipt_or_uncertain(body: Any) -> None:
    quick(lambda: read_sent(body), Uncertain)


@patient
@given(some.none() | some.integers(), some.none() | some.integers(300, 599), leaf)
def test_any_code_has_a_meaning(code: int | None, status: int | None, trace: Any) -> None:
    assert isinstance(codes.classify(code, status, fbtrace_id=trace), SerenaError)


@patient
@given(some.lists(words, max_size=3), some.integers(0, 4))
def test_any_chain_of_proxies_names_a_caller(chain: list[str], trusted: int) -> None:
    lines = [(b"x-forwarded-for", line.encode("utf-8", "replace")) for line in chain]
    request = Request({"type": "http", "headers": lines, "client": ("203.0.113.9", 1)})
    quick(lambda: client_address(request, trusted))


@pytest.mark.parametrize("group", [Ops, Webhook])
@patient
@given(data=some.data())
def test_settings_are_read_or_refused_with_their_names(group: type[BaseModel], data: some.DataObject) -> None:
    fields = data.draw(some.dictionaries(some.sampled_from(sorted(group.model_fields)), words, max_size=4))
    quick(lambda: group(**fields), ValidationError, SerenaError)
