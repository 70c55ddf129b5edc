"""Jacobi decoding: a block of guesses is refined in parallel until each is what greedy decoding writes."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import torch
from torch import Tensor
from transformers import GenerationConfig, LogitsProcessorList, PreTrainedModel, StoppingCriteriaList
from transformers.generation.utils import GenerateDecoderOnlyOutput

from assay.methods._branches import Branches, Stop, Usage, end_tokens, refuse_layers, refuse_model
from assay.methods.decoding._processors import is_rowwise

METHOD = "Jacobi decoding"
_PREPARED = {"attention_mask", "position_ids", "past_key_values", "use_cache", "logits_to_keep"}
"""What `generate` hands over by itself."""


@dataclass(frozen=True)
class Block:
    """How one block was refined: the trajectory that consistency distillation learns to leap over."""

    start: int
    """Its place in the answer."""
    states: list[list[int]]
    """(states, n): from the first guess to what greedy decoding writes, each unlike the one before."""


@dataclass
class JacobiAnswer:
    """What was written behind a prompt, and how it came about."""

    prompt: list[int]
    tokens: list[int] = field(default_factory=list)
    """Those of greedy decoding."""
    passes: int = 0
    """In which it took part, that over its prompt included."""
    ended: str = ""
    """``eos``, ``stop``, or ``length`` where the budget was used up."""
    blocks: list[Block] = field(default_factory=list)
    images: tuple[tuple[int, int], ...] = ()
    """Where tokens of the prompt see each other both ways: the first place and the one behind the last."""

    @property
    def tokens_per_pass(self) -> float:
        """1 for decoding token by token."""
        return len(self.tokens) / max(self.passes, 1)


Pick = Callable[["_Row", Tensor], int]
"""A row's next token, from its logits (vocabulary)."""
End = Callable[["_Row"], str]
"""Why a row ends with the token that it has just written; empty where it goes on."""


