"""What those who run a server ask it: whether it is well, and its metrics."""

from typing import TYPE_CHECKING

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from assay.web.access import Access
    from assay.web.desk import Desk
    from assay.web.metrics import Metrics


def health(request: Request) -> PlainTextResponse:
    """Say whether the archive can be read: 200 or 503. Nobody need say who she is."""
    desk: Desk = request.app.state.desk
    try:
        desk.store.paper("0000.00000")
    except (ValueError, OSError):
        return PlainTextResponse("the archive cannot be read\n", 503)
    return PlainTextResponse("ok\n")


def show_metrics(request: Request) -> Response:
    """Show the metrics to this machine, or to whoever has the token for them."""
    access: Access = request.app.state.access
    if not access.may_read_metrics(request):
        raise HTTPException(
            403, "the metrics are for this machine, or for whoever sends metrics_token as a bearer token"
        )
    metrics: Metrics = request.app.state.metrics
    return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)


ROUTES = (Route("/health", health), Route("/metrics", show_metrics))
"""Any server may have these."""
