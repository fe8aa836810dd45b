"""Tables of strangers: guessed, corrected, read, and read again."""

from collections import Counter

import msgspec
import pyarrow as pa
import pytest
from pyarrow import parquet

from noline.channels import mapping, tabular
from noline.channels.mapping import Mapping
from noline.channels.segment import read_item
from noline.kernel.errors import FileNotUnderstood, SettingUnknown, SettingWrong
from noline.kernel.events import Refusal

_GERMAN = (
    "Bestell-Nr.;Kundennummer;Bestelldatum;Uhrzeit;Artikelnummer;Bezeichnung;Menge;Einzelpreis;Betrag (EUR);Filiale\n"
    "4711;K-1;31.12.2025;09:30;A-1;Espressotasse;2;12,50;25,00;Köln 1\n"
    "4712;K-2;31.12.2025;09:45;A-2;Mühle;1;1.299,00;1.299,00;Köln 1\n"
    "4711;K-1;31.12.2025;09:30;A-3;Löffel;4;1,25;5,00;Köln 1\n"
)
_CLICKS = (
    "timestamp,visitorid,event,itemid,transactionid\n"
    "1433221332117,257597,view,355908,\n"
    "1433221332117,257597,view,355908,\n"
    "1433222276276,111016,addtocart,318965,\n"
    "1433222276277,111016,transaction,318965,7\n"
    "1433222276277,111016,transaction,318966,7\n"
)


