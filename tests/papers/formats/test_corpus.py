"""Real digests come back byte for byte, with every row that they have."""

import json
import re
from datetime import date
from pathlib import Path

from assay.papers.formats import detect, sections, table
from assay.papers.models import Parts
from assay.papers.text import fold


def test_every_table_comes_back_with_all_its_rows(shared: Path) -> None:
    rows = {}
    for path in _tables(shared):
        text = _read(path)
        document = table.parse(text, file=path.name)
        assert detect(text) == "table"
        assert table.render(document) == text, path.name
        assert not document.refused
        links = re.findall(r"\]\(https://arxiv\.org/abs/(\d{4}\.\d{5})\)", text)
        papers = list(table.records(document))
        assert [record.paper.id for record in papers] == links, path.name
        assert [record.sighting.rank for record in papers] == list(range(1, len(links) + 1))
        rows[path.stem] = len(links)
    assert sum(count for day, count in rows.items() if day.startswith("2025-02")) == 350
    assert rows["2025-10-15"] == 0


def test_the_sections_come_back_with_all_their_papers(shared: Path) -> None:
    (path,) = [path for path in _seeds(shared) if detect(_read(path)) == "sections"]
    text = _read(path)
    document = sections.parse(text, file=path.name)
    assert sections.render(document) == text
    assert not document.refused
    papers = list(sections.records(document))
    assert len(papers) == text.count("### [") == 22
    for record in papers:
        assert record.sighting.day == date(2025, 2, 26)
        assert record.sighting.votes is not None
        assert record.paper.authors
        parts = record.summary.languages["ko"]
        assert parts.whats_new
        assert parts.technical_details
        assert parts.performance
        assert not parts.other
        assert not parts.prose


def test_all_five_seeds_are_recognised(shared: Path) -> None:
    assert [detect(_read(path)) for path in _seeds(shared)] == ["table", "sections", "table", "table", "table"]


def test_titles_are_those_of_the_papers(shared: Path) -> None:
    titles = {}
    for path in (shared / "corpus").glob("hf_*/*.json"):
        for listing in json.loads(path.read_text(encoding="utf-8")):
            titles[listing["paper"]["id"]] = listing["paper"]["title"]
    count = equal = 0
    for path in _tables(shared):
        for record in table.records(table.parse(_read(path))):
            if record.paper.id in titles:
                count += 1
                equal += _letters(record.paper.title) == _letters(titles[record.paper.id])
    assert count > 300
    assert equal >= count - 5  # a few were renamed by their authors between the two recordings


def test_most_summaries_are_sorted_into_parts_without_losing_a_word(shared: Path) -> None:
    whole = 0
    documents = [table.parse(_read(path)) for path in _tables(shared) if path.stem.startswith("2025-02")]
    for document in documents:
        for row, record in zip(document.rows, table.records(document), strict=True):
            parts = record.summary.languages["en"]
            whole += all((parts.one_line, parts.objective, parts.method, parts.result, parts.implication))
            lost = len(_words(row.summary)) - len(_words(_all_text(parts)))
            # Preambles and labels go; a label such as "Principal implication for AI practitioners:" is five words.
            assert 0 <= lost <= 40, (record.paper.id, lost)
            assert _words(row.summary)[-8:] == _words(_all_text(parts))[-8:], record.paper.id
    assert whole > 0.6 * 350


def _seeds(shared: Path) -> list[Path]:
    return sorted((shared / "seeds").glob("*.txt"))


def _tables(shared: Path) -> list[Path]:
    seeds = [path for path in _seeds(shared) if not _read(path).startswith("## Daily")]
    files = sorted((shared / "corpus" / "digest_en").glob("*.md"))
    assert len(files) == 27
    return files + seeds


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8")


def _all_text(parts: Parts) -> str:
    return " ".join((parts.one_line, parts.objective, parts.method, parts.result, parts.implication, parts.prose))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def _letters(title: str) -> str:
    return fold(title).replace(" ", "")
