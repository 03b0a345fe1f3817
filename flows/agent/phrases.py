"""How leads say what they want: patterns over folded text, each with what only looks like it (domain.md 2.3, 11.1)."""

from __future__ import annotations

import re

_PLEASE = r"(?: (?:por favor|pfv|pf|pls|agora|ja|isso|tudo|obrigad[oa]|com isso|de mandar|mensagens?))*"
_HELLO = (
    r"(?:(?:oi|ola|opa|alo|ei|hey|bom dia|boa tarde|boa noite|tudo bem|entao|ah|olha|moca|moco|eu|gente|querid[oa]) )*"
)
_ME = r"(?:me |mim |nos )?"

ACTIVATE = re.compile(
    rf"^{_HELLO}(?:sim )?(?:quero |pode |vou |gostaria de |bora )?ativ(?:ar|a|e|o|ando)"
    rf"(?: (?:o |a )?(?:meu |minha )?(?:perfil|cadastro|conta|desconto))?(?: (?:agora|sim|ja|por favor|"
    rf"entao))*$|\bativar (?:o )?(?:meu )?perfil\b"
)

OPT_OUT_WORD = re.compile(
    rf"^{_HELLO}(?:quero |favor |por favor |pode )?(?:parar?|pare[mi]?|sair|saia|stop|cancel(?:ar?|e)|"
    rf"descadastr\w+|remov(?:er|a)|"
    rf"desinscrev\w+|unsubscribe|chega){_PLEASE}$"
)
OPT_OUT = re.compile(
    r"\bnao (?:quero|desejo|gostaria de|aceito|autorizo) (?:mais )?(?:receber|receb\w+|ser contatad\w+|ser "
    r"incomodad\w+|contato|ligac\w+)"
    r"(?!.*\b(?:duas|dois|conta em papel|fatura em papel|ligac\w+ so)\b)"
    r"|^(?:.{0,25} )?nao quero mais(?: nada| mensage\w+| contato| saber| falar| papo| isso| participar| conversa\w*)*"
    r"(?: com voces| com vcs| de voces| de vcs| disso| obrigad[oa])*$"
    r"|\bnao (?:me )?(?:mand\w+|envi\w+|escrev\w+|cham\w+|procur\w+|incomod\w+|perturb\w+|contat\w+|lig(?:ue|"
    r"uem|a|am)) mais\b(?! (?:tarde|informac\w+|uma foto))"
    r"|\bnao (?:me )?(?:mand(?:e|em|a|am)|envi(?:e|em|a|am)) (?:mais )?(?:mensage\w+|nada|msg\w*)"
    r"|\bnao (?:me )?(?:incomod|perturb)(?:e|em|a|am)\b"
    r"|\bpar(?:e|em|a|ar) de (?:me |ficar me |ficar )?(?:mand\w+|envi\w+|lig(?:ar|ando)|cham\w+|incomod\w+|"
    r"perturb\w+|encher|receber|insist\w+)"
    r"|\b(?:quero|gostaria de|como (?:eu )?(?:faco (?:para|pra)|posso)?) (?:\w+ )?(?:parar de receber|sair "
    r"da(?:s)? (?:lista|grupo|contatos?))"
    r"|\b(?:me )?(?:tir(?:a|e|em|ar)|remov(?:a|e|am|er)|exclu(?:a|i|am|ir)|ret(?:ire|ira|irem))(?: me| o| a)? "
    r"(?:meu (?:numero|contato|telefone|nome|zap|whats\w*)|d(?:a|essa|esta|as) (?:lista|listas|grupo|"
    r"contatos?))"
    r"|\bme (?:tir(?:a|e|em) d|remov(?:a|am|e) d|remov(?:a|am)\b|descadastr\w+)|\bquero me descadastrar|"
    r"\bdescadastr(?:ar|e|em) (?:meu|o meu|esse)"
    r"|\bcancel(?:ar|e|em|a) (?:a |o |minha |meu |essa )*(?:inscricao|envios?|mensage\w+|recebimento|lista|contato)"
    r"|\b(?:me )?deix(?:a|e|em) ?(?:me )?em paz\b|^(?:me )?(?:sair|tirar?|remover) (?:d[ae]ssa|desta|da) lista"
)
NOT_OPT_OUT = re.compile(r"\b(?:nao|nunca) (?:pare|parem|para|quero parar|me tir\w+|me remov\w+|quero sair)\b")

