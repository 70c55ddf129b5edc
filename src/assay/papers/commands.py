r"""How each command of LaTeX is read: ``\textbf``, ``\frac``, ``\href`` and their like, one function a kind."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from assay.papers.latex import Command, ReadCommand, Reader
from assay.papers.symbols import (
    ABBREVIATIONS,
    ACCENTS,
    DOUBLE_STRUCK,
    HATS,
    LETTERS,
    NOTHING,
    OPERATORS,
    PROSE_STYLES,
    RAISED,
    SPACES,
    STYLES,
    SYMBOLS,
)
from assay.papers.units import write_number, write_series, write_unit


def how_to_read(name: str) -> ReadCommand:
    """The function that reads this command."""
    return _COMMANDS.get(name, _read_rare_symbol)


def _read_letter(reader: Reader, command: Command) -> int:
    reader.out.emit(LETTERS[command.name], command.start, command.after)
    return reader.skip_space(command.after, command.end)


def _read_symbol(reader: Reader, command: Command) -> int:
    return reader.write_symbol(SYMBOLS[command.name], command)


def _read_degree(reader: Reader, command: Command) -> int:
    is_unit = reader.text[max(0, command.start - 4) : command.start].rstrip("{ ")[-1:].isdigit()
    reader.out.emit("°" if is_unit else "deg", command.start, command.after)
    return command.after


def _read_abbreviation(reader: Reader, command: Command) -> int | None:
    if command.in_formula:
        return None
    reader.out.emit(ABBREVIATIONS[command.name], command.start, command.after)
    return command.after


def _read_space(reader: Reader, command: Command) -> int:
    reader.out.emit(SPACES[command.name], command.start, command.after)
    return reader.skip_space(command.after, command.end)


def _read_nothing(reader: Reader, command: Command) -> int | None:
    if command.argument and command.has_braces(reader.text):
        return _read_styled(reader, command)  # "\bf{5}", though it is no LaTeX
    has_no_bracket = command.name in {"left", "right"} and reader.text.startswith(".", command.after, command.end)
    return reader.skip_space(command.after + has_no_bracket, command.end)


def _read_operator(reader: Reader, command: Command) -> int | None:
    if not command.in_formula:
        return None
    return reader.write_operator(command.name, command.start, command.after, command.end)


def _read_accent(reader: Reader, command: Command) -> int | None:
    if command.in_formula:
        return None
    letter = command.argument or reader.letter_after_space(command.after, command.end)
    return reader.write_accent(ACCENTS[command.name], command.start, letter)


def _read_hat(reader: Reader, command: Command) -> int | None:
    argument = command.argument
    if argument is None or not command.in_formula:
        return None
    reader.read(argument, in_formula=True)
    if argument.end - argument.start == 1:
        reader.out.emit(HATS[command.name], argument.start, argument.end)
    return reader.after(argument)


def _read_fraction(reader: Reader, command: Command) -> int | None:
    over, end = command.argument, command.end
    under = over and reader.argument(reader.after(over), end, in_formula=command.in_formula)
    if over is None or under is None:
        return None
    if reader.out.last.isdigit():
        reader.out.emit(" ", command.start, command.start)  # one and a half
    first = len(reader.out.seen)
    reader.read_term(over)
    reader.out.emit("/", reader.after(over) - 1, reader.after(over))
    reader.read_term(under)
    reader.out.widen(first, command.start, reader.after(under))
    return reader.after(under)


def _read_root(reader: Reader, command: Command) -> int | None:
    degree = re.compile(r"\[(\d)\]").match(reader.text, command.after, command.end)
    at = degree.end() if degree else command.after
    argument = reader.argument(at, command.end, in_formula=True)
    if argument is None or not command.in_formula:
        return None
    reader.out.emit(f"{RAISED[degree[1]] if degree else ''}√", command.start, at)
    reader.read_term(argument)
    return reader.after(argument)


def _read_text_script(reader: Reader, command: Command) -> int | None:
    if not command.has_braces(reader.text):
        return None
    mark = "^" if "super" in command.name else "_"
    return reader.read_script(mark, command.after, command.end, in_formula=command.in_formula)


def _read_address(reader: Reader, command: Command) -> int | None:
    if command.argument is None or not command.has_braces(reader.text):
        return None
    reader.out.copy(*command.argument)
    return reader.after(command.argument)


def _read_link(reader: Reader, command: Command) -> int | None:
    """Write a link's text, and its address in brackets."""
    address = command.argument
    shown = address and reader.argument(reader.after(address), command.end)
    if address is None or shown is None:
        return None
    first = len(reader.out.seen)
    reader.read(shown, in_formula=False)
    where = re.sub(r"\\([%#&_~])", r"\1", reader.text[address.start : address.end])
    if reader.out.since(first) != where:
        reader.out.emit(f" ({where})", shown.end, reader.after(shown))
    return reader.after(shown)


