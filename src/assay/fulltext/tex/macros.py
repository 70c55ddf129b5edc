"""Expands a paper's own commands and environments, and follows its conditions, while tokens are taken."""

# ruff: noqa: S105 - TeX's tokens are no passwords

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from assay.fulltext.tex.tokens import END, Tokens
from assay.papers.units import NumberStyle


class Parameter(NamedTuple):
    """One argument of a command."""

    kind: str = "m"
    """``m`` in braces, ``o`` in square brackets, ``s`` a star, ``g`` braces that may be absent, ``d`` up to a text,
    ``t`` that text alone."""
    default: tuple[str, ...] = ()
    """What stands for an argument that is absent; the text of the kinds ``d`` and ``t``."""


class Macro(NamedTuple):
    """A command that a paper defines."""

    parameters: tuple[Parameter, ...]
    body: list[str]


class Environment(NamedTuple):
    """An environment that a paper defines."""

    parameters: tuple[Parameter, ...]
    begin: list[str]
    end: list[str]


class Acronym(NamedTuple):
    """A term with its short form."""

    short: str
    long: str


@dataclass
class Definitions:
    """What a paper has defined so far."""

    readers: "Mapping[str, Callable[[ExpandedTokens], None]]"
    """What each command does that defines something, or that chooses between texts."""
    macros: dict[str, Macro] = field(default_factory=dict)
    groups: list[dict[str, Macro | None]] = field(default_factory=list)
    """What the commands defined in each open group of the text were before it."""
    has_groups: bool = False
    """Whether a definition in a group ends with it; in the preamble, braces are seldom more than an argument."""
    is_next_global: bool = False
    r"""Whether ``\global`` stood before the next definition."""
    environments: dict[str, Environment] = field(default_factory=dict)
    comments: set[str] = field(default_factory=set)
    """Environments whose content is left out."""
    listings: set[str] = field(default_factory=set)
    """Environments whose content is code."""
    colours: dict[str, float] = field(default_factory=dict)
    """How white each colour is, from 0 to 1."""
    columns: dict[str, Macro] = field(default_factory=dict)
    """Kinds of columns of tables, by their letter."""
    acronyms: dict[str, Acronym] = field(default_factory=dict)
    known_acronyms: set[str] = field(default_factory=set)
    """Those that have been written in full."""
    number_style: NumberStyle = field(default_factory=NumberStyle)
    expanded: int = 0
    """How many tokens macros have given."""
    strange: Counter[str] = field(default_factory=Counter)
    """How often each command stood there with several arguments and nobody knows what it does with them."""
    computed: Counter[str] = field(default_factory=Counter)
    """How often each command stood there whose text TeX would compute."""
    plots: int = 0
    """How many plots were drawn."""
    uncertain: int = 0
    """How many conditions could not be told."""

    def define(self, name: str, macro: Macro, *, everywhere: bool = False) -> None:
        """Define a command until its group ends, or from here on ``everywhere``."""
        if everywhere or self.is_next_global:
            for group in self.groups:
                group.pop(name, None)
        elif self.groups:
            self.groups[-1].setdefault(name, self.macros.get(name))
        self.is_next_global = False
        self.macros[name] = macro

    def begin_document(self) -> None:
        """Keep the definitions of the preamble, and from here on those in groups as long as their groups."""
        self.groups.clear()
        self.has_groups = True

    def open_group(self) -> None:
        """Begin a group."""
        if self.has_groups:
            self.groups.append({})

    def close_groups(self, number: int = 1) -> None:
        """End some groups: what was defined in them is what it was before."""
        for _ in range(min(number, len(self.groups))):
            for name, macro in self.groups.pop().items():
                if macro is None:
                    self.macros.pop(name, None)
                else:
                    self.macros[name] = macro


ORIGINAL = "\\assay@original@"
r"""Before the name of a command, it stands for LaTeX's own meaning, which ``\let`` keeps under another name."""

ABSENT = "\\assay@absent"
"""Stands for an argument that was not given and has no default."""


