"""Which plan is chosen by pointing back at the words that named it: "é ele que eu escolho", "muda pro outro"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from flows.assistant.hear.describing import by_attribute, by_figure, by_percent
from flows.assistant.hear.listing import DECIDES, by_name, by_number
from flows.assistant.hear.scene import Scene
from flows.assistant.hear.spelling import words_of
from flows.assistant.hear.utterance import Clause, Utterance, utterance
from flows.assistant.meaning import Item, Meaning
from flows.domain import Offer

# "Mesmo assim é ele que eu escolho", "muda pro outro": of the plan that was spoken of right before.
_THAT_ONE = re.compile(
    r"\be (?:el[ea]|ess[ea]|isso)(?: mesm[oa])?(?: ai)? que (?:eu |a gente |nos )?(?:quer|escolh|prefir|fic|vou|vamos)\w*"
    r"|\b(?:fic[oa]|fech[oa]|quero|escolho|bora|pode ser|anota|vou|vamos)(?: (?:com|de|n|logo|mesmo|me joga))* ?n?(?:el[ea]|ess[ea])(?: (?:mesm[oa]|ai))*(?: que (?:eu )?(?:pergunt|fal|diss|mencion|cit)\w+)?$"
)
# "O 13, né?", and then "isso".
_SO_IT_IS = re.compile(r"^(?:isso|sim|exato|e)(?: (?:mesmo|ai|sim))*$")
_THE_OTHER_ONE = re.compile(
    r"\b(?:mud[ae]|troc[ae]|bot[ae]|p[oõ]e|pass[ae]|coloc[ae]|volt[ae]|fic[oa]|fech[oa]|vou|vamos|quero|prefiro)(?: \w+){0,2} (?:o|pro|para o|no|com o|pelo) outro(?: (?:plano|entao|mesmo|sim|por favor|viu|ne))*$"
)


# "Não quero esse", "talvez fique com ele" point at a plan, and choose none.
_NOT_MEANT = words_of("nao nem nunca jamais talvez se acho sei")


def pointed_back(said: Sequence[Utterance], scene: Scene) -> Iterator[Item]:
    """Yield the choice of a plan that the words right before named: "o de doze tem multa?", then "é ele que eu escolho"."""
    if not any(way.search(one.whole.said) for one in said for way in (_THAT_ONE, _THE_OTHER_ONE, _SO_IT_IS)):
        return
    lines = () if scene.state.proposed else tuple(line.text for line in scene.lines if line.who == "user")[-1:]
    before = [utterance(line) for line in lines]
    spoken, asked = None, False
    for number, one in enumerate((*before, *said)):
        words = one.whole.said
        named = {position for clause in one.clauses for position in _spoken_of(clause, scene.offers)}
        other = len(scene.offers) == 2 and _THE_OTHER_ONE.search(words)
        points = other or _THAT_ONE.search(words) or (asked and _SO_IT_IS.search(words))
        meant = number >= len(before) and not one.whole.asks and _NOT_MEANT.isdisjoint(words.split())
        if points and meant and spoken and not named:
            position = 3 - spoken if other else spoken
            plan = next(offer.plan_id for offer in scene.offers if offer.position == position)
            yield Item(Meaning.CHOICE, one.whole.quote, one.message, plan=plan)
        asked = len(named) == 1 and words.endswith(" ne")
        spoken = named.pop() if len(named) == 1 else spoken


def _spoken_of(clause: Clause, offers: tuple[Offer, ...]) -> set[int]:
    numbers = {number for number in by_number(clause.said, len(offers)) if 1 <= number <= len(offers)}
    names = by_name(clause, tuple(offer.name for offer in offers)) if DECIDES.search(clause.said) else set()
    described = {one[0]} if (one := by_attribute(clause.said, offers)) else set()
    return by_percent(clause, offers) or by_figure(clause.said, offers, decides=False) or numbers or names or described
