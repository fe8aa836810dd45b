"""Where the log grows: each item has its receipt, nothing vanishes, and a room that stumbles stops nobody."""

from threading import Barrier, Thread
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noline.channels import segment
from noline.hub import Hub
from noline.kernel.errors import NotReadable
from noline.stores.log import records_after
from shop import Day, track


@pytest.fixture
def shop(hub):
    hub.access.add_source("web", "web")
    hub.access.add_source("till", "store")
    hub.day = Day()
    return hub


def viewed(shop, id="m-1", user="anna", **message):  # noqa: A002
    return {
        "type": "track", "event": "Product Viewed", "messageId": id, "userId": user,
        "timestamp": "2026-03-02T09:00:00Z", "properties": {"sku": "a"},
    } | message  # fmt: skip


def statuses(receipts):
    return [(receipt.status, receipt.seq) for receipt in receipts]


def books(hub):
    return {
        page.source: (page.received, page.accepted, page.duplicate, page.conflict, page.parked) for page in hub.books()
    }


def logged(hub):
    with hub.store.reading() as reader:
        return [(record.seq, record.message_id) for record in records_after(reader, 0, 100_000)]


# Receipts


def test_each_item_of_one_commit_has_its_receipt_in_its_place(shop):
    receipts = shop.accept(
        "web",
        [
            viewed(shop),
            viewed(shop),
            {"type": "shout"},
            viewed(shop, "m-2"),
            viewed(shop, properties={"sku": "b"}),
            viewed(shop, user="bruno"),
        ],
    )
    assert [(one.status, one.seq, one.code, one.path) for one in receipts] == [
        ("accepted", 1, None, None),
        ("duplicate", 1, None, None),
        ("parked", None, "unknown_schema", "/type"),
        ("accepted", 2, None, None),
        ("conflict", 1, None, None),
        ("accepted", 3, None, None),
    ]
    assert books(shop) == {"web": (6, 3, 1, 1, 1)}
    assert logged(shop) == [(1, "m-1"), (2, "m-2"), (3, "m-1")]


def test_what_came_in_an_earlier_commit_is_known_for_ever(shop):
    assert statuses(shop.accept("web", [viewed(shop)])) == [("accepted", 1)]
    again = [viewed(shop), viewed(shop, "m-2"), viewed(shop, properties={"sku": "b"}), viewed(shop, "m-3")]
    assert statuses(shop.accept("web", again)) == [("duplicate", 1), ("accepted", 2), ("conflict", 1), ("accepted", 3)]
    assert books(shop) == {"web": (5, 3, 1, 1, 0)}


@pytest.mark.parametrize(
    "travel",
    [
        {"sentAt": "2026-03-02T09:00:05Z"},
        {"_metadata": {"nodeVersion": "22"}},
        {"writeKey": "c0ffee"},
        {"originalTimestamp": "2026-03-02T09:00:00Z"},
    ],
)
def test_how_an_item_travelled_is_no_difference(shop, travel):
    assert statuses(shop.accept("web", [viewed(shop), viewed(shop, **travel)])) == [("accepted", 1), ("duplicate", 1)]
    assert statuses(shop.accept("web", [viewed(shop, **travel)])) == [("duplicate", 1)]


def test_the_order_of_its_members_is_no_difference(shop):
    shuffled = dict(reversed(viewed(shop).items()))
    assert statuses(shop.accept("web", [viewed(shop), shuffled])) == [("accepted", 1), ("duplicate", 1)]
    assert statuses(shop.accept("web", [shuffled])) == [("duplicate", 1)]


def test_a_contradiction_is_kept_for_somebody_to_look_at(shop):
    shop.accept("web", [viewed(shop)])
    shop.accept("web", [viewed(shop, properties={"sku": "b"})] * 2)
    (letter,) = shop.dead_letters()
    assert (letter.code, letter.pointer, letter.source, letter.times) == ("conflict", "/messageId", "web", 2)
    assert segment.decoded(letter.raw)["properties"] == {"sku": "b"}


