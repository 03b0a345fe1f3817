"""A photo or PDF that an operator sends: what is taken, once, and how it is shown, sent, and gone again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.webhook.operators import Browser, Office, field, office, seen
from webhook.multipart import parts
from webhook.ops.attaching import LIMITS

JPEG, PNG, PDF = b"\xff\xd8\xff\xe0" + bytes(60), b"\x89PNG\r\n\x1a\n" + bytes(60), b"%PDF-1.4\n" + bytes(60)


@pytest.fixture(scope="module")
def desk(url: str, runner: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(url, runner, tmp_path_factory.mktemp("bills")) as found:
        yield found


@pytest.fixture(scope="module")
def ana(desk: Office) -> Iterator[Browser]:
    browser = Browser(desk)
    assert browser.logs_in("ana").status_code == 303
    yield browser
    browser.http.close()


def held(desk: Office, ana: Browser) -> str:
    """A lead whose conversation Ana has."""
    lead = desk.lead()
    assert ana.does(lead, "take-over").status_code == 303
    return lead


def sends(ana: Browser, lead: str, content: bytes, name: str = "conta.pdf", **more: Any) -> httpx.Response:
    """The composer's form with a file; `more` are fields that are otherwise than the page has them."""
    page = ana.get(f"/ops/leads/{lead}")
    given = {
        "csrf": field(page, "csrf"),
        "key": f"{more.pop('key', None) or field(page, 'key')}-f",
        "caption": "",
    } | more
    origin = given.pop("origin", ana.base.rstrip("/"))
    files = {"file": (name, content, "application/x-of-no-account")}
    return ana.http.post(f"/ops/leads/{lead}/file", data=given, files=files, headers={"origin": origin})


def messages(desk: Office, lead: str) -> list[Any]:
    return desk.sql(
        "select * from lead_messages where lead_id = $1::text::uuid and message_direction = 'agent' order by seq", lead
    )


def kept(desk: Office, lead: str) -> set[bytes]:
    return {file.read_bytes() for file in (desk.bills / lead).glob("*")}


@pytest.mark.parametrize(
    ("content", "name", "kind", "shown"),
    [
        (JPEG, "C:\\fotos\\casa.png", "image", "casa.jpg"),
        (PNG, "placa\r\n.png", "image", ".png"),
        (PDF, "../Simulação “1”.pdf", "document", "Simulação “1”.pdf"),
        (PDF, "...", "document", "arquivo.pdf"),
    ],
    ids=["photo", "png", "pdf", "unnamed"],
)
def test_a_file_is_kept_wanted_once_and_shown_in_its_bubble(
    desk: Office, ana: Browser, content: bytes, name: str, kind: str, shown: str
) -> None:
    lead = held(desk, ana)
    page = ana.get(f"/ops/leads/{lead}")
    assert 'enctype="multipart/form-data"' in page.text
    key = field(page, "key")
    first, second = (sends(ana, lead, content, name, key=key, caption=" Veja *aqui* ") for _ in range(2))
    assert "Arquivo na fila de envio." in ana.after(first) and second.status_code == 303
    (message,) = messages(desk, lead)
    assert (message["message_type"], message["message_content"], message["author"]) == (kind, "Veja *aqui*", "ana")
    assert message["delivery_status"] == "queued" and message["content"]
    assert desk.actions(lead)[-1] == ("ana", "send_file") and kept(desk, lead) == {content}
    (row,) = desk.sql(
        "select *, delete_after > now() + interval '29 days' as long from sent_files where message_id = $1",
        message["id"],
    )
    assert row["long"] and row["size_bytes"] == len(content)
    assert row["name"].endswith(shown) and row["name"].isprintable() and not {"/", "\\"} & set(row["name"])
    page = ana.get(f"/ops/leads/{lead}")
    address = f"/ops/leads/{lead}/files/{message['id']}"
    assert (f'<img src="{address}"' if kind == "image" else f'<a href="{address}" download>') in page.text
    file = ana.get(address)
    assert file.content == content and "sandbox" in file.headers["content-security-policy"]
    assert file.headers["content-disposition"].startswith("inline" if kind == "image" else "attachment")


