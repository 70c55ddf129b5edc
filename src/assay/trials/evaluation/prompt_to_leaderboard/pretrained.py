"""Prompt-to-Leaderboard with a real language model as the encoder, as the paper has it, but frozen.

The model reads each prompt in its chat format and a token of ours behind it, at which its state is taken. The head on
these states is trained on votes from planted strengths; see the package.

Budget on two quiet cores: two minutes. 25,000 tokens are read.
"""

from functools import partial

from assay.methods.evaluation.prompt_to_leaderboard import Backbone
from assay.testbed.pretrained import LanguageModel
from assay.trials import Bench, trial
from assay.trials.evaluation.prompt_to_leaderboard import show_gain
from assay.trials.evaluation.prompt_to_leaderboard._arena import Size, encode_prompts, measure


@trial("2502.14855", claim="arena-rating-gain", pretrained=True)
def routed_by_states(bench: Bench) -> None:
    """The best single model against a router on the states of a language model, by their rating in the arena."""
    size = bench.pick(
        quick=Size(6, 4, (300,), 200),
        cpu=Size(64, 12, (4_000,), 3_000),
        cuda=Size(180, 40, (100_000,), 10_000),
    )
    lm = bench.on_pretrained(
        f"the model is frozen; {size.votes[-1]:,} votes drawn from planted strengths of {size.models} models on "
        f"{6 * size.per_topic} prompts of six topics, instead of people's in Chatbot Arena; rated by true chances to "
        "win on prompts that nobody has learnt from"
    )
    seeds = tuple(bench.seeds(cpu=3))
    show_gain(bench, bench.once("arenas", partial(_measure, lm, size, seeds)))


def _measure(lm: LanguageModel, size: Size, seeds: tuple[int, ...]) -> list[dict[str, dict[str, float]]]:
    encoder = encode_prompts(size.per_topic, Backbone(lm.model, lm.tokenizer, batch=16))
    return [measure(size, encoder, seed) for seed in seeds]
