"""What Prometheus reads about us: counts, times and states of webhook and worker (`scraping.py` shows them).

Labels have few values, and never an id, a name or a phone number; `docs/watching.md` is the table of what is here.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sized
from itertools import product
from typing import Any, Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics

from flows.domain import Coverage, PlansUnavailable, Served, Why
from flows.errors import Fix, GiveUp, OptedOut, OutcomeUnknown, SerenaError, TryAgain, Unreachable

# Else every series has a twin with its birthday, which nobody reads.
disable_created_metrics()

# A process shows only what it counts itself: a worker's zero deliveries would look like an outage of the webhook.
WEBHOOK, WORKER = CollectorRegistry(), CollectorRegistry()
REGISTRIES: dict[Literal["webhook", "worker"], CollectorRegistry] = {"webhook": WEBHOOK, "worker": WORKER}

# Around the budget, whose figure stands in `tests/benchmarks`, and up to Meta's patience (docs/whatsapp.md 1.3).
_DELIVERY_BUCKETS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
# From a warm answer by rules (40 ms) over a burst's quiet time to the minute that is promised at worst (docs/architecture.md#what-happens-when-a-part-dies).
_ANSWER_BUCKETS = (0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 1.5, 2.5, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0, 300.0, 900.0)
_SEND_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_TURN_BUCKETS = (0.01, 0.05, 0.1, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 45.0, 90.0)

# the webhook's

DELIVERIES = Counter("serena_deliveries", "WhatsApp's deliveries by what became of them", ["result"], registry=WEBHOOK)
DELIVERY_SECONDS = Histogram(
    "serena_delivery_seconds", "From a delivery's arrival to its answer", buckets=_DELIVERY_BUCKETS, registry=WEBHOOK
)
EVENTS = Counter("serena_events", "Events inside stored deliveries, repeated ones too", ["kind"], registry=WEBHOOK)
STORED = Counter("serena_events_stored", "Events by what the store did with them", ["result"], registry=WEBHOOK)
STATUSES = Counter(
    "serena_statuses", "WhatsApp's word on messages sent; the code of failed ones", ["status", "code"], registry=WEBHOOK
)
ACCOUNT_ERRORS = Counter(
    "serena_account_errors", "Errors of the account that WhatsApp tells", ["code"], registry=WEBHOOK
)
FORMS = Counter("serena_forms", "Forms posted by what became of them", ["result"], registry=WEBHOOK)
FORM_SECONDS = Histogram(
    "serena_form_seconds", "From a form's arrival to its answer", buckets=_DELIVERY_BUCKETS, registry=WEBHOOK
)
DISPATCHES = Counter(
    "serena_dispatches", "What Prefect was asked, and what came of it", ["action", "result"], registry=WEBHOOK
)
ROUND = Gauge("serena_dispatcher_round_timestamp_seconds", "When the dispatcher last managed a round", registry=WEBHOOK)

# the worker's

ANSWER_SECONDS = Histogram(
    "serena_answer_seconds",
    "From a lead's newest message to its answer's leaving",
    buckets=_ANSWER_BUCKETS,
    registry=WORKER,
)
TURNS = Counter("serena_turns", "Turns by who heard the lead (a model's name, rules, taps)", ["by"], registry=WORKER)
TURN_SECONDS = Histogram("serena_turn_seconds", "What a turn took", ["by"], buckets=_TURN_BUCKETS, registry=WORKER)
TOKENS = Counter("serena_model_tokens", "Tokens as the model's service counts them", ["direction"], registry=WORKER)
FALLBACKS = Counter(
    "serena_model_fallbacks", "Turns in which a model was asked and did not count", ["reason"], registry=WORKER
)
BROKEN = Counter("serena_guard_broken_rules", "Checks that refused a model's words", ["rule"], registry=WORKER)
SENDS = Counter(
    "serena_sends", "Calls to send a message, and WhatsApp's answer", ["kind", "result", "code"], registry=WORKER
)
SEND_SECONDS = Histogram("serena_send_seconds", "A call to send a message", buckets=_SEND_BUCKETS, registry=WORKER)
PLANS_READS = Counter(
    "serena_plans_reads",
    "Questions for a place's plans, by what the plans API's answer is worth",
    ["result"],
    registry=WORKER,
)
STARTS_QUEUED = Gauge("serena_starts_queued", "Flow runs that wait for their turn to start", registry=WORKER)
RUNS_HELD = Gauge("serena_runs_held", "Flow runs in this worker's memory", registry=WORKER)
RENEWALS_FAILED = Counter(
    "serena_lease_renewals_failed", "Renewals of all leases that the store refused", registry=WORKER
)
EVENT_STREAM = Gauge("serena_event_stream_connected", "1 while Prefect's events reach this worker", registry=WORKER)

# of both

STORE_REACHABLE = Gauge("serena_store_reachable", "1 when the lead store answered last time", registry=None)
BUILD = Gauge("serena_build_info", "Always 1", ["version", "prefect", "python"], registry=None)
for _registry in REGISTRIES.values():
    _registry.register(STORE_REACHABLE)
    _registry.register(BUILD)
    ProcessCollector(registry=_registry)

DELIVERY_RESULTS = {
    200: "stored",
    400: "unreadable",
    401: "unsigned",
    403: "forged",
    408: "too_slow",
    413: "too_large",
    500: "error",
    503: "store_away",
}
FORM_RESULTS = {
    202: "accepted",
    400: "unreadable",
    403: "foreign_origin",
    408: "too_slow",
    413: "too_large",
    422: "rejected",
    429: "too_many",
    500: "error",
    503: "store_away",
}
_SEND_RESULTS: dict[type[SerenaError], str] = {
    TryAgain: "refused",
    Fix: "needs_fix",
    OutcomeUnknown: "unknown",
    Unreachable: "unreachable",
    OptedOut: "opted_out",
    GiveUp: "failed",
}
PLANS_RESULTS = ("ok", "stale", "failed")
_STATUSES = ("sent", "delivered", "read", "played", "failed", "deleted")
_SEND_KINDS = ("template", "text", "buttons", "list")
# Codes that a person has to act on (docs/watching.md): their alert has to ring at the first.
_ALARMING = ("0", "190", "368", "131031", "131042", "131048", "132015")


def _begin_at_zero() -> None:
    """A counter that appears with its first event hides it from Prometheus' increase(): what is known starts at 0."""
    known: dict[Counter, list[tuple[str, ...]]] = {
        DELIVERIES: [(result,) for result in DELIVERY_RESULTS.values()],
        FORMS: [(result,) for result in (*FORM_RESULTS.values(), "robot")],
        STORED: [("stored",), ("duplicate",), ("refused",)],
        STATUSES: [*((status, "none") for status in _STATUSES[:3]), *(("failed", code) for code in _ALARMING)],
        SENDS: [*((kind, "accepted", "none") for kind in _SEND_KINDS), *product(_SEND_KINDS, ["needs_fix"], _ALARMING)],
        TOKENS: [("in",), ("out",)],
        PLANS_READS: [(result,) for result in PLANS_RESULTS],
    }
    for counter, combinations in known.items():
        for labels in combinations:
            counter.labels(*labels)


