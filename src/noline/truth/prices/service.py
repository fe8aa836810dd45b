"""The door of the prices: it listens to prices that are set and answers what an item costs, where and when."""

from collections import defaultdict
from collections.abc import Iterable

from noline.kernel.clock import Micros
from noline.kernel.events import Digest, Fact, route_of
from noline.kernel.money import Money
from noline.stores.portions import flat, portions
from noline.stores.transactional import Reader, Row, Transaction
from noline.truth.prices import tables
from noline.truth.prices.model import KINDS, Conflict, Key, Price, conflicts_among, read_price, ruling


class Prices:
    """The prices of one hub, with their past."""

    name = "prices"
    kinds = KINDS
    tables = tables.TABLES

    def __init__(self, digest: Digest, default_currency: str) -> None:
        """digest: the hub's keyed hash. default_currency: of prices that name none (ISO 4217)."""
        self._digest = digest
        self._default_currency = default_currency

    def take(self, tx: Transaction, facts: list[Fact]) -> None:
        """Fold prices; raises PriceUnreadable, UnreadableMoney, UnreadableUnits or UnreadableInstant."""
        told = [read_price(fact, self._default_currency) for fact in facts if fact.kind in KINDS]
        if told:
            tx.run_many(tables.KEEP_WINDOW, [(self._route(price.sku), *_row(price)) for price in told])

    def forget(self) -> None:
        """Nothing is remembered outside the tables."""

    def price_at(
        self,
        reader: Reader,
        sku: str,
        channel: str,
        instant: Micros,
        *,
        country: str | None = None,
        currency: str | None = None,
    ) -> Price | None:
        """What a channel asks for an item at an instant, or None when it asks nothing.

        country: prices of that country, else those that name none. currency: only prices in it.
        """
        where = (sku, channel)
        return self.prices_at(reader, [where], instant, country=country, currency=currency).get(where)

    def prices_at(
        self,
        reader: Reader,
        wanted: Iterable[tuple[str, str]],
        instant: Micros,
        *,
        country: str | None = None,
        currency: str | None = None,
    ) -> dict[tuple[str, str], Price]:
        """The same of many (item, channel) at once; left out where nothing is asked."""
        found: dict[tuple[str, str], list[Price]] = defaultdict(list)
        for some in portions([(self._route(sku), sku, channel) for sku, channel in dict.fromkeys(wanted)]):
            for row in reader.rows(tables.open_in_channels(len(some)), (*flat(some), instant, instant)):
                price = _price(row)
                if (country is None or price.country in (country, "")) and currency in (None, price.money.currency):
                    found[price.sku, price.channel].append(price)
        return {where: price for where, windows in found.items() if (price := ruling(windows, country))}

    def history(self, reader: Reader, sku: str) -> list[Price]:
        """Every window of an item, the first to begin first."""
        windows = [_price(row) for row in reader.rows(tables.HISTORY, (self._route(sku), sku))]
        return sorted(windows, key=lambda one: one.key)

    def conflicts(self, reader: Reader, instant: Micros, sku: str | None = None, limit: int = 100) -> list[Conflict]:
        """Items that channels of the same country price differently in the same currency, the widest gap first."""
        if sku is None:
            rows = reader.rows(tables.OPEN, (instant, instant))
        else:
            rows = reader.rows(tables.OPEN_OF_SKU, (self._route(sku), sku, instant, instant))
        return conflicts_among(map(_price, rows))[:limit]

    def _route(self, sku: str) -> int:
        return route_of(self._digest(f"sku:{sku}"))


def _row(price: Price) -> Row:
    key, money = price.key, price.money
    return (
        price.sku, key.fact_route, key.message_id, key.occurred_at, price.channel, price.country, money.currency,
        money.amount_minor, key.valid_from, price.valid_until, price.source,
    )  # fmt: skip


def _price(row: Row) -> Price:
    sku, fact_route, message_id, occurred_at, channel, country, currency, minor, valid_from, valid_until, source = row
    key = Key(valid_from, occurred_at, message_id, fact_route)
    return Price(sku, channel, country, Money(minor, currency), valid_until, source, key)
