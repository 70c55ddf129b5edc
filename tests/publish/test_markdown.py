"""Our Markdown reads, in a CommonMark parser, as exactly the text that went in."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from assay.papers.models import Day, Origin, Parts
from assay.papers.text import normalise
from assay.publish.markdown import day_markdown
from assay.publish.prose import split_formulas
from tests.publish.sample import HOSTILE_TITLES, day_paper, sample_day

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def headings(markdown: str) -> list[str]:
    tokens = PARSER.parse(markdown)
    return [
        plain(tokens[i + 1]) for i, token in enumerate(tokens) if token.type == "heading_open" and token.tag == "h2"
    ]


def plain(token: Token) -> str:
    kinds = [child.type for child in token.children or []]
    assert set(kinds) <= {"text", "text_special"}, f"mark-up in {token.content!r}: {kinds}"
    return "".join(child.content for child in token.children or [])


def test_a_day_in_two_languages(snapshot: object) -> None:
    day = sample_day()
    assert day_markdown(day.model_copy(update={"papers": day.papers[:3]}), ("en", "ko")) == snapshot


def test_what_the_record_says_stands_in_the_day() -> None:
    day = sample_day()
    text = day_markdown(day.model_copy(update={"papers": day.papers[-1:]}))
    blocks = [token for token in PARSER.parse(text) if token.type == "inline"]
    lines = ["".join(child.content for child in token.children or []) for token in blocks]
    assert lines[3] == "withdrawn on 2099-12-07"
    assert lines[4] == ("arXiv 9912.00013 · Hugging Face · 0 votes · also listed 2099-11-03, 2099-12-01 · Code"), (
        "what is no web address is no link"
    )
    assert lines[5:8] == [
        "Ada Example, Bo <Sample> & Co (Toy <Lab>)",
        "Accepted at ToyConf 2099; withdrawn due to an error in *Section 4* · Toys & Games 7 (2099) 1-9",
        "Keywords: sparse attention, C++ | toys",
    ]
    [address] = [child.attrs["href"] for child in blocks[4].children or [] if child.type == "link_open"][2:]
    assert address == "https://example.org/toy_(attention)?a=1&b=%3C2%3E"
    assert "2.5–5x" not in text, "claims that were taken back are not shown"


def test_an_empty_day_says_why() -> None:
    empty = sample_day().model_copy(update={"papers": (), "reason": "nothing is listed on a Saturday"})
    assert "nothing is listed on a Saturday" in day_markdown(empty)


@pytest.mark.parametrize("title", HOSTILE_TITLES)
def test_a_hostile_title_is_only_text(title: str) -> None:
    check_title(title)


@settings(max_examples=300)
@given(st.text(min_size=1, max_size=60).filter(normalise))
def test_any_title_is_only_text(title: str) -> None:
    check_title(title)


def as_read(title: str) -> str:
    """The title where no formulas are set: they stand there as they were written."""
    pieces = split_formulas(normalise(title))
    return normalise("".join(f"${piece.latex}$" if piece.needs_setting else piece.text for piece in pieces))


@pytest.mark.parametrize(
    ("title", "written"),
    [
        (r"Reaching $O(n \log n)$ with \$5 and $7", r"Reaching $O(n \log n)$ with \$5 and \$7"),
        (r"$\alpha$-Softmax is $\sim$3x faster", r"α-Softmax is \~3x faster"),
        (r"$x_1 < y$, $a_1*b$ and $\{a\}$", r"$x_1 \lt  y$, $a_1\ast b$ and $\lbrace a\rbrace$"),
        (r"$[x](https://a.org)$, $a`b$, $_a_$", r"\[x\](https://a.org), a\`b, ₐ\_"),
    ],
)
def test_formulas_stay_formulas_and_money_is_text(title: str, written: str) -> None:
    markdown = day_markdown(Day(date=sample_day().date, state=sample_day().state, papers=(day_paper(1, title),)))
    assert f"## 1. {written}\n" in markdown


def check_title(title: str) -> None:
    paper = day_paper(1, title, summary={"en": Parts(one_line=title)}, summary_origin={"en": Origin.EXTRACTIVE})
    markdown = day_markdown(Day(date=sample_day().date, state=sample_day().state, papers=(paper,)))
    assert headings(markdown) == [f"1. {as_read(title)}"]
    kinds = {token.type for token in PARSER.parse(markdown)} | {
        child.type for token in PARSER.parse(markdown) for child in token.children or []
    }
    assert not {kind for kind in kinds if kind.startswith(("html", "table", "fence", "code"))}
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", markdown)
