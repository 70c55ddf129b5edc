"""SCONE's f-grams against a model as cheap to serve, a larger one, and a table of n-grams that is trained directly.

A narrow Llama learns Python's standard library; its f-grams are the most frequent n-grams of what it reads. What is
judged is the paper's comparison: SCONE, served from its table, against a model of twice the layers; that this one is
better than the small model at all is a condition on the measurement. The paper trains on hundreds of billions of
tokens, where a model has no room left for what f-grams say. Here every arm is still in its first descent, and has room
for all of it; no gain is to be expected.

That room is what two made-up tasks take away. In one, each of many entities, a run of three tokens, is followed by an
attribute of its own: more facts than the small model can hold. In the other the attribute follows from the entity's
parts, and most entities are rare: what an encoder can know of those that a table has hardly been taught.

What serving costs is measured on untrained models, as it does not depend on the weights.
"""

import math
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from time import perf_counter
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode
from transformers import DynamicCache, PreTrainedModel

from assay.methods.architecture.scone_fgrams import (
    FGramRows,
    FGramTable,
    FGramVocab,
    SconeConfig,
    attach,
    detach,
    export,
)
from assay.methods.architecture.scone_fgrams.table import write_table
from assay.testbed.models import tiny
from assay.testbed.sweep import Sweep, sweep
from assay.testbed.text import library_tokens
from assay.testbed.training import Batches, one_thread, train, windows
from assay.trials import Bench, show_overhead, trial

_PAPER = "2502.01637"
_OURS, _SMALL, _LONGER, _LARGE, _ROWS = (
    "SCONE",
    "small model",
    "small model, equal training compute",
    "larger model",
    "trained n-gram table",
)
_ARMS = (_SMALL, _LONGER, _LARGE, _ROWS, _OURS)
_VOCAB, _MAX_N = 512, 4
_SPECIAL = {0, 1, 2}


@trial(_PAPER, claim="olmo-perplexity")
def perplexity(bench: Bench) -> None:
    """Perplexity at the small model's inference cost against a larger model, and against a directly trained table."""
    size = _text_size(bench)
    with one_thread():
        runs, compute = _sweep(bench, size)
        facts = {task: _facts(bench, task) for task in ("own", "shared")}
        found = {arm: runs.of(arm, "perplexity") for arm in _ARMS}
        bench.claim(
            bench.compare(
                "perplexity of held-out source code",
                baseline=(_LARGE, found[_LARGE]),
                candidate=found[_OURS],
                others={arm: found[arm] for arm in _ARMS if arm not in (_OURS, _LARGE)},
                better="lower",
            )
        )
        _show(bench, "training compute, by the small model's", compute, better="lower", unit="x")
        bench.score(
            "perplexity of the small model, by the larger one's: a bar at all",
            candidate=[small / larger for small, larger in zip(found[_SMALL], found[_LARGE], strict=True)],
            better="higher",
            at_least=1.0,
            binds="measurement",
        )
        own, shared = facts["own"], facts["shared"]
        name = "accuracy on attributes that each entity has of its own"
        _show(bench, name, own, better="higher", unit="%", at_least=90.0)
        _show(bench, "accuracy on rare entities whose parts tell the attribute", shared, better="higher", unit="%")
        batch = windows(_text()[0], length=size.length, batch=size.batch, seed=0)(0)
        models = {arm: _model(size, arm, 0) for arm in (_SMALL, _OURS, _LARGE)}
        others = {_LARGE: models[_LARGE]}
        show_overhead(bench, baseline=(_SMALL, models[_SMALL]), candidate=models[_OURS], batch=batch, others=others)


