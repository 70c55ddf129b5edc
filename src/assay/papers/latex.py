r"""Reads LaTeX from left to right into characters: the marks of prose and of formulas, scripts, accents, arguments.

What each command means is told by a function that the reader is given.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

from assay.papers.formulas import Formula, find_formulas
from assay.papers.marks import is_dash, is_inside_word, is_mere_group, is_quotation_mark, is_tie, opens_quotation
from assay.papers.plain import Characters
from assay.papers.symbols import ACCENTS, LOWERED, NOTHING, RAISED, SPACES


class Span(NamedTuple):
    """A part of a text."""

    start: int
    end: int


class Command(NamedTuple):
    """A command that stands at ``start``."""

    name: str
    start: int
    after: int
    """Where its name ends."""
    end: int
    """Where the part of the text ends that it stands in."""
    argument: Span | None
    in_formula: bool

    def has_braces(self, text: str) -> bool:
        """Whether its argument stands in braces."""
        return self.argument is not None and text[self.argument.start - 1] == "{"


class Reader:
    """Turns a text into characters and their places, from left to right."""

    def __init__(self, text: str, how_to_read: "Callable[[str], ReadCommand]") -> None:
        self.text = text
        self._how_to_read = how_to_read
        self.out = Characters(text)
        self._closing = _pair_braces(text)
        self._formulas: dict[int, Formula] = {formula.start: formula for formula in find_formulas(text)}
        self._depth = 0

    def read(self, span: Span, *, in_formula: bool) -> None:
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
            self.read(Span(formula.inner_start, formula.inner_end), in_formula=True)
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
                return self.read_script(written, after, end)
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
                self.read(Span(after, self._closing[start]), in_formula=True)
                return self._closing[start] + 1
            case "^" | "_":
                return self.read_script(written, after, end)
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
        argument = self.argument(after, end, in_formula=in_formula)
        command = Command(name, match.start(), after, end, argument, in_formula)
        past = self._how_to_read(name)(self, command)
        return self._keep(match.end(), match.start(), end) if past is None else past

    def _read_sign(self, sign: str, start: int, end: int, *, in_formula: bool) -> int:
        r"""Read a backslash with one character that is no letter: ``\%``, ``\,``, ``\'e``."""
        after = start + 2
        if sign in "%$&_#{}":
            self.out.emit(sign, start, after)
        elif sign == "|" and in_formula:
            self.out.emit("‖", start, after)
        elif sign in ACCENTS and not in_formula and not (sign in "\"'" and is_quotation_mark(self.text, sign, start)):
            letter = self.argument(after, end) or self.letter_after_space(after, end)
            if past := self.write_accent(ACCENTS[sign], start, letter):
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

    def write_symbol(self, symbol: str, command: Command) -> int:
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
        return after if keeps_space else self.skip_space(after, end)

    def write_operator(self, name: str, start: int, after: int, end: int) -> int:
        """Write the name of a function, with a space where letters or digits stand beside it."""
        if self.out.last.isalnum() or self.out.last in {")", "]"}:
            self.out.emit(" ", start, start)
        self.out.emit(name, start, after)
        past = self.skip_space(after, end)
        if past < end and (self.text[past].isalnum() or self.text[past] == "\\"):
            self.out.emit(" ", after, past)
        return past

    def write_accent(self, mark: str, start: int, letter: Span | None) -> int | None:
        r"""Write a letter with its accent, ``\'e`` or ``\d{\u{a}}``; ``None`` if there is no such letter."""
        if letter is None or letter.end - letter.start > _LONGEST_LETTER:
            return None
        first = len(self.out.seen)
        self.read(letter, in_formula=False)
        base = self.out.take_back(first).strip()
        accented = unicodedata.normalize("NFC", {"ı": "i", "ȷ": "j"}.get(base, base) + mark)
        if len(base) != 1 or len(accented) != 1:
            return None
        self.out.emit(accented, start, self.after(letter))
        return self.after(letter)

    def read_term(self, span: Span) -> None:
        """Read a part of a formula, in brackets where it would run into its neighbours."""
        first = len(self.out.seen)
        self.read(span, in_formula=True)
        if not re.fullmatch(r"[-+−±~]?[\w.,%°′]*", self.out.since(first)):
            self.out.insert(first, "(", span.start)
            self.out.emit(")", span.end - 1, span.end)

    def read_script(self, mark: str, after: int, end: int, *, in_formula: bool = True) -> int:
        r"""Read what is raised or lowered: in Unicode's own characters where it has them all.

        Its inside is read as a formula, or as the prose of ``\textsubscript{$\pm$0.4}``.
        """
        # "10^-4" and "10^12" without braces are no LaTeX that sets them so, and meant so.
        number = re.compile(r"[-+]?\d+").match(self.text, after, end)
        script = Span(*number.span()) if number else self.argument(after, end, in_formula=True)
        if script is None:
            self.out.copy(after - 1, after)
            return after
        past = self.after(script)
        first = len(self.out.seen)
        self.read(script, in_formula=in_formula)
        shown = self.out.since(first)
        table = RAISED if mark == "^" else LOWERED
        if shown in {"∘", "°"}:
            self.out.seen[first] = "°"
        elif shown.lstrip().startswith("±") or (mark == "^" and re.fullmatch(r"[*†‡′]+|th|st|nd|rd|", shown)):
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
        self.read(Span(start + 1, self._closing[start]), in_formula=False)
        return self._closing[start] + 1

    def _keep(self, after: int, start: int, end: int) -> int:
        """Copy a command that is not known, and the braces of its arguments."""
        self.out.copy(start, after)
        while self.text.startswith("{", after, end) and self._closing.get(after, end) < end:
            closing = self._closing[after]
            self.out.copy(after, after + 1)
            self.read(Span(after + 1, closing), in_formula=False)
            self.out.copy(closing, closing + 1)
            after = closing + 1
        return after

    def argument(self, at: int, end: int, *, in_formula: bool = False) -> Span | None:
        """The inside of the braces that come next; in a formula, or after an accent, a single token will do."""
        at = self.skip_space(at, end) if in_formula else at
        if self.text.startswith("{", at, end):
            closing = self._closing.get(at, end)
            return Span(at + 1, closing) if closing < end else None
        if not in_formula or at >= end or self.text[at] in "}^_":
            return None
        command = re.compile(r"\\(?:[A-Za-z]+|.)", re.DOTALL).match(self.text, at, end)
        if command is None:
            return Span(at, at + 1)
        after = command.end()
        while self.text.startswith("{", after, end) and self._closing.get(after, end) < end:
            after = self._closing[after] + 1
        return Span(at, after)

    def letter_after_space(self, at: int, end: int) -> Span | None:
        r"""The letter after an accent: ``\'e``, ``\c c``, ``\'\i``, ``\'\^e``, ``\d\u{a}``."""
        letter = _LETTER_AFTER_ACCENT.match(self.text, at, end)
        return Span(*letter.span(1)) if letter else None

    def after(self, argument: Span) -> int:
        """Where the text goes on after an argument: behind its closing brace, if it has one."""
        return argument.end + (self._closing.get(argument.start - 1) == argument.end)

    def skip_space(self, at: int, end: int) -> int:
        """Where the text goes on after white space, and after the empty braces that may end a command."""
        while at < end and self.text[at].isspace():
            at += 1
        return at + 2 if self.text.startswith("{}", at, end) else at

    def _emit_space(self, start: int, end: int) -> None:
        if self.out.last not in {"", " ", *_TIGHT}:
            self.out.emit(" ", start, end)


ReadCommand = Callable[[Reader, Command], int | None]
"""Writes what is seen of a command and returns where the text goes on, or ``None`` if it is none of that kind here."""


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
_LETTER_AFTER_ACCENT = re.compile(
    r"""\s?((?:\\[`'^"~=.])?[^\W\d_]|\\[`'^"~=.]\{[^\W\d_]\}|\\[uvHcdkbr]\{[^\W\d_]\}"""
    r"""|\\(?:[ijoOlL]|ae|AE|oe|OE|aa|AA)(?![A-Za-z]))"""
)
_LONGEST_LETTER = 16  # "\u{\.{\i}}"
_DEEPEST = 40
_TIGHT = frozenset("×±∓")  # no space around them in a formula
_DASHES = {2: "–", 3: "—"}


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
