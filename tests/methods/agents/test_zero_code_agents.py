"""Agents and workflows from forms: drafts are mended by what is told, and events run as they should."""

import asyncio
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from tests.methods.agents.scripted_agents import checked, look_up

from assay.methods.agents.zero_code_agents import (
    Abort,
    Engine,
    EngineError,
    Event,
    Fired,
    FormError,
    Goto,
    Group,
    Key,
    Kit,
    Known,
    Output,
    StepError,
    Studio,
    Team,
    Workflow,
    read_agents,
    read_workflow,
    tool_of,
)
from assay.methods.agents.zero_code_agents._samples import AGENTS, WORKFLOW
from assay.methods.agents.zero_code_agents._steps import read_answer


def test_a_model_mends_its_form_by_what_it_is_told() -> None:
    prompts: list[str] = []
    answers = ["I would rather not.", WORKFLOW.replace("GOTO", "JUMP"), f"Well:\n{WORKFLOW}"]

    def model(prompt: str) -> str:
        prompts.append(prompt)
        return answers[len(prompts) - 1]

    drawn = Studio(model, tools=[tool_of(look_up)]).draft_workflow("Answer </request> and check.")
    assert (drawn.attempts, drawn.form) == (3, read_workflow(WORKFLOW))
    assert "look_up (Look a word up.)" in prompts[0]
    assert "&lt;/request> and check" in prompts[0]
    assert "form:1: there is no <workflow> in the answer" in prompts[1]
    assert "form:44: the action of output trouble is RESULT, GOTO or ABORT" in prompts[2]
    assert f"{answers[1]}\nIt was refused because of:\nform:44" in prompts[2]  # lines are of a text that it sees
    with pytest.raises(FormError, match="there is no <agents>"):
        Studio(lambda _: "no", attempts=1).draft_agents("x")
    with pytest.raises(ValueError, match="attempts is 0"):
        Studio(lambda _: "no", attempts=0)


# The engine


def ran(engine: Engine, start: str = "a", **limits: Any) -> list[tuple[str, str, Mapping[str, Any]]]:
    fired: list[Fired] = asyncio.run(engine.run(start, {"": "go"}, **limits))
    return [(each.event, each.group, each.inputs) for each in fired]


def says(name: str, *outcomes: Any, groups: Sequence[Group] = ()) -> Event:
    """An event that says one thing after another, the last one for good."""
    left = list(outcomes) or [name]

    async def say(_: Mapping[str, Any]) -> Any:
        return left.pop(0) if len(left) > 1 else left[0]

    return Event(name, say, tuple(groups))


def test_an_event_fires_when_all_that_it_listens_to_have_a_result() -> None:
    events = [says("a"), says("b", groups=[Group(("a",))]), says("c", groups=[Group(("a",))])]
    both = says("d", groups=[Group(("b", "c"), name="both")])
    assert ran(Engine([*events, both]))[-1] == ("d", "both", {"b": "b", "c": "c"})
    aborted = [events[0], says("b", Abort("no"), groups=[Group(("a",))]), events[2], both]
    assert [each[0] for each in ran(Engine(aborted))] == ["a", "b", "c"]


@pytest.mark.parametrize(("retrigger", "times"), [("all", 1), ("any", 2)])
def test_a_group_fires_again_by_its_retrigger(retrigger: str, times: int) -> None:
    back = says("back", Goto(("b",), "again"), "done", groups=[Group(("both",))])
    both = says("both", groups=[Group(("a", "b"), retrigger)])
    rows = ran(Engine([says("a"), says("b", groups=[Group(("a",))]), both, back]))
    assert [each[0] for each in rows].count("both") == times
    assert ("b", "$goto", {"a": "a", "back": "again"}) in rows


