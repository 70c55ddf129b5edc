"""The stream of packed windows: every document once an epoch, resumed to the very next token, also after a kill."""

import json
import signal
import subprocess
import sys
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import DataLoader

from assay.methods.architecture.soft_moe_ffn import PackedStream, SourceCounts


def tokenize(text: str) -> list[int]:
    return list(text.encode())


def write(path: Path, texts: list[str]) -> Path:
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), encoding="utf-8")
    return path


def texts(count: int, what: str = "text") -> list[str]:
    return [f"{what} {number} " + chr(97 + number % 26) * (number * 7 % 40) for number in range(count)]


def stream(**more: Any) -> PackedStream:
    return PackedStream(tokenize, **{"length": 16, "end": 0, "seed": 3, **more})


def take(source: PackedStream, windows: int) -> list[list[int]]:
    return [window["input_ids"].tolist() for window in islice(source, windows)]


def documents_in(windows: list[list[int]]) -> list[str]:
    """The whole documents in windows that follow one another from the beginning."""
    return bytes(token for window in windows for token in window).decode().split("\0")[:-1]


def test_an_epoch_has_every_document_once_in_an_order_of_its_own(tmp_path: Path) -> None:
    source = stream()
    assert source.add_source(write(tmp_path / "a.jsonl", texts(20))) == SourceCounts(20, 0)
    documents = documents_in(take(source, 100))
    assert sorted(documents[:20]) == sorted(texts(20)) == sorted(documents[20:40])
    assert documents[:20] != texts(20)
    assert documents[:20] != documents[20:40]
    other = stream(seed=4)
    other.add_source(tmp_path / "a.jsonl")
    assert documents_in(take(other, 50))[:20] != documents[:20]


def test_windows_are_whole_and_labels_their_copies(tmp_path: Path) -> None:
    source = stream()
    source.add_source(write(tmp_path / "a.jsonl", texts(5)))
    window = next(iter(source))
    assert window["input_ids"].shape == (16,)
    assert torch.equal(window["input_ids"], window["labels"])
    assert window["input_ids"].data_ptr() != window["labels"].data_ptr()


def test_duplicates_are_skipped_within_and_across_sources(tmp_path: Path) -> None:
    source = stream()
    assert source.add_source(write(tmp_path / "a.jsonl", ["one", "two", " one\n", ""])) == SourceCounts(2, 1)
    assert source.add_source(write(tmp_path / "b.jsonl", ["two", "three"])) == SourceCounts(1, 1)
    (tmp_path / "c.txt").write_text("three\n")
    assert source.add_source(tmp_path / "c.txt") == SourceCounts(0, 1)
    (tmp_path / "d.txt").write_text("four")
    assert source.add_source(tmp_path / "d.txt") == SourceCounts(1, 0)
    assert sorted(documents_in(take(source, 4))[:4]) == ["four", "one", "three", "two"]


def test_a_source_on_the_way_comes_into_what_is_left_of_the_epoch(tmp_path: Path) -> None:
    source = stream()
    source.add_source(write(tmp_path / "a.jsonl", texts(20)))
    windows = take(source, 8)
    earlier = documents_in(windows)
    assert source.add_source(write(tmp_path / "b.jsonl", texts(10, "more") + texts(3))) == SourceCounts(10, 3)
    documents = documents_in(windows + take(source, 100))
    assert documents[: len(earlier)] == earlier
    assert sorted(documents[:30]) == sorted(texts(20) + texts(10, "more"))
    assert sorted(documents[30:60]) == sorted(documents[:30])


def test_a_file_that_grew_is_added_again(tmp_path: Path) -> None:
    source = stream()
    path = write(tmp_path / "a.jsonl", texts(4))
    source.add_source(path)
    take(source, 2)
    write(path, texts(6))
    assert source.add_source(path) == SourceCounts(2, 4)
    other = stream()
    other.load_state_dict(source.state_dict())
    assert take(other, 40) == take(source, 40)


@given(before=st.integers(0, 40), between=st.integers(0, 60), after=st.integers(0, 60), length=st.integers(1, 70))
def test_a_state_goes_on_with_the_very_next_token(
    tmp_path_factory: pytest.TempPathFactory, before: int, between: int, after: int, length: int
) -> None:
    folder = tmp_path_factory.mktemp("sources")
    source = stream(length=length)
    source.add_source(write(folder / "a.jsonl", texts(9)))
    take(source, before)
    source.add_source(write(folder / "b.jsonl", texts(5, "more") + texts(2)))
    take(source, between)
    source.add_source(write(folder / "c.jsonl", texts(3, "last")))
    take(source, after)
    resumed = stream(length=length)
    resumed.load_state_dict(json.loads(json.dumps(source.state_dict())))
    assert resumed.state_dict() == source.state_dict()
    assert take(resumed, 30) == take(source, 30)


