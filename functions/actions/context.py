"""What an action is told about the step it runs for."""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from functions.actions.plain_text import one_line

MAX_LOG_LINES = 100
MAX_LOG_CHARACTERS = 1_000

_DERIVED_IDS = uuid.UUID("6b1c1c52-9f0e-5d0b-8f5e-2f1f8f0a7c11")
"""The namespace of `derived_id`. Changing it would make retries of running steps act twice."""


@dataclass(frozen=True)
class ActionContext:
    """One attempt at one visit of one node.

    `execution_id` is 32 hex digits. `idempotency_token` is `<execution>:<node>:<visit>`, the same for every attempt:
    hand it to whoever the action calls, so that a retry is not a second effect. `deadline` is the `time.monotonic()` by
    which the action must have returned. `secret(name)` gives a secret's value.
    """

    execution_id: str
    workflow_id: str
    workspace_id: str
    node: str
    visit: int
    attempt: int
    user: str
    """Who started the run."""
    variables: Mapping[str, Any]
    idempotency_token: str
    deadline: float
    secret: Callable[[str], str]
    _lines: list[str] = field(default_factory=list, init=False, repr=False, compare=False)

    def remaining(self) -> float:
        """Seconds until the deadline, never below 0."""
        return max(0.0, self.deadline - time.monotonic())

    def log(self, message: str) -> None:
        """Adds a line to the step's logs; what is over 100 lines or 1,000 characters a line is left out."""
        if len(self._lines) < MAX_LOG_LINES:
            self._lines.append(one_line(str(message), MAX_LOG_CHARACTERS))

    @property
    def logs(self) -> tuple[str, ...]:
        """The lines so far."""
        return tuple(self._lines)

    def derived_id(self, prefix: str) -> str:
        """`<prefix>_<32 hex>`, the same in every attempt: an id for what the action creates.

        It begins with the execution's own first digits, which are its time, so that ids sort by when their run began.
        """
        digits = uuid.uuid5(_DERIVED_IDS, f"{prefix}:{self.idempotency_token}").hex
        return f"{prefix}_{self.execution_id[:12]}{digits[12:]}"
