"""Votes: which of two models answered a prompt better."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.intp]

WIN, TIE, BOTH_BAD = 0, 1, 2
"""How a vote ends."""
_WINNERS = {
    "model_a": WIN, "model_b": WIN, "tie": TIE, "both_bad": BOTH_BAD, "tie (bothbad)": BOTH_BAD, "bothbad": BOTH_BAD
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Votes:
    """Votes over prompts and models, as numbers."""

    prompts: tuple[str, ...]
    """Each once."""
    models: tuple[str, ...]
    """In alphabetical order."""
    prompt: Indices
    """(votes,): the number of each vote's prompt."""
    winner: Indices
    """(votes,): the number of the model that won; of a tie, of either."""
    loser: Indices
    end: Indices
    """(votes,): `WIN`, `TIE` or `BOTH_BAD`."""

    def __len__(self) -> int:
        return len(self.prompt)

    @classmethod
    def from_records(cls, records: Iterable[Mapping[str, Any]], *, models: Sequence[str] | None = None) -> Self:
        """Read votes of records with ``prompt``, ``model_a``, ``model_b`` and ``winner``.

        Args:
            records: Such as the rows of a data set. A prompt is a text, or a list of the user's turns. The winner is
                ``model_a``, ``model_b``, ``tie`` or ``both_bad`` (the Arena's ``tie (bothbad)``).
            models: Those that may occur; all that do, if left out.

        Raises:
            ValueError: There are no votes, or a record lacks something or names a model or winner that is none.
        """
        rows = []
        for number, record in enumerate(records):
            where = f"vote {number}"
            prompt = text_of(record.get("prompt"), where)
            pair = [str(record.get(name) or "") for name in ("model_a", "model_b")]
            if not all(pair) or pair[0] == pair[1]:
                raise ValueError(f"{where}: model_a and model_b are {pair[0]!r} and {pair[1]!r}: give two names")
            unknown = [each for each in pair if models is not None and each not in models]
            if unknown:
                raise ValueError(f"{where}: there is no model {unknown[0]!r} among {', '.join(models or ())}")
            winner = record.get("winner")
            if winner not in _WINNERS:
                raise ValueError(f"{where}: the winner is {winner!r}: give one of {', '.join(_WINNERS)}")
            first, second = pair if winner != "model_b" else pair[::-1]
            rows.append((prompt, first, second, _WINNERS[winner]))
        if not rows:
            raise ValueError("there are no votes")
        names = sorted(set(models or ()) | {name for row in rows for name in row[1:3]})
        numbers = {name: at for at, name in enumerate(names)}
        prompts: dict[str, int] = {}
        return cls(
            prompt=np.array([prompts.setdefault(row[0], len(prompts)) for row in rows], dtype=np.intp),
            prompts=tuple(prompts),
            models=tuple(names),
            winner=np.array([numbers[row[1]] for row in rows], dtype=np.intp),
            loser=np.array([numbers[row[2]] for row in rows], dtype=np.intp),
            end=np.array([row[3] for row in rows], dtype=np.intp),
        )

    def of_prompts(self, kept: Indices) -> "Votes":
        """The votes on prompts of these numbers; the models stay."""
        place = np.full(len(self.prompts), -1)
        place[kept] = np.arange(len(kept))
        rows = place[self.prompt] >= 0
        return Votes(
            tuple(self.prompts[at] for at in kept), self.models, place[self.prompt[rows]],
            self.winner[rows], self.loser[rows], self.end[rows],
        )  # fmt: skip

    def first(self, count: int) -> "Votes":
        """The first so many votes, and the prompts of these."""
        kept, place = np.unique(self.prompt[:count], return_inverse=True)
        return Votes(
            tuple(self.prompts[at] for at in kept), self.models, place.astype(np.intp),
            self.winner[:count], self.loser[:count], self.end[:count],
        )  # fmt: skip


def text_of(prompt: Any, where: str) -> str:
    """The user's turns as one text.

    Raises:
        ValueError: There are none, or they are empty.
    """
    turns = [prompt] if isinstance(prompt, str) else prompt
    if not isinstance(turns, Sequence) or not turns or not all(isinstance(turn, str) for turn in turns):
        raise ValueError(f"{where}: the prompt is {prompt!r}: give a text, or a list of the user's turns")
    text = "\n\n".join(turns)
    if not text.strip():
        raise ValueError(f"{where}: the prompt is empty")
    return text
