"""Talk that carries no fact: greetings, thanks, goodbyes, waiting, being lost, complaints, anger; and how a person sounds."""

from __future__ import annotations

import re

from flows.assistant.hear.rule import Rule, says
from flows.assistant.meaning import Meaning, Mood

M = Meaning

_GREETING = says(
    r"^(?:(?:ah|e|hm+|ou|o|so|sô|ei|egua|uai|bah|tche|oxe|mas) )*(?:oi+e?|oii|ola|opa|eai|iai|eae|hey|hello|hi|hola|salve|fala ai|fala|bom dia|boa tarde|boa noite|bons dias|buenas|bonjour|buenos dias|buenas tardes|good (?:morning|afternoon|evening)|td bem|tudo bem|tudo bom|tudo joia|tudo na paz|tudo certo por ai|tudo em paz|tudo tranquilo|tudo de boa|prazer|saudacoes|a paz|paz do senhor|bao|ola ola|e ai|eae)(?= |$)(?! (?:para (?!vc|vcs|todos|nos)|mais tarde|serio|que nao|em (?:reais|dinheiro)|com|sobre|mais|logo))",
    r"\b(?:bom dia|boa tarde|boa noite|tudo bem com vc|como vai vc|tudo bom com vc|como vc ta|como vai a senhora)\b",
)
_THANKS = says(
    r"^_amem(?: _amem)*$|(?<!\bsou )(?<!\be )(?<!\bser )(?<!\bfui )(?<!\bto )(?<!\bsomos )(?<!\bsao )(?<!\bquase )\bobrigad(?:a|o|as|os|issim[oa])\b(?! (?:a \w+r|por lei|a nada))|\bvaleu\b(?! a pena)|\bagradec\w+|\bgrat[oa]\b(?= (?:por|pela|pelo)|$)|\bgratidao\b|\bthanks\b|\bthank you\b|\bgracias\b(?! a dios)|\bdeus (?:lhe |te |os |que )?(?:pague|abencoe|ajude)|\bdeus (?:te|lhe) d\w|\bque deus (?:te|lhe)|\btmj\b|\b(?:muito )?gentil\b|\bvc e um amor\b|\bmuito atencios[oa]\b|\bbrigad\w+"
)
_GOODBYE = says(
    # that is all for now; I call you if I need to
    r"^(?:(?:entendi|ok|ta|bom|certo|nao|obrigad[oa]|valeu|beleza|entao|muito|ah|sim|oi|blz) )*(?:(?:por (?:hoje|ora|enquanto|agora|aqui)) (?:e|eh|era|seria) (?:so|isso)|era (?:so )?isso(?: ai| mesmo)?$|e so isso(?: ai| mesmo)?$|era so(?: isso)?|e so(?: isso)?(?: por (?:hoje|ora|enquanto|agora))|so isso(?: mesmo)? por (?:hoje|ora|enquanto)|(?:ja )?ta bom por (?:hoje|ora|enquanto)|(?:fico|paro|vou ficando) por aqui)\b",
    r"^(?:(?:ok|ta|bom|certo|obrigad[oa]|valeu|beleza|entao|tudo bem|combinado|sim|blz|entendi|nao|mas|e) )*(?:qualquer (?:coisa|duvida)|se (?:eu )?(?:precisar|tiver duvida|mudar de ideia|quiser)|precisando|quando (?:eu )?precisar)(?: (?:eu|te|de|algo|mais|alguma|coisa|vcs?|ai|entao|ja))* (?:cham\w+|grit\w+|volt\w+|fal\w+|procur\w+|avis\w+|entro em contato|mand\w+ (?:mensagem|um oi)|retorn\w+|perturb\w+|aciono)",
    r"\b(?:tchau\w*|xau|tchauzinho|adeus|bye|ate (?:mais|logo|breve|amanha|a proxima|depois|outra|mais ver)|abracos?|abs|um beijo|beijos|bjs?|bjos|falou|fui|inté|inte|hasta luego|adios|chau|see you|bjs \w+ ate|beijos? \w+ ate|se cuida|fica com deus|fique com deus|vai com deus)$",
    r"^(?:tchau|xau|adeus|bye|ate$|ate mais|ate logo|falou|inte|flw|abraco)\b|\b(?:fica|fique|vai|va) com deus\b|\btenha (?:um|uma) (?:bo[ma]|otim[oa]|excelente) (?:dia|tarde|noite|semana|fim)|\b(?:um|uma) (?:bo[ma]|otim[oa]) (?:dia|tarde|noite|semana|final de semana|fim de semana) (?:para (?:vc|vcs|ti|todos|nos))|\bbo[ma] (?:final de semana|fim de semana|descanso|trabalho|resto)\b|\bvou dormir\b|\bate segunda\b",
)
_WAITING = says(
    r"^(?:(?:oi|oie|e|mas|ola|opa|ei|alo) )*(?:alo|e ai|eai|cade|cade vc|cade vcs|e entao|tem alguem(?: ai| aqui)?|alguem ai|vc ta ai|vcs tao ai|ainda ta ai|ninguem responde|me responde|responde|to esperando|to aguardando|to no aguardo|aguardando|esperando|continuo esperando|e a resposta|alguem|ola alguem|ei|psiu|hello anyone|anyone there|alguem(?: \w+)? me responde|hay alguien|vcs existem|sumiu|sumiram|demorou ne|vai responder|nao vai responder|oi alguem|e agora|morreu|dormiu|tem gente ai|tem gente|ta me ouvindo|ce ta ai|vc sumiu|fala comigo|cade o povo|po cade)(?: (?:ai|gente|hein|po|ne|ja|uai|pessoal|faz tempo|ha (?:um tempao|horas)|aqui|mano|sumiram|moc[ao]|viu|meu|minha|filha|fia|vc|vcs|alguem|por favor|aqui|tche))*$",
    r"\b(?:to|estou|continuo|ainda to) (?:aqui )?(?:te |ainda )?(?:esperando|aguardando|no aguardo)\b(?! (?:a conta|minha|meu|o boleto|el[ae]))|\bninguem (?:me )?(?:respond\w+|atend\w+)\b(?! direito)|\btem alguem ai\b|\bvao (?:me )?responder\b|\bvai demorar\b|\bquanto tempo (?:vou|tenho que) esperar\b|\bfaz (?:tempo|horas|dias) que (?:espero|to)|\bate agora nada\b|\bnada ainda\b",
)  # fmt: skip
# Nobody answers at the distribuidora.
_NOT_WAITING = says(
    r"\b(?:116|0800|celpe|cemig|enel|coelba|equatorial|energisa|neoenergia|cpfl|light|copel|distribuidora|concessionaria|companhia|la)\b|\bliguei\b"
)
_ALREADY_SENT = says(
    r"\bfoi (?:encaminhad|enviad|mandad)\w\b|\bja (?:te |lhe |vou |tinha |havia |a )?(?:mandei|enviei|passei|anexei|mandou|enviou|encaminhei|mandado|enviado|mandamos|postei)\b(?! (?:embora|tudo errado|a outra errada))|\b(?:acabei de|acabo de) (?:te )?(?:mandar|enviar|passar)\b|\b(?:mandei|enviei)(?: \w+){0,3} (?:ontem|agora|agorinha|hoje|ha pouco|faz|mais cedo|ja|ali em cima|acima|semana passada|antes|la em cima|2 vezes|duas vezes)\b|\b(?:a foto|a conta|o pdf|minha conta)(?: \w+)? (?:ja )?(?:foi|ta ai|foi enviada|ta acima|ta ali)\b|\b(?:nao|vc nao) (?:viu|recebeu|chegou)(?: \w+){0,3} (?:foto|conta|que mandei|que enviei|pdf)\b|\bta ai (?:a conta|em cima|a foto)\b|\bi (?:already )?sent\b|\bya (?:la |lo |te )*(?:mande|envie)\b|\bfoi ai\b",
)
_REPEATED = says(
    r"\b(?:respondi|falei|disse|informei) isso (?:ontem|hoje|antes|agora|ja|la)\b|\bto (?:falando|dizendo|repetindo)(?: \w+)? (?:desde|faz|ha)\b|\bpergunta repetida\b|\b(?:le|leia|leu) o que eu (?:escrevi|mandei|falei)\b|\bja (?:te |lhe |tinha |havia |vos |eu )?(?:fal(?:ei|ado)(?! com)|disse|dito|coloquei|informei|botei|preenchi|respondi|passei (?:tudo|isso|essa)|expliquei|contei|dei essa|escrevi|te falei|avisei|confirmei)\b|\b(?:de novo|outra vez|novamente)\b$(?<!manda de novo)(?<!mandar de novo)(?<!mando de novo)(?<!le de novo)(?<!tentar de novo)(?<!tento de novo)(?<!enviar de novo)(?<!enviar novamente)(?<!mandar novamente)(?<!repete de novo)(?<!ver de novo)(?<!explica de novo)(?<!mostra de novo)(?<!planos de novo)(?<!opcoes de novo)(?<!perdeu de novo)(?<!ganhou de novo)(?<!lista de novo)|^(?:e )?de novo\b|\b(?:acabei|acabo) de (?:te |lhe |vos )?(?:falar|dizer|responder|informar|contar|explicar)\b|\b(?:vc|vcs|tu) (?:nao )?(?:le|leu|leem|ouve|escuta|presta atencao)(?: \w+){0,2}(?: nao)?$|\b(?:quantas vezes|mil vezes|toda hora|mesma pergunta|sempre a mesma coisa|mesma coisa de novo|pergunt\w+ (?:de novo|outra vez|isso de novo|a mesma)|ta repetindo|fica repetindo|repetindo|vc (?:ja )?pergunt\w+|ja perguntou|acabei de (?:falar|dizer|responder|informar)|tenho que repetir|vou (?:ter que )?repetir|nao le o que|nao leu)\b|\balready (?:told|said|answered)|\bya (?:te |se )*(?:lo )?dije\b",
)
_LOST = says(
    r"\bnao (?:entendi|compreendi|to entendendo|entendo|tendi|saquei|peguei a ideia|captei|ficou claro|to sabendo|entendi nada|sei (?:o que|como) (?:fazer|faz|faco|responder|proceder|funciona isso|isso funciona|e isso|escolher|e que))\b(?! (?:como funciona|como e|se |por que|porque|de porcentagem|nada de (?:celular|tecnologia|energia)|dessas|de celular|de tecnologia|quanto|essa conta que))|^(?:nao )?entendi (?:foi )?(?:nada|nao|bulhufas|patavina)|\b(?:entendi nada|entendi nao|entendi foi nada)\b|\bcomo assim\b|^como(?: e| e que e)?$|^o que$|^que$|^ha$|^han$|^hein$|\bcomo (?:e )?(?:que )?(?:eu )?(?:manda|mando|envio|envia|tiro|anexo|faz para mandar|faco para mandar|faco para enviar|que manda|respondo|escolho)\b|\bcomo que manda\b|\bto (?:perdid[oa]|confus[oa]|boiando|voando|mais perdid[oa])\b|\bconfus[oa]\b|\bme perdi\b|\b(?:explica|fala) (?:de novo|direito|melhor|mais simples|devagar)\b|\bque (?:e|seria) (?:isso|para fazer)\b$|\bpode explicar (?:melhor|de novo)\b|\be eu faco o que\b|\bfaco o que(?: agora)?\b|\bo que (?:e que )?(?:e para|eu) (?:fazer|mandar|responder)\b|\bnao sei o que (?:vc|vcs) (?:quer|querem|ta)|\bi don t (?:understand|get it)|\bno entiendo\b(?! portugu)|\bnao sei (?:mexer|fazer) (?:nisso|isso)\b|\bta complicado\b|\b(?:muito |tudo )complicad[oa]\b|\bmuita informacao\b",
)
_NOT_LOST = says(
    r"\bnao entendo de porcentagem\b|\bo que e isso\b(?=.*\bmensagem\b)|\bo que eu faco para (?:participar|entrar|cancelar)|\bcomo (?:eu )?(?:faco|faz) para (?:participar|cancel|aderir|parar)"
)
_INSULT = (
    r"\b(?:ladr(?:ao|oes|a)|bando de bandidos?|seus? bandidos?|bandidos|golpistas?|palhac\w+|merdas?|bostas?|porr[ae]|caralh[oa]|krl|crl|pqp|vtnc|vsf|vtmnc|fdp|filh\w+ da puta|puta (?:que|merda)|puta|arrombad\w+|corn[oa]s?|vai (?:se |tomar |a |pra |para |pro |catar |te )+(?:f\w+|lascar|danar|cu|no cu|merda|inferno|coquinho|caralho|puta|lenhar|o inferno)|idiotas?|imbecil|imbecis|otari[oa]s?|burr[oa]s?|lixos?|safad[oa]s?|vagabund[oa]s?|trouxa|inutil|incompetent\w+|desgrac\w+|cretin\w+|pilantras?|picaretas?|trambiqueir\w+|mentiros[oa]s?|enganador\w*|sem vergonhas?|cambada|babacas?|canalhas?|nojent[oa]s?|chatos?|chata|insuportave\w+"
    r"|vergonha|ridicul[oa]s?|absurdo|pessim[oa]s?|horrivel|porcaria|droga|que saco|saco cheio|enche o saco|encher o saco|que inferno|inferno|raiva|de saco cheio|to puto|to puta|put[oa] da vida|process(?:ar|o) (?:vcs|voces|a serena)|vou process\w+|denunci(?:ar|o|a)|meu advogado|vou (?:no|ao|acionar o|chamar o|ligar (?:no|para o|pro)) procon|no procon|ao procon|procon neles|to cansad[oa] (?:de|disso)|falta de respeito|desrespeito|palhacada|sacanagem|aborrecid[oa]|indignad[oa]|revoltad[oa]|irritad[oa]|irritante|pelo amor de deus|haja paciencia|paciencia tem limite|que demora|ta de brincadeira|ta de sacanagem|cambada|robo burro|me poupe|perturba\w+|enchendo|perdendo meu tempo|perda de tempo|estelionatari\w+|_raiva|scammers?|idiots?|bullshit|fuck\w*|mierda|ladrones|estafadores|nao aguento mais|que insistencia|insistencia|que chatice|chatice|(?:vou )?chamar a policia|policia|larga do meu pe|que palhacada|tnc|tmnc)\b"
)
_UPSET = says(_INSULT)
_NOT_UPSET = says(
    r"\b(?:com|tenho|tinha|que|passo|morro de|uma) vergonha\b(?! de vcs)",
    r"\bnao aguento mais (?:\w+ )?(?:pagar|conta|luz|valor|preco|esse calor|essa conta)\b",
    r"\b(?:contas?|luz|valor|preco|calor|celular|internet|sinal|chuva|transito|foto|camera|dia|mes|imposto|bandeira|celpe|enel|distribuidora|cemig|coelba|equatorial)(?: \w+){0,4} (?:absurd[oa]|horrivel|pessim[oa]|um absurdo|vergonha|porcaria|ridicul\w+|merda|uma droga|ruim|chata?)\b|\b(?:porcaria|droga|merda) d(?:e|o|esse|a) (?:celular|camera|internet|telefone|conta)|\bsem vergonha de\b|\bvergonha de (?:mandar|mostrar|falar)|\bchat[oa] (?:te |de )?(?:perguntar|incomodar)|\bdesculpa (?:ser |a )?chat|\bsou burr[oa]\b|\beu que sou\b",
)
_CHAT = says(
    r"^k(?: k)*$|^(?:nossa|caraca|eita lasqueira|eita|vixe|caramba|poxa|uau|oxe|oxente|uai|egua|barbaridade|misericordia|jesus|meu deus|ave maria|legal|que legal|show|bacana|maneiro|top|interessante|entendi|sei|hm|ah|ah ta|ah sim|ata|saquei|ok entendi|gostei|amei|que bom|que maravilha|otimo|massa|daora|da hora|que pena|lamento|pois e|tendeu|ahh?|oh|ui|credo|aff|affe|eita nois|tri legal|show de bola|bom demais|maravilha|wow|que coisa|amem|so jesus|vixe maria|eita mundo|boa sorte|misericordia que \w+|confirmado entao)(?: (?:viu|ne|k|hein|gente|demais|menina|menino|mano|so|sim|mesmo|entao|moc[ao]|tche|uai|isso|bom|legal))*$|\b(?:que|ta) (?:calor|frio|chuva)\b|\b(?:calor|chovendo|jogo|futebol|flamengo|corinthians|palmeiras|vasco|gremio|inter|novela|bbb|carnaval|copa)\b(?! (?:a conta|luz))|\bvou ficar ric[oa]\b|\bk\b$|\b(?:piada|brincadeira|brincando|zoando|zoeira)\b",
)
_IRONY = re.compile(
    r"\bah sim com certeza\b|\bclaro porque eu (?:adoro|amo)\b|\bobvio que nao\b|\bque maravilha outro\b|\boutro robo\b"
)

