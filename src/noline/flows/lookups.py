"""How long finding a customer takes on this machine, now: profiles of people of all the history, read one by one."""

import time

from noline.flows.recognise import Recognition
from noline.kernel.errors import NotFound
from noline.stores.transactional import TransactionalStore

SAMPLED = 40
"""So many people are looked up; the slowest twentieth of them decides."""


def p95_ms(store: TransactionalStore, recognition: Recognition, people: list[str]) -> float | None:
    """The 95th percentile of the milliseconds that a profile takes; None without people.

    people: ids; those evenly spread among them are asked for, after one that warms what a server keeps warm.
    """
    if not people:
        return None
    step = max(1, len(people) // SAMPLED)
    taken: list[float] = []
    with store.reading() as reader:
        for person in [people[0], *people[::step][:SAMPLED]]:
            began = time.perf_counter()
            try:
                recognition.profile(reader, person)
            except NotFound:
                continue
            taken.append(1000 * (time.perf_counter() - began))
    slowest_last = sorted(taken[1:])
    return slowest_last[(95 * len(slowest_last) - 1) // 100] if slowest_last else None
