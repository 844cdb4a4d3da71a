"""Who came, and who was turned away, is in the log with all that an auditor asks for."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from functions import audit, auth
from functions.auth import Caller, Permission
from functions.errors import Forbidden
from functions.store.tenants import Role
from tests.unit.functions.samples import ACME, make_workflow

EVENT = {"requestContext": {"requestId": "request-1", "identity": {"apiKeyId": "key_1"}}}
SHOWN = ("level", "event_type", "action", "result", "community", "user", "request_id", "workflow_id")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    with audit.written_to(stream):
        yield stream


def record_in(log: io.StringIO) -> dict[str, Any]:
    """What the one record says; what it lacks is left out."""
    (line,) = log.getvalue().splitlines()
    record = json.loads(line)
    return {name: record[name] for name in SHOWN if name in record}


def test_a_lacking_permission_is_on_record(log: io.StringIO) -> None:
    workflow = make_workflow(community_id=7)
    with pytest.raises(Forbidden, match="You lack can_edit on this workflow"):
        Caller("ada", {ACME.id: Role.VIEWER}, "request-1").need(Permission.EDIT, workflow, "update_workflow")
    assert record_in(log) == {
        "level": "WARNING",
        "event_type": "AUTHZ",
        "action": "update_workflow",
        "result": "DENIED",
        "community": 7,
        "user": "ada",
        "request_id": "request-1",
        "workflow_id": workflow.id,
    }


def test_who_may_not_set_permissions_is_on_record(log: io.StringIO) -> None:
    workflow = make_workflow()
    with pytest.raises(Forbidden, match="Only the owner and the workspace's admins set permissions"):
        Caller("ada", {ACME.id: Role.MEMBER}, "request-1").need_administration(workflow)
    found = record_in(log)
    assert (found["action"], found["result"], found["workflow_id"]) == ("set_permissions", "DENIED", workflow.id)
    assert found["community"] == workflow.community_id


def test_a_lacking_role_is_on_record(log: io.StringIO) -> None:
    with pytest.raises(Forbidden, match="This needs the role admin or member in the workspace"):
        Caller("ada", {}, "request-1").need_role(ACME.id, auth.MEMBERS, "create_workflow", 7)
    found = record_in(log)
    assert (found["event_type"], found["action"], found["community"]) == ("AUTHZ", "create_workflow", 7)


def test_the_holder_of_a_ticket_is_on_record_and_has_no_role(log: io.StringIO) -> None:
    assert auth.ticket_holder("ada", EVENT) == Caller("ada", {}, "request-1")
    assert record_in(log) == {
        "level": "INFO",
        "event_type": "AUTH",
        "action": "authenticate",
        "result": "SUCCESS",
        "user": "ada",
        "request_id": "request-1",
    }


def test_a_refused_key_is_on_record_without_a_user(log: io.StringIO) -> None:
    assert str(auth.refused(EVENT)) == "Give a valid API key in the X-API-Key header"
    found = record_in(log)
    assert (found["event_type"], found["result"], found["user"], found["request_id"]) == (
        "AUTH",
        "DENIED",
        "-",
        "request-1",
    )
