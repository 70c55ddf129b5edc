"""Papers as a vault of Obsidian's: a note a paper, a note a day that links its papers, links between papers.

Notes are found again by their property ``arxiv`` or ``day``, so that a reader may rename and move them inside the
folder. Each is written whole or not at all, and only if something in it changed.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from assay.papers.escape import markdown as escaped
from assay.papers.files import write_whole
from assay.papers.ids import abs_url, pdf_url
from assay.papers.mathematics import to_text
from assay.papers.measurement import Measurement
from assay.papers.models import Claim, Dossier, Paper
from assay.publish.bibtex import citation_key, doi_of
from assay.publish.claims import claim_figure, comparison_line, metric, where_it_stands
from assay.publish.exports.mentions import mentions, names_of
from assay.publish.exports.notes import LeftAloneError, new_note, property_of, read_note, renewed
from assay.publish.labels import choose_languages, label
from assay.publish.markdown import link_markdown, prose_markdown, summary_markdown
from assay.publish.measurements import row, verdict_label
from assay.publish.particulars import links, remarks, withdrawal

_MOST_CLAIMS = 60


@dataclass
class VaultReport:
    """What an export to a vault came to."""

    papers: int = 0
    written: int = 0
    """Notes that are new or changed."""
    unchanged: int = 0
    left_alone: dict[str, str] = field(default_factory=dict)
    """By file, why a note was not renewed."""


@dataclass(frozen=True)
class _Vault:
    folder: Path
    notes: Mapping[str, Path]
    """By the paper's id, its note."""
    titles: Mapping[str, str]
    """By the paper's id, its title."""
    names: Mapping[str, str]
    """By name or id, the paper that it stands for."""
    measurements: Mapping[str, Sequence[Measurement]]
    languages: tuple[str, ...]

    def link(self, paper: str) -> str:
        """A link to a paper's note, which shows the title."""
        shown = re.sub(r"[\[\]|#^%]+", " ", to_text(self.titles[paper]))
        return f"[[{self.notes[paper].stem}|{' '.join(shown.split())}]]"

    def words(self, name: str, **values: object) -> str:
        return label(name, self.languages[0], **values)


def notes_in(folder: Path, name: str = "arxiv") -> dict[str, Path]:
    """The notes of a vault that have this property, by its value; hidden folders are left out."""
    notes: dict[str, Path] = {}
    for path in sorted(folder.rglob("*.md")) if folder.is_dir() else ():
        if not any(part.startswith(".") for part in path.relative_to(folder).parts):
            value = property_of(path, name)
            if value:
                notes.setdefault(value, path)
    return notes


def write_vault(
    folder: Path,
    papers: Sequence[Dossier],
    *,
    others: Mapping[str, Paper] | None = None,
    listings: Mapping[date, Sequence[str]] | None = None,
    measurements: Mapping[str, Sequence[Measurement]] | None = None,
    languages: tuple[str, ...] = ("en",),
) -> VaultReport:
    """Write papers into a vault, or renew them there.

    Args:
        folder: the vault, or a folder of it.
        papers: each once.
        others: what is known of papers that have a note there already, by id; they can be linked to.
        listings: by day, the ids of the papers that it lists, in its order; each has a note, with those papers that
            have a note of their own.
        measurements: what trials found, by paper.
        languages: of the summaries; the first is that of all other words.
    """
    own = {each.paper.id: each.paper for each in papers}
    notes = notes_in(folder)
    known = {key: paper for key, paper in (others or {}).items() if key in notes} | own
    paths = {key: notes.get(key, folder / "papers" / f"{citation_key(paper)}.md") for key, paper in known.items()}
    vault = _Vault(
        folder=folder,
        notes=paths,
        titles={key: paper.title for key, paper in known.items()},
        names=names_of(list(known.values())),
        measurements=measurements or {},
        languages=languages,
    )
    report = VaultReport(papers=len(papers))
    days = notes_in(folder, "day")
    for each in papers:
        _write(vault, paths[each.paper.id], _properties(each), _body(vault, each), report)
    for day, listed in sorted((listings or {}).items()):
        there = [key for key in listed if key in paths]
        if there:
            path = days.get(str(day), folder / "days" / f"{_day_name(day)}.md")
            _write(
                vault, path, {"day": str(day), "tags": ["papers"]}, _day_body(vault, day, there, len(listed)), report
            )
    return report


def _write(vault: _Vault, path: Path, properties: Mapping[str, Any], body: str, report: VaultReport) -> None:
    words = vault.words("vault.line")
    tame = _tame(body)
    try:
        if path.exists():
            text = renewed(read_note(path), properties, tame, words=words)
        else:
            text = new_note(properties, tame, words=words, heading=vault.words("vault.own"))
    except LeftAloneError as why:
        report.left_alone[str(path)] = str(why)
        return
    if write_whole(path, text):
        report.written += 1
    else:
        report.unchanged += 1


