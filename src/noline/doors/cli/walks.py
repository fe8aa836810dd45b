"""Where people go from one channel to another, over the hub's own history or over any table of events."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from noline.doors.cli.questions import journeys
from noline.doors.cli.talk import COUNT, POSITION, hub_option, opened, say, show

if TYPE_CHECKING:
    from noline.insight.walks.model import DropOffCounts, Funnel, Incidence, Level, Pauses, Step
    from noline.insight.walks.service import HandoffRow, Walks
    from noline.kernel.shares import Share
    from noline.stores.walks.events import Columns

Command = TypeVar("Command", bound=Callable[..., Any])

_TOP = 20


def events_options(command: Command) -> Command:
    """`--events FILE --map ... --keep DIR`: a table of events instead of the hub's history."""
    for option in (
        click.option("--keep", type=click.Path(path_type=Path, file_okay=False),
                     help="Keep the events, made ready, in this folder; --events DIR then opens it at once."),
        click.option("--map", "mapping", metavar="MEANING=COLUMN,...",
                     help="Which column is the person, time, channel, action and value; same names if not told."),
        click.option("--events", type=click.Path(path_type=Path, exists=True), metavar="FILE",
                     help="Parquet, CSV or NDJSON, or a folder of them, instead of the hub's history."),
    ):  # fmt: skip
        command = option(command)
    return command


@journeys.command("handoffs")
@events_options
@click.option("--gap", "gaps", multiple=True, metavar="CHANNEL=SPAN", help="The longest pause of a visit there.")
@click.option("--journey-gap", default="30d", show_default=True, help="The longest pause between visits.")
@click.option("--intents", metavar="STEPS", help="What shows that something is wanted, such as cart,checkout.")
@click.option("--goals", metavar="STEPS", help="What shows that it was reached, such as purchase.")
@click.option("--horizon", default="14d", show_default=True, help="The time to reach it in.")
@hub_option
@click.pass_context
def handoffs(
    context: click.Context, *, folder: Path, as_json: bool, events: Path | None, mapping: str | None, keep: Path | None,
    gaps: tuple[str, ...], journey_gap: str, intents: str | None, goals: str | None, horizon: str,
) -> None:  # fmt: skip
    """Each pair of channels: how many were handed over; in the hub's history also who arrived and who was lost.

    With --events also how long it took, and with --intents and --goals who only seemed to be lost.
    """
    if events is None:
        _only_with_events(context)
        _handoffs_of_hub(folder, as_json=as_json)
        return
    if (intents is None) != (goals is None):
        raise click.UsageError("--intents and --goals go together.", context)
    from noline.insight.walks.model import Wants, span

    walks, read = _from_file(events, mapping, (), keep)
    pauses = _pauses(gaps, journey_gap)
    rows, counts = walks.handoffs(pauses)
    dropped = (
        walks.drop_offs(Wants(_names(intents), _names(goals), span(horizon)), pauses) if intents and goals else None
    )
    told = [_border(row) for row in rows]
    if as_json:
        totals = {"persons": counts.persons, "journeys": counts.journeys, "visits": counts.visits}
        show({"handoffs": told, **totals, "drop_offs": _drop_offs(dropped), "read": read}, as_json=True)
        return
    show([_in_hours(row) for row in told], as_json=False)
    if dropped is not None:
        _tell_drop_offs(dropped)


def _only_with_events(context: click.Context) -> None:
    """Refuse options that only a table of events answers, rather than leave them out without a word."""
    from click.core import ParameterSource

    for name in ("mapping", "keep", "gaps", "journey_gap", "intents", "goals", "horizon"):
        if context.get_parameter_source(name) not in (None, ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP):
            option = {"mapping": "map", "gaps": "gap"}.get(name, name.replace("_", "-"))
            raise click.UsageError(f"--{option} needs --events.", context)


def _handoffs_of_hub(folder: Path, *, as_json: bool) -> None:
    from noline.doors import answers

    with opened(folder) as hub:
        found = answers.handoffs(hub)
    columns = ("from", "to", "persons", "arrived", "lost", "undecided", "share_lost", "value_minor", "currency")
    show(found, as_json=as_json, columns=columns)


