"""What a model's tokens cost by its public price list, so that an operator sees an order of magnitude, not an invoice.

The prices are those of `genai-prices` as it was installed; it asks nobody. A model that is not there has no known price,
and its tokens are shown all the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal


def cost(model: str, tokens_in: int, tokens_out: int, cached: int = 0) -> Decimal | None:
    """Return US dollars for these tokens, `cached` of those that came in; None when the model's price is not known."""
    from genai_prices import Usage, calc_price  # reads a long list, which a desk without a model has no use for

    usage = Usage(input_tokens=tokens_in, output_tokens=tokens_out, cache_read_tokens=min(cached, tokens_in))
    try:
        return calc_price(usage, model).total_price
    except LookupError:
        return None


def total(turns: Iterable[tuple[str, int, int]]) -> tuple[Decimal, bool]:
    """The sum over (model, tokens in, tokens out) in US dollars, and whether it is complete: False when tokens of a
    model without a known price are missing from it."""
    known = [cost(*turn) for turn in turns if turn[1] or turn[2]]
    return sum((each for each in known if each is not None), Decimal(0)), None not in known
