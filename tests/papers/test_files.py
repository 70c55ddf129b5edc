"""Files are written whole or not at all."""

from pathlib import Path

import pytest

from assay.papers.files import write_whole


def test_a_file_says_whether_it_changed(tmp_path: Path) -> None:
    file = tmp_path / "new" / "day.md"
    assert write_whole(file, "one")
    before = file.stat()
    assert not write_whole(file, b"one")
    assert file.stat().st_mtime_ns == before.st_mtime_ns
    assert write_whole(file, "둘")
    assert file.read_text(encoding="utf-8") == "둘"
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_a_file_with_secrets_stays_closed(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "config.toml"
    file.write_text('smtp_password = "secret"')
    file.chmod(mode)
    assert write_whole(file, "languages = []")
    assert file.stat().st_mode & 0o777 == mode


def test_a_folder_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is a folder, not a file to write"):
        write_whole(tmp_path, "one")
