"""Digests and recordings of our own making, in every form that Assay reads."""

import json
from pathlib import Path

TABLE = (
    "\n\n## Papers for 2099-12-02\n\n| Title | Authors | Summary |\n|-------|---------|---------|\n"
    "| Toy Attention (Read more on [arXiv](https://arxiv.org/abs/9912.99901) or "
    "[HuggingFace](https://huggingface.co/papers/9912.99901))| bo-s, Ada Example | "
    "Toy Attention is fast. It is 2.5x faster than dense attention.  |\n"
    "| P(y|x) and *more* (Read more on [arXiv](https://arxiv.org/abs/9912.99902) or "
    "[HuggingFace](https://huggingface.co/papers/9912.99902))| Cy Third | A study of pipes.  |\n"
)

SECTIONS = (
    "## Daily Papers (2099-12-02)\n\n"
    "### [Toy Attention](https://arxiv.org/abs/9912.99901)\n\n"
    "![](https://cdn-thumbnails.huggingface.co/social-thumbnails/papers/9912.99901.png)\n\n"
    "Vote: 12\n\nAuthors: Bo Sample, Ada Example\n\n"
    "- ***What's New***: 빈 블록을 건너뛰는 어텐션입니다.\n"
    "- ***Technical Details***: 블록을 토큰 하나로 평균합니다.\n"
    "- ***Performance Highlights***: 밀집 어텐션보다 2.5배 빠릅니다.\n\n"
)


def listing(*numbers: int, votes: int = 10, listed_at: str = "2099-12-02T07:30:00.000Z") -> str:
    """A recording of Hugging Face daily papers in today's shape."""
    return json.dumps(
        [
            {
                "paper": {
                    "id": f"9912.{number}",
                    "authors": [{"name": "Ada Example", "hidden": False}, {"name": "Bo Sample", "hidden": False}],
                    "publishedAt": "2099-12-01T18:00:00.000Z",
                    "submittedOnDailyAt": listed_at,
                    "title": f"Toy Paper\n  {number}",
                    "summary": f"Attention is slow. We introduce Toy{number}, a network that skips empty\nblocks. "
                    f"Toy{number} is 2.5x faster than dense attention on ToyBench.",
                    "upvotes": votes - place,
                    "discussionId": "d",
                },
                "publishedAt": "2099-12-01T14:00:00.000Z",
                "title": f"Toy Paper {number}",
                "summary": "as above",
                "thumbnail": f"https://cdn-thumbnails.huggingface.co/social-thumbnails/papers/9912.{number}.png",
                "numComments": 1,
                "isAuthorParticipating": False,
            }
            for place, number in enumerate(numbers)
        ]
    )


def write_archive(folder: Path) -> Path:
    """A folder with a file of each form, a broken one among them."""
    folder.mkdir()
    (folder / "table.md").write_text(TABLE, encoding="utf-8")
    (folder / "sections.txt").write_text(SECTIONS, encoding="utf-8")
    (folder / "2099-12-02.json").write_text(listing(99901, 99903), encoding="utf-8")
    (folder / "notes.txt").write_text("Remember the milk.\n", encoding="utf-8")
    return folder
