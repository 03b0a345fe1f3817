"""How it goes: the pictures of the last 7, 30 or 90 days, each with its numbers beneath."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from fastapi import APIRouter, Request, Response
from markupsafe import Markup

from flows.adapters.store.totals import Arrived, Dashboard, Day, Funnel
from flows.brazil.calendar import SAO_PAULO
from flows.brazil.money import brl
from flows.shown.figures import CATEGORIES, ENDINGS, FUNNEL
from flows.shown.formats import day_of, number, share
from flows.shown.pictures import Limit, Picture, Series, bars, columns, lines
from flows.shown.words import SOURCES
from webhook.ops.guard import Operator, PageRoute, company, desk, operations
from webhook.storable import cleaned_text

router = APIRouter(prefix="/ops", route_class=PageRoute)

PERIODS = (7, 30, 90)
# docs/watching.md: SerenaSlowAnswers, SerenaHandoffsWait. Seconds.
_SLOW, _WAITED = Limit(30, "alerta: 30 s"), Limit(86_400, "alerta: 1 dia")
_AGES = ((3600, "menos de 1 hora"), (4 * 3600, "1 a 4 horas"), (86_400, "4 a 24 horas"), (3 * 86_400, "1 a 3 dias"))
_ACTIONS = 15


@dataclass(frozen=True)
class Card:
    """A picture as the page shows it."""

    title: str
    drawn: Markup
    head: list[str]
    rows: list[list[str]]
    said: str = ""
    bad: bool = False
    legend: tuple[str, ...] = ()


@router.get("/dashboard")
async def dashboard(request: Request, session: Operator) -> Response:
    """One question to the store after the other: deliveries come first."""
    given, now = request.query_params, datetime.now(UTC)
    period = next((each for each in PERIODS if str(each) == given.get("days")), PERIODS[1])
    source = cleaned_text(given.get("source", ""))[:100] or None
    today = now.astimezone(SAO_PAULO).date()
    first = today - timedelta(days=period - 1)
    since, store = day_of(first)[0], operations(request)
    found = await store.dashboard(since, now, source)
    funnel = await store.funnel(since, now, source)
    days = await store.days(first, today)
    gauges = await store.gauges()
    # A stranger who guesses passwords must not push what operators did off the page.
    recent = await store.actions(limit=500)
    refused = sum(row.action == "login_failed" for row in recent)
    actions = [row for row in recent if row.action != "login_failed"][:_ACTIONS]
    account = await company(request).account()
    return desk(request).pages.page(
        "dashboard.html", session, period=period, periods=PERIODS, source=source, sources=_sources(found, source),
        gauges=gauges, account=account, cards=cards(found, funnel, days), actions=actions, refused=refused,
    )  # fmt: skip


def cards(found: Dashboard, funnel: Funnel, days: Sequence[Day]) -> list[Card]:
    labels = [f"{day.day:%d/%m}" for day in days]
    arrived = {each.day: each for each in found.days}
    handed = {each.day: each for each in found.contacts}

    def of(read: Callable[[Any], float | None], among: dict[date | None, Any] | dict[date, Any]) -> list[float | None]:
        return [read(among[day.day]) if day.day in among else 0 for day in days]

    came = Picture(
        "Leads e conversões por dia de chegada", labels,
        (Series("chegaram", of(lambda a: a.arrived, arrived)), Series("qualificados", of(lambda a: a.qualified, arrived)),
         Series("escolheram um plano", of(lambda a: a.chose, arrived))),
    )  # fmt: skip
    answers = Picture(
        "Tempo de resposta da assistente", labels,
        (Series("metade em até (p50)", [day.answer_p50 for day in days]),
         Series("95% em até (p95)", [day.answer_p95 for day in days])), _span, _SLOW,
    )  # fmt: skip
    contact = Picture(
        "Tempo até o primeiro contato de uma pessoa", labels,
        (Series("metade em até (p50)", [handed[day.day].p50 if day.day in handed else None for day in days]),
         Series("95% em até (p95)", [handed[day.day].p95 if day.day in handed else None for day in days])), _span, _WAITED,
    )  # fmt: skip
    reminders = Picture(
        "Lembretes, e quem voltou em um dia", labels,
        (Series("enviados", [day.reminders for day in days]), Series("voltaram", [day.reminders_returned for day in days])),
    )  # fmt: skip
    return [
        _funnel(funnel),
        _card(came, columns),
        _card(answers, lines),
        _ages(found.ages),
        _card(contact, lines, said=_typical(found)),
        _card(reminders, columns),
        _cost(days, funnel.qualified),
        _by_source(found.sources),
    ]


def _card(picture: Picture, draw: Callable[[Picture], Markup], said: str = "") -> Card:
    head, rows = picture.table()
    legend = tuple(series.name for series in picture.series) if len(picture.series) > 1 else ()
    return Card(picture.title, draw(picture), head, rows, said, picture.beyond, legend)


def _funnel(funnel: Funnel) -> Card:
    steps = (*FUNNEL, *ENDINGS)
    counts = [getattr(funnel, step.name) for step in steps]
    labels = [f"{step.label[:1].upper()}{step.label[1:]}" for step in steps]
    picture = Picture("Funil", labels, (Series("leads", counts),))
    rows = []
    for step, label, count in zip(steps, labels, counts, strict=True):
        part = share(count, getattr(funnel, step.of)) if step.of else None
        rows.append([f"{label} % {step.those}" if step.of else label, number(count), part or "–"])
    said = "Até onde foram os leads que chegaram no período. A base da porcentagem está em cada linha, como no relatório do dia."
    return Card(picture.title, bars(picture), ["", "leads", "%"], rows, said)


def _ages(ages: Sequence[int]) -> Card:
    labels = [label for _, label in _AGES] + ["mais de 3 dias"]
    counts, least = [], 0
    for most, _ in _AGES:
        counts.append(sum(least <= age < most for age in ages))
        least = most
    counts.append(sum(age >= least for age in ages))
    picture = Picture("Encaminhamentos abertos, por idade", labels, (Series("abertos", counts),), hot=(3, 4))
    head, rows = picture.table()
    late = sum(age > _WAITED.value for age in ages)
    said = f"{number(late)} há mais de 1 dia, que é o limite do alerta." if late else ""
    return Card(picture.title, bars(picture), head, rows[::-1], said, late > 0)


def _typical(found: Dashboard) -> str:
    if found.contact_p50 is None or found.contact_p95 is None:
        return ""
    return f"No período: metade em até {_span(found.contact_p50)}, 95% em até {_span(found.contact_p95)}."


def _cost(days: Sequence[Day], qualified: int) -> Card:
    """What was charged by category, and what models cost: the store's estimate, by the prices that are configured."""
    counts, reais = dict[str, int](), dict[str, Decimal]()
    for day in days:
        for category, charged in day.spend.messages.items():
            counts[category] = counts.get(category, 0) + charged.count
            reais[category] = reais.get(category, Decimal(0)) + charged.reais
    order = sorted(counts, key=lambda category: -counts[category])
    model, total = (sum((getattr(day.spend, name) for day in days), Decimal(0)) for name in ("model_reais", "reais"))
    picture = Picture(
        "Custo por categoria", [CATEGORIES.get(each, each) for each in order] + ["modelos"],
        (Series("reais", [float(reais[each]) for each in order] + [float(model)]),), lambda value: brl(Decimal(str(value))),
    )  # fmt: skip
    rows = [[CATEGORIES.get(each, each), number(counts[each]), brl(reais[each])] for each in order]
    said = f"Estimativa pelos preços configurados: {brl(total)} no período"
    said += f", {brl(total / qualified)} por lead qualificado." if qualified else "."
    if unpriced := sum(day.spend.unpriced for day in days):
        said += f" Sem preço conhecido, e fora da conta: {number(unpriced)}."
    return Card(picture.title, bars(picture), ["", "mensagens", "R$"], [*rows, ["modelos", "–", brl(model)]], said)


