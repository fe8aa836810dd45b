"""TCF consent strings: read as the framework's own decoder reads them, and refused when they are none.

What the two whole strings say was read by two other decoders, of IAB Tech Lab for JavaScript and `iab-tcf` for Python.
"""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noline.channels.tcf import OURS, Said, TcString, TcStringUnreadable, read_tc_string, said
from noline.kernel.clock import as_text, parse_instant

SPECIFICATION = (
    "COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA.IFoEUQQgAIQwgIwQABAEAAAAOIAACAIAAAAQAIAgEAACEAAAAAgAQBAAAAAAAGBAA"
    "gAAAAAAAFAAECAAAgAAQARAEQAAAAAJAAIAAgAAAYQEAAAQmAgBC3ZAYzUw"
)
"""The example in the text of the specification."""

RICH = "CLcVDxRMWfGmWAVAHCENAXCkAKDAADnAABRgA5mdfCKZuYJez-NQm0TBMYA4oCAAGQYIAAAAAAEAIAEgAA.argAC0gAAAAAAAAAAAA"
"""A string with special features, legitimate interests, a screen, a country and a segment of the publisher."""


def test_the_example_of_the_specification():
    assert read_tc_string(SPECIFICATION) == TcString(
        created_at=parse_instant("2020-02-20T23:57:39.300Z"),
        updated_at=parse_instant("2020-02-20T23:57:39.300Z"),
        cmp_id=27,
        cmp_version=0,
        screen=0,
        language="EN",
        vendor_list_version=15,
        policy_version=2,
        service_specific=False,
        special_features=frozenset(),
        purposes=frozenset((1, 2, 3)),
        legitimate_interests=frozenset(),
        country="AA",
    )


def test_a_string_that_uses_every_part_of_the_core():
    told = read_tc_string(RICH)
    assert (as_text(told.created_at), as_text(told.updated_at)) == (
        "2008-12-07T10:04:17.700Z",
        "2012-01-10T17:10:13.400Z",
    )
    assert told[2:] == (
        21, 7, 2, "EN", 23, 2, True, frozenset((2,)), frozenset((1, 3, 9, 10)), frozenset((3, 4, 5, 8, 9, 10)), "KM",
    )  # fmt: skip


def test_our_purposes_need_every_one_of_theirs():
    assert said(SPECIFICATION) == Said(
        {"advertising": False, "personalisation": False, "analytics": False},
        "TCF purposes agreed to: 1, 2, 3; consent platform 27",
        "TCF 2",
    )
    assert said(core(purposes={2, 3, 4, 7})).purposes == {
        "advertising": True,
        "personalisation": False,
        "analytics": False,
    }
    assert said(core(purposes={5, 6, 8, 9})).purposes == {
        "advertising": False,
        "personalisation": True,
        "analytics": True,
    }
    assert said(core(purposes=set())).description == "TCF purposes agreed to: none; consent platform 300"


def test_a_legitimate_interest_is_no_consent():
    everything = frozenset(range(1, 25))
    assert read_tc_string(core(interests=everything)).legitimate_interests == everything
    assert not any(said(core(interests=everything)).purposes.values())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is empty"),
        (".IFoE", "it is empty"),
        ("BOEFEAyOEFEAyAHABDENAI4AAAB9vABAASA", "its version is not 2"),
        ("COvFyGBOvFyGBAbAAAEN", "it ends too early"),
        ("C not base64!", "it is not base64 for addresses"),
        ("CÖ", "it is not base64 for addresses"),
        ("C" * 16_385, "it is too long"),
    ],
)
def test_what_is_no_consent_string_is_refused_with_the_reason(text, why):
    with pytest.raises(TcStringUnreadable) as refusal:
        read_tc_string(text)
    assert refusal.value.why == why


@given(
    purposes=st.sets(st.integers(1, 24)),
    interests=st.sets(st.integers(1, 24)),
    features=st.sets(st.integers(1, 12)),
    updated=st.integers(0, 2**36 - 1),
    rest=st.text("ABCxyz019-_.", max_size=40),
)
def test_what_was_written_is_read(purposes, interests, features, updated, rest):
    told = read_tc_string(core(purposes, interests, features, updated) + rest.replace(".", "", 1))
    assert (told.purposes, told.legitimate_interests, told.special_features) == (purposes, interests, features)
    assert told.updated_at == updated * 100_000
    assert (told.cmp_id, told.language, told.country) == (300, "FR", "DE")


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    try:
        told = said(text)
    except TcStringUnreadable:
        return
    assert told.purposes.keys() == OURS.keys()


def core(purposes=(), interests=(), features=(), updated=0):
    """The core of a consent string, written field by field as the table of the specification has it."""
    letters = {"FR": (5, 17), "DE": (3, 4)}
    fields = [
        (2, 6), (0, 36), (updated, 36), (300, 12), (1, 12), (1, 6), *((one, 6) for one in letters["FR"]), (48, 12),
        (4, 6), (1, 1), (0, 1), (_flags(features, 12), 12), (_flags(purposes, 24), 24), (_flags(interests, 24), 24),
        (0, 1), *((one, 6) for one in letters["DE"]), (0, 16), (0, 1), (0, 16), (0, 1), (0, 12),
    ]  # fmt: skip
    bits = "".join(f"{value:0{width}b}" for value, width in fields)
    whole = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    return base64.urlsafe_b64encode(whole).decode().rstrip("=")


def _flags(numbers, width):
    return sum(1 << width - number for number in numbers)
