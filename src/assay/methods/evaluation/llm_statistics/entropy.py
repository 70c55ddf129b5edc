"""Semantic entropy: how many different things a model says to one question, whatever words it says them in."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, log
from typing import Any, Literal

import numpy as np

_BEGINNINGS = {"A", "An", "As", "Answer", "I", "In", "It", "Its", "No", "That", "The", "This", "Yes"}
Relation = Literal["entailment", "neutral", "contradiction"]
Relate = Callable[[str, str], str]


@dataclass(frozen=True)
class SemanticEntropy:
    """The answers to one question, by what they mean."""

    meanings: tuple[int, ...]
    """For each answer the number of its meaning, in the order in which meanings first come."""
    entropy: float
    """In nats, over meanings, each weighed by the likelihoods of its answers; by their number where there are none."""
    discrete: float
    """The same by numbers of answers alone."""
    plain: float | None
    """The mean of -log-likelihood of the answers, which takes two wordings for two answers; ``None`` without any."""


def semantic_entropy(
    answers: Sequence[str],
    log_likelihoods: Sequence[float] | None = None,
    *,
    relate: Relate | None = None,
    strict: bool = True,
) -> SemanticEntropy:
    """How unsure a model is of what it means, from several answers that were sampled to one question.

    An answer joins the first meaning whose first answer it agrees with, both ways.

    Args:
        answers: Sampled at the temperature at which the model is used.
        log_likelihoods: Of each answer, divided by its tokens.
        relate: Says of a premise and a hypothesis ``entailment``, ``neutral`` or ``contradiction``. By default two
            answers agree if they are the same but for case, articles and punctuation.
        strict: Both directions must be entailment; otherwise neither may be a contradiction, nor both neutral.

    Raises:
        ValueError: There are no answers, another number of likelihoods, or `relate` says something else.
    """
    if not answers:
        raise ValueError("there are no answers: sample some, ten or so")
    if log_likelihoods is not None and len(log_likelihoods) != len(answers):
        raise ValueError(f"there are {len(answers)} answers and {len(log_likelihoods)} log-likelihoods")
    relate = relate or _same_words
    firsts: list[str] = []
    meanings = []
    for answer in answers:
        meaning = next(
            (i for i, first in enumerate(firsts) if _agree(first, answer, relate, strict=strict)), len(firsts)
        )
        if meaning == len(firsts):
            firsts.append(answer)
        meanings.append(meaning)
    counts = np.bincount(meanings) / len(meanings)
    discrete = _entropy(counts)
    if log_likelihoods is None:
        return SemanticEntropy(tuple(meanings), discrete, discrete, None)
    logs = np.asarray(log_likelihoods, dtype=np.float64)
    if not np.isfinite(logs).all():
        raise ValueError("a log-likelihood is no finite number")
    masses = np.bincount(meanings, weights=np.exp(logs - logs.max()))
    return SemanticEntropy(tuple(meanings), _entropy(masses / masses.sum()), discrete, float(-logs.mean()))


def same_names(question: str) -> Relate:
    """A relation for `semantic_entropy` where answers are facts: two agree if they name the same things.

    Names are words with a capital that neither the question has nor a sentence begins with out of habit; of answers
    without any, all words count that the question has not. "The capital of France is Paris." and "Paris" agree.
    """
    known = set(re.findall(r"\w+", question.casefold()))

    def names(answer: str) -> tuple[str, ...]:
        words = [word for word in re.findall(r"\w[\w'-]*", answer) if word.casefold() not in known]
        capital = [word.casefold() for word in words if word[0].isupper() and word not in _BEGINNINGS]
        return tuple(capital or (word.casefold() for word in words))

    return lambda premise, hypothesis: "entailment" if names(premise) == names(hypothesis) else "neutral"


def nli_relation(model: Any, tokenizer: Any) -> Relate:
    """A relation for `semantic_entropy` from any ``AutoModelForSequenceClassification`` that was trained on NLI.

    Raises:
        ValueError: Its labels do not name entailment and contradiction.
    """
    names = {int(index): str(name).lower() for index, name in model.config.id2label.items()}
    kinds = {
        i: next((k for k in ("entailment", "contradiction", "neutral") if k in name), "") for i, name in names.items()
    }
    if not {"entailment", "contradiction"} <= set(kinds.values()):
        raise ValueError(
            f"the model's labels are {', '.join(names.values())}: it must name entailment and contradiction"
        )

    def relate(premise: str, hypothesis: str) -> str:
        import torch  # noqa: PLC0415 - for who has such a model alone

        with torch.no_grad():
            logits = model(
                **tokenizer(premise, hypothesis, return_tensors="pt", truncation=True).to(model.device)
            ).logits
        return kinds[int(logits[0].argmax())] or "neutral"

    return relate


def _agree(first: str, second: str, relate: Relate, *, strict: bool) -> bool:
    relations = relate(first, second), relate(second, first)
    for each in relations:
        if each not in {"entailment", "neutral", "contradiction"}:
            raise ValueError(f"relate says {each!r} of {first!r}: say entailment, neutral or contradiction")
    if strict:
        return relations == ("entailment", "entailment")
    return "contradiction" not in relations and relations != ("neutral", "neutral")


def _same_words(first: str, second: str) -> Relation:
    return "entailment" if _bare(first) == _bare(second) else "neutral"


def _bare(text: str) -> str:
    words = re.findall(r"\w+", text.casefold())
    return " ".join(word for word in words if word not in {"a", "an", "the"}) or text.strip()


def _entropy(shares: Any) -> float:
    return float(-sum(share * log(share) for share in shares if share > exp(-700)))
