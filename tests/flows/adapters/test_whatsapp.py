"""The WhatsApp adapter over HTTP, against a double of the Graph API: what goes out, and what each refusal means."""

from __future__ import annotations

import logging
import re
import socket
import traceback

import pytest

from flows.adapters.whatsapp import CloudApi, Recipient, Sent, Template
from flows.adapters.whatsapp.codes import CODES, classify
from flows.domain import Button, Content, Media, Row, SentFile
from flows.errors import Fix, GiveUp, OptedOut, OutcomeUnknown, SerenaError, TryAgain, Unreachable, WindowClosed
from tests.flows.adapters.graph import (
    BILLS,
    BOTH,
    BSUID,
    HELLO,
    JPEG,
    PHONE,
    adapter,
    anyio_backend,
    graph,
    graph_server,
    whatsapp,
)
from tests.graph_double import refusal
from tests.http_double import DROPS, HANGS, Answer, answer

__all__ = ["anyio_backend", "graph", "graph_server", "whatsapp"]

pytestmark = pytest.mark.anyio


# Messages


async def test_a_message_carries_the_token_the_number_the_version_and_the_tracker(whatsapp, graph):
    await whatsapp.send(Recipient(phone=PHONE), Content(text="Abrimos às 9h."), tracker="outbox:8841")

    (request,) = graph.requests
    assert (request.method, request.path) == ("POST", "/v25.0/480000000000001/messages")
    assert request.headers["authorization"] == "Bearer graph-token"
    assert request.headers["host"] == graph.url.removeprefix("http://")
    assert request.json == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": PHONE,
        "type": "text",
        "text": {"preview_url": False, "body": "Abrimos às 9h."},
        "biz_opaque_callback_data": "outbox:8841",
    }


@pytest.mark.parametrize(
    ("to", "wire", "receipt"),
    [
        (Recipient(bsuid=BSUID), {"recipient": BSUID}, (None, BSUID)),
        (
            Recipient(bsuid="BR.9000000000000000002"),
            {"recipient": "BR.9000000000000000002"},
            (None, "BR.9000000000000000002"),
        ),
        (Recipient(bsuid="BR.ENT.9000X"), {"recipient": "BR.ENT.9000X"}, (None, "BR.ENT.9000X")),
        (Recipient(phone=PHONE), {"to": PHONE}, ("5511987650001", None)),
        (BOTH, {"recipient": BSUID}, (None, BSUID)),
        (Recipient(bsuid=BSUID, phone=PHONE, prefer="phone"), {"to": PHONE}, ("5511987650001", None)),
        (Recipient(phone=PHONE, prefer="bsuid"), {"to": PHONE}, ("5511987650001", None)),
        (Recipient(bsuid=BSUID, prefer="phone"), {"recipient": BSUID}, (None, BSUID)),
    ],
)
async def test_exactly_one_address_goes_on_the_wire(whatsapp, graph, to, wire, receipt):
    sent = await whatsapp.send(to, HELLO, tracker="t")

    (body,) = graph.messages
    assert {key: body[key] for key in ("to", "recipient") if key in body} == wire
    assert body["recipient_type"] == "individual"
    assert sent == Sent(graph.wamids[0], *receipt)


@pytest.mark.parametrize("phone", ["5511987650001", "11 98765-0001", "+55 11 98765-0001", "+0511987650001", "+12"])
def test_a_phone_without_plus_is_refused_without_being_repeated(phone):
    with pytest.raises(ValueError) as caught:
        Recipient(phone=phone)
    assert phone not in str(caught.value)


def test_a_recipient_needs_an_address():
    with pytest.raises(ValueError):
        Recipient()


def test_a_recipient_and_a_receipt_do_not_show_the_person():
    shown = f"{BOTH!r} {Sent('wamid.1', '5511987650001', BSUID)!r} {Template('t', 'pt_BR', ('Marina',))!r}"
    assert "98765" not in shown and BSUID not in shown and "Marina" not in shown


