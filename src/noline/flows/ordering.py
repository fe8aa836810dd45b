"""Ordering: an order across channels is placed, changed, cancelled and explained in one place.

Placing is one transaction: the prices are written down, what was held becomes part of the order (or units are promised
now, by the same rule as every hold), the order is told as every channel tells one, and the locations that serve it are
decided. What nobody can serve yet waits, with a date where one can be promised, and is served when stock comes.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from noline.flows.asked import (
    Delivery,
    NewOrder,
    OrderAskUnreadable,
    Ordered,
    check,
    check_units,
    content_of,
    merged,
    opening_of,
)
from noline.flows.buyers import Buyers
from noline.flows.carts import Carting
from noline.flows.deeds import Deed, Deeds
from noline.flows.promise import Promising, Shelves
from noline.flows.sourcing import Assigning, Claims, Plan, Wanting, given_back, handed_out
from noline.insight.sourcing.model import Decision
from noline.insight.sourcing.policy import Policy
from noline.insight.sourcing.replay import Report
from noline.kernel.clock import Clock, Micros, as_text
from noline.kernel.errors import NotFound, Refused
from noline.kernel.events import Digest, Identifier, Json
from noline.kernel.quantities import Units
from noline.stores.transactional import Reader, Transaction, TransactionalStore
from noline.truth.accounts.service import Accounts
from noline.truth.orders import fulfilments
from noline.truth.orders.fulfilments import (
    IN_THE_HOUSE,
    UNPICKED,
    Balance,
    Book,
    Fulfilment,
    Method,
    NotNow,
    Opening,
    Step,
    balance,
)
from noline.truth.orders.model import Order, OrderLine
from noline.truth.orders.service import Orders
from noline.truth.prices.service import Prices
from noline.truth.stock import promising
from noline.truth.stock.decided import Claim
from noline.truth.stock.model import CUSTOMER, UNSOURCED, Place
from noline.truth.stock.promising import Ask, Choose, Line, Short
from noline.truth.stock.service import Stock

_TAKEN_FIRST = (Step.ASSIGNED, Step.ACCEPTED, Step.PICKING, Step.PACKED, Step.READY)
_NOBODY = "noline"


class OrderOtherwise(Refused):
    """The number of the order is taken."""

    code = "orders.placed_otherwise"
    sentence = "Order {order} is there already, and asks for something else."
    hint = "Send a new number, or leave it out and get one."


class NoPrice(Refused):
    """Nobody knows what an item costs."""

    code = "orders.no_price"
    sentence = "Nobody knows what {skus} costs in {channel} in {currency}."
    hint = "Send price_minor with the line, set a price, or allow an order without prices."


class LeftTheHouse(Refused):
    """Units that cannot be taken out of an order any more."""

    code = "orders.left_the_house"
    sentence = "Of {sku} in order {order} {units} were to be taken out; {possible} still can."
    hint = "Take out fewer units; what has left the house comes back as a return. Nothing was changed."


class NotOurs(Refused):
    """An order that a channel told of, and that is run there."""

    code = "orders.not_run_here"
    sentence = "Order {order} is run by the channel that told of it."
    hint = "Change it there; an order that was placed here can be changed here."


@dataclass(frozen=True, slots=True)
class Placed:
    """One order as the hub runs it: what was told of it, and where its units are."""

    order: Order
    lines: tuple[OrderLine, ...]
    book: Book

    @property
    def balance(self) -> dict[str, Balance]:
        """Where the units of each item are."""
        return balance(self.book)


class Reason(NamedTuple):
    """Why units were given to where they are. decision: None where there was no choice."""

    at: Micros
    why: str
    assigned: list[Json]
    decision: Json | None
    sentences: list[str]


class _Terms(NamedTuple):
    """On which terms somebody buys: the number of the business, and the list its prices stand in."""

    account_id: str | None = None
    price_list: str | None = None
    currency: str | None = None


class Ordering:
    """The orders that the hub runs itself."""

    def __init__(
        self,
        *,
        store: TransactionalStore,
        orders: Orders,
        stock: Stock,
        prices: Prices,
        accounts: Accounts,
        deeds: Deeds,
        promising: Promising,
        carting: Carting,
        assigning: Assigning,
        buyers: Buyers,
        choose: Choose,
        digest: Digest,
        clock: Clock,
        currency: str,
    ) -> None:
        """Wire the orders of a hub. currency: of orders that name none."""
        self._store = store
        self._orders = orders
        self._stock = stock
        self._prices = prices
        self._accounts = accounts
        self._deeds = deeds
        self._promising = promising
        self._carting = carting
        self._assigning = assigning
        self._buyers = buyers
        self._choose = choose
        self._digest = digest
        self._clock = clock
        self._currency = currency

    # -- placing

    def place(self, new: NewOrder, *, by: str) -> Placed:
        """Place an order; the same one again: as it is.

        Raises OrderAskUnreadable, OrderOtherwise, NoPrice, NotEnoughStock, HoldOver, NotFound, BuyerUnreadable, and
        what a cart refuses.
        """
        check(new)
        with self._store.transaction() as tx:
            self._promising.end_due(tx)
            asked = self._digest(msgspec.json.encode(new, order="sorted").decode()).hex()
            if new.order_id is not None and self._is_placed(tx, new.order_id, asked):
                return self._shown(tx, new.order_id)
            order_id = new.order_id or self._deeds.new_id("o")
            return self._place(tx, order_id, asked, self._with_cart(tx, new), by)

    def show(self, order_id: str) -> Placed:
        """One order that the hub runs. Raises NotFound and NotOurs."""
        with self._store.reading() as reader:
            return self._shown(reader, order_id)

    # -- changing

    def cancel(self, order_id: str, lines: Mapping[str, Units] | None = None, *, by: str, reason: str = "") -> Placed:
        """Cancel units by item, or all of the order. Raises NotFound, NotOurs, LeftTheHouse and OrderAskUnreadable."""
        with self._store.transaction() as tx:
            placed = self._shown(tx, order_id)
            if lines is None:
                lines = {sku: left for sku, one in placed.balance.items() if (left := one.ordered - one.cancelled)}
                if not lines:
                    return placed
            check_units(lines)
            deed = self._take_out(tx, placed.book, lines, IN_THE_HOUSE, "cancelled", {}, by=by)
            # The reason may name somebody, so it stands in the message alone, under the key of the customer.
            why: Json = {"reason": reason, "decision": deed} if reason else {}
            after = self._shown(tx, order_id)
            if after.book.is_cancelled:
                self._buyers.tell(tx, "Order Cancelled", order_id, channel=placed.order.channel, **why)
            else:
                self._tell_content(tx, after, {}, **why)
            return self._shown(tx, order_id)

    def edit(self, order_id: str, lines: Sequence[Ordered], *, by: str) -> Placed:
        """Let lines be as they are wanted now (0 units: not at all), as long as nobody has picked them.

        Items that are not named stay. Raises NotFound, NotOurs, NotNow for what was sold at the counter, LeftTheHouse,
        NoPrice, NotEnoughStock and OrderAskUnreadable.
        """
        if not lines or len({one.sku for one in lines}) < len(lines):
            raise OrderAskUnreadable(why="an edit names at least one item, and none twice")
        check_units({one.sku: one.units for one in lines}, least=0)
        self._promising.sweep()
        with self._store.transaction() as tx:
            placed = self._shown(tx, order_id)
            if placed.book.opening.method is Method.COUNTER:
                raise NotNow(what=f"Order {order_id}", state="handed over", wanted="edited", possible=[])
            have = {sku: one.ordered - one.cancelled for sku, one in placed.balance.items()}
            fewer = {one.sku: have[one.sku] - one.units for one in lines if one.units < have.get(one.sku, 0)}
            more = {one.sku: one.units - have.get(one.sku, 0) for one in lines if one.units > have.get(one.sku, 0)}
            if not fewer and not more:
                return placed
            prices = self._prices_of_edit(tx, placed, lines)
            claims = self._promised(tx, placed.book.opening, order_id, more)
            self._take_out(tx, placed.book, fewer, UNPICKED, "edited", more, by=by)
            self._assign_more(tx, order_id, claims, by=by)
            self._tell_content(tx, self._shown(tx, order_id), prices)
            return self._shown(tx, order_id)

    # -- sourcing

    def source(self, order_id: str, exclude: Iterable[str] = (), *, by: str) -> Placed:
        """Decide again for units that wait, that nobody has accepted, or that lie at excluded locations unpicked.

        Raises NotFound, NotOurs, and NotNow when nothing can be decided any more.
        """
        out = frozenset(exclude)
        with self._store.transaction() as tx:
            placed = self._shown(tx, order_id)
            again = [
                one for one in placed.book.fulfilments.values()
                if one.state is Step.ASSIGNED or (one.state is Step.ACCEPTED and one.location in out)
            ]  # fmt: skip
            if not again and not placed.book.waiting:
                raise NotNow(what=f"Order {order_id}", state="in the hands of locations", wanted="sourced", possible=[])
            self._call_back(tx, again, by=by)
            book = self._book(tx, order_id)
            avoid = frozenset((sku, place) for sku in book.units for place in out)
            self._assigning.assign_waiting(tx, book, by=by, why="sourced again", avoid=avoid)
            return self._shown(tx, order_id)

    def source_waiting(self, limit: int = 1000) -> list[str]:
        """Serve orders that wait and can be served now, the one that was placed first first; answers which."""
        served: list[str] = []
        for order_id in self._could_be_served(limit):
            with self._store.transaction() as tx:
                book = self._book(tx, order_id)
                if self._assigning.assign_waiting(tx, book, by=_NOBODY, why="stock came").assigned:
                    served.append(order_id)
        return served

    def why(self, order_id: str) -> list[Reason]:
        """Every decision about an order, in sentences and as it was taken. Raises NotFound and NotOurs."""
        with self._store.reading() as reader:
            currency = self._shown(reader, order_id).book.opening.currency or self._currency
            return [
                Reason(one.at, one.said["why"], one.said["assigned"], one.decision, self._told(one, currency))
                for one in self._orders.sourcings(reader, order_id)
            ]

    def replay(self, rules: Mapping[str, Any], since: Micros = 0, until: Micros | None = None) -> Report:
        """What other rules would have made of the decisions of a time, beside what was decided.

        rules: a table as `[sourcing]` of noline.toml. Raises SettingUnknown and SettingWrong.
        """
        policy = Policy.from_settings(rules)
        with self._store.reading() as reader:
            found = self._orders.decisions(reader, since, self._clock.now() + 1 if until is None else until)
        return self._assigning.weighing.replay([Decision.from_dict(one) for _, one in found], policy)

    # -- placing, inside

    def _is_placed(self, reader: Reader, order_id: str, asked: str) -> bool:
        """Whether the same order is there already. Raises OrderOtherwise."""
        before = self._orders.book(reader, order_id)
        if before is not None and before.opening.asked == asked:
            return True
        if before is not None or self._orders.order(reader, order_id) is not None:
            raise OrderOtherwise(order=order_id)
        return False

    def _place(self, tx: Transaction, order_id: str, asked: str, new: NewOrder, by: str) -> Placed:
        terms = self._terms(tx, new.account)
        currency = new.currency or terms.currency or self._currency
        lines = self._priced(tx, merged(new.lines), new.channel, new.deliver.country, currency, terms)
        unknown = [one.sku for one in lines if one.price_minor is None]
        if unknown and not new.unpriced:
            raise NoPrice(skus=", ".join(unknown), channel=new.channel, currency=currency)
        names = self._names(tx, new)
        opening = opening_of(new, lines, asked, currency)
        standing, held = self._from_hold(tx, new.hold, order_id)
        missing = _missing(opening, standing)
        shelves, promised = self._decided(tx, opening, order_id, missing)
        wanting = Wanting(
            order_id, opening, opening.units, 1, standing, standing + promised, opens=True, fresh=True
        )  # fmt: skip
        plan, given = self._assigning.planned(tx, wanting, shelves, why="placed")
        things = [*held, *self._told_placed(order_id, new, lines, terms, currency, names), *given]
        if plan.promised:
            until = as_text(max(plan.promised.values()))
            things.append(
                self._buyers.message("Order Promised", order_id, names, channel=new.channel, promised_at=until)
            )
        self._buyers.write(tx, order_id, things, by=by)
        if opening.method is Method.COUNTER:
            self._hand_over_now(tx, order_id, plan, opening, by)
        if new.cart is not None:
            self._carting.ordered(new.cart, order_id, by=by, channel=new.channel)
        return self._shown(tx, order_id)

    def _with_cart(self, reader: Reader, new: NewOrder) -> NewOrder:
        """The order with what its cart says, where it says nothing itself."""
        if new.cart is None:
            return new
        seen = self._carting.show(new.cart)
        cart = seen.cart
        named = new.currency or (cart.currency if not new.lines else None)
        lines = new.lines or tuple(
            Ordered(one.sku, one.units, one.price.amount_minor if one.price and one.price.currency == named else None)
            for one in cart.lines
        )
        if not lines:
            raise OrderAskUnreadable(why=f"cart {new.cart} is empty")
        hold = self._stock.hold(reader, cart.hold_id) if cart.hold_id and not new.hold else None
        in_force = hold is not None and hold.state == "active" and hold.expires_at > self._clock.now()
        return msgspec.structs.replace(
            new, lines=lines, currency=named, cart=cart.cart_id,
            customer=new.customer or ({"person": seen.person} if seen.person else None),
            hold=new.hold or (cart.hold_id if in_force else None),
        )  # fmt: skip

    def _names(self, reader: Reader, new: NewOrder) -> list[Identifier]:
        if new.customer:
            return self._buyers.named(reader, new.customer)
        return self._buyers.of(reader, new.exchange_of) if new.exchange_of else []

    def _terms(self, reader: Reader, account: str | None) -> _Terms:
        """Terms of a business, by our id or a number of its own."""
        if account is None:
            return _Terms()
        known: str | None = None
        with suppress(NotFound):
            known = self._accounts.account_of(reader, account)
        found = [known] if known else self._accounts.find(reader, account, 2)
        if len(found) != 1:
            raise NotFound(what="account", name=account)
        business = self._accounts.get(reader, found[0])
        number = next((name.value for name, _ in business.names if name.namespace == "account_id"), None)
        return _Terms(number, business.terms.price_list, business.terms.currency)

    def _priced(
        self,
        reader: Reader,
        lines: Iterable[Ordered],
        channel: str,
        country: str | None,
        currency: str,
        terms: _Terms,
    ) -> list[Ordered]:
        """Each line with the price of this moment: as said, else of the account's list, else of the channel."""
        now = self._clock.now()
        places = [one for one in (terms.price_list, channel) if one]
        lines = list(lines)
        unsaid = [(one.sku, place) for one in lines if one.price_minor is None for place in places]
        asked = self._prices.prices_at(reader, unsaid, now, country=country, currency=currency)
        found: list[Ordered] = []
        for one in lines:
            prices = (asked[one.sku, place].money.amount_minor for place in places if (one.sku, place) in asked)
            price = next(prices, None) if one.price_minor is None else one.price_minor
            found.append(Ordered(one.sku, one.units, price))
        return found

    def _from_hold(self, reader: Reader, hold_id: str | None, order_id: str) -> tuple[Claims, list[Deed]]:
        """What was held for it, and the deed by which that is allocated to it. Raises NotFound and HoldOver."""
        claims: Claims = Counter()
        if hold_id is None:
            return claims, []
        hold, deed = self._promising.committing(reader, hold_id, order_id)
        for sku, location, units in hold.lines:
            claims[sku, location] += units
        return claims, [deed] if deed else []

    def _promised(self, tx: Transaction, opening: Opening, order_id: str, units: Mapping[str, Units]) -> Claims:
        return self._decided(tx, opening, order_id, units)[1]

    def _decided(
        self, tx: Transaction, opening: Opening, order_id: str, units: Mapping[str, Units]
    ) -> tuple[Shelves, Claims]:
        """What these units may be claimed at, by the rule of every promise. Raises NotEnoughStock."""
        shelves = Shelves(tx, self._stock)
        shelves.look_everywhere(opening.units)
        claims: Claims = Counter()
        if units:
            place = _only(opening)
            lines = tuple(Line(sku, some, place) for sku, some in units.items())
            found = promising.decide(Ask(lines, opening.channel, order_id), shelves, shelves, self._choose)
            if isinstance(found[0], Short):
                raise promising.refusal(found)  # type: ignore[arg-type]
            for sku, location, some in found:  # type: ignore[misc]
                claims[sku, location] += some
        return shelves, claims

    def _hand_over_now(self, tx: Transaction, order_id: str, plan: Plan, opening: Opening, by: str) -> None:
        """Sold and taken along at the counter."""
        if plan.waiting:
            place = opening.location
            raise promising.refusal([
                Short(sku, place, opening.units[sku], opening.units[sku] - units, ())
                for sku, units in plan.waiting.items()
            ])  # fmt: skip
        for one in self._book(tx, order_id).fulfilments.values():
            said = fulfilments.changed(one, Step.HANDED_OVER)
            self._deeds.do(tx, [self._assigning.deed(fulfilments.CHANGED, order_id, said)], by=by)
            out = handed_out(one.location, one.open_units, Place(CUSTOMER))
            self._assigning.post(tx, order_id, str(Step.HANDED_OVER), out, by=by)

    def _told_placed(
        self,
        order_id: str,
        new: NewOrder,
        lines: Sequence[Ordered],
        terms: _Terms,
        currency: str,
        names: Sequence[Identifier],
    ) -> Iterator[Json]:
        """What every channel hears of it."""
        deliver = new.deliver
        event = "Order Completed" if deliver.method is Method.COUNTER else "Order Placed"
        where = msgspec.to_builtins(deliver) if names else {"method": str(deliver.method)}
        yield self._buyers.message(
            event, order_id, names, channel=new.channel, store_id=new.store_id,
            **content_of(lines, currency), account_id=terms.account_id, cart_id=new.cart, delivery=where,
            exchange_of=new.exchange_of,
        )  # fmt: skip
        if deliver.method in (Method.PICKUP, Method.CURBSIDE, Method.SHIP_TO_STORE):
            yield self._buyers.message(
                "Pickup Requested", order_id, names, channel=new.channel, store_id=deliver.location
            )

    # -- changing, inside

    def _take_out(
        self,
        tx: Transaction,
        book: Book,
        units: Mapping[str, Units],
        states: frozenset[Step],
        why: Any,
        added: Mapping[str, Units],
        *,
        by: str,
    ) -> str:
        """Units go out of an order, those that wait first, and their claims end; answers the id of the deed.

        Raises LeftTheHouse.
        """
        waiting, taken = _out_of(book, units, states)
        said = fulfilments.edited(book.order_id, why, waiting=waiting, taken=taken, added=added)
        deed = self._assigning.deed(fulfilments.EDITED, book.order_id, said)._replace(id=self._deeds.new_id("edit"))
        self._deeds.do(tx, [deed], by=by)
        ended = given_back(UNSOURCED, waiting)
        for name, some in taken.items():
            ended += given_back(book.fulfilments[name].stands_at, some)
        self._assigning.post(tx, book.order_id, why, ended, by=by)
        return deed.id or ""

    def _assign_more(self, tx: Transaction, order_id: str, claims: Claims, *, by: str) -> None:
        """Give units that were added to locations, beside those that waited before."""
        if not claims:
            return
        book = self._book(tx, order_id)
        added: Counter[str] = Counter()
        for (sku, _), units in claims.items():
            added[sku] += units
        standing: Claims = Counter({
            (sku, UNSOURCED): units - added[sku] for sku, units in book.waiting.items() if units > added[sku]
        })  # fmt: skip
        wanting = Wanting(
            order_id, book.opening, book.waiting, len(book.fulfilments) + 1, standing, standing + claims, fresh=True,
            promised={one.sku: one.promised_at for one in book.units.values()},
        )  # fmt: skip
        shelves = Shelves(tx, self._stock)
        # The new claims are not in the ledger yet, and must not be promised a second time.
        shelves.take([Claim(sku, place, units) for (sku, place), units in claims.items()])
        self._assigning.assign(tx, wanting, shelves, by=by, why="edited")

    def _prices_of_edit(self, reader: Reader, placed: Placed, lines: Sequence[Ordered]) -> dict[str, int | None]:
        """What items cost that are named; those in the order stay as they are unless a price is said."""
        opening = placed.book.opening
        known = {one.sku: one.price.amount_minor if one.price else None for one in placed.lines}
        told = {one.sku: one.price_minor for one in lines if one.price_minor is not None}
        new = [one for one in lines if one.units and one.sku not in known and one.sku not in told]
        account = self._accounts.of_orders(reader, [placed.order.order_id]).get(placed.order.order_id)
        terms = self._terms(reader, account)
        priced = self._priced(reader, new, opening.channel, opening.country, opening.currency, terms)
        missing = [one.sku for one in priced if one.price_minor is None]
        if missing and not (known and None in known.values()):
            raise NoPrice(skus=", ".join(missing), channel=opening.channel, currency=opening.currency)
        return {**told, **{one.sku: one.price_minor for one in priced}}

    def _tell_content(self, tx: Transaction, placed: Placed, prices: Mapping[str, int | None], **more: Any) -> None:
        """Tell what is in the order now."""
        known = {one.sku: one.price.amount_minor if one.price else None for one in placed.lines}
        lines = [
            Ordered(sku, left, prices.get(sku, known.get(sku)))
            for sku, one in placed.balance.items()
            if (left := one.ordered - one.cancelled)
        ]
        content = content_of(lines, placed.book.opening.currency)
        self._buyers.tell(
            tx, "Order Updated", placed.order.order_id, channel=placed.order.channel, **more, **content
        )  # fmt: skip

    def _call_back(self, tx: Transaction, again: Sequence[Fulfilment], *, by: str) -> None:
        for one in again:
            said = fulfilments.changed(one, Step.CANCELLED, reason="sourced again")
            self._deeds.do(tx, [self._assigning.deed(fulfilments.CHANGED, one.order_id, said)], by=by)
            back = given_back(one.location, one.open_units, UNSOURCED)
            self._assigning.post(tx, one.order_id, "sourced again", back, by=by)

    # -- asking, inside

    def _could_be_served(self, limit: int) -> list[str]:
        """Orders that wait for something of which there is some, in the order in which they were placed."""
        with self._store.reading() as reader:
            waiting = self._orders.waiting(reader, limit)
            shelves = Shelves(reader, self._stock)
            wanted = {one[1] for one in waiting}
            shelves.look_everywhere(wanted)
            there = {sku for sku in wanted if any(units > 0 for units in shelves.everywhere(sku).values())}
        return list(dict.fromkeys(order_id for order_id, sku, _ in waiting if sku in there))

    def _shown(self, reader: Reader, order_id: str) -> Placed:
        order = self._orders.order(reader, order_id)
        if order is None:
            raise NotFound(what="order", name=order_id)
        return Placed(order, tuple(self._orders.lines(reader, order_id)), self._book(reader, order_id))

    def _book(self, reader: Reader, order_id: str) -> Book:
        book = self._orders.book(reader, order_id)
        if book is None:
            raise NotOurs(order=order_id)
        return book

    def _told(self, one: Any, currency: str) -> list[str]:
        """A decision in sentences; where there was no choice, what was given and what waits."""
        if one.decision is not None:
            return self._assigning.weighing.explain(Decision.from_dict(one.decision), currency)
        given = [f"{each['location']} gives {_goods(each['units'])}." for each in one.said["assigned"]]
        return given or ["No location has it yet; it waits."]


