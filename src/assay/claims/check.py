"""A summary held against its paper: every figure, every name, and whether it is of this paper at all.

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
from assay.claims.crossing import STOP_WORDS, crossed
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
    """Hold one summary against its paper.

    Args:
        parts: the summary; all of its parts are read, whatever they are called.
        paper: the paper, with as much of a title and an abstract as is known.
        language: the summary's own, as an ISO 639-1 code; the paper is taken to be in English.
        passages: the full text, for papers that it is at hand of.
        claims: figures recorded of the paper by somebody who has read it, as `assay.papers.catalogue.Entry.evidence`
            gives them. One that stands in abstract or full text supports a figure that was not found otherwise; one
            that a digest alone gives does not. A value that is recorded as a digest's conflicting one is contradicted.
    """
    source = _source(paper, tuple(passages))
    told = {name: text for name, text in _told(parts) if text}
    checker = _Checker(source, claims, language, [_Text.of(name, text) for name, text in told.items()])
    return Check(
        paper=paper.id,
        language=language,
        searched=source.searched,
        figures=tuple(checker.findings()),
        names=tuple(
            NameFinding(part=part, start=name.start, end=name.end, text=name.text, near=near)
            for part, text in told.items()
            for name, near in source.vocabulary.foreign(text)
            if near or source.is_known
        ),
        crossed=crossed("\n".join(told.values()), paper),
    )


def _told(parts: Parts) -> Iterator[tuple[str, str]]:
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
    facts: "list[_Fact]" = field(default_factory=list)
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
    def changes(self) -> "list[tuple[_Fact, _Fact]]":
        """Pairs of figures that the sentence compares: where it starts, or with what it is compared, and the other."""
        return list(_pairs(self))


@dataclass(eq=False)
class _Fact:
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
        facts = self.sentence.facts
        at = facts.index(self)
        start = facts[at - 1].quantity.end if at else self.sentence.start
        end = facts[at + 1].quantity.start if at + 1 < len(facts) else self.sentence.end
        return self._words(start, end, 5, 3)

    def _words(self, start: int, end: int, before: int, after: int) -> frozenset[str]:
        found = list(_stems(self.sentence.text, start, end))
        left = [stem for at, stem in found if at < self.quantity.start]
        right = [stem for at, stem in found if at >= self.quantity.end]
        return frozenset(left[-before:] + right[:after])

    @cached_property
    def is_baseline(self) -> bool:
        """Whether its sentence compares another figure with it, and it with none."""
        roles = {pair.index(self) for pair in self.sentence.changes if self in pair}
        return roles == {0}

    @cached_property
    def counted(self) -> tuple[str, ...]:
        """The words that follow a bare number at once, up to the first that is no content word: what is counted."""
        match = _COUNTED.match(self.after)
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
        return "count" if not unit and whole and self.counted else "absolute"


@dataclass
class _Text:
    """A named text: its sentences and all figures in it."""

    name: str
    text: str
    sentences: list[_Sentence]
    facts: list[_Fact]

    @classmethod
    def of(cls, name: str, text: str, *, paper: bool = False) -> "_Text":
        """Read a text; of a paper's, multiples and counts in words too."""
        made = [_Sentence(text, start, end) for start, end in _lines(text)]
        found = quantities(text, words=paper)
        if paper:
            taken = [(quantity.start, quantity.end) for quantity in found]
            found += [word for word in count_words(text) if all(word.end <= a or b <= word.start for a, b in taken)]
            found.sort(key=lambda quantity: quantity.start)
        facts: list[_Fact] = []
        at = 0
        for quantity in found:
            while at + 1 < len(made) and made[at].end <= quantity.start:
                at += 1
            fact = _Fact(quantity, amount(text, quantity), made[at])
            made[at].facts.append(fact)
            facts.append(fact)
        return cls(name, text, made, facts)


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """The sentences of a text in which a line end ends one too."""
    at = 0
    for line in text.split("\n"):
        for span in split(line):
            yield at + span.start, at + span.end
        at += len(line) + 1


