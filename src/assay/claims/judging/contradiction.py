"""Finds what contradicts a figure of a summary: that the paper speaks of the same thing and gives another value."""

from assay.claims.context import Figure, Text
from assay.claims.judging.accord import agreements
from assay.claims.judging.disagreement import disagreements
from assay.claims.judging.judgement import Judgement, Verdict
from assay.claims.judging.recorded import claim_amount, format_value, gives
from assay.claims.judging.telling import is_told_as_distance
from assay.claims.meanings.counting import is_raw
from assay.claims.meanings.likeness import (
    ALIKE,
    CLEARLY,
    about,
    are_alike,
    are_exchanged,
    are_two_swapped,
    is_mean,
    likeness,
    sizes,
)
from assay.claims.meanings.things import count_alike
from assay.claims.naming.named import OWN, are_one
from assay.claims.numbers.agreement import agreement, are_of_one_unit, change
from assay.claims.numbers.sorts import Sort
from assay.papers.findings import State


class ContradictionRules(Judgement):
    """Rules that find what contradicts a figure of the summary that nothing supports yet."""

    def find_other_unit(self, figure: Figure) -> Verdict | None:
        """The same number of another unit: 32 % for 32 times, 205 s for 205 ms."""
        ours = figure.amount
        if not ours.unit and not ours.is_count:
            return None
        is_rare = sum(len(end.normalize().as_tuple().digits) for end in {ours.low, ours.high}) >= _RARE
        for text, reference in self.source.abstract():
            theirs = reference.amount
            is_other = (theirs.unit or theirs.is_count) and theirs.unit != ours.unit
            is_other = is_other and not (theirs.unit.endswith("/s") and ours.is_count)  # "초당 800토큰"
            is_other = is_other and Sort.SETTING not in {ours.sort, theirs.sort}
            is_other = is_other and {ours.unit, theirs.unit} != {"%", "points"} and figure.is_word == reference.is_word
            is_turned = ours.unit == theirs.unit and {ours.role, theirs.role} == {"saved", "remains"}
            if not (is_other or is_turned) or (ours.low, ours.high) != (theirs.low, theirs.high):
                continue
            if not is_rare and not self.have_ground(figure, reference):
                continue
            if figure.is_word and reference.is_word and ours.unit == "x" and not figure.near & reference.near:
                continue  # "twice as many" is no slip for any two things
            if is_turned and not any(disagreements(figure, reference, self.source)):
                given = f"{reference.text} is what is {_ROLES[theirs.role]}, not what is {_ROLES[ours.role]}"
                return Verdict(State.MISATTRIBUTED, text, reference, given=given, why="kind")
            if is_other and self.is_free(figure, reference):
                given = f"{reference.text}, not {figure.text}".replace("\\", "")
                return Verdict(State.MISATTRIBUTED, text, reference, given=given, why="unit")
        return None

    def find_other_end(self, figure: Figure) -> Verdict | None:
        """A comparison that the paper makes with the same start, or the same end, and another figure for the rest."""
        for pair in figure.sentence.changes:
            if figure not in pair:
                continue
            role = pair.index(figure)
            anchor = self.verdicts.get(pair[1 - role])
            if anchor is None or anchor.state is not State.SUPPORTED or anchor.reference is None:
                continue
            for theirs in anchor.reference.sentence.changes:
                rival = theirs[role]
                if theirs[1 - role] is anchor.reference and self._may_rival(figure, rival, has_anchor=True):
                    return self._contradiction(
                        anchor.text, rival, f"beside {anchor.reference.text}, the paper has {rival.text}"
                    )
        return None

    def find_other_change(self, figure: Figure) -> Verdict | None:
        """A change worked out from ends of which one is contradicted: the paper's own change is another too."""
        if not figure.is_change:
            return None
        for start, end in figure.sentence.changes:
            if not change(start.amount, end.amount, figure.amount._replace(grain=about(figure.amount))):
                continue
            for each in (start, end):
                verdict = self.verdicts.get(each)
                if verdict is None or verdict.state is not State.CONTRADICTED or verdict.reference is None:
                    continue
                for theirs in verdict.reference.sentence.changes:
                    for rival in verdict.reference.sentence.figures:
                        near = rival.amount._replace(grain=about(rival.amount))
                        follows = change(theirs[0].amount, theirs[1].amount, near)
                        if follows and rival.amount.unit == figure.amount.unit and self.is_free(figure, rival):
                            return self._contradiction(verdict.text, rival, f"the change to {verdict.reference.text}")
        return None

    def find_rival(self, figure: Figure) -> Verdict | None:
        """A figure of the abstract that the same words surround, as they surround no other of either text."""
        if self.is_foreign:
            return None
        candidates = sorted(
            (
                (likeness(figure, reference), number, text, reference)
                for number, (text, reference) in enumerate(self.source.abstract())
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
        for other in self.figures:
            same = other.amount.high == figure.amount.high
            if not same and other not in self.verdicts and likeness(other, rival) >= best:
                return None
        return self._contradiction(text, rival, "the same words, another figure")

    def find_other_value(self, figure: Figure) -> Verdict | None:
        """The one figure of the abstract that is of the same thing, by two signs at least, and has another value."""
        reading = self.source.reader.read(figure)
        candidates: list[tuple[int, Text, Figure]] = []
        for text, rival in self.source.abstract():
            is_slip = are_exchanged(figure.amount, rival.amount)
            apart = {each.field for each in disagreements(figure, rival, self.source)}
            if not self._may_be_other_value(figure, rival) or apart - ({"context"} if is_slip else set()):
                continue
            signs = set(agreements(figure, rival, self.source))
            if self.stands_beside(figure, rival):
                signs.add("beside")
            theirs = self.source.reader.read(rival)
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

    def find_passed_bound(self, figure: Figure) -> Verdict | None:
        """The one number of what is counted that lies a little beyond the bound: fewer than 4,000 of 4,335."""
        ours, counted = figure.amount, self.source.reader.read(figure).counted
        if not figure.is_number or ours.bound not in {"at least", "at most"} or ours.high < _LARGE or not counted:
            return None
        rivals = {
            rival.amount.high: (text, rival)
            for text, rival in self.source.abstract()
            if rival.is_number and self.source.reader.read(rival).counted == counted
        }
        if len(rivals) != 1:
            return None
        [(value, (text, rival))] = rivals.items()
        beyond = value - ours.high if ours.bound == "at most" else ours.high - value
        if not 0 < beyond * 8 <= ours.high or not self.is_free(figure, rival):
            return None
        return self._contradiction(text, rival, f"not {ours.bound} {figure.text}")

    def find_slip(self, figure: Figure) -> Verdict | None:
        """The one figure of the abstract with its digits in another order, or with the point in another place."""
        slips = [
            (text, rival)
            for text, rival in self.source.abstract()
            if self.is_free(figure, rival)
            and are_of_one_unit(figure.amount, rival.amount)
            and figure.is_number == rival.is_number
            and (
                are_exchanged(figure.amount, rival.amount)
                or (are_two_swapped(figure.amount, rival.amount) and self.stands_beside(figure, rival))
            )
        ]
        if len({rival.amount.high for _, rival in slips}) != 1:
            return None
        return self._contradiction(*slips[0], "its digits in another order")

    def _may_be_other_value(self, figure: Figure, rival: Figure) -> bool:
        """Whether two figures that differ are of one form and may be of one thing."""
        ours, theirs = self.source.reader.read(figure), self.source.reader.read(rival)
        return (
            self.is_free(figure, rival)
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
        if self.is_foreign:
            ours, theirs = ("" if is_raw(each) else each for each in (ours, theirs))
        return ours == theirs or count_alike(ours, theirs)

    def find_conflict(self, figure: Figure) -> Verdict | None:
        """A value that is recorded as another source's, or that only a digest gives.

        A summary that gives the paper's value too tells of the conflict.
        """
        for claim in self.claims:
            if claim.value is None:
                continue
            ours = any(agreement(other.amount, claim_amount(claim.value, claim)) for other in self.figures)
            for conflict in claim.conflicts if not ours else ():
                # What the paper itself gives elsewhere, or in another version, is no mistake of a summary's.
                if conflict.source == "digest" and agreement(figure.amount, claim_amount(conflict.value, claim)):
                    value, why = format_value(claim), f"recorded: {claim.metric}"
                    return Verdict(State.CONTRADICTED, quote=claim.quote, given=value, why=why)
        if any(gives(claim, figure.amount) for claim in self.claims if claim.source == "digest"):
            return Verdict(State.UNSUPPORTED, why="only in a digest")
        return None

    def _contradiction(self, text: Text | None, rival: Figure, why: str) -> Verdict:
        return Verdict(State.CONTRADICTED, text, rival, given=rival.text.replace("\\", ""), why=why)

    def _may_rival(self, figure: Figure, rival: Figure, *, has_anchor: bool) -> bool:
        """Whether two figures that differ can be of one thing: of one kind and order of size, about the same names."""
        return (
            self.is_free(figure, rival)
            and are_alike(figure.amount, rival.amount)
            and figure.is_change == rival.is_change
            and (has_anchor or is_told_as_distance(figure) == is_told_as_distance(rival))
            and (has_anchor or figure.is_baseline == rival.is_baseline)
            and (figure.kind == "count") == (rival.kind == "count")
            and (figure.kind != "count" or bool(set(figure.count_noun) & set(rival.count_noun)))
            and (has_anchor or is_mean(figure) == is_mean(rival))
            # What is named on one side only is what the figures differ in.
            and all(rival.sentence.names.has(name) or self.source.own.has(name) for name in figure.names)
            and sizes(figure.sentence) <= sizes(rival.sentence)
        )


_ROLES = {"saved": "saved", "remains": "left"}
_OF_WHAT = frozenset({"data set", "metric", "context", "unit", "digits"})
"""Signs of which one at least must tell that two figures are of one thing."""
_LARGE = 100
_MANY, _RARE = 3, 2
