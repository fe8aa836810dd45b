"""Deeds: what somebody decides through a door stands in the log like everything else that happened.

So it is durable, told to receivers, folded by the rooms, and there again after a rebuild.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import msgspec

from noline.flows.intake import origin_of
from noline.flows.reading import draft_of
from noline.kernel.clock import Clock
from noline.kernel.events import Context, Digest, Draft, Fact, Json, Message, Receipt, Refusal, route_of
from noline.kernel.words import WORDS
from noline.stores.access import OURS
from noline.stores.log import Group, Log
from noline.stores.transactional import Transaction

SCHEMA = "noline"
_ROUTE = "deed"


class Deed(NamedTuple):
    """Something decided.

    subject: whom it concerns, as the log names it; when it is personal the body is sealed under its key. id: the same
    id is the same deed, however often it is done; without one it gets its own.
    """

    kind: str
    subject: bytes
    properties: Json
    id: str | None = None
    personal: bool = True


class Deeds:
    """Puts deeds into the log."""

    def __init__(self, log: Log, digest: Digest, clock: Clock) -> None:
        """Wire the deeds of a hub."""
        self._log = log
        self._digest = digest
        self._clock = clock

    def do(self, tx: Transaction, deeds: Iterable[Deed], *, by: str) -> list[Receipt]:
        """Do these in the caller's transaction; `by` names who decided. Same id, same words: a duplicate.

        What a room cannot take is raised: a decision is refused, never parked.
        """
        return self.do_for(tx, [(deed, by) for deed in deeds])

    def do_for(self, tx: Transaction, deeds: Iterable[tuple[Deed, str]]) -> list[Receipt]:
        """Do deeds that several people decided, each beside who did."""
        now = self._clock.now()
        return self._write(tx, now, [self._draft(deed, by, now) for deed, by in deeds])

    def tell(self, tx: Transaction, messages: Iterable[Json]) -> list[Receipt]:
        """Take messages of the tracking contract that a door made itself, such as a consent given at the counter.

        What a room cannot take is raised here too.
        """
        now = self._clock.now()
        return self._write(tx, now, [self._message(said, now) for said in messages])

    def together(self, tx: Transaction, things: Iterable[Deed | Json], *, by: str) -> list[Receipt]:
        """Deeds and messages that belong to one decision, in this order and in one write of the log."""
        now = self._clock.now()
        return self._write(
            tx, now, [self._draft(one, by, now) if isinstance(one, Deed) else self._message(one, now) for one in things]
        )

    def new_id(self, prefix: str) -> str:
        """An id that nobody has."""
        return f"{prefix}-{self._clock.random_bytes(8).hex()}"

    def _write(self, tx: Transaction, now: int, items: list[Draft | Refusal]) -> list[Receipt]:
        return self._log.accept_in(tx, [Group(OURS.name, now, _ROUTE, items)], strict=True)[0]

    def _message(self, said: Json, now: int) -> Draft | Refusal:
        raw = msgspec.json.encode(said)
        message = msgspec.convert(said, Message)
        return draft_of(message, raw, origin_of(OURS), sent_at=None, received_at=now, digest=self._digest)

    def _draft(self, deed: Deed, by: str, now: int) -> Draft:
        message_id = deed.id or self.new_id("deed")
        properties: dict[str, Any] = {**deed.properties, "by": by}
        # Without a time, so that the same deed done again has the same body; the record has the time.
        body: Json = {"type": "track", "event": deed.kind, "messageId": message_id, "properties": properties}
        fact = Fact(
            0, deed.kind, WORDS[deed.kind], route_of(deed.subject), deed.subject, message_id, now, now, OURS.name,
            OURS.channel, (), properties, {}, Context(), trusted=True,
        )  # fmt: skip
        return Draft(fact, SCHEMA, msgspec.json.encode(body), personal=deed.personal)
