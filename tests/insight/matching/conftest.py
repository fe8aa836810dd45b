"""One crowd, matched once, for all who look at it."""

import pytest

from insight.matching.crowd import Crowd
from noline.insight.matching.service import Matched, match


@pytest.fixture(scope="session")
def crowd() -> Crowd:
    return Crowd(families=160)


@pytest.fixture(scope="session")
def matched(crowd: Crowd) -> Matched:
    return match(crowd.table(), id_column="row", threads=2)
