"""The preference leakage score of judgments, with its interval, and the report over many judges and students."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.methods._intervals import CONFIDENCE, Estimate, bootstrap_interval, holm, mean_interval

Floats = NDArray[np.float64]

SAME_MODEL = "same model"
_FEWEST = 4
"""Clusters in which a student wins, for an interval; without any in one of 27 draws of two students, at most."""
Related = Mapping[str, str | Mapping[str, str]]
"""By judge, the student that it is kin to; or several students, and by each the kind of kinship."""


@dataclass(frozen=True)
class Judgment:
    """What one judge made of two students' answers to one prompt."""

    prompt: str
    """What tells the prompt from any other: its text, or an id."""
    judge: str
    students: tuple[str, str]
    wins: tuple[float, float]
    """How far each student wins, within [0, 1]: (1, 0), (0, 1), (0, 0) for a tie, or shares such as (0.7, 0.3)."""
    category: str = ""
    cluster: str = ""
    """What the prompt was drawn with, such as a conversation; each is its own if empty."""

    def __post_init__(self) -> None:
        where = f"the judgment of {self.judge!r} on {_short(self.prompt)!r}"
        if self.students[0] == self.students[1]:
            raise ValueError(f"{where} is about {self.students[0]!r} twice: give two students")
        if not all(0 <= win <= 1 for win in self.wins) or sum(self.wins) > 1 + 1e-9:
            raise ValueError(f"{where} has the wins {self.wins}: give shares from 0 to 1, together at most 1")


@dataclass(frozen=True)
class Rates:
    """How often a judge lets the first of two students win, as shares of all prompts."""

    judge: str
    win: float
    tie: float
    loss: float


@dataclass(frozen=True)
class Leakage:
    """The preference leakage score of two judges and their students, in per cent."""

    judges: tuple[str, str]
    students: tuple[str, str]
    """The first is the first judge's kin."""
    score: Estimate
    p_value: float
    """Of a score as far from 0 if the judges' labels meant nothing (permutation test)."""
    rates: tuple[Rates, Rates]
    """Of each judge, for the first student against the second."""
    kinship: tuple[str, str] = (SAME_MODEL, SAME_MODEL)


@dataclass(frozen=True)
class LeakageReport:
    """Scores of all pairs of judges that are kin to different students, and how every judge judges."""

    leakages: tuple[Leakage, ...]
    verdicts: tuple[dict[str, Any], ...] = field(repr=False)
    """For every judge and pair of students: win, tie and loss of the first, and what the judge is kin to."""

    def table(self) -> list[dict[str, Any]]:
        """A row for each pair of judges: the score with its interval, p-values, and the rates it is made of."""
        adjusted = holm([each.p_value for each in self.leakages])
        return [
            {
                "judges": " & ".join(each.judges),
                "students": " & ".join(each.students),
                "kinship": each.kinship[0] if each.kinship[0] == each.kinship[1] else " & ".join(each.kinship),
                "metric": "preference leakage score",
                "unit": "%",
                **each.score.as_record(),
                "p_value": each.p_value,
                "p_adjusted": float(p),
                "wins_of_first": tuple(round(100 * rates.win, 1) for rates in each.rates),
                "wins_of_second": tuple(round(100 * rates.loss, 1) for rates in each.rates),
            }
            for each, p in zip(self.leakages, adjusted, strict=True)
        ]

    def by_kinship(self) -> dict[str, float]:
        """The mean score of each kind of kinship, over the pairs in which both judges have it."""
        kinds: dict[str, list[float]] = {}
        for each in self.leakages:
            if each.kinship[0] == each.kinship[1]:
                kinds.setdefault(each.kinship[0], []).append(each.score.value)
        return {kind: float(np.mean(values)) for kind, values in kinds.items()}


def leakage_score(first: tuple[float, float], second: tuple[float, float]) -> float:
    """The preference leakage score in per cent, of win rates in any one unit.

    Args:
        first: What the first student's own judge and the other judge give it: WR_i(S_i), WR_j(S_i).
        second: The same of the second student: WR_j(S_j), WR_i(S_j).

    Raises:
        ValueError: A rate is negative, or both judges let a student never win.
    """
    for name, rates in (("first", first), ("second", second)):
        if not all(rate >= 0 for rate in rates):
            raise ValueError(f"the {name} student's win rates are {rates}: give numbers of 0 or more")
        if sum(rates) == 0:
            raise ValueError(f"no judge lets the {name} student win once: the score is relative to that, and undefined")
    return _scores(np.array([[[first[0], second[1]], [first[1], second[0]]]])).item()


