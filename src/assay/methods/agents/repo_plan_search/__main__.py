"""Plans over a repository as a command.

index reads a repository once and keeps it; find shows what it has for one intent, without any model; plan searches for
a plan; serve answers agents over MCP.
"""

import argparse
import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path

from assay.methods._files import written_whole
from assay.methods._models import Endpoint
from assay.methods.agents.repo_plan_search import (
    Likert,
    ModelIntents,
    ModelProposer,
    Node,
    PlanSearch,
    SymbolIndex,
    bm25,
    diversity,
    tfidf,
)

_RETRIEVERS = {"tfidf": tfidf, "bm25": bm25}


def main(arguments: list[str] | None = None) -> int:
    """Do one command; returns the exit code: 2 where something given is wrong, 1 where nothing or not all was done."""
    given = _parser().parse_args(arguments)
    try:
        code: int = given.do(given)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return code


def _index(given: argparse.Namespace) -> int:
    intents = None
    if given.base_url:
        kept = Path(f"{given.out}.intents.jsonl")
        intents = ModelIntents(_endpoint(given), kept=kept, on_batch=lambda n, of: _tell(f"intents: {n} of {of}"))
    index = SymbolIndex.from_repo(given.repo, intents=intents)
    _warn(index)
    index.save(given.out)
    print(f"{len(index)} symbols of {index.repository.files} files are in {given.out}")
    return 0


def _find(given: argparse.Namespace) -> int:
    found = _open(given).ground(given.intent, given.count)
    if not found:
        _tell(f"{given.repo} has nothing with a word of it", end="\n")
    if given.json:
        print(json.dumps([{"path": s.path, "signature": s.signature, "file": s.file, "line": s.line} for s in found]))
    else:
        for symbol in found:
            print(f"{symbol.path}\n  {symbol.file}:{symbol.line}  {symbol.signature}")
    return 0 if found else 1


def _plan(given: argparse.Namespace) -> int:
    index = _open(given)
    result = _search(given, index).run(given.request)
    plan = result.plan
    if given.json:
        steps = [{"intent": step.intent, "symbols": [each.path for each in step.symbols]} for step in plan.steps]
        text = json.dumps({"request": plan.request, "steps": steps, "tried": len(result.nodes), "ended": result.ended})
    elif given.prompt:
        text = plan.to_prompt(index.repository, max_tokens=given.max_tokens)
    else:
        text = plan.to_markdown()
    if given.out:
        with written_whole(given.out) as unfinished:
            unfinished.write_text(text, encoding="utf-8")
    else:
        print(text)
    _tell(f"{len(result.nodes)} plans; {result.ended}", end="\n")
    return int(result.ended.startswith("the model failed"))


def _serve(given: argparse.Namespace) -> int:
    if missing := [name for name in ("mcp", "anyio") if find_spec(name) is None]:
        raise ValueError(f"agents are answered by {missing[0]}: pip install 'assay-papers[mcp]'")
    from assay.methods.agents.repo_plan_search.mcp import make_server  # noqa: PLC0415 - for who serves alone

    index = _open(given)
    make_server(index, _search(given, index) if given.base_url else None).run()
    return 0


def _open(given: argparse.Namespace) -> SymbolIndex:
    """The index of a folder, or the one that is kept in a file."""
    retriever, place = _RETRIEVERS[given.retriever], Path(given.repo)
    if place.is_file():
        return SymbolIndex.load(place, retriever=retriever)
    index = SymbolIndex.from_repo(place, retriever=retriever)
    _warn(index)
    return index


def _search(given: argparse.Namespace, index: SymbolIndex) -> PlanSearch:
    endpoint = _endpoint(given)

    def show(_node: Node, count: int) -> None:
        _tell(f"plans: {count} of {given.budget}")

    return PlanSearch(
        index,
        ModelProposer(endpoint, index, mutation=given.mutation),
        scorer=diversity if given.scorer == "diversity" else Likert(endpoint, index.repository),
        branching=given.branching,
        depth=given.depth,
        budget=given.budget,
        k=min(PlanSearch.k, len(index)),
        on_node=show,
    )


def _endpoint(given: argparse.Namespace) -> Endpoint:
    if not given.base_url or not given.model:
        raise ValueError("name the model's server: --base-url http://127.0.0.1:8000/v1 --model NAME")
    if given.key_variable and given.key_variable not in os.environ:
        raise ValueError(f"the environment has no variable {given.key_variable}")
    return Endpoint(given.base_url, given.model, key=os.environ.get(given.key_variable, ""))


def _warn(index: SymbolIndex) -> None:
    for each in index.repository.unread:
        _tell(f"left out: {each}", end="\n")


def _tell(line: str, *, end: str = "") -> None:
    """A line on standard error; one that counts is written over the last, and only where somebody looks."""
    if end or sys.stderr.isatty():
        print(f"\r\x1b[K{line}" if sys.stderr.isatty() else line, end=end, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m assay.methods.agents.repo_plan_search", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    index = commands.add_parser("index", help="read a repository and keep its index in a file")
    index.set_defaults(do=_index)
    index.add_argument("repo", help="a folder of Python source")
    index.add_argument("--out", required=True, help="the file")
    _about_model(index, "has a model write what each symbol is good for; goes on where it was ended")

    find = commands.add_parser("find", help="show what a repository has for one intent; needs no model")
    find.set_defaults(do=_find)
    _about_repo(find)
    find.add_argument("intent", help="one thing to do, in words")
    find.add_argument("--count", type=int, default=5, help="symbols (default: 5)")
    find.add_argument("--json", action="store_true", help="as JSON")

    plan = commands.add_parser("plan", help="search for a plan")
    plan.set_defaults(do=_plan)
    _about_repo(plan)
    plan.add_argument("request", help="what code is to be written, in words")
    _about_search(plan)
    plan.add_argument("--out", help="a file for the plan, written whole; else it is printed")
    form = plan.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as JSON")
    form.add_argument("--prompt", action="store_true", help="as a prompt for a model that writes the code")
    plan.add_argument("--max-tokens", type=int, default=8_000, help="of that prompt (default: 8000)")

    serve = commands.add_parser("serve", help="answer agents over MCP, on standard input and output")
    serve.set_defaults(do=_serve)
    _about_repo(serve)
    _about_search(serve)
    return parser


def _about_repo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("repo", help="a folder of Python source, or a file that index made")
    parser.add_argument("--retriever", choices=_RETRIEVERS, default="tfidf", help="how nearness is told")


def _about_search(parser: argparse.ArgumentParser) -> None:
    _about_model(parser, "proposes plans")
    parser.add_argument("--budget", type=int, default=80, help="plans that are made (default: 80)")
    parser.add_argument("--branching", type=int, default=3, help="plans proposed on each (default: 3)")
    parser.add_argument("--depth", type=int, default=20, help="mutations in a row (default: 20)")
    parser.add_argument("--mutation", choices=("unconstrained", "monotonic"), default="unconstrained",
                        help="whether plans are rewritten, or grow by a step")  # fmt: skip
    parser.add_argument("--scorer", choices=("diversity", "likert"), default="diversity",
                        help="by how many symbols, or by the model's own marks")  # fmt: skip


def _about_model(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument("--base-url", default="", help=f"an OpenAI-compatible server whose model {what}")
    parser.add_argument("--model", default="", help="the model there")
    parser.add_argument("--key-variable", default="", help="environment variable that holds the key; none by default")


if __name__ == "__main__":
    sys.exit(main())
