"""What was built and measured, room by room: for the gallery of trials and the page of methods."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from assay.papers.catalogue import FOLDER, Entry, catalogue
from assay.papers.measurement import Measurement
from assay.publish.measurements import headlines


@dataclass(frozen=True)
class Method:
    """A paper's method as library code, and what its trials found."""

    entry: Entry
    measurements: tuple[Measurement, ...]

    @property
    def module(self) -> str:
        """What to import it from."""
        return f"assay.methods.{self.entry.room}.{self.entry.name}"

    @property
    def headline(self) -> Measurement | None:
        """The measurement that it is known by."""
        return next(iter(headlines(self.measurements)), None)


def methods_by_room(measurements: Mapping[str, Sequence[Measurement]]) -> list[tuple[str, list[Method]]]:
    """Every method that is built, room by room."""
    rooms: dict[str, list[Method]] = {}
    for entry in sorted(catalogue().values(), key=lambda each: (each.room, each.name)):
        if _is_built(entry):
            rooms.setdefault(entry.room, []).append(Method(entry, tuple(measurements.get(entry.id, ()))))
    return list(rooms.items())


def _is_built(entry: Entry) -> bool:
    folder = FOLDER.parent / "methods" / entry.room
    return (folder / f"{entry.name}.py").is_file() or (folder / entry.name / "__init__.py").is_file()


def room_of(measurement: Measurement) -> str:
    """The room that a trial stands in."""
    return measurement.trial.split(".")[2]


def measurements_by_room(measurements: Iterable[Measurement]) -> list[tuple[str, list[Measurement]]]:
    """Every measurement, room by room, those of a paper beside each other."""
    rooms: dict[str, list[Measurement]] = {}
    for each in sorted(measurements, key=lambda each: (room_of(each), each.name)):
        rooms.setdefault(room_of(each), []).append(each)
    return list(rooms.items())


def slug(name: str) -> str:
    """A word as an address has it: ``direction seen`` is ``direction-seen``."""
    return name.lower().replace("_", "-").replace(" ", "-")
