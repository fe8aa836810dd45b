"""What was learned from all history, made ready for the one customer at the counter.

The ranking is fitted from history, kept in a folder beside it, and read from there; it holds no customer's past. An
answer takes the customer's own orders at the call, so a new order counts at once. Nothing is recommended without a yes
to personalisation, to somebody under age, or to whoever objects to profiling; what belongs to a special category is
neither named nor a reason.
"""

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from noline.flows import matter
from noline.flows.acquaintance import NOT_KEPT, Acquaintance, acquaintance
from noline.flows.acquaintance import Rooms as CounterRooms
from noline.insight.actions.model import Due
from noline.insight.card import service as card
from noline.insight.recommend import habits
from noline.insight.recommend.habits import Past
from noline.insight.recommend.history import Bought
from noline.insight.recommend.model import Basket, Mode, RecommendAskedWrong, Recommended
from noline.kernel.clock import DAY, Clock, Micros
from noline.kernel.disclosure import may_be_reason
from noline.stores.transactional import Reader, TransactionalStore
from noline.truth.catalogue.model import Item
from noline.truth.orders.model import Order, OrderLine

if TYPE_CHECKING:
    from noline.insight.recommend.service import Recommender

PURPOSE = "personalisation"


_SPARE = 40
"""So many more items are asked for than shown, for those that may not be named."""


class Answer(NamedTuple):
    """What is recommended. why_none: in words, when there is nothing. known: of each item, where it was described."""

    customer: str
    items: list[Recommended]
    why_none: str | None
    known: Mapping[str, Item]
    fitted: Mapping[str, Any]


class Recommending:
    """The ranking of a hub, and what it recommends to whom."""

    def __init__(
        self, *, store: TransactionalStore, rooms: CounterRooms, folder: Path, clock: Clock,
        history: Callable[[], tuple[int, Iterable[Bought]]],
    ) -> None:  # fmt: skip
        """history: the place in the log that it reaches, and every basket of it, those of a person together."""
        self._store, self._rooms, self._folder, self._clock = store, rooms, folder, clock
        self._history = history
        self._turn = threading.Lock()
        self._kept: Recommender | None = None

    # -- the ranking

    def recommender(self) -> "Recommender":
        """The ranking; fitted at the first question, and again when it is more than a day old.

        While one question fits it again, others are answered by the one before. Raises RecommendAskedWrong when there
        is too little history to learn from, and ModelUnreadable.
        """
        kept = self._kept
        if kept is not None and self._is_fresh(kept):
            return kept
        if not self._turn.acquire(blocking=kept is None):
            assert kept is not None  # noqa: S101  only who has an older one does not wait
            return kept
        try:
            return self._refreshed()
        finally:
            self._turn.release()

    def fit(self) -> "Recommender":
        """Fit the ranking to history as it is now. Raises RecommendAskedWrong."""
        with self._turn:
            return self._fitted()

    def drop(self) -> None:
        """Forget the ranking, here and in the folder: the history changed where it stood."""
        with self._turn:
            self._kept = None
            for file in self._folder.glob("*.npz"):
                file.unlink()

    def _is_fresh(self, kept: "Recommender") -> bool:
        return self._clock.now() - int(kept.about.get("fitted_at", 0)) < DAY

    def _refreshed(self) -> "Recommender":
        from noline.insight.recommend.service import Recommender

        kept = self._kept or Recommender.load(self._folder)
        if kept is not None and self._is_fresh(kept):
            self._kept = kept
            return kept
        return self._fitted()

    def _fitted(self) -> "Recommender":
        from noline.insight.recommend.service import Recommender

        seq, bought = self._history()
        with self._store.reading() as reader:
            customers = list(self._by_person(reader, list(bought)))
        baskets = sum(len(one) for one in customers)
        about = {"seq": seq, "fitted_at": self._clock.now(), "customers": len(customers), "baskets": baskets}
        found = Recommender.fit(customers, about=about)
        found.save(self._folder)
        self._kept = found
        return found

    def _by_person(self, reader: Reader, bought: Sequence[Bought]) -> Iterable[Sequence[Basket]]:
        """The baskets of each person, without what belongs to a special category."""
        skus = {sku for _, _, _, lines in bought for sku, _ in lines}
        hidden = _hidden(skus, self._rooms.catalogue.items(reader, skus))
        people: dict[int, list[Basket]] = {}
        for person, at, store, lines in bought:
            left = tuple(line for line in lines if line[0] not in hidden)
            if left:
                people.setdefault(person, []).append(Basket(at, store, left))
        return people.values()

    # -- one customer

    def recommend(
        self, person: str, *, mode: Mode = "repeat", k: int = 10, store: str | None = None, basket: Collection[str] = ()
    ) -> Answer:
        """What this customer buys next, each with why. Raises NotFound, RecommendAskedWrong."""
        with self._store.reading() as reader:
            known = acquaintance(reader, self._rooms, person)
            no = _refused(known, self._clock.now())
            if no is not None:
                return Answer(known.whom.person, [], no, {}, {})
            recommender, no = self._there()
            if recommender is None:
                return Answer(known.whom.person, [], no, {}, {})
            skus = _bought(known)
            hidden = _hidden(skus, self._rooms.catalogue.items(reader, skus))
            found = recommender.for_customer(
                history_of(known, hidden),
                mode=mode,
                k=min(k + _SPARE, 100),
                store=store,
                basket=basket,
                now=self._clock.now(),
            )
            described = self._rooms.catalogue.items(reader, {one.sku for one in found})
        hidden = _hidden({one.sku for one in found}, described)
        items = [one for one in found if one.sku not in hidden][:k]
        why = None if items else _nothing(mode)
        return Answer(known.whom.person, items, why, described, recommender.about)

    def due(self, known: Acquaintance, products: card.Products, now: Micros) -> list[Due]:
        """What this customer buys again about now, by their own habits; nothing where these may not be used.

        products: what they bought, as the catalogue describes it.
        """
        if _refused(known, now) is not None:
            return []
        hidden = {sku for sku in _bought(known) if not may_be_reason(_tags_of(sku, products.get(sku)))}
        past = Past.of(history_of(known, hidden))
        return [Due(one.sku, one.ratio, one.probability) for one in habits.due(past, now)]

    def _there(self) -> "tuple[Recommender | None, str | None]":
        try:
            return self.recommender(), None
        except RecommendAskedWrong as error:
            return None, f"too little was bought so far to learn from: {error.facts['why']}"


