"""Which language somebody writes in: Portuguese unless the words are plainly Spanish or English."""

from __future__ import annotations

import re
import unicodedata

from flows.assistant.hear.spelling import words_of
from flows.brazil.folding import unaccent

_WORD = re.compile(r"[^\W\d_]+")
_MOST_WORDS = 120
# Words of one language that chats in Portuguese do not have, and those that these have, too.
_SPANISH = words_of(
    """
    hola gracias quiero quiere usted ustedes cuanto cuesta costo hay mensaje mensajes escriban escriba escribirme escriben manden tengo
    tiene tienen puedo puede pueden soy yo pero muy interesa hablo hablar hablas hablan quien ahora perfecto buenos llamen llamo llame
    llamar manana el los las del mis esto eso estoy entiendo alquiler empieza descuento factura cuenta datos borra borren dejen dejame estafa
    bien ahorro ahorrar nombre ahi aca hacer con noches despues luego todavia tambien mucho muchas muchos senor senora ninguno ninguna uno
    cual cuales planes espanol reales medio correcto claro primero tercero gustaria saludos ayuda necesito vengo vivimos somos dolares luz
    paneles equivocado contrato cambie numero avisame avisen persona mejor barato ciudad esposa hijo hija madre padre fallecio
    """
) - words_of("claro luz contrato persona numero barato padre esposa madre somos medio")
_SPANISH_TOO = words_of(
    "no me mi es la que en de vivo todo si un una se y tu su lo al ya por como vale bueno buenas foto plan segundo mama mal"
)
_SPANISH_ACCENTS = words_of(
    "sé sí qué cómo cuándo cuánto dónde quién ahí aquí también días así mañana después envié mandé más mamá recibí pagué"
)
_ENGLISH = words_of(
    """
    the you your my is are this that what how why who where when which please thanks thank hello yes yeah can dont not send picture bill
    alone leave call tomorrow cheapest gave number renting rent wrong know maybe later good morning evening afternoon contract there options
    already customer delete name middle one sounds looks right plans talk human wife husband sent about month now need help want would like
    second first third last correct everything fine great scam safe discount much have has was will it and with home work works english
    portuguese speak understand hi person someone pay house apartment mother father mom dad died sorry message messages company does doesn
    don cannot i i'll let think interested join continue save money electricity power take read again blind phone another different
    """
)
_ENGLISH_TOO = words_of("a me in to for live data stop t m s ll re ve of on at be do no so real all")
_PORTUGUESE = words_of(
    """
    nao voce vc vcs ta pra pro com meu minha uma um em do da ao sou quero conta isso sim moro obrigado obrigada bom dia tarde mas eu tem vai
    foi na nos o os as e ou para boa noite aqui la agora nao tudo bem que porque quando onde quanto qual quais seu sua ele ela dele dela muito
    mais ja so ate oi ola entao acho pode vou mando luz casa desconto plano nome valor certo avisa vez outro todo tche guria uns
    """
)
_ONLY_PORTUGUESE = _PORTUGUESE - _ENGLISH - _SPANISH_TOO


def language_of(text: str) -> str:
    """Return `en` or `es` where the words are that language's more than Portuguese, else `pt`."""
    composed = unicodedata.normalize("NFC", text.lower())
    raw = _WORD.findall(composed)[:_MOST_WORDS]
    words = [unaccent(word) for word in raw]
    ours = sum(2 for word in words if word in _ONLY_PORTUGUESE)
    ours += sum(2 for word in raw if re.search(r"[ãõç]", word))
    spanish = sum(2 for word in words if word in _SPANISH) + sum(1 for word in words if word in _SPANISH_TOO)
    spanish += sum(2 for word in raw if word in _SPANISH_ACCENTS or "ñ" in word) + 3 * bool(re.search("[¿¡]", composed))
    # Half of Brazil says and writes "qué" and "sé" for "quer" and "ser".
    accented = {word for word in raw if word in _SPANISH_ACCENTS} - {"qué", "sé"}
    strong = any(word in _SPANISH for word in words) or bool(accented) or "¿" in composed
    english = sum(2 for word in words if word in _ENGLISH) + sum(1 for word in words if word in _ENGLISH_TOO)
    if strong and spanish > max(ours, english) and spanish >= 2:
        return "es"
    return "en" if any(word in _ENGLISH for word in words) and english > ours and english >= 2 else "pt"
