"""A pretrained model that can do a task about half the time: tuned once on worked sums, for all that search and verify.

SmolLM2-135M-Instruct by itself solves no sum of several terms. A method that chooses among samples shows nothing on a
model that is never right, nor on one that always is. So the model is tuned on worked solutions until a single
sample is right 20 to 80 % of the time, and kept in the cache for every trial that asks. All its weights are tuned: with
adapters of rank 16 it learns to write such lines in as many steps, and not yet to add.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import torch

from assay.testbed.cache import default_folder
from assay.testbed.code import code_hash, content_hash
from assay.testbed.folders import make_once
from assay.testbed.pretrained import LanguageModel
from assay.testbed.tasks.task import IGNORED
from assay.testbed.tasks.worked_sums import WorkedSum, draw_worked_sums
from assay.testbed.training import Batches, train

STEPS = 70
"""Updates after which SmolLM2-135M-Instruct is right about half the time."""
BATCH = 8
RATE = 3e-4
TERMS = (2, 6)
DIGITS = 1
SEED = 1_000
"""Of the sums to learn from. Trials draw theirs with seeds below it, and may meet the same sum by chance alone."""


def tuned_policy(base: LanguageModel, *, steps: int = STEPS, terms: tuple[int, int] = TERMS) -> LanguageModel:
    """The model, tuned on worked sums; from the cache if it was tuned before.

    Args:
        base: What is tuned; it stays as it is.
        steps: Updates of `BATCH` solutions each. More of them make a better policy.
        terms: Of the sums, the fewest and the most.
    """
    sums = {"terms": list(terms), "digits": DIGITS, "seed": SEED}
    recipe = {"base": base.fingerprint, "steps": steps, "batch": BATCH, "rate": RATE, "sums": sums}

    def make(folder: Path) -> None:
        drawn = draw_worked_sums(steps * BATCH, terms=terms, digits=DIGITS, seed=SEED)
        tune(base, drawn, steps=steps).save_pretrained(folder)

    place = make_once(default_folder() / content_hash([recipe, code_hash(tune), code_hash(draw_worked_sums)]), make)
    model: Any = type(base.model).from_pretrained(place, dtype=base.model.dtype).eval()
    name = f"{base.name}, tuned on {steps * BATCH} worked sums"
    return replace(base, model=model.to(base.model.device), name=name)


def tune(base: LanguageModel, sums: Sequence[WorkedSum], *, steps: int, seed: int = 0) -> Any:
    """A copy of the model, taught to write these solutions."""
    model: Any = deepcopy(base.model)
    batches = solution_batches(base, sums)
    train(model, batches, steps=steps, lr=RATE, weight_decay=0.0, seed=seed, what="tuning a policy")
    return model


def solution_batches(lm: LanguageModel, sums: Sequence[WorkedSum], *, size: int = BATCH) -> Batches:
    """So many solutions a step, in order; the sum itself is not learnt."""
    end = lm.tokenizer.eos_token or "\n"

    def of_step(step: int) -> dict[str, torch.Tensor]:
        part = sums[step * size : (step + 1) * size]
        rows = [(step_ids(lm, [each.prompt]), step_ids(lm, [*each.steps, end])) for each in part]
        longest = max(len(prompt) + len(solution) for prompt, solution in rows)
        batch: dict[str, list[list[int]]] = {"input_ids": [], "labels": [], "attention_mask": []}
        for prompt, solution in rows:
            padding = longest - len(prompt) - len(solution)
            batch["input_ids"].append(prompt + solution + [0] * padding)
            batch["labels"].append([IGNORED] * len(prompt) + solution + [IGNORED] * padding)
            batch["attention_mask"].append([1] * (longest - padding) + [0] * padding)
        return {name: torch.tensor(rows) for name, rows in batch.items()}

    return of_step


def step_ids(lm: LanguageModel, parts: Sequence[str]) -> list[int]:
    """Token ids of texts, each coded by itself, so that a step has the same tokens whatever follows."""
    return [token for part in parts for token in cast("list[int]", lm.ids(part).tolist())]
