"""Prints a day, a paper or a list of hits to the terminal: 80 columns are enough, and Hangul counts two."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Literal

from rich.console import Console, Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from assay.papers.escape import terminal
from assay.papers.escape import terminal_prose as safe
from assay.papers.findings import Check, State
from assay.papers.ids import abs_url, huggingface_url
from assay.papers.models import ALL_PARTS, FIVE_PARTS, Claim, Day, DayPaper, DayState, Dossier, Fact, Paper, Parts, utc
from assay.publish.checks import MARKS, explain, list_findings, tally, warnings
from assay.publish.chips import chip_figure, chip_words, chips_of
from assay.publish.claims import comparison_line, conflict_line, fact_line, source_label, where_it_stands
from assay.publish.labels import choose_languages, label, origin_line, reason, state
from assay.publish.once import each_once
from assay.publish.own import own_words
from assay.publish.particulars import keywords, links, listed_before, older_text, remarks, withdrawal
from assay.publish.prose import mark_figures

Detail = Literal["brief", "normal", "full"]
_PARTS = {"brief": ("one_line",), "normal": FIVE_PARTS, "full": ALL_PARTS}
_MARK_STYLE = {State.MISATTRIBUTED: "bold red", State.CONTRADICTED: "bold red", State.UNSUPPORTED: "bold yellow"}
_MOST_CLAIMS = 6
"""So many claims of a paper are shown in a day, and only those that may stand alone, unless all is asked for."""
_TROUBLE = {DayState.PARTIAL, DayState.BROKEN, DayState.STALE_SOURCE, DayState.UNCOLLECTED}


def print_day(console: Console, day: Day, languages: Sequence[str], *, detail: Detail = "normal") -> None:
    """Print a day: its state, then each paper with its summary and claims."""
    first = languages[0]
    status = Text(state(day.state, first), style="bold red" if day.state in _TROUBLE else "bold green")
    if day.as_of:
        status.append(" · " + label("as_of", first, time=utc(day.as_of)), style="dim")
    console.print(Rule(Text(label("papers_of", first, date=day.date), style="bold")))
    console.print(status)
    if why := reason(day, first):
        console.print(Text(safe(why), style="dim"))
    if not day.papers:
        console.print(Text(label("empty", first) + "."))
    for paper in day.papers:
        own = own_words(day, paper.id, first)
        console.print()
        console.print(paper_block(paper, languages, detail=detail, own=own))


def paper_block(
    paper: DayPaper, languages: Sequence[str], *, detail: Detail = "normal", own: Sequence[str] = ()
) -> RenderableType:
    """One paper of a day; ``own`` says what the reader did with it."""
    meta = Text(style="dim")
    meta.append(paper.id, style=f"link {abs_url(paper.id)}")
    if words := withdrawal(paper, languages[0]):
        meta.append(f" · {words}", style="bold red not dim")
    if paper.votes is not None:
        meta.append(" · " + label("votes", languages[0], n=paper.votes))
    if paper.authors:
        others = f" +{len(paper.authors) - 1}" if len(paper.authors) > 1 else ""
        meta.append(f" · {safe(paper.authors[0])}{others}")
    if paper.organisation:
        meta.append(f" · {safe(paper.organisation)}")
    if paper.room:
        meta.append(f" · {paper.room}")
    if paper.added_since:
        meta.append(" · " + label("added_since", languages[0]), style="yellow")
    if before := listed_before(paper, languages[0]):
        meta.append(f" · {before}")
    for words in own:
        meta.append(f" · {safe(words)}", style="cyan not dim")
    blocks: list[RenderableType] = [meta, *(_particulars(paper, languages[0]) if detail != "brief" else ())]
    sections = [
        summary_blocks(paper, language, detail=detail) for language in choose_languages(paper.summary, languages)
    ]
    if paper.claims and (detail == "full" or (detail == "normal" and not paper.withdrawn)):
        claims = paper.claims if detail == "full" else chips_of(paper, _MOST_CLAIMS)
        sections.append([claim_line(claim, languages[0]) for claim in claims])
        if rest := len(paper.claims) - len(claims):
            sections[-1].append(Text(label("claim.more", languages[0], n=rest, paper=paper.id), style="dim"))
    for section in sections:
        blocks += [*([Text()] if detail != "brief" and section is not sections[0] else []), *section]
    table = Table.grid(padding=(0, 1))
    table.add_column(width=3, justify="right")
    table.add_column()
    table.add_row(Text(f"{paper.rank}.", style="dim"), Group(Text(safe(paper.title), style="bold"), *blocks))
    return table


def _particulars(paper: DayPaper | Paper, language: str) -> Iterator[Text]:
    """What the paper's record says of it beside title and authors, a line each."""
    if words := " · ".join(remarks(paper)):
        yield Text(safe(words), style="dim")
    for name, address in links(paper, language).items():
        yield Text.assemble((f"{name}  ", "dim"), (safe(address), "cyan"))
    if words := keywords(paper, language):
        yield Text(safe(words), style="dim")


