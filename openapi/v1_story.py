"""The journey through v1."""

from typing import Any

from openapi.journey import COMMUNITY, UNKNOWN, Journey
from openapi.stories import (
    FAILING,
    FAULTY,
    FETCHED,
    INACTIVE,
    LASTING,
    REFUSED,
    SIGNUP,
    SYNC,
    WELCOME,
    refused_bodies,
    refused_callers,
)

Json = Any

HERE: Json = {"community_id": COMMUNITY}
_CURSOR = "no-cursor"


def tell(journey: Journey) -> None:
    welcome = _publishing(journey)
    _reading(journey, welcome)
    _changing(journey, welcome)
    ended = _executing(journey, welcome)
    _testing(journey)
    _looking(journey, welcome, ended)
    _cancelling(journey)
    journey.until_refused("v1_get_workflow", "over the limit", workflow_id=welcome)
    journey.ask("v1_archive_workflow", "the archived workflow", workflow_id=welcome)
    journey.ask("v1_test_workflow", "an archived workflow", HERE, status=400, workflow_id=welcome)
    journey.ask("v1_archive_workflow", "no such workflow", status=404, workflow_id=UNKNOWN)
    refused_callers(journey, "v1_archive_workflow", workflow_id=welcome)


def _published(journey: Journey, definition: Json, name: str = "") -> str:
    body = {**HERE, **definition}
    return str(journey.ask("v1_create_workflow", name, body, status=201)["data"]["workflow_id"])


def _publishing(journey: Journey) -> str:
    welcome = _published(journey, WELCOME, "a chain")
    _published(journey, SYNC, "a graph")
    create = "v1_create_workflow"
    journey.ask(create, "a definition with faults", {**HERE, **FAULTY}, status=400)
    journey.ask(create, "no community", WELCOME, status=400)
    journey.ask(create, "no such community", {**WELCOME, "community_id": 7}, status=404)
    refused_callers(journey, create, {**HERE, **WELCOME})
    refused_bodies(journey, create)
    check = "v1_validate_workflow"
    journey.ask(check, "no fault", SYNC)
    journey.ask(check, "a definition with faults", FAULTY, status=400)
    journey.ask(check, "without a key", SYNC, who="nobody", status=401)
    refused_bodies(journey, check)
    return welcome


def _reading(journey: Journey, welcome: str) -> None:
    journey.ask("v1_get_workflow", "the workflow", workflow_id=welcome)
    journey.ask("v1_get_workflow", "no such workflow", status=404, workflow_id=UNKNOWN)
    journey.ask("v1_get_workflow", "no such route", status=404, workflow_id="validate")
    refused_callers(journey, "v1_get_workflow", workflow_id=welcome)

    listing: Json = {"community_id": str(COMMUNITY)}
    journey.ask("v1_list_workflows", "a page", per_page="1", status_="ACTIVE", **listing)
    journey.ask("v1_list_workflows", "an unknown status", status=400, status_="active", **listing)
    journey.ask("v1_list_workflows", "no such community", status=404, community_id="7")
    refused_callers(journey, "v1_list_workflows", **listing)


def _changing(journey: Journey, welcome: str) -> None:
    update, permit = "v1_update_workflow", "v1_set_permissions"
    journey.ask(update, "the new version", {**WELCOME, "description": "Greets a new user"}, workflow_id=welcome)
    journey.ask(update, "a definition with faults", FAULTY, status=400, workflow_id=welcome)
    journey.ask(update, "another community", {**WELCOME, "community_id": 7}, status=404, workflow_id=welcome)
    refused_callers(journey, update, WELCOME, workflow_id=welcome)
    refused_bodies(journey, update, workflow_id=welcome)

    journey.ask("v1_list_versions", "a page", per_page="1", workflow_id=welcome)
    journey.ask("v1_list_versions", "a bad page", status=400, page="0", workflow_id=welcome)
    journey.ask("v1_list_versions", "no such workflow", status=404, workflow_id=UNKNOWN)
    refused_callers(journey, "v1_list_versions", workflow_id=welcome)

    grant = {"user_id": "user_globex", "can_view": True, "can_execute": False, "can_edit": False}
    journey.ask(permit, "one grant", {"grants": [grant]}, workflow_id=welcome)
    journey.ask("v1_get_permissions", "one grant", workflow_id=welcome)
    journey.ask(permit, "none", {"grants": []}, workflow_id=welcome)
    journey.ask(permit, "no user", {"grants": [{"can_view": True}]}, status=400, workflow_id=welcome)
    journey.ask(permit, "no such workflow", {"grants": []}, status=404, workflow_id=UNKNOWN)
    refused_callers(journey, permit, {"grants": []}, workflow_id=welcome)
    refused_bodies(journey, permit, workflow_id=welcome)
    journey.ask("v1_get_permissions", "no such workflow", status=404, workflow_id=UNKNOWN)
    refused_callers(journey, "v1_get_permissions", workflow_id=welcome)


