"""Checks a summary against its paper: every figure, every name, and whether it is of this paper at all.

A figure is looked for in the paper's title and abstract, and in its full text where that is at hand. What stands
there in the same or a compatible unit supports it. Only where the paper demonstrably speaks of the same thing and
gives another value is a figure called contradicted; in doubt it is unsupported, and the words say what was searched.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from assay.claims.accord import agreements
from assay.claims.context import Figure, Sentence, Text
from assay.claims.crossing import is_of_another_paper
from assay.claims.derived import Derived, Supported, distance, fraction, is_told_as_change, remainder, total
from assay.claims.disagreement import Disagreement, disagreements
from assay.claims.exchange import takes_its_place
from assay.claims.meanings.counting import is_raw
from assay.claims.meanings.likeness import (
    ALIKE,
    CLEARLY,
    about,
    are_alike,
    are_exchanged,
    is_about_the_same,
    is_likely_source,
    is_mean,
    likeness,
    sizes,
)
from assay.claims.naming.named import OWN, are_one
from assay.claims.numbers.agreement import Agreement, Amount, agreement, are_of_one_unit, change
from assay.claims.numbers.quantities import measure_of
from assay.claims.numbers.sorts import Sort
from assay.claims.source import ABSTRACT, Source, source_of
from assay.papers.findings import Check, FigureFinding, NameFinding, State
from assay.papers.models import ALL_PARTS, Claim, Paper, Parts, Place
from assay.papers.passages import Passage


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
    source = source_of(paper, tuple(passages))
    texts = {name: text for name, text in _part_texts(parts) if text}
    checker = _Checker(source, claims, language, [Text.of(name, text) for name, text in texts.items()])
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


@dataclass
class _Verdict:
    """The verdict on one figure of the summary."""

    state: State
    text: Text | None = None
    reference: Figure | None = None
    """The paper's figure that supports or contradicts it."""
    quote: str = ""
    given: str = ""
    why: str = ""
    rival: Figure | None = None
    """The paper's figure of what the summary gives this one of."""