async def test_buttons_look_as_in_metas_example(whatsapp, graph):
    buttons = (Button(id="horario:10h", title="Sábado 10h"), Button(id="horario:14h", title="Sábado 14h"))
    await whatsapp.send(Recipient(phone=PHONE), Content(text="Qual horário prefere?", buttons=buttons), tracker="t")

    assert graph.messages[0]["type"] == "interactive"
    assert graph.messages[0]["interactive"] == {
        "type": "button",
        "body": {"text": "Qual horário prefere?"},
        "action": {
            "buttons": [
                {"type": "reply", "reply": {"id": "horario:10h", "title": "Sábado 10h"}},
                {"type": "reply", "reply": {"id": "horario:14h", "title": "Sábado 14h"}},
            ]
        },
    }


async def test_a_list_looks_as_in_metas_example_and_has_no_empty_description(whatsapp, graph):
    rows = (Row(id="serv:corte", title="Corte", description="40 minutos"), Row(id="serv:cor", title="Coloração"))
    content = Content(text="Escolha o serviço", rows=rows, list_label="Ver serviços")
    await whatsapp.send(Recipient(phone=PHONE), content, tracker="t")

    assert graph.messages[0]["interactive"] == {
        "type": "list",
        "body": {"text": "Escolha o serviço"},
        "action": {
            "button": "Ver serviços",
            "sections": [
                {
                    "title": "Ver serviços",
                    "rows": [
                        {"id": "serv:corte", "title": "Corte", "description": "40 minutos"},
                        {"id": "serv:cor", "title": "Coloração"},
                    ],
                }
            ],
        },
    }


async def test_a_template_looks_as_in_metas_example(whatsapp, graph):
    template = Template("lembrete_horario", "pt_BR", ("Marina", "sábado às 10h"), ("confirmar:ag-19", "cancelar:ag-19"))
    sent = await whatsapp.send_template(Recipient(phone=PHONE), template, tracker="outbox:1")

    (body,) = graph.messages
    assert body["type"] == "template" and body["biz_opaque_callback_data"] == "outbox:1"
    assert body["template"] == {
        "name": "lembrete_horario",
        "language": {"code": "pt_BR"},
        "components": [
            {
                "type": "body",
                "parameters": [{"type": "text", "text": "Marina"}, {"type": "text", "text": "sábado às 10h"}],
            },
            {
                "type": "button",
                "sub_type": "quick_reply",
                "index": "0",
                "parameters": [{"type": "payload", "payload": "confirmar:ag-19"}],
            },
            {
                "type": "button",
                "sub_type": "quick_reply",
                "index": "1",
                "parameters": [{"type": "payload", "payload": "cancelar:ag-19"}],
            },
        ],
    }
    assert not sent.held


async def test_a_template_without_values_has_no_components(whatsapp, graph):
    await whatsapp.send_template(BOTH, Template("hello_world", "en_US"), tracker="t")
    assert graph.messages[0]["template"] == {"name": "hello_world", "language": {"code": "en_US"}}


def test_template_values_lose_what_meta_refuses():
    template = Template("t", "pt_BR", ("Ana\nMaria", "a\tb", "x       y", "  z  "))
    assert template.body == ("Ana Maria", "a b", "x y", "z")


@pytest.mark.parametrize("value", ["", "   ", "\n\t"])
def test_an_empty_template_value_is_our_mistake(value):
    with pytest.raises(ValueError, match="value 2"):
        Template("t", "pt_BR", ("Ana", value))


@pytest.mark.parametrize(
    ("status", "held"), [("accepted", False), ("held_for_quality_assessment", True), ("paused", True), (None, False)]
)
async def test_a_held_template_is_told_apart(whatsapp, graph, status, held):
    message = {"id": "wamid.X"} | ({"message_status": status} if status else {})
    graph.then(answer({"contacts": [{"input": PHONE, "wa_id": "5511987650001"}], "messages": [message]}))
    sent = await whatsapp.send_template(BOTH, Template("t", "pt_BR"), tracker="t")
    assert sent == Sent("wamid.X", wa_id="5511987650001", held=held)


@pytest.mark.parametrize("tracker", ["", "x" * 513])
async def test_a_tracker_must_fit(whatsapp, graph, tracker):
    with pytest.raises(ValueError):
        await whatsapp.send(BOTH, HELLO, tracker=tracker)
    assert graph.requests == []


