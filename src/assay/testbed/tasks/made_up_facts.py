"""Made-up facts that a tiny model learns by heart: a relation, a subject of two words, an object, one token each.

They are for editing: a stream takes some of the facts, gives each another object, and names as many that stay.
"""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import torch
from torch import Generator, Tensor
from transformers import PreTrainedTokenizerFast

from assay.testbed.tasks.task import IGNORED, Batch
from assay.testbed.training import Batches

WORDS, RELATIONS, FIRSTS, SECONDS, OBJECTS = 16, 8, 24, 24, 48


class Fact(NamedTuple):
    """What a prompt about a subject is answered by."""

    prompt: str
    """With ``{}`` where the subject stands."""
    subject: str
    object: str

    @property
    def question(self) -> str:
        """The prompt on its subject."""
        return self.prompt.replace("{}", self.subject)


@cache
def word_tokenizer() -> PreTrainedTokenizerFast:
    """A tokeniser with one token a word: mere words w, relations r, parts of subjects a and b, objects o."""
    from tokenizers import Tokenizer, models, pre_tokenizers  # noqa: PLC0415

    counts = {"w": WORDS, "r": RELATIONS, "a": FIRSTS, "b": SECONDS, "o": OBJECTS}
    words = ["<pad>", "<s>", "</s>", *(f"{kind}{n}" for kind, count in counts.items() for n in range(count))]
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token="<pad>"))  # noqa: S106
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>")  # noqa: S106


@cache
def make_facts(count: int) -> tuple[Fact, ...]:
    """So many facts, no two on the same relation and subject."""
    generator = Generator().manual_seed(0)
    numbers = torch.randperm(RELATIONS * FIRSTS * SECONDS, generator=generator)[:count].tolist()
    objects = torch.randint(OBJECTS, (len(numbers),), generator=generator).tolist()
    return tuple(
        Fact(f"r{n // (FIRSTS * SECONDS)} {{}}", f"a{n // SECONDS % FIRSTS} b{n % SECONDS}", f"o{thing}")
        for n, thing in zip(numbers, objects, strict=True)
    )


@cache
def edit_stream(count: int, edits: int, seed: int) -> tuple[list[Fact], list[Fact]]:
    """So many of the facts, each with another object than before, and as many (300 at least) that stay as they are."""
    generator = Generator().manual_seed(seed)
    facts = [make_facts(count)[n] for n in torch.randperm(count, generator=generator).tolist()]
    further = torch.randint(1, OBJECTS, (edits,), generator=generator).tolist()
    changes = [
        fact._replace(object=f"o{(int(fact.object[1:]) + more) % OBJECTS}")
        for fact, more in zip(facts[:edits], further, strict=True)
    ]
    return changes, facts[edits : edits + max(300, edits)]


def fact_batches(facts: Sequence[Fact], *, size: int) -> Batches:
    """The batch of each step of a training: so many facts behind up to four words, of which objects are the labels."""
    tokens: Tensor = torch.tensor(word_tokenizer()([f"{fact.question} {fact.object}" for fact in facts])["input_ids"])

    def of_step(step: int) -> Batch:
        generator = Generator().manual_seed(step)
        some = tokens[torch.randint(len(tokens), (size,), generator=generator)]
        words = torch.randint(3, 3 + WORDS, (len(some), step % 5), generator=generator)
        ids = torch.cat([words, some], 1)
        labels = ids.clone()
        labels[:, :-1] = IGNORED
        return {"input_ids": ids, "labels": labels}

    return of_step


def fact_questions(facts: Sequence[Fact]) -> list[str]:
    """The question of each fact behind two words."""
    words = torch.randint(WORDS, (len(facts), 2), generator=Generator().manual_seed(0)).tolist()
    return [f"w{first} w{second} {fact.question}" for (first, second), fact in zip(words, facts, strict=True)]