@dataclass(frozen=True)
class JacobiDecoding:
    """Writes what greedy decoding writes, several tokens a pass where guesses turn out right.

    A pass reads one sure token and up to ``block - 1`` guesses. What the model would write after each is the next
    guess; those that follow only right ones are sure. With a block of 1 it is plain greedy decoding.
    """

    block: int = 16  # official code: MAX_NEW_TOKENS of a Jacobi block
    """Tokens that a pass reads of a text, at most. On a CPU, where each costs time, fewer are faster."""
    seed: int = 0
    """Of the first guesses, which are drawn from the text of the prompt (paper)."""

    def __post_init__(self) -> None:
        if self.block < 1:
            raise ValueError(f"block is {self.block}: give 1, which is plain decoding, or more")

    def write(
        self,
        model: PreTrainedModel,
        prompts: Sequence[Sequence[int]],
        new: int,
        *,
        stop: Stop | None = None,
        usage: Usage | None = None,
    ) -> list[JacobiAnswer]:
        """Write up to `new` tokens behind each prompt, all prompts in one batch.

        Args:
            model: A decoder-only model of transformers.
            prompts: Token ids, a token at least each.
            new: Budget of each row.
            stop: Ends a row; see `assay.methods._branches.stop_at`.
            usage: Counts passes and tokens, those of wrong guesses included.

        Raises:
            ValueError: A model that cannot be read so that the result is exact, an empty prompt, or no budget.
        """
        branches = Branches.read(model, prompts, method=METHOD, usage=usage)
        return self.write_from(branches, new, stop=stop)

    def write_from(
        self,
        branches: Branches,
        new: int,
        *,
        stop: Stop | None = None,
        images: Sequence[Sequence[tuple[int, int]]] | None = None,
    ) -> list[JacobiAnswer]:
        """Write behind texts that are read already; the branches are used up.

        Args:
            branches: The texts.
            new: Budget of each row.
            stop: Ends a row.
            images: Where images stand in each text, as `read_with_images` was told; no guess is drawn from them.

        Raises:
            ValueError: No budget, or the texts would outgrow a sliding window.
        """
        if new < 1:
            raise ValueError(f"the budget is {new} tokens: give 1 or more")
        ends = end_tokens(branches.model)

        def end(row: _Row) -> str:
            tokens = row.answer.tokens
            if tokens[-1] in ends:
                return "eos"
            if stop is not None and stop(tokens):
                return "stop"
            return "length" if len(tokens) == new else ""

        self._refuse_length(branches, new)
        places = images or [()] * len(branches)
        rows = [
            _Row(b, text, new, self, tuple(its))
            for b, (text, its) in enumerate(zip(branches.tokens, places, strict=True))
        ]
        _decode(branches, rows, _likeliest, end)
        return [row.answer for row in rows]

    @torch.no_grad()
    def generate(
        self,
        model: PreTrainedModel,
        input_ids: Tensor,
        logits_processor: LogitsProcessorList,
        stopping_criteria: StoppingCriteriaList,
        generation_config: GenerationConfig,
        **model_kwargs: Any,
    ) -> Any:
        """Decode greedily as `generate` would: pass this as its ``custom_generate``.

        Args:
            model: As for `write`.
            input_ids: (B, L) prompts, padded where they differ in length.
            logits_processor: As `generate` prepares it; called once for each token that is written.
            stopping_criteria: Likewise.
            generation_config: Likewise.
            model_kwargs: The attention mask (B, L) and what else `generate` prepares. Its cache is not filled.

        Returns:
            (B, L + new) ids, or a `GenerateDecoderOnlyOutput` with them alone.

        Raises:
            ValueError: What cannot be decoded this way without changing the output, in words.
        """
        refuse_model(model, method=METHOD)
        _refuse_call(input_ids, logits_processor, generation_config, model_kwargs)
        mask: Tensor | None = model_kwargs.get("attention_mask")
        real = (torch.ones_like(input_ids) if mask is None else mask).bool()
        _refuse_positions(real, model_kwargs.get("position_ids"))
        length, longest = input_ids.shape[1], int(generation_config.max_length or 0)
        pad = getattr(generation_config, "_pad_token_tensor", None)
        ids = input_ids.new_full((len(input_ids), longest), 0 if pad is None else int(pad))
        ids[:, :length] = input_ids

        def text(row: _Row) -> Any:
            return ids[row.number : row.number + 1, : length + len(row.answer.tokens)]

        def pick(row: _Row, logits: Tensor) -> int:
            return int(logits_processor(text(row), logits[None].float()).argmax(-1))

        def end(row: _Row) -> str:
            text(row)[0, -1] = row.answer.tokens[-1]
            return "stop" if bool(stopping_criteria(text(row), cast("Any", None)).all()) else ""

        prompts = [each[here].tolist() for each, here in zip(input_ids, real, strict=True)]
        branches = Branches.read(model, prompts, method=METHOD)
        self._refuse_length(branches, longest - length)
        rows = [_Row(b, prompt, longest - length, self) for b, prompt in enumerate(branches.tokens)]
        _decode(branches, rows, pick if logits_processor else _likeliest, end)
        sequences = ids[:, : length + max(len(row.answer.tokens) for row in rows)]
        if not generation_config.return_dict_in_generate:
            return sequences
        return GenerateDecoderOnlyOutput(sequences=cast("torch.LongTensor", sequences))

    def _refuse_length(self, branches: Branches, new: int) -> None:
        """Refuse at once what would outgrow a sliding window; rows of a batch may hold a fifth more, as holes."""
        longest = max(map(len, branches.tokens)) + new
        longest = longest if len(branches) == 1 else 5 * longest // 4 + 1
        refuse_layers(branches.cache, method=METHOD, longest=longest + self.block)


