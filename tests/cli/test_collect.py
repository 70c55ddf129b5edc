"""Collecting from a real server that misbehaves: nothing that is not data is stored, nothing stored is lost."""

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from assay.papers.models import Outcome
from assay.store import Store, open_store
from tests.cli.conftest import Run, environment_of
from tests.cli.fixtures import listing
from tests.sources.server import (
    Answer,
    SourceServer,
    broken,
    busy,
    cut_off,
    error_object,
    hang,
    html_page,
)
from tests.sources.synthetic import atom_entry, entry, news, news_entry, rss, rss_item

DAY = date(2099, 12, 2)


@pytest.fixture
def server() -> Iterator[SourceServer]:
    with SourceServer() as server:
        server.listings[DAY] = [entry(number) for number in (99901, 99902, 99903)]
        server.preprints = [atom_entry(f"9912.{number}v2") for number in (99901, 99902, 99903)]
        yield server


def live(server: SourceServer, **more: str) -> dict[str, str]:
    return {
        "ASSAY_HUGGINGFACE_URL": server.url,
        "ASSAY_ARXIV_URL": server.url,
        "ASSAY_ARXIV_INTERVAL": "0",
        "ASSAY_RETRY_WAIT": "0.01",
        "ASSAY_TIMEOUT": "60",
        "ASSAY_PATIENCE": "60",
        "ASSAY_ENRICH": "0",
    } | more


def ids(assay: Run) -> list[str]:
    return sorted(paper["id"] for paper in json.loads(assay("digest", str(DAY), "--json").out)["papers"])


def attempts(home: Path) -> list[tuple[Outcome, int]]:
    with open_store(home / "assay.db") as store:
        return [(attempt.outcome, attempt.papers) for attempt in store.attempts(DAY)]


ALL = ["9912.99901", "9912.99902", "9912.99903"]


def test_collect_a_day(assay: Run, server: SourceServer, snapshot: SnapshotAssertion) -> None:
    done = assay("collect", str(DAY), **live(server, ASSAY_ENRICH="1", ASSAY_CONTACT="mailto:me@example.org"))
    assert (done.code, done.out) == (0, "2099-12-02 huggingface: ok, 3 papers\n")
    assert ids(assay) == ALL
    assert json.loads(assay("show", ALL[0], "--json").out)["paper"]["version"] == 2
    agents = {request.headers["User-Agent"] for request in server.requests}
    assert len(agents) == 1
    assert "mailto:me@example.org" in agents.pop()


def test_collecting_again_finds_new_versions(assay: Run, server: SourceServer) -> None:
    settings = live(server, ASSAY_ENRICH="1")
    server.preprints = [atom_entry(f"9912.{number}v1") for number in (99901, 99902, 99903)]
    assert assay("collect", str(DAY), **settings).code == 0
    gone = "<arxiv:comment>This paper has been withdrawn by the authors</arxiv:comment>"
    server.preprints = [
        atom_entry("9912.99901v2").replace("12.5", "9.5"),
        atom_entry("9912.99902v2", extra=gone),
        atom_entry("9912.99903v1"),
    ]
    done = assay("collect", str(DAY), **settings)
    assert done.code == 0
    assert done.out.splitlines() == [
        "2099-12-02 huggingface: ok, 3 papers",
        "9912.99901 v1 → v2: A Toy Paper",
        "9912.99902 v1 → v2, withdrawn: A Toy Paper",
        "1 claim changed with new versions: `assay errata` shows which",
    ]


def test_the_token_goes_to_its_host_only(assay: Run, server: SourceServer) -> None:
    with SourceServer() as arxiv:
        arxiv.preprints = server.preprints
        settings = live(server, ASSAY_ENRICH="1", ASSAY_ARXIV_URL=arxiv.url, ASSAY_HUGGINGFACE_TOKEN="hf_secret")
        assert assay("collect", str(DAY), **settings).code == 0
        assert {request.headers["Authorization"] for request in server.requests} == {"Bearer hf_secret"}
        assert {request.headers["Authorization"] for request in arxiv.requests} == {None}


