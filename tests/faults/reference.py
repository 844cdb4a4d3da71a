"""The reference workflow, which has every feature once, and the small ones that the other rows need; and the outside
that their effects reach."""

import itertools
import json
import threading
from collections import Counter
from typing import Any

from tests.e2e.target import Seen, Target

Json = dict[str, Any]

LARGE = 120_000
"""Bytes of the reference's first output: it is kept in S3."""


class Outside(Target):
    """The API that workflows call. Under `/orders` each path's first answer is a failure, and the next ones are large;
    `/together` answers two requests at once."""

    def __init__(self) -> None:
        super().__init__()
        self._asked: Counter[str] = Counter()
        self._changed = threading.Condition(self._lock)

    def answer(self, seen: Seen) -> tuple[int, str, bytes]:
        with self._changed:
            self._seen.append(seen)
            self._asked[seen.path] += 1
            self._changed.notify_all()
            is_first = self._asked[seen.path] == 1
            if seen.path.startswith("/together"):
                self._changed.wait_for(lambda: self._asked[seen.path] > 1, timeout=1)
                return 200, "application/json", b"{}"
        if is_first:
            return 503, "text/plain", b"come again"
        return 200, "application/json", json.dumps({"order": 7, "text": "x" * LARGE}).encode()


def reference(url: str) -> Json:
    """Every node type, a fork and its join, a retry, a failure that is gone on from, a wait, a large output, a secret,
    an API that is called by a template, a notification, two tasks and an e-mail."""
    return {
        "name": "Reference",
        "variables": {"pause": 20},
        "nodes": [
            {"id": "begin", "type": "trigger"},
            {
                "id": "fetch",
                "type": "call_api",
                "onError": "retry",
                "config": {
                    "url": url + "/orders/{{execution.id}}",
                    "headers": {"X-Secret": "{{secrets.token}}", "X-Customer": "{{trigger.customer}}"},
                },
            },
            _condition("found", "steps.fetch.output.statusCode", 200),
            {
                "id": "note",
                "type": "set_variables",
                "config": {"variables": {"order": "{{steps.fetch.output.body.order}}"}},
            },
            {
                "id": "route",
                "type": "switch",
                "config": {"field": "trigger.customer", "cases": {"user_1": "known"}, "default": "other"},
            },
            _task("left", "Order {{variables.order}}"),
            # A Wait state, since its length is a template; short, since the function behind it waits in real time.
            {"id": "pause", "type": "wait", "config": {"durationMs": "{{variables.pause}}"}},
            # Its step is too large for the head, and so is staged before it is committed.
            {
                "id": "right",
                "type": "send_notification",
                "config": {"message": "x" * 1500, "recipient": "{{trigger.customer}}"},
            },
            _condition("joined", "variables.order", 7),
            {
                "id": "mail",
                "type": "send_email",
                "onError": "continue",
                "config": {
                    "to": "ada@example.com",
                    "subject": "{{execution.id}}",
                    "body": "{{ length(steps.fetch.output.body.text) }}",
                },
            },
            _task("last", "Last", onError="retry"),
            {"id": "done", "type": "end", "config": {"output": {"order": "{{variables.order}}"}}},
        ],
        "connections": [
            *_chain("begin", "fetch", "found"),
            {"from": "found", "fromPort": "true", "to": "note"},
            {"from": "found", "fromPort": "false", "to": "done"},
            {"from": "note", "to": "route"},
            {"from": "route", "fromPort": "known", "to": "left"},
            {"from": "route", "fromPort": "known", "to": "pause"},
            {"from": "route", "fromPort": "other", "to": "done"},
            {"from": "pause", "to": "right"},
            {"from": "left", "to": "joined"},
            {"from": "right", "to": "joined"},
            {"from": "joined", "fromPort": "true", "to": "mail"},
            *_chain("mail", "last", "done"),
        ],
    }


WORKS = ("fetch", "left", "right", "joined (fold)", "mail", "last")
"""What its Tasks are about, in their order."""

RETRIES = {"fetch": 4, "last": 4}
"""The attempts of a node with `onError: retry`; the others have one, and six for what Lambda loses."""


def ends_in_a_wait() -> Json:
    """No function is there to end it: its status event does."""
    return _actions("Ends in a wait", _task("first", "first"), _wait("pause", 1000))


def branches_that_end_together(url: str) -> Json:
    """Two branches that nobody joins, and whose effects end at once: the last to commit ends the record."""
    config = {"url": url + "/together/{{execution.id}}"}
    nodes = [{"id": node, "type": "call_api", "config": config} for node in ("one", "two")]
    return {
        "name": "Ends together",
        "nodes": [{"id": "begin", "type": "trigger"}, *nodes],
        "connections": [{"from": "begin", "to": "one"}, {"from": "begin", "to": "two"}],
    }


def decisions() -> Json:
    """It has no effect, so that it is over when it is claimed."""
    return _actions("Decisions", {"id": "note", "type": "set_variables", "config": {"variables": {"seen": True}}})


def stops() -> Json:
    """Its effect fails, which ends it."""
    call = {"id": "call", "type": "call_api", "config": {"url": "{{trigger.url}}"}}
    return _actions("Stops", call, _task("never", "never"))


def large_failure() -> Json:
    """Its step is staged before it is committed, also where its effect fails."""
    big = {"id": "big", "type": "send_notification", "config": {"message": "x" * 1500, "recipient": "user_1"}}
    return _actions("Large", {**big, "onError": "continue"}, _task("last", "last"))


def an_hour() -> Json:
    """It runs until somebody stops it."""
    return _actions("An hour", _task("first", "first"), _wait("hour", 3_600_000), _task("last", "last"))


def _task(node: str, title: str, **fields: Any) -> Json:
    return {"id": node, "type": "create_task", "config": {"title": title}, **fields}


def _wait(node: str, milliseconds: int) -> Json:
    return {"id": node, "type": "wait", "config": {"durationMs": milliseconds}}


def _condition(node: str, field: str, value: Any) -> Json:
    return {"id": node, "type": "condition", "config": {"field": field, "operator": "equals", "value": value}}


def _actions(name: str, *actions: Json) -> Json:
    return {"name": name, "actions": list(actions)}


def _chain(*nodes: str) -> list[Json]:
    return [{"from": earlier, "to": later} for earlier, later in itertools.pairwise(nodes)]
