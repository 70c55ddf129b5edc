"""Sends each issue to each recipient once, though a command runs twice, at the same time too, or is killed in between.

A delivery is claimed, handed over and confirmed:

- Whoever claims it holds a lock of the database's, which ends with its process: nobody else can claim it meanwhile,
  from whatever machine. Killed now, it has not left the machine, and the next one to come sends it.
- `Sending.begin` puts on the disk that it is *leaving*, before the first byte does. Killed now, or cut off before the
  other side answered, it may have arrived or not, and nobody can know. It is not sent again unless a reader says so;
  then it carries the same message id.
- `Sending.confirm` puts on the disk that it was *sent*. It is not sent again unless a reader says so.

What the other side refused in so many words did not arrive: `Sending.release` makes it free again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, delete, select

from assay.papers.models import utc
from assay.reader import schema
from assay.reader.records import Delivery, DeliveryState
from assay.store.database import hold, reading, upsert, writing

_TABLE = schema.deliveries
PLACE = ("reader", "channel", "recipient", "issue", "languages")
"""The columns that tell deliveries apart."""


class NotSentError(ValueError):
    """A delivery that must not begin."""

    def __init__(self, delivery: Delivery, why: str) -> None:
        super().__init__(f"{delivery}: {why}")
        self.delivery = delivery


class AlreadySentError(NotSentError):
    """It was sent."""


class BeingSentError(NotSentError):
    """Another process is sending it at this moment."""


class PerhapsSentError(NotSentError):
    """Whoever sent it was killed or cut off, and it may have arrived."""


class Sending:
    """A claimed delivery: nobody else may send it."""

    def __init__(self, engine: Engine, reader: int, delivery: Delivery, before: Delivery | None) -> None:
        self._engine = engine
        self._reader = reader
        self._before = before
        self.delivery = delivery

    @property
    def message_id(self) -> str:
        """The unique part of the id that the message must carry: what stands before the ``@``."""
        return self.delivery.message_id

    def begin(self) -> None:
        """Say that it leaves now. Call it as late as can be, right before the bytes go out."""
        self._keep(DeliveryState.LEAVING)

    def confirm(self) -> None:
        """Say that the other side accepted it."""
        self._keep(DeliveryState.SENT)

    def release(self) -> None:
        """Say that the other side refused it, so that it did not arrive: it can be claimed again."""
        with writing(self._engine) as connection:
            if self._before is None:
                connection.execute(delete(_TABLE).where(_at_place(self._reader, self.delivery)))
            else:
                upsert(connection, _TABLE, [delivery_row(self._reader, self._before)], PLACE)

    def _keep(self, state: DeliveryState) -> None:
        self.delivery = self.delivery.model_copy(update={"state": state, "at": datetime.now(UTC)})
        with writing(self._engine) as connection:
            upsert(connection, _TABLE, [delivery_row(self._reader, self.delivery)], PLACE)


@contextmanager
def claim(engine: Engine, reader: int, wanted: Delivery, *, again: bool) -> Iterator[Sending]:
    """Hold a delivery for this process alone until the block ends; see `assay.reader.shelf.Shelf.deliver`.

    Args:
        engine: of the readers' database.
        reader: the number of the reader in the database.
        wanted: what is sent, and to whom.
        again: also what was sent, or may have been.
    """
    place = repr([reader, *(getattr(wanted, name) for name in PLACE[1:])])
    with hold(engine, place) as is_held:
        if not is_held:
            raise BeingSentError(wanted, "another process is sending it at this moment")
        with reading(engine) as connection:
            row = connection.execute(select(_TABLE).where(_at_place(reader, wanted))).first()
        before = None if row is None else as_delivery(row)
        if before is not None and not again:
            _refuse(before)
        if before is not None and before.state is DeliveryState.LEAVING:
            wanted = wanted.model_copy(update={"message_id": before.message_id})
        yield Sending(engine, reader, wanted, before)


def new_message_id() -> str:
    """A message id that no other message has."""
    return uuid4().hex


def delivery_row(reader: int, delivery: Delivery) -> dict[str, object]:
    """A delivery as a row of its table."""
    return {"reader": reader, **delivery.model_dump(), "languages": " ".join(delivery.languages)}


def as_delivery(row: Row[tuple[object, ...]]) -> Delivery:
    """A row of the table as a delivery."""
    fields = {name: getattr(row, name) for name in Delivery.model_fields}
    return Delivery(**(fields | {"languages": tuple(row.languages.split())}))


def deliveries_of(connection: Connection, reader: int) -> list[Delivery]:
    """All deliveries of a reader, the first one first."""
    query = select(_TABLE).where(_TABLE.c.reader == reader).order_by(_TABLE.c.at, _TABLE.c.id)
    return [as_delivery(row) for row in connection.execute(query)]


def _at_place(reader: int, delivery: Delivery) -> ColumnElement[bool]:
    row = delivery_row(reader, delivery)
    return and_(*(_TABLE.c[name] == row[name] for name in PLACE))


def _refuse(delivery: Delivery) -> None:
    if delivery.state is DeliveryState.SENT:
        raise AlreadySentError(delivery, f"already sent at {utc(delivery.at)}")
    raise PerhapsSentError(
        delivery, f"sending it broke off at {utc(delivery.at)}, and it may have arrived: say to send it again if not"
    )
