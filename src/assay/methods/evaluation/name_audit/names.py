"""First names by culture: out of the lists of faker, checked to be a locale's own, or the reader's.

A list says that people of a culture often bear a name. It says of nobody who bears it which culture is theirs; there is
no function here from a name to a culture.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from hashlib import sha256
from typing import Any, Literal

Script = Literal["latin", "native"]

LOCALES = {
    "Chinese": "zh_CN",
    "German": "de_DE",
    "Indian": "en_IN",
    "Italian": "it_IT",
    "Japanese": "ja_JP",
    "Mexican": "es_MX",
    "Nigerian": "yo_NG",
    "Polish": "pl_PL",
    "Turkish": "tr_TR",
    "Vietnamese": "vi_VN",
}
"""Cultures that there are statements about here, and the locale of faker with names that are written in Latin."""

_MIXED = "en"
"""faker's list for all who speak English has names of everywhere: to stand in it says nothing."""


def names_from_faker(
    locales: Mapping[str, str] = LOCALES, *, per_culture: int = 10, script: Script = "latin", seed: int = 0
) -> dict[str, list[str]]:
    """Draw names for each culture, as many of women as of men, that stand in no list of another country.

    Args:
        locales: A locale of faker for each culture, as ``{"Japanese": "ja_JP"}``.
        per_culture: Names of each; 30 in the paper, but of some locales there are fewer.
        script: ``latin`` takes romanised lists, ``native`` what the locale itself writes. The script changes what a
            model does: it is a condition of its own, so all names are of one.
        seed: Of the draw; a name is drawn or not whatever else is asked for.

    Raises:
        ValueError: faker has no names of a locale's own (it would hand out American ones and not say so), none in this
            script, or too few that are rare elsewhere.
    """
    if per_culture < 2:
        raise ValueError(f"per_culture is {per_culture}: give 2 or more, since names are what is drawn")
    drawn = {}
    for culture, locale in locales.items():
        lists = _own_lists(locale, script)
        if not any(lists):
            raise ValueError(f"{culture}: faker's locale {locale} has no first names in {script} script")
        elsewhere = _names_elsewhere(locale, script)
        rare = [[name for name in each if fold(name) not in elsewhere] for each in lists]
        ordered = [sorted(set(each), key=lambda name: _draw(seed, locale, name)) for each in rare]
        drawn[culture] = _interleaved(ordered)[:per_culture]
        if len(drawn[culture]) < per_culture:
            raise ValueError(
                f"{culture}: faker's locale {locale} has {len(drawn[culture])} names that no other country's list has: "
                f"ask for no more than that"
            )
    return check_names(drawn)


def check_names(names: Mapping[str, Sequence[str]], *, share: bool = False) -> dict[str, list[str]]:
    """The names, seen to be fit for an audit.

    Args:
        names: By culture.
        share: Whether one name may stand under several cultures.

    Raises:
        ValueError: A culture has fewer than two names, one of them is empty, or stands twice.
    """
    if not names:
        raise ValueError("there are no names: give a list of them for each culture")
    owners: dict[str, str] = {}
    for culture, own in names.items():
        if not culture:
            raise ValueError(
                f"the name {next(iter(own), '')!r} is of no culture: name the culture that it is listed under"
            )
        if isinstance(own, str) or len(own) < 2:
            raise ValueError(f"{culture} has {own!r} as names: give two or more, since names are what is drawn")
        seen: set[str] = set()
        entries: list[Any] = list(own)
        for name in entries:
            if not isinstance(name, str) or not name.strip():
                raise ValueError(f"{culture} has the name {name!r}: give text")
            key = fold(name)
            if key in seen:
                raise ValueError(f"{culture} has the name {name!r} twice")
            if key in owners and not share:
                raise ValueError(
                    f"the name {name!r} stands under {owners[key]} and {culture}: leave it out, or allow it with "
                    "share=True"
                )
            seen.add(key)
            owners[key] = culture
    return {culture: list(own) for culture, own in names.items()}


def fold(text: str) -> str:
    """A text without case and accents, by which names and statements are known again."""
    letters = unicodedata.normalize("NFKD", text.casefold().replace("ı", "i").replace("đ", "d").replace("ł", "l"))
    return unicodedata.normalize("NFC", "".join(each for each in letters if not unicodedata.combining(each)))


def _own_lists(locale: str, script: Script) -> list[list[str]]:
    """The lists of first names that a locale itself brings in a script: of men, of women, or one of both."""
    provider = _provider(locale)
    if provider is None:
        raise ValueError(
            f"faker has no names of the locale {locale!r}, and would hand out American ones: choose among "
            f"{', '.join(_locales())}"
        )
    lists: list[list[str]] = []
    for kind in ("", "_romanized") if script == "latin" else ("",):
        by_sex = [list(getattr(provider, f"first{kind}_names_{sex}", ())) for sex in ("male", "female")]
        # Every provider inherits two placeholders, John and Jane, as its first names.
        lists += by_sex if any(by_sex) else [list(_inherited(provider, f"first{kind}_names"))]
    if not any(lists):
        raise ValueError(f"faker's locale {locale!r} has no list of first names: choose another one")
    words = [[name for name in each if " " not in name] for each in lists]
    return [list(filter(_is_latin, each)) for each in words] if script == "latin" else words


def _inherited(provider: type, name: str) -> Iterable[str]:
    """A list of a provider or of what it derives from, short of faker's own base."""
    for each in provider.__mro__:
        if name in vars(each) and each.__module__ != "faker.providers.person":
            own: Iterable[str] = vars(each)[name]
            return own
    return ()


def _provider(locale: str) -> type | None:
    from importlib import import_module  # noqa: PLC0415 - beside the package that it is for

    if locale not in _locales():
        return None
    provider: type = import_module(f"faker.providers.person.{locale}").Provider
    return provider


@cache
def _locales() -> tuple[str, ...]:
    """The locales for which faker has a module of names; for any other it falls back and does not say so."""
    from pkgutil import iter_modules  # noqa: PLC0415

    import faker.providers.person  # noqa: PLC0415 - heavy, and only for who draws names

    return tuple(sorted(each.name for each in iter_modules(faker.providers.person.__path__)))


@cache
def _names_elsewhere(locale: str, script: Script) -> frozenset[str]:
    """All names of a script in the lists of locales of another country and another language."""
    language, _, country = locale.partition("_")
    names: set[str] = set()
    for other in _locales():
        their_language, _, their_country = other.partition("_")
        same = their_language == language and language != "en"
        if other == _MIXED or same or their_country == country:
            continue
        names |= _folded_names(other, script)
    return frozenset(names)


@cache
def _folded_names(locale: str, script: Script) -> frozenset[str]:
    """The names in a locale's lists, as they are known again; none if it has no list."""
    try:
        lists = _own_lists(locale, script)
    except ValueError:
        return frozenset()
    return frozenset(fold(name) for each in lists for name in each)


def _is_latin(name: str) -> bool:
    return all("LATIN" in unicodedata.name(each, "") for each in name if each.isalpha())


def _interleaved(lists: Sequence[Sequence[str]]) -> list[str]:
    """One of each list in turn, and each name once."""
    longest = max(map(len, lists), default=0)
    turns = [each[at] for at in range(longest) for each in lists if at < len(each)]
    return list({fold(name): name for name in reversed(turns)}.values())[::-1]


def _draw(seed: int, locale: str, name: str) -> str:
    return sha256(f"{seed}|{locale}|{name}".encode()).hexdigest()
