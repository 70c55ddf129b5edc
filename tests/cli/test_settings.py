"""The settings file in the encodings that editors write, and the reader's own day."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from assay.cli.settings import load_settings
from assay.papers.categories import check_categories


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_file_may_come_from_any_editor(tmp_path: Path, encoding: str) -> None:
    text = 'timezone = "Asia/Seoul"  # 서울\r\nlanguages = ["ko"]\r\n'
    (tmp_path / "config.toml").write_bytes(text.encode(encoding))
    settings = load_settings(tmp_path)
    assert (settings.timezone, settings.languages) == ("Asia/Seoul", ("ko",))


def test_the_reader_has_a_clock_of_her_own(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('timezone = "Asia/Seoul"', encoding="utf-8")
    now = load_settings(tmp_path).now()
    assert now.tzinfo == ZoneInfo("Asia/Seoul")
    assert abs((now - datetime.now(UTC)).total_seconds()) < 60


def test_without_a_setting_it_is_the_systems_clock(tmp_path: Path) -> None:
    assert load_settings(tmp_path).now().utcoffset() == datetime.now(UTC).astimezone().utcoffset()


def test_what_is_no_time_zone_is_said_in_our_own_words(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('timezone = "Lake/Gullwing"', encoding="utf-8")
    with pytest.raises(ValueError, match="ASSAY_TIMEZONE: timezone: not a time zone: 'Lake/Gullwing'"):
        load_settings(tmp_path)


def test_what_is_secret_may_stand_in_a_file_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config.toml").write_text('database = "of the settings"\n[token]\nben = "of the settings"\n')
    for name, text in (("database", "sqlite:///a secret.db\n"), ("anna", "열쇠\n"), ("team", "tgram://x\n")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.setenv("ASSAY_DATABASE_FILE", str(tmp_path / "database"))
    monkeypatch.setenv("ASSAY_TOKEN_ANNA_FILE", str(tmp_path / "anna"))
    monkeypatch.setenv("ASSAY_CHAT_TEAM_FILE", str(tmp_path / "team"))
    monkeypatch.setenv("ASSAY_TOKEN_EVE", "of the variable")
    settings = load_settings(tmp_path)
    assert settings.database == "sqlite:///a secret.db"
    tokens = {name: token.get_secret_value() for name, token in settings.token.items()}
    assert tokens == {"ben": "of the settings", "anna": "열쇠", "eve": "of the variable"}
    assert settings.chat["team"].get_secret_value() == "tgram://x"
    monkeypatch.setenv("ASSAY_DATABASE", "of the variable")
    assert load_settings(tmp_path).database == "of the variable"


@pytest.mark.parametrize(("content", "words"), [(None, "No such file or directory"), (b"\xff", "not UTF-8")])
def test_a_secret_that_cannot_be_read_is_said_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, words: str
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv("ASSAY_DATABASE_FILE", str(file))
    with pytest.raises(ValueError, match=f"^ASSAY_DATABASE_FILE: {file}: {words}$"):
        load_settings(tmp_path)


@pytest.mark.parametrize(
    "category", ["cs.LG", "cs", "hep-th", "q-bio.NC", "cond-mat.str-el", "physics.ao-ph", "math.AG"]
)
def test_a_category_or_an_archive(category: str) -> None:
    assert check_categories([category, category]) == (category,)


@pytest.mark.parametrize("category", ["", "CS.LG", "cs.", "cs.LG+cs.AI", "cs.LG OR all:x", "all:electron", "../x"])
def test_what_is_no_category(category: str) -> None:
    with pytest.raises(ValueError, match="not an arXiv category"):
        check_categories([category])
