"""The drafter: looks drafts up, has them verified in one pass, emits what the model would have said by itself."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any, Protocol, cast

import torch
from torch import Tensor
from transformers import Cache, GenerationConfig, LogitsProcessorList, PreTrainedModel, StoppingCriteriaList
from transformers.generation.utils import GenerateDecoderOnlyOutput

from assay.methods._decoders import text_config
from assay.methods.decoding.hierarchy_drafting._refusals import refuse_cache, refuse_call, refuse_model
from assay.methods.decoding.hierarchy_drafting._tables import ContextTable, CorpusTable, Draft, DraftTable, ModelTable
from assay.methods.decoding.hierarchy_drafting._verification import (
    DraftTree,
    GuessWindow,
    additive_mask,
    keep_accepted,
    pass_inputs,
)


class TokenStreamer(Protocol):
    """What transformers' streamers are."""

    def put(self, value: Tensor) -> None:
        """Take tokens, on the CPU."""

    def end(self) -> None:
        """There are no more."""


_TABLES = {"W": "context", "S": "model", "L": "corpus"}


@dataclass(frozen=True)
class HierarchyConfig:
    """How to draft.

    The defaults put up to 28 drafted and 28 window tokens into a pass, which is made for a GPU. Where a token more
    costs time, as on a CPU, fewer and shorter drafts without a window are faster.
    """

    order: str = "WSL"  # paper: the most local table first
    """Tables to ask, in this order; a table whose letter is left out is not used. Empty: nothing is drafted."""
    draft_tokens: int = 4  # official scripts: LEVEL=5, a key token and four more
    """Tokens in a draft, at most."""
    candidates: int = 7  # official scripts: GUESS=7
    """Drafts in a pass, at most; also the drafts kept for each key in the context table."""
    window: int = 7  # official scripts: WINDOW=7
    """Columns of the window of guesses that feeds the context table; 0: none. Counts only where the order has W."""

    def __post_init__(self) -> None:
        if set(self.order) - set(_TABLES) or len(set(self.order)) < len(self.order):
            raise ValueError(f"order is made of W, S and L, each at most once, not {self.order!r}")
        if self.draft_tokens < 1 or self.candidates < 1:
            raise ValueError(
                f"draft_tokens and candidates are at least 1, not {self.draft_tokens} and {self.candidates}; "
                "to draft nothing, leave the order empty"
            )
        if self.window < 0:
            raise ValueError(f"window is a number of columns, 0 for none, not {self.window}")

    @property
    def columns(self) -> int:
        """Columns of the window that ride along, 0 where nothing would use them."""
        return self.window if "W" in self.order else 0

    @property
    def tokens_per_pass(self) -> int:
        """The most tokens that one sequence puts through a pass: its last one, the drafted ones, the window."""
        return 1 + self.draft_tokens * ((self.candidates if self.order else 0) + self.columns)


@dataclass(frozen=True)
class DraftReport:
    """What drafting has brought since the drafter was made or reset; a batch counts each of its sequences."""

    tokens: int
    """Emitted tokens."""
    passes: int
    """Forward passes that emitted them, the one over the prompt included."""
    drafted: int
    """Drafted tokens that went through those passes, the window not counted."""
    most_drafted: int
    """The most of them in one pass."""
    accepted: dict[str, int]
    """Drafted tokens that were accepted, by the letter of the table that they came from."""
    used: dict[str, int]
    """Passes in which any was accepted, by the same letter."""
    look_up_seconds: float
    """Time spent asking the tables."""

    @property
    def tokens_per_pass(self) -> float:
        """1 for decoding token by token."""
        return self.tokens / max(self.passes, 1)


