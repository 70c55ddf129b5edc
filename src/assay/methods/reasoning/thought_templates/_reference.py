"""The plain loop: one problem, one question after the other, for plans that are given."""

from assay.methods.reasoning.thought_templates._library import Hit
from assay.methods.reasoning.thought_templates._plan import Plan, Step, read_plan, read_steps
from assay.methods.reasoning.thought_templates._reasoner import TemplateReasoner
from assay.methods.reasoning.thought_templates._solution import Move


def reference_solve(reasoner: TemplateReasoner, problem: str) -> tuple[str, list[Move]]:
    """The answer and the moves of `TemplateReasoner.solve` at temperature 0, by a loop one can read.

    A plan is tried for once, every template is compared, and nothing is counted or kept.
    """

    def ask(model: str, prompt: str, tokens: int) -> str:
        (text,) = getattr(reasoner, model).answer([prompt], tokens=tokens)
        return str(text)

    def find(category: str, direction: str, method: str) -> Hit | None:
        hit = reasoner.library.search_flat(category, direction, method)
        return hit if hit.confidence >= reasoner.least_confidence else None

    most, prompts = reasoner.max_steps, reasoner.prompts
    plan: Plan = read_plan(
        ask("navigator", prompts.plan(problem, reasoner.library, most), reasoner.plan_tokens), most=most
    )
    whole = None
    if not plan.steps or any(step.query is None for step in plan.steps):
        whole = find(*plan.query)
    left = list(plan.steps)
    if not left and whole:
        left = [Step(step) for step in whole.template.steps][:most]
    if whole and reasoner.adjusts:
        merged = ask("navigator", prompts.adjust(problem, plan.steps, whole.template, most), reasoner.plan_tokens)
        left = list(read_steps(merged, plan.query, most=most))
    if not left:
        text = ask("reasoner", prompts.direct(problem), reasoner.step_tokens)
        return reasoner.find_answer(text), []
    moves: list[Move] = []
    revisions = 0
    while left:
        step = left.pop(0)
        hit = find(*step.query) if step.query else whole
        instruction = step.instruction
        if reasoner.instructs:
            instruction = ask("navigator", prompts.instruct(problem, step, moves), reasoner.step_tokens).strip()
        shown = hit.template if hit else None
        text = ask("reasoner", prompts.solve(problem, instruction, shown, moves), reasoner.step_tokens)
        moves.append(Move(step, instruction, hit, text))
        room = most - len(moves)
        astray = reasoner.on_track is not None and not reasoner.on_track(problem, tuple(moves))
        if astray and room and revisions < reasoner.max_revisions:
            revisions += 1
            revised = ask("navigator", prompts.revise(problem, moves, left, room), reasoner.plan_tokens)
            left = list(read_steps(revised, plan.query, most=room))
    return reasoner.find_answer(moves[-1].text), moves
