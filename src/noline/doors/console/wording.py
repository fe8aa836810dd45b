"""Numbers, money and times as a person reads them.

A space inside a number with its unit is a no-break space, so that a line never ends between the two.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from noline.kernel.clock import as_datetime, parse_instant
from noline.kernel.money import minor_digits

Row = Mapping[str, Any]
"""One row of an answer of the hub, as JSON."""

SPACE = "\u00a0"
UNKNOWN = "–"

_CHANNELS = {
    "call": "call centre",
    "b2b": "business sales",
    "pos": "till",
    "partner": "partner shop",
    "noline": "decisions",
}
_COLUMNS = {"store_id": "store", "sku": "item", "handoff_group": "group of a hand-off", "object_id": "thing"}


def count(number: int | None) -> str:
    """A whole number with thousands apart: `8,412`, with a true minus sign; a dash for what is not told."""
    return UNKNOWN if number is None else f"{number:,}".replace("-", "\u2212")


def plural(number: int, one: str, many: str) -> str:
    """A counted noun: `1 person`, `8,412 people`."""
    return f"{count(number)}{SPACE}{one if number == 1 else many}"


def percent(share: float | None) -> str:
    """A share of one as percent: `14 %`, and one decimal below ten: `3.4 %`."""
    if share is None:
        return UNKNOWN
    hundredfold = Decimal(str(share)) * 100
    step = Decimal("0.1") if 0 < hundredfold < 10 else Decimal(1)
    rounded = hundredfold.quantize(step, ROUND_HALF_UP)
    return f"{rounded:f}".removesuffix(".0") + f"{SPACE}%"


def points(difference: float) -> str:
    """A difference of shares in percentage points, with its sign: `-12.4`, `+3.0`."""
    return f"{Decimal(str(difference)) * 100:+.1f}"


def interval(low: float | None, high: float | None) -> str:
    """The two ends of an interval of shares: `13 – 15 %`."""
    if low is None or high is None:
        return UNKNOWN
    return f"{percent(low).removesuffix(f'{SPACE}%')}{SPACE}–{SPACE}{percent(high)}"


def money(amount_minor: int, currency: str) -> str:
    """An amount in whole major units: `41,038 EUR`."""
    major = Decimal(amount_minor).scaleb(-minor_digits(currency)).quantize(Decimal(1), ROUND_HALF_UP)
    return f"{major:,f}{SPACE}{currency}"


def exact_money(amount_minor: int, currency: str) -> str:
    """An amount to the last minor unit: `12.50 EUR`."""
    digits = minor_digits(currency)
    return f"{Decimal(amount_minor).scaleb(-digits):,.{digits}f}{SPACE}{currency}"


def money_interval(low_minor: int, high_minor: int, currency: str) -> str:
    """The two ends of an interval of amounts: `600 – 1,900 EUR`."""
    return (
        f"{money(low_minor, currency).removesuffix(f'{SPACE}{currency}')}{SPACE}–{SPACE}{money(high_minor, currency)}"
    )


def about_money(amount_minor: int, currency: str) -> str:
    """An amount with two or three leading digits, for sentences that begin with "about": `41,000 EUR`, `158,000 EUR`.

    From 100,000 on three, so that a part hardly looks larger than the whole that stands below it.
    """
    major = Decimal(amount_minor).scaleb(-minor_digits(currency))
    if abs(major) < 100:
        return money(amount_minor, currency)
    digits = 2 if abs(major) < 100_000 else 3
    rounded = int(major.quantize(Decimal(1).scaleb(major.adjusted() - digits + 1), ROUND_HALF_UP))
    return f"{rounded:,}{SPACE}{currency}"


def amounts(row: Row) -> dict[str, int]:
    """What a row is worth, in minor units by currency.

    A row has `value_minor` and `currency`, or, where several currencies meet, `values`: a list of such pairs.
    """
    pairs = row.get("values") or [row]
    return {pair["currency"]: pair["value_minor"] for pair in pairs if pair.get("currency") and pair.get("value_minor")}


def summed(rows: Iterable[Row]) -> dict[str, int]:
    """The amounts of many rows together; currencies are never added to each other."""
    total: dict[str, int] = {}
    for row in rows:
        for currency, amount_minor in amounts(row).items():
            total[currency] = total.get(currency, 0) + amount_minor
    return total


def sentence_of_money(by_currency: Mapping[str, int]) -> str:
    """Amounts of one or more currencies in a sentence: `41,000 EUR and 90,000 JPY`; empty when there are none."""
    return " and ".join(about_money(amount, currency) for currency, amount in sorted(by_currency.items()))


def part(value: float | None, whole: float) -> float:
    """A value as percent of a whole, for the width of a bar; nothing of nothing is nothing."""
    return round(100 * (value or 0) / whole, 2) if whole else 0.0


def channel(name: str) -> str:
    """A channel as people call it, within a sentence: `call centre`."""
    return _CHANNELS.get(name, name.replace("_", " "))


def plain_name(name: str) -> str:
    """A column of history as people call it: `store`, `country`, `item`."""
    return _COLUMNS.get(name, name.replace("_", " "))


def title(text: str) -> str:
    """The same text at the start of a line: `Call centre`."""
    return text[:1].upper() + text[1:]


def instant(value: int | str | None) -> datetime | None:
    """A time of the API, as ISO 8601 or as microseconds since 1970, in UTC."""
    if value is None or value == "":
        return None
    micros = value if isinstance(value, int) else parse_instant(value)
    return as_datetime(micros).astimezone(UTC)


def day(moment: datetime | None) -> str:
    """A date: `3 Mar 2026`."""
    return UNKNOWN if moment is None else f"{moment.day}{SPACE}{moment:%b}{SPACE}{moment.year}"


def month(value: str | None) -> str:
    """A month of the API, `2026-03`, as people read it: `Mar 2026`."""
    found = datetime.strptime(value, "%Y-%m").replace(tzinfo=UTC) if value else None
    return UNKNOWN if found is None else f"{found:%b}{SPACE}{found.year}"


def minute(moment: datetime | None) -> str:
    """A date with hour and minute: `3 Mar 2026, 09:30`."""
    return UNKNOWN if moment is None else f"{day(moment)}, {moment:%H:%M}"


def second(moment: datetime | None) -> str:
    """A date with the time to the second: `3 Mar 2026, 09:30:12`."""
    return UNKNOWN if moment is None else f"{day(moment)}, {moment:%H:%M:%S}"


def span(micros: int) -> str:
    """A length of time in its largest unit that says it whole, or nearly: `3 days`, `12 hours`, `45 seconds`."""
    seconds = round(micros / 1_000_000)
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            return plural(round(seconds / length), unit, f"{unit}s")
    return plural(seconds, "second", "seconds")


def delay(earlier: datetime | None, later: datetime | None) -> str:
    """How much later something was, in its largest unit: `41 days`; empty under a minute."""
    if earlier is None or later is None:
        return ""
    seconds = int((later - earlier).total_seconds())
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            return plural(seconds // length, unit, f"{unit}s")
    return ""
