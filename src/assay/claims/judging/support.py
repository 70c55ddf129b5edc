"""Finds what supports a figure of a summary: the paper's own, what follows from it, or a recorded claim."""

from assay.claims.context import Figure, Text
from assay.claims.judging.case import RARE, Case, Disagreement
from assay.claims.judging.compared import distance, distance_of_beside, is_turned, quotient, ratio
from assay.claims.judging.derived import Derived, fraction, is_fraction, remainder
from assay.claims.judging.disagreement import disagreements
from assay.claims.judging.exchange import takes_its_place
from assay.claims.judging.judgement import Judgement, Verdict
from assay.claims.judging.reckoned import (
    more_of_the_same,
    named_size,
    part_of_whole,
    product,
    ratio_of_sizes,
    rest_of_counts,
    spread,
)
from assay.claims.judging.recorded import gives
from assay.claims.judging.spelling import tell
from assay.claims.judging.telling import is_told_as_change, is_told_of_each
from assay.claims.judging.totals import total, total_of_given, total_of_kinds
from assay.claims.meanings.likeness import is_about_the_same, is_likely_source
from assay.claims.meanings.things import count_alike
from assay.claims.numbers.agreement import Agreement, agreement, are_of_one_unit, change
from assay.claims.source import ABSTRACT
from assay.papers.findings import State


