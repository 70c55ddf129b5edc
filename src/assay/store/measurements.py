"""Measurements as rows of their table."""

from typing import Any

from assay.papers.measurement import Measurement


def measurement_row(measurement: Measurement) -> dict[str, Any]:
    """The row of a measurement; what its primary key names is all that tells it from another."""
    return {
        **dict(zip(("trial", "model", "device", "size"), measurement.key, strict=True)),
        "machine": measurement.machine.name,
        "paper": measurement.paper,
        "taken_at": measurement.taken_at,
        "record": measurement.model_dump_json(),
    }
