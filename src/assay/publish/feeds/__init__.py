"""Feeds of papers: Atom 1.0, RSS 2.0 and JSON Feed 1.1, in each language; a pure function of the papers.

An entry has the same id in every feed of its language, wherever the feed is published. Its times are those of the
paper: a feed that is written again from the same papers is the same to the byte.
"""

from assay.publish.feeds.entries import NOWHERE, Place, entry_of, feed_of, first_day, newest
from assay.publish.feeds.opml import write_opml
from assay.publish.feeds.record import Entry, Feed, Subject
from assay.publish.feeds.site import FILES, FORMS, FeedFile, Followed, feed_path, list_feeds, site_feeds, subjects_of

__all__ = [
    "FILES",
    "FORMS",
    "NOWHERE",
    "Entry",
    "Feed",
    "FeedFile",
    "Followed",
    "Place",
    "Subject",
    "entry_of",
    "feed_of",
    "feed_path",
    "first_day",
    "list_feeds",
    "newest",
    "site_feeds",
    "subjects_of",
    "write_opml",
]
