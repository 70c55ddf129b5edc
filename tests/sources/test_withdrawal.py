"""A paper is withdrawn when its own comment or abstract says so, in any of the ways people and arXiv say it."""

import pytest

from assay.sources.arxiv import read_feed
from assay.sources.withdrawal import says_withdrawn
from tests.sources.synthetic import atom_entry, feed


@pytest.mark.parametrize(
    "comment",
    [
        "This paper has been withdrawn by the authors due to an error in Lemma 2",
        "This submission has been withdrawn by arXiv administrators due to disputed authorship",
        "arXiv admin note: This submission has been withdrawn by arXiv administrators due to inappropriate overlap",
        "arXiv admin note: submission has been withdrawn by arXiv administrators because of an incomplete text",
        "arXiv admin note: this version withdrawn by arXiv administrators because of the licence",
        "This submission has been removed by arXiv administrators because of the licence",
        "This article has been temporarily withdrawn",
        "This manuscript has been withdrawn from arXiv by its authors",
        "This paper has now been retracted",
        "The work is withdrawn.",
        "Our paper is being withdrawn",
        "Please note that this paper has been withdrawn",
        "Unfortunately, the paper is withdrawn",
        "Withdrawn",
        "WITHDRAWN: the data were wrong",
        "withdrawn (error in Theorem 2)",
        "Withdrawn by the author",
        "Withdrawn from arXiv",
        "Withdrawn, will come back after a fix",
        "Withdrawn and replaced by arXiv:9912.00002",
        "Paper withdrawn due to a bug in the evaluation",
        "Submission withdrawn at the author's request",
        "12 pages, 3 figures. This paper has been withdrawn; see arXiv:9912.00002",
        "12 pages; withdrawn because the proof has a gap",
        "Paper has been withdrawn - error in the proof",
        "5 pages, withdrawn due to a mistake in the main theorem",
        "5 pages, 2 figures, this paper has been withdrawn",
        "Has been withdrawn",
        "The current version is withdrawn",
        "This paper has been completely withdrawn",
        "This paper (arXiv:9912.00001) has been withdrawn by the authors",
        "The first author has withdrawn this paper",
        "The author withdraws this paper",
        "Retracted by the authors",
        "The authors have withdrawn this paper because of an error",
        "The author has decided to withdraw this submission",
        "We withdraw this paper",
        "I have withdrawn my manuscript",
        "We are withdrawing this submission until the experiments are repeated",
    ],
)
def test_a_comment_that_says_so(comment: str) -> None:
    assert says_withdrawn(comment=comment)


@pytest.mark.parametrize(
    "comment",
    [
        "",
        "Accepted at ToyConf",
        "Withdrawn from ToyConf 2099",
        "withdrawn from the conference",
        "This paper was withdrawn from ToyConf 2099 and is under review elsewhere",
        "This submission was withdrawn from review at ToyConf",
        "ToyConf 2099 withdrawn submission",
        "Withdrawn submission to ToyConf",
        "The previous version of this paper has been withdrawn; this is the corrected one",
        "An earlier version was withdrawn",
        "Version 1 withdrawn",
        "v2 was withdrawn",
        "Theorem 3 has been withdrawn",
        "The claim in Section 5 is withdrawn",
        "This paper has not been withdrawn",
        "This paper replaces a withdrawn submission",
        "Supersedes the withdrawn paper arXiv:9912.00002",
        "Text overlap with arXiv:9912.00002, which was withdrawn by arXiv administrators",
        "This paper was withdrawn by mistake and has been reinstated",
        "Extended version of a withdrawn paper",
        "Resubmission of the withdrawn arXiv:9912.00002",
        "Main results unchanged; Lemma 5 withdrawn",
        "Withdrawn from ToyConf, now accepted at LakeConf",
        "Dataset withdrawn due to its licence",
        "The code was removed from arXiv's ancillary files",
        "This paper may be withdrawn",
    ],
)
def test_a_comment_that_says_something_else(comment: str) -> None:
    assert not says_withdrawn(comment=comment)


@pytest.mark.parametrize(
    ("abstract", "withdrawn"),
    [
        ("This paper has been withdrawn by the author due to a sign error in equation 1.", True),
        ("The paper has been withdrawn.", True),
        ("Withdrawn.", True),
        ("We propose Gullwing. This paper has been withdrawn by the authors.", True),
        ("We propose Gullwing. The authors have withdrawn this paper.", True),
        ("We study retractions. The paper was withdrawn in 2015 by its authors.", False),
        ("This paper studies withdrawn papers on arXiv.", False),
        ("We ask why papers are withdrawn. Withdrawn papers are still cited.", False),
        ("Withdrawn from the bath, the wire cools.", False),
        ("Withdrawn and shy agents explore less.", False),
        ("Patients withdrawn from the trial were counted.", False),
        ("This report on retracted articles counts 12.", False),
    ],
)
def test_an_abstract_may_tell_of_others(abstract: str, withdrawn: bool) -> None:
    assert says_withdrawn(abstract=abstract) == withdrawn


def test_it_is_withdrawn_since_the_version_that_says_so() -> None:
    comment = "<arxiv:comment>This paper has been withdrawn by the authors</arxiv:comment>"
    withdrawn, sound = read_feed(feed(atom_entry("9912.99901v2", extra=comment), atom_entry("9912.99902v1"))).papers
    assert withdrawn.withdrawn == withdrawn.updated
    assert withdrawn.withdrawn is not None
    assert sound.withdrawn is None
