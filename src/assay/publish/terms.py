"""The field's own terms in a reader's language: what metrics are called, where people do not say it in English.

``languages/terms/<code>.toml`` has a glossary for a language; what it does not have stays as the paper has it.
"""

import re
import tomllib
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "languages" / "terms"
_NAME = re.compile(r"[A-Z0-9][\w.@-]*(?:\s[A-Z0-9][\w.@-]*)*")
"""What is a name in every language: ``MMLU``, ``AIME 2024``."""


def term(words: str, language: str) -> str:
    """A term in that language; after the name of a benchmark too: ``MMLU accuracy`` is ``MMLU 정확도``."""
    glossary = _glossary(language)
    if words.lower() in glossary:
        return glossary[words.lower()]
    for start in (match.start() for match in re.finditer(r"(?<=\s)\S", words)):
        name, rest = words[: start - 1], words[start:].lower()
        if rest in glossary and _NAME.fullmatch(name):
            return f"{name} {glossary[rest]}"
    return words


@cache
def _glossary(language: str) -> dict[str, str]:
    """Of a language, by the English term in lower case; empty where there is none."""
    path = _FOLDER / f"{language}.toml"
    if not path.is_file():
        return {}
    return {name.lower(): word for name, word in tomllib.loads(path.read_text(encoding="utf-8")).items()}
