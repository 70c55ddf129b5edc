"""What a server can do to a store, and the texts that PostgreSQL has no room for."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.postgres import UP_TO_DATE, Server, find_programs, running_server
from tests.store.search_cases import FOUND, LISTED, PAPERS
from tests.store.test_processes import batch_sizes, go, reports

from assay.papers.models import Paper, Sighting
from assay.store import Store, open_store
from assay.store.database import place_of, reading, writing
from assay.store.searching.matching import Every, Tokens, Without

PAPER = Paper(id="9912.00001", title="Toys by the Lake")


@pytest.fixture
def where(postgres: Server, template: str) -> Iterator[str]:
    name = postgres.new_database(template)
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture
def on_server(where: str) -> Iterator[Store]:
    with open_store(where) as store:
        yield store


@pytest.fixture
def own_server() -> Iterator[Server]:
    """A server that a test may kill."""
    programs = find_programs()
    if programs is None:
        pytest.skip("no PostgreSQL to start")
    with running_server(programs) as server:
        yield server


def test_what_cannot_be_opened_is_told_in_one_line(
    postgres: Server, where: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    postgres.sql("DROP ROLE IF EXISTS careful")
    postgres.sql("CREATE ROLE careful LOGIN PASSWORD 'right'")
    postgres.sql("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1'")
    for address, told in (
        (f"postgresql://me:sesame@/papers?host={tmp_path}", "failed: No such file or directory"),
        ("postgresql://me:sesame@127.0.0.1:1/papers", r"postgresql://me@127\.0\.0\.1:1/papers: .*Connection refused"),
        (where.replace("assay@", "careful:sesame@"), 'password authentication failed for user "careful"'),
        (postgres.url("papers"), 'database "papers" does not exist'),
        (postgres.url("latin"), "its texts are in LATIN1, and it takes UTF8"),
        ("postgresql://me:sesame@host:port/papers", "not a database URL: 'postgresql://…@host:port/papers'"),
        (f"{where}&nonsense=1", "nonsense"),
    ):
        with pytest.raises(ValueError, match=told) as refusal:
            open_store(address)
        assert "sesame" not in str(refusal.value)
        assert "\n" not in str(refusal.value)
    monkeypatch.setattr("assay.store.engines.postgres._OLDEST", 99)
    with pytest.raises(ValueError, match=r"the server is PostgreSQL 1\d\S*.*, and it takes 99 or later"):
        open_store(where)
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(
        ValueError, match=r"a store on PostgreSQL needs psycopg: pip install 'assay-papers\[postgres\]'"
    ):
        open_store(f"{where}&connect_timeout=9")


def test_a_password_is_shown_nowhere(where: str) -> None:
    address = where.replace("assay@", "assay:sesame@") + "&password=sesame"
    with open_store(address) as store:
        assert "sesame" not in place_of(store._engine)
        with pytest.raises(ValueError, match="cannot write to postgresql://assay@") as refusal, writing(store._engine):
            store._engine.connect().exec_driver_sql("nonsense")
    assert "sesame" not in str(refusal.value)


def test_a_command_tells_it_in_one_line(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from assay.cli import main; main()", "--home", str(tmp_path), "search", "toys"]
    variables = {"ASSAY_DATABASE": "postgresql://me:sesame@127.0.0.1:1/papers", "PATH": ""}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=variables)
    assert done.returncode == 2
    assert done.stderr.startswith("assay: cannot open postgresql://me@127.0.0.1:1/papers: ")
    assert done.stderr.count("\n") == 1
    assert "sesame" not in done.stderr


def test_a_writer_waits_for_another_but_not_for_ever(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assay.store.engines.postgres._PATIENCE", 0.2)
    with open_store(where) as store, open_store(where) as other:
        with writing(other._engine):
            with pytest.raises(ValueError, match=r"cannot write to .*: another process has been writing for 0\.2 sec"):
                store.add(source="arxiv", papers=[PAPER])
            assert store.papers([PAPER.id]) == {}  # who reads does not wait
        assert store.add(source="arxiv", papers=[PAPER]).papers == 1


def test_many_shelves_need_few_connections(postgres: Server, where: str) -> None:
    from assay.reader.records import Mark
    from assay.reader.shelf import open_shelf

    shelves = [open_shelf(where, f"reader {number}") for number in range(30)]
    for shelf in shelves:
        assert shelf.mark([PAPER.id], Mark.STARRED) == [PAPER.id]
    shelves[0].close()
    assert list(shelves[1].marked(Mark.STARRED)) == [PAPER.id]
    name = where.partition("@/")[2].partition("?")[0]
    [(connections,)] = postgres.sql(f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}'")
    assert connections < 5
    for shelf in shelves[1:]:
        shelf.close()


def test_every_process_sees_that_something_changed(where: str) -> None:
    with open_store(where) as store, open_store(where) as other:
        before = store.revision()
        assert store.revision() == before
        with pytest.raises(ZeroDivisionError), writing(other._engine):
            _ = 1 / 0
        assert store.revision() == before
        other.add(source="arxiv", papers=[PAPER])
        assert store.revision() != before


def test_who_reads_sees_one_state(where: str) -> None:
    with open_store(where) as store, open_store(where) as other, reading(store._engine) as connection:
        assert connection.scalar(text("SELECT count(*) FROM papers")) == 0
        other.add(source="arxiv", papers=[PAPER])
        assert connection.scalar(text("SELECT count(*) FROM papers")) == 0


def test_a_store_goes_on_after_its_connections_were_ended(postgres: Server, on_server: Store) -> None:
    on_server.add(source="arxiv", papers=[PAPER])
    ended = postgres.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'assay' AND datname LIKE 'test%'"
    )
    assert (True,) in ended
    assert on_server.paper(PAPER.id) == PAPER
    assert [hit.id for hit in on_server.search("toys")] == [PAPER.id]


def test_ended_while_it_writes_nothing_is_stored_and_the_next_time_all_is(postgres: Server, on_server: Store) -> None:
    def end_it() -> None:
        for _ in range(200):
            ended = postgres.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'assay' AND state = 'idle in transaction'"
            )
            if ended:
                return
            time.sleep(0.02)

    def end_a_writer() -> None:
        with writing(on_server._engine) as connection:
            ending = threading.Thread(target=end_it)
            ending.start()
            ending.join()
            connection.execute(text("SELECT 1"))

    with pytest.raises(ValueError, match="cannot write to postgresql://") as broken:
        end_a_writer()
    assert "\n" not in str(broken.value)
    assert on_server.add(source="arxiv", papers=[PAPER]).papers == 1


def test_a_killed_server_loses_nothing_that_was_reported(own_server: Server) -> None:
    """As a power cut would, but for what a disk does with its own memory."""
    where = own_server.url(own_server.new_database())
    writer = [sys.executable, str(Path(__file__).parent / "writer.py"), where]
    done = 0
    for number in (3, 8):
        process = subprocess.Popen(
            [*writer, str(done)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        go(process)
        reported = []
        for line in reports(process):
            reported.append(line[0])
            if len(reported) == number:
                own_server.kill()
        _, told = process.communicate()
        assert process.returncode != 0
        assert "cannot write to postgresql://" in told.strip().splitlines()[-1]
        own_server.start()  # which reads its log again
        with open_store(where) as store:
            assert all(batch_sizes(store, each) == (5, 5, 5, 1, 5) for each in reported)
            # The one in progress is stored whole or not at all.
            assert batch_sizes(store, reported[-1] + 1) in {(5, 5, 5, 1, 5), (0, 0, 0, 0, 0)}
        done = reported[-1] + 1
    with open_store(where) as store:
        assert store.counts()["papers"] in {done * 5, done * 5 + 5}


WORDS = [f"w{number}" for number in range(20_000)]
LONG = {
    "9912.00001": "begin sparse " + " ".join(WORDS) + " lake house end",
    "9912.00002": "attention " * 300 + "sparse attention ends",
    "9912.00003": "x" * 3_000 + " sparse lake",
    "9912.00004": "sparse lake of attention",
}


def test_texts_that_no_vector_holds_are_found_as_all_others(on_server: Store) -> None:
    papers = [Paper(id=key, title=f"Paper {key[-1]}", abstract=words) for key, words in LONG.items()]
    with open_store("sqlite://") as small:
        for store in (small, on_server):
            store.add(source="arxiv", papers=papers)
            store.add(source="huggingface", papers=[papers[0]], sightings=[seen(papers[0])])
        for query in (
            "lake",
            '"lake house"',
            '"house lake"',
            "w19999",
            '"w19998 w19999"',
            "w1999*",
            "sparse -lake",
            "sparse NOT attention",
            '"sparse attention"',
            "lake OR ends",
            "x" * 3_000,
            '"sparse lake"',
            "house -w7",
            "title:paper lake",
            " ".join(["attention"] * 20),
            '"' + " ".join(["attention"] * 260) + '"',
            '"' + " ".join(WORDS[:17_000]) + '"',
        ):
            assert ids(on_server, query) == ids(small, query), query[:40]
        assert ids(on_server, "lake", source="huggingface") == ["9912.00001"]
        assert ids(on_server, "house", since=date(2099, 12, 3)) == []
    on_server.add(source="arxiv", papers=[papers[0].model_copy(update={"abstract": "short", "version": 2})])
    assert ids(on_server, "w19999") == []
    assert ids(on_server, "short") == ["9912.00001"]


def seen(paper: Paper) -> Sighting:
    return Sighting(paper=paper.id, source="huggingface", day=date(2099, 12, 2), rank=1)


def ids(store: Store, query: str, **filters: object) -> list[str]:
    return [hit.id for hit in store.search(query, **filters)]  # type: ignore[arg-type]


def test_the_newest_are_found_first_however_far_back_a_search_must_look(
    on_server: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with a million papers, of which a few thousand are looked at first."""
    monkeypatch.setattr("assay.store.searching.tsvector._SMALL", 0)
    monkeypatch.setattr("assay.store.searching.tsvector._FEWEST", 3)
    monkeypatch.setattr("assay.store.searching.tsvector._PIECE", 2)
    months = [f"{year:02d}{month:02d}" for year in (97, 98, 99) for month in (1, 5, 12)]
    papers = [
        Paper(
            id=f"{month}.{number:05d}",
            title=f"Common {'odd' if number % 2 else 'even'}",
            abstract="of rare lakes" if number == 1501 else "lakes rare" if number % 4 == 0 else "nothing",
        )
        for month in months
        for number in (1, 2, 3, 4, 1500, 1501, 1502)
    ]
    with open_store("sqlite://") as small:
        for store in (small, on_server):
            store.add(source="arxiv", papers=papers, sightings=[seen(paper) for paper in papers[::3]])
        with on_server._engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text("ANALYZE search"))
        for query in ("common", "odd", '"rare lakes"', "lakes", "common -lakes", "even OR rare", 'odd -"rare lakes"'):
            for limit in (1, 4, 100):
                for filters in ({}, {"source": "huggingface"}, {"until": date(2099, 12, 2)}):
                    found = [ids(store, query, limit=limit, **filters) for store in (on_server, small)]
                    assert found[0] == found[1], (query, limit, filters)
            assert on_server.matching(query, [paper.id for paper in papers[::2]]) == small.matching(
                query, [paper.id for paper in papers[::2]]
            )