ERASE = re.compile(
    r"(?:\b(?:apag|delet|elimin)(?:a|ar|ue|e|em|uem|ando)|\bexclu(?:a|am|i|ir|em|indo)|\bremov(?:a|am|e|er|em)|"
    r"\besquec(?:a|am|er|e))\s"
    r"(?:(?:com|por favor|todos?|todas?|tudo|os|as|o|a|de|voces|vcs|meu|minha|meus|minhas|esses|essas|mim|sobre) )*"
    r"(?:dados|cadastro|informac\w+|registros?|perfil|conversas?|historico|documentos?|(?:minha|da minha) foto|"
    r"conta de luz que)\b"
    r"|\b(?:apag|delet|elimin)(?:a|ar|ue|e|em|uem) tudo(?: (?:sobre|de|que)\b.*|$)"
    r"|\bdireito (?:ao|de) esquecimento|\bexclusao d[oe]s? (?:meus )?dados|^lgpd$|\b(?:quero|solicito|exijo) "
    r"(?:meu )?direito (?:da|na|pela) lgpd"
    r"|\b(?:apag|delet|elimin)(?:a|ar|ue|e|em|uem) (?:o |os )?(?:meus?|nossos?) (?:numero|contato|telefone|nome)"
)
NOT_ERASE = re.compile(
    r"\bnao (?:\w+ )?(?:apag|delet|exclu|elimin|remov)|\b(?:vao|vai|voces|vcs|quando|ja|sera que) "
    r"(?:\w+ )?(?:apag|delet|exclu|elimin)(?:ar|am|a|e|em|uir|uem)\b"
)

_PERSON = (
    r"(?:pessoas?|atendente\w*|human[oa]s?|seres? humanos?|consultor\w*|vendedor\w*|representante\w*|"
    r"responsavel|gerente|supervisor\w*|"
    r"alguem|gente(?: de verdade)?|moca|moco|especialista|operador\w*|funcionari[oa])"
)
ASK_HUMAN = re.compile(
    rf"\b(?:fal(?:ar|o|asse)|convers(?:ar|o)|trat(?:ar)|resolver|atendid[oa]|contato|transfer\w+|pass(?:a|ar|"
    rf"e)|encaminh\w+|chama\w*|manda\w*|coloca\w*|quero|queria|preciso(?: de)?|prefiro|gostaria de|tem)"
    rf"(?: {_ME}(?:direto|diretamente|logo|mesmo|ai))* (?:com |por |para |pra |de |ser |d?o |d?a |um |uma |"
    rf"outra |algum |alguma |nenhum )*{_PERSON}\b(?! (?:me (?:falou|disse|mandou)|falou|disse|mandou|ja|na "
    rf"minha|da minha|mora))"
    rf"|^{_HELLO}(?:um |uma |o |a )?(?:atendente|humano|atendimento(?: humano| pessoal| com pessoa\w*)?|"
    rf"pessoa(?: real| de verdade)?|consultor\w*|vendedor\w*|falar com alguem)(?: por favor| pfv| agora| "
    rf"humano| ja)*$"
    r"|\batendimento (?:humano|pessoal|por pessoa|com humano)"
    r"|\b(?:me|pra mim|para mim) (?:lig(?:a|ue|uem|am|ar|aria)|telefon\w+|retorn\w+)\b|\b(?:pode|podem|podia|"
    r"poderia|poderiam|da pra|da para|quero que|queria que)(?: \w+){0,2} (?:me )?(?:ligar|ligue|liguem|ligarem|"
    r"ligassem|telefonar)\b"
    r"|\blig(?:a|ue|uem|ar) (?:pra|para) (?:mim|o meu|meu)\b|\bligarem (?:pra|para) mim|\bfalar por "
    r"(?:telefone|ligacao)|\bpor (?:ligacao|telefone) (?:e|eh|seria) melhor|\bqual o telefone de voces"
    r"|\bnao (?:quero|gosto de|vou|consigo) (?:falar|conversar|tratar)(?: com)? (?:um |uma |com )*(?:robo\w*|"
    r"robot|bot|maquina|ia|inteligencia)"
    r"|\bfalar com (?:voces|vcs) (?:por|no) (?:telefone|ligacao)"
    rf"|\bajuda (?:humana|de (?:uma |um |o |a )*{_PERSON})\b"
    r"|\balguem (?:ai )?(?:pode|poderia|consegue) (?:me )?(?:atender|ajudar|ligar|responder|explicar)"
)
NOT_ASK_HUMAN = re.compile(
    r"\bnao (?:quero|precis\w+|gostaria de|gosto de|e necessario|me)(?: \w+)? (?:fal|convers|atendente|"
    r"consultor|vendedor|pessoa|humano|lig|uma? |de )"
    # "Quando vão me ligar?" asks for a call that is on its way; "quando puder me liga" asks for one.
    r"|\b(?:quando|que horas|que dia|ate quando)(?: e que| que)?(?: (?:voces|vcs|eles|alguem|o|a|consultor\w*|"
    r"atendente|sera|me))* (?:va[io]|vai|vao|ira|irao|pretende\w*|lig(?:a|am|arao|ara)|falam?|entram?|retornam?)\b"
    r"|\b(?:estou|to|tou) (?:aqui )?(?:falando|conversando)|\b(?:ja|nao) (?:falei|conversei|me ligou|me "
    r"ligaram)|\bnao (?:me )?(?:ligue|liguem|liga|ligar)"
)
FED_UP_WITH_ROBOT = re.compile(
    r"\bnao (?:quero|gosto de|vou|consigo) (?:falar|conversar|tratar)(?: com)? (?:um |uma |com )*(?:robo|bot|"
    r"maquina|ia\b|inteligencia)"
)

