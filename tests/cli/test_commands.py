"""The commands as a reader meets them: exit code, output and error text, all in snapshots."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
from syrupy.assertion import SnapshotAssertion

from assay.claims.numbers.quantities import figures
from assay.cli.schemas import schemas
from assay.papers.catalogue import catalogue
from tests.cli.conftest import Run
from tests.cli.fixtures import SECTIONS, TABLE, listing, write_archive
from tests.sources.synthetic import atom_entry, feed

COMMANDS = (
    "check",
    "claims",
    "collect",
    "convert",
    "digest",
    "doctor",
    "errata",
    "import",
    "methods",
    "results",
    "run",
    "search",
    "show",
    "site",
    "summarise",
    "where",
)


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS), ("site", "build")])
def test_help(assay: Run, command: tuple[str, ...]) -> None:
    done = assay(*command, "--help")
    assert done.code == 0
    assert "Usage: " in done.out
    assert all(name in done.out for name in COMMANDS) or command


@pytest.mark.parametrize(
    "command",
    [
        ("digest", "2025-02-30"),
        ("digest", "2025-02-26", "--brief", "--full"),
        ("digest", "2025-02-26", "--out", "x"),
        ("show", "2502.99999999"),
        ("show", "2502.99999"),
        ("where", "no_such_paper"),
        ("search", "  "),
        ("search", "attention", "--since", "last week"),
        ("import", "no/such/file"),
        ("convert", "no/such/file", "--to", "json"),
        ("collect", "2025-02-26..2025-02-20"),
        ("collect", "--source", "telepathy"),
        ("collect", "2099-12-02", "--replay"),
        ("frobnicate",),
        (),
    ],
    ids=" ".join,
)
def test_a_mistake_gets_one_line_and_exit_code_2(
    assay: Run, command: tuple[str, ...], snapshot: SnapshotAssertion
) -> None:
    done = assay(*command)
    assert done.code == 2
    assert repr(done) == snapshot


@pytest.mark.parametrize(
    "text", ["languages = 3", "colour = 'red'", "not toml", "patience = -1"], ids=["type", "name", "syntax", "range"]
)
def test_a_mistake_in_the_settings(assay: Run, home: Path, text: str, snapshot: SnapshotAssertion) -> None:
    home.mkdir()
    (home / "config.toml").write_text(text)
    done = assay("digest", "2025-02-26")
    assert done.code == 2
    assert repr(done) == snapshot


def test_settings_come_from_file_and_variables(assay: Run, home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text('languages = ["ko"]')
    assert "2025-02-26의 논문" in assay("digest", "2025-02-26", "--brief").out
    assert "Papers of 2025-02-26" in assay("digest", "2025-02-26", "--brief", ASSAY_LANGUAGES="en,ko").out


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_day_of_the_catalogue(assay: Run, language: str, snapshot: SnapshotAssertion) -> None:
    done = assay("digest", "2025-02-26", "--lang", language, "--brief")
    assert done.code == 0
    assert repr(done) == snapshot


def test_a_day_that_was_never_collected(assay: Run, snapshot: SnapshotAssertion) -> None:
    done = assay("digest", "2099-12-02")
    assert done.code == 1
    assert repr(done) == snapshot


def test_a_paper_by_any_name(assay: Run) -> None:
    result = assay("show", "sparge_attn")
    assert result.code == 0
    assert "SpargeAttn" in result.out
    assert assay("show", "https://huggingface.co/papers/2502.18137").out == result.out
    assert assay("show", "arXiv:2502.18137v2", "--bibtex").out.startswith("@misc{")


def test_where(assay: Run) -> None:
    files = json.loads(assay("where", "2502.18137", "--json").out)
    assert files["catalogue"]["exists"]
    assert files["method"]["path"].endswith("methods/attention/sparge_attn")


def test_import_find_and_convert(assay: Run, tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    archive = write_archive(tmp_path / "archive")
    first = assay("import", archive, "--json")
    assert first.code == 1, "a file that is none of the known kinds is refused"
    report = json.loads(first.out)
    assert {key: report[key] for key in ("files", "papers", "sightings", "summaries")} == {
        "files": 4,
        "papers": 3,
        "sightings": 5,
        "summaries": 3,
    }
    assert [refusal["file"] for refusal in report["refused"]] == ["TMP/archive/notes.txt"]

    again = json.loads(assay("import", archive, "--json").out)
    assert (again["papers"], again["sightings"], again["summaries"]) == (0, 0, 0)

    day = assay("digest", "2099-12-02", "--lang", "en", "--lang", "ko")
    assert repr(day) == snapshot(name="day")
    hits = json.loads(assay("search", "건너뛰는", "--json").out)
    assert hits[0]["id"] == "9912.99901"  # before those that have the verb in other forms
    assert assay("search", "pipes", "--author", "third").out.count("9912.99902") == 1
    assert assay("search", "unheard").out == "Nothing found.\n"

    with_votes = json.loads(assay("digest", "2099-12-02", "--json").out)
    assert [(paper["id"], paper["votes"]) for paper in with_votes["papers"]] == [
        ("9912.99901", 12),
        ("9912.99903", 9),
        ("9912.99902", None),
    ]


def test_convert_to_its_own_form_gives_the_same_bytes(assay: Run, tmp_path: Path) -> None:
    for name, text, form in (("a.md", TABLE, "table"), ("b.md", SECTIONS, "sections")):
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert assay("convert", name, "--to", form, "--out", "out").code == 0
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / name).read_bytes()
    (tmp_path / "2099-12-02.json").write_text(listing(99901, 99903), encoding="utf-8")
    assert assay("convert", "2099-12-02.json", "--to", "json", "--out", "own").code == 0
    own = tmp_path / "own" / "2099-12-02.json"
    for form in ("json", "markdown"):
        assert assay("convert", own, "--to", form, "--out", form).code == 0
    assert (tmp_path / "json" / own.name).read_bytes() == own.read_bytes()
    markdown = tmp_path / "markdown" / "2099-12-02.md"
    assert assay("convert", markdown, "--to", "markdown", "--out", "again").code == 0
    assert (tmp_path / "again" / markdown.name).read_bytes() == markdown.read_bytes()


@pytest.mark.parametrize("form", ["table", "sections", "markdown"])
@pytest.mark.parametrize("name", ["table.md", "sections.txt", "2099-12-02.json"])
def test_convert_every_form_to_every_form(
    assay: Run, tmp_path: Path, name: str, form: str, snapshot: SnapshotAssertion
) -> None:
    done = assay("convert", write_archive(tmp_path / "archive") / name, "--to", form)
    assert done.code == 0
    assert repr(done) == snapshot


def test_every_json_output_fits_its_schema(assay: Run, tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "archive")
    for name, command in {
        "import": ("import", archive),
        "digest": ("digest", "2025-02-26"),
        "search": ("search", "attention"),
        "show": ("show", "2502.18137"),
    }.items():
        output = json.loads(assay(*command, "--json").out)
        jsonschema.Draft202012Validator(json.loads(schemas()[f"{name}.json"])).validate(output)


def test_the_schemas_in_the_docs_are_those_of_the_models() -> None:
    folder = Path(__file__).parents[2] / "docs" / "schemas"
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.json")} == schemas()


def test_the_digest_json_has_the_promised_shape(assay: Run) -> None:
    day = json.loads(assay("digest", "2025-02-26", "--json").out)
    assert {"date", "state", "as_of", "papers"} <= day.keys()
    assert len(day["papers"]) == 22
    for paper in day["papers"]:
        assert {"id", "title", "authors", "votes", "rank", "summary", "claims"} <= paper.keys()
        assert {"en", "ko"} <= paper["summary"].keys()
        for claim in paper["claims"]:
            assert {"key", "value", "unit", "kind", "metric", "baseline", "setting", "source"} <= claim.keys()


def test_build_the_site(assay: Run, tmp_path: Path) -> None:
    done = assay("site", "build", tmp_path / "public", "--json")
    assert done.code == 0
    assert json.loads(done.out)["pages"] >= 2 * (80 + 4 + 1 + 2 + 1)
    assert (tmp_path / "public/ko/paper/2502.18137/index.html").is_file()
    assert assay("site", "build", tmp_path).code == 2


def test_doctor(assay: Run, tmp_path: Path) -> None:
    done = assay("doctor", "--json")
    assert done.code == 0
    state = json.loads(done.out)
    assert state["counts"]["papers"] == 80


def test_what_is_refused_is_told_even_if_no_day_could_be_read(assay: Run, tmp_path: Path) -> None:
    (tmp_path / "feb30.md").write_text(TABLE.replace("2099-12-02", "2099-02-30"), encoding="utf-8")
    done = assay("import", "feb30.md", "--json")
    assert done.code == 1
    assert json.loads(done.out)["refused"]


def test_a_day_of_ours_comes_back_with_its_claims_and_does_not_replace_our_own(assay: Run, tmp_path: Path) -> None:
    day = json.loads(assay("digest", "2025-02-26", "--json").out)
    stranger = {**day["papers"][1], "id": "9912.99901", "title": "A stranger"}
    forgery = {
        **day["papers"][0],
        "summary": {"en": {"one_line": "Forged " * 200}},
        "summary_origin": {"en": "catalogue"},
    }
    (tmp_path / "day.json").write_text(json.dumps({**day, "papers": [forgery, stranger]}), encoding="utf-8")
    assert assay("import", "day.json").code == 0
    result = json.loads(assay("show", "9912.99901", "--json").out)
    assert len(result["claims"]) == len(stranger["claims"]) > 0
    assert result["summary_origin"] == {"en": "digest", "ko": "digest"}
    assert "Forged" not in assay("digest", "2025-02-26").out


def test_the_home_named_on_the_command_line_wins(assay: Run, tmp_path: Path) -> None:
    assert json.loads(assay("--home", "elsewhere", "doctor", "--json").out)["home"] == "elsewhere"


def test_a_damaged_database_gets_one_line(assay: Run, home: Path) -> None:
    assert assay("doctor").code == 0
    file = home / "assay.db"
    data = bytearray(file.read_bytes())
    data[4096:] = bytes(len(data) - 4096)
    file.write_bytes(data)
    done = assay("digest", "2025-02-26")
    assert (done.code, done.err.count("\n")) == (2, 1)


@pytest.mark.parametrize("command", [("digest", "2025-02-26"), ("show", "sparge_attn"), ("site", "build", "public")])
def test_a_language_is_a_code_and_no_path(assay: Run, tmp_path: Path, command: tuple[str, ...]) -> None:
    assert assay(*command, "--lang", "en", "--lang", "../evil").code == 2
    assert not (tmp_path / "evil").exists()


def test_a_reader_of_korean_is_shown_what_there_is(assay: Run, tmp_path: Path) -> None:
    (tmp_path / "2099-12-02.json").write_text(listing(99901), encoding="utf-8")
    assert assay("import", "2099-12-02.json").code == 0
    for form in ("terminal", "markdown"):
        out = assay("digest", "2099-12-02", "--lang", "ko", "--format", form).out
        assert "한국어 요약 없음" in out
        assert "We introduce Toy99901" in out


def test_compounds_and_short_names_are_found(assay: Run) -> None:
    apart = json.loads(assay("search", "언어 모델", "--json", "-n", "50").out)
    together = json.loads(assay("search", "언어모델", "--json", "-n", "50").out)
    assert {hit["id"] for hit in together} >= {hit["id"] for hit in apart} != set()
    assert json.loads(assay("search", "sparge_attn", "--json").out)[0]["id"] == "2502.18137"


def test_json_is_the_same_bytes_on_the_terminal_in_a_file_and_after_converting(assay: Run, tmp_path: Path) -> None:
    output = assay("digest", "2025-02-26", "--json").out
    assert assay("digest", "2025-02-26", "--json", "--out", "day.json").code == 0
    assert (tmp_path / "day.json").read_text(encoding="utf-8") == output
    assert assay("convert", "day.json", "--to", "json").out == output


def test_files_of_one_name_in_two_folders_are_converted(assay: Run, tmp_path: Path) -> None:
    for year in ("2098", "2099"):
        (tmp_path / "archive" / year).mkdir(parents=True)
        (tmp_path / "archive" / year / "12.md").write_text(TABLE, encoding="utf-8")
    assert assay("convert", "archive", "--to", "json", "--out", "out").code == 0
    assert sorted(str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.json")) == [
        "2098/12.json",
        "2099/12.json",
    ]


def test_an_arxiv_feed_of_a_day(assay: Run, tmp_path: Path) -> None:
    (tmp_path / "feed.xml").write_bytes(feed(atom_entry("9912.99901v2")))
    assert assay("import", "feed.xml", "--date", "2099-12-02").code == 0
    assert [p["id"] for p in json.loads(assay("digest", "2099-12-02", "--json").out)["papers"]] == ["9912.99901"]


@pytest.mark.parametrize(
    "command",
    [
        ("search", "x", "--room", "nosuch"),
        ("search", "x", "--since", "2025-02-02", "--until", "2025-02-01"),
        ("show", "nosuch_name"),
        ("digest", "2025-02-26", "--json", "--out", "."),
    ],
    ids=" ".join,
)
def test_more_mistakes(assay: Run, command: tuple[str, ...], snapshot: SnapshotAssertion) -> None:
    done = assay(*command)
    assert done.code == 2
    assert repr(done) == snapshot


@pytest.mark.parametrize("day", sorted({str(entry.listing.day) for entry in catalogue().values()}))
def test_a_day_carries_the_same_figures_in_both_languages(assay: Run, day: str) -> None:
    """Over the four days, all 80 papers of the catalogue."""
    values = {}
    for language in ("en", "ko"):
        done = assay("digest", day, "--lang", language, "--format", "markdown")
        assert done.code == 0
        papers = done.out.split("\n## ")[1:]
        assert len(papers) == sum(str(entry.listing.day) == day for entry in catalogue().values())
        # The parts of the summaries; the claims that follow name metrics and settings in English.
        parts = ["".join(re.findall(r"^- \*\*.*\n", paper.split("\n**")[0], re.MULTILINE)) for paper in papers]
        values[language] = [set(figures(part.replace("\\", ""))) for part in parts]
    assert sum(map(bool, values["en"])) > len(values["en"]) / 2
    assert values["en"] == values["ko"]
