"""What must be true of the stock whatever happened; `noline verify` asks it."""

from collections import Counter
from collections.abc import Iterator

from noline.stores.transactional import Reader
from noline.truth.stock.service import Stock

_MOST_ITEMS = 10


def trouble(stock: Stock, reader: Reader) -> Iterator[str]:
    """Sentences about what is not as it must be: what is held is what the holds that are not over say."""
    said: Counter[tuple[str, str]] = Counter()
    for line in (line for hold in stock.active_holds(reader) for line in hold.lines):
        said[line.sku, line.location] += line.units
    kept = stock.claimed(reader, "held")
    for sku, location in sorted(said.keys() | kept.keys()):
        if said[sku, location] != kept[sku, location]:
            yield (f"{kept[sku, location]} of {sku} are held at {location}, its holds say {said[sku, location]}")


def cells_astray(stock: Stock, reader: Reader) -> Iterator[str]:
    """Which cells are not what moves and counts make them, of ten items at most."""
    for one in stock.astray(reader, _MOST_ITEMS):
        pile = "".join(f", {name} {value}" for name, value in (("lot", one.lot), ("owner", one.owner)) if value)
        yield f"{one.place.bucket} of {one.sku} at {one.place.location}{pile} is {one.kept} and must be {one.follows}"
