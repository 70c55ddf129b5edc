"""Feeds as JSON: JSON Feed 1.1."""

import json
from typing import Any

from assay.publish.feeds._xml import rfc3339
from assay.publish.feeds.record import Entry, Feed


def write_json(feed: Feed) -> str:
    """The feed as a JSON Feed."""
    record = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.home,
        "feed_url": feed.address,
        "description": feed.description,
        "language": feed.language,
        "items": [_item(entry) for entry in feed.entries],
    }
    if not feed.address:
        del record["feed_url"]
    return json.dumps(record, ensure_ascii=False) + "\n"


def _item(entry: Entry) -> dict[str, Any]:
    item = {
        "id": entry.id,
        "url": entry.url,
        "external_url": entry.arxiv_url if entry.arxiv_url != entry.url else "",
        "title": entry.title,
        "summary": entry.summary,
        "content_html": entry.content,
        "date_published": rfc3339(entry.published),
        "date_modified": rfc3339(entry.updated),
        "authors": [{"name": name} for name in entry.authors],
        "tags": list(entry.categories),
    }
    return {name: value for name, value in item.items() if value}
