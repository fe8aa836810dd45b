"""Goods that customers give back: announced, given back anywhere, looked at, then sold again, kept aside or sent on.

Until somebody looked at it a unit that came back cannot be sold. The refund is apart from the goods. The rooms that
know orders and journeys are told in the words of channels; the stock follows what is posted here.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from noline.flows.consent import addressed
from noline.flows.goods import Desk, Entry, Handling, place, posting
from noline.kernel.errors import Refused
from noline.kernel.events import Json
from noline.kernel.quantities import Units
from noline.stores.transactional import Reader
from noline.truth.customers.service import Customers
from noline.truth.goods.model import (
    Batch,
    GoodsUnreadable,
    Outcome,
    Pile,
    Return,
    ReturnLine,
    Verdict,
    came_back,
    judged,
    merged,
    must_be,
    name,
)
from noline.truth.goods.service import Kept
from noline.truth.orders.service import Orders
from noline.truth.stock.model import CUSTOMER, UNSELLABLE, Place

_MOST_MINOR = 10**15


class ReturnTooLarge(Refused):
    """More is given back than was sold."""

    code = "returns.more_than_sold"
    sentence = "Of order {order}, {asked} of {sku} cannot come back: {sold} were sold, {returned} came back before."
    hint = "Look at the order; take back without `order_id` what it does not name."


class ReturnRefunded(Refused):
    """The money was given back before."""

    code = "returns.refunded"
    sentence = "Return {back} was refunded before: {amount_minor} {currency} in minor units."
    hint = "Nothing more is to be done; a further amount is a matter of the order."


class RefundUnknown(Refused):
    """Nobody said what is to be given back, and the order does not tell what its lines cost."""

    code = "returns.refund_unknown"
    sentence = "What return {back} is worth is not known here."
    hint = "Send `amount_minor` and `currency`."


class Returning:
    """The returns of a hub."""

    def __init__(self, desk: Desk, handling: Handling, orders: Orders, customers: Customers) -> None:
        """Wire the returns."""
        self._desk = desk
        self._store = desk.store
        self._handling = handling
        self._orders = orders
        self._customers = customers

    def back(self, back: str) -> Return:
        """A return as it stands; raises NotFound."""
        with self._store.reading() as reader:
            return self._desk.known(reader, Return, back)

    def returns(
        self, *, location: str | None = None, state: str | None = None, limit: int = 100, offset: int = 0
    ) -> list[Kept]:
        """Returns, touched last first."""
        with self._store.reading() as reader:
            states = (state,) if state else ()
            return self._desk.goods.papers(reader, Return, location=location, states=states, limit=limit, offset=offset)

    def announce(
        self,
        location: str,
        batches: Sequence[Batch],
        *,
        by: str,
        order_id: str = "",
        return_id: str = "",
        channel: str = "",
        conditions: Mapping[str, str] | None = None,
    ) -> Return:
        """Say that goods will come back. location: where they are awaited; they may come anywhere else.

        conditions: by SKU, as the customer tells. Raises GoodsUnreadable, NameTaken and ReturnTooLarge.
        """
        units = merged(batches)
        told = {sku: name("condition", said) for sku, said in (conditions or {}).items() if said}
        with self._store.transaction() as tx:
            back_id = self._desk.new_name(tx, "return", return_id)
            lines = tuple(
                ReturnLine(pile.sku, count, *pile[1:], condition=told.get(pile.sku, ""))
                for pile, count in units.items()
            )
            opened_at = self._desk.clock.now()
            back = Return(
                back_id, "announced", place(location), lines, opened_at, order_id, channel
            )  # fmt: skip
            self._refuse_more_than_sold(tx, back, units)
            self._desk.tell(tx, self._told(tx, back, "Return Requested", units))
            self._desk.write(tx, [back], by=by)
            return back

    def receive(
        self, back: str, batches: Sequence[Batch] | None = None, *, by: str, location: str | None = None
    ) -> Return:
        """It was given back, here or elsewhere: all that was announced, or as it came. It cannot be sold yet.

        Raises NotFound, PaperStateWrong, GoodsUnreadable and ReturnTooLarge.
        """
        with self._store.transaction() as tx:
            before = self._desk.known(tx, Return, back)
            found = None if batches is None else merged(batches, least=0)
            after = came_back(before, place(before.location if location is None else location), found)
            units = {line.pile: line.received for line in after.lines if line.received}
            if not units:
                raise GoodsUnreadable(why=f"nothing came back with the return {back}; cancel it")
            self._refuse_more_than_sold(tx, after, units)
            aside = Place(after.location, UNSELLABLE)
            moves = [posting(pile, count, Place(CUSTOMER), aside) for pile, count in units.items()]
            self._desk.tell(tx, self._told(tx, after, "Return Accepted", units))
            self._desk.write(tx, [after], [Entry(after.id, "returned", moves)], by=by)
            return after

    def inspect(
        self,
        back: str,
        verdicts: Sequence[Verdict] = (),
        *,
        by: str,
        others: Outcome | None = None,
        depot: str | None = None,
    ) -> Return:
        """Say what becomes of each unit. others: of those that no verdict names; depot: to which units are sent back.

        What is sent back goes by a transfer of goods that cannot be sold. Raises NotFound, PaperStateWrong and
        GoodsUnreadable.
        """
        for one in verdicts:
            merged([Batch(one.pile.sku, one.units, one.pile.lot, one.pile.owner)])
        with self._store.transaction() as tx:
            after = judged(self._desk.known(tx, Return, back), verdicts, others)
            sent_back = [Batch(line.sku, line.sent_back, *line.pile[1:]) for line in after.lines if line.sent_back]
            if sent_back and depot is None:
                raise GoodsUnreadable(why="a depot must be named for what is sent back")
            if sent_back and depot is not None:
                transfer = self._handling.draft(
                    after.location, depot, sent_back, by=by, bucket=UNSELLABLE, document=after.id
                )
                after = replace(after, transfer=transfer.id)
            shelf, aside = Place(after.location), Place(after.location, UNSELLABLE)
            moves = [posting(line.pile, line.restocked, aside, shelf) for line in after.lines if line.restocked]
            self._desk.write(tx, [after], [Entry(after.id, "restocked", moves)], by=by)
            return after

    def refund(self, back: str, amount_minor: int | None = None, currency: str = "", *, by: str) -> Return:
        """Give the money back, before or after the goods were looked at; without an amount what the order says.

        Raises NotFound, PaperStateWrong, ReturnRefunded, RefundUnknown and GoodsUnreadable.
        """
        with self._store.transaction() as tx:
            before = self._desk.known(tx, Return, back)
            must_be(before, "announced", "received", "inspected")
            if before.refunded_minor is not None:
                raise ReturnRefunded(back=back, amount_minor=before.refunded_minor, currency=before.currency)
            if amount_minor is None:
                amount_minor, currency = self._worth(tx, before)
            if not 0 <= amount_minor < _MOST_MINOR or not (len(currency) == 3 and currency.isascii()):
                raise GoodsUnreadable(why=f"{amount_minor} {currency!r} is no amount")
            after = replace(before, refunded_minor=amount_minor, currency=currency.upper())
            money: Json = {"total_minor": amount_minor, "currency": after.currency}
            self._desk.tell(tx, self._told(tx, after, "Return Refunded", _units(after), money))
            self._desk.write(tx, [after], by=by)
            return after

    def cancel(self, back: str, *, by: str) -> Return:
        """Nothing will come. Raises NotFound and PaperStateWrong."""
        with self._store.transaction() as tx:
            before = self._desk.known(tx, Return, back)
            must_be(before, "announced")
            after = replace(before, state="cancelled")
            self._desk.tell(tx, self._told(tx, after, "Return Refused", _units(after)))
            self._desk.write(tx, [after], by=by)
            return after

    # -- inside

    def _refuse_more_than_sold(self, reader: Reader, back: Return, units: Mapping[Pile, Units]) -> None:
        """What an order that is known did not sell, or what came back before, cannot come back with it."""
        lines = self._orders.lines(reader, back.order_id) if back.order_id else []
        sold, returned = Counter[str](), Counter[str]()
        for line in lines:
            sold[line.sku] += line.units
            returned[line.sku] += line.returned_units
        if not sold:
            return
        for other in self._desk.goods.returns_of(reader, back.order_id):
            if other.state == "announced" and other.id != back.id:
                returned.update(_by_sku(_units(other).items()))
        for sku, asked in _by_sku(units.items()).items():
            if asked + returned[sku] > sold[sku]:
                raise ReturnTooLarge(
                    order=back.order_id, sku=sku, sold=sold[sku], returned=returned[sku], asked=asked
                )  # fmt: skip

    def _worth(self, reader: Reader, back: Return) -> tuple[int, str]:
        """What the order took for these units."""
        prices = {line.sku: line.price for line in self._orders.lines(reader, back.order_id)} if back.order_id else {}
        total, currencies = 0, set[str]()
        for sku, units in _by_sku(_units(back).items()).items():
            price = prices.get(sku)
            if price is None:
                raise RefundUnknown(back=back.id)
            total += units * price.amount_minor
            currencies.add(price.currency)
        if len(currencies) != 1:
            raise RefundUnknown(back=back.id)
        return total, currencies.pop()

    def _told(
        self, reader: Reader, back: Return, event: str, units: Mapping[Pile, Units], more: Json | None = None
    ) -> list[Json]:
        """What is told of a return of an order, under the name that placed it; of no order there is nobody to tell."""
        if not back.order_id:
            return []
        order = self._orders.order(reader, back.order_id)
        named = self._customers.names_of(reader, [order.subject]) if order else {}
        who = addressed(named[order.subject]) if order and order.subject in named else {}
        channel = {"channel": back.channel} if back.channel else {}
        products = [{"sku": sku, "quantity": count} for sku, count in _by_sku(units.items()).items()]
        return [
            {
                "type": "track",
                "event": event,
                "messageId": self._desk.deeds.new_id("return-told"),
                **who,
                "context": {**who.get("context", {}), **channel, "store_id": back.location},
                "properties": {
                    "order_id": back.order_id, "return_id": back.id, "store_id": back.location, "products": products,
                    **(more or {}),
                },
            }
        ]  # fmt: skip


def _units(back: Return) -> dict[Pile, Units]:
    """Units as they came, or as they were announced."""
    return {line.pile: line.units if line.received is None else line.received for line in back.lines}


def _by_sku(units: Iterable[tuple[Pile, Units]]) -> Counter[str]:
    found = Counter[str]()
    for pile, count in units:
        found[pile.sku] += count
    return found
