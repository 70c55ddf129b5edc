"""The forms of a plain English comparison: who is better than whom, who is best, what hurts when it is removed.

Every word of a clause belongs to its form or to one of the phrases in it. What a phrase means, only a table can tell.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from typing import Final, Literal

Kind = Literal["compared", "best", "second", "ranked", "figure", "removed", "added", "grows"]
Sense = Literal["better", "worse", "up", "down"]
"""``better`` and ``worse`` as the metric has it; ``up`` and ``down`` as the figures themselves go."""


@dataclass(frozen=True)
class Comparison:
    """One comparison, in the sentence's own words."""

    kind: Kind
    sense: Sense
    subject: str
    """Who is compared; the part that is removed or added; the number that grows."""
    rival: str = ""
    """Whom it is compared with; what a part is added to."""
    metric: str = ""
    value: str = ""
    """The figure or the rank that it has."""
    scopes: tuple[str, ...] = ()
    """What it is narrowed down to."""
    always: bool = False
    """Whether it says so of all cases."""
    margin: str = ""
    """How large the difference is said to be: ``more than 3`` points, or in words."""
    figures: tuple[str, ...] = ()
    """The figures of the two that are compared, where they stand beside it."""
    negated: bool = False
    is_of_performance: bool = False
    """Whether it may be about where it does well, and not about who does better: ``performs best on ToyBench``."""
    of_subject: tuple[str, ...] = ()
    """Those of ``scopes`` that stand beside the subject, and may be part of what it is."""


# ---- words ----------------------------------------------------------------------------------------------------------

PREPOSITIONS: Final = r"(?:on|in terms of|in|for|across|at|under|with)"
BEATS: Final = r"outperform|surpass|beat|exceed|overtak|trail"
"""Verbs that are read as participles, too."""
VERBS: Final = (
    r"outperforms?|beats?|surpass(?:es)?|exceeds?|overtakes?|leads?|improves? (?:on|upon|over)|underperforms?|trails?|"
    r"lags? behind|falls? (?:behind|short of)|loses? to|"
    r"(?:performs?|does|do|stays?|remains?|is|are) (?:better than|worse than|ahead of|behind|inferior to|superior to)|"
    r"(?:is|are) (?:outperformed|beaten|surpassed|overtaken) by"
)
GETS: Final = (
    r"(?:has|have|achieves?|attains?|obtains?|reach(?:es)?|gets?|gives?|yields?|shows?|produces?|delivers?|"
    r"leads? to|results? in|comes? with|needs?|takes?|makes?|requires?|uses?)"
)
MOST: Final = (
    r"best|worst|highest|lowest|greatest|largest|smallest|most|fewest|least|shortest|longest|top|strongest|weakest"
)
_MORE = r"better|worse|higher|lower|greater|larger|smaller|more|fewer|less|shorter|longer"
SOMEWHAT: Final = r"(?:just|only|clearly|slightly|narrowly|far|well|closely|easily|by far|also|even|still|consistently)"
_CHANGES = r"improves?|rises?|increases?|grows?|falls?|drops?|decreases?|degrades?|declines?|goes up|goes down"
_MAKES = r"hurts?|lowers?|reduces?|decreases?|degrades?|improves?|raises?|increases?|helps?|boosts?"
_NOUNS = r"(?:methods|models|systems|approaches|architectures)"
_WORDS_OF: Final[Mapping[Sense, str]] = {
    "worse": "worse worst weakest last hurts degrades",
    "up": "higher greater larger more longer highest greatest largest most longest slower raises increases rises grows",
    "down": "lower smaller fewer less shorter lowest smallest fewest least shortest faster lowers reduces decreases "
    "drops falls declines",
}
_SENSES: Final = {word: sense for sense, words in _WORDS_OF.items() for word in words.split()}


def _sense(words: str, kind: Kind) -> Sense:
    """Which way a verb or an adjective points."""
    if re.search(r"worse than|behind|inferior to|by$|short of|^loses? to|^trail|^underperform", words):
        return "worse"
    if words in {"goes up", "goes down", "more accurate", "less accurate"}:
        return "down" if words in {"goes down", "less accurate"} else "up"
    word = words if words in _SENSES or kind in {"compared", "best"} else f"{words.removesuffix('s')}s"
    return _SENSES.get(word, "better")


# ---- forms ----------------------------------------------------------------------------------------------------------

