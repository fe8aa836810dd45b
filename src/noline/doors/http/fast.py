"""The short way to a profile: who stands before me, in a millisecond.

The route is described and refused by the framework like every other. Asked with a key for somebody who is known, it is
answered here without the framework; everything else goes the long way.
"""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec

from noline.doors.answers import profiles
from noline.doors.http.intake import Receive, Scope, Send
from noline.hub import Hub
from noline.stores.access import Role

_BEFORE, _AFTER = "/v1/customers/", "/profile"
_encode = msgspec.json.Encoder().encode

Headers = list[tuple[bytes, bytes]]


class ProfileDoor:
    """Answers `GET /v1/customers/{person}/profile` to who has a key."""

    def __init__(
        self, hub: Hub, protection: dict[str, str], rest: Callable[[Scope, Receive, Send], Awaitable[None]]
    ) -> None:
        """protection: headers of every answer. rest: serves what is not answered here."""
        self._hub = hub
        self._rest = rest
        told = {"content-type": "application/json", "cache-control": "no-store", **protection}
        self._headers = [(name.encode(), value.encode()) for name, value in told.items()]

    @staticmethod
    def handles(scope: Scope) -> bool:
        """Whether it may be answered here."""
        path: str = scope["path"]
        return (
            path.endswith(_AFTER)
            and path.startswith(_BEFORE)
            and scope["method"] == "GET"
            and path.count("/") == _BEFORE.count("/") + _AFTER.count("/")
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        key = _key(scope["headers"])
        body = None if key is None else await self._answer(key, scope["path"][len(_BEFORE) : -len(_AFTER)])
        if body is None:
            await self._rest(scope, receive, send)
            return
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [*self._headers, length]})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, key: str, person: str) -> bytes | None:
        """The answer, in this thread where the store lies in this process; None for what has to go the long way."""
        if self._hub.store.dialect == "sqlite":
            return self._read(key, person)
        return await asyncio.to_thread(self._read, key, person)

    def _read(self, key: str, person: str) -> bytes | None:
        try:
            if not self._hub.access.role_of_key(key).includes(Role.ASSOCIATE):
                return None
            return _encode(profiles.profile(self._hub, person))
        except Exception:  # noqa: BLE001  whatever it is, the long way meets it again and tells it as everywhere
            return None


def _key(headers: Headers) -> str | None:
    for name, value in headers:
        if name == b"authorization":
            scheme, _, key = value.decode("latin-1").partition(" ")
            return key.strip() if scheme.lower() == "bearer" and key else None
    return None
