"""The object is found wherever a model puts it, and nothing is made out of one that does not end."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from assay.writing.answers import Broken, Completion, Failed, read_answer, read_completion, take_object
from assay.writing.errors import CutOff

texts = st.text() | st.sampled_from(["</think>", "<think>", "```", '"}', "{"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(texts, values, max_size=4)
prose = st.text(alphabet="abc ABC.,:;!?'()[]-*#`\n가나", max_size=60).filter(lambda text: "```" not in text)


@given(objects, prose, prose, st.booleans())
def test_an_object_is_found_between_sentences(value: dict[str, Any], before: str, after: str, ascii_only: bool) -> None:
    text_of_value = json.dumps(value, ensure_ascii=ascii_only)
    assert take_object(text_of_value) == value
    assert take_object(f"{before}\n{text_of_value}\n{after}") == value
    assert take_object(f"{before}\n```json\n{text_of_value}\n```\n{after}") == value
    assert take_object(f"<think>{before} {{}} {after}</think>\n{text_of_value}") == value


@given(objects, st.data())
def test_nothing_is_taken_out_of_an_object_that_does_not_end(value: dict[str, Any], data: st.DataObject) -> None:
    text_of_value = json.dumps({"finding": "Gullwing", "inner": value})
    end = data.draw(st.integers(0, len(text_of_value) - 1))
    assert take_object(text_of_value[:end]) is None
    assert take_object(f"Here it is:\n```json\n{text_of_value[:end]}") is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('In {x} we see {"a": 1} and {"b": 2}.', {"a": 1}),
        ('For example {"a": 0}.\n```json\n{"a": 1}\n```', {"a": 1}),
        ('{"a": "```json\\n{}\\n``` and </think> and <think>"}', {"a": "```json\n{}\n``` and </think> and <think>"}),
        ('Here: {"a": "uses </think> tags"}', {"a": "uses </think> tags"}),
        ('Here: {"</think>": {}}', {"</think>": {}}),
        ('Let me see {"a": 0}\n</think>\n{"a": 1}', {"a": 1}),
        ('<think>{"a": 0}', None),
        ('[{"a": 1}]', {"a": 1}),
        ('"{}"', {}),
        ('{"a": NaN}', None),
        ('{"a": 1,}', None),
        ("", None),
        ("{" * 100_000, None),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, None),
    ],
)
def test_where_the_object_is(text: str, value: dict[str, Any] | None) -> None:
    assert take_object(text) == value


class Toy(BaseModel):
    a: int


def test_why_a_model_stopped_is_looked_at_before_what_it_said() -> None:
    whole = Completion('{"a": 1}', "length", "", "toy-1", 3, 4)
    with pytest.raises(CutOff, match="cut off after 4 tokens"):
        read_answer(whole, Toy)
    assert read_answer(whole._replace(finish=""), Toy) == (Toy(a=1), '{"a": 1}')


@pytest.mark.parametrize(
    ("body", "status", "words", "marks"),
    [
        ('{"error": {"message": "No", "code": "c", "type": "t", "param": "p"}}', 400, "No", "c t p"),
        ('{"error": "model \'toy\' not found"}', 404, "model 'toy' not found", ""),
        ('{"message": "No", "type": "t"}', 400, "No", "t"),
        (
            '{"detail": [{"loc": ["body", "seed"], "msg": "extra"}]}',
            422,
            "body.seed: extra",
            "",
        ),
        ('[{"error": {"message": "No"}}]', 400, "[{'error': {'message': 'No'}}]", ""),
        ("<h1>Bad\n gateway</h1><script>x</script>", 502, "Bad gateway", ""),
        ("", 500, "", ""),
    ],
)
def test_errors_in_the_words_of_many_servers(body: str, status: int, words: str, marks: str) -> None:
    with pytest.raises(Failed) as error:
        read_completion(status, body)
    assert (error.value.words, error.value.marks, error.value.status) == (words, marks, status)


def piece(content: str, finish: str | None = None) -> str:
    piece = {"choices": [{"delta": {"content": content}, "finish_reason": finish}]}
    return f"data: {json.dumps(piece, ensure_ascii=False)}"


def test_a_stream_is_cut_at_line_ends_only() -> None:
    stream = piece('{"a"') + "\r\n\r\n" + piece(" :\u2028 1}", "stop") + "\n\n"
    assert read_completion(200, stream).text == '{"a" :\u2028 1}'


@pytest.mark.parametrize("stream", [piece('{"a": 1}'), f"{piece('{')}\n\n{piece('x')[:-4]}", "data: "])
def test_a_stream_that_does_not_end_is_broken(stream: str) -> None:
    with pytest.raises(Broken, match="the stream broke off"):
        read_completion(200, stream)


def test_a_stream_can_turn_into_an_error() -> None:
    with pytest.raises(Failed) as error:
        read_completion(200, f'{piece("{")}\n\ndata: {{"error": {{"message": "Overloaded", "code": 529}}}}\n\n')
    assert error.value.status == 529


@given(st.text() | values.map(json.dumps))
def test_anything_else_is_said_to_be_no_completion(body: str) -> None:
    with suppress(ValueError):  # and nothing worse
        assert isinstance(read_completion(200, body), Completion)
