"""Answers are recorded and looked up: nothing is paid for twice, and what is recorded can be told."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from assay.writing.budget import Budget, Spent
from assay.writing.cache import Recordings
from assay.writing.chat import Chat
from assay.writing.errors import (
    NotRecorded,
)
from tests.writing.asking import KEY, Summary, ask, endpoint_of, message_of, question, run
from tests.writing.server import (
    ModelServer,
    hang,
    says,
    slow,
)

# Recordings


def test_no_question_is_paid_for_twice(server: ModelServer, tmp_path: Path) -> None:
    first = ask(server, recordings=Recordings(tmp_path))
    budget = Budget(tokens=0)
    second = ask(server, recordings=Recordings(tmp_path), budget=budget)
    assert len(server.requests) == 1
    assert second.cached
    assert (second.value, second.model, second.usage, second.created) == (
        first.value,
        first.model,
        first.usage,
        first.created,
    )
    assert budget.spent == Spent(cached=1, money=0.0)


def test_a_recording_holds_the_question_and_no_key(server: ModelServer, tmp_path: Path) -> None:
    answer = ask(server, recordings=Recordings(tmp_path))
    (file,) = tmp_path.iterdir()
    recording = json.loads(file.read_text(encoding="utf-8"))
    assert file.name == f"{answer.question}.json"
    assert recording["asked"]["messages"] == question()
    assert recording["answer"]["finding"] == answer.value.finding
    assert set(recording) == {"question", "model", "address", "created", "usage", "answer", "asked"}
    assert KEY not in file.read_text(encoding="utf-8")
    assert recording["address"] == f"{server.url}/chat/completions"
    assert server.url not in json.dumps(recording["asked"]), "the same question at any address"


@pytest.mark.parametrize("changes", [{"model": "toy-2"}, {"temperature": 0.5}, {"seed": 9}, {"max_output_tokens": 99}])
def test_another_model_or_sampling_is_another_question(
    server: ModelServer, tmp_path: Path, changes: dict[str, Any]
) -> None:
    ask(server, recordings=Recordings(tmp_path))
    assert not ask(server, recordings=Recordings(tmp_path), **changes).cached
    assert ask(server, recordings=Recordings(tmp_path), concurrency=1, key=None, timeout=9).cached


def test_the_same_question_at_another_address_is_answered_and_told(server: ModelServer, tmp_path: Path) -> None:
    ask(server, recordings=Recordings(tmp_path))
    with ModelServer() as other:
        answer = ask(other, recordings=Recordings(tmp_path))
        assert (answer.cached, answer.address) == (True, f"{server.url}/chat/completions")
        assert other.requests == []


def test_a_recording_of_an_older_edition_does_not_say_where(server: ModelServer, tmp_path: Path) -> None:
    ask(server, recordings=Recordings(tmp_path))
    (file,) = tmp_path.iterdir()
    recording = json.loads(file.read_bytes())
    del recording["address"]
    file.write_text(json.dumps(recording), encoding="utf-8")
    answer = ask(server, recordings=Recordings(tmp_path))
    assert (answer.cached, answer.address) == (True, "")


def test_replay_needs_no_server(server: ModelServer, tmp_path: Path) -> None:
    first = ask(server, recordings=Recordings(tmp_path))
    server.__exit__()
    replayed = run(
        lambda chat: chat.ask(question(), Summary), endpoint_of(server), recordings=Recordings(tmp_path, replay=True)
    )
    assert replayed.value == first.value
    with pytest.raises(NotRecorded) as error:
        run(
            lambda chat: chat.ask(question(2), Summary),
            endpoint_of(server),
            recordings=Recordings(tmp_path, replay=True),
        )
    assert message_of(error).startswith(f"{tmp_path}: no usable answer ")
    assert message_of(error).endswith("of toy-1 to 'Summarise 9912.99902.'; record it first")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"question": 1}', b"\xff\xfe", b"[" * 100_000])
def test_a_recording_that_cannot_be_read_is_made_anew(server: ModelServer, tmp_path: Path, content: bytes) -> None:
    ask(server, recordings=Recordings(tmp_path))
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    file.write_bytes(content or whole[: len(whole) // 2])
    assert not ask(server, recordings=Recordings(tmp_path)).cached
    assert json.loads(file.read_bytes())["answer"] == json.loads(whole)["answer"]


def test_a_recording_under_another_name_is_none(server: ModelServer, tmp_path: Path) -> None:
    ask(server, recordings=Recordings(tmp_path))
    (file,) = tmp_path.iterdir()
    assert Recordings(tmp_path).find(file.stem) is not None
    file.rename(tmp_path / f"{'0' * 64}.json")
    assert Recordings(tmp_path).find("0" * 64) is None


def test_a_recording_of_another_shape_is_made_anew(server: ModelServer, tmp_path: Path) -> None:
    ask(server, recordings=Recordings(tmp_path))
    (file,) = tmp_path.iterdir()
    file.write_text(file.read_text(encoding="utf-8").replace('"finding":', '"found":'), encoding="utf-8")
    assert not ask(server, recordings=Recordings(tmp_path)).cached


def test_what_no_file_can_hold_is_recorded_all_the_same(server: ModelServer, tmp_path: Path) -> None:
    odd = says('{"finding": "게르마늄 Gullwing", "note": "\\ud83d", "\u2028": 1}')
    first = ask(server, odd, recordings=Recordings(tmp_path))
    again = ask(server, recordings=Recordings(tmp_path))
    assert again.cached
    assert again.value == first.value
    assert "게르마늄" in next(tmp_path.iterdir()).read_text(encoding="utf-8")


def test_stopping_leaves_nothing_half_done(server: ModelServer, tmp_path: Path) -> None:
    async def work(chat: Chat) -> None:
        await chat.ask(question(0), Summary)
        asking = [asyncio.create_task(chat.ask(question(number), Summary)) for number in range(1, 8)]
        while len(server.requests) < 3:
            await asyncio.sleep(0.01)
        for task in asking:
            task.cancel()
        outcomes = await asyncio.gather(*asking, return_exceptions=True)
        assert {type(end) for end in outcomes} == {asyncio.CancelledError}
        assert (await chat.ask(question(9), Summary)).value.finding

    server.then(slow(0), *[hang()] * 2)
    budget = Budget()
    began = time.monotonic()
    run(work, endpoint_of(server, concurrency=2, max_output_tokens=100), budget=budget, recordings=Recordings(tmp_path))
    assert time.monotonic() - began < 60
    assert len(list(tmp_path.iterdir())) == 2
    assert all(json.loads(file.read_bytes())["answer"] for file in tmp_path.iterdir())
    # Two were open and may have cost all they could; five were not sent.
    assert budget.spent.requests == 4
    assert budget.spent.tokens_out >= 200


def test_ctrl_c_ends_a_run_at_once(server: ModelServer, tmp_path: Path) -> None:
    server.then(slow(0), *[hang()] * 4)
    script = """if True:
        import asyncio, sys
        from pathlib import Path
        from pydantic import BaseModel
        from assay.writing.cache import Recordings
        from assay.writing.chat import Chat
        from assay.writing.endpoint import Endpoint

        class Toy(BaseModel):
            finding: str

        async def main():
            async with Chat(Endpoint(sys.argv[1], "toy-1"), recordings=Recordings(Path(sys.argv[2]))) as chat:
                questions = [[{"role": "user", "content": str(number)}] for number in range(8)]
                await asyncio.gather(*(chat.ask(question, Toy) for question in questions))

        asyncio.run(main())
    """
    arguments = [sys.executable, "-c", script, server.url, str(tmp_path / "answers")]
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True) as process:
        while len(server.requests) < 5 and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
    assert stderr.rstrip().endswith("KeyboardInterrupt")
    assert "never retrieved" not in stderr
    (file,) = (tmp_path / "answers").iterdir()
    assert json.loads(file.read_bytes())["answer"]
