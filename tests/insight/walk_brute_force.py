"""Every chain that a funnel allows, tried one after the other: slow, and too simple to be wrong in the same way."""

from itertools import combinations, permutations

from noline.insight.walks.model import Funnel


def levels(events: list[tuple[int, frozenset[int], bool]], funnel: Funnel, *, overlapping: bool) -> list[bool]:
    """Whether a person reached each step. events: (moment, steps it may be, whether it is banned), in file order."""
    if funnel.ends == "person" and any(banned for _, _, banned in events):
        return [False] * len(funnel.steps)
    numbers = range(len(funnel.steps))
    if funnel.mode == "any":
        most = max((_most_done(group, funnel) for group in _groups(events, funnel)), default=0)
        return [most > number for number in numbers]
    return [any(_reaches(events, funnel, steps, overlapping) for steps in _paths(funnel, last)) for last in numbers]


def _paths(funnel: Funnel, last: int) -> list[list[int]]:
    """Which steps a chain to this one may consist of: the required ones, with any of the optional ones."""
    optional = [number for number in range(last) if funnel.steps[number].optional]
    left_out = [set(some) for size in range(len(optional) + 1) for some in combinations(optional, size)]
    return [[number for number in range(last + 1) if number not in out] for out in left_out]


def _reaches(events, funnel: Funnel, steps: list[int], overlapping: bool) -> bool:
    chosen = permutations(range(len(events)), len(steps))
    return any(_is_chain(events, funnel, steps, chain, overlapping) for chain in chosen)


def _is_chain(events, funnel: Funnel, steps: list[int], chain: tuple[int, ...], overlapping: bool) -> bool:
    moments = [events[number][0] for number in chain]
    return (
        all(step in events[number][1] for step, number in zip(steps, chain, strict=True))
        and not (overlapping and list(chain) != sorted(chain))
        and all(
            (funnel.steps[step].least or -funnel.tolerance) <= here - before
            and (funnel.steps[step].most is None or here - before <= funnel.steps[step].most)
            for step, before, here in zip(steps[1:], moments, moments[1:], strict=False)
        )
        and (funnel.window is None or all(here - moments[0] <= funnel.window for here in moments))
        and not any(
            banned and moments[0] + funnel.tolerance < at < here - funnel.tolerance
            for here in moments
            for at, _, banned in events
        )
        and (funnel.mode != "strict" or _is_run(events, chain, overlapping))
    )


def _is_run(events, chain: tuple[int, ...], overlapping: bool) -> bool:
    """Whether some order of the events, equal moments either way, has those of the chain directly after each other."""
    others = [number for number in range(len(events)) if number not in chain]
    first, last = events[chain[0]], events[chain[-1]]
    if overlapping:
        return all(number < chain[0] or number > chain[-1] for number in others)
    # Each other event has to stand before the whole chain or after it.
    return all(events[number][0] <= first[0] or events[number][0] >= last[0] for number in others)


def _groups(events, funnel: Funnel):
    """The events within a window that opens with one of them."""
    for start, steps, _ in events:
        if steps:
            yield [
                one for at, one, _ in events if at >= start and (funnel.window is None or at - start <= funnel.window)
            ]


def _most_done(group: list[frozenset[int]], funnel: Funnel) -> int:
    """How many steps these events can do, each at most one."""
    wanted = range(len(funnel.steps))
    for size in range(len(funnel.steps), 0, -1):
        for steps in combinations(wanted, size):
            if size <= len(group) and any(
                all(step in one for step, one in zip(steps, some, strict=True)) for some in permutations(group, size)
            ):
                return size
    return 0
