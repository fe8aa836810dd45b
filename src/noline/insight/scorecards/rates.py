"""Money of several currencies as one, for a report that says so: at the hub's rates, and never a guess."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from noline.kernel.errors import NotReadable
from noline.kernel.money import minor_digits


class RateMissing(NotReadable):
    """Amounts were asked for in a currency that the hub has no rate for."""

    code = "scorecard.rate_missing"
    sentence = "There is no rate for {currency}; the hub reports in {reporting}."
    hint = "Ask in the hub's currency, or write the rate under [rates] in noline.toml."


@dataclass(frozen=True, slots=True)
class Converting:
    """Amounts into one currency.

    target, reporting: ISO 4217. rates: units of `reporting` for one unit of another.
    """

    target: str
    reporting: str
    rates: Mapping[str, Decimal]

    def __post_init__(self) -> None:
        """Refuse a target without a rate. Raises RateMissing."""
        if self._worth(self.target) is None:
            raise RateMissing(currency=self.target, reporting=self.reporting)

    def minor(self, amount_minor: int, currency: str) -> int | None:
        """Minor units of the target, rounded half to even; None without a rate."""
        worth, target = self._worth(currency), self._worth(self.target)
        if currency == self.target:
            return amount_minor
        if worth is None or target is None:
            return None
        major = Decimal(amount_minor).scaleb(-minor_digits(currency)) * worth / target
        return int(major.scaleb(minor_digits(self.target)).to_integral_value(rounding=ROUND_HALF_EVEN))

    def told(self, currencies: set[str]) -> dict[str, str]:
        """The rates that these currencies need."""
        return {name: str(self.rates[name]) for name in sorted(currencies | {self.target}) if name in self.rates}

    def _worth(self, currency: str) -> Decimal | None:
        worth = Decimal(1) if currency == self.reporting else self.rates.get(currency)
        return worth or None