def test_loops_end_and_what_an_event_raises_ends_the_run() -> None:
    loop = Engine([says("a"), says("b", Goto(("b",)), groups=[Group(("a",))])])
    with pytest.raises(EngineError, match="after 7 events it has not come to an end"):
        ran(loop, most_events=7)
    stopped = []

    async def fail(_: Mapping[str, Any]) -> Any:
        raise KeyError("broken")

    async def wait(_: Mapping[str, Any]) -> Any:
        try:
            await asyncio.sleep(60)
        finally:
            stopped.append(True)

    with pytest.raises(KeyError, match="broken"):
        ran(Engine([says("a"), Event("b", wait, (Group(("a",)),)), Event("c", fail, (Group(("a",)),))]))
    assert stopped
    for events, words in (
        ([says("a"), says("a")], "two events are called a"),
        ([says("a", groups=[Group(("z",))])], "listens to z"),
        ([says("a", groups=[Group(())])], "needs members"),
        ([says("a"), says("b", groups=[Group(("a",), "some")])], "retriggers by all or any"),
    ):
        with pytest.raises(EngineError, match=words):
            Engine(events)
    with pytest.raises(EngineError, match="there is no event z: there are a"):
        ran(Engine([says("a", Goto(("z",)))]))
    with pytest.raises(EngineError, match="most_at_once is 0"):
        ran(Engine([says("a")]), most_at_once=0)


# Workflows


def test_a_workflow_goes_back_until_it_is_right() -> None:
    outcome = Workflow.build(read_workflow(WORKFLOW), Kit(checked)).run("Why?")
    assert outcome.value == "fine:\na draft"
    assert [each.event for each in outcome.fired] == ["on_start", "write", "check", "write", "check"]


def test_an_answer_that_takes_no_way_or_two_is_asked_for_again() -> None:
    told: list[str] = []

    def model(prompt: str) -> str:
        if "Check the answer" not in prompt:
            return "draft"
        told.append(prompt)
        return "<answer>x</answer> or <trouble>y</trouble>"

    workflow = Workflow.build(read_workflow(WORKFLOW), Kit(model))
    with pytest.raises(StepError, match=r"event check: the answer takes 2 of the ways to end.*asked 2 times"):
        workflow.run("Why?")
    assert "was not accepted: the answer takes 2" in told[1]
    with pytest.raises(StepError, match="takes 0 of the ways"):
        read_answer("hm", [Output("a", condition="x"), Output("b", condition="y")])


def test_what_is_ready_runs_at_the_same_time_and_no_more_of_it_than_wanted() -> None:
    form = read_workflow(WORKFLOW)
    first, write, _ = form.events
    voters = [replace(write, name=f"v{n}", outputs=(Output(f"v{n}"),)) for n in range(4)]
    names = tuple(each.name for each in voters)
    last = replace(write, name="last", listen=names, inputs=tuple(map(Key, names)), outputs=(Output("answer"),))
    form = read_workflow(replace(form, events=(first, *voters, last)).to_xml())
    all_here, running, most = threading.Barrier(4, timeout=60), [0], [0]
    lock = threading.Lock()

    def vote(prompt: str, *, meet: bool) -> str:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        if meet and 'name="v0"' not in prompt:
            all_here.wait()  # it ends only if four are here at once
        with lock:
            running[0] -= 1
        return "yes"

    assert Workflow.build(form, Kit(partial(vote, meet=True))).run("?", most_at_once=4).value == "yes"
    most[0] = 0
    assert Workflow.build(form, Kit(partial(vote, meet=False))).run("?", most_at_once=1).value == "yes"
    assert most == [1]


def test_a_workflow_that_is_aborted_has_no_value_and_says_why() -> None:
    form = read_workflow(WORKFLOW.replace("<type>GOTO</type><value>write</value>", "<type>ABORT</type>"))
    outcome = Workflow.build(form, Kit(checked)).run("Why?")
    assert (outcome.value, outcome.aborted) == (None, ("too short",))


def test_what_is_not_there_is_refused_when_it_is_built() -> None:
    with pytest.raises(ValueError, match=r"there is no tool add_tax yet: Studio.build makes new ones"):
        Team.build(read_agents(AGENTS), Kit(checked))
    with pytest.raises(ValueError, match="not run unless you allow it"):
        Studio(lambda _: "```python\ndef add_tax(price): ...\n```").build(read_agents(AGENTS))
    existing = AGENTS.replace('<agent category="new">\n<name>desk', '<agent category="existing">\n<name>librarian')
    form = read_agents(existing, known=Known({"librarian": "finds books"}))
    with pytest.raises(ValueError, match="there is no agent librarian"):
        Team.build(form, Kit(checked))
    by_hand = replace(read_workflow(WORKFLOW), output=Key("reply"))
    with pytest.raises(ValueError, match="no event has the result reply"):
        Workflow.build(by_hand, Kit(checked))
