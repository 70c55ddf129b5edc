"""The settings file without its secrets, for a backup."""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

_LEFT_OUT = "left out of the backup"


def without_secrets(text: str) -> tuple[str, list[str]]:
    """A settings file without passwords, keys, tokens and addresses of chats, and the names of those it had.

    A line that holds one becomes a comment; everything else stays as it was written.

    Raises:
        ValueError: if it cannot be done line by line, as where a secret is written over several lines.
    """
    names, tables = _secret_settings()
    values = tomllib.loads(text)
    secrets = dict(_secrets(values, names, tables))
    if not secrets:
        return text, []
    lines, table = [], ""
    for line in text.splitlines():
        if heading := re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line):
            table = heading[1].strip("\"'")
        setting = re.match(r"\s*([^=#\[]+?)\s*=", line)
        path = [part.strip(" \"'") for part in f"{table}.{setting[1]}".strip(".").split(".")] if setting else []
        if path and (path[0] in tables or path == ["database"] or (len(path) == 1 and path[0] in names)):
            named = ".".join(path)
            lines.append(_without_password(line) if path == ["database"] else f"# {named}: {_LEFT_OUT}")
        else:
            lines.append(line)
    rest = "\n".join(lines) + "\n"
    try:
        is_clean = not dict(_secrets(tomllib.loads(rest), names, tables))
    except tomllib.TOMLDecodeError:
        is_clean = False
    if not is_clean or any(len(value) > 5 and value in rest for value in secrets.values()):
        raise ValueError("its secrets cannot be left out line by line")
    return rest, sorted(secrets)


def _secret_settings() -> tuple[set[str], set[str]]:
    """The names of settings that are secret, and of tables of them."""
    from assay.cli.settings import Settings

    secret = {name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)}
    tables = {name for name in secret if "dict" in str(Settings.model_fields[name].annotation)}
    return secret - tables, tables


def _secrets(values: dict[str, Any], names: set[str], tables: set[str]) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if name in names and value:
            yield name, str(value)
        if name in tables and isinstance(value, dict):
            yield from ((f"{name}.{key}", str(each)) for key, each in value.items())
        if name == "database" and (password := _password(str(value))):
            yield "database (its password)", password


def _password(url: str) -> str:
    from assay.store.database import as_url

    parsed = as_url(url) if "://" in url else None
    if parsed is None:
        return ""
    inside = parsed.query.get("password", "")
    return str(parsed.password or inside or "")


def _without_password(line: str) -> str:
    """A line with a database URL, without the password in it."""
    line = re.sub(r"(://[^:/@\s]*):[^@\s]*@", r"\1@", line)
    return re.sub(r"([?&])password=[^&\"'\s]*&?", r"\1", line)
