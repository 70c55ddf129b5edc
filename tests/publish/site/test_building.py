"""A build renders what changed and nothing else, is the same as a full one, and is safe from death and from a twin."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import example, given
from hypothesis import strategies as st

from assay.claims.errata import Errata
from assay.papers.editions import Fingerprints
from assay.publish.site import Site, build, render
from assay.publish.site.building import build_files
from assay.publish.site.files import File
from tests.papers.measured import measurement
from tests.publish.site.sample import EARLIER, MEASUREMENTS, dossier, sample_site

URL = "https://example.org/papers/"


def files_in(folder: Path) -> dict[str, bytes]:
    """What a visitor may be served, by path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.relative_to(folder).parts[0].startswith(".assay-site")
    }


def whole(site: Site) -> dict[str, bytes]:
    """The site as it is rendered in one go, without any build before."""
    return {path: content.encode() if isinstance(content, str) else content for path, content in render(site)}


def with_a_new_day(site: Site) -> Site:
    day = date(2099, 12, 7)
    listed = EARLIER.papers[0].model_copy(update={"id": "9912.00030", "title": "Of the new day"})
    new = EARLIER.model_copy(update={"date": day, "papers": (listed,)})
    return replace(site, days=[*site.days, new], papers=[*site.papers, dossier(30, "Of the new day", day)])


def with_a_refreshed_paper(site: Site) -> Site:
    first, *others = site.papers
    paper = first.paper.model_copy(update={"abstract": "It is 3x as fast now.", "version": 2})
    return replace(site, papers=[first.model_copy(update={"paper": paper}), *others])


def with_a_measurement(site: Site) -> Site:
    return replace(site, measurements={**MEASUREMENTS, "9912.00002": [measurement(paper="9912.00002")]})


def without_a_paper(site: Site) -> Site:
    days = [
        day.model_copy(update={"papers": tuple(paper for paper in day.papers if paper.id != "9912.00021")})
        for day in site.days
    ]
    return replace(site, days=days, papers=[each for each in site.papers if each.paper.id != "9912.00021"])


def without_errata(site: Site) -> Site:
    return replace(site, errata=Errata())


def in_english(site: Site) -> Site:
    return replace(site, languages=("en",))


def elsewhere(site: Site) -> Site:
    return replace(site, url="https://elsewhere.example/")


CHANGES = [
    with_a_new_day,
    with_a_refreshed_paper,
    with_a_measurement,
    without_a_paper,
    without_errata,
    in_english,
    elsewhere,
]


def test_a_build_on_top_of_another_is_a_full_one_byte_for_byte(tmp_path: Path) -> None:
    """After each change, after all of them together, and back again."""
    site = sample_site(url=URL)
    build(site, tmp_path)
    assert files_in(tmp_path) == whole(site)
    changed_sites = [change(site) for change in CHANGES]
    together = with_a_measurement(with_a_refreshed_paper(with_a_new_day(site)))
    for after in (*changed_sites, together, site):
        build(after, tmp_path)
        assert files_in(tmp_path) == whole(after)
        assert build(after, tmp_path).rendered == 0


@pytest.mark.parametrize(
    ("change", "rendered", "left"),
    [
        (with_a_new_day, "day/2099-12-07/index.html", "paper/9912.00001/index.html"),
        (with_a_refreshed_paper, "ko/paper/9912.00001/index.html", "day/2099-12-01/index.html"),
        (with_a_measurement, "paper/9912.00002/index.html", "ko/paper/9912.00003/index.html"),
    ],
)
def test_only_what_changed_is_rendered(
    tmp_path: Path, change: Callable[[Site], Site], rendered: str, left: str
) -> None:
    build(sample_site(url=URL), tmp_path)
    times = {path: (tmp_path / path).stat().st_mtime_ns for path in files_in(tmp_path)}
    done = build(change(sample_site(url=URL)), tmp_path)
    assert 0 < done.rendered < done.pages
    assert (tmp_path / left).stat().st_mtime_ns == times[left]
    assert rendered not in times or (tmp_path / rendered).stat().st_mtime_ns > times[rendered]


def test_a_file_that_somebody_removed_is_rendered_again(tmp_path: Path) -> None:
    build(sample_site(), tmp_path)
    (tmp_path / "about/index.html").unlink()
    assert build(sample_site(), tmp_path).rendered == 1
    assert (tmp_path / "about/index.html").is_file()


def test_full_renders_everything_and_changes_nothing(tmp_path: Path) -> None:
    first = build(sample_site(), tmp_path)
    again = build(sample_site(), tmp_path, full=True)
    assert (again.rendered, again.changed) == (first.rendered, 0)


# Of files of our own, so that each rendering is seen.


def pages(count: int, *, word: str = "page", seen: list[str] | None = None) -> list[File]:
    def write(path: str) -> str:
        if seen is not None:
            seen.append(path)
        return f"{word} {path}"

    names = [f"part/{number}/index.html" for number in range(count)]
    return [File(name, word, lambda name=name: write(name)) for name in names]  # type: ignore[misc]


def test_other_code_renders_everything(tmp_path: Path) -> None:
    assert build_files(pages(3), tmp_path, edition="1").rendered == 3
    assert build_files(pages(3), tmp_path, edition="1").rendered == 0
    done = build_files(pages(3), tmp_path, edition="2")
    assert (done.rendered, done.changed) == (3, 0)


