"""Reads a text as sentences with figures, and the words, names and comparisons around each figure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import pairwise

from assay.claims.crossing import STOP_WORDS
from assay.claims.naming.names import Vocabulary, names
from assay.claims.numbers.agreement import Amount, amount
from assay.claims.numbers.quantities import Quantity, count_words, quantities
from assay.claims.numbers.sorts import Sort
from assay.claims.span import Span
from assay.claims.wording import Around, is_change
from assay.papers.models import ClaimKind
from assay.papers.sentences import split


@dataclass(eq=False)
class Sentence:
    """A sentence and the words in it that say what it is about."""

    text: str
    """The whole text that it stands in."""
    start: int
    end: int
    figures: "list[Figure]" = field(default_factory=list)
    """Its figures, in order."""

    @property
    def words(self) -> str:
        """The sentence itself."""
        return self.text[self.start : self.end]

    @cached_property
    def stems(self) -> frozenset[str]:
        """Its content words, cut short."""
        return frozenset(stem for _, stem in content_stems(self.text, self.start, self.end))

    @cached_property
    def context(self) -> frozenset[str]:
        """The content words of the sentence, or of the whole table that it is a row of."""
        if "\n" not in self.text:
            return self.stems
        return frozenset(stem for _, stem in content_stems(self.text, 0, len(self.text)))

    @cached_property
    def names(self) -> Vocabulary:
        """The names in it."""
        return Vocabulary([self.words])

    @cached_property
    def changes(self) -> "list[tuple[Figure, Figure]]":
        """Pairs of figures that the sentence compares: where it starts, or with what it is compared, and the other."""
        return list(_pairs(self))


@dataclass(eq=False)
class Figure:
    """A figure in its sentence."""

    quantity: Quantity
    amount: Amount
    sentence: Sentence

    @property
    def text(self) -> str:
        """The figure as it is written."""
        return self.sentence.text[self.quantity.start : self.quantity.end]

    @property
    def is_number(self) -> bool:
        """Whether it is a bare whole number: most often a count."""
        is_whole = self.amount.high == self.amount.high.to_integral_value() and not 0 < self.amount.grain < 1
        return not self.amount.unit and is_whole

    @property
    def is_word(self) -> bool:
        """Whether it is written without a digit: ``three``, ``절반``."""
        return not any(map(str.isdigit, self.text))

    @property
    def is_setting(self) -> bool:
        """Whether it was set and not measured: ``under a 30% budget``."""
        return _SETTING.match(self.after) is not None

    @property
    def is_elliptical(self) -> bool:
        """Whether it is a bare number whose noun was said before: the 800 of ``at 80 epochs, and 5.31 at 800``."""
        is_last = re.match(r"[.,;)·]|$", self.after) is not None
        is_count = self.is_number and self.amount.sort is not Sort.SIZE
        return is_count and (is_last or re.search(r"\d\s?[·,]\s?$", self.before) is not None)

    @property
    def before(self) -> str:
        """What stands before it in its sentence."""
        return self.sentence.text[self.sentence.start : self.quantity.start]

    @property
    def after(self) -> str:
        """What stands after it in its sentence."""
        return self.sentence.text[self.quantity.end : self.sentence.end]

    @cached_property
    def around(self) -> frozenset[str]:
        """The content words around it in its sentence: eight before, five after."""
        return self._words(self.sentence.start, self.sentence.end, 8, 5)

    @cached_property
    def near(self) -> frozenset[str]:
        """The content words next to it: five before, three after, none beyond the figures on either side."""
        figures = self.sentence.figures
        at = figures.index(self)
        start = figures[at - 1].quantity.end if at else self.sentence.start
        following = at + 1 + bool(self.amount.whole)  # "3 of 10 paths"
        end = figures[following].quantity.start if following < len(figures) else self.sentence.end
        return self._words(start, end, 5, 3)

    def _words(self, start: int, end: int, before: int, after: int) -> frozenset[str]:
        stems = list(content_stems(self.sentence.text, start, end))
        left = [stem for at, stem in stems if at < self.quantity.start]
        right = [stem for at, stem in stems if at >= self.quantity.end]
        return frozenset(left[-before:] + right[:after])

    @cached_property
    def is_baseline(self) -> bool:
        """Whether its sentence compares another figure with it, and it with none."""
        roles = {pair.index(self) for pair in self.sentence.changes if self in pair}
        return roles == {0}

    @cached_property
    def count_noun(self) -> tuple[str, ...]:
        """The words that follow a bare number at once, up to the first that is no content word: what is counted."""
        match = None if self.after.startswith("-scale") else _COUNT_NOUN.match(self.after)
        words = match[0].replace("-", " ").split() if match else ()
        return tuple("model" if _MODELS.fullmatch(word) else word.lower()[:6] for word in words)

    @cached_property
    def is_change(self) -> bool:
        """Whether it says by how much something changed, and not how large something is."""
        if self.amount.unit == "x" or _KOREAN_CHANGE.match(self.after):
            return True
        figures = self.sentence.figures
        following = figures[figures.index(self) + 1 :][:1]
        for each in following:
            gap = self.sentence.text[self.quantity.end : each.quantity.start]
            is_joined = JOINED.fullmatch(gap) or _JOINED_KOREAN.fullmatch(gap)
            if each.amount.unit == self.amount.unit and is_joined and each.is_change:
                return True  # "8% and 5% reductions"
        is_closed = self.before.rstrip("~").endswith("(") and _CLOSED_CHANGE.match(self.after)
        is_apart = _APART.match(self.after) and not _REACHES.search(self.before)
        if is_closed or is_apart or _PRICE.search(self.before) or _LOSES.search(self.before):
            return True
        around = Around(self.before, self.after, self.before, self.after)
        return is_change(around, signed=bool(self.quantity.sign), bare=not self.amount.unit)

    @cached_property
    def names(self) -> list[str]:
        """The names near it in its sentence."""
        at = self.quantity.start
        return [
            name.text
            for name in names(self.sentence.words)
            if at - 80 <= self.sentence.start + name.start <= self.quantity.end + 60
        ]

    @cached_property
    def kind(self) -> ClaimKind:
        """The kind of a claim that it would be."""
        unit = self.amount.unit
        if unit == "x":
            return "times"
        if unit == "points":
            return "points"
        if unit == "%":
            return "relative" if self.is_change else "absolute"
        whole = self.amount.high == self.amount.high.to_integral_value()
        return "count" if not unit and whole and self.count_noun else "absolute"


@dataclass
class Text:
    """A named text: its sentences and all figures in it."""

    name: str
    text: str
    sentences: list[Sentence]
    figures: list[Figure]

    @classmethod
    def of(cls, name: str, text: str) -> "Text":
        """Read a text, its numbers and counts in words too."""
        sentences = [Sentence(text, start, end) for start, end in _lines(text)]
        numbers = quantities(text, words=True)
        spans = [(quantity.start, quantity.end) for quantity in numbers]
        numbers += [word for word in count_words(text) if all(word.end <= a or b <= word.start for a, b in spans)]
        numbers.sort(key=lambda quantity: quantity.start)
        figures: list[Figure] = []
        at = 0
        for quantity in numbers:
            while at + 1 < len(sentences) and sentences[at].end <= quantity.start:
                at += 1
            figure = Figure(quantity, amount(text, quantity), sentences[at])
            sentences[at].figures.append(figure)
            figures.append(figure)
        for sentence in sentences:
            for before, figure in pairwise(sentence.figures):
                unit = before.amount.unit or before.amount.implied
                if not figure.amount.unit and _goes_on(before, figure):
                    figure.amount = figure.amount._replace(implied=unit)
        return cls(name, text, sentences, figures)


def _goes_on(before: Figure, figure: Figure) -> bool:
    """Whether a decimal may be in the unit of the figure before it: ``by 23.5 points in chat and by 24.8 in code``."""
    is_alike = before.amount.grain == figure.amount.grain < 1 and figure.amount.sort is before.amount.sort
    return is_alike and not figure.before.endswith("=")


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """The sentences of a text in which a line end ends one too."""
    at = 0
    for line in text.split("\n"):
        for span in split(line):
            yield at + span.start, at + span.end
        at += len(line) + 1


_LATIN_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-.][A-Za-z0-9]+)*")
_SHORT = frozenset(
    "a an the of in on at by to for and or as is are was its it our we only with vs up be per all than".split()
)


def content_stems(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    """The content words between two places, cut to six letters, and where each stands, or the word it is a part of."""
    for match in _LATIN_WORD.finditer(text, start, end):
        for word in re.split(r"[-.]", match[0].lower()):
            if _is_content(word):
                yield match.start(), _stem(word)


def content_words(text: str, start: int, end: int) -> Iterator[Span]:
    """The same with the places of the words themselves, parts of a longer one too."""
    for match in _LATIN_WORD.finditer(text, start, end):
        for part in re.finditer(r"[^-.]+", match[0]):
            word = part[0].lower()
            if _is_content(word):
                yield Span(match.start() + part.start(), match.start() + part.end(), _stem(word))


def _is_content(word: str) -> bool:
    return len(word) > 1 and word not in STOP_WORDS and word not in _SHORT


@lru_cache(maxsize=8192)
def _stem(word: str) -> str:
    """A word without its ending, cut to six letters: ``editing`` and ``edits`` are one."""
    ending = _ENDING.search(word)
    return word[: ending.start() if ending and ending.start() >= _SHORTEST else None][:6]


_ENDING = re.compile(r"(?:ings?|(?<!e)ed|ly|(?:(?<=[xs])|(?<=[cs]h))es|(?<!s)s)$")
_SHORTEST = 4


_MODELS = re.compile(r"(?i:models?|l?[mv]*l+ms?)|[A-Z]{1,4}LMs?")
_COUNT_NOUN = re.compile(
    r"(?:[ -](?!(?:for|with|from|and|over|across|that|this|its|the|are|was|were|than)\b)[a-z]{3,}){1,3}", re.IGNORECASE
)
_KOREAN_CHANGE = re.compile(
    r"(?!\s?(?:점|배)?으?로\s)\s?(?:[가-힣]+\s){0,2}?(?:향상|개선|증가|감소|절감|빠르|빨라|높아|낮아|상승|하락|줄|늘|늦|높|낮|떨어|커[졌지진져]|오르|오른|올랐|올라|올려|올린|올렸|올리|나빠|악화|저하|단축|절약|아끼|좋|나아|낫|우수|앞서|앞선|앞섰|뒤지|뒤진|뒤졌|뒤처|느리|느려|느린|짧|길어|적|많|(?<!까지\s)끌어\s?[올내]|벌어)"
)
_APART = re.compile(r"\s(?:f[ua]rther\s(?:off|away)|ahead\sof|behind|short\sof|(?:above|below)\s(?!chance|random))\b")
"""How far something is from something else: ``17% behind full training``."""
_REACHES = re.compile(r"\b(?:reach|scor|achiev|attain|obtain|get|hit)\w*\s(?:[a-z]+\s)?$|\b(?:at|to|of|with)\s$")
_LOSES = re.compile(
    r"\b(?:los(?:es?|t|ing)|sheds?|gives?\sup|gave\sup|trail(?:s|ed|ing)?(?:\s[\w-]+){1,3}\sby)\s"
    r"(?:(?:another|about|around|only|just|over|nearly|some|up|to|as|much)\s){0,3}[~]?$"
)
_PRICE = re.compile(r"\bat\s(?:the|an?)\s(?:price|cost|expense)\sof\s(?:(?:about|around|some|only|just|an?)\s)?[~]?$")
_CLOSED_CHANGE = re.compile(
    r"\)\s(?:[a-z-]+\s)?(?:drops?|loss|losses|reductions?|decreases?|declines?|degradations?|improvements?|gains?|increases?|boosts?|lifts?)\b"
)
"""What a bracket before it tells the size of: ``a slight (2%) drop``."""
JOINED = re.compile(r"\s?(?:,|,?\s?\b(?:and|or)\b|&|/|와|과)\s(?:an?\s|about\s)?|/[+~]?")
"""What stands between the members of a list of figures."""
_JOINED_KOREAN = re.compile(r",\s[^,.;]{0,30}[가-힣](?<!고)(?<!며)(?<!만)\s(?:약\s|최대\s)?")
"""The same where each has a thing of its own: ``ToyBench에서 12%p, LakeBench에서 14%p 높다``."""
_FROM = re.compile(r"\bfrom\b[^.;,]{0,40}$", re.IGNORECASE)
_TO = re.compile(r"[^.;,]{0,40}?(?:\bto\b|→|->|rightarrow)[^.;,]{0,30}")
_SETTING = re.compile(
    r"\s(?:[a-z]+\s)?(?:budgets?|thresholds?|noise|subsets?|dropout|masking|ratio|sample)\b|\s(?:예산|임계)"
)
_ARROW = re.compile(r"→|->|rightarrow")
_IN_INTERVAL = re.compile(r"\((?:95%?\s)?(?:CI|confidence\sinterval)\b[^()]*$")
_INTERVAL_ASIDE = re.compile(r"\s?\((?:95%?\s)?(?:CI|confidence\sinterval)\b[^()]*\)")
_INTERVAL = re.compile(r"\s(?:CI|confidence\sinterval)\b")
"""It is no level but tells how sure one is: ``0.449 (95% CI: 0.250-0.610)``."""
_THAN = re.compile(
    r"[^.;]{0,60}?\b(?:compared (?:to|with)|versus|vs|against|up from|down from|over|than|from|relative to"
    r"|exceeding|surpassing|outperforming|instead of|rather than|v\.?s?)\b(?!(?<=\bover)\s[~$(]?$)[^;]{0,50}"
)
_KOREAN_FROM = re.compile(r"\s?(?:점|배)?에서\s.{0,20}|.{0,30}(?:에 비해|대비|보다)\s.{0,20}")


def _is_of_interval(figure: Figure) -> bool:
    return _IN_INTERVAL.search(figure.before) is not None or _INTERVAL.match(figure.after) is not None


def _pairs(sentence: Sentence) -> Iterator[tuple[Figure, Figure]]:
    """The figures next to each other of which one is where the other comes from or what it is compared with."""
    figures = [each for each in sentence.figures if not _is_of_interval(each)]
    for first, second in pairwise(figures):
        if first.amount.unit != second.amount.unit or Sort.LABEL in {first.amount.sort, second.amount.sort}:
            continue
        between = _INTERVAL_ASIDE.sub("", sentence.text[first.quantity.end : second.quantity.start])
        if (
            (_FROM.search(first.before) and _TO.fullmatch(between))
            or _KOREAN_FROM.fullmatch(between)
            or _ARROW.search(between)
        ):
            yield first, second
        elif _THAN.fullmatch(between):
            yield second, first
