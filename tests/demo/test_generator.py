"""The demo company is the same every time, can be read by anybody, and holds exactly the faults that the hints tell of.

The faults are counted here from the messages alone, by rules that know nothing of how they were made.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import msgspec
import pytest

from noline.demo.company import SHOWROOM
from noline.demo.generator import BROWSER_SOURCES, SOURCES, generate, generate_part
from noline.demo.hints import HINTS
from noline.kernel.clock import DAY, Micros, parse_instant
from noline.kernel.money import to_minor
from noline.kernel.words import WORDS

SIZE = "small"
CALLS = {"page", "screen", "identify", "group"}
GOODS = {"Stock Received", "Stock Moved", "Stock Counted", "Price Set", "Product Described", "Location Opened"}


class Seen(NamedTuple):
    """One message, read."""

    at: Micros
    source: str
    kind: str
    body: dict

    @property
    def words(self) -> dict:
        return self.body.get("properties", {})

    @property
    def place(self) -> dict:
        return self.body["context"]

    @property
    def names(self) -> list[str]:
        """Every name of a person in it; telephone numbers and tablets are shared, so they name nobody."""
        named = [f"user:{self.body['userId']}"] if "userId" in self.body else []
        others = self.place.get("externalIds", [])
        return named + [f"{one['type']}:{one['id']}" for one in others if one["type"] in {"loyalty_id", "email"}]


def read(messages: Iterable[tuple[str, bytes]]) -> list[Seen]:
    bodies = ((source, msgspec.json.decode(message)) for source, message in messages)
    return [
        Seen(parse_instant(body["timestamp"]), source, body.get("event", body["type"]), body) for source, body in bodies
    ]


@pytest.fixture(scope="module")
def year() -> list[Seen]:
    return sorted(read(generate(SIZE)), key=lambda seen: seen.at)


@pytest.fixture(scope="module")
def lives(year: list[Seen]) -> list[list[Seen]]:
    """What each person did, in order: names that one message carries together are one person."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    for seen in year:
        first, *others = seen.names or [""]
        for other in others:
            parent[root(other)] = root(first)
    found: dict[str, list[Seen]] = defaultdict(list)
    for seen in year:
        if seen.names:
            found[root(seen.names[0])].append(seen)
    return list(found.values())


def planted(number: int) -> dict[str, int]:
    return dict(next(hint for hint in HINTS if hint.number == number).planted(SIZE))


def skus_of(order: Seen) -> set[str]:
    return {line["sku"] for line in order.words["products"]}


def test_the_same_seed_gives_the_same_bytes():
    once, again = (hashlib.sha256() for _ in range(2))
    for digest in (once, again):
        for source, message in generate(SIZE, seed=11):
            digest.update(source.encode() + message)
    assert once.digest() == again.digest()


def test_another_seed_gives_another_year():
    assert next(m for s, m in generate(SIZE, 1) if s == "web-shop") != next(
        m for s, m in generate(SIZE, 2) if s == "web-shop"
    )


@pytest.mark.parametrize("parts", [2, 3])
def test_the_parts_are_the_whole_however_many_they_are(parts):
    whole = Counter(generate(SIZE))
    together = Counter(pair for part in range(parts) for pair in generate_part(SIZE, 7, part, parts))
    assert together == whole


def test_a_part_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="part 2 of 2"):
        next(iter(generate_part(SIZE, 7, 2, 2)))


def test_messages_come_in_the_order_of_time_within_the_year():
    times = [seen.at for seen in read(generate(SIZE))]
    assert times == sorted(times)
    assert times[0] >= parse_instant("2025-11-01")
    assert times[-1] < parse_instant("2026-11-01")


def test_the_small_company_has_about_fifty_thousand_events_of_two_thousand_customers(year):
    assert 45_000 < len(year) < 60_000
    makers = {seen.body["messageId"].split(".")[0] for seen in year}
    assert sum(name.startswith("0") for name in makers) == 2_000


