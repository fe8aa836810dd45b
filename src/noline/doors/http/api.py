"""The API and the console as one Litestar application: OpenAPI at `/docs`, health, metrics, errors as data."""

from typing import Any

import structlog
from litestar import Litestar, MediaType, Request, Response, get
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.openapi.config import OpenAPIConfig
from litestar.static_files import create_static_files_router

from noline import __version__
from noline.doors.console.render import STATIC
from noline.doors.console.routes import CONSOLE_ROUTES, error_page, wants_page
from noline.doors.http import metrics
from noline.doors.http.care import CARE_ROUTES
from noline.doors.http.docs import ApiPage, describe_intake
from noline.doors.http.knowledge import KNOWLEDGE_ROUTES
from noline.doors.http.threads import in_thread
from noline.doors.http.writer import Writer
from noline.hub import Hub
from noline.kernel.errors import NoLineError

_log = structlog.get_logger("noline.http")


@get("/healthz", sync_to_thread=False, tags=["operation"], summary="The process lives")
def healthz() -> dict[str, str]:
    """Answers as long as the process can answer at all."""
    return {"status": "ok"}


@get("/readyz", tags=["operation"], summary="The store answers and takes writes")
@in_thread
def readyz(state: State) -> dict[str, Any]:
    """Answers 200 when the store can be read; 503 otherwise."""
    hub: Hub = state.hub
    return {"status": "ready", "last_seq": hub.last_seq(), "waiting": state.writer.waiting}


@get("/metrics", media_type=MediaType.TEXT, tags=["operation"], summary="For Prometheus")
@in_thread
def prometheus(state: State) -> str:
    """The hub's counters in Prometheus' text format."""
    return metrics.exposition(state.hub, state.writer)


def api(hub: Hub, writer: Writer) -> Litestar:
    """Every route but the intake's, which is only described here."""
    application = Litestar(
        route_handlers=[
            healthz,
            readyz,
            prometheus,
            *CARE_ROUTES,
            *KNOWLEDGE_ROUTES,
            *CONSOLE_ROUTES,
            create_static_files_router(path="/static", directories=[STATIC], include_in_schema=False),
        ],
        state=State({"hub": hub, "writer": writer}),
        exception_handlers={NoLineError: _refused, HTTPException: _http_error, Exception: _our_fault},
        openapi_config=OpenAPIConfig(
            title="NoLine",
            version=__version__,
            description="The hub between the channels of a retailer or brand.",
            path="/docs",
            render_plugins=[ApiPage(path="/")],
        ),
        compression_config=CompressionConfig(backend="gzip", gzip_compress_level=5),
        logging_config=None,
        debug=False,
    )
    describe_intake(application)
    return application


def _refused(request: Request[Any, Any, Any], error: NoLineError) -> Response[Any]:
    headers = {"retry-after": "1"} if error.retryable else {}
    return _answer(request, error.status, error.as_dict(), headers)


def _http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    code = "http.not_found" if error.status_code == 404 else "http.bad_request"
    facts: dict[str, Any] = {"details": error.extra} if error.extra else {}
    told = {"code": code, "message": error.detail, "hint": "See /docs.", "retryable": False, "facts": facts}
    return _answer(request, error.status_code, told, dict(error.headers or {}))


def _our_fault(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    _log.error("failed", path=request.url.path, exc_info=error)
    return _answer(request, 500, NoLineError().as_dict(), {})


def _answer(
    request: Request[Any, Any, Any], status: int, told: dict[str, Any], headers: dict[str, str]
) -> Response[Any]:
    if wants_page(request):
        return error_page(request, status, told)
    return Response(told, status_code=status, media_type=MediaType.JSON, headers=headers)
