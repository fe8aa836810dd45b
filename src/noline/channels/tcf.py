"""The consent string of IAB Europe's Transparency & Consent Framework, version 2: what somebody agreed to in a banner.

Read is the core segment as far as it speaks of purposes ("Consent string and vendor list formats v2", the table of the
TC String). Not read: lists of vendors, publisher restrictions and the other segments. A purpose that a company follows
out of its own legitimate interest is no consent, so those bits grant nothing.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import NamedTuple

from noline.kernel.clock import SECOND, Micros
from noline.kernel.errors import NotReadable

VERSION = 2

OURS: Mapping[str, frozenset[int]] = {
    "advertising": frozenset((2, 3, 4, 7)),
    "personalisation": frozenset((5, 6)),
    "analytics": frozenset((8, 9)),
}
"""Which purposes of the framework make one of ours: it is granted when all of them are.

Purposes 1 (keeping things on a device), 10 (improving services) and 11 (limited data for content) decide none of ours.
"""

_DECISECOND: Micros = SECOND // 10
_LONGEST = 16_384
_CORE_BITS = 213
"""From the version to the country of the publisher; the lists of vendors follow."""


class TcStringUnreadable(NotReadable):
    """A text that is no consent string of version 2."""

    code = "consents.tc_string_unreadable"
    sentence = "{text!r} is no TCF consent string: {why}."
    hint = "Send the string of version 2 as the consent banner wrote it; it begins with C."


class TcString(NamedTuple):
    """What the core of a consent string says. Times in microseconds since 1970 UTC.

    purposes: agreed to. legitimate_interests: disclosed and not objected to. special_features: opted in.
    """

    created_at: Micros
    updated_at: Micros
    cmp_id: int
    cmp_version: int
    screen: int
    language: str
    vendor_list_version: int
    policy_version: int
    service_specific: bool
    special_features: frozenset[int]
    purposes: frozenset[int]
    legitimate_interests: frozenset[int]
    country: str


class Said(NamedTuple):
    """A consent string in our words: purpose -> granted, a sentence for the evidence, and the policy it is under."""

    purposes: dict[str, bool]
    description: str
    policy: str


def read_tc_string(text: str) -> TcString:
    """What a consent string says; raises TcStringUnreadable."""
    core = text.strip().partition(".")[0]
    bits = _Bits(_bytes(core)[: -(-_CORE_BITS // 8)])
    if bits.number(6) != VERSION:
        raise TcStringUnreadable(text=core[:20], why="its version is not 2")
    if bits.left < _CORE_BITS - 6:
        raise TcStringUnreadable(text=core[:20], why="it ends too early")
    created_at, updated_at = bits.number(36) * _DECISECOND, bits.number(36) * _DECISECOND
    cmp_id, cmp_version, screen = bits.number(12), bits.number(12), bits.number(6)
    language, vendor_list_version, policy_version = bits.letters(2), bits.number(12), bits.number(6)
    service_specific, _texts = bits.number(1) == 1, bits.number(1)
    special_features, purposes, interests = bits.numbers(12), bits.numbers(24), bits.numbers(24)
    _purpose_one_treatment, country = bits.number(1), bits.letters(2)
    return TcString(
        created_at, updated_at, cmp_id, cmp_version, screen, language, vendor_list_version, policy_version,
        service_specific, special_features, purposes, interests, country,
    )  # fmt: skip


def said(text: str) -> Said:
    """What a consent string says of our purposes; raises TcStringUnreadable."""
    told = read_tc_string(text)
    agreed = ", ".join(map(str, sorted(told.purposes))) or "none"
    return Said(
        {ours: theirs <= told.purposes for ours, theirs in OURS.items()},
        f"TCF purposes agreed to: {agreed}; consent platform {told.cmp_id}",
        f"TCF {told.policy_version}",
    )


def _bytes(core: str) -> bytes:
    if not core or len(core) > _LONGEST:
        raise TcStringUnreadable(text=core[:20], why="it is empty" if not core else "it is too long")
    try:
        # A character holds six bits, so what is missing to whole bytes is filled with zeros.
        return base64.b64decode(core + "A" * (-len(core) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as cause:
        raise TcStringUnreadable(text=core[:20], why="it is not base64 for addresses") from cause


class _Bits:
    """Numbers out of a row of bits, the highest first."""

    def __init__(self, row: bytes) -> None:
        self._value = int.from_bytes(row, "big")
        self.left = 8 * len(row)

    def number(self, width: int) -> int:
        """The next bits as a number."""
        self.left -= width
        return self._value >> self.left & (1 << width) - 1 if self.left >= 0 else 0

    def letters(self, count: int) -> str:
        """The next letters, six bits each, A is 0."""
        return "".join(chr(ord("A") + self.number(6)) for _ in range(count))

    def numbers(self, width: int) -> frozenset[int]:
        """Which of the next bits are set, counted from 1."""
        return frozenset(place for place in range(1, width + 1) if self.number(1))
