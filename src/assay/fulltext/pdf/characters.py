"""Reads the characters of a PDF's page: where each stands, how it is drawn, and whether a reader can see it."""

import ctypes
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

import pypdfium2 as pdfium  # type: ignore[import-untyped]
import pypdfium2.raw as pdfium_c  # type: ignore[import-untyped]

from assay.fulltext.pdf.turning import Sheet, Turn, turn_of

HYPHEN = "\u2010"
"""Stands for a hyphen at which a word was cut at the end of its line."""


@dataclass(slots=True)
class Character:
    """One character, where it stands and how it looks. Distances are in points, from the lower left of the page."""

    text: str
    left: float
    right: float
    bottom: float
    top: float
    baseline: float
    size: float
    bold: bool
    hidden: bool
    start: float
    """Of its place on the baseline."""
    overlaid: bool = False
    """Whether it is drawn invisibly, as what was recognised in a scan is."""


@dataclass(frozen=True)
class _Style:
    """How one piece of text is drawn."""

    size: float
    bold: bool
    invisible: bool
    unseen: bool
    """Too small or too transparent to be seen."""
    white: bool


_SMALLEST = 1.5  # points
_WHITE = 240  # of 255


class PageText(NamedTuple):
    """The text of a page."""

    characters: list[Character]
    """In the order of the file, with spaces; all run the way that most of the page's text runs."""
    sheet: Sheet
    left_out: int
    """Digits that run another way."""
    is_scan: bool
    """Whether it was recognised in a picture of the page."""


def page_text(page: pdfium.PdfPage) -> PageText:
    """The text of a page.

    What is drawn invisibly over a picture was recognised in a scan. It counts as seen where the page has hardly any
    other text.
    """
    glyphs = list(_glyphs(page))
    turns = Counter(turn for turn, each in glyphs if turn is not None and each.text != " ")
    turn = turns.most_common(1)[0][0] if turns else 0
    left, bottom, right, top = page.get_mediabox()
    sheet = Sheet(right - left, top - bottom, turn)
    characters = [each for each_turn, each in glyphs if each_turn == turn]
    left_out = sum(each.text.isdigit() for each_turn, each in glyphs if each_turn != turn)
    is_scan = _show_scan(characters, page)
    if turn:
        for each in characters:
            _turn(each, sheet)
    return PageText(characters, sheet, left_out, is_scan)


def _glyphs(page: pdfium.PdfPage) -> Iterator[tuple[Turn | None, Character]]:
    """The characters of a page, each with the way it runs; spaces run as the character before them."""
    text = page.get_textpage()
    left, bottom, right, top = page.get_bbox()
    raster = _Raster(page)
    box = [ctypes.c_double() for _ in range(6)]
    x, y = box[4:]
    places = [ctypes.byref(each) for each in box]
    advance = pdfium_c.FS_RECTF()
    last: Character | None = None
    turn: Turn | None = 0
    for index, style in _styles(text):
        code = pdfium_c.FPDFText_GetUnicode(text, index)
        ch = chr(code) if 0 < code < 0x110000 else " "
        if code in _LIGATURES and pdfium_c.FPDFText_IsGenerated(text, index) != 1:
            ch = _LIGATURES[code]
        if ch.isspace():
            if last is not None:
                yield turn, _space(last)
            continue
        turn = turn_of(pdfium_c.FPDFText_GetCharAngle(text, index))
        pdfium_c.FPDFText_GetCharBox(text, index, *places[:4])
        pdfium_c.FPDFText_GetCharOrigin(text, index, *places[4:])
        pdfium_c.FPDFText_GetLooseCharBox(text, index, advance)
        x0, x1, y0, y1 = (each.value for each in box[:4])
        outside = x1 < left or x0 > right or y1 < bottom or y0 > top
        hidden = style.invisible or style.unseen or outside
        if style.white and not hidden:
            hidden = not raster.on_dark_ground(x0, y0, x1, y1)
        if turn == 0:
            # From one origin to the next, so that a gap is what was put between two characters.
            x0, x1 = min(x.value, advance.right), max(x.value, advance.right)
        if pdfium_c.FPDFText_IsHyphen(text, index) == 1:
            ch = HYPHEN
        last = Character(ch, x0, x1, y0, y1, y.value, style.size, style.bold, hidden, x.value)
        last.overlaid = style.invisible and not style.unseen and not outside
        yield turn, last


_LIGATURES = dict(enumerate(("ff", "fi", "fl", "ffi", "ffl"), 0x0B)) | dict(
    enumerate(("ff", "fi", "fl", "ffi", "ffl"), 0x1B)
)
"""Where TeX's older and newer encodings have them, for fonts that do not say which letters they show."""


def _turn(each: Character, sheet: Sheet) -> None:
    """Turn a character of a page that lies on its side."""
    each.start, each.baseline = sheet.place(each.start, each.baseline)
    each.left, each.bottom, each.right, each.top = sheet.box((each.left, each.bottom, each.right, each.top))


def _show_scan(characters: Sequence[Character], page: pdfium.PdfPage) -> bool:
    """Show the text under a picture of a page that has hardly any other; whether there is one."""
    overlaid = [each for each in characters if each.overlaid]
    seen = sum(not each.hidden for each in characters if each.text != " ")
    if len(overlaid) < 100 or len(overlaid) < 10 * seen or not _lie_on_a_picture(overlaid, page):
        return False
    for each in characters:
        each.hidden = each.hidden and not (each.overlaid or each.text == " ")
    return True


def _space(last: Character) -> Character:
    """A space after a character."""
    return Character(
        " ", last.right, last.right, last.bottom, last.top, last.baseline, last.size, last.bold, last.hidden, last.start
    )


def _styles(text: pdfium.PdfTextPage) -> Iterator[tuple[int, _Style]]:
    """The index of each character with its style; what PDFium puts in has that of the character before."""
    styles: dict[int, _Style] = {}
    style = _Style(size=0, bold=False, invisible=False, unseen=False, white=False)
    for index in range(text.count_chars()):
        text_object = pdfium_c.FPDFText_GetTextObject(text, index)
        if text_object:
            key = ctypes.cast(text_object, ctypes.c_void_p).value or 0
            if key not in styles:
                styles[key] = _style(text_object, text, index)
            style = styles[key]
        yield index, style


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
        invisible=mode in {pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium_c.FPDF_TEXTRENDERMODE_CLIP},
        unseen=size < _SMALLEST or (bool(has_fill) and alpha.value < 16),
        white=white,
    )


def _is_bold(text_object: object) -> bool:
    font = pdfium_c.FPDFTextObj_GetFont(text_object)
    if not font:
        return False
    name = ctypes.create_string_buffer(128)
    pdfium_c.FPDFFont_GetBaseFontName(font, name, len(name))
    return re.search(rb"bold|medi\b|cmbx|black|-B\b|sfbx|libertinet?b", name.value, re.IGNORECASE) is not None


def _lie_on_a_picture(characters: list[Character], page: pdfium.PdfPage) -> bool:
    """Whether nearly all of these characters lie on one image or one filled area."""
    for each in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE, pdfium_c.FPDF_PAGEOBJ_PATH], max_depth=3):
        left, bottom, right, top = each.get_bounds()
        inside = sum(left <= c.left and c.right <= right and bottom <= c.bottom and c.top <= top for c in characters)
        if inside > 0.9 * len(characters):
            return True
    return False


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
