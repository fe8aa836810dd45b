"""What of an answer whoever asks may see: everything, or, as an analyst, the numbers without the people."""

from typing import Any

from litestar.connection import ASGIConnection

from noline.doors.answers.counts import counts_only
from noline.doors.http.auth import needs
from noline.doors.plain import plain
from noline.stores.access import Role

Connection = ASGIConnection[Any, Any, Any, Any]

MANAGER_OR_ANALYST = [needs(Role.MANAGER, Role.ANALYST)]
"""The guards of what tells of many people and of nobody; every answer behind them goes through `told_to`."""

ASSOCIATE_OR_ANALYST = [needs(Role.ASSOCIATE, Role.ANALYST)]
"""The guards of what tells of goods."""


def sees_people(request: Connection) -> bool:
    """Whether whoever asks, and was let in, may see who is behind a number."""
    return request.state.role is not Role.ANALYST


def told_to(request: Connection, answer: Any) -> Any:
    """An answer as whoever asks may see it."""
    return answer if sees_people(request) else counts_only(plain(answer))