TALK: tuple[Rule, ...] = (
    Rule(M.GREETING, _GREETING, asked=True),
    Rule(M.THANKS, _THANKS, asked=True),
    Rule(M.GOODBYE, _GOODBYE, asked=True),
    Rule(M.WAITING, _WAITING, _NOT_WAITING, asked=True),
    Rule(M.ALREADY_SENT, _ALREADY_SENT, asked=True),
    Rule(M.REPEATED, _REPEATED, asked=True),
    Rule(M.LOST, _LOST, _NOT_LOST, asked=True),
    Rule(M.UPSET, _UPSET, _NOT_UPSET, asked=True),
)  # fmt: skip
CHAT = Rule(M.CHAT, _CHAT, asked=False)

_SAD = frozenset({M.HARDSHIP, M.HOLDER_DECEASED})
_WORRIED = frozenset({M.FRAUD_FEAR})


def mood_of(meanings: set[Meaning], said: str) -> Mood:
    """Return how a person sounds who means this."""
    if M.UPSET in meanings:
        return Mood.UPSET
    if meanings & _SAD:
        return Mood.SAD
    if meanings & _WORRIED:
        return Mood.WORRIED
    if re.search(r"\bk\b", said) or _IRONY.search(said):
        return Mood.JOKING
    return Mood.CALM
