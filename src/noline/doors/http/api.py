"""The API and the console as one Litestar application."""

from litestar import Litestar, get

from noline.doors.http.writer import Writer
from noline.hub import Hub


def api(hub: Hub, writer: Writer) -> Litestar:
    """Every route but the intake's."""

    @get("/healthz", sync_to_thread=False)
    def healthz() -> dict[str, str]:
        """The process lives."""
        return {"status": "ok"}

    return Litestar(route_handlers=[healthz])
