"""Lets a model go on with texts, a line at a time and many side by side."""

import math
import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass, fields
from itertools import takewhile
from typing import Any, Protocol, TypeVar, runtime_checkable

from assay.methods._models import Endpoint, Model, ModelError, TransformersModel, as_model

T = TypeVar("T")


@dataclass(frozen=True)
class Line:
    """What a model wrote behind a text, up to the end of the line."""

    text: str
    log_probs: tuple[float, ...] | None = None
    """Of its tokens, in nats; None where the model does not tell them."""
    cut: bool = False
    """Whether the line would have gone on."""

    @property
    def confidence(self) -> float:
        """The geometric mean of its tokens' probabilities; 0 for an empty line.

        Raises:
            ModelError: The model does not tell them.
        """
        if self.log_probs is None:
            raise ModelError(
                "this model does not tell how likely its tokens are: give one of transformers, or a server"
            )
        return math.exp(sum(self.log_probs) / len(self.log_probs)) if self.log_probs else 0.0


@runtime_checkable
class Writer(Protocol):
    """What goes on with texts."""

    @property
    def marks(self) -> Sequence[str]:
        """What means more to the model than it says, such as the end of a turn: no document may have it."""
        ...

    def begin(self, prompt: str) -> str:
        """The prompt as the model reads it, in its chat format if it has one, up to where it begins to write."""
        ...

    def write(self, texts: Sequence[str], tokens: int) -> list[Line]:
        """A line behind each text, of so many tokens at most."""
        ...


Asking = Generator[list[str], list[Line], T]
"""Yields texts, is sent the line that a model writes behind each, and returns what came of it."""


def together(writer: Writer, askings: Sequence[Asking[T]], tokens: int) -> list[T]:
    """What comes of each asking; what they ask at the same time is written at once."""
    results: dict[int, T] = {}
    asked: dict[int, list[str]] = {}

    def go_on(place: int, lines: list[Line] | None) -> None:
        try:
            asked[place] = askings[place].send(lines) if lines is not None else next(askings[place])
        except StopIteration as end:
            results[place] = end.value

    for place in range(len(askings)):
        go_on(place, None)
    while asked:
        waiting, asked = asked, {}
        written = iter(writer.write([text for texts in waiting.values() for text in texts], tokens))
        for place, texts in waiting.items():
            go_on(place, [next(written) for _ in texts])
    return [results[place] for place in range(len(askings))]


def writer_of(model: Any) -> Writer:
    """What lets a model go on with texts.

    Raises:
        ValueError: It is no model, or its cache cannot be read row by row.
    """
    if isinstance(model, Writer):
        return model
    model = as_model(model)
    if isinstance(model, TransformersModel):
        from assay.methods._branches import refuse_model  # noqa: PLC0415 - it needs torch

        refuse_model(model.model, method="DeepRAG")
        return _Lines(**{field.name: getattr(model, field.name) for field in fields(TransformersModel)})
    return _Completions(model) if isinstance(model, Endpoint) else _Answers(model)


def without(text: str, marks: Sequence[str]) -> str:
    """A text in which none of the marks is left, nor any that comes about where one is taken out."""
    pattern = re.compile("|".join(map(re.escape, sorted(marks, key=len, reverse=True))))
    while marks and pattern.search(text):
        text = pattern.sub(" ", text)
    return text


class _Lines(TransformersModel):
    """A model of transformers that goes on with texts. What all of them begin with is read once."""

    @property
    def marks(self) -> tuple[str, ...]:
        """See `Writer.marks`."""
        return tuple(each for each in self.tokenizer.all_special_tokens if each.strip())

    def begin(self, prompt: str) -> str:
        """See `Writer.begin`."""
        return beginning(self, prompt)

    def write(self, texts: Sequence[str], tokens: int) -> list[Line]:
        """See `Writer.write`."""
        from assay.methods._branches import Branches, stop_at  # noqa: PLC0415 - it needs torch

        rows = [encode(self, text) for text in texts]
        lines = [Line("")] * len(texts)
        stop = stop_at(self.tokenizer, ["\n"])
        for batch in self._batches([len(row) + tokens for row in rows]):
            some = [rows[place] for place in batch]
            head = _count_common(some)
            branches = Branches.read(self.model, [some[0][:head]] if head else some, method="DeepRAG")
            if head:
                branches = branches.select([0] * len(some))
                branches.append([row[head:] for row in some])
            for place, written in zip(batch, branches.write(tokens, stop=stop), strict=True):
                lines[place] = self._first_line(written.tokens, written.log_probs, cut=written.ended == "length")
        return lines

    def _first_line(self, tokens: Sequence[int], log_probs: Sequence[float], *, cut: bool) -> Line:
        """The line, and the log-probabilities of those tokens that have a letter of it."""
        pieces = [str(self.tokenizer.decode([token], skip_special_tokens=True)) for token in tokens]
        own = [log for piece, log in zip(pieces, log_probs, strict=True) if piece.strip()]
        text, end, _ = str(self.tokenizer.decode(list(tokens), skip_special_tokens=True)).partition("\n")
        return Line(text, tuple(own), cut=cut and not end)


def beginning(model: TransformersModel, prompt: str) -> str:
    """The prompt in the model's chat format, or a line of its own where it has none."""
    text = model.prompt_text(prompt)
    return f"{prompt}\n" if text == prompt else text


def encode(model: TransformersModel, text: str, **how: Any) -> Any:
    """Token ids of a whole text; a chat format brings the token that begins, and others do not."""
    in_chat = model.chat and model.tokenizer.chat_template is not None
    coded = model.tokenizer(text, add_special_tokens=not in_chat, **how)
    return coded if how else coded["input_ids"]


def _count_common(rows: Sequence[Sequence[int]]) -> int:
    """How many tokens all rows begin with alike; one of each is left."""
    shortest = min(map(len, rows)) - 1
    alike = takewhile(lambda tokens: len(set(tokens)) == 1, zip(*(row[:shortest] for row in rows), strict=True))
    return sum(1 for _ in alike)


class _Completions:
    """A server that speaks OpenAI's completions, with log-probabilities."""

    marks = ()

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint

    def begin(self, prompt: str) -> str:
        """See `Writer.begin`: as it is, for completions have no chat format."""
        return f"{prompt}\n"

    def write(self, texts: Sequence[str], tokens: int) -> list[Line]:
        """See `Writer.write`."""
        from assay.methods._completions import complete  # noqa: PLC0415

        written = complete(self.endpoint, texts, tokens=tokens, stop=["\n"])
        return [Line(each.text.split("\n")[0], each.log_probs, cut=each.ended == "length") for each in written]


class _Answers:
    """A function that goes on with a text; the first line of what it gives counts."""

    marks = ()

    def __init__(self, model: Model) -> None:
        self.model = model

    def begin(self, prompt: str) -> str:
        """See `Writer.begin`."""
        return f"{prompt}\n"

    def write(self, texts: Sequence[str], tokens: int) -> list[Line]:
        """See `Writer.write`."""
        return [Line(each.split("\n")[0]) for each in self.model.answer(texts, tokens=tokens)]
