"""Forms of workflows, drawn at random, each kind of fault put into them at a known line, and a writer who mends them.

The writer stands for a model: it has the clean form, and hands over what is left of the faults. What it is told by
line it mends, mostly; told only that something is wrong, it guesses. How well a real model does that it does not tell.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from assay.methods.agents.zero_code_agents import AgentEntry, EventEntry, Key, Known, Output, ToolEntry, WorkflowForm

KNOWN = Known(tools={"look_up": "Look a word up.", "add": "Add two numbers."})
MENDS = 0.8
"""The chance that the writer mends a fault that it was told of by its line."""


@dataclass(frozen=True)
class Broken:
    """A form with one more fault: the text of a line in another's place."""

    kind: str
    line: int
    """Of the text that was changed, from 1."""
    text: str
    told: int
    """The line at which the fault has to be told."""


def draw_form(random: Random) -> WorkflowForm:
    """A workflow in which several agents answer, and a judge takes an answer, sends one back, or ends it all."""
    voters = [f"voter_{number}" for number in range(random.randint(2, 4))]
    tools = random.sample([ToolEntry(name) for name in KNOWN.tools], random.randint(1, 2))
    agents = [
        AgentEntry("solver", "answers questions", "You answer in a style that is {style}.", tuple(tools)),
        AgentEntry("judge", "compares answers", f"You compare {len(voters)} answers."),
    ]
    question, answers = Key("question", "what is asked"), [Key(f"answer_{number}") for number in range(len(voters))]
    events = [EventEntry("on_start", (Key("question"),), (Output("question"),))]
    events += [
        EventEntry(
            name, (Key("question"),), (Output(key.key),), f"Answer by way {number}.", ("on_start",), "all", "solver"
        )
        for number, (name, key) in enumerate(zip(voters, answers, strict=True))
    ]
    ways = (
        Output("final", "the answer that most gave", condition="most agree"),
        Output("doubt", "what is in doubt", "GOTO", random.choice(voters), "they disagree"),
        Output("refusal", "why it has no answer", "ABORT", condition="it has no answer"),
    )
    retrigger = random.choice(["all", "any"])
    events.append(EventEntry("decide", tuple(answers), ways, "Compare them.", tuple(voters), retrigger, "judge"))
    style = Key("style", "how answers are written", random.choice(["short", "plain", "exact"]))
    return WorkflowForm("poll", question, Key("final", "the answer"), tuple(agents), tuple(events), (style,))


Change = Callable[[str], str]
_FAULTS: dict[str, tuple[str, Change, str]] = {
    "xml": (r"^</agents>$", lambda _: "</agent>", ""),
    "doctype": (r"^<workflow>$", lambda _: '<!DOCTYPE workflow [<!ENTITY a "aaaa">]><workflow>', ""),
    "missing": (r"<task>Answer", lambda _: "<task></task>", ""),
    "unknown": (r"<task>Answer", lambda line: f"{line}<note>quickly</note>", ""),
    "name": (r"<key>style</key>", lambda line: line.replace(">style<", ">the style<"), ""),
    "duplicate": (r"^<name>judge</name>$", lambda _: "<name>solver</name>", "agent"),
    "start": (r"<inputs><input><key>question</key>", lambda line: f"{line}<task>Think.</task>", ""),
    "listen": (r"<listen><event>on_start", lambda line: line.replace("on_start", "decide"), "event"),
    "inputs": (r"<key>answer_0</key></input>", lambda line: line.replace("answer_0", "reply"), ""),
    "results": (
        r"GOTO",
        lambda line: re.sub("<action>.*</action>", "<action><type>RESULT</type></action>", line),
        "output",
    ),
    "condition": (r"<condition>most", lambda line: re.sub("<condition>.*</condition>", "", line), "output"),
    "action": (r"GOTO", lambda line: re.sub(r"voter_\d", "nobody", line), "output"),
    "agent": (r"<agent><name>judge", lambda line: line.replace("judge", "referee"), "event"),
    "tool": (r"<tool category", lambda line: re.sub("look_up|add", "browse", line), ""),
    "variable": (r"\{style\}", lambda line: line.replace("{style}", "{tone}"), "agent"),
    "output": (r"<system_output>", lambda line: line.replace("final", "verdict"), ""),
}
"""Of each kind, which line is changed, how, and the element at which it is told: the line's own if empty."""


def break_form(clean: str, kind: str) -> Broken:
    """Put a fault of a kind into a form.

    Raises:
        ValueError: The form has no place for it.
    """
    pattern, change, element = _FAULTS[kind]
    lines = clean.splitlines()
    for number, line in enumerate(lines, 1):
        if not re.search(pattern, line) or (kind == "start" and number > _first(lines, "on_start") + 2):
            continue
        told = number
        while element and not re.match(rf"<{element}[ >]", lines[told - 1]):
            told -= 1
        return Broken(kind, number, change(line), told)
    raise ValueError(f"the form has no place for a fault of the kind {kind}")


def _first(lines: Sequence[str], text: str) -> int:
    return next(number for number, line in enumerate(lines, 1) if text in line)


def with_faults(clean: str, faults: Sequence[Broken]) -> str:
    """The text of a form with these faults."""
    lines = clean.splitlines()
    for each in faults:
        lines[each.line - 1] = each.text
    return "\n".join(lines)


@dataclass
class Writer:
    """Hands over a form that has faults, and mends what it is told of."""

    clean: str
    faults: list[Broken]
    random: Random

    @classmethod
    def draw(cls, random: Random, kinds: Sequence[str]) -> "Writer":
        """One with faults of one to three kinds, no two on one line."""
        clean = draw_form(random).to_xml()
        faults: dict[int, Broken] = {}
        for kind in random.sample(list(kinds), random.randint(1, 3)):
            fault = break_form(clean, kind)
            faults.setdefault(fault.line, fault)
        return cls(clean, list(faults.values()), random)

    def __call__(self, prompt: str) -> str:
        """The form as it now is, behind some words, as models write."""
        trouble = prompt.partition("It was refused because of:\n")[2]
        if trouble:
            named = {int(line) for line in re.findall(r"^form:(\d+):", trouble, re.MULTILINE)}
            self.faults = [each for each in self.faults if not self._mends(each, named)]
        return f"Here is the form.\n{with_faults(self.clean, self.faults)}\nGood luck!"

    def _mends(self, fault: Broken, named: set[int]) -> bool:
        draw = self.random.random()
        if not named:  # one of the lines, chosen blindly
            return draw < 1 / len(self.clean.splitlines())
        return draw < MENDS and any(fault.told + 1 == line for line in named)  # a line of words stands before the form


def kinds_that_fit() -> list[str]:
    """The kinds of fault that a form of `draw_form` always has a place for."""
    return list(_FAULTS)
