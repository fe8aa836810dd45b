"""What this room refuses."""

from noline.kernel.errors import NotReadable


class LanguageUnknown(NotReadable):
    """A language in which no words are kept."""

    code = "greeting.language_unknown"
    sentence = "Nothing can be said in {language}."
    hint = "Name one of en, de, fr, ja."


class WordsUnknown(NotReadable):
    """A sentence that is not kept, or that asks for something that was not given."""

    code = "greeting.words_unknown"
    sentence = "{template} cannot be said in {language}: {why}."
    hint = "Name a sentence of the language files and give every value that stands in its braces."