@pytest.mark.parametrize(
    "bad",
    [
        [broken(500)] * 9,
        [hang(5)] * 9,
        [cut_off()] * 9,
        [html_page()],
        [error_object()],
        [Answer(b"not json")],
        [Answer(b'{"a": ')],
        [Answer(b'[{"paper": 3}]')],
        [Answer(b"nothing here", 404)],
    ],
    ids=lambda bad: f"{bad[0].status}-{bad[0].body[:14].decode()}-{bad[0].delay}-{bad[0].withheld}-{bad[0].headers}",
)
def test_a_source_that_misbehaves(
    assay: Run, home: Path, server: SourceServer, bad: list[Answer], snapshot: SnapshotAssertion
) -> None:
    patience = {"ASSAY_PATIENCE": "1", "ASSAY_TIMEOUT": "0.5" if bad[0].delay else "60"}
    server.listings[DAY] = server.listings[DAY][:2]
    assert assay("collect", str(DAY), **live(server)).code == 0

    server.listings[DAY] = [entry(number) for number in (99901, 99902, 99903)]
    server.then(*bad)
    done = assay("collect", str(DAY), **live(server, **patience))
    assert done.code == 1
    message = done.out.split("; ", 1)[1]
    assert message.count("\n") == 1, "one line says what happened"
    assert ids(assay) == ALL[:2], "what was stored stays, and nothing else is there"
    with open_store(home / "assay.db") as store:
        for page in store.snapshots("huggingface", DAY):
            assert page.body.startswith(b'[{"paper": {"id"'), "no error is kept as data"
    assert assay("digest", str(DAY)).code == 1, "the day says that it is partial"

    server._queue.clear()
    assert assay("collect", str(DAY), **live(server)).code == 0
    assert ids(assay) == ALL, "the next run completes the day"
    assert assay("digest", str(DAY)).code == 0


@pytest.mark.parametrize(
    "sent_away",
    [[busy(429)] * 9, [busy(429, rate_limit='"api";r=0;t=170')], [busy(406)] * 9, [busy(503, retry_after="3600")]],
)
def test_a_day_that_was_read_to_its_end_stands_when_the_source_is_busy(
    assay: Run, server: SourceServer, home: Path, sent_away: list[Answer]
) -> None:
    assert assay("collect", str(DAY), **live(server)).code == 0
    before = assay("digest", str(DAY), "--json").out
    server.then(*sent_away)
    done = assay("collect", str(DAY), **live(server, ASSAY_PATIENCE="0.5"))
    assert done.code == 0
    assert done.out.startswith("2099-12-02 huggingface: stands as it was read before; HOST/api/daily_papers: busy (")
    assert assay("digest", str(DAY), "--json").out == before
    assert attempts(home) == [(Outcome.OK, 3), (Outcome.BUSY, 0)]


def test_a_day_that_was_never_read_to_its_end_is_not_whole_when_the_source_is_busy(
    assay: Run, server: SourceServer, home: Path
) -> None:
    server.listings[DAY] = [entry(number) for number in range(10000, 10130)]
    first_page = Answer(json.dumps(server.listings[DAY][:100]).encode())
    server.then(first_page, busy(429, retry_after="3600"))
    assert assay("collect", str(DAY), **live(server)).code == 1
    assert assay("collect", str(DAY), **live(server)).code == 1, "an hour has not passed"
    assert attempts(home) == [(Outcome.PARTIAL, 100), (Outcome.FAILED, 0)]
    assert assay("digest", str(DAY)).code == 1
    assert len(server.requests) == 2


def test_a_source_that_sends_us_away_is_asked_for_no_more_days(assay: Run, server: SourceServer, home: Path) -> None:
    server.listings[date(2099, 12, 4)] = [entry(99904)]
    assert assay("collect", "2099-12-04", **live(server)).code == 0
    server.requests.clear()
    server.then(busy(429, retry_after="3600"))
    done = assay("collect", "2099-11-30..2099-12-06", **live(server))
    assert done.code == 1
    (line,) = done.out.splitlines()
    assert line.startswith(
        "2099-11-30 huggingface: failed, 0 papers; HOST/api/daily_papers: busy (429 Too Many Requests)"
    )
    assert (
        "huggingface wants to be left alone, so it was not asked for 6 more days, 2099-12-01 to 2099-12-06" in done.err
    )
    assert len(server.requests) == 1
    with open_store(home / "assay.db") as store:
        assert [a.outcome for a in store.attempts(date(2099, 12, 4))] == [Outcome.OK]


def test_days_that_stand_are_no_failure_when_the_source_is_busy(assay: Run, server: SourceServer) -> None:
    assert assay("collect", "2099-12-01..2099-12-03", **live(server)).code == 0
    server.then(busy(429, retry_after="3600"))
    assert assay("collect", "2099-12-01..2099-12-03", **live(server)).code == 0


