"""The critic: a small network that foresees, from the model's last hidden state, whether an answer will end safe.

Its samples are answers that the frozen model wrote on its own, seen wherever a block ends: that is where it is asked.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, mse_loss

from assay.methods._calibration import auroc
from assay.methods._files import written_whole

FORMAT = "assay-inference-guard-critic-1"


@dataclass(frozen=True)
class CriticTraining:
    """How a critic is trained."""

    steps: int = 1_200
    """Updates (ours)."""
    batch: int = 128
    """Samples of an update (ours)."""
    rate: float = 3e-3
    """Of AdamW (ours)."""
    hidden: int = 64
    """Width of its one hidden layer (ours)."""
    value_weight: float = 0.05
    """Of the squared error of the reward beside the cross-entropy of the end (ours)."""
    held_out: float = 0.2
    """Share of the prompts that it is tested on; of the rollouts, where there are fewer than five prompts."""

    def __post_init__(self) -> None:
        if min(self.steps, self.batch, self.hidden) < 1 or self.rate <= 0 or self.value_weight < 0:
            raise ValueError(
                f"{self} trains nothing: give steps, batch, hidden and rate above 0, value_weight 0 or more"
            )
        if not 0 < self.held_out < 1:
            raise ValueError(f"held_out is {self.held_out}: give a share between 0 and 1")


@dataclass
class Samples:
    """What a critic learns from: answers on their way, and how they ended."""

    states: Tensor
    """(n, width) the last hidden state at the last token of a block."""
    left: Tensor
    """(n,) the share of the budget that was left there."""
    time: Tensor
    """(n,) the share of the length that was written."""
    safe: Tensor
    """(n,) 1 where the answer ended within the budget."""
    rest: Tensor
    """(n,) the reward that was still to come."""
    prompts: Tensor
    """(n,) the number of its prompt."""
    rollouts: Tensor
    """(n,) the number of its rollout."""
    ends: tuple[bool, ...]
    """Whether each rollout ended within the budget."""

    @property
    def base_safe(self) -> float:
        """The share of rollouts that ended within the budget."""
        return sum(self.ends) / len(self.ends)

    def __add__(self, other: "Samples") -> "Samples":
        """Both; the other's rollouts are counted on."""
        names = ("states", "left", "time", "safe", "rest", "prompts")
        joined = {name: torch.cat([getattr(self, name), getattr(other, name)]) for name in names}
        rollouts = torch.cat([self.rollouts, other.rollouts + len(self.ends)])
        return Samples(**joined, rollouts=rollouts, ends=self.ends + other.ends)

    def part(self, chosen: Tensor) -> "Samples":
        """The samples that a mask (n,) chooses."""
        names = ("states", "left", "time", "safe", "rest", "prompts", "rollouts")
        return Samples(**{name: getattr(self, name)[chosen] for name in names}, ends=self.ends)


@dataclass(frozen=True)
class CriticReport:
    """How well a critic foresees on prompts that it was not trained on."""

    auc: float
    """The chance that a state of an answer that ends safe is rated above one of an answer that does not; NaN where all
    end alike, and then the critic has learnt nothing of safety."""
    brier: float
    """Mean squared error of the probability of a safe end; 0.25 is that of saying one half."""
    reward_r2: float
    """Share of the variance of the reward to come that is foreseen."""
    auc_by_time: tuple[tuple[float, float], ...]
    """The AUC in each quarter of the length: (share of the length at the middle of the quarter, AUC)."""
    base_safe: float
    """Share of the rollouts of the model alone that ended within the budget."""
    samples: int
    """That it was trained on."""
    tested: int
    """That it was not trained on."""


