"""How many kWh were billed, and the average of the printed history; meters, readings and past months are traps."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from flows.assistant.bill.figures import DATE, MONTH, MONTH_NAME, Line, month

# An amount of energy: 1.234 | 402 | 402,00 | 1234,000. Not a rate (0,946517), not part of a longer number.
_QUANTITY = r"(?<![\d.,/-])(\d{1,3}(?:\.\d{3})+|\d{1,6})(?:,\d{1,3}|,0{4,6})?(?![\d/]|[.,]\d|\s?%)"
_AFTER_UNIT = re.compile(rf"kwh\)?\s*:?\s*{_QUANTITY}")
_BEFORE_UNIT = re.compile(rf"{_QUANTITY}\s?kwh\b")
# What a kWh costs: a few reais at most, with cents and more.
_RATE = re.compile(r"kwh\)?\s*:?\s*\d,(?!0+(?!\d))\d+")
_LABEL = re.compile(
    r"consumo (?:total |mensal |ativo |de energia |medido |registrado )*(?:faturado|do mes|em kwh|\(kwh\)|kwh"
    r"|ativo|medido|registrado)"
    r"(?: \(?kwh\)?| do mes| ativo)*|consumo total|energia (?:eletrica )?(?:ativa )?(?:consumida|faturada)"
    r"|total consumido"
    r"|quantidade faturada|kwh faturad[oa]s?|consumo(?= *:)"
)
# A line of the bill's items: energy that was taken from the grid. Each unit is printed once for TUSD and once for TE.
_ITEM = re.compile(
    r"^(?:\(?(?=[\da-z]?\d)[\da-z]{1,4}\)? )?(?:consumo|energia ativa|energia eletrica|energ(?:ia)? atv|custo disp|fornecimento"
    r"|en\.? ?el\.?(?:etrica)?\b)"
)
_NOT_CONSUMPTION = re.compile(
    r"\bmedias?\b|historico|ultimos|injetad|compensad|saldo|geracao|gerad|credit|excedente|reativ|bandeira|adicional|demanda"
    r"|medidor|mes anterior|ano anterior|mesmo mes|minimo|disponibilidade|tarifa|meta|limite|economi|por dia"
    r"|\bdiari|iniciante"
    r"|scee|aproximad|estimad"
)
_READINGS = re.compile(r"leit(?:ura)?\.?")
_PRINTED_AVERAGE = re.compile(
    rf"media (?:de consumo |mensal |dos? |ultimos? |\d+ |meses |12 |diaria )*[^\d]{{0,30}}{_QUANTITY}(?:\s?kwh)?"
)

# In a history cents would be money: only `,00` is a quantity.
_WHOLE = r"(?<![\d.,/-])(\d{1,3}(?:\.\d{3})+|\d{1,6})(?:,0{1,3})?(?![\d/]|[.,]\d|\s?%)"
_ENTRY = re.compile(
    rf"({MONTH}|\b{MONTH_NAME}\b(?: +\d\d(?= +\d))?)[ :"
    rf"=.\-]{{0,9}}(?:kwh)? {{0,4}}(?:{_WHOLE}(?: ?kwh)?(?: +{_WHOLE})?)?"
)
_ALONE = re.compile(rf"{_WHOLE}(?: ?kwh)?(?: +{_WHOLE})?(?: .*)?")
_FEWEST = 4
_GAP = 2
_MOST_DAYS = 35
_MOST_YEARS = 2
_MOST_TIMES = 20

_NUMBER = re.compile(r"(?<![\d.,/-])(?:\d{1,3}(?:\.\d{3})+|\d{1,7})(?:,\d{1,4})?(?![\d/]|[.,]\d|\s?%)")
_METERED = re.compile(r"\bativ[ao]\b|\bconsumo\b|\bkwh\b|\bunico\b|\bponta\b|energia|intermediari")
_NOT_METERED = re.compile(r"injet|\binj\b|reativ|gerad|geracao|demanda|ufer|dmcr|excedente|\bkw\b|kvar")
# A barcode's digits, of which three may look like readings.
_CODE = re.compile(r"(?:\d[ .-]{0,2}){40}")
_POST = re.compile(r"\b(?:fora (?:de )?ponta|ponta|intermediari\w*|reservado|hfp|hp|hi)\b")
# Steps of a tariff, as the social one has: what was used is their sum.
_STEP = re.compile(r"\b(?:ate|acima de|superior a|de \d+ (?:a|ate)) \d+ ?kwh")
# Part of what was used is billed apart, or not at all: then an item is not the consumption.
_SPLIT = re.compile(
    r"\bscee+\b|compensad[ao]|energia (?:ativa |atv\.? )?inj|en(?:erg)?\.? ?(?:atv\.?|ativa)? ?inj\b|\bgd ?-? ?[i1-3]+\b"
)

# Month, first and second number of one printed month.
Row = tuple[date | None, int, int | None]


@dataclass(frozen=True)
class Used:
    """What was used, how it was found, and how sure that is."""

    kwh: int
    by: Literal["table", "label"]
    sure: Literal["certain", "likely", "doubtful"]


def consumption(lines: Sequence[Line], reference: date | None) -> Used | None:
    """The kWh that were used in the billed month. A past month, an average, a reading or a meter's number never is.

    With own generation or credits the items show only what is left to pay: then the meter decides, or the history.
    """
    lines = _unbarred(lines)
    scores = _labelled(lines)
    metered, billed = _metered(lines), _of_month(lines, reference)
    if any(_SPLIT.search(line.plain) for line in lines):
        if metered or billed:
            return Used(metered[-1], "table", "certain") if metered else Used(billed or 0, "table", "likely")
        alone = [value for value, score in scores.items() if score > 0]
        return Used(alone[0], "label", "doubtful") if len(alone) == len(scores) == 1 else None
    if len(metered) > 1:
        return Used(metered[-1], "table", "certain")
    for value in {*_differences(lines), *metered}:
        if scores[value] > 0:
            scores[value] += 3
    if billed is not None:
        scores[billed] += 5 if billed in scores else 2
    ranked = [(value, score) for value, score in scores.most_common() if score > 0]
    if not ranked:
        return Used(metered[-1], "table", "likely") if metered else None
    (best, score), second = ranked[0], ranked[1][1] if len(ranked) > 1 else 0
    sure = (
        "doubtful"
        if score <= 3 or second == score
        else "certain"
        if score >= 8 and best in {*metered, billed}
        else "likely"
    )
    return Used(best, "label", sure)  # type: ignore[arg-type]


def _labelled(lines: Sequence[Line]) -> Counter[int]:
    """What items and labels call the consumption, with how plainly they do."""
    scores: Counter[int] = Counter()
    by_post: dict[str, int] = {}
    past = {line for line, _ in _entries(lines)}
    for number, line in enumerate(lines):
        plain = line.plain
        if number in past:
            continue
        clean = _NOT_CONSUMPTION.search(plain) is None
        if clean and _ITEM.match(plain) and (hit := _of_item(plain)):
            if post := _POST.search(plain) or _STEP.search(plain):
                by_post[post[0]] = _whole(hit[1])
                continue
            scores[_whole(hit[1])] += 4
        for label in _LABEL.finditer(plain):
            rest = plain[label.end() :]
            if _NOT_CONSUMPTION.search(plain[max(0, label.start() - 30) : label.end()]):
                continue
            same = re.match(rf"[ .:=()\-]*(?:kwh)?[ .:=()\-]*{_QUANTITY}", rest)
            if same:
                scores[_whole(same[1])] += 6 if "kwh" in rest[: same.end() + 5] or "kwh" in label[0] else 4
            elif number + 1 < len(lines) and number + 1 not in past and (below := _below(lines, number, label)):
                scores[below] += 3
    if by_post:
        # Each post of the day, and each step, is an item of its own; without its fellows it is not the month's.
        scores[sum(by_post.values())] += 4 if len(by_post) > 1 else -4
    return scores


def _of_item(plain: str) -> re.Match[str] | None:
    """The kWh of an item: behind the unit, or before it where a price follows."""
    behind = _AFTER_UNIT.search(plain)
    return behind if behind and not _RATE.match(behind[0]) else _BEFORE_UNIT.search(plain)


def _metered(lines: Sequence[Line]) -> list[int]:
    """What rows of a meter prove by themselves: two readings, their constant, and the difference printed behind them.

    The last value is that of the whole month: the only row, or the sum of the rows of the tariff's posts.
    """
    rows: list[tuple[int, str]] = []
    for number, line in enumerate(lines):
        around = " ".join(one.plain for one in lines[max(0, number - 3) : number + 1])
        if _NOT_METERED.search(line.plain) or not _METERED.search(around) or _CODE.search(line.plain):
            continue
        if (value := _proved(re.sub(DATE, " ", line.plain))) is not None:
            post = _POST.search(line.plain)
            rows.append((value, post[0] if post else ""))
    values = [value for value, _ in rows]
    posts = {post for _, post in rows if post}
    if len(posts) == len(rows) > 1:
        return [*values, sum(values)]
    return values[:1] if len(set(values)) == 1 else []


def _proved(plain: str) -> int | None:
    """The consumption that two neighbouring readings of one line explain."""
    shown = [Decimal(m[0].replace(".", "").replace(",", ".")) for m in _NUMBER.finditer(plain)][:16]
    for at in range(len(shown) - 2):
        one, other = shown[at], shown[at + 1]
        for last in range(at + 2, min(at + 5, len(shown))):
            factors = {Decimal(1), *shown[at + 2 : last]}
            value = shown[last]
            if 1 < value <= max(one, other) * 100 and any(abs(one - other) * k == value for k in factors):
                return int(value)
    return None


def average(lines: Sequence[Line]) -> int | None:
    """The mean of the last twelve printed months, or the printed mean when there is no history."""
    lines = _unbarred(lines)
    values = _history(lines)
    if len(values) >= _FEWEST:
        year = [kwh for _, kwh in values[:12]]
        # Beside such a month something was misread: 26239 is 239 of the year 26.
        return None if max(year) > _MOST_TIMES * statistics.median(year) > 0 else round(sum(year) / len(year))
    for line in lines:
        if (hit := _PRINTED_AVERAGE.search(line.plain)) and "diari" not in line.plain and "por dia" not in line.plain:
            return _whole(hit[1])
    return None


def _below(lines: Sequence[Line], number: int, label: re.Match[str]) -> int | None:
    """The quantity in the line below a header, nearest to the label's column."""
    plain = lines[number + 1].plain
    if _LABEL.search(plain) or _ITEM.match(plain):
        return None
    # An amount with cents is money, of whatever comes next.
    found = [m for m in re.finditer(_WHOLE, plain) if not re.match(r"\s*(?:dias?|/)", plain[m.end() :])]
    if not found:
        return None
    share = (label.start() + label.end()) / 2 / max(len(lines[number].plain), 1)
    best = min(found, key=lambda m: abs((m.start() + m.end()) / 2 / max(len(plain), 1) - share))
    return _whole(best[1])


