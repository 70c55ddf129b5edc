"""FastKV against the full cache, SnapKV, StreamingLLM, a GemFilter-like arm and random choice, at equal stored KV.

Time is measured on random weights, since it does not depend on them. The model on a CPU is small, but of 8,192 tokens
it has the balance of Llama-3.1-8B at 128 Ki: attention is 2.5 times the linear maps' work while reading, and a full
cache is 1.2 times the weights in bytes while decoding. Half of its layers are above the TSP layer, as in the paper.

Accuracy needs a task on which the arms can part. If the question stands among the last tokens, even the first layer
finds the fact, and any TSP layer will do; and what a question's token has gathered is kept by every arm. So here the
question stands *first*, then documents with one fact each, then an instruction longer than the window. Only facts that
have seen the question know that they are meant: one layer marks them, the next finds the mark. A fact is one token
(key, two digits of a value); both digits are asked for. The first comes from the prompt, the second out of the cache.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

import torch
from torch import Generator, Tensor
from transformers import DynamicCache, LlamaConfig, LlamaForCausalLM, PreTrainedModel

from assay.methods.attention.fastkv import FastKV, Reading, select, token_scores
from assay.testbed.cache import trained
from assay.testbed.models import tiny
from assay.testbed.tasks import ASK, BEGIN, FIRST, held_out_generator
from assay.testbed.training import train
from assay.trials import Bench, trial

# --- time -----------------------------------------------------------------------------------------------------------


@trial("2502.01068", claim="prefill-speedup")
def reading(bench: Bench) -> None:
    """Time to the first token of a long prompt, against the full cache, while accuracy on documents stays."""
    timed = _Timed.of(bench)
    task = _task(bench)
    timed.say_setting(
        bench,
        f"accuracy on recall from {task.documents} documents of {task.length} tokens, which a Llama 64 wide with "
        f"{_LAYERS} layers was trained on here",
    )
    first = bench.time(
        "time to first token",
        baseline=("full cache", timed.full),
        candidate=partial(timed.pressed, timed.press),
        others={"SnapKV": partial(timed.pressed, _SNAPKV), "GemFilter-like": timed.gemfilter},
    )
    bench.claim(first)
    bench.score("work of the full prefill over FastKV's", candidate=timed.flop_ratio(), better="higher", unit="x")
    _accuracy(bench)


@trial("2502.01068", claim="time-to-first-token")
def first_token(bench: Bench) -> None:
    """Time to the first token of a long prompt, against SnapKV at the same cache."""
    timed = _Timed.of(bench)
    timed.say_setting(bench, "SnapKV in HeadKV's place: both read the whole prompt in every layer")
    first = bench.time(
        "time to first token",
        baseline=("SnapKV", partial(timed.pressed, _SNAPKV)),
        candidate=partial(timed.pressed, timed.press),
    )
    bench.claim(first)


@trial("2502.01068", claim="decoding-speedup")
def decoding(bench: Bench) -> None:
    """Time of one decoding step after a long prompt, against the full cache and smaller ones."""
    timed = _Timed.of(bench)
    timed.say_setting(bench, "one step after the prompt instead of whole answers")
    token = timed.prompt[:, -1:]

    @torch.no_grad()
    def step(model: PreTrainedModel, cache: DynamicCache) -> None:
        model(token, past_key_values=cache)
        cache.crop(-1)

    def read(model: PreTrainedModel, tokens: int) -> DynamicCache:
        cache = DynamicCache(config=model.config)
        with torch.no_grad():
            model(timed.prompt[:, :tokens], past_key_values=cache, logits_to_keep=1)
        return cache

    length = timed.prompt.shape[1]
    # A model of its own for the hooks, on the same weights.
    pressed = deepcopy(timed.model, {id(weight): weight for weight in timed.model.parameters()})
    with _SNAPKV(pressed):
        snapkv = read(pressed, length)
    with timed.press(pressed) as run:
        short = read(pressed, length)
        stored = run.report().cache_ratio
        shorter = {part: read(timed.model, length // part) for part in (2, 4, 10)}
        whole = read(timed.model, length)
        taken = bench.time(
            "time of a decoding step",
            baseline=("full cache", lambda: step(timed.model, whole)),
            candidate=lambda: step(pressed, short),
            others={
                "SnapKV": lambda: step(pressed, snapkv),
                **{f"full cache of 1/{part}": partial(step, timed.model, cache) for part, cache in shorter.items()},
            },
        )
    bench.claim(taken)
    bench.score("share of the cache that is stored", candidate=100 * stored, better="lower", unit="%")


@dataclass(frozen=True)
class _Shape:
    hidden: int
    intermediate: int
    layers: int
    heads: int
    kv_heads: int
    tokens: int


_PAPER = _Shape(4096, 14336, 32, 32, 8, 131_072)
_SNAPKV = FastKV(tsp_rate=1.0)


@dataclass(frozen=True)
class _Timed:
    """A Llama of random weights, a prompt, and the arms that read it."""

    model: PreTrainedModel
    prompt: Tensor
    press: FastKV

    @classmethod
    def of(cls, bench: Bench) -> "_Timed":
        shape = bench.pick(quick=_Shape(64, 224, 4, 4, 1, 1024), cpu=_Shape(256, 896, 2, 4, 1, 8192), cuda=_PAPER)
        config = LlamaConfig(
            vocab_size=512,
            hidden_size=shape.hidden,
            intermediate_size=shape.intermediate,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            num_key_value_heads=shape.kv_heads,
            max_position_embeddings=2 * shape.tokens,
        )
        with bench.device:
            model = LlamaForCausalLM(config).eval()
        if bench.device.type == "cuda":
            model.bfloat16()
        prompt = torch.randint(3, 512, (1, shape.tokens), generator=bench.generator(), device=bench.device)
        bench.budget = min(bench.budget, 25.0)
        return cls(model, prompt, FastKV(tsp_layer=shape.layers // 2 - 1))

    def say_setting(self, bench: Bench, differs: str) -> None:
        """Say what is timed, and how it differs from the paper's setting."""
        layers = self.model.config.num_hidden_layers
        bench.setting(
            "simulated",
            model=f"Llama of random weights, {self.model.config.hidden_size:,} wide, {layers} layers",
            differs=f"time on random weights and a prompt of {self.prompt.shape[1]:,} random tokens; {differs}",
        )

    @torch.no_grad()
    def full(self) -> Tensor:
        logits: Tensor = self.model(self.prompt, logits_to_keep=1).logits
        return logits

    def pressed(self, press: FastKV) -> Tensor:
        with press(self.model):
            return self.full()

    @torch.no_grad()
    def gemfilter(self) -> Tensor:
        """Read the lower half of the layers, then start again with the tokens that FastKV would store."""
        layer = self.model.config.num_hidden_layers // 2 - 1
        chosen = _attended(self.model, self.prompt, layer, self.press.retained(self.prompt.shape[1]), _GEMFILTER)
        logits: Tensor = self.model(chosen, logits_to_keep=1).logits
        return logits

    def flop_ratio(self) -> float:
        with self.press(self.model) as run:
            self.full()
        return run.report().flop_ratio


