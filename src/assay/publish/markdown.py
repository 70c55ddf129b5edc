"""Writes a day as clean Markdown that every renderer shows alike: headings, lists and links, nothing else.

Formulas stay between their dollars, for the renderers that set them; a dollar that is money is escaped.
"""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from assay.papers.escape import markdown as escaped
from assay.papers.findings import Check
from assay.papers.ids import abs_url, huggingface_url
from assay.papers.models import ALL_PARTS, Claim, Day, DayPaper, Dossier, utc
from assay.publish.checks import MARKS, explain, list_findings, tally, warnings
from assay.publish.chips import chip_figure, chip_words, chips_of
from assay.publish.claims import comparison_line, conflict_line, where_it_stands
from assay.publish.labels import choose_languages, label, origin_line, reason, state
from assay.publish.once import each_once
from assay.publish.own import own_words
from assay.publish.particulars import keywords, links, listed_before, older_text, remarks, withdrawal
from assay.publish.prose import Piece, mark_figures, split_formulas


def day_markdown(day: Day, languages: tuple[str, ...] = ("en",)) -> str:
    """The day with every summary, and the claims that may stand alone, in one or more languages."""
    first = languages[0]
    status = [state(day.state, first)]
    if day.as_of:
        status.append(label("as_of", first, time=utc(day.as_of)))
    if why := reason(day, first):
        status.append(escaped(why))
    head = f"# Papers of {day.date}\n\n*{' · '.join(status)}*\n"
    if not day.papers:
        return f"{head}\n{label('empty', first)}.\n"
    return head + "".join(_paper(paper, languages, own_words(day, paper.id, first)) for paper in day.papers)


def _paper(paper: DayPaper, languages: tuple[str, ...], own: Sequence[str]) -> str:
    meta = [f"[arXiv {paper.id}]({abs_url(paper.id)})", f"[Hugging Face]({huggingface_url(paper.id)})"]
    if paper.votes is not None:
        meta.append(label("votes", languages[0], n=paper.votes))
    if paper.added_since and paper.first_seen:
        meta.append(f"{label('added_since', languages[0])} ({utc(paper.first_seen)})")
    if before := listed_before(paper, languages[0]):
        meta.append(before)
    meta += [link_markdown(name, address) for name, address in links(paper, languages[0]).items()]
    blocks = [f"## {paper.rank}. {prose_markdown(paper.title)}"]
    if words := withdrawal(paper, languages[0]):
        blocks.append(f"**{words}**")
    blocks.append(" · ".join(meta))
    if own:
        blocks.append(f"*{escaped(' · '.join(own))}*")
    if people := ", ".join(paper.authors):
        blocks.append(escaped(f"{people} ({paper.organisation})" if paper.organisation else people))
    blocks += map(prose_markdown, filter(None, [" · ".join(remarks(paper)), keywords(paper, languages[0])]))
    summary_languages = choose_languages(paper.summary, languages)
    for language in summary_languages:
        blocks += summary_markdown(paper, language, heading=len(summary_languages) > 1)
    if claims := chips_of(paper):
        lines = "\n".join(_claim(claim, languages[0]) for claim in claims)
        blocks.append(f"**{label('claims', languages[0])}**\n\n{lines}")
    return "\n" + "\n\n".join(blocks) + "\n"


def link_markdown(name: str, address: str) -> str:
    """A link whose address ends where it should, whatever is in it."""
    return f"[{escaped(name)}](<{quote(address, safe=_IN_ADDRESSES)}>)"


def summary_markdown(paper: DayPaper | Dossier, language: str, *, heading: bool) -> list[str]:
    """The summary of a paper in a language as blocks of Markdown, with what came of its check."""
    blocks = [f"### {language}"] if heading else []
    parts = paper.summary.get(language)
    if parts is None:
        return [*blocks, f"*{label('no_summary', language)}*"]
    check = paper.checks.get(language)
    parts = each_once(parts, checked=check is not None)
    rows = [(part, label(f"part.{part}", language), getattr(parts, part)) for part in ALL_PARTS]
    rows += [("prose", label("part.prose", language), parts.prose)]
    rows += [(name, name, text) for name, text in parts.other.items()]
    lines = (f"- **{escaped(name)}**: {_mark_figures(check, part, text)}" for part, name, text in rows if text)
    blocks.append("\n".join(lines))
    if origin := origin_line(paper, language):
        blocks.append(f"*{escaped(origin)}*")
    if check is not None:
        if words := older_text(paper, language):
            blocks.append(f"*{words}*")
        blocks += _notes(check, language)
    return blocks


def _mark_figures(check: Check | None, part: str, text: str) -> str:
    """A part of a summary as Markdown, with a mark after each figure that the paper does not support."""
    marked: list[Piece] = []
    for each in mark_figures(check, part, text):
        marked += each.pieces
        if each.finding is not None and each.finding.state in MARKS:
            marked.append(Piece(f" ({MARKS[each.finding.state]})"))
    return _pieces(marked)


def prose_markdown(text: str) -> str:
    """A text that may hold formulas, as Markdown on one line."""
    return _pieces(split_formulas(text))


_IN_ADDRESSES = "%/:?#[]@!$&'()*+,;=~-._"
_PLACE = "\ufffc"  # stands for a formula while the prose around it is escaped
_SIGNS = {"<": r"\lt ", ">": r"\gt ", "*": r"\ast ", r"\{": r"\lbrace ", r"\}": r"\rbrace ", r"\,": r"\thinspace "}
_SIGN = re.compile("|".join(map(re.escape, _SIGNS)))
# Renderers that set no formulas would take these for code, a link, an escape or emphasis.
_MARK_UP = re.compile(r"[`$&]|\]\s*[(\[:]|\\[^A-Za-z]|^_")


def _pieces(pieces: Iterable[Piece]) -> str:
    """Prose as literal Markdown, and between dollars the formulas that need setting."""
    formulas: list[str] = []

    def hold(piece: Piece) -> str:
        latex = _SIGN.sub(lambda sign: _SIGNS[sign[0]], piece.latex).strip()
        if not piece.needs_setting or _MARK_UP.search(latex):
            return piece.text.replace(_PLACE, "")
        formulas.append(f"${latex}$")
        return _PLACE

    line = escaped("".join(map(hold, pieces)))
    return re.sub(_PLACE, lambda _: formulas.pop(0), line)


def _notes(check: Check, language: str) -> list[str]:
    """What came of the check, and of each figure with a mark, why."""
    blocks = [f"*{escaped(text)}*" for text in (*warnings(check, language), tally(check, language)) if text]
    findings = [finding for finding in list_findings(check) if finding.state in MARKS]
    if findings:
        lines = [
            f"- {prose_markdown(finding.text)} ({MARKS[finding.state]}): {prose_markdown(explain(finding, language))}"
            for finding in findings
        ]
        blocks.append("\n".join(lines))
    return blocks


def _claim(claim: Claim, language: str) -> str:
    words = [f"**{escaped(chip_figure(claim, language))}** {prose_markdown(chip_words(claim))}"]
    if comparison := comparison_line(claim, language):
        words.append(prose_markdown(comparison))
    if claim.setting:
        words.append(prose_markdown(claim.setting))
    words.append(where_it_stands(claim, language))
    if claim.conflicts:
        words.append(label("claim.conflict", language, others=escaped(conflict_line(claim, language))))
    return "- " + "; ".join(words)
