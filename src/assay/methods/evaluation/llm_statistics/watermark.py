"""Watermarks: marks in the choice of tokens that change no distribution, and tests with known rates of false alarms."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from math import floor
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from transformers import LogitsProcessor

Statistic = Literal["ars", "log", "opt"]

_NULL_DRAWS = 20_000
_GOLDEN, _MIX = 0x9E3779B97F4A7C15, (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)


@dataclass(frozen=True)
class WatermarkTest:
    """Whether a text carries a watermark."""

    p_value: float
    """How often a text without it would look as marked."""
    statistic: float
    tokens: int
    """That were scored: each distinct context once."""


@dataclass(frozen=True)
class GumbelWatermark:
    """A watermark that leaves the distribution of every token as it is: the Gumbel-max trick with a keyed hash.

    Each token w of probability p_w gets a number U_w, uniform on (0, 1), out of key and context; the one of largest
    ``log(U_w) / p_w`` is written. Who knows the key finds the U of written tokens too large. A token whose context
    stood in the text before is left to ordinary sampling, so that a text does not go round in circles.
    """

    key: int
    context: int = 4
    """Tokens that the numbers depend on: few are robust to edits, many are hard to learn by heart. Ours."""
    temperature: float = 1.0
    """Of the distribution that is marked."""

    def __post_init__(self) -> None:
        if self.context < 1:
            raise ValueError(f"context is {self.context}: give 1 token or more")
        if not self.temperature > 0:
            raise ValueError(f"temperature is {self.temperature}: greedy decoding leaves nothing to mark")

    def processor(self) -> "LogitsProcessor":
        """For ``generate(..., do_sample=True, logits_processor=[mark.processor()])``, with no other temperature.

        A processor is good for one call at a time.
        """
        from transformers import LogitsProcessor  # noqa: PLC0415 - for who generates alone

        mark = self

        class _Marks(LogitsProcessor):
            def __call__(self, input_ids: Any, scores: Any) -> Any:
                return mark.mark(input_ids, scores)

        return _Marks()

    def mark(self, input_ids: Any, scores: Any) -> Any:
        """Scores in which the chosen token alone is possible; of rows whose context is new.

        Args:
            input_ids: (rows, tokens) so far.
            scores: (rows, vocabulary), logits.
        """
        import torch  # noqa: PLC0415

        logs = torch.log_softmax(scores.double() / self.temperature, dim=-1)
        marked = scores / self.temperature
        for row, ids in enumerate(input_ids.tolist()):
            if len(ids) < self.context or _stood_before(ids, self.context):
                continue
            numbers = self._numbers(ids[-self.context :], np.arange(scores.shape[-1], dtype=np.uint64))
            gumbel = -torch.log(-torch.log(torch.as_tensor(numbers, device=scores.device)))
            chosen = int((logs[row] + gumbel).argmax())
            marked[row] = -torch.inf
            marked[row, chosen] = 0.0
        return marked

    def detect(self, ids: Sequence[int], *, statistic: Statistic = "ars", delta: float = 0.1) -> WatermarkTest:
        """Test whether a text carries this watermark.

        Args:
            ids: Tokens of the text, without the prompt.
            statistic: ``ars`` sums -log(1 - U), ``log`` sums log U; their law without a mark is a gamma's. ``opt`` is
                the best against the worst distribution whose likeliest token has at most 1 - delta; its law is
                simulated, so that its p-value is never below 1 in 20,001.
            delta: See `statistic`.

        Raises:
            ValueError: The text is not longer than the context.
        """
        pivots = self.pivots(ids)
        value, p = _test(pivots, statistic, delta)
        return WatermarkTest(p, value, len(pivots))

    def pivots(self, ids: Sequence[int]) -> NDArray[np.float64]:
        """The number U of each written token whose context is new: uniform on (0, 1) without a mark."""
        tokens = [int(each) for each in ids]
        if len(tokens) <= self.context:
            raise ValueError(f"a text of {len(tokens)} tokens is too short: contexts have {self.context}")
        contexts = set()
        numbers = []
        for at in range(self.context, len(tokens)):
            window = tuple(tokens[at - self.context : at])
            if window not in contexts:
                contexts.add(window)
                numbers.append(float(self._numbers(window, np.array([tokens[at]], dtype=np.uint64))[0]))
        return np.array(numbers)

    def _numbers(self, window: Sequence[int], tokens: NDArray[np.uint64]) -> NDArray[np.float64]:
        """U of each token in one context: a hash of key, context and token, mixed as splitmix64 does it."""
        digest = blake2b(repr((self.key, tuple(window))).encode(), digest_size=8).digest()
        with np.errstate(over="ignore"):
            z = np.uint64(int.from_bytes(digest, "little")) + (tokens + np.uint64(1)) * np.uint64(_GOLDEN)
            z = (z ^ (z >> np.uint64(30))) * np.uint64(_MIX[0])
            z = (z ^ (z >> np.uint64(27))) * np.uint64(_MIX[1])
            z ^= z >> np.uint64(31)
        numbers: NDArray[np.float64] = ((z >> np.uint64(11)).astype(np.float64) + 0.5) / 2.0**53
        return numbers


def green_list_test(green: int, scored: int, *, ratio: float = 0.25) -> WatermarkTest:
    """The exact test of a green-list watermark, from the counts that transformers' ``WatermarkDetector`` gives.

    The detector's own p-value is the normal approximation, which is too small far out.

    Args:
        green: Tokens on the list.
        scored: Tokens that were looked at; count each distinct one once (``ignore_repeated_ngrams=True``).
        ratio: The share of the vocabulary that is green.

    Raises:
        ValueError: There are more green tokens than tokens, or none.
    """
    from scipy.stats import binomtest  # type: ignore[import-untyped] # noqa: PLC0415 - slow to load

    if not 0 <= green <= scored or not scored:
        raise ValueError(f"{green} of {scored} tokens are green: give counts, the green ones no more than all")
    if not 0 < ratio < 1:
        raise ValueError(f"ratio is {ratio}: give a share between 0 and 1")
    z = (green - ratio * scored) / (scored * ratio * (1 - ratio)) ** 0.5
    return WatermarkTest(float(binomtest(green, scored, ratio, alternative="greater").pvalue), z, scored)


def _stood_before(ids: Sequence[int], context: int) -> bool:
    window = tuple(ids[-context:])
    return any(tuple(ids[at : at + context]) == window for at in range(len(ids) - context))


def _test(pivots: NDArray[np.float64], statistic: Statistic, delta: float) -> tuple[float, float]:
    """The statistic, and its p-value."""
    from scipy.stats import gamma  # noqa: PLC0415 - slow to load

    count = len(pivots)
    if statistic == "ars":
        value = float(-np.log1p(-pivots).sum())
        return value, float(gamma.sf(value, count))
    if statistic == "log":
        value = float(np.log(pivots).sum())
        return value, float(gamma.cdf(-value, count))
    if statistic != "opt":
        raise ValueError(f"statistic is {statistic!r}: choose ars, log or opt")
    if not 0 < delta < 1:
        raise ValueError(f"delta is {delta}: give a share between 0 and 1")
    value = float(_opt_score(pivots, delta).sum())
    rng = np.random.default_rng(0)
    draws = np.zeros(_NULL_DRAWS)
    for _ in range(count):
        draws += _opt_score(rng.random(_NULL_DRAWS), delta)
    return value, float((1 + (draws >= value).sum()) / (1 + _NULL_DRAWS))


def _opt_score(u: NDArray[np.float64], delta: float) -> NDArray[np.float64]:
    """``log(m u^(d / (1 - d)) + u^((1 - r) / r))`` with d = delta, m = floor(1 / (1 - d)), r = 1 - (1 - d) m."""
    times = floor(1 / (1 - delta) + 1e-12)
    rest = 1 - (1 - delta) * times
    mass = times * u ** (delta / (1 - delta))
    if rest > 1e-12:
        mass = mass + u ** ((1 - rest) / rest)
    scores: NDArray[np.float64] = np.log(mass)
    return scores
