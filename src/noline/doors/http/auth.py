"""Who is calling: a key in `Authorization: Bearer`, or a console session in a cookie. Nothing is open without one.

Metrics are no exception: they name the sources and tell how much each sends, which is nobody else's business, and
behind a proxy every caller looks local. Prometheus sends a bearer like everybody (`authorization: credentials_file`).
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from noline.kernel.errors import KeyMissing, Refused, RoleTooSmall
from noline.stores.access import Access, Role

COOKIE = "noline_session"

Connection = ASGIConnection[Any, Any, Any, Any]
Guard = Callable[[Connection, BaseRouteHandler], None]


class ForeignForm(Refused):
    """A form of another site tried to act with somebody's session."""

    code = "auth.foreign_form"
    status = 403
    sentence = "This form was sent from another site."
    hint = "Use the console's own pages."


def needs(*roles: Role) -> Guard:
    """A guard: callers with the rights of one of these roles pass; the caller's role is kept on the connection."""
    told = " or ".join(roles)

    def guard(connection: Connection, _: BaseRouteHandler) -> None:
        found = role_of(connection)
        connection.state.role = found
        if not any(found.includes(role) for role in roles):
            raise RoleTooSmall(role=found, needs=told)

    NEEDED[guard] = told
    return guard


def require(connection: Connection, role: Role) -> None:
    """For what a guard cannot know yet: raises RoleTooSmall unless the caller, whom a guard let in, has this role."""
    found: Role = connection.state.role
    if not found.includes(role):
        raise RoleTooSmall(role=found, needs=role)


NEEDED: dict[Guard, str] = {}
"""The role each guard asks for (`associate or analyst` where either will do), so that the API's description has it."""


def own_form(connection: Connection, _: BaseRouteHandler) -> None:
    """A guard: forms of other sites do not pass. Raises ForeignForm."""
    if is_foreign(connection):
        raise ForeignForm


def role_of(connection: Connection) -> Role:
    """The role of a caller. Raises KeyMissing, KeyUnknown and ForeignForm."""
    access: Access = connection.app.state.hub.access
    scheme, _, key = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and key:
        return access.role_of_key(key.strip())
    token = connection.cookies.get(COOKIE)
    if not token:
        raise KeyMissing
    if connection.scope.get("method") not in ("GET", "HEAD") and is_foreign(connection):
        raise ForeignForm
    return access.role_of_session(token)


def is_foreign(connection: Connection) -> bool:
    """Whether a browser says that another site sent this; `null` is the origin of a page that hides its own."""
    told = connection.headers.get("sec-fetch-site")
    if told is not None:
        return told not in ("same-origin", "none")
    origin = connection.headers.get("origin")
    return bool(origin) and urlsplit(origin).netloc != connection.headers.get("host")
