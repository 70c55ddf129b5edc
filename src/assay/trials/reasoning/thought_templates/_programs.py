"""Nets that do programs of look-ups: one that plans and looks up, one that answers at once, one that thinks aloud.

All have the same shape and as many updates of as many rows. The planning net learns both of its trades in one: half of
its rows are plans, of which 3 of 10 are wrong in one place, half are single look-ups.
"""

import random
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass
from functools import cached_property
from statistics import fmean
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid

from assay.methods._answers import vote
from assay.methods._models import TransformersModel
from assay.methods.reasoning.thought_templates import (
    Example,
    Prompts,
    Template,
    TemplateLibrary,
    TemplateReasoner,
    build_trajectory_pairs,
    read_plan,
)
from assay.testbed.models import tiny
from assay.testbed.tasks.lookup_programs import LookupPrograms, Program
from assay.testbed.tasks.task import IGNORED
from assay.testbed.training import Batches, train, train_once
from assay.trials.reasoning.thought_templates._arms import CHAIN, DIRECT, PLANNED, LineNavigator

_WRONG = 0.3
"""Of the plans to learn from."""
SFT, DPO, CHOSEN = "after SFT", "after DPO", "after more SFT, on the better plans"


class ProgramPrompts(Prompts):
    """Lines as the nets have learnt them."""

    def plan(self, problem: str, library: TemplateLibrary, most: int) -> str:  # noqa: ARG002 - as all prompts have it
        """The program, and the mark of a plan."""
        return f"<s> {problem} @"

    def solve(self, problem: str, instruction: str, template: Template | None, moves: Sequence[Any]) -> str:  # noqa: ARG002
        """A table, and the state that the last step came to."""
        state = moves[-1].text if moves else problem.rpartition(" ")[2]
        return f"<s> {template.name if template else '@'} {state} ="

    def direct(self, problem: str) -> str:
        """The program, to be answered at once."""
        return f"<s> {problem} ="


