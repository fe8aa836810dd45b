"""Many requests, one commit: what waits while the disk syncs goes into the next transaction together."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence

from noline.kernel.errors import TooManyRequests
from noline.kernel.events import Receipt
from noline.stores.log import Group

MOST_IN_ONE_COMMIT = 256
MOST_WAITING = 8_192

Accept = Callable[[Sequence[Group]], list[list[Receipt]]]
_Waiting = tuple[Group, "asyncio.Future[list[Receipt]]"]


class Writer:
    """One thread that makes groups durable; coroutines wait for their receipts."""

    def __init__(self, accept: Accept) -> None:
        """accept: makes groups durable in one commit."""
        self._accept = accept
        self._waiting: deque[_Waiting] = deque()
        self._something = threading.Condition()
        self._stopping = False
        self._thread = threading.Thread(target=self._work, name="noline-writer", daemon=True)
        self._thread.start()

    async def accept(self, group: Group) -> list[Receipt]:
        """Wait until a request is durable. Raises TooManyRequests when too many wait; nothing was taken then."""
        future: asyncio.Future[list[Receipt]] = asyncio.get_running_loop().create_future()
        with self._something:
            if len(self._waiting) >= MOST_WAITING or self._stopping:
                raise TooManyRequests(waiting=len(self._waiting))
            self._waiting.append((group, future))
            self._something.notify()
        return await future

    @property
    def waiting(self) -> int:
        """How many requests wait for the next commit."""
        return len(self._waiting)

    def stop(self) -> None:
        """Finish what waits, take nothing more."""
        with self._something:
            self._stopping = True
            self._something.notify()
        self._thread.join()

    def _work(self) -> None:
        while taken := self._take():
            _deliver(taken, self._durable([group for group, _ in taken]))

    def _take(self) -> list[_Waiting]:
        with self._something:
            while not self._waiting and not self._stopping:
                self._something.wait()
            return [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_IN_ONE_COMMIT))]

    def _durable(self, groups: list[Group]) -> list[list[Receipt] | BaseException]:
        """The receipts of each; when the whole fails each is tried alone, so that one bad request fails alone."""
        try:
            return list(self._accept(groups))
        except Exception as cause:  # noqa: BLE001  whatever it was belongs to those who wait
            if len(groups) == 1:
                return [cause]
        return [outcome for group in groups for outcome in self._durable([group])]


def _deliver(taken: list[_Waiting], outcomes: Sequence[list[Receipt] | BaseException]) -> None:
    loops = {future.get_loop() for _, future in taken}
    for loop in loops:
        mine = [
            (future, outcome) for (_, future), outcome in zip(taken, outcomes, strict=True) if future.get_loop() is loop
        ]
        if not loop.is_closed():
            loop.call_soon_threadsafe(_resolve, mine)


def _resolve(outcomes: list[tuple["asyncio.Future[list[Receipt]]", list[Receipt] | BaseException]]) -> None:
    for future, outcome in outcomes:
        if future.done():
            continue
        if isinstance(outcome, BaseException):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
