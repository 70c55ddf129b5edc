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

from transformers import PreTrainedModel

from assay.methods.editing.encore import Covariance, Edit, Encore, are_stated, fit_covariance, memit
from assay.methods.editing.encore.sites import find_sites
from assay.testbed.models import tiny
from assay.testbed.sweep import Runs
from assay.testbed.tasks.made_up_facts import edit_stream, fact_batches, fact_questions, make_facts, word_tokenizer
from assay.testbed.training import one_thread, train_once
from assay.trials import Bench, trial
from assay.trials.editing._rivals import FineTuning, null_space_rule

_PAPER = "2502.01636"
_MEMIT, _ALPHA, _TUNED, _OURS = "MEMIT", "AlphaEdit", "fine-tuning", "ENCORE"
_CONTEXTS = ("{}", "w0 {}", "w1 w2 {}")
_UNSEEN = "w3 w4 {}"
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
    undo: Callable[[], object]
    """Takes all batches back."""


@trial(_PAPER, claim="sequential-edits")
def sequential(bench: Bench) -> None:
    """Edits in a row before the facts that were not edited are lost: MEMIT against ENCORE, and their rivals."""
    runs = _streams(bench)
    name = f"edits in a row before retention falls by {_LOSS:g} points"
    bench.claim(
        bench.compare(name, runs.figures("lasted"), candidate=_OURS, baseline=_MEMIT, unit="edits", better="higher")
    )
    _show_conditions(bench, runs, _MEMIT)
    paraphrase, growth = runs.figures("paraphrase"), runs.figures("growth")
    bench.score("paraphrase of all edits", paraphrase, candidate=_OURS, unit="%", better="higher")
    name = "norm of the edited weights, in unedited ones"
    bench.score(name, growth, candidate=_OURS, unit="x", better="lower")
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
    runs, size = _streams(bench), _size(bench)
    edits, _ = _stream(size, _TUNING)
    some = edits[: bench.pick(quick=2, cpu=3, cuda=100)]
    calls = {arm: _call(bench, size, arm, _best(bench, size, arm), some) for arm in _SETTINGS}
    name = f"time of {len(some)} edits, and of taking them back"
    with one_thread():
        bench.claim(bench.time(name, calls, candidate=_OURS, baseline=baseline))
    _show_conditions(bench, runs, baseline)
    bench.score("gradient steps of an edit", runs.figures("steps"), candidate=_OURS, better="lower")


def _show_conditions(bench: Bench, runs: Runs, baseline: str) -> None:
    """Speed or retention is worth nothing to an editor that does not edit as well."""
    efficacy, retention = runs.figures("efficacy"), runs.figures("retention")
    margin = bench.pick(quick=20.0, cpu=_LOSS, cuda=_LOSS)  # points; an edit of a quick run is four of them
    least = median(efficacy[baseline]) - margin
    bench.score("efficacy on all edits", efficacy, candidate=_OURS, unit="%", better="higher", at_least=least)
    bench.score("retention of unedited facts", retention, candidate=_OURS, unit="%", better="higher")


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
    runs: dict[str, dict[str, Any]] = {}
    with one_thread():
        for arm in bench.progress(_SETTINGS, "one long stream"):
            setting = _best(bench, size, arm)
            run = partial(_run, longer, arm, setting, bench.seed, str(bench.device))
            runs[arm] = bench.once(f"{arm}, long stream", run)
    name = f"edits in a row before retention falls by {_LOSS:g} points, in one stream of {size.long:,}"
    lasted = {arm: run["lasted"] for arm, run in runs.items()}
    bench.score(name, lasted, candidate=_OURS, unit="edits", better="higher")
    at = range(size.batch, size.long + 1, size.batch)
    for figure, name, unit in (
        ("efficacies", "efficacy on all edits so far", "%"),
        ("retentions", "retention", "%"),
        ("growths", "norm of the edited weights, in unedited ones", "x"),
    ):
        curves = {arm: run[figure] for arm, run in runs.items()}
        bench.curve(f"{name}, in one long stream", curves, candidate=_OURS, along="edits", at=at, unit=unit)


def _streams(bench: Bench) -> Runs:
    """By arm, its figures at the end of each stream, with the setting that did best on another."""
    size = _size(bench)
    bench.setting(
        "trained here",
        model=f"Llama, {size.hidden} wide, {size.layers} layers",
        differs=f"{size.edits:,} of {size.facts:,} made-up facts that it knows, edited in batches of {size.batch}, "
        "instead of Llama3-8B and 10,000 edits in batches of 100; retention of unedited facts instead of downstream "
        f"tasks; {_tries(bench)} settings an arm, tried on a stream of their own; {size.streams} streams on one model",
    )
    by_arm: dict[str, list[dict[str, Any]]] = {}
    with one_thread():
        for arm in _SETTINGS:
            setting = _best(bench, size, arm)
            by_arm[arm] = [
                bench.once(f"{arm}, stream {seed}", partial(_run, size, arm, setting, seed, str(bench.device)))
                for seed in range(bench.seed, bench.seed + size.streams)
            ]
    return Runs(by_arm)


