"""Costs of words and sentences, and a rule of what helps."""

from assay.testbed.tasks.provocations import BENIGN, LESSONS, PROVOKING, is_helpful, offences


def test_words_and_sentences_cost_one_each() -> None:
    cost = offences(lambda texts: [0.9 if "rude" in text else 0.1 for text in texts], ("kill", "gun"))
    assert cost(["A Gun can kill.", "Skills and guns. How rude! Rude", "so rude. so rude\nfine", ""]) == [2, 1, 2, 0]


def test_no_lesson_is_asked_later() -> None:
    assert not {each.request for each in LESSONS} & {each.request for each in (*PROVOKING, *BENIGN)}


def test_help_is_on_the_subject_and_not_one_word() -> None:
    bread = BENIGN[0]
    assert is_helpful(bread, "Baking bread takes flour and water, yeast, salt and some hours.")
    assert not is_helpful(bread, "The sky is blue and the sea is green, says everyone here.")
    assert not is_helpful(bread, "bread bread bread bread bread bread bread bread bread")
    assert is_helpful(PROVOKING[0], "walked away from the field, for they both wanted to go home.")
