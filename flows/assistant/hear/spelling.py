"""How people spell in chats: shorthand, stretched letters and slips, written out so that one pattern reads them all."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from flows.brazil.folding import unaccent


def words_of(text: str) -> frozenset[str]:
    """Return the words of a text: a list of words is best read and edited as running text."""
    return frozenset(text.split())


# Shorthand, and several spellings of one word. Only what is never anything else.
_PLAIN = {
    "n": "nao", "ñ": "nao", "naum": "nao", "nau": "nao", "nn": "nao", "nop": "nao", "nope": "nao", "eh": "e",
    "esta": "ta", "tah": "ta", "tai": "ta ai", "estao": "tao", "estou": "to", "tou": "to", "toh": "to",
    "tava": "estava", "voce": "vc", "ce": "vc", "oce": "vc", "voces": "vcs", "oces": "vcs", "ceis": "vcs", "tc": "vc",
    "vose": "vc", "vosse": "vc", "vceis": "vcs", "q": "que", "ki": "que", "oq": "o que", "oque": "o que",
    "pra": "para", "p": "para", "p/": "para", "s/": "sem", "c/": "com", "pro": "para o", "pros": "para os",
    "pras": "para as", "prum": "para um", "msg": "mensagem", "msgs": "mensagens", "msgm": "mensagem",
    "mensage": "mensagem", "menssagem": "mensagem", "tbm": "tambem", "tb": "tambem", "hj": "hoje", "qnd": "quando",
    "qdo": "quando", "qto": "quanto", "qnto": "quanto", "qnt": "quanto", "qt": "quanto", "mto": "muito",
    "mt": "muito", "kero": "quero", "qero": "quero", "keru": "quero", "qro": "quero", "queru": "quero",
    "quro": "quero", "vo": "vou", "vamo": "vamos", "bora": "vamos", "simbora": "vamos", "mamdo": "mando",
    "pq": "porque", "pk": "porque", "pque": "porque", "pqe": "porque", "vlw": "valeu", "vlww": "valeu",
    "blz": "beleza", "obg": "obrigado", "obgd": "obrigado", "obgda": "obrigada", "obgdo": "obrigado",
    "brigado": "obrigado", "brigada": "obrigada", "brigadao": "obrigado", "obrigadao": "obrigado",
    "obrigadinha": "obrigada", "td": "tudo", "tdo": "tudo", "agr": "agora", "dps": "depois", "dpois": "depois",
    "cmg": "comigo", "nd": "nada", "ngm": "ninguem", "msm": "mesmo", "vdd": "verdade", "ql": "qual", "qal": "qual", "mlhr": "melhor", "fmz": "firmeza",
    "add": "adicionar", "pfv": "por favor", "pfvr": "por favor", "pf": "por favor", "pls": "por favor",
    "tks": "thanks", "thx": "thanks", "wpp": "whatsapp", "zap": "whatsapp", "whats": "whatsapp", "zapzap": "whatsapp",
    "watsapp": "whatsapp", "wats": "whatsapp", "tel": "telefone", "nº": "numero", "n°": "numero", "nro": "numero",
    "premeiro": "primeiro", "premeira": "primeira", "primero": "primeiro", "primera": "primeira",
    "primeru": "primeiro", "sigundo": "segundo", "sigunda": "segunda", "segumdo": "segundo", "tercero": "terceiro",
    "tersero": "terceiro", "terseiro": "terceiro", "trez": "tres", "doiz": "dois", "hum": "hm", "hmm": "hm",
    "humm": "hm", "tamo": "estamos", "tamos": "estamos", "nois": "nos", "mainha": "mae", "painho": "pai", "vó": "avo",
    "apto": "apartamento", "ap": "apartamento", "ape": "apartamento", "iso": "isso", "issu": "isso", "iss": "isso",
    "ixo": "isso", "serto": "certo", "certim": "certo", "certin": "certo", "certinho": "certo", "certinha": "certa",
    "certinhos": "certos", "certissimo": "certo", "corretissimo": "correto", "corretamente": "correto",
    "certíssimo": "certo", "korreto": "correto", "coreto": "correto", "corecto": "correto", "sertinho": "certo",
    "ss": "sim", "s": "sim", "sm": "sim", "ism": "sim", "smi": "sim", "siim": "sim", "sin": "sim", "simm": "sim", "zim": "sim", "simmm": "sim", "yep": "yes", "yeah": "yes",
    "yea": "yes", "okay": "ok", "okey": "ok", "oki": "ok", "okk": "ok", "okok": "ok", "oka": "ok", "kk": "k",
    "rs": "k", "rsrs": "k", "haha": "k", "ker": "quer", "memo": "mesmo", "mermo": "mesmo", "mez": "mes",
    "praq": "para que", "proce": "para vc", "procê": "para vc", "procês": "para vcs", "dnv": "de novo",
    "tlvz": "talvez", "amh": "amanha", "amnh": "amanha", "amanhã": "amanha", "cs": "vcs", "gnt": "gente",
    "msmo": "mesmo", "csa": "casa", "trab": "trabalho", "mn": "mano", "fml": "familia", "qq": "qualquer",
    "qlqr": "qualquer", "qm": "quem", "qnts": "quantos", "vcc": "vc", "ctz": "certeza", "crtz": "certeza",
    "nuss": "nossa", "errad": "errado", "bd": "bom dia", "bdia": "bom dia", "bomdia": "bom dia",
    "boatarde": "boa tarde", "boanoite": "boa noite", "precizo": "preciso", "ñao": "nao", "naõ": "nao", "noa": "nao",
    "nso": "nao", "nap": "nao", "aham": "sim", "arram": "sim", "ahan": "sim", "uhum": "sim", "uhun": "sim",
    "anham": "sim", "aha": "sim", "hurum": "sim", "urrum": "sim", "unrum": "sim", "uhu": "sim", "vamu": "vamos", "axo": "acho",
    "aki": "aqui", "entaum": "entao", "intao": "entao", "intão": "entao", "atendenti": "atendente", "fas": "faz",
    "conciencia": "consciencia", "dinovo": "de novo", "denovo": "de novo", "agente": "a gente", "issae": "isso ai",
    "nai": "nao", "nã": "nao", "nõa": "nao", "nãp": "nao", "prcisa": "precisa", "vleu": "valeu", "valew": "valeu", "meesmo": "mesmo", "messmo": "mesmo", "mesno": "mesmo", "flw": "falou", "pow": "po", "poh": "po", "👍": "_sim", "👌": "_sim", "✅": "_sim", "☑": "_sim", "✔": "_sim",
    "🆗": "_sim", "❤": "_amei", "🙏": "_amem", "👏": "_palmas", "😍": "_amei", "🤝": "_sim", "💪": "_sim", "🥰": "_amei",
    "🫶": "_amei", "👎": "_nao", "❌": "_nao", "🚫": "_nao", "✖": "_nao", "😡": "_raiva", "🤬": "_raiva", "😠": "_raiva",
}  # fmt: skip
# Words that carry a meaning and are long enough to be known by nearly all of their letters.
_VOCABULARY = tuple(
    sorted(
        words_of(
            """
    atendente atendimento consultor consultora pessoa humano gerente vendedor cancelar cancelamento cancela contrato
    parar pare mensagem mensagens receber descadastrar descadastra remover remova desinscrever apagar apaga excluir
    exclui deletar cadastro dados numero telefone interesse interessado interessada desisti desisto participar
    aderir quero queria gostaria prefiro escolho escolhi primeiro segundo terceiro quarto ultimo primeira segunda
    terceira ultima opcao opcoes plano planos desconto descontos fidelidade prazo amanha depois tarde obrigado
    obrigada valeu agradeco correto correta corretos certo errado errada confere confirmo confirmado perfeito
    exatamente isso acertou titular proprietario inquilino aluguel alugada alugado faleceu falecida falecido
    falecimento distribuidora concessionaria energia padaria empresa condominio cliente concorrente proposta golpe
    fraude estelionato golpista deficiente visual fotografia camera enxergo idoso internada internado hospital
    desempregado desempregada avisar avisa aviso avise conversar pensar marido esposa mandar mandei enviar enviei
    nenhum nenhuma reais conta religacao cortaram cortada vencimento endereco cidade estado moramos moro valor
    segunda verdade entendi compreendi sozinho sozinha senha documento beleza tranquilo conheco cancelado preenchi
    errei engano precisa preciso precisam agora tenho certo certa valeu aviso avisar concorda concordo aceita assina
    positivo certissimo correta depois amanha mandar
    """
        )
    )
)
# Short words, too, are known by their letters where only two of them changed places.
_SWAPPED = words_of(
    """
    isso mesmo qual quais melhor foto fotos conta contas mando manda mandei mandar envio tirar tirei procurar procuro plano planos
    quero pode posso como quanto quando onde agora aqui hoje depois amanha certo certa certos errado errada valor nome data
    nenhum nenhuma outro outra primeiro terceiro segundo obrigado obrigada brigado brigada valeu gostei desisti interesse
    concorda concordo aceita assina moro mora cidade luz minha meu sim claro correto perfeito nunca jamais parar pessoa atendente
    desconto fidelidade multa contrato bom boa tarde noite dela dele titular esposa marido
    """
)
_KNOWN = frozenset(_VOCABULARY) | _SWAPPED
# Shorter words have too many neighbours: "quanto" is one letter from "quarto".
_SHORTEST_OF_ALL = 7
# These few have hardly any.
_SHORTEST = 5
_SHORTEST_SWAPPED = 4
_SHORT = words_of("agora tenho certo valeu")
# Real words that stand one letter from one of those.
_NO_SLIP = words_of(
    """
    interested interesting interest
    cadastra cadastre cadastrei cadastrar cadastrou cadastros corta corte corto carta cartas cerca cerveja censo adora afora amora agoura cento cerco cerro corto curto cesto perto tenha tento tendo tenso terno venho valer vale vales valem
    precise precisei precioso preciosa preso presa concordou concordar concordam aceito aceitar aceitam aceitou aceite assino assinar
    assinei assinam assine assinou assinado avise avisem positiva manhas depoi mandara ceder cera certeiro coreto golfe galpe
    pedro ponta pinta pesto gosto gasto gesto queto quebro tonto tanto tinho tenham tenhas certas certos cetico cobro valor
    valer valores valeo valeria contar contas conte contra canta costa junta ponto planta plana plantas pensa passar
    passear pensao casado casada cidades mandei mandam mandem mande manda mandou mandava andar morro morou morar
    moram mora mortos errar errado errando quarta quartos quarto quatro queira queriam querida querido queria
    primeiros primeiras segundos segundas terca terceiros terceiras ultimas ultimos prefere prefira escolhe escolha
    escolher tarda tardes trade parte parto partes perfeita prosa pessoal pessoas humana humanos parece parece
    parece pares parede paro para parar pagar apagada apagou apague avisou aviso avisos avise avisam visto vista
    visita visitar virtual casual usual manual igual dado dada dedos todos estada estados estrada entrada entende
    entendo entender entendeu conversa converso recebe recebi recebo recebeu reler reaver minha linha senhora senhor
    senta planos plena pleno pessoais reis regiao reuniao religiao energias empresas cliente clientes proposto
    propostas camara camera titulo titulares hospitais pensei pensando valores vapor calor enviar enviou envio envia
    enviam convidar nenhuns isto disso disto nisso issas essas desses golpes golpear conta conto certa certas certos
    cancelou cancelo cancele cancelem cancelada remova removam exclua excluam pareca atende atendo atendem atender
    receita receitas prazos praca prata contato contatos contrata contrato contratar contratos contrario consulta
    consultar consulto numeros interessa interesses interessante telefones interessados desista desistir desistiu
    desiste errada erradas errados esperar esposo esposa idosa idosos internet interna interno avisei senhas meses
    moro mora morre morreu receba recebam recebem recebido opcional descontar desconta descontou contratei titula
    valeram valem vale amanhecer tarefa tarefas obrigar obriga obrigação obrigatorio correta corretas corretor
    corretora correr correu correio correios acerto acertos acerta acertei acertaram certeza conferi conferir
    conferiu confirma confirmar confirmou perfil exato conhece conhecer conhecem canceladas alugo alugar alugueis
    conversei conversou conversando mandaram mandado passagem mensal mensais mensalidade imagem imagens
    """
)
# What before a hyphen makes one word with what follows.
_BOUND = words_of("e auto guarda para porta quebra micro mini tele anti super wi pre co re bem mal")
_STRETCHED = re.compile(r"([a-z])\1{2,}")
_DOUBLED = re.compile(r"([aiu])\1+|([eo])\2+$")
_LAUGH = re.compile(r"(?:k{2,}|(?:rs){2,}|(?:ha|he|hu|ah|hua|kak){2,}[ahk]*)s?")


def is_shorthand(raw: str) -> bool:
    """Tell whether a word as written is one that only chats have: `bora`, `blz`."""
    return raw.lower() in _PLAIN


@lru_cache(maxsize=8192)
def plain_word(raw: str) -> str:
    """Return one word as patterns know it: `NÃOOO` → `nao`, `kero` → `quero`, `fidelidad` → `fidelidade`."""
    if raw in _PLAIN:
        return _PLAIN[raw]
    if raw.lower() == "pará":
        # The accent tells the state from the verb that stops us.
        return "pará"
    word = unaccent(raw).strip("'’´`")
    if "-" in word:
        first, *rest = word.split("-")
        # "Auto-atendimento" and "guarda-chuva" are words of their own; "segunda-feira" and "mandar-lhe" are two.
        return plain_word(first + "".join(rest)) if first in _BOUND else " ".join(map(plain_word, (first, *rest)))
    if word and word[0].isdigit():
        # "2º" and "1a" are ordinals.
        return re.sub(r"[ºª°]$", lambda m: "o" if m[0] in "º°" else "a", raw) if raw[-1] in "ºª°" else word
    word = re.sub(r"['’´`]", "", word)
    if word in _PLAIN:
        return _PLAIN[word]
    if _LAUGH.fullmatch(word):
        return "k"
    word = _DOUBLED.sub(lambda m: m[0][0], _STRETCHED.sub(r"\1", word)) if len(word) > 2 else word
    return _PLAIN.get(word) or mended(word)


def mended(word: str) -> str:
    """Return the known word of which this is a slip, else the word itself: one edit, two from ten letters on."""
    if len(word) < _SHORTEST_SWAPPED or word in _KNOWN or word in _NO_SLIP or not word.isalpha():
        return word
    if swapped := _swaps().get(word):
        return _PLAIN.get(swapped, swapped)
    if len(word) < _SHORTEST:
        return word
    most = 2 if len(word) >= 10 else 1
    near = process.extractOne(word, _VOCABULARY, scorer=OSA.distance, score_cutoff=most)
    # Who mistypes seldom misses the first letter; other words differ in it.
    if not near or near[0][0] != word[0] or len(near[0]) < (_SHORTEST if near[0] in _SHORT else _SHORTEST_OF_ALL):
        return word
    return _PLAIN.get(near[0], near[0])


@cache
def _swaps() -> dict[str, str]:
    """Every word that two neighbouring letters in the wrong order make of a known one: `cetro`, `dpeois`, `mandie`."""
    words = (*_VOCABULARY, *_SWAPPED, *(word for word in _PLAIN if word.isalpha() and len(word) > _SHORTEST))
    found = {
        word[:n] + word[n + 1] + word[n] + word[n + 2 :]: word
        for word in words
        if len(word) >= _SHORTEST_SWAPPED
        for n in range(len(word) - 1)
    }
    return {slip: word for slip, word in found.items() if slip not in _KNOWN and slip not in _NO_SLIP}
