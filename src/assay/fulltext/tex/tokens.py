"""Cuts TeX into tokens and takes arguments from them."""

# ruff: noqa: S105 - TeX's tokens are no passwords

import re
from collections.abc import Iterable, Iterator, Sequence

END = ""
"""What is returned when there are no more tokens."""

LONGEST_OPTION = 2_000
"""How many tokens an argument in square brackets may have."""

MOST_NESTED = 1_000
"""How deep macros and groups may be nested."""


class Tokens:
    """The tokens of a text. Tokens put back, macro bodies for instance, come first.

    A token is a control sequence with its backslash, a single special character, white space, or a run of text.
    """

    def __init__(self, source: str | Iterable[str]) -> None:
        self._sources: list[Iterator[str]] = [tokens(source) if isinstance(source, str) else iter(source)]
        self._unclosed = 0

    def read_raw(self) -> str:
        """The next token as it stands."""
        while self._sources:
            token = next(self._sources[-1], END)
            if token:
                return token
            self._sources.pop()
        return END

    def put_back(self, tokens: Iterable[str]) -> None:
        """Make ``tokens`` the next ones.

        Raises:
            ValueError: if they are nested without end.
        """
        self._sources.append(iter(tokens))
        if len(self._sources) > MOST_NESTED:
            raise ValueError("its macros are nested without end")

    def peek(self) -> str:
        """The next token, which stays."""
        token = self.read_raw()
        self.put_back([token] if token else [])
        return token

    def skip_space(self) -> None:
        """Pass over white space."""
        while (token := self.read_raw()).isspace():
            pass
        if token:
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

    def read_optional(self, longest: int = LONGEST_OPTION) -> list[str] | None:
        """The tokens of an argument in square brackets, if one comes next."""
        if self._unclosed > _MOST_UNCLOSED:
            longest = min(longest, _LONGEST_AFTER)
        self.skip_space()
        token = self.read_raw()
        if token != "[":
            self.put_back([token])
            return None
        option = self._until("[", "]", longest)
        if len(option) > longest:  # the bracket was part of the text, and never closed
            self._unclosed += 1
            self.put_back(["[", *option])
            return None
        return option

    def read_parenthesis(self) -> None:
        """Pass over an argument in round brackets, if one comes next: ``(lr)``, ``(l{2pt}r{2pt})``."""
        token = self.read_raw()
        if not token.startswith("("):
            self.put_back([token])
            return
        taken = [token]
        while token and ")" not in token and len(taken) < _LONGEST_PARENTHESIS:
            token = self.read_raw()
            taken.append(token)
        if ")" not in token:
            self.put_back(taken)
        elif rest := token.partition(")")[2]:
            self.put_back(list(tokens(rest)))

    def read_word(self) -> str:
        """One argument as it is written, without white space around it."""
        return "".join(self.read_argument()).strip()

    def read_until(self, end: Sequence[str]) -> list[str]:
        """The tokens up to a text or command outside of braces, which goes too; none if it does not come."""
        inside: list[str] = []
        depth = 0
        self.skip_space()
        while len(inside) < LONGEST_OPTION and (token := self.read_raw()):
            if token.isspace():
                token = " "
            elif len(token) > 1 and token[0] not in "\\#":
                self.put_back(token[1:])
                token = token[0]
            depth += (token == "{") - (token == "}")
            inside.append(token)
            if depth == 0 and inside[-len(end) :] == list(end):
                inside = inside[: -len(end)]
                is_braced = inside[:1] == ["{"] and inside[-1] == "}" and inside.count("{") == 1
                return inside[1:-1] if is_braced else inside
        self.put_back(inside)
        return []

    def read_braced(self) -> list[list[str]]:
        """The arguments in braces that follow at once."""
        arguments = []
        while self.peek() == "{":
            arguments.append(self.read_argument())
        return arguments

    def read_environment(self, name: str) -> list[str]:
        """The tokens up to the end of an environment that has begun."""
        body: list[str] = []
        depth = 1
        while token := self.read_raw():
            if token in {"\\begin", "\\end"}:
                argument = self.read_argument()
                inner = "".join(argument).strip()
                if inner == name:
                    depth += 1 if token == "\\begin" else -1
                    if depth == 0:
                        break
                elif self.open_wrapper(token, inner):
                    continue
                body += [token, "{", *argument, "}"]
            else:
                body.append(token)
        return body

    def open_wrapper(self, token: str, name: str) -> bool:
        """Whether an environment stands for others, which are then the next tokens; here none does."""
        del token, name
        return False

    def read_number(self) -> str:
        r"""The number or length of an assignment such as ``\parskip=4pt plus 1pt``, taken from the tokens."""
        self.skip_space()
        token = self.read_raw()
        if token.startswith("="):
            self.put_back(list(tokens(token[1:])))
            self.skip_space()
            token = self.read_raw()
        match = _LENGTH.match(token)
        if token.startswith("\\") and token[1:].isalpha():
            return token
        if match is None or not match[0]:
            self.put_back([token])
            return ""
        number, rest = match[0], token[match.end() :]
        if rest:
            self.put_back(list(tokens(rest)))
        elif not match["unit"]:
            number += self._read_unit()
        self._skip_stretch()
        return number

    def _read_unit(self) -> str:
        """The unit of a length that stands apart from its number, or the length that the number multiplies."""
        space = self.read_raw()
        token = self.read_raw() if space.isspace() else space
        if unit := _UNIT.match(token):
            self.put_back(list(tokens(token[unit.end() :])))
            return unit[0]
        if not space.isspace() and _IS_LENGTH.search(token):
            return token
        self.put_back([space, token] if space.isspace() else [space])
        return ""

    def _skip_stretch(self) -> None:
        """Pass over ``plus 1pt minus 2pt``."""
        for word in ("plus", "minus"):
            space = self.read_raw()
            token = self.read_raw() if space.isspace() else space
            if token == word:
                self.read_number()
            else:
                self.put_back([space, token] if space.isspace() else [space])

    def _until(self, opening: str, closing: str, longest: int = LONGEST_OPTION) -> list[str]:
        """The tokens up to a closing bracket; braces within it belong together."""
        inside: list[str] = []
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
            inside.append(token)
            if opening == "[" and len(inside) > longest:
                break
        return inside