def test_both_find_the_same_first(on_server: Store) -> None:
    sightings = [Sighting(paper=key, source="arxiv", day=day, rank=1) for key, day in LISTED.items()]
    with open_store("sqlite://") as small:
        for store in (small, on_server):
            store.add(source="arxiv", papers=PAPERS, sightings=sightings)
        for query, _ in FOUND:
            assert on_server.search(query) == small.search(query), query
        keys = [paper.id for paper in PAPERS]
        assert on_server.matching("transformer", keys) == small.matching("transformer", keys) != set()
        assert on_server.matching("transformer", []) == set()


QUERIES = """attention; sparse attention; "chain of thought"; finetuning; fine-tuning; multi-modal; 벤치마크;
모델; 추론 모델; 강화학습; 언어모델; LLMs; GPT-4o; Llama 3; diffusion OR flow; agent -web;
title:agents; author:Wang; category:cs.CL vision; transforme; quantiz;
"large language models" reasoning; 학; 이미지 생성; safety; 3D; video; state of the art; the;
of model; code -"code generation"; since:2025-01 retrieval; until:2024-06 dataset; org:google;
keyword:benchmark; RLHF; 토큰; long context reasoning -math; KV cache; Kim; 2502.13923;
mixture of experts; zzzqqq; attention is all you need"""


