"""A day as clean Markdown that every renderer shows alike: headings, lists and links, nothing else."""

from assay.papers.escape import markdown as escaped
from assay.papers.ids import abs_url, huggingface_url
from assay.papers.models import ALL_PARTS, Claim, Day, DayPaper, Origin, utc
from assay.publish.claims import against, claimed, compared, metric, stands
from assay.publish.labels import label, languages_shown, reason, state


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
    shown = languages_shown(paper.summary, languages)
    for language in shown:
        blocks += _summary(paper, language, heading=len(shown) > 1)
    if paper.claims:
        lines = "\n".join(_claim(claim, languages[0]) for claim in paper.claims)
        blocks.append(f"**{label('claims', languages[0])}**\n\n{lines}")
    return "\n" + "\n\n".join(blocks) + "\n"


def _summary(paper: DayPaper, language: str, *, heading: bool) -> list[str]:
    blocks = [f"### {language}"] if heading else []
    parts = paper.summary.get(language)
    if parts is None:
        return [*blocks, f"*{label('no_summary', language)}*"]
    filled = [(label(part, language), getattr(parts, part)) for part in ALL_PARTS]
    filled += [(label("prose", language), parts.prose), *parts.other.items()]
    blocks.append("\n".join(f"- **{escaped(name)}**: {escaped(text)}" for name, text in filled if text))
    origin = paper.summary_origin.get(language)
    if origin not in {None, Origin.CATALOGUE}:
        blocks.append(f"*{label(origin.value, language)}*")
    return blocks


def _claim(claim: Claim, language: str) -> str:
    words = [f"**{escaped(claimed(claim))}** {escaped(metric(claim))}"]
    if comparison := compared(claim, language):
        words.append(escaped(comparison))
    if claim.setting:
        words.append(escaped(claim.setting))
    words.append(stands(claim.source, language))
    if claim.conflicts:
        words.append(label("conflict", language, others=escaped(against(claim, language))))
    return "- " + "; ".join(words)
