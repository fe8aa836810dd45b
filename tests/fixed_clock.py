"""Time and chance held still: a clock that moves when a test says so, and chance that is the same in every run."""

from random import Random

from noline.kernel.clock import Micros, parse_instant
from shop import OPENING


class FixedClock:
    """A clock that stands at the shop's opening until it is moved on."""

    def __init__(self, at: str = OPENING.isoformat()) -> None:
        self._now = parse_instant(at)
        self._chance = Random(7)

    def now(self) -> Micros:
        """The instant at which it stands."""
        return self._now

    def random_bytes(self, count: int) -> bytes:
        """The next bytes of a fixed row."""
        return self._chance.randbytes(count)

    def go_on(self, span: Micros) -> None:
        """Let time pass."""
        self._now += span
