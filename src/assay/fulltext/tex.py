"""Reads TeX as text: tokens, macros with plain arguments or none, colours, mathematics in plain characters.

Nothing is typeset and nothing is run. An unknown command is skipped, and its arguments stay as text.
"""

# ruff: noqa: S105 - TeX's tokens are no passwords

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from assay.fulltext.draft import CITATION
from assay.papers import symbols

END = ""
"""What `Tokens.take` returns when there are no more."""


class Macro(NamedTuple):
    """A command that a paper defines."""

    arity: int
    default: list[str] | None
    """Of the first argument, if that is optional."""
    body: list[str]


class Tokens:
    """The tokens of a text. Tokens put back, macro bodies for instance, come first.

    A token is a control sequence with its backslash, a single special character, white space, or a run of text.

    Raises:
        ValueError: from every method, once macros have expanded more often than any paper's do.
    """

    def __init__(self, source: str | Iterable[str], macros: dict[str, Macro], colours: dict[str, float]) -> None:
        self.macros = macros
        self.colours = colours
        """How white each colour is that the paper defines, from 0 to 1."""
        self._sources: list[Iterator[str]] = [_tokens(source) if isinstance(source, str) else iter(source)]
        self._expansions = 0  # tokens that macros have given

    def read_raw(self) -> str:
        """The next token as it stands."""
        while self._sources:
            token = next(self._sources[-1], END)
            if token:
                return token
            self._sources.pop()
        return END

    def put_back(self, tokens: Iterable[str]) -> None:
        """Make ``tokens`` the next ones."""
        self._sources.append(iter(tokens))
        if len(self._sources) > _DEEPEST:
            raise ValueError("its macros are nested without end")

    def take(self) -> str:
        """The next token that is no macro of the paper, and no definition of one, which is noted."""
        while True:
            token = self.read_raw()
            if not token.startswith("\\"):
                return token
            if token in self.macros:
                self._expand(self.macros[token])
            elif token in _DEFINITIONS:
                _DEFINITIONS[token](self)
            elif token.startswith("\\if") and token not in _NO_CONDITION:
                self._pass_condition(token)
            elif token == "\\else":
                self._skip_branch(stop_at_else=False)
            elif token != "\\fi":
                return token

    def skip_space(self) -> None:
        """Pass over white space."""
        while (token := self.read_raw()).isspace():
            pass
        self.put_back([token])

    def take_star(self) -> bool:
        """Whether a star comes next; if so, take it."""
        token = self.read_raw()
        if token == "*":
            return True
        self.put_back([token])
        return False

    def read_argument(self) -> list[str]:
        """The tokens of one argument: those between braces, or a single one."""
        self.skip_space()
        token = self.read_raw()
        if token != "{":
            if token in {"}", END}:
                self.put_back([token])
                return []
            if token.startswith("\\") or len(token) == 1:
                return [token]
            self.put_back([token[1:]])
            return [token[0]]
        return self._until("{", "}")

    def read_optional(self) -> list[str] | None:
        """The tokens of an argument in square brackets, if one comes next."""
        self.skip_space()
        token = self.read_raw()
        if token != "[":
            self.put_back([token])
            return None
        option = self._until("[", "]")
        if len(option) > _LONGEST_OPTION:  # the bracket was part of the text, and never closed
            self.put_back(["[", *option])
            return None
        return option

    def read_word(self) -> str:
        """One argument as it is written, without white space around it."""
        return "".join(self.read_argument()).strip()

    def read_environment(self, name: str) -> list[str]:
        """The tokens up to the end of an environment that has begun."""
        body: list[str] = []
        depth = 1
        while token := self.read_raw():
            if token in {"\\begin", "\\end"}:
                argument = self.read_argument()
                if "".join(argument).strip() == name:
                    depth += 1 if token == "\\begin" else -1
                    if depth == 0:
                        break
                body += [token, "{", *argument, "}"]
            else:
                body.append(token)
        return body

    def _until(self, opening: str, closing: str) -> list[str]:
        """The tokens up to a closing bracket; braces within it belong together."""
        tokens: list[str] = []
        depth = braces = 0
        while token := self.read_raw():
            if braces == 0 and token == closing and depth == 0:
                break
            if token == "{" != opening:
                braces += 1
            elif token == "}" != closing:
                if braces == 0:
                    self.put_back([token])  # a bracket that was none: it never closes
                    break
                braces -= 1
            elif braces == 0 and token in {opening, closing}:
                depth += 1 if token == opening else -1
            tokens.append(token)
            if opening == "[" and len(tokens) > _LONGEST_OPTION:
                break
        return tokens

    def _expand(self, macro: Macro) -> None:
        arguments: list[list[str]] = []
        for number in range(macro.arity):
            if number == 0 and macro.default is not None:
                optional = self.read_optional()
                arguments.append(macro.default if optional is None else optional)
            else:
                arguments.append(self.read_argument())
        body: list[str] = []
        for token in macro.body:
            if token[0] == "#" and token[1:].isdecimal() and int(token[1:]) <= len(arguments):
                body += arguments[int(token[1:]) - 1]
            else:
                body.append(token)
            if self._expansions + len(body) > _MOST_EXPANSIONS:
                raise ValueError("its macros expand without end")
        self._expansions += 1 + len(body)
        self.put_back(body)

    def _pass_condition(self, token: str) -> None:
        """Go on in the branch that holds; where that cannot be told, in the second one."""
        state = self.macros.get("\\is" + token[3:])
        if token != "\\iftrue" and (state is None or state.body == ["false"]):
            self._skip_branch(stop_at_else=True)

    def _skip_branch(self, *, stop_at_else: bool) -> None:
        depth = 0
        branch: list[str] = []
        while token := self.read_raw():
            branch.append(token)
            if token.startswith("\\if") and token not in _NO_CONDITION:
                depth += 1
            elif token == "\\fi":
                if depth == 0:
                    return
                depth -= 1
            elif token == "\\else" and depth == 0 and stop_at_else:
                return
        self.put_back(branch)  # it has no end, so it was no condition


