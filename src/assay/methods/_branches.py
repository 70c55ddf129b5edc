r"""Texts that a model goes on with side by side over one cache: read once, branched, pruned, taken back, joined.

Search, rollouts, forced answers and parallel decoding all stand on it::

    branches = Branches.read(model, [prompt_ids], method="Beam search")
    branches = branches.select([0] * 16)                                  # branch: the prompt is not read again
    written = branches.write(64, sampling=Sampling(0.7), stop=stop_at(tokenizer, ["\n\n"]), seed=1)
    branches = branches.select([3, 3, 7, 7])                              # keep the best, and branch them

Rows may differ in length. What a shorter row lacks are holes in the cache, which the attention mask hides and positions
leap over, so that each row is computed as if it stood alone. A model for which that is not so is refused in words.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor
from transformers import Cache, DynamicCache, PreTrainedModel
from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer
from transformers.modeling_layers import GenericForTokenClassification

from assay.methods._decoders import decoder_of, text_config
from assay.methods._patching import evaluating
from assay.methods._traits import PLACEMENT, Trait, refuse_traits

REARRANGEABLE = (PLACEMENT - {Trait.WEIGHTLESS}) | {
    Trait.SINKS,
    Trait.SOFTCAP,
    Trait.SLIDING,  # as far as the window reaches: `refuse_layers`
    Trait.SHARED_STATES,
    Trait.NO_ROPE,
    Trait.LATENT,
}
"""Traits of models in which a token attends to what a mask shows it, and stands where its position says."""

Stop = Callable[[Sequence[int]], bool]
"""Whether a row ends here, of the tokens that it has written so far in this call."""
Adjust = Callable[[Sequence[Sequence[int]], Tensor], Tensor]
"""Logits to choose from, (n, vocabulary), of the whole texts of n rows and the model's own logits."""


@dataclass(frozen=True)
class Sampling:
    """How the next token is chosen."""

    temperature: float = 0.0
    """0 takes the likeliest."""
    top_p: float = 1.0
    """The likeliest tokens that together have this probability."""
    top_k: int = 0
    """So many of the likeliest; 0: all."""

    def __post_init__(self) -> None:
        if not self.temperature >= 0:
            raise ValueError(f"temperature is {self.temperature}: give 0 or more")
        if not 0 < self.top_p <= 1:
            raise ValueError(f"top_p is {self.top_p}: give a share above 0, up to 1")
        if self.top_k < 0:
            raise ValueError(f"top_k is {self.top_k}: give 0 or more")

    def choose(self, logits: Tensor, generator: torch.Generator) -> Tensor:
        """One token for each row of logits, (n, vocabulary)."""
        if self.temperature == 0:
            return logits.argmax(-1)
        logits = logits.float() / self.temperature
        if self.top_k:
            lowest = logits.topk(min(self.top_k, logits.shape[-1])).values[:, -1:]
            logits = logits.masked_fill(logits < lowest, -torch.inf)
        probabilities = logits.softmax(-1)
        if self.top_p < 1:
            ordered, order = probabilities.sort(-1, descending=True)
            outside = ordered.cumsum(-1) - ordered >= self.top_p
            probabilities = probabilities.scatter(-1, order, ordered.masked_fill(outside, 0.0))
        return torch.multinomial(probabilities, 1, generator=generator)[:, 0]


GREEDY = Sampling()


@dataclass
class Usage:
    """What generating has cost so far; branches of one reading share it."""

    passes: int = 0
    """Forward passes of the model."""
    read: int = 0
    """Tokens of prompts and of what was put behind them, each as often as it was read."""
    written: int = 0
    """Tokens that were chosen."""

    @property
    def tokens(self) -> int:
        """Read and written."""
        return self.read + self.written


@dataclass
class Written:
    """What a row has written in one call."""

    tokens: list[int] = field(default_factory=list)
    log_probs: list[float] = field(default_factory=list)
    """Of each token, in nats, by the model itself: at temperature 1, before any adjustment."""
    ended: str = ""
    """``eos``, ``stop``, or ``length`` where the budget was used up."""


