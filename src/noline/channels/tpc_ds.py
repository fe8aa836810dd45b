"""The retailer of the TPC-DS benchmark: stores, a catalogue and a web shop, at any size.

Its channels are independent of each other by construction, so it says nothing about behaviour; it is there for size
and for sums that can be checked. Amounts are US dollars. As the benchmark prescribes, some facts of a line are missing:
a missing quantity or price is left out of its line, and sums go over what is there.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from noline.channels.bulk import Bulk, Timed, in_time_order, track, without_gaps
from noline.kernel.errors import FileNotUnderstood, PackageMissing
from noline.kernel.events import Json

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

OFFICE = "tpc-ds-office"
SOURCES = {
    "tpc-ds-store": "store",
    "tpc-ds-catalogue": "catalogue",
    "tpc-ds-web": "web",
    OFFICE: "office",
}

# The engine of the hub refuses this extension file, so the generator lives in an environment of its own.
_PACKAGES = ("duckdb==1.5.5", "duckdb-extension-tpcds==1.5.5")
_TABLES = (
    "catalog_returns",
    "catalog_sales",
    "customer",
    "date_dim",
    "inventory",
    "item",
    "promotion",
    "store",
    "store_returns",
    "store_sales",
    "warehouse",
    "web_returns",
    "web_sales",
)
_BATCH_ROWS = 4096
_GENERATOR = """
import sys
from pathlib import Path
import duckdb, duckdb_extension_tpcds
scale, folder, tables = float(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
[extension] = Path(duckdb_extension_tpcds.__file__).parent.rglob("tpcds.duckdb_extension")
base = duckdb.connect(str(folder / "generating.duckdb"))
base.execute(f"LOAD '{extension}'")
base.execute(f"CALL dsdgen(sf = {scale})")
for table in tables:
    base.table(table).write_parquet(str(folder / f"{table}.parquet"), compression="zstd")
"""

_SALES = """
CREATE VIEW sales AS
SELECT 'store' AS channel, ss_ticket_number AS number, ss_customer_sk AS customer_sk, ss_store_sk AS store_sk,
       ss_sold_date_sk AS date_sk, ss_sold_time_sk AS second, ss_item_sk AS item_sk, ss_promo_sk AS promo_sk,
       ss_quantity AS quantity, ss_sales_price AS price, ss_net_paid AS net_paid, ss_ext_tax AS tax,
       CAST(NULL AS DECIMAL(7, 2)) AS shipping, ss_ext_discount_amt AS discount, ss_coupon_amt AS coupon
FROM store_sales
UNION ALL
SELECT 'catalogue', cs_order_number, cs_bill_customer_sk, NULL, cs_sold_date_sk, cs_sold_time_sk, cs_item_sk,
       cs_promo_sk, cs_quantity, cs_sales_price, cs_net_paid, cs_ext_tax, cs_ext_ship_cost, cs_ext_discount_amt,
       cs_coupon_amt
FROM catalog_sales
UNION ALL
SELECT 'web', ws_order_number, ws_bill_customer_sk, NULL, ws_sold_date_sk, ws_sold_time_sk, ws_item_sk,
       ws_promo_sk, ws_quantity, ws_sales_price, ws_net_paid, ws_ext_tax, ws_ext_ship_cost, ws_ext_discount_amt,
       ws_coupon_amt
FROM web_sales
"""

_SALE_HEADS = """
CREATE VIEW sale_heads AS
SELECT channel, number, max(customer_sk) AS customer_sk, max(store_sk) AS store_sk, max(date_sk) AS date_sk,
       max(second) AS second
FROM sales
GROUP BY channel, number
"""

_RETURNS = """
CREATE VIEW returns AS
SELECT 'store' AS channel, sr_ticket_number AS number, sr_customer_sk AS customer_sk, sr_store_sk AS store_sk,
       sr_returned_date_sk AS date_sk, sr_return_time_sk AS second, sr_item_sk AS item_sk,
       sr_return_quantity AS quantity, sr_return_amt AS amount, sr_return_tax AS tax
FROM store_returns
UNION ALL
SELECT 'catalogue', cr_order_number, cr_returning_customer_sk, NULL, cr_returned_date_sk, cr_returned_time_sk,
       cr_item_sk, cr_return_quantity, cr_return_amount, cr_return_tax
FROM catalog_returns
UNION ALL
SELECT 'web', wr_order_number, wr_returning_customer_sk, NULL, wr_returned_date_sk, wr_returned_time_sk,
       wr_item_sk, wr_return_quantity, wr_return_amt, wr_return_tax
FROM web_returns
"""

_ORDERS = """
WITH orders AS (
    SELECT channel, number, max(customer_sk) AS customer_sk, max(store_sk) AS store_sk, max(date_sk) AS date_sk,
           max(second) AS second,
           coalesce(sum(net_paid), 0) AS revenue, coalesce(sum(tax), 0) AS tax, coalesce(sum(shipping), 0) AS shipping,
           coalesce(sum(discount), 0) AS discount, coalesce(sum(coupon), 0) AS coupon,
           list(i_item_id ORDER BY item_sk) AS skus, list(quantity ORDER BY item_sk) AS quantities,
           list(CAST(price AS VARCHAR) ORDER BY item_sk) AS prices,
           list(CAST(net_paid AS VARCHAR) ORDER BY item_sk) AS totals,
           list(p_promo_id ORDER BY item_sk) AS promotions
    FROM sales
    JOIN item ON i_item_sk = item_sk
    LEFT JOIN promotion ON p_promo_sk = promo_sk
    GROUP BY channel, number
)
SELECT strftime(d_date + to_seconds(coalesce(second, 0)), '%Y-%m-%dT%H:%M:%S.000Z') AS sold_at,
       channel, number, c_customer_id, s_store_id, CAST(revenue AS VARCHAR), CAST(tax AS VARCHAR),
       CAST(shipping AS VARCHAR), CAST(revenue + tax + shipping AS VARCHAR), CAST(discount AS VARCHAR),
       CAST(coupon AS VARCHAR), skus, quantities, prices, totals, promotions
FROM orders
LEFT JOIN date_dim ON d_date_sk = date_sk
LEFT JOIN customer ON c_customer_sk = customer_sk
LEFT JOIN store ON s_store_sk = store_sk
ORDER BY sold_at NULLS FIRST, channel, number
"""

# A return that lacks its day or its person is told with those of its sale: the day is then the earliest possible one.
_RETURN_LINES = """
SELECT strftime(d_date + to_seconds(coalesce(
           CASE WHEN returns.date_sk IS NULL THEN sale_heads.second ELSE returns.second END, 0)),
           '%Y-%m-%dT%H:%M:%S.000Z') AS returned_at,
       returns.channel, returns.number, item_sk, i_item_id, quantity, CAST(amount AS VARCHAR), CAST(tax AS VARCHAR),
       c_customer_id, s_store_id, returns.date_sk IS NOT NULL AS day_known
FROM returns
JOIN item ON i_item_sk = item_sk
LEFT JOIN sale_heads ON sale_heads.channel = returns.channel AND sale_heads.number = returns.number
LEFT JOIN date_dim ON d_date_sk = coalesce(returns.date_sk, sale_heads.date_sk)
LEFT JOIN customer ON c_customer_sk = coalesce(returns.customer_sk, sale_heads.customer_sk)
LEFT JOIN store ON s_store_sk = coalesce(returns.store_sk, sale_heads.store_sk)
ORDER BY returned_at NULLS FIRST, returns.channel, returns.number, item_sk
"""

_CUSTOMERS = """
SELECT strftime(coalesce(d_date, DATE '1998-01-01'), '%Y-%m-%dT00:00:00.000Z') AS known_from, c_customer_id,
       c_email_address, c_first_name, c_last_name, c_salutation, c_birth_country
FROM customer
LEFT JOIN date_dim ON d_date_sk = c_first_sales_date_sk
ORDER BY known_from, c_customer_id
"""

_ITEMS = """
SELECT strftime(coalesce(i_rec_start_date, DATE '1997-01-01'), '%Y-%m-%dT00:00:00.000Z') AS described_at, i_item_sk,
       i_item_id, i_product_name, i_brand, i_category, CAST(i_current_price AS VARCHAR), i_item_desc, i_class, i_size,
       i_color
FROM item
ORDER BY described_at, i_item_sk
"""
_ITEM_ATTRIBUTES = ("description", "class", "size", "color")

_PROMOTIONS = """
SELECT strftime(coalesce(starts.d_date, DATE '1998-01-01'), '%Y-%m-%dT00:00:00.000Z') AS planned_at,
       p_promo_id, p_promo_name, i_item_id,
       CAST(starts.d_date AS VARCHAR), CAST(ends.d_date AS VARCHAR), CAST(p_cost AS VARCHAR), p_purpose,
       p_channel_dmail, p_channel_email, p_channel_catalog, p_channel_tv, p_channel_radio, p_channel_press,
       p_channel_event, p_channel_demo
FROM promotion
LEFT JOIN item ON i_item_sk = p_item_sk
LEFT JOIN date_dim AS starts ON starts.d_date_sk = p_start_date_sk
LEFT JOIN date_dim AS ends ON ends.d_date_sk = p_end_date_sk
ORDER BY planned_at, p_promo_id
"""
_PROMOTION_MEDIA = ("mail", "email", "catalogue", "tv", "radio", "press", "event", "demo")

_COUNTS = """
CREATE VIEW counts AS
SELECT d_date AS day, inv_item_sk AS item_sk, inv_warehouse_sk AS warehouse_sk, inv_quantity_on_hand AS on_hand
FROM inventory
JOIN (SELECT inv_date_sk AS date_sk FROM inventory GROUP BY inv_date_sk ORDER BY inv_date_sk DESC LIMIT $weeks) AS weeks
  ON date_sk = inv_date_sk
JOIN date_dim ON d_date_sk = inv_date_sk
WHERE inv_quantity_on_hand IS NOT NULL
"""

_STOCK = """
SELECT strftime(day, '%Y-%m-%dT00:00:00.000Z') AS counted_at, item_sk, i_item_id, w_warehouse_id, on_hand
FROM counts
JOIN item ON i_item_sk = item_sk
JOIN warehouse ON w_warehouse_sk = warehouse_sk
ORDER BY counted_at, item_sk, warehouse_sk
"""

_TOTAL = """
SELECT (SELECT count(*) FROM sale_heads) + (SELECT count(*) FROM returns) + (SELECT count(*) FROM customer)
     + (SELECT count(*) FROM item) + (SELECT count(*) FROM promotion) + (SELECT count(*) FROM counts)
"""


def generate(scale: float, out_dir: Path) -> Path:
    """Make the benchmark's tables as Parquet in `out_dir`, at a scale of about `scale` gigabytes; answers `out_dir`.

    The generator gets an environment of its own in `out_dir/.environment`, which may be removed afterwards.
    Raises PackageMissing when it cannot be installed, FileNotUnderstood when the generator stops.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    python = _generator_environment(out_dir / ".environment")
    base = out_dir / "generating.duckdb"
    base.unlink(missing_ok=True)
    done = _run([str(python), "-c", _GENERATOR, str(scale), str(out_dir), *_TABLES])
    base.unlink(missing_ok=True)
    if done.returncode:
        raise FileNotUnderstood(path=out_dir, why=f"the generator stopped: {_last_line(done.stderr)}")
    return out_dir


def _generator_environment(folder: Path) -> Path:
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    for command in (
        [sys.executable, "-m", "venv", str(folder)],
        [str(python), "-m", "pip", "install", "--quiet", "--retries", "1", *_PACKAGES],
    ):
        done = _run(command)
        if done.returncode:
            raise PackageMissing(
                feature="Generating tpc-ds", package=" with ".join(_PACKAGES), why=_last_line(done.stderr)
            )
    return python


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason given"])[-1]


def read(folder: Path, *, inventory_weeks: int | None = 4) -> Bulk:
    """Everything the tables in `folder` say, as messages in time order.

    inventory_weeks: how many of the last weekly stock counts; None for all of them, 0 for none. A count without a
    number is left out. Raises FileNotUnderstood when a table is missing.
    """
    tables = _open(folder, inventory_weeks)
    [(total,)] = tables.execute(_TOTAL).fetchall()
    streams = (
        _items(tables), _customers(tables), _promotions(tables), _stock(tables), _orders(tables), _returns(tables),
    )  # fmt: skip
    return Bulk(dict(SOURCES), total, in_time_order(*streams))


def _open(folder: Path, inventory_weeks: int | None) -> "DuckDBPyConnection":
    import duckdb

    tables = duckdb.connect()
    for name in _TABLES:
        path = folder / f"{name}.parquet"
        if not path.is_file():
            raise FileNotUnderstood(path=folder, why=f"the table {name}.parquet is missing")
        tables.read_parquet(str(path)).create_view(name)
    weeks = 2**31 if inventory_weeks is None else inventory_weeks
    for view in (_SALES, _SALE_HEADS, _RETURNS, _COUNTS.replace("$weeks", str(int(weeks)))):
        tables.execute(view)
    return tables


def _rows(tables: "DuckDBPyConnection", question: str) -> Iterator[tuple[Any, ...]]:
    answer = tables.cursor().execute(question)
    while rows := answer.fetchmany(_BATCH_ROWS):
        yield from rows


def _orders(tables: "DuckDBPyConnection") -> Iterator[Timed]:
    for row in _rows(tables, _ORDERS):
        sold_at, channel, number, customer, store, revenue, tax, shipping, total, discount, coupon, *lines = row
        properties = {
            "order_id": f"{channel}-{number}",
            "currency": "USD",
            "total": total,
            "revenue": revenue,
            "tax": tax,
            "shipping": None if channel == "store" else shipping,
            "discount": discount,
            "coupon_discount": coupon,
            "products": [_line(*line) for line in zip(*lines, strict=True)],
        }
        message = track("Order Completed", f"tpc-ds-order-{channel}-{number}", sold_at, channel, properties)
        yield sold_at or "", f"tpc-ds-{channel}", _at_store(_of_customer(message, customer), store)


def _line(sku: str, quantity: int | None, price: str | None, total: str | None, promotion: str | None) -> Json:
    return without_gaps({"sku": sku, "quantity": quantity, "price": price, "total": total, "promotion_id": promotion})


def _returns(tables: "DuckDBPyConnection") -> Iterator[Timed]:
    for row in _rows(tables, _RETURN_LINES):
        returned_at, channel, number, item, sku, quantity, amount, tax, customer, store, day_known = row
        properties = {
            "return_id": f"{channel}-{number}-{item}",
            "order_id": f"{channel}-{number}",
            "currency": "USD",
            "total": amount,
            "tax": tax,
            "day_known": day_known,
            "products": [without_gaps({"sku": sku, "quantity": quantity})],
        }
        message = track("Return Accepted", f"tpc-ds-return-{channel}-{number}-{item}", returned_at, channel, properties)
        yield returned_at or "", f"tpc-ds-{channel}", _at_store(_of_customer(message, customer), store)


def _of_customer(message: Json, customer: str | None) -> Json:
    message["context"]["country"] = "US"
    if customer is not None:
        message["userId"] = customer
    return message


def _at_store(message: Json, store: str | None) -> Json:
    if store is not None:
        message["context"]["store_id"] = store
    return message


def _customers(tables: "DuckDBPyConnection") -> Iterator[Timed]:
    for known_from, customer, email, first_name, last_name, title, birth_country in _rows(tables, _CUSTOMERS):
        traits = {
            "email": email,
            "name": " ".join(filter(None, (first_name, last_name))) or None,
            "first_name": first_name,
            "last_name": last_name,
            "title": title,
            "birth_country": birth_country,
        }
        message = {
            "type": "identify",
            "messageId": f"tpc-ds-customer-{customer}",
            "userId": customer,
            "timestamp": known_from,
            "context": {"channel": "office"},
            "traits": without_gaps(traits),
        }
        yield known_from, OFFICE, message


def _items(tables: "DuckDBPyConnection") -> Iterator[Timed]:
    for described_at, item, sku, name, brand, category, price, *known in _rows(tables, _ITEMS):
        properties = {
            "sku": sku,
            "name": name,
            "brand": brand,
            "category": category,
            "price": price,
            "currency": "USD",
            "attributes": without_gaps(dict(zip(_ITEM_ATTRIBUTES, known, strict=True))),
        }
        yield (
            described_at,
            OFFICE,
            track("Product Described", f"tpc-ds-item-{item}", described_at, "office", properties),
        )


def _promotions(tables: "DuckDBPyConnection") -> Iterator[Timed]:
    for planned_at, promotion, name, sku, start, end, cost, purpose, *media in _rows(tables, _PROMOTIONS):
        properties = {
            "promotion_id": promotion,
            "name": name,
            "sku": sku,
            "start_date": start,
            "end_date": end,
            "cost": cost,
            "currency": "USD",
            "purpose": purpose,
            "media": [medium for medium, used in zip(_PROMOTION_MEDIA, media, strict=True) if used == "Y"],
        }
        message = track("Promotion Planned", f"tpc-ds-promotion-{promotion}", planned_at, "office", properties)
        yield planned_at, OFFICE, message


def _stock(tables: "DuckDBPyConnection") -> Iterator[Timed]:
    for counted_at, item, sku, warehouse, on_hand in _rows(tables, _STOCK):
        properties = {"sku": sku, "location": warehouse, "quantity": on_hand}
        message_id = f"tpc-ds-count-{counted_at[:10]}-{item}-{warehouse}"
        yield counted_at, OFFICE, track("Stock Counted", message_id, counted_at, "office", properties)