def _by_source(sources: Sequence[Arrived]) -> Card:
    labels = [SOURCES.get(each.source or "", each.source or "") for each in sources]
    picture = Picture("Por origem", labels, (Series("leads", [each.arrived for each in sources]),))
    head = ["", "chegaram", "responderam", "qualificados", "escolheram um plano", "vendidos"]
    rows = [
        [label, *(f"{number(count)} ({share(count, each.arrived)})" if n else number(count)
                  for n, count in enumerate((each.arrived, each.answered, each.qualified, each.chose, each.sold)))]
        for label, each in zip(labels, sources, strict=True)
    ]  # fmt: skip
    return Card(picture.title, bars(picture), head, rows)


def _sources(found: Dashboard, chosen: str | None) -> list[tuple[str, str]]:
    known = [each.source for each in found.sources if each.source]
    return [(each, SOURCES.get(each, each)) for each in dict.fromkeys([*known, *([chosen] if chosen else [])])]


def _span(seconds: float) -> str:
    """A time in the unit that says enough: `0,4 s`, `12 min`, `3,5 h`."""
    for least, unit, name in ((172_800, 86_400, "dias"), (5400, 3600, "h"), (90, 60, "min")):
        if seconds >= least:
            return f"{number(seconds / unit, 1 if seconds < 10 * unit else 0)} {name}"
    return f"{number(seconds, 1 if seconds < 10 else 0)} s"
