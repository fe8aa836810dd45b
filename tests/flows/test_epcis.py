"""The ledger as EPCIS 2.0: what trading partners read of our moves.

The schema below is our own reading of the standard's tables for the events that we write: required members, the words
of the Core Business Vocabulary, URIs and times. GS1 publishes a schema of its own that may not be copied into this
project: with NOLINE_EPCIS_SCHEMA=FILE the same documents are checked against that file too.
"""

import json
import os
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noline.flows.epcis import BaseWrong, Moved, Numbers, document
from noline.kernel.clock import parse_instant
from noline.kernel.gs1 import GlnWrong, GtinWrong

AT = parse_instant("2026-03-02T10:00:00.250Z")
BASE = "https://example.com/noline"
NUMBERS = Numbers({"ristretto-50": "4006381333931"}, {"paris-1": "4012345000009"})
OFFICIAL = os.environ.get("NOLINE_EPCIS_SCHEMA", "")

_URI = {"type": "string", "format": "uri"}
_TIME = {"type": "string", "format": "date-time"}
_PLACE = {"type": "object", "required": ["id"], "properties": {"id": _URI}, "additionalProperties": False}


def _list_of(**members: Any) -> dict[str, Any]:
    required = [name for name in members if name != "type"]
    item = {"type": "object", "required": required, "properties": members, "additionalProperties": False}
    return {"type": "array", "minItems": 1, "items": item}


