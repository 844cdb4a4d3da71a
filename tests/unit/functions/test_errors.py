"""The errors of a request: each has an answer, and the tree is as it is drawn."""

import re

import pytest

from functions import errors
from functions.errors import ANSWERS, BadRequest, ServiceError, internal_body


def kinds(of: type[ServiceError]) -> list[type[ServiceError]]:
    return [kind for child in of.__subclasses__() for kind in (child, *kinds(child))]


def test_every_error_has_an_answer_of_its_own() -> None:
    assert set(ANSWERS) == set(kinds(ServiceError))


def test_the_tree_in_the_docstring_has_every_error_with_its_status() -> None:
    drawn = dict(re.findall(r"[├└]── (\w+) +(\d{3})", errors.__doc__ or ""))
    for name in re.findall(r"[├└]── (\w+)$", errors.__doc__ or "", re.MULTILINE):
        drawn[name] = drawn["NotFound"]
    assert drawn == {kind.__name__: str(answer.status) for kind, answer in ANSWERS.items()}


@pytest.mark.parametrize("kind", kinds(ServiceError))
def test_every_error_says_when_it_is_raised(kind: type[ServiceError]) -> None:
    assert (kind.__doc__ or "").startswith("Raised when ")


def test_a_fault_of_one_field_names_it_in_the_message_and_in_the_details() -> None:
    error = BadRequest.at("per_page", "Give a number")
    assert error.message == "per_page: Give a number"
    assert error.details == {"errors": [{"path": "per_page", "message": "Give a number"}]}


def test_a_fault_of_ours_is_told_by_its_request_only() -> None:
    said = "Something went wrong on our side; quote the request id when you report it"
    answer = internal_body("workspaces", "request-1")
    assert (answer["message"], answer["details"]) == (said, {"request_id": "request-1"})
