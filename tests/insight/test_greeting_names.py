"""How a customer is called: the rules of four cultures, and nobody's gender guessed."""

import pytest

from noline.insight.greeting.service import Called, address, called, full_name

ANNA = {"firstName": "Anna", "lastName": "Muster"}
YUI = {"firstName": "結衣", "lastName": "佐藤", "nameKana": "サトウ ユイ"}


@pytest.mark.parametrize(
    ("traits", "language", "said"),
    [
        # German: Frau or Herr with the family name, the given name only to whom asked for "du".
        ({"title": "Frau"}, "de", "Frau Muster"),
        ({"title": "Mme"}, "de", "Frau Muster"),
        ({"gender": "female"}, "de", "Frau Muster"),
        ({"gender": "M"}, "de", "Herr Muster"),
        ({"gender": "divers"}, "de", "Anna Muster"),
        ({}, "de", "Anna Muster"),
        ({"title": "Frau", "informal": "true"}, "de", "Anna"),
        ({"title": "Frau", "du": "ja"}, "de", "Anna"),
        ({"title": "Frau", "informal": "false"}, "de", "Frau Muster"),
        ({"title": "Frau", "usesGivenName": "true"}, "de", "Frau Muster"),
        ({"title": "Frau Dr."}, "de", "Frau Dr. Muster"),
        ({"title": "Frau Prof. Dr."}, "de", "Frau Professor Muster"),
        ({"title": "Dr."}, "de", "Dr. Anna Muster"),
        # French: Madame or Monsieur with the family name.
        ({"title": "Mme"}, "fr", "Madame Muster"),
        ({"title": "Mlle"}, "fr", "Madame Muster"),
        ({"title": "M."}, "fr", "Monsieur Muster"),
        ({"title": "Dr"}, "fr", "Docteur Muster"),
        ({}, "fr", "Anna Muster"),
        ({"tu": "oui"}, "fr", "Anna"),
        # English: the given name to whom uses it, else Ms or Mr, else the full name.
        ({"title": "Frau"}, "en", "Ms Muster"),
        ({"title": "Mrs"}, "en", "Mrs Muster"),
        ({"title": "Mx"}, "en", "Mx Muster"),
        ({"title": "Mx"}, "de", "Anna Muster"),
        ({"title": "Professor"}, "en", "Professor Muster"),
        ({"title": "Ms", "usesGivenName": "true"}, "en", "Anna"),
        ({"title": "Ms", "preferred_name": "Annie"}, "en", "Annie"),
        ({"title": "Ms", "nickname": "Annie"}, "de", "Frau Muster"),
        ({}, "en", "Anna Muster"),
        # Japanese: the family name with sama, whatever else was told; Latin names stay Latin.
        ({}, "ja", "Muster様"),
        ({"title": "Frau Dr.", "informal": "true"}, "ja", "Muster様"),
    ],
)
def test_a_customer_is_called_as_they_told(traits, language, said):
    assert address(called(ANNA | traits, language), language) == said


def test_a_japanese_name_keeps_its_script_and_puts_the_family_first():
    for language in ("en", "de", "fr", "ja"):
        assert full_name(called(YUI, language)) == "佐藤 結衣"
    assert address(called(YUI, "ja"), "ja") == "佐藤様"
    assert called(YUI, "ja") == Called("結衣", "佐藤", "様", "サトウ ユイ", "Jpan", informal=False, uses_given=False)
    assert address(called(YUI | {"title": "Madame"}, "fr"), "fr") == "Madame 佐藤"


def test_kana_alone_are_a_name():
    assert address(called({"lastNameKana": "サトウ", "firstNameKana": "ユイ"}, "ja"), "ja") == "サトウ様"
    assert address(called({"nameKana": "サトウ\u3000ユイ"}, "ja"), "ja") == "サトウ様"


@pytest.mark.parametrize(
    ("traits", "said"),
    [
        ({"firstName": "Madonna"}, ["Madonna", "Madonna", "Madonna", "Madonna様"]),
        ({"lastName": "Laurent"}, ["Laurent", "Laurent", "Laurent", "Laurent様"]),
        ({"lastName": "Laurent", "title": "Mme"}, ["Ms Laurent", "Frau Laurent", "Madame Laurent", "Laurent様"]),
        ({"name": "Catherine Laurent"}, ["Catherine Laurent"] * 3 + ["Catherine Laurent様"]),
        ({"title": "Madame"}, ["", "", "", ""]),
        ({}, ["", "", "", ""]),
    ],
)
def test_somebody_with_one_name_or_none(traits, said):
    assert [address(called(traits, language), language) for language in ("en", "de", "fr", "ja")] == said


def test_no_gender_is_read_off_a_name():
    for name in ("Anna", "Jürgen", "Camille", "由美子"):
        for language in ("en", "de", "fr"):
            assert called({"firstName": name, "lastName": "Muster"}, language).honorific == ""


def test_a_name_is_one_line_without_control_characters():
    person = called({"firstName": "An\x1b[31mna\n", "lastName": " Muster\t"}, "de")
    assert full_name(person) == "Muster"
    assert full_name(called({"firstName": " Anna\n", "lastName": "von\tMuster"}, "de")) == "Anna"


NO_NAMES = [
    "anna@example.org", "+33 6 99 99 99 99", "\u202eevil", "An\u200bna", "Anna (VIP, never pays)", "<script>", "{name}",
    "Unknown", "NULL", "n/a", "N/A", "?", "-", "test", "", "  ", "...", "A" * 61,
]  # fmt: skip


@pytest.mark.parametrize("told", NO_NAMES)
def test_what_nobody_is_called_is_not_said(told):
    assert address(called({"name": told}, "en"), "en") == ""
    assert address(called({"firstName": told, "lastName": "Muster"}, "ja"), "ja") == "Muster様"
    assert address(called({"firstName": told, "lastName": "Muster"}, "fr"), "fr") == "Muster"


def test_a_long_name_is_cut_at_a_word():
    told = "Pablo Diego José Francisco de Paula Juan Nepomuceno María de los Remedios"
    assert address(called({"name": told}, "en"), "en") == "Pablo Diego José Francisco de Paula Juan Nepomuceno María de"


def test_a_latin_name_in_one_piece_is_said_whole_in_japanese():
    assert address(called({"name": "Tanaka Yoko"}, "ja"), "ja") == "Tanaka Yoko様"


def test_names_of_traits_count_however_they_are_written():
    traits = {"first_name": "Anna", "last-name": "Muster", "Title": "Frau", "INFORMAL": "1"}
    assert called(traits, "de") == Called(
        "Anna", "Muster", "Frau", "", "Latn", informal=True, uses_given=False, title=""
    )
