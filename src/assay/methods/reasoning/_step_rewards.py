"""Train a model that scores the steps of an answer, a process reward model, on the body of a causal language model.

What comes out is a token classifier of transformers with the labels ``bad`` and ``good``; the score of a step is the
probability of ``good`` at the step's last token. It is saved and loaded like any other, and `as_step_scorer` takes it::

    rows = [StepLabels(tokens=[5, 17, 23, 8, 9, 4], ends=[4, 6], values=[1.0, 0.0])]    # places count from 1
    rewards = train_step_rewards(policy, rows)
    score_steps(rewards, [([5, 17, 23, 8], [2, 4])])                                     # [[0.71, 0.35]]

With a frozen body only the head is fitted, exactly and in seconds: a ridge on hidden states that are read once, whose
strength cross-validation chooses. ``lora`` and ``all`` train the body too.
"""

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Literal

import torch
from torch import Tensor, nn
from transformers import AutoModelForTokenClassification, PreTrainedModel

from assay.methods._patching import evaluating

Row = tuple[Sequence[int], Sequence[int]]
"""Token ids of a prompt with its answer, and after how many of them each step ends."""
Reduce = Literal["min", "mean", "max", "last", "product"]

_STRENGTHS = (1e-3, 1e-2, 1e-1, 1.0)
"""Of the ridge on standardised states, to choose from."""
_FOLDS = 4


@dataclass(frozen=True)
class StepLabels:
    """An answer whose steps have labels."""

    tokens: Sequence[int]
    """Of the prompt and the answer."""
    ends: Sequence[int]
    """After how many tokens, the prompt's included, each step ends."""
    values: Sequence[float]
    """The label of each step: 1 good, 0 bad, or a share."""

    def __post_init__(self) -> None:
        if len(self.ends) != len(self.values) or not self.ends:
            raise ValueError(f"{len(self.ends)} steps have {len(self.values)} labels: give one for each, of one step")
        if not all(1 <= end <= len(self.tokens) for end in self.ends):
            raise ValueError(f"steps end after {list(self.ends)} of {len(self.tokens)} tokens")
        if not all(0 <= value <= 1 for value in self.values):
            raise ValueError(f"labels are {list(self.values)}: give numbers from 0 to 1")


@dataclass(frozen=True)
class StepTraining:
    """How a model of step rewards is trained. Every default is ours."""

    body: Literal["frozen", "lora", "all"] = "frozen"
    """What is trained beside the head."""
    epochs: int = 2
    """Passes over the rows; a frozen body needs none."""
    lr: float = 1e-3
    """Peak rate of AdamW; it falls to nothing along a line."""
    batch: int = 16
    """Rows of an update, and rows read at once."""
    rank: int = 8
    """Of LoRA."""

    def __post_init__(self) -> None:
        if self.body not in ("frozen", "lora", "all"):
            raise ValueError(f"body is {self.body!r}: choose frozen, lora or all")
        for name in ("epochs", "batch", "rank"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}: give 1 or more")
        if not self.lr > 0:
            raise ValueError(f"lr is {self.lr}: give a rate above 0")


def train_step_rewards(
    model: PreTrainedModel,
    rows: Sequence[StepLabels],
    training: StepTraining | None = None,
    *,
    states: Sequence[Tensor] | None = None,
    seed: int = 0,
) -> PreTrainedModel:
    """Train a token classifier on labelled steps.

    Args:
        model: A causal language model; it stays as it is. A frozen body is shared with it, not copied.
        rows: Rows of the same problem side by side, so that cross-validation keeps them together.
        training: How.
        states: Of the rows, from `read_states`, if a frozen body has read them already.
        seed: Of the order of rows and the weights that are new.

    Returns:
        The classifier, in eval mode, on the model's device.

    Raises:
        ValueError: All labels are alike, or transformers has no token classifier of this family.
    """
    training = training or StepTraining()
    values = [value for row in rows for value in row.values]
    if len(set(values)) < 2:
        raise ValueError(f"{len(values)} labels are all {values[0] if values else 'missing'}: nothing can be learnt")
    classifier: PreTrainedModel = new_classifier(model, copy=training.body != "frozen", seed=seed)
    if training.body == "frozen":
        _fit_head(classifier, rows, training.batch, states)
    else:
        classifier = _train(classifier, rows, training, seed)
    classifier.eval()
    return classifier


def new_classifier(model: PreTrainedModel, *, copy: bool, seed: int = 0) -> Any:
    """A token classifier with the labels bad and good on the body of a causal language model; its head is random.

    Raises:
        ValueError: Transformers has no token classifier of this family.
    """
    config = deepcopy(model.config)
    config.id2label, config.label2id = {0: "bad", 1: "good"}, {"bad": 0, "good": 1}
    try:
        with torch.device("meta"):
            classifier: Any = AutoModelForTokenClassification.from_config(config)
    except ValueError:
        raise ValueError(
            f"transformers has no token classifier for {type(model).__name__}: take another base"
        ) from None
    body = deepcopy(model.base_model) if copy else model.base_model
    setattr(classifier, classifier.base_model_prefix, body)
    head = _head(classifier)
    head.to_empty(device=model.device).to(model.dtype)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        head.weight.copy_(0.02 * torch.randn(head.weight.shape, generator=generator))
        head.bias.zero_()
    return classifier.eval()


