"""Many papers at once for other programs: BibTeX, RIS, CSL-JSON, CSV, JSON lines, and a vault of Obsidian's.

In all of them a paper goes by one key, `assay.publish.bibtex.citation_key`.
"""

from collections.abc import Sequence

from assay.papers.models import Dossier
from assay.publish.bibtex import bibtex_entries
from assay.publish.exports.csl import csl_json
from assay.publish.exports.obsidian import VaultReport, notes_in, write_vault
from assay.publish.exports.ris import ris
from assay.publish.exports.rows import ExportedPaper, papers_csv, papers_jsonl

__all__ = ["FORMS", "ExportedPaper", "VaultReport", "export", "notes_in", "write_vault"]

FORMS = ("bibtex", "ris", "csl-json", "csv", "jsonl")
"""Those that are one file."""


def export(papers: Sequence[Dossier], form: str, language: str = "en") -> str:
    """Papers as the text of a file, in their order.

    Args:
        papers: each once.
        form: one of `FORMS`.
        language: of the summaries, where the form has any.

    Raises:
        ValueError: if there is no such form.
    """
    match form:
        case "bibtex":
            return bibtex_entries(each.paper for each in papers) + "\n"
        case "ris":
            return ris(each.paper for each in papers)
        case "csl-json":
            return csl_json(each.paper for each in papers)
        case "csv":
            return papers_csv(papers, language)
        case "jsonl":
            return papers_jsonl(papers)
        case _:
            raise ValueError(f"no export is called {form!r} (there are: {', '.join(FORMS)})")
