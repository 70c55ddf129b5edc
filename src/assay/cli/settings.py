"""Settings: defaults, then the TOML file, then ``ASSAY_*`` variables; data under the platform's user folders.

The file is ``config.toml`` in the home folder given with ``--home`` or ``ASSAY_HOME``, else in the platform's
configuration folder. Every setting can be written there, and as a variable: ``ASSAY_HUGGINGFACE_URL`` and so on. What
is secret may stand in a file of its own, which a variable names: ``ASSAY_DATABASE_FILE=/run/secrets/database``.
"""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo

import platformdirs
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from assay.papers.categories import check_categories
from assay.papers.faults import place, words

if TYPE_CHECKING:
    from assay.sources.client import Pace

Names = Annotated[tuple[str, ...], NoDecode]
"""Several names; in a variable, with commas between them."""


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(env_prefix="ASSAY_", extra="forbid")

    home: Path
    """Where the database, locks and caches are."""
    timezone: str = ""
    """Where ``today`` and ``yesterday`` are meant, such as ``Asia/Seoul``; empty for the system's time zone."""
    database: str = ""
    """URL of another database, ``sqlite:///papers.db`` or ``postgresql://user@host/papers``, where the readers' own
    things are then too; empty for ``assay.db`` in the home folder."""
    reader: str = "me"
    """Whose stars, notes and follows these are, where several readers share the home folder."""
    languages: Names = Field(default=("en",), min_length=1)
    """Languages to show, the first for headings and labels."""
    site_url: str = ""
    """Where ``assay site build`` says that the site will be, such as ``https://example.org/papers/``."""
    sources: Names = ("huggingface",)
    """What ``assay collect`` reads when no ``--source`` is given."""
    huggingface_url: str = "https://huggingface.co"
    huggingface_token: SecretStr | None = None
    arxiv_url: str = "https://export.arxiv.org"
    arxiv_pages_url: str = "https://arxiv.org"
    """Where ``assay fulltext`` finds pages, sources and PDFs."""
    arxiv_news_url: str = "https://rss.arxiv.org"
    """Where the ``arxiv-news`` source finds the news feeds."""
    arxiv_categories: Names = ("cs.CL", "cs.LG", "cs.AI", "cs.CV")
    """What the ``arxiv`` and ``arxiv-news`` sources list."""
    enrich: bool = True
    """Ask arXiv for versions, categories and dates of what other sources listed."""
    contact: str = ""
    """An address or URL for the User-Agent, so that a source can reach who runs this."""
    patience: float = Field(default=300, ge=0)
    """Seconds in all to wait for a busy source."""
    timeout: float = Field(default=30, gt=0)
    """Seconds without a byte after which an answer counts as failed."""
    arxiv_interval: float = Field(default=3, ge=0)
    """Seconds between two requests to arXiv over all processes of this machine; its terms ask for three."""
    retry_wait: float = Field(default=1, ge=0)
    """Seconds before the first retry; it doubles with each."""
    model: str = ""
    """The model that ``assay summarise`` asks, by its name at the endpoint."""
    model_url: str = ""
    """Base URL of the endpoint, such as ``http://127.0.0.1:11434/v1``; it must speak OpenAI's chat protocol."""
    model_key: SecretStr | None = None
    """The endpoint's key, if it needs one. No option sets it, so that it stays out of the shell's history."""
    model_concurrency: int = Field(default=4, ge=1)
    """Requests that are open at one time."""
    model_context: int = Field(default=8192, ge=1)
    """Tokens that the model reads and writes together. The larger it is, the more of a paper's full text is sent."""
    model_output: int = Field(default=2048, ge=1)
    """Tokens for one answer, the model's thoughts included."""
    model_timeout: float = Field(default=300, gt=0)
    """Seconds for one answer from first to last byte."""
    model_patience: float = Field(default=300, ge=0)
    """Seconds in all to try a busy or broken endpoint again."""
    model_requests_per_minute: float | None = Field(default=None, gt=0)
    """Most requests a minute, as the provider allows; no limit if left out."""
    model_tokens_per_minute: float | None = Field(default=None, gt=0)
    """Most tokens a minute, read and written together; no limit if left out."""
    price_in: float | None = Field(default=None, ge=0)
    """Money for a million tokens that the model reads, in any currency."""
    price_out: float | None = Field(default=None, ge=0)
    """Money for a million tokens that it writes."""
    budget_tokens: int | None = Field(default=None, ge=0)
    """Most tokens of one run, read and written together."""
    budget_money: float | None = Field(default=None, ge=0)
    """Most money of one run; needs both prices."""
    mail_from: str = ""
    """Who mails come from: ``me@example.org`` or ``Assay <me@example.org>``."""
    mail_to: Names = ()
    """Who ``assay mail`` writes to when no ``--to`` is given."""
    mail_unsubscribe: Names = ()
    """Where readers take themselves off the list, ``mailto:`` or ``https:``; ``{address}`` stands for the reader's."""
    smtp_host: str = ""
    """The mail server that takes our mails."""
    smtp_port: int = Field(default=0, ge=0, le=65535)
    """0 for the usual one: 587, 465 with ``tls``, 25 with ``none``."""
    smtp_tls: Literal["starttls", "tls", "none"] = "starttls"
    """How the connection is encrypted: from the login on, from the start, or not at all."""
    smtp_user: str = ""
    smtp_password: SecretStr | None = None
    """The login. No option sets it, so that it stays out of the shell's history."""
    smtp_certificates: Path | None = None
    """A file with certificates to trust in place of the system's, for a server of your own."""
    smtp_timeout: float = Field(default=600, gt=0)
    """Seconds to wait for the answer to a whole mail; for all others it is ``timeout``."""
    chat: dict[str, SecretStr] = Field(default_factory=dict)
    """Addresses of chats, in apprise's forms, by the names that ``assay post --to`` takes; a variable for each is
    ``ASSAY_CHAT_TEAM`` and so on."""
    token: dict[str, SecretStr] = Field(default_factory=dict)
    """By reader, what opens her own things in ``assay serve`` from other machines; a variable for each is
    ``ASSAY_TOKEN_ANNA`` and so on."""
    metrics_token: SecretStr | None = None
    """What opens ``/metrics`` of ``assay serve`` to a monitoring system; without one, this machine alone reads it."""
    log: Literal["text", "json"] = "text"
    """What commands that run for long write to standard error: lines to be read, or a JSON object a line."""
    watch_at: str = "08:00"
    """When ``assay watch`` sends the day, in the time zone of the reader."""
    watch_day: Literal["yesterday", "today"] = "yesterday"
    """Which day that is: yesterday's list is whole, today's is news."""
    watch_do: Names = ("collect {days}", "refresh", "mail {day}")
    """What it does then, in this order: commands of ``assay``, with the day, and the days since the last, filled in."""
    embeddings: str = ""
    """The model of sentences by which phrases find papers that do not have their words: ``all-minilm-l6-v2``, a folder
    or the id of a model on a hub; empty for none. ``assay embed`` makes what is needed."""
    zotero_url: str = "http://localhost:23119/api"
    """Where the Zotero program of this machine answers."""
    zotero_web_url: str = "https://api.zotero.org"
    zotero_key: SecretStr | None = None
    """The key of zotero.org's API, for `assay library import zotero.org`. No option sets it."""
    glossary: Path
    """Folder with glossaries of your own, ``<language>.toml`` each; ``glossary`` beside the settings file if left
    out."""

    @field_validator(
        "languages", "sources", "arxiv_categories", "mail_to", "mail_unsubscribe", "watch_do", mode="before"
    )
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(item.strip() for item in value.split(",")) if isinstance(value, str) else value

    @field_validator("languages")
    @classmethod
    def _languages(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return check_languages(value)

    @field_validator("watch_at")
    @classmethod
    def _watch_at(cls, value: str) -> str:
        from assay.reader.schedule import parse_time

        return f"{parse_time(value):%H:%M}"

    @field_validator("timezone")
    @classmethod
    def _timezone(cls, value: str) -> str:
        if value and not _is_zone(value):
            raise ValueError(f"not a time zone: {value!r} (write a name such as Asia/Seoul or UTC)")
        return value

    @field_validator("arxiv_categories")
    @classmethod
    def _categories(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return check_categories(value)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Variables win over the file, which `load_settings` hands in as arguments."""
        return env_settings, init_settings

    def now(self) -> datetime:
        """The moment, in the reader's own time zone."""
        return datetime.now(UTC).astimezone(ZoneInfo(self.timezone) if self.timezone else None)

    @property
    def database_url(self) -> str:
        """Where the store is."""
        return self.database or f"sqlite:///{self.home / 'assay.db'}"

    @property
    def readers_database(self) -> str | Path:
        """Where the readers' own things are: beside the archive on a server, else in the home folder."""
        return self._beside_archive("readers.db")

    @property
    def vectors_database(self) -> str | Path:
        """Where the vectors are that the model of ``embeddings`` made."""
        return self._beside_archive("vectors.db")

    def _beside_archive(self, file: str) -> str | Path:
        from assay.store.database import beside

        return beside(self.database, self.home / file)

    def pace(self) -> "Pace":
        """How the client behaves towards busy and broken sources."""
        from urllib.parse import urlsplit

        from assay.sources.client import Pace

        return Pace(
            read=self.timeout,
            patience=self.patience,
            retry_wait=self.retry_wait,
            jitter=self.retry_wait,
            intervals={
                urlsplit(url).netloc: self.arxiv_interval
                for url in (self.arxiv_url, self.arxiv_pages_url, self.arxiv_news_url)
            },
        )

    @property
    def locks(self) -> Path:
        """Where processes of this machine agree on the pace of their requests: one place, whatever the home."""
        return Path(platformdirs.user_cache_dir("assay")) / "pace"


def settings_file(home: Path | None) -> Path:
    """The file that settings are read from, whether there is one or not."""
    return (Path(platformdirs.user_config_dir("assay")) if home is None else home.expanduser()) / "config.toml"


def load_settings(home: Path | None) -> Settings:
    """Read the settings.

    Raises:
        ValueError: if the file is not TOML, or names a setting that does not exist, or a value does not fit.
    """
    file = settings_file(home)
    data = Path(platformdirs.user_data_dir("assay")) if home is None else file.parent
    values: dict[str, Any] = {}
    if file.is_file():
        from assay.sources.decoding import decode

        try:
            values = tomllib.loads(decode(file.read_bytes()))
        except ValueError as error:
            raise ValueError(f"{file}: not TOML: {error}") from error
    secrets = dict(_of_files())
    values |= {name: secret for name, secret in secrets.items() if name in Settings.model_fields}
    for table in ("chat", "token"):
        named = values.get(table, {})
        if isinstance(named, dict):
            values[table] = named | _of_table(table, secrets) | _of_table(table, _of_environment())
    try:
        settings = Settings(**({"home": data, "glossary": file.parent / "glossary"} | values))
        # --home has the last word, also over ASSAY_HOME, which is its own default.
        return settings if home is None else settings.model_copy(update={"home": data})
    except ValidationError as error:
        first = error.errors()[0]
        name = place(first) or "setting"
        names = ", ".join(Settings.model_fields)
        hint = f" (settings are: {names})" if first["type"] == "extra_forbidden" else ""
        raise ValueError(f"{file} or ASSAY_{name.upper()}: {name}: {words(first)}{hint}") from error


_PREFIX, _IN_FILE = "ASSAY_", "_FILE"


def _of_environment() -> dict[str, str]:
    """What variables hold, by the names of settings, without those that name a file."""
    return {
        name.removeprefix(_PREFIX).lower(): value
        for name, value in os.environ.items()
        if name.startswith(_PREFIX) and not name.endswith(_IN_FILE)
    }


def _of_files() -> Iterator[tuple[str, str]]:
    """What stands in the files that variables name, by the names of settings.

    Raises:
        ValueError: if one cannot be read.
    """
    for name, file in os.environ.items():
        if name.startswith(_PREFIX) and name.endswith(_IN_FILE):
            try:
                yield name.removeprefix(_PREFIX).removesuffix(_IN_FILE).lower(), Path(file).read_text("utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                why = error.strerror if isinstance(error, OSError) else "not UTF-8"
                raise ValueError(f"{name}: {file}: {why}") from None


def _of_table(table: str, values: Mapping[str, str]) -> dict[str, str]:
    """What belongs into a table of names: ``chat_team`` is ``team`` of ``chat``."""
    prefix = f"{table}_"
    return {name.removeprefix(prefix): value for name, value in values.items() if name.startswith(prefix)}


def check_languages(languages: Sequence[str]) -> tuple[str, ...]:
    """Language codes as people type them, each once.

    Raises:
        ValueError: if one is not an ISO 639 code.
    """
    for language in languages:
        if not re.fullmatch(r"[a-z]{2,3}", language):
            raise ValueError(f"not a language code: {language!r} (write en or ko)")
    return tuple(dict.fromkeys(languages))


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown; a path; a folder such as "Asia"
        return False
    return True


def parse_day(text: str, today: date) -> date:
    """A day as people type it: ``2025-02-26``, ``today`` or ``yesterday``.

    Args:
        text: what they typed.
        today: the reader's own day; `assay.cli.Session.day` knows it, and says it.

    Raises:
        ValueError: if it is none of these.
    """
    match text.strip().lower():
        case "today":
            return today
        case "yesterday":
            return date.fromordinal(today.toordinal() - 1)
        case other:
            try:
                return date.fromisoformat(other)
            except ValueError:
                raise ValueError(f"not a day: {text!r} (write 2025-02-26, today or yesterday)") from None
