"""Claims that no sentence may make unless the acts make it: savings, gifts, dates, approval, ways out, the company.

Each pattern is looked for in one clause of the folded text. A denied or open one ("não consigo te prometer", "depende do
plano") is left to the checker; one that is sworn ("não tem multa") holds its denial itself. What the acts say is no
claim of the model's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from flows.assistant.say.check.clauses import DENIES, Clause, Text, stems
from flows.assistant.say.check.ground import Ground

_BILL = r"(?:contas?|faturas?|boletos?|luz|valor|precos?|gastos?|despesas?)"
_MONTH = r"(?:janeiro|fevereiro|marco|abril|maio|junho|julho|agosto|setembro|outubro|novembro|dezembro)"
_DAY = r"(?:segunda|terca|quarta|quinta|sexta|sabado|domingo)"
_SPAN = r"(?:tempo|dias?|dia util|horas?|horinhas?|semanas?|mes|meses|minutos?|minutinhos?)"
_WHO = r"(?:consultor\w*|gerente|equipe|time|pessoal|pessoa|alguem|atendente|tecnico|vendedor\w*|especialista|analista)"

# Not a claim where it is denied or left open.
_PLAIN = {
    "saving": (
        r"\beconom(?:iz\w+|ias?)\b",
        r"\bpoup(?:a|am|ar|ando|ou|anca)\b",
        rf"\b{_BILL}\b[^?]{{0,45}}\b(?:cai|caem|caia|caira|encolh\w+|diminu\w+|baix(?:a|am|ar|inha|ou|ara)|abaix\w+|reduz\w*"
        r"|desc(?:e|em|er)|despenc\w+|some|sumiu|racha\w*|murcha\w*|alivi\w+|melhora\w*)\b",
        rf"\b(?:cai|caem|caira|encolh\w+|diminu\w+|baixa|baixar|abaix\w+|reduz\w*|despenc\w+|cort\w+|alivia\w*) (?:\w+ ){{0,3}}{_BILL}\b",
        r"\bfica\w* (?:\w+ ){0,4}(?:menor|mais (?:leve|barat\w+|baix\w+|magr\w+|em conta|suave)|levinh[ao]|barat\w+)\b",
        r"\b(?:pag\w+|gast\w+|desembols\w+|custa\w*|vem|sai) (?:\w+ ){0,3}(?:menos|mais barat\w+|baratinh\w+)\b",
        rf"\bmenos (?:\w+ ){{0,2}}(?:na|da|no|do|de|por) (?:\w+ )?(?:{_BILL}|mes|ano)\b",
        r"\ba menos\b",
        r"\b(?:mais|bem|super|tao) barat\w+",
        r"\bbaratinh\w+",
        r"\bsobr(?:a|am|ar|ando|aria|ara)\b[^?]{0,40}\b(?:bolso|mes|orcamento|dinheiro|grana|conto|reais|uns|umas|fim)\b",
        r"\b(?:o|do|com o) que sobr\w+",
        r"\b(?:no|pro|para o|do) (?:seu )?bolso\b",
        r"\bgran(?:a|inha|ona)\b",
        r"\b(?:folga|folguinha|respiro|alivio|diferenca)\b[^?]{0,20}\b(?:orcamento|bolso|conta|mes|familia|casa)\b",
        r"\bda(?:ria|ra)? (?:ate )?(?:para|pra|pro) (?:comprar|pagar|trocar|viajar|bancar|fazer uma? )",
        r"\bda(?:ria|ra)? (?:ate )?(?:um|uma) (?:moto|carro|viagem|geladeira|tv|televisao|celular|feira|churrasco|cesta)\b",
        r"\bja paga (?:o|a|os|as)\b",
        r"\b(?:sent|not|perceb)\w+ (?:\w+ ){0,3}(?:diferenca|alivio)\b",
        r"\b(?:guard|junt)(?:a|ar|ando) (?:\w+ ){0,2}(?:dinheir\w*|gran\w*|troc\w*|todo mes|reais)\b",
        r"\bso ganha\w*|\blucr\w+|\bganh(?:a|ar|ando) (?:\w+ ){0,2}(?:dinheiro|grana|todo|com isso)\b",
        r"\b(?:dinheiro|valor) de volta\b|\bcashback\b|\breembols\w+|\bdevolv\w+ (?:\w+ ){0,2}(?:dinheiro|valor|parte)\b",
        r"\b(?:desconto|abatimento|reducao) (?:especial|extra|exclusiv\w+|maior|adicional|vitalici\w+|de verdade|enorme|gigante"
        r"|bem (?:bom|alto|gordo|grande)|alto|gordo|imperdivel|maximo)\b",
        r"\b(?:cupom|voucher|sorteio|premios?|bonus|pontos de)\b",
    ),
    "free": (
        r"\bgratis\b|\bgratuit\w+|\bde graca\b|\bna faixa\b|\b0800\b|\bzero ?oitocentos\b|\bcusto zero\b|\bzero (?:custo|reais)\b",
        r"\b(?:por|pela) (?:nossa conta|conta (?:da casa|da serena|nossa))\b|\bna conta da serena\b",
        r"\bcortesia\b|\bbrindes?\b|\bpresente (?:nosso|da|de|para|pra)\b|\bde presente\b|\b(?:e|como) (?:um )?presente\b",
        r"\b(?:primeir[ao]|1a|1o) (?:conta|fatura|mes|boleto)\b[^?]{0,30}\b(?:pag[ao]|zerad\w+|livre|presente|nosso|nossa|serena)\b",
        r"\bisent\w+|\bzer(?:a|ar|ada|ado|ou|ando)\b",
        r"\ba serena (?:paga|banca|cobre|quita)\b|\b(?:pagamos|bancamos|cobrimos|quitamos)\b",
    ),
    "date": (
        r"\b(?:conta|fatura|leitura|mes|semana|ciclo|ano|boleto) (?:que vem|seguinte|que chegar|que entra)\b",
        r"\bproxim[ao]s? (?:\w+ )?(?:contas?|faturas?|leituras?|mes|meses|semanas?|dias?|ciclo|boleto)\b",
        r"\b(?:hoje mesmo|ainda hoje|hoje ja|ate hoje|ja hoje|amanha mesmo|ate amanha|amanha ja|amanha de manha|amanha cedo)\b",
        rf"\b(?:ate|na|nessa|nesta|proxima|ja na) {_DAY}(?:-feira| feira)?\b",
        rf"\b(?:em|ate|desde|de|partir de|comeco de|fim de|final de) {_MONTH}\b",
        rf"\b(?:em|dentro de|daqui a|apos|depois de|uns|umas|leva\w*|demora\w*) (?:\w+ ){{0,4}}{_SPAN}\b",
        r"\bem (?:breve|instantes)\b|\b(?:e|bem|super) rapid\w+|\brapidinho\b|\blogo (?:logo|mais)\b|\bna hora\b|\bimediat\w+|\bde imediato\b",
        r"\b(?:dois|tres) palitos\b|\b(?:natal|ano novo|carnaval|pascoa|fim do ano|final do ano|ferias)\b|\bja vai (?:ver|sentir|notar|perceber|estar)\b|\bdaqui a pouqu\w+",
        r"\bum piscar\b|\bvapt\b|\bde uma hora para outra\b|\bdia e noite\b",
        r"\b(?:desconto|creditos?|beneficio|plano|economia)\b[^?]{0,30}\b(?:aparece|entra|comeca|cai|chega|vale|ativ\w+|funciona\w*)\b"
        r"(?! (?:\w+ ){0,3}(?:list|lado|conversa|contrato|para a energia|quando|parte))",
        r"\b(?:comeca|passa|comecando|comecar)\w* a (?:valer|aparecer|cair|receber|pagar|funcionar|economizar)\b",
        r"\bja (?:\w+ ){0,2}(?:comeca|aparece|entra|paga menos|vale|sente|cai)\b|\bfica ativ\w+|\bja (?:esta )?valendo\b",
        r"\bdias? ut(?:il|eis)\b|\bhorario comercial\b|\b24 ?h\w*\b",
    ),
    "approval": (
        r"\b(?:pre-?\s?)?aprov(?:ad\w+|a|am|amos|ou|ei|acao)\b|\belegive\w+|\bqualificad[oa]\b|\bselecionad[oa]\b|\bcontemplad[oa]\b",
        r"\b(?:foi|esta|ta|e) (?:\w+ )?aceit[oa]\b|\bliberad[oa]s?\b|\bliberamos\b|\bliberou\b|\bsinal verde\b",
        r"\b(?:pass(?:a|ou|am|ando)) (?:\w+ ){0,4}(?:analise|triagem|avaliacao|pendencias?|filtro|peneira|facil|sim)\b",
        r"\b(?:seu|sua|teu) (?:perfil|nome|cadastro|consumo|conta|caso|vaga|lugar|situacao|cpf)\b[^?]{0,35}\b(?:encaix\w+|enquadr\w+"
        r"|confirmad\w+|garantid\w+|pass(?:a|ou)|perfeit\w+|dentro|certinh\w+|em ordem|regular|atende|limp\w+|combina)\b",
        r"\b(?:vai dar|da|deu|dara) (?:tudo )?(?:super )?certo\b|\btem direito\b|\bvaga\b",
        r"\b(?:voce|vc) (?:ja )?(?:\w+ )?(?:entra|entrou|passou|esta dentro|ta dentro|foi aceit\w+|se encaixa|preenche|cumpre|atende)\b",
        r"^(?:claro que )?(?:consegue|passa|entra|aprova|encaixa)\w*,? (?:facil|sim|tranquil\w*|com certeza|numa boa)\b",
        r"\bnos conformes?\b|\btudo (?:em ordem|certinho|regular|ok) (?:do seu lado|com (?:o seu|a sua|voce))\b|\be so assinar\b",
        r"\bsem (?:analise|consulta|burocracia|comprovacao)\b",
    ),
    "guarantee": (
        r"\bgarant\w+|\bprometo\b|\bprometemos\b|\bassegur\w+|\bcomprovad\w+|\bcertificad\w+",
        r"\bcom (?:toda )?(?:a )?certeza\b|\bsem (?:sombra de )?duvida\b|\bpode (?:confiar|apostar|contar com)\b|\bconfia em mim\b",
        r"\b(?:risco|perigo) (?:zero|nenhum)\b|\bsem (?:medo|risco|riscos|pegadinha|erro)\b|\b100 ?%|\bcem por cento\b",
        r"\bpalavra (?:minha|nossa|de)\b|\bte dou (?:minha palavra|um|uma|o|a|mais)\b|\bpara (?:sempre|a vida toda)\b|\bvitalici\w+",
    ),
    "exit": (
        r"\b(?:sai|sair|sais|cancel\w+|desist\w+|larg\w+|encerr\w+|trocar?)\b[^?]{0,25}\b(?:quando|hora que|qualquer|bem entender|vontade"
        r"|livre\w*|na hora|sem (?:multa|problema|custo|burocracia|taxa|pagar)|der vontade)\b",
        r"\b(?:fica|esta|continua|segue) (?:\w+ )?livre\b|\bsem (?:compromisso|multa|amarra\w*|contrato)\b|\bmulta (?:zero|nenhuma)\b",
    ),
    "company": (
        r"\bsomos\b|(?<!que )\ba serena (?:ja )?(?:e|esta|tem|faz|foi|possui|atua|atende|cobre|devolve|cuida|instala|garante|trabalha|existe"
        r"|da|vende|lidera|nasceu|ganhou|recebeu)\b",
        r"\bnoss[ao]s? (?:empresa|clientes?|time|tecnic\w+|lojas?|escritorios?|sede|parceir\w+|fabrica|energia e|preco\w*|app)\b",
        r"\bparceir\w+|\bparceria\b|\bconveni\w+|\bautorizad[ao]s? (?:pel[ao]|d[ao])\b|\bcredenciad\w+|\brepresent\w+ (?:a|da|oficial)\b",
        r"\b(?:junto|ligad\w+|contrato) com (?:a |o )?(?:celpe|neoenergia|cemig|distribuidora|aneel|governo|prefeitura)\b",
        r"\bautorizacao d[ao]\b|\brecomenda (?:a serena|a gente)\b|\b(?:mud|troc)\w+ (?:o|a) (?:seu |sua )?(?:relogio|medidor)\b|\bsem papelada\b|\bde boca\b",
        r"\bimpostos? (?:\w+ )?(?:entra|recebe|baixa|some|cai|inclus)\w*",
        r"\blider\b|\b(?:maior|melhor|primeira|unica|mais confiavel)(?:es)? (?:empresa|do (?:brasil|nordeste|mercado|pais|estado)|da regiao|opcao do)",
        r"\bmilhares\b|\bmilhoes\b|\banos (?:de|no) (?:mercado|historia|experiencia)\b|\bha (?:mais de |quase )?\w+ anos\b|\bdesde (?:19|20)\d\d\b",
        r"\b(?:trabalhamos|instalamos|vendemos|devolvemos|garantimos|parcelamos|entregamos|negociamos|compramos|produzimos|damos|aceitamos"
        r"|cobramos|assumimos|mandamos em|substituimos|cuidamos)\b",
        r"\bquem manda (?:\w+ )?(?:somos|e a gente)\b|\breclame aqui\b|\bnota (?:maxima|dez|alta|otima)\b|\bpremiad\w+",
    ),
    "others": (
        r"\bgente (?:que )?(?:ja )?(?:pag\w+|econom\w+|particip\w+|ador\w+|gost\w+|entr\w+|fech\w+|ganh\w+)",
        r"\bquem (?:ja )?(?:entra|participa|aderiu|adere|fecha|fechou|entrou|escolhe|usa)\b",
        r"\bador(?:am|ando|ou|aram)\b|\bclientes? (?:\w+ )?(?:pag\w+|satisfeit\w+|ador\w+|feliz\w*|econom\w+|gost\w+)|\bfamilias\b",
        r"\bja (?:particip|aderi|econom|assin)\w+|\bmais (?:procurad|vendid|escolhid|pedid|queridinh)\w+|\bmais popular\w*|\bqueridinh\w+",
        r"\b(?:o pessoal|a maioria|todo mundo|geral) (?:\w+ )?(?:gosta|escolhe|prefere|pega|fecha|elogia|quer|aprova|ama)\b",
        r"\b(?:na sua rua|no seu bairro|na vizinhanca|no seu predio|na sua cidade toda|seu vizinho|sua vizinha|seus vizinhos)\b",
        r"\ba concorrencia\b|\b(?:outras|outra) empresas? (?:\w+ )?(?:cobra|engana|nao|mente|esconde|so)\w*",
    ),
    "authority": (
        r"\b(?:governo|prefeitura|ministerio|justica|procon|receita federal|banco central)\b",
        r"\b(?:a )?(?:lei|aneel) (?:\w+ )?(?:obriga|garante|manda|diz|assegura|aprova|exige|determina|fiscaliza|reconhece)\w*",
        r"\bpor lei\b|\bobrigad[ao]s? a\b|\bregulamentad\w+|\bfiscalizad\w+|\blegalizad\w+",
    ),
    "product": (
        r"\btelhado|\bfinancia\w+|\bpayback\b|\binstalac(?:ao|oes) (?:gratis|nossa|de placa)|\bseus? (?:proprios? )?paine(?:l|is)\b|\bfotovoltaic\w+"
        r"|\bvaloriza\w+|\binstala (?:as )?placas?\b",
        r"\b(?:vend|revend|compr)\w*\b[^?]{0,25}\b(?:energia|eletricidade|luz)\b|\bcomercializ\w+|\bfornecedor\w*",
        r"\btroc(?:a|ar|ando) (?:\w+ )?(?:de )?(?:distribuidora|empresa|companhia|concessionaria)\b",
        r"\bbandeiras?\b[^?]{0,25}\b(?:some|acaba|zera|livre|sai|deixa|fim|desaparece|esquece)\w*|\b(?:livre|fim|sem|acaba\w*|adeus)\b[^?]{0,12}\bbandeiras?\b",
        r"\b(?:tarifa social|baixa renda|bolsa familia|beneficio social)\b[^?]{0,40}\b(?:continua|mant\w+|igual|segue|soma|acumula|junto)\b",
        r"^(?!.*\b(?:foto|pagina|imagem|pdf|mand\w+|envi\w+|aparec\w+)\b).*\b(?:(?:conta|fatura) (?:inteira|toda|total|completa|cheia)|toda a (?:conta|fatura))\b",
    ),
    "hurry": (
        r"\bultim[ao]s? (?:vagas?|chances?|horas?|dias|unidades)\b|\bso (?:ate )?hoje\b|\bcorr[ae]\b|\bimperdivel|\bvagas limitadas\b"
        r"|\bnao perc[ao]\b|\bantes que (?:acabe|termine|suba)|\baproveit[ea] (?:agora|ja|enquanto|ess[ae]|a (?:promo\w*|oferta|chance))\b|\bpor tempo limitado\b|\bpromoca\w+|\boferta (?:especial|relampago)",
    ),
    "plan_advice": (
        r"\b(?:eu (?:iria|ficaria|escolheria|pegaria)|te (?:recomendo|indico|aconselho)|combina com voce|e o ideal|e a sua cara)\b",
    ),
}
# A claim with its denial in it, or in any case.
_SWORN = {
    "free": (
        r"\bsem (?:nenhum[a]? |qualquer |pagar )?(?:custos?|taxas?|mensalidades?|tarifas?|cobrancas?|valor|despesas?|gastos?)\b|\bsem pagar\b",
        r"\bnao (?:\w+ ){0,2}(?:custa|paga|pagar|gasta|gastar)\b(?! (?:menos|a conta toda|a conta inteira))|\bnao (?:\w+ )?cobr(?:a|amos|am)\b",
        r"\bnao (?:tem|ha|existe) (?:\w+ ){0,2}(?:custos?|taxas?|mensalidades?|cobrancas?|despesas?|gastos?|pegadinha|fidelidade nenhuma)\b",
        r"\bnao (?:\w+ )?(?:poe|mexe|sai|bota|tira|desembolsa|precisa de) (?:\w+ ){0,3}(?:bolso|dinheiro|carteira)\b|\bsob nossa responsabilidade\b",
        r"\b(?:nem )?um (?:centavo|tostao|real)\b|\bcentavo\b",
    ),
    "guarantee": (
        r"\bde (?:jeito|forma|maneira) (?:nenhum|nenhuma|alguma|algum)\b|\bsem falta\b",
        r"\bnao (?:vai |ha de )?(?:perd\w+|aument\w+|sob[ei]\w*|falh\w+)\b|\bnunca (?:mais )?(?:\w+ )?(?:pag|perd|aument|sob|cobr|falt|fic|atras|muda)\w*",
        r"\bnao tem (?:como|jeito de) (?:dar errado|perder|nao dar)\b|\bnao tem erro\b",
    ),
    "approval": (
        r"\b(?:nome sujo|restricao|negativad\w+|placas?|tarifa\w*|debitos?|dividas?|spc|serasa|atraso|aluguel)\b[^?]{0,30}\bnao (?:\w+ )?"
        r"(?:atrapalha|impede|interfere|faz diferenca|tem problema|pesa|conta|influencia)\w*",
        r"\bnao (?:precisa|tem|ha|vai ter|exige) (?:\w+ )?(?:analise|aprovacao|consulta ao|comprovacao)\b",
    ),
    "exit": (
        r"\b(?:nao|nem|nenhuma|sem) (?:\w+ ){0,3}multas?\b|\bnao (?:te |lhe )?(?:prende|amarra|segura)\w*|\bnada te (?:prende|impede|obriga)\b"
        r"|\bnao (?:tem|ha) (?:\w+ ){0,2}(?:prazo|contrato|amarra\w*|compromisso)\b",
    ),
    "exit_easily": (r"\be so (?:largar|sair|cancelar|desistir|parar de pagar|devolver)\b",),
    "unpaid_bill": (
        r"\b(?:deix\w+|par\w+) de pagar\b|\bnao (?:precisa|tem que|vai|deve)\w* (?:\w+ )?pagar\b|\bnao pag(?:ue|a|ar) (?:mais )?(?:a|o|nada)\b",
        r"\b(?:esquec\w+|ignor\w+|descart\w+|desconsider\w+|jog\w+ fora|rasg\w+|larga)\b[^?]{0,30}\b(?:contas?|boletos?|faturas?|distribuidora)\b",
        r"\b(?:uma|um) (?:unic[ao]|so) (?:conta|boleto|fatura)\b|\bso (?:uma|um) (?:conta|boleto|fatura) (?:por|para pagar)\b",
    ),
}


def _compiled(table: dict[str, tuple[str, ...]]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((code, re.compile(pattern)) for code, patterns in table.items() for pattern in patterns)


_PLAIN_RULES, _SWORN_RULES = _compiled(_PLAIN), _compiled(_SWORN)


def claimed(text: Text, ground: Ground) -> Iterator[str]:
    """Yield the code of each claim for certain that the acts do not make."""
    for clause in text.clauses:
        for code, rule in _SWORN_RULES:
            if any(not ground.excuses(match[0]) for match in rule.finditer(clause.text)):
                yield code
        for code, rule in _PLAIN_RULES:
            if any(_claims(clause, match, ground) for match in rule.finditer(clause.text)):
                yield code


def _claims(clause: Clause, match: re.Match[str], ground: Ground) -> bool:
    denied = clause.denied(match.start(), match.end()) or DENIES.search(match[0])
    if denied or clause.left_open(match.start()) or ground.excuses(match[0]):
        return False
    # A question may repeat what the lead asked, and somebody whom the lead named is no example of ours.
    repeats = clause.asks or match[0].startswith(("seu vizinh", "sua vizinh", "seus vizinh"))
    return not (repeats and stems(match[0]) <= ground.wrote.stems)
