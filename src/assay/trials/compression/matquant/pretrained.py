"""MatQuant on a real model: its 2 bits against training for 2 bits alone, and the same weights at other widths.

From one pretrained model every arm goes on with the same prose in the same order, for the same number of steps and at
the same rate; only how the feed-forward weights are read differs. What is measured is how often the likeliest next
token of prose that was held out is right, text by text, so that the figures of two arms are pairs. The plain model gets
about a third of these tokens right: so far can prose be guessed, and the arms lie between that and nothing.

Quantised after training, 8 and 6 bits cost a real model next to nothing and 4 bits a little, and 2 bits take all that
it knew. So 2 bits are where training must show what it is worth. Three arms train for them: plain QAT, which is the
baseline; MatQuant; and Single-Precision MatQuant, which trains the top 2 of 8 bits and no other width: what both gain
does not come from training widths together. It may come from the grid. The four values of a 2-bit code of its own lie a
third of a row's range apart, and none of them is near 0, where most weights are; the top 2 bits of an 8-bit code have
one that is. What that alone is worth is shown by codes that were cut without any training.

QAT for 8 bits stands beside them, since every arm also learns the prose: at 8 bits MatQuant is to be held against it,
not against the model before training.

Only the last blocks are quantised, and only their feed-forward weights are trained: some tens of steps can repair a
part of a model at 2 bits, where the paper takes 100 million tokens for a whole one. The budget on two cores: a pass
forward and backward takes 1.5 s, and for each step all arms together take six; the whole takes about seven minutes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter
from types import SimpleNamespace
from typing import Any

from torch import Tensor, nn

from assay.methods.compression.matquant import MatQuant, NestedLinear, Term, losses, sliced
from assay.testbed.evaluation import evaluate_by_text, split_windows
from assay.testbed.pretrained import LanguageModel
from assay.testbed.prose import gcide
from assay.testbed.training import train, windows
from assay.trials import Bench, trial

_PAPER = "2502.06786"
_PLAIN, _PTQ, _PTQ_SLICED = "not quantised, not trained", "quantised after training (PTQ)", "PTQ for int8, sliced"
_QAT, _QAT8, _SLICED = "QAT for int2", "QAT for int8", "QAT for int8, sliced"
_SINGLE, _OURS = "Single-Precision MatQuant", "MatQuant"
_ARMS: dict[str, MatQuant | None] = {
    _PTQ: None,
    _QAT: MatQuant(terms=(Term(2),), master=2),
    _QAT8: MatQuant(terms=(Term(8),)),
    _SINGLE: MatQuant(terms=(Term(2),)),
    _OURS: MatQuant(),
}
_WIDTHS = (2, 3, 4, 6, 8)
_READ: dict[str, Sequence[int]] = {_PTQ: _WIDTHS, _QAT: (2,), _QAT8: (2, 8), _SINGLE: (2,), _OURS: _WIDTHS}
"""The widths that an arm is read at."""
# Of 3e-4, 1e-3 and 3e-3 the best for QAT at 2 bits, MatQuant's baseline; all that train 2 bits have the same. What is
# trained for 8 bits alone begins with a model that is whole, and such a rate would break it.
_RATE, _RATE_AT_8 = 3e-3, 1e-4
_MOST = 10_000_000
"""Characters of a text to train on; more takes long to read."""

Figures = dict[str, list[float]]
"""``loss`` in nats and ``accuracy`` in per cent, of each held-out text."""


@dataclass(frozen=True)
class _Size:
    blocks: int
    """How many of the model's last blocks are quantised."""
    steps: int
    batch: int
    length: int
    held_out: tuple[int, int, int]
    """Texts, windows of a text, and tokens of a window."""


_QUICK = _Size(1, 1, 2, 16, (1, 1, 32))
_CPU = _Size(10, 28, 8, 64, (8, 4, 128))
_CUDA = _Size(10_000, 2_000, 16, 256, (32, 8, 256))


@dataclass(frozen=True)
class _Prose:
    """Token ids: to train on [n], and held out [texts, windows, length]."""

    train: Tensor
    held_out: Tensor


