"""Checks a summary against its paper: every figure, every name, and whether it is of this paper at all.

A figure is looked for in the paper's title and abstract, and in its full text where that is at hand. What stands
there in the same or a compatible unit supports it. Only where the paper demonstrably speaks of the same thing and
gives another value is a figure called contradicted; in doubt it is unsupported, and the words say what was searched.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property, lru_cache

from assay.claims.agreement import Agreement, Amount, agreement, amount, change
from assay.claims.crossing import STOP_WORDS, is_of_another_paper
from assay.claims.extract import own_name
from assay.claims.names import Vocabulary, names
from assay.claims.quantities import Quantity, count_words, measure_of, quantities
from assay.claims.sorts import Sort
from assay.claims.wording import Around, is_change
from assay.papers.findings import Check, FigureFinding, NameFinding, State
from assay.papers.models import ALL_PARTS, Claim, ClaimKind, Paper, Parts, Place
from assay.papers.passages import Passage
from assay.papers.sentences import split


def check(
    parts: Parts,
    paper: Paper,
    *,
    language: str,
    passages: Sequence[Passage] = (),
    claims: Sequence[Claim] = (),
) -> Check:
    """Check one summary against its paper.

    Args:
        parts: the summary; all of its parts are read, whatever they are called.
        paper: the paper, with as much of a title and an abstract as is known.
        language: the summary's own, as an ISO 639-1 code; the paper is taken to be in English.
        passages: the full text, where it is at hand.
        claims: figures recorded of the paper by somebody who has read it, as `assay.papers.catalogue.Entry.evidence`
            gives them. One that stands in abstract or full text supports a figure that was not found otherwise; one
            that a digest alone gives does not. A value that is recorded as a digest's conflicting one is contradicted.
    """
    source = _source(paper, tuple(passages))
    texts = {name: text for name, text in _part_texts(parts) if text}
    checker = _Checker(source, claims, language, [_Text.of(name, text) for name, text in texts.items()])
    return Check(
        paper=paper.id,
        language=language,
        searched=source.searched,
        figures=tuple(checker.findings()),
        names=tuple(
            NameFinding(part=part, start=name.start, end=name.end, text=name.text, near=near)
            for part, text in texts.items()
            for name, near in source.vocabulary.foreign(text)
            if near or source.is_known
        ),
        crossed=is_of_another_paper("\n".join(texts.values()), paper),
    )


def _part_texts(parts: Parts) -> Iterator[tuple[str, str]]:
    for part in ALL_PARTS:
        yield part, getattr(parts, part)
    yield "prose", parts.prose
    yield from parts.other.items()


@dataclass(eq=False)
class _Sentence:
    """A sentence and the words in it that say what it is about."""

    text: str
    """The whole text that it stands in."""
    start: int
    end: int
    figures: "list[_Figure]" = field(default_factory=list)
    """Its figures, in order."""

    @property
    def words(self) -> str:
        return self.text[self.start : self.end]

    @cached_property
    def stems(self) -> frozenset[str]:
        return frozenset(stem for _, stem in _stems(self.text, self.start, self.end))

    @cached_property
    def context(self) -> frozenset[str]:
        """The content words of the sentence, or of the whole table that it is a row of."""
        if "\n" not in self.text:
            return self.stems
        return frozenset(stem for _, stem in _stems(self.text, 0, len(self.text)))

    @cached_property
    def names(self) -> Vocabulary:
        return Vocabulary([self.words])

    @cached_property
    def changes(self) -> "list[tuple[_Figure, _Figure]]":
        """Pairs of figures that the sentence compares: where it starts, or with what it is compared, and the other."""
        return list(_pairs(self))


@dataclass(eq=False)
class _Figure:
    """A figure in its sentence."""

    quantity: Quantity
    amount: Amount
    sentence: _Sentence

    @property
    def text(self) -> str:
        return self.sentence.text[self.quantity.start : self.quantity.end]

    @property
    def before(self) -> str:
        return self.sentence.text[self.sentence.start : self.quantity.start]

    @property
    def after(self) -> str:
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
        end = figures[at + 1].quantity.start if at + 1 < len(figures) else self.sentence.end
        return self._words(start, end, 5, 3)

    def _words(self, start: int, end: int, before: int, after: int) -> frozenset[str]:
        stems = list(_stems(self.sentence.text, start, end))
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
        match = _COUNT_NOUN.match(self.after)
        words = match[0].lower().replace("-", " ").split() if match else ()
        return tuple("model" if _MODELS.fullmatch(word) else word[:6] for word in words)

    @cached_property
    def is_change(self) -> bool:
        """Whether it says by how much something changed, and not how large something is."""
        if self.amount.unit == "x" or _KOREAN_CHANGE.match(self.after):
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
class _Text:
    """A named text: its sentences and all figures in it."""

    name: str
    text: str
    sentences: list[_Sentence]
    figures: list[_Figure]

    @classmethod
    def of(cls, name: str, text: str, *, paper: bool = False) -> "_Text":
        """Read a text; with ``paper``, multiples and counts in words too."""
        sentences = [_Sentence(text, start, end) for start, end in _lines(text)]
        numbers = quantities(text, words=paper)
        if paper:
            spans = [(quantity.start, quantity.end) for quantity in numbers]
            numbers += [word for word in count_words(text) if all(word.end <= a or b <= word.start for a, b in spans)]
            numbers.sort(key=lambda quantity: quantity.start)
        figures: list[_Figure] = []
        at = 0
        for quantity in numbers:
            while at + 1 < len(sentences) and sentences[at].end <= quantity.start:
                at += 1
            figure = _Figure(quantity, amount(text, quantity), sentences[at])
            sentences[at].figures.append(figure)
            figures.append(figure)
        return cls(name, text, sentences, figures)


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """The sentences of a text in which a line end ends one too."""
    at = 0
    for line in text.split("\n"):
        for span in split(line):
            yield at + span.start, at + span.end
        at += len(line) + 1


@dataclass
class _Source:
    """The texts of a paper that are at hand, to look figures and names up in."""

    texts: list[_Text]
    searched: tuple[str, ...]
    is_known: bool
    """Whether there is more of it than a title."""
    own_names: tuple[str, ...]
    """Its title, and what it calls its own work."""

    @cached_property
    def figures(self) -> list[tuple[_Text, _Figure]]:
        return [(text, reference) for text in self.texts for reference in text.figures]

    @cached_property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(text.text for text in self.texts)

    @cached_property
    def own(self) -> Vocabulary:
        """What the paper's own work is called."""
        return Vocabulary(self.own_names)

    @property
    def where(self) -> str:
        """In words, what was searched."""
        return " and ".join(filter(None, [", ".join(self.searched[:-1]), *self.searched[-1:]]))

    def abstract(self) -> Iterator[tuple[_Text, _Figure]]:
        return ((text, reference) for text, reference in self.figures if text.name in _ABSTRACT)