def test_a_message_without_an_id_is_known_by_its_bytes(shop):
    nameless = {key: value for key, value in viewed(shop).items() if key != "messageId"}
    assert statuses(shop.accept("web", [nameless, nameless])) == [("accepted", 1), ("duplicate", 1)]
    assert statuses(shop.accept("web", [nameless | {"properties": {"sku": "b"}}])) == [("accepted", 2)]


def test_the_same_bytes_of_two_sources_are_one_event(shop):
    shop.accept("web", [viewed(shop)])
    assert statuses(shop.accept("till", [viewed(shop)])) == [("duplicate", 1)]
    assert books(shop) == {"till": (1, 0, 1, 0, 0), "web": (1, 1, 0, 0, 0)}


def test_hundreds_of_repeats_among_hundreds_of_new_ones_are_told_apart(shop):
    first = [viewed(shop, f"m-{number}", user=f"u-{number % 7}") for number in range(150)]
    assert statuses(shop.accept("web", first)) == [("accepted", seq) for seq in range(1, 151)]
    more = [viewed(shop, f"m-{number}", user=f"u-{number % 7}") for number in range(0, 300, 2)]
    expected = [
        ("duplicate", number + 1) if number < 150 else ("accepted", 151 + (number - 150) // 2)
        for number in range(0, 300, 2)
    ]
    assert statuses(shop.accept("web", more)) == expected
    assert [seq for seq, _ in logged(shop)] == list(range(1, 226))


def test_a_body_that_was_erased_can_no_longer_be_contradicted(shop):
    shop.accept("web", [viewed(shop)])
    with shop.store.transaction() as tx:
        tx.run("DELETE FROM subject_keys")
    with Hub.open(shop.folder) as later:
        assert statuses(later.accept("web", [viewed(shop, properties={"sku": "b"})])) == [("duplicate", 1)]
        assert list(later.facts.all()) == [[]]


def test_groups_of_many_requests_are_answered_each_in_order(shop):
    def group(source, *items):
        body = b'{"batch": [' + b", ".join(segment.msgspec.json.encode(item) for item in items) + b"]}"
        return shop.intake.group(shop.access.source(source), segment.read_request(body, "batch"), "batch")

    answers = shop.accept_groups(
        [
            group("web", viewed(shop, "m-1"), viewed(shop, "m-2")),
            group("till"),
            group("till", viewed(shop, "m-2"), {"type": "track"}),
            group("web", viewed(shop, "m-3")),
        ]
    )
    assert [statuses(answer) for answer in answers] == [
        [("accepted", 1), ("accepted", 2)],
        [],
        [("duplicate", 2), ("parked", None)],
        [("accepted", 3)],
    ]
    assert books(shop) == {"till": (2, 0, 1, 0, 1), "web": (3, 3, 0, 0, 0)}


# Every state of the log is a whole one


def test_a_commit_that_fails_leaves_nothing_and_no_gap(shop, monkeypatch):
    shop.accept("web", [viewed(shop)])

    def broken(*_):
        raise OSError("no space left")

    with monkeypatch.context() as moment:
        moment.setattr("noline.stores.books.enter", broken)
        with pytest.raises(OSError, match="no space"):
            shop.accept("web", [viewed(shop, "m-2", user="bruno"), {"type": "shout"}])
    assert (logged(shop), books(shop), shop.dead_letters()) == ([(1, "m-1")], {"web": (1, 1, 0, 0, 0)}, [])
    assert statuses(shop.accept("web", [viewed(shop, "m-2", user="bruno")])) == [("accepted", 2)]
    assert shop.verify().trouble == ()


def test_a_transaction_of_the_caller_that_is_undone_leaves_nothing_in_memory_either(shop):
    group = shop.intake.group(shop.access.source("web"), segment.read_single(_bytes(viewed(shop)), None), "track")
    with pytest.raises(RuntimeError, match="undone"), shop.store.transaction() as tx:  # noqa: PT012
        assert statuses(shop.log.accept_in(tx, [group])[0]) == [("accepted", 1)]
        raise RuntimeError("undone")
    assert statuses(shop.accept("web", [viewed(shop)])) == [("accepted", 1)]
    assert [one.person for one in shop.find_customers("anna")] != []
    assert shop.verify().trouble == ()


def _bytes(message):
    return segment.msgspec.json.encode(message)


def test_two_processes_write_one_log_in_turns(shop):
    with Hub.open(shop.folder) as other:
        hubs = [shop, other]
        for number in range(12):
            named = viewed(shop, f"m-{number}", anonymousId=f"w-{number % 3}", user=f"u-{number % 2}")
            assert statuses(hubs[number % 2].accept("web", [named])) == [("accepted", number + 1)]
            assert statuses(hubs[number % 2 - 1].accept("web", [named])) == [("duplicate", number + 1)]
        assert other.verify().trouble == ()
        assert shop.verify().trouble == ()


def test_what_another_process_made_of_people_is_seen(shop):
    with Hub.open(shop.folder) as other:
        for name in ("anna", "bruno"):
            shop.accept("web", [viewed(shop, f"m-{name}", user=name, anonymousId="tablet")])
        other.accept("web", [viewed(shop, "m-chloe", user="chloe", anonymousId="tablet")])
        shop.accept("web", [viewed(shop, "m-phone", user="anna", anonymousId="phone")])
        assert shop.verify().trouble == ()
    (anna,) = shop.find_customers("anna")
    assert [name.value for name, _ in anna.identifiers] == ["phone", "anna"]


def test_many_threads_leave_no_gap_and_lose_nothing(shop):
    ready = Barrier(4)

    def send(thread):
        ready.wait()
        for number in range(20):
            shop.accept("web", [viewed(shop, f"m-{thread}-{number}"), viewed(shop, f"shared-{number}")])

    threads = [Thread(target=send, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [seq for seq, _ in logged(shop)] == list(range(1, 101))
    assert books(shop) == {"web": (160, 100, 60, 0, 0)}


# Rooms that stumble


class Stumbling:
    """A room that cannot take some facts."""

    name = "stumbling"
    kinds = None
    tables = MappingProxyType({})

    def __init__(self):
        self.taken = []
        self.forgot = 0

    def take(self, tx, facts):
        tx.run("CREATE TABLE IF NOT EXISTS heard (seq BIGINT)")
        tx.run_many("INSERT INTO heard (seq) VALUES (?)", [(fact.seq,) for fact in facts])
        if any(fact.properties.get("sku") == "stone" for fact in facts):
            raise NotReadable
        self.taken += [fact.seq for fact in facts]

    def forget(self):
        self.forgot += 1


def test_a_fact_that_a_room_cannot_take_is_parked_and_the_others_go_on(shop):
    room = Stumbling()
    shop.log._folds = [room, *shop.log._folds]
    wrong = {"properties": {"sku": "stone"}}
    items = [viewed(shop, f"m-{number}", **(wrong if number in (2, 5) else {})) for number in range(8)]

    assert statuses(shop.accept("web", items)) == [("accepted", seq) for seq in range(1, 9)]

    assert sorted(room.taken) == [1, 2, 4, 5, 7, 8]
    assert room.forgot > 0
    letters = shop.dead_letters()
    assert [(letter.code, letter.seq, letter.raw) for letter in letters] == [
        ("projection_error", 3, b"seq 3 in stumbling"),
        ("projection_error", 6, b"seq 6 in stumbling"),
    ]
    with shop.store.reading() as reader:
        assert sorted(reader.rows("SELECT seq FROM heard")) == [(1,), (2,), (4,), (5,), (7,), (8,)]
        assert shop.customers.count(reader) == 1
    assert books(shop) == {"web": (8, 8, 0, 0, 0)}


def test_who_sends_what_one_room_refuses_costs_the_other_rooms_what_they_remember_only_once(shop):
    steady = Stumbling()
    shop.log._folds = [Stumbling(), *shop.log._folds, steady]
    steady.take = lambda _tx, facts: steady.taken.extend(fact.seq for fact in facts)

    def send(number):
        return shop.accept("web", [viewed(shop, f"m-{number}", properties={"sku": "stone"})])

    forgot = [(send(number), steady.forgot)[1] for number in range(4)]

    assert forgot[0] > 0
    assert forgot == [forgot[0]] * 4
    assert steady.taken == [1, 2, 3, 4]
    assert [letter.seq for letter in shop.dead_letters()] == [1, 2, 3, 4]
    assert books(shop) == {"web": (4, 4, 0, 0, 0)}


def test_an_unreadable_price_stops_neither_its_neighbours_nor_the_log(shop):
    at = shop.day.next
    items = [
        track("Price Set", id="p-1", at=at(), sku="a", price="4.90"),
        track("Price Set", id="p-2", at=at(), sku="a", price="many"),
        track("Price Set", id="p-3", at=at(), sku="a", price="5.10"),
    ]
    assert [one.status for one in shop.accept("till", items)] == ["accepted"] * 3
    with shop.store.reading() as reader:
        assert [str(price.money) for price in shop.prices.history(reader, "a")] == ["4.90 EUR", "5.10 EUR"]
    (letter,) = shop.dead_letters()
    assert (letter.code, letter.seq, letter.message.partition(":")[0]) == ("projection_error", 2, "prices")
    assert shop.verify().trouble == ()


def test_a_room_hears_only_the_kinds_it_listens_to(shop):
    class Listening(Stumbling):
        kinds = frozenset({"Store Visited"})

        def take(self, tx, facts):
            self.taken += [(fact.kind, fact.seq) for fact in facts]

    room = Listening()
    shop.log._folds = [*shop.log._folds, room]
    shop.accept("web", [viewed(shop), viewed(shop, "m-2", event="Store Visited"), viewed(shop, "m-3")])
    shop.accept("web", [viewed(shop, "m-4")])
    assert room.taken == [("Store Visited", 2)]


# Any batching

ITEMS = st.lists(
    st.tuples(st.sampled_from(["m-1", "m-2", "m-3", "m-4"]), st.sampled_from(["anna", "bruno"]), st.sampled_from("ab")),
    min_size=1,
    max_size=12,
)


class Undone(Exception):
    """Takes a transaction back."""


def test_however_items_are_cut_into_requests_and_commits_they_get_the_same_receipts(shop):
    source = shop.access.source("web")

    def receipts_of(commits):
        found = []
        try:
            with shop.store.transaction() as tx:
                for requests in commits:
                    groups = [
                        shop.intake.group(
                            source,
                            segment.Envelope(
                                [segment.read_item(raw, suspicious=False) for raw in raws], raws, None, None
                            ),
                            "batch",
                        )
                        for raws in requests
                    ]
                    found += [receipt for answer in shop.log.accept_in(tx, groups) for receipt in answer]
                raise Undone  # noqa: TRY301  only a raise takes a transaction back
        except Undone:
            return statuses(found)

    @settings(max_examples=settings.default.max_examples)
    @given(items=ITEMS, data=st.data())
    def same_receipts(items, data):
        raws = [_bytes(viewed(shop, name, user=user, properties={"sku": sku})) for name, user, sku in items]
        cuts = sorted(data.draw(st.lists(st.tuples(st.integers(0, len(raws)), st.booleans()), max_size=4)))
        commits, begin = [[]], 0
        for end, ends_commit in [*cuts, (len(raws), True)]:
            commits[-1].append(raws[begin:end])
            begin = end
            if ends_commit:
                commits.append([])
        assert receipts_of(commits) == receipts_of([[[raw]] for raw in raws])

    same_receipts()
