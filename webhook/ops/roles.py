"""What each address under /ops asks of who opens it. A route that does not stand here cannot be built (guard.PageRoute)."""

from __future__ import annotations

from flows.adapters.store.people import Role

# Of an address with places in it a place stands for whatever is there. The order of the roles is the order of what they may:
# to look; to speak with people and keep what came of it; what takes data out or away, and who is let in.
_LEAST: dict[Role | None, tuple[str, ...]] = {
    # nobody in particular, and nothing of anybody: the login, a link by which somebody comes, files
    None: (
        "GET /ops/login",
        "POST /ops/login",
        "GET /ops/static/{name}",
        "GET /ops/icon/{waiting}.svg",
        "GET /ops/invited/{token}",
        "POST /ops/invited",
        "GET /ops/identity",
        "GET /ops/identity/back",
    ),
    Role.READS: (
        "GET /ops",
        "GET /ops/live",
        "GET /ops/leads",
        "GET /ops/leads/{lead_id}",
        "GET /ops/leads/{lead_id}/bills/{bill_id}",
        "GET /ops/leads/{lead_id}/files/{message_id}",
        "GET /ops/dashboard",
        "GET /ops/company",
        "GET /ops/company/register",
        "GET /ops/replies",
        "GET /ops/me",
        "POST /ops/me/password",
        "POST /ops/me/end-logins",
        "POST /ops/logout",
        "GET /ops/{rest:path}",
        "POST /ops/{rest:path}",
    ),
    Role.ANSWERS: (
        "POST /ops/leads/{lead_id}/take-over",
        "POST /ops/leads/{lead_id}/give-back",
        "POST /ops/leads/{lead_id}/remind",
        "POST /ops/leads/{lead_id}/write",
        "POST /ops/leads/{lead_id}/file",
        "POST /ops/leads/{lead_id}/template",
        "POST /ops/leads/{lead_id}/ask-phone",
        "POST /ops/leads/{lead_id}/assign",
        "POST /ops/leads/{lead_id}/note",
        "POST /ops/leads/{lead_id}/contacted",
        "POST /ops/leads/{lead_id}/call-back",
        "POST /ops/leads/{lead_id}/edit",
        "GET /ops/leads/{lead_id}/bills/{bill_id}/read",
        "POST /ops/leads/{lead_id}/bills/{bill_id}/read",
        "POST /ops/replies",
        "POST /ops/replies/{reply_id}/drop",
    ),
    Role.ADMINISTERS: (
        "POST /ops/leads/{lead_id}/export",
        "GET /ops/leads.csv",
        "GET /ops/leads/{lead_id}/erase",
        "POST /ops/leads/{lead_id}/erase",
        "POST /ops/leads/{lead_id}/dismiss-erasure",
        "POST /ops/company/mended",
        "POST /ops/company/crm-again",
        "GET /ops/people",
        "POST /ops/people",
        "POST /ops/people/change",
        "GET /ops/log",
    ),
}
LEAST: dict[str, Role | None] = {route: role for role, routes in _LEAST.items() for route in routes}


def least(path: str, methods: set[str]) -> Role | None:
    """The least role for a route; of one with several methods the greatest of theirs. Raises KeyError for an unknown one."""
    found = [LEAST[f"{method} {path}"] for method in methods]
    return max(found, key=lambda role: -1 if role is None else list(Role).index(role))
