"""Whether a summary gives a figure of another thing than the paper does.

A disagreement needs positive evidence: the summary ties the figure to one thing, the paper ties it to another, and
knows the first one as a thing of the same sort, best with a figure of its own. What one side leaves open, or what is
only told in other words, is none.
"""

import re
from collections.abc import Callable, Iterator

from assay.claims.context import Figure
from assay.claims.judging.active import active
from assay.claims.judging.case import Case, Disagreement
from assay.claims.judging.contexts import context, crosswise, turned
from assay.claims.judging.counts import count
from assay.claims.judging.directions import bound, denial, direction, end
from assay.claims.judging.holding import another_holder, another_rival
from assay.claims.judging.kinds import TIMES, kind, outcome, unit
from assay.claims.judging.opposites import cases, ease, likeness, mass, rate, standing, superlative
from assay.claims.judging.phrased import another_container, another_group, another_phrase, winner_for_loser
from assay.claims.judging.places import another_place
from assay.claims.judging.rivals import of_a_rival
from assay.claims.judging.sides import sides_exchanged
from assay.claims.judging.whose import (
    another_dataset,
    another_name,
    another_size,
    another_variant,
    are_apart,
    in_words,
    name_beside,
    name_elsewhere,
    other_side,
    passed_one,
)
from assay.claims.judging.winning import winner_exchanged
from assay.claims.meanings import things
from assay.claims.meanings.likeness import is_of_what_was_named
from assay.claims.naming.named import OWN, same
from assay.claims.source import Source
from assay.claims.tables.cells import cell_disagreements
from assay.claims.tables.meanings import table_figures, table_meaning
from assay.claims.tables.table import is_table


def disagreements(figure: Figure, reference: Figure, source: Source) -> Iterator[Disagreement]:
    """Yield in what a figure of a summary and the paper's figure of the same value disagree.

    Args:
        figure: the summary's.
        reference: the paper's.
        source: the paper.
    """
    case = Case(figure, reference, source)
    if is_table(reference.sentence.text):
        yield from _in_table(case)
        return
    for _, disagreement in objections(case):
        yield disagreement


def objections(case: Case) -> Iterator[tuple[str, Disagreement]]:
    """Yield the names of the rules that find a disagreement in running text, each with what it finds."""
    for rule in _RULES:
        if case.is_setting and rule in _OF_WHAT_IS_MEASURED:
            continue
        if is_of_what_was_named(case.reference) and rule in _OF_WHAT_STANDS_NEAR:
            continue
        if (disagreement := rule(case)) is not None:
            yield rule.__name__.strip("_"), disagreement


def _in_table(case: Case) -> Iterator[Disagreement]:
    own = case.source.own_names[-1]
    cell = table_meaning(case.reference.sentence.text, case.reference.quantity.start, own=own)
    if cell is not None:
        rivals = case.source.reader.rivals
        cells = table_figures(case.reference.sentence.text, own=own)
        if own and any(meaning.subject.startswith(own) for _, meaning in cells):
            rivals |= {same(cell.subject)}  # what has a row beside the paper's own is its rival
        for field, ours, theirs in cell_disagreements(case.ours, cell, own=own, rivals=rivals):
            yield Disagreement(field, ours, theirs)


def _metric(case: Case) -> Disagreement | None:
    """Another metric: no paraphrase of it, or one that the paper has other figures of."""
    here, there = case.ours.metric.own, case.theirs.metric.all
    costs = here and all(things.better(metric) < 0 for metric in here) and case.ours.way.direction < 0
    if costs and not case.theirs.metric.any and _OUTPERFORMS.search(case.reference.before[-80:]):
        return Disagreement("metric", in_words(here), "how much better it is")
    is_named = here & there or not all(map(things.is_symbol, here & case.theirs.metric.free))
    if not here or not there or is_named or there == {"performance"} or case.ours.counted or case.theirs.counted:
        return None
    if here == {"length"} and (case.figure.amount.unit in TIMES or not case.theirs.metric.own):
        return None  # so long may be anything
    if any(a.endswith(b) or b.endswith(a) for a in here for b in there):
        return None  # FID may be generation FID
    is_of_a_kind = any(things.is_one_of(a, b) or things.is_one_of(b, a) for a in here for b in there)
    is_kin = any(things.are_kin(a, b) for a in here for b in there)
    is_exact = len(case.theirs.metric.own) == len(here) == 1 and not things.may_be_loose(*here, *case.theirs.metric.own)
    if (is_of_a_kind or (is_kin and not is_exact)) and not all(map(case.has_figure, here)):
        return None
    return Disagreement("metric", in_words(here), in_words(there))


_OUTPERFORMS = re.compile(r"\b(?:outperform|surpass|exceed|beat)\w*\s[^,;]{0,50}\bby\s(?:[a-z]+\s){0,4}$")


def _comparison(case: Case) -> Disagreement | None:
    """The better and the worse exchanged, or another one that it is better than."""
    if not case.is_change:
        return None
    here, there = case.ours.rank, case.theirs.rank
    has_each_its_own = "respectively" in case.reference.sentence.words
    is_exchanged = here.better & there.worse or here.worse & there.better
    if is_exchanged and not has_each_its_own and not (here.better & there.better or here.worse & there.worse):
        better, worse = in_words(there.better or here.worse), in_words(there.worse or here.better)
        return Disagreement("comparison", "", f"{better} is better than {worse}")
    if OWN in here.worse and OWN not in there.worse and case.theirs.merit > 0 and case.ours.merit:
        return Disagreement("comparison", f"of {in_words(here.better)}", "of the paper's own")
    if OWN in here.worse | there.worse or has_each_its_own or not here.worse <= case.source.reader.rivals:
        return None
    if are_apart(case, here.worse, there.worse):
        return Disagreement("comparison", f"to {in_words(here.worse)}", f"compared to {in_words(there.worse)}")
    return None


_RULES: tuple[Callable[[Case], Disagreement | None], ...] = (
    another_dataset,
    _metric,
    passed_one,
    other_side,
    of_a_rival,
    another_variant,
    another_name,
    another_size,
    active,
    unit,
    count,
    _comparison,
    sides_exchanged,
    winner_exchanged,
    name_beside,
    name_elsewhere,
    another_holder,
    another_rival,
    another_group,
    another_phrase,
    another_container,
    winner_for_loser,
    another_place,
    end,
    direction,
    denial,
    bound,
    kind,
    outcome,
    superlative,
    standing,
    ease,
    likeness,
    cases,
    rate,
    mass,
    context,
    crosswise,
    turned,
)


_OF_WHAT_STANDS_NEAR = frozenset(
    {
        another_dataset,
        another_variant,
        another_name,
        name_beside,
        name_elsewhere,
        another_holder,
        context,
        crosswise,
    }
)
"""Rules that compare what stands next to the paper's figure, so that they do not hold where a pronoun does."""
_OF_WHAT_IS_MEASURED = (_OF_WHAT_STANDS_NEAR - {context, crosswise}) | {_metric, passed_one, other_side}
