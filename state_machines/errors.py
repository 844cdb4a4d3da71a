"""The errors of the language.

WorkflowError
├── WorkflowInvalid      a definition with faults, all of them at once
└── NodeFailed           a decision that could not be taken, while running
    ├── ExpressionFailed an expression that cannot be evaluated over this data
    ├── ValueTooLarge    a value that grew over its limit
    ├── TooMuchKept      a step whose results the execution has no room for
    └── TooMuchWork      an evaluation that would hold a function for too long
"""

from typing import NamedTuple


class Fault(NamedTuple):
    """One thing to mend in a definition: where it is (`nodes[2].config.field`) and a sentence on what to change."""

    path: str
    message: str


class WorkflowError(Exception):
    """Base of the errors of the language."""


class WorkflowInvalid(WorkflowError):
    """Raised when a definition has faults; `faults` holds all of them, in the order of the definition."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{path}: {message}" for path, message in faults))
        self.faults = faults


class NodeFailed(WorkflowError):
    """Raised when a decision cannot be taken; its message is fit for the client."""


class ExpressionFailed(NodeFailed):
    """Raised when an expression does not fit the data that it meets."""


class ValueTooLarge(NodeFailed):
    """Raised when a value is larger, as JSON, than a step may keep, or nested too deeply."""


class TooMuchKept(NodeFailed):
    """Raised when the results of an execution would be more, together, than it may keep."""


class TooMuchWork(NodeFailed):
    """Raised when an evaluation would take more work than `effort` allows."""