def test_a_folder_that_is_empty_without_its_files_goes_with_them(tmp_path: Path) -> None:
    build_files(pages(3), tmp_path, edition="1")
    (tmp_path / "part/2/notes.txt").write_text("mine")
    assert build_files(pages(1), tmp_path, edition="1").changed == 2
    assert not (tmp_path / "part/1").exists()
    assert (tmp_path / "part/2/notes.txt").read_text() == "mine"


_DIE = """
import os, signal, sys
from pathlib import Path
from assay.publish.site.building import build_files
from assay.publish.site.files import File

folder, word, at, phase = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
count = 0

def step():
    global count
    if count == at:
        os.kill(os.getpid(), signal.SIGKILL)
    count += 1

def write(name):
    if phase == "rendering":
        step()
    return f"{word} {name}"

move = Path.replace
def counted(self, target):
    if phase == "moving" and Path(target).name == "index.html":
        step()
    return move(self, target)
Path.replace = counted

names = [f"part/{number}/index.html" for number in range(6)]
build_files([File(name, word, lambda name=name: write(name)) for name in names], folder, edition="1")
"""


def die(folder: Path, word: str, at: int, phase: str) -> None:
    command = [sys.executable, "-c", _DIE, str(folder), word, str(at), phase]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL


def test_a_build_that_is_killed_while_it_renders_leaves_the_site_as_it_was(tmp_path: Path) -> None:
    build_files(pages(6, word="old"), tmp_path, edition="1")
    before = files_in(tmp_path)
    die(tmp_path, "new", 4, "rendering")
    assert files_in(tmp_path) == before
    seen: list[str] = []
    build_files(pages(6, word="new", seen=seen), tmp_path, edition="1")
    assert len(seen) == 2, "what was rendered before the end is not rendered again"
    assert set(files_in(tmp_path).values()) == {f"new part/{number}/index.html".encode() for number in range(6)}
    assert [path.name for path in (tmp_path / ".assay-site").iterdir()] == ["lock"]


@pytest.mark.parametrize("at", [0, 3])
def test_a_build_that_is_killed_while_it_moves_files_is_completed_by_the_next(tmp_path: Path, at: int) -> None:
    build_files(pages(4, word="old"), tmp_path, edition="1")
    die(tmp_path, "new", at, "moving")
    build_files(pages(5, word="newer"), tmp_path, edition="1")
    assert files_in(tmp_path) == {f"part/{n}/index.html": f"newer part/{n}/index.html".encode() for n in range(5)}


def test_what_a_killed_build_left_in_half_is_not_used(tmp_path: Path) -> None:
    die(tmp_path, "new", 3, "rendering")
    for path in (tmp_path / ".assay-site").glob("*.*"):
        os.truncate(path, 1)
    seen: list[str] = []
    build_files(pages(6, word="new", seen=seen), tmp_path, edition="1")
    assert len(seen) == 6
    assert (tmp_path / "part/0/index.html").read_text() == "new part/0/index.html"


def test_two_builds_at_once_are_refused(tmp_path: Path) -> None:
    build_files(pages(1), tmp_path, edition="1")
    with FileLock(tmp_path / ".assay-site" / "lock"), pytest.raises(ValueError, match="another build is at work"):
        build_files(pages(2), tmp_path, edition="1")
    assert set(files_in(tmp_path)) == {"part/0/index.html"}


def test_a_site_of_an_older_assay_is_taken_over(tmp_path: Path) -> None:
    (tmp_path / ".assay-site.json").write_text(json.dumps(["gone.html", "part/0/index.html"]))
    (tmp_path / "gone.html").write_text("old")
    build_files(pages(1), tmp_path, edition="1")
    assert set(files_in(tmp_path)) == {"part/0/index.html"}


@pytest.mark.parametrize("text", ["{", "7", '{"files": 7}', "{}"])
def test_a_list_that_cannot_be_read_is_refused_in_words(tmp_path: Path, text: str) -> None:
    (tmp_path / ".assay-site.json").write_text(text)
    with pytest.raises(ValueError, match="not the list of a site's files"):
        build_files(pages(1), tmp_path, edition="1")


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"two files of the site are called part/0/index\.html"):
        build_files([*pages(1), *pages(1)], tmp_path, edition="1")


def test_what_may_have_changed_unseen_is_refused() -> None:
    with pytest.raises(TypeError, match="nobody can say whether this has changed"):
        Fingerprints().of([iter("ab")])


SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.dates(date(2099, 1, 1))
THINGS = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3)
)


@given(THINGS, THINGS)
@example("0", 0)
@example(["", "a"], ["a", ""])
@example([[1], 2], [1, [2]])
@example("None", None)
def test_the_same_things_have_the_same_hash_and_no_others(one: object, other: object) -> None:
    known = Fingerprints()
    assert (known.of(one) == known.of(other)) == (repr(one) == repr(other))


@given(st.integers(0, 3), st.integers(0, 3))
def test_a_record_is_known_by_all_of_its_fields(one: int, other: int) -> None:
    known = Fingerprints()
    records = [EARLIER.model_copy(update={"date": EARLIER.date + timedelta(days=days)}) for days in (one, other)]
    assert (known.of(records[0]) == known.of(records[1])) == (one == other)
