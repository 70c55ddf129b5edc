"""ENCORE against MEMIT, AlphaEdit and plain fine-tuning: streams of edits to a small Llama that knows made-up facts.

Every arm edits the same projections of the same model in the same batches, and is tuned alike: as many settings each,
tried on a stream of edits of its own, the best by the harmonic mean of what counts (efficacy on all edits so far, and
retention of facts that were not edited) taken to the other streams, whatever comes out there. AlphaEdit and MEMIT are
run by the same editor, so that what differs is what the papers say differs: the rule of the update, and early stopping.

Efficacy is the part of *all* edits so far that the model states, paraphrase the same behind words that no edit saw,
retention the part of unedited facts that it still states, and growth the norm of the edited weights in norms of the
unedited ones. The paper's downstream tasks have no like in so small a model: retention takes their place. A stream here
is also harsher than 10,000 edits of a model with billions of weights, since it rewrites a good part of all it knows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import pairwise
from statistics import harmonic_mean, mean, median
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from assay.methods.editing.encore import Covariance, Edit, Encore, EncoreConfig, Rule, fit_covariance, memit, stated
from assay.methods.editing.encore.model import find_sites
from assay.methods.editing.encore.prompts import encode
from assay.testbed.cache import trained
from assay.testbed.models import tiny
from assay.testbed.tasks import IGNORED
from assay.testbed.training import one_thread, train
from assay.trials import Bench, trial

_PAPER = "2502.01636"
_MEMIT, _ALPHA, _TUNED, _OURS = "MEMIT", "AlphaEdit", "fine-tuning", "ENCORE"
_CONTEXTS = ("{}", "w0 {}", "w1 w2 {}")
_UNSEEN = "w3 w4 {}"
_WORDS, _RELATIONS, _FIRSTS, _SECONDS, _OBJECTS = 16, 8, 24, 24, 48
_TUNING = 1_000
"""Seed of the stream that settings are tried on."""
_TEXTS = 400
"""Facts whose texts the covariance is taken over."""
_LOSS = 5.0
"""Points of retention whose loss ends a stream "without loss"."""

Setting = tuple[float, float]
# Chosen around what did well on the stream for tuning, before any other stream was run.
_SETTINGS: dict[str, tuple[Setting, ...]] = {
    _MEMIT: ((10, 0), (100, 0), (300, 0), (1_000, 0)),  # lambda_preserve
    _ALPHA: ((0.5, 10), (0.8, 30), (0.5, 30), (0.8, 10)),  # part of the directions that is free, penalty
    _TUNED: ((1e-3, 20), (2e-3, 20), (3e-3, 20), (1e-2, 5)),  # rate and steps of Adam
    _OURS: ((10, 0.1), (100, 1), (10, 1), (100, 0.1)),  # lambda_preserve, lambda_norm
}


@dataclass(frozen=True)
class _Size:
    hidden: int
    layers: int
    edited: tuple[int, ...]
    facts: int
    steps: int
    """Of training."""
    edits: int
    batch: int
    streams: int
    long: int
    """Edits of one stream that goes on."""


@dataclass(frozen=True)
class _Arm:
    write: Callable[[Sequence[Edit]], float]
    """Writes a batch into the weights; gradient steps an edit."""
    undo: Callable[[], None]
    """Takes all batches back."""


@trial(_PAPER, claim="sequential-edits")
def sequential(bench: Bench) -> None:
    """Edits in a row before the facts that were not edited are lost: MEMIT against ENCORE, and their rivals."""
    found = _streams(bench)
    lasted = {arm: [run["lasted"] for run in runs] for arm, runs in found.items()}
    in_a_row = bench.compare(
        f"edits in a row before retention falls by {_LOSS:g} points",
        baseline=(_MEMIT, lasted[_MEMIT]),
        candidate=lasted[_OURS],
        others={arm: lasted[arm] for arm in (_ALPHA, _TUNED)},
        unit="edits",
        better="higher",
    )
    bench.claim(in_a_row)
    _kept(bench, found)
    _show(bench, found, "paraphrase", "paraphrase of all edits", unit="%", better="higher")
    _show(bench, found, "growth", "norm of the edited weights, in unedited ones", unit="x", better="lower")
    _show_long(bench)


@trial(_PAPER, claim="speed-over-memit")
def speed_over_memit(bench: Bench) -> None:
    """Time of an edit: MEMIT against ENCORE, and their rivals."""
    _speed(bench, _MEMIT)


@trial(_PAPER, claim="speed-over-alphaedit")
def speed_over_alphaedit(bench: Bench) -> None:
    """Time of an edit: AlphaEdit against ENCORE, and their rivals."""
    _speed(bench, _ALPHA)


@trial(_PAPER, claim="editing-time-cut")
def time_cut(bench: Bench) -> None:
    """Time of an edit as the second version has it: MEMIT against ENCORE, and their rivals."""
    _speed(bench, _MEMIT)


def _speed(bench: Bench, baseline: str) -> None:
    """Time one batch in every arm, one search after the other as the official code has them, and back again."""
    found, size = _streams(bench), _size(bench)
    edits, _ = _stream(size, _TUNING)
    some = edits[: bench.pick(quick=2, cpu=3, cuda=100)]
    calls = {arm: _call(bench, size, arm, _best(bench, size, arm), some) for arm in _SETTINGS}
    with one_thread():
        taken = bench.time(
            f"time of {len(some)} edits, and of taking them back",
            baseline=(baseline, calls[baseline]),
            candidate=calls[_OURS],
            others={arm: call for arm, call in calls.items() if arm not in (baseline, _OURS)},
        )
    bench.claim(taken)
    _kept(bench, found, baseline)
    _show(bench, found, "steps", "gradient steps of an edit", better="lower")


def _kept(bench: Bench, found: dict[str, list[dict[str, float]]], baseline: str = _MEMIT) -> None:
    """The conditions: speed or retention is worth nothing to an editor that does not edit as well."""
    margin = bench.pick(quick=20.0, cpu=_LOSS, cuda=_LOSS)  # points; an edit of a quick run is four of them
    least = median(run["efficacy"] for run in found[baseline]) - margin
    _show(bench, found, "efficacy", "efficacy on all edits", unit="%", better="higher", at_least=least)
    _show(bench, found, "retention", "retention of unedited facts", unit="%", better="higher")


def _show(
    bench: Bench,
    found: dict[str, list[dict[str, float]]],
    figure: str,
    name: str,
    *,
    better: Any,
    unit: str = "",
    at_least: float | None = None,
) -> None:
    """Show a figure of every arm, stream by stream."""
    arms = {arm: [run[figure] for run in runs] for arm, runs in found.items()}
    bench.score(name, candidate=arms.pop(_OURS), others=arms, unit=unit, better=better, at_least=at_least)


def _size(bench: Bench) -> _Size:
    return bench.pick(
        quick=_Size(32, 3, (1,), 120, 100, 24, 12, 1, 48),
        cpu=_Size(64, 4, (1, 2), 1_200, 250, 200, 25, 3, 1_000),
        cuda=_Size(768, 12, (4, 5, 6), 20_000, 6_000, 5_000, 100, 3, 10_000),
    )


def _tries(bench: Bench) -> int:
    """How many settings of each arm are tried."""
    return bench.pick(quick=1, cpu=4, cuda=4)


def _show_long(bench: Bench) -> None:
    """One stream that goes on, from batch to batch."""
    size = _size(bench)
    longer = replace(size, edits=size.long)
    found: dict[str, dict[str, Any]] = {}
    with one_thread():
        for arm in bench.progress(_SETTINGS, "one long stream"):
            setting = _best(bench, size, arm)
            run = partial(_run, longer, arm, setting, bench.seed, str(bench.device))
            found[arm] = bench.once(f"{arm}, long stream", run)
    lasted = {arm: found[arm]["lasted"] for arm in found}
    name = f"edits in a row before retention falls by {_LOSS:g} points, in one stream of {size.long:,}"
    bench.score(name, candidate=lasted.pop(_OURS), others=lasted, unit="edits", better="higher")
    at = range(size.batch, size.long + 1, size.batch)
    for figure, name, unit in (
        ("efficacies", "efficacy on all edits so far", "%"),
        ("retained", "retention", "%"),
        ("growths", "norm of the edited weights, in unedited ones", "x"),
    ):
        along = {arm: found[arm][figure] for arm in found}
        bench.curve(f"{name}, in one long stream", along="edits", at=at, candidate=along.pop(_OURS), others=along,
                    unit=unit)  # fmt: skip


def _streams(bench: Bench) -> dict[str, list[dict[str, Any]]]:
    """By arm, its figures at the end of each stream, with the setting that did best on another."""
    size = _size(bench)
    bench.setting(
        "trained here",
        model=f"Llama, {size.hidden} wide, {size.layers} layers",
        differs=f"{size.edits:,} of {size.facts:,} made-up facts that it knows, edited in batches of {size.batch}, "
        "instead of Llama3-8B and 10,000 edits in batches of 100; retention of unedited facts instead of downstream "
        f"tasks; {_tries(bench)} settings an arm, tried on a stream of their own; {size.streams} streams on one model",
    )
    found: dict[str, list[dict[str, Any]]] = {}
    with one_thread():
        for arm in _SETTINGS:
            setting = _best(bench, size, arm)
            found[arm] = [
                bench.once(f"{arm}, stream {seed}", partial(_run, size, arm, setting, seed, str(bench.device)))
                for seed in range(bench.seed, bench.seed + size.streams)
            ]
    return found


def _best(bench: Bench, size: _Size, arm: str) -> Setting:
    """The setting of an arm with the best harmonic mean on the stream for tuning."""
    tried = {
        setting: bench.once(f"{arm} with {setting}", partial(_run, size, arm, setting, _TUNING, str(bench.device)))
        for setting in bench.progress(_SETTINGS[arm][: _tries(bench)], f"settings of {arm}")
    }
    return max(tried, key=lambda setting: harmonic_mean([tried[setting]["efficacy"], tried[setting]["retention"]]))


@cache
def _run(size: _Size, arm: str, setting: Setting, seed: int, device: str) -> dict[str, Any]:
    """One stream of edits through one arm. The trials of one process share it."""
    model = _taught(size)
    model.to(device)  # type: ignore[arg-type]
    edits, kept = _stream(size, seed)
    behind = [replace(edit, prompt=_UNSEEN.replace("{}", edit.prompt)) for edit in edits]
    sites = find_sites(model, size.edited)
    norms = [float(site.weight.detach().norm()) for site in sites]
    one = _arm(model, size, arm, setting, at_once=size.batch)
    at_first = _per_cent(model, kept)
    retained, efficacies, growths, steps = [], [], [], []
    for end in range(size.batch, len(edits) + 1, size.batch):
        steps.append(one.write(edits[end - size.batch : end]))
        retained.append(_per_cent(model, kept))
        efficacies.append(_per_cent(model, edits[:end]))
        growths.append(mean(float(site.weight.detach().norm()) / norm for site, norm in zip(sites, norms, strict=True)))
    return {
        "efficacy": efficacies[-1],
        "efficacies": efficacies,
        "paraphrase": _per_cent(model, behind),
        "retention": retained[-1],
        "retained": retained,
        "growth": growths[-1],
        "growths": growths,
        "lasted": _lasted([at_first, *retained], size.batch),
        "steps": mean(steps),
    }


def _lasted(retained: Sequence[float], batch: int) -> float:
    """Edits until retention first falls below what it may lose, on the line between two batches."""
    floor = retained[0] - _LOSS
    for number, (before, after) in enumerate(pairwise(retained)):
        if after < floor:
            return batch * (number + (before - floor) / (before - after))
    return float(batch * (len(retained) - 1))


def _call(bench: Bench, size: _Size, arm: str, setting: Setting, edits: Sequence[Edit]) -> Callable[[], None]:
    """What is timed: the edits written, and taken back."""
    model = _taught(size)
    model.to(bench.device)  # type: ignore[arg-type]
    one = _arm(model, size, arm, setting, at_once=1)

    def call() -> None:
        one.write(edits)
        one.undo()

    return call


def _arm(model: PreTrainedModel, size: _Size, arm: str, setting: Setting, *, at_once: int) -> _Arm:
    if arm == _TUNED:
        return _fine_tuned(model, size, setting)
    first, second = setting
    covariance = _covariance(size)
    config = EncoreConfig(size.edited, lambda_preserve=first, lambda_norm=second, at_once=at_once)
    rule = None
    if arm == _MEMIT:
        config = memit(config)
    if arm == _ALPHA:
        config = replace(config, lambda_preserve=0.0, patience=0)
        rule = _null_space(first, second)
    editor = Encore(model, _tokenizer(), config, covariance, contexts=_CONTEXTS, rule=rule)
    return _Arm(lambda edits: mean(editor.edit(edits).steps), lambda: editor.rollback(0))


def _null_space(free: float, penalty: float) -> Rule:
    """AlphaEdit's rule: updates live where ordinary keys hardly reach, in the `free` part of their directions."""
    projections: dict[float, Tensor] = {}  # found once for each layer, whose covariance is known by its trace

    def rule(keys: Tensor, ordinary: Tensor, previous: Tensor) -> Tensor:
        layer = float(ordinary.trace())
        if layer not in projections:
            projections[layer] = _least(ordinary, free)
        p = projections[layer]
        system = p @ (keys @ keys.T + previous) + penalty * torch.eye(len(keys)).to(keys)
        solution: Tensor = torch.linalg.solve(system, p @ keys)
        return solution

    return rule


