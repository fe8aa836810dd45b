"""The plain facts of Maison Ristretto: countries, boutiques, coffees, machines, prices and the days that matter.

Days count from 0 (1 November 2025) to 364 (31 October 2026); prices are whole minor units of the country's currency.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

from noline.kernel.clock import DAY, Micros, parse_instant

YEAR_START: Micros = parse_instant("2025-11-01")
YEAR_DAYS = 365
YEAR_END: Micros = YEAR_START + YEAR_DAYS * DAY
FIRST_DATE = date(2025, 11, 1)
DATES: tuple[str, ...] = tuple((FIRST_DATE + timedelta(days=day)).isoformat() for day in range(2 * YEAR_DAYS))
"""ISO dates of the year and, for promises that reach beyond it, of the next."""


@dataclass(frozen=True, slots=True)
class Country:
    """A country we sell in. hours_ahead: of UTC, in winter; mean_share: of our customers, in percent."""

    code: str
    currency: str
    language: str
    hours_ahead: int
    share_percent: int


@dataclass(frozen=True, slots=True)
class Store:
    """A boutique. weight: how many customers live around it, relative to the others of its country.

    point: latitude and longitude in degrees.
    """

    store_id: str
    name: str
    country: Country
    city: str
    street: str
    postal_code: str
    weight: int
    point: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Depot:
    """A warehouse that sends parcels; weight: how much it receives, relative to the stores."""

    location: str
    name: str
    country: Country
    weight: int
    point: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Product:
    """Something we sell. intensity: 1 (mild) .. 13 (strong), 0 for what is not coffee."""

    product_id: str
    sku: str
    name: str
    category: str
    intensity: int
    euro_cents: int
    yen: int

    def list_price_minor(self, currency: str) -> int:
        """The list price in minor units of a currency."""
        return self.yen if currency == "JPY" else self.euro_cents

    @property
    def cost_euro_cents(self) -> int:
        """What one costs us, wherever we sell it."""
        return self.euro_cents * COST_PERCENT[self.category] // 100


FR = Country("FR", "EUR", "fr", 1, 50)
DE = Country("DE", "EUR", "de", 1, 30)
JP = Country("JP", "JPY", "ja", 9, 20)
COUNTRIES = (FR, DE, JP)

STORES = (
    Store("paris-opera", "Maison Ristretto Opéra", FR, "Paris", "24 rue de la Paix", "75002", 4, (48.8692, 2.3319)),
    Store("paris-marais", "Maison Ristretto Marais", FR, "Paris", "8 rue des Rosiers", "75004", 3, (48.8571, 2.3583)),
    Store(
        "lyon-bellecour", "Maison Ristretto Bellecour", FR, "Lyon", "3 place Bellecour", "69002", 2, (45.7578, 4.832)
    ),
    Store(
        "marseille-vieux-port",
        "Maison Ristretto Vieux-Port",
        FR,
        "Marseille",
        "17 quai du Port",
        "13002",
        2,
        (43.2951, 5.3739),
    ),
    Store(
        "bordeaux-chartrons",
        "Maison Ristretto Chartrons",
        FR,
        "Bordeaux",
        "41 rue Notre-Dame",
        "33000",
        2,
        (44.853, -0.5706),
    ),
    Store("berlin-mitte", "Maison Ristretto Mitte", DE, "Berlin", "Friedrichstraße 76", "10117", 3, (52.5142, 13.3899)),
    Store(
        "muenchen-altstadt",
        "Maison Ristretto Altstadt",
        DE,
        "München",
        "Sendlinger Straße 12",
        "80331",
        3,
        (48.1349, 11.568),
    ),
    Store(
        "hamburg-neuer-wall",
        "Maison Ristretto Neuer Wall",
        DE,
        "Hamburg",
        "Neuer Wall 33",
        "20354",
        2,
        (53.5511, 9.9895),
    ),
    Store(
        "koeln-ehrenstrasse", "Maison Ristretto Ehrenstraße", DE, "Köln", "Ehrenstraße 5", "50672", 2, (50.9393, 6.9399)
    ),
    Store("tokyo-ginza", "メゾン・リストレット銀座", JP, "東京", "中央区銀座4-6-1", "104-0061", 4, (35.6716, 139.765)),
    Store("osaka-umeda", "メゾン・リストレット梅田", JP, "大阪", "北区梅田2-2-22", "530-0001", 3, (34.7025, 135.4959)),
    Store(
        "kyoto-shijo",
        "メゾン・リストレット四条",
        JP,
        "京都",
        "下京区四条通寺町東入",
        "600-8001",
        2,
        (35.0037, 135.7681),
    ),
)
STORE_BY_ID: Mapping[str, Store] = MappingProxyType({store.store_id: store for store in STORES})

DEPOTS = (
    Depot("depot-strasbourg", "Dépôt Strasbourg", FR, 24, (48.5734, 7.7521)),
    Depot("depot-yokohama", "横浜倉庫", JP, 6, (35.4437, 139.638)),
)
DEPOT_OF: Mapping[str, str] = MappingProxyType(
    {"FR": DEPOTS[0].location, "DE": DEPOTS[0].location, "JP": DEPOTS[1].location}
)
"""From where parcels to each country are sent."""


WARRANTY_MONTHS = 24
"""How long we stand up for a machine."""

COST_PERCENT: Mapping[str, int] = MappingProxyType({"coffee": 38, "machine": 62, "gift": 45, "accessory": 50})
"""What goods cost us, as a share of their price in euro, by category."""


def _coffee(number: int, name: str, intensity: int, euro_cents: int, yen: int) -> Product:
    return Product(f"c{number:02}", f"{name.lower()}-50", f"{name}, 50 capsules", "coffee", intensity, euro_cents, yen)


COFFEES = (
    _coffee(1, "Pianura", 4, 2150, 3450),
    _coffee(2, "Collina", 5, 2150, 3450),
    _coffee(3, "Serenata", 5, 2250, 3600),
    _coffee(4, "Brezza", 2, 2150, 3450),
    _coffee(5, "Nuvola", 3, 2350, 3800),
    _coffee(6, "Petalo", 1, 2250, 3600),
    _coffee(7, "Lungomare", 6, 2150, 3450),
    _coffee(8, "Trastevere", 8, 2250, 3600),
    _coffee(9, "Campanile", 7, 2350, 3800),
    _coffee(10, "Ristretto", 10, 2250, 3600),
    _coffee(11, "Vespro", 9, 2250, 3600),
    _coffee(12, "Corsaro", 12, 2450, 3950),
    _coffee(13, "Brigante", 11, 2450, 3950),
    _coffee(14, "Mezzanotte", 13, 2550, 4100),
    _coffee(15, "Decaffeinato", 7, 2350, 3800),
    _coffee(16, "Asakusa", 6, 2650, 4200),
)
PICCOLA = Product("m01", "piccola", "Piccola, capsule machine", "machine", 0, 9900, 15800)
CLASSICA = Product("m02", "classica", "Classica, machine with milk frother", "machine", 0, 17900, 28800)
BARISTA = Product("m03", "barista", "Barista, machine with two boilers", "machine", 0, 34900, 55800)
ADVENT = Product("g01", "advent-calendar", "Advent calendar, 24 coffees", "gift", 0, 4500, 7200)
MACHINES = (PICCOLA, CLASSICA, BARISTA)
OTHERS = (
    ADVENT,
    Product("a01", "frother", "Milk frother", "accessory", 0, 6900, 11000),
    Product("a02", "cups-espresso", "Two espresso cups", "accessory", 0, 2400, 3900),
    Product("a03", "descaler", "Descaling kit", "accessory", 0, 1290, 2100),
    Product("a04", "travel-mug", "Travel mug", "accessory", 0, 2990, 4800),
)
PRODUCTS = COFFEES + MACHINES + OTHERS
LAUNCHED = _coffee(17, "Tramontana", 10, 2550, 4100)
"""The coffee that came in the last weeks of the year; nobody has it among their tastes yet."""
LAUNCH_DAY = 344
PRODUCT_BY_SKU: Mapping[str, Product] = MappingProxyType({product.sku: product for product in (*PRODUCTS, LAUNCHED)})
CHANNELS_WITH_PRICES = ("web", "app", "store", "marketplace")

# The first known fault: what is missing, where and when.
EMPTY_STORES = ("lyon-bellecour", "marseille-vieux-port")
EMPTY_PRODUCTS = (CLASSICA, BARISTA, ADVENT)
EMPTY_DAYS = range(54)
"""1 November .. 24 December 2025: what lies in our year of the eight weeks before Christmas."""


# The fourth known fault: people taste and are advised there, and order at home.
SHOWROOM = "hamburg-neuer-wall"


@dataclass(frozen=True, slots=True)
class PriceWindow:
    """A price that leaves the list on some days. country: one code, or None for every country in euro."""

    product: Product
    channel: str
    days: range
    euro_cents: int


# The third known fault: the marketplace below the web, and the web below a dealer's own purchase price.
MARKETPLACE_WINDOWS = (
    PriceWindow(PRODUCT_BY_SKU["ristretto-50"], "marketplace", range(91, 119), 1890),
    PriceWindow(PRODUCT_BY_SKU["corsaro-50"], "marketplace", range(175, 203), 1990),
    PriceWindow(PICCOLA, "marketplace", range(266, 294), 7900),
)
WEB_PROMOTION = PriceWindow(CLASSICA, "web", range(210, 231), 12900)
WINDOWS = (*MARKETPLACE_WINDOWS, WEB_PROMOTION)
DEALER_PRICE_MINOR = 13900
"""What the electronics store Elektro Kaiser pays us for a Classica; other dealers pay the wholesale share."""

_WINDOWS_BY_SKU_CHANNEL: Mapping[tuple[str, str], PriceWindow] = {
    (window.product.sku, window.channel): window for window in WINDOWS
}
WHOLESALE_PERCENT = 65


def price_minor(product: Product, channel: str, currency: str, day: int) -> int:
    """What a product costs in a channel on a day, in minor units."""
    listed = product.list_price_minor(currency)
    if channel == "wholesale":
        return listed * WHOLESALE_PERCENT // 100
    window = _WINDOWS_BY_SKU_CHANNEL.get((product.sku, channel))
    return window.euro_cents if window and currency == "EUR" and day in window.days else listed


def major(minor: int, currency: str) -> str:
    """An amount as a channel writes it in JSON: major units, `22.50` or, in yen, `3600`."""
    return str(minor) if currency == "JPY" else f"{minor // 100}.{minor % 100:02}"
