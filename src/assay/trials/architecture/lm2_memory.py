"""LM2 against a decoder without memory, against one with more parameters, and against recurrent memory tokens (RMT).

Stories of the form of bAbI are drawn on the spot: among filler, persons go to places and take things with them. Asked
is who is where (its first task, one fact) and where something is that someone carries (as its second, two facts), while
the story goes on in training, and at its end in the test. A fact is one token and a question another; the answer is a
label only, so that no answer tells a later question anything.

All arms but one see a window of 16 tokens at a time. The facts of the longer stories in the test lie farther back than
two layers of such windows reach, so that without a memory only guessing is left. That is stricter than the paper,
whose vanilla models attend to all that their context holds: full attention is shown as an upper reference, and where it
is ahead, the memory has not replaced it. RMT carries as many memory tokens from segment to segment as a block of LM2
has slots; its segment is as long as the window. LM2 has the most parameters, as it has in the paper; the decoder with
more parameters has as many, in wider feed-forward blocks.
"""

from dataclasses import asdict, dataclass
from functools import cache, partial
from statistics import mean
from types import SimpleNamespace
from typing import Any

import torch
from torch import Generator, Tensor, nn
from transformers import MistralConfig, MistralForCausalLM, PreTrainedModel

from assay.methods.architecture.lm2_memory import MemoryConfig, add_memory
from assay.testbed.cache import trained
from assay.testbed.models import tiny
from assay.testbed.sweep import Sweep, sweep
from assay.testbed.tasks import FIRST, IGNORED, Batch, accuracy, held_out_generator
from assay.testbed.training import one_thread, train
from assay.trials import Bench, show_overhead, trial

_PAPER = "2502.06049"
_PLAIN, _WIDER, _RMT, _OURS, _FULL = "window", "window, more parameters", "RMT", "LM2", "full attention"
_ARMS = (_PLAIN, _WIDER, _RMT, _OURS, _FULL)
_TASKS = {"who is where": "person", "where is what someone carries": "thing"}
_PERSONS, _THINGS, _PLACES, _FILLER = 3, 2, 5, 12
_LAYERS = 2


@trial(_PAPER, claim="babilong-over-rmt")
def over_rmt(bench: Bench) -> None:
    """Accuracy on bAbI-like stories, averaged over tasks and lengths: RMT against LM2, and by length."""
    size, runs = _sweep(bench)
    _claim(bench, runs, baseline=_RMT)
    for task, asked in _TASKS.items():
        curves = {arm: list(zip(*runs.of(arm, asked), strict=True)) for arm in _ARMS}
        bench.curve(
            f"accuracy, {task}",
            along="tokens",
            at=size.lengths,
            candidate=curves[_OURS],
            others={arm: curves[arm] for arm in _ARMS if arm != _OURS},
            unit="%",
        )


@trial(_PAPER, claim="babilong-over-llama")
def over_llama(bench: Bench) -> None:
    """Accuracy on the same stories: a decoder without memory against LM2, and what the memory costs.

    What the same number of parameters gains without a memory is none of the method's doing: it stands beside.
    """
    size, runs = _sweep(bench)
    _claim(bench, runs, baseline=_PLAIN)
    for name, figure, better in (("best rate", "rate", "higher"), ("parameters", "parameters", "lower")):
        figures = {arm: float(runs.of(arm, figure)[0]) for arm in _ARMS}
        others = {arm: figures[arm] for arm in _ARMS if arm != _OURS}
        bench.score(name, candidate=figures[_OURS], others=others, better=better)  # type: ignore[arg-type]
    models = {arm: _new(size, arm, bench.seed).to(bench.device) for arm in _ARMS}  # type: ignore[arg-type]
    batch = {name: tensor.to(bench.device) for name, tensor in _training_batch(size, bench.seed, 0).items()}
    show_overhead(bench, baseline=(_PLAIN, models[_PLAIN]), candidate=models[_OURS], batch=batch,
                  others={_RMT: models[_RMT], _FULL: models[_FULL]})  # fmt: skip


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


