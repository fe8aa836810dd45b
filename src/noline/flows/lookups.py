"""How long finding a customer takes on this machine, now: profiles of people of all the history, read one by one."""

import time
from collections.abc import Sequence

from noline.flows.recognise import Recognition
from noline.kernel.errors import NotFound
from noline.stores.transactional import TransactionalStore

SAMPLED = 40
"""So many people are looked up; the slowest twentieth of them decides."""


def sampled(people: int) -> list[int]:
    """Whom to look up, of so many people: places from 0, spread evenly over all of them."""
    count = min(people, SAMPLED)
    return [one * people // count for one in range(count)]


def p95_ms(store: TransactionalStore, recognition: Recognition, people: Sequence[str]) -> float | None:
    """The 95th percentile of the milliseconds that a profile takes; None without people.

    people: ids, each of which is asked for, after the first once more to warm what a server keeps warm.
    """
    if not people:
        return None
    taken: list[float] = []
    with store.reading() as reader:
        for person in [people[0], *people]:
            began = time.perf_counter()
            try:
                recognition.profile(reader, person)
            except NotFound:
                continue
            taken.append(1000 * (time.perf_counter() - began))
    slowest_last = sorted(taken[1:])
    return slowest_last[(95 * len(slowest_last) - 1) // 100] if slowest_last else None
