"""The benchmark's retailer, on a handful of rows made here and on tables from its own generator."""

from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from noline.channels import tpc_ds
from noline.kernel.errors import FileNotUnderstood, PackageMissing

_SALES = "date_sk time_sk customer store item promo number quantity price paid tax ship discount coupon"


def _values(columns: str, *rows: str) -> str:
    return f"SELECT * FROM (VALUES {', '.join(rows)}) AS t({', '.join(columns.split())})"


def _sales(prefix: str, customer: str, number: str, *rows: str) -> str:
    return f"""
        SELECT date_sk AS {prefix}_sold_date_sk, time_sk AS {prefix}_sold_time_sk, customer AS {prefix}_{customer},
               store AS {prefix}_store_sk, item AS {prefix}_item_sk, promo AS {prefix}_promo_sk,
               number AS {prefix}_{number}, quantity AS {prefix}_quantity, price::DECIMAL(7, 2) AS {prefix}_sales_price,
               paid::DECIMAL(7, 2) AS {prefix}_net_paid, tax::DECIMAL(7, 2) AS {prefix}_ext_tax,
               ship::DECIMAL(7, 2) AS {prefix}_ext_ship_cost, discount::DECIMAL(7, 2) AS {prefix}_ext_discount_amt,
               coupon::DECIMAL(7, 2) AS {prefix}_coupon_amt
        FROM ({_values(_SALES, *rows)})"""


