"""Steel-LLM's recipe in miniature: the ratio of languages, fused kernels, and the block that it has no figure of.

*The ratio.* Python's source is the majority language and its English help texts are the minority. A decoder whose
feed-forward block is the paper's, made causal, reads 80 % of the one and 20 % of the other; it is then fine-tuned on
texts that it has not seen, with and without 20 % of the minority added to the same windows of the majority. The paper's
figure is accuracy in an exam in the majority language, ours that of the next token in held-out source. So are the
other two rows of the paper's table that are about ratios (as much English as Chinese, and the bare majority), and one
that it lacks: the majority alone with as many tokens as the candidate sees. More tokens are no merit of a ratio.

*The block.* The paper has no ablation, so no claim of its own. What its block gains and what it leaks stands beside the
ratio, since an accuracy means nothing in a model that sees the next token: dense networks with as many parameters as
one expert (what a slot is put through, the active ones of the sequence mode) and as all (what the causal modes use for
every token), the gated-twice network alone, both causal mixtures, and the paper's own sequence mode, whose loss in
training is set beside its loss in use. That the causal mixtures do not leak is a condition on the measurement.

*The kernels.* Attention, norms and optimizer as they are without fusing, against those that PyTorch fuses on this
machine; the losses must be the same. The paper also fuses rotary embeddings and cross-entropy, for which there is no
kernel here, and compares on GPUs.

The long size of the ratio reads prose: the definitions of a dictionary as the majority and those of an encyclopedia of
computing as the minority, on windows of twice the length and in three times the steps. Blocks are trained from one seed
at one rate there, and not timed. That is six minutes on one quiet core; within an hour 128 wide and 2,000 steps of
pre-training would be possible.
"""

from functools import cache, partial
from statistics import mean, median
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from assay.methods.architecture.soft_moe_ffn import SoftMoE, causality_report
from assay.testbed.evaluation import split_windows
from assay.testbed.models import tiny
from assay.testbed.prose import foldoc, gcide
from assay.testbed.reading import reading
from assay.testbed.sweep import Runs, sweep
from assay.testbed.text import bpe_tokenizer, library_tokens, pydoc_topics, stdlib_source
from assay.testbed.training import mixed_windows, train, windows
from assay.trials import Bench, show_overhead, trial

_PAPER = "2502.06635"
_EXPERTS = 6  # the paper's
_SMALL, _DENSE, _TWICE = "dense, parameters of one expert", "dense, parameters of all", "gated twice, no mixture"
_TOKEN, _PREFIX, _SEQUENCE = "causal, per token", "causal, prefix slots", "the paper's, over the sequence"
_BLOCKS = (_SMALL, _DENSE, _TWICE, _TOKEN, _PREFIX, _SEQUENCE)
_ALONE, _LONGER, _FIFTH, _HALF = "majority only", "majority only, as many tokens", "20% added", "100% added"
_RATIOS = {_ALONE: (8, 0), _LONGER: (10, 0), _FIFTH: (8, 2), _HALF: (8, 8)}
"""Windows of the majority and of the minority in a batch; 8 and 2 is how pre-training mixes them."""
_SMOOTHED = 10  # steps
_MOST_LEAK = 1e-5  # of a token's own effect: rounding


@trial(_PAPER, claim="matched-language-ratio-ceval", long=True)
def language_ratio(bench: Bench) -> None:
    """Fine-tuning on the majority language alone against the ratio of pre-training, with the block made causal."""
    size = bench.pick(
        quick=_Size(32, 2, 32, 8, 20), cpu=_Size(64, 2, 32, 8, 100), cuda=_Size(512, 12, 1024, 16, 600),
        long=_Size(64, 2, 64, 8, 300, vocab=1024, prose=True),
    )  # fmt: skip
    majority, minority = _NAMES[size.prose]
    runs = _tuned(bench, size)
    accuracy = bench.compare(
        f"next-token accuracy in held-out {majority}", runs.figures("accuracy"),
        candidate=_FIFTH, baseline=_ALONE, unit="%", better="higher",
    )  # fmt: skip
    bench.claim(accuracy)
    name = f"next-token accuracy in held-out {minority}"
    bench.score(name, runs.figures("minority"), candidate=_FIFTH, unit="%", better="higher")
    _show_blocks(bench, size)


