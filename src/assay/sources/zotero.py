"""A Zotero library: that of the program on this machine, or that of zotero.org, by the API that both have.

A page has a hundred works at most, and says how many there are in all. Any answer may ask for a pause before the next
request, in the header ``Backoff``.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from assay.sources.client import Client, SourceBusy, SourceError
from assay.sources.decoding import decode

SOURCE = "zotero"

Item = Mapping[str, Any]
"""A work in Zotero's own fields."""


def items(
    client: Client,
    *,
    base_url: str,
    key: str = "",
    patience: float = 300,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> Iterator[Item]:
    """Fetch all works of a library page by page; attachments and notes are left out.

    Args:
        client: fetches.
        base_url: ``http://localhost:23119/api`` for the program, ``https://api.zotero.org`` for the web library.
        key: of zotero.org's API, which says whose library it is; the local API has none.
        patience: seconds to pause at most between two pages, if asked to.
        progress: called after each page with how many works were read, and how many there are.

    Raises:
        SourceError: if a page cannot be had, or is no list of works.
        SourceBusy: if a longer pause is asked for.
    """
    base_url = base_url.rstrip("/")
    headers = {"Zotero-API-Version": "3"} | ({"Authorization": f"Bearer {key}"} if key else {})
    user = _user_of_key(client, base_url, headers) if key else 0
    start, total, pause = 0, 1, 0.0
    while start < total:
        if pause > patience:
            raise SourceBusy(f"{SOURCE}: it asks for a pause of {pause:g} s after {start} works", pause)
        time.sleep(pause)
        page = client.get(
            f"{base_url}/users/{user}/items/top",
            source=SOURCE,
            params={"format": "json", "limit": _PAGE, "start": start, "sort": "dateAdded", "direction": "asc"},
            headers=headers,
        )
        entries = _json(page.body, list)
        yield from (entry["data"] for entry in entries if _is_work(entry))
        total = _number(page.headers.get("total-results", ""), start + len(entries))
        pause = _number(page.headers.get("backoff", ""), 0)
        if not entries and start < total:
            raise SourceError(f"{SOURCE}: it has {total} works, but page {start // _PAGE + 1} is empty")
        start += len(entries) or 1
        progress(min(start, total), total)


_PAGE = 100
_NO_WORKS = {"attachment", "note", "annotation"}


def _user_of_key(client: Client, base_url: str, headers: Mapping[str, str]) -> int:
    answer = client.get(f"{base_url}/keys/current", source=SOURCE, headers=headers)
    user = _json(answer.body, dict).get("userID")
    if not isinstance(user, int):
        raise SourceError(f"{SOURCE}: the key is of no user")
    return user


def _is_work(entry: object) -> bool:
    data = entry.get("data") if isinstance(entry, dict) else None
    return isinstance(data, dict) and data.get("itemType") not in _NO_WORKS


def _json(body: bytes, kind: type) -> Any:
    try:
        value = json.loads(decode(body))
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{SOURCE}: not JSON: {error}") from error
    if not isinstance(value, kind):
        raise SourceError(f"{SOURCE}: another answer than the API gives")
    return value


def _number(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else default
