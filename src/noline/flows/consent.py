"""Consent: what a person agreed to, a change of it told through a door, and what a browser's opt-out signal says.

What is told is a message like any other: it stands in the log, and the room of consents makes of it what it makes of
every statement.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from noline.channels.segment import Envelope
from noline.flows.deeds import Deeds
from noline.kernel.clock import Micros
from noline.kernel.errors import Refused
from noline.kernel.events import Digest, Identifier, Json, Message, Receipt, Refusal
from noline.stores.transactional import Reader, TransactionalStore
from noline.truth.consents.model import OPT_OUT_PURPOSES, Consent, Decision, Heard, Subject, channel_of, purpose_of
from noline.truth.consents.service import Consents
from noline.truth.consents.statements import CHANGED
from noline.truth.customers.identifiers import identifiers_of
from noline.truth.customers.service import Customers

OPT_OUT_ID = "gpc"
"""The id of a visitor's opt-out; ids are unique within a visitor, so each has one."""

_MOST_REMEMBERED = 100_000


class ConsentKeyReused(Refused):
    """An idempotency key that came with another change before."""

    code = "consents.key_reused"
    sentence = "The idempotency key {key!r} was used for another change of consent; nothing was changed."
    hint = "Send a new key for a new change."


@dataclass(frozen=True, slots=True)
class PersonalConsent:
    """What a person agreed to. joined_at: since when the names of the person are one, 0 for one name.

    names: the identifier of each subject that the history mentions.
    """

    person: str
    joined_at: Micros
    purposes: Mapping[str, Consent]
    history: tuple[Heard, ...]
    names: Mapping[Subject, Identifier]


class Consenting:
    """What people agreed to, asked for by person."""

    def __init__(
        self, store: TransactionalStore, customers: Customers, consents: Consents, deeds: Deeds, digest: Digest
    ) -> None:
        """Wire the consents of a hub."""
        self._store = store
        self._customers = customers
        self._consents = consents
        self._deeds = deeds
        self._digest = digest

    def of(self, person: str) -> PersonalConsent:
        """What stands for each purpose, and everything that was told; raises NotFound."""
        with self._store.reading() as reader:
            return self.of_in(reader, person)

    def of_in(self, reader: Reader, person: str) -> PersonalConsent:
        """The same, read in a state that the caller holds."""
        whom = self._customers.resolve(reader, person)
        subjects, joined_at = self._joined(reader, whom)
        heard = self._consents.history(reader, subjects, joined_at)
        tellers = {subject for one in heard for subject in one.statement[:2]}
        names = self._customers.names_of(reader, tellers)
        return PersonalConsent(
            whom, joined_at, self._consents.of(reader, subjects, joined_at), tuple(heard), names
        )  # fmt: skip

    def allows(self, person: str, purpose: str, channel: str | None = None) -> Decision:
        """Whether a person may be asked, written to, counted, ... for a purpose by a channel; raises NotFound."""
        with self._store.reading() as reader:
            subjects, joined_at = self._joined(reader, person)
            return self._consents.allows(reader, subjects, joined_at, purpose, channel)

    def change(
        self,
        person: str,
        purpose: str,
        channel: str | None,
        *,
        granted: bool,
        by: str | None = None,
        method: str = "counter",
        description: str | None = None,
        policy: str | None = None,
        key: str | None = None,
    ) -> Receipt:
        """A person said yes or no: tell it, filed under the strongest name of the person.

        by: who took it down. policy: which version of the words was agreed to. key: the same key is the same change.
        Raises NotFound and ConsentKeyReused.
        """
        said = {
            "purpose": purpose_of(purpose), "channel": channel_of(channel), "granted": granted, "method": method,
            "by": by, "description": description, "policy": policy,
        }  # fmt: skip
        said = {name: value for name, value in said.items() if value is not None}
        with self._store.transaction() as tx:
            named = self._strongest(tx, person)
            message_id = self._deeds.new_id("consent") if key is None else self._id_of(named, key)
            message = {"type": "track", "event": CHANGED, "messageId": message_id, "properties": said}
            (receipt,) = self._deeds.tell(tx, [{**message, **addressed(named)}])
            if receipt.status == "conflict":
                raise ConsentKeyReused(key=key)
            return receipt

    def _joined(self, reader: Reader, person: str) -> tuple[list[Subject], Micros]:
        return self._customers.subjects(reader, person), self._customers.joined_at(reader, person)

    def _strongest(self, reader: Reader, person: str) -> Identifier:
        rules = self._customers.derivation.rules
        known = self._customers.get(reader, person).identifiers
        named, _ = min(known, key=lambda one: (rules.of(one[0].namespace).rank, one[1], one[0]))
        return named

    def _id_of(self, named: Identifier, key: str) -> str:
        """The id of a change that has an idempotency key; it tells nobody the key or the name."""
        return "consent-" + self._digest(f"consent:{named.namespace}:{named.value}:{key}").hex()


def addressed(named: Identifier) -> Json:
    """The parts of a message that say whom it is about."""
    if named.namespace == "user_id":
        return {"userId": named.value}
    if named.namespace == "anonymous_id":
        return {"anonymousId": named.value}
    return {"context": {"externalIds": [{"type": named.namespace, "id": named.value}]}}


class OptOuts:
    """Global Privacy Control: a browser that sends `Sec-GPC: 1` opts its visitor out of sale and shared advertising.

    Each visitor is told of once; those already told of are remembered, and told again only after a restart, which the
    log answers as a duplicate. The signal never opts in, and its absence says nothing.
    """

    def __init__(self) -> None:
        """Nobody is remembered yet."""
        self._told: set[Identifier] = set()

    def added(self, envelope: Envelope) -> tuple[Envelope, frozenset[Identifier]]:
        """A request with the opt-outs of its visitors behind its own items, and these visitors."""
        visitors = {one for item in envelope.items if (one := _visitor(item)) is not None} - self._told
        if not visitors:
            return envelope, frozenset()
        messages = [_opt_out(one) for one in sorted(visitors)]
        raws = [msgspec.json.encode(one) for one in messages]
        items: Sequence[Message | Refusal] = [msgspec.convert(one, Message) for one in messages]
        more = envelope._replace(items=[*envelope.items, *items], raws=[*envelope.raws, *raws])
        return more, frozenset(visitors)

    def remember(self, visitors: frozenset[Identifier]) -> None:
        """These opt-outs are durable."""
        if len(self._told) + len(visitors) > _MOST_REMEMBERED:
            self._told.clear()
        self._told |= visitors


def _visitor(item: Message | Refusal) -> Identifier | None:
    """Whose browser it is: the visitor's, and only without one the user's."""
    if isinstance(item, Refusal):
        return None
    who = item.anonymousId if item.anonymousId is not None else item.userId
    name = "anonymousId" if item.anonymousId is not None else "userId"
    named = identifiers_of(msgspec.convert({name: who}, Message))
    return named[0] if named else None


def _opt_out(visitor: Identifier) -> Json:
    said = {"purposes": list(OPT_OUT_PURPOSES), "granted": False, "method": "gpc", "description": "Sec-GPC: 1"}
    return {"type": "track", "event": CHANGED, "messageId": OPT_OUT_ID, **addressed(visitor), "properties": said}
