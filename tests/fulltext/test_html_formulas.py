"""Formulas of pages that no script draws, pictures that stand for them, and tables that only place others."""

import pytest

from assay.fulltext import html
from assay.fulltext.model import FullText
from tests.fulltext import gullwing


def read_page(body: str) -> FullText:
    return html.parse(f"<html><body><p>Terns wait.</p>{body}</body></html>".encode(), gullwing.PAPER, None)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"It takes \(10^{6}\) steps", "It takes 10^6 steps"),
        (r"\[ x = \frac{3}{4} \] of it", "x = 3/4 of it"),
        (r"$$7.1^{+0.2}_{-0.3}$$ points", "7.1 (+0.2) (-0.3) points"),
        (r"costs $5 and $6", "costs $5 and $6"),
        (r"runs <code>\(10^{6}\)</code>", r"runs \(10^{6}\)"),
        (r"opens \(10^{6} and never closes", r"opens \(10^{6} and never closes"),
        (r'is <img alt="$9.9$">', "is 9.9"),
        (r'is <img alt="{\displaystyle 10^{6}}">', "is 10^6"),
        (r'is <img class="ltx_Math" alt="2.5\times10^{-3}">', "is 2.5×10^-3"),
        (r'is <span><math alttext="x^2"></math><img alt="{\displaystyle x^{2}}"></span>', "is x^2"),
        (r'is <img alt="A gull over the sea">', "is"),
    ],
)
def test_formulas_in_text(written: str, read: str) -> None:
    assert read_page(f"<p>{written}</p>").sections[0].text == f"Terns wait. {read}"


def test_pictures_in_cells_are_read_by_what_stands_for_them_or_counted() -> None:
    text = read_page(
        r'<table><tr><td>Tern</td><td><img alt="$9.9$"></td><td><img alt="✓"></td></tr>'
        r'<tr><td>Gull</td><td><img src="a.png"></td><td><img alt="Refer to caption"></td></tr></table>'
    )
    assert text.tables[0].rows == (("Tern", "9.9", "✓"), ("Gull", "", ""))
    assert text.notes == ("left out 2 pictures in cells of tables",)


FIGURE = '<figure class="ltx_table"><figcaption>Table {0}: Lake {0}</figcaption><table>{1}</table></figure>'
CAPTION = "<table><caption>Table {0}: Lake {0}</caption>{1}</table>"
ROWS = "<tr><td>Tern</td><td>{0}</td></tr><tr><td>Gull</td><td>{1}</td></tr>"


@pytest.mark.parametrize(
    "form",
    [
        FIGURE,
        CAPTION,
    ],
)
def test_a_table_that_places_tables_with_captions(form: str) -> None:
    left, right = form.format(1, ROWS.format(1.5, 2.5)), form.format(2, ROWS.format(3.5, 4.5))
    text = read_page(f"<table><tr><td>{left}</td><td>{right}</td></tr></table>")
    assert [(each.label, each.caption, each.rows) for each in text.tables] == [
        ("Table 1", "Lake 1", (("Tern", "1.5"), ("Gull", "2.5"))),
        ("Table 2", "Lake 2", (("Tern", "3.5"), ("Gull", "4.5"))),
    ]


def test_tables_by_their_roles() -> None:
    row = '<div role="row"><span role="rowheader">{}</span><span role="cell" aria-colspan="2">{}</span></div>'
    first, second = row.format("Tern", 1.5), row.format("Gull", 2.5)
    text = read_page(f'<div role="table"><div role="rowgroup">{first}</div>{second}</div>')
    assert text.tables[0].rows == (("Tern", "1.5", ""), ("Gull", "2.5", ""))
    layout = read_page('<table role="presentation"><tr><td>It is 5.</td><td>So is 6.</td></tr></table>')
    assert (layout.tables, layout.sections[0].text) == ((), "Terns wait. It is 5. So is 6.")
