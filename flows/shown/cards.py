"""A period in pictures, as the dashboard and the daily report show it: each with its numbers, and on one sheet as SVG or PNG."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from textwrap import wrap
from typing import Any
from xml.etree import ElementTree

from markupsafe import Markup, escape

from flows.adapters.store.totals import Arrived, Dashboard, Day, Funnel
from flows.brazil.money import brl
from flows.errors import Fix
from flows.shown.figures import CATEGORIES, ENDINGS, FUNNEL
from flows.shown.formats import number, share
from flows.shown.pictures import WIDTH, Limit, Picture, Series, bars, columns, lines
from flows.shown.words import SOURCES

# docs/watching.md: SerenaSlowAnswers, SerenaHandoffsWait. Seconds.
_SLOW, _WAITED = Limit(30, "alerta: 30 s"), Limit(86_400, "alerta: 1 dia")
_AGES = ((3600, "menos de 1 hora"), (4 * 3600, "1 a 4 horas"), (86_400, "4 a 24 horas"), (3 * 86_400, "1 a 3 dias"))


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


def cards(found: Dashboard, funnel: Funnel, days: Sequence[Day]) -> list[Card]:
    labels = [f"{day.day:%d/%m}" for day in days]
    arrived = {each.day: each for each in found.days}
    handed = {each.day: each for each in found.contacts}

    def of(read: Callable[[Any], float | None], among: dict[date | None, Any] | dict[date, Any]) -> list[float | None]:
        return [read(among[day.day]) if day.day in among else 0 for day in days]

    came = Picture(
        "Leads e conversões por dia de chegada",
        labels,
        (
            Series("chegaram", of(lambda a: a.arrived, arrived)),
            Series("qualificados", of(lambda a: a.qualified, arrived)),
            Series("escolheram um plano", of(lambda a: a.chose, arrived)),
        ),
    )
    answers = Picture(
        "Tempo de resposta da assistente",
        labels,
        (
            Series("metade em até (p50)", [day.answer_p50 for day in days]),
            Series("95% em até (p95)", [day.answer_p95 for day in days]),
        ),
        _span,
        _SLOW,
    )
    contact = Picture(
        "Tempo até o primeiro contato de uma pessoa",
        labels,
        (
            Series("metade em até (p50)", [handed[day.day].p50 if day.day in handed else None for day in days]),
            Series("95% em até (p95)", [handed[day.day].p95 if day.day in handed else None for day in days]),
        ),
        _span,
        _WAITED,
    )
    reminders = Picture(
        "Lembretes, e quem voltou em um dia",
        labels,
        (
            Series("enviados", [day.reminders for day in days]),
            Series("voltaram", [day.reminders_returned for day in days]),
        ),
    )
    return [
        _funnel(funnel),
        _card(came, columns),
        _card(answers, lines),
        _ages(found.ages),
        _card(contact, lines, said=_typical(found)),
        _card(reminders, columns),
        _notices(labels, days),
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


def _notices(labels: Sequence[str], days: Sequence[Day]) -> Card:
    """Who asked to be told of plans in their place, and who was."""
    picture = Picture(
        "Avisos de planos: quem pediu, e quem já soube",
        labels,
        (
            Series("pediram", [day.wishes for day in days]),
            Series("avisados pelo modelo", [day.wishes_told for day in days]),
            Series("viram na conversa", [day.wishes_shown for day in days]),
        ),
    )
    asked, knew = sum(day.wishes for day in days), sum(day.wishes_told + day.wishes_shown for day in days)
    said = f"No período pediram {number(asked)} e souberam {number(knew)}"
    waiting = days[-1].wishes_open if days else 0
    return _card(picture, columns, said=f"{said}; {number(waiting)} à espera no fim.")


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
        "Custo por categoria",
        [CATEGORIES.get(each, each) for each in order] + ["modelos"],
        (Series("reais", [float(reais[each]) for each in order] + [float(model)]),),
        lambda value: brl(Decimal(str(value))),
    )
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
        [
            label,
            *(
                f"{number(count)} ({share(count, each.arrived)})" if n else number(count)
                for n, count in enumerate((each.arrived, each.answered, each.qualified, each.chose, each.sold))
            ),
        ]
        for label, each in zip(labels, sources, strict=True)
    ]
    return Card(picture.title, bars(picture), head, rows)


def _span(seconds: float) -> str:
    """A time in the unit that says enough: `0,4 s`, `12 min`, `3,5 h`."""
    for least, unit, name in ((172_800, 86_400, "dias"), (5400, 3600, "h"), (90, 60, "min")):
        if seconds >= least:
            return f"{number(seconds / unit, 1 if seconds < 10 * unit else 0)} {name}"
    return f"{number(seconds, 1 if seconds < 10 else 0)} s"


# The sheet has its own colours: what it is shown in has no style sheet. Those of a page in the light.
_STYLE = (
    "text{font-family:'Source Sans Pro','DejaVu Sans',Arial,sans-serif;font-size:12px;fill:#1c211d}"
    ".grid{stroke:#dde1da}.first{fill:#0b6b4b;stroke:#0b6b4b;stroke-width:0}"
    ".second{fill:#d98600;stroke:#d98600;stroke-width:0}.third{fill:#274a9c;stroke:#274a9c;stroke-width:0}"
    ".line{fill:none;stroke-width:2}rect.limit{fill:#a3201d}line.limit{stroke:#a3201d;stroke-dasharray:5 4}"
    "text.limit{fill:#a3201d;text-anchor:end}.label,.said{fill:#5a635c}.value{font-weight:600}.end{text-anchor:end}"
    ".mid{text-anchor:middle}.title{font-size:15px;font-weight:600}.head{font-size:22px;font-weight:600}"
    ".card{fill:#fff;stroke:#dde1da}.bad{stroke:#a3201d;stroke-width:2}"
)
_MARGIN, _LINE, _HEAD, _LETTERS = 20, 17, 56, 104


def sheet(title: str, given: Sequence[Card]) -> str:
    """All of it as one SVG that needs nothing else, two cards a row."""
    wide = WIDTH + 2 * _MARGIN
    drawn, y = [], _HEAD
    for n in range(0, len(given), 2):
        row = [_framed(card) for card in given[n : n + 2]]
        most = max(height for _, height in row)
        for column, (inside, _) in enumerate(row):
            x, frame = _MARGIN + column * (wide + _MARGIN), "card bad" if given[n + column].bad else "card"
            drawn.append(
                f'<g transform="translate({x} {y})"><rect class="{frame}" width="{wide}" height="{most}" rx="8"/>{inside}</g>'
            )
        y += most + _MARGIN
    width = 2 * wide + 3 * _MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y}" viewBox="0 0 {width} {y}"><style>{_STYLE}</style>'
        f'<rect width="{width}" height="{y}" fill="#f4f5f2"/><text class="head" x="{_MARGIN}" y="36">{escape(title)}</text>'
        f"{''.join(drawn)}</svg>"
    )


def png(svg: str) -> bytes:
    """The sheet as PNG, in a font that comes along, so that it looks alike wherever it is drawn. Raises Fix."""
    try:
        import resvg_py
        from font_source_sans_pro import font_files_ttf as fonts
    except ImportError:
        raise Fix("pictures as PNG need two more packages: pip install 'serena-qualifier[png]'") from None
    files = [fonts["SourceSansPro"], fonts["SourceSansProSemibold"]]
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, font_files=files, skip_system_fonts=True))


def _framed(card: Card) -> tuple[str, int]:
    """What stands in a card, from its upper left corner, and its height."""
    y = 28
    parts = [f'<text class="title" x="{_MARGIN}" y="{y}">{escape(card.title)}</text>']
    for line in wrap(card.said, _LETTERS):
        y += _LINE
        parts.append(f'<text class="said" x="{_MARGIN}" y="{y}">{escape(line)}</text>')
    if card.legend:
        y += _LINE + 4
        x = float(_MARGIN)
        for name, colour in zip(card.legend, ("first", "second", "third"), strict=False):
            parts.append(f'<rect class="{colour}" x="{x}" y="{y - 9}" width="10" height="10"/>')
            parts.append(f'<text x="{x + 15}" y="{y}">{escape(name)}</text>')
            x += 34 + 6.2 * len(name)
    y += 12
    if not card.rows:
        return "".join(
            [*parts, f'<text class="said" x="{_MARGIN}" y="{y + 6}">Nada no período.</text>']
        ), y + 2 * _MARGIN
    height = int(float(ElementTree.fromstring(card.drawn).attrib["viewBox"].split()[3]))
    parts.append(f'<svg x="{_MARGIN}" y="{y}" width="{WIDTH}" height="{height}">{card.drawn}</svg>')
    return "".join(parts), y + height + _MARGIN
