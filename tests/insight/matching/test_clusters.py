"""Groups hold together on the average of their pairs."""

import numpy as np
import pytest

from noline.insight.matching.clusters import Links, Rules, ToldBoth, components, people, sharpened


def links(*edges):
    left, right, bits = zip(*edges, strict=True)
    return Links(np.array(left), np.array(right), np.array(bits, float))


def test_components_are_named_after_their_least_member():
    assert components(6, np.array([4, 1, 2]), np.array([5, 2, 3])).tolist() == [0, 1, 1, 1, 4, 4]


def test_one_bridge_does_not_glue_two_people():
    triangles = [(0, 1, 12), (0, 2, 12), (1, 2, 12), (3, 4, 12), (3, 5, 12), (4, 5, 12)]
    assert people(6, links(*triangles, (2, 3, 3)), 0.0, Rules()).tolist() == [0, 0, 0, 3, 3, 3]


def test_one_doubtful_pair_does_not_part_a_person():
    edges = [(0, 1, 15), (1, 2, 15), (0, 2, -4)]
    assert people(3, links(*edges), 0.0, Rules()).tolist() == [0, 0, 0]


def test_a_source_that_names_each_person_once_is_in_no_person_twice():
    found = people(3, links((0, 1, 9), (0, 2, 5)), 0.0, Rules(alone=np.array([0, 1, 1])))
    assert found.tolist() == [0, 0, 2]


def test_must_and_cannot_hold():
    edges = links((0, 1, 20), (2, 3, -9))
    assert people(4, edges, 0.0, Rules(must=[(2, 3)], cannot=[(0, 1)])).tolist() == [0, 1, 2, 2]


def test_cannot_holds_through_others():
    edges = links((0, 1, 20), (1, 2, 19), (0, 2, 20))
    found = people(3, edges, 0.0, Rules(cannot=[(0, 2)])).tolist()
    assert found[0] != found[2]


@pytest.mark.parametrize("cannot", [(0, 1), (0, 2)])
def test_a_contradiction_is_refused(cannot):
    with pytest.raises(ToldBoth):
        people(3, links((0, 1, 1)), 0.0, Rules(must=[(0, 1), (1, 2)], cannot=[cannot]))


def test_persons_expected_where_they_cannot_be_are_expected_elsewhere():
    alone = np.array([0, 1, 0, 0, 1])
    edges = links((0, 1, 12), (1, 2, -1.5), (3, 4, -1.5))
    found = sharpened(edges, np.array([0, 0, 2, 3, 4]), alone)
    assert found.bits[0] == 12
    assert found.bits[1] == -20
    # Two pairs of odds 1 : 2.8 shared .52 persons; the one that is left has them alone.
    assert found.bits[2] == pytest.approx(0.13, abs=0.01)


def test_who_is_claimed_with_equal_right_by_two_who_exclude_each_other_belongs_to_neither():
    edges = links((0, 1, 4), (0, 2, 4), (1, 2, -6), (0, 3, 4), (1, 3, 4), (2, 3, 4))
    assert people(4, edges, 0.0, Rules(rivals=True)).tolist() == [0, 1, 2, 0]
    assert len(set(people(4, edges, 0.0, Rules()).tolist())) < 3


def test_a_better_right_decides_between_rivals():
    edges = links((0, 1, 6), (0, 2, 4), (1, 2, -6))
    assert people(3, edges, 0.0, Rules(rivals=True)).tolist() == [0, 0, 2]