@pytest.mark.parametrize(
    ("mime_type", "content", "kind", "named"),
    [
        ("image/jpeg", JPEG, "image", {}),
        ("application/pdf", b"%PDF-1.4\r\n--x", "document", {"filename": "conta ç.pdf"}),
    ],
    ids=["photo", "pdf"],
)
async def test_a_file_is_uploaded_as_it_is_and_then_sent_by_its_id(whatsapp, graph, mime_type, content, kind, named):
    file = SentFile(path="p", mime_type=mime_type, name="conta ç.pdf", size=len(content))
    await whatsapp.send(BOTH, Content(text="Veja", file=file), tracker="t", file=content)
    await whatsapp.send(BOTH, Content(text="", file=file), tracker="t", file=content)
    assert [request.path for request in graph.requests[:2]] == [
        f"/v25.0/480000000000001/{to}" for to in ("media", "messages")
    ]
    told, plain = graph.messages
    kept = graph.world.media.get(told[kind]["id"])
    assert (kept.content, kept.mime_type, kept.filename) == (content, mime_type, "conta ç.pdf")
    assert (told["type"], told[kind]) == (kind, {"id": kept.id, "caption": "Veja"} | named)
    assert "caption" not in plain[kind]


@pytest.mark.parametrize("trouble", [refusal(131000, 500), DROPS, answer({"nothing": 1})])
async def test_an_upload_that_fails_or_gets_lost_may_be_repeated_since_nobody_has_seen_anything(
    whatsapp, graph, trouble
):
    file = SentFile(path="p", mime_type="image/jpeg", name="a.jpg", size=1)
    graph.then(trouble)
    with pytest.raises(TryAgain):
        await whatsapp.send(BOTH, Content(text="Veja", file=file), tracker="t", file=JPEG)
    assert graph.messages == []


async def test_typing_needs_no_recipient_and_marks_as_read(whatsapp, graph):
    await whatsapp.show_typing("wamid.A02")
    read = {"messaging_product": "whatsapp", "status": "read"}
    assert graph.receipts == [read | {"message_id": "wamid.A02", "typing_indicator": {"type": "text"}}]


async def test_a_base_url_may_have_a_path(graph):
    async with adapter(f"{graph.url}/graph/") as whatsapp:
        await whatsapp.send(BOTH, HELLO, tracker="t")
    assert graph.requests[0].path == "/graph/v25.0/480000000000001/messages"


def test_the_api_version_is_never_left_to_meta():
    with pytest.raises(ValueError):
        CloudApi(token="t", phone_number_id="1", api_version="")


# Errors


# Section 9, row by row: code, HTTP status, error over HTTP, seconds, error from a status webhook.
SECTION_9 = [
    *[(code, 401, Fix, None, Fix) for code in (0, 190)],
    (3, 500, Fix, None, Fix),
    *[(code, 403, Fix, None, Fix) for code in (10, 200, 217, 299, 131005)],
    (1, 400, TryAgain, 30, TryAgain),
    (1, 500, OutcomeUnknown, None, TryAgain),
    (2, 503, TryAgain, 30, TryAgain),
    (131016, 500, TryAgain, 30, TryAgain),
    (133004, 503, TryAgain, 30, TryAgain),
    (4, 400, TryAgain, 60, TryAgain),
    (80007, 400, TryAgain, 60, TryAgain),
    (130429, 400, TryAgain, 5, TryAgain),
    (130429, 429, TryAgain, 5, TryAgain),
    (131056, 400, TryAgain, 4, TryAgain),
    (131048, 400, Fix, None, Fix),
    (131064, 400, Fix, None, Fix),
    (131057, 500, TryAgain, 60, TryAgain),
    (131000, 500, OutcomeUnknown, None, TryAgain),
    (131026, 400, Unreachable, None, Unreachable),
    (131047, 400, WindowClosed, None, WindowClosed),
    (131049, 400, GiveUp, None, GiveUp),
    (131050, 400, OptedOut, None, OptedOut),
    (130472, 400, GiveUp, None, GiveUp),
    (130403, 400, Unreachable, None, Unreachable),
    (131021, 400, Unreachable, None, Unreachable),
    (131030, 400, Unreachable, None, Unreachable),
    (131051, 400, GiveUp, None, GiveUp),
    (131052, 400, GiveUp, None, GiveUp),
    (131053, 400, Fix, None, Fix),
    (131060, 400, GiveUp, None, GiveUp),
    (131062, 400, GiveUp, None, GiveUp),
    (131063, 400, Fix, None, Fix),
    *[(code, 400, Fix, None, Fix) for code in (131008, 131009, 100, 33)],
    *[(code, 403, Fix, None, Fix) for code in (131031, 368, 130497)],
    *[(code, 400, Fix, None, Fix) for code in (131037, 131042, 133010)],
    (131045, 500, Fix, None, Fix),
    (133016, 400, TryAgain, 600, TryAgain),
    (132001, 404, Fix, None, Fix),
    *[(code, 400, Fix, None, Fix) for code in (132000, 132005, 132007, 132012, 132015, 132016, 132068, 132999)],
    (132069, 400, TryAgain, 600, TryAgain),
    (135000, 400, Fix, None, Fix),
    *[(code, 400, GiveUp, None, GiveUp) for code in (137000, 147001, 147002, 147003, 147004, 147005)],
    # Not in the table.
    (999999, 400, GiveUp, None, GiveUp),
    (999999, 500, OutcomeUnknown, None, GiveUp),
]


