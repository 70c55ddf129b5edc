"""How much of a paper's tables, captions and headings each reader of full texts gets right, on papers with known truth.

Takes folders as `corpus_of_tables` writes them (``--seed`` makes one for the occasion). A number is right if it stands
in the right row of the right table; *and cell* also asks for the right cell. Rows keep their order, and each row that
was read counts for one row of the truth, so that two rows in one win no more than one of them. A number that is fused
with another is another number.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from classes_of_papers import CLASSES, SET_ASIDE
from corpus_of_tables import Table, Truth, write_corpus
from pypdfium2 import PdfDocument  # type: ignore[import-untyped]

from assay.fulltext import FullText, html, latex, pdf
from assay.papers.text import fold, normalise

PAPER = "9912.99901"
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
Rows = Sequence[Sequence[str]]


@dataclass
class Score:
    """What was counted over some tables or papers."""

    numbers: int = 0
    in_row: int = 0
    in_cell: int = 0
    strange: int = 0
    """Numbers that were read in a table of the truth and do not stand in it."""
    captions: int = 0
    captions_read: int = 0
    headings: int = 0
    headings_read: int = 0
    headings_invented: int = 0
    titles: list[bool] = field(default_factory=list)
    abstracts: list[bool] = field(default_factory=list)
    pages: int = 0
    seconds: float = 0


def numbers(text: str) -> Counter[str]:
    """The numbers of a text, each as it is written."""
    return Counter(NUMBER.findall(text))


def best_pairs(rows: Rows, rows_read: Rows) -> list[tuple[int, int]]:
    """Pairs of a row of the truth and a row that was read, in order, that share most numbers."""
    left, right = ([numbers(" ".join(row)) for row in each] for each in (rows, rows_read))
    shared = [[sum((a & b).values()) for b in right] for a in left]
    best = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i in range(len(left) - 1, -1, -1):
        for j in range(len(right) - 1, -1, -1):
            best[i][j] = max(best[i + 1][j], best[i][j + 1], best[i + 1][j + 1] + shared[i][j])
    pairs, i, j = [], 0, 0
    while i < len(left) and j < len(right):
        if best[i][j] == best[i + 1][j + 1] + shared[i][j]:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def score_table(table: Table, rows_read: Rows, caption: str | None, scores: Sequence[Score]) -> None:
    """Count one table into several scores; ``caption`` is ``None`` if no table of its number was read."""
    total = numbers(" ".join(cell for row in table.rows for cell in row))
    in_row = in_cell = 0
    for i, j in best_pairs(table.rows, rows_read):
        in_row += sum((numbers(" ".join(table.rows[i])) & numbers(" ".join(rows_read[j]))).values())
        cells = zip(table.rows[i], rows_read[j], strict=False)
        in_cell += sum(sum((numbers(cell) & numbers(cell_read)).values()) for cell, cell_read in cells)
    strange = numbers(" ".join(cell for row in rows_read for cell in row)) - total
    for score in scores:
        score.numbers += sum(total.values())
        score.in_row += in_row
        score.in_cell += in_cell
        score.strange += sum(strange.values())
        score.captions += 1
        score.captions_read += caption is not None and fold(caption) == fold(table.caption)


def score_paper(truth: Truth, text: FullText, score: Score, by_kind: dict[str, Score], *, verbose: str = "") -> None:
    """Count one paper into the score of its class and those of the shapes of its tables."""
    tables = {each.label: each for each in reversed(text.tables)}
    for number, table in enumerate(truth.tables, 1):
        read = tables.get(table.label) or tables.get(f"Table {number}")  # LaTeX's own count, whatever the class prints
        before = score.in_cell
        parts = [score, *(by_kind.setdefault(kind, Score()) for kind in table.kinds)]
        score_table(table, read.rows if read else [], read.caption if read else None, parts)
        wanted = sum(numbers(" ".join(cell for row in table.rows for cell in row)).values())
        if verbose and (score.in_cell - before < wanted or not read or fold(read.caption) != fold(table.caption)):
            print(f"\n{verbose} {table.label}: {score.in_cell - before} of {wanted} in their cells; {table.kinds}")
            print(f"  {table.caption!r}\n  {read.caption if read else None!r}")
            print(*table.rows, "  ---", *(read.rows if read else ()), sep="\n  ")
    headings = Counter(map(fold, truth.sections))
    headings_read = Counter(fold(each.heading) for each in text.sections if each.heading)
    score.headings += headings.total()
    score.headings_read += (headings & headings_read).total()
    score.headings_invented += (headings_read - headings).total()
    if verbose and headings != headings_read:
        print(f"{verbose} headings missing: {headings - headings_read}, invented: {headings_read - headings}")
    score.captions += len(truth.figures)
    captions = {fold(each.text) for each in text.captions}
    score.captions_read += sum(fold(each) in captions for each in truth.figures)
    if verbose and (missing := [each for each in truth.figures if fold(each) not in captions]):
        print(f"{verbose} figures missing: {missing}\n  of {[each.text for each in text.captions]}")
    score.titles.append(fold(text.title) == fold(truth.title))
    score.abstracts.append(fold(text.abstract) == fold(truth.abstract))
    if verbose and not (score.titles[-1] and score.abstracts[-1]):
        print(f"{verbose} title {text.title!r}\n  abstract {text.abstract!r}\n    in place of {truth.abstract!r}")


def read_layout(file: Path) -> FullText:
    """The text that ``pdftotext -layout`` (poppler) makes, with every line after a table's number as a row of it.

    It knows no tables: this is the most that whoever looks for them in its lines can find.
    """
    run = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, check=True)
    lines = [re.split(r"\s{2,}", line.strip()) for line in run.stdout.decode().split("\n") if line.strip()]
    labels = set(re.findall(r"Table \d+|TABLE [IVX]+", run.stdout.decode()))
    tables = [{"label": label.replace("TABLE", "Table"), "rows": lines} for label in sorted(labels)]
    return FullText.model_validate({"paper": PAPER, "form": "pdf", "tables": tables})


READERS: dict[str, tuple[str, Callable[[Path], FullText]]] = {
    "pdf": (".pdf", lambda file: pdf.parse(file.read_bytes(), PAPER, None)),
    "latex": (".tex", lambda file: latex.parse(file.read_bytes(), PAPER, None)),
    "html": (".html", lambda file: html.parse(file.read_bytes(), PAPER, None)),
    "pdftotext -layout": (".pdf", read_layout),
}


def measure(folders: Sequence[Path], reader: str, *, verbose: bool) -> tuple[dict[str, Score], dict[str, Score]]:
    """The scores of a reader by class of document, and by shape of table."""
    ending, read = READERS[reader]
    by_class: dict[str, Score] = {}
    by_kind: dict[str, Score] = {}
    for file in sorted(file for folder in folders for file in folder.glob(f"*{ending}")):
        record = file.with_suffix(".json")
        if not record.exists():
            continue
        truth = load(record)
        start = time.process_time()
        text = read(file)
        score = by_class.setdefault(truth.style, Score())
        score.seconds += time.process_time() - start
        if ending == ".pdf":
            score.pages += len(PdfDocument(file))
        score_paper(truth, text, score, by_kind, verbose=file.stem if verbose else "")
    return by_class, by_kind


def load(record: Path) -> Truth:
    """The truth about a paper."""
    fields = json.loads(record.read_text(encoding="utf-8"))
    return Truth(**{**fields, "tables": [Table(**table) for table in fields["tables"]]})


def report(reader: str, by_class: dict[str, Score], by_kind: dict[str, Score]) -> Iterator[str]:
    """The lines of the document."""
    yield f"### {reader}\n"
    columns = "class|numbers|right row|and cell|strange|captions|headings|invented|titles|abstracts|s/page".split("|")
    yield _row(columns)
    yield _row(["---"] * len(columns))
    for name, score in by_class.items():
        page = f"{score.seconds / score.pages:.3f}" if score.pages else ""
        yield _row(
            [
                name,
                score.numbers,
                _share(score.in_row, score.numbers),
                _share(score.in_cell, score.numbers),
                score.strange,
                f"{score.captions_read} of {score.captions}",
                f"{score.headings_read} of {score.headings}",
                score.headings_invented,
                f"{sum(score.titles)} of {len(score.titles)}",
                f"{sum(score.abstracts)} of {len(score.abstracts)}",
                page,
            ]
        )
    total = sum(score.numbers for score in by_class.values())
    in_row, in_cell = (sum(getattr(s, name) for s in by_class.values()) for name in ("in_row", "in_cell"))
    yield f"| **all** | {total} | **{_share(in_row, total)}** | {_share(in_cell, total)} |  |  |  |  |  |  |  |\n"
    yield "| shape of table | numbers | right row | and cell |"
    yield "|---|---|---|---|"
    for kind, score in sorted(by_kind.items()):
        shares = _share(score.in_row, score.numbers), _share(score.in_cell, score.numbers)
        yield _row([kind, score.numbers, *shares])
    yield ""


def _row(cells: Sequence[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _share(part: int, whole: int) -> str:
    return normalise(f"{part / whole:.3f}") if whole else "-"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--reader", choices=READERS, action="append")
    parser.add_argument("--seed", type=int, help="compile a corpus of this seed")
    parser.add_argument("--papers", type=int, default=4, help="of each class")
    parser.add_argument(
        "--set-aside", action="store_true", help="the classes that the reader was not made with in view"
    )
    parser.add_argument("--verbose", action="store_true", help="show what was read wrong")
    parser.add_argument("--style", help="compile papers of this class only")
    options = parser.parse_args()
    if options.seed is None and not options.folders:
        parser.error("give a folder with papers and their truth, or --seed to compile some")
    if options.seed is not None and not shutil.which("pdflatex"):
        parser.error("pdflatex is not installed, so there is nothing to measure: give a folder with PDFs")
    with tempfile.TemporaryDirectory() as made:
        if options.seed is not None:
            styles = [style for style in CLASSES if (style.name in SET_ASIDE) == options.set_aside]
            styles = [style for style in styles if options.style in {None, style.name}]
            write_corpus(Path(made), seed=options.seed, papers=options.papers, styles=styles)
            options.folders.append(Path(made))
        for reader in options.reader or ["pdf"]:
            print("\n".join(report(reader, *measure(options.folders, reader, verbose=options.verbose))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
