"""WebGames (arXiv 2502.18356): small web tasks, served locally, that show which skill a browser agent lacks.

Each task is one page that asks for one skill, and shows a code once it is done; an answer is right if it holds that
code. The paper's 50 and more tasks keep their passwords in the page's script, so whoever reads the source, or has seen
the tasks, needs no skill. The tasks here are others, of the same kinds: 36, at three difficulties, in five domains
(technical fluency, timing, deceit, thinking, seeing), drawn anew from each seed.

How an answer comes to be worth something::

    code = HMAC(key, "code", ticket)      the key is the server's, the ticket is new in each episode
    a move counts if  HMAC(key, "seat", ticket) comes along, in a cookie that scripts cannot read,
                 and  the agent's last action explains it, and has explained none like it;
    actions are signed  HMAC(key, "act", ticket, action)  by the environment, before they take place

All rules and states stand on the server (`game`, `tasks`); a page shows and reports (`page`). So the code is in no
source; to call the checker directly, to replay another session or to forge a trace gets none (`trace` says what is
left). Time passes with actions unless a real clock is asked for: then a model's latency counts too, and it is another
test.

    with Browser() as browser:
        report = WebGames(difficulty="all", seeds=range(2)).evaluate(HeuristicAgent(), browser=browser)
    report.table()                                # shares with 95 % intervals, by difficulty and domain
    ModelAgent(Endpoint("http://127.0.0.1:8000/v1", "name"))    # any server that speaks OpenAI's protocol

`WebGamesEnv` is Gymnasium's interface with BrowserGym's observations and actions and needs neither package; importing
`assay.methods.agents.webgames.gym` registers ``assay/WebGames-v0`` with Gymnasium.

Departures from the paper and its code: own tasks and words; codes by episode and from a server, not constants; a whole
code and only one counts, instead of a substring of the answer; no task asks another host for anything; the browser can
reach none. Six of the paper's kinds are left out: CAPTCHAs, files to upload, text that only prints, games that run by
themselves, sound, and its dashboard of events.

Source: the paper, section 3, and the README of its code.
"""

from assay.methods._models import Endpoint
from assay.methods.agents.webgames.agents import Agent, HeuristicAgent, ModelAgent, Oracle, RandomAgent
from assay.methods.agents.webgames.browser import Browser, NoBrowserError
from assay.methods.agents.webgames.env import WebGamesEnv
from assay.methods.agents.webgames.game import DIFFICULTIES, DOMAINS
from assay.methods.agents.webgames.server import GameServer
from assay.methods.agents.webgames.suite import Played, Report, WebGames
from assay.methods.agents.webgames.tasks import TASKS

__all__ = [
    "DIFFICULTIES",
    "DOMAINS",
    "TASKS",
    "Agent",
    "Browser",
    "Endpoint",
    "GameServer",
    "HeuristicAgent",
    "ModelAgent",
    "NoBrowserError",
    "Oracle",
    "Played",
    "RandomAgent",
    "Report",
    "WebGames",
    "WebGamesEnv",
]
