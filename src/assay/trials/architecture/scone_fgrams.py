"""SCONE's f-grams against a model as cheap to serve, a larger one, and a table of n-grams that is trained directly.

A narrow Llama learns Python's standard library; its f-grams are the most frequent n-grams of what it reads. What is
judged is the paper's comparison: SCONE, served from its table, against a model of twice the layers; that this one is
better than the small model at all is a condition on the measurement. The paper trains on hundreds of billions of
tokens, where a model has no room left for what f-grams say. Here every arm is still in its first descent, and has room
for all of it; no gain is to be expected.

That room is what two made-up tasks take away. In one, each of many entities, a run of three tokens, is followed by an
attribute of its own: more facts than the small model can hold. In the other the attribute follows from the entity's
parts, and most entities are rare: what an encoder can know of those that a table has hardly been taught.

The long size reads the prose of a dictionary instead, at twice the width, seven times the tokens and twice the f-grams,
with one layer against two; it leaves out all times, and a longer training and the trained table are from one seed
only. That is six minutes on one quiet core; within an hour two layers against four and 4,000 steps would be possible.

What serving costs is measured on untrained models, as it does not depend on the weights.
"""

import math
import tempfile
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode
from transformers import DynamicCache

from assay.methods.architecture.scone_fgrams import (
    FGramVocab,
    Scone,
    SconeTable,
    export,
)
from assay.testbed.evaluation import split_windows
from assay.testbed.models import tiny
from assay.testbed.reading import Reading, reading
from assay.testbed.sweep import Runs, Sweep, sweep
from assay.testbed.tasks import draw_entities, entity_batches, entity_vocabulary
from assay.testbed.tasks.entities import IN_A_ROW
from assay.testbed.training import Batches, one_thread, train, windows
from assay.trials import Bench, show_overhead, trial
from assay.trials.architecture._fgram_tables import DROPPED, IN_RAM, MAPPED, bytes_per_row, look_up_seconds

_PAPER = "2502.01637"
_OURS, _SMALL, _LONGER, _LARGE, _ROWS = (
    "SCONE",
    "small model",
    "small model, equal training compute",
    "larger model",
    "trained n-gram table",
)
_ARMS = (_SMALL, _LONGER, _LARGE, _ROWS, _OURS)
_MAX_N = 4
_SPECIAL = {0, 1, 2}
_SOURCES: dict[str, Any] = {_OURS: "encoder", _ROWS: "rows"}
"""What makes the vectors of f-grams in training, by arm."""


@trial(_PAPER, claim="olmo-perplexity", long=True)
def perplexity(bench: Bench) -> None:
    """Perplexity at the small model's inference cost against a larger model, and against a directly trained table."""
    size = _text_size(bench)
    with one_thread():
        runs, compute = _sweep(bench, size)
        own, shared = (_facts(bench, task) for task in ("own", "shared"))
        perplexities = runs.figures("perplexity")
        better: dict[str, Any] = {"candidate": _OURS, "better": "lower"}
        name = f"perplexity of held-out {_reading(size).what}"
        bench.claim(bench.compare(name, perplexities, baseline=_LARGE, **better))
        bench.score("training compute, by the small model's", compute, unit="x", **better)
        bench.score(
            "perplexity of the small model, by the larger one's: a bar at all",
            [small / larger for small, larger in zip(perplexities[_SMALL], perplexities[_LARGE], strict=True)],
            better="higher", at_least=1.0, binds="measurement",
        )  # fmt: skip
        percent: dict[str, Any] = {"candidate": _OURS, "better": "higher", "unit": "%"}
        bench.score("accuracy on attributes that each entity has of its own", own, at_least=90.0, **percent)
        bench.score("accuracy on rare entities whose parts tell the attribute", shared, **percent)
        if bench.long:
            return
        models = {arm: _model(size, arm, 0) for arm in (_SMALL, _OURS, _LARGE)}
        show_overhead(bench, models, candidate=_OURS, baseline=_SMALL, batch=_batches(size, 0)(0))


