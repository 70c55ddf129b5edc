"""The example on a method's page, run as a reader would run it."""

import re
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "docs" / "methods"


def run_example(method: str) -> None:
    """Run the code on the page of a method.

    Raises:
        ValueError: The page has no block of Python, or several.
    """
    page = FOLDER / f"{method}.md"
    (code,) = re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    exec(compile(code, str(page), "exec"), {})
