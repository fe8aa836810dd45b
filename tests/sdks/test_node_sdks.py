"""The Node SDKs of Segment, RudderStack and Jitsu, unpatched, write to a real server."""

import pytest

from clients.forgetful_line import forgetful_line
from clients.serving import ServedHub, Source
from clients.visits import KINDS, Visit

BOTH = pytest.mark.parametrize("script", ["segment-node", "rudder-node"])


@BOTH
def test_every_call_of_the_sdk_is_accepted(script: str, play, served: ServedHub, source: Source):
    assert play(script, served.origin, source.key, Visit().calls) == []

    assert served.books(source) == {"received": 7, "accepted": 7, "duplicate": 0, "conflict": 0, "parked": 0}
    assert sorted(served.kinds(source)) == KINDS


@BOTH
def test_what_somebody_looked_at_before_the_login_is_theirs_after_it(
    script: str, play, served: ServedHub, source: Source
):
    visit = Visit()

    play(script, served.origin, source.key, visit.calls[:2])

    catherine = served.person_of("user_id", visit.user)
    assert catherine is not None
    assert served.person_of("anonymous_id", visit.anonymous) == catherine
    assert served.person_of("email", visit.email) == catherine


@BOTH
def test_an_event_belongs_to_the_channel_of_its_source_whatever_the_sdk_calls_itself(
    script: str, play, served: ServedHub, source: Source
):
    play(script, served.origin, source.key, [Visit().look()])

    assert served.channels(source) == ["web"]


@BOTH
def test_a_lost_answer_makes_the_sdk_send_again_and_nothing_counts_twice(
    script: str, play, served: ServedHub, source: Source
):
    with forgetful_line(served.port, losses=1) as line:
        assert play(script, line.origin, source.key, [Visit().look()]) == []

        assert [request.path for request in line.posted] == ["/v1/batch"] * 2
    assert served.books(source) == {"received": 2, "accepted": 1, "duplicate": 1, "conflict": 0, "parked": 0}


@BOTH
def test_calls_made_again_with_the_same_ids_are_duplicates(script: str, play, served: ServedHub, source: Source):
    calls = Visit().dated_calls()

    play(script, served.origin, source.key, calls)
    play(script, served.origin, source.key, calls)

    assert served.books(source) == {"received": 14, "accepted": 7, "duplicate": 7, "conflict": 0, "parked": 0}


@BOTH
def test_a_text_cut_through_an_emoji_does_not_harm_its_neighbours(script: str, play, served: ServedHub, source: Source):
    cut = Visit().look() | {"properties": {"title": "Coffee \ud83d"}}

    play(script, served.origin, source.key, [Visit().look(), Visit().look(), cut, Visit().look()])

    assert served.books(source) == {"received": 4, "accepted": 3, "duplicate": 0, "conflict": 0, "parked": 1}
    assert served.dead_letters(source) == ["bad_encoding"]


@BOTH
def test_an_unknown_key_is_told_to_the_application_and_not_tried_again(script: str, play, served: ServedHub):
    with forgetful_line(served.port, losses=0) as line:
        [error] = play(script, line.origin, "nobodys-key", [Visit().look()])

        assert "401" in error
        assert len(line.posted) == 1


def test_rudderstack_sends_plain_json_too(play, served: ServedHub, source: Source):
    with forgetful_line(served.port, losses=0) as line:
        play("rudder-node", line.origin, source.key, Visit().calls, gzip=False)
        play("rudder-node", line.origin, source.key, Visit().calls)

        types = {request.headers["content-type"] for request in line.posted}
    assert types == {"application/json", "application/x-www-form-urlencoded"}
    assert served.books(source) == {"received": 14, "accepted": 14, "duplicate": 0, "conflict": 0, "parked": 0}


@pytest.mark.parametrize("second_part", ["", ":secret"])
def test_every_call_of_jitsu_is_accepted_with_a_key_of_one_part_or_two(
    second_part: str, play, served: ServedHub, source: Source
):
    visit = Visit()
    calls = [call for call in visit.calls[1:] if call["call"] in ("identify", "track", "page", "group")]

    assert play("jitsu-node", served.origin, source.key + second_part, calls) == []

    assert served.books(source) == {"received": 4, "accepted": 4, "duplicate": 0, "conflict": 0, "parked": 0}
    assert sorted(served.kinds(source)) == sorted(["identify", "Product Added", "Page Viewed", "group"])
    assert served.person_of("user_id", visit.user) == served.person_of("email", visit.email)
