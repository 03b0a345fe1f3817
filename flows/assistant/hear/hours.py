"""Whether an hour says when a call suits or when something is sent: it answers what waits."""

from __future__ import annotations

import re
from dataclasses import replace

from flows.assistant.hear.scene import Scene
from flows.assistant.hear.utterance import Utterance
from flows.assistant.meaning import Item, Meaning, Question

M = Meaning

_CALLS = re.compile(
    r"\b(?:lig\w+|cham\w+|fal\w+|contat\w+|atend\w+|telefon\w+|procur\w+|mensage\w+|whatsapp|escrit\w+|escrev\w+|(?:surd|mud)[oa]|escut\w+|ouco|ouvir|email|retorn\w+)\b"
)
_NOTHING_TO_SEND = frozenset({None, Question.HOLDER, Question.PERSON, Question.PLAN, Question.CONFIRM_PLAN})
_HOUR = re.compile(
    r"\b(?:depois|antes|apos|a partir|ate|la pelas|por volta) (?:d?[ao]s? )?(?:\d{1,2}h?|almoco|jantar|meio dia|expediente|servico)\b|\b\d{1,2} ?(?:h|hs|horas|hrs)\b|\b(?:de|pela|a) (?:manha|tarde|noite)\b|\b(?:amanha|hoje|segunda|terca|quarta|quinta|sexta|sabado)(?: feira)? (?:cedo|cedinho|de|a|pela)\b"
)
# "Apresento em assembleia e retorno semana que vem": who writes comes back, and nobody is to call.
_I_COME_BACK = re.compile(r"(?:^|\b(?:eu|e|dai|ai|depois|entao) )(?:te |lhe |eu )?retorno\b(?! (?:d[aeo]|seu|por))")
_SPEAKS_FIRST = re.compile(
    r"\b(?:vou|preciso|deixa|tenho que|quero) (?:\w+ )?(?:fal\w+|convers\w+|pergunt\w+|pens\w+|ver|olhar|mostrar|decidir)\b|\bmand\w+|\benvi\w+"
)

_CALL_ME = re.compile(
    r"(?<!so )\b(?:me|nos) (?:lig(?:a|ue|uem|ar|arem|am)|telefon\w+|retorn\w+|cham(?:a|e|em|ar|am)|procur\w+|contat\w+)\b"
    r"|\b(?:podem?|poderia\w*|podia\w*|consegue\w*|quero que|queria que|peco que|pede para|da para|prefiro que) (?:me |nos |vcs |alguem |\w+ )?(?:lig\w+|telefon\w+|retorn\w+|cham\w+)\b"
    r"|^(?:\w+ ){0,2}lig(?:a|ue|uem)\b(?! (?:o|a|nao|para el[ae])\b)|\b(?:aguardo|espero)(?: \w+){0,2} (?:ligacao|contato|retorno)\b|\bentr(?:a|e|em) em contato\b|\bfal(?:a|e|em) (?:direto )?com (?:ele|ela|(?:o |a )?(?:meu|minha)|o dono|a dona)\b"
)
_NOT_SO = re.compile(
    r"\b(?:nao|nem|nunca|ninguem|sem|nada de)(?: \w+){0,2} (?:lig\w+|telefon\w+|cham\w+)\b|\bliga\w* nao\b"
)


def asks_to_be_called(one: Utterance) -> bool:
    """Tell whether a call is asked for, and not only told when one would suit."""
    return bool(_CALL_ME.search(one.whole.said)) and not _NOT_SO.search(one.whole.said)


def put_off(item: Item, one: Utterance, scene: Scene) -> Item:
    """Tell when a call suits from when something is sent: an hour answers what waits."""
    if (
        item.meaning is M.LATER
        and (scene.asked in _NOTHING_TO_SEND or scene.state.said_when)
        and len(one.whole.words) <= (12 if scene.state.said_when else 7)
        and _HOUR.search(one.whole.said)
        and not _SPEAKS_FIRST.search(one.whole.said)
    ):
        # "Depois das 17 tá bom", where a call is what waits.
        return replace(item, meaning=M.CALL_AT, text=one.whole.quote[:200])
    if item.meaning is M.CALL_AT and _I_COME_BACK.search(one.whole.said):
        return replace(item, meaning=M.LATER, text=None)
    if item.meaning is M.CALL_AT and asks_to_be_called(one):
        return replace(item, about=Question.PERSON)
    if (
        item.meaning is M.CALL_AT
        and scene.asked is Question.BILL
        and "@" not in one.text
        and not _CALLS.search(one.whole.said)
        and not re.search(r"\d", one.text)
    ):
        # "Só consigo no sábado", where the bill is what waits.
        return replace(item, meaning=M.LATER, text=None)
    return item
