"""Which of the logits processors that `generate` hands over may be asked row by row."""

from transformers.generation import logits_process as known


def is_rowwise(processor: object) -> bool:
    """Whether a processor treats every sequence on its own and keeps nothing between calls."""
    rowwise = (
        known.TemperatureLogitsWarper,
        known.TopKLogitsWarper,
        known.TopPLogitsWarper,
        known.MinPLogitsWarper,
        known.TypicalLogitsWarper,
        known.EpsilonLogitsWarper,
        known.EtaLogitsWarper,
        known.RepetitionPenaltyLogitsProcessor,
        known.NoRepeatNGramLogitsProcessor,
        known.SequenceBiasLogitsProcessor,
        known.MinLengthLogitsProcessor,
        known.MinNewTokensLengthLogitsProcessor,
        known.ForcedEOSTokenLogitsProcessor,
        known.SuppressTokensLogitsProcessor,
        known.InfNanRemoveLogitsProcessor,
        known.LogitNormalization,
    )
    return isinstance(processor, rowwise)
