"""What several benchmarks share: the recorded papers, and a document's place for measured figures.

The recordings are folders of Hugging Face listings beside the checkout, which are no part of the repository.
"""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from assay.papers.models import Paper

ROOT = Path(__file__).parents[1]
CORPUS = ROOT.parent / "shared" / "corpus"
DAILY = Path(os.environ.get("DAILY_PAPERS", ROOT.parent / "daily"))
"""Listings of every day since May 2024: the folder ``Paper_metadata_download`` of the Apache-2.0 repository
github.com/2404589803/hf-daily-paper-newsletter-chinese. Some of its files say that there was nothing."""
ARXIV = Path(os.environ.get("ARXIV_PAPERS", ROOT.parent / "daily_arxiv"))
"""Listings of what arXiv had new, March 2025 to June 2026: the files ``data/*.jsonl`` without ``_AI_enhanced`` in the
branch ``data`` of the repository github.com/dw-dengwei/daily-arXiv-ai-enhanced."""

SCIGEN = Path(os.environ.get("SCIGEN", ROOT.parent / "scigen"))
"""Tables of papers: the folder ``dataset/test`` of the repository github.com/UKPLab/SciGen (CC BY-NC-SA)."""


def read_corpus(
    corpus: Path, *, listings: Sequence[str] = ("hf_evening", "hf_morning"), days: str = "2025-02-*"
) -> dict[str, Paper]:
    """The papers of recorded listings by id; of two records of one paper, the one in the earlier listing counts."""
    papers: dict[str, Paper] = {}
    for listing in listings:
        for found in listed(corpus / listing, days):
            papers.setdefault(found["id"], Paper(id=found["id"], title=found["title"], abstract=found["summary"]))
    return papers


def read_daily(ids: Iterable[str]) -> dict[str, Paper]:
    """Of the papers listed since May 2024 those with these ids."""
    wanted = set(ids)
    return {
        found["id"]: Paper(id=found["id"], title=found["title"], abstract=found["summary"])
        for found in listed(DAILY)
        if found["id"] in wanted
    }


def read_arxiv(ids: Iterable[str]) -> dict[str, Paper]:
    """Of the papers that arXiv listed those with these ids, each as it was listed first."""
    wanted = set(ids)
    papers: dict[str, Paper] = {}
    for found in listed_by_arxiv():
        if found["id"] in wanted and found["id"] not in papers:
            title, abstract = (" ".join(found[each].split()) for each in ("title", "summary"))
            papers[found["id"]] = Paper(id=found["id"], title=title, abstract=abstract)
    return papers


def listed_by_arxiv(*, every: int = 1) -> Iterator[dict[str, Any]]:
    """The papers of arXiv's listings, or of every so many of them; one may come more than once."""
    for file in sorted(ARXIV.glob("*.jsonl"))[::every]:
        yield from map(json.loads, file.read_text(encoding="utf-8").splitlines())


def listed(folder: Path, days: str = "*") -> Iterator[dict[str, Any]]:
    """The papers of the listings in a folder, as they are recorded there; one may come more than once."""
    for file in sorted(folder.glob(f"{days}.json")):
        rows = json.loads(file.read_text(encoding="utf-8"))
        yield from (row["paper"] for row in rows if isinstance(row, dict))


def with_figures(page: str, figures: str, name: str = "figures") -> str:
    """``page`` with ``figures`` between the markers of that name."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, rest = page.split(begin)
    return f"{before}{begin}\n{figures}\n{end}{rest.split(end)[1]}"
