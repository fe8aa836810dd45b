"""What people write, in the one form in which it can be compared."""

import pytest

from noline.insight.matching import cleaning


@pytest.mark.parametrize(
    ("written", "given", "root"),
    [
        ("Bob", "bob", "robert"),
        ("Jürgen", "jurgen", "george"),
        ("Juergen", "jurgen", "george"),
        ("Dr. Anne-Marie", "annemarie", "annemarie"),
        ("J.", "j", "j"),
        ("花子", "花子", "花子"),
        ("unknown", None, None),
        ("", None, None),
    ],
)
def test_given_names(written, given, root):
    assert cleaning.given_of(written)[:2] == (given, root)


@pytest.mark.parametrize(
    ("written", "family", "suffix"),
    [("Müller", "muller", None), ("MUELLER", "muller", None), ("O'Neil", "oneil", None), ("Smith Jr.", "smith", "jr"),
     ("García López", "garcialopez", None), ("Groß", "gross", None), ("N/A", None, None)],
)  # fmt: skip
def test_family_names(written, family, suffix):
    found = cleaning.family_of(written)
    assert (found.family, found.suffix) == (family, suffix)


@pytest.mark.parametrize(
    ("whole", "given", "family"),
    [
        ("Anna Maria Smith", "Anna Maria", "Smith"),
        ("Smith, Anna", "Anna", "Smith"),
        ("Mr. Ludwig van Beethoven", "Ludwig", "van Beethoven"),
        ("John Smith, Jr.", "John", "Smith"),
        ("山田 太郎", "太郎", "山田"),
        ("山田太郎", "太郎", "山田"),
        ("王伟", "伟", "王"),
        ("Madonna", "", "Madonna"),
    ],
)
def test_whole_names(whole, given, family):
    assert cleaning.split_name(whole) == (given, family)


def test_families_stand_first_where_the_table_says_so():
    assert cleaning.split_name("Nagy Anna", families_first=True) == ("Anna", "Nagy")


@pytest.mark.parametrize(
    ("written", "order", "date"),
    [
        ("1978-12-11", "dmy", "19781211"),
        ("11.12.1978", "dmy", "19781211"),
        ("12/11/1978", "mdy", "19781211"),
        ("12111978", "mdy", "19781211"),
        ("19781211", "ymd", "19781211"),
        ("1978年12月11日", "ymd", "19781211"),
        ("11 Dec 1978", "dmy", "19781211"),
        ("l2/11/1978", "mdy", "19781211"),
        ("1/7/80", "mdy", "19800107"),
        ("1978-12-11T00:00:00", "ymd", "19781211"),
        ("1978", "ymd", "1978"),
        ("01/01/1900", "dmy", None),
        ("soon", "dmy", None),
    ],
)
def test_birth_dates(written, order, date):
    assert cleaning.date_in(written, order) == date


@pytest.mark.parametrize(
    ("written", "digits"),
    [("+49 170 1234567", "701234567"), ("0170/1234567", "701234567"), ("(702) 919-1300 ext. 5", "029191300"),
     ("0000000000", None), ("0123456789", None), ("12", None)],
)  # fmt: skip
def test_phones(written, digits):
    assert cleaning.phone_of(written) == digits


@pytest.mark.parametrize(
    ("written", "email"),
    [("Ann.Lee+shop@Gmail.com", "annlee@gmail.com"), ("<ann@lee.example>", "ann@lee.example"),
     ("test@test.com", None), ("noreply@shop.example", None), ("ann", None)],
)  # fmt: skip
def test_emails(written, email):
    assert cleaning.email_of(written).email == email


@pytest.mark.parametrize(
    ("written", "number", "street", "unit"),
    [
        ("12 Main Street", "12", "main street", None),
        ("12 Main St. Apt 4", "12", "main street", "4"),
        ("Hauptstraße 5a", "5a", "hauptstr", None),
        ("Hauptstr. 5a", "5a", "hauptstr", None),
        ("5, rue de la Paix", "5", "rue de la paix", None),
        ("West 32nd Avenue", None, "west 32nd avenue", None),
    ],
)
def test_streets(written, number, street, unit):
    assert cleaning.street_of(written) == (number, street, unit)


@pytest.mark.parametrize(
    ("line", "place", "postcode", "city"),
    [
        ("123 Main Street, Las Vegas NV 89132", ("123", "main street"), "89132", "las vegas"),
        ("Hauptstr. 5, 10115 Berlin", ("5", "hauptstr"), "10115", "berlin"),
        ("12 Rue X 75002 Paris", ("12", "rue x"), "75002", "paris"),
        ("Flat 2, 10 Downing Street, London SW1A 2AA", ("10", "downing street"), "sw1a2aa", "london"),
    ],
)
def test_addresses_in_one_line(line, place, postcode, city):
    found = cleaning.address_of(line)
    assert (found.street[:2], found.postcode, found.city) == (place, postcode, city)


def test_what_sounds_alike_has_one_key():
    assert cleaning.sound_of("meyer") == cleaning.sound_of("maier")
    assert cleaning.sound_of("smith") != cleaning.sound_of("jones")


@pytest.mark.parametrize(
    ("latin", "other"),
    [
        ("faisal", "فيصل"), ("siddiqui", "صديقي"), ("vasilev", "Васильев"), ("alexander", "Александр"),
        ("dara", "តារា"), ("kim", "គឹម"), ("tompson", "thompson"), ("sahra", "zara"),
    ],
)  # fmt: skip
def test_a_name_is_heard_alike_in_every_alphabet(latin, other):
    (word,) = cleaning.words_of(other)
    assert cleaning.consonants_of(latin) == cleaning.consonants_of(word) is not None


@pytest.mark.parametrize("word", ["", "a", "lee", "王杰", None])
def test_what_has_fewer_than_two_consonants_or_stands_for_a_word_is_not_heard(word):
    assert cleaning.consonants_of(word) is None


def test_a_given_name_is_shortened_to_the_letters_of_all_its_forms():
    assert cleaning.letters_of("robert") == cleaning.letters_of("bob") == "br"
    assert (cleaning.letters_of("xaver"), cleaning.letters_of(None)) == ("x", None)


def test_ie_and_y_end_the_same_short_name():
    assert cleaning.given_of("Peggie").root == cleaning.given_of("Margaret").root


def test_what_stands_in_brackets_is_no_part_of_a_company():
    assert cleaning.org_of("Hajah Mamunah (Jln Pisang)") == cleaning.org_of("Hajah Mamunah")
    assert cleaning.org_of("(Cafe)") == "cafe"
