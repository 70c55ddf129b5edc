"""LoRAM on a real model: adapters for a domain that were trained on pruned copies, and are used with the whole model.

The model is tuned on entries of a dictionary of computing and measured on others of it, by how often the likeliest
next token is right, text by text, so that the figures of two arms are pairs. The plain model gets about a third of
them, and LoRA on it some more; how much of that gain an adapter from a pruned copy brings is what LoRAM has to show.
Every copy is pruned by the Taylor score on general prose, an English dictionary, and aligned on more of that.

The paper holds LoRAM against LoRA on a natively smaller model. This one has no smaller sibling; the baseline is what
the paper's reviewers asked for, the pruned and aligned copy itself with the adapter that was trained on it. It has read
far less since it was pruned than a small model has, so it is the easier one to beat: read the verdict with the arms
beside it. The claim's other half is the condition: more than the whole model before tuning. All arms see the same texts
in the same order at the same rate.

The budget on two cores: a step of LoRA takes 2.6 s on the whole model and 2.2 s on the smaller copy, one of alignment
about 2 s. The whole takes about six minutes, four of them for training.
"""

import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from torch import Tensor
from transformers import PreTrainedModel

from assay.methods.compression.loram import NF4, Alignment, Pruning, PruningPlan, align, recover_adapter, stored_bytes
from assay.testbed.evaluation import evaluate_by_text, split_windows
from assay.testbed.pretrained import LanguageModel
from assay.testbed.prose import foldoc, gcide
from assay.testbed.training import train, windows
from assay.trials import Bench, trial
from assay.trials.compression.loram._adapters import adapt

_PAPER = "2502.13533"
_UNTUNED, _FULL = "the whole model, untuned", "LoRA on the whole model"
# The best of 1e-3 and 3e-3 for LoRA on the whole model; all arms have the same.
_RATE = 3e-3
# The better of 1e-4 and 3e-4 for the copy itself, after a few steps.
_ALIGN_RATE = 3e-4
_MOST = 10_000_000
"""Characters of a text to train on; more takes long to read."""
_SCORED = 2
"""Batches of general prose that the Taylor score is taken on."""

Figures = dict[str, list[float]]
"""``loss`` in nats and ``accuracy`` in per cent, of each held-out text."""


@dataclass(frozen=True)
class _Size:
    ratios: tuple[float, ...]
    """Shares of neurons and of key-value groups that are pruned; the last is the candidate's."""
    align: int
    tune: int
    batch: int
    length: int
    held_out: tuple[int, int, int]
    """Texts, windows of a text, and tokens of a window."""


_QUICK = _Size((0.5,), 1, 1, 2, 16, (1, 1, 32))
_CPU = _Size((0.3, 0.5), 20, 28, 8, 64, (8, 4, 128))
_CUDA = _Size((0.3, 0.5, 0.65), 1_600, 400, 64, 256, (32, 8, 256))


@dataclass(frozen=True)
class _Words:
    """Token ids: general prose to align on [n], the domain's to tune on [n], and held out [texts, windows, length]."""

    general: Tensor
    domain: Tensor
    held_out: Tensor


@trial(_PAPER, claim="mathqa-13b", pretrained=True)
def quality_pretrained(bench: Bench) -> None:
    """Next tokens of a domain that a pretrained model hits: a pruned copy with its adapter against LoRAM."""
    size = bench.pick(quick=_QUICK, cpu=_CPU, cuda=_CUDA)
    step = size.batch * size.length
    first, last = _whole_blocks(bench.pretrained.model)
    lm = bench.on_pretrained(
        f"all blocks but the first {first} and the last {last} pruned, copies aligned on {size.align * step:,} tokens "
        f"of {gcide().name}, all tuned on {size.tune * step:,} of {foldoc().name} at a rate of {_RATE:g}, from one "
        "seed; next tokens, not MathQA; no smaller sibling, so that the pruned copy itself is the baseline; instead of "
        "LLaMA-2-13B and OpenHermes"
    )
    words = _read_words(lm, size)
    plain = bench.once(_UNTUNED, partial(evaluate_by_text, lm.model, words.held_out))
    whole = bench.once(_FULL, partial(_tune_whole, lm, size, words, bench.seed))
    copies = {
        ratio: bench.once(_loram(ratio), partial(_tune_copy, lm, ratio, size, words, bench.seed))
        for ratio in bench.progress(size.ratios, "pruned copies")
    }
    ours = _loram(size.ratios[-1])

    def arms(figure: str) -> dict[str, list[float]]:
        figures = {_UNTUNED: plain[figure], _FULL: whole[figure]}
        for ratio, copy in copies.items():
            figures |= {_itself(ratio): copy["itself"][figure], _loram(ratio): copy["used"][figure]}
        return figures

    hits, losses = arms("accuracy"), arms("loss")
    name, baseline = "next tokens of held-out entries that are hit", _itself(size.ratios[-1])
    bench.claim(bench.compare(name, hits, candidate=ours, baseline=baseline, unit="%", better="higher"))
    ahead = [used - untuned for used, untuned in zip(hits[ours], hits[_UNTUNED], strict=True)]
    bench.score("next tokens hit above the untuned", ahead, unit="%", better="higher", at_least=0.0)
    bench.score("held-out loss", losses, candidate=ours, unit="nats", better="lower")
    gains = {
        arm: [untuned - tuned for untuned, tuned in zip(plain["loss"], each, strict=True)]
        for arm, each in losses.items()
        if arm != _UNTUNED
    }
    bench.score("gain in loss over the untuned", gains, candidate=ours, unit="nats", better="higher")
    # Where LoRA on the whole model learns nothing of the domain, there is nothing that an adapter could bring.
    name = "gain in loss of LoRA on the whole model"
    bench.score(name, gains[_FULL], unit="nats", better="higher", at_least=0.0, binds="measurement")
    before = {_loram(ratio): copy["before"] for ratio, copy in copies.items()}
    before[_UNTUNED] = plain["loss"][: len(before[ours])]
    bench.score("loss before tuning, of copies aligned", before, candidate=ours, unit="nats", better="lower")
    many = {_FULL: lm.parameters} | {_loram(ratio): copy["parameters"] for ratio, copy in copies.items()}
    bench.score("parameters of the frozen model", many, candidate=ours, better="lower")
    stored = {arm: 2 * number for arm, number in many.items()}
    stored |= {_loram(ratio, "QLoRAM"): copy["packed"] for ratio, copy in copies.items()}
    bench.score("bytes of the frozen model, in bf16 or packed", stored, candidate=ours, unit="B", better="lower")