def _sweep(bench: Bench) -> tuple[_Size, Sweep]:
    """Every arm at every rate from one seed, and at its best from the others.

    On a CPU one rate has to do: of 4e-3 and 8e-3 it was the better one for all arms but the plain window, which gains
    nothing by the other one beyond what it sees.
    """
    size = bench.pick(
        quick=_Size(32, 8, 16, 64, 6, 24, 4, 12, (32, 64, 128), 32),
        cpu=_Size(64, 16, 16, 64, 6, 24, 16, 250, (32, 64, 128, 256), 192),
        cuda=_Size(256, 64, 128, 512, 16, 96, 32, 4000, (256, 512, 1024, 2048), 512),
    )
    rates = bench.pick(cpu=[4e-3], cuda=[5e-4, 1e-3, 2e-3])
    seeds = list(range(bench.seed, bench.seed + bench.pick(quick=1, cpu=2, cuda=3)))
    bench.setting(
        "trained here",
        model=f"Mistral, {size.hidden} wide, {_LAYERS} layers",
        differs=f"stories of {size.length} tokens in training and up to {size.lengths[-1]} in the test, two of "
        f"BABILong's forms; a window of {size.window} tokens, "
        f"trained on nothing else for {size.steps} steps, instead of models with 1.2B and 1.7B parameters and 248B "
        "tokens of text",
    )
    with one_thread():
        found = sweep(
            partial(_figures, bench.device, size),
            arms=_ARMS, rates=rates, seeds=seeds, once=bench.once, track=bench.progress,
        )  # fmt: skip
    return size, found


def _claim(bench: Bench, runs: Sweep, *, baseline: str) -> None:
    """Hand in the accuracies of each seed against those of one of the arms."""
    others = {arm: _averages(runs, arm) for arm in _ARMS if arm not in (_OURS, baseline)}
    bench.claim(
        bench.compare(
            "accuracy averaged over both tasks and all lengths",
            baseline=(baseline, _averages(runs, baseline)),
            candidate=_averages(runs, _OURS),
            others=others,
            unit="%",
            better="higher",
        )
    )


def _averages(runs: Sweep, arm: str) -> list[float]:
    """Over both tasks and all lengths, of each seed."""
    return [mean(run[asked][n] for asked in _TASKS.values() for n in range(len(run[asked])))
            for run in runs.at(arm, runs.best(arm))]  # fmt: skip


def _figures(device: torch.device, size: _Size, arm: str, rate: float, seed: int) -> dict[str, Any]:
    """Per cent of right answers by length, of either kind of question, and the loss on stories as in training."""
    model: Any = _taught(device, size, arm, rate, seed)
    model.to(device)
    held_out = _training_batch(size, seed, -1)
    with torch.no_grad():
        loss = model(**{name: tensor.to(device) for name, tensor in held_out.items()}).loss.item()
    figures: dict[str, Any] = {"loss": loss, "rate": rate, "parameters": sum(p.numel() for p in model.parameters())}
    for asked in _TASKS.values():
        tests = [_test(size, length, asked, seed) for length in size.lengths]
        figures[asked] = [accuracy(model, test) for test in tests]
    return figures


def _taught(device: torch.device, size: _Size, arm: str, rate: float, seed: int) -> PreTrainedModel:
    def build() -> PreTrainedModel:
        model: Any = _new(size, arm, seed).to(device)  # type: ignore[arg-type]
        train(model, lambda step: _training_batch(size, seed, step), steps=size.steps, lr=rate, seed=seed, what=arm)
        taught: PreTrainedModel = model.cpu()
        return taught

    return trained({"arm": arm, "size": asdict(size), "rate": rate, "seed": seed}, build)


