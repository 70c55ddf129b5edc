"""The form of a request that a server understands: OpenAI's protocol, less what this server does not know.

Servers that speak the protocol differ in what they take: some know no JSON schema, no seed, another name for the limit
on an answer. Each refusal leads to a simpler dialect, in which all later questions are asked.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from assay.writing.endpoint import Endpoint
from assay.writing.question import Message, Question


class Dialect(NamedTuple):
    """What a server understands; at first all that we would like it to."""

    form: Literal["json_schema", "json_object", "text"] = "json_schema"
    """How it is asked for JSON; from the second on, the schema stands in the prompt."""
    heeds_schema: bool = True
    """Whether answers show that it holds the model to a schema that it was sent."""
    limit: Literal["max_tokens", "max_completion_tokens", ""] = "max_tokens"
    """By which name it takes the limit on the length of an answer; empty if by none."""
    takes_system: bool = True
    """Whether it takes instructions as a message of their own."""
    unsupported: frozenset[str] = frozenset()
    """Those of temperature and seed that it refuses."""

    def without(self, complaint: str, status: int) -> "Dialect | None":
        """The dialect without what the server complains about, in lower case; ``None`` if that is nothing of this."""
        if self.limit and _refuses(self.limit, complaint):
            return self._replace(limit="max_completion_tokens" if self.limit == "max_tokens" else "")
        if self.limit == "max_tokens" and "max_completion_tokens" in complaint and "too large" not in complaint:
            return self._replace(limit="max_completion_tokens")
        if self.form != "text" and (status == 501 or _FORM.search(complaint)):
            return self._replace(form="json_object" if self.form == "json_schema" else "text")
        if self.takes_system and _SYSTEM.search(complaint):
            return self._replace(takes_system=False)
        parameters = {name for name in ("temperature", "seed") if re.search(rf"\b{name}\b", complaint)}
        new = parameters - self.unsupported
        return self._replace(unsupported=self.unsupported | new) if new else None

    def with_schema_in_prompt(self) -> "Dialect":
        """The dialect for a server that drops the schema without a word, so that the model has never seen it."""
        return self._replace(form="json_object", heeds_schema=False)

    def shortcomings(self) -> Iterator[str]:
        """What the server does not do, and what is done instead, each in words."""
        if not self.heeds_schema:
            yield "it ignores the JSON schema, which stands in the prompt instead"
        elif self.form == "json_object":
            yield "it takes no JSON schema, which stands in the prompt instead"
        elif self.form == "text":
            yield "it takes no response_format; the JSON schema stands in the prompt instead"
        if not self.limit:
            yield "it takes no limit on the length of an answer"
        if not self.takes_system:
            yield "it takes no system message; the instructions stand before the first question"
        if "seed" in self.unsupported:
            yield "it takes no seed, so that the same question may get another answer"
        if "temperature" in self.unsupported:
            yield "it takes no temperature, so that answers vary as the server likes"

    def body(self, endpoint: Endpoint, question: Question, room: int) -> dict[str, Any]:
        """The request for a question, with ``room`` tokens for the answer."""
        messages = list(question.messages)
        if self.form != "json_schema":
            messages = _with_schema(messages, question)
        if not self.takes_system:
            messages = _without_system(messages)
        body: dict[str, Any] = {"model": endpoint.model, "messages": messages}
        if self.limit:
            body[self.limit] = room
        if endpoint.seed is not None:
            body["seed"] = endpoint.seed
        body["temperature"] = endpoint.temperature
        match self.form:
            case "json_schema":
                described = {"name": question.title, "schema": question.schema, "strict": True}
                body["response_format"] = {"type": "json_schema", "json_schema": described}
            case "json_object":
                body["response_format"] = {"type": "json_object"}
        return {name: value for name, value in body.items() if name not in self.unsupported}


_FORM = re.compile(
    r"response.?format|json.?(schema|object|mode)|structured.?output|grammar|guided|requested parameters"
)
_SYSTEM = re.compile(
    r"system.{0,20}(role|message|prompt)s?.{0,40}(not supported|unsupported|not allowed)"
    r"|not support.{0,20}system.{0,10}(role|message|prompt)|roles must alternate"
)
_UNKNOWN = (
    "(unsupported|not supported|unrecogni[sz]ed|unknown|unexpected|not permitted|not allowed|extra (inputs|fields))"
)


def _refuses(name: str, complaint: str) -> bool:
    """Whether a complaint is that there is no such parameter, and not that its value does not fit."""
    return bool(re.search(rf"{_UNKNOWN}.{{0,25}}\b{name}\b|\b{name}\b.{{0,40}}{_UNKNOWN}", complaint))


def _with_schema(messages: list[Message], question: Question) -> list[Message]:
    *before, last = messages
    instruction = (
        "Answer with one JSON object and nothing else. It must fit this JSON schema:\n"
        f"{json.dumps(question.schema, ensure_ascii=False)}"
    )
    return [*before, {"role": last["role"], "content": f"{last['content']}\n\n{instruction}"}]


def _without_system(messages: list[Message]) -> list[Message]:
    first, *others = messages
    if first["role"] != "system" or not others:
        return messages
    second, *rest = others
    return [{"role": second["role"], "content": f"{first['content']}\n\n{second['content']}"}, *rest]