class _Row:
    """One text of the batch: what is sure of it, and what is guessed.

    Args:
        number: In the batch.
        prompt: Guesses are drawn from its tokens of text.
        room: Tokens that it may write.
        decoding: The block's size and the seed.
        images: Where those of the prompt stand.
    """

    def __init__(
        self,
        number: int,
        prompt: Sequence[int],
        room: int,
        decoding: JacobiDecoding,
        images: tuple[tuple[int, int], ...] = (),
    ) -> None:
        self.number = number
        self.answer = JacobiAnswer(list(prompt), passes=1, images=images)
        seen = {place for start, end in images for place in range(start, end)}
        self._drawn_from = [token for place, token in enumerate(prompt) if place not in seen] or list(prompt)
        self._room = room
        self._block = decoding.block
        self._draw = random.Random(decoding.seed)  # noqa: S311 - guesses, not secrets
        self._guess: list[int] = []

    def emit(self, token: int, end: End) -> bool:
        """Write a sure token; returns whether the row ends with it."""
        self.answer.tokens.append(token)
        self.answer.ended = end(self)
        return bool(self.answer.ended)

    def to_read(self) -> list[int]:
        """The last sure token and the guesses behind it; nothing once the row has ended."""
        answer = self.answer
        if answer.ended:
            return []
        if not self._guess:
            size = min(self._block, self._room - len(answer.tokens)) - 1
            self._guess = self._draw.choices(self._drawn_from, k=size)
            if size:
                answer.blocks.append(Block(len(answer.tokens), [list(self._guess)]))
        return [answer.tokens[-1], *self._guess]

    def learn(self, logits: Tensor, pick: Pick, end: End) -> int:
        """Write what is sure now, and guess anew behind it.

        Args:
            logits: (1 + guesses, vocabulary) after each token that was read.
            pick: The next token.
            end: Whether the row ends.

        Returns:
            How many of the guesses were wrong, and have to be taken back.
        """
        if self.answer.ended:
            return 0
        guess, best = self._guess, logits.argmax(-1).tolist()
        self.answer.passes += 1
        right, done = 0, False
        for place in range(len(guess) + 1):
            token = best[place] if pick is _likeliest else pick(self, logits[place])
            done = self.emit(token, end)
            if done or place == len(guess) or token != guess[place]:
                break
            right += 1
        self._guess = [] if done else best[right + 1 : len(guess)]
        if guess:
            self._note_state()
        return len(guess) - right

    def _note_state(self) -> None:
        """Keep what the block has come to; of a text that has ended, only as far as it goes."""
        block = self.answer.blocks[-1]
        size = len(block.states[0])
        state = [*self.answer.tokens[block.start :], *self._guess][:size]
        states = [each[: len(state)] for each in (*block.states, state)]
        block.states[:] = [each for at, each in enumerate(states) if not at or each != states[at - 1]]


def _likeliest(_row: _Row, logits: Tensor) -> int:
    return int(logits.argmax(-1))


def _decode(branches: Branches, rows: Sequence[_Row], pick: Pick, end: End) -> None:
    """Go on with each row until it ends. The last token of an answer is not read."""
    for row, logits in zip(rows, branches.logits, strict=True):
        row.emit(pick(row, logits), end)
    while live := [b for b, row in enumerate(rows) if not row.answer.ended]:
        if 2 * len(live) <= len(rows):
            branches, rows = branches.select(live), [rows[b] for b in live]
        ahead = branches.read_ahead([row.to_read() for row in rows])
        branches.take_back([row.learn(logits[1:], pick, end) for row, logits in zip(rows, ahead, strict=True)])


def _refuse_call(
    input_ids: Tensor, processors: LogitsProcessorList, generation: GenerationConfig, kwargs: dict[str, Any]
) -> None:
    """Sampling, beams, outputs that nothing keeps, inputs other than tokens, caches that are fixed or hold a text."""
    if generation.do_sample or (generation.num_beams or 1) != 1:
        raise ValueError(f"{METHOD} is exactly greedy decoding: set do_sample=False and num_beams=1")
    outputs = ("output_scores", "output_logits", "output_attentions", "output_hidden_states")
    if generation.return_dict_in_generate and (lost := [name for name in outputs if getattr(generation, name)]):
        raise ValueError(f"{', '.join(lost)} cannot be returned by {METHOD}: leave it out")
    if foreign := sorted(name for name, value in kwargs.items() if name not in _PREPARED and value is not None):
        raise ValueError(f"{METHOD} takes token ids only; it would not know what to do with {foreign}")
    if len(input_ids) > 1 and (unsure := [type(each).__name__ for each in processors if not is_rowwise(each)]):
        raise ValueError(f"{', '.join(unsure)} may mix the sequences of a batch: decode them one at a time")
    cache = kwargs.get("past_key_values")
    if not kwargs.get("use_cache", True):
        raise ValueError(f"{METHOD} needs the key-value cache: leave use_cache=True")
    if cache is not None:
        refuse_layers(cache, method=METHOD, longest=0)
        if cache.get_seq_length():
            raise ValueError(f"the cache holds {cache.get_seq_length()} tokens: {METHOD} reads the whole text itself")
    pad = getattr(generation, "_pad_token_tensor", None)
    if kwargs.get("attention_mask") is None and pad is not None and bool((input_ids[:, 0] == pad).any()):
        raise ValueError("a prompt begins with padding: pass the attention_mask that says so")


def _refuse_positions(real: Tensor, positions: Tensor | None) -> None:
    """Positions that are not those of the tokens counted from 0."""
    if positions is None:
        return
    counted = (real.cumsum(-1) - 1).to(positions.device)
    if positions.shape != real.shape or bool(((positions != counted) & real.to(positions.device)).any()):
        raise ValueError(f"{METHOD} counts the positions of a text from 0: pass no other position_ids")
