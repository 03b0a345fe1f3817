"""Hears one burst: rules where they read for certain, one call of a model for the rest, and rules again where it fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flows.assistant.hear.answered import checked, note_of, opening_of
from flows.assistant.hear.leaning import leaned
from flows.assistant.hear.masking import without_secrets
from flows.assistant.hear.remaining import left_over
from flows.assistant.hear.rules import read
from flows.assistant.hear.scene import Heard, Scene
from flows.assistant.hear.telling import HeardAnswer, case, instructions
from flows.assistant.meaning import Meaning, Question, Reading
from flows.assistant.mind import Mind, MindFailed
from flows.domain import Inbound, InboundMessage

M = Meaning


def needs_model(messages: Sequence[InboundMessage], scene: Scene, reading: Reading) -> bool:
    """Tell whether rules left something to understand: false for taps, for stop, and for words they read to the last."""
    written = [number for number, message in enumerate(messages) if _written(message) and not _tapped(number, reading)]
    if not written or reading.means(M.STOP):
        return False
    if _names_another_place(scene, reading):
        return True
    read_of = {number: [item for item in reading.items if item.message == number] for number in written}
    return any(left_over(messages[number].text, items) for number, items in read_of.items())


def _names_another_place(scene: Scene, reading: Reading) -> bool:
    """Tell whether somebody agrees to a place and names another: "isso mesmo, Boa Viagem" may be a quarter of it."""
    asked = (
        {scene.state.place, *scene.state.candidates, *scene.form} if scene.asked is Question.CONFIRM_PLACE else set()
    )
    named = {code for item in reading.of(M.PLACE) for code in item.places}
    return bool(asked) and M.YES in reading and bool(named - asked)


async def hear(messages: Sequence[InboundMessage], scene: Scene, mind: Mind | None, *, seconds: float) -> Heard:
    """Return what a burst means. A model is asked at most once, and its failure of any kind costs only what it knew better."""
    guessed = _discreet(read(messages, scene))
    by_taps = bool(guessed.items) and all(not item.quote for item in guessed.items)
    by = "taps" if by_taps else "rules"
    if mind is None or not needs_model(messages, scene, guessed):
        return Heard(leaned(guessed, messages, scene), by)
    try:
        thought = await mind.think(instructions(), case(messages, scene, guessed), HeardAnswer, seconds=seconds)
    except MindFailed as failed:
        # The lead is answered by rules alone: what only a model understands is asked back.
        alone = leaned(guessed, messages, scene)
        return Heard(alone, by, guessed=guessed, fallback=failed.reason.value)
    answer = thought.answer
    reading = _discreet(checked(answer, messages, scene, guessed))
    return Heard(reading, mind.name, opening_of(answer), note_of(answer), guessed, thought.spent)


def _discreet(reading: Reading) -> Reading:
    """Return a reading whose texts hold no secret: they are kept, and read by a consultant. Quotes stay as they stand."""
    items = []
    for item in reading.items:
        text = without_secrets(item.text or item.quote)
        items.append(item if text == (item.text or item.quote) else replace(item, text=text))
    return replace(reading, items=tuple(items))


def _written(message: InboundMessage) -> bool:
    return bool(message.text.strip()) and message.type not in (Inbound.REACTION, Inbound.STICKER, Inbound.SYSTEM)


def _tapped(number: int, reading: Reading) -> bool:
    return any(item.message == number and not item.quote for item in reading.items)
