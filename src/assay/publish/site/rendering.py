"""Makes the files of a site: of each page all that its template sees, of every other file what it is written from."""

from collections.abc import Callable, Container, Iterator
from functools import cache, partial
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, Environment, PackageLoader, StrictUndefined

from assay.papers.editions import Fingerprints, hash_of_code, library_version
from assay.papers.mathematics import to_text
from assay.papers.measurement import Measurement
from assay.papers.models import Day, DayState, Dossier
from assay.papers.period import Period
from assay.publish import written
from assay.publish.feeds import Place, site_feeds
from assay.publish.labels import label, language_name
from assay.publish.ledger import ledger_csv, ledger_jsonl
from assay.publish.mathml import mathml
from assay.publish.period import period_json
from assay.publish.plot import curves_svg
from assay.publish.site.addresses import address_files
from assay.publish.site.cards import card_files, card_path
from assay.publish.site.contents import Page, pages
from assay.publish.site.discovery import CARD, About, Head, head_of, last_change
from assay.publish.site.files import File
from assay.publish.site.material import Site
from assay.publish.site.search import search_files
from assay.publish.site.shared import SHARED_FUNCTIONS, SHARED_WRITERS
from assay.publish.site.spans import span_folder
from assay.publish.site.words import FUNCTIONS, WRITERS


def templates(loader: BaseLoader) -> Environment:
    """The templates of a loader, with every function that the site's own ones call."""
    environment = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {"math": mathml, "plain": to_text}
    environment.globals |= SHARED_FUNCTIONS | FUNCTIONS | {"picture": picture_of}
    return environment


def files_of(site: Site) -> Iterator[File]:
    """Every file of the site, before it is rendered."""
    environment = templates(PackageLoader("assay.publish.site"))
    place = Place(site.url, site.languages)
    for asset in sorted((Path(__file__).parent / "assets").iterdir()):
        yield File(f"assets/{asset.name}", "", asset.read_bytes)
    yield from _pictures(site)
    cards = {file.path: file for file in card_files(site.days, site.papers, site.measurements)} if site.url else {}
    yield from cards.values()
    yield from search_files(site.papers, site.languages)
    yield File("claims/claims.csv", site.ledger, lambda: ledger_csv(site.ledger))
    yield File("claims/claims.jsonl", site.ledger, lambda: ledger_jsonl(site.ledger))
    for day in site.days:
        if day.papers:
            yield File(f"day/{day.date}/papers.bib", day, partial(written, day, "bibtex"))
            yield File(f"day/{day.date}/day.json", day, partial(written, day, "json"))
    for period in site.periods:
        yield File(f"{span_folder(period)}period.json", period, partial(period_json, period))
    for feed in site_feeds(site, site.url):
        yield File(feed.path, feed.made_of, feed.write)
    listed = []
    for language in site.languages:
        for file in _pages(site, language, environment, place, cards):
            listed.append((file.path, file.changed))
            yield file
    if site.url:
        yield _missing_page(site, environment, place)
        yield from address_files(listed, place)


def edition_of_code() -> str:
    """What all files depend on: our own code, and the libraries that write them."""
    libraries = ("jinja2", "latex2mathml", "markupsafe", "matplotlib", "pillow")
    versions = [library_version(name) for name in libraries]
    code = hash_of_code("papers", "claims", "store", "publish", "catalogue")
    return Fingerprints().of(code, versions)


def picture_of(measurement: Measurement) -> str:
    """The path of the picture of a measurement's curves; empty where there is none. Tables say the same."""
    if not measurement.curves or not find_spec("matplotlib"):
        return ""
    size = "" if measurement.size == measurement.device else measurement.size
    model = measurement.pretrained.key if measurement.pretrained else ""
    trial = measurement.trial.rpartition(":")[2]
    name = "-".join(filter(None, [trial, measurement.machine.name, measurement.device, size, model]))
    return f"paper/{measurement.paper}/{name}.svg"


def _pictures(site: Site) -> Iterator[File]:
    for each in chain.from_iterable(site.measurements.values()):
        if path := picture_of(each):
            yield File(path, each, partial(curves_svg, each))


def _pages(site: Site, language: str, environment: Environment, place: Place, cards: Container[str]) -> Iterator[File]:
    root = "" if language == site.languages[0] else f"{language}/"
    latest = max(filter(None, map(last_change, site.days)), default=None)
    for page in pages(site, language):
        about = _about(page)
        measurements = site.measurements.get(about.paper.id, ()) if isinstance(about, Dossier) else ()
        card = card_path(about) if card_path(about) in cards else CARD
        write = partial(write_page, environment, page, language, place, card=card)
        changed = last_change(about, measurements) or latest
        yield File(root + page.path, (page.template, page.values, card, place), write, changed)


def write_page(environment: Environment, page: Page, language: str, place: Place, *, card: str = CARD) -> str:
    """A page of the site as HTML.

    Args:
        environment: the `templates`.
        page: what it shows.
        language: in which language; the first of the place's languages is at the root of the site.
        place: where the site is, and in which languages.
        card: the picture that links to the page are shown with.
    """
    root = "" if language == place.languages[0] else f"{language}/"
    up = "../" * (root + page.path).count("/")
    head = partial(head_of, _about(page), page.path, language, place, card=card)
    return _write(environment, page, language, place, top=up, home=up + root, head=head)


def _about(page: Page) -> About:
    """The day, the paper, the week or the month that a page is about."""
    about = page.values.get(
        {"day.html": "day", "paper.html": "dossier", "period.html": "period"}.get(page.template, "")
    )
    return about if isinstance(about, Day | Dossier | Period) else None


def _write(
    environment: Environment, page: Page, language: str, place: Place, *, top: str, home: str, head: Callable[[], Head]
) -> str:
    others = [
        (other, language_name(other), top + ("" if other == place.languages[0] else f"{other}/") + page.path)
        for other in place.languages
        if other != language
    ]
    return environment.get_template(page.template).render(
        lang=language,
        trouble=_trouble,
        top=top,
        home=home,
        others=[(code, name, _folder(link)) for code, name, link in others],
        head=head(),
        **_words(language),
        **{name: value() if isinstance(value, partial) else value for name, value in page.values.items()},
    )


def _missing_page(site: Site, environment: Environment, place: Place) -> File:
    """What a file host shows for an address that it does not have, in all languages, its own links whole addresses."""
    language = site.languages[0]
    homes = [(code, place.page(code)) for code in site.languages]
    page = Page("index.html", "missing.html", {"homes": homes, "words": label})
    head = partial(head_of, None, page.path, language, Place("", site.languages))
    write = partial(_write, environment, page, language, place, top=site.url, home=place.page(language), head=head)
    return File("404.html", place, write)


@cache
def _words(language: str) -> dict[str, Callable[..., Any]]:
    """What templates call without a language, in that of their page."""
    return {name: _in_language(write, language) for name, write in (SHARED_WRITERS | WRITERS).items()}


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
