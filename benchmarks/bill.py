"""`python -m benchmarks.bill`: what AWS would ask for a month of executions, from what one of them uses here.

Prints the page docs/costs.md. The prices are those of `functions/prices.py`.
"""

import json
import sys
import time
from contextlib import closing
from dataclasses import dataclass, field
from io import StringIO
from uuid import uuid4

import boto3

from benchmarks import by_hand, in_process, servers
from benchmarks.client import Unexpected, Workspace
from benchmarks.costs import transitions
from benchmarks.meter import Meter
from benchmarks.report import table
from benchmarks.units import Units
from functions import audit, engine
from functions.entries import ACTION, API, LIFECYCLE, STREAM, Entry
from functions.prices import PRICES, SECONDS
from functions.settings import settings
from functions.store import keys

MONTHLY = (1_000, 100_000, 10_000_000)

WATCHED, WATCHED_SECONDS = 0.1, 10
"""Assumed: the part of the executions that somebody streams, and for how long."""
PLATFORM_LOG_BYTES = 350
"""Of Lambda's own START, END and REPORT lines of a call."""
ACCESS_LOG_BYTES = 450
"""Of a record in API Gateway's access log."""
KEPT_MONTHS, LOGS_KEPT_MONTHS = 3, 12
"""The defaults of a stage, and of prod: 90 days of executions, a year of logs."""
GB = 1e9
MINUTES = 30 * 24 * 60
TRACED_A_SECOND, TRACED_BEYOND = 1, 0.05
"""X-Ray's default: of each function and of the API, a request a second and a twentieth of those beyond."""
POLLS = 5 * 3 * MINUTES
"""Lambda asks the queue of status events by five pollers, each for 20 seconds at a time, also where there are none."""
ALARMS, METRICS = 13, 6

PAGE = """# What it costs

Worked out by `.venv/bin/python -m benchmarks.bill` from what one execution of `{name}.workflow.json` in
`benchmarks/machines/` (five effects, four decisions) uses in local mode, and the list prices of us-east-1 in
[functions/prices.py](../functions/prices.py), in dollars a month, without the free tier.

One execution, with the request that starts it and one that reads it:

{usage}

{bill}

- Lambda's time is an assumption: {assumed}.
  What an effect waits for another system comes on top, at {effect:.7f} dollars a second. That {watched:.0%} of the
  executions are streamed, for {watched_seconds} seconds each, is in it.
- Kept are executions for 90 days and logs for a year, each at the level that a steady month comes to.
- What is there without any execution: alarms, dashboard, metrics, the secret, the schedule, the pollers of the queue.
- Of ten million executions' money {share:.0%} is for transitions, which is why this service saves them first. The same
  workflow as a state machine by hand, its decisions as Choice states, enters {by_hand} states, and has neither an API
  nor a record: {by_hand_dollars} dollars of transitions, where this service has {own_dollars}.
"""


@dataclass
class Usage:
    """What one execution uses."""

    requests: int = 0
    transitions: int = 0
    calls: dict[Entry, int] = field(default_factory=dict)
    written: int = 0
    read: int = 0
    kept_bytes: int = 0
    log_bytes: int = 0
    by_hand: int = 0
    places: dict[str, int] = field(default_factory=dict)
    """The write units by the partition that they go to."""
    places_read: dict[str, int] = field(default_factory=dict)

    @property
    def all_calls(self) -> int:
        return sum(self.calls.values())

    @property
    def gb_seconds(self) -> float:
        busy = sum(calls * SECONDS[entry] * entry.memory / 1024 for entry, calls in self.calls.items())
        return busy + WATCHED * WATCHED_SECONDS * STREAM.memory / 1024

    @property
    def logged(self) -> int:
        return self.log_bytes + self.all_calls * PLATFORM_LOG_BYTES + self.requests * ACCESS_LOG_BYTES


def main() -> int:
    print(page(measure(name := "chain"), name), end="")
    return 0


def measure(name: str) -> Usage:
    """What an execution uses, warm: another one ran before."""
    definition = json.loads((by_hand.MACHINES / f"{name}.workflow.json").read_text())
    with (
        servers.echo() as echo,
        in_process.service(echo) as url,
        by_hand.installed(),
        closing(Workspace(url)) as client,
    ):
        workflow_id = client.publish(definition)
        _run(client, workflow_id)
        usage = Usage(requests=2)
        with Meter().running() as meter, Units().running() as units, audit.written_to(log := StringIO()):
            arn = _run(client, workflow_id)
        entries = {entry.name: entry for entry in SECONDS}
        usage.calls = {entries[called]: count for called, count in meter.calls.items()}
        usage.written, usage.read, usage.kept_bytes = units.written, units.read, units.kept
        usage.places, usage.places_read = dict(units.places), dict(units.places_read)
        usage.log_bytes, usage.transitions = len(log.getvalue().encode()), transitions(arn)
        usage.by_hand = transitions(by_hand.Machine(name).run({"trigger": {"name": "Ada", "plan": "premium"}}))
    return usage


