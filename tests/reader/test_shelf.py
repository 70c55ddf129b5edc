"""What a shelf keeps, of whom, and where."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from assay.papers.models import Paper
from assay.reader.interests import Follow, FollowKind, Phrase, Reference
from assay.reader.records import Mark
from assay.reader.shelf import Shelf, find_shelf, open_shelf, reader_names
from assay.store import open_store

DAY = date(2099, 12, 2)
ONE, TWO, THREE = "9912.99901", "9912.99902", "9912.99903"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "readers.db"


@pytest.fixture
def shelf(database: str) -> Iterator[Shelf]:
    with open_shelf(database) as shelf:
        yield shelf


@pytest.mark.parametrize("mark", Mark)
def test_a_mark_is_set_once_and_taken_away_once(shelf: Shelf, mark: Mark) -> None:
    assert shelf.mark([ONE, TWO, ONE], mark) == [ONE, TWO]
    first = shelf.marked(mark)
    assert shelf.mark([ONE, THREE], mark) == [THREE]
    assert list(shelf.marked(mark)) == [THREE, TWO, ONE]
    assert shelf.marked(mark)[ONE] == first[ONE]  # it keeps its time
    assert getattr(shelf.marks()[ONE], mark.value) == first[ONE]
    assert shelf.unmark([ONE, ONE], mark) == [ONE]
    assert shelf.unmark([ONE], mark) == []
    assert list(shelf.marked(mark)) == [THREE, TWO]


def test_tags_know_no_case(shelf: Shelf) -> None:
    assert shelf.tag(ONE, ["KV cache", "kv  CACHE", "later"]) == ["KV cache", "later"]
    assert shelf.tag(ONE, ["kv cache"]) == []
    assert shelf.marks()[ONE].tags == ("KV cache", "later")
    assert shelf.untag(ONE, ["KV CACHE", "never"]) == ["KV cache"]
    assert shelf.marks()[ONE].tags == ("later",)


@pytest.mark.parametrize("tag", ["", "  ", "-word"])
def test_what_is_no_tag_is_refused(shelf: Shelf, tag: str) -> None:
    with pytest.raises(ValueError, match="not a tag"):
        shelf.tag(ONE, ["good", tag])
    assert shelf.marks() == {}


def test_a_paper_has_many_notes(shelf: Shelf) -> None:
    assert shelf.note(ONE, "first line\r\nsecond line ")
    assert shelf.note(ONE, "another")
    assert not shelf.note(ONE, "another")
    assert [note.text for note in shelf.marks()[ONE].notes] == ["first line\nsecond line", "another"]
    assert shelf.unnote(ONE, "another")
    assert not shelf.unnote(ONE, "another")
    with pytest.raises(ValueError, match="there is nothing in it"):
        shelf.note(ONE, " \n ")


def test_of_what_was_shown_the_first_time_counts(shelf: Shelf) -> None:
    monday = datetime(2099, 11, 30, 8, tzinfo=UTC)
    shelf.saw([ONE], DAY, at=monday)
    shelf.saw([ONE, TWO], DAY + timedelta(1), at=monday + timedelta(1))
    shelf.saw([ONE], DAY, at=monday + timedelta(2))
    marks = shelf.marks([ONE, TWO, THREE])
    assert (marks[ONE].seen_before(DAY), marks[ONE].seen_before(DAY + timedelta(1))) == (None, DAY)
    assert marks[TWO].seen_before(DAY + timedelta(1)) is None
    assert THREE not in marks
    assert marks[ONE].times == []  # she did nothing herself


@pytest.mark.parametrize(
    ("follow", "same"),
    [
        (Follow(kind=FollowKind.AUTHOR, value="Peña, Ana"), Follow(kind=FollowKind.AUTHOR, value="ana  PENA")),
        (Follow(kind=FollowKind.ORGANISATION, value="Toy Lab"), Follow(kind=FollowKind.ORGANISATION, value="toy lab")),
        (Follow(kind=FollowKind.CATEGORY, value="cs.CL"), Follow(kind=FollowKind.CATEGORY, value="cs.cl")),
        (Follow(kind=FollowKind.QUERY, value="a  b"), Follow(kind=FollowKind.QUERY, value="a b")),
    ],
)
def test_two_writings_of_a_follow_are_one(shelf: Shelf, follow: Follow, same: Follow) -> None:
    assert shelf.follow(follow)
    assert not shelf.follow(same)
    assert shelf.follows() == (follow,)
    assert shelf.unfollow(same)
    assert not shelf.unfollow(follow)


def test_a_query_knows_case(shelf: Shelf) -> None:
    assert shelf.follow(Follow(kind=FollowKind.QUERY, value="cats OR dogs"))
    assert shelf.follow(Follow(kind=FollowKind.QUERY, value="cats or dogs"))


@pytest.mark.parametrize(("kind", "value"), [("author", "?!"), ("category", "a b"), ("query", '"open'), ("org", "–")])
def test_what_finds_no_paper_is_not_followed(shelf: Shelf, kind: FollowKind, value: str) -> None:
    with pytest.raises(ValueError, match=r"no word in it|not closed"):
        shelf.follow(Follow(kind=kind, value=value))
    assert shelf.follows() == ()


def test_a_phrase_has_one_weight(shelf: Shelf) -> None:
    assert shelf.want(Phrase(text="KV cache"))
    assert not shelf.want(Phrase(text="KV cache"))
    assert shelf.want(Phrase(text="kv  cache", weight=-2))
    assert shelf.want(Phrase(text="diffusion", weight=0.5))
    assert shelf.phrases() == (Phrase(text="diffusion", weight=0.5), Phrase(text="kv cache", weight=-2))
    assert shelf.forget("KV Cache")
    assert not shelf.forget("KV Cache")


def test_a_phrase_without_a_word_is_not_kept(shelf: Shelf) -> None:
    with pytest.raises(ValueError, match="there is no word in '!!'"):
        shelf.want(Phrase(text="!!"))
    assert shelf.phrases() == ()


@pytest.mark.parametrize("weight", [float("nan"), float("inf"), 1e308, -101.0])
def test_a_weight_is_a_number_of_a_size_that_can_be_added_up(weight: float) -> None:
    with pytest.raises(ValueError, match=r"finite|100"):
        Phrase(text="KV cache", weight=weight)


def test_a_library_has_one_work_a_key(shelf: Shelf) -> None:
    work = Reference(key="10.1/toy", doi="10.1/toy", title="A Toy Work", authors=("Ada Example",), year=2099)
    assert shelf.merge_library([work, Reference(key="b", title="B")]) == 2
    better = work.model_copy(update={"abstract": "We play."})
    assert shelf.merge_library([better]) == 0
    assert shelf.references() == (better, Reference(key="b", title="B"))
    assert shelf.remove_references(["b", "c"]) == 1


def test_readers_of_one_database_do_not_see_each_other(shelf: Shelf, database: str) -> None:
    shelf.mark([ONE], Mark.STARRED)
    with open_shelf(database, "Ådа") as other:
        assert other.is_new
        assert other.marked(Mark.STARRED) == {}
        assert other.unmark([ONE], Mark.STARRED) == []
        other.tag(TWO, ["hers"])
        assert other.readers() == ["me", "Ådа"]
    assert shelf.marks().keys() == {ONE}
    assert reader_names(database) == ["me", "Ådа"]


def test_looking_makes_neither_a_file_nor_a_reader(file: Path) -> None:
    assert find_shelf(file) is None
    assert reader_names(file) == []
    assert not file.exists()
    with open_shelf(file) as shelf:
        assert (shelf.marks(), shelf.follows(), shelf.phrases(), shelf.references()) == ({}, (), (), ())
        shelf.mark([], Mark.STARRED)
        shelf.saw([], DAY)
        assert shelf.is_new
    assert find_shelf(file) is None
    with open_shelf(file) as shelf:
        shelf.mark([ONE], Mark.READ)
    found = find_shelf(file)
    assert found is not None
    found.close()


@pytest.mark.parametrize("name", ["", " \t", "x" * 65])
def test_a_reader_has_a_name(file: Path, name: str) -> None:
    with pytest.raises(ValueError, match="not a reader's name"):
        open_shelf(file, name)
    assert not file.exists()


def test_a_file_of_a_newer_assay_is_refused(file: Path) -> None:
    open_shelf(file).close()
    connection = sqlite3.connect(file)
    connection.execute("INSERT INTO migrations VALUES ('0099-telepathy', '2099-01-01T00:00:00+00:00')")
    connection.commit()
    connection.close()
    with pytest.raises(ValueError, match=r"readers\.db was written by a newer Assay \(it has 0099-telepathy\)"):
        open_shelf(file)


def test_a_note_may_be_long(shelf: Shelf) -> None:
    text = " ".join(f"word{number}" for number in range(5_000))
    assert shelf.note(ONE, text)
    assert not shelf.note(ONE, text)
    assert [note.text for note in shelf.marks()[ONE].notes] == [text]
    assert shelf.unnote(ONE, text)


def test_notes_of_an_older_assay_stay(file: Path) -> None:
    """Whose notes were told apart by their text."""
    with open_shelf(file) as shelf:
        shelf.note(ONE, "first")
        shelf.note(ONE, "second")
        before = shelf.export()
    connection = sqlite3.connect(file)
    with connection:
        connection.executescript("""
            CREATE TABLE old (reader INTEGER NOT NULL REFERENCES readers (id), paper VARCHAR NOT NULL,
                text TEXT NOT NULL, at VARCHAR(32) NOT NULL, PRIMARY KEY (reader, paper, text));
            INSERT INTO old SELECT reader, paper, text, at FROM notes;
            DROP TABLE notes;
            ALTER TABLE old RENAME TO notes;
            DELETE FROM migrations WHERE name = '0002-note-keys';
        """)
    connection.close()
    with open_shelf(file) as shelf:
        assert shelf.export().notes == before.notes
        assert not shelf.note(ONE, "second")
        assert shelf.unnote(ONE, "first")


def test_what_is_no_file_of_readers_is_refused(tmp_path: Path) -> None:
    with open_store(tmp_path / "assay.db"):
        pass
    with pytest.raises(ValueError, match=r"assay\.db is an archive of papers, not a database of readers"):
        open_shelf(tmp_path / "assay.db")
    (tmp_path / "text").write_text("not a database, and long enough to be told from an empty one" * 20)
    with pytest.raises(ValueError, match=r"cannot open .*text as a database"):
        open_shelf(tmp_path / "text")


def test_interests_come_from_the_archive(shelf: Shelf, tmp_path: Path) -> None:
    papers = {key: Paper(id=key, title=f"Toy {key}", abstract="We fly.") for key in (ONE, TWO, THREE)}
    with open_store(tmp_path / "assay.db") as store:
        store.add(source="arxiv", papers=papers.values())
        assert shelf.interests(store).model_dump(exclude_defaults=True) == {}
        shelf.mark([ONE, "9912.99999"], Mark.STARRED)
        shelf.mark([TWO], Mark.STARRED)
        shelf.mark([THREE, TWO], Mark.ADDED)
        shelf.merge_library([Reference(key="b", title="B")])
        shelf.want(Phrase(text="toys"))
        shelf.follow(Follow(kind=FollowKind.CATEGORY, value="cs.CL"))
        interests = shelf.interests(store)
        assert interests.starred == (papers[TWO], papers[ONE])
        assert [work.key for work in interests.library] == ["b", THREE]
        assert interests.library[1].abstract == "We fly."
        assert (interests.phrases, interests.follows) == (shelf.phrases(), shelf.follows())

        shelf.mark([TWO, THREE], Mark.HIDDEN)
        interests = shelf.interests(store)
        assert interests.starred == (papers[ONE],)
        assert set(interests.hidden) == {papers[TWO], papers[THREE]}
        assert [work.key for work in interests.library] == ["b"]
