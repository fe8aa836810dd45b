from typing import Any, TypeAlias

from noline.stores.walks.arrays import Codes, Longs

# times i64, channels codes or None, actions codes or None, offsets i64, first person, person after the last
_Range: TypeAlias = tuple[Any, ...]

EDITION: int

# What each takes and fills is said above it, in c/*.c; all raise OverflowError for what they cannot hold.
def number(values: Longs, numbers: Codes, different: Longs, /) -> int: ...
def scatter(persons: Codes, offsets: Longs, order: Codes, /) -> None: ...
def settle(times: Longs, offsets: Longs, order: Codes, moments: Longs, first: int, last: int, /) -> None: ...
def gather(source: Any, order: Codes, into: Any, item: int, low: int, high: int, /) -> None: ...
def funnel_counts(
    where: _Range,
    steps: Codes,
    count: int,
    window: int,
    only: Codes | None,
    wanted: int,
    counts: Longs,
    levels: Codes | None,
    /,
) -> None: ...
def funnel_reached(
    where: _Range,
    meanings: Codes,
    actions: int,
    only: Codes | None,
    plan: Longs,
    counts: Longs,
    rows: Longs | None,
    values: Codes | None,
    of_last: bool,
    parts: Longs | None,
    /,
) -> None: ...
def visit_counts(where: _Range, pauses: Longs, counts: Longs, /) -> None: ...
def visits(
    where: _Range, pauses: Longs, first: Longs, last: Longs, channels: Longs, persons: Longs, opens: Any, /
) -> None: ...
def handoffs(
    where: _Range, pauses: Longs, visits: Longs, borders: Longs, persons: Longs, gaps: Longs, journeys: Longs, /
) -> None: ...
def drop_offs(
    where: _Range,
    pauses: Longs,
    meanings: Codes,
    actions: int,
    bits: int,
    horizon: int,
    observed: int,
    facts: Longs,
    /,
) -> object: ...
def together(tallies: list[object], /) -> tuple[bytes, bytes]: ...
