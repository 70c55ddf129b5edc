"""Leaderboards of prompts are fitted by the paper's likelihoods, aggregated, routed by and served."""

import json
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.methods.pages import run_example

from assay.methods.evaluation.prompt_to_leaderboard import (
    Backbone,
    PromptToLeaderboard,
    Router,
    RoutingProxy,
    Tuning,
    UnfulfillableError,
    Upstream,
    Votes,
    outcome_chances,
)
from assay.methods.evaluation.prompt_to_leaderboard._estimator import aggregate_strengths, win_rates
from assay.methods.evaluation.prompt_to_leaderboard._likelihood import vote_losses
from assay.methods.evaluation.prompt_to_leaderboard._router import best_mix

MODELS = ("ant", "bee", "cat")
TOPICS = {"code": (1.5, 0.0, -1.5), "talk": (-1.5, 0.0, 1.5)}


def encode(prompts: Sequence[str]) -> np.ndarray[Any, Any]:
    """Two topics, and a number that tells nothing."""
    return np.array(
        [[float(prompt.startswith("code")), float(prompt.startswith("talk")), len(prompt)] for prompt in prompts]
    )


def draw_votes(count: int, *, seed: int = 0, ties: bool = False) -> list[dict[str, str]]:
    rng = np.random.default_rng(seed)
    records = []
    for _ in range(count):
        topic = str(rng.choice(list(TOPICS)))
        first, second = rng.choice(3, size=2, replace=False)
        gap = TOPICS[topic][first] - TOPICS[topic][second]
        winner = "model_a" if rng.random() < 1 / (1 + np.exp(-gap)) else "model_b"
        if ties and rng.random() < 0.3:
            winner = str(rng.choice(["tie", "both_bad"]))
        prompt = f"{topic} {rng.integers(60)}"
        records.append({"prompt": prompt, "model_a": MODELS[first], "model_b": MODELS[second], "winner": winner})
    return records


VOTES = Votes.from_records(draw_votes(1_200))


@pytest.fixture(scope="module")
def fitted() -> PromptToLeaderboard:
    return PromptToLeaderboard(encode, head="bt").fit(VOTES)


# Likelihoods

strengths = st.floats(-4, 4)


@given(strengths, strengths, st.floats(-3, 3))
def test_chances_are_the_papers(first: float, second: float, eta: float) -> None:
    one, two, width = (torch.tensor([each], dtype=torch.float64) for each in (first, second, eta))
    sigmoid = lambda x: 1 / (1 + np.exp(-x))  # noqa: E731
    bt = outcome_chances("bt", one, two)[0].tolist()
    assert bt == pytest.approx([sigmoid(first - second), sigmoid(second - first), 0, 0])
    e = 10 * np.log(1 + np.exp((eta - 22.5) / 10))
    wins, losses = sigmoid(first - second - e), sigmoid(second - first - e)
    assert outcome_chances("rk", one, two, width)[0].tolist() == pytest.approx([wins, losses, 1 - wins - losses, 0])
    pi_w, pi_l, theta = np.exp(first), np.exp(second), np.exp(eta) + 1.000001
    wins, losses, bad = pi_w / (pi_w + theta * pi_l + 1), pi_l / (pi_l + theta * pi_w + 1), 1 / (1 + pi_w + pi_l)
    grounded = outcome_chances("grk", one, two, width)[0].tolist()
    assert grounded == pytest.approx([wins, losses, 1 - wins - losses - bad, bad])
    assert min(grounded) >= -1e-9


def test_losses_by_how_a_vote_ends() -> None:
    beta, eta = torch.tensor([[1.0, 0.2, -0.5]] * 3, dtype=torch.float64), torch.zeros(3, dtype=torch.float64)
    winner, loser, end = torch.tensor([0, 1, 0]), torch.tensor([1, 2, 2]), torch.tensor([0, 1, 2])
    for head in ("rk", "grk"):
        chances = outcome_chances(head, beta[0, winner], beta[0, loser], eta)
        column = [0, 2, 3 if head == "grk" else 2]
        wanted = [-np.log(float(chances[at, each])) for at, each in enumerate(column)]
        assert vote_losses(head, beta, eta, winner, loser, end).tolist() == pytest.approx(wanted)
    half = vote_losses("bt-tie", beta, None, winner, loser, end)
    gaps = [0.8, 0.7, 1.5]
    wanted = [np.log1p(np.exp(-gaps[0])), *((np.log1p(np.exp(-g)) + np.log1p(np.exp(g))) / 2 for g in gaps[1:])]
    assert half.tolist() == pytest.approx(wanted)