EVENT = {
    "type": "object",
    "required": ["type", "eventTime", "eventTimeZoneOffset", "action", "quantityList", "eventID", "readPoint"],
    "additionalProperties": False,
    "properties": {
        "type": {"const": "ObjectEvent"},
        "eventID": _URI,
        "eventTime": _TIME,
        "eventTimeZoneOffset": {"type": "string", "pattern": r"^[+-](0\d|1[0-4]):[0-5]\d$"},
        "action": {"enum": ["ADD", "OBSERVE", "DELETE"]},
        "bizStep": {"enum": ["receiving", "shipping", "retail_selling", "inspecting", "other"]},
        "disposition": {
            "enum": [
                "sellable_accessible", "non_sellable_other", "in_transit", "retail_sold", "returned", "unknown",
                "damaged", "destroyed", "disposed", "expired", "stolen",
            ]
        },
        "epcList": {"type": "array", "maxItems": 0},
        "quantityList": _list_of(epcClass=_URI, quantity={"type": "integer", "minimum": 1}),
        "readPoint": _PLACE,
        "bizLocation": _PLACE,
        "bizTransactionList": _list_of(type={"enum": ["rma"]}, bizTransaction=_URI),
        "sourceList": _list_of(type={"const": "location"}, source=_URI),
        "destinationList": _list_of(type={"const": "location"}, destination=_URI),
    },
}  # fmt: skip
DOCUMENT = {
    "type": "object",
    "required": ["@context", "type", "schemaVersion", "creationDate", "epcisBody"],
    "additionalProperties": False,
    "properties": {
        "@context": {"const": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"]},
        "type": {"const": "EPCISDocument"},
        "schemaVersion": {"const": "2.0"},
        "creationDate": _TIME,
        "epcisBody": {
            "type": "object",
            "required": ["eventList"],
            "additionalProperties": False,
            "properties": {"eventList": {"type": "array", "items": EVENT}},
        },
    },
}
OURS = jsonschema_rs.validator_for(DOCUMENT, validate_formats=True)


def moved(seq: int, source: str, target: str, **said: Any) -> Moved:
    """A move of five units; a place is `location` or `location/bucket`."""
    (from_location, _, from_bucket), (to_location, _, to_bucket) = source.partition("/"), target.partition("/")
    row = {
        "seq": seq, "at": AT, "sku": "ristretto-50", "units": 5,
        "from_location": from_location, "from_bucket": from_bucket or "on_hand",
        "to_location": to_location, "to_bucket": to_bucket or "on_hand",
        "reason": "", "document": "", "actor": "till-1",
    }  # fmt: skip
    return Moved(**{**row, **said})


def events(*moves: Moved, numbers: Numbers = NUMBERS) -> list[dict[str, Any]]:
    """The events of a document, which is valid."""
    made = document(moves, base=BASE, created_at=AT, numbers=numbers)
    assert [str(error) for error in OURS.iter_errors(made)] == []
    return made["epcisBody"]["eventList"]


EVERY_KIND = [
    moved(1, "supplier", "paris-1", reason="received", document="po 1/2026"),
    moved(2, "paris-1", "lyon-2", reason="moved", document="t-1"),
    moved(3, "paris-1", "customer", reason="sold", document="o-1"),
    moved(4, "paris-1", "customer", reason="shipped", document="o-2"),
    moved(5, "customer", "paris-1/unsellable", reason="returned", document="o-1"),
    moved(6, "paris-1", "paris-1/unsellable", reason="damaged"),
    moved(7, "paris-1", "shrink", reason="stolen"),
    moved(8, "shrink", "lyon-2", reason="found"),
    moved(9, "lyon-2", "supplier", reason="recall", sku="no number"),
    moved(10, "paris-1", "lyon-2/incoming", document="t-2"),
    moved(11, "lyon-2/incoming", "lyon-2", document="t-2"),
]


def test_a_document_says_what_it_is_and_every_kind_of_move_is_valid():
    made = document(EVERY_KIND, base=BASE, created_at=AT, numbers=NUMBERS)
    assert {name: made[name] for name in ("@context", "type", "schemaVersion", "creationDate")} == {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-03-02T10:00:00.250Z",
    }
    found = events(*EVERY_KIND)
    assert [(one["bizStep"], one["disposition"], one["action"]) for one in found] == [
        ("receiving", "sellable_accessible", "OBSERVE"),
        ("shipping", "in_transit", "OBSERVE"),
        ("receiving", "sellable_accessible", "OBSERVE"),
        ("retail_selling", "retail_sold", "OBSERVE"),
        ("shipping", "in_transit", "OBSERVE"),
        ("receiving", "returned", "OBSERVE"),
        ("inspecting", "damaged", "OBSERVE"),
        ("other", "stolen", "DELETE"),
        ("other", "sellable_accessible", "OBSERVE"),
        ("shipping", "returned", "OBSERVE"),
        ("shipping", "in_transit", "OBSERVE"),
        ("receiving", "sellable_accessible", "OBSERVE"),
    ]


@pytest.mark.skipif(
    not OFFICIAL, reason="GS1's schema may not be copied here: NOLINE_EPCIS_SCHEMA=EPCIS-JSON-Schema.json"
)
def test_gs1s_own_schema_agrees():
    official = jsonschema_rs.validator_for(json.loads(Path(OFFICIAL).read_text("utf-8")), validate_formats=True)
    made = document(EVERY_KIND, base=BASE, created_at=AT, numbers=NUMBERS)
    assert [str(error) for error in official.iter_errors(made)] == []
    made["epcisBody"]["eventList"][0]["bizStep"] = "selling"
    assert not official.is_valid(made)


def test_a_delivery_is_told_whole():
    (event,) = events(moved(1, "supplier", "paris-1", document="po 1/2026"))
    assert event.pop("eventID").startswith("urn:uuid:")
    assert event == {
        "type": "ObjectEvent",
        "eventTime": "2026-03-02T10:00:00.250Z",
        "eventTimeZoneOffset": "+00:00",
        "epcList": [],
        "quantityList": [{"epcClass": "https://id.gs1.org/01/04006381333931", "quantity": 5}],
        "action": "OBSERVE",
        "bizStep": "receiving",
        "disposition": "sellable_accessible",
        "readPoint": {"id": "https://id.gs1.org/414/4012345000009"},
        "bizLocation": {"id": "https://id.gs1.org/414/4012345000009"},
        "bizTransactionList": [{"bizTransaction": "https://example.com/noline/document/po%201%2F2026"}],
    }


def test_a_transfer_is_seen_at_both_ends_and_names_both():
    sent, taken_in = events(moved(2, "paris-1", "lyon-2"))
    paris, lyon = "https://id.gs1.org/414/4012345000009", "https://example.com/noline/location/lyon-2"
    assert (sent["readPoint"], taken_in["readPoint"], taken_in["bizLocation"]) == (
        {"id": paris}, {"id": lyon}, {"id": lyon},
    )  # fmt: skip
    assert "bizLocation" not in sent
    for event in (sent, taken_in):
        assert event["sourceList"] == [{"type": "location", "source": paris}]
        assert event["destinationList"] == [{"type": "location", "destination": lyon}]
    assert sent["eventID"] != taken_in["eventID"]


def test_what_has_no_number_of_gs1s_goes_by_an_address_of_the_company():
    (event,) = events(moved(1, "supplier", "Zürich 1", sku="a b?c"), numbers=Numbers())
    assert event["quantityList"][0]["epcClass"] == "https://example.com/noline/item/a%20b%3Fc"
    assert event["readPoint"]["id"] == "https://example.com/noline/location/Z%C3%BCrich%201"


def test_a_return_names_its_document_as_one():
    (event,) = events(moved(5, "customer", "paris-1", document="r-1"))
    assert event["bizTransactionList"] == [{"type": "rma", "bizTransaction": "https://example.com/noline/document/r-1"}]


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("demand", "paris-1/held"),
        ("paris-1/held", "paris-1/allocated"),
        ("paris-1/allocated", "demand"),
        ("supplier", "paris-1/incoming"),
        ("count", "paris-1"),
        ("paris-1", "count"),
        ("lyon-2/incoming", "shrink"),
    ],
)
def test_claims_hopes_and_corrections_are_no_observation(source, target):
    assert events(moved(1, source, target)) == []


