r"""Writes invented papers with tables of many shapes as LaTeX, each with the truth for every cell, and compiles them.

``python benchmarks/corpus_of_tables.py FOLDER --seed 1 --papers 3`` puts ``<class>-<seed>-<n>.tex``, ``.json`` and,
where ``pdflatex`` is installed, ``.pdf`` into the folder. One seed always gives the same papers.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random

from classes_of_papers import CLASSES, SET_ASIDE, Style


@dataclass(frozen=True)
class Cell:
    """A cell as LaTeX and as what a reader of the page sees."""

    tex: str
    text: str
    columns: int = 1


@dataclass
class Table:
    """A table as it is to be read; ``kinds`` are the shapes that it has, for a score by kind."""

    label: str
    caption: str
    rows: list[list[str]]
    kinds: list[str]


@dataclass
class Truth:
    """What a reader of the compiled paper should get out of it."""

    style: str
    title: str
    abstract: str
    sections: list[str] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    figures: list[str] = field(default_factory=list)


# Words. None of these things exists.

SYSTEMS = """Gullwing|TideCache|Plain cache|Osprey-7B|Kestrel (ours)|Heron w/o folding|Full attention|Plover
|Dunlin-Large|+ second wing|Sandpiper v2|LoRA-free Tern|Curlew|Avocet, 16 beams|Random|Majority vote
|Oystercatcher-Instruct""".replace("\n", "").split("|")
DATA = """ToyBench LakeBench PondQA BayTrack Dune-5k Reed Marsh FenBank Shoal Estuary Delta-XL Lagoon""".split()
METRICS = ["Acc.", "F1", "EM", "BLEU", "Latency (ms)", "Recall@5", "Score", "Params", "Mem. (GB)", "PPL", "Tokens/s"]
NOUNS = """cache wing entry token layer tide bird shore wave nest signal reader window budget head step seed score flow
    file office conflict""".split()
VERBS = "keeps folds reads moves counts orders drops shares holds follows merges splits weighs measures".split()
ADJECTIVES = """small late early long plain second wide quiet steady narrow deep shallow first
    final efficient different""".split()
GROUPS = ["Short texts", "On the second bay", "Trained for one day", "Open weights", "With folding", "Rivals"]


class Writer:
    """Writes one paper; all that is random comes from one generator."""

    def __init__(self, style: Style, random: Random) -> None:
        self.style = style
        self.random = random
        self.truth = Truth(style.name, "", "")
        self.body: list[str] = []
        self.abstract = ""

    # Prose

    def sentence(self) -> str:
        """A sentence, at times with a figure or with the number of a table in it."""
        pick = self.random.choice
        parts = [f"The {pick(ADJECTIVES)} {pick(NOUNS)} {pick(VERBS)} the {pick(NOUNS)} of each {pick(NOUNS)}"]
        if self.random.random() < 0.5:
            parts.append(f", and no {pick(ADJECTIVES)} {pick(NOUNS)} {pick(VERBS)} it before the {pick(NOUNS)}")
        end = self.random.random()
        if end < 0.12:
            parts.append(f", by {self.random.uniform(1, 40):.1f}\\%")
        elif end < 0.24:
            parts.append(f" as is shown in Table {self.random.randint(1, 4)}")
        elif end < 0.28:
            parts.append(f" ($n = {self.random.randint(2, 900)}$)")
        return "".join(parts) + "."

    def paragraph(self, sentences: int) -> None:
        """A paragraph of the body."""
        self.body.append(" ".join(self.sentence() for _ in range(sentences)) + "\n")

    def heading(self, text: str, *, command: str = "section") -> None:
        """A heading of the body and of the truth."""
        self.truth.sections.append(text)
        self.body.append(f"\\{command}{{{text}}}")

    # Cells

    def number(self, kind: str) -> Cell:  # noqa: PLR0911 - one return for each kind
        """A cell with a figure of some kind."""
        random = self.random
        plain = f"{random.uniform(1, 99):.{random.choice((1, 1, 2))}f}"
        match kind:
            case "spread":
                spread = f"{random.uniform(0.1, 2):.1f}"
                return Cell(f"${plain} \\pm {spread}$", f"{plain} ± {spread}")
            case "low spread":
                spread = f"{random.uniform(0.1, 2):.1f}"
                return Cell(f"{plain}$_{{\\pm {spread}}}$", f"{plain} ± {spread}")
            case "low digits":
                spread = f"{random.uniform(0.1, 2):.1f}"
                return Cell(f"{plain}$_{{{spread}}}$", f"{plain} ± {spread}")
            case "signed":
                sign = random.choice("+-")
                return Cell(f"${sign}{plain}$", f"{sign.replace('-', '−')}{plain}")
            case "thousands":
                number = f"{random.randint(1000, 999_999):,}"
                return Cell(number, number)
            case "per cent":
                return Cell(f"{plain}\\%", f"{plain}%")
            case "power":
                digit, exponent = random.randint(1, 9), random.randint(2, 12)
                return Cell(f"${digit}\\times10^{{{exponent}}}$", f"{digit}×10^{exponent}")
            case "gain":
                gain = f"{random.uniform(0.1, 9):.1f}"
                return Cell(f"{plain} (+{gain})", f"{plain} (+{gain})")
            case "times":
                return Cell(f"{plain}$\\times$", f"{plain}×")
            case "count":
                count = str(random.randint(1, 900))
                return Cell(count, count)
            case _:
                return Cell(plain, plain)

    def cell(self, kind: str) -> Cell:
        """A cell of a column of this kind, perhaps marked, a dash or empty."""
        chance = self.random.random()
        if chance < 0.03:
            return Cell("", "")
        if chance < 0.07:
            return Cell(*self.random.choice((("--", "–"), ("-", "-"), ("N/A", "N/A"), ("$\\checkmark$", "✓"))))
        cell = self.number(kind)
        if chance < 0.14:
            return Cell(f"\\textbf{{{cell.tex}}}", cell.text)
        if chance < 0.18:
            return Cell(f"\\underline{{{cell.tex}}}", cell.text)
        if chance < 0.22 and kind in {"plain", "count"}:
            mark, sign = self.random.choice((("$^{\\dagger}$", "†"), ("$^{*}$", "∗"), ("$^{2}$", "2"), ("$^{a}$", "a")))
            is_footnote = "." in cell.text  # beside a whole number it may be a power
            text = "" if is_footnote and sign.isalnum() else f"^{sign}" if sign.isalnum() else sign
            return Cell(cell.tex + mark, cell.text + text)
        return cell

    # Tables

    def table(self, width: str) -> tuple[list[str], list[list[str]], list[str]]:
        """A tabular for a place of this width: its LaTeX, its rows, and the kinds of shapes that it has."""
        random = self.random
        most = {"minipage": 3, "column": 5, "page": 9}[width]
        columns = random.randint(2, most)
        rules = random.choice(("booktabs", "booktabs", "booktabs", "hline", "grid", "none", "header"))
        size = random.choice(("\\small", "\\footnotesize", "\\scriptsize") if width != "page" else ("", "\\small"))
        gap = random.choice((2.5, 3, 4, 6)) if columns > 4 else random.choice((4, 6, 8))
        kinds = [f"rules: {rules}"]
        column_kinds = [
            random.choice(
                ("plain", "plain", "plain", "count", "thousands", "signed", "per cent", "times")
                if columns > 3 or width == "minipage"
                else ("plain", "spread", "low spread", "low digits", "power", "gain", "thousands", "count")
            )
            for _ in range(columns)
        ]
        if {"low spread", "low digits", "power"} & set(column_kinds):
            kinds.append("raised and lowered")
        stub = 2 if columns > 2 and random.random() < 0.25 else 1  # columns of names
        column_total = stub + columns
        align = "l" * stub + random.choice("cr") * columns
        if rules == "grid":
            align = "|" + "|".join(align) + "|"
        body = self.groups(column_kinds, stub, kinds)
        head = self.header(columns, stub, rules, kinds)
        lines = [
            "\\centering",
            size,
            f"\\setlength{{\\tabcolsep}}{{{gap}pt}}",
            "\\begin{adjustbox}{max width=\\linewidth}",
            f"\\begin{{tabular}}{{{align}}}",
        ]
        top, middle, bottom = {
            "booktabs": ("\\toprule", "\\midrule", "\\bottomrule"),
            "hline": ("\\hline", "\\hline", "\\hline"),
            "grid": ("\\hline", "\\hline", "\\hline"),
            "none": ("", "", ""),
            "header": ("", "\\hline", ""),
        }[rules]
        between = middle if rules != "none" and random.random() < 0.5 else ""
        lines += [top, *head[0], middle]
        rows = [row for _, row in head[1]]
        for number, group in enumerate(body):
            if number and between:
                lines.append(between)
            for tex, row in group:
                lines.append(tex + (" \\hline" if rules == "grid" else ""))
                rows.append(row)
        if rules == "grid":
            bottom = ""
        lines += [bottom, "\\end{tabular}", "\\end{adjustbox}"]
        assert all(len(row) == column_total for row in rows), rows
        return [line for line in lines if line], rows, kinds

    def header(
        self, columns: int, stub: int, rules: str, kinds: list[str]
    ) -> tuple[list[str], list[tuple[str, list[str]]]]:
        """The rows that name the columns: one level or two."""
        random = self.random
        names = random.sample(["Method", "Model", "Setting"], stub)
        if columns < 4 or random.random() < 0.5:
            labels = random.sample(DATA if random.random() < 0.5 else METRICS, columns)
            row = [*names, *labels]
            escaped = [f"\\textbf{{{each}}}" if random.random() < 0.2 else each for each in row]
            return [" & ".join(escaped) + r" \\"], [("", row)]
        kinds.append("header of two levels")
        spans = [2] * (columns // 2) + ([1] if columns % 2 else [])
        first, second = [*names], [""] * stub
        raised = random.random() < 0.5
        tex_first = [f"\\multirow{{2}}{{*}}{{{name}}}" if raised else name for name in names]
        tex_second = [""] * stub
        if raised:
            kinds.append("multirow")
        at = stub + 1
        thin = []
        metrics = random.sample(METRICS, 2)
        for span, data in zip(spans, random.sample(DATA, len(spans)), strict=True):
            first += [data, *[""] * (span - 1)]
            tex_first.append(f"\\multicolumn{{{span}}}{{c}}{{{data}}}")
            second += metrics[:span]
            tex_second += metrics[:span]
            if rules == "booktabs":
                thin.append(f"\\cmidrule(lr){{{at}-{at + span - 1}}}")
            at += span
        tex = [" & ".join(tex_first) + r" \\", "".join(thin), " & ".join(tex_second) + r" \\"]
        return [line for line in tex if line], [("", first), ("", second)]

    def groups(self, column_kinds: Sequence[str], stub: int, kinds: list[str]) -> list[list[tuple[str, list[str]]]]:
        """The rows below the header, in groups: by a row that spans the table, by a name over rows, or not at all."""
        random = self.random
        sizes = random.choice(([4], [3], [6], [2, 3], [3, 3], [2, 2, 2]))
        how = "stub" if stub == 2 else random.choice(("spanning", "none")) if len(sizes) > 1 else "none"
        systems = random.sample(SYSTEMS, sum(sizes))
        titles = random.sample(GROUPS, len(sizes))
        total = stub + len(column_kinds)
        groups = []
        if how == "stub":
            kinds.append("multirow")
        for size, title in zip(sizes, titles, strict=True):
            group: list[tuple[str, list[str]]] = []
            if how == "spanning":
                kinds.append("spanning row")
                side = random.choice("cl")
                group.append(
                    (f"\\multicolumn{{{total}}}{{{side}}}{{\\textit{{{title}}}}} \\\\", [title, *[""] * (total - 1)])
                )
            for number in range(size):
                name = systems.pop()
                cells = [self.cell(kind) for kind in column_kinds]
                lead, lead_tex = [], []
                if how == "stub":
                    lead = [title if number == 0 else ""]
                    lead_tex = [f"\\multirow{{{size}}}{{*}}{{{title}}}" if number == 0 else ""]
                tex = " & ".join([*lead_tex, name, *(cell.tex for cell in cells)]) + r" \\"
                group.append((tex, [*lead, name, *(cell.text for cell in cells)]))
            groups.append(group)
        return groups

    def caption(self, *, long: bool) -> tuple[str, str]:
        """A caption as LaTeX and as text, of one line or of several."""
        random = self.random
        words = f"{random.choice(('Scores', 'Results', 'Ablation', 'Costs'))} of {random.choice(SYSTEMS[:4])}"
        words += f" on {random.choice(DATA)}"
        words += random.choice(("", ".", " over 5 seeds.", " with a budget of 512 entries."))
        if long:
            words = words.rstrip(".") + ". "
            words += " ".join(self.sentence().replace("\\%", " points") for _ in range(random.randint(1, 2)))
            words = words.replace("$", "")
        return words, " ".join(words.split())

    def float(self, *, wide: bool = False, above: bool | None = None) -> None:
        """A table with its caption in a float of the class."""
        above = self.style.captions_above if above is None else above
        lines, rows, kinds = self.table("page" if wide or self.style.columns == 1 else "column")
        tex, text = self.caption(long=self.random.random() < 0.4)
        kinds += [f"caption {'above' if above else 'below'}", "across the page" if wide else "in a column"]
        star = "*" if wide and self.style.columns == 2 else ""
        caption = f"\\caption{{{tex}}}"
        inside = [caption, *lines] if above else [*lines, caption]
        self.body += [f"\\begin{{table{star}}}[t]", *inside, f"\\end{{table{star}}}"]
        self.add(text, rows, kinds)

    def stacked(self) -> None:
        """Two tables with a caption each in one float, without much room between them."""
        above = self.style.captions_above
        self.body.append("\\begin{table}[t]")
        for _ in range(2):
            lines, rows, kinds = self.table("page" if self.style.columns == 1 else "column")
            tex, text = self.caption(long=False)
            caption = f"\\caption{{{tex}}}"
            inside = [caption, *lines] if above else [*lines, caption]
            self.body += [*inside, "\\par\\vspace{4pt}"]
            self.add(text, rows, [*kinds, "stacked", f"caption {'above' if above else 'below'}"])
        self.body.append("\\end{table}")

    def side_by_side(self) -> None:
        """Two tables next to each other, each in half of the page."""
        above = self.style.captions_above
        star = "*" if self.style.columns == 2 else ""
        self.body.append(f"\\begin{{table{star}}}[t]")
        for number in range(2):
            lines, rows, kinds = self.table("minipage")
            tex, text = self.caption(long=self.random.random() < 0.3)
            caption = f"\\caption{{{tex}}}"
            inside = [caption, *lines] if above else [*lines, caption]
            self.body += ["\\begin{minipage}[t]{0.47\\textwidth}", *inside, "\\end{minipage}"]
            self.body.append("\\hfill" if number == 0 else "")
            self.add(text, rows, [*kinds, "side by side", f"caption {'above' if above else 'below'}"])
        self.body.append(f"\\end{{table{star}}}")

    def wrapped(self) -> None:
        """A table beside the text of a paragraph."""
        lines, rows, kinds = self.table("minipage")
        tex, text = self.caption(long=False)
        caption = f"\\caption{{{tex}}}"
        inside = [caption, *lines] if self.style.captions_above else [*lines, caption]
        self.body += ["\\begin{wraptable}{r}{0.5\\textwidth}", *inside, "\\end{wraptable}"]
        self.add(text, rows, [*kinds, "beside text"])
        self.paragraph(14)
        self.paragraph(6)

    def figure(self) -> None:
        """A plot with numbers along its axes, and its caption."""
        tex, text = self.caption(long=self.random.random() < 0.5)
        ticks = "".join(
            f"\\put({18 * n},-9){{\\tiny {20 * n}}}\\put(-14,{14 * n}){{\\tiny {n / 10}}}" for n in range(6)
        )
        self.body += [
            "\\begin{figure}[t]\\centering\\begin{picture}(110,90)(-10,-14)",
            f"\\put(0,0){{\\line(1,0){{100}}}}\\put(0,0){{\\line(0,1){{75}}}}{ticks}\\put(30,60){{\\tiny Gullwing}}",
            f"\\end{{picture}}\\caption{{{tex}}}\\end{{figure}}",
        ]
        self.truth.figures.append(text)

    def add(self, caption: str, rows: list[list[str]], kinds: Sequence[str]) -> None:
        """Add a table to the truth, under the number that LaTeX gives it."""
        number = self.style.number(len(self.truth.tables) + 1)
        if "\\appendix" in self.body and self.style.name.startswith("elsevier"):
            number = f"A.{number}"
        label = f"Table {number}"
        self.truth.tables.append(Table(label, caption, rows, sorted(set(kinds))))

    # The paper

    def brief_paper(self, title: str) -> str:
        """The LaTeX source of a paper of two pages, with a few tables close together."""
        self._begin(title)
        for heading, writes in (("Introduction", [self.stacked]), ("Results", [self.side_by_side, self.float])):
            self.heading(heading)
            self.paragraph(4)
            for write in writes:
                write()
            self.paragraph(4)
        return self.style.document(title, self.abstract, "\n".join(self.body), small=True)

    def _begin(self, title: str) -> None:
        self.truth.title = title
        self.abstract = " ".join(self.sentence() for _ in range(5)).replace("$", "")
        self.truth.abstract = self.abstract.replace("\\%", "%")

    def paper(self, title: str) -> str:
        """The LaTeX source of a paper with all that a paper has."""
        random = self.random
        self._begin(title)
        floats: list[Callable[[], None]] = [
            self.float,
            self.float,
            lambda: self.float(wide=True),
            self.stacked,
            self.side_by_side,
            self.figure,
            self.figure,
        ]
        if self.style.columns == 1 and random.random() < 0.4:
            floats.append(self.wrapped)
        if random.random() < 0.3:  # an author who does not follow the class
            floats.append(lambda: self.float(above=not self.style.captions_above))
        random.shuffle(floats)
        headings = ["Introduction", "Related Work", "Folding the Cache", "Experiments", "Results", "Conclusion"]
        for number, heading in enumerate(headings):
            self.heading(heading)
            self.paragraph(random.randint(4, 9))
            for write in floats[number::6]:
                self.paragraph(random.randint(2, 6))
                write()
            if number in {2, 3}:
                self.heading(
                    random.choice(("Counting Shares", "Setup of the Runs", "What Is Kept")), command="subsection"
                )
                self.paragraph(random.randint(4, 9))
            self.paragraph(random.randint(3, 9))
        if random.random() < 0.5:
            self.body.append("\\appendix")
            self.heading("More Runs")
            self.paragraph(5)
            self.float()
            self.paragraph(5)
        return self.style.document(title, self.abstract, "\n".join(self.body))


def write_paper(style: Style, seed: int, number: int, *, brief: bool = False) -> tuple[str, Truth]:
    """The LaTeX source of a paper and its truth."""
    writer = Writer(style, Random(f"{style.name} {seed} {number}"))
    bird = writer.random.choice(("Gullwing", "Kestrel", "Plover", "Heron"))
    write = writer.brief_paper if brief else writer.paper
    return write(f"{bird}: A Cache with Two Wings for Long Texts"), writer.truth


def compile_paper(source: str, target: Path) -> None:
    """Compile a source with pdflatex into the PDF ``target``.

    Raises:
        RuntimeError: if it does not compile.
    """
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "paper.tex").write_text(source, encoding="utf-8")
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper.tex"]
        for _ in range(2):
            run = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=120)
            if run.returncode:
                raise RuntimeError(f"{target.name}: {run.stdout.decode('utf-8', 'replace')[-600:]}")
        shutil.copy(Path(folder, "paper.pdf"), target)


def write_corpus(folder: Path, *, seed: int, papers: int, styles: Sequence[Style], brief: bool = False) -> None:
    """Write papers of each class into ``folder``: source, truth and, with pdflatex, the PDF."""
    folder.mkdir(parents=True, exist_ok=True)
    for style in styles:
        for number in range(papers):
            source, truth = write_paper(style, seed, number, brief=brief)
            stem = folder / f"{style.name}-{seed}-{number}"
            stem.with_suffix(".tex").write_text(source, encoding="utf-8")
            stem.with_suffix(".json").write_text(
                json.dumps(asdict(truth), ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
            )
            if shutil.which("pdflatex"):
                compile_paper(source, stem.with_suffix(".pdf"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--papers", type=int, default=3, help="of each class")
    parser.add_argument(
        "--set-aside", action="store_true", help="the classes that the reader was not made with in view"
    )
    parser.add_argument("--brief", action="store_true", help="two pages each, as the tests have them")
    options = parser.parse_args()
    styles = [style for style in CLASSES if (style.name in SET_ASIDE) == options.set_aside]
    write_corpus(options.folder, seed=options.seed, papers=options.papers, styles=styles, brief=options.brief)
    if not shutil.which("pdflatex"):
        print("pdflatex is not installed, so there are no PDFs", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
