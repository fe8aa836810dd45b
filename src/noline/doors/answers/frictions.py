"""What the doors answer about frictions: what to fix first, what each costs, who met it, and who cares for it."""

from collections.abc import Mapping
from typing import Any

from noline.doors.answers import Json
from noline.doors.answers.seen import is_hidden, names_of, person_id, place_names, without_numbers
from noline.flows.reasons import Reason, ReasonsAskedWrong
from noline.hub import Hub
from noline.kernel.clock import Micros, as_text
from noline.kernel.errors import NotFound
from noline.truth.agenda.model import Care

_WORDS = ("id", "name", "sentence", "proof", "from_channels", "to_channels", "currency", "label")


def ranked(
    hub: Hub, since: Micros | None = None, until: Micros | None = None, *, with_persons: bool = True
) -> list[Json]:
    """Every friction, the one to fix first at the top.

    Each row has the friction's own words (`Friction.as_dict`), `rank` from 1, and `care` (owner, state, note, proof,
    since, by).
    since, until: only cases of that time, in microseconds since 1970 UTC.
    with_persons: False hides the numbers of a friction that fewer than 10 people met (`hidden` is true then).
    """
    hub.refresh()
    cares = hub.agenda.cares()
    return [
        {
            **_shown(found.as_dict(), with_persons=with_persons),
            "rank": rank,
            "care": told_care(cares.get(found.id)),
        }
        for rank, found in enumerate(hub.frictions.ranked(since, until), start=1)
    ]


def one(hub: Hub, friction: str, *, with_persons: bool = True) -> Json:
    """One friction: its row of `ranked`, and `counted` (words, rule, sql, parameters). Raises NotFound."""
    hub.refresh()
    counted = hub.frictions.counted(hub.frictions.one(friction).id)
    row = next(row for row in ranked(hub, with_persons=with_persons) if row["id"] == friction)
    return {**row, "counted": counted}


def cases(hub: Hub, friction: str, limit: int = 50, offset: int = 0, *, with_persons: bool = True) -> list[Json]:
    """A page of the cases of a friction: the case's own words (`Case.as_dict`), its times as text.

    person: the id that every other page uses. name: of the person, None when nobody told it. place: what the catalogue
    calls the store. evidence: positions of the log. with_persons: False leaves person, name and evidence out (None).
    Raises NotFound.
    """
    hub.refresh()
    found = [case.as_dict() for case in hub.frictions.cases(friction, limit=limit, offset=offset)]
    people = [person_id(row["person"]) for row in found]
    with hub.store.reading() as reader:
        places = place_names(hub, reader)
        names = names_of(hub, reader, people) if with_persons else {}
    return [
        {
            **row,
            "at": _moment(row["at"]),
            "ended_at": _moment(row["ended_at"]),
            "place": places.get(row["store_id"] or "", row["store_id"]),
            "person": person if with_persons else None,
            "name": names.get(person),
            "evidence": list(row["evidence"]) if with_persons else None,
        }
        for row, person in zip(found, people, strict=True)
    ]


def cared(hub: Hub, friction: str, *, by: str, **told: Any) -> Json:
    """Note who cares for a friction; answers the care as it is then.

    told: owner, state, note, proof; what is None stays as it was. Raises NotFound and CareWrong.
    """
    hub.refresh()
    if friction not in {rule.id for rule in hub.frictions.rules}:
        raise NotFound(what="friction", name=friction)
    return {"friction": friction, **told_care(hub.agenda.care(friction, by=by, **told))}


def causes(hub: Hub, friction: str | None = None, sender: str | None = None, receiver: str | None = None) -> Json:
    """Where a friction, or the loss on a border, stands out, and what a friction seems to change.

    friction; or sender and receiver, the channels of a border. findings: each with where (dimension, value and, of a
    store, place), words, cases, persons, share, rest, lift, difference, p_adjusted, contribution, because_of (and
    because_of_words); shares have _low and _high. cases, persons, base, compared. effect: with its label, or None and
    why_no_effect. counted.
    Raises ReasonsAskedWrong.
    """
    hub.refresh()
    found = _reason(hub, friction, sender, receiver)
    with hub.store.reading() as reader:
        places = place_names(hub, reader)
    told = found.search.as_dict()
    return {
        "friction": friction,
        "from": sender,
        "to": receiver,
        **told,
        "findings": [_placed(one, places) for one in told["findings"]],
        "effect": found.effect.as_dict() if found.effect else None,
        "why_no_effect": found.why_no_effect,
        "counted": found.counted,
    }


def _reason(hub: Hub, friction: str | None, sender: str | None, receiver: str | None) -> Reason:
    try:
        if friction is not None and sender is None and receiver is None:
            return hub.causes.of_friction(friction)
        if friction is None and sender is not None and receiver is not None:
            return hub.causes.of_border(sender, receiver)
    except NotFound as cause:
        raise ReasonsAskedWrong(why=f"there is no {cause.facts['what']} {cause.facts['name']}") from cause
    raise ReasonsAskedWrong(why="it names neither a friction nor both ends of a border, or both of them")


def _placed(finding: Json, places: Mapping[str, str]) -> Json:
    """A finding that calls a store what the catalogue calls it."""
    named = {name: [_in_place(one, places) for one in finding[name]] for name in ("where", "because_of")}
    return {
        **finding,
        **named,
        "words": part_words(named["where"]),
        "because_of_words": part_words(named["because_of"]),
    }


def _in_place(part: Json, places: Mapping[str, str]) -> Json:
    place = places.get(part["value"], part["value"]) if part["dimension"] == "store" else None
    return {**part, "place": place}


def part_words(parts: list[Json]) -> str:
    """A part of the people as a reader says it; empty for none."""
    return " × ".join(f"{one['dimension']} {one['place'] or one['value'] or '(not told)'}" for one in parts)


def told_care(care: Care | None) -> Json:
    """Who cares for a friction and how far it is; nobody yet: `state` is open and the rest None."""
    if care is None:
        return {"owner": None, "state": "open", "note": None, "proof": None, "since": None, "by": None}
    return {
        "owner": care.owner or None,
        "state": care.state,
        "note": care.note or None,
        "proof": care.proof or None,
        "since": as_text(care.since),
        "by": care.by,
    }


def _shown(row: Mapping[str, object], *, with_persons: bool) -> Json:
    persons = row["persons"]
    if isinstance(persons, int) and is_hidden(persons, with_persons=with_persons):
        return without_numbers(row, _WORDS)
    return {**row, "hidden": False}


def _moment(told: object) -> object:
    """An instant as text; what is text already stays."""
    return as_text(told) if isinstance(told, int) else told
