"""Solve problems by plans over templates: a navigator plans and revises, a reasoner does one step after the other."""

from collections.abc import Sequence
from dataclasses import dataclass

from assay.methods._models import ModelError
from assay.methods.reasoning.thought_templates._plan import Plan, UnreadableError, read_plan
from assay.methods.reasoning.thought_templates._run import Run
from assay.methods.reasoning.thought_templates._settings import Settings
from assay.methods.reasoning.thought_templates._solution import PlanError, ReasoningError, Solution


@dataclass(frozen=True, eq=False)
class TemplateReasoner(Settings):
    """Two models and a library that solve problems together: `solve` one, or `solve_many` side by side."""

    def solve(self, problem: str, *, plan: Plan | None = None, seed: int = 0) -> Solution:
        """Solve a problem.

        Args:
            problem: In words.
            plan: To be followed instead of one by the navigator.
            seed: Of whatever is sampled.

        Raises:
            PlanError: The navigator gives no plan that can be read; it holds the raw text.
            ReasoningError: Something else failed; it holds what was written before.
        """
        return self.solve_many([problem], plans=[plan], seed=seed)[0]

    def solve_many(
        self, problems: Sequence[str], *, plans: Sequence[Plan | None] | None = None, seed: int = 0
    ) -> list[Solution]:
        """Solve problems side by side: what is asked of all of them at a time is one batch.

        A problem without a readable plan does not stop the others; the error comes when these are done.

        Args:
            problems: In words.
            plans: For each problem one to be followed, or none.
            seed: Of whatever is sampled.

        Raises:
            ValueError: There are not as many plans as problems, or one has too many steps.
            PlanError: See `solve`; of the first problem that has no plan.
            ReasoningError: See `solve`.
        """
        if plans is not None and len(plans) != len(problems):
            raise ValueError(f"{len(problems)} problems come with {len(plans)} plans: give one, or None, for each")
        solutions = [Solution(problem) for problem in problems]
        run = Run(self, solutions, seed)
        for solution, plan in zip(solutions, plans or [None] * len(solutions), strict=True):
            if plan is not None and len(plan.steps) > self.max_steps:
                raise ValueError(f"a plan of {len(plan.steps)} steps is given: at most {self.max_steps} are done")
            solution.plan = plan
        try:
            run.go()
        except Exception as error:
            raise ReasoningError(f"reasoning broke off: {error}", solutions) from error
        if run.failures:
            message, text = run.failures[min(run.failures)]
            raise PlanError(message, text, solutions)
        return solutions

    def draw_plans(
        self, problems: Sequence[str], *, n: int, temperature: float, seed: int = 0
    ) -> list[list[tuple[str, Plan | None]]]:
        """Sample plans: for each problem n texts of the navigator, each with the plan that it holds, if it does."""
        prompts = [self.prompts.plan(problem, self.library, self.max_steps) for problem in problems for _ in range(n)]
        texts = self.navigator.answer(prompts, tokens=self.plan_tokens, temperature=temperature, seed=seed)
        if len(texts) != len(prompts):
            raise ModelError(f"{self.navigator.name} gives {len(texts)} answers to {len(prompts)} prompts")
        drawn = [(text, self._read_plan(text)) for text in texts]
        return [drawn[at : at + n] for at in range(0, len(drawn), n)]

    def _read_plan(self, text: str) -> Plan | None:
        try:
            return read_plan(text, most=self.max_steps)
        except UnreadableError:
            return None
