"""A message as a channel sends it, the record the log keeps of it, and what the rooms are told.

Message: one item of Segment's HTTP tracking specification, which every existing SDK speaks.
Record: the row of the log. Fact: a record together with what it says, as handed to the folds.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import msgspec

from noline.kernel.clock import Micros
from noline.kernel.words import Word

Json = dict[str, Any]


class Context(msgspec.Struct, gc=False):
    """Where a message happened, as far as rooms care; the rest stays in the body."""

    channel: str | None = None
    store_id: str | None = None
    register_id: str | None = None
    associate_id: str | None = None
    country: str | None = None
    externalIds: list[Json] | None = None  # noqa: N815  the wire's own name
    traits: Json | None = None
    consent: Any = None


class Message(msgspec.Struct, gc=False):
    """One call of the tracking specification: track, identify, page, screen, group or alias."""

    type: str | None = None
    event: str | None = None
    name: str | None = None
    messageId: str | int | None = None  # noqa: N815
    anonymousId: str | int | None = None  # noqa: N815
    userId: str | int | None = None  # noqa: N815
    previousId: str | int | None = None  # noqa: N815
    groupId: str | int | None = None  # noqa: N815
    timestamp: str | None = None
    originalTimestamp: str | None = None  # noqa: N815
    sentAt: str | None = None  # noqa: N815
    properties: Json | None = None
    traits: Json | None = None
    context: Context | None = None
    writeKey: str | None = None  # noqa: N815


class Refusal(NamedTuple):
    """An item that cannot be taken: why (a code of the closed list), where (JSON pointer), and its bytes."""

    code: str
    pointer: str
    message: str
    raw: bytes


REFUSAL_CODES = frozenset(
    (
        "malformed_json", "too_deep", "too_large", "bad_encoding", "nul_char", "number_range", "schema_violation",
        "unknown_schema", "clock_absurd", "consent_denied", "suppressed_subject", "conflict", "projection_error",
    )
)  # fmt: skip
"""The closed list of reasons for which an item becomes a dead letter."""


class Identifier(NamedTuple):
    """A name by which somebody is known: a namespace and a normalised value."""

    namespace: str
    value: str


class Record(NamedTuple):
    """One row of the log. Times in microseconds since 1970 UTC; `body` sealed when `subject` is a person."""

    seq: int
    route_key: int
    message_id: str
    kind: str
    subject: bytes
    occurred_at: Micros
    received_at: Micros
    source: str
    schema: str
    body: bytes
    body_hash: bytes


class Fact(msgspec.Struct, gc=False):
    """A record and what it says, unsealed: the input of every fold.

    seq: its place in the log; 0 until the log gave it one.
    kind: the event name for track, else `identify`, `group`, `alias`, `Page Viewed`, `Screen Viewed`,
    or the name of a deed of ours (schema `noline`).
    identifiers: who it is about, strongest first; empty for goods.
    channel: of the message, else of its source.
    trusted: the source is a server of the company, so what it says of people is verified, not merely claimed.
    """

    seq: int
    kind: str
    word: Word
    route_key: int
    subject: bytes
    message_id: str
    occurred_at: Micros
    received_at: Micros
    source: str
    channel: str
    identifiers: tuple[Identifier, ...]
    properties: Json
    traits: Json
    context: Context
    trusted: bool

    @property
    def order_key(self) -> tuple[Micros, str]:
        """What decides between two facts about the same thing, whatever order they arrived in."""
        return (self.occurred_at, self.message_id)

    def text(self, *names: str) -> str | None:
        """The first of these properties that is there, as text."""
        for name in names:
            value = self.properties.get(name)
            if type(value) is str:
                if value:
                    return value
            elif value is not None and not isinstance(value, (dict, list)):
                return str(value)
        return None


class Draft(msgspec.Struct, gc=False):
    """A fact that has no place in the log yet, and its bytes.

    personal: the body is about a person and must be sealed.
    """

    fact: Fact
    schema: str
    body: bytes
    personal: bool


class Receipt(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one item: `accepted`, `duplicate`, `conflict` (same id, other body) or `parked`."""

    status: str
    seq: int | None = None
    id: int | None = None
    code: str | None = None
    path: str | None = None


class Fold(Protocol):
    """What a truth room makes of the log: rows in its own tables, in the transaction of the record.

    A fold must give the same rows for the same facts in any order, split in any batches, given any number of times.
    """

    name: str

    @property
    def tables(self) -> Mapping[str, tuple[str, ...]]:
        """Its tables, each with the columns that `noline verify` compares (bookkeeping columns left out)."""
        ...

    @property
    def kinds(self) -> frozenset[str] | None:
        """The kinds of facts it listens to; None for every kind."""
        ...

    def take(self, tx: Any, facts: list[Fact]) -> None:
        """Fold these facts into the tables; raises a NotReadable for a fact it cannot take."""
        ...

    def forget(self) -> None:
        """Drop whatever is remembered of the tables: another process wrote, or a transaction was undone."""
        ...


Digest = Callable[[str], bytes]
"""The hub's keyed hash of a text, 16 bytes: how subjects are named in the log."""


def route_of(subject: bytes) -> int:
    """The routing key of a subject: its first eight bytes as a signed 64-bit integer."""
    return int.from_bytes(subject[:8], "big", signed=True)
