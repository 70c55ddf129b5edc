import os
import subprocess
import sys

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from assay.testbed import text

BYTES = text.byte_tokenizer()
BPE = text.bpe_tokenizer(text.stdlib_source(60_000), 320)


@given(st.text())
@example("<s>a</s><pad>")
def test_a_text_comes_back_from_its_tokens(content: str) -> None:
    ids = BYTES(content).input_ids
    assert ids == [byte + 3 for byte in content.encode("utf-8", "surrogatepass")]
    assert BYTES.decode(ids) == content
    assert BPE.decode(BPE(content).input_ids) == content


def test_special_tokens_have_the_same_ids_everywhere() -> None:
    for tokenizer in (BYTES, BPE):
        ids = (tokenizer.pad_token_id, tokenizer.bos_token_id, tokenizer.eos_token_id)
        assert ids == (text.PAD, text.BOS, text.EOS)


def test_training_a_tokeniser_is_repeatable_and_learns() -> None:
    source = text.stdlib_source(60_000)
    assert text.bpe_tokenizer(source, 320).get_vocab() == BPE.get_vocab()
    assert len(BPE) == 320
    assert len(BPE(source).input_ids) < 0.8 * len(BYTES(source).input_ids)


def test_a_vocabulary_that_cannot_be_had_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 259 tokens, not 100"):
        text.bpe_tokenizer("abc", 100)
    with pytest.raises(ValueError, match="only enough for"):
        text.bpe_tokenizer("abc", 300)


def test_corpora_are_code_and_prose() -> None:
    source = text.stdlib_source(500_000)
    assert len(source) == 500_000
    assert source.startswith(text.stdlib_source(1_000))
    assert "def " in source
    names = [name for name, _ in text.stdlib_files()]
    assert "argparse.py" in names
    assert names == sorted(names)
    assert not [name for name in names if "/tests/" in name or name.startswith("test/")]
    assert len(text.pydoc_topics()) > 300_000


def test_reading_text_loads_neither_torch_nor_transformers() -> None:
    code = (
        "import sys; from assay.testbed import text; text.pydoc_topics(); "
        "print({'torch', 'transformers'} & set(sys.modules))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ))
    assert out.stdout == "set()\n"


def test_the_library_as_tokens() -> None:
    training, held_out = text.library_tokens(300, 20_000, 5_000)
    assert text.library_tokens(300, 20_000, 5_000)[0] is training
    assert training.max() < 300
    assert len(held_out) < 5_000 < len(training) < 20_000
    assert not torch.equal(training[: len(held_out)], held_out)