def test_a_wait_is_remembered_by_the_next_process(assay: Run, server: SourceServer) -> None:
    server.then(busy(429, retry_after="3600"))
    assert assay("collect", str(DAY), **live(server)).code == 1
    again = assay("collect", str(DAY), **live(server))
    assert "still busy, as it said before; come back in 3" in again.out
    assert len(server.requests) == 1


def test_a_short_wait_of_another_process_is_waited_for(assay: Run, server: SourceServer) -> None:
    server.then(busy(429, retry_after="2"))
    assert assay("collect", str(DAY), **live(server, ASSAY_PATIENCE="0.5")).code == 1
    start = time.monotonic()
    assert assay("collect", str(DAY), **live(server)).code == 0
    assert time.monotonic() - start > 0.5
    assert ids(assay) == ALL


def test_one_source_that_is_busy_does_not_stop_another(assay: Run, server: SourceServer) -> None:
    with SourceServer() as other:
        other.then(busy(429, retry_after="3600"))
        settings = live(server, ASSAY_HUGGINGFACE_URL=other.url)
        done = assay("collect", "2099-12-01..2099-12-02", "-s", "huggingface", "-s", "arxiv", **settings)
    assert done.code == 1
    assert "2099-12-02 arxiv: ok, 3 papers (3 new)" in done.out


def test_what_a_misbehaving_source_is_called(assay: Run, server: SourceServer, snapshot: SnapshotAssertion) -> None:
    outputs = []
    for bad in ([busy(429)] * 9, [hang(5)] * 9, [cut_off()] * 9, [html_page()], [error_object()]):
        server._queue.clear()
        server.then(*bad)
        patience = {"ASSAY_PATIENCE": "1", "ASSAY_TIMEOUT": "0.5" if bad[0].delay else "60"}
        outputs.append(assay("collect", str(DAY), **live(server, **patience)).out.replace(server.host, "HOST"))
    assert outputs == snapshot


def test_a_source_that_asks_for_a_little_patience_gets_it(assay: Run, server: SourceServer) -> None:
    server.then(busy(429, retry_after="1"), busy(503), cut_off())
    start = time.monotonic()
    done = assay("collect", str(DAY), **live(server, ASSAY_PATIENCE="30"))
    assert (done.code, ids(assay)) == (0, ALL)
    assert time.monotonic() - start >= 1


def test_a_day_of_arxiv_is_an_announcement(assay: Run, server: SourceServer) -> None:
    server.preprints = [
        atom_entry("9911.99901v1", submitted="2099-11-30T18:00:00Z"),
        atom_entry("9912.99901v2", submitted="2099-11-30T20:00:00Z"),
        atom_entry("9912.99902v1", submitted="2099-12-01T18:00:00Z", primary="stat.ML"),
        atom_entry("9912.99903v1", submitted="2099-12-01T20:00:00Z"),
    ]
    settings = live(server)
    done = assay("collect", "2099-12-02", "--source", "arxiv", "--category", "cs.LG", "-c", "cs.AI", **settings)
    assert (done.code, done.out) == (0, "2099-12-02 arxiv: ok, 2 papers (1 new, 1 cross-listed)\n")
    assert ids(assay) == ["9912.99901", "9912.99902"]
    assert server.requests[0].query["search_query"].startswith("(cat:cs.LG OR cat:cs.AI) AND submittedDate:[")


def test_what_moderators_held_back_is_added_since(assay: Run, server: SourceServer) -> None:
    """A list of long ago, seen with two of three papers at first."""
    papers = [atom_entry(f"2502.9990{number}v1", submitted="2025-02-24T15:00:00Z") for number in range(3)]
    for server.preprints in (papers[:2], papers):
        assert assay("collect", "2025-02-25", "--source", "arxiv", **live(server)).code == 0
    day = json.loads(assay("digest", "2025-02-25", "--json").out)
    added = {paper["id"]: paper["added_since"] for paper in day["papers"] if "arxiv" in paper["sources"]}
    assert added == {"2502.99900": False, "2502.99901": False, "2502.99902": True}
    assert day["state"] == "closed"