def _executing(journey: Journey, welcome: str) -> str:
    execute = "v1_execute_workflow"
    body = {**HERE, "trigger_data": SIGNUP, "variables": {"plan": "premium"}, "metadata": {"trigger_source": "api"}}
    started = journey.ask(execute, "started", body, status=202, workflow_id=welcome)["data"]["execution_id"]
    journey.until_ended(started)
    patient = {"Prefer": "wait=25", "Idempotency-Key": "v1-signup-123"}
    journey.ask(execute, "ended in time", body, headers=patient, workflow_id=welcome)
    other = {**body, "variables": {}}
    journey.ask(execute, "the key of another body", other, headers=patient, status=409, workflow_id=welcome)
    journey.ask(execute, "a community that is no number", {"community_id": "123"}, status=400, workflow_id=welcome)
    journey.ask(execute, "no such workflow", HERE, status=404, workflow_id=UNKNOWN)
    refused_callers(journey, execute, body, workflow_id=welcome)
    refused_bodies(journey, execute, workflow_id=welcome)
    asleep = _published(journey, INACTIVE)
    journey.ask(execute, "an inactive workflow", HERE, status=400, workflow_id=asleep)
    failing = _published(journey, REFUSED)
    failed = journey.ask(execute, "failed", HERE, headers={"Prefer": "wait=25"}, workflow_id=failing)["data"]
    _streaming(journey, started, failed["execution_id"])
    return str(started)


def _streaming(journey: Journey, completed: str, failed: str) -> None:
    stream = "v1_stream_execution"
    events = journey.ask(stream, "a completed execution", execution_id=completed)
    journey.ask(stream, "a failed execution", execution_id=failed)
    last = events.rpartition("\nid: ")[2].split("\n")[0]
    journey.ask(stream, "behind the end", status=204, headers={"Last-Event-ID": last}, execution_id=completed)
    journey.ask(stream, "no such execution", status=404, execution_id=UNKNOWN)
    refused_callers(journey, stream, execution_id=completed)


def _testing(journey: Journey) -> None:
    test, sync = "v1_test_workflow", _published(journey, SYNC)
    body = {**HERE, "trigger_data": {"id": 7}, "mocks": {"fetch": FETCHED}}
    keyed = {"Idempotency-Key": "test-7"}
    journey.ask(test, "passed", body, headers=keyed, workflow_id=sync)
    other = {**body, "mocks": {"fetch": [FAILING, FETCHED]}}
    journey.ask(test, "the key of another body", other, status=409, headers=keyed, workflow_id=sync)
    journey.ask(test, "passed at the second attempt", other, workflow_id=sync)
    journey.ask(test, "failed", {**HERE, "mocks": {"fetch": FAILING}}, workflow_id=sync)
    journey.ask(test, "a mock of no node", {**HERE, "mocks": {"fetsch": FAILING}}, status=400, workflow_id=sync)
    journey.ask(test, "no such workflow", HERE, status=400, workflow_id=UNKNOWN)
    journey.ask(test, "another community", {"community_id": 7}, status=404, workflow_id=sync)
    refused_callers(journey, test, HERE, workflow_id=sync)
    refused_bodies(journey, test, workflow_id=sync)


def _looking(journey: Journey, welcome: str, ended: str) -> None:
    read, listing = "v1_get_execution", "v1_list_executions_of"
    journey.ask(read, "with metrics", execution_id=ended, include_metrics="true")
    journey.ask(read, "without logs", execution_id=ended, include_logs="false")
    journey.ask(read, "a flag that is none", status=400, execution_id=ended, include_logs="no")
    journey.ask(read, "no such execution", status=404, execution_id=UNKNOWN)
    refused_callers(journey, read, execution_id=ended)

    here: Json = {"workflow_id": welcome, "community_id": str(COMMUNITY)}
    first = journey.ask(listing, "a page", per_page="1", sort_by="execution_time", sort_order="asc", **here)
    cursor = first["meta"]["pagination"]["next_cursor"]
    journey.ask(
        listing, "the next page", per_page="1", sort_by="execution_time", sort_order="asc", cursor=cursor, **here
    )
    journey.ask(listing, "some days", from_="2020-01-01", status_="completed", include_tests="true", **here)
    journey.ask(listing, "an unknown cursor", status=400, cursor=_CURSOR, **here)
    journey.ask(listing, "another community", status=404, workflow_id=welcome, community_id="7")
    refused_callers(journey, listing, **here)


def _cancelling(journey: Journey) -> None:
    lasting = _published(journey, LASTING)
    body: Json = {"workflow_id": lasting}
    running = journey.ask("v1_execute_workflow", "running", HERE, status=202, **body)["data"]["execution_id"]
    journey.ask("v1_get_execution", "a running execution", execution_id=running, include_metrics="true")
    refused_callers(journey, "v1_cancel_execution", execution_id=running)
    journey.ask("v1_cancel_execution", "cancelled", execution_id=running)
    journey.ask("v1_cancel_execution", "it has ended", status=400, execution_id=running)
    journey.ask("v1_cancel_execution", "no such execution", status=404, execution_id=UNKNOWN)
