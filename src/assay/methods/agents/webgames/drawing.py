"""Pictures that tasks draw."""

from typing import Any

INK, PAPER = (30, 30, 40), (250, 250, 245)


def sheet(width: int, height: int) -> tuple[Any, Any]:
    """An empty picture of Pillow's, and what draws on it."""
    try:
        from PIL import Image, ImageDraw  # noqa: PLC0415 - for the tasks that show pictures
    except ImportError:
        raise ValueError("tasks of vision draw pictures: install Pillow, or choose other tasks") from None
    picture = Image.new("RGB", (width, height), PAPER)
    return picture, ImageDraw.Draw(picture)
