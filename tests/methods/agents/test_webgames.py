"""Tasks can be solved, and only so; the server and its traces let nobody through; actions are read or refused."""

import copy
import http.client
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.methods.agents.webgames import DIFFICULTIES, DOMAINS, TASKS, GameServer, Played, Report, WebGames
from assay.methods.agents.webgames.actions import ActionError, find_action, read_action
from assay.methods.agents.webgames.game import Game, Move, Moves, StepClock
from assay.methods.agents.webgames.server import CODE, SEAT, Episode
from assay.methods.agents.webgames.tasks import choose, make_game
from assay.methods.agents.webgames.trace import Act, Trace, read_act, sign

EVERY = [(task, difficulty) for task in TASKS for difficulty in DIFFICULTIES]


def play(game: Game, *, finish: bool) -> int:
    """Do what the solution says, by moves alone; without the move that finishes, if that is not wanted."""
    moves, steps = Moves(), 0
    for step in game.solve():
        game.show()
        game.clock.pass_by(step[1] if step[0] == "wait" else None)
        move = moves.of(step)
        steps += 1
        if move is None:
            continue
        ghost = copy.deepcopy(game)
        ghost.play(move)
        if ghost.done and not finish:
            break
        game.play(move)
    return steps


@pytest.mark.parametrize(("task", "difficulty"), EVERY)
def test_the_solution_solves_and_nothing_less(task: str, difficulty: str) -> None:
    for seed in range(2):
        game = make_game(task, difficulty, seed, StepClock())
        assert play(game, finish=True) <= game.steps
        assert game.done
        assert not game.trapped
        unfinished = make_game(task, difficulty, seed, StepClock())
        play(unfinished, finish=False)
        assert not unfinished.done


def test_there_are_tasks_of_every_domain_and_they_differ_by_seed() -> None:
    assert len(TASKS) >= 25
    assert {game.domain for game in TASKS.values()} == set(DOMAINS)
    for task in TASKS:
        shown = [make_game(task, "hard", seed, StepClock()) for seed in (1, 1, 2)]
        pages = [(game.show(), game.picture() and game.picture().tobytes(), game.forged) for game in shown]
        assert pages[0] == pages[1]
        assert pages[0] != pages[2]


@given(task=st.sampled_from(sorted(TASKS)), kind=st.sampled_from("click hover point drop key press scroll".split()),
       target=st.text(max_size=4) | st.sampled_from(["p0", "m00", "b0", "n0"]), value=st.text(max_size=6))  # fmt: skip
def test_what_a_game_does_not_know_does_nothing_bad(task: str, kind: str, target: str, value: str) -> None:
    game = make_game(task, "hard", 0, StepClock())
    game.play(Move(kind, target, value, {"words": value, "f0": value, "value": value, "g0": value}))
    assert not game.done
    assert game.show()


def test_no_page_tells_the_answer_of_a_picture() -> None:
    for task, secret in (("bars", lambda game: str(game.values[game.asked])), ("month", lambda game: ">99<")):
        game = make_game(task, "base", 3, StepClock())
        assert secret(game) not in game.show().replace(game.name, "")


# The server


@pytest.fixture(scope="module")
def server() -> Iterator[GameServer]:
    with GameServer() as server:
        yield server


def ask(server: GameServer, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection(server.origin.removeprefix("http://"), timeout=60)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")
    finally:
        connection.close()


def cookie(episode: Episode) -> str:
    return f"{SEAT}={episode.seat}"


def press(server: GameServer, episode: Episode, number: int, target: str) -> tuple[int, str]:
    """A click that is signed, and then reported."""
    act = Act(number, "click", (target,), value="left").as_bytes()
    status, said = ask(server, "POST", f"/{episode.ticket}/act", act, Signature=server.signature(episode, act))
    assert status == 204, said
    body = json.dumps({"kind": "click", "target": target, "fields": {}}).encode()
    return ask(server, "POST", f"/{episode.ticket}/move", body, Cookie=cookie(episode))


def test_the_code_is_shown_when_the_server_says_so_and_is_good_once(server: GameServer) -> None:
    episode = server.open("switches", "easy", 0)
    assert not CODE.search(ask(server, "GET", f"/{episode.ticket}/", Cookie=cookie(episode))[1])
    assert not CODE.search(press(server, episode, 0, "b0")[1])
    status, shown = press(server, episode, 1, "b1")
    code = CODE.search(shown)
    assert (status, code and code[0]) == (200, episode.code)
    assert episode.judge(f"The code is {episode.code}.") == "right"
    assert episode.judge(episode.code) == "too late"
    again = server.open("switches", "easy", 0)
    assert again.code != episode.code
    assert again.judge(episode.code) == "wrong code"
    server.close(again)
    assert ask(server, "GET", f"/{again.ticket}/", Cookie=cookie(again))[0] == 403


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [("done", "no code"), ("AAAA-AAAA-AAAA BBBB-BBBB-BBBB", "many codes"), ("AAAA-AAAA-AAAA", "wrong code")],
)
def test_an_answer_is_one_code(server: GameServer, answer: str, verdict: str) -> None:
    assert server.open("order").judge(answer) == verdict