_begin_at_zero()


# counting


def delivered(status: int, seconds: float) -> None:
    """A delivery was answered with this HTTP status, this many seconds after it came."""
    DELIVERIES.labels(DELIVERY_RESULTS.get(status, "other")).inc()
    DELIVERY_SECONDS.observe(seconds)


def posted(status: int, seconds: float, *, robot: bool = False) -> None:
    """A form was answered. `robot`: it got the same answer as a good one, and was thrown away."""
    FORMS.labels("robot" if robot else FORM_RESULTS.get(status, "other")).inc()
    FORM_SECONDS.observe(seconds)


def received(events: Iterable[Mapping[str, Any]], *, stored: int, duplicates: int, refused: int) -> None:
    """Events of a delivery (`webhook.payload.events`), and how many of them the store took, knew, could not apply."""
    for event in events:
        EVENTS.labels(event["kind"]).inc()
        if event["kind"] == "status":
            status = event["status"] if event["status"] in _STATUSES else "other"
            STATUSES.labels(status, _code(event["error_code"])).inc()
        elif event["kind"] == "account_error":
            ACCOUNT_ERRORS.labels(_code(event["error_code"])).inc()
    STORED.labels("stored").inc(stored)
    STORED.labels("duplicate").inc(duplicates)
    STORED.labels("refused").inc(refused)


def dispatched(action: str, result: str) -> None:
    """Prefect was asked for this: `webhook.dispatch.Done`, or `failed`."""
    DISPATCHES.labels(action, result.replace(" ", "_")).inc()


def round_managed() -> None:
    """The dispatcher learned what is due, and not all of it failed."""
    ROUND.set_to_current_time()


def store_answers(yes: bool) -> None:
    """Whether the lead store answered when it was last asked."""
    STORE_REACHABLE.set(yes)


def answered(seconds: float) -> None:
    """An answer left, this long after the newest message that it answers."""
    ANSWER_SECONDS.observe(seconds)


def turn(why: Why) -> None:
    """One turn of the assistant."""
    TURNS.labels(why.by).inc()
    TURN_SECONDS.labels(why.by).observe(why.seconds)
    TOKENS.labels("in").inc(why.tokens_in)
    TOKENS.labels("out").inc(why.tokens_out)
    if why.fallback:
        FALLBACKS.labels(why.fallback).inc()
    for rule in why.checks:
        BROKEN.labels(rule.partition(":")[0]).inc()


@contextlib.contextmanager
def sending(kind: str) -> Iterator[None]:
    """Around one call to send a message; `kind` is template, text, buttons, list or file. Counts what comes of it by the kind
    of error (flows/errors.py) and WhatsApp's code, and times it."""
    result, code, began = "accepted", None, time.monotonic()
    try:
        yield
    except SerenaError as exc:
        result = next((name for kind_of, name in _SEND_RESULTS.items() if isinstance(exc, kind_of)), "failed")
        code = getattr(exc, "code", None)
        raise
    except BaseException:
        result = "interrupted"
        raise
    finally:
        SENDS.labels(kind, result, _code(code)).inc()
        SEND_SECONDS.observe(time.monotonic() - began)


def plans_read(coverage: Coverage) -> None:
    """A place's plans were asked for. `stale`: the API is away, and plans it gave before were told; `failed`: it is away,
    and nothing could be told. "Not served" is an answer like any other."""
    match coverage:
        case PlansUnavailable():
            result = "failed"
        case Served(stale=True):
            result = "stale"
        case _:
            result = "ok"
    PLANS_READS.labels(result).inc()


def renewal_failed() -> None:
    """The leases of this worker's runs could not be extended this time."""
    RENEWALS_FAILED.inc()


def holding(runs: Sized) -> None:
    """From now on the gauge of runs held is the size of this collection, looked at when Prometheus asks."""
    RUNS_HELD.set_function(lambda: len(runs))


def listening(yes: bool) -> None:
    """Whether Prefect's event stream reaches this worker."""
    EVENT_STREAM.set(yes)


def _code(code: int | None) -> str:
    """WhatsApp's codes have at most six digits; anything else would be a label of somebody's own making."""
    if code is None:
        return "none"
    return str(code) if 0 <= code < 1_000_000 else "other"
