"""Reads a burst by rules alone: every message by every rule, then what each leaves of the other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from flows.assistant.hear import taps
from flows.assistant.hear.amounts import amounts
from flows.assistant.hear.answers import answers
from flows.assistant.hear.buttons import pointed
from flows.assistant.hear.choosing import choices
from flows.assistant.hear.circumstances import CIRCUMSTANCES
from flows.assistant.hear.companies import companies
from flows.assistant.hear.corrections import corrections, speaks_of_reading
from flows.assistant.hear.languages import language_of
from flows.assistant.hear.masking import phone_in, tells_secret
from flows.assistant.hear.naming import names
from flows.assistant.hear.questions import questions
from flows.assistant.hear.scene import Scene
from flows.assistant.hear.settling import settled
from flows.assistant.hear.talk import CHAT, TALK, mood_of
from flows.assistant.hear.utterance import Utterance, utterance
from flows.assistant.hear.whereabouts import told_state, whereabouts
from flows.assistant.hear.wishes import STOP_ASKED, WISHES
from flows.assistant.meaning import ASIDES, Item, Meaning, Owner, Question, Reading
from flows.assistant.place import places
from flows.brazil.folding import fold
from flows.domain import Inbound, InboundMessage

M = Meaning
_SILENT = frozenset({Inbound.STICKER, Inbound.SYSTEM})
_MOST_CHARACTERS = 4096
_ONLY_MARKS = re.compile(r"^[\s?!.…]*[?.…][\s?!.…]*$")
_EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")
_YES_OR_NO = frozenset({M.YES, M.NO, M.UNSURE})


def read(messages: Sequence[InboundMessage], scene: Scene) -> Reading:
    """Return what a burst means by rules alone. Pure; what is only likely is not certain."""
    items: list[Item] = []
    said: list[str] = []
    for number, message in enumerate(messages):
        for item in _message(message, number, scene, said):
            if not (item.meaning is M.PLACE and _goes_on(item, items)):
                items.append(item)
    items = _kept_no(items, said)
    joined = " ".join(said)
    language = language_of(" ".join(message.text for message in messages if message.type is not Inbound.REACTION))
    if language != "pt" and not any(item.meaning is M.LANGUAGE for item in items):
        first = next((n for n, message in enumerate(messages) if message.text.strip()), 0)
        items.append(Item(M.LANGUAGE, messages[first].text.strip(), first))
    return Reading(settled(tuple(items)), mood_of({item.meaning for item in items}, joined), language)


_BINDS_NO = re.compile(r"^(?:precis\w+|carece|necessari\w+|e necessari\w+)\b")


def _kept_no(items: list[Item], said: list[str]) -> list[Item]:
    """Hold a "não" that stands in a message of its own against what the next one goes on with: "não", "precisa avisar"."""
    if len(said) < 2:
        return items
    bound = {
        n
        for n, (before, this) in enumerate(zip(said, said[1:], strict=False), 1)
        if before.endswith("nao") and _BINDS_NO.match(this)
    }
    if not bound:
        return items
    # Texts are counted as they were read; messages without words lie between them only where nobody split a sentence.
    return [item for item in items if not (item.message in bound and item.meaning in _WISHED)]


_WISHED = frozenset({M.YES, M.NOTICE, M.PERSON, M.GO_ON, M.STOP, M.ERASE, M.CANCEL, M.SHOW_PLANS, M.QUESTION})


def _goes_on(item: Item, before: list[Item]) -> bool:
    """Tell whether a message only goes on with the city of the one before: "jaboatão", "dos guararapes"."""
    names = [
        place.city
        for other in before
        if other.meaning is M.PLACE
        for code in other.places
        if (place := places.by_code(code))
    ]
    return any(fold(item.quote) in fold(name) and fold(item.quote) != fold(name) for name in names)


def _message(message: InboundMessage, number: int, scene: Scene, said: list[str]) -> Iterator[Item]:
    if message.type in _SILENT:
        return
    if message.type is Inbound.REACTION:
        if item := taps.reaction(message, number):
            yield item
        return
    if message.payload and (item := taps.tapped(message, number, scene)):
        yield item
        return
    if message.type is Inbound.LOCATION and (item := taps.pin(message, number)):
        yield item
        return
    text = message.text[:_MOST_CHARACTERS]
    if not text.strip():
        return
    about = taps.question_quoted(message)
    one = utterance(text, number)
    said.append(one.whole.said)
    at = scene if about is None else replace(scene, state=replace(scene.state, asked=about, resume=None))
    for item in _text(one, at):
        yield replace(item, about=about) if about and item.meaning in _YES_OR_NO else item


def _text(one: Utterance, scene: Scene) -> list[Item]:
    """Return what one text means, in the order it was said."""
    if _ONLY_MARKS.match(one.text):
        return [Item(M.WAITING, one.text.strip(), one.message)]
    if not one.clauses:
        return [Item(M.CHAT, one.text.strip(), one.message)] if _EMOJI.search(one.text) else []
    if at_button := list(pointed(one, scene)):
        return at_button
    found: list[Item] = []
    for rule in (*WISHES, STOP_ASKED, *CIRCUMSTANCES, *TALK):
        found += rule.found(one)
    if tells_secret(one.text):
        found.append(Item(M.SECRET, one.whole.quote, one.message))
    if phone_in(one.text) and not any(item.meaning in (M.NEW_NUMBER, M.SECRET) for item in found):
        found.append(Item(M.NEW_NUMBER, one.whole.quote, one.message, text=one.whole.quote[:200]))
    found += names(one)
    answered = list(answers(one, scene.asked))
    said_yes = any(item.meaning is M.YES for item in answered)
    places = list(whereabouts(one, scene, yes=said_yes))
    found += places or told_state(one, scene)
    found += companies(one, scene)
    if scene.asked is Question.CANCEL:
        found += _which_end(one, {item.meaning for item in found})
    picked = list(choices(one, scene))
    found += picked
    found += corrections(one, scene, tuple(places))
    found += amounts(one, scene.asked, chooses=scene.chooses and scene.asked in (Question.PLAN, Question.CONFIRM_PLAN))
    found += answered
    found = list(_weighed(_placed(found, one), one, scene))
    found += questions(one, tuple(found))
    if not found:
        found += _nothing_but_talk(one)
    return sorted(found, key=lambda item: one.text.find(item.quote) if item.quote else 0)


def _nothing_but_talk(one: Utterance) -> list[Item]:
    """An exclamation or an emoji is talk; a sentence that no rule reads probably is, and is marked as the guess it is."""
    if chat := list(CHAT.found(one)):
        return chat
    words = [word.key for word in one.whole.words]
    return (
        [Item(M.CHAT, one.whole.quote, one.message, certain=False)]
        if sum(map(_is_word, words)) >= 3 and not one.whole.asks
        else []
    )


def _which_end(one: Utterance, have: set[Meaning]) -> Iterator[Item]:
    """Read what answers "our messages, or a contract?": "o contrato", "só as mensagens", "os dois"."""
    said = one.whole.said
    if one.whole.asks or len(one.whole.words) > 10:
        return
    # "São duas contas, ambas no meu nome" speaks of something else.
    both = len(one.whole.words) <= 4 and re.search(r"\b(?:os dois|as duas|ambos|ambas|tudo)\b", said)
    if M.CANCEL not in have and (
        both or (re.search(r"\bcontrato\b", said) and not re.search(r"\b(?:nem|nao|sem)\b", said))
    ):
        yield Item(M.CANCEL, one.whole.quote, one.message)
    if M.STOP not in have and (
        both
        or (
            re.search(r"\b(?:mensage\w*|contato|parar|receber)\b", said)
            and not re.search(r"\bnao (?:as|e|sao)? ?mensage", said)
        )
    ):
        yield Item(M.STOP, one.whole.quote, one.message)


def _is_word(word: str) -> bool:
    return len(word) >= 2 and bool(re.search(r"[aeiou]", word)) and not re.search(r"[bcdfghjklmnpqrstvwxz]{4}", word)


def _placed(found: list[Item], one: Utterance) -> list[Item]:
    """Give a wish to be told the place that stands in its sentence: "quando chegar em Jaboatão me avisem"."""
    notice = next((item for item in found if item.meaning is M.NOTICE), None)
    if notice is None:
        return found
    told_in = next((s.quote for s in one.sentences if notice.quote in s.quote), notice.quote)
    places = [item for item in found if item.meaning is M.PLACE and item.places and item.quote in told_in]
    places = [item for item in places if item.owner is not Owner.ME or item.quote in notice.quote]
    if not places:
        return found
    return [
        replace(item, places=places[-1].places) if item is notice else item for item in found if item not in places[-1:]
    ]


def _weighed(found: list[Item], one: Utterance, scene: Scene) -> Iterator[Item]:
    """Leave out what another item explains better: an answer inside a wish, an amount that corrects the bill."""
    have = {item.meaning for item in found}
    reading = speaks_of_reading(scene)
    closed = scene.asked in _CLOSED
    for item in found:
        if closed and item.meaning is M.DECLINE and not _STRONG.search(one.whole.said):
            if M.NO not in have:
                have.add(M.NO)
                yield replace(item, meaning=M.NO)
            continue
        if item.meaning is M.WRONG_PERSON and scene.asked is Question.HOLDER and not _NOT_ME.search(one.whole.said):
            # "Foi ela que preencheu": the holder wants it, and nobody denies to be who we write to.
            if M.HOLDER_AGREES not in have:
                yield replace(item, meaning=M.HOLDER_AGREES)
            continue
        if (
            item.meaning is M.YES
            and scene.asked in ASIDES
            and (have & _ANSWERS_JOURNEY or _GOES_ON.fullmatch(item.quote.strip()))
            and (_MERELY_OK.match(item.quote) or _GOES_ON.fullmatch(item.quote.strip()))
        ):
            # "Tá bom, é Recife sim" answers what waits behind the offer; "continua" accepts no offer either.
            if not have & (_ANSWERS_JOURNEY | {M.GO_ON}):
                yield replace(item, meaning=M.GO_ON, about=None)
            continue
        if item.meaning is M.LATER and scene.asked in ASIDES and _NOT_NOW.search(one.whole.said) and M.NO not in have:
            have.add(M.NO)
            yield Item(M.NO, item.quote, item.message)
            continue
        if closed and item.meaning is M.GO_ON and have & {M.YES} and len(one.whole.words) <= 4:
            continue
        if item.meaning in (M.YES, M.NO, M.UNSURE) and _explained(
            item, found, have, one, reading, closed, scene.asked is Question.HOLDER
        ):
            continue
        if item.meaning is M.YES and _MERELY_OK.match(item.quote) and (M.THANKS in have or M.GOODBYE in have):
            # "Ok, obrigado" ends a talk; "sim, obrigado" answers.
            continue
        if item.meaning is M.YES and M.BILL_WRONG in have and re.match(r"(?i)(?:cert|corret)", item.quote):
            continue
        if item.meaning is M.PERSON and M.CALL_AT in have and re.search(r"(?i)\b(?:lig|telefon|retorn)", item.quote):
            # "Me liga amanhã de manhã" says when, and asks nobody to come now.
            continue
        if item.meaning is M.AMOUNT and have & {M.BILL_WRONG, M.BILL_RIGHT} and reading:
            continue
        if item.meaning in _ENDS and _OF_THE_PLAN.search(one.whole.said) and _withdraws(scene):
            # Nobody who has only chosen has a contract to end.
            if M.DECLINE not in have:
                have.add(M.DECLINE)
                yield replace(item, meaning=M.DECLINE, certain=True)
            continue
        if item.meaning is M.HOLDER_AGREES and M.UNSURE in have:
            item = replace(item, certain=False)
        if item.meaning is M.UTILITY and any(other.utility for other in found if other.meaning is M.BILL_WRONG):
            continue
        if item.meaning is M.PLACE and any(
            other.places == item.places for other in found if other.meaning is M.BILL_WRONG
        ):
            continue
        yield item


# Words that deny being the person, or knowing of the form, and mean nothing else.
_NOT_ME = re.compile(
    r"\bnao (?:sou|fui|conheco|preenchi|pedi|me cadastr\w+)\b|\bnunca\b|\bjamais\b|\bengano\b|\b(?:numero|pessoa|chip) (?:errad|trocad|nov)\w+|\bwrong\b|\bdesconheco\b"
)
_ANSWERS_JOURNEY = frozenset(
    {M.CHOICE, M.PLACE, M.BILL_RIGHT, M.BILL_WRONG, M.UTILITY, M.AMOUNT, M.HOLDER_AGREES, M.HOLDER_REFUSES}
)
_GOES_ON = re.compile(
    r"(?:pode |vamos |quero |bora )?(?:continu(?:a|e|ar)|prosseg(?:uir|ue)|prossiga|segu(?:e|ir)|siga|segue)(?: (?:ai|sim|por aqui|entao))*",
    re.IGNORECASE,
)
_NOT_NOW = re.compile(r"^(?:oi |olha |ah |por )*(?:agora (?:ainda )?nao|ainda nao|nao agora)\b")
# A yes or no answers these; "dispenso" there declines what was offered and nothing more.
_CLOSED = frozenset({Question.NOTICE, Question.PERSON, Question.ERASE, Question.CANCEL})
_MERELY_OK = re.compile(
    r"(?:ok+|okay|beleza|blz|tá|ta|tá bom|ta bom|tá ok|ta ok|tudo bem|entendi|certo então)$", re.IGNORECASE
)
_STRONG = re.compile(r"\b(?:desist\w+|interesse|interessad\w+|participar|aderir|continuar|contratar)\b")
_ENDS = frozenset({M.CANCEL, M.SHOW_PLANS})
_OF_THE_PLAN = re.compile(
    r"\b(?:cancel\w+|desist\w+|desfaz\w+|nao quero mais)\b(?: \w+){0,2} (?:o |esse |aquele |do )(?:plano|pedido)\b"
)


def _withdraws(scene: Scene) -> bool:
    return scene.state.chosen is not None or scene.state.ended is not None or bool(scene.offers)


# What says by itself more than the "não" or the "quero" it is said with.
_OVER_NO = frozenset({
    M.STOP, M.ERASE, M.DECLINE, M.WONT_SEND, M.CANNOT_SEND, M.WRONG_PERSON, M.BILL_WRONG, M.NONE_OF_THEM, M.HOLDER_REFUSES, M.OTHER_BILL,
    M.HOLDER_OTHER, M.LATER, M.HOLDER_DECEASED,
})  # fmt: skip
_OVER_YES = frozenset({M.NOTICE, M.PERSON, M.GO_ON, M.BILL_RIGHT, M.HOLDER_AGREES, M.CHOICE, M.SHOW_PLANS, M.LATER, M.HOLDER_ME, M.STOP, M.ERASE, M.DECLINE, M.BILL_WRONG, M.CANCEL, M.CHAT})  # fmt: skip
_OVER_UNSURE = frozenset({M.CANNOT_SEND, M.LOST, M.CHOICE, M.LATER, M.WRONG_PERSON, M.CALL_AT, M.HOLDER_REFUSES})
_PLAIN_YES = re.compile(
    r"^(?:sim+|s|ss|isso|yes|claro|com certeza|aceito|ok|aham|uhum|👍|exato|exatamente|é sim|e sim)$", re.IGNORECASE
)


def _explained(
    item: Item,
    found: list[Item],
    have: set[Meaning],
    one: Utterance,
    reading: bool,
    scene_closed: bool,
    asks_holder: bool,
) -> bool:
    over = {M.NO: _OVER_NO, M.YES: _OVER_YES, M.UNSURE: _OVER_UNSURE}[item.meaning]
    for other in found:
        if other.meaning in over and _overlap(item, other, one.text):
            if item.meaning is M.UNSURE and other.meaning is M.LATER and asks_holder:
                # "Vou perguntar pra ela": not now, and not known either.
                continue
            if scene_closed and other.meaning in (M.GO_ON, M.DECLINE):
                continue
            if (
                item.meaning is M.YES
                and _PLAIN_YES.match(item.quote)
                and len(other.quote) > len(item.quote)
                and other.meaning is not M.BILL_RIGHT
            ):
                continue
            return True
    if item.meaning is M.NO and reading and M.BILL_RIGHT in have:
        return False
    # A "não" in the clause of a wish is part of it, wherever the pattern began.
    return (
        item.meaning is M.NO
        and bool(
            have - ({M.DECLINE} if scene_closed else set()) & {M.STOP, M.ERASE, M.DECLINE, M.WRONG_PERSON, M.WONT_SEND}
        )
        and not re.match(r"(?i)^\s*(?:n[aã]o|no)\s*[,.!]", one.text)
    )


def _overlap(one: Item, other: Item, text: str) -> bool:
    start, begin = text.find(one.quote), text.find(other.quote)
    return start < begin + len(other.quote) and begin < start + len(one.quote)
