"""Many requests, one commit: what waits while the disk syncs goes into the next transaction together."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Generic, TypeAlias, TypeVar

from noline.kernel.errors import TooManyRequests
from noline.kernel.events import Receipt
from noline.stores.log import Group

MOST_IN_ONE_COMMIT = 256
MOST_WAITING = 8_192

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")
_Waiting = tuple[Asked, asyncio.Future[Answer]]


class Batcher(Generic[Asked, Answer]):
    """One thread that makes requests durable; coroutines wait for their answers."""

    def __init__(
        self,
        accept: Callable[[Sequence[Asked]], Sequence[Answer]],
        *,
        name: str = "noline-writer",
        most_in_one_commit: int = MOST_IN_ONE_COMMIT,
    ) -> None:
        """accept: makes requests durable in one commit and answers each. name: of the thread."""
        self._accept = accept
        self._most_in_one_commit = most_in_one_commit
        self._waiting: SimpleQueue[_Waiting[Asked, Answer] | None] = SimpleQueue()
        self._stopping = False
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    async def accept(self, asked: Asked) -> Answer:
        """Wait until a request is durable. Raises TooManyRequests when too many wait; nothing was taken then."""
        waiting = self._waiting.qsize()
        if waiting >= MOST_WAITING or self._stopping:
            raise TooManyRequests(waiting=waiting)
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.put((asked, future))
        return await future

    @property
    def waiting(self) -> int:
        """How many requests wait for the next commit."""
        return self._waiting.qsize()

    def stop(self) -> None:
        """Finish what waits, take nothing more."""
        self._stopping = True
        self._waiting.put(None)
        self._thread.join()

    def _work(self) -> None:
        while taken := self._take():
            _deliver(taken, self._durable([asked for asked, _ in taken]))

    def _take(self) -> list[_Waiting[Asked, Answer]]:
        """What waits, as soon as anything does; nothing when it is time to stop."""
        taken: list[_Waiting[Asked, Answer]] = []
        while len(taken) < self._most_in_one_commit:
            try:
                one = self._waiting.get(block=not taken)
            except Empty:
                break
            if one is None:
                if taken:
                    self._waiting.put(None)
                break
            taken.append(one)
        return taken

    def _durable(self, asked: list[Asked]) -> list[Answer | BaseException]:
        """The answer to each; when the whole fails each is tried alone, so that one bad request fails alone."""
        try:
            return list(self._accept(asked))
        except Exception as cause:  # noqa: BLE001  whatever it was belongs to those who wait
            if len(asked) == 1:
                return [cause]
        return [outcome for one in asked for outcome in self._durable([one])]


Writer: TypeAlias = Batcher[Group, list[Receipt]]
"""Makes what channels send durable."""


def _deliver(taken: list[_Waiting[Asked, Answer]], outcomes: Sequence[Answer | BaseException]) -> None:
    loops = {future.get_loop() for _, future in taken}
    for loop in loops:
        mine = [
            (future, outcome) for (_, future), outcome in zip(taken, outcomes, strict=True) if future.get_loop() is loop
        ]
        if not loop.is_closed():
            loop.call_soon_threadsafe(_resolve, mine)


def _resolve(outcomes: list[tuple[asyncio.Future[Answer], Answer | BaseException]]) -> None:
    for future, outcome in outcomes:
        if future.done():
            continue
        if isinstance(outcome, BaseException):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
