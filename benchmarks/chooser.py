"""Learn what a figure is of from labelled abstracts, and see how well that goes on abstracts that were left out.

    python benchmarks/chooser.py              each fifth of the papers left out once: the rules, and chosen
    python benchmarks/chooser.py --write      learn from all of them, and write the weights that Assay reads

The labels must be of papers that the rules were not made with, or else their readings would be trusted too far. The
weights of a field are those of a softmax over all candidates of a figure; any that is labelled as acceptable counts as
right. The second look learns from what the first one says of papers that it was not learnt from, a fifth after the
other: minutes a time, and ``--folds 1`` does it once. Needs scipy.
"""

import argparse
import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
from corpus import CORPUS, ROOT
from numpy.typing import NDArray
from scipy.optimize import minimize  # type: ignore[import-untyped]
from scipy.sparse import csr_matrix, hstack  # type: ignore[import-untyped]

from assay.claims.choosing import candidates as offering
from assay.claims.choosing import chooser, signs
from assay.claims.choosing.chooser import Learnt, Looked
from assay.claims.choosing.context import FIELDS, Context, Figure
from assay.claims.choosing.second_look import LIKELIHOOD, Chosen, log_likelihoods, signs_again, signs_beside
from assay.claims.extract import read_abstract
from assay.papers.files import write_whole
from assay.papers.mathematics import read_plain
from assay.papers.models import Paper
from claims import GOLD, accepted, agrees, read_gold

LABELS = (GOLD / "claims_four_hands_development.toml", GOLD / "claims_fourteen_hands_development.toml")
WEIGHTS = ROOT / "src" / "assay" / "claims" / "choosing" / "weights.json.gz"
RIDGE = 1.0
"""Of the squared weights; no other was tried."""
FEWEST = 4
"""Candidates that have a sign which is learnt for."""
FOLDS = 5


class Lesson(NamedTuple):
    """A labelled figure with all that it may be of."""

    paper: str
    figure: Figure
    offered: list[offering.Candidate]
    shared: list[list[str]]
    """Of each candidate the signs that are the same for all fields."""
    own: dict[str, list[list[str]]]
    right: dict[str, NDArray[np.bool_]]
    """Whether each candidate is acceptable."""
    best: dict[str, NDArray[np.bool_]]
    """The same where it is worded as labelled; what is learnt."""
    is_rest_right: bool
    """Whether kind, direction and bound are as labelled; they are not chosen."""

    @property
    def part(self) -> int:
        """Which of the parts its paper is in."""
        return crc32(self.paper.encode()) % FOLDS


def read_lessons(corpus: Path, files: Sequence[Path]) -> list[Lesson]:
    """The results that are labelled, each with its candidates."""
    lessons = []
    for paper, labels in (each for file in files for each in read_gold(corpus, file)):
        context = read_abstract(paper)
        phrases = offering.find_phrases(context)
        for label in labels:
            figure = find_figure(context, paper, label)
            if figure is not None and "count" not in label["kind"]:
                lessons.append(_lesson(context, figure, phrases, paper.id, label))
    return lessons


def find_figure(context: Context, paper: Paper, label: dict[str, Any]) -> Figure | None:
    """The figure that a label is of: it has its value, and stands where it does."""
    ends = label["value"] if isinstance(label["value"], list) else [label["value"]]
    starts = read_plain(paper.abstract).starts
    same = [
        each
        for each in context.figures
        if [round(end, 6) for end in each.claim.ends] == [round(float(end), 6) for end in ends]
    ]
    return min(same, key=lambda each: abs(starts[each.start] - label["at"][0]), default=None)


def _lesson(
    context: Context, figure: Figure, phrases: list[offering.Phrase], paper: str, label: dict[str, Any]
) -> Lesson:
    offered = offering.candidates(context, figure, phrases)
    sight = signs.look(context, figure)
    shared: list[list[str]] = []
    own: dict[str, list[list[str]]] = {name: [] for name in FIELDS}
    for candidate in offered:
        those, position = signs.all_fields(context, figure, candidate, sight)
        shared.append(list(map(sys.intern, those)))
        for name in FIELDS:
            own[name].append(list(map(sys.intern, signs.one_field(name, candidate, sight, position))))
    right = {name: np.array([agrees(each.text, label.get(name, [])) for each in offered]) for name in FIELDS}
    best = {name: _worded(offered, label.get(name, []), right[name]) for name in FIELDS}
    claim = figure.claim
    rest = claim.kind in label["kind"] and all(
        getattr(claim, name) in accepted(label, name) for name in ("direction", "bound")
    )
    return Lesson(paper, figure, offered, shared, own, right, best, rest)