def _best(bench: Bench, size: _Size, arm: str) -> Setting:
    """The setting of an arm with the best harmonic mean on the stream for tuning."""
    figures = {
        setting: bench.once(f"{arm} with {setting}", partial(_run, size, arm, setting, _TUNING, str(bench.device)))
        for setting in bench.progress(_SETTINGS[arm][: _tries(bench)], f"settings of {arm}")
    }
    return max(
        figures, key=lambda setting: harmonic_mean([figures[setting][each] for each in ("efficacy", "retention")])
    )


@cache
def _run(size: _Size, arm: str, setting: Setting, seed: int, device: str) -> dict[str, Any]:
    """One stream of edits through one arm. The trials of one process share it."""
    model: Any = _train(size)
    model.to(device)
    edits, unedited = _stream(size, seed)
    behind = [replace(edit, prompt=_UNSEEN.replace("{}", edit.prompt)) for edit in edits]
    sites = find_sites(model, size.edited)
    norms = [float(site.weight.detach().norm()) for site in sites]
    one = _arm(model, size, arm, setting, at_once=size.batch)
    retentions, efficacies, growths, steps = [_per_cent(model, unedited)], [], [], []
    for end in range(size.batch, len(edits) + 1, size.batch):
        steps.append(one.write(edits[end - size.batch : end]))
        retentions.append(_per_cent(model, unedited))
        efficacies.append(_per_cent(model, edits[:end]))
        growths.append(mean(float(site.weight.detach().norm()) / norm for site, norm in zip(sites, norms, strict=True)))
    return {
        "efficacy": efficacies[-1],
        "efficacies": efficacies,
        "paraphrase": _per_cent(model, behind),
        "retention": retentions[-1],
        "retentions": retentions[1:],
        "growth": growths[-1],
        "growths": growths,
        "lasted": _lasted(retentions, size.batch),
        "steps": mean(steps),
    }


def _lasted(retentions: Sequence[float], batch: int) -> float:
    """Edits until retention first falls below what it may lose, on the line between two batches."""
    floor = retentions[0] - _LOSS
    for number, (before, after) in enumerate(pairwise(retentions)):
        if after < floor:
            return batch * (number + (before - floor) / (before - after))
    return float(batch * (len(retentions) - 1))


def _call(bench: Bench, size: _Size, arm: str, setting: Setting, edits: Sequence[Edit]) -> Callable[[], None]:
    """What is timed: the edits written, and taken back."""
    model: Any = _train(size)
    model.to(bench.device)
    one = _arm(model, size, arm, setting, at_once=1)

    def call() -> None:
        one.write(edits)
        one.undo()

    return call


def _arm(model: PreTrainedModel, size: _Size, arm: str, setting: Setting, *, at_once: int) -> _Arm:
    first, second = setting
    if arm == _TUNED:
        tuning = FineTuning(model, word_tokenizer(), size.edited, rate=first, steps=int(second), contexts=_CONTEXTS)
        return _Arm(tuning.write, tuning.undo)
    encore = Encore(size.edited, lambda_preserve=first, lambda_norm=second, at_once=at_once)
    rule = None
    if arm == _MEMIT:
        encore = memit(encore)
    if arm == _ALPHA:
        encore = replace(encore, lambda_preserve=0.0, patience=0)
        rule = null_space_rule(first, second)
    editor = encore.apply(model, word_tokenizer(), _covariance(size), contexts=_CONTEXTS, rule=rule)
    return _Arm(lambda edits: mean(editor.edit(edits).steps), lambda: editor.rollback(0))


def _per_cent(model: PreTrainedModel, facts: Sequence[Edit]) -> float:
    return 100.0 * mean(are_stated(model, word_tokenizer(), facts, at_once=512))


def _stream(size: _Size, seed: int) -> tuple[list[Edit], list[Edit]]:
    """The edits of a stream, and facts that stay as they are."""
    changes, unedited = edit_stream(size.facts, size.edits, seed)
    return [Edit(*fact) for fact in changes], [Edit(*fact) for fact in unedited]


def _train(size: _Size) -> PreTrainedModel:
    """A model that knows the facts, behind up to four words; on the CPU, a new one every time."""
    new = partial(
        tiny, "llama", vocab_size=len(word_tokenizer()), hidden=size.hidden, layers=size.layers,
        intermediate=4 * size.hidden,
    )  # fmt: skip
    return train_once(
        {"facts": size.facts, "shape": [size.hidden, size.layers], "steps": size.steps}, new,
        fact_batches(make_facts(size.facts), size=192), steps=size.steps, lr=5e-3, what="learning facts",
    )  # fmt: skip


@cache
def _covariance(size: _Size) -> Covariance:
    """Over some of the facts behind other words, as they were learnt."""
    questions = fact_questions(make_facts(size.facts)[:_TEXTS])
    return fit_covariance(_train(size), word_tokenizer(), size.edited, questions)
