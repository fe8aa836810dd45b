"""Money as whole minor units with a currency. No float holds money."""

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from noline.kernel.errors import UnreadableMoney

# ISO 4217 minor units that are not two.
_NO_MINOR_UNIT = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split())
_MOST_DIGITS = 15
_THREE_DIGITS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())


def minor_digits(currency: str) -> int:
    """How many decimal digits the minor unit of an ISO 4217 currency has (EUR 2, JPY 0, KWD 3)."""
    if currency in _NO_MINOR_UNIT:
        return 0
    return 3 if currency in _THREE_DIGITS else 2


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in minor units (cents, yen) of one currency."""

    amount_minor: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        """The sum; refuses to add two currencies."""
        if self.currency != other.currency:
            raise UnreadableMoney(value=f"{self} + {other}", currency=other.currency)
        return Money(self.amount_minor + other.amount_minor, self.currency)

    def __str__(self) -> str:
        """The amount in major units with its currency: `12.50 EUR`."""
        return f"{Decimal(self.amount_minor).scaleb(-minor_digits(self.currency))} {self.currency}"


def to_minor(amount: object, currency: str) -> int:
    """Major units as sent (`12.5`, `"12.50"`) to minor units, rounding half to even.

    Raises UnreadableMoney for anything that is not a finite number below 10^15 minor units.
    """
    try:
        exact = Decimal(amount if isinstance(amount, int) else str(amount))
        if isinstance(amount, bool) or not exact.is_finite() or exact.adjusted() > _MOST_DIGITS:
            raise UnreadableMoney(value=amount, currency=currency)
        minor = int(exact.scaleb(minor_digits(currency)).to_integral_value(rounding=ROUND_HALF_EVEN))
    except (ArithmeticError, ValueError) as cause:
        raise UnreadableMoney(value=amount, currency=currency) from cause
    if abs(minor) >= 10**15:
        raise UnreadableMoney(value=amount, currency=currency)
    return minor
