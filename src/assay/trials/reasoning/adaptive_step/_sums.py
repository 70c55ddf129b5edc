"""What is told of the answers that a policy wrote to worked sums: where it was unsure, and which it finds likeliest."""

from collections import Counter
from collections.abc import Sequence
from itertools import combinations

import torch

from assay.methods.reasoning.adaptive_step import ConfidenceSplitter
from assay.testbed.pretrained import LanguageModel
from assay.trials.reasoning.adaptive_step._arms import Sampled

_KINDS = ("digit or sign of a result", "begin of a line", "operator or term", "other")


def _likeliest(sampled: Sampled, number: int) -> list[float]:
    """How often the answer is right that the policy itself finds likeliest, of all choices of so many."""
    shares = []
    for group, right in zip(sampled.answers, sampled.right, strict=True):
        logs = [sum(each.log_probs) for each in group]
        best = [right[max(some, key=logs.__getitem__)] for some in combinations(range(len(group)), number)]
        shares.append(sum(best) / len(best))
    return shares


def _kinds(lm: LanguageModel, source: Sampled, splitter: ConfidenceSplitter) -> dict[str, float]:
    """Which share of the borders are what in a line such as ``8 - 7 = 1``."""
    counts: Counter[str] = Counter()
    for each in source.written:
        counts.update(_kind(lm, each.tokens, place) for place in splitter.borders(each.log_probs))
    return {kind: count / sum(counts.values()) for kind, count in counts.items()}


def _kind(lm: LanguageModel, tokens: Sequence[int], place: int) -> str:
    line = str(lm.tokenizer.decode(list(tokens[:place]))).rpartition("\n")[2]
    if not line:
        return _KINDS[1]
    if "=" in line:
        return _KINDS[0]
    return _KINDS[3] if line.startswith("A") else _KINDS[2]


def _sureness(source: Sampled, splitter: ConfidenceSplitter, breaks: set[int]) -> tuple[float, float]:
    """The mean probability of line breaks and of borders, as they were written."""
    written = source.written
    ends = [log for each in written for token, log in zip(each.tokens, each.log_probs, strict=True) if token in breaks]
    unsure = [each.log_probs[place] for each in written for place in splitter.borders(each.log_probs)]
    means = [float(torch.tensor(logs).exp().mean()) if logs else 1.0 for logs in (ends, unsure)]
    return means[0], means[1]
