"""What can be set of an endpoint, and what makes no sense."""

from typing import Any

import pytest
from pydantic import SecretStr

from assay.writing.budget import Prices
from assay.writing.endpoint import Endpoint
from tests.writing.asking import KEY, message_of

# What can be set


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("http://h:8", "http://h:8/v1/chat/completions"),
        ("http://h:8/", "http://h:8/v1/chat/completions"),
        ("http://h:8/v1", "http://h:8/v1/chat/completions"),
        ("http://h:8/v1/", "http://h:8/v1/chat/completions"),
        ("https://h/v1beta/openai/", "https://h/v1beta/openai/chat/completions"),
        ("https://h/chat/completions", "https://h/chat/completions"),
        ("https://h/v1/chat/completions/", "https://h/v1/chat/completions"),
    ],
)
def test_addresses_as_people_write_them(base: str, url: str) -> None:
    assert Endpoint(base, "toy-1").url == url


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"base_url": "h:8000/v1"}, "not a web address"),
        ({"base_url": "http://"}, "not a web address"),
        ({"base_url": f"https://user:{KEY}@h/v1"}, "no user, query or fragment"),
        ({"base_url": f"https://h/v1?key={KEY}"}, "no user, query or fragment"),
        ({"model": " "}, "the model needs a name"),
        ({"key": SecretStr(f"{KEY} {KEY}")}, "one word of ASCII"),
        ({"key": SecretStr(f"{KEY}é")}, "one word of ASCII"),
        ({"concurrency": 0}, "above zero"),
        ({"requests_per_minute": 0}, "above zero"),
        ({"timeout": 0}, "the timeout is above it"),
        ({"timeout": float("nan")}, "the timeout is above it"),
        ({"prices": Prices(-1, 2)}, "not below zero"),
        ({"max_output_tokens": 9000}, "leave no room for a question in a context of 8192"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_at_once(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as error:
        Endpoint(**{"base_url": "https://h/v1", "model": "toy-1"} | changes)
    message_of(error)


def test_the_key_is_not_shown() -> None:
    endpoint = Endpoint("http://h/v1", "toy-1", SecretStr(f" {KEY}\n"))
    assert KEY not in f"{endpoint} {endpoint!r} {vars(endpoint)}"
    assert endpoint.key is not None
    assert endpoint.key.get_secret_value() == KEY
    assert Endpoint("http://h/v1", "toy-1", SecretStr(" ")).key is None
