"""Puts what a paper's own record says into words: that it was withdrawn, where it appeared, whose it is, its links."""

from assay.papers.models import DayPaper, Dossier, Paper
from assay.publish.labels import label

Described = DayPaper | Paper


def withdrawal(paper: Described, language: str) -> str:
    """That a paper was taken back, and when; empty for one that was not."""
    return label("withdrawn", language, date=f"{paper.withdrawn:%Y-%m-%d}") if paper.withdrawn else ""


def remarks(paper: Described) -> list[str]:
    """Where it appeared, in the words of its authors and of arXiv: ``Accepted at ToyConf 2099``."""
    return list(filter(None, [paper.comment, paper.journal_ref]))


def links(paper: Described, language: str) -> dict[str, str]:
    """The addresses of its code and its project page, by their names. What is no web address is left out."""
    addresses = {"site.code": paper.code_url, "site.project": paper.project_url}
    return {
        label(name, language): address
        for name, address in addresses.items()
        if address.lower().startswith(("https://", "http://"))
    }


def listed_before(paper: DayPaper, language: str) -> str:
    """The days before this one that listed it too; empty where it is new."""
    days = ", ".join(map(str, paper.earlier_days))
    return label("also_listed", language, days=days) if days else ""


def keywords(paper: Described, language: str, most: int | None = None) -> str:
    """Its keywords in a line, so many at most and how many more there are; empty where none are known."""
    if not paper.keywords:
        return ""
    shown = paper.keywords[:most]
    more = f" +{len(paper.keywords) - len(shown)}" if len(shown) < len(paper.keywords) else ""
    return label("keywords", language, words=", ".join(shown) + more)


def older_text(paper: DayPaper | Dossier, language: str) -> str:
    """That the full text at hand is of an earlier version than the paper's; empty where it is not."""
    version = paper.version if isinstance(paper, DayPaper) else paper.paper.version
    text = paper.fulltext_version
    return label("older_text", language, text=text, version=version) if text and version and text < version else ""
