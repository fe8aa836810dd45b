"""Special categories: what a shop must not conclude about a person, and the goods that would tell it.

Article 9 of the GDPR (Regulation (EU) 2016/679) names what is special: ethnic origin, political opinions, religious or
philosophical beliefs, membership of a trade union, genetic and biometric data, health, sex life and sexual orientation.
Article 10 adds criminal convictions, for which the consent of a person is not enough. The Court of Justice (C-184/20 of
2022-08-01) counts what lets such a thing be concluded like the thing itself: so a product can be a **proxy**.

A catalogue names a proxy by a tag, which may be a category itself (`health`, `special:health`), one of `TAGS`, or
`sensitive`. `proxies_in` finds the usual ones by the words of a product's name or category, because few catalogues tag
them. A word too many hides a product from a card; a word too few tells a stranger at the counter of an illness.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any

_Words = dict[str, str]

_CLEAR: _Words = {
    word: category
    for category, words in {
        "health": "health bmi disability disabled illness disease diagnosis medication allergy allergies patient",
        "pregnancy": "pregnancy pregnant trimester fertility",
        "religion": "religion religious",
        "ethnicity": "ethnicity nationality",
        "politics": "politics political",
        "union": "union trade_union",
        "sexuality": "sexuality sexual sexual_orientation sex_life gender_identity",
        "biometrics": "biometrics biometric voiceprint",
        "genetics": "genetics genetic dna",
        "criminal": "criminal conviction convictions",
        "private": "income salary debt credit_score creditworthiness solvency marital_status",
    }.items()
    for word in words.split()
}
"""Words that mean a special category wherever they stand."""

_AS_KEY: _Words = {
    "weight": "health",
    "medicine": "health",
    "due_date": "pregnancy",
    "maternity": "pregnancy",
    "faith": "religion",
    "belief": "religion",
    "beliefs": "religion",
    "race": "ethnicity",
    "ethnic": "ethnicity",
    "party": "politics",
    "orientation": "sexuality",
    "face": "biometrics",
    "fingerprint": "biometrics",
    "offence": "criminal",
    "age": "private",
    "age_band": "private",
    "birth_year": "private",
}
"""Words that mean one as a key or a whole part of it, though they may mean something else in the name of a product."""

WITHOUT_EXCEPTION = frozenset({"criminal", "private", "sensitive"})
"""Not opened by anybody's consent: Article 10, what is no shop's business, and what the company calls sensitive."""

TAGS: dict[str, str] = {
    word: category
    for category, words in {
        "health": "medical medicine otc pharmacy incontinence hearing_aid hiv_test blood_glucose diabetes diabetic "
        "nicotine_replacement smoking_cessation weight_loss antidepressant mobility_aid wound_care coeliac hair_loss "
        "addiction std_test covid_test",
        "pregnancy": "pregnancy_test ovulation_test maternity_wear prenatal breast_pump nursing infant_formula newborn",
        "religion": "halal kosher religious_article prayer bible quran torah rosary",
        "ethnicity": "ethnic_hair_care ancestry",
        "politics": "political_article campaign_material",
        "union": "union_article",
        "sexuality": "condom contraception contraceptive personal_lubricant adult_toy sex_toy "
        "emergency_contraception erectile",
        "biometrics": "biometric_device",
        "genetics": "dna_test genetic_test",
        "criminal": "electronic_tag_monitor",
        "sensitive": "sensitive intimate",
    }.items()
    for word in words.split()
}
"""Tags of products that are proxies, and the category each of them tells."""

_NAMES: dict[str, tuple[str, ...]] = {
    "pregnancy": (
        "pregnancy", "ovulation", "prenatal", "maternity", "breast pump", "folic acid",
        "schwangerschaft", "ovulationstest", "umstands", "stillkissen", "milchpumpe", "folsäure",
        "grossesse", "test d ovulation", "maternité", "tire lait", "acide folique",
        "妊娠", "排卵", "マタニティ", "搾乳", "葉酸",
    ),
    "health": (
        "incontinence", "hiv test", "blood glucose", "glucose test", "diabet", "nicotine patch", "nicotine gum",
        "hearing aid", "antidepress", "slimming", "inkontinenz", "blutzucker", "hörgerät", "nikotinpflaster",
        "glycémie", "appareil auditif", "patch nicotine", "minceur", "失禁", "血糖", "補聴器", "ニコチン", "糖尿",
    ),
    "religion": (
        "halal", "kosher", "koscher", "casher", "rosary", "rosenkranz", "prayer", "gebetsteppich", "tapis de prière",
        "quran", "koran", "coran", "ハラール", "ハラル", "コーシャ", "数珠",
    ),
    "sexuality": (
        "condom", "kondom", "préservatif", "contracept", "verhütung", "personal lubricant", "gleitgel",
        "lubrifiant intime", "sex toy", "sextoy", "adult toy", "コンドーム", "避妊",
    ),
    "genetics": ("dna test", "dna kit", "gentest", "test adn", "遺伝子検査"),
    "ethnicity": ("ancestry",),
}  # fmt: skip
"""Beginnings of words in the name of a product that make it a proxy: English, German, French, Japanese."""

_IN_TALK: dict[str, tuple[str, ...]] = {
    "pregnancy": ("pregnan", "miscarriage", "fertility", "schwanger", "enceinte", "fausse couche", "流産", "不妊"),
    "health": (
        "chemotherap", "cancer", "tumour", "tumor", "leukaemi", "leukemi", "hiv", "aids", "asthma", "dementia",
        "depressi", "epilep", "coeliac", "celiac", "allerg", "disab", "diagnos", "patient", "surgery", "therap",
        "wheelchair", "chemo", "krebs", "leukämie", "demenz", "behinder", "krank", "zöliakie", "rollstuhl", "chimio",
        "leucémie", "démence", "handicap", "malad", "cœliaque", "chirurgie", "fauteuil roulant", "hôpital", "hospital",
        "癌", "がん患者", "白血病", "認知症", "うつ病", "障害", "病気", "手術", "入院", "アレルギー", "治療",
    ),
    "religion": (
        "religio", "islam", "muslim", "jewish", "judaism", "catholic", "hindu", "buddhis", "ramadan",
        "jüdisch", "katholi", "musulman", "chrétien", "イスラム", "ユダヤ教", "キリスト教", "仏教", "宗教",
    ),
    "ethnicity": ("ethnic", "ethni", "nationality"),
    "politics": ("political", "politisch", "politique", "政党", "政治"),
    "union": ("trade union", "gewerkschaft", "syndicat", "労働組合"),
    "sexuality": ("sexual", "sexuel", "homosex", "lesbian", "lesbisch", "transgender", "同性愛", "性的"),
    "criminal": ("criminal", "conviction", "vorbestraft", "prison", "犯罪", "前科"),
    "private": (
        "salary", "bankrupt", "insolven", "in debt", "divorc", "gehalt", "schulden", "geschieden", "salaire",
        "surendett", "faillite", "破産", "借金", "離婚",
    ),
}  # fmt: skip
"""Beginnings of words that tell a special category where people write freely, beside all of the above."""


def _plain(text: str) -> str:
    """Letters in one case and width, with single spaces for everything else."""
    return re.sub(r"[\W_]+", " ", unicodedata.normalize("NFKC", text).casefold()).strip()


def _is_japanese(word: str) -> bool:
    return any(ord(letter) > 0x3000 for letter in word)


def _finders(named: Mapping[str, tuple[str, ...]]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple(
        (
            category,
            re.compile(
                "|".join(
                    re.escape(_plain(word)) if _is_japanese(word) else rf"\b{re.escape(_plain(word))}" for word in words
                )
            ),
        )
        for category, words in named.items()
    )


_FINDERS, _TALK_FINDERS = _finders(_NAMES), _finders(_IN_TALK)


@lru_cache(maxsize=4096)
def category_of_tag(tag: str) -> str | None:
    """The special category that a tag tells, or None. `special:NAME` counts even if nobody here knows the NAME."""
    before, mark, after = tag.partition(":")
    is_marked = bool(mark) and _plain(before) == "special"
    word = _plain(after if is_marked else tag).replace(" ", "_")
    found = (TAGS.get(one) or _CLEAR.get(one) for one in (word, *_singulars(word)))
    return next(filter(None, found), None) or ("sensitive" if is_marked else None)


def _singulars(word: str) -> tuple[str, ...]:
    """What a word may be the plural of, in English and French."""
    if word.endswith("ies"):
        return (f"{word[:-3]}y", word[:-1])
    return (word[:-1], word[:-2]) if word.endswith("es") else (word[:-1],) if word.endswith("s") else ()


def tags_told(category: str | None, attributes: Mapping[str, Any]) -> frozenset[str]:
    """The tags of a product: its attributes `tag` and `tags`, however they are written, and what its category tells.

    A text is parted at commas, semicolons, strokes and lines; lists and objects are read to their last text. A part of
    several words (`Adult Toy`) stays one tag, and each of its words that tells a special category is one besides.
    """
    texts = [
        text for name, told in attributes.items() if name.casefold() in _TAG_ATTRIBUTES for text in _texts_of(told)
    ]
    phrases = frozenset(phrase for text in texts for phrase in _phrases(text))
    told_by_words = (word for phrase in phrases for word in _WORDS.findall(phrase))
    of_category = (one for phrase in _phrases(category or "") for one in (phrase, *_WORDS.findall(phrase)))
    return phrases | frozenset(one for one in (*told_by_words, *of_category) if category_of_tag(one))


_TAG_ATTRIBUTES = frozenset({"tag", "tags"})
_BETWEEN_TAGS = re.compile(r"[,;|/>\n\u3001]+")
_WORDS = re.compile(r"[^\W_]+")
_DEEPEST = 5


def _phrases(text: str) -> list[str]:
    return [phrase for part in _BETWEEN_TAGS.split(text) if (phrase := part.strip().strip("[]{}'\"").strip())]


def _texts_of(told: object, depth: int = 0) -> Iterator[str]:
    """Every text in a value: of an object its values, and the names of those that are simply true."""
    if isinstance(told, str):
        yield told
    elif depth < _DEEPEST and isinstance(told, Mapping):
        for name, value in told.items():
            if value is True:
                yield str(name)
            yield from _texts_of(value, depth + 1)
    elif depth < _DEEPEST and isinstance(told, (list, tuple)):
        for value in told:
            yield from _texts_of(value, depth + 1)


def categories_of(tags: Iterable[str]) -> frozenset[str]:
    """The special categories that these tags tell."""
    return _categories_of(tuple(tags))


@lru_cache(maxsize=4096)
def _categories_of(tags: tuple[str, ...]) -> frozenset[str]:
    return frozenset(category for tag in tags if (category := category_of_tag(tag)))


@lru_cache(maxsize=4096)
def category_of_key(key: str) -> str | None:
    """The special category of a fact's key: of any part of it, so that `preference.religion` is religion too."""
    first, *others = re.split(r"[.:/]", key)
    of_goods = first in _OF_GOODS
    found = (category_of_tag(part) if of_goods else _category_of_part(part) for part in (first, *others))
    return next(filter(None, found), None)


_OF_GOODS = frozenset({"owned", "last_purchase", "pickup"})
"""What follows these names goods or a channel; what goods touch is told by their tags, not by the words of a SKU."""


def _category_of_part(part: str) -> str | None:
    words = _plain(part).split()
    whole = "_".join(words)
    found = _AS_KEY.get(whole) or category_of_tag(whole)
    return found or next((_CLEAR[word] for word in words if word in _CLEAR), None)


@lru_cache(maxsize=8192)
def proxies_in(text: str) -> frozenset[str]:
    """The special categories that a product's name or category would tell, by the words in it."""
    plain = _plain(text)
    return frozenset(category for category, finder in _FINDERS if finder.search(plain))


@lru_cache(maxsize=8192)
def special_in(text: str) -> frozenset[str]:
    """The special categories that a text somebody wrote freely would tell: a topic, a case, a wish."""
    plain = _plain(text)
    words = plain.split()
    phrases = (*words, *(f"{one}_{other}" for one, other in pairwise(words)))
    found = (category for category, finder in _TALK_FINDERS if finder.search(plain))
    return proxies_in(text) | categories_of(phrases) | frozenset(found)
