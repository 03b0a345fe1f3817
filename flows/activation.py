"""Flow `lead-activation`: a person asked on the form; within seconds WhatsApp greets them with the template.

The lead is in the store before this flow begins (`POST /leads`, or `--name … --phone …` below), so whatever happens
here, nobody is lost. Run it alone: `python -m flows.activation --phone "+55 81 99988-7766" --name "Marina Alves"`, with
`--consent "where and when"` for somebody who had stopped our messages and asks for them again: whoever types it vouches for it,
and it is kept as evidence; with `--dry-run` to see whether it would go, and with which exit code. Exit codes: 0 sent, or its template went out already (within a day, or, to a number that never
wrote, within 30); 1 configuration; 2 wrong arguments; 3 refused by the rule for what we start (stopped, taken over, handed
over, talking); 4 WhatsApp did not take it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
from typing import Any
from uuid import UUID

from prefect import flow
from prefect.states import State

from flows import settings
from flows.adapters.store.leads import Dispatch
from flows.assistant import say
from flows.brazil.calendar import SAO_PAULO
from flows.brazil.phones import canonical
from flows.commands import carried_out
from flows.conversing.runtime import End, Work, at_work, open_runtime
from flows.conversing.sending import Sending, deliver
from flows.conversing.showing import ended, show_outcome
from flows.conversing.starting import keep_rules
from flows.conversing.stores import open_store, prepare_store
from flows.domain import Lead, Outcome, Stage
from flows.errors import OptedOut
from flows.shown.words import STARTING, code_meaning


@flow(name="lead-activation", persist_result=False)
async def lead_activation(lead_id: UUID) -> State[Any]:
    """Sends the welcome template once. That a lead has no WhatsApp is an outcome, not a failure.

    Args:
        lead_id: The lead's id in the lead store (`leads.id`).
    """
    return await ended(await at_work("lead-activation", lead_id, greet))


async def greet(work: Work) -> End:
    """Queues the template, sends it, and ends the run in the store."""
    lead = await work.store.lead(work.lead_id)
    if lead is None:
        return End(Outcome.ERASED)
    end = End(Outcome.OPTED_OUT)
    with contextlib.suppress(OptedOut):
        queued = await work.store.queue(
            work.claim, f"template:{work.claim.run_id}", text="", template=welcome_template(lead, work)
        )
        if queued.message_id is None:
            end = End(Outcome.NOT_SENT, f"{STARTING[queued.outcome].capitalize()}.")
        else:
            end = await sent(work, lead, queued.message_id)
    await show_outcome(work, end.outcome)
    await work.store.finish(work.claim, end.outcome, unless_unanswered=False)
    return end


def welcome_template(lead: Lead, work: Work) -> dict[str, Any]:
    """The configured template: the first name as its parameter, and on its button the payload to which the store adds a
    secret of each send. By it the store knows the lead even when WhatsApp hides the number of whoever taps it."""
    account = work.runtime.account
    return {
        "name": account.whatsapp_welcome_template_name,
        "language": account.whatsapp_template_language,
        "body": [say.called(lead.name) or "tudo bem"],
        "buttons": ["ATIVAR_PERFIL"],
    }


async def sent(work: Work, lead: Lead, message_id: UUID) -> End:
    """Sends the template and says what came of it; the reason is WhatsApp's code."""
    sending = await deliver(work, message_id)
    if sending is Sending.SENT:
        if lead.stage is Stage.FORM_SUBMITTED:
            await work.store.set_stage(lead.id, Stage.INITIAL)
        return End(Outcome.SENT)
    state = await work.store.message_state(message_id)
    code = state.error_code
    if state.withdrawn or (sending is Sending.PUT_OFF and code is None):
        verdict = await work.store.may_start(lead.id, "welcome")
        outcome = Outcome.NOT_SENT if state.withdrawn else Outcome.PUT_OFF
        return End(outcome, f"{STARTING[verdict.reason].capitalize()}.")
    why = f"Código {code}: {code_meaning(code)}."
    if sending is Sending.PUT_OFF:
        return End(Outcome.PUT_OFF, why)
    return End(Outcome.UNREACHABLE if code in (131026, 131030) else Outcome.FAILED, why)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m flows.activation", description=__doc__.split("\n")[0])
    parser.add_argument("--phone", required=True, help="the lead's WhatsApp number, in any Brazilian spelling")
    parser.add_argument("--name", required=True)
    parser.add_argument("--city")
    parser.add_argument("--state", help="two letters")
    parser.add_argument("--consent", help="where and when the person agreed to be written to; ends an opt-out")
    parser.add_argument(
        "--dry-run", action="store_true", help="print whether it would be sent and why; save nothing, send nothing"
    )
    given = parser.parse_args(arguments)
    return carried_out(lambda: asyncio.run(_show(given) if given.dry_run else _run(given)))


def _form(given: argparse.Namespace) -> dict[str, Any]:
    return {
        "name": given.name,
        "phone": canonical(given.phone),
        "city": given.city,
        "state": given.state,
        "source": "terminal",
        "consent": False,
        "vouched": given.consent,
        "evidence": {"origin": "python -m flows.activation", "consent": given.consent},
    }


def _kept(saved: Dispatch) -> int | None:
    """Says why nothing starts, and gives the exit code; None where it does."""
    if saved.kept in ("under_way", "unsent_first", "welcomed"):
        before = f" before {saved.until.astimezone(SAO_PAULO):%d/%m/%Y %H:%M}" if saved.until else ""
        print(f"its template went out already, or is on its way; nothing to do{before}")
        return 0
    if saved.kept:
        more = "; --consent says where and when they agreed again" if saved.kept == "opted_out" else ""
        print(f"refused ({saved.kept}): {STARTING[saved.kept]}{more}", file=sys.stderr)
        return 3
    return None


async def _show(given: argparse.Namespace) -> int:
    """What `_run` would do, and its exit code; the template goes to the output, the rule's verdict beside it."""
    form, group = _form(given), settings.read(settings.Store)
    account = settings.account_names()
    await prepare_store(group)
    async with open_store(group) as store:
        await keep_rules(store)
        tried = await store.try_form(form)
    if (code := _kept(tried)) is not None or tried.said is None:
        return code or 0
    print(f"{tried.said.verdict} ({tried.said.reason}): {STARTING[tried.said.reason]}", file=sys.stderr)
    if tried.said.verdict == "wait":
        return 4
    print(f"[{account.whatsapp_welcome_template_name}] {say.called(given.name) or 'tudo bem'}")
    return 0


async def _run(given: argparse.Namespace) -> int:
    form = _form(given)
    async with open_runtime() as runtime:
        saved = await runtime.store.save_form(form)
        print(f"lead {saved.lead_id} saved")
        if (code := _kept(saved)) is not None:
            return code
        state = await lead_activation(saved.lead_id, return_state=True)
        print(f"{state.name}: {state.message}")
        return 0 if state.is_completed() else 4


if __name__ == "__main__":
    sys.exit(main())
