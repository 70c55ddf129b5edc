"""What pydantic found, in a reader's words."""

import pytest
from pydantic import BaseModel, ValidationError, field_validator, model_validator

from assay.papers.faults import first_fault


class _Lake(BaseModel):
    name: str = "Gullwing"
    depths: tuple[int, ...] = (3,)

    @field_validator("name")
    @classmethod
    def _has_letters(cls, value: str) -> str:
        if not value.isalpha():
            raise ValueError(f"not a name: {value!r}")
        return value

    @model_validator(mode="after")
    def _has_water(self) -> "_Lake":
        if not self.depths:
            raise ValueError("Value error, as our own words may begin: no water")
        return self


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        ({"name": "7"}, "name: not a name: '7'"),
        ({"depths": [1, "deep"]}, "depths.1: Input should be a valid integer, unable to parse string as an integer"),
        ({"depths": []}, "the lake: Value error, as our own words may begin: no water"),
        ({"name": "7", "depths": ["deep"]}, "name: not a name: '7'"),
    ],
)
def test_the_first_fault_is_said_with_its_place(data: dict[str, object], fault: str) -> None:
    with pytest.raises(ValidationError) as caught:
        _Lake.model_validate(data)
    assert first_fault(caught.value, whole="the lake") == fault
