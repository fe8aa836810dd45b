"""Where people go from one channel to another, over the hub's own history or over any table of events."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from noline.doors.cli.questions import journeys
from noline.doors.cli.sheets import SHEET, as_table
from noline.doors.cli.talk import COUNT, POSITION, hub_option, opened, say, show
from noline.doors.cli.walk_engines import ENGINE, Events, counted_elsewhere, is_address

if TYPE_CHECKING:
    from noline.insight.walks.elsewhere import Elsewhere
    from noline.insight.walks.model import Behind, DropOffCounts, Funnel, Pauses, Step, Wants
    from noline.insight.walks.service import Walks
    from noline.kernel.shares import Share
    from noline.stores.walks.events import Columns

_TOP = 20
_LEVEL = ("step", "persons", "share_of_first", "share_of_first_low", "share_of_first_high", "share_of_before",
          "share_of_before_low", "share_of_before_high", "too_few")  # fmt: skip
_INCIDENCE = ("end", "at", "share", "low", "high", "standard_error", "ended", "at_risk", "persons", "too_few")


class EventsTable(NamedTuple):
    """A table of events as it was named: a file or folder, what its columns mean, where to keep it, which sheet."""

    path: Path
    mapping: str | None
    keep: Path | None
    sheet: str


def events_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--events FILE --sheet NAME --map ... --keep DIR`: a table of events instead of the hub's history.

    The command is given it as `table`; None where the hub's history is asked.
    """

    @wraps(command)
    def with_table(
        *words: Any, events: Path | None, mapping: str | None, keep: Path | None, sheet: str, **others: Any
    ) -> Any:
        table = None if events is None else EventsTable(events, mapping, keep, sheet)
        return command(*words, table=table, **others)

    return _with_options(with_table)


def _with_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--keep", type=click.Path(path_type=Path, file_okay=False),
                     help="Keep the events, made ready, in this folder; --events DIR then opens it at once."),
        click.option("--map", "mapping", metavar="MEANING=COLUMN,...",
                     help="Which column is the person, time, channel, action and value; same names if not told."),
        SHEET,
        click.option("--events", type=Events(path_type=Path, exists=True), metavar="FILE",
                     help="Parquet, CSV, NDJSON or a spreadsheet, or a folder of files, instead of the hub's history."),
    ):  # fmt: skip
        command = option(command)
    return command


@journeys.command("handoffs")
@events_options
@ENGINE
@click.option("--gap", "gaps", multiple=True, metavar="CHANNEL=SPAN", help="The longest pause of a visit there.")
@click.option("--journey-gap", default="30d", show_default=True, help="The longest pause between visits.")
@click.option("--intents", metavar="STEPS", help="What shows that something is wanted, such as cart,checkout.")
@click.option("--goals", metavar="STEPS", help="What shows that it was reached, such as purchase.")
@click.option("--horizon", default="14d", show_default=True, help="The time to reach it in.")
@click.option("--value", "valued", is_flag=True,
              help="Also what was at stake where people were lost, in minor units: an upper bound.")  # fmt: skip
@hub_option
@click.pass_context
def handoffs(
    context: click.Context, *, folder: Path, as_json: bool, table: EventsTable | None, gaps: tuple[str, ...],
    journey_gap: str, intents: str | None, goals: str | None, horizon: str, valued: bool, engine: str | None,
) -> None:  # fmt: skip
    """Each pair of channels: how many were handed over; in the hub's history also who arrived and who was lost.

    With --events also how long it took, and with --intents and --goals who only seemed to be lost.
    """
    if table is None:
        only_with_events(context, "gaps", "journey_gap", "intents", "goals", "horizon", "valued", "engine")
        _handoffs_of_hub(folder, as_json=as_json)
        return
    if (intents is None) != (goals is None):
        raise click.UsageError("--intents and --goals go together.", context)
    if valued and (intents is None or engine is not None):
        raise click.UsageError("--value needs --intents and --goals, and no other engine counts it.", context)
    from noline.doors.answers.journeys import told_border
    from noline.insight.walks.model import Wants, span

    walks, read = _counting(table, (), engine)
    pauses = _pauses(gaps, journey_gap)
    rows, counts = walks.handoffs(pauses)
    wants = Wants(_names(intents), _names(goals), span(horizon)) if intents and goals else None
    dropped = None if wants is None else _counted_drop_offs(walks, wants, pauses, valued=valued)
    told = [told_border(row) for row in rows]
    if as_json:
        totals = {"persons": counts.persons, "journeys": counts.journeys, "visits": counts.visits}
        show({"handoffs": told, **totals, "drop_offs": _drop_offs(dropped, valued=valued), "read": read}, as_json=True)
        return
    show([_in_hours(row) for row in told], as_json=False)
    if dropped is not None:
        _tell_drop_offs(dropped, valued=valued)


