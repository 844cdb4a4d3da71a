"""Tasks as Step Functions delivers them: again, after a crash, and late. Each effect is recorded once."""

import json
import time
import urllib.parse
from collections import Counter
from typing import Any

import pytest

from functions import action, aws
from functions.actions import registry
from functions.record import read_record
from functions.settings import settings
from functions.store import executions, steps
from functions.store.additions import Addition
from functions.store.executions import Execution, ExecutionEnded, Status
from local.aws import LocalAws
from local.emulator.functions import Context, FunctionFailed
from state_machines.limits import KEPT
from tests.integration.service import ACME, Handlers, Json, read, tasks, until_ended
from tests.unit.functions.samples import chain, condition, graph, task, wait


def started(handlers: Handlers, definition: Json) -> Execution:
    """An execution that runs, as it is when its answer comes."""
    execution = handlers.execute(handlers.publish(definition), wait=0)
    return read(execution["id"].removeprefix("exec_"))


def payload(execution: Execution, node: str, attempt: int = 0, **extra: Json) -> Json:
    return {"execution_id": execution.id, "node": node, "visit": 0, "attempt": attempt, **extra}


def titles(execution: Execution) -> Counter[str]:
    return Counter(found["title"] for found in tasks() if found["execution_id"] == execution.id)


