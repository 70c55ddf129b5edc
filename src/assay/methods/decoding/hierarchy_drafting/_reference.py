"""The method as one would write it on paper, to hold the fast path against."""

import torch
from torch import Tensor
from transformers import PreTrainedModel

from assay.methods.decoding.hierarchy_drafting._drafter import HierarchyDrafter
from assay.methods.decoding.hierarchy_drafting._tables import ContextTable


def reference_generate(
    model: PreTrainedModel, input_ids: Tensor, drafter: HierarchyDrafter, *, max_new_tokens: int
) -> tuple[Tensor, int]:
    """Greedy decoding with `drafter` as a plain loop: every draft by a forward pass of its own, no cache, no tree.

    Args:
        model: Any causal language model.
        input_ids: (1, L).
        drafter: Without a window, which has no counterpart here.
        max_new_tokens: To emit.

    Returns:
        (1, L + max_new_tokens) ids, and the passes that `HierarchyDrafter.generate` needs for them.

    Raises:
        ValueError: The drafter has a window.
    """
    if drafter.config.columns:
        raise ValueError("the reference has no window: set window=0")

    def choices(text: list[int]) -> list[int]:
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([text], device=input_ids.device), use_cache=False).logits
        best: list[int] = logits[0].argmax(-1).tolist()
        return best

    text: list[int] = input_ids[0].tolist()
    context = ContextTable(draft_tokens=drafter.config.draft_tokens, keep=drafter.config.candidates)
    context.extend(text)
    end = len(text) + max_new_tokens
    run, passes = choices(text)[-1:], 1
    while True:
        text += run[: end - len(text)]
        if len(text) == end:
            return torch.tensor([text], device=input_ids.device), passes
        context.extend(run)
        run = []
        for draft in [(), *drafter.look_up(context, text)]:
            choice = choices([*text, *draft])[len(text) - 1 :]
            right = next((i for i, token in enumerate(draft) if token != choice[i]), len(draft))
            run = max(run, choice[: right + 1], key=len)
        passes += 1
