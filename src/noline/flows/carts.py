"""Carts across channels: opened for somebody or for nobody yet, found by code or by person, changed, ordered.

What a door tells is a deed, so it is durable, comes in the order of the log, and every rebuild knows it. A deed counts
after whatever was told of the cart before it, even by a channel whose clock goes ahead.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from noline.flows.consent import addressed
from noline.flows.deeds import Deed, Deeds
from noline.kernel.clock import Clock, as_text
from noline.kernel.errors import NotFound, NotReadable, Refused
from noline.kernel.events import Identifier, Json
from noline.kernel.quantities import Units
from noline.stores.transactional import Reader, Transaction, TransactionalStore
from noline.truth.carts.model import CHANGED, Cart, Do, State, Step, Touch
from noline.truth.carts.service import Carts
from noline.truth.customers.identifiers import CLAIMABLE, NAMESPACES, normalised
from noline.truth.customers.model import CLAIMED, Subject
from noline.truth.customers.service import Customers

PERSON = "person"
"""The kind of name that stands for the id of a customer."""

_OPEN = frozenset({State.OPEN})
_MOST_NAMES = 50
"""Names of its owner that a cart carries; browsers come under one of them."""


class CartChanged(Refused):
    """Somebody else changed the cart since the caller looked."""

    code = "carts.changed_meanwhile"
    sentence = "Cart {cart} is at version {version}, not at {expected}; nothing was changed."
    hint = "Look at `present` in the facts, then send the change again with its version."


class CartClosed(Refused):
    """The cart was ordered; what was ordered is changed through the order."""

    code = "carts.closed"
    sentence = "Cart {cart} was ordered as {order}; it stays as it was."
    hint = "Change the order, or open a new cart."


class CartCodeShared(Refused):
    """Two open carts have the same short code."""

    code = "carts.code_shared"
    sentence = "Several open carts have the code {cart_code}."
    hint = "Name the cart by its id, or find it by its customer."


class CartCustomerUnclear(Refused):
    """The names that were said do not lead to one customer."""

    code = "carts.customer_unclear"
    sentence = "The names lead to {people}, not to one customer."
    hint = 'Say which one: {"person": ID}.'


class CartCustomerUnreadable(NotReadable):
    """A name of a customer that names nobody."""

    code = "carts.customer_unreadable"
    sentence = "{value!r} is no {namespace}."
    hint = "Send names such as phone, email, loyalty_id, user_id or anonymous_id, or the id of a customer as person."


class Wanted(NamedTuple):
    """What a line is to be. units: 0 takes the item out. price_minor, note: None leaves what stands."""

    sku: str
    units: Units
    price_minor: int | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class CartSeen:
    """One cart with whoever touched it, and whose it is today; None while it is nobody's."""

    cart: Cart
    person: str | None
    touches: tuple[Touch, ...]


class _Owner(NamedTuple):
    """Whose a cart is: the strongest name, and every one under which a browser may come."""

    subject: Subject
    names: list[Subject]
    person: str


class _Told(NamedTuple):
    """Where and by whom something is told of a cart."""

    by: str
    channel: str | None = None
    store_id: str | None = None
    currency: str | None = None