# --- accuracy -------------------------------------------------------------------------------------------------------


def _accuracy(bench: Bench) -> None:
    """Answers that are right in both digits, per cent, at a tenth of the cache."""
    task = _task(bench)
    press = bench.pick(quick=FastKV(tsp_rate=0.5, retain_rate=0.35), cpu=FastKV(tsp_rate=0.2, retain_rate=0.1))
    model = _trained(bench, task)
    size = bench.pick(quick=100, cpu=200)
    prompts, answers = (part.to(bench.device) for part in task.draw(size, held_out_generator(bench.seed)))
    stored = press.retained(prompts.shape[1])

    def right(generate: Callable[[Tensor], Tensor]) -> float:
        rows = zip(torch.split(prompts, 50), torch.split(answers, 50), strict=True)
        return 100.0 * sum(int((generate(ids) == wanted).all(1).sum()) for ids, wanted in rows) / len(prompts)

    def under(setting: FastKV) -> float:
        with setting(model):
            return right(partial(_answer, model))

    full = bench.once("accuracy: full cache", lambda: right(partial(_answer, model)))
    if full < _LEARNT:
        bench.not_testable(f"a model that does the task: the one trained here answers {full:.0f} %")
    everything = replace(press, tsp_rate=1.0, tsp_tokens=None)
    arms = {
        "SnapKV": everything,
        "StreamingLLM": replace(everything, score=_sinks_and_recent),
        "random tokens": replace(everything, score=_random_tokens),
        **{f"FastKV at layer {layer}": replace(press, tsp_layer=layer) for layer in range(_LAYERS - 1)},
    }
    others = {name: bench.once(f"accuracy: {name}", partial(under, arm)) for name, arm in arms.items()}
    others["GemFilter-like"] = bench.once(
        "accuracy: GemFilter-like",
        # Its layer and pooling are chosen on the very prompts that it is tested on, to its favour.
        lambda: max(
            right(lambda ids, at=layer, how=how: _answer(model, _attended(model, ids, at, stored, how)))  # type: ignore[misc]
            for how in (_GEMFILTER, replace(_GEMFILTER, kernel=1))
            for layer in range(_LAYERS - 2)
        ),
    )
    mine = bench.once("accuracy: FastKV", partial(under, press))
    others = {"full cache": full, **others}
    bench.score("accuracy on key-value documents", candidate=mine, others=others, better="higher", unit="%")
    bench.score("accuracy lost to the full cache", candidate=full - mine, at_most=2.0, better="lower", unit="points")
    with press(model) as run:
        _answer(model, prompts[:50])
    bench.score("layer chosen by auto", candidate=_chosen(run), better="lower")