def _least(matrix: Tensor, part: float) -> Tensor:
    """The projection onto that part of the directions in which `matrix` is least."""
    vectors: Tensor = torch.linalg.eigh(matrix).eigenvectors[:, : round(part * len(matrix))]
    return vectors @ vectors.T


def _fine_tuned(model: PreTrainedModel, size: _Size, setting: Setting) -> _Arm:
    """Adam on the edited projections, on the batch alone."""
    rate, steps = setting
    weights = [site.weight for site in find_sites(model, size.edited)]
    before = [weight.detach().clone() for weight in weights]
    for parameter in model.parameters():
        parameter.requires_grad = False

    def write(edits: Sequence[Edit]) -> float:
        rows = encode(_tokenizer(), edits, _CONTEXTS, model.device)
        row, place = torch.nonzero(rows.labels != IGNORED, as_tuple=True)
        for weight in weights:
            weight.requires_grad = True
        adam = torch.optim.Adam(weights, lr=rate)
        for _ in range(int(steps)):
            logits = rows.logits(model)[row, place]
            adam.zero_grad()
            torch.nn.functional.cross_entropy(logits, rows.labels[row, place]).backward()
            adam.step()
        for weight in weights:
            weight.requires_grad = False
        return steps / len(edits)

    @torch.no_grad()
    def undo() -> None:
        for weight, base in zip(weights, before, strict=True):
            weight.copy_(base)

    return _Arm(write, undo)