def _counted_drop_offs(
    walks: "Walks | Elsewhere", wants: "Wants", pauses: "Pauses", *, valued: bool
) -> "DropOffCounts":
    from noline.insight.walks.service import Walks

    if valued and isinstance(walks, Walks):
        return walks.drop_offs(wants, pauses, valued=True)
    return walks.drop_offs(wants, pauses)


def only_with_events(context: click.Context, *options: str) -> None:
    """Refuse options that only a table of events answers, rather than leave them out without a word."""
    from click.core import ParameterSource

    for name in ("mapping", "keep", "sheet", *options):
        if context.get_parameter_source(name) not in (None, ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP):
            option = {"mapping": "map", "gaps": "gap", "valued": "value"}.get(name, name.replace("_", "-"))
            raise click.UsageError(f"--{option} needs --events.", context)


def _handoffs_of_hub(folder: Path, *, as_json: bool) -> None:
    from noline.doors import answers

    with opened(folder) as hub:
        found = answers.handoffs(hub)
    columns = ("from", "to", "persons", "arrived", "lost", "undecided", "share_lost", "value_minor", "currency")
    show(found, as_json=as_json, columns=columns)


@journeys.command("funnel")
@events_options
@ENGINE
@click.option("--steps", required=True, metavar="STEPS",
              help="Actions, or CHANNEL/ACTION, or CHANNEL/*, in their order; STEP? is optional.")  # fmt: skip
@click.option("--window", default="7d", show_default=True, help="From the first step to the last; none: no limit.")
@click.option("--mode", default="ordered", show_default=True, type=click.Choice(["ordered", "strict", "any"]),
              help="Others between them allowed, not allowed, or any order.")  # fmt: skip
@click.option("--tolerance", default="0s", show_default=True, help="Moments this near count either way.")
@click.option("--between", multiple=True, metavar="STEP=MIN..MAX", help="The time from the step before, as 1m..2h.")
@click.option("--without", metavar="STEPS", help="What must not happen.")
@click.option("--ends", default="chain", show_default=True, type=click.Choice(["chain", "person"]),
              help="What that ends: the chain that it lies within, or all that the person did.")  # fmt: skip
@click.option("--by", metavar="COLUMN", help="Also by channel, or by another column of the events.")
@click.option("--credit", default="first", show_default=True, type=click.Choice(["first", "last", "all"]),
              help="Whose value counts: the first step's, the last one's, or a funnel for each.")  # fmt: skip
@click.option("--behind", metavar="STEP", help="Also the persons who reached this step, by its name or number.")
@click.option("--stopped", is_flag=True, help="Of them only those who reached no later one.")
@click.option("--limit", default=50, show_default=True, type=COUNT)
@click.option("--offset", default=0, show_default=True, type=POSITION)
@click.option("--check", type=COUNT, help="Also count so many persons again, one event after the other, and compare.")
@hub_option
@click.pass_context
def funnel(
    context: click.Context, *, folder: Path, as_json: bool, table: EventsTable | None, steps: str, window: str,
    mode: Any, tolerance: str, between: tuple[str, ...], without: str | None, ends: Any, by: str | None, credit: Any,
    behind: str | None, stopped: bool, limit: int, offset: int, check: int | None, engine: str | None,
) -> None:  # fmt: skip
    """How many persons went which steps, one after the other, within a time."""
    from noline.doors.answers.journeys import counted, told_levels
    from noline.insight.walks.model import Funnel, span

    asked = Funnel(
        _steps(steps, between), None if window == "none" else span(window), mode, span(tolerance),
        _names(without), ends, by, credit,
    )  # fmt: skip
    walks, read = _opened_walks(context, folder, table, by, engine)
    answer = walks.funnel(asked)
    rows = told_levels(answer.levels)
    told: dict[str, Any] = {"levels": rows, "still_open": answer.still_open}
    if by is not None:
        told["parts"] = {name: told_levels(part) for name, part in answer.parts.items()}
    if behind is not None:
        found = walks.behind(asked, _place(asked, behind), stopped=stopped, limit=limit, offset=offset)
        told["behind"] = [_behind(one, of_hub=table is None) for one in found]
    if check is not None:
        checked = walks.check(asked, check)
        told["checked"] = checked._asdict()
        say(f"counted {checked.persons:,} persons again: {len(checked.differ)} differ")
    if as_json:
        show({**told, "counted": counted(asked), "read": read}, as_json=True)
        return
    levels = [{"part": name, **row} for name, part in told["parts"].items() for row in part] if by else rows
    show(levels, as_json=False, columns=("part", *_LEVEL) if by else _LEVEL)
    if answer.still_open:
        say(f"{answer.still_open:,} of those who stopped still have time: their window is not over")
    if behind is not None:
        show(told["behind"], as_json=False)