def _task(bench: Bench) -> "_Recall":
    return bench.pick(quick=_Recall(documents=6, length=6), cpu=_Recall(documents=24, length=10))


@dataclass(frozen=True)
class _Recall:
    """``BEGIN ASK key | documents | instruction -> first digit, second digit``, facts and everything one token each.

    Ids from `FIRST`: filler, keys, first digits, second digits, instruction, then facts by key and digits.
    """

    documents: int
    length: int
    keys: int = 24
    digits: int = 4
    filler: int = 64
    instruction: int = 10

    @property
    def vocab_size(self) -> int:
        return self._facts + self.keys * self.digits**2

    @property
    def _facts(self) -> int:
        return FIRST + self.filler + self.keys + 2 * self.digits + self.instruction

    def draw(self, size: int, generator: Generator) -> tuple[Tensor, Tensor]:
        """Prompts (size, n) and answers (size, 2)."""
        key = torch.rand(size, self.keys, generator=generator).argsort(1)[:, : self.documents]
        digit = torch.randint(self.digits, (2, size, self.documents), generator=generator)
        text = torch.randint(self.filler, (size, self.documents, self.length), generator=generator) + FIRST
        place = torch.randint(self.length, (size, self.documents, 1), generator=generator)
        text.scatter_(2, place, (self._facts + (key * self.digits + digit[0]) * self.digits + digit[1]).unsqueeze(-1))
        asked = torch.randint(self.documents, (size, 1), generator=generator)
        keys = FIRST + self.filler
        names = keys + self.keys + torch.tensor([0, self.digits])
        head = torch.cat([torch.tensor([BEGIN, ASK]).expand(size, 2), keys + key.gather(1, asked)], dim=1)
        tail = torch.arange(self._facts - self.instruction, self._facts).expand(size, -1)
        answers = torch.cat([digit[0].gather(1, asked), digit[1].gather(1, asked)], dim=1) + names
        return torch.cat([head, text.flatten(1), tail], dim=1), answers

    def batch(self, size: int, generator: Generator) -> dict[str, Tensor]:
        """For training: each token of the instruction predicts one digit in turn, the last one the first digit."""
        prompts, answers = self.draw(size, generator)
        ids = torch.cat([prompts, answers], dim=1)
        kept = self.instruction + 2
        turns = (torch.arange(self.instruction + 1) + self.instruction + 1) % 2
        labels = torch.cat([torch.full((size, 1), -100), answers[:, turns]], dim=1)
        return {"input_ids": ids, "labels": labels, "logits_to_keep": torch.arange(ids.shape[1] - kept, ids.shape[1])}

    def embed(self, weight: Tensor) -> None:
        """Begin with facts as the sum of their parts, so that a digit or key is learned from all facts that have it."""
        generator = Generator().manual_seed(1)
        weight.normal_(0, 0.3, generator=generator)
        key, first, second = (
            torch.randn(count, weight.shape[1], generator=generator) * 0.3
            for count in (self.keys, self.digits, self.digits)
        )
        weight[self._facts :] = (key[:, None, None] + first[:, None] + second).flatten(0, 2)
        weight[FIRST + self.filler : FIRST + self.filler + self.keys] = key


