"""Drop-offs with what was exposed: the basket value or price last seen in the visit that was lost."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from noline.insight.walks.calendars import taken
from noline.insight.walks.journeys import Ground, amounts, currency_ranks, first_and_last, seen
from noline.insight.walks.model import DropOffCounts, Ending, Windows
from noline.kernel.shares import Share, share
from noline.stores.walks.arrays import Flags, Longs, firsts
from noline.stores.walks.events import NOT_TOLD


class DropOff(NamedTuple):
    """People who showed an intent in a channel and did not reach a goal there.

    intents: visits with an intent. persons: distinct people in them. own_view: people the channel alone would call
    dropped = lost + false_drop_offs. lost: people who at least once reached no goal in any channel within the horizon.
    false_drop_offs: people never lost who reached the goal in another channel. undecided: people of whom the log
    cannot tell yet: the time to reach a goal is over for none of their visits. value_minor: what the people lost saw
    last, an upper bound.
    share_lost: lost / (persons - undecided). share_false: false_drop_offs / own_view.
    """

    channel: str
    intents: int
    persons: int
    own_view: int
    lost: int
    false_drop_offs: int
    undecided: int
    value_minor: int
    share_lost: Share
    share_false: Share


class Tries(NamedTuple):
    """Visits with an intent in which no goal was reached in any channel, or of which the log cannot tell yet.

    visits: all with an intent. until: the end of the time to reach the goal. lost, undecided: flags of them; undecided
    is each whose time the log does not observe to its end, whether or not a goal was reached already.
    """

    visits: Longs
    until: Longs
    lost: Flags
    undecided: Flags


class Losses(NamedTuple):
    """The latest lost visit of each person, in each channel or in all. values: minor units, 0 where none was told."""

    channels: Longs
    persons: Longs
    values: Longs


def tries(found: Ground, windows: Windows) -> Tries:
    """What became of the visits with an intent."""
    wanted, last = first_and_last(found, found.intent)
    visits = np.flatnonzero(found.intent_in(last, windows))
    until = last[visits] + windows.horizon
    never = found.goal_from(found.persons[visits], wanted[visits]) > until
    told = found.observed >= until
    return Tries(visits, until, never & told, ~told)


def losses(found: Ground, tried: Tries, *, everywhere: bool = False) -> Losses:
    """Who dropped off and reached no goal in any channel: one row for each person and channel.

    everywhere: one row for each person, the latest in whatever channel.
    """
    visits, until = tried.visits[tried.lost], tried.until[tried.lost]
    persons = found.persons[visits]
    places = seen(found)[visits]
    channels = np.zeros(visits.size, np.int64) if everywhere else found.walk.channels[visits]
    # Of equal ends the dearest, as the SQL of journeys chooses.
    order = np.lexsort((*_worth(found, places), until, persons, channels))
    begins = firsts(persons[order]) | firsts(channels[order])
    chosen = order[np.append(begins[1:], True)] if order.size else order
    return Losses(channels[chosen], persons[chosen], taken(found.whole.values, places[chosen], 0))


def _worth(found: Ground, places: Longs) -> tuple[Longs, Longs]:
    """What the values are compared by: the currency after the amount."""
    amount = taken(amounts(found.whole), places, -1)
    return taken(currency_ranks(found.whole), places, -1), np.where(amount == NOT_TOLD, -1, amount)


def valued(counts: DropOffCounts, found: Ground, windows: Windows) -> DropOffCounts:
    """The same drop-offs with the value that was exposed: of each person the latest loss, by channel and over all."""
    tried = tries(found, windows)
    by_channel, whole = losses(found, tried), losses(found, tried, everywhere=True)
    names = found.told.channels.names
    sums = {name: int(by_channel.values[by_channel.channels == code].sum()) for code, name in enumerate(names)}
    return replace(
        counts,
        whole=counts.whole._replace(value_minor=int(whole.values.sum())),
        channels={name: one._replace(value_minor=sums[name]) for name, one in counts.channels.items()},
    )


def rows(counts: DropOffCounts, found: Ground, windows: Windows) -> list[DropOff]:
    """The drop-offs of each channel with their shares, most lost people first. counts: with their values."""
    undecided = _undecided(found, tries(found, windows))
    told = [_row(name, one, undecided[name]) for name, one in counts.channels.items()]
    return sorted(told, key=lambda row: (-row.lost, row.channel))


def _row(channel: str, one: Ending, undecided: int) -> DropOff:
    lost = one.persons_dropped - one.persons_false
    return DropOff(
        channel, one.visits, one.persons, one.persons_dropped, lost, one.persons_false, undecided, one.value_minor,
        share(lost, one.persons - undecided), one.false_share,
    )  # fmt: skip


def _undecided(found: Ground, tried: Tries) -> dict[str, int]:
    """By channel the people of whom the log cannot tell yet, whichever of their visits it is."""
    channels, persons = found.walk.channels[tried.visits], found.persons[tried.visits]
    order = np.lexsort((persons, channels))
    starts = np.flatnonzero(firsts(persons[order]) | firsts(channels[order]))
    all_open = np.logical_and.reduceat(tried.undecided[order], starts) if order.size else np.zeros(0, np.bool_)
    counts = np.bincount(channels[order][starts][all_open], minlength=len(found.told.channels.names))
    return dict(zip(found.told.channels.names, counts.tolist(), strict=True))
