"""Puts the result of a check into words and marks: quiet where the paper supports a figure."""

from collections import Counter
from collections.abc import Iterator

from assay.papers.findings import FigureFinding, Findings, State
from assay.papers.mathematics import to_text
from assay.publish.grounds import given_of, ground
from assay.publish.labels import label

MARKS = {State.MISATTRIBUTED: "⇄", State.CONTRADICTED: "≠", State.UNSUPPORTED: "?"}
"""What stands right after a figure in plain text; a supported one has no mark."""
SIGNS = {State.SUPPORTED: "✓", **MARKS, State.UNCHECKED: "–"}
"""A sign for every state, where each figure has one."""


def pieces(
    check: Findings | None, part: str, text: str, *, unchecked: bool = False
) -> Iterator[tuple[str, FigureFinding | None]]:
    """Cut a part of a summary into its figures, each with its finding, and the text between them.

    Figures that were not checked are text like any other, unless ``unchecked`` ones are wanted, too.
    """
    end = 0
    for finding in sorted(_of_part(check, part, unchecked=unchecked), key=lambda finding: finding.start):
        # A summary that was edited since has its figures elsewhere.
        if finding.start < end or finding.end > len(text):
            continue
        yield text[end : finding.start], None
        yield text[finding.start : finding.end], finding
        end = finding.end
    yield text[end:], None


def tally(check: Findings, language: str) -> str:
    """Count the figures in each state, in words; empty for a summary without figures."""
    counts = Counter(finding.state for finding in check.figures)
    if not counts:
        return ""
    if counts.keys() == {State.UNCHECKED}:
        return label("check.unchecked", language)
    states = [
        label("check.figures_in_state", language, n=counts[state], state=state_word(state, language))
        + (f" ({MARKS[state]})" if state in MARKS else "")
        for state in State
        if counts[state]
    ]
    return label("check.figures", language, states=", ".join(states))


def state_word(state: State, language: str) -> str:
    """A figure's state in a word."""
    return label(f"figure.{state.value}", language)


def explain(finding: FigureFinding, language: str) -> str:
    """Explain a figure's state: the paper's figure or what it is of, the reason, the sentence of the paper."""
    is_of_else = finding.state is State.MISATTRIBUTED
    given = given_of(finding.given, language) if is_of_else else finding.given
    words = "check.paper_gives_it_of" if is_of_else else "check.paper_gives"
    figure = label(words, language, figure=given) if given else ""
    quote = f"“{finding.quote}”" if finding.quote else ""
    return "; ".join(filter(None, [figure, ground(finding.why, language), quote]))


def list_findings(check: Findings) -> list[FigureFinding]:
    """List the findings about a summary's figures that a reader sees: those that were checked, each once."""
    findings: dict[tuple[str, ...], FigureFinding] = {}
    for finding in check.figures:
        if finding.state is not State.UNCHECKED:
            findings.setdefault((finding.text, finding.state, finding.given, finding.quote, finding.why), finding)
    return list(findings.values())


def warnings(check: Findings, language: str, *, full: bool = False) -> Iterator[str]:
    """Say what is wrong with a summary beside its figures.

    An abstract leaves most names out. Names that only the abstract lacks are listed where another name was probably
    meant, or in ``full``.
    """
    if check.crossed:
        yield label("check.crossed", language)
    for table, sentence in dict.fromkeys((each.table, each.text) for each in check.wrong_comparisons):
        yield label("check.table_tells_otherwise", language, table=table, sentence=to_text(sentence))
    thorough = full or any(text.startswith("full text") for text in check.searched)
    names = [
        f"{finding.text} ({finding.near}?)" if finding.near else finding.text
        for finding in check.names
        if thorough or finding.near
    ]
    if names:
        yield label(
            "check.strange_names",
            language,
            searched=searched_texts(check, language),
            names=", ".join(dict.fromkeys(names)),
        )


def searched_texts(check: Findings, language: str) -> str:
    """The texts that were searched, in words: ``title, abstract, full text v2``."""
    names = {"title": label("title", language), "abstract": label("abstract", language)}
    full = label("full_text", language)
    return ", ".join(names.get(text, text.replace("full text", full)) for text in check.searched)


def _of_part(check: Findings | None, part: str, *, unchecked: bool) -> Iterator[FigureFinding]:
    for finding in check.figures if check else ():
        is_shown = unchecked or finding.state is not State.UNCHECKED
        if finding.part == part and is_shown and finding.start < finding.end:
            yield finding