def exactly(error: BaseException, kind: type[SerenaError]) -> bool:
    """Of this kind, and not of a more special one that the caller treats otherwise."""
    special = (Unreachable, OptedOut, WindowClosed)
    return isinstance(error, kind) and (kind in special or not isinstance(error, special))


@pytest.mark.parametrize(("code", "status", "kind", "seconds", "_"), SECTION_9)
async def test_a_refused_message_raises_what_section_9_says(whatsapp, graph, code, status, kind, seconds, _):
    graph.then(refusal(code, status, message=f"to {PHONE}: {HELLO.text}", details=f"{BSUID} {PHONE}"))
    with pytest.raises(SerenaError) as caught:
        await whatsapp.send(BOTH, HELLO, tracker="t")

    error = caught.value
    assert exactly(error, kind)
    assert error.code == code
    assert str(code) in str(error) and re.search(r"fbtrace_id A[\w-]{22}\b", str(error))
    if seconds is not None:
        assert error.after_seconds == seconds
    everything = "".join(traceback.format_exception(error))
    assert PHONE not in everything and BSUID not in everything and HELLO.text not in everything
    assert "graph-token" not in everything
    assert error.__context__ is None


@pytest.mark.parametrize(("code", "_status", "_kind", "_seconds", "kind"), SECTION_9)
def test_a_failed_status_is_never_an_unknown_outcome(code, _status, _kind, _seconds, kind):
    error = classify(code, None)
    assert exactly(error, kind) and not isinstance(error, OutcomeUnknown)
    assert error.code == code


def test_every_code_of_the_table_is_tested():
    assert set(CODES) <= {row[0] for row in SECTION_9}


@pytest.mark.parametrize(
    ("status", "kind"),
    [(500, OutcomeUnknown), (502, OutcomeUnknown), (504, OutcomeUnknown), (429, TryAgain), (401, Fix), (404, Fix)],
)
@pytest.mark.parametrize(
    "body",
    [b"<html>Bad gateway</html>", b"", b"[]", b'{"error": "no"}', b'{"error": {"code": "x"}}', b'{"error": null}'],
)
async def test_an_answer_without_metas_error_object_goes_by_its_status(whatsapp, graph, status, kind, body):
    graph.then(Answer(status, body))
    with pytest.raises(kind):
        await whatsapp.send(BOTH, HELLO, tracker="t")


