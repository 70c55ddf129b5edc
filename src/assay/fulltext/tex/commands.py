r"""Reads the commands that say more than their text: ``\textcolor``, ``\frac``, ``\footnote``, ``\SI``, ``\gls``."""

# ruff: noqa: S105 - TeX's tokens are no passwords

import re
from collections.abc import Mapping
from typing import Final

from assay.fulltext.colours import WHITE, leading_number, mixed_whiteness, points, whiteness
from assay.fulltext.scripts import lowered, raised, term
from assay.fulltext.tex.macros import Acronym, ExpandedTokens
from assay.fulltext.tex.prose import Prose, ReadCommand
from assay.fulltext.tex.tokens import END, inner_tables, is_length, tokens
from assay.papers.units import (
    NumberStyle,
    number_style,
    write_angle,
    write_number,
    write_quantity,
    write_series,
    write_unit,
)

_SMALLEST = 2  # points; the smallest size of LaTeX's own is five


def _change_colour(prose: Prose, name: str) -> None:
    prose.change_looks()
    prose.change(white=name == "color" and _is_white(prose))


def _colour_text(prose: Prose, _: str) -> None:
    prose.change_looks()
    prose.open_argument(white=_is_white(prose))


def _colour_box(prose: Prose, name: str) -> None:
    model = prose.tokens.read_optional()
    grounds = [_whiteness(prose, model, prose.tokens.read_word()) for _ in range(1 + (name == "fcolorbox"))]
    prose.open_argument(coloured=grounds[-1] < WHITE)


def _is_white(prose: Prose) -> bool:
    model = prose.tokens.read_optional()
    return _whiteness(prose, model, prose.tokens.read_word()) >= WHITE


def _whiteness(prose: Prose, model: list[str] | None, colour: str) -> float:
    return whiteness("".join(model), colour) if model else mixed_whiteness(colour, prose.definitions.colours)


def _hide(prose: Prose, _: str) -> None:
    prose.open_argument(invisible=True)


def _change_size(prose: Prose, _: str) -> None:
    prose.change_looks()
    size = prose.tokens.read_word()
    prose.tokens.read_argument()
    prose.change(invisible=points(size) < _SMALLEST)


def _scale(prose: Prose, _: str) -> None:
    prose.change_looks()
    is_tiny = leading_number(prose.tokens.read_word(), 1) * 10 < _SMALLEST
    prose.tokens.read_optional()
    prose.open_argument(invisible=is_tiny or prose.scope.invisible)


def _fraction(prose: Prose, _: str) -> None:
    over, under = prose.argument(), prose.argument()
    is_mixed = prose.before[-1:].isdigit() and over.strip()[:1].isdigit()  # one and a half
    prose.emit(f"{' ' if is_mixed else ''}{term(over)}/{term(under)}")


def _root(prose: Prose, _: str) -> None:
    degree = prose.tokens.read_optional()
    prose.emit(f"{prose.fragment(degree).strip() if degree else ''}√{term(prose.argument())}")


def _choose(prose: Prose, _: str) -> None:
    prose.emit(f"({prose.argument().strip()} choose {prose.argument().strip()})")


def _stack(prose: Prose, name: str) -> None:
    """One text over another: the one at the base comes first, and what is set beside it in brackets."""
    first, second = prose.argument().strip(), prose.argument().strip()
    base, beside = (first, second) if name in {"stackanchor", "stackunder", "stackon"} else (second, first)
    if not any(ch.isdigit() for ch in beside):
        prose.emit(base)
    else:
        prose.emit(f"{base} {beside}" if beside[0] in "±(" else f"{base} ({beside})")


def _arrow(prose: Prose, name: str) -> None:
    below = prose.tokens.read_optional()
    above = prose.argument()
    prose.emit("←" if "left" in name else "→")
    for text in (above, prose.fragment(below or [])):
        if text.strip():
            prose.emit(f"({text.strip()}) ")


def _delimiter(prose: Prose, _: str) -> None:
    token = prose.tokens.read_raw()
    if token.startswith("."):  # a bracket that is not seen
        prose.tokens.put_back([token[1:]] if token[1:] else [])
    else:
        prose.tokens.put_back([token])


def _note(prose: Prose, _: str) -> None:
    prose.tokens.read_optional()
    prose.tokens.put_back([" ", "(", "{", *prose.tokens.read_argument(), "}", ")", " "])


def _end_line(prose: Prose, name: str) -> None:
    prose.tokens.take_star()
    option = prose.tokens.read_optional() if name == "\\" else None
    if option is not None and prose.in_mathematics and not is_length("".join(option)):
        prose.tokens.put_back(["[", *option, "]"])  # a bracket of the formula
    prose.emit(" ")


def _space(prose: Prose, _: str) -> None:
    """Space across the line parts words; a step back does not, but it never joins two numbers."""
    prose.tokens.take_star()
    width = prose.tokens.read_word()
    if not width.startswith("-") or prose.before[-1:].isdigit():
        prose.emit(" ")


