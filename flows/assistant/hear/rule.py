"""A rule: words that mean something, and words that only look like it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from rapidfuzz.distance import OSA

from flows.assistant.hear.spelling import words_of
from flows.assistant.hear.tried import Ways
from flows.assistant.hear.utterance import Clause
from flows.assistant.meaning import Item, Meaning

# Before and after what is meant: greetings, please, and the words that people fill their sentences with.
HELLO = (
    r"(?:(?:oi|oie|ola|opa|alo|ei|hey|bom dia|boa tarde|boa noite|tudo bem|entao|ah|ai|aff|nossa|olha|olhe|moca|moco|eu|gente|querid[oa]|amig[oa]|po"
    r"|uai|ue|bah|tche|vixe|oxe|oxente|eita|mano|veio|meu|menin[oa]|fia|fio|sim|ok|ta|bom|bem|e|so|agora|senhora?|por favor|mas) )*"
)
PLEASE = r"(?: (?:por favor|agora|ja|isso|tudo|obrigad[oa]|com isso|mesmo|moc[ao]|viu|ne|ai|entao|sim|logo|gente|meu|minha|fi[oa]|querid[oa]|tche|uai|so|por enquanto|po|hein|ta|k))*"
RELATIVE = (
    r"(?:mae|pai|pais|esposa|esposo|mulher|marido|irmao|irma|irmaos|sogr[oa]|avo|avos|filh[oa]|ti[oa]|prim[oa]|cunhad[oa]|namorad[oa]|vizinh[oa]|neto|neta"
    r"|companheir[oa]|genro|nora|padrasto|madrasta|ex|ex marido|ex mulher|finad[oa]|falecid[oa]|patr(?:ao|oa)|cheh?fe|veio|veia|coroa|avozinha|maezinha|enteado|enteada|sobrinh[oa])"
)
# Whoever doubts whether a person writes here asks about us, and wants nobody: "você é gente de verdade?", "é robô nada".
_OR_ROBOT = r"(?:robo\w*|robot|bot|alexa|siri|chat ?gpt|gpt|maquina|computador|programa|resposta automatica|ia|inteligencia artificial)"
_OR_PERSON = r"(?:gente|pessoas?|human[oa]s?)(?! (?:juridica|fisica|para|disponivel|online))"
_FILLS = (
    r"(?: (?:e|eh|ta|tem|que|nao|vc|isso|aqui|ai|um|uma|uns|so|com|de|era|seja|fosse|seria|existe|responde\w*|respondendo|escreve\w*"
    r"|escrevendo|digitando|fala\w*|falando|atende\w*|mesmo|moc[ao]|ou|ate|nem|algum|alguma|outr[oa]))*"
)
DOUBTS_ROBOT = (
    rf"\b(?:vc|tu|isso|quem|parece\w*|achei|jurav?[oa]|pensei|pensava|duvido|to falando|estou falando){_FILLS} (?:{_OR_PERSON}|{_OR_ROBOT})\b"
    rf"|\b(?:e|eh|es|aqui|tem|sera){_FILLS} (?:{_OR_ROBOT}|{_OR_PERSON} (?:de verdade|real|de carne|mesmo|ou))\b(?! (?:para|que (?:me|possa|fale|entenda)))"
    r"|\bvc existe\b|\bresposta automatica\b"
)


@dataclass(frozen=True)
class Rule:
    """`says` is looked for in each clause, or in each sentence where `whole`; `unless` there means that it is not meant.

    A question mentions many things without meaning them: it counts only with `asked`. `certain` False is a guess.
    `tells`: the item carries the words of the whole sentence, because a consultant reads them.
    """

    meaning: Meaning
    says: Ways
    unless: re.Pattern[str] | None = None
    asked: bool = False
    certain: bool = True
    whole: bool = False
    tells: bool = False
    # A no before it, or at the end of its clause, takes it back; "strictly" where missing the wish would be worse.
    deniable: Literal["", "wholly", "strictly"] = ""

    def found(self, tried: Sequence[tuple[Clause, Iterable[int]]]) -> Iterator[Item]:
        """Yield what this rule reads in clauses, once in each; what a consultant reads of it, together.

        `tried`: with each clause the alternatives of `says` that may match it.
        """
        found = [item for clause, numbers in tried if (item := self._read(clause, numbers))]
        if self.tells and len(found) > 1:
            found = [replace(found[0], text=" ".join(item.text or "" for item in found)[:200])]
        yield from found

    def _read(self, clause: Clause, numbers: Iterable[int]) -> Item | None:
        if clause.asks and not self.asked:
            return None
        match = self.says.search(clause.said, numbers)
        if match is None or (self.unless and self.unless.search(clause.said)):
            return None
        # "Não tem uma pessoa aí?" asks for one.
        if self.deniable and not clause.asks and denied(clause, match, strictly=self.deniable == "strictly"):
            return None
        quote = clause.quoted(match)
        text = clause.quote[:200] if self.tells else None
        return Item(self.meaning, quote, clause.message, certain=self.certain, text=text)


# --- what stands under a no: "não precisa avisar", "quero atendente não" ---------------------------------------------
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
    # "Não precisa mandar mais mensagem não": the second no is the first one's.
    return bool(_AT_END.match(clause.said[match.end() :])) and not _NO.intersection(match[0].split())


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
