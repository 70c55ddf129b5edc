"""Exports of many papers, as the programs read them that people use: one key for a paper in all of them."""

import csv
import io
import json
import warnings
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest
import rispy  # type: ignore[import-untyped]
from bibtexparser.entrypoint import parse_string as parse_bibtex
from hypothesis import given, settings
from hypothesis import strategies as st
from pybtex.database import parse_string as parse_by_pybtex  # type: ignore[import-untyped]

from assay.papers.mathematics import to_text
from assay.papers.models import Dossier, Paper, Parts, Sighting
from assay.publish.bibtex import citation_key
from assay.publish.exports import FORMS, ExportedPaper, export
from tests.publish.sample import CLAIMS, sample_day, sample_dossiers

MAY = datetime(2099, 5, 1, tzinfo=UTC)
TOYS = Paper(
    id="9912.00021",
    title=r"Reaching $O(n \log n)$ with $\alpha$-Softmax: “Toys” & Gulls",
    authors=("Toy Team: Ada Example", "Ludwig van der Toy Jr.", "김 철수", "Toys, Lakes, and Gulls", "et al."),
    abstract="We propose Toys. It is $\\sim$3x faster.",
    published=MAY,
    updated=MAY,
    version=2,
    categories=("cs.LG", "stat.ML"),
    keywords=("sparse attention", "C++, toys"),
    comment="12 pages. Accepted at ToyConf 2099",
)
JOURNAL = Paper(
    id="math.GT/0309136",
    title="Gullwing",
    authors=("Émile Łapiński",),
    journal_ref="Toy Letters 12(3), 45-67 (2098)",
    doi="10.1000/toy_1",
)
PROCEEDINGS = Paper(
    id="9912.00022",
    title="TideCache",
    authors=("Ada van der Toy",),
    journal_ref="Proceedings of the 41st Conference on Toys, pages 1-12, 2098",
)
WITHDRAWN = Paper(id="9912.00023", title="=SUM(A1)", withdrawn=MAY, journal_ref="Toy Letters 1, 2 (2098)")
PAPERS = [Dossier(paper=paper) for paper in (TOYS, JOURNAL, PROCEEDINGS, WITHDRAWN)]


def keys_in(form: str, text: str) -> list[str]:
    match form:
        case "bibtex":
            return [entry.key for entry in parse_bibtex(text).entries]
        case "ris":
            return [entry["id"] for entry in rispy.loads(text)]
        case "csl-json":
            return [item["id"] for item in json.loads(text)]
        case "csv":
            return [row["key"] for row in csv.DictReader(io.StringIO(text))]
        case _:
            return [json.loads(line)["key"] for line in text.splitlines()]


@pytest.mark.parametrize("form", FORMS)
def test_a_paper_goes_by_one_key_whatever_stands_beside_it(form: str) -> None:
    papers = [*PAPERS, *sample_dossiers()]
    keys = keys_in(form, export(papers, form))
    assert keys == [citation_key(each.paper) for each in papers]
    assert len(set(keys)) == len(papers)
    assert [key for each in papers for key in keys_in(form, export([each], form))] == keys


def test_a_key_does_not_change_with_what_is_learnt_of_a_paper_but_its_first_author() -> None:
    early = Paper(id="2501.00001", title="Toys", authors=("Ada Example",))
    known = early.model_copy(
        update={"published": datetime(2024, 12, 31, 20, tzinfo=UTC), "journal_ref": "T 1, 2 (2026)"}
    )
    assert citation_key(early) == citation_key(known) == "example2025_2501_00001"
    assert citation_key(early.model_copy(update={"authors": ("Bo Sample",)})) == "sample2025_2501_00001"


def test_bibtex_has_keywords_that_both_parsers_read() -> None:
    text = export(PAPERS, "bibtex")
    database = parse_by_pybtex(text, "bibtex")
    assert database.entries["toyteam2099_9912_00021"].fields["keywords"] == "sparse attention, C++ toys"
    fields = parse_bibtex(text).entries[0].fields_dict
    assert [fields[name].value for name in ("primaryClass", "month", "doi")] == [
        "cs.LG",
        "may",
        "10.48550/arXiv.9912.00021",
    ]


def test_ris_says_who_wrote_what_where_and_when() -> None:
    toys, journal, proceedings, withdrawn = rispy.loads(export(PAPERS, "ris"))
    assert toys["type_of_reference"] == "UNPB"
    assert toys["title"] == to_text(TOYS.title)
    assert toys["authors"] == [
        "Toy Team",
        "Example, Ada",
        "van der Toy, Ludwig, Jr.",
        "김 철수",
        "Toys Lakes and Gulls",
        "others",
    ]
    assert (toys["year"], toys["date"], toys["doi"]) == ("2099", "2099/05/01", "10.48550/arXiv.9912.00021")
    assert toys["keywords"] == ["sparse attention", "C++, toys"]
    assert toys["abstract"] == "We propose Toys. It is ~3x faster."
    assert toys["notes"] == ["Accepted at ToyConf 2099"]
    assert toys["urls"] == ["https://arxiv.org/abs/9912.00021"]
    assert journal["type_of_reference"] == "JOUR"
    assert [journal[name] for name in ("secondary_title", "volume", "number", "start_page", "end_page", "year")] == [
        *("Toy Letters", "12", "3", "45", "67", "2098")
    ]
    assert journal["authors"] == ["Łapiński, Émile"]
    assert proceedings["type_of_reference"] == "CPAPER"
    assert proceedings["authors"] == ["van der Toy, Ada"]
    assert withdrawn["notes"] == ["Withdrawn", "Toy Letters 1, 2 (2098)"]
    assert "authors" not in withdrawn


