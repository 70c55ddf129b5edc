"""What the rules alone read of an abstract, before fields are chosen among all that stands around a figure."""

from assay.claims.extract import read_abstract
from assay.papers.models import Claim, Paper


def read_by_rules(paper: Paper) -> list[Claim]:
    """The claims of an abstract."""
    return [figure.claim for figure in read_abstract(paper).figures]
