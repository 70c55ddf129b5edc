"""APE against sequential and plain parallel encoding: time to the first token and to a whole answer, and quality.

Quality needs a task on which the arms can part. Ours is recall under near misses (`assay.testbed.tasks.near_misses`):
accuracy falls with every document more, well below 1 where the model was trained and further beyond.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel

from assay.methods.attention.ape import APE, NEUTRAL, KVStates, encode_contexts, encode_prefix, join
from assay.testbed.models import tiny
from assay.testbed.sweep import Runs
from assay.testbed.tasks import BEGIN, Task, curriculum, held_out_generator, recall_near_misses
from assay.testbed.tasks.near_misses import PREFIX
from assay.testbed.training import train_once
from assay.trials import Bench, trial
from assay.trials.intervals import confidence_interval

_PAPER = "2502.05431"
_OURS, SEQUENTIAL, PLAIN = "APE", "sequential", "plain parallel"
SHARED_PREFIX = "parallel with a shared prefix"
AS_PUBLISHED = "APE at 0.9 and 0.9, untuned"
WITHOUT = "no contexts at all"
_ARMS = (SEQUENTIAL, PLAIN, SHARED_PREFIX, AS_PUBLISHED, _OURS, WITHOUT)
_GRID = [APE(temperature=t, scale=s) for t in (0.7, 0.8, 0.9, 1.0) for s in (0.7, 0.8, 0.9, 1.0)]
_IN_REVERSE = "change of the logits when the contexts are put in reverse order"

# --- speed ----------------------------------------------------------------------------------------------------------


@trial(_PAPER, claim="prefill-speedup")
def prefill(bench: Bench) -> None:
    """Time to the first token with cached contexts, against encoding the whole prompt in sequence."""
    setting = _Prompt.random(bench)
    model, question = setting.model, setting.question
    with torch.inference_mode(), TemporaryDirectory() as folder:
        prefix = encode_prefix(model, setting.prefix, model_id="random weights")
        contexts = encode_contexts(model, prefix, setting.documents)
        files = [Path(folder) / f"{number}.safetensors" for number in range(len(contexts))]
        for context, file in zip(contexts, files, strict=True):
            context.save(file)

        def parallel(states: Sequence[KVStates]) -> Tensor:
            with APE()(model):
                return _last(model(**join(prefix, [states]).inputs(question), logits_to_keep=1))

        stored = DynamicCache(config=model.config)
        model(input_ids=setting.sequential[:, : -question.shape[1]], past_key_values=stored, logits_to_keep=1)

        def behind() -> Tensor:
            return _last(model(input_ids=question, past_key_values=_copied(stored), logits_to_keep=1))

        # A cache that knows the prefix alone saves 16 of 8,240 tokens: it is the baseline. One that has seen the very
        # same documents in the same order saves as much as APE, and only then.
        arms = {
            SEQUENTIAL: lambda: _last(model(input_ids=setting.sequential, logits_to_keep=1)),
            _OURS: lambda: parallel(contexts),
            "sequential, same documents cached in this order": behind,
            "APE, contexts read from disk": lambda: parallel([KVStates.load(file, bench.device) for file in files]),
            "APE, nothing cached": lambda: parallel(encode_contexts(model, prefix, setting.documents)),
        }
        bench.claim(bench.time("time to the first token", arms, candidate=_OURS, baseline=SEQUENTIAL))
        change = _largest(parallel(contexts), parallel(contexts[::-1]))
        bench.score(_IN_REVERSE, change, better="lower", at_most=0.0)


@trial(_PAPER, claim="end-to-end-speedup")
def whole_answer(bench: Bench) -> None:
    """Time of a whole answer with cached contexts, against encoding the whole prompt in sequence first."""
    tokens = bench.pick(quick=4, cpu=32, cuda=256)
    setting = _Prompt.random(bench)
    model = setting.model
    options: dict[str, Any] = {"max_new_tokens": tokens, "min_new_tokens": tokens, "do_sample": False}
    generate: Any = model.generate
    prefix = encode_prefix(model, setting.prefix, model_id="random weights")
    contexts = encode_contexts(model, prefix, setting.documents)

    def parallel() -> Tensor:
        with APE()(model):
            out: Tensor = generate(**join(prefix, [contexts]).inputs(setting.question), **options)
            return out

    arms = {SEQUENTIAL: lambda: generate(input_ids=setting.sequential, **options), _OURS: parallel}
    name = f"time of an answer of {tokens} tokens"
    bench.claim(bench.time(name, arms, candidate=_OURS, baseline=SEQUENTIAL))
    with NEUTRAL(model), torch.inference_mode():
        one = encode_contexts(model, prefix, setting.documents[:1])
        alone = model(**join(prefix, [one]).inputs(setting.question)).logits[:, -1]
    prompt = [*setting.prefix, *setting.documents[0], *setting.question[0].tolist()]
    with torch.inference_mode():
        plain = model(input_ids=torch.tensor([prompt], device=bench.device)).logits[:, -1]
    name, error = "relative error against sequential with one context and T = S = 1", _largest(alone, plain)
    most = bench.pick(cpu=1e-4, cuda=5e-2)
    bench.score(name, error / float(plain.abs().max()), better="lower", at_most=most)


@dataclass(frozen=True)
class _Shape:
    """A model and a prompt."""

    documents: int
    length: int
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    intermediate: int
    vocab_size: int
    dtype: torch.dtype = torch.float32
    prefix: int = 16
    question: int = 32


def _shape(bench: Bench) -> _Shape:
    return bench.pick(
        quick=_Shape(64, 128, 64, 2, 4, 2, 160, 512),
        cpu=_Shape(64, 128, 64, 4, 4, 2, 160, 512),
        cuda=_Shape(32, 4096, 4096, 32, 32, 8, 14336, 128_256, torch.bfloat16, question=64),  # Llama-3.1-8B, 128K
    )


@dataclass(frozen=True)
class _Prompt:
    """A model with random weights, and a prompt of random tokens for it."""

    model: PreTrainedModel
    prefix: list[int]
    documents: list[list[int]]
    question: Tensor
    sequential: Tensor

    @classmethod
    def random(cls, bench: Bench) -> "_Prompt":
        shape = _shape(bench)
        bench.setting(
            "simulated",
            model=f"Llama of random weights, {shape.hidden:,} wide, {shape.layers} layers",
            differs="random weights, on which time does not depend, instead of a trained model of 8B; "
            f"{shape.documents} documents of {shape.length:,} random tokens instead of 128K tokens of text",
        )
        before = torch.get_default_dtype()
        torch.set_default_dtype(shape.dtype)
        try:
            with bench.device:
                model = tiny(
                    "llama", vocab_size=shape.vocab_size, hidden=shape.hidden, layers=shape.layers,
                    heads=shape.heads, kv_heads=shape.kv_heads, intermediate=shape.intermediate, seed=bench.seed,
                    max_position_embeddings=2 * shape.documents * shape.length,
                )  # fmt: skip
        finally:
            torch.set_default_dtype(before)
        total = shape.prefix + shape.documents * shape.length + shape.question
        ids = torch.randint(3, shape.vocab_size, (1, total), generator=bench.generator(), device=bench.device)
        prefix, documents, question = torch.split(
            ids, [shape.prefix, shape.documents * shape.length, shape.question], dim=1
        )
        return cls(model, prefix[0].tolist(), documents.view(shape.documents, -1).tolist(), question, ids)


def _copied(cache: DynamicCache) -> DynamicCache:
    """A cache with the same content, which is what a prefix cache hands out."""
    copy = DynamicCache()
    for index, (keys, values, _) in enumerate(cache):
        copy.update(keys, values, index)
    return copy


def _last(output: Any) -> Tensor:
    """(batch, vocabulary): the logits of the last token."""
    logits: Tensor = output.logits[:, -1]
    return logits


# --- quality --------------------------------------------------------------------------------------------------------


@trial(_PAPER, claim="rag-quality-kept")
def quality_kept(bench: Bench) -> None:
    """Accuracy of APE on recall under near misses, against sequential encoding."""
    _compare(bench, SEQUENTIAL)


@trial(_PAPER, claim="rag-gain-over-parallel")
def gain_over_parallel(bench: Bench) -> None:
    """Accuracy of APE on recall under near misses, against plain parallel encoding without its three repairs."""
    _compare(bench, PLAIN)


def _compare(bench: Bench, baseline: str) -> None:
    """Accuracy in per cent of every arm, on several splits drawn apart, at counts of documents seen in training.

    Shown beside it: what each arm makes of more documents than it was trained on, likelihoods, how much attention goes
    to contexts, and whether the order of contexts changes anything.
    """
    steps = bench.pick(quick=100, cpu=280)
    splits, size = bench.pick(quick=(3, 64), cpu=(9, 128))
    counts = bench.pick(quick=(3,), cpu=(4, 8))
    most = max(counts)
    model: Any = _trained(steps, most, bench.seed)
    model.to(bench.device)
    tasks = [recall_near_misses(count) for count in counts]
    best = _tune(model, tasks, size=bench.pick(quick=24, cpu=128), seed=bench.seed)

    runs = Runs({arm: [] for arm in _ARMS})
    for split in bench.progress(range(splits), "evaluation"):
        examples = [_Arms(model, task, size, 1 + bench.seed * splits + split) for task in tasks]
        for arm in _ARMS:
            marks = [each.marks(each.logits(arm, best)) for each in examples]
            loss = fmean(mark[1] for mark in marks)
            runs.by_arm[arm].append({"accuracy": 100.0 * fmean(mark[0] for mark in marks), "loss": loss})
    accuracies = runs.figures("accuracy")
    _say_setting(bench, model, most, accuracies)
    losses = {arm: fmean(each) for arm, each in runs.figures("loss").items()}
    bench.score("negative log-likelihood of the answer", losses, candidate=_OURS, unit="nats", better="lower")
    bench.score("temperature, tuned apart", best.temperature, better="lower")
    bench.score("scale, tuned apart", best.scale, better="lower")

    for count in bench.pick(quick=(6,), cpu=(16, 32)):
        arms = _Arms(model, recall_near_misses(count), size, bench.seed)
        more = {arm: 100.0 * arms.marks(arms.logits(arm, best))[0] for arm in _ARMS}
        name = f"accuracy with {count} documents, more than in training"
        bench.score(name, more, candidate=_OURS, unit="%", better="higher")

    arms, again = (
        _Arms(model, recall_near_misses(most), size, bench.seed, backwards=backwards) for backwards in (False, True)
    )
    masses = {arm: arms.context_mass(arm, best) for arm in (SEQUENTIAL, SHARED_PREFIX, AS_PUBLISHED, _OURS)}
    bench.score("attention that the question gives to contexts", masses, candidate=_OURS, better="lower")
    changes = {arm: _largest(arms.logits(arm, best), again.logits(arm, best)) for arm in (SEQUENTIAL, _OURS)}
    bench.score(_IN_REVERSE, changes, candidate=_OURS, better="lower", at_most=0.0)
    bench.claim(bench.compare("accuracy", accuracies, candidate=_OURS, baseline=baseline, unit="%", better="higher"))


def _say_setting(bench: Bench, model: PreTrainedModel, most: int, accuracies: dict[str, list[float]]) -> None:
    differs = f"trained here on recall under near misses in up to {most} documents, instead of an 8B model on RAG tasks"
    low, high = confidence_interval([a - b for a, b in zip(accuracies[_OURS], accuracies[PLAIN], strict=True)])
    if low <= 0 <= high:
        differs += "; the task does not part APE from plain parallel encoding, hard as it was made"
    shape = model.config
    bench.setting(
        "trained here", model=f"Llama, {shape.hidden_size} wide, {shape.num_hidden_layers} layers", differs=differs
    )


def _trained(steps: int, most: int, seed: int) -> PreTrainedModel:
    """A model that has seen 2 to `most` documents, all of them asked for up to the sixth, in sequence."""
    stages = [recall_near_misses(count, min(count, 6)) for count in range(2, most + 1)]
    # First with ever more documents, then with any number of them.
    rising = curriculum(stages, 64, steps=steps // 2, seed=seed)
    batches = [task.batches(64, seed=seed + 1) for task in stages]
    return train_once(
        {"task": "near misses", "steps": steps, "most": most, "seed": seed},
        partial(tiny, "llama", vocab_size=stages[0].vocab_size, hidden=64, layers=4, intermediate=128, seed=seed),
        lambda step: (rising if step < steps // 2 else batches[step % len(batches)])(step),
        steps=steps, lr=8e-3, seed=seed, what="recall under near misses",
    )  # fmt: skip


def _tune(model: PreTrainedModel, tasks: Sequence[Task], *, size: int, seed: int) -> APE:
    """Temperature and scale with the best likelihood, on examples that no arm is judged by."""
    arms = [_Arms(model, task, size, -1 - seed) for task in tasks]
    losses = {ape: fmean(each.marks(each.logits(_OURS, ape))[1] for each in arms) for ape in _GRID}
    return min(losses, key=lambda ape: (losses[ape], 1.0 - ape.scale * ape.temperature))


class _Arms:
    """The same examples, encoded in each arm's way."""

    def __init__(self, model: PreTrainedModel, task: Task, size: int, split: int, *, backwards: bool = False) -> None:
        self.model = model
        parts = task.parts(size, held_out_generator(split))
        self.parts = replace(parts, documents=parts.documents.flip(1)) if backwards else parts
        self.question = self.parts.questions[:, 0].to(model.device)
        self.answer = self.parts.answers[:, 0].to(model.device)
        self.prefix = encode_prefix(model, list(PREFIX), model_id="this one")
        self.shared = join(self.prefix, self._rows(self.prefix))

    def logits(self, arm: str, best: APE) -> Tensor:
        """(size, vocabulary) of the answer's token."""
        with torch.inference_mode():
            if arm == SEQUENTIAL:
                return _last(self.model(input_ids=self._sequence(), logits_to_keep=1))
            cache = self.shared
            if arm in (PLAIN, WITHOUT):
                cache = join(self.prefix, self._plain_rows() if arm == PLAIN else [[] for _ in self.question])
            with self._ape(arm, best)(self.model):
                logits = _last(self.model(**cache.inputs(self.question), logits_to_keep=1))
            cache.rewind()
            return logits

    def marks(self, logits: Tensor) -> tuple[float, float]:
        """Accuracy, and mean negative log-likelihood in nats."""
        loss = torch.nn.functional.cross_entropy(logits, self.answer).item()
        return (logits.argmax(-1) == self.answer).double().mean().item(), loss

    def context_mass(self, arm: str, best: APE) -> float:
        """Share of the last token's attention that contexts get, over all layers and heads."""
        first = len(PREFIX)
        with torch.inference_mode():
            if arm == SEQUENTIAL:
                before = self.model.config._attn_implementation  # noqa: SLF001 - no public name
                self.model.set_attn_implementation("eager")  # The only one that hands out its weights.
                try:
                    weights = self.model(input_ids=self._sequence(), output_attentions=True).attentions
                finally:
                    self.model.set_attn_implementation(before)
            else:
                with self._ape(arm, best)(self.model):
                    weights = self.model(**self.shared.inputs(self.question), output_attentions=True).attentions
                self.shared.rewind()
        end = first + self.parts.documents[0].numel()
        return fmean(layer[:, :, -1, first:end].sum(-1).mean().item() for layer in weights)

    @staticmethod
    def _ape(arm: str, best: APE) -> APE:
        return {_OURS: best, AS_PUBLISHED: APE()}.get(arm, NEUTRAL)

    def _sequence(self) -> Tensor:
        parts = self.parts
        return torch.cat([parts.prefix, parts.documents.flatten(1), parts.questions[:, 0]], dim=1).to(self.model.device)

    def _rows(self, prefix: KVStates) -> list[list[KVStates]]:
        size, count, _ = self.parts.documents.shape
        states = encode_contexts(self.model, prefix, self.parts.documents.flatten(0, 1).tolist())
        return [states[row * count : (row + 1) * count] for row in range(size)]

    def _plain_rows(self) -> list[list[KVStates]]:
        """Documents that do not see the prefix: each is encoded behind a BOS token of its own, which stays with it."""
        start = encode_prefix(self.model, [BEGIN], model_id="this one")
        return [
            [
                replace(
                    state,
                    start=0,
                    behind=self.prefix.digest,
                    keys=torch.cat([start.keys, state.keys], dim=2),
                    values=torch.cat([start.values, state.values], dim=2),
                )
                for state in states
            ]
            for states in self._rows(start)
        ]


def _largest(ours: Tensor, theirs: Tensor) -> float:
    return float((ours - theirs).abs().max())