def _read_coloured(reader: Reader, command: Command) -> int | None:
    colour = command.argument
    shown = colour and reader.argument(reader.after(colour), command.end)
    if shown is None:
        return None
    reader.read(shown, in_formula=command.in_formula and command.name != "colorbox")
    return reader.after(shown)


def _read_note(reader: Reader, command: Command) -> int | None:
    note = command.argument
    if note is None or not command.has_braces(reader.text):
        return None
    reader.out.emit(" (", command.start, note.start)
    reader.read(note, in_formula=False)
    reader.out.emit(")", note.end, reader.after(note))
    return reader.after(note)


def _read_styled(reader: Reader, command: Command) -> int | None:
    name, argument = command.name, command.argument
    if argument is None:
        return None
    written = reader.text[argument.start : argument.end]
    if name in {"mathbb", "mathds"} and written in DOUBLE_STRUCK:
        reader.out.emit(DOUBLE_STRUCK[written], argument.start, argument.end)
    elif name == "operatorname" and command.in_formula:
        return reader.write_operator(written, argument.start, reader.after(argument), command.end)
    else:
        is_formula = (command.in_formula or name.startswith("math")) and name not in PROSE_STYLES
        reader.read(argument, in_formula=is_formula)
    return reader.after(argument)


def _read_first(reader: Reader, command: Command) -> int | None:
    r"""Read ``\texorpdfstring{text}{bookmark}``: a reader sees the text."""
    shown = command.argument
    bookmark = shown and reader.argument(reader.after(shown), command.end)
    if shown is None or bookmark is None:
        return None
    reader.read(shown, in_formula=command.in_formula)
    return reader.after(bookmark)


def _read_quantity(reader: Reader, command: Command) -> int | None:
    r"""Read a number or range with its unit, as siunitx sets them: ``\SI{80}{\giga\byte}``, ``\numrange{3}{7}``."""
    numbers, has_unit = _QUANTITIES[command.name]
    written: list[str] = []
    after = command.after
    for _ in range(numbers + has_unit):
        argument = reader.argument(after, command.end)
        if argument is None:
            return None
        written.append(reader.text[argument.start : argument.end])
        after = reader.after(argument)
    unit = write_unit(_TOKEN.findall(written.pop())) if has_unit else ""
    quantity = write_series([write_number(number) for number in written], unit, is_range=True) if written else unit
    shown = re.sub(r"\^(-?\d+)", lambda power: "".join(RAISED[digit] for digit in power[1]), quantity)
    reader.out.emit(shown, command.start, after)
    return after


# How many numbers each has, and whether a unit comes after them.
_QUANTITIES = {
    "num": (1, False), "numrange": (2, False), "si": (0, True), "unit": (0, True), "SI": (1, True), "qty": (1, True),
    "SIrange": (2, True), "qtyrange": (2, True),
}  # fmt: skip
_TOKEN = re.compile(r"\\[A-Za-z]+|\\.|[{}]|[^\\{}]+")


def _read_rare_symbol(reader: Reader, command: Command) -> int | None:
    """Read a sign that only mathematics uses."""
    from latex2mathml.symbols_parser import convert_symbol  # noqa: PLC0415 - its table is long, and seldom needed

    code = convert_symbol(f"\\{command.name}") if command.in_formula else None
    if code is None or unicodedata.combining(chr(int(code, 16))):
        return None
    return reader.write_symbol(chr(int(code, 16)), command)


_FRACTIONS = ("frac", "dfrac", "tfrac", "cfrac", "nicefrac", "sfrac")

_COMMANDS: Final[Mapping[str, ReadCommand]] = (
    dict.fromkeys(STYLES, _read_styled)
    | dict.fromkeys(LETTERS, _read_letter)
    | dict.fromkeys(SYMBOLS, _read_symbol)
    | dict.fromkeys(ABBREVIATIONS, _read_abbreviation)
    | dict.fromkeys(filter(str.isalpha, SPACES), _read_space)
    | dict.fromkeys(filter(str.isalpha, NOTHING), _read_nothing)
    | dict.fromkeys(OPERATORS, _read_operator)
    | dict.fromkeys(filter(str.isalpha, ACCENTS), _read_accent)
    | dict.fromkeys(HATS, _read_hat)
    | dict.fromkeys(_FRACTIONS, _read_fraction)
    | dict.fromkeys(("textsuperscript", "textsubscript"), _read_text_script)
    | dict.fromkeys(("url", "path"), _read_address)
    | dict.fromkeys(("textcolor", "colorbox"), _read_coloured)
    | dict.fromkeys(("footnote", "thanks"), _read_note)
    | dict.fromkeys(_QUANTITIES, _read_quantity)
    | {"texorpdfstring": _read_first, "deg": _read_degree, "sqrt": _read_root, "href": _read_link}
)
"""How each command is read, by its name."""