def _thin_space(prose: Prose, _: str) -> None:
    """A thin space; where it groups the digits of one number, a comma stands for it."""
    following = prose.tokens.read_raw()
    prose.tokens.put_back([following])
    groups = _GROUPS_BEFORE.search(prose.before)
    if groups and _THREE_DIGITS.match(following):
        prose.emit("" if groups["point"] else ",")
    else:
        prose.emit(" ")


_GROUPS_BEFORE = re.compile(r"(?<![\w.,])(?:\d{1,3}(?:,\d{3})*|(?P<point>\d+\.(?:\d{3})+))$")
_THREE_DIGITS = re.compile(r"\d{3}(?!\d)")


def _text_script(prose: Prose, name: str) -> None:
    write = raised if "super" in name else lowered
    before = prose.before
    prose.emit(write(before, prose.argument()))


def _either_form(prose: Prose, _: str) -> None:
    r"""``\texorpdfstring{text}{bookmark}``: a reader sees the first."""
    shown = prose.tokens.read_argument()
    prose.tokens.read_argument()
    prose.tokens.put_back(["{", *shown, "}"])


def _second_form(prose: Prose, _: str) -> None:
    prose.tokens.read_argument()
    prose.tokens.put_back(["{", *prose.tokens.read_argument(), "}"])


def _struck_out(prose: Prose, _: str) -> None:
    """What is struck out can still be read; it is kept apart from what takes its place."""
    prose.emit(f" {prose.argument()} ")


def _dingbat(prose: Prose, _: str) -> None:
    prose.emit(_DINGBATS.get(prose.tokens.read_word(), ""))


_DINGBATS = {
    **dict.fromkeys(("51", "52"), "✓"),
    **dict.fromkeys(("53", "54", "55", "56"), "✗"),
    **{str(first + at): chr(ord("①") + at) for first in (172, 182, 192, 202) for at in range(10)},
}


def _circled(prose: Prose, _: str) -> None:
    text = prose.argument().strip()
    prose.emit(chr(ord("①") + int(text) - 1) if text.isdecimal() and 0 < int(text[:3]) <= 20 else text)


def _verbatim(prose: Prose, name: str) -> None:
    prose.tokens.take_star()
    if name != "verb":
        if prose.tokens.peek() == "[":
            prose.tokens.read_optional()
        if "mint" in name:
            prose.tokens.read_argument()
        if prose.tokens.peek() == "{":
            prose.emit("".join(prose.tokens.read_argument()))
            return
    token = prose.tokens.read_raw()
    mark, rest = token[:1], token[1:]
    while mark and mark not in rest and (token := prose.tokens.read_raw()):
        rest += token
    inside, _, after = rest.partition(mark) if mark else ("", "", "")
    prose.emit(inside)
    if after:
        prose.tokens.put_back(list(tokens(after)))


def _picture(prose: Prose, _: str) -> None:
    r"""``\tikz[options]{...}``, or up to a semicolon: a drawing within a line, which is left out."""
    prose.tokens.read_optional()
    prose.tokens.skip_space()
    if prose.tokens.peek() == "{":
        prose.tokens.put_back(inner_tables(prose.tokens.read_argument()))
        return
    taken: list[str] = []
    depth = 0
    while (token := prose.tokens.read_raw()) and len(taken) < _LONGEST_PICTURE:
        depth += (token == "{") - (token == "}")
        if depth < 0:
            prose.tokens.put_back([token])
            return
        if depth == 0 and ";" in token:
            prose.tokens.put_back([*inner_tables(taken), *tokens(token.partition(";")[2])])
            return
        taken.append(token)
    prose.tokens.put_back([*taken, token] if token else taken)


_LONGEST_PICTURE = 1_000


def _register_value(prose: Prose, _: str) -> None:
    prose.tokens.skip_space()
    prose.tokens.read_raw()


def _box_to(prose: Prose, _: str) -> None:
    r"""``\hbox to 3em{text}``."""
    token = prose.tokens.read_raw()
    while token.isspace():
        token = prose.tokens.read_raw()
    if token in {"to", "spread"}:
        prose.tokens.read_number()
    else:
        prose.tokens.put_back([token])


# siunitx


def _number(prose: Prose, _: str) -> None:
    style = _number_options(prose)
    prose.emit(write_number(prose.argument(), style))


def _angle(prose: Prose, _: str) -> None:
    prose.tokens.read_optional()
    prose.emit(write_angle(prose.argument()))


def _unit_alone(prose: Prose, _: str) -> None:
    prose.tokens.read_optional()
    prose.emit(_unit(prose))


def _quantity(prose: Prose, _: str) -> None:
    style = _number_options(prose)
    number = write_number(prose.argument(), style)
    before = prose.tokens.read_optional() if prose.tokens.peek() == "[" else None
    quantity = write_quantity(number, _unit(prose))
    prose.emit(_of_unit(prose, before) + quantity if before else quantity)


def _range(prose: Prose, name: str) -> None:
    style = _number_options(prose)
    ends = [write_number(prose.argument(), style) for _ in range(2)]
    prose.emit(write_series(ends, _unit(prose) if name != "numrange" else "", is_range=True))


