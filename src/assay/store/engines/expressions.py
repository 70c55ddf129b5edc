"""Expressions of SQL that each kind of database writes in its own way."""

from typing import Any

from sqlalchemy import Integer, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class json_text(FunctionElement[str]):  # noqa: N801 - reads as a function of SQL
    """The text of a field of a JSON record; NULL where it has none: ``json_text(papers.c.record, "title")``."""

    inherit_cache = True
    type = String()


@compiles(json_text, "sqlite")
def _sqlite_json_text(element: json_text, compiler: Any, **options: Any) -> str:
    record, field = element.clauses
    return f"json_extract({compiler.process(record, **options)}, '$.' || {compiler.process(field, **options)})"


@compiles(json_text, "postgresql")
def _postgres_json_text(element: json_text, compiler: Any, **options: Any) -> str:
    record, field = element.clauses
    text = f"CAST({compiler.process(record, **options)} AS json) ->> {compiler.process(field, **options)}"
    return f'(({text}) COLLATE "C")'


class place_in(FunctionElement[int]):  # noqa: N801 - reads as a function of SQL
    """Where a text first stands in another one, from 1 on; 0 where it does not. Case makes a difference."""

    inherit_cache = True
    type = Integer()


@compiles(place_in, "sqlite")
def _sqlite_place_in(element: place_in, compiler: Any, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


@compiles(place_in, "postgresql")
def _postgres_place_in(element: place_in, compiler: Any, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"
