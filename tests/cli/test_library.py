"""``assay library`` and ``assay digest --for me``: from a library and a few words to a day in one's own order."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from assay.cli.schemas import schemas
from tests.cli.conftest import Run
from tests.cli.fixtures import listing
from tests.sources.zotero_server import KEY, ZoteroServer, work

DAY = "2099-12-02"
BIBTEX = """@misc{toy, title={KV Caches for Toys}, author={Example, Ada and Sample, Bo}, year=2099}
@misc{nobody, author={Nobody}}
@misc{again, title={{KV} caches for toys}, doi={10.1/ToyX}}
"""


@pytest.fixture
def zotero() -> Iterator[ZoteroServer]:
    with ZoteroServer(4711) as running:
        running.works = [work(number) for number in range(1, 121)]
        yield running


@pytest.fixture
def archive(assay: Run, tmp_path: Path) -> Run:
    """The command, with a day of four papers, of which one is about caches and one about lakes."""
    entries: list[dict[str, Any]] = json.loads(listing(99901, 99902, 99903, 99904))
    abstracts = (
        "We cook.",
        "A KV cache for long contexts.",
        "We paint lakes.",
        "A cache of keys and values: the KV cache.",
    )
    for number, (entry, abstract) in enumerate(zip(entries, abstracts, strict=True)):
        entry["paper"] |= {"title": f"Toy {number}", "summary": abstract, "upvotes": 40 - number}
    (tmp_path / f"{DAY}.json").write_text(json.dumps(entries), encoding="utf-8")
    assert assay("import", f"{DAY}.json").code == 0
    return assay


def valid(name: str, text: str) -> Any:
    """The JSON of a command, which is what the schema of its name says."""
    output = json.loads(text)
    jsonschema.Draft202012Validator(json.loads(schemas()[f"{name}.json"])).validate(output)
    return output


def test_a_file_is_imported_once_and_what_is_wrong_in_it_is_said(assay: Run, tmp_path: Path) -> None:
    (tmp_path / "toys.txt").write_text(BIBTEX, encoding="utf-8")
    first = assay("library", "import", "toys.txt")
    assert (first.code, first.out) == (1, "1 new work, 1 known; 1 work in the library\n")
    assert first.err == "refused: toys.txt:2: it has no title\n"
    again = valid("library-import", assay("library", "import", "toys.txt", "--json").out)
    assert (again["new"], again["known"], len(again["refused"])) == (0, 2, 1)
    assert assay("library", "list").out == "10.1/toyx  KV Caches for Toys (Ada Example et al., 2099)\n"
    assert [work["key"] for work in valid("library-list", assay("library", "list", "--json").out)] == ["10.1/toyx"]
    assert assay("--reader", "bob", "library", "list").err.startswith("your library is empty")
    assert assay("library", "remove", "10.1/toyx").out == "removed 1 work\n"
    assert assay("library", "list").out == ""


def test_what_cannot_be_done_is_said_in_one_line(assay: Run, tmp_path: Path) -> None:
    (tmp_path / "letter.bib").write_text("Dear reader", encoding="utf-8")
    for command, words in (
        (("library", "import", "letter.bib"), "assay: letter.bib: neither BibTeX nor CSL-JSON nor RIS"),
        (("library", "import", "nowhere.bib"), "assay: nowhere.bib: no such file or folder"),
        (("library", "import", "zotero.org"), "assay: zotero.org needs a key"),
        (("library", "remove", "x"), "assay: no work in the library has the key 'x'"),
        (("library", "remove"), "assay: name the keys of works to remove, or --all"),
        (("digest", DAY, "--for", "you"), "assay: --for you: write --for me"),
    ):
        done = assay(*command)
        assert (done.code, done.out) == (2, "")
        assert done.err.startswith(words)
        assert done.err.count("\n") == 1


def test_zoteros_program_and_its_web_library_are_read(assay: Run, zotero: ZoteroServer) -> None:
    zotero.works[7]["data"]["title"] = " "
    local = assay("library", "import", "zotero", ASSAY_ZOTERO_URL=f"{zotero.url}/api")
    assert (local.code, local.out) == (1, "119 new works, 0 known; 119 works in the library\n")
    assert local.err == "refused: zotero: TOYS0008: it has no title\n"
    web = assay("library", "import", "zotero.org", ASSAY_ZOTERO_WEB_URL=zotero.url, ASSAY_ZOTERO_KEY=KEY)
    assert web.out == "0 new works, 119 known; 119 works in the library\n"
    zotero.is_allowed = False
    refused = assay("library", "import", "zotero", ASSAY_ZOTERO_URL=f"{zotero.url}/api")
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert "Local API is not enabled" in refused.err
    assert assay("library", "remove", "--all").out == "removed 119 works\n"


def test_a_day_is_put_in_a_readers_own_order_with_reasons(archive: Run) -> None:
    assert "order is that of votes" in archive("digest", DAY, "--for", "me").err
    archive("follow", "phrase", "KV 캐시")
    archive("follow", "phrase", "lakes", "--weight", "-1")
    day = valid("digest", archive("digest", DAY, "--for", "me", "--json").out)
    assert [paper["title"] for paper in day["papers"]] == ["Toy 1", "Toy 3", "Toy 0", "Toy 2"]
    assert [paper["rank"] for paper in day["papers"]] == [1, 2, 3, 4]
    assert day["ranked"]["9912.99902"]["reasons"] == [
        {"kind": "phrase", "values": ["KV 캐시"], "count": 0, "against": False}
    ]
    shown = archive("digest", DAY, "--for", "me", "--brief").out
    assert "has “KV 캐시”" in shown
    assert "has “lakes”, which you do not want" in " ".join(shown.split())
    assert "*‘KV 캐시’ 포함" in archive("digest", DAY, "--for", "me", "--lang", "ko", "--format", "markdown").out
    assert "KV 캐시" not in archive("digest", DAY, "--format", "markdown").out


def test_works_like_those_of_the_library_come_first(archive: Run, tmp_path: Path) -> None:
    (tmp_path / "lakes.bib").write_text(
        "@misc{a, title={Lakes in paint}, abstract={We paint lakes.}}", encoding="utf-8"
    )
    assert archive("library", "import", "lakes.bib").code == 0
    day = json.loads(archive("digest", DAY, "--for", "me", "--json").out)
    assert day["papers"][0]["title"] == "Toy 2"
    (reason,) = day["ranked"]["9912.99903"]["reasons"]
    assert (reason["kind"], reason["count"]) == ("library", 1)
    assert "lakes" in " ".join(reason["values"])
