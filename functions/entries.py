"""The functions that AWS runs, as plain data: `infra` deploys them so, and local mode holds them to the same limits.

A function is named like the module that it begins in and the construct that deploys it.
"""

from typing import NamedTuple


class Entry(NamedTuple):
    """One function: `timeout` in seconds; `memory` in MB, which buys CPU as well (1,769 MB are one core)."""

    name: str
    handler: str
    timeout: int
    memory: int


API = Entry("api", "functions.api.handler", timeout=29, memory=1024)
"""API Gateway waits 29 s. A cold start is all CPU, and a person waits for it: more than half a core.

None of them needs the memory itself: docs/decisions.md says what each has, and why it gets what it gets."""

ACTION = Entry("action", "functions.action.handler", timeout=900, memory=512)
"""The longest that Lambda gives. It mostly waits for others; outputs are at most 1 MB."""

LIFECYCLE = Entry("lifecycle", "functions.lifecycle.handler", timeout=60, memory=512)
"""Nobody waits for it; it stops by itself before its time is up, and goes on at the next call."""

STREAM = Entry("stream", "stream.sh", timeout=330, memory=512)
"""Streams end themselves after five minutes. One instance serves one of them."""

ENVIRONMENT = {"PYDANTIC_DISABLE_PLUGINS": "1"}
"""Of every function: pydantic would look for plugins among all packages, and there are none."""

PYTHON_ENTRIES = (API, ACTION, LIFECYCLE)
"""Those with a handler in Python; `stream` is a web server behind AWS's Lambda Web Adapter."""

CONTEXT_HEADER = "x-amzn-request-context"
"""The header by which the adapter tells `stream` the request context of the event that it was called with, as JSON."""
