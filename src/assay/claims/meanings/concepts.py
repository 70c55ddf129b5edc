"""Compares what two phrases, in English or Korean, say was measured or counted: accuracy and 정확도 are one concept.

The words themselves stand in `assay.claims.meanings.things`; here stands which concepts surely differ, which a
paraphrase may exchange, and which count the same thing the other way round.
"""

from functools import lru_cache
from itertools import product
from typing import Final

from assay.claims.meanings import things

__all__ = ["better", "concepts_of", "conflict", "turned"]


@lru_cache(maxsize=4096)
def concepts_of(phrase: str) -> frozenset[str]:
    """The metrics that a phrase names, or where it names none, the things that it counts.

    A general word beside a metric (``FID 점수``) adds nothing, and unknown words name nothing.
    """
    metrics = frozenset(span.key for span in things.metrics(phrase, 0, len(phrase)))
    counted = frozenset(span.key for span in things.counted(phrase, 0, len(phrase)))
    return (metrics - _GENERAL) or metrics or counted


_GENERAL: Final = frozenset(("performance", "score", "quality", "efficiency", "reliability", "metric", "reward"))
"""Words that may stand for many a metric."""

_ALIKE: Final = (
    # of time
    frozenset(("latency", "time", "speed", "throughput", "FPS", "acceptance", "hour")),
    frozenset(("training time", "training cost", "time", "speed", "throughput", "compute", "GPUHOUR", "hour")),
    # of what something takes
    frozenset(("cost", "training cost", "inference cost", "compute", "energy", "GPUHOUR", "time", "carbon", "NFE")),
    frozenset(("cost", "inference cost", "token count", "length", "latency", "communication")),
    frozenset(("cost", "memory", "storage", "size", "compression", "parameters", "compute", "utilization")),
    frozenset(("cost", "data", "training cost", "sample", "token count")),
    frozenset(("parameters", "parameter", "size", "token count", "token", "data")),
    # of how right something is
    frozenset(("accuracy", "success rate", "pass@1", "EM", "error", "detection", "robustness", "coverage")),
    frozenset(("error", "WER", "CER", "EER", "MSE", "MAE", "RMSE")),
    frozenset(("recall", "coverage", "detection")),
    frozenset(("win rate", "preference", "agreement")),
    frozenset(("hallucination", "faithfulness", "consistency", "relevance")),
    frozenset(("safety", "attack success", "toxicity", "refusal", "robustness", "bias")),
    frozenset(("agreement", "correlation", "similarity", "consistency", "coherence")),
    frozenset(("resolution", "size")),
    # of what is counted
    frozenset(("question", "problem", "prompt", "sample", "pair", "task", "sentence", "dialogue")),
    frozenset(("model", "method", "agent", "robot")),
    frozenset(("dataset", "benchmark", "task", "environment", "game", "scene")),
    frozenset(("category", "type", "topic", "domain", "task", "metric", "species")),
    frozenset(("paper", "document", "patient", "review")),
    frozenset(("step", "turn", "frame", "layer", "hour")),
    frozenset(("video", "scene", "trajectory", "frame", "track")),
    frozenset(("image", "frame", "scene", "object")),
    frozenset(("repository", "issue", "function", "problem")),
    frozenset(("entity", "edge", "object")),
)
"""Concepts that one sentence may name for another."""


def better(concept: str) -> int:
    """Whether more of it is better (1), worse (-1), or neither as far as can be told (0)."""
    return things.better(concept)


def conflict(ours: frozenset[str], theirs: frozenset[str]) -> bool:
    """Whether two phrases surely name different things; where one names nothing known they do not."""
    if not ours or not theirs or ours & theirs or (ours | theirs) & _GENERAL:
        return False
    return not any(_are_alike(a, b) for a, b in product(ours, theirs))


def turned(ours: frozenset[str], theirs: frozenset[str]) -> bool:
    """Whether two phrases name one thing counted the other way round: speed and latency, accuracy and errors."""
    if ours & theirs or conflict(ours, theirs):
        return False
    signs = [better(a) * better(b) for a, b in product(ours, theirs)]
    return bool(signs) and all(sign < 0 for sign in signs)


def _are_alike(one: str, other: str) -> bool:
    return any(one in group and other in group for group in _ALIKE)
