"""Words that mean what cannot be taken back, in a model's items: without them it is a guess, however certain the model is."""

from __future__ import annotations

import re

from flows.assistant.hear.scene import Scene
from flows.assistant.meaning import Meaning, Question
from flows.brazil.folding import spoken, unaccent

M = Meaning
_NUMBER = r"(?:\d{1,2}|um|uma|dois|duas|tres|quatro|primeir\w+|segund\w+|terceir\w+|ultim\w+)"
# Portuguese, Spanish and English, without accents and in small letters.
_ME = r"(?:me|meu (?:numero|nome|contato|telefone|zap)|este numero|esse numero|deste numero|desse numero)"
_WORDS = {
    M.STOP: (
        r"\b(?:nao|num|nem|no|dont)\b (?:\w+ ){0,4}?(?:mand(?:e|em|es)|mand(?:a|ar) mais|me mand(?:a|ar)|envi(?:e|em)|envi(?:a|ar) mais|receb\w+|receive|escrev(?:a|am)|(?:lig|cham)\w+ (?:nunca )?mais|incomod\w+|perturb\w+|ench\w+|molest\w+|escrib\w+|text|message)\b"
        r"|^(?:quero |por favor |chega )?(?:pare|parem|parar|chega|basta|sai|sair|stop|baja)(?: (?:ja|com isso|por favor|agora|ai|tudo))*$|\bpar(?:a|e|em|ar) (?:de|com (?:isso|ess[ae]s?)|ai|ja|as? mensag\w+|essas mensag\w+)\b|\bstop (?:text|messag|send|it)"
        rf"|\b(?:tir|remov|remoc|exclu|bloque|descadastr|risc|risqu|retir)\w* (?:\w+ ){{0,2}}?{_ME}\b|\b{_ME} (?:tir|remov|exclu|descadastr|risc|risqu|retir)\w*|\b(?:tir|sa)\w* (?:\w+ )?d?(?:a|ess?a|est?a) (?:sua |vossa )?(?:lista|merda|bosta|porcaria|droga|grupo)"
        r"|\bnao (?:autorizo|permito|aceito|quero) (?:\w+ )?(?:contato|mensage\w+|propaganda|ligac\w+)|\bdeix\w+ de (?:me )?(?:mand|incomod|perturb|envi|escrev|ench|cham|lig)\w+|\bsai(?:a|am)? fora\b|\bme esquec\w+"
        r"|\bdeix\w+ (?:em|na) paz|\bme deix\w+|\bvou (?:te |vos )?bloque|\bme bloque|\bunsubscribe|\bleave me|\bremove me|\bsom[ea]m? daqui|\bno mas mensajes|\bchega de|\bdescadastr\w*$"
    ),
    M.ERASE: r"\b(?:apag|delet|elimin|exclu|remov|remoc|esquec|limp|destru|sum|som[ae]|descadastr|tir|erase|delete|borr|forget|forget)\w*\b.{0,30}\b(?:dado|cadastr|tudo|informac|nome|numero|registro|contato|telefone|ficha|sistema|data|datos|everything|me\b)|\bdados (?:\w+ )?fora\b|^(?:\w+ ){0,3}(?:apag|delet|exclu)\w*(?: \w+){0,2}$|\blgpd\b|\bdescadastr|\bdireito de (?:exclusao|eliminacao)",
    M.PERSON: (
        r"\b(?:atendente|atendimento humano|human\w*|consultor\w*|vendedor\w*|gerente|supervisor\w*|responsavel|especialista|operador\w*|telefonista|suporte|asesor|agent|someone|person|persona)\b|(?<!outra )(?<!essa )(?<!4 )\bpessoa\b|\bgente de verdade"
        r"|\b(?:alguem|algm)\b|\b(?:me|pode|podem|quero que|prefiro que) (?:lig(?:a|ue|uem|ar|uei)|telefon\w+|retorn\w+|cham(?:a|e|em|ar))\b|\blig(?:a|ue|uem|ar) (?:pra|para|por) (?:mim|ca)\b|^(?:pode |ok |sim |bora )?(?:chama|chame|transfere|transfira|passa)\b|\bcham\w+ (?:o povo|ele|ela|um|uma)\b"
        r"|\b(?:quero|posso|prefiro|preciso|gostaria de|deixa eu|queria|consigo|da (?:pra|para)) (?:fal|convers)\w+ (?:com|direto)|\b(?:sem|nao (?:quero|falo com|converso com)) (?:robo|maquina|bot)|\bme transfer\w+|\b(?:falar?|ligar?|conversar?) comigo\b|\besper\w+ (?:a |o |uma |um )?(?:moc[ao]|rapaz)\b|\bme (?:pass|transf|coloc|bot)\w+ (?:\w+ )?(?:com|pra|para|pro)\b|\b(?:speak|talk) (?:to|with)|\bhablar con|\bcall me"
    ),
    M.DECLINE: (
        r"\b(?:nao|num|nem|no|not)\b (?:\w+ )?(?:(?:quero|queria)(?: (?:mais|nao|nada|participar|isso|saber|continuar|seguir|fazer|entrar|disso|mesmo|prosseguir|contratar|aderir|mudar|trocar|obrigad\w+|por enquanto|viu|ta))*$|interes\w*|tenho (?:mais )?interesse|vou (?:mais )?(?:querer|fazer|entrar|participar|aderir|contratar|mudar|trocar|seguir|continuar|prosseguir|assinar|fechar)|quero (?:\w+ ){0,2}(?:nenhum\w*|nada|energia|solar|d?ess[ae]s? coisas?|propaganda)|(?:vai )?rola\w*|(?:me )?(?:serve|convem|convenceu)|e (?:pra|para) mim|faz sentido|vale a pena|compensa|obrigad\w*|gracias|thank\w*|thanks)"
        r"|\bquero nao\b|\bsem interesse|\bdesist|\bdeix\w* (?:pra la|para la|quieto|assim|isso|como)|\besquece\b|\b(?:to|tou|estou) fora|\bdispens|\bprefiro (?:nao|deixar|ficar|continuar|seguir|manter)|\b(?:vou|decidi|resolvi|melhor|vamos) (?:ficar|continuar|seguir|manter) (?:com|na|no|do jeito)|\bmelhor nao\b|\bdeixa$|\bvou (?:pular|passar)\b|\bmas nao$|\b(?:el[ae]|marido|esposa|mulher|mae|pai|filh[ao]) nao (?:quer|quis|deix\w+|aceit\w+|topou)\b|\bficar? como|\bperdi (?:o )?interesse|\bmudei de ideia|\bpasso$|\bnever mind|\bja (?:nao quero|resolvi|contratei|fechei com|assinei com)|\bfica (?:pra|para) (?:a )?proxima|\bnunca (?:vou|mais)"
    ),
    M.UNDER_AGE: r"\b(?:tenho|sou de|com|am|faco) (?:so |apenas )?(?:1[0-7]|dez|onze|doze|treze|qu?atorze|catorze|quinze|dezess?eis|dezess?ete)\b(?! (?:contas|casas|unidades))|\bfaco (?:18|dezoito)|\bnao (?:tenho|fiz|completei) (?:18|dezoito)|\bmenor de (?:idade|18)|\b(?:de|sou) menor\b(?! (?:prazo|desconto|valor))|\bsou (?:adolescente|crianca)",
    M.CANCEL: r"cancel|encerr|rescind|desfaz|terminar|acabar|sair|quebra|\bme desligar|contrat|os dois|quit|mais (?:ser )?client",
    M.CUSTOMER: r"client|contrat|fatura|\bja (?:tenho|sou|uso|participo|faco|assinei|fechei)\b(?!.*\b(?:outr[ao]s? (?:empresa|companhia|fornecedor)\w*|concorren\w+|proposta|placas?|paine(?:l|is))\b)|meu (?:desconto|plano|boleto|consultor)|\bdesconto\b.*\bnao\b|\bsem (?:o |meu |nenhum )?desconto|\bboleto (?:\w+ ){0,3}(?:vei?o|vem|cheg\w+|errad\w+)|\bmensalidade|\bcreditos? nao\b|\bme cobr\w+|usuari|customer|assinante|com voces|com vcs",
    M.WRONG_PERSON: r"\b(?:nao|num) (?:sou|e (?:o|a|meu|minha|comigo|dele|dela)|conhec|preench|fiz|me chamo|pedi|tem (?:nenhum|ningu)|trabalha|mora mais|fui eu|me (?:inscrev|cadastr))|\bengan|\berrad|\bchip\b|\bnumero\b|\b(?:nunca|jamais) (?:preench|fiz|pedi|me|deixei|dei|ouvi)|\bquem (?:e|deu)\b|\bdesconhec|\boutra pessoa|\bessa pessoa|\bnov[ao] don[ao]|\bdon[ao] (?:nov[ao]|d[ao] (?:linha|numero|chip))|\bwrong|\bnot me\b|\bequivocad|\b(?:era|e) d[oae] (?:meu|minha|outr)|\bfoi (?:meu|minha|outra)",
    M.NOTICE: r"\bavis|\bnotific|\bnovidade|\bchegar|\bquando (?:tiver|abrir|vier|houver|for|chegar)|\bme (?:fal|cont|cham|diz|diga|mand|lembr|procur)|\blet me know|\bnotify|\bsim\b|\bquero\b|\bpode\b",
}
_CANCELS = re.compile(r"\bcancel(?:a|e|ar|em|o|ei)\b|\bdesfa(?:z|zer|ca)\b")
_ERASES = re.compile(r"\b(?:apag|delet|elimin|exclu|remov)")
# What an answer to "our messages, or a contract?" says in fewer words.
_ENDS = {
    M.STOP: re.compile(r"mensag|\bpar[ae]|recado|\bzap\b|(?<!nenhum d)os dois"),
    M.CANCEL: re.compile(r"contrat|client|plano|servic|(?<!nenhum d)os dois"),
}
_CHOOSES = (
    rf"\b(?:o|a|os|no|na|nos|pelo|pela|pro|plano|opcao|numero)\s+(?:{_NUMBER}|de\b|do\b|da\b|que\b|q\b|sem\b|com\b|mais\b|menos\b|maior|menor|outr[oa]|mei[oa]|melhor|tal)|^\W*(?:{_NUMBER})\W*$|\b\d{{1,2}} ?(?:%|por cento|meses)"
    r"|\b(?:d?n?ess[ea]|n?est[ea]|n?aquel[ea])\b|\b(?:quero|queria|queremos|quiero|elijo|me quedo|fico|ficamos|ficar|fecho|fechar|fechad\w+|escolh\w+|prefir\w+|pode ser|vou (?:de|no|na|nesse|querer|pegar|com)|bora|pego|vamos (?:de|no|na|com)|coloca|bota|troc\w+|muda (?:pr|para)|opt(?:o|amos)|marca)\b"
    r"|\bfidel|\b(?:primeir|segund|terceir|ultim)[oa]|\bdo meio\b|\bsem (?:amarra|prazo|contrato)|\b(?:first|second|third|last|cheapest)\b|\b(?:that|this|the) one|\bill take"
)
_ASSENTS = (
    r"\b(?:sem problema|nao (?:vejo problema|me importo)|s|ss|sim|sin|si|yes|yep|yeah|ok\w*|claro|cert[oai]\w*|isso|isto|quero|queria|bora|fech\w+|confirm\w+|corret\w+|perfeit\w+|exat\w+|positiv\w+|aham|uhum|beleza|blz|show|massa|joia|demoro\w*|dale|tri"
    r"|por favor|pfv?|please|sure|avis\w+|cham\w+|apag\w+|aceit\w+|concord\w+|topo|topa|combinad\w+|gostei|maravilh\w+|otim\w+|logico|obvio|com certeza)\b|^\W*(?:e|eh)\b(?= (?:sim|isso|mesmo|claro|verdade|aqui)\b|\W*$)|^\W*manda(?: ver| bala| sim)?\W*$|^\W*(?:ta|tah|vai|pode|podem|vamos?|top|mesmo)\b(?! mais)(?!.*\?)|\bpode(?:m)? (?:ser|sim|crer|avisar|chamar|apagar|confirmar|seguir|mandar)\b"
    r"|[\U0001F44D\U0001F44C\U0001F64F\u2764\u2705]"
)
_SAYS = {meaning: re.compile(words) for meaning, words in _WORDS.items()}
_CHOICE, _YES = re.compile(_CHOOSES), re.compile(_ASSENTS)
# A yes to one of these sets off what cannot be called back: a hand-over, a consent, an erasure.
_WEIGHTY = frozenset(
    {
        Question.PLAN,
        Question.CONFIRM_PLAN,
        Question.ERASE,
        Question.PERSON,
        Question.CANCEL,
        Question.NOTICE,
    }
)
# Acted on already where they only seem to be meant.
_TURNED = frozenset({M.PERSON, M.ERASE, M.DECLINE, M.UNDER_AGE})
_NO_GUESS = frozenset({M.WRONG_PERSON, M.CUSTOMER, M.UNDER_AGE, M.ERASE})
_DECIDES = re.compile(
    r"\b(?:quero|queremos|fico|ficamos|fecho|vou (?:querer|de|no|ficar)|escolh\w+|opt(?:o|amos)|pego)\b"
)
_DENIED = re.compile(r"\b(?:nao|nem|nunca|not|no)(?: (?:me|se|eu|vou|mais))?\s*$")
# "Ela perguntou se no outro tem prazo": asked as well; and "se for pra perder, não quero" says no only if.
_ASKED_OF = re.compile(
    r"\b(?:pergunt\w+|saber|sabe|entender|explic\w+)\b(?: \w+){0,3} (?:se|qual|quanto|como|quando|o que)\b"
)
_ONLY_IF = re.compile(r"^\W*(?:(?:mas|e|entao|ai|agora|olha) )*(?:se|caso)\b(?! (?:e |eh )?(?:assim|isso|so isso)\b)")
_ASKS = re.compile(
    r"^\W*(?:e |mas |entao |ai |a )*(?:qual|quais|quanto|quantos|como|quando|onde|quem|pq|por que|porque|e se|sera|oq|o que (?:e|eh|significa|muda)|tem como|da pra)\b"
)