def page(usage: Usage, name: str) -> str:
    """The page, in Markdown."""
    parts = monthly(usage)
    rows = [[part, *(f"{dollars[n]:,.2f}" for n in range(len(MONTHLY)))] for part, dollars in parts.items()]
    sums = [sum(dollars[n] for dollars in parts.values()) for n in range(len(MONTHLY))]
    rows.append(["**together**", *(f"{amount:,.2f}" for amount in sums)])
    rows.append(["a thousand executions", *(f"{a / n * 1000:,.3f}" for a, n in zip(sums, MONTHLY, strict=True))])
    used = [
        ["state transitions", str(usage.transitions)],
        *([f"calls of `{entry.name}`", str(calls)] for entry, calls in usage.calls.items()),
        ["DynamoDB write units", str(usage.written)],
        ["DynamoDB read units", str(usage.read)],
        ["bytes kept in the table", f"{usage.kept_bytes:,}"],
        ["bytes of logs", f"{usage.logged:,}"],
    ]
    return PAGE.format(
        name=name,
        usage=table(("used", "count"), used),
        bill=table(("dollars a month", *(f"{n:,}" for n in MONTHLY)), rows),
        assumed=", ".join(f"{seconds * 1000:.0f} ms a call of `{entry.name}`" for entry, seconds in SECONDS.items()),
        effect=cost("lambda_gb_second", ACTION.memory / 1024),
        watched=WATCHED,
        watched_seconds=WATCHED_SECONDS,
        share=parts["Step Functions"][-1] / sums[-1],
        by_hand=usage.by_hand,
        by_hand_dollars=f"{cost('step_functions_transition', usage.by_hand * MONTHLY[-1]):,.0f}",
        own_dollars=f"{cost('step_functions_transition', usage.transitions * MONTHLY[-1]):,.0f}",
    )


def monthly(usage: Usage) -> dict[str, list[float]]:
    """Dollars by part, for each of MONTHLY."""
    logged = usage.logged / GB
    kept = usage.kept_bytes / GB * KEPT_MONTHS
    each = {
        "Step Functions": cost("step_functions_transition", usage.transitions),
        "Lambda": cost("lambda_request", usage.all_calls) + cost("lambda_gb_second", usage.gb_seconds),
        "DynamoDB, requests": cost("dynamodb_write", usage.written) + cost("dynamodb_read", usage.read),
        "DynamoDB, what is kept": cost("dynamodb_storage_gb", kept) + cost("dynamodb_backup_gb", kept),
        "API Gateway": cost("api_gateway_request", usage.requests),
        "Logs": cost("cloudwatch_log_gb", logged) + cost("cloudwatch_log_storage_gb", logged * LOGS_KEPT_MONTHS),
        # A message is sent, received and deleted.
        "SQS": cost("sqs_request", 3),
    }
    parts = {part: [dollars * number for number in MONTHLY] for part, dollars in each.items()}
    traces = [cost("xray_trace", _traces(usage, number)) for number in MONTHLY]
    return {**parts, "X-Ray": traces, "whether it is used or not": [_idle()] * len(MONTHLY)}


def cost(price: str, count: float) -> float:
    """Dollars for so many units."""
    return PRICES[price].of(count)


def _traces(usage: Usage, number: int) -> float:
    """How many traces X-Ray records: a request's begins at the API, and goes on in `api`; the others are their own."""
    always = TRACED_A_SECOND * 60 * MINUTES
    sources = [usage.requests * number, *(calls * number for entry, calls in usage.calls.items() if entry != API)]
    return sum(min(count, always + TRACED_BEYOND * max(0, count - always)) for count in sources)


def _idle() -> float:
    """Dollars a month without any execution: the schedule looks at an empty index, and pollers at an empty queue."""
    busy = MINUTES * SECONDS[LIFECYCLE] * LIFECYCLE.memory / 1024
    return sum(
        (
            cost("cloudwatch_alarm", ALARMS),
            cost("cloudwatch_dashboard", 1),
            cost("cloudwatch_metric", METRICS),
            cost("secrets_manager_secret", 1),
            cost("lambda_request", MINUTES) + cost("lambda_gb_second", busy) + cost("dynamodb_read", MINUTES),
            cost("sqs_request", POLLS) + cost("xray_trace", MINUTES),
        )
    )


def _run(client: Workspace, workflow_id: str) -> str:
    """Runs to the end of the net behind it, and reads the execution once. Answers the ARN of its machine's run."""
    execution_id = client.start(workflow_id, {"name": "Ada", "plan": "premium", "flaky": str(uuid4())})
    machine_arn = _landed(execution_id.removeprefix("exec_"))
    in_process.settle()
    if client.execution(execution_id)["status"] != "COMPLETED":
        raise Unexpected("the execution did not complete")
    in_process.settle()
    return engine.run_arn(machine_arn, execution_id.removeprefix("exec_"))


def _landed(execution_id: str) -> str:
    """Waits until a run has ended and its record is in flight no more. Answers its machine's ARN. Raises Unexpected."""
    dynamodb = boto3.client("dynamodb")  # its own, whose requests are not counted
    key = {name: {"S": value} for name, value in keys.execution(execution_id).items()}
    until = time.monotonic() + 20
    while time.monotonic() < until:
        item = dynamodb.get_item(TableName=settings().table_name, Key=key, ConsistentRead=True)["Item"]
        if "in_flight" not in item:
            return item["machine_arn"]["S"]
        time.sleep(0.05)
    raise Unexpected("the execution did not end in time")


if __name__ == "__main__":
    sys.exit(main())
