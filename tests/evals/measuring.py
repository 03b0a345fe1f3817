"""What a lead would complain of, counted over whole conversations: not understood, passed over, told the same again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flows.assistant import state
from flows.brazil.folding import unaccent
from flows.domain import Stage
from tests.evals.played import Exchange, Played

# Acts that tell a person they were not understood, or that offer somebody who might.
NOT_UNDERSTOOD = frozenset({"heard.unclear", "heard.still_unclear", "person.stuck", "person.unknown"})
# Acts that say nothing about what was asked: a message of these alone passes over a question.
_GOES_ON = re.compile(
    r"greeting\.|recall\.|place\.(?!noted)|utility\.(?:ask|again)|bill\.(?:ask|again|for_plan|once_more|newest|received)"
    r"|reading\.|holder\.(?:ask|again)|plans\.(?:ask|again|shown|confirm)|heard\.(?:thanks|here|bye|lost|i_see|with_you)|coverage\.notice"
)
_ASKS = re.compile(
    r"\w.*\?|^(?:e )?(?:qual|quais|quanto|quantos|quando|como|onde|quem|pq|por que|o que|oq|sera que|da pra|tem como|posso)\b"
)
# A greeting that only looks like a question.
_GREETS = re.compile(
    r"\b(?:td|tudo|ta|e ai|oi|opa)?,? ?\b(?:bem|bom|boa|beleza|blz|na paz|certo|joia)(?: com \w+(?: \w+)?)? ?\?"
)
# Postponed by the lead and waited for: as good an end as any for now.
_NO_HURRY = frozenset(
    {
        "bill.later",
        "plans.later",
        "heard.no_hurry",
        "heard.waiting",
        "heard.bye",
        "heard.thanks",
        "circumstance.hardship",
    }
)


@dataclass(frozen=True)
class Measures:
    """Counts over conversations: leads, those who ended sensibly, their turns, and what went wrong in those."""

    leads: int = 0
    sensible: int = 0
    turns: int = 0
    not_understood: int = 0
    ignored: int = 0
    repeated: int = 0
    free_text: int = 0
    one_request: int = 0
    most_requests: int = 0

    @property
    def share_not_understood(self) -> float:
        return self.not_understood / self.turns if self.turns else 0.0


def not_understood(exchange: Exchange) -> bool:
    """Tell whether a turn tells the lead that he was not understood."""
    return bool(NOT_UNDERSTOOD & set(exchange.codes))


def ignored(exchange: Exchange) -> bool:
    """Tell whether the lead asked something, and nothing in the answer is about it."""
    # Folding drops the sign.
    lines = [_GREETS.sub("", re.sub(r"[^\w?, ]", " ", unaccent(line))) for line in exchange.said]
    asked = any(_ASKS.search(line.strip()) for line in lines)
    # The first greeting says that a program answers.
    robot = any(item.get("faq") == "e_robo" for item in (exchange.why.reading if exchange.why else ()))
    goes_on = bool(exchange.codes) and all(_GOES_ON.match(code) for code in exchange.codes)
    return asked and goes_on and not (robot and exchange.codes[0].startswith("greeting."))


def repeated(played: Played) -> int:
    """Count the messages that the lead had read before, word for word, and had not asked for by writing the same again."""
    read: dict[str, tuple[str, ...]] = {}
    count = 0
    for exchange in played.exchanges:
        if exchange.answer is None:
            continue
        text = exchange.answer.text
        count += text in read and read[text] != exchange.said
        read[text] = exchange.said
    return count


def sensible(played: Played) -> bool:
    """Tell whether a lead is where a person would leave him: at an end, told that nothing is sold, or waited for.

    A script that says where it ends is held to that instead.
    """
    if not played.script.ends.left_open:
        return played.arrived
    lead, last = played.lead, played.exchanges[-1]
    if lead.stage.closed or lead.stage is Stage.NOT_SERVED or state.load(lead.memory).ended is not None:
        return True
    return bool(_NO_HURRY & set(last.codes))


def measured(results: Sequence[Played]) -> Measures:
    """Count everything over these conversations."""
    turns = [exchange for played in results for exchange in played.exchanges if not exchange.reminder]
    typed = [e for e in turns if e.why and e.why.by != "taps" and any(line[:1] != "[" for line in e.said)]
    return Measures(
        leads=len(results),
        sensible=sum(sensible(played) for played in results),
        turns=len(turns),
        not_understood=sum(map(not_understood, turns)),
        ignored=sum(map(ignored, turns)),
        repeated=sum(map(repeated, results)),
        free_text=len(typed),
        one_request=sum(e.why.requests <= 1 for e in typed if e.why),
        most_requests=max((e.why.requests for e in typed if e.why), default=0),
    )


def told(results: Iterable[Played]) -> str:
    """Return the counts as a few lines of text, and under them which turns they are."""
    results = list(results)
    counts = measured(results)
    lines = [
        f"sensible end {counts.sensible} of {counts.leads}",
        f"not understood {counts.not_understood} of {counts.turns} turns ({100 * counts.share_not_understood:.1f} %)",
        f"questions passed over {counts.ignored}",
        f"messages repeated {counts.repeated}",
    ]
    for played in results:
        name = played.script.name
        if not sensible(played):
            lines.append(f"  {name}: left in {played.lead.stage.value}")
        for number, exchange in enumerate(played.exchanges, 1):
            what = "not understood" if not_understood(exchange) else "passed over" if ignored(exchange) else None
            if what:
                lines.append(f"  {name}, turn {number}, {what}: {' | '.join(exchange.said)[:120]}")
    return "\n".join(lines)