class _Checker:
    """The figures of one summary, judged together: a figure that supports one says nothing against another."""

    def __init__(self, source: Source, claims: Sequence[Claim], language: str, texts: Sequence[Text]) -> None:
        self._source = source
        self._claims = claims
        self._foreign = language != "en"
        """Whether only figures and Latin-script terms can be compared."""
        self._texts = texts
        self._figures = [figure for text in texts for figure in text.figures]
        self._sentences = list(dict.fromkeys(figure.sentence for figure in self._figures))
        self._verdicts: dict[Figure, _Verdict] = {}
        self._references: dict[Figure, Decimal | None] = {}
        """The paper's figures that support one of the summary; and those that contradict one, with that one's value."""

    def findings(self) -> Iterator[FigureFinding]:
        """The finding for each figure, in the order of the summary."""
        for judge in (
            self._find_support,
            self._find_change_in_paper,
            self._find_fraction,
            self._find_complement,
            self._find_difference,
            self._find_total,
            self._find_record,
            self._find_other_unit,
            self._find_other_end,
            self._find_other_change,
            self._find_rival,
            self._find_other_value,
            self._find_slip,
            self._find_conflict,
        ):
            for figure in self._figures:
                if figure not in self._verdicts and (verdict := judge(figure)) is not None:
                    self._verdicts[figure] = verdict
                    if verdict.reference is not None:
                        stands = verdict.state is not State.CONTRADICTED
                        self._references[verdict.reference] = None if stands else figure.amount.high
            if judge == self._find_support:
                self._find_exchanged()
        for text in self._texts:
            for figure in text.figures:
                verdict = self._verdicts.get(figure)
                # A count in words that the paper does not have is most often no figure: "in two steps".
                is_decided = verdict is not None and verdict.state is not State.UNSUPPORTED
                if is_decided or not figure.is_word or figure.amount.unit:
                    yield self._finding(text, figure, verdict or self._verdict_without_match())

    def _verdict_without_match(self) -> _Verdict:
        if self._source.is_known:
            return _Verdict(State.UNSUPPORTED, why=f"not in {self._source.where}")
        return _Verdict(State.UNCHECKED, why="no text of the paper is at hand")

    def _finding(self, text: Text, figure: Figure, verdict: _Verdict) -> FigureFinding:
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

    def _find_support(self, figure: Figure) -> _Verdict | None:
        """The paper's figure that agrees best; of equals, the one with the most words in common around it.

        Where every one that agrees is of something else, so is the summary's.
        """
        best: tuple[bool, int, int] = (False, 0, 0)
        match: tuple[Text, Figure] | None = None
        amiss: Disagreement | None = None
        for text, reference in self._source.figures:
            agrees = agreement(figure.amount, reference.amount)
            if not agrees:
                continue
            overlap = len(figure.around & reference.around)
            if not self._foreign and not (
                is_about_the_same(figure, reference, agrees) or self._count_alike(figure, reference)
            ):
                continue
            if not self._foreign and text.name not in ABSTRACT and not is_likely_source(figure, reference):
                continue
            wrong = next(disagreements(figure, reference, self._source), None)
            rank = (wrong is None, agrees, overlap)
            if rank > best:
                best, match, amiss = rank, (text, reference), wrong
        is_sure = best[1] >= Agreement.ROUNDED or (amiss is not None and amiss.field in _BY_FORM)
        if match is not None and amiss is not None and not is_sure:
            return None  # neither the same thing nor surely the same value
        if match is not None and amiss is not None:
            return _Verdict(State.MISATTRIBUTED, *match, given=str(amiss), why=amiss.field, rival=amiss.rival)
        if match is not None:
            return _Verdict(State.SUPPORTED, *match)
        return self._find_both_ends(figure)

    def _count_alike(self, figure: Figure, reference: Figure) -> bool:
        """Whether two numbers count the same, in whatever words: apps are applications."""
        ours, theirs = (self._source.reader.read(each).counted for each in (figure, reference))
        return ours == theirs != "" and figure.amount.high == reference.amount.high

    def _find_exchanged(self) -> None:
        """A figure whose place in the summary another one of the sentence takes: the two are exchanged."""
        for figure, verdict in list(self._verdicts.items()):
            value = figure.amount.high
            if verdict.state is not State.MISATTRIBUTED or (
                sum(each.amount.high == value for each in figure.sentence.figures) > 1
            ):
                continue
            for other in figure.sentence.figures:
                theirs = self._verdicts.get(other)
                if theirs is None or theirs.state is not State.SUPPORTED or theirs.reference is None:
                    continue
                if any({figure, other} == set(pair) for pair in figure.sentence.changes):
                    continue  # the two ends of one change are of one thing
                if sum(each.amount.high == other.amount.high for each in figure.sentence.figures) > 1:
                    continue  # which of the two has changed places cannot be told
                is_alike = are_of_one_unit(other.amount, figure.amount) and other.is_number == figure.is_number
                if (is_alike and theirs.reference is verdict.rival) or takes_its_place(
                    figure, verdict.why, (other, theirs.reference), self._source
                ):
                    theirs.state, theirs.why = State.MISATTRIBUTED, "exchanged"
                    theirs.given = f"it is what the summary gives {figure.text} of"

    def _find_both_ends(self, figure: Figure) -> _Verdict | None:
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

    def _find_change_in_paper(self, figure: Figure) -> _Verdict | None:
        """A change that follows from two ends that the paper states, or from two supported ones beside it."""
        is_fine = not self._foreign or len(figure.amount.high.normalize().as_tuple().digits) >= _MANY
        if not is_fine or not is_told_as_change(figure) or figure.amount.high == 0:
            return self._find_change_in_summary(figure)
        for text in self._source.texts:
            minimum = 1 if text.name in ABSTRACT else 2
            for sentence in text.sentences:
                for start, end in sentence.changes if len(sentence.figures) > 1 else ():
                    is_near = self._foreign or len(figure.around & sentence.stems) >= minimum
                    if is_near and change(start.amount, end.amount, figure.amount):
                        return _Verdict(State.SUPPORTED, text, end, why=f"from {start.text} to {end.text}")
        return self._find_change_in_summary(figure)

    def _find_fraction(self, figure: Figure) -> _Verdict | None:
        """A percentage or a multiple of the paper, told as a fraction."""
        return _derived(fraction(figure, self._source, self._supported(figure.sentence)))

    def _find_complement(self, figure: Figure) -> _Verdict | None:
        """What is left of a share."""
        return _derived(remainder(figure, self._source, self._supported(figure.sentence)))

    def _find_difference(self, figure: Figure) -> _Verdict | None:
        """The distance between two figures of the paper."""
        return _derived(distance(figure, self._supported(*self._sentences), self._source))

    def _find_total(self, figure: Figure) -> _Verdict | None:
        """The sum of two counts of the paper."""
        return _derived(total(figure, self._source))

    def _supported(self, *sentences: Sentence) -> Supported:
        """The figures of some sentences that are supported, each with the paper's."""
        verdicts = ((each, self._verdicts.get(each)) for sentence in sentences for each in sentence.figures)
        return {
            figure: (verdict.text, verdict.reference)
            for figure, verdict in verdicts
            if verdict is not None and verdict.state is State.SUPPORTED and verdict.reference is not None
        }

    def _find_change_in_summary(self, figure: Figure) -> _Verdict | None:
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

    def _find_record(self, figure: Figure) -> _Verdict | None:
        """A claim that somebody read in the paper and recorded, for a figure that the text at hand does not have."""
        for claim in self._claims:
            if claim.source != "digest" and _gives(claim, figure.amount):
                return _Verdict(State.SUPPORTED, quote=claim.quote, why=f"recorded: {claim.metric}")
        return None

    # Rules that contradict a figure that nothing supports yet.

    def _find_other_unit(self, figure: Figure) -> _Verdict | None:
        """The same number of another unit: 32 % for 32 times, 205 s for 205 ms."""
        ours = figure.amount
        digits = sum(len(end.normalize().as_tuple().digits) for end in {ours.low, ours.high})
        if not ours.unit or digits < 2:
            return None
        for text, reference in self._source.abstract():
            theirs = reference.amount
            is_other = theirs.unit and theirs.unit != ours.unit and {ours.unit, theirs.unit} != {"%", "points"}
            is_turned = ours.unit == theirs.unit and {ours.role, theirs.role} == {"saved", "remains"}
            if not (is_other or is_turned) or (ours.low, ours.high) != (theirs.low, theirs.high):
                continue
            if is_turned and not any(disagreements(figure, reference, self._source)):
                given = f"{reference.text} is what is {_ROLES[theirs.role]}, not what is {_ROLES[ours.role]}"
                return _Verdict(State.MISATTRIBUTED, text, reference, given=given, why="kind")
            if is_other and self._is_free(figure, reference):
                given = f"{reference.text}, not {figure.text}".replace("\\", "")
                return _Verdict(State.MISATTRIBUTED, text, reference, given=given, why="unit")
        return None

    def _find_other_end(self, figure: Figure) -> _Verdict | None:
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

    def _find_other_change(self, figure: Figure) -> _Verdict | None:
        """A change worked out from ends of which one is contradicted: the paper's own change is another too."""
        if not figure.is_change:
            return None
        for start, end in figure.sentence.changes:
            if not change(start.amount, end.amount, figure.amount._replace(grain=about(figure.amount))):
                continue
            for each in (start, end):
                verdict = self._verdicts.get(each)
                if verdict is None or verdict.state is not State.CONTRADICTED or verdict.reference is None:
                    continue
                for theirs in verdict.reference.sentence.changes:
                    for rival in verdict.reference.sentence.figures:
                        near = rival.amount._replace(grain=about(rival.amount))
                        follows = change(theirs[0].amount, theirs[1].amount, near)
                        if follows and rival.amount.unit == figure.amount.unit and self._is_free(figure, rival):
                            return self._contradiction(verdict.text, rival, f"the change to {verdict.reference.text}")
        return None

    def _find_rival(self, figure: Figure) -> _Verdict | None:
        """A figure of the abstract that the same words surround, as they surround no other of either text."""
        if self._foreign:
            return None
        candidates = sorted(
            (
                (likeness(figure, reference), number, text, reference)
                for number, (text, reference) in enumerate(self._source.abstract())
                if self._may_rival(figure, reference, has_anchor=False)
            ),
            reverse=True,
            key=lambda each: each[:2],
        )
        if (
            not candidates
            or candidates[0][0] < ALIKE
            or (len(candidates) > 1 and candidates[1][0] > candidates[0][0] - CLEARLY)
        ):
            return None
        best, _, text, rival = candidates[0]
        for other in self._figures:
            same = other.amount.high == figure.amount.high
            if not same and other not in self._verdicts and likeness(other, rival) >= best:
                return None
        return self._contradiction(text, rival, "the same words, another figure")

    def _find_other_value(self, figure: Figure) -> _Verdict | None:
        """The one figure of the abstract that is of the same thing, by two signs at least, and has another value."""
        reading = self._source.reader.read(figure)
        candidates: list[tuple[int, Text, Figure]] = []
        for text, rival in self._source.abstract():
            is_slip = are_exchanged(figure.amount, rival.amount)
            apart = {each.field for each in disagreements(figure, rival, self._source)}
            if not self._may_be_other_value(figure, rival) or apart - ({"context"} if is_slip else set()):
                continue
            signs = set(agreements(figure, rival, self._source))
            if self._stands_beside(figure, rival):
                signs.add("beside")
            theirs = self._source.reader.read(rival)
            # What it is said of one model beside is not told of all.
            others = (reading.method.all | reading.other.own) - {OWN}
            named = theirs.names | theirs.method.others | (theirs.dataset.others if "beside" in signs else frozenset())
            if not all(any(are_one(a, b) for b in named) for a in others | reading.dataset.own - {OWN}):
                continue
            if is_mean(figure) != is_mean(rival) and len(signs) < _MANY:
                continue
            is_alone = signs == {"data set"} and not others
            if is_alone or is_slip or "count" in signs or (len(signs) > 1 and signs & _OF_WHAT):
                candidates.append((len(signs), text, rival))
        candidates.sort(key=lambda each: -each[0])
        if not candidates or (len(candidates) > 1 and candidates[0][0] == candidates[1][0]):
            return None
        _, text, rival = candidates[0]
        return self._contradiction(text, rival, "the same thing, another figure")

    def _find_slip(self, figure: Figure) -> _Verdict | None:
        """The one figure of the abstract with its digits in another order, or with the point in another place."""
        slips = [
            (text, rival)
            for text, rival in self._source.abstract()
            if self._is_free(figure, rival)
            and are_of_one_unit(figure.amount, rival.amount)
            and figure.is_number == rival.is_number
            and are_exchanged(figure.amount, rival.amount)
        ]
        if len({rival.amount.high for _, rival in slips}) != 1:
            return None
        return self._contradiction(*slips[0], "its digits in another order")

    def _may_be_other_value(self, figure: Figure, rival: Figure) -> bool:
        """Whether two figures that differ are of one form and may be of one thing."""
        ours, theirs = self._source.reader.read(figure), self._source.reader.read(rival)
        return (
            self._is_free(figure, rival)
            and are_alike(figure.amount, rival.amount)
            and ours.end == theirs.end
            and (bool(ours.end) or (figure.is_change or any(ours.way)) == (rival.is_change or any(theirs.way)))
            and figure.is_number == rival.is_number
            and (
                not figure.is_number
                or are_exchanged(figure.amount, rival.amount)
                or self._may_count_alike(ours.counted, theirs.counted)
            )
            and sizes(figure.sentence) - {figure.amount.high} <= sizes(rival.sentence)
        )

    def _may_count_alike(self, ours: str, theirs: str) -> bool:
        """Whether two numbers may count one thing; a noun that the table of words lacks has no other language."""
        if self._foreign:
            return ("" if is_raw(ours) else ours) == ("" if is_raw(theirs) else theirs)
        return ours == theirs

    def _stands_beside(self, figure: Figure, rival: Figure) -> bool:
        """Whether another figure of the summary's sentence is supported by the rival's sentence."""
        verdicts = [self._verdicts.get(other) for other in figure.sentence.figures if other is not figure]
        return any(
            verdict is not None and verdict.reference is not None and verdict.reference.sentence is rival.sentence
            for verdict in verdicts
        )

    def _find_conflict(self, figure: Figure) -> _Verdict | None:
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

    def _contradiction(self, text: Text | None, rival: Figure, why: str) -> _Verdict:
        return _Verdict(State.CONTRADICTED, text, rival, given=rival.text.replace("\\", ""), why=why)

    def _may_rival(self, figure: Figure, rival: Figure, *, has_anchor: bool) -> bool:
        """Whether two figures that differ can be of one thing: of one kind and order of size, about the same names."""
        return (
            self._is_free(figure, rival)
            and are_alike(figure.amount, rival.amount)
            and figure.is_change == rival.is_change
            and (has_anchor or figure.is_baseline == rival.is_baseline)
            and (figure.kind == "count") == (rival.kind == "count")
            and (figure.kind != "count" or bool(set(figure.count_noun) & set(rival.count_noun)))
            and (has_anchor or is_mean(figure) == is_mean(rival))
            # What is named on one side only is what the figures differ in.
            and all(rival.sentence.names.has(name) or self._source.own.has(name) for name in figure.names)
            and sizes(figure.sentence) <= sizes(rival.sentence)
        )

    def _is_free(self, figure: Figure, rival: Figure) -> bool:
        """Whether a figure of the paper matches no other value of the summary."""
        return self._references.get(rival, figure.amount.high) == figure.amount.high


_ROLES = {"saved": "saved", "remains": "left"}
_BY_FORM = frozenset({"unit", "count"})
"""In what figures disagree whose values are equal but for the unit of one."""
_OF_WHAT = frozenset({"data set", "metric", "context", "unit", "digits"})
"""Signs of which one at least must tell that two figures are of one thing."""
_MANY = 3


def _derived(found: Derived | None) -> _Verdict | None:
    return None if found is None else _Verdict(State.SUPPORTED, found.text, found.reference, why=found.why)


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
