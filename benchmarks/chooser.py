"""Learn what a figure is of from labelled abstracts, and see how well that goes on abstracts that were left out.

    python benchmarks/chooser.py              the rules, the first look and the second, on the last fifth of the papers
    python benchmarks/chooser.py --write      and write the weights that Assay reads

The weights of a field are those of a softmax over all candidates of a figure; any that is labelled as acceptable counts
as right. The second look learns from what the first one says of papers that neither its signs nor the encoder
(``benchmarks/encoder.py``, which comes before) were learnt from, the last fifth; it is scored by leaving out a fifth of
those after the other. Some ten minutes. Needs scipy.
"""

import argparse
import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import numpy as np
from corpus import CORPUS, ROOT
from lessons import LABELS, LAST, PARTS, Labelled, read_labelled
from numpy.typing import NDArray
from scipy.optimize import minimize  # type: ignore[import-untyped]
from scipy.sparse import csr_matrix, hstack  # type: ignore[import-untyped]

from assay.claims.choosing import chooser, signs
from assay.claims.choosing.aspects import choose_aspects
from assay.claims.choosing.chooser import Looked
from assay.claims.choosing.context import FIELDS, Figure
from assay.claims.choosing.encoder import ASPECTS, Heard, load_encoder
from assay.claims.choosing.second_look import LIKELIHOOD, Chosen, log_likelihoods, signs_again, signs_beside
from assay.claims.choosing.window import window
from assay.papers.files import write_whole
from claims import accepted

WEIGHTS = ROOT / "src" / "assay" / "claims" / "choosing" / "weights.json.gz"
RIDGE = 1.0
"""Of the squared weights; no other was tried."""
FEWEST = 4
"""Candidates that have a sign which is learnt for."""
FOLDS = 5


class Lesson(NamedTuple):
    """A labelled result with the signs of all that it may be of, and what the encoder says of them."""

    labelled: Labelled
    shared: list[list[str]]
    """Of each candidate the signs that are the same for all fields."""
    own: dict[str, list[list[str]]]
    heard: Heard | None
    """What the encoder says, of the part that it has not learnt from."""

    @property
    def part(self) -> int:
        """Which of the parts its paper is in."""
        return self.labelled.part


def read_lessons(corpus: Path, files: Sequence[Path]) -> list[Lesson]:
    """The results that are labelled, each with its candidates."""
    encoder = load_encoder()
    labelled = list(read_labelled(corpus, files))
    last = [each for each in labelled if each.part == LAST]
    heard = encoder.weigh([window(each.context, each.figure, each.offered, encoder.pieces) for each in last])
    of_last = iter(heard)
    return [_lesson(each, next(of_last) if each.part == LAST else None) for each in labelled]


def _lesson(labelled: Labelled, heard: Heard | None) -> Lesson:
    context, figure = labelled.context, labelled.figure
    sight = signs.look(context, figure)
    shared: list[list[str]] = []
    own: dict[str, list[list[str]]] = {name: [] for name in FIELDS}
    for candidate in labelled.offered:
        those, position = signs.all_fields(context, figure, candidate, sight)
        shared.append(list(map(sys.intern, those)))
        for name in FIELDS:
            own[name].append(list(map(sys.intern, signs.one_field(name, candidate, sight, position))))
    return Lesson(labelled, shared, own, heard)


SignWeights = dict[str, list[float]]
"""By sign, one for each field."""


def look_at_last(lessons: Sequence[Lesson]) -> dict[int, Looked]:
    """What the first look says of the last part, by the weights of the others; the encoder did not see it either."""
    weights = learn_first([each for each in lessons if each.part != LAST])
    print("the first look is learnt", flush=True)
    return {id(each): look_first(each, weights) for each in lessons if each.part == LAST}


def learn_first(lessons: Sequence[Lesson]) -> SignWeights:
    """The weights of the first look."""
    weights: SignWeights = {}
    for at, name in enumerate(FIELDS):
        rows = ([*shared, *own] for each in lessons for shared, own in zip(each.shared, each.own[name], strict=True))
        learn_field(weights, at, rows, [], [each.labelled.best[:, at] for each in lessons])
    return weights


def learn_second(lessons: Sequence[Lesson], looked: Mapping[int, Looked]) -> SignWeights:
    """The weights of the second look, by what the first one said; it is right with any acceptable wording."""
    weights: SignWeights = {}
    for at, name in enumerate(FIELDS):
        rows, likely = [], []
        for each, before, after in in_company(lessons):
            own, *others = (None if one is None else looked[id(one)] for one in (each, before, after))
            assert own is not None
            beside = [None if one is None else one.chosen for one in others]
            for candidate, share in zip(own.offered, log_likelihoods(own.scores[at]), strict=True):
                signs_there = signs_beside(candidate.text, own.chosen, *beside)
                rows.append(signs_again(signs_there, candidate.text, own.figure.field(name), share))
                likely.append(share)
        learn_field(weights, at, rows, likely, [each.labelled.right[:, at] for each in lessons])
    return weights