class Scope(NamedTuple):
    """The settings of a group that decide whether its text can be seen."""

    white: bool = False
    """The text is white."""
    invisible: bool = False
    """The text is far too small, or a phantom that only takes up space."""
    coloured: bool = False
    """The text stands on a coloured background, on which white can be read."""

    @property
    def hidden(self) -> bool:
        """Whether a reader cannot see text here."""
        return self.invisible or (self.white and not self.coloured)


class Prose:
    """Turns tokens into text, one by one: unwraps formatting, reads accents and symbols, drops references.

    Args:
        tokens: where the tokens come from.
        show: gets visible text.
        hide: gets text that a reader cannot see.
        scope: the settings at the start.
        mathematics: whether the text is a formula.
    """

    def __init__(
        self,
        tokens: Tokens,
        show: Callable[[str], None],
        hide: Callable[[str], None],
        scope: Scope | None = None,
        *,
        mathematics: bool = False,
    ) -> None:
        self.tokens = tokens
        self._show = show
        self._hide = hide
        self._scopes = [scope or Scope()]
        self._in_mathematics = mathematics

    @property
    def scope(self) -> Scope:
        """The settings of the current group."""
        return self._scopes[-1]

    def run(self) -> None:
        """Read all tokens."""
        while token := self.tokens.take():
            self.read(token)

    def open(self, **changes: bool) -> None:
        """Begin a group."""
        if len(self._scopes) > _DEEPEST:
            raise ValueError("its groups are nested without end")
        self._scopes.append(self.scope._replace(**changes))

    def close(self) -> None:
        """End a group."""
        if len(self._scopes) > 1:
            self._scopes.pop()

    def emit(self, text: str) -> None:
        """Pass text on, as visible or hidden."""
        (self._hide if self.scope.hidden else self._show)(text)

    def fragment(self, tokens: Iterable[str], **changes: bool) -> str:
        """The visible text of ``tokens``."""
        pieces: list[str] = []
        inner = Tokens(tokens, self.tokens.macros, self.tokens.colours)
        scope = self.scope._replace(**changes)
        Prose(inner, pieces.append, self._hide, scope, mathematics=self._in_mathematics).run()
        return "".join(pieces)

    def read(self, token: str) -> None:
        """Read one token, and its arguments where it has some."""
        match token:
            case "{" | "\\begingroup" | "\\bgroup":
                self.open()
            case "}" | "\\endgroup" | "\\egroup":
                self.close()
            case "$" | "$$" | "\\(" | "\\)" | "\\[" | "\\]":
                self._in_mathematics = token in {"\\(", "\\["} or (token[0] == "$" and not self._in_mathematics)
                if token in {"$$", "\\[", "\\]"}:
                    self.emit(" ")
            case "~" | "&":
                self.emit(" ")
            case "^" if self._in_mathematics:
                self._script("^")
            case "_" if self._in_mathematics:
                self._script("_")
            case "\\begin":
                self._begin(self.tokens.read_word())
            case "\\end":
                self._end(self.tokens.read_word())
            case _ if token[0] == "\\":
                self._command(token)
            case _ if self._in_mathematics:
                self.emit(token)
            case _:
                self.emit(_LIGATURE.sub(lambda match: _LIGATURES[match[0]], token))

    def _begin(self, name: str) -> None:
        self.open(coloured=self.scope.coloured or name in _BOXES)
        self._in_mathematics = self._in_mathematics or name.rstrip("*") in _FORMULAS
        self._skip_arguments(_ENVIRONMENTS.get(name, ""))
        self.emit(" ")

    def _end(self, name: str) -> None:
        self.close()
        if name.rstrip("*") in _FORMULAS:
            self._in_mathematics = False
        self.emit(" ")

    def _command(self, token: str) -> None:  # noqa: PLR0912, PLR0915 - one case for each sort of command
        name = token[1:]
        match name:
            case _ if name in _SYMBOLS:
                self.emit(_SYMBOLS[name])
            case _ if name in ACCENTS:
                self._accent(ACCENTS[name])
            case "color":
                self._scopes[-1] = self.scope._replace(white=self._is_white())
            case "normalcolor":
                self._scopes[-1] = self.scope._replace(white=False)
            case "textcolor":
                self._open_argument(white=self._is_white())
            case "colorbox" | "fcolorbox":
                model = self.tokens.read_optional()
                grounds = [self._whiteness(model, self.tokens.read_word()) for _ in range(1 + (name == "fcolorbox"))]
                self._open_argument(coloured=grounds[-1] < _WHITE)
            case "phantom" | "hphantom" | "vphantom":
                self._open_argument(invisible=True)
            case "fontsize":
                size = self.tokens.read_word()
                self.tokens.read_argument()
                self._scopes[-1] = self.scope._replace(invisible=_points(size) < _SMALLEST)
            case "scalebox":
                tiny = _number(self.tokens.read_word(), 1) * 10 < _SMALLEST
                self.tokens.read_optional()
                self._open_argument(invisible=tiny or self.scope.invisible)
            case "frac" | "dfrac" | "tfrac" | "nicefrac" | "sfrac":
                over, under = self.fragment(self.tokens.read_argument()), self.fragment(self.tokens.read_argument())
                self.emit(f"{_term(over)}/{_term(under)}")
            case "sqrt":
                self.tokens.read_optional()
                self.emit(f"√{_term(self.fragment(self.tokens.read_argument()))}")
            case "footnote" | "footnotetext" | "thanks":
                self.tokens.read_optional()
                self.tokens.put_back([" ", "(", "{", *self.tokens.read_argument(), "}", ")", " "])
            case "\\" | "newline" | "linebreak" | "par" | "tabularnewline":
                self.tokens.take_star()
                if name == "\\" and not self._in_mathematics:
                    self.tokens.read_optional()
                self.emit(" ")
            case "verb":
                self._verbatim()
            case _ if _CITE_COMMAND.match(name):
                self.tokens.take_star()
                self._skip_arguments("oom")
                self.emit(CITATION)
            case _ if name in _SKIP_SIGNATURES:
                self.tokens.take_star()
                self._skip_arguments(_SKIP_SIGNATURES[name])
            case _ if not name.isalpha():
                self.emit(_ESCAPES.get(name, name if len(name) == 1 and not name.isspace() else " "))
            case _ if self._in_mathematics and name in _FUNCTIONS:
                self.emit(f"{name} ")
            case _:
                self.tokens.take_star()

    def _open_argument(self, **changes: bool) -> None:
        """Open a group with these changes for the next argument."""
        argument = self.tokens.read_argument()
        self.open(**changes)
        self.tokens.put_back([*argument, "}"])

    def _script(self, mark: str) -> None:
        """Read a superscript or subscript: with its mark, and in brackets where it is more than a word."""
        text = self.fragment(self.tokens.read_argument()).strip()
        if text == "°":
            self.emit(text)
        elif text.startswith("±"):  # the spread of a score, set low
            self.emit(f" {text}")
        elif text:
            self.emit(mark + (_term(text) if len(text) > 1 else text))

    def _accent(self, mark: str) -> None:
        text = self.fragment(self.tokens.read_argument()).translate({ord("ı"): "i", ord("ȷ"): "j"})
        self.emit(unicodedata.normalize("NFC", text[:1] + mark) + text[1:] if text else "")

    def _verbatim(self) -> None:
        token = self.tokens.read_raw()
        mark, rest = token[:1], token[1:]
        while mark and mark not in rest and (token := self.tokens.read_raw()):
            rest += token
        inside, _, after = rest.partition(mark) if mark else ("", "", "")
        self.emit(inside)
        if after:
            self.tokens.put_back(_tokens(after))

    def _skip_arguments(self, signature: str) -> None:
        for kind in signature:
            if kind == "o":
                self.tokens.read_optional()
            else:
                self.tokens.read_argument()

    def _is_white(self) -> bool:
        model = self.tokens.read_optional()
        return self._whiteness(model, self.tokens.read_word()) >= _WHITE

    def _whiteness(self, model: list[str] | None, colour: str) -> float:
        return whiteness("".join(model), colour) if model else _mix(colour, self.tokens.colours)


