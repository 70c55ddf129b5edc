"""What navigator and reasoner are asked. Derive from `Prompts` to ask a model in its own words."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from assay.methods.reasoning.thought_templates._library import TemplateLibrary
from assay.methods.reasoning.thought_templates._plan import Step
from assay.methods.reasoning.thought_templates._template import Template

if TYPE_CHECKING:
    from assay.methods.reasoning.thought_templates._solution import Move

_STEP_FORM = '{"instruction": "what is done", "method": "the technique that does it"}'


class Prompts:
    """Questions in plain English, without state: each method gives the text of one of them."""

    def plan(self, problem: str, library: TemplateLibrary, most: int) -> str:
        """Asks the navigator for a plan; see `read_plan`."""
        return (
            "Plan how to solve the problem; do not solve it. Answer with one object of JSON:\n"
            '{"category": "a chapter of the list", "direction": "the topic within it", "method": "the technique", '
            f'"steps": [{_STEP_FORM}]}}\n'
            f"Give at most {most} steps, in order, and write no numbers in them; give an empty list of steps if one "
            f"known technique does it all.\nChapters: {', '.join(library.chapters)}\n\nProblem: {problem}\n"
        )

    def adjust(self, problem: str, steps: Sequence[Step], template: Template, most: int) -> str:
        """Asks the navigator to bring its steps together with the template's."""
        return (
            f"A known way to solve such problems is this.\n{self.show_template(template)}\n"
            f"Your own steps were: {_listed(steps)}\n"
            f"Merge the two for the problem below: at most {most} steps, one instruction each, in order, without "
            f'numbers. Answer with a list of JSON, ["first step", "second step"].\n\nProblem: {problem}\n'
        )

    def instruct(self, problem: str, step: Step, moves: "Sequence[Move]") -> str:
        """Asks the navigator what the reasoner is to do now."""
        return (
            f"Problem: {problem}\n{self.show_moves(moves)}"
            f"The next step of the plan: {step.instruction}\n"
            "Say in a sentence what exactly is to be done in this step for this problem. Do not do it.\n"
        )

    def solve(self, problem: str, instruction: str, template: Template | None, moves: "Sequence[Move]") -> str:
        """Asks the reasoner to do a step."""
        known = f"A known way, with an example:\n{self.show_template(template)}\n" if template else ""
        return (
            f"{known}Problem: {problem}\n{self.show_moves(moves)}"
            f"Do this step, and no other: {instruction}\nEnd with a line 'The answer is', and what it comes to.\n"
        )

    def revise(self, problem: str, moves: "Sequence[Move]", left: Sequence[Step], most: int) -> str:
        """Asks the navigator for other steps, where the last one went astray."""
        return (
            f"Problem: {problem}\n{self.show_moves(moves)}The last step went astray. Still planned: {_listed(left)}\n"
            f"Give the steps that are to be done from here, at most {most}, as a list of JSON: [{_STEP_FORM}]\n"
        )

    def direct(self, problem: str) -> str:
        """Asks the reasoner for all of it, where no template is near enough."""
        return f"Problem: {problem}\nSolve it step by step. End with a line 'The answer is', and the answer.\n"

    def show_template(self, template: Template) -> str:
        """A template as models read it."""
        lines = [f"{template.name}: {template.description}" if template.description else template.name]
        lines += [f"- {step}" for step in template.steps]
        if template.example:
            lines += [f"Example: {template.example.problem}", *template.example.steps]
            lines.append(f"The answer is {template.example.answer}")
        return "\n".join(lines)

    def show_moves(self, moves: "Sequence[Move]") -> str:
        """What was done so far, as models read it."""
        return "".join(f"Step {at}, {move.instruction}: {move.text.strip()}\n" for at, move in enumerate(moves, 1))


def _listed(steps: Sequence[Step]) -> str:
    return json.dumps([step.instruction for step in steps], ensure_ascii=False)
