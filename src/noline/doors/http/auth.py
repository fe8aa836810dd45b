"""Who is calling: a key in `Authorization: Bearer`, or a console session in a cookie. Nothing is open without one."""

from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from noline.kernel.errors import KeyMissing, Refused, RoleTooSmall
from noline.stores.access import Access, Role

COOKIE = "noline_session"


class ForeignForm(Refused):
    """A form of another site tried to act with somebody's session."""

    code = "auth.foreign_form"
    status = 403
    sentence = "This form was sent from another site."
    hint = "Use the console's own pages."


def needs(role: Role):  # noqa: ANN201  Litestar's guard type is private
    """A guard: only callers of this role (or a larger one) pass; the role is kept on the connection."""

    def guard(connection: ASGIConnection, _: BaseRouteHandler) -> None:
        found = role_of(connection)
        if not found.includes(role):
            raise RoleTooSmall(role=found, needs=role)
        connection.state.role = found

    return guard


def role_of(connection: ASGIConnection) -> Role:
    """The role of a caller. Raises KeyMissing, KeyUnknown and ForeignForm."""
    access: Access = connection.app.state.hub.access
    scheme, _, key = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and key:
        return access.role_of_key(key.strip())
    token = connection.cookies.get(COOKIE)
    if not token:
        raise KeyMissing
    if connection.scope["method"] not in ("GET", "HEAD") and is_foreign(connection):
        raise ForeignForm
    return access.role_of_session(token)


def is_foreign(connection: ASGIConnection) -> bool:
    """Whether a browser says that another site sent this."""
    if connection.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return True
    origin = connection.headers.get("origin")
    return bool(origin) and origin != "null" and urlsplit(origin).netloc != connection.headers.get("host")
