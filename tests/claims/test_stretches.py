"""A text about several papers is split where it names them, and its prose is read without what is no figure."""

import pytest

from assay.claims.bare import bare
from assay.claims.context import Text
from assay.claims.stretches import Mention, split_by_paper
from assay.papers.pasted import find_ids, key_of

A, B = "9912.99901", "9912.99902"


def split(text: str) -> list[tuple[str, str]]:
    mentions = [Mention(*match.span(), key_of(match)) for match in find_ids(text)]
    parts = split_by_paper(text, mentions)
    assert "".join(text[part.start : part.end] for part in parts) == text
    return [(part.paper, text[part.start : part.end].strip()) for part in parts]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It is 2x faster.", [("", "It is 2x faster.")]),
        (f"It is 2x faster.\n\nhttps://arxiv.org/abs/{A}", [(A, f"It is 2x faster.\n\nhttps://arxiv.org/abs/{A}")]),
        (
            f"Today:\n\n- Gull ({A}): 2x\n- Tern ({B}): 3x\n  and 4 GB\n",
            [("", "Today:"), (A, f"- Gull ({A}): 2x"), (B, f"- Tern ({B}): 3x\n  and 4 GB")],
        ),
        (
            f"1/ Gull arxiv.org/abs/{A}\n2/ It is 2x faster\n3/ Tern https://huggingface.co/papers/{B} 3x",
            [
                (A, f"1/ Gull arxiv.org/abs/{A}\n2/ It is 2x faster"),
                (B, f"3/ Tern https://huggingface.co/papers/{B} 3x"),
            ],
        ),
        (
            f"Gull ({A}) is 2x faster, while Tern (arXiv:{B}v2) needs 4 GB. It has 7B parameters.",
            [(A, f"Gull ({A}) is 2x faster,"), (B, f"while Tern (arXiv:{B}v2) needs 4 GB. It has 7B parameters.")],
        ),
        (
            f"Gull ({A}) is 2x faster than Tern ({B}).",
            [(A, f"Gull ({A}) is 2x faster"), (B, f"than Tern ({B}).")],
        ),
        (
            f"Gull is 2x faster.\n\nhttps://arxiv.org/abs/{A}\n\nTern is 3x faster.\n\nhttps://arxiv.org/abs/{B}",
            [
                (A, f"Gull is 2x faster.\n\nhttps://arxiv.org/abs/{A}"),
                (B, f"Tern is 3x faster.\n\nhttps://arxiv.org/abs/{B}"),
            ],
        ),
        (
            f"# Week\n## Gull\n{A}\n\n2x\n### Memory\n4 GB\n## Tern [pdf](https://arxiv.org/abs/{B})\n3x\n## Rest\n9%",
            [
                ("", "# Week"),
                (A, f"## Gull\n{A}\n\n2x\n### Memory\n4 GB"),
                (B, f"## Tern [pdf](https://arxiv.org/abs/{B})\n3x"),
                ("", "## Rest\n9%"),
            ],
        ),
    ],
)
def test_stretches_are_about_the_paper_that_they_name(text: str, expected: list[tuple[str, str]]) -> None:
    assert split(text) == expected


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        (f"See https://arxiv.org/abs/{A} and arXiv:{B}v2, 10.48550/arXiv.{A}: 2x", ["2x"]),
        ("2025-02-26\n1. It is **2.5x** faster\n2. [82.3%](https://example.org/7x)", ["**2.5x", "82.3%"]),
        ("Vote: 12\n\nAuthors: R2D2, C3PO\n\n- ***Performance***: 3%", ["3%"]),
        ("| Gull (Read more on [arXiv](https://arxiv.org/abs/9912.99901))| bob42, eve7x | It is 4x faster. |", ["4x"]),
        ("<b>4x</b> faster, <img src='9x.png'>`5%`", ["4x", "5%"]),
        ("정확도는 **82.3%**로\n2.5배 올랐다", ["82.3%", "2.5배"]),
    ],
)
def test_what_is_no_prose_has_no_figures(text: str, figures: list[str]) -> None:
    prose = bare(text)
    found = Text.of("text", prose.text).figures
    places = [(prose.starts[each.quantity.start], prose.ends[each.quantity.end - 1]) for each in found]
    assert [text[start:end].removeprefix("**") for start, end in places] == [
        each.removeprefix("**") for each in figures
    ]


def test_lines_that_were_only_wrapped_are_one_sentence() -> None:
    wrapped = "Gull is a cache that forgets what the tide has washed away, and it is 2.5x\nfaster than Tern on Bench."
    assert len(Text.of("text", bare(wrapped).text).sentences) == 1
    assert len(Text.of("text", bare("Speed: 2.5x\nMemory: 4 GB\n- 7 tokens").text).sentences) == 3
