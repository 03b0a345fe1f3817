"""A lead with a goal of his own, played against the assistant: answers what was asked, in his words, when it suits him.

He paraphrases out of `simulated/phrases.toml`, mistypes, sends in pieces, answers hours late, taps, quotes, reacts, asks
between, and says it more plainly when he was not understood. The same seed is the same lead.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from random import Random

from flows.assistant import state
from flows.assistant.meaning import Question
from flows.domain import Offer, Stage
from tests.evals import phrasing
from tests.evals.played import Played
from tests.evals.player import Assistant, Conversation, together
from tests.evals.profiles import PROFILES, Profile
from tests.evals.scripts import Item, Script, Step

SEEDS = range(8)
_MOST_TURNS = 30
_MOST_TRIES = 4
Q = Question
# What settles the conversation when it is understood, and is therefore said again when it was not.
_SETTLES = frozenset({"decline", "stop", "erase", "person", "wrong_person", "customer", "cancel"})
_UNCLEAR = frozenset({"heard.unclear", "heard.still_unclear", "person.stuck", "person.unknown"})
_LIKES = {Q.CONFIRM_PLACE, Q.BILL_OK, Q.NOTICE, Q.CONFIRM_PLAN}


async def simulate(profile: Profile, seed: int, assistant: Assistant) -> Played:
    """Play one lead until nothing is left to say, and hold it to where its profile says it arrives."""
    script = Script(
        name=f"{profile.name}-{seed}",
        kind="simulated",
        about=profile.about,
        form=profile.form,
        profile=None if profile.form else "Cleo",
        turns=(),
        ends=profile.ends,
    )
    conversation = Conversation(script, assistant)
    person = Person(profile, Random(f"{profile.name}:{seed}"), conversation)
    for _ in range(_MOST_TURNS):
        step = person.next()
        if step is None:
            break
        await conversation.step(step)
    played = conversation.finish()
    if profile.chooses and (wanted := person.wanted()) and conversation.ledger.chosen != wanted.plan_id:
        played.missed.append(f"plan {conversation.ledger.chosen}, not {wanted.plan_id}")
    return played


async def everybody(assistant: Assistant, seeds: Iterable[int] = SEEDS, only: Collection[str] = ()) -> list[Played]:
    """Play every profile, or those named in `only`, once for each seed."""
    chosen = [profile for profile in PROFILES if not only or profile.name in only]
    return await together(simulate(profile, seed, assistant) for profile in chosen for seed in seeds)


def all_right(played: Played) -> bool:
    """Tell whether a simulated lead arrived, with everything as it should be."""
    return played.arrived and not played.unmet and not played.broken


class Person:
    """One simulated lead under way."""

    def __init__(self, profile: Profile, random: Random, conversation: Conversation) -> None:
        self.profile, self.random, self.conversation = profile, random, conversation
        # Whoever opens with it and is not understood says it again.
        self._to_say = [s for s, when in profile.says if when == "talking" or (when == "first" and s in _SETTLES)]
        self._after = [section for section, when in profile.says if when == "after"]
        self._changed = False
        # How often each thing was said running, so that the next time is plainer.
        self._tries: dict[str, int] = {}
        self._told = set[str]()
        self._asides = random.sample(phrasing.PHRASES["aside"]["said"], 3 if profile.chatty < 0.5 else 8)
        self._thanked = False
        self._last: Question | None = None
        # Whoever brings something up does so after this many turns.
        self._patience = random.randrange(0, 3)

    # --- what to do next ------------------------------------------------------------------------------------------------

    def next(self) -> Step | None:
        """Return the next turn, None when the lead has nothing more to say."""
        if not self.conversation.played.exchanges:
            return self._first()
        if self._is_over():
            return self._afterwards()
        asked = self.conversation.played.asked
        if section := self._brings_up(asked):
            return self._step([*self._said(section)])
        if self._wants_to_ask(asked):
            return self._step(self._typed(self._asides.pop()))
        items = self._answer(asked)
        return None if items is None else self._step(items, hours=self._hours(asked))

    def wanted(self) -> Offer | None:
        """Return the plan that this lead wants, once plans were shown."""
        offers = self._offers()
        if not offers:
            return None
        kind = self.profile.plan
        if self._changed:
            kind = "most" if kind == "free" else "free"
        match kind:
            case "most":
                return max(offers, key=lambda offer: offer.discount)
            case "free":
                return min(offers, key=lambda offer: offer.fidelity_months)
            case _:
                return sorted(offers, key=lambda offer: offer.discount)[len(offers) // 2]

    def _first(self) -> Step:
        first = [section for section, when in self.profile.says if when == "first"]
        if first:
            return self._step([*self._said("open"), *self._said(first[0])])
        if self.profile.form and self.random.random() < 0.4:
            return self._step([Item(tap="Ativar Perfil")])
        if self.profile.elsewhere and self.random.random() < 0.5:
            self._told.add("mother")
            return self._step(self._said("mother"))
        return self._step(self._said("open"))

    def _is_over(self) -> bool:
        lead = self.conversation.ledger.lead
        if state.load(lead.memory).ended is not None:
            return True
        return lead.stage is Stage.NOT_SERVED and self.conversation.ledger.notice is not None

    def _afterwards(self) -> Step | None:
        """Change the mind after the end, where that is in the profile; then maybe thanks."""
        if self._after:
            section = self._after[0]
            if section == "change":
                return self._change()
            if section == "withdraw":
                if state.load(self.conversation.ledger.lead.memory).ended == "withdrawn" or self._tried(section):
                    self._after.pop(0)
                    return self.next()
                return self._step(self._said("withdraw"), hours=self.random.choice([0.1, 5, 20]))
            self._after.pop(0)
            return self._step([self._photo(self._one("second_bill", 0))], hours=0.2)
        if not self._thanked and self.random.random() < 0.5:
            self._thanked = True
            return self._step(self._said("thanks"))
        return None

    def _change(self) -> Step | None:
        self._changed = True
        wanted = self.wanted()
        if wanted is None or self.conversation.ledger.chosen == wanted.plan_id or self._tried("change"):
            self._after.pop(0)
            return self.next()
        return self._step(self._said("change"), hours=self.random.choice([0.1, 3, 22]))

    def _brings_up(self, asked: Question | None) -> str | None:
        """Return what the lead says now of his own accord, instead of answering."""
        if asked in (Q.CANCEL, Q.ERASE, Q.PERSON) or not self._to_say:
            return None
        if self._patience > 0 and asked not in (Q.PLAN, Q.BILL_OK, Q.HOLDER):
            self._patience -= 1
            return None
        section = self._to_say[0]
        if section in _SETTLES:
            return None if self._tried(section) else section
        self._to_say.pop(0)
        return section

    def _wants_to_ask(self, asked: Question | None) -> bool:
        able = self._asides and asked not in (None, Q.CANCEL, Q.ERASE, Q.PERSON)
        return bool(able) and self.random.random() < self.profile.chatty

    # --- answers ----------------------------------------------------------------------------------------------------------

    def _answer(self, asked: Question | None) -> list[Item] | None:
        """Return the messages that answer what was asked; None when there is nothing left to say."""
        if asked is not self._last:
            self._tries = {name: times for name, times in self._tries.items() if name in _SETTLES}
        self._last = asked
        section, tap = self._meant(asked)
        if section is None or self._tried(section):
            return None
        tries = self._tries.get(section, 0)
        if tap and tap in self.conversation.played.choices and (self.random.random() < 0.2 or tries > 1):
            self._tries[section] = tries + 1
            return [Item(tap=f"^{re.escape(tap)}$")]
        if section == "bill_photo":
            self._tries[section] = tries + 1
            return [self._photo(self._one("bill_caption", 0))]
        reminded = self.conversation.played.exchanges[-1].reminder
        if (
            asked in _LIKES
            and section.endswith(("_yes", "_ok"))
            and not (tries or reminded)
            and self.random.random() < 0.1
        ):
            self._tries[section] = 1
            return [Item(reacts=self.random.choice("👍❤👌"))]
        return self._said(section, quotes=1 if self.random.random() < 0.08 else None)

    def _meant(self, asked: Question | None) -> tuple[str | None, str | None]:
        """Return the section that answers a question, and the id of the choice that would."""
        home, wants = self.profile.home, self.profile.wants
        match asked:
            case Q.PLACE:
                return ("mother" if self.profile.elsewhere and self._new("mother") else "place"), None
            case Q.CONFIRM_PLACE | Q.BILL_PLACE if self.conversation.played.fact("place") in (home.code, None):
                return "place_yes", f"place:{home.code}"
            case Q.CONFIRM_PLACE:
                return "place_no", None
            case Q.BILL_PLACE | Q.WHICH_CITY:
                return "place", f"place:{home.code}"
            case Q.UTILITY:
                return "utility", next(
                    (c for c in self.conversation.played.choices if home.utility.lower()[:5] in c.lower()), None
                )
            case Q.BILL:
                later = self._new("bill_later") and (self.profile.wavers or self.random.random() < 0.15)
                return ("bill_later" if later else "bill_photo"), None
            case Q.BILL_OK if self.profile.total and self._new("bill_wrong"):
                return "bill_wrong", None
            case Q.BILL_OK:
                return "bill_ok", "bill:ok"
            case Q.BILL_WRONG:
                return "bill_wrong", None
            case Q.HOLDER:
                return ("holder_deceased", None) if "holder_deceased" in wants else ("holder_yes", "holder:yes")
            case Q.PLAN:
                return self._choosing()
            case Q.CONFIRM_PLAN:
                offer, wanted = self.conversation.played.fact("offer") or {}, self.wanted()
                right = wanted is not None and offer.get("plan_id") == wanted.plan_id
                return ("plan_yes", "plan:yes") if right else ("plan_no", "plan:no")
            case Q.NOTICE:
                return ("notice_yes", "notify:yes") if self.profile.wants_notice else ("notice_no", "notify:no")
            case Q.PERSON:
                return ("person_yes", "person:yes") if "person" in wants else ("person_no", "person:no")
            case Q.CANCEL:
                return ("cancel_contract", "cancel:contract") if "cancel" in wants else ("cancel_stop", "stop:yes")
            case Q.ERASE:
                return "erase_yes", "erase:yes"
        return "go_on", None

    def _choosing(self) -> tuple[str | None, str | None]:
        wanted, offers = self.wanted(), self._offers()
        if wanted is None:
            return "go_on", None
        if self.profile.wavers and self._new("plan_later"):
            return "plan_later", None
        tap = f"plan:{wanted.plan_id}"
        if len(offers) == 1:
            return "choose_only", tap
        ways = ["choose_number", "choose_percent"]
        ways += ["choose_free"] if wanted.fidelity_months == 0 else []
        ways += ["choose_most"] if wanted == max(offers, key=lambda offer: offer.discount) else []
        # Who was not understood names the number.
        return ("choose_number" if self._misunderstood() else self.random.choice(ways)), tap

    def _photo(self, caption: str) -> Item:
        home = self.profile.home
        read = {"city": home.city, "state": home.uf, "utility": home.printed, **self.profile.read}
        kind = "pdf" if self.random.random() < 0.2 else "photo"
        return Item.model_validate({kind: self.profile.bill, "caption": caption, "read": read})

    # --- words ------------------------------------------------------------------------------------------------------------

    def _said(self, section: str, *, quotes: int | None = None) -> list[Item]:
        """Return what is said, plainer with each time that it was said before."""
        tries = self._tries.get(section, 0)
        self._tries[section] = tries + 1
        text = self._one(section, tries)
        return [Item(text=text)] if tries else self._typed(text, quotes=quotes)

    def _typed(self, text: str, *, quotes: int | None = None) -> list[Item]:
        return phrasing.typed(text, self.profile, self.random, quotes=quotes)

    def _one(self, section: str, tries: int) -> str:
        return phrasing.phrase(section, self.profile, self.wanted(), self.random, plain=tries > 0)

    def _step(self, items: Sequence[Item], *, hours: float | None = None) -> Step:
        return Step(says=list(items), after=0.02 if hours is None else hours)

    def _hours(self, asked: Question | None) -> float | None:
        """Return how long the lead lets us wait: mostly not at all, sometimes until the evening or the next day."""
        if 1 in (self._tries.get("bill_later"), self._tries.get("plan_later")):
            return self.random.choice([2.5, 8, 22])
        return self.random.choice([3, 9, 26]) if self.random.random() < 0.06 else None

    def _offers(self) -> tuple[Offer, ...]:
        return self.conversation.ledger.lead.offers

    def _misunderstood(self) -> bool:
        exchanges = self.conversation.played.exchanges
        return bool(exchanges) and bool(set(exchanges[-1].codes) & _UNCLEAR)

    def _tried(self, section: str) -> bool:
        return self._tries.get(section, 0) >= _MOST_TRIES

    def _new(self, section: str) -> bool:
        return section not in self._told and not self._told.add(section)  # type: ignore[func-returns-value]