def test_every_message_has_its_own_id_and_a_type(year):
    assert len({seen.body["messageId"] for seen in year}) == len(year)
    assert {seen.body["type"] for seen in year} == CALLS | {"track"}


def test_every_event_is_a_word_we_know(year):
    assert {seen.kind for seen in year} - CALLS <= WORDS.keys()


def test_every_source_sends_and_speaks_of_its_own_channel(year):
    assert {seen.source for seen in year} == set(SOURCES)
    assert {(seen.source, seen.place["channel"]) for seen in year} == set(SOURCES.items())
    assert set(SOURCES) > BROWSER_SOURCES


def test_who_is_named_nowhere_left_an_order_or_is_no_person(year):
    nameless = [seen for seen in year if not seen.names and "anonymousId" not in seen.body]
    unnamed = {seen.kind for seen in nameless if not seen.place.get("externalIds")}
    assert unnamed == GOODS | {"Order Completed"}


def test_prices_in_yen_have_no_decimals_and_totals_are_the_sum_of_their_lines(year):
    orders = [seen for seen in year if seen.kind == "Order Completed"]
    assert {order.words["currency"] for order in orders} == {"EUR", "JPY"}
    for order in orders:
        currency = order.words["currency"]
        lines = order.words["products"]
        total = sum(to_minor(line["price"], currency) * line["quantity"] for line in lines)
        assert to_minor(order.words["total"], currency) == total
        assert currency == "EUR" or all(isinstance(line["price"], int) for line in lines)


def test_order_ids_are_unique(year):
    orders = [seen.words["order_id"] for seen in year if seen.kind == "Order Completed"]
    assert len(set(orders)) == len(orders)


def test_families_share_and_cashiers_type_placeholders(year):
    identified = [seen for seen in year if seen.kind == "identify"]
    users_by_email = defaultdict(set)
    for seen in identified:
        users_by_email[seen.body["traits"]["email"]].update(name for name in seen.names if name.startswith("user:"))
    assert sum(len(users) > 1 for users in users_by_email.values()) > 10
    assert sum(seen.body["traits"]["phone"] == "0000000000" for seen in identified) > 10
    cards_by_tablet = defaultdict(set)
    for seen in year:
        if str(seen.body.get("anonymousId", "")).startswith("tablet-"):
            cards_by_tablet[seen.body["anonymousId"]].update(seen.names)
    assert len(cards_by_tablet) == 12
    assert min(len(cards) for cards in cards_by_tablet.values()) > 2


def test_japanese_customers_write_kanji_and_kana(year):
    japanese = [s.body["traits"] for s in year if s.kind == "identify" and s.place["country"] == "JP"]
    assert japanese
    assert all(traits["nameKana"] and not traits["name"].isascii() for traits in japanese)


def sent_to_an_empty_shelf(life: list[Seen]) -> Seen | None:
    """The empty shelf in a boutique for what the web promised there within a week, when no purchase follows."""
    promises = [s for s in life if s.kind == "Availability Shown" and s.place["channel"] == "web"]
    for empty in life:
        if empty.kind != "Availability Shown" or empty.place["channel"] != "store" or empty.words["available"]:
            continue
        was_promised = any(
            promise.words["available"]
            and (promise.words["sku"], promise.words["store_id"]) == (empty.words["sku"], empty.words["store_id"])
            and 0 < empty.at - promise.at < 7 * DAY
            for promise in promises
        )
        if was_promised and not any(s.kind == "Order Completed" and s.at > empty.at for s in life):
            return empty
    return None


def test_the_first_fault_is_as_large_as_its_hint_says(lives):
    empty = [shelf for life in lives if (shelf := sent_to_an_empty_shelf(life))]
    value = sum(to_minor(shelf.words["price"], "EUR") for shelf in empty)
    assert {"persons": len(empty), "value_minor": value} == planted(1)
    assert {shelf.place["store_id"] for shelf in empty} == {"lyon-bellecour", "marseille-vieux-port"}
    assert max(shelf.at for shelf in empty) < parse_instant("2025-12-25")


