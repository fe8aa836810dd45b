"""Calls of tools by assistant programs, kept for whoever asks who did what.

A row holds nothing that somebody wrote and names no customer, so nothing of it has to be erased. What a call decided,
and whose card it looked at, stands in the log, up to `log_seq`.
"""

from typing import NamedTuple

from noline.kernel.clock import Micros
from noline.stores.transactional import Reader, Transaction

_COLUMNS = "call_id, called_at, caller, scope, tool, outcome, log_seq"
_NOTE = f"INSERT INTO tool_calls ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"
_LATEST = f"SELECT {_COLUMNS} FROM tool_calls WHERE called_at <= ? ORDER BY called_at DESC, call_id DESC LIMIT ?"

LAST: Micros = 2**63 - 1


class Call(NamedTuple):
    """One call. caller: the name of the key. outcome: `done`, or the code of the refusal.

    log_seq: the last position of the log when it was over.
    """

    id: str
    at: Micros
    caller: str
    scope: str
    tool: str
    outcome: str
    log_seq: int


def note(tx: Transaction, call: Call) -> None:
    """Keep a call."""
    tx.run(_NOTE, call)


def latest(reader: Reader, limit: int, until: Micros = LAST) -> list[Call]:
    """The latest calls up to an instant, the last first."""
    return [Call(*row) for row in reader.rows(_LATEST, (until, limit))]
