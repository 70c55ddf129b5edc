"""Stories of the form of bAbI: among filler, persons go to places and take things with them.

Asked is who is where (bAbI's first task, one fact) and where something is that someone carries (its second, two facts).
A fact is one token and a question another; the answer is a label only, so that no answer tells a later question
anything. Ids from `FIRST`: filler, questions on persons and on things, places, who goes where, who takes what.
"""

import torch
from torch import Generator, Tensor

from assay.testbed.tasks.task import FIRST, IGNORED, Batch

PERSONS, THINGS, PLACES, FILLER = 3, 2, 5, 12
ASK_PERSON = FIRST + FILLER
ASK_THING = ASK_PERSON + PERSONS
PLACE = ASK_THING + THINGS
MOVE = PLACE + PLACES
TAKE = MOVE + PERSONS * PLACES
VOCAB_SIZE = TAKE + PERSONS * THINGS
TAKES = 0.3
"""Share of the facts that say who takes what; the same of the questions on persons and things are on things."""


def running_stories(size: int, *, length: int, facts: int, questions: int, generator: Generator) -> Batch:
    """So many stories of a length, with so many facts and questions anywhere in them."""
    order = torch.rand(size, length, generator=generator).argsort(1)
    return _draw(order, facts, order.flip(1), questions, generator)


def finished_stories(size: int, *, length: int, facts: int, about: str, gap: int, generator: Generator) -> Batch:
    """So many stories of a length that end in questions on all persons or all things.

    Args:
        size: Number of stories.
        length: Their tokens, questions and places of answers included.
        facts: Facts of a story.
        about: ``person`` or ``thing``.
        gap: Tokens of filler at least between the last fact and the first question.
        generator: Of what is drawn.
    """
    ends = length - 2 * (PERSONS if about == "person" else THINGS)
    order = torch.rand(size, ends - gap, generator=generator).argsort(1)
    places = torch.arange(ends, length, 2).expand(size, -1)
    order = torch.cat([order, torch.arange(ends - gap, length).expand(size, -1)], dim=1)
    return _draw(order, facts, places, places.shape[1], generator, about=about)


def _draw(
    order: Tensor, facts: int, places: Tensor, questions: int, generator: Generator, *, about: str | None = None
) -> Batch:
    """Stories with facts at the first of `order` (size, length), and questions at the first of `places` (size, any).

    A question is answered as of its place. Where nothing told the answer yet, there is no label.
    """
    shape = order.shape
    at = torch.arange(shape[1]).expand(shape)
    person, thing, place = (torch.randint(count, shape, generator=generator) for count in (PERSONS, THINGS, PLACES))
    on_thing = torch.rand(shape, generator=generator) < TAKES
    is_fact, is_question = (
        torch.zeros(shape, dtype=torch.bool).scatter(1, spots[:, :count], True)  # noqa: FBT003
        for spots, count in ((order, facts), (places, questions))
    )
    if about is not None:
        on_thing = torch.where(is_question, about == "thing", on_thing)
        number = is_question.cumsum(1) - 1
        person, thing = (
            torch.where(is_question, number.clamp(0, most - 1), subject)
            for most, subject in ((PERSONS, person), (THINGS, thing))
        )

    def latest(here: Tensor) -> Tensor:
        """The latest place at which it was so, as of each place; -1 before."""
        return at.masked_fill(~here, -1).cummax(1).values

    def of_each(who: Tensor, places: Tensor) -> Tensor:
        """(size, length): the row of `places` (number, size, length) that `who` names, at each place."""
        return places.gather(0, who.unsqueeze(0))[0]

    moves = torch.stack([latest(is_fact & ~on_thing & (person == each)) for each in range(PERSONS)])
    takes = torch.stack([latest(is_fact & on_thing & (thing == each)) for each in range(THINGS)])
    take = of_each(thing, takes)
    who = torch.where(on_thing, person.gather(1, take.clamp(min=0)), person)
    move = of_each(who, moves)
    is_known = is_question & (move >= 0) & (~on_thing | (take >= 0))
    answer = PLACE + place.gather(1, move.clamp(min=0))
    ids = torch.randint(FILLER, shape, generator=generator) + FIRST
    fact = torch.where(on_thing, TAKE + person * THINGS + thing, MOVE + person * PLACES + place)
    question = torch.where(on_thing, ASK_THING + thing, ASK_PERSON + person)
    ids = torch.where(is_fact, fact, torch.where(is_question, question, ids))
    labels = answer.masked_fill(~is_known, IGNORED).roll(1, dims=1)
    labels[:, 0] = IGNORED
    return {"input_ids": ids, "labels": labels}
