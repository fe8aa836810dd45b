"""Which cells of a table of people are shown, so that no small one can be computed from the others.

A table of stages by what came next, with the sums of its rows and columns. Numbers under the limit are withheld; then
further ones, until each small number could lie, as far as all the shown ones tell, in a range at least as wide as the
limit. Sums and the fact that nothing is negative are part of what is known. That nobody is in a cell may follow from
the others: it is about nobody.

The range of a withheld cell is found as the largest flow around it: the cells of a row and those of a column give and
take from each other.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from typing import NamedTuple

_ENDLESS = 2**62

Place = tuple[int, int]
Table = list[list[int]]
Node = tuple[str, int]
Ways = dict[Node, dict[Node, int]]
Cost = tuple[int, int, int, int]
"""Sums of columns, sums of rows, people in what is lost, and steps."""


class Shown(NamedTuple):
    """What may be shown of a table; None is withheld. rows, columns: the sums of the cells."""

    whole: int
    cells: list[list[int | None]]
    rows: list[int | None]
    columns: list[int | None]


def shown(table: Sequence[Sequence[int]], fewest: int) -> Shown | None:
    """What may be shown of a table of counts; None when even its whole is too small."""
    full = _with_sums(table)
    whole = full[-1][-1]
    if whole < fewest:
        return None
    withheld = _withheld(full, fewest)
    seen: list[list[int | None]] = [
        [None if (row, column) in withheld else abs(value) for column, value in enumerate(values)]
        for row, values in enumerate(full)
    ]
    return Shown(whole, [row[:-1] for row in seen[:-1]], [row[-1] for row in seen[:-1]], seen[-1][:-1])


def _with_sums(table: Sequence[Sequence[int]]) -> Table:
    """The table with its sums as negative numbers, so that every row and column adds up to nothing."""
    rows = [[*row, -sum(row)] for row in table]
    return [*rows, [-sum(column) for column in zip(*rows, strict=True)]]


def _withheld(full: Table, fewest: int) -> set[Place]:
    corner = (len(full) - 1, len(full[0]) - 1)
    places = {(row, column) for row, values in enumerate(full) for column in range(len(values))} - {corner}
    withheld = {(row, column) for row, column in places if abs(full[row][column]) < fewest}
    for place in sorted(place for place in withheld if full[place[0]][place[1]]):
        # What is withheld later only widens the range of this one.
        while width(full, withheld, place, corner) < fewest:
            withheld |= _around(full, withheld, place, fewest) or {_cheapest(full, places - withheld, place)}
    return withheld


def _around(full: Table, withheld: set[Place], place: Place, fewest: int) -> set[Place]:
    """The numbers to withhold for the cheapest way on which a small one could rise by the limit; empty: no single way.

    Rising in its row and column, it must be taken from another number of the column, which gives to one of that row,
    and so on until its own row is even again: a shortest path through numbers that can give, or take, as much. A cell
    is cheaper to lose than a sum of a row, that than a sum of a column, and small is cheaper than large.
    Source of the idea: J. P. Kelly, B. L. Golden, A. A. Assad, Cell suppression, 1992.
    """
    start, end = ("column", place[1]), ("row", place[0])
    found: dict[Node, tuple[Cost, Node, Place]] = {}
    waiting: list[tuple[Cost, Node, Node, Place]] = [((0, 0, 0, 0), start, start, place)]
    while waiting and end not in found:
        cost, node, before, over = heappop(waiting)
        if node in found:
            continue
        found[node] = (cost, before, over)
        for other, step in _steps(full, node, place, fewest):
            if other not in found:
                heappush(waiting, (_more(cost, full, withheld, step), other, node, step))
    way: set[Place] = set()
    node = end
    while node in found and node != start:
        _, node, over = found[node]
        way.add(over)
    return way


def _steps(full: Table, node: Node, place: Place, fewest: int) -> Iterator[tuple[Node, Place]]:
    """Where one can go on from a column, by taking from a number, or from a row, by giving to one."""
    kind, number = node
    corner = (len(full) - 1, len(full[0]) - 1)
    for other in range(len(full) if kind == "column" else len(full[0])):
        step = (other, number) if kind == "column" else (number, other)
        value = full[step[0]][step[1]]
        # Cells give as much as they hold and take without end; sums, which stand as negative numbers, the reverse.
        able = value >= fewest if kind == "column" else -value >= fewest
        free = _is_sum(step, corner) if kind == "column" else not _is_sum(step, corner)
        if step not in (place, corner) and (able or free):
            yield ("row" if kind == "column" else "column", other), step


def _more(cost: Cost, full: Table, withheld: set[Place], step: Place) -> Cost:
    if step in withheld:
        return (*cost[:3], cost[3] + 1)
    value = abs(full[step[0]][step[1]])
    below, beside = step[0] == len(full) - 1, step[1] == len(full[0]) - 1
    return cost[0] + below, cost[1] + beside, cost[2] + value, cost[3] + 1


def _cheapest(full: Table, seen: set[Place], place: Place) -> Place:
    """The shown number whose loss costs least, of the same row or column if there is one.

    A cell goes before a sum of a row, that before a sum of a column, and small before large. There always is one: with
    nothing shown but the whole, which is not small, every range is wide.
    """
    beside = [one for one in seen if one[0] == place[0] or one[1] == place[1]] or list(seen)
    last_row, last_column = len(full) - 1, len(full[0]) - 1
    return min(beside, key=lambda one: (one[0] == last_row, one[1] == last_column, abs(full[one[0]][one[1]]), one))


def width(full: Table, withheld: set[Place], place: Place, corner: Place) -> int:
    """How wide the range is in which a withheld number can lie, by all that is shown.

    full: with its sums as `_with_sums` gives them. corner: the place of the whole, which is never withheld.
    """
    ways = _ways(full, withheld - {place}, corner)
    row, column = ("row", place[0]), ("column", place[1])
    up, down = _flow(_copy(ways), column, row), _flow(_copy(ways), row, column)
    value = full[place[0]][place[1]]
    # A cell cannot fall below nothing, and a sum, which stands as a negative number, cannot rise above it.
    return min(up, -value) + down if _is_sum(place, corner) else up + min(down, value)


def _is_sum(place: Place, corner: Place) -> bool:
    return place[0] == corner[0] or place[1] == corner[1]


def _ways(full: Table, withheld: set[Place], corner: Place) -> Ways:
    """How much each withheld number can rise (row to column) and fall (column to row)."""
    ways: Ways = {("row", number): {} for number in range(len(full))}
    ways |= {("column", number): {} for number in range(len(full[0]))}
    for row, column in withheld:
        value = full[row][column]
        summed = _is_sum((row, column), corner)
        ways["row", row]["column", column] = -value if summed else _ENDLESS
        ways["column", column]["row", row] = _ENDLESS if summed else value
    return ways


def _copy(ways: Ways) -> Ways:
    return {node: dict(others) for node, others in ways.items()}


def _flow(ways: Ways, source: Node, target: Node) -> int:
    """The largest flow (Edmonds and Karp, 1972)."""
    whole = 0
    while (path := _path(ways, source, target)) is not None:
        least = min(ways[one][other] for one, other in path)
        for one, other in path:
            ways[one][other] -= least
            ways[other][one] = ways[other].get(one, 0) + least
        whole += least
    return whole


def _path(ways: Ways, source: Node, target: Node) -> list[tuple[Node, Node]] | None:
    """A shortest way with room left."""
    came: dict[Node, Node] = {source: source}
    waiting = deque([source])
    while waiting and target not in came:
        node = waiting.popleft()
        for other, room in ways[node].items():
            if room > 0 and other not in came:
                came[other] = node
                waiting.append(other)
    if target not in came:
        return None
    found = []
    while target != source:
        found.append((came[target], target))
        target = came[target]
    return found[::-1]
