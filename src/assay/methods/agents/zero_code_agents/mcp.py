"""Tools of MCP servers for agents, and workflows as tools of an MCP server; needs the package mcp."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from assay.methods.agents.zero_code_agents._agents import Tool, ToolError
from assay.methods.agents.zero_code_agents._building import Team, Workflow

_LONGEST, _MOST = 1_000, 1_000
"""Characters of a description, and tools of a server."""


@contextmanager
def mcp_tools(server: Any, *, only: Collection[str] | None = None, seconds: float = 60.0) -> Iterator[list[Tool]]:
    """The tools of an MCP server, while it is connected.

    What the server says, descriptions included, is data: it goes where a tool's words go. Agents see the tools that
    you choose and no other.

    Args:
        server: An address, ``mcp.StdioServerParameters`` of a command, or a server in this process.
        only: The names of tools to take; all by default.
        seconds: For one answer.

    Raises:
        ValueError: The package mcp is not installed, the server does not answer, or it has no such tool.
    """
    _need()
    from anyio.from_thread import start_blocking_portal  # noqa: PLC0415
    from mcp import Client  # noqa: PLC0415

    with start_blocking_portal() as portal:
        client = Client(server, read_timeout_seconds=seconds)
        connection = portal.wrap_async_context_manager(client)
        try:
            connection.__enter__()
        except Exception as error:
            raise ValueError(f"the MCP server does not answer: {_first(error)}") from error
        try:
            listed = portal.call(_list, client)
            if missing := sorted(set(only or ()) - {each.name for each in listed}):
                there = ", ".join(each.name for each in listed) or "none"
                raise ValueError(f"the MCP server has no tool {missing[0]}: it has {there}")

            def use(name: str) -> Any:
                return lambda **arguments: _words(portal.call(client.call_tool, name, arguments))

            yield [
                Tool(each.name, (each.description or "")[:_LONGEST], each.input_schema, use(each.name))
                for each in listed
                if only is None or each.name in only
            ]
        finally:
            connection.__exit__(None, None, None)


async def _list(client: Any) -> list[Any]:
    page = await client.list_tools()
    listed = list(page.tools)
    while page.next_cursor and len(listed) < _MOST:
        page = await client.list_tools(cursor=page.next_cursor)
        listed += page.tools
    return listed


def mcp_server(things: Mapping[str, Workflow | Team], *, name: str = "agents") -> Any:
    """An MCP server that has workflows and teams as its tools, each with one text as its input.

    ``mcp_server({"vote": workflow}).run("stdio")`` serves it.

    Raises:
        ValueError: The package mcp is not installed.
    """
    _need()
    from mcp.server import MCPServer  # noqa: PLC0415

    server = MCPServer(name, log_level="WARNING")
    for title, thing in things.items():
        form = thing.form
        words = f"{form.output.description or form.output.key}, from {form.input.description or form.input.key}"
        server.add_tool(_tool_of(thing), name=title, description=words)
    return server


def _tool_of(thing: Workflow | Team) -> Any:
    from anyio.to_thread import run_sync  # noqa: PLC0415
    from mcp.server.mcpserver import exceptions  # noqa: PLC0415

    async def answer(input: str) -> str:  # noqa: A002 - callers see this name
        try:
            return await run_sync(_answer, thing, input)
        except ValueError as error:
            raise exceptions.ToolError(str(error)) from error

    return answer


def _answer(thing: Workflow | Team, given: str) -> str:
    if isinstance(thing, Team):
        return thing.run(given).answer
    outcome = thing.run(given)
    if outcome.value is None:
        raise ValueError(f"every branch was aborted: {'; '.join(outcome.aborted)}")
    return outcome.value


def _words(result: Any) -> str:
    text = "\n".join(each.text for each in result.content if getattr(each, "text", None) is not None)
    if result.is_error:
        raise ToolError(text)
    return text


def _first(error: BaseException) -> str:
    """What is behind an error, or the first of a group of them, in a line."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return " ".join(str(error).split())[:300] or type(error).__name__


def _need() -> None:
    if find_spec("mcp") is None:
        raise ValueError("MCP needs the package mcp: pip install 'assay-papers[mcp]'")
