r"""Reads the commands that define others, or that choose between texts: ``\newcommand``, ``\newif``, ``\iftoggle``."""

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from assay.fulltext.colours import mixed_whiteness, whiteness
from assay.fulltext.tex.conditions import CONDITIONS, Read
from assay.fulltext.tex.macros import (
    ABSENT,
    ORIGINAL,
    Acronym,
    Definitions,
    Environment,
    ExpandedTokens,
    Macro,
    Parameter,
)
from assay.fulltext.tex.tokens import END, Tokens, keyed_values, tokens
from assay.papers.symbols import LETTERS, SYMBOLS
from assay.papers.units import number_style


def new_definitions() -> Definitions:
    """The definitions of a paper that has made none yet."""
    return Definitions(READERS)


def read_acronyms(source: str, definitions: Definitions) -> None:
    """Note all acronyms of a paper; they may be defined after the text that uses them."""
    for match in _ACRONYM_COMMAND.finditer(source):
        inner = Tokens(source[match.end() : match.end() + _LONGEST_ACRONYM])
        options = inner.read_optional()
        key = inner.read_word()
        if match[1] == "DeclareAcronym":
            fields = keyed_values(inner.read_argument())
            acronym = Acronym(fields.get("short", key), fields.get("long", ""))
        elif match[1] == "newglossaryentry":
            fields = keyed_values(inner.read_argument())
            acronym = Acronym(fields.get("name", fields.get("text", key)), "")
        elif match[1] in {"newacronym", "newabbreviation"}:
            acronym = Acronym(inner.read_word(), inner.read_word())
        else:
            short = options if options is not None else inner.read_optional()
            acronym = Acronym("".join(short).strip() if short else key, inner.read_word())
        definitions.acronyms.setdefault(key, acronym)


_ACRONYM_COMMAND = re.compile(
    r"\\(newacro|acro|acrodef|acroplural|newacronym|newabbreviation|DeclareAcronym|newglossaryentry)(?![A-Za-z@])\s*"
    r"(?=[\[{])(?!\{?\})"
)
_LONGEST_ACRONYM = 600


def _parameters(arity: str, default: list[str] | None) -> tuple[Parameter, ...]:
    number = int(arity) if arity.isdecimal() and len(arity) == 1 else 0
    first = [] if default is None or not number else [Parameter("o", tuple(default))]
    return (*first, *[Parameter()] * (number - len(first)))


def _read_parameters(source: ExpandedTokens) -> tuple[Parameter, ...]:
    arity = "".join(source.read_optional() or []).strip()
    return _parameters(arity, source.read_optional() if arity else None)


def _new_command(source: ExpandedTokens, *, keep: bool = False) -> None:
    r"""``\newcommand*{\name}[2][default]{body}`` and its like."""
    source.take_star()
    name = _read_name(source)
    macro = Macro(_read_parameters(source), source.read_argument())
    if not (keep and name in source.definitions.macros):
        _define(source, name, macro)


def _provide_command(source: ExpandedTokens) -> None:
    _new_command(source, keep=True)


def _new_command_x(source: ExpandedTokens) -> None:
    r"""``\newcommandx{\name}[2][1=default]{body}``, of the package xargs."""
    source.take_star()
    name = _read_name(source)
    arity = "".join(source.read_optional() or []).strip()
    defaults = keyed_values(source.read_optional() or [])
    number = int(arity) if arity.isdecimal() and len(arity) == 1 else 0
    parameters = [
        Parameter("o", tuple(tokens(defaults[str(at)]))) if str(at) in defaults else Parameter()
        for at in range(1, number + 1)
    ]
    _define(source, name, Macro(tuple(parameters), source.read_argument()))


def _operator(source: ExpandedTokens) -> None:
    source.take_star()
    name, body = _read_name(source), source.read_argument()
    _define(source, name, Macro((), [*body, " "]))


