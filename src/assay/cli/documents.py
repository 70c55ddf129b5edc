"""Puts committed measurements into the tables of documents: ``python -m assay.cli.documents README.md docs/*.md``."""

import sys
from pathlib import Path

from assay.cli.trials import RESULTS
from assay.papers.files import write_whole
from assay.publish.measurements import fill_in
from assay.trials.results import read_results


def filled(document: Path) -> str:
    """The document as it should be, given what is committed."""
    return fill_in(document.read_text(encoding="utf-8"), read_results(RESULTS))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        write_whole(Path(name), filled(Path(name)))