@pytest.fixture
def write(tmp_path):
    def written(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return written


def _read(path, how=None):
    return [message for _, message in tabular.read(path, how or tabular.guess(path)).messages]


def test_german_order_lines_become_orders(write):
    path = write("bestellungen.csv", _GERMAN.encode("cp1252"))
    guessed = tabular.guess(path)
    assert guessed.columns["order_id"] == "Bestell-Nr."
    assert (guessed.event, guessed.channel, guessed.currency) == ("Order Completed", "store", "EUR")
    assert (guessed.decimal, guessed.time_format) == (",", "%d.%m.%Y %H:%M")
    first, second = _read(path)
    assert (first["type"], first["event"], first["userId"]) == ("track", "Order Completed", "K-1")
    assert first["timestamp"] == "2025-12-31T09:30:00.000Z"
    assert first["context"] == {"channel": "store", "store_id": "Köln 1"}
    assert first["properties"] == {
        "order_id": "4711",
        "total": "30.00",
        "currency": "EUR",
        "products": [
            {"sku": "A-1", "name": "Espressotasse", "quantity": 2, "price": "12.50", "total": "25.00"},
            {"sku": "A-3", "name": "Löffel", "quantity": 4, "price": "1.25", "total": "5.00"},
        ],
    }
    assert second["properties"]["total"] == "1299.00"


def test_the_guess_shows_the_first_five_rows(write):
    path = write("orders.csv", "order_id,customer_id,date,total\n" + "".join(f"{n},c,2025-01-01,1\n" for n in range(9)))
    assert [row["order_id"] for row in tabular.guess(path).rows] == ["0", "1", "2", "3", "4"]


def test_french_customers_become_people(write):
    path = write(
        "clients.csv", "id,prénom,nom,courriel,téléphone,ville\n1,Jo,Petit,jo@example.com,+33 612345678,Lyon\n"
    )
    [person] = _read(path)
    assert (person["type"], person["userId"]) == ("identify", "1")
    assert "timestamp" not in person
    assert person["traits"] == {
        "email": "jo@example.com",
        "phone": "+33 612345678",
        "first_name": "Jo",
        "last_name": "Petit",
        "name": "Jo Petit",
        "ville": "Lyon",
    }
    assert person["context"]["externalIds"] == [
        {"type": "email", "id": "jo@example.com"},
        {"type": "phone", "id": "+33 612345678"},
    ]


def test_clicks_keep_their_words_and_purchases_are_gathered(write):
    path = write("events.csv", _CLICKS)
    bulk = tabular.read(path, tabular.guess(path))
    assert (bulk.sources, bulk.total) == ({"events": "web"}, 4)
    told = [message for _, message in bulk.messages]
    assert [message["event"] for message in told] == [
        "Product Viewed",
        "Product Viewed",
        "Product Added",
        "Order Completed",
    ]
    assert told[0]["timestamp"] == "2015-06-02T05:02:12.117Z"
    assert told[3]["properties"] == {"order_id": "7", "products": [{"sku": "318965"}, {"sku": "318966"}]}


def test_importing_twice_and_in_another_order_gives_the_same_ids_and_equal_rows_stay_two(write):
    once = [message["messageId"] for message in _read(write("events.csv", _CLICKS))]
    head, *rows = _CLICKS.splitlines(keepends=True)
    again = [message["messageId"] for message in _read(write("events.csv", head + "".join(reversed(rows))))]
    assert len(set(once)) == 4
    assert sorted(again) == sorted(once)
    alone = [message["messageId"] for message in _read(write("events.csv", head + rows[0]))]
    assert alone == [once[0]]


def test_rows_that_cannot_be_read_are_parked_with_their_raw_cells(write):
    head, *rows = _GERMAN.splitlines(keepends=True)
    wrong = [
        "4713;K-3;31.12.2025;10:00;A-1;Tasse;zwei;12,50;25,00;Köln 1\n",
        "4714;K-3;bald;10:00;A-1;Tasse;2;12,50;25,00;Köln 1\n",
        "4715;K-3;31.12.2025;10:00;A-1;Tasse;2;12,50;25,00;Köln 1;zu viel\n",
    ]
    path = write("bestellungen.csv", head + "".join(rows + wrong))
    how = tabular.guess(path)
    parked = _read(path, how)[2:]
    assert [message["properties"]["problem"] for message in parked] == [
        "'zwei' is not a number",
        "time data 'bald 10:00' does not match format '%d.%m.%Y %H:%M'",
        "11 cells under 10 columns",
    ]
    assert parked[0]["properties"]["cells"]["Menge"] == "zwei"
    assert parked[2]["properties"]["cells"]["cells"][-1] == "zu viel"
    assert tabular.read(path, how).total == 5
    for message in parked:
        refusal = read_item(msgspec.json.encode(message), suspicious=True)
        assert isinstance(refusal, Refusal)
        assert (refusal.code, refusal.pointer) == ("unknown_schema", "/type")


def test_a_wrong_decimal_sign_parks_a_row_instead_of_changing_its_amount(write):
    path = write("orders.csv", 'order_id,customer_id,date,total\n1,c,2025-01-01,"12,50"\n')
    how = Mapping(
        columns={"order_id": "order_id", "person_id": "customer_id", "time": "date", "amount": "total"},
        event="Order Completed",
    )
    [message] = _read(path, how)
    assert (message["type"], message["properties"]["problem"]) == ("unreadable", "'12,50' is not a number")


def test_a_quote_that_never_closes_loses_no_line(write):
    rows = "".join(f"{number},c,2025-01-01,1\n" for number in range(20_000))
    path = write("orders.csv", 'order_id,customer_id,date,total\nA,c,2025-01-01,1\n"B,c,2025-01-01,1\n' + rows)
    how = Mapping(
        columns={"order_id": "order_id", "person_id": "customer_id", "time": "date", "amount": "total"},
        event="Order Completed",
    )
    told = _read(path, how)
    broken = [message for message in told if message["type"] == "unreadable"]
    readable = [message["properties"]["order_id"] for message in told if message["type"] == "track"]
    assert len(broken) == 1
    kept = broken[0]["properties"]["cells"]["text"]
    assert kept.startswith('"B,c,2025-01-01,1\n0,c,')
    assert kept.count("\n") - 1 + len(readable) - 1 == 20_000


def test_an_amount_repeated_on_all_lines_is_that_of_the_order(write):
    path = write(
        "orders.csv",
        "order_id,customer_id,date,sku,order_total\n"
        "1,c,2025-01-01,a,30.00\n1,c,2025-01-01,b,30.00\n2,c,2025-01-02,a,10.00\n",
    )
    guessed = tabular.guess(path)
    assert guessed.amount_of == "order"
    assert [message["properties"]["total"] for message in _read(path, guessed)] == ["30.00", "10.00"]


def test_a_column_that_a_message_has_no_word_for_stays_as_a_property(write):
    path = write(
        "web_orders.csv",
        "id,order_number,billing_email,first_name,shipping_amount,order_total,created_at\n"
        "9,1001,jo@example.com,Jo,4.90,55.00,2025-03-01 10:00:00+01:00\n",
    )
    [order] = _read(path)
    assert order["timestamp"] == "2025-03-01T09:00:00.000Z"
    assert order["context"] == {"channel": "web", "externalIds": [{"type": "email", "id": "jo@example.com"}]}
    assert order["properties"] == {
        "order_id": "1001",
        "total": "55.00",
        "id": "9",
        "first_name": "Jo",
        "shipping_amount": "4.90",
    }


def test_values_of_a_channel_column_become_channels_and_sources(write):
    path = write(
        "sales.csv",
        "order_id,customer_id,date,total,Kanal\n1,c,2025-01-01,1,Filiale\n2,c,2025-01-01,1,Webshop\n"
        "3,c,2025-01-01,1,Kiosk\n",
    )
    bulk = tabular.read(path, tabular.guess(path))
    assert bulk.sources == {"sales-store": "store", "sales-web": "web", "sales-Kiosk": "Kiosk"}
    assert [(source, message["context"]["channel"]) for source, message in bulk.messages] == [
        ("sales-store", "store"),
        ("sales-web", "web"),
        ("sales-Kiosk", "Kiosk"),
    ]


def test_a_stock_list_becomes_counts(write):
    path = write("bestand.csv", "Artikelnummer;Filiale;Bestand\nA-1;Köln 1;12\nA-2;Köln 1;1,5\n")
    counted, parked = _read(path)
    assert (counted["event"], counted["properties"]) == (
        "Stock Counted",
        {"sku": "A-1", "quantity": 12, "location": "Köln 1"},
    )
    assert parked["properties"]["problem"] == "'1,5' is not a whole number of units"


def test_the_day_before_the_month_is_assumed_aloud(write):
    rows = "order_id,customer_id,order_date,total\n1,c,3/4/2025,1\n"
    guessed = tabular.guess(write("orders.csv", rows))
    assert guessed.time_format == "%d/%m/%Y"
    assert "3/4/2025 was read with the day before the month" in guessed.notes
    decided = tabular.guess(write("orders.csv", rows + "2,c,3/14/2025,1\n"))
    assert decided.time_format == "%m/%d/%Y"


def test_parquet_keeps_exact_numbers_and_times_of_a_zone(tmp_path):
    path = tmp_path / "orders.parquet"
    table = pa.table(
        {
            "order_id": [1, 2],
            "customer": [{"id": "a", "email": "a@example.com"}, {"id": "b", "email": None}],
            "created_at": pa.array(["2025-07-01T10:00:00", "2025-01-01T10:00:00"]).cast(pa.timestamp("us")),
            "total": pa.array(["19.99", "5.00"]).cast(pa.decimal128(9, 2)),
        }
    )
    parquet.write_table(table, path)
    guessed = tabular.guess(path)
    assert guessed.columns["person_id"] == "customer.id"
    assert guessed.columns["email"] == "customer.email"
    (tmp_path / "mapping.toml").write_text(guessed.as_toml().replace('time_zone = "UTC"', 'time_zone = "Europe/Paris"'))
    summer, winter = _read(path, mapping.load(tmp_path / "mapping.toml"))
    assert (summer["timestamp"], winter["timestamp"]) == ("2025-07-01T08:00:00.000Z", "2025-01-01T09:00:00.000Z")
    assert summer["properties"]["total"] == "19.99"
    assert summer["context"]["externalIds"] == [{"type": "email", "id": "a@example.com"}]
    assert winter["userId"] == "b"


def test_lines_that_are_segment_messages_pass_through(write):
    message = {"type": "track", "event": "Store Visited", "userId": "u", "context": {"channel": "store"}}
    named = {"type": "page", "anonymousId": "a", "messageId": "m-1"}
    lines = [msgspec.json.encode(message), msgspec.json.encode(named), b'{"type": "track", ']
    path = write("log.ndjson", b"\n".join(lines))
    bulk = tabular.read(path, tabular.guess(path))
    assert bulk.sources == {"log-store": "store", "log-web": "web"}
    (_, first), (source, second), (_, broken) = bulk.messages
    assert {**first, "messageId": None} == {**message, "messageId": None}
    assert first["messageId"].startswith("row-")
    assert (source, second) == ("log-web", named)
    assert broken["properties"]["cells"] == {"line": '{"type": "track",'}


def test_a_mapping_is_saved_and_loaded_as_it_was(write, tmp_path):
    path = write("bestellungen.csv", _GERMAN)
    guessed = tabular.guess(path)
    guessed.save(tmp_path / "mapping.toml")
    assert mapping.load(tmp_path / "mapping.toml") == guessed


@pytest.mark.parametrize(
    ("text", "error", "fact"),
    [
        ('chanel = "web"', SettingUnknown, ("nearest", "channel")),
        ('[columns]\nperson = "c"', SettingUnknown, ("nearest", "person_id")),
        ('decimal = "x"', SettingWrong, ("why", "it is one of ., ,")),
        ('time_zone = "Mars"', SettingWrong, ("why", "it is no zone such as Europe/Paris")),
        ("event = 3", SettingWrong, ("why", "it is a text")),
    ],
)
def test_a_mapping_with_a_mistake_is_refused_by_name(write, text, error, fact):
    with pytest.raises(error) as refusal:
        mapping.load(write("mapping.toml", text))
    assert refusal.value.facts[fact[0]] == fact[1]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.xls", "", ".xls is not read; save it as .xlsx, .ods or CSV"),
        ("a.bin", "", "it is no CSV, Parquet, NDJSON or spreadsheet"),
        ("a.csv", "", "its first line is empty"),
        ("a.csv", "1,2\n3,4\n", "its first line has values where the names of columns should stand"),
        ("a.json", "[{}]", "it is one long list; write one object a line"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(write, name, content, why):
    with pytest.raises(FileNotUnderstood) as refusal:
        tabular.guess(write(name, content))
    assert refusal.value.facts["why"] == why


def test_a_file_whose_rows_tell_nothing_asks_for_the_event(write):
    path = write("things.csv", "user_id,colour\nu,red\n")
    guessed = tabular.guess(path)
    assert "nothing says what a row tells: set `event`" in guessed.notes
    with pytest.raises(FileNotUnderstood) as refusal:
        tabular.read(path, guessed)
    assert refusal.value.facts["why"] == "nothing says what its rows tell; set `event` in the mapping"


def test_a_mapping_of_another_file_is_refused_by_the_missing_column(write):
    path = write("orders.csv", "order_id,customer_id,date,total\n1,c,2025-01-01,1\n")
    with pytest.raises(FileNotUnderstood) as refusal:
        tabular.read(path, Mapping(columns={"order_id": "Bestell-Nr."}, event="Order Completed"))
    assert refusal.value.facts["why"] == "it has no column 'Bestell-Nr.'"


def test_some_hundred_rows_give_as_many_messages_as_promised(write):
    rows = [f"{number % 40},c{number % 7},2025-01-{1 + number % 28:02d},s{number},1,2.00\n" for number in range(400)]
    path = write("orders.csv", "order_id,customer_id,date,sku,quantity,price\n" + "".join(rows))
    bulk = tabular.read(path, tabular.guess(path))
    told = [message for _, message in bulk.messages]
    assert bulk.total == len(told) == 40
    assert Counter(message["properties"]["total"] for message in told) == {"20.00": 40}