def test_elsewhere_most_who_look_online_buy_in_the_store(lives):
    """Around the first fault: a promise on the web, then a purchase anywhere within two weeks."""
    kept = Counter()
    for life in lives:
        for promise in (s for s in life if s.kind == "Availability Shown" and s.place["channel"] == "web"):
            if promise.at < parse_instant("2026-10-15"):
                in_fault = promise.words["handoff_group"] in {"Lyon", "Marseille"}
                early = promise.at < parse_instant("2025-12-25")
                bought = any(s.kind == "Order Completed" and 0 < s.at - promise.at < 14 * DAY for s in life)
                kept[in_fault and early, bought] += 1
    assert kept[False, True] / (kept[False, True] + kept[False, False]) > 0.85
    assert kept[True, True] / (kept[True, True] + kept[True, False]) < 0.7


def lost_after_a_call(life: list[Seen]) -> bool:
    """A call about a machine bought in a boutique, transferred twice or more, never resolved, then silence."""
    calls = [s for s in life if s.kind == "Call Started" and s.words["topic"] == "machine"]
    for call in calls:
        same = [s for s in life if s.words.get("case_id") == call.words["case_id"]]
        kinds = Counter(s.kind for s in same)
        bought = any(s.kind == "Order Completed" and s.place["channel"] == "store" and s.at < call.at for s in life)
        if bought and kinds["Call Transferred"] >= 2 and not kinds["Call Resolved"] and life[-1] is same[-1]:
            return True
    return False


def test_the_second_fault_is_as_large_as_its_hint_says(lives):
    assert {"persons": sum(map(lost_after_a_call, lives))} == planted(2)


def test_who_bought_the_machine_on_the_web_is_helped(year):
    started = {s.words["case_id"] for s in year if s.kind == "Call Started" and s.at < parse_instant("2026-10-30")}
    resolved = {s.words["case_id"] for s in year if s.kind == "Call Resolved"}
    assert len(started - resolved) == planted(2)["persons"]
    assert len(resolved) > 100


def test_the_third_fault_is_as_large_as_its_hint_says(year):
    set_prices = [s for s in year if s.kind == "Price Set"]

    def price(sku: str, channel: str, country: str, at: Micros) -> int:
        told = [
            s
            for s in set_prices
            if s.at <= at and (s.words["sku"], s.words["channel"], s.words["country"]) == (sku, channel, country)
        ]
        return to_minor(told[-1].words["price"], told[-1].words["currency"]) if told else 0

    below = overpaid_minor = dealer_orders = 0
    for order in (s for s in year if s.kind == "Order Completed" and s.source in {"marketplace", "wholesale-portal"}):
        for line in order.words["products"]:
            if order.words["currency"] != "EUR" or order.at < parse_instant("2025-11-02"):
                continue
            paid = to_minor(line["price"], "EUR")
            web = price(line["sku"], "web", order.place["country"], order.at)
            if order.source == "marketplace":
                below += paid < web
            elif paid > web:
                dealer_orders += 1
                overpaid_minor += (paid - web) * line["quantity"]
    weeks = 0
    skus = {s.words["sku"] for s in set_prices}
    for sku in sorted(skus):
        for week in range(52):
            at = parse_instant("2025-11-01") + week * 7 * DAY + DAY
            weeks += price(sku, "marketplace", "FR", at) < price(sku, "web", "FR", at)
    assert planted(3) == {
        "marketplace_sku_weeks": weeks,
        "marketplace_orders_below_web": below,
        "dealer_orders_above_web": dealer_orders,
        "dealer_overpaid_minor": overpaid_minor,
    }


def advised_then_bought_online(life: list[Seen]) -> list[str]:
    """Boutiques where advice was given, nothing bought that day, and that coffee ordered on the web within a week."""
    found = []
    for advice in (s for s in life if s.kind == "Advice Given" and s.place["associate_id"]):
        soon = [s for s in life if s.kind == "Order Completed" and 0 < s.at - advice.at < 7 * DAY]
        if soon and soon[0].source == "web-shop" and advice.words["sku"] in skus_of(soon[0]):
            found.append(advice.place["store_id"])
    return found