@lru_cache(maxsize=64)
def _source(paper: Paper, passages: tuple[Passage, ...]) -> _Source:
    own = [("title", paper.title), ("abstract", paper.abstract)]
    own_texts = [(name, text) for name, text in own if text]
    searched = [name for name, _ in own_texts]
    body = [passage for passage in passages if passage.part not in _ABSTRACT]
    if body:
        searched.append("full text")
    texts = [_Text.of(name, text, paper=True) for name, text in [*own_texts, *body]]
    return _Source(
        texts, tuple(searched), is_known=bool(paper.abstract or body), own_names=(paper.title, own_name(paper))
    )


@dataclass
class _Verdict:
    """The verdict on one figure of the summary."""

    state: State
    text: _Text | None = None
    reference: _Figure | None = None
    """The paper's figure that supports or contradicts it."""
    quote: str = ""
    given: str = ""
    why: str = ""


class _Checker:
    """The figures of one summary, judged together: a figure that supports one says nothing against another."""

    def __init__(self, source: _Source, claims: Sequence[Claim], language: str, texts: Sequence[_Text]) -> None:
        self._source = source
        self._claims = claims
        self._foreign = language != "en"
        """Whether only figures and Latin-script terms can be compared."""
        self._texts = texts
        self._figures = [figure for text in texts for figure in text.figures]
        self._verdicts: dict[_Figure, _Verdict] = {}
        self._references: dict[_Figure, Decimal | None] = {}
        """The paper's figures that support one of the summary; and those that contradict one, with that one's value."""

    def findings(self) -> Iterator[FigureFinding]:
        """The finding for each figure, in the order of the summary."""
        for judge in (
            self._find_support,
            self._find_change_in_paper,
            self._find_record,
            self._find_other_end,
            self._find_other_change,
            self._find_rival,
            self._find_conflict,
        ):
            for figure in self._figures:
                if figure not in self._verdicts and (verdict := judge(figure)) is not None:
                    self._verdicts[figure] = verdict
                    if verdict.reference is not None:
                        supports = verdict.state is State.SUPPORTED
                        self._references[verdict.reference] = None if supports else figure.amount.high
        for text in self._texts:
            for figure in text.figures:
                yield self._finding(text, figure, self._verdicts.get(figure) or self._verdict_without_match())

    def _verdict_without_match(self) -> _Verdict:
        if self._source.is_known:
            return _Verdict(State.UNSUPPORTED, why=f"not in {self._source.where}")
        return _Verdict(State.UNCHECKED, why="no text of the paper is at hand")

    def _finding(self, text: _Text, figure: _Figure, verdict: _Verdict) -> FigureFinding:
        low, high = float(figure.amount.low), float(figure.amount.high)
        place, quote = None, verdict.quote
        if verdict.reference is not None and verdict.text is not None:
            sentence = verdict.reference.sentence
            place = Place(part=verdict.text.name, start=sentence.start, end=sentence.end)
            quote = sentence.words
        return FigureFinding(
            part=text.name,
            start=figure.quantity.start,
            end=figure.quantity.end,
            text=figure.text,
            value=high if low == high else (low, high),
            unit=figure.amount.unit,
            kind=figure.kind,
            state=verdict.state,
            quote=quote,
            place=place,
            given=verdict.given,
            why=verdict.why,
        )

    # Rules that support a figure.

    def _find_support(self, figure: _Figure) -> _Verdict | None:
        """The paper's figure that agrees best; of equals, the one with the most words in common around it."""
        best: tuple[int, int] = (0, 0)
        match: tuple[_Text, _Figure] | None = None
        for text, reference in self._source.figures:
            agrees = agreement(figure.amount, reference.amount)
            if not agrees:
                continue
            overlap = len(figure.around & reference.around)
            if not self._foreign and not _is_about_the_same(figure, reference, agrees):
                continue
            if not self._foreign and text.name not in _ABSTRACT and not _is_likely_source(figure, reference):
                continue
            rank = (agrees, overlap)
            if rank > best:
                best, match = rank, (text, reference)
        if match is not None:
            return _Verdict(State.SUPPORTED, *match)
        return self._find_both_ends(figure)

    def _find_both_ends(self, figure: _Figure) -> _Verdict | None:
        """A range whose ends stand in one sentence as two figures."""
        if figure.amount.low == figure.amount.high:
            return None
        ends = [figure.amount._replace(low=end, high=end) for end in (figure.amount.low, figure.amount.high)]
        for text in self._source.texts:
            for sentence in text.sentences:
                hits = [
                    next((reference for reference in sentence.figures if agreement(end, reference.amount)), None)
                    for end in ends
                ]
                if hits[0] is not None and hits[1] is not None:
                    return _Verdict(State.SUPPORTED, text, hits[1])
        return None

    def _find_change_in_paper(self, figure: _Figure) -> _Verdict | None:
        """A change that follows from two ends that the paper states, or from two supported ones beside it."""
        if self._foreign or not figure.is_change or figure.amount.high == 0:
            return self._find_change_in_summary(figure)
        for text in self._source.texts:
            minimum = 1 if text.name in _ABSTRACT else 2
            for sentence in text.sentences:
                for start, end in sentence.changes if len(sentence.figures) > 1 else ():
                    if len(figure.around & sentence.stems) >= minimum and change(
                        start.amount, end.amount, figure.amount
                    ):
                        return _Verdict(State.SUPPORTED, text, end, why=f"from {start.text} to {end.text}")
        return self._find_change_in_summary(figure)

    def _find_change_in_summary(self, figure: _Figure) -> _Verdict | None:
        """A change that follows from two figures which the summary compares in that sentence, both supported."""
        for start, end in figure.sentence.changes:
            ends = [self._verdicts.get(each) for each in (start, end)]
            if all(v and v.state is State.SUPPORTED for v in ends) and change(start.amount, end.amount, figure.amount):
                verdict = ends[1]
                if verdict is not None and verdict.reference is not None:
                    return _Verdict(
                        State.SUPPORTED, verdict.text, verdict.reference, why=f"from {start.text} to {end.text}"
                    )
        return None

    def _find_record(self, figure: _Figure) -> _Verdict | None:
        """A claim that somebody read in the paper and recorded, for a figure that the text at hand does not have."""
        for claim in self._claims:
            if claim.source != "digest" and _gives(claim, figure.amount):
                return _Verdict(State.SUPPORTED, quote=claim.quote, why=f"recorded: {claim.metric}")
        return None

    # Rules that contradict a figure that nothing supports yet.

    def _find_other_end(self, figure: _Figure) -> _Verdict | None:
        """A comparison that the paper makes with the same start, or the same end, and another figure for the rest."""
        for pair in figure.sentence.changes:
            if figure not in pair:
                continue
            role = pair.index(figure)
            anchor = self._verdicts.get(pair[1 - role])
            if anchor is None or anchor.state is not State.SUPPORTED or anchor.reference is None:
                continue
            for theirs in anchor.reference.sentence.changes:
                rival = theirs[role]
                if theirs[1 - role] is anchor.reference and self._may_rival(figure, rival, has_anchor=True):
                    return self._contradiction(
                        anchor.text, rival, f"beside {anchor.reference.text}, the paper has {rival.text}"
                    )
        return None

    def _find_other_change(self, figure: _Figure) -> _Verdict | None:
        """A change worked out from ends of which one is contradicted: the paper's own change is another too."""
        if not figure.is_change:
            return None
        for start, end in figure.sentence.changes:
            if not change(start.amount, end.amount, figure.amount._replace(grain=_about(figure.amount))):
                continue
            for each in (start, end):
                verdict = self._verdicts.get(each)
                if verdict is None or verdict.state is not State.CONTRADICTED or verdict.reference is None:
                    continue
                for theirs in verdict.reference.sentence.changes:
                    for rival in verdict.reference.sentence.figures:
                        near = rival.amount._replace(grain=_about(rival.amount))
                        follows = change(theirs[0].amount, theirs[1].amount, near)
                        if follows and rival.amount.unit == figure.amount.unit and self._is_free(figure, rival):
                            return self._contradiction(verdict.text, rival, f"the change to {verdict.reference.text}")
        return None

    def _find_rival(self, figure: _Figure) -> _Verdict | None:
        """A figure of the abstract that the same words surround, as they surround no other of either text."""
        if self._foreign:
            return None
        candidates = sorted(
            (
                (_likeness(figure, reference), number, text, reference)
                for number, (text, reference) in enumerate(self._source.abstract())
                if self._may_rival(figure, reference, has_anchor=False)
            ),
            reverse=True,
            key=lambda each: each[:2],
        )
        if (
            not candidates
            or candidates[0][0] < _ALIKE
            or (len(candidates) > 1 and candidates[1][0] > candidates[0][0] - _CLEARLY)
        ):
            return None
        likeness, _, text, rival = candidates[0]
        for other in self._figures:
            same = other.amount.high == figure.amount.high
            if not same and other not in self._verdicts and _likeness(other, rival) >= likeness:
                return None
        return self._contradiction(text, rival, "the same words, another figure")

    def _find_conflict(self, figure: _Figure) -> _Verdict | None:
        """A value that is recorded as another source's, or that only a digest gives.

        A summary that gives the paper's value too tells of the conflict.
        """
        for claim in self._claims:
            if claim.value is None:
                continue
            ours = any(agreement(other.amount, _claim_amount(claim.value, claim)) for other in self._figures)
            for conflict in claim.conflicts if not ours else ():
                # What the paper itself gives elsewhere, or in another version, is no mistake of a summary's.
                if conflict.source == "digest" and agreement(figure.amount, _claim_amount(conflict.value, claim)):
                    value, why = _format_value(claim), f"recorded: {claim.metric}"
                    return _Verdict(State.CONTRADICTED, quote=claim.quote, given=value, why=why)
        if any(_gives(claim, figure.amount) for claim in self._claims if claim.source == "digest"):
            return _Verdict(State.UNSUPPORTED, why="only in a digest")
        return None

    def _contradiction(self, text: _Text | None, rival: _Figure, why: str) -> _Verdict:
        return _Verdict(State.CONTRADICTED, text, rival, given=rival.text.replace("\\", ""), why=why)

    def _may_rival(self, figure: _Figure, rival: _Figure, *, has_anchor: bool) -> bool:
        """Whether two figures that differ can be of one thing: of one kind and order of size, about the same names."""
        return (
            self._is_free(figure, rival)
            and _are_alike(figure.amount, rival.amount)
            and figure.is_change == rival.is_change
            and (has_anchor or figure.is_baseline == rival.is_baseline)
            and (figure.kind == "count") == (rival.kind == "count")
            and (figure.kind != "count" or bool(set(figure.count_noun) & set(rival.count_noun)))
            and (has_anchor or _is_mean(figure) == _is_mean(rival))
            # What is named on one side only is what the figures differ in.
            and all(rival.sentence.names.has(name) or self._source.own.has(name) for name in figure.names)
            and _sizes(figure.sentence) <= _sizes(rival.sentence)
        )

    def _is_free(self, figure: _Figure, rival: _Figure) -> bool:
        """Whether a figure of the paper matches no other value of the summary."""
        return self._references.get(rival, figure.amount.high) == figure.amount.high


