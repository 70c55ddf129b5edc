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


def atom_entry(
    paper: str,
    *,
    extra: str = "",
    title: str = "A Toy Paper",
    submitted: str = "2099-12-01T18:00:00Z",
    primary: str = "cs.LG",
) -> str:
    """An entry of an arXiv feed, for an id with its version."""
    return f"""<entry><id>http://arxiv.org/abs/{paper}</id><title>{escape(title)}</title>
  <updated>2099-12-05T09:00:00Z</updated><published>{submitted}</published>
  <link href="https://arxiv.org/abs/{paper}" rel="alternate" type="text/html"/>
  <summary>  We get 12.5\\% on
ToyBench. </summary><category term="cs.AI" scheme="http://arxiv.org/schemas/atom"/>
  <category term="cs.LG" scheme="http://arxiv.org/schemas/atom"/><arxiv:primary_category term="{primary}"/>
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


ABSTRACT = "We get 12.5\\% on\nToyBench, if $a &lt; b$."


def news_entry(
    paper: str,
    kind: str = "new",
    *,
    title: str = "A Toy Paper",
    creators: str = "Ada Example, Bo Sample",
    abstract: str = ABSTRACT,
    day: str = "2099-12-02",
) -> str:
    """An entry of arXiv's Atom news, for an id with its version."""
    return f"""<entry><id>oai:arXiv.org:{paper}</id><title>{escape(title)}</title>
  <updated>{day}T05:00:11.123456+00:00</updated>
  <link href="https://arxiv.org/abs/{paper.partition("v")[0]}" rel="alternate" type="text/html"/>
  <summary>arXiv:{paper} Announce Type: {kind}
Abstract: {abstract}</summary>
  <category term="cs.LG"/><category term="cs.AI"/><published>{day}T00:00:00-05:00</published>
  <arxiv:announce_type>{kind}</arxiv:announce_type>
  <dc:rights>http://creativecommons.org/licenses/by/4.0/</dc:rights>
  <dc:creator>{escape(creators)}</dc:creator></entry>"""


def news(*entries: str, day: str = "2099-12-02") -> bytes:
    """Arxiv's Atom news around entries."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<feed xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns="http://www.w3.org/2005/Atom" xml:lang="en-us"><id>http://rss.arxiv.org/atom/cs.LG</id>'
        f"<title>cs.LG updates on arXiv.org</title><updated>{day}T05:00:11.112233+00:00</updated>"
        '<link href="http://rss.arxiv.org/atom/cs.LG" rel="self" type="application/atom+xml"/>'
        f"{''.join(entries)}</feed>"
    ).encode()


def rss_item(paper: str, kind: str = "new", *, creators: str = "Ada Example, Bo Sample", extra: str = "") -> str:
    """An item of arXiv's RSS news, for an id with its version."""
    return f"""<item><title>A Toy Paper</title><link>https://arxiv.org/abs/{paper.partition("v")[0]}</link>
  <description>arXiv:{paper} Announce Type: {kind}
Abstract: {ABSTRACT}</description><guid isPermaLink="false">oai:arXiv.org:{paper}</guid>
  <category>cs.LG</category><category>cs.AI</category><pubDate>Wed, 02 Dec 2099 00:00:00 -0500</pubDate>
  <arxiv:announce_type>{kind}</arxiv:announce_type><dc:rights>http://example.org/licence</dc:rights>
  <dc:creator>{escape(creators)}</dc:creator>{extra}</item>"""


def rss(*items: str) -> bytes:
    """Arxiv's RSS 2.0 news around items."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss xmlns:arxiv="http://arxiv.org/schemas/atom" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom" version="2.0"><channel>'
        "<title>cs.LG updates on arXiv.org</title><link>http://rss.arxiv.org/rss/cs.LG</link>"
        '<atom:link href="http://rss.arxiv.org/rss/cs.LG" rel="self" type="application/rss+xml"/>'
        "<lastBuildDate>Wed, 02 Dec 2099 05:00:12 +0000</lastBuildDate>"
        f"<pubDate>Wed, 02 Dec 2099 00:00:00 -0500</pubDate>{''.join(items)}</channel></rss>"
    ).encode()
