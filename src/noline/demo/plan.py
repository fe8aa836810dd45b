"""When people come to us in a year, and what for. Two errands of one person never begin within eight days."""

from random import Random

from noline.demo.company import MARKETPLACE_WINDOWS, YEAR_DAYS
from noline.demo.people import DIGITAL, Fate, Person
from noline.demo.stories import (
    ERRANDS,
    Story,
    buys_in_store,
    calls_in_vain,
    finds_an_empty_shelf,
    gets_a_mailing,
    goes_to_the_cheaper_marketplace,
    is_advised_then_orders_online,
    orders_for_the_business,
    orders_on_the_web,
)

Errand = tuple[int, int, Person, Story]
"""The day it begins, its number in the person's year (by which messages are named), who, and what happens."""

_SLOT_DAYS = 14
_SLOT_SPREAD_DAYS = 6
_SLOTS = YEAR_DAYS // _SLOT_DAYS
_SEASON = (*range(_SLOTS), *range(1, 4), *range(1, 4))
"""Fortnights, those before Christmas three times as likely."""
_HOW_OFTEN = (1, 2, 3, 3, 4, 4, 5, 6, 7, 9)
_MAILINGS = range(5, YEAR_DAYS, 60)
_MAILED_SHARE = 0.4
_LAST_SLOT_OF_VAIN_CALLS = 21
_FIRST_MAILING_NUMBER = 50


def errands_of(person: Person, chance: Random) -> list[Errand]:
    """The year of a consumer, in the order of time, each errand numbered."""
    year = _ordinary_year(person, chance)
    befalls = _BEFALLS.get(person.fate)
    if befalls:
        year = befalls(person, year, chance)
    errands: list[Errand] = [(day, number, person, story) for number, (day, story) in enumerate(sorted(year.items()))]
    return errands + _mailings(person, errands[-1][0], chance)


def _ordinary_year(person: Person, chance: Random) -> dict[int, Story]:
    """Some fortnights, and an errand in each, by the day on which it begins."""
    stories = ERRANDS[person.habit]
    slots = {chance.choice(_SEASON) for _ in range(chance.choice(_HOW_OFTEN))}
    return {_day_in(slot, chance): chance.choice(stories) for slot in sorted(slots)}


def _day_in(slot: int, chance: Random) -> int:
    return slot * _SLOT_DAYS + chance.randrange(_SLOT_SPREAD_DAYS)


def _without(year: dict[int, Story], slot: int) -> dict[int, Story]:
    return {day: story for day, story in year.items() if day // _SLOT_DAYS != slot}


def _meets_empty_shelf(_: Person, year: dict[int, Story], chance: Random) -> dict[int, Story]:
    """A good customer until the visit; nothing afterwards. What came before leaves no loose end behind."""
    slot = chance.randrange(1, 4)
    errands: tuple[Story, ...] = (orders_on_the_web, buys_in_store)
    told = {day: chance.choice(errands) for day in year if day < slot * _SLOT_DAYS}
    told = told or {chance.randrange(_SLOT_SPREAD_DAYS): errands[-1]}
    told[_day_in(slot, chance)] = finds_an_empty_shelf
    return told


def _calls_in_vain(_: Person, year: dict[int, Story], chance: Random) -> dict[int, Story]:
    slot = chance.randrange(_LAST_SLOT_OF_VAIN_CALLS)
    before = {day: story for day, story in year.items() if day < slot * _SLOT_DAYS}
    return before | {_day_in(slot, chance): calls_in_vain}


def _compares_prices(person: Person, year: dict[int, Story], chance: Random) -> dict[int, Story]:
    window = MARKETPLACE_WINDOWS[person.turn % len(MARKETPLACE_WINDOWS)]
    day = window.days.start + chance.randrange(len(window.days) - _SLOT_SPREAD_DAYS)
    return _without(year, day // _SLOT_DAYS) | {day: goes_to_the_cheaper_marketplace}


def _is_advised(_: Person, year: dict[int, Story], chance: Random) -> dict[int, Story]:
    slot = chance.randrange(_SLOTS)
    return _without(year, slot) | {_day_in(slot, chance): is_advised_then_orders_online}


_BEFALLS = {
    Fate.EMPTY_SHELF: _meets_empty_shelf,
    Fate.BLIND_CALL: _calls_in_vain,
    Fate.MARKETPLACE_PRICE: _compares_prices,
    Fate.STORE_ADVICE: _is_advised,
}


def _mailings(person: Person, last_day: int, chance: Random) -> list[Errand]:
    """The newsletters a person gets; who left us for good is taken off the list."""
    if person.habit not in DIGITAL:
        return []
    end = last_day if person.fate is Fate.EMPTY_SHELF else YEAR_DAYS
    return [
        (day, _FIRST_MAILING_NUMBER + at, person, gets_a_mailing)
        for at, day in enumerate(_MAILINGS)
        if day < end and chance.random() < _MAILED_SHARE
    ]


def orders_of_business(contacts: tuple[Person, ...], chance: Random) -> list[Errand]:
    """About an order a month, now by one, now by another of its people."""
    return [
        (day, number, chance.choice(contacts), orders_for_the_business)
        for number, day in enumerate(range(chance.randrange(28), YEAR_DAYS, 28))
    ]
