"""What people write into the agenda: no address of a customer comes in, and an erasure takes out whom it names.

A note about a friction and the name of a question are filed under no person, so nobody would find them again by whom
they are about.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from noline.channels.segment import decoded
from noline.flows.facts import Facts
from noline.flows.mentions import ERASED, Names, addresses_in
from noline.kernel.events import Identifier
from noline.stores.log import Log, Rewritten, records_of
from noline.stores.transactional import Reader, Transaction
from noline.truth.agenda.service import Agenda
from noline.truth.customers.service import Customers

NAMES_SOMEBODY = "it holds the e-mail address or the phone number of a customer"

_SHORTEST_NAME = 6


def names_a_customer(reader: Reader, customers: Customers, texts: Iterable[str]) -> bool:
    """Whether some texts hold an e-mail address or a phone number that the hub knows somebody by."""
    found = {customers.subject(one) for text in texts for one in addresses_in(text)}
    return bool(customers.names_of(reader, found))


def named_here(identifiers: Iterable[Identifier], words: Iterable[str], called: str | None) -> Names:
    """Whom to look for in the agenda. called: how the person is called; one word or a very short name means nobody."""
    name = " ".join((called or "").split())
    full = [name] if " " in name and len(name) >= _SHORTEST_NAME else []
    return Names(identifiers, [*words, *full])


def forgotten(tx: Transaction, log: Log, facts: Facts, agenda: Agenda, names: Names) -> list[int]:
    """Take these names out of all that was ever said in the agenda; answers at which positions something changed."""
    positions: list[int] = []
    for subject in agenda.subjects(tx):
        for records in records_of(tx, subject):
            changes = [
                Rewritten(record.seq, subject, record.message_id, record.schema, left, record.kind)
                for record, body in log.opened(tx, records)
                if body is not None and (left := _without(names, body)) is not None
            ]
            if changes:
                log.rewrite(tx, changes)
                positions += [change.seq for change in changes]
                changed = {change.seq for change in changes}
                again = [record for found in records_of(tx, subject) for record in found if record.seq in changed]
                agenda.take(tx, list(facts.of(tx, again)))
    return positions


def _without(names: Names, body: bytes) -> bytes | None:
    """A deed of the agenda without these names; None when it holds none of them."""
    document = decoded(body)
    said = document.get("properties")
    left = _left_of(said, names)
    return None if left == said else msgspec.json.encode({**document, "properties": left})


def _left_of(value: Any, names: Names) -> Any:
    """The same with every text cleaned; nothing is left out, so that the room can still read it."""
    if isinstance(value, str):
        return names.taken_out(value) or (ERASED if value else value)
    if isinstance(value, dict):
        return {key: _left_of(one, names) for key, one in value.items()}
    return [_left_of(one, names) for one in value] if isinstance(value, list) else value