def test_both_find_the_same_first_in_what_was_recorded(on_server: Store, shared: Path) -> None:
    from assay.sources.recordings import read_file

    files = [*sorted((shared / "corpus" / "hf_evening").iterdir()), *sorted((shared / "seeds").iterdir())]
    with open_store("sqlite://") as small:
        for reading_ in (each for file in files for each in read_file(file)):
            for store in (small, on_server):
                store.add(
                    source=reading_.source,
                    papers=reading_.papers,
                    sightings=reading_.sightings,
                    summaries=reading_.summaries,
                )
        with on_server._engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text("ANALYZE"))
        found = 0
        for query in QUERIES.replace("\n", " ").split("; "):
            hits = small.search(query)
            assert on_server.search(query) == hits, query
            found += len(hits)
        assert found > 200


def test_names_and_ids_are_in_the_order_of_their_characters(where: str) -> None:
    """Whatever the order of the server's own country is."""
    with open_store(where) as store:
        keys = ["cs/9901001", "0704.0001", "math/0601001", "hep-ph/9901001", "2502.00001"]
        store.add(source="arxiv", papers=[Paper(id=key, title="Same") for key in keys])
        with reading(store._engine) as connection:
            assert connection.scalars(text("SELECT id FROM papers ORDER BY id")).all() == sorted(keys)


def test_a_match_is_written_as_shallow_as_can_be() -> None:
    from assay.store.searching.tsvector import _loose, _written

    match = Without(Every((Tokens(("a", "b'", "c\\"), is_prefix=True), Tokens(("d",)))), Tokens(("e", "f")))
    assert _written(match) == r"((('a' <-> ('b''' <-> 'c\\':*)) & 'd') & !('e' <-> 'f'))"
    assert _written(_loose(match)) == r"(('a' & ('b''' & 'c\\':*)) & 'd')"
    deep = _written(Tokens(tuple("w" * 10_000)))
    assert max(deep[: deep.index("w")].count("("), 1) < 15


def test_the_template_is_up_to_date(postgres: Server, template: str) -> None:
    assert template == UP_TO_DATE
    assert postgres.sql("SELECT count(*) FROM assay.migrations", template)[0][0] > 10
