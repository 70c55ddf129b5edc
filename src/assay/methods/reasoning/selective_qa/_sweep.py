"""The sweep: one chain of thought for each question, and a forced answer at each budget."""

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from assay.methods._answers import same_answer
from assay.methods._completions import Completion, complete
from assay.methods._models import Endpoint, TransformersModel
from assay.methods.reasoning.selective_qa._answers import Extract, Taken, take_answer
from assay.methods.reasoning.selective_qa._attempts import Attempt

if TYPE_CHECKING:
    from assay.methods._branches import Branches, Usage

METHOD = "Selective answering"
IsRight = Callable[[str, Any], bool]
"""Whether an answer is right, of the answer and what the question has for ``gold``."""


class SweepError(ValueError):
    """A sweep that was broken off; `attempts` holds what was answered before."""

    def __init__(self, message: str, attempts: list[Attempt]) -> None:
        super().__init__(message)
        self.attempts = attempts


@dataclass(frozen=True)
class Question:
    """A question as it is asked."""

    id: str
    prompt: str | tuple[int, ...]
    gold: Any
    suffix: str
    options: tuple[str, ...]
    split: str


class Forced(NamedTuple):
    """An answer that was forced."""

    taken: Taken
    thinking: int
    """Tokens that were thought before it."""
    natural: bool
    """Whether thinking had ended by itself."""