NOT_INTERESTED = re.compile(
    r"\b(?:nao|nem) (?:tenho|tinha|temos|ha|possuo)(?: \w+){0,2} interesse(?! (?:em|por|n[oa]s?) (?:placas?|"
    r"paine\w+|instal\w+|obra|comprar))|\b(?:sem|perdi o|nenhum) interesse\b|\bnao (?:me )?interess(?:a|ou|"
    r"ei)\b|"
    r"\bnao (?:estou|to|tou|sou|fiquei) (?:mais )?interessad[oa]|\bdesist(?:o|i|imos)\b|\bvou desistir\b|\bnao "
    r"(?:quero|vou) (?:mais )?(?:participar|aderir|contratar|fazer|assinar|continuar)\b|"
    r"\bdeix(?:a|e) (?:pra|para) la\b|^(?:oi |ola )?nao(?: eu)? quero(?: nao| obrigad[oa]| mesmo| isso| saber| "
    r"agora nao)*$|\bnao quero (?:nada|desconto nenhum|plano nenhum|nenhum)|\bnao (?:e )?(?:pra|para) mim$|"
    r"\bnao vale a pena(?: pra mim| para mim)?$|\bmudei de ideia\b(?! (?:quero|vou querer))|\bnao,? "
    r"obrigad[oa]\b.*\binteress"
)

LATER = re.compile(
    r"\b(?:mand|envi|mostr|pass|tir)(?:o|a|ar|aria|arei|amos|ando)(?: \w+){0,5} (?:depois|mais tarde|amanha|"
    r"logo mais|daqui a pouco|ja ja|outra hora|outro dia|em casa|a noite|de noite|hoje ainda|assim que|quando|"
    r"na segunda|semana que vem|no fim de semana)\b|"
    r"\b(?:depois|mais tarde|amanha|logo mais|daqui a pouco|ja ja|a noite|de noite|em casa|assim que(?: eu)? "
    r"\w+(?: em casa)?|quando(?: eu)? (?:chegar|puder|der|tiver|encontrar|achar)\w*(?: \w+){0,3})(?: (?:eu|te|"
    r"ja|lhe|vou|a|vcs|ai))* (?:mand|envi|mostr|pass|tir)(?:o|ar|arei|amos)\b|"
    r"\b(?:nao|n) (?:tenho|to com|estou com|esta|ta|tenh?o) (?:a |minha |essa |ela )*(?:conta|fatura|boleto|"
    r"ela)(?: \w+){0,2}(?: (?:aqui|agora|comigo|em maos|na mao|no momento|por perto|ainda))\b|\bnao (?:tenho|"
    r"to com|estou com) ela (?:aqui|agora)\b|"
    r"\bagora nao(?: posso| da| consigo| tenho| quero)?\b|\bnao (?:posso|consigo|da|dá)(?: \w+){0,3} (?:agora|"
    r"no momento)\b|\bagora (?:to|estou) (?:ocupad[oa]|no trabalho|trabalhando|dirigindo|na rua|fora)|\b(?:to|"
    r"estou) (?:no trabalho|trabalhando|dirigindo|na rua|fora de casa|ocupad[oa])\b|\bnao (?:to|estou) em "
    r"casa\b|"
    r"^(?:ok |sim |ta |certo |pode ser |talvez |so |entao )*(?:depois|mais tarde|amanha|outra hora|outro dia|"
    r"em outro momento|outro momento|daqui a pouco|ja ja|logo mais|em breve)(?: (?:eu |te )?(?:falo|vejo|"
    r"respondo|faco|mando|envio|pode ser|ok|obrigad[oa]|por favor))*$|"
    r"\b(?:vou|deixa? (?:eu )?|xo|preciso|tenho que|tenho de|falta) ?(?:so |ali |la |ainda )*(?:procurar?|achar?|"
    r"pegar?|"
    r"buscar?|ver se acho|baixar?|tirar?|bater?|imprimir)(?: \w+){0,2} (?:conta|fatura|boleto|segunda via|foto)\b"
    r"|\bvou pensar\b|\bme chama (?:depois|mais tarde|amanha|outra hora)"
)
NOT_LATER = re.compile(r"\b(?:ja mandei|acabei de mandar|mandei agora|voces (?:me )?mand|vcs (?:me )?mand|me manda)\b")

