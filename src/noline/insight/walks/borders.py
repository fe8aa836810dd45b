"""Borders between channels, from the hand-offs one by one: who was lost, what it cost, and the people behind."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from noline.insight.walks.journeys import currency_ranks, exposures
from noline.insight.walks.tried import ENDINGS, LOST_AFTER, LOST_BEFORE, SUCCEEDED, UNDECIDED, Tried
from noline.kernel.clock import Micros
from noline.kernel.shares import Share, share
from noline.stores.walks.arrays import NONE, Flags, Longs, firsts
from noline.stores.walks.events import NOT_TOLD


class Border(NamedTuple):
    """A border: everybody who was handed over from one channel to another, and who was lost on it.

    attempts: hand-offs, of which `declared` were named by the sender, `carried` went on with an object, `advanced` came
        to a later stage, `attempts_lost` were lost, and of `attempts_undecided` the log cannot tell yet.
    persons: distinct people; each is lost, succeeded, undecided, or had nothing to lose. lost: by their latest loss.
    arrived: people seen in the receiving channel in time; arrived_decided: by a hand-off whose whole time is observed.
    undecided: people none of whose hand-offs has been observed for all its time; undecided_succeeded: those of them who
        have reached a goal already. They stand in no share: who is lost would only be known later.
    value_minor: exposed value of the latest losses in the currency of the reports: an upper bound. amounts: the same in
        the currencies it was told in.
    share_lost: of the people of whom the log can tell. share_carried, share_advanced: of the people who arrived in a
        hand-off whose whole time is observed.
    """

    from_channel: str
    to_channel: str
    attempts: int
    declared: int
    carried: int
    advanced: int
    attempts_lost: int
    attempts_undecided: int
    persons: int
    arrived: int
    arrived_decided: int
    lost: int
    lost_before_arrival: int
    lost_after_arrival: int
    undecided: int
    undecided_succeeded: int
    succeeded: int
    value_minor: int
    amounts: dict[str, int]
    share_lost: Share
    share_carried: Share
    share_advanced: Share


class Handed(NamedTuple):
    """Somebody who was handed over, by the latest hand-off that is asked for.

    person: the person's own name. handed_at, arrived_at: microseconds. value_minor: in the currency of the reports.
    evidence: positions in the log, the sending touchpoints first, then the arrival; in other tables, of events.
    """

    person: Any
    handed_at: Micros
    arrived_at: Micros | None
    ending: str
    declared: bool
    carried: bool
    advanced: bool
    value_minor: int
    store_id: str | None
    evidence: tuple[int, ...]


def borders(found: Tried) -> list[Border]:
    """Every border that people were handed over, most lost people first."""
    number = found.senders * len(found.names) + found.receivers
    order = np.lexsort((found.persons, number))
    rows = [_border(found, mine) for mine in _runs(order, number[order])]
    return sorted(rows, key=lambda row: (-row.lost, row.from_channel, row.to_channel))


def _runs(order: Longs, numbers: Longs) -> Iterator[Longs]:
    """The rows of each number, as they stand in the order."""
    begins = np.flatnonzero(firsts(numbers))
    yield from np.split(order, begins[1:]) if order.size else ()


def _border(found: Tried, rows: Longs) -> Border:
    """One border; its hand-offs stand person by person."""
    ending, arrived = found.ending[rows], found.arrived_at[rows] != NOT_TOLD
    lost = (ending == LOST_BEFORE) | (ending == LOST_AFTER)
    starts = np.flatnonzero(firsts(found.persons[rows]))

    def anybody(flags: Flags) -> Flags:
        return np.logical_or.reduceat(flags, starts)

    losses = rows[lost][latest(found, rows[lost])]
    nothing_lost = ~anybody(lost)
    decided, told = ending != UNDECIDED, found.advance_told[rows]
    waiting = ~anybody(decided)
    undecided, came = int(waiting.sum()), int(anybody(arrived & decided).sum())
    ends = int(found.senders[rows[0]]), int(found.receivers[rows[0]])
    return Border(
        found.names[ends[0]],
        found.names[ends[1]],
        rows.size,
        int(found.declared[rows].sum()),
        int(found.carried[rows].sum()),
        int(found.advanced[rows].sum()),
        int(lost.sum()),
        int((~decided).sum()),
        starts.size,
        int(anybody(arrived).sum()),
        came,
        losses.size,
        int((found.ending[losses] == LOST_BEFORE).sum()),
        int((found.ending[losses] == LOST_AFTER).sum()),
        undecided,
        int((waiting & anybody(found.reached[rows])).sum()),
        int((nothing_lost & anybody(ending == SUCCEEDED)).sum()),
        int(found.value_minor[losses].sum()),
        exposed_in(found, losses),
        share(losses.size, starts.size - undecided),
        share(int(anybody(found.carried[rows] & decided).sum()), came),
        share(int(anybody(found.advanced[rows] & told).sum()), int(anybody(told).sum())),
    )


def latest(found: Tried, rows: Longs) -> Longs:
    """The places, among these rows, of each person's latest hand-off; of equal moments the dearest."""
    if not rows.size:
        return np.zeros(0, np.int64)
    # Losses of one moment: as the SQL of journeys compares them, so that both show the same one.
    ending = np.array([ENDINGS[number] for number in range(len(ENDINGS))], np.str_)[found.ending[rows]]
    keys = (
        found.declared[rows],
        np.where(found.ways.began_at[rows] == NOT_TOLD, found.handed_at[rows], found.ways.began_at[rows]),
        np.where(found.arrived_at[rows] == NOT_TOLD, -1, found.arrived_at[rows]),
        ending,
        _currency_ranks(found, rows),
        np.where(found.amount_minor[rows] == NOT_TOLD, -1, found.amount_minor[rows]),
        found.handed_at[rows],
        found.persons[rows],
    )
    order = np.lexsort(keys)
    return order[np.append(firsts(found.persons[rows][order])[1:], True)]


