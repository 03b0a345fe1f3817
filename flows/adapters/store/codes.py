"""What each error of the lead store asks of the caller, over both ways to it: by SQLSTATE (Postgres, Appendix A) and, over
REST, by PostgREST's code (its reference, "Errors") or, where a gateway answers in its place, by the HTTP status."""

from __future__ import annotations

from enum import Enum, auto

from flows.errors import Fix


class Next(Enum):
    """AGAIN: nothing was done, or nothing that a repetition would do twice, and the same call may succeed in a moment.
    SETTLES: the same for as long as an upgrade takes; after that a person has to mend it. FIX: that, at once."""

    AGAIN = auto()
    SETTLES = auto()
    FIX = auto()


class Unsettled(Fix):
    """A Fix that may mend itself within moments: an upgrade that is just going on."""


# connection, transaction rollback, resources, operator, system, internal (the poolers' own word for "full")
_PASSING_CLASSES = frozenset({"08", "40", "53", "57", "58", "XX"})
SQLSTATES = {
    "25006": Next.AGAIN,  # read-only: a replica that is being promoted, a disk that was full
    "25P02": Next.AGAIN,  # a transaction that a pooler left aborted
    "25P03": Next.AGAIN,  # idle in transaction for too long
    "55006": Next.AGAIN,  # object in use
    "55P03": Next.AGAIN,  # lock not available
    # A prepared statement that is there already, or no more: the connection was taken away under us, by a pooler. For good
    # behind a pooler by transaction, which `doctor` names.
    "42P05": Next.AGAIN,
    "26000": Next.AGAIN,
    # The program is newer than the database, or a migration is just going on.
    "42883": Next.SETTLES,
    "42703": Next.SETTLES,
    "42P01": Next.SETTLES,
}
POSTGREST = {
    "PGRST202": Next.SETTLES,  # its picture of the schema is older than the migration
    "PGRST303": Next.SETTLES,  # a claim of the key: its clock is not yet ours
}
# Without a code in the body it was not PostgREST that answered. An edge's page (a challenge, a maintenance, a method that
# it does not let through) passes; a key that the gateway does not know, and an address behind which is nothing, do not.
_EDGE = frozenset({403, 405, 408, 425, 429})


def after_sqlstate(code: str | None) -> Next:
    """What an error of Postgres asks; without a code it is the connection's."""
    if code is None or code[:2] in _PASSING_CLASSES:
        return Next.AGAIN
    return SQLSTATES.get(code, Next.FIX)


def after_rest(code: str | None, http_status: int) -> Next:
    """What a refusal over REST asks: `code` as the body has it (a SQLSTATE, PostgREST's own, or None)."""
    if http_status >= 500 or http_status in (408, 429):
        # PostgREST answers so for every SQLSTATE that another try may heal.
        return Next.AGAIN
    if code is None:
        return Next.AGAIN if http_status in _EDGE or http_status < 300 else Next.FIX
    return POSTGREST[code] if code in POSTGREST else after_sqlstate(code)