@dataclass
class _Source:
    """What is at hand of a paper."""

    texts: list[_Text]
    searched: tuple[str, ...]
    is_known: bool
    """Whether there is more of it than a title."""
    named: tuple[str, ...]
    """Its title, and what it calls its own work."""

    @cached_property
    def facts(self) -> list[tuple[_Text, _Fact]]:
        return [(text, fact) for text in self.texts for fact in text.facts]

    @cached_property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(text.text for text in self.texts)

    @cached_property
    def own(self) -> Vocabulary:
        """What the paper's own work is called."""
        return Vocabulary(self.named)

    @property
    def where(self) -> str:
        """In words, what was searched."""
        return " and ".join(filter(None, [", ".join(self.searched[:-1]), *self.searched[-1:]]))

    def abstract(self) -> Iterator[tuple[_Text, _Fact]]:
        return ((text, fact) for text, fact in self.facts if text.name in _ABSTRACT)


@lru_cache(maxsize=64)
def _source(paper: Paper, passages: tuple[Passage, ...]) -> _Source:
    own = [("title", paper.title), ("abstract", paper.abstract)]
    given = [(name, text) for name, text in own if text]
    searched = [name for name, _ in given]
    body = [passage for passage in passages if passage.part not in _ABSTRACT]
    if body:
        searched.append("full text")
    texts = [_Text.of(name, text, paper=True) for name, text in [*given, *body]]
    return _Source(texts, tuple(searched), is_known=bool(paper.abstract or body), named=(paper.title, own_name(paper)))


@dataclass
class _Verdict:
    """What was found of one figure."""

    state: State
    text: _Text | None = None
    fact: _Fact | None = None
    """The paper's figure that supports or contradicts it."""
    quote: str = ""
    given: str = ""
    why: str = ""


