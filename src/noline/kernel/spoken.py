"""Words that are spoken to a customer: what they claim, and what they must never hold.

A text claims something by its numbers and by its names. Both are found without a dictionary: digits and number words,
words written large, words with digits or capitals inside, and in Japanese everything in katakana or Latin letters.
What is known to be ordinary is let through; what is not known counts as a name.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from functools import lru_cache

_LATIN = r"a-zß-öø-ÿœ"

_FORBIDDEN = (
    # What a company says about customers among itself, and never to them. Stems: `segment` finds `Segmente` too.
    r"scor(?:e|es|ed|ing)", r"segment\w*", r"v\.?\s?i\.?\s?p\.?s?", r"churn\w*", r"valu(?:e|es|ed|able)",
    r"ltv", r"clv", r"cltv", r"rfm", r"profil(?:e|es|ing|ed)", r"propensity", r"upsell\w*", r"cross-?sell\w*",
    r"target(?:s|ed|ing)?", r"tracked", r"tracking", r"algorithm\w*", r"persona", r"lookalike",
    r"prediction\w*", r"predicted", r"household", r"cohort\w*",
    r"kundenwert\w*", r"wert", r"werte", r"wertvoll\w*", r"abwander\w*", r"profils?", r"zielgruppe\w*", r"punktzahl",
    r"kaufkraft", r"haushalt\w*", r"algorithmus",
    r"valeurs?", r"désabonnement", r"attrition", r"profilage", r"ciblage", r"ciblée?s?", r"algorithme\w*", r"foyer",
)  # fmt: skip
_FORBIDDEN_JAPANESE = (
    "スコア", "セグメント", "離脱", "解約", "顧客価値", "価値", "優良顧客", "上客", "上得意", "世帯", "点数",
    "プロファイル", "ターゲット", "チャーン", "追跡", "アルゴリズム",
)  # fmt: skip
_FORBIDDEN_FINDER = re.compile(
    rf"(?<![{_LATIN}])(?:{'|'.join(_FORBIDDEN)})(?![{_LATIN}])|{'|'.join(_FORBIDDEN_JAPANESE)}"
)

_ORDINARY = frozenset(
    """
    good morning afternoon evening day hello hi welcome back thank thanks you your we our us i i'm i've it
    it's is are was were the a an and or to for of in on at with from this that these here there nice lovely
    great glad happy pleased pleasure see seeing again today yesterday tomorrow last time please may can could
    would how what which when if let's let sorry apologies apology apologise ready waiting pick-up pickup
    order appointment machine coffee store boutique still have has everything anything something as always
    guten morgen tag abend hallo herzlich willkommen zurück danke dank sie ihr ihre ihren ihrem ihrer ihnen
    wir unser unsere uns ich es ist sind war waren der die das den dem des ein eine einen einem einer und oder
    zu zum zur für von vom im am bei mit aus dies diese dieser schön freude wieder heute gestern letzte
    letzten letztes mal bitte darf kann wie wann wenn leider entschuldigung entschuldigen verzeihung du dein
    deine dir dich bestellung abholung termin maschine kaffee geschäft filiale bereit liegt seit noch alles
    hier gerne einkauf kauf produkt produkte besuch wiedersehen stärke sorte
    bonjour bonsoir salut bienvenue merci vous votre vos nous notre nos je j'ai c'est il elle est sont était
    le la les l' un une de d' et ou à au aux pour dans en sur avec ce cette ces ici ravi ravie ravis plaisir
    heureux heureuse revoir encore aujourd'hui demain dernier dernière fois s'il plaît puis-je peut comment
    que quel quelle quand si désolé désolée désolés excuses pardon tout toujours prête prêt commande retrait
    rendez-vous café magasin
    コーヒー マシン カプセル ブティック ストア お客様 スタッフ アポイント キャンセル メール カード サービス
    """.split()
)
"""Words in lower case that name nothing, though they may be written large or in katakana: en, de, fr, ja.

