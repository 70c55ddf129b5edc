"""Short search queries for a long question: sampled from a model, and those that say the same dropped."""

import re
from collections.abc import Iterable

from assay.methods._models import Model

PROMPT = (
    "Write one short web search query, of two to six words, that would find a page with the answer to the question "
    "below. Reply with the query alone.\n\nQuestion: {question}\n\nQuery:"
)
"""Ours. It asks for neither names of persons nor options, which would leave the machine with the query."""
_TOKENS = 24
"""Of a query, at most."""
_MARKS = re.compile(r'^(?:search\s+)?quer(?:y|ies)\s*:|["“”`*]|^\s*(?:[-•]|\d+[.)])\s*', re.IGNORECASE)


def sample_queries(
    model: Model, question: str, count: int, *, temperature: float = 1.1, seed: int = 0, prompt: str = PROMPT
) -> list[str]:
    """Let a model write search queries for a question.

    Args:
        model: Any `Model`.
        question: As it is asked.
        count: How many are sampled; fewer come back, since empty, long and nearly equal ones are dropped.
        temperature: High, for queries that differ.
        seed: Of the sampling.
        prompt: Asks for one query; ``{question}`` stands where the question does.

    Raises:
        ValueError: `count` is below 1, or the prompt has no place for the question.
        ModelError: The model gives no answer.
    """
    if count < 1:
        raise ValueError(f"{count} queries: sample 1 or more")
    if "{question}" not in prompt:
        raise ValueError("the prompt for queries has no {question}")
    asked = prompt.replace("{question}", question)
    return distinct_queries(model.answer([asked] * count, tokens=_TOKENS, temperature=temperature, seed=seed))


def distinct_queries(texts: Iterable[str], *, most_words: int = 32, alike: float = 0.8) -> list[str]:
    """What can be searched for among texts that a model wrote: the first line of each, in lower case, each once.

    Args:
        texts: As they were written.
        most_words: Longer ones are dropped: they are no queries.
        alike: Dropped is what has more than this share of its words in common with an earlier one (Jaccard).
    """
    kept: list[tuple[str, set[str]]] = []
    for text in texts:
        line = next((line for line in text.splitlines() if line.strip()), "")
        query = " ".join(_MARKS.sub(" ", line).split()).strip(" .?!,;:").casefold()
        words = set(re.findall(r"\w+", query))
        if not words or len(query.split()) > most_words:
            continue
        if all(len(words & other) <= alike * len(words | other) for _, other in kept):
            kept.append((query, words))
    return [query for query, _ in kept]
