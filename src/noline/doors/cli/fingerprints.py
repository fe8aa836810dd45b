"""A company's fingerprint to give away, and fingerprints side by side."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from noline.doors.cli.questions import journeys
from noline.doors.cli.sheets import SHEET, as_table
from noline.doors.cli.talk import hub_option, opened, say, show

if TYPE_CHECKING:
    from noline.flows.fingerprint import Meaning
    from noline.hub import Hub
    from noline.insight.fingerprints.comparing import Compared, Comparison
    from noline.insight.fingerprints.model import Print
    from noline.stores.walks.store import WalkStore

_READABLE = click.Path(path_type=Path, exists=True)


@journeys.command("fingerprint")
@click.option(
    "--events", type=_READABLE, metavar="FILE",
    help="Parquet, CSV, NDJSON or a spreadsheet, or a folder of files, instead of the hub's history.",
)  # fmt: skip
@SHEET
@click.option("--map", "mapping", metavar="MEANING=COLUMN,...",
              help="Which column is the person, time, channel, action and value; same names if not told.")  # fmt: skip
@click.option("--goals", metavar="ACTIONS", help="With --events: what shows that something was reached.")
@click.option("--intents", metavar="ACTIONS", help="With --events: what shows that something is wanted.")
@click.option("--channel", "channels", multiple=True, metavar="NAME=CANONICAL",
              help="Which of the eight shared channels one of yours is.")  # fmt: skip
@click.option("--name", help="Whose it is; the hub's company if not told.")
@click.option("--industry", default="not told", show_default=True, help="Companies are pooled by it.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the signed file here.")
@hub_option
def fingerprint(
    *, folder: Path, as_json: bool, events: Path | None, sheet: str, mapping: str | None, goals: str | None,
    intents: str | None, channels: tuple[str, ...], name: str | None, industry: str, out: Path | None,
) -> None:  # fmt: skip
    """Which ways customers take between channels, in numbers of at least 50 people, signed with the hub's key.

    It holds no person, no article and no amount. Read it before you give it away: it is a text.
    """
    from noline.flows.fingerprint import Whose
    from noline.flows.fingerprint import fingerprint as taken
    from noline.insight.fingerprints.canon import mapped
    from noline.insight.fingerprints.signing import as_data

    if events is None and (sheet or mapping or goals or intents):
        raise click.UsageError("--sheet, --map, --goals and --intents need --events.")
    own = dict(_pair(one, "--channel") for one in channels)
    with opened(folder) as hub:
        whose = Whose(name or hub.settings.company, industry)
        history, touchpoints, frictions = _of_hub(hub) if events is None else (*_of_file(events, sheet, mapping), {})
        told = taken(
            history, whose, hub.clock.now(), touchpoints=touchpoints, meaning=_meaning(goals, intents), own=own,
            frictions=frictions,
        )  # fmt: skip
        if strange := mapped(history.channels.names, own).unmapped:
            say(f"channels that are none of the eight: {', '.join(strange)}; say --channel NAME=CANONICAL")
        if out is not None:
            out.write_bytes(hub.fingerprints.sealed(told))
        key = hub.fingerprints.key
    facts = {"key": key, "file": None if out is None else str(out)}
    if as_json:
        show({**facts, "fingerprint": as_data(told)}, as_json=True)
        return
    show(_shown(told), as_json=False)
    say(f"signed with the key {key}" if out else "not written: give --out FILE")


def _of_hub(hub: "Hub") -> "tuple[WalkStore, WalkStore, dict[str, tuple[int, int]]]":
    hub.refresh()
    history = hub.history
    told = [(one.id, one.persons, one.at_risk) for one in hub.frictions.ranked()]
    met = {name: (persons, at_risk) for name, persons, at_risk in told if persons is not None and at_risk is not None}
    return history, history.touchpoints, met


def _of_file(path: Path, sheet: str, mapping: str | None) -> "tuple[WalkStore, None]":
    from noline.stores.walks.events import Columns
    from noline.stores.walks.store import WalkStore, is_store

    if path.is_dir() and is_store(path):
        return WalkStore.open(path), None
    pairs = dict(_pair(one, "--map") for one in (mapping or "").split(",") if one.strip())
    with as_table(path, sheet) as readable:
        store = WalkStore.from_parquet(readable, Columns.of(pairs))
    say(f"read {len(store):,} events of {store.person_count:,} persons")
    return store, None


def _pair(text: str, option: str) -> tuple[str, str]:
    left, sign, right = text.partition("=")
    if not sign or not left.strip() or not right.strip():
        raise click.BadParameter(f"{text!r} is not written as NAME=VALUE", param_hint=option)
    return left.strip(), right.strip()


def _meaning(goals: str | None, intents: str | None) -> "Meaning | None":
    from noline.flows.fingerprint import Meaning

    said = {"goals": goals, "intents": intents}
    told = {name: tuple(one.strip() for one in text.split(",")) for name, text in said.items() if text}
    return Meaning(**told) if told else None


@journeys.command("compare")
@click.argument("prints", nargs=-1, type=_READABLE)
@click.option("--reference", is_flag=True, help="Also with the real public logs that are shipped.")
@click.option("--synthetic", is_flag=True, help="Also with the synthetic ones; they say nothing about behaviour.")
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def compare(*, prints: tuple[Path, ...], reference: bool, synthetic: bool, as_json: bool) -> None:
    """Fingerprints side by side: what differs and how much, and the place of the first among the others."""
    from noline.insight.fingerprints.service import Fingerprints

    kinds = [kind for kind, asked in (("real", reference), ("synthetic", synthetic)) if asked]
    if not prints and not kinds:
        raise click.UsageError("name fingerprints, or ask for those that are shipped: --reference, --synthetic.")
    room = Fingerprints()
    genuine = [room.verified(path) for path in prints]
    told = [one.told for one in genuine]
    shipped = room.references(kinds) if kinds else []
    found = room.compared([*told, *shipped])
    keys = [one.key for one in genuine] + ["shipped"] * len(shipped)
    whose = [
        {"name": one.about.name, "industry": one.about.industry, "kind": one.about.kind, "key": key,
         "persons": one.whole.persons, "channels": list(one.channels)}
        for one, key in zip([*told, *shipped], keys, strict=True)
    ]  # fmt: skip
    if as_json:
        names = [one["name"] for one in whose]
        show({"fingerprints": whose, "rows": [_row(one, names) for one in found.rows],
              "not_compared": list(found.not_compared), "answer": found.answer}, as_json=True)  # fmt: skip
        return
    _tell(whose, found)


def _tell(whose: list[dict[str, Any]], found: "Comparison") -> None:
    show(whose, as_json=False, columns=("name", "industry", "kind", "persons", "key"))
    if found.rows:
        click.echo()
        show([_tested(one) for one in found.rows], as_json=False)
    places = [
        {"row": one.question.row, "then": place.outcome, **_place(place)} for one in found.rows for place in one.place
    ]
    if places:
        click.echo()
        show(places, as_json=False)
    click.echo()
    click.echo(found.answer)
    for left in found.not_compared:
        say(f"not compared: {left}")


def _tested(one: "Compared") -> dict[str, Any]:
    told = one.homogeneity
    return {
        "row": one.question.row,
        "companies": len(one.question.members),
        "outcomes": ", ".join(one.question.outcomes),
        "persons": None if told is None else told.persons,
        "G": None if told is None else told.statistic,
        "df": None if told is None else told.df,
        "p": None if told is None else told.p,
        "p_adjusted": one.p_adjusted,
        "cramers_v": None if told is None else told.cramers_v_corrected,
        "industries": one.industries.p if one.industries.why is None else one.industries.why.partition(":")[0],
    }


def _place(place: Any) -> dict[str, Any]:
    return {name: value for name, value in place._asdict().items() if name != "outcome"}


def _row(one: "Compared", names: Sequence[str]) -> dict[str, Any]:
    """One question as data."""
    return {
        "row": one.question.row,
        "outcomes": list(one.question.outcomes),
        "companies": [
            {"name": names[number], "persons": list(counts)}
            for number, counts in zip(one.question.members, one.question.counts, strict=True)
        ],
        "homogeneity": None if one.homogeneity is None else one.homogeneity._asdict(),
        "p_adjusted": one.p_adjusted,
        "pattern": None if one.pattern is None else {**one.pattern._asdict(), "alike": one.pattern.alike},
        "industries": one.industries._asdict(),
        "leans_on": one.leans_on,
        "place": [{"then": place.outcome, **_place(place)} for place in one.place],
        "label": "association",
    }


def _shown(told: "Print") -> list[dict[str, Any]]:
    """A fingerprint as a table: what came after each channel, in people."""
    from noline.insight.fingerprints.canon import NEXT

    seen = [name for name in NEXT if any(name in one.next for one in told.channels.values())]
    return [
        {"after": name, "persons": one.persons, **{then: one.next.get(then) for then in seen}}
        for name, one in told.channels.items()
    ]
