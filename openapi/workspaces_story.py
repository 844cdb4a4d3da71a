"""The journey through workspaces."""

from typing import Any

from openapi.journey import SLUG, UNKNOWN, Journey
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

ACME: Json = {"slug": SLUG}
NOWHERE: Json = {"slug": "nowhere"}
WAIT = {"Prefer": "wait=25"}


def tell(journey: Journey) -> None:
    welcome = _publishing(journey)
    _reading(journey, welcome)
    _changing(journey, welcome)
    ended = _executing(journey, welcome)
    _simulating(journey)
    _looking(journey, welcome, ended)
    _cancelling(journey)
    _inbox(journey)
    journey.until_refused("workspaces_list_tasks", "over the limit", **ACME)
    archive = "workspaces_archive_workflow"
    journey.ask(archive, "the archived workflow", workflow_id=welcome, **ACME)
    journey.ask(archive, "no such workflow", status=404, workflow_id=UNKNOWN, **ACME)
    refused_callers(journey, archive, workflow_id=welcome, **ACME)


def _published(journey: Journey, definition: Json, name: str = "") -> str:
    answer = journey.ask("workspaces_create_workflow", name, definition, status=201, **ACME)
    return str(answer["workflow"]["id"])


def _publishing(journey: Journey) -> str:
    welcome = _published(journey, WELCOME, "a chain")
    _published(journey, SYNC, "a graph")
    create, check = "workspaces_create_workflow", "workspaces_validate_workflow"
    for operation in (create, check):
        journey.ask(operation, "a definition with faults", FAULTY, status=400, **ACME)
        journey.ask(operation, "no such workspace", WELCOME, status=404, **NOWHERE)
        refused_callers(journey, operation, WELCOME, **ACME)
        refused_bodies(journey, operation, **ACME)
    journey.ask(check, "no fault", SYNC, **ACME)
    return welcome


def _reading(journey: Journey, welcome: str) -> None:
    read, listing = "workspaces_get_workflow", "workspaces_list_workflows"
    journey.ask(read, "the workflow", workflow_id=welcome, **ACME)
    journey.ask(read, "no such workflow", status=404, workflow_id=UNKNOWN, **ACME)
    journey.ask(read, "no such workspace", status=404, workflow_id=welcome, **NOWHERE)
    journey.ask(read, "no such route", status=404, workflow_id="validate", **ACME)
    refused_callers(journey, read, workflow_id=welcome, **ACME)

    journey.ask(listing, "a page", limit="1", status_="ACTIVE", **ACME)
    journey.ask(listing, "a bad limit", status=400, limit="101", **ACME)
    journey.ask(listing, "no such workspace", status=404, **NOWHERE)
    journey.ask(listing, "no such route", status=404, slug="")
    refused_callers(journey, listing, **ACME)


def _changing(journey: Journey, welcome: str) -> None:
    update, permit = "workspaces_update_workflow", "workspaces_set_permissions"
    where: Json = {**ACME, "workflow_id": welcome}
    journey.ask(update, "the new version", {**WELCOME, "description": "Greets a new user"}, **where)
    journey.ask(update, "a definition with faults", FAULTY, status=400, **where)
    journey.ask(update, "no such workflow", WELCOME, status=404, workflow_id=UNKNOWN, **ACME)
    refused_callers(journey, update, WELCOME, **where)
    refused_bodies(journey, update, **where)

    journey.ask("workspaces_list_versions", "a page", limit="1", **where)
    journey.ask("workspaces_list_versions", "a bad offset", status=400, offset="-1", **where)
    journey.ask("workspaces_list_versions", "no such workflow", status=404, workflow_id=UNKNOWN, **ACME)
    refused_callers(journey, "workspaces_list_versions", **where)

    grant = {"userId": "user_globex", "canView": True, "canExecute": False, "canEdit": False}
    journey.ask(permit, "one grant", {"grants": [grant]}, **where)
    journey.ask("workspaces_get_permissions", "one grant", **where)
    journey.ask(permit, "none", {"grants": []}, **where)
    journey.ask(permit, "no user", {"grants": [{"canView": True}]}, status=400, **where)
    journey.ask(permit, "no such workflow", {"grants": []}, status=404, workflow_id=UNKNOWN, **ACME)
    refused_callers(journey, permit, {"grants": []}, **where)
    refused_bodies(journey, permit, **where)
    journey.ask("workspaces_get_permissions", "no such workflow", status=404, workflow_id=UNKNOWN, **ACME)
    refused_callers(journey, "workspaces_get_permissions", **where)


def _executing(journey: Journey, welcome: str) -> str:
    execute, where = "workspaces_execute_workflow", {**ACME, "workflow_id": welcome}
    body = {"triggerData": SIGNUP, "variables": {"plan": "premium"}}
    keyed = {**WAIT, "Idempotency-Key": "signup-123"}
    ended = journey.ask(execute, "completed", body, headers=keyed, **where)["execution"]["id"]
    other = {"triggerData": SIGNUP}
    journey.ask(execute, "the key of another body", other, headers=keyed, status=409, **where)
    journey.ask(execute, "a bad type", {"triggerData": "x", "dryRun": 1}, status=400, **where)
    journey.ask(execute, "no such workflow", {}, status=404, workflow_id=UNKNOWN, **ACME)
    refused_callers(journey, execute, body, **where)
    refused_bodies(journey, execute, **where)
    asleep = _published(journey, INACTIVE)
    journey.ask(execute, "an inactive workflow", status=400, workflow_id=asleep, **ACME)
    failing = _published(journey, REFUSED)
    failed = journey.ask(execute, "failed", headers=WAIT, workflow_id=failing, **ACME)["execution"]["id"]
    _streaming(journey, ended, failed)
    return str(ended)


