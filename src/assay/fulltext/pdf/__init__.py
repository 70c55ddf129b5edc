"""Reads a paper from a PDF: text by its place on the page, headings and tables by their looks.

A PDF has no structure to rely on, so this form is the last resort. Hidden text is recognised by its own attributes
(drawn invisibly, too small, off the page) and, for white text, by the rendered page under it.
"""

import ctypes
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

import pypdfium2 as pdfium  # type: ignore[import-untyped]
import pypdfium2.raw as pdfium_c  # type: ignore[import-untyped]

from assay.fulltext.draft import Draft
from assay.fulltext.model import FullText
from assay.papers.text import normalise


def parse(data: bytes, paper: str, version: int | None) -> FullText:
    """Read a paper out of a PDF.

    Raises:
        ValueError: if it is broken or locked, or holds no text.
    """
    draft = Draft(paper, version, "pdf")
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        raise ValueError(f"not a PDF that can be opened: {error}") from error
    if len(document) > _MOST_PAGES:
        draft.add_note(f"only the first {_MOST_PAGES} of its {len(document)} pages were read")
    pages = [_lines(document[number]) for number in range(min(len(document), _MOST_PAGES))]
    _write([_strip_margins(lines, pages) for lines in pages], draft)
    return draft.finish()


_MOST_PAGES = 200
_SMALLEST = 1.5  # points
_WHITE = 240  # of 255


@dataclass
class _Line:
    """Characters on one line, in cells where there are wide gaps between them."""

    cells: list[str]
    size: float
    """Of its letters, in points; the most frequent one."""
    first_size: float
    """Of its first character: small capitals are smaller than the capital before them."""
    bold: bool
    left: float
    right: float
    bottom: float
    top: float
    page_height: float
    hidden: list[str] = field(default_factory=list)
    """Hidden texts that stand after this line."""

    @property
    def text(self) -> str:
        return normalise(" ".join(self.cells))


@dataclass
class _Character:
    """One character, where it stands and how it looks."""

    text: str
    left: float
    right: float
    bottom: float
    top: float
    size: float
    bold: bool
    hidden: bool


def _lines(page: pdfium.PdfPage) -> list[_Line]:
    """The lines of a page in the order of the file; hidden text belongs to the line before it."""
    lines: list[_Line] = []
    for characters in _rows(_characters(page)):
        visible = [each for each in characters if not each.hidden]
        hidden = "".join(each.text for each in characters if each.hidden)
        if any(not each.text.isspace() for each in visible):
            lines.append(_line(visible, page.get_height()))
        if hidden.strip():
            if not lines:
                lines.append(_empty_line(page.get_height()))
            lines[-1].hidden.append(hidden)
    return lines


def _empty_line(page_height: float) -> _Line:
    """A line without text, to which hidden text can belong."""
    middle = page_height / 2
    return _Line(
        [], size=0, first_size=0, bold=False, left=0, right=0, bottom=middle, top=middle, page_height=page_height
    )


def _line(characters: Sequence[_Character], page_height: float) -> _Line:
    glyphs = [each for each in characters if not each.text.isspace()]
    sizes = Counter(round(each.size, 1) for each in glyphs)
    size = sizes.most_common(1)[0][0]
    cells = [""]
    last: _Character | None = None
    for each in characters:
        if each.text.isspace():
            cells[-1] += " "
            continue
        if last is not None and each.left - last.right > 0.9 * size:
            cells.append("")
        cells[-1] += each.text
        last = each
    return _Line(
        cells=[text for cell in cells if (text := normalise(cell))],
        size=size,
        first_size=glyphs[0].size,
        bold=2 * sum(each.bold for each in glyphs) > len(glyphs),
        left=min(each.left for each in glyphs),
        right=max(each.right for each in glyphs),
        bottom=min(each.bottom for each in glyphs),
        top=max(each.top for each in glyphs),
        page_height=page_height,
    )


def _rows(characters: Iterator[_Character | None]) -> Iterator[list[_Character]]:
    """Group characters by line. After ``None`` a line may end; it goes on if the next character stands to its right."""
    row: list[_Character] = []
    may_end = False
    for each in characters:
        if each is None:
            may_end = True
            continue
        if may_end and row and not each.text.isspace():
            last = next((other for other in reversed(row) if not other.text.isspace()), row[-1])
            overlap = min(last.top, each.top) - max(last.bottom, each.bottom)
            height = min(last.top - last.bottom, each.top - each.bottom)
            same = overlap > 0.5 * height and each.left >= last.right and each.hidden == last.hidden
            if not same:
                yield row
                row = []
            else:
                row.append(
                    _Character(" ", last.right, last.right, last.bottom, last.top, last.size, last.bold, last.hidden)
                )
            may_end = False
        row.append(each)
    if row:
        yield row


@dataclass(frozen=True)
class _Style:
    """How one piece of text is drawn."""

    size: float
    bold: bool
    invisible: bool
    white: bool


