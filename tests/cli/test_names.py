"""Papers by whatever name a reader gives them, in the commands that take one; and several of them as BibTeX."""

import json
import re
from pathlib import Path

import pytest

from assay.papers.catalogue import catalogue, entry_of, find, paper_id
from tests.cli.conftest import Run

SPELLINGS = (
    "sparge_attn",
    "SpargeAttn",
    "sparge-attn",
    "Sparge Attn",
    " SPARGE_ATTN ",
    "ＳｐａｒｇｅＡｔｔｎ",
    "2502.18137",
    "2502.18137V1",
    "[2502.18137]",
    "2502.18137.",
    "arXiv:2502.18137v1 [cs.LG] 25 Feb 2025",
    "https://www.alphaxiv.org/abs/2502.18137",
    "https://scirate.com/arxiv/2502.18137",
)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_any_spelling_is_the_paper(spelling: str) -> None:
    assert entry_of(spelling).name == "sparge_attn"
    assert paper_id(spelling) == "2502.18137"


def test_no_two_short_names_are_spelt_alike() -> None:
    for entry in catalogue().values():
        assert find(entry.name.replace("_", "-").upper()) == entry


@pytest.mark.parametrize("command", ["where", "claims --paper"])
def test_every_command_takes_any_spelling(assay: Run, command: str) -> None:
    arguments = [*command.split(), "--json"]
    by_id, by_name = (assay(*arguments[:-1], name, "--json") for name in ("2502.18137", "Sparge-Attn"))
    assert by_id.code == by_name.code == 0
    assert by_id.out == by_name.out
    assert json.loads(by_id.out)


UNKNOWN = "is neither an arXiv id, nor a link to a paper, nor a short name of the catalogue"
NO_ID = "not an arXiv id or a link to one:"


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (("where", "spargeattention"), f"'spargeattention' {UNKNOWN}; did you mean sparge_attn?"),
        (("show", "fastvk"), f"'fastvk' {UNKNOWN}; did you mean fastkv?"),
        (("run", "LM2"), f"'LM2' {UNKNOWN}; did you mean lm2_memory?"),
        (("run", "gullwing"), f"'gullwing' {UNKNOWN}"),
        (("summarise", "--paper", "spargeatn"), f"'spargeatn' {UNKNOWN}; did you mean sparge_attn?"),
        (("where", "2513.18137"), f"{NO_ID} '2513.18137' (an id begins with its year and month: there is no month 13)"),
        (("show", "2502.18137v0"), f"{NO_ID} '2502.18137v0' (versions count from 1)"),
        (
            ("show", "2502.18137 2502.18411"),
            "not an arXiv id but 2 of them, 2502.18137, 2502.18411: give one at a time",
        ),
        (("run", "9912.00001"), "9912.00001 is not in the catalogue"),
        (("where", "9912.00001"), "9912.00001 is not in the catalogue"),
        (
            ("show", "2502.18137", "9912.00001", "9912.00002"),
            "9912.00001, 9912.00002 are not in the store; collect or import the days that list them",
        ),
    ],
)
def test_a_name_that_is_none_gets_one_line(assay: Run, command: tuple[str, ...], line: str) -> None:
    done = assay(*command)
    assert (done.code, done.out, done.err) == (2, "", f"assay: {line}\n")


def test_rooms_in_any_case(assay: Run) -> None:
    rows = json.loads(assay("methods", "--room", "Attention", "--json").out)
    assert {row["room"] for row in rows} == {"attention"}
    by_room = [assay("search", "attention", "--room", room, "--json").out for room in ("ATTENTION", "attention")]
    assert by_room[0] == by_room[1] != "[]\n"
    done = assay("methods", "--room", "lake")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("assay: no room is called 'lake' (there are: agents, architecture, ")


def test_several_papers_as_bibtex(assay: Run) -> None:
    done = assay("show", "sparge_attn", "2502.18411", "SpargeAttn", "--bibtex")
    assert done.code == 0
    assert re.findall(r"^@misc\{(\w+),$", done.out, re.MULTILINE) == ["zhang2025_2502_18137", "zhao2025_2502_18411"]
    alone = assay("show", "2502.18411", "--bibtex").out
    assert done.out.endswith("}\n\n" + alone)


def test_a_day_as_bibtex(assay: Run, tmp_path: Path) -> None:
    written = assay("digest", "2025-02-26", "--format", "bibtex").out
    assert assay("digest", "2025-02-26", "-f", "bibtex", "-o", "day.bib").code == 0
    assert (tmp_path / "day.bib").read_text(encoding="utf-8") == written
    ids = [paper["id"] for paper in json.loads(assay("digest", "2025-02-26", "--json").out)["papers"]]
    assert written == assay("show", *ids, "--bibtex").out


def test_several_papers_as_json_and_for_reading(assay: Run) -> None:
    lines = assay("show", "sparge_attn", "2502.18411", "--json").out.splitlines()
    assert [json.loads(line)["paper"]["id"] for line in lines] == ["2502.18137", "2502.18411"]
    both = assay("show", "sparge_attn", "2502.18411").out
    titles = (catalogue()[paper].title for paper in ("2502.18137", "2502.18411"))
    assert [" ".join(both.split()).count(title) for title in titles] == [1, 1]
