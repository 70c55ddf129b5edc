"""What SmolLM2 is asked, and a copy of it that was distilled on its own answers to other such requests.

Half of the requests ask for facts of countries, which it answers in short sentences of one kind, as a model that is
asked about an image does; half are those of a reader of an encyclopaedia, whose answers run on freely.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from assay.methods.decoding.unified_consistency_decoding import JacobiAnswer, JacobiDecoding, TextConsistency, TextLoss
from assay.testbed.cache import default_folder
from assay.testbed.code import code_hash, content_hash
from assay.testbed.folders import make_once
from assay.testbed.pretrained import LanguageModel
from assay.testbed.prose import foldoc
from assay.testbed.tasks.country_facts import CountryFact, country_facts
from assay.testbed.tasks.instructions import draw_instructions
from assay.testbed.training import train
from assay.trials.decoding.unified_consistency_decoding._stepwise import Stepwise

FACT, OPEN = "facts", "open requests"
RELATIONS = ("capital", "currency", "continent")
_RATE = 2e-3
"""Of the adapters."""
Prompts = dict[str, list[Tensor]]
"""Token ids (n,) of each, by kind."""
_TOGETHER = {FACT: 8, OPEN: 4}
"""Answers of a step, of one kind."""


@dataclass(frozen=True)
class Lessons:
    """How much is learnt from, and how long."""

    facts: int
    """Answers of each kind to learn from."""
    requests: int
    new: int
    """Tokens of an answer, at most."""
    steps: int
    """Of the two stages together."""
    block: int = 8
    """Of the trajectories. The paper's is 16; so few tokens a pass are foreseen here that more are read in vain."""
    segments: tuple[int, ...] = (4, 1)
    """The curriculum: half of the steps each."""
    characters: tuple[int, int] = (120, 250)
    """Of a text that is to be summarised or corrected."""


def known_and_other_facts(number: int) -> tuple[list[CountryFact], list[CountryFact]]:
    """So many facts to learn from, and all those of other countries, relations in turn."""
    by_relation = [country_facts(relation) for relation in RELATIONS]
    # Every second country of each list may be known; a country is known by name, whatever the relation.
    known = {fact.subject for fact in by_relation[-1][::2]}
    mixed = [fact for group in zip(*by_relation, strict=False) for fact in group]
    return [fact for fact in mixed if fact.subject in known][:number], [f for f in mixed if f.subject not in known]


def requests(lm: LanguageModel, lessons: Lessons, number: int) -> tuple[Prompts, Prompts]:
    """Prompts to learn from, and `number` others of each kind."""
    known, others = known_and_other_facts(lessons.facts)
    entries, held_out = foldoc().split(4 * max(number, 8))
    draw = partial(draw_instructions, characters=lessons.characters)
    return (
        {
            FACT: [lm.prompt(fact.question) for fact in known],
            OPEN: [lm.prompt(each.text) for each in draw(entries, lessons.requests)],
        },
        {
            FACT: [lm.prompt(fact.question) for fact in others[:number]],
            OPEN: [lm.prompt(each.text) for each in draw(held_out, number)],
        },
    )


def own_answers(lm: LanguageModel, prompts: Prompts, lessons: Lessons) -> dict[str, list[JacobiAnswer]]:
    """What the model answers, with the trajectories, 16 prompts at once."""
    decoding = JacobiDecoding(block=lessons.block)
    return {
        kind: [
            answer
            for start in range(0, len(its), 16)
            for answer in decoding.write(lm.model, [each.tolist() for each in its[start : start + 16]], lessons.new)
        ]
        for kind, its in prompts.items()
    }


def distilled(lm: LanguageModel, answers: dict[str, list[JacobiAnswer]], lessons: Lessons, *, seed: int) -> Any:
    """A copy of the model, taught on these answers; from the cache where it was taught before."""
    recipe = {
        "base": lm.fingerprint,
        "dtype": lm.dtype,
        "seed": seed,
        "lessons": repr(lessons),
        "answers": repr(answers),
    }
    place = default_folder() / content_hash([*recipe, code_hash(teach), code_hash(TextConsistency.of_leaps)])
    made = make_once(place, lambda folder: teach(lm.model, answers, lessons, seed).save_pretrained(folder))
    model: Any = type(lm.model).from_pretrained(made, dtype=lm.model.dtype)
    return model.eval().to(lm.model.device)


def teach(base: Any, answers: dict[str, list[JacobiAnswer]], lessons: Lessons, seed: int) -> Any:
    """Distil by LoRA: adapters are trained over a copy in bfloat16, and merged into one in the model's own type."""
    from peft import LoraConfig, get_peft_model, get_peft_model_state_dict, set_peft_model_state_dict  # noqa: PLC0415

    config = LoraConfig(r=16, lora_alpha=32, target_modules="all-linear")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        pupil: Any = get_peft_model(deepcopy(base).to(torch.bfloat16), config)
    steps = lessons.steps // len(lessons.segments)
    for stage, segments in enumerate(lessons.segments):
        course = Stepwise(pupil, _loss_of(pupil, answers, TextConsistency(segments=segments)))
        what = f"distilling, {segments} segments"
        train(course, course.batch, steps=steps, lr=_RATE / (1 + stage), weight_decay=0.0, seed=seed, what=what)
    whole: Any = get_peft_model(deepcopy(base), config)
    set_peft_model_state_dict(whole, get_peft_model_state_dict(pupil))
    return whole.merge_and_unload().eval()


def _loss_of(
    pupil: Any, answers: dict[str, list[JacobiAnswer]], consistency: TextConsistency
) -> Callable[[int], TextLoss]:
    """The loss of a step: kinds in turn, each in order from where the last of it ended."""

    def loss(step: int) -> TextLoss:
        kind = (FACT, OPEN)[step % 2]
        its = answers[kind]
        size = min(_TOGETHER[kind], len(its))
        part = [its[(step // 2 * size + place) % len(its)] for place in range(size)]
        return consistency(pupil, part, seed=step)

    return loss
