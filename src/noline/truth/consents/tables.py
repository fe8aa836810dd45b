"""The SQL of the consents room."""

from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import blake2b

import msgspec

from noline.kernel.events import route_of
from noline.stores.portions import marks, portions
from noline.stores.transactional import Reader, Row, Transaction
from noline.truth.consents.model import Answers, Carried, Statement, Subject

_HASH_BYTES = 16
"""Answers are unique by their hash, since an index takes no long texts."""

_TOLD = (
    "subject, teller, purpose, channel, granted, told_at, message_id, trusted, source, method, description, policy, "
    "taken_by"
)
_CARRIED = "subject, source, method, answers, trusted, first_at, last_at, message_id, description, policy"

TABLES: dict[str, tuple[str, ...]] = {
    "consent_statements": ("route_key", "teller_route", *_TOLD.split(", ")),
    "consent_signals": ("route_key", *_CARRIED.split(", ")),
}
"""Every table of this room. Left out is `seq`, where the log holds the evidence: it tells the order of arrival."""

_KEEP = f"""
INSERT INTO consent_statements (route_key, teller_route, {_TOLD}, seq)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, subject, purpose, channel, message_id, teller) DO NOTHING
"""
_IS_LATER = """
(excluded.last_at > consent_signals.last_at
 OR (excluded.last_at = consent_signals.last_at AND excluded.message_id > consent_signals.message_id))
"""
_OF_THE_LATER = ",\n    ".join(
    f"{column} = CASE WHEN {_IS_LATER} THEN excluded.{column} ELSE consent_signals.{column} END"
    for column in ("trusted", "last_at", "message_id", "description", "policy", "seq")
)
_CARRY = f"""
INSERT INTO consent_signals (route_key, answers_hash, {_CARRIED}, seq)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, subject, source, method, answers_hash) DO UPDATE SET
    first_at = CASE WHEN excluded.first_at < consent_signals.first_at
        THEN excluded.first_at ELSE consent_signals.first_at END,
    {_OF_THE_LATER}
"""
_STATEMENTS = f"SELECT {_TOLD}, seq FROM consent_statements WHERE route_key IN ({{marks}})"
_SIGNALS = f"SELECT {_CARRIED}, seq FROM consent_signals WHERE route_key IN ({{marks}})"
_FORGET = (
    "DELETE FROM consent_statements WHERE route_key = ? AND subject = ?",
    "DELETE FROM consent_statements WHERE teller_route = ? AND teller = ?",
    "DELETE FROM consent_signals WHERE route_key = ? AND subject = ?",
)


def keep(tx: Transaction, statements: Iterable[Statement]) -> None:
    """Keep statements; one that is there stays as it is."""
    tx.run_many(_KEEP, [_told_row(one) for one in statements])


def carry(tx: Transaction, carried: Iterable[Carried]) -> None:
    """Keep what messages carry along: of the same answers the first time and the latest message stay."""
    tx.run_many(_CARRY, [_carried_row(one) for one in carried])


def carried(reader: Reader, subjects: Sequence[Subject]) -> list[Carried]:
    """What messages about something else carried along of these subjects."""
    return [_carried(row) for row in _of(reader, _SIGNALS, subjects)]


def statements(reader: Reader, subjects: Sequence[Subject]) -> list[Statement]:
    """What was told on purpose of these subjects."""
    return [_statement(row) for row in _of(reader, _STATEMENTS, subjects)]


def erase(tx: Transaction, subjects: Sequence[Subject]) -> int:
    """Delete what was told of these subjects, and what their records told of others; answers how many rows."""
    return sum(tx.run_many(sql, [(route_of(subject), subject) for subject in subjects]) for sql in _FORGET)


def _of(reader: Reader, sql: str, subjects: Sequence[Subject]) -> list[Row]:
    own = dict.fromkeys(subjects)
    # A portion repeats its last subject; the rows come once all the same.
    return [
        row
        for some in portions([route_of(subject) for subject in own])
        for row in reader.rows(_asking(sql, len(some)), some)
        if row[0] in own
    ]


@cache
def _asking(sql: str, subjects: int) -> str:
    return sql.format(marks=marks(subjects))


_read_answers = msgspec.json.Decoder(Answers).decode


def _told_row(one: Statement) -> Row:
    return (
        route_of(one.subject), route_of(one.teller), one.subject, one.teller, one.purpose, one.channel,
        int(one.granted), one.told_at, one.message_id, int(one.trusted), one.source, one.method, one.description,
        one.policy, one.taken_by, one.seq,
    )  # fmt: skip


def _statement(row: Row) -> Statement:
    subject, teller, purpose, channel, granted, told_at, message_id, trusted, *rest = row
    source, method, description, policy, taken_by, seq = rest
    return Statement(
        subject, teller, purpose, channel, bool(granted), told_at, message_id, bool(trusted), False, source, method,
        description, policy, taken_by, seq,
    )  # fmt: skip


def _carried_row(one: Carried) -> Row:
    answers = msgspec.json.encode(one.answers)
    return (
        route_of(one.subject), blake2b(answers, digest_size=_HASH_BYTES).digest(), one.subject, one.source, one.method,
        answers.decode(), int(one.trusted), one.first_at, one.last_at, one.message_id.encode(), one.description,
        one.policy, one.seq,
    )  # fmt: skip


def _carried(row: Row) -> Carried:
    subject, source, method, answers, trusted, first_at, last_at, message_id, description, policy, seq = row
    return Carried(
        subject, source, method, _read_answers(answers), bool(trusted), first_at, last_at,
        bytes(message_id).decode(), description, policy, seq,
    )  # fmt: skip