@trial(_PAPER, claim="inference-compute-cut")
def compute_cut(bench: Bench) -> None:
    """Operations of a forward pass: a model of twice the layers against the small one with its table of f-grams.

    How much is cut is a matter of the two models; what is tested is that f-grams, once in a table, add nothing.
    """
    with tempfile.TemporaryDirectory() as folder:
        small, ours, larger, text = _served(bench, Path(folder))
        ids = text.to(bench.device)

        def forward(model: PreTrainedModel) -> Callable[[], object]:
            return lambda: torch.no_grad()(model)(input_ids=ids)

        counted = bench.flops(
            f"operations of a forward pass over {ids.numel()} tokens",
            baseline=(_LARGE, forward(larger)),
            candidate=forward(ours),
            others={_SMALL: forward(small)},
        )
        bench.claim(counted)
        more = counted.candidate / counted.figures[_SMALL]
        bench.score("operations with f-grams, by those without", candidate=more, better="lower", at_most=1.0)
        held = {name: _held(model) for name, model in ((_LARGE, larger), (_SMALL, small))}
        name = "weights on the model's device"
        bench.score(name, candidate=_held(ours), others=held, unit="B", better="lower", at_most=held[_SMALL])


@trial(_PAPER, claim="decode-latency")
def decode_latency(bench: Bench) -> None:
    """Decoding time per token at batch 4: a model of twice the layers against the small one with a table on disk."""
    with tempfile.TemporaryDirectory() as folder:
        small, ours, larger, text = _served(bench, Path(folder))
        steps = text.shape[1]
        ids = text.to(bench.device)

        @torch.no_grad()
        def decode(model: Any, **more: Callable[[int], Tensor]) -> None:
            seen = DynamicCache()
            for end in range(1, steps + 1):
                given = {name: value(end) for name, value in more.items()}
                model(input_ids=ids[:, end - 1 : end], past_key_values=seen, **given)

        def context(end: int) -> Tensor:
            return ids[:, max(0, end - _MAX_N) : end]

        timed = bench.time(
            f"decoding of {steps} tokens, 4 sequences",
            baseline=(_LARGE, partial(decode, larger)),
            candidate=partial(decode, ours, context_ids=context),
            others={_SMALL: partial(decode, small)},
        )
        bench.claim(timed)


@trial(_PAPER, claim="table-size")
def table_size(bench: Bench) -> None:
    """Size of a table 2,048 wide in 16 bits, from one that was written, and the cost of looking up in smaller ones."""
    rows = bench.pick(quick=1_000, cpu=20_000)
    differs = f"a table of {rows:,} f-grams is written, and its bytes per row are taken for 10 million"
    bench.setting("as claimed", differs=differs)
    with tempfile.TemporaryDirectory() as folder:
        per_row = _written(Path(folder) / "wide", rows)
        size = 1e7 * per_row / 1e9
        bench.claim(bench.compare("table of 10 million f-grams, 2,048 wide", candidate=size, unit="GB", better="lower"))
        bench.score("bytes of a row beside its vector", candidate=per_row - 2 * 2048, unit="B", better="lower")
    tables = bench.pick(quick=[1_000, 10_000, 100_000], cpu=[10_000, 100_000, 1_000_000, 10_000_000])
    found = [
        bench.once(f"look-ups among {rows} f-grams", partial(_look_ups, rows))
        for rows in bench.progress(tables, "tables")
    ]
    on_disk, in_ram, dropped = ([each[how] for each in found] for how in ("disk", "ram", "dropped"))
    others = {"in RAM": in_ram, "on disk, pages dropped before": dropped}
    bench.curve(
        "look-up of 260 tokens, mapped from disk", along="rows", at=tables, candidate=on_disk, others=others, unit="s"
    )


# Text


@dataclass(frozen=True)
class _Text:
    hidden: int
    layers: int
    """Of the small model; the larger one has twice as many."""
    encoder: int
    length: int
    batch: int
    steps: int
    fgrams: int
    rates: tuple[float, ...]


def _text_size(bench: Bench) -> _Text:
    size = bench.pick(
        quick=_Text(32, 1, 1, 32, 8, 10, 1_000, (1e-2,)),
        cpu=_Text(32, 2, 2, 64, 8, 120, 2_000, (5e-3, 1.5e-2)),
        cuda=_Text(512, 6, 6, 256, 32, 1_000, 20_000, (3e-4, 1e-3, 3e-3)),
    )
    bench.setting(
        "trained here",
        model=f"Llama, {size.hidden} wide, {size.layers} layers",
        differs=f"against {2 * size.layers} layers; {size.fgrams:,} "
        f"f-grams of up to {_MAX_N} tokens, an encoder of {size.encoder} layers, "
        f"{size.steps * size.batch * size.length:,} tokens of Python source, "
        "instead of 1B parameters against 1.9B, 1B f-grams, an encoder of 1.8B and 200B tokens",
    )
    return size


