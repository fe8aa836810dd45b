"""What comes in: read within limits, answered item by item, mended and sent again, true in whatever order."""

import gzip
import json
import tracemalloc
from functools import cache
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noline.channels import segment
from noline.channels.hostile import is_suspicious
from noline.channels.segment import Envelope
from noline.demo.generator import SOURCES, generate
from noline.kernel.clock import HOUR, MINUTE, SECOND, parse_instant
from noline.kernel.errors import DeadLetterClosed, DeadLetterStillWrong, NotFound, RequestTooLarge
from noline.kernel.events import REFUSAL_CODES, Refusal
from noline.stores.log import records_after
from shop import Day, identify, track

SENT = "2026-03-02T09:00:00.000Z"


@pytest.fixture
def shop(hub):
    hub.access.add_source("web", "web")
    hub.access.add_source("till", "store")
    return hub


class Undone(Exception):
    """Takes a transaction back."""


def undone(hub, deed):
    """What a deed answers inside a transaction of which nothing stays."""
    answer = None
    try:
        with hub.store.transaction() as tx:
            answer = deed(tx)
            raise Undone  # noqa: TRY301  only a raise takes a transaction back
    except Undone:
        return answer


def viewed(**message):
    return {
        "type": "track",
        "event": "Product Viewed",
        "messageId": "m-1",
        "userId": "anna",
        "timestamp": SENT,
    } | message


def with_text(json_text, place="properties"):
    """A good message with this JSON at some place, as bytes."""
    told = json_text if isinstance(json_text, bytes) else json_text.encode()
    holes = {
        "properties": b'{"type":"track","event":"E","messageId":"m-1","userId":"anna","properties":{"x":%s}}',
        "passed over": b'{"type":"track","event":"E","messageId":"m-1","userId":"anna","context":{"page":{"x":%s}}}',
        "unknown": b'{"type":"track","event":"E","messageId":"m-1","userId":"anna","nobody":%s}',
        "traits": b'{"type":"identify","messageId":"m-1","userId":"anna","traits":{"email":%s}}',
        "messageId": b'{"type":"track","event":"E","messageId":%s,"userId":"anna"}',
        "userId": b'{"type":"track","event":"E","messageId":"m-1","userId":%s}',
        "timestamp": b'{"type":"track","event":"E","messageId":"m-1","userId":"anna","timestamp":%s}',
        "type": b'{"type":%s,"event":"E","messageId":"m-1","userId":"anna"}',
        "event": b'{"type":"track","event":%s,"messageId":"m-1","userId":"anna"}',
        "key": b'{"type":"track","event":"E","messageId":"m-1","userId":"anna","properties":{%s:1}}',
    }
    return holes[place].replace(b"%s", told)


PLACES = ["properties", "passed over", "unknown", "traits", "messageId", "userId", "timestamp", "type", "event", "key"]


def take(hub, raw, route="import"):
    """Send bytes as an SDK or an import does; the receipts."""
    envelope = segment.read_lines(raw) if route == "import" else segment.read_request(raw, route)
    (receipts,) = hub.accept_groups([hub.intake.group(hub.access.source("web"), envelope, route)])
    return receipts


