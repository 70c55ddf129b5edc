"""The sections format in all its variants, in small texts of our own."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from assay.papers.formats import Record, detect, sections
from assay.papers.formats.sections import Authors, Bullet, Heading, Media, Section, SectionsDocument, Votes
from assay.papers.models import THREE_PARTS, Day, DayPaper, DayState, Parts
from assay.papers.text import normalise
from tests.papers.formats.hostile import TITLES, dates, days, ids

HEAD = "## Daily Papers (2099-12-02)\n\n"
IMAGE = "![](https://example.org/9912.99901.png)\n\n"
PLAYER = '<div><video controls src="https://example.org/v.mp4" muted="false"></video></div>'
VIDEO = f"[Watch Video](https://example.org/v.mp4)\n{PLAYER}\n\n"
TOP = "### [A Synthetic Title](https://arxiv.org/abs/9912.99901)\n\n"
META = "Vote: 12\n\nAuthors: Ada Example, Bo Sample\n\n"
BULLETS = (
    "- ***What's New***: 합성 예시입니다.\n"
    "- ***Technical Details***: 합성(synthetic) 예시입니다.\n"
    "- ***Performance Highlights***: ToyBench에서 12.5%를 기록했습니다."
)
OTHER = "### [Another Title](https://arxiv.org/abs/9912.99902)\n\n" + IMAGE + "Vote: 3\n\n"
PARTS = Parts(
    whats_new="합성 예시입니다.",
    technical_details="합성(synthetic) 예시입니다.",
    performance="ToyBench에서 12.5%를 기록했습니다.",
)


def read_records(text: str) -> list[Record]:
    document = sections.parse(text, file="day.md")
    assert sections.render(document) == text
    assert not document.refused
    return list(sections.records(document))


def test_a_section_becomes_a_record() -> None:
    (record,) = read_records(HEAD + TOP + IMAGE + META + BULLETS + "\n\n")
    assert (record.paper.id, record.paper.title) == ("9912.99901", "A Synthetic Title")
    assert record.paper.authors == ("Ada Example", "Bo Sample")
    assert record.paper.thumbnail_url == "https://example.org/9912.99901.png"
    sighting = record.sighting
    assert (sighting.source, sighting.rank, sighting.votes) == ("digest-sections", 1, 12)
    assert sighting.day == record.summary.day == date(2099, 12, 2)
    assert (record.summary.origin, record.summary.source) == ("digest", "digest-sections")
    assert record.summary.languages == {"ko": PARTS}


@pytest.mark.parametrize(
    "text",
    [
        HEAD + TOP + IMAGE + META + BULLETS.replace("***", "**") + "\n\n",
        HEAD + TOP + VIDEO + META + BULLETS,
        HEAD + TOP + VIDEO.replace("(https://example.org/v.mp4)", "https://example.org/v.mp4") + META + BULLETS,
        HEAD + TOP + META + BULLETS + "\n",
        (HEAD + TOP + IMAGE + META + BULLETS).replace("\n\n", "\n"),
        (HEAD + TOP + IMAGE + META + BULLETS).replace("\n", "\r\n"),
        "\ufeff" + HEAD + TOP + IMAGE + META + BULLETS,
        HEAD + TOP + IMAGE + META.replace("Ada Example, Bo Sample", "['Ada Example', 'Bo Sample']") + BULLETS,
        "\n\n" + HEAD + "\n" + TOP + IMAGE + META + BULLETS.replace("What's New", "what’s new"),
    ],
)
def test_every_variant_is_read_and_comes_back(text: str) -> None:
    (record,) = read_records(text)
    assert record.summary.languages == {"ko": PARTS}
    assert record.paper.authors == ("Ada Example", "Bo Sample")
    assert record.sighting.votes == 12
    assert detect(text) == "sections"


def test_headings_glued_to_the_bullets_of_a_video_are_found() -> None:
    text = HEAD + TOP + VIDEO + META + BULLETS + OTHER + BULLETS + "\n\n"
    first, second = read_records(text)
    assert first.summary.languages["ko"] == second.summary.languages["ko"] == PARTS
    assert second.paper.id == "9912.99902"
    days = read_records(HEAD + TOP + VIDEO + META + BULLETS + HEAD.replace("-02", "-03") + OTHER)
    assert [record.sighting.day.day for record in days] == [2, 3]


def test_a_second_run_on_the_same_day_goes_on_counting() -> None:
    records = read_records(HEAD + TOP + IMAGE + META + BULLETS + "\n\n" + HEAD + OTHER + BULLETS + "\n\n")
    assert [record.sighting.rank for record in records] == [1, 2]


def test_unknown_votes_and_missing_parts() -> None:
    (record,) = read_records(HEAD + TOP + "Vote: -\n\n")
    assert record.sighting.votes is None
    assert record.paper.authors == ()
    assert record.summary.languages == {"en": Parts()}
    assert read_records(HEAD + TOP.replace("99901", "99901v3"))[0].paper.version == 3


def test_other_keys_repeated_keys_plain_bullets_and_printed_values() -> None:
    text = (
        "- ***고찰***: Other.\n- **Ablation Study**: More.\n- A bullet without a key.\n- ***What's New***: One.\n"
        "- ***What's New***: Two.\n- ***Technical Details***: {'Model': 'toy', 'Sizes': ['1B', '2B']}\n"
        "- ***Performance Highlights***: ['Fast.', 'Small.']\n"
    )
    (record,) = read_records(HEAD + TOP + META + text)
    assert record.summary.languages["en"] == Parts(
        whats_new="One. Two.",
        technical_details="Model: toy; Sizes: 1B; 2B",
        performance="Fast.; Small.",
        prose="A bullet without a key.",
        other={"고찰": "Other.", "Ablation Study": "More."},
    )


@pytest.mark.parametrize("value", ["{broken", "{'open': }", "[1, 2", "{}", "[" * 30_000 + "]" * 30_000, "{'\\d': 'x'}"])
def test_text_that_only_looks_like_a_printed_value_does_no_harm(value: str) -> None:
    (record,) = read_records(HEAD + TOP + f"- ***What's New***: {value}\n")
    assert record.summary.languages["en"].whats_new


def test_brackets_in_a_title_do_not_end_it() -> None:
    for title in ("Scores of GPT-[n] and GPT-[o-n]", "a](https://arxiv.org/abs/9912.99990) b", "$\\pi_0$ \\& more"):
        (record,) = read_records(HEAD + TOP.replace("A Synthetic Title", title))
        assert (record.paper.title, record.paper.id) == (title, "9912.99901")


@pytest.mark.parametrize(
    ("bad", "line", "why"),
    [
        (
            "### [No Id](https://arxiv.org/abs/none)\n\nVote: 1\n\n- ***What's New***: Lost?\n",
            9,
            "not an arXiv id: 'none'",
        ),
        ("### [](https://arxiv.org/abs/9912.99903)\n", 9, "a paper without a title"),
        ("### Not a paper\n\nwords\n", 9, "not the heading of a paper"),
        ("# License\n\nwords\n", 9, "not the heading of a paper"),
        ("## Daily Papers (2099-02-30)\n\n", 9, "not a date: '2099-02-30'"),
        ("Vote: many\n", 9, "not part of a paper"),
        ("Vote: ٣\n", 9, "not part of a paper"),
        ("Authors: Cy\n\nsome words\n", 11, "not part of a paper"),
        ("[Watch Video](https://example.org/v.mp4\n" + PLAYER + "\n", 9, "not part of a paper"),
    ],
)
def test_what_cannot_be_read_is_kept_and_listed(bad: str, line: int, why: str) -> None:
    text = HEAD + TOP + META + bad + "\n" + OTHER
    document = sections.parse(text, file="day.md")
    assert sections.render(document) == text
    refusal = document.refused[0]
    assert (refusal.file, refusal.line) == ("day.md", line)
    assert refusal.why.startswith(why)
    first = next(sections.records(document))
    assert first.sighting.votes == 12
    assert not first.summary.languages["en"].text(), "what belongs to a refused paper is not given to the one before"


def test_papers_after_an_impossible_date_are_not_given_to_the_day_before() -> None:
    document = sections.parse(HEAD + TOP + META + "## Daily Papers (2099-13-01)\n\n" + OTHER)
    assert [refusal.why for refusal in document.refused] == ["not a date: '2099-13-01'", "a paper under no date"]
    assert len(list(sections.records(document))) == 1


@pytest.mark.parametrize("text", ["", TOP, "# Papers of 2099-12-02\n", "see " + HEAD])
def test_another_text_is_refused_as_a_whole(text: str) -> None:
    with pytest.raises(ValueError, match=r"^day\.md: not a digest in sections"):
        sections.parse(text, file="day.md")


def test_detect_knows_our_own_markdown_and_the_first_of_two_formats() -> None:
    table = "## Papers for 2099-12-02\n"
    assert detect("\n# Papers of 2099-12-02\n\n" + HEAD) == "markdown"
    assert detect(table + HEAD) == "table"
    assert detect(HEAD + table) == "sections"
    assert detect("# Papers of yesterday\n") is None


def test_a_day_is_written_in_the_shape_of_the_archives() -> None:
    papers = (
        DayPaper(
            id="9912.99901",
            title="Scores of GPT-[n] <b>",
            authors=("Ada", "Bo"),
            votes=0,
            rank=1,
            thumbnail_url="https://example.org/t.png",
            summary={"ko": PARTS, "en": Parts(one_line="One.", method="Two.", result="Three.")},
        ),
        DayPaper(id="9912.99902", title="Bare", rank=2),
    )
    day = Day(date=date(2099, 12, 2), state=DayState.CLOSED, papers=papers)
    bare = (
        "### [Bare](https://arxiv.org/abs/9912.99902)\n\n"
        "![](https://cdn-thumbnails.huggingface.co/social-thumbnails/papers/9912.99902.png)\n\nVote: -\n\nAuthors: \n\n"
    )
    top = (
        "### [Scores of GPT-\\[n\\] &lt;b>](https://arxiv.org/abs/9912.99901)\n\n"
        "![](https://example.org/t.png)\n\nVote: 0\n\nAuthors: Ada, Bo\n\n"
    )
    assert sections.render(sections.from_day(day, "ko")) == HEAD + top + BULLETS + "\n\n" + bare
    english = "- ***What's New***: One.\n- ***Technical Details***: Two.\n- ***Performance Highlights***: Three.\n\n"
    assert sections.render(sections.from_day(day)) == HEAD + top + english + bare


@given(days)
def test_a_hostile_day_keeps_its_sections_and_its_texts(day: Day) -> None:
    document = sections.from_day(day)
    text = sections.render(document)
    assert sections.parse(text) == document
    assert not document.refused

    records = list(sections.records(document))
    assert [(r.paper.id, r.sighting.votes) for r in records] == [(p.id, p.votes) for p in day.papers]
    for record, paper in zip(records, day.papers, strict=True):
        assert record.paper.title == paper.title
        (parts,) = record.summary.languages.values()
        expected = summary_texts(paper)
        assert {part: getattr(parts, part) for part in THREE_PARTS if getattr(parts, part)} == expected[0]
        assert parts.other == expected[1]

    tokens = MarkdownIt("commonmark").parse(text)
    inline = [child.type for token in tokens for child in token.children or ()]
    assert not {"html_inline", "html_block"} & {*inline, *(t.type for t in tokens)}
    assert inline.count("image") == inline.count("link_open") == len(day.papers)
    assert [t.tag for t in tokens if t.type == "heading_open"] == ["h2", *["h3"] * len(day.papers)]


def test_the_player_of_a_video_is_the_only_html() -> None:
    tokens = MarkdownIt("commonmark").parse(HEAD + TOP + VIDEO + META + BULLETS)
    raw = [c.content for t in tokens for c in t.children or () if c.type == "html_inline"]
    raw += [t.content.strip() for t in tokens if t.type == "html_block"]
    assert "".join(raw) == PLAYER


@pytest.mark.parametrize("title", TITLES)
def test_hostile_titles_written_by_us_are_read_back(title: str) -> None:
    plain = normalise(title)
    paper = DayPaper(id="9912.99901", title=title, authors=("Ada",), rank=1, summary={"en": Parts(whats_new=title)})
    (record,) = read_records(
        sections.render(sections.from_day(Day(date=date(2099, 12, 2), state=DayState.CLOSED, papers=(paper,))))
    )
    assert record.paper.title == plain
    assert [parts.whats_new for parts in record.summary.languages.values()] == [plain]


def summary_texts(paper: DayPaper) -> tuple[dict[str, str], dict[str, str]]:
    parts = paper.summary.get("en", Parts())
    three = {part: getattr(parts, part) for part in THREE_PARTS if getattr(parts, part)}
    fallback = {
        "whats_new": parts.one_line or parts.prose,
        "technical_details": parts.method,
        "performance": parts.result,
    }
    other = {name: text for name, text in parts.other.items() if text}
    return three or {part: text for part, text in fallback.items() if text}, other


field = st.text(alphabet=st.characters(exclude_characters="*#\r\n", codec="utf-8"), max_size=30)
urls = st.integers(0, 99).map(lambda n: f"https://example.org/{n}")
gaps = st.integers(1, 3)
part = st.one_of(
    st.builds(Media, urls, st.sampled_from(["image", "video", "bare video"]), gaps),
    st.builds(Votes, st.just("-") | st.integers(0, 999).map(str), gaps),
    st.builds(Authors, field, gaps),
    st.builds(Bullet, field.map(lambda t: f"k{t}".replace("\\", "")), field, st.sampled_from([2, 3]), gaps),
    st.builds(Bullet, st.just(""), field, st.just(0), gaps),
)
section = st.builds(Section, field.map(lambda t: f"a{t}"), ids, st.lists(part, max_size=5).map(tuple), gaps)
documents = st.builds(
    lambda parts, newline: SectionsDocument(tuple(p for head, body in parts for p in (head, *body)), "f", newline),
    st.lists(st.tuples(st.builds(Heading, dates, gaps), st.lists(section, max_size=3)), min_size=1, max_size=3),
    st.sampled_from(["\n", "\r\n"]),
)


@given(documents)
def test_a_document_survives_being_written_and_read(document: SectionsDocument) -> None:
    assert sections.parse(sections.render(document), file="f") == document