def readable(formula: str) -> str:
    """A TeX formula in plain characters: ``2.3×``, ``12.5%``, ``x_1/10^-3``.

    Raises:
        ValueError: if its macros expand without end.
    """
    pieces: list[str] = []
    Prose(Tokens(formula, {}, {}), pieces.append, pieces.append, mathematics=True).run()
    return "".join(pieces)


def whiteness(model: str, colour: str) -> float:
    """How white a colour is, from 0 to 1, given as numbers in one of xcolor's models."""
    numbers = [_number(part, 0) for part in re.split(r"[,\s]+", colour.strip())]
    match model.strip():
        case "HTML" if re.fullmatch(r"[0-9A-Fa-f]{6}", colour.strip()):
            return min(bytes.fromhex(colour.strip())) / 255
        case "RGB":
            return min(numbers) / 255
        case "rgb" | "gray":
            return min(numbers)
        case "cmyk":
            return 1 - max(numbers)
    return 0


_DEEPEST = 1_000
_MOST_EXPANSIONS = 1_000_000
_LONGEST_OPTION = 2_000
_WHITE = 0.94
_SMALLEST = 2  # points; the smallest size of LaTeX's own is five

_TOKEN = re.compile(r"\\[A-Za-z@]+|\\.|\\|\$\$|[{}$&~^_\[\]*]|#+\d?|\s+|[^\\{}$&~^_\[\]*#\s]+", re.DOTALL)


