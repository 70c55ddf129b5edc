"""Documents with a title and several facts each, and questions that name both."""

import torch
from torch import Generator

from assay.testbed.tasks._ids import Ids, check_counts, distinct, prefix
from assay.testbed.tasks.task import ASK, Parts, Task


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
    check_counts(documents=documents, facts=facts, values=values, questions=questions, filler=filler)
    if documents > titles or facts > attributes or facts >= length:
        raise ValueError(
            f"{documents} documents of {facts} facts and {length} tokens: there are {titles} titles and {attributes} "
            "attributes, and the title takes one token"
        )
    if questions > documents * facts:
        raise ValueError(f"{questions} questions on {documents * facts} facts")
    ids = Ids(filler=filler, names=titles + attributes, values=values, keys=attributes)

    def parts(size: int, generator: Generator) -> Parts:
        title = distinct(size, documents, titles, generator)
        attribute = distinct(size * documents, facts, attributes, generator).view(size, documents, facts)
        value = torch.randint(values, (size, documents, facts), generator=generator)
        place = distinct(size * documents, facts, length - 1, generator).view(size, documents, facts) + 1
        text = ids.filler_text((size, documents, length), generator).scatter(2, place, ids.fact(attribute, value))
        text[..., 0] = ids.name(title)
        target = distinct(size, questions, documents * facts, generator)
        names = title.gather(1, target // facts), titles + attribute.flatten(1).gather(1, target)
        question = torch.stack([torch.full_like(target, ASK), *(ids.name(name) for name in names)], dim=-1)
        return Parts(prefix(size), text, question, ids.value(value.flatten(1).gather(1, target)))

    return Task(ids.vocab_size, parts)
