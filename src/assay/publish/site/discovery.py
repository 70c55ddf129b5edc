"""What search engines, previews of links and reference managers read of a page: what the head of the page says.

Only what the records say is said. What needs the site's own address is left out where that is not known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date
from typing import Any, Literal

from assay.papers.ids import abs_url, pdf_url
from assay.papers.mathematics import to_text
from assay.papers.measurement import Measurement
from assay.papers.models import Day, Dossier, Paper
from assay.papers.period import Period
from assay.papers.text import shorten
from assay.publish.bibtex import doi_of
from assay.publish.feeds import Place, Subject, feed_path
from assay.publish.labels import label
from assay.publish.period import period_name
from assay.publish.site.spans import span_folder

About = Day | Dossier | Period | None
"""What a page is about: a day, a paper, a week or month, or the site."""

_LONGEST = 200
"""So many letters of a description are shown anywhere."""
_TITLES = 3
_LOCALES = {"en": "en_US", "ko": "ko_KR"}
"""Open Graph names a language together with a country."""
_FEED_TYPES = {"atom": "application/atom+xml", "json": "application/feed+json", "rss": "application/rss+xml"}
CARD = "assets/card.png"
"""The picture of a link to a page that has none of its own."""


@dataclass(frozen=True)
class Head:
    """What the head of a page says, as ``frame.html`` writes it."""

    description: str
    kind: Literal["article", "website"]
    canonical: str = ""
    """The page's own address; empty where the site's is not known, and so are the next four."""
    picture: str = ""
    searching: str = ""
    alternates: Sequence[tuple[str, str]] = ()
    """The address of the page in each language, and under ``x-default``."""
    linked_data: Mapping[str, Any] | None = None
    """Of a paper, as schema.org has it."""
    locale: str = ""
    others: Sequence[tuple[str, str, str]] = ()
    """Other forms of what the page is about, and the site's feeds: type, title, address."""
    citation: Sequence[tuple[str, str]] = field(default=())
    """Names and contents that reference managers and Google Scholar read."""


def head_of(about: About, path: str, language: str, place: Place, *, description: str = "", card: str = CARD) -> Head:
    """What the head of a page says.

    Args:
        about: the day, paper, week or month that the page is about; ``None`` for another page.
        path: of the page, within its language: ``day/2025-02-26/index.html``.
        language: of the page.
        place: where the site is.
        description: of the page; else it is found in what the page is about.
        card: the picture's path within the site.
    """
    folder = path.removesuffix("index.html")
    canonical = place.page(language, folder)
    paper = about.paper if isinstance(about, Dossier) else None
    words = description or describe(about, language)
    known = bool(place.base_url)
    return Head(
        description=words,
        kind="website" if paper is None else "article",
        canonical=canonical,
        picture=place.file(card),
        searching=place.page(language, "opensearch.xml"),
        alternates=[
            *((each, place.page(each, folder)) for each in place.languages),
            ("x-default", place.page(place.languages[0], folder)),
        ]
        if known
        else (),
        linked_data=article(paper, canonical) if paper else None,
        locale=_LOCALES.get(language, ""),
        others=[*_forms_of(about, language), *_feeds(about, language, place)],
        citation=citation(paper, canonical) if paper else (),
    )


