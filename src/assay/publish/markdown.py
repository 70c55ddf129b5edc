"""Writes a day as clean Markdown that every renderer shows alike: headings, lists and links, nothing else."""

from assay.papers.escape import markdown as escaped
from assay.papers.findings import Check
from assay.papers.ids import abs_url, huggingface_url
from assay.papers.models import ALL_PARTS, Claim, Day, DayPaper, utc
from assay.publish.checks import MARKS, explain, list_findings, pieces, tally, warnings
from assay.publish.claims import claim_figure, comparison_line, conflict_line, metric, source_label
from assay.publish.labels import choose_languages, label, origin_line, reason, state


def day_markdown(day: Day, languages: tuple[str, ...] = ("en",)) -> str:
    """The day with every summary and claim, in one or more languages."""
    first = languages[0]
    status = [state(day.state, first)]
    if day.as_of:
        status.append(label("as_of", first, time=utc(day.as_of)))
    if why := reason(day, first):
        status.append(escaped(why))
    head = f"# Papers of {day.date}\n\n*{' · '.join(status)}*\n"
    if not day.papers:
        return f"{head}\n{label('empty', first)}.\n"
    return head + "".join(_paper(paper, languages) for paper in day.papers)


def _paper(paper: DayPaper, languages: tuple[str, ...]) -> str:
    meta = [f"[arXiv {paper.id}]({abs_url(paper.id)})", f"[Hugging Face]({huggingface_url(paper.id)})"]
    if paper.votes is not None:
        meta.append(label("votes", languages[0], n=paper.votes))
    if paper.added_since and paper.first_seen:
        meta.append(f"{label('added_since', languages[0])} ({utc(paper.first_seen)})")
    blocks = [f"## {paper.rank}. {escaped(paper.title)}", " · ".join(meta)]
    if paper.authors:
        blocks.append(escaped(", ".join(paper.authors)))
    summary_languages = choose_languages(paper.summary, languages)
    for language in summary_languages:
        blocks += _summary(paper, language, heading=len(summary_languages) > 1)
    if paper.claims:
        lines = "\n".join(_claim(claim, languages[0]) for claim in paper.claims)
        blocks.append(f"**{label('claims', languages[0])}**\n\n{lines}")
    return "\n" + "\n\n".join(blocks) + "\n"


def _summary(paper: DayPaper, language: str, *, heading: bool) -> list[str]:
    blocks = [f"### {language}"] if heading else []
    parts = paper.summary.get(language)
    if parts is None:
        return [*blocks, f"*{label('no_summary', language)}*"]
    check = paper.checks.get(language)
    rows = [(part, label(f"part.{part}", language), getattr(parts, part)) for part in ALL_PARTS]
    rows += [("prose", label("part.prose", language), parts.prose)]
    rows += [(name, name, text) for name, text in parts.other.items()]
    lines = (f"- **{escaped(name)}**: {_mark_figures(check, part, text)}" for part, name, text in rows if text)
    blocks.append("\n".join(lines))
    if origin := origin_line(paper, language):
        blocks.append(f"*{escaped(origin)}*")
    if check is not None:
        blocks += _notes(check, language)
    return blocks


def _mark_figures(check: Check | None, part: str, text: str) -> str:
    """A part of a summary as literal Markdown, with a mark after each figure that the paper does not support."""
    plain = "".join(
        piece + (f" ({MARKS[finding.state]})" if finding is not None and finding.state in MARKS else "")
        for piece, finding in pieces(check, part, text)
    )
    return escaped(plain)


def _notes(check: Check, language: str) -> list[str]:
    """What came of the check, and of each figure with a mark, why."""
    blocks = [f"*{escaped(text)}*" for text in (*warnings(check, language), tally(check, language)) if text]
    findings = [finding for finding in list_findings(check) if finding.state in MARKS]
    if findings:
        lines = [
            f"- {escaped(finding.text)} ({MARKS[finding.state]}): {escaped(explain(finding, language))}"
            for finding in findings
        ]
        blocks.append("\n".join(lines))
    return blocks


def _claim(claim: Claim, language: str) -> str:
    words = [f"**{escaped(claim_figure(claim, language))}** {escaped(metric(claim))}"]
    if comparison := comparison_line(claim, language):
        words.append(escaped(comparison))
    if claim.setting:
        words.append(escaped(claim.setting))
    words.append(source_label(claim.source, language))
    if claim.conflicts:
        words.append(label("claim.conflict", language, others=escaped(conflict_line(claim, language))))
    return "- " + "; ".join(words)
