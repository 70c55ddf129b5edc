"""Looks through trials and their kept measurements for what would make a figure worth nothing.

The rules of `assay.methods.agents.rigor_experiments`, turned on our own trials: arms that cannot be told apart, figures
that no size or seed moves, figures typed in, sizes that are told and not used, draws without a seed, bounds that cannot
be missed, measurements of earlier code. What is found is a doubt for a person to look at: a figure may well be the same
in two arms because the method changes nothing there. Who has looked writes the reason into ``doubts.toml``, and the
doubt is told no more::

    python -m assay.trials.audit
"""

import ast
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import isfinite
from pathlib import Path

from assay.methods.agents.rigor_experiments import unseeded_randomness
from assay.papers.comparison import Comparison
from assay.papers.measurement import Curve, Measurement
from assay.trials.declaration import FOLDER
from assay.trials.results import read_results, stale

RESULTS = FOLDER.parent / "results"
ANSWERS = FOLDER / "doubts.toml"

_TAKES_ARMS = {"compare", "score", "curve", "time", "memory", "flops", "spend", "time_curve"}
_ONLY_TELL = {"setting", "on_pretrained", "not_testable"}
_UNITS = ("seconds", "bytes", "per cent", "milliseconds", "microseconds")


@dataclass(frozen=True)
class Doubt:
    """Something about a trial or its measurement that a person should look at."""

    kind: str
    file: Path
    line: int
    """Of the source, from 1; of a measurement, that of its trial's function."""
    message: str
    paper: str = ""
    """Whose measurement it is; empty of source."""

    def __str__(self) -> str:
        """``file:line: kind: message``."""
        return f"{self.file}:{self.line}: {self.kind}: {self.message}"


@dataclass(frozen=True)
class Answer:
    """Why figures of a paper that were doubted are right as they stand, written by a person who looked."""

    paper: str
    kind: str
    about: str
    """Words that stand in the doubts that are answered."""
    why: str

    def answers(self, doubt: Doubt) -> bool:
        """Whether it is an answer to that doubt."""
        return (self.paper, self.kind) == (doubt.paper, doubt.kind) and self.about in doubt.message


def read_answers(file: Path = ANSWERS) -> list[Answer]:
    """The answers that are kept.

    Raises:
        ValueError: One lacks something, or has what is not known.
    """
    try:
        return [Answer(**entry) for entry in tomllib.loads(file.read_text(encoding="utf-8"))["answer"]]
    except (TypeError, KeyError) as error:
        raise ValueError(f"{file}: an answer lacks something, or there is none: {error}") from error


def leave_open(doubts: Sequence[Doubt], answers: Iterable[Answer]) -> list[Doubt]:
    """The doubts that nobody has answered; and one for each answer that has nothing to answer any more."""
    answers = list(answers)
    unanswered = [doubt for doubt in doubts if not any(answer.answers(doubt) for answer in answers)]
    idle = [
        Doubt("answers nothing", ANSWERS, 0, f"{answer.paper} {answer.kind}: {answer.about}", answer.paper)
        for answer in answers
        if not any(answer.answers(doubt) for doubt in doubts)
    ]
    return [*unanswered, *idle]


def answers_table(doubts: Sequence[Doubt], answers: Iterable[Answer]) -> str:
    """The doubts that were answered, in Markdown: a row for each answer, with how many doubts it answers."""
    rows = ["| paper | doubt | how many | answer |", "|---|---|---|---|"]
    for answer in answers:
        count = sum(map(answer.answers, doubts))
        rows.append(f"| {answer.paper} | {answer.kind}: {answer.about.strip()} … | {count} | {answer.why} |")
    return "\n".join(rows) + "\n"


def audit(results: Path = RESULTS, trials: Path = FOLDER) -> list[Doubt]:
    """All doubts about the measurements in a folder of results and the source of trials.

    Raises:
        ValueError: A file of results cannot be read, or one of source is not Python.
    """
    doubts = audit_measurements(read_results(results))
    return [*doubts, *(each for file in _sources(trials) for each in audit_source(file))]


def audit_age(measurements: Iterable[Measurement]) -> list[Doubt]:
    """Measurements that no longer say what their trial would find today: all of our code is read for it."""
    return [_doubt(each, "stale", why) for each, why in stale(measurements)]


