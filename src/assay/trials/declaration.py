"""Declaring a trial, and finding those that are declared.

Trials are found by reading files, not by importing them: a list of what can be run needs neither torch nor a list
that someone keeps. A trial's file is ``trials/<room>/<name>.py``, or a module of a package of that name, of which
``pretrained.py`` is the one that is handed a pretrained model; modules whose name begins with an underscore are shared
parts.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from inspect import getsourcefile, unwrap
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from assay.papers.catalogue import Entry, catalogue
from assay.papers.ids import parse_arxiv_id

if TYPE_CHECKING:
    from assay.papers.models import Claim
    from assay.trials.bench import Bench

FOLDER = Path(__file__).parent
_MARK = "__trial__"

TrialFunction = Callable[["Bench"], None]
_F = TypeVar("_F", bound=TrialFunction)


@dataclass(frozen=True)
class Trial:
    """One trial: which claim it measures, and where its function stands."""

    paper: str
    """arXiv id."""
    claim: str
    """Key of the claim in the paper's catalogue entry."""
    module: str
    function: str
    file: Path
    what: str
    """First line of the docstring: what is compared with what."""
    pretrained: bool = False
    """Whether it is handed a pretrained model: one that packages carry, or the reader's own."""
    long: bool = False
    """Whether it also has a size of up to an hour."""

    @property
    def id(self) -> str:
        """``assay.trials.<room>.<name>:<function>``: unique, and enough to load it."""
        return f"{self.module}:{self.function}"

    @property
    def entry(self) -> Entry:
        """The paper's catalogue entry.

        Raises:
            ValueError: The catalogue has no such paper.
        """
        if (entry := catalogue().get(self.paper)) is None:
            raise ValueError(f"{self.file.name}: trial {self.function} is of {self.paper}, which the catalogue lacks")
        return entry

    def claimed(self) -> "Claim":
        """The claim as the catalogue has it.

        Raises:
            ValueError: The catalogue has no such paper, or the paper no such claim.
        """
        for claim in self.entry.claims:
            if claim.key == self.claim:
                return claim
        keys = ", ".join(claim.key for claim in self.entry.claims) or "none"
        raise ValueError(
            f"{self.file.name}: trial {self.function} names the claim {self.claim!r}; {self.paper} has: {keys}"
        )

    def load(self) -> TrialFunction:
        """The function itself. Its module is imported, and with it torch."""
        function: TrialFunction = getattr(import_module(self.module), self.function)
        return function


def trial(paper: str, *, claim: str, pretrained: bool = False, long: bool = False) -> Callable[[_F], _F]:
    """Declare a function of a `Bench` to be the trial of one claim.

    The function stays what it was. The arguments are plain values, or names that the module gives to plain values, so
    that the trial can be found without being imported.

    Args:
        paper: An arXiv id.
        claim: A key in the paper's catalogue entry.
        pretrained: Whether it is handed a pretrained model, `Bench.pretrained`.
        long: Whether it has a size of up to an hour beside the usual one: see `Bench.pick`.
    """
    paper = parse_arxiv_id(paper).id

    def declare(function: _F) -> _F:
        declaration = Trial(
            paper=paper,
            claim=claim,
            module=function.__module__,
            function=function.__name__,
            file=Path(getsourcefile(unwrap(function)) or function.__module__),
            what=_first_line(function.__doc__),
            pretrained=pretrained,
            long=long,
        )
        setattr(function, _MARK, declaration)
        return function

    return declare


def trial_of(function: TrialFunction) -> Trial:
    """Return the trial that a function is declared to be.

    Raises:
        ValueError: It carries no ``@trial``.
    """
    declaration: Trial | None = getattr(function, _MARK, None)
    if declaration is None:
        name = getattr(function, "__qualname__", repr(function))
        raise ValueError(f"{name} is not a trial: decorate it with @trial(paper, claim=...)")
    return declaration


def discover(paper: str | None = None) -> tuple[Trial, ...]:
    """All trials that stand under ``trials/``, or those of one paper, in the order of their files.

    Raises:
        ValueError: A declaration is wrong: arguments that are not texts, a paper or claim that the catalogue lacks,
            a file that is not where the catalogue says the paper's belongs.
    """
    key = parse_arxiv_id(paper).id if paper else None
    trials = [trial for file in _files() for trial in read_trials(file, _module_of(file))]
    for each in trials:
        each.claimed()
        room, name = each.module.split(".")[2:4]
        if (room, name) != (each.entry.room, each.entry.name):
            raise ValueError(f"{each.module}: the trial of {each.paper} belongs in {each.entry.room}.{each.entry.name}")
    return tuple(each for each in trials if key in (None, each.paper))


def read_trials(file: Path, module: str) -> Iterator[Trial]:
    """The trials that a file declares, read without importing it.

    Raises:
        ValueError: The file is not Python, or a declaration's arguments are not texts.
    """
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except SyntaxError as error:
        raise ValueError(f"{file}: line {error.lineno}: {error.msg}") from error
    texts = dict(_constants(tree))
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef):
            continue
        for call in node.decorator_list:
            if isinstance(call, ast.Call) and _last_name(call.func) == "trial":
                paper, claim, pretrained, long = _arguments(call, texts, file)
                what = _first_line(ast.get_docstring(node))
                yield Trial(paper, claim, module, node.name, file, what, pretrained, long)


def _constants(tree: ast.Module) -> Iterator[tuple[str, object]]:
    """Names that the module gives a plain value, once and for all."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            yield from ((target.id, node.value.value) for target in node.targets if isinstance(target, ast.Name))


def _arguments(call: ast.Call, texts: dict[str, object], file: Path) -> tuple[str, str, bool, bool]:
    arguments = {keyword.arg: keyword.value for keyword in call.keywords}
    arguments.update(zip(("paper",), call.args, strict=False))
    values = [
        node.value if isinstance(node, ast.Constant) else texts.get(node.id) if isinstance(node, ast.Name) else None
        for node in (
            arguments.get(name, ast.Constant(value=False)) for name in ("paper", "claim", "pretrained", "long")
        )
    ]
    match values:
        case [str(paper), str(claim), bool(pretrained), bool(long)]:
            return parse_arxiv_id(paper).id, claim, pretrained, long
    raise ValueError(
        f"{file}: line {call.lineno}: write the paper and claim of @trial out as texts, pretrained and long as True"
    )


def _files() -> Iterator[Path]:
    for room in sorted(path for path in FOLDER.iterdir() if path.is_dir() and not path.name.startswith((".", "_"))):
        for path in sorted(room.iterdir()):
            if path.name.startswith((".", "_")):
                continue
            if path.suffix == ".py":
                yield path
            elif (path / "__init__.py").is_file():
                yield path / "__init__.py"
                yield from (file for file in sorted(path.glob("*.py")) if not file.name.startswith("_"))


def _module_of(file: Path) -> str:
    parts = file.relative_to(FOLDER).with_suffix("").parts
    return ".".join(["assay.trials", *(part for part in parts if part != "__init__")])


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _first_line(docstring: str | None) -> str:
    return (docstring or "").strip().partition("\n")[0].strip()
