"""The game that orders make: who took part in what, what each order came to over its life, and what everyone got."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from noline.insight.credit.games import Members
from noline.insight.credit.ledger import ORDER, book
from noline.insight.credit.model import NOBODY, Orders, Returns, Trade, Work
from noline.insight.credit.weights import Method
from noline.stores.walks.arrays import Flags, Longs


class Played(NamedTuple):
    """What a group of orders came to: who could claim what, and what each payee got.

    only_work: units that captured none of these orders and bear nothing of them: they worked, as depots do.
    """

    names: tuple[str, ...]
    members: Members
    worths: Longs
    credits: Longs
    orders: int
    only_work: tuple[str, ...]


def chosen(trade: Trade, orders: Flags) -> Trade:
    """Some of the orders with all their work and returns; units, currencies and countries keep their codes."""
    number = np.cumsum(orders) - 1
    work, returns = trade.work, trade.returns
    worked, returned = orders[work.order], orders[returns.order]
    kept = Orders(trade.orders.ids.filter(pa.array(orders)), *(column[orders] for column in trade.orders[1:]))
    return Trade(
        trade.units,
        trade.currencies,
        trade.countries,
        trade.shares,
        kept,
        Work(number[work.order[worked]], *(column[worked] for column in work[1:])),
        Returns(number[returns.order[returned]], *(column[returned] for column in returns[1:])),
    )


def played(trade: Trade, method: Method, *, today: bool) -> Played:
    """The game of these orders: what is left of each over its life is its participants', what is borne its bearer's."""
    ledger = book(trade, method)
    rows, entries, of = ledger.rows, ledger.entries, ledger.of
    units = len(trade.units)
    mine = rows.unit < units
    shared = np.zeros(trade.orders.placed_at.size, np.int64)
    np.add.at(shared, entries.order[of[mine]], rows.shared[mine])
    seats = np.flatnonzero(mine & (rows.taking > 0) & (entries.kind[of] == ORDER))
    seats = seats[np.argsort(entries.order[of[seats]], kind="stable")]
    counts = np.bincount(entries.order[of[seats]], minlength=shared.size)
    bearers = np.flatnonzero(mine & (rows.borne != 0))
    given = (rows.till - rows.spent) if today else ledger.fair
    got = np.zeros(units, np.int64)
    np.add.at(got, rows.unit[mine], given[mine])
    names, code = _involved(trade, rows.unit[mine])
    offsets = np.concatenate([[0], np.cumsum(np.concatenate([counts, np.ones(bearers.size, np.int64)]))])
    members = Members(offsets.astype(np.int64), code[np.concatenate([rows.unit[seats], rows.unit[bearers]])])
    worths = np.concatenate([shared, rows.borne[bearers]])
    selling = code[np.concatenate([trade.orders.captured_by, rows.unit[bearers]])]
    only_work = tuple(np.array(names, object)[np.bincount(selling[selling >= 0], minlength=len(names)) == 0].tolist())
    return Played(names, members, worths, got[code >= 0], shared.size, only_work)


def _involved(trade: Trade, units: Longs) -> tuple[tuple[str, ...], Longs]:
    """The units that these orders have to do with, and for each unit of the trade its place among them."""
    there = np.zeros(len(trade.units), np.bool_)
    there[units] = True
    code = np.where(there, np.cumsum(there) - 1, NOBODY)
    return tuple(name for name, known in zip(trade.units, there.tolist(), strict=True) if known), code
