"""Says what is wrong with a piece of data, in a reader's words, out of what pydantic found."""

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import ValidationError

_PREFIX = re.compile(r"\A(?:Value error|Assertion failed), ")
"""What pydantic puts before the words of our own checks."""


def first_fault(error: "ValidationError", *, whole: str = "") -> str:
    """The place and the reason of the first thing that is wrong: ``listing.day: Input should be a valid date``.

    Args:
        error: what pydantic found.
        whole: how to call a piece of data that is wrong as a whole; nothing by default.
    """
    fault = error.errors(include_url=False, include_input=False)[0]
    return ": ".join(filter(None, [place(fault) or whole, words(fault)]))


def place(fault: "Mapping[str, Any]") -> str:
    """Where something is wrong: ``listing.day``; empty if it is the whole."""
    return ".".join(map(str, fault["loc"]))


def words(fault: "Mapping[str, Any]") -> str:
    """What is wrong there."""
    return _PREFIX.sub("", fault["msg"])