def audit_measurements(measurements: Iterable[Measurement]) -> list[Doubt]:
    """Doubts about measurements, by what they say alone."""
    measurements = list(measurements)
    doubts = []
    for each in measurements:
        comparisons = filter(None, (each.comparison, *each.beside))
        told = [doubt for comparison in comparisons for doubt in _of_comparison(comparison)]
        told += [doubt for curve in each.curves for doubt in _of_curve(curve)]
        told += [("size moves nothing", message) for message in _unmoved_by_size(each)]
        doubts += [_doubt(each, kind, message) for kind, message in told]
    for group in _same_in_two_papers(measurements):
        names = ", ".join(f"{of.paper} {metric!r}" for of, metric in group)
        doubts.append(_doubt(group[0][0], "same figure in two papers", names))
    return doubts


def audit_source(file: Path) -> list[Doubt]:
    """Doubts about the source of a trial.

    Raises:
        ValueError: It is not Python.
    """
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise ValueError(f"{file}: line {error.lineno}: {error.msg}") from error
    doubts = [
        Doubt("draws without a seed", file, each.line, each.message)
        for each in unseeded_randomness(tree)
        if "before any seed" not in each.message  # running a trial seeds the generators that modules have
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            doubts += [Doubt(kind, file, node.lineno, message) for kind, message in _of_call(node, node.func.attr)]
        if isinstance(node, ast.FunctionDef):
            doubts += [Doubt(kind, file, line, message) for kind, line, message in _told_only(node)]
        if isinstance(node, ast.ExceptHandler) and _hides(node):
            doubts.append(Doubt("error hidden", file, node.lineno, "whatever goes wrong here is passed over"))
    return sorted(doubts, key=lambda each: each.line)


def _doubt(of: Measurement, kind: str, message: str) -> Doubt:
    file, line = _place_of(of.trial)
    size = "quick" if of.quick else "long" if of.long else of.device
    return Doubt(kind, file, line, f"{of.paper} {of.machine.name} {size}: {message}", of.paper)


def _of_comparison(comparison: Comparison) -> Iterator[tuple[str, str]]:
    figures, what = comparison.figures, repr(comparison.metric)
    if len(figures) > 1 and len(set(figures.values())) == 1:
        yield "arms alike", f"{what} is {comparison.candidate!r} in all {len(figures)} arms"
    if bad := [name or "the method" for name, value in figures.items() if not isfinite(value)]:
        yield "no number", f"{what} of {', '.join(bad)}"
    ends = comparison.interval
    if ends and ends[0] == ends[1] and not comparison.candidate.is_integer():
        yield "seeds move nothing", f"{what} is {comparison.candidate!r} from every seed or round"
    if not comparison.unit and any(word in comparison.metric.lower() for word in _UNITS):
        yield "no unit", f"{what} is {comparison.candidate:g}"
    if comparison.unit == "%" and comparison.at_most is not None and comparison.at_most >= 100:
        yield "bound cannot be missed", f"{what} is to be at most {comparison.at_most:g} %"


def _of_curve(curve: Curve) -> Iterator[tuple[str, str]]:
    lines = [(line.name or "the method", [value for value in line.values if isfinite(value)]) for line in curve.lines]
    for number, (name, values) in enumerate(lines):
        for other, others in lines[:number]:
            if len(values) > 1 and values == others:
                yield "arms alike", f"{curve.name!r} is the same at every point for {name} and {other}"
    if len(lines) > 1 and all(len(values) > 2 and len(set(values)) == 1 for _, values in lines):
        yield "does not move", f"{curve.name!r} is the same at every point in all arms"


def _unmoved_by_size(measurement: Measurement) -> Iterator[str]:
    """Figures with digits of their own that are the same in the quick run and in the whole one."""
    if measurement.quick_run is None or measurement.quick:
        return
    quick = measurement.quick_run.figures
    for comparison in filter(None, (measurement.comparison, *measurement.beside)):
        for arm, value in comparison.figures.items():
            same = quick.get(comparison.metric + (f": {arm}" if arm else "")) == value
            if same and _has_digits(value):
                yield f"{comparison.metric!r} of {arm or 'the method'} is {value!r} in the quick run too"


def _same_in_two_papers(measurements: Iterable[Measurement]) -> Iterator[list[tuple[Measurement, str]]]:
    by_figure: dict[float, list[tuple[Measurement, str]]] = defaultdict(list)
    for each in measurements:
        for comparison in filter(None, (each.comparison, *each.beside)):
            if _has_digits(comparison.candidate):
                by_figure[comparison.candidate].append((each, comparison.metric))
    yield from (group for group in by_figure.values() if len({of.paper for of, _ in group}) > 1)


def _has_digits(value: float) -> bool:
    """Whether a figure has so many digits that two are not the same by chance: a share of a few hundred has not."""
    if not isfinite(value) or value.is_integer() or len(repr(value).replace(".", "").strip("-0")) < 8:
        return False
    return all(abs(float(Fraction(each).limit_denominator(2_000)) - each) > 1e-12 for each in (value, value / 100))


def _of_call(call: ast.Call, name: str) -> Iterator[tuple[str, str]]:
    if name == "pick":
        sizes = {each.arg: ast.unparse(each.value) for each in call.keywords if each.arg}
        if len(sizes) > 1 and len(set(sizes.values())) == 1:
            yield "one size", f"every size is {next(iter(sizes.values()))}"
    arms = next((each for each in [*call.args[1:], *(k.value for k in call.keywords if k.arg == "arms")]), None)
    if name not in _TAKES_ARMS or arms is None:
        return
    if _is_figure(arms):
        yield "typed figure", f"{ast.unparse(arms)} in {name}"
    if isinstance(arms, ast.Dict):
        texts = [ast.unparse(value) for value in arms.values]
        for key, value in zip(arms.keys, arms.values, strict=True):
            if _is_figure(value):
                yield "typed figure", f"{ast.unparse(key) if key else '**'} is {ast.unparse(value)} in {name}"
        for text in {text for text in texts if texts.count(text) > 1}:
            yield "one expression for two arms", f"{text} in {name}"


def _is_figure(node: ast.expr) -> bool:
    if isinstance(node, ast.List | ast.Tuple):
        return bool(node.elts) and all(map(_is_figure, node.elts))
    if isinstance(node, ast.UnaryOp):
        return _is_figure(node.operand)
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool)


