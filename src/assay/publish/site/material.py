"""What a site is made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from assay.claims.errata import Errata
from assay.papers.measurement import Measurement
from assay.papers.models import Day, Dossier
from assay.papers.period import Period
from assay.publish.feeds import Followed
from assay.publish.site.similar import similar_papers
from assay.publish.site.wrong import Wrong, wrong_figures
from assay.store import LedgerLine


@dataclass(frozen=True)
class Site:
    """What a site is made of."""

    days: Sequence[Day]
    papers: Sequence[Dossier]
    """Every paper that stands in a day."""
    measurements: Mapping[str, Sequence[Measurement]] = field(default_factory=dict)
    """What trials found, by paper."""
    ledger: Sequence[LedgerLine] = ()
    """Every claim of these papers, the latest listed first."""
    errata: Errata = field(default_factory=Errata)
    """What these papers claim otherwise than they did."""
    periods: Sequence[Period] = ()
    """Its weeks and months, as far as it is to tell what was remarkable in them."""
    follows: Sequence[Followed] = ()
    """What one reader follows, where that is to be published as feeds."""
    alike: Mapping[str, Sequence[Dossier]] | None = None
    """By paper, the papers that are like it, where they are known; else they are sought among its papers."""
    languages: Sequence[str] = ("en", "ko")
    """The first is at the root of the site, each other in a folder of its name."""
    url: str = ""
    """Its address, with a slash at the end; empty where it is not known."""
    thumbnails: bool = False
    """Whether papers have their pictures, which the browser loads from elsewhere."""

    @cached_property
    def similar(self) -> Mapping[str, Sequence[Dossier]]:
        """By paper, the papers that are like it."""
        return similar_papers(self.papers) if self.alike is None else self.alike

    @cached_property
    def weeks(self) -> list[Period]:
        """The weeks that are over, since a later day is known; the latest first."""
        last = max((day.date for day in self.days), default=date.min)
        over = (period for period in self.periods if "W" in period.name and period.last < last)
        return sorted(over, key=lambda period: period.first, reverse=True)

    @cached_property
    def wrong(self) -> list[Wrong]:
        """What digests got wrong, the latest day first."""
        return wrong_figures(self.errata, self.papers)