@trial(_PAPER, claim="training-throughput")
def throughput(bench: Bench) -> None:
    """Training with unfused attention, norms and optimizer against the fused ones that PyTorch has here."""
    size = bench.pick(quick=_Size(64, 2, 64, 2, 2), cpu=_Size(128, 4, 512, 2, 3), cuda=_Size(2048, 24, 2048, 8, 3))
    bench.setting(
        "simulated",
        model=f"untrained Qwen2, {size.hidden} wide, {size.layers} layers",
        differs=f"dense, on {size.batch} windows of {size.length} "
        "tokens, fused attention, norms and AdamW, instead of a model of 1.8B parameters on an A100 with rotary "
        "embeddings and cross-entropy fused as well",
    )
    arms = {arm: _Step(bench, size, arm) for arm in _KERNELS}
    losses = {arm: [step() for _ in range(size.steps)][-1] for arm, step in arms.items()}
    name = f"time of a training step of {size.batch * size.length:,} tokens"
    bench.claim(bench.time(name, arms, candidate=_FUSED, baseline=_UNFUSED))
    gap = abs(losses[_FUSED] - losses[_UNFUSED])
    name = f"loss after {size.steps} steps, difference from unfused"
    bench.score(name, gap, unit="nats", better="lower", at_most=1e-3)


class _Size(NamedTuple):
    hidden: int
    layers: int
    length: int
    batch: int
    steps: int
    vocab: int = 512
    prose: bool = False


# The ratio


def _tuned(bench: Bench, size: _Size) -> Runs:
    """Every ratio at every rate from one seed, and at its best from the others; ``loss`` is that of the majority."""
    pretraining, tuning = 2 * size.steps, size.steps // 3
    rate, (majority, minority) = _rate(bench), _NAMES[size.prose]
    # The paper's fine-tuning has a fifteenth of the rate of its pre-training.
    rates = bench.pick(quick=[rate / 3], cpu=[rate / 15, rate / 3])
    bench.setting(
        "trained here",
        model=f"Qwen2, {size.hidden} wide, {size.layers} layers",
        differs=f"{_EXPERTS} gated-twice experts per token, "
        f"{pretraining} steps on {majority} and {minority} 80/20 at {rate:.2g} and {tuning} steps of fine-tuning on "
        "unseen ones; next tokens instead of CEVAL, 1.12B parameters, a trillion tokens and fine-tuning on "
        "instructions",
    )

    @cache
    def pretrained(seed: int) -> Any:
        source, topics = (language.known for language in _languages(size))
        model = _model(size, _TOKEN, seed)
        batches = mixed_windows((source, 8), (topics, 2), length=size.length, seed=seed)
        train(model.to(bench.device), batches, steps=pretraining, lr=rate, seed=seed, what="pre-training")
        return model

    def run(arm: str, rate: float, seed: int) -> dict[str, float]:
        source, topics = _languages(size)
        model = _model(size, _TOKEN, seed)
        model.load_state_dict(pretrained(seed).state_dict())
        counts = _RATIOS[arm]
        batches = mixed_windows((source.new, counts[0]), (topics.new, counts[1]), length=size.length, seed=seed + 1_000)
        train(model.to(bench.device), batches, steps=tuning, lr=rate, seed=seed, what=arm)
        loss, accuracy = _examined(model, source.held_out, size.length)
        return {"loss": loss, "accuracy": accuracy, "minority": _examined(model, topics.held_out, size.length)[1]}

    return sweep(run, arms=list(_RATIOS), rates=rates, seeds=bench.seeds(cpu=3), once=bench.once).tuned


