"""The seven decisions of the solver, each a function that can be exchanged; by default the model is asked for JSON.

A reply that is not the JSON that was asked for is asked for once more. After that the cautious choice is taken (nothing
from outside, no division, not passed; the plain text for an answer), and the node's notes say so.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from assay.methods._answers import find_answer
from assay.methods.reasoning.lottery_llm._memory import Entry, Memory, Verdict
from assay.methods.reasoning.lottery_llm._tools import Tool


@dataclass(frozen=True)
class Request:
    """Something wanted from outside: documents for a query, or the result of a tool."""

    query: str = ""
    """For the retriever; the tool's call if empty."""
    tool: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if bool(self.query) == bool(self.tool):
            raise ValueError(f"a request names a query or a tool, one of the two: {self.query!r} and {self.tool!r}")

    @property
    def key(self) -> str:
        """As memory keeps it."""
        return self.query or f"{self.tool}({', '.join(f'{name}={value!r}' for name, value in self.arguments.items())})"


@dataclass(frozen=True)
class Schedule:
    """Sub-questions in the order in which they are solved."""

    parts: Sequence[str]
    kind: Literal["all", "any"] = "all"
    """Whether all answers are needed, or the first that passes is the answer."""

    def __post_init__(self) -> None:
        if self.kind not in ("all", "any"):
            raise ValueError(f"the kind of a schedule is {self.kind!r}: choose all or any")
        parts: Any = self.parts
        if isinstance(parts, str) or not all(isinstance(part, str) and part.strip() for part in parts):
            raise ValueError(f"the parts of a schedule are {self.parts!r}: give sub-questions as texts")


@dataclass(frozen=True)
class Desk:
    """What a decision has at hand."""

    memory: Memory
    tools: Mapping[str, Tool]
    retrieves: bool
    """Whether there is a retriever."""
    depth: int
    trial: int
    feedback: Sequence[str]
    """Why earlier answers to this question did not pass."""
    ask: Callable[[str], str]
    """Asks the model; it counts."""
    note: Callable[[str], None]
    """Puts a remark on the node of the trace."""

    def ask_json(self, prompt: str, fields: Mapping[str, type | tuple[type, ...]]) -> tuple[dict[str, Any] | None, str]:
        """The JSON object that the model replies, if it has these fields of these types, and the last reply.

        It is asked once more where it has not.
        """
        reply = self.ask(prompt)
        found, wrong = read_json(reply, fields)
        if found is None:
            reply = self.ask(f"{prompt}\n\nYour last reply was refused: {wrong}. Reply with the JSON object alone.")
            found, wrong = read_json(reply, fields)
        if found is None:
            self.note(f"no valid JSON in two replies: {wrong}")
        return found, reply


def read_json(reply: str, fields: Mapping[str, type | tuple[type, ...]]) -> tuple[dict[str, Any] | None, str]:
    """The first JSON object in a reply that has these fields of these types; or nothing, and what is wrong."""
    wrong = "it has no JSON object"
    decoder = json.JSONDecoder()
    at = reply.find("{")
    while at >= 0:
        try:
            value, _ = decoder.raw_decode(reply, at)
        except ValueError:
            value = None
        if isinstance(value, dict):
            lacking = [
                name
                for name, kind in fields.items()
                if not isinstance(value.get(name), kind) or (isinstance(value[name], bool) and kind is not bool)
            ]
            if not lacking:
                return value, ""
            wrong = f"its field {lacking[0]!r} is missing or of another type"
        at = reply.find("{", at + 1)
    return None, wrong


def ask_external(question: str, desk: Desk) -> bool:
    """Whether documents or a tool would help, as the model sees it."""
    prompt = f"{_resources(desk)}\n\nQuestion: {question}\n\nIs one of these resources needed to answer it?"
    found, _ = desk.ask_json(f'{prompt} Reply with JSON alone: {{"needed": true or false}}', {"needed": bool})
    return bool(found and found["needed"])


def ask_requests(question: str, desk: Desk) -> list[Request]:
    """What the model wants from outside; requests that name neither a query nor a tool are left out, with a note."""
    shape = '{"requests": [{"query": "words to look up"}, {"tool": "name", "arguments": {"parameter": value}}]}'
    prompt = f"{_resources(desk)}\n\nQuestion: {question}\n\n{_feedback(desk)}What do you need from them?"
    found, _ = desk.ask_json(f"{prompt} Reply with JSON alone, such as {shape}", {"requests": list})
    requests = []
    for each in found["requests"] if found else ():
        try:
            requests.append(Request(str(each.get("query", "")), str(each.get("tool", "")), each.get("arguments", {})))
        except (ValueError, AttributeError) as error:
            desk.note(f"a request was left out: {error}")
    return requests


