"""Thought templates (ReasonFlux; Yang, Yu, Cui, Wang 2025, arXiv 2502.06772): plan over known ways of solving.

**Idea.** Instead of searching over tokens, a *navigator* plans over a small library of templates, each a way to solve a
kind of problem in steps without numbers. A *reasoner* does the steps one by one, and the navigator revises the plan
where one went astray.

1. The navigator writes a plan: category, direction, method, and steps, which may name methods of their own.
2. The library is searched from chapter to section to template: the best chapters by cos(category), of each the best
   sections by cos(direction), of these the best template by 0.9 cos(method) + 0.1 cos(direction). That takes
   C + S_c + T_s cosines instead of one for each template; `Hit.comparisons` counts them, `search_flat` compares all.
3. The navigator merges its steps with the template's, and says for each step what it is for this problem.
4. The reasoner does it; where `on_track` says that it went astray, the navigator puts other steps in place of the rest.

Stage 1 of the navigator's training tells it the library: `structure_records`. Stage 2 prefers plans that solve similar
problems: R(T) is the share of them that the frozen reasoner solves by plan T, and pairs with R(T+) > R(T-) are learnt
from by DPO: `build_trajectory_pairs` gives what TRL's `DPOTrainer` takes.

    library = TemplateLibrary.load("templates.json", encoder="tfidf")     # or a sentence encoder's function
    flux = TemplateReasoner(Endpoint(url, "name"), as_model(model, tokenizer), library, on_track=None)
    solution = flux.solve("...")                       # answer, trajectory, confidence, usage, notes
    pairs = build_trajectory_pairs(problems, similar, flux, n=8, margin=0.25).records

**Departures.** From the official code (Gen-Verse/ReasonFlux, v1): rows are brought to length 1 before products are
called cosines; two chapters are opened, since a wrong one is not recovered from; a plan is read as JSON, three tries
long, where Python's literals are read for as long as it takes; templates are looked for by tf-idf as well; nothing is
cached in files, which outlive a change of the library; an answer is taken out of the end; and there is a limit of
steps. Steps with templates of their own, and revisions, are the paper's; the code lacks them. Below a confidence of
0.2 a problem is solved without a template (ours). A margin between rewards, and the refusal of a problem among those
like it, are ours; the equations of the stages are as the paper's abstract and later descriptions have them.
"""

from assay.methods.reasoning.thought_templates._library import Encoder, Hit, TemplateLibrary, structure_records
from assay.methods.reasoning.thought_templates._pairs import (
    PairsError,
    ScoredPlan,
    TrajectoryPairs,
    build_trajectory_pairs,
    reward_plan,
)
from assay.methods.reasoning.thought_templates._plan import Plan, Step, UnreadableError, read_plan, read_steps
from assay.methods.reasoning.thought_templates._prompts import Prompts
from assay.methods.reasoning.thought_templates._reasoner import TemplateReasoner
from assay.methods.reasoning.thought_templates._reference import reference_solve
from assay.methods.reasoning.thought_templates._solution import Move, PlanError, ReasoningError, Solution, Usage
from assay.methods.reasoning.thought_templates._template import Example, Template, TemplateError

__all__ = [
    "Encoder",
    "Example",
    "Hit",
    "Move",
    "PairsError",
    "Plan",
    "PlanError",
    "Prompts",
    "ReasoningError",
    "ScoredPlan",
    "Solution",
    "Step",
    "Template",
    "TemplateError",
    "TemplateLibrary",
    "TemplateReasoner",
    "TrajectoryPairs",
    "UnreadableError",
    "Usage",
    "build_trajectory_pairs",
    "read_plan",
    "read_steps",
    "reference_solve",
    "reward_plan",
    "structure_records",
]