def tokens(text: str) -> Iterator[str]:
    """The tokens of a text."""
    return (match[0] for match in _TOKEN.finditer(text))


def keyed_values(argument: Sequence[str]) -> dict[str, str]:
    """The values of ``short = KV, long = {kite value}`` by their names."""
    fields: dict[str, str] = {}
    for part in re.split(r",(?![^{}]*\})", "".join(argument)):
        name, _, value = part.partition("=")
        value = value.strip()
        fields[name.strip()] = value[1:-1] if value.startswith("{") and value.endswith("}") else value
    return fields


def inner_tables(body: Sequence[str]) -> list[str]:
    """The tables within a drawing."""
    tables: list[str] = []
    depth = 0
    for at, token in enumerate(body):
        is_table = token in {"\\begin", "\\end"} and "".join(body[at + 2 : at + 3]).startswith("tabular")
        depth += is_table and token == "\\begin"
        if depth:
            tables.append(token)
        if depth and is_table and token == "\\end":
            depth -= 1
            if depth == 0:
                tables += [*body[at + 1 : at + 4], " "]
    return tables


def is_length(text: str) -> bool:
    r"""Whether a text is a length: ``2pt``, ``-\baselineskip``, ``0.5ex``."""
    return _ONLY_LENGTH.fullmatch(text.strip()) is not None


_TOKEN = re.compile(r"\\[A-Za-z@]+|\\.|\\|\$\$|[{}$&~^_\[\]*]|#+\d?|\s+|[^\\{}$&~^_\[\]*#\s]+", re.DOTALL)
_LONGEST_PARENTHESIS = 20
# In a text with many brackets that never close, none is looked for as far as in others.
_MOST_UNCLOSED = 50
_LONGEST_AFTER = 100
_UNITS = r"(?:pt|em|ex|mm|cm|in|bp|pc|sp|dd|cc|mu|fil+|true\w\w)"
_LENGTH = re.compile(rf"[-+]?(?:\d+\.?\d*|\.\d+)?(?P<unit>{_UNITS})?")
_UNIT = re.compile(rf"{_UNITS}(?![A-Za-z])")
_IS_LENGTH = re.compile(r"(?:skip|width|height|sep|size|indent|depth|wd|ht|dp|rulewidth|length|space)$")
_ONLY_LENGTH = re.compile(rf"[-+]?\s*[\d.]*\s*(?:{_UNITS}|\\[A-Za-z]+|\\dimexpr.*)?|\\\w+.*")
