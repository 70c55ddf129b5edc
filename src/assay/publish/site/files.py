"""What a site is built of: files, each with all that its content depends on, so that it is rendered only once."""

from collections.abc import Callable
from datetime import date
from typing import NamedTuple


class File(NamedTuple):
    """A file of the site, before it is written."""

    path: str
    """Within the site, with slashes."""
    made_of: object
    """All that its content depends on, but for our own code: records, words, numbers, days, and collections of such, as
    `assay.papers.editions.Fingerprints` takes them."""
    write: Callable[[], str | bytes]
    """Makes the content; called only if there is no file of the same things yet."""
    changed: date | None = None
    """The day of the latest record that it is made of, for the site map."""
