"""People derived anew around the identifiers that something happened to, and written where they changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

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
    hangs_on,
    is_shared,
)
from noline.truth.customers.rules import Rules
from noline.truth.customers.tables import Standing

Around = dict[Subject, tuple[Link, Known]]
"""The neighbours of an identifier, each with the most trusted link and what is known of it."""

_MANY_LINKS = 500
"""With more links the names that hang on these identifiers are left to the store, which tells them apart sooner."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything that can decide whose some identifiers are. standing: how it was written so far.

    trimmed: identifiers of whose neighbours those may be left out that hang on them, and so are whose they are.
    """

    evidence: Evidence
    shared: frozenset[Subject]
    standing: Mapping[Subject, Standing]
    trimmed: frozenset[Subject]

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
        around = self.surroundings(tx, touched, recount=recount, trim=not recount)
        if not around.standing:
            return
        derived = around.derived(self.rules)
        changed = {
            subject: person for subject, person in derived.people.items() if around.standing[subject].person != person
        }
        for subject in around.trimmed & changed.keys():
            hanging = tables.neighbours(tx, [subject])[subject] - around.standing.keys()
            changed |= dict.fromkeys(hanging, changed[subject])
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
        trim: bool = False,
    ) -> Surroundings:
        """All evidence that can reach these identifiers by what glues, or glued before one of them became shared.

        supposed: links of a model that nobody wrote yet. recount: find out anew which identifiers are shared. trim:
        leave out of many names that hang on one those that decide nothing.
        """
        supposed_at: dict[Subject, set[ModelLink]] = {}
        for link in supposed:
            for end in (link.one, link.other):
                supposed_at.setdefault(end, set()).add(link)
        links: set[Link] = set()
        decisions: dict[str, Decision] = {}
        model: set[ModelLink] = set()
        shared: set[Subject] = set()
        trimmed: set[Subject] = set()
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
            going = {subject: one.known for subject, one in here.items() if subject not in stay}
            following: set[Subject] = set()
            around_each, cut = self._around(reader, going, trim=trim)
            became = {one for one in counted & going.keys() if self._is_shared(going[one], around_each[one])}
            shared |= became
            # What hung on a name that is shared from now on hangs on it no more.
            around_each |= _around(tables.links_of(reader, sorted(cut & became)), cut & became)
            trimmed |= cut - became
            for subject, around in around_each.items():
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
        return Surroundings(evidence, frozenset(shared), standing, frozenset(trimmed))

    def _around(
        self, reader: Reader, going: Mapping[Subject, Known], *, trim: bool
    ) -> tuple[dict[Subject, Around], set[Subject]]:
        """The neighbours of identifiers, and those of them of whose neighbours some may be left out."""
        subjects = sorted(going)
        few = tables.few_links_of(reader, subjects, _MANY_LINKS) if trim else None
        if few is not None:
            return _around(few, going), set()
        crowded = tables.crowded(reader, subjects, _MANY_LINKS) if trim else set()
        kinds = {one: self._hanging_on(going[one].namespace) for one in sorted(crowded)}
        cut = {one: some for one, some in kinds.items() if some}
        rows = chain(
            tables.links_of(reader, [one for one in subjects if one not in cut]),
            *(tables.telling_links_of(reader, one, some) for one, some in cut.items()),
        )
        return _around(rows, going), set(cut)

    def _hanging_on(self, name: str) -> list[str]:
        """The kinds of names that hang on one of this kind when they are linked with nothing else."""
        return sorted(kind for kind in self.rules.namespaces if hangs_on(kind, name, self.rules))

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


def _around(rows: Iterable[tables.LinkRow], subjects: Iterable[Subject]) -> dict[Subject, Around]:
    """The neighbours of identifiers by links that are more than a claim."""
    around: dict[Subject, Around] = {subject: {} for subject in subjects}
    for near, link, far, known in rows:
        if link.trust > CLAIMED and (far not in around[near] or link.trust > around[near][far][0].trust):
            around[near][far] = (link, known)
    return around
