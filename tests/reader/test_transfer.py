"""A shelf out and in again: nothing is lost, nothing doubled, and what is wrong is named with its place."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.papers.text import fold
from assay.reader.interests import FollowKind, Reference
from assay.reader.records import Delivery, DeliveryState, Mark
from assay.reader.shelf import Shelf, open_shelf
from assay.reader.transfer import (
    EMPTY,
    Export,
    MarkedPaper,
    NotedPaper,
    SeenPaper,
    TaggedPaper,
    TimedFollow,
    TimedPhrase,
    read_export,
)

ONE, TWO = "9912.99901", "hep-th/9901001"
MOMENTS = st.builds(
    datetime.fromtimestamp,
    st.integers(4_070_908_800, 4_070_995_200),  # a day of 2099
    st.sampled_from([UTC, timezone(timedelta(hours=9))]),
)
PAPERS = st.sampled_from([ONE, TWO, "9912.99902"])
WORDS = st.sampled_from(["attention", "KV cache", "kv CACHE", "한국어 요약", "a\u0301 é", 'quo"te', "<b>", "-"])
NAMES = WORDS.filter(lambda words: words != "-")
MARKED = st.lists(st.builds(MarkedPaper, paper=PAPERS, at=MOMENTS), max_size=3).map(tuple)
FOLLOWS = st.builds(
    TimedFollow,
    kind=st.sampled_from(FollowKind),
    value=st.sampled_from(["Song Han", "Han, Song", "cs.CL", "toys"]),
    at=MOMENTS,
)
DELIVERIES = st.builds(
    Delivery,
    channel=st.sampled_from(["mail", "slack"]),
    recipient=st.just("ada@example.org"),
    issue=st.sampled_from(["2099-12-02", "2099-W49"]),
    languages=st.sampled_from([(), ("en",), ("en", "ko")]),
    state=st.sampled_from(DeliveryState),
    message_id=st.sampled_from(["a", "b"]),
    at=MOMENTS,
)
EXPORTS = st.builds(
    Export,
    assay=st.just("reader"),
    version=st.just(1),
    stars=MARKED,
    read=MARKED,
    hidden=MARKED,
    added=MARKED,
    tags=st.lists(st.builds(TaggedPaper, paper=PAPERS, tag=NAMES, at=MOMENTS), max_size=3).map(tuple),
    notes=st.lists(
        st.builds(NotedPaper, paper=PAPERS, text=st.one_of(WORDS, st.just("one\ntwo")), at=MOMENTS), max_size=3
    ).map(tuple),
    follows=st.lists(FOLLOWS.filter(lambda follow: follow.kind != "category" or "." in follow.value)).map(tuple),
    phrases=st.lists(
        st.builds(TimedPhrase, text=WORDS, weight=st.sampled_from([-2.0, 0.5, 1.0]), at=MOMENTS), max_size=3
    ).map(tuple),
    library=st.lists(
        st.builds(
            Reference,
            key=st.just("any"),
            title=NAMES,
            year=st.sampled_from([None, 2099]),
            doi=st.sampled_from(["", "10.1/A", "10.1/b"]),
        ),
        max_size=3,
    ).map(tuple),
    seen=st.lists(st.builds(SeenPaper, paper=PAPERS, day=st.dates(date(2099, 1, 1), date(2099, 1, 2)), at=MOMENTS)).map(
        tuple
    ),
    sent=st.lists(DELIVERIES, max_size=3).map(tuple),
)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file for many shelves; each test asks for a reader of whom nothing is kept."""
    return tmp_path_factory.mktemp("readers") / "readers.db"


NUMBERS = count()


def anybody(file: Path) -> Shelf:
    return open_shelf(file, f"reader {next(NUMBERS)}")


def content(shelf: Shelf) -> Export:
    """All that is kept of a reader, whoever she is and whenever it was written."""
    return shelf.export().model_copy(update={"reader": "", "exported_at": None})


@given(EXPORTS)
def test_what_goes_out_comes_in_again(shelf: Path, export: Export) -> None:
    with anybody(shelf) as first, anybody(shelf) as second:
        first.merge(export)
        kept = content(first)
        assert first.merge(export) == {}
        assert first.merge(read_export(kept.model_dump_json())) == {}
        assert content(first) == kept
        second.merge(read_export(kept.model_dump_json(exclude_defaults=True)))
        assert content(second) == kept


@given(EXPORTS, EXPORTS)
def test_two_shelves_become_one_with_all_that_either_has(shelf: Path, one: Export, other: Export) -> None:
    with anybody(shelf) as first, anybody(shelf) as second:
        for each, exports in ((first, (one, other)), (second, (other, one))):
            for export in exports:
                each.merge(export)
        ours, theirs = first.export(), second.export()
        for part in ("stars", "read", "hidden", "added", "notes", "seen"):
            assert getattr(ours, part) == getattr(theirs, part), part
        wanted = {(tag.paper, tag.tag.casefold()) for tag in (*one.tags, *other.tags)}
        assert {(tag.paper, tag.tag.casefold()) for tag in ours.tags} == wanted
        assert {phrase.text.casefold() for phrase in ours.phrases} == {
            phrase.text.casefold() for phrase in (*one.phrases, *other.phrases)
        }
        names = {(work.doi, fold(work.title)) for work in (*one.library, *other.library)}
        for shelved in (ours.library, theirs.library):
            assert {doi for doi, _ in names if doi} >= {work.doi for work in shelved if work.doi}
            assert {title for _, title in names} >= {fold(work.title) for work in shelved}
            assert all(any(work.doi == doi or fold(work.title) == title for work in shelved) for doi, title in names)
        sent = {(each.channel, each.issue, each.languages) for each in (*one.sent, *other.sent) if each.state == "sent"}
        assert {(each.channel, each.issue, each.languages) for each in ours.sent if each.state == "sent"} == sent


