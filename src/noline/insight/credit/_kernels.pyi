from typing import Any

from noline.stores.walks.arrays import Longs

EDITION: int

# What each takes and fills is said above it, in c/credit.c; all raise ValueError for what cannot be.
def turns(offsets: Any, letters: Any, turns: Longs, /) -> None: ...
def split(amounts: Longs, offsets: Longs, weights: Longs | None, turns: Longs, shares: Longs, /) -> None: ...
def earned(
    amounts: Longs, offsets: Longs, weights: Longs | None, turns: Longs, keys: Longs, sums: Longs, /
) -> None: ...
def sums(keys: Longs, values: Longs, sums: Longs, /) -> None: ...
def seats(
    order: Longs,
    unit: Longs,
    minutes: Longs,
    cost: Longs,
    captor: Longs,
    owner: Longs,
    baseline: Longs,
    units: int,
    offsets: Longs,
    seated: Longs,
    acts: Longs,
    seat_minutes: Longs,
    spent: Longs,
    captor_row: Longs,
    owner_row: Longs,
    /,
) -> None: ...