def _characters(page: pdfium.PdfPage) -> Iterator[_Character | None]:
    """The upright characters of a page, and ``None`` wherever PDFium sees a line end."""
    text = page.get_textpage()
    left, bottom, right, top = page.get_bbox()
    styles: dict[int, _Style] = {}
    raster = _Raster(page)
    box = [ctypes.c_double() for _ in range(4)]
    style = _Style(size=0, bold=False, invisible=False, white=False)
    for index in range(text.count_chars()):
        code = pdfium_c.FPDFText_GetUnicode(text, index)
        if code in {0x0A, 0x0D}:
            yield None
            continue
        text_object = pdfium_c.FPDFText_GetTextObject(text, index)
        if text_object:
            key = ctypes.cast(text_object, ctypes.c_void_p).value or 0
            if key not in styles:
                styles[key] = _style(text_object, text, index)
            style = styles[key]
        if abs(pdfium_c.FPDFText_GetCharAngle(text, index)) > 0.1:
            continue  # the name that arXiv prints up the margin, and the axes of figures
        pdfium_c.FPDFText_GetCharBox(text, index, box[0], box[1], box[2], box[3])
        x0, x1, y0, y1 = (each.value for each in box)
        outside = x1 < left or x0 > right or y1 < bottom or y0 > top
        ch = chr(code) if 0 < code < 0x110000 else ""
        is_hidden = style.invisible or outside or (style.white and not raster.on_dark_ground(x0, y0, x1, y1))
        if pdfium_c.FPDFText_IsHyphen(text, index) == 1:
            ch = _HYPHEN
        yield _Character(ch, x0, x1, y0, y1, style.size, style.bold, is_hidden)
        if ch == _HYPHEN:
            yield None  # PDFium joins the word, across the end of the line


def _style(text_object: object, text: pdfium.PdfTextPage, index: int) -> _Style:
    matrix = pdfium_c.FS_MATRIX()
    pdfium_c.FPDFText_GetMatrix(text, index, matrix)
    scale = abs(matrix.a * matrix.d - matrix.b * matrix.c) ** 0.5
    size = pdfium_c.FPDFText_GetFontSize(text, index) * (scale or 1)
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    has_fill = pdfium_c.FPDFPageObj_GetFillColor(text_object, red, green, blue, alpha)
    white = bool(has_fill) and min(red.value, green.value, blue.value) >= _WHITE
    mode = pdfium_c.FPDFTextObj_GetTextRenderMode(text_object)
    return _Style(
        size=size,
        bold=pdfium_c.FPDFText_GetFontWeight(text, index) >= 600 or _is_bold(text_object),
        invisible=mode in {pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium_c.FPDF_TEXTRENDERMODE_CLIP}
        or size < _SMALLEST
        or (bool(has_fill) and alpha.value < 16),
        white=white,
    )


def _is_bold(text_object: object) -> bool:
    font = pdfium_c.FPDFTextObj_GetFont(text_object)
    if not font:
        return False
    name = ctypes.create_string_buffer(128)
    pdfium_c.FPDFFont_GetBaseFontName(font, name, len(name))
    return re.search(rb"bold|medi\b|cmbx|black|-B\b|sfbx", name.value, re.IGNORECASE) is not None


class _Raster:
    """A page as pixels; rendered on the first question about it."""

    _SCALE = 1.0

    def __init__(self, page: pdfium.PdfPage) -> None:
        self._page = page
        self._bitmap: pdfium.PdfBitmap | None = None

    def on_dark_ground(self, left: float, bottom: float, right: float, top: float) -> bool:
        """Whether white text in this box stands on a darker background, which is most of the box."""
        if self._bitmap is None:
            self._bitmap = self._page.render(scale=self._SCALE, grayscale=True)
        bitmap = self._bitmap
        x_offset, _, _, page_top = self._page.get_bbox()
        columns = range(max(0, int(left - x_offset) - 1), min(bitmap.width, int(right - x_offset) + 2))
        rows = range(max(0, int(page_top - top) - 1), min(bitmap.height, int(page_top - bottom) + 2))
        pixels = [bitmap.buffer[row * bitmap.stride + column] for row in rows for column in columns]
        return bool(pixels) and median(pixels) < _WHITE - 25


_HYPHEN = "\u2010"
_STAMP = re.compile(r"arXiv:\d{4}\.\d{4,5}v\d+\s+\[")


def _strip_margins(lines: list[_Line], pages: Sequence[list[_Line]]) -> list[_Line]:
    """Lines without running heads and page numbers; hidden text there moves to the line before."""
    running = _running_heads(pages)
    body: list[_Line] = []
    for line in lines:
        marginal = _is_marginal(line) and (_form(line) in running or line.text.isdecimal())
        if not (marginal or _STAMP.match(line.text)):
            body.append(line)
        elif line.hidden and body:
            body[-1].hidden += line.hidden
        elif line.hidden:
            line.cells = []
            body.append(line)
    return body


def _running_heads(pages: Sequence[list[_Line]]) -> set[str]:
    counts = Counter(form for lines in pages for form in {_form(line) for line in lines if _is_marginal(line)})
    return {form for form, count in counts.items() if form and count >= max(2, len(pages) / 4)}