# Hostile input


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[" * 70 + "]" * 70, "too_deep"),
        ('{"a":' * 70 + "1" + "}" * 70, "too_deep"),
        ("[" * 10_000 + "]" * 10_000, "too_deep"),
        ('"' + "x" * 40_000 + '"', "too_large"),
        ("{" + ",".join(f'"k{number}":1' for number in range(1_001)) + "}", "too_large"),
        ('"a\\u0000b"', "nul_char"),
        ('{"a\\u0000b":1}', "nul_char"),
        ("1e999", "number_range"),
        ("-1E+400", "number_range"),
        ("[1, 1e999 ]", "number_range"),
        ("9223372036854775808", "number_range"),
        ("-9223372036854775809", "number_range"),
        ("1" * 5_000, "number_range"),
        ("1" * 1_000_000, "too_large"),
        (b'"\xff"', "bad_encoding"),
        (b'"\xc3"', "bad_encoding"),
        (b'"\xed\xa0\x80"', "bad_encoding"),
        (b'{"\xff":1}', "bad_encoding"),
        ('"\\ud800 alone"', "bad_encoding"),
        ('"\\udfff"', "bad_encoding"),
        ("NaN", "malformed_json"),
        ("Infinity", "malformed_json"),
        ("tru", "malformed_json"),
        ("'a'", "malformed_json"),
        ("", "malformed_json"),
        ('"a\x00b"', "malformed_json"),
        ('"\\q"', "malformed_json"),
        ("1,", "malformed_json"),
    ],
)
@pytest.mark.parametrize("place", ["properties", "passed over", "unknown"])
def test_hostile_json_is_parked_with_its_reason_and_its_neighbours_are_taken(shop, text, code, place):
    body = b"\n".join([with_text("1"), with_text(text, place), msgspec.json.encode(viewed(messageId="m-2"))])
    receipts = take(shop, body)
    assert [(one.status, one.code) for one in receipts] == [("accepted", None), ("parked", code), ("accepted", None)]
    (letter,) = shop.dead_letters()
    assert (letter.code, letter.raw) == (code, with_text(text, place))


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("userId", "[1]"), ("userId", "1.5"), ("userId", "true"), ("messageId", '{"a":1}'), ("messageId", '""'),
        ("messageId", '"' + "x" * 257 + '"'), ("timestamp", "5"), ("timestamp", '"yesterday"'),
        ("event", "7"), ("event", "null"), ("event", '""'), ("userId", "null"),
    ],
)  # fmt: skip
def test_a_wrong_type_is_told_with_its_place(shop, place, text):
    (receipt,) = take(shop, with_text(text, place))
    assert (receipt.status, receipt.code, receipt.path) == ("parked", "schema_violation", f"/{place}")


def test_a_visit_under_a_placeholder_is_kept_and_about_nobody(shop):
    (receipt,) = take(shop, with_text('"0000"', "userId"))
    assert receipt.status == "accepted"
    ((fact,),) = shop.facts.all()
    assert fact.identifiers == ()


def test_a_type_that_is_no_call_is_no_schema_of_ours(shop):
    receipts = take(
        shop, b"\n".join([with_text('"shout"', "type"), with_text("null", "type"), b"5", b"[]", b'"x"', b"{}"])
    )
    assert [(one.status, one.code) for one in receipts] == [
        ("parked", "unknown_schema"), ("parked", "unknown_schema"), ("parked", "schema_violation"),
        ("parked", "schema_violation"), ("parked", "schema_violation"), ("parked", "unknown_schema"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "stamp", ["1969-12-31T23:59:59Z", "1989-12-31", "2999-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]
)
def test_a_time_that_cannot_be_is_parked(shop, stamp):
    (receipt,) = take(shop, with_text(json.dumps(stamp), "timestamp"))
    assert (receipt.code, receipt.path) == ("clock_absurd", "/timestamp")


def test_of_a_member_said_twice_the_last_counts_for_all_who_read_it(shop):
    raw = with_text(b'{"sku":"a","sku":"b"},"userId":"bruno"', "unknown").replace(b"nobody", b"properties")
    (receipt,) = take(shop, raw)
    assert receipt.status == "accepted"
    ((fact,),) = shop.facts.all()
    assert ([one.value for one in fact.identifiers], fact.properties) == (["bruno"], {"sku": "b"})


HOSTILE = st.one_of(
    st.sampled_from(
        [
            "NaN", "-Infinity", "1e999", "-0", "0e999", "1e-999", "9223372036854775807", "9223372036854775808",
            "1" * 400, "0." + "1" * 400, '"\\u0000"', '"\\\\u0000"', '"\\ud800"', '"\\ud83d\\ude00"', '"\\udfff"',
            "[" * 63 + "]" * 63, "[" * 900 + "]" * 900, "[" * 9_000, '{"a":' * 100, "null", "true", "{}", "[]", '""',
            "01", "+1", ".5", "'a'", '{"a":1,"a":2}', '{"":{"":{}}}', '"' + "x" * 33_000 + '"', '"12e456"',
            '"x:1e999,"', "1e5", "-1E-7", "2.0",
        ]
    ).map(str.encode),
    st.sampled_from([b'"\xff"', b'"\xe2\x82"', b'"\xf4\x90\x80\x80"', b'"\xc0\x80"', b"\x00", b"\xef\xbb\xbf1"]),
    st.binary(max_size=20),
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8)),
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)),
        max_leaves=6,
    ).map(lambda value: json.dumps(value).encode()),
)  # fmt: skip


