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
from noline.kernel.money import Money
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
from noline.truth.orders.fulfilments import GONE, Book, Step
from noline.truth.orders.service import Orders
from noline.truth.stock.model import CUSTOMER, UNSELLABLE, Place

_MOST_MINOR = 10**15
_LEFT = frozenset({"Order Shipped", "Order Delivered", "Pickup Collected"})
"""Words that say that an order left the house; what did cannot be cancelled any more."""


class ReturnTooLarge(Refused):
    """More is given back than was sold and left the house."""

    code = "returns.more_than_sold"
    sentence = "Of order {order}, {asked} of {sku} cannot come back: {sold} were sold, {returned} came back before."
    hint = (
        "Sold is what left the house: cancel what did not; take back without `order_id` what the order does not name."
    )


class ReturnRefunded(Refused):
    """The money was given back before."""

    code = "returns.refunded"
    sentence = "Return {back} was refunded before: {amount_minor} {currency} in minor units."
    hint = "Nothing more is to be done; a further amount is a matter of the order."


class RefundTooLarge(Refused):
    """More money is given back than the order took, or money of another kind."""

    code = "returns.more_than_paid"
    sentence = (
        "For return {back}, {amount_minor} {currency} cannot be given back: order {order} took {worth_minor} "
        "{worth_currency} for its units, and {left_minor} of all it took were not given back yet (in minor units)."
    )
    hint = "Give back at most the smaller of both, in the currency of the order; more than that is no refund of goods."


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

        Raises NotFound, PaperStateWrong, GoodsUnreadable, and ReturnTooLarge, also when the order was cancelled since.
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

        Raises NotFound, PaperStateWrong, ReturnRefunded, RefundUnknown, RefundTooLarge, ReturnTooLarge for goods that
        did not leave the house, and GoodsUnreadable.
        """
        with self._store.transaction() as tx:
            before = self._desk.known(tx, Return, back)
            must_be(before, "announced", "received", "inspected")
            if before.refunded_minor is not None:
                raise ReturnRefunded(back=back, amount_minor=before.refunded_minor, currency=before.currency)
            if before.state == "announced":
                self._refuse_more_than_sold(tx, before, _units(before))
            if amount_minor is None:
                amount_minor, currency = self._worth(tx, before)
            if not 0 <= amount_minor < _MOST_MINOR or not (len(currency) == 3 and currency.isascii()):
                raise GoodsUnreadable(why=f"{amount_minor} {currency!r} is no amount")
            after = replace(before, refunded_minor=amount_minor, currency=currency.upper())
            self._refuse_more_than_paid(tx, after, amount_minor)
            money: Json = {"total_minor": amount_minor, "currency": after.currency}
            self._desk.tell(tx, self._told(tx, after, "Return Refunded", _units(after), money))
            self._desk.write(tx, [after], by=by)
            return after

    def cancel(self, back: str, *, by: str) -> Return:
        """Nothing will come. Raises NotFound, PaperStateWrong, and ReturnRefunded once the money was given back."""
        with self._store.transaction() as tx:
            before = self._desk.known(tx, Return, back)
            must_be(before, "announced")
            if before.refunded_minor is not None:
                raise ReturnRefunded(back=back, amount_minor=before.refunded_minor, currency=before.currency)
            after = replace(before, state="cancelled")
            self._desk.tell(tx, self._told(tx, after, "Return Refused", _units(after)))
            self._desk.write(tx, [after], by=by)
            return after

    # -- inside

    def _refuse_more_than_sold(self, reader: Reader, back: Return, units: Mapping[Pile, Units]) -> None:
        """What did not leave the house with an order that is known, or came back before, cannot come back with it."""
        sold = self._sold(reader, back.order_id) if back.order_id else None
        if sold is None:
            return
        returned = Counter[str]()
        for line in self._orders.lines(reader, back.order_id):
            returned[line.sku] += line.returned_units
        for other in self._desk.goods.returns_of(reader, back.order_id):
            if other.state == "announced" and other.id != back.id:
                returned.update(_by_sku(_units(other).items()))
        for sku, asked in _by_sku(units.items()).items():
            if asked + returned[sku] > sold[sku]:
                raise ReturnTooLarge(
                    order=back.order_id, sku=sku, sold=sold[sku], returned=returned[sku], asked=asked
                )  # fmt: skip

    def _sold(self, reader: Reader, order_id: str) -> Counter[str] | None:
        """Units by item that the customer of an order can have; None when nobody knows what is in it.

        Of an order that another system runs, nothing once it was cancelled before anybody told that it left.
        """
        if not self._orders.is_run_here(reader, order_id):
            kinds = {one.kind for one in self._orders.tellings(reader, order_id)}
            if "Order Cancelled" in kinds and not kinds & _LEFT:
                return Counter()
        return self._bought(reader, order_id) or None

    def _bought(self, reader: Reader, order_id: str) -> Counter[str]:
        """Units by item: of an order that is run here, what left the house to its customer; else what was bought."""
        book = self._orders.book(reader, order_id)
        if book is not None:
            return _gone(book)
        return _by_sku((Pile(line.sku), line.units) for line in self._orders.lines(reader, order_id))

    def _refuse_more_than_paid(self, reader: Reader, back: Return, amount_minor: int) -> None:
        """Where it is known what the units cost: not more than that, nor, with other returns, than the whole order."""
        prices = self._highest_prices(reader, back.order_id) if back.order_id else {}
        units = _by_sku(_units(back).items())
        if not units.keys() <= prices.keys():
            return
        currency = next(iter(prices.values())).currency
        worth = sum(count * prices[sku].amount_minor for sku, count in units.items())
        others = (one for one in self._desk.goods.returns_of(reader, back.order_id) if one.id != back.id)
        before = sum(one.refunded_minor or 0 for one in others if one.currency == currency)
        bought = +self._bought(reader, back.order_id)
        paid = sum(count * prices[sku].amount_minor for sku, count in bought.items() if sku in prices)
        left = max(0, paid - before) if bought.keys() <= prices.keys() else worth
        if back.currency != currency or amount_minor > min(worth, left):
            raise RefundTooLarge(
                back=back.id, order=back.order_id, amount_minor=amount_minor, currency=back.currency,
                worth_minor=worth, worth_currency=currency, left_minor=left,
            )  # fmt: skip

    def _highest_prices(self, reader: Reader, order_id: str) -> dict[str, Money]:
        """What a unit of each item cost, at most; items of which any line has no price are left out."""
        found: dict[str, Money] = {}
        lines = [line for line in self._orders.lines(reader, order_id) if line.units]
        for line in lines:
            if line.price is not None and (line.sku not in found or line.price > found[line.sku]):
                found[line.sku] = line.price
        unpriced = {line.sku for line in lines if line.price is None}
        return {sku: price for sku, price in found.items() if sku not in unpriced}

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


def _gone(book: Book) -> Counter[str]:
    """Units that left the house to the customer; what is on its way to a store of ours has not."""
    found = Counter(dict.fromkeys(book.units, 0))
    for one in book.fulfilments.values():
        if one.state in GONE and not (one.destination and one.state is Step.SHIPPED):
            found.update({line.sku: line.picked for line in one.lines})
    return found


def _units(back: Return) -> dict[Pile, Units]:
    """Units as they came, or as they were announced."""
    return {line.pile: line.units if line.received is None else line.received for line in back.lines}


def _by_sku(units: Iterable[tuple[Pile, Units]]) -> Counter[str]:
    found = Counter[str]()
    for pile, count in units:
        found[pile.sku] += count
    return found