_ALWAYS = r"(?: (?P<always>consistently|always|uniformly|invariably))?"
_ALSO = r"(?: also| even| still)?"
_SIZE = (
    r"(?P<size> by far| clearly| slightly| marginally| narrowly| barely| easily| substantially| considerably| far|"
    r" much| well| just| only| significantly| somewhat| noticeably)?"
)
_NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?%?"
_UNIT = r"(?: ?points?)?"
_WHERE = rf"(?P<rest>(?:,? {PREPOSITIONS} .+)?)"
_PATTERNS: Final[Sequence[tuple[Kind, str]]] = (
    ("compared", rf"(?P<subject>.+?){_ALWAYS}{_SIZE}{_ALSO} (?P<word>{VERBS}) (?P<rival>.+)"),
    (
        "compared",
        (
            rf"(?P<subject>.+?){_ALWAYS} {GETS}(?: an?)?{_SIZE} (?P<word>{_MORE}) (?P<metric>.+?)"
            r" (?:than|(?:as )?compared (?:to|with)) (?P<rival>.+)"
        ),
    ),
    (
        "compared",
        (
            rf"(?P<metric>.+?) (?:is|are){_SIZE} (?P<word>{_MORE}) (?:for|with|under|using) (?P<subject>.+?)"
            r" than (?:for|with|under|using) (?P<rival>.+)"
        ),
    ),
    (
        "compared",
        (
            rf"(?P<subject>.+?){_ALWAYS} (?:is|are){_SIZE} (?P<word>more accurate|less accurate|faster|slower)"
            r" than (?P<rival>.+)"
        ),
    ),
    (
        "compared",
        (
            rf"(?:The )?(?P<metric>[^,]+?) of (?P<subject>[^,]+?){_ALWAYS} (?:is|are){_SIZE} (?P<word>{_MORE})"
            r" than (?:that|those) of (?P<rival>[^,]+)"
        ),
    ),
    (
        "compared",
        (
            rf"(?P<subject>[^,]+?)['’]s? (?P<metric>[\w@-]+(?: [\w@-]+){{0,2}}?){_ALWAYS} (?:is|are){_SIZE}"
            rf" (?P<word>{_MORE}) than (?:(?P<rival>[^,]+?)['’]s?|(?:that|those) of (?P<other>[^,]+))"
        ),
    ),
    ("best", rf"(?P<subject>.+?){_ALWAYS}{_ALSO} {GETS}{_SIZE} the (?P<word>{MOST}) (?P<metric>.+)"),
    ("ranked", rf"(?P<subject>.+?) {GETS} the (?P<value>second)[- ](?P<word>{MOST}) (?P<metric>.+)"),
    (
        "best",
        rf"The (?P<word>{MOST}) (?P<metric>.+?) (?:is|are) (?:achieved|obtained|reached|attained) by (?P<subject>.+)",
    ),
    (
        "best",
        (
            r"The (?P<word>best|worst)(?:[- ]performing)? (?:method|model|system|approach)"
            rf"{_WHERE} is (?P<subject>.+)"
        ),
    ),
    (
        "best",
        (
            rf"(?P<subject>.+?){_ALWAYS} (?:is|are|performs?|does|works?|comes?|ranks?|remains?|fares?)(?: out)?{_SIZE}"
            r" (?:the )?(?P<word>best|worst|first|last|on top)(?: (?:method|model|system|approach|one))?"
            rf"{_WHERE}"
        ),
    ),
    (
        "best",
        (
            rf"(?P<metric>.+?) (?:is|are){_SIZE} (?P<word>highest|lowest|largest|smallest|best|worst)"
            r" (?:for|with|on|in|at|under) (?P<subject>.+)"
        ),
    ),
    ("best", rf"(?P<subject>.+?){_ALWAYS} (?:wins|leads)(?P<rest>,? (?:on|for|across) .+)"),
    (
        "second",
        (
            r"(?P<subject>.+?) (?:is|are|comes?|ranks?) (?:second(?: best)?|the second best(?: method| model| system)?)"
            r"(?: only)?,? (?:to|after|behind) (?P<rival>.+)"
        ),
    ),
    (
        "ranked",
        (
            r"(?P<subject>.+?) (?:ranks?|comes?|is|are|places?|finishes) (?:only |the )?"
            r"(?P<value>second|third|fourth|fifth)"
            rf"(?:[- ]best)?(?: place| method| model| system| approach)?{_WHERE}"
        ),
    ),
    (
        "figure",
        (
            rf"(?P<subject>.+?) {GETS}(?: only| just)? (?:an? )?(?P<metric>[^\d]+?) of (?P<value>{_NUMBER}){_UNIT}"
            rf"{_WHERE}"
        ),
    ),
    (
        "figure",
        (
            rf"(?P<subject>.+?) (?:scores?|{GETS})(?: only| just)? (?P<value>{_NUMBER}){_UNIT}"
            rf"(?: (?P<metric>(?!of|less|more|fewer|{PREPOSITIONS} )[^\d]+?))?{_WHERE}"
        ),
    ),
    (
        "removed",
        rf"(?:[Rr]emoving|[Dd]ropping|[Oo]mitting) (?:the )?(?P<part>.+?) (?P<word>{_MAKES})(?P<metric>(?: .+)?)",
    ),
    ("removed", rf"Without (?:the )?(?P<part>[^,]+), (?P<metric>.+?) (?P<word>{_CHANGES}){_WHERE}"),
    (
        "added",
        (
            r"[Aa]dding (?:the |an? )?(?P<part>.+?)(?: to (?:the )?(?P<rival>.+?))?"
            rf" (?P<word>{_MAKES})(?P<metric>(?: .+)?)"
        ),
    ),
    ("added", r"(?P<part>.+?) (?P<word>improves?|helps?|hurts?) (?:the )?(?:(?P<metric>.+?) of )?(?P<rival>.+)"),
    (
        "grows",
        (
            rf"(?:The |the )?(?P<metric>[^,;]+?) (?P<word>{_CHANGES})(?: steadily| monotonically)?"
            r" (?:as (?:the )?(?P<number>[^,;]+?) (?:grows|increases|rises)|"
            r"with (?:more |larger |the |an? increasing )?(?P<along>[^,;]+?))"
        ),
    ),
    (
        "grows",
        (
            r"As (?:the )?(?P<number>[^,;]+?) (?:grows|increases|rises), (?:the )?(?P<metric>[^,;]+?)"
            rf" (?P<word>{_CHANGES})(?: steadily| monotonically)?"
        ),
    ),
)
_FORMS: Final = [(kind, re.compile(pattern)) for kind, pattern in _PATTERNS]
_MOST_PLACES: Final = 4
_PHRASES: Final = ("subject", "rival", "other", "metric", "rest")
"""Phrases that may have what narrows them down behind them."""


