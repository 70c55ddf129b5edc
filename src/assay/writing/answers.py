"""Reads the answers of a chat endpoint, in the protocol's form and the forms that servers really send.

Servers differ in all that the protocol leaves open. An answer can come as a list of parts, as a stream nobody asked
for, inside a fence, after a preamble or behind a model's thoughts. What is cut off is never taken for an answer.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError

from assay.papers.faults import first_fault
from assay.papers.text import counted, normalise, shorten
from assay.writing.errors import CutOff, Empty, Refused, WrongShape

T = TypeVar("T", bound=BaseModel)


class Usage(NamedTuple):
    """Tokens of one request."""

    tokens_in: int
    tokens_out: int
    estimated: bool = False
    """Whether the endpoint gave no counts, so that these are our own, generous numbers."""


@dataclass(frozen=True)
class Answer(Generic[T]):
    """An answer of the shape that the question asks for."""

    value: T
    text: str
    """The JSON object that ``value`` was made from: what the model wrote, without what it wrote around it."""
    model: str
    """What the endpoint calls the model that answered; it may be more exact than the name that was asked for."""
    usage: Usage
    """Of the request that brought this answer, also if that was on another day."""
    created: datetime
    """When the model answered, in UTC."""
    cached: bool
    """Whether it was recorded before, and cost nothing now."""
    address: str
    """Where the model answered; empty for recordings of an older edition, which do not say."""
    question: str
    """Hash of model, messages, schema and sampling: the name of its recording."""


class Broken(ValueError):  # noqa: N818
    """The answer broke off on its way, or reports the server's own fault: the question can be sent again."""


class Failed(ValueError):  # noqa: N818
    """The server sent an error in place of an answer.

    Attributes:
        words: what it says to people.
        marks: its code, type and parameter, as far as it gives them.
        status: as HTTP has it, or would.
        is_page: whether it is a page for people, which no model server sends.
    """

    def __init__(self, words: str, marks: str, status: int, *, is_page: bool = False) -> None:
        super().__init__(words)
        self.words = words
        self.marks = marks
        self.status = status
        self.is_page = is_page

    @property
    def everything(self) -> str:
        """Words and marks in lower case, to look for what the error is about."""
        return f"{self.marks} {self.words}".lower()

    @property
    def brief(self) -> str:
        """Status and the beginning of the words, for a message."""
        return f"{self.status}: {shorten(self.words, 160)}" if self.words else str(self.status)


class NoCompletion(ValueError):  # noqa: N818
    """What came is neither a chat completion nor an error of a model server."""


class Completion(NamedTuple):
    """The result of one request, before it is checked for being an answer."""

    text: str
    finish: str
    """Why the model stopped, in lower case: ``stop``, ``length``, ``content_filter``; empty if it does not say."""
    refusal: str
    model: str
    tokens_in: int | None
    tokens_out: int | None


def read_completion(status: int, body: str) -> Completion:
    """Read an answer: one JSON object, or the pieces of a stream.

    Raises:
        Failed: if it is an error, whatever the status was.
        Broken: if it ends early.
        NoCompletion: if it is something else, such as a page for people.
        ValueError: if it is a chat completion that lacks what each has.
    """
    text = body.strip()
    if status != 200:
        raise Failed(*_error_words(text), status, is_page=text.startswith("<"))
    if re.match(r"(data|event|id|retry)?:", text):
        return _join_stream(text)
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise NoCompletion(f"no chat completion: {shorten(in_a_line(text), 160) or 'nothing at all'}") from None
    return _completion(message)


