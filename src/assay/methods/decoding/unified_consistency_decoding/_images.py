"""Masked image generation (MaskGIT's decoding), its trajectories, and consistency distillation on them.

A canvas holds codes 0 to C - 1 and, where nothing is decided yet, the mask, which is C or a greater number. A denoiser
tells the logits of the codes at every place of a canvas: a unified model's (`image_denoiser`), or any other.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import cos, pi

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from assay.methods.decoding.unified_consistency_decoding._text import segment_end

Denoiser = Callable[[Tensor], Tensor]
"""Logits (B, N, C) of the codes at each place of canvases (B, N)."""


@dataclass(frozen=True)
class MaskedTrajectory:
    """How canvases were filled in."""

    states: Tensor
    """(steps + 1, B, N) canvases: as they were at first, then after each step."""
    probabilities: Tensor
    """(steps, B, N, C) the model's, guided, at each step, in fp32: for 16 steps of an image of 1,024 places and 8,192
    codes half a gigabyte."""
    mask: int

    def __len__(self) -> int:
        """Steps."""
        return len(self.probabilities)

    @property
    def images(self) -> Tensor:
        """(B, N) what came out."""
        return self.states[-1]

    def select(self, rows: Sequence[int] | Tensor) -> "MaskedTrajectory":
        """Those of some canvases."""
        index = torch.as_tensor(rows, device=self.states.device)
        return MaskedTrajectory(self.states[:, index], self.probabilities[:, index], self.mask)

    def targets(self, ends: Tensor) -> Tensor:
        """(B, N, C) what the model held of each place when it decided it, but not after the end of a segment.

        Args:
            ends: (B) the state that each canvas's segment ends in, from 1 to the number of steps. A place that is
                masked there yet has what was held of it last.
        """
        decided = (self.states[1:] == self.mask).sum(0)  # (B, N) the step at which each place was
        steps = torch.minimum(decided, ends[:, None] - 1)
        rows = torch.arange(steps.shape[0], device=steps.device)[:, None]
        return self.probabilities[steps, rows, torch.arange(steps.shape[1], device=steps.device)]


@dataclass(frozen=True)
class MaskedDecoding:
    """Fills in all places of an image in a few steps, the surest first."""

    steps: int = 16  # official code, Show-o's own default lies between 8 and 50
    temperature: float = 1.0  # official code samples
    """Of the choice of codes; 0 takes the likeliest, as in the official trajectories of the teacher."""
    noise: float = 1.0  # MaskGIT; official code calls it temperature too
    """Of the order: Gumbel noise on how sure a place is, less of it at each step."""
    top_k: int = 0  # official script: 200 of 8,192 codes at 2 steps, 500 at 4, all at 8 and 16
    """So many of the likeliest codes; 0: all."""
    guidance: float = 0.0  # 0 in the student, 5 or 10 in the teacher
    """w of classifier-free guidance: (1 + w) conditioned - w unconditioned logits, at twice the passes."""

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise ValueError(f"steps is {self.steps}: give 1 or more")
        for name in ("temperature", "noise", "guidance", "top_k"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} is {getattr(self, name)}: give 0 or more")

    def __call__(
        self, denoise: Denoiser, canvas: Tensor, *, mask: int, unconditional: Denoiser | None = None, seed: int = 0
    ) -> Tensor:
        """Fill in canvases; returns (B, N) codes. Arguments and errors as for `trajectory`."""
        state = canvas
        for state, _ in self._steps(denoise, canvas, mask, unconditional, seed):  # noqa: B007 - the last one counts
            pass
        return state

    def trajectory(
        self, denoise: Denoiser, canvas: Tensor, *, mask: int, unconditional: Denoiser | None = None, seed: int = 0
    ) -> MaskedTrajectory:
        """Fill in canvases and keep how: what a student is taught.

        Args:
            denoise: The model.
            canvas: (B, N) codes, and the mask where a code is wanted; what is no mask stays.
            mask: Outside of the codebook.
            unconditional: The model without its condition; needed where there is guidance.
            seed: Of codes and order.

        Raises:
            ValueError: The mask is a code, guidance lacks its other half, or there are more steps than masked places.
        """
        states, probabilities = [canvas], []
        for state, held in self._steps(denoise, canvas, mask, unconditional, seed):
            states.append(state)
            probabilities.append(held)
        return MaskedTrajectory(torch.stack(states), torch.stack(probabilities), mask)

    @torch.no_grad()
    def _steps(
        self, denoise: Denoiser, canvas: Tensor, mask: int, unconditional: Denoiser | None, seed: int
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Each step's canvas, and the probabilities (B, N, C) that it was filled in from."""
        if self.guidance and unconditional is None:
            raise ValueError(f"guidance is {self.guidance}: pass the model without its condition as unconditional")
        fewest = int((canvas == mask).sum(-1).min())
        if self.steps > fewest:
            raise ValueError(f"{self.steps} steps are more than the {fewest} masked places of a canvas: take fewer")
        generator = torch.Generator(canvas.device).manual_seed(seed)
        for step in range(self.steps):
            logits = denoise(canvas).float()
            if mask < logits.shape[-1]:
                raise ValueError(f"the mask is {mask}, one of the {logits.shape[-1]} codes: give a number beyond them")
            if self.guidance and unconditional is not None:
                logits = (1 + self.guidance) * logits - self.guidance * unconditional(canvas).float()
            probabilities = logits.softmax(-1)
            canvas = self._fill(canvas, logits, probabilities, mask, step, generator)
            yield canvas, probabilities

    def _fill(
        self, canvas: Tensor, logits: Tensor, held: Tensor, mask: int, step: int, generator: torch.Generator
    ) -> Tensor:
        """One step: a code for each masked place, of which the least sure are masked again."""
        masked = canvas == mask
        codes = self._choose(logits, generator)
        filled = torch.where(masked, codes, canvas)
        ratio = (step + 1) / self.steps
        if step == self.steps - 1:
            return filled
        sure = held.gather(-1, codes[..., None])[..., 0].clamp(min=1e-20).log()
        draw = torch.rand(sure.shape, generator=generator, device=sure.device).clamp(1e-20, 1 - 1e-7)
        sure = sure - self.noise * (1 - ratio) * (-draw.log()).log()
        sure = sure.masked_fill(~masked, torch.inf)
        left = torch.full_like(masked[:, 0], int(canvas.shape[1] * cos(pi * ratio / 2)), dtype=torch.long)
        # One place at least is decided, and as many stay masked as there are steps to come.
        left = torch.minimum(left.clamp(min=self.steps - step - 1), masked.sum(-1) - 1)
        rank = sure.argsort(-1).argsort(-1)
        return torch.where(rank < left[:, None], mask, filled)

    def _choose(self, logits: Tensor, generator: torch.Generator) -> Tensor:
        """A code for every place."""
        if not self.temperature:
            return logits.argmax(-1)
        if 0 < self.top_k < logits.shape[-1]:
            lowest = logits.topk(self.top_k).values[..., -1:]
            logits = logits.masked_fill(logits < lowest, -torch.inf)
        chances = (logits / self.temperature).softmax(-1).flatten(0, 1)
        return torch.multinomial(chances, 1, generator=generator).view(logits.shape[:2])


