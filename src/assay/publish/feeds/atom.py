"""Feeds in Atom 1.0 (RFC 4287)."""

from xml.etree.ElementTree import Element

from assay.publish.feeds._xml import ATOM, GENERATOR, add, document, rfc3339
from assay.publish.feeds.record import Entry, Feed


def write_atom(feed: Feed) -> str:
    """The feed in Atom 1.0."""
    root = Element("feed", {"xmlns": ATOM, "xml:lang": feed.language})
    add(root, "id", feed.id)
    add(root, "title", feed.title)
    add(root, "subtitle", feed.description)
    add(root, "updated", rfc3339(feed.updated))
    add(add(root, "author"), "name", GENERATOR)  # of entries whose paper names none
    add(root, "link", rel="alternate", type="text/html", href=feed.home)
    if feed.address:
        add(root, "link", rel="self", type="application/atom+xml", href=feed.address)
    add(root, "generator", GENERATOR)
    for entry in feed.entries:
        _add_entry(root, entry)
    return document(root)


def _add_entry(root: Element, entry: Entry) -> None:
    item = add(root, "entry")
    add(item, "id", entry.id)
    add(item, "title", entry.title)
    add(item, "published", rfc3339(entry.published))
    add(item, "updated", rfc3339(entry.updated))
    for name in entry.authors:
        add(add(item, "author"), "name", name)
    add(item, "link", rel="alternate", type="text/html", href=entry.url)
    if entry.arxiv_url != entry.url:
        add(item, "link", rel="related", type="text/html", href=entry.arxiv_url)
    for category in entry.categories:
        add(item, "category", term=category)
    if entry.summary:
        add(item, "summary", entry.summary)
    add(item, "content", entry.content, type="html")
