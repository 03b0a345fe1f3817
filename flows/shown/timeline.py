"""A conversation's timeline as a page for operators: times, stages, seconds, tokens; no name, no number, no text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from flows.adapters.prices import total
from flows.adapters.store.sheets import TimelineRow
from flows.domain import Lead, Outcome, Qualification, Stage
from flows.shown.formats import local, number
from flows.shown.words import (
    ACTIONS,
    DELIVERY,
    HEARD_BY,
    KINDS,
    OUTCOMES,
    QUALIFICATIONS,
    REASONS,
    STAGES,
    code_meaning,
)
from flows.shown.words import fallback as fallback_words

_KINDS = {
    "inbound": "mensagem da pessoa",
    "sent": "resposta",
    "reminder": "lembrete",
    "template": "mensagem-modelo",
    "failed": "falha no envio",
    "turn": "turno da assistente",
    "stage": "etapa",
    "handoff": "passada a uma pessoa",
    "action": "ação da equipe",
}
_TYPES = {"text": "texto", "interactive": "com opções", **KINDS}


def timeline_page(lead: Lead, rows: Sequence[TimelineRow], *, outcome: Outcome | None, ops_url: str | None) -> str:
    """The page in Markdown. `rows` oldest first; `outcome` when the conversation has ended; `ops_url` for the link to
    the operator's page, which asks for a login before it shows anything."""
    lines = [f"# Conversa {str(lead.id)[:8]}", ""]
    if ops_url:
        lines += [f"[Abrir a página do lead]({ops_url.rstrip('/')}/ops/leads/{lead.id})", ""]
    lines += [
        f"- **Situação:** {_situation(lead, outcome)}",
        f"- **Etapa:** {_stage(lead.stage)} (`{lead.stage.value}`)",
        f"- **Qualificação:** {QUALIFICATIONS[lead.qualification]} (`{Qualification(lead.qualification).value}`)",
        *_costs(rows),
        "",
        "| Horário (São Paulo) | O que aconteceu | Detalhe |",
        "|---|---|---|",
        *(f"| {local(at)} | {what} | {_cell(detail)} |" for at, what, detail in told(rows)),
    ]
    return "\n".join(lines)


def told(rows: Iterable[TimelineRow]) -> list[tuple[datetime, str, str]]:
    """Each row in words: when, what happened, and what is to be said of it."""
    return [(row.at, _KINDS.get(row.kind, row.kind), _detail(row)) for row in rows]


def _situation(lead: Lead, outcome: Outcome | None) -> str:
    if outcome:
        return OUTCOMES[outcome]
    return "uma pessoa da equipe assumiu" if lead.taken_over_at else "aguardando a pessoa"


def _costs(rows: Iterable[TimelineRow]) -> list[str]:
    """What the assistant took in these rows; money only as far as the model's public price is known."""
    turns = [row.detail for row in rows if row.kind == "turn"]
    if not turns:
        return []
    asked = [(str(t.get("by")), int(t.get("tokens_in") or 0), int(t.get("tokens_out") or 0)) for t in turns]
    tokens_in, tokens_out = sum(t[1] for t in asked), sum(t[2] for t in asked)
    seconds = sum(float(t.get("seconds") or 0) for t in turns)
    said = f"{len(turns)} em {number(seconds, 1)} s"
    if tokens_in or tokens_out:
        dollars, complete = total(asked)
        said += f"; {number(tokens_in)} tokens de entrada, {number(tokens_out)} de saída"
        if dollars:
            said += f"; {'cerca de' if complete else 'pelo menos'} US$ {number(float(dollars), 4)} a preço de tabela"
    return [f"- **Turnos da assistente:** {said}"]


def _detail(row: TimelineRow) -> str:
    """What may be said of it. Only keys that are known here are shown, so nothing personal slips in with a new one."""
    d = row.detail
    match row.kind:
        case "inbound":
            return _joined(_TYPES.get(str(d.get("type")), d.get("type")))
        case "sent" | "reminder" | "template":
            by_person = "da equipe" if d.get("who") == "agent" else None
            return _joined(by_person, d.get("template"), _status(d.get("status")), _why_not_yet(d))
        case "failed":
            code = d.get("code", d.get("error_code"))
            return _joined(f"código {code}" if code is not None else None, code_meaning(code))
        case "turn":
            return _turn(d)
        case "stage":
            return f"{_stage(d.get('from'))} → {_stage(d.get('to'))}"
        case "handoff":
            return _joined(REASONS.get(str(d.get("reason")), d.get("reason")))
        case "action":
            return _joined(ACTIONS.get(str(d.get("action")), d.get("action")))
    return ""


def _why_not_yet(d: dict[str, Any]) -> str | None:
    """With what a message failed that is to be tried again, or of which nobody knows whether it arrived."""
    code = d.get("code")
    if code is None or d.get("status") not in ("queued", "sending", "uncertain"):
        return None
    return f"código {code} ({code_meaning(code)})"


def _status(value: object) -> object:
    return DELIVERY[str(value)][1] if value in DELIVERY else value


def _turn(d: dict[str, Any]) -> str:
    fallback = d.get("fallback")
    broken = d.get("broken") or ()
    tokens = f"{number(d['tokens_in'])} + {number(d.get('tokens_out') or 0)} tokens" if d.get("tokens_in") else None
    return _joined(
        HEARD_BY.get(str(d.get("by")), d.get("by")),
        f"{number(float(d.get('seconds') or 0), 1)} s",
        tokens,
        f"**as regras valeram no lugar do modelo** ({fallback_words(fallback)})" if fallback else None,
        f"regras refeitas: {', '.join(broken)}" if broken else None,
        _stage(d["stage"]) if d.get("stage") else None,
    )


def _stage(value: object) -> str:
    return STAGES[Stage(str(value))] if value in list(Stage) else "início"


def _joined(*parts: object) -> str:
    return ", ".join(str(part) for part in parts if part)


def _cell(text: str) -> str:
    return text.replace("|", "/").replace("\n", " ")