def _told_only(function: ast.FunctionDef) -> Iterator[tuple[str, int, str]]:
    """Sizes whose every use is in what is told of the setting, or that have none."""
    telling = {
        id(inner)
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _ONLY_TELL
        for inner in ast.walk(node)
    }
    given: dict[str, int] = {}
    read: dict[str, list[bool]] = defaultdict(list)
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            read[node.id].append(id(node) in telling)
        elif isinstance(node, ast.Assign | ast.NamedExpr) and _picks(node.value):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = (each for target in targets for each in ast.walk(target) if isinstance(each, ast.Name))
            given |= {each.id: each.lineno for each in names}
    for name, line in given.items():
        if not read[name]:
            yield "size never read", line, f"{name} in {function.name}"
        elif all(read[name]):
            yield "size told and not used", line, f"{name} is only spoken of in {function.name}"


def _picks(value: ast.expr) -> bool:
    """Whether a value is a size of the run, or so many seeds."""
    return (
        isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr in ("pick", "seeds")
    )


def _hides(handler: ast.ExceptHandler) -> bool:
    broad = handler.type is None or ast.unparse(handler.type) in ("Exception", "BaseException")
    return broad and all(isinstance(each, ast.Pass | ast.Continue) for each in handler.body)


@cache
def _place_of(trial: str) -> tuple[Path, int]:
    """File and line of a trial's function, by its id; line 0 where it is no longer there."""
    module, _, function = trial.partition(":")
    stem = FOLDER.joinpath(*module.split(".")[2:])
    for file in (stem.with_suffix(".py"), stem / "__init__.py"):
        if file.is_file():
            body = ast.parse(file.read_text(encoding="utf-8")).body
            lines = [node.lineno for node in body if isinstance(node, ast.FunctionDef) and node.name == function]
            return file, lines[0] if lines else 0
    return stem, 0


def _sources(folder: Path) -> list[Path]:
    return [file for file in sorted(folder.glob("*/**/*.py")) if "__pycache__" not in file.parts]


def main() -> int:
    """Print every doubt that nobody has answered, and how many there are of each kind; 1 if there are any."""
    doubts = [*audit(), *audit_age(read_results(RESULTS))]
    unanswered = leave_open(doubts, read_answers())
    for each in unanswered:
        print(each)
    counts = Counter(each.kind for each in unanswered)
    told = ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items())) or "no open doubts"
    print(f"{told}; {len(doubts)} in all, the others answered in {ANSWERS.name}")
    return 1 if unanswered else 0


if __name__ == "__main__":
    sys.exit(main())
