"""What the routing proxy adds to an answer of a real server: ``python -m benchmarks.routing_proxy [PAIRS]``.

Two servers of llama.cpp serve SmolLM2 on the loopback; a router that reads prompts by their words chooses between them.
Each request is made directly and through the proxy, in turns, without the server's prompt cache. Needs xllamacpp in
``.venv/model-servers``, where `make test` puts it.
"""

import sys
from time import perf_counter

import httpx2
import numpy as np
from sklearn.feature_extraction.text import HashingVectorizer  # type: ignore[import-untyped]
from tests.writing.real_servers import llama_server

from assay.methods.evaluation.prompt_to_leaderboard import (
    PromptToLeaderboard,
    Router,
    RoutingProxy,
    Upstream,
    Votes,
)

TOPICS = {"write a haiku": "small", "prove the theorem": "large"}
UNCOUNTED = 4
"""The first pairs, in which servers and clients warm up."""


def new_router() -> Router:
    """A router that has learnt from votes which model is better at which topic."""
    winners = {"small": "model_a", "large": "model_b"}
    votes = [
        {"prompt": f"{topic} number {n % 20}", "model_a": "small", "model_b": "large", "winner": winners[best]}
        for topic, best in TOPICS.items()
        for n in range(100)
    ]
    words = HashingVectorizer(n_features=256)
    fitted = PromptToLeaderboard(lambda texts: words.transform(texts).toarray()).fit(Votes.from_records(votes))
    return Router(fitted)


def main(pairs: int = 40) -> None:
    """Print the time of an answer, directly and routed, and what the proxy adds."""
    router = new_router()
    with llama_server(1024) as first, llama_server(1024) as second, httpx2.Client(timeout=60) as http:
        servers = {"small": first, "large": second}
        upstreams = {model: Upstream(url, "smollm2") for model, url in servers.items()}
        with RoutingProxy(router, upstreams) as proxy:
            milliseconds: dict[str, list[float]] = {"direct": [], "routed": []}
            for pair in range(UNCOUNTED + pairs):
                topic, best = list(TOPICS.items())[pair % 2]
                ways = [("direct", servers[best], "smollm2"), ("routed", proxy.base_url, "router")]
                for way, url, model in ways if pair // 2 % 2 else reversed(ways):
                    message = {"role": "user", "content": f"{topic} number {pair % 20}"}
                    body = {"model": model, "max_tokens": 1, "cache_prompt": False, "messages": [message]}
                    began = perf_counter()
                    answer = http.post(f"{url}/chat/completions", json=body).raise_for_status()
                    milliseconds[way].append(1_000 * (perf_counter() - began))
                    if way == "routed" and answer.headers["x-routed-model"] != best:
                        raise ValueError(f"{topic!r} was routed to {answer.headers['x-routed-model']}, not {best}")
    direct, routed = (np.array(milliseconds[way][UNCOUNTED:]) for way in ("direct", "routed"))
    low, middle, high = np.quantile(routed - direct, [0.25, 0.5, 0.75])
    print(f"direct {np.median(direct):.1f} ms, routed {np.median(routed):.1f} ms")
    print(f"added, by pairs: median {middle:.2f} ms, quartiles {low:.2f} to {high:.2f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