@journeys.command("time-to")
@events_options
@ENGINE
@click.option("--from", "begin", required=True, metavar="STEP", help="Where the waiting begins: the first of these.")
@click.option("--to", "end", required=True, metavar="STEP", help="What is waited for.")
@click.option("--competing", metavar="STEPS", help="What else ends the waiting.")
@click.option("--at", default="1d,3d,7d,14d,30d", show_default=True, metavar="SPANS", help="After how long.")
@hub_option
@click.pass_context
def time_to(
    context: click.Context, *, folder: Path, as_json: bool, table: EventsTable | None, begin: str, end: str,
    competing: str | None, at: str, engine: str | None,
) -> None:  # fmt: skip
    """How many had come from one event to another after some time, with other ends in their way."""
    from noline.doors.answers.journeys import told_incidence
    from noline.insight.walks.model import span

    spans = {span(text): text for text in _names(at)}
    walks, read = _opened_walks(context, folder, table, None, engine)
    found, spells = walks.time_to(begin, end, _names(competing), list(spans))
    rows = [told_incidence(row, spans[row.at]) for row in found]
    if as_json:
        waiting = sum(counts[0] for counts in spells.spells.values())
        persons = sum(sum(counts) for counts in spells.spells.values())
        told = {"from": begin, "to": end, "persons": persons, "still_waiting": waiting, "incidence": rows}
        show({**told, "read": read}, as_json=True)
        return
    show(rows, as_json=False, columns=_INCIDENCE)


# Reading


def _opened_walks(
    context: click.Context, folder: Path, table: EventsTable | None, by: str | None, engine: str | None
) -> "tuple[Walks | Elsewhere, dict[str, Any] | None]":
    if table is not None:
        return _counting(table, () if by in (None, "channel", "action") else (by,), engine)
    only_with_events(context, "engine")
    with opened(folder) as hub:
        hub.refresh()
        return hub.walks, None


def _counting(
    table: EventsTable, parts: tuple[str, ...], engine: str | None
) -> "tuple[Walks | Elsewhere, dict[str, Any] | None]":
    """The events where they are counted: here, or by another engine."""
    if engine is None:
        return from_table(table, parts)
    if table.keep is not None or table.sheet:
        raise click.UsageError("--keep and --sheet make events ready for here, not for another engine.")
    return counted_elsewhere(engine, table.path, _columns(table.mapping, parts, ()))


def from_table(
    table: EventsTable, parts: tuple[str, ...], measures: tuple[str, ...] = (),
    wished: tuple[tuple[str, ...], tuple[str, ...]] = ((), ()),
) -> "tuple[Walks, dict[str, Any] | None]":  # fmt: skip
    """The events of a file, or of a folder that holds them made ready, and what was read of a file.

    parts, measures: further columns, of texts and of whole numbers. wished: the same, where the file has them.
    """
    from noline.insight.walks.service import Walks
    from noline.stores.walks import store as walk_store
    from noline.stores.walks.events import read

    path = table.path
    if is_address(path):
        raise click.UsageError("An address is read by Spark: name its master with --engine.")
    if path.is_dir() and walk_store.is_store(path):
        if table.mapping or table.keep:
            raise click.UsageError("--map and --keep are for files; this folder holds events made ready.")
        return Walks(walk_store.WalkStore.open(path)), None
    columns = _columns(table.mapping, parts, measures)
    with as_table(path, table.sheet) as readable:
        events = read(readable, columns._replace(wished_parts=wished[0], wished_measures=wished[1]))
    facts = {**events.read._asdict(), "persons": 0}
    store = walk_store.WalkStore.of(events)
    facts["persons"] = store.person_count
    left_out = f", {facts['left_out']:,} of them left out without person, time or action" if facts["left_out"] else ""
    amounts = ", values with fractions read as major units" if facts["value"] == "hundredths" else ""
    say(f"read {facts['rows']:,} events of {store.person_count:,} persons{left_out}; times: {facts['time']}{amounts}")
    if table.keep is not None:
        store.save(table.keep)
    return Walks(store), facts


