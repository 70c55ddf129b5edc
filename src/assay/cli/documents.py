"""Puts committed measurements into the documents: ``python -m assay.cli.documents`` in a checkout.

The README's table and pictures; in ``docs/real-models.md``, how long trials take on a real model; in
``docs/spend-compute-well.md``, what computing at inference buys; in ``docs/methods/rigor_experiments.md``, what was
answered to the audit's doubts; and in ``docs/results/``, a page per paper with its curves or arms drawn.
"""

import sys
from pathlib import Path

from assay.cli.trials import RESULTS, Durations, durations_of, warnings_of_versions
from assay.papers.catalogue import catalogue
from assay.papers.files import write_whole
from assay.papers.measurement import Measurement, figure
from assay.papers.spending import read_spendings
from assay.publish.measurements import fill_in, markdown_page, markdown_table, markdown_tally
from assay.publish.plot import arms_svg, curves_svg, effects_svg, spendings_svg
from assay.publish.spending import spending_page
from assay.trials.audit import answers_table, audit_measurements, read_answers
from assay.trials.results import judge_again, read_results, sort_measurements, stale, write_results


def committed() -> list[Measurement]:
    """What is committed, in the order of catalogue and claims, each held against its claim as it stands today."""
    return sort_measurements(judge_again(read_results(RESULTS)))


def documents(root: Path) -> dict[Path, str]:
    """Every document that shows measurements, as it should be.

    Results of the `cpu` size are kept up to date; others may lag behind the code and then say so on their paper's page.
    """
    measurements = committed()
    readme = root / "README.md"
    real_models = root / "docs" / "real-models.md"
    folder = root / "docs" / "results"
    aged = {id(each) for each, _ in stale(measurements) if each.size != "cpu"}
    results = markdown_tally(measurements) + "\n" + markdown_table(measurements)
    pages = {readme: fill_in(readme.read_text(encoding="utf-8"), results, "results")}
    durations = durations_of(each for each in measurements if each.pretrained)
    pages[real_models] = fill_in(real_models.read_text(encoding="utf-8"), durations_table(durations), "durations")
    audited, doubts = root / "docs" / "methods" / "rigor_experiments.md", audit_measurements(measurements)
    pages[audited] = fill_in(audited.read_text(encoding="utf-8"), answers_table(doubts, read_answers()), "doubts")
    if spendings := read_spendings([each for each in measurements if each.pretrained]):
        spend = root / "docs" / "spend-compute-well.md"
        pages[spend] = fill_in(spend.read_text(encoding="utf-8"), spending_page(spendings), "spendings")
        pages[folder / "spendings.svg"] = spendings_svg(spendings)
    pages |= {
        folder / f"effects-{name}.svg": effects_svg(measurements, dark=name == "dark") for name in ("light", "dark")
    }
    for paper in dict.fromkeys(each.paper for each in measurements):
        of_paper = [each for each in measurements if each.paper == paper]
        pictures = _name_pictures(of_paper)
        pages |= {folder / file: curves_svg(each) for each, file in pictures}
        entry = catalogue()[paper]
        overview = "" if pictures else f"{entry.name}.svg"
        if overview:
            pages[folder / overview] = arms_svg(of_paper)
        untested = [claim for claim in entry.claims if claim.not_testable]
        old = [each for each in of_paper if id(each) in aged]
        pages[folder / f"{entry.name}.md"] = markdown_page(
            entry.title, of_paper, {id(each): file for each, file in pictures}, untested, overview=overview, aged=old
        )
    return pages


def durations_table(durations: Durations) -> str:
    """How long the trials of each paper took, as a table in Markdown."""
    rows = ["| method | trials | took | machine |", "|---|---|---|---|"]
    rows += [
        f"| {row.name} | {row.trials} | {figure(row.seconds, 's')} | {row.machine}, {row.device} |"
        for row in durations.papers
    ]
    rows.append(f"| in total | {sum(row.trials for row in durations.papers)} | {figure(durations.seconds, 's')} | |")
    return "\n".join(rows) + "\n"


def _name_pictures(measurements: list[Measurement]) -> list[tuple[Measurement, str]]:
    """Those of one paper that have curves, each with the file of its picture."""
    names: dict[str, Measurement] = {}
    for each in measurements:
        if each.curves:
            size = "" if each.size == "cpu" else each.size
            parts = [each.name, each.trial.rpartition(":")[2], each.pretrained.key if each.pretrained else "", size]
            name = "-".join(filter(None, parts))
            names[f"{name}-{each.machine.name}" if name in names else name] = each
    return [(each, f"{name}.svg") for name, each in names.items()]


if __name__ == "__main__":
    root = RESULTS.parents[2]
    for line in warnings_of_versions(committed()):
        print(f"warning: {line}", file=sys.stderr)
    write_results(RESULTS, read_results(RESULTS))  # in the form and with the verdicts of today
    wanted = documents(root)
    for file in sorted((root / "docs" / "results").glob("*")):
        if file not in wanted:
            file.unlink()
    for file, text in wanted.items():
        if write_whole(file, text):
            print(f"wrote {file.relative_to(root)}")
