"""Files of leads, fetched from the Graph API: by its address alone, whole, and as what their bytes say they are."""

from __future__ import annotations

import base64
import hashlib

import pytest

from deployments.simulator.media import PATH as FILES
from flows.adapters.whatsapp import File
from flows.adapters.whatsapp.media import Corrupt, ForeignHost, MediaGone, TooLarge, WrongType, sniff
from flows.domain import Media
from flows.errors import Fix, GiveUp, TryAgain
from tests.flows.adapters.graph import BILLS, JPEG, PDF, adapter, anyio_backend, graph, graph_server, whatsapp
from tests.graph_double import GraphDouble
from tests.http_double import DROPS, HANGS, Answer, answer

__all__ = ["anyio_backend", "graph", "graph_server", "whatsapp"]

pytestmark = pytest.mark.anyio


async def test_a_file_is_downloaded_with_the_token_and_checked(whatsapp, graph):
    graph.keep("710000000000002", PDF, "application/pdf")
    file = await whatsapp.download(
        Media(id="710000000000002", filename="../../conta.pdf"), max_bytes=1000, accept=BILLS
    )

    assert file == File(PDF, "application/pdf", hashlib.sha256(PDF).hexdigest())
    assert [request.path for request in graph.requests] == ["/v25.0/710000000000002", FILES]
    assert all(request.headers["authorization"] == "Bearer graph-token" for request in graph.requests)


@pytest.mark.parametrize("spelling", ["base64", "urlsafe", "unpadded", "hex", "HEX", None])
async def test_the_hash_may_be_base64_or_hex_or_absent(whatsapp, graph, spelling):
    digest = hashlib.sha256(JPEG).digest()
    spelled = {
        "base64": base64.b64encode(digest).decode(),
        "urlsafe": base64.urlsafe_b64encode(digest).decode(),
        "unpadded": base64.b64encode(digest).decode().rstrip("="),
        "hex": digest.hex(),
        "HEX": digest.hex().upper(),
    }
    graph.keep("710", JPEG, "image/jpeg", sha256=spelled.get(spelling))
    assert (await whatsapp.download(Media(id="710"), max_bytes=1000, accept=BILLS)).sha256 == digest.hex()


async def test_a_hash_in_an_unknown_spelling_is_logged_and_not_held_against_the_file(whatsapp, graph, caplog):
    graph.keep("710", JPEG, "image/jpeg", sha256="sha256:??")
    assert (await whatsapp.download(Media(id="710"), max_bytes=1000, accept=BILLS)).content == JPEG
    assert "media 710" in caplog.text


async def test_the_hash_of_the_webhook_serves_when_the_answer_has_none(whatsapp, graph):
    graph.keep("710", JPEG, "image/jpeg", sha256=None)
    with pytest.raises(Corrupt):
        await whatsapp.download(Media(id="710", sha256="0" * 64), max_bytes=1000, accept=BILLS)


async def test_a_damaged_file_is_fetched_once_more_and_then_given_up(whatsapp, graph):
    graph.keep("710", JPEG, "image/jpeg", sha256="0" * 64)
    with pytest.raises(Corrupt) as caught:
        await whatsapp.download(Media(id="710"), max_bytes=1000, accept=BILLS)
    assert isinstance(caught.value, GiveUp)
    assert len(graph.requests) == 4


async def test_a_file_damaged_once_is_good_the_second_time(whatsapp, graph):
    graph.keep("710", JPEG, "image/jpeg")
    about = {
        "url": graph.address("710"),
        "mime_type": "image/jpeg",
        "sha256": hashlib.sha256(JPEG).hexdigest(),
    }
    graph.then(answer(about), Answer(200, JPEG + b"!"))
    assert (await whatsapp.download(Media(id="710"), max_bytes=1000, accept=BILLS)).content == JPEG