def _are_alike(ours: Amount, theirs: Amount) -> bool:
    """Whether two amounts that differ may be of one thing, as far as unit, form and order of size tell."""
    return (
        {ours.sort, theirs.sort} == {Sort.FIGURE}
        and ours.unit == theirs.unit
        and (ours.low == ours.high) == (theirs.low == theirs.high)
        and (ours.grain >= 1) == (theirs.grain >= 1)
        and (ours.bound == theirs.bound or "at most" not in {ours.bound, theirs.bound})
        and ours.high != theirs.high
        and bool(theirs.high)
        and Decimal("0.5") <= ours.high / theirs.high <= 2
    )


_ABSTRACT = frozenset({"title", "abstract"})
# The limits of likeness from which two figures with the same words around them are of one thing, and by how much the
# likest must stand out.
_ALIKE = 0.5
_CLEARLY = 0.1


def _likeness(figure: _Figure, reference: _Figure) -> float:
    """How alike the surroundings of two figures are, from 0 to 1, by the content words that they share."""
    overlap, close = len(figure.around & reference.around), len(figure.near & reference.near)
    if overlap < 3 or not close:
        return 0.0
    smaller = min(len(figure.around), len(reference.around))
    return (overlap / smaller + 2 * close / (len(figure.near) + len(reference.near))) / 2


