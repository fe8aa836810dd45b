"""What warehouse and head office tell: boutiques, products, prices of every channel, and the stock of each shelf.

It is the same for every size of the company, except that larger ones receive more units.
"""

from random import Random

from noline.demo.chance import luck
from noline.demo.company import (
    CHANNELS_WITH_PRICES,
    COUNTRIES,
    DATES,
    DEPOT_OF,
    DEPOTS,
    EMPTY_DAYS,
    EMPTY_PRODUCTS,
    EMPTY_STORES,
    LAUNCH_DAY,
    LAUNCHED,
    MACHINES,
    PRODUCTS,
    STORE_BY_ID,
    STORES,
    WARRANTY_MONTHS,
    WINDOWS,
    YEAR_DAYS,
    Country,
    Product,
    major,
    price_minor,
)
from noline.demo.pen import DAY_SECONDS, Pen, text

RECEIPT_EVERY_DAYS = 28
MOVED_EVERY_RECEIPTS = 4
"""Every fourth receipt of a boutique comes from our own depot."""
COUNT_EVERY_DAYS = 91
_EARLY = 5 * 3600
_PER_MONTH = {"coffee": 18, "machine": 2, "gift": 3, "accessory": 2}
"""Units received each month for a weight of one and ten thousand customers, by category."""
_MONTHS_AHEAD = 2
_EVERY_MACHINE = tuple(machine.sku for machine in MACHINES)
_FITS = {"descaler": _EVERY_MACHINE, "frother": ("piccola", "barista"), "cups-espresso": _EVERY_MACHINE}
"""Which machines an accessory goes with; the Classica froths milk itself."""
_LAUNCH_UNITS = 12
"""Of the new coffee, for a weight of one and each thousand customers."""


def write_goods(pen: Pen, seed: int, thousands: int) -> None:
    """Write the whole year of goods. thousands: of customers, which decides how much is received."""
    chance = luck(f"goods/{seed}")
    pen.begin("goods")
    for store in STORES:
        street = text({"street": store.street, "city": store.city, "postal_code": store.postal_code})
        _open(
            pen,
            store.store_id,
            store.name,
            store.country,
            store.point,
            f'"channel":"store","city":"{store.city}","address":{street}',
        )
    for depot in DEPOTS:
        _open(pen, depot.location, depot.name, depot.country, depot.point, '"channel":"warehouse"')
    for product in PRODUCTS:
        _describe(pen, product)
        for country in COUNTRIES:
            _list_prices(pen, product, country)
    _price_windows(pen)
    for store in STORES:
        for product in PRODUCTS:
            _fill_shelf(pen, store.store_id, store.weight, product, thousands, chance)
    for depot in DEPOTS:
        for product in PRODUCTS:
            _fill_shelf(pen, depot.location, depot.weight, product, thousands, chance)
    _launch(pen, thousands)


def _launch(pen: Pen, thousands: int) -> None:
    """A new coffee, described, priced and on every shelf in the last weeks of the year."""
    pen.begin("launch")
    _describe(pen, LAUNCHED, LAUNCH_DAY)
    for country in COUNTRIES:
        for channel in CHANNELS_WITH_PRICES:
            _set_price(pen, LAUNCHED, channel, country, LAUNCH_DAY)
    weights = {one.store_id: one.weight for one in STORES} | {one.location: one.weight for one in DEPOTS}
    for location, weight in weights.items():
        _stock(pen, "Stock Received", location, LAUNCHED, LAUNCH_DAY, _LAUNCH_UNITS * weight * thousands)


def _open(pen: Pen, location: str, name: str, country: Country, point: tuple[float, float], members: str) -> None:
    where = f'"latitude":{point[0]},"longitude":{point[1]}'
    about = f'"location":"{location}","name":{text(name)},"country":"{country.code}",{where},{members}'
    pen.track("warehouse", _EARLY, "Location Opened", "", about, _context(country))


def _describe(pen: Pen, product: Product, day: int = 0) -> None:
    about = _attributes(product, day)
    attributes = f',"attributes":{text(about)}' if about else ""
    members = (
        f'"product_id":"{product.product_id}","sku":"{product.sku}","name":{text(product.name)},'
        f'"category":"{product.category}","brand":"Maison Ristretto"{attributes},'
        f'"price":{major(product.euro_cents, "EUR")},"currency":"EUR",'
        f'"cost":{major(product.cost_euro_cents, "EUR")},"cost_currency":"EUR"'
    )
    pen.track("warehouse", day * DAY_SECONDS + _EARLY + 60, "Product Described", "", members, '{"channel":"warehouse"}')


