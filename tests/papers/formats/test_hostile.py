"""Ten thousand broken digests: none crashes a reader, and none comes back changed."""

import random
from collections.abc import Iterator

import pytest

from assay.papers.formats import Record, detect, sections, table
from assay.papers.formats.sections import SectionsDocument
from assay.papers.formats.table import TableDocument
from tests.papers.formats.hostile import TITLES

_LINKS = "[arXiv](https://arxiv.org/abs/9912.99901) or [HuggingFace](https://huggingface.co/papers/9912.99901)"
PIECES = [
    "\n\n## Papers for 2099-12-02\n",
    "\n| Title | Authors | Summary |\n|-------|---------|---------|\n",
    "\n| Title | Authors | Summary | Link |\n|-------|---------|---------|------|\n",
    f"| A Title (Read more on {_LINKS})| Bo, Ada | i) One. ii) Two. iii) Three.  |\n",
    f"| A Title\n  in two lines (Read more on {_LINKS})|  | Here is a summary:  One. |\n",
    f"| A Title - read more on {_LINKS} | Bo | **Key Methodology:** x Primary results: y |\n",
    "| A Title | Bo | S. | [Read more](https://arxiv.org/abs/9912.99901) |\n",
    "## Daily Papers (2099-12-02)\n\n",
    "## Daily Papers (2099-02-31)\n\n",
    "### [A Title](https://arxiv.org/abs/9912.99901)\n\n",
    "### [No Id](https://arxiv.org/abs/)\n",
    "![](https://example.org/a.png)\n\n",
    '[Watch Video](u)\n<div><video controls src="u" muted="false"></video></div>\n\n',
    "Vote: 12\n\n",
    "Vote: -\n",
    "Authors: ['Ada', 'Bo']\n\n",
    "- ***What's New***: {'a': ['b', {'c': 1}]}\n",
    "- **고찰**: 합성 예시입니다.",
    "- no key\n",
    "\r\n",
    "\r",
    "\n",
    "\ufeff",
    "\x00",
    "\ud800",
    "\u2028",
]


def test_ten_thousand_broken_digests() -> None:
    dice = random.Random(2099)
    documents = records = 0
    for _ in range(10_000):
        text = _broken(dice)
        kind = detect(text)
        for module in (table, sections):
            if not module.HEADING.search(text):
                assert kind != module.__name__.rpartition(".")[2]
                with pytest.raises(ValueError, match="no line reads"):
                    module.parse(text)
                continue
            document: TableDocument | SectionsDocument = module.parse(text)
            documents += 1
            assert _render(document) == text
            records += len(list(_records(document)))
            assert all(refusal.why and refusal.line for refusal in document.refused)
    assert documents > 5_000
    assert records > 5_000


def test_a_huge_line_is_read_in_no_time() -> None:
    for filler in ("| ", " | ", "](https://arxiv.org/abs/", "*", "[", "- ", "i) ", "a: ", ". The ", "\\", "\n| ", "9"):
        junk = filler * 20_000
        for text in (
            f"## Papers for 2099-12-02\n| {junk} (Read more on {_LINKS})| {junk} | {junk} |\n",
            f"## Papers for 2099-12-02\n{junk}",
        ):
            assert table.render(table.parse(text)) == text
            list(table.records(table.parse(text)))
        for text in (
            f"{PIECES[7]}### [{junk}](https://arxiv.org/abs/9912.99901)\n- ***What's New***: {junk}\n",
            f"{PIECES[7]}{PIECES[9]}[Watch Video](x)\n- {junk}\n- ***{junk}\n{junk}",
        ):
            assert sections.render(sections.parse(text)) == text
            list(sections.records(sections.parse(text)))


def _render(document: TableDocument | SectionsDocument) -> str:
    return table.render(document) if isinstance(document, TableDocument) else sections.render(document)


def _records(document: TableDocument | SectionsDocument) -> Iterator[Record]:
    return table.records(document) if isinstance(document, TableDocument) else sections.records(document)


def _broken(dice: random.Random) -> str:
    """Pieces of both formats in any order, with hostile text between them and characters lost, doubled or swapped."""
    heads = [[], PIECES[:2], [PIECES[0], PIECES[2]], [PIECES[7]], [PIECES[7], PIECES[9]]]
    text = "".join([*dice.choice(heads), *dice.choices(PIECES + dice.sample(TITLES, 3), k=dice.randint(0, 24))])
    if dice.random() < 0.2:
        text = text.replace("\n", "\r\n")
    for _ in range(dice.choice([0, 0, 1, 2, 5])):
        at = dice.randrange(len(text) + 1)
        text = (
            text[:at]
            + dice.choice(["", "|", "\n", " ", "*", "](", text[at : at + 9]])
            + text[at + dice.randint(0, 2) :]
        )
    return text
