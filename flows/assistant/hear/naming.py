"""How the person who writes is called: `aqui é o Josué`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flows.assistant.hear.spelling import words_of
from flows.assistant.hear.utterance import Utterance
from flows.assistant.meaning import Item, Meaning
from flows.brazil.folding import unaccent

_NAME = r"[^\W\d_]{2,}(?:(?: d[aeo]s?)? [A-ZÀ-Ý][^\W\d_]+){0,4}"
_INTRODUCED = re.compile(
    rf"(?i:\b(?:aqui (?:quem )?(?:é|e|fala)(?: é| e)?|quem (?:fala|escreve|(?:tá|ta|está) (?:falando|escrevendo))(?: aqui)? (?:é|e)|fala aqui|meu nome(?: completo)? (?:é|e)|me chamo|pode me chamar de|me chama(?:m)? de|my name is|me llamo|mi nombre es|aqui é|chamo))\s+(?i:(?P<article>o |a |seu |dona |d\. )?)(?P<name>{_NAME})"
)
_CALLED = re.compile(
    r"(?i:\b(?:sou|eu sou|i am|i'm))\s+(?i:(?P<article>o|a|seu|dona))\s+(?P<name>[A-ZÀ-Ý][^\W\d_]+(?:(?: d[aeo]s?)? [A-ZÀ-Ý][^\W\d_]+){0,4})"
)
_ALONE = re.compile(r"^\s*(?P<name>[A-ZÀ-Ý][^\W\d_]+(?: [A-ZÀ-Ý][^\W\d_]+){0,2}), (?i:(?:muito )?prazer)\b")
_NO_NAME = words_of(
    """
    o a os as um uma de do da no na em que eu ela ele minha meu mesmo muito bem tudo sim nao titular dona dono filha
    filho mae pai esposa marido cliente pessoa robo sindico proprietario responsavel conta valor nome esse essa isso
    casa cidade aluguel quem mora outro outra padaria empresa loja condominio celpe cemig enel neoenergia coelba
    copel light recife serena empresa mercado prefeitura secretaria amanha hoje assim certo errado dela dele
    primeiro segundo terceiro plano interior sitio bahia gente humano atendente consultor vizinha vizinho fala sobre
    avo irma irmao neto neta sobrinha moca moco senhora senhor caro alto alta apartamento pra para golpe bom boa luz
    baixa renda aposentado aposentada deficiente cego cega brasileiro morador moradora inquilino inquilina socio
    socia diretor gerente bairro clinica construtora igreja escola hotel financeiro colegio associacao aqui
    vou to tou quero estou ja fui vim ta moro tenho decidi acho pode preciso resolvi
    """
)


# "Fernanda aqui", "é o Raimundo falando": with a capital, or it may be anything.
_HERE = re.compile(
    r"^\s*(?i:(?:oi|olá|ola|opa|bom dia|boa tarde|boa noite)[,!. ]+)?(?:(?P<name>[A-ZÀ-Ý][a-zà-ÿ]{2,}(?: [A-ZÀ-Ý][a-zà-ÿ]{2,}){0,2}) (?i:aqui|falando|quem fala))[.! ]*$"
)
_SPEAKING = re.compile(
    r"(?i:\b(?:é|e|eh|com) (?:o|a)) (?P<name>[A-ZÀ-Ý][a-zà-ÿ]{2,}(?: [A-ZÀ-Ý][a-zà-ÿ]{2,}){0,2}) (?i:falando|quem fala|que (?:tá|ta|está) falando)"
)


def names(one: Utterance) -> Iterator[Item]:
    """Yield how the person says to be called."""
    for pattern in (_INTRODUCED, _CALLED, _ALONE, _HERE, _SPEAKING):
        for match in pattern.finditer(one.text):
            name = _name(match["name"] or "")
            # "Entendeu que aqui é alojamento" tells of a place.
            if name and not re.search(r"(?i)\b(?:n[aã]o|que|pois|porqu?e|pq|mas)\s*$", one.text[: match.start()]):
                yield Item(Meaning.NAME, match[0], one.message, text=name)
                return


def _name(raw: str) -> str | None:
    """Return the name as names are written, without what follows it; None for words that are none."""
    words: list[str] = []
    for word in raw.split():
        plain = unaccent(word)
        # "Aqui e tá certo" goes on.
        if len(word) <= 2 and word.islower() and not words:
            break
        if len(word) > 2 and word.isupper() and len(raw.split()) == 1 and len(word) <= 4:
            break
        if re.fullmatch(r"k+|(?:rs)+|(?:ha)+h?|(?:he)+", plain):
            break
        if plain in _NO_NAME and plain not in ("de", "do", "da"):
            break
        words.append(word)
    while words and unaccent(words[-1]) in ("de", "do", "da", "dos", "das"):
        words.pop()
    if not words:
        return None
    return " ".join(
        word.lower() if unaccent(word) in ("de", "do", "da", "dos", "das") else word.capitalize() for word in words
    )
