"""From likely pairs to people: groups that hold together on the average of all their pairs, not by one bridge."""

import heapq
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, NamedTuple

from noline.kernel.errors import Refused

if TYPE_CHECKING:
    import numpy as np

CERTAIN_BITS = 20.0
"""In an average no pair speaks louder for one person than a million to one."""

DOUBT_BITS = 10.0
"""... nor louder against it than a thousand to one: about as many records are another's by a slip of data entry."""

NEVER_COMPARED_BITS = -6.0
"""A pair that no rule found says about this much against the two being one."""

EQUAL_BITS = 0.1
"""Odds that differ by less than a fourteenth are the same."""

EXCLUDED_BITS = -2.0
"""Two groups that are one person in one of five cases only exclude each other."""

_MOST_SOURCES = 62
_SHARPENED_BITS = 8
"""Classes reach from 1 in 256 to 256 in 257; beyond, there is nothing to share out."""

_MOST_SHARE = 0.98
"""What is left over after others were ruled out is never made surer than this."""

Edge = tuple[int, int, float]


class Links(NamedTuple):
    """Compared pairs: rows of both records, and the log2 odds that they are one person."""

    left: "np.ndarray"
    right: "np.ndarray"
    bits: "np.ndarray"


class Rules(NamedTuple):
    """What holds whatever the odds say.

    `alone`: for each record the number of its source when that source names each person once, else -1. `must` and
    `cannot`: pairs of rows that are one person, or two.
    """

    alone: "np.ndarray | None" = None
    must: Sequence[tuple[int, int]] = ()
    cannot: Sequence[tuple[int, int]] = ()
    rivals: bool = False


class ToldBoth(Refused):
    """Known pairs that contradict each other."""

    code = "match.told_both"
    sentence = "The known pairs say of the same records that they are one person and that they are two."
    hint = "Take the wrong pair back."


def components(size: int, left: "np.ndarray", right: "np.ndarray") -> "np.ndarray":
    """The least member of each member's connected component."""
    import numpy as np

    label = np.arange(size)
    while len(left):
        least = np.minimum(label[left], label[right])
        for ends in (label[left], label[right], left, right):
            np.minimum.at(label, ends, least)
        while not np.array_equal(jumped := label[label], label):
            label = jumped
        still = label[left] != label[right]
        left, right = left[still], right[still]
    return label


def parted(size: int, links: Links, contrary: "np.ndarray", rules: Rules) -> Rules:
    """The rules, and that contrary pairs are two people, unless it is told that they are one."""
    import numpy as np

    must = np.array([*rules.must], np.int64).reshape(-1, 2)
    told = components(size, must[:, 0], must[:, 1])
    left, right = links.left[contrary], links.right[contrary]
    free = told[left] != told[right]
    apart = zip(left[free].tolist(), right[free].tolist(), strict=True)
    return rules._replace(cannot=(*rules.cannot, *apart))


def people(size: int, links: Links, cut: float, rules: Rules) -> "np.ndarray":
    """The person of each record, as the least row of its group; groups join while their average is above the cut.

    Raises ToldBoth.
    """
    import numpy as np

    left, right, bits = links
    sure = bits > cut
    ends = np.array([*rules.must], np.int64).reshape(-1, 2)
    label = components(size, np.concatenate([left[sure], ends[:, 0]]), np.concatenate([right[sure], ends[:, 1]]))
    hard = (label[left] == label[right]) & ~_whole(label, left[sure], rules)[label[left]]
    groups = _grouped(label[left[hard]], left[hard], right[hard], bits[hard])
    told = _told(label, rules)
    for start in sorted(set(groups) | set(told)):
        edges = groups.get(start, [])
        known = told.get(start, Rules())._replace(alone=rules.alone, rivals=rules.rivals)
        members = {one for a, b, _ in edges for one in (a, b)}.union(*known.must, *known.cannot)
        for group in _averaged(members, edges, cut, known):
            label[group] = min(group)
    return label


def sharpened(links: Links, person: "np.ndarray", alone: "np.ndarray") -> Links:
    """The odds once it is known which pairs are out of the question.

    A record whose person already has a record of that source cannot be the same person as another of that source.
    The persons that the odds expected among such pairs must then be among the others of the same odds: each bit-wide
    class of pairs keeps its number of expected persons, and divides it among the pairs that are still possible.
    """
    import numpy as np

    if alone.max(initial=-1) > _MOST_SOURCES:
        return links
    left, right, bits = links
    flag = np.where(alone >= 0, np.int64(1) << np.maximum(alone, 0), 0)
    held = np.zeros(len(person), np.int64)
    np.bitwise_or.at(held, person, flag)
    apart = person[left] != person[right]
    taken = apart & (((flag[left] & held[person[right]]) | (flag[right] & held[person[left]])) != 0)
    edges = np.arange(-_SHARPENED_BITS, _SHARPENED_BITS + 1)
    place = np.digitize(bits, edges)
    size = len(edges) + 1
    expected = np.bincount(place, 1 / (1 + np.exp2(-bits)), minlength=size)
    possible = np.bincount(place[~taken], minlength=size)
    before = expected / np.maximum(np.bincount(place, minlength=size), 1)
    # A class of which all are impossible has nobody to give its persons to; one already surer stays as it is.
    after = np.maximum(np.minimum(expected / np.maximum(possible, 1), _MOST_SHARE), before).clip(1e-6, 1 - 1e-6)
    before = before.clip(1e-6, 1 - 1e-6)
    gain = np.log2(after / (1 - after)) - np.log2(before / (1 - before))
    gain[0] = gain[-1] = 0.0
    return links._replace(bits=np.where(taken, -CERTAIN_BITS, bits + gain[place]))


