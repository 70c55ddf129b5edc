"""FastKV in plain loops: nothing is dropped, moved or cached; what FastKV drops is masked, per layer and head."""

import torch
from torch import Tensor
from transformers import PreTrainedModel

from assay.methods.attention.fastkv._model import Decoder
from assay.methods.attention.fastkv._settings import Settings


@torch.no_grad()
def reference_logits(model: PreTrainedModel, input_ids: Tensor, prompt: int, press: Settings) -> Tensor:
    """Logits of the last of `input_ids`, of which the first `prompt` were read FastKV's way and the others decoded.

    Every layer runs on all tokens each time, and a query is not shown the tokens that FastKV would have dropped. What
    dropped tokens come to above the TSP layer is computed and never looked at.

    Args:
        model: Llama, Mistral or Qwen2.
        input_ids: (n,), one row without padding.
        prompt: Tokens of the prompt.
        press: With a number for `tsp_layer`, and the paper's scorer.

    Returns:
        (vocabulary,)
    """
    stack = Decoder.of(model)
    decoder = stack.module
    n, window = len(input_ids), press.window
    hidden = decoder.embed_tokens(input_ids[None])[0]
    cos, sin = (angle[0] for angle in decoder.rotary_emb(hidden[None], torch.arange(n)[None]))
    present = list(range(prompt))
    for number, layer in enumerate(stack.blocks):
        attention, normed = layer.self_attn, layer.input_layernorm(hidden)
        q, k, v = (
            projection(normed).view(n, -1, attention.head_dim)
            for projection in (attention.q_proj, attention.k_proj, attention.v_proj)
        )
        group = q.shape[1] // k.shape[1]
        heads, scores = [], []
        for kv_head in range(k.shape[1]):
            keys, values = _rotated(k[:, kv_head], cos, sin), v[:, kv_head]
            queries = [_rotated(q[:, kv_head * group + i], cos, sin) for i in range(group)]
            score = torch.stack(
                [_pooled(_attention(query, keys, present, window, attention.scaling), press) for query in queries]
            ).sum(0)
            scores.append(score)
            entries = _best(score, present, min(press.retained(prompt), len(present)), window)
            for query in queries:
                rows = []
                for token in range(n):
                    before = entries if token >= prompt else [place for place in present if place <= token]
                    visible = [*before, *range(prompt, token + 1)] or [token]
                    weights = torch.softmax(query[token] @ keys[visible].T * attention.scaling, -1)
                    rows.append(weights @ values[visible])
                heads.append(torch.stack(rows))
        hidden = hidden + attention.o_proj(torch.cat(heads, dim=-1))
        hidden = hidden + layer.mlp(layer.post_attention_layernorm(hidden))
        if number == press.tsp_layer:
            present = _best(torch.stack(scores).sum(0), present, press.propagated(prompt), window)
    logits: Tensor = model.lm_head(decoder.norm(hidden[-1]))
    return logits


def _rotated(vectors: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    first, second = vectors.chunk(2, dim=-1)
    return vectors * cos + torch.cat([-second, first], dim=-1) * sin


def _attention(query: Tensor, keys: Tensor, present: list[int], window: int, scaling: float) -> list[float]:
    """What the last `window` tokens present give each token before them, summed."""
    total = torch.zeros(len(present))
    for place in range(len(present) - window, len(present)):
        visible = present[: place + 1]
        total[: place + 1] += torch.softmax(query[present[place]] @ keys[visible].T * scaling, -1)
    return total[: len(present) - window].tolist()


def _pooled(scores: list[float], press: Settings) -> Tensor:
    half = press.kernel // 2
    around = [scores[max(0, place - half) : place + half + 1] for place in range(len(scores))]
    return torch.tensor([max(some) if press.pooling == "max" else sum(some) / press.kernel for some in around])


def _best(scores: Tensor, present: list[int], keep: int, window: int) -> list[int]:
    if keep == len(present):
        return present
    ranked = sorted(range(len(scores)), key=lambda place: (-float(scores[place]), place))
    return [present[place] for place in [*sorted(ranked[: keep - window]), *range(len(scores), len(present))]]