# -- pure


def _only(opening: Opening) -> str | None:
    """The one location that may give the goods."""
    return None if opening.method is Method.SHIP_TO_STORE else opening.location


def _missing(opening: Opening, standing: Claims) -> dict[str, Units]:
    """Units that are not held for the order where they are needed."""
    place = _only(opening)
    have: Counter[str] = Counter()
    for (sku, where), units in standing.items():
        if place in (None, where):
            have[sku] += units
    return {sku: units - have[sku] for sku, units in opening.units.items() if units > have[sku]}


def _out_of(
    book: Book, units: Mapping[str, Units], states: frozenset[Step]
) -> tuple[dict[str, Units], dict[str, dict[str, Units]]]:
    """Where units are taken out: of what waits, then of fulfilments, the least far first. Raises LeftTheHouse."""
    waiting: dict[str, Units] = {}
    taken: dict[str, dict[str, Units]] = {}
    open_ones = sorted(
        (one for one in book.fulfilments.values() if one.state in states),
        key=lambda one: (_TAKEN_FIRST.index(one.state), one.id),
    )
    for sku, wanted in units.items():
        left = wanted
        if here := min(left, book.waiting.get(sku, 0)):
            waiting[sku] = here
            left -= here
        for one in open_ones:
            if some := min(left, one.open_units.get(sku, 0)):
                taken.setdefault(one.id, {})[sku] = some
                left -= some
        if left:
            raise LeftTheHouse(order=book.order_id, sku=sku, units=wanted, possible=wanted - left)
    return waiting, taken


def _goods(units: Mapping[str, Units]) -> str:
    return ", ".join(f"{some} of {sku}" for sku, some in sorted(units.items()))


__all__ = ["Delivery", "NewOrder", "OrderAskUnreadable", "Ordered", "Ordering", "Placed", "Reason"]
