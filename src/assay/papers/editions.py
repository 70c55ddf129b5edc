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


def hash_of_code(*rooms: str) -> str:
    """The hash of all files of some rooms: code, words, templates, data. Any edit of any of them changes it."""
    return blake2b(b"".join(map(_hash_of_room, rooms)), digest_size=16).hexdigest()


@cache
def _hash_of_room(room: str) -> bytes:
    hashing = blake2b()
    for path in sorted(_files(_PACKAGE / room)):
        hashing.update(f"{path.relative_to(_PACKAGE).as_posix()}\0".encode())
        hashing.update(blake2b(path.read_bytes()).digest())
    return hashing.digest()


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
        pieces: list[bytes] = []
        self._add(things, pieces)
        # With their lengths, so that no two lists of pieces run into the same bytes.
        return blake2b(b"".join([b"%d:%b" % (len(piece), piece) for piece in pieces]), digest_size=16).hexdigest()

    def _add(self, thing: object, pieces: list[bytes]) -> None:
        # What is asked of most things comes first.
        match thing:
            case str():
                pieces.append(f"'{thing}".encode("utf-8", "surrogatepass"))
            case None | bool() | int() | float() | date() | Enum() | bytes():
                pieces.append(repr(thing).encode())
            case BaseModel():
                pieces.append(self._record(thing))
            case partial():
                name = f"{thing.func.__module__}.{thing.func.__qualname__}"
                self._add_all([*thing.args, *thing.keywords.items()], name, pieces)
            case Mapping():
                self._add_all(list(chain.from_iterable(thing.items())), "mapping", pieces)
            case Set():
                self._add_all(sorted(self.of(each) for each in thing), "set", pieces)
            case Sequence():
                self._add_all(thing, "sequence", pieces)
            case _ if is_dataclass(thing) and not isinstance(thing, type):
                values = [getattr(thing, each.name) for each in fields(thing)]
                self._add_all(values, type(thing).__qualname__, pieces)
            case _:
                raise TypeError(f"nobody can say whether this has changed: {thing!r:.80}")

    def _add_all(self, things: Sequence[object], what: str, pieces: list[bytes]) -> None:
        pieces.append(f"{what} of {len(things)}".encode())
        for each in things:
            self._add(each, pieces)

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
