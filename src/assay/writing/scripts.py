"""Which script a text is written in, and what has no place there: kana in Korean, or English in place of Korean."""

import unicodedata
from collections import Counter
from collections.abc import Iterator
from typing import Final

from assay.claims.naming.names import names

_EAST_ASIAN: Final = ("HANGUL", "HIRAGANA", "KATAKANA", "CJK")

# By language: the scripts that it is written in, of which at least one must be there. Others are written in Latin.
_SCRIPTS: Final = {
    "ko": ("HANGUL",),
    "ja": ("HIRAGANA", "KATAKANA", "CJK"),
    "zh": ("CJK",),
    **dict.fromkeys(("ru", "uk", "bg", "sr", "be", "mk", "kk"), ("CYRILLIC",)),
    **dict.fromkeys(("ar", "fa", "ur"), ("ARABIC",)),
    **dict.fromkeys(("hi", "mr", "ne"), ("DEVANAGARI",)),
    "bn": ("BENGALI",),
    "el": ("GREEK",),
    "he": ("HEBREW",),
    "ka": ("GEORGIAN",),
    "ta": ("TAMIL",),
    "te": ("TELUGU",),
    "th": ("THAI",),
}
_ANYWHERE: Final = ("LATIN", "GREEK")
"""Names and symbols may stand in any language."""
LEAST_SHARE: Final = 0.4
"""Of the letters of a text, names left aside, so many are of its language's script. In our own Korean summaries the
lowest share of any part is 0.50."""


def script_faults(text: str, language: str, *, source: str = "") -> Iterator[str]:
    """What in ``text`` cannot be text of ``language``, in words.

    Args:
        text: what should be in ``language``.
        language: ISO 639-1 code.
        source: a text from which foreign characters may have been taken over, such as a name in its own script.
    """
    own = _SCRIPTS.get(language, ("LATIN",))
    prose = text
    for name in reversed(names(text)):
        prose = prose[: name.start] + " " + prose[name.end :]
    counts = Counter(_script(ch) for ch in prose if ch.isalpha())
    total = counts.total()
    if total and sum(counts[script] for script in own) < LEAST_SHARE * total:
        yield f"it is not written in {_LANGUAGES.get(language, language)}"
    if language == "ja" and total and not (counts["HIRAGANA"] or counts["KATAKANA"]):
        yield "it has no kana and so is not Japanese"
    strays = [
        ch
        for ch in dict.fromkeys(text)
        if ch.isalpha() and _script(ch) in _SCRIPT_NAMES - {*own, *_ANYWHERE} and ch not in source
    ]
    if strays:
        yield f"it has letters of another script: {' '.join(strays[:5])}"


def language_name(language: str) -> str:
    """A language in English; its code where it has no name here."""
    return _LANGUAGES.get(language, language)


def is_latin(language: str) -> bool:
    """Whether a language is written in Latin letters, as English is."""
    return language not in _SCRIPTS


_LANGUAGES: Final = {
    "ar": "Arabic", "de": "German", "en": "English", "es": "Spanish", "fa": "Persian", "fr": "French", "he": "Hebrew",
    "hi": "Hindi", "id": "Indonesian", "it": "Italian", "ja": "Japanese", "ko": "Korean", "nl": "Dutch",
    "pl": "Polish", "pt": "Portuguese", "ru": "Russian", "sv": "Swedish", "th": "Thai", "tr": "Turkish",
    "uk": "Ukrainian", "vi": "Vietnamese", "zh": "Chinese",
}  # fmt: skip
_SCRIPT_NAMES: Final = frozenset({*_EAST_ASIAN, *_ANYWHERE, *(script for own in _SCRIPTS.values() for script in own)})


def _script(letter: str) -> str:
    """The first word of a letter's name in Unicode, which is its script."""
    return unicodedata.name(letter, "").partition(" ")[0]