def stop_at(tokenizer: Any, strings: Sequence[str]) -> Stop:
    """Stop a row as soon as what it has written contains one of the strings.

    Args:
        tokenizer: Of the model.
        strings: None of them empty.
    """
    if not strings or not all(strings):
        raise ValueError(f"stop strings are {list(strings)!r}: give one or more, none of them empty")
    longest = max(len(each.encode()) for each in strings) + 8  # a token has a byte at least; a few for split letters

    def stop(tokens: Sequence[int]) -> bool:
        text = tokenizer.decode(list(tokens[-longest:]), skip_special_tokens=False)
        return any(each in text for each in strings)

    return stop


class Branches:
    """Rows of one batch, each a text with its keys and values in a common cache. Make them with `read`.

    A token that is put behind a row is read when its logits are asked for: the last token of an answer costs no pass.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        cache: Cache,
        real: Tensor,
        tokens: list[list[int]],
        *,
        method: str,
        usage: Usage,
        keeps_states: bool = False,
    ) -> None:
        self.model = model
        self.tokens = tokens
        """The whole text of each row, its prompt included."""
        self.usage = usage
        self.cache = cache
        self.real = real
        """(B, K) which slots of the cache hold a token of the row; the others are holes."""
        self.unread: list[list[int]] = [[] for _ in tokens]
        """Tokens at the end of each row that are not in the cache yet."""
        self._logits: Tensor | None = None
        self._keeps_states = keeps_states
        self._states: Tensor | None = None
        self._ahead: list[Tensor] | None = None
        self._method = method

    @classmethod
    def read(
        cls,
        model: PreTrainedModel,
        prompts: Sequence[Sequence[int]],
        *,
        method: str,
        usage: Usage | None = None,
        keeps_states: bool = False,
    ) -> "Branches":
        """Begin with these prompts, one for each row. They are read in one pass, when first needed.

        Args:
            model: A decoder-only model of transformers; or a token classifier on the body of one, whose logits are then
                those of its labels at the last token, (B, labels): it reads and is branched, but writes nothing.
            prompts: Token ids, at least one each.
            method: What asks, for messages.
            usage: To count on; a new one by default.
            keeps_states: Whether `states` will be asked for.

        Raises:
            ValueError: The model cannot be read row by row so that the result is exact, or a prompt is empty.
        """
        refuse_model(model, method=method)
        if not prompts or not all(len(each) for each in prompts):
            raise ValueError(f"{method} needs prompts of a token at least: {[len(each) for each in prompts]} tokens")
        cache = DynamicCache(config=model.config)
        refuse_layers(cache, method=method, longest=max(map(len, prompts)))
        real = torch.zeros(len(prompts), 0, dtype=torch.bool, device=model.device)
        branches = cls(
            model, cache, real, [[] for _ in prompts], method=method, usage=usage or Usage(), keeps_states=keeps_states
        )
        branches.append(prompts)
        return branches

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def logits(self) -> Tensor:
        """(B, vocabulary) logits of the token that follows each row."""
        if any(self.unread):
            self.read_unread()
        assert self._logits is not None  # noqa: S101 - a prompt has a token at least
        return self._logits

    @property
    def states(self) -> Tensor:
        """(B, width) the last hidden state at the last token of each row, after the final norm.

        Raises:
            ValueError: They are not kept, or tokens were taken back since.
        """
        if any(self.unread):
            self.read_unread()
        if self._states is None:
            raise ValueError(
                "no hidden states are kept: read with keeps_states=True, and ask for them before tokens are taken back"
            )
        return self._states

    def append(self, rows: Sequence[Sequence[int]]) -> None:
        """Put tokens behind each row, none where a row's list is empty."""
        for text, unread, new in zip(self.tokens, self.unread, rows, strict=True):
            text.extend(new)
            unread.extend(new)
            self.usage.read += len(new)
        self._ahead = None

    def read_ahead(self, rows: Sequence[Sequence[int]]) -> list[Tensor]:
        """Put tokens behind each row, and return what would follow each of them.

        Returns:
            For each row, logits (n + 1, vocabulary): of the token after the text as it was, then after each new one.
        """
        before = self.logits
        self.append(rows)
        if not any(rows):
            return list(before[:, None])
        passed = self._pass(self.unread, every=True)
        self._ahead = [torch.cat([before[b : b + 1], passed[b, : len(row)]]) for b, row in enumerate(rows)]
        self.unread = [[] for _ in rows]
        self._logits = torch.stack([each[-1] for each in self._ahead])
        return self._ahead

    def take_back(self, counts: Sequence[int]) -> None:
        """Take so many tokens from the end of each row. What `read_ahead` has just put there costs no further pass."""
        ahead, self._ahead, self._states = self._ahead, None, None
        kept = [len(text) - count for text, count in zip(self.tokens, counts, strict=True)]
        if min(counts) < 0 or min(kept) < 1:
            raise ValueError(f"{self._method} cannot take back {list(counts)} tokens of {list(map(len, self.tokens))}")
        for b, count in enumerate(counts):
            if not count:
                continue
            del self.tokens[b][kept[b] :]
            unread = len(self.unread[b])
            if count < unread:
                del self.unread[b][unread - count :]
                continue
            self.unread[b] = []
            known = ahead is not None and not unread and count < len(ahead[b])
            if ahead is not None and known:
                assert self._logits is not None  # noqa: S101
                self._logits[b] = ahead[b][-1 - count]
            else:
                self.unread[b] = [self.tokens[b][-1]]
            self._hide(b, count - unread + (not known))
        self._crop()

    def select(self, rows: Sequence[int]) -> "Branches":
        """New branches: these rows, in this order, each as often as it is named. The old ones stay as they are."""
        if not rows or not all(0 <= row < len(self) for row in rows):
            raise ValueError(f"{self._method} has rows 0 to {len(self) - 1}, and is asked for {list(rows)}")
        if any(self.unread) and len(rows) > len(set(rows)):
            self.read_unread()  # once, and not in each branch
        index = torch.tensor(list(rows), device=self.real.device)
        cache = _map_cache(self.cache, lambda states: states.index_select(0, index.to(states.device)))
        part = Branches(
            self.model,
            cache,
            self.real[index],
            [list(self.tokens[row]) for row in rows],
            method=self._method,
            usage=self.usage,
            keeps_states=self._keeps_states,
        )
        part._states = None if self._states is None else self._states[index]
        part.unread = [list(self.unread[row]) for row in rows]
        part._logits = None if self._logits is None else self._logits[index]
        part._close_holes()
        return part

    def put(self, rows: Sequence[int], others: "Branches") -> None:
        """Put other branches of the same model in the place of these rows."""
        for each in (self, others):
            if not each.real.shape[1]:
                each.read_unread()
        length = max(each.real.shape[1] for each in (self, others))
        for each in (self, others):
            each.pad(length)
        index = torch.tensor(list(rows), device=self.real.device)
        mine: Any
        theirs: Any
        for mine, theirs in zip(self.cache.layers, others.cache.layers, strict=True):
            if mine.is_initialized and theirs.is_initialized:
                for name in ("keys", "values"):
                    states: Tensor = getattr(mine, name)
                    states[index.to(states.device)] = getattr(theirs, name)
        self.real[index] = others.real
        for name in ("_logits", "_states"):
            own, new = getattr(self, name), getattr(others, name)
            setattr(self, name, None if own is None or new is None else own.index_copy(0, index, new))
        for row, text, unread in zip(rows, others.tokens, others.unread, strict=True):
            self.tokens[row], self.unread[row] = text, unread
        self._ahead = None
        self._close_holes()

    def write(
        self,
        tokens: int | Sequence[int],
        *,
        sampling: Sampling = GREEDY,
        stop: Stop | None = None,
        adjust: Adjust | None = None,
        seed: int = 0,
    ) -> list[Written]:
        """Go on with each row until it ends, is stopped, or its budget is used up.

        Args:
            tokens: The budget; one for all, or one for each row, 0 for a row that rests.
            sampling: How tokens are chosen.
            stop: Ends a row; the token that made it end stays.
            adjust: Changes the logits before the choice.
            seed: The same seed, rows and order give the same tokens on the same machine.

        Raises:
            ValueError: The text would outgrow a sliding window.
        """
        budgets = [tokens] * len(self) if isinstance(tokens, int) else list(tokens)
        longest = self.real.shape[1] + max(map(len, self.unread)) + max(budgets)
        refuse_layers(self.cache, method=self._method, longest=longest)
        generator = torch.Generator(device=self.model.device).manual_seed(seed)
        ends = end_tokens(self.model)
        written = [Written(ended="" if budget else "length") for budget in budgets]

        def go_on(rows: Branches, written: list[Written], budgets: list[int]) -> None:
            live = [b for b, each in enumerate(written) if not each.ended]
            while live:
                if len(live) * 2 <= len(rows):
                    part = rows.select(live)
                    go_on(part, [written[b] for b in live], [budgets[b] for b in live])
                    rows.put(live, part)
                    return
                rows._choose(live, written, sampling, adjust, generator)
                for b in live:
                    each = written[b]
                    if each.tokens[-1] in ends:
                        each.ended = "eos"
                    elif stop is not None and stop(each.tokens):
                        each.ended = "stop"
                    elif len(each.tokens) == budgets[b]:
                        each.ended = "length"
                live = [b for b in live if not written[b].ended]

        go_on(self, written, budgets)
        return written

    def _choose(
        self,
        live: Sequence[int],
        written: Sequence[Written],
        sampling: Sampling,
        adjust: Adjust | None,
        generator: torch.Generator,
    ) -> None:
        """Choose a token for each row that is alive."""
        logits = self.logits[list(live)]
        chosen_from = logits if adjust is None else adjust([self.tokens[b] for b in live], logits)
        chosen = sampling.choose(chosen_from, generator)
        logs = logits.float().log_softmax(-1).gather(-1, chosen[:, None])[:, 0]
        for b, token, log in zip(live, chosen.tolist(), logs.tolist(), strict=True):
            written[b].tokens.append(token)
            written[b].log_probs.append(log)
            self.tokens[b].append(token)
            self.unread[b].append(token)
            self.usage.written += 1
        self._ahead = None

    def read_unread(self) -> None:
        """Read the tokens that are not in the cache yet, and keep the logits that follow them."""
        rows, self.unread = self.unread, [[] for _ in self.unread]
        self._logits = _renew(self._logits, self._pass(rows), rows)

    @torch.no_grad()
    def _pass(self, rows: Sequence[Sequence[int]], *, every: bool = False) -> Tensor:
        """Read tokens, n of a row, in one pass.

        Returns:
            Logits (B, vocabulary) after the last token of each row, or with `every` (B, n, vocabulary).
        """
        longest = max(map(len, rows))
        refuse_layers(self.cache, method=self._method, longest=self.real.shape[1] + longest)
        device = self.model.device
        ids = torch.tensor([[*row, *[0] * (longest - len(row))] for row in rows], device=device)
        here = torch.tensor([[place < len(row) for place in range(longest)] for row in rows], device=device)
        mask = torch.cat([self.real, here], dim=1)
        ahead = torch.arange(longest, device=device)
        ends = torch.tensor([max(len(row) - 1, 0) for row in rows], device=device)
        positions = self.real.sum(-1, keepdim=True) + torch.minimum(ahead, ends[:, None])
        how: dict[str, Any] = {} if bool(mask.all()) else {"attention_mask": mask.long()}
        places = ends
        if not every and _takes(self.model, "logits_to_keep"):
            wanted, places = torch.unique(ends, return_inverse=True)
            how["logits_to_keep"] = wanted
        with evaluating(self.model):
            out = self.model(
                input_ids=ids,
                position_ids=positions,
                past_key_values=self.cache,
                use_cache=True,
                output_hidden_states=self._keeps_states,
                **how,
            )
        refuse_layers(self.cache, method=self._method, longest=0)
        self.real = mask
        self.usage.passes += 1
        index = torch.arange(len(rows), device=device)
        if self._keeps_states:
            self._states = _renew(self._states, out.hidden_states[-1][index, ends], rows)
        logits: Tensor = out.logits
        return logits if every else logits[index, places]

    def _hide(self, row: int, count: int) -> None:
        """Make holes of the last `count` tokens of a row."""
        if count > 0:
            slots = self.real[row].nonzero()[-count:, 0]
            self.real[row, slots] = False

    def _crop(self) -> None:
        """Drop what is a hole in every row at the end of the cache."""
        used = self.real.any(0).nonzero()
        length = int(used[-1]) + 1 if len(used) else 0
        self.cache.crop(length - self.real.shape[1])
        self.real = self.real[:, :length]
        self._close_holes()  # rows that take back more than others would widen them without end

    def _close_holes(self) -> None:
        """Move what is real to the front of each row, once a fifth of the cache's length would be saved."""
        longest = int(self.real.sum(-1).max()) if self.real.numel() else 0
        if self.real.shape[1] - longest <= self.real.shape[1] // 5:
            return
        order = (~self.real).int().argsort(dim=-1, stable=True)[:, :longest]
        self.real = self.real.gather(1, order)

        def move(states: Tensor) -> Tensor:
            index = order.to(states.device)[:, None, :, None]
            return states.gather(2, index.expand(-1, states.shape[1], -1, states.shape[3]))

        self.cache = _map_cache(self.cache, move)

    def pad(self, length: int) -> None:
        """Lengthen the cache to so many slots, with holes."""
        missing = length - self.real.shape[1]
        if missing > 0:
            self.real = torch.nn.functional.pad(self.real, (0, missing))
            self.cache = _map_cache(self.cache, partial(torch.nn.functional.pad, pad=(0, 0, 0, missing)))


