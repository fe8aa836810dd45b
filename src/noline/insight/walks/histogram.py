"""Lengths of time in bins whose width grows with them, so that parts can be added and quantiles be read from the sum.

Below 16 each whole number has its bin; above, each doubling is parted into 16. A quantile is the middle of its bin,
at most 1/32 (3.2 %) away from what sorting everything would give.
"""

from collections.abc import Mapping

import numpy as np

from noline.stores.walks.arrays import Longs

BITS = 4
EACH = 1 << BITS
LARGEST = 2**53 - 1
"""Longer times count as this, 285 years in microseconds: up to here floats tell the power of two exactly."""

BINS = (53 - BITS + 1) * EACH


def bins_of(values: Longs) -> Longs:
    """The bin of each value; below 0 counts as 0."""
    held = np.clip(values, 0, LARGEST)
    power = np.maximum(np.frexp(held.astype(np.float64))[1].astype(np.int64) - 1, BITS)
    above = power - BITS
    # Below 2^BITS the value is its own bin; from there on 16 bins for each power of two.
    return np.where(held < EACH, held, above * EACH + (held >> above))


def middle_of(number: int) -> int:
    """The value that stands for a bin."""
    if number < EACH:
        return number
    above = number // EACH - 1
    low = (number - above * EACH) << above
    return low + ((1 << above) >> 1)


def quantile(counts: Mapping[int, int], share: float) -> int | None:
    """The value below or at which this share of all lies, by the bins' counts; None when there is none."""
    whole = sum(counts.values())
    left = share * whole
    for number in sorted(counts):
        left -= counts[number]
        if left <= 0 and counts[number]:
            return middle_of(number)
    return None
