"""The door of the catalogue: it listens to descriptions and answers what is sold, and where."""

import json
from collections import defaultdict
from collections.abc import Iterable

from noline.kernel.events import Digest, Fact, route_of
from noline.kernel.money import Money
from noline.stores.portions import flat, portions
from noline.stores.transactional import Reader, Row, Transaction
from noline.truth.catalogue import tables
from noline.truth.catalogue.model import (
    KINDS,
    Description,
    Item,
    Location,
    Thing,
    canonical,
    item_from,
    latest_words,
    location_from,
    read_description,
    search_words,
    still_deciding,
)

_TOPICS = {"item": "sku", "location": "location"}
_SEARCH_WORDS = 8


class Catalogue:
    """Items and locations of one hub."""

    name = "catalogue"
    kinds = KINDS
    tables = tables.TABLES

    def __init__(self, digest: Digest, default_currency: str) -> None:
        """digest: the hub's keyed hash. default_currency: of prices that name none (ISO 4217)."""
        self._digest = digest
        self._default_currency = default_currency

    def take(self, tx: Transaction, facts: list[Fact]) -> None:
        """Fold descriptions into items and locations; raises what `read_description` raises."""
        told: dict[tuple[Thing, str], list[Description]] = defaultdict(list)
        for fact in facts:
            if fact.kind in KINDS:
                description = read_description(fact, self._default_currency)
                told[description.thing, description.name].append(description)
        for (thing, name), descriptions in told.items():
            self._describe(tx, thing, name, descriptions)

    def forget(self) -> None:
        """Nothing is remembered outside the tables."""

    def item(self, reader: Reader, sku: str) -> Item | None:
        """The item of that SKU, or None when nobody described it."""
        row = reader.row(tables.ITEM, (self._route("item", sku), sku))
        return _item(row) if row else None

    def items(self, reader: Reader, skus: Iterable[str]) -> dict[str, Item]:
        """The items of these SKUs; one that nobody described is left out."""
        asked = [(self._route("item", sku), sku) for sku in sorted(set(skus))]
        rows = [row for some in portions(asked) for row in reader.rows(tables.items(len(some)), flat(some))]
        return {item.sku: item for item in map(_item, rows)}

    def names(self, reader: Reader) -> list[str]:
        """What items are called, each name once."""
        return [name for (name,) in reader.rows(tables.NAMES)]

    def with_attribute(self, reader: Reader, name: str) -> list[Item]:
        """The items that have an attribute of this name."""
        found = (_item(row) for row in reader.rows(tables.MENTIONING, (f'%"{_literal(name)}":%',)))
        return [item for item in found if name in item.attributes]

    def search(self, reader: Reader, text: str, limit: int = 20) -> list[Item]:
        """Items whose SKU, name, brand, category or GTIN hold every word of the text, by name."""
        words = text.casefold().split()[:_SEARCH_WORDS]
        if not words:
            return []
        parts = [f"%{_literal(word)}%" for word in words]
        exact = text.strip()
        return [_item(row) for row in reader.rows(tables.search(len(words)), (*parts, exact, exact, limit))]

    def locations(self, reader: Reader) -> list[Location]:
        """Every location, by country and name."""
        found = [Location(*row) for row in reader.rows(tables.LOCATIONS)]
        return sorted(found, key=lambda one: (one.country or "", one.name or one.location, one.location))

    def _route(self, thing: Thing, name: str) -> int:
        return route_of(self._digest(f"{_TOPICS[thing]}:{name}"))

    def _describe(self, tx: Transaction, thing: Thing, name: str, told: list[Description]) -> None:
        route = self._route(thing, name)
        rows = tx.rows(tables.FACTS_OF, (route, thing, name))
        known = {(row[0], row[1], row[2]): Description(thing, name, row[:3], json.loads(row[3])) for row in rows}
        every = known | {description.key: description for description in told}
        deciding = still_deciding(every.values())
        if deciding == known.keys():
            return
        for _, message_id, fact_route in known.keys() - deciding:
            tx.run(tables.DROP_FACT, (route, thing, name, fact_route, message_id))
        for key in deciding - known.keys():
            at, message_id, fact_route = key
            tx.run(tables.KEEP_FACT, (route, thing, name, fact_route, message_id, at, canonical(every[key].said)))
        self._write(tx, route, [every[key] for key in deciding])

    def _write(self, tx: Transaction, route: int, deciding: list[Description]) -> None:
        words = latest_words(deciding)
        described_at = max(description.key for description in deciding)[0]
        if deciding[0].thing == "location":
            place = location_from(words, described_at)
            row = (
                place.location, place.name, place.channel, place.country, place.city, place.described_at,
                place.latitude, place.longitude,
            )  # fmt: skip
            tx.run(tables.WRITE_LOCATION, (route, *row))
        else:
            tx.run(tables.WRITE_ITEM, (route, *_row(item_from(words, described_at))))


def _row(item: Item) -> Row:
    price = item.list_price
    return (
        item.sku,
        item.name,
        item.brand,
        item.category,
        price.amount_minor if price else None,
        price.currency if price else None,
        item.gtin,
        canonical(item.attributes),
        item.described_at,
        search_words(item),
        (item.name or item.sku).casefold().encode(),
    )


def _item(row: Row) -> Item:
    sku, name, brand, category, minor, currency, gtin, attributes, described_at = row
    price = Money(minor, currency) if currency is not None else None
    return Item(sku, name, brand, category, price, gtin, json.loads(attributes), described_at)


def _literal(word: str) -> str:
    return word.replace("!", "!!").replace("%", "!%").replace("_", "!_")
