"""Writes the lines of a PDF's pages into a full text: title, abstract, sections, tables and captions."""

import re
from collections.abc import Sequence
from itertools import pairwise

from assay.fulltext.draft import Draft
from assay.fulltext.pdf.captions import Caption, join_lines, line_with_end, page_captions
from assay.fulltext.pdf.layout import Layout, Page, document_layout
from assay.fulltext.pdf.lines import Line, join_words
from assay.fulltext.pdf.tables import body_rows, chosen_bodies, page_bodies, usual_side

_NUMBERED_HEADING = re.compile(r"(?P<number>\d{1,2}(?:\.\d{1,2}){0,3}|[A-Z](?:\.\d{1,2}){0,3})\.?\s+(?P<title>\S.*)")
_PLAIN_HEADINGS = frozenset(
    """abstract introduction conclusion conclusions references bibliography acknowledgements acknowledgments
    acknowledgement acknowledgment appendix limitations discussion background method methods experiments
    results""".split()
)


def write(pages: Sequence[Page], draft: Draft) -> None:
    """Write what stands on the pages, in the order of the file."""
    for page in pages:
        page.split_lines()
    layout = document_layout(pages)
    captions = {
        page.number: page_captions(page, layout, before.pieces if before else ())
        for before, page in pairwise([None, *pages])
        if page
    }
    bodies = {page.number: page_bodies(page, captions[page.number], layout) for page in pages}
    usual = usual_side(body for each in bodies.values() for body in each)
    floats: dict[int, list[tuple[Caption, list[list[str]]]]] = {}
    used: set[int] = set()
    for page in pages:
        chosen = chosen_bodies(bodies[page.number], usual)
        for caption in captions[page.number]:
            body = chosen.get(id(caption))
            rows = body_rows(body, page) if body else []
            floats.setdefault(id(caption.pieces[0].line), []).append((caption, rows))
            used |= {id(word) for piece in caption.pieces for word in piece.words}
            if body:
                used |= {id(word) for piece in body.pieces for word in piece.words}
    lines = [line for page in pages for line in page.lines]
    _write_title(pages[0].lines if pages else [], layout.size, draft)
    _write_lines(lines, floats, used, layout, draft)


def _write_lines(
    lines: Sequence[Line],
    floats: dict[int, list[tuple[Caption, list[list[str]]]]],
    used: set[int],
    layout: Layout,
    draft: Draft,
) -> None:
    body = layout.size
    in_references = has_begun = False
    for index, line in enumerate(lines):
        for caption, rows in floats.get(id(line), ()):
            if caption.kind == "Table":
                draft.add_table(caption.label, caption.text, rows)
                if not rows:
                    draft.add_note(f"found no rows of {caption.label}")
            else:
                draft.add_caption(caption.label, caption.text)
        words = [word for word in line.words if id(word) not in used]
        if not words:
            pass
        elif len(words) == len(line.words) and (heading := _heading(line, body, has_begun=has_begun)):
            title, level = heading
            has_begun = True
            name = title.casefold().strip(" .:")
            in_references = name in {"references", "bibliography"}
            if name == "abstract":
                draft.begin_abstract()
            elif not in_references:
                draft.begin_section(title, level)
        elif not in_references:
            _show(join_words(words), lines[index + 1 : index + 2], draft)
        for hidden in line.hidden:
            draft.hide(f"{hidden} ")


def _write_title(first: list[Line], body: float, draft: Draft) -> None:
    """Take the largest text in the upper half of the first page for the title, unless it is no larger than the body."""
    upper = [line for line in first if line.words and line.top > line.page_height / 2]
    largest = max((line.size for line in upper), default=0)
    if largest <= 1.1 * body:
        return
    titles = [line for line in upper if line.size > 0.97 * largest]
    draft.set_title(join_lines([line.text for line in titles]))
    for line in titles:
        line.words = []


def _heading(line: Line, body: float, *, has_begun: bool) -> tuple[str, int] | None:
    """A heading without its number, and its level; ``has_begun`` says whether there was one before."""
    text = line.text
    if not text or len(text) > 120 or ". ." in text:
        return None
    match = _NUMBERED_HEADING.fullmatch(text)
    stands_out = line.first_size > 1.08 * body or line.bold or (match["title"] if match else text).isupper()
    if match and stands_out and re.match(r"[^\W\d_]", match["title"]) and not text.endswith((".", ",")):
        return match["title"], match["number"].count(".") + 1
    if text.casefold().strip(" .:") in _PLAIN_HEADINGS and stands_out:
        return text, 1
    # Larger than the text, short, and made of words: a heading without a number. Before the first heading it is an
    # author.
    if (
        has_begun
        and line.size > 1.15 * body
        and not line.has_wide_gap
        and re.match(r"[A-Z][^\W\d_]+", text)
        and len(text) < 80
    ):
        return text, 1
    return None


def _show(text: str, following: Sequence[Line], draft: Draft) -> None:
    draft.show(line_with_end(text, following[0].text if following else ""))