def test_a_closed_day_only_grows(assay: Run, server: SourceServer) -> None:
    """A list of long ago that has more papers later, then fewer, then none."""
    day = date(2025, 3, 5)
    for numbers in (99901, 99902), (99901, 99902, 99903), (99903,), ():
        server.listings[day] = [entry(number) for number in numbers]
        assert assay("collect", str(day), **live(server)).code == 0
    shown = json.loads(assay("digest", str(day), "--json").out)
    assert shown["state"] == "closed"
    assert {paper["id"]: paper["added_since"] for paper in shown["papers"]} == {
        "9912.99901": False,
        "9912.99902": False,
        "9912.99903": True,
    }
    assert assay("digest", str(day)).out.count("added since") == 1


def test_a_weekend_is_not_asked_of_arxiv(assay: Run, server: SourceServer) -> None:
    done = assay("collect", "2099-12-05..2099-12-06", "--source", "arxiv", "--source", "arxiv-news", **live(server))
    assert done.code == 0
    assert done.out.splitlines()[0] == "2099-12-05 arxiv: empty, 0 papers; arXiv announces nothing on a Saturday"
    assert not server.requests
    assert assay("digest", "2099-12-05", "--brief").out.splitlines()[1].startswith("weekend")


def test_the_news_and_the_api_of_one_announcement_are_one_list(assay: Run, server: SourceServer, home: Path) -> None:
    kinds = ["new", "cross", "replace", "replace-cross"]
    numbers = [99901, 99902, 99903, 99904]
    server.preprints = [atom_entry(f"9912.{number}v2") for number in (99901, 99902, 99903)]
    server.news = news(
        *(
            news_entry(f"9912.{number}v2", kind, title="Poorer", creators="", abstract="Poorer.")
            for number, kind in zip(numbers, kinds, strict=True)
        )
    )
    settings = live(server, ASSAY_ARXIV_NEWS_URL=server.url)
    done = assay("collect", str(DAY), "-s", "arxiv", "-s", "arxiv-news", **settings)
    assert done.code == 0
    assert done.out.splitlines() == [
        "2099-12-02 arxiv: ok, 3 papers (3 new)",
        "2099-12-02 arxiv-news: ok, 2 papers (1 new, 1 cross-listed, 2 replaced)",
    ]
    day = json.loads(assay("digest", str(DAY), "--json").out)
    assert [(paper["id"], paper["sources"]) for paper in day["papers"]] == [
        ("9912.99901", ["arxiv", "arxiv-news"]),
        ("9912.99902", ["arxiv", "arxiv-news"]),
        ("9912.99903", ["arxiv"]),
    ]
    assert {paper["title"] for paper in day["papers"]} == {"A Toy Paper"}, "a poorer source overwrites nothing"
    with open_store(home / "assay.db") as store:
        assert store.paper("9912.99904") is None, "what was replaced, and never listed here, is not taken in"


def test_a_poorer_record_is_filled_in_by_the_api(assay: Run, server: SourceServer, home: Path) -> None:
    server.news = news(news_entry("9912.99901v2", title="Poorer", creators="", abstract="Poorer."))
    settings = live(server, ASSAY_ARXIV_NEWS_URL=server.url, ASSAY_ENRICH="1")
    assert assay("collect", str(DAY), "-s", "arxiv-news", **settings).code == 0
    with open_store(home / "assay.db") as store:
        paper = store.paper("9912.99901")
    assert paper is not None
    assert (paper.title, paper.authors) == ("A Toy Paper", ("Ada Example", "Bo Sample"))


def test_a_paper_that_the_news_says_was_replaced_is_asked_for(assay: Run, server: SourceServer, home: Path) -> None:
    assert assay("collect", str(DAY), **live(server)).code == 0
    gone = "<arxiv:comment>Withdrawn by the authors due to an error</arxiv:comment>"
    server.preprints = [atom_entry("9912.99901v2", extra=gone)]
    server.news = news(
        news_entry("9912.99901v2", "replace", day="2099-12-03"),
        news_entry("9912.88888v2", "replace", day="2099-12-03"),
        news_entry("9912.99907v1", day="2099-12-03"),
        day="2099-12-03",
    )
    settings = live(server, ASSAY_ARXIV_NEWS_URL=server.url, ASSAY_ENRICH="1")
    assert assay("collect", "2099-12-03", "-s", "arxiv-news", **settings).code == 0
    with open_store(home / "assay.db") as store:
        papers = store.papers(["9912.99901", "9912.88888", "9912.99907"])
    assert [(key, paper.withdrawn is not None) for key, paper in papers.items()] == [
        ("9912.99901", True),
        ("9912.99907", False),
    ]


