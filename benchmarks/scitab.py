"""How well sentences are judged by tables: on SciTab, real sentences about real tables that experts have checked.

    python benchmarks/scitab.py FILE                       print the share of right verdicts, and that of decided ones
    python benchmarks/scitab.py FILE --curve               the same for each boldness of the rules
    python benchmarks/scitab.py FILE --half development    only the papers that the rules were made with; or held-out
    python benchmarks/scitab.py FILE --wrong               list the wrong verdicts, of the development half only

FILE is a JSON list of SciTab's records, or one of SciGen's files: tables with a description each, of which every
sentence counts as one that its table supports. Right is *supported* for a sentence that the table supports, and
*contradicted* or *misattributed* for one that it refutes; to decide a sentence that the table tells too little about
is wrong. Nothing is trained on it. The decided ones are counted among the sentences with a figure or a comparison.
"""

import argparse
import json
import re
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from assay.claims.numbers.quantities import quantities
from assay.claims.numbers.sorts import Sort
from assay.claims.tables.comparisons import says_something
from assay.claims.tables.reading import Verdict
from assay.claims.tables.table import table_of
from assay.claims.tables.verdicts import DEFAULT_BOLDNESS, MOST_BOLD, judge
from assay.papers.sentences import split

RIGHT = {"supports": {"supported"}, "refutes": {"contradicted", "misattributed"}, "not enough info": set()}
# Every other class and one more, so that both halves have papers with sentences that their tables do not decide.
DEVELOPMENT = {0, 2, 4, 5, 6, 8, 10, 12, 14}


def load(file: Path) -> list[dict[str, Any]]:
    """The records of a file; of a table with a description, one for each sentence of it."""
    content = json.loads(file.read_text(encoding="utf-8"))
    records = list(content.values()) if isinstance(content, dict) else content
    return [each for record in records for each in ([record] if "claim" in record else _sentences(record))]


def _sentences(record: dict[str, Any]) -> Iterator[dict[str, Any]]:
    text = _joined(record["text"])
    for sentence in split(text):
        yield {**record, "claim": text[sentence.start : sentence.end], "label": "supports"}


def _joined(text: str) -> str:
    """A text that was put together out of pieces, without the mark that stands between them."""
    return re.sub(r"\s*\[CONTINUE\]\s*", "; ", text).strip("; ")


def half(record: dict[str, Any]) -> str:
    """The half that a record's paper belongs to."""
    is_development = sha256(record["paper_id"].encode()).digest()[0] % 16 in DEVELOPMENT
    return "development" if is_development else "held-out"


def is_counted(sentence: str) -> bool:
    """Whether a sentence has a figure or a comparison."""
    return says_something(sentence) or any(quantity.sort is Sort.FIGURE for quantity in quantities(sentence))


def judge_record(record: dict[str, Any], boldness: int) -> Verdict:
    """The verdict on a record's sentence."""
    table = table_of(record["table_caption"], [record["table_column_names"], *record["table_content_values"]])
    own = record.get("paper", "").partition(":")
    return judge(_joined(record["claim"]), table, own=own[0] if own[1] else "", boldness=boldness)


def measure(records: Sequence[dict[str, Any]], boldness: int) -> tuple[int, int, int]:
    """How many are right, decided, and counted."""
    counted = [record for record in records if is_counted(record["claim"])]
    states = [(record, judge_record(record, boldness).state) for record in counted]
    decided = [(record, state) for record, state in states if state is not None]
    return sum(state in RIGHT[record["label"]] for record, state in decided), len(decided), len(counted)


def share(part: int, whole: int) -> str:
    """A share in two digits."""
    return f"{part / whole:.2f}" if whole else "0.00"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--half", choices=["development", "held-out"])
    parser.add_argument("--boldness", type=int, default=DEFAULT_BOLDNESS)
    parser.add_argument("--curve", action="store_true")
    parser.add_argument("--wrong", action="store_true")
    options = parser.parse_args(arguments)
    records = load(options.file)
    if options.wrong:
        options.half = "development"
    if options.half:
        records = [record for record in records if half(record) == options.half]
    if options.curve:
        print("| boldness | right | decided |\n|---|---|---|")
        for boldness in range(MOST_BOLD + 1):
            right, decided, counted = measure(records, boldness)
            shares = f"{share(right, decided)} ({right}/{decided}) | {share(decided, counted)} ({decided}/{counted})"
            print(f"| {boldness} | {shares} |")
        return
    if options.wrong:
        for record in records:
            verdict = judge_record(record, options.boldness)
            if verdict.state is not None and verdict.state not in RIGHT[record["label"]]:
                print(f"{record['label']}, said {verdict.state} at {verdict.boldness}: {record['claim']}")
                print(f"    {verdict.why}")
    right, decided, counted = measure(records, options.boldness)
    print(f"right {share(right, decided)}\ndecided {share(decided, counted)}")


if __name__ == "__main__":
    main()
