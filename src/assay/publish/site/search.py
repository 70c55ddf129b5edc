"""What the site's search reads: every paper as JSON, in a file for each arXiv month, and the tables of the search.

The search itself runs in the browser (``assets/search*.js``) by the same rules as that of the archive.
"""

import json
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import Any

from assay.papers.ids import month_of
from assay.papers.mathematics import to_text
from assay.papers.models import ALL_PARTS, Dossier
from assay.publish.particulars import withdrawal
from assay.publish.site.files import File
from assay.store.searching.lexicon import as_json

FOLDER = "search-index"


def search_files(papers: Sequence[Dossier], languages: Sequence[str]) -> Iterator[File]:
    """The files of the search; newer papers come first."""
    yield File("assets/search-tables.js", "", lambda: f"export default {as_json()};\n")
    newest_first = sorted(papers, key=_age, reverse=True)
    parts = []
    for (year, month), group in groupby(newest_first, key=lambda dossier: month_of(dossier.paper.id)):
        parts.append(f"{year}-{month:02}.json")
        dossiers = tuple(group)
        yield File(f"{FOLDER}/{parts[-1]}", (dossiers, languages), partial(_part, dossiers, languages))
    yield File(f"{FOLDER}/parts.json", parts, partial(_json, parts))


def _part(dossiers: Sequence[Dossier], languages: Sequence[str]) -> str:
    return _json([_record(dossier, languages) for dossier in dossiers])


def _record(dossier: Dossier, languages: Sequence[str]) -> dict[str, Any]:
    """What the search knows of a paper, as text that a reader would see."""
    paper = dossier.paper
    texts = [
        text
        for parts in dossier.summary.values()
        for text in [*(getattr(parts, part) for part in ALL_PARTS), parts.prose, *parts.other.values()]
    ]
    return {
        "id": paper.id,
        "name": dossier.name,
        "title": to_text(paper.title),
        "authors": list(paper.authors),
        "organisation": paper.organisation,
        "keywords": list(paper.keywords),
        "links": [link for link in (paper.code_url, paper.project_url) if link],
        "categories": list(paper.categories),
        "days": [day.isoformat() for day in dossier.days],
        "leads": {language: to_text(parts.one_line) for language, parts in dossier.summary.items()},
        "withdrawn": {language: withdrawal(paper, language) for language in languages if paper.withdrawn},
        "abstract": to_text(paper.abstract),
        "texts": [to_text(text) for text in dict.fromkeys(filter(None, texts))],
    }


def _age(dossier: Dossier) -> tuple[tuple[int, int], str]:
    return month_of(dossier.paper.id), dossier.paper.id


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
