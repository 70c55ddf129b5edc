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