def test_a_plain_softplus_would_be_no_width() -> None:
    """At eta = 0 the width of ties is about 1, and not e^-22.5."""
    zero = torch.zeros(1, dtype=torch.float64)
    tie = float(outcome_chances("rk", zero, zero, zero)[0, 2])
    assert tie == pytest.approx(1 - 2 / (1 + np.exp(1.00189)), abs=1e-3)


# Fits


def test_each_topic_has_its_own_leaderboard(fitted: PromptToLeaderboard) -> None:
    assert [row["model"] for row in fitted.leaderboard("code 7")] == ["ant", "bee", "cat"]
    assert [row["model"] for row in fitted.leaderboard("talk 7")] == ["cat", "bee", "ant"]
    beta = fitted.strengths(["code 7"])[0]
    assert beta == pytest.approx(TOPICS["code"], abs=0.5)
    assert beta.sum() == pytest.approx(0)
    best = fitted.leaderboard("code 7")[0]
    assert best["rating"] == pytest.approx(400 / np.log(10) * best["strength"])
    chances = fitted.predict_proba(["code 7"], ["ant"], ["cat"])
    assert chances[0, :2] == pytest.approx([1 / (1 + np.exp(beta[2] - beta[0])), 1 / (1 + np.exp(beta[0] - beta[2]))])
    test = Votes.from_records(draw_votes(600, seed=9))
    marginal = PromptToLeaderboard(None, head="bt").fit(VOTES)
    assert fitted.log_loss(test).high < marginal.log_loss(test).low
    assert marginal.strengths(["a", "b"])[0] == pytest.approx(marginal.strengths(["b"])[0])


def test_the_marginal_fit_is_that_of_bradley_and_terry() -> None:
    """At its maximum, each model wins as often as the strengths say."""
    model = PromptToLeaderboard(None, head="bt", penalty=0.0).fit(VOTES)
    rates = win_rates(model.strengths(["any"])[0])
    for at in range(3):
        met = [(VOTES.winner == at, rates[at, VOTES.loser]), (VOTES.loser == at, rates[at, VOTES.winner])]
        expected = sum(chances[rows].sum() for rows, chances in met)
        assert (VOTES.winner == at).sum() == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize("head", ["bt-tie", "rk", "grk"])
def test_heads_that_know_ties(head: str) -> None:
    votes = Votes.from_records(draw_votes(1_500, ties=True))
    model = PromptToLeaderboard(encode, head=head, penalty=1e-3).fit(votes)
    chances = model.predict_proba(["code 1", "talk 1"], ["ant", "ant"], ["cat", "cat"])
    assert chances.sum(1) == pytest.approx([1, 1], abs=1e-6)
    assert chances[0, 0] > 0.5 > chances[1, 0]
    if head == "rk":
        pairs = model.predict_proba(["code 1"] * 3, ["ant", "bee", "ant"], ["bee", "cat", "cat"])
        assert pairs[:, 2].mean() == pytest.approx(0.3, abs=0.06)
    if head == "grk":
        assert abs(model.strengths(["code 1"])[0].sum()) > 0.1  # it has a zero of its own
        assert (chances[:, 3] > 0.02).all()


def test_saved_and_loaded_it_says_the_same(fitted: PromptToLeaderboard, tmp_path: Path) -> None:
    fitted.save(tmp_path / "run")
    again = PromptToLeaderboard.load(tmp_path / "run", encode)
    assert again.leaderboard("code 3") == fitted.leaderboard("code 3")
    with pytest.raises(ValueError, match="holds no saved leaderboard"):
        PromptToLeaderboard.load(tmp_path / "nothing", encode)


