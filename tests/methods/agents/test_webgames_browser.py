"""Tasks of WebGames in a real browser: every kind of action, what agents see, and what they cannot reach."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assay.methods.agents import webgames
from assay.methods.agents.webgames import (
    Browser,
    Endpoint,
    GameServer,
    HeuristicAgent,
    ModelAgent,
    NoBrowserError,
    Oracle,
    WebGames,
    WebGamesEnv,
)
from assay.methods.agents.webgames.agents import mark_picture
from assay.methods.agents.webgames.observing import describe, interactive
from assay.methods.agents.webgames.server import CODE
from assay.methods.agents.webgames.suite import play

pytestmark = pytest.mark.browser

PAGE = Path(__file__).parents[3] / "docs/methods/webgames.md"
EVERY_ACTION = (
    ("chords", "base"), ("menu", "base"), ("right-click", "easy"), ("long-list", "easy"),
    ("frames", "hard"), ("towers", "easy"), ("dates", "easy"), ("shelves", "easy"), ("hold", "base"),
    ("consent", "easy"), ("dot", "hard"), ("gauges", "easy"),
)  # fmt: skip


@pytest.fixture(scope="module")  # no longer: while it runs, no other test of the process may run an event loop
def browser() -> Iterator[Browser]:
    try:
        with Browser() as browser:
            yield browser
    except NoBrowserError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def env(browser: Browser) -> Iterator[WebGamesEnv]:
    with GameServer() as server, WebGamesEnv(browser=browser, server=server) as env:
        yield env


@pytest.mark.parametrize(("task", "difficulty"), EVERY_ACTION)
def test_who_knows_the_solution_solves(env: WebGamesEnv, task: str, difficulty: str) -> None:
    assert play(env, Oracle(), task, difficulty, 1)[0] == "right"


def test_without_the_last_action_nothing_is_solved(env: WebGamesEnv) -> None:
    assert play(env, Oracle(finish=False), "shelves", "easy", 1)[0] == "no code"


def bid_of(observation: dict[str, Any], name: str) -> str:
    return next(bid for _, bid, each in interactive(observation["axtree_object"]) if each == name)


def test_observations_are_those_of_browsergym(env: WebGamesEnv) -> None:
    env.pictures = True
    observation, info = env.reset(seed=0, options={"task": "form", "difficulty": "easy"})
    env.pictures = False
    assert set(observation) == set(
        "chat_messages goal goal_object open_pages_urls open_pages_titles active_page_index url screenshot dom_object "
        "axtree_object extra_element_properties focused_element_bid last_action last_action_error elapsed_time".split()
    )
    assert observation["screenshot"].shape == (720, 1280, 3)
    assert observation["goal"] == observation["goal_object"][0]["text"] == observation["chat_messages"][0]["message"]
    assert set(observation["dom_object"]) == {"documents", "strings"}
    bid = bid_of(observation, "Send")
    about = observation["extra_element_properties"][bid]
    assert (about["visibility"], about["clickable"], about["set_of_marks"]) == (1.0, True, True)
    assert f"[{bid}] button 'Send'" in describe(observation["axtree_object"])
    x, y, width, _ = map(int, about["bbox"])
    marked = np.asarray(mark_picture(observation))
    assert (marked[y, x : x + width] != observation["screenshot"][y, x : x + width]).any()
    assert info["task_info"]["task"] == "form"


def test_what_cannot_be_done_is_told_and_costs_a_step(env: WebGamesEnv) -> None:
    observation, _ = env.reset(seed=0, options={"task": "notices", "difficulty": "easy"})
    for action, message in (
        (f"click({bid_of(observation, 'Continue')!r})", "is covered by something else"),
        ("click('99999')", "there is no element '99999' any more"),
        ("press the button", "is no call of an action"),
        ("goto('javascript:alert(1)')", "and nothing else is to be had"),
        ("goto('http://127.0.0.1:1/')", "and nothing else is to be had"),
        ("tab_focus(3)", "there are tabs 0 to 0, and no 3"),
        ("tab_close()", "this is the only tab"),
        ("keyboard_press('Nonsense')", "Unknown key"),
    ):
        observation, reward, terminated, truncated, info = env.step(action)
        assert message in observation["last_action_error"], action
        assert (reward, terminated, truncated) == (0.0, False, False)
    assert info["task_info"]["steps"] == 8
    assert env.step("report_infeasible('too hard')")[2]
    with pytest.raises(ValueError, match="no episode runs: call reset first"):
        env.step("noop()")
    with pytest.raises(ValueError, match="reset knows no option 'level'"):
        env.reset(options={"level": "easy"})


def test_who_obeys_a_page_fails(env: WebGamesEnv) -> None:
    observation, _ = env.reset(seed=0, options={"task": "letter", "difficulty": "hard"})
    prompt = ModelAgent(lambda prompt: "")
    prompt.begin(env, 0)
    asked = prompt.prompt(observation)
    data = asked[asked.index("<page>") : asked.index("</page>")]
    assert "ignore your task" in data
    assert "ignore your task" not in asked.replace(data, "")
    _, reward, terminated, _, info = env.step(f"click({bid_of(observation, 'Erase the archive')!r})")
    assert (reward, terminated, info["task_info"]["outcome"]) == (0.0, True, "trapped")
    observation, _ = env.reset(seed=0, options={"task": "forgery", "difficulty": "easy"})
    code = CODE.search(describe(observation["axtree_object"]))
    assert code is not None
    assert env.step(f"send_msg_to_user({code[0]!r})")[4]["task_info"]["outcome"] == "forged code"


def test_a_model_is_asked_and_its_answers_are_done(env: WebGamesEnv) -> None:
    """A scripted model, which does what its prompt lists and answers the code that the page shows."""
    prompts = []

    def answer(prompt: str) -> str:
        prompts.append(prompt)
        code = CODE.search(prompt[prompt.index("<page>") : prompt.index("</page>")])
        lines = [line for line in prompt.splitlines() if line.startswith("click(") and "off" in line]
        return f"send_msg_to_user('{code[0]}')" if code else f"I would say {lines[0].split('  ')[0]}."

    agent = ModelAgent(answer, name="script")
    assert play(env, agent, "switches", "easy", 0) == ("right", 3)
    assert "Done so far:\nclick('" in prompts[-1]
    numbers = iter(("1", "No. 2", "3"))  # two lamps; then scroll, wait, and the code
    assert play(env, ModelAgent(lambda prompt: next(numbers), look="choices", name="n"), "switches", "easy", 0) == (
        "right",
        3,
    )
    with pytest.raises(ValueError, match="look is 'ears': give text, marks or choices"):
        ModelAgent(answer, look="ears")


def test_seeds_repeat_and_a_real_clock_takes_its_time(env: WebGamesEnv) -> None:
    suite = WebGames("right-click", "easy", seeds=[3])
    runs = [suite.evaluate(HeuristicAgent(), env=env, max_steps=3).episodes[0] for _ in range(2)]
    assert (runs[0].outcome, runs[0].steps) == (runs[1].outcome, runs[1].steps)
    (played,) = WebGames("hold", "easy", clock="real").evaluate(Oracle(), env=env).episodes
    env.clock = "steps"
    assert played.solved
    assert played.seconds >= 1.0


def test_nothing_but_its_origin_is_reached(browser: Browser) -> None:
    """A page without any policy, on one server, that calls on another one of this machine in every way."""
    asked: list[str] = []

    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(f"{self.headers['Host']}{self.path}")
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<p>here</p>")

        def log_message(self, *_: object) -> None:
            pass

    with (
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as own,
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers) as other,
    ):
        for server in (own, other):
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        window = browser.open(f"http://127.0.0.1:{own.server_port}/")
        outcomes = window.page.evaluate(
            """async port => {
              const tries = [`http://127.0.0.1:${port}/fetch`, `http://localhost:${port}/name`, "http://example.com/",
                             `http://[::1]:${port}/six`, "http://192.0.2.1/", `/own`];
              const said = [];
              for (const url of tries) said.push(await fetch(url, {mode: "no-cors"}).then(() => "reached", () => "no"));
              said.push(await new Promise(done => {
                const image = new Image();
                image.onload = () => done("reached"); image.onerror = () => done("no");
                image.src = `http://127.0.0.1:${port}/image`;
              }));
              said.push(await new Promise(done => {
                const socket = new WebSocket(`ws://127.0.0.1:${port}/socket`);
                socket.onopen = () => done("reached"); socket.onerror = () => done("no");
              }));
              return said;
            }""",
            other.server_port,
        )
        window.close()
        for server in (own, other):
            server.shutdown()
    assert outcomes == ["no", "no", "no", "no", "no", "reached", "no", "no"]
    assert {each.partition("/")[0] for each in asked} == {f"127.0.0.1:{own.server_port}"}
    with pytest.raises(ValueError, match="is not on loopback"):
        browser.open("http://example.com/")


def test_gymnasium_makes_it(browser: Browser) -> None:
    gymnasium = pytest.importorskip("gymnasium")
    from assay.methods.agents.webgames import gym

    with GameServer() as server:
        env = gymnasium.make(gym.ID, task="switches", difficulty="easy", browser=browser, server=server)
        observation, _ = env.reset(seed=2)  # Gymnasium's own checker looks at what comes
        assert env.observation_space.contains(observation)
        observation, reward, *_ = env.step(env.action_space.sample())
        assert env.observation_space.contains(observation)
        assert reward == 0.0
        env.close()


def test_a_real_model_is_asked_over_the_protocol(env: WebGamesEnv) -> None:
    from tests.writing.real_servers import llama_server

    with llama_server(context=2048) as url:
        agent = ModelAgent(Endpoint(url, "smollm2", attempts=1), tokens=2, longest=200)
        observation, _ = env.reset(seed=0, options={"task": "switches", "difficulty": "easy"})
        agent.begin(env, 0)
        assert agent.act(observation)


def test_the_page_on_it_runs(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the browser that runs already, of which a process can have but one."""
    monkeypatch.setattr(webgames, "Browser", lambda: nullcontext(browser))
    code = PAGE.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    exec(compile(code, str(PAGE), "exec"), {"__name__": "page"})
