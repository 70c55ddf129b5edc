"""A day or a paper as something to read: terminal text, Markdown, the archives' formats, JSON, BibTeX, a web site.

Every writer is a pure function of what it is given; `assay.papers.files` puts its output on disk whole or not at all.
"""

from assay.papers.formats import sections, table
from assay.papers.models import Day
from assay.publish.bibtex import bibtex_entries
from assay.publish.markdown import day_markdown


def written(day: Day, form: str, languages: tuple[str, ...] = ("en",)) -> str:
    """A day as the text of a file: ``markdown``, ``table``, ``sections``, ``json`` or ``bibtex``.

    The archives' formats hold one language, the first.

    Raises:
        ValueError: if there is no such form.
    """
    match form:
        case "markdown":
            return day_markdown(day, languages)
        case "table":
            return table.render(table.from_day(day, languages[0]))
        case "sections":
            return sections.render(sections.from_day(day, languages[0]))
        case "json":
            return day.model_dump_json(indent=2) + "\n"
        case "bibtex":
            return bibtex_entries(day.papers) + "\n"
        case _:
            raise ValueError(f"no file form is called {form!r} (there are: markdown, table, sections, json, bibtex)")
