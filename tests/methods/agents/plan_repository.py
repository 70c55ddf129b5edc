"""A small repository on disk, in which every form of definition stands once, and some files that cannot be read."""

from pathlib import Path

FILES = {
    "kitchen/__init__.py": "from kitchen.stove import Oven as Oven, boil\nfrom .cold import *\n",
    "kitchen/stove.py": '''
from typing import overload
from . import cold


class Oven:
    """Bake bread and cakes at a temperature."""

    class Door:
        """Open and close the oven."""

        def shut(self): ...

    @property
    def heat(self):
        """Tell how hot the oven is."""
        return 200

    @heat.setter
    def heat(self, value): ...

    async def bake(
        self,
        dough,  # of flour: and water
        *,
        minutes: "int" = 30,
        marks={"a": ":"},
    ) -> dict[str, int]:
        """Bake a dough until it is brown. Stop before it burns."""
        self.heat
        return self.slice(dough)

    def slice(self, bread): return bread


@overload
def boil(what: str) -> str: ...
def boil(what):
    """Boil water with something in it.

    Parameters
    ----------
    what : the thing
    """

    def stir(pot):
        return pot

    return stir(Oven().bake(cold.freeze(what)))


def _secret(): """Nobody calls this."""
''',
    "kitchen/cold.py": '''
if True:
    def freeze(food):
        """Freeze food so that it keeps for months."""
        return food
else:
    def freeze(food): ...


def cool_down(food):
    """Cool hot food down slowly. It goes on the window sill."""
    return freeze(food)
''',
    "kitchen/plates.py": '''
def set_table(guests):
    """Set the table for guests with plates and forks."""


def wash_dishes(dishes):
    """Wash dirty dishes with warm soap."""


def pour_tea(cups):
    """Pour hot tea into cups for everybody."""
''',
    "tests/test_kitchen.py": "def test_boil(): ...\n",
    ".hidden/secret.py": "def hidden(): ...\n",
}


def write_repository(root: Path, **more: str | bytes) -> Path:
    """The repository, with more files by their names, of which ``__`` is the slash and which end in ``.py``."""
    files: dict[str, str | bytes] = {**FILES, **{f"{name.replace('__', '/')}.py": each for name, each in more.items()}}
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return root
