r"""Reads the LaTeX in titles, abstracts and summaries: as the Unicode text that a reader would see.

``$\sim$3x`` is ``~3x``, ``$3\times10^{-4}$`` is ``3×10⁻⁴``, ``H$_2$O`` is ``H₂O``, ``Erd\H{o}s`` is ``Erdős``. What
is not known stays as it is written: a command that the authors defined, a dollar that is money, a formula whose braces
do not pair.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from assay.papers.formulas import Formula, find_formulas
from assay.papers.marks import is_dash, is_inside_word, is_mere_group, is_quotation_mark, is_tie, opens_quotation
from assay.papers.plain import Characters, Plain
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

__all__ = ["Plain", "as_typed", "read_plain", "to_text"]


def read_plain(text: str) -> Plain:
    """The text as a reader sees it, with the place of each character in the original."""
    if not _ANY_MARK.search(text):
        return Plain(text, range(len(text)), range(1, len(text) + 1))
    reader = _Reader(text)
    reader.read(_Span(0, len(text)), in_formula=False)
    return reader.out.plain()


def to_text(text: str) -> str:
    """The text as a reader sees it, in Unicode."""
    return read_plain(text).text


def as_typed(text: str) -> str:
    """The text as a reader would type it: ``CO2``, ``F1``; without LaTeX, raised, lowered or full-width characters."""
    seen = to_text(text)
    return seen if seen.isascii() else unicodedata.normalize("NFKC", seen)


class _Span(NamedTuple):
    start: int
    end: int


_ANY_MARK = re.compile(r"[\\${~]|``|''|--|\dtimes|(?:sim|leq|geq|approx|times|arrow|pm)\d")
# Some sources drop backslashes and dollars: "sim5x", "4.5times", "256times256", "leq3B", "textbf{83.7}".
_LOST_SIGN = (
    r"(?<![A-Za-z\\_])(?:sim(?=\d[\d.,]*(?:times|[kKMBTx]?(?![A-Za-z])))|(?:leq|geq|approx|times|uparrow|downarrow)(?=\d)"
    r"|(?<=\d)(?:times(?![A-Za-z])|pm(?=\d))|(?<=[\d%])rightarrow(?=\d))"
)
_LOST_STYLE = r"(?<![A-Za-z\\_])(?:text(?:bf|it|tt|sc)?|math(?:cal|bf|rm|bb)|emph|frac)(?=\{)"
_PROSE_MARK = re.compile(
    r"(?P<link>(?:https?://|www\.)[^\s{}\\]+)|\\(?P<word>[A-Za-z]+)\*?|\\(?P<sign>.)|``|''|-{2,}|[${}~]"
    rf"|(?<=[^\W_])[\^_](?={{)|(?P<lost>{_LOST_SIGN}|{_LOST_STYLE})",
    re.DOTALL,
)
_FORMULA_MARK = re.compile(r"\\(?P<word>[A-Za-z]+)\*?|\\(?P<sign>.)|[{}^_~&']|\s+", re.DOTALL)
_DEEPEST = 40
_FRACTIONS = ("frac", "dfrac", "tfrac", "cfrac", "nicefrac", "sfrac")
_TIGHT = frozenset("×±∓")  # no space around them in a formula
_DASHES = {2: "–", 3: "—"}


class _Command(NamedTuple):
    """A command that stands at ``start``."""

    name: str
    start: int
    after: int
    """Where its name ends."""
    end: int
    """Where the part of the text ends that it stands in."""
    argument: _Span | None
    in_formula: bool

    def has_braces(self, text: str) -> bool:
        """Whether its argument stands in braces."""
        return self.argument is not None and text[self.argument.start - 1] == "{"


class _Reader:
    """Turns a text into characters and their places, from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.out = Characters(text)
        self._closing = _pair_braces(text)
        self._formulas: dict[int, Formula] = {formula.start: formula for formula in find_formulas(text)}
        self._depth = 0

    def read(self, span: _Span, *, in_formula: bool) -> None:
        """Read a part of the text, as prose or as the inside of a formula."""
        at, end = span
        if self._depth > _DEEPEST:
            self.out.copy(at, end)
            return
        self._depth += 1
        mark = _FORMULA_MARK if in_formula else _PROSE_MARK
        while match := mark.search(self.text, at, end):
            self.out.copy(at, match.start())
            at = (self._read_formula_mark if in_formula else self._read_prose_mark)(match, end)
        self.out.copy(at, end)
        self._depth -= 1

    def _read_prose_mark(self, match: re.Match[str], end: int) -> int:
        """Read a mark of prose; where the text goes on after it."""
        start, after, written = match.start(), match.end(), match[0]
        if match["word"] or match["lost"]:
            return self._read_command(match["word"] or match["lost"], match, end, in_formula=False)
        if start in self._formulas and self._formulas[start].end <= end:
            formula = self._formulas[start]
            self.read(_Span(formula.inner_start, formula.inner_end), in_formula=True)
            return formula.end
        if match["sign"]:
            return self._read_sign(match["sign"], start, end, in_formula=False)
        match written:
            case "{" if self._closing.get(start, end) < end and is_mere_group(self.text, start, self._closing[start]):
                return self._read_group(start)
            case "~" if is_tie(self.text, start):
                self.out.emit(" ", start, after)
            case "``" | "''":
                self.out.emit("“" if written == "``" or opens_quotation(self.text, start) else "”", start, after)
            case "^" | "_":  # of a formula that lost its dollars
                return self._read_script(written, after, end)
            case "--" | "---" if is_dash(self.text, start, after):
                self.out.emit(_DASHES[len(written)], start, after)
            case _:
                self.out.copy(start, after)
        return after

    def _read_formula_mark(self, match: re.Match[str], end: int) -> int:
        """Read a mark of a formula; where the formula goes on after it."""
        start, after, written = match.start(), match.end(), match[0]
        if match["word"]:
            return self._read_command(match["word"], match, end, in_formula=True)
        if match["sign"]:
            return self._read_sign(match["sign"], start, end, in_formula=True)
        match written:
            case "{" if start in self._closing:
                self.read(_Span(after, self._closing[start]), in_formula=True)
                return self._closing[start] + 1
            case "^" | "_":
                return self._read_script(written, after, end)
            case "'":
                self.out.emit("′", start, after)
            case "{" | "}":
                self.out.copy(start, after)
            case _:
                self._emit_space(start, after)
        return after

    def _read_command(self, name: str, match: re.Match[str], end: int, *, in_formula: bool) -> int:
        """Read a command with its arguments; one that is not known stays as it is written."""
        after = match.start() + match[0].index(name) + len(name)
        argument = self._argument(after, end, in_formula=in_formula)
        command = _Command(name, match.start(), after, end, argument, in_formula)
        read = _READERS.get(name)
        past = read(self, command) if read else None
        if past is None and in_formula and (symbol := _rare_symbol(name)):
            past = self._write_symbol(symbol, command)
        return self._keep(match.end(), match.start(), end) if past is None else past

    def read_letter(self, command: _Command) -> int:
        self.out.emit(LETTERS[command.name], command.start, command.after)
        return self._skip_space(command.after, command.end)

    def read_symbol(self, command: _Command) -> int:
        return self._write_symbol(SYMBOLS[command.name], command)

    def read_degree(self, command: _Command) -> int:
        is_unit = self.text[max(0, command.start - 4) : command.start].rstrip("{ ")[-1:].isdigit()
        self.out.emit("°" if is_unit else "deg", command.start, command.after)
        return command.after

    def read_abbreviation(self, command: _Command) -> int | None:
        if command.in_formula:
            return None
        self.out.emit(ABBREVIATIONS[command.name], command.start, command.after)
        return command.after

    def read_space(self, command: _Command) -> int:
        self.out.emit(SPACES[command.name], command.start, command.after)
        return self._skip_space(command.after, command.end)

    def read_nothing(self, command: _Command) -> int | None:
        if command.argument and command.has_braces(self.text):
            return self.read_styled(command)  # "\bf{5}", though it is no LaTeX
        has_no_bracket = command.name in {"left", "right"} and self.text.startswith(".", command.after, command.end)
        return self._skip_space(command.after + has_no_bracket, command.end)

    def read_operator(self, command: _Command) -> int | None:
        if not command.in_formula:
            return None
        return self._write_operator(command.name, command.start, command.after, command.end)

    def read_accent(self, command: _Command) -> int | None:
        if command.in_formula:
            return None
        letter = command.argument or self._letter_after_space(command.after, command.end)
        return self._write_accent(ACCENTS[command.name], command.start, letter)

    def read_hat(self, command: _Command) -> int | None:
        argument = command.argument
        if argument is None or not command.in_formula:
            return None
        self.read(argument, in_formula=True)
        if argument.end - argument.start == 1:
            self.out.emit(HATS[command.name], argument.start, argument.end)
        return self._after(argument)

    def read_fraction(self, command: _Command) -> int | None:
        over, end = command.argument, command.end
        under = over and self._argument(self._after(over), end, in_formula=command.in_formula)
        if over is None or under is None:
            return None
        if self.out.last.isdigit():
            self.out.emit(" ", command.start, command.start)  # one and a half
        first = len(self.out.seen)
        self._read_term(over)
        self.out.emit("/", self._after(over) - 1, self._after(over))
        self._read_term(under)
        self.out.widen(first, command.start, self._after(under))
        return self._after(under)

    def read_root(self, command: _Command) -> int | None:
        degree = re.compile(r"\[(\d)\]").match(self.text, command.after, command.end)
        at = degree.end() if degree else command.after
        argument = self._argument(at, command.end, in_formula=True)
        if argument is None or not command.in_formula:
            return None
        self.out.emit(f"{RAISED[degree[1]] if degree else ''}√", command.start, at)
        self._read_term(argument)
        return self._after(argument)

    def read_text_script(self, command: _Command) -> int | None:
        if not command.has_braces(self.text):
            return None
        return self._read_script("^" if "super" in command.name else "_", command.after, command.end)

    def read_address(self, command: _Command) -> int | None:
        if command.argument is None or not command.has_braces(self.text):
            return None
        self.out.copy(*command.argument)
        return self._after(command.argument)

    def read_link(self, command: _Command) -> int | None:
        """Write a link's text, and its address in brackets."""
        address = command.argument
        shown = address and self._argument(self._after(address), command.end)
        if address is None or shown is None:
            return None
        first = len(self.out.seen)
        self.read(shown, in_formula=False)
        where = re.sub(r"\\([%#&_~])", r"\1", self.text[address.start : address.end])
        if self.out.since(first) != where:
            self.out.emit(f" ({where})", shown.end, self._after(shown))
        return self._after(shown)

    def read_coloured(self, command: _Command) -> int | None:
        colour = command.argument
        shown = colour and self._argument(self._after(colour), command.end)
        if shown is None:
            return None
        self.read(shown, in_formula=command.in_formula and command.name != "colorbox")
        return self._after(shown)

    def read_note(self, command: _Command) -> int | None:
        note = command.argument
        if note is None or not command.has_braces(self.text):
            return None
        self.out.emit(" (", command.start, note.start)
        self.read(note, in_formula=False)
        self.out.emit(")", note.end, self._after(note))
        return self._after(note)

    def read_styled(self, command: _Command) -> int | None:
        name, argument = command.name, command.argument
        if argument is None:
            return None
        written = self.text[argument.start : argument.end]
        if name in {"mathbb", "mathds"} and written in DOUBLE_STRUCK:
            self.out.emit(DOUBLE_STRUCK[written], argument.start, argument.end)
        elif name == "operatorname" and command.in_formula:
            return self._write_operator(written, argument.start, self._after(argument), command.end)
        else:
            is_formula = (command.in_formula or name.startswith("math")) and name not in PROSE_STYLES
            self.read(argument, in_formula=is_formula)
        return self._after(argument)

    def _read_sign(self, sign: str, start: int, end: int, *, in_formula: bool) -> int:
        r"""Read a backslash with one character that is no letter: ``\%``, ``\,``, ``\'e``."""
        after = start + 2
        if sign in "%$&_#{}":
            self.out.emit(sign, start, after)
        elif sign == "|" and in_formula:
            self.out.emit("‖", start, after)
        elif sign in ACCENTS and not in_formula and not (sign in "\"'" and is_quotation_mark(self.text, sign, start)):
            letter = self._argument(after, end) or self._letter_after_space(after, end)
            if past := self._write_accent(ACCENTS[sign], start, letter):
                return past
            if sign == '"':
                self.out.emit(sign, start, after)
            else:
                self.out.copy(start, after)
        elif sign == '"':
            self.out.emit(sign, start, after)
        elif sign == "\\" and not in_formula and self.text[after : after + 1].strip():
            self.out.copy(start, after)  # a path or a line of code
        elif sign in SPACES or sign.isspace():
            self.out.emit(SPACES.get(sign, " "), start, after)
        elif not (in_formula and sign in NOTHING) and not (sign == "-" and is_inside_word(self.text, start, after)):
            self.out.copy(start, after)
        return after

    def _write_symbol(self, symbol: str, command: _Command) -> int:
        """Write a symbol, with a space after it only where there is one before it."""
        start, after, end = command.start, command.after, command.end
        if command.in_formula and symbol in _TIGHT:
            while self.out.last == " " and self.out.starts[-1] >= start - 1:
                self.out.drop_last()
        is_multiple = symbol == "×" and not self.text[after : after + 2].lstrip()[:1].isdigit()
        keeps_space = self.out.last == " " or (not command.in_formula and (symbol.isalnum() or is_multiple))
        self.out.emit(symbol, start, after)
        if self.text.startswith("{}", after, end):
            return after + 2
        return after if keeps_space else self._skip_space(after, end)

    def _write_operator(self, name: str, start: int, after: int, end: int) -> int:
        if self.out.last.isalnum() or self.out.last in {")", "]"}:
            self.out.emit(" ", start, start)
        self.out.emit(name, start, after)
        past = self._skip_space(after, end)
        if self.text[past:end][:1].isalnum() or self.text.startswith("\\", past, end):
            self.out.emit(" ", after, past)
        return past

    def _write_accent(self, mark: str, start: int, letter: _Span | None) -> int | None:
        """Write a letter with its accent; ``None`` if there is no such letter."""
        if letter is None:
            return None
        written = self.text[letter.start : letter.end].strip()
        base = {r"\i": "i", r"\j": "j"}.get(written, written)
        accented = unicodedata.normalize("NFC", base + mark)
        if len(base) != 1 or len(accented) != 1:
            return None
        self.out.emit(accented, start, self._after(letter))
        return self._after(letter)

    def _read_term(self, span: _Span) -> None:
        """Read a part of a formula, in brackets where it would run into its neighbours."""
        first = len(self.out.seen)
        self.read(span, in_formula=True)
        if not re.fullmatch(r"[-+−±~]?[\w.,%°′]*", self.out.since(first)):
            self.out.insert(first, "(", span.start)
            self.out.emit(")", span.end - 1, span.end)

    def _read_script(self, mark: str, after: int, end: int) -> int:
        """Read what is raised or lowered: in Unicode's own characters where it has them all."""
        # "10^-4" and "10^12" without braces are no LaTeX that sets them so, and meant so.
        number = re.compile(r"[-+]?\d+").match(self.text, after, end)
        script = _Span(*number.span()) if number else self._argument(after, end, in_formula=True)
        if script is None:
            self.out.copy(after - 1, after)
            return after
        past = self._after(script)
        first = len(self.out.seen)
        self.read(script, in_formula=True)
        shown = self.out.since(first)
        table = RAISED if mark == "^" else LOWERED
        if shown in {"∘", "°"}:
            self.out.seen[first] = "°"
        elif shown.startswith("±") or (mark == "^" and re.fullmatch(r"[*†‡′]+|th|st|nd|rd|", shown)):
            pass  # the deviation of a score, a footnote's mark, an ordinal
        elif all(ch in table for ch in shown) and not re.search(r"[A-Za-z]{2}", shown):
            self.out.seen[first:] = [table[ch] for ch in shown]
        else:
            follows_letter = "".join(self.out.seen[first - 1 : first]).isalpha()  # not "71.2_{0.3}"
            is_term = len(shown) == 1 or re.fullmatch(r"\w+|[\d.]+" if follows_letter else r"\w+", shown) is not None
            self.out.insert(first, mark if is_term else f"{mark}(", after - 1)
            if not is_term:
                self.out.emit(")", past - 1, past)
        if len(self.out.seen) > first:
            self.out.ends[-1] = past
        return past

    def _read_group(self, start: int) -> int:
        self.read(_Span(start + 1, self._closing[start]), in_formula=False)
        return self._closing[start] + 1

    def _keep(self, after: int, start: int, end: int) -> int:
        """Copy a command that is not known, and the braces of its arguments."""
        self.out.copy(start, after)
        while self.text.startswith("{", after, end) and self._closing.get(after, end) < end:
            closing = self._closing[after]
            self.out.copy(after, after + 1)
            self.read(_Span(after + 1, closing), in_formula=False)
            self.out.copy(closing, closing + 1)
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

    def _emit_space(self, start: int, end: int) -> None:
        if self.out.last not in {"", " ", *_TIGHT}:
            self.out.emit(" ", start, end)


