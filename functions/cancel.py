"""Cancelling: the record ends first, which no later event can change, then the machine is stopped."""

from functions import clock, engine
from functions.errors import NotCancellable
from functions.store import executions
from functions.store.executions import Ending, Execution, ExecutionEnded, Status


def cancel(execution: Execution) -> Execution:
    """Ends a running execution as cancelled. Raises NotCancellable where it has ended, also in this moment."""
    try:
        ended = executions.end(
            execution, Ending(status=Status.CANCELLED, at=clock.now_iso(), error="Cancelled by user")
        )
    except ExecutionEnded:
        current = executions.read(execution.id) or execution
        raise NotCancellable(f"The execution is {current.status}: only running ones can be cancelled") from None
    if ended.machine_arn:
        engine.stop(ended.machine_arn, ended.id)
    return ended
