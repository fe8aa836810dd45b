"""In which properties people are compared, and in which levels."""

from collections.abc import Collection

from noline.insight.matching.model import Check, Comparison, Level


def _missing(*columns: str) -> Level:
    parts = tuple(Check("missing", (one,)) for one in columns)
    return Level("not known", parts[0] if len(parts) == 1 else Check("all", parts=parts), neutral=True)


def _same(column: str, words: str = "the same") -> Level:
    return Level(words, Check("same", (column,)), frequency=column)


RARE = "rare_"
"""A prepared column with this prefix holds the values that at most `RECORDS_OF_A_RARE_VALUE` records have."""

RECORDS_OF_A_RARE_VALUE = 5
"""As many as one person may have. In 2 of 10,000 records a number looks as common as 1 in 5,000, however rare it is."""

RARE_COLUMNS = frozenset({"given", "family", "birth", "place", "phone", "email", "org"})


def has_rare(column: str) -> bool:
    """Whether rare values of this column are told apart."""
    return column in RARE_COLUMNS or column.startswith("strong_")


def _same_or_rare(column: str, words: str = "the same") -> tuple[Level, Level]:
    rare = Level(f"{words}, and rare", Check("same", (RARE + column,)), seldom=True)
    return rare, _same(column, words)


HOMES = frozenset({"place", "phone", "phone2", "email", "email2"})
"""What people of one household share."""

_OTHERWISE = Check("otherwise")


def comparisons(columns: Collection[str]) -> tuple[Comparison, ...]:
    """What can be compared in a table with these prepared columns."""
    made = [_given(columns), _middle(columns), _family(columns), _suffix(columns), _org(columns), _birth(columns),
            _age(columns), _sex(columns), _phone(columns), _email(columns), _address(columns)]  # fmt: skip
    made += [_strong(one) for one in sorted(columns) if one.startswith("strong_")]
    made += [_trait(one) for one in sorted(columns) if one.startswith("trait_")]
    return tuple(one for one in made if one is not None)


def _given(columns: Collection[str]) -> Comparison | None:
    if "given" not in columns:
        return None
    names = ("given", "family")
    halves = tuple(Check("other_way", pair) for pair in (names, names[::-1]))
    crossed = [
        Level("given and family name swapped", Check("crossed_alike", names, 0.85)),
        Level("one name stands in the other's place", Check("any", parts=halves)),
    ]
    return Comparison("given name", (
        _missing("given"),
        *_same_or_rare("given"),
        *([_same("given_root", "a form of the same name")] if "given_root" in columns else []),
        *(crossed if "family" in columns else []),
        Level("only its initial", _initial(columns)),
        Level("nearly the same", Check("alike", ("given",), 0.9)),
        *_sound("given", columns),
        Level("similar", Check("alike", ("given",), 0.8)),
        Level("another", _OTHERWISE),
    ), personal=True)  # fmt: skip


def _initial(columns: Collection[str]) -> Check:
    told = Check("initial", ("given",))
    if "given_letters" not in columns:
        return told
    return Check("any", parts=(told, Check("letter_of", ("given", "given_letters"))))


def _sound(name: str, columns: Collection[str]) -> list[Level]:
    sound = f"{name}_sound"
    if sound not in columns:
        return []
    alike = Check("same", (sound,))
    elsewhere = Check("all", parts=(Check("other_script", (name,)), alike))
    return [Level("the same in another script", elsewhere), Level("sounds the same", alike)]


def _family(columns: Collection[str]) -> Comparison | None:
    if "family" not in columns:
        return None
    parts = tuple(one for one in ("family_first", "family_last") if one in columns)
    # Swapped names are told once, at the given name.
    names = ("given", "family")
    halves = tuple(Check("other_way", pair) for pair in (names, names[::-1]))
    swapped = Check("any", parts=(Check("crossed_alike", names, 0.85), *halves))
    crossed = [Level("told with the given name", swapped, neutral=True)]
    return Comparison("family name", (
        _missing("family"),
        *_same_or_rare("family"),
        *(crossed if "given" in columns else []),
        Level("nearly the same", Check("alike", ("family",), 0.92)),
        *([Level("shares a part", Check("shared", ("family", *parts)))] if parts else []),
        *_sound("family", columns),
        Level("similar", Check("alike", ("family",), 0.82)),
        Level("another", _OTHERWISE),
    ), personal=False)  # fmt: skip


def _middle(columns: Collection[str]) -> Comparison | None:
    if "middle" not in columns:
        return None
    return Comparison("second name", (
        _missing("middle"),
        _same("middle"),
        Level("only its initial", Check("initial", ("middle",))),
        Level("nearly the same", Check("alike", ("middle",), 0.85)),
        Level("another", _OTHERWISE),
    ), personal=True)  # fmt: skip


def _suffix(columns: Collection[str]) -> Comparison | None:
    if "suffix" not in columns:
        return None
    levels = (_missing("suffix"), Level("the same", Check("same", ("suffix",))), Level("another", _OTHERWISE))
    return Comparison("generation", levels, personal=True)


def _org(columns: Collection[str]) -> Comparison | None:
    if "org" not in columns:
        return None
    return Comparison("company", (
        _missing("org"),
        *_same_or_rare("org"),
        Level("nearly the same words", Check("words", ("org",), 0.6)),
        Level("nearly the same", Check("alike", ("org",), 0.92)),
        Level("some of the same words", Check("words", ("org",), 0.3)),
        Level("another", _OTHERWISE),
    ), personal="given" not in columns)  # fmt: skip


