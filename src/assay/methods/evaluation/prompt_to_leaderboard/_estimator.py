"""The estimator: strengths of models as a function of the prompt, fitted to votes."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from assay.methods._files import written_whole
from assay.methods._intervals import Estimate, mean_interval
from assay.methods.evaluation.prompt_to_leaderboard._backbone import Backbone
from assay.methods.evaluation.prompt_to_leaderboard._likelihood import (
    GROUNDED,
    HEADS,
    WITH_ETA,
    outcome_chances,
    vote_losses,
)
from assay.methods.evaluation.prompt_to_leaderboard._votes import Votes

Floats = NDArray[np.float64]
Encoder = Callable[[Sequence[str]], Any]
"""From texts to vectors (texts, width): an array, or a tensor."""

PENALTIES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 1e-1)
"""Tried where none is given; vectors have the length 1 on the average when they are penalised."""
_OF_CONSTANT = 1e-4
"""Of the strengths that do not depend on the prompt: enough that a model which always wins has one."""
_RATED, _BASE = 400.0, 10.0
"""An Arena's rating: so many points for each factor of ten in the odds."""


@dataclass(frozen=True)
class Tuning:
    """How a `Backbone` is trained along with the head; else it stays as it is."""

    epochs: int = 1
    """The paper's."""
    batch: int = 32
    """Votes of a step, ours; the paper's 512 are spread over eight GPUs."""
    lr: float = 8e-6
    """The paper's, for 7B parameters; a small model takes a hundred times more."""
    seed: int = 0
    """Of the order. The paper goes by time; votes without a time are shuffled."""

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch < 1 or not self.lr > 0:
            raise ValueError(f"epochs, batch and lr are {self.epochs}, {self.batch} and {self.lr}: give more than 0")