def _loram(ratio: float, method: str = "LoRAM") -> str:
    return f"{method}, {ratio:.0%} pruned"


def _itself(ratio: float) -> str:
    return f"the copy itself, {ratio:.0%} pruned"


def _whole_blocks(model: PreTrainedModel) -> tuple[int, int]:
    """How many blocks are left whole at the beginning and at the end: as many for their number as of the paper's 80."""
    blocks = model.config.get_text_config().num_hidden_layers
    return round(4 * blocks / 80), round(2 * blocks / 80)


def _read_words(lm: LanguageModel, size: _Size) -> _Words:
    """General prose, entries of the domain, and other entries; a token is taken to have at most 8 characters."""
    entries = foldoc()
    to_tune_on, held_out = entries.split(len(entries.entries) // 20)
    step, (texts, count, length) = size.batch * size.length, size.held_out
    unseen = split_windows(lm.ids(held_out.text()[: 8 * texts * count * length]), length=length, count=texts * count)
    # Up to ten times what is read, so that steps have little in common.
    general = lm.ids(gcide().text()[: min(_MOST, 80 * (_SCORED + size.align) * step)])
    domain = lm.ids(to_tune_on.text()[: min(_MOST, 80 * size.tune * step)])
    return _Words(general.cpu(), domain.cpu(), unseen.view(size.held_out))


def _tune_whole(lm: LanguageModel, size: _Size, words: _Words, seed: int) -> Figures:
    return evaluate_by_text(_tune(lm.model, size, words, seed, _FULL), words.held_out)


def _tune_copy(lm: LanguageModel, ratio: float, size: _Size, words: _Words, seed: int) -> dict[str, Any]:
    """What an adapter comes to on the pruned copy that it is trained on and, recovered, on the whole model.

    Returns:
        ``itself`` and ``used``, the figures of these; ``before``, the copy's losses untuned; its ``parameters``, and
        ``packed``, its bytes in 4 bits with embeddings and the like in bf16.
    """
    first, last = _whole_blocks(lm.model)
    pruning = Pruning(ratio=ratio, layers=(first, -last or None), score="taylor")
    general = windows(words.general, length=size.length, batch=size.batch, seed=-1)
    plan = PruningPlan.structured(lm.model, pruning, map(general, range(_SCORED)))
    small: Any = plan.apply(lm.model)
    align(small, map(general, range(_SCORED, _SCORED + size.align)), Alignment(lr=_ALIGN_RATE))
    before = evaluate_by_text(small, words.held_out[: (len(words.held_out) + 1) // 2])["loss"]
    tuned = _tune(small, size, words, seed, _loram(ratio))
    itself = evaluate_by_text(tuned, words.held_out)
    with tempfile.TemporaryDirectory() as folder:
        adapter, whole = Path(folder) / "small", Path(folder) / "whole"
        tuned.save_pretrained(str(adapter), save_embedding_layers=False)
        recover_adapter(adapter, plan, whole)
        recovered: Any = PeftModel.from_pretrained(lm.model, str(whole))
    used = evaluate_by_text(recovered, words.held_out)
    recovered.unload()
    parameters = small.num_parameters()
    packed = stored_bytes(NF4().apply(small.to(torch.bfloat16)))
    return {"itself": itself, "used": used, "before": before, "parameters": parameters, "packed": packed}


def _tune(model: PreTrainedModel, size: _Size, words: _Words, seed: int, what: str) -> Any:
    """A copy of a model with an adapter that was trained on the domain."""
    tuned = adapt(model, seed)
    domain = windows(words.domain, length=size.length, batch=size.batch, seed=seed + 1)
    train(tuned, domain, steps=size.tune, lr=_RATE, weight_decay=0.0, seed=seed, what=what)
    return tuned