def _form(line: _Line) -> str:
    return re.sub(r"\d+", "#", line.text)


def _is_marginal(line: _Line) -> bool:
    return line.bottom > 0.92 * line.page_height or line.top < 0.08 * line.page_height


_CAPTION = re.compile(r"(?P<label>(?P<kind>Table|Figure|Fig\.|Algorithm)\s+[A-Z]?\.?\d+(?:\.\d+)*)\s*[:.|]\s*(?=\S)")
_NUMBERED_HEADING = re.compile(r"(?P<number>\d{1,2}(?:\.\d{1,2}){0,3}|[A-Z](?:\.\d{1,2}){0,3})\.?\s+(?P<title>\S.*)")
_PLAIN_HEADINGS = frozenset(
    """abstract introduction conclusion conclusions references bibliography acknowledgements acknowledgments
    acknowledgement acknowledgment appendix limitations discussion background method methods experiments
    results""".split()
)


def _write(pages: Sequence[list[_Line]], draft: Draft) -> None:
    lines = [line for page in pages for line in page]
    body = _body_size(lines)
    _write_title(pages[0] if pages else [], body, draft)
    in_references = has_begun = False
    index = 0
    while index < len(lines):
        line = lines[index]
        count = 1
        if heading := _heading(line, body, has_begun=has_begun):
            title, level = heading
            has_begun = True
            name = title.casefold().strip(" .:")
            in_references = name in {"references", "bibliography"}
            if name == "abstract":
                draft.begin_abstract()
            elif not in_references:
                draft.begin_section(title, level)
        elif in_references:
            pass
        elif match := _CAPTION.match(line.text):
            count = _write_float(lines, index, match, draft)
        else:
            _say(lines, index, draft)
        for each in lines[index : index + count]:
            for hidden in each.hidden:
                draft.hide(f"{hidden} ")
        index += count


def _body_size(lines: Sequence[_Line]) -> float:
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[line.size] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0


def _write_title(first: list[_Line], body: float, draft: Draft) -> None:
    """Take the largest text in the upper half of the first page for the title, unless it is no larger than the body."""
    upper = [line for line in first if line.cells and line.top > line.page_height / 2]
    largest = max((line.size for line in upper), default=0)
    if largest <= 1.1 * body:
        return
    titles = [line for line in upper if line.size > 0.97 * largest]
    draft.set_title(_join_lines([line.text for line in titles]))
    for line in titles:
        line.cells = []


def _heading(line: _Line, body: float, *, has_begun: bool) -> tuple[str, int] | None:
    """A heading without its number, and its level; ``has_begun`` says whether there was one before."""
    text = line.text
    if not text or len(text) > 120 or ". ." in text or _CAPTION.match(text):
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
        and len(line.cells) == 1
        and re.match(r"[A-Z][^\W\d_]+", text)
        and len(text) < 80
    ):
        return text, 1
    return None


def _write_float(lines: Sequence[_Line], index: int, match: re.Match[str], draft: Draft) -> int:
    """Write the caption at ``index`` and, for a table, the rows below it or else above; how many lines it took."""
    label = match["label"].replace("Fig.", "Figure")
    label = re.sub(r"\s+", " ", label)
    first = lines[index]
    words = [first.text[match.end() :]]
    after = index + 1
    while after < len(lines) and _goes_on(lines[after - 1], lines[after]):
        words.append(lines[after].text)
        after += 1
    caption = _join_lines(words)
    if match["kind"] != "Table":
        draft.add_caption(label, caption)
        return after - index
    rows = []
    while after < len(lines) and len(lines[after].cells) > 1 and not _CAPTION.match(lines[after].text):
        rows.append(lines[after].cells)
        after += 1
    if not rows:
        before = index - 1
        while before >= 0 and len(lines[before].cells) > 1:
            rows.insert(0, lines[before].cells)
            before -= 1
    draft.add_table(label, caption, rows)
    return after - index


def _goes_on(line: _Line, following: _Line) -> bool:
    """Whether a caption goes on in the next line: same size, close below, not a row of a table."""
    return (
        len(following.cells) == 1
        and abs(following.size - line.size) < 0.2
        and 0 < line.bottom - following.top + line.size < 1.2 * line.size
        and not line.text.endswith(".")
        and not _CAPTION.match(following.text)
    )


def _say(lines: Sequence[_Line], index: int, draft: Draft) -> None:
    text = lines[index].text
    if not text:
        return
    if text.endswith((_HYPHEN, "-")) and index + 1 < len(lines) and re.match(r"[^\W\d_A-Z]", lines[index + 1].text):
        draft.show(text[:-1])
    else:
        draft.show(text.replace(_HYPHEN, "-") + " ")


def _join_lines(texts: Sequence[str]) -> str:
    """Join lines into one, with the words that were hyphenated at a line's end."""
    pieces = []
    for text, following in pairwise([*texts, ""]):
        cut = text.endswith((_HYPHEN, "-")) and re.match(r"[^\W\d_A-Z]", following)
        pieces.append(text[:-1] if cut else text.replace(_HYPHEN, "-") + " ")
    return normalise("".join(pieces))