def ask_division(question: str, desk: Desk) -> bool:
    """Whether the question should be divided, as the model sees it."""
    prompt = f"Question: {question}\n\nDoes it have to be divided into simpler questions before it can be answered?"
    found, _ = desk.ask_json(f'{prompt} Reply with JSON alone: {{"divide": true or false}}', {"divide": bool})
    return bool(found and found["divide"])


def ask_schedule(question: str, desk: Desk) -> Schedule:
    """The sub-questions that the model proposes; none where it proposes nothing that could be one."""
    shape = '{"kind": "all", "questions": ["first question", "second question"]}'
    prompt = (
        f"Divide this question into simpler ones, each of which can be understood by itself.\nQuestion: {question}\n\n"
        f'{_feedback(desk)}Reply with JSON alone, such as {shape}. The kind is "all" if every answer is needed, and '
        '"any" if one of them suffices.'
    )
    found, _ = desk.ask_json(prompt, {"kind": str, "questions": list})
    if not found:
        return Schedule(())
    parts = [part.strip() for part in found["questions"] if isinstance(part, str) and part.strip()]
    return Schedule(parts, "any" if found["kind"] == "any" else "all")


def ask_answer(question: str, desk: Desk, evidence: Sequence[Entry]) -> str:
    """The model's answer with what was found for the question, and with what memory has that is near it."""
    remembered = [entry for entry in desk.memory.read(question) if entry not in evidence]
    lines = [entry.text for entry in [*evidence, *remembered]]
    known = "What is known:\n" + "\n".join(f"- {line}" for line in lines) + "\n\n" if lines else ""
    return _answer(f"{known}{_feedback(desk)}Question: {question}", desk)


def ask_aggregate(question: str, desk: Desk, parts: Sequence[Entry]) -> str:
    """The model's answer from those of the sub-questions."""
    lines = "\n".join(f"- {entry.text}" for entry in parts)
    return _answer(f"Answers to simpler questions:\n{lines}\n\n{_feedback(desk)}Question: {question}", desk)


def ask_verdict(question: str, answer: str, desk: Desk) -> Verdict:
    """What the model says of an answer. A model that judges itself is biased: give a check where there is one."""
    prompt = f"Question: {question}\nProposed answer: {answer}\n\nIs the proposed answer right?"
    shape = '{"passed": true or false, "reason": "in a few words"}'
    found, _ = desk.ask_json(f"{prompt} Reply with JSON alone: {shape}", {"passed": bool, "reason": str})
    return Verdict(found["passed"], float(found["passed"]), found["reason"]) if found else Verdict(passed=False)


@dataclass(frozen=True)
class Decisions:
    """The seven decisions; give another function for any of them."""

    can_use_external: Callable[[str, Desk], bool] = ask_external
    need_divide: Callable[[str, Desk], bool] = ask_division
    schedule: Callable[[str, Desk], Schedule] = ask_schedule
    requests: Callable[[str, Desk], Sequence[Request]] = ask_requests
    solve: Callable[[str, Desk, Sequence[Entry]], str] = ask_answer
    """Gets what was found for the question, failed calls included."""
    aggregate: Callable[[str, Desk, Sequence[Entry]], str] = ask_aggregate
    """Gets the best answer of each sub-question, in the order of the schedule."""
    verify: Callable[[str, str, Desk], Verdict | bool] = ask_verdict


def _answer(prompt: str, desk: Desk) -> str:
    found, reply = desk.ask_json(
        f'{prompt}\n\nReply with JSON alone: {{"answer": "..."}}', {"answer": (str, int, float)}
    )
    return str(found["answer"]) if found else find_answer(reply)


def _resources(desk: Desk) -> str:
    lines = ["- documents that can be searched"] if desk.retrieves else []
    lines += [
        f"- the tool {tool.name}: {tool.description} Parameters: {json.dumps(tool.parameters['properties'])}"
        for tool in desk.tools.values()
    ]
    return "There are these resources:\n" + "\n".join(lines)


def _feedback(desk: Desk) -> str:
    reasons = [reason for reason in desk.feedback if reason]
    return f"An earlier answer was wrong: {'; '.join(reasons)}\n" if reasons else ""
