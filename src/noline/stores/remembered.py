"""Answers about history are worked out once for each state of it: a page that ten people open asks once."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from noline.stores.analytical import TABLES, AnalyticalStore

if TYPE_CHECKING:
    import pyarrow as pa

_MOST_ANSWERS = 64
_LARGEST_BYTES = 4_000_000


class Remembered:
    """An analytical store that remembers its latest answers until its tables move on."""

    def __init__(self, store: AnalyticalStore) -> None:
        """Remember for this store."""
        self._store = store
        self._turn = threading.Lock()
        self._state: tuple[int, ...] = ()
        self._answers: OrderedDict[tuple[str, str], pa.Table] = OrderedDict()

    def ask(self, sql: str, params: Mapping[str, Any] | None = None) -> "pa.Table":
        """The answer of one SELECT, as of the newest segments. Whoever asks the same meanwhile waits for it."""
        key = (sql, repr(sorted((params or {}).items())))
        with self._turn:
            state = tuple(self._store.watermark(table) for table in TABLES)
            if state != self._state:
                self._answers.clear()
                self._state = state
            if key in self._answers:
                self._answers.move_to_end(key)
                return self._answers[key]
            answer = self._store.ask(sql, params)
            if answer.nbytes <= _LARGEST_BYTES:
                self._answers[key] = answer
                while len(self._answers) > _MOST_ANSWERS:
                    self._answers.popitem(last=False)
            return answer
