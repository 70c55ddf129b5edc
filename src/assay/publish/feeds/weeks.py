"""A week as an entry of a feed: what mattered in it, what is on the rise, the largest claims, what was measured."""

from datetime import UTC, datetime, time, timedelta
from functools import cache

from jinja2 import Template

from assay.papers.mathematics import to_text
from assay.papers.period import Period
from assay.publish.chips import chip_figure
from assay.publish.feeds.content import templates
from assay.publish.feeds.entries import Place
from assay.publish.feeds.record import AUTHORITY, Entry
from assay.publish.labels import label
from assay.publish.measurements import headlines, row, verdict_label
from assay.publish.period import claim_words, one_line, period_counts, period_name, period_title, rise_note, rise_words


def week_entry(week: Period, language: str, place: Place) -> Entry:
    """A week that is over as an entry of a feed."""
    over = datetime.combine(week.last + timedelta(days=1), time(), tzinfo=UTC)
    url = place.page(language, f"week/{week.name}/")
    return Entry(
        id=f"{AUTHORITY}week/{week.name}/{language}",
        title=period_name(week, language),
        url=url,
        arxiv_url=url,
        published=over,
        updated=max([over, *(each.taken_at for each in week.measured)]),
        summary="; ".join(to_text(paper.title) for paper in week.papers[:3]),
        content=_template().render(
            url=url,
            title=period_title(week, language),
            counts=period_counts(week, language),
            t=lambda name: label(name, language),
            papers=[
                (to_text(paper.title), _page(place, language, paper.id), to_text(one_line(paper, [language])))
                for paper in week.papers
            ],
            note=rise_note(week, language),
            rising=[(term.term, rise_words(term, week, language)) for term in week.rising],
            claims=[
                (
                    chip_figure(each.claim, language),
                    to_text(claim_words(each, language)),
                    to_text(each.title),
                    _page(place, language, each.paper),
                )
                for claims in week.largest.values()
                for each in claims
            ],
            measured=[
                (verdict_label(each, language), row(each, language), _page(place, language, each.paper))
                for each in headlines(week.measured)
            ],
        ),
    )


def _page(place: Place, language: str, paper: str) -> str:
    return place.page(language, f"paper/{paper}/")


@cache
def _template() -> Template:
    return templates().get_template("week.html")
