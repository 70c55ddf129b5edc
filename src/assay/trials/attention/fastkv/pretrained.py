"""FastKV on a real model: a number hidden in 1,000 to 1,400 tokens of an encyclopedia, asked for at the end.

The numbers of two or three places stand in the prose (`assay.testbed.tasks.hidden_number`): the plain model answers
most questions but not all, so that arms can part. Against the full cache stand SnapKV, which reads everything and
stores what the end of the prompt attends to, and StreamingLLM, which stores the first four tokens and the last ones. An
answer is right if the first number in it is; where hardly any is, its first digits still tell arms apart.

The claim's own figure is the time to the first token at the default setting: half of the layers read everything (as
the authors' 0 to 15 of 32), 20 % of the tokens go on, 10 % are stored, the window is 8. It counts as seen only if right
answers stay. Then each knob alone: the share stored, the window, the layer, the share that goes on. The chat format
ends in five tokens that ask nothing, and an answer begins with words; so the same prompts are also read with the answer
begun up to its number, where the window holds the query that looks the number up.

What is stored at any share comes out of one reading, since it does not change how a prompt is read, and the answers of
all arms to a prompt are written in batches. On two cores that takes about 20 s a prompt, and the timing a minute.
"""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from itertools import takewhile
from statistics import fmean
from typing import Any

import torch

from assay.methods.attention.fastkv import FastKV
from assay.testbed.pretrained import LanguageModel
from assay.testbed.prose import foldoc
from assay.testbed.tasks.hidden_number import HiddenNumber, hide_numbers
from assay.trials import Bench, trial
from assay.trials.attention.fastkv import _sinks_and_recent
from assay.trials.attention.fastkv._asking import find_number
from assay.trials.intervals import share_interval

_PAPER = "2502.01068"
_OURS, _FULL, _SNAPKV, _STREAMING = "FastKV", "full cache", "SnapKV", "StreamingLLM"
_WHOLE = FastKV(tsp_rate=1.0)
"""SnapKV: every layer reads the whole prompt."""
_RECENT = replace(_WHOLE, score=_sinks_and_recent)
_EVERYTHING = replace(_WHOLE, retain_rate=1.0)
"""The full cache."""


@dataclass(frozen=True)
class _Sizes:
    count: int
    tokens: tuple[int, int]
    """Of the prose of a prompt."""
    shares: tuple[float, ...] = (0.05, 0.1, 0.2, 0.3, 0.5)
    """Of the prompt, stored; the default of 0.1 is among them."""
    windows: tuple[int, ...] = (8, 32, 64)
    lower: tuple[float, ...] = (1 / 2, 5 / 8, 3 / 4)
    """Of the layers, those that read everything."""
    onward: tuple[float, ...] = (0.2, 0.5)
    """Of the prompt, what goes on to the layers above."""
    fixed: float = 0.2
    """The share that is stored while the other knobs are turned: at the default, all that goes on."""


@trial(_PAPER, claim="prefill-speedup", pretrained=True)
def answering(bench: Bench) -> None:
    """Time to the first token of a real prompt, against the full cache, while right answers stay."""
    sizes = bench.pick(
        quick=_Sizes(1, (60, 80), (0.1, 0.2), (8, 12), (1 / 2, 3 / 4), (0.2,)),
        cpu=_Sizes(12, (1_000, 1_400)),
        cuda=_Sizes(96, (1_000, 1_400)),
    )
    low, high = sizes.tokens
    lm = bench.on_pretrained(
        f"questions for a number hidden in {low:,} to {high:,} tokens of {foldoc().name}, {sizes.count} of them, "
        "not LongBench"
    )
    questions = hide_numbers(
        foldoc(), lambda text: len(lm.ids(text)), count=sizes.count, tokens=sizes.tokens, seed=bench.seed
    )
    _time_reading(bench, lm, questions)
    _show_answers(bench, lm, questions, sizes)


def _time_reading(bench: Bench, lm: LanguageModel, questions: Sequence[HiddenNumber]) -> None:
    """Time to the first token of the longest prompt, at the default setting."""
    ids = max((lm.prompt(question.request) for question in questions), key=len)[None]
    model: Any = lm.model

    @torch.no_grad()
    def read(press: FastKV | None) -> Any:
        with press(model) if press else nullcontext() as reading:
            model(ids, logits_to_keep=1)
        return reading

    ours = FastKV(tsp_layer=_last_of(lm, 1 / 2))
    presses = {_FULL: None, _OURS: ours, _SNAPKV: _WHOLE, _STREAMING: _RECENT}
    calls = {arm: partial(read, press) for arm, press in presses.items()}
    bench.budget = min(bench.budget, 60.0)
    bench.claim(bench.time("time to first token", calls, candidate=_OURS, baseline=_FULL))
    bench.score("tokens of that prompt", ids.shape[1], better="higher")
    work = read(ours).report().flop_ratio
    bench.score("work of the full prefill over FastKV's", work, better="higher", unit="x")


