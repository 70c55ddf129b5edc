"""Three tasks in words for small nets that may get help: facts with documents, products, nested look-ups.

Each gives prompts and answers as words with spaces between them, a tokenizer with one token a word, and batches in
which only answers carry labels.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import torch

from assay.testbed.tasks.task import IGNORED, Batch
from assay.testbed.training import Batches

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

Pair = tuple[str, str]
"""A prompt and the answer behind it."""

_SPECIAL = ("<pad>", "<s>", "</s>")


@dataclass(frozen=True)
class Words:
    """A vocabulary of whole words."""

    words: tuple[str, ...]

    @property
    def size(self) -> int:
        """Token ids."""
        return len(_SPECIAL) + len(self.words)

    @cached_property
    def tokenizer(self) -> "PreTrainedTokenizerFast":
        """Reads words with spaces between them."""
        from tokenizers import Tokenizer, models, pre_tokenizers  # noqa: PLC0415 - ids alone need no tokenizers
        from transformers import PreTrainedTokenizerFast  # noqa: PLC0415

        vocabulary = {word: at for at, word in enumerate((*_SPECIAL, *self.words))}
        tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=_SPECIAL[0]))
        tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()  # type: ignore[assignment]
        marks = dict(zip(("pad_token", "bos_token", "eos_token"), _SPECIAL, strict=True))
        return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **marks)  # type: ignore[no-untyped-call]

    def batches(self, draw: Callable[[random.Random], Pair], size: int, *, seed: int) -> Batches:
        """The batch of each step of a training: pairs, of which the answers and an end carry labels."""
        number = {word: at for at, word in enumerate((*_SPECIAL, *self.words))}

        def of_step(step: int) -> Batch:
            chance = random.Random(1_000_003 * seed + step)  # noqa: S311 - a draw, not a secret
            rows = []
            for _ in range(size):
                prompt, answer = ([number[word] for word in text.split()] for text in draw(chance))
                rows.append((len(prompt) + 1, [number["<s>"], *prompt, *answer, number["</s>"]]))
            longest = max(len(ids) for _, ids in rows)
            ids = torch.tensor([ids + [0] * (longest - len(ids)) for _, ids in rows])
            labels = ids.masked_fill(ids == 0, IGNORED)
            for row, (start, _) in enumerate(rows):
                labels[row, :start] = IGNORED
            return {"input_ids": ids, "labels": labels}

        return of_step


@dataclass(frozen=True)
class ZipfFacts:
    """Facts about things with names of three words, asked for by Zipf's law, under names that may be misheard."""

    count: int = 2_000
    parts: int = 32
    """Words that names are made of."""
    values: int = 48
    misheard: float = 0.1
    """How often one word of the name is another one in a question."""
    seed: int = 0

    @property
    def vocabulary(self) -> Words:
        """Words of names, values, marks."""
        return Words((*(f"n{i}" for i in range(self.parts)), *(f"v{i}" for i in range(self.values)), "document", "ask"))

    @cached_property
    def facts(self) -> tuple[Pair, ...]:
        """Names and values, the most frequent first."""
        chance = random.Random(self.seed)  # noqa: S311
        names = chance.sample(range(self.parts**3), self.count)
        parts = ((n // self.parts**2, n // self.parts % self.parts, n % self.parts) for n in names)
        return tuple((" ".join(f"n{part}" for part in name), f"v{chance.randrange(self.values)}") for name in parts)

    @cached_property
    def documents(self) -> list[str]:
        """One for each fact."""
        return [f"document {name} {value}" for name, value in self.facts]

    def ask(self, at: int, chance: random.Random) -> str:
        """A question for a fact."""
        name = self.facts[at][0].split()
        if chance.random() < self.misheard:
            name[chance.randrange(3)] = f"n{chance.randrange(self.parts)}"
        return f"ask {' '.join(name)}"

    def draw(self, chance: random.Random, *, documents: float) -> Pair:
        """A question by Zipf's law, behind its document in this share of cases."""
        at = int(self.count ** chance.random()) - 1  # 1/n, as good as
        before = f"{self.documents[at]} " if chance.random() < documents else ""
        return before + self.ask(at, chance), self.facts[at][1]


@dataclass(frozen=True)
class Products:
    """Three numbers behind letters, and the product of two: in the head, with partial products, or as a call."""

    digits: int = 3
    """Of a number, zeros in front included; as many numbers have one digit as two or three."""

    @property
    def vocabulary(self) -> Words:
        """Digits, letters, marks."""
        return Words((*map(str, range(10)), "A", "B", "C", "times", "+", "*", "direct", "steps", "call"))

    def numbers(self, chance: random.Random) -> tuple[str, int, int]:
        """A question without its mark, and the two numbers that it asks for."""
        values = [
            chance.randrange(10 ** (size - 1), 10**size) for size in (chance.randint(1, self.digits) for _ in "ABC")
        ]
        one, other = chance.sample(range(3), 2)
        shown = " ".join(f"{letter} {self.spell(value)}" for letter, value in zip("ABC", values, strict=True))
        return f"{shown} {'ABC'[one]} times {'ABC'[other]}", values[one], values[other]

    def spell(self, value: int, length: int | None = None) -> str:
        """A number digit by digit."""
        return " ".join(f"{value:0{length or self.digits}d}")

    def draw(self, chance: random.Random, *, how: str) -> Pair:
        """A question, and what is written behind it: ``direct``, ``steps`` or ``call``."""
        question, one, other = self.numbers(chance)
        product = self.spell(one * other, 2 * self.digits)
        partial = [self.spell(one * int(digit), self.digits + 1) for digit in f"{other:0{self.digits}d}"]
        written = {
            "direct": product,
            "steps": f"{' + '.join(partial)} {product}",
            "call": f"{self.spell(one)} * {self.spell(other)}",
        }
        return f"{question} {how}", written[how]


@dataclass(frozen=True)
class NestedLookups:
    """``s4 s9 s2``: what the table has for s4 and s9, and then what it has for that and s2; one place is the answer."""

    places: int = 24
    seed: int = 0

    @property
    def vocabulary(self) -> Words:
        """Places and a mark."""
        return Words((*(f"s{i}" for i in range(self.places)), "is"))

    @cached_property
    def table(self) -> list[list[int]]:
        """For each two places a third."""
        chance = random.Random(self.seed)  # noqa: S311
        return [[chance.randrange(self.places) for _ in range(self.places)] for _ in range(self.places)]

    def value(self, words: Sequence[str]) -> str:
        """The answer to the places of a question."""
        at = int(words[0][1:])
        for word in words[1:]:
            at = self.table[at][int(word[1:])]
        return f"s{at}"

    def question(self, depth: int, chance: random.Random) -> str:
        """Places for so many look-ups."""
        return " ".join(f"s{chance.randrange(self.places)}" for _ in range(depth + 1))

    def draw(self, chance: random.Random, *, deepest: int) -> Pair:
        """A question of any depth up to this one, and its answer."""
        question = self.question(chance.randint(1, deepest), chance)
        return f"{question} is", self.value(question.split())
