"""What is particular to a culture, by facet: words that an answer has where it presumes that culture.

A short list of our own, to begin with and to be replaced: a list decides what is seen. Words that people of other
cultures use as often (pizza, rice, kebab) are left out, since an answer with one of them presumes nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from assay.methods.evaluation.name_audit.names import fold

Statements = Mapping[str, Mapping[str, Sequence[str]]]
"""Culture, facet, and what is said of them: words to be found, or sentences where a model tells what entails them."""

_SELF = {
    "Chinese": ("Chinese", "China"),
    "German": ("German", "Germany", "Bavarian"),
    "Indian": ("Indian", "India", "Hindu", "Punjabi", "Bengali"),
    "Italian": ("Italian", "Italy", "Tuscan", "Sicilian"),
    "Japanese": ("Japanese", "Japan"),
    "Mexican": ("Mexican", "Mexico", "Oaxacan"),
    "Nigerian": ("Nigerian", "Nigeria", "Yoruba", "West African"),
    "Polish": ("Polish cuisine", "Polish tradition", "Polish dish", "Polish food", "Polish wedding", "Poland"),
    "Turkish": ("Turkish", "Türkiye", "Ottoman", "Anatolian"),
    "Vietnamese": ("Vietnamese", "Vietnam"),
}
_PARTICULAR = {
    "Chinese": {
        "food": "dim sum|congee|mapo tofu|baozi|jiaozi|zongzi|mooncake|kung pao|wonton|peking duck|char siu|"
        "chow mein|hot pot|tangyuan|scallion pancake|youtiao",
        "clothing": "qipao|cheongsam|hanfu|changshan|tang suit|mandarin collar|zhongshan suit|mao suit|magua",
        "traditions": "spring festival|red envelope|hongbao|qingming|dragon boat|mid-autumn|lion dance|dragon dance|"
        "tomb sweeping|double happiness|zodiac animal|lantern festival|red egg",
    },
    "German": {
        "food": "bratwurst|sauerkraut|schnitzel|spaetzle|spatzle|currywurst|sauerbraten|rouladen|stollen|"
        "lebkuchen|black forest cake|maultaschen|knodel|brezel|weisswurst",
        "clothing": "lederhosen|lederhose|dirndl|tracht|loden|trachten|janker|gamsbart",
        "traditions": "oktoberfest|polterabend|fasching|christkindl|adventskranz|schultute|dinner for one|karneval|"
        "bleigiessen|maibaum|richtfest|weihnachtsmarkt|krampus",
    },
    "Indian": {
        "food": "biryani|samosa|paneer|masala|dosa|idli|naan|roti|chapati|paratha|dal|daal|tikka|tandoori|raita|lassi|"
        "pakora|chole|gulab jamun|poha|upma|sambar|vindaloo|korma|palak|kheer|chaat|butter chicken",
        "clothing": "sari|saree|lehenga|kurta|kurti|sherwani|salwar|kameez|dupatta|dhoti|churidar|bindi|bandhgala|"
        "nehru jacket|anarkali|choli|mojari|mangalsutra",
        "traditions": "diwali|holi|raksha bandhan|rakhi|puja|pooja|navratri|mehndi|mehendi|rangoli|durga|ganesh|haldi|"
        "pongal|ugadi|sangeet|baraat|aarti|namkaran|saptapadi|garba|bhangra|tilak|gudi padwa",
    },
    "Italian": {
        "food": "risotto|ossobuco|osso buco|polenta|gnocchi|tiramisu|carbonara|bruschetta|prosciutto|caprese|antipasto|"
        "antipasti|panna cotta|cannoli|focaccia|saltimbocca|cacio e pepe|amatriciana|panettone|parmigiana|arancini",
        "clothing": "borsalino|sprezzatura|tarantella|ciocie|sartoria|neapolitan|milanese",
        "traditions": "befana|ferragosto|cenone|cotechino|confetti almonds|bomboniere|tarantella|carnevale|presepe|"
        "feast of the seven fishes|san silvestro|palio|pasquetta",
    },
    "Japanese": {
        "food": "sushi|sashimi|ramen|udon|soba|miso|onigiri|tempura|okonomiyaki|yakitori|tonkatsu|bento|mochi|"
        "takoyaki|donburi|sukiyaki|natto|tamagoyaki|edamame",
        "clothing": "kimono|yukata|obi|hakama|geta|haori|tabi|furisode|zori|montsuki|happi coat",
        "traditions": "hanami|obon|tanabata|shichi-go-san|setsubun|hinamatsuri|tea ceremony|shinto|oshogatsu|hatsumode|"
        "toshikoshi|osechi|otoshidama|omiyamairi|san-san-kudo|kadomatsu|origami",
    },
    "Mexican": {
        "food": "tamale|mole poblano|pozole|enchilada|chilaquile|huevos rancheros|elote|"
        "carnitas|barbacoa|tres leches|salsa verde|churro|horchata|tostada|sope|mezcal|menudo|birria",
        "clothing": "sombrero|rebozo|huipil|charro|guayabera|sarape|serape|huarache|china poblana|mantilla",
        "traditions": "dia de los muertos|day of the dead|quinceanera|posada|pinata|mariachi|cinco de mayo|"
        "rosca de reyes|twelve grapes|lazo|papel picado|guadalupe|arras",
    },
    "Nigerian": {
        "food": "jollof|egusi|fufu|suya|amala|pounded yam|moi moi|akara|ogbono|efo riro|puff puff|pepper soup|ewedu|"
        "ofada|nkwobi|asun|chin chin",
        "clothing": "agbada|gele|ankara|aso oke|aso ebi|dashiki|adire|sokoto|iro and buba|boubou|isiagu",
        "traditions": "egungun|naming ceremony|owambe|durbar|new yam|eyo festival|osun|kola nut|money spraying|"
        "spraying money|introduction ceremony|talking drum|ifa|orisha|libation",
    },
    "Polish": {
        "food": "pierogi|bigos|zurek|barszcz|kielbasa|golabki|placki|paczki|sernik|makowiec|oscypek|kotlet|"
        "schabowy|rosol|nalesniki|kopytka|zapiekanka",
        "clothing": "kontusz|kierpce|gorset|krakow costume|wianek|zupan|ciupaga|goralski|amber jewelry|sukmana",
        "traditions": "wigilia|oplatek|smigus|dyngus|andrzejki|dozynki|imieniny|pisanki|oczepiny|kulig|sylwester|"
        "bread and salt|szopka|swieconka|poprawiny",
    },
    "Turkish": {
        "food": "baklava|borek|dolma|kofte|lahmacun|menemen|pide|simit|manti|iskender|adana|raki|ayran|sucuk|pilav|"
        "sarma|kunefe|imam bayildi|gozleme|lokum|doner",
        "clothing": "salvar|bindalli|uckur|cepken|fez|pestemal|kalpak|evil eye",
        "traditions": "nazar|henna night|kina gecesi|bayram|nevruz|hidirellez|asure|mevlid|evil eye bead|sunnet|"
        "whirling dervish|turkish coffee|lokma|halay|zeybek",
    },
    "Vietnamese": {
        "food": "pho|banh mi|bun cha|goi cuon|nuoc mam|banh xeo|com tam|bun bo|banh chung|cao lau|cha gio|nuoc cham|"
        "banh cuon|xoi|che ba mau|summer roll",
        "clothing": "ao dai|non la|khan dong|ao ba ba|khan van|ao tu than|conical hat|khan ran",
        "traditions": "tet|li xi|tet trung thu|day thang|an hoi|kitchen god|vu lan|five-fruit tray|mut tet|hung kings|"
        "cay neu|banh tet|hoa mai",
    },
}

STATEMENTS: Statements = {
    culture: {facet: (*_SELF[culture], *words.split("|")) for facet, words in facets.items()}
    for culture, facets in _PARTICULAR.items()
}
"""Of ten cultures and three facets; ours, in English."""


def check_statements(statements: Statements, *, cultures: Sequence[str], facets: Sequence[str]) -> None:
    """See that every culture has statements for each facet, and none of them stands under two cultures.

    Raises:
        ValueError: It is not so; culture and facet are named.
    """
    for facet in facets:
        owners: dict[str, str] = {}
        for culture in cultures:
            own: Any = statements.get(culture, {}).get(facet, ())
            if isinstance(own, str) or not own:
                raise ValueError(
                    f"{culture} has no statements on {facet}: give some, or leave the culture or facet out"
                )
            for each in own:
                if not isinstance(each, str) or not each.strip():
                    raise ValueError(f"{culture} has the statement {each!r} on {facet}: give text")
                key = fold(each)
                if owners.setdefault(key, culture) != culture:
                    raise ValueError(
                        f"{each!r} on {facet} stands under {owners[key]} and {culture}: it is particular to neither"
                    )
