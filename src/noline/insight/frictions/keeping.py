"""The catalogue's answers in a folder, so that a server that starts again does not count all history once more.

They are counts, shares and amounts of all people together, of no person. They lie there under the name of all that they
were worked out from, and what is worked out from anything else takes their place.
"""

import logging
import os
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

from noline.insight.frictions.model import Friction

FORMAT = 1
"""Raised when answers are worked out otherwise, or look otherwise, so that none of before is shown."""


_LOG = logging.getLogger(__name__)


class Kept:
    """The answers of one state of history, about all of its time."""

    def __init__(self, folder: Path, *worked_out_from: Any) -> None:
        """worked_out_from: values whose `repr` tells all that answers follow from: rules, settings, state."""
        name = blake2b(repr((FORMAT, worked_out_from)).encode(), digest_size=16).hexdigest()
        self._path = folder / f"{name}.json"

    def read(self) -> dict[str, Friction]:
        """The answers by the id of their rule; none where none are kept, or they cannot be read."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, Friction])
        except (OSError, msgspec.DecodeError):
            return {}

    def write(self, answers: Iterable[Friction]) -> None:
        """Keep these and nothing else; whoever reads meanwhile finds all of them or none.

        What would not be read back as it is, such as a number that JSON has no word for, is not kept. Nor is what the
        folder does not take: whoever asked has the answers, so that is only noted in the process's log.
        """
        told = {one.id: one for one in answers}
        text = msgspec.json.encode(told)
        if not _is_the_same(text, told):
            return
        try:
            self._put(text)
        except OSError as cause:
            _LOG.warning("answers about frictions are not kept in %s: %s", self._path.parent, cause)

    def _put(self, text: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        partial = self._path.with_suffix(f".{os.getpid()}.partial")
        try:
            partial.write_bytes(text)
            partial.replace(self._path)
        finally:
            partial.unlink(missing_ok=True)
        for path in self._path.parent.glob("*.json"):
            if path != self._path:
                path.unlink(missing_ok=True)


def drop(folder: Path) -> None:
    """Keep nothing: history changed where it stood.

    What another process is about to put there stays: it bears the name of the history that it was worked out from.
    """
    for path in folder.glob("*.json"):
        path.unlink(missing_ok=True)


def _is_the_same(text: bytes, told: Mapping[str, Friction]) -> bool:
    try:
        return msgspec.json.decode(text, type=dict[str, Friction]) == told
    except msgspec.DecodeError:
        return False
