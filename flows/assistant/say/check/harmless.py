"""Sentences that need no checker: kind words out of a reviewed list, what the lead said, what one act says; and those
that nothing but a checker could let pass: news of what matters, in words that are nobody's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from flows.assistant.knowledge.entries import faq
from flows.assistant.say.check.clauses import Clause, Sentence, Text, stems, word_set, words
from flows.assistant.say.check.ground import Ground
from flows.assistant.say.check.numbers import numbers
from flows.assistant.say.sentences import sentences
from flows.brazil.stems import stem

# Words that narrow what an act says; a shorter way to say it keeps them.
_NARROWS = word_set("so ate se caso quando pode podem alguns ainda quase nem sem nao antes depois cada parte caso")
# Words that make more of what an act says; a sentence of ours has them, or they are not added.
_STRENGTHENS = word_set("tudo todo toda todos todas sempre nunca mais muito ja agora total completo")
# How much of an act's sentence a shorter one keeps.
_MOST_OF_IT = 0.5
# An answer that says yes says what was asked.
_AFFIRMS = re.compile(
    r"^(?:ah |ok |entao |claro |olha )*(?:sim|isso|exato|exatamente|pode|podem|da|tem|serve|vale|consegue|verdade|correto|certeza|positivo|fica|vai|vem|e sim)\b"
    r"|\bsim\b|\bclaro que\b"
)
_QUESTION_WORD = re.compile(
    r"\?|^(?:qual|quais|quem|quando|quanto|quantos|como|onde|por ?que|pq|sera|tem|da|pode|posso|vcs|voces|e se|precisa)\b|\bne\b|\bsera que\b"
)

# What a sentence may not tell news of, even where no pattern knows the news: money, contract, company, distribuidora, law.
_SENSITIVE = re.compile(
    r"\b(?:bolso|carteira|dinheir\w+|orcamento|trocad\w+|despesas?|gast\w+|cofr\w+|pag(?:a|ar|ava|ou|am|amos|ando|uei)|impost\w+|taxas?|custos?"
    r"|contrato|papelada|serena|celpe|neoenergia|cemig|empresa|energia|creditos?|descontos?|relogio|medidor|ninguem|ceia"
    r"|a gente (?:\w+ )?(?:troca|absorve|banca|cobre|paga|instala|garante|devolve|da|entrega|resolve|conserta|assume|manda|vende|cuida|aceita|aprova"
    r"|negocia|tira|fica com|leva|protege|defende|representa|briga))\b"
)
# What Serena has, does and promises.
_OF_THE_HOUSE = re.compile(
    r"\b(?:planos?|premium|intermediario|fidelidade|descontos?|prazos?|multas?|lista|contratos?|aprova\w+|reserv\w+|orcamento|consultor\w*"
    r"|equipe|economi\w+|faturas?|boletos?|serena|beneficios?|passei (?:o|a) (?:seu|sua)|comercial)\b"
)
# How a sentence begins that takes up what the lead said; and what it takes up only with a promise.
_TAKES_UP = re.compile(
    r"^(?:ah |oh |e )?(?:entendo|entendi|imagino|compreendo|puxa|poxa|nossa|vixe|eita|ih|que|sinto|lamento|kk+)\b"
)
_TIMES = re.compile(
    r"\b(?:hoje|amanha|depois|logo|ja|agora|semana|dias?|mes|meses|horas?|segunda|terca|quarta|quinta|sexta|sabado|domingo)\b"
)

# A denial is a refusal of ours only in the first person; "você não gasta" promises.
_OURS = re.compile(
    r"\b(?:eu |te |isso )*(?:nao|nem) (?:te |lhe |me )?(?:consigo|posso|quero|sei|prometo|garanto|vejo|peco|preciso|falo|calculo|chuto|tenho|vou"
    r"|da para|cabe a mim|depende de mim|e comigo|envio|mando)\b|\bprefiro\b|\bevito\b"
)
_MUCH_NEWS = 2


def grounded(text: Text, ground: Ground) -> bool:
    """Tell whether every sentence stands on its own ground."""
    return all(_harmless(sentence, ground) or _told(sentence, ground) for sentence in text.sentences)


def says_again(text: Text, ground: Ground) -> bool:
    """Tell whether a text brings nothing but what the acts say after it."""
    news = text.stems - _kind_words()
    return len(news) > 1 and news <= Text(ground.said).stems


def of_the_house(text: Text, ground: Ground) -> bool:
    """Tell whether a text names what only reviewed words speak of, and the lead did not: an opening is about the person."""
    return any(match[0] not in ground.wrote.folded for match in _OF_THE_HOUSE.finditer(text.folded))


def news(text: Text, ground: Ground) -> Iterator[str]:
    """Yield a code where a clause tells news for which there is no ground."""
    if any(_tells_news(clause, ground) for clause in text.clauses):
        yield "news"


def _told(sentence: Sentence, ground: Ground) -> bool:
    """Tell whether this is one sentence of the acts, maybe shorter: nothing added, nothing turned, no limit dropped."""
    for ours in ground.says.sentences:
        added = sentence.stems - ours.stems - _kind_words()
        if added or sentence.denials != ours.denials or not sentence.stems & ours.stems:
            continue
        stronger = set(words(sentence.text)) & _STRENGTHENS - set(words(ours.text))
        if stronger or sentence.asks != ours.asks:
            continue
        kept = set(words(sentence.text)) >= set(words(ours.text)) & _NARROWS
        shared = len(sentence.stems & ours.stems) / len(ours.stems)
        if kept and shared >= _MOST_OF_IT and _in_order(sentence, ours):
            return True
    return False


def _in_order(sentence: Sentence, ours: Sentence) -> bool:
    """Tell whether the words that ours has too stand as they do there: "pode não" is not "não pode"."""
    weighty = ours.stems | {stem(word) for word in _NARROWS}
    rest = iter([stem(word) for word in words(ours.text)])
    return all(one in rest for one in (stem(word) for word in words(sentence.text)) if one in weighty)


def _harmless(sentence: Sentence, ground: Ground) -> bool:
    """Tell whether a sentence holds kind words alone, or takes up a few words of the lead's without making them ours."""
    rest = sentence.stems - _kind_words()
    if sentence.asks:
        return False
    asked = any(_QUESTION_WORD.search(line.text) for line in ground.wrote.sentences)
    if _AFFIRMS.search(sentence.text) or (asked and sentence.denials):
        return False
    if not rest:
        return True
    echo = {word for word in words(sentence.text) if stem(word) in rest}
    takes_up = bool(_TAKES_UP.search(sentence.text)) and len(rest) <= 3 and echo <= set(words(ground.wrote.folded))
    return takes_up and not (
        asked or _SENSITIVE.search(sentence.text) or _TIMES.search(sentence.text) or numbers(sentence.text)
    )


def _tells_news(clause: Clause, ground: Ground) -> bool:
    """Tell whether a clause says something of a sensitive matter with words that no reviewed text has, and not the lead."""
    if clause.asks or clause.open or _OURS.search(clause.text) or not _SENSITIVE.search(clause.text):
        return False
    return (
        len(stems(clause.text) - ground.says.stems - ground.wrote.stems - _kind_words() - _vocabulary()) >= _MUCH_NEWS
    )


@cache
def _kind_words() -> frozenset[str]:
    """Return the stems of words that state and promise nothing."""
    lines = files(__package__).joinpath("kind_words.txt").read_text("utf-8").splitlines()
    return frozenset(stem(word) for line in lines if not line.startswith("#") for word in line.split())


@cache
def _vocabulary() -> frozenset[str]:
    """Return the stems of all that is ever said in reviewed words."""
    texts = [way for ways in sentences().values() for way in ways] + [entry.answer for entry in faq().entries.values()]
    return frozenset().union(*(Text(text).stems for text in texts))