def meant(
    meaning: Meaning, quote: str, text: str, scene: Scene, *, about: Question | None, plan: int | None
) -> bool | None:
    """Tell whether a quote of this text has words that mean it; None for what may not even be guessed without them."""
    if meaning is M.YES:
        picks = (about or scene.asked) in (Question.PLAN, Question.CONFIRM_PLAN) and _CHOICE.search(spoken(quote))
        says_so = bool(_YES.search(unaccent(quote)) or picks) and not (_denied(quote, text) or _asked(quote, text))
        # "E a cidade é Salvador": an "e" that goes on with something agrees to nothing.
        says_so = says_so and not (quote.strip().lower() == "e" and spoken(text) != "e")
        return says_so or (about or scene.asked) not in _WEIGHTY
    said = spoken(quote)
    if meaning is M.CHOICE:
        means = (bool(_CHOICE.search(said)) or _names_plan(said, scene)) and not (
            _denied(quote, text) or _asked(quote, text) or _only_if(quote, text)
        )
        # A guess that is said again counts as a choice, so it needs the words the second time.
        again = any(offer.position == plan and offer.plan_id == scene.state.proposed for offer in scene.offers)
        return means or (None if again else False)
    words = _SAYS.get(meaning)
    if words is None:
        return True
    if meaning is M.DECLINE:
        # "Não quero" declines, and "não quero o 1" does not.
        said = spoken(quote + re.split(r"[,.!?;\n…]", text.partition(quote)[2])[0])
    turned = meaning in _TURNED and (_denied(quote, text) or _only_if(quote, text))
    means = bool(words.search(said)) and not turned
    if meaning is M.DECLINE and scene.state.chosen is not None:
        # Nobody who has only chosen has a contract to end: what is cancelled is the wish.
        means = means or (bool(_CANCELS.search(said)) and not _denied(quote, text))
    if scene.asked is Question.ERASE and meaning is M.ERASE:
        means = means or (bool(_ERASES.search(said)) and not _denied(quote, text))
    if scene.asked is Question.CANCEL and meaning in _ENDS:
        means = means or bool(_ENDS[meaning].search(said))
    if not means and (meaning in _NO_GUESS or (meaning in (M.STOP, M.CANCEL) and scene.asked is Question.CANCEL)):
        return None
    return means


def _denied(quote: str, text: str) -> bool:
    return bool(_DENIED.search(unaccent(text.partition(quote)[0])))


def _asked(quote: str, text: str) -> bool:
    """Tell whether a quote stands in a question: "o 2 tem fidelidade?" chooses nothing."""
    before, _, after = text.partition(quote)
    sentence = unaccent(re.split(r"[.!?\n…]", before)[-1] + quote)
    ends = r"[^.,!\n]*\?" if _DECIDES.search(unaccent(quote)) else r"[^.!\n]*\?"
    asks = _ASKS.search(sentence) or _ASKED_OF.search(sentence)
    return bool(re.match(ends, after)) or quote.rstrip().endswith("?") or bool(asks)


def _only_if(quote: str, text: str) -> bool:
    """Tell whether the sentence of a quote begins with a condition."""
    sentence = unaccent(re.split(r"[.!?\n…]", text.partition(quote)[0])[-1] + quote)
    return bool(_ONLY_IF.search(sentence))


def _names_plan(said: str, scene: Scene) -> bool:
    names = {word for offer in scene.offers for word in re.findall(r"[a-z]{4,}", unaccent(offer.name))} - {"plano"}
    return any(name in said for name in names)