def test_what_is_no_photo_or_pdf_or_too_large_is_refused_and_kept_nowhere(desk: Office, ana: Browser) -> None:
    lead = held(desk, ana)
    for content, more, words in (
        (b"", {}, "Escolha uma foto ou um PDF."),
        (b"<html>%PDF-", {}, "só leva daqui fotos JPEG ou PNG e PDF"),
        (b"GIF89a" + bytes(50), {}, "só leva daqui fotos JPEG ou PNG e PDF"),
        (JPEG + bytes(LIMITS["image/jpeg"]), {}, "O arquivo é grande demais"),
        (PDF + bytes(LIMITS["application/pdf"]), {}, "O arquivo é grande demais"),
        (PDF, {"caption": "a" * 1025}, "A legenda passa de 1.024"),
        (PDF, {"key": "x"}, "A página tinha vencido"),
    ):
        assert words in ana.after(sends(ana, lead, content, **more)), words
    assert messages(desk, lead) == [] and kept(desk, lead) == set()


def test_a_file_goes_only_by_who_has_the_conversation_and_within_the_window(desk: Office, ana: Browser) -> None:
    lead = held(desk, ana)
    page = ana.get(f"/ops/leads/{lead}")
    hidden = {"csrf": field(page, "csrf"), "key": field(page, "key")}
    for change, words in (
        ("last_inbound_at = now() - interval '25 hours'", "tem mais de 24 horas: o arquivo não pode sair"),
        ("last_inbound_at = now(), taken_over_by = 'rui'", "A conversa está com outra pessoa"),
        ("taken_over_by = 'ana', opted_out_at = now()", "não quer mais mensagens"),
    ):
        desk.sql(f"update leads set {change} where id = $1::text::uuid", lead)
        answer = ana.http.post(
            f"/ops/leads/{lead}/file",
            data=hidden,
            files={"file": ("a.pdf", PDF)},
            headers={"origin": ana.base.rstrip("/")},
        )
        assert words in ana.after(answer), words
    assert messages(desk, lead) == [] and kept(desk, lead) == set()


def test_a_foreign_page_another_session_and_a_broken_form_send_nothing(desk: Office, ana: Browser) -> None:
    lead = held(desk, ana)
    assert sends(ana, lead, PDF, origin="https://evil.example").status_code == 403
    assert sends(ana, lead, PDF, csrf="of-another-session").status_code == 403
    for kind, body in (
        ("multipart/form-data; boundary=x", b"--x\r\nno end"),
        ("multipart/form-data", b"--x--"),
        ("text/plain", b"file=1"),
        ("multipart/form-data; boundary=x", b""),
    ):
        assert ana.post(f"/ops/leads/{lead}/file", body, content_type=kind).status_code == 400, kind
    with httpx.Client(base_url=ana.base) as stranger:
        assert stranger.post(f"/ops/leads/{lead}/file", files={"file": ("a.pdf", PDF)}).status_code == 303
    nobody = "00000000-0000-0000-0000-000000000000"
    assert ana.get(f"/ops/leads/{lead}/files/{nobody}").status_code == 404
    assert messages(desk, lead) == [] and kept(desk, lead) == set()


def test_a_sent_file_is_in_the_export_and_goes_with_its_time_its_message_or_its_lead(
    desk: Office, ana: Browser
) -> None:
    def sent() -> tuple[str, str]:
        lead = held(desk, ana)
        assert sends(ana, lead, PDF, "orçamento.pdf").status_code == 303
        return lead, desk.sql("select storage_path from sent_files where lead_id = $1::text::uuid", lead)[0][0]

    def doomed(path: str) -> bool:
        return bool(desk.sql("select 1 from erased_files where storage_path = $1", path))

    lead, path = sent()
    exported = ana.does(lead, "export").json()
    assert [row["name"] for row in exported["sent_files"]] == ["orçamento.pdf"]
    assert "Foto ou PDF que a equipe enviou" in seen(ana.does(lead, "export", **{"as": "page"}))
    desk.sql("update sent_files set delete_after = now() - interval '1 s' where lead_id = $1::text::uuid", lead)
    desk.sql("select forget('bills', 30, 100)")
    assert doomed(path) and len(messages(desk, lead)) == 1
    assert "[documento]" in seen(ana.get(f"/ops/leads/{lead}"))
    lead, path = sent()
    desk.sql("delete from lead_messages where lead_id = $1::text::uuid", lead)
    assert doomed(path)
    lead, path = sent()
    assert (desk.bills / path).exists()
    assert ana.does(lead, "erase", confirmation="APAGAR").status_code == 303
    assert not (desk.bills / path).exists()


def test_every_byte_of_a_form_arrives_as_it_was_sent() -> None:
    dice = random.Random(5)
    for size in (0, 1, 2, 300, 70_000):
        content = dice.randbytes(size) + b"\r\n--\r\n\n\r"
        request = httpx.Request("POST", "http://x", data={"a": "é"}, files={"file": ('a "b" ç.pdf', content)})
        found = parts(request.read(), request.headers["content-type"])
        assert found["file"].content == content and found["a"].content == "é".encode()
