"""Keeps the full-text index up to date: the tokens of every paper, for `assay.store.search`."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Connection, select

from assay.store import schema
from assay.store.searching.cutting import tokens
from assay.store.searching.index import index_of
from assay.store.searching.names import name_tokens
from assay.store.searching.terms import FIELD_MARKS

_BETWEEN = " \ue000 "
"""Between two fields, names or texts, so that no phrase is found across them: a word that no query can hold."""


def index_papers(connection: Connection, ids: Iterable[str]) -> None:
    """Bring the index up to date for these papers; those whose text has not changed are left alone."""
    rest = iter(ids)
    while chunk := list(islice(rest, 500)):
        _index_chunk(connection, chunk)


def summary_texts(parts: dict[str, Any]) -> Iterator[str]:
    """The texts of a summary in one language, from its JSON."""
    for value in parts.values():
        if isinstance(value, dict):
            yield from value.values()
        elif value:
            yield value


def addresses(record: dict[str, Any]) -> Iterator[str]:
    """Where a paper's code and its project are, from its JSON."""
    yield from filter(None, (record.get("code_url"), record.get("project_url")))


def _index_chunk(connection: Connection, ids: Sequence[str]) -> None:
    papers, summaries = schema.papers, schema.summaries
    texts: dict[str, list[str]] = {}
    for key, record in connection.execute(
        select(summaries.c.paper, summaries.c.record).where(summaries.c.paper.in_(ids)).order_by(summaries.c.id)
    ):
        for parts in json.loads(record)["languages"].values():
            texts.setdefault(key, []).extend(summary_texts(parts))
    words = {}
    for number, key, record in connection.execute(
        select(papers.c.number, papers.c.id, papers.c.record).where(papers.c.id.in_(ids))
    ):
        words[number] = _words(json.loads(record), texts.get(key, ()))
    index_of(connection).put(words)


def _words(record: dict[str, Any], summaries: Iterable[str]) -> str:
    """All tokens of a paper, those of its fields with their marks too."""
    title = tokens(record["title"])
    texts = [title, _in_field("title", title), *map(name_tokens, record.get("authors", ()))]
    for field, values in (("org", [record.get("organisation", "")]), ("keyword", record.get("keywords", ()))):
        for value in map(tokens, filter(None, values)):
            texts += [value, _in_field(field, value)]
    categories = [category.lower() for category in record.get("categories", ())]
    archives = [category.partition(".")[0] for category in categories]
    texts.append(_in_field("category", " ".join(dict.fromkeys([*categories, *archives]))))
    texts += [tokens(record.get("abstract", "")), *map(tokens, summaries), *map(tokens, addresses(record))]
    return _BETWEEN.join(filter(None, texts))


def _in_field(field: str, words: str) -> str:
    return " ".join(FIELD_MARKS[field] + word for word in words.split())