@pytest.mark.parametrize(("form", "day"), [("Atom", "2099-12-02"), ("RSS", "2099-12-02")])
def test_a_news_feed_is_imported(
    assay: Run, home: Path, tmp_path: Path, server: SourceServer, form: str, day: str
) -> None:
    assert assay("collect", str(DAY), "-s", "arxiv", **live(server)).code == 0
    ids_and_kinds = [("9912.99901v2", "new"), ("9912.99905v1", "cross"), ("9911.00007v4", "replace-cross")]
    items = [(news_entry if form == "Atom" else rss_item)(*each) for each in ids_and_kinds]
    (tmp_path / "feed.xml").write_bytes(news(*items) if form == "Atom" else rss(*items))
    done = assay("import", "feed.xml", "--date", day)
    assert (done.code, done.out) == (0, "1 file; new: 2 papers, 2 sightings, 0 summaries\n")
    assert "9911.00007" not in ids(assay)
    assert ids(assay) == [*ALL, "9912.99905"]
    with open_store(home / "assay.db") as store:
        assert [attempt.kinds for attempt in store.attempts(DAY) if attempt.source == "arxiv-news"] == [
            {"new": 1, "cross-listed": 1, "replaced": 1}
        ]
    replaced = json.loads(assay("show", "9911.00007", "--json").out)["paper"]
    assert (replaced["version"], replaced["authors"]) == (4, ["Ada Example", "Bo Sample"])
    assert replaced["abstract"] == "We get 12.5\\% on ToyBench, if $a < b$."
    assert json.loads(assay("show", "9912.99901", "--json").out)["paper"]["abstract"] == "We get 12.5\\% on ToyBench."


def test_an_import_says_which_of_two_days_wins(assay: Run, tmp_path: Path) -> None:
    (tmp_path / "feed.xml").write_bytes(news(news_entry("9912.99905v1", day="2099-12-09"), day="2099-12-09"))
    done = assay("import", "feed.xml", "--date", "2099-12-02")
    assert (done.code, done.err) == (
        0,
        "feed.xml: a news feed of 2099-12-09; it is listed under 2099-12-02, as --date says\n",
    )
    (tmp_path / "2099-12-09.json").write_text(json.dumps([entry(99906)]))
    done = assay("import", "2099-12-09.json", "--date", "2099-12-02")
    assert done.code == 0
    assert (
        done.err
        == "2099-12-09.json: a recording of 2099-12-09; it is listed under that day, not under --date 2099-12-02\n"
    )
    assert ids(assay) == ["9912.99905"]
    assert assay("import", "feed.xml", "2099-12-09.json").err == ""


def test_today_is_the_readers_own_and_said(assay: Run, server: SourceServer) -> None:
    days = {}
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):  # 25 hours apart
        done = assay("collect", "today", **live(server, ASSAY_TIMEZONE=zone))
        days[zone] = done.out.split(" ")[0]
        assert f"today, {days[zone]} in {zone}" in done.err
        assert f"today, {days[zone]} in {zone}" in assay("import", "--date", "today", ".", ASSAY_TIMEZONE=zone).err
    assert date.fromisoformat(days["Pacific/Kiritimati"]) > date.fromisoformat(days["Pacific/Pago_Pago"])


@pytest.mark.parametrize(
    ("arguments", "variables", "words"),
    [
        (
            (),
            {"ASSAY_TIMEZONE": "Asia/Klingon"},
            "not a time zone: 'Asia/Klingon' (write a name such as Asia/Seoul or UTC)",
        ),
        ((), {"ASSAY_TIMEZONE": "../UTC"}, "not a time zone: '../UTC'"),
        ((), {"ASSAY_TIMEZONE": "Asia"}, "not a time zone: 'Asia'"),
        (
            ("-s", "arxiv", "-c", "cs.LG OR all:x"),
            {},
            "not an arXiv category: 'cs.LG OR all:x' (write cs.LG or hep-th)",
        ),
        (("-c", "cs.LG"), {}, "--category is for the sources arxiv and arxiv-news: add --source arxiv"),
    ],
)
def test_what_makes_no_sense_is_said_in_one_line(
    assay: Run, server: SourceServer, arguments: tuple[str, ...], variables: dict[str, str], words: str
) -> None:
    done = assay("collect", str(DAY), *arguments, **live(server, **variables))
    assert (done.code, done.out) == (2, "")
    assert words in done.err
    assert done.err.count("\n") == 1


