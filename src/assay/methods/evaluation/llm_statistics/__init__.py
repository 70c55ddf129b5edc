"""Statistics for language models (Ji et al. 2025, arXiv 2502.17814): estimates that come with a guarantee.

The survey names the places where statistics can make language models trustworthy, and has no experiments. This package
is the usable half of it: for each place one exact, calibrated procedure, whose guarantee can be checked by simulation.

| question | procedure | guarantee |
|---|---|---|
| What do people find, by few labels and a judge's many? | `ppi_mean`, `ppi_difference` | coverage of the interval |
| Which answers are plausible? | `SplitConformal` | the right one is among them at the chosen rate |
| Which statements of an answer may stay? | `ConformalFactuality` | all that stay are right at the chosen rate |
| From which confidence on may the model answer? | `control_risk` | expected loss below the chosen one |
| Does the model know, or does it guess? | `semantic_entropy`, `evaluate` | none; a score |
| Did our model write this? | `GumbelWatermark`, `green_list_test` | rate of false alarms |
| Is confidence worth anything? | `calibration_error`, `risk_coverage` | interval over items or clusters |
| Is one model better than the other? | `compare`, `items_needed` | coverage; error rate of the test |
| Was this text trained on? Is a group worse off? | `membership_advantage`, `group_gaps` | coverage, of all at once |

All guarantees hold on average over the draw of the labelled data, which must be drawn as the data they are used on;
none holds for a single prompt. Logs of lm-evaluation-harness and inspect_ai are read by `read_harness_samples` and
`read_inspect_log`, so that two runs are compared by ``compare(*first.matched(second))``.

**Departures.** Under 50 labels `ppi_mean` finds its weight by cross-fitting. `ConformalFactuality` keeps what is
strictly above its threshold, which needs no noise to break ties, and keeps nothing where the labels are too few. The
test of a green list is the exact binomial one. A Gumbel watermark leaves tokens alone whose context stood in the text
before.

Sources: Angelopoulos, Duchi, Zrnic 2023 (2311.01453); Vovk et al. 2005; Romano et al. 2020 (2006.02544); Mohri and
Hashimoto 2024 (2402.10978); Angelopoulos et al. 2022 (2208.02814); Kuhn et al. 2023 (2302.09664); Aaronson 2022; Li et
al. 2024 (2404.01245); Kirchenbauer et al. 2023 (2301.10226).
"""

from assay.methods._calibration import (
    Calibration,
    RiskCoverage,
    calibration_error,
    risk_coverage,
)
from assay.methods.evaluation.llm_statistics.comparison import (
    Difference,
    GroupGap,
    benjamini_hochberg,
    compare,
    group_gaps,
    items_needed,
    membership_advantage,
)
from assay.methods.evaluation.llm_statistics.conformal import (
    ConformalFactuality,
    SplitConformal,
    control_risk,
)
from assay.methods.evaluation.llm_statistics.doubts import DoubtReport, evaluate
from assay.methods.evaluation.llm_statistics.entropy import SemanticEntropy, nli_relation, same_names, semantic_entropy
from assay.methods.evaluation.llm_statistics.logs import ScoreLog, read_harness_samples, read_inspect_log
from assay.methods.evaluation.llm_statistics.prediction_powered import PredictionPowered, ppi_difference, ppi_mean
from assay.methods.evaluation.llm_statistics.watermark import (
    GumbelWatermark,
    WatermarkTest,
    green_list_test,
)

__all__ = [
    "Calibration",
    "ConformalFactuality",
    "Difference",
    "DoubtReport",
    "GroupGap",
    "GumbelWatermark",
    "PredictionPowered",
    "RiskCoverage",
    "ScoreLog",
    "SemanticEntropy",
    "SplitConformal",
    "WatermarkTest",
    "benjamini_hochberg",
    "calibration_error",
    "compare",
    "control_risk",
    "evaluate",
    "green_list_test",
    "group_gaps",
    "items_needed",
    "membership_advantage",
    "nli_relation",
    "ppi_difference",
    "ppi_mean",
    "read_harness_samples",
    "read_inspect_log",
    "risk_coverage",
    "same_names",
    "semantic_entropy",
]
