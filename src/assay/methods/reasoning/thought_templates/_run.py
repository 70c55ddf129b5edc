"""Problems that are solved side by side: what is asked of all of them at a time is one batch."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from assay.methods._models import Model, ModelError
from assay.methods.reasoning.thought_templates._library import Hit
from assay.methods.reasoning.thought_templates._plan import Query, Step, UnreadableError, read_plan, read_steps
from assay.methods.reasoning.thought_templates._settings import Settings
from assay.methods.reasoning.thought_templates._solution import Move, Solution

T = TypeVar("T")


class Run:
    """Some problems on their way from a plan to an answer."""

    def __init__(self, settings: Settings, solutions: Sequence[Solution], seed: int) -> None:
        self.settings, self.solutions, self.seed = settings, solutions, seed
        self.failures: dict[int, tuple[str, str]] = {}
        """Of each problem that was given up, by its place: what was wrong, and the last text."""

    def go(self) -> None:
        """Plan, look for templates, and do step after step until none is left."""
        self._plan([each for each in self.solutions if each.plan is None])
        self._retrieve([each for each in self.solutions if each.plan is not None])
        while open_ := [each for each in self.solutions if each.left]:
            self._do_step(open_)
        for at, each in enumerate(self.solutions):
            each.is_finished = at not in self.failures

    # Plans

    def _plan(self, solutions: Sequence[Solution]) -> None:
        s = self.settings
        plans = self._read(
            "plan",
            solutions,
            lambda each: s.prompts.plan(each.problem, s.library, s.max_steps),
            lambda _, text: read_plan(text, most=s.max_steps),
        )
        for solution, plan in plans:
            solution.plan = plan

    def _retrieve(self, solutions: Sequence[Solution]) -> None:
        """Find the templates of whole plans, and put down the steps that each plan comes to."""
        whole = [each for each in solutions if _needs_one_template(each)]
        for solution, hit in zip(whole, self._search([(each, _query(each)) for each in whole]), strict=True):
            solution.template = hit
        for solution in solutions:
            solution.left = list(solution.plan.steps) if solution.plan else []
            if not solution.left and solution.template:
                solution.left = [Step(step) for step in solution.template.template.steps]
            if not solution.left:
                _solve_directly(solution)
            if len(solution.left) > self.settings.max_steps:
                dropped = len(solution.left) - self.settings.max_steps
                solution.left = solution.left[: self.settings.max_steps]
                solution.notes.append(f"the last {dropped} steps of the template were left out: max_steps")
        if self.settings.adjusts:
            self._adjust([each for each in whole if each.template])

    def _adjust(self, solutions: Sequence[Solution]) -> None:
        """Have the navigator merge its steps with the template's."""
        s = self.settings

        def prompt(each: Solution) -> str:
            assert each.template and each.plan  # noqa: S101, PT018 - it is asked of those alone
            return s.prompts.adjust(each.problem, each.plan.steps, each.template.template, s.max_steps)

        def read(each: Solution, text: str) -> tuple[Step, ...]:
            if steps := read_steps(text, _query(each), most=s.max_steps):
                return steps
            raise UnreadableError("the list of steps is empty")

        for solution, steps in self._read("merged plan", solutions, prompt, read):
            solution.left = list(steps)

    def _revise(self, solutions: Sequence[Solution]) -> None:
        """Have the navigator put other steps in the place of those that are left."""
        s = self.settings
        for solution in solutions:
            solution.revisions += 1
        revised = self._read(
            "revised plan",
            solutions,
            lambda each: s.prompts.revise(each.problem, each.trajectory, each.left, _steps_left(s, each)),
            lambda each, text: read_steps(text, _query(each), most=_steps_left(s, each)),
        )
        for solution, steps in revised:
            solution.left = list(steps)

    # Steps

    def _do_step(self, solutions: Sequence[Solution]) -> None:
        """Do the next step of each, and see whether it is still on its way."""
        s = self.settings
        steps = [each.left[0] for each in solutions]
        hits = [each.template for each in solutions]
        own = [at for at, step in enumerate(steps) if step.query]
        queries = [(solutions[at], steps[at].query or ("", "", "")) for at in own]
        for at, hit in zip(own, self._search(queries), strict=True):
            hits[at] = hit
        instructions = [step.instruction for step in steps]
        if s.instructs:
            asked = [at for at, each in enumerate(solutions) if not each.is_direct]
            prompts = [s.prompts.instruct(solutions[at].problem, steps[at], solutions[at].trajectory) for at in asked]
            texts = self._ask(s.navigator, [solutions[at] for at in asked], prompts, s.step_tokens, s.temperature)
            for at, text in zip(asked, texts, strict=True):
                instructions[at] = text.strip() or instructions[at]
        prompts = [
            s.prompts.direct(each.problem)
            if each.is_direct
            else s.prompts.solve(each.problem, instruction, hit.template if hit else None, each.trajectory)
            for each, instruction, hit in zip(solutions, instructions, hits, strict=True)
        ]
        texts = self._ask(s.reasoner, solutions, prompts, s.step_tokens, s.temperature)
        for each, step, instruction, hit, text in zip(solutions, steps, instructions, hits, texts, strict=True):
            each.left.pop(0)
            each.trajectory.append(Move(step, instruction, hit, text))
        for each, text in zip(solutions, texts, strict=True):
            each.answer = self._find_answer(text)
        self._judge(solutions)

    def _judge(self, solutions: Sequence[Solution]) -> None:
        s = self.settings
        if s.on_track is None:
            return
        astray = []
        for each in solutions:
            verdict = s.on_track(each.problem, tuple(each.trajectory))
            if not isinstance(verdict, bool | np.bool_):
                raise ValueError(f"on_track gives {verdict!r} for step {len(each.trajectory)}: give True or False")
            if verdict:
                continue
            if each.revisions < s.max_revisions and _steps_left(s, each):
                astray.append(each)
            else:
                each.notes.append(f"step {len(each.trajectory)} went astray, and nothing was left to revise it with")
        self._revise(astray)

    def _find_answer(self, text: str) -> str:
        answer = self.settings.find_answer(text)
        if not isinstance(answer, str):
            raise ValueError(f"find_answer gives {type(answer).__name__} for {text[:80]!r}: give a text")
        return answer

    # What is asked

    def _search(self, queries: Sequence[tuple[Solution, Query]]) -> list[Hit | None]:
        """The template of each query; none, and a note, where none is near enough."""
        s = self.settings
        hits = s.library.search_many([query for _, query in queries], chapters=s.chapters, sections=s.sections)
        near: list[Hit | None] = []
        for (solution, query), hit in zip(queries, hits, strict=True):
            solution.confidence = min(hit.confidence, solution.confidence) if solution.comparisons else hit.confidence
            solution.comparisons += hit.comparisons
            is_near = hit.confidence >= s.least_confidence
            near.append(hit if is_near else None)
            if not is_near:
                solution.notes.append(
                    f"no template for {query[2]!r}: {hit.template.name!r} comes nearest with {hit.confidence:.2f}, "
                    f"below {s.least_confidence:g}"
                )
        return near

    def _read(
        self,
        what: str,
        solutions: Sequence[Solution],
        prompt: Callable[[Solution], str],
        read: Callable[[Solution, str], T],
    ) -> list[tuple[Solution, T]]:
        """Ask the navigator until its text can be read, some times at most; those whose text can, with what it says."""
        s, left, results = self.settings, list(solutions), []
        failures: dict[int, tuple[str, str]] = {}
        for attempt in range(s.tries):
            temperature = s.again_temperature if attempt else s.temperature
            texts = self._ask(s.navigator, left, [prompt(each) for each in left], s.plan_tokens, temperature)
            unread = []
            for each, text in zip(left, texts, strict=True):
                try:
                    results.append((each, read(each, text)))
                except UnreadableError as error:
                    unread.append(each)
                    failures[id(each)] = (str(error), text)
            left = unread
        for each in left:
            why, text = failures[id(each)]
            self._fail(each, f"{s.navigator.name} gives no {what} in {s.tries} tries: {why}", text)
        return results

    def _fail(self, solution: Solution, why: str, text: str) -> None:
        """Give a problem up, or let it go on with what there is."""
        solution.notes.append(why)
        if self.settings.without_plan == "refuse":
            solution.left = []
            at = next(at for at, each in enumerate(self.solutions) if each is solution)
            self.failures[at] = (f"{why}; it wrote: {' '.join(text.split())[:300]!r}", text)
        elif not (solution.left or solution.trajectory):
            _solve_directly(solution)

    def _ask(
        self, model: Model, solutions: Sequence[Solution], prompts: Sequence[str], tokens: int, temperature: float
    ) -> list[str]:
        """Ask a model about each, and put down what was written and what it cost."""
        if not prompts:
            return []
        self.seed += 1
        texts = model.answer(prompts, tokens=tokens, temperature=temperature, seed=self.seed)
        if len(texts) != len(prompts):
            raise ModelError(f"{model.name} gives {len(texts)} answers to {len(prompts)} prompts")
        for text in texts:
            if not isinstance(text, str):
                raise ModelError(f"{model.name} answers {type(text).__name__}, not text")
        count, unit = self._counter(model)
        as_read = getattr(model, "prompt_text", str)
        for each, prompt, text in zip(solutions, prompts, texts, strict=True):
            each.texts.append(text)
            each.usage.calls += 1
            each.usage.read += count(as_read(prompt))
            each.usage.written += count(text)
            each.usage.unit = unit
        return texts

    def _counter(self, model: Model) -> tuple[Callable[[str], int], str]:
        if self.settings.count_tokens:
            return self.settings.count_tokens, "tokens"
        tokenizers = [getattr(each, "tokenizer", None) for each in (self.settings.navigator, self.settings.reasoner)]
        if None in tokenizers:  # one unit for both
            return len, "characters"
        tokenizer = model.tokenizer  # type: ignore[attr-defined]
        return lambda text: len(tokenizer(text, add_special_tokens=False)["input_ids"]), "tokens"


def _needs_one_template(solution: Solution) -> bool:
    """Whether a plan has no steps, or such without a template of their own."""
    return solution.plan is not None and not all(step.query for step in solution.plan.steps or [Step("")])


def _solve_directly(solution: Solution) -> None:
    solution.is_direct = True
    solution.left = [Step("solve it step by step, without a template")]


def _query(solution: Solution) -> Query:
    assert solution.plan  # noqa: S101 - asked of problems with a plan alone
    return solution.plan.query


def _steps_left(settings: Settings, solution: Solution) -> int:
    return settings.max_steps - len(solution.trajectory)
