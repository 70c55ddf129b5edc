"""Files are told by their content, and a file that is none of ours is named with what is wrong with it."""

import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from assay.papers.models import Claim, Day, DayPaper, DayState, Origin, Paper, Parts
from assay.sources.decoding import MAX_BYTES
from assay.sources.reading import Reading
from assay.sources.recordings import find_files, read_day_json, read_file, read_text
from tests.sources.synthetic import atom_entry, entry, feed

DAY = date(2099, 12, 2)
TABLE = (
    "\n\n## Papers for 2099-12-02\n\n| Title | Authors | Summary |\n|-------|---------|---------|\n"
    "| Toy Attention (Read more on [arXiv](https://arxiv.org/abs/9912.99901) or "
    "[HuggingFace](https://huggingface.co/papers/9912.99901))| bo-s, Ada Example | It is 2.5x faster.  |\n"
)
SECTIONS = (
    "## Daily Papers (2099-12-02)\n\n### [Toy Attention](https://arxiv.org/abs/9912.99901)\n\n"
    "![](https://cdn-thumbnails.huggingface.co/social-thumbnails/papers/9912.99901.png)\n\n"
    "Vote: 12\n\nAuthors: Ada Example\n\n- ***What's New***: 빈 블록을 건너뛰는 어텐션입니다.\n\n"
)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str | bytes], Path]:
    def save(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return save


Write = Callable[[str, str | bytes], Path]


def only(path: Path, day: date | None = None) -> Reading:
    (reading,) = read_file(path, day=day)
    return reading


def why(path: Path) -> str:
    reading = only(path)
    (refusal,) = reading.refused
    assert not reading.papers
    assert refusal.file == str(path)
    return refusal.why


@pytest.mark.parametrize(
    ("content", "source"),
    [
        (json.dumps([entry(99901)]), "huggingface"),
        ("\ufeff" + json.dumps([repr(entry(99901))]), "huggingface"),
        (feed(atom_entry("9912.99901v2")), "arxiv"),
        (TABLE, "digest-table"),
        ("\ufeff" + TABLE.replace("\n", "\r\n"), "digest-table"),
        (SECTIONS, "digest-sections"),
    ],
    ids=["listing", "printed listing", "feed", "table", "table from Windows", "sections"],
)
def test_a_file_is_told_by_its_content(write: Write, content: str | bytes, source: str) -> None:
    path = write("misleading.bin", content)
    reading = only(path)
    assert (reading.source, reading.refused) == (source, [] if source in {"huggingface", "arxiv"} else ())
    assert [paper.id for paper in reading.papers] == ["9912.99901"]
    assert reading.snapshot is not None
    assert (reading.snapshot.body, reading.snapshot.url) == (path.read_bytes(), "misleading.bin")
    assert (reading.snapshot.source, reading.snapshot.day, reading.snapshot.status) == (source, reading.day, None)
    if source == "arxiv":
        assert (reading.day, reading.sightings, reading.papers[0].version) == (None, [], 2)
    else:
        (sighting,) = reading.sightings
        assert (sighting.source, sighting.day, sighting.rank) == (source, DAY, 1)
        assert sighting.snapshot == reading.snapshot.sha256
    assert len(reading.summaries) == source.startswith("digest")


def test_a_recording_tells_when_it_was_seen(write: Write) -> None:
    listing = [entry(99901) | {"publishedAt": "2025-02-26T07:50:00.000Z"}]
    reading = only(write("2025-02-26.json", json.dumps(listing)))
    assert reading.seen_at == reading.sightings[0].seen_at == datetime(2025, 2, 26, 7, 50, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "option", "listing_date", "expected"),
    [
        ("2099-12-03.json", "2099-12-04", "2099-12-05", "2099-12-03"),
        ("evening.json", "2099-12-04", "2099-12-05", "2099-12-05"),
        ("evening.json", "2099-12-04", None, "2099-12-04"),
        ("2099-12-03.json", None, "2099-12-05", "2099-12-03"),
        ("papers_2099-12-03_evening.json", None, None, "2099-12-03"),
        ("2099-13-41.json", None, "2099-12-05", "2099-12-05"),
        ("12099-12-033.json", None, "2099-12-05", "2099-12-05"),
    ],
)
def test_which_day_a_recording_is_of(
    write: Write, name: str, option: str | None, listing_date: str | None, expected: str
) -> None:
    listing = [entry(99901, submittedOnDailyAt=listing_date and f"{listing_date}T00:00:00.000Z")]
    reading = only(write(name, json.dumps(listing)), date.fromisoformat(option) if option else None)
    assert reading.day == reading.sightings[0].day == date.fromisoformat(expected)


def test_a_day_without_papers_is_a_reading(write: Write) -> None:
    for name, content in (("2099-12-05.json", "[]"), ("2099-12-06.json", "1"), ("e.md", TABLE[: TABLE.index("| Toy")])):
        reading = only(write(name, content))
        assert reading.day is not None
        assert (len(reading.papers), len(reading.refused)) == (0, 0)


def test_a_digest_of_two_days_is_two_readings(write: Write) -> None:
    later = SECTIONS.replace("2099-12-02", "2099-12-03").replace("99901", "99902")
    broken = "### [Nothing](https://example.org)\n\n"
    first, second = read_file(write("two.md", SECTIONS + broken + later))
    assert [(r.day, [s.paper for s in r.sightings], len(r.refused)) for r in (first, second)] == [
        (date(2099, 12, 2), ["9912.99901"], 1),
        (date(2099, 12, 3), ["9912.99902"], 0),
    ]