@dataclass(frozen=True)
class ImageConsistency:
    """The loss of a student on a teacher's trajectories of masked images."""

    segments: int = 8  # official code, 512 pixels, first stage; 1 in the last
    """Into which the steps are cut; each has as many steps."""

    def __post_init__(self) -> None:
        if self.segments < 1:
            raise ValueError(f"segments is {self.segments}: give 1 or more")

    def draw(self, trajectory: MaskedTrajectory, *, seed: int) -> tuple[Tensor, Tensor]:
        """A state of each canvas and what is to be foreseen from it.

        Returns:
            Canvases (B, N), and probabilities (B, N, C), which count where the canvas is masked.

        Raises:
            ValueError: The segments do not divide the steps.
        """
        steps = len(trajectory)
        if steps % self.segments:
            raise ValueError(f"{self.segments} segments do not divide {steps} steps: choose a divisor")
        generator = torch.Generator().manual_seed(seed)
        at = torch.randint(steps, trajectory.images.shape[:1], generator=generator)
        ends = torch.tensor([segment_end(each, steps, self.segments) for each in at.tolist()])
        device = trajectory.states.device
        at, ends = at.to(device), ends.to(device)
        return trajectory.states[at, torch.arange(len(at), device=device)], trajectory.targets(ends)

    def __call__(self, student: Denoiser, trajectory: MaskedTrajectory, *, seed: int = 0) -> Tensor:
        """Soft cross-entropy in nats a masked place, a scalar with a graph to the student's weights.

        Args:
            student: Without guidance, which it learns to do without.
            trajectory: Of a teacher; take some of its canvases with `MaskedTrajectory.select`.
            seed: Of the states that are drawn: another one each step.
        """
        canvas, target = self.draw(trajectory, seed=seed)
        return self.of_states(student, canvas, target, mask=trajectory.mask)

    def of_states(self, student: Denoiser, canvas: Tensor, target: Tensor, *, mask: int) -> Tensor:
        """The loss of states that were drawn before, as `draw` returns them."""
        masked = canvas == mask
        return cross_entropy(student(canvas)[masked].float(), target[masked])
