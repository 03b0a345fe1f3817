"""Whether Meta would deliver: the app is subscribed to the account, its callback and fields are right, its secret is ours."""

from __future__ import annotations

import httpx

from deployments.doctor import reaching
from deployments.doctor.graph_client import Graph, RefusedByMeta
from deployments.doctor.notes import Notes, Trouble
from flows import settings
from webhook.account import FIELDS

# `messages` brings everything a lead writes; without the others (docs/meta.md) a new number, a "stop marketing" or a template
# that was paused is learnt late, by refusals. `smb_message_echoes` is for numbers that are shared with the phone app.
NEEDED = "messages"
USEFUL = ("user_id_update", "user_preferences", *sorted(FIELDS - {"account_review_update"}))


async def subscribed(notes: Notes, graph: Graph, waba: str, app_id: str | None) -> None:
    """The account's list of subscribed apps holds ours; an override of the callback is said."""
    listed = await graph.listed(f"{waba}/subscribed_apps")
    apps = {str((each.get("whatsapp_business_api_data") or {}).get("id")): each for each in listed}
    if not apps:
        return notes.say("webhook.none", account=waba)
    if app_id is not None and app_id not in apps:
        return notes.say("webhook.others", account=waba, app=app_id)
    notes.say("webhook.right", app=app_id or ", ".join(apps))
    if override := apps.get(app_id or "", {}).get("override_callback_uri"):
        _callback(notes, graph, str(override), "the account's own callback (it wins over the app's)")


async def app(notes: Notes, graph: Graph, options: settings.Webhook, app_id: str | None) -> None:
    """The app's subscription, which only its secret may read: so this tries the secret too."""
    if app_id is None:
        raise Trouble("callback.no_app")
    found = None
    for secret in options.whatsapp_app_secret:
        try:
            found = await graph.get(f"{app_id}/subscriptions", bearer=f"{app_id}|{secret.get_secret_value()}")
        except RefusedByMeta as exc:
            # 1 and 101 are how Graph answers a wrong secret in an app's token, 190 what its table says.
            if exc.code not in (1, 100, 101, 104, 190):
                raise
        else:
            break
    if found is None:
        notes.say("app secret.wrong", app=app_id)
        raise Trouble("callback.secret")
    notes.say("app secret.right", app=app_id)
    subscriptions = [each for each in found.get("data") or () if isinstance(each, dict)]
    ours = next((each for each in subscriptions if each.get("object") == "whatsapp_business_account"), None)
    if ours is None or ours.get("active") is False:
        raise Trouble("callback.none")
    url = str(ours.get("callback_url", ""))
    if _callback(notes, graph, url, "the callback"):
        await _answers(notes, url)
    names = {str(each.get("name") if isinstance(each, dict) else each) for each in ours.get("fields") or ()}
    missing = [name for name in USEFUL if name not in names]
    if NEEDED not in names:
        notes.say("fields.needed", names=NEEDED)
    else:
        notes.say("fields.useful" if missing else "fields.right", names=" and ".join(missing or (NEEDED, *USEFUL)))


def _callback(notes: Notes, graph: Graph, url: str, what: str) -> bool:
    """True when the address can be right. It is shown without a query, which could carry a secret."""
    finding = "right"
    if not url.startswith("https://") and not graph.rehearsal:
        finding = "http"
    elif not httpx.URL(url).path.rstrip("/").endswith("/webhook"):
        finding = "path"
    notes.say(f"callback.{finding}", what=what, url=url.partition("?")[0] or "empty")
    return finding == "right"


async def _answers(notes: Notes, url: str) -> None:
    """Asked without a token, the service answers 403. Our verify token is not sent: the address may be a stranger's."""
    try:
        async with reaching.client() as client:
            status = (await client.get(url)).status_code
    except httpx.HTTPError as exc:
        return notes.say("callback.away", error=type(exc).__name__)
    notes.say("callback.answers" if status == 403 else "callback.other", status=status)