def in_company(lessons: Sequence[Lesson]) -> Iterator[tuple[Lesson, Lesson | None, Lesson | None]]:
    """Each figure with the ones before and after it in its abstract."""
    for before, each, after in zip([None, *lessons[:-1]], lessons, [*lessons[1:], None], strict=True):
        paper = each.labelled.paper
        same = [one if one is not None and one.labelled.paper == paper else None for one in (before, after)]
        yield each, same[0], same[1]


def learn_field(
    weights: SignWeights,
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


def look_first(lesson: Lesson, weights: chooser.SignWeights) -> Looked:
    """What the first look says of a figure."""
    scores = [
        [
            sum(weights[sign][at] for sign in (*shared, *own) if sign in weights)
            for shared, own in zip(lesson.shared, lesson.own[name], strict=True)
        ]
        for at, name in enumerate(FIELDS)
    ]
    return chooser.look_at(lesson.labelled.figure, lesson.labelled.offered, scores, lesson.heard)


def choose(lessons: Sequence[Lesson], looked: Mapping[int, Looked], weights: SignWeights) -> Iterator[Chosen]:
    """What the second look chooses for each figure."""
    for _, group in groupby(lessons, key=lambda each: each.labelled.paper):
        yield from chooser.look_again([looked[id(each)] for each in group], weights)


def main() -> None:
    """Cross-validate, or write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labels", type=Path, nargs="*", default=LABELS)
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    lessons = read_lessons(options.corpus, options.labels)
    last = [each for each in lessons if each.part == LAST]
    print(f"{len(lessons)} results, {len(last)} of them in the last part", flush=True)
    looked = look_at_last(lessons)
    print_hits("rules", last, [read_by_rules(each.labelled.figure) for each in last])
    print_hits("first look", last, [_with_aspects(each, looked[id(each)].chosen) for each in last])
    again: dict[int, Chosen] = {}
    for fold in range(FOLDS):
        apart = [each for each in last if _fold(each) == fold]
        weights = learn_second([each for each in last if _fold(each) != fold], looked)
        again |= zip(map(id, apart), choose(apart, looked, weights), strict=True)
    print_hits("second look", last, [_with_aspects(each, again[id(each)]) for each in last])
    if options.write:
        both = {"first": learn_first(lessons), "second": learn_second(last, looked)}
        both = {name: dict(sorted(weights.items())) for name, weights in both.items()}
        write_whole(WEIGHTS, gzip.compress(json.dumps(both, ensure_ascii=False).encode(), mtime=0))
        signs_of = ", ".join(f"{len(weights)} signs of the {name} look" for name, weights in both.items())
        print(f"{signs_of}, {WEIGHTS.stat().st_size:,} bytes")


def _fold(lesson: Lesson) -> int:
    return crc32(lesson.labelled.paper.encode()) // PARTS % FOLDS


def read_by_rules(figure: Figure) -> dict[str, str]:
    """What the rules read of a figure."""
    return {name: figure.field(name) for name in (*FIELDS, *ASPECTS)}


def aspects(lesson: Lesson, metric: str) -> dict[str, str]:
    """How the figure of a result is meant, by the rules and the encoder, where that was chosen as its metric."""
    labelled, heard = lesson.labelled, lesson.heard
    read = {name: getattr(labelled.figure.claim, name) for name in ASPECTS}
    written = labelled.context.text[labelled.figure.start : labelled.figure.end]
    return read | (choose_aspects(labelled.figure.claim, written, metric, heard.aspects) if heard else {})


def _with_aspects(lesson: Lesson, chosen: Chosen) -> Chosen:
    return {**chosen, **aspects(lesson, chosen["metric"])}


def print_hits(name: str, lessons: Sequence[Lesson], chosen: Sequence[Chosen]) -> None:
    """Print how often each field is right, and how often all are."""
    hits = []
    for lesson, each in zip(lessons, chosen, strict=True):
        texts = [candidate.text.lower() for candidate in lesson.labelled.offered]
        fields = [bool(lesson.labelled.right[texts.index(each[of].lower()), at]) for at, of in enumerate(FIELDS)]
        hits.append([*fields, *(each[of] in accepted(lesson.labelled.label, of) for of in ASPECTS)])
    shares = ", ".join(f"{of} {np.mean([row[at] for row in hits]):.3f}" for at, of in enumerate((*FIELDS, *ASPECTS)))
    whole = np.mean([all(row) for row in hits])
    print(f"{name}: every field {whole:.3f}; {shares}", flush=True)


if __name__ == "__main__":
    main()
