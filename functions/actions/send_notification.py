"""`send_notification`: keeps a notification in the workspace's inbox and, where there is a topic, publishes it.

    {"message": "Welcome to the platform!", "recipient": "user_123"}
    -> {"notificationSent": true, "message": "Welcome to the platform!", "recipient": "user_123",
        "notificationId": "note_…"}

A retry keeps the same notification. The topic may deliver twice; its subscribers can tell by `notificationId`.
"""

import json
from typing import Annotated

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import Field

from functions import aws
from functions.actions.errors import ServiceFailed
from functions.actions.fields import Name, Title
from functions.actions.registry import ActionConfig, ActionContext, JsonObject, action, simulation_of
from functions.settings import settings
from functions.store.inbox import keep_notification

MAX_MESSAGE_CHARACTERS = 10_000


class SendNotificationConfig(ActionConfig):
    """What `send_notification` takes."""

    message: Annotated[str, Field(min_length=1, max_length=MAX_MESSAGE_CHARACTERS)]
    recipient: Name
    title: Title | None = None


@action("send_notification", config=SendNotificationConfig)
def send_notification(config: SendNotificationConfig, context: ActionContext) -> JsonObject:
    """Raises ServiceFailed where the topic does not take it; the notification is kept by then."""
    output = _output(config, context)
    keep_notification(
        context.workspace_id,
        output["notificationId"],
        recipient=config.recipient,
        message=config.message,
        title=config.title,
        execution_id=context.execution_id,
        node=context.node,
    )
    if topic := settings().notifications_topic_arn:
        _publish(topic, config, context, output["notificationId"])
    return output


@simulation_of("send_notification")
def simulate(config: SendNotificationConfig, context: ActionContext) -> JsonObject:
    """The same answer, with nothing kept or published."""
    return {**_output(config, context), "simulated": True}


def _output(config: SendNotificationConfig, context: ActionContext) -> JsonObject:
    return {
        "notificationSent": True,
        "message": config.message,
        "recipient": config.recipient,
        "notificationId": context.derived_id("note"),
    }


def _publish(topic: str, config: SendNotificationConfig, context: ActionContext, notification_id: str) -> None:
    message = {
        "notificationId": notification_id,
        "workspaceId": context.workspace_id,
        "executionId": context.execution_id,
        "recipient": config.recipient,
        "title": config.title,
        "message": config.message,
    }
    try:
        aws.sns().publish(
            TopicArn=topic,
            Message=json.dumps(message),
            MessageAttributes={
                "recipient": {"DataType": "String", "StringValue": config.recipient},
                "workspace": {"DataType": "String", "StringValue": context.workspace_id},
            },
        )
    except (BotoCoreError, ClientError) as error:
        # What AWS says names accounts and roles, which are not the client's business.
        raise ServiceFailed("The notification was kept but could not be published") from error