def _sweep(bench: Bench, size: _Text) -> tuple[Sweep, dict[str, float]]:
    """The runs of each arm, and its training compute per step by the small model's.

    What has more steps, so that it costs as much to train as SCONE does, goes by the small model's best rate.
    """
    first = windows(_text()[0], length=size.length, batch=size.batch, seed=0)(0)
    per_step = {arm: _operations(_model(size, arm, 0), first) for arm in _ARMS}
    longer = per_step[_OURS] / per_step[_SMALL]

    def run(arm: str, rate: float, seed: int) -> dict[str, float]:
        model = _model(size, arm, seed).to(bench.device)
        batches = windows(_text()[0], length=size.length, batch=size.batch, seed=seed)
        steps = round(size.steps * longer) if arm == _LONGER else size.steps
        try:
            train(model, batches, steps=steps, lr=rate, seed=seed, what=arm)
        except ValueError:  # it diverged
            return {"loss": math.log(_VOCAB), "perplexity": float(_VOCAB)}
        loss = _held_out_loss(model, size.length)
        return {"loss": loss, "perplexity": math.exp(loss)}

    seeds = range(bench.seed, bench.seed + bench.pick(quick=1, cpu=3))
    run_all = partial(sweep, run, seeds=seeds, once=bench.once, track=bench.progress)
    runs = run_all(arms=[arm for arm in _ARMS if arm != _LONGER], rates=size.rates)
    more = run_all(arms=[_LONGER], rates=[runs.best(_SMALL)])
    compute = {arm: per_step[arm] / per_step[_SMALL] for arm in _ARMS} | {_LONGER: longer}
    return Sweep(runs.cells | more.cells), compute


def _held_out_loss(model: Any, length: int) -> float:
    """In nats a token."""
    ids = _text()[1][: 64 * length].view(-1, length).to(model.device)
    _serve(model)
    with torch.no_grad():
        return float(model(input_ids=ids, labels=ids).loss)


def _serve(model: Any) -> None:
    """Put a table in the place of what f-grams were trained with; read into memory, as its folder goes."""
    if hasattr(model, "fgrams"):
        with tempfile.TemporaryDirectory() as folder:
            export(model, folder)
            table = FGramTable.load(folder, mmap=False)
        detach(model)
        attach(model, table)


def _model(size: _Text, arm: str, seed: int) -> Any:
    """A new model of an arm."""
    layers = 2 * size.layers if arm == _LARGE else size.layers
    model = tiny("llama", vocab_size=_VOCAB, hidden=size.hidden, layers=layers, seed=seed)
    if arm in (_OURS, _ROWS):
        vocab = _text_vocabulary(size.fgrams)
        _give(model, arm, vocab, SconeConfig(layers=size.encoder), seed)
    return model


