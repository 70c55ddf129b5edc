"""What a request says of the program that it belongs to, by headers or by fields of its body."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from assay.methods.serving.autellix._lane import RefusedError
from assay.methods.serving.autellix._scheduler import Call
from assay.methods.serving.autellix._upstream import Asked

ALONE = "\0alone-"
"""Begins the id of a program that nobody named, which no client can send."""
_LONGEST_ID = 200
_NOT_HANDED_ON = {"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "keep-alive", "te",
                  "upgrade", "expect", "x-program-id", "x-call-id", "x-parent-ids"}  # fmt: skip


def program_headers(program: str, *, call: str = "", parents: Sequence[str] | None = None) -> dict[str, str]:
    """The headers by which a call says whose it is; any client can send them.

    Args:
        program: The id of the agent's run.
        call: An id of this call, if others will name it as theirs to follow.
        parents: The ids of the calls that it follows; none is the beginning, ``None`` is not said.
    """
    headers = {"X-Program-Id": program}
    if call:
        headers["X-Call-Id"] = call
    if parents is not None:
        headers["X-Parent-Ids"] = ",".join(parents)
    return headers


def handed_on(headers: Mapping[str, str], key: str) -> dict[str, str]:
    """Those of a client's headers that a backend gets, with our key in place of the client's if there is one."""
    kept = {name: value for name, value in headers.items() if name not in _NOT_HANDED_ON}
    return kept | {"accept-encoding": "identity"} | ({"authorization": f"Bearer {key}"} if key else {})


def read_call(headers: Mapping[str, str], asked: Asked, *, number: int, strict: bool) -> tuple[Call, Asked]:
    """The call that a request is, and the request without what only the gateway understands.

    Args:
        headers: Of the request, their names in small letters.
        asked: The request.
        number: Of the call, for a name if it has none.
        strict: Whether it has to name a program.

    Raises:
        RefusedError: The body is no JSON object, or an id is none.
    """
    try:
        body = json.loads(asked.content)
    except ValueError:
        raise RefusedError(400, "the request is no JSON") from None
    if not isinstance(body, dict):
        raise RefusedError(400, "the request is no JSON object")
    before = len(body)
    said = {field: body.pop(field, None) for field in ("program_id", "call_id", "parent_ids")}
    program = headers.get("x-program-id", said["program_id"])
    name = headers.get("x-call-id", said["call_id"])
    parents = said["parent_ids"]
    if "x-parent-ids" in headers:
        parents = [each.strip() for each in headers["x-parent-ids"].split(",") if each.strip()]
    if parents is not None and not isinstance(parents, list):
        raise RefusedError(400, f"the parents are {parents!r}: give a list of ids of calls")
    if program is None and strict:
        raise RefusedError(400, "the call names no program: send X-Program-Id, or program_id in the body")
    if program is None and parents:
        raise RefusedError(400, "the call follows others and names no program: send X-Program-Id with it")
    for what, value in (("program", program), ("call", name), *(("parent", each) for each in parents or ())):
        if value is not None:
            _check_id(what, value)
    call = Call(
        program=f"{ALONE}{number}" if program is None else program,
        name=name or f"call-{number}",
        parents=None if parents is None else tuple(parents),
    )
    content = asked.content if len(body) == before else json.dumps(body).encode()
    return call, replace(asked, content=content, streamed=body.get("stream") is True)


def _check_id(what: str, value: Any) -> None:
    if not isinstance(value, str) or not value.isprintable() or not 0 < len(value) <= _LONGEST_ID:
        raise RefusedError(400, f"the {what} is {str(value)[:60]!r}: give 1 to {_LONGEST_ID} printable letters")
