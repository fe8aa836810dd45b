"""The door of the room: a company's fingerprint, signed; those of public logs; and what they say side by side."""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from noline.insight.fingerprints import counting
from noline.insight.fingerprints.canon import CHANNELS, OTHER, mapped
from noline.insight.fingerprints.comparing import Comparison, compared
from noline.insight.fingerprints.counting import Walked
from noline.insight.fingerprints.model import (
    FEWEST,
    About,
    ChannelNotCanonical,
    Print,
    PrintForged,
    PrintUnreadable,
    TooFewPeople,
    Whole,
    rate,
    rates,
    roughly,
)
from noline.insight.fingerprints.signing import Genuine, Signer, verified
from noline.insight.fingerprints.taking import channels_of
from noline.kernel.clock import DAY, SECOND, Micros, as_text
from noline.stores.walks.store import WalkStore

REFERENCES = Path(__file__).parent / "reference"

REFERENCE_KEY = "e84f83c5707dab0f"
"""The name of the key that signed what is shipped."""

_NO_RATES: Mapping[str, tuple[int, int]] = MappingProxyType({})


class Windows(NamedTuple):
    """The times a fingerprint is counted with, in microseconds."""

    journey_gap: Micros = 30 * DAY
    handoff: Micros = 30 * DAY
    horizon: Micros = 14 * DAY


class Counted(NamedTuple):
    """What a fingerprint is made of.

    touchpoints, walk: events without what was merely sent, in canonical channels, and their visits.
    history: with it, in the company's own channels. own: what the company says its channels are.
    stage_of, goals: of an action. until: the log tells everything up to here.
    false_drop_offs: (persons, at risk) in all channels together. frictions: the same by rule.
    """

    touchpoints: WalkStore
    walk: Walked
    history: WalkStore
    own: Mapping[str, str]
    stage_of: Callable[[str], str]
    goals: Collection[str]
    until: Micros
    windows: Windows = Windows()
    false_drop_offs: tuple[int, int] | None = None
    frictions: Mapping[str, tuple[int, int]] = _NO_RATES


class Fingerprints:
    """Takes, signs, checks and compares fingerprints."""

    def __init__(self, secret: bytes | None = None) -> None:
        """secret: of the hub that signs; without it nothing can be signed."""
        self._signer = None if secret is None else Signer(secret)

    @property
    def key(self) -> str | None:
        """The name of the hub's key; tell it to whom you send a fingerprint, by another way."""
        return None if self._signer is None else self._signer.key

    def taken(self, counted: Counted, about: About) -> Print:
        """The fingerprint of what was counted. Raises TooFewPeople."""
        return taken(counted, about)

    def sealed(self, told: Print) -> bytes:
        """The fingerprint as a signed file. Raises ValueError without the secret of a hub."""
        if self._signer is None:
            raise ValueError("a fingerprint is signed by a hub")
        return self._signer.sealed(told)

    def verified(self, path: Path) -> Genuine:
        """The fingerprint in a file and the key that signed it. Raises PrintUnreadable, PrintForged."""
        try:
            data = path.read_bytes()
        except OSError as cause:
            raise PrintUnreadable(path=path, why=cause.strerror or "it cannot be read") from cause
        return verified(data, path)

    def references(self, kinds: Collection[str] = ("real",)) -> list[Print]:
        """The fingerprints of public logs that are shipped, by the names of their files. Raises PrintForged."""
        found = [self._shipped(path) for path in sorted(REFERENCES.glob("*.json"))]
        return [one for one in found if one.about.kind in kinds]

    def _shipped(self, path: Path) -> Print:
        genuine = self.verified(path)
        if genuine.key != REFERENCE_KEY:
            raise PrintForged(path=path, why=f"it is signed with the key {genuine.key}, not {REFERENCE_KEY}")
        return genuine.told

    def compared(self, prints: Sequence[Print]) -> Comparison:
        """Fingerprints side by side; the place is that of the first among the others."""
        return compared(prints)


def own_channels(told: Mapping[str, str]) -> Mapping[str, str]:
    """What a company says its channels are, checked. Raises ChannelNotCanonical."""
    for name in told.values():
        if name not in (*CHANNELS, OTHER):
            raise ChannelNotCanonical(name=name)
    return told


def taken(counted: Counted, about: About) -> Print:
    """The fingerprint of what was counted. Raises TooFewPeople."""
    store, windows = counted.touchpoints, counted.windows
    sent = counting.sent(
        store, counted.walk, counting.stages_of(store, counted.stage_of),
        until=counted.until, gap=windows.journey_gap,
    )  # fmt: skip
    channels = channels_of(sent)
    if not channels:
        raise TooFewPeople(fewest=FEWEST)
    declared = counting.declared(
        counted.history, counted.own, counting.depths_of(counted.history, counted.stage_of, counted.goals),
        until=counted.until, window=windows.handoff,
    )  # fmt: skip
    return Print(
        about=about,
        whole=_whole(counted),
        journey_gap_s=windows.journey_gap // SECOND,
        handoff_window_s=windows.handoff // SECOND,
        horizon_s=windows.horizon // SECOND,
        channels=channels,
        declared=rates({">".join(border): both for border, both in declared.items()}),
        false_drop_offs=None if counted.false_drop_offs is None else rate(*counted.false_drop_offs),
        frictions=rates(counted.frictions),
    )


def _whole(counted: Counted) -> Whole:
    import numpy as np

    store, walk = counted.touchpoints, counted.walk
    crossing = ~walk.opens[1:] & (walk.channels[1:] != walk.channels[:-1])
    names = counted.history.channels.names
    unmapped = set(mapped(names, counted.own).unmapped)
    codes = [code for code, name in enumerate(names) if name in unmapped]
    unmapped_events = int(np.isin(counted.history.channels.codes, codes).sum())
    return Whole(
        roughly(store.person_count), roughly(len(store)), roughly(walk.first.size), roughly(int(crossing.sum())),
        len(unmapped), roughly(unmapped_events),
    )  # fmt: skip


def months(store: WalkStore) -> tuple[str, str]:
    """The first and the last month that any event tells of."""
    first, last = int(store.times.min()), int(store.times.max())
    return as_text(first)[:7], as_text(last)[:7]
