"""Tasks for people: they follow from what is so now, and are gone when it is so no longer.

Only a closing is kept. A task that somebody closed comes back when what it is about changed after that and still is so.
"""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple, get_args

from noline.flows.deeds import Deed
from noline.flows.fulfilling import is_to_count
from noline.flows.goods import Desk
from noline.kernel.clock import Micros
from noline.kernel.errors import NotFound
from noline.kernel.events import Json
from noline.kernel.quantities import Units
from noline.stores.transactional import Reader
from noline.truth.goods.model import Closing, Return, Transfer, name
from noline.truth.goods.service import TASK_CLOSED, task_closed
from noline.truth.orders.service import Orders
from noline.truth.stock.model import Availability

Kind = Literal["conflict", "count", "inspect", "receive"]
KINDS: tuple[str, ...] = get_args(Kind)

_MOST = 10_000


class Task(NamedTuple):
    """Something for a person to do.

    conflict: more of an item is promised than lies there, by `units`. count: somebody did not find `units` that the
    books have. inspect: `units` of a return came back. receive: `units` of a transfer are on their way. document: the
    paper or order it is about; empty where there is none. due_at: when a transfer is expected.
    """

    id: str
    kind: Kind
    location: str
    units: Units
    sku: str = ""
    document: str = ""
    on_hand: Units | None = None
    promised: Units | None = None
    due_at: Micros | None = None


class _Found(NamedTuple):
    """A task, and when what it is about was told last: its place in the log, or its time where that is not known."""

    task: Task
    seq: int | None = None
    at: Micros | None = None


class Tasks:
    """What people have to do in a hub."""

    def __init__(self, desk: Desk, orders: Orders) -> None:
        """Wire the tasks."""
        self._desk = desk
        self._orders = orders

    def open(self, *, location: str | None = None, kind: str | None = None, limit: int = 1000) -> list[Task]:
        """What is to be done: conflicts first, then counts, returns to inspect and transfers to receive."""
        with self._desk.store.reading() as reader:
            return self._open(reader, location, kind)[:limit]

    def close(self, task: str, reason: str, *, by: str) -> Task:
        """Say that a task is done, or that nothing is to be done, and why. Raises NotFound and GoodsUnreadable."""
        reason = name("reason", reason.strip())
        with self._desk.store.transaction() as tx:
            found = next((one for one in self._open(tx, None, None) if one.id == task), None)
            if found is None:
                raise NotFound(what="open task", name=task)
            about: Json = {
                "kind": found.kind, "location": found.location, "sku": found.sku, "document": found.document,
                "units": found.units,
            }  # fmt: skip
            subject = self._desk.goods.subject_of_task(task)
            deed = Deed(TASK_CLOSED, subject, task_closed(task, reason, about), personal=False)
            self._desk.deeds.do(tx, [deed], by=by)
            return found

    # -- inside

    def _open(self, reader: Reader, location: str | None, kind: str | None) -> list[Task]:
        ways = {
            "conflict": self._conflicts,
            "count": self._counts,
            "inspect": self._returns,
            "receive": self._transfers,
        }
        found = [
            one
            for name, way in ways.items()
            if kind in (None, name)
            for one in way(reader)
            if location in (None, one.task.location)
        ]
        closings = self._desk.goods.closings(reader, [one.task.id for one in found])
        return [
            one.task for one in found
            if one.task.id not in closings or self._came_back(reader, one, closings[one.task.id])
        ]  # fmt: skip

    def _came_back(self, reader: Reader, found: _Found, closing: Closing) -> bool:
        """Whether what a closed task is about was told again since."""
        if found.seq is not None:
            return found.seq > closing.seq
        if found.at is not None:
            return found.at > closing.at
        task = found.task
        return self._desk.stock.versions(reader, task.sku).get(task.location, 0) > closing.seq

    def _conflicts(self, reader: Reader) -> Iterator[_Found]:
        flagged = self._desk.stock.overpromised(reader, _MOST)
        shelves = self._shelves(reader, {one.sku for one in flagged})
        for one in flagged:
            shelf = shelves[one.sku, one.location]
            promised = shelf.held + shelf.allocated
            if shelf.on_hand < promised:
                task = self._task("conflict", one.location, promised - shelf.on_hand, sku=one.sku)
                yield _Found(task._replace(on_hand=shelf.on_hand, promised=promised))

    def _counts(self, reader: Reader) -> Iterator[_Found]:
        picks = [
            (one.sku, one.location, one.units, one.document, one.at)
            for one in self._desk.goods.short_picks(reader, _MOST)
        ]
        picks += [(one.sku, one.location, one.units, "", one.missed_at) for one in self._orders.missing(reader)]
        shelves = self._shelves(reader, {sku for sku, *_ in picks})
        latest: dict[tuple[str, str], _Found] = {}
        for sku, location, units, document, at in sorted(picks, key=lambda one: one[4]):
            shelf = shelves.get((sku, location))
            if is_to_count(shelf, at):
                task = self._task("count", location, units, sku=sku)
                on_hand = 0 if shelf is None else shelf.on_hand
                latest[sku, location] = _Found(task._replace(document=document, on_hand=on_hand), at=at)
        yield from latest.values()

    def _returns(self, reader: Reader) -> Iterator[_Found]:
        for paper, seq in self._desk.goods.papers(reader, Return, states=("received",), limit=_MOST):
            if isinstance(paper, Return):
                units = sum(line.received or 0 for line in paper.lines)
                yield _Found(self._task("inspect", paper.location, units, document=paper.id), seq)

    def _transfers(self, reader: Reader) -> Iterator[_Found]:
        for paper, seq in self._desk.goods.papers(reader, Transfer, states=("in_transit",), limit=_MOST):
            if isinstance(paper, Transfer):
                units = sum(line.picked or 0 for line in paper.lines)
                task = self._task("receive", paper.target, units, document=paper.id)
                yield _Found(task._replace(due_at=paper.due_at), seq)

    def _task(self, kind: Kind, location: str, units: Units, *, sku: str = "", document: str = "") -> Task:
        return Task(self._desk.goods.task_id(kind, location, sku, document), kind, location, units, sku, document)

    def _shelves(self, reader: Reader, skus: set[str]) -> Mapping[tuple[str, str], Availability]:
        """What lies where of these items, holds whose time has run out left aside."""
        now = self._desk.clock.now()
        return {
            (one.sku, one.location): one
            for sku in sorted(skus)
            for one in self._desk.stock.availability(reader, sku, now)
        }