class Carting:
    """The carts of a hub, as its doors use them."""

    def __init__(
        self, store: TransactionalStore, carts: Carts, customers: Customers, deeds: Deeds, clock: Clock
    ) -> None:
        """Wire the carts of a hub."""
        self._store = store
        self._carts = carts
        self._customers = customers
        self._deeds = deeds
        self._clock = clock

    def open(
        self,
        *,
        channel: str,
        by: str,
        lines: Sequence[Wanted] = (),
        store_id: str | None = None,
        customer: Mapping[str, str] | None = None,
        currency: str | None = None,
    ) -> Cart:
        """A cart for a customer, or for nobody yet; who has an open one goes on with that, and the lines come to it.

        customer: names by their kind, `{"phone": "+33612345678"}`, or `{"person": ID}`; somebody whom nobody knows is
        known from now on. Raises NotFound, CartCustomerUnclear and CartCustomerUnreadable.
        """
        with self._store.transaction() as tx:
            owner = self._owner(tx, customer) if customer else None
            here = self._carts.of_subjects(tx, self._subjects(tx, owner), _OPEN) if owner else []
            steps = [_step(Do.ADD, one, currency) for one in lines]
            told = _Told(by, channel, store_id, currency)
            if here:
                return self._tell(tx, here[0].cart_id, here[0], steps, told)
            return self._tell(tx, self._deeds.new_id("cart"), None, steps, told, owner)

    def show(self, name: str) -> CartSeen:
        """A cart by its id or its code. Raises NotFound and CartCodeShared."""
        with self._store.reading() as reader:
            return self.seen(reader, self._named(reader, name))

    def seen(self, reader: Reader, cart: Cart) -> CartSeen:
        """A cart with whose it is and who touched it, in a state that the caller holds."""
        person = None if cart.subject is None else self._customers.person_of(reader, cart.subject)
        return CartSeen(cart, person, tuple(self._carts.touches(reader, cart.cart_id)))

    def change(
        self,
        name: str,
        *,
        by: str,
        lines: Sequence[Wanted] = (),
        channel: str | None = None,
        store_id: str | None = None,
        customer: Mapping[str, str] | None = None,
        currency: str | None = None,
        state: State | None = None,
        hold_id: str | None = None,
        version: int | None = None,
    ) -> Cart:
        """Change a cart, by its id or its code. version: the one that the caller saw.

        state: open or abandoned; a cart is ordered by its order. Raises NotFound, CartChanged, CartClosed,
        CartCodeShared, CartCustomerUnclear and CartCustomerUnreadable.
        """
        with self._store.transaction() as tx:
            cart = self._named(tx, name)
            _refuse_ordered(cart)
            if version is not None and version != cart.version:
                raise CartChanged(
                    cart=cart.cart_id, version=cart.version, expected=version, present=described(cart)
                )  # fmt: skip
            owner = self._owner(tx, customer) if customer else None
            steps = [_step(Do.SET, one, currency or cart.currency) for one in lines]
            if hold_id is not None:
                steps.append(Step(Do.HOLD, name=hold_id))
            if state is not None and state is not cart.state:
                steps.append(Step(Do.ABANDON if state is State.ABANDONED else Do.REOPEN))
            return self._tell(tx, cart.cart_id, cart, steps, _Told(by, channel, store_id, currency), owner)

    def of(self, whom: str) -> list[Cart]:
        """The open carts of a customer, touched last first.

        whom: an id of the customer, or a name with its kind such as `phone:+33612345678`; of a name that several share,
        all who do. Raises NotFound and CartCustomerUnreadable.
        """
        with self._store.reading() as reader:
            return self._carts.of_subjects(reader, self._subjects_named(reader, whom), _OPEN)

    def ordered(self, name: str, order_id: str, *, by: str, channel: str | None = None) -> Cart:
        """The cart became this order; told again it stays as it is. Raises NotFound, CartClosed and CartCodeShared."""
        with self._store.transaction() as tx:
            cart = self._named(tx, name)
            if cart.state is State.ORDERED and cart.order_id == order_id:
                return cart
            _refuse_ordered(cart)
            return self._tell(tx, cart.cart_id, cart, [Step(Do.ORDER, name=order_id)], _Told(by, channel))

    # -- telling

    def _tell(
        self,
        tx: Transaction,
        cart_id: str,
        cart: Cart | None,
        steps: Sequence[Step],
        told: _Told,
        owner: _Owner | None = None,
    ) -> Cart:
        """Do the deed, and answer the cart as it is then; a deed that would tell nothing is not done."""
        if owner is not None:
            steps = [Step(Do.BELONG, name=owner.subject.hex()), *steps]
        if cart is not None and not steps and told.channel is None and told.store_id is None:
            return cart
        now = self._clock.now()
        said: Json = {
            "cart": cart_id,
            "at": now if cart is None else max(now, cart.changed_at),
            "channel": told.channel,
            "store_id": told.store_id,
            "currency": told.currency,
            "names": [one.hex() for one in owner.names] if owner else None,
            "changes": msgspec.to_builtins(list(steps)),
        }
        subject = owner.subject if owner else cart.subject if cart else None
        deed = Deed(
            CHANGED,
            self._carts.subject_of(cart_id) if subject is None else subject,
            {name: value for name, value in said.items() if value is not None},
            personal=subject is not None,
        )
        self._deeds.do(tx, [deed], by=told.by)
        return self._known(tx, cart_id)

    def _known(self, reader: Reader, cart_id: str) -> Cart:
        cart = self._carts.cart(reader, cart_id)
        if cart is None:
            raise NotFound(what="cart", name=cart_id)
        return cart

    def _named(self, reader: Reader, name: str) -> Cart:
        """A cart by its id, else by its code: the open one of several, else the one touched last."""
        cart = self._carts.cart(reader, name)
        if cart is not None:
            return cart
        found = self._carts.by_code(reader, name)
        still_open = [one for one in found if one.state is State.OPEN]
        if len(still_open) > 1:
            raise CartCodeShared(cart_code=name)
        if not found:
            raise NotFound(what="cart", name=name)
        return max(still_open or found, key=lambda one: (one.changed_at, one.cart_id))

    # -- whose it is

    def _owner(self, tx: Transaction, customer: Mapping[str, str]) -> _Owner:
        """Who is meant; somebody whom nobody knows is told of first."""
        if PERSON in customer:
            return self._owner_of(tx, self._customers.resolve(tx, customer[PERSON]))
        said = [_identifier(name, value) for name, value in customer.items()]
        people = self._people(tx, said)
        if len(people) > 1:
            raise CartCustomerUnclear(people=people)
        if people:
            return self._owner_of(tx, people[0])
        first, *_ = said = sorted(said, key=lambda one: NAMESPACES[one.namespace].rank)
        message = {"type": "identify", "messageId": self._deeds.new_id("cart-customer"), **_addressed(said)}
        self._deeds.tell(tx, [message])
        person = self._customers.person_of(tx, self._customers.subject(first))
        if person is None:
            raise NotFound(what="customer", name=":".join(first))
        return self._owner_of(tx, person)

    def _owner_of(self, reader: Reader, person: str) -> _Owner:
        rules = self._customers.derivation.rules
        known = self._customers.get(reader, person).identifiers
        ranked = sorted(known, key=lambda one: (rules.of(one[0].namespace).rank, one[1], one[0]))
        names = [self._customers.subject(one) for one, _ in ranked if one.namespace not in CLAIMABLE]
        return _Owner(self._customers.subject(ranked[0][0]), names[:_MOST_NAMES], person)

    def _people(self, reader: Reader, said: Sequence[Identifier]) -> list[str]:
        """Whose these names are; names that several share count only when no other one does."""
        standing = self._customers.standing(reader, map(self._customers.subject, said))
        own = {one.person for one in standing.values() if not one.shared}
        return sorted(own or {whose for subject in standing for whose in self._sharing(reader, subject)})

    def _sharing(self, reader: Reader, subject: Subject) -> set[str]:
        """Who is known under a name that several share."""
        links = self._customers.links(reader, [subject])
        ends = {end for link in links if link.trust > CLAIMED for end in link[:2]} - {subject}
        return {one.person for one in self._customers.standing(reader, ends).values()}

    def _subjects(self, reader: Reader, owner: _Owner) -> list[Subject]:
        return self._customers.subjects(reader, owner.person)

    def _subjects_named(self, reader: Reader, whom: str) -> list[Subject]:
        namespace, colon, value = whom.partition(":")
        if not colon:
            return self._customers.subjects(reader, whom)
        named = _identifier(namespace, value)
        people = self._people(reader, [named])
        if not people:
            raise NotFound(what="customer", name=whom)
        return [subject for person in people for subject in self._customers.subjects(reader, person)]


