"""FastKV against the full cache, SnapKV, StreamingLLM, a GemFilter-like arm and random choice, at equal stored KV.

Time is measured on random weights, since it does not depend on them. The model on a CPU is small, but of 8,192 tokens
it has the balance of Llama-3.1-8B at 128 Ki: attention is 2.5 times the linear maps' work while reading, and a full
cache is 1.2 times the weights in bytes while decoding. Half of its layers are above the TSP layer, as in the paper.

Accuracy needs a task on which the arms can part. If the question stands among the last tokens, even the first layer
finds the fact, and any TSP layer will do; and what a question's token has gathered is kept by every arm. So here the
question stands *first*, then documents with one fact each, then an instruction longer than the window
(`assay.testbed.tasks.marked_facts`). The first digit of an answer comes from the prompt, the second out of the cache.
"""

from collections.abc import Callable
from contextlib import nullcontext
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Generator, Tensor
from transformers import DynamicCache, PreTrainedModel

from assay.methods.attention.fastkv import FastKV, select, token_scores
from assay.testbed.models import tiny
from assay.testbed.tasks import MarkedFacts, held_out_generator, marked_batches
from assay.testbed.training import train_once
from assay.trials import Bench, trial

_PAPER = "2502.01068"
_OURS, _FULL, _SNAPKV, _GEMFILTER = "FastKV", "full cache", "SnapKV", "GemFilter-like"
_EVERYTHING = FastKV(tsp_rate=1.0)
"""SnapKV: every layer reads the whole prompt."""
_LAYERS = 4
_LEARNT = 90.0
_STAGES = ((3, 3, 64, 200), (6, 6, 32, 60), (12, 9, 32, 60), (24, 10, 16, 100))
"""Documents, their length, batch, steps. With six layers, 32 keys and eight digits it took six times as long."""


@trial(_PAPER, claim="prefill-speedup")
def reading(bench: Bench) -> None:
    """Time to the first token of a long prompt, against the full cache, while accuracy on documents stays."""
    prompt, task = _Prompt.random(bench), _task(bench)
    _say_setting(
        bench, prompt,
        f"accuracy on recall from {task.documents} documents of {task.length} tokens, which a Llama 64 wide with "
        f"{_LAYERS} layers was trained on here",
    )  # fmt: skip
    arms: dict[str, Callable[[], Tensor]] = {
        _FULL: prompt.read,
        _OURS: partial(prompt.read, prompt.press),
        _SNAPKV: partial(prompt.read, _EVERYTHING),
        _GEMFILTER: prompt.read_twice,
    }
    bench.claim(bench.time("time to first token", arms, candidate=_OURS, baseline=_FULL))
    with prompt.press(prompt.model) as run:
        prompt.read()
    bench.score("work of the full prefill over FastKV's", run.report().flop_ratio, better="higher", unit="x")
    _show_accuracy(bench, task)


@trial(_PAPER, claim="time-to-first-token")
def first_token(bench: Bench) -> None:
    """Time to the first token of a long prompt, against SnapKV at the same cache."""
    prompt = _Prompt.random(bench)
    _say_setting(bench, prompt, "SnapKV in HeadKV's place: both read the whole prompt in every layer")
    arms = {_SNAPKV: partial(prompt.read, _EVERYTHING), _OURS: partial(prompt.read, prompt.press)}
    bench.claim(bench.time("time to first token", arms, candidate=_OURS, baseline=_SNAPKV))