def test_the_second_page_fails_and_the_first_stays(assay: Run, server: SourceServer, home: Path) -> None:
    server.listings[DAY] = [entry(number) for number in range(10000, 10130)]
    server.then(Answer(json.dumps(server.listings[DAY][:100]).encode()), *[broken(500)] * 9)
    assert assay("collect", str(DAY), **live(server)).code == 1
    assert len(ids(assay)) == 100
    assert assay("digest", str(DAY), "--brief").out.splitlines()[1].startswith("partial")
    server._queue.clear()
    assert assay("collect", str(DAY), **live(server)).code == 0
    assert len(ids(assay)) == 130
    assert attempts(home) == [(Outcome.PARTIAL, 100), (Outcome.OK, 130)]


def test_a_server_that_caps_its_pages_is_read_to_the_end(assay: Run, server: SourceServer) -> None:
    server.listings[DAY] = [entry(number) for number in range(10000, 10120)]
    server.cap = 50
    assert assay("collect", str(DAY), **live(server)).code == 0
    assert len(ids(assay)) == 120


def test_a_server_that_repeats_its_first_page_is_not_believed(assay: Run, server: SourceServer) -> None:
    server.listings[DAY] = [entry(number) for number in range(10000, 10120)]
    server.ignores_pages = True
    done = assay("collect", str(DAY), **live(server))
    assert done.code == 1
    assert len(ids(assay)) == 100


def test_an_empty_list_is_an_answer(assay: Run, server: SourceServer, home: Path) -> None:
    server.listings[DAY] = []
    assert assay("collect", str(DAY), **live(server)).code == 0
    assert attempts(home) == [(Outcome.EMPTY, 0)]
    assert "nothing is listed yet" in assay("digest", str(DAY)).out


def test_a_format_that_drifts_is_read_and_reported(assay: Run, server: SourceServer) -> None:
    entry_with_drift = entry(99901, newField=1)
    del entry_with_drift["numComments"]
    server.listings[DAY] = [entry_with_drift, entry(99902)]
    done = assay("collect", str(DAY), **live(server))
    assert done.code == 0
    assert "its format drifts: paper.newField, numComments" in done.out
    state = assay("doctor")
    assert state.code == 1
    assert "its format drifts: numComments, paper.newField" in state.out


def test_an_entry_that_cannot_be_read_does_not_take_the_others_with_it(assay: Run, server: SourceServer) -> None:
    server.listings[DAY] = [entry(99901), entry(99902, id="nonsense"), entry(99903)]
    done = assay("collect", str(DAY), **live(server))
    assert done.code == 1
    assert "not read: 1 entry: " in done.out
    assert ids(assay) == [ALL[0], ALL[2]]


def test_an_unchanged_page_is_not_sent_again(assay: Run, server: SourceServer, home: Path) -> None:
    server.etags = True
    for _ in range(2):
        assert assay("collect", str(DAY), **live(server)).code == 0
    assert server.requests[1].headers["If-None-Match"]
    assert attempts(home) == [(Outcome.OK, 3)] * 2


def test_a_day_is_replayed_without_a_network(assay: Run, server: SourceServer) -> None:
    assert assay("collect", str(DAY), **live(server)).code == 0
    before = assay("digest", str(DAY), "--json").out
    request_count = len(server.requests)
    assert assay("collect", str(DAY), "--replay", **live(server)).code == 0
    assert assay("digest", str(DAY), "--json").out == before
    assert len(server.requests) == request_count


def test_nothing_listens_there(assay: Run, server: SourceServer) -> None:
    settings = live(server, ASSAY_HUGGINGFACE_URL="http://127.0.0.1:9")
    done = assay("collect", str(DAY), **settings)
    assert done.code == 1
    assert assay("digest", str(DAY)).out.splitlines()[1].startswith("broken")


def test_a_recorded_morning_and_evening_are_one_day(assay: Run, shared: Path) -> None:
    """The union of both captures, with every sighting kept."""
    captures = [shared / f"corpus/hf_{time}/2025-02-26.json" for time in ("morning", "evening")]
    ids_of_captures = [
        [item["paper"]["id"] for item in json.loads(path.read_text(encoding="utf-8"))] for path in captures
    ]
    report = json.loads(assay("import", *captures, "--json").out)
    assert report["sightings"] == sum(map(len, ids_of_captures))
    day = json.loads(assay("digest", "2025-02-26", "--json").out)
    from_both = {paper["id"] for paper in day["papers"] if "huggingface" in paper["sources"]}
    assert from_both == {*ids_of_captures[0], *ids_of_captures[1]}
    sightings = json.loads(assay("show", ids_of_captures[0][0], "--json").out)["sightings"]
    assert len([sighting for sighting in sightings if sighting["source"] == "huggingface"]) == 2