def _is_about_the_same(figure: _Figure, reference: _Figure, agrees: Agreement) -> bool:
    """Whether two figures that agree are of the same thing, as far as their agreement leaves that in doubt."""
    if agrees is Agreement.CONVERTED:
        return bool(figure.near & reference.near)
    if agrees is Agreement.WEAK:
        return bool(figure.around & reference.around)
    if _is_common(figure, reference):
        unlike = figure.count_noun and reference.count_noun and not set(figure.count_noun) & set(reference.count_noun)
        return len(figure.around & reference.around) > bool(unlike)
    return True


def _is_likely_source(figure: _Figure, reference: _Figure) -> bool:
    """Whether the summary can mean this figure of the full text: it is a rare one, or has a word in common with it.

    A table's words are those of all its lines.
    """
    return len(reference.amount.high.normalize().as_tuple().digits) >= 4 or bool(
        figure.around & reference.sentence.context
    )


def _is_common(figure: _Figure, reference: _Figure) -> bool:
    """Whether two equal figures may be equal by chance: small whole numbers without a unit."""
    return (
        not figure.amount.unit
        and figure.amount.grain == 1
        and reference.amount.high <= 30
        and figure.amount.sort is not Sort.SIZE
    )


def _is_mean(figure: _Figure) -> bool:
    return re.search(r"\b(?:average|mean|overall)", figure.before[-60:] + figure.after[:40]) is not None