@trial(_PAPER, claim="int2-accuracy-gain", pretrained=True)
def int2_pretrained(bench: Bench) -> None:
    """Accuracy of a pretrained model at 2 bits: training for these alone against MatQuant, and what others keep."""
    size = bench.pick(quick=_QUICK, cpu=_CPU, cuda=_CUDA)
    blocks: int = bench.pretrained.model.config.get_text_config().num_hidden_layers
    quantised = range(max(0, blocks - size.blocks), blocks)
    before = bench.pretrained.quantisation
    lm = bench.on_pretrained(
        (f"weights that were quantised before, by {before}; " if before else "")
        + f"the feed-forward weights of the last {len(quantised)} of {blocks} blocks, {size.steps} steps of "
        f"{size.batch * size.length:,} tokens of {gcide().name} at a rate of {_RATE:g}, at int8 alone "
        f"{_RATE_AT_8:g}, from one seed, and next tokens of prose that was held out; instead of all blocks of Gemma-2 "
        "and Mistral, 100 million tokens and tasks"
    )
    prose = _split_prose(lm, size)
    plain = bench.once(_PLAIN, partial(evaluate_by_text, lm.model, prose.held_out))
    runs: dict[str, Any] = {}
    for arm in bench.progress(_ARMS, "arms"):
        runs[arm] = bench.once(arm, partial(_figures, lm, arm, quantised, size, prose, bench.seed))

    runs[_SLICED], runs[_PTQ_SLICED] = {"2": runs[_QAT8]["2"]}, {"2": runs[_PTQ]["2 of 8"]}

    def at(width: int, figure: str, *names: str) -> dict[str, list[float]]:
        figures = {arm: runs[arm][str(width)][figure] for arm in names}
        return figures | {_PLAIN: plain[figure][: len(figures[_OURS])]}

    two, eight = (2, (_QAT, _OURS, _SINGLE, _SLICED, _PTQ_SLICED, _PTQ)), (8, (_QAT8, _OURS, _PTQ))
    of_two, _ = (
        bench.compare(
            f"next tokens of held-out prose that are hit, at int{width}", at(width, "accuracy", *names),
            candidate=_OURS, baseline=names[0], unit="%", better="higher",
        )
        for width, names in (two, eight)
    )  # fmt: skip
    bench.claim(of_two)
    for width, names in (two, eight, (6, (_OURS, _PTQ)), (4, (_OURS, _PTQ)), (3, (_OURS, _PTQ))):
        name = f"held-out loss at int{width}" + (", never trained" if width in (3, 6) else "")
        bench.score(name, at(width, "loss", *names), candidate=_OURS, unit="nats", better="lower")
    by_width = {width: at(width, "loss", _OURS, _PTQ) for width in _WIDTHS}
    lines = {arm: [by_width[width][arm] for width in _WIDTHS] for arm in (_OURS, _PTQ, _PLAIN)}
    bench.curve("held-out loss by width", lines, candidate=_OURS, along="bits", at=_WIDTHS, unit="nats")
    seconds = {arm: runs[arm]["seconds"] for arm, config in _ARMS.items() if config is not None}
    bench.score("time of a training step", seconds, candidate=_OURS, unit="s", better="lower")


def _split_prose(lm: LanguageModel, size: _Size) -> _Prose:
    """Prose to train on, and some of other entries; a token is taken to have at most 8 characters."""
    entries = gcide()
    to_train_on, held_out = entries.split(len(entries.entries) // 20)
    texts, count, length = size.held_out
    unseen = split_windows(lm.ids(held_out.text()[: 8 * texts * count * length]), length=length, count=texts * count)
    # Up to ten times what is read, so that steps have little in common.
    text = lm.ids(to_train_on.text()[: min(_MOST, 80 * size.steps * size.batch * size.length)])
    return _Prose(text.cpu(), unseen.view(size.held_out))


def _figures(
    lm: LanguageModel, arm: str, blocks: range, size: _Size, prose: _Prose, seed: int
) -> dict[str, Figures | float]:
    """By width what an arm comes to, and ``seconds`` of a training step; the model is left as it was."""
    model: Any = lm.model
    config, figures = _ARMS[arm], dict[str, Any]()

    def read(width: int, key: str = "") -> None:
        # Half of the texts will do for widths that no two arms are compared at.
        texts = prose.held_out if width in (2, 8) else prose.held_out[: (len(prose.held_out) + 1) // 2]
        with sliced(model, width):
            figures[key or str(width)] = evaluate_by_text(model, texts)

    # The expression of the method, and a block's number before what it finds.
    targets = rf"^(?=.*\.(?:layers|h|blocks)\.(?:{'|'.join(map(str, blocks))})\.).*(?:{MatQuant.targets})"
    if config is None:
        for width in _READ[arm]:
            # Each width has codes of its own.
            MatQuant(terms=(Term(width),), master=width, targets=targets).apply(model)
            read(width)
            if width == 8:
                read(2, "2 of 8")
            MatQuant.revert(model)
        return figures
    replace(config, targets=targets).apply(model)
    weights = [layer.weight for layer in model.modules() if isinstance(layer, NestedLinear)]
    before = [weight.detach().clone() for weight in weights]
    model.requires_grad_(requires_grad=False)
    for weight in weights:
        weight.requires_grad = True
    batches = windows(prose.train, length=size.length, batch=size.batch, seed=seed + 1)
    rate = _RATE_AT_8 if arm == _QAT8 else _RATE
    began = perf_counter()
    train(_Joint(model), batches, steps=size.steps, lr=rate, weight_decay=0.0, seed=seed, what=arm)
    figures["seconds"] = (perf_counter() - began) / size.steps
    model.requires_grad_(requires_grad=False)
    for width in _READ[arm]:
        read(width)
    MatQuant.revert(model)
    for weight, earlier in zip(weights, before, strict=True):
        weight.copy_(earlier)
    return figures


class _Joint(nn.Module):
    """A nested model whose loss is the joint one, as the training loop wants it."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, **batch: Tensor) -> SimpleNamespace:
        return SimpleNamespace(loss=_InTurn(losses(self.model, batch)))


class _InTurn:
    """A joint loss that goes backward from each width before the next is computed: it takes the memory of one pass."""

    def __init__(self, passes: Iterator[Tensor]) -> None:
        self.passes, self.sum = passes, 0.0

    def backward(self) -> None:
        for loss in self.passes:
            loss.backward()  # type: ignore[no-untyped-call]
            self.sum += loss.item()

    def item(self) -> float:
        """The joint loss, once it has gone backward."""
        return self.sum
