"""The ends of executions: whoever comes to one ends the record, and says so in the audit trail."""

from functions import audit
from functions.store import executions
from functions.store.additions import NOTHING, Addition
from functions.store.executions import Ending, Execution, Status


def end(execution: Execution, ending: Ending, addition: Addition = NOTHING) -> Execution:
    """Ends a running record, with the last lines of its log. Raises ExecutionEnded, AlreadyDone, TooMuchKept."""
    ended = executions.end(execution, ending, addition)
    note(ended)
    return ended


def note(ended: Execution) -> None:
    """Notes that a record has ended; operators are alarmed by what the notes of failures add up to."""
    audit.record(
        "SYSTEM",
        action="end_execution",
        outcome="FAILURE" if ended.status == Status.FAILED else "SUCCESS",
        user=ended.triggered_by,
        workflow_id=ended.workflow_id,
        execution_id=ended.id,
        status=ended.status,
    )
