"""The books of credit: what each unit spent on an order, got back for it, and got of what was left.

Of each order the work is repaid first. What is left of its margin goes to those who took part, by whole weights; a part
that would have come anyway goes to the payee `baseline`. What an order loses is borne by its owner, never by a helper.
A return takes shares back from whoever got them, in proportion to what they still have, pays whoever took it back, and
leaves to its owner what the shares do not cover. Money given back without goods does the same, and nobody is paid.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from noline.insight.credit.model import BASELINE, Trade
from noline.insight.credit.splitting import (
    Seats,
    grouped,
    per_segment,
    proportion,
    ranges,
    seats,
    segments,
    split,
    turns_of,
)
from noline.insight.credit.weights import Method, taking_part, weights_of
from noline.kernel.clock import Micros
from noline.stores.walks.arrays import Flags, Longs

if TYPE_CHECKING:
    import pyarrow as pa

ORDER, RETURN, REFUND = 0, 1, 2
"""What an entry is; a refund is money given back without goods."""

KINDS = ("order", "return", "refund")
MILLION = 1_000_000


class Entries(NamedTuple):
    """One row an order, a return or a refund, orders first; in the order of the trade.

    kind: ORDER, RETURN or REFUND. order, source: rows of `Trade.orders` and, of what is no order, of `Trade.returns`.
    at: microseconds since 1970 UTC. currency: a code of the trade. sharers: how many units took part in the order.
    """

    kind: Longs
    order: Longs
    source: Longs
    at: Longs
    currency: Longs
    sharers: Longs


class Rows(NamedTuple):
    """One row a payee of an entry, by entry, then payee. Amounts are minor units of the entry's currency.

    unit: a payee of the ledger. acts, minutes: its work. spent: what that cost it; exactly so much is repaid. shared:
    its part of what was left, below 0 where a return takes it back. borne: what it bears of a loss, 0 or below. till:
    the margin that stands in the till of whoever captured the order, less what returns took off it and refunds lost.
    taking: 1 where it took part in what was left.
    """

    unit: Longs
    acts: Longs
    minutes: Longs
    spent: Longs
    shared: Longs
    borne: Longs
    till: Longs
    taking: Longs


@dataclass(frozen=True, eq=False)
class Ledger:
    """What happened to each unit's money between two moments, by one method.

    payees: the units of the trade, and after them the baseline. offsets: entry i has the rows offsets[i] to before
    offsets[i + 1]. since, until: microseconds, until excluded; None: everything there is.
    """

    payees: tuple[str, ...]
    currencies: tuple[str, ...]
    method: Method
    since: Micros | None
    until: Micros | None
    entries: Entries
    offsets: Longs
    rows: Rows

    @property
    def of(self) -> Longs:
        """For each row its entry."""
        return segments(self.offsets)

    @property
    def repaid(self) -> Longs:
        """What each row's unit got back for its work: what it spent."""
        return self.rows.spent

    @property
    def fair(self) -> Longs:
        """What each row does to its payee's result: shared + borne + repaid - spent."""
        return self.rows.shared + self.rows.borne

    def places_of(self, order: int) -> Longs:
        """The rows of an order and its returns."""
        return np.flatnonzero((self.entries.order == order)[self.of])

    def table(self, ids: Sequence[str] | None = None) -> "pa.Table":
        """The ledger as a table, one row an entry and payee. ids: of the orders, where they are wanted."""
        import pyarrow as pa

        of, entries, rows = self.of, self.entries, self.rows
        names = {"kind": KINDS, "unit": self.payees, "currency": self.currencies}
        codes = {"kind": entries.kind[of], "unit": rows.unit, "currency": entries.currency[of]}
        columns = {name: pa.array(names[name], pa.string()).take(pa.array(codes[name])) for name in names}
        if ids is not None:
            columns["order_id"] = pa.array(ids, pa.string()).take(pa.array(entries.order[of]))
        whole = {"order": entries.order[of], "at": entries.at[of], "acts": rows.acts, "minutes": rows.minutes}
        money = {"spent": rows.spent, "repaid": self.repaid, "shared": rows.shared, "borne": rows.borne}
        minor = {f"{name}_minor": amount for name, amount in (money | {"till": rows.till}).items()}
        return pa.table(columns | whole | minor | {"taking": rows.taking})


