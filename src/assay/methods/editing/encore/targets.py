"""The first step: the activation with which the model states the new object, searched for by gradient descent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from assay.methods._decoders import text_config
from assay.methods.editing.encore.config import Edit, EncoreSettings
from assay.methods.editing.encore.prompts import Rows, encode
from assay.methods.editing.encore.sites import shift, without_gradients


@dataclass(frozen=True)
class Targets:
    """The result of the search for n edits."""

    values: Tensor
    """(n, d): z, in float32."""
    steps: tuple[int, ...]
    """Gradient steps that each took."""
    stated: tuple[bool, ...]
    """Whether the object was on top in all contexts when its search ended."""


def find_targets(
    model: Any,
    tokenizer: Any,
    block: nn.Module,
    edits: Sequence[Edit],
    contexts: Sequence[str],
    settings: EncoreSettings,
) -> Targets:
    """The targets at the output of `block`, `settings.at_once` searches at a time."""
    parts = []
    with without_gradients(model), torch.enable_grad():
        for start in range(0, len(edits), settings.at_once):
            group = edits[start : start + settings.at_once]
            parts.append(_search(model, tokenizer, block, group, contexts, settings))
    return Targets(
        torch.cat([part.values for part in parts]),
        tuple(steps for part in parts for steps in part.steps),
        tuple(stated for part in parts for stated in part.stated),
    )


def _search(
    model: Any,
    tokenizer: Any,
    block: nn.Module,
    edits: Sequence[Edit],
    contexts: Sequence[str],
    settings: EncoreSettings,
) -> Targets:
    """Searches side by side. None sees the others: their losses are added, and Adam works on each number alone."""
    device, many, width = model.device, len(edits), len(contexts) + 1
    rows = encode(tokenizer, edits, contexts, device, with_subject=True)
    delta = torch.zeros(many, text_config(model).hidden_size, device=device, requires_grad=True)
    adam = torch.optim.Adam([delta], lr=settings.lr)
    values = torch.empty_like(delta, requires_grad=False)
    steps, on_top, counted = [0] * many, [False] * many, torch.zeros(many, dtype=torch.long, device=device)
    active = torch.arange(many, device=device)
    began = before = size = torch.empty(0)
    for number in range(settings.passes):
        texts = rows.take((active[:, None] * width + torch.arange(width, device=device)).flatten())
        with shift(block, texts.subject, delta[active].repeat_interleave(width, 0)) as there:
            logits = texts.logits(model)
        now = _after_subject(texts, logits, width)
        if number == 0:
            began, before = there[0][::width].float(), now.detach()
            size = began.norm(dim=1)
        nll, right = _named(texts, logits, len(active))
        change = (now.exp() * (now - before[active])).sum(1)
        loss = nll + settings.kl * change + settings.decay * _norm(delta[active]) / size[active] ** 2
        counted[active] += right
        ends = loss.detach() < settings.enough
        if settings.patience:
            ends |= counted[active] >= settings.patience
        if number == settings.passes - 1:
            ends |= True
        for place, done, top in zip(active.tolist(), ends.tolist(), right.tolist(), strict=True):
            if done:
                values[place] = (began[place] + delta[place]).detach()
                steps[place], on_top[place] = number, top
        if bool(ends.all()):
            break
        adam.zero_grad()
        loss[~ends].sum().backward()
        adam.step()
        active = active[~ends]
        with torch.no_grad():
            delta *= (settings.reach * size / delta.norm(dim=1).clamp_min(1e-30)).clamp_max(1.0)[:, None]
    return Targets(values, tuple(steps), tuple(on_top))


def _named(rows: Rows, logits: Tensor, edits: int) -> tuple[Tensor, Tensor]:
    """For each edit: the mean over contexts of the object's NLL a token, and whether all its tokens are on top."""
    row, place = torch.nonzero(rows.labels != -100, as_tuple=True)
    label = rows.labels[row, place]
    logp = logits[row, place].float().log_softmax(-1)
    edit = row // (len(rows) // edits)
    nll = logp.new_zeros(edits).index_add(0, edit, -logp.gather(1, label[:, None])[:, 0])
    wrong = logp.new_zeros(edits).index_add(0, edit, (logp.argmax(-1) != label).to(logp.dtype))
    # The tokens of an object are as many in every context.
    return nll / torch.bincount(edit, minlength=edits), wrong == 0


def _after_subject(rows: Rows, logits: Tensor, width: int) -> Tensor:
    """(n, V): log-probabilities of what follows the subject alone, which is the last of each edit's rows."""
    last = torch.arange(width - 1, len(rows), width, device=logits.device)
    return logits[last, rows.subject[last]].float().log_softmax(-1)


def _norm(vectors: Tensor) -> Tensor:
    """(n,): norms, with a gradient of 0 rather than none at 0, where every search begins."""
    squares = vectors.square().sum(1)
    return torch.where(squares > 0, squares.clamp_min(1e-30).sqrt(), squares)
