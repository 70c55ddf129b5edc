"""Logging in and out, where readers have tokens; and whether the server is well."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from assay.web.access import COOKIE, Access
from assay.web.rendering import render

router = APIRouter(include_in_schema=False)


@router.get("/health")
def health() -> PlainTextResponse:
    """Say that the server answers."""
    return PlainTextResponse("ok\n")


@router.get("/login")
def show_login(request: Request) -> HTMLResponse:
    """Ask for the token."""
    return HTMLResponse(render(request, "login/index.html", "login.html", {"failed": False}))


@router.post("/login")
def log_in(request: Request, token: Annotated[str, Form(max_length=500)]) -> Response:
    """Give the browser a cookie for the token, or ask again."""
    access: Access = request.app.state.access
    reader = access.reader_with(token.strip())
    if reader is None:
        return HTMLResponse(render(request, "login/index.html", "login.html", {"failed": True}), 403)
    answer = RedirectResponse("/", 303)
    is_secure = request.url.scheme == "https" or request.headers.get("x-forwarded-proto") == "https"
    answer.set_cookie(
        COOKIE, access.cookie_for(reader), max_age=30 * 24 * 3600, httponly=True, samesite="lax", secure=is_secure
    )
    return answer


@router.post("/logout")
def log_out() -> Response:
    """Take the cookie away."""
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE)
    return answer