def comparisons_of(clause: str) -> Sequence[Comparison]:
    """Everything that a clause may say, by each form that it has, and each way to part its phrases.

    A clause that may say too many things is not plain, and says nothing.
    """
    told = tuple(dict.fromkeys(islice(_read(clause), _MOST_READINGS + 1)))
    return told if len(told) <= _MOST_READINGS else ()


_MOST_READINGS: Final = 96


def _read(clause: str) -> Iterator[Comparison]:
    if (beside := _BESIDE.fullmatch(clause)) and _HIGHER_ALONE.fullmatch(beside["rest"]):
        clause = f"{beside['rest']} than {beside['rival']}"
    for aside in (_FIGURES, _MARGIN, _WIDE):
        if match := aside.search(clause):
            said = match.groupdict()
            figures = (said["one"], said["other"]) if "one" in said else ()
            margin = "" if figures else said.get("margin") or "wide"
            of = (said.get("of") or said.get("unit") or "").strip()
            for each in _read(clause[: match.start()] + clause[match.end() :]):
                scopes = (*each.scopes, of) if of else each.scopes
                yield replace(each, scopes=scopes, margin=margin or each.margin, figures=figures or each.figures)
            return
    leading = LEADING.match(clause)
    scope = re.sub(rf"^{PREPOSITIONS} ", "", leading["scope"], flags=re.IGNORECASE) if leading else ""
    text = leading["rest"] if leading else clause
    for kind, pattern in _FORMS:
        if match := pattern.fullmatch(text):
            for each in _built(kind, match):
                yield replace(each, scopes=(scope, *each.scopes)) if scope else each
                if leading and leading["scope"].lower().startswith("with ") and kind in {"compared", "best"}:
                    yield from _joined(each, scope)
        elif leading and (match := pattern.fullmatch(clause)) and kind in {"removed", "grows"}:
            yield from _built(kind, match)


def _joined(said: Comparison, scope: str) -> Iterator[Comparison]:
    """``With tides, Gullwing ...``, as of one name: ``Gullwing with tides``; its rival may be with them, too."""
    joined = replace(said, subject=f"{said.subject} with {scope}")
    yield joined
    if said.rival:
        yield replace(joined, rival=f"{said.rival} with {scope}")


