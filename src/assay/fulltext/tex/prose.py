"""Reads TeX as text: formatting is unwrapped, mathematics in plain characters, what nobody can see told apart.

Nothing is typeset and nothing is run. An unknown command is skipped, and its arguments stay as text.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from assay.fulltext.draft import CITATION
from assay.fulltext.scripts import LOOK_BACK, ends_in_number, is_interval, lowered, raised, term, two_sided
from assay.fulltext.tex.comments import VERBATIM
from assay.fulltext.tex.macros import Definitions, ExpandedTokens
from assay.fulltext.tex.signatures import AUTHORS, CITATIONS, COMPUTED, ENVIRONMENTS, REGISTERS, SKIPPED
from assay.fulltext.tex.tokens import MOST_NESTED, inner_tables, keyed_values, tokens
from assay.papers import symbols


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
        commands: how each command is read that says more than its text.
        scope: the settings at the start.
        mathematics: whether the text is a formula.
    """

    def __init__(
        self,
        tokens: ExpandedTokens,
        show: Callable[[str], None],
        hide: Callable[[str], None],
        commands: "Mapping[str, ReadCommand]",
        scope: Scope | None = None,
        *,
        mathematics: bool = False,
    ) -> None:
        self.tokens = tokens
        self.in_mathematics = mathematics
        self._show = show
        self._hide = hide
        self._commands = commands
        self._scopes = [scope or Scope()]
        self._before = ""
        self._formula_is_empty = False
        self._looks_changed = False

    @property
    def scope(self) -> Scope:
        """The settings of the current group."""
        return self._scopes[-1]

    @property
    def definitions(self) -> Definitions:
        """What the paper has defined so far."""
        return self.tokens.definitions

    @property
    def before(self) -> str:
        """The end of the text so far."""
        return self._before

    def run(self) -> None:
        """Read all tokens; what is defined in them holds for them alone."""
        outer = len(self.definitions.groups)
        self.definitions.open_group()
        while token := self.tokens.take():
            self.read(token)
        self.definitions.close_groups(len(self.definitions.groups) - outer)

    def change_looks(self) -> None:
        """Read on in another size or colour: a number that comes now is another one than the number before it."""
        self._looks_changed = True

    def begin_formula(self, before: str = "") -> None:
        """Read on as a formula that stands after some text."""
        self.in_mathematics = self._formula_is_empty = True
        self._before = before[-LOOK_BACK:]

    def open(self, **changes: bool) -> None:
        """Begin a group."""
        if len(self._scopes) > MOST_NESTED:
            raise ValueError("its groups are nested without end")
        self._scopes.append(self.scope._replace(**changes))
        self.definitions.open_group()

    def close(self) -> None:
        """End a group."""
        if len(self._scopes) > 1:
            self._scopes.pop()
            self.definitions.close_groups()

    def change(self, **changes: bool) -> None:
        """Change the settings of the current group from here on."""
        self._scopes[-1] = self.scope._replace(**changes)

    def emit(self, text: str) -> None:
        """Pass text on, as visible or hidden."""
        if self.scope.hidden:
            self._hide(text)
            return
        if text:
            if self._looks_changed and not text.isspace():
                text = f" {text}" if _BOTH_NUMBERS.search(f"{self._before[-1:]}{text[0]}") else text
                self._looks_changed = False
            self._before = (self._before + text)[-LOOK_BACK:]
            self._formula_is_empty = self._formula_is_empty and text.isspace()
        self._show(text)

    def fragment(self, tokens: Iterable[str], **changes: bool) -> str:
        """The visible text of ``tokens``."""
        pieces: list[str] = []
        inner = ExpandedTokens(tokens, self.definitions)
        scope = self.scope._replace(**changes)
        Prose(inner, pieces.append, self._hide, self._commands, scope, mathematics=self.in_mathematics).run()
        return "".join(pieces)

    def argument(self) -> str:
        """The visible text of the next argument."""
        return self.fragment(self.tokens.read_argument())

    def open_argument(self, **changes: bool) -> None:
        """Open a group with these changes for the next argument."""
        argument = self.tokens.read_argument()
        self.open(**changes)
        self.tokens.put_back([*argument, "}"])

    def skip_arguments(self, signature: str) -> None:
        """Pass over arguments that are no text, as in `assay.fulltext.tex.signatures`."""
        for kind in signature:
            match kind:
                case "o":
                    self.tokens.read_optional()
                case "p":
                    self.tokens.read_parenthesis()
                case "n":
                    self.tokens.read_number()
                case _:
                    self.tokens.read_argument()

    def read(self, token: str) -> None:
        """Read one token, and its arguments where it has some."""
        match token:
            case "{" | "\\begingroup" | "\\bgroup":
                self.open()
            case "}" | "\\endgroup" | "\\egroup":
                self.close()
            case "$" | "$$" | "\\(" | "\\)" | "\\[" | "\\]":
                self.in_mathematics = token in {"\\(", "\\["} or (token[0] == "$" and not self.in_mathematics)
                self._formula_is_empty = self.in_mathematics
                if token in {"$$", "\\[", "\\]"}:
                    self.emit(" ")
            case "~" | "&":
                self.emit(" ")
            case "^" if self.in_mathematics:
                self._script(raised)
            case "_" if self.in_mathematics:
                self._script(lowered)
            case "\\begin":
                self.begin(self.tokens.read_word())
            case "\\end":
                self.end(self.tokens.read_word())
            case _ if token[0] == "\\":
                self._command(token)
            case _ if self.in_mathematics:
                self.emit(token)
            case _:
                self.emit(_LIGATURE.sub(lambda match: _LIGATURES[match[0]], token))

    def begin(self, name: str) -> None:
        """Begin an environment."""
        definitions = self.definitions
        plain = name.rstrip("*")
        if name in definitions.comments or plain in _SKIPPED:
            self._skip(self.tokens.read_environment(name))
            return
        if plain in VERBATIM or name in definitions.listings:
            self._listing(name)
            return
        if self.tokens.open_wrapper("\\begin", name):
            self.tokens.read_raw()  # the brace that keeps the group together
            self.open()
            return
        self.open(coloured=self.scope.coloured or name in _BOXES)
        if name.rstrip("*") in _FORMULAS:
            self.in_mathematics = self._formula_is_empty = True
        if name in ENVIRONMENTS:
            self.skip_arguments(ENVIRONMENTS[name])
        elif name.rstrip("*") not in _FORMULAS:
            self._skip_options(apart=True)
        self.emit(" ")

    def _skip(self, body: list[str]) -> None:
        """Pass over a drawing or the like; it may hold a table."""
        self.definitions.plots += any("\\addplot" in token for token in body)
        self.tokens.put_back(inner_tables(body))

    def _listing(self, name: str) -> None:
        """Read code as it stands."""
        options = self.tokens.read_optional() if self.tokens.peek() == "[" else None
        if name == "minted":
            self.tokens.read_argument()
        if options and (caption := keyed_values(options).get("caption")):
            self.listing_caption(caption)
        self.emit(" " + "".join(self.tokens.read_environment(name)) + " ")

    def listing_caption(self, text: str) -> None:
        """Read the caption of a piece of code: here as text before it."""
        self.emit(f" {self.fragment(tokens(text))} ")

    def end(self, name: str) -> None:
        """End an environment."""
        if self.tokens.open_wrapper("\\end", name):
            return
        self.close()
        if name.rstrip("*") in _FORMULAS:
            self.in_mathematics = False
        self.emit(" ")

    def _skip_options(self, *, apart: bool = False) -> None:
        """Pass over options in square brackets: braces follow at once, or they have an equals sign.

        With ``apart``, white space may come before them.
        """
        if not apart and self.tokens.peek() != "[":
            return
        options = self.tokens.read_optional()
        if options is None:
            return
        has_values = any("=" in token for token in options)
        if not (has_values or (not apart and self.tokens.peek() == "{")):
            self.tokens.put_back([" ", "[", *options, "]"])

    def _command(self, token: str) -> None:
        name = token[1:]
        self._looks_changed = self._looks_changed or name in _OTHER_LOOKS
        if name in _SYMBOLS:
            self.emit(_SYMBOLS[name])
        elif name in ACCENTS:
            self._accent(ACCENTS[name])
        elif (command := self._commands.get(name)) is not None:
            command(self, name)
        elif CITATIONS.match(name):
            self.tokens.take_star()
            self.skip_arguments("oom")
            self.emit(CITATION)
        elif name in SKIPPED:
            self.tokens.take_star()
            self.skip_arguments(SKIPPED[name])
        elif name in COMPUTED:
            self.skip_arguments(COMPUTED[name])
            self.definitions.computed[name] += 1
        elif name in REGISTERS:
            self._assign(name)
        elif not name.isalpha() and "@" not in name:
            self.emit(_ESCAPES.get(name, name if len(name) == 1 and not name.isspace() else " "))
        elif self.in_mathematics and name in _FUNCTIONS:
            self.emit(f"{name} ")
        elif name in _STYLES:
            self.tokens.take_star()
        else:
            self._unknown(name)

    def _assign(self, name: str) -> None:
        """Pass over a length with its value; space across the line parts words."""
        number = self.tokens.read_number()
        if name in {"hskip", "vskip"} and not number.startswith("-"):
            self.emit(" ")

    def _unknown(self, name: str) -> None:
        """Read a command that nobody knows: its arguments stay as text, and do not run into each other."""
        head, at, rest = name.partition("@")
        if at and head:  # \method@10, where an @ is no letter
            self.tokens.put_back([f"\\{head}", f"@{rest}"])
            return
        if AUTHORS.fullmatch(name):
            self.tokens.read_optional()
            self.tokens.read_braced()
            return
        self.tokens.take_star()
        self._skip_options()
        arguments = self.tokens.read_braced()
        if sum(any(ch.isdigit() for ch in "".join(argument)) for argument in arguments) > 1:
            self.definitions.strange[name] += 1
        for number, argument in reversed(list(enumerate(arguments))):
            self.tokens.put_back([*([" "] if number else []), "{", *argument, "}"])

    def _script(self, write: Callable[[str, str], str]) -> None:
        """Read a superscript or subscript of a formula."""
        is_first, before = self._formula_is_empty, self._before
        text = self.argument().strip()
        if not text:
            return
        mark, opposite = ("^", "_") if write is raised else ("_", "^")
        if ends_in_number(before) and self.tokens.peek() == opposite:
            self.tokens.read_raw()
            other = self.tokens.read_argument()
            pair = (text, self.fragment(other)) if write is raised else (self.fragment(other), text)
            if is_interval(before, *pair):
                self.emit(two_sided(before, *pair))
                return
            self.tokens.put_back([opposite, "{", *other, "}"])
        apart = ends_in_number(before) and (mark == "_" or not text.isalnum())
        if text == "°" or text.startswith("±") or apart or (is_first and mark == "^"):
            self.emit(write(before, text))
        else:
            self.emit(mark + (term(text) if len(text) > 1 else text))

    def _accent(self, mark: str) -> None:
        text = self.argument().translate({ord("ı"): "i", ord("ȷ"): "j"})
        self.emit(unicodedata.normalize("NFC", text[:1] + mark) + text[1:] if text else "")