class HierarchyDrafter:
    """Drafts for ``model.generate(..., custom_generate=drafter.generate)``; holds the tables that outlive an answer.

    Args:
        config: How to draft.
        model_table: ``S``; needed where the order names it.
        corpus_table: ``L``; likewise.

    Raises:
        ValueError: The order names a table that is not there, or the tables are of different vocabularies.
    """

    def __init__(
        self,
        config: HierarchyConfig | None = None,
        *,
        model_table: ModelTable | None = None,
        corpus_table: CorpusTable | None = None,
    ) -> None:
        self.config = config or HierarchyConfig()
        self._lasting: dict[str, ModelTable | CorpusTable] = {}
        for letter, table in (("S", model_table), ("L", corpus_table)):
            if letter not in self.config.order:
                continue
            if table is None:
                raise ValueError(
                    f"order {self.config.order!r} asks table {letter}: "
                    f"pass {_TABLES[letter]}_table, or leave {letter} out of the order"
                )
            self._lasting[letter] = table
        sizes = {table.vocab_size for table in self._lasting.values()}
        if len(sizes) > 1:
            raise ValueError(f"the tables are of different vocabularies: {' and '.join(map(str, sizes))} tokens")
        self.reset_report()

    def reset_report(self) -> None:
        """Start counting anew."""
        self._counts: Counter[str] = Counter()
        self._accepted: Counter[str] = Counter()
        self._used: Counter[str] = Counter()
        self._most_drafted = 0
        self._look_up_seconds = 0.0

    def report(self) -> DraftReport:
        """What drafting has brought so far."""
        return DraftReport(
            tokens=self._counts["tokens"],
            passes=self._counts["passes"],
            drafted=self._counts["drafted"],
            most_drafted=self._most_drafted,
            accepted=dict(self._accepted),
            used=dict(self._used),
            look_up_seconds=self._look_up_seconds,
        )

    def look_up(self, context: ContextTable, tail: Sequence[int]) -> dict[Draft, str]:
        """Drafts for a text that ends in `tail`, with the letter of their table, until the slots are full."""
        started = perf_counter()
        drafts: dict[Draft, str] = {}
        tables: dict[str, DraftTable] = {"W": context, **self._lasting}
        for letter in self.config.order:
            if len(drafts) == self.config.candidates:
                break
            for draft in tables[letter].drafts(tail, self.config.candidates):
                if len(drafts) < self.config.candidates:
                    drafts.setdefault(draft[: self.config.draft_tokens], letter)
        self._look_up_seconds += perf_counter() - started
        return drafts

    @torch.no_grad()
    def generate(
        self,
        model: PreTrainedModel,
        input_ids: Tensor,
        logits_processor: LogitsProcessorList,
        stopping_criteria: StoppingCriteriaList,
        generation_config: GenerationConfig,
        token_streamer: TokenStreamer | None = None,
        **model_kwargs: Any,
    ) -> Any:
        """Decode greedily or sample, as `generate` would: pass this as its ``custom_generate``.

        Args:
            model: Decoder-only, with full attention ("eager" or "sdpa") and a `DynamicCache`.
            input_ids: (B, L) prompts, padded on the left where they differ in length.
            logits_processor: As `generate` prepares it.
            stopping_criteria: Likewise.
            generation_config: Likewise.
            token_streamer: Gets the prompt, then the tokens of each pass. `generate` does not hand its own
                ``streamer`` to a function of the caller's, hence another name.
            model_kwargs: The cache, and attention mask and position ids (B, L), as `generate` prepares them.

        Returns:
            (B, L + new) ids, or a `GenerateDecoderOnlyOutput` with them and, for a single sequence, the cache.

        Raises:
            ValueError: What cannot be decoded this way without changing the output, in words.
        """
        refuse_model(model)
        refuse_call(input_ids, logits_processor, generation_config, model_kwargs)
        self._refuse_tables(model)
        if token_streamer is not None and len(input_ids) > 1:
            raise ValueError("a token_streamer follows one sequence: leave it out, or decode one at a time")
        mask: Tensor | None = model_kwargs.get("attention_mask")
        real = (torch.ones_like(input_ids) if mask is None else mask).bool()
        longest = int(generation_config.max_length or 0) + self.config.tokens_per_pass
        refuse_cache(model, model_kwargs, input_ids, real.shape[1], longest)
        cache: Cache = model_kwargs["past_key_values"]
        positions: Tensor | None = model_kwargs.get("position_ids")
        if positions is None:
            positions = (real.cumsum(-1) - 1).clamp(min=0)
        ids = _room(input_ids, generation_config)
        rows = [
            _Row(ids[b], input_ids.shape[1], int(positions[b, -1]), input_ids[b, real[b]].tolist(), self.config)
            for b in range(len(ids))
        ]
        streamed = input_ids.shape[1]
        if token_streamer is not None:
            token_streamer.put(input_ids.cpu())

        cached = cache.get_seq_length()
        logits = model(
            input_ids=input_ids[:, cached:],
            attention_mask=mask,
            position_ids=positions[:, cached:],
            past_key_values=cache,
            use_cache=True,
            **{name: value for name, value in model_kwargs.items() if name == "logits_to_keep"},
        ).logits[:, -1:]
        real = real.to(logits.device)
        trees = [DraftTree(row.last) for row in rows]
        while True:
            pick = _picker(logits, logits_processor, sample=bool(generation_config.do_sample))
            slots = [
                self._walk(row, tree, partial(pick, b), stopping_criteria)
                for b, (row, tree) in enumerate(zip(rows, trees, strict=True))
            ]
            if token_streamer is not None:
                token_streamer.put(ids[0, streamed : rows[0].length].cpu())
                streamed = rows[0].length
            if cache.get_seq_length() > real.shape[1]:  # else it was the pass over the prompt, of which all stays
                real = keep_accepted(cache, real, slots)
            if not any(row.unfinished for row in rows):
                break
            trees = [self._tree(row) for row in rows]
            logits = _forward(model, cache, real, rows, trees)
        if token_streamer is not None:
            token_streamer.end()
        sequences = ids[:, : max(row.length for row in rows)]
        if not generation_config.return_dict_in_generate:
            return sequences
        return GenerateDecoderOnlyOutput(
            sequences=cast("torch.LongTensor", sequences), past_key_values=cache if len(rows) == 1 else None
        )

    def _tree(self, row: "_Row") -> DraftTree:
        """The drafts for one sequence, none longer than what may still be emitted; the root alone once it is done."""
        tree = DraftTree(row.last)
        if row.unfinished and (room := row.room - 1):
            for draft, letter in self.look_up(row.context, row.tokens).items():
                tree.add(draft[:room], letter)
        return tree

    def _walk(
        self,
        row: "_Row",
        tree: DraftTree,
        pick: Callable[[int, Tensor], int],
        stopping_criteria: StoppingCriteriaList,
    ) -> list[int]:
        """Emit tokens down `tree` for as long as it foresaw them; returns the slots of the pass that were right."""
        if not row.unfinished:
            return []
        slots, emitted, node = [0], [], 0
        while True:
            emitted.append(pick(node, row.text))
            row.append(emitted[-1])
            row.unfinished = not bool(stopping_criteria(row.text, None).all())  # no scores are kept for it to see
            child = tree.children[node].get(emitted[-1])
            if child is None or not row.unfinished:
                break
            slots.append(child)
            node = child
        row.context.extend(emitted)
        drafted = len(tree.tokens) - 1
        self._counts.update(tokens=len(emitted), passes=1, drafted=drafted)
        self._most_drafted = max(self._most_drafted, drafted)
        self._accepted.update(tree.sources[slot] for slot in slots[1:])
        self._used.update(tree.sources[slot] for slot in slots[1:][-1:])
        return slots

    def _refuse_tables(self, model: PreTrainedModel) -> None:
        size = text_config(model).vocab_size
        for letter, table in self._lasting.items():
            if table.vocab_size != size:
                raise ValueError(
                    f"table {letter} is of a vocabulary of {table.vocab_size} tokens and the model of one of "
                    f"{size}: build the table with this model's tokeniser and vocabulary size"
                )


