"""Finds the tables of a PDF's page: the rows above or below each caption, within the strip of the page that is its own.

Rules that are drawn bound a table. Where there are none, its rows go on as long as they follow each other closely and
have gaps in them as no line of prose has.
"""

from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Literal

from assay.fulltext.pdf.captions import Caption
from assay.fulltext.pdf.layout import Layout, Page, Piece, Strip, is_mostly_figures, is_prose
from assay.fulltext.pdf.parts import rows_of_parts, table_bands
from assay.fulltext.pdf.rules import Rule, Rules
from assay.fulltext.pdf.views import Band, view_from

Side = Literal["above", "below"]
"""Where the rows of a table are, seen from its caption."""

_SIDES: tuple[Side, ...] = ("above", "below")


@dataclass(slots=True, eq=False)
class Body:
    """What may be the rows of a caption's table."""

    caption: Caption
    side: Side
    bands: "list[Band]"
    """The nearest to the caption first."""
    cost: float = 0.0
    """How unlikely it is for its looks."""

    @property
    def pieces(self) -> list[Piece]:
        """All pieces of it."""
        return [piece for band in self.bands for piece in band.pieces]

    @property
    def distance(self) -> float:
        """From the caption, in sizes of its text."""
        return self.bands[0].distance / self.caption.size


def page_bodies(page: Page, captions: Sequence[Caption], layout: Layout) -> list[Body]:
    """Whatever may be the rows of the tables of a page, above and below each caption."""
    bodies: list[Body] = []
    for caption in captions:
        if caption.kind == "Table":
            strip = _own_strip(caption, captions, page, layout)
            sides = [_body(caption, side, strip, page, captions, layout) for side in _SIDES]
            bodies += [body for body in sides if body is not None]
    return bodies + _parts(bodies) + _remainders(bodies, page)


def _parts(bodies: Sequence[Body]) -> list[Body]:
    """The two parts of what lies between a caption above it and another below it, for it may be a table of each."""
    parts = []
    for upper in bodies:
        for lower in bodies:
            if upper.side != "below" or lower.side != "above" or upper.caption is lower.caption:
                continue
            shared = set(map(id, upper.pieces)) & set(map(id, lower.pieces))
            if not shared or len(upper.bands) < 4:
                continue
            gaps = [after.distance - before.distance for before, after in pairwise(upper.bands)]
            widest = max(gaps[1:-1])
            at = gaps.index(widest, 1) + 1
            if widest > 1.3 * median(gaps):
                first = upper.bands[:at]
                in_first = {id(piece) for band in first for piece in band.pieces}
                rest = [band for band in lower.bands if not in_first & set(map(id, band.pieces))]
                parts.append(Body(upper.caption, "below", first, 1.0))
                if rest:
                    parts.append(Body(lower.caption, "above", rest, 1.0))
    return parts


def _remainders(bodies: Sequence[Body], page: Page) -> list[Body]:
    """What two captions share, without what a rule closes off as the table of the other one."""
    remainders = []
    for whole in bodies:
        if not _ends_at_rule(whole, page):
            continue
        closed = {id(piece) for piece in whole.pieces}
        for body in bodies:
            rest = [band for band in body.bands if closed.isdisjoint(map(id, band.pieces))]
            is_shared = body.caption is not whole.caption and body.side != whole.side and len(rest) < len(body.bands)
            if is_shared and any(band.figures for band in rest):
                remainders.append(Body(body.caption, body.side, rest, 0.5))
    return remainders


def _ends_at_rule(body: Body, page: Page) -> bool:
    """Whether a rule as wide as a table lies behind its last line."""
    last, sign = body.bands[-1], 1 if body.side == "above" else -1
    left, right = min(band.left for band in body.bands), max(band.right for band in body.bands)
    return any(
        -0.4 * last.size < sign * (rule.at - last.baseline) < 1.5 * last.size
        and rule.start < left + 3
        and right - 3 < rule.end
        for rule in page.rules.level
    )


