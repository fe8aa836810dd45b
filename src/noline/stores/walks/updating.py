"""A history brought forward: only the ranges of the persons concerned are made anew, the rest is copied in blocks.

Concerned is who did something new, and whoever somebody's subject left or came to (people merged, people split).
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from noline.stores.walks.arrays import Codes, Flags, Longs
from noline.stores.walks.history import History, People, Rates, Rows, Version, are_among, built, rising
from noline.stores.walks.store import MOST_ACTIONS, MOST_CHANNELS, Named, TooManyNames

MOST_MOVED = 0.5
"""When more of the events than this part belong to persons concerned, making all of it anew is as quick."""


class Change(NamedTuple):
    """What happened since a history was made: new touchpoints, and who everybody was and is."""

    rows: Rows
    before: People
    now: People
    version: Version


class _Joined(NamedTuple):
    """Where the events of the new history come from: runs of the old one's, and of those that were made anew.

    offsets: of the new persons. runs: (first, end) of positions; those of what was made anew lie behind the old ones.
    """

    offsets: Longs
    runs: Longs
    ids: Longs


class _Anew(NamedTuple):
    """Events of the persons concerned, in their new order: where they stand in old history, then in the fresh one.

    ids, began, counts: of their persons: who, the first position in the log, how many events.
    """

    places: Longs
    ids: Longs
    began: Longs
    counts: Longs


def updated(old: History, change: Change, rates: Rates) -> History | None:
    """The history after a change; None when it touches so many that all of it should be made anew.

    Raises TooManyNames.
    """
    fresh = built(change.rows, change.now, rates, change.version)
    concerned = _concerned(old, fresh, change)
    taken = np.flatnonzero(concerned[old.persons])
    if taken.size > MOST_MOVED * len(old):
        return None
    anew = _anew(old, fresh, taken, change.now)
    joined = _joined(old, anew, concerned)
    return _written(old, fresh, anew, joined, change.version)


def _concerned(old: History, fresh: History, change: Change) -> Flags:
    """Which persons of the old history change."""
    concerned = np.zeros(old.person_count, np.bool_)
    changed = change.before.changed(change.now)
    subjects = old.measures["subject"]
    if changed.size:
        concerned[old.persons[are_among(subjects, changed)]] = True
    reached = rising(np.concatenate([change.now.of(changed), _ids(fresh)]))
    return concerned | are_among(_ids(old), reached)


def _anew(old: History, fresh: History, taken: Longs, now: People) -> _Anew:
    """The events of the persons concerned, person by person in the order of the log, each by time, then position."""
    persons = now.of(np.concatenate([old.measures["subject"][taken], fresh.measures["subject"]]))
    seqs = np.concatenate([old.measures["seq"][taken], fresh.measures["seq"]])
    times = np.concatenate([old.times[taken], fresh.times])
    places = np.concatenate([taken, len(old) + np.arange(len(fresh))])
    ids, numbers = np.unique(persons, return_inverse=True)
    began = np.full(ids.size, np.iinfo(np.int64).max)
    np.minimum.at(began, numbers, seqs)
    order = np.lexsort((seqs, times, began[numbers]))
    by_age = np.argsort(began)
    counts = np.bincount(numbers, minlength=ids.size)
    return _Anew(places[order], ids[by_age], began[by_age], counts[by_age])


def _joined(old: History, anew: _Anew, concerned: Flags) -> _Joined:
    """Persons kept and persons made anew, in the order of their first position in the log."""
    kept = np.flatnonzero(~concerned)
    began = np.minimum.reduceat(old.measures["seq"], old.offsets[:-1])[kept] if kept.size else kept
    order = np.argsort(np.concatenate([began, anew.began]), kind="stable")
    counts = np.concatenate([np.diff(old.offsets)[kept], anew.counts])[order]
    behind = len(old) + np.cumsum(anew.counts) - anew.counts
    starts = np.concatenate([old.offsets[:-1][kept], behind])[order]
    ends = starts + counts
    begins = np.ones(starts.size, np.bool_)
    begins[1:] = starts[1:] != ends[:-1]
    # What lies behind the old history is not the continuation of its last person.
    begins[1:] |= (starts[1:] >= len(old)) & (starts[:-1] < len(old))
    closes = np.append(begins[1:], True) if begins.size else begins
    runs = np.stack([starts[begins], ends[closes]], axis=1)
    ids = np.concatenate([_ids(old)[kept], anew.ids])[order]
    return _Joined(np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), runs, ids)


def _written(old: History, fresh: History, anew: _Anew, joined: _Joined, version: Version) -> History:
    import pyarrow as pa

    def spliced(before: Any, after: Any, kind: Any) -> Any:
        return _spliced(before, after, anew.places, joined.runs, np.dtype(kind))

    def named(before: Named, after: Named) -> Named:
        codes, names = _renamed(before, after)
        return Named(spliced(before.codes, codes, _width(len(names))), names)

    def each(before: Mapping[str, Named], after: Mapping[str, Named]) -> dict[str, Named]:
        return {name: named(part, after[name]) for name, part in before.items()}

    channels, actions = named(old.channels, fresh.channels), named(old.actions, fresh.actions)
    for column, found, most in (("channel", channels, MOST_CHANNELS), ("action", actions, MOST_ACTIONS)):
        if len(found.names) > most:
            raise TooManyNames(column=column, found=len(found.names), most=most)
    persons = np.repeat(np.arange(joined.ids.size, dtype=np.uint32), np.diff(joined.offsets))
    moments = [one.seen_until for one in (old, fresh) if one.seen_until is not None]
    return History(
        spliced(old.times, fresh.times, np.int64),
        persons,
        joined.offsets,
        spliced(old.values, fresh.values, np.int64),
        channels,
        actions,
        pa.array(joined.ids),
        each(old.parts, fresh.parts),
        {name: spliced(numbers, fresh.measures[name], np.int64) for name, numbers in old.measures.items()},
        version,
        old.currency,
        old.unrated + fresh.unrated,
        max(moments, default=None),
    )


def _spliced(before: Any, after: Any, places: Longs, runs: Longs, kind: np.dtype[Any]) -> Any:
    """A column of the new history: blocks of the old one, and between them what was made anew."""
    size = before.size
    anew = np.empty(places.size, kind)
    known = places < size
    anew[known] = before[places[known]]
    anew[~known] = after[places[~known] - size]
    found = np.empty(int((runs[:, 1] - runs[:, 0]).sum()), kind)
    for at, first, end in _blocks(runs):
        found[at : at + end - first] = before[first:end] if first < size else anew[first - size : end - size]
    return found


def _blocks(runs: Longs) -> Iterator[tuple[int, int, int]]:
    """Each run, after the place where it goes."""
    at = 0
    for first, end in runs.tolist():
        yield at, first, end
        at += end - first


def _renamed(before: Named, after: Named) -> tuple[Codes, tuple[str, ...]]:
    """The codes of the fresh column among the names of both, which stand in the order of their first appearance."""
    wanted = set(after.names)
    known = {name: code for code, name in enumerate(before.names) if name in wanted}
    new = [name for name in after.names if name not in known]
    known.update({name: len(before.names) + place for place, name in enumerate(new)})
    codes = np.array([known[name] for name in after.names], np.uint32)
    return codes[after.codes] if codes.size else np.zeros(0, np.uint32), (*before.names, *new)


def _width(names: int) -> type[np.unsignedinteger[Any]]:
    """The narrowest codes for so many names."""
    if names <= MOST_CHANNELS:
        return np.uint8
    return np.uint16 if names <= MOST_ACTIONS else np.uint32


def _ids(store: History) -> Longs:
    return store.ids.to_numpy(zero_copy_only=False)