def _document_command(source: ExpandedTokens) -> None:
    name, signature, body = _read_name(source), source.read_argument(), source.read_argument()
    parameters = _signature(signature)
    if parameters is not None:
        _define(source, name, Macro(parameters, body))


def _signature(signature: Sequence[str]) -> tuple[Parameter, ...] | None:
    """The arguments that xparse's letters ask for; ``None`` if one of them is none that is read here."""
    inner = Tokens("".join(signature))
    parameters: list[Parameter] = []
    while token := inner.read_raw():
        for at, letter in enumerate(token):
            if letter in "OG":
                rest = token[at + 1 :]
                inner.put_back([rest] if rest else [])
                parameters.append(Parameter(letter.lower(), tuple(inner.read_argument())))
                break
            if letter in "og":
                parameters.append(Parameter(letter, (ABSENT,)))
            elif letter in "ms":
                parameters.append(Parameter(letter))
            elif letter not in "+! \n\t":
                return None
    return tuple(parameters)


def _read_name(source: ExpandedTokens) -> str:
    r"""The command that is defined: ``{\name}``, ``\name``, or ``\csname name\endcsname``."""
    source.skip_space()
    if source.peek() == "\\csname":
        source.read_raw()
        return source.read_csname()
    name = source.read_argument()
    return "".join(name).strip()


def _call_csname(source: ExpandedTokens) -> None:
    source.put_back([source.read_csname()])


def _use_name(source: ExpandedTokens) -> None:
    source.put_back([f"\\{source.read_word()}"])


def _name_def(source: ExpandedTokens) -> None:
    name = f"\\{source.read_word()}"
    _define_by_pattern(source, name)


def _global_name_def(source: ExpandedTokens) -> None:
    source.definitions.is_next_global = True
    _name_def(source)


def _def(source: ExpandedTokens) -> None:
    r"""``\def\name#1#2{body}``, ``\def\name#1.#2;{body}``; a definition whose parameters are strange is skipped."""
    _define_by_pattern(source, _read_defined_name(source))


def _global_def(source: ExpandedTokens) -> None:
    source.definitions.is_next_global = True
    _def(source)


def _expanded_def(source: ExpandedTokens) -> None:
    r"""``\edef\name{body}``: what the body's commands stand for here and now."""
    _define_by_pattern(source, _read_defined_name(source), is_expanded=True)


def _global_expanded_def(source: ExpandedTokens) -> None:
    source.definitions.is_next_global = True
    _expanded_def(source)


def _read_defined_name(source: ExpandedTokens) -> str:
    source.skip_space()
    name = source.read_raw()
    return source.read_csname() if name == "\\csname" else name


def _define_by_pattern(source: ExpandedTokens, name: str, *, is_expanded: bool = False) -> None:
    pattern: list[str] = []
    while (token := source.read_raw()) not in {"{", END}:
        pattern += [token] if token[0] in "\\#" else token
    source.put_back([token])
    body = source.read_argument()
    if is_expanded:
        body = _expanded(source, body)
    parameters = _delimited_parameters(pattern)
    if parameters is not None:
        _define(source, name, Macro(parameters, body))
    source.definitions.is_next_global = False


def _delimited_parameters(pattern: Sequence[str]) -> tuple[Parameter, ...] | None:
    """The parameters of a pattern such as ``[#1.#2]``: each goes up to the text behind it, or is an argument."""
    parameters: list[Parameter] = []
    for token in itertools.dropwhile(str.isspace, pattern):
        if re.fullmatch(r"#\d", token):
            parameters.append(Parameter())
        elif token[0] == "#":
            return None
        else:
            kind, text = ("d", parameters.pop().default) if parameters else ("t", ())
            parameters.append(Parameter(kind, (*text, " " if token.isspace() else token)))
    return tuple(parameters)


