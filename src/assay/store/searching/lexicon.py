"""The tables behind the search: which letters, words and spellings count as one. The site's search reads them too.

All words here are in lower case and without accents. The site gets them as JSON (see `as_json`), so that both
searches have one definition.
"""

import json
import unicodedata
from functools import cache

MARKS = (
    "\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u064b-\u065f\u0670"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
)
"""Accents and vowel points, as a character class: they make no difference."""
PAIR_SCRIPTS = (
    "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff"
)
"""Hangul, Han and kana, as a character class: they are searched by overlapping pairs."""

_SPELT_OUT = {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i", "ĸ": "k", "ŋ": "n", "ſ": "s", "ς": "σ"}
_LETTERS_WITH = range(0x00C0, 0x2C80)
"""Where Latin and Cyrillic letters with strokes, hooks and tails stand."""


@cache
def plain_letters() -> dict[str, str]:
    """Letters that Unicode does not take apart, by the plain letters that people type for them: ``ł`` is ``l``."""
    letters = dict(_SPELT_OUT)
    for code in _LETTERS_WITH:
        letter = chr(code)
        name = unicodedata.name(letter, "")
        base, _, rest = name.partition(" WITH ")
        if rest and " SMALL LETTER " in base and not unicodedata.decomposition(letter):
            try:
                letters.setdefault(letter, unicodedata.lookup(base))
            except KeyError:
                continue
    return letters


IRREGULAR = {
    plural: singular
    for singular, plural in (
        pair.split("/")
        for pair in """analysis/analyses hypothesis/hypotheses thesis/theses synthesis/syntheses axis/axes crisis/crises
        matrix/matrices index/indices vertex/vertices appendix/appendices simplex/simplices codex/codices
        criterion/criteria phenomenon/phenomena corpus/corpora genus/genera automaton/automata
        optimum/optima minimum/minima maximum/maxima spectrum/spectra quantum/quanta stratum/strata
        formula/formulae stimulus/stimuli radius/radii nucleus/nuclei locus/loci modulus/moduli
        child/children mouse/mice foot/feet half/halves leaf/leaves shelf/shelves self/selves wolf/wolves knife/knives
        quiz/quizzes gas/gases""".split()
    )
}
"""Plurals that no rule gives, by their singular."""
NO_PLURALS = frozenset(
    """bias alias atlas canvas gas pancreas whereas has was texas kansas as is us this his its lens series species news
    css dns fps gps tls sms nms rms cvs aws ios always perhaps besides sometimes towards across afterwards yes
    bus""".split()
)
"""Words that end in ``s`` as they are."""
PLURALS_IN_US_AND_IS = frozenset(
    """gpus cpus tpus npus dpus ipus lpus menus relus gelus selus elus silus apis guis uis ais pois rois dois mris kpis
    wikis taxis emojis""".split()
)
"""Plurals that end as a singular does: ``gpus`` beside ``corpus``."""

COMBINING_FORMS = frozenset(
    """multi pre non semi inter intra anti auto pseudo quasi hyper sub super uni bi tri poly mono co re un de self cross
    spatio neuro bio geo cyber electro thermo tele hetero homo omni trans counter""".split()
)
"""Words that only stand before another one: typed apart, they still belong to the next word."""
COMBINING_ENDS = frozenset("agnostic aware based centric driven level shot wise".split())
"""Words that belong to the word before them: token level, memory based."""
_MODALITIES = "text image video speech audio music sound code graph table layout motion".split()
COMPOUNDS = frozenset(
    tuple(compound.split("-"))
    for compound in [
        *(f"{one}-to-{other}" for one in _MODALITIES for other in _MODALITIES),
        *"""fine-tuning fine-tune fine-tuned fine-tuner fine-grained zero-order
        post-training post-train post-trained post-processing post-hoc mid-training open-source open-ended open-domain
        open-vocabulary open-world low-rank low-bit low-resource long-context long-term long-form long-tail short-term
        large-scale real-time real-world point-cloud data-set data-base bench-mark frame-work work-flow key-frame
        over-fitting over-smoothing under-fitting down-stream up-sampling down-sampling run-time test-time train-time
        time-step time-series code-base look-ahead plug-in in-context off-policy on-policy end-to-end state-of-the-art
        chain-of-thought tree-of-thought graph-of-thought mixture-of-expert out-of-distribution step-by-step
        human-in-the-loop sim-to-real coarse-to-fine easy-to-hard weak-to-strong sequence-to-sequence""".split(),
    ]
)
"""Words that are one word to the field, however they are written; the last in the singular."""
FUNCTION_WORDS = frozenset(
    """a an the and or not nor of in on to at by as is are be was has had it its he his her she we our us my me i you
    for with from that this than then they them but so no do if up can may all any how now who why off out one two
    s t d m ll ve""".split()
)
"""Words that are never a half of a word written together: ``format`` is not ``for mat``."""

CONTRACTIONS = {
    words.replace("'", ""): words
    for words in """don't doesn't didn't isn't aren't wasn't weren't can't won't wouldn't couldn't shouldn't hasn't
    haven't hadn't mustn't ain't let's that's what's who's where's here's there's how's you're they're you've they've
    i'm""".split()
}
"""Words that are written with an apostrophe, by what they are without it; none that is another word then, as its."""
UMLAUTS = dict(pair.split("/") for pair in "ä/ae ö/oe ø/oe ü/ue å/aa Ä/Ae Ö/Oe Ø/Oe Ü/Ue Å/Aa".split())
"""Letters that are also written as two, with these."""

_PARTICLES = {
    "c": "으로",
    "vl": "로",
    "cl": "을 이 은 과",
    "v": "를 가 는 와",
    "cvl": "의 에 에서 에게 도 만 까지 부터 보다 처럼 들",
}
PARTICLES = {particle: sounds for sounds, particles in _PARTICLES.items() for particle in particles.split()}
"""What stands at the end of Korean words, with the sounds after which it does: ㄹ (l), other consonant, vowel.

으로 comes before 로, with which it ends."""
STACKED_ON = frozenset("에 에서 에게 으로 로 와 과 만 까지 부터 보다 들".split())
"""Particles behind which another may stand, as in 에서는."""
NOUN_ENDS = frozenset("도 만".split())
"""Particles that also end nouns, as in 정확도, and after a number are units."""


def as_json() -> str:
    """All tables as JSON, for the site's search."""
    tables = {
        "marks": MARKS,
        "pairScripts": PAIR_SCRIPTS,
        "letters": plain_letters(),
        "irregular": IRREGULAR,
        "noPlurals": sorted(NO_PLURALS),
        "pluralsInUsAndIs": sorted(PLURALS_IN_US_AND_IS),
        "combiningForms": sorted(COMBINING_FORMS),
        "combiningEnds": sorted(COMBINING_ENDS),
        "compounds": sorted(" ".join(words) for words in COMPOUNDS),
        "functionWords": sorted(FUNCTION_WORDS),
        "contractions": CONTRACTIONS,
        "umlauts": UMLAUTS,
        "particles": list(PARTICLES.items()),
        "stackedOn": sorted(STACKED_ON),
        "nounEnds": sorted(NOUN_ENDS),
    }
    return json.dumps(tables, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
