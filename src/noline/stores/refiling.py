"""Rows that rest on a record which is filed under another name from now on: they follow it.

A room keeps beside each of its rows which record told it (`fact_route`, `message_id`), or whom it is about (`subject`).
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from noline.kernel.events import Digest, Fact, route_of
from noline.stores.transactional import Transaction

_THINGS = {"order": ("order_id",), "review": ("review_id", "feedback_id")}
"""What rows about goods are kept under, by the properties that name it; items beside them."""


class Move(NamedTuple):
    """A record that is filed under `new` from now on, and what it said."""

    new: bytes
    fact: Fact


def refile(tx: Transaction, table: str, columns: Sequence[str], moves: Sequence[Move], digest: Digest) -> int:
    """Let the rows of a table follow these records; answers how many rows changed.

    Each row is found by its key: what it is about is asked of the fact, so that nothing is searched through.
    """
    follows = [name for name in ("fact_route", "subject", "deed") if name in columns]
    if not follows:
        return 0
    told = "fact_route" in columns
    changes = ", ".join(f"{name} = ?" for name in follows)
    where = [
        "route_key = ?",
        *(["deed = ?"] if "deed" in columns else []),
        *(["fact_route = ?", "message_id = ?"] if told else ["subject = ?"]),
    ]
    rows = [
        (
            *(value for name, value in _new_values(move, new_deed).items() if name in follows),
            route,
            *([deed] if "deed" in columns else []),
            *([move.fact.route_key, move.fact.message_id] if told else [move.fact.subject]),
        )
        for move in moves
        for route in _routes(move.fact, digest)
        for deed, new_deed in (_deeds(move, digest) if "deed" in columns else [(b"", b"")])
    ]
    return tx.run_many(f"UPDATE {table} SET {changes} WHERE {' AND '.join(where)}", rows)


def _new_values(move: Move, deed: bytes) -> dict[str, int | bytes]:
    return {"fact_route": route_of(move.new), "subject": move.new, "deed": deed}


def _routes(fact: Fact, digest: Digest) -> set[int]:
    """The routing keys under which rows about what this fact tells can stand."""
    named = {f"{topic}:{value}" for topic, names in _THINGS.items() if (value := fact.text(*names)) is not None}
    named |= {f"review:{fact.message_id}", *(f"sku:{sku}" for sku in _skus(fact))}
    return {route_of(digest(one)) for one in named}


def _skus(fact: Fact) -> Iterator[str]:
    products = fact.properties.get("products")
    for line in (fact.properties, *(products if isinstance(products, list) else ())):
        sku = (line.get("sku") or line.get("product_id")) if isinstance(line, dict) else None
        if isinstance(sku, (str, int)):
            yield str(sku)


def _deeds(move: Move, digest: Digest) -> Iterator[tuple[bytes, bytes]]:
    """The names that a move of goods can have in the ledger of stock, before and from now on."""
    fact = move.fact
    for kind, name in (("sold", "order_id"), ("returned", "return_id")):
        if (value := fact.text(name)) is not None:
            deed = digest(f"deed:{kind}:{value}")
            yield deed, deed
    before, after = (f"deed:message:{route}:{fact.message_id}" for route in (fact.route_key, route_of(move.new)))
    yield digest(before), digest(after)