def _new(size: _Size, arm: str, seed: int) -> PreTrainedModel:
    """An untrained model of an arm; what the arms have in common begins alike."""
    heads = size.hidden // 16
    return tiny(
        "mistral", vocab_size=_VOCAB, hidden=size.hidden, layers=_LAYERS, heads=heads, kv_heads=heads,
        intermediate=_width(size) if arm == _WIDER else None, seed=seed, cls=_CLASS.get(arm),
        sliding_window=None if arm in (_FULL, _RMT) else size.window,
        memory=asdict(MemoryConfig(slots=size.slots, heads=heads, segment=size.window)),
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
        add_memory(self, MemoryConfig(**config.memory))


class _WithTokens(MistralForCausalLM):
    """RMT: learned tokens stand before the first segment and behind every one.

    A segment sees itself, and before it what the tokens behind the segment before it put out.
    """

    def __init__(self, config: MistralConfig) -> None:
        super().__init__(config)
        drawn = torch.randn(config.memory["slots"], config.hidden_size)
        self.memory_tokens = nn.Parameter(drawn * config.initializer_range)

    def forward(self, input_ids: Tensor, labels: Tensor | None = None) -> Any:  # type: ignore[override]
        new, tokens = self.memory_tokens.expand(len(input_ids), -1, -1), len(self.memory_tokens)
        carried, found = new, []
        for segment in self.model.embed_tokens(input_ids).split(self.config.memory["segment"], dim=1):
            put_out = self.model(inputs_embeds=torch.cat([carried, segment, new], 1), use_cache=False)[0]
            found.append(put_out[:, tokens:-tokens])
            carried = put_out[:, -tokens:]
        logits = self.lm_head(torch.cat(found, dim=1))
        loss = None if labels is None else self.loss_function(logits, labels, self.config.vocab_size)
        return SimpleNamespace(logits=logits, loss=loss)


_CLASS: dict[str, type[PreTrainedModel]] = {_OURS: _WithMemory, _RMT: _WithTokens}

_ASK_PERSON = FIRST + _FILLER
_ASK_THING = _ASK_PERSON + _PERSONS
_PLACE = _ASK_THING + _THINGS
_MOVE = _PLACE + _PLACES
_TAKE = _MOVE + _PERSONS * _PLACES
_VOCAB = _TAKE + _PERSONS * _THINGS
"""Where the tokens of each kind begin: questions, answers, someone goes to a place, someone takes a thing."""
_TAKES = 0.3
"""Share of the facts that say who takes what; the same of the questions in training are on things."""


@cache
def _training_batch(size: _Size, seed: int, step: int) -> Batch:
    """The same for every arm: facts and questions anywhere."""
    generator = Generator().manual_seed(1_000_003 * seed + step)
    order = torch.rand(size.batch, size.length, generator=generator).argsort(1)
    return _story(order, size.facts, order.flip(1), size.questions, generator)


def _test(size: _Size, length: int, asked: str, seed: int) -> Batch:
    """Facts anywhere before the questions on all persons or all things, and before what the window reaches."""
    generator = held_out_generator(seed)
    ends = length - 2 * (_PERSONS if asked == "person" else _THINGS)
    reach = _LAYERS * size.window if length > size.lengths[0] else 0
    order = torch.rand(size.stories, ends - reach, generator=generator).argsort(1)
    places = torch.arange(ends, length, 2).expand(size.stories, -1)
    facts = torch.cat([order, torch.arange(ends - reach, length).expand(size.stories, -1)], dim=1)
    return _story(facts, size.facts, places, places.shape[1], generator, asked=asked)


def _story(
    order: Tensor, facts: int, places: Tensor, questions: int, generator: Generator, *, asked: str | None = None
) -> Batch:
    """Stories with facts at the first of `order` (size, length), and questions at the first of `places` (size, any).

    A question is answered as of its place. Where nothing told the answer yet, there is no label.
    """
    shape = order.shape
    at = torch.arange(shape[1]).expand(shape)
    person, thing, place = (torch.randint(count, shape, generator=generator) for count in (_PERSONS, _THINGS, _PLACES))
    on_thing = torch.rand(shape, generator=generator) < _TAKES
    is_fact, is_question = (
        torch.zeros(shape, dtype=torch.bool).scatter(1, spots[:, :count], True)  # noqa: FBT003
        for spots, count in ((order, facts), (places, questions))
    )
    if asked is not None:
        on_thing = torch.where(is_question, asked == "thing", on_thing)
        number = is_question.cumsum(1) - 1
        person, thing = (
            torch.where(is_question, number.clamp(0, most - 1), drawn)
            for most, drawn in ((_PERSONS, person), (_THINGS, thing))
        )

    def last(here: Tensor) -> Tensor:
        """Where it was last so, as of each place; -1 before."""
        return at.masked_fill(~here, -1).cummax(1).values

    def of_each(who: Tensor, places: Tensor) -> Tensor:
        """(size, length): the row of `places` (number, size, length) that `who` names, at each place."""
        return places.gather(0, who.unsqueeze(0))[0]

    moved = torch.stack([last(is_fact & ~on_thing & (person == each)) for each in range(_PERSONS)])
    taken = torch.stack([last(is_fact & on_thing & (thing == each)) for each in range(_THINGS)])
    take = of_each(thing, taken)
    who = torch.where(on_thing, person.gather(1, take.clamp(min=0)), person)
    move = of_each(who, moved)
    told = is_question & (move >= 0) & (~on_thing | (take >= 0))
    answer = _PLACE + place.gather(1, move.clamp(min=0))
    ids = torch.randint(_FILLER, shape, generator=generator) + FIRST
    fact = torch.where(on_thing, _TAKE + person * _THINGS + thing, _MOVE + person * _PLACES + place)
    question = torch.where(on_thing, _ASK_THING + thing, _ASK_PERSON + person)
    ids = torch.where(is_fact, fact, torch.where(is_question, question, ids))
    labels = answer.masked_fill(~told, IGNORED).roll(1, dims=1)
    labels[:, 0] = IGNORED
    return {"input_ids": ids, "labels": labels}
