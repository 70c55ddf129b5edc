"""Numbers tables, figures and sections as LaTeX does: by chapter, by appendix, or as the paper has it."""

from collections import Counter
from collections.abc import Callable, Mapping

from assay.fulltext.tex.macros import Macro
from assay.fulltext.tex.tokens import Tokens


class Counters:
    r"""The counters of a document; ``macros`` holds what the paper makes of ``\thetable`` and its like."""

    def __init__(self, macros: Mapping[str, Macro]) -> None:
        self._macros = macros
        self._values: Counter[str] = Counter()
        self._within: dict[str, str] = {}
        self._has_chapters = False
        self._is_appendix = False

    def step(self, name: str) -> str:
        """Count one more and return its number as it is printed."""
        self._values[name] += 1
        if name == "chapter" and not self._has_chapters:
            self._has_chapters = True
            for each in ("table", "figure"):
                self._within.setdefault(each, "chapter")
        for each, outer in [*self._within.items(), *_SECTIONS.items()]:
            if outer == name:
                self._values[each] = 0
        return self.number(name)

    def set(self, name: str, number: str, *, add: bool = False) -> None:
        """Set a counter, or add to it; what is no number changes nothing."""
        if number.lstrip("-").isdecimal() and len(number) < 7:
            self._values[name] = int(number) + (self._values[name] if add else 0)

    def count_within(self, name: str, outer: str) -> None:
        """Count ``name`` anew in each ``outer``."""
        self._within[name] = outer

    def begin_appendix(self) -> None:
        """Count sections or chapters by letters from here on."""
        self._is_appendix = True
        self._values["chapter" if self._has_chapters else "section"] = 0

    def number(self, name: str, depth: int = 0) -> str:
        """The number of a counter as it is printed now."""
        own = self._macros.get(f"\\the{name}")
        if own is not None and not own.parameters and depth < _DEEPEST and _is_plain(own.body):
            return self._printed(own.body, depth)
        value = self._values[name]
        is_lettered = self._is_appendix and name == ("chapter" if self._has_chapters else "section")
        shown = _letter(value) if is_lettered else str(value)
        outer = self._within.get(name)
        return f"{self.number(outer, depth + 1)}.{shown}" if outer and depth < _DEEPEST else shown

    def _printed(self, body: list[str], depth: int) -> str:
        r"""What the paper's own ``\thetable`` prints."""
        source = Tokens(body)
        printed = ""
        while token := source.read_raw():
            name = token[1:]
            if token in _FORMATS:
                source.take_star()
                printed += _FORMATS[token](self._values[source.read_word()])
            elif token.startswith("\\the"):
                printed += self.number(name.removeprefix("the"), depth + 1)
            elif not token.startswith("\\") and token not in {"{", "}", "$"}:
                printed += token.strip()
        return printed


def _is_plain(body: list[str]) -> bool:
    """Whether a number is printed by nothing but counters and text."""
    return all(token in _FORMATS or token.startswith("\\the") or not token.startswith("\\") for token in body)


def _letter(value: int) -> str:
    return chr(ord("A") + (value - 1) % 26) if value > 0 else "0"


def _roman(value: int) -> str:
    roman = ""
    for number, letters in zip((50, 40, 10, 9, 5, 4, 1), ("L", "XL", "X", "IX", "V", "IV", "I"), strict=True):
        roman += letters * (value // number)
        value %= number
    return roman


_DEEPEST = 5
_SECTIONS = {"subsection": "section", "subsubsection": "subsection"}
_FORMATS: Mapping[str, Callable[[int], str]] = {
    "\\arabic": str,
    "\\Alph": _letter,
    "\\alph": lambda value: _letter(value).lower(),
    "\\Roman": _roman,
    "\\roman": lambda value: _roman(value).lower(),
}
