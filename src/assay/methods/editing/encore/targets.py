"""The first step: the activation with which the model states the new object, searched for by gradient descent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from assay.methods.editing.encore.config import Edit, EncoreConfig
from assay.methods.editing.encore.model import frozen, moved
from assay.methods.editing.encore.prompts import Rows, encode


@dataclass(frozen=True)
class Targets:
    """What the search found for n edits."""

    values: Tensor
    """(n, d): z, in float32."""
    steps: tuple[int, ...]
    """Gradient steps that each took."""
    stated: tuple[bool, ...]
    """Whether the object was on top in all contexts when its search ended."""


def find_targets(
    model: Any, tokenizer: Any, block: nn.Module, edits: Sequence[Edit], contexts: Sequence[str], config: EncoreConfig
) -> Targets:
    """The targets at the output of `block`, `config.at_once` searches at a time."""
    found = []
    with frozen(model), torch.enable_grad():
        for start in range(0, len(edits), config.at_once):
            some = edits[start : start + config.at_once]
            found.append(_search(model, tokenizer, block, some, contexts, config))
    return Targets(
        torch.cat([part.values for part in found]),
        tuple(steps for part in found for steps in part.steps),
        tuple(stated for part in found for stated in part.stated),
    )


def _search(
    model: Any, tokenizer: Any, block: nn.Module, edits: Sequence[Edit], contexts: Sequence[str], config: EncoreConfig
) -> Targets:
    """Searches side by side. None sees the others: their losses are added, and Adam works on each number alone."""
    device, many, width = model.device, len(edits), len(contexts) + 1
    rows = encode(tokenizer, edits, contexts, device, with_subject=True)
    delta = torch.zeros(many, model.config.hidden_size, device=device, requires_grad=True)
    adam = torch.optim.Adam([delta], lr=config.lr)
    values = torch.empty_like(delta, requires_grad=False)
    steps, on_top, counted = [0] * many, [False] * many, torch.zeros(many, dtype=torch.long, device=device)
    active = torch.arange(many, device=device)
    began = before = size = torch.empty(0)
    for number in range(config.passes):
        asked = rows.take((active[:, None] * width + torch.arange(width, device=device)).flatten())
        with moved(block, asked.subject, delta[active].repeat_interleave(width, 0)) as there:
            logits = asked.logits(model)
        now = _after_subject(asked, logits, width)
        if number == 0:
            began, before = there[0][::width].float(), now.detach()
            size = began.norm(dim=1)
        nll, right = _named(asked, logits, len(active))
        change = (now.exp() * (now - before[active])).sum(1)
        loss = nll + config.kl * change + config.decay * _norm(delta[active]) / size[active] ** 2
        counted[active] += right
        ends = loss.detach() < config.enough
        if config.patience:
            ends |= counted[active] >= config.patience
        if number == config.passes - 1:
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
            delta *= (config.reach * size / delta.norm(dim=1).clamp_min(1e-30)).clamp_max(1.0)[:, None]
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
