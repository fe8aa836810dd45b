"""What is sold and where, remembered for a minute: a card needs a dozen products and asks nobody twice for one."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from noline.flows.places import NOWHERE, Places
from noline.insight.card.service import Fitting, Product, fitting, product
from noline.kernel.clock import MINUTE, Micros
from noline.kernel.money import Money
from noline.stores.transactional import Reader
from noline.truth.catalogue.model import Item, Location
from noline.truth.catalogue.service import Catalogue

_FITS, _LAUNCHED = "fits", "launched"
_WORD = re.compile(r"\w+")
_MOST_REMEMBERED = 50_000


class Sold(NamedTuple):
    """An item as cards need it. list_price: what its maker says it costs."""

    product: Product
    list_price: Money | None


class Assortment:
    """The catalogue of one hub; what changes in it is seen after a minute at most."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Nothing is remembered yet."""
        self._catalogue = catalogue
        self._read_at: Micros = -MINUTE
        self._sold: dict[str, Sold | None] = {}
        self._words: frozenset[str] | None = None
        self._fits: Fitting = {}
        self._launched: tuple[Product, ...] = ()
        self._places = NOWHERE
        self._reading = 0

    def reading(self, reader: Reader, now: Micros) -> int:
        """Which reading of the catalogue is remembered; what is answered under one number does not change."""
        self._follow(reader, now)
        return self._reading

    def sold(self, reader: Reader, skus: Iterable[str], now: Micros) -> dict[str, Sold]:
        """These items; one that nobody described is left out."""
        self._follow(reader, now)
        asked = set(skus)
        missing = asked - self._sold.keys()
        if missing:
            if len(self._sold) > _MOST_REMEMBERED:
                self._let_go()
                missing = asked
            found = self._catalogue.items(reader, missing)
            self._sold.update({sku: _sold(found[sku]) if sku in found else None for sku in missing})
        return {sku: one for sku in asked if (one := self._sold[sku]) is not None}

    def fits(self, reader: Reader, now: Micros) -> Fitting:
        """What fits what, by SKU or category."""
        self._follow(reader, now)
        return self._fits

    def launched(self, reader: Reader, now: Micros) -> tuple[Product, ...]:
        """Products that say since when they are sold (attribute `launched`, an ISO date)."""
        self._follow(reader, now)
        return self._launched

    def words(self, reader: Reader, now: Micros) -> frozenset[str]:
        """The words of the names of everything that is sold, in lower case."""
        self._follow(reader, now)
        if self._words is None:
            names = self._catalogue.names(reader)
            self._words = frozenset(word for name in names for word in _WORD.findall(name.lower()))
        return self._words

    def place(self, reader: Reader, location: str, now: Micros) -> Location | None:
        """A location by its id; None for one of which nobody spoke."""
        self._follow(reader, now)
        return self._places.get(location)

    def known_places(self) -> Places:
        """Every location, as it was when somebody asked last."""
        return self._places

    def named(self, location: str) -> str:
        """What a location was called when somebody asked last."""
        found = self._places.get(location)
        return (found.name if found else None) or location

    def _follow(self, reader: Reader, now: Micros) -> None:
        if self._read_at <= now < self._read_at + MINUTE:
            return
        self._let_go()
        self._words = None
        self._fits = fitting(_product(one) for one in self._catalogue.with_attribute(reader, _FITS))
        self._launched = tuple(_product(one) for one in self._catalogue.with_attribute(reader, _LAUNCHED))
        self._places = Places({one.location: one for one in self._catalogue.locations(reader)})
        self._read_at = now

    def _let_go(self) -> None:
        """Items are read anew from now on."""
        self._sold.clear()
        self._reading += 1


def _product(item: Item) -> Product:
    return product(item.sku, item.name, item.category, item.attributes)


def _sold(item: Item) -> Sold:
    return Sold(_product(item), item.list_price)
