"""Requests for holds, as a channel sends them: of items drawn by chance, or of one item after the other, for a race."""

from collections.abc import Iterator
from random import Random

import msgspec

LOCATION = "paris"


def item(number: int) -> str:
    """The name of an item to be held."""
    return f"item-{number:07d}"


def asked(kind: str, count: int, key: str, *, items: int, seed: int, turn: int) -> Iterator[bytes]:
    """So many requests for one unit. kind: `hold` draws from so many items; `race` asks `turn` times for each."""
    chance = Random(seed)  # noqa: S311  the same traffic for the same seed
    for number in range(count):
        sku = item(chance.randrange(items) if kind == "hold" else number // turn)
        body = msgspec.json.encode({"lines": [{"sku": sku, "units": 1, "location": LOCATION}]})
        head = (
            f"POST /v1/holds HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {key}\r\n"
            f"content-type: application/json\r\naccept: */*\r\nuser-agent: noline-bench\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        )
        yield head.encode() + body
