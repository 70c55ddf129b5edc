"""Shows how far long work has come, on standard error, where it takes long enough to be worth a look."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from assay.cli import Session


@contextmanager
def bar(here: Session, what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar that is there only while something is left to do; yields what takes how much is done, of how much."""
    from rich.progress import Progress

    progress = Progress(console=here.err, transient=True)
    task = progress.add_task(what)

    def show(done: int, total: int) -> None:
        progress.update(task, completed=done, total=total)
        if done < total and here.err.is_interactive:  # to a file rich would write an empty line
            progress.start()

    try:
        yield show
    finally:
        if progress.live.is_started:
            progress.stop()
