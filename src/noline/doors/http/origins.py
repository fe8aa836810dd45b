"""Pages of other origins that may show a card: `<noline-card>` with the script it comes as, nothing else of the hub.

Such a page shows its own key; a session of the console is never sent along, since no answer allows credentials.
"""

import re
from collections.abc import Awaitable, Callable
from functools import cache

from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

_MAY_BE_ASKED = re.compile(r"/v1/customers/[^/]+/card|/static/noline-card\.js")
_A_DAY_S = "86400"


def letting_in(told: Callable[[], frozenset[str]]) -> Callable[[Message, Scope], Awaitable[None]]:
    """What tells browsers which pages may read an answer: exactly those of the origins that are told; asked for once.

    Source: CORS, https://fetch.spec.whatwg.org.
    """
    allowed = cache(told)

    async def let_in(message: Message, scope: Scope) -> None:
        if message["type"] != "http.response.start" or not _MAY_BE_ASKED.fullmatch(scope["path"]):
            return
        origins = allowed()
        if not origins:
            return
        headers = MutableScopeHeaders.from_message(message)
        headers.extend_header_value("vary", "Origin")
        asked = dict(scope["headers"]).get(b"origin", b"").decode("latin-1")
        if asked not in origins:
            return
        headers["access-control-allow-origin"] = asked
        if scope["type"] == "http" and scope["method"] == "OPTIONS":
            headers["access-control-allow-methods"] = "GET"
            headers["access-control-allow-headers"] = "Authorization, Accept"
            headers["access-control-max-age"] = _A_DAY_S

    return let_in
