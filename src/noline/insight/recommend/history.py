"""The baskets of a hub's history."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from noline.kernel.clock import Micros

if TYPE_CHECKING:
    import pyarrow as pa

_SQL = Path(__file__).parent / "sql" / "baskets.sql"

Bought = tuple[int, Micros, str | None, tuple[tuple[str, float], ...]]
"""A person, when, where (None where in no store), and SKUs with their units."""


class _Asks(Protocol):
    def ask(self, sql: str, params: dict[str, Any] | None = None) -> "pa.Table":
        """The answer of one SELECT."""
        ...


def baskets_of(analytics: _Asks) -> list[Bought]:
    """Every basket of somebody known, by person, then time; as far as history was read."""
    rows = analytics.ask(_SQL.read_text("utf-8")).to_pylist()
    return [
        (row["person"], row["placed_at"], row["store_id"], tuple(zip(row["skus"], row["units"], strict=True)))
        for row in rows
    ]
