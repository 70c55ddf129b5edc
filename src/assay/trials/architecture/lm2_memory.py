"""LM2 against a decoder without memory, against one with more parameters, and against recurrent memory tokens (RMT).

Stories are of the form of bAbI (`assay.testbed.tasks.stories`): asked is who is where (its first task, one fact) and
where something is that someone carries (its second, two facts), while the story goes on in training, and at its end in
the test.

All arms but one see a window of 16 tokens at a time. The facts of the longer stories in the test lie farther back than
two layers of such windows reach, so that without a memory only guessing is left. That is stricter than the paper,
whose vanilla models attend to all that their context holds: full attention is shown as an upper reference, and where it
is ahead, the memory has not replaced it. RMT carries as many memory tokens from segment to segment as a block of LM2
has slots; its segment is as long as the window. LM2 has the most parameters, as it has in the paper; the decoder with
more parameters has as many, in wider feed-forward blocks.

The long size hides the same facts in the prose of a dictionary, as BABILong hides bAbI's in novels: where the stories
have filler, an excerpt goes on. It has more than twice the steps and no times; the wider decoder and full attention
are then trained from one seed only. That is five minutes on one quiet core; within an hour 96 wide and 3,000 steps
would be possible.
"""

from dataclasses import asdict, dataclass
from functools import cache, partial
from statistics import mean
from types import SimpleNamespace
from typing import Any

import torch
from torch import Generator, Tensor, nn
from transformers import MistralConfig, MistralForCausalLM, PreTrainedModel

from assay.methods.architecture.lm2_memory import LM2Memory
from assay.testbed.models import tiny
from assay.testbed.reading import reading
from assay.testbed.sweep import Runs, sweep
from assay.testbed.tasks import (
    Batch,
    accuracy,
    finished_stories,
    held_out_generator,
    running_stories,
    step_generator,
)
from assay.testbed.tasks.stories import ASK_PERSON, VOCAB_SIZE
from assay.testbed.training import train_once
from assay.trials import Bench, show_overhead, trial

_PAPER = "2502.06049"
_PLAIN, _WIDER, _RMT, _OURS, _FULL = "window", "window, more parameters", "RMT", "LM2", "full attention"
_ARMS = (_PLAIN, _WIDER, _RMT, _OURS, _FULL)
_TASKS = {"who is where": "person", "where is what someone carries": "thing"}
_LAYERS = 2


@trial(_PAPER, claim="babilong-over-rmt", long=True)
def over_rmt(bench: Bench) -> None:
    """Accuracy on bAbI-like stories, averaged over tasks and lengths: RMT against LM2, and by length."""
    size = _size(bench)
    runs = _sweep(bench, size)
    _claim(bench, runs, baseline=_RMT)
    for task, question in _TASKS.items():
        name = f"accuracy, {task}"
        bench.curve(name, runs.points(question), candidate=_OURS, along="tokens", at=size.lengths, unit="%")


@trial(_PAPER, claim="babilong-over-llama", long=True)
def over_llama(bench: Bench) -> None:
    """Accuracy on the same stories: a decoder without memory against LM2, and what the memory costs.

    What the same number of parameters gains without a memory is none of the method's doing: it stands beside.
    """
    size = _size(bench)
    runs = _sweep(bench, size)
    _claim(bench, runs, baseline=_PLAIN)
    rates, parameters = ({arm: runs.of(arm, figure)[0] for arm in _ARMS} for figure in ("rate", "parameters"))
    bench.score("rate" if bench.long else "best rate", rates, candidate=_OURS, better="higher")
    bench.score("parameters", parameters, candidate=_OURS, better="lower")
    if bench.long:
        return
    models = {arm: _new(size, arm, bench.seed) for arm in (_PLAIN, _OURS, _RMT, _FULL)}
    show_overhead(bench, models, candidate=_OURS, baseline=_PLAIN, batch=_training_batch(size, bench.seed, 0))


