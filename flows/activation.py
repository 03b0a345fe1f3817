"""Flow `lead-activation`: a person asked on the form; within seconds WhatsApp greets them with the template.

The lead is in the store before this flow begins (`POST /leads`, or `--name … --phone …` below), so whatever happens
here, nobody is lost. Run it alone: `python -m flows.activation --phone "+55 81 99988-7766" --name "Marina Alves"`.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import Any
from uuid import UUID

from prefect import flow
from prefect.states import Completed, Failed, State

from flows import settings
from flows.brazil.phones import InvalidPhone, canonical
from flows.conversing.runtime import Work, open_runtime, working
from flows.conversing.sending import Sending, deliver
from flows.conversing.showing import show_outcome
from flows.domain import Lead, Stage
from flows.errors import Fix, OptedOut, SerenaError
from flows.shown import logs
from flows.shown.words import OUTCOMES, code_meaning


@flow(name="lead-activation", persist_result=False)
async def lead_activation(lead_id: UUID) -> State[Any]:
    """Sends the welcome template once. A lead without WhatsApp ends as `Unreachable`, which is not a failure."""
    async with working("lead-activation", lead_id) as work:
        if isinstance(work, str):
            return Completed(name=work.capitalize(), message=OUTCOMES[work])
        lead = await work.store.lead(work.lead_id)
        if lead is None:
            return Completed(name="Erased", message=OUTCOMES["erased"])
        try:
            queued = await work.store.queue(
                work.claim, f"template:{work.claim.run_id}", text="", template=welcome_template(lead, work)
            )
        except OptedOut:
            return await _end(work, "opted out", Completed(name="OptedOut", message=OUTCOMES["opted_out"]))
        if queued.message_id is None:
            raise RuntimeError(f"run {work.claim.run_id}: the store queued no template")
        return await _outcome(work, lead, await deliver(work, queued.message_id), queued.message_id)
    return Completed(name="Gone", message=OUTCOMES["gone"])


def welcome_template(lead: Lead, work: Work) -> dict[str, Any]:
    """The configured template: the first name as its parameter, and on its button the payload to which the store adds a
    secret of each send. By it the store knows the lead even when WhatsApp hides the number of whoever taps it."""
    account = work.runtime.account
    return {
        "name": account.whatsapp_welcome_template_name,
        "language": account.whatsapp_template_language,
        "body": [lead.first_name or "tudo bem"],
        "buttons": ["ATIVAR_PERFIL"],
    }


async def _outcome(work: Work, lead: Lead, sending: Sending, message_id: UUID) -> State[Any]:
    if sending is Sending.SENT:
        if lead.stage is Stage.FORM_SUBMITTED:
            await work.store.set_stage(lead.id, Stage.INITIAL)
        return await _end(work, "sent", Completed(name="Sent", message=OUTCOMES["sent"]))
    state = await work.store.message_state(message_id)
    why = f"Código {state.error_code}: {code_meaning(state.error_code)}."
    if sending is Sending.PUT_OFF:
        text = f"{OUTCOMES['put_off']} {why}"
        return await _end(work, "put off", Failed(message=text))
    if state.error_code in (131026, 131030):
        text = f"{OUTCOMES['unreachable']} {why}"
        return await _end(work, "unreachable", Completed(name="Unreachable", message=text))
    return await _end(work, "failed", Failed(message=f"{OUTCOMES['failed']} {why}"))


async def _end(work: Work, outcome: str, state: State[Any]) -> State[Any]:
    await show_outcome(work, outcome)
    await work.store.finish(work.claim, outcome, unless_unanswered=False)
    return state


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m flows.activation", description=__doc__.split("\n")[0])
    parser.add_argument("--phone", required=True, help="the lead's WhatsApp number, in any Brazilian spelling")
    parser.add_argument("--name", required=True)
    parser.add_argument("--city")
    parser.add_argument("--state", help="two letters")
    given = parser.parse_args(arguments)
    try:
        logs.set_up(settings.read(settings.Watching), output=False)
        with settings.local_prefect():
            return asyncio.run(_run(given))
    except InvalidPhone as exc:
        print(f"--phone: {exc}", file=sys.stderr)
        return 2
    except Fix as exc:
        print(exc, file=sys.stderr)
        return 1
    except SerenaError as exc:
        print(exc, file=sys.stderr)
        return 4


async def _run(given: argparse.Namespace) -> int:
    phone = canonical(given.phone)
    async with open_runtime() as runtime:
        form = {"name": given.name, "phone": phone, "city": given.city, "state": given.state, "source": "terminal",
                "evidence": {"origin": "python -m flows.activation"}}  # fmt: skip
        saved = await runtime.store.save_form(form)
        print(f"lead {saved.lead_id} saved")
        if saved.action == "nothing":
            print("its template went out less than 24 hours ago; nothing to do")
            return 0
        state = await lead_activation(saved.lead_id, return_state=True)
        print(f"{state.name}: {state.message}")
        return 0 if state.is_completed() else 4


if __name__ == "__main__":
    sys.exit(main())