def refuse_model(model: PreTrainedModel, *, method: str) -> None:
    """Refuse a model whose cache cannot be rearranged without changing what it writes.

    Raises:
        ValueError: It is no decoder-only model, has a trait that forbids it, takes no mask or positions of ours.
    """
    if not isinstance(model, GenericForTokenClassification):
        decoder_of(model, method=method)
    refuse_traits(model, method=method, supports=REARRANGEABLE)
    attention = text_config(model)._attn_implementation  # noqa: SLF001 - there is no public name for it
    if attention not in {"eager", "sdpa"}:
        raise ValueError(
            f"attention {attention!r} takes no mask with holes: load the model with attn_implementation='sdpa' or "
            "'eager'"
        )
    missing = {"attention_mask", "position_ids", "past_key_values"} - set(inspect.signature(model.forward).parameters)
    if missing:
        raise ValueError(f"{type(model).__name__} takes no {' or '.join(sorted(missing))}, which {method} needs")


def refuse_layers(cache: Cache, *, method: str, longest: int) -> None:
    """Refuse a cache from which tokens cannot be taken back, or that is to hold more than a sliding window.

    Args:
        cache: As the model has it.
        method: What asks.
        longest: The most tokens that it may have to hold.
    """
    for layer in cache.layers:
        if type(layer) not in {DynamicLayer, DynamicSlidingWindowLayer}:
            raise ValueError(f"tokens cannot be taken back from a {type(layer).__name__}: use a plain DynamicCache")
        window = getattr(layer, "sliding_window", longest + 1)
        if longest >= window:
            raise ValueError(
                f"{method} may reach {longest} tokens, beyond the sliding window of {window}: set smaller budgets"
            )