def _tokens(text: str) -> Iterator[str]:
    return (match[0] for match in _TOKEN.finditer(text))


def _new_command(tokens: Tokens) -> None:
    r"""``\newcommand*{\name}[2][default]{body}`` and its like."""
    tokens.take_star()
    name = tokens.read_word()
    arity = "".join(tokens.read_optional() or []).strip()
    default = tokens.read_optional() if arity else None
    body = tokens.read_argument()
    _define(tokens, name, Macro(int(arity) if arity.isdecimal() and len(arity) == 1 else 0, default, body))


def _operator(tokens: Tokens) -> None:
    tokens.take_star()
    name, body = tokens.read_word(), tokens.read_argument()
    _define(tokens, name, Macro(0, None, [*body, " "]))


def _document_command(tokens: Tokens) -> None:
    name, signature, body = tokens.read_word(), tokens.read_word(), tokens.read_argument()
    if not signature.replace("m", "").strip():
        _define(tokens, name, Macro(signature.count("m"), None, body))


def _def(tokens: Tokens) -> None:
    r"""``\def\name#1#2{body}``; a definition with other parameters is skipped."""
    tokens.skip_space()
    name = tokens.read_raw()
    parameters = ""
    while (token := tokens.read_raw()) not in {"{", END}:
        parameters += token
    tokens.put_back([token])
    body = tokens.read_argument()
    if re.fullmatch(r"(#\d)*", parameters):
        _define(tokens, name, Macro(parameters.count("#"), None, body))


