"""Tells whether what was computed before would be computed the same today."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from functools import cache, partial
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version
from itertools import chain
from pathlib import Path

from pydantic import BaseModel

_PACKAGE = Path(__file__).parents[1]


@cache
def hash_of_code(*rooms: str) -> str:
    """The hash of all files of some rooms: code, words, templates, data. Any edit of any of them changes it."""
    hashing = blake2b(digest_size=16)
    for room in rooms:
        for path in sorted(_files(_PACKAGE / room)):
            hashing.update(f"{path.relative_to(_PACKAGE).as_posix()}\0".encode())
            hashing.update(blake2b(path.read_bytes()).digest())
    return hashing.hexdigest()


def library_version(name: str) -> str:
    """The version of an installed library; empty where it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


class Fingerprints:
    """Hashes of what something is computed from: records, words, numbers, days, and collections of such.

    A record that goes into many things is hashed once.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[BaseModel, bytes]] = {}

    def of(self, *things: object) -> str:
        """The hash of some things, in hexadecimal; of a function call that is still to be made, of its arguments.

        Raises:
            TypeError: if it cannot be said of one of them whether it has changed: a function or an iterator.
        """
        hashing = blake2b(digest_size=16)
        for piece in self._pieces(things):
            hashing.update(b"%d:%b" % (len(piece), piece))  # so that no two lists of pieces run into the same bytes
        return hashing.hexdigest()

    def _pieces(self, thing: object) -> Iterator[bytes]:
        match thing:
            case BaseModel():
                yield self._record(thing)
            case str():
                yield f"'{thing}".encode("utf-8", "surrogatepass")
            case None | bool() | int() | float() | date() | Enum() | bytes():
                yield repr(thing).encode()
            case partial():
                name = f"{thing.func.__module__}.{thing.func.__qualname__}"
                yield from self._all([*thing.args, *thing.keywords.items()], name)
            case Mapping():
                yield from self._all(list(chain.from_iterable(thing.items())), "mapping")
            case Set():
                yield from self._all(sorted(self.of(each) for each in thing), "set")
            case Sequence():
                yield from self._all(thing, "sequence")
            case _ if is_dataclass(thing) and not isinstance(thing, type):
                yield from self._all([getattr(thing, each.name) for each in fields(thing)], type(thing).__qualname__)
            case _:
                raise TypeError(f"nobody can say whether this has changed: {thing!r:.80}")

    def _all(self, things: Sequence[object], what: str) -> Iterator[bytes]:
        yield f"{what} of {len(things)}".encode()
        for each in things:
            yield from self._pieces(each)

    def _record(self, record: BaseModel) -> bytes:
        known = self._known.get(id(record))
        if known is None:
            name = type(record).__qualname__
            digest = blake2b(f"{name} {record.model_dump_json()}".encode("utf-8", "surrogatepass"), digest_size=16)
            # The record itself is kept: its id is no other's for as long.
            known = self._known[id(record)] = record, digest.digest()
        return known[1]


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
