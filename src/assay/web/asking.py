"""What routes are handed of a request: the desk that answers it, who asks, and the days that she names."""

import re
from datetime import date
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from pydantic import BeforeValidator

from assay.web.desk import Desk


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


def _reader(request: Request) -> str:
    name: str | None = request.state.reader
    if name is None:
        raise HTTPException(401, "who are you? send your token as `Authorization: Bearer ...`, or log in")
    return name


AtDesk = Annotated[Desk, Depends(_desk)]
"""The desk of the app."""
Reader = Annotated[str, Depends(_reader)]
"""The name of the reader who asks; 401 if nobody knows."""


def _written(day: object) -> object:
    """A day as it is written; a bare number would pass for the seconds since 1970.

    Raises:
        ValueError: if it is written otherwise.
    """
    if isinstance(day, str) and not re.fullmatch(r"\d{4}-\d\d-\d\d", day, re.ASCII):
        raise ValueError("a day is written as 2025-02-26")
    return day


Day = Annotated[date, BeforeValidator(_written)]
"""A day in an address, as 2025-02-26."""