def test_the_fourth_fault_is_as_large_as_its_hint_says(lives):
    advised = Counter(store for life in lives for store in advised_then_bought_online(life))
    assert {"orders": advised.total(), "showroom_orders": advised[SHOWROOM]} == planted(4)


def test_every_product_is_described_with_what_it_costs_us_below_its_lowest_price(year):
    costs = {s.words["sku"]: s.words for s in year if s.kind == "Product Described"}
    assert {words["cost_currency"] for words in costs.values()} == {"EUR"}
    sold = [
        line
        for s in year
        if s.kind == "Order Completed" and s.words["currency"] == "EUR" and s.source != "wholesale-portal"
        for line in s.words["products"]
    ]
    assert {line["sku"] for line in sold} == set(costs)
    assert all(0 < costs[line["sku"]]["cost"] < line["price"] for line in sold)


def test_some_carts_left_on_the_web_are_bought_in_a_boutique(lives):
    false_drop_offs = 0
    for life in lives:
        for cart in (s for s in life if s.kind == "Product Added" and s.source == "web-shop"):
            after = [s for s in life if s.kind == "Order Completed" and 0 < s.at - cart.at < 7 * DAY]
            false_drop_offs += bool(after) and after[0].place["channel"] == "store"
    assert false_drop_offs > 50


def test_catherine_is_a_customer_of_three_channels_who_drinks_strong_coffee(year, lives):
    life = next(
        life for life in lives if "user:catherine" in life[0].names or "loyalty_id:L-CATHERINE" in life[0].names
    )
    assert {seen.place["channel"] for seen in life} >= {"store", "web", "app"}
    assert {s.body["traits"]["email"] for s in life if s.kind == "identify"} == {"catherine@example.com"}
    assert {s.body["traits"]["address"]["city"] for s in life if s.kind == "identify"} == {"Paris"}
    strength = {
        s.words["sku"]: s.words["attributes"]["intensity"]
        for s in year
        if s.kind == "Product Described" and "intensity" in s.words.get("attributes", {})
    }
    cups = [
        strength[line["sku"]]
        for s in life
        if s.kind == "Order Completed"
        for line in s.words["products"]
        if line["sku"] in strength
    ]
    assert len(cups) > 10
    assert round(sum(cups) / len(cups)) == 10


def test_jeannes_few_events_tell_the_first_fault(lives):
    life = next(life for life in lives if any("user:jeanne" in seen.names for seen in life))
    assert [(seen.place["channel"], seen.kind) for seen in life] == [
        ("store", "Store Visited"),
        ("store", "identify"),
        ("store", "Order Completed"),
        ("web", "identify"),
        ("web", "page"),
        ("web", "Product Viewed"),
        ("web", "Availability Shown"),
        ("store", "Store Visited"),
        ("store", "Availability Shown"),
        ("store", "Search Failed"),
    ]


def test_what_is_received_covers_what_is_sold(year):
    """Of a hundred lines sold, hardly one takes what the books of the shelf do not hold."""
    shelves: Counter[tuple[str, str]] = Counter()
    short = moves = 0
    for seen in year:
        if seen.kind in {"Stock Received", "Stock Counted"}:
            cell = seen.words["location"], seen.words["sku"]
            shelves[cell] = seen.words["quantity"] + (shelves[cell] if seen.kind == "Stock Received" else 0)
        elif seen.kind == "Stock Moved":
            shelves[seen.words["from_location"], seen.words["sku"]] -= seen.words["quantity"]
            shelves[seen.words["to_location"], seen.words["sku"]] += seen.words["quantity"]
        elif seen.kind == "Order Completed" and seen.at > parse_instant("2025-11-02"):
            for line in seen.words["products"]:
                cell = seen.words["fulfilment_location"], line["sku"]
                shelves[cell] -= line["quantity"]
                moves += 1
                short += shelves[cell] < 0
    assert short / moves < 0.02
