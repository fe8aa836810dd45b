"""What is worked out of all history is worked out once, and kept until history moves on.

In a busy shop history moves on every second. What takes long to work out is therefore also kept for a while after that:
for so long that no more than a twentieth of the time is spent on it.
"""

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from noline.stores.walks.history import History

Answer = TypeVar("Answer")

LONG_S = 1.0
"""What takes less of a processor's time is worked out for every state of history."""

KEPT_TIMES = 20
"""Anything else is kept for so many times as long as it took."""


class _Known(NamedTuple, Generic[Answer]):
    """An answer about a history. cost_s: of a processor's time. at_s: when it was worked out, of no clock."""

    history: "History"
    answer: Answer
    cost_s: float
    at_s: float

    def is_good_enough(self) -> bool:
        """Whether it may be answered though history has moved on."""
        return self.cost_s > LONG_S and time.monotonic() - self.at_s < KEPT_TIMES * self.cost_s


class Latest(Generic[Answer]):
    """The answer about the latest history."""

    def __init__(self, work_out: Callable[["History"], Answer]) -> None:
        """work_out: makes the answer of a history."""
        self._work_out = work_out
        self._turn = threading.Lock()
        self._known: _Known[Answer] | None = None

    def of(self, history: "History") -> Answer:
        """The answer about this history, or about one a little older; whoever asks meanwhile waits for it."""
        with self._turn:
            known = self._known
            if known is None or (known.history is not history and not known.is_good_enough()):
                began = time.thread_time()
                answer = self._work_out(history)
                known = _Known(history, answer, time.thread_time() - began, time.monotonic())
                self._known = known
            return known.answer

    def drop(self) -> None:
        """Forget it: the history changed where it stood."""
        with self._turn:
            self._known = None
