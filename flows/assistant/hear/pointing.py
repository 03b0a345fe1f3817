"""Which plan is chosen by pointing back at the words that named it: "é ele que eu escolho", "muda pro outro"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from flows.assistant.hear.describing import by_attribute, by_figure, by_percent
from flows.assistant.hear.listing import DECIDES, by_name, by_number
from flows.assistant.hear.scene import Scene
from flows.assistant.hear.utterance import Clause, Utterance, utterance
from flows.assistant.meaning import Item, Meaning
from flows.domain import Offer

# "Mesmo assim é ele que eu escolho", "muda pro outro": of the plan that was spoken of right before.
_THAT_ONE = re.compile(
    r"\be (?:el[ea]|ess[ea]|isso)(?: mesm[oa])?(?: ai)? que (?:eu |a gente |nos )?(?:quer|escolh|prefir|fic|vou|vamos)\w*"
    r"|\b(?:fic[oa]|fech[oa]|quero|escolho|bora|pode ser|anota|vou|vamos)(?: (?:com|de|n|logo|mesmo|me joga))* ?n?(?:el[ea]|ess[ea])(?: (?:mesm[oa]|ai))*(?: que (?:eu )?(?:pergunt|fal|diss|mencion|cit)\w+)?$"
)
# "O 13, né?", and then "isso".
_SO_IT_IS = re.compile(r"(?:isso|sim|exato|e)(?: (?:mesmo|ai|sim))*")
_THE_OTHER_ONE = re.compile(
    r"\b(?:mud[ae]|troc[ae]|bot[ae]|p[oõ]e|pass[ae]|coloc[ae]|volt[ae]|fic[oa]|fech[oa]|vou|vamos|quero|prefiro)(?: \w+){0,2} (?:o|pro|para o|no|com o|pelo) outro\b"
)


def pointed_back(said: Sequence[Utterance], scene: Scene) -> Iterator[Item]:
    """Yield the choice of a plan that the words right before named: "o de doze tem multa?", then "é ele que eu escolho"."""
    lines = () if scene.state.proposed else tuple(line.text for line in scene.lines if line.who == "user")[-1:]
    spoken, asked = None, False
    for one in (*map(utterance, lines), *said):
        other = len(scene.offers) == 2 and _THE_OTHER_ONE.search(one.whole.said)
        agrees = asked and _SO_IT_IS.fullmatch(one.whole.said)
        named = {position for clause in one.clauses for position in _spoken_of(clause, scene.offers)}
        if (
            one in said
            and spoken
            and not named
            and (other or agrees or _THAT_ONE.search(one.whole.said))
            and not one.whole.asks
        ):
            position = 3 - spoken if other else spoken
            plan = next(offer.plan_id for offer in scene.offers if offer.position == position)
            yield Item(Meaning.CHOICE, one.whole.quote, one.message, plan=plan)
        asked = len(named) == 1 and one.whole.said.endswith(" ne")
        spoken = named.pop() if len(named) == 1 else spoken


def _spoken_of(clause: Clause, offers: tuple[Offer, ...]) -> set[int]:
    numbers = {number for number in by_number(clause.said, len(offers)) if 1 <= number <= len(offers)}
    names = by_name(clause, tuple(offer.name for offer in offers)) if DECIDES.search(clause.said) else set()
    described = {one[0]} if (one := by_attribute(clause.said, offers)) else set()
    return by_percent(clause, offers) or by_figure(clause.said, offers, decides=False) or numbers or names or described