class _Language(NamedTuple):
    """Token ids: for pre-training, for fine-tuning, and held out."""

    known: Tensor
    new: Tensor
    held_out: Tensor


_NAMES = {False: ("source", "help texts"), True: ("dictionary prose", "encyclopedia prose")}
"""The majority and the minority, of the sizes that read no prose and of those that do."""


@cache
def _languages(size: _Size) -> tuple[_Language, _Language]:
    """The majority and the minority, in the tokens of both."""
    if size.prose:
        texts = (gcide().text(1_500_000), foldoc().text(1_500_000))
    else:
        texts = (stdlib_source(460_000), pydoc_topics()[:460_000])
    tokenizer = bpe_tokenizer(texts, size.vocab)

    def parts(text: str) -> _Language:
        known, new = int(len(text) * 0.7), int(len(text) * 0.9)
        pieces = (text[:known], text[known:new], text[new:])
        return _Language(*(torch.tensor(tokenizer(piece)["input_ids"]) for piece in pieces))

    return parts(texts[0]), parts(texts[1])


@torch.no_grad()
def _examined(model: Any, text: Tensor, length: int) -> tuple[float, float]:
    """Loss in nats a token, and per cent of next tokens that are the likeliest one, on 128 windows."""
    ids = split_windows(text, length=length, count=128).to(model.device)
    out = torch.cat([model(part, use_cache=False).logits[:, :-1] for part in ids.split(32)]).flatten(0, 1)
    answers = ids[:, 1:].flatten()
    return functional.cross_entropy(out, answers).item(), 100 * (out.argmax(-1) == answers).double().mean().item()


# The block


def _show_blocks(bench: Bench, size: _Size) -> None:
    """Loss as trained and as used, leak and costs of every block."""

    def run(arm: str, rate: float, seed: int) -> dict[str, Any]:
        model = _model(size, arm, seed).to(bench.device)
        batches = windows(known, length=size.length, batch=size.batch, seed=seed)
        losses = train(model, batches, steps=size.steps, lr=rate, weight_decay=0.05, seed=seed, what=arm)
        report = causality_report(model, split_windows(held_out, length=size.length, count=32).to(bench.device))
        return {
            "loss": report.teacher_forced_loss,
            "used": report.decoded_loss,
            "gap": report.decoded_loss - report.teacher_forced_loss,
            "leak": report.leak / report.own,
            "losses": [mean(losses[end - _SMOOTHED : end]) for end in range(_SMOOTHED, size.steps + 1, _SMOOTHED)],
            "parameters": sum(parameter.numel() for parameter in model.parameters()),
        }

    rate, text = _rate(bench), reading(size.vocab, prose=size.prose)
    known, held_out = text.known, text.held_out
    rates = bench.pick(quick=[rate], cpu=[rate, 3 * rate], long=[rate])
    runs = sweep(run, arms=_BLOCKS, rates=rates, seeds=bench.seeds(cpu=3, long=1), once=bench.once).tuned
    ours: dict[str, Any] = {"candidate": _TOKEN, "better": "lower"}
    bench.score("loss of each block, as trained", runs.figures("loss"), unit="nats", **ours)
    bench.score("loss of each block, decoded token by token", runs.figures("used"), unit="nats", **ours)
    leaks = {arm: [max(each)] for arm, each in runs.figures("leak").items()}
    name = "change of earlier logits when the last token changes, by that of its own"
    bench.score(name, leaks, at_most=_MOST_LEAK, binds="measurement", **ours)
    gaps = runs.figures("gap")
    largest = {
        _TOKEN: max(abs(gap) for arm in (_TOKEN, _PREFIX) for gap in gaps[arm]),
        _SEQUENCE: median(gaps[_SEQUENCE]),
    }
    name = "loss decoded less loss as trained, the larger of both causal blocks"
    bench.score(name, largest, unit="nats", at_most=1e-3, binds="measurement", **ours)
    bench.score("parameters", runs.figures("parameters"), **ours)
    bench.curve(
        "loss of each block in training", runs.points("losses"),
        candidate=_TOKEN, along="steps", at=range(_SMOOTHED, size.steps + 1, _SMOOTHED), unit="nats",
    )  # fmt: skip
    if bench.long:
        return
    models = {arm: _model(size, arm, bench.seed) for arm in (_DENSE, _TOKEN, _PREFIX, _SEQUENCE)}
    batch = windows(known, length=size.length, batch=size.batch, seed=bench.seed)(0)
    show_overhead(bench, models, candidate=_TOKEN, baseline=_DENSE, batch=batch)