def read_answer(completion: Completion, schema: type[T]) -> tuple[T, str]:
    """Read a completion as ``schema``; also returns the JSON object alone. The reason why it stopped is checked first.

    Raises:
        CutOff, Refused, Empty, WrongShape: with the reason as their message.
    """
    if completion.finish in _LENGTH:
        raise CutOff(_how_far(completion), completion.text)
    if completion.finish in _FILTERED:
        raise Refused(f"kept back by a filter ({completion.finish})")
    if completion.refusal and not completion.text.strip():
        raise Refused(f"the model refused: {in_a_line(completion.refusal)}")
    if not without_thoughts(completion.text):
        raise Empty(
            "it ended without an answer" + (f" ({completion.finish})" if completion.finish not in {"", "stop"} else "")
        )
    value = take_object(completion.text)
    if value is None:
        raise WrongShape(f"no JSON object in {in_a_line(without_thoughts(completion.text))!r}", completion.text)
    try:
        return schema.model_validate(value), json.dumps(value, ensure_ascii=False)
    except ValidationError as error:
        others = error.error_count() - 1
        more = f" (and {counted(others, 'other fault')})" if others else ""
        raise WrongShape(in_a_line(first_fault(error, whole="the object")) + more, completion.text) from None


def is_prose(text: str) -> bool:
    """Whether what a model wrote, as far as it got, is no beginning of a JSON object: nobody held it to a schema."""
    answer = without_thoughts(text)
    return bool(answer) and "{" not in answer


