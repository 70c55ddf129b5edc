"""How often the comparisons of summaries are judged rightly by the tables of their papers.

    python benchmarks/comparisons.py FILE ...            print what came of right, wrong and open sentences
    python benchmarks/comparisons.py FILE ... --misses   and list the sentences that are judged wrongly

A line of FILE has a ``sentence``, as it may stand in a summary, the title of its ``paper``, and its ``label``: *right*
if a table bears it out, *wrong* if one tells otherwise, *open* if none tells. The tables are SciGen's
(`benchmarks/corpus.py` says where they are); each sentence is held against all that are there of its paper.
"""

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from corpus import SCIGEN

from assay.claims.check import check
from assay.papers.models import Paper, Parts
from assay.papers.passages import Passage


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
    paper = Paper(id="9912.99901", title=title)
    checked = check(Parts(result=sentence), paper, language="en", passages=tables)
    return next((each.state.value for each in checked.comparisons), "unchecked")


def main() -> None:
    """Print the table, or do what an option says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labels", type=Path, nargs="+", metavar="FILE")
    parser.add_argument("--misses", action="store_true")
    options = parser.parse_args()
    tables = read_tables(SCIGEN)
    lines = [line for file in options.labels for line in file.read_text(encoding="utf-8").splitlines()]
    labelled: list[dict[str, Any]] = [json.loads(line) for line in lines]
    states = [judge(each["sentence"], each["paper"], tables[each["paper"]]) for each in labelled]
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
