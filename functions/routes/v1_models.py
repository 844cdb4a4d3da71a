"""What v1 gives: snake_case, seconds, UUIDs (`spec/execution-api.md`). An answer's `data` is one of these."""

from collections.abc import Mapping, Set
from typing import Any

from pydantic import BaseModel, ConfigDict

from functions import clock
from functions.auth import Permission
from functions.ids import as_uuid
from functions.record import NodeState, Record
from functions.routes.fields import Count, LowerStatus, NodeStatus, Seconds, Time, Uuid, WorkflowStatus
from functions.store.executions import Execution, Status
from functions.store.table import Item
from functions.store.workflows import Version, Workflow


class _Out(BaseModel):
    model_config = ConfigDict(defer_build=True)


class Started(_Out):
    """An execution as `execute` answers it."""

    execution_id: Uuid
    workflow_id: Uuid
    status: LowerStatus
    start_time: Time
    execution_path: list[str]
    stream_url: str | None


class Port(_Out):
    port_name: str
    data: Any
    timestamp: Time


class State(_Out):
    """A node of an execution."""

    node_id: str
    node_type: str
    status: NodeStatus
    started_at: Time | None
    completed_at: Time | None
    input_data: dict[str, Any]
    output_data: dict[str, Port]
    retry_count: Count
    logs: list[str]
    error: str | None
    error_type: str | None
    metadata: dict[str, Any]


class Metrics(_Out):
    execution_id: Uuid
    workflow_id: Uuid
    total_duration_seconds: Seconds
    node_count: Count
    nodes_executed: Count
    nodes_skipped: Count
    nodes_failed: Count
    average_node_time_seconds: Seconds
    slowest_node_id: str | None
    slowest_node_time_seconds: Seconds | None
    variable_count: Count
    memory_used_mb: float | None
    timestamp: Time


class Details(_Out):
    """An execution as it is read by its id."""

    execution_id: Uuid
    workflow_id: Uuid
    workflow_version: int
    status: LowerStatus
    is_test: bool
    user_id: str
    start_time: Time
    end_time: Time | None
    execution_time_seconds: Seconds
    execution_path: list[str]
    node_states: dict[str, State]
    final_variables: dict[str, Any]
    final_output: Any
    error_message: str | None
    error_node_id: str | None
    trigger_data: dict[str, Any]
    metadata: dict[str, Any]
    stream_url: str | None


class Row(_Out):
    """An execution in a list."""

    execution_id: Uuid
    workflow_id: Uuid
    status: LowerStatus
    start_time: Time
    end_time: Time | None
    execution_time_seconds: Seconds | None
    nodes_executed: Count
    error: str | None
    success: bool
    is_test: bool
    stream_url: str | None


class TraceStep(_Out):
    node_id: str
    status: NodeStatus
    duration_seconds: Seconds
    input: dict[str, Any]
    output: dict[str, Any]
    logs: list[str]
    error: str | None
    error_type: str | None


class Summary(_Out):
    nodes_executed: Count
    nodes_failed: Count
    total_duration: Seconds
    passed: bool


class TestResult(_Out):
    __test__ = False
    execution_id: Uuid
    workflow_id: Uuid
    test_mode: bool
    status: LowerStatus
    execution_time_seconds: Seconds
    trace: list[TraceStep]
    final_variables: dict[str, Any]
    final_output: Any
    error_message: str | None
    error_node_id: str | None
    summary: Summary
    stream_url: str | None


class Rights(_Out):
    """What the caller may do with a workflow, by their role, as its owner or by a grant."""

    can_view: bool
    can_execute: bool
    can_edit: bool


class WorkspaceRights(_Out):
    """What the caller may do in a workspace."""

    can_create: bool


class WorkflowData(_Out):
    """A workflow, without its definition."""

    workflow_id: Uuid
    community_id: int
    name: str
    description: str
    status: WorkflowStatus
    version: int
    owner_id: str
    created_at: Time
    updated_at: Time
    permissions: Rights


class VersionData(_Out):
    """A version in the list of a workflow's versions."""

    version: int
    created_at: Time
    created_by: str


class Grant(_Out):
    """What a user may do with a workflow, beside what the owner and the workspace's roles may."""

    user_id: str
    can_view: bool
    can_execute: bool
    can_edit: bool


class Permissions(_Out):
    owner_id: str
    grants: list[Grant]


class Cancelled(_Out):
    execution_id: Uuid
    status: LowerStatus
    cancelled_at: Time
    stream_url: str | None


def started(execution: Execution, path: list[str], stream_url: str | None) -> Started:
    return Started(
        execution_id=as_uuid(execution.id),
        workflow_id=as_uuid(execution.workflow_id),
        status=execution.status,
        start_time=execution.started_at,
        execution_path=path,
        stream_url=stream_url,
    )


def details(record: Record, include_logs: bool, stream_url: str | None) -> Details:
    execution = record.execution
    return Details(
        execution_id=as_uuid(execution.id),
        workflow_id=as_uuid(execution.workflow_id),
        workflow_version=execution.version,
        status=execution.status,
        is_test=execution.is_test,
        user_id=execution.triggered_by,
        start_time=execution.started_at,
        end_time=execution.ended_at,
        execution_time_seconds=seconds(record.duration_ms),
        execution_path=record.path,
        node_states={node: _state(state, include_logs) for node, state in record.states.items()},
        final_variables=record.final_variables,
        final_output=record.final_output,
        error_message=execution.error,
        error_node_id=execution.error_node,
        trigger_data=record.given.trigger,
        metadata=record.given.metadata,
        stream_url=stream_url,
    )


