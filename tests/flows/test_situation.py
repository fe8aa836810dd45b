"""Where a customer stands: which other places are told that have an item."""

import pytest

from noline.flows.places import Places
from noline.flows.situation import Shelf
from noline.kernel.quantities import Units
from noline.truth.catalogue.model import Location


def place(name, country, at=None):
    north, east = at or (None, None)
    return Location(name, None, "store", country, None, 0, north, east)


PLACES = {
    one.location: one
    for one in (
        place("opera", "FR", (48_870_000, 2_330_000)), place("bastille", "FR", (48_850_000, 2_370_000)),
        place("lyon", "FR", (45_760_000, 4_840_000)), place("somewhere", "FR"),
        place("saarbruecken", "DE", (49_230_000, 7_000_000)), place("tokyo", "JP", (35_680_000, 139_690_000)),
    )
}  # fmt: skip


def told(units, store="opera"):
    shelf = Shelf({"tea": {name: Units(count) for name, count in units.items()}}, Places(PLACES))
    return [(one.location, one.units) for one in shelf.elsewhere("tea", store)]


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ({"tokyo": 90, "lyon": 1, "bastille": 2, "opera": 5}, [("bastille", 2), ("lyon", 1), ("tokyo", 90)]),
        ({"saarbruecken": 9, "somewhere": 1, "lyon": 1}, [("lyon", 1), ("somewhere", 1), ("saarbruecken", 9)]),
        ({"lyon": 0, "tokyo": -1, "new": 3}, [("new", 3)]),
    ],
)
def test_the_nearest_places_that_have_some_come_first_those_of_the_same_country_before_all(units, expected):
    assert told(units) == expected


def test_on_the_phone_nobody_stands_anywhere_so_most_comes_first():
    assert told({"lyon": 1, "tokyo": 4, "bastille": 2, "somewhere": 3}, None) == [
        ("tokyo", 4), ("somewhere", 3), ("bastille", 2),
    ]  # fmt: skip
