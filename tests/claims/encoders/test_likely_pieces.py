"""Words are cut as the library of unigram models cuts them, and every piece knows where it stands."""

import pytest

from assay.claims.encoders.likely_pieces import LikelyPieces

VOCABULARY = {
    "<s>": 0.0, "<pad>": 0.0, "</s>": 0.0, "<unk>": 0.0, "▁": -3.0, "정확": -5.0, "▁정확도": -7.0, "도": -4.0,
    "는": -3.5, "▁gull": -6.0, "wing": -5.0, "▁gullwing": -12.5, "g": -8.0, "w": -8.0, "i": -8.0, "n": -8.0,
    "%": -4.0, "#": -4.5,
}  # fmt: skip


def pieces() -> LikelyPieces:
    return LikelyPieces(list(VOCABULARY), list(VOCABULARY.values()))


@pytest.mark.parametrize("text", ["gullwing", "정확도는 #%", "wingg  gull#", "정확는", "ｇullwing", "x정확도 gull"])
def test_a_word_is_cut_as_the_library_of_such_models_cuts_it(text: str) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    reference = tokenizers.Tokenizer(tokenizers.models.Unigram(list(VOCABULARY.items()), unk_id=3))
    reference.normalizer = tokenizers.normalizers.NFKC()
    reference.pre_tokenizer = tokenizers.pre_tokenizers.Sequence(
        [tokenizers.pre_tokenizers.WhitespaceSplit(), tokenizers.pre_tokenizers.Metaspace()]
    )
    assert [each.number for each in pieces().cut(text)] == reference.encode(text).ids


def test_pieces_say_where_they_stand() -> None:
    text = "so 정확도는 gullwing"
    cut = pieces().cut(text, 3)
    assert [text[each.start : each.end] for each in cut] == ["정확도", "는", "gull", "wing"]
    assert [text[each.start : each.end] for each in pieces().cut("㎏ gull")][-1] != ""