def _per_cent(model: PreTrainedModel, facts: Sequence[Edit]) -> float:
    return 100.0 * mean(stated(model, _tokenizer(), facts, at_once=512))


@cache
def _tokenizer() -> PreTrainedTokenizerFast:
    """One token a word."""
    from tokenizers import Tokenizer, models, pre_tokenizers  # noqa: PLC0415

    counts = {"w": _WORDS, "r": _RELATIONS, "a": _FIRSTS, "b": _SECONDS, "o": _OBJECTS}
    words = ["<pad>", "<s>", "</s>", *(f"{kind}{n}" for kind, count in counts.items() for n in range(count))]
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token="<pad>"))  # noqa: S106
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>")  # noqa: S106


@cache
def _facts(size: _Size) -> tuple[Edit, ...]:
    """What the model learns: a relation, a subject of two words, an object."""
    generator = torch.Generator().manual_seed(0)
    many = torch.randperm(_RELATIONS * _FIRSTS * _SECONDS, generator=generator)[: size.facts].tolist()
    objects = torch.randint(_OBJECTS, (len(many),), generator=generator).tolist()
    return tuple(
        Edit(f"r{n // (_FIRSTS * _SECONDS)} {{}}", f"a{n // _SECONDS % _FIRSTS} b{n % _SECONDS}", f"o{thing}")
        for n, thing in zip(many, objects, strict=True)
    )


