"""Every role may do what its functions were seen to do, and nothing else; each of its statements is needed.

What they do is in `calls.json`, which `make calls` writes from the end-to-end and the integration tests; what they may
do is read from the template. `.ci/run` compares the file with what the tests of that very run called.
"""

import copy
from collections.abc import Iterable
from typing import Any

import pytest

from tests.infra.synthesis import template
from tests.permissions.by_aws import BY_AWS, calls_by_aws
from tests.permissions.check import refused, too_wide, unused
from tests.permissions.recording import Call, read_kept
from tests.permissions.roles import ROLES, Deployed, Place

STAGES: dict[str, dict[str, Any]] = {
    "dev": {},
    "prod": {},
    "dev with e-mail": {"email_sender": "workflows@example.com"},
}


@pytest.fixture(scope="module", params=STAGES)
def document(request: pytest.FixtureRequest) -> dict[str, Any]:
    return template(request.param.partition(" ")[0], **STAGES[request.param])


@pytest.fixture(scope="module")
def deployed(document: dict[str, Any]) -> Deployed:
    return Deployed(document)


@pytest.fixture(scope="module")
def calls() -> list[Call]:
    return [*read_kept(), *calls_by_aws()]


def test_every_call_is_allowed_by_the_policy_of_exactly_the_role_that_makes_it(
    deployed: Deployed, calls: list[Call]
) -> None:
    assert {call.role for call in calls} == set(ROLES)
    assert_none(refused(deployed, calls))


def test_nothing_is_allowed_that_no_test_and_no_reason_needs(deployed: Deployed, calls: list[Call]) -> None:
    assert_none(unused(deployed, calls))


def test_nothing_is_allowed_on_anything_but_what_is_needed(deployed: Deployed, calls: list[Call]) -> None:
    assert_none(too_wide(deployed, calls))


@pytest.mark.parametrize("role", ROLES)
def test_a_role_without_any_one_of_its_statements_is_noticed(
    document: dict[str, Any], deployed: Deployed, calls: list[Call], role: str
) -> None:
    places = deployed.places(role)
    assert places
    unnoticed = [place for place in places if not refused(Deployed(without(document, place)), calls)]
    assert_none(f"{role}, {deployed.statement(place).sid} can be left out" for place in unnoticed)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_without_any_one_action_or_resource_of_a_statement_is_noticed(
    document: dict[str, Any], deployed: Deployed, calls: list[Call], role: str
) -> None:
    thinner = [
        (place, element, n)
        for place in deployed.places(role)
        for element in ("Action", "Resource")
        for n in range(len(parts(document, place, element)))
    ]
    assert thinner
    unnoticed = [cut for cut in thinner if not refused(Deployed(without_part(document, *cut)), calls)]
    assert_none(f"{role}, {deployed.statement(place).sid}: one of its {kind}s can be" for place, kind, _ in unnoticed)


def test_every_reason_is_about_what_some_role_is_allowed(deployed: Deployed) -> None:
    """A reason for what nothing allows any more would be a call that is refused."""
    assert all(entry.reason for entry in BY_AWS)
    assert_none(refused(deployed, calls_by_aws()))


def assert_none(faults: Iterable[str]) -> None:
    """Fails with every fault, one a line."""
    found = "\n".join(faults)
    assert not found, found


def without(document: dict[str, Any], place: Place) -> dict[str, Any]:
    """The template without one statement."""
    changed = copy.deepcopy(document)
    del statements(changed, place)[place.number]
    return changed


def without_part(document: dict[str, Any], place: Place, element: str, number: int) -> dict[str, Any]:
    """The template without one action or resource of a statement, and without the statement if it has no other."""
    left = parts(document, place, element)
    del left[number]
    if not left:
        return without(document, place)
    changed = copy.deepcopy(document)
    statements(changed, place)[place.number][element] = left
    return changed


def parts(document: dict[str, Any], place: Place, element: str) -> list[Any]:
    """The actions or resources of a statement, as a list of its own."""
    found = statements(document, place)[place.number][element]
    return list(found) if isinstance(found, list) else [found]


def statements(document: dict[str, Any], place: Place) -> list[Any]:
    found: list[Any] = document["Resources"][place.policy]["Properties"]["PolicyDocument"]["Statement"]
    return found