def _expanded(source: ExpandedTokens, body: Sequence[str]) -> list[str]:
    r"""What a text's commands stand for; nothing is defined in it, and what ``\\noexpand`` guards stays."""
    inner = ExpandedTokens(_guarded(body), source.definitions)
    return [token.removeprefix(_GUARD) for token in iter(inner.take, END)]


def _guarded(body: Iterable[str]) -> Iterator[str]:
    r"""A text with the commands marked that stand as they are: those behind ``\\noexpand``, and those that define."""
    is_guarded = False
    for token in body:
        if token in {"\\noexpand", "\\protect"}:
            is_guarded = True
            continue
        yield f"{_GUARD}{token}" if is_guarded or (token in READERS and token not in CONDITIONS) else token
        is_guarded = False


_GUARD = "\x00"
"""Before a command, it keeps it from being expanded."""


def _let(source: ExpandedTokens) -> None:
    source.skip_space()
    name = source.read_raw()
    source.skip_space()
    meaning = source.read_raw()
    if meaning.startswith("="):
        source.put_back([meaning[1:]] if len(meaning) > 1 else [])
        source.skip_space()
        meaning = source.read_raw()
    macros = source.definitions.macros
    if meaning in macros:
        _define(source, name, macros[meaning])
    elif (
        meaning.startswith("\\") and name[1:] not in SYMBOLS and name[1:] not in LETTERS and "undefined" not in meaning
    ):
        _define(source, name, Macro((), [ORIGINAL + meaning[1:]]))


def _define(source: ExpandedTokens, name: str, macro: Macro) -> None:
    # Commands that structure the paper keep their meaning; so does a command that would only expand to itself.
    if name.startswith("\\") and name not in STRUCTURE and name not in macro.body:
        source.definitions.define(name, macro)


def _new_environment(source: ExpandedTokens) -> None:
    source.take_star()
    name = source.read_word()
    parameters = _read_parameters(source)
    _define_environment(source, name, Environment(parameters, source.read_argument(), source.read_argument()))


def _document_environment(source: ExpandedTokens) -> None:
    name, signature = source.read_word(), source.read_argument()
    begin, end = source.read_argument(), source.read_argument()
    parameters = _signature(signature)
    if parameters is not None:
        _define_environment(source, name, Environment(parameters, begin, end))


def _define_environment(source: ExpandedTokens, name: str, environment: Environment) -> None:
    if "\\comment" in environment.begin:
        source.definitions.comments.add(name)
    elif name not in _ENVIRONMENTS_THAT_STAY and not {"\\begin", "{", name, "}"} <= set(environment.begin):
        source.definitions.environments[name] = environment


def _exclude(source: ExpandedTokens) -> None:
    source.definitions.comments.add(source.read_word())


def _include(source: ExpandedTokens) -> None:
    source.definitions.comments.discard(source.read_word())


def _new_listing(source: ExpandedTokens) -> None:
    name = source.read_word()
    _read_parameters(source)
    source.read_argument()
    source.read_argument()
    source.definitions.listings.add(name)


def _define_colour(source: ExpandedTokens) -> None:
    source.read_optional()
    name, model, colour = source.read_word(), source.read_word(), source.read_word()
    source.definitions.colours[name] = whiteness(model, colour)


def _name_colour(source: ExpandedTokens) -> None:
    name, colour = source.read_word(), source.read_word()
    source.definitions.colours[name] = mixed_whiteness(colour, source.definitions.colours)


def _new_column(source: ExpandedTokens) -> None:
    letter = source.read_word()
    parameters = _read_parameters(source)
    source.definitions.columns[letter] = Macro(parameters, source.read_argument())


def _set_numbers(source: ExpandedTokens) -> None:
    definitions = source.definitions
    definitions.number_style = number_style(source.read_word(), definitions.number_style)


def _declare_unit(source: ExpandedTokens) -> None:
    source.read_optional()
    name, unit = _read_name(source), source.read_argument()
    _define(source, name, Macro((), unit))


