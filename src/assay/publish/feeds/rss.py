"""Feeds in RSS 2.0."""

from html import escape
from xml.etree.ElementTree import Element

from assay.publish.feeds._xml import ATOM, GENERATOR, add, document, rfc822
from assay.publish.feeds.record import Feed


def write_rss(feed: Feed) -> str:
    """The feed in RSS 2.0."""
    names = {"atom": ATOM, "content": "http://purl.org/rss/1.0/modules/content/"}
    names["dc"] = "http://purl.org/dc/elements/1.1/"
    root = Element("rss", {"version": "2.0"} | {f"xmlns:{prefix}": name for prefix, name in names.items()})
    channel = add(root, "channel")
    add(channel, "title", feed.title)
    add(channel, "link", feed.home)
    add(channel, "description", feed.description)
    add(channel, "language", feed.language)
    if feed.entries:
        add(channel, "lastBuildDate", rfc822(feed.updated))
    add(channel, "generator", GENERATOR)
    if feed.address:
        add(channel, "atom:link", rel="self", type="application/rss+xml", href=feed.address)
    for entry in feed.entries:
        item = add(channel, "item")
        add(item, "title", entry.title)
        add(item, "link", entry.url)
        add(item, "guid", entry.id, isPermaLink="false")
        add(item, "pubDate", rfc822(entry.published))
        for name in entry.authors:
            add(item, "dc:creator", name)  # `author` of RSS is a mail address
        for category in entry.categories:
            add(item, "category", category)
        add(item, "description", escape(entry.summary or entry.title, quote=False))  # readers take it for HTML
        add(item, "content:encoded", entry.content)
    return document(root)
