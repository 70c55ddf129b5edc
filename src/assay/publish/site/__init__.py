"""A static web site: a page per day and per paper in every language, an archive by month, search in the browser.

Any file host serves it, under any path: all links are relative, nothing is requested from elsewhere, and all but the
search works without JavaScript. The search reads what `assay.publish.site.search` writes.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from assay.claims.errata import Errata
from assay.papers.files import write_whole
from assay.papers.ids import abs_url, huggingface_url, pdf_url
from assay.papers.mathematics import to_text
from assay.papers.measurement import Measurement, figure
from assay.papers.models import FIVE_PARTS, THREE_PARTS, Day, DayState, Dossier, utc
from assay.publish.bibtex import bibtex_entries, bibtex_entry
from assay.publish.checks import explain, list_findings, state_word, tally, warnings
from assay.publish.chips import chip_comparison, chip_dataset, chip_figure, chips_of
from assay.publish.claims import (
    claim_figure,
    comparison_line,
    conflict_line,
    fact_line,
    metric,
    source_label,
    where_it_stands,
)
from assay.publish.errata import disagreement, since_when, what_changed
from assay.publish.labels import label, language_name, month_name, origin_line, reason, state
from assay.publish.ledger import bounds, ledger_csv, ledger_jsonl
from assay.publish.mathml import mathml
from assay.publish.measurements import (
    arms,
    condition,
    condition_mark,
    curve_rows,
    row,
    setting,
    verdict_label,
)
from assay.publish.once import rest_of_abstract, summary_once
from assay.publish.particulars import keywords, links, listed_before, older_text, remarks, withdrawal
from assay.publish.plot import curves_svg
from assay.publish.prose import mark_figures, words_of_formulas
from assay.publish.site.search import search_files
from assay.store import LedgerLine

_FUNCTIONS = {
    "utc": utc,
    "five": FIVE_PARTS,
    "three": THREE_PARTS,
    "metric": metric,
    "chips_of": chips_of,
    "chip_dataset": chip_dataset,
    "remarks": remarks,
    "figure": figure,
    "bounds": bounds,
    "mark_figures": mark_figures,
    "words_of_formulas": words_of_formulas,
    "list_findings": list_findings,
    "origin_line": origin_line,
    "arms": arms,
    "condition": condition,
    "mark": condition_mark,
    "curve_rows": curve_rows,
}
"""What templates call, the same in every language."""
_WRITERS: dict[str, Callable[..., Any]] = {
    "t": label,
    "state": state,
    "reason": reason,
    "verdict": verdict_label,
    "row": row,
    "setting": setting,
    "claim_figure": claim_figure,
    "chip_figure": chip_figure,
    "chip_comparison": chip_comparison,
    "summary_once": summary_once,
    "rest_of_abstract": rest_of_abstract,
    "fact_line": fact_line,
    "source_label": source_label,
    "where_it_stands": where_it_stands,
    "withdrawal": withdrawal,
    "own_links": links,
    "listed_before": listed_before,
    "keywords": keywords,
    "older_text": older_text,
    "comparison_line": comparison_line,
    "conflict_line": conflict_line,
    "tally": tally,
    "warnings": warnings,
    "state_word": state_word,
    "explain": explain,
    "changed": what_changed,
    "since_when": since_when,
    "disagreement": disagreement,
}
"""What templates call without a language, and gets the page's as its second argument."""
_MANIFEST = ".assay-site.json"
_MOST_CLAIMS = 5_500
"""So many claims fit a page of about 2 MB; beyond, each month has a page of its own."""


@dataclass(frozen=True)
class Site:
    """What a site is made of."""

    days: Sequence[Day]
    papers: Sequence[Dossier]
    """Every paper that stands in a day."""
    measurements: Mapping[str, Sequence[Measurement]] = field(default_factory=dict)
    """What trials found, by paper."""
    ledger: Sequence[LedgerLine] = ()
    """Every claim of these papers, the latest listed first."""
    errata: Errata = field(default_factory=Errata)
    """What these papers claim otherwise than they did."""
    languages: Sequence[str] = ("en", "ko")
    """The first is at the root of the site, each other in a folder of its name."""


def build(site: Site, folder: Path) -> dict[str, int]:
    """Build the site into ``folder`` and return how many pages it has, and how many of them changed.

    Pages of an earlier build that no longer belong there are removed; other files in the folder are left alone.

    Raises:
        ValueError: if the folder holds files and none of them is from an earlier build.
    """
    manifest = folder / _MANIFEST
    if folder.is_dir() and any(folder.iterdir()) and not manifest.is_file():
        raise ValueError(f"{folder} holds other files; build the site into an empty folder or one built before")
    before: list[str] = json.loads(manifest.read_text(encoding="utf-8")) if manifest.is_file() else []
    pages = dict(render(site))
    # The list is written first, so that a build that breaks off can be cleaned up by the next one.
    write_whole(manifest, json.dumps(sorted({*before, *pages}), indent=0))
    changed = sum(write_whole(folder / name, content) for name, content in pages.items())
    for name in set(before) - pages.keys():
        (folder / name).unlink(missing_ok=True)
    write_whole(manifest, json.dumps(sorted(pages), indent=0))
    return {"pages": sum(name.endswith(".html") for name in pages), "changed": changed}