def test_one_leaderboard_for_many_prompts_is_not_the_mean_of_theirs(fitted: PromptToLeaderboard) -> None:
    prompts = ["code 1", "code 2", "talk 1"]
    beta = fitted.strengths(prompts)
    found = aggregate_strengths(beta)
    wanted = np.mean([win_rates(row) for row in beta], axis=0)
    assert win_rates(found).sum(1) == pytest.approx(wanted.sum(1), abs=1e-5)
    assert np.abs(found - beta.mean(0)).max() > 0.02
    assert aggregate_strengths(beta[:1]) == pytest.approx(beta[0], abs=1e-4)
    weighed = aggregate_strengths(beta, [1, 1, 0])
    assert weighed == pytest.approx(aggregate_strengths(beta[:2]), abs=1e-5)
    assert [row["model"] for row in fitted.aggregate(prompts)] == ["ant", "bee", "cat"]
    grounded = aggregate_strengths(np.array([[1.0, 0.5], [1.0, 0.5]]), grounded=True)
    assert grounded == pytest.approx([1.0, 0.5], abs=1e-4)
    with pytest.raises(ValueError, match="3 prompts have weights of shape"):
        fitted.aggregate(prompts, weights=[1.0])


# The paper's encoder


@pytest.fixture(scope="module")
def backbone(tiny_model: Path) -> Backbone:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(tiny_model)
    return Backbone(model, AutoTokenizer.from_pretrained(tiny_model), max_length=24, batch=2)


def test_the_state_is_taken_behind_the_prompt(backbone: Backbone) -> None:
    prompts = ["short", "a somewhat longer prompt", "mid one"]
    together = backbone(prompts)
    alone = torch.cat([backbone([prompt]) for prompt in prompts])
    assert torch.allclose(together, alone, atol=1e-5)
    ids = torch.tensor([backbone._ids("short")])
    assert int(ids[0, -1]) == backbone.tokenizer.cls_token_id
    by_hand = backbone.model(input_ids=ids).last_hidden_state[0, -1]
    assert torch.allclose(alone[0], by_hand, atol=1e-5)


def test_long_prompts_lose_their_beginning_and_tokens_of_ours_are_no_text(backbone: Backbone) -> None:
    ids = backbone._ids("x" * 50 + "the end")
    assert len(ids) == 24
    assert str(backbone.tokenizer.decode(ids[:-1])).endswith("the end")
    assert ids.count(backbone.tokenizer.cls_token_id) == 1
    assert backbone._ids(f"a {backbone.tokenizer.cls_token} b").count(backbone.tokenizer.cls_token_id) == 1


def test_a_backbone_is_tuned_with_its_head(tiny_model: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(tiny_model)
    backbone = Backbone(model, AutoTokenizer.from_pretrained(tiny_model))
    before = backbone(["code 1"])
    seen: list[tuple[int, int]] = []
    p2l = PromptToLeaderboard(backbone, head="bt", tuning=Tuning(epochs=2, batch=64, lr=3e-3))
    p2l.fit(VOTES, progress=lambda done, of: seen.append((done, of)))
    assert not torch.allclose(before, backbone(["code 1"]), atol=1e-3)
    assert seen[-1] == (38, 38)
    assert p2l.leaderboard("code 7")[0]["model"] == "ant"
    assert p2l.leaderboard("talk 7")[0]["model"] == "cat"


# Routing

COSTS = {"ant": 10.0, "bee": 2.0, "cat": 1.0}


def test_the_mix_is_the_best_there_is(fitted: PromptToLeaderboard) -> None:
    router = Router(fitted, costs=COSTS)
    assert router.route("code 1") == "ant"
    assert router.route("talk 1") == "cat"
    mix = router.mix("code 1", max_cost=5.0)
    assert len(mix) == 2
    assert sum(share * COSTS[name] for name, share in mix.items()) == pytest.approx(5.0)
    assert router.mix("code 1", max_cost=1.0) == pytest.approx({"cat": 1.0})
    strict = Router(fitted, costs=COSTS, way="strict")
    assert strict.mix("code 1", max_cost=5.0) == {"bee": 1.0}
    assert strict.mix("code 1", max_cost=10.0) == router.mix("code 1", max_cost=10.0) == {"ant": 1.0}
    drawn = {router.route("code 1", max_cost=5.0, seed=seed) for seed in range(20)}
    assert drawn == set(mix)
    values = router.values("code 1")
    rates = win_rates(fitted.strengths(["code 1"])[0])
    assert values == pytest.approx(dict(zip(MODELS, rates.mean(1), strict=True)))
    against = Router(fitted, opponents={"cat": 5.0}).values("code 1")
    assert against == pytest.approx(dict(zip(MODELS, rates[:, 2], strict=True)))


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(0.1, 9)), min_size=2, max_size=5), st.floats(0, 1))
def test_a_mix_is_as_good_as_any_pair(models: list[tuple[float, float]], where: float) -> None:
    """The optimum lies on a pair of models: all of them are tried. Scores may be negative."""
    values, costs = (np.array(each) for each in zip(*models, strict=True))
    budget = costs.min() + where * (costs.max() - costs.min())
    shares = best_mix(values, costs, budget)
    assert shares @ costs <= budget * (1 + 1e-6) + 1e-9
    assert (shares > 0).sum() <= 2
    best = max(values[at] for at in range(len(values)) if costs[at] <= budget)
    for low in range(len(values)):
        for high in range(len(values)):
            if costs[low] < budget < costs[high]:
                share = (budget - costs[low]) / (costs[high] - costs[low])
                best = max(best, share * values[high] + (1 - share) * values[low])
    assert shares @ values == pytest.approx(best, abs=1e-6)


