"""What a check found, in words and marks, for people: quiet where the paper supports a figure."""

from collections import Counter
from collections.abc import Iterator

from assay.papers.findings import Check, FigureFinding, State
from assay.publish.labels import label

MARKS = {State.UNSUPPORTED: "?", State.CONTRADICTED: "≠"}
"""What stands right after a figure in plain text; a supported one has no mark."""


def pieces(check: Check | None, part: str, text: str) -> Iterator[tuple[str, FigureFinding | None]]:
    """A part of a summary cut into figures, each with what was found of it, and the text between them.

    Unchecked figures are text like any other.
    """
    done = 0
    for finding in sorted(_of_part(check, part), key=lambda finding: finding.start):
        # A summary that was edited since has its figures elsewhere.
        if finding.start < done or finding.end > len(text):
            continue
        yield text[done : finding.start], None
        yield text[finding.start : finding.end], finding
        done = finding.end
    yield text[done:], None


def tally(check: Check, language: str) -> str:
    """In words, how many figures are in which state; empty for a summary without figures."""
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


def explained(finding: FigureFinding, language: str) -> str:
    """Why a figure is in its state: what the paper gives instead, the reason, the words that carry it."""
    given = label("check.paper_gives", language, figure=finding.given) if finding.given else ""
    quote = f"“{finding.quote}”" if finding.quote else ""
    return "; ".join(filter(None, [given, finding.why, quote]))


def told(check: Check) -> list[FigureFinding]:
    """What there is to tell of a summary's figures: each that was checked, and of those said twice alike, one."""
    found: dict[tuple[str, ...], FigureFinding] = {}
    for finding in check.figures:
        if finding.state is not State.UNCHECKED:
            found.setdefault((finding.text, finding.state, finding.given, finding.quote, finding.why), finding)
    return list(found.values())


def warnings(check: Check, language: str, *, full: bool = False) -> Iterator[str]:
    """In words, what is wrong with a summary beside its figures.

    An abstract leaves most names out: those that only it lacks are told where one of its own was probably meant, or
    in ``full``.
    """
    if check.crossed:
        yield label("check.crossed", language)
    thorough = full or any(text.startswith("full text") for text in check.searched)
    names = [
        f"{found.text} ({found.near}?)" if found.near else found.text for found in check.names if thorough or found.near
    ]
    if names:
        yield label(
            "check.strange_names", language, searched=_searched(check, language), names=", ".join(dict.fromkeys(names))
        )


def _searched(check: Check, language: str) -> str:
    """What was searched, in words: ``title, abstract, full text v2``."""
    spelt = {"title": label("title", language), "abstract": label("abstract", language)}
    full = label("full_text", language)
    return ", ".join(spelt.get(text, text.replace("full text", full)) for text in check.searched)


def _of_part(check: Check | None, part: str) -> Iterator[FigureFinding]:
    for finding in check.figures if check else ():
        if finding.part == part and finding.state is not State.UNCHECKED and finding.start < finding.end:
            yield finding
