"""How a text may sound and what it may ask: Portuguese, kind, of its own, one question that is the acts', no documents."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from flows.assistant.meaning import Question
from flows.assistant.say.check.clauses import Sentence, Text, word_set, words
from flows.assistant.say.check.ground import Ground

_LINK = re.compile(
    r"https?:|www\.|\b[\w-]+\.(?:com|net|org|io|me|ly|gov|app|site|info|energia)(?:\.br)?\b|\b[\w-]+\.br\b|@\w|\bponto (?:com|br|net|org)\b"
    r"|\barroba\b|\bwww\b|\b(?:instagram|facebook|insta|tiktok|youtube|google|play store|app store|linkedin|telegram|twitter)\b"
    r"|\b(?:aplicativo|app|site|portal|link|pagina na internet|qr ?code)\b"
    r"|\b(?:zap|whats(?:app)?|telefone|numero|fone|central|sac|ouvidoria|contato direto) (?:\w+ ){0,3}(?:\d|oitocent|zero|nove|oito)"
    r"|\b(?:lig(?:a|ue)|telefon[ae]|fala|fale) (?:\w+ ){0,2}(?:no|pro|para o|com o|na) (?:\w+ ){0,1}(?:numero|0800|oitocentos|central|sac|zap|ouvidoria)"
    r"|(?:\b(?:zero|um|dois|tres|quatro|cinco|seis|sete|oito|nove|meia)\b[ ,-]*){4,}|\d[\d .-]{6,}\d"
)
_LEAK = re.compile(
    r"\b(?:prompt|openai|chat ?gpt|gpt|modelo de linguagem|llm|json|plan_id|token|tool|ferramentas? internas?|system|developer"
    r"|minhas? (?:instruc\w+|regras?|diretriz\w*|orienta\w+|programac\w+|ordens?|configura\w+|roteiro|script)"
    r"|(?:meu|no meu|o meu) (?:roteiro|script|treinamento|codigo|manual)|instruc(?:ao|oes) (?:internas?|do sistema|que recebi|que me)"
    r"|(?:me|nos) (?:orient|instru|program|trein|configur|mand|ensin|ped|proib|pass|diss|d)(?:aram|iram|eram|ou) (?:\w+ )?(?:a|para|que|um|uma|pra|nunca|nao|sempre)\b"
    r"|(?:fui|sou|estou|foi) (?:\w+ )?(?:instruid|orientad|programad|treinad|configurad|proibid|ensinad|feit)[ao]\b|o sistema (?:me|manda|diz|pediu|pede)"
    r"|(?:gravad|escrit|guardad|programad)[ao] em mim|o que (?:eu )?posso e (?:o que )?(?:eu )?nao posso|lista do que posso|mensagens que (?:eu )?recebo"
    r"|as regras (?:dizem|mandam|que)|tenho (?:ordem|ordens|regras)|nao posso (?:revelar|contar) (?:as|minhas))\b"
)
_RUDE = re.compile(
    r"\b(?:aff|affe|soubesse (?:ler|ouvir)|complicando|ate (?:uma )?crianca|foto e pronto|conta e pronto|faz o que eu|drama|frescura|mimimi|burr[ao]\w*|idiot\w+|ignorant\w+|preguic\w+|teimos\w+|enrola\w*|palhac\w+|besteira|bobagem|lerd[ao]|folgad[ao]"
    r"|problema (?:e )?seu|se vira|te vira|manda logo|mande logo|anda logo|vai logo|responde logo|decide logo|da logo|presta atencao|preste atencao"
    r"|(?:para|pare|deixa|deixe|larga|chega) de (?:\w+ )?(?:drama|enrol\w+|frescura|reclam\w+|chora\w*|mimimi|onda|desconfi\w+|inventar|perguntar|encher|ser|bobagem)"
    r"|ja te (?:pedi|falei|disse|expliquei)|ja (?:falei|disse|pedi|expliquei) (?:mil|varias|tantas|isso|que)|mil vezes|quantas vezes|pela ultima vez|de novo isso"
    r"|nao (?:entende|entendeu|sabe|presta|serve) (?:nada|mesmo|para nada|ler)|nao enche|cala a boca|que saco|tenha do|perdendo (?:o )?(?:meu )?tempo|perder (?:o )?meu tempo"
    r"|nao tenho o dia todo|mais gente na fila|voce que sabe|azar (?:o )?seu|pior para voce|quem perde e voce|larga de|chat[ao] voce|que dificil voce|ta me ouvindo)\b"
)
_HARD = re.compile(
    r"\b(?:cpf|rg|cnh|c\.? ?p\.? ?f|ce[ -]?pe[ -]?efe|erre[ -]?ge|identidade|carteira de (?:motorista|trabalho|identidade)|habilitacao|passaporte|selfie"
    r"|senhas?|cartao(?: de credito)?|pix|dados bancarios|conta bancaria|conta corrente|agencia|comprovantes?|certidao|titulo de eleitor|holerite"
    r"|contracheque|cnis|estado civil|codigo (?:que chegou|por sms|de verificacao)|assinatura digital|biometria|foto do rosto|foto sua)\b"
)
_SOFT = re.compile(
    r"\b(?:e-?mail|telefone|celular|endereco|cep|data de nascimento|nascimento|profissao|renda|salario|login|documentos?|numero d[ao] (?:instalacao|cliente|medidor)"
    r"|nome completo|nome da (?:sua )?mae|escritura|contrato de aluguel|iptu|cnpj)\b"
)
# Advice to keep such things to oneself.
_KEEP_IT = re.compile(r"\b(?:guard(?:e|ar|a)|so com voce|nao (?:me )?(?:mand|pass|envi|compartilh|precis)\w+)\b")
_REQUESTS = re.compile(
    r"\b(?:mand[ae]|envi[ae]|pass[ae]|inform[ae]|digit[ae]|diga|diz|escrev[ae]|anex[ae]|coloc[ae]|fotograf[ae]|mostr[ae]|compartilh[ae]|precis(?:o|arei|amos|ar)"
    r"|falt(?:a|am)|qual|me da|tire|tira|pode (?:me )?(?:mandar|enviar|passar|informar)|consegue (?:me )?(?:mandar|enviar|passar)|necessario|traz|traga|adiant\w+)\b"
)


_PORTUGUESE = word_set(
    "a o as os e de do da dos das em no na nos nas um uma que para pra por com sem se eu voce voces te me seu sua seus "
    "suas nao sim ja mais mas ou como quando onde qual quais isso esse essa este esta aqui ai la ate so tambem muito "
    "bem tem sao foi ser pode ter vai sobre pela pelo ao conta luz energia foto plano planos desconto cidade estado "
    "obrigada obrigado entendi entendo certo claro tudo consultor distribuidora creditos agora gente mandar quiser puder ola"
)
_ENGLISH = word_set(
    "the is are you your yours with and this that can please what have has of to we our here will hello hi sorry thanks thank "
    "how not it at all be if or from my send bill discount energy which where when would sure understand welcome happy help "
    "problem worry worries dear friend okay yes expensive month today great good nice again picture photo let lets go on in by so "
    "do does did was were will would could should may might they them he she his her their there here who why what when been more "
    "some any every get got give take make see look wait need want like know think tell ask see soon really too only just very much "
    "course absolutely exactly perfect deal done everything nothing something welcome morning evening night bye hey guy guys please"
)
_SPANISH = word_set(
    "el los las usted ustedes hola gracias puede su pero muy y es una del tu ciudad factura quiero donde cuando hay ningun "
    "tiene descuento este nuestro nuestra enviar envie estoy le lo entonces perfecto bueno listo luego tambien ahora mucho buenas "
    "todo bien ya casi terminamos tengo tienes tenemos puedes puedo hacer hace hecho gusta mejor ayuda ayudarte necesito necesita "
    "mandame mande foto recibo luz ellos ellas nosotros ser soy eres somos son esta esto eso alli adios hasta manana dinero nada solo"
)
# Spelt the same in Portuguese, these tell nothing.
_BOTH = word_set("todo mande foto luz ser somos esta nada so mas era do no on perfeito may make like in")
_FOREIGN = (_ENGLISH | _SPANISH) - _PORTUGUESE - (_BOTH - word_set("on make like"))
# What a question of ours is about; a text may ask this, and nothing else.
_TOPICS = {
    Question.PLACE: r"\b(?:cidade|estado|onde|lugar|municipio|conta)\b",
    Question.CONFIRM_PLACE: r"\b(?:cidade|estado|conta|isso|la|onde|confirma\w*|certo|mesmo)\b",
    Question.WHICH_CITY: r"\b(?:qual|cidade|estado|delas|das duas)\b",
    Question.UTILITY: r"\b(?:distribuidora|concessionaria|aparece|destas|delas)\b",
    Question.BILL: r"\b(?:conta|fatura|foto|pdf|mand\w+|envi\w+|copia)\b",
    Question.BILL_OK: r"\b(?:cert[oa]s?|confere|dados|tudo|correto|isso|bate)\b",
    Question.BILL_WRONG: r"\b(?:diferente|errad[oa]|certo|dado|mudar|corrigir|valor|distribuidora|titular|cidade|vencimento)\b",
    Question.BILL_PLACE: r"\b(?:qual|cidade|conta|duas|mesmo|lugar)\b",
    Question.HOLDER: r"\b(?:concord\w+|aceit\w+|assin\w+|topa\w*|titular)\b",
    Question.PLAN: r"\b(?:planos?|deles|opcao|opcoes|prefere|escolh\w+|seguir|ficar|quer|numero|esse|ele)\b",
    Question.CONFIRM_PLAN: r"\b(?:planos?|ele|esse|quer|confirma\w*|isso)\b",
    Question.NOTICE: r"\bavis\w+",
    Question.PERSON: r"\b(?:consultor\w*|pessoa|cham\w+|equipe|alguem|fal\w+|expliqu\w+)\b",
    Question.CANCEL: r"\b(?:mensagens|contrato|cancelar|parar)\b",
    Question.ERASE: r"\b(?:apagar|dados|exclu\w+)\b",
}
# Even about the bill, these are other questions.
_OFF_TOPIC = re.compile(
    r"\b(?:em dia|atrasad\w+|costuma\w*|quantas? (?:pessoas|contas|comodos)|ar-?condicionado|propria ou|alugad\w+|dono|quanto (?:voce )?(?:pag|gast|vem)\w*"
    r"|faz quanto tempo|quem mora|mora (?:sozinh|com)|por que voce|tudo bem (?:por|com)|como voce esta|como vai)\b"
)
_ASKS_FOR = re.compile(
    r"\b(?:me (?:mand[ae]|envi[ae]|diga|diz|cont[ae])|mand[ae]|envi[ae]|diga|escrev[ae]|responda|confirm[ae]|toque|preciso (?:d[ao]|que)|e so (?:me )?(?:mandar|enviar|responder|dizer|escrever))\b"
)

_TELL_ME = re.compile(
    r"\bme (?:cont[ae]|diga|diz|fal[ae]|explic[ae]|inform[ae])\b|\bquero saber\b|\bgostaria de saber\b"
)
# In an opening, what is asked beside the question of the acts.
_DEMANDS = re.compile(
    r"\bme (?:mand[ae]|envi[ae]|diga|diz|pass[ae]|informe)\b|^(?:\w+ )?(?:mande|manda|envie|diga|informe)\b"
)


def odd(text: Text, ground: Ground, *, opening: bool) -> Iterator[str]:
    """Yield the code of each broken rule of manner."""
    if any(match[0] not in ground.says.folded for match in _LINK.finditer(text.folded)):
        yield "link"
    if any(not _portuguese(sentence, ground) for sentence in text.sentences):
        yield "language"
    if _LEAK.search(text.folded):
        yield "leak"
    if any(match[0] not in ground.says.folded for match in _RUDE.finditer(text.folded)):
        yield "rude"
    yield from _documents(text, ground)
    yield from _questions(text, ground, opening)


def _documents(text: Text, ground: Ground) -> Iterator[str]:
    for sentence in text.sentences:
        for clause in sentence.clauses:
            for pattern in (_HARD, _SOFT):
                for match in pattern.finditer(clause.text):
                    denied = clause.denied(match.start(), match.end()) or _KEEP_IT.search(sentence.text)
                    if match[0] in ground.says.folded or denied:
                        continue
                    if pattern is _HARD or _REQUESTS.search(sentence.text):
                        yield "document"


def _questions(text: Text, ground: Ground, opening: bool) -> Iterator[str]:
    asked = [sentence for sentence in text.sentences if sentence.asks]
    if opening:
        if asked or any(_DEMANDS.search(clause.text) or _TELL_ME.search(clause.text) for clause in text.clauses):
            yield "asks"
        return
    if len(asked) > 1:
        yield "several_questions"
    about = ground.asks or (None if ground.is_asked else ground.recalls)
    topic = re.compile(_TOPICS[about]) if about else None
    ours = [sentence for sentence in ground.says.sentences if sentence.asks]
    for sentence in asked:
        last = sentence.clauses[-1].text if sentence.clauses else ""
        on_topic = (topic and topic.search(sentence.text)) or (ground.is_asked and sentence.stems & ours[-1].stems)
        if not on_topic or (_OFF_TOPIC.search(sentence.text) and not _OFF_TOPIC.search(ground.says.folded)) or not last:
            yield "other_question"
    if topic and any(
        _TELL_ME.search(clause.text) and not topic.search(clause.text) and not clause.asks for clause in text.clauses
    ):
        yield "other_question"
    if ground.is_asked and not asked:
        wanted = [clause.text for clause in text.clauses if _ASKS_FOR.search(clause.text)]
        if not any((topic.search(one) if topic else True) for one in wanted):
            yield "question_dropped"


def _portuguese(sentence: Sentence, ground: Ground) -> bool:
    letters = [c for c in sentence.raw if c.isalpha()]
    if any("LATIN" not in unicodedata.name(c, "") for c in letters if c not in "ªº"):
        return False
    said = words(sentence.text)
    ours = sum(word in _PORTUGUESE or word in ground.says.folded for word in said)
    theirs = sum(word in _FOREIGN and word not in ground.says.folded for word in said)
    return not (theirs and (theirs > ours or (theirs >= 2 and theirs == ours)))
