"""The gateway's access log: one JSON record a line, with the audit line of a refused key.

No record holds a key, a raw path, a header's value or a body. JSON's escapes keep what users sent on its own line.
"""

import json
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from functions import audit
from local.usage_plans import ApiKey


@dataclass
class Access:
    """One request and what became of it; `resource` is the path's template."""

    request_id: str
    ip: str
    method: str
    resource: str = "-"
    key: ApiKey | None = None
    status: int = 0
    latency_ms: float = 0.0

    def record(self, now: datetime) -> dict[str, Any]:
        record = {
            "level": "INFO",
            "timestamp": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z",
            "requestId": self.request_id,
            "ip": self.ip,
            "method": self.method,
            "resource": self.resource,
            "status": self.status,
            "latency": round(self.latency_ms, 1),
            "apiKeyId": self.key.id if self.key else "-",
        }
        return record | _refusal() if self.status == 401 and not self.key else record


def write(access: Access) -> None:
    """To standard output, in one write, so that lines of other threads do not come between."""
    # Where nobody reads the log any more, requests are answered all the same.
    with suppress(BrokenPipeError):
        sys.stdout.write(json.dumps(access.record(datetime.now(UTC))) + "\n")
        sys.stdout.flush()


def _refusal() -> dict[str, Any]:
    """The audit line of a refused key, which reaches no function that could write it."""
    action, outcome = "authenticate", "DENIED"
    return {
        "level": "WARNING",
        "message": audit.line("WARNING", "AUTH", None, None, action, outcome),
        "event_type": "AUTH",
        "community": None,
        "user": "-",
        "action": action,
        "result": outcome,
    }
