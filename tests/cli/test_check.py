"""`assay check` as a reader meets it."""

import io
import json
from pathlib import Path

import jsonschema
import pytest

from assay.cli.schemas import schemas
from tests.cli.conftest import Done, Run
from tests.cli.fixtures import TABLE, listing
from tests.sources.synthetic import atom_entry, feed

WRONG = TABLE.replace("It is 2.5x faster than dense attention.", "It is 3.9x faster than dense attention on ToyBench.")


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    file = tmp_path / "2099-12-02.json"
    file.write_text(listing(99901, 99902), encoding="utf-8")
    return file


@pytest.fixture
def digest(tmp_path: Path) -> Path:
    file = tmp_path / "digest.md"
    file.write_text(WRONG, encoding="utf-8")
    return file


def test_a_digest_without_texts_says_how_to_get_them(assay: Run, digest: Path) -> None:
    done = assay("check", digest)
    assert done.code == 0
    assert "No text to check against: 2 papers" in done.out
    assert "`assay import`" in done.out


def test_a_digest_against_recordings(assay: Run, digest: Path, recording: Path) -> None:
    done = assay("check", digest, "--against", recording)
    assert done.code == 0, done.err
    assert "digest-table (en): 2 summaries" in done.out
    assert "figures contradicted   1  100.0%  in 1 summary" in done.out
    assert "≠ 3.9x  the paper gives 2.5x" in done.out
    assert "“Toy99901 is 2.5x faster than dense attention on ToyBench.” (abstract)" in done.out
    assert assay("digest", "2099-12-02").code == 1, "nothing was imported"


def test_papers_that_were_withdrawn_are_named(assay: Run, digest: Path, tmp_path: Path) -> None:
    comment = "<arxiv:comment>This paper has been withdrawn by the authors</arxiv:comment>"
    feed_file = tmp_path / "feed.xml"
    feed_file.write_bytes(feed(atom_entry("9912.99901v2", extra=comment), atom_entry("9912.99903v2", extra=comment)))
    words = "Withdrawn since, whatever their summaries say: 1 paper (9912.99901)"
    assert words in assay("check", digest, "--against", feed_file).out
    assert assay("import", feed_file, "--date", "2099-12-02").code == 0
    assert words in assay("check", digest).out
    assert json.loads(assay("check", digest, "--json").out)["withdrawn"] == ["9912.99901"]


def test_trouble_all_and_json(assay: Run, digest: Path, recording: Path) -> None:
    def check(*options: str) -> str:
        done = assay("check", digest, "--against", recording, *options)
        assert done.code == 0
        return done.out

    assert "summaries" not in check("--trouble")
    assert "3.9x" in check("--trouble")
    assert "9912.99902" not in check()
    assert "9912.99902" in check("--all")
    report = json.loads(check("--json"))
    [finding] = report["summaries"][0]["check"]["figures"]
    assert (finding["state"], finding["given"], finding["place"]["part"]) == ("contradicted", "2.5x", "abstract")
    digest.write_text(TABLE, encoding="utf-8")
    assert check("--trouble") == "No wrong figure, no slip in a name, no summary of another paper.\n"


def test_what_is_stored(assay: Run, digest: Path, recording: Path) -> None:
    assert assay("import", digest, recording).code == 0
    by_day, by_source = assay("check", "--date", "2099-12-02"), assay("check", "--source", "digest-table")
    assert (by_day.code, by_source.code) == (0, 0)
    assert "≠ 3.9x  the paper gives 2.5x" in by_day.out
    assert by_day.out == by_source.out
    assert assay("check", "--source", "catalogue", "--lang", "ko").out.startswith("catalogue (ko): ")
    assert "No summaries." in assay("check", "--date", "2099-12-09").out


def test_any_text_from_standard_input(assay: Run, recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert assay("import", recording).code == 0

    def check(text: str, *options: str) -> Done:
        monkeypatch.setattr("sys.stdin", io.StringIO(text))
        return assay("check", "-", *options)

    post = "Toy99901 is 3.9x faster\nthan dense attention on ToyBench, see arxiv.org/abs/9912.99901"
    done = check(post)
    assert done.code == 0, done.err
    assert "≠ 3.9x  the paper gives 2.5x" in done.out
    assert "the full text was not read here" in done.out
    report = json.loads(check(post, "--json").out)
    jsonschema.Draft202012Validator(json.loads(schemas()["check.json"])).validate(report)
    assert report["counts"]["contradicted"] == 1
    assert "Which paper is meant?" in check("It is 3x faster.", "--paper", "toy paper").out
    for text, options, words in (
        (" ", (), "no text to check"),
        (post, ("--paper", "no such thing"), "nothing in the archive is called"),
        (post, ("--all",), "only --paper and --json"),
    ):
        refused = check(text, *options)
        assert (refused.code, refused.err.count("\n")) == (2, 1)
        assert words in refused.err


def test_pieces_that_cannot_be_read_are_named(assay: Run, digest: Path, recording: Path) -> None:
    (digest.parent / "notes.txt").write_text("Remember the milk.\n")
    done = assay("check", digest, "notes.txt", "--against", recording)
    assert done.code == 1
    assert "refused: notes.txt: neither a recording nor a digest" in done.err
    assert "3.9x" in done.out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "nothing to check"),
        (("digest.md", "--date", "2099-12-02"), "one of them"),
        (("digest.md", "--all", "--trouble"), "exclude each other"),
        (("--date", "2099-02-30"), "not a day"),
        (("--source", "telepathy"), "no summary of 'telepathy' is stored"),
        (("no/such/file",), "no such file or folder"),
        (("digest.md", "--lang", "English"), "not a language code"),
        (("digest.md", "--paper", "2502.18137"), "--paper needs -"),
    ],
    ids=" ".join,
)
def test_nonsense_gets_one_line_and_exit_code_2(
    assay: Run, digest: Path, options: tuple[str, ...], message: str
) -> None:
    done = assay("check", *options)
    assert done.code == 2
    assert message in done.err
    assert done.err.count("\n") == 1
