"""What people want of us: to stop, to be erased, a person, a call, later, no more, to go on, to see, to be told."""

from __future__ import annotations

from flows.assistant.hear.rule import DOUBTS_ROBOT, HELLO, PLEASE, RELATIVE, Rule, says
from flows.assistant.meaning import Meaning

M = Meaning

_US = r"(?: (?:com vcs|de vcs|desse robo|disso|dessa empresa|da serena|com isso|dessa palhacada|dessa merda|nesse numero|nesse whatsapp|aqui|por aqui))*"
_STOP = says(
    rf"^{HELLO}(?:quero |favor |pode |desejo |vou |queria )?(?:parar|pare[mi]?|sair|saia|stop|quit|descadastr\w+|desinscrev\w+"
    rf"|unsubscribe|remover?|remova|chega|parem|basta){PLEASE}$",
    r"^cancelar$",
    r"^chega de (?:mensage\w+|spam|propaganda|encher|me)|\bremocao d\w+ (?:meu )?(?:numero|contato|telefone)|\bme ris(?:que|ca)\b|\bnum? quero receber|^(?:e )?(?:so )?(?:parar|as)(?: as)? mensage\w+$|^so (?:as )?mensage\w+|^(?:para para|parou|chega)(?: (?:ai|com isso|de encher|agora|por favor|ja|de graca))*$",
    r"\bnao (?:quero|desejo|gostaria de|aceito|autorizo|queria)(?: \w+)? (?:mais )?(?:receber|recebendo|ser contatad\w+|ser incomodad\w+|contato|ligacao|ligacoes|mensagens?|papo|conversa com vcs)\b",
    r"\bnao (?:quero|precisa\w*) (?:mais )?que (?:vcs |vc )?(?:me )?(?:mand\w+|envi\w+|escrev\w+|ligu\w+|cham\w+|procur\w+|incomod\w+)",
    r"\b(?:nao|nem|nunca) (?:me |nos )?(?:mand\w+|envi\w+|escrev\w+|cham\w+|procur\w+|incomod\w+|perturb\w+|contat\w+|enche\w*|amol\w+)(?: me)? (?:mais|nunca mais)\b(?! (?:tarde|informac\w+|uma foto|fotos?|detalhes))",
    r"\b(?:nao|nem) (?:precis\w+ )?(?:me )?(?:mand(?:e|em|ar?|am)|envi(?:e|em|ar?|am)) (?:mais )?(?:mensage\w+|nada|mais nada)\b",
    r"\bnao (?:me )?(?:incomod|perturb|ench|amol)(?:e|em|a|am)\b",
    r"\bnunca mais (?:me )?(?:mand\w+|cham\w+|escrev\w+|procur\w+|lig\w+)",
    r"\b(?:par(?:e|em|a|ar|ou)|para) (?:ja )?(?:de|com) (?:me |ficar me |ficar |essas? |esse )?(?:mand\w+|envi\w+|ligar|ligando|me cham\w+|incomod\w+|perturb\w+|ench\w+|receber|insist\w+|amol\w+|mensage\w+|spam|torrar|perseguir|escrever|encher|procurar|importunar|aporrinhar)",
    r"\b(?:quero|gostaria de|queria|como (?:eu )?(?:faco|fasso) para|como que|posso|da para)(?: \w+){0,2} (?:parar de receber|sair d(?:a|as|essa|essas|esta|este|esse|o) (?:lista|listas|grupo|contatos?|whatsapp)|bloquear vcs)\b",
    r"\b(?:me )?(?:tir(?:a|e|em|ar|am|o)|remov(?:a|am|er?)|exclu(?:a|i|am|ir|em)|ret(?:ire|ira|irem|irar))(?: (?:me|o|a|logo|ja|esse|este|imediatamente))*(?: meu| minha)? (?:(?:numero|contato|telefone|nome|whatsapp|celular|fone)|d(?:a|as|essa|esta|aqui|esse|este|isso|isto|ai) ?(?:lista|listas|grupo|contatos?|merda|bosta|porcaria|porra|negocio|troco|spam|whatsapp)?)(?=$| )",
    r"\b(?:me )?(?:tir(?:a|e|em) (?:me )?d(?:essa|isso|aqui|esse|ai|a lista)|remov(?:a|am|e) me|me remov(?:a|am|e)|descadastr\w+|me descadastr\w+|desinscrev\w+)",
    r"\bcancel(?:ar|e|em|a|o) (?:a |o |as |os |minha |meu |essa |esse |essas )*(?:inscricao|envios?|mensage\w+|recebimento|lista|contato|notificac\w+|avisos?)",
    r"\b(?:me )?deix(?:a|e|em) ?(?:me |eu )?em paz\b",
    r"^(?:me )?(?:sair|tirar?|remover) (?:d[ae]ssa|desta|da) lista",
    r"\bme (?:esquec(?:e|a|am)|bloquei(?:a|e|em))\b(?! de)|\b(?:vou|to) (?:te |te |vcs |a )?bloque\w+|\bvou (?:denunciar|bloquear) (?:esse|este|o) (?:numero|contato)\b|\bsome d(?:aqui|o meu)\b|\besquec(?:e|am) (?:o )?(?:meu numero|que eu existo)\b",
    r"\bnao quero (?:mais )?(?:saber|nada|papo|conversa|falar|contato|ouvir|ser)(?: mais)? (?:de|com|mais de|mais com|nada de) (?:vcs|voces|vc|serena)\b",
    r"\bnao (?:entr\w+|fa(?:ca|cam)) (?:mais )?(?:em )?contato\b|\bpara de contato\b",
    r"\b(?:stop|quit) (?:texting|messaging|sending|contacting|writing|bothering)|\b(?:do not|dont|don t|no more) (?:text|message|contact|write|messag\w+|send)|\b(?:remove|take) me (?:off|from)|\bleave me alone\b",
    r"\bno (?:me )?(?:escriban?|manden|mandes|envien|envies|escriban|escribas|molesten|molestes|llamen) (?:mas|nada|mensajes)?\b|\bdejen? (?:de |me )?(?:en paz|enviar\w*|mandar\w*|escribir\w*)|\bdejenme\b|\b(?:dar|dame|denme) de baja\b|\bno quiero (?:mas mensajes|recibir)",
)  # fmt: skip
_NOT_STOP = says(
    r"\b(?:nao|nunca) (?:pare|parem|para|quero parar|me tir\w+|me remov\w+|quero sair)\b",
    r"\b(?:duas|dois|2) (?:contas|boletos|faturas)|\b(?:conta|fatura) em papel|\bcontratos?\b|\bplaca|\bfoto\b|\bcom fidelidade\b|\bpara de (?:chover|vir|subir|aumentar|funcionar)",
    r"\bnao (?:quero|aceito)(?: \w+)? (?:receber )?ligac\w+(?=.*\b(?:por aqui|so mensagem|prefiro mensagem|whatsapp|so por)\b)|\bprefiro (?:por )?mensagem",
)
_ERASE = says(
    r"(?:\b(?:apag|delet|elimin)(?:a|ar|ue|e|em|uem|ando|o)|\bexclu(?:a|am|i|ir|em|indo|o|sao)|\bremov(?:a|am|e|er|em)|\besquec(?:a|am|er|e)|\bsom[ae]m?(?: com)?|\bsum(?:a|am|ir)(?: com)?|\blimp(?:a|e|em|ar)|\bdestru(?:a|am|ir))\s"
    r"(?:(?:com|por favor|todos?|todas?|tudo|os|as|o|a|de|do|da|dos|das|vcs|meu|minha|meus|minhas|esses|essas|esse|mim|sobre|que|e|tem|ai|ja|logo|imediatamente|um|essa|conversa|isso|com|minha|conta) )*"
    r"(?:dados|cadastro|informac\w+|registros?|perfil|conversas?|historico|documentos?|ficha|minhas fotos|conta de luz (?:que|dai|do|da|de)|meu nome do sistema|formulario)\b",
    r"\b(?:apag|delet|elimin|exclu|exclui)(?:a|ar|ue|e|em|uem|am|ir)? (?:isso )?tudo(?: (?:sobre|de|que|o que|ai|isso|meu|por favor|da|do)\b.*|$)",
    r"\b(?:meus dados|meu cadastro|tudo) (?:apagad|excluid|deletad|eliminad|removid)\w+\b|\bdireito (?:ao|de|a o) esquecimento|\b(?:exclusao|eliminacao|remocao) d[oe]s? (?:meus )?(?:dados|cadastro)|^lgpd$|\b(?:quero|solicito|exijo) (?:\w+ )?(?:meus? )?direitos? (?:da|na|pela) lgpd|\blgpd\b.*\b(?:apag|exclu|elimin|remov)|\b(?:solicito|exijo|peco|quero) (?:a )?exclusao\b",
    r"\b(?:apag|delet|elimin|exclu)(?:a|ar|ue|e|em|uem|i|ir|am) (?:o |os |ai |ja |de vez |logo )*(?:meus?|nossos?) (?:numero|contato|telefone|nome|dados|cpf)",
    r"\bnao quero (?:que )?(?:vcs |a serena )?(?:com |tenham |guardem |fiquem com )+(?:os )?(?:meus dados|meu cadastro|meu cpf|minha conta|minhas informac\w+)",
    r"\b(?:tir|retir)(?:a|e|em|ar|am|ada|ado|o) (?:(?:todos|os|meus|minhas|minha|meu|as|o|a|esses|tudo|do|da|d[eo]s) )*(?:dados|cadastro|informac\w+|cpf|registro)\b|\b(?:sumir|sair|fora) do sistema\b|\b(?:meus|os) dados fora\b|\bretirada d[oe]s (?:meus )?dados\b",
    r"\b(?:delete|erase|remove) (?:all )?(?:my|the) (?:data|info|information|account|record)|\b(?:borr(?:a|e|en|ar)|elimin(?:a|e|en|ar)) (?:todos )?(?:mis|mi) (?:datos|informacion|registro)",
)  # fmt: skip
_NOT_ERASE = says(
    r"\bnao (?:\w+ )?(?:apag|delet|exclu|elimin|remov|esquec)|\b(?:sera que|quando|como e que) (?:\w+ )?(?:apag|delet|exclu|elimin)(?:ar|am|a|e|em|uir|uem)\b",
    r"\b(?:vao|vai|vcs|ja) (?:\w+ )?(?:apagam|apagaram|apagou|excluem|excluiram)\b|\bapaguei\b",
)
_WHO = (
    r"(?:pessoas?|atendente\w*|human[oa]s?|ser(?:es)? humanos?|consultor\w*|vendedor\w*|representante\w*|responsavel|gerente|supervisor\w*"
    r"|alguem|gente(?: de verdade| de carne)?|moca de verdade|especialista|operador\w*|funcionari[oa]|encarregad[oa]|tecnico)"
)
_ROBOT = r"(?:robo\w*|robot|bot|maquina|ia|inteligencia|gravacao|computador|programa|secretaria eletronica)"
_PERSON = says(
    rf"\b(?:fal(?:ar|o|asse|e)|convers(?:ar|o)|tratar|resolver|atendid[oa]|contato|transfer\w+|pass(?:a|ar|e|em)|encaminh\w+|cham[ae]\w*|mand[ae]|coloc[ae]\w*|bot[ae]|quero|queria|preciso(?: de)?|prefiro|gostaria de|tem|poe|bota|cade|ponha)"
    rf"(?: (?:me|mim|nos|direto|diretamente|logo|mesmo|ai|so|ja))* (?:com |por |para |de |ser |do |da |o |a |um |uma |outr[oa] |algum |alguma |nenhum |que )*{_WHO}\b(?! (?:me (?:falou|disse|mandou)|falou|disse|mandou|ja|na minha|da minha|mora|que (?:mora|paga|assina)|aqui em casa|la em casa|em casa|da familia))",
    rf"^{HELLO}(?:um |uma |o |a )?(?:atendente|humano|human|agent|atendimento(?: humano| pessoal| com pessoa\w*)?|pessoa(?: real| de verdade| humana)?|consultor\w*|vendedor\w*|falar com alguem){PLEASE}$",
    r"\batendimento (?:humano|pessoal|por pessoa|com humano|de gente)|\bgente de verdade\b",
    r"\b(?:me|para mim) (?:lig(?:a|ue|uem|am|ar|aria|ue ai)|telefon\w+|retorn\w+)\b|\b(?:pode|podem|podia|poderia|poderiam|da para|quero que|queria que|tem como)(?: \w+){0,2} (?:me )?(?:ligar|ligue|liguem|ligarem|ligassem|telefonar)\b",
    r"\blig(?:a|ue|uem|ar) (?:para|pra) (?:mim|o meu|meu|minha|nos)\b|\bligarem para mim|\b(?:falar|resolver|conversar) por (?:telefone|ligacao|voz)|\bpor (?:ligacao|telefone) (?:e|seria) melhor|\bqual (?:e )?o (?:telefone|numero) de vcs\b|\btem (?:algum |um )?(?:telefone|numero|0800)(?: \w+){0,3} (?:ligar|falar|atendimento)",
    rf"\bnao (?:quero|gosto de|vou|consigo|sei|curto) (?:falar|conversar|tratar|papo|lidar|trocar ideia)(?: com)? (?:um |uma |com )*{_ROBOT}\b",
    r"\bfalar com (?:vcs|vc) (?:por|no) (?:telefone|ligacao)|\bfalar pessoalmente\b|\btem (?:uma )?pessoa (?:ai )?(?:para|que)\b",
    rf"\bajuda (?:humana|de (?:uma |um |o |a )*{_WHO})\b",
    r"\balguem (?:ai |da equipe |de vcs )*(?:pode|poderia|consegue) (?:me )?(?:atender|ajudar|ligar|responder|explicar)",
    r"\b(?:me )?(?:passa|transfere|chama|bota|coloca) (?:ai )?(?:para|pro|pra|o|a|um|uma) (?:\w+ )?(?:setor|equipe|humano|pessoal|suporte|chefe)\b",
    r"\b(?:talk|speak|chat) (?:to|with) (?:a |an |some ?one|somebody|your )*(?:human|person|agent|someone|somebody|representative|people)|\breal (?:person|human)\b|^(?:a )?human\b|\bhuman(?: agent)? please\b|\bhablar con (?:un |una |alguna? )*(?:persona|humano|alguien|asesor|agente|alguna persona)",
)  # fmt: skip
# Who of us is meant, and what is wanted of him.
_ONE_OF_US = (
    r"(?:(?:o|a|um|uma|esse|essa|outr[oa]|algum|alguma) )?(?:consultor\w*|vendedor\w*|representante|atendente\w*|especialista|tecnic[oa]|gerente|alguem|pessoa|um de vcs|pessoal|time|equipe"
    r"|(?:moc[oa]|rapaz|cara|menin[oa]|homem|mulher|gente|senhora?)(?= (?:d[aeo]s? |que (?:entende|sabe|cuida|explica|trata|trabalha|resolve)|ai\b)))(?: (?:d[aeo]s? (?:serena|vcs|time|equipe|planos?|desconto|energia)|de vcs|ai|la|mesmo|que \w+(?: diss?o)?))*"
)
_DO_FOR_ME = (
    r"(?:(?:me|nos) (?:lig\w+|cham\w+|procur\w+|retorn\w+|telefon\w+|explic\w+|atend\w+|ajud\w+|contat\w+|respond\w+|orient\w+|d(?:a|ar|e|ê) (?:um )?(?:toque|retorno|alo|ligada))"
    r"|(?:entr\w+ )?em contato|fal(?:ar?|e|asse) (?:com (?:el[ae]|a gente|ela|nos|minha|meu)|comigo)|retorn(?:ar?|e)|lig(?:ar?|ue|asse)(?! (?:a|o) )|explic(?:ar?|que)|(?:ver|veja|resolv\w+|confer\w+|cuid\w+|analis\w+|decid\w+|acert\w+|trat\w+|escolh\w+)(?= (?:isso|iss|comigo|o meu|meu|minha|esse|com|para|pra|por|qual|d|entao|ai|la)|$))"
)
_HAND_OVER = says(
    # send, ask, let, want, prefer the consultant to do it
    rf"\b(?:mand\w+|ped[ae]\w*|fal[ae]|diz|avis[ae]|deix\w+|bot[ae]|coloc\w+|poe|ponh\w+|pass[ae]|solicito|peco|prefir\w+|prefer\w+|quer\w*|gostaria|melhor|bom|acho melhor|espero|aguardo|pode\w*|podia\w*|cham[ae]|da para|sera que)(?: (?:so|mesmo|la|ai|entao|ja|logo|que|se|para|com|de|seria|vir|o contato d[eo]|um))* {_ONE_OF_US}(?: (?:que|para|possa|pode\w*|vir|vai|mesmo|ai|la|entao|ja))* {_DO_FOR_ME}",
    rf"\b{_ONE_OF_US} (?:pode|podia|poderia|consegue|tem como|vai poder) {_DO_FOR_ME}",
    # my case to the consultant; with the consultant, and nobody else
    r"\b(?:pass\w*|encaminh\w*|mand\w*|deix\w*|envi\w*) (?:o |a |esse |essa |tudo |isso )*(?:meu |minha )?(?:caso|contato|situacao|pedido|cadastro|ficha|isso|numero|tudo)? ?(?:para|com) (?:o |a |um |uma |seu )*(?:consultor\w*|vendedor\w*|atendente\w*|especialista|equipe|representante)\b",
    r"\b(?:trat|v[ej]|resolv|fech|acert|combin|convers|fal|decid|escolh)\w* (?:isso |tudo |melhor |so |direto |diretamente |logo )*com (?:o |a |um |uma |seu )*(?:consultor\w*|vendedor\w*|atendente\w*|especialista|representante)\b",
    r"\b(?:aguardo|espero|no aguardo d[eo]|fico no aguardo d[eo]|quero) (?:o |um )?(?:contato|retorno|ligacao|chamado) (?:d[eo] |da )?(?:um |uma )?(?:consultor\w*|vendedor\w*|atendente\w*|vcs|equipe|serena)\b",
    rf"\b(?:cham[ae]|busca|localiza) (?:la |ai )?{_ONE_OF_US}",
)
_NOT_HAND_OVER = says(
    # what the consultant did, or will do as was promised
    rf"\b(?:ja|ontem|hoje|foi|nao|ninguem|nenhum) (?:\w+ )?{_ONE_OF_US}(?: que)? \w+(?:ou|eu|iu)\b|\bja (?:falei|conversei|tratei|vi|combinei)\b|\b(?:vai|vao|ira) (?:me )?(?:explicar|ligar|chamar|falar|retornar)\b",
    r"\b(?:nao|nem) (?:precis\w+|quer\w*|carece|e para|deix\w+|mand\w+|cham\w+|pass\w+|fal\w+|gosto|vou)\b",
    r"\b(?:minha|meu|nossa|nosso) (?:gerente|equipe|tecnic[oa]|vendedor\w*|time)\b|\b(?:dar|da|pegar|receber) (?:a |o |minha )?(?:conta|foto)\b",
)
_WHEN_CALLED = rf"\b(?:quando|se|assim que|depois que|ate) (?:{_ONE_OF_US}|el[ae]s?|vcs?) (?:me )?(?:lig|cham|procur|retorn|fal|entr)\w*"
_NOT_PERSON = says(
    DOUBTS_ROBOT,
    _WHEN_CALLED,
    # Whether and who will call asks about a call that was promised; who tells of somebody wants nobody.
    r"\b(?:alguem|vcs|voces|eles|quem|consultor\w*|ele|ela) (?:ainda )?(?:vai|vao|ia|iam|vem|fica\w*) (?:\w+ )?(?:ligar|chamar|falar|retornar)\b|\btem (?:gente|pessoas?|alguem) que\b",
    r"\b(?:vou|vamos|irei) (?:\w+ )?(?:falar|conversar|ver|tratar) com (?:o |a )?(?:responsavel|gerente|pessoal|encarregad[oa]|supervisor\w*)\b|\b(?:alguem|pessoa)(?: aqui)? para (?:tirar|ver|mandar|fazer|me ajudar a tirar|achar|mexer)\b",
    r"\blig\w+ (?:quando|que horas|que dia)\b|\bnao (?:quero|precis\w+|gostaria de|gosto de|e necessario|me)(?: \w+)? (?:fal|convers|atendente|consultor|vendedor|pessoa|humano|lig|uma? |de )(?!\w* (?:com )?(?:um |uma |com )*(?:robo|bot|maquina|ia\b|inteligencia|gravacao|computador|programa))",
    r"\b(?:quando|que horas|que dia|ate quando)(?: e que| que)?(?: (?:vcs|eles|alguem|o|a|consultor\w*|atendente|sera|me|ele|ela))* (?:va[io]|vao|ira|irao|pretende\w*|lig(?:a|am|arao|ara)|falam?|entram?|retornam?)\b",
    r"\b(?:to|estava|estou) (?:aqui )?(?:falando|conversando)|\b(?:ja|nao|ninguem) (?:falei|conversei|me ligou|me ligaram)|\bnao (?:me )?(?:ligue|liguem|liga|ligar)\b|\bquem (?:e|sao|ta)\b|\bja me lig\w+|\bme liga\w* (?:faz|sempre|tod[ao]|direto)\b",
    rf"\b(?:falar|conversar|ver|perguntar) (?:antes |primeiro |aqui )?(?:com |para )?(?:a |o |minha |meu )+{RELATIVE}\b",
    r"\btem (?:alguem|gente)\b.*\b(?:ai|aqui|online|la)\b(?! para (?:conversar|falar))|^(?:\w+ )?tem gente$|\btem (?:alguem|gente) (?:ai|aqui)|^(?:\w+ )?tem alguem$|\bfalar com (?:vc|o dono|a dona|o titular|a titular|o proprietario)\b(?! por)",
    r"\b(?:liga|ligar|ligue|ligam) (?:a |o |de |meu |aparelho|ar\b|na tomada)",
    r"\b(?:veio|passou|apareceu) (?:uma?|um) (?:pessoa|moc[oa]|vendedor\w*|representante)|\bconsultor\w* (?:vai|ja|me (?:falou|disse|mandou|ligou|explicou|passou|prometeu|chamou))\b|\bmanda alguem aqui em casa",
)
_TIME = (
    r"(?:hoje|amanha|depois d\w+|antes d\w+|apos|a partir d\w+|de manha|pela manha|manha|a tarde|de tarde|a noite|de noite|noite|segunda|terca|quarta|quinta|sexta|sabado|domingo"
    r"|fim de semana|final de semana|semana que vem|hora do almoco|no almoco|\d{1,2} ?(?:h|hs|horas|hrs)\b|as \d{1,2}|das \d{1,2}|\d{1,2}h\w*|meio dia|horario comercial|mais tarde|dia \d+|qualquer hora|so depois|mes que vem|quando eu sair|\w+ quinzena|semana que vem|outra semana)"
)
_CALL = r"(?:procur\w+|me fal\w+|me acion\w+|lig(?:a|ar|ue|uem|arem|acao|o|am|ando)|telefon\w+|me chama|chamar|retorn\w+|falar comigo|entr\w+ em contato|contato|atend(?:o|er)|call me)"
_NOT_CALL_AT = says(
    r"\bnovidade|\bplano chegar|\bavis|\bconta\b.*\bmand|\bchegar aqui|\b(?:minha|a) luz\b|\bnao (?:me )?lig\w+ (?:de|em) (?:ficar|ser|pagar|esperar)|\bnao (?:vao |vai |ia |ira )?(?:me )?lig(?:ou|aram|aria)\b|\bnao lig(?:o|uei)\b",
    r"\b(?:ninguem|quando|que horas|por que|porque)(?: \w+){0,4} lig\w+",
)
_WRITTEN = r"(?:mensage\w+|audio|whatsapp|escrit[oa]|texto|e ?mails?|chat)"
_NO_CALLS = r"(?:lig(?:a|ar|ue|uem|uei|acao|acoes)|telefon\w+|chamad(?:a|as) (?:de voz|de video))"
_CALL_AT = says(
    # call then; then you may call
    rf"\b{_CALL}\b(?: \w+){{0,6}} {_TIME}",
    rf"{_TIME}(?: \w+){{0,5}} (?:pode|podem|me|consigo|posso|para)(?: \w+){{0,3}} {_CALL}",
    rf"^{HELLO}(?:so (?:posso |consigo |atendo )?|melhor |de preferencia |prefiro |pode ser |consigo |atendo |tem que ser |trabalho (?:ate|das) .*)(?:falar |atender |ser )?(?:so )?(?:(?:depois|a partir|antes|apos) (?:d[ae]s?|d[oa]|as|do)|entre as|pela manha|de manha|de tarde|a tarde|de noite|a noite|no sabado|as \d|\d{{1,2}} ?h).*$",
    rf"\b{_TIME}(?: \w+){{0,2}} (?:eu )?(?:consigo|posso|da para) (?:atender|falar)\b|\b(?:consigo|posso) (?:atender|falar)(?: \w+){{0,2}} {_TIME}",
    r"\bmelhor (?:horario|hora|dia) (?:para|de|e|pra)\b|\b(?:so )?me (?:ligu|chama|cham|lig)\w*(?: \w+){0,2} (?:depois|antes|a partir) d\w+ \d|\bto (?:livre|em casa|disponivel) (?:so )?(?:depois|a partir|antes|a noite|de noite|de manha)",
    # not then
    r"\b(?:nao (?:me )?(?:liga|ligue|liguem|ligar|atendo)|nao posso (?:atender|falar)|nao atendo) (?:\w+ ){0,3}(?:de manha|antes|agora cedo|no horario|durante|em horario|a noite|de noite|de dia|depois d|ligac\w+|no servico|no trabalho|numero)",
    # in writing, and no calls
    rf"\b(?:so|somente|apenas|prefiro|melhor|tem que ser|preferencia)(?: (?:me chama|fala comigo|falo|manda|me mand\w+|contato|atendo|com|so|que|seja|ser|respondo|consigo|falar))* (?:por |pelo |via |no )?{_WRITTEN}\b|\b{_WRITTEN} so\b|\bso {_WRITTEN}",
    r"\b(?:escrev(?:e|a|am)|digit(?:a|e|em)|manda (?:msg|mensagem|texto)|fala comigo) (?:so )?(?:aqui|por aqui|por escrito|no whatsapp)\b|\b(?:so|e so) (?:escrev\w+|por aqui|aqui)\b|\bescrever so\b|\bprefiro (?:que (?:me )?)?(?:lig\w+|ligacao|telefone)\b",
    rf"\b(?:nao|nem|nada de|sem|nunca|evit\w+)(?: (?:precis\w+|quer\w+|gosto|me|por favor|de|que|vcs?|eu|recebo|atendo|aceito|posso|receber))* {_NO_CALLS}\b(?! (?:a|o|para) (?:luz|energia|ar|chuveiro|importancia))(?! mais\b)|\b{_NO_CALLS}(?: (?:eu|pode|nao|me|de))* (?:nao|nem|jamais|nunca)\b(?! (?:veio|caiu|completa|funciona|importa|foi))",
    r"\b(?:sou|eu|ele e|ela e) (?:e )?(?:surd[oa]|mud[oa]|deficiente auditiv[oa])\b|\bnao (?:escuto|ouco)(?: (?:bem|direito|nada))?\b|\bdeficiencia auditiva\b",
)  # fmt: skip
_LATER_WHEN = r"(?:depois|mais tarde|amanha|logo mais|daqui a pouco|ja ja|outra hora|outro dia|em casa|a noite|de noite|hoje ainda|assim que|quando|na segunda|semana que vem|no fim de semana|fim do dia|mais a noite|daqui (?:um|uma|a)\b.*|logo|jaja|na volta|dia \d+|segunda|terca|quarta|quinta|sexta|sabado|domingo|de tarde|a tarde|mes que vem|qualquer coisa|outro momento|de manha|rapidinho|um dia desses|final de semana)"
# What is put off: a thing I do, not one that somebody did.
_DO = r"(?:(?:mand|envi|mostr|pass|tir|respond|decid|resolv|fal|bat|cham|escolh|volt|retorn|olh|peg|procur|ach|confirm|ver|vej|faz|fac|diz|dig|confer|confir)(?:o|a|e|ar|er|ir|amos|emos|imos|ando|endo|indo|arei|erei|irei|aremos|eremos)?|vemos|conto|contar)"
_LATER = says(
    # not before something; remind me
    r"\bnao (?:posso|vou|consigo|da para|quero) (?:escolher|decidir|assinar|fechar|resolver)(?: \w+){0,3} (?:antes|sem|agora|hoje|ainda)\b|\bso (?:decido|escolho|fecho|assino|resolvo) (?:depois|apos|quando|se|assim)\b|\bme lembr\w+ (?:semana|mes|depois|amanha|outro)\b",
    rf"\b{_DO}\b(?: \w+){{0,5}} {_LATER_WHEN}\b",
    r"\b(?:espera|esperar|aguarda|aguardar|esperando)(?: \w+){1,6} (?:que|ai|e) (?:eu )?(?:te |lhe )?(?:mando|envio|passo)\b|\b(?:preciso|tenho que|quero|vou|deixa eu) (?:fazer (?:umas|as|minhas) contas|olhar com calma|dar uma pensada|botar na ponta do lapis|estudar isso)\b|\bja (?:te )?(?:mando|envio|tiro|passo)\b(?! (?:embora|a outra))",
    rf"\b{_LATER_WHEN}(?: (?:\w+)){{0,6}} (?:{_DO}|ve)\b",
    r"\b(?:quando|assim que)(?: eu)? (?:chegar|puder|der|tiver|encontrar|achar|sair|largar|voltar)\b",
    r"\bnao (?:tenho|to com|ta|tenho mais|achei|encontrei|sei onde ta)(?: \w+)? ?(?:a |minha |essa |ela |nenhuma )*(?:conta|fatura|boleto|papel|ela)\b(?: \w+){0,2}(?: (?:aqui|agora|comigo|em maos|na mao|no momento|por perto|ainda|perto))\b|\bnao (?:tenho|to com) ela (?:aqui|agora)\b|\bnao to com (?:ela|a conta|a fatura)\b|\ba conta (?:ta|fica|ficou) (?:em casa|la em casa|no trabalho|na casa|com)\b",
    r"\bagora (?:eu )?nao(?: (?:posso|da|consigo|tenho|quero|e hora|to em casa))?\b|\bnao (?:posso|consigo|da|vai dar|tenho como)(?: \w+){0,3} (?:agora|no momento|hoje)\b|\b(?:neste|nesse|no) momento nao\b|\bhoje nao (?:da|consigo|posso|vai)",
    r"\b(?:to|ando|estava) (?:no |na |em |num |numa |aqui no |meio |muito |bem |indo |saindo )*(?:trabalho|trabalhando|dirigindo|rua|fora|ocupad[oa]|servico|trampo|reuniao|onibus|viagem|viajando|corrid[oa]|aula|medico|mercado|estrada|correria|atarefad[oa]|transito|hora do almoco|plantao|busy)\b|\bnao to em casa\b|\b(?:to|ta) (?:na )?correria\b",
    rf"^(?:ok |sim |ta |certo |pode ser |talvez |so |entao |bom |beleza |eu )*{_LATER_WHEN}(?: (?:eu|te|falo|vejo|respondo|faco|mando|envio|pode ser|ok|obrigad[oa]|por favor|ta|entao|so|viu|ne|pode|sim|a gente|conversa|se fala|nos))*$",
    r"\b(?:vou|deixa?(?: eu| so)?|xo|preciso|tenho que|tenho de|falta|pera|peraí|perai|espera|calma)(?: (?:so|ali|la|ainda|ver|ir|primeiro|aqui|eu|que|vou|rapidinho|antes))* (?:procur\w+|ach\w+|peg\w+|busc\w+|baix\w+|tir\w+|bat\w+|imprim\w+|cat\w+|pedir|localizar)(?: \w+){0,3} (?:conta|fatura|boleto|segunda via|foto|papel|ela|pdf|aplicativo|app)\b",
    r"\b(?:vou|quero|preciso|deixa(?: eu)?|xo|tenho que|tenho de|prefiro|me deixa|tamos|vamos|deixe(?: eu| me)?|irei|precisamos|precisava|queria)(?: (?:so|ver|melhor|bem|primeiro|antes|mais|um pouco|dar|uma|ainda|um|ir|me|pouco|la|ai|aqui))* (?:pensar|pensando|analisar|estudar|pensada|olhada|refletir|decidir|conversar com|falar com|perguntar|consultar|ver com|avaliar|comparar|conferir com|pesquisar|combinar com|levar a(?: a)? diretoria|levar para|ver direitinho|ver direito|ver isso)\b",
    r"\bvou ver\b(?! (?:os |ai |as |o )?(?:planos?|aqui|lista|opcoes))|\bvou pensar\b|\bto pensando\b|\bpensar (?:um pouco|melhor|no caso|com calma)\b|\bme da (?:um|uns|ate|so)(?: \w+)? (?:tempo|minuto|minutinho|tempinho|dias?|amanha)\b",
    r"\b(?:pera|perai|espera|aguarda|calma|so|um|1)(?: (?:ai|um|so|1))* (?:minut\w+|momento|momentinho|pouco|pouquinho|instante|segundo|segundinho|seg|tempinho)\b|^(?:pera|perai|pera ai|espera|espera ai|calma|calma ai|ja volto|um momento|momento|aguarda|guenta ai|guenta|marca ai)$|\bja volto\b|\bvolto ja\b",
    rf"\b(?:minha|meu) {RELATIVE} (?:\w+ )?(?:vai|ja) (?:mandar|enviar|tirar|te mandar|mandar a)\b|\bvou pedir (?:para|a|pro|pra)\b|\bpedir para (?:ela|ele|minha|meu)\b|\b(?:ela|ele) (?:vai|te) (?:mandar?|enviar?|chama)\b",
    r"\bme chama (?:depois|mais tarde|amanha|outra hora)|\b(?:amanha|hoje) (?:sem falta|ainda|de tarde|cedo)\b|\b(?:to|ando) (?:sem (?:tempo|bateria|internet|sinal|credito)|enrolad[oa]|atolad[oa]|apurad[oa]|apressad[oa]|com pressa|apertad[oa] (?:aqui|agora)|com as maos|cozinhando|no banho|dormindo)\b|\bacabou (?:a|minha) bateria\b|\bdepois d[oe] (?:expediente|almoco|servico|trabalho|jantar|culto|aula)\b|\b(?:no|na hora do) (?:intervalo|almoco)\b|\b(?:a conta|ela) (?:ainda )?nao (?:chegou|veio)\b|\bvou (?:esperar|aguardar) (?:a|chegar|o) \w+|\b(?:esqueci|deixei) (?:a |minha )?(?:conta|fatura|ela)(?: de luz)? (?:em casa|no|na)\b|\b(?:retorno|retornamos|retornaremos|responderei|enviaremos|mandaremos|entraremos em contato|providenci\w+)\b|\bassim que (?:possivel|puder|der|chegar|tiver|conseguir)\b|\bchega (?:as|so|de noite|mais tarde|em casa)\b|\bso (?:a noite|de noite|amanha|depois|mais tarde|no fim)\b|\bvejo isso\b|\bver isso depois\b|\bvou (?:ter que )?(?:decidir|resolver) (?:ainda|depois|com)\b|\bpreciso de (?:um |mais )?tempo\b|\b(?:prazo|tempo|dias?) para (?:pensar|decidir|ver|resolver)\b|\b(?:vou|preciso|quero|tenho que) (?:discutir|debater|tratar|combinar|conversar|decidir) (?:isso |primeiro |antes )*(?:com|em|entre) (?!(?:um|uma|algu|atend|ser|vc|vcs|o consultor))\w+|\b(?:to|estou|fiquei) sem (?:a |minha |essa )?(?:conta|fatura|papel)\b|\b(?:nao achei|nao encontrei|perdi|sumiu|nao sei (?:onde|cade)) (?:a |minha |essa |aquela )?(?:conta|fatura|papel)\b|\be (?:ja |depois |te |entao )?(?:mando|envio|passo)$|\b(?:quando|assim que|so quando|depois que) (?:a |o |minha |meu |el[ae] )*(?:\w+ )?(?:chegar|puder|voltar|vier|sair|tiver|acordar|melhorar|der)\b|\bdeixa (?:eu|para) (?:amanha|depois|mais tarde|ver)\b|\bvou dar uma (?:olhada|pensada|analisada|lida)\b|\bmais tardinha\b|\bsem pressa\b|\bcom calma\b|\bainda nao (?:decidi|sei|pensei|tenho|escolhi|vi)\b|\bnao decidi ainda\b|\bindecis[oa]\b",
    r"\b(?:later|tomorrow|tonight|let me think|i ll think|not now|give me (?:a|some)|i will send|ill send|i ll send|when i get home)\b|\b(?:mas tarde|manana|luego|despues|dejame pensar|ahora no|lo pienso|te mando (?:luego|despues))\b",
    r"\b(?:daqui|em) (?:uns|alguns|poucos|uma|um|dois|tres|\d+)(?: \w+)? (?:dias?|horas?|minutos?|semanas?|min)\b|\b\d+ ?(?:min|minutinhos?|minutos?)\b|^(?:pera|perae|pere|peraí|guenta)\b|\b(?:fica|deixa|deixo|deixar|passa) (?:isso )?(?:para|pra) (?:amanha|segunda|depois|outra hora|mais tarde|semana|outro dia|a noite|terca|quarta|quinta|sexta|sabado)\b|\b(?:mais|de) (?:de )?(?:noite|tarde|noitinha|tardinha)$|\bate (?:amanha|segunda|terca|quarta|quinta|sexta|sabado|domingo|o fim d\w|semana que vem) (?:eu|te|vejo|mando|decido|respondo)\b|\bme da(?: um)? (?:tempo )?ate\b|\bposteriormente\b|\boportunamente\b|\bembreve\b|\bem breve\b|\bainda (?:to|estou|tamos) (?:vendo|analisando|pensando|decidindo|avaliando|procurando|resolvendo)\b|\b(?:to|estou|tava) (?:mandando|enviando|tirando|almocando|jantando|comendo|cozinhando|cuidando|trabalhando|dirigindo|dormindo|estudando|viajando|resolvendo|saindo|voltando|chegando|esperando (?:meu|minha|a conta|o)|procurando|tentando achar|no meio|com (?:visita|cliente|crianca))\b|\bso (?:recebo|chega|vem|vence|tenho)(?: \w+){0,3} (?:dia|semana|mes|amanha|segunda|sexta)\b|\bchega dia \d|\bvou (?:imprimir|baixar|pedir|solicitar|providenciar|localizar|procurar|achar|buscar|pegar|catar|tirar)\b(?! (?:meu nome|o meu|os meus|dinheiro|satisfacao))|\b(?:deixa|deixe)(?: eu| me)? (?:chegar|ver|pensar|achar|procurar|terminar|acabar|sair|almocar|resolver|analisar|conferir|falar|perguntar|pegar)\b|\b(?:preciso|tenho que|tenho de|vou ter que|falta) (?:achar|procurar|pedir|buscar|pegar|localizar|encontrar|imprimir|tirar|ver|falar|perguntar|conversar|consultar|pensar|chegar)\b(?! (?:com (?:alguem|um|uma|atend)|que|se vale))|\b(?:encaminharei|enviarei|mandarei|remeterei|encaminharemos|verei|farei|pedirei|responderemos|analisarei|analisaremos)\b",
    r"^(?:vou (?:te )?mandar|mando|ja mando|ja vou mandar|vou mandar|vou tirar|to tirando|ja te mando|vou enviar|ja envio|vou tirar a foto|to procurando|vou procurar|vou achar|vou pegar|ja pego)\b(?!.*\bnao\b)(?!.*\b(?:outra|errada|certa|de novo|novamente|estranho|ninguem|nada)\b)",
)  # fmt: skip
_MAY_WAIT = says(
    rf"\b(?:posso|pode|podia|da para|consigo|tem (?:problema|como)|serve|espera)\b(?: (?!cancel|sair|desist|escolh|mud)\w+){{0,5}} (?!quando|assim que){_LATER_WHEN}\b",
    r"\bpode esperar\b|\bvcs esperam\b|\bate que dia\b",
)
_NOT_LATER = says(
    r"\b(?:ja mandei|acabei de mandar|mandei agora|mandei ontem|mandei hoje|ja enviei|vcs (?:me )?mand|(?<!quando )me manda|nao vou mandar|nao mando|manda (?:para|pra) mim|mandei (?:a|uma) conta|vcs ligam|me lig|me avis|avisa|avise|quando (?:chegar|tiver|abrir|sair|atender|comecar|for) (?:aqui|ai|em(?! casa)|na(?! minha casa)|no(?! trabalho)|por|alguma|novidade|plano)|depois (?:d[ae]s|d[ae] \d|das|que ela|de pagar|cancel))\b",
    r"\b(?:paguei|pago|vence|venceu|veio|vem|fizeram|faleceu|morreu) (?:\w+ ){0,3}(?:amanha|depois|segunda|quarta|quinta|sexta)\b|\bposso (?:desistir|cancelar|sair|mudar|trocar) depois\b|\b(?:quero|queria|preciso|gostaria de) (?:\w+ )?(?:falar|conversar) com (?:um |uma |o |a )?(?:alguem|ninguem|atendente|pessoa|ser humano|humano|consultor\w*|gente|vendedor\w*|gerente|responsavel|vcs)\b|\b(?:ja|eu) (?:conversei|falei|falo) com\b|\bso volta\b|\bsegunda via\b|\bo segundo\b|\ba segunda\b",
    r"\bso depois das\b|\b(?:falo|conversar|falar) com (?:ele|ela) por telefone\b",
)
_DECLINE = says(
    # let it pass; not for me, with the no at the end; I stay as I am
    r"\bvou (?:deixar|passar) (?:passar|essa|dessa|desta)\b|\b(?:to|estou) passando (?:dessa|essa|desta)(?: vez)?\b|\be para mim nao\b|\b(?:vou )?(?:ficar|permanecer|continuar|fico) como (?:estou|to|ta|esta)\b|\bno momento nao (?:irei|vou|quero|pretendo|desejo)\b",
    r"\b(?:nao|nem) (?:tenho|tinha|temos|ha|possuo)(?: \w+){0,2} interesse(?! (?:em|por|n[oa]s?|de) (?:placas?|paine\w+|instal\w+|obra|comprar))|\b(?:sem|perdi o|nenhum|zero) interesse\b|\bnao (?:me )?interess(?:a|ou|ei|ar)\b(?! (?:d|quem|saber))|\bnao (?:to|sou|fiquei|tamos|estamos) (?:mais )?interessad[oa]s?",
    r"\bdesist(?:o|i|imos|ir|indo)\b|\bvou desistir\b|\bquero desistir\b|\babandon(?:o|ei)\b(?! (?:a|o) casa)",
    r"\bnao (?:quero|vou|desejo|pretendo|queremos|vamos|irei|gostaria de) (?:mais )?(?:participar|aderir|contratar|fazer|assinar|continuar|seguir|entrar|prosseguir|mudar|trocar|mexer)(?: (?:mais|nisso|isso|com isso|nada|de nada|nao|disso|em nada|com vcs|agora|ness[ea] \w+|desse \w+))*(?=$| (?:porque|mas|obrigad|por|ta|pode|e|eu|ja))",
    r"\bdeix(?:a|e|o) (?:isso )?(?:para|pra) (?:la|proxima|outra)\b|\bdeixa quieto\b|\besquece(?: isso| ai)?$|\bdeixa baixo\b|\bdeixa assim\b|\bfica para (?:a proxima|proxima|outra)\b|\bto fora\b(?! d[aeo] (?:cidade|casa|estado|pais|area|ar|escritorio))|\btou fora\b|\bpasso essa\b|\bpasso dessa\b|\bmelhor nao (?:mexer|fazer|entrar)\b|\bprefiro (?:ficar )?(?:como ta|nao (?:participar|fazer|mexer|entrar|continuar|seguir|aderir|mudar)|deixar (?:como ta|quieto|para la))\b",
    r"\bnao quero (?:mais )?(?:nada disso|nada|desconto nenhum|plano nenhum|saber disso|saber de nada|isso|essas coisas|esse negocio|essa coisa|mais isso|mais nao|mais)(?: nao| mais| mesmo| obrigad[oa]| moc[ao]| viu| agora| entao| para mim)*$|\bnao quero nada (?:nao|disso|com)",
    r"\bnao (?:e )?para mim(?: nao)?$|\bnao vale a pena(?: para mim| nao)?$|\bnao obrigad[oa]\b.*\binteress|\bnao to (?:querendo|afim|a fim)(?: mais| nao| disso)*(?=$| obrigad| agora| por)|\bnao to precisando\b|\bnao preciso (?:disso|de desconto|desse desconto|nao|de nada)\b|\bnao tenho (?:mais )?vontade\b|\bdispenso\b|\bagradeco mas (?:nao|dispenso)|\bvou deixar (?:passar|quieto|para la|isso)\b|\bnao rola\b|\bnem quero\b|\bnao vou querer\b(?! o | a |esse|ess[ea])|\bnao quero nao\b|\bnao curti\b|\bmuito burocratico\b|\brecuso\b(?! (?:a )?(?:mand|envi|pass|mostr))|\bdeclino\b|\b(?:opt|decid)\w+ por nao\b|\bnao (?:desejo|pretendo|desejamos|pretendemos|iremos|temos interesse)\b(?! receber)|\bnao me serve\b|\bnao compensa(?: para mim)?$|\bnao vou (?:mexer|querer|poder participar|entrar)\b(?! (?:o|a|esse|essa) )|\bvou recusar\b|\bmudei de ideia nao quero\b|\bmas nao quero\b|\bvou passar$|\bnao quero (?:mais )(?:ess[ea]|o|nenhum|aquele) plano\b|\bnao quero (?:mais )?(?:ess[ea]|o|nenhum|aquele) (?:desconto|negocio|coisa|servico|proposta|oferta|credito)\b|\b(?:to|estou) (?:bem|satisfeit[oa]|feliz|content[ea])(?: \w+)? (?:assim|como (?:ta|to)|com (?:o que|a minha))\b|\b(?:pensei|decidi|resolvi|conversei)\b(?: \w+){0,5} (?:e )?nao (?:quero|vou|vamos|queremos|participar|aderir|entrar|fazer|continuar|seguir|fechar)\b|\bi m not interested\b|\bi am not interested\b|\bnao (?:vai dar certo|quero esse negocio|quero mais esse)|\bobrigad[oa] mas (?:nao|dispenso|vou recusar)\b|\bmelhor deixar\b|\bdeixa como ta\b|\bnao e o momento\b|\bsem condicoes de participar\b",
    r"\b(?:i m |im |i am )?not interested\b|\bno thanks\b|\bno thank you\b|\bi changed my mind\b|\bi don t want (?:it|this|to (?:continue|join))|\bno (?:me interesa|estoy interesad[oa]|quiero (?:participar|seguir|continuar|nada))\b|\bno gracias\b",
    r"\bvou (?:ficar|continuar) (?:so )?(?:com a|com o|na|no|como|sem|do jeito) (?:que|celpe|minha|ta|isso|mesm[oa]|to|jeito)\b(?! fidelidade)",
)  # fmt: skip
_NOT_DECLINE = says(
    # let it pass; not for me, with the no at the end; I stay as I am
    r"\bvou (?:deixar|passar) (?:passar|essa|dessa|desta)\b|\b(?:to|estou) passando (?:dessa|essa|desta)(?: vez)?\b|\be para mim nao\b|\b(?:vou )?(?:ficar|permanecer|continuar|fico) como (?:estou|to|ta|esta)\b|\bno momento nao (?:irei|vou|quero|pretendo|desejo)\b",
    r"\bnao (?:desist|quero desistir)|\bse (?:eu )?(?:desist|nao gostar|quiser)|\bdepois (?:eu )?(?:posso )?desist|\bposso desist|\bnao me interess\w+ (?:o|a|esse|essa|placa)\b|\b(?:ess[ea]|o|a) (?:plano |premium|basico|intermediario|primeir[oa]|segund[oa]|terceir[oa]|\d|opcao)(?: \w+)? nao me interess|\bnao quero (?:desistir|perder)",
    r"\bnao quero (?:mais )?(?:pagar|placa|instal|obra|fidelidade|contrato|ficar|o(?! plano)|a|esse(?! plano)|com|nenhum dos|receber|falar|mandar|essa conta)\b|\bnao vou (?:fazer|assinar) (?:contrato (?:longo|de)|sem)",
)
_BILL_WORDS = r"(?:conta|fatura|foto|boleto|isso|nada|documento|dados|papel|print|pdf)"
_WONT_SEND = says(
    rf"\b(?:nao|nunca|jamais|nem (?:vou|morta|morto|a pau|ferrando|sonhando)) (?:vou |quero |gosto de |gostaria de |pretendo |te |lhe |irei |posso |costumo |me sinto (?:\w+|a vontade) (?:de |em |para )?|fico a vontade (?:de|para|em) |tenho coragem de |to a fim de |confio (?:em |de )?|fico |eu vou )*(?:mandar|enviar|passar|mostrar|mando|envio|passo|mostro|dar|fornecer|compartilhar|tirar)(?: (?:a|o|as|os|minha|meu|minhas|essa|esse|mais|foto da|foto|d[ae]|uma|nenhuma|de|dessa|mesmo|pra|para|vcs|ninguem|nao))* ?{_BILL_WORDS}?",
    rf"\b(?:deus me livre|jamais|nem pensar em|nunca vou) (?:de )?(?:mandar|enviar|passar)\b|\bpor que eu (?:mandaria|vou mandar|enviaria|passaria|daria)\b|\b(?:prefiro|melhor|acho melhor) nao (?:mandar|enviar|passar|mostrar|compartilhar)\b|\b(?:sem|nao) (?:mandar|enviar|mostrar) (?:a |minha )?{_BILL_WORDS}(?: nao)?(?: da| rola| pode)?$|\b(?:tenho|com) (?:medo|receio|vergonha) de (?:mandar|enviar|passar|mostrar)\b",
    r"\b(?:adoro|amo) mandar minha conta para estranho|\bmandar (?:a |minha )?(?:conta|foto|fatura)(?: \w+){0,3} (?:estranho|desconhecid[oa]|robo|qualquer um)\b|\bnao (?:mando|passo|envio)(?: nao)?$",
    r"\b(?:i won t|i will not|i m not|i don t want to|not going to) send\b|\bno (?:voy a |quiero )(?:mandar|enviar)",
)
_NOT_WONT = says(
    r"\bnao passou\b|\b(?:carteiro|correio)\b|\bnao (?:consigo|sei|posso|da|tenho como) (?:mandar|enviar|tirar)|\bnao (?:posso|vou|vou poder|vai dar para) (?:mandar|enviar|tirar) (?:\w+ )?(?:agora|hoje|no momento)|\bnao quero (?:que )?(?:mandem|receber)|\bnao (?:mandar?|mando) (?:mais )?mensage|\b(?:outra|errad|esqueci|mais tarde|amanha)\w*|\bpara mim\b",
)
_GO_ON = says(
    r"\b(?:eu )?(?:me interesso|me interessei)\b(?! (?:por outr|pelo outr|n[oa]))|\b(?:tambem )?(?:quero|queria) (?:fazer|ver|entrar|participar) (?:para|por) mim\b",
    rf"^{HELLO}(?:quero |pode |vou |gostaria de |vamos )?ativ(?:ar|a|e|o|ando)(?: (?:o |a )?(?:meu |minha )?(?:perfil|cadastro|conta|desconto))?{PLEASE}$|\bativar (?:o )?(?:meu )?perfil\b|^ativ(?:ar|a) (?:meu )?perfil",
    r"(?<!nao )\b(?:quero|queria|gostariamos de|queremos|desejamos|favor|vamos|podemos|pode|gostaria de|desejo|vou querer|tenho interesse em|to querendo|posso|to afim de|bora|vou)(?: (?:sim|muito|tambem|so|me|eu|logo|sim sim|entao))* (?:continuar|retomar|seguir|prosseguir|voltar|participar|aderir|entrar(?! em contato)|economizar|comecar|iniciar|me cadastrar|cadastrar|contratar|assinar|fazer parte|fazer meu cadastro|ganhar (?:o |esse )?desconto|pagar menos|diminuir|reduzir|baixar|baratear|o desconto|esse desconto|desconto|fazer o cadastro|avancar|dar andamento|adesao|fazer isso|fazer sim|fechar|tocar esse)\b(?! (?:o |com |no |na )?(?:1|2|3|primeiro|segundo|terceiro|plano|de \d)\b)",
    r"\bcomo (?:e que )?(?:eu )?(?:faco|fasso|faz|posso|consigo|devo|que faz|se faz)(?: para)? (?:participar|aderir|contratar|comecar|entrar|me inscrever|me cadastrar|ter (?:o |esse )?desconto|ganhar|assinar|ativar|conseguir|ter acesso|fazer parte|ter isso|fazer)\b|^(?:e )?como (?:eu )?(?:faco|participo|comeco|faz|contrato|entro)(?: isso| entao| agora)?$|\bo que (?:eu )?(?:tenho que|preciso|devo) fazer(?: agora| entao)?$|\bqual (?:e )?o proximo passo\b|\be agora(?: o que eu faco| faco o que)?$",
    r"\b(?:tenho|fiquei com|temos|muito) (?:muito |sim |bastante |total )*interesse\b|\b(?:to|fiquei|estamos|sou) (?:muito |bem |sim )*interessad[oa]s?\b|\b(?:me )?interess(?:ei|ou|a sim|a muito)\b|\bquero sim\b.*\b(?:participar|economizar)|\bvim pelo (?:anuncio|formulario|site|instagram|facebook)\b|\b(?:vi|recebi) (?:o |um |esse )?(?:anuncio|propaganda|formulario|de vcs)\b|\bpreenchi (?:o |um )?(?:formulario|cadastro)\b",
    rf"^{HELLO}(?:vamos|segue|segue ai|segue o baile|pode seguir|pode continuar|prossiga|prosseguir|continua|continue|continuar|vamos la|vamos em frente|vamos nessa|manda ver|manda bala|manda brasa|toca o barco|vamos fazer|vamos fazer isso|quero ativar|pode (?:me )?(?:inscrever|cadastrar|incluir|colocar|botar)(?: ai| eu)?|quero sim|gostei quero|me inscreve|me inscreva|me cadastra|me cadastre|me interessei|me coloca|me poe|me inclui|inclui eu|to nessa|vamos tocar|vamos tocar esse negocio|vamos tocar isso|toca ai|pode prosseguir|avanca|vamos continuar|vamos seguir|to dentro|topo|partiu|demorou|fechou|eu quero|quero muito|pode comecar|comeca|me convence){PLEASE}$",
    r"\bmudei de ideia quero|\b(?:me arrependi|voltei|pensei melhor|mudei de ideia)\b(?: \w+){0,3} (?:da para|posso|quero|consigo|queria|ainda) ?(?:continuar|voltar|participar|entrar|retomar)?|\b(?:quero|queria|posso|da para|gostaria de) (?:voltar|retomar|voltar atras|reativar)\b|\b(?:pode|favor) (?:prosseguir|continuar|seguir)\b|\bquero (?:sim )?(?:esse|o) desconto\b|\b(?:voltei|mudei de ideia|pensei melhor|resolvi|decidi)\b.*\b(?:quero|vou querer|participar|aderir|continuar|fazer|fechar)\b|\bainda (?:da|tem|tenho|estou em) tempo\b(?! (?:que|ate|livre))|\bainda (?:posso|da para|consigo) (?:participar|entrar|fazer|aderir|mandar)",
    r"\bpode (?:dar (?:sequencia|andamento|inicio)|tocar(?: o (?:processo|barco))?)\b|\bvamos que vamos\b|\bquero (?:esse|o) abatimento\b|\b(?:da|tem) (?:para|como) (?:eu )?me (?:inscrever|cadastrar)\b",
    r"\b(?:let s|lets) (?:go|continue|do it)|\bi (?:want|would like|d like) to (?:join|continue|participate|save|sign)|\bquiero (?:participar|seguir|continuar|ahorrar)|\bsigamos\b|\bgo ahead\b",
)  # fmt: skip
_AFTER_ALL = says(
    r"\b(?:mudei de ideia|pensei melhor|voltei atras|pensei bem)(?: e| agora)* (?:quero|vou querer|vamos|aceito|pode)\b"
)
_HOW_TO_JOIN = says(
    r"\bcomo (?:e que )?(?:eu )?(?:faco|fasso|faz|posso|consigo|devo|que faz|se faz)(?: para)? (?:participar|aderir|contratar|comecar|entrar|me inscrever|me cadastrar|ter (?:o |esse )?desconto|ganhar|assinar|ativar|conseguir|ter acesso|fazer parte|ter isso|fazer)\b|\bcomo (?:e que )?(?:eu |a gente |que eu )?(?:entro|participo|adiro|contrato|consigo|ganho|me inscrevo|me cadastro)\b|\bo que (?:eu )?(?:preciso|tenho que|devo)(?: fazer| ter| mandar)? para (?:comecar|participar|entrar|aderir|ter)\b|\bcomo (?:funciona|e|faz) para (?:entrar|participar|aderir|ter|fazer)\b|^(?:e )?agora(?: o que eu faco| o que faco| faco o que)?$|^e agora$|^(?:e )?como (?:eu )?(?:faco|participo|comeco|faz|contrato|entro|adiro)(?: isso| entao| agora)?$|\bo que (?:eu )?(?:tenho que|preciso|devo) fazer(?: agora| entao)?(?: para participar)?$|\bqual (?:e )?o proximo passo\b|\b(?:da|tem) (?:para|como) (?:eu )?me (?:inscrever|cadastrar)\b|\b(?:me )?(?:explica|ensina|diz|fala) como (?:que )?(?:eu )?(?:faco para )?particip\w+|\bainda (?:posso|da para|consigo) (?:participar|entrar|fazer|aderir|mandar|continuar|voltar)|\b(?:da para|posso|consigo) (?:ainda )?(?:continuar|retomar|voltar(?! (?:a |para o plano)))(?: ainda| agora| de onde parei)*$|\be aqui (?:que (?:fala|faz|trata|ve|pede|e)|mesmo que|o|a)(?: \w+){0,2} (?:desconto|energia|luz)\b",
)
_NOT_GO_ON = says(
    r"\bnao (?:quero|vou|tenho|to|me|desejo|pretendo|vamos)\b|\bdesist|\bcancel|\b(?:parar|sair)\b|\bantes de\b"
)
_PLANS = says(
    r"\b(?:quais|qual|que|ver|mostr\w+|conhec\w+|saber|rever|relembrar|lista\w*|mand\w+|pass[ae]|tem|cade|quero|apresent\w+|fala|me da|diz|conta|me fala|veja|vejo|olhar|escolher)\b(?: \w+){0,5} (?:planos?|opcoes|opcao|ofertas?|descontos? (?:que|disponive\w+|tem|vcs|ai$)|lista dos descontos|propostas?)\b(?! (?:d[eo] \d|1|2|3|custa|prende|tem (?:multa|fidelidade)|e (?:melhor|mais)|vc|vcs acham))",
    r"^(?:e |os |quais |as |ver |cade |mostra |ver os )*(?:planos?|opcoes|descontos|ofertas?|propostas?)(?: (?:entao|ai|disponiveis|por favor|que tem|quais sao|tem|vcs tem|sao))*$|\bquais (?:sao|seriam|os|as)\b.*\b(?:planos|opcoes|descontos)\b|\bquais os\b$|\b(?:mostra|manda|lista) (?:eles|elas|de novo os planos|todos)\b",
    r"\b(?:show|see|what are|which) (?:me )?(?:the |your )*(?:plans|options|offers)|\b(?:cuales|que) (?:son )?(?:los |las )?(?:planes|opciones)|\bver (?:los )?planes\b",
)  # fmt: skip
_NOT_PLANS = says(
    r"\bnao (?:posso|vou|consigo|quero)(?: \w+)? (?:escolher|ver|decidir)\b",
    r"\b(?:fundamento|base|lei|norma|dispositivo|amparo)\b",
    r"\b(?:qual|quais) (?:desses|destes|deles|delas|dos planos|vc|vcs|plano (?:e|vc|compensa|vale|me|nao|seria|que)|e o melhor|o melhor|(?:e )?melhor|compensa|vale)|\bmelhor\b|\brecomend|\bprende\b|\bdiferenca|\bsem planos?\b|\bplano de saude|\bnao (?:quero|preciso|me interess\w+)(?: \w+){0,2} (?:planos?|opcoes)|\bquero (?:sim )?ess[ea] desconto|\b(?:gostei|nenhum) d\w+ (?:planos?|opcoes)",
    r"\bqual (?:e )?(?:o )?desconto\b|\bquanto\b|\btem plano (?:sem|com|que|de|na|no|em|para)\b",
)
_READ_AGAIN = says(
    r"\b(?:le|ler|leia|leiam|lei|repet(?:e|ir|a)|diz|diga|fala|fale|mostra|mostre|manda|me conta|me passa|passa)\b(?: \w+){0,6} (?:(?:o )?que (?:vc |vcs )?(?:achou|leu|viu|tava|ta escrito|encontrou|acharam|leram|deu|tem|ta)\b(?!.* errad)|(?:os |meus |esses )?dados(?: da conta| que|$| lidos)|leitura|(?:o |os )?(?:valor|valores) (?:que|lido)|(?:o )?que ta (?:na conta|escrito|ai)|(?:essa|a|minha) conta (?:para mim|em voz|de novo))",
    r"\bqual (?:\w+ )?(?:valor|nome) (?:que )?(?:vc|vcs) (?:leu|leram|achou)|\bo que (?:vc |vcs )?(?:achou|leu|leram|acharam|encontrou|conseguiu ler|viu)(?: (?:na|da|ai|nela|mesmo|ai mesmo))*(?: conta| fatura)?$|\b(?:quais|que) (?:foram )?(?:os )?dados (?:vc|vcs|que|lidos|foram)\b|\brepet(?:e|ir) (?:os )?(?:dados|valores|leitura|o que leu|por favor|ai|para mim)|\b(?:le|ler|leia) (?:de novo|novamente|outra vez|em voz alta|para mim|pra mim|ai)\b|\bo que (?:que )?ta escrito (?:na|ai)\b|\bquanto (?:deu|tava|ficou|vc leu|leu) mesmo\b|\bnao vi (?:os dados|o valor|a leitura)\b|\b(?:quais|qual) (?:eram|era|foram|foi) (?:os |o |a )?(?:dados|valor|valores|leitura|nome)\b|\b(?:me )?(?:diz|fala|repete|conta|mostra|manda) (?:de novo|outra vez|novamente|ai)?(?: ?o| ?os)? (?:valor|valores|dados|leitura)\b|\bpode repetir\b|\brepete\b|\bque (?:nome|valor|vencimento) (?:ta|tava|deu|apareceu|saiu)\b|\bread (?:it |that )?(?:again|back|to me)|\bconferir (?:de novo|os dados)\b",
)  # fmt: skip
_NOTICE = says(
    r"(?<!nao )(?<!nao me )(?<!nao precisa )(?<!precisa me )\b(?:me |nos |te |podem? |pode me |quero ser |gostaria de ser |queria ser |por favor |favor |entao me |vcs )*(?:avis(?:a|e|em|ar|ad[oa]|am)|notific(?:a|ar|ad[oa]|uem)|comunic(?:a|ar|ad[oa])|inform(?:a|ad[oa]|em)(?! (?:o|a|meu|que)\b)|d[ae] um toque|dar um toque|dao um toque|d[ae] um alo|fala quando|chama quando|chamem quando|lembra de mim|grita(?: ai)?(?= quando))\b(?!.*\b(?:ela|ele|minha|meu (?:marido|pai)) (?:que|para)\b)(?! (?:que|se) (?:eu|nao|ta|foi|a foto|a conta|deu)\b|(?: \w+)? quando (?:o|a|for|eu|vcs|alguem) (?:consultor\w*|ligar\w*|atendente|pessoa|me|credito|desconto|boleto))",
    r"\bquando (?:chegar|tiver|abrir|sair|atender(?:em)?|comecar|vier)(?: (?:aqui|plano|na|no|em|por|por aqui|alguma|coisa|novidade|minha|cidade|la))+(?: \w+){0,4} (?:me )?(?:avis\w+|cham\w+|fal\w+|lig\w+|procur\w+|mand\w+)|\bme (?:chama|fala|procura|manda mensagem|chamem|liga)(?: \w+){0,2} (?:quando|se|assim que) (?:chegar|tiver|abrir|sair|atender\w*|comecar|vier|voltar)|\bfico (?:no aguardo|esperando|aguardando)\b(?=.*(?:chegar|novidade|aviso|aqui))|\b(?:me (?:cham\w+|mand\w+|d[ae]m?)|(?:cham|mand)\w+ (?:me|mensagem|um alo|um oi))(?: (?:me|mensagem|um alo|um toque|um oi|uma mensagem|alo))*(?: \w+)? (?:quando|assim que|se) (?:tiver|chegar|abrir|atender\w*|comecar|for atendid\w|vier|der)\b|\bquero (?:o |um |receber )*avis\w+|\bpode avisar\b|\baceito o aviso\b|\bpoe meu nome na (?:lista|fila)\b|\b(?:lista de espera|fila de espera)\b|\bdeixa meu (?:nome|contato) (?:ai|anotado|na lista)",
    r"\b(?:let me know|notify me|tell me) when\b|\b(?:avisame|avisen|avisenme|me avisan)\b",
)  # fmt: skip
_NOT_NOTICE = says(
    r"\b(?:nao|nem) (?:precis\w+|quer\w*|me|e|carece|gosta\w*|tem) ?(?:de )?(?:me )?(?:\w+ )?(?:avis|notific)|\bnao (?:me )?avis|\b(?:te|lhe|eu|depois|vou te|vou) (?:te |lhe )?avis(?:o|ar|amos)\b|\bavisar (?:ela|ele|minha|meu)\b|\bme avisou\b|\bsem aviso\b|\bdispenso\b"
)
_CANCEL_MINE = says(
    r"\b(?:cancel(?:ar|o|a|e|em|amento|ando)|encerr(?:ar|o|amento|em)|rescind(?:ir|o)|rescisao|acabar com|romper|termin(?:ar|o)|desfaz\w+|anular|sair d[oa])(?: \w+){0,3} (?:contrato|assinatura|plano|adesao|servico|desconto|serena|creditos|parceria)\b",
    r"\b(?:quero|queria|vou|desejo|preciso|posso) (?:rescindir|romper)\b|\bcancelar (?:com (?:vcs|a serena)|(?:a |minha )?(?:serena|adesao))\b|\b(?:nao quero mais|quero sair d[ae]) (?:ser cliente|a serena|serena|cliente)\b|\bdeixar de ser cliente\b|\bsair da serena\b",
    r"\b(?:dar baixa|desativ\w+|encerr\w+|desfazer) (?:n?[oa] |d[oa] |a |o |meu |minha |com )*(?:contrato|adesao|assinatura|plano|conta na serena|conta com vcs|minha conta na)\b|\bnao quero mais (?:o contrato|esse contrato|a assinatura|ser cliente)\b|\bdesist\w+ d[oa] (?:meu |minha )?(?:contrato|assinatura)\b|\bparar de ser cliente\b|\bencerrar\b(?= tudo| com vcs|$)",
    r"\bdistrato\b|\bsair (?:d[ao]|dess[ea]|d[ao] meu|d[ao] minha) (?:plano|contrato|assinatura|serena|servico)\b|\bcancel (?:my|the) (?:contract|subscription|plan)\b|\bcancelar (?:mi|el) (?:contrato|plan|suscripcion)\b",
)
_NOT_CANCEL = says(
    r"\b(?:se|caso|quando) (?:eu )?(?:quiser |precisar |for |resolver |decidir |um dia )*(?:cancel|encerr|sair)|\b(?:posso|pode|consigo|da para|tem como|poderei|vou poder) (?:\w+ )?(?:cancel|encerr|sair)|\bcancel\w+ (?:quando|a qualquer|depois|antes|sem)|\b(?:multa|taxa|custo) (?:para|de|por|no|se)(?: \w+)? (?:cancel|cancelamento|rescis)|\bnao (?:quero|vou|precis\w+)(?: \w+)? cancel|\bcancel\w+ (?:a |minha |o |meu |da |com a )*(?:conta|luz|celpe|enel|distribuidora|net|internet|plano de saude|foto|mensage|envio|lista|outr|concorrente|(?:outra |da )empresa|inscri)|\bja cancelei\b|\bfunciona o cancelamento\b|\bcancelam?\b.*\bfacil\b",
)
_CANCEL_MAYBE = says(
    rf"^{HELLO}(?:quero|queria|gostaria de|preciso|desejo|vou|posso|to querendo|como (?:faco para|eu|que eu|e que eu|se)|onde (?:eu|que eu|e que eu)?|mas onde eu|tem como|como)(?: \w+)? (?:cancelar|cancelo|cancela|o cancelamento|fazer o cancelamento)(?: (?:isso|tudo|esse negocio|essa coisa|aqui|agora|com vcs|por favor|ja|meu cadastro|minha inscricao|isso ai|isso aqui|isso tudo|esse cadastro|cadastro|logo|entao|minha conta))*{PLEASE}$|\bcancelamento$|\bcancela (?:isso|tudo|ai|esse negocio|meu cadastro|esse cadastro)\b|^cancelamento\b|\bi want to cancel\b|\bquiero cancelar\b",
)
_NEW_NUMBER = says(
    r"\b(?:mudei|troquei|mudando|trocando|vou mudar|vou trocar|mudou|perdi) (?:de |o |meu |esse |o meu |meu antigo )*(?:numero|telefone|celular|chip|whatsapp|fone|linha)\b|\b(?:meu|tenho|esse e (?:o )?meu|este e (?:o )?meu|anota) (?:\w+ )?(?:novo|outro) (?:\w+ )?(?:numero|telefone|celular|whatsapp|contato|fone)\b|\b(?:numero|telefone|contato|whatsapp) novo\b|\bnovo (?:numero|telefone|whatsapp|contato)\b",
    r"\b(?:lig(?:a|ue|uem|ar)|cham(?:a|e|em|ar)|fal(?:a|e|ar)|mand(?:a|e|em|ar)|contato)(?: (?:me|para mim|comigo|la|tudo|mensagem|so|direto|ai|a mensagem))* (?:n[oa]|para o|em|nesse|neste|pel[oa]|por) (?:(?:meu|outro|este|esse|numero|telefone|fixo|d[aeo]|minha|meu outro|o|whatsapp|celular|fone|marido|esposa|filh[oa]|trabalho|mae|zap) ?)*(?:numero|fixo|telefone fixo|outro numero|\d{2,}|whatsapp d[aeo] \w+|telefone d[aeo] \w+|celular d[aeo] \w+|\(?\d)",
    rf"\b(?:pode ser|pelo|no|por) (?:whatsapp|numero|celular|telefone) (?:dela|dele|da minha|do meu|d[ao] {RELATIVE})\b|\b(?:esse|este) (?:numero|whatsapp|telefone|celular|aqui) (?:e|ta) (?:d[ao] (?:meu|minha) |do trabalho|da empresa|emprestado|do vizinho|provisorio)|\bnao uso mais esse (?:numero|whatsapp)|\bo (?:numero|telefone) (?:certo|correto) e\b|\bmy new number\b|\bcambie de numero\b|\bnumero (?:dela|dele|da minha \w+|do meu \w+) e\b",
)  # fmt: skip

