"""Learn whether a summary's figure is of what the paper's is, and see how well that goes on papers that were left out.

    python benchmarks/weigher.py              the rules alone and with the trees, leaving out a fifth of the papers
    python benchmarks/weigher.py --write      and write what Assay reads

It learns from the planted summaries that are there to develop with: first which words go with which figure, then trees
that have it among their signs. These learn from the sentences of the rules' own tests too, and see of each figure what
was learnt without its paper. Three minutes. Needs scikit-learn and torch.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

import learn_attachment
import numpy as np
from corpus import ROOT
from numpy.typing import NDArray
from planted import Summary, read_planted
from sklearn.ensemble import HistGradientBoostingClassifier  # type: ignore[import-untyped]

from assay.claims.check import Checker
from assay.claims.context import Text
from assay.claims.judging.case import Case
from assay.claims.source import source_of
from assay.claims.weighing.attachment import Attachment, Learnt
from assay.claims.weighing.signs import find_rivals, fit_signs
from assay.claims.weighing.trees import Trees
from assay.claims.weighing.weigher import SURE, SURER, examine
from assay.papers.files import write_whole
from assay.papers.findings import State
from assay.papers.models import Paper

GOLD = ROOT / "tests" / "claims" / "gold"
FILES = tuple(sorted(GOLD.glob("planted_*development.toml")))
WEIGHING = ROOT / "src" / "assay" / "claims" / "weighing"
PLAIN = GOLD / "plain_development.jsonl"
"""Short sentences about abstracts of a few: those of the tests, judged as they were when all tests passed."""
WEIGHT = 4.0
"""What a figure of those counts in the trees."""
PARTS = 5
SEED = 1
FEWEST = 20
"""Figures that have a sign which is learnt from."""
_APART = frozenset({"value", "absent"})
"""Planted kinds that are no figure of the paper's."""
_OF_ELSE = frozenset({"right", "metric", "dataset", "subject", "count"})
"""Planted kinds from which it is learnt which words go with a figure: of those of something else, another one's do."""

_TOY = "9912.99901"
_Array = NDArray[Any]


class Lesson(NamedTuple):
    """A labelled figure whose value stands in the abstract."""

    paper: str
    signs: dict[str, float]
    is_amiss: bool
    """Whether it is of something else."""
    state: State
    """What the rules say."""
    kind: str
    """As it was planted; or plain."""
    line_up: learn_attachment.LineUp


def read_lessons(summary: Summary) -> Iterator[Lesson]:
    """The figures of a planted summary whose value stands in the abstract."""
    labels = {tuple(label["at"]): (label["kind"], label["kind"] != "right") for label in summary.entry["figures"]}
    wanted = {at: label for at, label in labels.items() if label[0] not in _APART}
    return _lessons(summary.paper, summary.language, summary.text, wanted)


def read_plain(file: Path) -> Iterator[Lesson]:
    """The figures of the plain sentences."""
    for line in file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        paper = Paper(id=_TOY, title=row["title"], abstract=row["abstract"])
        for each in row["sentences"]:
            labels = {tuple(figure["at"]): ("plain", figure["is_amiss"]) for figure in each["figures"]}
            for lesson in _lessons(paper, each["language"], each["text"], labels):
                yield lesson._replace(paper=row["abstract"])


def _lessons(
    paper: Paper, language: str, text: str, labels: Mapping[tuple[int, ...], tuple[str, bool]]
) -> Iterator[Lesson]:
    checker = Checker(source_of(paper, ()), (), language, [Text.of("result", text)])
    checker.find_supported()
    examined = {each[0]: each[1:] for each in examine(checker, learn_attachment.NOTHING)}
    abstract = [figure for _, figure in checker.source.abstract()]
    for (start, end), (kind, is_amiss) in labels.items():
        overlaps = [(min(end, f.quantity.end) - max(start, f.quantity.start), f) for f in checker.figures]
        overlap, figure = max(overlaps, key=lambda each: each[0], default=(0, None))
        if figure is not None and overlap > 0 and figure in examined:
            verdict, reference, signs = examined[figure]
            rivals = find_rivals(Case(figure, reference, checker.source))
            line_up = learn_attachment.LineUp(abstract, figure, reference, rivals, is_amiss)
            yield Lesson(paper.id, signs.row, is_amiss, verdict.state, kind, line_up)