def read_states(model: PreTrainedModel, texts: Sequence[Sequence[int]], *, batch: int = 16) -> list[Tensor]:
    """The last hidden state at every token of each text, (n, width): what several heads on one frozen body share."""
    rows = [(text, range(1, len(text) + 1)) for text in texts]
    return list(_states(model, rows, batch).split([len(text) for text in texts]))


def score_steps(
    classifier: PreTrainedModel, rows: Sequence[Row], *, batch: int = 16, states: Sequence[Tensor] | None = None
) -> list[list[float]]:
    """The score of each step: the probability of ``good`` at its last token.

    Args:
        classifier: See `train_step_rewards`.
        rows: Token ids of prompts with their answers, and after how many of them each step ends.
        batch: Rows read at once.
        states: Of the rows, from `read_states`, if a frozen body has read them already.
    """
    if states is not None:
        head = _head(classifier)
        picked = _pick(states, [ends for _, ends in rows]).to(head.weight)
        with torch.no_grad():
            good = head(picked).float().softmax(-1)[:, 1]
        return [each.tolist() for each in good.split([len(ends) for _, ends in rows])]
    scores: list[list[float]] = [[] for _ in rows]
    with torch.no_grad(), evaluating(classifier):
        for places in _batches([len(tokens) for tokens, _ in rows], batch):
            logits = _logits(classifier, [rows[place] for place in places])
            probabilities = logits.float().softmax(-1)[..., 1].split([len(rows[place][1]) for place in places])
            for place, values in zip(places, probabilities, strict=True):
                scores[place] = values.tolist()
    return scores


_REDUCE: dict[str, Callable[[Sequence[float]], float]] = {
    "min": min,
    "mean": fmean,
    "max": max,
    "last": lambda scores: scores[-1],
    "product": lambda scores: float(torch.tensor(scores, dtype=torch.float64).prod()),
}


def reduce_scores(scores: Sequence[float], how: Reduce = "min") -> float:
    """The score of an answer from those of its steps.

    Raises:
        ValueError: There is no step, or no such way.
    """
    if how not in _REDUCE:
        raise ValueError(f"scores are reduced by {', '.join(_REDUCE)}, not {how!r}")
    if not scores:
        raise ValueError("an answer without steps has no score")
    return float(_REDUCE[how](scores))


def _head(classifier: Any) -> nn.Linear:
    """The layer that gives the labels' logits."""
    body = set(classifier.base_model.modules())
    heads = [each for each in classifier.modules() if isinstance(each, nn.Linear) and each not in body]
    if len(heads) != 1 or heads[0].out_features != 2 or heads[0].bias is None:
        raise ValueError(f"{type(classifier).__name__} has no single head of two labels with a bias")
    return heads[0]


def _batches(lengths: Sequence[int], size: int) -> Iterator[list[int]]:
    """Places of what is read together, alike in length."""
    order = sorted(range(len(lengths)), key=lambda place: -lengths[place])
    for start in range(0, len(order), size):
        yield order[start : start + size]


def _read(rows: Sequence[Row], device: torch.device) -> tuple[dict[str, Tensor], Tensor, Tensor]:
    """A batch padded behind, and row and place of the last token of each step."""
    longest = max(len(tokens) for tokens, _ in rows)
    ids = torch.tensor([[*tokens, *[0] * (longest - len(tokens))] for tokens, _ in rows], device=device)
    mask = torch.tensor([[1] * len(tokens) + [0] * (longest - len(tokens)) for tokens, _ in rows], device=device)
    row = torch.tensor([at for at, (_, ends) in enumerate(rows) for _ in ends], device=device)
    place = torch.tensor([end - 1 for _, ends in rows for end in ends], device=device)
    return {"input_ids": ids, "attention_mask": mask}, row, place


def _logits(classifier: Any, rows: Sequence[Row]) -> Tensor:
    """(steps, 2) logits at the last token of each step."""
    inputs, row, place = _read(rows, classifier.device)
    logits: Tensor = classifier(**inputs).logits[row, place]
    return logits


