"""Checks a summary against its paper: every figure, every name, and whether it is of this paper at all.

A figure is looked for in the paper's title and abstract, and in its full text where that is at hand. What stands
there in the same or a compatible unit supports it. Only where the paper demonstrably speaks of the same thing and
gives another value is a figure called contradicted; in doubt it is unsupported, and the words say what was searched.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from assay.claims.context import Figure, Text
from assay.claims.crossing import is_of_another_paper
from assay.claims.judging.comparisons import judge_comparisons
from assay.claims.judging.contradiction import ContradictionRules
from assay.claims.judging.judgement import Verdict
from assay.claims.judging.namesakes import namesakes
from assay.claims.judging.singles import singles
from assay.claims.judging.support import SupportRules
from assay.claims.naming.names import Name
from assay.claims.source import Source, source_of
from assay.claims.weighing.weigher import load_trees, overrule
from assay.papers.findings import Check, FigureFinding, Findings, NameFinding, State
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
    texts = dict(_part_texts(parts))
    found = check_texts(texts, paper, language=language, passages=passages, claims=claims)
    return Check(paper=paper.id, **dict(found))


def check_texts(
    texts: Mapping[str, str],
    paper: Paper | None,
    *,
    language: str,
    passages: Sequence[Passage] = (),
    claims: Sequence[Claim] = (),
) -> Findings:
    """Check texts as they are, line breaks and all, against the paper that they speak of.

    Args:
        texts: by the names that findings call them; a line end ends a sentence.
        paper: as in `check`; ``None`` if it is not known, and all figures are unchecked.
        language: as in `check`.
        passages: as in `check`.
        claims: as in `check`.
    """
    source = _NOTHING if paper is None else source_of(paper, tuple(passages))
    texts = {name: text for name, text in texts.items() if text}
    checker = Checker(source, claims, language, [Text.of(name, text) for name, text in texts.items()])
    figures = tuple(checker.findings())
    return Findings(
        language=language,
        searched=source.searched,
        figures=figures,
        names=tuple(
            NameFinding(part=text.name, start=name.start, end=name.end, text=name.text, near=near)
            for text in checker.texts
            for name, near in checker.names(text)
            if near or source.is_known
        ),
        comparisons=tuple(
            each for text in checker.texts for each in (judge_comparisons(text, source) if language == "en" else ())
        ),
        crossed=paper is not None and is_of_another_paper("\n".join(texts.values()), paper),
    )


_NOTHING = Source([], (), is_known=False, own_names=("",))
"""What there is to search of a paper that is not known."""


def _part_texts(parts: Parts) -> Iterator[tuple[str, str]]:
    for part in ALL_PARTS:
        yield part, getattr(parts, part)
    yield "prose", parts.prose
    yield from parts.other.items()


class Checker(SupportRules, ContradictionRules):
    """Judges the figures of one summary, rule by rule; what stands in the paper is weighed by trees besides."""

    def find_supported(self) -> None:
        """Judge by the rules the figures whose value stands in the paper."""
        self._ask(self.find_support)
        self.find_exchanged()
        self.find_meant()

    def _ask(self, judge: Callable[[Figure], Verdict | None]) -> None:
        """Let a rule judge the figures that none has judged yet."""
        for figure in self.figures:
            if figure not in self.verdicts and (verdict := judge(figure)) is not None:
                self.verdicts[figure] = verdict
                if verdict.reference is not None:
                    stands = verdict.state is not State.CONTRADICTED
                    self.references[verdict.reference] = None if stands else figure.amount.high

    def findings(self) -> Iterator[FigureFinding]:
        """The finding for each figure, in the order of the summary."""
        self.find_supported()
        overrule(self, load_trees())
        for judge in (
            self.find_change_in_paper,
            self.find_fraction,
            self.find_complement,
            self.find_ratio,
            self.find_difference,
            self.find_quotient,
            self.find_total,
            self.find_named_size,
            self.find_reckoned,
            self.find_record,
            self.find_other_unit,
            self.find_other_end,
            self.find_other_change,
            self.find_rival,
            self.find_passed_bound,
            self.find_other_value,
            self.find_slip,
            self.find_conflict,
        ):
            self._ask(judge)
        for text in self.texts:
            yield from sorted([*self._judged(text), *self._singles(text)], key=lambda finding: finding.start)

    def _singles(self, text: Text) -> Iterator[FigureFinding]:
        """Words such as *a single* and *hundreds* that the paper says of the same."""
        for figure, theirs, sentence in singles(text, self.source):
            place = Place(part=theirs.name, start=sentence.start, end=sentence.end)
            finding = self._finding(text, figure, Verdict(State.SUPPORTED, quote=sentence.words))
            yield finding.model_copy(update={"place": place})

    def _judged(self, text: Text) -> Iterator[FigureFinding]:
        """The findings for the figures of one text."""
        for figure in text.figures:
            verdict = self.verdicts.get(figure)
            # A count in words that the paper does not have is most often no figure: "in two steps". A width in
            # bits or a height in lines may have another name there: int8, HD.
            is_decided = verdict is not None and verdict.state is not State.UNSUPPORTED
            is_figure = figure.amount.unit not in {"bits", "p"} if figure.amount.unit else not figure.is_word
            if is_decided or is_figure:
                yield self._finding(text, figure, verdict or self._verdict_without_match())

    def names(self, text: Text) -> Iterator[tuple[Name, str]]:
        """The names of a text that the paper has not, each with the one that was probably meant, once all is judged."""
        beside = {figure: each for figure, (_, each) in self.supported_in(*text.sentences).items()}
        meant = dict(namesakes(text.text, beside, self.source.vocabulary))
        foreign = self.source.vocabulary.foreign(text.text)
        yield from sorted([*meant.items(), *(each for each in foreign if each[0] not in meant)])

    def _verdict_without_match(self) -> Verdict:
        if self.source.is_known:
            return Verdict(State.UNSUPPORTED, why=f"not in {self.source.where}")
        return Verdict(State.UNCHECKED, why="no text of the paper is at hand")

    def _finding(self, text: Text, figure: Figure, verdict: Verdict) -> FigureFinding:
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