def _let(tokens: Tokens) -> None:
    tokens.skip_space()
    name = tokens.read_raw()
    tokens.skip_space()
    meaning = tokens.read_raw()
    if meaning == "=":
        tokens.skip_space()
        meaning = tokens.read_raw()
    if meaning in tokens.macros:
        _define(tokens, name, tokens.macros[meaning])
    elif meaning.startswith("\\") and name[1:] not in _SYMBOLS:
        _define(tokens, name, Macro(0, None, [meaning]))


def _define(tokens: Tokens, name: str, macro: Macro) -> None:
    # Commands that structure the paper keep their meaning; so does a command that would only expand to itself.
    if name.startswith("\\") and name not in STRUCTURE and name not in macro.body:
        tokens.macros[name] = macro


def _new_condition(tokens: Tokens) -> None:
    tokens.skip_space()
    name = tokens.read_raw()
    if name.startswith("\\if"):
        state = "\\is" + name[3:]
        tokens.macros[state] = Macro(0, None, ["false"])
        for value in ("true", "false"):
            tokens.macros[f"\\{name[3:]}{value}"] = Macro(0, None, ["\\setcondition", "{", state, "}", "{", value, "}"])


def _set_condition(tokens: Tokens) -> None:
    name, value = tokens.read_word(), tokens.read_word()
    tokens.macros[name] = Macro(0, None, [value])


def _new_environment(tokens: Tokens) -> None:
    tokens.take_star()
    tokens.read_argument()
    tokens.read_optional()
    tokens.read_optional()
    tokens.read_argument()
    tokens.read_argument()


def _define_colour(tokens: Tokens) -> None:
    name, model, colour = tokens.read_word(), tokens.read_word(), tokens.read_word()
    tokens.colours[name] = whiteness(model, colour)


def _name_colour(tokens: Tokens) -> None:
    name, colour = tokens.read_word(), tokens.read_word()
    tokens.colours[name] = _mix(colour, tokens.colours)


_DEFINITIONS: dict[str, Callable[[Tokens], None]] = {
    "\\newcommand": _new_command,
    "\\renewcommand": _new_command,
    "\\providecommand": _new_command,
    "\\DeclareRobustCommand": _new_command,
    "\\DeclareMathOperator": _operator,
    "\\NewDocumentCommand": _document_command,
    "\\RenewDocumentCommand": _document_command,
    "\\def": _def,
    "\\gdef": _def,
    "\\let": _let,
    "\\newif": _new_condition,
    "\\setcondition": _set_condition,
    "\\newenvironment": _new_environment,
    "\\renewenvironment": _new_environment,
    "\\definecolor": _define_colour,
    "\\colorlet": _name_colour,
}

STRUCTURE = frozenset(
    """\\begin \\end \\section \\subsection \\subsubsection \\paragraph \\caption \\title \\item \\input \\cite \\ref
    \\color \\textcolor \\phantom \\footnote \\multicolumn \\multirow \\label \\abstract""".split()
)
"""Commands that keep their meaning even where a paper gives them another."""

_NO_CONDITION = frozenset({"\\iff", "\\ifthenelse"})


def _mix(colour: str, palette: dict[str, float]) -> float:
    """How white one of xcolor's mixtures is: ``white``, ``black!5``, ``white!95!blue``."""
    colours = {"white": 1.0, **palette}
    first, *rest = colour.lstrip("-").split("!")
    white = colours.get(first.strip(), 0.0)
    for share, other in zip(rest[::2], [*rest[1::2], "white"], strict=False):
        part = min(max(_number(share, 100) / 100, 0), 1)
        white = white * part + colours.get(other.strip(), 0.0) * (1 - part)
    return white


def _number(text: str, otherwise: float) -> float:
    match = re.match(r"\s*(\d{0,9}\.?\d{0,9})", text)
    return float(match[1]) if match and match[1] not in {"", "."} else otherwise


