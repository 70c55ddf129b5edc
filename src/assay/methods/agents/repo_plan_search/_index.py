"""The index of a repository: which of its symbols are nearest to what somebody wants, in words."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any, Self

from assay.methods._files import written_whole
from assay.methods.agents.repo_plan_search._intents import DocstringIntents, Intents
from assay.methods.agents.repo_plan_search._reading import read_repository
from assay.methods.agents.repo_plan_search._retrievers import Retriever, tfidf
from assay.methods.agents.repo_plan_search._symbols import Repository, Symbol, Unread, usable

_VERSION = 1


class SymbolIndex:
    """Finds the symbols of a repository by intents: what is wanted is compared with what each symbol is good for."""

    def __init__(
        self,
        repository: Repository,
        symbols: Sequence[Symbol],
        intents: Sequence[Sequence[str]],
        *,
        retriever: Retriever = tfidf,
    ) -> None:
        """Make the index of these symbols, each with its intents.

        Raises:
            ValueError: There is no symbol, or one has no intent.
        """
        if not symbols:
            raise ValueError(f"{repository.root} has no symbol to be found")
        if len(symbols) != len(intents) or not all(intents):
            raise ValueError(f"{len(symbols)} symbols with {len(intents)} lists of intents: give each one or more")
        self.repository = repository
        self.symbols = tuple(symbols)
        self.intents = tuple(map(tuple, intents))
        self._owners = [place for place, each in enumerate(intents) for _ in each]
        self._find = retriever([text for each in intents for text in each])
        self._grounded: dict[tuple[str, int], tuple[Symbol, ...]] = {}

    @classmethod
    def from_repo(
        cls,
        root: str | Path,
        *,
        intents: Intents | None = None,
        retriever: Retriever = tfidf,
        keep: Callable[[Symbol], bool] = usable,
    ) -> Self:
        """Read a folder of source and index it; files that cannot be read are in ``index.repository.unread``.

        Args:
            root: The folder.
            intents: What each symbol is good for; from docstrings by default.
            retriever: How nearness is told.
            keep: Which symbols may be found; by default those that somebody may call.

        Raises:
            ValueError: See `read_repository` and the retriever, or no symbol is kept.
        """
        repository = read_repository(root)
        symbols = [symbol for symbol in repository.symbols if keep(symbol)]
        return cls(repository, symbols, (intents or DocstringIntents())(repository, symbols), retriever=retriever)

    def __len__(self) -> int:
        return len(self.symbols)

    def ground(self, intent: str, k: int = 5) -> tuple[Symbol, ...]:
        """The symbols nearest to an intent, the nearest first, each once.

        Args:
            intent: In words.
            k: Symbols, at most; five times as many intents are looked at (paper: 5; official code: 5 times).

        Raises:
            ValueError: `k` is below 1.
        """
        if k < 1:
            raise ValueError(f"k is {k}: ask for 1 symbol or more")
        known = self._grounded.get((intent, k))
        if known is None:
            nearest = dict.fromkeys(self._owners[place] for place, _ in self._find(intent, 5 * k))
            known = self._grounded[intent, k] = tuple(self.symbols[place] for place in list(nearest)[:k])
        return known

    def outline(self, lines: int) -> str:
        """The modules with how many symbols each has, of which so many lines are shown, those with most first."""
        modules = [(module, len(list(group))) for module, group in groupby(self.symbols, lambda each: each.module)]
        shown = sorted(sorted(modules, key=lambda each: -each[1])[:lines])
        rest = len(modules) - len(shown)
        return "\n".join([*(f"{module} ({count})" for module, count in shown), *([f"and {rest} more"] if rest else [])])

    def save(self, path: str | Path) -> None:
        """Keep symbols and intents in a file, written whole; the retriever is made anew on loading."""
        held = self.repository
        content = {
            "version": _VERSION,
            "root": str(held.root),
            "symbols": [asdict(symbol) for symbol in held.symbols],
            "imports": dict(held.imports),
            "stars": {module: list(others) for module, others in held.stars.items()},
            "unread": [asdict(each) for each in held.unread],
            "read": [held.files, held.characters],
            "intents": {symbol.path: each for symbol, each in zip(self.symbols, self.intents, strict=True)},
        }
        with written_whole(path) as unfinished:
            unfinished.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path, *, retriever: Retriever = tfidf) -> Self:
        """The index that was saved.

        Raises:
            ValueError: The file is not there, or holds no index.
        """
        try:
            content: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
            if content["version"] != _VERSION:
                raise ValueError(f"{path} is an index of version {content['version']}, and {_VERSION} is read here")
            files, characters = content["read"]
            repository = Repository(
                Path(content["root"]),
                tuple(Symbol(**each) for each in content["symbols"]),
                content["imports"],
                content["stars"],
                tuple(Unread(**each) for each in content["unread"]),
                files,
                characters,
            )
            intents = content["intents"]
            symbols = [symbol for symbol in repository.symbols if symbol.path in intents]
        except OSError as error:
            raise ValueError(f"{path}: {error.strerror}") from None
        except (TypeError, KeyError, AttributeError, json.JSONDecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"{path} holds no index of a repository: {error!r}") from None
        return cls(repository, symbols, [intents[symbol.path] for symbol in symbols], retriever=retriever)
