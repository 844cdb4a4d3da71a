"""EventBridge, SQS and the schedule in front of `lifecycle`: status changes of executions reach it as on AWS.

A rule takes the terminal "Step Functions Execution Status Change" events
(https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html) to a queue, whose records Lambda
gets in batches; what fails is delivered again, at most three times in all, and then kept as a dead letter.
"""

import hashlib
import json
import logging
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from local.emulator.functions import Answer, Refused

BATCH = 10
DELIVERIES = 3
WINDOW = 0.03
"""Seconds that a message waits for others, as a batching window does: nobody is kept waiting, and batches grow."""
BACKOFF = 0.2
"""Seconds before the second delivery; the third waits twice as long."""

_log = logging.getLogger(__name__)


@dataclass
class Message:
    """An SQS message: its body, and how often it was received."""

    body: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    sent: float = field(default_factory=time.time)
    received: int = 0
    due: float = field(default_factory=lambda: time.monotonic() + WINDOW)

    def record(self, queue_arn: str) -> dict[str, Any]:
        """The message as Lambda's event source mapping passes it on."""
        now = str(int(time.time() * 1000))
        return {
            "messageId": self.id,
            "receiptHandle": uuid.uuid4().hex,
            "body": self.body,
            "attributes": {
                "ApproximateReceiveCount": str(self.received),
                "SentTimestamp": str(int(self.sent * 1000)),
                "SenderId": "events.amazonaws.com",
                "ApproximateFirstReceiveTimestamp": now,
            },
            "messageAttributes": {},
            "md5OfBody": hashlib.md5(self.body.encode(), usedforsecurity=False).hexdigest(),
            "eventSource": "aws:sqs",
            "eventSourceARN": queue_arn,
            "awsRegion": queue_arn.split(":")[3],
        }


class Queue:
    """An SQS queue with a Lambda consumer and a redrive policy, worked off by one thread."""

    def __init__(self, arn: str, consume: Callable[[dict[str, Any]], Answer]) -> None:
        self.arn = arn
        self.dead_letters: list[dict[str, Any]] = []
        self._consume = consume
        self._waiting: deque[Message] = deque()
        self._changed = threading.Condition()
        self._busy = False
        self._open = True
        self._thread = threading.Thread(target=self._work, name="lifecycle-queue", daemon=True)
        self._thread.start()

    def send(self, event: dict[str, Any]) -> None:
        with self._changed:
            self._waiting.append(Message(json.dumps(event)))
            self._changed.notify_all()

    def drain(self, seconds: float) -> bool:
        """Wait until nothing is waiting or being delivered; whether that came in time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._busy, timeout=seconds)

    def close(self) -> None:
        with self._changed:
            self._open = False
            self._changed.notify_all()

    def _work(self) -> None:
        while batch := self._receive():
            failed = self._deliver(batch)
            with self._changed:
                self._return(failed)
                self._busy = False
                self._changed.notify_all()

    def _receive(self) -> list[Message]:
        """The next due messages, at most a batch; none once the queue is closed."""
        with self._changed:
            while self._open:
                now = time.monotonic()
                batch = [message for message in self._waiting if message.due <= now][:BATCH]
                if batch:
                    for message in batch:
                        self._waiting.remove(message)
                        message.received += 1
                    self._busy = True
                    return batch
                self._changed.wait(min((m.due - now for m in self._waiting), default=None))
            return []

    def _deliver(self, batch: list[Message]) -> list[Message]:
        """Those of a batch that are to be delivered again: all where the function failed, else `batchItemFailures`."""
        try:
            answer = self._consume({"Records": [message.record(self.arn) for message in batch]})
        except Refused:
            return batch
        if answer.failed:
            return batch
        failures = (json.loads(answer.payload) or {}).get("batchItemFailures", [])
        failed = {failure["itemIdentifier"] for failure in failures}
        return [message for message in batch if message.id in failed]

    def _return(self, failed: list[Message]) -> None:
        for message in failed:
            if message.received < DELIVERIES:
                message.due = time.monotonic() + BACKOFF * message.received
                self._waiting.append(message)
            else:
                event = json.loads(message.body)
                self.dead_letters.append(event)
                _log.error("dead letter after %d deliveries: %s", DELIVERIES, event.get("resources"))


class Schedule:
    """An EventBridge schedule: calls its target with a scheduled event every so many seconds."""

    def __init__(self, rule_arn: str, seconds: float, target: Callable[[dict[str, Any]], Answer]) -> None:
        self._rule_arn = rule_arn
        self._seconds = seconds
        self._target = target
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name="lifecycle-schedule", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stopped.set()

    def _work(self) -> None:
        while not self._stopped.wait(self._seconds):
            try:
                self._target(scheduled_event(self._rule_arn))
            except Refused:
                return


def scheduled_event(rule_arn: str) -> dict[str, Any]:
    """An EventBridge "Scheduled Event" of a rule, as of now."""
    return {**_envelope("Scheduled Event", "aws.events", rule_arn), "detail": {}}


def status_event(detail: dict[str, Any]) -> dict[str, Any]:
    """The EventBridge event of an execution's status; `detail` as AWS documents it."""
    arn = detail["executionArn"]
    return {**_envelope("Step Functions Execution Status Change", "aws.states", arn), "detail": detail}


def _envelope(detail_type: str, source: str, resource: str) -> dict[str, Any]:
    parts = resource.split(":")
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": parts[4],
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": parts[3],
        "resources": [resource],
    }
