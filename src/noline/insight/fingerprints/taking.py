"""A fingerprint made of what was counted: small numbers are withheld here."""

from collections.abc import Mapping, Sequence
from math import ceil, floor, sqrt

from noline.insight.fingerprints.canon import END, NEXT, STAGES
from noline.insight.fingerprints.counting import Sent
from noline.insight.fingerprints.model import FEWEST, Channel, Gap, roughly
from noline.insight.fingerprints.suppression import shown
from noline.kernel.shares import Z_95


def channels_of(counted: Mapping[str, Sent]) -> dict[str, Channel]:
    """What may be shown of each channel; one with fewer than 50 people is left out."""
    found = {name: _channel(one) for name, one in sorted(counted.items())}
    return {name: one for name, one in found.items() if one is not None}


def _channel(counted: Sent) -> Channel | None:
    seen = shown(counted.table, FEWEST)
    if seen is None:
        return None
    after = _told(NEXT, seen.columns)
    rows = {stage: _told(NEXT, row) for stage, row in zip(STAGES, seen.cells, strict=True)}
    return Channel(
        seen.whole,
        after,
        _told(STAGES, seen.rows),
        {stage: row for stage, row in rows.items() if row},
        {name: gap(counted.gaps[name]) for name in after if name != END},
    )


def _told(names: Sequence[str], counts: Sequence[int | None]) -> dict[str, int]:
    return {name: count for name, count in zip(names, counts, strict=True) if count is not None}


def gap(seconds: Sequence[int]) -> Gap:
    """Quantiles of waits that rise, in two digits: exactly, each would be the wait of somebody.

    The interval of the median is that of order statistics (binomial, normal approximation).
    """
    size = len(seconds)
    reach = Z_95 * sqrt(size) / 2
    low, high = max(floor(size / 2 - reach), 0), min(ceil(size / 2 + reach), size - 1)
    found = (_at(seconds, 0.1), _at(seconds, 0.5), seconds[low], seconds[high], _at(seconds, 0.9))
    return Gap(*(roughly(one) for one in found))


def _at(values: Sequence[int], part: float) -> int:
    """The smallest of them that this part of all does not exceed."""
    return values[max(ceil(part * len(values)) - 1, 0)]
