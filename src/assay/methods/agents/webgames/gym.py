"""The environment as Gymnasium knows it: ``gymnasium.make("assay/WebGames-v0", task="discs", difficulty="easy")``.

Import this module to register it. Observations and actions are BrowserGym's, so its agents can be attached.
"""

from typing import Any

import numpy as np

from assay.methods.agents.webgames.env import WebGamesEnv

try:
    import gymnasium
    from gymnasium import spaces
except ImportError:
    raise ValueError("this is for Gymnasium, which is not installed: pip install 'assay-papers[agents]'") from None

ID = "assay/WebGames-v0"


class Unicode(spaces.Space[str]):
    """Any text."""

    def contains(self, x: Any) -> bool:
        """Whether it is a text."""
        return isinstance(x, str)

    def sample(self, mask: Any = None, probability: Any = None) -> str:  # noqa: ARG002 - Gymnasium's
        """An action that waits."""
        return f"noop({int(self.np_random.integers(1, 1_000))})"


class AnyDict(spaces.Space[dict[str, Any]]):
    """Any mapping, such as a tree of a page."""

    def contains(self, x: Any) -> bool:
        """Whether it is a mapping."""
        return isinstance(x, dict)

    def sample(self, mask: Any = None, probability: Any = None) -> dict[str, Any]:  # noqa: ARG002 - Gymnasium's
        """An empty one."""
        return {}


class Picture(spaces.Space[Any]):
    """A screenshot of any size, (height, width, 3); height and width are 0 where none was taken."""

    def __init__(self) -> None:
        super().__init__(None, np.uint8)

    def contains(self, x: Any) -> bool:
        """Whether it is such an array."""
        return isinstance(x, np.ndarray) and x.dtype == np.uint8 and x.ndim == 3 and x.shape[2] == 3

    def sample(self, mask: Any = None, probability: Any = None) -> Any:  # noqa: ARG002 - Gymnasium's
        """An empty one."""
        return np.zeros((0, 0, 3), dtype=np.uint8)


class GymWebGames(WebGamesEnv, gymnasium.Env[dict[str, Any], str]):
    """`WebGamesEnv` with Gymnasium's spaces."""

    metadata: dict[str, Any] = {"render_modes": ["rgb_array"]}  # noqa: RUF012 - Gymnasium declares it so

    def __init__(self, task: str = "switches", difficulty: str = "base", **how: Any) -> None:
        super().__init__(task, difficulty, **how)
        self.action_space = Unicode()
        self.observation_space = spaces.Dict(
            {
                "chat_messages": spaces.Sequence(AnyDict()),
                "goal": Unicode(),
                "goal_object": spaces.Sequence(AnyDict()),
                "open_pages_urls": spaces.Sequence(Unicode()),
                "open_pages_titles": spaces.Sequence(Unicode()),
                "active_page_index": spaces.Box(0, 255, (1,), np.int64),
                "url": Unicode(),
                "screenshot": Picture(),
                "dom_object": AnyDict(),
                "axtree_object": AnyDict(),
                "extra_element_properties": AnyDict(),
                "focused_element_bid": Unicode(),
                "last_action": Unicode(),
                "last_action_error": Unicode(),
                "elapsed_time": spaces.Box(0, np.inf, (1,), np.float64),
            }
        )

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        """See `WebGamesEnv.reset`."""
        gymnasium.Env.reset(self, seed=seed)
        return WebGamesEnv.reset(self, seed=seed, options=options)


gymnasium.register(ID, entry_point="assay.methods.agents.webgames.gym:GymWebGames")
