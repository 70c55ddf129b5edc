"""A poll as a workflow: voters answer at the same time, and a function counts what most of them say."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache, partial
from random import Random
from typing import Any

from assay.methods.agents.zero_code_agents import AgentEntry, EventEntry, Key, Kit, Output, Workflow, WorkflowForm

MOST = 5
_SHARE = 0.7
"""How often a drawn voter is right."""


@cache
def poll(count: int, task: str = "Answer the question: {question}") -> WorkflowForm:
    """The form of a poll of so many voters, each an agent played by a model of its own."""
    numbers = range(1, count + 1)
    agents = [AgentEntry(f"voter_{n}", "answers", "You answer in a word.", model=f"voice_{n}") for n in numbers]
    agents.append(AgentEntry("counter", "counts votes", "You count.", model="count"))
    events = [EventEntry("on_start", (Key("question"),), (Output("question"),))]
    events += [
        EventEntry(f"vote_{n}", (Key("question"),), (Output(f"vote_{n}"),), task, ("on_start",), "all", f"voter_{n}")
        for n in numbers
    ]
    votes = tuple(f"vote_{n}" for n in numbers)
    result = (Output("answer", "what most say"),)
    events.append(EventEntry("count", tuple(map(Key, votes)), result, "Count.", votes, "all", "counter"))
    return WorkflowForm("poll", Key("question"), Key("answer"), tuple(agents), tuple(events))


def voters(*models: Any, names_beside: str | None = None) -> Mapping[str, Any]:
    """The models of a poll: its voters, the last one for those that remain, and the function that counts.

    Args:
        models: Of the voters.
        names_beside: A text; votes are then counted as names, words with a capital that do not stand in it.
    """
    voices = {f"voice_{n}": models[min(n, len(models)) - 1] for n in range(1, MOST + 1)}
    return {**voices, "count": partial(count_votes, names_beside=names_beside)}


def count_votes(prompt: str, names_beside: str | None = None) -> str:
    """What most of the inputs say; of as many, the first."""
    said = re.findall(r'<input name="vote_\d+">(.*?)</input>', prompt, re.DOTALL)
    if names_beside is not None:
        left_out = set(re.findall(r"\w+", f"The It {names_beside}"))
        said = [name for vote in said for name in dict.fromkeys(re.findall(r"[A-Z]\w+", vote)) if name not in left_out]
    return max(Counter(said).items(), key=lambda each: each[1], default=("", 0))[0]


def ask_poll(count: int, question: int) -> bool:
    """Whether a poll of drawn voters is right: each is so 70 % of the time, and else they say one wrong thing."""

    def voter(number: int) -> Callable[[str], str]:
        right = Random(f"{question} {number}").random() < _SHARE  # noqa: S311 - a draw, not a secret
        return lambda _: "right" if right else "wrong"

    models = voters(*[voter(number) for number in range(1, MOST + 1)])
    return Workflow.build(poll(count), Kit(voter(1), models)).run(f"{question}").value == "right"
