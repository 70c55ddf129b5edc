"""``assay site build``: where the site will be decides what it has, and a second build finds nothing to do."""

import json
from pathlib import Path

import jsonschema
import pytest

from assay.cli.schemas import schemas
from tests.cli.conftest import Run


def test_an_address_adds_what_needs_one_and_can_be_a_setting(assay: Run, tmp_path: Path) -> None:
    first = assay("site", "build", "public", "--lang", "en", "--url", "https://example.org/papers", "--json")
    report = json.loads(first.out)
    jsonschema.Draft202012Validator(json.loads(schemas()["site-build.json"])).validate(report)
    assert (first.code, first.err) == (0, "")
    assert report["rendered"] == report["changed"] > report["pages"] > 80
    assert "https://example.org/papers/paper/2502.18137/" in (tmp_path / "public/sitemap.xml").read_text()
    again = assay("site", "build", "public", "--lang", "en", "--json", ASSAY_SITE_URL="https://example.org/papers/")
    assert json.loads(again.out) == {"pages": report["pages"], "changed": 0, "rendered": 0}
    without = assay("site", "build", "public", "--lang", "en")
    assert without.code == 0
    assert without.err.count("\n") == 1
    assert "no --url" in without.err
    assert not (tmp_path / "public/sitemap.xml").exists()


@pytest.mark.parametrize("url", ["example.org", "ftp://example.org/", "https://example.org/?page=1"])
def test_what_is_no_address_is_refused_in_a_line(assay: Run, tmp_path: Path, url: str) -> None:
    done = assay("site", "build", "public", "--url", url)
    assert (done.code, done.out) == (2, "")
    assert done.err == f"assay: not the address of a site: {url!r} (write https://example.org/papers/)\n"
    assert not (tmp_path / "public").exists()


def test_a_folder_of_other_files_is_refused_in_a_line(assay: Run, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis/one.tex").write_text("years of work")
    done = assay("site", "build", "thesis", "--url", "https://example.org/")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "holds other files" in done.err


def test_weeks_and_months_are_those_that_digest_shows(assay: Run, tmp_path: Path, home: Path) -> None:
    assert assay("site", "build", "public", "--lang", "en", "--url", "https://example.org/").code == 0
    for span, folder in (("2025-W09", "week/2025-W09"), ("2025-02", "archive/2025-02")):
        assert (tmp_path / "public" / folder / "period.json").read_text() == assay("digest", span, "--json").out
        assert f"https://example.org/{folder}/" in (tmp_path / "public/sitemap.xml").read_text()
    kept = home / "periods.jsonl"
    assert len(kept.read_text().splitlines()) == len(list((tmp_path / "public").glob("*/*/period.json"))) == 5
    kept.unlink()
    again = assay("site", "build", "public", "--lang", "en", "--url", "https://example.org/", "--json")
    assert json.loads(again.out)["rendered"] == 0


def test_what_a_reader_follows_is_published_only_if_she_says_so(assay: Run, tmp_path: Path) -> None:
    assay("follow", "author", "Jintao Zhang", "--reader", "bo")
    assay("follow", "query", "sparse attention", "--reader", "bo")
    arguments = ("site", "build", "public", "--lang", "en", "--url", "https://example.org/", "--reader", "bo")
    assert assay(*arguments).err == ""

    def published() -> set[str]:
        feeds = (tmp_path / "public/feeds").rglob("*.*")
        return {path.relative_to(tmp_path / "public").as_posix() for path in feeds if path.is_file()}

    before = published()
    done = assay(*arguments, "--follows")
    assert (done.code, done.err) == (
        0,
        "whoever has the site can read what you follow: 2 follows in feeds, which feeds/follows.opml lists\n",
    )
    new = published() - before
    assert len(new) == 7
    assert "feeds/follows.opml" in new
    [author] = [path for path in new if path.startswith("feeds/en/author/jintao-zhang") and path.endswith("json")]
    items = json.loads((tmp_path / "public" / author).read_text())["items"]
    assert [item["url"] for item in items] == ["https://example.org/paper/2502.18137/"]
    assert assay(*arguments).code == 0
    assert published() == before, "without the option they are gone"


def test_nothing_followed_is_nothing_to_publish(assay: Run, tmp_path: Path) -> None:
    done = assay("site", "build", "public", "--follows")
    assert (done.code, done.out) == (2, "")
    assert done.err == "assay: --follows: nothing is followed yet; `assay follow author NAME` is a beginning\n"
    assert not (tmp_path / "public").exists()
