"""What programs read of the site is true, complete, and leads to pages that exist."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import urljoin
from xml.etree.ElementTree import Element, fromstring

import html5lib
import pytest
from bibtexparser.entrypoint import parse_string

from assay.papers.models import Day, Dossier, Paper
from assay.publish.feeds import Place
from assay.publish.site import build, read_address, render
from assay.publish.site.addresses import address_files
from assay.publish.site.discovery import article, citation, describe, last_change
from tests.papers.measured import measurement
from tests.publish.sample import HOSTILE_TITLES, sample_day
from tests.publish.site.sample import EARLIER, EMPTY, sample_site

URL = "https://example.org/papers/"
MAPS = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
PUBLISHED = datetime(2099, 12, 1, 23, 30, tzinfo=UTC)
PAPER = Paper(
    id="9912.00001",
    title=r"Toy $\pi_0$ <b>&",
    authors=("Ada Example", "Bo <Sample> & Co"),
    abstract='It is "2x" as fast.</script>',
    published=PUBLISHED,
    updated=PUBLISHED.replace(day=3),
    keywords=("toys",),
)


@pytest.fixture(scope="module")
def published() -> dict[str, str]:
    """The site with its address, its first paper with all that is known of it."""
    site = sample_site(url=URL)
    first, *others = site.papers
    site = replace(site, papers=[first.model_copy(update={"paper": PAPER}), *others])
    return {
        path: content if isinstance(content, str) else content.decode(errors="replace")
        for path, content in render(site)
    }


def html_pages(files: dict[str, str]) -> Iterator[tuple[str, Element]]:
    for path, page in files.items():
        if path.endswith(".html") and path != "404.html":
            yield path, html5lib.parse(page, namespaceHTMLElements=False)


def links(page: Element, relation: str) -> list[Element]:
    return [link for link in page.iter("link") if link.get("rel") == relation]


def metas(page: Element, name: str) -> list[str]:
    return [meta.get("content", "") for meta in page.iter("meta") if name in {meta.get("name"), meta.get("property")}]


def address_of(path: str) -> str:
    return URL + path.removesuffix("index.html")


def test_every_page_has_a_description_of_its_own_words(published: dict[str, str]) -> None:
    for path, page in html_pages(published):
        [description] = metas(page, "description")
        assert 0 < len(description) <= 280, path
        assert "$" not in description or "$1" in description, path
        assert metas(page, "og:description") == [description], path
        [title] = metas(page, "og:title")
        assert title == next(page.iter("title")).text, path


def test_every_page_names_its_own_address_and_those_in_other_languages(published: dict[str, str]) -> None:
    found: dict[str, dict[str, str]] = {}
    for path, page in html_pages(published):
        [canonical] = links(page, "canonical")
        assert canonical.get("href") == address_of(path)
        assert metas(page, "og:url") == [address_of(path)]
        found[address_of(path)] = {
            link.get("hreflang", ""): link.get("href", "") for link in links(page, "alternate") if link.get("hreflang")
        }
    for address, alternates in found.items():
        assert set(alternates) == {"en", "ko", "x-default"}
        assert address in alternates.values()
        assert alternates["x-default"] == alternates["en"]
        for other in alternates.values():
            assert found[other] == alternates, "each page names the others, and is named by them"


def test_the_site_map_lists_exactly_the_pages_with_the_day_of_their_records(published: dict[str, str]) -> None:
    root = fromstring(published["sitemap.xml"])
    rows = {url.findtext(f"{MAPS}loc"): url.findtext(f"{MAPS}lastmod") for url in root}
    assert set(rows) == {address_of(path) for path, _ in html_pages(published)}
    assert rows[f"{URL}day/2099-12-01/"] == "2099-12-02", "when the day was last read"
    assert rows[f"{URL}ko/paper/9912.00001/"] == "2099-12-03", "its new version"
    assert "Sitemap: https://example.org/papers/sitemap.xml" in published["robots.txt"]


def test_a_large_site_map_is_in_parts() -> None:
    pages = [(f"paper/{number}/index.html", date(2099, 12, 1)) for number in range(7)]
    files = {file.path: str(file.write()) for file in address_files(pages, Place(URL), most=3)}
    index = fromstring(files["sitemap.xml"])
    parts = [part.findtext(f"{MAPS}loc", "") for part in index]
    assert parts == [f"{URL}sitemap-{number}.xml" for number in (1, 2, 3)]
    listed = [url.findtext(f"{MAPS}loc") for part in parts for url in fromstring(files[part.removeprefix(URL)])]
    assert listed == [address_of(path) for path, _ in pages]


def test_a_paper_is_cited_as_reference_managers_read_it(published: dict[str, str]) -> None:
    page = html5lib.parse(published["ko/paper/9912.00001/index.html"], namespaceHTMLElements=False)
    assert metas(page, "citation_title") == ["Toy π₀ <b>&"]
    assert metas(page, "citation_author") == ["Ada Example", "Bo <Sample> & Co"]
    assert metas(page, "citation_publication_date") == ["2099/12/01"]
    assert metas(page, "citation_arxiv_id") == ["9912.00001"]
    assert metas(page, "citation_doi") == ["10.48550/arXiv.9912.00001"]
    assert metas(page, "citation_pdf_url") == ["https://arxiv.org/pdf/9912.00001"]
    assert metas(page, "citation_abstract") == [PAPER.abstract]
    assert metas(page, "citation_abstract_html_url") == [f"{URL}ko/paper/9912.00001/"]
    assert metas(page, "citation_language") == ["en"]


def test_linked_data_say_what_the_record_says(published: dict[str, str]) -> None:
    page = html5lib.parse(published["paper/9912.00001/index.html"], namespaceHTMLElements=False)
    [script] = [each for each in page.iter("script") if each.get("type") == "application/ld+json"]
    data = json.loads(script.text or "")
    assert data == article(PAPER, f"{URL}paper/9912.00001/")
    assert (data["@type"], data["headline"], data["abstract"]) == ("ScholarlyArticle", "Toy π₀ <b>&", PAPER.abstract)
    assert [author["name"] for author in data["author"]] == list(PAPER.authors)
    assert (data["datePublished"], data["dateModified"]) == ("2099-12-01", "2099-12-03")
    assert data["sameAs"] == ["https://arxiv.org/abs/9912.00001", "https://doi.org/10.48550/arXiv.9912.00001"]


def test_of_a_paper_nothing_is_said_that_is_not_known() -> None:
    bare = Paper(id="9912.00001", title="Toy")
    assert article(bare).keys() == {"@context", "@type", "headline", "identifier", "sameAs", "encoding"}
    assert {name for name, _ in citation(bare)} == {
        f"citation_{name}" for name in ("title", "arxiv_id", "doi", "pdf_url", "language")
    }


def test_no_title_breaks_out_of_the_head(published: dict[str, str]) -> None:
    for number, _ in enumerate(HOSTILE_TITLES, 4):
        page = html5lib.parse(published[f"paper/9912.{number:05}/index.html"], namespaceHTMLElements=False)
        scripts = [each for each in page.iter("script") if not each.get("src")]
        assert [each.get("type") for each in scripts] == ["application/ld+json"]
        json.loads(scripts[0].text or "")


def test_the_head_leads_to_feeds_and_other_forms_of_a_day(published: dict[str, str]) -> None:
    for path, page in html_pages(published):
        others = {link.get("type"): link.get("href", "") for link in links(page, "alternate") if link.get("type")}
        assert {"application/atom+xml", "application/feed+json", "application/rss+xml"} <= others.keys()
        for link in others.values():
            assert urljoin(address_of(path), link).removeprefix(URL) in published, path
        assert ("application/x-bibtex" in others) == bool(re.search(r"day/2099-12-0[12]/", path))
    day = Day.model_validate_json(published["day/2099-12-02/day.json"])
    assert day == sample_day()
    library = parse_string(published["day/2099-12-02/papers.bib"])
    assert len(library.entries) == len(day.papers)


def test_browsers_can_search_the_site(published: dict[str, str]) -> None:
    for root in ("", "ko/"):
        description = fromstring(published[f"{root}opensearch.xml"])
        [url] = [each for each in description if each.tag.endswith("}Url")]
        template = url.get("template", "")
        assert template == f"{URL}{root}search/?q={{searchTerms}}"
        page = html5lib.parse(published[f"{root}index.html"], namespaceHTMLElements=False)
        assert [link.get("href") for link in links(page, "search")] == [f"{URL}{root}opensearch.xml"]
    assert 'name="q"' in published["search/index.html"]


def test_the_missing_page_speaks_all_languages_and_links_from_anywhere(published: dict[str, str]) -> None:
    page = html5lib.parse(published["404.html"], namespaceHTMLElements=False)
    html5lib.HTMLParser(strict=True).parse(published["404.html"])
    assert "This page is not here" in published["404.html"]
    assert "페이지를 찾을 수 없습니다" in published["404.html"]
    assert metas(page, "robots") == ["noindex"]
    for element in page.iter():
        link = element.get("src") or element.get("href")
        if link and not link.startswith("#"):
            assert link.startswith(URL)
            path = link.removeprefix(URL).partition("?")[0]
            assert (path + "index.html" if path.endswith("/") or not path else path) in published, link


def test_without_an_address_nothing_needs_one(pages: dict[str, str]) -> None:
    assert not {"sitemap.xml", "robots.txt", "404.html", "opensearch.xml"} & pages.keys()
    assert not [path for path in pages if path.endswith("card.png") and path != "assets/card.png"]
    for path, page in html_pages(pages):
        assert not links(page, "canonical"), path
        assert not [link for link in links(page, "alternate") if link.get("hreflang")], path
        assert not metas(page, "og:image"), path
        assert metas(page, "og:title"), path


def test_every_page_has_a_picture_that_is_there(tmp_path: Path) -> None:
    build(sample_site(url=URL), tmp_path)
    pictures = set()
    for path in tmp_path.rglob("index.html"):
        page = html5lib.parse(path.read_text(encoding="utf-8"), namespaceHTMLElements=False)
        [picture] = metas(page, "og:image")
        assert (tmp_path / picture.removeprefix(URL)).is_file(), path
        pictures.add(picture.removeprefix(URL))
    assert {"assets/card.png", "day/2099-12-02/card.png", "paper/9912.00001/card.png"} <= pictures
    assert "day/2099-12-05/card.png" not in pictures


def test_a_day_is_described_by_its_papers_and_a_paper_by_its_summary() -> None:
    [first] = [each for each in sample_site().papers if each.paper.id == "9912.00001"]
    assert describe(EARLIER, "en") == "2 papers: From the day before; Another of the day before"
    assert "2편" in describe(EARLIER, "ko")
    assert describe(EMPTY, "en").endswith("No papers")
    assert describe(first, "en") == "ToyAttn skips blocks that a preview shows to be empty."
    assert describe(first, "ko") == "ToyAttn은 미리 보기로 빈 블록을 찾아 건너뛴다."
    assert describe(Dossier(paper=PAPER), "ko") == PAPER.abstract


def test_the_last_change_is_that_of_the_latest_record() -> None:
    dossier = Dossier(paper=PAPER)
    later = measurement(taken_at=datetime(2099, 12, 9, tzinfo=UTC))
    assert last_change(dossier) == date(2099, 12, 3)
    assert last_change(dossier, [later]) == date(2099, 12, 9)
    assert last_change(None) is None


@pytest.mark.parametrize(
    ("text", "address"),
    [("", ""), ("https://example.org", "https://example.org/"), ("http://a.b:8/c/", "http://a.b:8/c/")],
)
def test_an_address_ends_in_a_slash(text: str, address: str) -> None:
    assert read_address(text) == address


@pytest.mark.parametrize("text", ["example.org", "ftp://a.b/", "https://", "https://a.b/?q=1", "https://a.b/#x", "/x"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not the address of a site"):
        read_address(text)