def _differences(lines: Sequence[Line]) -> list[int]:
    """What the two readings of a meter say: current minus previous, times the constant."""
    made = []
    for number, line in enumerate(lines):
        if not _READINGS.search(line.plain):
            continue
        around = " ".join(one.plain for one in lines[number : number + 2])
        whole = [_whole(q) for q in re.findall(_QUANTITY, re.sub(r"\d{2}/\d{2}/\d{2,4}", " ", around))][:12]
        made += [abs(a - b) * k for a in whole for b in whole for k in (1, 10, 20, 40) if a != b]
    return made


def _of_month(lines: Sequence[Line], reference: date | None) -> int | None:
    """The history's entry of the billed month; only when the year was printed too."""
    if reference is None:
        return None
    values = {kwh for shown, kwh in _history(lines) if shown == reference}
    return values.pop() if len(values) == 1 else None


def _history(lines: Sequence[Line]) -> list[tuple[date | None, int]]:
    """Month and kWh of the printed history, newest first when the bill says so."""
    rows = [row for _, row in _entries(lines)] or _stacked(lines)
    # Some bills print the days of each month before the kWh.
    if rows and all(first <= _MOST_DAYS and second is not None and second > _MOST_DAYS for _, first, second in rows):
        rows = [(shown, second, None) for shown, _, second in rows if second is not None]
    history = [(shown, first) for shown, first, _ in rows]
    dated = [shown for shown, _ in history if shown]
    if len({shown.year for shown in dated}) > _MOST_YEARS:
        return [(None, kwh) for _, kwh in history]  # days of each month, that looked like its year
    if len(dated) == len(history) and len(dated) > 1 and dated[0] < dated[-1]:
        history.reverse()
    return history


