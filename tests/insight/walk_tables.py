"""Events with places and values as a table."""

from collections.abc import Sequence

import pyarrow as pa

from insight.walk_logs import Row
from noline.stores.walks.events import Columns

TOUCHPOINTS = """
SELECT subject AS person, occurred_at AS time, channel, action, store_id AS place FROM touchpoints
WHERE NOT exposure AND subject IS NOT NULL ORDER BY seq
"""
"""The history of a hub as a table of events."""

COLUMNS = Columns(parts=("place",), value="value")


def table_of(rows: Sequence[tuple[Row, str | None, int | None]]) -> pa.Table:
    """Events, each with a place and a value, as a table whose times are timestamps."""
    events, places, values = zip(*rows, strict=True)
    persons, times, channels, actions = zip(*events, strict=True)
    columns = {"person": persons, "channel": channels, "action": actions, "place": places}
    told = {name: pa.array(column, pa.string()) for name, column in columns.items()}
    moments = pa.array(times, pa.int64()).cast(pa.timestamp("us"))
    return pa.table({**told, "time": moments, "value": pa.array(values, pa.int64())})
