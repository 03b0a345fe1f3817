"""Phone numbers as WhatsApp sees them: what is dialled, which account answers, and the Brazilian ninth digit."""

from __future__ import annotations

import hashlib
import re


def only_digits(number: str) -> str:
    """Only the digits of a number, as webhooks carry it."""
    return re.sub(r"\D", "", number)


def dialled(to: str, country_code: str) -> str:
    """The digits Meta dials for `to`: without a plus sign it prepends the business number's country code.

    `5511…` without the plus therefore becomes `555511…` and reaches nobody (docs/whatsapp.md 4.3).
    """
    return only_digits(to) if to.strip().startswith("+") else country_code + only_digits(to)


def account_key(number: str) -> str:
    """What two spellings of one account share: Brazilian mobiles without their ninth digit.

    Landlines (8 digits, the first 2 to 5) are left alone; a 9 put before them would be somebody else.
    """
    mobile = re.fullmatch(r"(55\d\d)9([6-9]\d{7})", only_digits(number))
    return mobile[1] + mobile[2] if mobile else only_digits(number)


def plausible(number: str) -> bool:
    """Whether an account may exist: 10 or 11 national digits in Brazil, E.164's 8 to 15 elsewhere."""
    known = only_digits(number)
    return len(known) in (12, 13) if known.startswith("55") else 8 <= len(known) <= 15


def bsuid(number: str) -> str:
    """A business-scoped user id, `BR.` and 19 digits, the same for the same account.

    Derived, not random: the state is in memory, and after a restart the leads in our store must still be found.
    """
    digest = hashlib.sha256(account_key(number).encode()).digest()
    return f"BR.{10**18 + int.from_bytes(digest[:8]) % (9 * 10**18)}"
