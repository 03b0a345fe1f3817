"""WhatsApp's adapter and the double that it speaks to, as fixtures."""

from __future__ import annotations

import pytest

from flows.adapters.whatsapp import CloudApi, Recipient
from flows.domain import Content
from tests.graph_double import TOKEN, GraphDouble

BSUID = "BR.9a00000000000Z0000002"
PHONE = "+5511987650001"
BOTH = Recipient(bsuid=BSUID, phone=PHONE)
HELLO = Content(text="Olá, Caio!")
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"\0" * 64
BILLS = ("application/pdf", "image/jpeg", "image/png", "image/webp")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def graph_server():
    with GraphDouble() as double:
        double.register("lembrete_horario", "Olá, {{1}}! É {{2}}.", "Confirmar", "Cancelar")
        double.register("hello_world", "Hello", language="en_US")
        yield double


@pytest.fixture
def graph(graph_server: GraphDouble) -> GraphDouble:
    return graph_server.begin_anew()


@pytest.fixture
async def whatsapp(graph: GraphDouble):
    async with adapter(graph.url) as opened:
        yield opened


def adapter(base_url: str, *, timeout: float = 5.0, media_hosts: tuple[str, ...] = ()) -> CloudApi:
    return CloudApi(
        token=TOKEN,
        phone_number_id="480000000000001",
        base_url=base_url,
        timeout=timeout,
        media_hosts=media_hosts,
    )
