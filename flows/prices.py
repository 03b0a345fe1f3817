"""What a model's tokens cost by its public price list, so that an operator sees an order of magnitude, not an invoice."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

# US dollars per million tokens (in, out), the provider's standard tier as published in April 2026, without discounts
# for cached input. A model that is not here has no known price; the tokens are shown all the same.
PRICES: dict[str, tuple[Decimal, Decimal]] = {
    "gpt-4.1": (Decimal("2.00"), Decimal("8.00")),
    "gpt-4.1-mini": (Decimal("0.40"), Decimal("1.60")),
    "gpt-4.1-nano": (Decimal("0.10"), Decimal("0.40")),
}
_DATED = re.compile(r"-\d{4}-\d{2}-\d{2}$")


def cost(model: str, tokens_in: int, tokens_out: int) -> Decimal | None:
    """US dollars for these tokens; None when the model's price is not known. A dated name costs what its family does."""
    price = PRICES.get(_DATED.sub("", model))
    return (tokens_in * price[0] + tokens_out * price[1]) / 1_000_000 if price else None


def total(turns: Iterable[tuple[str, int, int]]) -> tuple[Decimal, bool]:
    """The sum over (model, tokens in, tokens out) in US dollars, and whether it is complete: False when tokens of a
    model without a known price are missing from it."""
    known = [cost(*turn) for turn in turns if turn[1] or turn[2]]
    return sum((each for each in known if each is not None), Decimal(0)), None not in known