THANKS = re.compile(
    r"\b(?:(?<!sou )(?<!e )(?<!ser )(?<!fui )(?<!estou )(?<!somos )(?<!sao )obrigad(?:a|o|ao|inh[oa]|as|os|"
    r"issim[oa])\b(?! (?:a \w+r|por lei)\b)|obg[da]?|obgd[oa]|brigad(?:a|o|ao|inh[oa])|"
    r"valeu(?! a pena)|vlw+|agradec\w+|grat[oa](?: por| pela| pelo|$)|gratidao|thanks|thank you|tks|thx|deus "
    r"(?:lhe |te |os )?(?:pague|abencoe))\b"
)
GREETING = re.compile(
    r"^(?:(?:ah|e|hm+) )?(?:oi+e?|ola+|opa|alo|eai|e ai|iai|eae|hey|hello|hi|ei|salve|fala ai|bom diaa*|boa "
    r"tarde|boa noite|bomdia|boatarde|boanoite|bdia|td bem|tudo bem|tudo bom|prazer)\b"
)
GOODBYE = re.compile(
    r"\b(?:tchau\w*|xau|tchauzinho|adeus|bye|ate (?:mais|logo|breve|amanha|a proxima|depois)|abracos?|abs|um "
    r"beijo|bjs?)$|"
    r"^(?:tchau|xau|adeus|bye|ate mais|ate logo)\b|^(?:fui|falou|valeu falou|ok fui)$|\btenha (?:um|uma) "
    r"(?:bo[ma]|otim[oa]|excelente) (?:dia|tarde|noite|semana|fim)|\b(?:um|uma) (?:bo[ma]|otim[oa]) (?:dia|"
    r"tarde|noite|semana|final de semana) (?:pra|para) (?:voce|vc|voces|vcs|ti|todos)"
)

