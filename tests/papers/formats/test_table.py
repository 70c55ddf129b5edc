"""The table format in all its variants, in small texts of our own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from assay.papers.formats import Record, detect, table
from assay.papers.formats.table import Heading, Row, TableDocument
from assay.papers.models import FIVE_PARTS, THREE_PARTS, Day, DayPaper, DayState, Parts
from tests.papers.formats.hostile import TITLES, dates, days, hostile_text, ids

HEAD = "\n\n## Papers for 2099-12-02\n\n| Title | Authors | Summary |\n|-------|---------|---------|\n"
FOUR_COLUMNS = (
    "## Papers for 2099-12-02\n\n| Title | Authors | Summary | Link |\n|-------|---------|---------|------|\n"
)


def links(key: str) -> str:
    return f"[arXiv](https://arxiv.org/abs/{key}) or [HuggingFace](https://huggingface.co/papers/{key})"


def row(
    title: str = "A Synthetic Title", authors: str = "Bo, Ada", summary: str = "SYNTHETIC.  ", key: str = "9912.99901"
) -> str:
    return f"| {title} (Read more on {links(key)})| {authors} | {summary}|\n"


def read_records(text: str) -> list[Record]:
    document = table.parse(text, file="day.md")
    assert table.render(document) == text
    return list(table.records(document))


def test_a_row_becomes_a_record() -> None:
    (record,) = read_records(HEAD + row())
    assert (record.paper.id, record.paper.title) == ("9912.99901", "A Synthetic Title")
    assert record.paper.authors == ("Ada", "Bo"), "the labels stand in reverse"
    assert (record.sighting.source, record.sighting.rank, record.sighting.votes) == ("digest-table", 1, None)
    assert record.sighting.day.isoformat() == record.summary.day.isoformat() == "2099-12-02"  # type: ignore[union-attr]
    assert (record.summary.origin, record.summary.source) == ("digest", "digest-table")
    assert record.summary.languages == {"en": Parts(prose="SYNTHETIC.")}


@pytest.mark.parametrize(
    ("text", "title", "authors"),
    [
        (HEAD + row(authors=""), "A Synthetic Title", ()),
        (HEAD + row(summary=" "), "A Synthetic Title", ("Ada", "Bo")),
        (HEAD + row(authors="", summary=" "), "A Synthetic Title", ()),
        (
            HEAD + row("Synthetic Title That the Export\n  Has Wrapped"),
            "Synthetic Title That the Export Has Wrapped",
            ("Ada", "Bo"),
        ),
        (HEAD + row("One\n  Two\n  Three"), "One Two Three", ("Ada", "Bo")),
        (HEAD + row("p(y|x) | a bare pipe"), "p(y|x) | a bare pipe", ("Ada", "Bo")),
        (HEAD + row("Scores of GPT-[n]"), "Scores of GPT-[n]", ("Ada", "Bo")),
        (HEAD + row("$\\pi_0$, R\\&D and 50\\%"), "$\\pi_0$, R\\&D and 50\\%", ("Ada", "Bo")),
        (HEAD + row(summary="with | pipes | inside "), "A Synthetic Title", ("Ada", "Bo")),
        (HEAD + row(key="9912.99901v2"), "A Synthetic Title", ("Ada", "Bo")),
        (HEAD + row().removesuffix("\n"), "A Synthetic Title", ("Ada", "Bo")),
        (HEAD + row() + "\n\n", "A Synthetic Title", ("Ada", "Bo")),
        ("\ufeff" + (HEAD + row()).lstrip(), "A Synthetic Title", ("Ada", "Bo")),
        ((HEAD + row()).replace("\n", "\r\n"), "A Synthetic Title", ("Ada", "Bo")),
        (
            FOUR_COLUMNS + "| A Synthetic Title | Bo, Ada | S.   | [Read more](https://arxiv.org/abs/9912.99901) |\n",
            "A Synthetic Title",
            ("Ada", "Bo"),
        ),
        (HEAD + f"| A Title - read more on {links('9912.99901')} | Bo, Ada | S.  |\n", "A Title", ("Ada", "Bo")),
        ("## Papers for 2099-12-02\n" + row(), "A Synthetic Title", ("Ada", "Bo")),
        ("# All days\n\nSome words.\n" + HEAD + row(), "A Synthetic Title", ("Ada", "Bo")),
    ],
)
def test_every_variant_is_read_and_comes_back(text: str, title: str, authors: tuple[str, ...]) -> None:
    (record,) = read_records(text)
    assert record.paper.title == title
    assert record.paper.authors == authors
    assert record.paper.id == "9912.99901"
    assert detect(text) == "table"


def test_ranks_count_within_a_day() -> None:
    text = HEAD + row() + row(key="9912.99902") + HEAD.replace("-02", "-01") + row(key="9912.99903")
    assert [(r.sighting.day.day, r.sighting.rank) for r in read_records(text)] == [(2, 1), (2, 2), (1, 1)]


def test_an_empty_day_is_a_document_without_rows() -> None:
    assert read_records(HEAD) == []


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (row(key="no-id"), "not an arXiv id: 'no-id'"),
        (row(key=""), "not an arXiv id: ''"),
        (row(title=" "), "a row without a title"),
        ("| Only | three | cells |\n", "a row without links to arXiv and Hugging Face"),
        (f"| T (Read more on {links('9912.99902')})| no summary |\n", "a row that has not three columns"),
        (row().replace("papers/9912.99901", "papers/9912.99902"), "the links lead to two papers"),
        (row().replace("  |\n", "\n"), "a row that does not end with a pipe"),
        ("Some words.\n", "not a row of the table"),
        ("## Papers for 2099-02-30\n", "the calendar has no 2099-02-30"),
    ],
)
def test_what_cannot_be_read_is_kept_and_listed(bad: str, why: str) -> None:
    text = HEAD + row() + bad
    document = table.parse(text, file="day.md")
    assert table.render(document) == text
    assert len(document.rows) == 1
    (refusal,) = document.refused
    assert (refusal.file, refusal.line) == ("day.md", 8)
    assert refusal.why.startswith(why)


def test_rows_after_an_impossible_date_are_not_given_to_the_day_before() -> None:
    document = table.parse(HEAD + row() + "\n## Papers for 2099-13-01\n" + row(key="9912.99902"))
    assert [refusal.why for refusal in document.refused] == ["the calendar has no 2099-13-01", "a row under no date"]
    assert len(list(table.records(document))) == 1


@pytest.mark.parametrize("text", ["", "| a | b |\n", "# Papers of 2099-12-02\n", "see ## Papers for 2099-12-02\n"])
def test_another_text_is_refused_as_a_whole(text: str) -> None:
    with pytest.raises(ValueError, match=r"^day\.md: not a digest table"):
        table.parse(text, file="day.md")


OBJECTIVE = "The main research objective is to test."
METHOD = "The key methodology involves a table."
RESULT = "Primary results show 12.5% on ToyBench."
IMPLICATION = "The principal implication for AI practitioners is none."
NUMBERED = (
    "Here is a concise summary of the research paper:  i) This is made up. ii) Main research question or objective:"
    " Does it work?  iii) Key methodology used: A table. iv) Primary results: 12.5%."
    "  v) Principal implication for AI practitioners: None. "
)
LABELLED = (
    'Here\'s a summary of "Titles: With a Colon" as asked:  One. **Research Objective:** Two.'
    " **Key Methodology:** Three. **Primary Results:** Four. **Principal Implication:** Five. "
)
UNMARKED_RESULT = (
    f"One. {OBJECTIVE} {METHOD} It has rows, e.g. two. ToyNet achieves 3.1. It is small. AI practitioners can rest. "
)


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        (
            f"This is made up. {OBJECTIVE} {METHOD} {RESULT} {IMPLICATION} ",
            Parts(
                one_line="This is made up.", objective=OBJECTIVE, method=METHOD, result=RESULT, implication=IMPLICATION
            ),
        ),
        (
            NUMBERED,
            Parts(
                one_line="This is made up.",
                objective="Does it work?",
                method="A table.",
                result="12.5%.",
                implication="None.",
            ),
        ),
        (
            LABELLED,
            Parts(one_line="One.", objective="Two.", method="Three.", result="Four.", implication="Five."),
        ),
        (
            UNMARKED_RESULT,
            Parts(
                one_line="One.",
                objective=OBJECTIVE,
                method=f"{METHOD} It has rows, e.g. two.",
                result="ToyNet achieves 3.1. It is small.",
                implication="AI practitioners can rest.",
            ),
        ),
        (
            "One with **bold** words. It has stages: (i) here, (ii) there, (iii) done. ",
            Parts(prose="One with bold words. It has stages: (i) here, (ii) there, (iii) done."),
        ),
        (f"Here is where it starts. {METHOD} ", Parts(prose=f"Here is where it starts. {METHOD}")),
    ],
)
def test_a_summary_is_sorted_into_parts_by_its_own_words(summary: str, expected: Parts) -> None:
    (record,) = read_records(HEAD + row(summary=summary))
    assert record.summary.languages["en"] == expected


def test_a_day_is_written_in_the_shape_of_the_archives() -> None:
    paper = DayPaper(
        id="9912.99901",
        title="P(y|x) <b>",
        authors=("First", "Second", "Third", "Fourth", "Fifth", "Sixth"),
        rank=1,
        summary={"en": Parts(one_line="One.", objective="Two.", whats_new="No."), "ko": Parts(prose="합성 예시.")},
    )
    day = Day(date="2099-12-02", state=DayState.CLOSED, papers=(paper,))
    expected = row("P(y\\|x) &lt;b>", "Fifth, Fourth, Third, Second, First", "One. Two. ")
    assert table.render(table.from_day(day)) == HEAD + expected
    assert "| 합성 예시. |\n" in table.render(table.from_day(day, "ko"))


@given(days)
def test_a_hostile_day_keeps_its_table_and_its_texts(day: Day) -> None:
    document = table.from_day(day)
    text = table.render(document)
    assert table.parse(text) == document

    records = list(table.records(document))
    assert [r.paper.id for r in records] == [p.id for p in day.papers]
    for record, paper in zip(records, day.papers, strict=True):
        assert record.paper.title == paper.title
        assert sorted(record.summary.languages["en"].text().split()) == sorted(running_text(paper).split())

    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    assert [t.type for t in tokens].count("tr_open") == len(day.papers) + 1
    assert [t.type for t in tokens].count("td_open") == 3 * len(day.papers)
    inline = [child.type for token in tokens for child in token.children or ()]
    assert not {"html_inline", "html_block"} & {*inline, *(t.type for t in tokens)}
    assert "image" not in inline
    assert inline.count("link_open") == 2 * len(day.papers)


def running_text(paper: DayPaper) -> str:
    parts = paper.summary.get("en", Parts())
    five, three = (" ".join(filter(None, (getattr(parts, n) for n in names))) for names in (FIVE_PARTS, THREE_PARTS))
    return five or three or parts.prose or " ".join(parts.other.values())


field = st.text(alphabet=st.characters(exclude_characters="|\r\n", codec="utf-8"), max_size=30)
titles = st.builds(lambda head, tail: f"a{head}\n  {tail}z", field, field) | field.map(lambda text: f"a{text}")
after_title = st.builds(
    Row, title=titles, id=ids, authors=field, summary=field, form=st.sampled_from(["brackets", "dash"])
)
in_column = st.builds(Row, title=titles, id=ids, authors=field, summary=field, form=st.just("column"))
blocks = st.one_of(
    st.tuples(st.builds(Heading, dates, st.sampled_from([0, 3]), st.integers(0, 3)), st.lists(after_title, max_size=3)),
    st.tuples(st.builds(Heading, dates, st.just(4), st.integers(0, 3)), st.lists(in_column, max_size=3)),
)
documents = st.builds(
    lambda parts, newline: TableDocument(tuple(p for head, rows in parts for p in (head, *rows)), "f", newline),
    st.lists(blocks, min_size=1, max_size=3),
    st.sampled_from(["\n", "\r\n"]),
)


@given(documents)
def test_a_document_survives_being_written_and_read(document: TableDocument) -> None:
    assert table.parse(table.render(document), file="f") == document


@pytest.mark.parametrize("title", TITLES)
def test_hostile_titles_written_by_us_are_read_back(title: str) -> None:
    paper = DayPaper(id="9912.99901", title=title, authors=(title,), rank=1, summary={"en": Parts(one_line=title)})
    text = table.render(table.from_day(Day(date="2099-12-02", state=DayState.CLOSED, papers=(paper,))))
    (record,) = read_records(text)
    assert record.paper.title == paper.title
    assert record.summary.languages["en"].prose == paper.title


@given(hostile_text)
def test_detect_agrees_with_parse(text: str) -> None:
    for candidate in (text, HEAD + text, text + HEAD + text):
        if detect(candidate) == "table":
            assert table.render(table.parse(candidate)) == candidate
