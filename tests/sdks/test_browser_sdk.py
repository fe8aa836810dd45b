"""analytics.js and RudderStack's browser SDK, unpatched, in a real Chromium on a page of another origin."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from clients.browsing import Chromium
from clients.forgetful_line import forgetful_line
from clients.serving import ServedHub, Source
from clients.visits import KINDS, Visit

pytestmark = pytest.mark.browser
NOTHING = {"received": 0, "accepted": 0, "duplicate": 0, "conflict": 0, "parked": 0}


def received(served: ServedHub, page: Source, number: int) -> Callable[[], bool]:
    """Whether as many items have come in."""
    return lambda: served.books(page)["received"] >= number


def test_every_call_of_analyticsjs_is_accepted(browser: Chromium, shop: str, served: ServedHub, page: Source):
    visit = {"host": served.origin, "key": page.key, "calls": Visit().calls}

    look = browser.look(f"{shop}/analyticsjs.html", visit, received(served, page, 7))

    assert look.complaints == []
    assert served.books(page) == NOTHING | {"received": 7, "accepted": 7}
    assert sorted(served.kinds(page)) == KINDS
    assert served.channels(page) == ["web"] * 7


def test_analyticsjs_asks_nobody_but_the_shop_and_the_hub(
    browser: Chromium, shop: str, served: ServedHub, page: Source
):
    visit = {"host": served.origin, "key": page.key, "calls": Visit().calls}

    look = browser.look(f"{shop}/analyticsjs.html", visit, received(served, page, 7))

    assert {f"http://{urlsplit(url).netloc}" for _, url in look.asked} == {shop, served.origin}
    asked_of_the_hub = [(method, urlsplit(url).path) for method, url in look.asked if url.startswith(served.origin)]
    assert asked_of_the_hub == [
        ("GET", f"/v1/projects/{page.key}/settings"),
        ("POST", "/v1/t"), ("POST", "/v1/i"), ("POST", "/v1/t"), ("POST", "/v1/p"), ("POST", "/v1/s"),
        ("POST", "/v1/g"), ("POST", "/v1/a"),
    ]  # fmt: skip


def test_analyticsjs_sends_batches_when_it_is_told_to(browser: Chromium, shop: str, served: ServedHub, page: Source):
    batching = {"deliveryStrategy": {"strategy": "batching", "config": {"size": 7, "timeout": 200}}}
    visit = {"host": served.origin, "key": page.key, "calls": Visit().calls, "segmentio": batching}

    look = browser.look(f"{shop}/analyticsjs.html", visit, received(served, page, 7))

    assert [urlsplit(url).path for method, url in look.asked if method == "POST"] == ["/v1/b"]
    assert served.books(page) == NOTHING | {"received": 7, "accepted": 7}
    assert sorted(served.kinds(page)) == KINDS


def test_what_a_browser_looked_at_before_the_login_is_theirs_after_it(
    browser: Chromium, shop: str, served: ServedHub, page: Source
):
    visitor = Visit()
    visit = {"host": served.origin, "key": page.key, "calls": visitor.calls[:2]}

    look = browser.look(f"{shop}/analyticsjs.html", visit, received(served, page, 2))

    catherine = served.person_of("user_id", visitor.user)
    assert catherine is not None
    assert served.person_of("anonymous_id", look.answer) == catherine


def test_an_alias_that_analyticsjs_points_at_itself_changes_nobody(
    browser: Chromium, shop: str, served: ServedHub, page: Source
):
    visitor, other = Visit(), Visit()
    calls = [*visitor.calls[:2], {"call": "alias", "userId": other.user}]
    visit = {"host": served.origin, "key": page.key, "calls": calls}

    browser.look(f"{shop}/analyticsjs.html", visit, received(served, page, 3))

    assert served.books(page) == NOTHING | {"received": 3, "accepted": 3}
    assert served.person_of("user_id", visitor.user) is not None
    assert served.person_of("user_id", other.user) is None


@pytest.mark.parametrize("strategy", ["standard", "batching"])
def test_a_lost_answer_makes_analyticsjs_send_again_and_nothing_counts_twice(
    strategy: str, browser: Chromium, shop: str, served: ServedHub, page: Source
):
    delivery = {"deliveryStrategy": {"strategy": strategy, "config": {"timeout": 100}}}
    with forgetful_line(served.port, losses=1) as line:
        visit = {"host": line.origin, "key": page.key, "calls": [Visit().look()], "segmentio": delivery}
        look = browser.look(f"{shop}/analyticsjs.html", visit, received(served, page, 2))

        tries = [request.headers.get("x-retry-count") for request in line.posted]
        assert tries[:2] == [None, "1"]
    assert look.complaints == []
    # A busy machine may answer so late that the client asks once more; that is a duplicate like the first.
    books = served.books(page)
    assert (books["accepted"], books["conflict"], books["parked"]) == (1, 0, 0)
    assert books["received"] == books["accepted"] + books["duplicate"] >= 2


def test_analyticsjs_does_not_start_with_a_key_nobody_knows(browser: Chromium, shop: str, served: ServedHub):
    visit = {"host": served.origin, "key": "nobodys-key", "calls": [Visit().look()]}

    look = browser.look(f"{shop}/analyticsjs.html", visit, lambda: True)

    assert look.answer.startswith("refused: ")
    assert [method for method, url in look.asked if url.startswith(served.origin)] == ["GET"]


RUDDER_CALLS = ("track", "identify", "page", "group", "alias")


RUDDER_WAYS = {
    "one by one": ({}, ["/v1/track", "/v1/identify", "/v1/track", "/v1/page", "/v1/group", "/v1/alias"]),
    "in batches": ({"batch": {"enabled": True, "maxItems": 6, "flushInterval": 500}}, ["/v1/batch"]),
}


@pytest.mark.parametrize("way", RUDDER_WAYS)
def test_every_call_of_rudderstacks_browser_sdk_is_accepted(
    way: str, browser: Chromium, shop: str, served: ServedHub, page: Source
):
    queue, paths = RUDDER_WAYS[way]
    visitor = Visit()
    calls = [call for call in visitor.calls if call["call"] in RUDDER_CALLS]
    visit = {"host": served.origin, "key": page.key, "calls": calls, "queue": queue}

    look = browser.look(f"{shop}/rudderstack.html", visit, received(served, page, 6))

    assert look.complaints == []
    assert sorted(urlsplit(url).path for method, url in look.asked if method == "POST") == sorted(paths)
    assert served.books(page) == NOTHING | {"received": 6, "accepted": 6}
    assert sorted(served.kinds(page)) == sorted(set(KINDS) - {"Screen Viewed"})
    assert served.person_of("user_id", visitor.user) == served.person_of("anonymous_id", look.answer)
