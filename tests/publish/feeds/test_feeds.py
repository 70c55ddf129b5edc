"""Feeds as feed readers read them, by the rules of each format, whatever stands in titles."""

import json
import re
import xml.etree.ElementTree as ET
from calendar import timegm
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from html import unescape
from typing import Any

import feedparser  # type: ignore[import-untyped]
import html5lib
import jsonschema
import pytest
from hypothesis import example, given, reject, settings
from hypothesis import strategies as st

from assay.papers.mathematics import to_text
from assay.papers.measurement import Measurement
from assay.papers.models import Dossier, Paper, Parts, Sighting
from assay.papers.period import Period
from assay.publish.feeds import FORMS, Feed, Followed, Place, Subject, entry_of, feed_of, list_feeds, newest, site_feeds
from tests.papers.measured import measurement
from tests.publish.sample import HOSTILE_TITLES, sample_day, sample_dossiers
from tests.publish.test_period import WEEK

ATOM = "{http://www.w3.org/2005/Atom}"
URL = "https://example.org/papers/"
TAG_URI = re.compile(r"tag:[a-z0-9.-]+(?:@[a-z0-9.-]+)?,\d{4}(?:-\d\d){0,2}:[\w.~!$&'()*+,;=:@/?%-]+")  # RFC 4151
JSON_FEED = {
    "type": "object",
    "required": ["version", "title", "items"],
    "properties": {
        "version": {"const": "https://jsonfeed.org/version/1.1"},
        "title": {"type": "string", "minLength": 1},
        "home_page_url": {"type": "string", "format": "uri", "pattern": "^https?://"},
        "feed_url": {"type": "string", "pattern": "^https?://"},
        "description": {"type": "string"},
        "language": {"type": "string", "pattern": "^[a-z]{2,3}$"},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id"],
                "anyOf": [{"required": ["content_html"]}, {"required": ["content_text"]}],
                "properties": {
                    "id": {"type": "string", "minLength": 1},
                    "url": {"type": "string", "pattern": "^https?://"},
                    "external_url": {"type": "string", "pattern": "^https?://"},
                    "title": {"type": "string"},
                    "summary": {"type": "string"},
                    "content_html": {"type": "string", "minLength": 1},
                    "date_published": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
                    "date_modified": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
                    "authors": {
                        "type": "array",
                        "items": {"type": "object", "required": ["name"], "additionalProperties": False}
                        | {"properties": {"name": {"type": "string", "minLength": 1}}},
                    },
                    "tags": {"type": "array", "items": {"type": "string", "minLength": 1}},
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}
"""JSON Feed 1.1, as far as we write it."""


@dataclass
class Published:
    papers: Sequence[Dossier]
    measurements: Mapping[str, Sequence[Measurement]] = field(default_factory=dict)
    languages: Sequence[str] = ("en", "ko")
    weeks: Sequence[Period] = ()
    follows: Sequence[Followed] = ()


def files_of(site: Published, base_url: str = "") -> dict[str, str]:
    return {file.path: file.write() for file in site_feeds(site, base_url)}


def feed(papers: Sequence[Dossier], language: str = "en", base_url: str = URL) -> Feed:
    place = Place(base_url, ("en", "ko"))
    entries = [entry_of(each, language, place=place) for each in newest(papers)]
    return feed_of(Subject("all"), entries, language, place)


def sample_feed(language: str = "en") -> Feed:
    return feed(sample_dossiers(), language).model_copy(update={"address": f"{URL}feeds/{language}/all/atom.xml"})


def check_atom(text: str) -> ET.Element:
    """What RFC 4287 says of a feed and of its entries with MUST."""
    root = ET.fromstring(text)
    assert root.tag == f"{ATOM}feed"
    for holder in [root, *root.findall(f"{ATOM}entry")]:
        for name in ("id", "title", "updated"):
            assert len(holder.findall(f"{ATOM}{name}")) == 1, name
            assert holder.findtext(f"{ATOM}{name}")
        assert TAG_URI.fullmatch(holder.findtext(f"{ATOM}id", ""))
        assert datetime.fromisoformat(holder.findtext(f"{ATOM}updated", "")).tzinfo
        assert len(holder.findall(f"{ATOM}link[@rel='alternate']")) == 1
        for link in holder.findall(f"{ATOM}link"):
            assert re.match("https?://", link.get("href", ""))
        for author in holder.findall(f"{ATOM}author"):
            assert len(author.findall(f"{ATOM}name")) == 1
    assert root.find(f"{ATOM}author") is not None  # of entries without one
    ids = [entry.findtext(f"{ATOM}id") for entry in root.findall(f"{ATOM}entry")]
    assert len(ids) == len(set(ids))
    for category in root.iter(f"{ATOM}category"):
        assert category.get("term")
    return root


def check_rss(text: str) -> ET.Element:
    """What RSS 2.0 requires of a channel and its items."""
    root = ET.fromstring(text)
    assert (root.tag, root.get("version")) == ("rss", "2.0")
    (channel,) = root
    for name in ("title", "link", "description"):
        assert len(channel.findall(name)) == 1
        assert channel.findtext(name)
    for item in channel.findall("item"):
        assert item.findtext("title")
        assert item.findtext("description")
        guid = item.find("guid")
        assert guid is not None
        assert guid.get("isPermaLink") == "false"
        assert TAG_URI.fullmatch(guid.text or "")
        moment = item.findtext("pubDate", "")
        assert re.fullmatch(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", moment)  # RFC 822
        assert parsedate_to_datetime(moment).tzinfo
        assert item.find("author") is None  # it would have to be a mail address
    return channel


def check_json(text: str) -> dict[str, Any]:
    record = json.loads(text)
    jsonschema.validate(record, JSON_FEED)
    return dict(record)


CHECKS = {"atom": check_atom, "rss": check_rss, "json": check_json}


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("form", FORMS)
def test_a_feed_keeps_the_rules_of_its_format(form: str, language: str) -> None:
    CHECKS[form](FORMS[form](sample_feed(language)))  # type: ignore[operator]


@pytest.mark.parametrize("form", FORMS)
def test_an_empty_feed_keeps_them_too(form: str) -> None:
    CHECKS[form](FORMS[form](feed(())))  # type: ignore[operator]


@pytest.mark.parametrize("form", ["atom", "rss"])
def test_a_feed_reader_reads_it(form: str) -> None:
    ours = sample_feed()
    read = feedparser.parse(FORMS[form](ours))
    assert not read.bozo
    assert read.feed.title == ours.title
    assert read.feed.link == URL
    assert read.feed.language == "en"
    assert len(read.entries) == len(ours.entries)
    for theirs, entry in zip(read.entries, ours.entries, strict=True):
        assert theirs.id == entry.id
        assert theirs.link == entry.url
        assert datetime.fromtimestamp(timegm(theirs.published_parsed), UTC) == entry.published
        assert tuple(tag.term for tag in theirs.get("tags", ())) == entry.categories
        assert tuple(author.name for author in theirs.get("authors", ()) if author) == entry.authors
        assert theirs.content[-1].type == "text/html"
    if form == "atom":
        # Of a title in RSS readers guess whether it is HTML.
        assert [theirs.title_detail.type for theirs in read.entries] == ["text/plain"] * len(ours.entries)
        assert [theirs.title for theirs in read.entries] == [entry.title for entry in ours.entries]


def test_content_is_html_with_claims_and_where_they_stand() -> None:
    entry = next(entry for entry in sample_feed().entries if "9912.00001" in entry.id)
    html5lib.HTMLParser(strict=True).parseFragment(entry.content)
    assert "<strong>2.5–5x</strong> attention speed" in entry.content
    assert "against dense attention; 8K tokens; in abstract and digest" in entry.content
    assert "sources disagree: digest: 30.9%" in entry.content
    assert "8K (?)" in entry.content  # the paper does not have this figure
    assert '<a href="https://arxiv.org/abs/9912.00001">arXiv</a>' in entry.content
    korean = next(entry for entry in sample_feed("ko").entries if "9912.00001" in entry.id)
    assert "<strong>주장</strong>" in korean.content
    assert "ToyAttn은 미리 보기로" in korean.summary


def test_a_paper_without_a_summary_in_the_language_says_so() -> None:
    (entry,) = [entry for entry in sample_feed("ko").entries if "9912.00002" in entry.id]
    assert "한국어 요약 없음" in entry.content
    assert '<p lang="en"><strong>요약</strong>: Running text' in entry.content


def test_a_withdrawn_paper_says_so_and_claims_nothing() -> None:
    (entry,) = [entry for entry in sample_feed().entries if "9912.00013" in entry.id]
    assert entry.content.startswith("<p><strong>withdrawn on 2099-12-07</strong></p>")
    assert "<ul>" not in entry.content
    assert entry.updated == datetime(2099, 12, 7, 9, tzinfo=UTC)


def test_hostile_titles_arrive_as_they_are() -> None:
    entries = {entry.id.split("/")[1]: entry for entry in sample_feed().entries}
    for number, title in enumerate(HOSTILE_TITLES, 4):
        assert entries[f"9912.{number:05}"].title == to_text(Paper(id="9912.00001", title=title).title)
    atom = check_atom(FORMS["atom"](sample_feed()))
    titles = {each.findtext(f"{ATOM}id"): each.findtext(f"{ATOM}title") for each in atom.findall(f"{ATOM}entry")}
    assert titles == {entry.id: entry.title for entry in sample_feed().entries}


anything = st.text(st.characters(), min_size=1, max_size=40)
hostile = st.sampled_from(
    [
        "]]>",
        "<![CDATA[",
        "&amp;",
        "\x00\x08\x1b",
        "\ud800",
        "\ufffe",
        "😀👩‍🔬",
        r"$\frac{a}{b}$",
        "<math><mi>x</mi></math>",
        "</title>",
    ]
)


@settings(max_examples=150)
@given(title=st.lists(anything | hostile, min_size=1).map("".join), author=anything, doi=anything)
@example(title="]]><script>&#0;", author="<b>", doi="\x00")
def test_whatever_is_in_a_record_the_feeds_are_well_formed(title: str, author: str, doi: str) -> None:
    try:
        paper = Paper(id="9912.00001", title=title, authors=(author,), abstract=title, categories=(doi,), doi=doi)
    except ValueError:
        reject()  # nothing visible is left of the title
    parts = Parts(one_line=title, prose=author)
    dossier = Dossier(paper=paper, summary={"en": parts}, summary_origin={"en": "digest"})
    own = feed([dossier])
    check_rss(FORMS["rss"](own))
    assert check_json(FORMS["json"](own))["items"][0]["title"] == own.entries[0].title
    root = check_atom(FORMS["atom"](own))
    entry = root.find(f"{ATOM}entry")
    assert entry is not None
    assert entry.findtext(f"{ATOM}title") == own.entries[0].title
    assert (entry.findtext(f"{ATOM}content") or "").replace("\r\n", "\n") == own.entries[0].content.replace("\r", "\n")
    shown = unescape(re.sub("<[^>]*>", "", own.entries[0].content))
    assert to_text(parts.one_line).split() == [] or to_text(parts.one_line).split()[0] in shown
    FORMS["atom"](own).encode()


@given(value=anything)
def test_the_feed_of_any_query_has_a_tag_for_its_id(value: str) -> None:
    own = feed_of(Subject("query", value), (), "en")
    assert TAG_URI.fullmatch(own.id)
    check_atom(FORMS["atom"](own))


def test_ids_and_times_do_not_hang_on_where_or_when_it_is_written() -> None:
    here, there = feed(sample_dossiers()), feed(sample_dossiers()[::-1], base_url="https://example.com/")
    assert [entry.id for entry in here.entries] == [entry.id for entry in there.entries]
    assert [entry.updated for entry in here.entries] == [entry.updated for entry in there.entries]
    assert here.updated == max(entry.updated for entry in here.entries)
    assert {FORMS[form](here) for form in FORMS} == {FORMS[form](feed(sample_dossiers())) for form in FORMS}


def test_a_paper_has_one_id_in_all_feeds_of_a_language() -> None:
    files = files_of(Published(sample_dossiers()), URL)
    for language in ("en", "ko"):
        ids = {
            path: set(re.findall(r"<id>(tag:\S+/paper/9912.00001/\w+)</id>", text))
            for path, text in files.items()
            if path.startswith(f"feeds/{language}/") and path.endswith("atom.xml")
        }
        assert ids[f"feeds/{language}/all/atom.xml"] == ids[f"feeds/{language}/room/attention/atom.xml"]
    assert len(re.findall("paper/9912.00001/en", files["feeds/en/all/atom.xml"])) == 1


def test_a_new_version_a_withdrawal_and_a_measurement_are_updates_and_votes_are_not() -> None:
    dossier = sample_dossiers()[0]
    before = entry_of(dossier, "en")
    assert before.published == before.updated == datetime(2099, 12, 2, tzinfo=UTC)
    votes = tuple(sighting.model_copy(update={"votes": 99}) for sighting in dossier.sightings)
    assert entry_of(dossier.model_copy(update={"sightings": votes}), "en") == before
    later = before.updated + timedelta(days=9)
    newer = dossier.model_copy(update={"paper": dossier.paper.model_copy(update={"version": 2, "updated": later})})
    assert entry_of(newer, "en").updated == later
    taken = measurement(paper="9912.00001", taken_at=later)
    entry = entry_of(dossier, "en", [taken])
    assert entry.updated == later
    assert entry.published == before.published
    assert "Claimed and measured" in entry.content


def test_the_newest_come_first_and_no_paper_of_the_last_day_is_left_out() -> None:
    first, second = sample_day().date, sample_day().date + timedelta(days=1)
    papers = [
        Dossier(
            paper=Paper(id=f"9912.{number:05}", title=f"Toy {number}"),
            sightings=(Sighting(paper=f"9912.{number:05}", source="huggingface", day=day, votes=number),),
        )
        for number, day in enumerate([first, first, second, second, second], 1)
    ]
    assert [each.paper.id[-1] for each in newest(papers, 4)] == ["5", "4", "3", "2"]
    assert [each.paper.id[-1] for each in newest(papers, 1)] == ["5", "4", "3"]
    assert newest((), 4) == []


def test_a_site_has_feeds_of_all_of_rooms_and_of_categories_and_a_list_of_them() -> None:
    papers = sample_dossiers()
    in_two = papers[1].paper.model_copy(update={"categories": ("cs.LG", "stat.ML")})
    site = Published([*papers[:1], papers[1].model_copy(update={"paper": in_two}), *papers[2:]])
    files = files_of(site, URL)
    names = ("all", "weeks", "room/attention", "category/cs.LG", "category/stat.ML")
    assert set(files) == {"feeds/feeds.opml"} | {
        f"feeds/{language}/{name}/{file}"
        for language in ("en", "ko")
        for name in names
        for file in ("atom.xml", "rss.xml", "feed.json")
    }
    root = ET.fromstring(files["feeds/feeds.opml"])
    assert (root.tag, root.get("version")) == ("opml", "2.0")
    assert root.findtext("head/title")
    outlines = root.findall("body/outline/outline")
    assert {each.get("xmlUrl", "").removeprefix(URL) for each in outlines} <= set(files)
    assert len(outlines) == 10
    for each in root.iter("outline"):
        assert each.get("text")
    for path, text in files.items():
        if path.endswith("atom.xml"):
            own = check_atom(text).find(f"{ATOM}link[@rel='self']")
            assert own is not None
            assert own.get("href") == URL + path
    entry = ET.fromstring(files["feeds/ko/all/atom.xml"]).find(f"{ATOM}entry/{ATOM}link[@rel='alternate']")
    assert entry is not None
    assert entry.get("href", "").startswith(f"{URL}ko/paper/9912.")


def test_without_an_address_entries_lead_to_arxiv_and_nothing_is_relative() -> None:
    files = files_of(Published(sample_dossiers()))
    assert "feeds/feeds.opml" not in files
    for path, text in files.items():
        CHECKS[{"atom.xml": "atom", "rss.xml": "rss", "feed.json": "json"}[path.rsplit("/", 1)[1]]](text)  # type: ignore[operator]
        assert 'rel="self"' not in text
    assert 'rel="alternate" type="text/html" href="https://arxiv.org/abs/9912.00001"' in files["feeds/en/all/atom.xml"]
    with pytest.raises(ValueError, match="needs the address of each"):
        list_feeds([Subject("all")], Place(""))


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_week_is_an_entry_with_what_was_remarkable_in_it(language: str) -> None:
    files = files_of(Published(sample_dossiers(), weeks=[WEEK]), URL)
    check_rss(files[f"feeds/{language}/weeks/rss.xml"])
    [item] = check_json(files[f"feeds/{language}/weeks/feed.json"])["items"]
    root = check_atom(files[f"feeds/{language}/weeks/atom.xml"])
    entry = feedparser.parse(ET.tostring(root)).entries[0]
    home = URL + ("ko/" if language == "ko" else "")
    assert (entry.title, entry.link) == (
        {"en": "Week 49 of 2099", "ko": "2099년 49주"}[language],
        f"{home}week/2099-W49/",
    )
    assert entry.id == f"tag:assay-papers.invalid,2026:week/2099-W49/{language}"
    assert entry.published == "2099-12-07T00:00:00Z", "when it is over"
    content = html5lib.parse(item["content_html"], namespaceHTMLElements=False)
    html5lib.HTMLParser(strict=True).parseFragment(item["content_html"])
    shown = " ".join("".join(content.itertext()).split())
    for words in (*map(to_text, HOSTILE_TITLES[:2]), "tide | pools", "2.5–5x"):
        assert words in shown, words
    assert {link.get("href", "").rpartition("/paper/")[0] for link in content.findall(".//li/a")} == {home.rstrip("/")}


def test_what_a_reader_follows_has_feeds_only_where_that_is_wanted() -> None:
    papers = sample_dossiers()
    in_category = papers[1].model_copy(
        update={"paper": papers[1].paper.model_copy(update={"categories": ("cs.LG",)})},
    )
    site = Published([papers[0], in_category])
    before = files_of(site, URL)
    follows = [
        Followed(Subject("author", "Ada Example"), papers[:1]),
        Followed(Subject("author", "한국인"), ()),
        Followed(Subject("organisation", 'A/B "Lab"'), [in_category]),
        Followed(Subject("category", "CS.lg"), [in_category]),
        Followed(Subject("query", "../" * 200), ()),
    ]
    after = files_of(Published(site.papers, follows=follows), URL)
    new = sorted({path.rpartition("/")[0] for path in after.keys() - before.keys()})
    assert [re.sub(r"[0-9a-f]{8}$", "8", folder) for folder in new] == [
        "feeds",
        *(
            f"feeds/{language}/{name}"
            for language in ("en", "ko")
            for name in ("author/8", "author/ada-example-8", "organisation/a-b-lab-8", "query/8")
        ),
    ]
    assert {path: after[path] for path in before} == before
    listed = [
        each.get("xmlUrl") or "" for each in ET.fromstring(after["feeds/follows.opml"]).findall("body/outline/outline")
    ]
    assert len(listed) == 10
    assert {address.removeprefix(URL) for address in listed} <= after.keys()
    assert f"{URL}feeds/en/category/cs.LG/atom.xml" in listed, "the site has that one already"
    [path] = [path for path in after if re.match("feeds/en/author/ada.*atom", path)]
    own = feedparser.parse(after[path])
    assert (own.feed.title, own.feed.id) == (
        "Assay: papers by Ada Example",
        "tag:assay-papers.invalid,2026:feed/author/Ada%20Example/en",
    )
    assert [entry.title for entry in own.entries] == ["Toy Attention"]
    bare = files_of(Published(site.papers, follows=follows))
    assert "feeds/follows.opml" not in bare
    assert any(path.startswith("feeds/en/author/ada-example") for path in bare)


@given(st.text(max_size=80), st.text(max_size=80))
def test_the_folder_of_a_feed_is_plain_and_no_others(one: str, other: str) -> None:
    folders = [Subject("query", value).folder for value in (one, other)]
    assert all(re.fullmatch(r"query/[a-z0-9-]{1,60}", folder) for folder in folders)
    assert (folders[0] == folders[1]) == (one == other)