class Critic(nn.Module):
    """Hidden state, budget left and time to the logit of a safe end and the reward to come.

    Args:
        width: Of the hidden states.
        hidden: Width inside.
        model: What the states come from: see `fingerprint`.
        base_safe: See `CriticReport`; it decides the rule ``auto``.
    """

    mean: Tensor
    spread: Tensor

    def __init__(self, width: int, *, hidden: int = 64, model: str = "", base_safe: float = 1.0) -> None:
        super().__init__()
        self.width, self.hidden, self.model, self.base_safe = width, hidden, model, base_safe
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("spread", torch.ones(width))
        self.body = nn.Sequential(nn.Linear(width + 2, hidden), nn.ReLU(), nn.Linear(hidden, 2))

    def forward(self, states: Tensor, left: Tensor, time: Tensor) -> tuple[Tensor, Tensor]:
        """Two heads on states (n, width), left (n,) and time (n,): see `Samples`.

        Returns:
            The logit of a safe end (n,), the reward to come (n,).
        """
        plain = (states.float() - self.mean) / self.spread
        both = self.body(torch.cat([plain, left[:, None], time[:, None]], dim=-1))
        return both[:, 0], both[:, 1]

    @torch.no_grad()
    def foresee(self, states: Tensor, left: Sequence[float], time: float) -> tuple[list[float], list[float]]:
        """The probability of a safe end and the reward to come, of states (n, width)."""
        weight = self.mean
        end, rest = self(
            states.to(weight.device),
            torch.tensor(left, dtype=torch.float32, device=weight.device),
            torch.full((len(left),), time, device=weight.device),
        )
        return end.sigmoid().tolist(), rest.tolist()

    def save(self, path: str | Path) -> None:
        """Write it as safetensors, whole or not at all."""
        about = {"width": self.width, "hidden": self.hidden, "model": self.model, "base_safe": self.base_safe}
        with written_whole(path) as unfinished:
            tensors = {name: tensor.contiguous().cpu() for name, tensor in self.state_dict().items()}
            save_file(tensors, unfinished, metadata={"format": FORMAT, "about": json.dumps(about)})

    @classmethod
    def load(cls, path: str | Path) -> "Critic":
        """Read what `save` wrote.

        Raises:
            ValueError: It is no critic.
        """
        try:
            with safe_open(str(path), framework="pt") as file:
                notes = file.metadata() or {}
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
        except Exception as error:  # noqa: BLE001 - a file that is none fails in many ways
            raise ValueError(f"{path} is no critic: {error}") from None
        if notes.get("format") != FORMAT:
            raise ValueError(f"{path} is no critic: its format is {notes.get('format')!r}, not {FORMAT!r}")
        about: dict[str, Any] = json.loads(notes["about"])
        critic = cls(about["width"], hidden=about["hidden"], model=about["model"], base_safe=about["base_safe"])
        critic.load_state_dict(tensors)
        return critic.eval()


def fingerprint(model: nn.Module) -> str:
    """What tells a model's weights from others': SHA-256 over names, shapes and the first 64 numbers of each."""
    digest = sha256()
    for name, weight in sorted(model.named_parameters()):
        digest.update(f"{name} {tuple(weight.shape)}\n".encode())
        digest.update(weight.detach().flatten()[:64].float().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def train_critic(
    samples: Samples, training: CriticTraining | None = None, *, model: str = "", seed: int = 0
) -> tuple[Critic, CriticReport]:
    """Train a critic on samples, and test it on prompts that are held out.

    Loss = BCE(end) + value_weight * MSE(rest).

    Raises:
        ValueError: There are no samples on one side.
    """
    training = training or CriticTraining()
    tested = _held_out(samples, training.held_out, seed)
    learnt, rest = samples.part(~tested), samples.part(tested)
    if not len(learnt.safe) or not len(rest.safe):
        raise ValueError(
            f"{len(samples.ends)} rollouts gave {len(samples.safe)} samples, too few to train and test a critic: give "
            "more prompts or rollouts, or a shorter block, so that answers are longer than one"
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        critic = Critic(samples.states.shape[-1], hidden=training.hidden, model=model, base_safe=samples.base_safe)
    critic.mean.copy_(learnt.states.mean(0))
    critic.spread.copy_(learnt.states.std(0, unbiased=False).clamp(min=1e-6))
    optimizer = torch.optim.AdamW(critic.parameters(), lr=training.rate)
    generator = torch.Generator().manual_seed(seed)
    with torch.enable_grad():
        for _ in range(training.steps):
            batch = torch.randint(len(learnt.safe), (training.batch,), generator=generator)
            end, value = critic(learnt.states[batch], learnt.left[batch], learnt.time[batch])
            loss = binary_cross_entropy_with_logits(end, learnt.safe[batch])
            loss = loss + training.value_weight * mse_loss(value, learnt.rest[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    critic.eval().requires_grad_(requires_grad=False)
    return critic, examine_critic(critic, rest, trained_on=len(learnt.safe))


@torch.no_grad()
def examine_critic(critic: Critic, samples: Samples, *, trained_on: int = 0) -> CriticReport:
    """How well a critic foresees the ends of these samples."""
    end, value = critic(samples.states, samples.left, samples.time)
    chance = end.sigmoid()
    variance = samples.rest.var(unbiased=False)
    quarters = []
    for quarter in range(4):
        within = (samples.time > quarter / 4) & (samples.time <= (quarter + 1) / 4)
        quarters.append(((2 * quarter + 1) / 8, auroc(chance[within].cpu(), samples.safe[within].cpu())))
    return CriticReport(
        auc=auroc(chance.cpu(), samples.safe.cpu()),
        brier=float((chance - samples.safe).square().mean()),
        reward_r2=float(1 - mse_loss(value, samples.rest) / variance) if variance > 0 else float("nan"),
        auc_by_time=tuple(quarters),
        base_safe=samples.base_safe,
        samples=trained_on,
        tested=len(samples.safe),
    )


def _held_out(samples: Samples, share: float, seed: int) -> Tensor:
    """Which samples (n,) are of prompts, or else of rollouts, that are held out."""
    groups = samples.prompts if len(samples.prompts.unique()) >= 5 else samples.rollouts
    names = groups.unique()
    order = torch.randperm(len(names), generator=torch.Generator().manual_seed(seed))
    chosen = names[order[: max(1, round(share * len(names)))]]
    return torch.isin(groups, chosen)