def _claim(bench: Bench, runs: Runs, *, baseline: str) -> None:
    """Hand in the accuracy of each seed."""
    averages = runs.figures(lambda run: mean(each for question in _TASKS.values() for each in run[question]))
    name = "accuracy averaged over both tasks and all lengths"
    bench.claim(bench.compare(name, averages, candidate=_OURS, baseline=baseline, unit="%", better="higher"))


@dataclass(frozen=True)
class _Size:
    hidden: int
    slots: int
    window: int
    """Tokens seen at a time, and written at a time."""
    length: int
    """Of the stories in training."""
    facts: int
    questions: int
    """Of a story in training."""
    batch: int
    steps: int
    lengths: tuple[int, ...]
    """Of the stories in the test. In all but the first, the facts lie beyond the window's reach."""
    stories: int
    """In the test, of each length."""
    prose: int = 0
    """Tokens of the vocabulary of the prose that the facts stand in; at 0 they stand in filler."""


def _size(bench: Bench) -> _Size:
    return bench.pick(
        quick=_Size(32, 8, 16, 64, 6, 24, 4, 12, (32, 64, 128), 32),
        cpu=_Size(64, 16, 16, 64, 6, 24, 16, 250, (32, 64, 128, 256), 192),
        cuda=_Size(256, 64, 128, 512, 16, 96, 32, 4000, (256, 512, 1024, 2048), 512),
        long=_Size(64, 16, 16, 64, 6, 24, 16, 600, (32, 64, 128, 256), 192, prose=512),
    )


def _sweep(bench: Bench, size: _Size) -> Runs:
    """Every arm at every rate from one seed, and at its best from the others.

    Where training takes long one rate has to do on a CPU.
    """
    among = f", the facts among {reading(size.prose, prose=True).origin}" if size.prose else ""
    bench.setting(
        "trained here",
        model=f"Mistral, {size.hidden} wide, {_LAYERS} layers",
        differs=f"stories of {size.length} tokens in training and up to {size.lengths[-1]} in the test, two of "
        f"BABILong's forms{among}; a window of {size.window} tokens, "
        f"trained on nothing else for {size.steps} steps, instead of models with 1.2B and 1.7B parameters and 248B "
        "tokens of text",
    )
    run = partial(_figures, bench.device, size)
    rates = bench.pick(quick=[4e-3], cpu=[1e-3, 2e-3, 4e-3, 8e-3, 1.6e-2], cuda=[5e-4, 1e-3, 2e-3], long=[4e-3])
    seeds, one_seed = bench.seeds(cpu=2, cuda=3), (_WIDER, _FULL) if bench.long else ()
    return sweep(run, arms=_ARMS, rates=rates, seeds=seeds, one_seed=one_seed, once=bench.once).tuned


def _figures(device: torch.device, size: _Size, arm: str, rate: float, seed: int) -> dict[str, Any]:
    """Per cent of right answers by length, of either kind of question, and the loss on stories as in training."""
    model: Any = train_once(
        {"arm": arm, "size": asdict(size), "rate": rate, "seed": seed}, partial(_new, size, arm, seed),
        partial(_training_batch, size, seed), device=device, steps=size.steps, lr=rate, seed=seed, what=arm,
    )  # fmt: skip
    model.to(device)
    held_out = {name: tensor.to(device) for name, tensor in _training_batch(size, seed, -1).items()}
    with torch.no_grad():
        loss = model(**held_out).loss.item()
    figures: dict[str, Any] = {"loss": loss, "rate": rate, "parameters": sum(p.numel() for p in model.parameters())}
    for question in _TASKS.values():
        tests = [_test(size, length, question, seed) for length in size.lengths]
        figures[question] = [accuracy(model, test) for test in tests]
    return figures


