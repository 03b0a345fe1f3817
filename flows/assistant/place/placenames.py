"""What people call states and cities beside the official name, and which homonyms are large."""

from __future__ import annotations

STATES = {
    "AC": "Acre", "AL": "Alagoas", "AM": "Amazonas", "AP": "Amapá", "BA": "Bahia", "CE": "Ceará",
    "DF": "Distrito Federal", "ES": "Espírito Santo", "GO": "Goiás", "MA": "Maranhão", "MG": "Minas Gerais",
    "MS": "Mato Grosso do Sul", "MT": "Mato Grosso", "PA": "Pará", "PB": "Paraíba", "PE": "Pernambuco", "PI": "Piauí",
    "PR": "Paraná",
    "RJ": "Rio de Janeiro", "RN": "Rio Grande do Norte", "RO": "Rondônia", "RR": "Roraima", "RS": "Rio Grande do Sul",
    "SC": "Santa Catarina", "SE": "Sergipe", "SP": "São Paulo", "TO": "Tocantins",
}  # fmt: skip

# More ways to write a state, folded; the official names are added from STATES.
STATE_NICKNAMES = {"minas": "MG", "matogrosso": "MT", "matogrosso do sul": "MS"}

CAPITALS = {
    "AC": "Rio Branco", "AL": "Maceió", "AM": "Manaus", "AP": "Macapá", "BA": "Salvador", "CE": "Fortaleza",
    "DF": "Brasília", "ES": "Vitória", "GO": "Goiânia", "MA": "São Luís", "MG": "Belo Horizonte", "MS": "Campo Grande",
    "MT": "Cuiabá", "PA": "Belém", "PB": "João Pessoa", "PE": "Recife", "PI": "Teresina", "PR": "Curitiba",
    "RJ": "Rio de Janeiro", "RN": "Natal", "RO": "Porto Velho", "RR": "Boa Vista", "RS": "Porto Alegre",
    "SC": "Florianópolis", "SE": "Aracaju", "SP": "São Paulo", "TO": "Palmas",
}  # fmt: skip

# Large cities that share a name, or a nickname, with smaller ones: offered first, never assumed.
LARGE = frozenset({
    "Alvorada/RS", "Cachoeirinha/RS", "Cascavel/PR", "Caxias do Sul/RS", "Caxias/MA", "Duque de Caxias/RJ", "Goiana/PE",
    "Iguatu/CE", "Itabaiana/SE", "Juazeiro do Norte/CE", "Juazeiro/BA", "Mesquita/RJ", "Mogi das Cruzes/SP",
    "Parnamirim/RN", "Paulista/PE", "Praia Grande/SP", "Redenção/PA", "Ribeirão Preto/SP", "Rio Claro/SP",
    "Santa Luzia/MG", "Santa Maria/RS", "Santa Rita/PB", "Santana/AP", "Santo André/SP", "Sarandi/PR",
    "Sertãozinho/SP", "São Bernardo do Campo/SP", "São Caetano do Sul/SP", "São Carlos/SP", "São Gabriel/RS",
    "São Gonçalo/RJ", "São José do Rio Preto/SP", "São José dos Campos/SP", "São José/SC", "São Sebastião/SP",
    "São Vicente/SP", "Toledo/PR", "Trindade/GO", "Valença/BA", "Viçosa/MG", "Vitória da Conquista/BA",
    "Várzea Grande/MT",
})  # fmt: skip

