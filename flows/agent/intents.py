"""What a person wants, by rules: recognised before any model is asked (domain.md 2.3 and 11.1, design.md 7)."""

from __future__ import annotations

import re
from enum import StrEnum

from flows.agent import phrases as say
from flows.agent.asking import looks_like_question
from flows.agent.choosing import choice
from flows.agent.topics import IS_ROBOT, question
from flows.brazil.folding import spoken

__all__ = ["Intent", "choice", "detect", "looks_like_question", "question"]


class Intent(StrEnum):
    """What a message asks for. Several may hold at once; OPT_OUT, ERASE and ASK_HUMAN go before all others."""

    ACTIVATE = "activate"
    CONFIRM = "confirm"
    DENY = "deny"
    CHOOSE = "choose"
    SEND_BILL_LATER = "send_bill_later"
    ASK_HUMAN = "ask_human"
    OPT_OUT = "opt_out"
    NOT_INTERESTED = "not_interested"
    ERASE = "erase"
    THANKS = "thanks"
    GREETING = "greeting"
    GOODBYE = "goodbye"
    IS_ROBOT = "is_robot"


_BY_VALUE = {intent.value: intent for intent in Intent}
_MOST_ON_A_LIST = 10
_LONGEST_YES = 12


def detect(text: str, payload: str | None = None) -> frozenset[Intent]:
    """All intents of one message.

    `payload` is the id of a tapped button or row: one that is, or begins with, an intent's value (`ask_human`,
    `confirm:city`) decides alone; any other is read like a text, after what the person saw.
    """
    if payload:
        head = spoken(payload.split(":")[0]).replace(" ", "_")
        if head in _BY_VALUE:
            return frozenset({_BY_VALUE[head]})
    found = _read(text)
    return found | (_read(payload) & {Intent.ACTIVATE}) if payload else found


def _read(text: str) -> frozenset[Intent]:
    said = spoken(text)
    clauses = [clause for part in re.split(r"[.,;!?\n…]+|\s-\s", text) if (clause := spoken(part))]
    first = clauses[0] if clauses else ""
    # "Oi! Sim" and "Bom dia. Isso mesmo": the greeting is a clause of its own.
    answer = next((clause for clause in clauses if not _is_preface(clause)), first)
    checks = {
        Intent.ACTIVATE: bool(say.ACTIVATE.search(said)) and "nao " not in said,
        Intent.ASK_HUMAN: _wants_person(said),
        Intent.OPT_OUT: _opts_out(said, clauses, "?" in text),
        Intent.ERASE: bool(say.ERASE.search(said)) and not say.NOT_ERASE.search(said),
        Intent.NOT_INTERESTED: bool(say.NOT_INTERESTED.search(said)) and not looks_like_question(text),
        Intent.SEND_BILL_LATER: bool(say.LATER.search(said)) and not say.NOT_LATER.search(said) and "?" not in text,
        Intent.THANKS: bool(say.THANKS.search(said)) or "🙏" in text,
        Intent.GREETING: bool(say.GREETING.search(said)),
        Intent.GOODBYE: any(say.GOODBYE.search(clause) for clause in clauses),
        Intent.IS_ROBOT: bool(IS_ROBOT.search(said)) and not say.FED_UP_WITH_ROBOT.search(said),
        Intent.CHOOSE: choice(text, _MOST_ON_A_LIST) is not None,
    }
    denies = bool(say.DENY.search(answer) or say.DENY.search(said)) and not say.NOT_DENY.search(answer)
    denies = denies or bool(say.DENY_EMOJI.search(text))
    # A yes is short; on a long text the many ways to read "ta certo ta certo…" would cost seconds.
    yes = len(answer.split()) <= _LONGEST_YES and bool(say.CONFIRM.search(answer))
    yes = yes or answer.startswith("sim ") or ("?" not in text and any(map(say.CLEAR_YES.search, clauses[1:])))
    confirms = yes or (bool(say.CONFIRM_EMOJI.search(text)) and len(said.split()) <= 3)
    checks[Intent.DENY] = denies and not (looks_like_question(text) and not say.DENY.search(answer))
    # "É verdade" agrees and "é verdade?" doubts; "ok, obrigado" only thanks.
    not_meant = say.OK_AND_THANKS.search(said) or ("verdade" in answer and looks_like_question(text))
    checks[Intent.CONFIRM] = confirms and not denies and not checks[Intent.OPT_OUT] and not not_meant
    return frozenset(intent for intent, holds in checks.items() if holds)


def _is_preface(clause: str) -> bool:
    """True for a greeting or an excuse before the answer: "oi, desculpa a demora, é aqui sim"."""
    rest = say.APOLOGY.sub("", clause).strip()
    return not rest or bool(re.fullmatch(say.GREETING.pattern + r"(?: tudo bem)?(?: \w+)?", rest))


def _opts_out(said: str, clauses: list[str], asks: bool) -> bool:
    if say.NOT_OPT_OUT.search(said):
        return False
    # A single word counts only as the whole message: "para", never "para Recife" (domain.md 11.1). "Cancelar?" asks.
    return (bool(say.OPT_OUT_WORD.search(said)) and not asks) or any(
        say.OPT_OUT.search(clause) for clause in [*clauses, said]
    )


def _wants_person(said: str) -> bool:
    if say.FED_UP_WITH_ROBOT.search(said):
        return True
    return bool(say.ASK_HUMAN.search(said)) and not say.NOT_ASK_HUMAN.search(said)
