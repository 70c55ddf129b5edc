"""A measurement of a paper that does not exist, to be kept, judged, shown and copied about."""

from datetime import UTC, datetime

from assay.papers.comparison import Arm, Comparison
from assay.papers.measurement import Evidence, Machine, Measurement
from tests.publish.sample import CLAIMS

TIMES = Comparison(
    metric="time of a call",
    unit="s",
    better="lower",
    baseline=Arm(name="dense", value=0.4),
    candidate=0.1,
    others=(Arm(name="window <8>", value=0.2),),
    ratio=4.0,
    ratio_interval=(3.8, 4.3),
)


def measurement(**changes: object) -> Measurement:
    fields: dict[str, object] = {
        "paper": "9912.00001",
        "name": "toy_attention",
        "claim": "speed",
        "trial": "assay.trials.attention.toy_attention:speed",
        "what": "Dense attention against Toy Attention.",
        "claimed": CLAIMS[0],
        "comparison": TIMES,
        "beside": (Comparison(metric="error", better="lower", candidate=0.05, at_most=0.06),),
        "evidence": Evidence.SIMULATED,
        "model": "Toy, 8 wide",
        "differs": ("8K tokens",),
        "machine": Machine(name="toy-cpu-2", system="Linux", processor="toy", cores=2, memory=2**34),
        "device": "cpu",
        "threads": 2,
        "seed": 0,
        "repeats": 9,
        "quick": False,
        "versions": {"torch": "2.13.0"},
        "source_hash": "0" * 64,
        "taken_at": datetime(2099, 12, 2, tzinfo=UTC),
    }
    return Measurement.model_validate(fields | changes)
