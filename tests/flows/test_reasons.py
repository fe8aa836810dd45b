"""Reasons: where a loss or a friction stands out, from events alone, and who is counted."""

from datetime import timedelta

import pytest

from noline.doors.answers import frictions as answers
from noline.flows.reasons import ReasonsAskedWrong
from noline.hub import Hub
from shop import OPENING, track

PEOPLE = 80
"""Every second reserves at lyon; there only one in four finds what was reserved, at paris nine in ten."""


def found(number):
    return number % 8 == 1 if number % 2 else number % 20 > 0


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with Hub.init(tmp_path_factory.mktemp("reasons") / "shop.noline") as hub:
        hub.access.add_source("web", "web")
        hub.access.add_source("till", "store")
        hub.access.add_source("erp", "erp")
        hub.accept(
            "erp",
            [track("Location Opened", id="e-1", at=OPENING.isoformat(), location="lyon", name="Lyon Bellecour",
                   channel="store")],
        )  # fmt: skip
        web, till = [], []
        for number in range(PEOPLE):
            at = OPENING + timedelta(hours=number)
            store = "lyon" if number % 2 else "paris"
            said = {"sku": "a", "reservation_id": f"r-{number}", "store_id": store, "price": 10}
            web.append(track("Product Reserved", id=f"w-{number}", at=at.isoformat(), user=f"u-{number}", **said))
            if found(number):
                later = (at + timedelta(days=1)).isoformat()
                till.append(
                    track("Order Completed", id=f"t-{number}", at=later, user=f"u-{number}", order_id=f"o-{number}",
                          reservation_id=f"r-{number}", context_store_id=store)
                )  # fmt: skip
        # Whoever found nothing at lyon once, and comes back for something else, was still lost once.
        again = (OPENING + timedelta(days=40)).isoformat()
        bought = (OPENING + timedelta(days=41)).isoformat()
        for user in ("u-3", "u-5"):
            web.append(track("Product Reserved", id=f"w2-{user}", at=again, user=user, sku="b", store_id="paris",
                             reservation_id=f"2-{user}"))  # fmt: skip
            till.append(track("Order Completed", id=f"t2-{user}", at=bought, user=user, order_id=f"o2-{user}",
                              reservation_id=f"2-{user}", context_store_id="paris"))  # fmt: skip
        web.append(track("Page Viewed", id="last", at=(OPENING + timedelta(days=120)).isoformat(), user="late"))
        for source, messages in {"web": web, "till": till}.items():
            assert {one.status for one in hub.accept(source, messages)} == {"accepted"}
        yield hub


def test_the_store_where_people_are_lost_stands_out_by_its_name(shop):
    told = answers.causes(shop, None, "web", "store")
    lost = sum(not found(number) for number in range(PEOPLE))
    assert (told["cases"], told["persons"], told["from"], told["to"]) == (lost, PEOPLE, "web", "store")
    (first, *rest) = told["findings"]
    assert (first["words"], first["cases"], first["persons"]) == ("store Lyon Bellecour", 30, 40)
    assert first["where"] == [{"dimension": "store", "value": "lyon", "place": "Lyon Bellecour"}]
    assert (first["share"], first["rest_cases"], first["rest_persons"]) == (30 / 40, 4, 40)
    assert first["share_low"] < first["share"] < first["share_high"]
    assert first["p_adjusted"] < 0.001
    assert (first["label"], first["because_of"], first["because_of_words"]) == ("association", [], "")
    assert {one["because_of_words"] for one in rest} <= {"store Lyon Bellecour"}
    assert (told["effect"], set(told["counted"])) == (None, {"where"})


def test_a_border_agrees_with_the_page_about_it(shop):
    (border,) = (one.as_dict() for one in shop.journeys.handoffs())
    assert (border["from"], border["to"]) == ("web", "store")
    assert border["lost"] == answers.causes(shop, None, "web", "store")["cases"]


def test_a_friction_is_searched_and_says_why_its_effect_is_not_told(shop):
    told = answers.causes(shop, "F12")
    assert (told["persons"], told["cases"]) == (
        shop.frictions.one("F12").at_risk, shop.frictions.one("F12").persons,
    )  # fmt: skip
    assert (told["effect"] is None) == bool(told["why_no_effect"])
    assert set(told["counted"]) == {"where", "effect"}


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ((), "neither a friction nor both ends"),
        (("F2", "web", "store"), "neither a friction nor both ends"),
        ((None, "web"), "neither a friction nor both ends"),
        (("F99",), "there is no friction F99"),
        ((None, "store", "mail"), "of nobody from store to mail can be told yet what became of them"),
    ],
)
def test_what_names_neither_a_friction_nor_a_border_is_refused(shop, asked, why):
    with pytest.raises(ReasonsAskedWrong, match=why):
        answers.causes(shop, *asked)
