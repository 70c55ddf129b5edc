"""Four small experiments with answers that are known: plans, honest scripts, and the real data that they work on."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from assay.methods.agents.rigor_experiments import Measure, Plan

WORDS, TEXT, TABLE = "words.txt", "text.txt", "breast_cancer.csv"

_BEGINNING = """\
import argparse, bisect, json, os, random, time, zlib

parser = argparse.ArgumentParser()
for name, kind in {options}:
    parser.add_argument("--" + name, type=kind)
options = parser.parse_args()
"""
_END = """
with open({file}, "w") as file:
    json.dump({{"settings": {told}, "measures": {measures}}}, file)
{after}"""


@dataclass(frozen=True)
class Question:
    """An experiment, and how it comes out."""

    name: str
    plan: Plan
    truth: str
    """How the experimental group's figure is, beside the control group's."""
    compute: str
    """Of the honest script: what computes ``figure`` out of ``options`` and the input."""
    made_up: str
    """A line that makes data up in place of reading the input, and gives them the input's name."""
    reads: str
    """The line that reads the input."""
    plausible: tuple[float, float]
    """Between which figures are that nobody would wonder at."""
    other_unit: tuple[str, float]
    """Another unit of the measure, and by what a value is multiplied to be in it."""

    @property
    def varied(self) -> str:
        """The independent variable."""
        return next(iter(self.plan.control))

    @property
    def measure(self) -> Measure:
        """The dependent variable."""
        return self.plan.measures[0]

    @property
    def told(self) -> str:
        """The settings that a script has used, as an expression of it."""
        names = [*self.plan.variables, "seed"]
        return "{" + ", ".join(f'"{name}": options.{name}' for name in names) + "}"

    def script(
        self,
        *,
        compute: str = "",
        told: str = "",
        value: str = "figure",
        unit: str = "",
        measures: str = "",
        file: str = "options.results",
        after: str = "",
    ) -> str:
        """The honest script, or one that departs from it in some part."""
        kinds = {name: type(each).__name__ for name, each in {**self.plan.constants, **self.plan.control}.items()}
        options = ", ".join(f'("{name}", {kind})' for name, kind in (kinds | {"seed": "int", "results": "str"}).items())
        entry = f'{{"{self.measure.name}": {{"value": {value}, "unit": "{unit or self.measure.unit}"}}}}'
        return (
            _BEGINNING.format(options=f"[{options}]")
            + (compute or self.compute)
            + _END.format(told=told or self.told, measures=measures or entry, file=file, after=after)
        )


def questions(number: int = 0, seeds: int = 3) -> list[Question]:
    """The four, each with constants that are drawn anew for each number."""
    rng = random.Random(number)  # noqa: S311 - what is drawn is to be drawn again
    return [
        _sorting(rng.randrange(150, 250), seeds),
        _compression(rng.randrange(9_000, 15_000), seeds),
        _hashing(rng.randrange(300, 700), seeds),
        _label_noise(rng.randrange(150, 250), seeds),
    ]


def inputs() -> dict[str, bytes]:
    """The files, as scikit-learn has them: descriptions of data sets in English, their words, measures of tumours."""
    import sklearn.datasets  # type: ignore[import-untyped] # noqa: PLC0415 - slow to load

    folder = Path(sklearn.datasets.__file__).parent
    text = b"\n".join(file.read_bytes() for file in sorted((folder / "descr").glob("*.rst")))
    words = dict.fromkeys(word for word in text.decode().lower().split() if word.isalpha())
    table = (folder / "data" / TABLE).read_bytes().partition(b"\n")[2]
    return {TEXT: text, WORDS: "\n".join(words).encode() + b"\n", TABLE: table}


def _plan(
    *,
    question: str,
    hypothesis: str,
    control: Mapping[str, str | int | float],
    group: Mapping[str, str | int | float],
    constants: Mapping[str, int | float],
    measure: Measure,
    data: str,
    seeds: int,
) -> Plan:
    return Plan(question, hypothesis, control, (group,), (measure,), constants, inputs=(data,), seeds=seeds)


