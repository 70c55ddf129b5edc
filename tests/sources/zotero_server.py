"""A real server on loopback that has a library and answers as Zotero's APIs do, the local and the web one."""

import json
from typing import Any

from tests.sources.server import Answer, Request, SourceServer

KEY = "adas-own-key"


def work(number: int) -> dict[str, Any]:
    """A work as the API gives it."""
    return {
        "key": f"TOYS{number:04d}",
        "version": number,
        "library": {"type": "user", "id": 0},
        "data": {
            "key": f"TOYS{number:04d}",
            "itemType": "preprint",
            "title": f"Toy {number}",
            "abstractNote": "We fly.",
            "creators": [
                {"creatorType": "author", "firstName": "Ada", "lastName": "Example"},
                {"creatorType": "author", "name": "OpenAI"},
                {"creatorType": "editor", "firstName": "Eve", "lastName": "Editor"},
            ],
            "date": "May 1, 2099",
            "tags": [{"tag": "toys", "type": 1}],
        },
    }


class ZoteroServer(SourceServer):
    """Serves ``/users/ID/items/top`` to whoever has the key, and under ``/api`` that of user 0 to everybody."""

    def __init__(self, user: int) -> None:
        super().__init__()
        self.works: list[dict[str, Any]] = []
        self.is_allowed = True
        """Whether the program lets others read."""
        self.backoff = ""
        """Seconds that every answer asks to pause."""
        self._user = user

    def serve(self, request: Request) -> Answer:
        """Answer one request."""
        if request.path.startswith("/api/"):
            if not self.is_allowed:
                return Answer(b"Local API is not enabled", 403, "text/plain")
            return self._works(request, "/api/users/0/items/top")
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return Answer(b"Invalid key", 403, "text/plain")
        if request.path == "/keys/current":
            return Answer(json.dumps({"userID": self._user, "username": "ada", "access": {}}).encode())
        return self._works(request, f"/users/{self._user}/items/top")

    def _works(self, request: Request, path: str) -> Answer:
        if request.path != path:
            return Answer(b"Not found", 404, "text/plain")
        start, size = int(request.query.get("start", 0)), min(int(request.query.get("limit", 25)), 100)
        headers = {"Total-Results": str(len(self.works))} | ({"Backoff": self.backoff} if self.backoff else {})
        return Answer(json.dumps(self.works[start : start + size]).encode(), headers=headers)
