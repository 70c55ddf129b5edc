"""A server of OpenAI's dialect that computes nothing: so many seconds a token, and faults on demand.

Run as a program of its own, so that it can be killed: ``python _scripted.py PORT SLOTS SECONDS_PER_TOKEN [LOG]``. It
answers as many calls at a time as it has slots, first come first served, each with ``answer to`` and what was asked.
The field ``user`` of a request may name a fault, after ``once:`` only the first time that the request comes: a status,
``garbage``, ``page``, ``break`` (the connection, in the middle of the answer), ``silent``; ``echo`` answers with the
request itself. What it has answered it writes into the log. Nothing but the standard library is imported, so that it
starts at once.
"""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

_LONG = 3600.0


class ScriptedServer:
    """The server, within a loop."""

    def __init__(self, slots: int, seconds_per_token: float, log: Path | None = None) -> None:
        self.slots = asyncio.Semaphore(slots)
        self.seconds_per_token, self.log = seconds_per_token, log
        self.seen: set[str] = set()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of a connection."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                line, *lines = head.decode("latin-1").split("\r\n")
                fields = {name.lower(): value.strip() for name, _, value in (each.partition(":") for each in lines)}
                content = await reader.readexactly(int(fields.get("content-length", 0)))
                method, path, _ = line.split(" ")
                if method == "GET":
                    models = {"object": "list", "data": [{"id": "scripted", "object": "model"}]}
                    _send(writer, 200 if path == "/v1/models" else 404, json.dumps(models).encode())
                elif not await self._answer(json.loads(content), writer):
                    return
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # whoever asked has gone
        finally:
            writer.close()

    async def _answer(self, body: dict[str, Any], writer: asyncio.StreamWriter) -> bool:
        """Answer a chat; whether the connection goes on."""
        asked = str(body["messages"][-1]["content"])
        fault = str(body.get("user", ""))
        if fault.startswith("once:"):
            fault = "" if asked in self.seen else fault.removeprefix("once:")
        self.seen.add(asked)
        if fault == "silent":
            await asyncio.sleep(_LONG)
        if fault.isdigit():
            error = {"error": {"message": f"scripted {fault}", "type": "server_error", "code": int(fault)}}
            _send(writer, int(fault), json.dumps(error).encode(), retry="0.05" if fault in ("429", "503") else "")
            return True
        if fault in ("garbage", "page"):
            said = b'{"result": "forty-two"}' if fault == "garbage" else b"<html>It works!</html>"
            _send(writer, 200, said, kind="application/json" if fault == "garbage" else "text/html")
            return True
        tokens = int(body.get("max_tokens", 1))
        text = json.dumps(body) if fault == "echo" else f"answer to {asked}"
        async with self.slots:
            if body.get("stream"):
                await self._stream(writer, text, tokens, broken=fault == "break")
            else:
                await asyncio.sleep(tokens * self.seconds_per_token)
                if fault != "break":
                    self._note(asked)
                    _send(writer, 200, json.dumps(_choice(text, tokens)).encode())
        return fault != "break"

    async def _stream(self, writer: asyncio.StreamWriter, text: str, tokens: int, *, broken: bool) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        words = text.split(" ")
        for at, word in enumerate(words):
            await asyncio.sleep(tokens * self.seconds_per_token / len(words))
            delta = {"choices": [{"index": 0, "delta": {"content": f"{' ' * (at > 0)}{word}"}, "finish_reason": None}]}
            _piece(writer, f"data: {json.dumps(delta)}\n\n".encode())
            await writer.drain()
            if broken and at == 1:
                return
        self._note(text.removeprefix("answer to "))
        _piece(writer, b"data: [DONE]\n\n")
        writer.write(b"0\r\n\r\n")

    def _note(self, asked: str) -> None:
        if self.log is not None:
            with self.log.open("a", encoding="utf-8") as log:
                log.write(f"{asked}\n")


def _choice(text: str, tokens: int) -> dict[str, Any]:
    message = {"role": "assistant", "content": text}
    return {
        "object": "chat.completion",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": tokens, "total_tokens": tokens + 1},
    }


def _send(
    writer: asyncio.StreamWriter, status: int, content: bytes, *, kind: str = "application/json", retry: str = ""
) -> None:
    more = f"Retry-After: {retry}\r\n" if retry else ""
    head = f"HTTP/1.1 {status} Scripted\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n{more}\r\n"
    writer.write(head.encode() + content)


def _piece(writer: asyncio.StreamWriter, content: bytes) -> None:
    writer.write(f"{len(content):x}\r\n".encode() + content + b"\r\n")


async def serve(port: int, slots: int, seconds_per_token: float, log: Path | None = None) -> None:
    """Serve until killed; the port is printed once it listens."""
    scripted = ScriptedServer(slots, seconds_per_token, log)
    server = await asyncio.start_server(scripted.handle, "127.0.0.1", port, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    number, places, pace, *kept = sys.argv[1:]
    asyncio.run(serve(int(number), int(places), float(pace), Path(kept[0]) if kept else None))
