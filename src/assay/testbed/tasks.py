"""Synthetic tasks that a tiny model learns in seconds to a minute and that part good methods from bad ones.

A task draws sequences that end in questions; only the answers carry labels. It is harder with more pairs or documents,
with distractors whose keys share a token with the one asked for, and with those nearer to the question than the answer.

In all but `associative_recall` a fact is **one** token that stands for key and value together, and questions name the
key by a token of its own. A model of two layers, 64 wide, then answers 96 % on 16 documents of eight tokens after 300
steps of 32 examples with up to eight questions each, on 3, 6, 10 and 16 documents in turn (24 s on one core of an AMD
EPYC); with key and value in two tokens it was at 37 % on eight pairs after 1,000 steps of 64. Ids: 0 pads, 1 begins, 2
ends, 3 asks, 4 begins a document; what follows is given with each task.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Generator, Tensor

from assay.testbed.training import Batches

BEGIN, END, ASK, DOCUMENT = 1, 2, 3, 4
FIRST = 5
"""The first id that a task is free to use."""
IGNORED = -100
"""The label of what is no answer."""

Batch = dict[str, Tensor]
"""``input_ids`` (size, length) and ``labels`` of the same shape, as transformers' models take them."""


@dataclass(frozen=True)
class Parts:
    """A batch in its parts, for methods that treat documents apart from one another."""

    prefix: Tensor
    """(size, 1): the token that begins."""
    documents: Tensor
    """(size, documents, length), in the order of the sequence."""
    questions: Tensor
    """(size, questions, tokens of one)."""
    answers: Tensor
    """(size, questions): one token each."""

    def sequence(self) -> Batch:
        """All of it in a row: prefix, documents, then each question with its answer."""
        size = len(self.prefix)
        asked = torch.cat([self.questions, self.answers.unsqueeze(-1)], dim=-1)
        ids = torch.cat([self.prefix, self.documents.reshape(size, -1), asked.reshape(size, -1)], dim=1)
        labels = torch.full_like(asked, IGNORED)
        labels[..., -1] = self.answers
        before = torch.full_like(ids[:, : ids.shape[1] - labels[0].numel()], IGNORED)
        return {"input_ids": ids, "labels": torch.cat([before, labels.reshape(size, -1)], dim=1)}


@dataclass(frozen=True)
class Task:
    """Something to draw batches from, repeatably. Two tasks with one `vocab_size` can share a model."""

    vocab_size: int
    parts: Callable[[int, Generator], Parts] = field(repr=False)
    """Draws that many examples in their parts."""

    def draw(self, size: int, generator: Generator) -> Batch:
        """That many examples as sequences."""
        return self.parts(size, generator).sequence()

    def batches(self, size: int, *, seed: int = 0) -> Batches:
        """The batch of each step of a training, the same for the same seed."""
        return lambda step: self.draw(size, _generator(seed, step))

    def held_out(self, size: int, *, seed: int = 0) -> Batch:
        """Examples for testing, from other random numbers than any batch of a training."""
        return self.draw(size, held_out_generator(seed))


def held_out_generator(seed: int = 0) -> Generator:
    """What `Task.held_out` draws with; for drawing the same examples in their parts."""
    return Generator().manual_seed((1 << 62) + seed)


