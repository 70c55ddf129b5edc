"""Overrules the rules where trees that were learnt say the opposite."""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Final

from assay.claims.context import Figure
from assay.claims.judging.case import Case, Disagreement
from assay.claims.judging.disagreement import objections
from assay.claims.judging.judgement import Judgement, Verdict
from assay.claims.judging.spelling import tell
from assay.claims.source import ABSTRACT
from assay.claims.tables.table import is_table
from assay.claims.weighing.attachment import Attachment, Learnt, load_learnt
from assay.claims.weighing.signs import OBJECTS, Signs, signs
from assay.claims.weighing.trees import Trees
from assay.papers.findings import State

SURE: Final = 0.7
"""So likely a figure must be of something else to be called that where a rule says so, too."""
SURER: Final = 0.8
"""The same where no rule does: of figures that people meet few are of something else."""
_MOST: Final = 60
"""Figures of an abstract, and of a summary's sentence, that is weighed; one of more is a table, left to the rules."""


def overrule(judgement: Judgement, trees: Trees) -> None:
    """Turn the verdicts of the rules of which the trees say the opposite.

    Args:
        judgement: as the rules have judged the figures whose value stands in the paper.
        trees: how likely a figure is of something else than the paper's of its value.
    """
    for figure, verdict, reference, weighed in list(examine(judgement, load_learnt())):
        likely = trees.weigh(weighed.row)
        if verdict.state is State.MISATTRIBUTED and likely < SURE and _know_all(trees, weighed):
            judgement.verdicts[figure] = Verdict(State.SUPPORTED, verdict.text, reference)
        elif verdict.state is State.SUPPORTED and likely >= SURER:
            given, rival = _tell(judgement, figure, reference, weighed), weighed.rival
            judgement.verdicts[figure] = Verdict(
                State.MISATTRIBUTED, verdict.text, reference, given=given, why="context", rival=rival
            )


def _know_all(trees: Trees, weighed: Signs) -> bool:
    """Whether the trees have learnt of every rule that objects; one that hardly ever does, they have not."""
    return all(name in trees.columns for name in weighed.row if name.startswith(OBJECTS))


def examine(judgement: Judgement, learnt: Learnt) -> Iterator[tuple[Figure, Verdict, Figure, Signs]]:
    """The figures whose value stands in running text of title or abstract: verdict, the paper's figure, and signs."""
    source = judgement.source
    abstract = [figure for _, figure in source.abstract()]
    if len(abstract) > _MOST:
        return
    attachment = Attachment(abstract, learnt)
    for figure, verdict in judgement.verdicts.items():
        text, reference = verdict.text, verdict.reference
        if text is None or reference is None or text.name not in ABSTRACT or is_table(reference.sentence.text):
            continue
        if len(figure.sentence.figures) > _MOST:
            continue
        case = Case(figure, reference, source)
        names = [name for name, _ in objections(case)]
        exchanged = verdict.why == "exchanged"
        yield figure, verdict, reference, signs(case, names, attachment, is_exchanged=exchanged)


def _tell(judgement: Judgement, figure: Figure, reference: Figure, weighed: Signs) -> str:
    """What the paper gives a figure of to which no rule objects, beside the other one that the summary's words fit."""
    said, meant = (", ".join(sorted(things)) for things in (weighed.fits, weighed.apart))
    found = Disagreement("context", said, meant, weighed.rival)
    abstract = [text.text for text in judgement.source.texts if text.name in ABSTRACT]
    return tell(found, figure, reference, abstract) or "something else"


@cache
def load_trees() -> Trees:
    """The trees that Assay carries."""
    return Trees(files("assay.claims.weighing").joinpath("trees.npz").read_bytes())
