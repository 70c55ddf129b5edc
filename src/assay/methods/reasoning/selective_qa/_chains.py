"""Chains of thought that are written up to one budget after the other, on branches of one cache."""

from collections.abc import Sequence
from typing import Any

from assay.methods._branches import GREEDY, Branches, Sampling, stop_at


class Chains:
    """Rows that think; each ends by itself, once it was kept from it often enough, or thinks on.

    A chain of a small budget is the beginning of that of a larger one. Only where a budget cuts a mark of the end that
    has several tokens, the first of them stay in what is read at that budget.
    """

    def __init__(
        self,
        branches: Branches,
        tokenizer: Any,
        *,
        end: str,
        wait: Sequence[int],
        waits: int,
        sampling: Sampling = GREEDY,
        seed: int = 0,
    ) -> None:
        self.branches = branches
        self.natural = [False] * len(branches)
        """Which rows have ended by themselves."""
        self._tokenizer = tokenizer
        self._prompts = [len(text) for text in branches.tokens]
        self._end = end
        self._stop = stop_at(tokenizer, [end]) if end else None
        self._wait = list(wait)
        self._left = [waits] * len(branches)
        self._owed: list[list[int]] = [[] for _ in range(len(branches))]
        """Of a waiting word, what the last budget had no room for."""
        self._sampling, self._seed = sampling, seed

    @property
    def lengths(self) -> list[int]:
        """Tokens that each row has thought."""
        return [len(text) - prompt for text, prompt in zip(self.branches.tokens, self._prompts, strict=True)]

    def think(self, budget: int) -> None:
        """Think on, until each row has thought `budget` tokens or has ended."""
        while True:
            self._pay(budget)
            missing = [
                0 if natural else budget - length for natural, length in zip(self.natural, self.lengths, strict=True)
            ]
            if not any(missing):
                return
            written = self.branches.write(missing, sampling=self._sampling, stop=self._stop, seed=self._seed)
            self._seed += 1
            ends = [
                0 if not count else self._ending(row, each.ended)
                for row, (count, each) in enumerate(zip(missing, written, strict=True))
            ]
            self.branches.take_back(ends)
            for row, count in enumerate(ends):
                if not count:
                    continue
                if self._left[row]:
                    self._left[row] -= 1
                    self._owed[row] = list(self._wait)
                else:
                    self.natural[row] = True

    def fork(self, suffixes: Sequence[Sequence[int]]) -> Branches:
        """The rows as they are, with its suffix behind each; what is written there leaves the chains alone."""
        if any(self.branches.unread) and not any(self.lengths):
            self.branches.read_unread()  # the prompts, once for all budgets
        fork = self.branches.select(range(len(self.branches)))
        fork.append(suffixes)
        return fork

    def _pay(self, budget: int) -> None:
        """Put the waiting word behind rows that are to think on, as far as the budget has room for it."""
        rows = []
        for row, length in enumerate(self.lengths):
            rows.append(self._owed[row][: budget - length])
            self._owed[row] = self._owed[row][budget - length :]
        if any(rows):
            self.branches.append(rows)

    def _ending(self, row: int, ended: str) -> int:
        """How many tokens at the end of a row, from the mark that ends its thinking on, are to be taken back."""
        chain = self.branches.tokens[row][self._prompts[row] :]
        if self._end:
            place = self._text(chain).find(self._end)
            if place >= 0:
                kept = next(n for n in range(len(chain), -1, -1) if len(self._text(chain[:n])) <= place)
                return len(chain) - kept
        return int(ended == "eos")

    def _text(self, tokens: Sequence[int]) -> str:
        return str(self._tokenizer.decode(list(tokens), skip_special_tokens=False))