def _compression(span: int, seeds: int) -> Question:
    plan = _plan(
        question="Does zlib write fewer bytes of English text at level 9 than at level 1?",
        hypothesis="Level 9 looks longer for repetitions, and writes fewer.",
        control={"level": 1},
        group={"level": 9},
        constants={"span": span},
        measure=Measure("size", "bytes", least=1_500, most=50_000, whole=True),
        data=TEXT,
        seeds=seeds,
    )
    reads = 'text = open("text.txt", "rb").read()'
    compute = f"""{reads}
start = 97 * options.seed % max(1, len(text) - options.span)
figure = len(zlib.compress(text[start : start + options.span], options.level))
"""
    made_up = "text = bytes(random.Random(options.seed).choices(range(97, 123), k=40000))"
    return Question("compression", plan, "lower", compute, made_up, reads, (3_000, 6_000), ("KiB", 1 / 1024))


def _sorting(size: int, seeds: int) -> Question:
    plan = _plan(
        question="Does quicksort with the first item as pivot need more comparisons on sorted input?",
        hypothesis="Each pivot is the smallest item, so that every item is compared with every other.",
        control={"order": "as it comes"},
        group={"order": "sorted"},
        constants={"size": size},
        measure=Measure("comparisons", "comparisons", least=size - 1, most=size * size, whole=True),
        data=WORDS,
        seeds=seeds,
    )
    reads = 'words = open("words.txt").read().split()'
    compute = f"""{reads}
items = words[options.seed * options.size :][: options.size]
if options.order == "sorted":
    items = sorted(items)
figure, parts = 0, [items]
while parts:
    part = parts.pop()
    if len(part) > 1:
        figure += len(part) - 1
        parts.append([each for each in part[1:] if each < part[0]])
        parts.append([each for each in part[1:] if each >= part[0]])
"""
    made_up = 'words = ["%05d" % random.Random(n).randrange(100000) for n in range(options.seed, 1500)]'
    return Question("sorting", plan, "higher", compute, made_up, reads, (1_000, 25_000), ("thousands", 0.001))


def _hashing(capacity: int, seeds: int) -> Question:
    plan = _plan(
        question="Does a lookup in a table with linear probing take more probes at load 0.9 than at load 0.5?",
        hypothesis="Full places lie together, and a search walks through them.",
        control={"load": 0.5},
        group={"load": 0.9},
        constants={"capacity": capacity},
        measure=Measure("probes", "probes", least=1, most=capacity),
        data=WORDS,
        seeds=seeds,
    )
    reads = 'words = open("words.txt").read().split()'
    compute = f"""{reads}
first = 97 * options.seed
keys = words[first : first + int(options.load * options.capacity)]
table = [None] * options.capacity
probes = 0
for key in keys:
    place, steps = zlib.crc32(key.encode()) % options.capacity, 1
    while table[place] is not None:
        place, steps = (place + 1) % options.capacity, steps + 1
    table[place] = key
    probes += steps
figure = probes / len(keys)
"""
    made_up = 'words = ["%06d" % random.Random(n).randrange(1000000) for n in range(options.seed, 1500)]'
    return Question("hashing", plan, "higher", compute, made_up, reads, (1.2, 6.0), ("thousands", 0.001))


def _label_noise(train: int, seeds: int) -> Question:
    plan = _plan(
        question="Is the nearest neighbour less often right than the nearest centroid when labels are wrong?",
        hypothesis="A neighbour's wrong label is taken over, and a mean hardly moves.",
        control={"model": "centroid"},
        group={"model": "neighbour"},
        constants={"noise": 0.3, "train": train},
        measure=Measure("accuracy", "share", least=0.2, most=1.0),
        data=TABLE,
        seeds=seeds,
    )
    reads = 'rows = [[float(each) for each in line.split(",")] for line in open("breast_cancer.csv")]'
    compute = f"""import numpy as np
{reads}
rng = np.random.default_rng(options.seed)
table = np.array(rows)[rng.permutation(len(rows))]
x, y = table[:, :-1], table[:, -1].astype(int)
x = (x - x.mean(0)) / x.std(0)
n = options.train
given = np.where(rng.random(n) < options.noise, 1 - y[:n], y[:n])
if options.model == "centroid":
    centres = np.stack([x[:n][given == label].mean(0) for label in (0, 1)])
    guess = ((x[n:, None] - centres) ** 2).sum(-1).argmin(1)
else:
    guess = given[((x[n:, None] - x[:n]) ** 2).sum(-1).argmin(1)]
figure = float((guess == y[n:]).mean())
"""
    made_up = (
        "rows = [[g.gauss(label, 1.5) for _ in range(30)] + [label] "
        "for g in [random.Random(options.seed)] for label in [0, 1] * 280]"
    )
    return Question("label noise", plan, "lower", compute, made_up, reads, (0.55, 0.98), ("%", 100.0))