def _streaming(journey: Journey, completed: str, failed: str) -> None:
    stream = "workspaces_stream_execution"
    events = journey.ask(stream, "a completed execution", execution_id=completed, **ACME)
    journey.ask(stream, "a failed execution", execution_id=failed, **ACME)
    last = events.rpartition("\nid: ")[2].split("\n")[0]
    behind = {"Last-Event-ID": last}
    journey.ask(stream, "behind the end", status=204, headers=behind, execution_id=completed, **ACME)
    journey.ask(stream, "no such execution", status=404, execution_id=UNKNOWN, **ACME)
    journey.ask(stream, "no such workspace", status=404, execution_id=completed, **NOWHERE)
    refused_callers(journey, stream, execution_id=completed, **ACME)


def _simulating(journey: Journey) -> None:
    execute = "workspaces_execute_workflow"
    where: Json = {**ACME, "workflow_id": _published(journey, SYNC)}
    body = {"dryRun": True, "triggerData": {"id": 7}, "mocks": {"fetch": FETCHED}}
    journey.ask(execute, "a dry run", body, **where)
    journey.ask(execute, "a dry run that fails", {"dryRun": True, "mocks": {"fetch": [FAILING]}}, **where)
    journey.ask(execute, "mocks of no dry run", {"mocks": {"fetch": FETCHED}}, status=400, **where)


def _looking(journey: Journey, welcome: str, ended: str) -> None:
    read, listing, history = "workspaces_get_execution", "workspaces_list_executions_of", "workspaces_get_history"
    journey.ask(read, "a completed execution", execution_id=ended, **ACME)
    journey.ask(read, "no such execution", status=404, execution_id=UNKNOWN, **ACME)
    journey.ask(read, "no such workspace", status=404, execution_id=ended, **NOWHERE)
    journey.ask(read, "no such route", status=404, execution_id="", **ACME)
    refused_callers(journey, read, execution_id=ended, **ACME)

    where: Json = {**ACME, "workflow_id": welcome}
    journey.ask(listing, "with statistics", sortBy="executionTime", sortOrder="asc", **where)
    journey.ask(history, "a list", from_="2020-01-01T00:00:00Z", includeTests="true", **where)
    journey.ask(history, "one execution", executionId=ended, **where)
    journey.ask(history, "no such execution", status=404, executionId=UNKNOWN, **where)
    journey.ask(history, "no such route", status=404, workflow_id="", **ACME)
    for operation in (listing, history):
        journey.ask(operation, "no such workspace", status=404, workflow_id=welcome, **NOWHERE)
        journey.ask(operation, "a time that is none", status=400, from_="yesterday", **where)
        journey.ask(operation, "no such workflow", status=404, workflow_id=UNKNOWN, **ACME)
        refused_callers(journey, operation, **where)


def _cancelling(journey: Journey) -> None:
    execute, read = "workspaces_execute_workflow", "workspaces_get_execution"
    post, delete = "workspaces_cancel_execution_by_post", "workspaces_cancel_execution_by_delete"
    where: Json = {**ACME, "workflow_id": _published(journey, LASTING)}
    for operation in (post, delete):
        started = journey.ask(execute, "running", {}, status=202, headers={"Prefer": "wait=0"}, **where)
        running = started["execution"]["id"]
        journey.ask(read, "a running execution", execution_id=running, **ACME)
        refused_callers(journey, operation, execution_id=running, **ACME)
        journey.ask(operation, "cancelled", execution_id=running, **ACME)
        journey.ask(operation, "it has ended", status=400, execution_id=running, **ACME)
        journey.ask(operation, "no such execution", status=404, execution_id=UNKNOWN, **ACME)


def _inbox(journey: Journey) -> None:
    notes, tasks = "workspaces_list_notifications", "workspaces_list_tasks"
    journey.ask(notes, "of one recipient", recipient="user_123", limit="1", **ACME)
    journey.ask(notes, "of a recipient without a name", status=400, recipient="", **ACME)
    task = journey.ask(tasks, "what is to do", status_="TODO", limit="1", **ACME)["tasks"][0]["id"]
    journey.ask(tasks, "an unknown status", status=400, status_="LATER", **ACME)
    for operation in (notes, tasks):
        journey.ask(operation, "no such workspace", status=404, **NOWHERE)
        refused_callers(journey, operation, **ACME)

    read, update = "workspaces_get_task", "workspaces_update_task"
    journey.ask(read, "a task", task_id=task, **ACME)
    journey.ask(update, "done", {"status": "DONE"}, task_id=task, **ACME)
    journey.ask(update, "an unknown status", {"status": "LATER"}, status=400, task_id=task, **ACME)
    refused_bodies(journey, update, task_id=task, **ACME)
    for operation, body in ((read, None), (update, {"status": "DONE"})):
        journey.ask(operation, "no such task", body, status=404, task_id=UNKNOWN, **ACME)
        journey.ask(operation, "no such workspace", body, status=404, task_id=task, **NOWHERE)
        refused_callers(journey, operation, body, task_id=task, **ACME)
