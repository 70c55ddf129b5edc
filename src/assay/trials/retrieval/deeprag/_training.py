"""The two stages of training by adapters: whole paths, then single decisions. What TRL does with the same records."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn
from transformers import DataCollatorForSeq2Seq

from assay.methods._models import TransformersModel
from assay.methods.retrieval.deeprag._sets import IGNORED
from assay.methods.retrieval.deeprag._writers import encode
from assay.testbed.pretrained import LanguageModel
from assay.testbed.training import Batches, train

_TARGETS = ("q_proj", "v_proj", "up_proj", "down_proj")
BETA = 0.4
"""Of the preference loss (official code)."""

Records = Sequence[dict[str, list[int]]]


def imitate(lm: LanguageModel, records: Records, *, steps: int, batch: int, rate: float, seed: int) -> nn.Module:
    """A copy of the model, taught to write these paths; adapters are merged at the end."""
    model = _with_adapters(deepcopy(lm.model), seed)
    train(model, _batches(lm, records, batch), steps=steps, lr=rate, weight_decay=0.0, seed=seed, what="whole paths")
    merged: nn.Module = model.merge_and_unload().eval()
    return merged


def calibrate(
    lm: LanguageModel, model: Any, pairs: Sequence[dict[str, str]], *, steps: int, batch: int, rate: float, seed: int
) -> nn.Module:
    """The model itself, its decisions trained by direct preference optimisation (DPO) against how it was before."""
    both = [_record(lm, pair["prompt"], pair[side]) for pair in pairs for side in ("chosen", "rejected")]
    batches = _batches(lm, both, 2 * batch)
    references = {}
    with torch.no_grad():
        for step in range(steps):
            references[step] = _margins(model, **batches(step))
    tuned = _Preference(_with_adapters(model, seed))

    def of_step(step: int) -> dict[str, Tensor]:
        return {**batches(step), "reference": references[step]}

    train(tuned, of_step, steps=steps, lr=rate, weight_decay=0.0, seed=seed, what="single decisions")
    merged: nn.Module = tuned.model.merge_and_unload().eval()
    return merged


class _Preference(nn.Module):
    """A model that is called with pairs, the chosen text before the rejected one, and gives the loss of DPO."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, reference: Tensor, **batch: Tensor) -> Any:
        return SimpleNamespace(loss=preference_loss(_margins(self.model, **batch), reference))


def preference_loss(margins: Tensor, reference: Tensor) -> Tensor:
    """The mean of -log s(beta (m - m')), of margins between chosen and rejected: the model's, and the reference's."""
    return -nn.functional.logsigmoid(BETA * (margins - reference)).mean()


def _margins(model: Any, labels: Tensor, **read: Tensor) -> Tensor:
    """(pairs) by how many nats the chosen text is likelier than the rejected one."""
    labels = labels[:, 1:]
    logits: Tensor = model(**read).logits[:, :-1]
    logs = logits.log_softmax(-1).gather(-1, labels.clamp(min=0).unsqueeze(-1)).squeeze(-1)
    whole = logs.masked_fill(labels == IGNORED, 0.0).sum(-1)
    return whole[0::2] - whole[1::2]


def _record(lm: LanguageModel, prompt: str, words: str) -> dict[str, list[int]]:
    model = TransformersModel(lm.model, lm.tokenizer, lm.name, chat=False)
    before, whole = encode(model, prompt), encode(model, prompt + words)
    return {"input_ids": whole, "labels": [IGNORED] * len(before) + whole[len(before) :]}


def _with_adapters(model: Any, seed: int) -> Any:
    from peft import LoraConfig, get_peft_model  # noqa: PLC0415 - it takes seconds to load

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return get_peft_model(model, LoraConfig(r=8, lora_alpha=16, target_modules=list(_TARGETS)))


def _batches(lm: LanguageModel, records: Records, size: int) -> Batches:
    """So many records a step, in order, round and round."""
    collate: Callable[..., Any] = DataCollatorForSeq2Seq(lm.tokenizer)

    def of_step(step: int) -> dict[str, Tensor]:
        part = [records[place % len(records)] for place in range(step * size, (step + 1) * size)]
        return dict(collate([each | {"attention_mask": [1] * len(each["input_ids"])} for each in part]))

    return of_step
