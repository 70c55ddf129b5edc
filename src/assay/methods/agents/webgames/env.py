"""The environment that an agent acts in: Gymnasium's `reset` and `step`, BrowserGym's observations and actions.

It needs neither of the two; where Gymnasium is installed, `gym` registers it there.
"""

import http.client
import time
from collections.abc import Mapping
from typing import Any, Literal, Self

from assay.methods.agents.webgames.actions import ActionError, read_action
from assay.methods.agents.webgames.browser import Browser, Window
from assay.methods.agents.webgames.server import SEAT, Episode, GameServer
from assay.methods.agents.webgames.trace import read_act

PROMISE = "When it is done the page shows a code like ABCD-EFGH-IJKL: send that code to the user, once."


class WebGamesEnv:
    """One task after the other, in a browser.

    Args:
        task: What `reset` begins unless its options say otherwise.
        difficulty: ``easy``, ``base`` or ``hard``.
        clock: ``steps``, where time passes with actions, or ``real``.
        pictures: Whether observations hold a screenshot.
        max_steps: Of an episode; the task's own number by default.
        browser: One that runs already; by default one is started, and closed with the environment.
        server: The same.
        render_mode: ``rgb_array`` or ``None``, as Gymnasium asks.
    """

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"]}  # noqa: RUF012 - Gymnasium declares it so

    def __init__(
        self,
        task: str = "switches",
        difficulty: str = "base",
        *,
        clock: str = "steps",
        pictures: bool = False,
        max_steps: int | None = None,
        browser: Browser | None = None,
        server: GameServer | None = None,
        render_mode: str | None = None,
    ) -> None:
        if max_steps is not None and max_steps < 1:
            raise ValueError(f"max_steps is {max_steps}: give 1 or more")
        self.task, self.difficulty, self.clock = task, difficulty, clock
        self.pictures, self.max_steps, self.render_mode = pictures, max_steps, render_mode
        self._browser, self._server = browser, server
        self._own: list[Browser | GameServer] = []
        self.window: Window | None = None
        self.episode: Episode | None = None
        self._next_seed = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> Literal[False]:
        self.close()
        return False

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Begin an episode.

        Args:
            seed: From which its parameters are drawn; by default the one after the last.
            options: ``task``, ``difficulty`` and ``clock``, where they are other than the environment's.

        Raises:
            ValueError: There is no such task, difficulty, seed, clock or option, or no browser.
        """
        chosen = {"task": self.task, "difficulty": self.difficulty, "clock": self.clock}
        unknown = set(options or {}) - set(chosen)
        if unknown:
            raise ValueError(f"reset knows no option {min(unknown)!r}; there are {', '.join(chosen)}")
        chosen |= dict(options or {})
        number = self._next_seed if seed is None else seed
        server = self._started_server()
        episode = server.open(chosen["task"], chosen["difficulty"], number, clock=chosen["clock"])
        self._forget()
        self._next_seed = number + 1
        self.episode = episode
        address, cookies = server.address(episode), {SEAT: episode.seat}
        if self.window is None:
            self.window = self._started_browser().open(address, cookies=cookies)
            self.window.told = self._sign
        else:
            self.window.start(address, cookies)
        self.window.waits = chosen["clock"] == "real"
        self.goal = f"{episode.game.goal} {PROMISE}"
        self.limit = self.max_steps or episode.game.steps
        self._began, self._steps = time.monotonic(), 0
        self._last = self._error = ""
        self._chat = [self._message("user", self.goal)]
        self.outcome = ""
        """How it ended: ``right``, or what was wrong with the answer, ``trapped``, ``gave up``, ``out of steps``."""
        return self._observe(), self._info()

    def step(self, action: str) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        """Take an action; one that cannot be taken is told in ``last_action_error``, and costs a step.

        Raises:
            ValueError: No episode runs.
        """
        if self.window is None or self.episode is None or self.outcome:
            raise ValueError("no episode runs: call reset first")
        self._steps += 1
        self._last, self._error = str(action), ""
        try:
            call = read_action(self._last)
            if call.name == "send_msg_to_user":
                self._chat.append(self._message("assistant", call["text"]))
                self.outcome = self.episode.judge(call["text"])
            elif call.name == "report_infeasible":
                self._chat.append(self._message("infeasible", call["reason"]))
                self.outcome = "gave up"
            else:
                self.window.act(call)
        except ActionError as error:
            self._error = f"ActionError: {error}"
        observation = self._observe()
        if self.episode.game.trapped and not self.outcome:
            self.outcome = "trapped"
        terminated = bool(self.outcome)
        truncated = not terminated and self._steps >= self.limit
        if truncated:
            self.outcome = "out of steps"
        return observation, float(self.outcome == "right"), terminated, truncated, self._info()

    def render(self) -> Any:
        """A screenshot, (height, width, 3), if ``render_mode`` is ``rgb_array``."""
        if self.render_mode != "rgb_array" or self.window is None:
            return None
        return self.window.observe(pictures=True)["screenshot"]

    def close(self) -> None:
        """End the episode; close browser and server, if they are its own."""
        self._forget()
        if self.window is not None:
            self.window.close()
            self.window = None
        for each in reversed(self._own):
            each.__exit__(None, None, None)
        self._own = []
        self._browser = self._server = None

    def _started_server(self) -> GameServer:
        if self._server is None:
            self._server = GameServer().__enter__()
            self._own.append(self._server)
        return self._server

    def _started_browser(self) -> Browser:
        if self._browser is None:
            self._browser = Browser().__enter__()
            self._own.append(self._browser)
        return self._browser

    def _forget(self) -> None:
        if self.episode is not None and self._server is not None:
            self._server.close(self.episode)
        self.episode = None

    def _sign(self, about: dict[str, Any]) -> None:
        """Tell the server, signed, what the agent does next; over HTTP, as an environment in another process would."""
        assert self.episode is not None and self._server is not None  # noqa: S101, PT018
        act = read_act({"number": len(self.episode.trace.acts)} | about)
        signature = self._server.signature(self.episode, act.as_bytes())
        connection = http.client.HTTPConnection(self._server.origin.removeprefix("http://"), timeout=60)
        try:
            headers = {"Signature": signature, "Content-Type": "application/json"}
            connection.request("POST", f"/{self.episode.ticket}/act", act.as_bytes(), headers)
            response = connection.getresponse()
            if response.status != 204:
                raise ActionError(f"the server refuses the action: {response.read().decode()}")
        finally:
            connection.close()

    def _observe(self) -> dict[str, Any]:
        import numpy as np  # noqa: PLC0415

        assert self.window is not None  # noqa: S101
        return {
            "chat_messages": tuple(dict(each) for each in self._chat),
            "goal": self.goal,
            "goal_object": ({"type": "text", "text": self.goal},),
            **self.window.observe(pictures=self.pictures),
            "last_action": self._last,
            "last_action_error": self._error,
            "elapsed_time": np.array([time.monotonic() - self._began]),
        }

    def _info(self) -> dict[str, Any]:
        assert self.episode is not None  # noqa: S101
        game = self.episode.game
        return {
            "task_info": {
                "task": game.name,
                "domain": game.domain,
                "difficulty": self.episode.difficulty,
                "seed": self.episode.seed,
                "clock": game.clock.name,
                "steps": self._steps,
                "outcome": self.outcome,
                "refused_moves": len(self.episode.trace.refused),
            }
        }

    def _message(self, role: str, words: str) -> dict[str, Any]:
        return {"role": role, "timestamp": time.time(), "message": words}