def _sizes(sentence: _Sentence) -> set[Decimal]:
    return {figure.amount.high for figure in sentence.figures if figure.amount.sort in {Sort.SIZE, Sort.LENGTH}}


def _about(figure: Amount) -> Decimal:
    """A grain that allows for ends that were rounded before the change was worked out."""
    return max(figure.grain, figure.high * Decimal("0.03"))


def _claim_amount(value: float | tuple[float, float], claim: Claim) -> Amount:
    """A value of a recorded claim as an amount; what it counts is no unit of measurement."""
    low, high = (Decimal(repr(end)) for end in (value if isinstance(value, tuple) else (value, value)))
    exponent = min(0, int(high.normalize().as_tuple().exponent))
    unit = "" if claim.kind == "count" else measure_of(claim.unit)
    return Amount(abs(low), abs(high), Decimal(1).scaleb(exponent), unit, "", Sort.FIGURE)


def _gives(claim: Claim, figure: Amount) -> bool:
    """Whether a recorded claim gives a figure: its own or its baseline's, an end of a change, or the paper's other."""
    others = [other.value for other in claim.conflicts if other.source != "digest"]
    values = [claim.value, *claim.ends, *(claim.between or ()), claim.baseline_value, *others]
    return any(agreement(figure, _claim_amount(value, claim)) > Agreement.WEAK for value in values if value is not None)


