"""The files of a site that are for programs alone and need its address: site map, robots, OpenSearch, the missing page.

Written are only those that a file host, a browser or a search engine asks for by itself.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, SubElement, tostring

from assay.publish.feeds import Place
from assay.publish.labels import label
from assay.publish.site.files import File

_MOST = 50_000
"""So many addresses may stand in one site map."""
_SITEMAPS = "http://www.sitemaps.org/schemas/sitemap/0.9"
_OPENSEARCH = "http://a9.com/-/spec/opensearch/1.1/"


def read_address(text: str) -> str:
    """The address of a site as people type it, with a slash at its end; empty for none.

    Raises:
        ValueError: if it is no web address of a folder.
    """
    if not text:
        return ""
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment or " " in text:
        raise ValueError(f"not the address of a site: {text!r} (write https://example.org/papers/)")
    return text.rstrip("/") + "/"


def address_files(pages: Sequence[tuple[str, date | None]], place: Place, *, most: int = _MOST) -> Iterator[File]:
    """The site map, what points robots to it, and how browsers search the site.

    Args:
        pages: the path of each page, and when its records last changed.
        place: where the site is; its address is known.
        most: how many pages one site map may list.
    """
    listed = [(place.file(path.removesuffix("index.html")), changed) for path, changed in pages]
    parts = [listed[start : start + most] for start in range(0, len(listed), most)]
    if len(parts) == 1:
        yield File("sitemap.xml", listed, lambda: _sitemap(listed))
    else:
        names = [f"sitemap-{number}.xml" for number in range(1, len(parts) + 1)]
        for name, part in zip(names, parts, strict=True):
            yield File(name, part, lambda part=part: _sitemap(part))  # type: ignore[misc]
        yield File("sitemap.xml", (names, place), lambda: _sitemap_index([place.file(name) for name in names]))
    yield File("robots.txt", place, lambda: f"User-agent: *\nAllow: /\n\nSitemap: {place.file('sitemap.xml')}\n")
    for language in place.languages:
        path = place.page(language, "opensearch.xml").removeprefix(place.file(""))
        yield File(path, place, lambda language=language: _opensearch(place, language))  # type: ignore[misc]


def _sitemap(pages: Sequence[tuple[str, date | None]]) -> str:
    root = Element("urlset", xmlns=_SITEMAPS)
    for address, changed in pages:
        url = SubElement(root, "url")
        SubElement(url, "loc").text = address
        if changed:
            SubElement(url, "lastmod").text = changed.isoformat()
    return _document(root)


def _sitemap_index(addresses: Sequence[str]) -> str:
    root = Element("sitemapindex", xmlns=_SITEMAPS)
    for address in addresses:
        SubElement(SubElement(root, "sitemap"), "loc").text = address
    return _document(root)


def _opensearch(place: Place, language: str) -> str:
    root = Element("OpenSearchDescription", xmlns=_OPENSEARCH)
    SubElement(root, "ShortName").text = "Assay"
    SubElement(root, "Description").text = label("site.search_papers", language)
    SubElement(root, "Language").text = language
    SubElement(root, "InputEncoding").text = "UTF-8"
    SubElement(root, "Image", width="32", height="32", type="image/svg+xml").text = place.file("assets/icon.svg")
    SubElement(root, "Url", type="text/html", template=place.page(language, "search/") + "?q={searchTerms}")
    return _document(root)


def _document(root: Element) -> str:
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(root, encoding="unicode")}\n'
