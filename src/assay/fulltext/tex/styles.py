r"""Reads a paper's own style files and classes: what stands for text, and which commands set the title."""

# ruff: noqa: S105 - TeX's tokens are no passwords

from collections.abc import Container, Iterable, Sequence

from assay.fulltext.tex.definitions import READERS, new_definitions
from assay.fulltext.tex.macros import Definitions, ExpandedTokens, Macro
from assay.fulltext.tex.tokens import Tokens


def read_style(text: str, definitions: Definitions) -> None:
    """Note the commands of a paper's own style file that stand for text; those that change the layout are left out."""
    own = new_definitions()
    style = ExpandedTokens(text, own)
    while token := style.read_raw():
        if token in _STYLE_COMMANDS:
            READERS[token](style)
    textual = _textual(own)
    for name in textual - definitions.macros.keys():
        definitions.macros[name] = own.macros[name]
    for name in own.macros.keys() - textual - definitions.macros.keys():
        if (title := _title_in(own.macros[name].body)) is not None:
            body = ["\\title", "{", *title, "}"]
            definitions.macros[name] = Macro(own.macros[name].parameters, body)
    for name, environment in own.environments.items():
        if _is_text([*environment.begin, *environment.end], textual):
            definitions.environments.setdefault(name, environment)
    for name, macro in own.columns.items():
        definitions.columns.setdefault(name, macro)
    definitions.colours |= own.colours


def _title_in(body: Sequence[str]) -> list[str] | None:
    r"""The title that a command of a style sets among its layout: by ``\title{#1}`` or ``\gdef\@title{#1}``."""
    source = Tokens(body)
    before = ""
    while token := source.read_raw():
        is_title = token == "\\title" or (before in _SET_TITLE and token.endswith("@title"))
        if is_title and source.peek() == "{":
            title = source.read_argument()
            return title if any(part.strip() for part in title) else None
        before = token if not token.isspace() else before
    return None


def _textual(own: Definitions) -> set[str]:
    """The commands that stand for text, with all the commands that they are made of."""
    textual = {name for name, macro in own.macros.items() if not _LAYOUT & set(macro.body)}
    count = -1
    while count != len(textual):
        count = len(textual)
        textual = {name for name in textual if _is_text(own.macros[name].body, textual)}
    return textual


def _is_text(body: Iterable[str], textual: Container[str]) -> bool:
    return not any(token in _LAYOUT or (token[:1] == "\\" and "@" in token and token not in textual) for token in body)


_STYLE_COMMANDS = (
    frozenset(
        """\\newcommand \\renewcommand \\providecommand \\DeclareRobustCommand \\newrobustcmd \\newcommandx \\def \\gdef
    \\DeclareMathOperator \\NewDocumentCommand \\DeclareDocumentCommand \\definecolor \\colorlet \\newcolumntype \\newif
    \\newenvironment \\NewDocumentEnvironment \\DeclareSIUnit""".split()
    )
    & READERS.keys()
)
_SET_TITLE = frozenset({"\\def", "\\gdef", "\\edef", "\\xdef"})
_LAYOUT = frozenset(
    """\\hbox \\vbox \\vtop \\setlength \\addtolength \\hrule \\vrule \\kern \\penalty \\baselineskip \\global \\let
    \\begingroup \\parskip \\parindent \\maketitle \\thispagestyle \\write \\read \\csname \\expandafter \\everypar
    \\newpage \\clearpage \\vskip \\hskip \\trivlist \\list \\endlist \\usepackage \\RequirePackage""".split()
)
