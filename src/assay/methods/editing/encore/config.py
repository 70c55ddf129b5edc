"""What is edited, and with which hyper-parameters."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar


@dataclass(frozen=True)
class Edit:
    """One fact as it shall be: the model goes on with `object` after `prompt` with `subject` in it.

    Raises:
        ValueError: The prompt has no ``{}`` or several, or subject or object is empty.
    """

    prompt: str
    """With one ``{}`` where the subject stands: ``The capital of {} is``."""
    subject: str
    object: str

    def __post_init__(self) -> None:
        if self.prompt.count("{}") != 1:
            raise ValueError(f"the prompt {self.prompt!r} needs one {{}} where the subject {self.subject!r} stands")
        if not self.subject.strip() or not self.object.strip():
            raise ValueError(
                f"an edit of {self.prompt!r} has an empty {'object' if self.subject.strip() else 'subject'}"
            )


@dataclass(frozen=True)
class EncoreSettings:
    """ENCORE's hyper-parameters; the defaults are those of the official code for Llama3-8B.

    The two lambdas weigh sums over keys, so they belong to the scale and number of a model's keys: look at the trace of
    the covariance, and tune them on edits that you do not need.

    Raises:
        ValueError: A value is out of its range.
    """

    layers: tuple[int, ...]
    """Numbers of the edited blocks, rising, counted from 0: 4 to 8 for Llama3-8B, 13 to 17 for GPT2-XL."""
    lambda_preserve: float = 15_000.0
    """Weight of the keys of ordinary text; 20,000 for GPT2-XL."""
    lambda_norm: float = 20.0
    """Weight of the Frobenius penalty on each update; 10 for GPT2-XL and Llama2-7B, 0 for MEMIT."""
    protect_previous: bool = True
    """Whether the keys of earlier batches keep their values."""
    patience: int = 2
    """Early stopping: at how many passes with the object on top the search ends; 3 for Llama2-7B, 4 for GPT2-XL; 0
    searches on."""
    passes: int = 25
    """The most forward passes of one search; 20 for GPT2-XL. There is one gradient step less."""
    lr: float = 0.5
    """Of Adam on the target."""
    kl: float = 0.0625
    """Weight of the KL divergence of what follows the subject alone."""
    decay: float = 0.5
    """Weight of the norm of delta."""
    reach: float = 0.75
    """The greatest norm of delta, in norms of the activation it is added to."""
    enough: float = 0.05
    """A loss below this ends the search, whatever `patience` says."""
    at_once: int = 1
    """How many searches run as one batch: 1 as in the official code; more are faster and need more memory."""

    def __post_init__(self) -> None:
        if not self.layers or list(self.layers) != sorted(set(self.layers)) or self.layers[0] < 0:
            raise ValueError(f"layers are {self.layers}: name blocks by rising numbers from 0")
        for name in ("lambda_preserve", "lambda_norm", "kl", "decay", "enough"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise ValueError(f"{name} is {getattr(self, name)}: it is a finite number, not below 0")
        for name in ("lr", "reach"):
            if not 0 < getattr(self, name) < float("inf"):
                raise ValueError(f"{name} is {getattr(self, name)}: it is a finite number above 0")
        for name, least in (("patience", 0), ("passes", 1), ("at_once", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} is {getattr(self, name)}: it is at least {least}")


S = TypeVar("S", bound=EncoreSettings)


def memit(settings: S) -> S:
    """MEMIT, the neutral setting: no early stopping, no penalty, no earlier keys; all else as it is."""
    return replace(settings, lambda_norm=0.0, patience=0, protect_previous=False)


def check_batch(edits: Sequence[Edit]) -> None:
    """Refuse a batch that cannot be written at once.

    Raises:
        ValueError: It is empty, or two of its edits ask for different objects, or for the same one twice.
    """
    if not edits:
        raise ValueError("a batch needs at least one edit")
    objects: dict[tuple[str, str], str] = {}
    for edit in edits:
        before = objects.setdefault((edit.prompt, edit.subject), edit.object)
        if before != edit.object:
            raise ValueError(
                f"{edit.prompt.replace('{}', edit.subject)!r} cannot go on with both {before!r} and {edit.object!r} in "
                "one batch: keep one of them"
            )
    if len(objects) < len(edits):
        raise ValueError("an edit stands twice in one batch: leave one out")