_YES = (
    r"(?:s|ss|sim+|sin|isso|isso mesmo|isso ai|correto|corretissimo|certo|certinho|certissimo|exato|exatamente|"
    r"confirmo|confirmado|confirma|confirmad[oa]|ok|okay|okey|oki|okk|blz|beleza|"
    r"pode ser|pode|pode sim|claro|com certeza|perfeito|positivo|aham|uhum|uhu|hum+ hum+|ta bom|ta certo|ta ok|"
    r"ta|tudo certo|tudo correto|tudo ok|afirmativo|fechado|combinado|joia|show|bora|vamos|vamo|"
    r"quero|quero sim|aceito|e|eh|e isso|e isso mesmo|e esse mesmo|e essa mesma|esse mesmo|essa mesma|esta "
    r"certo|esta correto|esta certa|esta tudo certo|ta correto|ta tudo certo|sou|sou eu|sou sim|moro|moro sim|"
    r"e sim|e verdade|pois e|agora sim|"
    r"agora (?:ta|esta) (?:certo|correto|certinho)|agora foi|yes|por favor|sem duvida|logico|obvio|"
    r"pode continuar|pode prosseguir|pode seguir|vamos la|vamos sim|continuar|prosseguir|prossiga|continua|"
    r"continue|de acordo|concordo|autorizo|exatamente isso|isso sim|tenho sim|tenho interesse|tenho|estou|"
    r"estou sim|estao certos|estao corretos|gostaria|gostaria sim|topo|manda|manda ver|manda bala|pode mandar)"
)
_YES_TAIL = (
    r"(?: (?:eu|mesmo|obrigad[oa]|por favor|pfv|sim|ai|com certeza|la|aqui|ja|entao|moca|moco|agora|claro|isso))*"
)
CONFIRM = re.compile(
    rf"^{_HELLO}{_YES}(?: {_YES})*{_YES_TAIL}$|^{_HELLO}(?:sim+|isso mesmo|claro que sim|com certeza|confirmo|"
    rf"aham|uhum|e sim|e isso|ta certo|esta certo|esta correto)\b(?! (?:ou nao|que nao))"
)
# A yes that stands after something else was said: "ah, eu preenchi. Sim, é Recife". A late "ok" is none.
CLEAR_YES = re.compile(
    r"^(?:sim+|isso mesmo|e isso|e sim|e aqui|aqui sim|e aqui sim|ta certo|esta certo|ta correto|esta correto|correto|"
    r"confirmo|com certeza)\b(?! (?:ou nao|que nao|se|mas))"
)
# Words that come before the answer and are none: they excuse, they thank, they remember.
APOLOGY = re.compile(
    r"\b(?:me )?(?:desculp(?:a|e|em|as|pa)|perdao|perdoe?|foi mal|sinto muito)"
    r"(?: (?:a|o|as|os|pela|pelo|por|de|so|ai|ta|viu|mesmo|minha|meu|demora\w*|atraso|sumico|demorar|atrasar|sumir|"
    r"responder|respondendo|ver|vi|agora|hoje|incomodo|transtorno|erro|engano|moc[ao]|gente))*"
)
# "Ok, obrigado" and "blz vlw" end a talk; "sim, obrigado" and "certo, obrigado" answer.
OK_AND_THANKS = re.compile(
    r"^(?:(?:ok|okay|okey|ta|ta bom|ta ok|tudo bem|blz|beleza|entao|ah|oi|"
    r"muito|mt|pela|pelo|atencao|ajuda|moc[ao]|viu) )*"
    r"(?:obrigad\w*|obg[da]?|obgd[oa]|brigad\w+|valeu|vlw|agradec\w+|grat[oa]|gratidao|thanks|tks|thx)"
    r"(?: (?:ok|ta|viu|moc[ao]|mesmo|muito|pela|pelo|atencao|ajuda|informac\w+|tambem|por|enquanto|demais|ai))*$"
)
CONFIRM_EMOJI = re.compile("[👍👌✅☑✔🆗]")
DENY_EMOJI = re.compile("[👎❌🚫✖]")
DENY = re.compile(
    rf"^{_HELLO}(?:n|nn|nao+|nop|nope|no|negativo|nunca|jamais|nem|naum|nao nao|nananinanao)$|"
    rf"^{_HELLO}(?:nao+|naum|n) (?:e|eh|sou|moro|fica|esta|ta|foi|seria|mora|confere|bate|confirmo|concordo|"
    rf"mesmo|mais|obrigad[oa]|quero|era|ess[ea]|est[ea]|isso|nao|mudei|senhora?|moca|moco|pode|gostei|autorizo|"
    rf"aceito)\b(?! (?:golpe|verdade que|legal))|"
    r"\b(?:esta|ta|estao|tao|ficou|veio|e|tudo|totalmente|os dados|valor|nome|cidade) (?:\w+ )?(?:errad[oa]s?|"
    r"incorret[oa]s?|trocad[oa]s?)\b|^(?:errad[oa]|incorret[oa])\b|\bnao (?:esta|ta|estao|e|eh|sao) "
    r"(?:cert[oa]s?|corret[oa]s?|isso|ess[ea]|assim|bem assim|minha|meu|a minha|o meu)\b|"
    r"\bnao (?:confere|bate)\b|\bclaro que nao\b|\bde jeito nenhum\b|\bnada disso\b|\bnegativo\b|\bacho que nao\b"
    r"|\b(?:prefiro|acho melhor|melhor|mesmo assim|por enquanto|ainda assim) "
    r"(?:prefiro |acho que )?nao(?: obrigad[oa])?$"
    r"|^nao precisa(?: (?:me|nao|avisar?|aviso|de aviso|mesmo|disso|obrigad[oa]|moc[ao]|se preocupar))*$"
)
NOT_DENY = re.compile(
    r"^nao (?:sei|entend|tenho (?:certeza|duvida)|consig|recebi|lembro|"
    r"precisa\b(?!$| (?:me avisar|avisa|aviso|de aviso|nao|mesmo|disso|obrigad|moc|se preocupar))"
    r"|precis(?!a\b)|tem)|\bnao (?:esta|e) (?:golpe|"
    r"errad)"
)
