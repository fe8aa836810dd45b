"""Where customers go from their first order to a later one."""

from collections.abc import Sequence

import numpy as np

from noline.insight.roles.model import FEWEST_ORDERS_ON, MOST_ORDERS_ON, Migration, Part, RolesAskedWrong, Way
from noline.insight.roles.sales import Sales
from noline.kernel.clock import Micros
from noline.kernel.shares import share
from noline.stores.walks.arrays import NONE, Flags, Longs

EVERY = "all"
"""The name of the row of all customers."""


def check(k: int) -> None:
    """Refuse an order that no migration leads to. Raises RolesAskedWrong."""
    if not FEWEST_ORDERS_ON <= k <= MOST_ORDERS_ON:
        raise RolesAskedWrong(why=f"k is {k}, and must be {FEWEST_ORDERS_ON} to {MOST_ORDERS_ON}")


def migration(sales: Sales, k: int, observed: Micros | None) -> Migration:
    """Customers by the channel of their first order and of their k-th. Raises RolesAskedWrong."""
    check(k)
    told = sales.told
    begin = np.flatnonzero(sales.is_first)
    later = begin + k - 1
    has = later < np.append(begin[1:], told.person.size)
    kth = np.full(begin.size, NONE, np.int64)
    kth[has] = told.channel[later[has]]
    gaps = np.sort(told.at[later[has]] - told.at[begin[has]])
    median = int(gaps[(gaps.size - 1) // 2]) if gaps.size else None
    decided = np.zeros(begin.size, np.bool_)
    if median is not None and observed is not None:
        decided = told.at[begin] + median <= observed
    first = told.channel[begin]
    used = np.unique(told.channel).tolist()
    ways = [_way(sales.channels[one], first == one, kth, decided, used) for one in np.unique(first).tolist()]
    every = _way(EVERY, np.ones(begin.size, np.bool_), kth, decided, used)
    return Migration(k, tuple(sales.channels[one] for one in used), tuple(ways), every, median, observed)


def _way(name: str, mine: Flags, kth: Longs, decided: Flags, used: Sequence[int]) -> Way:
    ends = kth[mine & decided]
    cells = [_part(int((ends == one).sum()), ends.size) for one in used]
    persons = int(mine.sum())
    return Way(name, persons, persons - ends.size, tuple(cells), _part(int((ends == NONE).sum()), ends.size))


def _part(cases: int, of: int) -> Part:
    return Part.of_share(cases, of, share(cases, of))
