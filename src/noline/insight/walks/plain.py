"""What a funnel means, said for one person and one event after the other.

It is the definition that `funnels.py` is held against, by the tests and by `Walks.check`, and is read first.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from noline.insight.walks.model import Funnel
from noline.kernel.clock import Micros


class Event(NamedTuple):
    """An event as a funnel sees it: when, of which steps it may be, and whether it is one that must not happen."""

    at: Micros
    steps: frozenset[int]
    banned: bool = False


class Chain(NamedTuple):
    """The numbers of the events a chain begins and ends with."""

    began: int
    ended: int


def reached(events: Sequence[Event], funnel: Funnel, *, overlapping: bool) -> dict[int, Chain]:
    """The steps a person reached; for each the first event that got there, and the latest begin of a chain to it.

    events: in their order in time, equal moments as they were told. overlapping: the steps are such that one event may
    be of two of them. In any order step n is n + 1 of the steps.
    """
    if funnel.ends == "person" and any(event.banned for event in events):
        return {}
    if funnel.mode == "any":
        return _any_order(events, funnel)
    if funnel.mode == "strict":
        return _strict(events, funnel, file_order=overlapping)
    return _ordered(events, funnel, file_order=overlapping)


def _ordered(events: Sequence[Event], funnel: Funnel, *, file_order: bool) -> dict[int, Chain]:
    begins: list[dict[int, int]] = []
    for number in range(len(funnel.steps)):
        latest: dict[int, int] = {}
        for end, event in enumerate(events):
            if number in event.steps:
                earlier = [begins[step] for step in funnel.before(number)]
                found = (
                    [end]
                    if number == 0
                    else [
                        began
                        for chains in earlier
                        for before, began in chains.items()
                        if _follows(events, funnel, number, before, end, file_order=file_order)
                        and _holds(events, funnel, began, end)
                    ]
                )
                if found:
                    latest[end] = max(found)
        begins.append(latest)
    return {step: Chain(latest[min(latest)], min(latest)) for step, latest in enumerate(begins) if latest}


def _follows(events: Sequence[Event], funnel: Funnel, step: int, before: int, end: int, *, file_order: bool) -> bool:
    """Whether an event may be this step after another event that is the step before it."""
    least, most = funnel.steps[step].least, funnel.steps[step].most
    waited = events[end].at - events[before].at
    if file_order and before >= end:
        return False
    if least and waited < least:
        return False
    if most is not None and waited > most:
        return False
    # Either may have been first when the two are no further apart than the tolerance.
    return waited >= -funnel.tolerance


def _holds(events: Sequence[Event], funnel: Funnel, began: int, end: int) -> bool:
    """Whether a chain is within the window and holds nothing that must not happen."""
    start, stop = events[began].at, events[end].at
    if funnel.window is not None and stop - start > funnel.window:
        return False
    return not any(event.banned and start + funnel.tolerance < event.at < stop - funnel.tolerance for event in events)


def _strict(events: Sequence[Event], funnel: Funnel, *, file_order: bool) -> dict[int, Chain]:
    found: dict[int, Chain] = {}
    for number in range(len(funnel.steps)):
        ended = [
            chain
            for chain in _runs(events, funnel, number, file_order=file_order)
            if _nothing_between(events, chain, file_order=file_order)
        ]
        if ended:
            end = min(ended, key=lambda chain: (events[chain[-1]].at, chain[-1]))[-1]
            began = max(chain[0] for chain in ended if chain[-1] == end)
            found[number] = Chain(began, end)
    return found


def _runs(events: Sequence[Event], funnel: Funnel, last: int, *, file_order: bool) -> Iterator[tuple[int, ...]]:
    """Every chain of events from the first step to the last asked for, within its times."""
    runs: list[tuple[int, ...]] = [(number,) for number, event in enumerate(events) if 0 in event.steps]
    for step in range(1, last + 1):
        runs = [
            (*run, number)
            for run in runs
            for number, event in enumerate(events)
            if step in event.steps
            and number not in run
            and _follows(events, funnel, step, run[-1], number, file_order=file_order)
            and (funnel.window is None or event.at - events[run[0]].at <= funnel.window)
        ]
    yield from runs


def _nothing_between(events: Sequence[Event], chain: tuple[int, ...], *, file_order: bool) -> bool:
    """Whether every event inside a chain is part of it."""
    if file_order:
        return chain[-1] - chain[0] == len(chain) - 1
    start, stop = events[chain[0]].at, events[chain[-1]].at
    return all(number in chain for number, event in enumerate(events) if start < event.at < stop)


def _any_order(events: Sequence[Event], funnel: Funnel) -> dict[int, Chain]:
    found: dict[int, Chain] = {}
    for start, first in enumerate(events):
        if first.steps:
            done = _done_from(events, funnel, start)
            for number, end in enumerate(done):
                found.setdefault(number, Chain(start, end))
    return found


def _done_from(events: Sequence[Event], funnel: Funnel, start: int) -> list[int]:
    """The events that do a step each, one after the other, before the window that opens here closes."""
    left = set(range(len(funnel.steps)))
    done: list[int] = []
    for number in range(start, len(events)):
        within = funnel.window is None or events[number].at - events[start].at <= funnel.window
        step = min(left & events[number].steps, default=None)
        if within and step is not None:
            left.discard(step)
            done.append(number)
    return done
