"""What the columns of an unknown file may be: by their names in English, German and French, then by what they hold."""

from collections import defaultdict
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from noline.channels import cells
from noline.channels.column_words import (
    BY_ENDING,
    CHANNEL_WORDS,
    COLUMN_NAMES,
    EVENT_WORDS,
    FILE_WORDS,
    NOT_THE_AMOUNT,
    NOT_THE_TIME,
)
from noline.channels.files import Row, columns_of, flattened, rows_of
from noline.channels.mapping import IDENTIFY, Mapping

SAMPLE_ROWS = 1000
PREVIEW_ROWS = 5
WORDS_ROWS = 200_000
"""How far the values of an event or channel column are looked through: the rare ones matter most."""

_UTC = ZoneInfo("UTC")


def guess(path: Path, sheet: str = "") -> Mapping:
    """The likely mapping of a file, with its first five rows and notes on what is not sure.

    sheet: which one of a spreadsheet; its first when empty. Raises FileNotUnderstood when the file cannot be read at
    all.
    """
    columns = columns_of(path, sheet)
    sample = [row for row in islice(rows_of(path, sheet), SAMPLE_ROWS) if row.problem is None]
    if is_segment(sample):
        return Mapping(columns={}, format="segment", channel="web", sheet=sheet, rows=_preview(sample))
    rows = [flattened(row.cells) for row in sample]
    return _Guess(path, sheet, columns, rows).mapping()


def is_segment(sample: list[Row]) -> bool:
    """Most lines have the type of a call of the specification and somebody who did it."""
    alike = sum(
        row.cells.get("type") in ("track", "identify", "page", "screen", "group", "alias")
        and not {"userId", "anonymousId"}.isdisjoint(row.cells)
        for row in sample
    )
    return alike * 2 > len(sample)


def _preview(sample: list[Row]) -> tuple[dict[str, Any], ...]:
    return tuple(row.cells for row in sample[:PREVIEW_ROWS])


