from noline.insight.paths.model import Floats
from noline.stores.walks.arrays import Codes, Longs

EDITION: int

# What each takes and fills is said above it, in c/*.c; all raise ValueError for buffers that do not fit each other.
def sets(
    offsets: Longs,
    codes: Codes,
    amounts: Longs,
    columns: int,
    names: int,
    ranks: int,
    by_place: int,
    first: int,
    last: int,
    table: Longs,
    /,
) -> None: ...
def moves(
    offsets: Longs,
    codes: Codes,
    happened: Longs,
    base: int,
    states: int,
    first: int,
    last: int,
    table: Longs,
    ends: Longs,
    /,
) -> None: ...
def tally(
    offsets: Longs,
    codes: Codes,
    happened: Longs,
    base: int,
    states: int,
    first: int,
    last: int,
    ends: Longs,
    /,
) -> tuple[bytes, bytes]: ...
def step(source: Longs, target: Longs, chances: Floats, before: Floats, after: Floats, /) -> None: ...
