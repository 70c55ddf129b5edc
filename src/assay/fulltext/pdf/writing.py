"""Writes the lines of a PDF's pages into a full text: title, abstract, sections, tables and captions."""

import re
from collections.abc import Sequence

from assay.fulltext.draft import Draft
from assay.fulltext.pdf.captions import Caption
from assay.fulltext.pdf.floats import Floats, document_floats
from assay.fulltext.pdf.headings import REFERENCES, Outline, title_lines
from assay.fulltext.pdf.hyphens import Hyphens
from assay.fulltext.pdf.layout import Layout, Page, document_layout
from assay.fulltext.pdf.lines import Line, Word, join_words
from assay.fulltext.pdf.parts import missing_parts

_RUN_IN_ABSTRACT = re.compile(r"abstract\s*[.:—–-]+\s*(?=\S)", re.IGNORECASE)
_AFTER_ABSTRACT = re.compile(r"(?:key\s?-?words|index terms|ccs concepts|general terms)\b", re.IGNORECASE)


def write(pages: Sequence[Page], draft: Draft) -> None:
    """Write what stands on the pages, in the order of the file."""
    for page in pages:
        page.split_lines()
    layout = document_layout(pages)
    hyphens = Hyphens(line.text for page in pages for line in page.lines)
    floats = document_floats(pages, layout, hyphens)
    title: list[str] = []
    for line in title_lines(pages[0].lines if pages else [], layout):
        title.append(line.text)
        floats.words |= {id(word) for word in line.words}
    if title:
        draft.set_title(hyphens.join(title))
    _write_lines([line for page in pages for line in page.lines], floats, layout, hyphens, draft)


def _write_lines(lines: Sequence[Line], floats: Floats, layout: Layout, hyphens: Hyphens, draft: Draft) -> None:
    """Write the floats where they begin, and of all other lines the headings and the text."""
    text = [line for line in lines if any(id(word) not in floats.words for word in line.words)]
    places = {id(line): at for at, line in enumerate(text)}
    outline = Outline(hyphens)
    in_references = False
    end_of_heading = 0
    for line in lines:
        for each in floats.of_line.get(id(line), ()):
            _write_float(each.caption, each.rows, draft)
        at = places.get(id(line))
        if at is not None and at >= end_of_heading:
            is_whole = not any(id(word) in floats.words for word in line.words)
            heading = outline.heading(text, at, layout) if is_whole else None
            if heading is not None:
                end_of_heading = at + heading.lines
                in_references = heading.name in REFERENCES
                if heading.name == "abstract":
                    draft.begin_abstract()
                elif not in_references:
                    draft.begin_section(heading.title, heading.level)
            elif not in_references:
                words = [word for word in line.words if id(word) not in floats.words]
                following = text[at + 1].text if at + 1 < len(text) else ""
                shown = join_words(words)
                if _AFTER_ABSTRACT.match(shown):
                    draft.end_abstract()
                if not outline.has_begun:
                    shown = _abstract_begun(shown, words, draft)
                draft.show(hyphens.ended(shown, following))
        for hidden in line.hidden:
            draft.hide(f"{hidden} ")


def _write_float(caption: Caption, rows: Sequence[Sequence[str]], draft: Draft) -> None:
    if caption.kind != "Table":
        draft.add_caption(caption.label, caption.text)
        return
    draft.add_table(caption.label, caption.text, rows)
    if not rows:
        draft.add_note(f"found no rows of {caption.label}")
    for letter in missing_parts(rows):
        draft.add_note(f"found no rows of part ({letter}) of {caption.label}")


def _abstract_begun(text: str, words: Sequence[Word], draft: Draft) -> str:
    """A line before the first heading, without the word after which the abstract begins in it."""
    match = _RUN_IN_ABSTRACT.match(text)
    is_set_apart = words[0].text.casefold() == "abstract" and words[0].bold and not words[-1].bold
    if match or is_set_apart:
        draft.begin_abstract()
        return text[match.end() :] if match else join_words(words[1:])
    return text
