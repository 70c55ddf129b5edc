"""How well a model's own doubts tell its errors: the same questions asked several times, of any model that answers."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.methods._calibration import auroc
from assay.methods._choices import Record, name_of
from assay.methods._intervals import Estimate, bootstrap_interval, mean_interval
from assay.methods._models import as_model
from assay.methods.evaluation.llm_statistics.entropy import Relate, same_names, semantic_entropy


@dataclass(frozen=True)
class DoubtReport:
    """What a model's doubts are worth. Figures are shares, of 1."""

    model: str
    accuracy: Estimate
    """Of the answer that most samples mean."""
    entropy: Estimate
    """Over meanings, in nats; the mean over questions."""
    told: Estimate | None
    """The chance that a wrong answer has more entropy than a right one; ``None`` where all are right, or all wrong."""
    half: Estimate
    """Accuracy on the half of the questions with the least entropy."""

    def table(self) -> list[dict[str, Any]]:
        """One row for each figure, with its interval."""
        rows = {
            "accuracy": self.accuracy,
            "accuracy on the surest half": self.half,
            "wrong answers have more entropy than right ones": self.told,
            "entropy over meanings, nats": self.entropy,
        }
        return [{"figure": name} | estimate.as_record() for name, estimate in rows.items() if estimate is not None]


def evaluate(
    model: Any,
    records: Iterable[Record],
    *,
    samples: int = 6,
    tokens: int = 24,
    temperature: float = 1.0,
    relate: Callable[[str], Relate] = same_names,
    seed: int = 0,
) -> DoubtReport:
    """Ask each question several times, and see whether answers differ more where they are wrong.

    Args:
        model: A callable, an `Endpoint`, a transformers model; see `as_model`.
        records: With ``question`` and ``answer``, a text or several; ``about`` says what questions share.
        samples: Answers to each question; ten tell more than six.
        tokens: Of an answer, at most.
        temperature: At which the model is used.
        relate: Makes the relation between two answers out of the question; see `semantic_entropy`.
        seed: Of the sampling.

    Raises:
        ValueError: A record has no question or answer; it is named. Or there are fewer than two questions.
    """
    asked = as_model(model)
    questions = [_read(record, place) for place, record in enumerate(records)]
    if len(questions) < 2 or samples < 2:
        raise ValueError(f"{len(questions)} questions of {samples} samples tell nothing: give two of each, or more")
    prompts = [question for question, _, _ in questions for _ in range(samples)]
    texts = asked.answer(prompts, tokens=tokens, temperature=temperature, seed=seed)
    right, entropy = [], []
    for number, (question, answers, _) in enumerate(questions):
        said = texts[number * samples : (number + 1) * samples]
        meanings = semantic_entropy(said, relate=relate(question))
        entropy.append(meanings.discrete)
        most = np.bincount(meanings.meanings).argmax()
        right.append(float(_is_right(said[meanings.meanings.index(int(most))], answers)))
    y, doubts, clusters = np.array(right), np.array(entropy), [about for _, _, about in questions]
    told = None
    if 0 < y.sum() < len(y):
        told = bootstrap_interval(
            lambda rows: auroc(doubts[rows], 1 - y[rows]), len(y), clusters, repeats=500, seed=seed
        )
    surest = np.argsort(doubts, kind="stable")[: max(1, len(y) // 2)]
    half = mean_interval(y[surest], [clusters[i] for i in surest])
    return DoubtReport(asked.name, mean_interval(y, clusters), mean_interval(doubts, clusters), told, half)


def _read(record: Record, place: int) -> tuple[str, Sequence[str], Any]:
    named = name_of(record, place)
    question, answer = record.get("question"), record.get("answer")
    if not isinstance(question, str) or not question.strip():
        raise ValueError(f"{named} has no question")
    answers = [answer] if isinstance(answer, str) else answer
    if not isinstance(answers, Sequence) or not answers or not all(isinstance(a, str) and a.strip() for a in answers):
        raise ValueError(f"{named} has the answer {answer!r}: give a text, or several that are right")
    return question, answers, record.get("about", place)


def _is_right(text: str, answers: Sequence[str]) -> bool:
    """Whether a right answer stands in the text, in words of its own."""
    return any(re.search(rf"(?<!\w){re.escape(each.casefold())}(?!\w)", text.casefold()) for each in answers)
