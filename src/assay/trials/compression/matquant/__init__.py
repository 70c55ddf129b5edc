"""MatQuant cut to 2 bits against training for 2 bits alone, and what the same weights are worth at other widths.

A small Llama learns Python's standard library until it gains little more. From that one model every arm goes on with
the same batches in the same order for the same number of steps and rates; only how weights are read differs. Three
seeds draw three orders. The paper's figure is the average of question-answering tasks that so small a model cannot
answer; ours is how often the likeliest next token of held-out source code is the right one.

Single-Precision MatQuant, which trains the 2 bits of an 8-bit code and no other width, stands beside MatQuant wherever
2 bits are shown: what both gain does not come from training widths together. A step of MatQuant takes three passes,
so that at the same number of tokens it takes about three times as long; that is timed and shown as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import mean
from types import SimpleNamespace
from typing import Any, cast

from torch import Tensor, nn
from transformers import PreTrainedModel

from assay.methods.compression.matquant import MatQuant, NestedLinear, Term, joint_loss, mean_bits, sliced
from assay.testbed.cache import load_or_train
from assay.testbed.evaluation import evaluate, split_windows
from assay.testbed.models import tiny
from assay.testbed.sweep import Runs, run_seeds
from assay.testbed.text import library_tokens
from assay.testbed.training import Batches, one_thread, train, train_once, windows
from assay.trials import Bench, show_overhead, trial

_PAPER = "2502.06786"
_OURS, _SINGLE, _EXTRA = "MatQuant", "Single-Precision MatQuant", "MatQuant with an extra bit"
_DISTILLED = "MatQuant, 2 bits taught by 8"
_UNQUANTISED, _PTQ = "trained on in full precision", "quantised after training (PTQ)"
_WIDTHS = (8, 6, 4, 3, 2)


def _alone(width: int) -> MatQuant:
    return MatQuant(terms=(Term(width),), master=width)


def _qat(width: int) -> str:
    return f"QAT for int{width}"


_ARMS: dict[str, MatQuant | None] = {
    _UNQUANTISED: None,
    **{_qat(width): _alone(width) for width in _WIDTHS},
    _SINGLE: MatQuant(terms=(Term(2),)),
    _OURS: MatQuant(),
    _DISTILLED: MatQuant(terms=(Term(8, 0.1), Term(4, 0.1), Term(2, 1.0, teacher=8))),
    _EXTRA: MatQuant(extra_bit=True),
}
_BY_SEED = [_UNQUANTISED, _qat(8), _qat(4), _qat(2), _SINGLE, _OURS]
_FROM_ONE_SEED = [_qat(6), _qat(3), _DISTILLED]
"""Arms that are only shown: one seed has to do."""
_VOCAB, _LENGTH = 512, 64
# The best of 3e-4, 1e-3 and 3e-3 for QAT at 2 bits, MatQuant's baseline; all arms have the same.
_RATE = 1e-3


@dataclass(frozen=True)
class _Size:
    hidden: int
    layers: int
    steps: int
    """Until the model gains little more."""
    more: int
    """Of every arm, after that."""
    batch: int


@trial(_PAPER, claim="int2-accuracy-gain")
def int2(bench: Bench) -> None:
    """Accuracy at 2 bits: training for 2 bits alone against MatQuant, and what MatQuant keeps at other widths."""
    runs = _run(bench, _BY_SEED, one_seed=_FROM_ONE_SEED)
    arms = {_qat(2): _qat(2), _OURS: _OURS, _SINGLE: _SINGLE, f"{_DISTILLED} (one seed)": _DISTILLED}
    accuracy = _at(runs, 2, "accuracy", arms | _SLICED | {_PTQ: _UNQUANTISED})
    name = "next tokens of held-out source code that are hit, at int2"
    bench.claim(bench.compare(name, accuracy, candidate=_OURS, baseline=_qat(2), unit="%", better="higher"))
    for width in _WIDTHS:
        name = f"held-out loss at int{width}" + (", never trained" if width in (6, 3) else "")
        alone = _qat(width) + (" (one seed)" if _qat(width) in _FROM_ONE_SEED else "")
        arms = {_OURS: _OURS, alone: _qat(width), _SINGLE: _SINGLE, _PTQ: _UNQUANTISED}
        arms |= _SLICED if width < 8 else {}
        bench.score(name, _at(runs, width, "loss", arms), candidate=_OURS, unit="nats", better="lower")
    codes = _at(runs, 8, "code", {arm: arm for arm in (_OURS, _SINGLE, _qat(8))})
    bench.score("mean 8-bit code, as a share of 255", codes, candidate=_OURS, better="higher")
    _show_overhead(bench)


@trial(_PAPER, claim="int8-task-average")
def int8(bench: Bench) -> None:
    """Accuracy at 8 bits: training for 8 bits alone against MatQuant, whose 8 bits serve 2 as well."""
    arms = [_SINGLE, _UNQUANTISED, _qat(8), _OURS]
    accuracy = _run(bench, arms).figures(lambda run: run["8"]["accuracy"])
    name = "next tokens of held-out source code that are hit, at int8"
    bench.claim(bench.compare(name, accuracy, candidate=_OURS, baseline=_qat(8), unit="%", better="higher"))


@trial(_PAPER, claim="extra-bit-gain")
def extra_bit(bench: Bench) -> None:
    """Accuracy at 2 bits: MatQuant without and with an extra bit for codes beyond the top."""
    runs = _run(bench, [_OURS, _EXTRA])
    arms = {arm: arm for arm in (_OURS, _EXTRA)}
    accuracy, loss = (_at(runs, 2, figure, arms) for figure in ("accuracy", "loss"))
    name = "next tokens of held-out source code that are hit, at int2"
    bench.claim(bench.compare(name, accuracy, candidate=_EXTRA, baseline=_OURS, unit="%", better="higher"))
    # An extra bit for few codes is hardly more than two; rows as short as ours have more of these than the paper's.
    bits = {_EXTRA: runs.of(_EXTRA, lambda run: run["2"]["bits"]), _OURS: [2.0]}
    bench.score("bits of a weight", bits, candidate=_EXTRA, better="lower", at_most=2.1)
    bench.score("held-out loss at int2", loss, candidate=_EXTRA, unit="nats", better="lower")


_SLICED = {f"{_qat(8)}, sliced": _qat(8)}


def _at(runs: Runs, width: int, figure: str, arms: Mapping[str, str]) -> dict[str, list[float]]:
    """A figure at a width, of each seed, by the name that an arm goes by at this width."""
    return {name: runs.of(arm, lambda run: run[str(width)][figure]) for name, arm in arms.items()}


def _show_overhead(bench: Bench) -> None:
    size = _size(bench)
    models: dict[str, nn.Module] = {_UNQUANTISED: _new(size)}
    for arm, config in ((_qat(2), _alone(2)), (_OURS, MatQuant())):
        model = _new(size)
        config.apply(model)
        models[arm] = _Joint(model)
    with one_thread():
        show_overhead(bench, models, candidate=_OURS, baseline=_qat(2), batch=_batches(size, 0)(0))


def _size(bench: Bench) -> _Size:
    return bench.pick(
        quick=_Size(32, 2, 300, 40, 8), cpu=_Size(64, 3, 1_000, 80, 16), cuda=_Size(256, 6, 5_000, 500, 64)
    )


def _run(bench: Bench, arms: Sequence[str], *, one_seed: Sequence[str] = ()) -> Runs:
    """By arm, its figures from each seed, or from the first."""
    size = _size(bench)
    before, more = (steps * size.batch * _LENGTH for steps in (size.steps, size.more))
    bench.setting(
        "trained here",
        model=f"Llama, {size.hidden} wide, {size.layers} layers",
        differs=f"trained on {before:,} tokens of Python source and then {more:,} in each arm at a rate of {_RATE:g}; "
        "next tokens, not tasks; instead of Gemma-2 and Mistral and 100 million tokens",
    )
    run = partial(_figures, bench, size)
    return run_seeds(run, arms=[*arms, *one_seed], seeds=bench.seeds(cpu=3), one_seed=one_seed, once=bench.once)


def _figures(bench: Bench, size: _Size, arm: str, seed: int) -> dict[str, dict[str, float]]:
    """By width: loss in nats, accuracy in per cent on held-out text, bits of a weight, mean code by the largest."""
    model: Any = _train(size, arm, seed, bench.device.type)
    model.to(bench.device)
    text = split_windows(_texts()[1], length=_LENGTH, count=bench.pick(quick=96, cpu=256))
    figures = {}
    for width in _WIDTHS:
        config = _ARMS[arm] or _alone(width)  # what was never quantised gets codes of the width it is read at
        if width <= config.master:
            config.apply(model)
            codes = [layer.codes().values.float() for layer in model.modules() if isinstance(layer, NestedLinear)]
            with sliced(model, width):
                figures[str(width)] = evaluate(model, text) | {
                    "bits": mean_bits(model, width),
                    "code": mean(float(values.mean()) for values in codes) / (2**config.master - 1),
                }
            MatQuant.revert(model)
    return figures


def _train(size: _Size, arm: str, seed: int, device: str) -> PreTrainedModel:
    """The pretrained model after the arm's training: full-precision weights, in a stock architecture."""
    config = _ARMS[arm]

    def build() -> PreTrainedModel:
        model: Any = train_once(
            {"pretrained": vars(size)}, partial(_new, size), _batches(size, 0),
            device=device, steps=size.steps, what="the model that all arms begin with",
        )  # fmt: skip
        model.to(device)
        if config is not None:
            config.apply(model)
        batches = _batches(size, seed + 1)
        train(model if config is None else _Joint(model), batches, steps=size.more, lr=_RATE, seed=seed, what=arm)
        return cast("PreTrainedModel", model if config is None else MatQuant.revert(model))

    return load_or_train({"arm": arm, "size": vars(size), "seed": seed, "device": device}, build)


def _new(size: _Size) -> PreTrainedModel:
    return tiny("llama", vocab_size=_VOCAB, hidden=size.hidden, layers=size.layers)


class _Joint(nn.Module):
    """A nested model whose loss is the joint one, as the training loop wants it."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, **batch: Tensor) -> SimpleNamespace:
        return SimpleNamespace(loss=joint_loss(self.model, batch))


def _texts() -> tuple[Tensor, Tensor]:
    """Token ids to learn from, and held out."""
    return library_tokens(_VOCAB, characters=1_500_000)


def _batches(size: _Size, seed: int) -> Batches:
    return windows(_texts()[0], length=_LENGTH, batch=size.batch, seed=seed)