def test_ids_do_not_depend_on_the_portions_in_which_moves_are_told():
    together = [one["eventID"] for one in events(*EVERY_KIND)]
    apart = [one["eventID"] for move in EVERY_KIND for one in events(move)]
    assert together == apart
    assert len(set(together)) == len(together) == 12
    elsewhere = document(EVERY_KIND, base="https://other.example", created_at=AT)
    assert not {one["eventID"] for one in elsewhere["epcisBody"]["eventList"]} & set(together)


def test_two_equal_lines_of_one_document_are_two_events():
    first, second = events(moved(3, "paris-1", "customer"), moved(3, "paris-1", "customer"))
    assert first["eventID"] != second["eventID"]


@pytest.mark.parametrize("base", ["", "example.com", "ftp://example.com", "https://", "https://a b", "https://a?b=c"])
def test_a_base_that_begins_no_address_is_refused(base):
    with pytest.raises(BaseWrong) as refusal:
        document([], base=base, created_at=AT)
    assert refusal.value.base == base


def test_wrong_numbers_are_refused_with_the_digit_that_is_expected():
    with pytest.raises(GtinWrong) as refusal:
        document([], base=BASE, created_at=AT, numbers=Numbers({"a": "4006381333932"}))
    assert refusal.value.why == "its check digit is 2, and 1 is expected"
    with pytest.raises(GlnWrong):
        document([], base=BASE, created_at=AT, numbers=Numbers({}, {"paris-1": "4012345000008"}))


_PLACES = st.sampled_from(["supplier", "customer", "shrink", "count", "demand"]) | st.text(min_size=1, max_size=20)
_BUCKETS = st.sampled_from(["on_hand", "unsellable", "held", "allocated", "incoming"])


@given(
    st.lists(
        st.builds(
            Moved, st.integers(1, 2**53), st.integers(0, 2**52), st.text(max_size=20), st.integers(1, 10**9),
            _PLACES, _BUCKETS, _PLACES, _BUCKETS, st.sampled_from(["sold", "shipped", "stolen", ""]) | st.text(),
            st.text(max_size=20), st.text(max_size=20),
        ),
        max_size=5,
    )
)  # fmt: skip
def test_whatever_the_ledger_holds_the_document_is_valid_and_no_id_is_given_twice(moves):
    found = events(*moves)
    assert len({one["eventID"] for one in found}) == len(found)
