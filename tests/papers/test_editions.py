"""Any edit of a room's files changes its edition; nothing else does."""

from pathlib import Path

import pytest

import assay.papers.editions
from assay.papers.editions import hash_of_code, library_version


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(assay.papers.editions, "_PACKAGE", tmp_path)
    for room in ("papers", "publish"):
        (tmp_path / room / "templates").mkdir(parents=True)
        (tmp_path / room / "__init__.py").write_text("pass\n")
        (tmp_path / room / "templates" / "day.html").write_text("<h1>")
    return tmp_path


def edition() -> str:
    assay.papers.editions._hash_of_room.cache_clear()
    return hash_of_code("publish")


@pytest.fixture(autouse=True)
def forget() -> None:
    assay.papers.editions._hash_of_room.cache_clear()


def test_an_edit_of_a_template_is_another_edition(package: Path) -> None:
    before = edition()
    (package / "publish/templates/day.html").write_text("<h2>")
    assert edition() != before
    (package / "publish/templates/day.html").write_text("<h1>")
    assert edition() == before


def test_a_file_that_is_added_moved_or_emptied_is_another_edition(package: Path) -> None:
    seen = {edition()}
    new = package / "publish/new.py"
    new.write_text("")
    seen.add(edition())
    new.rename(package / "publish/newer.py")
    seen.add(edition())
    (package / "publish/__init__.py").write_text("")
    seen.add(edition())
    assert len(seen) == 4


def test_other_rooms_and_what_python_compiles_are_no_matter(package: Path) -> None:
    before = edition()
    (package / "papers/__init__.py").write_text("other = 1\n")
    (package / "publish/__init__.pyc").write_bytes(b"compiled")
    assert edition() == before


def test_a_library_that_is_not_there_has_no_version() -> None:
    assert library_version("jinja2")
    assert library_version("no-such-library") == ""