ReadCommand = Callable[[Prose, str], None]
"""Reads a command's arguments, given its name, and emits what is seen of it."""

_LIGATURES = {"---": "—", "--": "–", "``": "“", "''": "”", "`": "‘"}
_LIGATURE = re.compile("---|--|``|''|`")

_ESCAPES = {"-": "", "/": "", "!": "", ";": " ", ":": " ", ">": " ", "@": "", "|": "‖"}

ACCENTS: Mapping[str, str] = symbols.ACCENTS | {name: mark for name, mark in symbols.HATS.items() if name != "overline"}
"""The combining characters of accents."""

_SYMBOLS = (
    symbols.SYMBOLS
    | symbols.LETTERS
    | dict.fromkeys(
        ("quad", "qquad", "space", "enspace", "enskip", "hfill", "hfil", "hss", "dotfill", "hrulefill"), " "
    )
    | {"circ": "°", "ast": "∗", "xspace": "", "today": "", "phn": "", "phd": "", "phs": "", "nodata": "…"}
)

_FUNCTIONS = symbols.OPERATORS | {"deg"}
_STYLES = symbols.STYLES | symbols.NOTHING - {"left", "right"} | {"scriptsize", "normalsize"}

_SKIPPED = frozenset(
    """thebibliography tikzpicture pgfpicture axis tikzcd circuitikz filecontents CCSXML comment picture pspicture
    feynman bytefield""".split()
)
_OTHER_LOOKS = frozenset("tiny scriptsize footnotesize small raisebox scalebox resizebox".split())
_BOTH_NUMBERS = re.compile(r"[\d%][\d.+\-−±↑↓(]")

_BOXES = frozenset({"tcolorbox", "mdframed"})
_FORMULAS = frozenset("equation align gather multline eqnarray alignat flalign math displaymath".split())
