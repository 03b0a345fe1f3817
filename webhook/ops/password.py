"""Operators' passwords: compared by their argon2 hash. `python -m webhook.ops.password` asks for one and prints what
OPS_OPERATORS takes after the name."""

from __future__ import annotations

import sys
from getpass import getpass

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from flows.settings import SHORTEST_PASSWORD

# OWASP's smallest set: 19 MiB, two passes, a hundredth of a second or two for each try.
PASSWORDS = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19_456, parallelism=1),))


def main() -> int:
    password = getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if len(password) < SHORTEST_PASSWORD:
        print(f"at least {SHORTEST_PASSWORD} characters", file=sys.stderr)
        return 2
    print(PASSWORDS.hash(password))
    return 0


if __name__ == "__main__":
    sys.exit(main())
