"""Any table as messages: orders of a till, clicks of a shop, lists of people, stock and prices.

Nothing is lost. A row that cannot be read becomes a message that the intake parks, with its raw cells and what is wrong
in it. Whoever imports the same rows twice, in whatever order, sends the same messages twice, and they count once.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from hashlib import blake2b
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from noline.channels import cells
from noline.channels.bulk import Bulk, without_gaps
from noline.channels.files import Row, columns_of, flattened, kind_of, rows_of
from noline.channels.guessing import guess
from noline.channels.mapping import IDENTIFY, Mapping
from noline.kernel.errors import FileNotUnderstood
from noline.kernel.events import Json
from noline.kernel.words import word_for

__all__ = ["guess", "read"]

UNREADABLE = "unreadable"
"""The type of a message made of a row that cannot be read: no call of the specification, so it is parked."""

_PERSON = ("email", "phone", "loyalty_id")
_TRAITS = ("email", "phone", "loyalty_id", "first_name", "last_name", "country", "store_id")
_TOLD_BY_ALL = frozenset(
    ("person_id", "anonymous_id", *_PERSON, "time", "time_of_day", "channel", "event", "store_id", "country")
)
_TOLD_IN_DEED = frozenset(
    ("order_id", "sku", "product_name", "quantity", "price", "amount", "currency", "rating", "coupon_id", "campaign_id")
)
_TOLD_IN_ORDER = _TOLD_IN_DEED - {"rating"}
_TOLD_IN_TRAITS = frozenset(("first_name", "last_name", "person_name"))
_ABOUT_ORDERS = frozenset(("Order Completed", "Order Placed", "Return Accepted", "Return Requested", "Order Cancelled"))
_BATCH_ROWS = 4096


def read(path: Path, mapping: Mapping) -> Bulk:
    """The rows of a file as messages, read by this mapping; the file is gone through twice.

    Raises FileNotUnderstood when the file cannot be read, lacks a column of the mapping, or nothing says what its rows
    tell.
    """
    _check(path, mapping)
    survey = _survey(path, mapping)
    sources = {survey.source_of(channel): channel for channel in survey.channels}
    return Bulk(sources, survey.messages, _messages(path, mapping, survey))


def _check(path: Path, mapping: Mapping) -> None:
    kind_of(path)
    if mapping.format == "segment":
        return
    if kind_of(path) != "ndjson":
        there = columns_of(path, mapping.sheet)
        for column in mapping.columns.values():
            if column not in there:
                raise FileNotUnderstood(path=path, why=f"it has no column {column!r}")
    if not mapping.event and "event" not in mapping.columns:
        raise FileNotUnderstood(path=path, why="nothing says what its rows tell; set `event` in the mapping")


@dataclass(frozen=True, slots=True)
class _Survey:
    """What the first look at a file found: how many messages, which channels, which rows come more than once."""

    stem: str
    messages: int
    channels: tuple[str, ...]
    repeated: frozenset[int]

    def source_of(self, channel: str) -> str:
        """The name of the source of a channel: that of the file, with the channel when there are several."""
        return self.stem if len(self.channels) < 2 else f"{self.stem}-{channel}"


def _survey(path: Path, mapping: Mapping) -> _Survey:
    import numpy as np

    hashes, orders = array("q"), array("q")
    channels: dict[str, None] = {}
    for row in _rows(path, mapping):
        channels[_channel(row, mapping)] = None
        order = _order_of(row, mapping)
        if order is None:
            hashes.append(_hash64(row))
        else:
            orders.append(_hash64(order))
    told, times = np.unique(np.frombuffer(hashes, dtype=np.int64), return_counts=True)
    orders_told = len(np.unique(np.frombuffer(orders, dtype=np.int64)))
    stem = cells.plain_name(path.name.partition(".")[0]).replace("_", "-") or "file"
    return _Survey(stem, len(hashes) + orders_told, tuple(channels), frozenset(told[times > 1].tolist()))


def _rows(path: Path, mapping: Mapping) -> Iterator[Row]:
    if mapping.format == "segment":
        yield from rows_of(path, mapping.sheet)
        return
    for row in rows_of(path, mapping.sheet):
        yield row if row.problem else Row(flattened(row.cells))


def _channel(row: Row, mapping: Mapping) -> str:
    if mapping.format == "segment":
        context = row.cells.get("context")
        told = context.get("channel") if isinstance(context, dict) else None
        return told if isinstance(told, str) and told else mapping.channel
    told = _text(row, mapping, "channel")
    return mapping.channels.get(told, told) if told else mapping.channel


def _event(row: Row, mapping: Mapping) -> str:
    """What a row tells; empty when it does not say."""
    told = _text(row, mapping, "event")
    return mapping.events.get(told, told) if told else mapping.event


def _order_of(row: Row, mapping: Mapping) -> str | None:
    """The order whose line this row is, when lines are gathered."""
    if mapping.one_message_per == "row" or mapping.format == "segment" or row.problem is not None:
        return None
    return _text(row, mapping, "order_id") if _event(row, mapping) == "Order Completed" else None


def _digest(value: object) -> bytes:
    return blake2b(msgspec.json.encode(value, order="sorted"), digest_size=16).digest()


def _hash64(value: object) -> int:
    return int.from_bytes(_digest(value)[:8], "big", signed=True)


def _messages(path: Path, mapping: Mapping, survey: _Survey) -> Iterator[tuple[str, Json]]:
    writer = _Writer(mapping, survey)
    rows = _rows(path, mapping)
    if mapping.format == "segment":
        for row in rows:
            yield survey.source_of(_channel(row, mapping)), writer.passed_through(row)
        return
    for lines in _gathered(rows, mapping) if mapping.one_message_per == "order" else ([row] for row in rows):
        yield survey.source_of(_channel(lines[0], mapping)), writer.message(lines)


def _gathered(rows: Iterable[Row], mapping: Mapping) -> Iterator[list[Row]]:
    """The lines of each order together, orders by their first line; sorted outside of memory when there are many."""
    import duckdb

    with TemporaryDirectory() as folder, duckdb.connect() as sorter:
        sorter.execute("SET temp_directory = ?", [folder])
        sorter.execute("CREATE TABLE lines (place BIGINT, owner VARCHAR, line BLOB)")
        _fill(sorter, rows, mapping)
        answer = sorter.execute(_BY_ORDER)
        for _, lines in groupby(_fetched(answer), key=lambda found: found[0]):
            yield [Row(*msgspec.msgpack.decode(line)) for _, line in lines]


_BY_ORDER = """
WITH firsts AS (SELECT owner, min(place) AS first_place FROM lines GROUP BY owner)
SELECT first_place, line FROM lines JOIN firsts USING (owner) ORDER BY first_place, place
"""


def _fill(sorter: Any, rows: Iterable[Row], mapping: Mapping) -> None:
    import pyarrow as pa

    pending: list[tuple[int, str, bytes]] = []

    def store() -> None:
        places, owners, lines = zip(*pending, strict=True)
        batch = pa.table({"place": pa.array(places, pa.int64()), "owner": pa.array(owners), "line": pa.array(lines)})
        sorter.register("batch", batch)
        sorter.execute("INSERT INTO lines SELECT place, owner, line FROM batch")
        sorter.unregister("batch")
        pending.clear()

    for place, row in enumerate(rows):
        order = _order_of(row, mapping)
        owner = f"row {place}" if order is None else f"order {order}"
        pending.append((place, owner, msgspec.msgpack.encode(row)))
        if len(pending) == 16 * _BATCH_ROWS:
            store()
    if pending:
        store()


def _fetched(answer: Any) -> Iterator[tuple[int, bytes]]:
    while found := answer.fetchmany(_BATCH_ROWS):
        yield from found


def _text(row: Row, mapping: Mapping, meaning: str) -> str | None:
    column = mapping.columns.get(meaning)
    return None if column is None else cells.text_of(row.cells.get(column))


class _Writer:
    """Turns rows into messages by one mapping, and counts equal rows apart."""

    def __init__(self, mapping: Mapping, survey: _Survey) -> None:
        self.mapping = mapping
        self.repeated = survey.repeated
        self.zone = ZoneInfo(mapping.time_zone)
        self.seen: Counter[int] = Counter()
        self.told_in_order = _columns(mapping, _TOLD_BY_ALL | _TOLD_IN_ORDER)
        self.told_in_deed = _columns(mapping, _TOLD_BY_ALL | _TOLD_IN_DEED)
        self.told_in_traits = _columns(mapping, _TOLD_BY_ALL | _TOLD_IN_TRAITS)

    def passed_through(self, row: Row) -> Json:
        """A line that is a message already, with an id made of its content when it has none."""
        if row.problem:
            return self._unreadable([row], row.problem)
        return row.cells if row.cells.get("messageId") is not None else {**row.cells, "messageId": self._row_id(row)}

    def message(self, lines: list[Row]) -> Json:
        """One message of one row, or of all lines of an order."""
        for row in lines:
            if row.problem:
                return self._unreadable(lines, row.problem)
        try:
            return self._readable(lines)
        except (ValueError, OverflowError, OSError) as cause:
            return self._unreadable(lines, str(cause))

    def _readable(self, lines: list[Row]) -> Json:
        first = lines[0]
        event = _event(first, self.mapping)
        if not event:
            raise ValueError("the row does not say what happened")
        message = self._addressed(first, event, self._id(lines, event))
        if self._has_time(first, event):
            message["timestamp"] = self._time(first)
        if event == IDENTIFY:
            message["traits"] = self._traits(first)
        elif event in _ABOUT_ORDERS:
            message["properties"] = self._order(lines, message["messageId"])
        else:
            message["properties"] = self._deed(first, event)
        return message

    def _unreadable(self, lines: list[Row], problem: str) -> Json:
        """What is known of rows that cannot be read: enough to repair them by hand."""
        raw = [row.cells for row in lines]
        event = _event(lines[0], self.mapping)
        return without_gaps(
            {
                "type": UNREADABLE,
                "event": None if event in (IDENTIFY, "") else event,
                "messageId": self._row_id(lines[0]) if len(lines) == 1 else f"rows-{_digest(raw).hex()}",
                "context": {"channel": _channel(lines[0], self.mapping)},
                "properties": {"problem": problem, "cells": raw[0] if len(raw) == 1 else raw},
            }
        )

    def _addressed(self, row: Row, event: str, message_id: str) -> Json:
        """The message without its content: who, where, and under which id."""
        called = {"type": IDENTIFY} if event == IDENTIFY else {"type": "track", "event": event}
        known = {meaning: self._text(row, meaning) for meaning in _PERSON}
        names = [{"type": meaning, "id": value} for meaning, value in known.items() if value is not None]
        context = {
            "channel": _channel(row, self.mapping),
            "store_id": self._text(row, "store_id"),
            "country": self._text(row, "country") or self.mapping.country or None,
            "externalIds": names or None,
        }
        return without_gaps(
            {
                **called,
                "messageId": message_id,
                "userId": self._text(row, "person_id"),
                "anonymousId": self._text(row, "anonymous_id"),
                "context": without_gaps(context),
            }
        )

    def _id(self, lines: list[Row], event: str) -> str:
        """Of the row's own id or its order where it has one, else of what it says."""
        order = _order_of(lines[0], self.mapping)
        if order is not None:
            return f"order-{_digest([event, order]).hex()}"
        own = self._text(lines[0], "message_id")
        return self._row_id(lines[0]) if own is None else f"own-{_digest([event, own]).hex()}"

    def _row_id(self, row: Row) -> str:
        """The second of two equal rows is another event, the same row in a second import is not."""
        number = _hash64(row)
        if number not in self.repeated:
            return f"row-{_digest(row).hex()}"
        self.seen[number] += 1
        again = f"-{self.seen[number]}" if self.seen[number] > 1 else ""
        return f"row-{_digest(row).hex()}{again}"

    def _has_time(self, row: Row, event: str) -> bool:
        """A list of people, goods or stock says what is so now; a deed of the past needs its time."""
        if "time" not in self.mapping.columns:
            return False
        is_state = event == IDENTIFY or word_for(event).about != "person"
        return not (is_state and self._text(row, "time") is None)

    def _time(self, row: Row) -> str:
        told = row.cells.get(self.mapping.columns["time"])
        if cells.is_empty(told):
            raise ValueError("the row does not say when it happened")
        hour = self._text(row, "time_of_day")
        return cells.instant_of(told if hour is None else f"{told} {hour}", self.mapping.time_format, self.zone)

    def _traits(self, row: Row) -> Json:
        traits = {meaning: self._text(row, meaning) for meaning in _TRAITS}
        both = " ".join(filter(None, (traits["first_name"], traits["last_name"])))
        traits["name"] = self._text(row, "person_name") or both or None
        return without_gaps(traits) | self._rest([row], self.told_in_traits)

    def _deed(self, row: Row, event: str) -> Json:
        of_nobody = word_for(event).about != "person"
        properties: Json = self._goods(row) | {
            "order_id": self._text(row, "order_id"),
            "value": self._amount(row, "amount"),
            "rating": self._amount(row, "rating"),
            "coupon_id": self._text(row, "coupon_id"),
            "campaign_id": self._text(row, "campaign_id"),
            "location": self._text(row, "store_id") if of_nobody else None,
            "country": self._text(row, "country") if of_nobody else None,
        }
        properties["currency"] = self._currency(row, properties)
        rest = self._rest([row], self.told_in_deed)
        if event == "Product Described" and rest:
            rest = {"attributes": rest}
        return without_gaps(properties) | rest

    def _order(self, lines: list[Row], message_id: str) -> Json:
        first = lines[0]
        products = [without_gaps(self._line(row)) for row in lines]
        properties: Json = {
            "order_id": self._text(first, "order_id") or message_id,
            "total": self._total(lines, products),
            "coupon_id": self._text(first, "coupon_id"),
            "campaign_id": self._text(first, "campaign_id"),
        }
        properties["currency"] = self._currency(first, properties)
        if any("sku" in product or "name" in product for product in products):
            # Lines without articles tell a person something, but no room of the shop can count them.
            properties["products" if "sku" in self.mapping.columns else "lines"] = products
        rest = self._rest(lines, self.told_in_order)
        if len(lines) > 1:
            self._rest_of_lines(lines, products, rest)
        return without_gaps(properties) | rest

    def _line(self, row: Row) -> Json:
        goods = self._goods(row)
        return goods | {"total": self._amount(row, "amount")} if self.mapping.amount_of == "line" else goods

    def _total(self, lines: list[Row], products: list[Json]) -> str | None:
        """The order's amount: as told, or the sum of its lines; a line without amount is price times quantity."""
        if self.mapping.amount_of == "order":
            return next(filter(None, (self._amount(row, "amount") for row in lines)), None)
        values = [_value_of(product) for product in products]
        return None if None in values else format(sum(filter(None, values), Decimal()), "f")

    def _goods(self, row: Row) -> Json:
        quantity = self._cell(row, "quantity")
        return {
            "sku": self._text(row, "sku"),
            "name": self._text(row, "product_name"),
            "quantity": None if quantity is None else cells.units_of(quantity, self.mapping.decimal),
            "price": self._amount(row, "price"),
        }

    def _rest(self, lines: list[Row], told: frozenset[str]) -> Json:
        """The columns that are not told otherwise, where all lines agree."""
        rest = {}
        for column, value in lines[0].cells.items():
            if column in told or cells.is_empty(value):
                continue
            if all(row.cells.get(column) == value for row in lines):
                name = self._own_name(column)
                rest[column if name in rest else name] = value
        return rest

    def _rest_of_lines(self, lines: list[Row], products: list[Json], agreed: Json) -> None:
        for row, product in zip(lines, products, strict=True):
            rest = self._rest([row], self.told_in_order)
            product |= {name: value for name, value in rest.items() if name not in agreed}

    def _own_name(self, column: str) -> str:
        name = cells.plain_name(column) or column
        return f"{name}_column" if name in _RESERVED else name

    def _cell(self, row: Row, meaning: str) -> Any:
        column = self.mapping.columns.get(meaning)
        value = None if column is None else row.cells.get(column)
        return None if cells.is_empty(value) else value

    def _text(self, row: Row, meaning: str) -> str | None:
        return _text(row, self.mapping, meaning)

    def _amount(self, row: Row, meaning: str) -> str | None:
        value = self._cell(row, meaning)
        return None if value is None else cells.amount_of(value, self.mapping.decimal)

    def _currency(self, row: Row, properties: Json) -> str | None:
        if all(properties.get(name) is None for name in ("total", "value", "price")):
            return None
        told = self._cell(row, "currency")
        if told is None:
            return self.mapping.currency or None
        code = cells.currency_of(told)
        if code is None:
            raise ValueError(f"{told!r} is not a currency")
        return code


_RESERVED = frozenset(
    "order_id total value rating coupon_id campaign_id location currency products lines attributes sku name quantity "
    "price email phone loyalty_id country store_id".split()
)


def _columns(mapping: Mapping, meanings: frozenset[str]) -> frozenset[str]:
    return frozenset(column for meaning, column in mapping.columns.items() if meaning in meanings)


def _value_of(product: Json) -> Decimal | None:
    if "total" in product:
        return Decimal(product["total"])
    return Decimal(product["price"]) * product.get("quantity", 1) if "price" in product else None
