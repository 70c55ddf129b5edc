"""Where the testbed keeps what it fetched, converted and trained; and how a folder gets there whole or not at all."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import platformdirs
from filelock import FileLock


def cache_folder(name: str) -> Path:
    """A folder of the cache, which is ``ASSAY_CACHE`` or the platform's own; it need not be there yet."""
    return Path(os.environ.get("ASSAY_CACHE") or platformdirs.user_cache_dir("assay")).expanduser() / name


def make_once(place: Path, make: Callable[[Path], None]) -> Path:
    """Make a folder unless it is there; processes that want the same one wait for the one that makes it.

    Args:
        place: Of the folder.
        make: Fills a folder beside the place, which is moved there at once when it is full. What ends half-way, however
            rudely, leaves nothing that could be taken for the folder.
    """
    if place.is_dir():
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{place}.lock"):
        if not place.is_dir():
            for leftover in place.parent.glob(f".{place.name}.*"):
                shutil.rmtree(leftover)
            unfinished = Path(tempfile.mkdtemp(dir=place.parent, prefix=f".{place.name}."))
            try:
                make(unfinished)
                unfinished.replace(place)
            finally:
                shutil.rmtree(unfinished, ignore_errors=True)
    return place
