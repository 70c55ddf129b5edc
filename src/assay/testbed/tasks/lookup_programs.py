"""Programs of table look-ups, said in other words than their tables' names: tasks of steps for nets trained in seconds.

``w7 w30 w12 s5``: from state 5, by the tables that these words stand for, one after the other. Each table has several
words. A net may answer at once (``= s9``), write the states on the way (``: s8 s2 = s9``), or name the tables
(``@ t2 t10 t4``) and look up one at a time (``t2 s5 = s8``).
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import torch

from assay.testbed.tasks.task import IGNORED
from assay.testbed.training import Batches

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

_MARKS = ("<pad>", "<s>", "</s>", "=", ":", "@")


@dataclass(frozen=True)
class Program:
    """A problem: words of tables, and a state to begin with."""

    words: tuple[int, ...]
    tables: tuple[int, ...]
    """That the words stand for."""
    states: tuple[int, ...]
    """The first one, and that after each step."""

    @property
    def problem(self) -> str:
        """As it is asked."""
        return " ".join([*(f"w{word}" for word in self.words), f"s{self.states[0]}"])

    @property
    def plan(self) -> str:
        """The tables by name."""
        return " ".join(f"t{table}" for table in self.tables)

    @property
    def chain(self) -> str:
        """The states on the way."""
        return " ".join(f"s{state}" for state in self.states[1:-1])

    @property
    def answer(self) -> str:
        """The state at the end."""
        return f"s{self.states[-1]}"


@dataclass(frozen=True)
class LookupPrograms:
    """The tables, and programs over them."""

    tables: int = 12
    states: int = 24
    wordings: int = 3
    """Words that stand for one table."""
    steps: int = 3
    seed: int = 0
    """Of the tables."""

    @cached_property
    def _contents(self) -> list[list[int]]:
        draw = random.Random(self.seed)  # noqa: S311 - a task, not a secret
        return [[draw.randrange(self.states) for _ in range(self.states)] for _ in range(self.tables)]

    @property
    def words(self) -> list[str]:
        """The vocabulary, in the order of token ids."""
        counts = (("t", self.tables), ("w", self.tables * self.wordings), ("s", self.states))
        return [*_MARKS, *(f"{letter}{at}" for letter, count in counts for at in range(count))]

    def tokenizer(self) -> "PreTrainedTokenizerFast":
        """Reads words with spaces between them."""
        from tokenizers import Tokenizer, models, pre_tokenizers  # noqa: PLC0415 - programs alone need no tokenizers
        from transformers import PreTrainedTokenizerFast  # noqa: PLC0415

        words = {word: at for at, word in enumerate(self.words)}
        tokenizer = Tokenizer(models.WordLevel(words, unk_token="<pad>"))  # noqa: S106 - a mark
        tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()  # type: ignore[assignment]
        marks = {"pad_token": "<pad>", "bos_token": "<s>", "eos_token": "</s>"}
        return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **marks)  # type: ignore[no-untyped-call]

    def draw(self, draw: random.Random, tables: Sequence[int] | None = None) -> Program:
        """A program; of the given tables, if there are any."""
        chosen = tuple(tables or (draw.randrange(self.tables) for _ in range(self.steps)))
        words = tuple(table * self.wordings + draw.randrange(self.wordings) for table in chosen)
        states = [draw.randrange(self.states)]
        for table in chosen:
            states.append(self._contents[table][states[-1]])
        return Program(words, chosen, tuple(states))

    def alike(self, program: Program, number: int, draw: random.Random) -> list[Program]:
        """Programs of the same tables in other words and from other states."""
        drawn: dict[str, Program] = {}
        while len(drawn) < number:
            other = self.draw(draw, program.tables)
            if other.states[0] != program.states[0]:
                drawn[other.problem] = other
        return list(drawn.values())

    def batches(self, line: Callable[[Program, random.Random], tuple[str, str]], *, size: int, seed: int) -> Batches:
        """Batches of lines to be learnt: of each program what stands before, and what is to be written behind it."""
        ids = {word: at for at, word in enumerate(self.words)}

        def of_step(step: int) -> dict[str, torch.Tensor]:
            draw = random.Random(f"{seed} {step}")  # noqa: S311
            rows = []
            for _ in range(size):
                before, behind = line(self.draw(draw), draw)
                given = [ids[word] for word in f"<s> {before}".split()]
                rows.append((given, [ids[word] for word in f"{behind} </s>".split()]))
            length = max(len(given) + len(learnt) for given, learnt in rows)
            inputs, labels = torch.zeros(size, length, dtype=torch.long), torch.full((size, length), IGNORED)
            for row, (given, learnt) in enumerate(rows):
                inputs[row, : len(given) + len(learnt)] = torch.tensor(given + learnt)
                labels[row, len(given) : len(given) + len(learnt)] = torch.tensor(learnt)
            return {"input_ids": inputs, "labels": labels}

        return of_step