def usual_side(bodies: Iterable[Body]) -> Side:
    """On which side of their captions the tables of a document are, by those that have rows on one side only."""
    sides: dict[int, set[Side]] = {}
    for body in bodies:
        sides.setdefault(id(body.caption), set()).add(body.side)
    votes = Counter(side for each in sides.values() if len(each) == 1 for side in each)
    return "above" if votes["above"] > votes["below"] else "below"


_OTHER_SIDE = 2.5
"""The cost of a table on the side of its caption that is not the usual one of the document."""

_NO_BODY = 30.0
"""The cost of a caption without a table."""

_MOST_TO_WEIGH = 9
"""So many captions on a page are weighed against each other; of more, each takes what is left."""


def chosen_bodies(bodies: Iterable[Body], usual: Side) -> dict[int, Body]:
    """One body for each caption, by the caption's ``id``, so that no piece is in two and most captions have one."""
    options: dict[int, list[tuple[float, Body, set[int]]]] = {}
    for body in bodies:
        cost = body.distance + body.cost + (0 if body.side == usual else _OTHER_SIDE)
        options.setdefault(id(body.caption), []).append((cost, body, set(map(id, body.pieces))))
    for each in options.values():
        each.sort(key=lambda option: option[0])
    captions = list(options)
    best: dict[int, Body] = {}
    least = float("inf")

    def weigh(at: int, cost: float, taken: set[int], chosen: dict[int, Body]) -> None:
        nonlocal best, least
        if cost >= least:
            return
        if at == len(captions):
            best, least = dict(chosen), cost
            return
        for extra, body, pieces in options[captions[at]]:
            if not pieces & taken:
                weigh(at + 1, cost + extra, taken | pieces, {**chosen, captions[at]: body})
                if len(captions) > _MOST_TO_WEIGH:
                    return
        weigh(at + 1, cost + _NO_BODY, taken, chosen)

    weigh(0, 0.0, set(), {})
    return best


def body_rows(body: Body, page: Page) -> list[list[str]]:
    """The rows of a table."""
    words = [word for piece in body.pieces for word in piece.words]
    left, right = min(w.left for w in words) - 8, max(w.right for w in words) + 8
    bottom, top = min(w.baseline for w in words) - 14, max(w.baseline for w in words) + 14
    level = tuple(r for r in page.rules.level if bottom < r.at < top and r.end > left and r.start < right)
    upright = tuple(r for r in page.rules.upright if left < r.at < right and r.end > bottom and r.start < top)
    return rows_of_parts(body.bands, Rules(level, upright))


def _own_strip(caption: Caption, captions: Sequence[Caption], page: Page, layout: Layout) -> Strip:
    """The strip of the page in which a caption's table can be: its column, up to what stands beside the caption."""
    column = _column_strip(caption, page, layout)
    left, right = column.left, column.right
    mine = set(map(id, caption.pieces))
    beside = 0.7 * caption.size  # lines of text beside a table need not be at the height of its own
    for piece in page.pieces:
        if id(piece) in mine or not caption.bottom - beside < piece.baseline < caption.top + beside:
            continue
        is_text = len(piece.words) > 4 and not is_mostly_figures(piece.words)
        if left < piece.right <= caption.left:
            left = max(
                left, piece.right + 1 if is_text else _boundary(piece.right, caption.left, caption, page, layout)
            )
        elif caption.right <= piece.left < right:
            right = min(
                right, piece.left - 1 if is_text else _boundary(caption.right, piece.left, caption, page, layout)
            )
    for other in captions:
        if abs(other.top - caption.top) > _FAR or other is caption:
            continue
        if column.left < other.right < caption.left:
            boundary = _boundary(other.right, caption.left, caption, page, layout)
            left = boundary if _parts_page(boundary, other, caption, page) else left
        elif caption.right < other.left < column.right:
            boundary = _boundary(caption.right, other.left, caption, page, layout)
            right = boundary if _parts_page(boundary, other, caption, page) else right
    return Strip(left, right)


_FAR = 250.0
"""Captions further apart than this, in points, are not those of tables side by side."""