def _built(kind: Kind, match: re.Match[str]) -> Iterator[Comparison]:
    said = {name: text for name, text in match.groupdict().items() if text is not None}
    names = [name for name in _PHRASES if name in said]
    for chosen in product(*(list(_parted(said[name])) for name in names)):
        heads = {name: head for name, (head, _) in zip(names, chosen, strict=True)}
        if heads.get("rest"):
            continue
        word = said.get("word", "")
        metric, figure = heads.get("metric", ""), said.get("value", "")
        if kind == "best" and (own := _ITS_FIGURE.search(metric)):
            metric, figure = metric[: own.start()], own["figure"]
        for sense in ("better", "up") if _EXCEEDS.match(word) else (_sense(word, kind),):
            for measure in _MEASURES.get(word, (metric,)):
                yield Comparison(
                    kind,
                    sense,
                    heads.get("subject") or said.get("part") or said.get("number") or said.get("along", ""),
                    rival=heads.get("rival") or heads.get("other", ""),
                    metric=measure,
                    value=figure.replace(",", ""),
                    scopes=tuple(scope for _, scopes in chosen for scope in scopes),
                    always="always" in said,
                    margin="in words" if said.get("size") else "",
                    is_of_performance=_PERFORMS.search(match[0]) is not None,
                    of_subject=chosen[names.index("subject")][1] if "subject" in names else (),
                )


def _parted(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The ways to part a phrase into what it is about and what narrows it down."""
    text = _AMONG.sub("", re.sub(r" both (?=(?:on|in|for|at|under) )", " ", text)).strip(" ,")
    yield text, ()
    if len(re.findall(rf"\b{PREPOSITIONS} ", text)) > _MOST_PLACES:
        return
    for match in re.finditer(rf"(?:^|,? ){PREPOSITIONS} ", text):
        for head, scopes in _parted(text[match.end() :]):
            yield text[: match.start()], (head, *scopes)


_MEASURES: Final[Mapping[str, Sequence[str]]] = {
    "more accurate": ("accuracy",),
    "less accurate": ("accuracy",),
    "faster": ("latency", "runtime", "inference time"),
    "slower": ("latency", "runtime", "inference time"),
}
"""What is higher or lower of what is more so."""
_PERFORMS: Final = re.compile(r"\b(?:performs?|does|works?|fares?) (?:the )?(?:best|worst)\b")
_EXCEEDS: Final = re.compile(r"exceed|surpass")
"""Verbs that say *better* of some and *higher* of others."""
_FIGURE = r"\d+(?:\.\d+)?"
_FIGURES: Final = re.compile(
    rf" \((?P<one>{_FIGURE}%?)(?: ?points)? (?:vs\.?|versus|against|compared (?:to|with))"
    rf" (?P<other>{_FIGURE}%?)(?: ?points)?\)"
)
_ITS_FIGURE: Final = re.compile(rf"(?: of| at|,)? \(?(?P<figure>{_FIGURE}%?)(?: ?points)?\)?$")
LEADING: Final = re.compile(rf"(?P<scope>{PREPOSITIONS} [^,]+(?:, [^,]+ and [^,]+)?), (?P<rest>.+)", re.IGNORECASE)
"""What narrows a clause down before it: ``On ToyBench, ...``."""
_AMONG: Final = re.compile(rf" (?:of|among) all (?:the )?(?:other )?{_NOUNS}(?: compared| tested| listed)?(?= |$)")
_BESIDE: Final = re.compile(
    r"(?:Compared (?:to|with)|In comparison (?:to|with)|Relative to|Unlike) (?P<rival>[^,]+), (?P<rest>.+)"
)
_HIGHER_ALONE: Final = re.compile(rf".+? {GETS}(?: an?)?(?: \w+)? (?:{_MORE}) [^,]+")
_MARGIN: Final = re.compile(
    r",? by (?P<margin>(?:(?:more than|over|at least|nearly|almost|about|around|roughly|just|only|just over|some) )?"
    r"(?:\d+(?:\.\d+)?|one|two|three|four|five|six|seven|eight|nine|ten))(?: absolute)?"
    r"(?:(?P<of>(?: [\w-]+){1,2}?)? ?(?:percentage points|per cent points|points)(?: absolute)?|"
    r"(?P<unit> [A-Z][A-Za-z]*[A-Z][\w@-]*)(?= |$))"
)
_WIDE: Final = re.compile(
    r",? by (?:an? )?(?:even )?(?:wide|wider|large|larger|clear|small|narrow|slim|considerable|substantial|good|great|"
    r"significant|huge|big|tiny) (?:margins?|deal)|,? by far"
)