@journeys.command("funnel")
@events_options
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
def funnel(
    *, folder: Path, as_json: bool, events: Path | None, mapping: str | None, keep: Path | None, steps: str,
    window: str, mode: Any, tolerance: str, between: tuple[str, ...], without: str | None, ends: Any, by: str | None,
    credit: Any, behind: str | None, stopped: bool, limit: int, offset: int, check: int | None,
) -> None:  # fmt: skip
    """How many persons went which steps, one after the other, within a time."""
    from noline.insight.walks.model import Funnel, span

    asked = Funnel(
        _steps(steps, between), None if window == "none" else span(window), mode, span(tolerance),
        _names(without), ends, by, credit,
    )  # fmt: skip
    walks, read = _opened_walks(folder, events, mapping, by, keep)
    answer = walks.funnel(asked)
    rows = [_level(level) for level in answer.levels]
    told: dict[str, Any] = {"levels": rows}
    if by is not None:
        told["parts"] = {name: [_level(level) for level in part] for name, part in answer.parts.items()}
    if behind is not None:
        found = walks.behind(asked, _place(asked, behind), stopped=stopped, limit=limit, offset=offset)
        told["behind"] = [_moments(one._asdict()) for one in found]
    if check is not None:
        checked = walks.check(asked, check)
        told["checked"] = checked._asdict()
        say(f"counted {checked.persons:,} persons again: {len(checked.differ)} differ")
    if as_json:
        show({**told, "counted": _counted(asked), "read": read}, as_json=True)
        return
    show([{"part": name, **row} for name, part in told["parts"].items() for row in part] if by else rows, as_json=False)
    if behind is not None:
        show(told["behind"], as_json=False)


@journeys.command("time-to")
@events_options
@click.option("--from", "begin", required=True, metavar="STEP", help="Where the waiting begins: the first of these.")
@click.option("--to", "end", required=True, metavar="STEP", help="What is waited for.")
@click.option("--competing", metavar="STEPS", help="What else ends the waiting.")
@click.option("--at", default="1d,3d,7d,14d,30d", show_default=True, metavar="SPANS", help="After how long.")
@hub_option
def time_to(
    *, folder: Path, as_json: bool, events: Path | None, mapping: str | None, keep: Path | None, begin: str, end: str,
    competing: str | None, at: str,
) -> None:  # fmt: skip
    """How many had come from one event to another after some time, with other ends in their way."""
    from noline.insight.walks.model import span

    spans = {span(text): text for text in _names(at)}
    walks, read = _opened_walks(folder, events, mapping, None, keep)
    found, spells = walks.time_to(begin, end, _names(competing), list(spans))
    rows = [_incidence(row, spans[row.at]) for row in found]
    if as_json:
        waiting = sum(counts[0] for counts in spells.spells.values())
        persons = sum(sum(counts) for counts in spells.spells.values())
        told = {"from": begin, "to": end, "persons": persons, "still_waiting": waiting, "incidence": rows}
        show({**told, "read": read}, as_json=True)
        return
    show(rows, as_json=False)


# Reading


def _opened_walks(
    folder: Path, events: Path | None, mapping: str | None, by: str | None, keep: Path | None
) -> "tuple[Walks, dict[str, Any] | None]":
    if events is not None:
        return _from_file(events, mapping, () if by in (None, "channel", "action") else (by,), keep)
    if mapping or keep:
        raise click.UsageError("--map and --keep need --events.")
    from noline.insight.walks.service import Walks

    with opened(folder) as hub:
        hub.refresh()
        # Not as remembered answers are asked: a copy of all history is nothing to keep.
        return Walks.of_history(hub.analytics), None


