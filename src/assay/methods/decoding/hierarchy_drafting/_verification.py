"""What goes through one forward pass: the tree of drafts, the window of guesses, their mask, and the cache after it."""

import random
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from transformers import Cache

from assay.methods.decoding.hierarchy_drafting._tables import ContextTable, Draft

Bools = npt.NDArray[np.bool_]


class DraftTree:
    """Drafts merged where they begin alike. Node 0 is the last token of the text; every node follows its parent."""

    def __init__(self, root: int) -> None:
        self.tokens = [root]
        self.parents = [0]
        self.depths = [0]
        self.sources = [""]
        """Letter of the table that each node came from first."""
        self.children: list[dict[int, int]] = [{}]

    def add(self, draft: Draft, source: str) -> None:
        """Grow the branch that spells `draft`, as far as it is not there yet."""
        node = 0
        for token in draft:
            child = self.children[node].get(token)
            if child is None:
                child = len(self.tokens)
                self.children[node][token] = child
                self.tokens.append(token)
                self.parents.append(node)
                self.depths.append(self.depths[node] + 1)
                self.sources.append(source)
                self.children.append({})
            node = child

    def sees(self) -> Bools:
        """(nodes, nodes): which node sees which, itself and its ancestors."""
        sees = np.eye(len(self.tokens), dtype=bool)
        for node, parent in enumerate(self.parents[1:], start=1):
            sees[node] |= sees[parent]
        return sees


class GuessWindow:
    """The Jacobi window of Lookahead Decoding: `rows` x `columns` guesses at the text ahead.

    Args:
        rows: As many as a draft has tokens; each column read downwards, with the next prediction, is an n-gram.
        columns: Guesses made in parallel.
        text: First guesses are drawn from these tokens, the same ones on every call.
    """

    def __init__(self, rows: int, columns: int, text: Sequence[int]) -> None:
        draw = random.Random(0)  # noqa: S311 - guesses, not secrets
        self.guesses = [draw.choices(text, k=columns) for _ in range(rows)]

    def learn(self, predictions: list[int], table: ContextTable) -> None:
        """Hand the n-grams that the last row's `predictions` complete to `table`, and move on by one token."""
        for key, *draft in zip(*self.guesses, predictions, strict=True):
            table.insert(key, tuple(draft))
        self.guesses = [*self.guesses[1:], predictions]

    def ahead(self) -> npt.NDArray[np.int64]:
        """(rows * columns): how far after the last token each guess stands."""
        rows, columns = len(self.guesses), len(self.guesses[0])
        return (np.arange(rows)[:, None] + np.arange(columns) + 1).ravel()

    def sees(self) -> Bools:
        """(rows * columns, same): row 0 up to its own column, then its own column down to itself."""
        rows, columns = len(self.guesses), len(self.guesses[0])
        row, column = (axis.ravel() for axis in np.indices((rows, columns)))
        first_row = (row[None] == 0) & (column[None] <= column[:, None])
        own_column = (column[None] == column[:, None]) & (row[None] <= row[:, None])
        sees: Bools = first_row | own_column
        return sees


def pass_inputs(
    trees: Sequence[DraftTree],
    windows: Sequence[GuessWindow],
    positions: Sequence[int],
    last_positions: Sequence[int],
) -> tuple[Tensor, Tensor, Tensor]:
    """Lay trees, padded to one size, and windows side by side.

    Args:
        trees: One for each of B sequences.
        windows: As many, all of one shape; or none.
        positions: Position of each root.
        last_positions: The highest position that each sequence may use; guesses beyond it are moved there.

    Returns:
        Ids (B, Q), positions (B, Q), and who sees whom among them (B, Q, Q). The nodes of a tree come first.
    """
    nodes = max(len(tree.tokens) for tree in trees)
    size = nodes + (np.size(windows[0].guesses) if windows else 0)
    ids = np.zeros((len(trees), size), dtype=np.int64)
    ahead = np.zeros((len(trees), size), dtype=np.int64)
    sees = np.zeros((len(trees), size, size), dtype=bool)
    sees[:, :, 0] = True  # everything follows the last token; padding sees nothing else of the pass
    for b, tree in enumerate(trees):
        own = len(tree.tokens)
        ids[b, :own], ahead[b, :own], sees[b, :own, :own] = tree.tokens, tree.depths, tree.sees()
    for b, window in enumerate(windows):
        ids[b, nodes:] = np.ravel(window.guesses)
        ahead[b, nodes:], sees[b, nodes:, nodes:] = window.ahead(), window.sees()
    places = np.minimum(ahead + np.array(positions)[:, None], np.array(last_positions)[:, None])
    return torch.from_numpy(ids), torch.from_numpy(places), torch.from_numpy(sees)


def additive_mask(real: Tensor, sees: Tensor, dtype: torch.dtype) -> Tensor:
    """(B, 1, Q, K + Q): 0 where a token of the pass may look, the lowest number elsewhere.

    Args:
        real: (B, K) which cached tokens are real.
        sees: (B, Q, Q) which tokens of the pass see which.
        dtype: Of the model.
    """
    allowed = torch.cat([real[:, None].expand(-1, sees.shape[1], -1), sees.to(real.device)], dim=-1)
    return torch.zeros(allowed.shape, dtype=dtype, device=real.device).masked_fill_(~allowed, torch.finfo(dtype).min)[
        :, None
    ]


def keep_accepted(cache: Cache, real: Tensor, slots: Sequence[Sequence[int]]) -> Tensor:
    """Leave of the last pass only the accepted tokens in `cache`, moved behind the older ones.

    Args:
        cache: Its layers hold K + Q keys and values.
        real: (B, K) which of the older ones are real.
        slots: For each sequence, the places in the pass of what was accepted, in order.

    Returns:
        `real` for what the cache now holds. A sequence that accepted less than another has holes there.
    """
    older, longest = real.shape[1], max(map(len, slots))
    dropped = cache.get_seq_length() - older - longest
    padded = torch.tensor([[*row, *[0] * (longest - len(row))] for row in slots], device=real.device)
    if any(list(row) != list(range(longest)) for row in slots):
        for layer in cache.layers:
            states: Tensor
            for states in (layer.keys, layer.values):  # type: ignore[union-attr, assignment] # (B, heads, K + Q, width)
                index = padded.to(states.device)[:, None, :, None].expand(-1, states.shape[1], -1, states.shape[3])
                states[:, :, older : older + longest] = states[:, :, older:].gather(2, index)
    cache.crop(-dropped)
    accepted = torch.tensor([[place < len(row) for place in range(longest)] for row in slots], device=real.device)
    return torch.cat([real, accepted], dim=1)