def _points(size: str) -> float:
    return _number(size, 10) * (28.45 if "cm" in size else 2.845 if "mm" in size else 10 if "em" in size else 1)


def _term(text: str) -> str:
    """A part of a formula, in brackets where it would otherwise run into its neighbours."""
    text = text.strip()
    return text if re.fullmatch(r"[-+−±]?\s*[\w.,%°′]*", text) else f"({text})"


_LIGATURES = {"---": "—", "--": "–", "``": "“", "''": "”", "`": "‘"}
_LIGATURE = re.compile("---|--|``|''|`")

_ESCAPES = {"-": "", "/": "", "!": "", ",": " ", ";": " ", ":": " ", ">": " ", "@": "", "|": "‖"}

ACCENTS = symbols.ACCENTS | {name: mark for name, mark in symbols.HATS.items() if name != "overline"}
"""The combining characters of accents."""

_SYMBOLS = (
    symbols.SYMBOLS
    | symbols.LETTERS
    | dict.fromkeys(("quad", "qquad", "space", "enspace", "thinspace"), " ")
    | {"circ": "°", "ast": "∗", "xspace": "", "today": ""}
)

_FUNCTIONS = symbols.OPERATORS | {"deg"}

# Commands to skip with their arguments: o for an argument in square brackets, m for one in braces.
_CITE_COMMAND = re.compile(r"[Cc]ite|(?:paren|foot|text|auto|full|short|no)cite")
_SKIP_SIGNATURES = {
    "ref": "m", "cref": "m", "Cref": "m", "autoref": "m", "eqref": "m", "pageref": "m", "nameref": "m", "subref": "m",
    "vref": "m", "crefrange": "mm", "label": "m", "hypertarget": "m", "hyperlink": "m", "href": "om", "index": "m",
    "bibliography": "m", "bibliographystyle": "m", "includegraphics": "oom", "graphicspath": "m", "input": "m",
    "include": "m", "vspace": "m", "hspace": "m", "vskip": "", "rule": "omm", "raisebox": "moo", "resizebox": "mm",
    "setlength": "mm", "addtolength": "mm", "setcounter": "mm", "addtocounter": "mm", "stepcounter": "m",
    "captionsetup": "om", "hypersetup": "m", "usepackage": "om", "RequirePackage": "om", "documentclass": "om",
    "pagestyle": "m", "thispagestyle": "m", "pagenumbering": "m", "fancyhf": "m", "addcontentsline": "mmm",
    "parbox": "ooom", "cellcolor": "om", "rowcolor": "om", "columncolor": "om", "arrayrulecolor": "om",
    "rowcolors": "mmm", "pagecolor": "om", "cline": "m", "cmidrule": "om", "cmidrulewidth": "", "specialrule": "mmm",
    "addlinespace": "o", "toprule": "o", "midrule": "o", "bottomrule": "o", "rotatebox": "om", "lstset": "m",
    "makebox": "oo", "framebox": "oo", "newtheorem": "momo", "theoremstyle": "m", "author": "om", "date": "m",
    "icmlauthor": "mm", "icmlaffiliation": "mm", "affiliation": "om", "email": "m", "institute": "m",
    "newlength": "m", "newcounter": "om", "tikzset": "m", "pgfplotsset": "m", "usetikzlibrary": "m",
    "hyphenation": "m", "algrenewcommand": "mm", "footnotemark": "o", "selectfont": "", "tag": "m", "ifthenelse": "m",
}  # fmt: skip

_ENVIRONMENTS = {
    "minipage": "ooom", "wrapfigure": "omom", "wraptable": "omom", "figure": "o", "figure*": "o", "table": "o",
    "table*": "o", "adjustbox": "m", "multicols": "m", "array": "om", "tabular": "om", "tabular*": "mom",
    "tabularx": "mom", "itemize": "o", "enumerate": "o", "description": "o", "tcolorbox": "o", "mdframed": "o",
    "subfigure": "om", "subtable": "om", "algorithm": "o", "algorithmic": "o", "alignat": "m", "alignat*": "m",
    "list": "mm", "spacing": "m",
}  # fmt: skip
_BOXES = frozenset({"tcolorbox", "mdframed"})
_FORMULAS = frozenset("equation align gather multline eqnarray alignat flalign math displaymath".split())