def _currency_ranks(found: Tried, rows: Longs) -> Longs:
    valued = found.ways.valued[rows]
    ranks = currency_ranks(found.ground.whole)
    return np.where(valued == NONE, -1, ranks[valued]) if ranks.size else valued


def exposed_in(found: Tried, losses: Longs) -> dict[str, int]:
    """What was exposed, in each currency as told."""
    if "currency" not in found.ground.whole.parts:
        return {}
    names = found.ground.whole.parts["currency"].names
    told = losses[found.amount_minor[losses] != NOT_TOLD]
    sums: dict[str, int] = {}
    for code, amount in zip(found.currency[told].tolist(), found.amount_minor[told].tolist(), strict=True):
        sums[names[code]] = sums.get(names[code], 0) + amount
    return dict(sorted(sums.items()))


def people(
    found: Tried, sender: str, receiver: str, ending: str | None, *, limit: int = 50, offset: int = 0
) -> list[Handed]:
    """One page of the people on a border by their latest hand-off that ended so, the latest first."""
    rows = np.flatnonzero(found.of_border(sender, receiver) & found.that_ended(ending))
    rows = rows[latest(found, rows)]
    ids = found.ground.whole.ids.take(found.persons[rows]).to_numpy(zero_copy_only=False)
    page = rows[np.lexsort((ids, -found.handed_at[rows]))][offset : offset + limit]
    sent = exposures(found.ground.whole)
    return [_handed(found, int(row), sent) for row in page]


def _handed(found: Tried, row: int, sent: Flags) -> Handed:
    arrived_at = int(found.arrived_at[row])
    store = int(found.store_id[row])
    return Handed(
        found.ground.whole.ids[int(found.persons[row])].as_py(),
        int(found.handed_at[row]),
        None if arrived_at == NOT_TOLD else arrived_at,
        ENDINGS[found.ending[row]],
        bool(found.declared[row]),
        bool(found.carried[row]),
        bool(found.advanced[row]),
        int(found.value_minor[row]),
        None if store == NONE else found.stores[store],
        _evidence(found, row, sent),
    )


def _evidence(found: Tried, row: int, sent: Flags) -> tuple[int, ...]:
    """The sending visit up to the hand-over and the arrival, as positions in the log."""
    whole, person = found.ground.whole, int(found.persons[row])
    first, end = int(whole.offsets[person]), int(whole.offsets[person + 1])
    times, channels, exposed = whole.times[first:end], whole.channels.codes[first:end], sent[first:end]
    handed_at, began_at = int(found.handed_at[row]), int(found.ways.began_at[row])
    since = handed_at if began_at == NOT_TOLD else began_at
    sending = (channels == found.senders[row]) & (times >= since) & (times <= handed_at)
    if "handoff_to" in whole.parts:
        part = whole.parts["handoff_to"]
        receiver = found.names[int(found.receivers[row])]
        named = np.array([name == receiver for name in part.names], np.bool_)[part.codes[first:end]]
        sending &= ~exposed | named
    arriving = (channels == found.receivers[row]) & (times == found.arrived_at[row]) & ~exposed
    places = np.concatenate([np.flatnonzero(sending), np.flatnonzero(arriving)]) + first
    numbers = whole.measures["seq"][places] if "seq" in whole.measures else places
    return tuple(numbers.tolist())
