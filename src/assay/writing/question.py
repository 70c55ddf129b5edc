"""A question to a language model: messages, the schema of the answer, and the hash by which its recording is found."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

from pydantic import BaseModel

from assay.writing.budget import estimate_tokens
from assay.writing.cache import hash_question
from assay.writing.endpoint import Endpoint


class Message(TypedDict):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class Question:
    """A question with its size and the name of its recording."""

    messages: Sequence[Message]
    title: str
    schema: Mapping[str, Any]
    """Of the answer, in the order in which a model is to fill it."""
    request: Mapping[str, Any]
    """Everything that decides the answer: what its hash is made of."""
    name: str
    tokens: int
    """Estimated, with the schema, which takes its place wherever it stands."""


def pose(endpoint: Endpoint, messages: Sequence[Message], schema: type[BaseModel]) -> Question:
    """Make a question of a conversation, whose last turn is the user's, and of the shape that the answer must have."""
    if not messages:
        raise ValueError("a question has at least one message")
    title = re.sub(r"[^A-Za-z0-9_-]", "_", schema.__name__)[:64]
    strict = _strict(schema.model_json_schema())
    request: dict[str, Any] = {
        "model": endpoint.model,
        "messages": [dict(message) for message in messages],
        "schema": {"name": title, "schema": strict},
        "temperature": endpoint.temperature,
        "seed": endpoint.seed,
        "max_tokens": endpoint.max_output_tokens,
    }
    texts = [message["content"] for message in messages]
    tokens = sum(estimate_tokens(text) + _TOKENS_AROUND for text in [*texts, json.dumps(strict, ensure_ascii=False)])
    return Question(messages, title, strict, request, hash_question(request), tokens)


_TOKENS_AROUND = 8  # what a chat template puts around a message


def _strict(schema: Any) -> Any:
    """A JSON schema in the subset that strict servers take: all fields required, no others, and references bare."""
    if isinstance(schema, list):
        return [_strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": schema["$ref"]}
    strict = {name: _strict(part) for name, part in schema.items() if name not in {"default", "title"}}
    for group in ("properties", "$defs"):
        if group in schema:  # whose keys are names, also if a field is called "title"
            strict[group] = {name: _strict(part) for name, part in schema[group].items()}
    if "properties" in schema:
        strict |= {"required": list(schema["properties"]), "additionalProperties": False}
    return strict
