"""DeepRAG on a pretrained model: does it learn to search for what it does not know, and for nothing else?

Questions ask for a country's capital. Half of the countries are made up: no model knows those; of the others those are
asked for whose capital the model knew before. The search finds a passage on another country for a part of what is
asked, so that to search for what one knows does harm. The model is taught in the paper's two stages, with adapters:
first whole right paths, whose sub-questions a programme writes in the larger model's place and whose answers are the
model's own, behind four worked examples; then single decisions, by DPO on the paths that it goes by itself. It is
tested on other countries than it learns from.

Rivals are the same twice trained model where nothing is searched, where everything is, where the confidence in the
answer from memory decides, by a threshold that is chosen on other questions of the test itself, or a coin that falls as
often as DeepRAG searches. The claim's baseline is the best of them. The untrained model behind the four examples, which
show both ways, is beside them and no baseline: that it knows the capitals is how they were chosen.

Beside the claim stand searches, decisions against what the model turns out to know, what the second stage adds, and a
search that is never wrong, where nothing can be gained but searches.

Budget: four minutes of one core. 14 steps of 450 tokens on whole paths, 10 steps of 500 on decisions, and about 600
lines of ten tokens. Two copies of the model are held: some 3 GB at the most.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from statistics import mean

from assay.methods._intervals import paired_interval
from assay.testbed.answers import ask_once
from assay.trials import Bench, trial
from assay.trials.retrieval.deeprag._arms import (
    ALWAYS,
    FIRST,
    NEVER,
    OURS,
    PERFECT,
    RIVALS,
    SHOWN,
    SURE,
    Row,
    Size,
    measure,
    share_right,
)

REAL, MADE_UP = "capitals that it knew before", "capitals of made-up countries"


def _size(bench: Bench) -> Size:
    return bench.pick(
        quick=Size(3, 4, 2, (1, 1), 2, 1),
        cpu=Size(24, 61, 20, (14, 10), 8, 5),
        cuda=Size(60, 61, 40, (60, 60), 16, 5),
    )


@trial("2502.01142", claim="answer-accuracy-gain", pretrained=True)
def known_and_made_up(bench: Bench) -> None:
    """Questions answered right by a model that decides, and by the same model where others decide."""
    size = _size(bench)
    lm = bench.on_pretrained(
        "questions of one step, on capitals that the model knew and on as many of made-up countries, over passages of "
        f"which a search finds a wrong one in {100 * size.wrong:.0f} % of the cases, instead of five sets of questions "
        "over Wikipedia; adapters, on a model that is fifty times smaller; rivals of our own in place of the paper's"
    )
    try:
        rows, pairs = ask_once(lm, {}, partial(measure, size=size, seed=bench.seed))
    except ValueError as error:
        bench.not_testable(str(error))
    right = {arm: [share_right(group) for group in _halves(rows[arm])] for arm in (OURS, FIRST, *RIVALS, SHOWN)}
    best = max(RIVALS, key=lambda arm: share_right(rows[arm]))
    bench.claim(bench.compare("answer accuracy", right, candidate=OURS, baseline=best, unit="%", better="higher"))
    gain = paired_interval([row["right"] for row in rows[OURS]], [row["right"] for row in rows[best]]).scaled(100)
    ends = {"gain": gain.value, "low end of its 95 % interval": gain.low, "high end": gain.high}
    bench.score(
        f"gain over {best}, {len(rows[OURS])} questions", ends, candidate="gain", unit="points", better="higher"
    )
    perfect = {arm: share_right(rows[name]) for arm, name in PERFECT.items()}
    bench.score("answer accuracy with a search that is never wrong", perfect, candidate=OURS, unit="%",
                better="higher")  # fmt: skip
    _show_decisions(bench, rows)
    # A model that cannot read, or does not keep to the wording, has nothing to decide on.
    bench.score("right where it always reads the right passage", perfect[ALWAYS], unit="%", better="higher",
                at_least=bench.pick(quick=0.0, cpu=70.0), binds="measurement")  # fmt: skip
    # Of fewer questions than were meant to be asked the interval is wider than any gain that there is room for.
    bench.score("questions", float(len(rows[OURS])), better="higher",
                at_least=bench.pick(quick=0.0, cpu=40.0, cuda=80.0), binds="measurement")  # fmt: skip
    bench.score("pairs of decisions learnt from", float(pairs), better="higher",
                at_least=bench.pick(quick=0.0, cpu=8.0), binds="measurement")  # fmt: skip
    bench.score("lines that are none of the wording's", sum(row["odd"] for row in rows[OURS]), better="lower")


def _show_decisions(bench: Bench, rows: Mapping[str, list[Row]]) -> None:
    count = {
        arm: [mean(row["searches"] for row in group) for group in _halves(rows[arm])]
        for arm in (OURS, FIRST, *RIVALS, SHOWN)
    }
    bench.score("searches a question", count, candidate=OURS, better="lower")
    knows = {row["country"] for row in rows[NEVER] if row["right"]}
    fits = {
        arm: [(row["searches"] > 0) != (row["country"] in knows) for row in rows[arm]] for arm in (OURS, FIRST, SURE)
    }
    shares = {arm: 100 * mean(each) for arm, each in fits.items()}
    bench.score("decisions that fit what it knows", shares, candidate=OURS, unit="%", better="higher")
    for kind, real in ((REAL, True), (MADE_UP, False)):
        searched = {
            arm: 100 * mean(row["searches"] for row in rows[arm] if row["real"] == real)
            for arm in (OURS, FIRST, SURE, SHOWN)
        }
        bench.score(f"searched for {kind}", searched, candidate=OURS, unit="%", better="lower" if real else "higher")


def _halves(rows: Sequence[Row]) -> list[Sequence[Row]]:
    """Questions dealt into two halves, whose median is the mean of all: that of more and smaller groups is not."""
    return [rows[::2], rows[1::2]]
