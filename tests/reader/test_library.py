"""Libraries out of reference managers: what they hold is read, each work once, and what cannot be read is named."""

import json
from pathlib import Path

import pytest

from assay.papers.models import Dossier, Paper
from assay.publish.exports import export
from assay.reader.interests import Reference
from assay.reader.library import Works, detect_library, read_library
from assay.reader.references import make_reference, merge_references
from assay.reader.shelf import open_shelf

CSL = {
    "id": "toy",
    "type": "article-journal",
    "title": "KV Caches for Toys",
    "abstract": "We fly.",
    "author": [
        {"family": "Han", "given": "Song"},
        {"non-dropping-particle": "van der", "family": "Berg", "given": "J."},
        {"literal": "OpenAI"},
    ],
    "issued": {"date-parts": [[2099, 5, 1]]},
    "DOI": "10.1/ToyX",
    "keyword": "caches; toys",
}
RIS = """TY  - JOUR
TI  - KV Caches for Toys
AU  - Han, Song
AU  - van der Berg, J.
AU  - OpenAI
PY  - 2099/05/01/
DO  - 10.1/ToyX
AB  - We fly.
KW  - caches
KW  - toys
ER  -
"""
BIBTEX = """@article{toy, title={{KV} Caches for Toys}, author={Han, Song and van der Berg, J. and {OpenAI}},
  year=2099, doi={10.1/ToyX}, abstract={We fly.}, keywords={caches, toys}}
"""
TOY = Reference(
    key="10.1/toyx",
    title="KV Caches for Toys",
    abstract="We fly.",
    authors=("Song Han", "J. van der Berg", "OpenAI"),
    year=2099,
    doi="10.1/ToyX",
    tags=("caches", "toys"),
)


@pytest.mark.parametrize("text", [json.dumps([CSL]), json.dumps({"items": [CSL]}), json.dumps(CSL), RIS, BIBTEX])
def test_a_work_is_the_same_in_every_form(text: str) -> None:
    assert read_library(text, file="toys") == Works((TOY,), ())
    assert read_library("\ufeff" + text.replace("\n", "\r\n"), file="toys").references == (TOY,)


def test_the_content_tells_the_form_and_not_the_name() -> None:
    assert detect_library("% made by hand\n\n@misc{a, title={A}}") == "bibtex"
    assert detect_library("\n\n" + RIS) == "ris"
    assert detect_library("  []") == "csl-json"
    for text in ("", "Dear reader, write to ada@example.org", "<html>"):
        with pytest.raises(ValueError, match="neither BibTeX nor CSL-JSON nor RIS"):
            read_library(text, file="toys.bib")


@pytest.mark.parametrize("text", ["[", '{"a": ', "[" * 100_000, '{"items": 3}'])
def test_what_only_begins_like_a_library_is_refused_whole(text: str) -> None:
    with pytest.raises(ValueError, match="JSON"):
        read_library(text, file="toys.json")


def test_bad_entries_are_named_and_cost_no_others() -> None:
    works = read_library(
        json.dumps([CSL, {"id": "x"}, 7, {"title": "B", "author": "Ada", "issued": []}]), file="a.json"
    )
    assert [work.title for work in works.references] == ["KV Caches for Toys", "B"]
    assert [refusal.why for refusal in works.refused] == ["entry 2 (x): it has no title", "entry 3: no object"]
    broken = RIS + "TY  - JOUR\nTI  - No end\n\nTY  - JOUR\nAU  - Nobody\nER  - \n" + RIS.replace("KV", "More")
    works = read_library(broken, file="a.ris")
    assert [work.title for work in works.references] == ["KV Caches for Toys", "More Caches for Toys"]
    assert [(refusal.line, refusal.why) for refusal in works.refused] == [
        (12, "the record has no end (ER)"),
        (15, "it has no title"),
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"number": "arXiv:9912.99901"},
        {"URL": "https://arxiv.org/abs/9912.99901v2"},
        {"DOI": "10.48550/arXiv.9912.99901"},
        {"note": "On the train\narXiv:9912.99901 [cs]"},
    ],
)
def test_the_arxiv_id_is_the_key_wherever_it_stands(fields: dict[str, str]) -> None:
    (work,) = read_library(json.dumps([{"title": "A Toy", **fields}]), file="toys").references
    assert (work.key, work.arxiv_id) == ("9912.99901", "9912.99901")


@pytest.mark.parametrize("form", ["bibtex", "ris", "csl-json"])
def test_what_we_export_can_be_read_back(form: str) -> None:
    papers = [
        Paper(
            id="9912.99901",
            title="KV Caches & Toys: a 50% Gain",
            authors=("Ada Example", "Bo van der Sample"),
            abstract="We fly. It is 2x faster.",
        ),
        Paper(id="math/0309136", title="Gullwing", authors=("Émile Łapiński",), doi="10.1000/toy_1"),
    ]
    text = export([Dossier(paper=paper) for paper in papers], form)
    works = read_library(text, file=form)
    assert works.refused == ()
    for work, paper in zip(works.references, papers, strict=True):
        assert (work.arxiv_id, work.title, work.authors) == (paper.id, paper.title, paper.authors)
        assert work.abstract in {paper.abstract, ""}


def test_the_same_work_twice_is_one_with_all_that_is_known() -> None:
    by_title = make_reference(title="kv caches: FOR toys", tags=["mine"])
    by_doi = make_reference(title="KV Caches for Toys", doi="https://doi.org/10.1/TOYX", abstract="We fly.")
    by_id = make_reference(title="KV Caches for Toys (preprint)", doi="10.1/toyx", places=["arXiv:9912.99901"])
    other = make_reference(title="KV Caches for Toys", places=["9912.99902"])
    merged, new = merge_references([by_title], [by_doi, by_id, by_id, other])
    assert new == 1
    assert [work.key for work in merged] == ["9912.99901", "9912.99902"]
    assert (merged[0].title, merged[0].abstract, merged[0].tags) == ("kv caches: FOR toys", "We fly.", ("mine",))


def test_a_shelf_keeps_each_work_under_its_best_key(tmp_path: Path) -> None:
    with open_shelf(tmp_path / "readers.db") as shelf:
        assert shelf.merge_library([make_reference(title="KV Caches for Toys"), make_reference(title="Lakes")]) == 2
        assert shelf.merge_library([TOY, TOY]) == 0
        assert [work.key for work in shelf.references()] == ["10.1/toyx", "lakes"]
        assert shelf.references()[0].abstract == "We fly."