def _renew(old: Tensor | None, new: Tensor, rows: Sequence[Sequence[int]]) -> Tensor:
    """What is known of each row, renewed where tokens of it were read."""
    if old is None or all(rows):
        return new
    return torch.where(torch.tensor([bool(row) for row in rows], device=new.device)[:, None], new, old)


def _map_cache(cache: Cache, change: Callable[[Tensor], Tensor]) -> Cache:
    """A cache whose keys and values are changed; the old one stays as it is."""
    new = DynamicCache()
    layer: Any
    for layer in cache.layers:
        twin: Any = object.__new__(type(layer))
        twin.__dict__.update(layer.__dict__)
        if layer.is_initialized:
            twin.keys, twin.values = change(layer.keys), change(layer.values)
            if hasattr(twin, "cumulative_length"):
                twin.cumulative_length = twin.keys.shape[-2]
        new.layers.append(twin)
    new.layer_class_to_replicate = None
    return new


def end_tokens(model: PreTrainedModel) -> set[int]:
    """Tokens with which the model ends a text."""
    ends = getattr(model.generation_config, "eos_token_id", None)
    if ends is None:
        ends = text_config(model).eos_token_id
    return set() if ends is None else {ends} if isinstance(ends, int) else set(ends)


def _takes(model: PreTrainedModel, argument: str) -> bool:
    return argument in inspect.signature(model.forward).parameters
