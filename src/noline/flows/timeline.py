"""One customer's way through all channels, as it lies in the log: each event with its evidence."""

from dataclasses import dataclass

from noline.flows.facts import Facts
from noline.kernel.clock import Micros, as_text
from noline.kernel.events import Fact, Record, route_of
from noline.kernel.touchpoints import touchpoint
from noline.stores.log import record_heads_of, records_at
from noline.stores.transactional import TransactionalStore
from noline.truth.customers.service import Customers


@dataclass(frozen=True, slots=True)
class Moment:
    """One event of a customer.

    seq: its place in the log, the evidence. at: ISO 8601 in UTC. value_minor: in minor units of `currency`.
    """

    seq: int
    at: str
    channel: str
    action: str
    stage: str
    label: str
    value_minor: int | None
    currency: str | None
    store_id: str | None
    source: str
    object: str | None


@dataclass(frozen=True, slots=True)
class Timeline:
    """The latest events of a customer before an instant, newest first.

    older: microseconds to ask for next, None when this is all. last_seen: for each identifier, by subject.
    """

    events: tuple[Moment, ...]
    older: Micros | None
    total: int


def timeline(
    store: TransactionalStore,
    customers: Customers,
    facts: Facts,
    person: str,
    *,
    currency: str,
    before: Micros | None = None,
    limit: int = 500,
) -> Timeline:
    """Read a customer's latest events. Raises NotFound."""
    with store.reading() as reader:
        heads = [
            head
            for subject in customers.subjects(reader, person)
            for head in record_heads_of(reader, route_of(subject), subject)
        ]
        heads.sort(key=lambda head: (head[1], head[0]), reverse=True)
        wanted = [seq for seq, occurred_at in heads if before is None or occurred_at < before]
        records: list[Record] = records_at(reader, wanted[:limit])
        told = {fact.seq: fact for fact in facts.of(reader, records)}
    events = tuple(_moment(told[seq], currency) for seq in wanted[:limit] if seq in told)
    older = dict(heads)[wanted[limit - 1]] if len(wanted) > limit else None
    return Timeline(events, older, len(heads))


def _moment(fact: Fact, currency: str) -> Moment:
    point = touchpoint(fact, currency)
    return Moment(
        fact.seq,
        as_text(fact.occurred_at),
        fact.channel,
        fact.kind,
        fact.word.stage,
        _label(fact),
        point.value_minor if point else None,
        point.currency if point else None,
        point.store_id if point else fact.context.store_id,
        fact.source,
        point.object_id if point else None,
    )


def _label(fact: Fact) -> str:
    """The event's name, with the one thing it is about."""
    about = fact.text("name", "product_name", "title", "query", "coupon_id", "order_id", "sku", "product_id", "reason")
    return f"{fact.kind}: {about}" if about else fact.kind