class SupportRules(Judgement):
    """Rules that find what supports a figure of the summary, or that its value stands there of something else."""

    def find_support(self, figure: Figure) -> Verdict | None:
        """The paper's figure that agrees best; of equals, the one with the most words in common around it.

        Where every one that agrees is of something else, so is the summary's.
        """
        best: tuple[int, bool, bool, bool, int, int] = (0, False, False, False, 0, 0)
        match: tuple[Text, Figure] | None = None
        amiss: Disagreement | None = None
        for text, reference in self.source.figures:
            agrees = agreement(figure.amount, reference.amount)
            if not agrees:
                continue
            overlap = len(figure.around & reference.around)
            if is_fraction(figure) and reference.before.rstrip().endswith("="):
                continue  # a fifth is no correlation of 0.2
            if not self.is_foreign and not (
                is_about_the_same(figure, reference, agrees)
                or self._count_alike(figure, reference)
                or Case(figure, reference, self.source).counts_exchanged()
            ):
                continue
            if not self.is_foreign and text.name not in ABSTRACT and not is_likely_source(figure, reference):
                continue
            wrong = next(disagreements(figure, reference, self.source), None)
            # A number that lacks its unit supports nothing against one that has it and is of something else.
            has_value = agrees >= Agreement.ROUNDED
            company = _company(figure, reference) if has_value else 0
            rank = (company, wrong is None and has_value, has_value, wrong is None, agrees, overlap)
            if rank > best:
                best, match, amiss = rank, (text, reference), wrong
        is_sure = best[2] or (amiss is not None and amiss.field in _BY_FORM)
        if match is not None and figure.amount.high == match[1].amount.high and figure.amount.grain < 1:
            is_sure = is_sure or len(figure.amount.high.normalize().as_tuple().digits) >= _MANY
        if match is not None and amiss is not None and not is_sure:
            return None  # neither the same thing nor surely the same value
        if match is not None and amiss is not None:
            given = tell(amiss, figure, match[1], [text.text for text in self.source.texts if text.name in ABSTRACT])
            return Verdict(State.MISATTRIBUTED, *match, given=given, why=amiss.field, rival=amiss.rival)
        if match is not None:
            return Verdict(State.SUPPORTED, *match)
        return self._find_both_ends(figure)

    def _count_alike(self, figure: Figure, reference: Figure) -> bool:
        """Whether two numbers count the same, in whatever words: apps are applications."""
        ours, theirs = (self.source.reader.read(each).counted for each in (figure, reference))
        return count_alike(ours, theirs) and figure.amount.high == reference.amount.high

    def find_exchanged(self) -> None:
        """A figure whose place in the summary another one of the sentence takes: the two are exchanged."""
        for figure, verdict in list(self.verdicts.items()):
            value = figure.amount.high
            if verdict.state is not State.MISATTRIBUTED or (
                sum(each.amount.high == value for each in figure.sentence.figures) > 1
            ):
                continue
            for other in figure.sentence.figures:
                theirs = self.verdicts.get(other)
                if theirs is None or theirs.state is not State.SUPPORTED or theirs.reference is None:
                    continue
                if verdict.why != "side" and any({figure, other} == set(pair) for pair in figure.sentence.changes):
                    continue  # the two ends of one change are of one thing
                if sum(each.amount.high == other.amount.high for each in figure.sentence.figures) > 1:
                    continue  # which of the two has changed places cannot be told
                is_alike = are_of_one_unit(other.amount, figure.amount) and other.is_number == figure.is_number
                is_alike = is_alike and {other.amount.unit, figure.amount.unit} != {"%", "points"}
                if (is_alike and theirs.reference is verdict.rival) or takes_its_place(
                    figure, verdict.why, (other, theirs.reference), self.source
                ):
                    theirs.state, theirs.why = State.MISATTRIBUTED, "exchanged"
                    theirs.given = f"it is what the summary gives {figure.text} of"

    def _find_both_ends(self, figure: Figure) -> Verdict | None:
        """A range whose ends stand in one sentence as two figures."""
        if figure.amount.low == figure.amount.high:
            return None
        ends = [figure.amount._replace(low=end, high=end) for end in (figure.amount.low, figure.amount.high)]
        for text in self.source.texts:
            for sentence in text.sentences:
                hits = [
                    next((reference for reference in sentence.figures if agreement(end, reference.amount)), None)
                    for end in ends
                ]
                if hits[0] is not None and hits[1] is not None:
                    return Verdict(State.SUPPORTED, text, hits[1])
        return None

    def find_change_in_paper(self, figure: Figure) -> Verdict | None:
        """A change that follows from two ends that the paper states, or from two supported ones beside it."""
        is_fine = not self.is_foreign or len(figure.amount.high.normalize().as_tuple().digits) >= _MANY
        if not is_told_as_change(figure) or figure.amount.high == 0:
            return self._find_change_in_summary(figure)
        for text in self.source.texts:
            minimum = 1 if text.name in ABSTRACT else 2
            for sentence in text.sentences:
                for start, end in sentence.changes if len(sentence.figures) > 1 else ():
                    is_near = self.is_foreign or len(figure.around & sentence.stems) >= minimum
                    is_near = is_near and (is_fine or self._is_told_of(figure, end))
                    if is_near and change(start.amount, end.amount, figure.amount):
                        return Verdict(State.SUPPORTED, text, end, why=f"from {start.text} to {end.text}")
        return self._find_change_in_summary(figure)

    def _is_told_of(self, figure: Figure, end: Figure) -> bool:
        """Whether a change in points, of two digits, is one to a figure with which it has something in common."""
        is_large = len(figure.amount.high.normalize().as_tuple().digits) > 1
        return is_large and figure.amount.unit == "points" and self.have_ground(figure, end)

    def find_fraction(self, figure: Figure) -> Verdict | None:
        """A percentage or a multiple of the paper, told as a fraction."""
        return _derived(fraction(figure, self.source, self.supported_in(figure.sentence)))

    def find_complement(self, figure: Figure) -> Verdict | None:
        """What is left of a share."""
        return _derived(remainder(figure, self.source, self.supported_in(figure.sentence)))

    def find_ratio(self, figure: Figure) -> Verdict | None:
        """The ratio of two figures of the paper."""
        return _derived(ratio(figure, self.source, self.supported_in(figure.sentence)))

    def find_quotient(self, figure: Figure) -> Verdict | None:
        """So many of what the paper counts to each of something else."""
        return _derived(quotient(figure, self.source, self.supported_in(*self.sentences)))

    def find_difference(self, figure: Figure) -> Verdict | None:
        """The distance between two figures of the paper."""
        here, everywhere = self.supported_in(figure.sentence), self.supported_in(*self.sentences)
        found = distance(figure, self.source, here, everywhere) or distance_of_beside(figure, self.source, here)
        if found is not None and is_turned(figure, self.source):
            given = f"{found.why}, the other way"
            return Verdict(State.MISATTRIBUTED, found.text, found.reference, given=given, why="direction")
        return _derived(found)

    def find_total(self, figure: Figure) -> Verdict | None:
        """The sum of two counts of the paper."""
        return _derived(total(figure, self.source))

    def find_named_size(self, figure: Figure) -> Verdict | None:
        """A size of a model that stands in a name of the paper, or how many times as large one is as another."""
        size = named_size(figure, self.source)
        if size is not None:
            return Verdict(State.SUPPORTED, quote=size.sentence.words, why="in a name")
        found = ratio_of_sizes(figure, self.source, self.texts)
        return None if found is None else Verdict(State.SUPPORTED, quote=found[0].sentence.words, why=found[1])

    def find_reckoned(self, figure: Figure) -> Verdict | None:
        """What follows from several counts or amounts: a product, a sum, the rest, a part."""
        here, elsewhere = self.supported_in(figure.sentence), self.supported_in(*self.sentences)
        return _derived(
            product(figure, here)
            or (product(figure, elsewhere) if figure.amount.high >= RARE else None)
            or total_of_given(figure, elsewhere)
            or total_of_kinds(figure, self.source)
            or rest_of_counts(figure, self.source, elsewhere)
            or spread(figure, elsewhere)
            or more_of_the_same(figure, self.source, here)
            or part_of_whole(figure, self.source, elsewhere)
        )

    def find_meant(self) -> None:
        """A figure that equals one of something else by chance: it is told as what follows from two others."""
        for figure, verdict in list(self.verdicts.items()):
            if verdict.state is not State.MISATTRIBUTED or verdict.why not in _BY_FORM:
                continue
            found = quotient(figure, self.source, self.supported_in(*self.sentences))
            if found is not None and is_told_of_each(figure):
                self.verdicts[figure] = Verdict(State.SUPPORTED, found.text, found.reference, why=found.why)

    def _find_change_in_summary(self, figure: Figure) -> Verdict | None:
        """A change that follows from two figures which the summary compares in that sentence, both supported."""
        for start, end in figure.sentence.changes:
            ends = [self.verdicts.get(each) for each in (start, end)]
            if all(v and v.state is State.SUPPORTED for v in ends) and change(start.amount, end.amount, figure.amount):
                verdict = ends[1]
                if verdict is not None and verdict.reference is not None:
                    return Verdict(
                        State.SUPPORTED, verdict.text, verdict.reference, why=f"from {start.text} to {end.text}"
                    )
        return None

    def find_record(self, figure: Figure) -> Verdict | None:
        """A claim that somebody read in the paper and recorded, for a figure that the text at hand does not have."""
        for claim in self.claims:
            if claim.source != "digest" and gives(claim, figure.amount):
                return Verdict(State.SUPPORTED, quote=claim.quote, why=f"recorded: {claim.metric}")
        return None


def _company(figure: Figure, reference: Figure) -> int:
    """How many other figures of the summary's sentence stand in the paper's: what it repeats whole is meant."""
    beside = [each for each in reference.sentence.figures if each is not reference]
    others = [each for each in figure.sentence.figures if each is not figure and _is_rare(each)]
    return sum(any(agreement(each.amount, by.amount) >= Agreement.ROUNDED for by in beside) for each in others)


def _is_rare(figure: Figure) -> bool:
    return bool(figure.amount.unit) or figure.amount.high >= RARE


_BY_FORM = frozenset({"unit", "count"})
"""In what figures disagree whose values are equal but for the unit of one."""
_MANY = 3


def _derived(found: Derived | None) -> Verdict | None:
    return None if found is None else Verdict(State.SUPPORTED, found.text, found.reference, why=found.why)
