"""What a simulated lead says and how he types it: a phrase of the bank, or a plain one for who was not understood."""

from __future__ import annotations

import tomllib
from random import Random

from flows.domain import Offer
from tests.evals import fingers
from tests.evals.profiles import Profile
from tests.evals.scripts import HERE, Item

PHRASES: dict[str, dict[str, list[str]]] = tomllib.loads((HERE / "simulated" / "phrases.toml").read_text("utf-8"))


def phrase(section: str, profile: Profile, wanted: Offer | None, random: Random, *, plain: bool = False) -> str:
    """Return one way of saying something, with the lead's own city, amount or plan in it."""
    home = profile.home
    known = {
        "city": home.city,
        "uf": home.uf,
        "state": home.state,
        "utility": home.utility,
        "amount": profile.total or "",
        "elsewhere": profile.elsewhere or "",
    }
    if wanted is not None:
        known |= {"n": str(wanted.position), "percent": f"{wanted.discount * 100:.0f}"}
    return random.choice(PHRASES[section]["plain" if plain else "said"]).format(**known)


def typed(text: str, profile: Profile, random: Random, *, quotes: int | None = None) -> list[Item]:
    """Return a text as the messages that a hurried thumb makes of it."""
    keep = f"{profile.home.utility} {profile.home.state}"
    return [Item(text=part, quotes=quotes) for part in fingers.split(fingers.typed(text, random, keep=keep), random)]