def book(trade: Trade, method: Method, *, since: Micros | None = None, until: Micros | None = None) -> Ledger:
    """Keep the books of a trade by a method.

    since, until: only entries from one moment to before another, each at its own time: a return counts when it was
    accepted. Raises ValueError for a trade that cannot be: costs below 0, work of no order, more margin given back than
    there was.
    """
    _refuse(trade)
    held = seats(trade.orders, trade.work, len(trade.units))
    taking = taking_part(trade, held)
    turns = turns_of(trade.orders.ids)
    shared = _shares(trade, held, weights_of(trade, held, taking, method), turns)
    parts = [_orders(trade, held, taking, shared)]
    if trade.returns.order.size:
        parts.append(_returns(trade, held, taking, shared, turns))
    parts = [_kept(*part, since, until) for part in parts]
    entries, offsets, rows = parts[0] if len(parts) == 1 else _joined(parts)
    return Ledger((*trade.units, BASELINE), trade.currencies, method, since, until, entries, offsets, rows)


def surpluses(trade: Trade) -> Longs:
    """What each order leaves when its work is paid, before returns: margin less the costs of its acts, minor units."""
    found = trade.orders.margin_minor.copy()
    np.subtract.at(found, trade.work.order, trade.work.cost_minor)
    return found


_Part = tuple[Entries, Longs, Rows]


def _refuse(trade: Trade) -> None:
    orders, work, returns = trade.orders, trade.work, trade.returns
    if work.cost_minor.min(initial=0) < 0 or returns.cost_minor.min(initial=0) < 0:
        raise ValueError("an act costs 0 or more")
    if returns.margin_minor.min(initial=0) < 0 or returns.lost_minor.min(initial=0) < 0:
        raise ValueError("a return gives back a margin of 0 or more, and loses 0 or more")
    if returns.cost_minor[returns.goods == 0].any():
        raise ValueError("money given back without goods is no work")
    if orders.baseline_ppm.min(initial=0) < 0 or orders.baseline_ppm.max(initial=0) > MILLION:
        raise ValueError("a baseline is from 0 to 1,000,000 millionths")
    units = [returns.unit, returns.owner]
    if any(one.size and (one.min() < 0 or one.max() >= len(trade.units)) for one in units):
        raise ValueError("a return of a unit that there is not")
    inside = not returns.order.size or (returns.order[0] >= 0 and returns.order[-1] < len(orders.ids))
    if not inside or (np.diff(returns.order) < 0).any():
        raise ValueError("returns that do not lie by order, or of no order")


def _shares(trade: Trade, held: Seats, weights: Longs, turns: Longs) -> Longs:
    """What each seat gets of what its order leaves, the baseline's among them; 0 where nothing is left."""
    orders = trade.orders
    left = np.maximum(orders.margin_minor - per_segment(held.spent, held.offsets), 0)
    anyway = proportion(left, orders.baseline_ppm, np.full_like(left, MILLION))
    found = split(left - anyway, held.offsets, weights, turns)
    paid = np.flatnonzero(orders.baseline_ppm > 0)
    found[held.offsets[paid + 1] - 1] = anyway[paid]
    return found


def _orders(trade: Trade, held: Seats, taking: Flags, shared: Longs) -> _Part:
    orders, size = trade.orders, held.unit.size
    surplus = orders.margin_minor - per_segment(held.spent, held.offsets)
    borne, till = np.zeros(size, np.int64), np.zeros(size, np.int64)
    borne[held.owner] = np.minimum(surplus, 0)
    till[held.captor] = orders.margin_minor
    all_ = np.arange(surplus.size)
    took = taking.astype(np.int64)
    sharers = per_segment(took, held.offsets)
    entries = Entries(np.zeros_like(all_), all_, all_, orders.placed_at, orders.currency, sharers)
    return entries, held.offsets, Rows(held.unit, held.acts, held.minutes, held.spent, shared, borne, till, took)


class _Reversed(NamedTuple):
    """Shares taken back: by which return, of which seat, how many minor units."""

    by: Longs
    seat: Longs
    minor: Longs