@dataclass(frozen=True)
class Programs:
    """The task, and nets of one shape for it."""

    seed: int
    updates: int
    task: LookupPrograms
    hidden: int = 64
    rows: int = 64
    """Of an update."""

    def problems(self, number: int, *, seed: int) -> list[Program]:
        """Programs to be tested on."""
        draw = random.Random(f"problems {self.seed} {seed}")  # noqa: S311 - a task, not a secret
        return [self.task.draw(draw) for _ in range(number)]

    @cached_property
    def _tokenizer(self) -> Any:
        return self.task.tokenizer()

    def model(self, net: Any) -> TransformersModel:
        """A net with its tokenizer."""
        return TransformersModel(net, self._tokenizer, "net", chat=False, batch=512)

    def net(self, arm: str, *, times: int = 1) -> Any:
        """The net of an arm, trained; for as many times the updates."""
        updates = self.updates * times
        lines = {PLANNED: self._planned_line, DIRECT: _direct_line, CHAIN: _chain_line}
        return train_once(
            {
                "arm": arm,
                "task": asdict(self.task),
                "seed": self.seed,
                "updates": updates,
                "hidden": self.hidden,
                "rows": self.rows,
            },
            self._new,
            self.task.batches(lines[arm], size=self.rows, seed=self.seed),
            steps=updates,
            lr=3e-3,
            seed=self.seed,
            what=f"training, {arm}",
        )

    def _new(self) -> Any:
        return tiny("llama", vocab_size=len(self.task.words), hidden=self.hidden, layers=2, seed=self.seed)

    def _planned_line(self, program: Program, draw: random.Random) -> tuple[str, str]:
        if draw.random() < 0.5:
            return f"t{program.tables[0]} s{program.states[0]} =", f"s{program.states[1]}"
        tables = list(program.tables)
        if draw.random() < _WRONG:
            tables[draw.randrange(len(tables))] = draw.randrange(self.task.tables)
        return f"{program.problem} @", " ".join(f"t{table}" for table in tables)

    def library(self, cls: type[TemplateLibrary] = TemplateLibrary) -> TemplateLibrary:
        """A template for each table."""
        templates = [
            Template(
                f"t{at}", ("Look the state up in this table",), example=Example("a state", ("look up",), "another")
            )
            for at in range(self.task.tables)
        ]
        return cls({"Tables": {"First half": templates[::2], "Second half": templates[1::2]}})

    def reasoner(self, navigator: Any, reasoner: Any, cls: type[TemplateLibrary] = TemplateLibrary) -> TemplateReasoner:
        """The method, with nets as its models."""
        most = self.task.steps
        return TemplateReasoner(
            LineNavigator(self.model(navigator)), self.model(reasoner), self.library(cls), max_steps=most,
            adjusts=False, instructs=False, without_plan="direct", tries=1, plan_tokens=most + 1, step_tokens=2,
            find_answer=str.strip, prompts=ProgramPrompts(),
        )  # fmt: skip

    # Answers of the rivals

    def answer(self, arm: str, net: Any, programs: Sequence[Program]) -> list[str]:
        """Answers of one greedy call each."""
        return [_said(text) for text in self.model(net).answer(self._asked(arm, programs), tokens=self._most(arm))]

    def answer_by_vote(self, net: Any, programs: Sequence[Program], samples: int) -> list[str]:
        """The majority's answers of sampled chains of thought."""
        prompts = [each for each in self._asked(CHAIN, programs) for _ in range(samples)]
        texts = self.model(net).answer(prompts, tokens=self._most(CHAIN), temperature=0.7, seed=self.seed)
        said = [_said(text) for text in texts]
        return [vote(said[at : at + samples])[0] for at in range(0, len(said), samples)]

    def _asked(self, arm: str, programs: Sequence[Program]) -> list[str]:
        return [f"<s> {each.problem} {':' if arm == CHAIN else '='}" for each in programs]

    def _most(self, arm: str) -> int:
        """Tokens of an answer: those of a chain of thought are states, a mark, a state and the end."""
        return self.task.steps + 2 if arm == CHAIN else 2

    def tokens(self, arm: str, samples: int = 1) -> int:
        """That an answer takes, read and written."""
        steps = self.task.steps
        if arm == PLANNED:
            return steps + 3 + steps + 1 + 6 * steps
        return (steps + 3 + self._most(arm)) * samples

    # Learning to plan

    def preferences(self, net: Any, number: int, *, samples: int, alike: int) -> tuple[list[tuple[str, str, str]], Any]:
        """Pairs of plans for programs: prompt, better and worse, as the net writes them; and what was left out."""
        programs = self.problems(number, seed=1)
        settings = self.reasoner(net, net)
        pairs = build_trajectory_pairs(
            [each.problem for each in programs],
            [self._alike(each, alike) for each in programs],
            settings,
            n=samples,
            most=4,
            temperature=1.0,
            is_right=str.__eq__,
            conversational=False,
            batch=len(programs),
            seed=self.seed,
        )
        lines = [(each["prompt"], _line(each["chosen"]), _line(each["rejected"])) for each in pairs.records]
        return lines, pairs

    def rewards(self, navigator: Any, reasoner: Any, programs: Sequence[Program], *, alike: int) -> list[float]:
        """R(T) of a plan that is sampled for each program."""
        settings = self.reasoner(navigator, reasoner)
        drawn = settings.draw_plans([each.problem for each in programs], n=1, temperature=1.0, seed=self.seed + 7)
        plans = [plan for ((_, plan),) in drawn]
        similar = [self._alike(each, alike) for each in programs]
        tried = [(plan, *each) for plan, others in zip(plans, similar, strict=True) if plan for each in others]
        solved = iter(settings.solve_many([each[1] for each in tried], plans=[each[0] for each in tried]))
        return [
            fmean(next(solved).answer == answer for _, answer in others) if plan else 0.0
            for plan, others in zip(plans, similar, strict=True)
        ]

    def _alike(self, program: Program, number: int) -> list[tuple[str, str]]:
        draw = random.Random(f"alike {program.problem}")  # noqa: S311
        return [(each.problem, each.answer) for each in self.task.alike(program, number, draw)]

    def learn(self, net: Any, pairs: Sequence[tuple[str, str, str]], kind: str, *, updates: int, beta: float) -> Any:
        """A copy of the net that has learnt from pairs: by DPO, or from the better plans alone."""
        copy = deepcopy(net)
        learner = Preference(copy, beta) if kind == DPO else Better(copy)
        batches = self._pair_batches(net, pairs)
        train(learner, batches, steps=updates, lr=5e-4, weight_decay=0.0, seed=self.seed, what=f"training, {kind}")
        return copy

    def _pair_batches(self, net: Any, pairs: Sequence[tuple[str, str, str]]) -> Batches:
        """Both plans of some pairs, with what the net before thought of them."""
        rows = [self._rows(pairs, at) for at in (1, 2)]
        with torch.no_grad():
            before = [log_probs(net, *each) for each in rows]

        def of_step(step: int) -> dict[str, Tensor]:
            chosen = torch.randint(len(pairs), (32,), generator=torch.Generator().manual_seed(self.seed * 1_000 + step))
            batch: dict[str, Tensor] = {}
            for name, (ids, labels), log in zip(("better", "worse"), rows, before, strict=True):
                batch |= {f"{name}_ids": ids[chosen], f"{name}_labels": labels[chosen], f"{name}_before": log[chosen]}
            return batch

        return of_step

    def _rows(self, pairs: Sequence[tuple[str, str, str]], at: int) -> tuple[Tensor, Tensor]:
        """Token ids and labels [pairs, length] of one of the two plans."""
        ids = {word: number for number, word in enumerate(self.task.words)}
        rows = [
            ([ids[word] for word in each[0].split()], [ids[word] for word in f"{each[at]} </s>".split()])
            for each in pairs
        ]
        length = max(len(given) + len(learnt) for given, learnt in rows)
        inputs, labels = torch.zeros(len(rows), length, dtype=torch.long), torch.full((len(rows), length), IGNORED)
        for row, (given, learnt) in enumerate(rows):
            inputs[row, : len(given) + len(learnt)] = torch.tensor(given + learnt)
            labels[row, len(given) : len(given) + len(learnt)] = torch.tensor(learnt)
        return inputs, labels


