"""Entries as the programs read them that people use: BibTeX, biber and pdfLaTeX where they are, and two parsers."""

import json
import re
import shutil
import subprocess
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import pypdfium2  # type: ignore[import-untyped]
import pytest
from bibtexparser.entrypoint import parse_string as parse_by_bibtexparser
from hypothesis import given, settings
from hypothesis import strategies as st
from pybtex.database import parse_string as parse_by_pybtex  # type: ignore[import-untyped]

from assay.papers.mathematics import to_text
from assay.papers.models import Paper
from assay.publish.bibtex import bibtex_entries, bibtex_entry

MAY = datetime(2099, 5, 1, tzinfo=UTC)
PAPERS = (
    Paper(
        id="9912.00001",
        title=r"Reaching $O(n \log n)$ with $\alpha$-Softmax: Bayesian Toys in C",
        authors=("Toy Team", ":", "Ada Example", "Ludwig van der Toy Jr.", "Émile Łapiński", "et al."),
        published=MAY,
        categories=("cs.LG",),
    ),
    Paper(
        id="9912.00002",
        title="R&D of 50% Gulls: a_b #1 at $5 – “C++” & ToyBench² ≤ café",
        authors=("Đặng Ếch", "jing Example", "Ada d'Example"),
        journal_ref="Toy Letters 12(3), 45-67 (2098)",
        doi="10.1000/toy_1",
    ),
    Paper(
        id="math.GT/0309136",
        title="Withdrawn <Toys> {of} the Past",
        authors=("Example, Ada", "Toys, Lakes, and Gulls"),
        withdrawn=MAY,
    ),
    Paper(
        id="9912.00003",
        title="TideCache",
        authors=("Ada Example",),
        journal_ref="Proceedings of the 41st Conference on Toys, pages 1-12, 2098",
    ),
    Paper(id="9912.00005", title="LakeBench of Nobody"),
    Paper(id="9912.00004", title="Gullwing", authors=("OpenToys",), journal_ref="ToyConf 2098 (oral)"),
)


def need(*programs: str) -> None:
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed here")


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=False)
    output = done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")
    assert done.returncode == 0, output[-2_000:]
    return output


def write_list(folder: Path, style: str, papers: tuple[Paper, ...] = PAPERS) -> str:
    """The list of references that BibTeX makes in a style; it must have nothing to warn of."""
    (folder / "toys.bib").write_text(bibtex_entries(papers), encoding="utf-8")
    (folder / "toys.aux").write_text(f"\\citation{{*}}\n\\bibdata{{toys}}\n\\bibstyle{{{style}}}\n")
    run(folder, "bibtex", "toys")
    log = (folder / "toys.blg").read_text(encoding="utf-8", errors="replace")
    assert "Warning--" not in log
    assert "error message" not in log
    return " ".join((folder / "toys.bbl").read_text(encoding="utf-8").replace("~", " ").split())


def test_bibtex_reads_people_and_teams(tmp_path: Path) -> None:
    need("bibtex")
    references = write_list(tmp_path, "plain")
    for names in (
        r"{Toy Team}, Ada Example, Ludwig van der Toy, Jr., {\'E}mile {\L}api{\'n}ski, et al.",
        r"{\DJ}{\d{ă}}ng {\'{Ê}}ch, {jing} Example, and Ada d'Example",
        "Ada Example and {Toys, Lakes, and Gulls}",
    ):
        assert names in references
    assert r"{\em Toy Letters}, 12(3):45--67, 2098" in references
    assert "Withdrawn" in references
    assert r"In {\em Proceedings of the 41st Conference on Toys}, pages 1--12, 2098" in references


def test_bibtex_abbreviates_names_and_makes_labels(tmp_path: Path) -> None:
    need("bibtex")
    references = write_list(tmp_path, "abbrv")
    assert r"{Toy Team}, A. Example, L. van der Toy, Jr., {\'E}. {\L}api{\'n}ski, et al." in references
    assert re.search(r"\\bibitem\[[^]]*vdT", write_list(tmp_path, "alpha"))


def test_pdflatex_sets_titles_as_they_are(tmp_path: Path) -> None:
    need("bibtex", "pdflatex")
    write_list(tmp_path, "plain")
    (tmp_path / "toys.tex").write_text(
        r"\documentclass{article}\usepackage{cmap}\usepackage[T1]{fontenc}"
        r"\pdfpagewidth=50cm\textwidth=40cm\begin{document}\input{toys.bbl}\end{document}",
    )
    run(tmp_path, "pdflatex", "-halt-on-error", "-interaction=nonstopmode", "toys.tex")
    page = pypdfium2.PdfDocument(tmp_path / "toys.pdf")[0]
    words = unicodedata.normalize("NFKC", " ".join(page.get_textpage().get_text_bounded().split()))
    for title in (
        "Reaching O(n log n) with α-Softmax: Bayesian Toys in C, May 2099.",
        "R&D of 50% Gulls: a_b #1 at $5 – “C++” & ToyBench2 ≤ café. Toy Letters",
        "Withdrawn <Toys> of the Past, 2003. Withdrawn.",
    ):
        assert title in words