def history_of(known: Acquaintance, hidden: Collection[str]) -> list[Basket]:
    """What a customer bought. hidden: items that belong to a special category, which are left out."""
    return [basket for order, lines in known.bought if (basket := _basket(order, lines, hidden)) is not None]


def _basket(order: Order, lines: Iterable[OrderLine], hidden: Collection[str]) -> Basket | None:
    """What of an order was kept; None when nothing was."""
    if order.state in NOT_KEPT:
        return None
    kept = tuple(
        (line.sku, float(line.units - line.returned_units))
        for line in lines
        if line.sku not in hidden and line.units > line.returned_units
    )
    return Basket(order.placed_at, order.store_id, kept) if kept else None


def _bought(known: Acquaintance) -> set[str]:
    return {line.sku for _, lines in known.bought for line in lines}


def _hidden(skus: Iterable[str], items: Mapping[str, Item]) -> set[str]:
    """Which of these belong to a special category, by their tags or by what their words would tell."""
    return {sku for sku in skus if not may_be_reason(_tags(sku, items.get(sku)))}


def _tags(sku: str, item: Item | None) -> tuple[str, ...]:
    return _tags_of(sku, card.product(sku, item.name, item.category, item.attributes) if item else None)


def _tags_of(sku: str, known: card.Product | None) -> tuple[str, ...]:
    return known.tags if known else card.product(sku, None, None, {}).tags


def _refused(known: Acquaintance, now: Micros) -> str | None:
    """Why nothing may be recommended to this customer; None where it may."""
    if PURPOSE not in matter.granted(known.consents):
        return "no consent to personalisation"
    if matter.objects(known.consents):
        return "the customer objects to profiling"
    if matter.under_age(known.traits, now):
        return "the customer is under age"
    return None


def _nothing(mode: Mode) -> str:
    return {
        "repeat": "nothing was bought before",
        "new": "nothing is known that is new to this customer",
        "basket": "nothing is known that goes with this basket",
    }[mode]
