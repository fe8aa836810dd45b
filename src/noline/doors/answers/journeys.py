"""What the doors answer about journeys that somebody asks for: funnels, time from one event to another, and names."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from noline.doors.answers import Json
from noline.doors.answers.seen import is_hidden, names_of, person_id, told_share, without_numbers
from noline.flows.watching import funnel_of, sane_span
from noline.hub import Hub
from noline.insight.walks.model import FunnelUnreadable, span_text
from noline.kernel.clock import as_text
from noline.kernel.words import word_for
from noline.truth.agenda.model import Asked

if TYPE_CHECKING:
    from noline.insight.walks.model import Funnel, Incidence, Level
    from noline.insight.walks.service import HandoffRow
    from noline.stores.walks.store import WalkStore

AFTER = ("1d", "3d", "7d", "14d", "30d")
"""After how long the share that has arrived is told, unless asked otherwise."""

MOST_MOMENTS = 400
MOST_COMPETING = 30
MOST_PAIRS = 1_000
"""More kinds of events than this are not listed one by one: the most frequent ones are."""


def funnel(hub: Hub, asked: Asked, *, with_persons: bool = True) -> Json:
    """How many people went which steps.

    Answers `levels` (step, persons, share_of_first, share_of_before, each with _low and _high, too_few, hidden), with
    `asked.by` also `parts` (the same by value), `still_open` (of those who did not reach the last step, the people
    whose window is not over) and `counted`. with_persons: False hides numbers of fewer than 10 people.
    Raises StepUnknown, FunnelUnreadable, SpanUnreadable and NotFound.
    """
    question = funnel_of(asked)
    hub.refresh()
    answer = hub.walks.funnel(question)
    waiting = None if is_hidden(answer.still_open, with_persons=with_persons) else answer.still_open
    told: Json = {"levels": told_levels(answer.levels, with_persons=with_persons), "still_open": waiting}
    if question.by is not None:
        told["parts"] = {name: told_levels(part, with_persons=with_persons) for name, part in answer.parts.items()}
    return {**told, "counted": counted(question)}


def funnel_persons(
    hub: Hub, asked: Asked, step: int, *, stopped: bool = False, limit: int = 50, offset: int = 0
) -> list[Json]:
    """The people behind a step, counted from 0: person, name, began_at, reached_at.

    stopped: only those who reached no later step. Raises what `funnel` raises, and NotFound for an unknown step.
    """
    question = funnel_of(asked)
    hub.refresh()
    found = hub.walks.behind(question, step, stopped=stopped, limit=limit, offset=offset)
    people = [person_id(int(one.person)) for one in found]
    with hub.store.reading() as reader:
        names = names_of(hub, reader, people)
    return [
        {
            "person": person,
            "name": names[person],
            "began_at": as_text(one.began_at),
            "reached_at": as_text(one.reached_at),
        }
        for one, person in zip(found, people, strict=True)
    ]


def names(hub: Hub) -> Json:
    """What a funnel can be made of, most events first.

    channels: name, events. actions: name, events, stage, shows (intent or goal, else None).
    pairs: step (CHANNEL/ACTION), channel, action, events, stage, shows. parts: columns to break down by.
    """
    hub.refresh()
    store = hub.walks.store
    pairs = _pairs(store)
    return {
        "channels": _summed(pairs, "channel"),
        "actions": [{**row, **_meaning(row["name"])} for row in _summed(pairs, "action")],
        "pairs": pairs[:MOST_PAIRS],
        "parts": ["channel", "action", *(name for name in ("store_id", "country", "sku") if name in store.parts)],
    }


def time_to(hub: Hub, begin: str, end: str, competing: Sequence[str] = (), at: Sequence[str] = AFTER) -> Json:
    """How many had come from one event to another after some time, with other ends in their way (Aalen-Johansen).

    Answers from, to, competing, persons, still_waiting, `incidence` (end, at, at_us, share, low, high, standard_error,
    ended, at_risk, persons, too_few; the end that was asked for first) and `counted`.
    Raises StepUnknown, SpanUnreadable, and FunnelUnreadable for more moments or ends than are told at once.
    """
    if len(at) > MOST_MOMENTS or len(competing) > MOST_COMPETING:
        raise FunnelUnreadable(why=f"at most {MOST_MOMENTS} moments and {MOST_COMPETING} other ends are told at once")
    spans = {sane_span(text): text for text in at}
    hub.refresh()
    found, spells = hub.walks.time_to(begin, end, competing, list(spans))
    return {
        "from": begin,
        "to": end,
        "competing": list(dict.fromkeys(competing)),
        "persons": sum(sum(counts) for counts in spells.spells.values()),
        "still_waiting": sum(counts[0] for counts in spells.spells.values()),
        "incidence": [told_incidence(row, spans[row.at]) for row in found],
        "counted": {
            "words": f"Everybody whose first {begin} history tells of, from then to the first {end} or another end "
            "that followed. Who came to none is watched until history ends. The share is the Aalen-Johansen estimate "
            "with its 95 % interval: other ends stand in the way, they are not left out.",
            "unit": "persons",
            "association": True,
        },
    }


def matrix(hub: Hub) -> Json:
    """Each pair of channels that a visit followed the other in: from, to, handoffs, persons, gaps, too_few.

    gap_p10_us, gap_p50_us, gap_p90_us: from the end of the visit before to the begin of the next, in microseconds.
    Also persons, journeys and visits by channel in all, and `counted`.
    """
    hub.refresh()
    rows, counts = hub.walks.handoffs()
    return {
        "handoffs": [told_border(row) for row in rows],
        "persons": counts.persons,
        "journeys": counts.journeys,
        "visits": dict(counts.visits),
        "counted": {
            "words": "Visits of one person that follow each other within 30 days in different channels. A visit is a "
            "run in one channel without a pause of more than 30 minutes; in a store a day, where answers are slow 24 "
            "hours. Declared or not: who was lost after a declaration, `handoffs` tells.",
            "unit": "visits",
        },
    }


# Telling


def told_levels(found: "Sequence[Level]", *, with_persons: bool = True) -> list[Json]:
    """The steps of a funnel; cells too small to show are hidden from whoever may not see people."""
    return [_level(level, with_persons=with_persons) for level in found]


def told_incidence(row: "Incidence", at: str) -> Json:
    """How many had come to one end after some time. at: that time as it was asked for."""
    return {
        "end": row.end, "at": at, "at_us": row.at, "share": row.value, "low": row.low, "high": row.high,
        "standard_error": row.standard_error, "ended": row.ended, "at_risk": row.at_risk, "persons": row.persons,
        "too_few": row.too_few,
    }  # fmt: skip


def told_border(row: "HandoffRow") -> Json:
    """A pair of channels."""
    told = row._asdict()
    return {"from": told.pop("from_channel"), "to": told.pop("to_channel"), **told}


def counted(question: "Funnel") -> Json:
    """How a funnel is counted."""
    ties = "equal moments count either way, unless one event may be two steps: then they keep the order of the file"
    return {
        "mode": question.mode, "window": None if question.window is None else span_text(question.window),
        "tolerance": span_text(question.tolerance), "ties": ties, "without": list(question.without),
        "ends": question.ends, "by": question.by, "credit": question.credit, "unit": "persons",
        "interval": "Wilson 95 %",
    }  # fmt: skip


def _level(level: "Level", *, with_persons: bool) -> Json:
    row: Json = {
        "step": level.step, "persons": level.persons, **told_share("share_of_first", level.of_first),
        **told_share("share_of_before", level.of_before), "too_few": level.of_before.too_few,
    }  # fmt: skip
    if is_hidden(level.persons, with_persons=with_persons):
        return without_numbers(row, ("step",))
    return {**row, "hidden": False}


def _pairs(store: "WalkStore") -> list[Json]:
    """Every kind of event in its channel, most events first."""
    import numpy as np

    width = len(store.actions.names)
    places = store.channels.codes.astype(np.int64) * width + store.actions.codes
    counts = np.bincount(places, minlength=len(store.channels.names) * width)
    found = []
    for place in np.argsort(-counts, kind="stable"):
        if not counts[place]:
            break
        channel, action = store.channels.names[place // width], store.actions.names[place % width]
        row: Json = {"step": f"{channel}/{action}", "channel": channel, "action": action, "events": int(counts[place])}
        found.append({**row, **_meaning(action)})
    return found


def _summed(pairs: Sequence[Json], by: str) -> list[Json]:
    events: dict[str, int] = {}
    for pair in pairs:
        events[pair[by]] = events.get(pair[by], 0) + pair["events"]
    return [{"name": name, "events": count} for name, count in sorted(events.items(), key=lambda one: -one[1])]


def _meaning(action: str) -> Json:
    word = word_for(action)
    return {"stage": str(word.stage), "shows": "goal" if word.goal else "intent" if word.intent else None}
