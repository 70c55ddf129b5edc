"""``assay summarise`` against a model server on loopback: what is asked, stored, shown and paid for."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from assay.cli.schemas import schemas
from assay.papers.models import Origin, Sighting, Summary
from assay.store import open_store
from tests.cli.conftest import Run, environment_of
from tests.writing import toys
from tests.writing.server import ModelServer, Request, Wire, broken, completion, cut_off, denied, hang, slow
from tests.writing.server import error as error_of

DAY = "2099-12-02"


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as server:
        server.reply = toys.model
        yield server


@pytest.fixture
def day(home: Path) -> None:
    """A day of three toy papers, and one without an abstract."""
    fill(home, 3)


def fill(home: Path, papers: int) -> None:
    home.mkdir(exist_ok=True)
    bare = toys.paper(99).model_copy(update={"abstract": ""})
    records = [*(toys.paper(number) for number in range(1, papers + 1)), bare]
    with open_store(home / "assay.db") as store:
        store.add(
            source="huggingface",
            papers=records,
            sightings=[
                Sighting(paper=paper.id, source="huggingface", day=DAY, rank=rank)
                for rank, paper in enumerate(records, 1)
            ],
        )


def ask(server: ModelServer, **more: str) -> dict[str, str]:
    return {
        "ASSAY_MODEL": "toy-1",
        "ASSAY_MODEL_URL": server.url,
        "ASSAY_RETRY_WAIT": "0.01",
        "ASSAY_MODEL_PATIENCE": "0.3",
        "ASSAY_MODEL_TIMEOUT": "60",
    } | more


def summaries(home: Path, number: int = 1) -> dict[Origin, Summary]:
    with open_store(home / "assay.db") as store:
        stored_summaries = store.summaries([toys.paper(number).id]).get(toys.paper(number).id, ())
    return {summary.origin: summary for summary in stored_summaries}


def origins(assay: Run, language: str = "en") -> dict[str, Any]:
    """What a reader of the day sees: by paper, the origin of its summary."""
    day = json.loads(assay("digest", DAY, "--json").out)
    return {paper["id"]: paper["summary_origin"].get(language) for paper in day["papers"]}


def test_a_day_is_summarised_in_two_languages(assay: Run, home: Path, day: None, server: ModelServer) -> None:
    done = assay("summarise", "--date", DAY, "--lang", "ko", **ask(server))
    assert done.code == 0, done
    assert "3 papers summarised by toy-1" in done.out
    assert "without an abstract: 9912.99999" in done.out
    assert len(server.requests) == 6
    assert origins(assay) == origins(assay, "ko") | {"9912.99999": None}
    assert set(origins(assay, "ko").values()) == {"model", None}
    summary = summaries(home)[Origin.MODEL]
    assert (summary.source, summary.note) == ("toy-1", "")
    assert summary.languages["ko"].one_line == toys.korean()["one_line"]


def test_papers_without_an_abstract_are_told_how_to_get_one(assay: Run, home: Path, server: ModelServer) -> None:
    fill(home, 0)
    done = assay("summarise", "--date", DAY, **ask(server))
    assert (done.code, server.requests) == (1, [])
    assert f"without an abstract: 9912.99999; `assay collect {DAY}` or `assay import` brings abstracts in" in done.out
    done = assay("summarise", "--paper", "9912.99999", **ask(server))
    assert (done.code, server.requests) == (1, [])
    assert "without an abstract: 9912.99999; `assay refresh 9912.99999` or `assay import` brings" in done.out


def test_nothing_is_asked_twice(assay: Run, day: None, server: ModelServer) -> None:
    assert assay("summarise", "--date", DAY, **ask(server)).code == 0
    request_count = len(server.requests)
    done = assay("summarise", "--date", DAY, **ask(server))
    assert (done.code, len(server.requests)) == (0, request_count)
    assert "0 papers summarised by toy-1, 3 had been before" in done.out
    done = assay("summarise", "--date", DAY, "--lang", "ko", **ask(server))
    assert (done.code, len(server.requests)) == (0, request_count + 3), "English is at hand, Korean is asked for"
    assert "3 answers from the recording of 20" in done.out
    assert done.out.splitlines()[-2].endswith("; --again asks anew")
    assert assay("summarise", "--date", DAY, "--again", **ask(server)).code == 0
    assert len(server.requests) == request_count + 6


def test_another_abstract_or_another_model_is_another_question(
    assay: Run, home: Path, day: None, server: ModelServer
) -> None:
    assert assay("summarise", "--date", DAY, **ask(server)).code == 0
    with open_store(home / "assay.db") as store:
        newer = toys.paper(2, more="It now also works offline.").model_copy(update={"version": 2})
        store.add(source="arxiv", papers=[newer])
    assert assay("summarise", "--date", DAY, **ask(server)).code == 0
    assert len(server.requests) == 4
    assert assay("summarise", "--date", DAY, "--model", "toy-2", **ask(server)).code == 0
    assert len(server.requests) == 7


def test_single_papers(assay: Run, day: None, server: ModelServer) -> None:
    done = assay("summarise", "--paper", "arxiv.org/abs/9912.99902v1", "--paper", "9912.99901", "--json", **ask(server))
    assert done.code == 0
    report = json.loads(done.out)
    jsonschema.Draft202012Validator(json.loads(schemas()["summarise.json"])).validate(report)
    assert {outcome["paper"] for outcome in report["outcomes"]} == {"9912.99901", "9912.99902"}
    assert report["spent"]["requests"] == 2
    assert report["spent"]["tokens_in"] > 1000


def test_the_full_text_is_read_where_there_is_one(assay: Run, home: Path, day: None, server: ModelServer) -> None:
    from datetime import UTC, datetime

    from assay.fulltext import FullText, Section

    text = FullText(
        paper="9912.99901",
        form="html",
        sections=(Section(heading="Experiments", level=1, text="On TideBench the cache reaches 12.5% accuracy."),),
    )
    with open_store(home / "assay.db") as store:
        store.keep_fulltext(
            "9912.99901", version=1, form="html", record=text.model_dump_json(), fetched_at=datetime.now(UTC)
        )
    server.reply = lambda body: toys.model(body) | {"result": "The cache reaches 12.5% accuracy on TideBench."}
    assert assay("summarise", "--paper", "9912.99901", **ask(server)).code == 0
    assert "[Experiments]\nOn TideBench" in server.requests[0].prompt
    assert "12.5%" in summaries(home)[Origin.MODEL].languages["en"].result


def test_what_could_not_be_used_is_extractive_and_says_why(
    assay: Run, home: Path, day: None, server: ModelServer
) -> None:
    bad = "GullWing2 is 9.9x faster than anything."
    server.reply = lambda body: toys.model(body) | ({"one_line": bad} if toys.read_question(body).number == 2 else {})
    done = assay("summarise", "--date", DAY, **ask(server))
    assert done.code == 1
    line = next(line for line in done.out.splitlines() if line.startswith("9912.99902"))
    assert "9.9x" in line
    assert "shows sentences of its abstract; one_line: " in line
    assert "2 papers summarised by toy-1, 1 could not be used" in done.out
    stored_summaries = summaries(home, 2)
    assert set(stored_summaries) == {Origin.EXTRACTIVE}
    assert stored_summaries[Origin.EXTRACTIVE].note.startswith("toy-1: one_line: 9.9x stands nowhere in the paper")
    assert origins(assay)["9912.99902"] == "extractive"

    request_count = len(server.requests)
    assert assay("summarise", "--date", DAY, **ask(server)).code == 1
    assert len(server.requests) == request_count, "the same question has the same answer"
    server.reply = toys.model
    assert assay("summarise", "--date", DAY, "--again", **ask(server)).code == 0
    assert origins(assay)["9912.99902"] == "model"


def test_a_language_that_failed_is_tried_again(assay: Run, home: Path, day: None, server: ModelServer) -> None:
    server.always = lambda request, _: broken()(request, _) if "Translate into" in request.prompt else None
    done = assay("summarise", "--paper", "9912.99901", "--lang", "ko", **ask(server))
    assert done.code == 1
    assert "no Korean" in summaries(home)[Origin.MODEL].note
    server.always = None
    assert assay("summarise", "--paper", "9912.99901", "--lang", "ko", **ask(server)).code == 0
    summary = summaries(home)[Origin.MODEL]
    assert (set(summary.languages), summary.note) == ({"en", "ko"}, "")


def test_a_budget_stops_the_run_and_says_so(assay: Run, day: None, server: ModelServer) -> None:
    done = assay("summarise", "--date", DAY, "--budget-tokens", "5000", "--concurrency", "1", **ask(server))
    assert done.code == 1
    assert "not reached: " in done.out
    assert "tokens are spent" in done.out
    assert 1 <= len(server.requests) < 3
    assert assay("summarise", "--date", DAY, **ask(server)).code == 0
    assert len(server.requests) == 3, "what was paid for is kept"


def test_money(assay: Run, day: None, server: ModelServer) -> None:
    prices = ("--price-in", "2", "--price-out", "8")
    done = assay("summarise", "--date", DAY, "--budget-money", "1", *prices, "--json", **ask(server))
    usage = json.loads(done.out)["spent"]
    assert done.code == 0
    assert usage["money"] == pytest.approx((2 * usage["tokens_in"] + 8 * usage["tokens_out"]) / 1e6)


def test_who_is_denied_asks_no_more(assay: Run, home: Path, day: None, server: ModelServer) -> None:
    server.always = denied()
    done = assay("summarise", "--date", DAY, **ask(server, ASSAY_MODEL_KEY="sk-secret"))
    assert (done.code, done.out, len(server.requests)) == (2, "", 1)
    assert done.err.count("\n") == 1
    assert "(toy-1): the key is refused (401: Not valid: Bearer ***); check the key (ASSAY_MODEL_KEY" in done.err
    assert "sk-secret" not in done.out + done.err
    assert not any(b"sk-secret" in path.read_bytes() for path in home.rglob("*") if path.is_file())


def test_who_is_denied_in_the_middle_keeps_what_there_is(assay: Run, day: None, server: ModelServer) -> None:
    server.then(slow(0))
    server.always = denied(402)
    done = assay("summarise", "--date", DAY, "--concurrency", "1", **ask(server))
    assert (done.code, len(server.requests)) == (1, 2)
    lines = done.out.splitlines()
    assert lines[1].startswith("not reached: 9912.99902, 9912.99903; http://HOST/v1/chat/completions (toy-1): the acc")
    assert lines[2] == "1 paper summarised by toy-1, 2 not reached"
    assert lines[3].startswith("2 requests, ")


def test_where_nobody_listens_nobody_is_waited_for(assay: Run, day: None) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
        done = assay("summarise", "--date", DAY, "--model", "toy-1", "--base-url", url)
    assert (done.code, done.out) == (2, "")
    assert done.err.endswith(
        "(toy-1): no connection: nothing listens there; start the server, or check host and port\n"
    )
    assert done.err.count("\n") == 1


def test_a_failed_second_try_leaves_what_there_was_and_says_so(
    assay: Run, home: Path, day: None, server: ModelServer
) -> None:
    assert assay("summarise", "--paper", "9912.99901", **ask(server)).code == 0
    server.always = cut_off()
    done = assay("summarise", "--paper", "9912.99901", "--again", **ask(server))
    assert done.code == 1
    assert ": shows the earlier summary by a model; cut off after " in done.out
    assert "0 papers summarised by toy-1, 1 could not be used" in done.out
    assert origins(assay)["9912.99901"] == "model"
    assert json.loads(assay("show", "9912.99901", "--json").out)["summary"]["en"]["result"] == toys.record()["result"]


def test_a_language_that_is_not_written_again_is_kept(assay: Run, home: Path, day: None, server: ModelServer) -> None:
    assert assay("summarise", "--paper", "9912.99901", "--lang", "ko", **ask(server)).code == 0
    server.always = lambda request, content: cut_off()(request, content) if "Translate" in request.prompt else None
    done = assay("summarise", "--paper", "9912.99901", "--lang", "ko", "--again", **ask(server))
    assert done.code == 1
    assert re.search(r": en; no Korean: cut off after .*; Korean is of an earlier summary\n", done.out)
    done = assay("summarise", "--paper", "9912.99901", "--again", **ask(server))
    assert (done.code, done.out.splitlines()[0].partition(": en; ")[2]) == (0, "Korean is of an earlier summary")
    summary = summaries(home)[Origin.MODEL]
    assert summary.languages["ko"].one_line == toys.korean()["one_line"]
    assert summary.note == "Korean is of an earlier summary"


def test_recorded_answers_are_told_from_new_ones(assay: Run, home: Path, day: None, server: ModelServer) -> None:
    assert assay("summarise", "--paper", "9912.99901", **ask(server)).code == 0
    (home / "assay.db").unlink()
    fill(home, 2)
    (recording,) = (home / "answers").glob("*.json")
    recording.write_text(re.sub(r'"created": "[0-9-]+', '"created": "2099-11-02', recording.read_text()))
    with ModelServer() as other:
        other.reply = toys.model
        done = assay("summarise", "--date", DAY, "--json", **ask(other))
        assert len(other.requests) == 1
    report = json.loads(done.out)
    assert {outcome["paper"]: outcome["recorded"] for outcome in report["outcomes"]} == {
        "9912.99901": "2099-11-02",
        "9912.99902": None,
    }
    assert report["remarks"] == [
        "1 answer from the recording of 2099-11-02, by http://HOST/v1/chat/completions; --again asks anew"
    ]


def test_what_a_server_does_not_do_is_said(assay: Run, day: None, server: ModelServer) -> None:
    server.always = no_seed_no_schema_no_counts
    done = assay("summarise", "--date", DAY, **ask(server, ASSAY_MODEL="lake-2"))
    assert done.code == 0
    assert done.out.splitlines()[-2] == (
        "the server: it takes no JSON schema, which stands in the prompt instead; it takes no seed, so that the same"
        " question may get another answer; it counts no tokens, so that the counts are our own estimates; it says that"
        " toy-9 answered"
    )
    assert len(server.requests) == 5, "three papers, and two refusals in the whole run"


def no_seed_no_schema_no_counts(request: Request, content: str) -> Wire:
    if "seed" in request.body:
        return error_of(422, "extra fields not permitted", param="seed")
    if request.form == "json_schema":
        return error_of(400, "response_format.type: must be text or json_object")
    answer = json.loads(completion(request, content).body) | {"model": "toy-9", "usage": None}
    return Wire(json.dumps(answer).encode())


def test_a_run_is_recorded_and_replayed_without_a_network(
    assay: Run, home: Path, day: None, server: ModelServer, tmp_path: Path
) -> None:
    command = ("summarise", "--date", DAY, "--lang", "ko", "--model", "toy-1")
    assert assay(*command, "--record", "answers", **ask(server)).code == 0
    first = summaries(home)[Origin.MODEL]
    (home / "assay.db").unlink()
    fill(home, 3)
    done = assay(*command, "--replay", "answers")
    assert done.code == 0, done
    assert summaries(home)[Origin.MODEL] == first
    fill(home, 4)
    done = assay(*command, "--replay", "answers")
    assert done.code == 1, "the fourth paper was never asked about"
    assert "9912.99904" in done.out
    assert len(server.requests) == 6


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--date", DAY], "--model NAME --base-url URL"),
        (["--date", DAY, "--model", "m", "--base-url", "nowhere"], "not a web address"),
        (["--date", DAY, "--model", "m", "--base-url", "http://h", "--price-in", "1"], "prices come in pairs"),
        (["--date", DAY, "--model", "m", "--base-url", "http://h", "--budget-money", "1"], "prices"),
        (["--date", DAY, "--paper", "9912.99901", "--model", "m", "--base-url", "http://h"], "exclude each other"),
        (["--date", "2099-12-03", "--model", "m", "--base-url", "http://h"], "has no papers here"),
        (["--paper", "9912.99955", "--model", "m", "--base-url", "http://h"], "not stored: 9912.99955"),
        (["--date", DAY, "--lang", "Korean", "--model", "m", "--base-url", "http://h"], "not a language code"),
    ],
)
def test_what_makes_no_sense(assay: Run, day: None, arguments: list[str], message: str) -> None:
    done = assay("summarise", *arguments)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert done.err.count("\n") == 1


def test_a_broken_glossary_is_said_before_anything_is_asked(
    assay: Run, home: Path, day: None, server: ModelServer
) -> None:
    (home / "glossary").mkdir()
    (home / "glossary/ko.toml").write_text("attention = 3\n")
    done = assay("summarise", "--date", DAY, "--lang", "ko", **ask(server))
    assert done.code == 2
    assert "ko.toml: attention" in done.err
    assert server.requests == []


# Real processes that are stopped, killed, or run side by side.


def start(home: Path, tmp_path: Path, server: ModelServer, *more: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "assay", "summarise", "--date", DAY, "--lang", "ko", *more]
    environment = environment_of(home, tmp_path) | ask(server, ASSAY_MODEL_TIMEOUT="30", ASSAY_MODEL_PATIENCE="30")
    return subprocess.Popen(
        command, env=environment, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_for(server: ModelServer, requests: int) -> None:
    deadline = time.monotonic() + 120
    while len(server.requests) < requests:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def questions(server: ModelServer) -> Counter[str]:
    return Counter(json.dumps(request.body["messages"]) for request in server.requests)


def count_recordings(home: Path) -> int:
    return len(list((home / "answers").glob("*.json")))


def test_killed_in_the_middle_it_goes_on(home: Path, tmp_path: Path, assay: Run, server: ModelServer) -> None:
    """No question whose answer had come is asked again; only those that were open at the kill may be."""
    fill(home, 12)
    server.then(*[slow(0)] * 11, *[hang()] * 3)
    process = start(home, tmp_path, server, "--concurrency", "3")
    wait_for(server, 14)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert count_recordings(home) == 11
    done = assay("summarise", "--date", DAY, "--lang", "ko", "--concurrency", "3", **ask(server))
    assert done.code == 0, done
    counts = questions(server)
    assert len(counts) == 24
    assert max(counts.values()) <= 2
    assert counts.total() - 24 <= 3, "no more than were open"
    assert set(origins(assay, "ko").values()) == {"model", None}


def test_interrupted_it_keeps_what_it_has_and_says_so(
    home: Path, tmp_path: Path, assay: Run, server: ModelServer
) -> None:
    fill(home, 12)
    server.then(*[slow(0)] * 12, *[hang()] * 2)
    process = start(home, tmp_path, server, "--concurrency", "2")
    wait_for(server, 14)
    process.send_signal(signal.SIGINT)
    _, message = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "interrupted" in message
    assert re.search(r"\d+ requests, [\d,]+ tokens in", message)
    assert "Traceback" not in message
    by_model = [origin for origin in origins(assay, "ko").values() if origin == "model"]
    assert 0 < len(by_model) < 12
    assert assay("summarise", "--date", DAY, "--lang", "ko", **ask(server)).code == 0
    assert questions(server).total() - 24 <= 2


def test_two_at_once_neither_lose_nor_spoil(home: Path, tmp_path: Path, assay: Run, server: ModelServer) -> None:
    fill(home, 6)
    server.latency = 0.05
    both = [start(home, tmp_path, server) for _ in range(2)]
    for process in both:
        _, message = process.communicate(timeout=120)
        assert process.returncode == 0, message
    assert len(questions(server)) == 12
    assert max(questions(server).values()) <= 2
    assert set(origins(assay, "ko").values()) == {"model", None}