@dataclass(frozen=True)
class BudgetSweep:
    """Let a model think, and force an answer at each of several budgets."""

    budgets: Sequence[int]
    """Tokens of thinking, rising; 0 answers at once (official code: 100 to 8,000 on AIME, 50 to 4,000 on GPQA)."""
    suffix: str = "\n</think>\nFinal Answer: \\boxed{"
    """What asks for the answer (official code, for R1; for s1 it
    is ``<|im_start|>answer``, a line break and the same)."""
    extract: Extract = "digits"
    """Where the answer is (official code: digits on AIME, a letter on GPQA)."""
    stops: tuple[str, ...] = ("}",)
    """Strings that close an answer (ours: the official code reads on behind the brace)."""
    answer_tokens: int = 8
    """Of an answer, at most (ours; the official code writes 3, whatever the answer)."""
    end: str = "</think>"
    """The mark that ends thinking, beside the model's end token; empty where there is none."""
    wait: str = "Wait"
    """What is put in the place of an end that comes too early (official code)."""
    waits: int = 12
    """How often at most; 0 lets thinking end when it will (official code: 12 on AIME, 10 on GPQA)."""
    temperature: float = 0.0
    """Of thinking; answers are always greedy (official code: 0 on GPQA)."""
    chat: bool = True
    """Whether prompts that are texts are put into the model's chat format, if it has one."""
    batch: int = 16
    """Questions at once (ours)."""

    def __post_init__(self) -> None:
        budgets = tuple(self.budgets)
        object.__setattr__(self, "budgets", budgets)
        if not budgets or min(budgets) < 0 or any(a >= b for a, b in pairwise(budgets)):
            raise ValueError(
                f"budgets are {list(budgets)}: give numbers of tokens from 0 on, each above the one before"
            )
        if not callable(self.extract) and self.extract not in {"digits", "choice", "text", "options"}:
            raise ValueError(f"extract is {self.extract!r}: choose digits, choice, text or options, or give a function")
        if not self.suffix:
            raise ValueError("suffix is empty: say how the answer is asked for, 'Final Answer:' for one")
        if not all(self.stops):
            raise ValueError("a string that closes the answer is empty: leave it out")
        if self.waits and not self.wait:
            raise ValueError(f"waits is {self.waits}, and there is no word to wait with: set waits=0 or wait='Wait'")
        for name, least in (("answer_tokens", 1), ("waits", 0), ("batch", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} is {getattr(self, name)}: give {least} or more")
        if not self.temperature >= 0:
            raise ValueError(f"temperature is {self.temperature}: give 0 or more")

    def run(
        self,
        model: Any,
        questions: Iterable[Mapping[str, Any]],
        *,
        tokenizer: Any = None,
        is_right: IsRight = same_answer,
        seed: int = 0,
        usage: "Usage | None" = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> list[Attempt]:
        """Answer every question under every budget.

        Args:
            model: A decoder of transformers, or an `Endpoint` with completions and log-probabilities.
            questions: Records with ``id``, ``prompt`` (a text, or token ids) and ``gold``; with ``options`` where
                `extract` is ``options`` (as they stand behind the suffix, their first space included), with a
                ``suffix`` of their own, and with ``split`` where they are split already.
            tokenizer: Of the model; of an endpoint only where prompts are to be put into a chat format.
            is_right: Compares an answer with ``gold``.
            seed: Of thinking, at a temperature above 0.
            usage: To count passes and tokens on; of a model of transformers.
            progress: Told how many questions are done, of how many.

        Returns:
            The attempts of each question, by rising budget.

        Raises:
            ValueError: A question cannot be asked, or the model cannot be read exactly.
            SweepError: It broke off behind some questions, whose attempts it holds.
        """
        asked = [as_question(record, at, self.extract, self.suffix) for at, record in enumerate(questions, 1)]
        if len({each.id for each in asked}) < len(asked):
            raise ValueError("two questions have the same id: give each its own")
        write = self._ask_endpoint if isinstance(model, Endpoint) else self._ask_model
        if not isinstance(model, Endpoint):
            for suffix in dict.fromkeys(each.suffix for each in asked):
                _check_suffix(suffix, tokenizer)
        attempts: list[Attempt] = []
        for start in range(0, len(asked), self.batch):
            batch = asked[start : start + self.batch]
            try:
                by_budget = list(write(model, tokenizer, batch, seed + start, usage))
                attempts += [
                    attempt_of(question, budget, rows[at], is_right)
                    for at, question in enumerate(batch)
                    for budget, rows in zip(self.budgets, by_budget, strict=True)
                ]
            except ValueError as error:
                if not attempts:
                    raise
                raise SweepError(f"behind {start} of {len(asked)} questions: {error}", attempts) from error
            if progress:
                progress(start + len(batch), len(asked))
        return attempts

    def _ask_model(
        self, model: Any, tokenizer: Any, batch: Sequence[Question], seed: int, usage: "Usage | None"
    ) -> Iterator[list[Forced]]:
        """For each budget, of each question the answer, the tokens thought, and whether thinking had ended."""
        from assay.methods._branches import Branches, Sampling  # noqa: PLC0415 - reports need no torch
        from assay.methods.reasoning.selective_qa._chains import Chains  # noqa: PLC0415

        prompts = [prompt_ids(question.prompt, model, tokenizer, chat=self.chat) for question in batch]
        chains = Chains(
            Branches.read(model, prompts, method=METHOD, usage=usage),
            tokenizer,
            end=self.end,
            wait=token_ids(tokenizer, self.wait) if self.waits else [],
            waits=self.waits,
            sampling=Sampling(self.temperature),
            seed=seed,
        )
        suffixes = [token_ids(tokenizer, question.suffix) for question in batch]
        for budget in self.budgets:
            chains.think(budget)
            fork = chains.fork(suffixes)
            if self.extract == "options":
                takens = _weigh_options(fork, [question.options for question in batch], tokenizer)
            else:
                takens = self._write_answers(fork, tokenizer)
            yield list(map(Forced, takens, chains.lengths, chains.natural))

    def _write_answers(self, fork: "Branches", tokenizer: Any) -> list[Taken]:
        from assay.methods._branches import stop_at  # noqa: PLC0415

        stop = stop_at(tokenizer, self.stops) if self.stops else None
        return [
            self.take(tokenizer, each.tokens, each.log_probs, ended=each.ended == "eos")
            for each in fork.write(self.answer_tokens, stop=stop)
        ]

    def take(self, tokenizer: Any, tokens: Sequence[int], log_probs: Sequence[float], *, ended: bool) -> Taken:
        """The answer in tokens that were written behind the suffix; the last one is the model's end if it `ended`."""
        tokens, log_probs = (tokens[:-1], log_probs[:-1]) if ended else (tokens, log_probs)
        texts = [str(tokenizer.decode(list(tokens[:n]), skip_special_tokens=False)) for n in range(len(tokens) + 1)]
        ends = [len(text) for text in texts[1:]]
        return take_answer(texts[-1], ends, log_probs, extract=self.extract, stops=self.stops, closed=ended)

    def _ask_endpoint(
        self, endpoint: Endpoint, tokenizer: Any, batch: Sequence[Question], seed: int, _: "Usage | None"
    ) -> Iterator[list[Forced]]:
        """The same of a server, which is sent the prompt with ever longer beginnings of its own chain."""
        if self.waits:
            raise ValueError(f"a server does not tell how many tokens {self.wait!r} has: set waits=0")
        if self.extract == "options":
            raise ValueError("a server tells no likelihood of an option: let it write one, extract='text'")
        prompts = [_prompt_text(question, tokenizer, chat=self.chat) for question in batch]
        chains = [Completion("", (), (), "length")] * len(batch)
        if most := max(self.budgets):
            stop = [self.end] if self.end else []
            chains = complete(endpoint, prompts, tokens=most, temperature=self.temperature, stop=stop, seed=seed)
        for budget in self.budgets:
            beginnings = [chain.beginning(budget) for chain in chains]
            forced = [
                prompt + text + question.suffix
                for question, prompt, (text, _) in zip(batch, prompts, beginnings, strict=True)
            ]
            written = complete(endpoint, forced, tokens=self.answer_tokens, stop=self.stops)
            yield [
                Forced(self._take_completion(each), kept, chain.ended == "stop" and kept == len(chain.tokens))
                for each, chain, (_, kept) in zip(written, chains, beginnings, strict=True)
            ]

    def _take_completion(self, written: Completion) -> Taken:
        ends, length = [], 0
        for token in written.tokens:
            length += len(token)
            ends.append(length)
        closed = written.ended == "stop"
        return take_answer(written.text, ends, written.log_probs, extract=self.extract, stops=self.stops, closed=closed)


def attempt_of(question: Question, budget: int, forced: Forced, is_right: IsRight) -> Attempt:
    """The attempt that a forced answer is.

    Raises:
        ValueError: `is_right` says neither that it is nor that it is not.
    """
    taken = forced.taken
    right = is_right(taken.answer, question.gold) if taken.answer else False
    if right not in (True, False):
        raise ValueError(f"is_right gave {right!r} for the answer {taken.answer!r}: say true or false")
    return Attempt(
        id=question.id,
        answer=taken.answer,
        right=bool(right),
        budget=budget,
        gold=str(question.gold),
        answer_tokens=len(taken.log_probs),
        thinking_tokens=forced.thinking,
        natural_stop=forced.natural,
        closed=taken.closed,
        split=question.split,
        confidence=taken.confidence,
        confidence_mean=taken.confidence_mean,
        confidence_min=taken.confidence_min,
    )


def token_ids(tokenizer: Any, text: str) -> list[int]:
    """Of a text within another one."""
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids


def prompt_ids(prompt: str | Sequence[int], model: Any, tokenizer: Any, *, chat: bool) -> list[int]:
    """Token ids of a prompt, in the model's chat format if it is a text and that is asked for."""
    if not isinstance(prompt, str):
        return list(prompt)
    text = TransformersModel(model, tokenizer, "", chat=chat).prompt_text(prompt)
    ids: list[int] = tokenizer(text, add_special_tokens=text == prompt)["input_ids"]
    return ids


def _prompt_text(question: Question, tokenizer: Any, *, chat: bool) -> str:
    if not isinstance(question.prompt, str):
        raise ValueError(f"the prompt of question {question.id!r} is token ids: a server takes a text")
    if tokenizer is None:
        return question.prompt
    return TransformersModel(None, tokenizer, "", chat=chat).prompt_text(question.prompt)


def as_question(record: Mapping[str, Any], at: int, extract: Extract, suffix: str) -> Question:
    """The question that a record is, the `at`-th of them.

    Raises:
        ValueError: It lacks something.
    """
    missing = [name for name in ("id", "prompt", "gold") if record.get(name) is None]
    if missing:
        raise ValueError(f"question {at} lacks {', '.join(missing)}: give records with id, prompt and gold")
    prompt = record["prompt"]
    if not isinstance(prompt, str):
        prompt = tuple(map(int, prompt))
    if not prompt:
        raise ValueError(f"the prompt of question {record['id']!r} is empty")
    options = tuple(record.get("options") or ())
    if extract == "options" and (len(set(options)) < 2 or len(set(options)) < len(options)):
        raise ValueError(f"question {record['id']!r} has the options {list(options)}: give two or more, no one twice")
    own = str(record.get("suffix") or suffix)
    return Question(str(record["id"]), prompt, record["gold"], own, options, str(record.get("split") or ""))


def _check_suffix(suffix: str, tokenizer: Any) -> None:
    """Warn of a suffix that ends within a token: the model has never seen an answer begin there."""
    if tokenizer is None:
        raise ValueError("a model of transformers comes with its tokenizer: run(model, questions, tokenizer=tokenizer)")
    alone = token_ids(tokenizer, suffix)
    for answer in ("1", "A"):
        if token_ids(tokenizer, suffix + answer)[: len(alone)] != alone:
            warnings.warn(
                f"the suffix {suffix!r} ends within a token when {answer!r} follows: leave out the space at its end, "
                "or answers and confidences are those of a text that the model does not know",
                UserWarning,
                stacklevel=3,
            )
            return


def _weigh_options(fork: "Branches", options: Sequence[Sequence[str]], tokenizer: Any) -> list[Taken]:
    """Of each row, the likeliest option, and its share of the probability of all of the row's options."""
    import torch  # noqa: PLC0415

    ids = [[token_ids(tokenizer, option) for option in row] for row in options]
    flat = [each for row in ids for each in row]
    if not all(flat):
        raise ValueError("an option has no token: give texts that are not empty")
    many = fork.select([at for at, row in enumerate(ids) for _ in row])
    ahead = many.read_ahead(flat)
    logs = []
    for after, tokens in zip(ahead, flat, strict=True):
        of_each = after[:-1].float().log_softmax(-1)
        index = torch.tensor(tokens, device=of_each.device)
        logs.append(float(of_each.gather(-1, index[:, None]).sum()))
    takens = []
    for row in options:
        mine, logs = torch.tensor(logs[: len(row)], dtype=torch.float64), logs[len(row) :]
        shares = mine.log_softmax(0)
        best = int(shares.argmax())
        takens.append(Taken(row[best].strip(), (float(shares[best]),), closed=True))
    return takens
