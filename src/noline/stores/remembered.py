"""Answers about history are worked out once for each state of it: a page that ten people open asks once.

Small answers also lie in a folder, so that a server that starts again shows its first page at once.
"""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from noline.stores.analytical import TABLES, AnalyticalStore

if TYPE_CHECKING:
    import pyarrow as pa

_MOST_ANSWERS = 64
_LARGEST_BYTES = 1_000_000


class Remembered:
    """An analytical store that remembers its latest answers until its tables move on."""

    def __init__(self, store: AnalyticalStore, folder: Path) -> None:
        """Remember for this store, in memory and in a folder."""
        self._store = store
        self._folder = folder
        self._turn = threading.Lock()
        self._state = ""
        self._answers: OrderedDict[str, pa.Table] = OrderedDict()

    def ask(self, sql: str, params: Mapping[str, Any] | None = None) -> "pa.Table":
        """The answer of one SELECT, as of the newest segments. Whoever asks the same meanwhile waits for it."""
        name = blake2b(repr((sql, sorted((params or {}).items()))).encode(), digest_size=16).hexdigest()
        with self._turn:
            self._keep_up()
            answer = self._answers.get(name)
            if answer is None:
                answer = self._kept(name) or self._store.ask(sql, params)
                self._remember(name, answer)
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

    def _remember(self, name: str, answer: "pa.Table") -> None:
        if answer.nbytes > _LARGEST_BYTES:
            return
        self._answers[name] = answer
        if len(self._answers) > _MOST_ANSWERS:
            self._answers.popitem(last=False)
        path = self._path(name)
        if not path.exists():
            self._write(path, answer)

    def _kept(self, name: str) -> "pa.Table | None":
        import pyarrow as pa

        try:
            with pa.OSFile(str(self._path(name)), "rb") as file:
                return pa.ipc.open_file(file).read_all()
        except (OSError, pa.ArrowInvalid):
            return None

    @staticmethod
    def _write(path: Path, answer: "pa.Table") -> None:
        import pyarrow as pa

        partial = path.with_suffix(f".{threading.get_ident()}.partial")
        with pa.OSFile(str(partial), "wb") as file, pa.ipc.new_file(file, answer.schema) as writer:
            writer.write_table(answer)
        partial.replace(path)

    def _path(self, name: str) -> Path:
        return self._folder / f"{self._state}.{name}.arrow"