def learn_cues(lessons: Sequence[Lesson]) -> Learnt:
    """Which words go with which figure."""
    return learn_attachment.learn([each.line_up for each in lessons if each.kind in _OF_ELSE])


def with_fit(lessons: Sequence[Lesson], learnt: Learnt) -> list[Lesson]:
    """The lessons with the signs that follow from which words go with which figure."""
    fitted = []
    for lesson in lessons:
        up = lesson.line_up
        fit = fit_signs(up.figure, up.reference, up.rivals, Attachment(up.abstract, learnt))
        fitted.append(lesson._replace(signs=lesson.signs | fit))
    return fitted


def learn(lessons: Sequence[Lesson]) -> bytes:
    """The trees that tell what is amiss, as `Trees` reads them."""
    counts = Counter(name for each in lessons for name, value in each.signs.items() if value)
    columns = sorted(name for name, count in counts.items() if count >= FEWEST)
    rows = np.array([[each.signs.get(name, 0.0) for name in columns] for each in lessons], float)
    model = HistGradientBoostingClassifier(
        max_iter=250, learning_rate=0.05, max_leaf_nodes=12, min_samples_leaf=15, l2_regularization=1.0,
        max_features=0.4, early_stopping=False, random_state=SEED,
    )  # fmt: skip
    weights = [WEIGHT if _is_plain(each) else 1.0 for each in lessons]
    model.fit(rows, [each.is_amiss for each in lessons], sample_weight=weights)
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
    for which, is_plain in (("planted", False), ("plain", True)):
        said = [
            (each.is_amiss, is_so) for each, is_so in zip(lessons, amiss, strict=True) if _is_plain(each) is is_plain
        ]
        found, flagged = ([is_so for is_amiss, is_so in said if is_amiss is truly] for truly in (True, False))
        shares = f"found {np.mean(found):.3f} of {len(found)}, flagged {np.mean(flagged):.3f} of {len(flagged)}"
        print(f"{name}, {which}: {shares}")


def _is_plain(lesson: Lesson) -> bool:
    return lesson.kind == "plain"


def main() -> None:
    """Leave out fifths, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labels", type=Path, nargs="*", default=FILES)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    summaries = [summary for file in options.labels for summary in read_planted(file)]
    lessons = [lesson for summary in summaries for lesson in read_lessons(summary)]
    lessons += read_plain(PLAIN)
    print(f"{len(lessons)} figures", flush=True)
    for part in range(PARTS):
        learnt = learn_cues([each for each in lessons if _part(each) != part])
        lessons = [*(each for each in lessons if _part(each) != part), *with_fit(_of(lessons, part), learnt)]
        print(f"part {part + 1} of {PARTS}: {len(learnt.cues)} cues", flush=True)
    if options.write:
        write_whole(WEIGHING / "attachment.json", learn_attachment.written(learn_cues(lessons)))
        write_whole(WEIGHING / "trees.npz", learn(lessons))
    likely: dict[int, float] = {}
    for part in range(PARTS):
        trees = Trees(learn([each for each in lessons if _part(each) != part]))
        likely |= {id(each): trees.weigh(each.signs) for each in _of(lessons, part)}
    print_shares("the rules", lessons, [each.state is State.MISATTRIBUTED for each in lessons])
    print_shares("and the trees", lessons, [_is_amiss(each, likely[id(each)]) for each in lessons])


def _is_amiss(lesson: Lesson, likely: float) -> bool:
    return likely >= (SURE if lesson.state is State.MISATTRIBUTED else SURER)


def _of(lessons: Sequence[Lesson], part: int) -> list[Lesson]:
    return [each for each in lessons if _part(each) == part]


def _part(lesson: Lesson) -> int:
    return crc32(lesson.paper.encode()) % PARTS


if __name__ == "__main__":
    main()