@pytest.mark.parametrize("status", [301, 302, 304, 307])
async def test_a_redirect_is_no_success_even_with_a_message_id(whatsapp, graph, status):
    graph.then(Answer(status, b'{"messages": [{"id": "wamid.X"}]}' if status != 304 else b"", {"location": "/x"}))
    with pytest.raises(Fix):
        await whatsapp.send(BOTH, HELLO, tracker="t")
    assert len(graph.requests) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"<html>ok</html>",
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"{}",
        b'{"messages": []}',
        b'{"messages": [{}]}',
        b'{"messages": [{"id": ""}]}',
        b'{"messages": {"id": "wamid.X"}}',
        b'{"messages": "wamid.X"}',
        b'{"success": true}',
    ],
)
async def test_a_2xx_without_a_message_id_is_an_unknown_outcome(whatsapp, graph, body):
    graph.then(Answer(200, body))
    with pytest.raises(OutcomeUnknown):
        await whatsapp.send(BOTH, HELLO, tracker="t")


@pytest.mark.parametrize("contacts", [None, [], "x", [None]])
async def test_a_message_id_is_enough_for_success(whatsapp, graph, contacts):
    graph.then(answer({"messages": [{"id": "wamid.X"}], "contacts": contacts}, 201))
    assert await whatsapp.send(BOTH, HELLO, tracker="t") == Sent("wamid.X")


async def test_a_read_timeout_is_an_unknown_outcome(graph):
    graph.then(HANGS)
    async with adapter(graph.url, timeout=0.1) as whatsapp:
        with pytest.raises(OutcomeUnknown, match="ReadTimeout") as caught:
            await whatsapp.send(BOTH, HELLO, tracker="t")
    assert len(graph.messages) == 1
    assert caught.value.__context__ is None


async def test_a_connection_lost_after_the_request_is_an_unknown_outcome(whatsapp, graph):
    graph.then(DROPS)
    with pytest.raises(OutcomeUnknown):
        await whatsapp.send(BOTH, HELLO, tracker="t")
    assert len(graph.messages) == 1


async def test_a_refused_connection_may_be_tried_again():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: nobody answers here
        async with adapter(f"http://127.0.0.1:{taken.getsockname()[1]}") as whatsapp:
            with pytest.raises(TryAgain, match="ConnectError"):
                await whatsapp.send(BOTH, HELLO, tracker="t")


async def test_a_text_that_is_not_unicode_was_not_sent(whatsapp, graph):
    with pytest.raises(Fix):
        await whatsapp.send(BOTH, Content.model_construct(text="\ud83d", buttons=(), rows=()), tracker="t")
    assert graph.requests == []


async def test_a_broken_token_is_ours_to_fix_and_is_not_shown(graph):
    broken = CloudApi(token="secret\nvalue", phone_number_id="1", base_url=graph.url)
    async with broken as whatsapp:
        with pytest.raises(Fix) as caught:
            await whatsapp.send(BOTH, HELLO, tracker="t")
    assert "secret" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("trouble", [HANGS, DROPS, Answer(500), Answer(200, b"not json")])
async def test_showing_that_we_type_may_simply_be_tried_again(graph, trouble):
    graph.then(trouble)
    async with adapter(graph.url, timeout=0.1) as whatsapp:
        with pytest.raises(TryAgain):
            await whatsapp.show_typing("wamid.A01")


def test_a_strange_trace_id_stays_out_of_the_text():
    assert "fbtrace" not in str(classify(100, 400, fbtrace_id=f"x {PHONE}"))
    assert "fbtrace" not in str(classify(100, 400, fbtrace_id={"a": 1}))


async def test_nothing_personal_is_logged_even_at_debug(graph, caplog):
    caplog.set_level(logging.DEBUG)
    for name in ("pywa", "httpx"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    graph.keep("710", JPEG, "image/jpeg")
    graph.then(answer({"messages": [{"id": "wamid.X"}]}), refusal(131026, details=PHONE), HANGS)
    async with adapter(graph.url, timeout=0.5) as whatsapp:
        await whatsapp.send(BOTH, HELLO, tracker="t")
        for kind in (Unreachable, OutcomeUnknown):
            with pytest.raises(kind):
                await whatsapp.send(Recipient(phone=PHONE), HELLO, tracker="t")
        await whatsapp.download(Media(id="710"), max_bytes=1000, accept=BILLS)
    logged = "\n".join(record.getMessage() for record in caplog.records)
    for secret in (PHONE, BSUID, HELLO.text, "graph-token"):
        assert secret not in logged
