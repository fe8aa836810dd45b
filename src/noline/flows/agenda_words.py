"""What people write into the agenda and the aims: no address of a customer comes in, and an erasure takes it out.

A note about a friction, the name of a question and the words of a charter or a goal are filed under no person, so
nobody would find them again by whom they are about.
"""

from collections.abc import Collection, Iterable
from typing import Any, Protocol

import msgspec

from noline.channels.segment import decoded
from noline.flows.facts import Facts
from noline.flows.mentions import ERASED, Names, addresses_in
from noline.kernel.events import Fact, Identifier
from noline.stores.log import Log, Rewritten, records_of
from noline.stores.transactional import Reader, Transaction
from noline.truth.customers.service import Customers

NAMES_SOMEBODY = "it holds the e-mail address or the phone number of a customer"

_SHORTEST_NAME = 6


class WrittenRoom(Protocol):
    """A room that keeps what people write."""

    def subjects(self, reader: Reader) -> list[bytes]:
        """How the log names everything that somebody wrote about."""
        ...

    def take(self, tx: Transaction, facts: list[Fact]) -> None:
        """Fold what is left of it."""
        ...


def names_a_customer(reader: Reader, customers: Customers, texts: Iterable[str]) -> bool:
    """Whether some texts hold an e-mail address or a phone number that the hub knows somebody by."""
    found = {customers.subject(one) for text in texts for one in addresses_in(text)}
    return bool(customers.names_of(reader, found))


def named_here(identifiers: Iterable[Identifier], words: Iterable[str], called: str | None) -> Names:
    """Whom to look for in the agenda. called: how the person is called; one word or a very short name means nobody."""
    name = " ".join((called or "").split())
    full = [name] if " " in name and len(name) >= _SHORTEST_NAME else []
    return Names(identifiers, [*words, *full])


def forgotten(
    tx: Transaction, log: Log, facts: Facts, room: WrittenRoom, names: Names, exact: Collection[str] = ()
) -> list[int]:
    """Take these names out of all that was ever said in a room; answers at which positions something changed.

    exact: properties, at whatever depth, that are no text: rows are found and numbers are read by them, so they stay.
    """
    positions: list[int] = []
    for subject in room.subjects(tx):
        for records in records_of(tx, subject):
            changes = [
                Rewritten(record.seq, subject, record.message_id, record.schema, left, record.kind)
                for record, body in log.opened(tx, records)
                if body is not None and (left := _without(names, body, exact)) is not None
            ]
            if changes:
                log.rewrite(tx, changes)
                positions += [change.seq for change in changes]
                changed = {change.seq for change in changes}
                again = [record for found in records_of(tx, subject) for record in found if record.seq in changed]
                room.take(tx, list(facts.of(tx, again)))
    return positions


def _without(names: Names, body: bytes, exact: Collection[str]) -> bytes | None:
    """A deed without these names; None when it holds none of them."""
    document = decoded(body)
    said = document.get("properties")
    left = _left_of(said, names, exact)
    return None if left == said else msgspec.json.encode({**document, "properties": left})


def _left_of(value: Any, names: Names, exact: Collection[str]) -> Any:
    """The same with every text cleaned; nothing is left out, so that the room can still read it."""
    if isinstance(value, str):
        return names.taken_out(value) or (ERASED if value else value)
    if isinstance(value, dict):
        return {key: one if key in exact else _left_of(one, names, exact) for key, one in value.items()}
    return [_left_of(one, names, exact) for one in value] if isinstance(value, list) else value
