"""Chains of words by SmolLM2: its library, the prompts of all arms, and what each arm answers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from assay.methods._models import TransformersModel
from assay.methods.reasoning.thought_templates import (
    Example,
    Plan,
    Prompts,
    Solution,
    Step,
    Template,
    TemplateLibrary,
    TemplateReasoner,
)
from assay.testbed.pretrained import LanguageModel
from assay.testbed.sentence_encoder import load_sentence_encoder
from assay.testbed.tasks.word_chains import CHANGES, OTHERS, Change, WordChain, worked_chains
from assay.trials.reasoning.thought_templates._arms import DIRECT, PLANNED, LineNavigator, first_line

_ANSWER = "Answer:"


@dataclass(frozen=True)
class Answers:
    """What an arm answers, and what that takes."""

    answers: list[str]
    read: list[int]
    """Tokens of each problem's prompts."""
    written: list[int]
    """Tokens of each problem's answers."""


@dataclass(frozen=True)
class WordPrompts(Prompts):
    """Texts to go on with: such a model is better at these than at requests."""

    shown: int
    """Worked plans before a problem."""

    def plan(self, problem: str, library: TemplateLibrary, most: int) -> str:  # noqa: ARG002 - as all prompts have it
        """Worked plans, and the problem."""
        return _shown(self.shown, lambda each: f"Plan: {each.plan}") + f"Problem: {problem}\nPlan:"

    def solve(self, problem: str, instruction: str, template: Template | None, moves: Sequence[Any]) -> str:
        """The template's sentences, and the beginning of the next one."""
        word = first_line(moves[-1].text) if moves else _start(problem)
        if template is None or template.example is None:
            return f"The {instruction} of {word} is"
        return "".join(f"{line}\n" for line in template.example.steps) + template.steps[0].replace("…", word)

    def direct(self, problem: str) -> str:
        """The beginning of an answer at once."""
        return f"Problem: {problem}\n{_ANSWER}"


@dataclass(frozen=True, eq=False)
class Words:
    """A model, a library, and chains of words to be solved."""

    lm: LanguageModel
    chains: Sequence[WordChain]
    encoder: str
    """Of the library: ``tfidf`` or ``minilm``."""
    shown: Mapping[str, int]
    """Worked problems that each arm is shown."""

    @cached_property
    def model(self) -> TransformersModel:
        """Goes on with texts, outside its chat."""
        return TransformersModel(self.lm.model, self.lm.tokenizer, self.lm.name, chat=False)

    def library(self, cls: type[TemplateLibrary] = TemplateLibrary) -> TemplateLibrary:
        """Templates of all changes, and of some that no chain has."""
        chapters: dict[str, dict[str, list[Template]]] = {}
        for each in (*CHANGES.values(), *OTHERS):
            chapters.setdefault(each.chapter, {}).setdefault(each.section, []).append(_template(each))
        encoder: Any = load_sentence_encoder().encode if self.encoder == "minilm" else "tfidf"
        return cls(chapters, encoder=encoder)

    def reasoner(self, library: TemplateLibrary, navigator: Any = None, **how: Any) -> TemplateReasoner:
        """The model plans and does the steps; so small a library is opened whole."""
        settings: dict[str, Any] = {"max_steps": 4, "chapters": 9, "sections": 9, "adjusts": False, "instructs": False,
                                    "without_plan": "direct", "tries": 1, "plan_tokens": 16, "step_tokens": 5,
                                    "find_answer": first_line, "prompts": WordPrompts(self.shown[PLANNED])}  # fmt: skip
        return TemplateReasoner(navigator or LineNavigator(self.model, ","), self.model, library, **settings | how)

    def at_once(self, arm: str) -> Answers:
        """Answers of one call a problem: at once, or behind a chain of thought."""
        tokens = 6 if arm == DIRECT else 48

        def line(each: WordChain) -> str:
            return f"{_ANSWER} {each.answers[0]}" if arm == DIRECT else f"{each.lines} {_ANSWER} {each.answers[0]}"

        end = f"{_ANSWER}" if arm == DIRECT else ""
        prompts = [_shown(self.shown[arm], line) + f"Problem: {each.problem}\n{end}" for each in self.chains]
        texts = [text.strip("\n").partition("\n")[0] for text in self.model.answer(prompts, tokens=tokens)]
        answers = [first_line(text.rpartition(_ANSWER)[2]) for text in texts]
        return Answers(answers, [self._count(each) for each in prompts], [self._count(each) for each in texts])

    def planned(self) -> tuple[Answers, list[Solution]]:
        """Answers by the model's own plans."""
        navigator = LineNavigator(self.model, ",")
        settings = self.reasoner(self.library(), navigator)
        solutions = settings.solve_many([each.problem for each in self.chains])
        planned = _answers(solutions)
        # The model writes a line, which is what counts, and not the JSON that is made of it.
        more = [self._count(each.texts[0]) - self._count(navigator.lines[each.texts[0]]) for each in solutions]
        written = [count - json for count, json in zip(planned.written, more, strict=True)]
        return replace(planned, written=written), solutions

    def follow(self, plans: Sequence[Plan | None], cls: type[TemplateLibrary], **how: Any) -> Answers:
        """Answers by plans that are given; where there is none, at once."""
        solved = [(chain.problem, plan) for chain, plan in zip(self.chains, plans, strict=True) if plan]
        problems, given = [each for each, _ in solved], [each for _, each in solved]
        done = iter(self.reasoner(self.library(cls), **how).solve_many(problems, plans=given) if solved else [])
        return _answers([next(done) if plan else Solution("") for plan in plans])

    def right_plans(self) -> list[Plan | None]:
        """What is to be done in truth, by the templates' own names."""
        return [Plan(("", "", ""), tuple(_step(CHANGES[each].name) for each in chain.changes)) for chain in self.chains]

    def right_templates(self, solutions: Sequence[Solution]) -> float:
        """The share of problems whose steps all have the templates that they need."""
        right = [
            [move.hit.template.name if move.hit else "" for move in solution.trajectory]
            == [CHANGES[each].name for each in chain.changes]
            for chain, solution in zip(self.chains, solutions, strict=True)
        ]
        return sum(right) / len(right)

    def _count(self, text: str) -> int:
        return len(self.lm.tokenizer(text, add_special_tokens=False)["input_ids"])


def _step(method: str) -> Step:
    return Step(method, (method, method, method))


def _template(change: Change) -> Template:
    lines = tuple(f"{change.saying.format(before)} {after}." for before, after in change.examples)
    before, after = change.examples[-1]
    return Template(change.name, (change.saying.format("…"),), example=Example(before, lines, after))


def _shown(count: int, line: Callable[[WordChain], str]) -> str:
    return "".join(f"Problem: {each.problem}\n{line(each)}\n\n" for each in worked_chains()[:count])


def _start(problem: str) -> str:
    """The word that a problem begins with: all arms but the stepwise ones have to find it themselves."""
    return problem.partition("the word ")[2].partition(".")[0]


def _answers(solutions: Sequence[Solution]) -> Answers:
    return Answers(
        [each.answer for each in solutions],
        [each.usage.read for each in solutions],
        [each.usage.written for each in solutions],
    )
