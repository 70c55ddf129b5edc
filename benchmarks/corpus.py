"""What several benchmarks share: the recorded papers, and a document's place for measured figures.

The recordings are a folder of Hugging Face listings beside the checkout, which is no part of the repository.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from assay.papers.models import Paper

ROOT = Path(__file__).parents[1]
CORPUS = ROOT.parent / "shared" / "corpus"


def read_corpus(
    corpus: Path, *, listings: Sequence[str] = ("hf_evening", "hf_morning"), days: str = "2025-02-*"
) -> dict[str, Paper]:
    """The papers of recorded listings by id; of two records of one paper, the one in the earlier listing counts."""
    papers: dict[str, Paper] = {}
    for listing in listings:
        for file in sorted((corpus / listing).glob(f"{days}.json")):
            for row in json.loads(file.read_text(encoding="utf-8")):
                found = row["paper"]
                papers.setdefault(found["id"], Paper(id=found["id"], title=found["title"], abstract=found["summary"]))
    return papers


def with_figures(page: str, figures: str, name: str = "figures") -> str:
    """``page`` with ``figures`` between the markers of that name."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, rest = page.split(begin)
    return f"{before}{begin}\n{figures}\n{end}{rest.split(end)[1]}"
