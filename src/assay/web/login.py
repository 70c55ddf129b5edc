"""Logging in and out, where readers have tokens."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from assay.web.access import COOKIE, Access
from assay.web.rendering import address_of, render

router = APIRouter(include_in_schema=False)


@router.get("/login")
@router.get("/login/")
def show_login(request: Request) -> Response:
    """Ask for the token; of somebody who is known, whether she wants to be known no longer."""
    if not _access(request).tokens:
        return RedirectResponse(address_of(request, ""), 303)
    return HTMLResponse(_page(request, failed=False))


@router.post("/login")
def log_in(request: Request, token: Annotated[str, Form(max_length=500)]) -> Response:
    """Give the browser a cookie for the token, or ask again."""
    access = _access(request)
    reader = access.reader_with(token.strip())
    if reader is None:
        return HTMLResponse(_page(request, failed=True), 403)
    answer = RedirectResponse(address_of(request, ""), 303)
    is_secure = request.url.scheme == "https" or request.headers.get("x-forwarded-proto") == "https"
    answer.set_cookie(
        COOKIE, access.cookie_for(reader), max_age=30 * 24 * 3600, httponly=True, samesite="lax", secure=is_secure
    )
    return answer


@router.post("/logout")
def log_out(request: Request) -> Response:
    """Take the cookie away."""
    answer = RedirectResponse(address_of(request, "login"), 303)
    answer.delete_cookie(COOKIE)
    return answer


def _access(request: Request) -> Access:
    access: Access = request.app.state.access
    return access


def _page(request: Request, *, failed: bool) -> str:
    return render(request, "login/index.html", "login.html", {"failed": failed, "reader": request.state.reader})