def measure_leakage(
    judgments: Iterable[Judgment],
    judges: tuple[str, str],
    students: tuple[str, str],
    *,
    kinship: tuple[str, str] = (SAME_MODEL, SAME_MODEL),
    confidence: float = CONFIDENCE,
    repeats: int = 2_000,
    seed: int = 0,
) -> Leakage:
    """The preference leakage score of two judges, each with its own student.

    Args:
        judgments: Of these judges on these students, among any others.
        judges: Two of them.
        students: The first judge's, and the second's.
        kinship: What each judge is to its student; for reports.
        confidence: Of the interval, by drawing prompts (or clusters of them) for both judges at once.
        repeats: Draws of the interval, and permutations of the test.
        seed: Of both.

    Raises:
        ValueError: The judges saw different prompts, or one saw a prompt twice; or a student never wins.
    """
    if judges[0] == judges[1]:
        raise ValueError(f"{judges[0]!r} is both judges: a score needs two")
    wins, clusters = _joined(list(judgments), judges, students)
    rates = wins.mean(0)
    for at, student in enumerate(students):
        if rates[:, at].sum() == 0:
            raise ValueError(
                f"neither {judges[0]!r} nor {judges[1]!r} lets {student!r} win once in {len(wins)} prompts: "
                "the score is relative to that, and undefined"
            )

    score = _estimate(wins, clusters, confidence=confidence, repeats=repeats, seed=seed)
    by_judge = [
        Rates(judge, float(row[0]), float(max(1 - row.sum(), 0.0)), float(row[1]))
        for judge, row in zip(judges, rates, strict=True)
    ]
    p_value = _permuted(wins, clusters, repeats, seed)
    return Leakage(judges, students, score, p_value, (by_judge[0], by_judge[1]), kinship)


def leakage_by_category(
    judgments: Iterable[Judgment], judges: tuple[str, str], students: tuple[str, str], **how: Any
) -> dict[str, Leakage]:
    """The score of each category of prompts by itself; `how` goes to `measure_leakage`.

    Raises:
        ValueError: A judgment has no category; or one of those of `measure_leakage`, with the category's name.
    """
    rows = list(judgments)
    for row in rows:
        if not row.category:
            raise ValueError(f"the judgment of {row.judge!r} on {_short(row.prompt)!r} has no category")
    scores = {}
    for category in sorted({row.category for row in rows}):
        try:
            part = [row for row in rows if row.category == category]
            scores[category] = measure_leakage(part, judges, students, **how)
        except ValueError as error:
            raise ValueError(f"category {category!r}: {error}") from None
    return scores


def leakage_report(judgments: Iterable[Judgment], related: Related, **how: Any) -> LeakageReport:
    """Score every two judges that are kin to different students, and show how each judge judges.

    Args:
        judgments: Of any number of judges and students. Judges that are kin to none are shown beside the others.
        related: By judge, its student, ``{"gpt": "S_gpt"}``; or each student with the kind of kinship,
            ``{"gpt-mini": {"S_gpt": "same family"}}``.
        how: Anything else that `measure_leakage` takes.

    Raises:
        ValueError: A related judge or student is in no judgment, no two judges can be compared; or as
            `measure_leakage`.
    """
    rows = list(judgments)
    kin = {judge: {of: SAME_MODEL} if isinstance(of, str) else dict(of) for judge, of in related.items()}
    known, seen = {row.judge for row in rows}, {student for row in rows for student in row.students}
    for judge, students in kin.items():
        if judge not in known:
            raise ValueError(f"{judge!r} is related, but judged nothing: the judges are {', '.join(sorted(known))}")
        for student in students:
            if student not in seen:
                raise ValueError(f"{student!r} is in no judgment: the students are {', '.join(sorted(seen))}")
    pairs = {frozenset(row.students) for row in rows}
    leakages = [
        measure_leakage(rows, (i, j), (own, other), kinship=(kin[i][own], kin[j][other]), **how)
        for i, j in combinations(kin, 2)
        for own in kin[i]
        for other in kin[j]
        # A judge that is kin to both students says nothing of either.
        if frozenset((own, other)) in pairs and other not in kin[i] and own not in kin[j]
    ]
    if not leakages:
        raise ValueError("no two related judges have students that were compared with each other")
    return LeakageReport(tuple(leakages), tuple(_verdicts(rows, kin)))


