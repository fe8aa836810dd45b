"""Segment's and RudderStack's Python SDKs, unpatched, write to a real server."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

import pytest
import rudderstack.analytics as rudderstack
import segment.analytics as segment

from clients.forgetful_line import forgetful_line
from clients.serving import ServedHub, Source
from clients.visits import KINDS, Call, Visit

PYTHON_WORDS = {
    "userId": "user_id", "anonymousId": "anonymous_id", "previousId": "previous_id", "groupId": "group_id",
    "messageId": "message_id",
}  # fmt: skip
NOT_IN_PYTHON = {"call", "originalTimestamp"}


class Sdk(NamedTuple):
    """An SDK and how it is asked to send."""

    client: Callable[..., Any]
    gzip: bool

    def play(self, host: str, key: str, calls: list[Call], **options: Any) -> list[Exception]:
        """Make these calls, flush, and answer what the SDK told its `on_error`."""
        errors: list[Exception] = []
        options |= {"on_error": lambda error, _batch: errors.append(error), "upload_interval": 0.1}
        client = self.client(key, host=host, gzip=self.gzip, **options)
        for call in calls:
            getattr(client, call["call"])(**_arguments(call))
        client.flush()
        client.join()
        return errors


SDKS = [
    pytest.param(Sdk(segment.Client, gzip=False), id="segment"),
    pytest.param(Sdk(segment.Client, gzip=True), id="segment-gzip"),
    pytest.param(Sdk(rudderstack.Client, gzip=False), id="rudderstack"),
    pytest.param(Sdk(rudderstack.Client, gzip=True), id="rudderstack-gzip"),
]
pytestmark = pytest.mark.parametrize("sdk", SDKS)


def _arguments(call: Call) -> Call:
    words = {PYTHON_WORDS.get(name, name): value for name, value in call.items() if name not in NOT_IN_PYTHON}
    if "timestamp" in words:
        words["timestamp"] = datetime.fromisoformat(words["timestamp"])
    return words


def test_every_call_of_the_sdk_is_accepted(sdk: Sdk, served: ServedHub, source: Source):
    assert sdk.play(served.origin, source.key, Visit().calls) == []

    assert served.books(source) == {"received": 7, "accepted": 7, "duplicate": 0, "conflict": 0, "parked": 0}
    assert sorted(served.kinds(source)) == KINDS


def test_what_somebody_looked_at_before_the_login_is_theirs_after_it(sdk: Sdk, served: ServedHub, source: Source):
    visit = Visit()

    sdk.play(served.origin, source.key, [visit.look()])
    stranger = served.person_of("anonymous_id", visit.anonymous)
    assert stranger is not None
    assert served.person_of("email", visit.email) is None

    sdk.play(served.origin, source.key, visit.calls[1:2])
    catherine = served.person_of("user_id", visit.user)
    assert catherine is not None
    assert served.person_of("anonymous_id", visit.anonymous) == catherine
    assert served.person_of("email", visit.email) == catherine


def test_an_event_belongs_to_the_channel_of_its_source_whatever_the_sdk_calls_itself(
    sdk: Sdk, served: ServedHub, source: Source
):
    sdk.play(served.origin, source.key, [Visit().look()])

    assert served.channels(source) == ["web"]


def test_an_event_that_names_its_channel_belongs_there(sdk: Sdk, served: ServedHub, source: Source):
    in_store = Visit().look() | {"context": {"channel": "store", "store_id": "paris-1"}}

    sdk.play(served.origin, source.key, [in_store])

    assert served.channels(source) == ["store"]


def test_a_lost_answer_makes_the_sdk_send_again_and_nothing_counts_twice(sdk: Sdk, served: ServedHub, source: Source):
    with forgetful_line(served.port, losses=2) as line:
        assert sdk.play(line.origin, source.key, Visit().calls) == []

        assert [request.path for request in line.posted] == ["/v1/batch"] * 3
    assert served.books(source) == {"received": 21, "accepted": 7, "duplicate": 14, "conflict": 0, "parked": 0}
    assert len(served.kinds(source)) == 7


def test_calls_made_again_with_the_same_ids_are_duplicates(sdk: Sdk, served: ServedHub, source: Source):
    calls = Visit().dated_calls()

    sdk.play(served.origin, source.key, calls)
    sdk.play(served.origin, source.key, calls)

    assert served.books(source) == {"received": 14, "accepted": 7, "duplicate": 7, "conflict": 0, "parked": 0}


def test_an_unknown_key_is_told_to_the_application_and_not_tried_again(sdk: Sdk, served: ServedHub):
    with forgetful_line(served.port, losses=0) as line:
        [error] = sdk.play(line.origin, "nobodys-key", Visit().calls)

        assert (error.status, error.code) == (401, "auth.key_unknown")
        assert len(line.posted) == 1