class ExpandedTokens(Tokens):
    """Tokens with macros expanded.

    Raises:
        ValueError: from every method, once macros have expanded more often than any paper's do.
    """

    def __init__(self, source: str | Iterable[str], definitions: Definitions) -> None:
        super().__init__(source)
        self.definitions = definitions
        self._readers = definitions.readers
        self._has_no_end = False  # of a condition: none of the tokens that are left is a \fi

    def take(self) -> str:
        """The next token that is no macro of the paper, and no definition of one, which is noted."""
        while True:
            token = self.read_raw()
            if not token.startswith("\\"):
                return token
            if token.startswith(ORIGINAL):
                return f"\\{token.removeprefix(ORIGINAL)}"
            if (macro := self.definitions.macros.get(token)) is not None:
                self.put_back(self.fill(macro.parameters, macro.body))
            elif (define := self._readers.get(token)) is not None:
                define(self)
            elif token == "\\ifcase":
                self._pass_cases()
            elif token.startswith("\\if") and token not in _NO_CONDITION:
                self._pass_condition(token, wanted=True)
            elif token == "\\unless":
                self._pass_condition(self.read_raw(), wanted=False)
            elif token == "\\else":
                self._skip_branch(stop_at_else=False)
            elif token != "\\fi":
                return token

    def fill(self, parameters: Iterable[Parameter], body: Iterable[str]) -> list[str]:
        """``body`` with the arguments that come next."""
        arguments = [given for parameter in parameters if (given := self._read(parameter)) is not None]
        filled: list[str] = []
        for token in body:
            if token[0] == "#" and token[1:].isdecimal() and int(token[1:]) <= len(arguments):
                filled += arguments[int(token[1:]) - 1]
            else:
                filled.append(token)
            if self.definitions.expanded + len(filled) > _MOST_EXPANDED:
                raise ValueError("its macros expand without end")
        self.definitions.expanded += 1 + len(filled)
        return filled

    def _read(self, parameter: Parameter) -> list[str] | None:
        """An argument; ``None`` for a text that only has to be there."""
        match parameter.kind:
            case "s":
                return ["\\BooleanTrue" if self.take_star() else "\\BooleanFalse"]
            case "o":
                optional = self.read_optional()
                return list(parameter.default) if optional is None else optional
            case "g" if self.peek() != "{":
                return list(parameter.default)
            case "d":
                return self.read_until(parameter.default)
            case "t":
                self.read_until(parameter.default)
                return None
            case _:
                return self.read_argument()

    def open_wrapper(self, token: str, name: str) -> bool:
        """Whether an environment is one of the paper's own that stands for others, which are then the next tokens."""
        environment = self.definitions.environments.get(name)
        if environment is None:
            return False
        if token == "\\begin":
            self.put_back(["{", *self.fill(environment.parameters, environment.begin)])
        else:
            self.put_back([*self.fill((), environment.end), "}"])
        return True

    def _pass_condition(self, token: str, *, wanted: bool) -> None:
        """Go on in the branch that holds; where that cannot be told, in the second one."""
        if self._holds(token) != wanted:
            self._skip_branch(stop_at_else=True)

    def _holds(self, token: str) -> bool:  # noqa: PLR0911 - one for each sort of condition
        # TeX's own conditions first: a toggle of the name "x" is none of them.
        macros = self.definitions.macros
        match token:
            case "\\iffalse":
                return False
            case "\\ifdefined":
                self.skip_space()
                return self.read_raw() in macros
            case "\\ifcsname":
                return self.read_csname() in macros
            case "\\ifx":
                return self._are_alike()
            case "\\ifnum" | "\\ifodd":
                return self._compare_numbers(token)
        if (state := macros.get(state_of(token))) is not None:
            return state.body == ["true"]
        self.definitions.uncertain += token not in _ALWAYS | _FOREIGN
        return token in _ALWAYS

    def read_csname(self) -> str:
        r"""The command that is spelt up to ``\endcsname``."""
        name = ""
        while (token := self.read_raw()) not in {"\\endcsname", END}:
            name += "".join(self.definitions.macros[token].body) if token in self.definitions.macros else token
        return f"\\{name.strip()}"

    def _pass_cases(self) -> None:
        r"""Go on in the case of ``\ifcase`` that its number names, or behind ``\else`` where there is none such."""
        number = self._number()
        self.definitions.uncertain += number is None
        cases = self._read_cases()
        otherwise = cases.pop()
        self.put_back(cases[number] if number is not None and 0 <= number < len(cases) else otherwise)

    def _read_cases(self) -> list[list[str]]:
        r"""The texts between ``\or``, and at the end the one behind ``\else``."""
        cases: list[list[str]] = [[]]
        has_else = False
        depth = 0
        while (token := self.read_raw()) and (token != "\\fi" or depth > 0):
            if depth == 0 and token in {"\\or", "\\else"}:
                has_else = token == "\\else"
                cases.append([])
                continue
            cases[-1].append(token)
            depth += self._begins_condition(token) - (token == "\\fi")
        return cases if has_else else [*cases, []]

    def _begins_condition(self, token: str) -> bool:
        return token.startswith("\\if") and token not in _NO_CONDITION and token not in self._readers

    def _are_alike(self) -> bool:
        r"""Whether ``\ifx`` has two macros that are alike, or one that is not defined beside ``\undefined``."""
        macros = self.definitions.macros
        self.skip_space()
        left = self.read_raw()
        self.skip_space()
        right = self.read_raw()
        for one, other in ((left, right), (right, left)):
            if "undefined" in one:
                return other not in macros and not other.startswith("\\pdf")  # what pdfTeX itself defines
        return macros.get(left, left) == macros.get(right, right)

    def _compare_numbers(self, token: str) -> bool:
        left = self._number()
        if token == "\\ifodd":
            return left is not None and left % 2 == 1
        self.skip_space()
        relation = self.read_raw()
        if len(relation) > 1 and relation[0] in "<=>" and relation[1:].isdecimal():
            self.put_back([relation[1:]])
        right = self._number()
        if left is None or right is None:
            self.definitions.uncertain += 1
            return False
        return {"<": left < right, "=": left == right, ">": left > right}.get(relation[:1], False)

    def _number(self) -> int | None:
        self.skip_space()
        token = self.read_raw()
        if token in self.definitions.macros:
            token = "".join(self.definitions.macros[token].body)
        digits = token[: len(token) - len(token.lstrip("-0123456789"))]
        if rest := token[len(digits) :] if digits else "":
            self.put_back([rest])
        return int(digits[:9]) if digits.lstrip("-").isdecimal() else None

    def _skip_branch(self, *, stop_at_else: bool) -> None:
        if self._has_no_end:
            return
        depth = 0
        branch: list[str] = []
        while token := self.read_raw():
            branch.append(token)
            if self._begins_condition(token):
                depth += 1
            elif token == "\\fi":
                if depth == 0:
                    return
                depth -= 1
            elif token == "\\else" and depth == 0 and stop_at_else:
                return
        self._has_no_end = True
        self.put_back(branch)  # it has no end, so it was no condition


def state_of(condition: str) -> str:
    r"""The macro that holds the state of a condition such as ``\ifdraft``."""
    return "\\assay@is@" + condition.removeprefix("\\if")


_MOST_EXPANDED = 1_000_000
_NO_CONDITION = frozenset({"\\iff", "\\iftex"})
_ALWAYS = frozenset({"\\iftrue", "\\ifpdf", "\\ifPDFTeX", "\\ifpdftex", "\\ifpdfoutput"})
# Which engine runs, and what page is built: the second branch is the right one, or there is no text in either.
_FOREIGN = frozenset(
    """\\ifxetex \\ifluatex \\ifLuaTeX \\ifXeTeX \\ifhmode \\ifvmode \\ifmmode \\ifinner \\ifdim \\ifcat \\if
    \\ifhbox \\ifvbox \\ifvoid \\ifeof \\ifincsname \\if@twocolumn \\if@twoside""".split()
)
