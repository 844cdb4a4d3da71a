"""The queue and the schedule in front of `lifecycle`."""

import hashlib
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from local.emulator import events
from local.emulator.events import DELIVERIES, Queue, Schedule, scheduled_event, status_event
from local.emulator.functions import Answer, Refused

ARN = "arn:aws:sqs:us-east-1:123456789012:lifecycle"
EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:machine:name"


class Consumer:
    """A function that keeps its batches and answers as it is told; without an answer it succeeds."""

    def __init__(self) -> None:
        self.batches: list[list[dict[str, Any]]] = []
        self.answers: list[Any] = []
        self.go = threading.Event()
        self.go.set()

    def __call__(self, event: dict[str, Any]) -> Answer:
        assert self.go.wait(5)
        self.batches.append(event["Records"])
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer(event["Records"]) if callable(answer) else Answer("null", failed=False)

    def bodies(self) -> list[list[int]]:
        return [[json.loads(record["body"])["n"] for record in batch] for batch in self.batches]


def fail(records: Any) -> Answer:
    return Answer('{"errorType": "Broken"}', failed=True)


@pytest.fixture
def consumer(monkeypatch: pytest.MonkeyPatch) -> Consumer:
    monkeypatch.setattr(events, "BACKOFF", 0.01)
    return Consumer()


@pytest.fixture
def queue(consumer: Consumer) -> Iterator[Queue]:
    made = Queue(ARN, consumer)
    yield made
    made.close()


def test_an_event_arrives_as_an_sqs_record(queue: Queue, consumer: Consumer) -> None:
    queue.send({"n": 1})
    assert queue.drain(5)
    ((record,),) = consumer.batches
    assert json.loads(record["body"]) == {"n": 1}
    assert record["md5OfBody"] == hashlib.md5(record["body"].encode(), usedforsecurity=False).hexdigest()
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert (record["eventSource"], record["eventSourceARN"], record["awsRegion"]) == ("aws:sqs", ARN, "us-east-1")
    assert set(record) >= {"messageId", "receiptHandle", "messageAttributes"}


def test_what_waits_comes_in_batches_of_ten(queue: Queue, consumer: Consumer) -> None:
    consumer.go.clear()
    for n in range(100):
        queue.send({"n": n})
    consumer.go.set()
    assert queue.drain(5)
    assert sorted(n for batch in consumer.bodies() for n in batch) == list(range(100))
    assert max(len(batch) for batch in consumer.batches) == 10


def test_a_failed_batch_is_delivered_again(queue: Queue, consumer: Consumer) -> None:
    consumer.answers = [fail]
    queue.send({"n": 1})
    assert queue.drain(5)
    assert consumer.bodies() == [[1], [1]]
    assert [batch[0]["attributes"]["ApproximateReceiveCount"] for batch in consumer.batches] == ["1", "2"]
    assert queue.dead_letters == []


def test_only_the_failed_items_of_a_batch_are_delivered_again(queue: Queue, consumer: Consumer) -> None:
    def second_fails(records: Any) -> Answer:
        failures = [
            {"itemIdentifier": record["messageId"]}
            for record in records
            if json.loads(record["body"])["n"] == 2 and record["attributes"]["ApproximateReceiveCount"] == "1"
        ]
        return Answer(json.dumps({"batchItemFailures": failures}), failed=False)

    consumer.go.clear()
    queue.send({"n": 0})
    for n in (1, 2, 3):
        queue.send({"n": n})
    consumer.answers = [second_fails, second_fails]
    consumer.go.set()
    assert queue.drain(5)
    assert consumer.bodies()[-1] == [2]
    assert sorted(n for batch in consumer.bodies() for n in batch) == [0, 1, 2, 2, 3]


def test_what_fails_three_times_is_a_dead_letter(
    queue: Queue, consumer: Consumer, caplog: pytest.LogCaptureFixture
) -> None:
    consumer.answers = [fail, Refused("stopping"), fail]
    queue.send({"n": 1, "resources": ["it"]})
    assert queue.drain(5)
    assert len(consumer.batches) == DELIVERIES
    assert queue.dead_letters == [{"n": 1, "resources": ["it"]}]
    assert "dead letter after 3 deliveries: ['it']" in caplog.text


def test_a_schedule_calls_its_target_again_and_again() -> None:
    got: list[dict[str, Any]] = []
    twice = threading.Event()

    def target(event: dict[str, Any]) -> Answer:
        got.append(event)
        if len(got) == 2:
            twice.set()
        return Answer("null", failed=False)

    schedule = Schedule("arn:aws:events:us-east-1:123456789012:rule/lifecycle", 0.01, target)
    assert twice.wait(5)
    schedule.close()
    assert got[0]["detail-type"] == "Scheduled Event"


def test_a_scheduled_event_is_as_eventbridge_sends_it() -> None:
    rule = "arn:aws:events:us-east-1:123456789012:rule/lifecycle"
    event = scheduled_event(rule)
    assert event["id"]
    assert event["time"].endswith("Z")
    assert {name: event[name] for name in event if name not in ("id", "time")} == {
        "version": "0",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "region": "us-east-1",
        "resources": [rule],
        "detail": {},
    }


def test_a_status_event_is_as_eventbridge_sends_it() -> None:
    event = status_event({"executionArn": EXECUTION, "status": "FAILED"})
    assert (event["source"], event["resources"]) == ("aws.states", [EXECUTION])
    assert event["detail-type"] == "Step Functions Execution Status Change"
    assert event["detail"] == {"executionArn": EXECUTION, "status": "FAILED"}