class _Checker:
    """The figures of one summary, judged together: a figure that supports one says nothing against another."""

    def __init__(self, source: _Source, claims: Sequence[Claim], language: str, told: Sequence[_Text]) -> None:
        self._source = source
        self._claims = claims
        self._foreign = language != "en"
        """Whether only figures and Latin-script terms can be compared."""
        self._told = told
        self._said = [fact for text in told for fact in text.facts]
        self._verdicts: dict[_Fact, _Verdict] = {}
        self._taken: dict[_Fact, Decimal | None] = {}
        """The paper's figures that support one of the summary; and those that contradict one, with that one's value."""

    def findings(self) -> Iterator[FigureFinding]:
        """What was found of each figure, in the order of the summary."""
        for judge in (
            self._supported,
            self._worked_out,
            self._recorded,
            self._other_end,
            self._other_change,
            self._other,
            self._conflicting,
        ):
            for fact in self._said:
                if fact not in self._verdicts and (verdict := judge(fact)) is not None:
                    self._verdicts[fact] = verdict
                    if verdict.fact is not None:
                        supports = verdict.state is State.SUPPORTED
                        self._taken[verdict.fact] = None if supports else fact.amount.high
        for text in self._told:
            for fact in text.facts:
                yield self._finding(text, fact, self._verdicts.get(fact) or self._not_found())

    def _not_found(self) -> _Verdict:
        if self._source.is_known:
            return _Verdict(State.UNSUPPORTED, why=f"not in {self._source.where}")
        return _Verdict(State.UNCHECKED, why="no text of the paper is at hand")

    def _finding(self, text: _Text, fact: _Fact, verdict: _Verdict) -> FigureFinding:
        low, high = float(fact.amount.low), float(fact.amount.high)
        place, quote = None, verdict.quote
        if verdict.fact is not None and verdict.text is not None:
            sentence = verdict.fact.sentence
            place = Place(part=verdict.text.name, start=sentence.start, end=sentence.end)
            quote = sentence.words
        return FigureFinding(
            part=text.name,
            start=fact.quantity.start,
            end=fact.quantity.end,
            text=fact.text,
            value=high if low == high else (low, high),
            unit=fact.amount.unit,
            kind=fact.kind,
            state=verdict.state,
            quote=quote,
            place=place,
            given=verdict.given,
            why=verdict.why,
        )

    # What supports a figure.

    def _supported(self, said: _Fact) -> _Verdict | None:
        """The paper's figure that agrees best; of equals, the one with the most words in common around it."""
        best: tuple[int, int] = (0, 0)
        found: tuple[_Text, _Fact] | None = None
        for text, fact in self._source.facts:
            agrees = agreement(said.amount, fact.amount)
            if not agrees:
                continue
            shared = len(said.around & fact.around)
            if not self._foreign and not _is_about_the_same(said, fact, agrees):
                continue
            if not self._foreign and text.name not in _ABSTRACT and not _is_likely_meant(said, fact):
                continue
            rank = (agrees, shared)
            if rank > best:
                best, found = rank, (text, fact)
        if found is not None:
            return _Verdict(State.SUPPORTED, *found)
        return self._both_ends(said)

    def _both_ends(self, said: _Fact) -> _Verdict | None:
        """A range whose ends stand in one sentence as two figures."""
        if said.amount.low == said.amount.high:
            return None
        ends = [said.amount._replace(low=end, high=end) for end in (said.amount.low, said.amount.high)]
        for text in self._source.texts:
            for sentence in text.sentences:
                hits = [next((f for f in sentence.facts if agreement(end, f.amount)), None) for end in ends]
                if hits[0] is not None and hits[1] is not None:
                    return _Verdict(State.SUPPORTED, text, hits[1])
        return None

    def _worked_out(self, said: _Fact) -> _Verdict | None:
        """A change that follows from two ends that the paper states, or from two supported ones beside it."""
        if self._foreign or not said.is_change or said.amount.high == 0:
            return self._worked_out_here(said)
        for text in self._source.texts:
            wanted = 1 if text.name in _ABSTRACT else 2
            for sentence in text.sentences:
                for start, end in sentence.changes if len(sentence.facts) > 1 else ():
                    if len(said.around & sentence.stems) >= wanted and change(start.amount, end.amount, said.amount):
                        return _Verdict(State.SUPPORTED, text, end, why=f"from {start.text} to {end.text}")
        return self._worked_out_here(said)

    def _worked_out_here(self, said: _Fact) -> _Verdict | None:
        """A change that follows from two figures which the summary compares in that sentence, both supported."""
        for start, end in said.sentence.changes:
            ends = [self._verdicts.get(fact) for fact in (start, end)]
            if all(v and v.state is State.SUPPORTED for v in ends) and change(start.amount, end.amount, said.amount):
                verdict = ends[1]
                if verdict is not None and verdict.fact is not None:
                    return _Verdict(State.SUPPORTED, verdict.text, verdict.fact, why=f"from {start.text} to {end.text}")
        return None

    def _recorded(self, said: _Fact) -> _Verdict | None:
        """A claim that somebody read in the paper and recorded, for a figure that the text at hand does not have."""
        for claim in self._claims:
            if claim.source != "digest" and _records(claim, said.amount):
                return _Verdict(State.SUPPORTED, quote=claim.quote, why=f"recorded: {claim.metric}")
        return None

    # What contradicts one. Each of these looks at figures that nothing supports yet.

    def _other_end(self, said: _Fact) -> _Verdict | None:
        """A comparison that the paper makes with the same start, or the same end, and another figure for the rest."""
        for pair in said.sentence.changes:
            if said not in pair:
                continue
            role = pair.index(said)
            anchor = self._verdicts.get(pair[1 - role])
            if anchor is None or anchor.state is not State.SUPPORTED or anchor.fact is None:
                continue
            for theirs in anchor.fact.sentence.changes:
                rival = theirs[role]
                if theirs[1 - role] is anchor.fact and self._may_rival(said, rival, anchored=True):
                    return self._contradicted(
                        anchor.text, rival, f"beside {anchor.fact.text}, the paper has {rival.text}"
                    )
        return None

    def _other_change(self, said: _Fact) -> _Verdict | None:
        """A change worked out from ends of which one is contradicted: the paper's own change is another too."""
        if not said.is_change:
            return None
        for start, end in said.sentence.changes:
            if not change(start.amount, end.amount, said.amount._replace(grain=_about(said.amount))):
                continue
            for fact in (start, end):
                verdict = self._verdicts.get(fact)
                if verdict is None or verdict.state is not State.CONTRADICTED or verdict.fact is None:
                    continue
                for theirs in verdict.fact.sentence.changes:
                    for rival in verdict.fact.sentence.facts:
                        near = rival.amount._replace(grain=_about(rival.amount))
                        follows = change(theirs[0].amount, theirs[1].amount, near)
                        if follows and rival.amount.unit == said.amount.unit and self._is_free(said, rival):
                            return self._contradicted(verdict.text, rival, f"the change to {verdict.fact.text}")
        return None

    def _other(self, said: _Fact) -> _Verdict | None:
        """A figure of the abstract that the same words surround, as they surround no other of either text."""
        if self._foreign:
            return None
        ranked = sorted(
            (
                (_likeness(said, fact), number, text, fact)
                for number, (text, fact) in enumerate(self._source.abstract())
                if self._may_rival(said, fact, anchored=False)
            ),
            reverse=True,
            key=lambda each: each[:2],
        )
        if not ranked or ranked[0][0] < _ALIKE or (len(ranked) > 1 and ranked[1][0] > ranked[0][0] - _CLEARLY):
            return None
        likeness, _, text, rival = ranked[0]
        for other in self._said:
            same = other.amount.high == said.amount.high
            if not same and other not in self._verdicts and _likeness(other, rival) >= likeness:
                return None
        return self._contradicted(text, rival, "the same words, another figure")

    def _conflicting(self, said: _Fact) -> _Verdict | None:
        """A value that is recorded as another source's, or that only a digest gives.

        A summary that gives the paper's value too tells of the conflict.
        """
        for claim in self._claims:
            if claim.value is None:
                continue
            ours = any(agreement(other.amount, _given(claim.value, claim)) for other in self._said)
            for conflict in claim.conflicts if not ours else ():
                # What the paper itself gives elsewhere, or in another version, is no mistake of a summary's.
                if conflict.source == "digest" and agreement(said.amount, _given(conflict.value, claim)):
                    given, why = _shown(claim), f"recorded: {claim.metric}"
                    return _Verdict(State.CONTRADICTED, quote=claim.quote, given=given, why=why)
        if any(_records(claim, said.amount) for claim in self._claims if claim.source == "digest"):
            return _Verdict(State.UNSUPPORTED, why="only in a digest")
        return None

    def _contradicted(self, text: _Text | None, rival: _Fact, why: str) -> _Verdict:
        return _Verdict(State.CONTRADICTED, text, rival, given=rival.text.replace("\\", ""), why=why)

    def _may_rival(self, said: _Fact, rival: _Fact, *, anchored: bool) -> bool:
        """Whether two figures that differ can be of one thing: of one kind and order of size, about the same names."""
        return (
            self._is_free(said, rival)
            and _are_alike(said.amount, rival.amount)
            and said.is_change == rival.is_change
            and (anchored or said.is_baseline == rival.is_baseline)
            and (said.kind == "count") == (rival.kind == "count")
            and (said.kind != "count" or bool(set(said.counted) & set(rival.counted)))
            and (anchored or _is_mean(said) == _is_mean(rival))
            # What is named on one side only is what the figures differ in.
            and all(rival.sentence.names.has(name) or self._source.own.has(name) for name in said.names)
            and _sizes(said.sentence) <= _sizes(rival.sentence)
        )

    def _is_free(self, said: _Fact, rival: _Fact) -> bool:
        """Whether a figure of the paper stands for nothing else in the summary."""
        return self._taken.get(rival, said.amount.high) == said.amount.high


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


