"""The wishes: what customers looked for and did not get."""

import pytest

from noline.truth.wishes.model import Wish
from noline.truth.wishes.service import Wishes


@pytest.fixture
def wishes(listening):
    return listening(Wishes())


def wanted(wishes, digest, *who, since=0):
    return wishes.says("of", [digest(f"user_id:{one}") for one in who or ("anna",)], since)


def test_an_empty_shelf_is_remembered_for_whoever_stood_before_it(wishes, digest):
    wishes.hears("Shelf Empty", sku="ristretto", minute=1)
    wishes.hears("Shelf Empty", sku="vespro", minute=2)
    wishes.hears("Shelf Empty", sku="lungo", minute=3, about="user_id:ben")
    assert wanted(wishes, digest) == [Wish("vespro", wishes.minute(2)), Wish("ristretto", wishes.minute(1))]
    assert [one.sku for one in wanted(wishes, digest, "anna", "ben")] == ["lungo", "vespro", "ristretto"]
    assert [one.sku for one in wanted(wishes, digest, since=wishes.minute(2))] == ["vespro"]


@pytest.mark.parametrize(("available", "is_wish"), [(0, True), ("0", True), (False, True), (1, False), (None, False)])
def test_what_was_shown_as_available_was_not_looked_for_in_vain(wishes, digest, available, is_wish):
    wishes.hears("Availability Shown", sku="ristretto", available=available)
    assert bool(wanted(wishes, digest)) is is_wish


def test_of_an_item_the_last_time_counts_in_whatever_order_it_is_told(wishes, digest):
    for minute in (5, 9, 2, 9):
        wishes.hears("Shelf Empty", sku="ristretto", minute=minute)
    assert wanted(wishes, digest) == [Wish("ristretto", wishes.minute(9))]


def test_a_shelf_without_an_item_is_no_wish(wishes, digest):
    wishes.hears("Shelf Empty")
    assert wanted(wishes, digest) == []
