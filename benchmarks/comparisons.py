"""How often the comparisons of summaries are judged rightly by the tables of their papers.

    python benchmarks/comparisons.py FILE ...            print what came of right, wrong and open sentences
    python benchmarks/comparisons.py FILE ... --misses   and list the sentences that are judged wrongly
    python benchmarks/comparisons.py FILE ... --model qwen2.5-coder:1.5b --base-url http://127.0.0.1:8080/v1 --limit 100
                                                         ask a model about what the rules leave unchecked

A line of FILE has a ``sentence``, as it may stand in a summary, the title of its ``paper``, and its ``label``: *right*
if a table bears it out, *wrong* if one tells otherwise, *open* if none tells. The tables are SciGen's
(`benchmarks/corpus.py` says where they are); each sentence is held against all that are there of its paper. With
``--limit`` it takes so many sentences, evenly spread over the files. A model's opinion that is dropped counts as
*unchecked*; *misattributed* counts as *contradicted*.
"""

import argparse
import asyncio
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from corpus import SCIGEN

from assay.claims.check import check
from assay.papers.models import Paper, Parts
from assay.papers.passages import Passage
from assay.writing.chat import Chat
from assay.writing.endpoint import Endpoint
from assay.writing.judge import Dropped, find_doubts
from assay.writing.judge import judge as ask_model


def read_tables(folder: Path) -> Mapping[str, Sequence[Passage]]:
    """The tables of SciGen's test files, by the title of their paper."""
    found: dict[str, list[Passage]] = defaultdict(list)
    for file in sorted(folder.glob("test-*.json")):
        for name, table in json.loads(file.read_text(encoding="utf-8")).items():
            rows = [table["table_column_names"], *table["table_content_values"]]
            lines = [" | ".join(_cell(cell) for cell in row) for row in rows]
            caption = " ".join(table["table_caption"].split())
            found[table["paper"]].append(Passage(f"Table {file.stem}/{name}", "\n".join([caption, *lines])))
    return found


def _cell(text: str) -> str:
    return " ".join(str(text).replace("|", "/").split())


def judge(sentence: str, title: str, tables: Sequence[Passage]) -> str:
    """What the tables say of a sentence: ``supported``, ``contradicted``, or ``unchecked``."""
    checked = check(Parts(result=sentence), _paper(title), language="en", passages=tables)
    return next((each.state.value for each in checked.comparisons), "unchecked")


async def judge_with_model(chat: Chat, sentence: str, title: str, tables: Sequence[Passage]) -> str:
    """What the tables say of a sentence, or a model where the rules leave it unchecked."""
    parts, paper = Parts(result=sentence), _paper(title)
    checked = check(parts, paper, language="en", passages=tables)
    comparisons = checked.model_copy(update={"figures": ()})
    for doubt in find_doubts(comparisons, parts, paper, tables):
        opinion = await ask_model(chat, doubt)
        if isinstance(opinion, Dropped) or opinion.state == "cannot tell":
            return "unchecked"
        return "contradicted" if opinion.state == "misattributed" else opinion.state
    return next((each.state.value for each in checked.comparisons), "unchecked")


async def _judge_all(endpoint: Endpoint | None, labelled: Sequence[Mapping[str, str]]) -> list[str]:
    tables = read_tables(SCIGEN)
    if endpoint is None:
        return [judge(each["sentence"], each["paper"], tables[each["paper"]]) for each in labelled]
    states = []
    async with Chat(endpoint) as chat:
        for each in labelled:
            states.append(await judge_with_model(chat, each["sentence"], each["paper"], tables[each["paper"]]))
            print(f"{len(states)} of {len(labelled)}: {each['label']}, {states[-1]}", file=sys.stderr, flush=True)
    return states


def _paper(title: str) -> Paper:
    return Paper(id="9912.99901", title=title)


def main() -> None:
    """Print the table, or do what an option says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labels", type=Path, nargs="+", metavar="FILE")
    parser.add_argument("--misses", action="store_true")
    parser.add_argument("--model", help="ask this model about what the rules leave unchecked")
    parser.add_argument("--base-url", default="http://127.0.0.1:11434/v1", help="where it is")
    parser.add_argument("--limit", type=int, help="so many sentences, evenly spread")
    options = parser.parse_args()
    lines = [line for file in options.labels for line in file.read_text(encoding="utf-8").splitlines()]
    labelled: list[dict[str, Any]] = [json.loads(line) for line in lines]
    if options.limit:
        share = min(1, options.limit / len(labelled))
        labelled = [each for at, each in enumerate(labelled) if int((at + 1) * share) > int(at * share)]
    endpoint = Endpoint(options.base_url, options.model, concurrency=1) if options.model else None
    states = asyncio.run(_judge_all(endpoint, labelled))
    counts = Counter((each["label"], state) for each, state in zip(labelled, states, strict=True))
    print("| | supported | contradicted | unchecked |\n|---|---|---|---|")
    for label in ("right", "wrong", "open"):
        cells = [str(counts[label, state]) for state in ("supported", "contradicted", "unchecked")]
        print(f"| {label} | {' | '.join(cells)} |")
    for each, state in zip(labelled, states, strict=True) if options.misses else ():
        if state != "unchecked" and (each["label"], state) not in {("right", "supported"), ("wrong", "contradicted")}:
            print(f"{each['label']}, said {state}: {each['sentence']}")


if __name__ == "__main__":
    main()