No title and no form of address is among them: `Frau` is a claim about somebody, so it has to be told."""

_DATES = frozenset(
    """
    janvier février mars avril mai juin juillet août septembre octobre novembre décembre
    lundi mardi mercredi jeudi vendredi samedi dimanche
    """.split()
)
"""Names of months and days that are written small; the others are found because they are written large."""

_NUMBERS = (*range(2, 21), 30, 40, 50, 60, 100, 1000)
_NUMBER_WORDS = {
    word: str(number)
    for words in (
        """two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
        eighteen nineteen twenty thirty forty fifty sixty hundred thousand""",
        """zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn
        achtzehn neunzehn zwanzig dreißig vierzig fünfzig sechzig hundert tausend""",
        """deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit
        dix-neuf vingt trente quarante cinquante soixante cent mille""",
    )
    for number, word in zip(_NUMBERS, words.split(), strict=True)
}
"""Numbers in words. `one` is left out, because in most languages it is also an article."""

_KANJI = {kanji: digit for digit, kanji in enumerate("〇一二三四五六七八九")}
_KANJI_NUMBER = re.compile(r"[一二三四五六七八九十百]+(?=[個回杯箱本日月年度つ枚台名種点円袋])")

_HIRAGANA_KANJI = "\u3005-\u3007\u3041-\u309f\u4e00-\u9fff"
_TOKEN = re.compile(
    r"\d+(?:[.,:/’'-]\d+)*"  # a number, with what groups or parts it
    rf"|[{_LATIN}A-ZÀ-Þ\u0100-\u024f][{_LATIN}A-ZÀ-Þ\u0100-\u024f\d]*(?:['’&-][{_LATIN}A-ZÀ-Þ\u0100-\u024f\d]+)*"
    r"|[\u30a1-\u30fa\u30fc-\u30ff]+"  # katakana; the middle dot parts words
    rf"|[{_HIRAGANA_KANJI}]+"
    r"|[^\W\d_]+"  # every other script
)
_ELIDED = re.compile(r"^(?:[ldjmtsnc]|qu)['’](?=\w)", re.IGNORECASE)
_POSSESSIVE = re.compile(r"['’]s$")


def plain(text: str) -> str:
    """A text as it is compared: one width, one kind of space, nothing invisible; thousands are not parted by spaces."""
    flat = text
    if not (text.isascii() and text.isprintable()):
        wide = unicodedata.normalize("NFKC", text)
        flat = "".join(letter for letter in wide if unicodedata.category(letter) not in {"Cf", "Cc"})
    return re.sub(r"(?<=\d) (?=\d{3}(?!\d))", "", flat)


def forbidden_in(text: str) -> list[str]:
    """Words of a text that never reach a customer, such as score, segment and VIP, in four languages, in lower case."""
    return [found[0].strip() for found in _FORBIDDEN_FINDER.finditer(plain(text).casefold())]


@lru_cache(maxsize=8192)
def words_in(text: str) -> frozenset[str]:
    """The words and numbers of a text, in lower case, as `unbound` compares them."""
    return frozenset(_held(plain(text)))


def _held(flat: str) -> Iterator[str]:
    for token in _TOKEN.findall(flat):
        yield from _forms(token)
        yield from _parts(token)
    for kanji in _KANJI_NUMBER.findall(flat):
        yield str(_kanji_value(kanji))


def _forms(token: str) -> Iterator[str]:
    """A token as it may be said: with and without what French elides before it and English hangs on it."""
    word = token.casefold().replace("’", "'")
    yield word
    bare = _POSSESSIVE.sub("", _ELIDED.sub("", word))
    if bare != word:
        yield bare
    if word in _NUMBER_WORDS:
        yield _NUMBER_WORDS[word]


def _parts(token: str) -> list[str]:
    """The parts of a word with hyphens; none of a number, whose parts mean something else."""
    return [] if token[0].isdigit() or "-" not in token else token.casefold().split("-")


def unbound(
    text: str, held: Collection[str], *, names: Collection[str] = frozenset(), ordinary: Collection[str] = frozenset()
) -> list[str]:
    """The claims of a text that are not among the words that are held, as they stand there, each once."""
    flat = plain(text)
    found = [token for token in _TOKEN.findall(flat) if not _is_held(token, held, names, ordinary)]
    found += [kanji for kanji in _KANJI_NUMBER.findall(flat) if str(_kanji_value(kanji)) not in held]
    return list(dict.fromkeys(found))


def unknown(text: str, known: Collection[str]) -> list[str]:
    """The words and numbers of a text that are not among the known ones, in lower case, as they stand, each once.

    A word with hyphens or apostrophes is known too when each part of it is.
    """
    found = [token for token in _TOKEN.findall(plain(text)) if not _is_known(token, known)]
    return list(dict.fromkeys(found))


def _is_known(token: str, known: Collection[str]) -> bool:
    if any(form in known for form in _forms(token)):
        return True
    parts: list[str] = [] if token[0].isdigit() else re.split(r"[-'’]", token.casefold())
    return len(parts) > 1 and all(part in known for part in parts)


def unsaid(text: str, segments: Collection[str]) -> list[str]:
    """What of a text is not put together from whole segments, in lower case; for a script that parts no words.

    Signs between sentences part a text. Of each part the longest segments that leave the least over are taken away.
    """
    runs = _BETWEEN_RUNS.split(plain(text).casefold())
    return [left for run in runs if run and (left := _left_over(run, segments))]


_BETWEEN_RUNS = re.compile(r"[\s\u3000-\u3004\u3008-\u3020\uff01\uff0c\uff1f!?.,:;()「」『』、。・~]+")


def runs_in(text: str) -> list[str]:
    """The parts of a text between its signs, as `unsaid` compares them."""
    return [run for run in _BETWEEN_RUNS.split(plain(text).casefold()) if run]


def _left_over(run: str, segments: Collection[str]) -> str:
    """From the first place that no row of segments passes; empty where one passes the end."""
    reached = [True, *[False] * len(run)]
    longest = max(map(len, segments), default=0)
    for start in range(len(run)):
        if reached[start]:
            for end in range(start + 1, min(len(run), start + longest) + 1):
                reached[end] = reached[end] or run[start:end] in segments
    return "" if reached[-1] else run[max(place for place, is_reached in enumerate(reached) if is_reached) :]


def _is_held(token: str, held: Collection[str], names: Collection[str], ordinary: Collection[str]) -> bool:
    """Whether a token is no claim, or one that a fact holds."""
    forms, parts = list(_forms(token)), _parts(token)
    if _among(forms, parts, held):
        return True
    if token[0].isdigit() or any(word in _NUMBER_WORDS for word in (token.casefold(), *parts)):
        return False
    if any(word in names or word in _DATES for word in (*forms, *parts)):
        return False
    return not _looks_like_a_name(token) or _among(forms, parts, _ORDINARY) or _among(forms, parts, ordinary)


def _among(forms: Collection[str], parts: Collection[str], words: Collection[str]) -> bool:
    """Whether a token stands among words: itself, or each of its parts."""
    return any(form in words for form in forms) or (bool(parts) and all(part in words for part in parts))


def _looks_like_a_name(token: str) -> bool:
    """Written large at its start or inside, with a digit, in katakana, or in a script that no language here uses."""
    if any(letter.isupper() or letter.isdigit() for letter in token):
        return True
    first = token[0]
    if "\u30a1" <= first <= "\u30ff":
        return True
    return not re.match(rf"[{_LATIN}\u0100-\u024f{_HIRAGANA_KANJI}]", first)


def _kanji_value(kanji: str) -> int:
    """Up to 999, as it is written for counting: 十四 is 14, 二十 is 20."""
    total = digit = 0
    for sign in kanji:
        if sign in "十百":
            total += (digit or 1) * (10 if sign == "十" else 100)
            digit = 0
        else:
            digit = digit * 10 + _KANJI[sign]
    return total + digit
