"""What stands under a no: "não precisa avisar", "quero atendente não". Words after it are never a wish, mistyped or not."""

from __future__ import annotations

import re

from rapidfuzz.distance import OSA

from flows.assistant.hear.utterance import Clause
from flows.assistant.hear.wordlist import words_of

_NO = words_of("nao nem nunca jamais sem")
# What may stand between the no and what it denies.
_BETWEEN = words_of(
    """
    preciso precisa precisam precisar carece carecem necessario necessidade
    quero quer queria queremos gostaria desejo pretendo faco questao
    vou vai vamos deve devem deveria pode podem
    me te nos eu vc vcs ele ela eles alguem ninguem
    e ha tem de que para por um uma o a nenhum nenhuma nada mais agora ainda mesmo favor ser ter
    """
)
# What makes the wish itself the thing denied, where a sentence may run on: "não quero mais me tira da lista".
_STRICTLY_BETWEEN = words_of(
    "preciso precisa precisam carece necessario e vai vou para por me de que vcs vc favor deve podem"
)
_SHORTEST_SLIP = 5
_AT_END = re.compile(
    r"^(?: (?:mais|ninguem|nada|isso|agora|me|a gente|por favor)){0,2} nao(?: (?:viu|obrigad[oa]|moc[ao]|tche|uai|so|po|ta))?$"
)


def denied(clause: Clause, match: re.Match[str], *, strictly: bool = False) -> bool:
    """Tell whether the words of a match are what a "não" of their clause denies.

    `strictly` where missing the wish would be worse: then only words that bind the two may stand between.
    """
    before = clause.said[: match.start()].split()
    allowed = _STRICTLY_BETWEEN if strictly else _BETWEEN
    wanted = 0
    for word in reversed(before):
        if word in _NO:
            return True
        # "Não quero mais, quero falar com alguém" wants twice, and denies the first.
        wanted += word == "quero"
        if wanted > 1:
            break
        if not is_slip_of(word, allowed):
            break
    return bool(_AT_END.match(clause.said[match.end() :])) and not match[0].endswith(" nao")


def is_slip_of(word: str, words: frozenset[str]) -> bool:
    """Tell whether a word is one of these, or one slip of the finger away from a longer one."""
    if word in words:
        return True
    if len(word) < _SHORTEST_SLIP:
        return False
    return any(
        len(w) > _SHORTEST_SLIP and w[0] == word[0] and OSA.distance(word, w, score_cutoff=1) <= 1 for w in words
    )


def begins_with_no(clause: Clause) -> bool:
    """Tell whether a clause declines with its first words, mistyped or not: "não preccisa avisar", "nem precisa"."""
    words = [word.key for word in clause.words]
    return len(words) > 1 and words[0] in ("nao", "nem") and is_slip_of(words[1], _DECLINING)


_DECLINING = words_of("preciso precisa precisam carece necessario quero queria gostaria desejo faco")