WISHES: tuple[Rule, ...] = (
    Rule(M.STOP, _STOP, _NOT_STOP, deniable="strictly"),
    Rule(M.ERASE, _ERASE, _NOT_ERASE, asked=True, deniable="strictly"),
    Rule(M.PERSON, _PERSON, _NOT_PERSON, asked=True, deniable="wholly"),
    Rule(M.PERSON, _HAND_OVER, _NOT_HAND_OVER, asked=True, deniable="wholly"),
    Rule(M.CALL_AT, _CALL_AT, _NOT_CALL_AT, asked=True, whole=True, tells=True),
    Rule(M.CANCEL, _CANCEL_MINE, _NOT_CANCEL, asked=True, deniable="strictly"),
    Rule(M.CANCEL, _CANCEL_MAYBE, _NOT_CANCEL, asked=True, certain=False, deniable="strictly"),
    Rule(M.DECLINE, _DECLINE, _NOT_DECLINE),
    Rule(M.WONT_SEND, _WONT_SEND, _NOT_WONT, asked=False),
    Rule(M.LATER, _LATER, _NOT_LATER),
    Rule(M.GO_ON, _GO_ON, _NOT_GO_ON, asked=False),
    Rule(M.GO_ON, _AFTER_ALL, whole=True),
    Rule(M.GO_ON, _HOW_TO_JOIN, _NOT_GO_ON, asked=True),
    Rule(M.SHOW_PLANS, _PLANS, _NOT_PLANS, asked=True, deniable="wholly"),
    Rule(M.READ_AGAIN, _READ_AGAIN, asked=True, deniable="wholly"),
    Rule(M.LATER, _MAY_WAIT, asked=True),
    Rule(M.NOTICE, _NOTICE, _NOT_NOTICE, asked=True, deniable="wholly"),
    Rule(M.NEW_NUMBER, _NEW_NUMBER, asked=True, tells=True),
)  # fmt: skip
# A wish to stop counts in a question only where the question is how to stop.
STOP_ASKED = Rule(
    M.STOP,
    says(
        r"\b(?:como|onde)(?: \w+){0,4} (?:parar de receber|paro de receber|sair d\w+ (?:lista|grupo)|saio d\w+ (?:lista|grupo)|me descadastr\w+|descadastr\w+|bloqueio)",
        r"\b(?:da para|podem?|poderia\w*|quer) (?:vcs |me |por favor )*(?:parar? de (?:me )?(?:mand|envi|encher|perturb|incomod|cham)|me tirar d|tirar meu (?:numero|contato|nome)|me deixar em paz|me remover)",
        r"\b(?:me )?(?:tira|tirem|remove|remova) (?:me )?(?:dessa|desta|da) lista|\bpar(?:a|em|e) de (?:me )?(?:mandar|encher|perturbar)",
    ),
    asked=True,
)
