"""Keys, sources, links and sessions: who may come in, for how long, and that no key can be read from the store."""

import threading

import pytest

from fixed_clock import FixedClock
from noline.kernel.clock import DAY, MINUTE
from noline.kernel.errors import KeyUnknown, NameTaken, NotFound
from noline.stores.access import Access, Key, Role, Source
from noline.stores.vault import Vault

SECRET = bytes(range(32))


@pytest.fixture
def clock():
    return FixedClock()


@pytest.fixture
def access(store, clock):
    return Access(store, Vault(SECRET, clock).digest, clock)


def everything_in(store) -> str:
    with store.reading() as reader:
        return " ".join(
            repr([tuple(bytes(one) if isinstance(one, memoryview) else one for one in row) for row in reader.rows(sql)])
            for sql in ("SELECT * FROM sources", "SELECT * FROM keys", "SELECT * FROM sessions")
        )


# Sources


def test_a_write_key_leads_to_its_source(access, clock):
    key = access.add_source("web", "web", trust="browser")
    expected = Source("web", "web", "browser", key[:6], clock.now())
    assert access.source_of_key(key) == access.source("web") == expected
    assert access.sources() == [expected]


def test_sources_are_listed_by_name(access):
    for name in ("till", "app", "web"):
        access.add_source(name, name)
    assert [source.name for source in access.sources()] == ["app", "till", "web"]


def test_two_sources_have_two_names(access):
    access.add_source("web", "web")
    with pytest.raises(NameTaken, match="There is a source called 'web' already"):
        access.add_source("web", "app")
    assert [source.channel for source in access.sources()] == ["web"]


def test_a_source_that_is_there_is_not_made_again(access):
    access.ensure_source("web", "web")
    access.ensure_source("web", "app")
    assert [(source.name, source.channel) for source in access.sources()] == [("web", "web")]


def test_who_is_not_known_is_refused(access):
    with pytest.raises(NotFound):
        access.source("nobody")
    with pytest.raises(KeyUnknown):
        access.source_of_key("c" + "0" * 24)
    with pytest.raises(KeyUnknown):
        access.role_of_key("nk_" + "0" * 40)


def test_a_source_made_by_another_process_is_known_at_once(access, store, clock):
    key = Access(store, Vault(SECRET, clock).digest, clock).add_source("web", "web")
    assert access.source_of_key(key).name == "web"


def test_a_key_of_another_hub_opens_nothing(access, store, clock):
    key = access.add_source("web", "web")
    _, admin = access.add_key(Role.ADMIN)
    elsewhere = Access(store, Vault(bytes(32), clock).digest, clock)
    with pytest.raises(KeyUnknown):
        elsewhere.source_of_key(key)
    with pytest.raises(KeyUnknown):
        elsewhere.role_of_key(admin)


# Keys


def test_a_key_has_its_role_until_it_is_removed(access, clock):
    name, key = access.add_key(Role.MANAGER, "reports")
    assert access.role_of_key(key) == Role.MANAGER
    assert access.key_of(key) == Key("reports", "manager", key[:7], clock.now())
    assert access.keys() == [Key("reports", "manager", key[:7], clock.now())] and name == "reports"  # noqa: PT018
    access.remove_key("reports")
    assert access.keys() == []
    with pytest.raises(KeyUnknown):
        access.role_of_key(key)
    with pytest.raises(KeyUnknown):
        access.key_of(key)
    with pytest.raises(NotFound, match="No key is known as 'reports'"):
        access.remove_key("reports")


def test_a_key_without_a_name_gets_one(access):
    name, key = access.add_key(Role.ASSOCIATE)
    assert name == f"associate-{key[3:9]}"


def test_a_name_of_a_key_is_taken_once(access):
    access.add_key(Role.ADMIN, "me")
    with pytest.raises(NameTaken):
        access.add_key(Role.ASSOCIATE, "me")
    assert [key.role for key in access.keys()] == ["admin"]  # noqa: SIM118  a register, no dictionary


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("admin", {"admin", "manager", "analyst", "associate", "partner"}),
        ("manager", {"manager", "analyst", "associate", "partner"}),
        ("analyst", {"analyst"}),
        ("associate", {"associate", "partner"}),
        ("partner", {"partner"}),
    ],
)
def test_a_role_may_do_what_those_below_it_may(role, may):
    assert {needed for needed in Role if Role(role).includes(needed)} == may


# Links and sessions


def test_a_link_opens_one_session_of_its_role(access):
    link = access.new_link(Role.MANAGER)
    session = access.session_of_link(link)
    assert access.role_of_session(session) == Role.MANAGER
    with pytest.raises(KeyUnknown):
        access.session_of_link(link)
    assert access.role_of_session(session) == Role.MANAGER


def test_a_link_is_no_session_and_a_session_is_no_link(access):
    link, session = access.new_link(Role.ADMIN), access.new_session(Role.ADMIN)
    with pytest.raises(KeyUnknown):
        access.role_of_session(link)
    with pytest.raises(KeyUnknown):
        access.session_of_link(session)
    assert access.role_of_session(session) == Role.ADMIN


def test_a_link_opened_twice_at_the_same_time_makes_one_session(access):
    link = access.new_link(Role.ADMIN)
    barrier = threading.Barrier(4)
    outcomes = []

    def open_it() -> None:
        barrier.wait()
        try:
            outcomes.append(access.session_of_link(link))
        except KeyUnknown:
            outcomes.append(None)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 4
    assert len([session for session in outcomes if session]) == 1


def test_a_link_is_good_for_fifteen_minutes_and_a_session_for_fourteen_days(access, clock):
    late, in_time = access.new_link(Role.ADMIN), access.new_link(Role.ADMIN)
    clock.go_on(15 * MINUTE)
    session = access.session_of_link(in_time)
    clock.go_on(1)
    with pytest.raises(KeyUnknown):
        access.session_of_link(late)
    clock.go_on(14 * DAY - 1)
    assert access.role_of_session(session) == Role.ADMIN
    clock.go_on(1)
    with pytest.raises(KeyUnknown):
        access.role_of_session(session)


def test_what_is_too_old_is_cleared_away_when_a_new_one_is_made(access, clock, store):
    access.new_session(Role.ADMIN)
    clock.go_on(15 * DAY)
    access.new_session(Role.ADMIN)
    with store.reading() as reader:
        assert reader.row("SELECT count(*) FROM sessions") == (1,)


def test_who_logs_out_is_out(access):
    session, other = access.new_session(Role.ADMIN), access.new_session(Role.ADMIN)
    access.end_session(session)
    with pytest.raises(KeyUnknown):
        access.role_of_session(session)
    assert access.role_of_session(other) == Role.ADMIN


def test_no_key_and_no_token_lies_in_the_store(access, store):
    shown = [
        access.add_source("web", "web"),
        access.add_key(Role.ADMIN, "me")[1],
        access.new_link(Role.ADMIN),
        access.new_session(Role.ADMIN),
    ]
    kept = everything_in(store)
    assert kept.count("web") == 2
    assert [secret for secret in shown if secret in kept or secret[8:] in kept] == []