@pytest.fixture
def paused(handlers: Handlers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Machines do not start: the test is the machine."""
    monkeypatch.setattr("functions.engine.start", lambda *_: None)


@pytest.fixture
def alone(handlers: Handlers, paused: None) -> Execution:
    return started(handlers, chain(task("a"), condition("check"), task("b")))


def test_a_task_delivered_twice_has_one_effect_and_the_recorded_answer(handlers: Handlers, alone: Execution) -> None:
    first = handlers.cloud.invoke("action", payload(alone, "a"))
    after = read(alone.id)
    assert first == {"next": "b"}
    assert handlers.cloud.invoke("action", payload(alone, "a")) == first
    assert read(alone.id).log == after.log == ("a#0", "+check#0>true")
    assert titles(alone) == {"a": 1}


def test_a_step_that_was_staged_and_not_committed_is_committed_by_the_next_delivery(
    handlers: Handlers, alone: Execution, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise SystemExit("gone")

    outputs(monkeypatch, 20_000)
    with monkeypatch.context() as patch:
        patch.setattr(executions, "commit", crash)
        with pytest.raises(FunctionFailed, match="SystemExit"):
            handlers.cloud.invoke("action", payload(alone, "a"))
    assert read(alone.id).log == ()
    staged = steps.read(alone.id, "a#0")
    assert staged
    outputs(monkeypatch, 10_000)
    assert handlers.cloud.invoke("action", payload(alone, "a")) == {"next": "b"}
    assert read(alone.id).log == ("a#0", "+check#0>true")
    assert steps.read(alone.id, "a#0") == staged


def test_of_two_deliveries_at_once_the_machine_goes_by_the_one_that_was_recorded(
    handlers: Handlers, paused: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = {
        "id": "check",
        "type": "condition",
        "config": {"field": "steps.a.output.n", "operator": "equals", "value": 1},
    }
    links = ["begin>a", "a>check", "check.true>b", "check.false>c"]
    execution = started(handlers, graph([task("a"), check, task("b"), task("c")], *links))
    answers: list[Json] = []

    def effect(*_: Any) -> Json:
        """The first delivery is overtaken by the second, which comes to something else."""
        if not answers:
            answers.append(None)
            answers.append(handlers.cloud.invoke("action", payload(execution, "a")))
            return {"n": 2}
        return {"n": 1}

    monkeypatch.setattr(action, "_effect", effect)
    assert handlers.cloud.invoke("action", payload(execution, "a")) == answers[1] == {"next": "b"}
    assert read(execution.id).log[-2:] == ("a#0", "+check#0>true")


def test_an_effect_behind_a_wait_notes_its_end_with_its_own_beginning(handlers: Handlers, paused: None) -> None:
    execution = started(handlers, chain(task("a"), wait("pause", 1), task("b")))
    handlers.cloud.invoke("action", payload(execution, "a"))
    handlers.cloud.invoke("action", payload(execution, "b", after_waits=["pause"]))
    assert read(execution.id).log == ("a#0", "~pause#0", "b#0")


def test_a_task_of_an_execution_that_has_ended_does_nothing_and_stops_its_machine(
    handlers: Handlers, alone: Execution
) -> None:
    handlers.request("POST", f"/api/v1/workflows/executions/{alone.id}/cancel")
    with pytest.raises(FunctionFailed) as error:
        handlers.cloud.invoke("action", payload(alone, "a"))
    assert error.value.document["errorType"] == "ExecutionEnded"
    assert titles(alone) == {}
    assert read(alone.id).started == ()


def test_an_execution_that_is_cancelled_during_an_effect_keeps_nothing_of_it(
    handlers: Handlers, alone: Execution, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The effect happened and cannot be taken back; the record says that it was cut off."""
    begin = executions.begin_attempt

    def begin_then_cancel(*arguments: Any) -> Execution:
        execution = begin(*arguments)
        handlers.request("POST", f"/api/v1/workflows/executions/{alone.id}/cancel")
        return execution

    monkeypatch.setattr(executions, "begin_attempt", begin_then_cancel)
    with pytest.raises(FunctionFailed) as error:
        handlers.cloud.invoke("action", payload(alone, "a"))
    assert error.value.document["errorType"] == "ExecutionEnded"
    _, answer = handlers.request("GET", f"/api/v1/workflows/executions/{alone.id}")
    assert answer["data"]["status"] == "cancelled"
    assert answer["data"]["node_states"]["a"]["status"] == "cancelled"
    assert answer["data"]["execution_path"] == ["a"]


def test_a_crash_of_an_effect_that_continues_is_recorded_and_the_run_goes_on(
    handlers: Handlers, monkeypatch: pytest.MonkeyPatch
) -> None:
    crash_at(monkeypatch, "a")
    execution = handlers.execute(handlers.publish(chain(task("a", onError="continue"), task("b"))))
    assert execution["status"] == "COMPLETED"
    assert [(step["status"], step["error"]) for step in execution["steps"]] == [
        ("failed", "The action crashed, or ran out of time"),
        ("success", None),
    ]


@pytest.mark.parametrize("on_error", ["stop", "retry"])
def test_a_crash_of_an_effect_that_stops_fails_the_execution_by_the_status_event(
    handlers: Handlers, monkeypatch: pytest.MonkeyPatch, on_error: str
) -> None:
    crash_at(monkeypatch, "a")
    execution = handlers.execute(handlers.publish(chain(task("a", onError=on_error), task("b"))))
    assert (execution["status"], execution["errorActionId"]) == ("FAILED", "a")
    assert execution["error"] == "Node execution failed: the action crashed, or ran out of time"
    assert [step["status"] for step in execution["steps"]] == ["cancelled"]
    assert execution["steps"][0]["retryCount"] == (3 if on_error == "retry" else 0)


def crash_at(monkeypatch: pytest.MonkeyPatch, node: str) -> None:
    """The function dies in each attempt at a node."""
    perform = action._effect

    def effect(placed: Any, *arguments: Any) -> Any:
        if placed.id == node:
            raise SystemExit("gone")
        return perform(placed, *arguments)

    monkeypatch.setattr(action, "_effect", effect)


def test_a_retry_counts_its_attempts_and_keeps_the_last(handlers: Handlers, monkeypatch: pytest.MonkeyPatch) -> None:
    perform, tried = action._effect, Counter[str]()

    def effect(placed: Any, *arguments: Any) -> Any:
        tried[placed.id] += 1
        if tried[placed.id] < 3:
            raise ValueError(f"no {tried[placed.id]}")
        return perform(placed, *arguments)

    monkeypatch.setattr(action, "_effect", effect)
    execution = handlers.execute(handlers.publish(chain(task("a", onError="retry"))))
    assert (execution["status"], tried) == ("COMPLETED", {"a": 3})
    assert execution["steps"][0]["retryCount"] == 2


def test_a_retry_that_is_used_up_fails_with_its_last_error(handlers: Handlers, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = Counter[str]()

    def effect(placed: Any, *arguments: Any) -> Any:
        tried[placed.id] += 1
        raise ValueError(f"no {tried[placed.id]}")

    monkeypatch.setattr(action, "_effect", effect)
    execution = handlers.execute(handlers.publish(chain(task("a", onError="retry"), task("b"))))
    assert (execution["status"], execution["error"]) == ("FAILED", "Node execution failed: no 4")
    assert tried == {"a": 4}
    assert execution["steps"][0]["retryCount"] == 3


@pytest.mark.parametrize(
    ("size", "status"),
    [(3_000, "COMPLETED"), (50_000, "COMPLETED"), (999_989, "COMPLETED"), (999_990, "FAILED")],
)
def test_outputs_come_back_whole_up_to_the_limit_which_is_named_beyond_it(
    handlers: Handlers, monkeypatch: pytest.MonkeyPatch, size: int, status: str
) -> None:
    outputs(monkeypatch, size)
    steps._recent._values.clear()
    last = {**task("b"), "config": {"title": "{{ length(steps.a.output.text) }} long"}}
    execution = handlers.execute(handlers.publish(chain(task("a"), last)))
    assert execution["status"] == status, execution["error"]
    if status == "COMPLETED":
        assert execution["steps"][0]["output"] == {"text": "x" * size}
    else:
        assert "1,000,000" in execution["error"]


def test_an_answer_over_5_mb_has_links_to_its_largest_outputs(
    handlers: Handlers, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs(monkeypatch, 900_000)
    execution = handlers.execute(handlers.publish(chain(*(task(f"n{i}") for i in range(7)))))
    assert len(json.dumps(execution)) < 5_000_000
    linked = [step["output"] for step in execution["steps"] if "truncated" in step["output"]]
    assert linked
    assert {(output["truncated"], output["size"]) for output in linked} == {(True, 900_011)}
    fetched = fetch(linked[0]["url"])
    assert fetched == {"text": "x" * 900_000}


def test_an_execution_that_would_keep_too_much_fails_and_its_record_can_be_read(
    handlers: Handlers, monkeypatch: pytest.MonkeyPatch
) -> None:
    perform = registry.run

    def run(found: Any, config: Any, context: Any) -> Any:
        return {"text": "x" * 990_000} if context.node.startswith("n") else perform(found, config, context)

    monkeypatch.setattr(registry, "run", run)
    nodes = [{**task(f"n{i}"), "onError": "continue"} for i in range(13)]
    execution = handlers.execute(handlers.publish(chain(*nodes)), wait=20)
    assert (execution["status"], execution["errorActionId"]) == ("FAILED", "n8")
    assert "may have at most 8,000,000 bytes" in execution["error"]
    assert [step["status"] for step in execution["steps"]] == ["success"] * 8 + ["failed"]
    kept = read(execution["id"].removeprefix("exec_"))
    assert 7_920_000 < kept.results_size < KEPT.most
    record = read_record(kept)
    assert record.results["n8"].error_type == "TooMuchKept"
    assert {len(record.results[f"n{i}"].output["text"]) for i in range(8)} == {990_000}


def test_what_there_was_no_room_for_is_recorded_once_however_often_it_is_delivered(
    handlers: Handlers, alone: Execution, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs(monkeypatch, 20_000)
    executions.commit(alone, Addition(lines=["z#0"], size=KEPT.most - 20_000))
    for _ in range(2):
        with pytest.raises(FunctionFailed, match="ExecutionEnded"):
            handlers.cloud.invoke("action", payload(alone, "a"))
    after = read(alone.id)
    assert (after.status, after.error_node, after.log) == (Status.FAILED, "a", ("z#0", "a#0"))
    staged = steps.read(alone.id, "a#0")
    assert staged
    assert staged.succeeded  # And nobody reads it.
    assert steps.in_head(after.small_steps, ["a#0"])["a#0"].results[0].error_type == "TooMuchKept"


def fetch(url: str) -> Json:
    """What a signed link leads to."""
    place = urllib.parse.urlsplit(url)
    assert "Signature" in place.query
    name = urllib.parse.unquote(place.path).removeprefix("/")
    name = name if place.netloc.startswith("outputs.") else name.removeprefix("outputs/")
    return json.loads(aws.s3().get_object(Bucket="outputs", Key=name)["Body"].read())


def outputs(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Every effect but the last has an output of that size."""
    known = registry.actions()["create_task"]
    perform = registry.run

    def run(found: Any, config: Any, context: Any) -> Any:
        if context.node in ("a", *(f"n{i}" for i in range(9))):
            return registry._checked(known, {"text": "x" * size})
        return perform(found, config, context)

    monkeypatch.setattr(registry, "run", run)


def test_an_effect_that_outlasts_the_function_is_cut_off_in_time_to_be_recorded(
    handlers: Handlers, alone: Execution
) -> None:
    context = _context(seconds=4.9)
    with pytest.raises(Exception, match="The node a failed") as error:
        action.handler(payload(alone, "a"), context)
    assert type(error.value).__name__ == "ActionTimeout"
    assert read(alone.id).status == Status.FAILED


def _context(seconds: float) -> Context:
    return Context("action", "arn", "512", "request", "log", deadline=time.monotonic() + seconds)


def test_no_task_of_an_unknown_execution_does_anything(handlers: Handlers) -> None:
    with pytest.raises(ExecutionEnded):
        action.handler({"execution_id": "0" * 32, "node": "a", "visit": 0, "attempt": 0}, _context(60))


def test_secrets_are_in_no_record_and_no_log(
    cloud: LocalAws, handlers: Handlers, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = 's3cret/"value"?'
    aws.secretsmanager().create_secret(Name=f"{settings().secrets_prefix}/{ACME.id}/token", SecretString=secret)
    known = registry.actions()["call_api"]

    def run(found: Any, config: Any, context: Any) -> Any:
        if found is not known:
            raise AssertionError
        context.log(f"sent {config['headers']['Authorization']}")
        if context.node == "fails":
            raise ValueError(f"refused {secret}")
        return {"echo": config["headers"], "nested": [{secret: "x"}], "quoted": json.dumps(secret)}

    monkeypatch.setattr(registry, "run", run)
    config = {"url": "https://example.com/", "headers": {"Authorization": "Bearer {{secrets.token}}"}}
    calls = [{"id": node, "type": "call_api", "config": config, "onError": "continue"} for node in ("works", "fails")]
    execution = handlers.execute(handlers.publish(chain(*calls)))
    assert execution["steps"][0]["output"]["echo"] == {"Authorization": "Bearer ***"}
    assert execution["steps"][1]["error"] == "refused ***"
    _, details = handlers.request("GET", f"/api/v1/workflows/executions/{execution['id']}")
    assert details["data"]["node_states"]["works"]["logs"][1] == "sent Bearer ***"
    everything = json.dumps([execution, details]) + capsys.readouterr().out
    assert "s3cret" not in everything


def test_the_end_of_everything_started_here(handlers: Handlers, alone: Execution) -> None:
    """What is in flight and has no machine is started by the schedule, and ends."""
    handlers.request("POST", f"/api/v1/workflows/executions/{alone.id}/cancel")
    handlers.repair()
    assert until_ended(alone.id).status == Status.CANCELLED
