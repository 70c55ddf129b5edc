r"""Compute-optimal test-time scaling: greedy, majority, best of N, beam and DVTS in one search, and what chooses one.

From "Can 1B LLM Surpass 405B LLM? Rethinking Compute-Optimal Test-Time Scaling" (arXiv 2502.06703). How N lines of
thought are best spent depends on the policy, on the model that rewards steps (a process reward model, PRM) and on how
hard the question is, so the method is chosen by all three:

- *greedy*: one answer; *majority*: N answers, and the one that most agree on;
- *best of N*: N answers whose steps are scored, and a vote by score;
- *beam*: N first steps; the N / M with the best score of their last step are each gone on with M times, until they end;
- *DVTS*: N / M such trees beside each other that keep one line each, so that not all end in the same idea.

A question is easy where one sample is right half the time, medium from a tenth on, hard below. `ComputeOptimal` learns
on validation questions which method does best for each difficulty and N.

Use::

    policy = Policy(model, tokenizer, step_end="\n\n")
    rows = label_steps(policy, prompts, search(policy, prompts, SearchConfig("majority", n=4)), check)
    rewards = train_step_rewards(model, rows)               # or any token classifier, or a function of prompt and steps
    check_rewards(candidates, right).require()              # a PRM that does not know this policy's errors is refused
    solution, = search(policy, ["..."], SearchConfig("beam", n=16, width=4), rewards)
    solution.answer, solution.candidates, solution.tokens

    chooser = ComputeOptimal.fit(configs, outcomes, pass_rates, signals)
    chooser(policy, prompts, 16, rewards)

Departures from paper and official code, and why. The paper's "compute-optimal" row is a maximum over methods on the
test set; here it is chosen on other questions, and difficulty is either known ("oracle") or guessed without the answer
from a few samples. The code reads every beginning anew for every step; here policy and rewards, where they have one
vocabulary, read each token once. Answers are compared as numbers and formulas, and not as strings. The code gives 0
to a step that its PRM did not score, and fails where no line ended; here the first is an error with what was written,
and the second gives the best beginning, flagged. A line that ended takes its place in the beam for good (code). A step
that outgrows its budget, and a twin of a line, are dropped (code).
"""

from assay.methods.reasoning._step_rewards import StepLabels, StepTraining, train_step_rewards
from assay.methods.reasoning.compute_optimal_tts._choose import ComputeOptimal, Outcome, difficulty_of, read_signal
from assay.methods.reasoning.compute_optimal_tts._policy import Candidate, Policy, SearchError, Solution
from assay.methods.reasoning.compute_optimal_tts._reference import reference_search
from assay.methods.reasoning.compute_optimal_tts._rewards import (
    RewardsCheck,
    check_rewards,
    label_by_values,
    label_steps,
    score_again,
)
from assay.methods.reasoning.compute_optimal_tts._search import SearchConfig, decide, search

__all__ = [
    "Candidate",
    "ComputeOptimal",
    "Outcome",
    "Policy",
    "RewardsCheck",
    "SearchConfig",
    "SearchError",
    "Solution",
    "StepLabels",
    "StepTraining",
    "check_rewards",
    "decide",
    "difficulty_of",
    "label_by_values",
    "label_steps",
    "read_signal",
    "reference_search",
    "score_again",
    "search",
    "train_step_rewards",
]
