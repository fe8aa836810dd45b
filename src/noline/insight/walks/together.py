"""Everybody who was lost, each person once: over all borders, and over all channels that people dropped off in.

A person lost on two borders stands in the rows of both; a sum of rows would count persons more than once.
"""

from typing import NamedTuple

import numpy as np

from noline.insight.walks.borders import exposed_in
from noline.insight.walks.model import Ending
from noline.insight.walks.tried import LOST_AFTER, LOST_BEFORE, UNDECIDED, Tried
from noline.kernel.shares import Share, share
from noline.stores.walks.arrays import Longs


class Together(NamedTuple):
    """Distinct people over everything.

    lost: people lost on at least one border. decided: people with at least one hand-off of which the log can tell.
    amounts: what the people lost were about to buy at the dearest of their losses, in minor units by currency as told;
    so one border never comes to more than all of them.
    dropped: people who, in at least one channel's own view, dropped off. false_drop_offs: those of them who were never
    lost, because they reached their goal in another channel. Shares: lost / decided, false_drop_offs / dropped.
    """

    lost: int
    decided: int
    share_lost: Share
    amounts: dict[str, int]
    dropped: int
    false_drop_offs: int
    share_false: Share


def together(found: Tried, dropped: Ending) -> Together:
    """Distinct people over all hand-offs. dropped: what became of visits with an intent, in all channels together."""
    decided = np.unique(found.persons[found.ending != UNDECIDED]).size
    rows = np.flatnonzero((found.ending == LOST_BEFORE) | (found.ending == LOST_AFTER))
    losses = _dearest(found, rows)
    return Together(
        losses.size, decided, share(losses.size, decided), exposed_in(found, losses),
        dropped.persons_dropped, dropped.persons_false, dropped.false_share,
    )  # fmt: skip


def _dearest(found: Tried, rows: Longs) -> Longs:
    """Of these losses each person's dearest in the currency of the reports, of equal ones the latest."""
    order = rows[np.lexsort((found.handed_at[rows], found.value_minor[rows], found.persons[rows]))]
    persons = found.persons[order]
    return order[np.append(persons[1:] != persons[:-1], np.ones(min(1, persons.size), np.bool_))]