def _returns(trade: Trade, held: Seats, taking: Flags, shared: Longs, turns: Longs) -> _Part:
    orders, returns, width = trade.orders, trade.returns, len(trade.units) + 1
    owed = _owed(trade, held, shared)
    back = _taken_back(trade, held, shared, owed, turns)
    all_, none = np.arange(returns.order.size), np.zeros(returns.order.size, np.int64)
    nothing = np.zeros(back.by.size, np.int64)
    off = returns.margin_minor + returns.lost_minor
    lost = owed - off - returns.cost_minor
    keys = np.concatenate([
        back.by * width + held.unit[back.seat],
        all_ * width + returns.unit,
        all_ * width + returns.owner,
        all_ * width + orders.captured_by[returns.order],
    ])  # fmt: skip
    found = grouped(
        keys,
        np.concatenate([nothing, returns.goods, none, none]),
        np.concatenate([nothing, returns.minutes, none, none]),
        np.concatenate([nothing, returns.cost_minor, none, none]),
        np.concatenate([-back.minor, none, none, none]),
        np.concatenate([nothing, none, lost, none]),
        np.concatenate([nothing, none, none, -off]),
        np.concatenate([taking[back.seat].astype(np.int64), none, none, none]),
    )
    offsets = np.searchsorted(found.keys, np.arange(all_.size + 1) * width).astype(np.int64)
    sharers = per_segment(taking.astype(np.int64), held.offsets)[returns.order]
    currency = orders.currency[returns.order]
    kind = np.where(returns.goods > 0, RETURN, REFUND)
    entries = Entries(kind, returns.order, all_, returns.at, currency, sharers)
    *columns, took = found.columns
    return entries, offsets, Rows._make((found.keys % width, *columns, np.minimum(took, 1)))


def _owed(trade: Trade, held: Seats, shared: Longs) -> Longs:
    """How much of the shares each return takes back: as much of them as of the margin, together with returns before."""
    returns, margins = trade.returns, np.maximum(trade.orders.margin_minor, 0)
    begins = np.searchsorted(returns.order, returns.order)
    running = np.cumsum(returns.margin_minor)
    before = running - returns.margin_minor
    given = running - before[begins]
    whole = margins[returns.order]
    if (given > whole).any():
        raise ValueError("returns give back more margin than their order had")
    shares = per_segment(shared, held.offsets)[returns.order]
    upto = proportion(shares, given, np.maximum(whole, 1))
    first = begins == np.arange(begins.size)
    return upto - np.where(first, 0, np.concatenate([[0], upto[:-1]]))


def _taken_back(trade: Trade, held: Seats, shared: Longs, owed: Longs, turns: Longs) -> _Reversed:
    """Who gives back what: the first returns of all orders at once, then the second ones, and so on."""
    order = trade.returns.order
    number = np.arange(order.size) - np.searchsorted(order, order)
    left = shared.copy()
    found: list[_Reversed] = []
    for turn in range(int(number.max(initial=-1)) + 1):
        rows = np.flatnonzero((number == turn) & (owed > 0))
        starts, counts = held.offsets[order[rows]], np.diff(held.offsets)[order[rows]]
        places = ranges(starts, counts)
        offsets = np.concatenate([[0], np.cumsum(counts)])
        minor = split(owed[rows], offsets, left[places], (turns[order[rows]] >> 1) + turn)
        left[places] -= minor
        some = minor > 0
        found.append(_Reversed(np.repeat(rows, counts)[some], places[some], minor[some]))
    return _Reversed(*(np.concatenate(columns) for columns in zip(*found, strict=True)))


def _kept(entries: Entries, offsets: Longs, rows: Rows, since: Micros | None, until: Micros | None) -> _Part:
    """Without entries outside of the time asked for, and without rows that say nothing."""
    wanted = np.ones(entries.at.size, np.bool_)
    if since is not None:
        wanted &= entries.at >= since
    if until is not None:
        wanted &= entries.at < until
    said = (rows.taking > 0) | (rows.acts > 0)
    for column in (rows.shared, rows.borne, rows.till):
        said |= column != 0
    if wanted.all() and said.all():
        return entries, offsets, rows
    said &= wanted[segments(offsets)]
    counts = per_segment(said.astype(np.int64), offsets)[wanted]
    ends = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Entries(*(one[wanted] for one in entries)), ends, Rows(*(one[said] for one in rows))


def _joined(parts: Sequence[_Part]) -> _Part:
    (entries, offsets, rows), (more, others, added) = parts
    return (
        Entries(*(np.concatenate(both) for both in zip(entries, more, strict=True))),
        np.concatenate([offsets, others[1:] + offsets[-1]]),
        Rows(*(np.concatenate(both) for both in zip(rows, added, strict=True))),
    )
