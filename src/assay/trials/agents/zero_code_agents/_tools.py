"""Requests for tools, each with code that has a fault and code that has none."""

import json
from collections.abc import Callable, Sequence

from assay.methods.agents.zero_code_agents import Example, ToolEntry

_TOOLS: Sequence[tuple[str, str, str, object, str, str, str]] = (
    ("double", "Double a number.", "n: int", 42, "n + n", "n + 1", "21"),
    ("half", "Halve a number.", "n: float", 2.5, "n / 2", "n // 2", "5"),
    ("square", "Square a number.", "n: int", 81, "n * n", "n * 2", "9"),
    ("last", "The last of a list.", "n: list", 3, "n[-1]", "n[len(n)]", "[1, 2, 3]"),
    ("total", "Add up a list.", "n: list", 6, "sum(n)", "sum(n, start=[])", "[1, 2, 3]"),
    ("shout", "Write in capitals.", "n: str", "HI", "n.upper()", "n.uppercase()", '"hi"'),
    ("turned", "Turn a text around.", "n: str", "cba", "n[::-1]", "n[:-1]", '"abc"'),
    ("words", "Count words.", "n: str", 3, "len(n.split())", "len(n)", '"a b c"'),
    ("even", "Whether a number is even.", "n: int", True, "n % 2 == 0", "n % 2", "4"),
    ("larger", "The largest of a list.", "n: list", 7, "max(n)", "max(*n, key=len)", "[3, 7]"),
    ("tidy", "Take spaces off both ends.", "n: str", "x", "n.strip()", "n.lstrip()", '" x "'),
    ("ordered", "Sort a list.", "n: list", [1, 2], "sorted(n)", "n.sort()", "[2, 1]"),
    ("single", "Drop what is there twice.", "n: list", [1, 2], "list(dict.fromkeys(n))", "{*n}", "[1, 1, 2]"),
    ("letters", "Count letters.", "n: str", 3, "sum(c.isalpha() for c in n)", "len(n)", '"a-b c"'),
    ("above", "Round up.", "n: float", 3, "-int(-n // 1)", "int(n)", "2.5"),
    ("joined", "Join texts by commas.", "n: list", "a,b", '",".join(n)', '",".join(str(n))', '["a", "b"]'),
    ("mean", "The mean of a list.", "n: list", 2.0, "sum(n) / len(n)", "sum(n) / 2", "[1, 2, 3]"),
    ("first", "The first word.", "n: str", "one", "n.split()[0]", "n.split(',')[0]", '"one two"'),
    ("tax", "Add 20 % to a price.", "n: float", 12.0, "round(n * 1.2, 2)", "n * 0.2", "10"),
    ("keys", "The names in an object, in order.", "n: dict", ["a", "b"], "sorted(n)", "n.keys", '{"b": 1, "a": 2}'),
)
"""Name, what it does, parameter, result, right and wrong expression, and argument as JSON."""


def draw_tools(number: int) -> list[tuple[ToolEntry, tuple[str, str]]]:
    """So many tools, each with its code as it is written at first and when it is told what is wrong."""
    drawn = []
    for name, words, parameter, result, right, wrong, argument in _TOOLS[:number]:
        entry = ToolEntry(
            name, words, new=True, examples=(Example({"n": json.loads(argument)}, result, has_result=True),)
        )
        codes = [f"```python\ndef {name}({parameter}):\n    return {each}\n```" for each in (wrong, right)]
        drawn.append((entry, (codes[0], codes[1])))
    return drawn


def write_tool(codes: tuple[str, str]) -> Callable[[str], str]:
    """A writer who mends a tool as soon as it is told what is wrong."""
    return lambda prompt: codes["was not accepted" in prompt]
