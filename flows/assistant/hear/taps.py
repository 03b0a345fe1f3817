"""What a tap, a reaction and a location pin mean: there are no words to read."""

from __future__ import annotations

import re

from flows.assistant.hear.scene import Scene
from flows.assistant.meaning import Item, Meaning, Owner, Question
from flows.assistant.place import pins
from flows.assistant.place.places import OnlyState, Place, Several
from flows.domain import Inbound, InboundMessage

M, Q = Meaning, Question
_LIKES = re.compile("[👍👌❤🙏👏😍🥰🤝💪🫶💚💙🩷✅☑✔🆗🎉🙌💯😀😃😄😁😊🤩]")
_DISLIKES = re.compile("[👎❌🚫✖😡🤬]")
_PLAIN = {
    "notify:yes": (M.YES, Q.NOTICE),
    "notify:no": (M.NO, Q.NOTICE),
    "person:yes": (M.YES, Q.PERSON),
    "person:no": (M.NO, Q.PERSON),
    "bill:ok": (M.BILL_RIGHT, Q.BILL_OK),
    "holder:yes": (M.YES, Q.HOLDER),
    "holder:no": (M.NO, Q.HOLDER),
    "erase:yes": (M.YES, Q.ERASE),
    "erase:no": (M.NO, Q.ERASE),
    "stop:yes": (M.STOP, Q.CANCEL),
    "cancel:contract": (M.CANCEL, Q.CANCEL),
    "cancel:no": (M.NO, Q.CANCEL),
    "plan:yes": (M.YES, Q.CONFIRM_PLAN),
    "plan:no": (M.NO, Q.CONFIRM_PLAN),
    "place:no": (M.NO, Q.CONFIRM_PLACE),
    "place:yes": (M.YES, Q.CONFIRM_PLACE),
}
_TEMPLATE = re.compile(r"^(?:ativar_perfil|activate)", re.IGNORECASE)


def tapped(message: InboundMessage, number: int, scene: Scene) -> Item | None:
    """Return what a tap on a button or row of ours means; None for one that is read like a text."""
    payload = message.payload or ""
    if payload in _PLAIN:
        meaning, about = _PLAIN[payload]
        if payload == "place:no" and scene.asked in (Q.WHICH_CITY, Q.BILL_PLACE):
            about = scene.asked
        return Item(meaning, message=number, about=about)
    kind, _, value = payload.partition(":")
    match kind:
        case "bill" if value == "wrong":
            return Item(M.BILL_WRONG, message=number, about=Q.BILL_OK)
        case "place" if value.isdigit():
            about = scene.asked if scene.asked in (Q.CONFIRM_PLACE, Q.WHICH_CITY, Q.BILL_PLACE) else Q.CONFIRM_PLACE
            return Item(M.PLACE, message=number, about=about, places=(int(value),), owner=Owner.BILL)
        case "utility" if value:
            name = next((name for name in scene.state.utilities if name[:180] == value), value)
            return Item(M.UTILITY, message=number, about=Q.UTILITY, utility=name)
        case "plan" if value.isdigit():
            plan = int(value)
            return Item(M.CHOICE, message=number, about=Q.PLAN, plan=plan if _is_offered(plan, scene) else None)
        case "doubt":
            return Item(M.QUESTION, message=number, about=Q.PLAN)
    return Item(M.GO_ON, message=number) if _TEMPLATE.match(payload) else None


def reaction(message: InboundMessage, number: int) -> Item | None:
    """Return what an emoji put to a question of ours says; one on anything else says nothing."""
    about = _question(message)
    if about is None:
        return None
    if _DISLIKES.search(message.text):
        return Item(M.NO, message=number, about=about)
    return Item(M.YES, message=number, about=about) if _LIKES.search(message.text) else None


def pin(message: InboundMessage, number: int) -> Item | None:
    """Return the place of a location pin: certain where its address says so, else towns around to ask back."""
    match pins.read(message.location or {}):
        case Place() as place:
            return Item(M.PLACE, message=number, places=(place.ibge_code,), owner=Owner.ME)
        case Several(candidates=around):
            codes = tuple(place.ibge_code for place in around)
            return Item(M.PLACE, message=number, certain=False, places=codes, owner=Owner.ME)
        case OnlyState(state=state):
            return Item(M.PLACE, message=number, state=state, owner=Owner.ME)
    return None


def question_quoted(message: InboundMessage) -> Question | None:
    """Return the question of ours that a written message quotes."""
    return _question(message) if message.type is not Inbound.REACTION else None


def _question(message: InboundMessage) -> Question | None:
    return Question(message.about) if message.about in {question.value for question in Question} else None


def _is_offered(plan: int, scene: Scene) -> bool:
    return any(offer.plan_id == plan for offer in scene.offers)
