"""A reader's own commands, end to end: what they say, what they keep, what they refuse."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from syrupy.assertion import SnapshotAssertion

from assay.cli.schemas import schemas
from assay.store import open_store
from tests.cli.conftest import Run, environment_of
from tests.cli.fixtures import TABLE, listing
from tests.cli.test_collect import live
from tests.fulltext.pdfs import Text, pdf
from tests.sources.server import SourceServer, broken
from tests.sources.synthetic import atom_entry

SPARGE, ART, LDGEN = "2502.18137", "2502.18364", "2502.18302"
DAY = "2025-02-26"
KEY = "9912.99907"
"""A paper that no day lists."""

LATEX = r"""\documentclass{article}\title{Gullwing: Toys that Fly}\begin{document}\maketitle
\begin{abstract}Gullwing reaches an accuracy of 91.5\% on ToyBench.\end{abstract}
\section{Wings} They are made of paper.\end{document}"""


@pytest.fixture
def server() -> Iterator[SourceServer]:
    with SourceServer() as server:
        server.preprints = [atom_entry(f"{KEY}v2", title="Gullwing: Toys that Fly")]
        yield server


def steady(text: object) -> str:
    """Output without the day on which it was written."""
    return repr(text).replace(str(datetime.now(UTC).date()), "TODAY")


def valid(name: str, text: str) -> Any:
    """The JSON of a command, which is what the schema of its name says."""
    output = json.loads(text)
    jsonschema.Draft202012Validator(json.loads(schemas()[f"{name}.json"])).validate(output)
    return output


def test_a_reader_does_what_readers_do(assay: Run, snapshot: SnapshotAssertion) -> None:
    commands = (
        ("mine",),
        ("star", "sparge_attn", f"https://huggingface.co/papers/{ART}", f"arXiv:{SPARGE}v2"),
        ("star", SPARGE),
        ("unstar", ART),
        ("unstar", ART),
        ("read", SPARGE),
        ("hide", LDGEN),
        ("tag", SPARGE, "KV cache", "later"),
        ("tag", SPARGE, "-LATER", "new"),
        ("tag", SPARGE, "--remove", "NEW"),
        ("note", SPARGE, "Try", "it."),
        ("note", SPARGE, "With FlexAttention."),
        ("note", SPARGE, "--remove", "1"),
        ("mine",),
        ("mine", "--hidden", "--unread"),
        ("mine", "--tag", "kv cache", "sparse", "-vision"),
        ("mine", "--noted", "--starred", "vision"),
        ("unread", SPARGE),
        ("unhide", LDGEN),
        ("mine", "--unread", "--limit", "1"),
    )
    for number, command in enumerate(commands, 1):
        done = assay(*command)
        assert done.code == 0
        assert steady(done) == snapshot(name=f"{number:02} {' '.join(command)}")


def test_a_reader_follows(assay: Run, snapshot: SnapshotAssertion) -> None:
    commands = (
        ("follow",),
        ("follow", "author", "Zhang, Jintao"),
        ("follow", "author", "jintao zhang"),
        ("follow", "org", "Tsinghua University"),
        ("follow", "category", "cs.CL"),
        ("follow", "query", "attention", "-vision"),
        ("follow", "phrase", "KV cache", "--weight", "-1.5"),
        ("follow", "phrase", "diffusion", "-w", "2"),
        ("follow", "phrase", "diffusion", "-w", "2"),
        ("follow",),
        ("unfollow", "org", "tsinghua university"),
        ("unfollow", "phrase", "Diffusion"),
        ("unfollow", "phrase", "diffusion"),
        ("mine", "--follows", "--limit", "2"),
    )
    for number, command in enumerate(commands, 1):
        done = assay(*command)
        assert done.code == 0
        assert repr(done) == snapshot(name=f"{number:02} {' '.join(command)}")
    korean = assay("follow", ASSAY_LANGUAGES="ko")
    assert korean.out.splitlines()[0] == "저자 Zhang, Jintao"


@pytest.mark.parametrize(
    "command",
    [
        ("star", "2502.99999", SPARGE, "2502.99998"),
        ("read", "no_such_paper"),
        ("tag", "2502.99999", "later"),
        ("tag", SPARGE, " "),
        ("note", SPARGE, " "),
        ("tag", SPARGE, "--", "-later"),
        ("follow", "phrase", "!?"),
        ("note", SPARGE, "--remove", "1"),
        ("follow", "org"),
        ("follow", "category", "Linguistics"),
        ("follow", "query", '"open'),
        ("follow", "author", "Song Han", "--weight", "2"),
        ("follow", "phrase", "x", "--weight", "nan"),
        ("follow", "phrase", "x", "--weight", "-inf"),
        ("follow", "phrase", "x", "--weight", "1e308"),
        ("follow", "phrase", "x", "--weight", "0"),
        ("follow", "phrase", "x", "--weight", "-1e-300"),
        ("follow", "planet", "Mars"),
        ("follow", "KV cache"),
        ("unfollow", "planet", "Mars"),
        ("unfollow", "author"),
        ("mine", '"open'),
        ("mine", "--reader", " "),
        ("mine", "--since", "last week"),
        ("add", "no_such_file.pdf"),
        ("add", "."),
        ("add", SPARGE, "--as", SPARGE),
        ("reader", "import", "no_such_file.json"),
    ],
    ids=" ".join,
)
def test_a_mistake_gets_one_line_and_keeps_nothing(
    assay: Run, command: tuple[str, ...], snapshot: SnapshotAssertion
) -> None:
    done = assay(*command)
    assert done.code == 2
    assert repr(done) == snapshot
    assert assay("mine", "--json").out == "[]\n"
    assert assay("follow", "--json").out == '{"follows":[],"phrases":[]}\n'


def test_a_list_says_what_it_leaves_out(assay: Run) -> None:
    assay("star", SPARGE, "2502.18364")
    assay("note", SPARGE, "long " * 1_000)
    for form in ([], ["--json"]):
        done = assay("mine", "--limit", "1", *form)
        assert (done.code, done.err) == (0, "and 1 more paper; --limit shows more\n")
    assert len(assay("mine").out) < 1_000
    assert len(assay("note", SPARGE).out) > 4_999


def test_a_list_is_of_a_time_and_sorted(assay: Run) -> None:
    assay("star", SPARGE, ART)
    assay("tag", LDGEN, "later")

    def ids(*options: str) -> list[str]:
        return [paper["id"] for paper in json.loads(assay("mine", *options, "--json").out)]

    assert ids() == [LDGEN, *sorted([SPARGE, ART], reverse=True)]
    assert ids("--sort", "title") == [ART, LDGEN, SPARGE]
    assert ids("--since", "7d") == ids("--since", "yesterday") == ids("--since", DAY) == ids()
    assert ids("--since", "2999-01-01") == []


def test_what_is_followed_by_phrase_is_listed_too(assay: Run) -> None:
    assay("follow", "phrase", "sparse attention")
    assay("follow", "phrase", "vision", "--weight", "-1")
    (paper,) = valid("mine", assay("mine", "--follows", "--limit", "1", "SpargeAttn", "--json").out)
    assert (paper["id"], paper["phrases"]) == (SPARGE, [{"text": "sparse attention", "weight": 1.0}])
    assert "phrase sparse attention, weight 1" in assay("mine", "--follows").out


def test_an_order_that_is_of_nothing_of_hers_says_so(assay: Run) -> None:
    assay("follow", "phrase", "ornithology")
    for options in (("digest", DAY), ("digest", "2025-W09"), ("mail", DAY, "--to", "bo@example.org", "--out", "x.eml")):
        done = assay(*options, "--for", "me")
        assert (done.code, done.err) == (
            0,
            "Nothing here is about what you follow, or like what you starred, so the order is that of votes.\n",
        )
    assay("follow", "phrase", "attention")
    assert assay("digest", DAY, "--for", "me").err == ""


def test_what_was_written_is_said(assay: Run) -> None:
    assay("star", SPARGE)
    for command, what in (
        (("digest", DAY, "--format", "bibtex"), "22 papers"),
        (("digest", DAY, "--json"), "22 papers"),
        (("digest", "2025-W09", "--json"), "22 papers"),
        (("feed", "--for", "me"), "80 entries"),
        (("claims", "--paper", SPARGE, "--csv"), "3 claims"),
        (("reader", "export"), "1 star"),
        (("reader", "export", "--reader", "bo"), "nothing is kept of you yet"),
    ):
        done = assay(*command, "--out", "file")
        assert (done.code, done.out, done.err) == (0, f"file: {what}\n", "")


def test_json_has_its_schema(assay: Run) -> None:
    for command in ("star", "read", "hide", "unhide", "unread", "unstar"):
        valid("mine", assay(command, SPARGE, "--json").out)
    valid("mine", assay("tag", SPARGE, "x", "--json").out)
    (paper,) = valid("mine", assay("note", SPARGE, "Try it.", "--json").out)
    assert (paper["id"], paper["day"], paper["marks"]["tags"]) == (SPARGE, DAY, ["x"])
    assert [note["text"] for note in paper["marks"]["notes"]] == ["Try it."]
    assert valid("mine", assay("mine", "--json").out) == [paper]
    followed = valid("follow", assay("follow", "phrase", "KV cache", "--json").out)
    assert followed == {"follows": [], "phrases": [{"text": "KV cache", "weight": 1.0}]}
    assert valid("follow", assay("unfollow", "phrase", "KV cache", "--json").out)["phrases"] == []
    valid("add", assay("add", SPARGE, "--json").out)
    valid("digest", assay("digest", DAY, "--json").out)


def test_readers_of_one_home_do_not_see_each_other(assay: Run) -> None:
    assay("star", SPARGE)
    assay("--reader", "bo", "star", ART)
    assay("star", LDGEN, ASSAY_READER="cy")

    def starred(*arguments: str, **variables: str) -> list[str]:
        return [paper["id"] for paper in json.loads(assay(*arguments, "--json", **variables).out)]

    assert starred("mine") == [SPARGE]
    assert starred("mine", "--reader", "bo") == starred("--reader", "bo", "mine") == [ART]
    assert starred("mine", ASSAY_READER="cy") == [LDGEN]
    assert starred("mine", "--reader", "bo", ASSAY_READER="cy") == [ART]
    assert starred("mine", "--reader", "di") == []
    assert assay("reader", "list").out == "bo\ncy\nme\n"


def test_without_a_shelf_a_day_is_as_it_was(assay: Run, home: Path) -> None:
    plain = assay("digest", DAY, "--brief")
    new = assay("digest", DAY, "--brief", "--unread")
    assert new.out == plain.out
    assert "nothing is kept of you yet" in new.err
    assert not list(home.glob("readers*"))
    assert assay("mine").code == assay("reader", "export").code == assay("unstar", SPARGE).code == 0
    assert not list(home.glob("readers*"))


def test_a_day_says_what_she_did_and_saw(assay: Run, tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    for number in (2, 3):
        (tmp_path / f"2099-12-0{number}.json").write_text(listing(99901, 99902, 99900 + number + 1))
    assay("import", "2099-12-02.json", "2099-12-03.json")
    assay("star", "9912.99901")
    assay("tag", "9912.99901", "toys")
    assay("note", "9912.99901", "Try it.")
    assay("read", "9912.99902")

    def unread(day: str) -> list[str]:
        return [paper["id"] for paper in json.loads(assay("digest", day, "--unread", "--json").out)["papers"]]

    # What goes to a program or a file is not taken for seen.
    for form in ("json", "markdown", "bibtex"):
        assay("digest", "2099-12-02", "--format", form, "--out", f"day.{form}")
    assert unread("2099-12-03") == ["9912.99901", "9912.99904"]
    first = assay("digest", "2099-12-02", "--brief")
    assert repr(first) == snapshot(name="the first day")
    assert assay("digest", "2099-12-02", "--brief").out == first.out  # its own day is never before
    assert unread("2099-12-03") == ["9912.99904"]
    assert repr(assay("digest", "2099-12-03", "--brief")) == snapshot(name="the next day")
    assert repr(assay("digest", "2099-12-03", "--brief", "--lang", "ko")) == snapshot(name="in Korean")
    assert assay("digest", "2099-12-03", "--format", "markdown").out == snapshot(name="as Markdown")

    day = json.loads(assay("digest", "2099-12-03", "--json").out)
    assert day["marks"]["9912.99901"]["tags"] == ["toys"]
    assert day["marks"]["9912.99901"]["shown"]["day"] == "2099-12-02"
    # The marks are hers: they do not come into an archive with the day.
    (tmp_path / "own.json").write_text(json.dumps(day))
    assert assay("import", "own.json").code == 0
    assert assay("convert", "own.json", "--to", "markdown").out.count("starred") == 0

    assay("hide", "9912.99901", "9912.99902", "9912.99904")
    hidden = assay("digest", "2099-12-03", "--brief")
    assert "Toy Paper" not in hidden.out
    assert "3 hidden papers are left out" in hidden.err
    assert len(json.loads(assay("digest", "2099-12-03", "--json").out)["papers"]) == 3
    assert "새로 볼 논문이 없습니다" in assay("digest", "2099-12-03", "--unread", "--lang", "ko").err


def test_any_paper_can_be_added(assay: Run, server: SourceServer, home: Path, snapshot: SnapshotAssertion) -> None:
    done = assay("add", f"https://arxiv.org/abs/{KEY}", "sparge_attn", "9912.99908", **live(server))
    assert done.code == 1
    assert repr(done) == snapshot(name="the first time")
    with open_store(home / "assay.db") as store:
        assert store.papers([KEY])[KEY].version == 2
        assert store.sightings_of(KEY) == []
        assert [claim.value for claim in store.claims([KEY])[KEY]] == [12.5], store.claims([KEY])
    requests = len(server.requests)
    again = assay("add", KEY, **live(server))
    assert (again.code, len(server.requests)) == (0, requests)
    assert "in the archive already" in again.out
    assert {paper["id"] for paper in json.loads(assay("mine", "--json").out)} == {KEY, SPARGE}


def test_without_a_network_it_is_said_what_was_added(
    assay: Run, server: SourceServer, home: Path, tmp_path: Path, snapshot: SnapshotAssertion
) -> None:
    server.then(*[broken()] * 4)  # as often as it is asked
    (tmp_path / f"{KEY}v1.tex").write_text(LATEX)
    (tmp_path / "mine.tex").write_text(LATEX)
    (tmp_path / "stamped.pdf").write_bytes(
        pdf([[Text("Toys that Swim", 72, 700, 18), Text("arXiv:9912.99908v1 [cs.LG] 2 Dec 2099", 72, 600, 10)]])
    )
    (tmp_path / "works.bib").write_text(
        "@misc{a, title={Toys that Dig}, author={Example, Ada}, eprint={9912.99909}, archiveprefix={arXiv}}\n"
        "@book{b, title={A Book of Toys}, year=2098}\n@misc{c, year=2099}\n"
    )
    (tmp_path / "day.md").write_text(TABLE)
    (tmp_path / "nothing.txt").write_text("nothing that anybody reads")
    files = [f"{KEY}v1.tex", "mine.tex", "stamped.pdf", "works.bib", "day.md", "nothing.txt"]
    done = assay("add", SPARGE, "9912.99906", *files, **live(server))
    assert done.code == 1
    said = re.sub(r"^arxiv: .*asking again\n", "", done.err, flags=re.MULTILINE)
    assert done.out == snapshot(name="added")
    assert said == snapshot(name="not added")
    with open_store(home / "assay.db") as store:
        assert store.fulltexts([KEY, "9912.99908"]).keys() == {KEY}
        assert store.papers([KEY])[KEY].abstract == "Gullwing reaches an accuracy of 91.5% on ToyBench."
    assert json.loads(assay("reader", "export").out)["library"] == [
        {"key": "a book of toys", "title": "A Book of Toys", "year": 2098}
    ]

    named = assay("add", "mine.tex", "--as", KEY, **live(server))
    assert (named.code, "Gullwing" in named.out) == (0, True)
    assert assay("refresh", KEY, **live(server)).code == 0
    assert json.loads(assay("show", KEY, "--json").out)["paper"]["authors"] == ["Ada Example", "Bo Sample"]


def test_all_of_it_goes_out_and_comes_in_again(assay: Run, tmp_path: Path) -> None:
    assay("star", SPARGE)
    assay("note", SPARGE, "Try it.\nSoon.")
    assay("follow", "author", "Jintao Zhang")
    assert assay("reader", "export", "--out", "me.json").code == 0
    exported = json.loads((tmp_path / "me.json").read_text())
    done = assay("reader", "import", "me.json", "--reader", "bo")
    assert (done.code, done.out) == (0, "new: 1 star, 1 note, 1 follow\n")
    assert assay("reader", "import", "me.json", "--reader", "bo").out == "nothing in it is new\n"
    theirs = json.loads(assay("reader", "export", "--reader", "bo").out)
    assert theirs | {"reader": "me", "exported_at": ""} == exported | {"exported_at": ""}
    assert json.loads(assay("reader", "import", "me.json", "--json").out) == {}


@pytest.mark.parametrize("text", ["nothing", '{"assay": "reader", "version": 1, "stars": ["x"]}'], ids=["text", "star"])
def test_a_bad_export_changes_nothing(
    assay: Run, home: Path, tmp_path: Path, text: str, snapshot: SnapshotAssertion
) -> None:
    (tmp_path / "bad.json").write_text(text)
    done = assay("reader", "import", "bad.json")
    assert done.code == 2
    assert repr(done) == snapshot
    assert not list(home.glob("readers*"))


def test_commands_that_run_at_once_lose_nothing(assay: Run, home: Path, tmp_path: Path) -> None:
    assay("star", SPARGE)
    ids = [paper["id"] for paper in json.loads(assay("digest", DAY, "--json").out)["papers"]][:6]
    command = [sys.executable, "-m", "assay"]
    environment = environment_of(home, tmp_path)
    processes = [
        subprocess.Popen([*command, "tag", key, "at once"], env=environment, stdout=subprocess.DEVNULL) for key in ids
    ]
    assert [process.wait() for process in processes] == [0] * len(ids)
    tagged = json.loads(assay("mine", "--tag", "at once", "--json").out)
    assert {paper["id"] for paper in tagged} == set(ids)
    assert date.fromisoformat(tagged[0]["day"]) == date(2025, 2, 26)