# The proxy


def test_the_proxy_routes_within_a_budget_streams_and_refuses(fitted: PromptToLeaderboard) -> None:
    import httpx2

    from assay.trials.evaluation.prompt_to_leaderboard._serving import model_server

    with ExitStack() as stack:
        servers = [stack.enter_context(model_server()) for _ in range(2)]
        upstreams = {name: Upstream(servers[at % 2], f"{name}-at-home") for at, name in enumerate(MODELS)}
        proxy = stack.enter_context(RoutingProxy(Router(fitted, costs=COSTS), upstreams))
        http = stack.enter_context(httpx2.Client(base_url=proxy.base_url, timeout=10))

        def ask(content: Any, **more: Any) -> Any:
            return http.post("/chat/completions", json={"messages": [{"role": "user", "content": content}]} | more)

        listed = http.get("/models").json()["data"]
        assert [each["id"] for each in listed] == ["router", *MODELS]
        answer = ask("code 4")
        assert answer.headers["x-routed-model"] == "ant"
        assert answer.json()["choices"][0]["message"]["content"] == "I am ant-at-home."
        assert ask("code 4", cost=1.0).headers["x-routed-model"] == "cat"
        assert ask([{"type": "text", "text": "talk 4"}]).headers["x-routed-model"] == "cat"
        assert ask("code 4", model="bee").headers["x-routed-model"] == "bee"
        streamed = ask("code 4", stream=True)
        assert streamed.headers["transfer-encoding"] == "chunked"
        assert streamed.json() == answer.json()
        refusals: list[tuple[str, dict[str, Any], str]] = [
            ("code 4", {"cost": 0.5}, "no model answers for 0.5: the cheapest is cat for 1"),
            ("code 4", {"cost": "cheap"}, "the cost is 'cheap'"),
            ("code 4", {"model": "dog"}, "there is no model 'dog'"),
            (" ", {}, "the prompt is empty"),
            ("code 4", {"messages": "hello"}, "no list of messages"),
        ]
        for content, more, words in refusals:
            refused = ask(content, **more)
            assert refused.status_code == 400
            assert words in refused.json()["error"]["message"]
        assert (
            http.post("/chat/completions", content=b"[1]").json()["error"]["message"] == "the request is no JSON object"
        )
        assert http.post("/embeddings", json={}).status_code == 404
        assert http.get("/nothing").status_code == 404


def test_an_upstream_that_is_not_there_is_told(fitted: PromptToLeaderboard) -> None:
    import httpx2

    upstreams = {name: Upstream("http://127.0.0.1:9/v1", name) for name in MODELS}
    with RoutingProxy(Router(fitted), upstreams) as proxy, httpx2.Client(timeout=10) as http:
        body = {"messages": [{"role": "user", "content": "code 1"}]}
        answer = http.post(f"{proxy.base_url}/chat/completions", json=body)
    assert answer.status_code == 502
    assert "ant does not answer at http://127.0.0.1:9/v1/chat/completions" in answer.json()["error"]["message"]


# What it refuses