class _Guess:
    """One guess in the making: the columns found so far, and what is doubtful."""

    def __init__(self, path: Path, sheet: str, names: list[str], rows: list[dict[str, Any]]) -> None:
        self.path = path
        self.sheet = sheet
        self.names = names
        self.rows = rows
        self.columns: dict[str, str] = {}
        self.notes: list[str] = []

    def mapping(self) -> Mapping:
        """Find everything, in the order in which one thing helps to find the next."""
        self._by_name()
        self._by_content()
        decimal = self._decimal()
        time_format = self._time_format()
        event = self._event()
        channel = self._channel()
        events = self._values("event", EVENT_WORDS)
        orders = event == "Order Completed" or "Order Completed" in (*events, *events.values())
        by_order = orders and "order_id" in self.columns
        return Mapping(
            columns=self.columns,
            sheet=self.sheet,
            event=event,
            channel=channel,
            currency=self._currency(),
            decimal=decimal,
            time_format=time_format,
            one_message_per="order" if by_order else "row",
            amount_of=self._amount_of(decimal) if by_order else "line",
            events=events,
            channels=self._values("channel", CHANNEL_WORDS),
            notes=tuple(self.notes),
            rows=tuple(self.rows[:PREVIEW_ROWS]),
        )

    def _by_name(self) -> None:
        plain = {name: _bare_name(name) for name in self.names}
        for meaning, known in COLUMN_NAMES.items():
            for wanted in known.split():
                found = next((name for name in self._free() if plain[name] == wanted), None)
                if found is not None and self._holds(meaning, found):
                    self.columns[meaning] = found
                    break
        for meaning in BY_ENDING:
            if meaning not in self.columns:
                self._by_ending(meaning, plain)
        if "time_of_day" in self.columns and not self._needs_hours():
            del self.columns["time_of_day"]
        self._lone_id(plain)

    def _by_ending(self, meaning: str, plain: dict[str, str]) -> None:
        endings = tuple(f"_{word}" for word in COLUMN_NAMES[meaning].split() if len(word) > 3)
        for name in self._free():
            doubtful = meaning in ("price", "amount") and NOT_THE_AMOUNT & set(plain[name].split("_"))
            if plain[name].endswith(endings) and not doubtful and self._holds(meaning, name):
                self.columns[meaning] = name
                return

    def _lone_id(self, plain: dict[str, str]) -> None:
        """A column that is called only `id` is the person in a list of people, else the row."""
        name = next((name for name in self._free() if plain[name] in ("id", "nr", "no", "number", "nummer")), None)
        values = [cells.text_of(row.get(name)) for row in self.rows] if name else []
        if name is None or len(set(values)) < len(values):
            return
        about_people = {"email", "phone", "last_name", "person_name"} & set(self.columns)
        about_things = {"order_id", "sku", "event", "amount"} & set(self.columns)
        meaning = "person_id" if about_people and not about_things else "message_id"
        self.columns.setdefault(meaning, name)

    def _by_content(self) -> None:
        for meaning in ("email", "time"):
            if meaning not in self.columns:
                found = next((name for name in self._free() if self._looks_like(meaning, name)), None)
                if found is not None:
                    self.columns[meaning] = found
                    self.notes.append(f"{found} looks like the {meaning}")

    def _free(self) -> list[str]:
        taken = set(self.columns.values())
        return [name for name in self.names if name not in taken]

    def _cells(self, column: str) -> list[Any]:
        return [row[column] for row in self.rows if not cells.is_empty(row.get(column))]

    def _holds(self, meaning: str, column: str) -> bool:
        """Whether what stands in the column may be what its name says; an empty column may be anything."""
        values = self._cells(column)
        check = _CHECKS.get(meaning)
        return not values or check is None or cells.share_read(values, check) >= 0.5

    def _looks_like(self, meaning: str, column: str) -> bool:
        values = self._cells(column)
        texts = bool(values) and not isinstance(values[0], (int, float))
        texts = texts and not NOT_THE_TIME & set(cells.plain_name(column).split("_"))
        return texts and cells.share_read(values, _CHECKS[meaning]) >= 0.8

    def _decimal(self) -> str:
        values = [value for meaning in ("amount", "price") for value in self._of(meaning)]
        values = values or self._of("quantity")
        point, comma = (cells.share_read(values, lambda value: cells.decimal_of(value, sign)) for sign in ".,")  # noqa: B023
        return "," if comma > point else "."

    def _time_format(self) -> str:
        values = self._of("time")
        if "time_of_day" in self.columns:
            values = [" ".join(pair) for pair in self._dates_with_hours()]
        best = _best_time_format(values)
        swapped = best.replace("%d/%m", "%m/%d")
        if swapped != best and _reads_all(values, best) and _reads_all(values, swapped):
            self.notes.append(f"{values[0]} was read with the day before the month")
        return best

    def _needs_hours(self) -> bool:
        """The days carry no hour of their own, and the other column has some."""
        hours = self._of("time_of_day")
        days_only = "time" in self.columns and not any(":" in str(day) for day in self._of("time"))
        return days_only and bool(hours) and all(":" in str(hour) for hour in hours)

    def _dates_with_hours(self) -> list[tuple[str, str]]:
        pairs = [(row.get(self.columns["time"]), row.get(self.columns["time_of_day"])) for row in self.rows]
        return [(str(day), str(hour)) for day, hour in pairs if not cells.is_empty(day) and not cells.is_empty(hour)]

    def _of(self, meaning: str) -> list[Any]:
        return self._cells(self.columns[meaning]) if meaning in self.columns else []

    def _event(self) -> str:
        if "event" in self.columns:
            return ""
        event = self._event_by_file() or _event_by_columns(set(self.columns))
        if not event:
            self.notes.append("nothing says what a row tells: set `event`")
        return event

    def _event_by_file(self) -> str:
        words = set(cells.plain_name(self.path.name).split("_"))
        event = next((event for event, known in FILE_WORDS.items() if words & set(known.split())), "")
        needs = {"Stock Counted": {"sku", "quantity"}, "Price Set": {"sku", "price"}, "Review Posted": {"rating"}}
        return event if needs.get(event, set()) <= set(self.columns) else ""

    def _channel(self) -> str:
        words = cells.plain_name(self.path.name).split("_")
        named = next((channel for word in words if (channel := _meaning_of(word, CHANNEL_WORDS))), None)
        if named is not None:
            return named
        if "store_id" in self.columns:
            return "store"
        if "anonymous_id" in self.columns:
            return "web"
        if "channel" not in self.columns:
            self.notes.append("nothing says in which channel it happened: set `channel`")
        return "import"

    def _currency(self) -> str:
        for meaning in ("amount", "price"):
            named = _currency_in_name(self.columns.get(meaning, ""))
            found = named or next(filter(None, map(cells.sign_in, self._of(meaning))), None)
            if found:
                return found
        if {"amount", "price"} & set(self.columns) and "currency" not in self.columns:
            self.notes.append("nothing says the currency: set `currency`")
        return ""

    def _amount_of(self, decimal: str) -> str:
        """`order` when all lines of an order repeat one amount that is not simply price times quantity."""
        if "amount" not in self.columns:
            return "line"
        amounts: dict[str, list[str]] = defaultdict(list)
        for row in self.rows:
            amounts[str(row.get(self.columns["order_id"]))].append(str(row.get(self.columns["amount"])))
        several = [told for told in amounts.values() if len(told) > 1]
        repeated = bool(several) and all(len(set(told)) == 1 for told in several)
        return "order" if repeated and not self._amount_is_price_times_quantity(decimal) else "line"

    def _amount_is_price_times_quantity(self, decimal: str) -> bool:
        if not {"price", "quantity"} <= set(self.columns):
            return False
        names = [self.columns[meaning] for meaning in ("amount", "price", "quantity")]
        agree = 0
        for row in self.rows:
            try:
                amount, price, quantity = (cells.decimal_of(row.get(name), decimal) for name in names)
            except ValueError:
                continue
            agree += amount == price * quantity
        return agree * 2 > len(self.rows)

    def _values(self, meaning: str, words: dict[str, str]) -> dict[str, str]:
        if meaning not in self.columns:
            return {}
        seen: dict[str, None] = {}
        for row in islice(rows_of(self.path, self.sheet), WORDS_ROWS):
            value = flattened(row.cells).get(self.columns[meaning])
            if not cells.is_empty(value):
                seen[str(value).strip()] = None
        known = {value: _meaning_of(cells.plain_name(value), words) for value in seen}
        return {value: told for value, told in known.items() if told is not None and told != value}