def _column_strip(caption: Caption, page: Page, layout: Layout) -> Strip:
    """The column of a caption up to the edge of the page; the whole page if the rule next to the caption crosses it."""
    whole = Strip(0, page.width)
    if len(layout.columns) < 2 or layout.column_of(caption.left, caption.right) not in layout.columns:
        return whole
    gutter = (layout.columns[0].right + layout.columns[1].left) / 2
    if any(rule.start < gutter - 15 and rule.end > gutter + 15 for rule in _rules_next_to(caption, page)):
        return whole
    return Strip(0, gutter) if caption.middle < gutter else Strip(gutter, page.width)


def _parts_page(boundary: float, other: Caption, caption: Caption, page: Page) -> bool:
    """Whether nothing on the page crosses a boundary between the heights of two captions."""
    low, high = min(other.bottom, caption.bottom), max(other.top, caption.top)
    return not any(
        low - 3 < piece.baseline < high + 3 and piece.left < boundary < piece.right for piece in page.pieces
    ) and not any(low - 3 < rule.at < high + 3 and rule.start < boundary < rule.end for rule in page.rules.level)


def _rules_next_to(caption: Caption, page: Page) -> list[Rule]:
    """The level rules just above or below a caption that begin or end about where it does, or span it."""
    reach = 2.5 * caption.size
    return [
        rule
        for rule in page.rules.level
        if caption.bottom - reach < rule.at < caption.top + reach
        and rule.start < caption.middle < rule.end
        and rule.end - rule.start > 60
    ]


def _boundary(start: float, end: float, caption: Caption, page: Page, layout: Layout) -> float:
    """Where, between two things side by side, one table ends and the other begins: in the widest empty strip.

    Both tables may be wider than what was seen of them, so the strip is looked for from the middle of the one to the
    other.
    """
    is_left = end <= caption.left
    low, high = (start - 60, caption.middle) if is_left else (caption.middle, end + 60)
    near = [
        piece
        for piece in page.pieces
        if abs(piece.baseline - caption.top) < 140
        and not is_prose(piece.words, layout.column_of(piece.left, piece.right))
    ]
    spans = [(piece.left, piece.right) for piece in near]
    spans += [(rule.start, rule.end) for rule in page.rules.level if abs(rule.at - caption.top) < 140]
    spans = [(a, b) for a, b in spans if not (a < start and b > end)]  # above or below both of them
    inside = sorted((max(a, low), min(b, high)) for a, b in spans if b > low and a < high)
    gaps, reached = [], low
    for a, b in inside:
        if a > reached:
            gaps.append((a - reached, (a + reached) / 2))
        reached = max(reached, b)
    gaps = [gap for gap in gaps if gap[0] > 4]
    return max(gaps)[1] if gaps else (start + end) / 2


def _body(
    caption: Caption, side: Side, strip: Strip, page: Page, captions: Sequence[Caption], layout: Layout
) -> Body | None:
    """The rows on one side of a caption, if there are any."""
    sign, edge = (1, caption.top) if side == "above" else (-1, caption.bottom)
    barred = {id(piece) for each in captions for piece in each.pieces}
    rows = table_bands(view_from(edge, sign, caption.size, strip, page, barred), layout)
    return Body(caption, side, rows) if rows else None


def continued_body(body: Body, page: Page, barred: Set[int], layout: Layout) -> Body | None:
    """What goes on with a table at the top of the next page, if its header or the word *continued* stands there.

    ``barred`` are the pieces of that page, by their ``id``, that belong to something else.
    """
    if body.side != "below" or not page.pieces:
        return None
    size = body.caption.size
    top = max(piece.baseline for piece in page.pieces)
    view = view_from(top + 1.5 * size, -1, size, Strip(0, page.width), page, barred)
    said = next((at for at, band in enumerate(view.bands[:3]) if "continued" in band.text.casefold()), None)
    if said is not None:
        view.bands = view.bands[said + 1 :]
        view.rules = [rule for rule in view.rules if view.bands and rule.at > view.bands[0].distance - 2 * size]
    rows = table_bands(view, layout)
    if rows and (said is not None or rows[0].text == body.bands[0].text):
        return Body(body.caption, "below", rows)
    return None
