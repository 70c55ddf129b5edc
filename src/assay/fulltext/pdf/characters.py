"""Reads the characters of a PDF's page: where each stands, how it is drawn, and whether a reader can see it."""

import ctypes
import re
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

import pypdfium2 as pdfium  # type: ignore[import-untyped]
import pypdfium2.raw as pdfium_c  # type: ignore[import-untyped]

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


def page_characters(page: pdfium.PdfPage) -> tuple[list[Character], int]:
    """The upright characters of a page in the order of the file, and how many digits stand upright no more.

    Text that is drawn invisibly over a picture is what was recognised in a scan, and counts as seen, where the page has
    hardly any other.
    """
    text = page.get_textpage()
    left, bottom, right, top = page.get_bbox()
    raster = _Raster(page)
    characters: list[Character] = []
    invisible: list[Character] = []
    turned_digits = 0
    box = [ctypes.c_double() for _ in range(6)]
    x, y = box[4:]
    places = [ctypes.byref(each) for each in box]
    advance = pdfium_c.FS_RECTF()
    for index, style in _styles(text):
        code = pdfium_c.FPDFText_GetUnicode(text, index)
        if not 0 < code < 0x110000 or code in _LINE_ENDS:
            characters.append(_space(characters))
            continue
        if abs(pdfium_c.FPDFText_GetCharAngle(text, index)) > 0.1:
            # The name that arXiv prints up the margin, the axes of figures, and tables that lie on their side.
            turned_digits += 0x30 <= code <= 0x39
            continue
        pdfium_c.FPDFText_GetCharBox(text, index, *places[:4])
        pdfium_c.FPDFText_GetCharOrigin(text, index, *places[4:])
        pdfium_c.FPDFText_GetLooseCharBox(text, index, advance)
        x0, x1, y0, y1 = (each.value for each in box[:4])
        outside = x1 < left or x0 > right or y1 < bottom or y0 > top
        ch = HYPHEN if pdfium_c.FPDFText_IsHyphen(text, index) == 1 else chr(code)
        if ch.isspace():
            characters.append(_space(characters))
            continue
        unseen = style.unseen or outside or (style.white and not raster.on_dark_ground(x0, y0, x1, y1))
        # From one origin to the next, so that a gap is what was put between two characters, and no part of their shapes.
        start, end = min(x.value, advance.right), max(x.value, advance.right)
        each = Character(ch, start, end, y0, y1, y.value, style.size, style.bold, unseen or style.invisible)
        characters.append(each)
        if style.invisible and not unseen:
            invisible.append(each)
    seen = sum(not each.hidden for each in characters if each.text != " ")
    if len(invisible) > 100 and len(invisible) > 10 * seen and _lie_on_a_picture(invisible, page):
        for each in invisible:
            each.hidden = False
    return characters, turned_digits


_LINE_ENDS = frozenset((0x0A, 0x0D))


def _space(before: list[Character]) -> Character:
    """A space after the latest character."""
    if not before:
        return Character(" ", 0, 0, 0, 0, 0, 0, bold=False, hidden=False)
    last = before[-1]
    return Character(
        " ", last.right, last.right, last.bottom, last.top, last.baseline, last.size, last.bold, last.hidden
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
