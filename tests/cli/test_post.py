"""`assay post`, end to end: to a real server on loopback, in processes that run at once and are killed."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Run, environment_of
from tests.cli.fixtures import listing
from tests.sending.chat_server import DROP, HANG, ChatServer

pytest.importorskip("apprise")
pytestmark = pytest.mark.filterwarnings(
    "ignore:'imghdr' is deprecated:DeprecationWarning"
)  # one of its services uses it
DAY = "2099-12-02"


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


def settings_for(server: ChatServer) -> dict[str, str]:
    address = f"json://{server.host}/hook/gulpgulp"
    return {"ASSAY_CHAT_TEAM": address, "ASSAY_PATIENCE": "0", "ASSAY_TIMEOUT": "600", "ASSAY_RETRY_WAIT": "0"}


@pytest.fixture
def day(assay: Run, tmp_path: Path) -> None:
    (tmp_path / "day.json").write_text(listing(99901, 99902, 99903))
    assert assay("import", "day.json").code == 0


def messages(server: ChatServer) -> list[str]:
    return [json.loads(post.body)["message"] for post in server.posts]


def test_a_day_is_posted_once(assay: Run, day: None, server: ChatServer) -> None:
    done = assay("post", DAY, "--to", "team", **settings_for(server))
    assert (done.code, done.out, done.err) == (0, f"{DAY} to team: 3 papers sent\n", "")
    [message] = messages(server)
    assert message.count("https://arxiv.org/abs/9912.9990") == 3
    again = assay("post", DAY, "--to", "team", **settings_for(server))
    assert (again.code, again.out) == (0, f"{DAY} to team: 3 papers sent before\n")
    assert len(server.posts) == 1


def test_what_was_added_since_is_posted_alone(assay: Run, day: None, server: ChatServer, tmp_path: Path) -> None:
    assay("post", DAY, "--to", "team", **settings_for(server))
    (tmp_path / "later.json").write_text(listing(99904, 99901))
    assay("import", "later.json")
    report = json.loads(assay("post", DAY, "--to", "team", "--json", **settings_for(server)).out)
    assert [each["outcome"] for each in report["team"]] == ["sent before", "sent"]
    assert report["team"][1]["papers"] == ["9912.99904"]
    assert "99901" not in messages(server)[1]


def test_chats_are_settings_by_name(assay: Run, day: None, server: ChatServer, home: Path) -> None:
    (home / "config.toml").write_text(f'[chat]\nlab = "form://{server.host}/"\n')
    done = assay("post", DAY, "--to", "lab", "--to", "team", **settings_for(server))
    assert done.out == f"{DAY} to lab: 3 papers sent\n{DAY} to team: 3 papers sent\n"
    assert len(server.posts) == 2


def test_a_post_that_fails_is_said_and_made_up_for(assay: Run, day: None, server: ChatServer) -> None:
    server.answers.append(403)
    done = assay("post", DAY, "--to", "team", **settings_for(server))
    assert (done.code, done.out) == (1, f"{DAY} to team: 3 papers refused; team refused the post (status 403)\n")
    assert assay("post", DAY, "--to", "team", **settings_for(server)).code == 0
    server.answers.append(DROP)
    unsure = assay("post", DAY, "--to", "team", "--again", **settings_for(server))
    assert unsure.code == 1
    assert "3 papers unsure; team gave no answer that can be read: the post may have arrived" in unsure.out


@pytest.mark.parametrize("kills", [True, False], ids=["killed", "at once"])
def test_a_post_under_way_is_nobody_elses(
    assay: Run, day: None, server: ChatServer, home: Path, tmp_path: Path, kills: bool
) -> None:
    server.answers.append(HANG)
    command = [sys.executable, "-m", "assay", "post", DAY, "--to", "team"]
    variables = environment_of(home, tmp_path) | settings_for(server)
    with subprocess.Popen(command, env=variables, stderr=subprocess.PIPE) as first:
        assert server.reached.wait(60)
        if kills:
            first.kill()
            first.wait()
        done = assay("post", DAY, "--to", "team", **settings_for(server))
        first.kill()
    assert done.code == 1
    words = "posting broke off, and it may have arrived" if kills else "another process is sending it at this moment"
    assert words in done.out
    assert server.tried == 1


WRONG = [
    ((), "to which chat? give --to NAME (there are: team)"),
    (("--to", "lab"), "no chat is called 'lab' (there are: team)"),
    (("--to", "slack://gulpgulp"), "no chat goes by what --to was given (there are: team)"),
    (("--to", "broken"), "the address of the chat 'broken': apprise cannot read it"),
]


@pytest.mark.parametrize(("arguments", "words"), WRONG)
def test_a_mistake_is_said_in_one_line_without_secrets(
    assay: Run, day: None, server: ChatServer, arguments: tuple[str, ...], words: str
) -> None:
    settings = settings_for(server) | ({"ASSAY_CHAT_BROKEN": "slack://gulpgulp"} if "broken" in arguments else {})
    done = assay("post", DAY, *arguments, **settings)
    assert done.code == 2
    assert words in done.err
    assert "gulp" not in done.err
    assert done.err.count("\n") == 1


def test_without_apprise_it_says_what_to_install(home: Path, tmp_path: Path, day: None, server: ChatServer) -> None:
    code = "import sys; sys.modules['apprise'] = None; from assay.cli import main; main()"
    command = [sys.executable, "-c", code, "post", DAY, "--to", "team"]
    variables = environment_of(home, tmp_path) | settings_for(server)
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        2,
        "assay: posting to chats needs apprise: pip install 'assay-papers[chat]'\n",
    )


def test_a_day_without_papers_is_not_posted(assay: Run, server: ChatServer) -> None:
    done = assay("post", "2099-12-05", "--to", "team", **settings_for(server))
    assert done.code == 0
    assert "2099-12-05 has no papers" in done.err
    assert server.tried == 0
