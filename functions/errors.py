"""What a request can fail with, and what each failure is called in either dialect.

ServiceError
├── BadRequest               400  malformed or unknown input, the field named
├── WorkflowFaulty           400  a definition with faults
├── WorkflowInactive         400  only ACTIVE workflows execute
├── NotCancellable           400  the execution has ended
├── UnknownWorkflowInTest    400  v1's test says "invalid input or workflow not found"
├── Unauthorized             401
├── Forbidden                403
├── NotFound                 404
│   ├── WorkspaceNotFound
│   ├── WorkflowNotFound
│   └── ExecutionNotFound
├── IdempotencyConflict      409  the key came with another body
├── PayloadTooLarge          413
├── UnsupportedMediaType     415
├── EngineUnavailable        500  Step Functions refused or did not answer
└── DryRunTimeout              504  a dry run took longer than it may
"""

from typing import Any, NamedTuple

from functions.routes.table import Dialect


class Answer(NamedTuple):
    """The status of an error and its code in each dialect."""

    status: int
    v1: str
    workspaces: str


class ServiceError(Exception):
    """Base of everything a request can fail with. `details` is shown to the client."""

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class BadRequest(ServiceError):
    """Raised when a request is malformed; `details.errors` names each field."""

    @classmethod
    def at(cls, field: str, message: str) -> "BadRequest":
        """A fault of one field."""
        return cls(f"{field}: {message}", errors=[{"path": field, "message": message}])


class WorkflowFaulty(ServiceError):
    """Raised when a definition has faults; `details.errors` has all of them."""


class WorkflowInactive(ServiceError):
    """Raised when a workflow that is not ACTIVE is executed, or an archived one tested."""


class NotCancellable(ServiceError):
    """Raised when an execution has ended already."""


class UnknownWorkflowInTest(ServiceError):
    """Raised when v1's test names a workflow that does not exist."""


class Unauthorized(ServiceError):
    """Raised when the key is missing or unknown."""


class Forbidden(ServiceError):
    """Raised when the caller lacks a permission."""


class NotFound(ServiceError):
    """Raised when something does not exist."""


class WorkspaceNotFound(NotFound):
    """Raised when there is no workspace of that slug or id."""


class WorkflowNotFound(NotFound):
    """Raised when there is no such workflow, or none in that tenant."""


class ExecutionNotFound(NotFound):
    """Raised when there is no such execution, or none of that workflow or tenant."""


class IdempotencyConflict(ServiceError):
    """Raised when an Idempotency-Key comes again with another body."""


class PayloadTooLarge(ServiceError):
    """Raised when a body is over 256 KiB."""


class UnsupportedMediaType(ServiceError):
    """Raised when a body says that it is something other than JSON."""


class EngineUnavailable(ServiceError):
    """Raised when Step Functions does not take a state machine."""


class DryRunTimeout(ServiceError):
    """Raised when a dry run takes longer than the gateway would wait for."""


ANSWERS: dict[type[ServiceError], Answer] = {
    BadRequest: Answer(400, "BAD_REQUEST", "VALIDATION_ERROR"),
    WorkflowFaulty: Answer(400, "WORKFLOW_INVALID", "WORKFLOW_INVALID"),
    WorkflowInactive: Answer(400, "WORKFLOW_INACTIVE", "WORKFLOW_INACTIVE"),
    NotCancellable: Answer(400, "BAD_REQUEST", "EXECUTION_FAILED"),
    UnknownWorkflowInTest: Answer(400, "WORKFLOW_NOT_FOUND", "WORKFLOW_NOT_FOUND"),
    Unauthorized: Answer(401, "UNAUTHORIZED", "UNAUTHORIZED"),
    Forbidden: Answer(403, "PERMISSION_DENIED", "FORBIDDEN"),
    NotFound: Answer(404, "NOT_FOUND", "NOT_FOUND"),
    WorkspaceNotFound: Answer(404, "WORKSPACE_NOT_FOUND", "WORKSPACE_NOT_FOUND"),
    WorkflowNotFound: Answer(404, "WORKFLOW_NOT_FOUND", "WORKFLOW_NOT_FOUND"),
    ExecutionNotFound: Answer(404, "NOT_FOUND", "EXECUTION_NOT_FOUND"),
    IdempotencyConflict: Answer(409, "IDEMPOTENCY_CONFLICT", "IDEMPOTENCY_CONFLICT"),
    PayloadTooLarge: Answer(413, "PAYLOAD_TOO_LARGE", "PAYLOAD_TOO_LARGE"),
    UnsupportedMediaType: Answer(415, "UNSUPPORTED_MEDIA_TYPE", "UNSUPPORTED_MEDIA_TYPE"),
    EngineUnavailable: Answer(500, "EXECUTION_ERROR", "EXECUTION_FAILED"),
    DryRunTimeout: Answer(504, "EXECUTION_TIMEOUT", "EXECUTION_TIMEOUT"),
}

INTERNAL = Answer(500, "INTERNAL_ERROR", "INTERNAL_ERROR")


def answer_to(error: ServiceError) -> Answer:
    """The status and codes of an error, which are those of the nearest of its bases that has any."""
    return next(ANSWERS[kind] for kind in type(error).__mro__ if kind in ANSWERS)


def error_body(dialect: Dialect | None, answer: Answer, message: str, details: dict[str, Any]) -> dict[str, Any]:
    """An error in a dialect's fields, or in both dialects' where no route says which."""
    v1_body = {"success": False, "message": message, "error_code": answer.v1, "details": details}
    workspaces_body = {"error": answer.workspaces, "message": message, "details": details}
    if dialect == "v1":
        return v1_body
    return workspaces_body if dialect == "workspaces" else v1_body | workspaces_body


def internal_body(dialect: Dialect | None, request_id: str) -> dict[str, Any]:
    """What a client is told of a fault of ours: nothing of the inside, and an id that the log has as well."""
    message = "Something went wrong on our side; quote the request id when you report it"
    return error_body(dialect, INTERNAL, message, {"request_id": request_id})
