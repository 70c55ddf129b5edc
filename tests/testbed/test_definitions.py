"""The hash of definitions that are read from files: what it follows, what it leaves alone, and what it may not miss."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from assay.testbed.definitions import Definitions

FILES = {
    "pkg/__init__.py": "",
    "pkg/api.py": (
        "from pkg.inner import compute as computed, Base\n"
        "from . import inner, tables\n"
        "import pkg.far.corner\n"
        "from torch.nn import functional as F\n"
        "def run(x: int) -> int:\n"
        "    '''Runs.'''\n"
        "    from pkg.lazy import late\n"
        "    total = computed(x) + inner.SIZE + late()  # sum\n"
        "    return F.relu(total) + pkg.far.corner.edge() + tables.LEVELS[0]\n"
        "def other(): return Base()\n"
        "def refuse(x):\n"
        "    if x: raise ValueError(f'{x} is wrong')\n"
    ),
    "pkg/inner/__init__.py": "from pkg.inner._core import compute, Base\nSIZE = 3\nUNUSED = 1\n",
    "pkg/inner/_core.py": (
        "from functools import cache\n"
        "STEP = 2\n"
        "def helper(step=STEP): return step\n"
        "class Base:\n"
        "    width: int = 4\n"
        "    depth: int\n"
        "    def wide(self, x: int): return x * self.width\n"
        "class Thing(Base):\n"
        "    def deep(self): return 1\n"
        "@cache\n"
        "def compute(x): return helper() * Thing().wide(x)\n"
        "def unrelated(): return 1\n"
    ),
    "pkg/lazy.py": "def late(): return 5\ndef later(): return 6\n",
    "pkg/far/__init__.py": "",
    "pkg/far/corner.py": "def edge(): return _EDGE\n_EDGE = 7\n",
    "pkg/tables.py": "LEVELS = []\nLEVELS += [1]\nLEVELS[0] = 2\nif LEVELS:\n    MORE = 1\nelse:\n    MORE = 2\n",
    "pkg/registry.py": "KINDS = {}\ndef register_kind(kind):\n    KINDS[kind.__name__] = kind\n    return kind\n",
    "pkg/kinds.py": "from pkg.registry import register_kind\n@register_kind\ndef square(x): return x * x\n",
}


class Package:
    def __init__(self, folder: Path, files: dict[str, str]) -> None:
        self.folder = folder
        for name, text in files.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def definitions(self) -> Definitions:
        return Definitions(self.folder / "pkg", covers=lambda module, name: module.startswith("pkg"))

    def hash(self, module: str = "pkg.api", name: str = "run") -> str:
        return self.definitions().hash(module, name)

    def reach(self, module: str = "pkg.api", name: str = "run") -> list[str]:
        return self.definitions().reach(module, name)


@pytest.fixture
def package(tmp_path: Path) -> Package:
    return Package(tmp_path, FILES)


def of(folder: Path, **modules: str) -> Package:
    return Package(folder, {"pkg/__init__.py": ""} | {f"pkg/{name}.py": text for name, text in modules.items()})


def test_names_are_followed_to_their_definitions(package: Package) -> None:
    assert package.reach() == [
        "pkg.api:run",
        "pkg.far.corner:_EDGE",
        "pkg.far.corner:edge",
        "pkg.inner._core:Base",
        "pkg.inner._core:STEP",
        "pkg.inner._core:Thing",
        "pkg.inner._core:compute",
        "pkg.inner._core:helper",
        "pkg.inner:SIZE",
        "pkg.lazy:late",
        "pkg.tables:*0",  # statements that do more than give names, and run when the module is imported
        "pkg.tables:*1",
        "pkg.tables:LEVELS",
        "pkg.tables:MORE",
    ]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("api.py", "+ inner.SIZE", "- inner.SIZE"),
        ("api.py", "torch.nn import functional", "torch.nn import init"),  # another package's, by its full name
        ("api.py", "x: int", "y: int, x: int"),
        ("inner/__init__.py", "SIZE = 3", "SIZE = 4"),
        ("inner/__init__.py", "_core import compute", "_core import unrelated as compute"),
        ("inner/_core.py", "STEP = 2", "STEP = 3"),  # through a default
        ("inner/_core.py", "width: int = 4", "width: int = 5"),  # through a base
        ("inner/_core.py", "depth: int", "depth: float"),  # a field of a class
        ("inner/_core.py", "return 1\n@cache", "return 2\n@cache"),  # a class counts whole
        ("inner/_core.py", "@cache\n", ""),  # a decorator
        ("lazy.py", "return 5", "return 6"),  # an import inside a function
        ("far/corner.py", "_EDGE = 7", "_EDGE = 8"),
        ("tables.py", "[1]", "[2]"),  # what adds to a constant
        ("tables.py", "= 2\nif", "= 3\nif"),  # what changes it in place
    ],
)
def test_what_is_reached_counts(package: Package, name: str, old: str, new: str) -> None:
    before = package.hash()
    package.edit(f"pkg/{name}", old, new)
    assert package.hash() != before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("api.py", "def other(): return Base()", "def other(): return None"),
        ("api.py", "# sum", "# all of them\n\n"),
        ("api.py", "'''Runs.'''", "'''Runs\n\n    well.'''"),
        ("api.py", "(x: int) -> int", "(x: 'float') -> 'float'"),
        ("api.py", "from . import inner, tables", "from pkg import inner\nfrom pkg import tables"),
        ("api.py", "from torch.nn import functional as F", "import torch.nn.functional as F"),
        ("api.py", "total = computed(x)", "total: int = computed(x)"),
        ("inner/__init__.py", "UNUSED = 1", "UNUSED = 2"),
        ("inner/_core.py", "def unrelated(): return 1", "def unrelated(): return 2"),
        ("inner/_core.py", "self, x: int", "self, x: float"),
        ("lazy.py", "return 6", "return 7"),
        ("kinds.py", "x * x", "x * x * x"),  # nobody imports it
    ],
)
def test_what_is_not_reached_does_not_count(package: Package, name: str, old: str, new: str) -> None:
    before = package.hash()
    package.edit(f"pkg/{name}", old, new)
    assert package.hash() == before


def test_a_definition_may_move_and_a_module_be_renamed(package: Package) -> None:
    before = package.hash()
    package.edit("pkg/inner/_core.py", "def helper(step=STEP): return step\n", "from pkg.lazy import helper\n")
    package.edit("pkg/inner/_core.py", "STEP = 2\n", "")
    package.edit("pkg/lazy.py", "def later", "STEP = 2\ndef helper(step=STEP): return step\ndef later")
    (package.folder / "pkg/inner/_core.py").rename(package.folder / "pkg/inner/_heart.py")
    package.edit("pkg/inner/__init__.py", "_core", "_heart")
    assert package.hash() == before


def test_two_definitions_of_one_name_are_not_confused(tmp_path: Path) -> None:
    one, two = "def loss(x): return 1\n", "def loss(x): return 2\n"
    api = "from pkg import a, b\ndef run(x): return a.loss(x) - b.loss(x)\n"
    package = of(tmp_path, api=api, a=one, b=two)
    before = package.hash()
    package.write("pkg/a.py", two)
    package.write("pkg/b.py", one)
    assert package.hash() != before


def test_parameters_and_locals_hide_names_of_the_module(tmp_path: Path) -> None:
    api = (
        "from pkg import text\n"
        "def value(): return 1\n"
        "def run(text, rows):\n"
        "    value = [text for text in rows]\n"
        "    return value, (lambda value: value), text\n"
    )
    package = of(tmp_path, api=api, text="A = 1\n")
    assert package.reach() == ["pkg.api:run"]


def test_a_name_that_a_nested_function_uses_is_followed(tmp_path: Path) -> None:
    api = (
        "STATE = 1\n"
        "def inner(): return 1\n"
        "def run(rows):\n"
        "    def nested():\n"
        "        global STATE\n"
        "        STATE = 2\n"
        "        from pkg.more import inner\n"
        "        return [inner() for inner in [inner]]\n"
        "    return nested, [STATE for x in STATE], inner\n"
    )
    package = of(tmp_path, api=api, more="def inner(): return 2\n")
    assert package.reach() == ["pkg.api:STATE", "pkg.api:inner", "pkg.api:run", "pkg.more:inner"]


def test_an_imported_name_that_is_changed_afterwards_counts_with_its_origin(tmp_path: Path) -> None:
    api = "from pkg.more import table\ntable.steps = 3\ndef run(): return table\n"
    package = of(tmp_path, api=api, more="class table: pass\n")
    assert package.reach() == ["pkg.api:*0", "pkg.api:run", "pkg.api:table", "pkg.more:table"]


def test_either_branch_of_an_import_that_may_fail_counts(tmp_path: Path) -> None:
    api = "try:\n    from pkg.fast import f\nexcept ImportError:\n    from pkg.slow import f\ndef run(): return f()\n"
    package = of(tmp_path, api=api, fast="def f(): return 1\n", slow="def f(): return 2\n")
    assert package.reach() == ["pkg.api:*0", "pkg.api:f", "pkg.api:run", "pkg.fast:f", "pkg.slow:f"]


def test_what_runs_on_import_counts(package: Package) -> None:
    """A kind that is found in a table of kinds counts as soon as its module is imported, and not before."""
    package.write("pkg/api.py", "import pkg.kinds\nfrom pkg.registry import KINDS\ndef all_kinds(): return KINDS\n")
    before = package.hash(name="all_kinds")
    package.edit("pkg/kinds.py", "x * x", "x + x")
    assert package.hash(name="all_kinds") != before
    before = package.hash(name="all_kinds")
    package.edit("pkg/registry.py", "KINDS = {}", "KINDS = {}\nKINDS.update(none=None)")
    assert package.hash(name="all_kinds") != before


def test_a_subclass_counts_where_its_base_keeps_subclasses(tmp_path: Path) -> None:
    base = "ALL = []\nclass Base:\n    def __init_subclass__(cls): ALL.append(cls)\n"
    kinds = "from pkg.base import Base\nclass Kind(Base):\n    width = 1\n"
    api = "import pkg.kinds\nfrom pkg.base import ALL\ndef run(): return ALL\n"
    package = of(tmp_path, api=api, base=base, kinds=kinds)
    assert "pkg.kinds:*0" in package.reach()


@pytest.mark.parametrize(
    ("api", "whole"),
    [
        ("from pkg import more\ndef run(name): return getattr(more, name)\n", "pkg.more:*"),  # handed about
        ("def run(name): return globals()[name]\ndef later(): return 1\n", "pkg.api:*"),
        ("from importlib import import_module\ndef run(): return import_module('pkg.more').f\n", "pkg.more:*"),
        (
            "from importlib import import_module\n_ROOM = 'pkg.'\ndef run(n): return import_module(_ROOM + n)\n",
            "pkg.more:*",
        ),
        ("import pkg.lazy\ndef run(): return pkg.lazy.anything\n", "pkg.lazy:*"),  # a module's own __getattr__
    ],
)
def test_what_is_looked_up_at_run_time_makes_the_module_count(tmp_path: Path, api: str, whole: str) -> None:
    more = "def f(): return g()\ndef g(): return 1\n"
    package = of(tmp_path, api=api, more=more, lazy="def __getattr__(name): return 1\n")
    assert whole in package.reach()
    if whole == "pkg.more:*":
        assert "pkg.more:g" in package.reach()


def test_star_imports_are_followed(tmp_path: Path) -> None:
    package = of(tmp_path, api="from pkg.more import *\ndef run(): return f()\n", more="def f(): return 1\nA = 1\n")
    assert package.reach() == ["pkg.api:run", "pkg.more:f"]


def test_methods_of_a_split_class_count_one_by_one(tmp_path: Path) -> None:
    bench = (
        "from pkg.clock import now\n"
        "class Timed:\n    def time(self): return now()\n"
        "class Bench(Timed):\n"
        "    def score(self): return self._mean()\n"
        "    def _mean(self): return 1\n"
        "    def keep(self): return 2\n"
    )
    api = (
        "from pkg.bench import Bench\n"
        "def run(bench: Bench): return bench.score(), bench.keep()\n"
        "def slow(b): return b.time()\n"
    )
    package = of(tmp_path, api=api, bench=bench, clock="def now(): return 1\n")
    definitions = Definitions(
        tmp_path / "pkg", covers=lambda module, name: name != "Bench.keep", files={}, split="pkg.bench:Bench"
    )
    assert definitions.reach("pkg.api", "run") == ["pkg.api:run", "pkg.bench:Bench._mean", "pkg.bench:Bench.score"]
    assert definitions.reach("pkg.api", "slow") == ["pkg.api:slow", "pkg.bench:Timed.time", "pkg.clock:now"]
    assert package.hash() == package.hash()


def test_the_words_of_an_error_do_not_count_and_its_kind_does(package: Package) -> None:
    before = package.hash(name="refuse")
    package.edit("pkg/api.py", "f'{x} is wrong'", "f'{x!r} is not right'")
    assert package.hash(name="refuse") == before
    package.edit("pkg/api.py", "raise ValueError", "raise TypeError")
    assert package.hash(name="refuse") != before


def test_functions_that_call_one_another_come_to_an_end(tmp_path: Path) -> None:
    api = "def run(n): return other(n)\ndef other(n): return run(n)\n"
    package = of(tmp_path, api=api)
    assert package.reach() == package.reach(name="other") == ["pkg.api:other", "pkg.api:run"]
    assert package.hash() != package.hash(name="other")


def test_every_statement_of_this_package_can_be_read() -> None:
    """All of our own code, each definition by itself, so that no construct is met for the first time in a trial."""
    import assay

    folder = Path(assay.__file__).parent
    definitions = Definitions(folder, covers=lambda module, name: True)
    count = 0
    for file in sorted((folder / "testbed").rglob("*.py")):
        module = ".".join(file.relative_to(folder.parent).with_suffix("").parts).removesuffix(".__init__")
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                assert len(definitions.hash(module, node.name)) == 64
                count += 1
    assert count > 20


def test_nothing_is_imported() -> None:
    code = "import sys, assay.testbed.definitions; print({'torch', 'numpy', 'transformers'} & sys.modules.keys())"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_names_of_one_statement_come_in_the_order_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "__init__.py").write_text("delta, alpha, omega, beta = 1, 2, 3, 4\n", encoding="utf-8")
    module = Definitions(tmp_path / "pkg", covers=lambda module, name: True).module("pkg")
    assert module is not None
    assert list(module.names) == ["delta", "alpha", "omega", "beta"]  # in a set it is another order in each process
