"""Generators, students and judges from scratch: small models that read and write languages, each with its style."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Generator, Tensor
from transformers import PreTrainedModel

from assay.methods.evaluation.preference_leakage import Judgment, measure_leakage
from assay.testbed.models import tiny
from assay.testbed.tasks.kindred_languages import (
    continue_texts,
    draw_languages,
    likelihood_of_texts,
    text_batches,
    vocabulary,
    write_texts,
)
from assay.testbed.training import one_thread, train

FIRST, SECOND, NEUTRAL = "first generator", "second generator", "unrelated judge"
_OF_FIRST, _OF_SECOND = "student of the first", "student of the second"
_BEGINNING = 4
"""Tokens of a prompt."""


@dataclass(frozen=True)
class Size:
    """How long and on what models are trained, and on how many prompts they are compared."""

    shares: tuple[float, ...]
    """Of a student's texts that its generator wrote; people wrote the others."""
    tokens: int
    own: float
    """How much of a language is its own style."""
    read: int
    """Texts of a generator's language that it is taught with."""
    written: int
    """Texts that a student is taught with."""
    steps: int
    batch: int
    prompts: int
    width: int
    length: int
    """Tokens of a text."""


@cache
def run(size: Size, seed: int, device: str) -> dict[str, Any]:
    """What comes of one seed: for each share of contamination the score, and each judge's wins for the first student.

    Returns:
        ``scores``, per cent by share; ``wins``, by judge a list by share, per cent; and ``inherited``, the score of
        students that were taught with nothing but what the students of the last share write.
    """
    with one_thread():
        return _run(size, seed, device)


def _run(size: Size, seed: int, device: str) -> dict[str, Any]:
    generator = Generator().manual_seed(seed)
    languages = draw_languages(3, tokens=size.tokens, shared=1 - size.own, seed=seed)
    texts = [write_texts(language, size.read, length=size.length, generator=generator) for language in languages]
    names = (FIRST, SECOND, NEUTRAL)
    judges = {
        name: _teach(size, text, seed + at, device) for at, (name, text) in enumerate(zip(names, texts, strict=True))
    }
    by_people = [write_texts(languages[2], size.written, length=size.length, generator=generator) for _ in range(2)]
    by_model = [_write(judges[name], size, texts[2], generator) for name in (FIRST, SECOND)]
    prompts = write_texts(languages[2], size.prompts, length=_BEGINNING, generator=generator)
    scores: list[float] = []
    wins: dict[str, list[float]] = {name: [] for name in names}
    students: list[PreTrainedModel] = []

    def compare() -> None:
        """Have all judges compare the students."""
        answers = [continue_texts(student, prompts, length=size.length, generator=generator) for student in students]
        rows = {name: _judge(judge, name, answers) for name, judge in judges.items()}
        generators, students_of = (FIRST, SECOND), (_OF_FIRST, _OF_SECOND)
        measured = measure_leakage(rows[FIRST] + rows[SECOND], generators, students_of, repeats=100, seed=seed)
        scores.append(measured.score.value)
        for name in names:
            wins[name].append(100 * sum(row.wins[0] for row in rows[name]) / size.prompts)

    for at, share in enumerate(size.shares):
        own, seeds = round(share * size.written), 100 * (seed + 1) + 2 * at
        students = [
            _teach(size, torch.cat([model[:own], people[own:]]), seeds + number, device)
            for number, (model, people) in enumerate(zip(by_model, by_people, strict=True))
        ]
        compare()
    by_students = [_write(student, size, texts[2], generator) for student in students]
    students = [_teach(size, text, 100 * seed + 90 + number, device) for number, text in enumerate(by_students)]
    compare()
    inherited = scores.pop()
    return {"scores": scores, "wins": {name: each[:-1] for name, each in wins.items()}, "inherited": inherited}


def _teach(size: Size, texts: Tensor, seed: int, device: str) -> PreTrainedModel:
    model: Any = tiny(
        "llama", vocab_size=vocabulary(size.tokens), hidden=size.width, layers=1, heads=4, kv_heads=4, seed=seed
    )
    batches = text_batches(texts, size=size.batch, seed=seed)
    train(model.to(device), batches, steps=size.steps, lr=1e-2, seed=seed, what="reading")
    taught: PreTrainedModel = model
    return taught


def _write(model: Any, size: Size, texts: Tensor, generator: Generator) -> Tensor:
    """What a model writes on from the beginnings of texts, as many as a student is taught with."""
    beginnings = texts[torch.arange(size.written) % len(texts), :2]
    return continue_texts(model, beginnings, length=size.length, generator=generator)


def _judge(judge: Any, name: str, answers: list[Tensor]) -> list[Judgment]:
    """The likelier of two answers wins."""
    first, second = (likelihood_of_texts(judge, texts, start=_BEGINNING) for texts in answers)
    return [
        Judgment(str(at), name, (_OF_FIRST, _OF_SECOND), (float(a > b), float(b > a)))
        for at, (a, b) in enumerate(zip(first.tolist(), second.tolist(), strict=True))
    ]
