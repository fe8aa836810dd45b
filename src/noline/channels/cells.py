"""What stands in a cell: numbers, times and names as people and programs write them."""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

CURRENCY_SIGNS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "zł": "PLN", "₹": "INR", "₩": "KRW"}

TIME_PATTERNS = (
    "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y", "%d.%m.%y %H:%M", "%d.%m.%y",
    "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y",
    "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d",
    "%d-%m-%Y %H:%M:%S", "%d-%m-%Y %H:%M", "%d-%m-%Y",
)  # fmt: skip
"""Ways to write a time besides ISO 8601 and numbers since 1970; day before month unless only the other way reads."""

EPOCHS = {"epoch_s": 1, "epoch_ms": 1_000, "epoch_us": 1_000_000}
"""Numbers since 1970 UTC: how many of them make a second."""

_SIGNS = re.compile("|".join([re.escape(sign) for sign in CURRENCY_SIGNS] + [r"\b[A-Z]{3}\b"]))
_SPACES = str.maketrans("", "", " \t\u00a0\u202f\u2009'’")
_PLAIN = {
    ".": re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)?(\.\d+)?([eE][+-]?\d{1,2})?"),
    ",": re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d+)?(,\d+)?([eE][+-]?\d{1,2})?"),
}
_WHOLE_AS_FLOAT = re.compile(r"\d+\.0")
_EARLIEST_YEAR, _LATEST_YEAR = 1980, 2100


def is_empty(value: object) -> bool:
    """Nothing was written."""
    return value is None or value != value or (isinstance(value, str) and not value.strip())  # noqa: PLR0124  NaN


def text_of(value: Any) -> str | None:
    """A name or number as text; `17850.0`, as spreadsheets write whole numbers, is 17850. None when empty."""
    if is_empty(value):
        return None
    text = str(value).strip()
    return text[:-2] if _WHOLE_AS_FLOAT.fullmatch(text) else text


def decimal_of(value: Any, sign: str) -> Decimal:
    """An exact number, with currency and grouping taken off; `sign` is the decimal sign. Raises ValueError."""
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        number = Decimal(str(value))
    else:
        number = _decimal_of_text(str(value), sign)
    if not number.is_finite():
        raise ValueError(f"{value!r} is not a number")
    return number


@lru_cache(maxsize=65536)
def _decimal_of_text(written: str, sign: str) -> Decimal:
    text = _SIGNS.sub("", written).translate(_SPACES).replace("\u2212", "-")
    if text.endswith("-"):
        text = "-" + text[:-1]
    if not any(letter.isdigit() for letter in text) or not _PLAIN[sign].fullmatch(text):
        raise ValueError(f"{written!r} is not a number")
    group = "," if sign == "." else "."
    try:
        return Decimal(text.replace(group, "").replace(sign, "."))
    except InvalidOperation as cause:
        raise ValueError(f"{written!r} is not a number") from cause


def amount_of(value: Any, sign: str) -> str:
    """An amount in major units as exact text. Raises ValueError."""
    return format(decimal_of(value, sign), "f")


def units_of(value: Any, sign: str) -> int:
    """A whole number of units. Raises ValueError."""
    number = decimal_of(value, sign)
    if number != number.to_integral_value():
        raise ValueError(f"{value!r} is not a whole number of units")
    return int(number)


def currency_of(value: Any) -> str | None:
    """The ISO 4217 code of a code or sign; None when it is neither."""
    text = str(value).strip()
    if text in CURRENCY_SIGNS:
        return CURRENCY_SIGNS[text]
    return text.upper() if len(text) == 3 and text.isascii() and text.isalpha() else None


def sign_in(value: Any) -> str | None:
    """The currency that an amount carries as a sign or code: `12,50 €` is EUR."""
    found = _SIGNS.search(str(value)) if isinstance(value, str) else None
    return currency_of(found.group()) if found else None


def instant_of(value: Any, pattern: str, zone: ZoneInfo) -> str:
    """ISO 8601 in UTC of a time written by this pattern; `zone` where it carries no offset. Raises ValueError."""
    return _instant_of_text(str(value).strip(), pattern, zone)


@lru_cache(maxsize=65536)
def _instant_of_text(text: str, pattern: str, zone: ZoneInfo) -> str:
    if pattern in EPOCHS:
        moment = datetime.fromtimestamp(float(Decimal(_digits(text)) / EPOCHS[pattern]), UTC)
    elif pattern == "iso":
        moment = datetime.fromisoformat(text.removesuffix(" UTC") + ("Z" if text.endswith(" UTC") else ""))
    else:
        moment = datetime.strptime(text, pattern)  # noqa: DTZ007  the zone follows
    if not _EARLIEST_YEAR <= moment.year <= _LATEST_YEAR:
        raise ValueError(f"{text!r} is not a time of our days")
    return _utc_text(moment, zone)


def _digits(text: str) -> str:
    if not text.replace(".", "", 1).isdigit() or len(text) > 20:
        raise ValueError(f"{text!r} is not a number since 1970")
    return text


def _utc_text(moment: datetime, zone: ZoneInfo) -> str:
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
    precision = "milliseconds" if moment.microsecond % 1000 == 0 else "microseconds"
    return aware.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")


def share_read(values: list[Any], reader: Callable[[Any], object]) -> float:
    """Which share of these cells a reader can read; 0 when there are none."""
    read = 0
    for value in values:
        try:
            reader(value)
        except (ValueError, OverflowError, OSError):
            continue
        read += 1
    return read / len(values) if values else 0.0


@lru_cache(maxsize=4096)
def plain_name(column: str) -> str:
    """A column's name in small letters, without accents, words joined by `_`: `Bestell-Nr.` is `bestell_nr`."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column.replace("ß", "ss"))
    bare = unicodedata.normalize("NFKD", split).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", bare).strip("_")