def _entries(lines: Sequence[Line]) -> list[tuple[int, Row]]:
    """Line number and (month, first number, second number) of each `OUT/26 402`: the longest run of them."""
    runs: list[list[tuple[int, Row]]] = [[]]
    for number, line in enumerate(lines):
        for last, row in _rows(lines, number, line.plain):
            if runs[-1] and number - runs[-1][-1][0] > _GAP:
                runs.append([])
            runs[-1].append((last, row))
    longest = max(runs, key=len)
    return longest if len(longest) >= _FEWEST else []


def _rows(lines: Sequence[Line], number: int, plain: str) -> list[tuple[int, Row]]:
    hits = list(_ENTRY.finditer(plain))
    if len(hits) == 1 and hits[0][2] is None and hits[0][0].strip() == plain and number + 1 < len(lines):
        # A cell per line: the month, and its kWh below.
        below = _ALONE.fullmatch(lines[number + 1].plain)
        return [(number + 1, (month(hits[0][1]), _whole(below[1]), _maybe(below[2])))] if below else []
    return [(number, (_dated(hit[1]), _whole(hit[2]), _maybe(hit[3]))) for hit in hits if hit[2] is not None]


def _dated(printed: str) -> date | None:
    """The month of an entry; before another number `OUT 26` is October 2026."""
    return month(re.sub(r"(?<=[a-z]) +(?=\d\d$)", "/", printed))


def _stacked(lines: Sequence[Line]) -> list[Row]:
    """A line of months above a line with as many numbers."""
    for number, line in enumerate(lines[:-1]):
        months = re.findall(rf"{MONTH}|\b{MONTH_NAME}\b", line.plain)
        if len(months) < _FEWEST or re.search(_QUANTITY, re.sub(MONTH, " ", line.plain)):
            continue
        below = [_whole(q) for q in re.findall(_QUANTITY, lines[number + 1].plain)]
        if len(below) == len(months):
            return [(month(m), kwh, None) for m, kwh in zip(months, below, strict=True)]
    return []


def _unbarred(lines: Sequence[Line]) -> tuple[Line, ...]:
    """The lines without the bars of their tables."""
    return tuple(Line(line.text, re.sub(r"[|\u2502\u00a6]+", " ", line.plain).strip()) for line in lines)


def _maybe(printed: str | None) -> int | None:
    return _whole(printed) if printed else None


def _whole(printed: str) -> int:
    return int(printed.replace(".", ""))
