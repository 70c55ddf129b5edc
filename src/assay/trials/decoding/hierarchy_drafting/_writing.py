"""Answers of a pretrained model, written one at a time with all that they cost, or many at once."""

from collections.abc import Sequence
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from assay.testbed.pretrained import LanguageModel
from assay.testbed.progress import track


def write_answer(lm: LanguageModel, prompt: Tensor, new: int, **how: Any) -> dict[str, Any]:
    """An answer: its tokens, the seconds that it took, and the passes."""
    passes: list[None] = []
    handle = lm.model.register_forward_hook(lambda *_: passes.append(None))
    began = perf_counter()
    try:
        (tokens,) = _generate(lm, prompt[None], torch.ones_like(prompt)[None], new, **how)
    finally:
        handle.remove()
    return {"tokens": _ended(lm, tokens), "seconds": perf_counter() - began, "passes": len(passes)}


def write_answers(lm: LanguageModel, prompts: Sequence[Tensor], new: int) -> list[list[int]]:
    """Greedy answers, 16 at once, those of like length together; each up to where the model ends."""
    prompts, answers = sorted(prompts, key=len), []
    for start in track(range(0, len(prompts), 16), "answers to learn from"):
        batch = prompts[start : start + 16]
        ids = torch.zeros(len(batch), max(map(len, batch)), dtype=torch.long, device=lm.model.device)
        mask = torch.zeros_like(ids)
        for row, prompt in enumerate(batch):
            ids[row, -len(prompt) :], mask[row, -len(prompt) :] = prompt, 1
        answers += [_ended(lm, row) for row in _generate(lm, ids, mask, new)]
    return answers


def _ended(lm: LanguageModel, tokens: list[int]) -> list[int]:
    """An answer up to its end, without the padding behind it."""
    ends: Any = lm.model.generation_config.eos_token_id  # type: ignore[union-attr]
    ends = ends if isinstance(ends, list) else [ends]
    length = next((at + 1 for at, token in enumerate(tokens) if token in ends), len(tokens))
    return tokens[:length]


def _generate(lm: LanguageModel, ids: Tensor, mask: Tensor, new: int, **how: Any) -> list[list[int]]:
    generate: Any = lm.model.generate
    how.setdefault("pad_token_id", lm.tokenizer.pad_token_id or 0)
    out: Tensor = generate(ids, attention_mask=mask, do_sample=False, max_new_tokens=new, **how)
    rows: list[list[int]] = out[:, ids.shape[1] :].tolist()
    return rows