@cache
def _training_batch(size: _Size, seed: int, step: int) -> Batch:
    """The same for every arm: facts and questions anywhere."""
    generator = step_generator(seed, step)
    stories = running_stories(
        size.batch, length=size.length, facts=size.facts, questions=size.questions, generator=generator
    )
    return _among_prose(stories, size, generator)


def _test(size: _Size, length: int, about: str, seed: int) -> Batch:
    """Facts anywhere before the questions on all persons or all things, and before what the window reaches."""
    gap = _LAYERS * size.window if length > size.lengths[0] else 0
    generator = held_out_generator(seed)
    stories = finished_stories(size.stories, length=length, facts=size.facts, about=about, gap=gap, generator=generator)
    return _among_prose(stories, size, generator, held_out=True)


def _among_prose(stories: Batch, size: _Size, generator: Generator, *, held_out: bool = False) -> Batch:
    """The stories, each in an excerpt that goes on wherever they have filler; as they are where there is no prose."""
    if not size.prose:
        return stories
    text = reading(size.prose, prose=True)
    ids, known = stories["input_ids"], text.held_out if held_out else text.known
    starts = torch.randint(len(known) - ids.shape[1], (len(ids), 1), generator=generator)
    is_filler = ids < ASK_PERSON
    excerpts = VOCAB_SIZE + known[starts + is_filler.cumsum(1) - 1]
    return stories | {"input_ids": torch.where(is_filler, excerpts, ids)}


def _new(size: _Size, arm: str, seed: int) -> PreTrainedModel:
    """An untrained model of an arm; what the arms have in common begins alike."""
    heads = size.hidden // 16
    return tiny(
        "mistral", vocab_size=VOCAB_SIZE + size.prose, hidden=size.hidden, layers=_LAYERS, heads=heads, kv_heads=heads,
        intermediate=_width(size) if arm == _WIDER else None, seed=seed, cls=_CLASS.get(arm),
        sliding_window=None if arm in (_FULL, _RMT) else size.window,
        memory=asdict(LM2Memory(slots=size.slots, heads=heads, segment=size.window)),
    )  # fmt: skip


def _width(size: _Size) -> int:
    """Inside the feed-forward blocks of the wider decoder, which has no fewer parameters than LM2."""
    stock = round(size.hidden * 2.5 / 8) * 8
    memory = _new(size, _OURS, 0).num_parameters() - _new(size, _PLAIN, 0).num_parameters()
    return stock + -(-memory // (3 * size.hidden * _LAYERS))


class _WithMemory(MistralForCausalLM):
    """The decoder with LM2's memories, also when it is loaded."""

    def __init__(self, config: MistralConfig) -> None:
        super().__init__(config)
        LM2Memory(**config.memory).insert(self)


class _WithTokens(MistralForCausalLM):
    """RMT: learned tokens stand before the first segment and behind every one.

    A segment sees itself, and before it what the tokens behind the segment before it put out.
    """

    def __init__(self, config: MistralConfig) -> None:
        super().__init__(config)
        noise = torch.randn(config.memory["slots"], config.hidden_size)
        self.memory_tokens = nn.Parameter(noise * config.initializer_range)

    def forward(self, input_ids: Tensor, labels: Tensor | None = None) -> Any:  # type: ignore[override]
        new, tokens = self.memory_tokens.expand(len(input_ids), -1, -1), len(self.memory_tokens)
        memory, outputs = new, []
        for segment in self.model.embed_tokens(input_ids).split(self.config.memory["segment"], dim=1):
            hidden = self.model(inputs_embeds=torch.cat([memory, segment, new], 1), use_cache=False)[0]
            outputs.append(hidden[:, tokens:-tokens])
            memory = hidden[:, -tokens:]
        logits = self.lm_head(torch.cat(outputs, dim=1))
        loss = None if labels is None else self.loss_function(logits, labels, self.config.vocab_size)
        return SimpleNamespace(logits=logits, loss=loss)


_CLASS: dict[str, type[PreTrainedModel]] = {_OURS: _WithMemory, _RMT: _WithTokens}
