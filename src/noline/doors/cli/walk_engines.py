"""`--engine`: the same questions, counted by Spark or by ClickHouse."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from noline.doors.cli.talk import say

if TYPE_CHECKING:
    from noline.insight.walks.elsewhere import Elsewhere
    from noline.stores.walks.events import Columns

_MASTER = r"local(-cluster)?(\[.+\])?|yarn|(spark|k8s)://.+"


class Engine(click.ParamType[str]):
    """`clickhouse`, or the master of a Spark cluster."""

    name = "engine"

    # pyrefly: ignore[missing-override-decorator]  typing has it from Python 3.12 on
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The engine as it was named."""
        if value != "clickhouse" and not re.fullmatch(_MASTER, value):
            self.fail(
                f"{value!r} is neither clickhouse nor a Spark master, as local[2] or spark://host:7077", param, ctx
            )
        return str(value)


class Events(click.Path):
    """A file or folder that is there, or an address such as s3a://bucket/events that only Spark reads."""

    # pyrefly: ignore[missing-override-decorator]
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path, or the address as it stands."""
        if is_address(value):
            return str(value)
        if re.search(r"[*?]", str(value)) and not Path(value).exists():
            self.fail(f"{str(value)!r} is a pattern. Name one file, or the folder that the files lie in.", param, ctx)
        return super().convert(value, param, ctx)


ENGINE = click.option(
    "--engine", type=Engine(), help="Count elsewhere: clickhouse, or a Spark master as local[2] or spark://host:7077."
)


def is_address(events: object) -> bool:
    """Whether events lie behind an address that is no file of this machine."""
    return isinstance(events, str) and "://" in events


def counted_elsewhere(engine: str, events: Path | str, columns: "Columns") -> "tuple[Elsewhere, dict[str, Any]]":
    """The engine with the events in it, until the command ends, and what was read."""
    from noline.insight.walks.elsewhere import Elsewhere
    from noline.stores.walks.store import is_store

    if isinstance(events, Path) and is_store(events):
        raise click.UsageError("--engine reads files; this folder holds events made ready.")
    counting = _on_clickhouse(events, columns) if engine == "clickhouse" else _on_spark(engine, events, columns)
    asked = Elsewhere(counting)
    read = {**counting.read._asdict(), "engine": counting.name}
    say(f"{counting.name} holds {read['rows']:,} events, {read['left_out']:,} of them left out; times: {read['time']}")
    return asked, read


def _on_clickhouse(events: Path | str, columns: "Columns") -> Any:
    from noline.insight.walks.engines import OnSql, clickhouse
    from noline.stores.walks.events import read

    if not isinstance(events, Path):
        raise click.UsageError("ClickHouse counts in this process; an address is read by Spark.")
    opened = OnSql.of(clickhouse, read(events, columns))
    click.get_current_context().call_on_close(opened.close)
    return opened


def _on_spark(master: str, events: Path | str, columns: "Columns") -> Any:
    from noline.insight.walks.spark import OnSpark
    from noline.insight.walks.spark_session import session_of

    session = click.get_current_context().with_resource(session_of(master))
    return OnSpark.of_parquet(session, f"file://{events.resolve()}" if isinstance(events, Path) else events, columns)