def _format_value(claim: Claim) -> str:
    unit = claim.unit if claim.unit in {"%", "x"} else f" {claim.unit}" if claim.unit else ""
    return "–".join(f"{end:,.12g}" for end in claim.ends) + unit


_LATIN_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-.][A-Za-z0-9]+)*")
_SHORT = frozenset(
    "a an the of in on at by to for and or as is are was its it our we only with vs up be per all than".split()
)


def _stems(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    """The content words between two places, cut to six letters, and where each stands."""
    for match in _LATIN_WORD.finditer(text, start, end):
        for word in re.split(r"[-.]", match[0].lower()):
            if len(word) > 1 and word not in STOP_WORDS and word not in _SHORT:
                yield match.start(), word[:6]


_MODELS = re.compile(r"models?|l?[mv]*l+ms?")
_COUNT_NOUN = re.compile(
    r"(?:[ -](?!(?:for|with|from|and|over|across|that|this|its|the|are|was|were|than)\b)[a-z]{3,}){1,3}", re.IGNORECASE
)
_KOREAN_CHANGE = re.compile(
    r"(?!\s?(?:점|배)?으?로\s)\s?(?:[가-힣]+\s){0,2}?(?:향상|개선|증가|감소|절감|빠르|빨라|높아|낮아|상승|하락|줄)"
)
_FROM = re.compile(r"\bfrom\b[^.;,]{0,40}$", re.IGNORECASE)
_TO = re.compile(r"[^.;,]{0,40}?(?:\bto\b|→|->)[^.;,]{0,30}")
_THAN = re.compile(
    r"[^.;]{0,60}?\b(?:compared (?:to|with)|versus|vs|against|up from|down from|over|than|from|relative to)\b[^;]{0,50}"
)
_KOREAN_FROM = re.compile(r"\s?(?:점|배)?에서\s.{0,20}|.{0,30}(?:에 비해|대비|보다)\s.{0,20}")


def _pairs(sentence: _Sentence) -> Iterator[tuple[_Figure, _Figure]]:
    """The figures next to each other of which one is where the other comes from or what it is compared with."""
    for first, second in zip(sentence.figures, sentence.figures[1:], strict=False):
        if first.amount.unit != second.amount.unit or Sort.LABEL in {first.amount.sort, second.amount.sort}:
            continue
        between = sentence.text[first.quantity.end : second.quantity.start]
        if (_FROM.search(first.before) and _TO.fullmatch(between)) or _KOREAN_FROM.fullmatch(between) or "→" in between:
            yield first, second
        elif _THAN.fullmatch(between):
            yield second, first
