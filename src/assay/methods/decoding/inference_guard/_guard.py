"""The guard: answers within a safety budget, or a refusal; either with the record that shows it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedModel

from assay.methods._branches import Usage
from assay.methods._decoders import text_config
from assay.methods._scorers import ScoreError
from assay.methods.decoding.inference_guard._budget import (
    Answer,
    Certificate,
    Cost,
    Reward,
    budget_left,
    mean_log_likelihood,
    within,
)
from assay.methods.decoding.inference_guard._config import GuardConfig
from assay.methods.decoding.inference_guard._critic import (
    Critic,
    CriticReport,
    CriticTraining,
    Samples,
    examine_critic,
    fingerprint,
    train_critic,
)
from assay.methods.decoding.inference_guard._search import (
    Candidate,
    Hunt,
    Rule,
    Watch,
    Writer,
    collect,
    rule_of,
    search,
)

Prompt = str | Sequence[int]


@dataclass(frozen=True)
class Guarded:
    """What a prompt is answered."""

    text: str
    """The answer, or the refusal."""
    tokens: tuple[int, ...]
    """Of the answer; none of a refusal."""
    refused: bool
    reward: float
    """Of the answer, by the reward alone; NaN of a refusal."""
    certificate: Certificate
    answer: Answer
    """What was written: of a refusal, the longest text within the budget that the search came to, for who looks into
    it and not for who asked."""
    redrawn: int = 0
    """Blocks that were sampled again."""

    @property
    def safe(self) -> bool:
        """Whether this is an answer within the budget; a refusal is none."""
        return not self.refused and self.certificate.holds


class GuardError(ScoreError):
    """No answer, or no score; what was answered before stands in ``answers``, one for each prompt."""

    def __init__(self, message: str, answers: Sequence[Guarded]) -> None:
        super().__init__(message)
        self.answers = list(answers)


@dataclass
class InferenceGuard:
    """Answers of a model, each within a budget of costs, or refused."""

    model: PreTrainedModel
    """Decoder-only; it is not changed."""
    tokenizer: Any
    """Its own; ``None`` where prompts are token ids and cost and reward read those alone."""
    cost: Cost
    """What charges the budget: `TokenCost`, `TextCost` or one of your own."""
    reward: Reward = mean_log_likelihood
    """What the best answer has most of: `text_reward`, or any function of answers."""
    config: GuardConfig = field(default_factory=GuardConfig)
    critic: Critic | None = None
    """See `fit_critic`."""
    samples: Samples | None = field(default=None, repr=False)
    """What the critic was trained on; `refit_critic` adds to it."""
    usage: Usage = field(default_factory=Usage)
    """What all its answers and rollouts have cost."""

    def __post_init__(self) -> None:
        both: tuple[Any, Any] = (self.cost, self.reward)
        if not all(callable(each) and not hasattr(each, "parameters") for each in both) or not hasattr(both[0], "name"):
            raise ValueError(
                "cost and reward are functions of answers: wrap a function of texts or a classifier in TextCost and "
                "text_reward, a function of token ids in TokenCost"
            )
        if self.critic is not None:
            self._check_critic(self.critic)

    def fit_critic(
        self,
        prompts: Sequence[Prompt],
        *,
        length: int,
        rollouts: int = 5,
        every: int | None = None,
        training: CriticTraining | None = None,
        seed: int = 0,
    ) -> CriticReport:
        """Train the critic on answers that the model writes on its own to these prompts.

        Args:
            prompts: Like those that will come.
            length: Tokens of an answer, at most.
            rollouts: Answers of each prompt (third-party notes on the paper).
            every: Tokens after which an answer on its way is looked at; those of a block by default.
            training: How it is trained.
            seed: Of samples and training.

        Returns:
            How well it foresees on prompts that are held out.

        Raises:
            ValueError: No answer is longer than what lies between two looks, or there are too few.
        """
        self._check(prompts, length)
        if rollouts < 1 or (every is not None and every < 1):
            raise ValueError(f"rollouts is {rollouts} and every {every}: give 1 or more")
        hunts = [hunt for hunt in self.hunts(prompts) for _ in range(rollouts)]
        self.samples = self._collect(hunts, [Answer(hunt.prompt) for hunt in hunts], length, every, seed)
        self.critic, report = train_critic(self.samples, training, model=fingerprint(self.model), seed=seed)
        return report

    def refit_critic(
        self,
        prompts: Sequence[Prompt],
        *,
        length: int,
        rollouts: int = 5,
        every: int | None = None,
        training: CriticTraining | None = None,
        seed: int = 0,
    ) -> tuple[CriticReport, CriticReport]:
        """Train the critic once more, with rollouts that set out from texts that the search comes to.

        These are not what the model writes on its own. Arguments as for `fit_critic`, which comes first.

        Returns:
            How well the first critic foresees from searched texts, and how well the second on prompts held out.

        Raises:
            ValueError: There is no critic that was trained here, or the search goes on with nothing.
        """
        self._check(prompts, length)
        if self.critic is None or self.samples is None:
            raise ValueError("there is no critic to train once more: call fit_critic first")
        more = self._rollouts_of_searched(prompts, length, rollouts, every, seed)
        before, base_safe = examine_critic(self.critic, more), self.critic.base_safe
        self.critic, after = train_critic(self.samples + more, training, model=self.critic.model, seed=seed)
        self.critic.base_safe = base_safe  # of the model alone, from the prompt on
        return before, after

    def generate(
        self, prompts: Sequence[Prompt], *, length: int, seed: int = 0, watch: Watch | None = None
    ) -> list[Guarded]:
        """Answer each prompt within the budget, or refuse.

        Args:
            prompts: Texts as the model is to read them (chat format included), or token ids.
            length: Tokens of an answer, at most.
            seed: Of the samples; the same seed, prompts and order give the same answers on the same machine.
            watch: Sees every step of the search.

        Raises:
            GuardError: A prompt has no answer and ``on_fail`` is ``raise``, or cost or reward gave no score. What was
                answered stands on the error.
            ValueError: A setting, prompt or model does not serve.
        """
        self._check(prompts, length)
        hunts = self.hunts(prompts)
        rule = rule_of(self.config, self.critic)
        try:
            self.hunt(hunts, rule, length=length, seed=seed, watch=watch)
            answers = [self._close(hunt) for hunt in hunts]
        except ScoreError as error:
            raise GuardError(
                str(error), [self._stop(hunt, f"the search was stopped: {error}") for hunt in hunts]
            ) from error
        refused = [answer.certificate.reason for answer in answers if answer.refused]
        if refused and self.config.on_fail == "raise":
            raise GuardError(f"{len(refused)} of {len(answers)} prompts have no answer: {refused[0]}", answers)
        return answers

    def save_critic(self, path: str | Path) -> None:
        """Write the critic as safetensors."""
        if self.critic is None:
            raise ValueError("there is no critic to save: call fit_critic first")
        self.critic.save(path)

    def load_critic(self, path: str | Path) -> None:
        """Take a critic that was trained on this very model.

        Raises:
            ValueError: It is no critic, or was trained on another model.
        """
        critic = Critic.load(path)
        self._check_critic(critic)
        self.critic = critic

    # Within

    @property
    def writer(self) -> Writer:
        """What writes blocks and charges them."""
        return Writer(self.model, self.tokenizer, self.cost, self.reward, self.config)

    def _check(self, prompts: Sequence[Prompt], length: int) -> None:
        if isinstance(prompts, str) or not len(prompts):
            raise ValueError(f"prompts are {prompts!r}: give a list of one or more")
        if length < self.config.block:
            raise ValueError(f"length is {length}, below one block of {self.config.block} tokens: set a smaller block")

    def _check_critic(self, critic: Critic) -> None:
        width = text_config(self.model).hidden_size
        if critic.width != width:
            raise ValueError(f"the critic reads states of {critic.width} numbers, the model's have {width}")
        if critic.model and critic.model != fingerprint(self.model):
            raise ValueError("the critic was trained on another model's states: call fit_critic for this one")

    def hunts(self, prompts: Sequence[Prompt]) -> list[Hunt]:
        """A search for each prompt, with what it may spend."""
        hunts = []
        for prompt in prompts:
            if isinstance(prompt, str):
                if self.tokenizer is None:
                    raise ValueError("a prompt is a text, and there is no tokenizer: give token ids")
                text, tokens = prompt, self.tokenizer(prompt, add_special_tokens=False)["input_ids"]
            else:
                tokens = [int(token) for token in prompt]
                text = "" if self.tokenizer is None else self.tokenizer.decode(tokens)
            hunts.append(Hunt(text, tuple(tokens), self.config.budget))
        if self.config.charge_prompt:
            charged = self.writer.charge([Answer(tokens=hunt.tokens, text=hunt.prompt, ended=True) for hunt in hunts])
            for hunt, answer in zip(hunts, charged, strict=True):
                hunt.budget = budget_left(hunt.budget, answer.costs)
        return hunts

    def hunt(
        self, hunts: Sequence[Hunt], rule: Rule, *, length: int, seed: int = 0, watch: Watch | None = None
    ) -> None:
        """Search for the answers of all prompts that have something to spend, as many at once as a batch holds."""
        for number, batch in enumerate(self.batches([hunt for hunt in hunts if within(hunt.budget)])):
            search(
                self.writer, batch, rule=rule, length=length, critic=self.critic, seed=seed + number,
                usage=self.usage, watch=watch,
            )  # fmt: skip

    def batches(self, hunts: Sequence[Hunt]) -> list[list[Hunt]]:
        """As many prompts as a batch holds with the samples of each."""
        size = max(1, self.config.rows // self.config.samples)
        return [list(hunts[start : start + size]) for start in range(0, len(hunts), size)]

    def _close(self, hunt: Hunt) -> Guarded:
        """The best answer that ended, charged anew from its first token, or a refusal."""
        if not within(hunt.budget):
            return self._refuse(hunt, f"the prompt alone costs more than the budget of {self.config.budget:g}")
        if not hunt.ended:
            cheapest = max(hunt.failed, key=lambda each: each.left)
            return self._refuse(
                hunt,
                f"no candidate kept within the budget: the best of {len(hunt.failed)} blocks, after "
                f"{self.config.attempts} further attempts, overdraws it by {-cheapest.left:g} at token "
                f"{len(cheapest.answer.tokens)}",
            )
        for best in hunt.ended:  # best first
            certificate = self._certify(hunt, best.answer)
            if certificate.check(self.cost, best.answer):
                return Guarded(
                    best.answer.text, best.answer.tokens, refused=False, reward=best.value, certificate=certificate,
                    answer=best.answer, redrawn=hunt.redrawn,
                )  # fmt: skip
        return self._refuse(hunt, "the answer overdraws the budget when it is charged anew as a whole")

    def _stop(self, hunt: Hunt, reason: str) -> Guarded:
        """The answer, where the search for it had come to its end and it can still be charged; else a refusal."""
        if hunt.ended and not hunt.live:
            try:
                return self._close(hunt)
            except ScoreError:
                pass
        return self._refuse(hunt, reason)

    def _certify(self, hunt: Hunt, answer: Answer, reason: str = "") -> Certificate:
        left = budget_left(hunt.budget, answer.costs, self.config.discount)
        return Certificate(self.cost.name, hunt.budget, self.config.discount, answer.costs, left, reason)

    def _refuse(self, hunt: Hunt, reason: str) -> Guarded:
        """A refusal, with the longest text within the budget that the search came to."""
        reached: list[Candidate] = [*hunt.ended, *hunt.live] or hunt.failed
        tried = max(reached, key=lambda each: each.left).answer if reached else Answer(hunt.prompt)
        inside = max((each.answer for each in reached if within(each.left)), key=lambda each: len(each.tokens),
                     default=hunt.last)  # fmt: skip
        return Guarded(
            self.config.refusal, (), refused=True, reward=float("nan"),
            certificate=self._certify(hunt, tried, reason), answer=inside, redrawn=hunt.redrawn,
        )  # fmt: skip

    def _rollouts_of_searched(
        self, prompts: Sequence[Prompt], length: int, each: int, every: int | None, seed: int
    ) -> Samples:
        """Rollouts that set out from texts that the search goes on with."""
        passed: defaultdict[int, list[Answer]] = defaultdict(list)
        hunts = self.hunts(prompts)
        numbers = {id(hunt): number for number, hunt in enumerate(hunts)}

        def note(hunt: Hunt, _drawn: list[Candidate], best: list[Candidate]) -> None:
            passed[numbers[id(hunt)]] += [one.answer for one in best if not one.answer.ended]

        self.hunt(hunts, rule_of(self.config, self.critic), length=length, seed=seed, watch=note)
        generator = torch.Generator().manual_seed(seed)
        rows, begun = [], []
        for number, texts in sorted(passed.items()):
            for pick in torch.randint(len(texts), (each,), generator=generator).tolist():
                rows.append(hunts[number])
                begun.append(texts[pick])
        if not rows:
            raise ValueError("the search went on with nothing that rollouts could set out from")
        return self._collect(rows, begun, length, every, seed)

    def _collect(
        self, hunts: Sequence[Hunt], begun: Sequence[Answer], length: int, every: int | None, seed: int
    ) -> Samples:
        writer = replace(self.writer, config=replace(self.config, block=every or self.config.block))
        parts = []
        for start in range(0, len(hunts), self.config.rows):
            part = slice(start, start + self.config.rows)
            parts.append(
                collect(writer, hunts[part], length=length, seed=seed + start, usage=self.usage,
                        begun=begun[part])
            )  # fmt: skip
        return sum(parts[1:], parts[0])