def _columns(mapping: str | None, parts: tuple[str, ...], measures: tuple[str, ...]) -> "Columns":
    from noline.stores.walks.events import Columns

    pairs = [one.partition("=") for one in _names(mapping)]
    if any(not sign or not column for _, sign, column in pairs):
        raise click.BadParameter("write MEANING=COLUMN, as in person=customer_id,time=at", param_hint="--map")
    return Columns.of({meaning.strip(): column.strip() for meaning, _, column in pairs}, parts, measures)


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())


def _steps(text: str, between: tuple[str, ...]) -> "tuple[Step, ...]":
    from noline.insight.walks.model import Funnel

    limits = dict(_limits(one) for one in between)
    steps = Funnel.of(text).steps
    unknown = set(limits) - {step.what for step in steps}
    if unknown:
        raise click.BadParameter(f"{min(unknown)!r} is no step of this funnel", param_hint="--between")
    from dataclasses import replace

    return tuple(replace(step, least=limits[step.what][0], most=limits[step.what][1]) if step.what in limits else step
                 for step in steps)  # fmt: skip


def _limits(text: str) -> tuple[str, tuple[int | None, int | None]]:
    from noline.insight.walks.model import span

    step, sign, limits = text.rpartition("=")
    least, dots, most = limits.partition("..")
    if not sign or not dots:
        raise click.BadParameter("write STEP=MIN..MAX, as in checkout=1m..2h; either may be missing",
                                 param_hint="--between")  # fmt: skip
    return step.strip(), (span(least) if least else None, span(most) if most else None)


def _pauses(gaps: tuple[str, ...], journey_gap: str) -> "Pauses":
    from noline.insight.walks.model import Pauses, span

    own = [one.rpartition("=") for one in gaps]
    if any(not sign or not channel for channel, sign, _ in own):
        raise click.BadParameter("write CHANNEL=SPAN, as in web=30m", param_hint="--gap")
    return Pauses(own={channel: span(pause) for channel, _, pause in own}, journey=span(journey_gap))


def _place(asked: "Funnel", step: str) -> int:
    """The place of a step, by its name, or by its number where names do not tell: in any order, or when named twice."""
    names = [one.what for one in asked.steps]
    if step in names and asked.mode != "any":
        return names.index(step)
    if step.isdecimal() and 1 <= int(step) <= len(names):
        return int(step) - 1
    raise click.BadParameter(f"{step!r} is no step of this funnel", param_hint="--behind")


# Telling


def _share(name: str, share: "Share") -> dict[str, float | None]:
    return {name: share.value, f"{name}_low": share.low, f"{name}_high": share.high}


def _behind(one: "Behind", *, of_hub: bool) -> dict[str, Any]:
    """Somebody behind a step; of a hub's people the id that every other door uses."""
    from noline.doors.answers.seen import person_id
    from noline.kernel.clock import as_text

    person = person_id(int(one.person)) if of_hub else one.person
    return {"person": person, "began_at": as_text(one.began_at), "reached_at": as_text(one.reached_at)}


def _in_hours(row: dict[str, Any]) -> dict[str, Any]:
    """Gaps in hours, for people."""
    return {
        name.replace("_us", "_hours"): value if value is None or not name.endswith("_us") else value / 3_600_000_000
        for name, value in row.items()
    }


def _drop_offs(dropped: "DropOffCounts | None", *, valued: bool) -> dict[str, Any] | None:
    if dropped is None:
        return None
    return {
        "channels": [{"channel": name, **_ending(one, valued)} for name, one in sorted(dropped.channels.items())],
        "all": _ending(dropped.whole, valued),
        "sequences": [{"visits": list(visits), "lost": count} for visits, count in dropped.top(_TOP)],
    }


def _ending(ending: Any, valued: bool) -> dict[str, Any]:
    told = {**ending._asdict(), **_share("share_false", ending.false_share), "too_few": ending.false_share.too_few}
    return told if valued else {name: value for name, value in told.items() if name != "value_minor"}


def _tell_drop_offs(dropped: "DropOffCounts", *, valued: bool) -> None:
    columns = ("channel", "visits", "kept", "elsewhere", "lost", "undecided", "persons_dropped", "persons_false",
               "share_false", "too_few")  # fmt: skip
    told = _drop_offs(dropped, valued=valued) or {}
    click.echo()
    rows = [*told["channels"], {"channel": "all", **told["all"]}]
    show(rows, as_json=False, columns=(*columns, "value_minor") if valued else columns)
    click.echo()
    show([{"lost": one["lost"], "visits": " > ".join(one["visits"])} for one in told["sequences"]], as_json=False)