def render(site: Site) -> Iterator[tuple[str, str]]:
    """Every file of the site: its path and content."""
    environment = Environment(
        loader=PackageLoader("assay.publish.site"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pictures = dict(_pictures(site))
    yield from pictures.values()

    def picture(measurement: Measurement) -> str:
        return pictures.get(id(measurement), ("",))[0]

    environment.filters |= {"math": mathml, "plain": to_text}
    environment.globals |= _FUNCTIONS | {"picture": picture}
    for asset in sorted((Path(__file__).parent / "assets").iterdir()):
        yield f"assets/{asset.name}", asset.read_text(encoding="utf-8")
    yield from search_files(site.papers, site.languages)
    yield "claims/claims.csv", ledger_csv(site.ledger)
    yield "claims/claims.jsonl", ledger_jsonl(site.ledger)
    for day in site.days:
        if day.papers:
            yield f"day/{day.date}/papers.bib", bibtex_entries(day.papers) + "\n"
    for language in site.languages:
        yield from _pages(site, language, environment)


def _pictures(site: Site) -> Iterator[tuple[int, tuple[str, str]]]:
    """By measurement, the path and content of the picture of its curves. Without matplotlib their tables must do."""
    if find_spec("matplotlib"):
        for paper, measurements in site.measurements.items():
            for each in measurements:
                if each.curves:
                    name = f"{each.trial.rpartition(':')[2]}-{each.machine.name}-{each.device}.svg"
                    yield id(each), (f"paper/{paper}/{name}", curves_svg(each))


def _pages(site: Site, language: str, environment: Environment) -> Iterator[tuple[str, str]]:
    root = "" if language == site.languages[0] else f"{language}/"
    days = sorted(site.days, key=lambda day: day.date, reverse=True)
    days_with_papers = [day for day in days if day.papers]
    words = {name: _in_language(write, language) for name, write in _WRITERS.items()}

    def page(path: str, template: str, **values: Any) -> tuple[str, str]:
        depth = (root + path).count("/")
        up = "../" * depth
        others = [
            (other, language_name(other), up + ("" if other == site.languages[0] else f"{other}/") + path)
            for other in site.languages
            if other != language
        ]
        html = environment.get_template(template).render(
            lang=language,
            trouble=_trouble,
            top=up,
            home=up + root,
            others=[(code, name, _folder(link)) for code, name, link in others],
            **words,
            **values,
        )
        return root + path, html

    for position, day in enumerate(days_with_papers):
        newer = days_with_papers[position - 1] if position else None
        older = days_with_papers[position + 1] if position + 1 < len(days_with_papers) else None
        yield page(f"day/{day.date}/index.html", "day.html", day=day, newer=newer, older=older)
    for day in days:
        if not day.papers:
            yield page(f"day/{day.date}/index.html", "day.html", day=day, newer=None, older=None)
    latest = days_with_papers[0] if days_with_papers else None
    yield page("index.html", "home.html", day=latest, recent=days_with_papers[:14], last=days[0] if days else None)

    for dossier in site.papers:
        paper = dossier.paper
        yield page(
            f"paper/{paper.id}/index.html",
            "paper.html",
            dossier=dossier,
            paper=paper,
            measurements=site.measurements.get(paper.id, ()),
            errata=[erratum for erratum in site.errata.changes if erratum.paper == paper.id],
            bibtex=bibtex_entry(paper),
            links={"arXiv": abs_url(paper.id), "PDF": pdf_url(paper.id), "Hugging Face": huggingface_url(paper.id)},
        )
    months = [(month, list(group)) for month, group in groupby(days, key=lambda day: (day.date.year, day.date.month))]
    for (year, month), group in months:
        yield page(
            f"archive/{year}-{month:02}/index.html",
            "month.html",
            name=month_name(year, month, language),
            days=group,
        )
    yield page(
        "archive/index.html",
        "archive.html",
        months=[
            (f"{year}-{month:02}", month_name(year, month, language), sum(len(day.papers) for day in group), group)
            for (year, month), group in months
        ],
    )
    parts = _months_of(site.ledger, language) if len(site.ledger) > _MOST_CLAIMS else []
    whole = [] if parts else site.ledger
    for path, name, lines in [("", "", whole), *parts]:
        yield page(f"claims/{path}index.html", "claims.html", name=name, lines=lines, parts=[] if path else parts)
    records = {dossier.paper.id: dossier.paper for dossier in site.papers}
    yield page("errata/index.html", "errata.html", errata=site.errata, records=records)
    yield page("search/index.html", "search.html")


def _months_of(lines: Sequence[LedgerLine], language: str) -> list[tuple[str, str, list[LedgerLine]]]:
    """The ledger by the month that listed the papers: folder, name, claims. Papers of no day have no page in a site."""
    dated_lines = [(line.day, line) for line in lines if line.day]
    months = groupby(dated_lines, key=lambda each: (each[0].year, each[0].month))
    return [
        (f"{year}-{month:02}/", month_name(year, month, language), [line for _, line in group])
        for (year, month), group in months
    ]


def _in_language(write: Callable[..., Any], language: str) -> Callable[..., Any]:
    """A writer whose second argument is the language, as a function without it."""

    def write_in_language(thing: object, **values: object) -> Any:
        return write(thing, language, **values)

    return write_in_language


def _folder(link: str) -> str:
    """A link to a folder's page as a link to the folder."""
    return link.removesuffix("index.html") or "./"


def _trouble(day: Day) -> bool:
    return day.state in {DayState.PARTIAL, DayState.BROKEN, DayState.STALE_SOURCE, DayState.UNCOLLECTED}