@torch.no_grad()
def _states(classifier: Any, rows: Sequence[Row], batch: int) -> Tensor:
    """(steps, width) the last hidden states at the last token of each step, in the order of the rows."""
    states: list[Tensor] = [torch.empty(0)] * len(rows)
    with evaluating(classifier):
        for places in _batches([len(tokens) for tokens, _ in rows], batch):
            part = [rows[place] for place in places]
            inputs, row, place_of = _read(part, classifier.device)
            read = classifier.base_model(**inputs, use_cache=False).last_hidden_state[row, place_of].float()
            for place, each in zip(places, read.split([len(ends) for _, ends in part]), strict=True):
                states[place] = each
    return torch.cat(states)


def _pick(states: Sequence[Tensor], ends: Sequence[Sequence[int]]) -> Tensor:
    """(steps, width) of the states of all tokens, those at the last token of each step."""
    return torch.cat([each[[end - 1 for end in those]] for each, those in zip(states, ends, strict=True)])


def _fit_head(
    classifier: Any, rows: Sequence[StepLabels], batch: int, all_states: Sequence[Tensor] | None = None
) -> None:
    """Fit the head to states that are read once."""
    if all_states is None:
        states = _states(classifier, [(row.tokens, row.ends) for row in rows], batch).double()
    else:
        states = _pick(all_states, [row.ends for row in rows]).double()
    values = torch.tensor([value for row in rows for value in row.values], dtype=torch.float64, device=states.device)
    middle, spread = states.mean(0), states.std(0) + 1e-6
    inputs = (states - middle) / spread
    folds = torch.cat([torch.full((len(row.ends),), at * _FOLDS // len(rows)) for at, row in enumerate(rows)])
    strength = min(_STRENGTHS, key=lambda each: _held_out_loss(inputs, values, folds.to(states.device), each))
    weight, bias = _fit(inputs, values, strength)
    weight = weight / spread
    head = _head(classifier)
    with torch.no_grad():
        head.weight.copy_(torch.stack([-weight / 2, weight / 2]))
        bias = bias - weight @ middle
        head.bias.copy_(torch.stack([-bias / 2, bias / 2]))


def _held_out_loss(inputs: Tensor, values: Tensor, folds: Tensor, strength: float) -> float:
    """Cross-entropy on rows that a head did not see, over all folds."""
    loss = 0.0
    for fold in range(_FOLDS):
        out = folds == fold
        if not out.any() or out.all():
            continue
        weight, bias = _fit(inputs[~out], values[~out], strength)
        loss += float(_loss(inputs[out] @ weight + bias, values[out]) * out.sum())
    return loss


def _loss(logits: Tensor, values: Tensor) -> Tensor:
    return nn.functional.binary_cross_entropy_with_logits(logits, values)


def _fit(inputs: Tensor, values: Tensor, strength: float) -> tuple[Tensor, Tensor]:
    """Logistic regression with a ridge: weight (width) and bias."""
    weight = torch.zeros(inputs.shape[1], dtype=inputs.dtype, device=inputs.device, requires_grad=True)
    bias = torch.zeros((), dtype=inputs.dtype, device=inputs.device, requires_grad=True)
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = _loss(inputs @ weight + bias, values) + 0.5 * strength * weight.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    with torch.enable_grad():
        optimizer.step(closure)  # type: ignore[no-untyped-call]
    return weight.detach(), bias.detach()


def _train(classifier: Any, rows: Sequence[StepLabels], training: StepTraining, seed: int) -> Any:
    """Train the head and all of the body, or adapters on it that are merged at the end."""
    head = _head(classifier)
    if training.body == "lora":
        from peft import LoraConfig, get_peft_model  # noqa: PLC0415 - for who trains adapters alone

        linear = [name for name, each in classifier.named_modules() if isinstance(each, nn.Linear) and each is not head]
        config = LoraConfig(r=training.rank, lora_alpha=2 * training.rank, target_modules=linear)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            trained: Any = get_peft_model(classifier, config)
        head.requires_grad_(True)  # noqa: FBT003
    else:
        trained = classifier
    parameters = [each for each in trained.parameters() if each.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=training.lr, weight_decay=0.0)
    generator = torch.Generator().manual_seed(seed)
    steps = training.epochs * -(-len(rows) // training.batch)
    done = 0
    with torch.enable_grad():
        for _ in range(training.epochs):
            order = torch.randperm(len(rows), generator=generator).tolist()
            for start in range(0, len(order), training.batch):
                part = [rows[place] for place in order[start : start + training.batch]]
                for group in optimizer.param_groups:
                    group["lr"] = training.lr * min(1.0, (done + 1) * 20 / steps) * (1 - done / steps)
                logits = _logits(trained, [(row.tokens, row.ends) for row in part]).float()
                values = torch.tensor([value for row in part for value in row.values], device=logits.device)
                loss = _loss(logits[:, 1] - logits[:, 0], values)
                optimizer.zero_grad(set_to_none=True)
                loss.backward()  # type: ignore[no-untyped-call]
                torch.nn.utils.clip_grad_norm_(parameters, 1.0)
                optimizer.step()
                done += 1
    return trained.merge_and_unload() if training.body == "lora" else trained
