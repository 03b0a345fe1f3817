"""What the local stack hands to its processes."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from deployments.local.environment import stack_environment
from deployments.local.processes import free_port
from deployments.local.stack import Stack

PORTS = {"webhook": 8000, "prefect": 4200, "simulator": 8090}
URL = "postgresql://postgres@/serena?host=/tmp"


def test_a_file_of_secrets_from_before_the_operator_gets_a_password_and_keeps_the_rest(tmp_path: Path) -> None:
    old = {name: name * 2 for name in ("app_secret", "verify_token", "token", "serena_token")}
    (tmp_path / "secrets.json").write_text(json.dumps(old))
    first, second = (Stack(tmp_path, stack_environment(tmp_path, URL, PORTS, {})) for _ in range(2))
    assert first.env["WHATSAPP_APP_SECRET"] == old["app_secret"]
    name, password = first.operator
    assert (name, len(password) >= 12) == ("demo", True)
    assert second.operator == first.operator


def test_the_phone_page_alone_may_post_the_form_and_frame_the_operators_pages(tmp_path: Path) -> None:
    env = stack_environment(tmp_path, URL, PORTS, {})
    assert env["FORM_ORIGINS"] == env["OPS_FRAMED_BY"] == "http://127.0.0.1:8090"
    assert (tmp_path / "secrets.json").stat().st_mode & 0o077 == 0


def test_a_port_that_is_given_out_is_nobodys_until_it_is_bound() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        wanted = taken.getsockname()[1]
        given = [free_port(0) for _ in range(50)] + [free_port(wanted) for _ in range(50)]
    assert len(set(given)) == 100
    outgoing = Path("/proc/sys/net/ipv4/ip_local_port_range")
    lowest = int(outgoing.read_text().split()[0]) if outgoing.exists() else 49_152
    assert max(given) < lowest, "an outgoing connection may have taken it before whoever was told of it binds it"