def described(cart: Cart) -> dict[str, Any]:
    """A cart as every door tells it. link: where it is opened over HTTP."""
    return {
        "cart": cart.cart_id,
        "code": cart.code,
        "link": f"/v1/carts/{cart.code}",
        "state": str(cart.state),
        "version": cart.version,
        "lines": [
            {
                "sku": one.sku,
                "units": one.units,
                "price_minor": one.price.amount_minor if one.price else None,
                "currency": one.price.currency if one.price else None,
                "note": one.note,
            }
            for one in cart.lines
        ],
        "currency": cart.currency,
        "began_in": cart.began_in,
        "touched_in": cart.touched_in,
        "store_id": cart.store_id,
        "order_id": cart.order_id,
        "hold_id": cart.hold_id,
        "opened_at": as_text(cart.opened_at),
        "changed_at": as_text(cart.changed_at),
    }


def _refuse_ordered(cart: Cart) -> None:
    if cart.state is State.ORDERED:
        raise CartClosed(cart=cart.cart_id, order=cart.order_id)


def _step(do: Do, one: Wanted, currency: str | None) -> Step:
    priced = None if one.price_minor is None else currency
    return Step(do, one.sku, one.units, one.price_minor, priced, one.note)


def _identifier(namespace: str, value: str) -> Identifier:
    spelled = normalised(namespace, value) if namespace in NAMESPACES else None
    if spelled is None:
        raise CartCustomerUnreadable(namespace=namespace, value=value)
    return Identifier(namespace, spelled)


def _addressed(said: Sequence[Identifier]) -> Json:
    """A message about these names together."""
    if len(said) == 1:
        return addressed(said[0])
    return {"context": {"externalIds": [{"type": one.namespace, "id": one.value} for one in said]}}
