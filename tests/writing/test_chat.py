"""What a question comes back with, and what is learned of the server, for each way in which one can answer."""

import asyncio
import json
import logging
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import pytest

from assay.writing import sender
from assay.writing.budget import Budget, Spent
from assay.writing.cache import Recordings
from assay.writing.chat import Chat
from assay.writing.errors import (
    CutOff,
    Denied,
    Empty,
    NoAnswer,
    NotUnderstood,
    Refused,
    TooLong,
    WrongShape,
)
from assay.writing.question import pose
from tests.writing.asking import KEY, Summary, ask, endpoint_of, five, message_of, question, run
from tests.writing.server import (
    Behaviour,
    ModelServer,
    Request,
    Wire,
    broken,
    busy,
    completion,
    cut_off,
    denied,
    drip,
    empty_choices,
    error_with_200,
    fenced,
    filtered,
    huge,
    ignores_schema,
    in_parts,
    needs_room,
    no_json_schema,
    null_content,
    prose,
    prose_around,
    refuses,
    refuses_parameter,
    says,
    stream,
    thinks_aloud,
    tool_call,
    wire,
    without_usage,
    wrong_schema,
)
from tests.writing.server import (
    error as error_of,
)


def test_an_answer_of_the_right_shape(server: ModelServer) -> None:
    before = datetime.now(UTC)
    budget = Budget()
    answer = ask(server, budget=budget, max_output_tokens=77, seed=5)
    assert answer.value.finding == "Gullwing is twice as fast as ToyNet on ToyBench."
    assert json.loads(answer.text)["baseline"] == {"name": answer.value.baseline.name}
    assert (answer.model, answer.cached) == ("toy-1-0601", False)
    assert before <= answer.created <= datetime.now(UTC)
    (request,) = server.requests
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert request.body["messages"] == question()
    sampling = {name: request.body[name] for name in ("model", "temperature", "seed", "max_tokens")}
    assert sampling == {"model": "toy-1", "temperature": 0, "seed": 5, "max_tokens": 77}
    assert budget.spent == Spent(1, answer.usage.tokens_in, answer.usage.tokens_out, 0, None)
    assert not answer.usage.estimated


def test_the_schema_is_in_the_subset_of_strict_servers(server: ModelServer) -> None:
    ask(server)
    described = server.requests[0].body["response_format"]["json_schema"]
    assert (described["name"], described["strict"]) == ("Summary", True)
    schema = described["schema"]
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["finding", "title", "baseline", "figures"] == list(schema["properties"])
    assert schema["properties"]["baseline"] == {"$ref": "#/$defs/Baseline"}
    assert schema["$defs"]["Baseline"]["required"] == ["name"]
    assert "default" not in json.dumps(schema)


@pytest.mark.parametrize(
    "behaviour",
    [
        prose_around(),
        fenced(),
        thinks_aloud(),
        in_parts(),
        stream(),
        stream(usage=False),
        without_usage(),
        drip(0.0001),
    ],
)
def test_the_same_answer_in_other_clothes(server: ModelServer, behaviour: Behaviour) -> None:
    answer = ask(server, behaviour)
    assert answer.value.finding == "Gullwing is twice as fast as ToyNet on ToyBench."
    assert len(server.requests) == 1
    assert answer.usage.tokens_in > 0 < answer.usage.tokens_out


def test_usage_that_is_not_told_is_estimated_and_never_too_small(server: ModelServer) -> None:
    actual, estimated = ask(server).usage, ask(server, without_usage()).usage
    assert estimated.estimated
    assert estimated.tokens_in >= actual.tokens_in
    assert estimated.tokens_out >= actual.tokens_out * 0.8


def test_more_room_that_is_not_to_be_had(server: ModelServer) -> None:
    with pytest.raises(CutOff) as error:
        ask(server, cut_off(), wire(error_of(400, "max_tokens is too large: 300")), max_output_tokens=150)
    assert error.value.text.startswith('{"finding": "Gullwing')
    full = pose(endpoint_of(server), question(), Summary).tokens + 150
    with pytest.raises(CutOff):
        ask(server, cut_off(), max_output_tokens=150, context_tokens=full)
    assert [request.body["max_tokens"] for request in server.requests] == [150, 300, 150]


def test_a_cut_off_answer_is_asked_for_again_with_more_room(server: ModelServer) -> None:
    assert ask(server, needs_room(200), needs_room(200), max_output_tokens=150).value.finding
    assert [request.body["max_tokens"] for request in server.requests] == [150, 300]


