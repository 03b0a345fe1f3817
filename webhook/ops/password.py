"""Operators' passwords: which ones are taken, and their argon2 hashes. `python -m webhook.ops.password` asks for one and prints
what OPS_OPERATORS takes after the name."""

from __future__ import annotations

import asyncio
import re
import secrets
import sys
from getpass import getpass
from pathlib import Path

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from flows.adapters.store.people import Credentials
from flows.settings import SHORTEST_PASSWORD

# OWASP's smallest set: 19 MiB, two passes, a hundredth of a second or two for each try.
PASSWORDS = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19_456, parallelism=1),))
LONGEST_PASSWORD = 500
# Whom an unknown name is compared with, so that it takes as long as a known one.
_NOBODY = PASSWORDS.hash(secrets.token_hex(16))

# What the commonest passwords are made of, here and in the world's lists of leaked ones: words, and runs of keys.
_COMMON = tuple(Path(__file__).with_name("common_passwords.txt").read_text("utf-8").split())
_SPELT = str.maketrans("@0134$5!", "aoieassi")
_FEWEST_CHARACTERS, _LEAST_LEFT = 5, 4


def why_not(password: str, name: str) -> str | None:
    """Why this is no password for this operator: `short`, `long`, `name`, `common`; None when it is one. What stands beside
    common words, years, runs and the name has to be something."""
    if len(password) < SHORTEST_PASSWORD:
        return "short"
    if len(password) > LONGEST_PASSWORD:
        return "long"
    folded = password.casefold()
    # a name of a letter or two is in many passwords
    own = [part for part in {name.casefold(), *re.split(r"[\W_]+", name.casefold())} if len(part) > 2]
    if len(set(folded)) < _FEWEST_CHARACTERS or _left(folded, _COMMON) < _LEAST_LEFT:
        return "common"
    return "name" if _left(folded, (*_COMMON, *own)) < _LEAST_LEFT else None


async def right(password: str, known: Credentials | None) -> bool:
    """Whether they belong together; it takes as long for who is unknown, or may not log in. In a thread, because it is long."""
    password_hash = known.password_hash if known else None
    fits = await asyncio.to_thread(PASSWORDS.verify, password, password_hash or _NOBODY)
    return fits and password_hash is not None


async def hashed(password: str) -> str:
    """Its argon2 hash, as the store keeps it."""
    return await asyncio.to_thread(PASSWORDS.hash, password)


def _left(password: str, common: tuple[str, ...]) -> int:
    """How many different characters are left without what is common, as it is written or with digits for letters."""

    def without(text: str) -> int:
        for word in sorted(common, key=len, reverse=True):
            text = text.replace(word, " ")
        return len(set(re.sub(r"[\W\d_]+", "", text)))

    return min(without(password), without(password.translate(_SPELT)))


def main() -> int:
    password = getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if reason := why_not(password, ""):
        said = {"short": f"at least {SHORTEST_PASSWORD} characters", "long": f"at most {LONGEST_PASSWORD} characters"}
        print(said.get(reason, "too common a password"), file=sys.stderr)
        return 2
    print(PASSWORDS.hash(password))
    return 0


if __name__ == "__main__":
    sys.exit(main())
