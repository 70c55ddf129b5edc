"""Words are cut as BERT's own tokenizer cuts them, and every piece knows where it stands."""

import pytest

from assay.claims.encoders.word_pieces import WordPieces

VOCABULARY = (
    "[PAD] [UNK] [CLS] [SEP] gull ##wing wing rai ##ses raises accuracy by 3 . 2 % g ##u ##l ##w ##i ##n".split()
)


def test_a_word_is_cut_from_its_start_the_longest_piece_first_as_berts_own_tokenizer_does() -> None:
    transformers = pytest.importorskip("transformers")
    text = "Gullwing raises  accuracy, gulliwing: 3.2% by wing-gull"
    reference = transformers.BertTokenizer(vocab={piece: number for number, piece in enumerate(VOCABULARY)})
    numbers = [piece.number for piece in WordPieces(VOCABULARY).cut(text)]
    assert numbers == reference(text, add_special_tokens=False)["input_ids"]


def test_pieces_say_where_they_stand() -> None:
    pieces = WordPieces(VOCABULARY)
    text = "so Gullwing räises Gullwing"
    cut = pieces.cut(text, 3)
    assert [text[piece.start : piece.end] for piece in cut] == ["Gull", "wing", "räises", "Gull", "wing"]
    assert VOCABULARY[cut[2].number] == "raises", "accents are left off"
    assert {piece.number for piece in pieces.cut("조수 풀")} == {pieces.unknown}


def test_an_accent_that_is_a_letter_of_its_own_breaks_no_word() -> None:
    pieces = WordPieces(VOCABULARY)
    text = "\u0301 ra\u0308ises Gullwing"
    cut = pieces.cut(text)
    assert [VOCABULARY[piece.number] for piece in cut] == ["raises", "gull", "##wing"]
    assert [text[piece.start : piece.end] for piece in cut] == ["ra\u0308ises", "Gull", "wing"]