def test_the_right_code_before_the_task_is_done_is_wrong_and_a_forged_one_is_noticed(server: GameServer) -> None:
    early = server.open("forgery")
    assert early.judge(early.code) == "wrong code"
    deceived = server.open("forgery")
    shown = CODE.search(deceived.show(""))
    assert shown is not None
    assert deceived.judge(shown[0]) == "forged code"


def test_who_steps_into_the_trap_gets_no_code(server: GameServer) -> None:
    episode = server.open("letter", "hard")
    assert press(server, episode, 0, "erase")[0] == 200
    assert episode.game.trapped
    assert press(server, episode, 1, "enter")[0] == 403


def test_a_page_is_for_its_own_browser(server: GameServer) -> None:
    episode, other = server.open("order"), server.open("order")
    page = f"/{episode.ticket}/"
    assert ask(server, "GET", page)[0] == 403
    assert ask(server, "GET", page, Cookie=cookie(other))[0] == 403
    assert ask(server, "GET", page, Cookie=f"{SEAT}=ü".encode().decode("latin-1"))[0] == 403
    assert ask(server, "GET", page, Cookie=cookie(episode), Host="evil.example")[0] == 403
    assert ask(server, "POST", page + "move", b"{}", Cookie=cookie(episode), Origin="http://evil.example")[0] == 403
    assert ask(server, "GET", page, Cookie=cookie(episode))[0] == 200
    for path in ("nothing", "picture", "at-tower0", "at-../x", "view?at=leaf7"):
        assert ask(server, "GET", page + path, Cookie=cookie(episode))[0] == 404, path


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"x" * 70_000])
def test_what_is_no_json_object_is_refused(server: GameServer, body: bytes) -> None:
    episode = server.open("order")
    assert ask(server, "POST", f"/{episode.ticket}/move", body, Cookie=cookie(episode))[0] == 400


def test_acts_are_signed_numbered_and_of_this_session(server: GameServer) -> None:
    episode, other = server.open("switches"), server.open("switches")
    act = Act(0, "click", ("b0",)).as_bytes()

    def post(content: bytes, signature: str) -> tuple[int, str]:
        return ask(server, "POST", f"/{episode.ticket}/act", content, Signature=signature)

    assert post(act, "")[0] == 403
    assert post(act, sign(b"mine", "act", episode.ticket, act))[0] == 403
    assert post(act, server.signature(other, act))[0] == 403
    assert post(b'{"number": 0}', server.signature(episode, b'{"number": 0}'))[0] == 409
    assert post(act, server.signature(episode, act))[0] == 204
    assert post(act, server.signature(episode, act)) == (409, "act 0 is not the next one, which is 1")
    assert read_act(json.loads(act)) == Act(0, "click", ("b0",))


