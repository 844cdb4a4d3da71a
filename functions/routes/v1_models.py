"""What v1 takes and gives: snake_case, seconds, UUIDs (`spec/execution-api.md`). An answer's `data` is one of these."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from functions import clock
from functions.ids import as_uuid
from functions.record import NodeState, Record
from functions.store.executions import Execution, Status
from functions.store.table import Item
from functions.store.workflows import Version, Workflow


class _Body(BaseModel):
    model_config = ConfigDict(strict=True)


class ExecuteBody(_Body):
    community_id: int
    variables: dict[str, Any] = Field(default_factory=dict)
    trigger_data: dict[str, Any] | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)


class TestBody(ExecuteBody):
    __test__ = False
    mocks: dict[str, Any] = Field(default_factory=dict)


class CommunityBody(_Body):
    community_id: int


class GrantBody(_Body):
    model_config = ConfigDict(strict=True, extra="forbid")

    user_id: str = Field(min_length=1, max_length=128)
    can_view: bool = False
    can_execute: bool = False
    can_edit: bool = False


class GrantsBody(_Body):
    grants: list[GrantBody] = Field(max_length=500)


class Started(BaseModel):
    """An execution as `execute` answers it."""

    execution_id: str
    workflow_id: str
    status: str
    start_time: str
    execution_path: list[str]


class Port(BaseModel):
    port_name: str
    data: Any
    timestamp: str


class State(BaseModel):
    """A node of an execution."""

    node_id: str
    node_type: str
    status: str
    started_at: str | None
    completed_at: str | None
    input_data: dict[str, Any]
    output_data: dict[str, Port]
    retry_count: int
    logs: list[str]
    error: str | None
    error_type: str | None
    metadata: dict[str, Any]


class Metrics(BaseModel):
    execution_id: str
    workflow_id: str
    total_duration_seconds: int | float
    node_count: int
    nodes_executed: int
    nodes_skipped: int
    nodes_failed: int
    average_node_time_seconds: int | float
    slowest_node_id: str | None
    slowest_node_time_seconds: int | float | None
    variable_count: int
    memory_used_mb: float | None
    timestamp: str


class Details(BaseModel):
    """An execution as it is read by its id."""

    execution_id: str
    workflow_id: str
    workflow_version: int
    status: str
    is_test: bool
    user_id: str
    start_time: str
    end_time: str | None
    execution_time_seconds: int | float
    execution_path: list[str]
    node_states: dict[str, State]
    final_variables: dict[str, Any]
    final_output: Any
    error_message: str | None
    error_node_id: str | None
    trigger_data: Any
    metadata: dict[str, Any]


class Row(BaseModel):
    """An execution in a list."""

    execution_id: str
    workflow_id: str
    status: str
    start_time: str
    end_time: str | None
    execution_time_seconds: int | float | None
    nodes_executed: int
    error: str | None
    success: bool
    is_test: bool


class TraceStep(BaseModel):
    node_id: str
    status: str
    duration_seconds: int | float
    input: dict[str, Any]
    output: dict[str, Any]
    logs: list[str]
    error: str | None
    error_type: str | None


class Summary(BaseModel):
    nodes_executed: int
    nodes_failed: int
    total_duration: int | float
    passed: bool


class TestResult(BaseModel):
    __test__ = False
    execution_id: str
    workflow_id: str
    test_mode: bool
    status: str
    execution_time_seconds: int | float
    trace: list[TraceStep]
    final_variables: dict[str, Any]
    final_output: Any
    error_message: str | None
    error_node_id: str | None
    summary: Summary


class WorkflowData(BaseModel):
    """A workflow, without its definition."""

    workflow_id: str
    community_id: int
    name: str
    description: str
    status: str
    version: int
    owner_id: str
    created_at: str
    updated_at: str


def started(execution: Execution, path: list[str]) -> Started:
    return Started(
        execution_id=as_uuid(execution.id),
        workflow_id=as_uuid(execution.workflow_id),
        status=execution.status,
        start_time=execution.started_at,
        execution_path=path,
    )


def details(record: Record, include_logs: bool) -> Details:
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


def row(item: Item, nodes_seen: Mapping[str, int]) -> Row:
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
    )


def test_result(record: Record) -> TestResult:
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
    )


test_result.__test__ = False  # type: ignore[attr-defined]


def workflow(head: Workflow) -> WorkflowData:
    fields = {name: getattr(head, name) for name in WorkflowData.model_fields if name != "workflow_id"}
    return WorkflowData(workflow_id=as_uuid(head.id), **fields)


def whole_workflow(head: Workflow, version: Version) -> dict[str, Any]:
    """A workflow with the fields of its definition, as they were written."""
    return version.document | workflow(head).model_dump()


def grants(head: Workflow) -> dict[str, Any]:
    return {
        "owner_id": head.owner_id,
        "grants": [
            {"user_id": user} | {name: name in allowed for name in ("can_view", "can_execute", "can_edit")}
            for user, allowed in sorted(head.grants.items())
        ],
    }


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