def _likeness(said: _Fact, given: _Fact) -> float:
    """How alike the surroundings of two figures are, from 0 to 1, by the content words that they share."""
    shared, close = len(said.around & given.around), len(said.near & given.near)
    if shared < 3 or not close:
        return 0.0
    smaller = min(len(said.around), len(given.around))
    return (shared / smaller + 2 * close / (len(said.near) + len(given.near))) / 2


def _is_about_the_same(said: _Fact, given: _Fact, agrees: Agreement) -> bool:
    """Whether two figures that agree are of the same thing, as far as their agreement leaves that in doubt."""
    if agrees is Agreement.CONVERTED:
        return bool(said.near & given.near)
    if agrees is Agreement.WEAK:
        return bool(said.around & given.around)
    if _is_common(said, given):
        unlike = said.counted and given.counted and not set(said.counted) & set(given.counted)
        return len(said.around & given.around) > bool(unlike)
    return True


def _is_likely_meant(said: _Fact, given: _Fact) -> bool:
    """Whether a figure of the full text, which has very many, can be meant: it is a rare one, or has a word in common.

    A table's words are those of all its lines.
    """
    return len(given.amount.high.normalize().as_tuple().digits) >= 4 or bool(said.around & given.sentence.context)


def _is_common(said: _Fact, given: _Fact) -> bool:
    """Whether two equal figures may be equal by chance: small whole numbers without a unit."""
    return (
        not said.amount.unit
        and said.amount.grain == 1
        and given.amount.high <= 30
        and said.amount.sort is not Sort.SIZE
    )


