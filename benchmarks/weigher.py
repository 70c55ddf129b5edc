"""Learn whether a summary's figure is of what the paper's is, and see how well that goes on papers that were left out.

    python benchmarks/weigher.py              the rules alone and with the trees, leaving out a fifth of the papers
    python benchmarks/weigher.py --write      and write the trees that Assay reads

It learns from the planted summaries that are there to develop with. A few minutes. Needs scikit-learn.
"""

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
from corpus import ROOT
from numpy.typing import NDArray
from planted import Summary, read_planted
from sklearn.ensemble import HistGradientBoostingClassifier  # type: ignore[import-untyped]

from assay.claims.check import Checker
from assay.claims.context import Text
from assay.claims.source import source_of
from assay.claims.weighing.trees import Trees
from assay.claims.weighing.weigher import SURE, SURER, examine
from assay.papers.files import write_whole
from assay.papers.findings import State

GOLD = ROOT / "tests" / "claims" / "gold"
FILES = tuple(sorted(GOLD.glob("planted_*development.toml")))
WEIGHTS = ROOT / "src" / "assay" / "claims" / "weighing" / "trees.npz"
PARTS = 5
SEED = 1
FEWEST = 20
"""Figures that have a sign which is learnt from."""
_APART = frozenset({"value", "absent"})
"""Planted kinds that are no figure of the paper's."""

_Array = NDArray[Any]


class Lesson(NamedTuple):
    """A labelled figure whose value stands in the abstract."""

    paper: str
    signs: dict[str, float]
    is_amiss: bool
    """Whether it is of something else."""
    state: State
    """What the rules say."""


def read_lessons(summary: Summary) -> Iterator[Lesson]:
    """The figures of a summary whose value stands in the abstract."""
    checker = Checker(source_of(summary.paper, ()), (), summary.language, [Text.of("result", summary.text)])
    checker.find_supported()
    examined = {figure: (verdict, signs) for figure, verdict, _, signs in examine(checker)}
    for label in summary.entry["figures"]:
        start, end = label["at"]
        overlaps = [(min(end, f.quantity.end) - max(start, f.quantity.start), f) for f in checker.figures]
        overlap, figure = max(overlaps, key=lambda each: each[0], default=(0, None))
        if figure is not None and overlap > 0 and figure in examined and label["kind"] not in _APART:
            verdict, signs = examined[figure]
            yield Lesson(summary.paper.id, signs.row, label["kind"] != "right", verdict.state)


def learn(lessons: Sequence[Lesson]) -> bytes:
    """The trees that tell what is amiss, as `Trees` reads them."""
    counts = Counter(name for each in lessons for name, value in each.signs.items() if value)
    columns = sorted(name for name, count in counts.items() if count >= FEWEST)
    rows = np.array([[each.signs.get(name, 0.0) for name in columns] for each in lessons], float)
    model = HistGradientBoostingClassifier(
        max_iter=250, learning_rate=0.05, max_leaf_nodes=12, min_samples_leaf=15, l2_regularization=1.0,
        max_features=0.4, early_stopping=False, random_state=SEED,
    )  # fmt: skip
    model.fit(rows, [each.is_amiss for each in lessons])
    return _pack(model, columns)


def _pack(model: Any, columns: Sequence[str]) -> bytes:
    nodes: dict[str, list[_Array]] = {name: [] for name in ("column", "most", "left", "right", "value")}
    roots, first = [], 0
    for [tree] in model._predictors:
        table = tree.nodes
        inner = table["is_leaf"] == 0
        nodes["column"].append(np.where(inner, table["feature_idx"], -1).astype(np.int16))
        nodes["most"].append(np.where(inner, table["num_threshold"], 0).astype(np.float32))
        for side in ("left", "right"):
            nodes[side].append(np.where(inner, table[side] + first, 0).astype(np.int16))
        nodes["value"].append(np.where(inner, 0, table["value"]).astype(np.float32))
        roots.append(first)
        first += len(table)
    start = np.array(model._baseline_prediction.ravel()[0])
    names = np.frombuffer("\n".join(columns).encode(), np.uint8)
    written = BytesIO()
    arrays = {name: np.concatenate(parts) for name, parts in nodes.items()}
    np.savez_compressed(
        written, allow_pickle=False, columns=names, start=start, roots=np.array(roots, np.int16), **arrays
    )
    return written.getvalue()


def print_shares(name: str, lessons: Sequence[Lesson], amiss: Sequence[bool]) -> None:
    """Print how many figures of something else are found, and how many right ones are called wrong."""
    found = [said for each, said in zip(lessons, amiss, strict=True) if each.is_amiss]
    flagged = [said for each, said in zip(lessons, amiss, strict=True) if not each.is_amiss]
    print(f"{name}: found {np.mean(found):.3f} of {len(found)}, flagged {np.mean(flagged):.3f} of {len(flagged)}")


def main() -> None:
    """Leave out fifths, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labels", type=Path, nargs="*", default=FILES)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    summaries = [summary for file in options.labels for summary in read_planted(file)]
    lessons = [lesson for summary in summaries for lesson in read_lessons(summary)]
    print(f"{len(lessons)} figures", flush=True)
    if options.write:
        data = learn(lessons)
        write_whole(WEIGHTS, data)
        print(f"{len(data):,} bytes", flush=True)
    likely: dict[int, float] = {}
    for part in range(PARTS):
        trees = Trees(learn([each for each in lessons if _part(each) != part]))
        likely |= {id(each): trees.weigh(each.signs) for each in lessons if _part(each) == part}
    print_shares("the rules", lessons, [each.state is State.MISATTRIBUTED for each in lessons])
    print_shares("and the trees", lessons, [_is_amiss(each, likely[id(each)]) for each in lessons])


def _is_amiss(lesson: Lesson, likely: float) -> bool:
    return likely > (SURE if lesson.state is State.MISATTRIBUTED else SURER)


def _part(lesson: Lesson) -> int:
    return crc32(lesson.paper.encode()) % PARTS


if __name__ == "__main__":
    main()
