"""Files and folders that methods keep: written whole or not at all."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_whole(path: str | Path) -> Iterator[Path]:
    """Yield a place beside `path` to write a file or make a folder at; it becomes `path` when the block ends.

    After an error inside, what was at `path` is still there, and nothing else.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as beside:
        unfinished = Path(beside) / path.name
        yield unfinished
        if path.is_dir():  # a folder cannot be moved over another one
            former = Path(beside) / "former"
            path.replace(former)
            try:
                unfinished.replace(path)
            except BaseException:
                former.replace(path)
                raise
            shutil.rmtree(former)
        else:
            unfinished.replace(path)
