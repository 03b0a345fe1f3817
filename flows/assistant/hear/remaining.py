"""What of a message is left when everything that was read of it is taken away."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flows.assistant.hear.spelling import words_of
from flows.assistant.meaning import Item, Meaning
from flows.assistant.place import STATES

M = Meaning
_WORD = re.compile(r"[^\W_]+")
# Words that may stand around what was read without meaning anything more.
_SAYS_NOTHING = words_of(
    """
    oi olá ola opa bom boa dia tarde noite é e o a os as um uma de do da no na em eu ok tudo bem por favor aqui aí ai então entao
    moça moço obrigado obrigada mesmo só so né ne viu que pra para ah uai bah tchê tche sô mano gente querido querida amiga amigo
    senhora senhor me
    """
)
_STATES = frozenset(word for code, name in STATES.items() for word in f"{code} {name}".lower().split())
_WANTING = words_of("quero queria preciso gostaria desejo vou com pode")
_WISHES = frozenset({M.PERSON, M.STOP, M.ERASE, M.GO_ON, M.CHOICE, M.SHOW_PLANS, M.READ_AGAIN, M.NOTICE})
# What rests on words that a model understands better is never the end of the matter.
_GUESSED_EASILY = frozenset(
    {
        M.CHAT,
        M.UPSET,
        M.LOST,
        M.QUESTION,
        M.UNSURE,
        M.LATER,
        M.HARDSHIP,
        M.COMPETITOR,
        M.SEVERAL_BILLS,
        M.CALL_AT,
        M.HOLDER_ABSENT,
        M.WRONG_PERSON,
        M.LANGUAGE,
    }
)
_MOST_OF_A_CHOICE = 6


def left_over(text: str, items: Sequence[Item]) -> bool:
    """Tell whether words of a message stand outside of the items that were read of it for certain."""
    if not items or any(item.meaning in _GUESSED_EASILY or not item.certain for item in items):
        return True
    # A choice is quoted with its whole clause: "hoje foi o primeiro dia que me trataram bem" says more than "o primeiro".
    if any(item.meaning is M.CHOICE and len(_WORD.findall(item.quote)) > _MOST_OF_A_CHOICE for item in items):
        return True
    rest = text
    # A secret is quoted with all that stands around it.
    for item in sorted((item for item in items if item.meaning is not M.SECRET), key=lambda item: -len(item.quote)):
        rest = rest.replace(item.quote, " ", 1)
    silent = _SAYS_NOTHING | (_STATES if any(item.meaning is M.PLACE for item in items) else frozenset())
    silent = silent | (_WANTING if any(item.meaning in _WISHES for item in items) else frozenset())
    return any(word.lower() not in silent for word in _WORD.findall(rest))