def test_biber_reads_them(tmp_path: Path) -> None:
    need("biber")
    (tmp_path / "toys.bib").write_text(bibtex_entries(PAPERS), encoding="utf-8")
    said = run(tmp_path, "biber", "--tool", "--validate-datamodel", "--output-file", "out.bib", "toys.bib")
    assert "WARN" not in said
    assert "ERROR" not in said
    read = (tmp_path / "out.bib").read_text(encoding="utf-8")
    assert "{Toy Team} and Example, Ada and van der Toy, Jr., Ludwig and {Ł}apiński, Émile and others" in read
    assert "Ếch, {Đ}ặng and Example, {jing} and d'Example, Ada" in read


_given = st.sampled_from(["Ada", "Émile", "Jean-Luc", "B.", "Øre", "Ňina", "Łukasz"])
_particle = st.sampled_from([(), ("van", "der"), ("de", "la"), ("von",)])
_family = st.sampled_from(["Toy", "Example", "Łapiński", "O'Toy", "Groß", "Ếch", "Toy-Gull"])
_suffix = st.sampled_from(["", "Jr.", "III"])


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.lists(_given, min_size=1, max_size=2), _particle, _family, _suffix), min_size=1, max_size=4)
)
def test_parsers_find_the_parts_of_names(people: list[tuple[list[str], tuple[str, ...], str, str]]) -> None:
    names = tuple(
        " ".join([*given, *particle, family, *filter(None, [suffix])]) for given, particle, family, suffix in people
    )
    entry = bibtex_entry(Paper(id="9912.00001", title="Toys", authors=names))
    (record,) = parse_by_pybtex(entry, "bibtex").entries.values()
    for person, (given_names, particle, family, suffix) in zip(record.persons["author"], people, strict=True):
        assert read_all(person.first_names + person.middle_names) == given_names
        assert read_all(person.prelast_names) == list(particle)
        assert read_all(person.last_names) == [family]
        assert read_all(person.lineage_names) == list(filter(None, [suffix]))


def read_all(words: list[str]) -> list[str]:
    return [to_text(word) for word in words]


_text = st.text(alphabet="aB1 $\\{}_^%&#~@=,\"'é²α語", min_size=1, max_size=30).filter(lambda text: text.strip(" ,;:~"))


@settings(max_examples=40)
@given(title=_text, names=st.lists(_text, max_size=3), journal_ref=_text)
def test_parsers_read_any_title_and_name(title: str, names: list[str], journal_ref: str) -> None:
    papers = [
        Paper(id=key, title=title, authors=tuple(names), journal_ref=journal_ref, published=MAY)
        for key in ("9912.00001", "9912.00002")
    ]
    text = bibtex_entries(papers)
    library = parse_by_bibtexparser(text)
    assert not library.failed_blocks
    assert [entry.fields_dict["eprint"].value for entry in library.entries] == [paper.id for paper in papers]
    database = parse_by_pybtex(text, "bibtex")
    assert [entry.fields["eprint"] for entry in database.entries.values()] == [paper.id for paper in papers]
    assert [entry.key for entry in library.entries] == list(database.entries)


def test_every_recorded_paper_is_read(shared: Path) -> None:
    records = {}
    for file in sorted((shared / "corpus").glob("hf_*/*.json")):
        for row in json.loads(file.read_text(encoding="utf-8")):
            records[row["paper"]["id"]] = row["paper"]
    some = list(records.values())[::10]
    papers = [
        Paper(
            id=record["id"],
            title=record["title"],
            authors=tuple(filter(str.strip, (author["name"] for author in record["authors"]))),
            published=record["publishedAt"],
        )
        for record in some
    ]
    text = bibtex_entries(papers)
    assert text.isascii()
    library, database = parse_by_bibtexparser(text), parse_by_pybtex(text, "bibtex")
    assert len(library.entries) == len(database.entries) == len(papers)
    assert not library.failed_blocks
    for paper, entry in zip(papers, database.entries.values(), strict=True):
        assert to_text(entry.fields["title"][1:-1]) == to_text(paper.title)
