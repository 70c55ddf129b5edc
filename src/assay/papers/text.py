"""Normalises text: one form for titles, names and abstracts, whatever line breaks or marks a source put into them.

And shortens it, tells its language, and writes counts: ``1 paper``, ``2 papers``.
"""

import re
import unicodedata

_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn"}
_JOINERS = "\u200c\u200d"  # joiners carry meaning in Indic scripts and in emoji


def normalise(text: str) -> str:
    """Fold ``text`` into one line: NFC, single spaces, no control or invisible characters.

    Line breaks that a source put in to wrap its lines become spaces. The text is otherwise left alone: LaTeX,
    Markdown and HTML in it are content, which each output escapes in its own way. Folding twice changes nothing.
    """
    text = unicodedata.normalize("NFC", text)
    if text.isprintable():  # nothing invisible, and no space but U+0020; so is nearly all text
        return " ".join(text.split())
    visible = "".join(
        " " if ch.isspace() else ch
        for ch in text
        if ch.isspace() or ch in _JOINERS or unicodedata.category(ch) not in _INVISIBLE
    )
    return unicodedata.normalize("NFC", " ".join(visible.split()))


def fold(text: str) -> str:
    """The form in which two spellings of one title compare equal: normalised, caseless, letters and digits only."""
    return re.sub(r"[\W_]+", " ", unicodedata.normalize("NFKC", normalise(text)).casefold()).strip()


def shorten(text: str, most: int) -> str:
    """A text of so many characters at most, cut between words where it can be, with an ellipsis for the rest."""
    if len(text) <= most:
        return text
    beginning = text[: most - 1]
    whole = beginning if text[most - 1].isspace() else beginning.rpartition(" ")[0]
    return (whole.rstrip(" ,;:.") if len(whole) > most // 2 else beginning) + "…"


def counted(count: int, noun: str) -> str:
    """A number with its English noun, in the plural but for one: ``1 paper``, ``2 papers``, ``0 summaries``."""
    if count == 1:
        return f"1 {noun}"
    plural = f"{noun[:-1]}ies" if re.search("[^aeiou]y$", noun) else f"{noun}s"
    return f"{count:,} {plural}"


def language_of(text: str) -> str:
    """Korean or English. Korean prose is full of Latin names, so a quarter of the letters is enough."""
    return "ko" if 4 * len(_HANGUL.findall(text)) > len(_LETTER.findall(text)) else "en"


_HANGUL = re.compile("[가-힣]")
_LETTER = re.compile(r"[^\W\d_]")
