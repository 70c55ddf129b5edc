"""Training data as an endless stream of packed windows: resumed exactly, extended while it runs, without duplicates."""

import json
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import IterableDataset, get_worker_info


@dataclass(frozen=True)
class SourceCounts:
    """How many documents of a source are new."""

    documents: int
    """That are new."""
    duplicates: int
    """That the stream had, from this source or another one."""


@dataclass(frozen=True)
class _Source:
    """A file as it was when it was added; it may grow behind its end, and be added again for that."""

    path: str
    size: int
    digest: str
    epoch: int
    document: int
    """How many documents of that epoch were begun by then, which it comes behind."""


@dataclass(frozen=True)
class _Document:
    path: str
    start: int
    end: int


class PackedStream(IterableDataset[dict[str, Tensor]]):
    """Windows of `length` tokens over documents in random order, each followed by `end`, without padding.

    A source is a file: of JSON lines with a ``text`` each if it is called ``.jsonl``, else of one document. Documents
    whose text the stream has (by SHA-256 of it, without space around it) are skipped. Those of a source that is added
    on the way are shuffled into what is left of the epoch. An item is ``input_ids`` and ``labels``, (length,) each.

    `state_dict` after a batch, in any number of epochs, is a few numbers and the list of sources; a new stream that has
    loaded it goes on with the very next token. Read it in the process that trains: a worker would have the position to
    itself, and read ahead of what was trained on. With ``DataLoader(stream, batch_size=8)`` the state after a batch is
    the state of that batch.

    Args:
        tokenize: Text to token ids; without special tokens, as `end` comes from here.
        length: Tokens of a window.
        end: The id behind each document.
        seed: Of the order.

    Raises:
        ValueError: `length` is not positive.
    """

    def __init__(self, tokenize: Callable[[str], Sequence[int]], *, length: int, end: int, seed: int = 0) -> None:
        super().__init__()
        if length < 1:
            raise ValueError(f"length is {length}: a window has at least one token")
        self.tokenize, self.length, self.end, self.seed = tokenize, length, end, seed
        self._sources: list[_Source] = []
        self._documents: list[list[_Document]] = []
        self._digests: set[bytes] = set()
        self._order: list[_Document] = []
        self._epoch = self._document = self._offset = 0
        self._open_document: tuple[_Document, list[int]] | None = None

    def add_source(self, path: str | Path) -> SourceCounts:
        """Add a file's documents, behind what is being read.

        Raises:
            ValueError: There is no such file, or a line of it is not what it should be.
        """
        path = Path(path)
        if not path.is_file():
            raise ValueError(f"there is no file {path} to read documents from")
        content = path.read_bytes()
        position = self._document + bool(self._offset)
        source = _Source(str(path), len(content), sha256(content).hexdigest(), self._epoch, position)
        counts = self._list(source, content)
        number = len(self._sources) - 1
        rest = [*self._order[position:], *self._documents[number]]
        self._order = self._order[:position] + self._shuffled(rest, number)
        return counts

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        """Go on where the stream is.

        Raises:
            ValueError: There is nothing to read, or this is a worker of a DataLoader.
        """
        if get_worker_info() is not None:
            raise ValueError(
                "PackedStream is read in the process that trains, or its state is not what was trained on: "
                "pass num_workers=0 to the DataLoader"
            )
        if not self._order:
            raise ValueError("the stream has no documents: add_source comes first")
        while True:
            ids = torch.tensor(self._window())
            yield {"input_ids": ids, "labels": ids.clone()}

    def state_dict(self) -> dict[str, Any]:
        """Where the stream is, as JSON can hold it."""
        return {
            **self._settings(),
            "sources": [asdict(source) for source in self._sources],
            "epoch": self._epoch,
            "document": self._document,
            "offset": self._offset,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go where a stream was, on a new one made with the same arguments; the sources are read again.

        Raises:
            ValueError: The stream has sources already, was made with other arguments, a tokeniser that tokenises
                otherwise included, or a source is gone or has changed.
        """
        if self._sources:
            raise ValueError("this stream has sources: load a state into a new one, which adds them by itself")
        sources = [_Source(**source) for source in state["sources"]]
        contents = [_content(source) for source in sources]
        for source, content in zip(sources, contents, strict=True):
            self._list(source, content)
        if differing := [name for name, value in self._settings().items() if state[name] != value]:
            self._sources, self._documents, self._digests = [], [], set()
            raise ValueError(f"the stream was another one when the state was taken: its {', '.join(differing)} differ")
        self._begin(state["epoch"])
        for number, source in enumerate(sources):
            if source.epoch == self._epoch:
                rest = [*self._order[source.document :], *self._documents[number]]
                self._order = self._order[: source.document] + self._shuffled(rest, number)
        self._document, self._offset = state["document"], state["offset"]

    def _list(self, source: _Source, content: bytes) -> SourceCounts:
        """List the new documents of a source, or change nothing where one cannot be read."""
        new: dict[bytes, _Document] = {}
        duplicates = 0
        for start, end in _spans(source.path, content):
            text = _text(source.path, content[start:end], start)
            digest = sha256(text.strip().encode()).digest()
            if digest in self._digests or digest in new:
                duplicates += 1
            elif text.strip():
                new[digest] = _Document(source.path, start, end)
        self._digests |= new.keys()
        self._sources.append(source)
        self._documents.append(list(new.values()))
        return SourceCounts(len(new), duplicates)

    def _settings(self) -> dict[str, Any]:
        """What must be as it was for the stream to go on: the tokeniser is known by what it makes of a document."""
        first = next((document for documents in self._documents for document in documents), None)
        tokens = "" if first is None else sha256(repr(self._tokens(first)).encode()).hexdigest()
        return {"length": self.length, "end": self.end, "seed": self.seed, "tokens": tokens}

    def _begin(self, epoch: int) -> None:
        """All documents that were there before it, in its order."""
        self._epoch, self._document = epoch, 0
        before = zip(self._sources, self._documents, strict=True)
        self._order = self._shuffled([each for source, all_ in before if source.epoch < epoch for each in all_], -1)

    def _shuffled(self, documents: Iterable[_Document], number: int) -> list[_Document]:
        """In the order that seed, epoch and the number of the source say."""
        shuffled = list(documents)
        random.Random(f"{self.seed}/{self._epoch}/{number}").shuffle(shuffled)  # noqa: S311 - an order, not a secret
        return shuffled

    def _window(self) -> list[int]:
        """The next `length` tokens."""
        window: list[int] = []
        while len(window) < self.length:
            tokens = self._tokens(self._order[self._document])
            piece = tokens[self._offset : self._offset + self.length - len(window)]
            window += piece
            self._offset += len(piece)
            if self._offset == len(tokens):
                self._document, self._offset = self._document + 1, 0
                if self._document == len(self._order):
                    self._begin(self._epoch + 1)
        return window

    def _tokens(self, document: _Document) -> list[int]:
        if self._open_document is None or self._open_document[0] != document:
            with Path(document.path).open("rb") as file:
                file.seek(document.start)
                text = _text(document.path, file.read(document.end - document.start), document.start)
            self._open_document = document, [*self.tokenize(text), self.end]
        return self._open_document[1]


def _content(source: _Source) -> bytes:
    """A source as it was."""
    path = Path(source.path)
    content = path.read_bytes()[: source.size] if path.is_file() else b""
    if sha256(content).hexdigest() != source.digest:
        raise ValueError(f"{source.path} is gone or has changed since it was added: what was read cannot be told")
    return content


def _spans(path: str, content: bytes) -> Iterator[tuple[int, int]]:
    """Where each document begins and ends."""
    if not path.endswith(".jsonl"):
        yield 0, len(content)
        return
    start = 0
    for line in content.splitlines(keepends=True):
        if line.strip():
            yield start, start + len(line)
        start += len(line)


def _text(path: str, piece: bytes, start: int) -> str:
    if not path.endswith(".jsonl"):
        return piece.decode()
    try:
        text = json.loads(piece)["text"]
    except (ValueError, KeyError, TypeError):
        text = None
    if not isinstance(text, str):
        raise ValueError(f'{path}: the line at byte {start} is no JSON object with a "text"')
    return text