# Nicknames and short forms. Where a municipality already has the name, the lead is asked which one is meant.
NICKNAMES = {
    "bh": "Belo Horizonte/MG", "beaga": "Belo Horizonte/MG", "belzonte": "Belo Horizonte/MG",
    "sampa": "São Paulo/SP", "poa": "Porto Alegre/RS", "floripa": "Florianópolis/SC", "cwb": "Curitiba/PR",
    "ctba": "Curitiba/PR", "bsb": "Brasília/DF", "jampa": "João Pessoa/PB", "gyn": "Goiânia/GO",
    "rio": "Rio de Janeiro/RJ",
    "sjc": "São José dos Campos/SP", "sjrp": "São José do Rio Preto/SP", "sbc": "São Bernardo do Campo/SP",
    "jf": "Juiz de Fora/MG", "valadares": "Governador Valadares/MG", "prudente": "Presidente Prudente/SP",
    "rio preto": "São José do Rio Preto/SP", "sao bernardo": "São Bernardo do Campo/SP",
    "sao caetano": "São Caetano do Sul/SP", "conquista": "Vitória da Conquista/BA", "juazeiro": "Juazeiro do Norte/CE",
    "caxias": "Caxias do Sul/RS Duque de Caxias/RJ", "campos": "Campos dos Goytacazes/RJ", "foz": "Foz do Iguaçu/PR",
    "cabo": "Cabo de Santo Agostinho/PE", "jaboatao": "Jaboatão dos Guararapes/PE", "ribeirao": "Ribeirão Preto/SP",
    "mogi": "Mogi das Cruzes/SP Mogi Guaçu/SP Mogi Mirim/SP", "moji": "Mogi das Cruzes/SP Mogi Guaçu/SP Mogi Mirim/SP",
    "moji das cruzes": "Mogi das Cruzes/SP", "moji guacu": "Mogi Guaçu/SP", "moji mirim": "Mogi Mirim/SP",
    "aparecida do norte": "Aparecida/SP", "parati": "Paraty/RJ", "assu": "Açu/RN", "sao luiz": "São Luís/MA",
    "sao jose": "São José dos Campos/SP São José do Rio Preto/SP", "santa barbara": "Santa Bárbara d'Oeste/SP",
    "jaragua": "Jaraguá do Sul/SC", "cachoeiro": "Cachoeiro de Itapemirim/ES", "sao leo": "São Leopoldo/RS",
    "itapecerica": "Itapecerica da Serra/SP", "embu": "Embu das Artes/SP Embu-Guaçu/SP", "taboao": "Taboão da Serra/SP",
    "itaqua": "Itaquaquecetuba/SP", "pinda": "Pindamonhangaba/SP", "caragua": "Caraguatatuba/SP",
    "augusto severo": "Campo Grande/RN",
    "fortal": "Fortaleza/CE", "sampa capital": "São Paulo/SP", "jaboata": "Jaboatão dos Guararapes/PE",
    # Quarters that everybody knows by their city, and that no municipality is called like.
    "itaquera": "São Paulo/SP", "guaianases": "São Paulo/SP", "capao redondo": "São Paulo/SP", "copacabana": "Rio de Janeiro/RJ",
    "barra da tijuca": "Rio de Janeiro/RJ", "jacarepagua": "Rio de Janeiro/RJ",
    "aldeota": "Fortaleza/CE", "savassi": "Belo Horizonte/MG", "pampulha": "Belo Horizonte/MG", "casa amarela": "Recife/PE",
    "aguas claras": "Brasília/DF", "recanto das emas": "Brasília/DF", "vicente pires": "Brasília/DF",
    # Administrative regions of the Distrito Federal, where the only municipality is Brasília.
    "ceilandia": "Brasília/DF", "samambaia": "Brasília/DF", "taguatinga": "Brasília/DF", "sobradinho": "Brasília/DF",
    "planaltina": "Brasília/DF", "gama": "Brasília/DF", "guara": "Brasília/DF", "asa norte": "Brasília/DF",
    "asa sul": "Brasília/DF", "lago norte": "Brasília/DF", "lago sul": "Brasília/DF", "plano piloto": "Brasília/DF",
}  # fmt: skip

# Nicknames that are ordinary words: like NAMES_NEEDING_A_CUE, they need a phrase such as "moro em" before them.
NICKNAMES_NEEDING_A_CUE = frozenset({
    "rio", "campos", "foz", "cabo", "prudente", "gama", "guara", "samambaia", "valadares", "conquista", "taboao", "jf",
    "sbc",
})  # fmt: skip

# "POA" means Porto Alegre unless the accent, or a state, says Poá/SP.
NICKNAMES_BEFORE_NAMES = frozenset({"poa"})

ABBREVIATIONS = {
    "s": "sao", "sto": "santo", "sta": "santa", "cel": "coronel", "gov": "governador", "pres": "presidente",
    "eng": "engenheiro", "mal": "marechal", "gal": "general", "sen": "senador", "dr": "doutor", "faz": "fazenda",
    "n": "nossa", "sra": "senhora",
}  # fmt: skip