def _is_mean(fact: _Fact) -> bool:
    return re.search(r"\b(?:average|mean|overall)", fact.before[-60:] + fact.after[:40]) is not None


def _sizes(sentence: _Sentence) -> set[Decimal]:
    return {fact.amount.high for fact in sentence.facts if fact.amount.sort in {Sort.SIZE, Sort.LENGTH}}


def _about(given: Amount) -> Decimal:
    """A grain that allows for ends that were rounded before the change was worked out."""
    return max(given.grain, given.high * Decimal("0.03"))


def _given(value: float | tuple[float, float], claim: Claim) -> Amount:
    """A value of a recorded claim as an amount; what it counts is no unit of measurement."""
    low, high = (Decimal(repr(end)) for end in (value if isinstance(value, tuple) else (value, value)))
    exponent = min(0, int(high.normalize().as_tuple().exponent))
    unit = "" if claim.kind == "count" else measure_of(claim.unit)
    return Amount(abs(low), abs(high), Decimal(1).scaleb(exponent), unit, "", Sort.FIGURE)


def _records(claim: Claim, said: Amount) -> bool:
    """Whether a recorded claim gives a figure: its own or its baseline's, an end of a change, or the paper's other."""
    others = [other.value for other in claim.conflicts if other.source != "digest"]
    values = [claim.value, *claim.ends, *(claim.between or ()), claim.baseline_value, *others]
    return any(agreement(said, _given(value, claim)) > Agreement.WEAK for value in values if value is not None)


def _shown(claim: Claim) -> str:
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
_COUNTED = re.compile(
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


def _pairs(sentence: _Sentence) -> Iterator[tuple[_Fact, _Fact]]:
    """The figures next to each other of which one is where the other comes from or what it is compared with."""
    for first, second in zip(sentence.facts, sentence.facts[1:], strict=False):
        if first.amount.unit != second.amount.unit or Sort.LABEL in {first.amount.sort, second.amount.sort}:
            continue
        between = sentence.text[first.quantity.end : second.quantity.start]
        if (_FROM.search(first.before) and _TO.fullmatch(between)) or _KOREAN_FROM.fullmatch(between) or "→" in between:
            yield first, second
        elif _THAN.fullmatch(between):
            yield second, first
