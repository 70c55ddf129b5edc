r"""Reads the LaTeX in titles, abstracts and summaries: as the Unicode text that a reader would see.

``$\sim$3x`` is ``~3x``, ``$3\times10^{-4}$`` is ``3×10⁻⁴``, ``H$_2$O`` is ``H₂O``, ``Erd\H{o}s`` is ``Erdős``. What
is not known stays as it is written: a command that the authors defined, a dollar that is money, a formula whose braces
do not pair.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from assay.papers.formulas import Formula, find_formulas
from assay.papers.symbols import (
    ABBREVIATIONS,
    ACCENTS,
    DOUBLE_STRUCK,
    HATS,
    LETTERS,
    LOWERED,
    NOTHING,
    OPERATORS,
    PROSE_STYLES,
    RAISED,
    SPACES,
    STYLES,
    SYMBOLS,
)


@dataclass(frozen=True, slots=True)
class Plain:
    """A text without the marks of LaTeX, and where each of its characters stands in the original."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]
    """Character ``n`` of the text was written as ``original[starts[n]:ends[n]]``, or as a part of it."""

    def between(self, start: int, end: int) -> str:
        """What is seen of ``original[start:end]``."""
        first, last = self._seen_before(start), self._seen_before(end)
        return self.text[first:last]

    def _seen_before(self, offset: int) -> int:
        low, high = 0, len(self.text)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self.starts[middle] < offset else (low, middle)
        return low


def read_plain(text: str) -> Plain:
    """The text as a reader sees it, with the place of each character in the original."""
    if not _ANY_MARK.search(text):
        return Plain(text, range(len(text)), range(1, len(text) + 1))
    reader = _Reader(text)
    reader.read(_Span(0, len(text)), in_formula=False)
    return Plain("".join(reader.characters), reader.starts, reader.ends)


def to_text(text: str) -> str:
    """The text as a reader sees it, in Unicode."""
    return read_plain(text).text


class _Span(NamedTuple):
    start: int
    end: int


_ANY_MARK = re.compile(r"[\\${~]|``|''|--")
_PROSE_MARK = re.compile(
    r"(?P<link>(?:https?://|www\.)[^\s{}\\]+)|\\(?P<word>[A-Za-z]+)\*?|\\(?P<sign>.)|``|''|-{2,}|[${}~]|(?<=[^\W_])[\^_](?={)",
    re.DOTALL,
)
_FORMULA_MARK = re.compile(r"\\(?P<word>[A-Za-z]+)\*?|\\(?P<sign>.)|[{}^_~&']|\s+", re.DOTALL)
_DEEPEST = 40
_FRACTIONS = frozenset({"frac", "dfrac", "tfrac", "cfrac", "nicefrac", "sfrac"})
_TIGHT = frozenset("×±∓")  # no space around them in a formula
_DASHES = {2: "–", 3: "—"}