@pytest.mark.parametrize("route", ["import", "batch", "track", "identify"])
def test_whatever_comes_gets_a_typed_answer_and_can_be_read_again(shop, route):
    source = shop.access.source("web")

    def answers(tx, body):
        envelope = segment.read_lines(body) if route == "import" else segment.read_request(body, route)
        group = shop.intake.group(source, envelope, route)
        (receipts,) = shop.log.accept_in(tx, [group])
        records = records_after(tx, 0, 100)
        facts = list(shop.facts.of(tx, records))
        assert [fact.seq for fact in facts] == [record.seq for record in records]
        kept = [body for _, body in shop.log.opened(tx, records)]
        assert all("\0" not in json.dumps(json.loads(body), ensure_ascii=False) for body in kept)
        return receipts

    @settings(max_examples=2 * settings.default.max_examples)
    @given(place=st.sampled_from(PLACES), hostile=HOSTILE)
    def gets_a_typed_answer(place, hostile):
        item = with_text(hostile.replace(b"\n", b" "), place)
        body = b'{"batch":[' + item + b"]}" if route == "batch" else item
        receipts = undone(shop, lambda tx: answers(tx, body))
        assert receipts
        for receipt in receipts:
            assert receipt.status in ("accepted", "parked")
            assert receipt.status == "accepted" or receipt.code in REFUSAL_CODES

    gets_a_typed_answer()


NUMBERS = st.one_of(
    st.integers(-(10**22), 10**22).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.from_regex(r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,4})?", fullmatch=True),
)


@settings(max_examples=5 * settings.default.max_examples)
@given(number=NUMBERS, blank=st.sampled_from(["", " ", "\t", "\r\n "]), place=st.sampled_from(PLACES[:3]))
def test_a_number_that_no_store_can_hold_is_always_suspicious(number, blank, place):
    raw = with_text(blank + number + blank, place)
    try:
        fits = -(2**63) <= float(number) < 2**63
    except OverflowError:
        fits = False
    read = segment.read_item(raw, suspicious=is_suspicious(raw))
    assert isinstance(read, Refusal) == (not fits)


@settings(max_examples=5 * settings.default.max_examples)
@given(
    text=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40),
    ascii_only=st.booleans(),
)
def test_a_text_is_never_refused(text, ascii_only):
    raw = with_text(json.dumps(text, ensure_ascii=ascii_only))
    assert not isinstance(segment.read_item(raw, suspicious=is_suspicious(raw)), Refusal)


@pytest.mark.parametrize("harmless", ["3e123f00-5e99-4e12-8e4e-12e456789e00", "Café", "L\\u00e9a", "x:1,2:3", "e"])
def test_ids_and_accents_cost_no_slow_look(harmless):
    assert not is_suspicious(with_text(f'"{harmless}"'))


def test_a_bomb_in_gzip_stays_small():
    bomb = gzip.compress(bytes(200_000_000), compresslevel=9)
    tracemalloc.start()
    with pytest.raises(RequestTooLarge) as refusal:
        segment.unzip(bomb)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refusal.value.facts == {"limit_bytes": segment.MAX_BODY_BYTES}
    assert peak_bytes < 3 * segment.MAX_BODY_BYTES


def test_what_only_looks_like_gzip_is_read_as_it_is(shop):
    broken = gzip.compress(msgspec.json.encode(viewed()))[:-12]
    assert segment.unzip(b"\x1f\x8bnothing") == b"\x1f\x8bnothing"
    (receipt,) = take(shop, segment.unzip(broken).replace(b"\n", b" "))
    assert receipt.status in ("accepted", "parked")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b'{"batch":[' + b",".join([b"{}"] * (segment.MAX_ITEMS + 1)) + b"]}", "/batch"),
        (b'{"batch":[{}],"context":{"x":"' + b"x" * 33_000 + b'"}}', "/context"),
    ],
)
def test_a_request_of_too_much_is_refused_whole(shop, body, path):
    (receipt,) = take(shop, body, "batch")
    assert (receipt.status, receipt.code, receipt.path) == ("parked", "too_large", path)


# Time


@pytest.mark.parametrize(
    ("sent_late", "moved"),
    [(0, 0), (MINUTE, 0), (-MINUTE, 0), (3 * MINUTE, 3 * MINUTE), (-HOUR, -HOUR)],
)
def test_a_clock_that_is_wrong_is_corrected_and_a_slow_way_is_not(shop, sent_late, moved):
    """sent_late: how far the receiver's clock is ahead of the sender's `sentAt`."""
    received_at = shop.clock.now()
    told = received_at - sent_late - 10 * SECOND
    item, raw = _read(viewed(timestamp=_stamp(told)))
    envelope = Envelope([item], [raw], _stamp(received_at - sent_late), None)
    (draft,) = shop.intake.group(shop.access.source("web"), envelope, "batch").items
    assert abs(draft.fact.occurred_at - (told + moved)) < 5 * SECOND


