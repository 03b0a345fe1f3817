"""Flow `notices`: whoever asked to be told when there are plans in a place is told, once, as soon as there are.

Every day it asks the plans API about each place that somebody waits for, and sends the configured template to all who asked,
within the rule for what we start; who has to wait is asked about again by the next run. Run it alone: `python -m flows.notices`,
with `--place 2611606` or `--place "Recife, PE"` for one place, and with `--dry-run` to see who would be told, and with which exit
code. Exit codes: 0 all were told who could be (or would be), or there is nothing to tell; 1 configuration, also no template; 2 wrong
arguments; 3 there are plans, and the rule let nobody be told now; 4 WhatsApp, the plans API or the lead store did not do its part
for somebody; 5 nobody waits to be told of that place.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Literal

from prefect import flow
from prefect.artifacts import TableArtifact
from prefect.client.orchestration import get_client
from prefect.logging import get_run_logger
from prefect.states import Completed, State

from flows import settings
from flows.adapters.store.leads import LeadStore
from flows.adapters.store.wishes import Wish, WishedPlace
from flows.assistant import say, state
from flows.assistant.place import places
from flows.commands import carried_out
from flows.conversing import outside
from flows.conversing.runtime import Runtime, open_runtime, opened_runtime
from flows.conversing.sending import send_once
from flows.conversing.starting import keep_rules
from flows.conversing.stores import open_store, prepare_store
from flows.conversing.tasks import PATIENT, task_of
from flows.domain import Coverage, Lead, PlansUnavailable, Served, SeveralUtilities
from flows.errors import Fix, GiveUp, OutcomeUnknown, PutOff, TryAgain
from flows.shown import metrics
from flows.shown.formats import counted, municipality, number
from flows.shown.words import NOTICES, STARTING

# Reasons of the rule that hold for everybody: after the first the others are not asked about.
_FOR_ALL = frozenset(
    {
        "quiet",
        "spend_limit",
        "account_disabled",
        "account_restricted",
        "template_stopped",
        "number_flagged",
        "messaging_limit",
        "no_template",
    }
)
_TROUBLE = frozenset({"unknown", "refused", "undelivered"})
_MOST_REFUSED = 3  # running: then it is not one person's address
_PAGE = 50


@dataclass
class Kept:
    """What came of the wishes for one place: whether there are plans (None: the API did not say), and how many people had which
    outcome: `sent`, `unknown`, `refused` (for now), `undelivered`, or the reason for which the rule says no or wait."""

    wished: WishedPlace
    plans: bool | None = False
    outcomes: Counter[str] = field(default_factory=Counter)

    @property
    def trouble(self) -> bool:
        return self.plans is None or bool(_TROUBLE & self.outcomes.keys())


@flow(name="notices", persist_result=False)
async def notices(place: int | None = None) -> State[Any]:
    """Leaves the table artifact `notices` where there was somebody to tell.

    Args:
        place: IBGE code of the only municipality to look at; by default all that somebody waits for.
    """
    wished, template = await look_who_waits(place)
    waiting = counted(sum(each.wishes for each in wished), "pedido à espera", "pedidos à espera")
    if not wished or template is None:
        why = f"{NOTICES['no_template']}." if wished else ""
        return Completed(message=f"Avisos: {waiting}. {why}".strip(), data=None if wished else [])
    kept = [await tell_place(each) for each in wished]
    if any(each.plans is not False for each in kept):
        table = TableArtifact(
            key="notices", description="Quem pediu para saber quando houver plano.", table=notice_rows(kept)
        )
        async with get_client() as client:
            await table.acreate(client)
    told = counted(sum(each.outcomes["sent"] for each in kept), "pessoa avisada", "pessoas avisadas")
    return Completed(message=f"Avisos: {waiting}, {told}.", data=kept)


def notice_rows(kept: list[Kept]) -> list[dict[str, str]]:
    """A line a place and distribuidora: nobody's name is in it."""
    words = STARTING | NOTICES
    return [
        {
            "Lugar": " ".join(filter(None, (municipality(each.wished.place), each.wished.utility))),
            "Pedidos": number(each.wished.wishes),
            "Planos": {True: "há", False: "ainda não", None: "a consulta não respondeu"}[each.plans],
            "O que houve": "; ".join(f"{words[what]}: {number(n)}" for what, n in each.outcomes.most_common()) or "–",
        }
        for each in kept
    ]


@task_of("look_who_waits", "look_who_waits", again_after=PATIENT)
async def look_who_waits(place: int | None) -> tuple[tuple[WishedPlace, ...], str | None]:
    """The places, and the name of the template, if one is configured. Raises TryAgain, Fix."""
    async with opened_runtime() as runtime:
        wished = await runtime.store.company.wished_places(place)
    return wished, runtime.account.whatsapp_notice_template_name


@task_of("tell_place", "tell_place {wished.place}", again_after=PATIENT)
async def tell_place(wished: WishedPlace) -> Kept:
    """`keep` as Prefect shows it; its name says the place and nobody."""
    async with opened_runtime() as runtime:
        kept = await keep(runtime, wished)
    get_run_logger().info("place %d: plans %s, %s", wished.place, kept.plans, dict(kept.outcomes))
    return kept


async def keep(runtime: Runtime, wished: WishedPlace) -> Kept:
    """Asks the plans API once, and tells everybody who waits, the longest first. What was sent by then is not sent again by another
    try: each wish has one message. Raises TryAgain where WhatsApp or the store is away, Fix for what a person has to mend.
    """
    found = Kept(wished, await plans_there(runtime.plans, wished))
    refused = 0
    if not found.plans:
        return found
    async for wish in waiting(runtime.store, wished):
        outcome = await tell(runtime, wish, place_of(wished))
        found.outcomes[outcome] += 1
        if outcome in _FOR_ALL:
            found.outcomes[outcome] += max(wished.wishes - found.outcomes.total(), 0)
            break
        refused = refused + 1 if outcome == "refused" else 0
        if refused == _MOST_REFUSED:
            raise TryAgain(f"place {wished.place}: WhatsApp refuses one message after the other")
    return found