def _from_file(
    path: Path, mapping: str | None, parts: tuple[str, ...], keep: Path | None
) -> "tuple[Walks, dict[str, Any] | None]":
    from noline.insight.walks.service import Walks
    from noline.stores.walks import store as walk_store
    from noline.stores.walks.events import read

    if path.is_dir() and walk_store.is_store(path):
        if mapping or keep:
            raise click.UsageError("--map and --keep are for files; this folder holds events made ready.")
        return Walks(walk_store.WalkStore.open(path)), None
    events = read(path, _columns(mapping, parts))
    facts = {**events.read._asdict(), "persons": 0}
    store = walk_store.WalkStore.of(events)
    facts["persons"] = store.person_count
    left_out = f", {facts['left_out']:,} of them left out without person, time or action" if facts["left_out"] else ""
    amounts = ", values with fractions read as major units" if facts["value"] == "hundredths" else ""
    say(f"read {facts['rows']:,} events of {store.person_count:,} persons{left_out}; times: {facts['time']}{amounts}")
    if keep is not None:
        store.save(keep)
    return Walks(store), facts


def _columns(mapping: str | None, parts: tuple[str, ...]) -> "Columns":
    from noline.stores.walks.events import Columns

    pairs = [one.partition("=") for one in _names(mapping)]
    if any(not sign or not column for _, sign, column in pairs):
        raise click.BadParameter("write MEANING=COLUMN, as in person=customer_id,time=at", param_hint="--map")
    return Columns.of({meaning.strip(): column.strip() for meaning, _, column in pairs}, parts)


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


def _level(level: "Level") -> dict[str, Any]:
    return {
        "step": level.step, "persons": level.persons, **_share("share_of_first", level.of_first),
        **_share("share_of_before", level.of_before), "too_few": level.of_before.too_few,
    }  # fmt: skip


def _share(name: str, share: "Share") -> dict[str, float | None]:
    return {name: share.value, f"{name}_low": share.low, f"{name}_high": share.high}


def _counted(asked: "Funnel") -> dict[str, Any]:
    from noline.insight.walks.model import span_text

    ties = "equal moments count either way, unless one event may be two steps: then they keep the order of the file"
    return {
        "mode": asked.mode, "window": None if asked.window is None else span_text(asked.window),
        "tolerance": span_text(asked.tolerance), "ties": ties, "without": list(asked.without), "ends": asked.ends,
        "by": asked.by, "credit": asked.credit, "unit": "persons", "interval": "Wilson 95 %",
    }  # fmt: skip


def _moments(row: dict[str, Any]) -> dict[str, Any]:
    """Moments as text."""
    from noline.kernel.clock import as_text

    return {name: as_text(value) if name.endswith("_at") else value for name, value in row.items()}


def _border(row: "HandoffRow") -> dict[str, Any]:
    told = row._asdict()
    return {"from": told.pop("from_channel"), "to": told.pop("to_channel"), **told}


def _in_hours(row: dict[str, Any]) -> dict[str, Any]:
    """Gaps in hours, for people."""
    return {
        name.replace("_us", "_hours"): value if value is None or not name.endswith("_us") else value / 3_600_000_000
        for name, value in row.items()
    }


def _drop_offs(dropped: "DropOffCounts | None") -> dict[str, Any] | None:
    if dropped is None:
        return None
    return {
        "channels": [{"channel": name, **_ending(one)} for name, one in sorted(dropped.channels.items())],
        "all": _ending(dropped.whole),
        "sequences": [{"visits": list(visits), "lost": count} for visits, count in dropped.top(_TOP)],
    }


def _ending(ending: Any) -> dict[str, Any]:
    return {**ending._asdict(), **_share("share_false", ending.false_share), "too_few": ending.false_share.too_few}


def _tell_drop_offs(dropped: "DropOffCounts") -> None:
    columns = ("channel", "visits", "kept", "elsewhere", "lost", "undecided", "persons_dropped", "persons_false",
               "share_false", "too_few")  # fmt: skip
    told = _drop_offs(dropped) or {}
    click.echo()
    show([*told["channels"], {"channel": "all", **told["all"]}], as_json=False, columns=columns)
    click.echo()
    show([{"lost": one["lost"], "visits": " > ".join(one["visits"])} for one in told["sequences"]], as_json=False)


def _incidence(row: "Incidence", at: str) -> dict[str, Any]:
    return {
        "end": row.end, "at": at, "share": row.value, "low": row.low, "high": row.high,
        "standard_error": row.standard_error, "ended": row.ended, "at_risk": row.at_risk, "persons": row.persons,
        "too_few": row.too_few,
    }  # fmt: skip
