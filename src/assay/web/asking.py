"""What routes are handed of a request: the desk that answers it, and the reader who asks."""

from typing import Annotated

from fastapi import Depends, HTTPException, Request

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