def _bare_name(column: str) -> str:
    """The plain name of a column, without the table before a dot and without a currency at its end."""
    last = cells.plain_name(column.rpartition(".")[2])
    name = cells.plain_name(column) if last in ("", "id") else last
    in_name = _currency_in_name(column)
    return name.removesuffix(f"_{in_name.lower()}") if in_name else name


def _currency_in_name(column: str) -> str | None:
    """EUR of `Betrag (EUR)` or `amount_eur`."""
    if any(sign in column for sign in cells.CURRENCY_SIGNS):
        return next(code for sign, code in cells.CURRENCY_SIGNS.items() if sign in column)
    before, _, last = cells.plain_name(column).rpartition("_")
    return last.upper() if before and last in _COMMON_CURRENCIES else None


_COMMON_CURRENCIES = frozenset("eur usd gbp chf jpy sek nok dkk pln czk huf cad aud cny inr krw brl mxn".split())


def _meaning_of(word: str, words: dict[str, str]) -> str | None:
    return next((meaning for meaning, known in words.items() if word in known.split()), None)


def _event_by_columns(found: set[str]) -> str:
    person = {"person_id", "anonymous_id", "email", "phone", "loyalty_id"} & found
    if "rating" in found:
        return "Review Posted"
    if "order_id" in found and {"amount", "price", "sku"} & found:
        return "Order Completed"
    if person and "amount" in found and "time" in found:
        return "Order Completed"
    if person:
        named = {"email", "phone", "last_name", "person_name", "loyalty_id"} & found
        return IDENTIFY if named and not {"sku", "order_id", "amount"} & found else ""
    if {"sku", "quantity"} <= found:
        return "Stock Counted"
    return "Product Described" if "sku" in found and {"product_name", "price"} & found else ""


def _best_time_format(values: list[Any]) -> str:
    candidates = ("iso", *cells.TIME_PATTERNS, *cells.EPOCHS)
    return max(candidates, key=lambda pattern: cells.share_read(values, _reader(pattern))) if values else "iso"


def _reads_all(values: list[Any], pattern: str) -> bool:
    return cells.share_read(values, _reader(pattern)) == 1.0


def _reader(pattern: str) -> Callable[[Any], str]:
    return lambda value: cells.instant_of(value, pattern, _UTC)


def _email(value: Any) -> None:
    name, at, domain = str(value).partition("@")
    if not (name and at and "." in domain) or " " in str(value).strip():
        raise ValueError(value)


def _time(value: Any) -> None:
    if cells.share_read([value], _reader(_best_time_format([value]))) < 1:
        raise ValueError(value)


def _number(value: Any) -> None:
    if all(cells.share_read([value], lambda one, sign=sign: cells.decimal_of(one, sign)) < 1 for sign in ".,"):
        raise ValueError(value)


def _currency(value: Any) -> None:
    if cells.currency_of(value) is None:
        raise ValueError(value)


_CHECKS: dict[str, Callable[[Any], object]] = {
    "email": _email,
    "time": _time,
    "amount": _number,
    "price": _number,
    "quantity": _number,
    "rating": _number,
    "currency": _currency,
}