def curriculum(stages: Sequence[Task], size: int, *, steps: int, seed: int = 0) -> Batches:
    """Batches that go through tasks of rising difficulty, each for an equal share of all steps.

    Raises:
        ValueError: The tasks have different vocabularies.
    """
    if len({task.vocab_size for task in stages}) != 1:
        raise ValueError(f"the stages of a curriculum share a vocabulary, not {[task.vocab_size for task in stages]}")
    return lambda step: stages[min(step * len(stages) // steps, len(stages) - 1)].draw(size, _generator(seed, step))


@torch.no_grad()
def accuracy(model: Callable[..., Any], batch: Batch, *, size: int = 32) -> float:
    """Per cent of the answers that the model's likeliest token hits, `size` examples at a time."""
    device = getattr(model, "device", batch["input_ids"].device)
    right = asked = 0
    for ids, labels in zip(*(torch.split(batch[name], size) for name in ("input_ids", "labels")), strict=True):
        guesses = model(input_ids=ids.to(device)).logits[:, :-1].argmax(-1).cpu()
        wanted = labels[:, 1:]
        right += int((guesses == wanted).sum())
        asked += int((wanted != IGNORED).sum())
    return 100.0 * right / asked


def associative_recall(*, pairs: int = 8, keys: int = 32, values: int = 32, questions: int | None = None) -> Task:
    """``k v k v ... ASK k -> v``: pairs of tokens, then some of the keys again, each with its value as the answer.

    Ids: keys, then values, from `FIRST`. Asking all the pairs (the default) gives a training the most to learn from.
    Each pair is a "document" of two tokens in `Parts`.

    Raises:
        ValueError: There are fewer keys than pairs, or fewer pairs than questions.
    """
    questions = pairs if questions is None else questions
    _check_counts(pairs=pairs, values=values, questions=questions)
    if keys < pairs or questions > pairs:
        raise ValueError(f"{pairs} pairs need as many of the {keys} keys, and have no more than {questions} questions")

    def parts(size: int, generator: Generator) -> Parts:
        key = _distinct(size, pairs, keys, generator) + FIRST
        value = torch.randint(values, (size, pairs), generator=generator) + FIRST + keys
        asked = _distinct(size, questions, pairs, generator)
        question = torch.stack([torch.full_like(asked, ASK), key.gather(1, asked)], dim=-1)
        return Parts(_prefix(size), torch.stack([key, value], dim=-1), question, value.gather(1, asked))

    return Task(FIRST + keys + values, parts)


def needle(
    *, length: int, keys: int = 16, values: int = 16, needles: int = 1, depth: float | None = None, filler: int = 32
) -> Task:
    """One long text of filler with facts at random places in it, and one question.

    The fact that is asked for stands at `depth` (0 the beginning, 1 the end) or anywhere; the others, if `needles` is
    above one, have other keys. Ids: filler, keys, values, then facts by key and value. One document in `Parts`.

    Raises:
        ValueError: The facts do not fit in, or `depth` is not from 0 to 1.
    """
    _check_counts(length=length, keys=keys, values=values, needles=needles, filler=filler)
    if needles > min(keys, length):
        raise ValueError(f"{needles} needles need as many of the {keys} keys and of the {length} places")
    if depth is not None and not 0 <= depth <= 1:
        raise ValueError(f"depth is {depth}: 0 is the beginning and 1 the end")
    ids = _Ids(filler=filler, names=keys, values=values)

    def parts(size: int, generator: Generator) -> Parts:
        key = _distinct(size, needles, keys, generator)
        value = torch.randint(values, (size, needles), generator=generator)
        place = _distinct(size, needles, length, generator)
        if depth is not None:
            wanted = round(depth * (length - 1))
            place = torch.where(place == wanted, place[:, :1], place)  # another needle there changes places
            place[:, 0] = wanted
        text = ids.filler_text((size, length), generator).scatter(1, place, ids.fact(key, value))
        question = torch.stack([torch.full((size,), ASK), ids.name(key[:, 0])], dim=-1)
        return Parts(_prefix(size), text.unsqueeze(1), question.unsqueeze(1), ids.value(value[:, :1]))

    return Task(ids.vocab_size, parts)


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
    _check_counts(documents=documents, subjects=subjects, attributes=attributes, values=values, filler=filler)
    keys, sharing = subjects * attributes, (subjects - 1) + (attributes - 1) if attributes > 1 else 0
    if length < 2:
        raise ValueError(f"a document of {length} tokens has no room for a fact")
    if documents > keys:
        raise ValueError(f"{documents} documents need as many keys; {subjects} x {attributes} are {keys}")
    if not 1 <= questions <= documents:
        raise ValueError(f"{questions} questions on {documents} documents")
    if not 0 <= distractors <= min(sharing, documents - 1):
        raise ValueError(f"{distractors} distractors: {sharing} keys share a token, in {documents} documents")
    ids = _Ids(filler=filler, names=subjects + (attributes if attributes > 1 else 0), values=values, keys=keys)

    def parts(size: int, generator: Generator) -> Parts:
        key = draw_keys(size, generator)
        value = torch.randint(values, (size, documents), generator=generator)
        first = torch.zeros(size, 1, dtype=torch.long)
        asked = torch.cat([first, _distinct(size, questions - 1, documents - 1, generator) + 1], dim=1)
        asked_key, answer = key.gather(1, asked), value.gather(1, asked)
        if not nearer:
            order = _distinct(size, documents, documents, generator)
            key, value = key.gather(1, order), value.gather(1, order)
        text = ids.filler_text((size, documents, length), generator)
        text[..., 0] = DOCUMENT
        place = torch.randint(1, length, (size, documents, 1), generator=generator)
        text = text.scatter(2, place, ids.fact(key, value).unsqueeze(-1))
        names = [asked_key // attributes] + ([subjects + asked_key % attributes] if attributes > 1 else [])
        question = torch.stack([torch.full_like(asked, ASK), *(ids.name(name) for name in names)], dim=-1)
        return Parts(_prefix(size), text, question, ids.value(answer))

    def draw_keys(size: int, generator: Generator) -> Tensor:
        """(size, documents): the key asked for first, the distractors' last."""
        asked = torch.randint(keys, (size, 1), generator=generator)
        every = torch.arange(keys)
        same = every == asked
        chance = torch.rand(size, keys, generator=generator).masked_fill(same, -1)
        if not distractors:
            return chance.argsort(1)[:, :documents]
        shares = ((every // attributes == asked // attributes) | (every % attributes == asked % attributes)) & ~same
        # In rising order: the key asked for, those that share nothing with it, and after all of these those that do.
        ranked = (chance + shares).argsort(1)
        return torch.cat([ranked[:, : documents - distractors], ranked[:, keys - distractors :]], dim=1)

    return Task(ids.vocab_size, parts)


def multi_document_questions(
    *,
    documents: int = 8,
    facts: int = 4,
    length: int = 8,
    titles: int = 16,
    attributes: int = 8,
    values: int = 16,
    questions: int = 4,
    filler: int = 32,
) -> Task:
    """Documents with a title and several facts each, and several questions: what is this attribute in that document?

    The same attributes come up in every document with other values, so that an answer takes the right document as well
    as the right fact. Ids: filler, titles, attributes, values, then facts by attribute and value.

    Args:
        documents: How many; each begins with its title, and no two have the same.
        facts: In each document, of different attributes.
        length: Tokens of a document, title included.
        titles: Number of titles.
        attributes: Number of attributes.
        values: Number of values.
        questions: Asked one after the other, ``ASK title attribute -> value``.
        filler: Number of filler tokens.

    Raises:
        ValueError: There are not enough titles or attributes, no room for the facts, or more questions than facts.
    """
    _check_counts(documents=documents, facts=facts, values=values, questions=questions, filler=filler)
    if documents > titles or facts > attributes or facts >= length:
        raise ValueError(
            f"{documents} documents of {facts} facts and {length} tokens: there are {titles} titles and {attributes} "
            "attributes, and the title takes one token"
        )
    if questions > documents * facts:
        raise ValueError(f"{questions} questions on {documents * facts} facts")
    ids = _Ids(filler=filler, names=titles + attributes, values=values, keys=attributes)

    def parts(size: int, generator: Generator) -> Parts:
        title = _distinct(size, documents, titles, generator)
        attribute = _distinct(size * documents, facts, attributes, generator).view(size, documents, facts)
        value = torch.randint(values, (size, documents, facts), generator=generator)
        place = _distinct(size * documents, facts, length - 1, generator).view(size, documents, facts) + 1
        text = ids.filler_text((size, documents, length), generator).scatter(2, place, ids.fact(attribute, value))
        text[..., 0] = ids.name(title)
        asked = _distinct(size, questions, documents * facts, generator)
        names = title.gather(1, asked // facts), titles + attribute.flatten(1).gather(1, asked)
        question = torch.stack([torch.full_like(asked, ASK), *(ids.name(name) for name in names)], dim=-1)
        return Parts(_prefix(size), text, question, ids.value(value.flatten(1).gather(1, asked)))

    return Task(ids.vocab_size, parts)


@dataclass(frozen=True)
class _Ids:
    """Where each kind of token begins: filler, names (what questions are put in), values, facts."""

    filler: int
    names: int
    values: int
    keys: int = 0
    """Number of different keys of facts; that of names if not given."""

    @property
    def vocab_size(self) -> int:
        return FIRST + self.filler + self.names + self.values + (self.keys or self.names) * self.values

    def filler_text(self, shape: tuple[int, ...], generator: Generator) -> Tensor:
        return torch.randint(self.filler, shape, generator=generator) + FIRST

    def name(self, number: Tensor) -> Tensor:
        return number + FIRST + self.filler

    def value(self, number: Tensor) -> Tensor:
        return number + FIRST + self.filler + self.names

    def fact(self, key: Tensor, value: Tensor) -> Tensor:
        return key * self.values + value + FIRST + self.filler + self.names + self.values


def _generator(seed: int, step: int) -> Generator:
    return Generator().manual_seed(seed * 1_000_003 + step)


def _prefix(size: int) -> Tensor:
    return torch.full((size, 1), BEGIN)


def _distinct(size: int, count: int, among: int, generator: Generator) -> Tensor:
    """(size, count): numbers below `among`, no two in a row of the same value."""
    return torch.rand(size, among, generator=generator).argsort(1)[:, :count]


def _check_counts(**counts: int) -> None:
    for name, count in counts.items():
        if count < 1:
            raise ValueError(f"{name} is {count}: at least one is needed")