def _read(message):
    raw = msgspec.json.encode(message)
    return segment.read_item(raw, suspicious=False), raw


def _stamp(instant):
    from noline.kernel.clock import as_text

    return as_text(instant)


def test_what_says_no_time_occurred_when_it_came(shop):
    before = shop.clock.now()
    shop.accept("web", [{"type": "track", "event": "Product Viewed", "messageId": "m-1", "userId": "anna"}])
    ((fact,),) = shop.facts.all()
    assert before <= fact.occurred_at == fact.received_at <= shop.clock.now()


def test_a_time_without_an_offset_is_utc(shop):
    shop.accept(
        "web", [viewed(timestamp="2026-03-02T10:00:00+01:00"), viewed(messageId="m-2", timestamp="2026-03-02T09:00:00")]
    )
    ((one, other),) = shop.facts.all()
    assert one.occurred_at == other.occurred_at == parse_instant(SENT)


# What a record is about


def test_a_fact_reads_the_same_when_it_comes_in_and_when_it_is_read_back(shop):
    heard = []
    for fold in shop.log._folds:
        take_in = fold.take

        def listening(tx, facts, take_in=take_in):
            heard.extend(facts)
            take_in(tx, facts)

        fold.take = listening
    sent = [message for _, message in zip(range(400), demo_messages(), strict=False)]
    for source in SOURCES:
        shop.access.ensure_source(source, SOURCES[source])
    for _ in shop.intake.stream(sent):
        pass
    told = {fact.seq: fact for fact in heard}
    read = {fact.seq: fact for facts in shop.facts.all() for fact in facts}
    assert len(told) == len(read) == 400
    assert read == told


def test_the_channel_of_a_message_goes_before_that_of_its_source(shop):
    shop.accept("web", [viewed(), viewed(messageId="m-2", context={"channel": "app"})])
    ((one, other),) = shop.facts.all()
    assert (one.channel, other.channel) == ("web", "app")


def test_messages_of_many_sources_are_answered_in_their_order(shop):
    items = [("web", viewed(messageId="m-1")), ("till", viewed(messageId="m-2")), ("web", viewed(messageId="m-1"))]
    (receipts,) = shop.intake.stream(items)
    assert [(one.status, one.seq) for one in receipts] == [("accepted", 1), ("accepted", 2), ("duplicate", 1)]
    with pytest.raises(NotFound):
        shop.accept("nobody", [viewed()])


# Dead letters


@pytest.fixture
def letter(shop):
    (receipt,) = shop.accept("web", [viewed(timestamp="yesterday")])
    return receipt.id


def test_a_letter_is_patched_tried_and_sent_again_with_its_id(shop, letter):
    assert shop.intake.dry_run(letter).code == "schema_violation"
    with pytest.raises(DeadLetterStillWrong):
        shop.intake.replay(letter)
    assert shop.intake.dry_run(letter, ("/timestamp", SENT)).status == "accepted"
    assert shop.dead_letter(letter).raw == msgspec.json.encode(viewed(timestamp="yesterday"))

    patched = shop.intake.patch(letter, "/timestamp", SENT)
    assert segment.decoded(patched.raw) == viewed()
    assert (shop.intake.dry_run(letter).status, shop.last_seq()) == ("accepted", 0)

    (receipt,) = shop.intake.replay(letter)
    assert (receipt.status, receipt.seq) == ("accepted", 1)
    fixed = shop.dead_letter(letter)
    assert (fixed.state, fixed.seq) == ("fixed", 1)
    assert [(one.status, one.seq) for one in shop.accept("web", [viewed()])] == [("duplicate", 1)]


@pytest.mark.parametrize("deed", ["patch", "replace", "replay", "ignore"])
def test_a_closed_letter_is_left_alone(shop, letter, deed):
    shop.intake.ignore(letter)
    more = {"patch": ("/timestamp", SENT), "replace": (b"{}",)}.get(deed, ())
    with pytest.raises(DeadLetterClosed):
        getattr(shop.intake, deed)(letter, *more)
    assert (shop.dead_letter(letter).state, shop.last_seq()) == ("ignored", 0)


def test_a_letter_can_be_replaced_whole(shop, letter):
    shop.intake.replace(letter, msgspec.json.encode(viewed()))
    assert [one.status for one in shop.intake.replay(letter)] == ["accepted"]