def _verdicts(rows: Sequence[Judgment], kin: Mapping[str, Mapping[str, str]]) -> Iterable[dict[str, Any]]:
    """For each judge and pair of students how often the first wins."""
    for judge in sorted({row.judge for row in rows}):
        for pair in sorted({tuple(sorted(row.students)) for row in rows if row.judge == judge}):
            table = _table(rows, judge, (pair[0], pair[1]))
            wins = np.array([each.wins for each in table.values()])
            clusters = [each.cluster or prompt for prompt, each in table.items()]
            own = mean_interval(wins[:, 0], clusters)
            loss = float(wins[:, 1].mean())
            yield {
                "judge": judge,
                "students": " & ".join(pair),
                "kinship": tuple(kin.get(judge, {}).get(student, "none") for student in pair),
                "metric": "win rate of the first",
                **own.as_record(),
                "tie": max(1 - own.value - loss, 0.0),
                "loss": loss,
            }


def _estimate(wins: Floats, clusters: Sequence[str], *, confidence: float, repeats: int, seed: int) -> Estimate:
    """The score of wins (prompts, judges, students), with an interval over clusters.

    A draw without a win of one student has no score. Where wins are in so few clusters that such draws are frequent,
    nothing is known of the score, and the interval is all that there is.
    """

    def statistic(drawn: NDArray[np.intp]) -> float:
        return _scores(wins[drawn].mean(0)[None]).item()

    won: NDArray[np.bool_] = np.any(wins > 0, axis=1)
    fewest = min(len({name for name, each in zip(clusters, won, strict=True) if each[at]}) for at in (0, 1))
    if fewest < _FEWEST:
        whole = statistic(np.arange(len(wins)))
        return Estimate(whole, -100.0, 100.0, len(wins), len(set(clusters)), confidence)
    return bootstrap_interval(statistic, len(wins), clusters, confidence=confidence, repeats=repeats, seed=seed)


def _scores(rates: Floats) -> Floats:
    """Scores of win rates (n, judges, students), in which a judge's own student has its number; NaN if undefined."""
    total = rates.sum(1)
    own, other = rates[:, [0, 1], [0, 1]], rates[:, [1, 0], [0, 1]]
    with np.errstate(invalid="ignore"):
        # (WR - AVG) / AVG, for an average of two
        scores: Floats = 50.0 * ((own - other) / total).sum(1)
    return scores


def _permuted(wins: Floats, clusters: Sequence[str], repeats: int, seed: int) -> float:
    """How often a score comes out as far from 0 once the two judges are swapped in some of the clusters."""
    rng = np.random.default_rng((seed, 1))
    codes = np.unique(np.asarray(clusters, dtype=object).astype(str), return_inverse=True)[1]
    swapped = np.zeros((codes.max() + 1, 2, 2))
    np.add.at(swapped, codes, wins[:, ::-1] - wins)
    drawn = rng.integers(2, size=(repeats, len(swapped))).astype(np.float64)
    rates = (wins.sum(0) + np.tensordot(drawn, swapped, 1)) / len(wins)
    observed = abs(_scores(wins.mean(0)[None]).item())
    return float((1 + (np.abs(_scores(rates)) >= observed - 1e-9).sum()) / (1 + repeats))


def _joined(rows: Sequence[Judgment], judges: tuple[str, str], students: tuple[str, str]) -> tuple[Floats, list[str]]:
    """Wins (prompts, judges, students) of the prompts that both judges saw, and the cluster of each prompt."""
    tables = [_table(rows, judge, students) for judge in judges]
    for here, there, judge, other in ((0, 1, *judges), (1, 0, *judges[::-1])):
        if missing := [prompt for prompt in tables[here] if prompt not in tables[there]]:
            raise ValueError(
                f"{judge!r} judged {len(missing)} prompts that {other!r} did not, {_short(missing[0])!r} among them: "
                "both must see the same"
            )
    wins = np.array([[table[prompt].wins for table in tables] for prompt in tables[0]], dtype=np.float64)
    return wins, [each.cluster or prompt for prompt, each in tables[0].items()]


def _table(rows: Sequence[Judgment], judge: str, students: tuple[str, str]) -> dict[str, Judgment]:
    """By prompt, a judge's judgment on two students, its wins in their order."""
    table: dict[str, Judgment] = {}
    for row in rows:
        if row.judge != judge or set(row.students) != set(students):
            continue
        if row.prompt in table:
            raise ValueError(f"{judge!r} judged {_short(row.prompt)!r} twice: keep one judgment of {students}")
        wins = row.wins if row.students == students else row.wins[::-1]
        table[row.prompt] = Judgment(row.prompt, judge, students, (wins[0], wins[1]), row.category, row.cluster)
    if not table:
        raise ValueError(f"{judge!r} judged no answers of {students[0]!r} and {students[1]!r}")
    return table


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:60]}..."
