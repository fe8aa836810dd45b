"""The walks of the demo company are, to the last person, what the SQL of journeys says."""

COUNTS = (
    "from_channel to_channel attempts declared attempts_lost attempts_undecided persons arrived lost "
    "arrived_decided lost_before_arrival lost_after_arrival undecided undecided_succeeded succeeded"
).split()


def test_every_border_and_everybody_lost_on_it_is_the_same(company):
    attempts = company.walks.attempts()
    ours, theirs = attempts.borders(), company.journeys.handoffs()
    assert [[getattr(one, name) for name in COUNTS] for one in ours] == [
        [getattr(one, name) for name in COUNTS] for one in theirs
    ]
    assert sum(one.lost for one in ours) > 200
    for one in theirs[:6]:
        lost = company.journeys.lost_people(one.from_channel, one.to_channel, limit=10_000)
        found = attempts.people(one.from_channel, one.to_channel, "lost", limit=10_000)
        assert [(had.person, had.handed_at, had.ending.removeprefix("lost "), had.evidence) for had in found] == [
            (had.person, had.lost_at, had.where, had.evidence) for had in lost
        ]


def test_every_drop_off_is_the_same(company):
    names = "channel intents persons own_view lost false_drop_offs undecided".split()
    ours = company.walks.passed().drop_offs
    theirs = company.journeys.drop_offs()
    assert [[getattr(one, name) for name in names] for one in ours] == [
        [getattr(one, name) for name in names] for one in theirs
    ]
    assert [one.share_lost[:3] for one in ours] == [
        (one.share_lost, one.share_lost_low, one.share_lost_high) for one in theirs
    ]


def test_over_all_borders_and_channels_each_person_counts_once(company):
    together = company.lost_together
    borders, drops = company.journeys.handoffs(), company.journeys.drop_offs()
    lost = {
        had.person
        for one in borders
        for had in company.journeys.lost_people(one.from_channel, one.to_channel, limit=10_000)
    }
    assert together.lost == len(lost) < sum(one.lost for one in borders)
    assert max(one.persons - one.undecided for one in borders) <= together.decided
    assert together.decided < sum(one.persons - one.undecided for one in borders)
    assert max(one.own_view for one in drops) <= together.dropped <= sum(one.own_view for one in drops)
    assert sum(together.amounts.values()) > 0


def test_the_value_of_borders_and_drop_offs_differs_by_no_more_than_rounding(company):
    passed = company.walks.passed()
    theirs = {(one.from_channel, one.to_channel): one for one in company.journeys.handoffs()}
    for one in passed.borders:
        # The SQL adds up the amounts of each currency and converts the sum; here each amount is converted.
        assert abs(one.value_minor - theirs[one.from_channel, one.to_channel].value_minor) <= one.lost
    dropped = {one.channel: one for one in company.journeys.drop_offs()}
    for drop in passed.drop_offs:
        assert abs(drop.value_minor - dropped[drop.channel].value_minor) <= drop.lost
    assert sum(drop.value_minor for drop in passed.drop_offs) > 0
