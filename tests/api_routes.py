"""The routes of the application as the documentation names them."""

import re
from typing import Any

from noline.doors.http.api import api


def routes() -> list[str]:
    """Every route but the intake's and those of static files, as `GET /path/{parameter}`."""
    nothing: Any = None
    return sorted(
        f"{method} {re.sub(r':[a-z]+}', '}', route.path)}"
        for route in api(nothing, nothing).routes
        for method in getattr(route, "methods", set()) - {"OPTIONS", "HEAD"}
        if not route.path.startswith("/static")
    )
