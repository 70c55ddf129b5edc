"""A static web site: a page per day, week, month and paper in every language, search in the browser.

Any file host serves it, under any path: all links are relative, nothing is requested from elsewhere, and all but the
search works without JavaScript. The search reads what `assay.publish.site.search` writes.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from assay.publish.site.addresses import read_address
from assay.publish.site.building import Built, build_files
from assay.publish.site.material import Site
from assay.publish.site.rendering import edition_of_code, files_of

__all__ = ["Built", "Site", "build", "read_address", "render"]


def build(
    site: Site,
    folder: Path,
    *,
    full: bool = False,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Built:
    """Build the site into ``folder``: render what has changed, leave the rest, remove what is gone.

    Args:
        site: all that it shows.
        folder: empty, not there yet, or built before; files of others in it are left alone.
        full: render everything again.
        progress: called with how many files are rendered, and of how many.

    Raises:
        ValueError: if the folder holds files and none of them is from an earlier build, or another build is at work.
    """
    return build_files(files_of(site), folder, edition=edition_of_code(), full=full, progress=progress)


def render(site: Site) -> Iterator[tuple[str, str | bytes]]:
    """Every file of the site: its path and content."""
    for file in files_of(site):
        yield file.path, file.write()
