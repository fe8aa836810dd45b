"""Whom the words of an associate name: other customers never come into what is kept about one.

What stands in the words about one customer is found again by that customer alone. When somebody else whom they name is
erased, nobody would know that it stands there.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator

from noline.flows.mentions import addresses_in
from noline.kernel.errors import NotFound
from noline.kernel.events import Identifier
from noline.stores.transactional import Reader
from noline.truth.customers.identifiers import normalised
from noline.truth.customers.service import Customers

ADDRESS_OF_ANOTHER = "it holds the e-mail address or the phone number of another customer"
ID_OF_ANOTHER = "it holds the id of another customer"
ADDRESS_IN_ORDER = "the number of an order holds no e-mail address and no phone number"

_ID = re.compile(r"(?<![0-9a-z_])p_[0-9a-z]{4,64}(?![0-9a-z_])")
_NUMBER = re.compile(r"(?<![\w.])\+?\(?\d[\d\s().\-/]{5,}\d(?!\w)")
_DASHES = re.compile("[\u2010-\u2015\u2212\u30fc]")
_ABROAD = ("33", "49", "81", "41", "43", "32", "352", "44")
"""Countries in which a number is looked for that is written as at home, `06 12 34 56 78`: where the counter is spoken,
and their neighbours."""


def plainly(text: str) -> str:
    """A text in one width, without characters that nobody sees, with plain dashes."""
    wide = unicodedata.normalize("NFKC", text)
    return _DASHES.sub("-", "".join(letter for letter in wide if unicodedata.category(letter) != "Cf"))


def why_not_of(
    reader: Reader, customers: Customers, own: Collection[bytes], texts: Iterable[str | None]
) -> str | None:  # fmt: skip
    """Why these words cannot be kept about a customer: they name another one; None when they do not.

    own: the subjects of the customer.
    """
    told = [plainly(text) for text in texts if text]
    named = {customers.subject(one) for text in told for one in _addresses(text)}
    if named and set(customers.names_of(reader, named)) - set(own):
        return ADDRESS_OF_ANOTHER
    ids = {one for text in told for one in _ID.findall(text.lower())}
    return ID_OF_ANOTHER if any(_is_of_another(reader, customers, own, one) for one in ids) else None


def why_no_order(reader: Reader, customers: Customers, order: str | None) -> str | None:
    """Why this is no number of an order: such a number stands unsealed in many tables; None when it is one.

    Numbers of orders look like phone numbers, so only those count that somebody is known by.
    """
    told = [*_addresses(plainly(order or ""))]
    phones = {customers.subject(one) for one in told if one.namespace == "phone"}
    named = any(one.namespace == "email" for one in told) or bool(phones and customers.names_of(reader, phones))
    return ADDRESS_IN_ORDER if named else None


def _is_of_another(reader: Reader, customers: Customers, own: Collection[bytes], name: str) -> bool:
    try:
        return not set(customers.subjects(reader, name)) & set(own)
    except NotFound:
        return False


def _addresses(text: str) -> Iterator[Identifier]:
    """Addresses in a text, each number also as it may be meant: `0033 6` is +33 6, and `06` is so at home."""
    yield from addresses_in(text)
    for found in _NUMBER.findall(text):
        digits = "".join(letter for letter in found if letter.isdigit())
        if digits.startswith("00"):
            spellings = [digits[2:]]
        elif digits.startswith("0"):
            spellings = [country + digits[1:] for country in _ABROAD]
        else:
            spellings = [digits]
        for one in spellings:
            if (spelled := normalised("phone", f"+{one}")) is not None:
                yield Identifier("phone", spelled)