# Real processes that die or run side by side.


def start(home: Path, tmp_path: Path, *arguments: str | Path, **variables: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "assay", *map(str, arguments)]
    environment = environment_of(home, tmp_path) | variables
    return subprocess.Popen(
        command, env=environment, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


def kill_at(process: "subprocess.Popen[str]", count: Callable[[], int], number: int, seconds: float) -> None:
    """Kill it so long after the count has come to the number, if it has not ended by then."""
    while process.poll() is None and count() < number:
        time.sleep(0.005)
    time.sleep(seconds)
    process.kill()
    process.communicate()


def count_by_day(store: Store) -> dict[date, int]:
    return {day: len(store.sightings(day)) for day, _ in store.days() if day.year == 2099}


@pytest.mark.slow
def test_a_killed_import_is_completed_by_the_next(home: Path, assay: Run, tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    for day in range(1, 29):
        numbers = range(10000 + 20 * day, 10020 + 20 * day)
        (folder / f"2099-11-{day:02}.json").write_text(listing(*numbers, listed_at=f"2099-11-{day:02}T00:00:00.000Z"))
    chance = random.Random(20991202)
    day_count = 0
    home.mkdir()
    with open_store(home / "assay.db") as store:
        for _ in range(8):
            process = start(home, tmp_path, "import", folder)
            kill_at(
                process, lambda: len(count_by_day(store)), day_count + chance.randint(0, 3), chance.uniform(0, 0.02)
            )
            counts = count_by_day(store)
            assert set(counts.values()) <= {20}, "a file is in whole or not at all"
            assert len(counts) >= day_count, "what was stored is not lost"
            day_count = len(counts)
        assert assay("import", folder).code == 0
        assert [len(store.sightings(date(2099, 11, day))) for day in range(1, 29)] == [20] * 28


@pytest.mark.slow
def test_a_killed_collect_is_completed_by_the_next(
    home: Path, assay: Run, tmp_path: Path, server: SourceServer
) -> None:
    server.listings[DAY] = [entry(number) for number in range(10000, 10230)]
    chance = random.Random(20991203)
    paper_count = 0
    home.mkdir()
    for _ in range(6):
        server.requests.clear()
        process = start(home, tmp_path, "collect", str(DAY), **live(server))
        kill_at(process, lambda: len(server.requests), chance.randint(1, 3), chance.uniform(0, 0.05))
        with open_store(home / "assay.db") as store:
            papers = {sighting.paper for sighting in store.sightings(DAY)}
        assert len(papers) in {0, 100, 200, 230}, "a page is in whole or not at all"
        assert len(papers) >= paper_count
        paper_count = len(papers)
    assert assay("collect", str(DAY), **live(server)).code == 0
    assert len(ids(assay)) == 230


def test_two_collects_at_once_neither_lose_nor_double(
    home: Path, assay: Run, tmp_path: Path, server: SourceServer
) -> None:
    server.listings[DAY] = [entry(number) for number in range(10000, 10150)]
    both = [start(home, tmp_path, "collect", str(DAY), **live(server, ASSAY_TIMEOUT="20")) for _ in range(2)]
    with ThreadPoolExecutor() as threads:
        outputs = list(threads.map(lambda process: process.communicate()[0], both))
    assert [process.returncode for process in both] == [0, 0], outputs
    with open_store(home / "assay.db") as store:
        sightings = store.sightings(DAY)
    assert len(sightings) == len({sighting.paper for sighting in sightings}) == 150
    assert len(ids(assay)) == 150


def test_a_replay_is_not_a_look_at_the_source(assay: Run, tmp_path: Path) -> None:
    (tmp_path / "2025-02-10.json").write_text(listing(99901), encoding="utf-8")
    assert assay("import", "2025-02-10.json").code == 0
    before = assay("digest", "2025-02-10").out
    assert assay("collect", "2025-02-10", "--replay").code == 0
    assert assay("digest", "2025-02-10").out == before