def _birth(columns: Collection[str]) -> Comparison | None:
    known = [one for one in ("birth_year", "birth") if one in columns]  # all of one year: days alone are left
    if not known:
        return None
    levels = [_missing(known[0])]
    if "birth" in columns:
        levels += _same_or_rare("birth")
        if "birth_swapped" in columns:
            levels.append(Level("day and month swapped", Check("crossed", ("birth", "birth_swapped"))))
        levels += [
            Level("one digit off", Check("edits", ("birth",), 1)),
            Level("two digits off", Check("edits", ("birth",), 2)),
        ]
    if "birth_year" in columns:
        levels.append(_same("birth_year", "the same year"))
    return Comparison("birth date", (*levels, Level("another", _OTHERWISE)), personal=True)


def _age(columns: Collection[str]) -> Comparison | None:
    if "age" not in columns:
        return None
    return Comparison("age", (
        _missing("age"),
        _same("age"),
        Level("a year apart", Check("within", ("age",), 1)),
        Level("a few years apart", Check("within", ("age",), 5)),
        Level("another", _OTHERWISE),
    ), personal=True)  # fmt: skip


def _sex(columns: Collection[str]) -> Comparison | None:
    if "sex" not in columns:
        return None
    # Whoever has the same given name has the same sex: it is evidence only where the names differ.
    told = Level("told by the name", Check("same", ("given_root",)), neutral=True)
    return Comparison("sex", (
        _missing("sex"),
        *((told,) if "given_root" in columns else ()),
        Level("the same", Check("same", ("sex",))),
        Level("another", _OTHERWISE),
    ), personal=True)  # fmt: skip


def _phone(columns: Collection[str]) -> Comparison | None:
    if "phone" not in columns:
        return None
    second = [Level("one of them the same", Check("shared", ("phone", "phone2")))] if "phone2" in columns else []
    return Comparison("phone", (
        _missing("phone"),
        *_same_or_rare("phone"),
        *second,
        Level("one digit off", Check("edits", ("phone",), 1)),
        Level("another", _OTHERWISE),
    ), personal=False)  # fmt: skip


def _email(columns: Collection[str]) -> Comparison | None:
    if "email" not in columns:
        return None
    second = [Level("one of them the same", Check("shared", ("email", "email2")))] if "email2" in columns else []
    local = Check("same", ("email_local",))
    return Comparison("e-mail", (
        _missing("email"),
        *_same_or_rare("email"),
        *second,
        Level("one letter off", Check("edits", ("email",), 1)),
        # What stands before the @ repeats the name: the same name at another provider is no further evidence.
        *([Level("the same before the @", local, neutral=True)] if "email_local" in columns else []),
        Level("another", _OTHERWISE),
    ), personal=False)  # fmt: skip


def _address(columns: Collection[str]) -> Comparison | None:
    known = [one for one in ("place", "postcode", "city", "region") if one in columns]
    if not known:
        return None
    levels = [_missing(*known), *_street_levels(columns), *_town_levels(columns)]
    if known == ["region"]:
        levels.append(_same("region", "the same region"))
    return Comparison("address", (*levels, Level("another", _OTHERWISE)), personal=False)


def _street_levels(columns: Collection[str]) -> list[Level]:
    if "place" not in columns:
        return []
    if "street" not in columns:
        return [*_same_or_rare("place", "the same street and number")]  # all live in one street
    spelt = Check("alike", ("street",), 0.88)
    near = spelt
    if "number" in columns:
        numbered = Check("all", parts=(Check("same", ("number",)), spelt))
        near = Check(
            "any", parts=(numbered, Check("all", parts=(Check("same", ("street",)), Check("edits", ("number",), 1))))
        )
    levels = [*_same_or_rare("place", "the same street and number"), Level("nearly the same street and number", near)]
    if "lines" in columns:
        # Lines that were mixed up still have the number or the town in common; asking that first saves much time.
        anchors = tuple(Check("same", (one,)) for one in ("number", "postcode", "city") if one in columns)
        words = Check("words", ("lines",), 0.5)
        mixed = Check("all", parts=(Check("any", parts=anchors), words)) if anchors else words
        levels.append(Level("most of the same words", mixed))
    if "number" in columns:
        levels.append(Level("the same street, another number", spelt))
    return levels


def _town_levels(columns: Collection[str]) -> list[Level]:
    code, town = "postcode" in columns, "city" in columns
    levels = []
    if code and town:
        both = Check("all", parts=(Check("edits", ("postcode",), 1), Check("alike", ("city",), 0.88)))
        levels.append(Level("the same town and nearly the same postcode", both))
    if code:
        levels.append(_same("postcode", "the same postcode"))
    if town:
        levels += [_same("city", "the same town"), Level("nearly the same town", Check("alike", ("city",), 0.88))]
    if code:
        levels.append(Level("nearly the same postcode", Check("edits", ("postcode",), 1)))
    return levels


def _strong(column: str) -> Comparison:
    levels = (
        _missing(column),
        *_same_or_rare(column),
        Level("one letter off", Check("edits", (column,), 1)),
        Level("another", _OTHERWISE),
    )
    return Comparison(column, levels, personal=True)


def _trait(column: str) -> Comparison:
    levels = (
        _missing(column),
        _same(column),
        Level("nearly the same", Check("alike", (column,), 0.9)),
        Level("another", _OTHERWISE),
    )
    return Comparison(column, levels, personal=True)


def is_home(level: Level) -> bool:
    """Whether people of this level share a home: an address, a telephone or an e-mail."""
    return not level.neutral and bool(HOMES & {column.removeprefix(RARE) for column in _columns(level.check)})


def _columns(check: Check) -> set[str]:
    """The columns that must agree."""
    if check.kind == "any":
        return set().union(*(_columns(one) for one in check.parts))
    if check.kind == "all":
        return {"place"} if {"street", "number"} <= set().union(*(set(one.columns) for one in check.parts)) else set()
    return set(check.columns) if check.kind in ("same", "shared") else set()