def _list(prose: Prose, name: str) -> None:
    style = _number_options(prose)
    numbers = [write_number(part, style) for part in prose.argument().split(";")]
    prose.emit(write_series(numbers, _unit(prose) if name != "numlist" else "", is_range=False))


def _product(prose: Prose, name: str) -> None:
    style = _number_options(prose)
    numbers = [write_number(part.strip(), style) for part in prose.argument().split("x")]
    unit = _unit(prose) if name == "qtyproduct" else ""
    prose.emit(" × ".join(write_quantity(number, unit) for number in numbers))


def _number_options(prose: Prose) -> NumberStyle:
    options = prose.tokens.read_optional()
    style = prose.definitions.number_style
    return number_style("".join(options), style) if options else style


def _unit(prose: Prose) -> str:
    return _of_unit(prose, prose.tokens.read_argument())


def _of_unit(prose: Prose, written: list[str]) -> str:
    inner = ExpandedTokens(written, prose.definitions)
    return write_unit(list(iter(inner.take, END)))


# acronyms and glossaries


def _acronym(prose: Prose, name: str) -> None:
    prose.tokens.take_star()
    prose.tokens.read_optional()
    key = prose.tokens.read_word()
    acronym = prose.definitions.acronyms.get(key)
    if acronym is None:
        prose.emit(key)
        return
    shown = _form(prose, name, key, acronym)
    if re.search(r"(?:^[Aa]c[slf]?p$|pl$|plural)", name) or name in {"acsp", "aclp", "acfp", "Acp"}:
        head, bracket, rest = shown.partition(" (")
        shown = f"{head}s{bracket}{rest}".replace(")", "s)") if bracket else f"{shown}s"
    shown = prose.fragment(tokens(shown))
    prose.emit(shown[:1].upper() + shown[1:] if name[0].isupper() else shown)


def _form(prose: Prose, name: str, key: str, acronym: Acronym) -> str:
    folded = name.casefold()
    if not acronym.long or re.search(r"short|^acs|^acsu", folded):
        return acronym.short
    if re.search(r"long|^acl", folded):
        return acronym.long
    if re.search(r"full|first|^acf", folded) or key not in prose.definitions.known_acronyms:
        prose.definitions.known_acronyms.add(key)
        return f"{acronym.long} ({acronym.short})"
    return acronym.short


_ACRONYMS = """ac Ac acs acl Acl acf Acf acp Acp acsp aclp Aclp acfp acsu aclu gls Gls GLS glspl Glspl acrshort acrlong
    Acrlong acrfull Acrfull acrshortpl acrlongpl acrfullpl glsentryshort glsentrylong glsentrytext glsxtrshort
    glsxtrlong glsxtrfull glsfirst glstext glslink iac Iac""".split()

COMMANDS: Final[Mapping[str, ReadCommand]] = (
    {
        "color": _change_colour, "normalcolor": _change_colour, "textcolor": _colour_text, "colorbox": _colour_box,
        "fcolorbox": _colour_box, "fontsize": _change_size, "scalebox": _scale, "sqrt": _root, "left": _delimiter,
        "right": _delimiter, "hspace": _space, ",": _thin_space, "thinspace": _thin_space, "tikz": _picture,
        "texorpdfstring": _either_form, "ifpdfstring": _second_form, "the": _register_value, "hbox": _box_to,
        "vbox": _box_to, "vtop": _box_to, "textsuperscript": _text_script, "textsubscript": _text_script,
        "num": _number, "tablenum": _number, "ang": _angle, "si": _unit_alone, "unit": _unit_alone, "SI": _quantity,
        "qty": _quantity, "complexnum": _number, "numproduct": _product, "qtyproduct": _product,
        "ding": _dingbat, "textcircled": _circled,
    }
    | dict.fromkeys(("sout", "xout", "st", "deleted", "DIFdel"), _struck_out)
    | dict.fromkeys(("phantom", "hphantom", "vphantom"), _hide)
    | dict.fromkeys(("frac", "dfrac", "tfrac", "cfrac", "nicefrac", "sfrac"), _fraction)
    | dict.fromkeys(("binom", "dbinom", "tbinom"), _choose)
    | dict.fromkeys(("underset", "overset", "stackrel", "stackanchor", "stackunder", "stackon"), _stack)
    | dict.fromkeys(("xrightarrow", "xleftarrow", "xRightarrow"), _arrow)
    | dict.fromkeys(("footnote", "footnotetext", "thanks", "tablefootnote", "endnote", "marginpar"), _note)
    | dict.fromkeys(("\\", "newline", "par", "tabularnewline", "cr"), _end_line)
    | dict.fromkeys(("verb", "lstinline", "mintinline", "Verb"), _verbatim)
    | dict.fromkeys(("SIrange", "qtyrange", "numrange"), _range)
    | dict.fromkeys(("SIlist", "qtylist", "numlist"), _list)
    | dict.fromkeys(_ACRONYMS, _acronym)
)  # fmt: skip
"""How each command is read, by its name."""