def summary_blocks(paper: DayPaper | Dossier, language: str, *, detail: Detail = "normal") -> list[RenderableType]:
    """The summary in one language, part by part, its figures marked where the paper does not support them."""
    parts = paper.summary.get(language)
    if parts is None:
        return [Text(f"({language}: {label('no_summary', language)})", style="dim italic")]
    check = paper.checks.get(language)
    blocks: list[RenderableType] = []
    for part, name, text in _rows(each_once(parts, checked=check is not None), language, detail):
        line = Text()
        if name:
            line.append(name + "  ", style="cyan")
        line.append_text(_mark_figures(check, part, text))
        blocks.append(line)
    if detail == "brief":
        return blocks
    if origin := origin_line(paper, language):
        blocks.append(Text(f"({safe(origin)})", style="dim italic"))
    if check is not None:
        if words := older_text(paper, language):
            blocks.append(Text(words, style="yellow"))
        blocks += _check_lines(check, language, detail)
    return blocks


def _mark_figures(check: Check | None, part: str, text: str) -> Text:
    """A part of a summary with a mark after each figure that the paper does not support."""
    line = Text()
    for piece in mark_figures(check, part, text):
        line.append(safe_inline(piece.text))
        if piece.finding is not None and piece.finding.state in MARKS:
            line.append(MARKS[piece.finding.state], style=_MARK_STYLE[piece.finding.state])
    return line


def _check_lines(check: Check, language: str, detail: Detail) -> list[RenderableType]:
    """What came of the check in a line; in full, why each figure is in its state."""
    lines: list[RenderableType] = [
        Text(safe(text), style="yellow") for text in warnings(check, language, full=detail == "full")
    ]
    if counts := tally(check, language):
        lines.append(Text(counts, style="dim"))
    for finding in list_findings(check) if detail == "full" else ():
        mark = MARKS.get(finding.state, "✓")
        line = Text.assemble("  ", (mark, _MARK_STYLE.get(finding.state, "dim")), " ", safe(finding.text))
        lines.append(line.append(f"  {safe(explain(finding, language))}", style="dim"))
    return lines


def _rows(parts: Parts, language: str, detail: Detail) -> list[tuple[str, str, str]]:
    """What is shown of a summary: each part's name in `Parts`, its name for the reader, its text."""
    rows = [
        (part, "" if part == "one_line" else label(f"part.{part}", language), getattr(parts, part))
        for part in _PARTS[detail]
        if getattr(parts, part)
    ]
    if not rows:  # an archived digest may fill only the other parts
        rows = [
            (part, label(f"part.{part}", language), getattr(parts, part)) for part in ALL_PARTS if getattr(parts, part)
        ]
    if parts.prose:
        rows.append(("prose", "", parts.prose))
    rows += [(name, name, text) for name, text in parts.other.items() if detail == "full"]
    return rows[:1] if detail == "brief" else rows


def _fact_text(fact: Fact, language: str) -> Text:
    """A fact: the figure, what it is of, where it stands."""
    line = Text.assemble(("▸ ", "dim"), safe(fact_line(fact, language)))
    line.append(f" · {source_label(fact.source, language)}", style="dim italic")
    return line


