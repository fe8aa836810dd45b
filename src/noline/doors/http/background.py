"""What a server does between requests: history follows the log, orders that wait are served, events go out."""

import asyncio
from collections.abc import Callable

import structlog

from noline.hub import Hub

_HISTORY_PAUSE_S = 1.0
_DELIVERY_PAUSE_S = 0.5
_SWEEP_PAUSE_S = 5.0
_PRICING_PAUSE_S = 3600.0
_WATCHING_PAUSE_S = 3600.0
_MEASURING_PAUSE_S = 3600.0
_LONGEST_POST_S = 10.0

_log = structlog.get_logger("noline.background")


async def keep_up(hub: Hub) -> None:
    """Work until cancelled; what fails is logged and tried again."""
    await asyncio.gather(
        _again_and_again(hub.refresh, _HISTORY_PAUSE_S, "history"),
        _again_and_again(hub.promising.sweep, _SWEEP_PAUSE_S, "holds"),
        _again_and_again(hub.ordering.source_waiting, _SWEEP_PAUSE_S, "orders that wait"),
        _again_and_again(hub.pricing.price, _PRICING_PAUSE_S, "shadow prices"),
        _again_and_again(hub.watching.watch, _WATCHING_PAUSE_S, "saved questions"),
        _again_and_again(hub.offering.measure, _MEASURING_PAUSE_S, "what offers changed"),
        _again_and_again(lambda: hub.deliveries.push(_post), _DELIVERY_PAUSE_S, "webhooks"),
    )


async def _again_and_again(work: Callable[[], object], pause_s: float, name: str) -> None:
    while True:
        try:
            await asyncio.to_thread(work)
        except Exception as cause:  # noqa: BLE001  one bad turn must not end the others
            _log.error("failed", work=name, exc_info=cause)
        await asyncio.sleep(pause_s)


def _post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Send one webhook; answers the status, raises OSError when nobody answers."""
    import httpx2

    try:
        return httpx2.post(url, content=body, headers=headers, timeout=_LONGEST_POST_S).status_code
    except httpx2.HTTPError as cause:
        raise OSError(str(cause) or type(cause).__name__) from cause