@cache
def _stream(size: _Size, seed: int) -> tuple[list[Edit], list[Edit]]:
    """The edits of a stream, each with another object than before, and as many facts that stay as they are."""
    generator = torch.Generator().manual_seed(seed)
    facts = [_facts(size)[n] for n in torch.randperm(size.facts, generator=generator).tolist()]
    further = torch.randint(1, _OBJECTS, (size.edits,), generator=generator).tolist()
    edits = [
        replace(fact, object=f"o{(int(fact.object[1:]) + more) % _OBJECTS}")
        for fact, more in zip(facts[: size.edits], further, strict=True)
    ]
    return edits, facts[size.edits : size.edits + max(300, size.edits)]


def _ids(size: _Size) -> Tensor:
    """(facts, 4): each fact without any words before it."""
    texts = [f"{fact.prompt.replace('{}', fact.subject)} {fact.object}" for fact in _facts(size)]
    return torch.tensor(_tokenizer()(texts)["input_ids"])


def _taught(size: _Size) -> PreTrainedModel:
    """A model that knows the facts, behind up to four words; on the CPU, a new one every time."""
    facts, vocab = _ids(size), len(_tokenizer())

    def batch(step: int) -> dict[str, Tensor]:
        generator = torch.Generator().manual_seed(step)
        some = facts[torch.randint(len(facts), (192,), generator=generator)]
        words = torch.randint(3, 3 + _WORDS, (len(some), step % 5), generator=generator)
        ids = torch.cat([words, some], 1)
        labels = ids.clone()
        labels[:, :-1] = IGNORED
        return {"input_ids": ids, "labels": labels}

    def build() -> PreTrainedModel:
        model = tiny("llama", vocab_size=vocab, hidden=size.hidden, layers=size.layers, intermediate=4 * size.hidden)
        train(model, batch, steps=size.steps, lr=5e-3, what="learning facts")
        return model

    return trained({"facts": size.facts, "shape": [size.hidden, size.layers], "steps": size.steps}, build)


@cache
def _covariance(size: _Size) -> Covariance:
    """Over some of the facts behind other words, as they were learnt."""
    generator = torch.Generator().manual_seed(0)
    words = torch.randint(_WORDS, (min(size.facts, _TEXTS), 2), generator=generator).tolist()
    texts = [
        f"w{first} w{second} {fact.prompt.replace('{}', fact.subject)}"
        for (first, second), fact in zip(words, _facts(size), strict=False)
    ]
    return fit_covariance(_taught(size), _tokenizer(), size.edited, texts)
