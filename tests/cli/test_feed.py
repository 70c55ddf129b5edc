"""``assay feed`` as a reader meets it."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import feedparser  # type: ignore[import-untyped]
import pytest

from tests.cli.conftest import Run
from tests.cli.fixtures import write_archive


@pytest.fixture
def archive(assay: Run, tmp_path: Path) -> Run:
    """The command, with a day of our own beside the catalogue."""
    assert assay("import", write_archive(tmp_path / "archive")).code == 1  # one of its files is broken
    return assay


def test_a_feed_is_the_same_to_the_byte_until_something_in_it_changes(archive: Run, tmp_path: Path) -> None:
    first = archive("feed", "--limit", "5", "--out", tmp_path / "feed.xml")
    assert (first.code, first.out, first.err) == (0, "TMP/feed.xml: 5 entries\n", "")
    before = (tmp_path / "feed.xml").read_bytes()
    time = (tmp_path / "feed.xml").stat().st_mtime_ns
    again = archive("feed", "--limit", "5", "--out", tmp_path / "feed.xml")
    assert again.out == "TMP/feed.xml: 5 entries, unchanged\n"
    assert (tmp_path / "feed.xml").stat().st_mtime_ns == time
    read = feedparser.parse(before)
    assert not read.bozo
    assert [entry.id.split("/")[1] for entry in read.entries[:3]] == ["9912.99901", "9912.99903", "9912.99902"]
    assert len(read.entries) == 5
    assert all(entry.link.startswith("https://arxiv.org/abs/") for entry in read.entries)


def test_it_is_of_a_room_a_category_an_author_or_a_query(archive: Run) -> None:
    def titles(*options: str) -> list[str]:
        done = archive("feed", "--format", "json", *options)
        assert (done.code, done.err) == (0, "")
        return [item["title"] for item in json.loads(done.out)["items"]]

    assert len(titles("--limit", "3", "--room", "attention")) == 3
    assert titles("--author", "Cy Third") == ["P(y|x) and *more*"]
    assert titles("--query", 'title:"Toy Paper 99903"') == ["Toy Paper 99903"]
    assert titles("--category", "math.GT") == []


def test_of_what_a_query_finds_it_has_the_newest_and_not_the_best(archive: Run) -> None:
    best = json.loads(archive("search", "attention OR pipes", "--limit", "3", "--json").out)
    assert "9912.99902" not in {paper["id"] for paper in best}
    done = archive("feed", "--query", "attention OR pipes", "--limit", "3", "--format", "json")
    assert "9912.99902" in done.out
    assert len(json.loads(done.out)["items"]) == 3


def test_what_was_listed_last_is_newest_however_old_the_paper_is(assay: Run, tmp_path: Path) -> None:
    for key, day in {"2401.00001": "2025-12-01", "2501.00002": "2025-01-06"}.items():
        paper = {"id": key, "title": f"Paper {key}", "summary": "We play.", "authors": [{"name": "Zora Toyah"}]}
        moment = {"publishedAt": f"{day}T00:00:00.000Z"}
        (tmp_path / f"{day}.json").write_text(json.dumps([{"paper": paper | moment, **moment}]))
        assert assay("import", tmp_path / f"{day}.json", "--date", day).code == 0
    done = assay("feed", "--author", "Zora Toyah", "--limit", "1", "--format", "json")
    assert [item["title"] for item in json.loads(done.out)["items"]] == ["Paper 2401.00001"]


def test_it_speaks_the_language_that_is_asked_for(archive: Run) -> None:
    done = archive("feed", "--lang", "ko", "--format", "rss", "--query", "빈 블록을")
    channel = ET.fromstring(done.out)[0]
    assert channel.findtext("language") == "ko"
    assert channel.findtext("item/description") == "빈 블록을 건너뛰는 어텐션입니다."


def test_with_an_address_entries_link_to_the_site(archive: Run) -> None:
    done = archive(
        "feed", "--query", "title:Toy", "--format", "json", "--lang", "ko", ASSAY_SITE_URL="https://example.org/a"
    )
    record = json.loads(done.out)
    assert record["home_page_url"] == "https://example.org/a/ko/"
    assert record["items"][0]["url"].startswith("https://example.org/a/ko/paper/9912.")
    assert record["items"][0]["external_url"].startswith("https://arxiv.org/abs/9912.")


def test_it_is_for_a_reader_of_whom_something_is_kept(archive: Run) -> None:
    nothing = archive("feed", "--for", "me")
    assert (nothing.code, nothing.out) == (2, "")
    assert nothing.err.startswith("assay: nothing is kept of you yet")
    assert archive("follow", "phrase", "study of pipes").code == 0
    assert archive("hide", "9912.99901").code == 0
    done = archive("feed", "--for", "me", "--limit", "200", "--format", "json")
    record = json.loads(done.out)
    assert record["title"] == "Assay: for me"
    ids = [item["id"].split("/")[1] for item in record["items"]]
    assert "9912.99902" in ids
    assert "9912.99901" not in ids


def test_the_list_of_feeds_has_those_of_the_site(archive: Run) -> None:
    done = archive("feed", "--opml", "--url", "https://example.org/a/")
    addresses = [outline.attrib["xmlUrl"] for outline in ET.fromstring(done.out).iterfind("body/outline/outline")]
    assert "https://example.org/a/feeds/en/all/atom.xml" in addresses
    assert "https://example.org/a/feeds/ko/room/attention/atom.xml" in addresses
    assert len(addresses) == len(set(addresses))


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--room", "attention", "--author", "Han"], "--room and --author exclude each other"),
        (["--query", "toys", "--opml"], "--query and --opml exclude each other"),
        (["--for", "you"], "--for takes me, not 'you'; --reader says who that is"),
        (["--for", "me", "--room", "attention"], "--room and --for exclude each other"),
        (["--opml"], "--opml lists the feeds of a published site: say where it is with --url or the setting site_url"),
        (["--room", "kitchen"], "no room is called 'kitchen'"),
        (["--url", "example.org"], "not the address of a site: 'example.org'"),
        (["--lang", "Korean"], "not a language code: 'Korean'"),
        (["--query", '"toys'], ""),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_line(assay: Run, options: list[str], error: str) -> None:
    done = assay("feed", *options)
    if error:
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith(f"assay: {error}")
    assert done.err.count("\n") <= 1