class _Row:
    """One sequence of the batch: its text so far, and what drafting for it needs.

    Args:
        ids: (longest) the ids of the prompt, then room for the answer.
        length: Of the prompt, padding included.
        position: Position id of its last token.
        prompt: The same without padding.
        config: How to draft.
    """

    def __init__(self, ids: Tensor, length: int, position: int, prompt: list[int], config: HierarchyConfig) -> None:
        self._ids = ids
        self.length = length
        self.position = position
        self.tokens = prompt
        self.context = ContextTable(draft_tokens=config.draft_tokens, keep=config.candidates)
        if "W" in config.order:
            self.context.extend(prompt)
        self.window = GuessWindow(config.draft_tokens, config.columns, prompt) if config.columns else None
        self.unfinished = True

    @property
    def text(self) -> Tensor:
        """(1, length) as logits processors and stopping criteria expect it."""
        return self._ids[None, : self.length]

    @property
    def room(self) -> int:
        """Tokens that may still be emitted."""
        return len(self._ids) - self.length

    @property
    def last(self) -> int:
        """The last token."""
        return self.tokens[-1]

    def append(self, token: int) -> None:
        """Take an emitted token."""
        self._ids[self.length] = token
        self.tokens.append(token)
        self.length += 1
        self.position += 1


def _forward(
    model: PreTrainedModel, cache: Cache, real: Tensor, rows: Sequence[_Row], trees: Sequence[DraftTree]
) -> Tensor:
    """One pass over the trees and windows; the windows learn from it. Returns the logits of the trees' nodes."""
    windows = [row.window for row in rows if row.window is not None]
    positions = [row.position for row in rows]
    ids, places, sees = pass_inputs(trees, windows, positions, [row.position + row.room for row in rows])
    logits: Tensor = model(
        input_ids=ids.to(real.device),
        attention_mask=additive_mask(real, sees, model.dtype),
        position_ids=places.to(real.device),
        past_key_values=cache,
        use_cache=True,
    ).logits
    if windows:
        columns = len(windows[0].guesses[0])
        for row, window, predictions in zip(rows, windows, logits[:, -columns:].argmax(-1).tolist(), strict=True):
            window.learn(predictions, row.context)
    return logits


def _picker(logits: Tensor, processors: LogitsProcessorList, *, sample: bool) -> Callable[[int, int, Tensor], int]:
    """How the model goes on after node `node` of row `b`, given the text up to there: ``pick(b, node, text)``."""
    if not sample and not processors:
        best = logits.float().argmax(-1).tolist()
        return lambda b, node, _text: int(best[b][node])

    def pick(b: int, node: int, text: Tensor) -> int:
        scores = processors(
            cast("torch.LongTensor", text), logits[b, node][None].to(text.device, torch.float32, copy=True)
        )
        if sample:
            return int(torch.multinomial(scores.softmax(-1), num_samples=1))
        return int(scores.argmax(-1))

    return pick


def _room(input_ids: Tensor, config: GenerationConfig) -> Tensor:
    """(B, max_length): the prompts and, behind them, padding for the answers to be written over."""
    pad = getattr(config, "_pad_token_tensor", None)
    ids = input_ids.new_full((len(input_ids), int(config.max_length)), 0 if pad is None else int(pad))
    ids[:, : input_ids.shape[1]] = input_ids
    return ids
