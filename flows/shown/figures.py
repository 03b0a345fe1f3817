"""A period's figures in words: the rows of the daily report's table, and the paragraph above it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from flows.adapters.store.totals import Funnel, Report, SpendTotals
from flows.brazil.money import brl
from flows.shown.formats import counted, number, share
from flows.shown.words import code_meaning, fallback


@dataclass(frozen=True)
class FunnelStep:
    """A line of the funnel, the same in the daily report and on the operators' dashboard: its words, of which earlier line
    its share is taken, and what that one's leads are called."""

    name: str
    label: str
    of: str | None = None
    those: str = ""


FUNNEL = (
    FunnelStep("arrived", "chegaram"),
    FunnelStep("forms", "pelo formulário", "arrived", "dos que chegaram"),
    FunnelStep("template_delivered", "boas-vindas entregues", "forms", "dos formulários"),
    FunnelStep("answered", "responderam", "arrived", "dos que chegaram"),
    FunnelStep("place", "disseram onde moram", "answered", "dos que responderam"),
    FunnelStep("bill", "enviaram a conta", "place", "dos que disseram onde moram"),
    FunnelStep("qualified", "qualificados", "bill", "dos que enviaram a conta"),
    FunnelStep("handed_over", "passados a uma pessoa", "answered", "dos que responderam"),
)
ENDINGS = (
    FunnelStep("silent", "ficaram em silêncio", "arrived", "dos que chegaram"),
    FunnelStep("opted_out", "pararam as mensagens", "arrived", "dos que chegaram"),
)
# WhatsApp's pricing categories (docs/whatsapp.md 3.2).
CATEGORIES = {
    "marketing": "marketing",
    "utility": "utilidade",
    "authentication": "autenticação",
    "service": "serviço",
    "referral_conversion": "conversa vinda de anúncio",
    "none": "sem categoria",
}


def figure_rows(report: Report) -> list[dict[str, str]]:
    """The table: group, figure, value, all as text. A group without anything to say has one row that says so."""
    found = [
        *_funnel(report.funnel),
        *_answers(report),
        *_reminders(report),
        *_notices(report),
        *_failures(report),
        *_billable(report),
        *_referrals(report),
        *_spend(report.spend),
        *_model(report),
    ]
    return [{"Grupo": group, "Indicador": what, "Valor": value} for group, what, value in found]


def summary_of_day(day: date, report: Report) -> str:
    """The day in one Markdown paragraph."""
    f = report.funnel
    said = [
        f"**{day:%d/%m/%Y}** (dia de São Paulo): {counted(f.arrived, 'lead novo', 'leads novos')}, "
        f"{counted(f.answered, 'respondeu', 'responderam')}, {counted(f.qualified, 'qualificado', 'qualificados')}, "
        f"{counted(f.handed_over, 'passado', 'passados')} a uma pessoa."
    ]
    if report.answer_p50 is not None and report.answer_p95 is not None:
        said.append(
            f"Metade das respostas saiu em até {_seconds(report.answer_p50)}, 95% em até {_seconds(report.answer_p95)}."
        )
    if failed := sum(report.failures.values()):
        said.append(f"**{counted(failed, 'mensagem falhou', 'mensagens falharam')}**; os códigos estão na tabela.")
    if report.spend.reais:
        said.append(f"Gasto estimado: {brl(report.spend.reais)}.")
    if saved := sum(report.fallbacks.values()):
        said.append(f"Em {counted(saved, 'turno', 'turnos')} as regras valeram no lugar do modelo.")
    said.append("O funil conta quem chegou neste dia; quem voltou após o lembrete conta até um dia depois dele.")
    return " ".join(said)


_Row = tuple[str, str, str]


def _funnel(funnel: Funnel) -> Iterator[_Row]:
    for step in (*FUNNEL, *ENDINGS):
        count: int = getattr(funnel, step.name)
        base: int = getattr(funnel, step.of) if step.of else 0
        part = share(count, base)
        yield (
            "Funil",
            f"{step.label} (% {step.those})" if step.of else step.label,
            f"{number(count)} ({part})" if part else number(count),
        )


def _answers(report: Report) -> Iterator[_Row]:
    yield "Respostas", "turnos da assistente", number(report.turns)
    yield "Respostas", "metade das respostas em até (p50)", _seconds(report.answer_p50)
    yield "Respostas", "95% das respostas em até (p95)", _seconds(report.answer_p95)


def _reminders(report: Report) -> Iterator[_Row]:
    yield "Lembretes", "enviados", number(report.reminders)
    yield "Lembretes", "leads que voltaram em até um dia", number(report.reminders_returned)


def _notices(report: Report) -> Iterator[_Row]:
    yield "Avisos", "pediram para saber quando houver plano", number(report.wishes)
    yield "Avisos", "avisados pelo modelo", number(report.wishes_told)
    yield "Avisos", "viram os planos na própria conversa", number(report.wishes_shown)
    yield "Avisos", "à espera no fim do dia", number(report.wishes_open)


def _failures(report: Report) -> Iterator[_Row]:
    if not report.failures:
        yield "Falhas", "nenhuma mensagem falhou", "0"
    for code, count in _by_count(report.failures):
        yield "Falhas", code_meaning(code) if code == "none" else f"código {code}: {code_meaning(code)}", number(count)


def _billable(report: Report) -> Iterator[_Row]:
    if not report.billable:
        yield "Cobrança", "nenhuma mensagem cobrada pelo WhatsApp", "0"
    for category, count in _by_count(report.billable):
        yield "Cobrança", f"mensagens cobradas: {CATEGORIES.get(category, category)}", number(count)


def _spend(spend: SpendTotals) -> Iterator[_Row]:
    """An estimate: Meta's invoice and the model's are what counts."""
    for category, charged in sorted(spend.messages.items(), key=lambda item: -item[1].reais):
        yield (
            "Gasto",
            f"estimativa, mensagens: {CATEGORIES.get(category, category)} ({number(charged.count)})",
            brl(charged.reais),
        )
    yield "Gasto", "estimativa, modelo", brl(spend.model_reais)
    yield "Gasto", "estimativa do dia", brl(spend.reais)
    if spend.unpriced:
        yield "Gasto", "sem preço conhecido, fora da estimativa", number(spend.unpriced)


def _referrals(report: Report) -> Iterator[_Row]:
    for ad, count in _by_count(report.referrals):
        yield "Anúncios", f"pessoas vindas de: {'anúncio sem título' if ad == 'none' else ad}", number(count)


def _model(report: Report) -> Iterator[_Row]:
    yield "Modelo", "turnos respondidos pelo modelo", number(report.model_turns)
    for reason, count in _by_count(report.fallbacks):
        yield "Modelo", f"as regras valeram no lugar: {fallback(reason)}", number(count)
    yield "Modelo", "tokens de entrada", number(report.tokens_in)
    yield "Modelo", "tokens de saída", number(report.tokens_out)


def _by_count(counts: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{number(value, 1)} s"
