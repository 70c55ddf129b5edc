"""Where the archive, the readers' things and the vectors are: in a home folder, an SQLite file or on a server."""

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assay.cli.settings import Settings
    from assay.store.holdings import Holding

Where = str | Path


class Places(NamedTuple):
    """Where each of them is; ``None`` for what has no place there."""

    archive: Where
    readers: Where | None = None
    vectors: Where | None = None
    is_home: bool = False

    def known(self) -> "Iterator[tuple[Holding, Where]]":
        """Those that have a place, with what they hold."""
        from assay.reader.holdings import READERS, VECTORS
        from assay.store.holdings import ARCHIVE

        for holding, where in ((ARCHIVE, self.archive), (READERS, self.readers), (VECTORS, self.vectors)):
            if where is not None:
                yield holding, where

    def stored(self) -> "Iterator[tuple[Holding, Where]]":
        """Those that hold something there; the archive in any case.

        Raises:
            ValueError: if one cannot be opened.
        """
        from assay.store.holdings import ARCHIVE, is_stored

        for holding, where in self.known():
            if holding is ARCHIVE or is_stored(where, holding):
                yield holding, where


def places_of(text: str) -> Places:
    """What a reader means by a database URL, an SQLite file, or a home folder, which need not be there yet.

    A path with an ending such as ``.db`` is a file, and any other a folder. A folder's own ``config.toml`` may say that
    its archive is elsewhere.

    Raises:
        ValueError: if the folder's settings cannot be read.
    """
    from assay.store.database import as_url

    if "://" in text:
        is_file = as_url(text).get_backend_name() == "sqlite"
        return Places(text) if is_file else Places(text, text, text)
    path = Path(text).expanduser()
    if path.is_file() or (path.suffix and not path.is_dir()):
        return Places(path)
    file = path / "config.toml"
    try:
        database = tomllib.loads(file.read_text(encoding="utf-8")).get("database", "") if file.is_file() else ""
    except ValueError as error:
        raise ValueError(f"{file}: not TOML: {error}") from error
    return home_places(path, str(database))


def places_of_settings(settings: "Settings") -> Places:
    """Where they are by the settings in force."""
    return home_places(settings.home, settings.database)


def home_places(home: Path, database: str = "") -> Places:
    """Where they are in a home folder: on the server of its ``database``, if that is one, else in files."""
    from assay.store.database import beside

    readers, vectors = beside(database, home / "readers.db"), beside(database, home / "vectors.db")
    return Places(database or home / "assay.db", readers, vectors, is_home=True)
