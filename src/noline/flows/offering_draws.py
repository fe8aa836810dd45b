"""Who belongs to the test of a programme, and what became of them.

Everybody belongs to it by the first draw of all, if it was made under today's terms.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from noline.flows.offering_goals import Goals
from noline.insight.actions.model import Programme
from noline.kernel.clock import Micros
from noline.stores.transactional import Reader
from noline.truth.customers.service import Customers
from noline.truth.offers.model import terms_of
from noline.truth.offers.service import Draw, Offers

_PEOPLE_AT_ONCE = 500


class Tested(NamedTuple):
    """The people of a test with the draw that counts, and how many drew under other terms and do not count."""

    people: Mapping[str, Draw]
    otherwise: Mapping[str, Draw]


def tested(reader: Reader, offers: Offers, customers: Customers, programme: Programme) -> Tested:
    """Everybody who drew in a programme, with the earliest draw of all names.

    A later draw follows from what the first one did, so it is no test of its own. Nor is a first draw under other terms
    part of this one: where other odds held, more of the one arm come from another season, and what the season did would
    be told as what the offer did. A draw whose deed tells no terms cannot be shown to be of today's.
    """
    draws = offers.draws(reader, programme.id)
    standing = customers.standing(reader, {one.subject for one in draws})
    earliest: dict[str, Draw] = {}
    for one in draws:
        if one.subject in standing:
            earliest.setdefault(standing[one.subject].person, one)
    terms = terms_of(programme.holdout_percent, programme.goal.what, programme.goal.within_days)
    people = {person: draw for person, draw in earliest.items() if draw.terms == terms}
    return Tested(people, {person: draw for person, draw in earliest.items() if draw.terms != terms})


class Outcome(NamedTuple):
    """What became of one person of a test. reached: the goal; None while its time goes on."""

    person: str
    draw: Draw
    reached: bool | None


def outcomes(
    reader: Reader, goals: Goals, programme: Programme, people: Mapping[str, Draw], now: Micros
) -> Iterator[Outcome]:
    """Of each of these people, whether they reached the goal of the programme; some people at a time."""
    every = list(people.items())
    for start in range(0, len(every), _PEOPLE_AT_ONCE):
        some = dict(every[start : start + _PEOPLE_AT_ONCE])
        over = {person: draw for person, draw in some.items() if draw.until < now}
        reached = goals.reached(reader, programme.goal.what, over)
        for person, draw in some.items():
            yield Outcome(person, draw, person in reached if person in over else None)