class PromptToLeaderboard:
    """Strengths of models as a function of the prompt.

    Args:
        encoder: See `Encoder`; a `Backbone` is the paper's. ``None`` gives all prompts one leaderboard: the marginal
            fit that usual arenas publish.
        head: One of `HEADS`: ``bt`` for votes without ties, ``bt-tie``, ``rk``, ``grk``.
        penalty: Of the squared weights of the head, for a mean loss of a vote; chosen among `PENALTIES` on a fifth of
            the prompts if ``None``.
        tuning: Trains a `Backbone` too.

    Attributes:
        models_: In alphabetical order.
        penalty_: That was chosen.
    """

    def __init__(
        self,
        encoder: Encoder | None,
        *,
        head: str = "bt-tie",
        penalty: float | None = None,
        tuning: Tuning | None = None,
    ) -> None:
        if head not in HEADS:
            raise ValueError(f"the head is {head!r}: choose one of {', '.join(HEADS)}")
        if penalty is not None and not penalty >= 0:
            raise ValueError(f"penalty is {penalty}: give 0 or more")
        if tuning is not None and not isinstance(encoder, Backbone):
            raise ValueError("tuning is for a Backbone: another encoder is frozen")
        self.encoder, self.head, self.penalty, self.tuning = encoder, head, penalty, tuning

    def fit(self, votes: Votes, *, progress: Callable[[int, int], None] | None = None) -> Self:
        """Fit the head, and the backbone where `tuning` says so.

        Raises:
            ValueError: The head cannot tell ties that there are, a model has no votes, or without a penalty one that
                never wins or never loses.
        """
        self._check(votes)
        self.models_ = votes.models
        if self.tuning is not None:
            _tune(self, votes, self.tuning, progress)
            return self
        features = self._features(votes.prompts, learn=True)
        self.penalty_ = self.penalty
        if self.penalty_ is None and self.encoder is not None and len(votes.prompts) >= 10:
            self.penalty_ = self._choose_penalty(votes, features)
        elif self.penalty_ is None:
            self.penalty_ = _OF_CONSTANT
        self.weight_ = _fit(self.head, features, votes, self.penalty_)
        return self

    def strengths(self, prompts: Sequence[str]) -> Floats:
        """(prompts, models): of each model on each prompt; centred, unless the head is grounded."""
        return self._outputs(prompts)[0]

    def leaderboard(self, prompt: str) -> list[dict[str, Any]]:
        """The models for one prompt, the best first, with rating points and the chance to beat another one."""
        return self._rows(self.strengths([prompt])[0])

    def aggregate(self, prompts: Sequence[str], *, weights: Sequence[float] | None = None) -> list[dict[str, Any]]:
        """One leaderboard for a set of prompts, each with its weight: see the aggregation of the package."""
        return self._rows(aggregate_strengths(self.strengths(prompts), weights, grounded=self.head in GROUNDED))

    def predict_proba(self, prompts: Sequence[str], firsts: Sequence[str], seconds: Sequence[str]) -> Floats:
        """(n, 4): chances that the first model wins, the second, of a tie, and that both are bad.

        Raises:
            ValueError: A model was not in the votes.
        """
        import torch  # noqa: PLC0415

        beta, eta = self._outputs(prompts)
        rows = np.arange(len(prompts))
        one, two = (torch.tensor(beta[rows, self._numbers(names)]) for names in (firsts, seconds))
        return outcome_chances(self.head, one, two, None if eta is None else torch.tensor(eta)).numpy()

    def log_loss(self, votes: Votes) -> Estimate:
        """The mean negative log-likelihood of votes in nats, with an interval over prompts."""
        import torch  # noqa: PLC0415

        beta, eta = self._outputs(votes.prompts)
        place = self._numbers(votes.models)
        numbers = [torch.tensor(each) for each in (place[votes.winner], place[votes.loser], votes.end)]
        etas = None if eta is None else torch.tensor(eta[votes.prompt])
        losses = vote_losses(self.head, torch.tensor(beta[votes.prompt]), etas, *numbers)
        return mean_interval(losses.numpy(), votes.prompt.tolist())

    def save(self, folder: str | Path) -> None:
        """Write the head; an encoder that is not ours is kept by whoever made it, and a tuned backbone beside it."""
        with written_whole(folder) as unfinished:
            unfinished.mkdir()
            np.savez(unfinished / "head.npz", weight=self.weight_, mean=self.mean_, scale=self.scale_)
            note: dict[str, Any] = {"head": self.head, "models": self.models_, "penalty": self.penalty_}
            note["tuning"] = asdict(self.tuning) if self.tuning else None
            (unfinished / "head.json").write_text(json.dumps(note, indent=2) + "\n", encoding="utf-8")
            if isinstance(self.encoder, Backbone) and self.tuning is not None:
                self.encoder.model.save_pretrained(unfinished / "backbone")
                self.encoder.tokenizer.save_pretrained(unfinished / "backbone")

    @classmethod
    def load(cls, folder: str | Path, encoder: Encoder | None) -> Self:
        """What was saved, with its encoder.

        Raises:
            ValueError: The folder holds none.
        """
        try:
            note = json.loads((Path(folder) / "head.json").read_text(encoding="utf-8"))
            arrays = np.load(Path(folder) / "head.npz")
            made = cls(encoder, head=note["head"], penalty=note["penalty"])
            made.models_, made.penalty_ = tuple(note["models"]), note["penalty"]
            made.weight_, made.mean_, made.scale_ = arrays["weight"], arrays["mean"], arrays["scale"]
        except (OSError, ValueError, LookupError) as error:
            raise ValueError(f"{folder} holds no saved leaderboard: {error}") from None
        return made

    def _check(self, votes: Votes) -> None:
        if self.head == "bt" and (votes.end != 0).any():
            at = int(np.flatnonzero(votes.end != 0)[0])
            raise ValueError(f"vote {at} is a tie, which the head bt does not know: take bt-tie, rk or grk")
        ties = votes.end != 0
        for at, name in enumerate(votes.models):
            won, lost = (((each == at) & ~ties).sum() for each in (votes.winner, votes.loser))
            tied = (ties & ((votes.winner == at) | (votes.loser == at))).sum()
            if won + lost + tied == 0:
                raise ValueError(f"the model {name!r} has no votes")
            if self.penalty == 0 and not tied and not (won and lost):
                never = "wins" if lost else "loses"
                raise ValueError(f"the model {name!r} never {never}: without a penalty its strength is not known")

    def _features(self, prompts: Sequence[str], *, learn: bool = False) -> Floats:
        """(prompts, width + 1): encoded, standardised by the prompts that were learnt from, and a 1."""
        encoded = np.zeros((len(prompts), 0)) if self.encoder is None else _as_array(self.encoder(prompts))
        if encoded.ndim != 2 or len(encoded) != len(prompts) or not np.isfinite(encoded).all():
            bad = [at for at, row in enumerate(encoded) if not np.isfinite(row).all()] if encoded.ndim == 2 else []
            which = f"{prompts[bad[0]][:60]!r} is encoded with what is no number" if bad else f"shape {encoded.shape}"
            raise ValueError(f"the encoder gives no vector for each of {len(prompts)} prompts: {which}")
        if learn:
            self.mean_ = encoded.mean(0)
            spread = encoded.std(0)
            most = max(float(spread.max(initial=0.0)), 1e-12)
            # What hardly differs among these prompts tells nothing of them, and must not speak loudest of others.
            self.scale_ = np.where(spread < 1e-3 * most, most, spread) * encoded.shape[1] ** 0.5
        elif encoded.shape[1] != len(self.mean_):
            raise ValueError(f"the encoder gives {encoded.shape[1]} numbers, and gave {len(self.mean_)} while fitted")
        return np.concatenate([(encoded - self.mean_) / self.scale_, np.ones((len(prompts), 1))], axis=1)

    def _outputs(self, prompts: Sequence[str]) -> tuple[Floats, Floats | None]:
        if not hasattr(self, "weight_"):
            raise ValueError("this leaderboard is not fitted yet: call fit(votes)")
        outputs = self._features(prompts) @ self.weight_
        count = len(self.models_)
        beta = outputs[:, :count]
        if self.head not in GROUNDED:
            beta = beta - beta.mean(1, keepdims=True)
        return beta, outputs[:, count] if self.head in WITH_ETA else None

    def _choose_penalty(self, votes: Votes, features: Floats) -> float:
        """The penalty of the least loss on a fifth of the prompts."""
        order = np.random.default_rng(0).permutation(len(votes.prompts))
        held_out, rest = order[: len(order) // 5], order[len(order) // 5 :]
        losses = []
        for penalty in PENALTIES:
            weight = _fit(self.head, features[rest], votes.of_prompts(rest), penalty)
            losses.append(_mean_loss(self.head, features[held_out], votes.of_prompts(held_out), weight))
        return PENALTIES[int(np.argmin(losses))]

    def _numbers(self, names: Sequence[str]) -> NDArray[np.intp]:
        place = {name: at for at, name in enumerate(self.models_)}
        for name in names:
            if name not in place:
                raise ValueError(f"the model {name!r} was in no vote: there are {', '.join(self.models_)}")
        return np.array([place[name] for name in names], dtype=np.intp)

    def _rows(self, beta: Floats) -> list[dict[str, Any]]:
        wins = win_rates(beta)
        return [
            {
                "model": self.models_[at],
                "strength": float(beta[at]),
                "rating": float(_RATED / np.log(_BASE) * beta[at]),
                "beats_another": float(np.delete(wins[at], at).mean()) if len(beta) > 1 else 0.5,
            }
            for at in np.argsort(-beta, kind="stable")
        ]


def win_rates(beta: Floats) -> Floats:
    """(models, models): the chance that each beats each other one."""
    rates: Floats = 1 / (1 + np.exp(beta[None, :] - beta[:, None]))
    return rates


def aggregate_strengths(strengths: Floats, weights: Sequence[float] | None = None, *, grounded: bool = False) -> Floats:
    """(models,): the strengths whose win rates are nearest to the mean win rates over prompts, in cross-entropy.

    Args:
        strengths: (prompts, models).
        weights: (prompts,): 0 or more.
        grounded: Keep the zero, which is then one more opponent; else the strengths are centred.

    Raises:
        ValueError: There are no prompts, or the weights are not for these.
    """
    from scipy.optimize import minimize  # type: ignore[import-untyped] # noqa: PLC0415 - slow to load

    share = np.ones(len(strengths)) if weights is None else np.asarray(weights, dtype=np.float64)
    if not len(strengths) or share.shape != (len(strengths),) or not (share >= 0).all() or not share.sum() > 0:
        raise ValueError(
            f"{len(strengths)} prompts have weights of shape {share.shape}: give one of 0 or more for each"
        )
    every = np.concatenate([strengths, np.zeros((len(strengths), int(grounded)))], axis=1)
    wanted = np.einsum("n,nij->ij", share / share.sum(), np.stack([win_rates(row) for row in every]))
    pairs = 1 - np.eye(len(wanted))

    def loss(beta: Floats) -> tuple[float, Floats]:
        gaps = beta[:, None] - beta[None, :]
        lost = float((pairs * (np.logaddexp(0, -gaps) * wanted)).sum())
        slope = (pairs * (win_rates(beta) - wanted)).sum(1)
        return lost + 1e-9 * float((beta**2).sum()), slope + 2e-9 * beta

    start = every.mean(0) - every.mean()
    found: Floats = minimize(loss, start, jac=True, method="L-BFGS-B", options={"ftol": 1e-14, "gtol": 1e-9}).x
    centred: Floats = found[:-1] - found[-1] if grounded else found - found.mean()
    return centred


def _fit(head: str, features: Floats, votes: Votes, penalty: float) -> Floats:
    """The weights (width + 1, models, and one more for eta) of the least penalised mean loss; convex for bt."""
    import torch  # noqa: PLC0415

    outputs = len(votes.models) + (head in WITH_ETA)
    inputs = torch.tensor(features)
    weight = torch.zeros(features.shape[1], outputs, dtype=torch.float64, requires_grad=True)
    numbers = [torch.tensor(each) for each in (votes.prompt, votes.winner, votes.loser, votes.end)]
    how: dict[str, Any] = {"max_iter": 300, "tolerance_grad": 1e-6, "tolerance_change": 1e-8}
    optimizer = torch.optim.LBFGS([weight], line_search_fn="strong_wolfe", **how)
    share = torch.full((features.shape[1], 1), penalty, dtype=torch.float64)
    share[-1] = min(penalty, _OF_CONSTANT)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = _loss(head, inputs @ weight, len(votes.models), *numbers) + (share * weight**2).sum() / 2
        loss.backward()
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    fitted: Floats = weight.detach().numpy()
    if not np.isfinite(fitted).all():
        raise ValueError("the head did not converge to finite weights: give a larger penalty")
    return fitted


def _loss(head: str, outputs: Any, models: int, prompt: Any, winner: Any, loser: Any, end: Any) -> Any:
    eta = outputs[prompt, models] if head in WITH_ETA else None
    return vote_losses(head, outputs[:, :models][prompt], eta, winner, loser, end).mean()


def _mean_loss(head: str, features: Floats, votes: Votes, weight: Floats) -> float:
    import torch  # noqa: PLC0415

    numbers = [torch.tensor(each) for each in (votes.prompt, votes.winner, votes.loser, votes.end)]
    return float(_loss(head, torch.tensor(features @ weight), len(votes.models), *numbers))


def _tune(made: PromptToLeaderboard, votes: Votes, how: Tuning, progress: Callable[[int, int], None] | None) -> None:
    """Train backbone and head together, vote by vote."""
    import torch  # noqa: PLC0415

    backbone: Any = made.encoder
    made._features(votes.prompts[:1], learn=True)  # noqa: SLF001 - its own
    width = len(made.mean_)
    made.mean_, made.scale_ = np.zeros(width), np.ones(width)
    outputs = len(votes.models) + (made.head in WITH_ETA)
    device = backbone.model.device
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(how.seed)
        head = torch.nn.Linear(width, outputs).to(device)
        parameters = [*backbone.parameters(), *head.parameters()]
        optimizer = torch.optim.AdamW(parameters, lr=how.lr, eps=1e-8, weight_decay=0.0)
        backbone.model.train()
        try:
            batches = list(_batches(len(votes), how))
            for step, rows in enumerate(batches):
                prompts, place = np.unique(votes.prompt[rows], return_inverse=True)
                states = backbone.states([votes.prompts[at] for at in prompts]).float()
                numbers = [
                    torch.tensor(each, device=device)
                    for each in (place, votes.winner[rows], votes.loser[rows], votes.end[rows])
                ]
                loss = _loss(made.head, head(states), len(votes.models), *numbers)
                optimizer.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(parameters, max_norm=1.0)
                optimizer.step()
                if progress:
                    progress(step + 1, len(batches))
        finally:
            backbone.model.eval()
    weight = torch.cat([head.weight, head.bias[:, None]], 1).detach().double().cpu().numpy()
    made.weight_, made.penalty_ = weight.T.copy(), 0.0


def _batches(votes: int, how: Tuning) -> Iterator[NDArray[np.intp]]:
    rng = np.random.default_rng(how.seed)
    for _ in range(how.epochs):
        order = rng.permutation(votes)
        yield from (order[at : at + how.batch] for at in range(0, votes, how.batch))


def _as_array(vectors: Any) -> Floats:
    numbers = vectors.detach().float().cpu().numpy() if hasattr(vectors, "detach") else vectors
    return np.asarray(numbers, dtype=np.float64)