def test_a_letter_that_contradicts_the_log_stays_open_until_it_has_an_id_of_its_own(shop):
    shop.accept("web", [viewed(), viewed(properties={"sku": "b"})])
    (letter,) = shop.dead_letters()
    assert (shop.intake.dry_run(letter.id).status, shop.intake.dry_run(letter.id).seq) == ("conflict", 1)
    with pytest.raises(DeadLetterStillWrong):
        shop.intake.replay(letter.id)
    assert shop.dead_letter(letter.id).state == "open"
    shop.intake.patch(letter.id, "/messageId", "m-2")
    assert [(one.status, one.seq) for one in shop.intake.replay(letter.id)] == [("accepted", 2)]


def test_a_letter_whose_event_came_meanwhile_is_settled_by_a_replay(shop, letter):
    shop.accept("web", [viewed()])
    shop.intake.patch(letter, "/timestamp", SENT)
    assert (shop.intake.dry_run(letter).status, shop.intake.dry_run(letter).seq) == ("duplicate", 1)
    assert [(one.status, one.seq) for one in shop.intake.replay(letter)] == [("duplicate", 1)]
    assert (shop.dead_letter(letter).state, shop.dead_letter(letter).seq) == ("fixed", 1)


def test_a_whole_request_that_could_not_be_read_is_mended_whole(shop):
    (receipt,) = take(shop, b'{"batch": [{"type": "track"', "batch")
    assert receipt.code == "malformed_json"
    shop.intake.replace(receipt.id, msgspec.json.encode({"batch": [viewed(), viewed(messageId="m-2")]}))
    assert [(one.status, one.seq) for one in shop.intake.replay(receipt.id)] == [("accepted", 1), ("accepted", 2)]


# Any order


@cache
def demo_messages():
    return list(generate("small"))


@cache
def a_few_of_each():
    """Messages of every kind that the demo company sends, and some of one day that contradict each other."""
    few, of_kind = [], {}
    for source, raw in demo_messages():
        message = json.loads(raw)
        kind = message.get("event") or message["type"]
        of_kind[kind] = of_kind.get(kind, 0) + 1
        if of_kind[kind] <= 2:
            few.append((source, raw))
    return [*few, *((next(iter(SOURCES)), msgspec.json.encode(message)) for message in one_day())]


