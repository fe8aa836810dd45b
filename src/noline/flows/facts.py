"""Facts read back from the log: what verifying, projecting and timelines begin with."""

from collections.abc import Callable, Iterator, Sequence

from noline.flows.reading import Origin, fact_of
from noline.kernel.events import Fact, Record
from noline.kernel.sales import GoodsCost, OrderEvent, goods_cost, is_of_an_order, order_events, tells_of_cost
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


class TouchpointFeed:
    """The log as rows of the analytical table `touchpoints`."""

    name = "touchpoints"

    def __init__(self, facts: Facts, currency: str) -> None:
        """currency: of amounts that do not say."""
        self._facts = facts
        self._currency = currency

    def read(self, after: int, limit: int) -> tuple[list[Touchpoint], int] | None:
        """The touchpoints of the next positions; None when the log ends here."""
        facts, last = self._facts.after(after, limit, is_of_a_journey)
        if last == after:
            return None
        found = (touchpoint(fact, self._currency) for fact in facts)
        return [one for one in found if one is not None], last


class OrderFeed:
    """The log as rows of the analytical table `order_events`."""

    name = "order_events"

    def __init__(self, facts: Facts, currency: str) -> None:
        """currency: of amounts that do not say."""
        self._facts = facts
        self._currency = currency

    def read(self, after: int, limit: int) -> tuple[list[OrderEvent], int] | None:
        """What the next positions tell of orders; None when the log ends here."""
        facts, last = self._facts.after(after, limit, is_of_an_order)
        if last == after:
            return None
        return [row for fact in facts for row in order_events(fact, self._currency)], last


class CostFeed:
    """The log as rows of the analytical table `goods_costs`."""

    name = "goods_costs"

    def __init__(self, facts: Facts, currency: str) -> None:
        """currency: of amounts that do not say."""
        self._facts = facts
        self._currency = currency

    def read(self, after: int, limit: int) -> tuple[list[GoodsCost], int] | None:
        """What the next positions tell of costs; None when the log ends here."""
        facts, last = self._facts.after(after, limit, tells_of_cost)
        if last == after:
            return None
        found = (goods_cost(fact, self._currency) for fact in facts)
        return [one for one in found if one is not None], last


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
