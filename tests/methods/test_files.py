"""What methods keep is there whole, or as it was before."""

from pathlib import Path

import pytest

from assay.methods._files import written_whole
from assay.methods.decoding.hierarchy_drafting import CorpusTable, ModelTable


def test_a_file_appears_when_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    for text in ("first", "second"):
        with written_whole(path) as unfinished:
            unfinished.write_text(text)
        assert path.read_text() == text
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_takes_the_place_of_another(tmp_path: Path) -> None:
    path = tmp_path / "folder"
    for name in ("old", "new"):
        with written_whole(path) as unfinished:
            unfinished.mkdir()
            (unfinished / name).touch()
        assert [file.name for file in path.iterdir()] == [name]
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def interrupted() -> None:
        with written_whole(path) as unfinished:
            unfinished.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_tables_that_cannot_be_read_are_refused_in_words(tmp_path: Path) -> None:
    file = tmp_path / "table.npz"
    for content in (b"", b"no table", b"PK\x03\x04 cut off"):
        file.write_bytes(content)
        with pytest.raises(ValueError, match="is not a table of n-grams"):
            ModelTable.load(file)
    with pytest.raises(ValueError, match="does not hold the index of a corpus"):
        CorpusTable.load(tmp_path / "nowhere")
