"""GS1's check digits: numbers of real goods and places, and every single slip of a finger."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noline.kernel.gs1 import GlnWrong, GtinWrong, check_digit, gln, gtin, gtin14, is_gln, is_gtin

DIGITS = st.text("0123456789", min_size=7, max_size=13).filter(lambda text: len(text) in (7, 11, 12, 13))


@pytest.mark.parametrize(
    ("payload", "digit"),
    [("9638507", 4), ("03600029145", 2), ("629104150021", 3), ("400638133393", 1), ("1061414100041", 5)],
)
def test_the_check_digit_is_the_one_gs1_prints(payload, digit):
    assert check_digit(payload) == digit


@pytest.mark.parametrize("text", ["96385074", "036000291452", "4006381333931", "10614141000415"])
def test_a_gtin_of_each_length_is_read(text):
    assert gtin(text) == text
    assert gtin14(text) == "0" * (14 - len(text)) + text


def test_spaces_and_hyphens_are_how_people_print_it():
    assert gtin("4006-3813 33931") == "4006381333931"
    assert gln("40 12345-00000 9") == "4012345000009"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("4006381333932", "its check digit is 2, and 1 is expected"),
        ("123", "it has 3 digits, not 8 or 12 or 13 or 14"),
        ("400638133393x", "it has characters that are no digits"),
        ("٤٠٠٦٣٨١٣٣٣٩٣١", "it has characters that are no digits"),
        ("", "it is empty"),
    ],
)
def test_a_wrong_gtin_is_refused_with_what_is_wrong(text, why):
    with pytest.raises(GtinWrong) as refusal:
        gtin(text)
    assert (refusal.value.gtin, refusal.value.why) == (text, why)
    assert str(refusal.value) == f"{text!r} is not a GTIN: {why}."
    assert not is_gtin(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("4012345000008", "its check digit is 8, and 9 is expected"),
        ("96385074", "it has 8 digits, not 13"),
    ],
)
def test_a_wrong_gln_is_refused_with_what_is_wrong(text, why):
    with pytest.raises(GlnWrong) as refusal:
        gln(text)
    assert (refusal.value.gln, refusal.value.why) == (text, why)


def test_a_gln_is_told_by_its_bare_digits():
    assert is_gln("4012345000009")
    assert not is_gln("40 12345 00000 9")


@given(payload=DIGITS, place=st.integers(0, 13), other=st.integers(1, 9))
def test_one_mistyped_digit_is_always_noticed(payload, place, other):
    whole = payload + str(check_digit(payload))
    assert gtin(whole) == whole
    place %= len(whole)
    slipped = whole[:place] + str((int(whole[place]) + other) % 10) + whole[place + 1 :]
    assert not is_gtin(slipped)
