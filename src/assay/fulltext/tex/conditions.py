r"""Reads conditions and what sets them: ``\newif``, ``\iftoggle``, ``\ifthenelse``, ``\IfValueTF``."""

import re
from collections.abc import Callable, Mapping, Sequence

from assay.fulltext.tex.macros import ABSENT, ExpandedTokens, Macro, state_of
from assay.fulltext.tex.tokens import END

Read = Callable[[ExpandedTokens], None]
"""Reads a command's arguments and does what it says."""

Holds = Callable[[ExpandedTokens, Sequence[Sequence[str]]], bool | None]
"""Whether a condition holds, given its arguments; ``None`` where that cannot be told."""


def _new_condition(source: ExpandedTokens) -> None:
    source.skip_space()
    name = source.read_raw()
    if name.startswith("\\if"):
        _set_state(source, state_of(name), value=False)
        for value in ("true", "false"):
            body = ["\\assay@set", "{", state_of(name), "}", "{", value, "}"]
            source.definitions.define(f"\\{name[3:]}{value}", Macro((), body))


def _set_condition(source: ExpandedTokens) -> None:
    name, value = source.read_word(), source.read_word()
    source.definitions.define(name, Macro((), [value]))


def _set_state(source: ExpandedTokens, state: str, *, value: bool) -> None:
    source.definitions.define(state, Macro((), ["true" if value else "false"]))


def _setter(*, value: bool | None) -> Read:
    r"""Reads ``\toggletrue{name}`` and its like; with ``None``, the value is the next argument."""

    def read(source: ExpandedTokens) -> None:
        name = source.read_word()
        is_true = source.read_word().casefold() == "true" if value is None else value
        _set_state(source, state_of(f"\\if{name}"), value=is_true)

    return read


def _chooser(arguments: int, holds: Holds) -> Read:
    """Reads a condition with its texts in braces; where it cannot be told whether it holds, the second one counts."""

    def read(source: ExpandedTokens) -> None:
        given = [source.read_argument() for _ in range(arguments)]
        yes, no = source.read_argument(), source.read_argument()
        answer = holds(source, given)
        source.definitions.uncertain += answer is None
        source.put_back(yes if answer else no)

    return read


def _word(argument: Sequence[str]) -> str:
    return "".join(argument).strip()


def _toggle(source: ExpandedTokens, given: Sequence[Sequence[str]]) -> bool | None:
    state = source.definitions.macros.get(state_of(f"\\if{_word(given[0])}"))
    return None if state is None else state.body == ["true"]


def _if_then_else(source: ExpandedTokens, given: Sequence[Sequence[str]]) -> bool | None:
    test = _word(given[0])
    is_not = re.match(r"\s*\\(?:not|NOT)\b\s*", test)
    test = test[is_not.end() :] if is_not else test
    if match := re.fullmatch(r"\\boolean\s*\{(\w+)\}", test):
        answer = _toggle(source, [[match[1]]])
    elif match := re.fullmatch(r"\\equal\s*\{([^{}]*)\}\s*\{([^{}]*)\}", test):
        answer = _expand(source, match[1]) == _expand(source, match[2])
    elif match := re.fullmatch(r"(\d{1,9})\s*([<=>])\s*(\d{1,9})", _expand(source, test)):
        left, right = int(match[1]), int(match[3])
        answer = {"<": left < right, "=": left == right, ">": left > right}[match[2]]
    else:
        return None
    return None if answer is None else answer != bool(is_not)


def _expand(source: ExpandedTokens, text: str) -> str:
    inner = ExpandedTokens(text, source.definitions)
    return "".join(iter(inner.take, END)).strip()


def _is_defined(source: ExpandedTokens, given: Sequence[Sequence[str]]) -> bool:
    name = _word(given[0])
    return (name if name.startswith("\\") else f"\\{name}") in source.definitions.macros


def _opposite(holds: Holds) -> Holds:
    def negated(source: ExpandedTokens, given: Sequence[Sequence[str]]) -> bool | None:
        answer = holds(source, given)
        return None if answer is None else not answer

    return negated


def _is_empty(source: ExpandedTokens, given: Sequence[Sequence[str]]) -> bool:
    return not _expand(source, _word(given[0]))


def _are_equal(source: ExpandedTokens, given: Sequence[Sequence[str]]) -> bool:
    return _expand(source, _word(given[0])) == _expand(source, _word(given[1]))


def _has_value(source: ExpandedTokens, given: Sequence[Sequence[str]]) -> bool:
    del source
    return ABSENT not in given[0]


def _is_starred(source: ExpandedTokens, given: Sequence[Sequence[str]]) -> bool:
    del source
    return "\\BooleanTrue" in given[0]


def _branch(value: str) -> Read:
    r"""Reads ``\IfValueT`` or ``\IfValueF``, which have one text."""
    holds = _has_value if "Value" in value else _is_starred

    def read(source: ExpandedTokens) -> None:
        given, text = source.read_argument(), source.read_argument()
        wanted = value.endswith("T") != value.startswith("IfNo")
        source.put_back(text if holds(source, [given]) == wanted else [])

    return read


CONDITIONS: Mapping[str, Read] = (
    dict.fromkeys(
        (
            "\\newtoggle",
            "\\newbool",
            "\\newboolean",
            "\\providetoggle",
            "\\providebool",
            "\\togglefalse",
            "\\boolfalse",
        ),
        _setter(value=False),
    )
    | dict.fromkeys(("\\toggletrue", "\\booltrue"), _setter(value=True))
    | dict.fromkeys(("\\settoggle", "\\setbool", "\\setboolean"), _setter(value=None))
    | dict.fromkeys(("\\iftoggle", "\\ifbool"), _chooser(1, _toggle))
    | dict.fromkeys(("\\nottoggle", "\\notbool"), _chooser(1, _opposite(_toggle)))
    | dict.fromkeys(("\\ifdef", "\\ifcsdef"), _chooser(1, _is_defined))
    | dict.fromkeys(("\\ifundef", "\\ifcsundef", "\\@ifundefined"), _chooser(1, _opposite(_is_defined)))
    | dict.fromkeys(("\\ifblank", "\\ifstrempty", "\\ifdefempty", "\\IfBlankTF"), _chooser(1, _is_empty))
    | dict.fromkeys(("\\notblank",), _chooser(1, _opposite(_is_empty)))
    | dict.fromkeys(("\\ifstrequal", "\\ifdefstring", "\\ifdefequal", "\\ifcsstring"), _chooser(2, _are_equal))
    | dict.fromkeys(("\\IfFileExists", "\\@ifpackageloaded", "\\ifboolexpr"), _chooser(1, lambda _source, _given: None))
    | {f"\\IfValue{which}": _branch(f"IfValue{which}") for which in "TF"}
    | {f"\\IfNoValue{which}": _branch(f"IfNoValue{which}") for which in "TF"}
    | {f"\\IfBoolean{which}": _branch(f"IfBoolean{which}") for which in "TF"}
    | {
        "\\ifthenelse": _chooser(1, _if_then_else),
        "\\IfValueTF": _chooser(1, _has_value),
        "\\IfNoValueTF": _chooser(1, _opposite(_has_value)),
        "\\IfBooleanTF": _chooser(1, _is_starred),
        "\\newif": _new_condition,
        "\\assay@set": _set_condition,
    }
)
"""What each command does that sets a condition, or that chooses between texts."""
