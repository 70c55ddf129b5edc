"""What is known of the figures of one summary while they are judged: the verdicts so far, and what each rests on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assay.claims.context import Figure, Sentence, Text
from assay.claims.judging.derived import Supported
from assay.claims.source import Source
from assay.papers.findings import State
from assay.papers.models import Claim

if TYPE_CHECKING:
    from decimal import Decimal


@dataclass
class Verdict:
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


class Judgement:
    """The figures of one summary, judged together: a figure that supports one says nothing against another."""

    def __init__(self, source: Source, claims: Sequence[Claim], language: str, texts: Sequence[Text]) -> None:
        self.source = source
        self.claims = claims
        self.is_foreign = language != "en"
        """Whether only figures and Latin-script terms can be compared."""
        self.texts = texts
        self.figures = [figure for text in texts for figure in text.figures]
        self.sentences = list(dict.fromkeys(figure.sentence for figure in self.figures))
        self.verdicts: dict[Figure, Verdict] = {}
        self.references: dict[Figure, Decimal | None] = {}
        """The paper's figures that support one of the summary; and those that contradict one, with that one's value."""

    def supported_in(self, *sentences: Sentence) -> Supported:
        """The figures of some sentences that are supported, each with the paper's."""
        verdicts = ((each, self.verdicts.get(each)) for sentence in sentences for each in sentence.figures)
        return {
            figure: (verdict.text, verdict.reference)
            for figure, verdict in verdicts
            if verdict is not None and verdict.state is State.SUPPORTED and verdict.reference is not None
        }

    def is_free(self, figure: Figure, rival: Figure) -> bool:
        """Whether a figure of the paper matches no other value of the summary."""
        return self.references.get(rival, figure.amount.high) == figure.amount.high

    def stands_beside(self, figure: Figure, rival: Figure) -> bool:
        """Whether another figure of the summary's sentence is supported by the rival's sentence."""
        verdicts = [self.verdicts.get(other) for other in figure.sentence.figures if other is not figure]
        return any(
            verdict is not None and verdict.reference is not None and verdict.reference.sentence is rival.sentence
            for verdict in verdicts
        )

    def have_ground(self, figure: Figure, reference: Figure) -> bool:
        """Whether two sentences share more than a number of one digit: words near it, things, other figures."""
        if self.stands_beside(figure, reference):
            return True
        ours, theirs = self.source.reader.read(figure), self.source.reader.read(reference)
        things = (ours.metric.own & theirs.metric.all) | (ours.dataset.own & theirs.dataset.all)
        things |= (ours.topic.own & theirs.topic.own) | (ours.concepts.own & theirs.concepts.own)
        return bool(things) or len(figure.around & reference.around) >= _MANY


_MANY = 3
