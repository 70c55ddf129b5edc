"""Draws the picture that a link to a day or to a measured paper is shown with: what a reader would want to know of it.

Cards speak English, in the languages of all pages: no library carries a font with Hangul, and a card that depends on
what fonts a machine has would differ from build to build. A title in other letters is left out. Without pillow and
matplotlib, whose font they are in, every page has the one card that comes with Assay.
"""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from assay.papers.mathematics import to_text
from assay.papers.measurement import Measurement
from assay.papers.models import Day, Dossier
from assay.papers.text import counted, shorten
from assay.publish.claims import metric
from assay.publish.measurements import effect_claimed, effect_measured, headlines, verdict_label
from assay.publish.site.discovery import About
from assay.publish.site.drawing import reach
from assay.publish.site.files import File

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

WIDTH, HEIGHT = 1200, 630
_MARGIN = 80
_PAPER, _INK, _QUIET, _ACCENT = "#fdfcf9", "#1d1d1f", "#61605b", "#8a5a00"
_COLOURS = {"reached": "#1f6b2d", "direction": "#8a5a00", "missed": "#a3260c", "open": "#6b5fa8"}
_TITLES = 3


class Row(NamedTuple):
    """A line at the foot of a card: what was found of a claim, and what was claimed."""

    verdict: str
    how: str
    """How far the measurement gets, which decides the colour."""
    words: str


class Card(NamedTuple):
    """What a card shows, from top to bottom."""

    heading: str
    remark: str = ""
    titles: Sequence[str] = ()
    rows: Sequence[Row] = ()


def card_files(
    days: Sequence[Day], papers: Sequence[Dossier], measurements: Mapping[str, Sequence[Measurement]]
) -> Iterator[File]:
    """The cards of all days with papers and of all measured papers; none where they cannot be drawn."""
    if not (find_spec("PIL") and find_spec("matplotlib")):
        return
    for day in days:
        if day.papers:
            card = day_card(day)
            yield File(card_path(day), card, partial(draw_card, card))
    for dossier in papers:
        found = headlines(measurements.get(dossier.paper.id, ()))
        if found:
            card = paper_card(dossier, measurements[dossier.paper.id])
            yield File(card_path(dossier), card, partial(draw_card, card))


def card_path(about: About) -> str:
    """Where the card of a day or a paper is in the site, if it has one."""
    if isinstance(about, Day):
        return f"day/{about.date}/card.png"
    return f"paper/{about.paper.id}/card.png" if isinstance(about, Dossier) else ""


def day_card(day: Day) -> Card:
    """What the card of a day shows: how many papers, and the first of them."""
    titles = [to_text(paper.title) for paper in day.papers if can_write(to_text(paper.title))]
    return Card(f"{day.date}", counted(len(day.papers), "paper"), titles[:_TITLES])


def paper_card(dossier: Dossier, measurements: Sequence[Measurement]) -> Card:
    """What the card of a measured paper shows: its title, and claimed beside measured."""
    title = to_text(dossier.paper.title)
    tried = [each for each in measurements if each.comparison is not None]
    first = headlines(tried)
    ordered = [*first, *(each for each in tried if each not in first)]
    rows = [
        Row(
            verdict_label(each),
            reach(each),
            f"{effect_measured(each)} measured, {effect_claimed(each.claimed)} claimed: {metric(each.claimed)}",
        )
        for each in ordered[:2]
    ]
    heading = title if can_write(title) else dossier.name or dossier.paper.id
    return Card(heading, dossier.paper.id, rows=[row for row in rows if can_write(row.words)])


def can_write(text: str) -> bool:
    """Whether the font has all letters of a text."""
    return all(ord(letter) in _letters() or letter.isspace() for letter in text)


def draw_card(card: Card) -> bytes:
    """A card as a PNG picture."""
    from PIL import Image, ImageDraw  # noqa: PLC0415 - only who draws cards needs it

    picture = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, WIDTH, 14), fill=_ACCENT)
    draw.text((_MARGIN, 52), "Assay", font=_font(34, bold=True), fill=_ACCENT)
    y = 130
    size = 84 if len(card.heading) < 16 else 52
    for line in _lines(card.heading, _font(size, bold=True), draw, most=3):
        draw.text((_MARGIN, y), line, font=_font(size, bold=True), fill=_INK)
        y += int(size * 1.22)
    if card.remark:
        draw.text((_MARGIN, y + 8), card.remark, font=_font(34), fill=_QUIET)
        y += 70
    for title in card.titles:
        y = _bullet(draw, title, y + 14)
    y = max(y, HEIGHT - 70 - 110 * len(card.rows))
    for row in card.rows:
        draw.text((_MARGIN, y), row.verdict, font=_font(36, bold=True), fill=_COLOURS[row.how])
        [words] = _lines(row.words, _font(28), draw, most=1)
        draw.text((_MARGIN, y + 48), words, font=_font(28), fill=_INK)
        y += 110
    return _png(picture)


def _bullet(draw: "ImageDraw", title: str, y: int) -> int:
    font = _font(32)
    draw.rectangle((_MARGIN, y + 12, _MARGIN + 12, y + 24), fill=_ACCENT)
    for line in _lines(title, font, draw, most=2, indent=36):
        draw.text((_MARGIN + 36, y), line, font=font, fill=_INK)
        y += 42
    return y


def _lines(text: str, font: "FreeTypeFont", draw: "ImageDraw", *, most: int, indent: int = 0) -> list[str]:
    """A text as lines that fit on the card, the last cut where there are more."""
    room = WIDTH - 2 * _MARGIN - indent

    def fits(line: str) -> bool:
        return draw.textlength(line, font=font) <= room

    lines: list[str] = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if fits(longer) or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    if len(lines) > most:
        lines[most - 1] = " ".join(lines[most - 1 :])
    return [_cut(line, fits) for line in lines[:most]]


def _cut(line: str, fits: Callable[[str], bool]) -> str:
    if fits(line):
        return line
    return next(short for most in range(len(line) - 1, 0, -1) if fits(short := shorten(line, most)))


def _png(picture: "Image") -> bytes:
    from PIL.Image import Dither, Quantize  # noqa: PLC0415

    data = io.BytesIO()
    # Few colours are in it: a palette makes it a third as large. The quickest way finds as good a one here.
    picture.quantize(32, Quantize.FASTOCTREE, dither=Dither.NONE).save(data, "PNG")
    return data.getvalue()


@cache
def _font(size: int, *, bold: bool = False) -> "FreeTypeFont":
    from PIL import ImageFont  # noqa: PLC0415

    return ImageFont.truetype(str(_font_file(bold=bold)), size)


@cache
def _letters() -> frozenset[int]:
    """The code points that the font has, in both weights."""
    from matplotlib.ft2font import FT2Font  # noqa: PLC0415

    regular, heavy = (FT2Font(str(_font_file(bold=bold))).get_charmap() for bold in (False, True))
    return frozenset(regular.keys() & heavy.keys())


def _font_file(*, bold: bool) -> Path:
    from matplotlib import get_data_path  # noqa: PLC0415

    return Path(get_data_path()) / "fonts" / "ttf" / f"DejaVuSans{'-Bold' if bold else ''}.ttf"
