"""Answers about history are worked out once for each state of it: a page that ten people open asks once.

Answers lie in a folder and are read where they lie: they take no memory, and a server that starts again shows its first
page at once.
"""

import os
import threading
from collections import OrderedDict
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from noline.stores.analytical import TABLES, AnalyticalStore, Given

if TYPE_CHECKING:
    import pyarrow as pa

_MOST_ANSWERS = 64
_LARGEST_BYTES = 32_000_000
"""A larger answer is worked out anew, unless several questions read it: it would cost the disk more than it saves."""


class Remembered:
    """An analytical store that remembers its latest answers until its tables move on."""

    def __init__(self, store: AnalyticalStore, folder: Path) -> None:
        """Remember for this store, in memory and in a folder."""
        self._store = store
        self._folder = folder
        self._turn = threading.Lock()
        self._state = ""
        self._answers: OrderedDict[str, pa.Table] = OrderedDict()

    def ask(
        self, sql: str, params: Mapping[str, Any] | None = None, given: Mapping[str, Given] | None = None
    ) -> "pa.Table":
        """The answer of one SELECT, as of the newest segments. Whoever asks the same meanwhile waits for it."""
        with self._turn:
            self._keep_up()
            return self._answer(Given(sql, params or {}), given or {})

    def _answer(self, asked: Given, given: Mapping[str, Given], *, shared: bool = False) -> "pa.Table":
        """shared: other questions read it, so it is kept however large it is."""
        name = _name(asked, given)
        answer = self._answers.get(name)
        if answer is None:
            answer = self._kept(name)
        if answer is None:
            tables = {table: self._answer(one, {}, shared=True) for table, one in given.items()}
            answer = self._store.ask(asked.sql, asked.params, tables)
            if not shared and answer.nbytes > _LARGEST_BYTES:
                return answer
            answer = self._write(name, answer)
        self._answers[name] = answer
        if len(self._answers) > _MOST_ANSWERS:
            self._answers.popitem(last=False)
        return answer

    def drop(self) -> None:
        """Forget every answer, here and in the folder: the history changed where it stood."""
        with self._turn:
            self._answers.clear()
            self._state = ""
            for path in self._folder.glob("*"):
                path.unlink(missing_ok=True)

    def _keep_up(self) -> None:
        """Forget what was answered of an earlier state."""
        state = "-".join(str(self._store.watermark(table)) for table in TABLES)
        if state == self._state:
            return
        self._answers.clear()
        self._state = state
        self._folder.mkdir(parents=True, exist_ok=True)
        for path in self._folder.glob("*.arrow"):
            if not path.name.startswith(f"{state}."):
                path.unlink(missing_ok=True)

    def _kept(self, name: str) -> "pa.Table | None":
        """What lies in the folder; it is read where it lies, so that a large answer takes no memory."""
        import pyarrow as pa

        try:
            return pa.ipc.open_file(pa.memory_map(str(self._path(name)))).read_all()
        except (OSError, pa.ArrowInvalid):
            return None

    def _write(self, name: str, answer: "pa.Table") -> "pa.Table":
        import pyarrow as pa

        path = self._path(name)
        partial = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}.partial")
        with pa.OSFile(str(partial), "wb") as file, pa.ipc.new_file(file, answer.schema) as writer:
            writer.write_table(answer)
        partial.replace(path)
        return self._kept(name) or answer

    def _path(self, name: str) -> Path:
        return self._folder / f"{self._state}.{name}.arrow"


def _name(asked: Given, given: Mapping[str, Given]) -> str:
    """The name of an answer: of what is asked, and of what that reads."""
    told = [(table, one.sql, sorted(one.params.items())) for table, one in [("", asked), *sorted(given.items())]]
    return blake2b(repr(told).encode(), digest_size=16).hexdigest()