@dataclass(eq=False)
class _Loss:
    loss: Tensor


class Preference(nn.Module):
    """DPO: -log sigmoid(beta (log-ratio of the better plan - that of the worse)), against the net before."""

    def __init__(self, model: Any, beta: float) -> None:
        super().__init__()
        self.model, self.beta = model, beta

    def forward(self, **batch: Tensor) -> _Loss:
        """The loss of some pairs."""
        ratios = [
            log_probs(self.model, batch[f"{name}_ids"], batch[f"{name}_labels"]) - batch[f"{name}_before"]
            for name in ("better", "worse")
        ]
        return _Loss(-logsigmoid(self.beta * (ratios[0] - ratios[1])).mean())


class Better(nn.Module):
    """SFT on the better plan of each pair."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, **batch: Tensor) -> _Loss:
        """The loss of some plans."""
        return _Loss(-log_probs(self.model, batch["better_ids"], batch["better_labels"]).mean())


def log_probs(model: Any, ids: Tensor, labels: Tensor) -> Tensor:
    """The log-probability [rows] of what is learnt of each row."""
    logs = model(input_ids=ids).logits[:, :-1].log_softmax(-1)
    targets = labels[:, 1:]
    each = logs.gather(-1, targets.clamp(min=0).unsqueeze(-1)).squeeze(-1)
    total: Tensor = (each * (targets != IGNORED)).sum(-1)
    return total


def right(programs: Sequence[Program], answers: Sequence[str]) -> list[float]:
    """1 for each right answer."""
    return [float(each.answer == answer) for each, answer in zip(programs, answers, strict=True)]


def _direct_line(program: Program, _: random.Random) -> tuple[str, str]:
    return f"{program.problem} =", program.answer


def _chain_line(program: Program, _: random.Random) -> tuple[str, str]:
    return f"{program.problem} :", f"{program.chain} = {program.answer}"


def _said(text: str) -> str:
    """The last word of an answer."""
    return (text.split() or [""])[-1]


def _line(plan: str) -> str:
    """A plan as the net wrote it."""
    return " ".join(step.instruction for step in read_plan(plan, most=99).steps)