@pytest.mark.parametrize(
    ("behaviours", "kind", "reason", "requests"),
    [
        ([cut_off(), cut_off()], CutOff, "cut off after", 2),
        ([null_content()], Empty, "it ended without an answer", 1),
        ([says("")], Empty, "it ended without an answer", 1),
        ([says("<think>I wonder")], Empty, "it ended without an answer", 1),
        ([tool_call()], Empty, "it ended without an answer (tool_calls)", 1),
        ([refuses()], Refused, "the model refused: I cannot help with that.", 1),
        ([filtered()], Refused, "kept back by a filter (content_filter)", 1),
        ([wire(error_of(400, "Flagged", code="content_filter"))], Refused, "400: Flagged", 1),
        ([wrong_schema()] * 2, WrongShape, "finding: Field required", 2),
        ([says('{"finding": "abc"}')] * 2, WrongShape, "finding: String should have at least 5 characters", 2),
        ([says('{"figures": 3}')] * 2, WrongShape, "finding: Field required (and 1 other fault)", 2),
        ([prose()] * 2, WrongShape, "no JSON object in 'Gullwing is twice as fast as ToyNet.'", 2),
        ([says('{"finding": "Gullwing is')] * 2, WrongShape, "no JSON object in", 2),
        ([empty_choices()], NotUnderstood, "a chat completion without choices", 1),
        ([wire(error_of(400, "Bad Request"))], NotUnderstood, "400: Bad Request", 1),
        ([wire(error_of(400, "too long", code="context_length_exceeded"))], TooLong, "400: too long", 1),
        ([error_with_200(400)], NotUnderstood, "400: Upstream", 1),
        ([wire(Wire(b"", 204))], NotUnderstood, "an answer of status 204 without a word", 1),
    ],
)
def test_a_question_without_an_answer(
    server: ModelServer,
    tmp_path: Path,
    behaviours: list[Behaviour],
    kind: type[NoAnswer],
    reason: str,
    requests: int,
) -> None:
    with pytest.raises(NoAnswer) as error:
        ask(server, *behaviours, recordings=Recordings(tmp_path / "answers"))
    assert type(error.value) is kind
    assert message_of(error).startswith(f"{server.url}/chat/completions (toy-1): {reason}")
    assert len(server.requests) == requests
    assert not (tmp_path / "answers").exists()


def test_a_wrong_answer_can_be_shown_to_the_model(server: ModelServer) -> None:
    with pytest.raises(WrongShape) as error:
        ask(server, wrong_schema(), wrong_schema())
    assert error.value.text == '{"title": "Gullwing", "score": "high"}'


def test_an_answer_has_a_size(server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "_MAX_BYTES", 100_000)
    with pytest.raises(NotUnderstood, match="longer than 100000 bytes"):
        ask(server, huge(200_000))


def test_a_key_is_hidden_before_a_message_is_shortened(server: ModelServer) -> None:
    for before in range(120, 300, 7):
        with pytest.raises(NotUnderstood) as error:
            ask(server, wire(error_of(400, f"{'x' * before} {KEY}")))
        assert KEY[:8] not in message_of(error)


def test_nothing_is_logged_that_holds_the_key(server: ModelServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(Denied):
        ask(server, broken(), busy(), denied())
    assert caplog.records
    assert KEY not in "".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)


def test_a_question_that_does_not_fit_is_not_sent(server: ModelServer) -> None:
    with pytest.raises(
        TooLong, match=r"a question of some \d+ tokens and 150 of output do not fit into a context of 200"
    ):
        ask(server, context_tokens=200, max_output_tokens=150)
    assert not server.requests


# What the endpoint understands


@pytest.mark.parametrize(
    ("habit", "forms"),
    [
        (no_json_schema(), ["json_schema", *["json_object"] * 5]),
        (no_json_schema(422), ["json_schema", *["json_object"] * 5]),
        (no_json_schema(501), ["json_schema", *["json_object"] * 5]),
        (no_json_schema(also="json_object"), ["json_schema", "json_object", *["text"] * 5]),
        (ignores_schema(), ["json_schema", *["json_object"] * 5]),
    ],
)
def test_a_form_that_is_not_understood_costs_one_request_in_a_run(
    server: ModelServer, habit: Behaviour, forms: list[str]
) -> None:
    server.always = habit
    answers = run(five, endpoint_of(server, concurrency=1))
    assert [answer.value.finding for answer in answers] == ["Gullwing is twice as fast as ToyNet on ToyBench."] * 5
    assert [request.form for request in server.requests] == forms
    assert "JSON schema" in server.requests[-1].prompt
    assert "JSON schema" not in server.requests[0].prompt


def test_questions_asked_at_once_find_out_together(server: ModelServer) -> None:
    server.always = no_json_schema()
    answers = run(five, endpoint_of(server, concurrency=4))
    assert len(answers) == 5
    forms = [request.form for request in server.requests]
    assert forms.count("json_object") == 5
    assert forms.count("json_schema") <= 4


