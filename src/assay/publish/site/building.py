"""Builds a site into a folder: renders what changed beside it, and moves that into place in one go.

A build that is killed leaves the site as it was, or, within the moment in which files are moved, a mixture that the
next build completes; what had been rendered is not rendered again. Only one build works in a folder at a time.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path

from filelock import FileLock, Timeout

from assay.papers.editions import Fingerprints
from assay.papers.files import write_whole
from assay.papers.models import Noun
from assay.publish.site.files import File

_MANIFEST = ".assay-site.json"
"""Every file of the build, and the key of what it was made of; empty for one that a build is about to write."""
_STAGE = ".assay-site"
"""A folder for what is rendered and not in its place yet."""


class Built(Noun):
    """What a build came to."""

    pages: int
    changed: int
    """Files that were written or removed, pages or not."""
    rendered: int
    """Files that were rendered, whether or not that changed them."""


def build_files(
    files: Iterable[File],
    folder: Path,
    *,
    edition: str,
    full: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Built:
    """Write the files into ``folder``, except those that an earlier build made there of the same things.

    Files of an earlier build that no longer belong there are removed; other files in the folder are left alone.

    Args:
        files: all of the site.
        folder: empty, not there yet, or built before.
        edition: what all files depend on, in a word; where it is another, all are rendered.
        full: render all files.
        progress: called with how many files are rendered, and of how many.

    Raises:
        ValueError: if the folder holds files and none of them is from an earlier build, or another build is at work.
    """
    manifest, stage = folder / _MANIFEST, folder / _STAGE
    if folder.is_dir() and not manifest.is_file() and any(path.name != _STAGE for path in folder.iterdir()):
        raise ValueError(f"{folder} holds other files; build the site into an empty folder or one built before")
    with _alone(stage):
        before = _read(manifest)
        known = Fingerprints()
        keys: dict[str, str] = {}
        due: list[File] = []
        for file in files:
            if file.path in keys:
                raise ValueError(f"two files of the site are called {file.path}")
            keys[file.path] = known.of(edition, file.path, file.made_of)
            if full or before.get(file.path) != keys[file.path] or not (folder / file.path).is_file():
                due.append(file)
        staged = _staged(stage, {keys[file.path] for file in due})
        rendered = 0
        for done, file in enumerate(due):
            progress(done, len(due))
            if full or keys[file.path] not in staged:
                staged[keys[file.path]] = _render(file, stage, keys[file.path])
                rendered += 1
        progress(len(due), len(due))
        os.sync()  # so that not even a power cut makes an empty file of one that has been moved
        # The list comes first, so that files of a build that breaks off here belong to the next one.
        write_whole(manifest, _text({**before, **keys, **dict.fromkeys((file.path for file in due), "")}))
        changed = sum(_move(staged[keys[file.path]], folder / file.path) for file in due)
        gone = before.keys() - keys.keys()
        for path in gone:
            _remove(folder / path, folder)
        write_whole(manifest, _text(keys))
        for left_over in stage.glob("*.*"):
            left_over.unlink()
    pages = sum(path.endswith(".html") for path in keys)
    return Built(pages=pages, changed=changed + len(gone), rendered=rendered)


@contextmanager
def _alone(stage: Path) -> Iterator[None]:
    """Keep other builds out of the folder."""
    stage.mkdir(parents=True, exist_ok=True)
    lock = FileLock(stage / "lock", timeout=0)
    try:
        held = lock.acquire()
    except Timeout:
        raise ValueError(f"another build is at work in {stage.parent}; wait for its end") from None
    with held:
        yield


def _read(manifest: Path) -> dict[str, str]:
    """The files of the build before, each with its key."""
    if not manifest.is_file():
        return {}
    try:
        record = json.loads(manifest.read_text(encoding="utf-8"))
        # Before keys were kept, it was a list of names.
        files = dict.fromkeys(record, "") if isinstance(record, list) else record["files"]
        return {str(path): str(key) for path, key in files.items()}
    except (ValueError, KeyError, AttributeError, TypeError):
        raise ValueError(f"{manifest}: not the list of a site's files; build into an empty folder") from None


def _text(keys: Mapping[str, str]) -> str:
    return json.dumps({"files": dict(sorted(keys.items()))}, indent=0, ensure_ascii=False)


def _render(file: File, stage: Path, key: str) -> Path:
    content = file.write()
    data = content.encode() if isinstance(content, str) else content
    path = stage / f"{key}.{_digest(data)}"
    path.write_bytes(data)
    return path


def _staged(stage: Path, wanted: set[str]) -> dict[str, Path]:
    """What a build that broke off has rendered of the wanted keys; its name says whether it is whole."""
    whole = {}
    for path in stage.glob("*.*"):
        key, _, digest = path.name.partition(".")
        if key in wanted and _digest(path.read_bytes()) == digest:
            whole[key] = path
        else:
            path.unlink()
    return whole


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()


def _move(staged: Path, path: Path) -> bool:
    """Put a rendered file in its place; one that has the same content stays, so that its time says when it changed."""
    if path.is_file() and path.read_bytes() == staged.read_bytes():
        staged.unlink()
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    staged.replace(path)
    return True


def _remove(path: Path, folder: Path) -> None:
    """Remove a file, and the folders that are empty without it."""
    path.unlink(missing_ok=True)
    for parent in path.parents:
        if parent == folder or not parent.is_dir() or any(parent.iterdir()):
            break
        parent.rmdir()
