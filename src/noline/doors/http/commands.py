"""Commands over HTTP: who acts, and that the same request under the same `Idempotency-Key` is done once."""

from collections.abc import Callable
from typing import Any

import msgspec
from litestar import MediaType, Response
from litestar.connection import Request

from noline.doors.answers.naming import called
from noline.doors.http.auth import COOKIE
from noline.hub import Hub

Asking = Request[Any, Any, Any]

_SESSIONS = "sessions of the console"

_encode = msgspec.json.Encoder(decimal_format="string").encode


def who(request: Asking, named: str | None = None) -> str:
    """Who acts: who was named, else the role of the key. What nobody can read is no name."""
    return called(named) or f"a key of role {request.state.role}"


def once(request: Asking, data: Any, do: Callable[[], Any], *, status: int = 200) -> Response[dict[str, Any]]:
    """Do a command and answer what it gives; the same request with the same key is answered the same bytes.

    data: what was asked, as read. Raises IdempotencyKeyReused, IdempotencyKeyUnreadable and what `do` raises.
    """
    key = request.headers.get("idempotency-key")
    query = f"?{request.url.query}" if request.url.query else ""
    what = f"{request.method} {request.url.path}{query} ".encode() + _encode(data)
    code, body = once_under(key, request, what, lambda: (status, _encode(do())))
    answer: Response[Any] = Response(body, status_code=code, media_type=MediaType.JSON)
    return answer


def once_under(key: str | None, request: Asking, what: bytes, do: Callable[[], tuple[int, bytes]]) -> tuple[int, bytes]:
    """The status and body of what a caller asks under a key, done once; without a key it is simply done.

    what: what is asked. Raises IdempotencyKeyReused, IdempotencyKeyUnreadable and what `do` raises.
    """
    hub: Hub = request.app.state.hub
    return hub.once.do(None if key is None else hub.once.asked(_caller(hub, request), key, what), do)


def _caller(hub: Hub, request: Asking) -> str:
    """Whose keys these are. All sessions are one caller: who logs in again between two tries goes on with the first."""
    said = request.headers.get("authorization")
    if not said and COOKIE in request.cookies:
        return hub.vault.digest(_SESSIONS).hex()
    return caller_of(hub, said or "")


def caller_of(hub: Hub, said: str) -> str:
    """Whose idempotency keys these are: two callers may use the same one for different things. said: their proof."""
    return hub.vault.digest(f"caller:{said}").hex()