def one_day():
    """Everybody speaks of one item, one order, one review and the same few people."""
    day = Day()
    at = [day.next() for _ in range(6)]
    item = {"sku": "ristretto-50", "location": "paris-1"}
    lines = [{"sku": "ristretto-50", "quantity": 2, "price": "4.90"}]
    yield track("Product Described", id="d-1", at=at[0], sku="ristretto-50", name="Ristretto", price="4.90")
    yield track("Product Described", id="d-2", at=at[0], sku="ristretto-50", name="Ristretto 50")
    yield track("Product Described", id="d-3", at=at[2], sku="ristretto-50", brand="Maison", price="many")
    yield track("Location Opened", id="l-1", at=at[0], location="paris-1", country="FR")
    yield track("Location Opened", id="l-2", at=at[1], location="paris-1", name="Paris")
    yield track("Stock Counted", id="s-1", at=at[1], units=10, **item)
    yield track("Stock Received", id="s-2", at=at[1], units=4, **item)
    yield track("Stock Counted", id="s-3", at=at[3], units=7, **item)
    yield track("Stock Adjusted", id="s-4", at=at[4], units=-1, **item)
    yield track(
        "Stock Moved", id="s-5", at=at[4], sku="ristretto-50", from_location="depot", to_location="paris-1", units=5
    )
    for number, teller in enumerate(("u-1", "u-2", None)):
        yield track(
            "Order Completed",
            id=f"o-{number}",
            at=at[2 + number],
            user=teller,
            order_id="o-1",
            products=lines,
            location="paris-1",
        )
    yield track("Order Cancelled", id="o-3", at=at[3], order_id="o-1")
    yield track(
        "Return Accepted", id="o-4", at=at[5], order_id="o-1", return_id="r-1", products=lines, store_id="paris-1"
    )
    yield track(
        "Return Accepted",
        id="o-5",
        at=at[4],
        user="u-1",
        order_id="o-1",
        return_id="r-1",
        products=lines,
        store_id="depot",
    )
    yield track("Price Set", id="p-1", at=at[1], sku="ristretto-50", price="4.90")
    yield track("Price Set", id="p-2", at=at[1], sku="ristretto-50", price="3.90", valid_until=at[3])
    yield track("Review Posted", id="f-1", at=at[2], user="u-1", review_id="v-1", rating=4)
    yield track("Feedback Answered", id="f-2", at=at[3], user="u-2", review_id="v-1")
    yield track("Feedback Closed", id="f-3", at=at[1], review_id="v-1")
    for number, (user, cookie) in enumerate(
        [("u-1", "tablet"), ("u-2", "tablet"), ("u-3", "tablet"), ("u-1", "phone")]
    ):
        yield {
            "type": "page",
            "messageId": f"w-{number}",
            "timestamp": at[number],
            "userId": user,
            "anonymousId": cookie,
        }
    yield identify(id="i-1", at=at[2], user="u-1", name="Anna", email="anna@example.com")
    yield identify(id="i-2", at=at[2], user="u-2", name="Bruno", email="anna@example.com")
    yield identify(id="i-3", at=at[1], user="u-1", name="Ana")
    home = {"street": "3 rue des Vignes", "postalCode": "69001", "city": "Lyon", "country": "FR"}
    yield identify(id="i-4", at=at[3], user="u-1", lastName="Petit", address=home)
    yield track("Consent Changed", id="c-1", at=at[2], user="u-1", purpose="marketing", channel="email", granted=True)
    yield track("Consent Changed", id="c-2", at=at[3], user="u-1", purpose="marketing", channel="email", granted=False)
    told = {"consent": {"categoryPreferences": {"advertising": True, "analytics": False}}}
    yield {**track("Product Viewed", id="c-3", at=at[1], user="u-2", sku="ristretto-50"), "context": told}
    yield track("Order Completed", id="o-6", at=at[4], user="u-2", order_id="o-2", account_id="A-1", products=lines)
    for number, role in enumerate(("buyer", "payer")):
        yield {
            "type": "group",
            "messageId": f"g-{number}",
            "timestamp": at[number],
            "userId": "u-2",
            "groupId": "A-1",
            "traits": {"name": "Bistro", "role": role, "vat_id": "FR40303265045"},
        }
    for number in (2, 4, 3):
        yield track("Shelf Empty", id=f"e-{number}", at=at[number], user="u-1", sku="ristretto-50")
    yield {"type": "alias", "messageId": "a-1", "timestamp": at[5], "userId": "u-3", "previousId": "phone"}


BY_DECISIONS = {
    "decisions", "decision_ends", "model_links", "undone", "refused_links", "stock_holds", "stock_incoming",
    "stock_policies", "order_deeds", "order_units", "fulfilments", "fulfilment_lines", "location_picks", "goods_papers",
    "goods_steps", "goods_closings", "goods_short_picks", "agenda_questions", "agenda_alerts", "agenda_cares",
    "aims_charters", "aims_goals", "aims_check_ins",
    "client_notes", "client_advisers", "client_follow_ups", "client_views", "offers_counts", "offers_told",
}  # fmt: skip
"""Tables that no message of a channel fills; the tests of the rooms that have them do."""


def test_any_order_any_repeats_any_batches_give_the_same_truth_in_every_room(shop):
    for source, channel in SOURCES.items():
        shop.access.ensure_source(source, channel)
    messages = a_few_of_each()
    groups = [
        shop.intake.group(shop.access.source(source), segment.read_lines(raw), "batch")
        for source, raw in messages
    ]  # fmt: skip

    def truth_after(tx, commits):
        for commit in commits:
            shop.log.accept_in(tx, [groups[number] for number in commit])
        return {
            table: sorted(tx.rows(f"SELECT {', '.join(columns)} FROM {table}"), key=repr)
            for fold in shop.log._folds
            for table, columns in fold.tables.items()
        }

    everything = list(range(len(groups)))
    expected = undone(shop, lambda tx: truth_after(tx, [[number] for number in everything]))
    assert {table for table, rows in expected.items() if not rows} <= BY_DECISIONS

    @settings(max_examples=max(10, settings.default.max_examples // 5))
    @given(data=st.data())
    def same_truth(data):
        chance = data.draw(st.randoms(use_true_random=False))
        again = everything + chance.sample(everything, 20)
        chance.shuffle(again)
        cuts = sorted(chance.sample(range(len(again)), data.draw(st.integers(0, 12))))
        edges = [0, *cuts, len(again)]
        commits = [again[start:end] for start, end in pairwise(edges)]
        assert undone(shop, lambda tx: truth_after(tx, commits)) == expected

    same_truth()
