"""Deeds that no sentence may tell of unless the acts do: what we did, will do, or have others do.

Code does everything that is done here, and says so in the acts; a model that says "anotei" has written nothing down.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from flows.assistant.say.check.clauses import Text, folded, word_set
from flows.assistant.say.check.ground import Ground
from flows.brazil.stems import stem

# "Anotei", "reservei": the first person's past. Not "sei", "lei", nor "direi", nor what happens in a head; "deixei anotado" is done.
_I_DID = re.compile(r"\b(?!(?:sei|lei|rei|hei|grei)\b|deixei (?:\w+ ){0,2}\w+[ai]d[oa]s?\b)\w{2,}ei\b")
_IN_MIND = word_set(
    "imaginei pensei gostei adorei amei fiquei achei lembrei notei reparei errei esperei falhei demorei expliquei "
    "perguntei falei direi serei estarei"
)
_IRREGULAR = re.compile(
    r"\b(?:fiz|consegui|pedi|inclui|inseri|transferi|abri|pus|dei|resolvi|garanti|medi|requeri|fizemos|conseguimos|pedimos|demos)\b"
    r"|\b(?:anot|reserv|separ|cadastr|registr|agend|avis|encaminh|ativ|contrat|liber|aprov|confirm|consult|calcul|simul|verific|chec"
    r"|atualiz|envi|mand|pass|acion|cham)amos\b|\bacab(?:ei|amos) de \w+|\bfal(?:ei|amos) com"
)
_IS_DONE = re.compile(
    r"\b(?:esta|ta|estao|ficou|ficaram|fica|foi|foram|deixo|deixei|deixamos|deixando|ja|tudo|pronto) (?:\w+ ){0,3}(?:anotad|registrad|reservad|"
    r"garantid|liberad|aprovad|confirmad|cadastrad|agendad|marcad|encaminhad|enviad|guardad|separad|ativad|contratad|resolvid|cancelad|"
    r"atualizad|incluid|avisad|encerrad|fechad|assinad|solicitad|pedid|conferid)[oa]s?\b"
)
_WILL_DO = re.compile(
    r"\b(?:vou|vamos|irei|ja vou|posso ja) (?:te |lhe |ja |logo |tambem |so )*(?:ligar|chamar|avisar|mandar|enviar|passar|pedir|falar com|"
    r"encaminhar|transferir|agendar|marcar|reservar|cadastrar|verificar|checar|consultar|calcular|providenciar|resolver|conseguir|separar|"
    r"anotar|registrar|guardar|deixar (?:\w+ )?(?:anotad|reservad|separad)\w+|ativar|contratar|abrir|incluir|cancelar|simular|acionar|liberar)\b"
    r"|\bte (?:ligo|chamo|aviso|mando|retorno|passo|envio|aciono|procuro|consigo|arranjo|dou)\b|\bja (?:ligo|chamo|aviso|retorno)\b"
)
_OTHERS_WILL = re.compile(
    r"\b(?:consultor\w*|gerente|equipe|time|alguem|atendente|tecnic\w+|vendedor\w*|especialista|uma pessoa|supervisor\w*) (?:\w+ ){0,4}?"
    r"(?:lig(?:a|ar|ara|am|ue)|cham(?:a|ar|ara)|retorn\w+|procur\w+|entr\w+ em contato|visit\w+|pass(?:a|ar) (?:ai|na sua casa)|fala com voce|te fala)\b"
    r"|\b(?:vai|vao|ira) (?:te )?(?:ligar|chamar|procurar|contatar|visitar)\b|\bentr\w+ em contato\b"
)
# As many letters of a verb as its forms share.
_VERB = 4
_COVERS = re.compile(
    r"\b(?:atendemos|atende (?:sim|ai|a sua|sua)|chegamos|temos (?:\w+ ){0,2}planos?|ha (?:\w+ )?planos?|cobrimos|e atendid[ao])\b"
)
_COVERS_NOT = re.compile(
    r"\bnao (?:\w+ ){0,2}(?:atend(?:e|emos|ida|ido)|cobr(?:e|imos)|cheg(?:amos|ou)|temos (?:planos?|cobertura))\b|\bfora d[aeo] (?:area|cobertura)"
    r"|\bsem cobertura\b|\bnao (?:ha|tem|existe\w*) (?:\w+ )?planos?\b"
)
# What the lead alone does with these words: "toque", "escreva *atendente* e eu chamo".
_ON_REQUEST = re.compile(r"\b(?:escrev\w+|se (?:preferir|quiser))\b")


def claimed_deeds(text: Text, ground: Ground) -> Iterator[str]:
    """Yield a code for each deed that the acts do not tell of."""
    for clause in text.clauses:
        for match in (
            *_I_DID.finditer(clause.text),
            *_IRREGULAR.finditer(clause.text),
            *_IS_DONE.finditer(clause.text),
        ):
            mental = match[0] in _IN_MIND or clause.denied(match.start(), match.end())
            if not (mental or clause.left_open(match.start()) or _told(match[0], ground)):
                yield "deed"
    for sentence in text.sentences:
        # "Se preferir, escreva *atendente* que eu chamo": nothing is done before.
        if sentence.asks or _ON_REQUEST.search(sentence.text):
            continue
        for clause in sentence.clauses:
            for code, pattern in (("will_do", _WILL_DO), ("contact", _OTHERS_WILL)):
                for match in pattern.finditer(clause.text):
                    promised = code == "contact" and _promises_contact(ground)
                    left = clause.denied(match.start(), match.end()) or clause.left_open(match.start())
                    if not (left or promised or ground.excuses(match[0])):
                        yield code
            said = _COVERS.search(clause.text) or _COVERS_NOT.search(clause.text)
            # "Vejo se a Serena atende a sua cidade" says neither.
            if said and not clause.left_open(said.start()) and _covers(clause.text) not in (None, _covers(ground.said)):
                yield "coverage"


def _covers(text: str) -> bool | None:
    """Return whether a text says that a place is served; None where it says neither, or both."""
    folds = folded(text)
    yes, no = bool(_COVERS.search(_COVERS_NOT.sub(" ", folds))), bool(_COVERS_NOT.search(folds))
    return None if yes == no else yes


def _promises_contact(ground: Ground) -> bool:
    return any(
        _OTHERS_WILL.search(one.text) for one in ground.says.sentences if not (one.asks or _ON_REQUEST.search(one.text))
    )


def _told(words: str, ground: Ground) -> bool:
    """Tell whether the acts tell of this deed ("anotei" and "deixei anotado" are one); its verb stands last."""
    verb = words.split()[-1]
    if ground.excuses(words) or stem(verb) in ground.says.stems:
        return True
    ours = [match[0].split()[-1] for rule in (_I_DID, _IS_DONE) for match in rule.finditer(ground.says.folded)]
    return any(done[:_VERB] == verb[:_VERB] for done in ours)
