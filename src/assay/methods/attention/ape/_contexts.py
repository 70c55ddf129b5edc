"""Named contexts and the questions put to them: APE as a practitioner calls it."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from assay.methods.attention.ape._cache import APECache, join
from assay.methods.attention.ape._model import APE
from assay.methods.attention.ape._states import KVStates, digest_of, encode_contexts, encode_prefix


@dataclass(frozen=True)
class Example:
    """A question whose answer is known, with the contexts it is asked about; `ParallelContext.tune` wants some."""

    question: str
    answer: str
    contexts: tuple[str, ...]


@dataclass(frozen=True)
class Tuning:
    """The outcome of `ParallelContext.tune`."""

    best: APE
    losses: Mapping[APE, float]
    """Mean negative log-likelihood of an answer's tokens, in nats, for each setting."""


class ParallelContext:
    """Named contexts, each encoded once, that questions are then put to.

    Weights must not change while it is in use: make a new one after fine-tuning or editing the model.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        *,
        prefix: str,
        ape: APE | None = None,
        path: str | os.PathLike[str] | None = None,
        keep_on: torch.device | str | None = None,
        model_id: str | None = None,
    ) -> None:
        """Encode the prefix.

        Args:
            model: A decoder of transformers with RoPE whose layers all attend in full.
            tokenizer: Its tokenizer.
            prefix: What every prompt begins with: system message, chat header, instructions. The tokenizer's BOS is
                put before it.
            ape: Temperature and scale; may be set again at any time (`ape`), nothing is encoded anew.
            path: A folder in which encoded contexts are kept, across processes. Files of another model or prefix may
                lie in it too: they are not taken.
            keep_on: Where contexts wait between requests, for instance ``"cpu"``; the model's device if left out.
            model_id: A name for these very weights, which saves taking their `fingerprint`.

        Raises:
            ValueError: The prefix is empty, or the model is not one for APE.
        """
        if not prefix:
            raise ValueError("the prefix is empty: give a system message or an instruction, at least a line break")
        self.model = model
        self.tokenizer = tokenizer
        self.ape = ape or APE()
        self.path = None if path is None else Path(path)
        self.keep_on = torch.device(keep_on) if keep_on is not None else model.device
        self.prefix = encode_prefix(model, tokenizer(prefix)["input_ids"], model_id=model_id)
        self.contexts: dict[str, KVStates] = {}

    def add(self, name: str, context: str) -> None:
        """Encode a context, or take it from disk, and call it `name`; a former context of that name is replaced."""
        self.add_many({name: context})

    def add_many(self, contexts: Mapping[str, str], *, batch_tokens: int = 8192) -> None:
        """Encode several contexts, in batches, except those that are on disk already.

        Raises:
            ValueError: A context is empty or too long, or its file is damaged.
        """
        ids = {name: self._ids(context) for name, context in contexts.items()}
        missing = []
        for name, tokens in ids.items():
            file = self._file(tokens)
            if file is not None and file.exists():
                states = KVStates.load(file, self.keep_on)
                if (states.model, states.behind, states.digest) != (
                    self.prefix.model,
                    self.prefix.digest,
                    digest_of(tokens),
                ):
                    raise ValueError(f"{file} holds another model's, prefix's or context's states: delete it")
                self.contexts[name] = states
            else:
                missing.append(name)
        encoded = encode_contexts(self.model, self.prefix, [ids[name] for name in missing], batch_tokens=batch_tokens)
        for name, states in zip(missing, encoded, strict=True):
            self.contexts[name] = states.to(self.keep_on)
            if (file := self._file(ids[name])) is not None:
                states.save(file)

    def forget(self, name: str) -> None:
        """Drop a context from memory; its file stays."""
        del self.contexts[name]

    def cache(self, requests: Sequence[Sequence[str]]) -> APECache:
        """The joined states of a batch of requests, each the names of its contexts.

        Raises:
            ValueError: A name is unknown, or given twice in one request.
        """
        for names in requests:
            if unknown := [name for name in names if name not in self.contexts]:
                raise ValueError(f"no context is called {unknown[0]!r}: add it first")
            if len(set(names)) < len(names):
                raise ValueError(f"a context is named twice, which would double its weight: {list(names)}")
        rows = [[self.contexts[name] for name in names] for names in requests]
        return join(self.prefix, rows, device=self.model.device)

    def generate(self, question: str, contexts: Sequence[str], **options: Any) -> str:
        """Answer one question from the named contexts; `options` are those of ``model.generate``."""
        return self.generate_many([question], [contexts], **options)[0]

    def generate_many(self, questions: Sequence[str], contexts: Sequence[Sequence[str]], **options: Any) -> list[str]:
        """Answer several questions at once, each from its own contexts.

        Raises:
            ValueError: The lists differ in length, a question is empty, a name is unknown, or more than one answer to
                a question is asked for.
        """
        if len(questions) != len(contexts):
            raise ValueError(f"{len(questions)} questions, but contexts for {len(contexts)}")
        if options.get("num_return_sequences", 1) > 1:
            raise ValueError("one answer to a question: num_return_sequences is not supported")
        ids, mask = self._padded([self._ids(question) for question in questions])
        options.setdefault("pad_token_id", self._pad)
        generate: Any = self.model.generate
        with self.ape(self.model):
            out = generate(**self.cache(contexts).inputs(ids, mask), **options)
        return self.tokenizer.batch_decode(out[:, ids.shape[1] :], skip_special_tokens=True)

    @torch.no_grad()
    def answer_loss(self, examples: Sequence[Example], ape: APE | None = None) -> float:
        """Mean negative log-likelihood, in nats, that the model gives to a token of the known answers."""
        total, tokens = 0.0, 0
        with (ape or self.ape)(self.model):
            for example in examples:
                question, answer = self._ids(example.question), self._ids(example.answer)
                ids = torch.tensor([question + answer], device=self.model.device)
                logits = self.model(**self.cache([example.contexts]).inputs(ids)).logits[0, len(question) - 1 : -1]
                total += nn.functional.cross_entropy(logits.float(), ids[0, len(question) :], reduction="sum").item()
                tokens += len(answer)
        return total / tokens

    def tune(
        self,
        examples: Sequence[Example],
        *,
        temperatures: Sequence[float] = (0.7, 0.8, 0.9, 1.0),
        scales: Sequence[float] = (0.7, 0.8, 0.9, 1.0),
    ) -> Tuning:
        """Try every pair of temperature and scale on examples apart from those you will judge by, and adopt the best.

        The paper searches greedily on a validation set for the task's own metric; we try the whole (small) grid and
        take the likelihood of known answers, which needs no metric and fewer examples. Ties go to the mildest repair.

        Raises:
            ValueError: There are no examples.
        """
        if not examples:
            raise ValueError("no examples to tune on: give some questions with their answers and contexts")
        grid = [APE(temperature=t, scale=s) for t in temperatures for s in scales]
        losses = {ape: self.answer_loss(examples, ape) for ape in grid}
        self.ape = min(losses, key=lambda ape: (losses[ape], abs(ape.scale * ape.temperature - 1.0)))
        return Tuning(best=self.ape, losses=losses)

    @property
    def _pad(self) -> int:
        for token in (self.tokenizer.pad_token_id, self.tokenizer.eos_token_id):
            if token is not None:
                return int(token)
        return 0

    def _ids(self, text: str) -> list[int]:
        if not text:
            raise ValueError("a question, answer or context is empty")
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def _padded(self, rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
        longest = max(map(len, rows))
        ids = torch.tensor([[self._pad] * (longest - len(row)) + list(row) for row in rows])
        mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in rows])
        return ids.to(self.model.device), mask.to(self.model.device)

    def _file(self, ids: Sequence[int]) -> Path | None:
        if self.path is None:
            return None
        bound_to = (self.prefix.model, str(self.prefix.keys.dtype), self.prefix.digest, digest_of(ids))
        return self.path / f"{sha256(' '.join(bound_to).encode()).hexdigest()}.safetensors"