async def tell(runtime: Runtime, wish: Wish, place: places.Place) -> str:
    """Keeps one wish, and says what came of it (`Kept.outcomes`). The store ends the wish in the moment in which it learns that
    the message was taken, from this call or from a status. Raises Fix."""
    lead = await runtime.store.lead(wish.lead_id)
    if lead is None:
        return "erased"
    queued = await runtime.store.company.queue_notice(wish, template_for(lead, place, runtime.account))
    if queued.message_id is None:
        return queued.outcome
    try:
        await send_once(runtime, queued.message_id)
    except OutcomeUnknown:
        return "unknown"
    except PutOff:
        return "later"
    except TryAgain:
        return "refused"
    except GiveUp as exc:
        return "undelivered" if exc.code is not None else "changed"
    return "sent"


def template_for(lead: Lead, place: places.Place, account: settings.WhatsApp) -> dict[str, Any]:
    """The configured template: the first name (of the form only for whose form it is), and the city."""
    name = None if state.recall(lead.memory).disowned else say.called(lead.name)
    template = {"name": account.whatsapp_notice_template_name, "language": account.whatsapp_template_language}
    return template | {"body": [name or "tudo bem", place.city], "buttons": []}


async def waiting(store: LeadStore, wished: WishedPlace) -> AsyncIterator[Wish]:
    """Each wish for this place once, page by page; before each page the day's spend is looked at."""
    after = None
    while True:
        await store.company.measure_spend()
        page = await store.company.wishes_for(wished, after, _PAGE)
        for wish in page:
            yield wish
        if len(page) < _PAGE:
            return
        after = page[-1].id


async def plans_there(source: outside.PlansSource, wished: WishedPlace) -> bool | None:
    """Whether there are plans; None where the API gives no answer of this moment. Where several distribuidoras are served, and
    nobody said which is theirs, one with plans is news: the conversation asks which."""
    place = place_of(wished)

    async def read(utility: str | None) -> Coverage:
        found = await source.coverage(place.city, place.state, ibge_code=place.ibge_code, utility=utility)
        metrics.plans_read(found)
        return found

    found = await read(wished.utility)
    if isinstance(found, SeveralUtilities) and wished.utility is None:
        answers = [_plans(await read(name)) for name in found.names]
        return True if True in answers else None if None in answers else False
    return _plans(found)


def _plans(found: Coverage) -> bool | None:
    if isinstance(found, PlansUnavailable) or (isinstance(found, Served) and found.stale):
        return None
    return isinstance(found, Served) and bool(found.plans)


def place_of(wished: WishedPlace) -> places.Place:
    if (place := places.by_code(wished.place)) is None:
        raise Fix(f"no municipality has the code {wished.place}")
    return place


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m flows.notices", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--place", help="only this municipality: IBGE code, or name, with the state if it has namesakes"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="print what would be done, by plans API and rule; send nothing"
    )
    given = parser.parse_args(arguments)
    try:
        place = None if given.place is None else _code_of(given.place)
    except ValueError as exc:
        print(f"--place: {exc}", file=sys.stderr)
        return 2
    return carried_out(lambda: _told(asyncio.run(_show(place) if given.dry_run else _run(place)), place))


def _code_of(text: str) -> int:
    found = places.by_code(int(text)) if text.isdecimal() else places.find(text, expecting_place=True)
    if not isinstance(found, places.Place):
        raise ValueError("no municipality, or more than one, is called so")
    return found.ibge_code


async def _show(place: int | None) -> list[Kept] | None:
    """What `_run` would do; for each who waits the rule is asked as it stands."""
    group, account = settings.read(settings.Store), settings.account_names()
    await prepare_store(group)
    async with open_store(group, listen=False) as store, outside.plans_source() as source:
        await keep_rules(store)
        wished = await store.company.wished_places(place)
        if wished and account.whatsapp_notice_template_name is None:
            return None
        shown = [Kept(each, await plans_there(source, each)) for each in wished]
        for each in (each for each in shown if each.plans):
            async for wish in waiting(store, each.wished):
                verdict = await store.may_start(wish.lead_id, "notice")
                each.outcomes["would" if verdict.verdict == "go" else verdict.reason] += 1
    return shown


async def _run(place: int | None) -> list[Kept] | None:
    async with open_runtime():
        ended: State[Any] = await notices(place, return_state=True)
        kept: list[Kept] | None = await ended.aresult()
        return kept


def _told(kept: list[Kept] | None, place: int | None) -> Literal[0, 1, 3, 4, 5]:
    """Prints a line a place, and says the exit code."""
    if kept is None:
        print("people wait to be told, and WHATSAPP_NOTICE_TEMPLATE_NAME is not set (docs/meta.md 5)", file=sys.stderr)
        return 1
    for row in notice_rows(kept):
        print(" · ".join((row["Lugar"], row["Pedidos"], row["Planos"], row["O que houve"])))
    if not kept:
        print("nobody waits to be told of plans", file=sys.stderr)
        return 0 if place is None else 5
    outcomes: Counter[str] = sum((each.outcomes for each in kept), Counter())
    if any(each.trouble for each in kept):
        return 4
    return 3 if outcomes and not (outcomes["sent"] or outcomes["would"]) else 0


if __name__ == "__main__":
    sys.exit(main())
