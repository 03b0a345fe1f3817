"""How operators read moments, numbers and places: as Brazilians write them, by São Paulo's clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files

from flows.brazil.calendar import SAO_PAULO
from flows.brazil.folding import fold


def local(at: datetime) -> str:
    """Day and time in São Paulo, e.g. `21/11 08:03:22`."""
    return f"{at.astimezone(SAO_PAULO):%d/%m %H:%M:%S}"


def day_of(day: date) -> tuple[datetime, datetime]:
    """The first instant of a São Paulo day, and the first that no longer belongs to it."""
    since, until = (datetime.combine(each, time(), SAO_PAULO) for each in (day, day + timedelta(days=1)))
    return since.astimezone(UTC), until.astimezone(UTC)


def number(value: float, digits: int = 0) -> str:
    """A number as Brazilians write it: `1.234,5`."""
    return f"{value:,.{digits}f}".translate(str.maketrans(",.", ".,"))


def share(count: int, base: int) -> str | None:
    """`count` of `base` in percent; None without a base."""
    return f"{number(100 * count / base)}%" if base else None


def counted(count: int, one: str, many: str) -> str:
    """How many of something: `1 mensagem`, `1.234 mensagens`."""
    return f"{number(count)} {one if count == 1 else many}"


def municipality(ibge_code: int) -> str | None:
    """The municipality with this IBGE code, as `Olinda/PE`."""
    return _municipalities().get(ibge_code)


def municipality_code(city: str, state: str) -> int | None:
    """The IBGE code of a municipality by its name, whatever its letters' case and accents, and its state's two letters."""
    return _municipality_codes().get(f"{fold(city)}/{fold(state)}")


def is_municipality(name: str) -> bool:
    """Whether a municipality is called like this, whatever its letters' case and accents."""
    return fold(name) in _municipality_names()


@cache
def _municipality_codes() -> dict[str, int]:
    return {"/".join(map(fold, name.rsplit("/", 1))): code for code, name in _municipalities().items()}


@cache
def _municipality_names() -> frozenset[str]:
    return frozenset(fold(name.rpartition("/")[0]) for name in _municipalities().values())


@cache
def _municipalities() -> dict[int, str]:
    # The assistant's own list (flows.assistant.place.gazetteer): the pages may not import the assistant, and need no more.
    lines = (files("flows") / "assistant" / "place" / "municipalities.tsv").read_text("utf-8").splitlines()
    return {int(code): f"{city}/{state}" for code, state, city in (line.split("\t") for line in lines)}