_LAYERS = 4
_LEARNT = 90.0
_GEMFILTER = FastKV(window=1, kernel=5)
_STAGES = ((3, 3, 64, 200), (6, 6, 32, 60), (12, 9, 32, 60), (24, 10, 16, 100))
"""Documents, their length, batch, steps. With six layers, 32 keys and eight digits it took six times as long."""


def _trained(bench: Bench, task: _Recall) -> PreTrainedModel:
    stages = [stage for stage in _STAGES if stage[0] <= task.documents]
    model = trained({"stages": stages, "layers": _LAYERS, "seed": bench.seed}, partial(_train, stages, bench.seed))
    on_device: Any = model
    on_device.to(bench.device)
    return model


def _train(stages: Sequence[tuple[int, int, int, int]], seed: int) -> PreTrainedModel:
    """A tiny Llama, trained on ever more documents."""
    task = _Recall(*stages[0][:2])
    model: Any = tiny(
        "llama", vocab_size=task.vocab_size, layers=_LAYERS, intermediate=128, seed=seed, initializer_range=0.05
    )
    with torch.no_grad():
        task.embed(model.model.embed_tokens.weight)
    order = [stage[:3] for stage in stages for _ in range(stage[3])]
    train(model, partial(_batch, order, seed), steps=len(order), lr=5e-3, seed=seed, what="learning documents")
    return cast("PreTrainedModel", model)


def _batch(order: Sequence[tuple[int, int, int]], seed: int, step: int) -> dict[str, Tensor]:
    documents, length, size = order[step]
    return _Recall(documents, length).batch(size, Generator().manual_seed(1_000_003 * seed + step))


def _answer(model: Any, ids: Tensor) -> Tensor:
    """The two tokens that the model goes on with."""
    out: Tensor = model.generate(
        ids, attention_mask=torch.ones_like(ids), max_new_tokens=2, min_new_tokens=2, do_sample=False
    )
    return out[:, -2:]


def _attended(model: PreTrainedModel, ids: Tensor, layer: int, count: int, press: FastKV) -> Tensor:
    """The `count` tokens of each prompt that its end attends to at `layer`, in their order."""
    scores = token_scores(model, ids, press=press, layers=layer + 1)[layer].unsqueeze(1)
    chosen, _ = select(scores, [count] * len(ids), [ids.shape[1]] * len(ids), press.window)
    return ids.gather(1, chosen[:, 0].to(ids.device))


def _sinks_and_recent(query: Tensor, key: Tensor, *_: Any) -> Tensor:
    """StreamingLLM's choice: the first four tokens, then the latest."""
    count = key.shape[2] - query.shape[2]
    place = torch.arange(count, device=key.device, dtype=torch.float32)
    return (place + count * (place < 4)).expand(*key.shape[:2], -1)


def _random_tokens(query: Tensor, key: Tensor, *_: Any) -> Tensor:
    generator = Generator().manual_seed(int(key.shape[2]))
    return torch.rand(*key.shape[:2], key.shape[2] - query.shape[2], generator=generator).to(key.device)


def _chosen(run: Reading) -> float:
    return float(run.report().tsp_layer)
