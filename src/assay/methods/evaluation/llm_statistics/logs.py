"""Scores out of the logs of lm-evaluation-harness and inspect_ai, item by item, so that runs can be compared."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ScoreLog:
    """One run's score of each item."""

    ids: tuple[str, ...]
    scores: NDArray[np.float64]
    metric: str

    def matched(self, other: "ScoreLog") -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Both runs' scores of the same items, in one order, for ``compare``.

        Raises:
            ValueError: The runs have other items; how many, and one of them, is said.
        """
        mine, theirs = dict(zip(self.ids, self.scores, strict=True)), dict(zip(other.ids, other.scores, strict=True))
        if apart := sorted(mine.keys() ^ theirs.keys()):
            raise ValueError(
                f"{len(apart)} items are in one run alone, {apart[0]!r} among them: compare the same items"
            )
        return np.array([mine[each] for each in self.ids]), np.array([theirs[each] for each in self.ids])


def read_harness_samples(file: str | Path, *, metric: str = "acc") -> ScoreLog:
    """Scores out of a ``samples_*.jsonl`` that lm-evaluation-harness wrote with ``--log_samples``.

    Args:
        file: Of one task.
        metric: The one that is read, as the task names it.

    Raises:
        ValueError: A line is no sample or lacks the metric; it is named.
    """
    ids, scores = [], []
    for number, line in enumerate(Path(file).read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            sample = json.loads(line)
            named = str(sample["doc_id"])
        except (ValueError, LookupError, TypeError):
            raise ValueError(f"{file}, line {number}: no sample of lm-evaluation-harness") from None
        if metric not in sample:
            metrics = ", ".join(map(str, sample.get("metrics", []))) or "none"
            raise ValueError(f"{file}, line {number}: no {metric!r} (its metrics: {metrics})")
        ids.append(named)
        scores.append(_number(sample[metric], f"{file}, line {number}"))
    return _log(ids, scores, metric, str(file))


def read_inspect_log(file: str | Path, *, scorer: str | None = None) -> ScoreLog:
    """Scores out of a log that inspect_ai wrote (``.eval`` or ``.json``); epochs of one sample are averaged.

    Args:
        file: Of one run.
        scorer: Which of its scorers; the only one, if left out.

    Raises:
        ValueError: inspect_ai is not installed, the log has no samples, or a sample no such score.
    """
    try:
        from inspect_ai.log import read_eval_log  # noqa: PLC0415 - for who has such a log alone
    except ImportError:
        raise ValueError("inspect_ai is not installed: pip install 'assay-papers[evaluation]'") from None
    log = read_eval_log(str(file))
    if not log.samples:
        raise ValueError(f"{file} has no samples: its run {log.status}")
    by_id: dict[str, list[float]] = {}
    for sample in log.samples:
        scores = sample.scores or {}
        names = [scorer] if scorer else list(scores)
        if len(names) != 1 or names[0] not in scores:
            raise ValueError(f"{file}, sample {sample.id!r}: choose a scorer among {', '.join(scores) or 'none'}")
        by_id.setdefault(str(sample.id), []).append(_number(scores[names[0]].value, f"{file}, sample {sample.id!r}"))
    return _log(list(by_id), [float(np.mean(each)) for each in by_id.values()], scorer or names[0], str(file))


def _log(ids: Sequence[str], scores: Sequence[float], metric: str, file: str) -> ScoreLog:
    if not ids:
        raise ValueError(f"{file} has no samples")
    if len(set(ids)) < len(ids):
        twice = next(each for each in ids if list(ids).count(each) > 1)
        raise ValueError(f"{file} has the sample {twice!r} twice: read one task at a time")
    return ScoreLog(tuple(ids), np.array(scores, dtype=np.float64), metric)


def _number(value: Any, where: str) -> float:
    """A score as a number: right and wrong of inspect_ai are C and I, partly right P."""
    letters = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}
    if isinstance(value, str) and value in letters:
        return letters[value]
    if isinstance(value, bool | int | float):
        return float(value)
    raise ValueError(f"{where}: the score {value!r} is no number")
