"""The win rates that the authors print, and the score of each cell of their first table by them.

They stand in the figures of the paper and in the scripts of its code that draw these (``plot_bar_alpacaeval.py`` and
``plot_bar_arenahard.py``): by judge, the per cent of prompts that each of two students wins.
"""

from assay.methods.evaluation.preference_leakage import leakage_score

GPT, LLAMA, GEMINI = "GPT-4o", "LLaMA-3.3", "Gemini-1.5"
ALPACA_EVAL, ARENA_HARD = "AlpacaEval 2.0", "Arena-Hard"
MISTRAL, QWEN = "Mistral-7B", "Qwen-2.5-14B"
PAIRS = ((GPT, GEMINI), (GPT, LLAMA), (LLAMA, GEMINI))

_ROWS = {
    (ALPACA_EVAL, MISTRAL, GPT, GEMINI): {GEMINI: (36.8, 63.2), LLAMA: (49.5, 50.5), GPT: (55.1, 44.9)},
    (ALPACA_EVAL, MISTRAL, GPT, LLAMA): {GEMINI: (65.8, 34.2), LLAMA: (60.3, 39.7), GPT: (61.6, 38.4)},
    (ALPACA_EVAL, MISTRAL, LLAMA, GEMINI): {GEMINI: (22.6, 77.4), LLAMA: (39.5, 60.5), GPT: (43.1, 56.9)},
    (ALPACA_EVAL, QWEN, GPT, GEMINI): {GEMINI: (39.3, 60.7), LLAMA: (52.4, 47.6), GPT: (57.8, 42.2)},
    (ALPACA_EVAL, QWEN, GPT, LLAMA): {GEMINI: (63.3, 36.7), LLAMA: (59.3, 40.7), GPT: (61.5, 38.5)},
    (ALPACA_EVAL, QWEN, LLAMA, GEMINI): {GEMINI: (26.2, 73.8), LLAMA: (42.9, 57.1), GPT: (50.1, 49.9)},
    (ARENA_HARD, MISTRAL, GPT, GEMINI): {GEMINI: (18.2, 42.0), LLAMA: (27.4, 28.8), GPT: (38.4, 27.0)},
    (ARENA_HARD, MISTRAL, GPT, LLAMA): {GEMINI: (46.2, 11.1), LLAMA: (50.4, 14.6), GPT: (55.8, 17.2)},
    (ARENA_HARD, MISTRAL, LLAMA, GEMINI): {GEMINI: (9.2, 59.4), LLAMA: (14.6, 55.4), GPT: (22.2, 47.0)},
    (ARENA_HARD, QWEN, GPT, GEMINI): {GEMINI: (22.0, 44.5), LLAMA: (28.8, 21.6), GPT: (49.8, 21.2)},
    (ARENA_HARD, QWEN, GPT, LLAMA): {GEMINI: (52.1, 7.2), LLAMA: (39.0, 9.2), GPT: (57.4, 13.0)},
    (ARENA_HARD, QWEN, LLAMA, GEMINI): {GEMINI: (10.0, 60.6), LLAMA: (16.4, 35.2), GPT: (24.6, 44.4)},
}
"""By benchmark, students, and the two that wrote what these were trained on: by judge, wins of the first and second."""


def published_score(benchmark: str, students: str, pair: tuple[str, str]) -> float:
    """The score of one cell of the paper's Table 1, in per cent, from the printed win rates."""
    first, second = pair
    rows = _ROWS[benchmark, students, first, second]
    return leakage_score((rows[first][0], rows[second][0]), (rows[second][1], rows[first][1]))
