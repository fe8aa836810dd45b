"""The API and the console as one Litestar application: OpenAPI at `/docs`, health, metrics, errors as data."""

from traceback import walk_tb
from typing import Any, NamedTuple

import structlog
from litestar import Litestar, MediaType, Request, Response, get
from litestar.config.compression import CompressionConfig
from litestar.datastructures import MutableScopeHeaders, State
from litestar.exceptions import HTTPException, SerializationException, ValidationException
from litestar.openapi.config import OpenAPIConfig
from litestar.static_files import create_static_files_router
from litestar.types import Message, Scope

from noline import __version__
from noline.doors.console.render import CONTENT_SECURITY_POLICY, STATIC
from noline.doors.console.routes import CONSOLE_ROUTES, error_page, wants_page
from noline.doors.http import metrics
from noline.doors.http.accounts import ACCOUNT_ROUTES
from noline.doors.http.actions import ACTION_ROUTES
from noline.doors.http.aims import AIMS_ROUTES
from noline.doors.http.auth import needs
from noline.doors.http.card import CARD_ROUTES
from noline.doors.http.care import CARE_ROUTES
from noline.doors.http.carts import CART_ROUTES
from noline.doors.http.clients import CLIENT_ROUTES
from noline.doors.http.consents import CONSENT_ROUTES
from noline.doors.http.counts import COUNT_ROUTES
from noline.doors.http.credit import CREDIT_ROUTES
from noline.doors.http.docs import ApiPage, describe
from noline.doors.http.frictions import FRICTION_ROUTES
from noline.doors.http.goods import GOODS_ROUTES
from noline.doors.http.identity import IDENTITY_ROUTES
from noline.doors.http.journeys import JOURNEY_ROUTES
from noline.doors.http.knowledge import KNOWLEDGE_ROUTES
from noline.doors.http.offers import OFFER_ROUTES
from noline.doors.http.orders import ORDER_ROUTES
from noline.doors.http.origins import letting_in
from noline.doors.http.privacy import PRIVACY_ROUTES
from noline.doors.http.profiles import PROFILE_ROUTES
from noline.doors.http.promises import PROMISE_ROUTES
from noline.doors.http.recipes import RECIPE_ROUTES
from noline.doors.http.recommend import RECOMMEND_ROUTES
from noline.doors.http.returns import RETURN_ROUTES
from noline.doors.http.roles import ROLES_ROUTES
from noline.doors.http.scorecard import SCORECARD_ROUTES
from noline.doors.http.shopify import SHOPIFY_ROUTES
from noline.doors.http.threads import in_thread
from noline.doors.http.transfers import TRANSFER_ROUTES
from noline.doors.http.writer import Writer
from noline.flows.embedding import origins_of
from noline.hub import Hub
from noline.kernel.errors import NoLineError, StoreUnreachable
from noline.stores.access import Role

_log = structlog.get_logger("noline.http")


class _Words(NamedTuple):
    """What is said of an error of HTTP itself. message: None: the words of who refused."""

    code: str
    message: str | None = None
    hint: str = "Look at /docs for what there is."


_WORDS = {
    404: _Words("http.not_found", "There is nothing at this address."),
    405: _Words("http.method", "This address does not take that method.", "The header Allow names those it takes."),
    413: _Words(
        "http.too_large",
        "The body is larger than this address takes.",
        "Send it in parts of at most 10 MB; `noline import` reads events from files of any size.",
    ),
    415: _Words("http.media_type"),
}
_BAD_REQUEST = _Words("http.bad_request")

PROTECTION = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
"""What browsers are told about every answer."""


@get("/healthz", sync_to_thread=False, tags=["operation"])
def healthz() -> dict[str, str]:
    """Answers as long as the process can answer at all."""
    return {"status": "ok"}


@get("/readyz", tags=["operation"])
@in_thread
def readyz(state: State) -> dict[str, Any]:
    """Answers 200 when the store can be read; 503 otherwise."""
    try:
        state.hub.last_seq()
    except NoLineError:
        raise
    except Exception as cause:
        raise StoreUnreachable(why=type(cause).__name__) from cause
    return {"status": "ready", "waiting": state.writer.waiting}


