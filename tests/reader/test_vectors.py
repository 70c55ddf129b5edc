"""Vectors are kept by model and text, whole or not at all, whatever becomes of the process that makes them."""

import sqlite3
import subprocess
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from assay.papers.models import Paper
from assay.reader.shelf import open_shelf
from assay.reader.vectors import open_vectors, paper_hash, phrase_hash
from assay.store import open_store
from tests.reader.meanings import paper

ROWS = np.random.default_rng(1).normal(size=(3, 8)).astype(np.float32)


def test_vectors_come_back_as_they_were_kept_but_for_rounding(database: str) -> None:
    with open_vectors(database) as vectors:
        assert vectors.keep("one", {"a": ROWS[0], "b": ROWS[1]}) == 2
        assert vectors.keep("one", {"a": ROWS[2], "c": ROWS[2]}) == 1  # what is there stays
    with open_vectors(database) as vectors:
        found = vectors.find("one", ["b", "a", "nothing"])
        assert found.keys() == {"a", "b"}
        np.testing.assert_allclose([found["a"], found["b"]], ROWS[:2], rtol=1e-3)
        assert found["a"].dtype == np.float32


def test_each_model_has_vectors_of_its_own(database: str) -> None:
    with open_vectors(database) as vectors:
        before = vectors.revision()
        vectors.keep("one", {"a": ROWS[0]})
        assert vectors.revision() != before
        assert vectors.find("other", ["a"]) == {}
        vectors.keep("other", {"a": ROWS[1]})
        np.testing.assert_allclose(vectors.find("other", ["a"])["a"], ROWS[1], rtol=1e-3)


def test_an_empty_vector_is_one_too(database: str) -> None:
    with open_vectors(database) as vectors:
        vectors.keep("one", {"a": ROWS[0][:0]})
        assert vectors.find("one", ["a"])["a"].size == 0


def test_a_text_is_known_by_all_of_it() -> None:
    one = Paper(id="9901.00001", title="A", abstract="B")
    assert paper_hash(one) == paper_hash(one.model_copy(update={"id": "9901.00002", "authors": ("Ada Example",)}))
    others = [one.model_copy(update={"title": "a"}), one.model_copy(update={"abstract": "C"})]
    assert len({paper_hash(each) for each in (one, *others)} | {phrase_hash("A. B"), phrase_hash("A")}) == 5


def test_other_files_are_refused_in_words(tmp_path: Path) -> None:
    for name, open_file in (("a.db", open_store), ("r.db", open_shelf)):
        open_file(tmp_path / name).close()
        with pytest.raises(ValueError, match=rf"{name} is no database of vectors"):
            open_vectors(tmp_path / name)
    (tmp_path / "text.db").write_text("no database at all, whatever its name")
    with pytest.raises(ValueError, match=r"cannot open .*text\.db"):
        open_vectors(tmp_path / "text.db")
    open_vectors(tmp_path / "v.db").close()
    connection = sqlite3.connect(tmp_path / "v.db")
    connection.execute("INSERT INTO migrations VALUES ('0009-later', '2099-12-01')")
    connection.commit()
    connection.close()
    with pytest.raises(ValueError, match="written by a newer Assay"):
        open_vectors(tmp_path / "v.db")


def test_a_killed_process_loses_nothing_that_it_said(tmp_path: Path) -> None:
    file, done = tmp_path / "v.db", 0
    for lines in (1, 5):
        command = [sys.executable, "-m", "tests.reader.meanings", str(file), str(done)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as process:
            assert process.stdout is not None
            heard = list(islice(process.stdout, lines))
            process.kill()
            heard += [line for line in process.stdout if line.endswith("\n")]
        numbers = [int(line) for line in heard]
        assert numbers == list(range(done, done + len(numbers)))
        with open_vectors(file) as vectors:
            assert len(vectors.find("thesaurus", [paper_hash(paper(number)) for number in numbers])) == len(numbers)
        done = numbers[-1] + 1
    connection = sqlite3.connect(file)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


def test_of_two_that_write_at_once_nothing_is_lost(database: str) -> None:
    commands = [
        [sys.executable, "-m", "tests.reader.meanings", database, first, last]
        for first, last in (("0", "20"), ("10", "30"))
    ]
    processes = [subprocess.Popen(each, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) for each in commands]
    for process in processes:
        process.communicate()
    assert [process.returncode for process in processes] == [0, 0]
    with open_vectors(database) as vectors:
        assert len(vectors.find("thesaurus", [paper_hash(paper(number)) for number in range(30)])) == 30