_READERS: Final[Mapping[str, Callable[[_Reader, _Command], int | None]]] = (
    dict.fromkeys(STYLES, _Reader.read_styled)
    | dict.fromkeys(LETTERS, _Reader.read_letter)
    | dict.fromkeys(SYMBOLS, _Reader.read_symbol)
    | dict.fromkeys(ABBREVIATIONS, _Reader.read_abbreviation)
    | dict.fromkeys(filter(str.isalpha, SPACES), _Reader.read_space)
    | dict.fromkeys(filter(str.isalpha, NOTHING), _Reader.read_nothing)
    | dict.fromkeys(OPERATORS, _Reader.read_operator)
    | dict.fromkeys(filter(str.isalpha, ACCENTS), _Reader.read_accent)
    | dict.fromkeys(HATS, _Reader.read_hat)
    | dict.fromkeys(_FRACTIONS, _Reader.read_fraction)
    | dict.fromkeys(("textsuperscript", "textsubscript"), _Reader.read_text_script)
    | dict.fromkeys(("url", "path"), _Reader.read_address)
    | dict.fromkeys(("textcolor", "colorbox"), _Reader.read_coloured)
    | dict.fromkeys(("footnote", "thanks"), _Reader.read_note)
    | {"deg": _Reader.read_degree, "sqrt": _Reader.read_root, "href": _Reader.read_link}
)
"""How each command is read: each writes what is seen and returns where the text goes on, or ``None`` if it cannot."""


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