async def test_an_expired_address_is_asked_for_once_more(whatsapp, graph):
    graph.keep("710", JPEG, "image/jpeg")
    graph.then(answer({"url": f"{graph.url}/attachments/old"}), Answer(404))
    assert (await whatsapp.download(Media(id="710"), max_bytes=1000, accept=BILLS)).content == JPEG
    assert len(graph.requests) == 4


async def test_a_file_that_stays_away_is_gone(whatsapp, graph):
    graph.keep("710", JPEG, "image/jpeg", url=f"{graph.url}{FILES}?mid=710&hash=nowhere")
    with pytest.raises(MediaGone):
        await whatsapp.download(Media(id="710"), max_bytes=1000, accept=BILLS)
    assert len(graph.requests) == 4


@pytest.mark.parametrize("media_id", ["999", "../me", "1/2", "", "710?x=1"])
async def test_an_unknown_or_odd_media_id_is_gone(whatsapp, graph, media_id):
    with pytest.raises(MediaGone):
        await whatsapp.download(Media(id=media_id), max_bytes=1000, accept=BILLS)
    assert all(request.path == "/v25.0/999" for request in graph.requests)


@pytest.mark.parametrize(
    ("announced", "size"),
    [(True, "2000"), (True, 2000), (True, "5"), (True, None), (False, "5"), (False, None)],
)
async def test_a_large_file_is_refused_whatever_was_announced(whatsapp, graph, announced, size):
    content = PDF + b"\0" * 2000
    graph.then(
        answer({"url": f"{graph.url}{FILES}", "file_size": size}),
        Answer(200, content, announces_length=announced),
    )
    with pytest.raises(TooLarge):
        await whatsapp.download(Media(id="710"), max_bytes=1000, accept=BILLS)


async def test_a_file_of_exactly_the_limit_is_accepted(whatsapp, graph):
    graph.keep("710", PDF, "application/pdf")
    assert (await whatsapp.download(Media(id="710"), max_bytes=len(PDF), accept=BILLS)).content == PDF


@pytest.mark.parametrize(
    ("content", "declared", "accept"),
    [
        (b"MZ\x90\0" + b"\0" * 60, "application/pdf", BILLS),
        (b"<html><script>", "image/jpeg", BILLS),
        (b"", "application/pdf", BILLS),
        (JPEG, "application/pdf", ("application/pdf",)),
        (b"\0\0\0\x18ftypheic", "image/jpeg", BILLS),
    ],
)
async def test_the_bytes_decide_the_type_not_the_sender(whatsapp, graph, content, declared, accept):
    graph.keep("710", content, declared)
    with pytest.raises(WrongType):
        await whatsapp.download(Media(id="710", mime_type=declared), max_bytes=1000, accept=accept)


async def test_parameters_of_accepted_types_do_not_matter(whatsapp, graph):
    graph.keep("710", b"OggS" + b"\0" * 30, "audio/ogg; codecs=opus")
    file = await whatsapp.download(Media(id="710"), max_bytes=1000, accept=["audio/ogg; codecs=opus"])
    assert file.mime_type == "audio/ogg"


