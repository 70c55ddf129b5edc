"""``assay claims`` and ``assay errata`` as a reader meets them."""

import csv
import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest
from syrupy.assertion import SnapshotAssertion

from assay.cli.schemas import schemas
from tests.cli.conftest import Run
from tests.cli.fixtures import listing
from tests.sources.synthetic import atom_entry, feed

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def toy_day(assay: Run, tmp_path: Path) -> None:
    """Two papers of a day; the abstract of each says "2.5x faster than dense attention on ToyBench"."""
    (tmp_path / "2099-12-02.json").write_text(listing(99901, 99903), encoding="utf-8")
    assert assay("import", "2099-12-02.json").code == 0


def claims(assay: Run, *options: str) -> list[dict[str, object]]:
    done = assay("claims", *options, "--json")
    assert (done.code, done.err) == (0, "")
    lines = json.loads(done.out)
    jsonschema.Draft202012Validator(json.loads(schemas()["claims.json"])).validate(lines)
    return list(lines)


@pytest.mark.usefixtures("toy_day")
def test_speed_ups_of_more_than_twice_since_a_day(assay: Run, snapshot: SnapshotAssertion) -> None:
    options = ("claims", "--unit", "x", "--min", "2", "--metric", "speed", "--since", "2099-12-01")
    assert repr(assay(*options)) == snapshot
    lines = claims(assay, *options[1:])
    assert [line["paper"] for line in lines] == ["9912.99903", "9912.99901"]
    assert {line["origin"] for line in lines} == {"extracted"}
    assert claims(assay, *options[1:], "--min", "2.6") == []


@pytest.mark.usefixtures("toy_day")
def test_every_option_narrows_the_ledger(assay: Run) -> None:
    everything = claims(assay)
    assert {line["origin"] for line in everything} == {"catalogue", "extracted"}
    for options in (
        ("--paper", "sparge_attn"),
        ("--paper", "https://arxiv.org/abs/2502.18137"),
        ("--unit", "TOPS"),
        ("--kind", "points"),
        ("--min", "1000"),
        ("--max", "1"),
        ("--metric", "accuracy"),
        ("--dataset", "toybench"),
        ("--baseline", "dense attention"),
        ("--since", "2025-02-20"),
        ("--until", "2025-02-20"),
        ("--limit", "3"),
    ):
        lines = claims(assay, *options)
        assert 0 < len(lines) < len(everything), options
        assert all(line in everything for line in lines), options


@pytest.mark.usefixtures("toy_day")
@pytest.mark.parametrize("form", ["csv", "jsonl", "json"])
def test_a_file_is_what_is_printed(assay: Run, tmp_path: Path, form: str) -> None:
    output = assay("claims", "--unit", "x", f"--{form}")
    count = len(claims(assay, "--unit", "x"))
    for options in (("--out", f"ledger.{form}"), ("--out", "ledger", f"--{form}")):
        assert assay("claims", "--unit", "x", *options).out == f"{options[1]}: {count} claims\n"
        content = (tmp_path / options[1]).read_bytes().decode()
        assert content.replace("\r\n", "\n") == output.out.replace("\r\n", "\n")
    lines: dict[str, Callable[[str], list[object]]] = {
        "csv": lambda text: list(csv.DictReader(io.StringIO(text, newline=""))),
        "jsonl": lambda text: [json.loads(line) for line in text.splitlines()],
        "json": json.loads,
    }
    assert len(lines[form](content)) == count > 2


@pytest.mark.parametrize(
    "command",
    [
        ("claims", "--json", "--csv"),
        ("claims", "--out", "ledger.xlsx"),
        ("claims", "--kind", "bold"),
        ("claims", "--min", "3", "--max", "2"),
        ("claims", "--since", "2025-02-02", "--until", "2025-02-01"),
        ("claims", "--paper", "nosuch"),
        ("errata", "--since", "someday"),
    ],
    ids=" ".join,
)
def test_a_mistake_gets_one_line(assay: Run, command: tuple[str, ...], snapshot: SnapshotAssertion) -> None:
    done = assay(*command)
    assert done.code == 2
    assert repr(done) == snapshot


def test_nothing_found_says_so(assay: Run) -> None:
    assert assay("claims", "--metric", "unheardof").out == "No such claim.\n"
    assert assay("errata", "--paper", "2502.18137").out == "No claim changed, and no two sources disagree.\n"


def test_a_new_version_of_a_paper_is_told_in_the_errata(
    assay: Run, tmp_path: Path, snapshot: SnapshotAssertion
) -> None:
    for version, speed in (("v1", "2.5x"), ("v2", "2.2x")):
        abstract = f"We present Gullwing. Gullwing is {speed} faster than Heron."
        entry = re.sub(
            r"<summary>.*</summary>",
            f"<summary>{abstract}</summary>",
            atom_entry(f"9912.99901{version}"),
            flags=re.DOTALL,
        )
        (tmp_path / f"{version}.xml").write_bytes(feed(entry))
        assert assay("import", f"{version}.xml", "--date", "2099-12-02").code == 0
    output = assay("errata", "--paper", "9912.99901")
    assert repr(output) == snapshot
    log = json.loads(assay("errata", "--json").out)
    jsonschema.Draft202012Validator(json.loads(schemas()["errata.json"])).validate(log)
    assert [erratum["version"] for erratum in log["changes"]] == [2]
    # Our own catalogue records where digests and abstracts disagree.
    assert {"2502.18356", "2502.17425"} <= {conflict["paper"] for conflict in log["conflicts"]}
    comment = "<arxiv:comment>This paper has been withdrawn by the authors</arxiv:comment>"
    (tmp_path / "withdrawn.xml").write_bytes(feed(atom_entry("9912.99902v2", extra=comment)))
    assert assay("import", "withdrawn.xml", "--date", "2099-12-02").code == 0
    assert assay("site", "build", "public").code == 0
    pages = {
        name: (tmp_path / "public" / name / "index.html").read_text(encoding="utf-8")
        for name in ("paper/9912.99901", "paper/9912.99902", "day/2099-12-02", "archive/2099-12", "claims")
    }
    assert "2.5x is now 2.2x" in pages["paper/9912.99901"]
    for name in ("paper/9912.99902", "day/2099-12-02", "archive/2099-12"):
        assert "withdrawn on 2099-12-05" in pages[name]
    assert "paper/9912.99902" not in pages["claims"]


def test_figures_of_a_day_are_marked(assay: Run) -> None:
    full = assay("digest", "2025-02-26", "--full").out
    assert re.search(r"figures: \d+ supported", full)
    assert re.search(r"\n +✓ [^\n]*\d", full)
    day = json.loads(assay("digest", "2025-02-26", "--json").out)
    assert {"en", "ko"} == {language for paper in day["papers"] for language in paper["checks"]}
    for form in ("table", "sections"):
        digest = assay("digest", "2025-02-26", "--format", form).out
        assert not re.search(r"≠|\d\?|figures: \d", digest)