def _model(size: _Size, arm: str, seed: int) -> Any:
    """A new Qwen2 with the block of an arm; experts are a quarter as wide as the model, as the paper's."""
    width, heads = size.hidden // 4, max(2, size.hidden // 32)
    matrices = {_SMALL: 4 * width, _DENSE: 4 * width * _EXPERTS}  # of a gated-twice network; dense ones have three
    model = tiny(
        "qwen2", vocab_size=size.vocab, hidden=size.hidden, layers=size.layers, heads=heads, kv_heads=heads,
        intermediate=round(matrices.get(arm, 3) / 3), seed=seed,
    )  # fmt: skip
    change = {
        _TWICE: SoftMoE(mode="dense", experts=1, width=width * _EXPERTS),
        _TOKEN: SoftMoE(mode="token", experts=_EXPERTS, width=width),
        _PREFIX: SoftMoE(mode="prefix", experts=_EXPERTS, width=width),
        _SEQUENCE: SoftMoE(mode="sequence", experts=_EXPERTS, width=width, allow_leak=True),
    }
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if arm in change:
            change[arm].apply(model)
    return model


def _rate(bench: Bench) -> float:
    """Of pre-training: the paper's; on a CPU more, since models so narrow learn next to nothing at it so soon."""
    return bench.pick(cpu=6e-3, cuda=3e-4)


# The kernels

_UNFUSED, _FUSED = "unfused", "fused"
_KERNELS = {
    _UNFUSED: (False, False, False),
    _FUSED: (True, True, True),
    "fused attention only": (True, False, False),
    "fused norms only": (False, True, False),
    "fused AdamW only": (False, False, True),
}
"""Whether attention, norms and optimizer are fused."""


class _Step:
    """A step of training on one batch with the kernels of an arm; called, it returns the loss before the step."""

    def __init__(self, bench: Bench, size: _Size, arm: str) -> None:
        attention, norms, optimizer = _KERNELS[arm]
        model: Any = tiny(
            "qwen2", vocab_size=size.vocab, hidden=size.hidden, layers=size.layers, heads=max(2, size.hidden // 64),
            seed=bench.seed, attn_implementation="sdpa" if attention else "eager",
        )  # fmt: skip
        if norms:
            _fuse_norms(model)
        self.model = model.to(bench.device).train()
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=1e-4, betas=(0.9, 0.95), weight_decay=0.05, fused=optimizer, foreach=False
        )
        text = library_tokens(size.vocab)[0]
        batch = windows(text, length=size.length, batch=size.batch, seed=bench.seed)(0)
        self.batch = {name: ids.to(bench.device) for name, ids in batch.items()}

    def __call__(self) -> float:
        loss = self.model(**self.batch, use_cache=False).loss
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.optimizer.step()
        before: float = loss.item()
        return before


def _fuse_norms(model: Any) -> None:
    """Let PyTorch's own RMSNorm compute the model's."""
    for module in model.modules():
        if "RMSNorm" in type(module).__name__:
            width = (len(module.weight),)
            module.forward = partial(
                lambda norm, width, x: functional.rms_norm(x, width, norm.weight, norm.variance_epsilon), module, width
            )