def _give(model: Any, arm: str, vocab: FGramVocab, config: SconeConfig, seed: int) -> None:
    """F-grams, with an encoder or with rows of their own."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        attach(model, vocab if arm == _OURS else FGramRows(vocab, model.get_input_embeddings()), config)


@cache
def _text() -> tuple[Tensor, Tensor]:
    return library_tokens(_VOCAB)


@cache
def _text_vocabulary(size: int) -> FGramVocab:
    return FGramVocab.build([_text()[0]], max_n=_MAX_N, size=size, special=_SPECIAL)


def _operations(model: nn.Module, batch: Any) -> float:
    """Floating-point operations of a forward pass."""
    device = next(model.parameters()).device
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(**{name: tensor.to(device) for name, tensor in batch.items()})
    return float(counter.get_total_flops())


# Facts


@dataclass(frozen=True)
class _Facts:
    entities: int
    tokens: int
    """That entities are made of."""
    attributes: int
    steps: int
    rate: float = 1e-2


_IN_A_ROW, _SEQUENCES = 16, 8


def _facts(bench: Bench, task: str) -> dict[str, float]:
    """Accuracy of each arm, per cent: on the facts of a task, or on its rarer half where they share a structure."""
    if task == "own":
        size = bench.pick(quick=_Facts(32, 8, 16, 40), cpu=_Facts(512, 16, 64, 400))
    else:
        size = bench.pick(quick=_Facts(64, 8, 16, 40), cpu=_Facts(4_096, 32, 16, 200))
    arms = (_SMALL, _LARGE, _ROWS, _OURS)
    return {
        arm: bench.once(f"facts, {task}, {arm}", partial(_taught, bench, size, task, arm))
        for arm in bench.progress(arms, f"facts, {task}")
    }


def _taught(bench: Bench, size: _Facts, task: str, arm: str) -> float:
    parts, attributes = _entities(size, task)
    first = 3 + size.tokens
    facts = torch.cat([parts + 3, attributes[:, None] + first], dim=1)
    layers = 4 if arm == _LARGE else 1
    model: Any = tiny(
        "llama", vocab_size=first + size.attributes, hidden=16, layers=layers, heads=2, kv_heads=2, seed=bench.seed
    )
    if arm in (_OURS, _ROWS):
        vocab = FGramVocab.of(facts[:, :3].numpy(), special=_SPECIAL)
        _give(model, arm, vocab, SconeConfig(layers=2, width=64), bench.seed)
    # All alike, or the n-th with a probability of 1 / (10 + n).
    weights = torch.ones(len(facts)) if task == "own" else 1 / (10 + torch.arange(len(facts)))
    train(
        model.to(bench.device), _drawn(facts, weights, bench.seed), steps=size.steps, lr=size.rate, weight_decay=0.0,
        seed=bench.seed, what=arm,
    )  # fmt: skip
    asked = facts if task == "own" else facts[len(facts) // 2 :]
    ids = asked[: len(asked) // _IN_A_ROW * _IN_A_ROW].view(-1, 4 * _IN_A_ROW).to(bench.device)
    _serve(model)
    with torch.no_grad():
        told = model(input_ids=ids).logits[:, 2::4].argmax(-1)
    return 100 * float((told == ids[:, 3::4]).float().mean())


def _entities(size: _Facts, task: str) -> tuple[Tensor, Tensor]:
    """Runs of three tokens (entities, 3), all different, and the attribute of each (entities,), from 0."""
    generator = torch.Generator().manual_seed(0)
    n = size.tokens
    which = torch.randperm(n**3, generator=generator)[: size.entities]
    parts = torch.stack([which // n**2, which // n % n, which % n], dim=1)
    if task == "own":
        return parts, torch.randint(size.attributes, (size.entities,), generator=generator)
    # The first and the last token each belong to one of several kinds, and the two kinds tell the attribute.
    kinds = math.isqrt(size.attributes)
    kind = torch.randint(kinds, (2, n), generator=generator)
    return parts, kinds * kind[0][parts[:, 0]] + kind[1][parts[:, 2]]


def _drawn(facts: Tensor, weights: Tensor, seed: int) -> Batches:
    def batch(step: int) -> dict[str, Tensor]:
        generator = torch.Generator().manual_seed(1_000_003 * seed + step)
        chosen = torch.multinomial(weights, _SEQUENCES * _IN_A_ROW, replacement=True, generator=generator)
        ids = facts[chosen].view(_SEQUENCES, -1)
        labels = torch.full_like(ids, -100)
        labels[:, 3::4] = ids[:, 3::4]
        return {"input_ids": ids, "labels": labels}

    return batch


# Serving


@dataclass(frozen=True)
class _Served:
    hidden: int
    layers: int
    tokens: int
    """Of which f-grams are made: every pair is one."""
    steps: int


def _served(bench: Bench, folder: Path) -> tuple[Any, Any, Any, Tensor]:
    """The small model, that with a table mapped from disk, one of twice the layers; and ids whose pairs are f-grams."""
    size = bench.pick(quick=_Served(64, 2, 32, 4), cpu=_Served(256, 8, 256, 8), cuda=_Served(2048, 16, 2048, 64))
    bench.setting(
        "simulated",
        model=f"untrained Llama, {size.hidden} wide, {size.layers} layers",
        differs=f"against {2 * size.layers} layers; "
        f"{size.tokens**2:,} f-grams, one at every token, instead of 1B parameters against 1.9B, and 1B f-grams",
    )
    make = partial(
        tiny, "llama", vocab_size=8 * size.hidden, hidden=size.hidden, kv_heads=4, intermediate=4 * size.hidden
    )
    small, ours, larger = make(layers=size.layers), make(layers=size.layers), make(layers=2 * size.layers)
    for model in (small, ours, larger):
        cast("nn.Module", model).to(bench.device)
    pairs = torch.cartesian_prod(*[torch.arange(3, 3 + size.tokens)] * 2)
    vocab = FGramVocab.of(pairs.numpy(), special=_SPECIAL)
    attach(ours, FGramRows(vocab, cast("nn.Embedding", ours.get_input_embeddings())))
    table = export(ours, folder / "table")
    detach(ours)
    attach(ours, table)
    return (
        small,
        ours,
        larger,
        torch.randint(3, 3 + size.tokens, (4, size.steps), generator=torch.Generator().manual_seed(0)),
    )


def _held(model: nn.Module) -> float:
    """Bytes of a model's parameters and buffers."""
    return float(sum(tensor.nbytes for tensor in (*model.parameters(), *model.buffers())))


