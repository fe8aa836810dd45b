"""Facts read back from the log: what verifying, projecting and timelines begin with."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from noline.flows.reading import Origin, fact_of
from noline.kernel.events import Fact, Record
from noline.kernel.sales import GoodsCost, goods_cost, is_of_an_order, order_events, tells_of_cost
from noline.kernel.touchpoints import Touchpoint, is_of_a_journey, touchpoint
from noline.kernel.words import Word, word_for
from noline.stores.log import Log, records_after
from noline.stores.transactional import Reader, TransactionalStore
from noline.truth.customers.model import number_of
from noline.truth.customers.service import Customers

_IN_ONE_READ = 5_000


class Facts:
    """The log, unsealed. Records whose subject was erased are passed over."""

    def __init__(self, store: TransactionalStore, log: Log, origin: Callable[[str], Origin]) -> None:
        """origin: what a source's name stands for."""
        self._store = store
        self._log = log
        self._origin = origin

    def of(self, reader: Reader, records: Sequence[Record]) -> Iterator[Fact]:
        """The facts of these records."""
        origins = {name: self._origin(name) for name in {record.source for record in records}}
        for record, body in self._log.opened(reader, records):
            if body is not None:
                yield fact_of(record, body, origins[record.source])

    def all(self) -> Iterator[list[Fact]]:
        """Every fact in the order of the log, in portions, of one consistent state."""
        with self._store.reading() as reader:
            after = 0
            while records := records_after(reader, after, _IN_ONE_READ):
                after = records[-1].seq
                yield list(self.of(reader, records))

    def after(self, after: int, limit: int, wanted: Callable[[Word], bool]) -> tuple[list[Fact], int]:
        """The wanted facts of the next positions, and the last position read. What is not wanted is not opened."""
        with self._store.reading() as reader:
            records = records_after(reader, after, limit)
            mine = [record for record in records if wanted(word_for(record.kind))]
            return list(self.of(reader, mine)), records[-1].seq if records else after


class LogFeed:
    """The log as rows of one analytical table."""

    def __init__(
        self,
        name: str,
        facts: Facts,
        wanted: Callable[[Word], bool],
        rows_of: Callable[[Fact], Sequence[tuple[Any, ...]]],
    ) -> None:
        """name: of the table. wanted: which words can have rows; no other is opened. rows_of: those of a fact."""
        self.name = name
        self._facts = facts
        self._wanted = wanted
        self._rows_of = rows_of

    def read(self, after: int, limit: int) -> tuple[list[tuple[Any, ...]], int] | None:
        """The rows of the next positions; None when the log ends here."""
        facts, last = self._facts.after(after, limit, self._wanted)
        return None if last == after else ([row for fact in facts for row in self._rows_of(fact)], last)


def feeds_of(facts: Facts, currency: str) -> list[LogFeed]:
    """What the log feeds: touchpoints, what is said of orders, and what goods cost. currency: where none is told."""

    def touchpoints(fact: Fact) -> list[Touchpoint]:
        found = touchpoint(fact, currency)
        return [] if found is None else [found]

    def costs(fact: Fact) -> list[GoodsCost]:
        found = goods_cost(fact, currency)
        return [] if found is None else [found]

    return [
        LogFeed("touchpoints", facts, is_of_a_journey, touchpoints),
        LogFeed("order_events", facts, is_of_an_order, lambda fact: order_events(fact, currency)),
        LogFeed("goods_costs", facts, tells_of_cost, costs),
    ]


class PeopleFeed:
    """Whose identifier is whose, as changes for the analytical table `people`."""

    name = "people"

    def __init__(self, store: TransactionalStore, customers: Customers) -> None:
        """Reads the customers room."""
        self._store = store
        self._customers = customers

    def read(self, after: int, limit: int) -> tuple[list[tuple[int, int, int]], int] | None:  # noqa: ARG002
        """All changes after a position: a position is given whole, so there is no smaller portion."""
        with self._store.reading() as reader:
            changes = self._customers.changed_since(reader, after)
        if not changes:
            return None
        rows = [(version, route_key, number_of(person)) for version, route_key, person in changes]
        return rows, rows[-1][0]