def metrics(record: Record) -> Metrics:
    states = list(record.states.values())
    timed = [(state.duration_ms, state.node) for state in states if state.duration_ms is not None]
    slowest = max(timed, key=lambda pair: pair[0], default=None)
    ended = [state.status for state in states]
    return Metrics(
        execution_id=as_uuid(record.execution.id),
        workflow_id=as_uuid(record.execution.workflow_id),
        total_duration_seconds=seconds(record.duration_ms),
        node_count=len(states),
        nodes_executed=len(record.path),
        nodes_skipped=ended.count("skipped") if record.execution.status == Status.COMPLETED else 0,
        nodes_failed=ended.count("failed"),
        average_node_time_seconds=seconds(sum(ms for ms, _ in timed) / len(timed)) if timed else 0,
        slowest_node_id=slowest[1] if slowest else None,
        slowest_node_time_seconds=seconds(slowest[0]) if slowest else None,
        variable_count=len(record.final_variables),
        memory_used_mb=None,
        timestamp=clock.now_iso(),
    )


def row(item: Item, nodes_seen: Mapping[str, int], stream_url: str | None) -> Row:
    duration_ms = item.get("duration_ms")
    return Row(
        execution_id=as_uuid(item["pk"].removeprefix("EXEC#")),
        workflow_id=as_uuid(item["workflow_id"]),
        status=item["status"],
        start_time=item["started_at"],
        end_time=item.get("ended_at"),
        execution_time_seconds=None if duration_ms is None else seconds(duration_ms),
        nodes_executed=nodes_seen.get(item["pk"], item["nodes_executed"]),
        error=item.get("error"),
        success=item["status"] == Status.COMPLETED,
        is_test=item["is_test"],
        stream_url=stream_url,
    )


def test_result(record: Record, stream_url: str | None) -> TestResult:
    execution = record.execution
    return TestResult(
        execution_id=as_uuid(execution.id),
        workflow_id=as_uuid(execution.workflow_id),
        test_mode=True,
        status=execution.status,
        execution_time_seconds=seconds(record.duration_ms),
        trace=[_trace(record.states[node]) for node in record.path],
        final_variables=record.final_variables,
        final_output=record.final_output,
        error_message=execution.error,
        error_node_id=execution.error_node,
        summary=Summary(
            nodes_executed=len(record.path),
            nodes_failed=sum(state.status == "failed" for state in record.states.values()),
            total_duration=seconds(record.duration_ms),
            passed=execution.status == Status.COMPLETED,
        ),
        stream_url=stream_url,
    )


test_result.__test__ = False  # type: ignore[attr-defined]


def workflow(head: Workflow, rights: Set[str]) -> WorkflowData:
    fields = {name: getattr(head, name) for name in _HEAD_FIELDS}
    return WorkflowData(workflow_id=as_uuid(head.id), permissions=Rights(**flags_of(rights)), **fields)


_HEAD_FIELDS = [name for name in WorkflowData.model_fields if name not in ("workflow_id", "permissions")]


def whole_workflow(head: Workflow, version: Version, rights: Set[str]) -> dict[str, Any]:
    """A workflow with the fields of its definition, as they were written in that version."""
    return version.document | workflow(head, rights).model_dump() | version.names


def version(found: Version) -> VersionData:
    return VersionData(version=found.number, created_at=found.created_at, created_by=found.created_by)


def permissions(head: Workflow) -> Permissions:
    granted = [Grant(user_id=user, **flags_of(allowed)) for user, allowed in sorted(head.grants.items())]
    return Permissions(owner_id=head.owner_id, grants=granted)


def flags_of(allowed: Set[str]) -> dict[str, bool]:
    """For each permission whether it is among `allowed`."""
    return {permission.value: permission in allowed for permission in Permission}


def cancelled(execution: Execution, stream_url: str | None) -> Cancelled:
    return Cancelled(
        execution_id=as_uuid(execution.id),
        status=execution.status,
        cancelled_at=str(execution.ended_at),
        stream_url=stream_url,
    )


def seconds(milliseconds: float) -> int | float:
    """Seconds, whole ones as an integer."""
    value = round(milliseconds / 1000, 3)
    return int(value) if value == int(value) else value


def _state(state: NodeState, include_logs: bool) -> State:
    result = state.result
    return State(
        node_id=state.node,
        node_type=state.type,
        status=state.status,
        started_at=state.started_at,
        completed_at=state.ended_at,
        input_data=_input(state),
        output_data={result.port: _port(result.port, result.output, result.ended_at)}
        if result and not result.failed
        else {},
        retry_count=state.attempt,
        logs=logs_of(state) if include_logs else [],
        error=result.error if result else None,
        error_type=result.error_type if result else None,
        metadata={},
    )


def _port(name: str, data: Any, timestamp: str) -> Port:
    return Port(port_name=name, data=data, timestamp=timestamp)


def _trace(state: NodeState) -> TraceStep:
    result = state.result
    return TraceStep(
        node_id=state.node,
        status=state.status,
        duration_seconds=seconds(state.duration_ms or 0),
        input=_input(state),
        output={result.port: result.output} if result and not result.failed else {},
        logs=logs_of(state),
        error=result.error if result else None,
        error_type=result.error_type if result else None,
    )


def _input(state: NodeState) -> dict[str, Any]:
    return {"input": state.input} if state.has_input else {}


def logs_of(state: NodeState) -> list[str]:
    """The lines of a node's log, between those that say when it began and how it ended."""
    if state.started_at is None:
        return []
    lines = ["Node execution started", *(state.result.logs if state.result else ())]
    if state.result:
        failed = f"Node execution failed: {state.result.error}"
        lines.append(failed if state.result.failed else "Node execution completed")
    return lines
