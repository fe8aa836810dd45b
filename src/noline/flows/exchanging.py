"""Exchanging: goods of an order come back, and others go out for them; one step, two papers that name each other."""

from collections.abc import Mapping

from msgspec.structs import replace

from noline.flows.asked import NewOrder, OrderAskUnreadable, check_units
from noline.flows.ordering import Ordering, OrderOtherwise, Placed
from noline.flows.returns import Returning
from noline.kernel.errors import NotFound
from noline.kernel.quantities import Units
from noline.stores.transactional import Reader, TransactionalStore
from noline.truth.goods.model import Batch
from noline.truth.orders.service import Orders


class Exchanging:
    """Exchanges of one hub."""

    def __init__(self, store: TransactionalStore, orders: Orders, ordering: Ordering, returning: Returning) -> None:
        """Wire it."""
        self._store = store
        self._orders = orders
        self._ordering = ordering
        self._returning = returning

    def exchange(
        self, order_id: str, back: Mapping[str, Units], new: NewOrder, *, by: str, location: str | None = None
    ) -> Placed:
        """Announce the return of goods of an order, and place the order for what is wanted instead.

        location: where the goods are awaited; without it where the new ones are collected or sold. The new order is
        that of the customer of the old one, unless it names another. The same exchange again is answered as it is.
        Raises what `Ordering.place` and `Returning.announce` raise, OrderOtherwise also when what comes back or where
        it is awaited is not as it was the first time, NotFound and OrderAskUnreadable.
        """
        check_units(back)
        awaited = location or new.deliver.location or new.store_id
        if awaited is None or not back:
            raise OrderAskUnreadable(why="an exchange names what comes back and where it is awaited")
        with self._store.transaction() as tx:
            if self._orders.order(tx, order_id) is None:
                raise NotFound(what="order", name=order_id)
            again = new.order_id is not None and self._orders.book(tx, new.order_id) is not None
            placed = self._ordering.place(replace(new, exchange_of=order_id), by=by)
            number = placed.order.order_id
            if again and self._announced(tx, order_id, _paper_of(number)) != (dict(back), awaited):
                raise OrderOtherwise(order=number)
            if not again:
                self._returning.announce(
                    awaited, [Batch(sku, units) for sku, units in sorted(back.items())], by=by, order_id=order_id,
                    return_id=_paper_of(number), channel=new.channel,
                )  # fmt: skip
            return placed

    def _announced(self, reader: Reader, order_id: str, paper: str) -> tuple[dict[str, Units], str | None] | None:
        """What was to come back, and where it was awaited, as it was first said; None when nothing was.

        The goods may have been given back elsewhere since, so the place is that of the first telling.
        """
        asked = (
            one for one in self._orders.tellings(reader, order_id)
            if one.kind == "Return Requested" and one.return_id == paper
        )  # fmt: skip
        first = next(asked, None)
        if first is None:
            return None
        lines = self._returning.back(paper).lines
        return {line.sku: line.units for line in lines if line.units}, first.store_id


def _paper_of(number: str) -> str:
    """The return that belongs to an order which was placed in exchange."""
    return f"{number}-exchange"