@pytest.mark.parametrize(
    ("content", "declared", "mime_type"),
    [
        (PDF, "", "application/pdf"),
        (b"\xef\xbb\xbf\r\n" + PDF, "", "application/pdf"),
        (JPEG, "", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n....", "", "image/png"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "", "image/webp"),
        (b"RIFF\x10\0\0\0WAVEfmt ", "", None),
        (b"OggS....", "", "audio/ogg"),
        (b"ID3\x04...", "", "audio/mpeg"),
        (b"\xff\xfb\x90\x64", "", "audio/mpeg"),
        (b"\xff\xf1\x50\x80", "", "audio/aac"),
        (b"#!AMR\n", "", "audio/amr"),
        (b"\0\0\0\x20ftypM4A ", "", "audio/mp4"),
        (b"\0\0\0\x20ftypisom", "audio/mp4", "audio/mp4"),
        (b"\0\0\0\x20ftypisom", "video/mp4", "video/mp4"),
        (b"\0\0\0\x20ftypheic", "image/jpeg", "image/heic"),
        (b"\xff\xfeh\0i\0", "", None),
        (b"PK\x03\x04", "application/pdf", None),
        (b"texto", "", None),
    ],
)
def test_types_are_seen_in_the_first_bytes(content, declared, mime_type):
    assert sniff(content, declared) == mime_type


@pytest.mark.parametrize(
    "address",
    [
        "http://localhost:{port}/steal",
        "https://127.0.0.1:{port}/steal",
        "https://fbsbx.com.example.org/x",
        "https://evilfbsbx.com/x",
        "http://lookaside.fbsbx.com/x",
        "https://lookaside.fbsbx.com:8443/x",
        "https://graph.facebook.com@localhost:{port}/x",
        "http://user:secret@127.0.0.1:{port}/x",
        "http://user:secret@127.0.0.1:{own}/whatsapp_business/attachments/",
        "https://169.254.169.254/latest",
        "file:///etc/passwd",
        "https://[broken",
        "nonsense",
    ],
)
@pytest.mark.parametrize("by_redirect", [False, True])
async def test_a_foreign_host_never_gets_the_token(whatsapp, graph, address, by_redirect):
    with GraphDouble() as thief:
        address = address.format(port=thief.url.rsplit(":", 1)[1], own=graph.url.rsplit(":", 1)[1])
        if by_redirect and address == "nonsense":
            address = "//nonsense/x"  # a relative one stays on the host, which is fine
        if by_redirect:
            graph.keep("710", JPEG, "image/jpeg", url=f"{graph.url}/attachments/moved")
            graph.then(answer({"url": f"{graph.url}/attachments/moved"}), Answer(302, headers={"location": address}))
        else:
            graph.keep("710", JPEG, "image/jpeg", url=address)
        with pytest.raises(ForeignHost) as caught:
            await whatsapp.download(Media(id="710"), max_bytes=1000, accept=BILLS)
        assert thief.requests == []
    assert "secret" not in str(caught.value)


async def test_a_redirect_within_the_allowed_host_is_followed(whatsapp, graph):
    graph.keep("710", JPEG, "image/jpeg")
    graph.then(
        answer({"url": f"{graph.url}/attachments/first"}),
        Answer(302, headers={"location": "/attachments/second"}),
        Answer(307, headers={"location": graph.address("710")}),
    )
    assert (await whatsapp.download(Media(id="710"), max_bytes=1000, accept=BILLS)).content == JPEG


async def test_endless_redirects_end(whatsapp, graph):
    graph.then(answer({"url": f"{graph.url}{FILES}"}), *[Answer(302, headers={"location": "/again"})] * 10)
    with pytest.raises(ForeignHost):
        await whatsapp.download(Media(id="710"), max_bytes=1000, accept=BILLS)
    assert len(graph.requests) == 5


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [(Answer(500), TryAgain), (Answer(503), TryAgain), (Answer(401), Fix), (HANGS, TryAgain), (DROPS, TryAgain)],
)
@pytest.mark.parametrize("step", ["address", "file"])
async def test_reading_may_be_repeated_so_its_outcome_is_never_unknown(graph, trouble, kind, step):
    graph.keep("710", JPEG, "image/jpeg")
    if step == "file":
        graph.then(answer({"url": graph.address("710")}))
    graph.then(trouble)
    async with adapter(graph.url, timeout=0.5) as whatsapp:
        with pytest.raises(kind):
            await whatsapp.download(Media(id="710"), max_bytes=1000, accept=BILLS)


@pytest.mark.parametrize("about", [[], {}, {"url": None}, {"url": 5}, "x"])
async def test_an_answer_without_an_address_may_be_tried_again(whatsapp, graph, about):
    graph.then(answer(about))
    with pytest.raises(TryAgain):
        await whatsapp.download(Media(id="710"), max_bytes=1000, accept=BILLS)