def test_with_a_data_loader_the_state_is_that_of_the_last_batch(tmp_path: Path) -> None:
    source, other = stream(), stream()
    source.add_source(write(tmp_path / "a.jsonl", texts(9)))
    loader = iter(DataLoader(source, batch_size=4))
    for _ in range(3):
        next(loader)
    other.load_state_dict(source.state_dict())
    assert torch.equal(next(iter(DataLoader(other, batch_size=4)))["input_ids"], next(loader)["input_ids"])


def test_workers_are_refused(tmp_path: Path) -> None:
    source = stream()
    source.add_source(write(tmp_path / "a.jsonl", texts(9)))
    with pytest.raises(ValueError, match="pass num_workers=0 to the DataLoader"):
        next(iter(DataLoader(source, batch_size=4, num_workers=1)))


_READER = """
import json, sys
from hashlib import sha256
from pathlib import Path
from torch.utils.data import DataLoader
from assay.methods._files import written_whole
from assay.methods.architecture.soft_moe_ffn import PackedStream

folder, batches, standstill = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
stream = PackedStream(lambda text: list(text.encode()), length=16, end=0, seed=3)
log, state = folder / "log", folder / "state.json"
done = 0
if state.exists():
    saved = json.loads(state.read_text())
    stream.load_state_dict(saved["stream"])
    done = saved["done"]
else:
    stream.add_source(folder / "a.jsonl")
for number, batch in enumerate(DataLoader(stream, batch_size=4), done):
    if number == batches:
        break
    digest = sha256(batch["input_ids"].numpy().tobytes()).hexdigest()
    with log.open("a") as file:
        file.write(f"{number} {digest}\\n")
    if number == 5:
        stream.add_source(folder / "b.jsonl")
    if number % 2:
        with written_whole(state) as place:
            place.write_text(json.dumps({"stream": stream.state_dict(), "done": number + 1}))
    if number == standstill:
        print("still", flush=True)
        sys.stdin.readline()
"""


def test_a_killed_process_resumes_with_the_same_batches(tmp_path: Path) -> None:
    batches = 40
    write(tmp_path / "a.jsonl", texts(30))
    write(tmp_path / "b.jsonl", texts(30, "more") + texts(4))
    command = [sys.executable, "-c", _READER, str(tmp_path), str(batches)]
    with subprocess.Popen([*command, "8"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "still\n"
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    subprocess.run([*command, "-1"], check=True)
    # The batch logged after the last state is read a second time, and must be the same.
    logged = [line.split() for line in (tmp_path / "log").read_text().splitlines()]
    assert len(logged) == batches + 1
    uninterrupted, expected = stream(), {}
    uninterrupted.add_source(tmp_path / "a.jsonl")
    for number, batch in enumerate(islice(DataLoader(uninterrupted, batch_size=4), batches)):
        expected[str(number)] = sha256(batch["input_ids"].numpy().tobytes()).hexdigest()
        if number == 5:
            uninterrupted.add_source(tmp_path / "b.jsonl")
    assert all(expected[number] == digest for number, digest in logged)
    assert {number for number, _ in logged} == expected.keys()
    assert len(set(expected.values())) == batches


def test_what_a_stream_refuses(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="length is 0"):
        stream(length=0)
    source = stream()
    with pytest.raises(ValueError, match="add_source comes first"):
        next(iter(source))
    with pytest.raises(ValueError, match="there is no file"):
        source.add_source(tmp_path / "none.jsonl")
    (tmp_path / "wrong.jsonl").write_text('{"text": "a"}\n{"body": "b"}\n')
    with pytest.raises(ValueError, match='the line at byte 14 is no JSON object with a "text"'):
        source.add_source(tmp_path / "wrong.jsonl")
    source = stream()
    path = write(tmp_path / "a.jsonl", texts(4))
    source.add_source(path)
    state = source.state_dict()
    with pytest.raises(ValueError, match="this stream has sources"):
        source.load_state_dict(state)
    with pytest.raises(ValueError, match="its length differ"):
        stream(length=8).load_state_dict(state)
    with pytest.raises(ValueError, match="its tokens differ"):
        PackedStream(lambda text: [1] * len(text), length=16, end=0, seed=3).load_state_dict(state)
    write(path, texts(4, "other"))
    with pytest.raises(ValueError, match="is gone or has changed"):
        stream().load_state_dict(state)


def test_a_source_that_cannot_be_read_adds_nothing(tmp_path: Path) -> None:
    source = stream()
    (tmp_path / "wrong.jsonl").write_text('{"text": "a"}\nnothing\n')
    with pytest.raises(ValueError, match="is no JSON object"):
        source.add_source(tmp_path / "wrong.jsonl")
    assert source.state_dict()["sources"] == []
    assert source.add_source(write(tmp_path / "right.jsonl", ["a"])) == SourceCounts(1, 0)
