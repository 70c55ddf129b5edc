"""What a kind of database must be able to do for a store; SQL that all kinds know is written where it is needed."""

from collections.abc import Collection
from contextlib import AbstractContextManager
from typing import Any, Literal, Protocol, TypeVar

from sqlalchemy import Connection, Engine, Select, Table
from sqlalchemy.engine import URL

Part = Literal["papers", "readers", "vectors"]
"""What a database holds. On SQLite each part is a file of its own, on PostgreSQL a schema of one database."""

Value = TypeVar("Value", int, str)


class Kind(Protocol):
    """A kind of database."""

    is_server: bool
    """Whether all parts are in one database, which machines reach over a network."""

    def connect(self, url: URL, part: Part) -> Engine:
        """Make the engine of a part, and connect once to see that all is well.

        Raises:
            ValueError: if it cannot be opened, in words that hold no password.
        """
        ...

    def prepare(self, engine: Engine, part: Part) -> None:
        """Make what must be there before the first table. Any number of processes may try at once."""
        ...

    def is_there(self, url: URL, part: Part) -> bool:
        """Whether anything was ever stored in the part; nothing is made."""
        ...

    def place(self, url: URL) -> str:
        """Where it is, for people: without a password."""
        ...

    def reading(self, engine: Engine) -> AbstractContextManager[Connection]:
        """A transaction that sees one unchanging state of the database."""
        ...

    def writing(self, engine: Engine) -> AbstractContextManager[Connection]:
        """A transaction that alone may write. It waits for its turn, but not for ever."""
        ...

    def revision(self, engine: Engine) -> object:
        """Something that is another after each change, whichever process made it."""
        ...

    def hold(self, engine: Engine, name: str) -> AbstractContextManager[bool]:
        """Whether this process alone, of all that use the database, holds a name while the block runs.

        A process that ends in whatever way holds nothing any more.
        """
        ...

    def reason(self, error: BaseException) -> str:
        """Why something failed, in one line."""
        ...

    def table_of(self, values: Collection[Value], kind: type[Value]) -> Select[Any]:
        """Numbers or texts as a table of one column, whatever their number."""
        ...

    def insert(self, table: Table) -> Any:
        """An insert that can say what to do about rows that are there: SQLAlchemy has one for each kind."""
        ...

    def defer_references(self, connection: Connection) -> None:
        """Look at foreign keys when the transaction ends, and not before."""
        ...

    def count_on(self, connection: Connection, table: Table) -> None:
        """After rows came in with their ids: let the next row have the id after the highest."""
        ...
