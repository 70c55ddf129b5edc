"""Gives each caption of a table or figure its own rows: above or below them, side by side, or one for several parts."""

from string import ascii_lowercase
from typing import NamedTuple

from assay.fulltext.draft import Draft

Rows = list[list[str]]


class _Caption(NamedTuple):
    position: int
    """How many tables stood before it."""
    kind: str
    label: str
    text: str


class _Part(NamedTuple):
    first: int
    """The number of its first table."""
    end: int | None
    """The number of the first table after it; ``None`` if the next part or the end comes then."""
    text: str


class Float:
    """A table or figure that is being read."""

    def __init__(self, environment: str, kind: str) -> None:
        self.environment = environment
        self.kind = kind
        self.is_in_part = False
        self._bodies: list[Rows] = []
        self._captions: list[_Caption] = []
        self._parts: list[_Part] = []
        self._part_begun = 0
        self._part_text = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing stood in it yet."""
        return not (self._bodies or self._captions or self._parts)

    def add_body(self, rows: Rows) -> None:
        """Add a table."""
        self._bodies.append(rows)

    def add_caption(self, kind: str, label: str, text: str) -> None:
        """Add a caption where it stands among the tables."""
        self._captions.append(_Caption(len(self._bodies), kind, label, text))

    def begin_part(self) -> None:
        """Begin a part with a caption of its own."""
        self.is_in_part, self._part_begun, self._part_text = True, len(self._bodies), ""

    def set_part_caption(self, text: str) -> None:
        """Set the caption of the part that has begun."""
        self._part_text = text

    def end_part(self) -> None:
        """End the part that has begun."""
        if self.is_in_part and (self._part_text or len(self._bodies) > self._part_begun):
            self._parts.append(_Part(self._part_begun, len(self._bodies), self._part_text))
        self.is_in_part = False

    def add_part(self, text: str) -> None:
        """Add a part whose content follows."""
        self._parts.append(_Part(len(self._bodies), None, text))

    def close(self, draft: Draft) -> None:
        """Give each caption its tables: those that follow if the first caption stands above, else those before."""
        left = set(range(len(self._bodies)))
        tables = [caption for caption in self._captions if caption.kind == "Table"]
        for number, caption in enumerate(tables):
            first, end = self._reach(tables, number)
            own = [at for at in range(first, end) if at in left]
            left -= set(own)
            self._add(draft, caption.label, caption.text, own)
        others = [caption for caption in self._captions if caption.kind != "Table"]
        main = next((caption.label for caption in others if caption.label), "")
        self._add(draft, main, "", sorted(left))
        for caption in others:
            draft.add_caption(caption.label or main, caption.text)
        for number, part in enumerate(self._parts):
            if part.text and not self._within(number, range(len(self._bodies))):
                draft.add_caption(main or (tables[0].label if tables else ""), part.text)

    def _reach(self, tables: list[_Caption], number: int) -> tuple[int, int]:
        """The numbers of the first table of a caption and of the one after its last."""
        if tables[0].position == 0:
            return tables[number].position, (
                tables[number + 1].position if number + 1 < len(tables) else len(self._bodies)
            )
        return (
            tables[number - 1].position if number else 0,
            tables[number].position if number + 1 < len(tables) else len(self._bodies),
        )

    def _add(self, draft: Draft, label: str, text: str, own: list[int]) -> None:
        """Add the tables of one caption: as one, or each part of it with its own caption too."""
        shared = set(own)
        for number, part in enumerate(self._parts):
            within = self._within(number, own)
            shared -= set(within)
            if within:
                letter = ascii_lowercase[number % 26]
                caption = f"{text} ({letter}) {part.text}" if text else part.text
                rows = [row for at in within for row in self._bodies[at]]
                draft.add_table(f"{label}{letter}" if label else f"({letter})", caption.strip(), rows)
        if shared or not own:
            rows = [row for at in sorted(shared) for row in self._bodies[at]]
            if text or any(any(cell for cell in row) for row in rows):
                draft.add_table(label, text, rows)

    def _within(self, number: int, own: "list[int] | range") -> list[int]:
        """Which of these tables belong to a part."""
        part = self._parts[number]
        following = self._parts[number + 1].first if number + 1 < len(self._parts) else len(self._bodies)
        end = part.end if part.end is not None else following
        return [at for at in own if part.first <= at < end]
