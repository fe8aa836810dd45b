"""People derived anew around the identifiers that something happened to, and written where they changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from noline.stores.transactional import Reader, Transaction
from noline.truth.customers import tables
from noline.truth.customers.model import (
    CLAIMED,
    SAME,
    Decision,
    Derived,
    Evidence,
    Known,
    Link,
    ModelLink,
    Subject,
    derive,
    is_shared,
)
from noline.truth.customers.rules import Rules
from noline.truth.customers.tables import Standing


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything that can decide whose some identifiers are. standing: how it was written so far."""

    evidence: Evidence
    shared: frozenset[Subject]
    standing: Mapping[Subject, Standing]

    def derived(self, rules: Rules) -> Derived:
        """The people that follow."""
        return derive(self.evidence, self.shared, rules)


class Derivation:
    """Derives people from the tables. blocked: identifiers that name nobody, so they glue nobody."""

    def __init__(self, rules: Rules, blocked: frozenset[Subject]) -> None:
        """Under these rules."""
        self.rules = rules
        self.blocked = blocked
        self._decided: bool | None = None
        self._refused: bool | None = None

    def forget(self) -> None:
        """Another process may have decided something."""
        self._decided = None
        self._refused = None

    def decided(self, reader: Reader, subjects: set[Subject]) -> set[Subject]:
        """Those of these identifiers of which somebody decided something; costs nothing while nobody ever did."""
        if self._decided is None:
            self._decided = tables.any_decided(reader)
        return tables.decided(reader, sorted(subjects)) if self._decided and subjects else set()

    def has_decided(self) -> None:
        """From now on there are decisions."""
        self._decided = True

    def again(self, tx: Transaction, touched: set[Subject], version: int, *, recount: bool = False) -> None:
        """Derive the people around these identifiers and write those that changed."""
        around = self.surroundings(tx, touched, recount=recount)
        if not around.standing:
            return
        derived = around.derived(self.rules)
        changed = {
            subject: person for subject, person in derived.people.items() if around.standing[subject].person != person
        }
        if changed:
            tables.assign(tx, changed, version)
        flags = {
            subject: subject in around.shared
            for subject, one in around.standing.items()
            if one.shared != (subject in around.shared)
        }
        if flags:
            tables.set_shared(tx, flags)
        self._write_refused(tx, around, derived)

    def surroundings(
        self,
        reader: Reader,
        touched: set[Subject],
        *,
        supposed: frozenset[ModelLink] = frozenset(),
        recount: bool = False,
    ) -> Surroundings:
        """All evidence that can reach these identifiers by what glues, or glued before one of them became shared.

        supposed: links of a model that nobody wrote yet. recount: find out anew which identifiers are shared.
        """
        supposed_at: dict[Subject, set[ModelLink]] = {}
        for link in supposed:
            for end in (link.one, link.other):
                supposed_at.setdefault(end, set()).add(link)
        links: set[Link] = set()
        decisions: dict[str, Decision] = {}
        model: set[ModelLink] = set()
        shared: set[Subject] = set()
        standing: dict[Subject, Standing] = {}
        seen: set[Subject] = set()
        frontier = set(touched)
        while frontier:
            seen |= frontier
            here = tables.identifiers(reader, sorted(frontier))
            here = {subject: here[subject] for subject in frontier if subject in here}
            standing |= here
            # More evidence never makes a name less shared, so one that is need not be counted again.
            counted = {subject for subject in here if recount or (subject in touched and not here[subject].shared)}
            stay = {subject for subject in here if subject in self.blocked}
            stay |= {subject for subject in here if here[subject].shared and subject not in counted}
            shared |= stay
            following: set[Subject] = set()
            for subject, around in _around(reader, here.keys() - stay).items():
                if subject in counted and self._is_shared(here[subject].known, around):
                    shared.add(subject)
                links.update(link for link, _ in around.values())
                if subject not in shared or not here[subject].shared:
                    following |= around.keys()
            deciding, found = self._decisions(reader, here)
            decisions |= deciding
            found.update(link for subject in here for link in supposed_at.get(subject, ()))
            model |= found
            following |= _reached(deciding.values(), found)
            frontier = following - seen
        evidence = Evidence(
            {subject: one.known for subject, one in standing.items()},
            frozenset(link for link in links if link.one in standing and link.other in standing),
            frozenset(decisions.values()),
            frozenset(model),
        )
        return Surroundings(evidence, frozenset(shared), standing)

    def _is_shared(self, own: Known, around: Mapping[Subject, tuple[Link, Known]]) -> bool:
        if len(around) < 2:
            return False
        return is_shared(own.namespace, (known.namespace for _, known in around.values()), self.rules)

    def _decisions(
        self, reader: Reader, here: Mapping[Subject, Standing]
    ) -> tuple[dict[str, Decision], set[ModelLink]]:
        decided = sorted(self.decided(reader, set(here)))
        if not decided:
            return {}, set()
        return (
            {one.id: one for one in tables.decisions_of(reader, decided)},
            set(tables.model_links_of(reader, decided)),
        )

    def _write_refused(self, tx: Transaction, around: Surroundings, derived: Derived) -> None:
        if self._refused is None:
            self._refused = tables.any_refused(tx)
        before = tables.refused_of(tx, sorted(around.standing)) if self._refused else set()
        if before != derived.refused:
            tables.change_refused(tx, before - derived.refused, derived.refused - before)
            self._refused = True


def _reached(decisions: Iterable[Decision], model: Iterable[ModelLink]) -> set[Subject]:
    """Whom decisions and models put together."""
    found = {end for link in model for end in (link.one, link.other)}
    for decision in decisions:
        if decision.kind == SAME:
            found |= decision.one | decision.other
    return found


def _around(reader: Reader, subjects: set[Subject]) -> dict[Subject, dict[Subject, tuple[Link, Known]]]:
    """The neighbours of identifiers by links that are more than a claim."""
    around: dict[Subject, dict[Subject, tuple[Link, Known]]] = {subject: {} for subject in subjects}
    for near, link, far, known in tables.links_of(reader, sorted(subjects)):
        if link.trust > CLAIMED and (far not in around[near] or link.trust > around[near][far][0].trust):
            around[near][far] = (link, known)
    return around
