"""Handlers that ask the store work in a thread, so that the event loop goes on serving.

Litestar's own `sync_to_thread=True` wraps a handler once more for each of several registrations and then answers a
coroutine; this wrapper is a coroutine function from the start.
"""

import asyncio
import functools
from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

Given = ParamSpec("Given")
Answered = TypeVar("Answered")


def in_thread(answer: Callable[Given, Answered]) -> Callable[Given, Coroutine[Any, Any, Answered]]:
    """The same handler as a coroutine function whose work is done in a thread."""

    @functools.wraps(answer)
    async def threaded(*args: Given.args, **kwargs: Given.kwargs) -> Answered:
        return await asyncio.to_thread(answer, *args, **kwargs)

    return threaded
