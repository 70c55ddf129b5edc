"""How many figures of summaries that a listing's own machine wrote are called wrong, each listed to be judged by hand.

    python benchmarks/machine_summaries.py

The listings have such a sentence for most papers (`ai_summary`). Nearly all of its figures are right, since they are
copied from the abstract, so nearly all that is flagged is flagged wrongly. Recorded listings are read, and those since
May 2024 where they are to be had (see `corpus.DAILY`).
"""

from collections import Counter

from corpus import CORPUS, DAILY, listed

from assay.claims.check import check
from assay.papers.findings import State
from assay.papers.models import Paper, Parts


def main() -> None:
    """Print what is flagged, and how many figures there are of each state."""
    found = {
        each["id"]: each for folder in (DAILY, CORPUS / "hf_year") for each in listed(folder) if each.get("ai_summary")
    }
    states: Counter[State] = Counter()
    for paper, each in sorted(found.items()):
        source = Paper(id=paper, title=each["title"], abstract=each["summary"])
        for figure in check(Parts(result=each["ai_summary"]), source, language="en").figures:
            states[figure.state] += 1
            if figure.state in {State.MISATTRIBUTED, State.CONTRADICTED}:
                print(f"{paper}: {figure.text} {figure.state.value}: {figure.given}")
                print(f"  {each['ai_summary']}\n  {figure.quote}")
    counts = ", ".join(f"{number} {state.value}" for state, number in states.most_common())
    print(f"{len(found):,} summaries, {states.total()} figures: {counts}")


if __name__ == "__main__":
    main()