def _show_answers(bench: Bench, lm: LanguageModel, questions: Sequence[HiddenNumber], sizes: _Sizes) -> None:
    """Right answers of every arm, in per cent of the questions."""
    ours, snapkv, recent = (
        replace(press, retain_rate=sizes.fixed) for press in (FastKV(tsp_layer=_last_of(lm, 1 / 2)), _WHOLE, _RECENT)
    )
    stored = {
        name: [replace(press, retain_rate=share) for share in sizes.shares]
        for name, press in ((_OURS, ours), (_SNAPKV, snapkv), (_STREAMING, recent))
    }
    windows = {
        name: [replace(press, window=window) for window in sizes.windows]
        for name, press in ((_OURS, ours), (_SNAPKV, snapkv))
    }
    fixed = {_FULL: _EVERYTHING, _OURS: ours, _SNAPKV: snapkv}
    lower = {_OURS: [replace(ours, tsp_layer=_last_of(lm, part)) for part in sizes.lower]}
    onward = {_OURS: [*(replace(ours, tsp_rate=share) for share in sizes.onward), snapkv]}
    curves: list[tuple[str, Sequence[float], Mapping[str, Sequence[FastKV]]]] = [
        ("% of the prompt stored", [100 * share for share in sizes.shares], stored),
        ("tokens of the window", sizes.windows, windows),
        ("% of the layers that read everything", [100 * part for part in sizes.lower], lower),
        ("% of the prompt that goes on", [*(100 * share for share in sizes.onward), 100.0], onward),
    ]
    at_fixed = f"with {sizes.fixed:.0%} stored"
    digits = f"digits before the first wrong one {at_fixed}"
    presses = {press: None for _, _, arms in curves for line in arms.values() for press in line}
    numbers, needed = _ask(bench, lm, questions, [*presses, _EVERYTHING])
    _compare(bench, sizes, questions, numbers, stored)
    for along, at, arms in curves:
        # With so little stored as while other knobs are turned, hardly a number is found whole: parts of it tell more.
        what, unit, measure = ("right answers", "%", _per_cent) if arms is stored else (digits, "digits", _right_digits)
        lines = {arm: [measure(questions, numbers[press]) for press in line] for arm, line in arms.items()}
        bench.curve(f"{what}, by {along}", lines, candidate=_OURS, along=along, at=at, unit=unit)
    begun, needed_begun = _ask(bench, lm, questions, [_EVERYTHING, ours, snapkv], begun=True)
    for name, unit, measure in ((f"right answers {at_fixed}", "%", _per_cent), (digits, "digits", _right_digits)):
        for when, by_press in (("", numbers), (", once the answer is begun", begun)):
            shown = {arm: measure(questions, by_press[press]) for arm, press in fixed.items()}
            bench.score(name + when, shown, candidate=_OURS, better="higher", unit=unit)
    layers = {_OURS: needed, "with the answer begun": needed_begun}
    name = "share of the tokens that have to go on for the number to be among them"
    bench.curve(name, layers, candidate=_OURS, along="layer", at=range(len(needed)), unit="%")


def _compare(
    bench: Bench,
    sizes: _Sizes,
    questions: Sequence[HiddenNumber],
    numbers: Mapping[FastKV, Sequence[str]],
    stored: Mapping[str, Sequence[FastKV]],
) -> None:
    """What is right at the default setting and what is lost there, and the least share that will do."""
    default = sizes.shares.index(FastKV().retain_rate)
    presses = {_FULL: _EVERYTHING} | {arm: line[default] for arm, line in stored.items()}
    right = {arm: _per_cent(questions, numbers[press]) for arm, press in presses.items()}
    bench.score("right answers at the default setting", right, candidate=_OURS, better="higher", unit="%")
    loss = right[_FULL] - right[_OURS]
    bench.score("right answers lost to the full cache", loss, better="lower", unit="points", at_most=2.0)
    name = "right answers of the full cache"
    bench.score(name, right[_FULL], better="higher", unit="%", at_least=60.0, binds="measurement")
    least, _ = share_interval(right[_FULL] / 100, len(questions))
    bench.score("lower end of their 90 % interval", 100 * least, better="higher", unit="%")
    usable = {
        arm: 100 * least_share(sizes.shares, [_per_cent(questions, numbers[press]) for press in line], 100 * least)
        for arm, line in stored.items()
    }
    name = "least share stored from which on right answers are in that interval"
    bench.score(name, usable, candidate=_OURS, better="lower", unit="%")


def _ask(
    bench: Bench,
    lm: LanguageModel,
    questions: Sequence[HiddenNumber],
    presses: Sequence[FastKV],
    *,
    begun: bool = False,
) -> tuple[dict[FastKV, list[str]], list[list[float]]]:
    """The number that each press finds for each question; for each layer and question, `Layer.share_for` the number."""
    what = "begun answers" if begun else "answers"
    rows = [
        bench.once(f"{what} to question {number}", partial(find_number, lm, question, presses, begun=begun))
        for number, question in enumerate(bench.progress(questions, what))
    ]
    columns = zip(*(numbers for numbers, _ in rows), strict=True)
    numbers = {press: list(column) for press, column in zip(presses, columns, strict=True)}
    return numbers, [list(shares) for shares in zip(*(shares for _, shares in rows), strict=True)]


def _last_of(lm: LanguageModel, part: float) -> int:
    """The last of the lower `part` of the layers."""
    layers: int = lm.model.config.num_hidden_layers
    return min(round(part * layers), layers - 1) - 1


def _per_cent(questions: Sequence[HiddenNumber], numbers: Sequence[str]) -> float:
    """How many of the numbers are right."""
    return 100 * fmean(question.number == number for question, number in zip(questions, numbers, strict=True))


def _right_digits(questions: Sequence[HiddenNumber], numbers: Sequence[str]) -> float:
    """`right_digits`, on average."""
    return fmean(map(right_digits, questions, numbers))


def right_digits(question: HiddenNumber, number: str) -> int:
    """How many digits of a number are right before the first that is wrong."""
    pairs = zip(question.number, number, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def least_share(shares: Sequence[float], right: Sequence[float], least: float) -> float:
    """The least share stored from which on right answers never fall under `least`; not a number if there is none."""
    usable = float("nan")
    for share, each in sorted(zip(shares, right, strict=True), reverse=True):
        if each < least:
            break
        usable = share
    return usable