def describe(about: About, language: str) -> str:
    """In plain text and few words, what a page is about."""
    if isinstance(about, Day | Period) and about.papers:
        count = label("site.paper_count", language, n=about.count if isinstance(about, Period) else len(about.papers))
        titles = "; ".join(shorten(to_text(paper.title), _LONGEST // _TITLES) for paper in about.papers[:_TITLES])
        return (
            f"{period_name(about, language)}, {count}: {titles}" if isinstance(about, Period) else f"{count}: {titles}"
        )
    if isinstance(about, Day):
        return f"{label('papers_of', language, date=about.date)}: {label('empty', language)}"
    if isinstance(about, Dossier):
        parts = about.summary.get(language) or next(iter(about.summary.values()), None)
        leads = (parts.one_line, parts.whats_new, parts.prose, parts.result) if parts else ()
        text = next(filter(None, (*leads, about.paper.abstract)), about.paper.title)
        return shorten(to_text(text), _LONGEST)
    return label("site.tagline", language)


def citation(paper: Paper, canonical: str = "") -> list[tuple[str, str]]:
    """A paper as the ``citation_`` names that Google Scholar and reference managers read."""
    published = paper.published.astimezone(UTC).strftime("%Y/%m/%d") if paper.published else ""
    fields = [
        ("title", to_text(paper.title)),
        *(("author", to_text(author)) for author in paper.authors),
        ("publication_date", published),
        ("arxiv_id", paper.id),
        ("doi", doi_of(paper)),
        ("pdf_url", pdf_url(paper.id)),
        ("abstract_html_url", canonical),
        ("abstract", to_text(paper.abstract)),
        *(("keywords", to_text(word)) for word in paper.keywords),
        ("language", "en"),  # arXiv asks for English titles and abstracts, and these are all that is cited here
    ]
    return [(f"citation_{name}", content) for name, content in fields if content]


def article(paper: Paper, canonical: str = "") -> dict[str, Any]:
    """A paper as schema.org's ScholarlyArticle, in JSON-LD."""
    doi = doi_of(paper)
    fields = {
        "@context": "https://schema.org",
        "@type": "ScholarlyArticle",
        "headline": to_text(paper.title),
        "author": [{"@type": "Person", "name": to_text(author)} for author in paper.authors],
        "abstract": to_text(paper.abstract),
        "datePublished": _day(paper.published),
        "dateModified": _day(paper.updated),
        "keywords": [to_text(word) for word in paper.keywords],
        "identifier": {"@type": "PropertyValue", "propertyID": "arXiv", "value": paper.id},
        "sameAs": [abs_url(paper.id), *([f"https://doi.org/{doi}"] if doi else [])],
        "encoding": {"@type": "MediaObject", "contentUrl": pdf_url(paper.id), "encodingFormat": "application/pdf"},
        "mainEntityOfPage": canonical,
    }
    return {name: value for name, value in fields.items() if value}


def last_change(about: About, measurements: Sequence[Measurement] = ()) -> date | None:
    """The day of the latest record of a day, a paper, a week or a month."""
    if isinstance(about, Day):
        return about.as_of.astimezone(UTC).date() if about.as_of else about.date
    if isinstance(about, Dossier):
        moments = [about.paper.updated, about.paper.withdrawn, *(each.taken_at for each in measurements)]
        return max([*about.days, *(each.astimezone(UTC).date() for each in moments if each)], default=None)
    if isinstance(about, Period):
        taken = (each.taken_at.astimezone(UTC).date() for each in about.measured)
        return max([*(day.date for day in about.days if day.papers), *taken], default=None)
    return None


def _forms_of(about: About, language: str) -> list[tuple[str, str, str]]:
    if isinstance(about, Day) and about.papers:
        title, folder = label("papers_of", language, date=about.date), f"day/{about.date}"
        return [
            ("application/json", title, f"{folder}/day.json"),
            ("application/x-bibtex", title, f"{folder}/papers.bib"),
        ]
    if isinstance(about, Period):
        return [("application/json", period_name(about, language), f"{span_folder(about)}period.json")]
    return []


def _feeds(about: About, language: str, place: Place) -> list[tuple[str, str, str]]:
    """The feed of all papers in each format; of a week or month also that of weeks, which needs the site's address."""
    subjects = [Subject("all"), *([Subject("weeks")] if isinstance(about, Period) and place.base_url else [])]
    return [
        (kind, label(f"feed.{subject.kind}", language), feed_path(subject, language, form))
        for subject in subjects
        for form, kind in _FEED_TYPES.items()
    ]


def _day(moment: Any) -> str:
    return moment.astimezone(UTC).date().isoformat() if moment else ""
