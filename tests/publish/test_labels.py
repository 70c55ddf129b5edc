"""Every language has the same messages, each message fills in the same values, and what is missing is named."""

import re
from pathlib import Path
from string import Formatter

import pytest

from assay.papers.models import DayState
from assay.publish import labels
from assay.publish.labels import Catalogue, label, language_name, languages, month_name, read_catalogue

FOLDER = Path(labels.__file__).parent
ROOMS = FOLDER, FOLDER.parent / "web"
SOURCES = [path for room in ROOMS for path in room.rglob("*") if path.suffix in {".py", ".html"}]
TEXT = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES) + "".join(
    path.read_text(encoding="utf-8") for path in (FOLDER.parent / "cli").glob("*.py")
)
ENGLISH = read_catalogue(FOLDER / "languages/en.toml")
TRANSLATIONS = [code for code in languages() if code != "en"]


def translation(code: str) -> Catalogue:
    return read_catalogue(FOLDER / f"languages/{code}.toml")


def placeholders(message: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(message) if name is not None}


def reasons(catalogue: Catalogue) -> dict[str, tuple[str, ...]]:
    return {name: tuple(forms) for name, forms in catalogue.messages.items() if name.startswith("reason.")}


def test_korean_is_a_translation() -> None:
    assert TRANSLATIONS == ["ko"]


@pytest.mark.parametrize("code", TRANSLATIONS)
def test_a_translation_has_the_messages_of_the_english(code: str) -> None:
    assert translation(code).messages.keys() - reasons(translation(code)).keys() == ENGLISH.messages.keys()


@pytest.mark.parametrize("code", languages())
def test_every_form_of_a_message_fills_in_the_same_values(code: str) -> None:
    for name, forms in translation(code).messages.items():
        if not name.startswith("reason."):
            expected = placeholders(ENGLISH.messages[name][0])
            assert [placeholders(form) for form in forms] == [expected] * len(forms), name


@pytest.mark.parametrize("code", TRANSLATIONS)
def test_a_translation_has_every_reason_that_is_ours(code: str) -> None:
    """English has none: a day's record gives the reason in English. A source gives those of the other two states."""
    states = {state.name.lower() for state in DayState} - {"partial", "broken"}
    assert reasons(translation(code)).keys() == {f"reason.{name}" for name in states | {"unread"}}
    assert not reasons(ENGLISH)
    for forms in reasons(translation(code)).values():
        assert placeholders(forms[0]) <= {"date", "closing"}


def test_every_message_is_used() -> None:
    beginnings = tuple(set(re.findall(r"""["'](\w+\.\w*)(?:\{|["'] ~)""", TEXT)))
    named = set(re.findall(r"""["']([\w.]+)(?=["'])""", TEXT))
    unused = {name for name in ENGLISH.messages if name not in named and not name.startswith(beginnings)}
    assert not unused


def test_every_message_of_a_template_exists() -> None:
    names = set(re.findall(r"""\bt\(["']([\w.]+)["'][,)]""", TEXT))
    assert len(names) > 50
    assert names <= ENGLISH.messages.keys()


@pytest.mark.parametrize(
    ("language", "count", "words"),
    [("en", 0, "0 papers"), ("en", 1, "1 paper"), ("en", 2, "2 papers"), ("ko", 1, "논문 1편"), ("ko", 2, "논문 2편")],
)
def test_a_count_takes_the_plural_form_of_its_language(language: str, count: int, words: str) -> None:
    assert label("check.papers", language, n=count) == words


def test_a_language_may_have_more_plural_forms(tmp_path: Path) -> None:
    file = tmp_path / "pl.toml"
    rule = "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);"
    file.write_text(f'plural_forms = "{rule}"\n[site]\nvotes = ["{{n}} głos", "{{n}} głosy", "{{n}} głosów"]\n')
    catalogue = read_catalogue(file)
    forms = catalogue.messages["site.votes"]
    assert [forms[catalogue.plural(n)].format(n=n) for n in (1, 3, 12, 22)] == [
        "1 głos", "3 głosy", "12 głosów", "22 głosy",
    ]  # fmt: skip


def test_a_language_without_a_catalogue_has_the_english_words() -> None:
    assert label("votes", "eo", n=3) == "3 votes"
    assert [language_name(code) for code in ("en", "ko", "eo")] == ["English", "한국어", "eo"]


def test_a_month_is_written_as_its_language_does() -> None:
    assert [month_name(2099, 12, code) for code in ("en", "ko")] == ["December 2099", "2099년 12월"]


def test_a_missing_message_is_named() -> None:
    with pytest.raises(ValueError, match=r"ko\.toml: no message 'verdict\.maybe'; add it to this file and to those"):
        label("verdict.maybe", "ko")


@pytest.mark.parametrize("name", ["as_of", "check.papers"])
def test_a_missing_value_is_named(name: str) -> None:
    with pytest.raises(ValueError, match=rf"en\.toml: {name} needs a value for '(time|n)'"):
        label(name, "en")


PLURAL_FORMS = 'plural_forms = "nplurals=2; plural=(n != 1);"\n'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("votes = ", "not TOML: "),
        ('votes = "{n} votes"', "plural_forms is gettext's rule, such as"),
        ('plural_forms = "n != 1"', "plural_forms is gettext's rule, such as"),
        ('plural_forms = "nplurals=2; plural=import os;"', "plural_forms is gettext's rule, such as"),
        (PLURAL_FORMS + "votes = 3", "votes is neither a text nor a list of the language's 2 plural forms"),
        (PLURAL_FORMS + '[site]\nvotes = ["{n} votes"]', "site.votes is neither"),
        (PLURAL_FORMS + "votes = [1, 2]", "votes is neither"),
    ],
)
def test_a_broken_catalogue_is_refused_in_words(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "xx.toml"
    file.write_text(text)
    with pytest.raises(ValueError, match=re.escape(f"{file}: {reason}")):
        read_catalogue(file)