def _whole(label: "np.ndarray", left: "np.ndarray", rules: Rules) -> "np.ndarray":
    """Which components need no second thought: every pair in them is likely, and no source stands in them twice."""
    import numpy as np

    sizes = np.bincount(label, minlength=len(label))
    whole = np.bincount(label[left], minlength=len(label)) == sizes * (sizes - 1) // 2
    alone = rules.alone
    if alone is not None:
        held = alone >= 0
        sources = int(alone.max()) + 1
        pairs, count = np.unique(label[held] * sources + alone[held], return_counts=True)
        whole[pairs[count > 1] // sources] = False
    for a, b in rules.cannot:
        whole[label[[a, b]]] = False
    return whole


def _grouped(start: "np.ndarray", left: "np.ndarray", right: "np.ndarray", bits: "np.ndarray") -> dict[int, list[Edge]]:
    groups: dict[int, list[Edge]] = {}
    for one, a, b, weight in zip(start.tolist(), left.tolist(), right.tolist(), bits.tolist(), strict=True):
        groups.setdefault(one, []).append((a, b, weight))
    return groups


def _told(label: "np.ndarray", rules: Rules) -> dict[int, Rules]:
    """The known pairs of each component."""
    told: dict[int, Rules] = {}
    for a, b in rules.must:
        before = told.get(int(label[a]), Rules())
        told[int(label[a])] = before._replace(must=(*before.must, (a, b)))
    for a, b in rules.cannot:
        if label[a] == label[b]:
            before = told.get(int(label[a]), Rules())
            told[int(label[a])] = before._replace(cannot=(*before.cannot, (a, b)))
    return told


def _averaged(members: Collection[int], edges: Sequence[Edge], cut: float, rules: Rules) -> list[list[int]]:
    """Average linkage: the two groups with the highest average are joined, while it is above the cut."""
    made = _Groups(members, edges, rules)
    for a, b in rules.must:
        made.join(made.group_of[a], made.group_of[b], anyway=True)
    waiting = [(-made.average(a, b), a, b) for a, others in made.near.items() for b in others if a < b]
    heapq.heapify(waiting)
    while waiting and -waiting[0][0] > cut:
        against, a, b = heapq.heappop(waiting)
        if a not in made.near or b not in made.near[a] or made.average(a, b) != -against:
            continue  # said of groups that have joined others since
        if rules.rivals and (made.claimed(a, b) or made.claimed(b, a)):
            continue
        kept = made.join(a, b)
        if kept is None:
            continue
        for other in made.near[kept]:
            first, second = sorted((kept, other))
            heapq.heappush(waiting, (-made.average(first, second), first, second))
    return [sorted(group) for group in made.groups.values()]


class _Groups:
    """Groups of one component, and the sums of bits between them."""

    def __init__(self, members: Collection[int], edges: Sequence[Edge], rules: Rules) -> None:
        alone = rules.alone
        self.groups: dict[int, list[int]] = {one: [one] for one in sorted(members)}
        self.group_of: dict[int, int] = {one: one for one in members}
        self.near: dict[int, dict[int, tuple[float, int]]] = {one: {} for one in sorted(members)}
        self.sources: dict[int, set[int]] = {
            one: {int(alone[one])} if alone is not None and alone[one] >= 0 else set() for one in members
        }
        self.apart: dict[int, set[int]] = {one: set() for one in members}
        for a, b in rules.cannot:
            self.apart[a].add(b)
            self.apart[b].add(a)
        for a, b, bits in edges:
            held = max(-DOUBT_BITS, min(CERTAIN_BITS, bits))
            self.near[a][b] = self.near[b][a] = (held, 1)

    def average(self, a: int, b: int) -> float:
        """Mean bits over all pairs between two groups, those never compared included."""
        total, compared = self.near[a][b]
        pairs = len(self.groups[a]) * len(self.groups[b])
        return (total + NEVER_COMPARED_BITS * (pairs - compared)) / pairs

    def claimed(self, a: int, b: int) -> bool:
        """Whether a third group, which is not `b`, claims `a` with as good a right: then `a` belongs to neither.

        John Smith without a birth date, of the house in which two John Smiths were born on different days.
        """
        least = self.average(a, b) - EQUAL_BITS
        return any(self._excluded(b, other) and self.average(a, other) >= least for other in self.near[a])

    def _excluded(self, a: int, b: int) -> bool:
        """Whether two groups are hardly one person, or must not be."""
        told = any(self.group_of[one] == b for one in self.apart[a])
        return told or (b in self.near[a] and self.average(a, b) < EXCLUDED_BITS)

    def join(self, a: int, b: int, *, anyway: bool = False) -> int | None:
        """One group of two; None when a rule forbids it. Raises ToldBoth when it must be and must not."""
        if a == b:
            return a
        forbidden = any(self.group_of[one] == b for one in self.apart[a])
        if forbidden and anyway:
            raise ToldBoth
        if forbidden or (not anyway and self.sources[a] & self.sources[b]):
            self.near[a].pop(b, None)
            self.near[b].pop(a, None)
            return None
        kept, gone = min(a, b), max(a, b)
        self.groups[kept] += self.groups.pop(gone)
        for one in self.groups[kept]:
            self.group_of[one] = kept
        self.sources[kept] |= self.sources.pop(gone)
        self.apart[kept] |= self.apart.pop(gone)
        if any(self.group_of[one] == kept for one in self.apart[kept]):
            raise ToldBoth
        self._take_over(kept, gone)
        return kept

    def _take_over(self, kept: int, gone: int) -> None:
        self.near[kept].pop(gone, None)
        for other, (total, count) in self.near.pop(gone).items():
            self.near[other].pop(gone, None)
            if other != kept:
                before, compared = self.near[kept].get(other, (0.0, 0))
                self.near[kept][other] = self.near[other][kept] = (before + total, compared + count)