@trial(_PAPER, claim="inference-compute-cut")
def compute_cut(bench: Bench) -> None:
    """Operations of a forward pass: a model of twice the layers against the small one with its table of f-grams.

    How much is cut is a matter of the two models; what is tested is that f-grams, once in a table, add nothing.
    """
    with tempfile.TemporaryDirectory() as folder:
        models, ids = _serving_models(bench, Path(folder))
        forward = {arm: partial(torch.no_grad()(model), input_ids=ids) for arm, model in models.items()}
        name = f"operations of a forward pass over {ids.numel()} tokens"
        operations = bench.flops(name, forward, candidate=_OURS, baseline=_LARGE)
        bench.claim(operations)
        more = operations.candidate / operations.figures[_SMALL]
        bench.score("operations with f-grams, by those without", more, better="lower", at_most=1.0)
        stored = {arm: _stored_bytes(model) for arm, model in models.items()}
        bench.score(
            "weights on the model's device", stored,
            candidate=_OURS, unit="B", better="lower", at_most=stored[_SMALL],
        )  # fmt: skip


@trial(_PAPER, claim="decode-latency")
def decode_latency(bench: Bench) -> None:
    """Decoding time per token at batch 4: a model of twice the layers against the small one with a table on disk."""
    with tempfile.TemporaryDirectory() as folder:
        models, ids = _serving_models(bench, Path(folder))
        steps = ids.shape[1]

        @torch.no_grad()
        def decode(arm: str) -> None:
            cache = DynamicCache()
            for end in range(1, steps + 1):
                models[arm](input_ids=ids[:, end - 1 : end], past_key_values=cache)

        arms = {arm: partial(decode, arm) for arm in models}
        name = f"decoding of {steps} tokens, 4 sequences"
        bench.claim(bench.time(name, arms, candidate=_OURS, baseline=_LARGE))