def test_what_the_browser_writes_is_read(shelf: Path) -> None:
    text = json.dumps(
        {"assay": "reader", "version": 1, "stars": [f"https://arxiv.org/abs/{ONE}v2", ONE], "read": [TWO]}
    )
    with anybody(shelf) as mine:
        mine.mark([TWO], Mark.READ)
        read_at = mine.marked(Mark.READ)
        assert mine.merge(read_export(text)) == {"stars": 1}
        assert list(mine.marked(Mark.STARRED)) == [ONE]
        assert mine.marked(Mark.READ) == read_at


def test_the_earlier_star_and_the_later_weight_stand(shelf: Path) -> None:
    def at(day: int) -> datetime:
        return datetime(2099, 1, day, tzinfo=UTC)

    def export(day: int, weight: float) -> Export:
        return EMPTY.model_copy(
            update={
                "stars": (MarkedPaper(paper=ONE, at=at(day)),),
                "phrases": (TimedPhrase(text="toys", weight=weight, at=at(day)),),
            }
        )

    for days in ((1, 2, 3), (3, 2, 1), (2, 3, 1)):
        with anybody(shelf) as mine:
            for day in days:
                mine.merge(export(day, weight=float(day)))
            assert mine.marked(Mark.STARRED) == {ONE: at(1)}
            assert mine.phrases()[0].weight == 3


def test_what_one_record_of_a_work_lacks_comes_from_the_other(shelf: Path) -> None:
    ours = Reference(key="toys that fly", title="Toys that Fly", tags=("x",), year=2099)
    theirs = ours.model_copy(update={"title": "TOYS THAT FLY.", "abstract": "We fly.", "tags": ("y", "x")})
    with anybody(shelf) as mine:
        mine.merge_library([ours])
        assert mine.merge(EMPTY.model_copy(update={"library": (theirs,)})) == {}
        assert mine.references() == (ours.model_copy(update={"abstract": "We fly.", "tags": ("x", "y")}),)


def test_what_was_sent_elsewhere_is_sent(shelf: Path) -> None:
    with anybody(shelf) as mine, anybody(shelf) as other:
        with mine.deliver("mail", "ada@example.org", "2099-12-02") as sending:
            sending.begin()
        with other.deliver("mail", "ada@example.org", "2099-12-02") as sending:
            sending.confirm()
        mine.merge(other.export())
        assert mine.deliveries() == other.deliveries()
        other.merge(
            EMPTY.model_copy(update={"sent": (sending.delivery.model_copy(update={"state": DeliveryState.LEAVING}),)})
        )
        assert mine.deliveries() == other.deliveries()


def with_part(part: str, *values: object) -> str:
    return json.dumps({"assay": "reader", "version": 1, part: values})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not JSON: line 1, column 1"),
        ('{"assay": "reader",\n "version": 1,\n "stars": [}', "not JSON: line 3, column 12"),
        ("[" * 100_000, "nested too deeply"),
        ('{"assay": "reader", "version": ' + "1" * 5_000 + "}", "not JSON that can be read"),
        ("[]", 'not an export of a reader: it does not begin with {"assay": "reader"'),
        ('{"date": "2099-12-02", "papers": []}', "not an export of a reader: it does not begin"),
        ('{"assay": "reader"}', "version: Field required"),
        ('{"assay": "reader", "version": "1"}', "version: Input should be 1"),
        ('{"assay": "reader", "version": 2, "telepathy": []}', "version 2 was written by a newer Assay"),
        (with_part("colour", "red"), "colour: Extra inputs are not permitted"),
        (with_part("stars", ONE, "2502.1"), r"stars\.1\.paper: not an arXiv id"),
        (with_part("stars", {"paper": ONE, "at": "2099-01-01T00:00:00"}), r"stars\.0\.at: .*timezone"),
        (with_part("stars", {"paper": ONE, "at": "0001-01-01T00:00:00+09:00"}), r"stars\.0\.at: .*calendar"),
        (with_part("read", 7), r"read\.0: "),
        (with_part("tags", {"paper": ONE, "tag": " "}), r"tags\.0\.tag: not a tag: ' '"),
        (with_part("tags", {"paper": ONE, "tag": "-x"}), r"tags\.0\.tag: not a tag: '-x'"),
        (with_part("notes", {"paper": ONE, "text": "\n"}), r"notes\.0\.text: there is nothing in it"),
        (with_part("phrases", {"text": "x", "weight": float("nan")}), r"phrases\.0\.weight: .*finite"),
        (with_part("follows", {"kind": "planet", "value": "Mars"}), r"follows\.0\.kind: "),
        (with_part("follows", {"kind": "query", "value": '"open'}), r"follows\.0: a quote is not closed"),
        (with_part("library", {"key": "a", "title": "..."}), r"library\.0: it has no title"),
        (with_part("sent", {"channel": "mail"}), r"sent\.0\.recipient: Field required"),
    ],
)
def test_what_is_no_export_is_refused_with_its_place(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as caught:
        read_export(text)
    assert "\n" not in str(caught.value)
