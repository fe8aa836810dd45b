"""The walks of the demo company are, to the last person, what the SQL of journeys says."""

COUNTS = (
    "from_channel to_channel attempts declared attempts_lost attempts_undecided persons arrived lost "
    "lost_before_arrival lost_after_arrival undecided succeeded"
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