def _keep_box(source: ExpandedTokens) -> None:
    r"""``\sbox{\name}{text}``: the text stands where the box is used."""
    name = source.read_word()
    source.read_optional()
    source.read_optional()
    source.definitions.macros[_box(name)] = Macro((), source.read_argument())


def _use_box(source: ExpandedTokens) -> None:
    box = source.definitions.macros.get(_box(source.read_word()))
    source.put_back(source.fill((), box.body) if box else [])


def _box(name: str) -> str:
    return f"\\assay@box@{name.lstrip(chr(92))}"


def _global(source: ExpandedTokens) -> None:
    source.skip_space()
    source.definitions.is_next_global = source.peek() in READERS or source.peek() in source.definitions.macros


def _nothing(source: ExpandedTokens) -> None:
    del source


READERS: Mapping[str, Read] = (
    dict(CONDITIONS)
    | dict.fromkeys(
        ("\\newcommand", "\\renewcommand", "\\DeclareRobustCommand", "\\newrobustcmd", "\\renewrobustcmd"), _new_command
    )
    | dict.fromkeys(("\\providecommand", "\\providerobustcmd"), _provide_command)
    | dict.fromkeys(("\\newcommandx", "\\renewcommandx", "\\providecommandx"), _new_command_x)
    | dict.fromkeys(("\\DeclareMathOperator",), _operator)
    | {f"\\{verb}DocumentCommand": _document_command for verb in ("New", "Renew", "Provide", "Declare")}
    | {f"\\{verb}ExpandableDocumentCommand": _document_command for verb in ("New", "Renew", "Provide", "Declare")}
    | {"\\def": _def, "\\gdef": _global_def, "\\edef": _expanded_def, "\\xdef": _global_expanded_def}
    | {"\\csdef": _name_def, "\\csgdef": _global_name_def, "\\@namedef": _name_def, "\\global": _global}
    | dict.fromkeys(("\\csuse", "\\@nameuse"), _use_name)
    | dict.fromkeys(("\\long", "\\protected", "\\outer", "\\expandafter", "\\noexpand"), _nothing)
    | dict.fromkeys(("\\newenvironment", "\\renewenvironment", "\\provideenvironment"), _new_environment)
    | {f"\\{verb}DocumentEnvironment": _document_environment for verb in ("New", "Renew", "Provide", "Declare")}
    | {
        "\\csname": _call_csname,
        "\\let": _let,
        "\\excludecomment": _exclude,
        "\\includecomment": _include,
        "\\lstnewenvironment": _new_listing,
        "\\definecolor": _define_colour,
        "\\providecolor": _define_colour,
        "\\colorlet": _name_colour,
        "\\newcolumntype": _new_column,
        "\\NewColumnType": _new_column,
        "\\sisetup": _set_numbers,
        "\\DeclareSIUnit": _declare_unit,
        "\\sbox": _keep_box,
        "\\savebox": _keep_box,
        "\\usebox": _use_box,
    }
)
"""What each command does that defines something, or that chooses between texts."""

STRUCTURE = frozenset(
    """\\begin \\end \\section \\subsection \\subsubsection \\paragraph \\subparagraph \\chapter \\part \\caption
    \\title \\item \\input \\cite \\ref \\color
    \\textcolor \\phantom \\footnote \\multicolumn \\multirow \\label \\abstract
    \\makecell \\cellcolor \\rowcolor \\toprule \\midrule \\bottomrule \\hline \\cmidrule \\cline \\appendix \\\\ \\&
    \\SI \\si \\num \\qty \\unit \\texorpdfstring \\citep \\citet \\document \\enddocument""".split()
)
"""Commands that keep their meaning even where a paper gives them another."""

_ENVIRONMENTS_THAT_STAY = frozenset(
    """document abstract table table* figure figure* tabular tabular* tabularx longtable equation equation* align align*
    algorithm itemize enumerate description thebibliography quote center comment verbatim""".split()
)