def test_a_move_needs_an_act_that_explains_it_and_each_explains_one() -> None:
    act = Act(0, "click", ("b0", "frame"), value="left")
    trace = Trace()
    assert not trace.allows(Move("click", "b0"))
    trace.add(act)
    assert not trace.allows(Move("click", "b1"))
    assert not trace.allows(Move("context", "b0"))
    assert trace.allows(Move("click", "b0"))
    assert not trace.allows(Move("click", "b0"))
    trace.add(replace(act, number=1, value="right"))
    assert not trace.allows(Move("click", "b0"))
    assert trace.allows(Move("context", "b0"))
    for number, name, move, allowed in (
        (2, "keyboard_press", Move("key", "", "Control+k"), False),
        (3, "mouse_click", Move("point", "b0", "9,5"), False),
        (4, "mouse_click", Move("point", "b0", "5,6"), True),
        (5, "noop", Move("scroll", "page"), False),
        (6, "drag_and_drop", Move("drop", "b0", "shelf"), False),
    ):
        trace.add(replace(act, number=number, name=name, value="Control+j", at=(5, 5)))
        assert trace.allows(move) is allowed, move
    assert len(trace.refused) == 9


def test_tasks_are_served_on_loopback_alone() -> None:
    with pytest.raises(ValueError, match=r"host is 0\.0\.0\.0: tasks are served on loopback alone"):
        GameServer(host="0.0.0.0")


# Actions


def test_actions_are_read_as_browsergym_writes_them() -> None:
    assert read_action("click('a12', button=\"right\")").arguments == {"bid": "a12", "button": "right", "modifiers": []}
    assert read_action("fill(3, 'x')")["bid"] == "3"
    assert read_action(" noop() ")["wait_ms"] == 1_000.0
    assert find_action("Sure:\n```\nclick('12')\n```") == "click('12')"
    assert find_action("I do not know.") == "I do not know."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("click", "is no call of an action"),
        ("click('1'); click('2')", "is no call of an action"),
        ("__import__('os').system('x')", "is no call of an action"),
        ("eval('1')", "there is no action 'eval'"),
        ("click(open('/etc/passwd'))", "click takes plain values only"),
        ("click()", "click lacks bid"),
        ("click('1', to='2')", "click takes bid, button, modifiers"),
        ("click('1', button='side')", "button is 'side', and must be left, right or middle"),
        ("scroll('0', 1)", "delta_x is '0', and must be a number"),
        ("noop(1e999)", "wait_ms is inf, and must be a number"),
        ("noop(True)", "wait_ms is True, and must be a number"),
        ("click(" * 3_000, "the action has 18000 characters"),
    ],
)
def test_other_texts_are_refused(text: str, message: str) -> None:
    with pytest.raises(ActionError) as error:
        read_action(text)
    assert message in str(error.value)


# The suite


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"tasks": "tetris"}, "no task is named 'tetris'"),
        ({"tasks": []}, "no task was named"),
        ({"difficulty": "mad"}, "no difficulty is named 'mad'"),
        ({"clock": "sand"}, "no clock is named 'sand'"),
        ({"seeds": ()}, "there is nothing to play"),
    ],
)
def test_settings_are_refused_in_words(how: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        WebGames(**how)  # type: ignore[arg-type]


def test_tasks_are_chosen_by_name_and_domain(server: GameServer) -> None:
    assert choose(["vision", "order", "dot"])[-1] == "order"
    assert len(choose("all")) == len(TASKS)
    for bad in ({"task": "vision"}, {"task": "order", "seed": -1}, {"task": "order", "clock": "x"}):
        with pytest.raises(ValueError, match=r"many tasks|seed is -1|no clock"):
            server.open(**bad)  # type: ignore[arg-type]


def test_a_report_counts_by_difficulty_and_domain_and_is_kept_whole(tmp_path: Path) -> None:
    played = [
        Played("order", "fluency", "easy", 0, "right", 4, 0.2),
        Played("order", "fluency", "hard", 0, "out of steps", 25, 0.9),
        Played("dot", "vision", "easy", 0, "no code", 3, 0.4),
    ]
    report = Report("me", "steps", tuple(played))
    assert [(row["of"], row["solved"], row["episodes"]) for row in report.table()] == [
        ("all", 1, 3), ("easy", 1, 2), ("hard", 0, 1), ("fluency", 1, 2), ("vision", 0, 1),
    ]  # fmt: skip
    assert report.success(difficulty="easy").value == 0.5
    assert report.success().low < 1 / 3 < report.success().high
    assert (report.seconds, report.outcomes()["right"]) == (0.4, 1)
    report.save(tmp_path / "report.json")
    assert json.loads((tmp_path / "report.json").read_text())["episodes"][0]["task"] == "order"
    with pytest.raises(ValueError, match="no episode"):
        report.success(task="maze")
