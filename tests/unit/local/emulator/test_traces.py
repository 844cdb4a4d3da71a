"""What moto would keep for ever: models that nobody has any more, and every message that it was given."""

import gc

import pytest
from moto.backends import get_backend
from moto.dynamodb.models.dynamo_type import Item

from functions import aws
from functions.settings import settings
from local.aws import ACCOUNT, REGION, LocalAws
from local.emulator import traces


@pytest.fixture(autouse=True)
def _cloud(cloud: LocalAws) -> None:
    """A local AWS with nothing in it."""


def items() -> int:
    gc.collect()
    return sum(type(thing) is Item for thing in gc.get_objects())


def test_an_item_that_was_replaced_is_gone() -> None:
    before = items()
    for n in range(20):
        aws.dynamodb().put_item(
            TableName=settings().table_name, Item={"pk": {"S": "a"}, "sk": {"S": "META"}, "n": {"N": str(n)}}
        )
    assert items() == before + 1


def test_a_topic_remembers_its_last_notifications(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traces, "MESSAGES", 3)
    arn = settings().notifications_topic_arn
    for n in range(5):
        aws.sns().publish(TopicArn=arn, Message=str(n))
    topic = get_backend("sns")[ACCOUNT][REGION].topics[arn]
    assert [message for _, message, *_ in topic.sent_notifications] == ["2", "3", "4"]


def test_the_last_e_mails_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traces, "MESSAGES", 2)
    sender = settings().email_sender
    for n in range(4):
        aws.ses().send_email(
            Source=sender,
            Destination={"ToAddresses": ["ada@example.com"]},
            Message={"Subject": {"Data": str(n)}, "Body": {"Text": {"Data": "Hello"}}},
        )
    sent = get_backend("ses")[ACCOUNT][REGION].sent_messages
    assert [message.subject for message in sent] == ["2", "3"]
