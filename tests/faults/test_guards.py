"""What nobody would notice otherwise, since something else makes up for it sooner or later."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from botocore.exceptions import ReadTimeoutError

from functions import aws, engine, lifecycle
from functions.actions import send_email
from functions.actions.errors import ServiceFailed
from functions.actions.registry import actions, run
from functions.store import executions
from local.emulator.functions import FunctionFailed
from tests.faults import reference
from tests.faults.calls import Place
from tests.faults.disorder import Disordered, lose, sending
from tests.faults.faults import Fault, meet
from tests.faults.judge import deliveries
from tests.faults.matrix import hour, waits
from tests.faults.scenarios import Cancelled, Executed
from tests.faults.together import EndedTogether
from tests.faults.world import World, world
from tests.integration.service import read
from tests.unit.functions.actions.conftest import make_context

MAIL = {"to": "ada@example.com", "subject": "Welcome", "body": "Hello"}


@pytest.fixture(scope="module")
def hurt() -> Iterator[World]:
    with world() as made:
        yield made


def test_a_task_that_only_folds_does_nothing_for_a_record_that_has_ended(hurt: World) -> None:
    scenario = Executed("Ended", ("action",), reference.reference)
    name = scenario.begin(hurt)
    scenario.act(hurt, name)
    (event,) = [event for event in hurt.injector.deliveries if "fold" in event]
    with pytest.raises(FunctionFailed) as error:
        hurt.cloud.functions.call("action", event)
    assert error.value.document["errorType"] == "ExecutionEnded"
    assert scenario.finish(hurt, name) == "completed"


@pytest.mark.parametrize("fault", [Fault.LOST_BEFORE, Fault.LOST_AFTER])
def test_a_step_that_was_staged_or_committed_is_not_performed_again(hurt: World, fault: Fault) -> None:
    """`right` is large, so that it was staged; `left` is small: only the log has it."""
    scenario = Executed(f"Again {fault}", ("action",), reference.reference)
    for node, effect in (("right", "Publish"), ("left", "PutItem task")):
        if (node, fault) == ("left", Fault.LOST_BEFORE):
            continue
        name = scenario.begin(hurt)
        hurt.injector.arm(Place("action", node, "UpdateItem head: commit", 1), fault)
        scenario.act(hurt, name)
        hurt.injector.disarm()
        assert [place.call for place in hurt.injector.places if place.work == node].count(effect) == 1
        assert sum(event["node"] == node for event in hurt.injector.deliveries) == 2
        assert scenario.finish(hurt, name) == "completed"


def test_the_last_of_two_branches_ends_the_record_though_no_event_comes(hurt: World) -> None:
    scenario = EndedTogether("Together", ("action",), reference.branches_that_end_together)
    name = scenario.begin(hurt)
    with sending(lose)(hurt):
        scenario.act(hurt, name)
    assert read(scenario.reply.body["execution"]["id"].removeprefix("exec_")).status.is_terminal
    assert scenario.finish(hurt, name) == "completed after repair"


def test_a_machine_that_ran_to_its_end_counts_as_started(hurt: World) -> None:
    """The schedule may come to a start that is not lost, but late."""
    scenario = Executed("Started", ("api",), waits)
    name = scenario.begin(hurt)
    scenario.act(hurt, name)
    execution = read(scenario.reply.body["execution"]["id"].removeprefix("exec_"))
    assert scenario.finish(hurt, name) == "completed"
    engine.start(execution.machine_arn or "", execution.id, execution.machine_input)


def test_a_cancel_stops_the_machine_and_leaves_nothing_to_the_schedule(hurt: World) -> None:
    scenario = Cancelled("Cancelled", ("api",), hour)
    name = scenario.begin(hurt)
    scenario.act(hurt, name)
    assert scenario.finish(hurt, name) == "cancelled"


def test_an_event_of_a_record_that_ended_meanwhile_is_followed(hurt: World, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = Disordered("Meanwhile", ("lifecycle",), waits, disorder=sending(lose))
    name = scenario.begin(hurt)
    scenario.act(hurt, name)
    stale = read(scenario.reply.body["execution"]["id"].removeprefix("exec_"))
    assert scenario.finish(hurt, name) == "completed after repair"
    reads, reading = executions.read, [stale]
    monkeypatch.setattr(executions, "read", lambda found: reading.pop() if reading else reads(found))
    assert lifecycle.handler(deliveries(stale, "FAILED"), None) == {"batchItemFailures": []}


class TestEmail:
    @pytest.fixture
    def asked(self, hurt: World) -> Iterator[list[Any]]:
        """SES's answers to come, each a fault or None; what was asked is taken from the list."""
        faults: list[Fault | None] = []

        def answer(request: AWSPreparedRequest, **_: Any) -> Any:
            fault = faults.pop(0) if faults else None
            return meet(fault, 1, "ses", "SendEmail", request, lambda: None) if fault else None

        aws.ses().meta.events.register_first("before-send.ses", answer)
        yield faults
        aws.ses().meta.events.unregister("before-send.ses", answer)

    def test_an_email_whose_answer_is_lost_is_not_handed_over_again(self, hurt: World, asked: list[Any]) -> None:
        asked += [Fault.TIMEOUT_BEFORE, Fault.TIMEOUT_BEFORE]
        with pytest.raises(ServiceFailed, match="ReadTimeoutError"):
            run(actions()["send_email"], MAIL, make_context())
        assert asked == [Fault.TIMEOUT_BEFORE], "SES was asked twice"

    def test_an_email_that_ses_did_not_take_is_handed_over_again(
        self, hurt: World, asked: list[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(send_email, "_PAUSES", (0.001, 0.001))
        asked += [Fault.THROTTLE, Fault.THROTTLE]
        assert run(actions()["send_email"], MAIL, make_context())["emailSent"]
        assert asked == []
        asked += [Fault.THROTTLE] * 5
        with pytest.raises(ServiceFailed, match="Throttling"):
            run(actions()["send_email"], MAIL, make_context())
        assert len(asked) == 2

    def test_an_email_is_not_waited_for_beyond_its_time(
        self, hurt: World, asked: list[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked += [Fault.THROTTLE] * 5
        context = make_context(deadline=time.monotonic() + 0.5)
        with pytest.raises(ServiceFailed, match="Throttling"):
            run(actions()["send_email"], MAIL, context)
        assert len(asked) == 4


def test_the_faults_are_what_botocore_takes_them_for() -> None:
    request = AWSPreparedRequest("POST", "https://dynamodb", HTTPHeaders(), b'{"TransactItems": [{}, {}]}', False)
    answer = meet(Fault.THROTTLE, 1, "dynamodb", "TransactWriteItems", request, lambda: None)
    assert [reason["Code"] for reason in json.loads(answer.content)["CancellationReasons"]] == [
        "ThrottlingError",
        "None",
    ]
    with pytest.raises(ReadTimeoutError):
        meet(Fault.TIMEOUTS_AFTER, 3, "s3", "PutObject", request, lambda: None)
