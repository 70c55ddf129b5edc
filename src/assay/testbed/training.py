"""A small training loop: AdamW, linear warm-up, cosine decay, clipped gradients."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from math import cos, isfinite, pi
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from assay.testbed.cache import load_or_train
from assay.testbed.progress import track

Batches = Callable[[int], Mapping[str, Tensor]]
"""The batch of a step, counted from 0: the keyword arguments of the model, ``labels`` among them."""


def windows(text: Tensor, *, length: int, batch: int, seed: int) -> Batches:
    """Random windows of a text: each step's are the same for all that are trained with this seed.

    Args:
        text: Token ids [n].
        length: Tokens of a window.
        batch: Windows of a step.
        seed: Of the places.

    Raises:
        ValueError: The text has no such window.
    """
    if len(text) <= length:
        raise ValueError(f"a text of {len(text)} tokens has no window of {length} to choose from")

    def of_step(step: int) -> dict[str, Tensor]:
        generator = torch.Generator().manual_seed(1_000_003 * seed + step)
        starts = torch.randint(len(text) - length, (batch,), generator=generator)
        ids = torch.stack([text[start : start + length] for start in starts.tolist()])
        return {"input_ids": ids, "labels": ids}

    return of_step


def mixed_windows(*shares: tuple[Tensor, int], length: int, seed: int) -> Batches:
    """Random windows of several texts in one batch; those of one text are the same whatever else is in it.

    Args:
        shares: Token ids [n] of each text, and how many windows of it are in a batch; none of a text at 0.
        length: Tokens of a window.
        seed: Of the places.
    """
    parts = [windows(text, length=length, batch=count, seed=seed) for text, count in shares if count]

    def of_step(step: int) -> dict[str, Tensor]:
        ids = torch.cat([part(step)["input_ids"] for part in parts])
        return {"input_ids": ids, "labels": ids}

    return of_step


def train(  # noqa: PLR0913 - all but the first two are keywords
    model: nn.Module,
    batches: Batches,
    *,
    steps: int,
    lr: float = 3e-3,
    warmup: int | None = None,
    weight_decay: float = 0.01,
    seed: int = 0,
    what: str = "training",
    if_diverged: float | None = None,
) -> list[float]:
    """Train `model` in place on its own loss and leave it in eval mode; returns the loss of each step, in nats.

    Args:
        model: Called with a batch, returns something that has a scalar ``loss``.
        batches: See `Batches`; they are moved to the model's device.
        steps: Number of updates.
        lr: Peak learning rate; it falls to a tenth along half a cosine.
        warmup: Steps of linear rise before that; a twentieth of all if not given.
        weight_decay: On matrices only.
        seed: Of dropout and the like; the batches have their own.
        what: Shown with the progress.
        if_diverged: What every step's loss counts as if one of them is not finite, which ends the training.

    Raises:
        ValueError: `steps` is not positive, or a loss is not finite and `if_diverged` is not given.
    """
    if steps < 1:
        raise ValueError(f"{what}: {steps} steps train nothing")
    warmup = max(1, steps // 20) if warmup is None else warmup
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    device = parameters[0].device
    matrices = [parameter for parameter in parameters if parameter.dim() > 1]
    vectors = [parameter for parameter in parameters if parameter.dim() <= 1]
    groups = [{"params": matrices, "weight_decay": weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW([group for group in groups if group["params"]], lr=lr, betas=(0.9, 0.95))
    losses: list[float] = []
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model.train()
        try:
            for step in track(range(steps), what):
                for group in optimizer.param_groups:
                    group["lr"] = lr * _schedule(step, steps, warmup)
                loss = model(**{name: tensor.to(device) for name, tensor in batches(step).items()}).loss
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                torch.nn.utils.clip_grad_norm_(parameters, max_norm=1.0)
                optimizer.step()
                losses.append(loss.item())
                if not isfinite(losses[-1]):
                    if if_diverged is not None:
                        return [if_diverged] * steps
                    raise ValueError(f"{what}: the loss is {losses[-1]} at step {step}; lower lr, which is {lr}")
        finally:
            model.eval()
            optimizer.zero_grad(set_to_none=True)
    return losses


def train_once(
    recipe: Mapping[str, Any],
    new: Callable[[], PreTrainedModel],
    batches: Batches,
    *,
    device: torch.device | str = "cpu",
    **training: Any,
) -> PreTrainedModel:
    """The model that `new` makes, trained; from the cache if it was trained before.

    Args:
        recipe: Everything that decides what comes out, as JSON can hold it: see `assay.testbed.cache.load_or_train`.
        new: Makes the model.
        batches: See `Batches`.
        device: What it is trained on.
        training: The other arguments of `train`.

    Returns:
        The model in eval mode, on the CPU; the loss of each step stands in its ``config.losses``.
    """

    def build() -> PreTrainedModel:
        model: Any = new()
        model.config.losses = train(model.to(device), batches, **training)
        on_cpu: PreTrainedModel = model.cpu()
        return on_cpu

    return load_or_train(dict(recipe) | {"device": str(device)}, build)


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one core: layers so narrow are no faster on two, and ten times slower beside another process."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _schedule(step: int, steps: int, warmup: int) -> float:
    if step < warmup:
        return (step + 1) / warmup
    return 0.1 + 0.45 * (1 + cos(pi * (step - warmup) / max(1, steps - warmup)))