@get("/metrics", media_type=MediaType.TEXT, guards=[needs(Role.MANAGER)], tags=["operation"])
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
            *CARD_ROUTES,
            *CARE_ROUTES,
            *KNOWLEDGE_ROUTES,
            *JOURNEY_ROUTES,
            *FRICTION_ROUTES,
            *CREDIT_ROUTES,
            *AIMS_ROUTES,
            *ROLES_ROUTES,
            *SCORECARD_ROUTES,
            *PROFILE_ROUTES,
            *IDENTITY_ROUTES,
            *CONSENT_ROUTES,
            *CLIENT_ROUTES,
            *ACCOUNT_ROUTES,
            *PRIVACY_ROUTES,
            *CART_ROUTES,
            *PROMISE_ROUTES,
            *ORDER_ROUTES,
            *GOODS_ROUTES,
            *TRANSFER_ROUTES,
            *COUNT_ROUTES,
            *RETURN_ROUTES,
            *SHOPIFY_ROUTES,
            *OFFER_ROUTES,
            *RECIPE_ROUTES,
            *RECOMMEND_ROUTES,
            *ACTION_ROUTES,
            *CONSOLE_ROUTES,
            create_static_files_router(path="/static", directories=[STATIC], include_in_schema=False),
        ],
        state=State({"hub": hub, "writer": writer}),
        exception_handlers={
            NoLineError: _refused,
            HTTPException: _http_error,
            RecursionError: _too_deep,
            UnicodeDecodeError: _no_text,
            Exception: _our_fault,
        },
        openapi_config=OpenAPIConfig(
            title="NoLine",
            version=__version__,
            description="The hub between the channels of a retailer or brand.",
            path="/docs",
            render_plugins=[ApiPage(path="/")],
            use_handler_docstrings=True,
        ),
        before_request=_refuse_nul,
        before_send=[_protect, letting_in(lambda: origins_of(hub.settings.counter))],
        compression_config=CompressionConfig(backend="gzip", gzip_compress_level=5),
        logging_config=None,
        debug=False,
    )
    describe(application)
    return application


async def _refuse_nul(request: Request[Any, Any, Any]) -> None:
    """No name of ours holds the character NUL, and not every store could even be asked for one."""
    if "\0" in request.scope["path"] or b"%00" in request.scope["query_string"]:
        raise ValidationException("The address holds the character NUL.")


async def _protect(message: Message, scope: Scope) -> None:
    """What browsers are told about every answer, whoever made it."""
    if message["type"] != "http.response.start":
        return
    headers = MutableScopeHeaders.from_message(message)
    for name, value in PROTECTION.items():
        headers.setdefault(name, value)
    if not scope["path"].startswith("/static/"):
        headers.setdefault("cache-control", "no-store")


def _refused(request: Request[Any, Any, Any], error: NoLineError) -> Response[Any]:
    headers = {"retry-after": "1"} if error.retryable else {}
    if isinstance(error, StoreUnreachable):
        # What a driver complains of names hosts and users, and this answer may go to somebody without a key.
        _log.error("unreachable", path=request.url.path, why=str(error))
        error = StoreUnreachable(why="see the server's log")
    return _answer(request, error.status, error.as_dict(), headers)


def _http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    if error.status_code >= 500:
        return _our_fault(request, error)
    words = _WORDS.get(error.status_code, _BAD_REQUEST)
    message = words.message or error.detail
    if isinstance(error.__cause__, SerializationException):
        message = f"The body cannot be read: {message.rstrip('.')}."
    told = {
        "code": words.code,
        "message": message,
        "hint": words.hint,
        "retryable": False,
        "facts": {"details": error.extra} if error.extra else {},
    }
    return _answer(request, error.status_code, told, dict(error.headers or {}))


def _too_deep(request: Request[Any, Any, Any], _: RecursionError) -> Response[Any]:
    """A body nested so deeply that no reader of JSON follows it."""
    return _http_error(request, ValidationException("The body is nested too deeply."))


def _no_text(request: Request[Any, Any, Any], error: UnicodeDecodeError) -> Response[Any]:
    """A body that is not UTF-8. Bytes of our own that cannot be read are our fault as before."""
    if not _was_reading_the_body(error):
        return _our_fault(request, error)
    return _http_error(request, ValidationException("The body is not UTF-8."))


def _was_reading_the_body(error: UnicodeDecodeError) -> bool:
    """Whether it was the framework that could not read: it decodes nothing but bodies."""
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    return bool(frames) and frames[-1].f_globals.get("__name__", "").startswith("litestar.")


def _our_fault(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    _log.error("failed", path=request.url.path, exc_info=error)
    hub: Hub = request.app.state.hub
    if hub.store.is_outage(error):
        return _refused(request, StoreUnreachable(why=type(error).__name__))
    return _answer(request, 500, NoLineError().as_dict(), {})


def _answer(
    request: Request[Any, Any, Any], status: int, told: dict[str, Any], headers: dict[str, str]
) -> Response[Any]:
    if wants_page(request):
        return error_page(request, status, told)
    return Response(told, status_code=status, media_type=MediaType.JSON, headers=headers)
