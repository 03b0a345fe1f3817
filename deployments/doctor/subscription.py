"""Whether Meta would deliver: the app is subscribed to the account, its callback and fields are right, its secret is ours."""

from __future__ import annotations

from typing import Any

import httpx

from deployments.doctor import asking
from deployments.doctor.graph_client import Graph, Refused
from deployments.doctor.report import Notes, Unasked
from flows import settings

DASHBOARD = "App Dashboard > WhatsApp > Configuration"
# `messages` brings everything a lead writes; without the others a new number or a "stop marketing" is learnt late.
NEEDED, USEFUL = "messages", ("user_id_update", "user_preferences")


async def account(notes: Notes, graph: Graph, waba: str, app_id: str | None) -> None:
    """The account's list of subscribed apps holds ours; an override of the callback is said."""
    listed = (await graph.ask(graph.api.get_waba_subscribed_apps(waba))).get("data") or ()
    apps = {
        str((each.get("whatsapp_business_api_data") or {}).get("id")): each for each in listed if isinstance(each, dict)
    }
    mend = f"POST /{waba}/subscribed_apps with this token"
    if not apps:
        notes.fail("webhook", "no app is subscribed to the account: tests arrive, real messages do not", mend)
        return
    if app_id is not None and app_id not in apps:
        notes.fail("webhook", f"other apps are subscribed to the account, ours ({app_id}) is not", mend)
        return
    notes.ok("webhook", f"the app {app_id or ', '.join(apps)} is subscribed to the account")
    if override := apps.get(app_id or "", {}).get("override_callback_uri"):
        _callback(notes, graph, str(override), "the account's own callback (it wins over the app's)")


async def app(notes: Notes, graph: Graph, options: settings.Webhook, app_id: str | None) -> None:
    """The app's subscription, which only its secret may read: so this tries the secret too."""
    if app_id is None:
        raise Unasked("the token does not say which app it is of")
    found = None
    for secret in options.whatsapp_app_secret:
        try:
            found = await graph.get(f"/{app_id}/subscriptions", bearer=f"{app_id}|{secret.get_secret_value()}")
        except Refused as exc:
            # 1 and 101 are how Graph answers a wrong secret in an app's token, 190 what its table says.
            if exc.code not in (1, 100, 101, 104, 190):
                raise
        else:
            break
    if found is None:
        notes.fail(
            "app secret",
            f"is not the one of the app {app_id}: every delivery would be refused with 403",
            "copy it to WHATSAPP_APP_SECRET: App Dashboard > App settings > Basic",
        )
        notes.skip("callback", "only the right app secret may read it")
        return
    notes.ok("app secret", f"is the one of the app {app_id}")
    subscriptions = [each for each in found.get("data") or () if isinstance(each, dict)]
    ours = next((each for each in subscriptions if each.get("object") == "whatsapp_business_account"), None)
    if ours is None or ours.get("active") is False:
        notes.fail(
            "callback",
            "the app has no active subscription for WhatsApp accounts",
            f"save the callback URL and verify token: {DASHBOARD}",
        )
        return
    url = str(ours.get("callback_url", ""))
    if _callback(notes, graph, url, "the callback"):
        await _answers(notes, url)
    _fields(notes, ours)


def _callback(notes: Notes, graph: Graph, url: str, what: str) -> bool:
    """True when the address can be right."""
    if not url.startswith("https://") and not graph.rehearsal:
        notes.fail("callback", f"{what} is {_shown(url)}: Meta delivers to https:// only", f"correct it: {DASHBOARD}")
        return False
    if not httpx.URL(url).path.rstrip("/").endswith("/webhook"):
        notes.fail("callback", f"{what} is {_shown(url)}; the service listens at /webhook", f"correct it: {DASHBOARD}")
        return False
    notes.ok("callback", f"{what} is {_shown(url)}")
    return True


async def _answers(notes: Notes, url: str) -> None:
    """Asked without a token, the service answers 403. Our verify token is not sent: the address may be a stranger's."""
    try:
        async with asking.client() as client:
            status = (await client.get(url)).status_code
    except httpx.HTTPError as exc:
        notes.warn(
            "callback",
            f"it cannot be reached from here ({type(exc).__name__}); whether Meta reaches it is not known",
            "is the webhook up, are name, certificate and proxy right? try it from outside",
        )
        return
    if status == 403:
        notes.ok("callback", "the service answers there")
    else:
        notes.warn(
            "callback",
            f"it answers HTTP {status}, our service would say 403",
            "does the proxy pass /webhook on to the service?",
        )


def _fields(notes: Notes, subscribed: dict[str, Any]) -> None:
    names = {str(each.get("name") if isinstance(each, dict) else each) for each in subscribed.get("fields") or ()}
    if NEEDED not in names:
        notes.fail(
            "fields",
            f"{NEEDED} is not subscribed: nothing that leads write arrives",
            f"subscribe it: {DASHBOARD} > Webhook fields",
        )
    elif missing := [name for name in USEFUL if name not in names]:
        notes.warn("fields", f"{' and '.join(missing)} not subscribed", f"subscribe them: {DASHBOARD} > Webhook fields")
    else:
        notes.ok("fields", ", ".join((NEEDED, *USEFUL)))


def _shown(url: str) -> str:
    """Without a query, which could carry a secret."""
    return url.partition("?")[0] or "empty"