def _properties(dossier: Dossier) -> dict[str, Any]:
    paper = dossier.paper
    return {
        "arxiv": paper.id,
        "title": to_text(paper.title),
        "citekey": citation_key(paper),
        "authors": list(map(to_text, paper.authors)),
        "organisation": paper.organisation,
        "published": _day(paper.published),
        "updated": _day(paper.updated),
        "version": paper.version,
        "withdrawn": _day(paper.withdrawn),
        "listed": list(map(str, reversed(dossier.days))),
        "categories": list(paper.categories),
        "keywords": list(map(to_text, paper.keywords)),
        "room": dossier.room,
        "doi": doi_of(paper),
        "url": abs_url(paper.id),
        "pdf": pdf_url(paper.id),
        "code": paper.code_url,
        "project": paper.project_url,
        "aliases": list(dict.fromkeys(filter(None, [to_text(paper.title), dossier.name]))),
        "tags": ["paper", *dict.fromkeys(filter(None, map(_tag, [*paper.categories, dossier.room])))],
    }


def _body(vault: _Vault, dossier: Dossier) -> str:
    paper, language = dossier.paper, vault.languages[0]
    blocks = [f"# {prose_markdown(paper.title)}"]
    if notice := withdrawal(paper, language):
        blocks.append(f"**{notice}**")
    people = ", ".join(map(to_text, paper.authors))
    blocks += [escaped(" · ".join(filter(None, [people, paper.organisation])))] if people else []
    addresses = {"arXiv": abs_url(paper.id), "PDF": pdf_url(paper.id)} | links(paper, language)
    blocks.append(" · ".join(link_markdown(name, address) for name, address in addresses.items()))
    blocks += [prose_markdown(line) for line in remarks(paper)]
    shown = choose_languages(dossier.summary, vault.languages)
    for each in shown:
        blocks += summary_markdown(dossier, each, heading=len(shown) > 1)
    if not dossier.summary and paper.abstract:
        blocks.append(prose_markdown(paper.abstract))
    blocks += _claims(vault, dossier)
    blocks += _measured(vault, paper.id)
    named = list(mentions(dossier, vault.names))
    if named:
        lines = "\n".join(f"- {vault.link(paper)}: “{escaped(to_text(quote))}”" for paper, quote in named)
        blocks.append(f"## {vault.words('vault.named')}\n\n{lines}")
    if dossier.days:
        days = ", ".join(f"[[{_day_name(day)}|{day}]]" for day in reversed(dossier.days))
        blocks.append(f"{vault.words('sighting.day')}: {days}")
    return "\n\n".join(filter(None, blocks))


def _claims(vault: _Vault, dossier: Dossier) -> list[str]:
    claims = dossier.claims[:_MOST_CLAIMS]
    if not claims:
        return []
    heads = ("site.figure", "site.metric", "site.baseline", "site.setting", "site.stands")
    rows = [[vault.words(name) for name in heads], ["---"] * len(heads)]
    rows += [_cells(claim, vault.languages[0]) for claim in claims]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in rows)
    blocks = [f"## {vault.words('claims')}\n\n{table}"]
    if rest := len(dossier.claims) - len(claims):
        blocks.append(escaped(vault.words("claim.more", n=rest, paper=dossier.paper.id)))
    return blocks


def _cells(claim: Claim, language: str) -> list[str]:
    of_what = " · ".join(filter(None, [metric(claim), claim.dataset]))
    stands = f"{where_it_stands(claim, language)}: “{claim.quote}”" if claim.quote else where_it_stands(claim, language)
    cells = (claim_figure(claim, language), of_what, comparison_line(claim, language), claim.setting, stands)
    return [escaped(to_text(cell)) for cell in cells]


def _measured(vault: _Vault, paper: str) -> list[str]:
    measurements = vault.measurements.get(paper, ())
    language = vault.languages[0]
    lines = [f"- **{verdict_label(each, language)}**: {escaped(row(each, language))}" for each in measurements]
    return [f"## {vault.words('site.measurements')}\n\n" + "\n".join(lines)] if lines else []


def _day_body(vault: _Vault, day: date, listed: Sequence[str], count: int) -> str:
    lines = "\n".join(f"{place}. {vault.link(paper)}" for place, paper in enumerate(listed, 1))
    blocks = [f"# {vault.words('papers_of', date=day)}", lines]
    if count > len(listed):
        blocks.insert(1, vault.words("vault.some", n=len(listed), count=count))
    return "\n\n".join(blocks)


def _day_name(day: date) -> str:
    """What a day's note is called; the day alone is the name of a reader's own daily notes."""
    return f"Papers {day}"


def _day(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d}" if moment else ""


def _tag(text: str) -> str:
    """A text as a tag of Obsidian's, which holds letters, digits and few signs: ``cs.LG`` is ``cs/LG``."""
    tag = re.sub(r"[^\w/-]+", "-", text.replace(".", "/")).strip("-/")
    return "" if tag.isdigit() else tag


def _tame(body: str) -> str:
    """Markdown in which Obsidian finds no comment and no highlight, which other programs do not know."""
    lines = (line if "$" in line else line.replace("==", r"\=\=") for line in body.split("\n"))
    return re.sub(r"%(?=%)", r"%\\", "\n".join(lines))
