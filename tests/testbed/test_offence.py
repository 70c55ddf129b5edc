"""A classifier of offensive texts: fetched, and right on what nobody would doubt."""

import pytest

from assay.testbed.offence import load_offence_classifier
from assay.testbed.resources import NotFetchedError


def test_insults_are_told_from_kind_words() -> None:
    try:
        classifier = load_offence_classifier()
    except NotFetchedError as error:
        pytest.skip(str(error))
    insult, kind = classifier(["you are a stupid idiot", "what a lovely day it is"])
    assert kind < 0.2 < 0.9 < insult
    assert classifier([]) == []
