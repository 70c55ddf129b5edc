"""The names of arXiv's categories: ``cs.LG``, ``hep-th``, or an archive such as ``cs`` for all of its categories."""

import re
from collections.abc import Sequence


def check_categories(categories: Sequence[str]) -> tuple[str, ...]:
    """Names of arXiv categories or archives, each once.

    Raises:
        ValueError: if one cannot be such a name.
    """
    for category in categories:
        if not re.fullmatch(r"[a-z]+(-[a-z]+)?(\.[A-Za-z]+(-[A-Za-z]+)?)?", category):
            raise ValueError(f"not an arXiv category: {category!r} (write cs.LG or hep-th)")
    return tuple(dict.fromkeys(categories))
