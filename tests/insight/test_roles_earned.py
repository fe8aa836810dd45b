"""What units earn on orders of others, told by channel and by unit, beside a count order by order."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from random import Random

import pytest

from noline.doors.answers import roles as answers
from noline.flows.earning import assist, helping
from noline.flows.lookups import SAMPLED, sampled
from noline.hub import Hub
from shop import OPENING, track

STORES = ("paris-1", "lyon-1", "showroom")
SOURCES = {"web": "web", "app": "app", "till": "store"}


def moment(day: int, minute: int = 0) -> str:
    return (OPENING + timedelta(days=day, minutes=minute)).isoformat()


def basket(currency: str, units: int = 1) -> dict:
    price = {"EUR": 100, "JPY": 16_000}[currency]
    return {"currency": currency, "total": price * units, "products": [{"sku": "a", "quantity": units, "price": price}]}


def stories(chance: Random) -> Iterator[tuple[str, dict]]:
    """Sixty orders of thirty people: advised in stores or seen in the app before, some given back in Lyon later."""
    for number in range(60):
        who, order = {"user": f"u-{chance.randrange(30)}"}, f"o-{number}"
        day = number * 2
        for place in chance.sample(STORES, chance.randrange(3)):
            told = {"id": f"{order}-{place}", "at": moment(day), "context_store_id": place, "minutes": 6}
            yield "till", track("Advice Given", order_id=order, **told, **who)
        if chance.random() < 0.5:
            yield "app", track("Product Viewed", id=f"{order}-seen", at=moment(day, 1), sku="a", **who)
        source, where = chance.choice([("web", {}), ("app", {}), ("till", {"context_store_id": "paris-1"})])
        told = basket(chance.choice(["EUR", "EUR", "JPY"]), chance.randrange(1, 4))
        yield source, track("Order Completed", id=order, at=moment(day, 5), order_id=order, **told, **where, **who)
        if chance.random() < 0.3:
            told = {"order_id": order, "location": "depot-1"}
            yield "web", track("Order Shipped", id=f"{order}-sent", at=moment(day, 60), **told, **who)
        if chance.random() < 0.2:
            told = {"order_id": order, "return_id": f"r-{number}", "context_store_id": "lyon-1"}
            yield "till", track("Return Accepted", id=f"{order}-back", at=moment(day + 1), **told, **who)


@pytest.fixture(scope="module")
def hub(tmp_path_factory) -> Iterator[Hub]:
    folder = tmp_path_factory.mktemp("earned") / "shop.noline"
    with Hub.init(folder, currency="EUR", rates={"JPY": "0.006"}) as opened:
        told = list(stories(Random(4)))
        for name, channel in SOURCES.items():
            opened.access.add_source(name, channel)
            received = opened.accept(name, [message for source, message in told if source == name])
            assert {one.status for one in received} == {"accepted"}
        opened.refresh()
        yield opened


def plain(hub: Hub, by: str) -> dict[tuple[str, str], int]:
    """What each earned on orders of others, read from the books of one order after the other."""
    found: Counter[tuple[str, str]] = Counter()

    def named(unit: str) -> str:
        if by == "unit":
            return unit
        return "store" if unit in STORES else "depot" if unit == "depot-1" else unit

    for number in range(60):
        order = hub.credit.order(f"o-{number}")
        lines = [*order.shares, *(line for back in order.returns for line in back.shares)]
        for line in lines:
            if named(line.unit) != named(order.captured_by):
                found[named(line.unit), order.currency] += line.shared_minor
    return {key: amount for key, amount in found.items() if amount}


@pytest.mark.parametrize("by", ["channel", "unit"])
def test_what_is_earned_on_orders_of_others_agrees_with_every_order_opened(hub, by):
    expected = plain(hub, by)
    told = assist(hub.credit, by)
    assert {(name, one.currency): one.amount_minor for name, each in told.items() for one in each} == {
        (name, one.currency): expected.get((name, one.currency), 0) for name, each in told.items() for one in each
    }
    assert expected.keys() <= {(name, one.currency) for name, each in told.items() for one in each}
    assert {currency for _, currency in expected} == {"EUR", "JPY"}


def test_a_store_that_sells_nothing_earns_for_its_channel_and_has_a_row_of_its_own(hub):
    expected = plain(hub, "unit")
    units = {one["name"]: one for one in answers.roles(hub, "unit")["channels"]}
    assert units["showroom"]["orders"] == 0
    assert {one["currency"]: one["amount_minor"] for one in units["showroom"]["assist"]} == {
        currency: amount for (name, currency), amount in expected.items() if name == "showroom"
    }
    channels = {one["name"]: one for one in answers.roles(hub)["channels"]}
    assert "showroom" not in channels
    by_channel = plain(hub, "channel")
    assert {one["currency"]: one["amount_minor"] for one in channels["store"]["assist"]} == {
        currency: amount for (name, currency), amount in by_channel.items() if name == "store"
    }
    # One store's help of another is no help of another channel.
    in_stores = sum(amount for (name, currency), amount in expected.items() if name in STORES and currency == "EUR")
    assert by_channel["store", "EUR"] < in_stores


def test_units_that_help_earn_by_the_fair_books_and_some_lose_by_it_today(hub):
    helped, earn, lose = set(), set(), set()
    for one in hub.credit.units():
        if one.orders_helped and one.unit != "baseline":
            helped.add(one.unit)
            earn |= {one.unit} if one.assist_minor > 0 else set()
            lose |= {one.unit} if one.today_minor < one.floor_minor else set()
    assert "showroom" in lose
    assert "paris-1" in earn - lose
    assert helping(hub.credit) == (len(earn), len(helped), len(lose))


@pytest.mark.parametrize("people", [0, 1, 39, 40, 79, 58_677])
def test_people_to_look_up_are_spread_over_all_of_them(people):
    places = sampled(people)
    assert len(places) == len({*places}) == min(people, SAMPLED)
    ends = [*places, people]
    steps = {later - one for one, later in pairwise(ends)}
    assert not places or (places[0] == 0 and max(steps) - min(steps) <= 1)
