"""Which column means what, in tables as people send them."""

import pyarrow as pa
import pytest

from noline.insight.matching.columns import ColumnsNotUnderstood, guess
from noline.insight.matching.preparing import prepared, reading_of
from noline.kernel.errors import NotFound


def one_row(**cells):
    return pa.table({"id": ["1"], **{name: [value] for name, value in cells.items()}})


def test_german_headers():
    table = one_row(
        Vorname="Anna", Nachname="Lee", Geburtsdatum="1.2.1980", PLZ="10115", Ort="Berlin", Telefon="030 1234567"
    )
    assert guess(table, "id").flat() == {
        "Vorname": "given", "Nachname": "family", "Geburtsdatum": "birth_date", "PLZ": "postcode", "Ort": "city",
        "Telefon": "phone",
    }  # fmt: skip


MEANINGS_OF_A_PERSON = (
    "given", "family", "house_no", "street", "postcode", "city", "birth_date", "phone", "email", "strong",
)  # fmt: skip


@pytest.mark.parametrize(
    "headers",
    [
        ("Vorname", "Nachname", "Hausnr.", "Straße", "PLZ", "Ort", "Geb.-Datum", "Handynummer", "E-Mail-Adresse",
         "Sozialversicherungsnummer"),
        ("Prénom", "Nom", "N° de rue", "Rue", "Code postal", "Ville", "Date de naissance", "Numéro de téléphone",
         "Courriel", "Numéro de sécurité sociale"),
        ("Nombre", "Primer apellido", "Número", "Calle", "Código Postal", "Municipio", "Fecha de nacimiento", "Móvil",
         "Correo electrónico", "DNI"),
        ("Nome", "Cognome", "Numero civico", "Via", "CAP", "Comune", "Data di nascita", "Cellulare", "Mail",
         "Codice fiscale"),
        ("Voornaam", "Achternaam", "Huisnummer", "Straat", "Postcode", "Woonplaats", "Geboortedatum",
         "Telefoonnummer", "E-mailadres", "BSN"),
        ("Imię", "Nazwisko", "Nr domu", "Ulica", "Kod pocztowy", "Miejscowość", "Data urodzenia", "Telefon", "E-mail",
         "PESEL"),
        ("Nome", "Sobrenome", "Número", "Rua", "CEP", "Cidade", "Data de nascimento", "Celular", "E-mail", "CPF"),
        ("CUST_FIRST_NAME", "CUST_LAST_NAME", "CUST_HOUSE_NO", "CUST_STREET", "CUST_ZIP", "CUST_CITY", "CUST_DOB",
         "CUST_PHONE", "CUST_EMAIL", "CUST_SSN"),
    ],
)  # fmt: skip
def test_headers_of_many_languages(headers):
    values = ("Anna", "Lee", "5", "Long Lane", "10115", "York", "1.2.1980", "030 1234567", "a@example.com", "65170839J")
    found = guess(one_row(**dict(zip(headers, values, strict=True))), "id")
    assert found.flat() == dict(zip(headers, MEANINGS_OF_A_PERSON, strict=True))
    assert found.unread == ()


def test_a_street_with_its_number_in_one_column_is_a_street():
    table = one_row(Nachname="Lee", **{"Strasse / Hausnr": "Lange Str. 5"})
    assert guess(table, "id").flat() == {"Nachname": "family", "Strasse / Hausnr": "street"}


def test_names_that_are_told_apart_by_their_numbers_are_given_and_family():
    table = one_row(pname1="Anna", pname2="Lee", store_sheet_name="x", zip="10115")
    assert guess(table, "id").flat() == {"pname1": "given", "pname2": "family", "zip": "postcode"}


def test_the_only_name_of_a_table_is_the_name_of_whom_it_tells():
    table = one_row(facility_name="Little Steps", program_name="Head Start", phone="030 1234567")
    assert guess(table, "id").flat() == {"facility_name": "name", "phone": "phone"}


def test_goods_with_a_name_are_not_people():
    with pytest.raises(ColumnsNotUnderstood):
        guess(one_row(item_name="Cup", vendor_name_code="x", price="3.50"), "id")


def test_cells_that_stand_for_nothing_say_nothing_of_their_column():
    table = pa.table({"id": ["1", "2", "3"], "surname": ["Lee"] * 3, "phone": ["N/A", "-", "030 1234567"]})
    found = guess(table, "id")
    assert found.flat() == {"surname": "family", "phone": "phone"}
    assert prepared(table, reading_of(table, found))["phone"].to_pylist() == [None, None, "301234567"]


def test_japanese_headers():
    table = one_row(氏名="山田 太郎", 生年月日="1980年1月2日", 電話番号="090-1234-5678", 郵便番号="100-0001")
    assert guess(table, "id").flat() == {
        "氏名": "name", "生年月日": "birth_date", "電話番号": "phone", "郵便番号": "postcode",
    }  # fmt: skip


def test_a_birth_date_in_three_columns():
    table = one_row(fname_c1="ANNA", lname_c1="LEE", by=1980, bm=2, bd=1)
    found = guess(table, "id")
    assert found.flat() == {
        "fname_c1": "given", "lname_c1": "family", "by": "birth_year", "bm": "birth_month", "bd": "birth_day"
    }  # fmt: skip
    assert prepared(table, reading_of(table, found))["birth"].to_pylist() == ["19800201"]


def test_a_column_of_both_names_is_taken_for_neither_of_them():
    table = one_row(full_name="Anna Mae Lee", first_and_surname="Anna Lee", first_name="Anna", surname="Lee")
    assert guess(table, "id").flat() == {"full_name": "name", "first_name": "given", "surname": "family"}
    assert guess(one_row(first_and_surname="Anna Lee"), "id").flat() == {"first_and_surname": "name"}


