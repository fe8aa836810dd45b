"""CDNOW's purchases, on a few lines made here and on the real file."""

from importlib.util import find_spec

import pytest

from noline.channels import cdnow
from noline.kernel.errors import FileNotUnderstood, PackageMissing

LINES = """ 00001 19970112  1   11.77
 00002 19970101  5   77.00
 00001 19970112  2    0.00
 00003 19980630  1    9.5
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / cdnow.FILE).write_text(LINES)
    return tmp_path


def test_the_bulk_says_its_source_and_how_many_messages_come(folder):
    bulk = cdnow.read(folder)
    assert (bulk.sources, bulk.total) == ({"cdnow-web": "web"}, 4)
    assert [source for source, _ in bulk.messages] == ["cdnow-web"] * 4


def test_a_purchase_is_an_order_at_noon_of_its_day(folder):
    first, *_ = (message for _, message in cdnow.read(folder).messages)
    assert first == {
        "type": "track",
        "event": "Order Completed",
        "messageId": "cdnow-order-1",
        "userId": "cdnow-00002",
        "timestamp": "1997-01-01T12:00:00.000Z",
        "context": {"channel": "web", "country": "US"},
        "properties": {
            "order_id": "cdnow-1", "currency": "USD", "total": "77.00", "revenue": "77.00", "quantity": 5,
        },
    }  # fmt: skip


def test_orders_come_in_time_and_those_of_one_day_as_they_stand(folder):
    told = [(message["timestamp"][:10], message["properties"]["total"]) for _, message in cdnow.read(folder).messages]
    assert told == [
        ("1997-01-01", "77.00"), ("1997-01-12", "11.77"), ("1997-01-12", "0.00"), ("1998-06-30", "9.50"),
    ]  # fmt: skip


def test_a_head_and_empty_lines_change_nothing(folder):
    whole = list(cdnow.read(folder).messages)
    (folder / cdnow.FILE).write_text("customer_id date number_of_cds dollar_value\n" + LINES + "\n")
    again = list(cdnow.read(folder).messages)
    assert [message["properties"]["total"] for _, message in again] == [
        message["properties"]["total"] for _, message in whole
    ]
    assert len({message["messageId"] for _, message in again}) == 4


@pytest.mark.parametrize("line", ["00001 19970112 1", "00001 19971301 1 2.00", "00001 19970112 one 2.00", "a b c d e"])
def test_a_line_that_is_no_purchase_is_named(folder, line):
    with (folder / cdnow.FILE).open("a") as file:
        file.write(line + "\n")
    with pytest.raises(FileNotUnderstood) as refusal:
        cdnow.read(folder)
    assert refusal.value.facts["why"] == f"line 5 is no purchase: {line!r}"


def test_a_missing_file_and_a_missing_package_are_named(tmp_path, monkeypatch):
    with pytest.raises(FileNotUnderstood) as refusal:
        cdnow.read(tmp_path)
    assert refusal.value.facts["why"] == "the file CDNOW_master.txt is missing"
    monkeypatch.setattr(cdnow, "find_spec", lambda _: None)
    with pytest.raises(PackageMissing):
        cdnow.read()


@pytest.mark.skipif(find_spec("lifetimes") is None, reason="needs the package lifetimes")
def test_the_real_file_has_every_purchase():
    messages = [message for _, message in cdnow.read().messages]
    assert len(messages) == len({message["messageId"] for message in messages}) == 69_659
    assert len({message["userId"] for message in messages}) == 23_570
    assert sum(int(message["properties"]["total"].replace(".", "")) for message in messages) == 250_031_563
    assert sum(message["properties"]["quantity"] for message in messages) == 167_881
    days = [message["timestamp"] for message in messages]
    assert days == sorted(days)
    assert (days[0][:10], days[-1][:10]) == ("1997-01-01", "1998-06-30")
