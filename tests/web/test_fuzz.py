"""The API under whatever its own description admits, and what it does not: every answer is one that it promises."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import BaseSchema, Case, GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from assay.web.app import make_app
from assay.web.limits import Limits, Rate
from tests.web.sample import make_desk

HERE = {"host": "localhost"}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BaseSchema]:
    """The API as it describes itself, for somebody who asks without end. Streams do not end, and runs take long."""
    endless = Rate(per_second=1e9, burst=1e9)
    desk = make_desk(tmp_path_factory.mktemp("app"))
    with desk.store:
        app = make_app(desk, limits=Limits(endless, endless, endless, endless))
        described = schemathesis.openapi.from_asgi("/api/openapi.json", app, headers=HERE)
        yield described.exclude(path_regex="/events$").exclude(path="/api/runs", method="POST")
        desk.close()


@pytest.mark.parametrize("mode", GenerationMode)
def test_every_answer_is_one_that_the_description_promises(api: BaseSchema, mode: GenerationMode) -> None:
    asked = 0
    for found in api.get_all_operations():
        operation = found.ok()  # type: ignore[union-attr]  # a description that makes no sense fails here

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(max_examples=10, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
        def holds(case: Case[Any]) -> None:
            nonlocal asked
            asked += 1
            # What a schema cannot say, such as which ids there are, is refused all the same.
            case.call_and_validate(headers=HERE, excluded_checks=[positive_data_acceptance])

        with suppress(Unsatisfiable):  # what takes anything cannot be asked wrongly
            holds()
    assert asked