@pytest.mark.parametrize("name", ["postcode_fake", "raw_postcode", "PostcodeClean", "zip_std"])
def test_words_about_the_column_do_not_hide_what_it_holds(name):
    assert guess(one_row(surname="Lee", **{name: "SW1A 2AA"}), "id").flat() == {"surname": "family", name: "postcode"}


def test_the_name_of_a_source_is_no_name_of_a_person():
    table = one_row(first_name="Anna", surname="Lee", source_name="shop")
    assert guess(table, "id").flat() == {"first_name": "given", "surname": "family", "source_name": "source"}


def test_a_column_that_does_not_hold_what_it_is_called_is_read_by_what_it_holds():
    assert guess(one_row(phone="anna@example.com"), "id").flat() == {"phone": "email"}


def test_the_column_that_is_called_by_its_name_alone_comes_first():
    table = one_row(surname_raw="LEE,", surname="Lee")
    assert guess(table, "id").flat() == {"surname": "family"}


@pytest.mark.parametrize("names", [("PRIMARY_NAME_ORG", "SECONDARY_NAME_ORG"), ("SECONDARY_NAME_ORG", "main_name_org")])
def test_a_column_that_says_it_is_the_second_stands_behind_the_first(names):
    table = one_row(**dict.fromkeys(names, "Universal Exports"))
    first = next(name for name in names if not name.startswith("SECONDARY"))
    assert guess(table, "id").flat() == {first: "org"}


def test_headers_that_say_nothing_are_read_by_what_stands_below():
    table = pa.table(
        {
            "id": [str(n) for n in range(40)],
            "c1": [f"anna{n}@example.com" for n in range(40)],
            "c2": [f"19{40 + n}-03-0{1 + n % 9}" for n in range(40, 60)] + [f"19{40 + n}-03-01" for n in range(20)],
            "c3": ["Anna", "Robert", "Maria", "Xenthos"] * 10,
        }
    )
    assert guess(table, "id").flat() == {"c1": "email", "c2": "birth_date", "c3": "given"}


@pytest.mark.parametrize(
    "name",
    ["cluster", "cluster_id", "cid", "ClusterID", "entity_id", "ent_id", "true_match", "label", "household_id", "hh_id",
     "simulant_id", "person_id", "class", "dup_group", "is_match", "rec_id", "customer_id"],
)  # fmt: skip
def test_what_may_be_the_answer_is_never_read(name):
    found = guess(one_row(first_name="Anna", **{name: "anna@example.com" if name == "label" else "17"}), "id")
    assert found.flat() == {"first_name": "given"}
    assert found.unread == (name,)


@pytest.mark.parametrize("name", ["uid", "pid", "match_key", "voter_no", "ref"])
def test_a_key_is_not_taken_for_a_phone(name):
    keys = [f"00-{n:08}" for n in range(30)]
    table = pa.table({"id": [str(n) for n in range(30)], "first_name": ["Anna"] * 30, name: keys})
    assert guess(table, "id").flat() == {"first_name": "given"}


SCHOOLS = [
    *(f"Abraham Lincoln Primary School {place}" for place in ("North", "South")),
    *(f"{place} Academy of Early Education" for place in ("Howe", "Irving", "Lawndale", "Pulaski", "Ravenswood")),
]


@pytest.mark.parametrize(
    ("names", "others", "kind"),
    [
        (SCHOOLS, {}, "companies"),
        (["Rajesh Kulkarni", "Sunita Deshpande", "Vikram Iyer"], {}, "companies"),
        (["Rajesh Kulkarni", "Sunita Deshpande", "Vikram Iyer"], {"dob": "1.2.1980"}, "people"),
        (["Acme", "Bolt Works", "Cup House"], {"dob": "1.2.1980", "surname": "Lee"}, "companies"),
    ],
)
def test_what_a_table_tells_of_whom_it_names(names, others, kind):
    columns = {name: [value] * len(names) for name, value in others.items()}
    table = pa.table({"id": [str(at) for at in range(len(names))], "name": names, **columns})
    assert reading_of(table, guess(table, "id")).names_are == kind


def test_a_mapping_is_taken_as_it_is():
    table = one_row(a="Anna", b="Lee", first_name="x")
    assert guess(table, "id", {"given": "a", "family": ["b"]}).flat() == {"a": "given", "b": "family"}


def test_a_mapping_to_what_is_not_there_is_refused():
    with pytest.raises(NotFound) as refusal:
        guess(one_row(a="Anna"), "id", {"given": "b"})
    assert (refusal.value.what, refusal.value.name) == ("column", "b")
    with pytest.raises(NotFound) as refusal:
        guess(one_row(a="Anna"), "id", {"hat": "a"})
    assert refusal.value.name == "hat"


def test_a_table_of_goods_is_refused():
    with pytest.raises(ColumnsNotUnderstood):
        guess(one_row(sku="K-1", price="3.50"), "id")


def test_the_order_of_dates_is_told_by_the_whole_column_and_by_source():
    table = pa.table(
        {
            "id": ["1", "2", "3", "4"],
            "first_name": ["Ann"] * 4,
            "dob": ["02/03/1980", "25/03/1980", "02/03/1980", "03/25/1980"],
            "source": ["uk", "uk", "us", "us"],
        }
    )
    found = guess(table, "id")
    assert prepared(table, reading_of(table, found))["birth"].to_pylist() == [
        "19800302", "19800325", "19800203", "19800325",
    ]  # fmt: skip
