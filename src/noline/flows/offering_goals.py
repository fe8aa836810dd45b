"""Goals: who of some customers reached what within their time, read from what is true, not from what was promised."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from noline.kernel.clock import Micros
from noline.stores.log import records_of
from noline.stores.transactional import Reader
from noline.truth.consents.service import Consents
from noline.truth.customers.service import Customers
from noline.truth.orders.model import Order, State
from noline.truth.orders.service import Orders

_CONSENT = "consent:"
_NO_ORDER = frozenset({State.KNOWN, State.CANCELLED})


class Span(Protocol):
    """A time that begins after an instant and ends with another."""

    @property
    def at(self) -> Micros:
        """After this instant it counts."""
        ...

    @property
    def until(self) -> Micros:
        """Until this instant, which counts too."""
        ...


class _Case(NamedTuple):
    """A person with subjects and time."""

    person: str
    subjects: Sequence[bytes]
    span: Span

    def holds(self, at: Micros) -> bool:
        return self.span.at < at <= self.span.until


class Goals:
    """Who reached a goal, of one hub."""

    def __init__(self, customers: Customers, orders: Orders, consents: Consents) -> None:
        """Wire the rooms that goals are read from."""
        self._customers = customers
        self._orders = orders
        self._consents = consents

    def reached(self, reader: Reader, what: Sequence[str], spans: Mapping[str, Span]) -> set[str]:
        """The persons who reached one of these goals within their own time.

        what: `order` (placed and not cancelled), `store_order` (so in a store), `consent:PURPOSE` (a yes told on
        purpose), or names of events, which are looked up in the log.
        """
        cases = [_Case(person, self._customers.subjects(reader, person), span) for person, span in spans.items()]
        found: set[str] = set()
        words = frozenset(name for name in what if self._way(name) is None)
        for name in what:
            way = self._way(name)
            if way is not None:
                found |= way(reader, cases)
        if words:
            found |= set(_heard(reader, cases, words))
        return found

    def _way(self, name: str) -> Callable[[Reader, Sequence[_Case]], set[str]] | None:
        """How a goal that is no event is looked up."""
        if name == "order":
            return lambda reader, cases: self._ordered(reader, cases, lambda _: True)
        if name == "store_order":
            return lambda reader, cases: self._ordered(reader, cases, lambda order: order.channel == "store")
        if name.startswith(_CONSENT):
            purpose = name.removeprefix(_CONSENT)
            return lambda reader, cases: {case.person for case in cases if self._agreed(reader, case, purpose)}
        return None

    def _ordered(self, reader: Reader, cases: Sequence[_Case], counts: Callable[[Order], bool]) -> set[str]:
        by_subject = {subject: case for case in cases for subject in case.subjects}
        return {
            case.person
            for order in self._orders.orders_of(reader, list(by_subject))
            if (case := by_subject[order.subject]).holds(order.placed_at)
            and order.state not in _NO_ORDER
            and counts(order)
        }

    def _agreed(self, reader: Reader, case: _Case, purpose: str) -> bool:
        told = (heard.statement for heard in self._consents.history(reader, case.subjects, 0))
        return any(
            one.granted and not one.repeats and one.purpose == purpose and case.holds(one.told_at) for one in told
        )


def _heard(reader: Reader, cases: Sequence[_Case], words: Collection[str]) -> Iterator[str]:
    """The persons of whom the log has one of these words within their time."""
    for case in cases:
        records = (record for subject in case.subjects for some in records_of(reader, subject) for record in some)
        if any(record.kind in words and case.holds(record.occurred_at) for record in records):
            yield case.person
