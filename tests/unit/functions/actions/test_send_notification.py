import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from functions.actions import send_notification
from functions.actions.errors import ConfigInvalid, ServiceFailed
from functions.actions.registry import JsonObject, actions, run, simulate
from tests.unit.functions.actions.conftest import make_context

CONFIG = {"message": "Welcome to the platform!", "recipient": "user_123"}
Inbox = dict[tuple[str, str], JsonObject]


@pytest.fixture
def inbox(configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Inbox:
    """What was kept, by workspace and id."""
    kept: Inbox = {}

    def keep(workspace_id: str, notification_id: str, **fields: Any) -> None:
        kept[workspace_id, notification_id] = fields

    monkeypatch.setattr(send_notification, "keep_notification", keep)
    return kept


def notify(config: JsonObject = CONFIG, **changes: Any) -> JsonObject:
    return run(actions()["send_notification"], config, make_context(**changes))


def test_a_notification_is_kept_for_its_recipient_and_answered_as_documented(inbox: Inbox) -> None:
    output = notify()
    notification_id = output.pop("notificationId")
    assert output == {"notificationSent": True, "message": "Welcome to the platform!", "recipient": "user_123"}
    assert inbox == {
        ("ws_acme", notification_id): {
            "recipient": "user_123",
            "message": "Welcome to the platform!",
            "title": None,
            "execution_id": "0192f0c1d2e37a4b8c5d6e7f80912a3b",
            "node": "notify",
        }
    }


def test_a_retry_keeps_one_notification_and_another_visit_another(inbox: Inbox) -> None:
    notify(attempt=0)
    notify(attempt=1)
    assert len(inbox) == 1
    notify(visit=1, idempotency_token="0192f0c1d2e37a4b8c5d6e7f80912a3b:notify:1")
    assert len(inbox) == 2


def test_a_notification_is_published_where_there_is_a_topic(
    inbox: Inbox, configure: Callable[..., None], fake_aws: None
) -> None:
    queue, topic = subscribed_topic()
    configure(NOTIFICATIONS_TOPIC_ARN=topic)
    output = notify({**CONFIG, "title": "Grüße", "message": "one\ntwo"})
    received = boto3.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    envelope = json.loads(received[0]["Body"])
    assert json.loads(envelope["Message"]) == {
        "notificationId": output["notificationId"],
        "workspaceId": "ws_acme",
        "executionId": "0192f0c1d2e37a4b8c5d6e7f80912a3b",
        "recipient": "user_123",
        "title": "Grüße",
        "message": "one\ntwo",
    }
    assert {name: part["Value"] for name, part in envelope["MessageAttributes"].items()} == {
        "recipient": "user_123",
        "workspace": "ws_acme",
    }
    assert len(received) == 1


def subscribed_topic() -> tuple[str, str]:
    """A queue's URL and the ARN of a topic that delivers to it."""
    sqs, sns = boto3.client("sqs"), boto3.client("sns")
    queue = sqs.create_queue(QueueName="received")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = sns.create_topic(Name="notifications")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return queue, topic


def test_a_topic_that_refuses_fails_the_step_without_naming_the_account(
    inbox: Inbox, configure: Callable[..., None], fake_aws: None
) -> None:
    configure(NOTIFICATIONS_TOPIC_ARN="arn:aws:sns:eu-west-1:123456789012:gone")
    with pytest.raises(ServiceFailed, match=r"^The notification was kept but could not be published$"):
        notify()
    assert len(inbox) == 1


@pytest.mark.parametrize(
    ("config", "fault"),
    [
        ({"recipient": "user_123"}, r"config\.message: "),
        ({"message": "hi"}, r"config\.recipient: "),
        ({**CONFIG, "message": ""}, r"config\.message: "),
        ({**CONFIG, "message": "x" * 10_001}, r"config\.message: "),
        ({**CONFIG, "message": {"text": "hi"}}, r"config\.message: "),
        ({**CONFIG, "recipient": None}, r"config\.recipient: "),
        ({**CONFIG, "recipient": "x" * 257}, r"config\.recipient: "),
        ({**CONFIG, "recipient": "user\n123"}, r"config\.recipient: This must be one line"),
        ({**CONFIG, "title": "x" * 501}, r"config\.title: "),
        ({**CONFIG, "channel": "sms"}, r"config\.channel: Unknown field"),
    ],
)
def test_a_config_that_does_not_fit_keeps_nothing(config: JsonObject, fault: str, inbox: Inbox) -> None:
    with pytest.raises(ConfigInvalid, match=fault):
        notify(config)
    assert inbox == {}


def test_a_number_that_a_template_gave_is_taken_as_text(inbox: Inbox) -> None:
    assert notify({**CONFIG, "recipient": 42})["recipient"] == "42"


def test_the_longest_message_is_taken(inbox: Inbox) -> None:
    assert notify({**CONFIG, "message": "😀" * 10_000})["notificationSent"]


def test_a_simulation_answers_alike_and_keeps_nothing(inbox: Inbox) -> None:
    simulated = simulate(actions()["send_notification"], CONFIG, make_context())
    assert inbox == {}
    assert simulated == {**notify(), "simulated": True}
