"""Who an order is for, and what is told of it: messages of the tracking contract, as every channel tells them.

So the rooms of orders, people and journeys hear of orders that the hub runs itself as of every other order, and what
is personal of them lies under the key of the person.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from noline.flows.consent import addressed
from noline.flows.deeds import Deed, Deeds
from noline.flows.remainders import NAMESPACE as ERASED
from noline.kernel.errors import NoLineError, NotReadable
from noline.kernel.events import Identifier, Json
from noline.stores.transactional import Reader, Transaction
from noline.truth.customers.identifiers import NAMESPACES, normalised
from noline.truth.customers.service import Customers
from noline.truth.orders.service import Orders

PERSON = "person"
"""The kind of name that stands for the id of a customer."""


class BuyerUnreadable(NotReadable):
    """A name of a customer that names nobody."""

    code = "orders.customer_unreadable"
    sentence = "{value!r} is no {namespace}."
    hint = "Send names such as phone, email, loyalty_id, user_id or anonymous_id, or the id of a customer as person."


class NotTold(NoLineError):
    """What happened to an order could not be written into the log; nothing of it was done."""

    code = "orders.not_told"
    sentence = "{event} of order {order} was not taken: {why}."
    hint = "The log answered so; look at its dead letters, and send the command again."
    retryable = True


class Buyers:
    """Names of those who order, and what is told under them."""

    def __init__(self, customers: Customers, orders: Orders, deeds: Deeds) -> None:
        """Wire it."""
        self._customers = customers
        self._orders = orders
        self._deeds = deeds

    def named(self, reader: Reader, customer: Mapping[str, str]) -> list[Identifier]:
        """The names of a customer, strongest first; of one that is named by id, the strongest.

        Raises BuyerUnreadable and NotFound.
        """
        if PERSON in customer:
            known = self._customers.get(reader, customer[PERSON]).identifiers
            return sorted((name for name, _ in known), key=_rank)[:1]
        return sorted((_identifier(name, value) for name, value in customer.items()), key=_rank)

    def of(self, reader: Reader, order_id: str) -> list[Identifier]:
        """The name under which an order was placed; nothing for one of nobody, or of somebody who was erased."""
        order = self._orders.order(reader, order_id)
        named = self._customers.names_of(reader, [order.subject]) if order else {}
        return [name for name in named.values() if name.namespace != ERASED]

    def tell(
        self,
        tx: Transaction,
        event: str,
        order_id: str,
        *,
        names: Sequence[Identifier] | None = None,
        channel: str | None = None,
        store_id: str | None = None,
        **said: Any,
    ) -> None:
        """Tell what happened to an order, under the name it was placed under or these. Raises NotTold."""
        names = self.of(tx, order_id) if names is None else names
        message = self.message(event, order_id, names, channel=channel, store_id=store_id, **said)
        self.write(tx, order_id, [message], by="")

    def message(
        self,
        event: str,
        order_id: str,
        names: Sequence[Identifier],
        *,
        channel: str | None = None,
        store_id: str | None = None,
        **said: Any,
    ) -> Json:
        """What happened to an order, in words of the tracking contract."""
        message: Json = {
            "type": "track",
            "event": event,
            "messageId": self._deeds.new_id("told"),
            **_addressed(names),
            "properties": {"order_id": order_id, **{name: one for name, one in said.items() if one is not None}},
        }
        place = {"channel": channel, "store_id": store_id}
        message["context"] = {
            **message.get("context", {}), **{name: one for name, one in place.items() if one is not None}
        }  # fmt: skip
        return message

    def write(self, tx: Transaction, order_id: str, things: Sequence[Deed | Json], *, by: str) -> None:
        """Deeds and messages about one order, in this order and in one write of the log. by: who decided the deeds.

        Raises NotTold.
        """
        for one, receipt in zip(things, self._deeds.together(tx, things, by=by), strict=True):
            if not isinstance(one, Deed) and receipt.status != "accepted":
                raise NotTold(event=one["event"], order=order_id, why=receipt.code or receipt.status)


def _identifier(namespace: str, value: str) -> Identifier:
    spelled = normalised(namespace, value) if namespace in NAMESPACES else None
    if spelled is None:
        raise BuyerUnreadable(namespace=namespace, value=value)
    return Identifier(namespace, spelled)


def _rank(one: Identifier) -> tuple[int, str]:
    known = NAMESPACES.get(one.namespace)
    return (len(NAMESPACES) if known is None else known.rank, one.value)


def _addressed(names: Sequence[Identifier]) -> Json:
    if len(names) == 1:
        return addressed(names[0])
    return {"context": {"externalIds": [{"type": one.namespace, "id": one.value} for one in names]}} if names else {}
