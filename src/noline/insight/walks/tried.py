"""Hand-offs one by one, as arrays: whose, from where to where, and how each ended."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from noline.insight.walks.handed import Ways
from noline.insight.walks.journeys import Ground
from noline.insight.walks.model import Windows
from noline.kernel.errors import NotFound
from noline.stores.walks.arrays import NONE, Flags, Longs

PASSED, SUCCEEDED, LOST_BEFORE, LOST_AFTER, UNDECIDED = range(5)
ENDINGS = ("passed", "succeeded", "lost before", "lost after", "undecided")
"""passed: nothing was wanted. lost before, after: arriving. undecided: not all of its time is observed."""


@dataclass(frozen=True, eq=False)
class Tried:
    """Hand-offs, one in each row; those that were declared first, then by person.

    names: of channels; senders and receivers are numbers of them. persons: their numbers in the whole of the events.
    handed_at, arrived_at: microseconds; arrived_at is NOT_TOLD for never. ending: a number of ENDINGS.
    reached: a goal was reached in time, also where the ending is undecided yet.
    carried: an object (a coupon, a reservation, an order) goes on in the receiving visit; else it begins again.
    advanced: in the receiving channel, within the window, the person came to a later stage than in the sending visit.
    advance_told: whether the log can tell that of who arrived.
    value_minor: exposed, in the currency of the reports; amount_minor, currency: as told, NOT_TOLD and -1 for none.
    store_id: a number of `stores`, NONE where none was named. ways, ground, windows: what it was all made of.
    """

    names: tuple[str, ...]
    persons: Longs
    senders: Longs
    receivers: Longs
    declared: Flags
    carried: Flags
    advanced: Flags
    advance_told: Flags
    handed_at: Longs
    arrived_at: Longs
    ending: npt.NDArray[np.uint8]
    reached: Flags
    value_minor: Longs
    amount_minor: Longs
    currency: Longs
    store_id: Longs
    stores: tuple[str, ...]
    ways: Ways
    ground: Ground
    windows: Windows

    def __len__(self) -> int:
        """How many hand-offs there are."""
        return self.persons.size

    def of_border(self, sender: str, receiver: str) -> Flags:
        """Which of them go from one channel to another."""
        numbers = {name: number for number, name in enumerate(self.names)}
        ends = numbers.get(sender, NONE), numbers.get(receiver, NONE)
        return (self.senders == ends[0]) & (self.receivers == ends[1])

    def that_ended(self, ending: str | None) -> Flags:
        """Which of them ended so: a name of ENDINGS, or `lost` for both losses; None: all. Raises NotFound."""
        if ending is None:
            return np.ones(len(self), np.bool_)
        wanted = [number for number, name in enumerate(ENDINGS) if name == ending or name.startswith(f"{ending} ")]
        if not wanted:
            raise NotFound(what="ending", name=ending)
        return np.isin(self.ending, wanted)
