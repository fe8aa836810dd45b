"""GS1's numbers of goods and of places, and the check digit that ends each of them.

The check digit makes the weighted sum of all digits a multiple of ten, where the weights are 3 and 1 in turn from the
second digit from the right (GS1 General Specifications, "Standard check digit calculations for GS1 data structures").
"""

from noline.kernel.errors import NotReadable

_GTIN_LENGTHS = (8, 12, 13, 14)
_GLN_LENGTH = 13


class GtinWrong(NotReadable):
    """A number of a trade item with a wrong length, letter or check digit."""

    code = "value.not_gtin"
    sentence = "{gtin!r} is not a GTIN: {why}."
    hint = "Send the 8, 12, 13 or 14 digits under the bar code; the last one is the check digit."


class GlnWrong(NotReadable):
    """A number of a party or place with a wrong length, letter or check digit."""

    code = "value.not_gln"
    sentence = "{gln!r} is not a GLN: {why}."
    hint = "Send the 13 digits that GS1 gave the place; the last one is the check digit."


def check_digit(payload: str) -> int:
    """The digit that belongs behind these digits."""
    weighted = sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(payload)))
    return -weighted % 10


def gtin(text: str) -> str:
    """The digits of a GTIN-8, -12, -13 or -14 without spaces and hyphens; raises GtinWrong."""
    digits = _packed(text)
    why = _wrong(digits, _GTIN_LENGTHS)
    if why:
        raise GtinWrong(gtin=text, why=why)
    return digits


def gtin14(text: str) -> str:
    """A GTIN of any length in fourteen digits, as GS1 Digital Link has it; raises GtinWrong."""
    return gtin(text).zfill(14)


def is_gtin(text: str) -> bool:
    """Whether a text is a GTIN, with or without spaces and hyphens."""
    return not _wrong(_packed(text), _GTIN_LENGTHS)


def gln(text: str) -> str:
    """The thirteen digits of a GLN without spaces and hyphens; raises GlnWrong."""
    digits = _packed(text)
    why = _wrong(digits, (_GLN_LENGTH,))
    if why:
        raise GlnWrong(gln=text, why=why)
    return digits


def is_gln(digits: str) -> bool:
    """Whether these are the thirteen digits of a GLN and nothing else."""
    return not _wrong(digits, (_GLN_LENGTH,))


def _packed(text: str) -> str:
    return text.replace(" ", "").replace("-", "")


def _wrong(digits: str, lengths: tuple[int, ...]) -> str:
    """Why digits are no number of these lengths; empty when they are."""
    if not (digits.isascii() and digits.isdigit()):
        return "it has characters that are no digits" if digits else "it is empty"
    if len(digits) not in lengths:
        return f"it has {len(digits)} digits, not {' or '.join(map(str, lengths))}"
    expected = check_digit(digits[:-1])
    return "" if int(digits[-1]) == expected else f"its check digit is {digits[-1]}, and {expected} is expected"