def own_day() -> Day:
    parts = Parts(one_line="It skips blocks.")
    return Day(
        date=DAY,
        state=DayState.CLOSED,
        as_of=datetime(2099, 12, 3, 12, tzinfo=UTC),
        papers=(
            DayPaper(
                id="9912.99901",
                title="Toy Attention",
                authors=("Ada Example",),
                version=2,
                published=datetime(2099, 12, 1, 8, tzinfo=UTC),
                withdrawn=datetime(2099, 12, 2, 9, tzinfo=UTC),
                categories=("cs.CL",),
                comment="Accepted at ToyConf 2099",
                journal_ref="Toys 7 (2099)",
                doi="10.9999/toys.7",
                organisation="Toy Lab",
                keywords=("toys",),
                code_url="https://example.org/code",
                project_url="https://example.org/",
                votes=0,
                rank=1,
                first_seen=datetime(2099, 12, 2, 8, tzinfo=UTC),
                sources=("huggingface",),
                summary={"en": parts, "ko": Parts(one_line="블록을 건너뜁니다."), "fr": parts, "de": parts},
                summary_origin={"en": Origin.CATALOGUE, "ko": Origin.CATALOGUE, "fr": Origin.EXTRACTIVE},
                claims=(Claim(key="speed", value=2.5, unit="x", kind="times", metric="speed", source="abstract"),),
            ),
        ),
    )


def test_a_day_of_our_own_comes_back(write: Write) -> None:
    day = own_day()
    reading = only(write("day.json", day.model_dump_json(indent=2)))
    (listed,) = day.papers
    assert (reading.source, reading.day, reading.seen_at) == ("assay", DAY, day.as_of)
    (paper,) = reading.papers
    shared = DayPaper.model_fields.keys() & Paper.model_fields.keys()
    assert {name: getattr(paper, name) for name in shared} == {name: getattr(listed, name) for name in shared}
    assert {"version", "published", "withdrawn", "categories", "comment", "organisation", "code_url"} < shared
    (sighting,) = reading.sightings
    assert (sighting.source, sighting.day, sighting.rank, sighting.votes) == ("assay", DAY, 1, 0)
    assert reading.claims == {listed.id: listed.claims}
    # Anybody can have edited the file, so its words count as any digest's; the extractive one is made anew.
    assert {summary.origin: set(summary.languages) for summary in reading.summaries} == {
        Origin.DIGEST: {"en", "ko", "de"}
    }


def test_a_day_of_another_version_is_refused_in_words(write: Write) -> None:
    other = json.loads(own_day().model_dump_json()) | {"mood": "sunny"}
    words = "a day of Assay's, but not of this version's form: mood: Extra inputs are not permitted"
    assert why(write("day.json", json.dumps(other))) == words
    with pytest.raises(ValueError, match="not of this version's form"):
        read_day_json(json.dumps(other))
    assert read_day_json("[1]") is None
    assert read_day_json("{") is None
    assert read_day_json(own_day().model_dump_json()) == own_day()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("notes.txt", "Remember the milk.\n", "neither a recording nor a digest that Assay reads"),
        ("empty", "", "neither a recording nor a digest that Assay reads"),
        ("2099-12-02.json", "[1, 2]", "an array, but none of its entries holds a paper"),
        (
            "2099-12-02.json",
            "[{",
            "not JSON: Expecting property name enclosed in double quotes: line 1 column 3 (char 2)",
        ),
        ("2099-12-02.json", '{"error": "Not found"}', "an error answer, not a listing: Not found"),
        ("listing.json", "[]", "which day is it? Give --date, or put the date into the file's name"),
        ("page.html", "<!DOCTYPE html><p>Hi", "not an arXiv feed: it has a document type declaration"),
        (
            "day.md",
            "# Papers of 2099-12-02\n\nclosed\n",
            "Assay's Markdown is for reading; import the JSON of that day",
        ),
        ("latin.json", b'[\n"caf\xe9"]', "not UTF-8 text (byte 6)"),
        ("wide.json", b"\xff\xfe[\x00]", "not UTF-16 text (byte 4)"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(write: Write, name: str, content: str | bytes, words: str) -> None:
    assert why(write(name, content)) == words


def test_one_bad_entry_is_refused_by_file_and_place(write: Write) -> None:
    path = write("2099-12-02.json", json.dumps([entry(99901), entry(99902, id="x")]))
    reading = only(path)
    assert [paper.id for paper in reading.papers] == ["9912.99901"]
    (refusal,) = reading.refused
    assert (refusal.file, refusal.why[:17]) == (str(path), "entry 2: id: not ")


def test_a_file_that_is_too_large_is_not_even_opened(tmp_path: Path) -> None:
    path = tmp_path / "huge.json"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    assert why(path) == "67108865 bytes; files over 67108864 are not read"
    with pytest.raises(ValueError, match=r"huge\.json: 67108865 bytes"):
        read_text(path)


def test_a_file_that_went_away(tmp_path: Path) -> None:
    assert why(tmp_path / "gone.json") == "No such file or directory"


def test_folders_are_walked(tmp_path: Path) -> None:
    for name in ("b/2.md", "b/1.json", "a.txt", ".git/config", "b/.hidden", "b/.cache/x", "c/d/e"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    (tmp_path / "in" / "c" / "loop").symlink_to(tmp_path / "in")
    os.mkfifo(tmp_path / "in" / "pipe")
    inside = tmp_path / "in"
    assert [str(path.relative_to(inside)) for path in find_files([inside])] == ["a.txt", "b/1.json", "b/2.md", "c/d/e"]
    assert find_files([inside / "b/2.md", inside / "b", inside / "b/.hidden"]) == [
        inside / "b/2.md",
        inside / "b/1.json",
        inside / "b/.hidden",
    ]
    with pytest.raises(ValueError, match="nowhere: no such file or folder"):
        find_files([inside, tmp_path / "nowhere"])
