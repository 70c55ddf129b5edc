"""For any text, a real parser of each form reads the escaped text back as plain text."""

import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from assay.papers.escape import (
    bibtex,
    file_name,
    html,
    markdown,
    table_cell,
    terminal,
    unescape_markdown,
    unescape_table_cell,
    xml,
)
from assay.papers.text import normalise
from tests.papers.formats.hostile import TITLES, hostile_text

texts = st.one_of(hostile_text, st.text(alphabet="#-+*=_~`>|<&!\\[](){}:/.0123456789a \t", max_size=24))
COMMONMARK = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def plain_text(source: str) -> str:
    """The one paragraph that ``source`` is; anything but text in it fails."""
    if not source:
        return ""
    opening, inline, closing = COMMONMARK.parse(source)
    assert (opening.type, inline.type, closing.type) == ("paragraph_open", "inline", "paragraph_close")
    children = inline.children or []
    assert {child.type for child in children} <= {"text"}, source
    return "".join(child.content for child in children)


@given(texts)
def test_markdown_is_plain_text_to_a_commonmark_parser(text: str) -> None:
    assert plain_text(markdown(text)) == normalise(text)


@pytest.mark.parametrize("text", TITLES)
def test_hostile_titles_are_plain_text_to_a_commonmark_parser(text: str) -> None:
    assert plain_text(markdown(text)) == normalise(text)


@given(texts)
def test_markdown_in_a_heading_a_list_and_emphasis_stays_plain(text: str) -> None:
    for before, after in (("## ", ""), ("- ", ""), ("- **", "**: end"), ("word ", "")):
        if not markdown(text):
            continue
        tokens = COMMONMARK.parse(before + markdown(text) + after)
        inlines = [token for token in tokens if token.type == "inline"]
        assert len(inlines) == 1
        shown = "".join(child.content for child in inlines[0].children or ())
        assert shown == before.lstrip("#- *") + normalise(text) + after.strip("*")


@given(texts)
def test_unescaping_markdown_gives_the_text_back(text: str) -> None:
    assert unescape_markdown(markdown(text)) == normalise(text)


@given(texts)
@example("\\\\&lt;")
@example("\\|")
def test_unescaping_a_table_cell_gives_the_text_back(text: str) -> None:
    assert unescape_table_cell(table_cell(text)) == normalise(text)


@given(st.lists(st.lists(texts, min_size=3, max_size=3), min_size=1, max_size=4))
def test_table_cells_keep_the_columns(rows: list[list[str]]) -> None:
    source = "| a | b | c |\n|---|---|---|\n" + "".join(f"| {' | '.join(map(table_cell, row))} |\n" for row in rows)
    tokens = COMMONMARK.parse(source)
    kinds = [token.type for token in tokens]
    assert kinds.count("tr_open") == len(rows) + 1
    assert kinds.count("td_open") == 3 * len(rows)
    inline = {child.type for token in tokens for child in token.children or ()}
    assert not inline & {"html_inline", "link_open", "image"}


@given(texts)
def test_a_table_cell_is_a_links_text(text: str) -> None:
    tokens = COMMONMARK.parse(f"x [{table_cell(text)}](https://example.org/)")
    kinds = [child.type for token in tokens for child in token.children or ()]
    if "code_inline" not in kinds:
        assert kinds.count("link_open") == 1


def test_latex_that_was_never_escaped_is_left_alone() -> None:
    title = "$\\pi_0$, R\\&D, 50\\%, mm\\_math and \\frac{1}{2}"
    assert unescape_table_cell(title) == title


class _Collector(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.title: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag == "p"
        assert [name for name, _ in attrs] == ["title"]
        self.title = attrs[0][1]

    def handle_data(self, data: str) -> None:
        self.text += data


@given(texts)
def test_html_parses_back_in_content_and_attribute(text: str) -> None:
    parser = _Collector()
    parser.feed(f'<p title="{html(text)}">{html(text)}</p>')
    parser.close()
    assert parser.text == parser.title == text


@given(st.text() | texts)
@example("\r\n\t\ufffe\uffff\x00\x0b\ud800\U0001f600]]>")
def test_xml_parses_back_in_content_and_attribute(text: str) -> None:
    parsed = ET.fromstring(f'<p title="{xml(text)}">{xml(text)}</p>')
    legal = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", "", text)
    assert (parsed.text or "") == legal
    assert parsed.get("title") == re.sub("[\n\t]", " ", legal)


@given(texts)
def test_bibtex_has_balanced_braces_and_no_bare_specials(text: str) -> None:
    depth = 0
    for ch in bibtex(text):
        depth += {"{": 1, "}": -1}.get(ch, 0)
        assert depth >= 0
    assert depth == 0
    latex = bibtex(text)
    assert not re.search(r"(?<!\\)[&%#]", latex)
    assert len(re.findall(r"(?<!\\)\$", latex)) % 2 == 0
    assert not re.search(
        r"[_^]", re.sub(r"\$[^$]*\$", "", latex.replace(r"\$", "").replace(r"\_", "").replace(r"\^", ""))
    )


def test_bibtex_is_the_latex_of_plain_text() -> None:
    assert bibtex("SpargeAttn\n for GPT-4o at 50% – “R&D_1”") == r"SpargeAttn for GPT-4o at 50\% -- ``R\&D\_1''"
    assert bibtex("a { b~c^d\\") == r"a \textbraceleft{} b\textasciitilde{}c\textasciicircum{}d\textbackslash{}"


@given(
    texts | st.sampled_from(["con", "NUL.txt", "com1", "LPT¹", "..", "-rf", "a/b\\c", "é" * 200]), st.integers(8, 80)
)
def test_a_file_name_is_safe_everywhere(text: str, limit: int) -> None:
    name = file_name(text, limit=limit)
    assert 0 < len(name.encode()) <= limit
    assert not re.search(r'[\s/\\:*?"<>|\x00-\x1f]', name)
    assert name[0] not in ".-"
    assert name[-1] not in ". "
    assert not re.fullmatch(r"(?i)(con|prn|aux|nul|com[1-9¹²³]|lpt[1-9¹²³])(\..*)?", name)
    assert file_name(name, limit=limit) == name


@given(texts | st.text())
def test_nothing_reaches_the_terminal_that_it_would_obey(text: str) -> None:
    assert not re.search("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", terminal(text))
