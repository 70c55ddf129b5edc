"""Listings and feeds of our own making: papers that cannot exist, of a year that has not come."""

from typing import Any
from xml.sax.saxutils import escape


def entry(number: int, **paper: Any) -> dict[str, Any]:
    """A Hugging Face entry in its newest shape; ``paper`` replaces or adds fields of its paper."""
    return {
        "paper": {
            "id": f"9912.{number}",
            "authors": [
                {"_id": "a1", "name": "Ada Example", "hidden": False, "status": "claimed_verified"},
                {"_id": "a2", "name": "Bo Sample", "hidden": False},
            ],
            "publishedAt": "2099-12-01T18:00:00.000Z",
            "submittedOnDailyAt": "2099-12-02T00:00:00.000Z",
            "title": f"A Toy Paper, Number\n  {number}",
            "summary": "We get 12.5\\% on\nToyBench.",
            "upvotes": 7,
            "discussionId": "d1",
            **paper,
        },
        "publishedAt": "2099-12-01T14:00:00.000Z",
        "title": f"A Toy Paper, Number {number}",
        "summary": "We get 12.5\\% on\nToyBench.",
        "thumbnail": f"https://cdn-thumbnails.huggingface.co/social-thumbnails/papers/9912.{number}.png",
        "numComments": 1,
        "isAuthorParticipating": False,
    }


def atom_entry(paper: str, *, extra: str = "", title: str = "A Toy Paper") -> str:
    """An entry of an arXiv feed, for an id with its version."""
    return f"""<entry><id>http://arxiv.org/abs/{paper}</id><title>{escape(title)}</title>
  <updated>2099-12-05T09:00:00Z</updated><published>2099-12-01T18:00:00Z</published>
  <link href="https://arxiv.org/abs/{paper}" rel="alternate" type="text/html"/>
  <summary>  We get 12.5\\% on
ToyBench. </summary><category term="cs.AI" scheme="http://arxiv.org/schemas/atom"/>
  <category term="cs.LG" scheme="http://arxiv.org/schemas/atom"/><arxiv:primary_category term="cs.LG"/>
  <author><name>Ada Example</name><arxiv:affiliation>Toy University</arxiv:affiliation></author>
  <author><name>Bo Sample</name></author>{extra}</entry>"""


def feed(*entries: str, total: int | None = None) -> bytes:
    """An arXiv feed around entries."""
    count = len(entries) if total is None else total
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom" '
        'xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">'
        f"<opensearch:totalResults>{count}</opensearch:totalResults>{''.join(entries)}</feed>"
    ).encode()


def error_feed(words: str) -> bytes:
    """How arXiv reports an error: as a feed."""
    return feed(
        "<entry><id>http://arxiv.org/api/errors#incorrect_id_format_for_1234</id><title>Error</title>"
        f"<summary>{escape(words)}</summary></entry>"
    )