def test_a_server_that_drops_the_schema_lets_the_model_ramble_until_it_is_cut_off(server: ModelServer) -> None:
    ramble = "Gullwing is fast. " * 40
    server.always = lambda request, _: (
        None if "JSON schema" in request.prompt else completion(request, ramble, "length")
    )

    async def work(chat: Chat) -> list[str]:
        await chat.ask(question(1), Summary)
        await chat.ask(question(2), Summary)
        return chat.shortcomings()

    assert run(work, endpoint_of(server)) == ["it ignores the JSON schema, which stands in the prompt instead"]
    assert [request.form for request in server.requests] == ["json_schema", "json_object", "json_object"]


@pytest.mark.parametrize(
    ("text", "room", "reason"),
    [
        ('{"finding": "Gull', 60, "cut off after 7 tokens, by the server's own limit: it might write 120; check"),
        ('{"finding": "Gull', 2, "cut off after 7 tokens: it may write 4 (model_output in the settings)"),
        ("<think>I wonder", 2, "cut off after 5 tokens, before it began its answer: it may write 4 (model_output"),
    ],
)
def test_who_cuts_an_answer_off_is_said(server: ModelServer, text: str, room: int, reason: str) -> None:
    server.always = says(text, "length")
    with pytest.raises(CutOff) as error:
        ask(server, max_output_tokens=room)
    assert error.value.reason.startswith(reason)
    assert [request.body["max_tokens"] for request in server.requests] == [room, 2 * room]


def test_one_wrong_answer_later_does_not_change_the_form(server: ModelServer) -> None:
    async def work(chat: Chat) -> None:
        await chat.ask(question(1), Summary)
        with pytest.raises(WrongShape):
            await chat.ask(question(2), Summary)
        await chat.ask(question(3), Summary)

    server.then(fenced(), wrong_schema())
    run(work, endpoint_of(server))
    assert [request.form for request in server.requests] == ["json_schema"] * 3


def no_limit_and_no_system(request: Request, _: str) -> Wire | None:
    for name in ("max_tokens", "max_completion_tokens"):
        if name in request.body:
            body = {"detail": [{"loc": ["body", name], "msg": "Extra inputs are not permitted", "input": "seed"}]}
            return Wire(json.dumps(body).encode(), 422)
    if request.body["messages"][0]["role"] == "system":
        return error_of(400, "Conversation roles must alternate user/assistant/user")
    return None


def test_what_a_server_does_not_know_is_found_out_once_and_said(server: ModelServer) -> None:
    server.always = no_limit_and_no_system

    async def work(chat: Chat) -> list[str]:
        await asyncio.gather(*(chat.ask(question(number), Summary) for number in range(5)))
        return chat.shortcomings()

    assert run(work, endpoint_of(server)) == [
        "it takes no limit on the length of an answer",
        "it takes no system message; the instructions stand before the first question",
    ]
    assert len(server.requests) == 3 + 5
    (message,) = server.requests[-1].body["messages"]
    assert message["content"].startswith("You read papers.\n\nSummarise 9912.9990")
    assert "seed" in server.requests[-1].body, "what a server repeats of the question is no complaint"


@pytest.mark.parametrize(
    ("model", "other"),
    [("toy-1", ""), ("lake/toy-1", ""), ("Toy-1-0601-q4", ""), ("lake-2", "toy-1-0601")],
)
def test_a_server_that_answers_with_another_model_is_told(server: ModelServer, model: str, other: str) -> None:
    server.always = lambda request, content: completion(
        replace(request, body=request.body | {"model": "toy-1"}), content
    )

    async def work(chat: Chat) -> list[str]:
        await chat.ask(question(), Summary)
        return chat.shortcomings()

    lines = run(work, endpoint_of(server, model=model))
    assert lines == ([f"it says that {other} answered"] if other else [])


def test_the_first_question_goes_ahead_but_not_for_ever(server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assay.writing.chat._HEAD_START", 0.1)
    together = Barrier(2)

    def wait_for_another(request: Request, content: str) -> Wire:
        together.wait(60)
        return completion(request, content)

    server.then(wait_for_another, wait_for_another)
    run(five, endpoint_of(server))
    assert server.most_at_once >= 2


@pytest.mark.parametrize(
    ("name", "words", "instead"),
    [
        ("temperature", "'temperature' does not support 0 with this model.", None),
        ("seed", "Unrecognized request argument supplied: seed", None),
        ("max_tokens", "Use 'max_completion_tokens' instead.", "max_completion_tokens"),
    ],
)
def test_a_parameter_that_is_not_understood_is_left_out_from_then_on(
    server: ModelServer, name: str, words: str, instead: str | None
) -> None:
    server.always = refuses_parameter(name, words)
    run(five, endpoint_of(server, concurrency=1))
    assert [name in request.body for request in server.requests] == [True] + [False] * 5
    assert instead is None or all(instead in request.body for request in server.requests[1:])
    assert [request.form for request in server.requests] == ["json_schema"] * 6