@trial(_PAPER, claim="decoding-speedup")
def decoding(bench: Bench) -> None:
    """Time of one decoding step after a long prompt, against the full cache and smaller ones."""
    prompt = _Prompt.random(bench)
    _say_setting(bench, prompt, "one step after the prompt instead of whole answers")
    length = prompt.ids.shape[1]

    @torch.no_grad()
    def cached(model: PreTrainedModel, tokens: int = length) -> DynamicCache:
        cache = DynamicCache(config=model.config)
        model(prompt.ids[:, :tokens], past_key_values=cache, logits_to_keep=1)
        return cache

    @torch.no_grad()
    def step(model: PreTrainedModel, cache: DynamicCache) -> None:
        model(prompt.ids[:, -1:], past_key_values=cache)
        cache.crop(-1)

    # A model of its own for the hooks, on the same weights.
    pressed = deepcopy(prompt.model, {id(weight): weight for weight in prompt.model.parameters()})
    with _EVERYTHING(pressed):
        snapkv = cached(pressed)
    with prompt.press(pressed) as run:
        ours = cached(pressed)
        stored = run.report().cache_ratio
        shorter = {part: cached(prompt.model, length // part) for part in (2, 4, 10)}
        arms = {
            _FULL: partial(step, prompt.model, cached(prompt.model)),
            _OURS: partial(step, pressed, ours),
            _SNAPKV: partial(step, pressed, snapkv),
            **{f"full cache of 1/{part}": partial(step, prompt.model, cache) for part, cache in shorter.items()},
        }
        bench.claim(bench.time("time of a decoding step", arms, candidate=_OURS, baseline=_FULL))
    bench.score("share of the cache that is stored", 100 * stored, better="lower", unit="%")


def _say_setting(bench: Bench, prompt: "_Prompt", differs: str) -> None:
    config, tokens = prompt.model.config, prompt.ids.shape[1]
    bench.setting(
        "simulated",
        model=f"Llama of random weights, {config.hidden_size:,} wide, {config.num_hidden_layers} layers",
        differs=f"time on random weights and a prompt of {tokens:,} random tokens; {differs}",
    )


def _show_accuracy(bench: Bench, task: MarkedFacts) -> None:
    """Answers that are right in both digits, per cent, at a tenth of the cache."""
    press = bench.pick(quick=FastKV(tsp_rate=0.5, retain_rate=0.35), cpu=FastKV(tsp_rate=0.2, retain_rate=0.1))
    model: Any = _train(task, bench.seed)
    model.to(bench.device)
    size = bench.pick(quick=100, cpu=200)
    prompts, answers = (part.to(bench.device) for part in task.draw(size, held_out_generator(bench.seed)))
    stored = press.retained(prompts.shape[1])

    def right(tokens: Callable[[Tensor], Tensor] = lambda ids: ids) -> float:
        rows = zip(torch.split(prompts, 50), torch.split(answers, 50), strict=True)
        return 100.0 * sum(int((_answer(model, tokens(ids)) == digits).all(1).sum()) for ids, digits in rows) / size

    def under(setting: FastKV) -> float:
        with setting(model):
            return right()

    def filtered() -> float:
        # GemFilter's layer and pooling are chosen on the very prompts that it is tested on, to its favour.
        pools = (FastKV(window=1, kernel=5), FastKV(window=1, kernel=1))
        ways = [(pool, layer) for pool in pools for layer in range(_LAYERS - 2)]
        return max(right(lambda ids, way=way: _select_attended(model, ids, stored, *way)) for way in ways)  # type: ignore[misc]

    full = bench.once("accuracy: full cache", right)
    if full < _LEARNT:
        bench.not_testable(f"a model that does the task: the one trained here answers {full:.0f} %")
    everything = replace(press, tsp_rate=1.0, tsp_tokens=None)
    settings = {
        _SNAPKV: everything,
        "StreamingLLM": replace(everything, score=_sinks_and_recent),
        "random tokens": replace(everything, score=_random_tokens),
        **{f"FastKV at layer {layer}": replace(press, tsp_layer=layer) for layer in range(_LAYERS - 1)},
        _OURS: press,
    }
    accuracy = {arm: bench.once(f"accuracy: {arm}", partial(under, setting)) for arm, setting in settings.items()}
    accuracy = {_FULL: full, **accuracy, _GEMFILTER: bench.once(f"accuracy: {_GEMFILTER}", filtered)}
    bench.score("accuracy on key-value documents", accuracy, candidate=_OURS, better="higher", unit="%")
    loss = full - accuracy[_OURS]
    bench.score("accuracy lost to the full cache", loss, at_most=2.0, better="lower", unit="points")
    with press(model) as run:
        _answer(model, prompts[:50])
    bench.score("layer chosen by auto", float(run.report().tsp_layer), better="lower")


@dataclass(frozen=True)
class _Prompt:
    """A prompt of random tokens, and a Llama of random weights that reads it."""

    model: PreTrainedModel
    ids: Tensor
    press: FastKV

    @classmethod
    def random(cls, bench: Bench) -> "_Prompt":
        hidden, intermediate, layers, heads, kv_heads, tokens = bench.pick(
            quick=(64, 224, 4, 4, 1, 1024), cpu=(256, 896, 2, 4, 1, 8192), cuda=(4096, 14336, 32, 32, 8, 131_072)
        )
        with bench.device:
            model = tiny(
                "llama", vocab_size=512, hidden=hidden, intermediate=intermediate, layers=layers, heads=heads,
                kv_heads=kv_heads, max_position_embeddings=2 * tokens, seed=bench.seed,
            )  # fmt: skip
        if bench.device.type == "cuda":
            model.bfloat16()
        ids = torch.randint(3, 512, (1, tokens), generator=bench.generator(), device=bench.device)
        bench.budget = min(bench.budget, 25.0)
        return cls(model, ids, FastKV(tsp_layer=layers // 2 - 1))

    @torch.no_grad()
    def read(self, press: FastKV | None = None) -> Tensor:
        with press(self.model) if press else nullcontext():
            logits: Tensor = self.model(self.ids, logits_to_keep=1).logits
        return logits

    @torch.no_grad()
    def read_twice(self) -> Tensor:
        """Read the lower half of the layers, then start again with the tokens that FastKV would store."""
        layer = self.model.config.num_hidden_layers // 2 - 1
        stored = self.press.retained(self.ids.shape[1])
        tokens = _select_attended(self.model, self.ids, stored, FastKV(window=1, kernel=5), layer)
        logits: Tensor = self.model(tokens, logits_to_keep=1).logits
        return logits


def _task(bench: Bench) -> MarkedFacts:
    return bench.pick(quick=MarkedFacts(documents=6, length=6), cpu=MarkedFacts(documents=24, length=10))


def _train(task: MarkedFacts, seed: int) -> PreTrainedModel:
    """A tiny Llama, trained on ever more documents."""
    stages = [stage for stage in _STAGES if stage[0] <= task.documents]

    def new() -> PreTrainedModel:
        model: Any = tiny(
            "llama", vocab_size=task.vocab_size, layers=_LAYERS, intermediate=128, seed=seed, initializer_range=0.05
        )
        task.embed(model.model.embed_tokens.weight)
        embedded: PreTrainedModel = model
        return embedded

    return train_once(
        {"stages": stages, "layers": _LAYERS, "seed": seed}, new, marked_batches(stages, seed=seed),
        steps=sum(stage[-1] for stage in stages), lr=5e-3, seed=seed, what="learning documents",
    )  # fmt: skip


def _answer(model: Any, ids: Tensor) -> Tensor:
    """The two tokens that the model goes on with."""
    mask = torch.ones_like(ids)
    out: Tensor = model.generate(ids, attention_mask=mask, max_new_tokens=2, min_new_tokens=2, do_sample=False)
    return out[:, -2:]


def _select_attended(model: PreTrainedModel, ids: Tensor, count: int, press: FastKV, layer: int) -> Tensor:
    """The `count` tokens of each prompt that its end attends to at `layer`, in their order."""
    scores = token_scores(model, ids, press=press, layers=layer + 1)[layer].unsqueeze(1)
    tokens, _ = select(scores, [count] * len(ids), [ids.shape[1]] * len(ids), press.window)
    return ids.gather(1, tokens[:, 0].to(ids.device))


def _sinks_and_recent(query: Tensor, key: Tensor, *_: Any) -> Tensor:
    """StreamingLLM's choice: the first four tokens, then the latest."""
    count = key.shape[2] - query.shape[2]
    place = torch.arange(count, device=key.device, dtype=torch.float32)
    return (place + count * (place < 4)).expand(*key.shape[:2], -1)


def _random_tokens(query: Tensor, key: Tensor, *_: Any) -> Tensor:
    generator = Generator().manual_seed(int(key.shape[2]))
    return torch.rand(*key.shape[:2], key.shape[2] - query.shape[2], generator=generator).to(key.device)
