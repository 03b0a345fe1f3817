"""What people outside the pages are told, as one short message: codes in words, ids and links, nothing about a person."""

from __future__ import annotations

from collections.abc import Sequence

from flows.adapters.store.company import PieceOfNews
from flows.shown.formats import counted
from flows.shown.words import REASONS, news_line

_MOST = 10
# A heading counts its kinds, in this order.
_HEADS = (
    (("worker",), "aviso dos workers", "avisos dos workers"),
    (("fault", "template", "number", "account", "spend"), "aviso da conta do WhatsApp", "avisos da conta do WhatsApp"),
    (("run",), "execução que falhou", "execuções que falharam"),
    (("handoff",), "lead à espera de uma pessoa", "leads à espera de uma pessoa"),
)


def digest(told: Sequence[PieceOfNews], ops_url: str | None, prefect_url: str | None) -> tuple[str, str]:
    """Subject and text: of each kind how many, and the first ten of them; links where the addresses are known."""
    subjects, lines = [], []
    for kinds, one, many in _HEADS:
        if not (those := [each for each in told if each.kind in kinds]):
            continue
        subjects.append(counted(len(those), one, many))
        lines += [_line(each, ops_url, prefect_url) for each in those[:_MOST]]
        if more := len(those) - _MOST:
            where = f"{prefect_url.rstrip('/')}/runs" if prefect_url and kinds == ("run",) else _ops(ops_url, kinds)
            lines += [f"… e mais {more}" + (f": {where}" if where else "")] if more > 0 else []
    return f"Serena: {', '.join(subjects)}", "\n".join(lines)


def _line(each: PieceOfNews, ops_url: str | None, prefect_url: str | None) -> str:
    link = _ops(ops_url, (each.kind,))
    if each.kind == "handoff":
        said = f"Lead {each.subject[:8]}: {REASONS.get(each.what, each.what)}"
        link = f"{link}/leads/{each.subject}" if link else ""
    else:
        said = news_line(each.kind, each.subject, each.what)
        said = f"{said[:1].upper()}{said[1:]}"
    if each.kind == "run":
        link = f"{prefect_url.rstrip('/')}/runs/flow-run/{each.subject.partition(':')[2]}" if prefect_url else ""
    return f"{said} {link}".strip()


def _ops(ops_url: str | None, kinds: Sequence[str]) -> str:
    if not ops_url:
        return ""
    return f"{ops_url.rstrip('/')}/ops" + ("" if "handoff" in kinds else "/company")
