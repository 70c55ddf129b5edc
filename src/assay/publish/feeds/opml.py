"""Lists of feeds in OPML 2.0."""

from collections.abc import Iterable
from xml.etree.ElementTree import Element

from assay.publish.feeds._xml import add, document
from assay.publish.feeds.record import Feed


def write_opml(title: str, groups: Iterable[tuple[str, Iterable[Feed]]]) -> str:
    """A list of feeds in OPML 2.0, which feed readers import.

    Args:
        title: of the list.
        groups: feeds that stand together, and what their group is called.

    Raises:
        ValueError: if it is not known where one of the feeds is.
    """
    root = Element("opml", version="2.0")
    add(add(root, "head"), "title", title)
    body = add(root, "body")
    for name, feeds in groups:
        outline = add(body, "outline", text=name)
        for feed in feeds:
            if not feed.address:
                raise ValueError(f"a list of feeds needs the address of each, and {feed.title!r} has none")
            add(
                outline,
                "outline",
                type="rss",  # of Atom too: it stands for anything that a reader subscribes to
                text=feed.title,
                title=feed.title,
                description=feed.description,
                language=feed.language,
                xmlUrl=feed.address,
                htmlUrl=feed.home,
            )
    return document(root)