@trial(_PAPER, claim="table-size")
def table_size(bench: Bench) -> None:
    """Size of a table 2,048 wide in 16 bits, from one that was written, and the cost of looking up in smaller ones."""
    rows = bench.pick(quick=1_000, cpu=20_000)
    differs = f"a table of {rows:,} f-grams is written, and its bytes per row are taken for 10 million"
    bench.setting("as claimed", differs=differs)
    with tempfile.TemporaryDirectory() as folder:
        per_row = bytes_per_row(Path(folder) / "wide", rows)
        size = 1e7 * per_row / 1e9
        bench.claim(bench.compare("table of 10 million f-grams, 2,048 wide", size, unit="GB", better="lower"))
        bench.score("bytes of a row beside its vector", per_row - 2 * 2048, unit="B", better="lower")
    tables = bench.pick(quick=[1_000, 10_000, 100_000], cpu=[10_000, 100_000, 1_000_000, 10_000_000])
    look_ups = [
        bench.once(f"look-ups among {rows} f-grams", partial(look_up_seconds, rows))
        for rows in bench.progress(tables, "tables")
    ]
    by_place = {place: [seconds[place] for seconds in look_ups] for place in (MAPPED, IN_RAM, DROPPED)}
    bench.curve(
        "look-up of 260 tokens, mapped from disk", by_place, candidate=MAPPED, along="rows", at=tables, unit="s"
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
    vocab: int = 512
    prose: bool = False


def _text_size(bench: Bench) -> _Text:
    size = bench.pick(
        quick=_Text(32, 1, 1, 32, 8, 10, 1_000, (1e-2,)),
        cpu=_Text(32, 2, 2, 64, 8, 120, 2_000, (5e-3, 1.5e-2)),
        cuda=_Text(512, 6, 6, 256, 32, 1_000, 20_000, (3e-4, 1e-3, 3e-3)),
        long=_Text(64, 1, 2, 64, 8, 800, 4_000, (5e-3, 1.5e-2), vocab=1024, prose=True),
    )
    bench.setting(
        "trained here",
        model=f"Llama, {size.hidden} wide, {size.layers} layers",
        differs=f"against {2 * size.layers} layers; {size.fgrams:,} "
        f"f-grams of up to {_MAX_N} tokens, an encoder of {size.encoder} layers, "
        f"{size.steps * size.batch * size.length:,} tokens of {_reading(size).origin}, "
        "instead of 1B parameters against 1.9B, 1B f-grams, an encoder of 1.8B and 200B tokens",
    )
    return size


def _sweep(bench: Bench, size: _Text) -> tuple[Runs, dict[str, float]]:
    """The runs of each arm, and its training compute per step by the small model's.

    What has more steps, so that it costs as much to train as SCONE does, goes by the small model's best rate.
    """
    batch = _batches(size, 0)(0)
    per_step = {arm: _operations(_model(size, arm, 0), batch) for arm in _ARMS}
    longer = per_step[_OURS] / per_step[_SMALL]

    def run(arm: str, rate: float, seed: int) -> dict[str, float]:
        model = _model(size, arm, seed).to(bench.device)
        steps = round(size.steps * longer) if arm == _LONGER else size.steps
        losses = train(model, _batches(size, seed), steps=steps, lr=rate, seed=seed, what=arm, if_diverged=math.inf)
        if math.isinf(losses[-1]):
            return {"loss": math.log(size.vocab), "perplexity": float(size.vocab)}
        loss = _held_out_loss(model, size)
        return {"loss": loss, "perplexity": math.exp(loss)}

    one_seed = (_LONGER, _ROWS) if bench.long else ()
    run_arms = partial(sweep, run, seeds=bench.seeds(cpu=3), one_seed=one_seed, once=bench.once)
    tuned = run_arms(arms=[arm for arm in _ARMS if arm != _LONGER], rates=size.rates)
    more = run_arms(arms=[_LONGER], rates=[tuned.best(_SMALL)])
    runs = Sweep({arm: (more if arm == _LONGER else tuned).cells[arm] for arm in _ARMS})
    compute = {arm: per_step[arm] / per_step[_SMALL] for arm in _ARMS} | {_LONGER: longer}
    return runs.tuned, compute


def _reading(size: _Text) -> Reading:
    return reading(size.vocab, prose=size.prose)


def _batches(size: _Text, seed: int) -> Batches:
    return windows(_reading(size).known, length=size.length, batch=size.batch, seed=seed)


def _held_out_loss(model: Any, size: _Text) -> float:
    """In nats a token."""
    ids = split_windows(_reading(size).held_out, length=size.length, count=64).to(model.device)
    _serve(model)
    with torch.no_grad():
        return float(model(input_ids=ids, labels=ids).loss)


def _serve(model: Any) -> None:
    """Put a table in the place of what f-grams were trained with; read into memory, as its folder goes."""
    if hasattr(model, "fgrams"):
        with tempfile.TemporaryDirectory() as folder:
            _put_table(model, Path(folder), mmap=False)


def _put_table(model: Any, folder: Path, *, mmap: bool = True) -> None:
    export(model, folder)
    Scone.revert(model)
    SconeTable(folder, mmap=mmap).apply(model)


def _model(size: _Text, arm: str, seed: int) -> Any:
    """A new model of an arm."""
    layers = 2 * size.layers if arm == _LARGE else size.layers
    model = tiny("llama", vocab_size=size.vocab, hidden=size.hidden, layers=layers, seed=seed)
    if arm in (_OURS, _ROWS):
        vocab = _text_vocabulary(size)
        _add_fgrams(model, Scone(vocab, layers=size.encoder, source=_SOURCES[arm]), seed)
    return model


def _add_fgrams(model: Any, method: Scone, seed: int) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        method.apply(model)


@cache
def _text_vocabulary(size: _Text) -> FGramVocab:
    return FGramVocab.build([_reading(size).known], max_n=_MAX_N, size=size.fgrams, special=_SPECIAL)


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


def _facts(bench: Bench, task: str) -> dict[str, float]:
    """Accuracy of each arm, per cent: on the facts of a task, or on its rarer half where they share a structure."""
    if task == "own":
        size = bench.pick(quick=_Facts(32, 8, 16, 40), cpu=_Facts(512, 16, 64, 400))
    else:
        size = bench.pick(quick=_Facts(64, 8, 16, 40), cpu=_Facts(4_096, 32, 16, 200))
    return {
        arm: bench.once(f"facts, {task}, {arm}", partial(_recall, bench, size, task, arm))
        for arm in bench.progress((_SMALL, _LARGE, _ROWS, _OURS), f"facts, {task}")
    }


def _recall(bench: Bench, size: _Facts, task: str, arm: str) -> float:
    """Teach a new model of an arm the facts of a task and ask for them."""
    shape = {"tokens": size.tokens, "attributes": size.attributes}
    entities = draw_entities(size.entities, **shape, from_parts=task == "shared")
    layers = 4 if arm == _LARGE else 1
    model: Any = tiny(
        "llama", vocab_size=entity_vocabulary(**shape), hidden=16, layers=layers, heads=2, kv_heads=2, seed=bench.seed
    )
    if arm in (_OURS, _ROWS):
        vocab = FGramVocab.of(entities[:, :3].numpy(), special=_SPECIAL)
        _add_fgrams(model, Scone(vocab, layers=2, width=64, source=_SOURCES[arm]), bench.seed)
    # All alike, or the n-th with a probability of 1 / (10 + n).
    weights = torch.ones(len(entities)) if task == "own" else 1 / (10 + torch.arange(len(entities)))
    batches = entity_batches(entities, weights, size=8, seed=bench.seed)
    train(model.to(bench.device), batches, steps=size.steps, lr=1e-2, weight_decay=0.0, seed=bench.seed, what=arm)
    questions = entities if task == "own" else entities[len(entities) // 2 :]
    ids = questions[: len(questions) // IN_A_ROW * IN_A_ROW].view(-1, 4 * IN_A_ROW).to(bench.device)
    _serve(model)
    with torch.no_grad():
        answers = model(input_ids=ids).logits[:, 2::4].argmax(-1)
    return 100 * float((answers == ids[:, 3::4]).float().mean())


# Serving


@dataclass(frozen=True)
class _Serving:
    hidden: int
    layers: int
    tokens: int
    """Of which f-grams are made: every pair is one."""
    steps: int


def _serving_models(bench: Bench, folder: Path) -> tuple[dict[str, Any], Tensor]:
    """The small model, one of twice the layers, that with a table mapped from disk; and ids whose pairs are f-grams."""
    size = bench.pick(quick=_Serving(64, 2, 32, 4), cpu=_Serving(256, 8, 256, 8), cuda=_Serving(2048, 16, 2048, 64))
    bench.setting(
        "simulated",
        model=f"untrained Llama, {size.hidden} wide, {size.layers} layers",
        differs=f"against {2 * size.layers} layers; "
        f"{size.tokens**2:,} f-grams, one at every token, instead of 1B parameters against 1.9B, and 1B f-grams",
    )
    new = partial(
        tiny, "llama", vocab_size=8 * size.hidden, hidden=size.hidden, kv_heads=4, intermediate=4 * size.hidden
    )
    layers = {_LARGE: 2 * size.layers, _SMALL: size.layers, _OURS: size.layers}
    models: dict[str, Any] = {arm: new(layers=count) for arm, count in layers.items()}
    for model in models.values():
        model.to(bench.device)
    ours = models[_OURS]
    pairs = torch.cartesian_prod(*[torch.arange(3, 3 + size.tokens)] * 2)
    vocab = FGramVocab.of(pairs.numpy(), special=_SPECIAL)
    Scone(vocab, source="rows").apply(ours)
    _put_table(ours, folder / "table")
    ids = torch.randint(3, 3 + size.tokens, (4, size.steps), generator=torch.Generator().manual_seed(0))
    return models, ids.to(bench.device)


def _stored_bytes(model: nn.Module) -> float:
    """Bytes of a model's parameters and buffers."""
    return float(sum(tensor.nbytes for tensor in (*model.parameters(), *model.buffers())))
