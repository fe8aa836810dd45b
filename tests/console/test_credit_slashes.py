"""The page of an order whose id only a shop system thinks of: no path can hold its slashes."""

import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from litestar.testing import TestClient

from noline.doors.console.credit_words import order_path
from noline.doors.http.api import api
from noline.doors.http.writer import Writer
from noline.stores.access import Role
from sharing import SLASHED, abroad


@pytest.fixture
def ask(tmp_path: Any) -> Iterator[Any]:
    """Ask for pages as a manager."""
    with abroad(tmp_path / "shop.noline") as hub:
        writer = Writer(hub.accept_groups)
        key = hub.access.add_key(Role.MANAGER)[1]
        with TestClient(api(hub, writer)) as client:
            yield lambda path: client.get(path, headers={"authorization": f"Bearer {key}", "accept": "text/html"})
        writer.stop()


def test_an_order_with_slashes_is_linked_and_opened_and_its_data_too(ask):
    path = order_path(SLASHED)
    assert path == "/credit/order?id=gid%3A%2F%2Fshopify%2FOrder%2F1"
    statement = unescape(ask("/credit/units/lyon-1").text)
    assert f'href="{path}"' in statement
    page = ask(path)
    assert page.status_code == 200
    assert SLASHED in unescape(page.text)
    data = [link for link in re.findall('href="([^"]+)"', unescape(page.text)) if ".json" in link]
    assert {ask(link).json()["order_id"] for link in data} == {SLASHED}
    assert ask("/credit/order?id=none").status_code == 404


def test_other_orders_keep_their_address(ask):
    assert order_path("o-1", method="last") == "/credit/orders/o-1?method=last"
    assert ask("/credit/orders/o-1").status_code == 200


def test_a_time_with_costs_and_no_order_has_a_page_about_the_guarantee(ask):
    assert ask("/credit/guarantee?period=2026-04").status_code == 200
