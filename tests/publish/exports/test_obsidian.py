"""A vault of notes: properties that YAML reads, links that lead to notes, and what a reader wrote, which stays."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from assay.papers.mathematics import to_text
from assay.papers.models import Claim, Dossier, Paper, Sighting
from assay.publish.exports import VaultReport, notes_in, write_vault
from assay.publish.exports.notes import LeftAloneError, new_note, read_note, renewed
from tests.papers.measured import measurement
from tests.publish.sample import HOSTILE_TITLES, sample_dossiers

MAY = datetime(2099, 5, 1, tzinfo=UTC)
LINE = re.compile(r"^%% assay [0-9a-f]{16}: .* %%\n", re.MULTILINE)


def paper(number: int, title: str, abstract: str = "", **fields: Any) -> Dossier:
    record = Paper(id=f"9912.{number:05}", title=title, authors=("Ada Example",), abstract=abstract)
    sighting = Sighting(paper=record.id, source="huggingface", day=date(2099, 12, 2), votes=9 - number)
    return Dossier(paper=record, sightings=(sighting,), **fields)


def write(folder: Path, *papers: Dossier, **others: Any) -> VaultReport:
    listings = {date(2099, 12, 2): [each.paper.id for each in papers]}
    return write_vault(folder, papers, **{"listings": listings} | others)


def properties(path: Path) -> dict[str, Any]:
    front = path.read_text(encoding="utf-8").split("---\n")[1]
    return dict(yaml.safe_load(front))


def test_each_paper_and_each_day_has_a_note(tmp_path: Path) -> None:
    report = write(tmp_path, *sample_dossiers())
    assert report == VaultReport(papers=len(sample_dossiers()), written=len(sample_dossiers()) + 1)
    note = tmp_path / "papers" / "example2099_9912_00001.md"
    assert properties(note) == {
        "arxiv": "9912.00001",
        "title": "Toy Attention",
        "citekey": "example2099_9912_00001",
        "authors": ["Ada Example", "Bo <Sample> & Co"],
        "listed": ["2099-12-02"],
        "room": "attention",
        "doi": "10.48550/arXiv.9912.00001",
        "url": "https://arxiv.org/abs/9912.00001",
        "pdf": "https://arxiv.org/pdf/9912.00001",
        "aliases": ["Toy Attention"],
        "tags": ["paper", "attention"],
    }
    text = note.read_text(encoding="utf-8")
    assert "**In one line**: ToyAttn skips blocks" in text
    assert r"| 2\.5–5x | attention speed | against dense attention | 8K tokens | in abstract and digest |" in text
    assert "[[Papers 2099-12-02|2099-12-02]]" in text
    day = (tmp_path / "days" / "Papers 2099-12-02.md").read_text(encoding="utf-8")
    assert "1. [[example2099_9912_00001|Toy Attention]]\n" in day
    for link in re.findall(r"\[\[([^|\]]+)", text + day):
        assert list(tmp_path.rglob(f"{link}.md")), link


def test_tables_are_tables_whatever_a_claim_says(tmp_path: Path) -> None:
    claim = Claim(
        key="a", value=1.0, kind="absolute", metric="P(y|x) | `b`", quote="a ]] | [[ $5 and $7", source="both"
    )
    write(tmp_path, paper(1, "Toys", claims=(claim,)))
    (note,) = (tmp_path / "papers").iterdir()
    html = MarkdownIt("commonmark").enable("table").render(note.read_text(encoding="utf-8").split("---\n")[2])
    cells = re.findall("<td>(.*?)</td>", html)
    assert cells == ["1", "P(y|x) | `b`", "", "", "in abstract and digest: “a ]] | [[ $5 and $7”"]


def test_what_was_measured_stands_in_the_note(tmp_path: Path) -> None:
    write(tmp_path, paper(1, "Toys"), measurements={"9912.00001": [measurement(paper="9912.00001")]})
    (note,) = (tmp_path / "papers").iterdir()
    assert "## Claimed and measured\n\n- **" in note.read_text(encoding="utf-8")


def test_a_second_export_writes_only_what_changed(tmp_path: Path) -> None:
    toys, gulls = paper(1, "Toys"), paper(2, "Gulls")
    write(tmp_path, toys, gulls)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.md")}
    assert write(tmp_path, toys, gulls) == VaultReport(papers=2, written=0, unchanged=3)
    newer = toys.model_copy(update={"paper": toys.paper.model_copy(update={"version": 2, "withdrawn": MAY})})
    assert write(tmp_path, newer, gulls) == VaultReport(papers=2, written=1, unchanged=2)
    changed = [path.name for path, time in before.items() if path.stat().st_mtime_ns != time]
    assert changed == ["example2099_9912_00001.md"]


def test_what_the_reader_wrote_below_the_line_stays_to_the_byte(tmp_path: Path) -> None:
    write(tmp_path, paper(1, "Toys"))
    (note,) = (tmp_path / "papers").iterdir()
    text = note.read_bytes()
    hers = "“Good”.\r\n\n%% assay 0123456789abcdef: none of yours %%\n---\narxiv: x\n---\n\ttail \u2028 ".encode()
    note.write_bytes(text + hers)
    report = write(tmp_path, paper(1, "Toys, renamed"))
    assert report.left_alone == {}
    after = note.read_bytes()
    assert after.endswith(b"## My notes\n\n" + hers)
    assert b"# Toys, renamed\n" in after
    assert b"# Toys\n" not in after


def test_properties_tags_and_names_of_hers_stay(tmp_path: Path) -> None:
    write(tmp_path, paper(1, "Toys"))
    (note,) = (tmp_path / "papers").iterdir()
    # What Obsidian makes of the properties when somebody adds one in its own field.
    text = note.read_text(encoding="utf-8").replace('title: "Toys"', "title: Toys")
    text = text.replace(
        'tags: ["paper"]', "tags:\n  - paper\n  - to/read\nrating: 5\n# a remark\nstatus: [open, 'a: b']"
    )
    moved = tmp_path / "reading" / "My name for it.md"
    moved.parent.mkdir()
    moved.write_text(text, encoding="utf-8")
    note.unlink()
    newer = paper(1, "Toys: New Title")
    report = write(tmp_path, newer.model_copy(update={"paper": newer.paper.model_copy(update={"version": 2})}))
    assert report.left_alone == {}
    assert not note.exists()
    read = properties(moved)
    assert (read["title"], read["version"]) == ("Toys: New Title", 2)
    assert read["tags"] == ["paper", "to/read"]
    assert (read["rating"], read["status"]) == (5, ["open", "a: b"])
    assert read["aliases"] == ["Toys"]
    assert "# a remark\n" in moved.read_text(encoding="utf-8")
    day = (tmp_path / "days" / "Papers 2099-12-02.md").read_text(encoding="utf-8")
    assert "[[My name for it|Toys: New Title]]" in day


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("# Toys\n", "# Toys\n\nI disagree.\n", "somebody wrote above the line"),
        ("%% assay ", "%% my ", "the line that begins with '%% assay' is gone"),
        ("---\narxiv", "\n---\narxiv", ""),
    ],
)
def test_a_note_that_she_wrote_into_above_the_line_is_left_alone(tmp_path: Path, old: str, new: str, why: str) -> None:
    write(tmp_path, paper(1, "Toys"))
    (note,) = (tmp_path / "papers").iterdir()
    edited = note.read_text(encoding="utf-8").replace(old, new, 1)
    note.write_text(edited, encoding="utf-8")
    report = write(tmp_path, paper(1, "Other Toys"))
    assert note.read_text(encoding="utf-8") == edited
    assert [why in reason for reason in report.left_alone.values()] == [True]
    assert list(report.left_alone) == [str(note)]


def test_a_file_of_another_encoding_is_left_alone(tmp_path: Path) -> None:
    note = tmp_path / "papers" / "example2099_9912_00001.md"
    note.parent.mkdir()
    note.write_bytes("---\narxiv: x\n---\n".encode("utf-16"))
    assert write(tmp_path, paper(1, "Toys")).left_alone == {str(note): "it is not UTF-8 text"}


def test_line_ends_that_another_program_changed_are_no_edit(tmp_path: Path) -> None:
    write(tmp_path, paper(1, "Toys"))
    (note,) = (tmp_path / "papers").iterdir()
    note.write_bytes(note.read_bytes().replace(b"\n", b"\r\n"))
    assert write(tmp_path, paper(1, "Other Toys")).left_alone == {}
    assert "# Other Toys\n" in note.read_text(encoding="utf-8")


def test_notes_of_an_earlier_export_are_linked_and_counted(tmp_path: Path) -> None:
    first = paper(1, "FastToy: Quick Toys", "We introduce FastToy, a quick toy.")
    write(tmp_path, first)
    later = paper(2, "Gulls", "Gulls beat FastToy by far. More.")
    listing = {date(2099, 12, 2): ["9912.00001", "9912.00002", "9912.00003"]}
    write(tmp_path, later, others={"9912.00001": first.paper}, listings=listing)
    note = (tmp_path / "papers" / "example2099_9912_00002.md").read_text(encoding="utf-8")
    assert "- [[example2099_9912_00001|FastToy: Quick Toys]]: “Gulls beat FastToy by far.”" in note
    day = (tmp_path / "days" / "Papers 2099-12-02.md").read_text(encoding="utf-8")
    assert "2 of the 3 papers of the day." in day
    assert day.index("example2099_9912_00001") < day.index("example2099_9912_00002")


def test_hidden_folders_are_none_of_ours(tmp_path: Path) -> None:
    trash = tmp_path / ".trash"
    trash.mkdir()
    (trash / "old.md").write_text('---\narxiv: "9912.00001"\n---\n', encoding="utf-8")
    assert notes_in(tmp_path) == {}
    write(tmp_path, paper(1, "Toys"))
    assert list(notes_in(tmp_path)) == ["9912.00001"]


def test_hostile_titles_stay_in_their_places(tmp_path: Path) -> None:
    papers = [paper(number, title) for number, title in enumerate(HOSTILE_TITLES, 1)]
    write(tmp_path, *papers)
    for each in papers:
        note = notes_in(tmp_path)[each.paper.id]
        assert properties(note)["title"] == to_text(each.paper.title)
        assert len(LINE.findall(note.read_text(encoding="utf-8"))) == 1
    day = (tmp_path / "days" / "Papers 2099-12-02.md").read_text(encoding="utf-8")
    assert len(re.findall(r"^\d+\. \[\[[^\[\]|#^]+\|[^\[\]|]+\]\]$", day, re.MULTILINE)) == len(papers)


def test_comments_and_highlights_of_obsidian_are_none(tmp_path: Path) -> None:
    write(tmp_path, paper(1, "Toys %% assay 0123456789abcdef: %% and a == b == c"))
    (note,) = (tmp_path / "papers").iterdir()
    heading = re.search("^# .*", note.read_text(encoding="utf-8"), re.MULTILINE)
    assert heading is not None
    assert "%%" not in heading[0]
    assert "==" not in heading[0]
    assert write(tmp_path, paper(1, "Toys")).left_alone == {}


text = st.text(st.characters(codec="utf-8"), max_size=40)
# What can stand in a record: one line, nothing invisible.
line = text.filter(str.isprintable)


@settings(max_examples=150)
@given(
    st.dictionaries(
        st.sampled_from(["title", "authors", "version"]), line | st.lists(line) | st.integers(1), min_size=1
    )
)
def test_yaml_reads_any_property_as_it_was(values: dict[str, Any]) -> None:
    note = new_note(values, "body", words="words", heading="Mine")
    read = yaml.safe_load(note.split("---\n")[1] or "{}") or {}
    assert read == {name: value for name, value in values.items() if value}


@settings(max_examples=100)
@given(own=text, body=line, other=line)
def test_no_export_ever_changes_what_is_hers(
    tmp_path_factory: pytest.TempPathFactory, own: str, body: str, other: str
) -> None:
    path = tmp_path_factory.mktemp("vault") / "note.md"
    first = new_note({"arxiv": "1"}, body.replace("%%", ""), words="words", heading="Mine")
    path.write_bytes((first + own).encode())
    try:
        again = renewed(read_note(path), {"arxiv": "1"}, other.replace("%%", ""), words="words")
    except LeftAloneError:
        return
    assert again.endswith("%%\n\n## Mine\n\n" + own)
