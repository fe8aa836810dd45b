"""Answers kept under the caller's idempotency key: the same key asks once and is answered the same bytes ever after."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from noline.kernel.clock import Micros
from noline.kernel.errors import Refused
from noline.stores.inserting import insert
from noline.stores.portions import flat, marks, portions
from noline.stores.transactional import Reader, Transaction

_COLUMNS = "caller, idempotency_key, request_hash, status, answer"
_KNOWN = f"SELECT {_COLUMNS} FROM command_results WHERE (caller, idempotency_key) IN (VALUES {{marks}})"
_KEEP = f"INSERT INTO command_results ({_COLUMNS}, created_at) VALUES {{rows}}"


class IdempotencyKeyReused(Refused):
    """The key was used for something else before."""

    code = "idempotency.key_reused"
    sentence = "The idempotency key {key!r} was used for another request."
    hint = "Use a new key for a new request; the same key only for the same bytes."


class Answered(NamedTuple):
    """What a request was answered. status: of HTTP; answer: the body."""

    caller: str
    key: str
    request_hash: bytes
    status: int
    answer: bytes


def known(reader: Reader, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Answered]:
    """What was answered under these (caller, idempotency key)."""
    found: dict[tuple[str, str], Answered] = {}
    for some in portions(keys):
        for row in reader.rows(_KNOWN.format(marks=marks(len(some), 2)), flat(some)):
            one = Answered(row[0], row[1], bytes(row[2]), row[3], bytes(row[4]))
            found[one.caller, one.key] = one
    return found


def keep(tx: Transaction, answers: Iterable[Answered], now: Micros) -> None:
    """Keep answers."""
    insert(tx, _KEEP, [(*one, now) for one in answers])