_TABLES = {
    "date_dim": _values("d_date_sk d_date", "(1, DATE '2000-01-01')", "(2, DATE '2000-01-08')"),
    "item": """
        SELECT 10 AS i_item_sk, 'CUP' AS i_item_id, 'cup' AS i_product_name, 'a cup' AS i_item_desc, 'b' AS i_brand,
               'Home' AS i_category, 'decor' AS i_class, 'N/A' AS i_size, 'red' AS i_color,
               7.11::DECIMAL(7, 2) AS i_current_price, DATE '1997-10-27' AS i_rec_start_date""",
    "customer": """
        SELECT 5 AS c_customer_sk, 'C5' AS c_customer_id, 'amy@example.com' AS c_email_address, 'Amy' AS c_first_name,
               'Moses' AS c_last_name, NULL AS c_salutation, 'TOGO' AS c_birth_country, 1 AS c_first_sales_date_sk""",
    "store": "SELECT 3 AS s_store_sk, 'S3' AS s_store_id",
    "warehouse": "SELECT 4 AS w_warehouse_sk, 'W4' AS w_warehouse_id",
    "promotion": """
        SELECT 6 AS p_promo_sk, 'P6' AS p_promo_id, 'able' AS p_promo_name, 10 AS p_item_sk, 1 AS p_start_date_sk,
               2 AS p_end_date_sk, 1000.00::DECIMAL(15, 2) AS p_cost, 'Unknown' AS p_purpose, 'Y' AS p_channel_dmail,
               'N' AS p_channel_email, 'N' AS p_channel_catalog, 'Y' AS p_channel_tv, 'N' AS p_channel_radio,
               'N' AS p_channel_press, 'N' AS p_channel_event, 'N' AS p_channel_demo""",
    "inventory": _values(
        "inv_date_sk inv_item_sk inv_warehouse_sk inv_quantity_on_hand", "(1, 10, 4, 20)", "(2, 10, 4, 17)"
    ),
    "store_sales": _sales(
        "ss",
        "customer_sk",
        "ticket_number",
        "(1, 3600, NULL, 3, 10, 6, 77, 2, 5.00, 9.00, 0.90, NULL, 0.50, 1.00)",
        "(NULL, 3600, 5, 3, 10, NULL, 77, NULL, 4.00, NULL, 0.10, NULL, NULL, NULL)",
    ),
    "catalog_sales": _sales(
        "cs", "bill_customer_sk", "order_number", "(1, 0, 5, 0, 10, NULL, 77, 1, 3.00, 3.00, 0.30, 2.50, 0, 0)"
    ),
    "web_sales": _sales(
        "ws", "bill_customer_sk", "order_number", "(2, 60, 5, 0, 10, NULL, 77, 1, 6.00, 6.00, 0.60, 1.00, 0, 0)"
    ),
    "store_returns": """
        SELECT NULL::BIGINT AS sr_returned_date_sk, 30 AS sr_return_time_sk, 10 AS sr_item_sk,
               NULL::BIGINT AS sr_customer_sk, 3 AS sr_store_sk, 77 AS sr_ticket_number, 1 AS sr_return_quantity,
               4.50::DECIMAL(7, 2) AS sr_return_amt, NULL::DECIMAL(7, 2) AS sr_return_tax""",
    "catalog_returns": """
        SELECT 2 AS cr_returned_date_sk, 30 AS cr_returned_time_sk, 10 AS cr_item_sk, 5 AS cr_returning_customer_sk,
               77 AS cr_order_number, 1 AS cr_return_quantity, 3.00::DECIMAL(7, 2) AS cr_return_amount,
               0.30::DECIMAL(7, 2) AS cr_return_tax""",
    "web_returns": """
        SELECT 2 AS wr_returned_date_sk, 30 AS wr_returned_time_sk, 10 AS wr_item_sk, 5 AS wr_returning_customer_sk,
               77 AS wr_order_number, 1 AS wr_return_quantity, 3.00::DECIMAL(7, 2) AS wr_return_amt,
               0.30::DECIMAL(7, 2) AS wr_return_tax LIMIT 0""",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, rows in _TABLES.items():
        duckdb.sql(rows).write_parquet(str(tmp_path / f"{name}.parquet"))
    return tmp_path


@pytest.fixture(scope="module")
def generated(tmp_path_factory) -> Path:
    try:
        return tpc_ds.generate(0.01, tmp_path_factory.mktemp("tpc-ds"))
    except PackageMissing as cause:
        pytest.skip(f"the TPC-DS generator cannot be installed here: {cause}")


def _by_id(folder, **limits):
    return {message["messageId"]: (source, message) for source, message in tpc_ds.read(folder, **limits).messages}


def test_the_lines_of_a_ticket_are_one_order_whose_gaps_are_filled_by_its_other_lines(folder):
    source, order = _by_id(folder)["tpc-ds-order-store-77"]
    assert source == "tpc-ds-store"
    assert order["userId"] == "C5"
    assert order["timestamp"] == "2000-01-01T01:00:00.000Z"
    assert order["context"] == {"channel": "store", "country": "US", "store_id": "S3"}
    assert order["properties"] == {
        "order_id": "store-77",
        "currency": "USD",
        "total": "10.00",
        "revenue": "9.00",
        "tax": "1.00",
        "discount": "0.50",
        "coupon_discount": "1.00",
        "products": [
            {"sku": "CUP", "quantity": 2, "price": "5.00", "total": "9.00", "promotion_id": "P6"},
            {"sku": "CUP", "price": "4.00"},
        ],
    }


def test_the_same_number_in_two_channels_is_two_orders(folder):
    told = _by_id(folder)
    catalogue, web = told["tpc-ds-order-catalogue-77"], told["tpc-ds-order-web-77"]
    assert (catalogue[0], catalogue[1]["properties"]["order_id"]) == ("tpc-ds-catalogue", "catalogue-77")
    assert catalogue[1]["properties"]["total"] == "5.80"
    assert (web[0], web[1]["properties"]["order_id"]) == ("tpc-ds-web", "web-77")
    assert web[1]["timestamp"] == "2000-01-08T00:01:00.000Z"


def test_a_return_without_its_own_day_and_person_has_those_of_its_sale(folder):
    _, returned = _by_id(folder)["tpc-ds-return-store-77-10"]
    assert (returned["event"], returned["userId"]) == ("Return Accepted", "C5")
    assert returned["timestamp"] == "2000-01-01T01:00:00.000Z"
    assert returned["properties"] == {
        "return_id": "store-77-10",
        "order_id": "store-77",
        "currency": "USD",
        "total": "4.50",
        "day_known": False,
        "products": [{"sku": "CUP", "quantity": 1}],
    }


def test_people_goods_and_promotions_are_told(folder):
    told = _by_id(folder)
    assert told["tpc-ds-customer-C5"][1]["traits"]["email"] == "amy@example.com"
    assert told["tpc-ds-customer-C5"][1]["traits"]["name"] == "Amy Moses"
    assert told["tpc-ds-item-10"][1]["properties"]["price"] == "7.11"
    promotion = told["tpc-ds-promotion-P6"][1]["properties"]
    assert (promotion["sku"], promotion["media"], promotion["end_date"]) == ("CUP", ["mail", "tv"], "2000-01-08")


def test_stock_counts_can_be_limited_to_the_last_weeks(folder):
    def counted(**limits):
        return [
            (message["timestamp"][:10], message["properties"])
            for _, message in tpc_ds.read(folder, **limits).messages
            if message.get("event") == "Stock Counted"
        ]

    last = ("2000-01-08", {"sku": "CUP", "location": "W4", "quantity": 17})
    assert counted(inventory_weeks=1) == [last]
    assert counted(inventory_weeks=0) == []
    assert counted(inventory_weeks=None) == [("2000-01-01", {"sku": "CUP", "location": "W4", "quantity": 20}), last]


def test_a_missing_table_of_the_benchmark_is_named(folder):
    (folder / "web_sales.parquet").unlink()
    with pytest.raises(FileNotUnderstood) as refusal:
        tpc_ds.read(folder)
    assert refusal.value.facts["why"] == "the table web_sales.parquet is missing"


def test_a_generator_that_cannot_be_installed_is_refused_by_name(tmp_path):
    (tmp_path / ".environment").write_text("no folder can be made here")
    with pytest.raises(PackageMissing) as refusal:
        tpc_ds.generate(0.01, tmp_path)
    assert refusal.value.facts["package"] == "duckdb==1.5.5 with duckdb-extension-tpcds==1.5.5"
    assert [path.name for path in tmp_path.iterdir()] == [".environment"]


def test_every_generated_sale_and_return_is_told_once_and_the_sums_agree(generated):
    bulk = tpc_ds.read(generated)
    kinds, ids, revenue = Counter(), set(), defaultdict(Decimal)
    for source, message in bulk.messages:
        event = message.get("event", "identify")
        kinds[source, event] += 1
        ids.add(message["messageId"])
        if event == "Order Completed":
            revenue[source] += Decimal(message["properties"]["revenue"])
    assert bulk.total == kinds.total() == len(ids)
    assert {source: number for (source, event), number in kinds.items() if event == "Order Completed"} == {
        "tpc-ds-store": 2_400,
        "tpc-ds-catalogue": 1_600,
        "tpc-ds-web": 600,
    }
    for source, table, column in (
        ("tpc-ds-store", "store_sales", "ss_net_paid"),
        ("tpc-ds-catalogue", "catalog_sales", "cs_net_paid"),
        ("tpc-ds-web", "web_sales", "ws_net_paid"),
    ):
        path = generated / f"{table}.parquet"
        [(paid,)] = duckdb.connect().execute(f"SELECT sum({column}) FROM '{path}'").fetchall()
        assert revenue[source] == paid
    for source, table in (
        ("tpc-ds-store", "store_returns"),
        ("tpc-ds-catalogue", "catalog_returns"),
        ("tpc-ds-web", "web_returns"),
    ):
        path = generated / f"{table}.parquet"
        [(rows,)] = duckdb.connect().execute(f"SELECT count(*) FROM '{path}'").fetchall()
        assert kinds[source, "Return Accepted"] == rows