# Tables


def _written(folder: Path, rows: int) -> float:
    """Bytes per row of a table 2,048 wide, all its files together."""
    vocab = FGramVocab.of(_ngrams(rows))
    embed = nn.Embedding(50_000, 2048, _weight=torch.zeros(50_000, 2048, dtype=torch.float16))
    write_table(folder, FGramRows(vocab, embed), vocab, embed, dtype="float16", batch=4096)
    return sum(file.stat().st_size for file in folder.iterdir()) / rows


def _look_ups(rows: int, *, rounds: int = 5) -> dict[str, list[float]]:
    """Seconds of each round of look-ups in a table in RAM, mapped, and mapped with none of its pages in memory."""
    generator = np.random.default_rng(0)
    vectors = np.ones((rows, 16), dtype=np.float16)
    in_ram = FGramTable(FGramVocab.of(_ngrams(rows)), vectors, dtype="float16")
    embed = nn.Embedding(1, 16)
    taken: dict[str, list[float]] = {"ram": [], "disk": [], "dropped": []}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "table"
        in_ram.save(place)
        for _ in range(rounds):
            asked = in_ram.vocab.ngrams[generator.integers(rows, size=52)].reshape(4, -1)
            taken["ram"].append(_look_up(in_ram, embed, asked))
            _drop(place)
            mapped = FGramTable.load(place)
            taken["dropped"].append(_look_up(mapped, embed, asked))
            taken["disk"].append(_look_up(mapped, embed, asked))
    return taken


def _look_up(table: FGramTable, embed: nn.Module, ids: NDArray[np.int32]) -> float:
    began = perf_counter()
    found = table.vocab.match(ids)
    table(found[found >= 0], embed)
    return perf_counter() - began


def _drop(folder: Path) -> None:
    """Have the system forget the pages of the folder's files; where it cannot be asked to, they stay."""
    for file in folder.iterdir() if hasattr(os, "posix_fadvise") else ():
        with file.open("rb") as opened:
            os.fsync(opened.fileno())
            os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _ngrams(rows: int) -> NDArray[np.int32]:
    """So many different n-grams (rows, 5) of 2 to 5 tokens, of 50,000."""
    generator = np.random.default_rng(0)
    pair = np.arange(rows) * 2_654_435_761 % 50_000**2  # a prime: no two are alike
    ngrams = generator.integers(50_000, size=(rows, 5), dtype=np.int32)
    ngrams[:, 3], ngrams[:, 4] = pair // 50_000, pair % 50_000
    lengths = np.arange(rows) % 4 + 2
    for column in range(3):
        ngrams[lengths < 5 - column, column] = -1
    return ngrams


# Showing


def _show(
    bench: Bench,
    name: str,
    figures: dict[str, float],
    *,
    better: Any,
    unit: str = "",
    at_least: float | None = None,
) -> None:
    others = {arm: value for arm, value in figures.items() if arm != _OURS}
    bench.score(name, candidate=figures[_OURS], others=others, better=better, unit=unit, at_least=at_least)