def _worded(offered: list[offering.Candidate], labels: Sequence[str], right: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Of the acceptable candidates those that have the words of a label, no more and no fewer; or else all of them."""
    wanted = {signs.words(label) for label in labels if label}
    same = right & np.array([not each.text or signs.words(each.text) in wanted for each in offered])
    return same if same.any() else right


Weights = dict[str, list[float]]
"""By sign, one for each field."""


def learn(lessons: Sequence[Lesson]) -> Learnt:
    """The weights of both looks."""
    looked: dict[int, Looked] = {}
    for part in sorted({each.part for each in lessons}):
        weights = learn_first([each for each in lessons if each.part != part])
        looked |= {id(each): look_first(each, weights) for each in lessons if each.part == part}
        print(f"  the second look has what the first one says of part {part + 1}", flush=True)
    return Learnt(learn_first(lessons), learn_second(lessons, looked))


def learn_first(lessons: Sequence[Lesson]) -> Weights:
    """The weights of the first look."""
    weights: Weights = {}
    for at, name in enumerate(FIELDS):
        rows = ([*shared, *own] for each in lessons for shared, own in zip(each.shared, each.own[name], strict=True))
        learn_field(weights, at, rows, [], [each.best[name] for each in lessons])
    return weights


def learn_second(lessons: Sequence[Lesson], looked: Mapping[int, Looked]) -> Weights:
    """The weights of the second look, by what the first one said; it is right with any acceptable wording."""
    weights: Weights = {}
    for at, name in enumerate(FIELDS):
        rows, likely = [], []
        for each, before, after in in_company(lessons):
            own, *others = (None if one is None else looked[id(one)] for one in (each, before, after))
            assert own is not None
            beside = [None if one is None else one.chosen for one in others]
            for candidate, share in zip(each.offered, log_likelihoods(own.scores[at]), strict=True):
                signs_there = signs_beside(candidate.text, own.chosen, *beside)
                rows.append(signs_again(signs_there, candidate.text, each.figure.field(name), share))
                likely.append(share)
        learn_field(weights, at, rows, likely, [each.right[name] for each in lessons])
    return weights


def in_company(lessons: Sequence[Lesson]) -> Iterator[tuple[Lesson, Lesson | None, Lesson | None]]:
    """Each figure with the ones before and after it in its abstract."""
    for before, each, after in zip([None, *lessons[:-1]], lessons, [*lessons[1:], None], strict=True):
        same = [one if one is not None and one.paper == each.paper else None for one in (before, after)]
        yield each, same[0], same[1]


def learn_field(
    weights: Weights,
    at: int,
    rows: Iterable[Sequence[str]],
    likely: Sequence[float],
    right: Sequence[NDArray[np.bool_]],
) -> None:
    """Learn the weights of one field; ``likely`` is the likelihood of each candidate, if that is a sign."""
    rows = list(rows)
    counts = Counter(sign for row in rows for sign in row)
    number = {sign: n for n, sign in enumerate(sign for sign, count in counts.items() if count >= FEWEST)}
    columns = [[number[sign] for sign in row if sign in number] for row in rows]
    ends = np.concatenate([[0], np.cumsum([len(row) for row in columns])])
    flat = np.fromiter((n for row in columns for n in row), np.int32, int(ends[-1]))
    matrix = csr_matrix((np.ones(len(flat), np.float32), flat, ends), (len(rows), len(number)))
    if likely:
        matrix = hstack([matrix, csr_matrix(np.array(likely, np.float32)[:, None])]).tocsr()
        number[LIKELIHOOD] = len(number)
    fitted = _fit(matrix, right)
    for sign, n in number.items():
        if round(value := float(fitted[n]), 2):
            weights.setdefault(sign, [0.0] * len(FIELDS))[at] = round(value, 2)


def _fit(matrix: csr_matrix, right: Sequence[NDArray[np.bool_]]) -> NDArray[np.float64]:
    """Weights under which right candidates are likely, of those that a figure has."""
    sizes = np.array([len(each) for each in right])
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    row = np.repeat(np.arange(len(sizes)), sizes)
    is_right, learns = np.concatenate(right), np.array([bool(each.any()) for each in right])
    turned = matrix.T.tocsr()

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scores = matrix @ weights
        shares = np.exp(scores - np.maximum.reduceat(scores, starts)[row])
        whole = np.add.reduceat(shares, starts)
        part = np.add.reduceat(np.where(is_right, shares, 0), starts).clip(1e-300)
        value = -np.log(part / whole)[learns].sum() + RIDGE * weights @ weights
        pull = np.where(learns[row], shares / whole[row] - np.where(is_right, shares, 0) / part[row], 0)
        return float(value), turned @ pull + 2 * RIDGE * weights

    found: NDArray[np.float64] = minimize(
        loss, np.zeros(matrix.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 120, "maxcor": 8}
    ).x
    return found


def look_first(lesson: Lesson, weights: chooser.Weights) -> Looked:
    """What the first look says of a figure."""
    scores = [
        [
            sum(weights[sign][at] for sign in (*shared, *own) if sign in weights)
            for shared, own in zip(lesson.shared, lesson.own[name], strict=True)
        ]
        for at, name in enumerate(FIELDS)
    ]
    chosen = chooser.choose(lesson.figure, lesson.offered, scores, chooser.TIMES)
    return Looked(lesson.figure, lesson.offered, scores, chosen)


def choose(lessons: Sequence[Lesson], learnt: Learnt) -> Iterator[tuple[Lesson, Chosen]]:
    """What is chosen for each figure."""
    for _, group in groupby(lessons, key=lambda each: each.paper):
        of_paper = list(group)
        looked = [look_first(each, learnt.first) for each in of_paper]
        yield from zip(of_paper, chooser.look_again(looked, learnt.second), strict=True)


def main() -> None:
    """Cross-validate, or write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labels", type=Path, nargs="*", default=LABELS)
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--folds", type=int, default=FOLDS, help="of the five, how many are left out in turn")
    options = parser.parse_args()
    lessons = read_lessons(options.corpus, options.labels)
    if options.write:
        both = {name: dict(sorted(weights.items())) for name, weights in learn(lessons)._asdict().items()}
        write_whole(WEIGHTS, gzip.compress(json.dumps(both, ensure_ascii=False).encode(), mtime=0))
        signs_of = ", ".join(f"{len(weights)} signs of the {name} look" for name, weights in both.items())
        print(f"{len(lessons)} figures, {signs_of}, {WEIGHTS.stat().st_size:,} bytes")
        return
    hits: dict[str, list[tuple[bool, bool]]] = {name: [] for name in (*FIELDS, "every field")}
    for left_out in range(options.folds):
        learnt = learn([each for each in lessons if each.part != left_out])
        for lesson, chosen in choose([each for each in lessons if each.part == left_out], learnt):
            by_rules = [_is_right(lesson, name, lesson.figure.field(name)) for name in FIELDS]
            by_choice = [_is_right(lesson, name, chosen[name]) for name in FIELDS]
            for name, *pair in zip(FIELDS, by_rules, by_choice, strict=True):
                hits[name].append((pair[0], pair[1]))
            both_right = lesson.is_rest_right and all(by_rules), lesson.is_rest_right and all(by_choice)
            hits["every field"].append(both_right)
        print(f"{left_out + 1} of {options.folds} parts left out", flush=True)
    for name, answers in hits.items():
        rules, chosen_right = (sum(each) / len(answers) for each in zip(*answers, strict=True))
        print(f"{name}: rules {rules:.3f}, chosen {chosen_right:.3f} ({len(answers)})")


def _is_right(lesson: Lesson, name: str, text: str) -> bool:
    at = next(n for n, each in enumerate(lesson.offered) if each.text.lower() == text.lower())
    return bool(lesson.right[name][at])


if __name__ == "__main__":
    main()
