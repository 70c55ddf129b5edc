"""An archive for the app's tests: the day that our own catalogue lists, whose papers have claims and results."""

import shutil
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from assay.digest.ingest import load_catalogue
from assay.digest.ledger import bring_up_to_date
from assay.papers.catalogue import FOLDER
from assay.papers.measurement import Measurement
from assay.store import open_store
from assay.trials.results import judge_again, read_results
from assay.web.desk import Desk

DAY = date(2025, 2, 26)
PAPER = "2502.18137"
"""A paper of that day with claims and measurements."""


def make_desk(home: Path) -> Desk:
    """A desk over a new archive in a folder, with the results that come with Assay."""
    shutil.copyfile(Path(_archive().name) / "assay.db", home / "assay.db")
    database = home / "assay.db"
    return Desk(open_store(database), home, str(database), measured=_results)


@cache
def _archive() -> "TemporaryDirectory[str]":
    """A folder with the archive, made once."""
    folder = TemporaryDirectory()
    with open_store(Path(folder.name) / "assay.db") as store:
        load_catalogue(store)
        bring_up_to_date(store)
    return folder


@cache
def _results() -> list[Measurement]:
    return list(judge_again(read_results(FOLDER.parent / "results")))