def claim_line(claim: Claim, language: str, *, whole: bool = False) -> Text:
    """A claim: the figure, what it is of, what it is against, where it stands; the whole says why it is untested."""
    line = Text.assemble(("▸ ", "dim"), (chip_figure(claim, language), "bold green"), " ", safe(chip_words(claim)))
    if comparison := comparison_line(claim, language):
        line.append(f" {safe(comparison)}", style="dim")
    if claim.setting:
        line.append(f" ({safe(claim.setting)})", style="dim")
    line.append(f" · {where_it_stands(claim, language)}", style="dim italic")
    if claim.conflicts:
        line.append(" · " + label("claim.conflict", language, others=conflict_line(claim, language)), style="yellow")
    if whole and claim.not_testable:
        line.append(" · " + label("claim.not_testable", language, why=safe(claim.not_testable)), style="dim")
    return line


def print_dossier(console: Console, dossier: Dossier, languages: Sequence[str]) -> None:
    """Print all that is known of one paper."""
    paper = dossier.paper
    first = languages[0]
    console.print(Text(safe(paper.title), style="bold"))
    console.print(Text(safe(", ".join(paper.authors)), style="dim"))
    if words := withdrawal(paper, first):
        console.print(Text(words, style="bold red"))
    console.print(Text("\n".join([abs_url(paper.id), huggingface_url(paper.id)]), style="cyan"))
    for line in _particulars(paper, first):
        console.print(line)
    facts = [dossier.room, dossier.name, safe(paper.organisation)]
    if paper.version:
        facts.append(f"v{paper.version}")
    if paper.categories:
        facts.append(" ".join(paper.categories))
    if paper.doi:
        facts.append(f"doi:{safe(paper.doi)}")
    if dossier.votes is not None:
        facts.append(label("votes", first, n=dossier.votes))
    console.print(Text(" · ".join(filter(None, facts)), style="dim"))
    for language in languages:
        console.print()
        console.print(Group(*summary_blocks(dossier, language, detail="full")))
    if dossier.claims:
        console.print()
        console.print(Text(label("claims", first), style="cyan"))
        console.print(Group(*(claim_line(claim, first, whole=True) for claim in dossier.claims)))
    if dossier.facts:
        console.print()
        console.print(Text(label("facts", first), style="cyan"))
        console.print(Group(*(_fact_text(fact, first) for fact in dossier.facts)))
    if dossier.sightings:
        console.print()
        table = Table(box=None, pad_edge=False, header_style="dim")
        for column in ("day", "by", "place", "votes", "at"):
            table.add_column(label(f"sighting.{column}", first))
        for sighting in dossier.sightings:
            place, votes = (("" if n is None else str(n)) for n in (sighting.rank, sighting.votes))
            table.add_row(
                str(sighting.day), sighting.source, place, votes, utc(sighting.seen_at) if sighting.seen_at else ""
            )
        console.print(table)


def search_table(rows: Sequence[tuple[str, str, str, str]], notices: Mapping[str, str] = MappingProxyType({})) -> Table:
    """Hits as a table.

    Args:
        rows: id, day, title, and a snippet whose matches stand between STX and ETX characters.
        notices: by id, what has to be said of a paper, such as its `assay.publish.particulars.withdrawal`.
    """
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column("id", style="cyan", no_wrap=True)
    table.add_column("what", overflow="fold")
    for key, day, title, snippet in rows:
        head = Text.assemble((safe(title), "bold"), (f"  {day}", "dim"))
        if notice := notices.get(key):
            head.append(f"  {notice}", style="bold red")
        table.add_row(Text(key, style=f"link {abs_url(key)}"), Group(head, highlight(snippet), Text()))
    return table


def highlight(snippet: str) -> Text:
    """A search snippet with its matches in bold."""
    text = Text(style="dim")
    bold = False
    for piece in snippet.replace("\x02", "\x00\x02").replace("\x03", "\x00\x03").split("\x00"):
        if piece.startswith("\x02"):
            bold = True
        elif piece.startswith("\x03"):
            bold = False
        text.append(safe_inline(piece), style="bold yellow not dim" if bold else None)
    return text


def safe_inline(piece: str) -> str:
    """A piece of a line for the terminal, its outer spaces kept."""
    body = terminal(piece)
    if not body:
        return " " if piece.strip("\x02\x03") else ""
    plain = piece.strip("\x02\x03")
    return (" " if plain[:1].isspace() else "") + body + (" " if plain[-1:].isspace() else "")