def take_object(text: str) -> dict[str, Any] | None:
    """Extract the one JSON object from what a model wrote; ``None`` if there is none.

    Thoughts before ``</think>`` do not count, prose and a fence around the object do no harm, and an object
    that does not end gives nothing.
    """
    for candidate in _candidates(text.strip()):
        try:
            value = json.loads(candidate, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            return value
    return None


def without_thoughts(text: str) -> str:
    """What a model wrote after its thoughts; nothing if the thoughts do not end.

    Some servers take the opening tag away. A closing tag that neither begins nor ends a line is a word of the answer.
    """
    text = text.strip()
    if text.startswith("<think>"):
        return text.partition("</think>")[2].strip()
    return _END_OF_THOUGHTS.split(text)[-1].strip()


def in_a_line(text: str) -> str:
    """The beginning of ``text``, without tags and line ends, for a message."""
    return normalise(re.sub(r"(?is)<(script|style)\b.*?</\1>|</?[a-z!][^<>]*>", " ", text[:20_000]))


def _completion(message: Any) -> Completion:
    if isinstance(message, dict) and message.get("error"):
        raise _error_of(message["error"])
    if not isinstance(message, dict) or "choices" not in message:
        raise NoCompletion(f"no chat completion: {shorten(in_a_line(json.dumps(message, ensure_ascii=False)), 160)}")
    choices = message["choices"]
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        raise ValueError("a chat completion without choices")
    choice = choices[0]
    if choice.get("error") or choice.get("finish_reason") == "error":
        raise Broken("the server gave up half-way")
    turn = choice.get("message") or choice.get("delta") or {}
    if not isinstance(turn, dict):
        turn = {"content": turn}
    tokens_in, tokens_out = _usage(message.get("usage"))
    return Completion(
        text=_text(turn.get("content")),
        finish=_word(choice.get("finish_reason")),
        refusal=_text(turn.get("refusal")),
        model=str(message.get("model") or ""),
        tokens_in=tokens_in,
        tokens_out=tokens_out,
    )


def _join_stream(stream: str) -> Completion:
    """Put the pieces of a stream of server-sent events together."""
    pieces: list[Completion] = []
    is_complete = False
    for line in re.split(r"\r\n|\r|\n", stream):  # and at nothing else that Unicode has for lines
        name, _, data = line.partition(":")
        if name != "data" or not data.strip():
            continue
        if data.strip() == "[DONE]":
            is_complete = True
            break
        try:
            piece = json.loads(data)
        except (ValueError, RecursionError):
            raise Broken("the stream broke off") from None
        if isinstance(piece, dict) and piece.get("choices") == [] and not piece.get("error"):
            piece["choices"] = [{}]  # the last piece of some, which tells the usage only
        pieces.append(_completion(piece))
    finish = next((piece.finish for piece in reversed(pieces) if piece.finish), "")
    if not (is_complete or finish):
        raise Broken("the stream broke off")
    return Completion(
        text="".join(piece.text for piece in pieces),
        finish=finish,
        refusal="".join(piece.refusal for piece in pieces),
        model=next((piece.model for piece in pieces if piece.model), ""),
        tokens_in=next((piece.tokens_in for piece in reversed(pieces) if piece.tokens_in is not None), None),
        tokens_out=next((piece.tokens_out for piece in reversed(pieces) if piece.tokens_out is not None), None),
    )


_LENGTH = {"length", "max_tokens", "model_length"}
_FILTERED = {"content_filter", "safety", "recitation", "blocklist", "prohibited_content"}


def _how_far(completion: Completion) -> str:
    """How far a model got that was cut off."""
    tokens, text = completion.tokens_out, completion.text
    length = f"{tokens} tokens" if tokens else f"{len(text)} characters"
    if not without_thoughts(text):
        return f"cut off after {length}, before it began its answer"
    return f"cut off after {length}{', none of which is JSON' if is_prose(text) else ''}"


def _error_of(error: Any) -> Failed:
    """An error that came with status 200."""
    status = error.get("code") if isinstance(error, dict) else None
    words, marks = _error_words(json.dumps({"error": error}))
    return Failed(words, marks, status if isinstance(status, int) and 400 <= status < 600 else 400)


def _error_words(body: str) -> tuple[str, str]:
    """What an error says, and its code and parameter as one text, from any of the forms that servers use."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return in_a_line(body), ""
    error = payload.get("error", payload) if isinstance(payload, dict) else payload
    if not isinstance(error, dict):
        return in_a_line(str(error)), ""
    words = error.get("message") or error.get("detail") or error.get("msg") or json.dumps(error, ensure_ascii=False)
    if isinstance(words, list):
        words = "; ".join(map(_complaint, words))
    marks = (error.get("code"), error.get("type"), error.get("param"))
    return in_a_line(str(words)), " ".join(str(mark) for mark in marks if mark)


def _complaint(item: Any) -> str:
    """One of the faults that a server lists which checks what it is sent: where, and what; not the input it repeats."""
    if not (isinstance(item, dict) and "msg" in item):
        return str(item)
    place = item.get("loc")
    return f"{'.'.join(map(str, place))}: {item['msg']}" if isinstance(place, list) else str(item["msg"])


def _text(content: Any) -> str:
    """Content is a text, nothing, or a list of parts, some of which are texts."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    texts = (part.get("text") if isinstance(part, dict) else part for part in content)
    return "".join(text for text in texts if isinstance(text, str))


def _word(reason: Any) -> str:
    return reason.lower() if isinstance(reason, str) else ""


def _usage(counts_by_name: Any) -> tuple[int | None, int | None]:
    if not isinstance(counts_by_name, dict):
        return None, None
    counts = (counts_by_name.get("prompt_tokens"), counts_by_name.get("completion_tokens"))
    tokens_in, tokens_out = (count if isinstance(count, int) and count >= 0 else None for count in counts)
    return tokens_in, tokens_out


def _candidates(text: str) -> Iterator[str]:
    """Where in a text the object may be, the likeliest place first."""
    yield text
    yield from _objects(without_thoughts(text))


_END_OF_THOUGHTS = re.compile(r"^[ \t]*</think>|</think>[ \t]*$", re.MULTILINE)
_FENCED = re.compile(r"```[A-Za-z]*\s*(\{.*?\})\s*```", re.DOTALL)
_MARK = re.compile(r'"(?:[^"\\]|\\.)*"|[{}]', re.DOTALL)


def _objects(text: str) -> Iterator[str]:
    """What stands in fences, then what stands between balanced braces; of what does not end, nothing."""
    yield from (match[1] for match in _FENCED.finditer(text))
    depth = start = 0
    at = text.find("{")
    while at >= 0 and (mark := _MARK.search(text, at)):
        at = mark.end()
        if mark[0] == "{":
            start = mark.start() if depth == 0 else start
            depth += 1
        elif mark[0] == "}" and depth:
            depth -= 1
            if depth == 0:
                yield text[start:at]
                at = text.find("{", at)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")