NAMES = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            name: {"type": "string", "minLength": 1}
            for name in ("family", "given", "non-dropping-particle", "suffix", "literal")
        },
        "oneOf": [{"required": ["literal"], "maxProperties": 1}, {"required": ["family"]}],
        "additionalProperties": False,
    },
}
CSL = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["id", "type"],
        "properties": {
            "type": {"enum": ["article", "article-journal", "paper-conference"]},
            "author": NAMES,
            "issued": {
                "type": "object",
                "required": ["date-parts"],
                "properties": {
                    "date-parts": {
                        "type": "array",
                        "maxItems": 1,
                        "items": {"type": "array", "minItems": 1, "maxItems": 3, "items": {"type": "integer"}},
                    }
                },
            },
        }
        | {
            name: {"type": "string", "minLength": 1}
            for name in "id genre title container-title volume issue page publisher number source archive "
            "archive_location DOI URL keyword abstract note".split()
        },
        "additionalProperties": False,
    },
}
"""CSL-JSON 1.0.2, as far as we write it."""


def test_csl_json_keeps_its_schema() -> None:
    items = json.loads(export([*PAPERS, *sample_dossiers()], "csl-json"))
    jsonschema.validate(items, CSL)
    toys, journal, *_ = items
    assert toys["author"] == [
        {"literal": "Toy Team"},
        {"family": "Example", "given": "Ada"},
        {"family": "Toy", "given": "Ludwig", "non-dropping-particle": "van der", "suffix": "Jr."},
        {"literal": "김 철수"},
        {"literal": "Toys, Lakes, and Gulls"},
        {"literal": "others"},
    ]
    assert toys["issued"] == {"date-parts": [[2099, 5, 1]]}
    assert journal["issued"] == {"date-parts": [[2098]]}


def cite(text: str, style: str) -> list[str]:
    """The bibliography that citeproc makes in a style."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of citeproc's own parsing of its styles
        from citeproc import (  # type: ignore[import-untyped]
            Citation,
            CitationItem,
            CitationStylesBibliography,
            CitationStylesStyle,
            formatter,
        )
        from citeproc.source.json import CiteProcJSON  # type: ignore[import-untyped]

        items = json.loads(text)
        bibliography = CitationStylesBibliography(
            CitationStylesStyle(style, validate=False), CiteProcJSON(items), formatter.plain
        )
        for item in items:
            bibliography.register(Citation([CitationItem(item["id"])]))
        return [str(line) for line in bibliography.bibliography()]


def test_citeproc_cites_them_in_a_style_that_it_brings() -> None:
    lines = cite(export(PAPERS, "csl-json"), "harvard-cite-them-right")
    assert len(lines) == len(PAPERS)
    toys, journal, proceedings = (next(line for line in lines if word in line) for word in ("Toys", "Gullwing", "Tide"))
    assert toys.startswith("Toy Team")
    assert "2099" in toys
    assert journal.startswith("Łapiński, É. (2098)")
    assert "Toy Letters" in journal
    assert "12(3)" in journal
    assert proceedings.startswith("van der Toy, A. (2098)")


def test_csv_has_a_row_a_paper_and_runs_in_no_spreadsheet() -> None:
    rows = list(csv.DictReader(io.StringIO(export([*PAPERS, sample_dossiers()[0]], "csv", "ko"))))
    assert [row["paper"] for row in rows] == [*(each.paper.id for each in PAPERS), "9912.00001"]
    assert rows[0]["title"] == to_text(TOYS.title)
    assert rows[0]["published"] == "2099-05-01"
    assert rows[3]["title"] == "'=SUM(A1)"
    assert rows[3]["withdrawn"] == "2099-05-01"
    assert rows[4]["summary"] == "ToyAttn은 미리 보기로 빈 블록을 찾아 건너뛴다."
    assert (rows[4]["claims"], rows[4]["votes"], rows[4]["listed"]) == (str(len(CLAIMS)), "9", str(sample_day().date))


def test_json_lines_hold_all_that_is_known() -> None:
    papers = sample_dossiers()
    lines = export(papers, "jsonl").splitlines()
    read = [ExportedPaper.model_validate_json(line) for line in lines]
    assert [Dossier(**{name: getattr(each, name) for name in Dossier.model_fields}) for each in read] == papers


anything = st.text(min_size=1, max_size=30)


@settings(max_examples=60)
@given(title=anything.filter(lambda text: text.isprintable() and text.strip()), names=st.lists(anything, max_size=3))
def test_every_parser_reads_whatever_is_in_a_record(title: str, names: list[str]) -> None:
    paper = Paper(id="9912.00031", title=title, authors=tuple(names), keywords=(title,), abstract=title)
    summary: dict[str, Any] = {"summary": {"en": Parts(one_line=title)}, "summary_origin": {"en": "digest"}}
    sighting = Sighting(paper=paper.id, source="huggingface", day=MAY.date(), votes=1)
    papers = [Dossier(paper=paper, sightings=(sighting,), **summary), PAPERS[1]]
    for form in FORMS:
        assert keys_in(form, export(papers, form)) == [citation_key(each.paper) for each in papers]
    entry = rispy.loads(export(papers, "ris"))[0]
    assert entry.get("title", "") == to_text(paper.title).strip()
    jsonschema.validate(json.loads(export(papers, "csl-json")), CSL)


def test_there_is_no_other_form() -> None:
    with pytest.raises(ValueError, match="no export is called 'endnote'"):
        export(PAPERS, "endnote")
