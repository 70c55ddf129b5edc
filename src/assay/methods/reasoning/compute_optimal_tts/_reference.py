"""The same search as a plain loop: no cache, no batch, every text read anew for every token and every step."""

from collections.abc import Sequence
from typing import Any

import torch

from assay.methods._branches import Written
from assay.methods.reasoning.compute_optimal_tts._policy import Candidate, Policy, Prompt
from assay.methods.reasoning.compute_optimal_tts._search import TREES, SearchConfig


def reference_search(
    policy: Policy, prompt: Prompt, config: SearchConfig, score: Any = None, *, seed: int = 0
) -> list[Candidate]:
    """The finished candidates of one prompt, as `search` has them; slow, and easy to see through.

    Args:
        policy: What writes.
        prompt: One.
        config: The same.
        score: Of the last of the steps so far, a function of (prompt, steps) as texts.
        seed: The same seed draws the same tokens.
    """
    text = policy.ids(prompt)
    if config.method not in TREES:
        lines = [Candidate() for _ in range(1 if config.method == "greedy" else config.n)]
        whole = _write(policy, config, text, lines, config.tokens, seed, whole=True)
        for line, each in zip(lines, whole, strict=True):
            line.add(each, policy, whole=True)
        return [line for line in lines if line.is_finished]
    finished: list[list[Candidate]] = [[] for _ in range(config.trees)]
    trees = [[Candidate() for _ in range(config.keep * config.width)] for _ in range(config.trees)]
    for step in range(config.steps):
        lines = [line for tree in trees for line in tree]
        written = _write(policy, config, text, lines, config.step_tokens, seed + 7919 * step, whole=False)
        for line, each in zip(lines, written, strict=True):
            line.add(each, policy, whole=False)
        for number, tree in enumerate(trees):
            pool: list[Candidate] = []
            for line in tree:
                if line.ended != "length" and all(line.tokens != other.tokens for other in pool):
                    pool.append(line)
            for line in pool:
                steps = [policy.text(each) for each in line.steps]
                if len(steps) > len(line.scores):  # an end token alone is no step
                    line.scores.append(score(policy.text(text), steps))
            pool.sort(key=lambda line: -(line.scores[-1] if line.scores else -1.0))
            best = pool[: config.keep - len(finished[number])]
            finished[number] += [line for line in best if line.is_finished]
            trees[number] = [line.copy() for line in best if not line.is_finished for _ in range(config.width)]
        if not any(trees):
            break
    return [line for lines in finished for line in lines]


def _write(
    policy: Policy,
    config: SearchConfig,
    prompt: list[int],
    lines: Sequence[Candidate],
    most: int,
    seed: int,
    *,
    whole: bool,
) -> list[Written]:
    """Go on with each line; tokens of all lines that are alive are drawn together, in their order."""
    generator = torch.Generator(device=policy.model.device).manual_seed(seed)
    written = [Written() for _ in lines]
    while alive := [at for at, each in enumerate(written) if not each.ended]:
        texts = [[*prompt, *lines[at].tokens, *written[at].tokens] for at in alive]
        with torch.no_grad():
            logits = torch.stack(
                [policy.model(torch.tensor([text], device=policy.model.device)).logits[0, -1].float() for text in texts]
            )
        for at, token, row in zip(alive, config.sampling.choose(logits, generator).tolist(), logits, strict=True):
            each = written[at]
            each.tokens.append(token)
            each.log_probs.append(float(row.log_softmax(-1)[token]))
            ends = policy.ends_answer if whole else policy.ends_step
            if token in policy.ends:
                each.ended = "eos"
            elif ends(each.tokens):
                each.ended = "stop"
            elif len(each.tokens) == most:
                each.ended = "length"
    return written