GOOD: dict[str, Any] = {"prompt": "p", "model_a": "ant", "model_b": "bee", "winner": "model_a"}


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"winner": "ant"}, "vote 1: the winner is 'ant': give one of model_a, model_b, tie"),
        ({"winner": None}, "vote 1: the winner is None"),
        ({"model_b": "ant"}, "vote 1: model_a and model_b are 'ant' and 'ant'"),
        ({"model_b": None}, "vote 1: model_a and model_b are 'ant' and ''"),
        ({"prompt": "  "}, "vote 1: the prompt is empty"),
        ({"prompt": []}, r"vote 1: the prompt is \[\]"),
        ({"model_a": "dog"}, "vote 1: there is no model 'dog' among ant, bee"),
    ],
)
def test_votes_are_refused_by_their_number(record: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Votes.from_records([GOOD, GOOD | record], models=["ant", "bee"])


def test_votes_are_read_as_they_are_meant() -> None:
    records = [GOOD, GOOD | {"winner": "model_b", "prompt": ["one", "two"]}, GOOD | {"winner": "tie (bothbad)"}]
    votes = Votes.from_records(records)
    assert votes.prompts == ("p", "one\n\ntwo")
    assert (votes.winner.tolist(), votes.loser.tolist(), votes.end.tolist()) == ([0, 1, 0], [1, 0, 1], [0, 0, 2])
    assert votes.of_prompts(np.array([1])).winner.tolist() == [1]
    assert votes.first(1).prompts == ("p",)
    with pytest.raises(ValueError, match="there are no votes"):
        Votes.from_records([])


def test_fits_and_calls_that_mean_nothing_are_refused(fitted: PromptToLeaderboard) -> None:
    one_sided = Votes.from_records([GOOD] * 3)
    refusals: list[tuple[Any, str]] = [
        (lambda: PromptToLeaderboard(None, head="elo"), "the head is 'elo'"),
        (lambda: PromptToLeaderboard(None, penalty=-1.0), "penalty is -1"),
        (lambda: PromptToLeaderboard(encode, tuning=Tuning()), "tuning is for a Backbone"),
        (lambda: Tuning(lr=0.0), "give more than 0"),
        (lambda: PromptToLeaderboard(None).strengths(["p"]), "not fitted yet"),
        (lambda: PromptToLeaderboard(None, penalty=0.0).fit(one_sided), "'ant' never loses: without a penalty"),
        (lambda: PromptToLeaderboard(None).fit(Votes.from_records([GOOD], models=MODELS)), "'cat' has no votes"),
        (
            lambda: PromptToLeaderboard(None, head="bt").fit(Votes.from_records([GOOD | {"winner": "tie"}])),
            "vote 0 is a tie",
        ),
        (
            lambda: PromptToLeaderboard(lambda texts: np.full((len(texts), 2), np.nan)).fit(VOTES),
            "is encoded with what is no",
        ),
        (lambda: fitted.predict_proba(["p"], ["dog"], ["ant"]), "'dog' was in no vote"),
        (lambda: Router(fitted, way="best"), "the way is 'best'"),
        (lambda: Router(fitted, way="simple-lp"), "simple-lp needs absolute strengths"),
        (lambda: Router(fitted, costs={"dog": 1.0}), "a cost of 'dog', which was in no vote"),
        (lambda: Router(fitted, costs={"ant": -1.0}), "the cost of 'ant' is -1.0"),
        (lambda: Router(fitted, opponents={"ant": 0.0}), "no opponent is ever met"),
        (lambda: Router(fitted).mix("p", max_cost=1.0), "the router knows no costs"),
        (lambda: RoutingProxy(Router(fitted), {}), "'ant' is routed to and has no upstream"),
        (lambda: Upstream("localhost", "m"), "base_url is 'localhost'"),
        (lambda: outcome_chances("rk", torch.zeros(1), torch.zeros(1)), "needs eta"),
    ]
    for call, words in refusals:
        with pytest.raises(ValueError, match=words):
            call()
    with pytest.raises(UnfulfillableError, match=r"no model answers for 0\.5: the cheapest is cat for 1"):
        Router(fitted, costs=COSTS).mix("p", max_cost=0.5)


def test_the_page_on_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_example("prompt_to_leaderboard")
    assert json.loads((tmp_path / "leaderboard" / "head.json").read_text())["models"]
