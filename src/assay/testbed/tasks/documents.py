"""Documents with one fact in each, and distractors whose key shares a token with the one asked for."""

import torch
from torch import Generator, Tensor

from assay.testbed.tasks._ids import Ids, check_counts, distinct, prefix
from assay.testbed.tasks.task import ASK, DOCUMENT, Parts, Task


def key_value_documents(  # noqa: PLR0913 - all of them are keywords
    *,
    documents: int = 16,
    length: int = 16,
    subjects: int = 16,
    attributes: int = 1,
    values: int = 16,
    questions: int = 1,
    distractors: int = 0,
    nearer: bool = False,
    filler: int = 32,
) -> Task:
    """Documents of filler with one fact in each, and questions: what is the value of this key?

    A key is a subject, or with `attributes` above one a subject and an attribute, each asked for by a token of its own;
    `distractors` of the other documents then share one of the two with the key that is asked for first. No two
    documents of an example have the same key. Ids: filler, subjects, attributes, values, then facts by key and value.

    Args:
        documents: How many; each begins with `DOCUMENT`.
        length: Tokens of a document, that one included.
        subjects: Number of subjects.
        attributes: Number of attributes; 1 leaves them out of the question.
        values: Number of values.
        questions: Asked one after the other, each of another document. Many give a training more to learn from.
        distractors: Documents whose key shares its subject or attribute with the one asked for first.
        nearer: Put the document that answers first, and the distractors last.
        filler: Number of filler tokens.

    Raises:
        ValueError: There are not enough keys for so many documents or distractors, or no room for a fact.
    """
    check_counts(documents=documents, subjects=subjects, attributes=attributes, values=values, filler=filler)
    keys, sharing = subjects * attributes, (subjects - 1) + (attributes - 1) if attributes > 1 else 0
    if length < 2:
        raise ValueError(f"a document of {length} tokens has no room for a fact")
    if documents > keys:
        raise ValueError(f"{documents} documents need as many keys; {subjects} x {attributes} are {keys}")
    if not 1 <= questions <= documents:
        raise ValueError(f"{questions} questions on {documents} documents")
    if not 0 <= distractors <= min(sharing, documents - 1):
        raise ValueError(f"{distractors} distractors: {sharing} keys share a token, in {documents} documents")
    ids = Ids(filler=filler, names=subjects + (attributes if attributes > 1 else 0), values=values, keys=keys)

    def parts(size: int, generator: Generator) -> Parts:
        key = draw_keys(size, generator)
        value = torch.randint(values, (size, documents), generator=generator)
        first = torch.zeros(size, 1, dtype=torch.long)
        targets = torch.cat([first, distinct(size, questions - 1, documents - 1, generator) + 1], dim=1)
        question_key, answer = key.gather(1, targets), value.gather(1, targets)
        if not nearer:
            order = distinct(size, documents, documents, generator)
            key, value = key.gather(1, order), value.gather(1, order)
        text = ids.filler_text((size, documents, length), generator)
        text[..., 0] = DOCUMENT
        place = torch.randint(1, length, (size, documents, 1), generator=generator)
        text = text.scatter(2, place, ids.fact(key, value).unsqueeze(-1))
        names = [question_key // attributes] + ([subjects + question_key % attributes] if attributes > 1 else [])
        question = torch.stack([torch.full_like(targets, ASK), *(ids.name(name) for name in names)], dim=-1)
        return Parts(prefix(size), text, question, ids.value(answer))

    def draw_keys(size: int, generator: Generator) -> Tensor:
        """(size, documents): the key asked for first, the distractors' last."""
        target = torch.randint(keys, (size, 1), generator=generator)
        every = torch.arange(keys)
        same = every == target
        chance = torch.rand(size, keys, generator=generator).masked_fill(same, -1)
        if not distractors:
            return chance.argsort(1)[:, :documents]
        shares = ((every // attributes == target // attributes) | (every % attributes == target % attributes)) & ~same
        # In rising order: the key asked for, those that share nothing with it, and after all of these those that do.
        ranked = (chance + shares).argsort(1)
        return torch.cat([ranked[:, : documents - distractors], ranked[:, keys - distractors :]], dim=1)

    return Task(ids.vocab_size, parts)
