"""Which way an answer leans that no rule reads, by its words alone, where no model is at hand: yes, no or later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flows.assistant.hear.amounts import WORDS
from flows.assistant.hear.answers import DELETES, SPEAKS_OF_IT
from flows.assistant.hear.scene import Scene
from flows.assistant.hear.spelling import words_of
from flows.assistant.hear.utterance import utterance
from flows.assistant.meaning import Item, Meaning, Question, Reading
from flows.domain import Inbound, InboundMessage

Q = Question
# What can be taken back in the next message. An end, a deletion, a choice and a consent need words that mean it.
_TAKEN_BACK = frozenset({Q.CONFIRM_PLACE, Q.BILL_OK, Q.BILL_PLACE})
_MAY_WAIT = frozenset({Q.BILL, Q.PLAN, Q.BILL_OK, Q.HOLDER, Q.CONFIRM_PLAN})
_LONGEST = 8
_AGREES = words_of(
    """
    sim isso certo certa certos certas exato exata correto correta corretos corretas bate batem bati batendo bateu bateram
    confere conferem conferi igual igualzinho ok beleza joia perfeito perfeita claro positivo verdade verdadeiro confirmado
    confirmada confirmados acertou acertaram trinque trinques eixos concordo aceito topo pode podem aham
    """
)
# These agree beside a verb: "é essa aí a facada", "foi esse mesmo".
_POINTS, _VERBS = words_of("esse essa este esta mesmo mesma mismo"), words_of("e foi era ta sao esta")
_DENIES = words_of(
    """
    nao nem nunca jamais sem errado errada errados erradas diferente diferentes outro outra outros outras falta faltou faltando
    mudou mudei quase exceto menos trocado trocada negativo engano duvido capaz ninguem
    """
)
# Who goes on with one of these says more than yes or no.
_GOES_ON = words_of(
    """
    mas porem se sei acho talvez depois antes amanha hoje quando quanto quanta como onde qual quais quem porque espera primeiro
    creio imagino lembro ideia tarde mandei mandar mando vou leia deve quiser puder
    tira libera
    desconto plano planos pessoa atendente parar cancelar apagar cadastro golpe medo saber entender ver pensar
    """
)
_WONDERS = words_of("que quem qual como cade")
_PUTS_OFF = words_of(
    "depois amanha volto retorno respondo resolvo decido decidir pensar pensando analisar calma consultar"
)


def leaned(reading: Reading, messages: Sequence[InboundMessage], scene: Scene) -> Reading:
    """Return a reading with the yes, no or later that an answer leans to; as it is where anything was read of it."""
    if scene.asked is None or not all(item.meaning is Meaning.CHAT for item in reading.items):
        return reading
    written = [n for n, message in enumerate(messages) if message.type is Inbound.TEXT and message.text.strip()]
    if not written:
        return reading
    one = utterance("\n".join(messages[n].text for n in written)[:400])
    words = [word.key for word in one.whole.words]
    quote = messages[written[0]].text.strip()[:200]
    if one.whole.asks or not words:
        return reading
    if meaning := _lean(words, scene.asked):
        return replace(reading, items=(Item(meaning, quote, written[0]),))
    if scene.asked is Q.HOLDER and reading.items:
        # What was told of the holder is for the consultant; nobody is asked twice for it.
        return replace(reading, items=(Item(Meaning.UNSURE, quote, written[0], about=Q.HOLDER), *reading.items))
    if scene.asked is Q.BILL_OK and reading.items and _finds_no_fault(words):
        return replace(reading, items=(Item(Meaning.BILL_RIGHT, quote, written[0], certain=False), *reading.items))
    return reading


def _lean(words: Sequence[str], asked: Question) -> Meaning | None:
    said = set(words)
    if asked in _MAY_WAIT and said & _PUTS_OFF and "nem" not in said and len(words) <= 2 * _LONGEST:
        return Meaning.LATER
    more = said & _GOES_ON or words[0] in _WONDERS or any(map(DELETES.match, words))
    if asked not in _TAKEN_BACK or len(words) > _LONGEST or more or SPEAKS_OF_IT.match(" ".join(words)):
        return None
    agrees = bool(said & _AGREES) or bool(said & _POINTS and said & _VERBS)
    denies = len(said & _DENIES)
    if denies > 1 or agrees == bool(denies):
        # "Não vi nada errado": of two noes nobody knows which way they lean.
        return None
    return Meaning.YES if agrees else Meaning.NO


def _finds_no_fault(words: Sequence[str]) -> bool:
    """Tell whether somebody talks, and names nothing that is wrong: a guess that all is right. A figure says more than talk does."""
    tells = (
        words[0] in _WONDERS
        or any(map(DELETES.match, words))
        or any(word[0].isdigit() or WORDS.get(word, 0) >= 32 for word in words)
    )
    return not tells and not set(words) & (_DENIES | _GOES_ON | _PUTS_OFF)