class _Reader:
    """Turns a text into characters and their places, from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.characters: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self._closing = _pair_braces(text)
        self._formulas: dict[int, Formula] = {formula.start: formula for formula in find_formulas(text)}
        self._depth = 0

    def read(self, span: _Span, *, in_formula: bool) -> None:
        """Read a part of the text, as prose or as the inside of a formula."""
        at, end = span
        if self._depth > _DEEPEST:
            self._copy(at, end)
            return
        self._depth += 1
        mark = _FORMULA_MARK if in_formula else _PROSE_MARK
        while match := mark.search(self.text, at, end):
            self._copy(at, match.start())
            at = (self._read_formula_mark if in_formula else self._read_prose_mark)(match, end)
        self._copy(at, end)
        self._depth -= 1

    def _read_prose_mark(self, match: re.Match[str], end: int) -> int:
        """Read a mark of prose; where the text goes on after it."""
        start, after, written = match.start(), match.end(), match[0]
        if match["word"]:
            return self._read_command(match, end, in_formula=False)
        if start in self._formulas and self._formulas[start].end <= end:
            formula = self._formulas[start]
            self.read(_Span(formula.inner_start, formula.inner_end), in_formula=True)
            return formula.end
        if match["sign"]:
            return self._read_sign(match["sign"], start, end, in_formula=False)
        match written:
            case "{" if self._is_mere_group(start, end):
                return self._read_group(start)
            case "~" if self._is_tie(start):
                self._emit(" ", start, after)
            case "``" | "''":
                opens = written == "``" or not self._before(start).strip("([ \n\t")
                self._emit("“" if opens else "”", start, after)
            case "^" | "_":  # of a formula that lost its dollars
                return self._read_script(written, after, end)
            case "--" | "---" if self._is_dash(start, after):
                self._emit(_DASHES[len(written)], start, after)
            case _:
                self._copy(start, after)
        return after

    def _read_formula_mark(self, match: re.Match[str], end: int) -> int:
        """Read a mark of a formula; where the formula goes on after it."""
        start, after, written = match.start(), match.end(), match[0]
        if match["word"]:
            return self._read_command(match, end, in_formula=True)
        if match["sign"]:
            return self._read_sign(match["sign"], start, end, in_formula=True)
        match written:
            case "{" if start in self._closing:
                self.read(_Span(after, self._closing[start]), in_formula=True)
                return self._closing[start] + 1
            case "^" | "_":
                return self._read_script(written, after, end)
            case "'":
                self._emit("′", start, after)
            case "{" | "}":
                self._copy(start, after)
            case _:
                self._emit_space(start, after)
        return after

    def _read_command(  # noqa: PLR0911, PLR0912 - one case for each sort of command
        self, match: re.Match[str], end: int, *, in_formula: bool
    ) -> int:
        name, start, after = match["word"], match.start(), match.end("word")
        argument = self._argument(after, end, in_formula=in_formula)
        group = argument if argument and self.text[argument.start - 1] == "{" else None
        if name in LETTERS and not in_formula:
            self._emit(LETTERS[name], start, after)
            return self._skip_space(after, end)
        if name == "deg":
            is_unit = self.text[max(0, start - 4) : start].rstrip("{ ")[-1:].isdigit()
            self._emit("°" if is_unit else "deg", start, after)
            return after
        if name in SYMBOLS:
            return self._read_symbol(SYMBOLS[name], start, after, end, in_formula=in_formula)
        if name in ABBREVIATIONS and not in_formula:
            self._emit(ABBREVIATIONS[name], start, after)
            return after
        if name in SPACES:
            self._emit(SPACES[name], start, after)
            return self._skip_space(after, end)
        if name in NOTHING:
            return self._skip_space(after + (name in {"left", "right"} and self.text[after:end][:1] == "."), end)
        if name in OPERATORS and in_formula:
            return self._read_operator(name, start, after, end)
        if name in ACCENTS and not in_formula:
            letter = argument or self._letter_after_space(after, end)
            return self._read_accent(ACCENTS[name], start, letter) or self._keep(match.end(), start, end)
        if name in _FRACTIONS and argument:
            return self._read_fraction(start, argument, end, in_formula=in_formula)
        if name == "sqrt" and in_formula:
            return self._read_root(start, after, end)
        if name in HATS and argument and in_formula:
            self.read(argument, in_formula=True)
            if argument.end - argument.start == 1:
                self._emit(HATS[name], argument.start, argument.end)
            return self._after(argument)
        if name in {"textsuperscript", "textsubscript"} and group:
            return self._read_script("^" if "super" in name else "_", after, end)
        if name in {"url", "path"} and group:
            self._copy(group.start, group.end)
            return self._after(group)
        if name == "href" and group:
            return self._read_link(group, end)
        if name in {"textcolor", "colorbox"} and group and (shown := self._argument(self._after(group), end)):
            self.read(shown, in_formula=in_formula and name != "colorbox")
            return self._after(shown)
        if name in {"footnote", "thanks"} and group:
            self._emit(" (", start, group.start)
            self.read(group, in_formula=False)
            self._emit(")", group.end, self._after(group))
            return self._after(group)
        if name in STYLES and argument and (group or in_formula):
            return self._read_styled(name, argument, in_formula=in_formula)
        if in_formula and (symbol := _rare_symbol(name)):
            return self._read_symbol(symbol, start, after, end, in_formula=True)
        return self._keep(match.end(), start, end)

    def _read_sign(self, sign: str, start: int, end: int, *, in_formula: bool) -> int:
        r"""Read a backslash with one character that is no letter: ``\%``, ``\,``, ``\'e``."""
        after = start + 2
        if sign in "%$&_#{}":
            self._emit(sign, start, after)
        elif sign == "|" and in_formula:
            self._emit("‖", start, after)
        elif sign in ACCENTS and not in_formula and not (sign in "\"'" and self._is_quoted(sign, start)):
            letter = self._argument(after, end) or self._letter_after_space(after, end)
            if past := self._read_accent(ACCENTS[sign], start, letter):
                return past
            if sign == '"':
                self._emit(sign, start, after)
            else:
                self._copy(start, after)
        elif sign == '"':
            self._emit(sign, start, after)
        elif sign == "\\" and not in_formula and self.text[after : after + 1].strip():
            self._copy(start, after)  # a path or a line of code
        elif sign in SPACES or sign.isspace():
            self._emit(SPACES.get(sign, " "), start, after)
        elif not (in_formula and sign in NOTHING) and not (sign == "-" and self._is_inside_word(start, after)):
            self._copy(start, after)
        return after

    def _read_symbol(self, symbol: str, start: int, after: int, end: int, *, in_formula: bool) -> int:
        """Write a symbol, with a space after it only where there is one before it."""
        if in_formula and symbol in _TIGHT:
            while self.characters and self.characters[-1] == " " and self.starts[-1] >= start - 1:
                self._drop_last()
        is_multiple = symbol == "×" and self.text[after : after + 2].lstrip()[:1].isalpha()
        keeps_space = self.characters[-1:] == [" "] or (not in_formula and (symbol.isalnum() or is_multiple))
        self._emit(symbol, start, after)
        if self.text.startswith("{}", after, end):
            return after + 2
        return after if keeps_space else self._skip_space(after, end)

    def _read_operator(self, name: str, start: int, after: int, end: int) -> int:
        if self.characters and (self.characters[-1].isalnum() or self.characters[-1] in ")]"):
            self._emit(" ", start, start)
        self._emit(name, start, after)
        past = self._skip_space(after, end)
        if self.text[past:end][:1].isalnum() or self.text.startswith("\\", past, end):
            self._emit(" ", after, past)
        return past

    def _read_accent(self, mark: str, start: int, letter: _Span | None) -> int | None:
        """Write a letter with its accent; ``None`` if there is no such letter."""
        if letter is None:
            return None
        written = self.text[letter.start : letter.end].strip()
        base = {r"\i": "i", r"\j": "j"}.get(written, written)
        accented = unicodedata.normalize("NFC", base + mark)
        if len(base) != 1 or len(accented) != 1:
            return None
        self._emit(accented, start, self._after(letter))
        return self._after(letter)

    def _read_fraction(self, start: int, over: _Span, end: int, *, in_formula: bool) -> int:
        under = self._argument(self._after(over), end, in_formula=in_formula)
        if under is None:
            self._copy(start, self._after(over))
            return self._after(over)
        if self.characters and self.characters[-1].isdigit():
            self._emit(" ", start, start)  # one and a half
        first = len(self.characters)
        self._read_term(over)
        self._emit("/", self._after(over) - 1, self._after(over))
        self._read_term(under)
        self._widen(first, start, self._after(under))
        return self._after(under)

    def _read_root(self, start: int, after: int, end: int) -> int:
        degree = re.compile(r"\[(\d)\]").match(self.text, after, end)
        argument = self._argument(degree.end() if degree else after, end, in_formula=True)
        if argument is None:
            return self._keep(after, start, end)
        self._emit(f"{RAISED[degree[1]] if degree else ''}√", start, after)
        self._read_term(argument)
        return self._after(argument)

    def _read_term(self, span: _Span) -> None:
        """Read a part of a formula, in brackets where it would run into its neighbours."""
        first = len(self.characters)
        self.read(span, in_formula=True)
        if not re.fullmatch(r"[-+−±~]?[\w.,%°′]*", "".join(self.characters[first:])):
            self._insert(first, "(", span.start)
            self._emit(")", span.end - 1, span.end)

    def _read_script(self, mark: str, after: int, end: int) -> int:
        """Read what is raised or lowered: in Unicode's own characters where it has them all."""
        # "10^-4" and "10^12" without braces are no LaTeX that sets them so, and meant so.
        number = re.compile(r"[-+]?\d+").match(self.text, after, end)
        script = _Span(*number.span()) if number else self._argument(after, end, in_formula=True)
        if script is None:
            self._copy(after - 1, after)
            return after
        past = self._after(script)
        first = len(self.characters)
        self.read(script, in_formula=True)
        shown = "".join(self.characters[first:])
        table = RAISED if mark == "^" else LOWERED
        if shown in {"∘", "°"}:
            self.characters[first] = "°"
        elif shown.startswith("±") or (mark == "^" and re.fullmatch(r"[*†‡′]+|th|st|nd|rd|", shown)):
            pass  # the deviation of a score, a footnote's mark, an ordinal
        elif all(ch in table for ch in shown) and not re.search(r"[A-Za-z]{2}", shown):
            self.characters[first:] = [table[ch] for ch in shown]
        else:
            is_word = re.fullmatch(r"\w+", shown) is not None
            self._insert(first, mark if is_word else f"{mark}(", after - 1)
            if not is_word:
                self._emit(")", past - 1, past)
        if len(self.characters) > first:
            self.ends[-1] = past
        return past

    def _read_link(self, address: _Span, end: int) -> int:
        """Write a link's text, and its address in brackets."""
        shown = self._argument(self._after(address), end)
        if shown is None:
            self._copy(address.start, address.end)
            return self._after(address)
        first = len(self.characters)
        self.read(shown, in_formula=False)
        where = re.sub(r"\\([%#&_~])", r"\1", self.text[address.start : address.end])
        if "".join(self.characters[first:]) != where:
            self._emit(f" ({where})", shown.end, self._after(shown))
        return self._after(shown)

    def _read_styled(self, name: str, argument: _Span, *, in_formula: bool) -> int:
        written = self.text[argument.start : argument.end]
        if name in {"mathbb", "mathds"} and written in DOUBLE_STRUCK:
            self._emit(DOUBLE_STRUCK[written], argument.start, argument.end)
        elif name == "operatorname" and in_formula:
            return self._read_operator(written, argument.start, self._after(argument), len(self.text))
        else:
            self.read(argument, in_formula=(in_formula or name.startswith("math")) and name not in PROSE_STYLES)
        return self._after(argument)

    def _read_group(self, start: int) -> int:
        self.read(_Span(start + 1, self._closing[start]), in_formula=False)
        return self._closing[start] + 1

    def _keep(self, after: int, start: int, end: int) -> int:
        """Copy a command that is not known, and the braces of its arguments."""
        self._copy(start, after)
        while self.text.startswith("{", after, end) and self._closing.get(after, end) < end:
            closing = self._closing[after]
            self._copy(after, after + 1)
            self.read(_Span(after + 1, closing), in_formula=False)
            self._copy(closing, closing + 1)
            after = closing + 1
        return after

    def _argument(self, at: int, end: int, *, in_formula: bool = False) -> _Span | None:
        """The inside of the braces that come next; in a formula, or after an accent, a single token will do."""
        at = self._skip_space(at, end) if in_formula else at
        if self.text.startswith("{", at, end):
            closing = self._closing.get(at, end)
            return _Span(at + 1, closing) if closing < end else None
        if not in_formula or at >= end or self.text[at] in "}^_":
            return None
        command = re.compile(r"\\(?:[A-Za-z]+|.)", re.DOTALL).match(self.text, at, end)
        if command is None:
            return _Span(at, at + 1)
        after = command.end()
        while self.text.startswith("{", after, end) and self._closing.get(after, end) < end:
            after = self._closing[after] + 1
        return _Span(at, after)

    def _letter_after_space(self, at: int, end: int) -> _Span | None:
        r"""The letter after an accent: ``\'e``, ``\c c``, ``\'\i``."""
        letter = re.compile(r"\s?(\\[ij](?![A-Za-z])|[^\W\d_])").match(self.text, at, end)
        return _Span(*letter.span(1)) if letter else None

    def _after(self, argument: _Span) -> int:
        """Where the text goes on after an argument: behind its closing brace, if it has one."""
        return argument.end + (self._closing.get(argument.start - 1) == argument.end)

    def _skip_space(self, at: int, end: int) -> int:
        while at < end and self.text[at].isspace():
            at += 1
        return at + 2 if self.text.startswith("{}", at, end) else at

    def _is_mere_group(self, start: int, end: int) -> bool:
        r"""Whether braces only group: ``{\deg}``, ``10{,}000``, ``{G}PT``. Others may be a set, or code."""
        closing = self._closing.get(start, end)
        if closing >= end:
            return False
        inside = self.text[start + 1 : closing]
        if inside[:1] == "\\" or inside in {",", ""}:
            return True
        before, after = self._before(start), self.text[closing + 1 : closing + 2]
        return re.fullmatch(r"[\w-]+", inside) is not None and (
            after.isalpha() or not (before.isalnum() or before in ")}")
        )

    def _is_tie(self, at: int) -> bool:
        """Whether ``~`` holds two words together: ``Table~2``, and neither ``~40%`` nor ``10~20`` nor ``2B~7B``."""
        word = re.search(r"[A-Za-z0-9\uac00-\ud7a3]*$", self.text[max(0, at - 30) : at])
        before, after = self._before(at), self.text[at + 1 : at + 2]
        if not after.strip() or not (before.isascii() and (before.isalnum() or before in {*".,:;)}]$"})):
            return False
        is_range = word is not None and re.match(r"\d", word[0]) and (after.isdigit() or after == "$")
        return not is_range and after.isascii()

    def _is_dash(self, start: int, after: int) -> bool:
        """Whether hyphens are a dash: with a space on both sides or none, so no option such as ``--json``."""
        before, behind = self._before(start), self.text[after : after + 1]
        return bool(before) and bool(behind) and before.isspace() == behind.isspace()

    def _is_quoted(self, sign: str, start: int) -> bool:
        r"""Whether ``\"`` is a quotation mark: at the beginning of a word or at its end, without a letter in braces."""
        before, after = self._before(start), self.text[start + 2 : start + 3]
        if before.isalnum() or before in {*".,!?"}:
            return not after.isalpha() and after not in {"{", "\\"}
        closing = re.compile(rf"\\{sign}(?![A-Za-z{{\\])").search(self.text, start + 2, start + 200)
        return after != "{" and closing is not None

    def _is_inside_word(self, start: int, after: int) -> bool:
        return self._before(start).isalpha() and self.text[after : after + 1].isalpha()

    def _before(self, at: int) -> str:
        """The character before an offset; empty at the beginning."""
        return self.text[at - 1 : at] if at else ""

    def _copy(self, start: int, end: int) -> None:
        self.characters += self.text[start:end]
        self.starts += range(start, end)
        self.ends += range(start + 1, end + 1)

    def _emit(self, shown: str, start: int, end: int) -> None:
        self.characters += shown
        self.starts += [start] * len(shown)
        self.ends += [end] * len(shown)

    def _emit_space(self, start: int, end: int) -> None:
        if self.characters and self.characters[-1] != " " and self.characters[-1] not in _TIGHT:
            self._emit(" ", start, end)

    def _insert(self, at: int, shown: str, start: int) -> None:
        self.characters[at:at] = shown
        self.starts[at:at] = [start] * len(shown)
        self.ends[at:at] = [start + 1] * len(shown)

    def _widen(self, first: int, start: int, end: int) -> None:
        """Let the characters from ``first`` on stand for all of ``original[start:end]``."""
        self.starts[first], self.ends[-1] = start, end

    def _drop_last(self) -> None:
        self.characters.pop()
        self.starts.pop()
        self.ends.pop()


def _rare_symbol(name: str) -> str:
    """The character of a command that only mathematics uses; empty if there is none."""
    from latex2mathml.symbols_parser import convert_symbol  # noqa: PLC0415 - its table is long, and seldom needed

    code = convert_symbol(f"\\{name}")
    symbol = chr(int(code, 16)) if code else ""
    return symbol if symbol and not unicodedata.combining(symbol) else ""


def _pair_braces(text: str) -> dict[int, int]:
    """Where the brace that opens at an offset is closed; braces without a partner are left out."""
    closing: dict[int, int] = {}
    opened: list[int] = []
    for match in re.finditer(r"\\.|[{}]", text, re.DOTALL):
        if match[0] == "{":
            opened.append(match.start())
        elif match[0] == "}" and opened:
            closing[opened.pop()] = match.start()
    return closing