def _attributes(product: Product, day: int) -> dict[str, object]:
    """What somebody who sells it has to know: strength, contents of a pack, what goes with what, the warranty."""
    if product in MACHINES:
        return {"warranty_months": WARRANTY_MONTHS}
    if product.category != "coffee":
        return {"fits": _FITS[product.sku]} if product.sku in _FITS else {}
    pack = {"amount": 50, "unit": "capsule"}
    about: dict[str, object] = {"intensity": product.intensity, "pack": pack, "fits": _EVERY_MACHINE}
    return {**about, "launched": DATES[day]} if day else about


def _list_prices(pen: Pen, product: Product, country: Country) -> None:
    for channel in CHANNELS_WITH_PRICES:
        _set_price(pen, product, channel, country, 0)


def _set_price(pen: Pen, product: Product, channel: str, country: Country, day: int) -> None:
    price = major(price_minor(product, channel, country.currency, day), country.currency)
    members = (
        f'"product_id":"{product.product_id}","sku":"{product.sku}","channel":"{channel}",'
        f'"country":"{country.code}","price":{price},"currency":"{country.currency}"'
    )
    at = day * DAY_SECONDS if day else _EARLY + 120
    pen.track("warehouse", at, "Price Set", "", members, _context(country))


def _price_windows(pen: Pen) -> None:
    """The consumer prices that leave the list for some weeks; what a dealer pays stands in the dealer's orders only."""
    for window in WINDOWS:
        for country in COUNTRIES:
            if country.currency == "EUR":
                _set_price(pen, window.product, window.channel, country, window.days.start)
                _set_price(pen, window.product, window.channel, country, window.days.stop)


def _context(country: Country) -> str:
    return f'{{"channel":"warehouse","country":"{country.code}"}}'


def _fill_shelf(pen: Pen, location: str, weight: int, product: Product, thousands: int, chance: Random) -> None:
    """Counted at the start, then received each month and counted each quarter, unless the fault keeps it empty."""
    month = max(4, _PER_MONTH[product.category] * thousands * weight // 10)
    is_empty = location in EMPTY_STORES and product in EMPTY_PRODUCTS
    first = 0 if is_empty else month * _MONTHS_AHEAD
    offset = chance.randrange(1, RECEIPT_EVERY_DAYS)
    _stock(pen, "Stock Counted", location, product, 0, first)
    for month_number, day in enumerate(range(offset, YEAR_DAYS, RECEIPT_EVERY_DAYS)):
        if not (is_empty and day in EMPTY_DAYS):
            units = month + chance.randrange(month // 4 + 1)
            depot = DEPOT_OF[STORE_BY_ID[location].country.code] if location in STORE_BY_ID else ""
            if depot and month_number % MOVED_EVERY_RECEIPTS == MOVED_EVERY_RECEIPTS - 1:
                _moved(pen, depot, location, product, day, units)
            else:
                _stock(pen, "Stock Received", location, product, day, units)
    for day in range(COUNT_EVERY_DAYS, YEAR_DAYS, COUNT_EVERY_DAYS):
        _stock(pen, "Stock Counted", location, product, day, first or month)


def _stock(pen: Pen, event: str, location: str, product: Product, day: int, units: int) -> None:
    document = f"{event.split()[1].lower()}-{location}-{product.sku}-{day}"
    members = (
        f'"sku":"{product.sku}","product_id":"{product.product_id}","location":"{location}",'
        f'"quantity":{units},"document":"{document}"'
    )
    pen.track("warehouse", day * DAY_SECONDS + _EARLY + 300, event, "", members, '{"channel":"warehouse"}')


def _moved(pen: Pen, depot: str, location: str, product: Product, day: int, units: int) -> None:
    members = (
        f'"sku":"{product.sku}","product_id":"{product.product_id}","from_location":"{depot}",'
        f'"to_location":"{location}","quantity":{units},"document":"moved-{location}-{product.sku}-{day}"'
    )
    pen.track("warehouse", day * DAY_SECONDS + _EARLY + 300, "Stock Moved", "", members, '{"channel":"warehouse"}')
