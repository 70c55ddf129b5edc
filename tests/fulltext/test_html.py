"""Pages, arXiv's and others, well-formed and not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.fulltext import html
from assay.fulltext.model import FullText
from tests.fulltext import gullwing


def read_page(body: str) -> FullText:
    return html.parse(f"<html><body>{body}</body></html>".encode(), gullwing.PAPER, None)


def test_a_page_that_is_not_arxivs() -> None:
    text = read_page(
        "<nav>Home</nav><h1>Gullwing</h1><p>A cache&nbsp;with two wings.</p><h2>1. Results</h2>"
        "<p>It gains <b>12.5</b>%.</p>"
        "<table><tr><th>Model<th>Score<tr><td>Gullwing<td>83.9</table><script>var x = 1</script><h3>More</h3>End."
    )
    assert text.title == "Gullwing"
    assert [(section.heading, section.level, section.text) for section in text.sections] == [
        ("", 1, "A cache with two wings."),
        ("Results", 1, "It gains 12.5%."),
        ("More", 2, "End."),
    ]
    assert text.tables[0].rows == (("Model", "Score"), ("Gullwing", "83.9"))


def test_cells_that_span_others() -> None:
    text = read_page(
        "<table><tr><td rowspan=2>Model</td><td colspan=2>Score</td></tr><tr><td>A</td><td>B</td></tr>"
        "<tr><td>Gullwing</td><td>1</td><td><table><tr><td>2</td></tr></table></td></tr></table>"
    )
    assert text.tables[0].rows == (("Model", "Score", ""), ("", "A", "B"), ("Gullwing", "1", "2"))


def test_a_cell_spans_the_rest_of_its_group_and_no_more() -> None:
    rows = "<tr><td rowspan={}>Gullwing</td><td>1</td></tr><tr><td>2</td></tr>"
    last = "<tr><td>TideCache</td><td>3</td></tr>"
    for span in (0, 2, 9):
        text = read_page(f"<table><tbody>{rows.format(span)}</tbody><tbody>{last}</tbody></table>")
        assert text.tables[0].rows == (("Gullwing", "1"), ("", "2"), ("TideCache", "3"))


def test_a_table_without_table_elements() -> None:
    wide, cell = '<span class="ltx_td ltx_colspan ltx_colspan_2">{}</span>', '<span class="ltx_td">{}</span>'
    row = f'<span class="ltx_tr">{wide}{cell}</span>'
    text = read_page(
        f'<p><span class="ltx_tabular">{row.format("Model", "Score")}{row.format("Gullwing", "83.9")}</span></p>'
    )
    assert text.tables[0].rows == (("Model", "", "Score"), ("Gullwing", "", "83.9"))


def test_figures_in_a_figure() -> None:
    part = (
        '<figure class="ltx_figure ltx_figure_panel"><figcaption><span class="ltx_tag">({0}) </span>Part {0}.'
        "</figcaption><figure><figcaption>Within {0}.</figcaption></figure></figure>"
    )
    text = read_page(
        f'<figure class="ltx_figure">{part.format("a")}{part.format("b")}'
        '<figcaption><span class="ltx_tag">Figure 3: </span>Both.</figcaption></figure>'
    )
    assert [(caption.label, caption.text) for caption in text.captions] == [
        ("Figure 3", "Both."),
        ("(a)", "Part a."),
        ("", "Within a."),
        ("(b)", "Part b."),
        ("", "Within b."),
    ]


TABULAR = (
    '<table class="ltx_tabular"><tr class="ltx_tr"><td class="ltx_td">{}</td><td class="ltx_td">{}</td></tr></table>'
)
ONE, TWO = TABULAR.format("x", 1), TABULAR.format("y", 2)
CAPTION = '<figcaption class="ltx_caption"><span class="ltx_tag">{}: </span>{}</figcaption>'
FLOATS = {
    f'<figure class="ltx_figure">{ONE}<figure class="ltx_table">{CAPTION.format("Table 1", "A")}</figure>'
    f'{TWO}<figure class="ltx_table">{CAPTION.format("Table 2", "B")}</figure></figure>': "1 A|2 B",
    f'<figure class="ltx_table">{CAPTION.format("Table 1", "A")}{ONE}{CAPTION.format("Table 2", "B")}{TWO}</figure>': (
        "1 A|2 B"
    ),
    f'<figure class="ltx_table"><figure class="ltx_table">{CAPTION.format("Table 1", "A")}{ONE}</figure>'
    f'<div><figure class="ltx_table">{TWO}{CAPTION.format("Table 2", "B")}</figure></div></figure>': "1 A|2 B",
    f'<figure class="ltx_table">{CAPTION.format("Table 1", "M")}'
    f'<figure class="ltx_table">{CAPTION.format("(a)", "A")}'
    f'{ONE}</figure><figure class="ltx_table">{TWO}{CAPTION.format("(b)", "B")}</figure></figure>': (
        "1a M (a) A|1b M (b) B"
    ),
    f'<figure class="ltx_table">{CAPTION.format("Table 1", "A")}<table><tr><td>{ONE}</td></tr></table></figure>'
    f'<figure class="ltx_table">{TWO}{CAPTION.format("Table 2", "B")}</figure>': "1 A|2 B",
    "<table><caption>Table 1: A</caption><tr><td>x<td>1</table>"
    "<table><caption>Table 2. B</caption><tr><td>y<td>2</table>": ("1 A|2 B"),
}


@pytest.mark.parametrize("body", FLOATS)
def test_each_caption_has_its_own_rows(body: str) -> None:
    text = read_page(f"<article>{body}</article>")
    assert "|".join(f"{each.label.removeprefix('Table ')} {each.caption}" for each in text.tables) == FLOATS[body]
    assert [table.rows for table in text.tables] == [(("x", "1"),), (("y", "2"),)]


def test_tables_that_a_table_places_side_by_side() -> None:
    inner = "<table><tr><td>{0}</td><td>1</td></tr><tr><td>{0}</td><td>2</td></tr></table>"
    text = read_page(f"<table><tr><td>{inner.format('x')}</td><td>{inner.format('y')}</td></tr></table>")
    assert [table.rows for table in text.tables] == [(("x", "1"), ("x", "2")), (("y", "1"), ("y", "2"))]


def test_text_in_a_drawing_is_read_and_its_lines_are_not() -> None:
    text = read_page(
        '<p>Seen. <svg class="ltx_picture"><path d="M 0 5"></path><text>axis</text><g><foreignObject width="9">'
        "<p>In a box: 12.5%.</p></foreignObject></g></svg> Too.</p>"
    )
    assert text.sections[0].text == "Seen. In a box: 12.5%. Too."


def test_what_the_page_could_not_show_is_counted() -> None:
    text = read_page('<article class="ltx_document">A <span class="ltx_ERROR undefined">\\gull</span> B</article>')
    assert text.sections[0].text == "A B"
    assert text.notes == ("left out 1 command that the page could not show",)


def test_the_notes_of_a_figure_are_read() -> None:
    text = read_page(f'<figure class="ltx_table">{ONE}{CAPTION.format("Table 1", "A")}<p>Mean of 5 runs.</p></figure>')
    assert text.sections[0].text == "Mean of 5 runs."


@pytest.mark.parametrize(
    ("formula", "seen"),
    [
        ("<msup><mi>x</mi><mn>2</mn></msup>", "x^2"),
        ("<msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup>", "x_i^2"),
        ("<msub><mn>95.3</mn><mrow><mo>±</mo><mn>0.2</mn></mrow></msub>", "95.3 ±0.2"),
        ("<mfrac><mn>3</mn><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow></mfrac>", "3/(a+b)"),
        ("<msqrt><mi>n</mi></msqrt>", "√n"),
        ("<semantics><mn>7</mn><annotation encoding='application/x-tex'>7.5</annotation></semantics>", "7.5"),
        ("<semantics><mn>7</mn><annotation-xml encoding='MathML-Content'><cn>8</cn></annotation-xml></semantics>", "7"),
    ],
)
def test_formulas_without_tex(formula: str, seen: str) -> None:
    assert read_page(f"<p>It is <math>{formula}</math>.</p>").sections[0].text == f"It is {seen}."


MATHML = "<math><mn>7.7</mn><mo>±</mo><mn>0.2</mn></math>"


@pytest.mark.parametrize(
    "formula",
    [
        (
            f'<span class="katex"><span class="katex-mathml">{MATHML}</span>'
            '<span class="katex-html" aria-hidden="true"><span>7.7</span><span>±</span><span>0.2</span></span></span>'
        ),
        (
            '<span class="MathJax"><nobr aria-hidden="true"><span>7.7</span><span>±0.2</span></nobr>'
            f'<span class="MJX_Assistive_MathML">{MATHML}</span></span>'
        ),
    ],
)
def test_a_formula_that_is_drawn_beside_its_mathml_is_read_once(formula: str) -> None:
    text = read_page(f"<h2>A</h2><p>It has {formula} points.</p><table><tr><td>Gull<td>{formula}</table>")
    assert text.sections[-1].text == "It has 7.7±0.2 points."
    assert text.tables[0].rows == (("Gull", "7.7±0.2"),)


def test_what_a_style_sets_high_or_low_is_read_as_such() -> None:
    text = read_page(
        '<h2>A</h2>10<span style="font-size:60%; vertical-align: super">6</span> words, '
        '95.3<span style="vertical-align:sub">0.2</span> points, 4<span style="vertical-align:middle">2</span>'
    )
    assert text.sections[-1].text == "10^6 words, 95.3 ± 0.2 points, 42"


def test_citations_go_and_footnotes_stay() -> None:
    text = read_page(
        '<p>Faster <cite class="ltx_cite">[1]</cite> <cite class="ltx_cite">[2]</cite>. Smaller<span class="ltx_note'
        ' ltx_role_footnote"><sup class="ltx_note_mark">1</sup><span class="ltx_note_outer">'
        '<span class="ltx_note_content"><sup class="ltx_note_mark">1</sup><span class="ltx_tag ltx_tag_note">1</span>'
        "By half.</span></span></span> too.</p>"
    )
    assert text.sections[0].text == "Faster. Smaller (By half.) too."


def test_equations_are_no_tables() -> None:
    text = read_page(
        '<p>So</p><table class="ltx_equation ltx_eqn_table"><tr><td><math alttext="E=mc^{2}"></math></td>'
        '<td><span class="ltx_tag ltx_tag_equation">(1)</span></td></tr></table>'
    )
    assert text.tables == ()
    assert text.sections[0].text == "So E=mc^2"


@pytest.mark.parametrize(
    "hiding",
    [
        '<span style="color:#FFFFFF">%s</span>',
        '<span style="color: white !important">%s</span>',
        '<span style="--ltx-fg-color:#fefefe;">%s</span>',
        '<span style="color:rgb(255, 255, 255)">%s</span>',
        '<span style="color:transparent">%s</span>',
        '<span style="display:none">%s</span>',
        "<p hidden>%s</p>",
        '<div style="visibility:hidden"><p>%s</p></div>',
        '<span style="font-size:0px">%s</span>',
        '<span style="opacity:0">%s</span>',
        '<span class="ltx_phantom">%s</span>',
        '<h2 style="color:#fff">%s</h2>',
        '<div style="background-color:#000"><div style="background:white"><i style="color:#fff">%s</i></div></div>',
    ],
)
def test_what_nobody_sees(hiding: str) -> None:
    text = read_page(f"<p>Seen.</p> {hiding % gullwing.HIDDEN} <p>Seen too.</p>")
    assert [(each.kind, each.text) for each in text.suspicions] == [("hidden text", gullwing.HIDDEN)]
    assert " ".join(passage for _, passage in text.passages()) == "Seen. Seen too."


@pytest.mark.parametrize(
    "showing",
    [
        '<span style="color:#0000FF">%s</span>',
        '<div style="background-color:#333"><span style="color:#FFFFFF">%s</span></div>',
        '<span style="font-size:70%%;opacity:0.9">%s</span>',
    ],
)
def test_what_can_be_seen(showing: str) -> None:
    assert read_page(showing % "All of this is seen.").sections[0].text == "All of this is seen."


def test_malformed() -> None:
    text = read_page(
        "<p>One<b>two<table><tr><td>3<td></p></b>4</table><figure><figcaption>Table 7. Last</p><h2>End<p>"
        "five &amp six &#xfffff;"
    )
    whole = " ".join(passage for _, passage in text.passages())
    for word in ("One", "two", "3", "4", "Last", "End", "five & six"):
        assert word in whole
    assert text.tables[-1].label == "Table 7"


def test_a_raised_link_is_the_mark_of_a_footnote() -> None:
    assert (
        read_page('<p>It has 512<sup><a href="#fn1">1</a></sup> entries.</p>').sections[0].text == "It has 512 entries."
    )


@pytest.mark.parametrize(
    "old",
    [
        "<del>1.1</del>",
        "<s>1.1</s>",
        '<span class="ltx_text ltx_ulem_sout">1.1</span>',
        '<span style="text-decoration: line-through">1.1</span>',
    ],
)
def test_a_struck_out_number_is_apart_from_the_one_in_its_place(old: str) -> None:
    text = read_page(f"<p>It gains {old}2.2 points.</p><table><tr><td>Gullwing</td><td>{old}2.2</td></tr></table>")
    assert text.sections[0].text == "It gains 1.1 2.2 points."
    assert text.tables[0].rows == (("Gullwing", "1.1 2.2"),)


@pytest.mark.parametrize("data", [b"", b"<html></html>", b"<script>only()</script>"])
def test_nothing_to_read(data: bytes) -> None:
    with pytest.raises(ValueError, match="no text"):
        html.parse(data, gullwing.PAPER, None)


PIECES = st.sampled_from(
    """<p> </p> <table> <tr> <td rowspan=3> </td> </table> <figure> <figcaption> </figure> <h1> <h2> </h2> <math> <span>
    <span&nbsp;class="ltx_tag"> <math&nbsp;alttext="\\frac"> </math> <svg> <div&nbsp;style="color:#fff"> </div> word
    <!-- --> <![CDATA[ & <li hidden> ltx <article> <b""".split()
).map(lambda piece: piece.replace("&nbsp;", " "))


@given(st.lists(PIECES, max_size=30).map("".join))
def test_whatever_stands_there_gives_a_text(body: str) -> None:
    text = read_page(f"<main>x{body}")
    assert FullText.model_validate_json(text.model_dump_json()) == text
